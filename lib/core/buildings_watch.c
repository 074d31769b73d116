// SPDX-License-Identifier: GPL-3.0-or-later
// Does a building give what it is asked for? Its meter says so: what it would have drawn, less what it draws.
//
// It has some minutes to act after it is asked for more. Then the mean counts of what it has given since, over ten
// minutes at least and the last half hour at most: loads jump for minutes at a time. How far the load itself wanders is
// seen in the two hours before: as if it had been asked every five minutes, and had given nothing and been asked for
// nothing. What it misses must stand out of that. One that gives too little is asked for no more than it gives, until
// the event is over; so is one whose meter is lost.
#include <math.h>

#include "base/number.h"
#include "core/buildings.h"
#include "core/internal.h"

enum { LEAST_ERRORS = 3, GRACE_MS = 180 * 1000, DAY_MS = 24 * 3600 * 1000 };

static const double LOOK_S = 300;        // a look
static const double LEAST_S = 600;       // that is looked at until it is judged
static const double SURE = 3.5;          // times the noise is a shortfall
static const double NOISE_FRAC = 0.02;   // of what is expected: less is none
static const double UNKNOWN_FRAC = 0.04; // noise of a building that was not seen before
static const double MOST_SCALE = 3;      // how far the forecast's level is moved to what was measured
static const double LONGEST_S = 3600;    // between two ticks

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

static const struct building_recent *recent_at(const struct building_state *b, int64_t start_utc_ms)
{
    const struct building_recent *r = &b->recent[(size_t)(start_utc_ms / BUILDING_RECENT_MS % BUILDING_RECENT)];
    return r->start_utc_ms == start_utc_ms && r->measured_s > 0 ? r : NULL;
}

// Mean of `n` parts up to the one that begins at `last_utc_ms`; NAN: nothing was measured.
static double mean_w(const struct building_state *b, int64_t last_utc_ms, int n)
{
    double wh = 0, s = 0;
    for (int i = 0; i < n; i++) {
        const struct building_recent *r = recent_at(b, last_utc_ms - (int64_t)i * BUILDING_RECENT_MS);
        wh += r != NULL ? r->wh : 0;
        s += r != NULL ? r->measured_s : 0;
    }
    return s > 0 ? wh * 3600 / s : (double)NAN;
}

// How far the mean of half an hour was off the ten minutes that followed, in the two hours before; NAN: not known.
static double noise_w(const struct building_state *b, int64_t utc_ms)
{
    int64_t newest = utc_ms - utc_ms % BUILDING_RECENT_MS - BUILDING_RECENT_MS;
    double squares = 0;
    int n = 0;
    for (int i = 0; i + BUILDING_BEFORE + 2 <= BUILDING_RECENT - 1; i++) {
        int64_t last = newest - (int64_t)i * BUILDING_RECENT_MS, before = last - 2 * BUILDING_RECENT_MS;
        if (recent_at(b, before - (BUILDING_BEFORE - 1) * BUILDING_RECENT_MS) == NULL)
            continue;
        double error_w = mean_w(b, last, 2) - mean_w(b, before, BUILDING_BEFORE);
        if (!isfinite(error_w))
            continue;
        squares += error_w * error_w;
        n++;
    }
    return n >= LEAST_ERRORS ? sqrt(squares / n) : (double)NAN;
}

static void fix_expectation(struct engine *e, int building, int64_t utc_ms)
{
    struct building_state *b = &e->buildings[building];
    int64_t part = utc_ms - utc_ms % BUILDING_RECENT_MS;
    double before_w = mean_w(b, part, BUILDING_BEFORE + 1), seen_w = noise_w(b, utc_ms), scale = 1;
    for (size_t i = 0; i < BUILDING_EXPECTED; i++) {
        int64_t from = utc_ms + (int64_t)i * BUILDING_SLOT_MS;
        b->expected_w[i] = building_expected_w(e, building, utc_ms, from, from + BUILDING_SLOT_MS);
    }
    if (isfinite(before_w) && b->expected_w[0] > 0)
        scale = clamp(before_w / b->expected_w[0], 1 / MOST_SCALE, MOST_SCALE);
    for (size_t i = 0; i < BUILDING_EXPECTED; i++)
        b->expected_w[i] *= scale;
    b->noise_w = isfinite(seen_w) ? seen_w : UNKNOWN_FRAC * b->expected_w[0];
}

// ---- begin and end --------------------------------------------------------------------------------------------------

static void begin(struct engine *e, int building, struct instant now)
{
    struct building_state *b = &e->buildings[building];
    int64_t utc_ms = now.utc_ms;
    fix_expectation(e, building, utc_ms); // before the event is on: by the forecast
    b->event_utc_ms = utc_ms;
    b->watch = (struct building_watch){0};
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

static void forget_looks(struct building_watch *w)
{
    w->n_looks = 0;
    w->looks[0] = (struct building_look){0};
}

static void call_failing(struct engine *e, int building, double asked_w, double delivered_w, int64_t utc_ms)
{
    struct building_state *b = &e->buildings[building];
    b->failing = true;
    b->most_w = clamp(delivered_w, 0, asked_w);
    forget_looks(&b->watch);
    alarm_set(e, ALARM_BUILDING, building, true, utc_ms,
              "Building %s delivers %.1f of %.1f kW: the rest is asked of others and of storages until the event is "
              "over",
              e->site->buildings[building].id, delivered_w / 1000, asked_w / 1000);
    queue_add(&e->queue, TASK_SAVE_BUILDING, building);
    planning_request(e);
}

// At the end of a look.
static void judge(struct engine *e, int building, double expected_w, struct instant now)
{
    const struct building_state *b = &e->buildings[building];
    struct building_look sum = {0};
    for (size_t i = 0; i < BUILDING_LOOKS && i < b->watch.n_looks; i++) {
        const struct building_look *l = &b->watch.looks[(b->watch.n_looks - 1 - i) % BUILDING_LOOKS];
        sum.asked_wh += l->asked_wh;
        sum.delivered_wh += l->delivered_wh;
        sum.s += l->s;
        sum.lost_s += l->lost_s;
    }
    if (sum.s < LEAST_S)
        return;
    double asked_w = sum.asked_wh * 3600 / sum.s, delivered_w = sum.delivered_wh * 3600 / sum.s;
    double noise = sum.lost_s > sum.s / 2 ? 0 : fmax(SURE * b->noise_w, NOISE_FRAC * expected_w);
    if (asked_w - delivered_w > fmax((1 - e->site->dr.deliver_frac) * asked_w, noise))
        call_failing(e, building, asked_w, delivered_w, now.utc_ms);
}

// It is watched for what it is asked for once it had time to act: more a while later, less at once.
static void ripen(struct building_watch *w, double asked_w, int64_t utc_ms)
{
    if (asked_w <= w->asked_w) {
        w->asked_w = w->next_w = asked_w;
        return;
    }
    if (w->next_w <= w->asked_w) {
        w->next_w = asked_w;
        w->from_utc_ms = utc_ms + GRACE_MS;
    }
    w->next_w = fmin(w->next_w, asked_w);
    if (utc_ms >= w->from_utc_ms)
        w->asked_w = w->next_w;
}

static void count_slot(struct building_watch *w, double delivered_w, int64_t utc_ms, double seconds)
{
    int64_t slot = utc_ms - utc_ms % BUILDING_SLOT_MS;
    if (w->slot_utc_ms != slot) {
        w->slot_utc_ms = slot;
        w->slot_wh = w->slot_s = 0;
    }
    w->slot_wh += delivered_w * seconds / 3600;
    w->slot_s += seconds;
}

static void look(struct engine *e, int building, double asked_w, struct instant now, double seconds)
{
    struct building_watch *w = &e->buildings[building].watch;
    double drawn_w = building_drawn_w(e, building, now.mono_ms);
    double expected_w = building_expected_w(e, building, now.utc_ms, now.utc_ms, now.utc_ms + 1);
    double delivered_w = isfinite(drawn_w) ? expected_w - drawn_w : 0;
    count_slot(w, delivered_w, now.utc_ms, seconds);
    ripen(w, asked_w, now.utc_ms);
    if (w->asked_w <= 0) {
        forget_looks(w);
        return;
    }
    struct building_look *l = &w->looks[w->n_looks % BUILDING_LOOKS];
    l->asked_wh += w->asked_w * seconds / 3600;
    l->delivered_wh += delivered_w * seconds / 3600;
    l->s += seconds;
    l->lost_s += isfinite(drawn_w) ? 0 : seconds;
    if (l->s < LOOK_S)
        return;
    w->n_looks++;
    judge(e, building, expected_w, now);
    w->looks[w->n_looks % BUILDING_LOOKS] = (struct building_look){0};
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
