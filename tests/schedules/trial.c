// SPDX-License-Identifier: GPL-3.0-or-later
// One schedule from its seed to its end: what is drawn happens, then all is healed, and the area must find back.
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/diagnostics.h"
#include "base/error.h"
#include "base/local_time.h"
#include "conf/conf.h"
#include "plan/planner.h"
#include "world.h"

enum { LIVELY_MS = 12000, FINE_MS = 1000, COARSE_MS = 5000, SPAN_MS = 240000 };

// ---- words ----------------------------------------------------------------------------------------------------------

void trial_say(struct trial *s, const char *format, ...)
{
    va_list arguments;
    if (!s->options->talk)
        return;
    fprintf(s->options->talk, "%8.1f s  ", (double)s->now.mono_ms / 1000);
    va_start(arguments, format);
    vfprintf(s->options->talk, format, arguments);
    va_end(arguments);
    fputc('\n', s->options->talk);
}

void trial_break(struct trial *s, const char *format, ...)
{
    va_list arguments;
    char what[sizeof s->f.broken];
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    trial_say(s, "BROKEN: %s", what);
    if (s->f.broken[0])
        return;
    memcpy(s->f.broken, what, sizeof what);
    s->f.broken_step = s->step;
}

// ---- making ---------------------------------------------------------------------------------------------------------

static int load_site(struct trial *s)
{
    struct diagnostics d = {0};
    int status = conf_load_text("dice.yaml", s->text, strlen(s->text), &d, &s->site);
    if (status < 0)
        diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    if (status == 0 && s->site->n_devices > TRIAL_MAX_DEVICES)
        return AEMS_E_LIMIT;
    return status == 0 ? local_time_set_zone(s->site->timezone) : status;
}

static void describe_devices(struct trial *s)
{
    for (size_t d = 0; d < s->site->n_devices; d++) {
        const struct site_device *of = &s->site->devices[d];
        enum profile_kind own = profile_kind_of_device(s->site, of);
        bool meter = of->asset >= 0 && !of->control;
        s->devices[d] = (struct engine_device){.kind = meter ? PROFILE_METER : own,
                                               .can_write = of->control,
                                               .device_reverts = of->control && of->asset >= 0};
    }
}

static int make_plant(struct trial *s, uint64_t seed)
{
    int status = plant_model_new(s->site, seed, s->now, &s->model);
    if (status < 0)
        return status;
    for (size_t i = 0; i < s->site->n_assets; i++) {
        if (s->site->assets[i].kind == ASSET_BATTERY)
            plant_model_set_soc(s->model, (int)i, trial_between(&s->dice, 0.1, 0.95));
        if (s->site->assets[i].kind == ASSET_GENERATOR)
            plant_model_set_fuel(s->model, (int)i, trial_between(&s->dice, 0, 1));
    }
    for (size_t i = 0; i < s->site->n_islands; i++)
        if (trial_chance(&s->dice, 0.15))
            plant_model_set_protection(s->model, (int)i, false);
    return plant_model_set_islands(s->model, true);
}

static int make(struct trial *s, uint64_t seed)
{
    static const int64_t winter_ms = INT64_C(1768000000000), day_ms = INT64_C(86400000);
    s->dice = noise_seeded(seed, 6);
    s->odd_dice = noise_seeded(seed, 7);
    s->text = trial_draw_area(&s->dice);
    s->now = (struct instant){.utc_ms = winter_ms + (int64_t)(trial_between(&s->dice, 0, 300) * (double)day_ms),
                              .mono_ms = 100000};
    s->kill_after = -1;
    int status = s->text ? load_site(s) : AEMS_E_NOMEM;
    if (status < 0)
        return status;
    if (s->options->talk)
        fputs(s->text, s->options->talk);
    describe_devices(s);
    s->tells_volts = trial_chance(&s->dice, 0.3);
    double mode = noise_uniform(&s->dice);
    s->mode = mode < 0.4 ? PLANNER_FAILS : mode < 0.6 ? PLANNER_SILENT : mode < 0.97 ? PLANNER_OFF : PLANNER_REAL;
    if (s->mode == PLANNER_REAL && !s->options->plans)
        s->mode = PLANNER_FAILS;
    status = make_plant(s, seed);
    if (status == 0)
        status = planner_new(&s->planner);
    return status == 0 ? world_restart(s) : status;
}

static void end(struct trial *s)
{
    oddities_forget(s);
    engine_free(s->engine);
    plant_model_free(s->model);
    planner_free(s->planner);
    for (size_t i = 0; i < s->n_kept; i++)
        saved_free(&s->kept[i].item);
    site_free(s->site);
    free(s->text);
}

// ---- running --------------------------------------------------------------------------------------------------------

static void happen(struct trial *s)
{
    for (size_t i = 0; i < s->n_events; i++) {
        struct happening *h = &s->events[i];
        if (!h->begun && !h->over && s->now.mono_ms >= h->mono_ms) {
            trial_begin_event(s, h);
            s->lively_mono_ms = s->happened_mono_ms = s->now.mono_ms;
        }
        if (h->begun && !h->over && h->until_mono_ms > h->mono_ms && s->now.mono_ms >= h->until_mono_ms) {
            trial_end_event(s, h);
            s->lively_mono_ms = s->happened_mono_ms = s->now.mono_ms;
        }
    }
}

static bool is_dead(const struct trial *s)
{
    for (size_t i = 0; i < s->n_events; i++) {
        const struct happening *h = &s->events[i];
        if (h->kind == KILLED && h->begun && s->now.mono_ms < h->until_mono_ms)
            return true;
    }
    return false;
}

// Devices are polled each second: in a longer step, that stands for many polls, no battery gets further than a reading
// may from the last one.
static uint64_t coarse_ms(const struct trial *s)
{
    const double moves_frac = 0.1;
    double ms = COARSE_MS;
    for (size_t i = 0; i < s->site->n_batteries; i++) {
        const struct site_battery *b = &s->site->batteries[i];
        double power_w = fmax(b->max_charge_w, b->max_discharge_w / b->discharge_efficiency);
        ms = fmin(ms, moves_frac * b->capacity_wh / power_w * 3600e3 / s->site->simulation.speed);
    }
    return (uint64_t)fmax(ms, FINE_MS);
}

// The next instant at which something is drawn to happen is not stepped over.
static uint64_t step_ms(const struct trial *s)
{
    bool lively = s->now.mono_ms < s->lively_mono_ms + LIVELY_MS || s->now.mono_ms < 115000;
    uint64_t ms = lively ? FINE_MS : coarse_ms(s);
    for (size_t i = 0; i < s->n_events; i++) {
        const uint64_t at[] = {s->events[i].mono_ms, s->events[i].until_mono_ms};
        for (int k = 0; k < 2; k++)
            if (at[k] > s->now.mono_ms && at[k] - s->now.mono_ms < ms)
                ms = at[k] - s->now.mono_ms;
    }
    return ms;
}

static int step(struct trial *s)
{
    uint64_t ms = step_ms(s);
    world_obey(s);
    s->now.mono_ms += ms;
    s->now.utc_ms += (int64_t)((double)ms * s->site->simulation.speed);
    s->step++;
    s->f.steps++;
    happen(s);
    plant_model_step(s->model, (struct instant){s->now.utc_ms - s->clock_ahead_ms, s->now.mono_ms});
    causes_look(s);
    if (!s->engine && !is_dead(s)) {
        int status = world_restart(s);
        if (status < 0)
            return status;
    }
    world_tick(s);
    trial_judge_step(s);
    oddities_judge(s);
    return 0;
}

// Whose feedback lied while it stuck counts as opened by hand, and is left to hands.
static void close_by_hand(struct trial *s)
{
    for (size_t i = 0; i < s->site->n_switches; i++) {
        struct switch_view v;
        int device = site_device_of_switch(s->site, (int)i);
        engine_switch(s->engine, (int)i, s->now, &v);
        if (device >= 0 && s->at[device].has_lied && s->site->switches[i].load >= 0 && v.wanted_closed)
            plant_model_switch(s->model, (int)i, true);
    }
}

// Everything is well again, and nobody says anything any more.
static void heal(struct trial *s)
{
    trial_say(s, "all is healed");
    for (size_t i = 0; i < s->n_events; i++)
        if (!s->events[i].over)
            trial_end_event(s, &s->events[i]);
    for (size_t i = 0; i < s->site->n_islands; i++) {
        plant_model_set_grid(s->model, s->site->islands[i].grid, true);
        plant_model_set_supply(s->model, (int)i, 230, 50);
    }
    for (size_t i = 0; i < s->site->n_assets; i++)
        plant_model_unfix(s->model, (int)i);
    close_by_hand(s);
    struct outage_view v;
    engine_outage(s->engine, s->now, &v);
    for (size_t i = 0; i < s->site->n_grids && s->f.clocks > 0; i++) { // which may hold for an hour more
        struct event e = {.kind = EVENT_LIMIT, .limit = {.id = "dice", .grid = (int)i}};
        trial_tell(s, e);
    }
    for (size_t i = v.n_words; i-- > 0;) {
        struct event e = {.kind = EVENT_OUTAGE, .outage = {.kind = OUTAGE_FREE, .island = -1}};
        memcpy(e.outage.id, v.words[i].id, sizeof e.outage.id);
        trial_tell(s, e);
    }
}

// Every island hangs on its grid, and every circuit is on again.
static bool is_back(const struct trial *s, const char **ret_what, int *ret_index)
{
    for (size_t i = 0; i < s->site->n_islands; i++) {
        struct island_view v;
        engine_island(s->engine, (int)i, s->now, &v);
        *ret_index = (int)i;
        *ret_what = "island";
        if (v.state != ISLAND_CONNECTED || !plant_model_island(s->model, (int)i)->breaker_closed)
            return false;
    }
    for (size_t i = 0; i < s->site->n_switches; i++) {
        struct switch_view v;
        engine_switch(s->engine, (int)i, s->now, &v);
        *ret_index = (int)i;
        *ret_what = "switch";
        if (!v.wanted_closed || !plant_model_switch_at(s->model, (int)i)->closed)
            return false;
    }
    return true;
}

static int find_back(struct trial *s)
{
    const uint64_t patience_ms = 900000 + trial_stable_ms(s), from = s->now.mono_ms;
    const char *what = "";
    int index = 0;
    while (!is_back(s, &what, &index)) {
        int status = step(s);
        if (status < 0)
            return status;
        if (s->now.mono_ms - from > patience_ms) {
            trial_break(s, "all is well for %g s, and %s %d is not back", (double)patience_ms / 1000, what, index);
            return 0;
        }
    }
    return 0;
}

static int run(struct trial *s)
{
    const uint64_t until = s->now.mono_ms + SPAN_MS;
    trial_draw_events(s, until);
    while (s->now.mono_ms < until || !s->engine) {
        int status = step(s);
        if (status < 0)
            return status;
    }
    heal(s);
    return find_back(s);
}

int trial_run(uint64_t seed, const struct trial_options *options, struct trial_figures *ret_figures)
{
    struct trial *s = calloc(1, sizeof *s);
    if (!s)
        return AEMS_E_NOMEM;
    s->options = options;
    int status = make(s, seed);
    if (status == 0)
        status = run(s);
    *ret_figures = s->f;
    end(s);
    free(s);
    return status;
}
