// SPDX-License-Identifier: GPL-3.0-or-later
// What the grid operator's events, the fail-safe state and the default amount to in W and prices.
#include <math.h>

#include "core/internal.h"

// Loops of very short turns would make a walk endless, and many events make each step of it slow: beyond so many looks
// at an event all that events may ask for counts, whether or not another hides it.
enum { MAX_LOOKS = 1024 };
static const int64_t MARKS_APART_MS = 60 * 1000; // as plans' steps: a loop of seconds must not use up all marks

struct held {
    double import_w, export_w;
};

int dr_only_grid(const struct engine *e)
{
    int only = -1;
    for (size_t g = 0; g < e->site->n_grids; g++) {
        if (e->site->buses[e->site->grids[g].bus].carrier != CARRIER_ELECTRICITY)
            continue;
        if (only >= 0)
            return -1;
        only = (int)g;
    }
    return only;
}

// ---- signals in W ---------------------------------------------------------------------------------------------------

// The import that a signal leaves; PLAN_NO_LIMIT_W: any. Levels of an event whose reference is not known leave any.
static double import_left_w(const struct engine *e, const struct dr_event *event, const struct dr_signal *s)
{
    const struct site_dr *dr = &e->site->dr;
    bool known = event->reference_w >= 0;
    switch (s->kind) {
    case DR_IMPORT_LIMIT:
    case DR_SETPOINT:
        return fmax(s->value, 0);
    case DR_SETPOINT_RELATIVE:
        return known ? fmax(event->reference_w + s->value, 0) : PLAN_NO_LIMIT_W;
    case DR_SIMPLE:
        return known && s->value >= 1 ? dr->levels[(int)s->value - 1] * event->reference_w : PLAN_NO_LIMIT_W;
    case DR_EMERGENCY:
        return known ? dr->emergency_frac * event->reference_w : PLAN_NO_LIMIT_W;
    default:
        return PLAN_NO_LIMIT_W;
    }
}

static double raised_w(const struct engine *e, double import_w)
{
    return import_w < PLAN_NO_LIMIT_W ? fmax(import_w, e->site->dr.floor_w) : import_w;
}

static struct held events_at(const struct engine *e, int target, int64_t utc_ms)
{
    static const enum dr_signal_kind kinds[] = {DR_IMPORT_LIMIT, DR_SETPOINT, DR_SETPOINT_RELATIVE, DR_SIMPLE,
                                                DR_EMERGENCY};
    const struct dr_timeline *t = &e->dr.timeline;
    struct held h = {PLAN_NO_LIMIT_W, PLAN_NO_LIMIT_W};
    struct dr_signal s;
    const struct dr_event *event;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (dr_timeline_at(t, target, kinds[k], utc_ms, &s, &event))
            h.import_w = fmin(h.import_w, import_left_w(e, event, &s));
    if (dr_timeline_at(t, target, DR_EXPORT_LIMIT, utc_ms, &s, NULL))
        h.export_w = s.value;
    h.import_w = raised_w(e, h.import_w);
    return h;
}

// At how many instants of [from, to) something of a target's events may change, at most; times the events there are.
static double looks_within(const struct engine *e, int target, int64_t from_utc_ms, int64_t to_utc_ms)
{
    const struct dr_timeline *t = &e->dr.timeline;
    double changes = 0, events = 0;
    for (size_t i = 0; i < t->count; i++) {
        const struct dr_event *event = t->events[i];
        if (event->grid != target || event->from_utc_ms >= to_utc_ms || event->until_utc_ms <= from_utc_ms)
            continue;
        double turns = event->turn_ms > 0 ? (double)(to_utc_ms - from_utc_ms) / (double)event->turn_ms + 1 : 1;
        events++;
        for (size_t k = 0; k < event->n_signals; k++)
            changes += dr_event_touches(event, &event->signals[k], from_utc_ms, to_utc_ms) ? 2 * turns : 0;
    }
    return changes * events;
}

// The next instant at which anything of a target's events changes.
static int64_t next_change_of(const struct engine *e, int target, int64_t utc_ms)
{
    const struct dr_timeline *t = &e->dr.timeline;
    int64_t next_ms = DR_FOREVER_MS;
    for (size_t i = 0; i < t->count; i++) {
        int64_t change_ms = t->events[i]->grid == target ? dr_event_next_change(t->events[i], utc_ms) : DR_FOREVER_MS;
        next_ms = change_ms < next_ms ? change_ms : next_ms;
    }
    return next_ms;
}

// All that events may ask for within [from, to), whether or not another hides it.
static struct held events_at_most(const struct engine *e, int target, int64_t from_utc_ms, int64_t to_utc_ms)
{
    const struct dr_timeline *t = &e->dr.timeline;
    struct held h = {PLAN_NO_LIMIT_W, PLAN_NO_LIMIT_W};
    for (size_t i = 0; i < t->count; i++) {
        const struct dr_event *event = t->events[i];
        if (event->grid != target || event->from_utc_ms >= to_utc_ms || event->until_utc_ms <= from_utc_ms)
            continue;
        for (size_t k = 0; k < event->n_signals; k++) {
            if (!dr_event_touches(event, &event->signals[k], from_utc_ms, to_utc_ms))
                continue;
            h.import_w = fmin(h.import_w, import_left_w(e, event, &event->signals[k]));
            if (event->signals[k].kind == DR_EXPORT_LIMIT)
                h.export_w = fmin(h.export_w, event->signals[k].value);
        }
    }
    h.import_w = raised_w(e, h.import_w);
    return h;
}

static struct held tighter(struct held a, struct held b)
{
    return (struct held){fmin(a.import_w, b.import_w), fmin(a.export_w, b.export_w)};
}

// While the sender is lost the default fills what known events leave open.
static struct held with_default(const struct engine *e, int target, struct held h)
{
    if (target < 0 && e->dr.sender_lost && h.import_w >= PLAN_NO_LIMIT_W)
        h.import_w = e->site->dr.default_import_limit_w;
    return h;
}

static struct held events_within(const struct engine *e, int target, int64_t from_utc_ms, int64_t to_utc_ms)
{
    struct held h = {PLAN_NO_LIMIT_W, PLAN_NO_LIMIT_W};
    if (looks_within(e, target, from_utc_ms, to_utc_ms) > MAX_LOOKS)
        return with_default(e, target, events_at_most(e, target, from_utc_ms, to_utc_ms));
    for (int64_t at_ms = from_utc_ms; at_ms < to_utc_ms; at_ms = next_change_of(e, target, at_ms))
        h = tighter(h, with_default(e, target, events_at(e, target, at_ms)));
    return h;
}

// Fail-safe lasts for hours and nobody knows how long: a plan counts on it to its end.
static struct held within(const struct engine *e, int target, int64_t from_utc_ms, int64_t to_utc_ms)
{
    struct held h = {PLAN_NO_LIMIT_W, PLAN_NO_LIMIT_W};
    if (!e->site->dr.enabled)
        return h;
    h = events_within(e, target, from_utc_ms, to_utc_ms);
    const struct site_dr_failsafe *f = &e->site->dr.failsafe;
    if (target < 0 && guard_is_failsafe(&e->dr.guard))
        h = tighter(h, (struct held){f->import_limit_w, f->export_limit_w});
    return h;
}

void dr_area_limits(const struct engine *e, int64_t from_utc_ms, int64_t to_utc_ms, double *ret_import_limit_w,
                    double *ret_export_limit_w)
{
    struct held h = within(e, -1, from_utc_ms, to_utc_ms);
    *ret_import_limit_w = h.import_w;
    *ret_export_limit_w = h.export_w;
}

void dr_grid_limits(const struct engine *e, int grid, int64_t from_utc_ms, int64_t to_utc_ms,
                    double *ret_import_limit_w, double *ret_export_limit_w)
{
    struct held h = within(e, grid, from_utc_ms, to_utc_ms);
    if (dr_only_grid(e) == grid)
        h = tighter(h, within(e, -1, from_utc_ms, to_utc_ms));
    *ret_import_limit_w = h.import_w;
    *ret_export_limit_w = h.export_w;
}

// ---- prices, alerts, and when ---------------------------------------------------------------------------------------

double dr_price(const struct engine *e, int grid, enum dr_signal_kind kind, int64_t utc_ms)
{
    struct dr_signal s;
    const struct dr_timeline *t = &e->dr.timeline;
    if (t->count == 0 || !e->site->dr.enabled)
        return NAN;
    bool holds = dr_timeline_at(t, grid, kind, utc_ms, &s, NULL) || dr_timeline_at(t, -1, kind, utc_ms, &s, NULL);
    return holds ? s.value : NAN;
}

bool dr_alerts(const struct engine *e, enum dr_signal_kind kind, int64_t utc_ms, const struct dr_event **ret_event)
{
    struct dr_signal s;
    for (int target = -1; e->site->dr.enabled && target < (int)e->site->n_grids; target++)
        if (dr_timeline_at(&e->dr.timeline, target, kind, utc_ms, &s, ret_event))
            return true;
    return false;
}

// `grid` -1: of the whole area.
static double capacity_wh(const struct engine *e, int grid)
{
    double sum = 0;
    for (size_t i = 0; i < e->site->n_batteries; i++)
        if (grid < 0 || e->site->batteries[i].bus == e->site->grids[grid].bus)
            sum += e->site->batteries[i].capacity_wh;
    return sum;
}

// An energy is asked of all batteries together: each has it by its size.
double dr_charge_frac(const struct engine *e, int bus, int64_t utc_ms)
{
    double wanted = 0;
    struct dr_signal s;
    if (e->dr.timeline.count == 0 || !e->site->dr.enabled)
        return 0;
    for (int target = -1; target < (int)e->site->n_grids; target++) {
        if (target >= 0 && e->site->grids[target].bus != bus)
            continue;
        if (!dr_timeline_at(&e->dr.timeline, target, DR_CHARGE_STATE, utc_ms, &s, NULL))
            continue;
        double all_wh = s.is_energy ? capacity_wh(e, target) : 1;
        wanted = all_wh > 0 ? fmax(wanted, s.value / all_wh) : wanted;
    }
    return fmin(wanted, 1);
}

bool dr_asks(const struct engine *e, int64_t from_utc_ms, int64_t to_utc_ms)
{
    double import_w, export_w;
    dr_area_limits(e, from_utc_ms, to_utc_ms, &import_w, &export_w);
    if (import_w < PLAN_NO_LIMIT_W)
        return true;
    for (size_t g = 0; g < e->site->n_grids; g++) {
        struct limit_in_force l = limits_within(e, (int)g, from_utc_ms, to_utc_ms);
        if (l.import_limit_w < PLAN_NO_LIMIT_W || l.incentive_per_kwh > 0)
            return true;
    }
    return false;
}

int64_t dr_next_change(const struct engine *e, int64_t utc_ms)
{
    return e->site->dr.enabled ? dr_timeline_next_change(&e->dr.timeline, utc_ms) : DR_FOREVER_MS;
}

size_t dr_marks(const struct engine *e, int64_t utc_ms, int64_t ret_utc_ms[static DR_MAX_MARKS])
{
    size_t n = 0;
    int64_t at_ms = utc_ms;
    while (n < DR_MAX_MARKS && (at_ms = dr_next_change(e, at_ms)) < DR_FOREVER_MS) {
        ret_utc_ms[n++] = at_ms;
        at_ms += MARKS_APART_MS - 1;
    }
    return n;
}

// ---- as it is known -------------------------------------------------------------------------------------------------

static int level_at(const struct engine *e, int64_t utc_ms)
{
    struct dr_signal s;
    double level = 0;
    for (int target = -1; target < (int)e->site->n_grids; target++)
        if (dr_timeline_at(&e->dr.timeline, target, DR_SIMPLE, utc_ms, &s, NULL))
            level = fmax(level, s.value);
    return (int)level;
}

void engine_dr(const struct engine *e, struct instant now, struct dr_view *ret_view)
{
    struct dr_view v = {.guard = e->dr.guard.state, .sender_lost = e->dr.sender_lost};
    dr_area_limits(e, now.utc_ms, now.utc_ms + 1, &v.import_limit_w, &v.export_limit_w);
    v.emergency = dr_alerts(e, DR_EMERGENCY, now.utc_ms, NULL);
    v.black_start = dr_alerts(e, DR_BLACK_START, now.utc_ms, NULL);
    v.level = level_at(e, now.utc_ms);
    v.on = v.export_limit_w < PLAN_NO_LIMIT_W || v.level > 0 || v.emergency || v.black_start ||
           dr_asks(e, now.utc_ms, now.utc_ms + 1);
    for (size_t g = 0; g < e->site->n_grids; g++)
        v.on |= limits_within(e, (int)g, now.utc_ms, now.utc_ms + 1).export_limit_w < PLAN_NO_LIMIT_W;
    *ret_view = v;
}

const struct dr_timeline *engine_dr_events(const struct engine *e)
{
    return &e->dr.timeline;
}

enum dr_state engine_dr_state(const struct engine *e, const struct dr_event *event, struct instant now)
{
    (void)e;
    if (now.utc_ms < event->from_utc_ms)
        return DR_SCHEDULED;
    return now.utc_ms < event->until_utc_ms ? DR_ACTIVE : DR_COMPLETED;
}
