// SPDX-License-Identifier: GPL-3.0-or-later
// One plan at one instant, offline: from the configuration's own standard profiles, without daemon and devices.
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/local_time.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "daemon/ctl/ctl.h"
#include "daemon/loop/clock.h"
#include "plan/planner.h"

static const char *const tier_names[OBJECTIVE_COUNT] = {
    [OBJECTIVE_LIFELINES] = "lifelines_kwh", [OBJECTIVE_LIMITS] = "limits_kwh", [OBJECTIVE_RESERVE] = "reserve_kwh",
    [OBJECTIVE_COMFORT] = "comfort_kwh",     [OBJECTIVE_MONEY] = "money",
};

static int sorry(const char *what, const char *why)
{
    fprintf(stderr, "aemsctl: %s: %s\n", what, why);
    return CTL_FAILED;
}

// Profiles are not read here: a device that may be controlled is taken as one that can be.
static struct engine_device *assume_devices(const struct site *site)
{
    static const enum profile_kind kinds[ASSET_KIND_COUNT] = {
        [ASSET_GRID] = PROFILE_METER,          [ASSET_PV] = PROFILE_PV,
        [ASSET_BATTERY] = PROFILE_BATTERY,     [ASSET_STORE] = PROFILE_STORE,
        [ASSET_CHARGER] = PROFILE_CHARGER,     [ASSET_FLEXIBLE] = PROFILE_CHARGER,
        [ASSET_LOAD] = PROFILE_LOAD,           [ASSET_GENERATOR] = PROFILE_GENERATOR,
        [ASSET_CONVERTER] = PROFILE_CONVERTER, [ASSET_TIE] = PROFILE_TIE,
    };
    struct engine_device *devices = calloc(site->n_devices + 1, sizeof(*devices));
    for (size_t i = 0; devices != NULL && i < site->n_devices; i++) {
        const struct site_asset *asset = site_device_asset(site, &site->devices[i]);
        devices[i] = (struct engine_device){.kind = asset != NULL ? kinds[asset->kind] : PROFILE_SENSOR,
                                            .can_write = site->devices[i].control};
    }
    return devices;
}

// An engine that has not measured anything takes every battery as half full.
static int make_problem(const struct site *site, int64_t at_utc_ms, struct plan_problem **ret_problem)
{
    struct instant now = {.utc_ms = at_utc_ms, .mono_ms = 1};
    struct engine *engine = NULL;
    struct engine_device *devices = assume_devices(site);
    int r = devices != NULL ? local_time_set_zone(site->timezone) : AEMS_E_NOMEM;
    if (r == 0)
        r = engine_new(site, devices, now, &engine);
    if (r == 0)
        r = engine_make_problem(engine, now, ret_problem);
    engine_free(engine);
    free(devices);
    return r;
}

static void print_json(const struct site *site, const struct schedule *s)
{
    char made[RFC3339_SIZE];
    rfc3339_format(s->made_utc_ms, made);
    json_t *objective = json_object();
    for (int tier = 0; tier < OBJECTIVE_COUNT; tier++)
        json_object_set_new(objective, tier_names[tier], json_real(s->objective[tier]));
    json_t *result = json_pack("{s:s, s:s, s:s, s:s, s:o, s:f, s:i, s:i, s:i, s:f, s:f}", "area", site->id, "currency",
                               site->currency, "at", made, "status", s->status, "objective", objective, "lp_objective",
                               s->lp_objective, "steps", (int)s->n_steps, "iterations", s->iterations, "solves",
                               s->solves, "solve_ms", s->solve_ms, "gap", s->gap);
    ctl_print_json(result);
    json_decref(result);
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
        (o->json ? print_json : print_text)(site, schedule);
    schedule_free(schedule);
    planner_free(planner);
    return status;
}

// --at, else the demonstration's start, else now.
static int instant_of(const struct ctl_options *o, const struct site *site, int64_t *ret_utc_ms)
{
    struct clock_source clock;
    if (o->at != NULL)
        return rfc3339_parse(o->at, ret_utc_ms);
    clock_start(&clock, 1, site->simulation.start_utc_ms);
    *ret_utc_ms = clock_now(&clock).utc_ms;
    return 0;
}

static int solve_site(const struct ctl_options *o, const struct site *site)
{
    int64_t at_utc_ms;
    struct plan_problem *problem = NULL;
    if (instant_of(o, site, &at_utc_ms) < 0) {
        fprintf(stderr, "aemsctl: --at %s: expected a time such as 2026-01-14T08:00:00+09:00\n", o->at);
        return CTL_USAGE;
    }
    int r = make_problem(site, at_utc_ms, &problem);
    if (r < 0)
        return sorry("no problem can be made", aems_error_text(r));
    int status = solve(o, site, problem);
    plan_problem_free(problem);
    return status;
}

static int run(const struct ctl_options *o)
{
    const char *config = o->config != NULL ? o->config : AEMS_CONFIG_FILE;
    struct diagnostics d = {0};
    struct site *site = NULL;
    int r = conf_load(config, &d, &site);
    if (diagnostics_has_errors(&d))
        diagnostics_print(&d, stderr);
    else if (r < 0)
        sorry(config, aems_error_text(r));
    diagnostics_free(&d);
    if (r < 0)
        return CTL_FAILED;
    int status = solve_site(o, site);
    site_free(site);
    return status;
}

const struct ctl_command ctl_solve = {
    .name = "solve",
    .summary = "one plan on standard profiles, without the daemon",
    .usage = "solve -c FILE [--at TIME] [--lp FILE] [--mps FILE] [--json]",
    .options = " at lp mps json ",
    .run = run,
};
