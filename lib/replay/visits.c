// SPDX-License-Identifier: GPL-3.0-or-later
// Vehicles and runs of flexible loads come and go where cycles begin: by the column `connected`, or by the site's
// calendar where there is none. Who comes says what is wanted, and until when, as far as the calendar knows.
#include <math.h>

#include "base/number.h"
#include "core/told.h"
#include "replay/internal.h"

static const int64_t HOUR_MS = INT64_C(3600) * 1000;
static const int64_t WITHOUT_A_WORD_MS = INT64_C(12) * 3600 * 1000; // one stays of whom the calendar knows nothing
static const int64_t FOR_EVER_MS = INT64_C(400) * 24 * 3600 * 1000;
static const double WANTED_SHARE = 0.5; // of the capacity, by one of whom nothing is known

struct visit {
    bool present;
    int64_t until_utc_ms; // as told
    double wanted_wh;
};

static bool has_column(const struct replay *r, int asset)
{
    return r->data->column_of[asset * REPLAY_QUANTITY_COUNT + REPLAY_CONNECTED] >= 0;
}

// The stay of the calendar that holds at the middle of this cycle.
static bool expected_now(const struct replay *r, int asset, struct plan_session *ret)
{
    const struct site_flexible *f = site_flexible_of(r->site, asset);
    int64_t middle = r->now.utc_ms + r->cycle_ms / 2;
    return sessions_expected(r->site, f, middle, middle + 1, ret, 1) > 0;
}

// Where a cycle begins whose middle is not before `utc_ms`.
static int64_t leaves_ms(const struct replay *r, int64_t utc_ms)
{
    int64_t past = utc_ms - r->cycle_ms / 2 - r->begin_utc_ms;
    int64_t cycles = past > 0 ? (past + r->cycle_ms - 1) / r->cycle_ms : 0;
    return r->begin_utc_ms + cycles * r->cycle_ms;
}

// Until the data say that it has gone.
static int64_t foreseen_end_ms(const struct replay *r, int asset)
{
    int64_t at = r->now.utc_ms;
    while (at < r->end_utc_ms && !(replay_data_value(r->data, asset, REPLAY_CONNECTED, at) < 0.5))
        at += r->cycle_ms;
    return at;
}

static double usual_wish_wh(const struct site_flexible *f)
{
    double most_wh = f->max_charge_w * f->charge_efficiency * (double)(WITHOUT_A_WORD_MS / HOUR_MS);
    return fmin(f->capacity_wh > 0 ? WANTED_SHARE * f->capacity_wh : most_wh / 4, most_wh);
}

static struct visit by_calendar(const struct replay *r, int asset)
{
    struct plan_session s;
    if (!expected_now(r, asset, &s))
        return (struct visit){0};
    int64_t until = leaves_ms(r, s.until_utc_ms);
    return (struct visit){until > r->now.utc_ms, until, s.wanted_wh};
}

static struct visit by_column(const struct replay *r, int asset)
{
    double value = replay_data_value(r->data, asset, REPLAY_CONNECTED, r->now.utc_ms);
    bool there = r->stay_until_utc_ms[asset] > 0;
    if (isnan(value) ? !there : value < 0.5)
        return (struct visit){0};
    if (there)
        return (struct visit){.present = true, .until_utc_ms = r->stay_until_utc_ms[asset]};
    struct plan_session s;
    bool expected = expected_now(r, asset, &s);
    struct visit v = {true, r->now.utc_ms + WITHOUT_A_WORD_MS, usual_wish_wh(site_flexible_of(r->site, asset))};
    if (expected)
        v = (struct visit){true, leaves_ms(r, s.until_utc_ms), s.wanted_wh};
    if (r->options.perfect || r->options.controller == REPLAY_PERFECT)
        v.until_utc_ms = foreseen_end_ms(r, asset);
    return v;
}

static void tell(struct replay *r, int asset, const struct visit *v)
{
    const struct plant_asset *a = plant_model_asset(r->plant, asset);
    struct session_wish wish = {.asset = asset,
                                .until_utc_ms = v->until_utc_ms,
                                .wanted_wh = a->stay.wanted_wh,
                                .capacity_wh = a->stay.capacity_wh,
                                .energy_wh = a->energy_wh};
    struct event e = {.kind = EVENT_SESSION, .at = r->now, .session = wish};
    (void)engine_consume(r->engine, &e);
}

static void visit(struct replay *r, int asset)
{
    struct visit v = has_column(r, asset) ? by_column(r, asset) : by_calendar(r, asset);
    int64_t *until = &r->stay_until_utc_ms[asset];
    bool there = *until > 0, another = v.present && v.until_utc_ms != *until;
    if (there && (!v.present || another)) {
        (void)plant_model_unplug(r->plant, asset);
        *until = 0;
    }
    if (!v.present || (there && !another))
        return;
    if (plant_model_plug_in(r->plant, asset, v.wanted_wh, r->now.utc_ms + FOR_EVER_MS) < 0)
        return;
    *until = v.until_utc_ms;
    tell(r, asset, &v);
}

void visits_begin(struct replay *r)
{
    for (size_t i = 0; i < r->site->n_assets; i++)
        if (site_flexible_of(r->site, (int)i) != NULL)
            visit(r, (int)i);
}
