// SPDX-License-Identifier: GPL-3.0-or-later
// Vehicles and flexible loads, from plug-in to departure.
#include "area_world.h"
#include "tests/unit/run_suite.h"

static const char SITE[] =
    "area: {id: depot, name: Depot, timezone: Europe/Berlin, latitude: 52 deg, longitude: 13 deg, currency: EUR,\n"
    "       holidays: [2026-01-06]}\n"
    "plan: {interval: 5 min, horizon: 48 h, deadline: 10 s, max_age: 15 min}\n"
    "control: {cycle: 1 s, stale_polls: 3, lease: 30 s, limit_margin: 2 %, open_loop_margin: 10 %}\n"
    "mqtt: {enabled: false}\n"
    "tariffs: {t: {import: [{price: 0.3 /kWh}], export: [{price: 0.08 /kWh}]}}\n"
    "buses: {yard: {}}\n"
    "grids: {grid: {bus: yard, import_limit: 100 kW, export_limit: 100 kW, tariff: t}}\n"
    "groups: {breaker: {limit: 30 kW}}\n"
    "chargers:\n"
    "  c1: {bus: yard, group: breaker, max_charge: 22 kW, min_charge: 4 kW, capacity: 60 kWh,\n"
    "       charge_efficiency: 100 %, sessions: [{from: \"18:00\", until: \"06:00\", energy: 24 kWh, days: "
    "weekdays}]}\n"
    "  c2: {bus: yard, group: breaker, max_charge: 22 kW, capacity: 60 kWh, charge_efficiency: 100 %}\n"
    "flexible_loads: {pump: {bus: yard, max_power: 10 kW, sessions: [{from: \"13:00\", until: \"15:00\", energy: 5 "
    "kWh}]}}\n"
    "loads: {hall: {bus: yard, shape: flat, average: 10 kW, peak: 20 kW}}\n";

static struct area_world w;
static struct thing *c1, *c2;

// Monday the 5th of January, 12:00 in Berlin; the vehicle of c1 is away, c2 does not say.
static void setup(void)
{
    area_start(&w, SITE, "2026-01-05T11:00:00Z");
    c1 = area_thing(&w, "c1");
    c2 = area_thing(&w, "c2");
    c1->connected = 0;
    c1->session_wh = 0;
    area_thing(&w, "hall")->power_w = 10e3;
}

static void teardown(void)
{
    area_end(&w);
}

static void at(const char *time)
{
    int64_t utc_ms;
    ck_assert_int_eq(rfc3339_parse(time, &utc_ms), 0);
    w.now.mono_ms += (uint64_t)(utc_ms - w.now.utc_ms);
    w.now.utc_ms = utc_ms;
}

static int wish(const char *id, const char *until, double wanted_wh)
{
    struct session_wish s = {.asset = area_find(&w, id), .wanted_wh = wanted_wh, .energy_wh = -1};
    ck_assert_int_eq(rfc3339_parse(until, &s.until_utc_ms), 0);
    return area_tell(&w, (struct event){.kind = EVENT_SESSION, .session = s});
}

static const struct plan_flexible *planned(const char *id)
{
    const struct plan_problem *p = area_problem(&w);
    for (size_t i = 0; i < p->n_flexibles; i++)
        if (strcmp(p->flexibles[i].id, id) == 0)
            return &p->flexibles[i];
    ck_abort_msg("%s", id);
    return NULL;
}

static void ck_time(int64_t utc_ms, const char *expected)
{
    char text[RFC3339_SIZE];
    rfc3339_format(utc_ms, text);
    ck_assert_str_eq(text, expected);
}

START_TEST(an_empty_place_gets_no_power_and_the_next_stay_is_planned)
{
    area_run(&w, 5);
    ck_assert_double_eq(c1->goal_w, 0);
    ck_assert(!area_view(&w, "c1").session.connected);
    const struct plan_flexible *f = planned("c1");
    ck_assert_int_eq(f->n_sessions, 1); // the 6th is a holiday
    ck_time(f->sessions[0].from_utc_ms, "2026-01-05T17:00:00Z");
    ck_time(f->sessions[0].until_utc_ms, "2026-01-06T05:00:00Z");
    ck_assert_double_eq_tol(f->sessions[0].wanted_wh - f->sessions[0].energy_wh, 24e3, 1);
}
END_TEST

START_TEST(a_vehicle_that_comes_never_puts_off_the_plan_that_is_due_anyway)
{
    struct event failed = {.kind = EVENT_PLAN_FAILED};
    w.site->plan.interval_s = 10;
    area_run(&w, 5);
    for (int solves = 1; solves < 4; solves++) {
        ck_assert_int_eq(w.solves, solves);
        ck_assert_int_eq(area_tell(&w, failed), 0);
        c1->connected = solves % 2;
        area_run(&w, 11);
    }
}
END_TEST

START_TEST(what_a_vehicle_that_tapers_leaves_goes_to_the_next)
{
    c1->connected = 1;
    ck_assert_int_eq(wish("c1", "2026-01-05T12:00:00Z", 21e3), 0);
    area_run(&w, 20);
    ck_assert_int_eq(wish("c2", "2026-01-05T12:00:00Z", 21e3), 0);
    for (int i = 0; i < 120; i++) {
        c1->most_w = fmax(22e3 - 200.0 * i, 500);
        area_run(&w, 1);
        ck_assert_double_le(-c1->power_w - c2->power_w, 30e3 + 50);
    }
    ck_assert_double_lt(c2->power_w, -21e3);
}
END_TEST

START_TEST(a_stay_keeps_its_local_time_over_a_change_of_the_clocks)
{
    at("2026-03-27T16:59:00Z"); // Friday; on Sunday the clocks go forward
    area_run(&w, 2);
    ck_time(planned("c1")->sessions[0].from_utc_ms, "2026-03-27T17:00:00Z");
    at("2026-03-30T11:00:00Z");
    area_run(&w, 2);
    ck_time(planned("c1")->sessions[0].from_utc_ms, "2026-03-30T16:00:00Z");
}
END_TEST

START_TEST(who_plugs_in_without_a_word_is_taken_for_the_next_that_is_expected)
{
    at("2026-01-05T16:30:00Z");
    area_run(&w, 2);
    c1->connected = 1;
    area_run(&w, 2);
    const struct plan_flexible *f = planned("c1");
    ck_assert_int_eq(f->n_sessions, 1);
    ck_time(f->sessions[0].until_utc_ms, "2026-01-06T05:00:00Z");
    ck_assert_double_eq_tol(f->sessions[0].wanted_wh - f->sessions[0].energy_wh, 24e3, 50);
    ck_assert_double_eq_tol(area_view(&w, "c1").session.missing_wh, 24e3, 50);
}
END_TEST

START_TEST(without_a_plan_it_charges_evenly_and_at_its_lowest_power_at_least)
{
    at("2026-01-05T17:30:00Z");
    c1->connected = 1;
    area_run(&w, 30);
    ck_assert_double_eq_tol(c1->power_w, -4e3, 1); // 24 kWh in 11.5 h would be less
    ck_assert_int_eq(wish("c1", "2026-01-05T19:30:00Z", 20e3), 0);
    area_run(&w, 10);
    ck_assert_double_eq_tol(c1->power_w, -10e3, 200);
    ck_assert_int_eq(wish("c1", "2026-01-05T18:30:00Z", 20e3), 0); // hardly time enough
    area_run(&w, 10);
    ck_assert_double_eq_tol(c1->power_w, -22e3, 100);
}
END_TEST

START_TEST(what_is_wanted_falls_with_what_the_charger_counts_until_it_stops)
{
    c1->connected = 1;
    ck_assert_int_eq(wish("c1", "2026-01-05T11:30:00Z", 1e3), 0);
    area_run(&w, 120);
    double given_wh = c1->session_wh;
    ck_assert_double_gt(given_wh, 100);
    ck_assert_double_eq_tol(area_view(&w, "c1").session.missing_wh, 1e3 - given_wh, 20);
    area_run(&w, 900);
    ck_assert_double_eq_tol(c1->session_wh, 1e3, 50);
    ck_assert_double_eq(c1->power_w, 0);
    at("2026-01-05T11:30:01Z");
    area_run(&w, 3);
    ck_assert(!area_alarm(&w, "session-c1-short"));
}
END_TEST

START_TEST(a_charger_that_counts_nothing_is_counted_by_its_power)
{
    ck_assert_int_eq(wish("c2", "2026-01-05T11:10:00Z", 3e3), 0);
    area_run(&w, 300);
    double missing_wh = area_view(&w, "c2").session.missing_wh;
    ck_assert_double_lt(missing_wh, 1600);
    ck_assert_double_gt(missing_wh, 1000);
}
END_TEST

START_TEST(a_departure_without_all_of_it_is_an_alarm_until_it_is_unplugged)
{
    c1->connected = 1;
    c1->most_w = 5e3; // a small vehicle
    ck_assert_int_eq(wish("c1", "2026-01-05T11:10:00Z", 3e3), 0);
    area_run(&w, 610);
    ck_assert(area_alarm(&w, "session-c1-short"));
    area_run(&w, 60);
    ck_assert_double_lt(c1->power_w, -4e3); // still there: it goes on
    c1->connected = 0;
    area_run(&w, 3);
    ck_assert(!area_alarm(&w, "session-c1-short"));
    ck_assert(!area_view(&w, "c1").session.active);
}
END_TEST

START_TEST(a_wish_is_over_when_the_vehicle_leaves_and_not_when_its_device_is_silent)
{
    c1->connected = 1;
    ck_assert_int_eq(wish("c1", "2026-01-05T15:00:00Z", 7e3), 0);
    area_run(&w, 5);
    c1->dead = true;
    area_run(&w, 20);
    ck_assert(area_view(&w, "c1").session.active);
    c1->dead = false;
    c1->connected = 0;
    area_run(&w, 3);
    ck_assert(!area_view(&w, "c1").session.active);
    c1->connected = 1;
    area_run(&w, 3);
    ck_assert_double_gt(area_view(&w, "c1").session.missing_wh, 20e3); // another one: as expected
}
END_TEST

START_TEST(what_an_empty_place_tells_of_a_state_of_charge_is_not_the_vehicles)
{
    c1->soc = 0;
    area_run(&w, 3);
    ck_assert_int_eq(wish("c1", "2026-01-05T15:00:00Z", 20e3), 0);
    area_run(&w, 3);
    c1->connected = 1;
    c1->soc = 0.25; // of 60 kWh
    area_run(&w, 2);
    ck_assert_double_eq_tol(area_view(&w, "c1").session.missing_wh, 20e3, 100);
    ck_assert_double_eq_tol(area_view(&w, "c1").session.energy_wh, 15e3, 100);
}
END_TEST

START_TEST(a_wish_may_come_before_its_vehicle)
{
    area_run(&w, 3);
    ck_assert_int_eq(wish("c1", "2026-01-05T15:00:00Z", 7e3), 0);
    area_run(&w, 5);
    ck_assert_double_eq(c1->goal_w, 0);
    c1->connected = 1;
    area_run(&w, 5);
    ck_assert_double_eq_tol(area_view(&w, "c1").session.missing_wh, 7e3, 50);
    ck_assert_double_lt(c1->goal_w, -1e3);
}
END_TEST

START_TEST(a_state_of_charge_bounds_what_can_be_wanted)
{
    c1->connected = 1;
    c1->soc = 0.9;
    area_run(&w, 2);
    ck_assert_int_eq(wish("c1", "2026-01-05T15:00:00Z", 50e3), 0);
    ck_assert_double_eq_tol(area_view(&w, "c1").session.missing_wh, 6e3, 50);
    const struct plan_flexible *f = planned("c1");
    ck_assert_double_eq_tol(f->sessions[0].energy_wh, 54e3, 100);
    ck_assert_double_eq_tol(f->sessions[0].max_wh, 60e3, 100);
}
END_TEST

START_TEST(a_flexible_load_runs_within_its_window_alone)
{
    const struct thing *pump = area_thing(&w, "pump");
    area_run(&w, 5);
    ck_assert_double_eq(pump->power_w, 0);
    at("2026-01-05T12:00:30Z");
    area_run(&w, 60);
    ck_assert_double_eq_tol(pump->power_w, -2.5e3, 200); // 5 kWh in two hours
    ck_assert_int_eq(planned("pump")->n_sessions, 3);    // this one and those of the next two days
    at("2026-01-05T14:00:05Z");
    area_run(&w, 5);
    ck_assert_double_eq(pump->power_w, 0);
    ck_assert(area_alarm(&w, "session-pump-short")); // the clock jumped: it had no chance
}
END_TEST

START_TEST(a_restart_keeps_a_wish_and_what_was_given_of_it)
{
    c1->connected = 1;
    ck_assert_int_eq(wish("c1", "2026-01-05T15:00:00Z", 9e3), 0);
    area_run(&w, 100);
    double before_wh = area_view(&w, "c1").session.missing_wh;
    area_restart(&w, 5000);
    area_run(&w, 3);
    ck_assert(area_view(&w, "c1").session.wished);
    ck_assert_double_eq_tol(area_view(&w, "c1").session.missing_wh, before_wh, 60);
    area_restart(&w, 5 * 3600 * 1000); // over meanwhile
    area_run(&w, 3);
    ck_assert(!area_view(&w, "c1").session.wished);
}
END_TEST

START_TEST(one_that_is_told_to_be_gone_does_not_begin_anew_by_itself)
{
    at("2026-01-05T12:30:00Z");
    area_run(&w, 5);
    ck_assert(area_view(&w, "pump").session.active);
    ck_assert_int_eq(wish("pump", "2026-01-05T12:00:00Z", 0), 0);
    area_run(&w, 120);
    ck_assert(!area_view(&w, "pump").session.active);
    ck_assert_double_eq(area_thing(&w, "pump")->power_w, 0);
}
END_TEST

START_TEST(a_wish_that_cannot_be_is_refused_and_changes_nothing)
{
    c1->connected = 1;
    ck_assert_int_eq(wish("c1", "2026-01-05T15:00:00Z", 9e3), 0);
    struct session_wish good = {
        .asset = area_find(&w, "c1"), .until_utc_ms = w.now.utc_ms + 3600000, .wanted_wh = 1e3, .energy_wh = -1};
    struct session_wish bad[6];
    for (size_t i = 0; i < 6; i++)
        bad[i] = good;
    bad[0].wanted_wh = NAN;
    bad[1].wanted_wh = -1;
    bad[2].capacity_wh = INFINITY;
    bad[3].energy_wh = NAN;
    bad[4].asset = area_find(&w, "hall");
    bad[5].until_utc_ms += INT64_C(40) * 24 * 3600 * 1000;
    for (size_t i = 0; i < 6; i++) {
        ck_assert_int_lt(area_tell(&w, (struct event){.kind = EVENT_SESSION, .session = bad[i]}), 0);
        ck_assert_int_gt(strlen(engine_last_refusal(w.engine)), 0);
    }
    ck_assert_double_eq_tol(area_view(&w, "c1").session.missing_wh, 9e3, 1);
}
END_TEST

START_TEST(a_silent_charger_counts_with_all_it_could_draw_behind_the_breaker)
{
    c1->connected = 1;
    c2->connected = 1;
    area_run(&w, 3);
    ck_assert_int_eq(wish("c1", "2026-01-05T11:30:00Z", 30e3), 0);
    ck_assert_int_eq(wish("c2", "2026-01-05T11:30:00Z", 30e3), 0);
    area_run(&w, 20);
    ck_assert_double_ge(c1->power_w + c2->power_w, -30e3 - 10);
    ck_assert_double_le(c1->power_w + c2->power_w, -29e3);
    c2->dead = true;
    area_run(&w, 30);
    ck_assert_double_ge(c1->power_w, -8e3 - 10); // 22 kW may go to the other
    c2->connected = 0;                           // it says so, and falls silent again
    c2->dead = false;
    area_run(&w, 3);
    c2->dead = true;
    area_run(&w, 30);
    ck_assert_double_le(c1->power_w, -21e3);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core sessions");
    TCase *t = tcase_create("sessions");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, an_empty_place_gets_no_power_and_the_next_stay_is_planned);
    tcase_add_test(t, a_vehicle_that_comes_never_puts_off_the_plan_that_is_due_anyway);
    tcase_add_test(t, what_a_vehicle_that_tapers_leaves_goes_to_the_next);
    tcase_add_test(t, a_stay_keeps_its_local_time_over_a_change_of_the_clocks);
    tcase_add_test(t, who_plugs_in_without_a_word_is_taken_for_the_next_that_is_expected);
    tcase_add_test(t, without_a_plan_it_charges_evenly_and_at_its_lowest_power_at_least);
    tcase_add_test(t, what_is_wanted_falls_with_what_the_charger_counts_until_it_stops);
    tcase_add_test(t, a_charger_that_counts_nothing_is_counted_by_its_power);
    tcase_add_test(t, a_departure_without_all_of_it_is_an_alarm_until_it_is_unplugged);
    tcase_add_test(t, a_wish_is_over_when_the_vehicle_leaves_and_not_when_its_device_is_silent);
    tcase_add_test(t, what_an_empty_place_tells_of_a_state_of_charge_is_not_the_vehicles);
    tcase_add_test(t, a_wish_may_come_before_its_vehicle);
    tcase_add_test(t, a_state_of_charge_bounds_what_can_be_wanted);
    tcase_add_test(t, a_flexible_load_runs_within_its_window_alone);
    tcase_add_test(t, a_restart_keeps_a_wish_and_what_was_given_of_it);
    tcase_add_test(t, one_that_is_told_to_be_gone_does_not_begin_anew_by_itself);
    tcase_add_test(t, a_wish_that_cannot_be_is_refused_and_changes_nothing);
    tcase_add_test(t, a_silent_charger_counts_with_all_it_could_draw_behind_the_breaker);
    suite_add_tcase(s, t);
    return run_suite(s);
}
