// SPDX-License-Identifier: GPL-3.0-or-later
// A limit of the area as a whole, kept in every second by two grid connections that no tie joins: one whose battery can
// do something about it, one that cannot.
#include "core/engine.h"
#include "run_suite.h"
#include "world.h"

static const char SITE[] =
    "area: {id: two, name: Two, timezone: UTC, latitude: 52 deg, longitude: 13 deg, currency: EUR}\n"
    "control: {cycle: 1 s, limit_margin: 2 %}\n"
    "mqtt: {enabled: false}\n"
    "demand_response: {enabled: true, signed: false, clock: false, keep: instant}\n"
    "tariffs: {t: {import: [{price: 0.3 /kWh}], export: [{price: 0.08 /kWh}]}}\n"
    "buses: {a: {}, b: {}}\n"
    "grids:\n"
    "  ga: {bus: a, import_limit: 1 MW, export_limit: 300 kW, tariff: t}\n"
    "  gb: {bus: b, import_limit: 1 MW, export_limit: 300 kW, tariff: t}\n"
    "batteries: {bat: {bus: a, capacity: 1000 kWh, max_charge: 500 kW, max_discharge: 500 kW, soc_min: 10 %}}\n"
    "loads:\n"
    "  la: {bus: a, shape: flat, average: 100 kW, peak: 900 kW}\n"
    "  lb: {bus: b, shape: flat, average: 100 kW, peak: 900 kW}\n"
    "modbus: {wire: {tcp: \"127.0.0.1:502\"}}\n"
    "devices:\n"
    "  ma: {link: wire, unit: 1, profile: generic-meter, asset: ga, poll: 1 s}\n"
    "  mb: {link: wire, unit: 2, profile: generic-meter, asset: gb, poll: 1 s}\n"
    "  b: {link: wire, unit: 3, profile: generic-battery, asset: bat, poll: 1 s, control: true, safe_power: 0 kW}\n"
    "  na: {link: wire, unit: 4, profile: generic-meter, asset: la, poll: 1 s}\n"
    "  nb: {link: wire, unit: 5, profile: generic-meter, asset: lb, poll: 1 s}\n";

static const struct engine_device DEVICES[] = {
    {.kind = PROFILE_METER},
    {.kind = PROFILE_METER},
    {.kind = PROFILE_BATTERY, .can_write = true, .device_reverts = true},
    {.kind = PROFILE_METER},
    {.kind = PROFILE_METER},
};

enum { N_DEVICES = 5, BATTERY = 2 };

static struct site *site;
static struct engine *engine;
static struct instant now;
static double load_a_w, load_b_w, battery_w, goal_w;

static void start(void)
{
    site = world_site(SITE);
    now = (struct instant){.utc_ms = INT64_C(1767265200000), .mono_ms = 1000000};
    ck_assert_int_eq(engine_new(site, DEVICES, now, &engine), 0);
    load_a_w = load_b_w = 200e3;
    battery_w = goal_w = 0;
}

static void end(void)
{
    engine_free(engine);
    site_free(site);
}

static int tell(struct event event)
{
    struct action a;
    event.at = now;
    int result = engine_consume(engine, &event);
    while (engine_produce(engine, now, &a)) {
        if (a.kind == ACTION_WRITE)
            goal_w = a.write.power_w;
        if (a.kind == ACTION_SOLVE)
            plan_problem_free(a.problem);
    }
    return result;
}

static double import_w(void)
{
    return load_a_w + load_b_w - battery_w;
}

static void run(int seconds)
{
    for (int i = 0; i < seconds; i++) {
        now.utc_ms += 1000;
        now.mono_ms += 1000;
        load_a_w += i % 2 ? 1 : -1; // a living meter is never still
        load_b_w += i % 2 ? -1 : 1;
        battery_w = goal_w;
        const double powers_w[N_DEVICES] = {load_a_w - battery_w, load_b_w, battery_w, load_a_w, load_b_w};
        for (int d = 0; d < N_DEVICES; d++) {
            struct reading r[2] = {{.quantity = QUANTITY_POWER_W, .value = powers_w[d]},
                                   {.quantity = QUANTITY_SOC_FRAC, .value = 0.6}};
            tell((struct event){.kind = EVENT_READINGS,
                                .readings = {.device = d, .readings = r, .count = d == BATTERY ? 2 : 1}});
        }
        tell((struct event){.kind = EVENT_TICK});
    }
}

static void limit_area(enum dr_signal_kind kind, double limit_w)
{
    struct dr_event *e = calloc(1, sizeof *e);
    ck_assert_ptr_nonnull(e);
    *e = (struct dr_event){.id = "both", .sender = "operator", .priority = DR_PRIORITY_NULL, .grid = -1};
    e->signals = calloc(1, sizeof *e->signals);
    ck_assert_ptr_nonnull(e->signals);
    e->n_signals = 1;
    e->signals[0] = (struct dr_signal){.kind = kind, .until_ms = 3600000, .value = limit_w};
    e->received_utc_ms = e->modified_utc_ms = e->from_utc_ms = now.utc_ms;
    e->until_utc_ms = e->from_utc_ms + 3600000;
    ck_assert_int_eq(engine_dr_judge(engine, e, now), 0);
    ck_assert_int_eq(tell((struct event){.kind = EVENT_DR, .dr = {.operation = DR_PUT, .event = e}}), 0);
}

START_TEST(who_can_do_something_about_it_gives_for_both)
{
    run(3);
    limit_area(DR_IMPORT_LIMIT, 150e3);
    run(4);
    ck_assert_double_le(import_w(), 150e3);
    ck_assert_double_ge(battery_w, 249e3);
}
END_TEST

START_TEST(it_feeds_in_where_the_other_alone_draws_more_than_both_may)
{
    run(3);
    limit_area(DR_IMPORT_LIMIT, 150e3);
    load_a_w = 50e3;
    load_b_w = 300e3;
    run(5);
    ck_assert_double_le(import_w(), 150e3);
    ck_assert_double_ge(battery_w, 199e3);
}
END_TEST

START_TEST(a_step_of_either_load_is_answered_in_two_seconds)
{
    run(3);
    limit_area(DR_IMPORT_LIMIT, 250e3);
    run(20);
    load_b_w += 150e3;
    run(2);
    ck_assert_double_le(import_w(), 250e3);
    load_b_w -= 200e3;
    run(20);
    load_a_w += 100e3;
    run(2);
    ck_assert_double_le(import_w(), 250e3);
}
END_TEST

START_TEST(a_step_that_only_the_sum_minds_is_answered_on_the_first_reading)
{
    run(3);
    limit_area(DR_IMPORT_LIMIT, 250e3);
    run(20);
    now.utc_ms += 500;
    now.mono_ms += 500;
    struct reading r = {.quantity = QUANTITY_POWER_W, .value = load_b_w + 150e3};
    tell((struct event){.kind = EVENT_READINGS, .readings = {.device = 1, .readings = &r, .count = 1}});
    ck_assert_double_le(load_a_w + load_b_w + 150e3 - goal_w, 250e3); // no tick has come
}
END_TEST

static bool alarmed(void)
{
    const struct alarm *alarms;
    size_t n = engine_alarms(engine, &alarms);
    bool found = false;
    for (size_t i = 0; i < n; i++)
        found |= strcmp(alarms[i].id, "limit-area") == 0;
    return found;
}

START_TEST(an_alarm_tells_that_the_limit_of_the_area_cannot_be_kept)
{
    run(3);
    limit_area(DR_IMPORT_LIMIT, 300e3);
    run(20);
    ck_assert(!alarmed());
    load_b_w += 700e3; // more than the battery gives, and less than either connection's own limit
    run(4);
    ck_assert(!alarmed()); // a moment is none
    run(6);
    ck_assert(alarmed());
    load_b_w -= 700e3;
    run(5);
    ck_assert(!alarmed());
}
END_TEST

START_TEST(without_a_limit_nobody_gives_for_the_other)
{
    run(3);
    load_a_w = 50e3;
    load_b_w = 300e3;
    run(30);
    ck_assert_double_le(battery_w, 51e3);
}
END_TEST

START_TEST(one_limit_of_two_connections_is_in_the_plan_as_that_of_the_area)
{
    run(3);
    limit_area(DR_IMPORT_LIMIT, 150e3);
    struct plan_problem *p;
    ck_assert_int_eq(engine_make_problem(engine, now, &p), 0);
    ck_assert_double_eq_tol(p->area_import_limit_w[0], 147e3, 1);
    ck_assert_double_eq(p->area_export_limit_w[0], PLAN_NO_LIMIT_W);
    ck_assert_double_eq(p->grids[0].dr_import_limit_w[0], PLAN_NO_LIMIT_W);
    plan_problem_free(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core share");
    TCase *tc = tcase_create("share");
    tcase_add_checked_fixture(tc, start, end);
    tcase_add_test(tc, who_can_do_something_about_it_gives_for_both);
    tcase_add_test(tc, it_feeds_in_where_the_other_alone_draws_more_than_both_may);
    tcase_add_test(tc, a_step_of_either_load_is_answered_in_two_seconds);
    tcase_add_test(tc, a_step_that_only_the_sum_minds_is_answered_on_the_first_reading);
    tcase_add_test(tc, an_alarm_tells_that_the_limit_of_the_area_cannot_be_kept);
    tcase_add_test(tc, without_a_limit_nobody_gives_for_the_other);
    tcase_add_test(tc, one_limit_of_two_connections_is_in_the_plan_as_that_of_the_area);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
