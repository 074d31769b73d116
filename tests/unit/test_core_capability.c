// SPDX-License-Identifier: GPL-3.0-or-later
// What the area says it could do: as much as its sources can, told in time.
#include <jansson.h>

#include "base/error.h"
#include "capability_town.h"
#include "report/messages.h"
#include "tests/unit/run_suite.h"

// ---- what there is --------------------------------------------------------------------------------------------------

START_TEST(without_a_plan_nothing_is_promised)
{
    struct town t;
    start(&t, HEAD FLAT_PRICE GRID LOAD);
    ck_assert_uint_eq(engine_capability(t.w.engine, t.w.now, t.slots), 0);
    end(&t);
}
END_TEST

START_TEST(an_area_that_can_do_nothing_promises_nothing)
{
    struct town t;
    start(&t, HEAD FLAT_PRICE GRID LOAD);
    follow_plan(&t);
    ck_assert_uint_eq(t.n, CAPABILITY_SLOTS);
    for (size_t i = 0; i < t.n; i++)
        ck_assert(t.slots[i].down_w == 0 && t.slots[i].down_h == 0 && t.slots[i].up_w == 0);
    end(&t);
}
END_TEST

// 100 kWh, half full, 10 % kept: 40 kWh and what the losses leave of them; 50 kWh to fill it.
START_TEST(a_battery_gives_what_is_in_it_and_takes_what_has_room)
{
    struct town t;
    start(&t, HEAD FLAT_PRICE GRID LOAD
          "batteries: {bat: {bus: main, capacity: 100 kWh, max_charge: 60 kW, max_discharge: 60 kW, soc_min: 10 %,\n"
          "  soc_max: 100 %, charge_efficiency: 90 %, discharge_efficiency: 90 %, wear: 0.02 /kWh}}\n");
    follow_plan(&t);
    const struct capability_slot *s = &t.slots[2];
    ck_assert_double_eq_tol(kw(s->down_w) * s->down_h, 40 * 0.9, 0.5);
    ck_assert_double_eq(s->down_h, 1);
    ck_assert_double_eq_tol(kw(s->up_w) * s->up_h, 50 * 0.9, 0.5);
    ck_assert(s->from_plan);
    ck_assert_double_gt(s->down_price_per_kwh, 0); // what is taken out is bought again, with losses and wear
    ck_assert_double_lt(s->down_price_per_kwh, 0.15);
    end(&t);
}
END_TEST

START_TEST(what_a_connection_cannot_carry_is_not_promised)
{
    struct town t;
    start(&t, HEAD FLAT_PRICE
          "grids: {grid: {bus: main, import_limit: 110 kW, export_limit: 0 kW, tariff: t}}\n" LOAD
          "batteries: {bat: {bus: main, capacity: 1 MWh, max_charge: 200 kW, max_discharge: 200 kW, soc_min: 10 %}}\n");
    follow_plan(&t);
    for (size_t i = 0; i < 8; i++) {
        ck_assert_double_le(kw(t.slots[i].down_w), 101); // nothing may be fed in
        ck_assert_double_le(kw(t.slots[i].up_w), 11);
    }
    ck_assert_double_ge(kw(t.slots[0].down_w), 95);
    end(&t);
}
END_TEST

START_TEST(a_car_that_can_wait_counts_and_one_that_must_leave_does_not)
{
    struct town t;
    start(&t, HEAD
          "tariffs: {t: {import: [{price: 0.2 /kWh, from: \"10:00\", to: \"14:00\"}, {price: 0.3 /kWh}]}}\n" GRID LOAD
          "chargers:\n"
          "  patient: {bus: main, max_charge: 10 kW, capacity: 80 kWh, sessions: [{from: \"09:00\", until: \"23:00\", "
          "energy: 38 kWh}]}\n"
          "  hasty: {bus: main, max_charge: 10 kW, capacity: 80 kWh, sessions: [{from: \"09:00\", until: \"12:00\", "
          "energy: 18 kWh}]}\n");
    follow_plan(&t);
    double patient_w = 0, hasty_w = 0;
    const struct schedule *s = engine_plan(t.w.engine);
    int step = schedule_step_at(s, t.slots[0].from_utc_ms);
    patient_w = -schedule_find(s, "patient")->power_w[step];
    hasty_w = -schedule_find(s, "hasty")->power_w[step];
    ck_assert_double_gt(patient_w, 9000);
    ck_assert_double_gt(hasty_w, 5000);
    ck_assert_double_eq_tol(kw(t.slots[0].down_w), kw(patient_w), 0.2);
    ck_assert_double_ge(t.slots[0].down_h, 2);
    ck_assert_double_le(t.slots[0].down_price_per_kwh, 0.12); // it charges later for 0.1 more
    end(&t);
}
END_TEST

START_TEST(an_emergency_generator_is_not_counted_and_another_one_costs_its_fuel)
{
    struct town t;
    start(&t, HEAD FLAT_PRICE GRID LOAD
          "generators:\n"
          "  chp: {bus: main, max_power: 60 kW, min_power: 20 kW, fuel_cost: 0.5 /kWh}\n"
          "  spare: {bus: main, max_power: 90 kW, min_power: 20 kW, fuel_cost: 0.1 /kWh, emergency: true}\n");
    follow_plan(&t);
    ck_assert_double_eq_tol(kw(t.slots[4].down_w), 60, 0.5);
    ck_assert_double_eq(t.slots[4].down_h, 4);
    ck_assert_double_eq_tol(t.slots[4].down_price_per_kwh, 0.2, 0.02); // instead of 0.3 from the grid
    end(&t);
}
END_TEST

START_TEST(buildings_that_offer_something_are_part_of_it_in_the_order_of_their_price)
{
    struct town t;
    start(&t, HEAD FLAT_PRICE GRID LOAD
          "buildings: {hall: {loads: [l1], offers: [{power: 20 kW, price: 0.4 /kWh, max_duration: 2 h},\n"
          "  {power: 10 kW, price: 0.9 /kWh, max_duration: 2 h}]}}\n");
    follow_plan(&t);
    ck_assert_double_eq_tol(kw(t.slots[4].down_w), 30, 0.5);
    ck_assert_double_eq(t.slots[4].down_h, 2);
    ck_assert_double_eq_tol(t.slots[4].down_price_per_kwh, 0.6, 0.01);
    end(&t);
}
END_TEST

START_TEST(sun_that_can_be_turned_down_is_more_import)
{
    struct town t;
    start(&t, HEAD FLAT_PRICE GRID LOAD "pv: {roof: {bus: main, peak_power: 50 kW, tilt: 30 deg, azimuth: 180 deg}}\n");
    follow_plan(&t);
    const struct schedule *s = engine_plan(t.w.engine);
    double highest_w = 0;
    for (size_t i = 0; i < 90; i++) {
        int step = schedule_step_at(s, t.slots[i].from_utc_ms);
        ck_assert_double_le(t.slots[i].up_w, schedule_find(s, "roof")->power_w[step] + 1);
        highest_w = fmax(highest_w, t.slots[i].up_w);
    }
    ck_assert_double_gt(highest_w, 5e3);
    end(&t);
}
END_TEST

START_TEST(beyond_the_plan_it_is_as_a_day_before_and_says_so)
{
    struct town t;
    start(&t, HEAD FLAT_PRICE GRID LOAD
          "batteries: {bat: {bus: main, capacity: 100 kWh, max_charge: 60 kW, max_discharge: 60 kW}}\n");
    follow_plan(&t);
    ck_assert_uint_eq(t.n, 192);
    for (size_t i = 0; i < t.n; i++) {
        ck_assert_int_eq(t.slots[i].from_utc_ms % 900000, 0);
        ck_assert_int_eq(t.slots[i].from_utc_ms, t.slots[0].from_utc_ms + (int64_t)i * 900000);
    }
    ck_assert_int_gt(t.slots[0].from_utc_ms, t.w.now.utc_ms);
    ck_assert(t.slots[110].from_plan); // 30 h
    ck_assert(!t.slots[130].from_plan);
    ck_assert_double_eq(t.slots[130].down_w, t.slots[34].down_w);
    end(&t);
}
END_TEST

START_TEST(a_battery_with_less_in_it_than_planned_promises_less)
{
    struct town t;
    start(&t, HEAD FLAT_PRICE GRID LOAD
          "batteries: {bat: {bus: main, capacity: 100 kWh, max_charge: 60 kW, max_discharge: 60 kW, soc_min: 10 %}}\n");
    follow_plan(&t);
    double before_w = t.slots[0].down_w;
    area_thing(&t.w, "bat")->soc -= 0.04;
    area_run(&t.w, 2);
    engine_capability(t.w.engine, t.w.now, t.slots);
    ck_assert_double_lt(t.slots[0].down_w, before_w - 3000);
    end(&t);
}
END_TEST

// ---- told -----------------------------------------------------------------------------------------------------------

#define BATTERY "batteries: {bat: {bus: main, capacity: 100 kWh, max_charge: 60 kW, max_discharge: 60 kW}}\n"

START_TEST(it_is_told_with_a_new_plan_and_when_it_changes_once_a_minute_at_most)
{
    struct town t;
    start(&t, HEAD FLAT_PRICE GRID LOAD BATTERY);
    ck_assert_int_eq(t.w.capabilities, 0);
    follow_plan(&t);
    ck_assert_int_eq(t.w.capabilities, 1);
    follow_plan(&t);
    ck_assert_int_eq(t.w.capabilities, 1); // the minute is not over
    area_run(&t.w, 60);
    ck_assert_int_eq(t.w.capabilities, 2);
    area_run(&t.w, 120);
    ck_assert_int_eq(t.w.capabilities, 2); // nothing new
    area_thing(&t.w, "bat")->soc -= 0.045;
    area_run(&t.w, 61);
    ck_assert_int_eq(t.w.capabilities, 3);
    end(&t);
}
END_TEST

START_TEST(an_area_without_demand_response_tells_nothing)
{
    struct town t;
    start(&t, HEAD FLAT_PRICE GRID LOAD BATTERY);
    t.w.site->dr.enabled = false;
    follow_plan(&t);
    area_run(&t.w, 120);
    ck_assert_int_eq(t.w.capabilities, 0);
    end(&t);
}
END_TEST

static json_t *message(const struct town *t)
{
    char *text = NULL;
    ck_assert_int_eq(message_capability(t->w.engine, t->w.now, &text), 0);
    ck_assert_uint_lt(strlen(text), 48 * 1024);
    json_t *json = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(json);
    free(text);
    return json;
}

START_TEST(the_message_says_what_is_promised_and_null_where_there_is_nothing)
{
    struct town t;
    start(&t, HEAD FLAT_PRICE GRID LOAD BATTERY);
    json_t *before = message(&t);
    ck_assert(json_is_null(json_object_get(before, "plan_made")));
    ck_assert_uint_eq(json_array_size(json_object_get(before, "slots")), 0);
    json_decref(before);
    follow_plan(&t);
    json_t *json = message(&t);
    const json_t *slots = json_object_get(json, "slots"), *first = json_array_get(slots, 0);
    ck_assert_str_eq(json_string_value(json_object_get(json, "currency")), "EUR");
    ck_assert_uint_eq(json_array_size(slots), CAPABILITY_SLOTS);
    ck_assert_str_eq(json_string_value(json_object_get(first, "from")), "2026-01-05T10:15:00Z");
    ck_assert_double_eq(json_number_value(json_object_get(first, "down_w")), floor(t.slots[0].down_w));
    ck_assert_double_eq(json_number_value(json_object_get(first, "down_h")), t.slots[0].down_h);
    ck_assert(json_is_true(json_object_get(first, "from_plan")));
    ck_assert(json_is_false(json_object_get(json_array_get(slots, 191), "from_plan")));
    json_decref(json);
    end(&t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core capability");
    TCase *c = tcase_create("capability");
    tcase_add_test(c, without_a_plan_nothing_is_promised);
    tcase_add_test(c, an_area_that_can_do_nothing_promises_nothing);
    tcase_add_test(c, a_battery_gives_what_is_in_it_and_takes_what_has_room);
    tcase_add_test(c, what_a_connection_cannot_carry_is_not_promised);
    tcase_add_test(c, a_car_that_can_wait_counts_and_one_that_must_leave_does_not);
    tcase_add_test(c, an_emergency_generator_is_not_counted_and_another_one_costs_its_fuel);
    tcase_add_test(c, buildings_that_offer_something_are_part_of_it_in_the_order_of_their_price);
    tcase_add_test(c, sun_that_can_be_turned_down_is_more_import);
    tcase_add_test(c, beyond_the_plan_it_is_as_a_day_before_and_says_so);
    tcase_add_test(c, a_battery_with_less_in_it_than_planned_promises_less);
    tcase_add_test(c, it_is_told_with_a_new_plan_and_when_it_changes_once_a_minute_at_most);
    tcase_add_test(c, an_area_without_demand_response_tells_nothing);
    tcase_add_test(c, the_message_says_what_is_promised_and_null_where_there_is_nothing);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
