// SPDX-License-Identifier: GPL-3.0-or-later
// Records as bytes: every kind of event and decision comes back as it was; what is cut or damaged is noticed.
#include <check.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "forecast/forecast.h"
#include "replay/record.h"
#include "replay/record_number.h"
#include "tests/unit/area_world.h"
#include "tests/unit/run_suite.h"

static const char area[] = "area: {id: a, latitude: 35, longitude: 140, timezone: Asia/Tokyo}\n"
                           "buses: {b: {}}\n"
                           "tariffs: {t: {import: [{price: 30 /kWh}]}}\n"
                           "grids: {pcc: {bus: b, import_limit: 100 kW, export_limit: 50 kW, tariff: t}}\n"
                           "batteries: {s: {bus: b, capacity: 100 kWh, max_charge: 50 kW, max_discharge: 50 kW}}\n"
                           "chargers: {c: {bus: b, max_charge: 22 kW}}\n"
                           "loads: {l: {bus: b, shape: office, average: 20 kW, peak: 40 kW}}\n";

static struct area_world world;
static struct record_writer *writer;
static struct record_packer *packer;
static struct record_reader *reader;
static struct bytes file;

static void begin(void)
{
    area_start(&world, area, "2026-05-07T09:00:00+09:00");
    const struct record_begin head = {
        .program = "0.0.1", .area = "a", .at = world.now, .speed = 2, .cause = RECORD_RELOADED};
    ck_assert_int_eq(record_writer_new(world.site, &writer), 0);
    ck_assert_int_eq(record_packer_new(&packer), 0);
    ck_assert_int_eq(record_begin(writer, &head, area, world.devices, world.engine), 0);
}

static void finish(void)
{
    record_reader_free(reader);
    record_writer_free(writer);
    record_packer_free(packer);
    reader = NULL;
    bytes_free(&file);
    area_end(&world);
}

static void flush(void)
{
    struct bytes *raw = record_written(writer);
    ck_assert(!raw->failed);
    ck_assert_int_eq(record_pack(packer, raw->data, raw->length, &file), 0);
    raw->length = 0;
}

static void open_reader(void)
{
    flush();
    ck_assert_int_eq(record_reader_new(file.data, file.length, &reader), 0);
}

static struct record_entry *next(enum record_kind kind)
{
    struct record_entry *entry = NULL;
    ck_assert_int_eq(record_next(reader, &entry), 1);
    ck_assert_int_eq(entry->kind, kind);
    return entry;
}

// The next event, past the head of the file.
static const struct event *next_event(enum event_kind kind)
{
    struct record_entry *entry = next(RECORD_EVENT);
    ck_assert_int_eq(entry->event.event.kind, kind);
    return &entry->event.event;
}

static void skip_head(void)
{
    next(RECORD_BEGIN);
    next(RECORD_MEMORY);
}

static void tell(struct event e)
{
    world.now.mono_ms += 997;
    world.now.utc_ms += 1993;
    e.at = world.now;
    record_event(writer, &e);
    record_code(writer, 0);
}

// ---- numbers --------------------------------------------------------------------------------------------------------

START_TEST(numbers_of_every_kind_come_back_to_the_bit)
{
    const double values[] = {0,        -0.0,      1,         -1,    0.1,        3 * 0.1, 123.4,
                             -5e5,     0.001,     7 * 0.001, 1e15,  -1e300,     DBL_MIN, DBL_TRUE_MIN,
                             INFINITY, -INFINITY, NAN,       M_PI,  (float)0.3, 65535,   4503599627e6,
                             1.0 / 3,  1.0 / 3,   2.5,       231.7, 231.8,      231.8,   12345678,
                             0.515,    0.52,      -0.0,      0,     1e-320,     5e-324};
    struct bytes b = {0};
    struct record_number out = {0}, in = {0};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        record_put_number(&b, &out, values[i]);
    struct bytes_in from = bytes_in_of(b.data, b.length);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        double back = record_take_number(&from, &in);
        ck_assert_msg(memcmp(&back, &values[i], sizeof back) == 0, "%zu: %.17g for %.17g", i, back, values[i]);
    }
    ck_assert(!from.failed && from.at == from.end);
    bytes_free(&b);
}
END_TEST

START_TEST(what_registers_count_takes_a_byte_or_two)
{
    struct bytes b = {0};
    struct record_number n = {0};
    record_put_number(&b, &n, 2317 * 0.1);
    b.length = 0;
    for (int i = 0; i < 100; i++)
        record_put_number(&b, &n, (2317 + i % 7) * 0.1);
    ck_assert_uint_le(b.length, 100);
    bytes_free(&b);
}
END_TEST

START_TEST(integers_of_every_size_come_back)
{
    struct bytes b = {0};
    const int64_t values[] = {0, -1, 1, 63, -64, 64, INT64_MAX, INT64_MIN, 300, -300};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        bytes_put_varint(&b, values[i]);
    bytes_put_unsigned(&b, UINT64_MAX);
    bytes_put_text(&b, "text");
    struct bytes_in in = bytes_in_of(b.data, b.length);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        ck_assert_int_eq(bytes_take_varint(&in), values[i]);
    ck_assert(bytes_take_unsigned(&in) == UINT64_MAX);
    char text[5];
    bytes_take_chars(&in, text, sizeof text);
    ck_assert_str_eq(text, "text");
    ck_assert(!in.failed);
    bytes_take_byte(&in);
    ck_assert(in.failed);
    bytes_free(&b);
}
END_TEST

// ---- entries --------------------------------------------------------------------------------------------------------

START_TEST(the_head_stands_alone)
{
    open_reader();
    const struct record_entry *e = next(RECORD_BEGIN);
    ck_assert_str_eq(e->begin.head.program, "0.0.1");
    ck_assert_str_eq(e->begin.head.area, "a");
    ck_assert_int_eq(e->begin.head.cause, RECORD_RELOADED);
    ck_assert_int_eq(e->begin.head.at.utc_ms, world.now.utc_ms);
    ck_assert_str_eq(e->begin.configuration, area);
    ck_assert_uint_eq(e->begin.n_devices, world.site->n_devices);
    for (size_t i = 0; i < e->begin.n_devices; i++)
        ck_assert_int_eq(e->begin.devices[i].kind, world.devices[i].kind);
    e = next(RECORD_MEMORY);
    struct engine *again;
    ck_assert_int_eq(engine_new(world.site, world.devices, world.now, &again), 0);
    ck_assert_int_eq(engine_take_image(again, e->memory.image, e->memory.length), 0);
    engine_free(again);
}
END_TEST

START_TEST(readings_come_back_with_their_status_whatever_device_tells_what)
{
    const struct reading first[] = {{QUANTITY_POWER_W, READING_GOOD, -1234.5},
                                    {QUANTITY_SOC_FRAC, READING_GOOD, 0.515}};
    const struct reading second[] = {{QUANTITY_POWER_W, READING_OUT_OF_RANGE, NAN},
                                     {QUANTITY_SOC_FRAC, READING_MISSING, 0}};
    for (int i = 0; i < 3; i++) {
        tell((struct event){.kind = EVENT_READINGS, .readings = {1, first, 2}});
        tell((struct event){.kind = EVENT_READINGS, .readings = {0, first, 1}});
        tell((struct event){.kind = EVENT_READINGS, .readings = {1, second, 2}});
        tell((struct event){.kind = EVENT_READINGS, .readings = {2, NULL, 0}});
    }
    open_reader();
    skip_head();
    for (int i = 0; i < 3; i++) {
        const struct event *e = next_event(EVENT_READINGS);
        ck_assert_int_eq(e->readings.device, 1);
        ck_assert_uint_eq(e->readings.count, 2);
        ck_assert(e->readings.readings[1].value == 0.515);
        e = next_event(EVENT_READINGS);
        ck_assert_uint_eq(e->readings.count, 1);
        ck_assert(e->readings.readings[0].value == -1234.5);
        e = next_event(EVENT_READINGS);
        ck_assert_int_eq(e->readings.readings[0].status, READING_OUT_OF_RANGE);
        ck_assert(isnan(e->readings.readings[0].value));
        ck_assert_int_eq(e->readings.readings[1].status, READING_MISSING);
        ck_assert_uint_eq(next_event(EVENT_READINGS)->readings.count, 0);
    }
    ck_assert_int_eq(reader != NULL, 1);
}
END_TEST

START_TEST(instants_come_back_whatever_the_clocks_do)
{
    const struct instant times[] = {{0, 0}, {1, 5}, {-7, 1}, {INT64_C(253402300799999), 1}, {3, UINT64_C(1) << 60},
                                    {4, 4}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        record_event(writer, &(struct event){.kind = EVENT_TICK, .at = times[i]});
    open_reader();
    skip_head();
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        const struct event *e = next_event(EVENT_TICK);
        ck_assert_int_eq(e->at.utc_ms, times[i].utc_ms);
        ck_assert(e->at.mono_ms == times[i].mono_ms);
    }
}
END_TEST

START_TEST(events_of_every_other_kind_come_back)
{
    const struct site_price_point points[] = {{.from_utc_ms = 5, .import_price_per_kwh = 0.1, .co2_g_per_kwh = -1},
                                              {.from_utc_ms = 9, .export_price_per_kwh = -2, .lacks_import = true}};
    const struct forecast_weather weather = {7200000, -3.5, NAN, 0.25};
    const struct grid_limit limit = {"dr", 0, 100, 200, 1e3, PLAN_NO_LIMIT_W, 0.5, 7};
    tell((struct event){.kind = EVENT_DEVICE_DOWN, .device_down = {2, "time-out"}});
    tell((struct event){.kind = EVENT_WRITE_RESULT, .write_result = {1, WRITE_MISMATCH, -5000.25, -4999}});
    tell((struct event){.kind = EVENT_PLAN_FAILED, .plan_failed = {"no memory"}});
    tell((struct event){.kind = EVENT_COMMAND, .command = {COMMAND_MANUAL_SETPOINT, 1, 2500, 99}});
    tell((struct event){.kind = EVENT_SESSION, .session = {2, 77, 1, 2, -1}});
    tell((struct event){.kind = EVENT_LIMIT, .limit = limit});
    tell((struct event){.kind = EVENT_PRICES, .prices = {0, points, 2}});
    tell((struct event){.kind = EVENT_WEATHER, .weather = {&weather, 1}});
    tell((struct event){.kind = EVENT_GRID, .grid = {0, true}});
    tell((struct event){.kind = EVENT_OUTAGE,
                        .outage = {OUTAGE_FORCE, "typhoon", -1, ISLAND_ISLANDED, 5, 1 << 20, "drill"}});
    open_reader();
    skip_head();
    const struct event *e = next_event(EVENT_DEVICE_DOWN);
    ck_assert_str_eq(e->device_down.why, "time-out");
    e = next_event(EVENT_WRITE_RESULT);
    ck_assert_int_eq(e->write_result.status, WRITE_MISMATCH);
    ck_assert(e->write_result.power_w == -5000.25 && e->write_result.readback_w == -4999);
    ck_assert_str_eq(next_event(EVENT_PLAN_FAILED)->plan_failed.why, "no memory");
    e = next_event(EVENT_COMMAND);
    ck_assert(e->command.power_w == 2500 && e->command.valid_until_utc_ms == 99 && e->command.asset == 1);
    e = next_event(EVENT_SESSION);
    ck_assert(e->session.asset == 2 && e->session.until_utc_ms == 77 && e->session.energy_wh == -1);
    e = next_event(EVENT_LIMIT);
    ck_assert_int_eq(
        memcmp(&e->limit.from_utc_ms, &limit.from_utc_ms, sizeof limit - offsetof(struct grid_limit, from_utc_ms)), 0);
    ck_assert_str_eq(e->limit.id, "dr");
    e = next_event(EVENT_PRICES);
    ck_assert_uint_eq(e->prices.count, 2);
    ck_assert(e->prices.points[1].lacks_import && !e->prices.points[1].lacks_export);
    ck_assert(e->prices.points[1].export_price_per_kwh == -2 && e->prices.points[0].co2_g_per_kwh == -1);
    e = next_event(EVENT_WEATHER);
    ck_assert(e->weather.count == 1 && e->weather.points[0].outside_degc == -3.5 &&
              isnan(e->weather.points[0].irradiance_wm2));
    ck_assert(next_event(EVENT_GRID)->grid.available);
    e = next_event(EVENT_OUTAGE);
    ck_assert(e->outage.kind == OUTAGE_FORCE && e->outage.island == -1 && e->outage.state == ISLAND_ISLANDED);
    ck_assert(e->outage.from_utc_ms == 5 && e->outage.until_utc_ms == 1 << 20);
    ck_assert_str_eq(e->outage.id, "typhoon");
    ck_assert_str_eq(e->outage.why, "drill");
}
END_TEST

START_TEST(decisions_come_back_and_silent_ones_are_counted)
{
    const struct action publish = {.kind = ACTION_PUBLISH_STATE};
    struct action alarm = {.kind = ACTION_ALARM, .alarm = {.id = "planner", .active = true}};
    tell((struct event){.kind = EVENT_TICK});
    record_action(writer, world.now, &publish, 0);
    record_action(writer, world.now, &(struct action){.kind = ACTION_WRITE, .write = {1, 1, 100.0 / 3, 30000}}, 0);
    record_action(writer, world.now, &(struct action){.kind = ACTION_RELEASE, .release = {2}}, 0);
    record_action(writer, world.now, &alarm, 0);
    record_action(writer, world.now, &(struct action){.kind = ACTION_SOLVE}, UINT64_C(0x123456789abcdef0));
    record_action(writer, world.now, &publish, 0);
    record_action(writer, world.now, &publish, 0);
    record_drained(writer, world.now, false);
    tell((struct event){.kind = EVENT_WRITE_RESULT, .write_result = {1, WRITE_DONE, 100.0 / 3, 100.0 / 3}});
    record_drained(writer, world.now, true);
    open_reader();
    skip_head();
    ck_assert(!next(RECORD_EVENT)->event.quiet);
    const struct record_entry *e = next(RECORD_ACTION);
    ck_assert_uint_eq(e->action.silent, 1);
    ck_assert(e->action.action.write.power_w == 100.0 / 3 && e->action.action.write.lease_ms == 30000);
    e = next(RECORD_ACTION);
    ck_assert_int_eq(e->action.action.release.device, 2);
    e = next(RECORD_ACTION);
    ck_assert(e->action.action.alarm.active);
    ck_assert_str_eq(e->action.action.alarm.id, "planner");
    e = next(RECORD_ACTION);
    ck_assert(e->action.digest == UINT64_C(0x123456789abcdef0));
    e = next(RECORD_DRAINED);
    ck_assert(!e->drained.complete);
    ck_assert_uint_eq(e->drained.silent, 2);
    e = next(RECORD_EVENT);
    ck_assert(e->event.quiet);
    ck_assert(e->event.event.write_result.readback_w == 100.0 / 3);
}
END_TEST

START_TEST(what_the_engine_refused_is_part_of_the_record)
{
    tell((struct event){.kind = EVENT_GRID, .grid = {9, false}});
    record_code(writer, AEMS_E_RANGE);
    tell((struct event){.kind = EVENT_TICK});
    record_drained(writer, world.now, true);
    open_reader();
    skip_head();
    ck_assert_int_eq(next(RECORD_EVENT)->event.code, AEMS_E_RANGE);
    ck_assert_int_eq(next(RECORD_EVENT)->event.code, 0);
}
END_TEST

// ---- endings --------------------------------------------------------------------------------------------------------

static enum record_ending read_all(size_t length, int *ret_events, size_t *ret_bytes)
{
    struct record_entry *entry;
    int found;
    *ret_events = 0;
    ck_assert_int_eq(record_reader_new(file.data, length, &reader), 0);
    while ((found = record_next(reader, &entry)) == 1)
        *ret_events += entry->kind == RECORD_EVENT;
    ck_assert_int_eq(found, 0);
    enum record_ending ending = record_ending(reader, ret_bytes);
    record_reader_free(reader);
    reader = NULL;
    return ending;
}

START_TEST(a_file_may_end_anywhere)
{
    size_t ends[4], bytes;
    int events;
    for (int i = 0; i < 4; i++) {
        tell((struct event){.kind = EVENT_TICK});
        record_drained(writer, world.now, true);
        flush();
        ends[i] = file.length;
    }
    for (size_t length = ends[0]; length < ends[3]; length++) {
        int whole = length < ends[1] ? 1 : length < ends[2] ? 2 : 3;
        enum record_ending ending = read_all(length, &events, &bytes);
        ck_assert_int_eq(events, whole);
        ck_assert_int_eq(ending, length == ends[whole - 1] ? RECORD_OPEN : RECORD_CUT);
        ck_assert_uint_eq(bytes, ends[whole - 1]);
    }
    record_end(writer);
    flush();
    ck_assert_int_eq(read_all(file.length, &events, &bytes), RECORD_WHOLE);
    ck_assert_uint_eq(bytes, file.length);
}
END_TEST

START_TEST(a_changed_byte_is_noticed_wherever_it_is)
{
    int events;
    size_t bytes, first;
    flush();
    first = file.length;
    tell((struct event){.kind = EVENT_DEVICE_DOWN, .device_down = {2, "no answer within the time that it has"}});
    record_end(writer);
    flush();
    for (size_t i = first; i < file.length; i++) {
        file.data[i] ^= 0x01;
        ck_assert_int_ne(read_all(file.length, &events, &bytes), RECORD_WHOLE);
        ck_assert_int_eq(events, 0);
        file.data[i] ^= 0x01;
    }
    ck_assert_int_eq(read_all(file.length, &events, &bytes), RECORD_WHOLE);
    ck_assert_int_eq(events, 1);
}
END_TEST

START_TEST(an_image_of_another_site_is_refused)
{
    struct bytes image = {0};
    struct area_world other;
    ck_assert_int_eq(engine_image(world.engine, &image), 0);
    area_start(&other,
               "area: {id: a, latitude: 35, longitude: 140}\nbuses: {b: {}}\n"
               "batteries: {s: {bus: b, capacity: 100 kWh, max_charge: 50 kW, max_discharge: 50 kW}}\n",
               "2026-05-07T09:00:00+09:00");
    ck_assert_int_eq(engine_take_image(other.engine, image.data, image.length), AEMS_E_FORMAT);
    area_end(&other);
    bytes_free(&image);
}
END_TEST

START_TEST(an_image_that_is_cut_or_changed_never_breaks_an_engine)
{
    struct bytes image = {0};
    ck_assert_int_eq(engine_image(world.engine, &image), 0);
    for (size_t i = 0; i < image.length; i++) {
        struct engine *e;
        struct action a;
        ck_assert_int_eq(engine_new(world.site, world.devices, world.now, &e), 0);
        ck_assert_int_lt(engine_take_image(e, image.data, i), 0);
        engine_free(e);
        image.data[i] ^= 0xFF;
        ck_assert_int_eq(engine_new(world.site, world.devices, world.now, &e), 0);
        if (engine_take_image(e, image.data, image.length) == 0)
            engine_consume(e, &(struct event){.kind = EVENT_TICK, .at = world.now});
        for (int n = 0; n < 100 && engine_produce(e, world.now, &a); n++)
            if (a.kind == ACTION_SOLVE)
                plan_problem_free(a.problem);
            else if (a.kind == ACTION_DR_REPORT)
                settlement_free(a.report);
        engine_free(e);
        image.data[i] ^= 0xFF;
    }
    bytes_free(&image);
}
END_TEST

static TCase *new_case(Suite *suite, const char *name)
{
    TCase *test = tcase_create(name);
    tcase_add_checked_fixture(test, begin, finish);
    suite_add_tcase(suite, test);
    return test;
}

int main(void)
{
    Suite *suite = suite_create("record");
    TCase *test = new_case(suite, "numbers");
    tcase_add_test(test, numbers_of_every_kind_come_back_to_the_bit);
    tcase_add_test(test, what_registers_count_takes_a_byte_or_two);
    tcase_add_test(test, integers_of_every_size_come_back);
    test = new_case(suite, "entries");
    tcase_add_test(test, the_head_stands_alone);
    tcase_add_test(test, readings_come_back_with_their_status_whatever_device_tells_what);
    tcase_add_test(test, instants_come_back_whatever_the_clocks_do);
    tcase_add_test(test, events_of_every_other_kind_come_back);
    tcase_add_test(test, decisions_come_back_and_silent_ones_are_counted);
    tcase_add_test(test, what_the_engine_refused_is_part_of_the_record);
    test = new_case(suite, "endings");
    tcase_add_test(test, a_file_may_end_anywhere);
    tcase_add_test(test, a_changed_byte_is_noticed_wherever_it_is);
    test = new_case(suite, "memory");
    tcase_set_timeout(test, 60);
    tcase_add_test(test, an_image_of_another_site_is_refused);
    tcase_add_test(test, an_image_that_is_cut_or_changed_never_breaks_an_engine);
    return run_suite(suite);
}
