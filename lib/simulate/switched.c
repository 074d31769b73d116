// SPDX-License-Identifier: GPL-3.0-or-later
// Loads behind switches: what is left on, what it draws too much of when it comes back, and which tier got how much.
#include <math.h>

#include "base/error.h"
#include "base/number.h"
#include "simulate/internal.h"

static const double inrush_decay_s = 3.0; // a thirtieth of it is left after ten seconds

// On average over the step that begins `since_s` after closing, as a share of the power: whatever the steps are.
static double inrush_frac(const struct plant_model *m, const struct site_switch *of, double since_s)
{
    double first = exp(-since_s / inrush_decay_s), last = exp(-(since_s + m->dt_s) / inrush_decay_s);
    double mean = m->dt_s > 0.0 ? (first - last) * inrush_decay_s / m->dt_s : first;
    return fmax(of->inrush - 1.0, 0.0) * mean;
}

static bool is_given_tiers(const struct site_load *l)
{
    double sum = 0.0;
    for (int t = 0; t < TIER_COUNT; t++)
        sum += l->tier_share[t];
    return sum > 0.0;
}

static double tier_frac(const struct site_load *l, int tier)
{
    return is_given_tiers(l) ? l->tier_share[tier] : tier == TIER_ORDINARY ? 1.0 : 0.0;
}

// By tier, as shares of the load's power: what is left on, and what that draws more than that for now.
struct parts {
    double on_frac[TIER_COUNT], more_frac[TIER_COUNT];
};

static struct parts parts_of(const struct plant_model *m, int load)
{
    struct parts p = {0};
    for (int t = 0; t < TIER_COUNT; t++)
        p.on_frac[t] = tier_frac(&m->site->loads[load], t);
    for (size_t i = 0; i < m->site->n_switches; i++) {
        const struct site_switch *of = &m->site->switches[i];
        if (of->load != load)
            continue;
        if (m->switches[i].closed)
            p.more_frac[of->tier] += of->share * inrush_frac(m, of, m->switches[i].inrush_s);
        else
            p.on_frac[of->tier] = fmax(p.on_frac[of->tier] - of->share, 0.0);
    }
    return p;
}

double switched_most_w(const struct plant_model *m, int load, double natural_w)
{
    if (!m->bus_lives[m->site->loads[load].bus])
        return 0.0;
    struct parts p = parts_of(m, load);
    double frac = 0.0;
    for (int t = 0; t < TIER_COUNT; t++)
        frac += p.on_frac[t] + p.more_frac[t];
    return natural_w * frac;
}

// Who limits a load takes the least important first.
static void count_load(struct plant_model *m, int load, const struct plant_asset *a)
{
    struct plant_served *s = &m->served[load];
    struct parts p = parts_of(m, load);
    double left_w = fmax(-a->power_w, 0.0);
    for (int t = 0; t < TIER_COUNT; t++) {
        double on_w = a->natural_w * p.on_frac[t];
        double got_w = fmin(left_w, on_w + a->natural_w * p.more_frac[t]);
        left_w -= got_w;
        s->wanted_wh[t] += a->natural_w * tier_frac(&m->site->loads[load], t) * m->hours;
        s->served_wh[t] += fmin(got_w, on_w) * m->hours;
    }
}

void switched_count(struct plant_model *m)
{
    const struct site *s = m->site;
    for (size_t i = 0; i < s->n_assets; i++)
        if (s->assets[i].kind == ASSET_LOAD)
            count_load(m, s->assets[i].of_kind, &m->assets[i]);
    for (size_t i = 0; i < s->n_switches; i++) {
        int load = s->switches[i].load;
        bool lives = load < 0 || m->bus_lives[s->loads[load].bus];
        m->switches[i].inrush_s = lives ? m->switches[i].inrush_s + m->dt_s : 0.0;
    }
}

// ---- from outside -------------------------------------------------------------------------------------------------

static struct plant_switch *find(const struct plant_model *m, int of_switch)
{
    return of_switch >= 0 && (size_t)of_switch < m->site->n_switches ? &m->switches[of_switch] : NULL;
}

int plant_model_switch(struct plant_model *m, int of_switch, bool closed)
{
    struct plant_switch *s = find(m, of_switch);
    if (!s)
        return AEMS_E_RANGE;
    if (s->stuck)
        return 0;
    if (islands_is_breaker(m, of_switch)) {
        islands_told(m, of_switch, closed);
        return 0;
    }
    if (closed && !s->closed)
        s->inrush_s = 0.0;
    s->closed = closed;
    return 0;
}

int plant_model_stick(struct plant_model *m, int of_switch, bool stuck)
{
    struct plant_switch *s = find(m, of_switch);
    if (!s)
        return AEMS_E_RANGE;
    s->stuck = stuck;
    return 0;
}

const struct plant_switch *plant_model_switch_at(const struct plant_model *m, int of_switch)
{
    return find(m, of_switch);
}

const struct plant_served *plant_model_served(const struct plant_model *m, int load)
{
    return load >= 0 && (size_t)load < m->site->n_loads ? &m->served[load] : NULL;
}
