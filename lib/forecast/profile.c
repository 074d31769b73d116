// SPDX-License-Identifier: GPL-3.0-or-later
// What is typical of an hour of the day: weighted medians of what the same hour of former days did.
//
// The median of noisy days is a better guess than their mean, and three memories (days, a week, a month) together are
// better than each. What the last day did counts by itself as well. Weights fall with the age of a day in the same
// proportion at any time, so the profile of an hour needs to be renewed only when such an hour has ended.
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "forecast/internal.h"

enum {
    NEIGHBOURS = 3, // the hour itself, and those beside it
    MEMORIES = 3,
    MOST = (HISTORY_LONG_DAYS + 1) * NEIGHBOURS + 1,
    PRIOR = -1 // instead of days back
};

static const double neighbour_weight[NEIGHBOURS] = {1, 0.1, 0.1};
static const double other_kind_weight = 0.3;
static const double other_kind_band_weight = 0.05; // a band must not be as wide as the difference between the kinds
static const double last_share[2] = {0.2, 0.5};    // of load and PV: of what the last day did
// Of PV the typical day is above the median, since days that are not clear are fewer, and a little less than it was.
static const double clear_quantile = 0.7, clear_drift = 0.98;

struct value {
    float value;
    signed char back;                 // days; or PRIOR
    signed char aside;                // of the neighbours
    signed char rank[FORECAST_KINDS]; // so many days of the kind are younger; negative: not of the kind
};

struct values {
    struct value at[MOST];
    size_t n;
    int days[FORECAST_KINDS]; // known of each kind, of the hour itself
};

// Kept in order as they come: there are few of them.
static void insert(struct values *v, struct value value)
{
    size_t i = v->n++;
    for (; i > 0 && v->at[i - 1].value > value.value; i--)
        v->at[i] = v->at[i - 1];
    v->at[i] = value;
}

static void gather(const struct forecast *f, size_t series, struct values *v)
{
    static const int aside_h[NEIGHBOURS] = {0, -1, 1};
    size_t unit = forecast_unit_series(f, series);
    bool pv = forecast_is_pv(f, series);
    memset(v, 0, sizeof(*v));
    for (int back = 0; back <= HISTORY_LONG_DAYS; back++) {
        int64_t hour = f->past.now.hour - 24 * back + (pv ? 0 : f->past.shift[back]);
        int kind = pv ? 0 : f->past.kind[back];
        bool known = false;
        for (int i = 0; i < NEIGHBOURS; i++) {
            double value = hour + aside_h[i] > f->past.now.hour || (pv && i > 0)
                               ? -1
                               : history_hour(&f->history, unit, hour + aside_h[i]);
            if (value < 0)
                continue;
            if (!pv)
                value = fmax(value - forecast_heating_then(f, &f->series[series], hour + aside_h[i]), 0);
            struct value new = {.value = (float)value, .back = (signed char)back, .aside = (signed char)i};
            for (int k = 0; k < FORECAST_KINDS; k++)
                new.rank[k] = (signed char)(k == kind ? v->days[k] : -1);
            insert(v, new);
            known = known || i == 0;
        }
        v->days[kind] += known;
    }
}

static double total(const struct values *v, const double *weights)
{
    double sum = 0;
    for (size_t i = 0; i < v->n; i++)
        sum += weights[i];
    return sum;
}

// On lines between the middles of the values' weights; negative where nothing has weight.
static double quantile(const struct values *v, const double *weights, double of)
{
    double wanted = of * total(v, weights), below = 0, last = -1, last_at = 0;
    for (size_t i = 0; i < v->n; i++) {
        if (weights[i] <= 0)
            continue;
        double value = (double)v->at[i].value, at = below + weights[i] / 2;
        if (at >= wanted)
            return last < 0 ? value : last + (value - last) * (wanted - last_at) / (at - last_at);
        last = value;
        last_at = at;
        below += weights[i];
    }
    return last;
}

// The standard counts as a day of the kind, and less so with each day that is known.
static double prior_weight(const struct values *v, int kind)
{
    return exp(-(v->days[kind] + other_kind_weight * (v->days[0] + v->days[1] - v->days[kind])));
}

static void weigh_all(const struct values *v, int kind, const double *decay, double other, double *ret_weights)
{
    for (size_t i = 0; i < v->n; i++) {
        const struct value *a = &v->at[i];
        ret_weights[i] = a->back == PRIOR
                             ? prior_weight(v, kind)
                             : decay[a->back] * neighbour_weight[a->aside] * (a->rank[kind] >= 0 ? 1 : other);
    }
}

static void weigh_own(const struct values *v, int kind, const double *decay, double *ret_weights)
{
    for (size_t i = 0; i < v->n; i++) {
        const struct value *a = &v->at[i];
        ret_weights[i] = a->back == PRIOR     ? prior_weight(v, kind)
                         : a->rank[kind] >= 0 ? decay[a->rank[kind]] * neighbour_weight[a->aside]
                                              : 0;
    }
}

// What the last day did, of any kind or of this; negative: none is known.
static double last_value(const struct values *v, int kind, bool own)
{
    int best = -1;
    for (size_t i = 0; i < v->n; i++) {
        const struct value *a = &v->at[i];
        if (a->back == PRIOR || a->aside != 0 || (own && a->rank[kind] < 0))
            continue;
        if (best < 0 || a->back < v->at[best].back)
            best = (int)i;
    }
    return best >= 0 ? (double)v->at[best].value : -1;
}

static double with_last(double typical, double last, double share)
{
    return last >= 0 ? (1 - share) * typical + share * last : typical;
}

static double load_expert(const struct forecast *f, const struct values *v, int kind, bool own)
{
    double weights[MOST], sum = 0;
    for (int m = 0; m < MEMORIES; m++) {
        if (own)
            weigh_own(v, kind, f->decay[m], weights);
        else
            weigh_all(v, kind, f->decay[m], other_kind_weight, weights);
        sum += quantile(v, weights, 0.5);
    }
    return with_last(sum / MEMORIES, last_value(v, kind, own), last_share[0]);
}

static double pv_expert(const struct forecast *f, const struct values *v)
{
    double weights[MOST];
    weigh_all(v, 0, f->decay[1], 1, weights);
    return with_last(quantile(v, weights, clear_quantile), last_value(v, 0, false), last_share[1]) * clear_drift;
}

static void refresh(const struct forecast *f, size_t series, struct values *v, int kind, struct forecast_slot *slot)
{
    static const double of[FORECAST_QUANTILES] = {0.1, 0.5, 0.9};
    double weights[MOST];
    if (forecast_is_pv(f, series)) {
        slot->expert[0] = slot->expert[1] = (float)pv_expert(f, v);
    } else {
        slot->expert[0] = (float)load_expert(f, v, kind, false);
        slot->expert[1] = (float)load_expert(f, v, kind, true);
    }
    weigh_all(v, kind, f->band_decay, other_kind_band_weight, weights);
    for (int q = 0; q < FORECAST_QUANTILES; q++)
        slot->quantile[q] = (float)quantile(v, weights, of[q]);
}

static void remove_prior(struct values *v)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n; i++)
        if (v->at[i].back != PRIOR)
            v->at[n++] = v->at[i];
    v->n = n;
}

// What the standard says, or what days of the other kind did, moved as the standard moves between the kinds.
static double prior_of(const struct forecast *f, size_t series, const struct values *v, int slot, int kind)
{
    double prior = forecast_prior(f, series, slot, kind);
    if (forecast_is_pv(f, series) || v->days[1 - kind] == 0)
        return prior;
    double weights[MOST], other = forecast_prior(f, series, slot, 1 - kind);
    weigh_own(v, 1 - kind, f->decay[1], weights);
    double typical = quantile(v, weights, 0.5);
    return typical >= 0 && other > 0 ? typical * clamp(prior / other, 0.1, 10) : prior;
}

void forecast_refresh_slots(struct forecast *f, size_t series)
{
    struct forecast_series *s = &f->series[series];
    bool pv = forecast_is_pv(f, series);
    int slot = pv ? f->past.now.utc_slot : f->past.now.slot;
    struct values v;
    gather(f, series, &v);
    if (v.n == 0)
        return;
    for (int kind = 0; kind < (pv ? 1 : FORECAST_KINDS); kind++) {
        float prior = (float)prior_of(f, series, &v, slot, kind);
        insert(&v, (struct value){.value = prior, .back = PRIOR, .rank = {-1, -1}});
        refresh(f, series, &v, kind, &s->slots[kind][slot]);
        remove_prior(&v);
    }
}
