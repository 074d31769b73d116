// SPDX-License-Identifier: GPL-3.0-or-later
// What the area could do if it were asked to, for each quarter hour of the next two days: how much less, and more, net
// import than planned, for how long, at what price. A promise: what it says can be had beside the plan without giving
// up anything else, now or later.
//
// The power is what can be kept for an hour; the time is how long the same power can be kept, up to four. Sources are
// used in the order of their price until the connections have no room for more. Power that would have to come through
// a tie from a bus without a grid connection of its own is left out.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/capability.h"

enum { QUARTER_MS = 15 * 60 * 1000, DAY_SLOTS = 96, LOOK_MS = 60 * 1000, LEAST_LOOK_MS = 2000 };

static const double LEAST_H = 1, LONGEST_H = 4;
static const double KEPT_FRAC = 0.995;   // of what was reckoned: numbers are rounded on the way
static const double WORTH_SAYING_W = 50; // less is nothing
static const double RELEVANT_FRAC = 0.03;

// ---- room to reckon in ----------------------------------------------------------------------------------------------

void capability_free(struct engine *e)
{
    struct capability_book *b = e->capability;
    if (b == NULL)
        return;
    free(b->sources);
    free(b->leeways);
    for (int side = 0; side < SIDE_COUNT; side++) {
        free(b->bus_room_w[side]);
        free(b->order[side]);
    }
    free(b->bus_weight_w);
    free(b->group_room_w);
    free(b->group_weight_w);
    free(b->used_w);
    free(b->wobble_w);
    free(b);
    e->capability = NULL;
}

static struct capability_book *new_book(const struct site *s, size_t n_steps)
{
    struct capability_book *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->most_steps = n_steps;
    b->most_sources = s->n_assets + s->n_buildings * SITE_MAX_OFFERS;
    b->sources = calloc(b->most_sources + 1, sizeof *b->sources);
    b->leeways = calloc(b->most_sources * n_steps * SIDE_COUNT + 1, sizeof *b->leeways);
    b->bus_weight_w = calloc(s->n_buses + 1, sizeof(double));
    b->group_room_w = calloc(s->n_groups * n_steps + 1, sizeof(double));
    b->group_weight_w = calloc(s->n_groups + 1, sizeof(double));
    b->used_w = calloc(s->n_buses * WINDOW_STEPS + 1, sizeof(double));
    b->wobble_w = calloc(n_steps + 1, sizeof(double));
    bool good =
        b->wobble_w && b->sources && b->leeways && b->bus_weight_w && b->group_room_w && b->group_weight_w && b->used_w;
    for (int side = 0; side < SIDE_COUNT; side++) {
        b->bus_room_w[side] = calloc(s->n_buses * n_steps + 1, sizeof(double));
        b->order[side] = calloc(b->most_sources + 1, sizeof(int));
        good = good && b->bus_room_w[side] != NULL && b->order[side] != NULL;
    }
    if (good)
        return b;
    struct engine holder = {.capability = b};
    capability_free(&holder);
    return NULL;
}

// A plan was accepted: room for its steps. Without memory there is nothing to promise.
static bool make_room(struct engine *e)
{
    size_t n_steps = e->plan.schedule->n_steps;
    if (e->capability != NULL && e->capability->most_steps >= n_steps)
        return true;
    struct capability_book *b = new_book(e->site, n_steps + 8);
    if (b != NULL && e->capability != NULL) {
        b->looked_mono_ms = e->capability->looked_mono_ms;
        b->plan_made_utc_ms = e->capability->plan_made_utc_ms;
        b->n_published = e->capability->n_published;
        memcpy(b->published, e->capability->published, sizeof b->published);
    }
    capability_free(e);
    e->capability = b;
    return b != NULL;
}

// ---- the time from a quarter hour on
// ----------------------------------------------------------------------------------

struct piece { // of a step of the plan
    size_t step;
    bool whole_end;       // it reaches to the end of the step
    double hours, gone_h; // its length; since the beginning of the window at its end
};

struct window {
    struct piece pieces[WINDOW_STEPS];
    size_t n, n_least; // that make up the shortest time that is promised
};

// False when the plan does not reach that far.
static bool open_window(const struct schedule *s, int64_t from_utc_ms, struct window *w)
{
    int step = schedule_step_at(s, from_utc_ms);
    int64_t at = from_utc_ms, least = from_utc_ms + (int64_t)(LEAST_H * 3600e3);
    int64_t longest = from_utc_ms + (int64_t)(LONGEST_H * 3600e3);
    w->n = w->n_least = 0;
    for (size_t k = (size_t)step; step >= 0 && k < s->n_steps && at < longest && w->n < WINDOW_STEPS; k++) {
        int64_t end = capability_step_end_ms(s, k);
        int64_t marks[] = {at < least ? least : longest, longest};
        for (int i = 0; i < 2 && at < end && w->n < WINDOW_STEPS; i++) { // a step is cut where the least time ends
            int64_t to = end < marks[i] ? end : marks[i];
            if (to <= at)
                continue;
            struct piece *p = &w->pieces[w->n++];
            *p = (struct piece){k, to == end, (double)(to - at) / 3600e3, (double)(to - from_utc_ms) / 3600e3};
            at = to;
            w->n_least = at <= least ? w->n : w->n_least;
        }
    }
    return at >= from_utc_ms + QUARTER_MS;
}

// ---- what one source gives ------------------------------------------------------------------------------------------

struct giving {
    const struct engine *e;
    struct capability_book *book;
    const struct window *window;
    enum side side;
    bool lasting; // only what can be kept for the longest time; else as much as can be had for the least
    size_t ends;  // pieces until something has to be made up for
    double given_w[WINDOW_STEPS]; // of the source at hand
    double price_per_kwh;         // the highest so far
};

// What may be missing where a piece ends within its step: what the end of the step bears, and what is there by then.
static double bearable_wh(const struct giving *g, size_t source, size_t i, bool later)
{
    const struct piece *p = &g->window->pieces[i];
    const struct leeway_side *at = leeway_of(g->book, source, p->step, g->side);
    double wh = later ? at->bearable_wh : at->slack_wh;
    if (!p->whole_end && p->step > 0)
        wh = fmin(wh, leeway_of(g->book, source, p->step - 1, g->side)->slack_wh);
    return wh;
}

static double power_left_w(const struct giving *g, size_t source, size_t i)
{
    return leeway_of(g->book, source, g->window->pieces[i].step, g->side)->power_w;
}

// What may be missing at the end of the least time.
static double bearable_then_wh(const struct giving *g, size_t source)
{
    double wh = INFINITY;
    for (size_t i = g->window->n_least - 1; i < (g->lasting ? g->window->n : g->window->n_least); i++)
        wh = fmin(wh, bearable_wh(g, source, i, true));
    return wh;
}

// One power for the whole of the least time: what power and energy allow.
static double steady_w(const struct giving *g, size_t source, double per_given)
{
    double level_w = bearable_then_wh(g, source) / per_given / g->window->pieces[g->window->n_least - 1].gone_h;
    for (size_t i = 0; i < g->window->n_least && level_w > 0; i++) {
        level_w = fmin(level_w, power_left_w(g, source, i));
        level_w = fmin(level_w, bearable_wh(g, source, i, false) / per_given / g->window->pieces[i].gone_h);
    }
    return fmax(level_w, 0);
}

// All that it would draw, or as large a part of that as can wait; of what has a lowest power nothing then.
static double share_that_waits(const struct giving *g, size_t source, double per_given, bool whole)
{
    double wh = 0, share = 1, least_wh = INFINITY;
    for (size_t i = 0; i < g->window->n_least; i++)
        least_wh = fmin(least_wh, leeway_of(g->book, source, g->window->pieces[i].step, g->side)->bearable_wh);
    least_wh = fmin(least_wh, bearable_then_wh(g, source));
    for (size_t i = 0; i < g->window->n_least && least_wh > 0; i++)
        wh += power_left_w(g, source, i) * g->window->pieces[i].hours * per_given;
    if (wh > least_wh + 1e-3)
        share = least_wh / wh;
    return wh <= 0 || (whole && share < 1) ? 0 : share;
}

static double limited_w(const struct giving *g, const struct source *s, size_t i, double w)
{
    const struct piece *p = &g->window->pieces[i];
    size_t cell = (size_t)s->bus * g->book->most_steps + p->step;
    double room_w = g->book->bus_room_w[g->side][cell] - g->book->used_w[(size_t)s->bus * WINDOW_STEPS + i];
    if (w <= room_w)
        return w;
    return s->whole && s->follows_plan ? 0 : fmax(room_w, 0);
}

// After the least time it goes on as long as it can; where it would have to make up for what it gave, the promise ends.
static void go_on(struct giving *g, size_t source, double level_w, double missing_wh)
{
    const struct source *s = &g->book->sources[source];
    for (size_t i = g->window->n_least; i < g->ends; i++) {
        double left_w = power_left_w(g, source, i), h = g->window->pieces[i].hours;
        double w = limited_w(g, s, i, s->follows_plan ? left_w : fmin(left_w, level_w));
        double bears_wh = bearable_wh(g, source, i, true);
        if (missing_wh > bears_wh + 1e-3) {
            g->ends = i;
            return;
        }
        if (missing_wh + w * h * s->stored_per_given > bears_wh)
            w = 0;
        g->given_w[i] = w;
        missing_wh += w * h * s->stored_per_given;
    }
}

// Fills `given_w`; returns what it gives in the least time, Wh in store.
static double give(struct giving *g, size_t source, double *ret_level_w)
{
    const struct source *s = &g->book->sources[source];
    double level_w = s->follows_plan ? 0 : steady_w(g, source, s->stored_per_given);
    double share = s->follows_plan ? share_that_waits(g, source, s->stored_per_given, s->whole) : 0;
    double missing_wh = 0, least_w = INFINITY;
    for (size_t i = 0; i < g->window->n_least; i++) {
        double w = limited_w(g, s, i, s->follows_plan ? share * power_left_w(g, source, i) : level_w);
        g->given_w[i] = w;
        missing_wh += w * g->window->pieces[i].hours * s->stored_per_given;
        least_w = fmin(least_w, w);
    }
    bool stands = s->kind == ASSET_GENERATOR && g->side == SIDE_DOWN &&
                  g->e->plan.schedule->assets[s->asset].power_w[g->window->pieces[0].step] <= 0;
    *ret_level_w = level_w;
    return stands && least_w < s->least_w ? 0 : missing_wh;
}

// The price that a kWh saves or costs at the bus; beyond what is imported now it is no longer drawn but fed in.
static double saved_per_kwh(const struct giving *g, const struct source *s)
{
    const struct schedule *plan = g->e->plan.schedule;
    size_t step = g->window->pieces[0].step;
    double price = plan->price_per_kwh[(size_t)s->bus * plan->n_steps + step];
    double used_w = g->book->used_w[(size_t)s->bus * WINDOW_STEPS], flow_w = 0;
    int grid = first_grid_of_bus(g->e, s->bus);
    for (size_t i = 0; i < g->e->site->n_grids; i++)
        if (g->e->site->grids[i].bus == s->bus)
            flow_w += plan->assets[asset_of(g->e, ASSET_GRID, (int)i)].power_w[step];
    if (grid >= 0 && g->side == SIDE_DOWN && used_w > fmax(flow_w, 0))
        return fmin(price, grid_export_price_per_kwh(g->e, grid, plan->start_utc_ms[step]));
    if (grid >= 0 && g->side == SIDE_UP && flow_w < 0 && used_w > -flow_w)
        return fmax(price, grid_import_price_per_kwh(g->e, grid, plan->start_utc_ms[step]));
    return price;
}

static void use_source(struct giving *g, size_t source)
{
    const struct source *s = &g->book->sources[source];
    double level_w, missing_wh = give(g, source, &level_w);
    if (missing_wh <= 0)
        return;
    go_on(g, source, level_w, missing_wh);
    double *used_w = &g->book->used_w[(size_t)s->bus * WINDOW_STEPS];
    for (size_t i = 0; i < g->ends; i++)
        used_w[i] += g->given_w[i];
    double saved = saved_per_kwh(g, s);
    double cost = capability_cost_per_kwh(g->e, s, g->window->pieces[0].step, g->side);
    g->price_per_kwh = fmax(g->price_per_kwh, cost + (g->side == SIDE_DOWN ? -saved : saved));
}

// ---- all of them ----------------------------------------------------------------------------------------------------

struct promise {
    double w, h, price_per_kwh;
    bool cut; // it ends because something has to be made up for
};

// Less what the plan, which knows means alone, may be off where a part of a step counts.
static double total_w(const struct giving *g, size_t i)
{
    const struct piece *p = &g->window->pieces[i];
    bool whole = p->whole_end && p->hours + 1e-6 >= g->e->plan.schedule->hours[p->step];
    double sum = whole ? 0 : -g->book->wobble_w[p->step];
    for (size_t b = 0; b < g->e->site->n_buses; b++)
        sum += g->book->used_w[b * WINDOW_STEPS + i];
    return sum;
}

static struct promise reckon(const struct engine *e, struct capability_book *b, const struct window *w, enum side side,
                             bool lasting)
{
    struct giving g = {.e = e, .book = b, .window = w, .side = side, .lasting = lasting, .ends = w->n};
    g.price_per_kwh = -INFINITY;
    memset(b->used_w, 0, e->site->n_buses * WINDOW_STEPS * sizeof(double));
    for (size_t i = 0; i < b->n_sources; i++)
        use_source(&g, (size_t)b->order[side][i]);
    double kept_w = INFINITY, hours = w->pieces[w->n_least - 1].gone_h;
    for (size_t i = 0; i < w->n_least; i++)
        kept_w = fmin(kept_w, KEPT_FRAC * total_w(&g, i));
    if (kept_w < WORTH_SAYING_W || !isfinite(g.price_per_kwh))
        return (struct promise){0};
    for (size_t i = w->n_least; i < g.ends && total_w(&g, i) >= kept_w; i++)
        hours = w->pieces[i].gone_h;
    return (struct promise){kept_w, floor(hours * 4 + 1e-6) / 4, g.price_per_kwh, g.ends < w->n};
}

// A little more power for an hour, or a little less for longer: what is more energy.
static struct promise promise(const struct engine *e, struct capability_book *b, const struct window *w, enum side side)
{
    struct promise most = reckon(e, b, w, side, false);
    if (!most.cut)
        return most;
    struct promise longest = reckon(e, b, w, side, true);
    return longest.w * longest.h > most.w * most.h ? longest : most;
}

static void fill_slot(const struct engine *e, struct capability_book *b, const struct window *w,
                      struct capability_slot *ret)
{
    struct promise down = promise(e, b, w, SIDE_DOWN), up = promise(e, b, w, SIDE_UP);
    int64_t from = ret->from_utc_ms;
    *ret = (struct capability_slot){from, down.w, up.w, down.h, up.h, down.price_per_kwh, up.price_per_kwh, true};
}

// Beyond the plan it is taken to be as it was a day before.
static void repeat_day(struct capability_slot *slots, size_t known, size_t i)
{
    int64_t from = slots[i].from_utc_ms;
    slots[i] = slots[i >= DAY_SLOTS ? i - DAY_SLOTS : known - 1];
    slots[i].from_utc_ms = from;
    slots[i].from_plan = false;
}

size_t engine_capability(const struct engine *e, struct instant now,
                         struct capability_slot ret_slots[static CAPABILITY_SLOTS])
{
    struct capability_book *b = e->capability;
    int64_t first = (now.utc_ms / QUARTER_MS + 1) * QUARTER_MS;
    struct window w;
    size_t known = 0;
    if (b == NULL || !planning_current(e, now, NULL) || b->most_steps < e->plan.schedule->n_steps)
        return 0;
    capability_fill(e, b, now);
    for (size_t i = 0; i < CAPABILITY_SLOTS; i++) {
        ret_slots[i].from_utc_ms = first + (int64_t)i * QUARTER_MS;
        if (known == i && open_window(e->plan.schedule, ret_slots[i].from_utc_ms, &w)) {
            fill_slot(e, b, &w, &ret_slots[i]);
            known++;
        } else if (known > 0) {
            repeat_day(ret_slots, known, i);
        }
    }
    return known > 0 ? CAPABILITY_SLOTS : 0;
}

// ---- telling it -----------------------------------------------------------------------------------------------------

static bool differs(double a, double b, double range)
{
    return fabs(a - b) > RELEVANT_FRAC * range + WORTH_SAYING_W;
}

static bool is_news(const struct capability_book *b, const struct capability_slot *slots, size_t n)
{
    double most_w = 0;
    if (n != b->n_published || (n > 0 && slots[0].from_utc_ms != b->published[0].from_utc_ms))
        return true;
    for (size_t i = 0; i < n; i++)
        most_w = fmax(most_w, fmax(slots[i].down_w, slots[i].up_w));
    for (size_t i = 0; i < n; i++) {
        const struct capability_slot *now = &slots[i], *then = &b->published[i];
        if (differs(now->down_w, then->down_w, most_w) || differs(now->up_w, then->up_w, most_w) ||
            now->down_h != then->down_h || now->up_h != then->up_h)
            return true;
    }
    return false;
}

// Once a minute of the area's time at most. In replay nobody listens, and a year is to pass in seconds.
void capability_tick(struct engine *e, struct instant now)
{
    struct capability_slot slots[CAPABILITY_SLOTS];
    if (!e->site->dr.enabled || is_coarse(e) || e->plan.schedule == NULL || !make_room(e))
        return;
    struct capability_book *b = e->capability;
    uint64_t since_ms = elapsed_ms(b->looked_mono_ms, now.mono_ms);
    bool recently = since_ms < LEAST_LOOK_MS || area_seconds(e, since_ms) * 1000 < LOOK_MS;
    if (b->looked_mono_ms != 0 && recently)
        return;
    size_t n = engine_capability(e, now, slots);
    b->looked_mono_ms = now.mono_ms;
    if (!is_news(b, slots, n) && b->plan_made_utc_ms == e->plan.schedule->made_utc_ms)
        return;
    memcpy(b->published, slots, n * sizeof *slots);
    b->n_published = n;
    b->plan_made_utc_ms = e->plan.schedule->made_utc_ms;
    queue_add(&e->queue, TASK_CAPABILITY, 0);
}
