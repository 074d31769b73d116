// SPDX-License-Identifier: GPL-3.0-or-later
// The problem of an outage: how far it looks, what may run, what is kept, and what may be shed.
#include "plan/planner.h"
#include "run_suite.h"
#include "world.h"

static const int64_t HOUR_MS = INT64_C(3600000);

static const char SITE[] =
    "area: {id: town, name: Town, timezone: Europe/Berlin, latitude: 52 deg, longitude: 13 deg, currency: EUR}\n"
    "plan: {interval: 5 min, horizon: 24 h, scenarios: 4}\n"
    "mqtt: {enabled: false}\n"
    "tariffs:\n"
    "  t: {import: [{price: 0.3 /kWh}], export: [{price: 0.08 /kWh}]}\n"
    "buses: {west: {}, east: {}}\n"
    "grids:\n"
    "  west_grid: {bus: west, import_limit: 1 MW, export_limit: 100 kW, tariff: t}\n"
    "  east_grid: {bus: east, import_limit: 1 MW, export_limit: 100 kW, tariff: t}\n"
    "pv: {sun: {bus: west, peak_power: 200 kW, curtailable: true}}\n"
    "batteries:\n"
    "  bat: {bus: west, capacity: 1000 kWh, max_charge: 500 kW, max_discharge: 500 kW, soc_min: 10 %, soc_max: 95 %,\n"
    "        reserve: 20 %}\n"
    "generators:\n"
    "  gas: {bus: west, max_power: 400 kW, fuel_cost: 0.4 /kWh, emergency: true}\n"
    "ties: {line: {from: west, to: east, limit: 100 kW}}\n"
    "loads:\n"
    "  hall: {bus: west, shape: flat, average: 500 kW, peak: 1200 kW,\n"
    "         tiers: {lifeline: 20 %, important: 20 %, ordinary: 50 %, deferrable: 10 %}}\n"
    "  shed: {bus: east, shape: flat, average: 50 kW, peak: 60 kW,\n"
    "         tiers: {lifeline: 100 %, important: 0 %, ordinary: 0 %, deferrable: 0 %}}\n"
    "demand_response: {enabled: true, signed: false}\n"
    "outage: {enabled: true, horizon: 48 h, beyond: 6 h, least_served: 40 %, warned_reserve: 80 %}\n"
    "islands:\n"
    "  west: {grid: west_grid, forming: [bat], headroom: 20 %}\n"
    "  east: {grid: east_grid, forming: [line]}\n"
    "switches:\n"
    "  hall_ordinary: {load: hall, tier: ordinary, share: 40 %}\n"
    "modbus: {wire: {tcp: \"127.0.0.1:502\"}}\n"
    "devices:\n"
    "  b: {link: wire, unit: 3, profile: generic-battery, asset: bat, poll: 1 s, control: true, safe_power: 0 kW}\n"
    "  t: {link: wire, unit: 4, profile: generic-tie, asset: line, poll: 1 s, control: true}\n"
    "  g: {link: wire, unit: 5, profile: generic-generator, asset: gas, poll: 1 s, control: true}\n"
    "  o: {link: wire, unit: 6, profile: generic-switch, switch: hall_ordinary, poll: 1 s, control: true}\n";

static const struct engine_device DEVICES[] = {{.kind = PROFILE_BATTERY, .can_write = true},
                                               {.kind = PROFILE_TIE, .can_write = true},
                                               {.kind = PROFILE_GENERATOR, .can_write = true},
                                               {.kind = PROFILE_SWITCH, .can_write = true}};

struct town {
    struct site *site;
    struct engine *engine;
    struct instant now;
};

static struct town town(void)
{
    struct town t = {.site = world_site(SITE)};
    t.now = (struct instant){.utc_ms = INT64_C(1768813200000), .mono_ms = 1000000}; // 2026-01-19T09:00Z, a Monday
    ck_assert_int_eq(engine_new(t.site, DEVICES, t.now, &t.engine), 0);
    return t;
}

static void say(struct town *t, struct event event)
{
    struct action a;
    event.at = t->now;
    ck_assert_int_eq(engine_consume(t->engine, &event), 0);
    while (engine_produce(t->engine, t->now, &a))
        if (a.kind == ACTION_SOLVE)
            plan_problem_free(a.problem);
}

static void pass(struct town *t, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        t->now.utc_ms += 1000;
        t->now.mono_ms += 1000;
        say(t, (struct event){.kind = EVENT_TICK});
    }
}

static void tell_battery(struct town *t, double soc)
{
    const struct reading r[] = {{.quantity = QUANTITY_POWER_W, .value = 100e3},
                                {.quantity = QUANTITY_SOC_FRAC, .value = soc}};
    say(t, (struct event){.kind = EVENT_READINGS, .readings = {.device = 0, .readings = r, .count = 2}});
}

static void lose(struct town *t, int grid)
{
    say(t, (struct event){.kind = EVENT_GRID, .grid = {.grid = grid}});
}

static struct plan_problem *problem(struct town *t)
{
    struct plan_problem *p;
    char why[128];
    ck_assert_int_eq(engine_make_problem(t->engine, t->now, &p), 0);
    ck_assert_msg(plan_problem_check(p, why, sizeof why) == 0, "%s", why);
    return p;
}

static void end(struct town *t, struct plan_problem *p)
{
    plan_problem_free(p);
    engine_free(t->engine);
    site_free(t->site);
}

static size_t step_at(const struct plan_problem *p, int64_t utc_ms)
{
    size_t k = 0;
    while (k + 1 < p->n_steps && p->start_utc_ms[k + 1] <= utc_ms)
        k++;
    return k;
}

START_TEST(without_an_outage_nothing_of_the_problem_is_changed)
{
    struct town t = town();
    struct plan_problem *p = problem(&t);
    ck_assert_double_eq(p->least_frac, 0);
    ck_assert_uint_eq(p->n_scenarios, 3);
    ck_assert_int_le(p->start_utc_ms[p->n_steps - 1], t.now.utc_ms + 30 * HOUR_MS);
    for (size_t k = 0; k < p->n_steps; k++) {
        ck_assert_double_eq(p->grids[0].available[k], 1);
        ck_assert_double_eq(p->generators[0].allowed[k], 0);
        ck_assert_double_eq(p->batteries[0].kept_frac[k], 0);
        ck_assert_double_eq(p->batteries[0].keeps_reserve[k], 1);
    }
    ck_assert(!p->loads[0].sheddable[TIER_ORDINARY]);
    ck_assert_double_eq_tol(p->batteries[0].reserve_wh, 200e3, 1e-6);
    end(&t, p);
}
END_TEST

START_TEST(in_an_outage_the_plan_reaches_to_its_end_and_lifelines_beyond_it)
{
    struct town t = town();
    lose(&t, 0);
    lose(&t, 1);
    pass(&t, 2);
    struct plan_problem *p = problem(&t);
    int64_t begin = t.now.utc_ms - 1000; // the first tick after it
    size_t end_step = step_at(p, begin + 48 * HOUR_MS + 1000), last = step_at(p, begin + 54 * HOUR_MS);
    ck_assert_double_eq(p->least_frac, 0.4);
    ck_assert_uint_eq(p->n_scenarios, 0);
    ck_assert_uint_le(p->n_steps, 120);
    ck_assert_int_le(llabs(p->start_utc_ms[end_step] - begin - 48 * HOUR_MS), 2000);
    for (size_t k = 0; k < last; k++) {
        ck_assert_double_eq(p->grids[0].available[k], 0);
        ck_assert_double_eq(p->grids[1].available[k], 0);
        ck_assert_double_eq(p->lifelines_only[k], k >= end_step);
        ck_assert_double_eq(p->generators[0].allowed[k], 1);
        ck_assert_double_eq(p->batteries[0].keeps_reserve[k], 0);
        // a fifth is headroom, and the mean of what it follows stays 7 % below the rest
        ck_assert_double_eq_tol(p->batteries[0].kept_frac[k], 1 - 0.8 * 0.93, 1e-9);
    }
    end(&t, p);
}
END_TEST

START_TEST(who_holds_an_island_stays_off_the_lowest_state_but_nobody_goes_without_to_bring_it_back_there)
{
    static const double soc[] = {0.5, 0.12, 0.05}, least_wh[] = {130e3, 120e3, 100e3};
    for (size_t i = 0; i < 3; i++) {
        struct town t = town();
        tell_battery(&t, soc[i]);
        lose(&t, 0);
        pass(&t, 2);
        struct plan_problem *p = problem(&t);
        ck_assert_double_eq_tol(p->batteries[0].min_wh, least_wh[i], 1);
        end(&t, p);
    }
}
END_TEST

START_TEST(only_what_a_switch_or_a_limit_reaches_is_planned_to_be_shed)
{
    struct town t = town();
    lose(&t, 0);
    pass(&t, 2);
    struct plan_problem *p = problem(&t);
    ck_assert(p->loads[0].sheddable[TIER_ORDINARY]);
    ck_assert(!p->loads[0].sheddable[TIER_IMPORTANT]);
    ck_assert_double_eq_tol(p->loads[0].tier_share[TIER_ORDINARY], 0.4, 1e-9);
    ck_assert_double_eq_tol(p->loads[0].tier_share[TIER_LIFELINE], 0.6, 1e-9);
    end(&t, p);
}
END_TEST

START_TEST(an_emergency_generator_stands_still_while_its_own_grid_is_there)
{
    struct town t = town();
    lose(&t, 1);
    pass(&t, 2);
    struct plan_problem *p = problem(&t);
    ck_assert_double_eq(p->grids[0].available[0], 1);
    ck_assert_double_eq(p->grids[1].available[0], 0);
    ck_assert_double_eq(p->generators[0].allowed[0], 0);
    ck_assert_double_eq(p->batteries[0].keeps_reserve[0], 1);
    end(&t, p);
}
END_TEST

START_TEST(batteries_are_charged_ahead_of_a_planned_outage_in_the_days_to_come)
{
    struct town t = town();
    int64_t from = t.now.utc_ms + 40 * HOUR_MS + 600000, until = from + 3 * HOUR_MS;
    struct outage_word word = {
        .kind = OUTAGE_PLANNED, .id = "works", .island = -1, .from_utc_ms = from, .until_utc_ms = until};
    say(&t, (struct event){.kind = EVENT_OUTAGE, .outage = word});
    struct plan_problem *p = problem(&t);
    size_t first = step_at(p, from), back = step_at(p, until);
    ck_assert_int_eq(p->start_utc_ms[first], from);
    ck_assert_int_eq(p->start_utc_ms[back], until);
    for (size_t k = 0; k < p->n_steps; k++) {
        bool away = k >= first && k < back;
        ck_assert_double_eq(p->grids[0].available[k], !away);
        ck_assert_double_eq(p->batteries[0].keeps_reserve[k], !away);
        ck_assert_double_eq(p->generators[0].allowed[k], away);
    }
    struct planner *planner;
    struct schedule *s = NULL;
    char why[256] = "";
    ck_assert_int_eq(planner_new(&planner), 0);
    ck_assert_msg(planner_solve(planner, p, 20000, &s, why, sizeof why) == 0, "%s", why);
    ck_assert_double_ge(schedule_find(s, "bat")->energy_wh[first - 1], 799e3);
    schedule_free(s);
    planner_free(planner);
    end(&t, p);
}
END_TEST

START_TEST(a_warning_raises_the_reserve_from_when_it_holds)
{
    struct town t = town();
    int64_t from = t.now.utc_ms + 6 * HOUR_MS;
    struct outage_word word = {
        .kind = OUTAGE_WARNING, .id = "storm", .island = -1, .from_utc_ms = from, .until_utc_ms = from + 8 * HOUR_MS};
    say(&t, (struct event){.kind = EVENT_OUTAGE, .outage = word});
    struct plan_problem *p = problem(&t);
    ck_assert_double_eq_tol(p->batteries[0].reserve_wh, 200e3, 1e-6);
    ck_assert_double_eq_tol(p->batteries[0].dr_wanted_wh[0], 0, 1e-6);
    ck_assert_double_eq_tol(p->batteries[0].dr_wanted_wh[step_at(p, from + HOUR_MS)], 800e3, 1);
    plan_problem_free(p);
    t.now.utc_ms += 7 * HOUR_MS;
    p = problem(&t);
    ck_assert_double_eq_tol(p->batteries[0].reserve_wh, 800e3, 1);
    ck_assert_double_eq(p->least_frac, 0);
    end(&t, p);
}
END_TEST

START_TEST(an_alert_of_the_grid_operator_raises_the_reserve_while_it_holds)
{
    struct town t = town();
    struct dr_event *alert = calloc(1, sizeof *alert);
    *alert = (struct dr_event){.id = "storm",
                               .grid = -1,
                               .reference_w = -1,
                               .received_utc_ms = t.now.utc_ms,
                               .modified_utc_ms = t.now.utc_ms,
                               .from_utc_ms = t.now.utc_ms,
                               .until_utc_ms = t.now.utc_ms + 2 * HOUR_MS,
                               .signals = calloc(1, sizeof *alert->signals),
                               .n_signals = 1};
    alert->signals[0] = (struct dr_signal){.kind = DR_EMERGENCY, .until_ms = DR_FOREVER_MS, .value = 1};
    say(&t, (struct event){.kind = EVENT_DR, .dr = {.operation = DR_PUT, .event = alert}});
    struct plan_problem *p = problem(&t);
    ck_assert_double_eq_tol(p->batteries[0].reserve_wh, 800e3, 1);
    plan_problem_free(p);
    struct outage_view v;
    engine_outage(t.engine, t.now, &v);
    ck_assert_double_eq_tol(v.reserve_frac, 0.8, 1e-9);
    t.now.utc_ms += 3 * HOUR_MS;
    p = problem(&t);
    ck_assert_double_eq_tol(p->batteries[0].reserve_wh, 200e3, 1);
    end(&t, p);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core outage plan");
    TCase *tc = tcase_create("problem");
    tcase_add_test(tc, without_an_outage_nothing_of_the_problem_is_changed);
    tcase_add_test(tc, in_an_outage_the_plan_reaches_to_its_end_and_lifelines_beyond_it);
    tcase_add_test(tc, who_holds_an_island_stays_off_the_lowest_state_but_nobody_goes_without_to_bring_it_back_there);
    tcase_add_test(tc, only_what_a_switch_or_a_limit_reaches_is_planned_to_be_shed);
    tcase_add_test(tc, an_emergency_generator_stands_still_while_its_own_grid_is_there);
    tcase_add_test(tc, batteries_are_charged_ahead_of_a_planned_outage_in_the_days_to_come);
    tcase_add_test(tc, a_warning_raises_the_reserve_from_when_it_holds);
    tcase_add_test(tc, an_alert_of_the_grid_operator_raises_the_reserve_while_it_holds);
    suite_add_tcase(s, tc);
    return run_suite(s);
}
