// SPDX-License-Identifier: GPL-3.0-or-later
// Vehicles that come, want energy and leave; flexible loads that are to run within a window.
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"
#include "core/internal.h"

static const int64_t LONGEST_MS = INT64_C(31) * 24 * 3600 * 1000;
static const int64_t WITHOUT_A_WORD_MS = INT64_C(12) * 3600 * 1000; // how long one stays of whom nothing is known
static const int64_t WEEK_MS = INT64_C(7) * 24 * 3600 * 1000;
static const double LARGEST_WH = 1e9;

enum { LOOK_MS = 30 * 1000 }; // between looks at the calendar

enum { TAKES_MS = 10 * 1000 };           // a vehicle follows what it is told within this
static const double TAKES_MARGIN = 0.05; // of the charger's power

// ---- what is known of one -------------------------------------------------------------------------------------------

double session_missing_wh(const struct session_state *s)
{
    return s->active ? fmax(s->wanted_wh - s->had_wh, 0) : 0;
}

double session_energy_wh(const struct session_state *s)
{
    return fmax(s->start_wh + s->had_wh, 0);
}

double session_target_wh(const struct session_state *s)
{
    return s->start_wh + s->wanted_wh;
}

double session_largest_wh(const struct session_state *s)
{
    return fmax(s->capacity_wh, session_target_wh(s));
}

double session_hours_left(const struct session_state *s, struct instant now)
{
    return s->active && s->until_utc_ms > now.utc_ms ? (double)(s->until_utc_ms - now.utc_ms) / 3600e3 : 0;
}

bool session_is_present(const struct engine *e, int asset)
{
    const struct session_state *s = &e->assets[asset].session;
    return s->active && s->connected;
}

static bool tells_connection(const struct asset_state *a)
{
    return a->connected.quality != QUALITY_NONE;
}

// What counts as nothing: a hundredth of what was wanted, or what any meter may lose.
static double crumb_wh(const struct session_state *s)
{
    return fmax(0.01 * s->wanted_wh, 100);
}

// ---- beginning and end ----------------------------------------------------------------------------------------------

struct beginning {
    int64_t until_utc_ms;
    double wanted_wh;
    double capacity_wh;
    double energy_wh; // in it now; < 0: not known
    bool wished;
};

// What a charging station tells while nobody is there is not of the vehicle that a wish speaks of.
static bool soc_tells(const struct engine *e, int asset, double capacity_wh, uint64_t now_mono_ms)
{
    const struct asset_state *a = &e->assets[asset];
    if (tells_connection(a) && !a->session.connected)
        return false;
    return capacity_wh > 0 && site_asset_at(e, asset)->kind == ASSET_CHARGER && soc_known(e, asset, now_mono_ms);
}

// Of a vehicle that says nothing only what it was given may be taken back: it counts as low as may be.
static double start_wh(const struct engine *e, int asset, const struct beginning *b)
{
    const struct site_flexible *f = site_flexible_of(e->site, asset);
    if (b->energy_wh >= 0 || site_asset_at(e, asset)->kind == ASSET_FLEXIBLE)
        return fmax(b->energy_wh, 0);
    return fmax(fmin(f->min_frac * b->capacity_wh, b->capacity_wh - b->wanted_wh), 0);
}

static void short_alarm(struct engine *e, int asset, bool active, int64_t utc_ms)
{
    const struct session_state *s = &e->assets[asset].session;
    const char *what = site_asset_at(e, asset)->kind == ASSET_CHARGER ? "The vehicle at" : "The run of";
    alarm_set(e, ALARM_SESSION, asset, active, utc_ms, "%s %s lacks %.1f kWh of the %.1f kWh wanted by its time", what,
              site_asset_at(e, asset)->id, session_missing_wh(s) / 1000, s->wanted_wh / 1000);
}

static void begin(struct engine *e, int asset, const struct beginning *b, struct instant now)
{
    struct asset_state *a = &e->assets[asset];
    struct session_state *s = &a->session;
    struct beginning known = *b;
    if (site_asset_at(e, asset)->kind == ASSET_FLEXIBLE)
        known.capacity_wh = 0;
    s->soc_told = soc_tells(e, asset, known.capacity_wh, now.mono_ms);
    if (s->soc_told)
        known.energy_wh = clamp(a->good_soc.v, 0, 1) * known.capacity_wh;
    if (known.capacity_wh > 0 && known.energy_wh >= 0) // it cannot hold more
        known.wanted_wh = fmin(known.wanted_wh, fmax(known.capacity_wh - known.energy_wh, 0));
    s->active = true;
    s->wished = b->wished;
    s->missed = false;
    s->until_utc_ms = b->until_utc_ms;
    s->capacity_wh = known.capacity_wh;
    s->wanted_wh = known.wanted_wh;
    s->start_wh = start_wh(e, asset, &known);
    s->had_wh = 0;
    s->counter_wh = value_usable(a->session_count) ? a->session_count.v : -1;
    if (!tells_connection(a))
        s->connected = true;
    short_alarm(e, asset, false, now.utc_ms);
    queue_add(&e->queue, TASK_SAVE_SESSION, asset);
    planning_suggest(e);
}

static void end(struct engine *e, int asset)
{
    struct asset_state *a = &e->assets[asset];
    a->session.active = a->session.wished = false;
    if (!tells_connection(a))
        a->session.connected = false;
    queue_add(&e->queue, TASK_SAVE_SESSION, asset);
    planning_suggest(e);
}

// One that was there before this program was has had its share, unless its state of charge says better.
static double share_left(const struct engine *e, const struct plan_session *expected, struct instant now)
{
    double whole_ms = (double)(expected->until_utc_ms - expected->from_utc_ms);
    bool started = elapsed_ms(e->started.mono_ms, now.mono_ms) < 2 * START_GRACE_MS;
    return started ? clamp((double)(expected->until_utc_ms - now.utc_ms) / whole_ms, 0, 1) : 1;
}

static void begin_expected(struct engine *e, int asset, const struct plan_session *expected, struct instant now)
{
    double capacity_wh = site_flexible_of(e->site, asset)->capacity_wh;
    double share = soc_tells(e, asset, capacity_wh, now.mono_ms) ? 1 : share_left(e, expected, now);
    struct beginning b = {expected->until_utc_ms, share * expected->wanted_wh, capacity_wh, -1, false};
    begin(e, asset, &b, now);
}

// Nothing was said and nothing is expected: it wants to be full in half a day.
static void begin_unknown(struct engine *e, int asset, struct instant now)
{
    const struct site_flexible *f = site_flexible_of(e->site, asset);
    int64_t until = now.utc_ms + WITHOUT_A_WORD_MS;
    double most_wh = f->max_charge_w * f->charge_efficiency * (double)WITHOUT_A_WORD_MS / 3600e3;
    double wanted_wh = f->capacity_wh > 0 ? fmin(f->capacity_wh, most_wh) : most_wh / 4;
    struct beginning b = {until, wanted_wh, f->capacity_wh, -1, false};
    begin(e, asset, &b, now);
}

static bool next_expected(const struct engine *e, int asset, int64_t utc_ms, struct plan_session *ret)
{
    return sessions_expected(e->site, site_flexible_of(e->site, asset), utc_ms, utc_ms + WEEK_MS, ret, 1) > 0;
}

static void plug_in(struct engine *e, int asset, struct instant now)
{
    struct plan_session expected;
    if (e->assets[asset].session.active) // its wish came before it
        return;
    if (next_expected(e, asset, now.utc_ms, &expected))
        begin_expected(e, asset, &expected, now);
    else
        begin_unknown(e, asset, now);
}

static void unplug(struct engine *e, int asset, struct instant now)
{
    e->assets[asset].session.over_utc_ms = NEVER_MS;
    short_alarm(e, asset, false, now.utc_ms);
    if (e->assets[asset].session.active)
        end(e, asset);
}

// ---- each tick ------------------------------------------------------------------------------------------------------

static void refresh_connection(struct engine *e, int asset, struct instant now)
{
    struct asset_state *a = &e->assets[asset];
    struct session_state *s = &a->session;
    if (!value_usable(a->connected))
        return;
    bool was = s->connected;
    s->connected = a->connected.v >= 0.5;
    if (s->connected && !was)
        plug_in(e, asset, now);
    else if (was && !s->connected)
        unplug(e, asset, now);
}

static double integrated_wh(const struct engine *e, int asset, struct instant now, uint64_t dt_mono_ms, bool charging)
{
    const struct site_flexible *f = site_flexible_of(e->site, asset);
    double power_w = e->assets[asset].good.v;
    if (dt_mono_ms > suspend_gap_ms(e) || !asset_known(e, asset, now.mono_ms) || (power_w < 0) != charging)
        return 0;
    double h = area_seconds(e, dt_mono_ms) / 3600;
    bool vehicle = site_asset_at(e, asset)->kind == ASSET_CHARGER;
    if (!charging)
        return -power_w * h / (vehicle ? f->discharge_efficiency : 1);
    return -power_w * h * (vehicle ? f->charge_efficiency : 1);
}

// A count that fell began anew.
static double counted_wh(struct session_state *s, double counter_wh)
{
    double change_wh = s->counter_wh < 0 ? 0 : counter_wh >= s->counter_wh ? counter_wh - s->counter_wh : counter_wh;
    s->counter_wh = counter_wh;
    return change_wh;
}

static void count_energy(struct engine *e, int asset, struct instant now, uint64_t dt_mono_ms)
{
    struct asset_state *a = &e->assets[asset];
    struct session_state *s = &a->session;
    if (!s->active)
        return;
    if (soc_tells(e, asset, s->capacity_wh, now.mono_ms)) {
        double energy_wh = clamp(a->good_soc.v, 0, 1) * s->capacity_wh;
        if (!s->soc_told)
            s->start_wh = energy_wh - s->had_wh;
        s->soc_told = true;
        s->had_wh = energy_wh - s->start_wh;
        return;
    }
    if (value_usable(a->session_count))
        s->had_wh += counted_wh(s, a->session_count.v);
    else
        s->had_wh += integrated_wh(e, asset, now, dt_mono_ms, true);
    s->had_wh += integrated_wh(e, asset, now, dt_mono_ms, false);
}

// A vehicle that is still there goes on until it has what it lacks; nobody knows whether one is that is not heard of.
static void refresh_end(struct engine *e, int asset, struct instant now)
{
    struct asset_state *a = &e->assets[asset];
    struct session_state *s = &a->session;
    if (!s->active || now.utc_ms < s->until_utc_ms)
        return;
    bool lacks = session_missing_wh(s) > crumb_wh(s);
    bool stays = tells_connection(a) && s->connected;
    if (lacks && !s->missed) {
        s->missed = true;
        planning_suggest(e);
        short_alarm(e, asset, true, now.utc_ms);
    }
    if (lacks && stays)
        return;
    s->over_utc_ms = s->until_utc_ms;
    if (!lacks)
        short_alarm(e, asset, false, now.utc_ms);
    end(e, asset);
}

static bool draws(const struct engine *e, int asset, struct instant now)
{
    double least_w = fmax(0.02 * asset_range_w(e, asset), 50);
    return asset_known(e, asset, now.mono_ms) && e->assets[asset].good.v < -least_w;
}

static void look_for_expected(struct engine *e, int asset, struct instant now)
{
    struct asset_state *a = &e->assets[asset];
    struct session_state *s = &a->session;
    struct plan_session expected;
    if (s->active || (tells_connection(a) && !s->connected) || !e->received)
        return;
    if (llabs(now.utc_ms - s->looked_utc_ms) < LOOK_MS)
        return;
    s->looked_utc_ms = now.utc_ms;
    bool expects = next_expected(e, asset, now.utc_ms, &expected);
    if (expects && expected.from_utc_ms <= now.utc_ms && expected.from_utc_ms >= s->over_utc_ms)
        begin_expected(e, asset, &expected, now);
    else if (!tells_connection(a) && site_asset_at(e, asset)->kind == ASSET_CHARGER && draws(e, asset, now) &&
             now.utc_ms >= s->over_utc_ms)
        plug_in(e, asset, now);
}

// A vehicle may take less than it is told: nearly full, cold, or on one phase. What it leaves is for the others: it is
// told little more than it takes, and more again as soon as it takes that.
static void refresh_taking(struct engine *e, int asset, struct instant now)
{
    struct asset_state *a = &e->assets[asset];
    struct session_state *s = &a->session;
    const struct site_flexible *f = site_flexible_of(e->site, asset);
    double margin_w = TAKES_MARGIN * f->max_charge_w;
    bool told = s->connected && a->has_setpoint && !is_coarse(e);
    if (!told)
        s->takes_w = 0;
    if (!told || !asset_known(e, asset, now.mono_ms))
        return;
    double told_w = fmax(-a->setpoint_w, 0), drawn_w = fmax(-a->good.v, 0);
    bool settled = elapsed_ms(a->setpoint_mono_ms, now.mono_ms) >= TAKES_MS;
    if (settled && told_w - drawn_w > 1.2 * margin_w)
        s->takes_w = fmax(drawn_w + margin_w, f->min_charge_w);
    else if (s->takes_w > 0 && drawn_w > s->takes_w - 0.4 * margin_w)
        s->takes_w = s->takes_w + margin_w < f->max_charge_w ? s->takes_w + margin_w : 0;
}

void sessions_tick(struct engine *e, struct instant now, uint64_t dt_mono_ms)
{
    for (size_t i = 0; i < e->site->n_assets; i++) {
        if (site_flexible_of(e->site, (int)i) == NULL)
            continue;
        refresh_connection(e, (int)i, now);
        count_energy(e, (int)i, now, dt_mono_ms);
        refresh_end(e, (int)i, now);
        look_for_expected(e, (int)i, now);
        refresh_taking(e, (int)i, now);
    }
}

// ---- somebody's word ------------------------------------------------------------------------------------------------

// One is told to be gone: what is expected for now is gone with it.
static void dismiss(struct engine *e, int asset, struct instant now)
{
    struct session_state *s = &e->assets[asset].session;
    struct plan_session expected;
    s->over_utc_ms = now.utc_ms;
    if (next_expected(e, asset, now.utc_ms, &expected) && expected.from_utc_ms <= now.utc_ms)
        s->over_utc_ms = expected.until_utc_ms;
    short_alarm(e, asset, false, now.utc_ms);
    end(e, asset);
}

int sessions_consume(struct engine *e, const struct event *event)
{
    const struct session_wish *w = &event->session;
    if (w->asset < 0 || (size_t)w->asset >= e->site->n_assets)
        return AEMS_E_RANGE;
    const struct site_flexible *f = site_flexible_of(e->site, w->asset);
    const char *why = NULL;
    if (f == NULL)
        why = "it is neither a charger nor a flexible load";
    else if (w->until_utc_ms > event->at.utc_ms + LONGEST_MS)
        why = "until is more than 31 days away";
    else if (!in_range(w->wanted_wh, 0, LARGEST_WH))
        why = "not an energy that can be wanted";
    else if (!in_range(w->capacity_wh, 0, LARGEST_WH))
        why = "not a capacity";
    else if (!in_range(w->energy_wh, -LARGEST_WH, LARGEST_WH))
        why = "not an energy in the vehicle";
    else if (w->capacity_wh > 0 && w->energy_wh > w->capacity_wh)
        why = "more energy in the vehicle than its capacity";
    if (why != NULL) {
        refuse(e, "%s", why);
        return AEMS_E_REFUSED;
    }
    if (w->until_utc_ms <= event->at.utc_ms) {
        dismiss(e, w->asset, event->at);
        return 0;
    }
    double capacity_wh = w->capacity_wh > 0 ? w->capacity_wh : f->capacity_wh;
    struct beginning b = {w->until_utc_ms, w->wanted_wh, capacity_wh, w->energy_wh, true};
    begin(e, w->asset, &b, event->at);
    return 0;
}
