// SPDX-License-Identifier: GPL-3.0-or-later
// Events of the grid operator in the engine: taken in, begun, ended, changed, withdrawn, and what they amount to.
#include "allocations.h"
#include "base/bytes.h"
#include "core/internal.h"
#include "dr_world.h"
#include "tests/unit/run_suite.h"

static const char SITE[] =
    DR_HEAD("UTC", ", level_1: 90 %, level_2: 75 %, level_3: 50 %, emergency: 25 %, floor: 50 kW") DR_HOUSE;

static void setup(void)
{
    dr_start_area(SITE, "2026-01-05T12:00:00Z");
}

static void teardown(void)
{
    area_end(&w);
}

static size_t n_events(void)
{
    return engine_dr_events(w.engine)->count;
}

// ---- begin and end --------------------------------------------------------------------------------------------------

START_TEST(an_event_that_begins_now_changes_setpoints_before_the_next_tick)
{
    int writes = battery->writes;
    dr_ask("e", DR_IMPORT_LIMIT, 250e3, 0, 60);
    ck_assert_int_gt(battery->writes, writes);
    ck_assert_double_ge(battery->goal_w, 150e3);
    ck_assert_double_eq(dr_import_limit_w(), 250e3);
    dr_assert_told("e", DR_ACTIVE);
    ck_assert_int_eq(w.saves[SAVED_DR_EVENT], 1);
}
END_TEST

START_TEST(an_event_is_announced_kept_from_its_first_second_to_its_last_and_forgotten)
{
    dr_ask("e", DR_IMPORT_LIMIT, 250e3, 20, 80);
    dr_assert_told("e", DR_SCHEDULED);
    ck_assert_int_eq(w.status.until_utc_ms - w.status.from_utc_ms, 60000);
    area_run(&w, 15);
    ck_assert_double_eq_tol(battery->power_w, 0, 1);
    area_run(&w, 5);
    dr_assert_told("e", DR_ACTIVE);
    for (int s = 0; s < 59; s++) {
        ck_assert_double_le(area_grid_w(&w), 250e3);
        ck_assert_double_eq(dr_import_limit_w(), 250e3);
        area_run(&w, 1);
    }
    ck_assert_int_eq(w.saves[SAVED_DR_EVENT], 1);
    area_run(&w, 1);
    dr_assert_told("e", DR_COMPLETED);
    ck_assert_double_eq(dr_import_limit_w(), 1e6);
    ck_assert_uint_eq(n_events(), 0);
    ck_assert_int_eq(w.statuses, 3);
    struct saved item = {0};
    ck_assert_int_eq(engine_saved(w.engine, SAVED_DR_EVENT, 0, &item), 0);
    ck_assert_str_eq(item.id, "e");
    ck_assert_ptr_null(item.json); // to be deleted
    ck_assert_int_eq(w.saves[SAVED_DR_EVENT], 2);
    area_run(&w, 5);
    ck_assert_double_eq_tol(battery->power_w, 0, 1);
}
END_TEST

START_TEST(a_new_version_takes_effect_at_once)
{
    dr_ask("e", DR_IMPORT_LIMIT, 250e3, 0, 600);
    area_run(&w, 5);
    dr_ask("e", DR_IMPORT_LIMIT, 150e3, 0, 600);
    ck_assert_double_ge(battery->goal_w, 250e3);
    ck_assert_uint_eq(n_events(), 1);
    ck_assert_double_eq(dr_import_limit_w(), 150e3);
}
END_TEST

START_TEST(a_withdrawal_takes_effect_at_once)
{
    dr_ask("e", DR_IMPORT_LIMIT, 250e3, 0, 600);
    area_run(&w, 5);
    ck_assert_double_ge(battery->goal_w, 150e3);
    ck_assert_int_eq(dr_take_back("e", ""), 0);
    dr_assert_told("e", DR_CANCELLED);
    ck_assert_str_eq(w.status.why, "withdrawn by its sender");
    ck_assert_double_eq(dr_import_limit_w(), 1e6);
    ck_assert_double_le(battery->goal_w, 100e3); // on its way to 0
    ck_assert_int_eq(w.saves[SAVED_DR_EVENT], 2);
    ck_assert_int_eq(dr_take_back("e", ""), AEMS_E_REFUSED);
    ck_assert_str_eq(engine_last_refusal(w.engine), "no event of this id is known");
}
END_TEST

START_TEST(an_event_of_someone_else_is_withdrawn_by_nobody_but_the_operator_at_the_gateway)
{
    struct dr_event *e = dr_asked("e", DR_IMPORT_LIMIT, 250e3, 0, 600);
    snprintf(e->sender, sizeof e->sender, "tso");
    ck_assert_int_eq(dr_put(e), 0);
    ck_assert_int_eq(dr_take_back("e", "dso"), AEMS_E_STATE);
    ck_assert_int_eq(dr_take_back("e", ""), AEMS_E_STATE);
    ck_assert_int_eq(dr_put(dr_asked("e", DR_IMPORT_LIMIT, 900e3, 0, 600)), AEMS_E_STATE);
    ck_assert_double_eq(dr_import_limit_w(), 250e3);
    ck_assert_int_eq(dr_take_back("e", "operator"), 0);
    ck_assert_str_eq(w.status.why, "withdrawn at the gateway");
    ck_assert_uint_eq(n_events(), 0);
}
END_TEST

START_TEST(overlapping_events_give_way_to_each_other_and_come_back)
{
    dr_ask("long", DR_IMPORT_LIMIT, 250e3, 0, 90);
    struct dr_event *e = dr_asked("short", DR_IMPORT_LIMIT, 350e3, 30, 60);
    e->priority = 0;
    ck_assert_int_eq(dr_put(e), 0);
    for (int s = 0; s < 95; s++) {
        double limit = s < 30 ? 250e3 : s < 60 ? 350e3 : s < 90 ? 250e3 : 1e6;
        ck_assert_double_eq(dr_import_limit_w(), limit);
        area_run(&w, 1);
    }
}
END_TEST

START_TEST(what_cannot_be_acted_upon_is_refused_with_a_reason_and_changes_nothing)
{
    struct dr_event *e = dr_asked("e", DR_IMPORT_LIMIT, 250e3, -60, 0);
    ck_assert_int_eq(engine_dr_judge(w.engine, e, w.now), AEMS_E_REFUSED);
    ck_assert_str_eq(engine_last_refusal(w.engine), "its end has passed");
    ck_assert_int_eq(dr_put(e), AEMS_E_REFUSED);
    e = dr_asked("e", DR_IMPORT_LIMIT, NAN, 0, 60);
    ck_assert_int_eq(dr_put(e), AEMS_E_REFUSED);
    e = dr_asked("e", DR_IMPORT_LIMIT, 1, 0, 60);
    e->grid = 1;
    ck_assert_int_eq(dr_put(e), AEMS_E_REFUSED);
    ck_assert_int_eq(dr_put(NULL), AEMS_E_REFUSED);
    ck_assert_uint_eq(n_events(), 0);
    ck_assert_int_eq(w.statuses, 0);
    ck_assert_int_eq(w.saves[SAVED_DR_EVENT], 0);
}
END_TEST

START_TEST(an_event_is_judged_without_effect_and_learns_what_is_expected_without_it)
{
    struct dr_event *e = dr_asked("e", DR_SIMPLE, 3, 600, 4200);
    ck_assert_int_eq(engine_dr_judge(w.engine, e, w.now), 0);
    ck_assert_uint_eq(e->order, 1);
    ck_assert_double_eq_tol(e->reference_w, 400e3, 40e3);
    ck_assert_uint_eq(n_events(), 0);
    e->reference_w = 320e3; // frozen: it is not judged again
    ck_assert_int_eq(dr_put(e), 0);
    ck_assert_double_eq(w.status.reference_w, 320e3);
    ck_assert_double_eq(engine_dr_events(w.engine)->events[0]->reference_w, 320e3);
}
END_TEST

START_TEST(what_is_expected_without_an_event_knows_what_vehicles_and_heat_pumps_are_planned_to_draw)
{
    static const char house[] = DR_HEAD("UTC", "") DR_HOUSE "chargers: {cars: {bus: gate, max_charge: 100 kW}}\n";
    area_end(&w);
    dr_start_area(house, "2026-01-14T10:00:00Z");
    struct dr_event *e = dr_asked("e", DR_SIMPLE, 3, 600, 4200);
    struct schedule *plan = w.engine->plan.schedule;
    ck_assert_int_eq(engine_dr_judge(w.engine, e, w.now), 0);
    double without_w = e->reference_w;
    for (size_t k = 0; k < plan->n_steps; k++)
        plan->assets[area_find(&w, "cars")].power_w[k] = -60e3;
    ck_assert_int_eq(engine_dr_judge(w.engine, e, w.now), 0);
    ck_assert_double_eq_tol(e->reference_w, without_w + 60e3, 1);
    ck_assert_int_eq(dr_put(e), 0);
    double known_w = w.status.reference_w;
    // The next plan has the vehicles wait: another version in which the times stay is still measured against the first.
    for (size_t k = 0; k < plan->n_steps; k++)
        plan->assets[area_find(&w, "cars")].power_w[k] = 0;
    struct dr_event *again = dr_asked("e", DR_SIMPLE, 2, 600, 4200);
    ck_assert_int_eq(engine_dr_judge(w.engine, again, w.now), 0);
    ck_assert_double_eq(again->reference_w, known_w);
    again->until_utc_ms += 3600000;
    ck_assert_int_eq(engine_dr_judge(w.engine, again, w.now), 0);
    ck_assert_double_lt(again->reference_w, known_w - 50e3);
    dr_event_free(again);
}
END_TEST

// As openadr_read leaves it: a start in ten minutes that is spread by up to `spread_s`, of which `shift_s` were drawn.
static struct dr_event *spread_event(double value, int spread_s, int shift_s)
{
    struct dr_event *e = dr_asked("e", DR_IMPORT_LIMIT, value, 600 + shift_s, 4200 + shift_s);
    e->spread_ms = spread_s * INT64_C(1000);
    e->shift_ms = shift_s * INT64_C(1000);
    return e;
}

START_TEST(a_new_version_of_an_event_keeps_the_shift_of_its_start_until_the_start_is_another)
{
    int64_t noon = w.now.utc_ms;
    ck_assert_int_eq(dr_put(spread_event(300e3, 300, 120)), 0);
    struct dr_event *e = spread_event(250e3, 300, -200);
    ck_assert_int_eq(engine_dr_judge(w.engine, e, w.now), 0);
    ck_assert_int_eq(e->from_utc_ms, noon + 720000);
    ck_assert_int_eq(e->until_utc_ms, noon + 4320000);
    ck_assert_int_eq(dr_put(e), 0);
    area_restart(&w, 1000);
    struct dr_event *others[] = {spread_event(250e3, 300, 30), spread_event(250e3, 60, 30), spread_event(250e3, 0, 0)};
    for (int i = 0; i < 3; i++) {
        others[i]->from_utc_ms += noon - w.now.utc_ms + (i == 0 ? 60000 : 0); // another start, spread, or none at all
        others[i]->until_utc_ms += noon - w.now.utc_ms;
        ck_assert_int_eq(engine_dr_judge(w.engine, others[i], w.now), 0);
        ck_assert_int_eq(others[i]->shift_ms, i == 2 ? 0 : 30000);
        dr_event_free(others[i]);
    }
    e = spread_event(200e3, 300, 7);
    e->from_utc_ms += noon - w.now.utc_ms;
    ck_assert_int_eq(engine_dr_judge(w.engine, e, w.now), 0);
    ck_assert_int_eq(e->from_utc_ms, noon + 720000); // over a restart too
    dr_event_free(e);
}
END_TEST

START_TEST(two_events_that_were_judged_together_still_follow_each_other)
{
    struct dr_event *a = dr_asked("a", DR_PRICE, 0.9, 0, 60), *b = dr_asked("b", DR_PRICE, 0.7, 0, 60);
    ck_assert_int_eq(engine_dr_judge(w.engine, a, w.now), 0);
    ck_assert_int_eq(engine_dr_judge(w.engine, b, w.now), 0);
    ck_assert_uint_eq(a->order, b->order);
    ck_assert_int_eq(dr_put(a), 0);
    ck_assert_int_eq(dr_put(b), 0);
    ck_assert_uint_eq(engine_dr_events(w.engine)->events[1]->order, 2);
}
END_TEST

START_TEST(events_may_come_and_go_for_ever_as_long_as_somebody_listens)
{
    char id[16];
    for (int i = 0; i < 3000; i++) {
        snprintf(id, sizeof id, "e%d", i);
        dr_ask(id, DR_IMPORT_LIMIT, 250e3, 600, 700);
        ck_assert_int_eq(dr_take_back(id, ""), 0);
        dr_assert_told(id, DR_CANCELLED);
    }
    ck_assert_uint_eq(n_events(), 0);
}
END_TEST

static struct dr_event *asked_by(const char *sender, int number)
{
    char id[32];
    snprintf(id, sizeof id, "%s%d", sender, number);
    struct dr_event *e = dr_asked(id, DR_IMPORT_LIMIT, 250e3, 600, 700);
    snprintf(e->sender, sizeof e->sender, "%s", sender);
    return e;
}

START_TEST(the_65th_event_is_refused_and_nothing_is_lost)
{
    for (int i = 0; i < DR_MAX_EVENTS; i++)
        ck_assert_int_eq(dr_put(asked_by(i % 2 == 0 ? "a" : "b", i)), 0);
    ck_assert_int_eq(dr_put(asked_by("c", 0)), AEMS_E_LIMIT);
    ck_assert_str_eq(engine_last_refusal(w.engine), "64 events are known already: withdraw one");
    area_restart(&w, 1000);
    ck_assert_uint_eq(n_events(), DR_MAX_EVENTS);
}
END_TEST

START_TEST(one_sender_leaves_places_to_the_others_and_may_still_change_its_own)
{
    for (int i = 0; i < DR_MAX_EVENTS - 8; i++)
        ck_assert_int_eq(dr_put(asked_by("a", i)), 0);
    ck_assert_int_eq(dr_put(asked_by("a", 99)), AEMS_E_LIMIT);
    ck_assert_str_eq(engine_last_refusal(w.engine),
                     "56 events of this sender are known already, all that one may have: withdraw one");
    ck_assert_int_eq(dr_put(asked_by("a", 3)), 0);
    ck_assert_int_eq(dr_put(asked_by("operator", 1)), 0);
}
END_TEST

// ---- what they amount to --------------------------------------------------------------------------------------------

static double limit_of(enum dr_signal_kind kind, double value)
{
    struct dr_event *e = dr_asked("e", kind, value, 0, 60);
    e->reference_w = 400e3;
    ck_assert_int_eq(dr_put(e), 0);
    double limit_w = dr_now().import_limit_w;
    ck_assert_double_eq(dr_import_limit_w(), fmin(limit_w, 1e6));
    return limit_w;
}

START_TEST(levels_setpoints_and_emergencies_are_limits_in_watts)
{
    ck_assert_double_eq(limit_of(DR_IMPORT_LIMIT, 123e3), 123e3);
    ck_assert_double_eq(limit_of(DR_SIMPLE, 0), DR_NOTHING);
    ck_assert_double_eq_tol(limit_of(DR_SIMPLE, 1), 360e3, 1e-6);
    ck_assert_double_eq_tol(limit_of(DR_SIMPLE, 2), 300e3, 1e-6);
    ck_assert_double_eq_tol(limit_of(DR_SIMPLE, 3), 200e3, 1e-6);
    ck_assert_double_eq_tol(limit_of(DR_EMERGENCY, 1), 100e3, 1e-6);
    ck_assert_double_eq(limit_of(DR_SETPOINT, 200e3), 200e3);
    ck_assert_double_eq(limit_of(DR_SETPOINT_RELATIVE, -150e3), 250e3);
    ck_assert_double_eq(limit_of(DR_PRICE, 0.1), DR_NOTHING);
    ck_assert_double_eq(limit_of(DR_EXPORT_LIMIT, 0), DR_NOTHING);
}
END_TEST

START_TEST(no_event_limits_import_below_the_floor)
{
    ck_assert_double_eq(limit_of(DR_IMPORT_LIMIT, 0), 50e3);
    ck_assert_double_eq(limit_of(DR_SETPOINT, -100e3), 50e3);
    ck_assert_double_eq(limit_of(DR_SETPOINT_RELATIVE, -399e3), 50e3);
}
END_TEST

START_TEST(the_areas_own_limit_always_wins)
{
    dr_ask("e", DR_IMPORT_LIMIT, 5e6, 0, 60);
    ck_assert_double_eq(dr_now().import_limit_w, 5e6);
    ck_assert_double_eq(dr_import_limit_w(), 1e6);
}
END_TEST

START_TEST(a_view_tells_what_is_asked_for)
{
    struct dr_view v = dr_now();
    ck_assert(!v.on && v.level == 0 && !v.emergency && !v.black_start && v.guard == GUARD_OFF);
    dr_ask("level", DR_SIMPLE, 2, 0, 60);
    dr_ask("export", DR_EXPORT_LIMIT, 7e3, 0, 60);
    v = dr_now();
    ck_assert(v.on);
    ck_assert_int_eq(v.level, 2);
    ck_assert_double_eq(v.export_limit_w, 7e3);
}
END_TEST

START_TEST(prices_and_emissions_of_an_event_replace_those_that_are_known)
{
    struct grid_view v;
    struct site_price_point told = {w.now.utc_ms, 0.6, 0.1, 300, false, false};
    area_tell(&w, (struct event){.kind = EVENT_PRICES, .prices = {0, &told, 1}});
    dr_ask("p", DR_PRICE, 1.5, 0, 60);
    dr_ask("x", DR_EXPORT_PRICE, -0.2, 0, 60);
    dr_ask("g", DR_GHG, 90, 0, 60);
    engine_grid(w.engine, 0, w.now, &v);
    ck_assert_double_eq(v.import_price_per_kwh, 1.5);
    ck_assert_double_eq(v.export_price_per_kwh, -0.2);
    ck_assert_double_eq_tol(v.co2_g_per_kwh, 90, 1e-9);
    area_run(&w, 61);
    engine_grid(w.engine, 0, w.now, &v);
    ck_assert_double_eq(v.import_price_per_kwh, 0.6);
    ck_assert_double_eq(v.export_price_per_kwh, 0.1);
    ck_assert_double_eq_tol(v.co2_g_per_kwh, 300, 1e-9);
}
END_TEST

START_TEST(a_plan_is_cut_where_an_event_begins_and_ends_and_holds_its_limit)
{
    dr_ask("e", DR_IMPORT_LIMIT, 250e3, 4500, 8100);
    struct plan_problem *p = area_problem(&w);
    int64_t from_ms = w.status.from_utc_ms, until_ms = w.status.until_utc_ms;
    bool begins = false, ends = false;
    for (size_t k = 0; k < p->n_steps; k++) {
        bool within = p->start_utc_ms[k] >= from_ms && p->start_utc_ms[k] < until_ms;
        ck_assert_double_eq_tol(p->grids[0].dr_import_limit_w[k], within ? 250e3 * 0.98 : DR_NOTHING, 1e-6);
        begins |= p->start_utc_ms[k] == from_ms;
        ends |= p->start_utc_ms[k] == until_ms;
    }
    ck_assert(begins && ends);
}
END_TEST

START_TEST(an_event_asks_for_a_new_plan)
{
    area_run(&w, 30);
    dr_rest();
    area_run(&w, 2);
    int solves = w.solves;
    dr_ask("e", DR_IMPORT_LIMIT, 250e3, 4500, 8100);
    ck_assert_int_eq(w.solves, solves);
    area_run(&w, 1);
    ck_assert_int_eq(w.solves, solves + 1);
    dr_rest();
    area_run(&w, 2);
    ck_assert_int_eq(w.solves, solves + 1);
    ck_assert_int_eq(dr_take_back("e", ""), 0);
    area_run(&w, 1);
    ck_assert_int_eq(w.solves, solves + 2);
}
END_TEST

START_TEST(alerts_raise_alarms_for_as_long_as_they_hold)
{
    struct dr_event *e = dr_asked("storm-7", DR_EMERGENCY, 1, 0, 30);
    snprintf(e->text, sizeof e->text, "A line is down");
    ck_assert_int_eq(dr_put(e), 0);
    dr_ask("b", DR_BLACK_START, 1, 10, 20);
    ck_assert(area_alarm(&w, "dr-emergency"));
    ck_assert(!area_alarm(&w, "dr-black-start"));
    const struct alarm *alarms;
    ck_assert_uint_eq(engine_alarms(w.engine, &alarms), 1);
    ck_assert_str_eq(alarms[0].text, "Emergency in the grid (event storm-7): A line is down");
    ck_assert(dr_now().emergency);
    area_run(&w, 10);
    ck_assert(area_alarm(&w, "dr-black-start"));
    ck_assert(dr_now().black_start);
    area_run(&w, 20);
    ck_assert(!area_alarm(&w, "dr-emergency"));
    ck_assert(!area_alarm(&w, "dr-black-start"));
}
END_TEST

START_TEST(a_tick_with_many_events_allocates_nothing)
{
    char id[16];
    for (int i = 0; i < 20; i++) {
        snprintf(id, sizeof id, "e%d", i);
        dr_ask(id, DR_IMPORT_LIMIT, 250e3 + i, i, 2000 + i);
    }
    area_run(&w, 30);
    allocations_watch();
    for (int s = 0; s < 10; s++) {
        struct event tick = {.kind = EVENT_TICK};
        w.now.utc_ms += 1000;
        w.now.mono_ms += 1000;
        tick.at = w.now;
        size_t before = allocation_count;
        int code = engine_consume(w.engine, &tick);
        size_t after = allocation_count;
        ck_assert_int_eq(code, 0);
        ck_assert_uint_eq(before, after);
        area_drain(&w);
    }
}
END_TEST

static Suite *core_dr_suite(void)
{
    Suite *suite = suite_create("core dr");
    TCase *events = tcase_create("events"), *amount = tcase_create("amount");
    tcase_add_checked_fixture(events, setup, teardown);
    tcase_add_checked_fixture(amount, setup, teardown);
    tcase_add_test(events, an_event_that_begins_now_changes_setpoints_before_the_next_tick);
    tcase_add_test(events, an_event_is_announced_kept_from_its_first_second_to_its_last_and_forgotten);
    tcase_add_test(events, a_new_version_takes_effect_at_once);
    tcase_add_test(events, a_withdrawal_takes_effect_at_once);
    tcase_add_test(events, an_event_of_someone_else_is_withdrawn_by_nobody_but_the_operator_at_the_gateway);
    tcase_add_test(events, overlapping_events_give_way_to_each_other_and_come_back);
    tcase_add_test(events, what_cannot_be_acted_upon_is_refused_with_a_reason_and_changes_nothing);
    tcase_add_test(events, an_event_is_judged_without_effect_and_learns_what_is_expected_without_it);
    tcase_add_test(events, a_new_version_of_an_event_keeps_the_shift_of_its_start_until_the_start_is_another);
    tcase_add_test(events, what_is_expected_without_an_event_knows_what_vehicles_and_heat_pumps_are_planned_to_draw);
    tcase_add_test(events, two_events_that_were_judged_together_still_follow_each_other);
    tcase_add_test(events, events_may_come_and_go_for_ever_as_long_as_somebody_listens);
    tcase_add_test(events, the_65th_event_is_refused_and_nothing_is_lost);
    tcase_add_test(events, one_sender_leaves_places_to_the_others_and_may_still_change_its_own);
    tcase_add_test(amount, levels_setpoints_and_emergencies_are_limits_in_watts);
    tcase_add_test(amount, no_event_limits_import_below_the_floor);
    tcase_add_test(amount, the_areas_own_limit_always_wins);
    tcase_add_test(amount, a_view_tells_what_is_asked_for);
    tcase_add_test(amount, prices_and_emissions_of_an_event_replace_those_that_are_known);
    tcase_add_test(amount, a_plan_is_cut_where_an_event_begins_and_ends_and_holds_its_limit);
    tcase_add_test(amount, an_event_asks_for_a_new_plan);
    tcase_add_test(amount, alerts_raise_alarms_for_as_long_as_they_hold);
    tcase_add_test(amount, a_tick_with_many_events_allocates_nothing);
    suite_add_tcase(suite, events);
    suite_add_tcase(suite, amount);
    return suite;
}

int main(void)
{
    return run_suite(core_dr_suite());
}
