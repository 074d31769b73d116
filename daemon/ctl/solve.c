// SPDX-License-Identifier: GPL-3.0-or-later
// One plan at one instant, offline: from recorded data, or the configuration's own standard profiles; without daemon
// and devices.
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"
#include "conf/measure.h"
#include "core/engine.h"
#include "daemon/ctl/offline.h"
#include "daemon/ctl/plan_view.h"
#include "daemon/loop/clock.h"
#include "plan/planner.h"
#include "replay/replay.h"

static const char *const tier_names[OBJECTIVE_COUNT] = {
    [OBJECTIVE_LIFELINES] = "lifelines_kwh", [OBJECTIVE_LIMITS] = "limits_kwh", [OBJECTIVE_RESERVE] = "reserve_kwh",
    [OBJECTIVE_COMFORT] = "comfort_kwh",     [OBJECTIVE_MONEY] = "money",
};

static int sorry(const char *what, const char *why)
{
    fprintf(stderr, "aemsctl: %s: %s\n", what, why);
    return CTL_FAILED;
}

// An engine that has not measured anything takes every battery as half full.
static int make_problem(const struct site *site, int64_t at_utc_ms, struct plan_problem **ret_problem)
{
    struct instant now = {.utc_ms = at_utc_ms, .mono_ms = 1};
    struct engine *engine = NULL;
    struct engine_device *devices = offline_devices(site);
    int r = devices != NULL ? engine_new(site, devices, now, &engine) : AEMS_E_NOMEM;
    if (r == 0)
        r = engine_make_problem(engine, now, ret_problem);
    engine_free(engine);
    free(devices);
    return r;
}

// As a replay with perfect foresight would ask at that time.
static int make_recorded_problem(const struct site *site, const struct replay_data *data, int64_t at_utc_ms,
                                 double soc_frac, struct plan_problem **ret_problem, char *ret_why, size_t size)
{
    struct replay_options options = {
        .controller = REPLAY_PERFECT, .from_utc_ms = at_utc_ms, .soc_frac = soc_frac, .seed = 1};
    struct replay *replay = NULL;
    int r = replay_new(site, data, &options, &replay, ret_why, size);
    if (r < 0)
        return r;
    r = replay_make_problem(replay, ret_problem);
    if (r < 0)
        snprintf(ret_why, size, "%s", aems_error_text(r));
    replay_free(replay);
    return r;
}

static json_t *read_back(const struct schedule *s)
{
    char *text = NULL;
    json_t *json = NULL;
    if (schedule_to_json(s, &text) == 0)
        json = json_loads(text, 0, NULL);
    free(text);
    return json != NULL ? json : json_null();
}

static void print_json(const struct site *site, const struct schedule *s)
{
    char made[RFC3339_SIZE];
    rfc3339_format(s->made_utc_ms, made);
    json_t *objective = json_object();
    for (int tier = 0; tier < OBJECTIVE_COUNT; tier++)
        json_object_set_new(objective, tier_names[tier], json_real(s->objective[tier]));
    json_t *result = json_pack("{s:s, s:s, s:s, s:s, s:o, s:f, s:i, s:i, s:i, s:f, s:f, s:o}", "area", site->id,
                               "currency", site->currency, "at", made, "status", s->status, "objective", objective,
                               "lp_objective", s->lp_objective, "steps", (int)s->n_steps, "iterations", s->iterations,
                               "solves", s->solves, "solve_ms", s->solve_ms, "gap", s->gap, "schedule", read_back(s));
    ctl_print_json(result);
    json_decref(result);
}

static void print_csv(const struct site *site, const struct schedule *s)
{
    json_t *buses = json_array();
    struct text out = {0};
    for (size_t i = 0; i < site->n_buses; i++)
        json_array_append_new(buses, json_string(site->buses[i].id));
    plan_view_csv(&(struct plan_view){.schedule = s, .currency = site->currency, .buses = buses, .now_utc_ms = -1},
                  &out);
    if (!out.failed)
        fputs(out.data, stdout);
    text_free(&out);
    json_decref(buses);
}

static void print_text(const struct site *site, const struct schedule *s)
{
    char made[RFC3339_SIZE];
    rfc3339_format(s->made_utc_ms, made);
    printf("%s at %s: %s\n", site->id, made, s->status);
    for (int tier = 0; tier < OBJECTIVE_COUNT; tier++)
        printf("  %-14s %18.6f%s%s\n", tier_names[tier], s->objective[tier], tier == OBJECTIVE_MONEY ? " " : "",
               tier == OBJECTIVE_MONEY ? site->currency : "");
    printf("  lp_objective   %18.6f\n  steps          %18zu\n", s->lp_objective, s->n_steps);
    printf("  iterations     %18d\n  solves         %18d\n", s->iterations, s->solves);
    printf("  solve_ms       %18.3f\n  gap            %18.3g\n", s->solve_ms, s->gap);
}

static int write_models(const struct ctl_options *o, const struct planner *planner)
{
    int r = o->lp != NULL ? planner_write_lp(planner, o->lp) : 0;
    if (r < 0)
        return sorry(o->lp, aems_error_text(r));
    r = o->mps != NULL ? planner_write_mps(planner, o->mps) : 0;
    return r < 0 ? sorry(o->mps, aems_error_text(r)) : CTL_OK;
}

static int solve(const struct ctl_options *o, const struct site *site, const struct plan_problem *problem)
{
    struct planner *planner = NULL;
    struct schedule *schedule = NULL;
    char why[256] = "out of memory";
    int r = planner_new(&planner);
    if (r == 0)
        r = planner_solve(planner, problem, site->plan.deadline_ms, &schedule, why, sizeof(why));
    if (r == 0 && schedule_check(schedule, problem, why, sizeof(why)) < 0)
        r = AEMS_E_REFUSED;
    int status = r == 0 ? write_models(o, planner) : sorry("no plan", why);
    if (status == CTL_OK)
        (o->json ? print_json : o->csv ? print_csv : print_text)(site, schedule);
    schedule_free(schedule);
    planner_free(planner);
    return status;
}

// --at, else where the data begin, the demonstration does, or now.
static int instant_of(const struct ctl_options *o, const struct site *site, const struct replay_data *data,
                      int64_t *ret_utc_ms)
{
    struct clock_source clock;
    if (o->at != NULL)
        return rfc3339_parse(o->at, ret_utc_ms);
    clock_start(&clock, 1, site->simulation.start_utc_ms);
    *ret_utc_ms = data != NULL ? data->utc_ms[0] : clock_now(&clock).utc_ms;
    return 0;
}

static int solve_site(const struct ctl_options *o, const struct site *site, const struct replay_data *data)
{
    int64_t at_utc_ms;
    double soc_frac = -1;
    struct plan_problem *problem = NULL;
    char why[256];
    if (o->soc != NULL &&
        (data == NULL || measure_parse(CONF_FRACTION, o->soc, &soc_frac) < 0 || !in_range(soc_frac, 0, 1))) {
        fprintf(stderr, "aemsctl: --soc %s: expected a share from 0 to 1 such as 0.5, and --data\n", o->soc);
        return CTL_USAGE;
    }
    if (instant_of(o, site, data, &at_utc_ms) < 0) {
        fprintf(stderr, "aemsctl: --at %s: expected a time such as 2026-01-14T08:00:00+09:00\n", o->at);
        return CTL_USAGE;
    }
    if (data != NULL && replay_data_row(data, at_utc_ms) < 0)
        return sorry(o->data, "expected --at within the data");
    int r = data != NULL ? make_recorded_problem(site, data, at_utc_ms, soc_frac, &problem, why, sizeof(why))
                         : make_problem(site, at_utc_ms, &problem);
    if (r < 0)
        return sorry("no problem can be made", data != NULL ? why : aems_error_text(r));
    int status = solve(o, site, problem);
    plan_problem_free(problem);
    return status;
}

static int run(const struct ctl_options *o)
{
    struct site *site = NULL;
    struct replay_data *data = NULL;
    int status = offline_site(o, &site);
    if (status == CTL_OK && o->data != NULL)
        status = offline_data(o->data, site, &data);
    if (status == CTL_OK)
        status = solve_site(o, site, data);
    replay_data_free(data);
    site_free(site);
    return status;
}

const struct ctl_command ctl_solve = {
    .name = "solve",
    .summary = "one plan on recorded data or standard profiles, without the daemon",
    .usage = "solve -c FILE [--data CSV [--soc SHARE]] [--at TIME] [--lp FILE] [--mps FILE] [--csv | --json]",
    .options = " data soc at lp mps csv json ",
    .run = run,
};
