// SPDX-License-Identifier: GPL-3.0-or-later
// Does a building give what it is asked for? Its meter says so: what it would have drawn, less what it draws.
//
// It has some minutes to act after it is asked for more, then the mean over a few minutes counts. One that gives too
// little is asked for no more than it gives, until the event is over; so is one whose meter is lost.
#include <math.h>

#include "base/number.h"
#include "core/buildings.h"
#include "core/internal.h"

enum { GRACE_MS = 180 * 1000, DAY_MS = 24 * 3600 * 1000 };

static const double LOOK_S = 180;      // so long it is watched until it is judged
static const double NOISE_FRAC = 0.02; // of what is expected: less is no shortfall
static const double MOST_SCALE = 3;    // how far the forecast's level is moved to what was measured
static const double LONGEST_S = 3600;  // between two ticks

// ---- what it would have drawn ---------------------------------------------------------------------------------------

static void remember(struct building_state *b, double drawn_w, int64_t utc_ms, double seconds)
{
    int64_t start = utc_ms - utc_ms % BUILDING_RECENT_MS;
    struct building_recent *r = &b->recent[(size_t)(start / BUILDING_RECENT_MS % BUILDING_RECENT)];
    if (r->start_utc_ms != start)
        *r = (struct building_recent){.start_utc_ms = start};
    r->wh += drawn_w * seconds / 3600;
    r->measured_s += seconds;
}

// Mean of the half hour before; NAN: nothing was measured.
static double recent_w(const struct building_state *b, int64_t utc_ms)
{
    double wh = 0, s = 0;
    for (size_t i = 0; i < BUILDING_RECENT; i++)
        if (b->recent[i].start_utc_ms > utc_ms - (BUILDING_RECENT + 1) * BUILDING_RECENT_MS) {
            wh += b->recent[i].wh;
            s += b->recent[i].measured_s;
        }
    return s > 0 ? wh * 3600 / s : (double)NAN;
}

static void fix_expectation(struct engine *e, int building, int64_t utc_ms)
{
    struct building_state *b = &e->buildings[building];
    double before_w = recent_w(b, utc_ms), scale = 1;
    for (size_t i = 0; i < BUILDING_EXPECTED; i++) {
        int64_t from = utc_ms + (int64_t)i * BUILDING_SLOT_MS;
        b->expected_w[i] = building_expected_w(e, building, utc_ms, from, from + BUILDING_SLOT_MS);
    }
    if (isfinite(before_w) && b->expected_w[0] > 0)
        scale = clamp(before_w / b->expected_w[0], 1 / MOST_SCALE, MOST_SCALE);
    for (size_t i = 0; i < BUILDING_EXPECTED; i++)
        b->expected_w[i] *= scale;
}

// ---- begin and end --------------------------------------------------------------------------------------------------

static void begin(struct engine *e, int building, struct instant now)
{
    struct building_state *b = &e->buildings[building];
    int64_t utc_ms = now.utc_ms;
    fix_expectation(e, building, utc_ms); // before the event is on: by the forecast
    b->event_utc_ms = utc_ms;
    b->watch = (struct building_watch){.from_utc_ms = utc_ms + GRACE_MS};
    for (size_t i = 0; i < SITE_MAX_OFFERS; i++)
        b->used_wh[i] = 0;
    building_refill(e, building, now);
    queue_add(&e->queue, TASK_SAVE_BUILDING, building);
}

static void end(struct engine *e, int building, int64_t utc_ms)
{
    struct building_state *b = &e->buildings[building];
    b->event_utc_ms = 0;
    b->failing = false;
    b->watch = (struct building_watch){0};
    for (size_t i = 0; i < SITE_MAX_OFFERS; i++)
        b->used_wh[i] = 0;
    for (size_t i = 0; i < BUILDING_RECENT; i++)
        b->recent[i] = (struct building_recent){0};
    alarm_set(e, ALARM_BUILDING, building, false, utc_ms, "%s", "");
    queue_add(&e->queue, TASK_SAVE_BUILDING, building);
}

// ---- what it gives --------------------------------------------------------------------------------------------------

// The cheapest of its offers carry what is asked.
static void use_offers(struct engine *e, int building, double asked_w, int64_t utc_ms, double seconds)
{
    struct building_state *b = &e->buildings[building];
    double share_w[SITE_MAX_OFFERS];
    building_share_w(e, building, utc_ms, utc_ms + 1, asked_w, share_w);
    for (size_t i = 0; i < SITE_MAX_OFFERS; i++)
        b->used_wh[i] += share_w[i] * seconds / 3600;
    int64_t start = utc_ms - utc_ms % BUILDING_SLOT_MS;
    struct building_past *p = &b->past[(size_t)(start / BUILDING_SLOT_MS % BUILDING_HISTORY)];
    if (p->start_utc_ms != start)
        *p = (struct building_past){.start_utc_ms = start};
    p->asked_wh += asked_w * seconds / 3600;
}

static void judge(struct engine *e, int building, double expected_w, struct instant now)
{
    struct building_state *b = &e->buildings[building];
    double asked_w = b->watch.asked_w, delivered_w = b->watch.delivered_wh * 3600 / b->watch.s;
    b->watch.delivered_wh = b->watch.s = 0;
    if (delivered_w >= e->site->dr.deliver_frac * asked_w || asked_w - delivered_w <= NOISE_FRAC * expected_w)
        return;
    b->failing = true;
    b->most_w = clamp(delivered_w, 0, asked_w);
    alarm_set(e, ALARM_BUILDING, building, true, now.utc_ms,
              "Building %s delivers %.1f of %.1f kW: the rest is asked of others and of storages until the event is "
              "over",
              e->site->buildings[building].id, delivered_w / 1000, asked_w / 1000);
    queue_add(&e->queue, TASK_SAVE_BUILDING, building);
    planning_request(e);
}

// Measured against what it is asked for at the moment; asked for more it gets time anew.
static void look(struct engine *e, int building, double asked_w, struct instant now, double seconds)
{
    struct building_state *b = &e->buildings[building];
    struct building_watch *w = &b->watch;
    double drawn_w = building_drawn_w(e, building, now.mono_ms);
    double expected_w = building_expected_w(e, building, now.utc_ms, now.utc_ms, now.utc_ms + 1);
    double delivered_w = isfinite(drawn_w) ? expected_w - drawn_w : 0;
    int64_t slot = now.utc_ms - now.utc_ms % BUILDING_SLOT_MS;
    if (w->slot_utc_ms != slot) {
        w->slot_utc_ms = slot;
        w->slot_wh = w->slot_s = 0;
    }
    w->slot_wh += delivered_w * seconds / 3600;
    w->slot_s += seconds;
    if (asked_w > w->asked_w)
        w->from_utc_ms = now.utc_ms + GRACE_MS;
    if (asked_w != w->asked_w)
        w->delivered_wh = w->s = 0;
    w->asked_w = asked_w;
    if (asked_w <= 0 || now.utc_ms < w->from_utc_ms)
        return;
    w->delivered_wh += delivered_w * seconds / 3600;
    w->s += seconds;
    if (w->s >= LOOK_S)
        judge(e, building, expected_w, now);
}

static bool is_metered(const struct engine *e, int building)
{
    const struct site_building *b = &e->site->buildings[building];
    for (size_t i = 0; i < b->n_loads; i++)
        if (e->assets[asset_of(e, ASSET_LOAD, b->loads[i])].first_device < 0)
            return false;
    return b->n_loads > 0;
}

void building_watch_tick(struct engine *e, int building, struct instant now, double seconds, bool asked)
{
    struct building_state *b = &e->buildings[building];
    const struct building_slot *slot = building_slot_at(e, building, now.utc_ms);
    double asked_w = slot != NULL ? slot->reduction_w : 0, drawn_w = building_drawn_w(e, building, now.mono_ms);
    seconds = fmin(seconds, LONGEST_S);
    // A limit that never ends, a fail-safe one say, is a new event each day.
    bool a_day = b->event_utc_ms != 0 && now.utc_ms - b->event_utc_ms >= DAY_MS;
    if (a_day)
        end(e, building, now.utc_ms);
    if (b->event_utc_ms == 0 && asked_w > 0)
        begin(e, building, now);
    else if (b->event_utc_ms != 0 && asked_w <= 0 && !asked)
        end(e, building, now.utc_ms);
    if (b->event_utc_ms == 0) {
        if (isfinite(drawn_w))
            remember(b, drawn_w, now.utc_ms, seconds);
        return;
    }
    use_offers(e, building, asked_w, now.utc_ms, seconds);
    if (is_metered(e, building))
        look(e, building, asked_w, now, seconds);
}
