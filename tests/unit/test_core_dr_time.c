// SPDX-License-Identifier: GPL-3.0-or-later
// Events of the grid operator when the clock is set, the machine sleeps, restarts or is configured anew: no interval is
// missed and none comes twice.
#include "base/bytes.h"
#include "core/internal.h"
#include "dr_world.h"
#include "tests/unit/run_suite.h"

static const char SITE[] = DR_HEAD("Europe/Berlin", "") DR_HOUSE;
static const int64_t HOUR_MS = 3600 * 1000;

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

// 100 kW in the first minute from `from_s` on, 200 kW in the second, and so on.
static void ask_for_minutes(const char *id, int from_s, int minutes)
{
    struct dr_event *e = dr_asked(id, DR_IMPORT_LIMIT, 100e3, from_s, from_s + 60 * minutes);
    e->signals = realloc(e->signals, (size_t)minutes * sizeof *e->signals);
    e->n_signals = (size_t)minutes;
    for (int i = 0; i < minutes; i++)
        e->signals[i] =
            (struct dr_signal){DR_IMPORT_LIMIT, false, i * INT64_C(60000), (i + 1) * INT64_C(60000), 100e3 * (i + 1)};
    ck_assert_int_eq(dr_put(e), 0);
}

static void step_clock(int64_t by_ms)
{
    w.now.utc_ms += by_ms;
    area_run(&w, 1);
}

// ---- the clock ------------------------------------------------------------------------------------------------------

// In every second exactly what the event says for it, whatever the clock did before.
static void assert_course(int64_t from_utc_ms, int minutes, int seconds)
{
    for (int s = 0; s < seconds; s++) {
        int64_t minute = (w.now.utc_ms - from_utc_ms) / 60000;
        bool on = w.now.utc_ms >= from_utc_ms && minute < minutes;
        ck_assert_double_eq(dr_now().import_limit_w, on ? 100e3 * (double)(minute + 1) : DR_NOTHING);
        area_run(&w, 1);
    }
}

START_TEST(a_clock_that_is_set_an_hour_ahead_goes_on_with_what_holds_then)
{
    ask_for_minutes("before", 60, 2);
    int64_t from_ms = w.now.utc_ms + HOUR_MS + 30000;
    ask_for_minutes("e", 3630, 3);
    step_clock(HOUR_MS);
    assert_course(from_ms, 3, 300);
}
END_TEST

START_TEST(what_a_jump_ahead_ended_comes_back_with_the_clock)
{
    int64_t from_ms = w.now.utc_ms + 60000;
    ask_for_minutes("e", 60, 3);
    area_run(&w, 90); // within its first minute
    dr_assert_told("e", DR_ACTIVE);
    step_clock(HOUR_MS);
    dr_assert_told("e", DR_COMPLETED);
    ck_assert_uint_eq(n_events(), 1);
    ck_assert_double_eq(dr_now().import_limit_w, DR_NOTHING);
    area_run(&w, 30);
    step_clock(-HOUR_MS);
    dr_assert_told("e", DR_ACTIVE);
    assert_course(from_ms, 3, 200);
    dr_assert_told("e", DR_COMPLETED);
    ck_assert_uint_eq(n_events(), 0);
}
END_TEST

START_TEST(what_a_jump_ahead_ended_is_forgotten_two_hours_later)
{
    ask_for_minutes("e", 60, 3);
    step_clock(HOUR_MS);
    area_run(&w, 7100);
    ck_assert_uint_eq(n_events(), 1);
    area_run(&w, 110);
    ck_assert_uint_eq(n_events(), 0);
    ck_assert_int_eq(w.saves[SAVED_DR_EVENT], 2);
}
END_TEST

START_TEST(a_clock_that_is_set_back_does_not_repeat_an_event_that_was_completed)
{
    ask_for_minutes("e", 0, 2);
    area_run(&w, 121);
    dr_assert_told("e", DR_COMPLETED);
    step_clock(-HOUR_MS);
    for (int s = 0; s < 600; s++) {
        ck_assert_double_eq(dr_now().import_limit_w, DR_NOTHING);
        area_run(&w, 1);
    }
    dr_assert_told("e", DR_COMPLETED);
}
END_TEST

START_TEST(a_clock_that_is_set_back_makes_an_event_wait_for_its_time)
{
    int64_t from_ms = w.now.utc_ms;
    ask_for_minutes("e", 0, 60);
    area_run(&w, 30);
    step_clock(-60000);
    dr_assert_told("e", DR_SCHEDULED);
    assert_course(from_ms, 60, 200);
    dr_assert_told("e", DR_ACTIVE);
}
END_TEST

START_TEST(steps_to_and_fro_leave_every_event_known_and_end_each_once)
{
    ask_for_minutes("a", 600, 2);
    ask_for_minutes("b", 1800, 2);
    int64_t from_ms = w.now.utc_ms + 1800 * INT64_C(1000);
    for (int i = 0; i < 3; i++) {
        step_clock(HOUR_MS);
        area_run(&w, 20);
        step_clock(-HOUR_MS);
        area_run(&w, 20);
    }
    ck_assert_uint_eq(n_events(), 2);
    int completed = 0, statuses = w.statuses;
    for (int s = 0; s < 2100; s++) {
        area_run(&w, 1);
        completed += w.statuses != statuses && w.status.state == DR_COMPLETED;
        statuses = w.statuses;
    }
    ck_assert_int_eq(completed, 2);
    ck_assert_int_gt(w.now.utc_ms, from_ms);
    ck_assert_uint_eq(n_events(), 0);
}
END_TEST

START_TEST(after_ten_minutes_of_sleep_what_holds_then_holds)
{
    ask_for_minutes("slept", 60, 3);
    ask_for_minutes("e", 480, 20);
    w.now.mono_ms += 600000; // a monotonic clock that counts sleep
    w.now.utc_ms += 600000;
    area_run(&w, 1);
    ck_assert_double_eq(dr_now().import_limit_w, 300e3);
    ck_assert_uint_eq(n_events(), 1); // the other is over for good
    w.now.utc_ms += 600000;           // and one that stands still
    area_run(&w, 1);
    ck_assert_double_eq(dr_now().import_limit_w, 1300e3);
}
END_TEST

START_TEST(an_event_over_the_change_of_summer_time_is_as_long_as_it_says)
{
    const char *changes[] = {"2026-03-29T00:59:00Z", "2026-10-25T00:59:00Z"}; // 01:00 UTC
    for (int i = 0; i < 2; i++) {
        area_end(&w);
        dr_start_area(SITE, changes[i]);
        int64_t from_ms = w.now.utc_ms + 30000;
        ask_for_minutes("e", 30, 4);
        assert_course(from_ms, 4, 300);
    }
}
END_TEST

START_TEST(events_of_2038_and_over_a_leap_second_begin_and_end_as_ever)
{
    const char *starts[] = {"2038-01-19T03:13:00Z", "2016-12-31T23:59:00Z"};
    for (int i = 0; i < 2; i++) {
        area_end(&w);
        dr_start_area(SITE, starts[i]);
        int64_t from_ms = w.now.utc_ms + 30000;
        ask_for_minutes("e", 30, 4);
        assert_course(from_ms, 4, 300);
    }
}
END_TEST

// ---- kill -9, configuration, records --------------------------------------------------------------------------------

START_TEST(events_survive_a_restart_in_their_order)
{
    int64_t from_ms = w.now.utc_ms;
    ask_for_minutes("z", 0, 10);
    dr_ask("y", DR_PRICE, 0.9, 0, 900);
    dr_ask("x", DR_PRICE, 0.8, 0, 900);
    area_run(&w, 10);
    area_restart(&w, 20000);
    const struct dr_timeline *t = engine_dr_events(w.engine);
    ck_assert_uint_eq(t->count, 3);
    ck_assert_uint_eq(t->order, 3);
    ck_assert_str_eq(t->events[0]->id, "z");
    ck_assert_str_eq(t->events[2]->id, "x");
    area_run(&w, 1);
    assert_course(from_ms, 10, 90);
    struct grid_view v;
    engine_grid(w.engine, 0, w.now, &v);
    ck_assert_double_eq(v.import_price_per_kwh, 0.8);
}
END_TEST

START_TEST(what_ended_while_the_program_was_away_is_told_and_deleted)
{
    ask_for_minutes("e", 0, 2);
    area_run(&w, 10);
    w.statuses = 0;
    area_restart(&w, 600000);
    area_run(&w, 1);
    dr_assert_told("e", DR_COMPLETED);
    ck_assert_int_eq(w.statuses, 1);
    ck_assert_double_eq(dr_now().import_limit_w, DR_NOTHING);
    int saves = w.saves[SAVED_DR_EVENT];
    area_run(&w, 301);
    ck_assert_uint_eq(n_events(), 0);
    ck_assert_int_eq(w.saves[SAVED_DR_EVENT], saves + 1);
    ck_assert_int_eq(w.statuses, 1);
}
END_TEST

START_TEST(a_cancelled_event_does_not_come_back_after_a_restart)
{
    ask_for_minutes("e", 0, 10);
    ck_assert_int_eq(dr_take_back("e", ""), 0);
    area_restart(&w, 1000);
    ck_assert_uint_eq(n_events(), 0);
}
END_TEST

// Swaps the configuration as the daemon does.
static struct site *swap_site(const char *text)
{
    struct area_world former = w;
    area_start(&w, text, "2026-01-05T12:00:00Z");
    w.now = former.now;
    for (size_t i = 0; i < w.site->n_assets; i++) {
        int old = site_find_asset(former.site, w.site->assets[i].id);
        if (old >= 0)
            w.things[i] = former.things[old];
    }
    engine_adopt(w.engine, former.engine, w.now);
    area_drain(&w);
    area_end(&former);
    return w.site;
}

#define TWO_GRIDS                                                                                                      \
    "buses: {gate: {}, yard: {}}\n"                                                                                    \
    "grids: {grid: {bus: gate, import_limit: 1 MW, export_limit: 500 kW, tariff: t},\n"                                \
    "        side: {bus: yard, import_limit: 1 MW, export_limit: 500 kW, tariff: t}}\n"                                \
    "loads: {hall: {bus: gate, shape: flat, average: 400 kW, peak: 900 kW}}\n"
#define TURNED_GRIDS                                                                                                   \
    "buses: {gate: {}, yard: {}}\n"                                                                                    \
    "grids: {side: {bus: yard, import_limit: 1 MW, export_limit: 500 kW, tariff: t},\n"                                \
    "        grid: {bus: gate, import_limit: 1 MW, export_limit: 500 kW, tariff: t}}\n"                                \
    "loads: {hall: {bus: gate, shape: flat, average: 400 kW, peak: 900 kW}}\n"

static const char TWO[] = DR_HEAD("UTC", "") TWO_GRIDS, TURNED[] = DR_HEAD("UTC", "") TURNED_GRIDS;

static void ask_of_side(void)
{
    struct dr_event *e = dr_asked("side-1", DR_IMPORT_LIMIT, 77e3, 0, 600);
    e->grid = 1;
    ck_assert_int_eq(dr_put(e), 0);
    dr_ask("all", DR_IMPORT_LIMIT, 99e3, 0, 600);
}

static double limit_of(const char *id)
{
    struct grid_view v;
    engine_grid(w.engine, w.site->assets[area_find(&w, id)].of_kind, w.now, &v);
    return v.import_limit_w;
}

START_TEST(with_several_connections_their_sum_is_limited_and_each_has_its_own)
{
    area_end(&w);
    area_start(&w, TWO, "2026-01-05T12:00:00Z");
    area_run(&w, 1);
    ask_of_side();
    ck_assert_double_eq(dr_now().import_limit_w, 99e3);
    ck_assert_double_eq(limit_of("side"), 77e3);
    ck_assert_double_eq(limit_of("grid"), 1e6);
    struct plan_problem *p = area_problem(&w);
    ck_assert_double_le(p->area_import_limit_w[0], 99e3);
    ck_assert_double_le(p->grids[1].dr_import_limit_w[0], 77e3);
}
END_TEST

START_TEST(events_find_their_connection_again_in_a_new_configuration)
{
    area_end(&w);
    area_start(&w, TWO, "2026-01-05T12:00:00Z");
    area_run(&w, 1);
    ask_of_side();
    swap_site(TURNED);
    w.statuses = 0;
    area_run(&w, 1);
    ck_assert_double_eq(limit_of("side"), 77e3);
    ck_assert_double_eq(dr_now().import_limit_w, 99e3);
    ck_assert_int_eq(w.statuses, 0); // nothing has changed
    swap_site(SITE);
    dr_assert_told("side-1", DR_CANCELLED);
    ck_assert_str_eq(w.status.why, "its grid connection is gone from the configuration");
    ck_assert_int_eq(w.saves[SAVED_DR_EVENT], 1);
    ck_assert_uint_eq(n_events(), 1);
    ck_assert_double_eq(limit_of("grid"), 99e3); // now it is the area's only one
}
END_TEST

START_TEST(switching_demand_response_off_cancels_what_was_asked_for)
{
    static const char off[] =
        "area: {id: dr, name: DR, timezone: UTC, latitude: 52 deg, longitude: 13 deg, currency: EUR}\n"
        "mqtt: {enabled: false}\ntariffs:\n  t: {import: [{price: 0.3 /kWh}]}\n" DR_HOUSE;
    ask_for_minutes("e", 0, 10);
    swap_site(off);
    dr_assert_told("e", DR_CANCELLED);
    ck_assert_str_eq(w.status.why, "demand response was switched off");
    ck_assert_double_eq(dr_now().import_limit_w, DR_NOTHING);
    ck_assert_int_eq(dr_put(dr_asked("f", DR_IMPORT_LIMIT, 1, 0, 60)), AEMS_E_REFUSED);
    ck_assert_int_eq(dr_hear(DR_HEARTBEAT), AEMS_E_REFUSED);
}
END_TEST

START_TEST(an_engine_that_takes_over_the_memory_of_another_goes_on_with_its_events)
{
    struct bytes image = {0}, again = {0};
    int64_t from_ms = w.now.utc_ms;
    ask_for_minutes("e", 0, 10);
    struct dr_event *side = dr_asked("g", DR_PRICE, 0.7, 100, 200);
    side->grid = 0;
    ck_assert_int_eq(dr_put(side), 0);
    dr_hear(DR_SENDER_LOST);
    area_run(&w, 30);
    ck_assert_int_eq(engine_image(w.engine, &image), 0);
    engine_free(w.engine);
    area_new_engine(&w);
    ck_assert_int_eq(engine_take_image(w.engine, image.data, image.length), 0);
    ck_assert_int_eq(engine_image(w.engine, &again), 0);
    ck_assert_uint_eq(image.length, again.length);
    ck_assert_mem_eq(image.data, again.data, image.length);
    ck_assert(dr_now().sender_lost);
    w.statuses = 0;
    area_run(&w, 1);
    ck_assert_int_eq(w.statuses, 0);
    assert_course(from_ms, 10, 90);
    bytes_free(&image);
    bytes_free(&again);
}
END_TEST

// Dozens of events of 96 parts of a second each, one out of step with the other, for ever.
START_TEST(loops_of_seconds_leave_what_else_is_asked_to_the_plan)
{
    int64_t marks[DR_MAX_MARKS], began_ms = w.now.utc_ms, start_ms = began_ms + HOUR_MS;
    double import_w, export_w;
    char id[24];
    for (int i = 0; i < DR_MAX_EVENTS - 9; i++) {
        snprintf(id, sizeof id, "loop%d", i);
        struct dr_event *e = dr_asked(id, DR_IMPORT_LIMIT, 0, 0, 96);
        e->signals = realloc(e->signals, 96 * sizeof *e->signals);
        e->n_signals = 96;
        for (int k = 0; k < 96; k++)
            e->signals[k] =
                (struct dr_signal){DR_IMPORT_LIMIT, false, k * INT64_C(1000), (k + 1) * INT64_C(1000), 300e3 + k};
        e->from_utc_ms -= i * 15;
        e->turn_ms = 96000;
        e->until_utc_ms = DR_FOREVER_MS;
        ck_assert_int_eq(dr_put(e), 0);
    }
    ck_assert_int_eq(dr_put(dr_asked("important", DR_IMPORT_LIMIT, 100e3, 3600, 7200)), 0);
    size_t n = dr_marks(w.engine, began_ms, marks);
    bool marked = false;
    for (size_t i = 0; i < n; i++) {
        ck_assert(i == 0 || marks[i] - marks[i - 1] >= 60000);
        marked |= llabs(marks[i] - start_ms) <= 60000;
    }
    ck_assert(marked);
    dr_area_limits(w.engine, began_ms, began_ms + 900000, &import_w, &export_w);
    ck_assert_double_eq(import_w, 300e3);
    dr_area_limits(w.engine, start_ms, start_ms + 900000, &import_w, &export_w);
    ck_assert_double_eq(import_w, 100e3);
    dr_area_limits(w.engine, start_ms + HOUR_MS, start_ms + HOUR_MS + 900000, &import_w, &export_w);
    ck_assert_double_eq(import_w, 300e3);
}
END_TEST

static Suite *core_dr_time_suite(void)
{
    Suite *suite = suite_create("core dr time");
    TCase *clocks = tcase_create("clocks"), *anew = tcase_create("anew");
    tcase_add_checked_fixture(clocks, setup, teardown);
    tcase_add_checked_fixture(anew, setup, teardown);
    tcase_add_test(clocks, a_clock_that_is_set_an_hour_ahead_goes_on_with_what_holds_then);
    tcase_add_test(clocks, what_a_jump_ahead_ended_comes_back_with_the_clock);
    tcase_add_test(clocks, what_a_jump_ahead_ended_is_forgotten_two_hours_later);
    tcase_add_test(clocks, a_clock_that_is_set_back_does_not_repeat_an_event_that_was_completed);
    tcase_add_test(clocks, a_clock_that_is_set_back_makes_an_event_wait_for_its_time);
    tcase_add_test(clocks, steps_to_and_fro_leave_every_event_known_and_end_each_once);
    tcase_add_test(clocks, after_ten_minutes_of_sleep_what_holds_then_holds);
    tcase_add_test(clocks, an_event_over_the_change_of_summer_time_is_as_long_as_it_says);
    tcase_add_test(clocks, events_of_2038_and_over_a_leap_second_begin_and_end_as_ever);
    tcase_add_test(anew, events_survive_a_restart_in_their_order);
    tcase_add_test(anew, what_ended_while_the_program_was_away_is_told_and_deleted);
    tcase_add_test(anew, a_cancelled_event_does_not_come_back_after_a_restart);
    tcase_add_test(anew, with_several_connections_their_sum_is_limited_and_each_has_its_own);
    tcase_add_test(anew, events_find_their_connection_again_in_a_new_configuration);
    tcase_add_test(anew, switching_demand_response_off_cancels_what_was_asked_for);
    tcase_add_test(anew, an_engine_that_takes_over_the_memory_of_another_goes_on_with_its_events);
    tcase_add_test(anew, loops_of_seconds_leave_what_else_is_asked_to_the_plan);
    tcase_set_timeout(clocks, 60);
    suite_add_tcase(suite, clocks);
    suite_add_tcase(suite, anew);
    return suite;
}

int main(void)
{
    return run_suite(core_dr_time_suite());
}
