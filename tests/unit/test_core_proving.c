// SPDX-License-Identifier: GPL-3.0-or-later
// The engine's own proof: what its quarter hours hold, and what an event that is over comes to.
#include "area_world.h"
#include "base/bytes.h"
#include "base/error.h"
#include "core/buildings.h"
#include "core/proving.h"
#include "tests/unit/run_suite.h"

#define START "2026-01-05T10:00:00Z"

static const char SITE[] =
    "area: {id: town, name: Town, timezone: UTC, latitude: 35 deg, longitude: 139 deg, currency: EUR}\n"
    "control: {cycle: 1 s, limit_margin: 0 %}\n"
    "mqtt: {enabled: false}\n"
    "tariffs: {t: {import: [{price: 0.2 /kWh}], export: [{price: 0.05 /kWh}]}}\n"
    "buses: {main: {}}\n"
    "grids: {grid: {bus: main, import_limit: 1 MW, export_limit: 100 kW, tariff: t}}\n"
    "loads:\n"
    "  l1: {bus: main, shape: flat, average: 100 kW, peak: 100 kW}\n"
    "  l2: {bus: main, shape: flat, average: 100 kW, peak: 100 kW}\n"
    "  l3: {bus: main, shape: flat, average: 100 kW, peak: 100 kW}\n"
    "buildings:\n"
    "  hall: {loads: [l1, l2], incentive: 0.3 /kWh, penalty: 0.1 /kWh, baseline: meter-before,\n"
    "         offers: [{power: 40 kW, price: 0.5 /kWh, max_duration: 2 h}]}\n"
    "  flats: {loads: [l3]}\n"
    "demand_response: {enabled: true, signed: false, incentive: 0.5 /kWh, penalty: 0.2 /kWh, baseline: meter-before}\n"
    "modbus: {wire: {tcp: \"127.0.0.1:502\"}}\n"
    "devices: {m: {link: wire, unit: 1, profile: generic-meter, asset: grid, poll: 1 s}}\n";

enum { AREA, HALL, FLATS };

static const int64_t SLOT = 900000;

static struct area_world w;
static struct dr_signal limit = {.kind = DR_IMPORT_LIMIT, .until_ms = 1800000, .value = 150e3};

static void draw(double l1_w, double l2_w, double l3_w)
{
    area_thing(&w, "l1")->power_w = l1_w;
    area_thing(&w, "l2")->power_w = l2_w;
    area_thing(&w, "l3")->power_w = l3_w;
}

static void setup(void)
{
    area_start(&w, SITE, START);
    draw(60e3, 40e3, 100e3);
}

static void teardown(void)
{
    area_end(&w);
}

static const struct meter *meter(int party)
{
    return &w.engine->proving->parties[party].meter;
}

static double drawn_wh(const char *asset)
{
    struct asset_view v = area_view(&w, asset);
    return v.energy_in_wh - v.energy_out_wh;
}

static double slot_wh(int party, int64_t utc_ms)
{
    const struct meter_slot *slot = meter_slot_kept(meter(party), utc_ms);
    return slot != NULL ? (double)slot->mean_w * (double)slot->measured / 4 : 0;
}

static double sum_wh(int party, int64_t from, int64_t to)
{
    double sum = 0;
    for (int64_t t = from; t < to; t += SLOT)
        sum += slot_wh(party, t);
    return sum;
}

static struct dr_event event_from(int64_t from)
{
    return (struct dr_event){.id = "e1",
                             .name = "Evening",
                             .grid = -1,
                             .priority = DR_PRIORITY_NULL,
                             .received_utc_ms = from,
                             .modified_utc_ms = from,
                             .from_utc_ms = from,
                             .until_utc_ms = from + 1800000,
                             .signals = &limit,
                             .n_signals = 1,
                             .reference_w = -1};
}

// As the limit would have it, which these tests do not go through: the meters are marked by it.
static void limit_connection(int64_t from, int64_t until)
{
    struct grid_limit l = {.id = "e1",
                           .from_utc_ms = from,
                           .until_utc_ms = until,
                           .import_limit_w = 150e3,
                           .export_limit_w = PLAN_NO_LIMIT_W};
    ck_assert_int_eq(area_tell(&w, (struct event){.kind = EVENT_LIMIT, .limit = l}), 0);
}

static void ask_hall(int64_t from, int64_t until, double reduction_w)
{
    struct building_state *hall = &w.engine->buildings[0];
    hall->n_slots = 0;
    for (int64_t t = from; t < until; t += SLOT)
        hall->slots[hall->n_slots++] =
            (struct building_slot){.from_utc_ms = t, .until_utc_ms = t + SLOT, .reduction_w = reduction_w};
}

// Half an hour at 200 kW, then half an hour of the event, of which the hall gives up 40 kW and the flats 10 kW.
static struct dr_event play(void)
{
    int64_t from = w.now.utc_ms + 2 * SLOT;
    struct dr_event event = event_from(from);
    limit_connection(from, event.until_utc_ms);
    area_run(&w, 1800);
    ask_hall(from, event.until_utc_ms, 50e3);
    draw(30e3, 30e3, 90e3);
    area_run(&w, 1799);
    return event;
}

// ---- quarter hours --------------------------------------------------------------------------------------------------

START_TEST(quarter_hours_add_up_to_what_accounting_has)
{
    area_run(&w, 10);
    double area_wh = drawn_wh("grid"), hall_wh = drawn_wh("l1") + drawn_wh("l2");
    int64_t from = w.now.utc_ms - 10000;
    for (int i = 0; i < 40; i++) {
        draw(60e3 + 500 * i, 40e3, 100e3 - 3e3 * i);
        area_run(&w, 60 + i);
    }
    area_wh = drawn_wh("grid") - area_wh;
    hall_wh = drawn_wh("l1") + drawn_wh("l2") - hall_wh;
    double ten_s_wh = 200e3 / 360;
    ck_assert_double_eq_tol(sum_wh(AREA, from, w.now.utc_ms), area_wh + ten_s_wh, area_wh * 1e-3);
    ck_assert_double_eq_tol(sum_wh(HALL, from, w.now.utc_ms), -hall_wh + ten_s_wh / 2, -hall_wh * 1e-3);
    ck_assert_double_eq_tol((double)meter_slot_at(meter(AREA), from + SLOT)->measured, 1, 1e-5);
    ck_assert(!meter_slot_at(meter(AREA), from + SLOT)->event);
}
END_TEST

START_TEST(setting_the_clock_adds_and_loses_nothing)
{
    area_run(&w, 600);
    int64_t from = w.now.utc_ms - 600000;
    w.now.utc_ms += 7200000; // two hours ahead
    area_run(&w, 300);
    double sum = sum_wh(AREA, from, w.now.utc_ms + SLOT);
    ck_assert_double_eq_tol(sum, 200e3 * 899 / 3600, 200e3 * 15 / 3600.0); // some seconds until meters are believed
    ck_assert_ptr_null(meter_slot_at(meter(AREA), from + SLOT));
    w.now.utc_ms -= 7200000;
    area_run(&w, 300);
    ck_assert_double_eq_tol(sum_wh(AREA, from, w.now.utc_ms + SLOT), 200e3 / 4, 200e3 / 4 * 0.01);
    ck_assert_ptr_null(meter_slot_kept(meter(AREA), from + 8 * SLOT));
}
END_TEST

START_TEST(what_one_load_of_a_building_does_not_tell_is_not_made_up)
{
    area_run(&w, 300);
    area_thing(&w, "l2")->dead = true;
    area_run(&w, 600);
    ck_assert_ptr_null(meter_slot_at(meter(HALL), w.now.utc_ms - 1));
    ck_assert_ptr_nonnull(meter_slot_at(meter(FLATS), w.now.utc_ms - 1));
    ck_assert_ptr_nonnull(meter_slot_at(meter(AREA), w.now.utc_ms - 1));
}
END_TEST

START_TEST(a_clock_that_was_never_set_wipes_nothing_out)
{
    area_run(&w, 1000);
    int64_t kept = w.now.utc_ms, slot = meter_slot_start(w.now.utc_ms) - SLOT;
    w.now.utc_ms = 5000;
    area_run(&w, 60);
    ck_assert_ptr_nonnull(meter_slot_at(meter(AREA), slot));
    w.now.utc_ms = kept;
    area_run(&w, 60);
    ck_assert_ptr_nonnull(meter_slot_at(meter(AREA), slot));
}
END_TEST

START_TEST(quarter_hours_are_kept_day_by_day_and_survive_a_restart)
{
    struct saved item;
    area_run(&w, 2000);
    ck_assert_int_gt(w.saves[SAVED_METER], 3);
    ck_assert_int_eq(engine_saved(w.engine, SAVED_METER, HALL, &item), 0);
    ck_assert_str_eq(item.id, "building/hall.2026-01-05");
    saved_free(&item);
    ck_assert_int_eq(engine_saved(w.engine, SAVED_METER, AREA, &item), 0);
    ck_assert_str_eq(item.id, "area.2026-01-05");
    saved_free(&item);
    ck_assert_int_eq(engine_saved(w.engine, SAVED_METER, AREA + 3, &item), AEMS_E_NOT_FOUND); // nothing of yesterday
    double before_wh = sum_wh(HALL, w.now.utc_ms - 3 * SLOT, w.now.utc_ms + SLOT);
    area_restart(&w, 5000);
    draw(60e3, 40e3, 100e3);
    ck_assert_double_eq_tol(sum_wh(HALL, w.now.utc_ms - 3 * SLOT, w.now.utc_ms + SLOT), before_wh, 0.1);
    area_run(&w, 695);
    ck_assert_double_eq_tol((double)meter_slot_at(meter(HALL), w.now.utc_ms - 1)->mean_w, 100e3, 100);
}
END_TEST

START_TEST(the_last_quarter_hour_of_a_day_is_kept_after_midnight)
{
    struct saved item;
    w.now.utc_ms += 14 * 3600000 - SLOT; // 23:45
    area_run(&w, 905);
    ck_assert_int_eq(engine_saved(w.engine, SAVED_METER, 3 + AREA, &item), 0);
    ck_assert_str_eq(item.id, "area.2026-01-05");
    ck_assert_ptr_nonnull(strstr(item.json, "]]"));
    saved_free(&item);
}
END_TEST

START_TEST(a_day_of_the_future_or_of_a_stranger_is_not_taken_over)
{
    struct saved item, other = {.kind = SAVED_METER, .id = "building/shop.2026-01-05"};
    area_run(&w, 1000);
    ck_assert_int_eq(engine_saved(w.engine, SAVED_METER, AREA, &item), 0);
    other.json = item.json;
    ck_assert_int_eq(engine_restore(w.engine, &other, w.now), AEMS_E_NOT_FOUND);
    strcpy(other.id, "no date");
    ck_assert_int_eq(engine_restore(w.engine, &other, w.now), AEMS_E_FORMAT);
    w.now.utc_ms -= INT64_C(40) * 86400000;
    engine_free(w.engine);
    area_new_engine(&w);
    ck_assert_int_eq(engine_restore(w.engine, &item, w.now), 0);
    ck_assert_int_eq(meter(AREA)->last_utc_ms, 0);
    saved_free(&item);
}
END_TEST

// ---- events ---------------------------------------------------------------------------------------------------------

START_TEST(an_event_is_settled_when_its_last_quarter_hour_is_complete)
{
    struct dr_event event = play();
    proving_event_over(w.engine, &event, event.until_utc_ms, false);
    area_drain(&w);
    ck_assert_int_eq(w.reports, 0);
    area_run(&w, 1);
    ck_assert_int_eq(w.reports, 1);
    const struct settlement *s = w.report;
    ck_assert_str_eq(s->event, "e1");
    ck_assert_str_eq(s->name, "Evening");
    ck_assert(!s->cancelled);
    ck_assert_uint_eq(s->n_parties, 2); // the flats were not asked
    const struct settled_party *area = &s->parties[0], *hall = &s->parties[1];
    ck_assert_str_eq(area->id, "town");
    ck_assert_double_eq_tol(area->baseline_wh, 100e3, 100);
    ck_assert_double_eq_tol(area->measured_wh, 75e3, 75);
    ck_assert_double_eq_tol(area->delivered_wh, 25e3, 100);
    ck_assert_double_eq_tol(area->requested_wh, 25e3, 100);
    ck_assert_double_eq_tol(area->incentive, 12.5, 0.05);
    ck_assert_str_eq(hall->id, "hall");
    ck_assert_double_eq_tol(hall->requested_wh, 25e3, 25);
    ck_assert_double_eq_tol(hall->delivered_wh, 20e3, 60);
    ck_assert_double_eq_tol(hall->incentive, 20 * 0.3, 0.02);
    ck_assert_double_eq_tol(hall->penalty, 5 * 0.1, 0.01);
    area_run(&w, 30);
    ck_assert_int_eq(w.reports, 1);
}
END_TEST

static void send(const struct dr_event *event)
{
    struct event e = {.kind = EVENT_DR, .dr = {.operation = DR_PUT}};
    ck_assert_int_eq(dr_event_copy(event, &e.dr.event), 0);
    ck_assert_int_eq(area_tell(&w, e), 0);
}

START_TEST(an_event_goes_from_its_arrival_to_its_report_by_itself)
{
    struct dr_event event = event_from(w.now.utc_ms + 2 * SLOT);
    send(&event);
    area_run(&w, 1800);
    ck_assert(!meter_slot_kept(meter(AREA), w.now.utc_ms - 1)->event);
    draw(30e3, 30e3, 90e3);
    area_run(&w, 1800);
    ck_assert(meter_slot_kept(meter(AREA), w.now.utc_ms - 1)->event);
    ck_assert_int_eq(w.reports, 0);
    area_run(&w, 2);
    ck_assert_int_eq(w.reports, 1);
    ck_assert_str_eq(w.report->event, "e1");
    ck_assert(!w.report->cancelled);
    ck_assert_double_eq_tol(w.report->parties[0].measured_wh, 75e3, 75);
    ck_assert_double_eq_tol(w.report->parties[0].requested_wh, 25e3, 100);
    ck_assert(!meter_slot_kept(meter(AREA), w.now.utc_ms)->event);
    area_run(&w, 900);
    ck_assert_int_eq(w.reports, 1);
}
END_TEST

START_TEST(an_event_that_ended_while_nobody_ran_is_settled_from_what_was_measured)
{
    struct dr_event event = event_from(w.now.utc_ms + 2 * SLOT);
    send(&event);
    area_run(&w, 1800);
    draw(30e3, 30e3, 90e3);
    area_run(&w, 900);
    area_restart(&w, 3600000);
    draw(30e3, 30e3, 90e3);
    area_run(&w, 910); // the clock is doubted at first
    ck_assert_int_eq(w.reports, 1);
    const struct settled_party *area = &w.report->parties[0];
    ck_assert_uint_eq(area->n_slots, 2);
    ck_assert(area->slots[0].measured);
    ck_assert(!area->slots[1].measured);
    ck_assert_double_eq_tol(area->measured_wh, 37.5e3, 60);
    ck_assert_double_eq_tol(area->unmeasured_s, 900, 1);
}
END_TEST

START_TEST(the_reports_energy_is_the_meters_to_a_thousandth)
{
    area_run(&w, 1800);
    int64_t from = w.now.utc_ms;
    struct dr_event event = event_from(from);
    double grid_wh = drawn_wh("grid"), hall_wh = drawn_wh("l1") + drawn_wh("l2");
    limit_connection(from, event.until_utc_ms);
    ask_hall(from, event.until_utc_ms, 50e3);
    for (int i = 0; i < 30; i++) {
        draw(20e3 + 1e3 * i, 30e3, 90e3 - 700 * i);
        area_run(&w, 60);
    }
    grid_wh = drawn_wh("grid") - grid_wh;
    hall_wh = drawn_wh("l1") + drawn_wh("l2") - hall_wh;
    proving_event_over(w.engine, &event, event.until_utc_ms, false);
    area_run(&w, 1);
    ck_assert_int_eq(w.reports, 1);
    const struct settled_party *area = &w.report->parties[0], *hall = &w.report->parties[1];
    ck_assert_double_eq_tol(area->measured_wh, grid_wh, grid_wh * 1e-3);
    ck_assert_double_eq_tol(hall->measured_wh, -hall_wh, -hall_wh * 1e-3);
    ck_assert_double_eq_tol(area->delivered_wh, area->baseline_wh - grid_wh, grid_wh * 1e-3);
}
END_TEST

START_TEST(an_event_that_never_began_is_not_settled_and_one_that_was_cut_short_is)
{
    struct dr_event event = event_from(w.now.utc_ms + 2 * SLOT);
    limit_connection(event.from_utc_ms, event.until_utc_ms);
    proving_event_over(w.engine, &event, w.now.utc_ms, true);
    area_run(&w, 1800 + 600);
    ck_assert_int_eq(w.reports, 0);
    proving_event_over(w.engine, &event, w.now.utc_ms, true);
    area_run(&w, 299);
    ck_assert_int_eq(w.reports, 0);
    area_run(&w, 1);
    ck_assert_int_eq(w.reports, 1);
    ck_assert(w.report->cancelled);
    ck_assert_int_eq(w.report->until_utc_ms - w.report->from_utc_ms, 600000);
    ck_assert_uint_eq(w.report->parties[0].n_slots, 1);
    ck_assert_double_eq_tol(w.report->parties[0].measured_wh, 200e3 / 6, 200);
}
END_TEST

START_TEST(prices_alone_are_not_settled_unless_a_report_is_asked_for)
{
    struct dr_signal price = {.kind = DR_PRICE, .until_ms = 1800000, .value = 1};
    area_run(&w, 60);
    struct dr_event event = event_from(w.now.utc_ms - 60000);
    event.signals = &price;
    proving_event_over(w.engine, &event, w.now.utc_ms, false);
    area_run(&w, 900);
    ck_assert_int_eq(w.reports, 0);
    event.wants_report = true;
    proving_event_over(w.engine, &event, w.now.utc_ms, false);
    area_run(&w, 900);
    ck_assert_int_eq(w.reports, 1);
}
END_TEST

START_TEST(a_settlement_under_way_survives_kill_nine)
{
    struct dr_event event = play();
    proving_event_over(w.engine, &event, event.until_utc_ms, false);
    area_drain(&w);
    ck_assert_int_ge(w.saves[SAVED_DR_ENDED], 1);
    area_restart(&w, 1000);
    draw(30e3, 30e3, 90e3);
    int saves = w.saves[SAVED_DR_ENDED];
    area_run(&w, 2);
    ck_assert_int_eq(w.reports, 1);
    ck_assert_double_eq_tol(w.report->parties[0].measured_wh, 75e3, 75);
    ck_assert_double_eq_tol(w.report->parties[1].requested_wh, 25e3, 100);
    ck_assert_int_eq(w.saves[SAVED_DR_ENDED], saves + 1);
    struct saved item;
    ck_assert_int_eq(engine_saved(w.engine, SAVED_DR_ENDED, 0, &item), 0);
    ck_assert_ptr_null(item.json); // to be deleted
}
END_TEST

START_TEST(nothing_of_a_broken_store_is_taken_over)
{
    static const char *const texts[] = {"", "{}", "[]", "{\"event\":{},\"until_ms\":1,\"cancelled\":false}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct saved item = {.kind = SAVED_DR_ENDED, .id = "0", .json = (char *)texts[i]};
        ck_assert_int_lt(engine_restore(w.engine, &item, w.now), 0);
    }
    struct saved item = {.kind = SAVED_DR_ENDED, .id = "64", .json = (char *)texts[3]};
    ck_assert_int_eq(engine_restore(w.engine, &item, w.now), AEMS_E_NOT_FOUND);
    area_run(&w, 10);
}
END_TEST

START_TEST(a_new_configuration_goes_on_with_the_meters)
{
    struct dr_event event = play();
    proving_event_over(w.engine, &event, event.until_utc_ms, false);
    struct engine *former = w.engine;
    area_new_engine(&w);
    engine_adopt(w.engine, former, w.now);
    engine_free(former);
    area_run(&w, 1);
    ck_assert_int_eq(w.reports, 1);
    ck_assert_double_eq_tol(w.report->parties[0].measured_wh, 75e3, 75);
    ck_assert_double_eq_tol(w.report->parties[1].requested_wh, 25e3, 100);
}
END_TEST

START_TEST(an_image_holds_meters_and_events_that_wait)
{
    struct dr_event event = play();
    proving_event_over(w.engine, &event, event.until_utc_ms, false);
    area_drain(&w);
    struct bytes image = {0};
    ck_assert_int_eq(engine_image(w.engine, &image), 0);
    engine_free(w.engine);
    area_new_engine(&w);
    ck_assert_int_eq(engine_take_image(w.engine, image.data, image.length), 0);
    bytes_free(&image);
    area_run(&w, 1);
    ck_assert_int_eq(w.reports, 1);
    ck_assert_double_eq_tol(w.report->parties[0].measured_wh, 75e3, 75);
}
END_TEST

// Of three weeks, the last hour of which was played.
static void end_long_event(void)
{
    struct dr_event event = play();
    struct dr_signal long_limit = {.kind = DR_IMPORT_LIMIT, .until_ms = DR_FOREVER_MS, .value = 150e3};
    event.from_utc_ms -= INT64_C(21) * 86400000;
    event.received_utc_ms = event.until_utc_ms - 3600000;
    event.signals = &long_limit;
    proving_event_over(w.engine, &event, event.until_utc_ms, false);
}

static void assert_long_report(void)
{
    ck_assert_int_eq(w.reports, 1);
    ck_assert_uint_eq(w.report->n_parties, 2);                   // the flats were asked for nothing
    ck_assert_uint_eq(w.report->parties[0].n_slots, 21 * 6 + 1); // of 4 h
    ck_assert_double_eq_tol(w.report->parties[1].requested_wh, 25e3, 100);
}

START_TEST(a_long_event_is_settled_a_party_a_tick)
{
    end_long_event();
    area_run(&w, 2);
    ck_assert_int_eq(w.reports, 0);
    area_run(&w, 1);
    assert_long_report();
    area_run(&w, 10);
    ck_assert_int_eq(w.reports, 1);
}
END_TEST

START_TEST(an_image_in_the_middle_of_a_settlement_has_its_report_in_the_same_tick)
{
    struct bytes image = {0};
    end_long_event();
    area_run(&w, 2);
    ck_assert_int_eq(engine_image(w.engine, &image), 0);
    engine_free(w.engine);
    area_new_engine(&w);
    ck_assert_int_eq(engine_take_image(w.engine, image.data, image.length), 0);
    bytes_free(&image);
    area_run(&w, 1);
    assert_long_report();
}
END_TEST

START_TEST(a_settlement_is_begun_anew_after_a_restart_in_its_middle)
{
    end_long_event();
    area_run(&w, 2);
    struct engine *former = w.engine;
    area_new_engine(&w);
    engine_adopt(w.engine, former, w.now);
    engine_free(former);
    area_run(&w, 3);
    assert_long_report();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core proving");
    TCase *t = tcase_create("proving");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, quarter_hours_add_up_to_what_accounting_has);
    tcase_add_test(t, setting_the_clock_adds_and_loses_nothing);
    tcase_add_test(t, what_one_load_of_a_building_does_not_tell_is_not_made_up);
    tcase_add_test(t, a_clock_that_was_never_set_wipes_nothing_out);
    tcase_add_test(t, quarter_hours_are_kept_day_by_day_and_survive_a_restart);
    tcase_add_test(t, the_last_quarter_hour_of_a_day_is_kept_after_midnight);
    tcase_add_test(t, a_day_of_the_future_or_of_a_stranger_is_not_taken_over);
    tcase_add_test(t, an_event_is_settled_when_its_last_quarter_hour_is_complete);
    tcase_add_test(t, an_event_goes_from_its_arrival_to_its_report_by_itself);
    tcase_add_test(t, an_event_that_ended_while_nobody_ran_is_settled_from_what_was_measured);
    tcase_add_test(t, the_reports_energy_is_the_meters_to_a_thousandth);
    tcase_add_test(t, an_event_that_never_began_is_not_settled_and_one_that_was_cut_short_is);
    tcase_add_test(t, prices_alone_are_not_settled_unless_a_report_is_asked_for);
    tcase_add_test(t, a_settlement_under_way_survives_kill_nine);
    tcase_add_test(t, nothing_of_a_broken_store_is_taken_over);
    tcase_add_test(t, a_new_configuration_goes_on_with_the_meters);
    tcase_add_test(t, an_image_holds_meters_and_events_that_wait);
    tcase_add_test(t, a_long_event_is_settled_a_party_a_tick);
    tcase_add_test(t, an_image_in_the_middle_of_a_settlement_has_its_report_in_the_same_tick);
    tcase_add_test(t, a_settlement_is_begun_anew_after_a_restart_in_its_middle);
    suite_add_tcase(s, t);
    return run_suite(s);
}
