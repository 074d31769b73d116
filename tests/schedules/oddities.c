// SPDX-License-Identifier: GPL-3.0-or-later
// What happens to the program itself: answers of the planner that come late or belong to a situation that is over,
// clocks that are set, and configurations that are read again. Drawn with dice of their own, so that all else is what
// it was without them.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/internal.h"
#include "plan/schedule_alloc.h"
#include "world.h"

enum { STRAY_STEPS = 24, STRAY_STEP_MS = 300000, LASTED_TOLERANCE_MS = 20000 };

// ---- drawing --------------------------------------------------------------------------------------------------------

static double clock_step_s(struct noise *dice)
{
    double seconds = trial_chance(dice, 0.3)   ? trial_between(dice, 1, 30)
                     : trial_chance(dice, 0.6) ? trial_between(dice, 60, 900)
                                               : 3600;
    return trial_chance(dice, 0.5) ? seconds : -seconds;
}

static void draw_oddity(struct trial *s, struct noise *dice, uint64_t at)
{
    static const enum happening_kind kinds[] = {PLANS_LATE, PLAN_STRAYS, PLAN_STRAYS, CLOCK_SET,
                                                CLOCK_SET,  RELOADED,    RELOADED};
    enum happening_kind kind = kinds[trial_pick(dice, (int)(sizeof kinds / sizeof *kinds))];
    bool amid = trial_chance(dice, 0.6);
    int beside = trial_pick(dice, (int)s->n_events);
    double after_s = trial_between(dice, 0, 12), lasts_s = trial_between(dice, 20, 120);
    bool for_good = trial_chance(dice, 0.5);
    if (amid) // what a loss or a return asks for
        at = s->events[beside].mono_ms + (uint64_t)(1000 * after_s);
    struct happening *h = trial_add_event(s, kind, at, (uint64_t)(1000 * lasts_s));
    if (kind == CLOCK_SET) {
        h->value = clock_step_s(dice);
        h->until_mono_ms = for_good ? at : h->until_mono_ms;
    } else {
        h->value = noise_uniform(dice);
        h->until_mono_ms = kind == PLANS_LATE ? h->until_mono_ms : at;
    }
}

void oddities_draw(struct trial *s, uint64_t from, uint64_t until)
{
    struct noise *dice = &s->odd_dice;
    int n = trial_chance(dice, 0.4) ? 0 : 1 + trial_pick(dice, 3);
    for (int i = 0; i < n; i++)
        draw_oddity(s, dice, from + (uint64_t)(noise_uniform(dice) * (double)(until - from)));
}

// ---- answers that come late -----------------------------------------------------------------------------------------

static bool is_late(const struct trial *s, double *ret_wait_s)
{
    for (size_t i = 0; i < s->n_events; i++) {
        const struct happening *h = &s->events[i];
        if (h->kind != PLANS_LATE || !h->begun || h->over)
            continue;
        *ret_wait_s = 2 + 100 * h->value * h->value;
        return true;
    }
    return false;
}

static void give(struct trial *s, struct schedule *schedule)
{
    struct event e = {.kind = schedule ? EVENT_PLAN : EVENT_PLAN_FAILED};
    if (schedule)
        e.plan.schedule = schedule;
    else
        e.plan_failed.why = "nobody plans here";
    trial_tell(s, e);
}

void oddities_answer(struct trial *s, struct schedule *schedule)
{
    double wait_s;
    if (!is_late(s, &wait_s) || s->n_late == TRIAL_MAX_LATE) {
        give(s, schedule);
        return;
    }
    s->late[s->n_late++] = (struct late_answer){schedule, s->now.mono_ms + (uint64_t)(1000 * wait_s)};
}

// The planner ends with the program that asked it, and with the configuration that it was asked for.
void oddities_forget(struct trial *s)
{
    while (s->n_late > 0)
        schedule_free(s->late[--s->n_late].schedule);
}

void oddities_deliver(struct trial *s)
{
    for (size_t i = 0; i < s->n_late;) {
        if (s->now.mono_ms < s->late[i].mono_ms) {
            i++;
            continue;
        }
        struct schedule *schedule = s->late[i].schedule;
        s->late[i] = s->late[--s->n_late];
        trial_say(s, "an answer of the planner comes late");
        s->f.late++;
        give(s, schedule);
        world_drain(s);
    }
}

// ---- an answer of a situation that is over --------------------------------------------------------------------------

static void fill_stray(const struct trial *s, struct noise *dice, struct schedule *p, size_t asset)
{
    const struct site_asset *of = &s->site->assets[asset];
    struct schedule_asset *a = &p->assets[asset];
    double still = trial_chance(dice, 0.3) ? 0 : 1;
    for (size_t i = 0; i < p->n_steps; i++) {
        double power_w = still * trial_between(dice, of->min_power_w, of->max_power_w);
        a->power_w[i] = of->kind == ASSET_LOAD ? -fabs(power_w) * noise_uniform(dice) : power_w;
        if (a->energy_wh && of->kind == ASSET_BATTERY)
            a->energy_wh[i] = s->site->batteries[of->of_kind].capacity_wh * trial_between(dice, 0.1, 0.95);
        for (int t = 0; t < TIER_COUNT && a->shed_w; t++) {
            bool shed = trial_chance(dice, 0.4);
            a->shed_w[i * TIER_COUNT + (size_t)t] = shed ? trial_between(dice, 0, 100e3) : 0;
        }
    }
}

// It could be of this site, and has no more to do with what is than that.
static struct schedule *stray(const struct trial *s, struct noise *dice)
{
    const struct site *site = s->site;
    struct schedule *p;
    if (schedule_alloc(STRAY_STEPS, site->n_assets, site->n_buses, site->n_grids, 0, 0, &p) < 0)
        return NULL;
    int64_t age_ms = (int64_t)(1000 * trial_between(dice, 0, 1500));
    p->made_utc_ms = s->now.utc_ms - age_ms;
    for (size_t i = 0; i < p->n_steps; i++) {
        p->start_utc_ms[i] = p->made_utc_ms / STRAY_STEP_MS * STRAY_STEP_MS + (int64_t)i * STRAY_STEP_MS;
        p->hours[i] = STRAY_STEP_MS / 3600e3;
    }
    for (size_t b = 0; b < site->n_buses * p->n_steps; b++)
        p->price_per_kwh[b] = trial_between(dice, -1, 5);
    snprintf(p->status, sizeof p->status, "optimal");
    for (size_t i = 0; i < site->n_assets; i++) {
        if (schedule_alloc_asset(p, i, site->assets[i].id, site->assets[i].kind) < 0) {
            schedule_free(p);
            return NULL;
        }
        fill_stray(s, dice, p, i);
    }
    return p;
}

static void plan_strays(struct trial *s)
{
    struct schedule *p = s->engine && s->mode != PLANNER_OFF ? stray(s, &s->odd_dice) : NULL;
    if (!p)
        return;
    trial_say(s, "a plan of %.0f s ago comes", (double)(s->now.utc_ms - p->made_utc_ms) / 1000);
    s->f.strays++;
    give(s, p);
}

// ---- clocks ---------------------------------------------------------------------------------------------------------

// How long the outage has lasted by the engine, ms; < 0: there is none.
static int64_t lasted_ms(const struct trial *s)
{
    struct outage_view v;
    if (!s->engine)
        return -1;
    engine_outage(s->engine, s->now, &v);
    return v.on && v.since_utc_ms > 0 ? s->now.utc_ms - v.since_utc_ms : -1;
}

static void set_clock(struct trial *s, double seconds)
{
    int64_t step_ms = (int64_t)(1000 * seconds);
    s->lasted_ms = lasted_ms(s);
    s->lasted_entries = s->f.entries;
    s->set_mono_ms = s->dazed_mono_ms = s->now.mono_ms;
    s->now.utc_ms += step_ms;
    s->clock_ahead_ms += step_ms;
    s->f.clocks++;
    trial_say(s, "the clock is set by %.0f s", seconds);
}

// After the tick that saw it: whatever the clock is set to, the outage has lasted as long as it has.
void oddities_judge(struct trial *s)
{
    if (s->set_mono_ms != s->now.mono_ms || s->lasted_ms < 0)
        return;
    int64_t lasted = lasted_ms(s);
    if (lasted >= 0 && s->lasted_entries == s->f.entries && llabs(lasted - s->lasted_ms) > LASTED_TOLERANCE_MS)
        trial_break(s, "the outage had lasted %.0f s, and %.0f s after the clock was set", (double)s->lasted_ms / 1000,
                    (double)lasted / 1000);
}

// ---- a new configuration ----------------------------------------------------------------------------------------

// Where the former one was, the new one is: states, who forms, what circuits are told, words.
void trial_judge_reload(struct trial *s, const struct engine *former)
{
    struct outage_view was, is;
    engine_outage(former, s->now, &was);
    engine_outage(s->engine, s->now, &is);
    if (was.on != is.on || was.since_utc_ms != is.since_utc_ms || was.n_words != is.n_words)
        trial_break(s, "an outage is not taken over with a configuration: on %d then %d, words %zu then %zu", was.on,
                    is.on, was.n_words, is.n_words);
    for (size_t i = 0; i < s->site->n_islands; i++) {
        struct island_view before, after;
        engine_island(former, (int)i, s->now, &before);
        engine_island(s->engine, (int)i, s->now, &after);
        if (before.state != after.state || before.forming != after.forming || before.lives != after.lives)
            trial_break(s, "island %zu was %s, held by %d, and is %s, held by %d with a new configuration", i,
                        island_state_name(before.state), before.forming, island_state_name(after.state), after.forming);
    }
    for (size_t i = 0; i < s->site->n_switches; i++) {
        struct switch_view before, after;
        engine_switch(former, (int)i, s->now, &before);
        engine_switch(s->engine, (int)i, s->now, &after);
        if (before.wanted_closed != after.wanted_closed)
            trial_break(s, "%s is wanted otherwise with a new configuration", s->site->switches[i].id);
    }
    for (size_t i = 0; i < s->site->n_loads; i++)
        if (serving_left_w(former, (int)i) != serving_left_w(s->engine, (int)i))
            trial_break(s, "load %zu was limited to %g W, and is to %g W with a new configuration", i,
                        serving_left_w(former, (int)i), serving_left_w(s->engine, (int)i));
}

// ---- beginning and end ----------------------------------------------------------------------------------------------

void oddities_begin(struct trial *s, struct happening *h)
{
    if (h->kind == PLAN_STRAYS)
        plan_strays(s);
    else if (h->kind == CLOCK_SET)
        set_clock(s, h->value);
    else if (h->kind == RELOADED && s->engine)
        world_reload(s, h->value < 0.3);
    else if (h->kind == PLANS_LATE)
        trial_say(s, "the planner takes its time");
}

void oddities_end(struct trial *s, struct happening *h)
{
    if (h->kind == CLOCK_SET && h->until_mono_ms > h->mono_ms)
        set_clock(s, -h->value);
}
