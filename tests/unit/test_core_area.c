// SPDX-License-Identifier: GPL-3.0-or-later
// The engine and the real planner in a whole area: hours pass, loads wander, limits hold.
#include <stdio.h>

#include "control/bus.h"
#include "forecast/forecast.h"
#include "forecast/sun.h"
#include "plan/planner.h"
#include "tests/unit/run_suite.h"
#include "world.h"

struct area {
    struct site *site;
    struct engine_device *devices;
    struct engine *engine;
    struct planner *planner;
    struct instant now;
    double *power_w; // per asset, into its bus
    double *goal_w;  // last written, NAN: none
    double *soc;     // per battery
    double *last_w;  // per asset: goal before
    double *move_w;
    int *turns;
    unsigned seed;
    int plans, refused;
    double worst_excess_w;
};

static char config_path[512];

static bool is_meter(const char *profile)
{
    return strstr(profile, "meter") != NULL || strstr(profile, "sdm") != NULL || strstr(profile, "em24") != NULL;
}

static enum profile_kind own_kind(enum asset_kind kind)
{
    switch (kind) {
    case ASSET_PV:
        return PROFILE_PV;
    case ASSET_BATTERY:
        return PROFILE_BATTERY;
    case ASSET_GENERATOR:
        return PROFILE_GENERATOR;
    case ASSET_TIE:
        return PROFILE_TIE;
    default:
        return PROFILE_LOAD;
    }
}

static void start(struct area *a, const char *path, int64_t utc_ms)
{
    struct diagnostics d = {0};
    *a = (struct area){.now = {.utc_ms = utc_ms, .mono_ms = 100000}, .seed = 42};
    int result = conf_load(path, &d, &a->site);
    diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    ck_assert_int_eq(result, 0);
    ck_assert_int_eq(local_time_set_zone(a->site->timezone), 0);
    size_t n = a->site->n_assets;
    a->devices = calloc(a->site->n_devices, sizeof *a->devices);
    a->power_w = calloc(n, sizeof(double));
    a->goal_w = calloc(n, sizeof(double));
    a->soc = calloc(n, sizeof(double));
    a->last_w = calloc(n, sizeof(double));
    a->move_w = calloc(n, sizeof(double));
    a->turns = calloc(n, sizeof(int));
    for (size_t i = 0; i < a->site->n_devices; i++) {
        const struct site_device *dev = &a->site->devices[i];
        bool meter = is_meter(dev->profile);
        const struct site_asset *asset = site_device_asset(a->site, dev);
        bool contact = dev->of_switch >= 0;
        a->devices[i].kind = contact         ? PROFILE_SWITCH
                             : asset == NULL ? PROFILE_SENSOR
                             : meter         ? PROFILE_METER
                                             : own_kind(asset->kind);
        a->devices[i].can_write = contact || (asset != NULL && !meter);
    }
    for (size_t i = 0; i < n; i++) {
        a->goal_w[i] = NAN;
        a->soc[i] = 0.5;
    }
    ck_assert_int_eq(engine_new(a->site, a->devices, a->now, &a->engine), 0);
    ck_assert_int_eq(planner_new(&a->planner), 0);
}

static void end(struct area *a)
{
    engine_free(a->engine);
    planner_free(a->planner);
    site_free(a->site);
    free(a->devices);
    free(a->power_w);
    free(a->goal_w);
    free(a->soc);
    free(a->last_w);
    free(a->move_w);
    free(a->turns);
}

static double noise(struct area *a)
{
    a->seed = a->seed * 1103515245u + 12345u;
    return ((a->seed >> 16) % 2001 - 1000.0) / 1000;
}

// ---- physics --------------------------------------------------------------------------------------------------------

static double natural_w(struct area *a, int asset)
{
    const struct site_asset *s = &a->site->assets[asset];
    if (s->kind == ASSET_LOAD) {
        double wander = 1 + 0.1 * sin((double)a->now.utc_ms / 1e6) + 0.01 * noise(a);
        return -load_standard_w(a->site, &a->site->loads[s->of_kind], a->now.utc_ms) * wander;
    }
    const struct site_pv *p = &a->site->pvs[s->of_kind];
    double clear =
        sun_clear_sky_frac(a->now.utc_ms, a->site->latitude_deg, a->site->longitude_deg, p->tilt_deg, p->azimuth_deg);
    return p->peak_power_w * clear * (0.7 + 0.2 * sin((double)a->now.utc_ms / 3e5));
}

static void live(struct area *a)
{
    double bus_w[SITE_MAX_BUSES] = {0};
    for (size_t i = 0; i < a->site->n_assets; i++) {
        const struct site_asset *s = &a->site->assets[i];
        double goal_w = a->goal_w[i];
        if (s->kind == ASSET_GRID)
            continue;
        if (s->kind == ASSET_LOAD)
            a->power_w[i] = isnan(goal_w) ? natural_w(a, (int)i) : fmax(natural_w(a, (int)i), goal_w);
        else if (s->kind == ASSET_PV)
            a->power_w[i] = isnan(goal_w) ? natural_w(a, (int)i) : fmin(natural_w(a, (int)i), goal_w);
        else
            a->power_w[i] = isnan(goal_w) ? 0 : goal_w;
        if (s->kind == ASSET_BATTERY) {
            const struct site_battery *b = &a->site->batteries[s->of_kind];
            double w = a->power_w[i];
            a->soc[i] -= (w > 0 ? w / b->discharge_efficiency : w * b->charge_efficiency) / 3600 / b->capacity_wh;
        }
        bus_w[s->bus] += a->power_w[i];
        if (s->kind == ASSET_TIE)
            bus_w[a->site->ties[s->of_kind].from] +=
                tie_from_flow_w(a->power_w[i], a->site->ties[s->of_kind].loss_frac);
    }
    for (size_t i = 0; i < a->site->n_grids; i++)
        a->power_w[i] = -bus_w[a->site->grids[i].bus];
}

static void read_one(struct area *a, int device, const struct reading *r, size_t count)
{
    struct event e = {
        .kind = EVENT_READINGS, .at = a->now, .readings = {.device = device, .readings = r, .count = count}};
    engine_consume(a->engine, &e);
}

// The grid is there, and everything is switched on.
static void read_contact(struct area *a, int device)
{
    bool is_switch = a->site->devices[device].of_switch >= 0;
    struct reading r = {.quantity = is_switch ? QUANTITY_CLOSED : QUANTITY_GRID_PRESENT, .value = 1};
    read_one(a, device, &r, 1);
}

static void read_all(struct area *a)
{
    for (size_t i = 0; i < a->site->n_devices; i++) {
        int asset = a->site->devices[i].asset;
        if (asset < 0) {
            read_contact(a, (int)i);
            continue;
        }
        bool turned = a->devices[i].kind == PROFILE_METER && a->site->assets[asset].kind == ASSET_LOAD;
        struct reading r[4] = {{.quantity = QUANTITY_POWER_W, .value = turned ? -a->power_w[asset] : a->power_w[asset]},
                               {.quantity = QUANTITY_VOLTAGE_V, .value = 230 + noise(a)},
                               {.quantity = QUANTITY_FREQUENCY_HZ, .value = 50 + 0.01 * noise(a)},
                               {.quantity = QUANTITY_SOC_FRAC, .value = a->soc[asset]}};
        read_one(a, (int)i, r, a->site->assets[asset].kind == ASSET_BATTERY ? 4 : 3);
    }
}

// ---- the driver -----------------------------------------------------------------------------------------------------

static void solve(struct area *a, struct plan_problem *problem)
{
    struct schedule *s;
    char why[200] = "";
    struct event e = {.kind = EVENT_PLAN, .at = a->now};
    int result = planner_solve(a->planner, problem, 10000, &s, why, sizeof why);
    ck_assert_msg(result == 0, "%s", why);
    ck_assert_msg(schedule_check(s, problem, why, sizeof why) == 0, "%s", why);
    ck_assert_int_lt(s->iterations, 30000); // no going round in circles until the deadline
    plan_problem_free(problem);
    e.plan.schedule = s;
    a->plans++;
    a->refused += engine_consume(a->engine, &e) < 0;
}

static void note_goal(struct area *a, int asset, double goal_w)
{
    double move_w = isnan(a->goal_w[asset]) ? 0 : goal_w - a->goal_w[asset];
    double small_w = 0.02 * (a->site->assets[asset].max_power_w - a->site->assets[asset].min_power_w);
    if (fabs(move_w) > small_w) { // only large swings count as turns
        a->turns[asset] += move_w * a->move_w[asset] < 0;
        a->move_w[asset] = move_w;
    }
    a->goal_w[asset] = goal_w;
}

static void release_goal(struct area *a, int asset)
{
    if (asset >= 0)
        a->goal_w[asset] = NAN;
}

static void carry_out(struct area *a)
{
    struct action action;
    while (engine_produce(a->engine, a->now, &action)) {
        if (action.kind == ACTION_WRITE && action.write.asset >= 0)
            note_goal(a, action.write.asset, action.write.power_w);
        if (action.kind == ACTION_RELEASE)
            release_goal(a, a->site->devices[action.release.device].asset);
        if (action.kind == ACTION_SOLVE)
            solve(a, action.problem);
        if (action.kind == ACTION_ALARM && action.alarm.active && getenv("WORLD_TALKS") != NULL)
            fprintf(stderr, "%s: %s\n", action.alarm.id, action.alarm.text);
    }
}

static void talk(const struct area *a)
{
    if (getenv("WORLD_TALKS") == NULL)
        return;
    fprintf(stderr, "%lld", (long long)(a->now.utc_ms / 60000 % 1440));
    for (size_t i = 0; i < a->site->n_assets; i++)
        fprintf(stderr, " %s=%.0f", a->site->assets[i].id, a->power_w[i] / 1000);
    for (size_t i = 0; i < a->site->n_assets; i++)
        if (a->site->assets[i].kind == ASSET_BATTERY)
            fprintf(stderr, " soc %.3f turns %d", a->soc[i], a->turns[i]);
    for (size_t i = 0; i < a->site->n_assets; i++) {
        struct asset_view v;
        char why[200];
        engine_asset(a->engine, (int)i, a->now, &v);
        reason_text(a->site->assets[i].id, a->site->assets[i].kind, v.setpoint_w, &v.reason, why, sizeof why);
        if (v.has_setpoint)
            fprintf(stderr, "\n    %s", why);
        else if (a->site->assets[i].kind == ASSET_BATTERY)
            fprintf(stderr, "\n    %s free, reachable %d", a->site->assets[i].id, v.reachable);
    }
    for (size_t i = 0; i < a->site->n_grids; i++) {
        struct grid_view g;
        engine_grid(a->engine, (int)i, a->now, &g);
        fprintf(stderr, "\n    %s peak %.0f window %.0f kWh since %lld s, plan %.0f", a->site->grids[i].id,
                g.month_peak_w / 1000, g.window_wh / 1000, (long long)(a->now.utc_ms - g.window_start_utc_ms) / 1000,
                engine_plan(a->engine) != NULL ? engine_plan(a->engine)->peak_w[i] / 1000 : -1);
    }
    fprintf(stderr, "\n");
}

static void second(struct area *a)
{
    a->now.utc_ms += 1000;
    a->now.mono_ms += 1000;
    live(a);
    read_all(a);
    struct event tick = {.kind = EVENT_TICK, .at = a->now};
    engine_consume(a->engine, &tick);
    carry_out(a);
    for (size_t g = 0; g < a->site->n_grids; g++) {
        double over_w =
            fmax(a->power_w[g] - a->site->grids[g].import_limit_w, -a->power_w[g] - a->site->grids[g].export_limit_w);
        if (over_w > a->worst_excess_w && over_w > 0 && getenv("WORLD_TALKS") != NULL) {
            fprintf(stderr, "WORST %zu over %.1f kW\n", g, over_w / 1000);
            talk(a);
        }
        a->worst_excess_w = fmax(a->worst_excess_w, over_w);
    }
}

START_TEST(an_area_of_several_buses_keeps_its_limits_and_does_not_hunt)
{
    struct area a;
    const char *hours = getenv("AREA_HOURS");
    const struct alarm *alarms;
    start(&a, config_path, INT64_C(1768348800000)); // 2026-01-14T00:00Z, nine in the morning in Tokyo
    int seconds = (hours != NULL ? atoi(hours) : 1) * 3600;
    for (int i = 0; i < seconds; i++) {
        second(&a);
        if (i % 600 == 0)
            talk(&a);
    }
    ck_assert_int_eq(engine_mode(a.engine), MODE_PLAN);
    ck_assert_int_eq(a.refused, 0);
    ck_assert_int_ge(a.plans, seconds / 300);
    ck_assert_double_le(a.worst_excess_w, 20e3); // noise of one second, at most
    for (size_t i = 0; i < a.site->n_assets; i++)
        ck_assert_msg(a.turns[i] < seconds / 60, "%s turned %d times", a.site->assets[i].id, a.turns[i]);
    size_t n_alarms = engine_alarms(a.engine, &alarms); // the notice that lifelines at noon need more than one battery
    for (size_t i = 0; i < n_alarms; i++)
        ck_assert_str_eq(alarms[i].id, "island-gate_square-frail");
    end(&a);
}
END_TEST

int main(int argc, char **argv)
{
    snprintf(config_path, sizeof config_path, "%s/config/areas/kashiwa.yaml", argc > 1 ? argv[1] : ".");
    Suite *s = suite_create("core area");
    TCase *c = tcase_create("hours");
    tcase_set_timeout(c, 100);
    tcase_add_test(c, an_area_of_several_buses_keeps_its_limits_and_does_not_hunt);
    suite_add_tcase(s, c);
    return run_suite(s);
}
