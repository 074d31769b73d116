// SPDX-License-Identifier: GPL-3.0-or-later
// Events of the grid operator in records: as they were, and repeated with the same decisions to the bit.
#include "base/bytes.h"
#include "dr_world.h"
#include "replay/record.h"
#include "replay/repeat.h"
#include "tests/unit/run_suite.h"

static const char SITE[] =
    DR_HEAD("UTC", ", default_import_limit: 320 kW, failsafe: {enabled: true, import_limit: 350 kW}") DR_HOUSE
    "modbus: {wire: {tcp: \"127.0.0.1:502\"}}\n"
    "devices:\n"
    "  grid: {link: wire, unit: 1, profile: generic-meter, asset: grid, poll: 1 s}\n"
    "  bat: {link: wire, unit: 3, profile: generic-battery, asset: bat, poll: 1 s, control: true}\n"
    "  hall: {link: wire, unit: 4, profile: generic-meter, asset: hall, poll: 1 s}\n";

static struct record_writer *writer;
static struct record_packer *packer;
static struct record_reader *reader;
static struct bytes file;

static void setup(void)
{
    dr_start_area(SITE, "2026-01-05T12:00:00Z");
    const struct record_begin head = {
        .program = "0.0.1", .area = "dr", .at = w.now, .speed = 1, .cause = RECORD_STARTED};
    ck_assert_int_eq(record_writer_new(w.site, &writer), 0);
    ck_assert_int_eq(record_packer_new(&packer), 0);
    ck_assert_int_eq(record_begin(writer, &head, SITE, w.devices, w.engine), 0);
}

static void teardown(void)
{
    record_reader_free(reader);
    record_writer_free(writer);
    record_packer_free(packer);
    reader = NULL;
    bytes_free(&file);
    area_end(&w);
}

static void flush(void)
{
    struct bytes *raw = record_written(writer);
    ck_assert(!raw->failed);
    ck_assert_int_eq(record_pack(packer, raw->data, raw->length, &file), 0);
    raw->length = 0;
}

// As the daemon does it: recorded, consumed, carried out, recorded. Returns what the engine said.
static int tell(struct event event)
{
    struct action a;
    event.at = w.now;
    record_event(writer, &event);
    int code = engine_consume(w.engine, &event);
    record_code(writer, code);
    while (engine_produce(w.engine, w.now, &a)) {
        uint64_t digest = 0;
        if (a.kind == ACTION_SOLVE)
            ck_assert_int_eq(record_problem_digest(a.problem, &digest), 0);
        record_action(writer, w.now, &a, digest);
        if (a.kind == ACTION_WRITE)
            w.things[a.write.asset].goal_w = a.write.power_w;
        if (a.kind == ACTION_SOLVE)
            plan_problem_free(a.problem);
    }
    record_drained(writer, w.now, true);
    return code;
}

static void put(struct dr_event *e, int expected)
{
    ck_assert_int_eq(tell((struct event){.kind = EVENT_DR, .dr = {.operation = DR_PUT, .event = e}}), expected);
    if (expected < 0)
        dr_event_free(e);
}

static void seconds(int n)
{
    for (int s = 0; s < n; s++) {
        w.now.utc_ms += 1000;
        w.now.mono_ms += 1000;
        battery->power_w = battery->goal_w;
        hall->power_w += s % 2 ? 1 : -1;
        for (int i = 0; i < (int)w.site->n_assets; i++) {
            struct reading r[] = {
                {.quantity = QUANTITY_POWER_W, .value = i == 0 ? area_grid_w(&w) : w.things[i].power_w},
                {.quantity = QUANTITY_SOC_FRAC, .value = w.things[i].soc}};
            tell((struct event){.kind = EVENT_READINGS, .readings = {i, r, isnan(w.things[i].soc) ? 1 : 2}});
        }
        tell((struct event){.kind = EVENT_TICK});
    }
}

static const struct event *next_event(enum event_kind kind)
{
    struct record_entry *entry = NULL;
    do
        ck_assert_int_eq(record_next(reader, &entry), 1);
    while (entry->kind != RECORD_EVENT);
    ck_assert_int_eq(entry->event.event.kind, kind);
    return &entry->event.event;
}

START_TEST(what_was_said_comes_back)
{
    struct dr_event *e = dr_asked("e-1", DR_IMPORT_LIMIT, 1e5 / 3, 0, 60),
                    *of_grid = dr_asked("e-2", DR_PRICE, 0.5, 0, 60);
    of_grid->grid = 0;
    put(e, 0);
    put(of_grid, 0);
    put(dr_asked("bad", DR_IMPORT_LIMIT, NAN, 0, 60), AEMS_E_REFUSED);
    tell((struct event){.kind = EVENT_DR, .dr = {.operation = DR_WITHDRAW, .id = "e-1", .sender = ""}});
    tell((struct event){.kind = EVENT_DR_SENDER, .dr_sender = {DR_SENDER_LOST}});
    flush();
    ck_assert_int_eq(record_reader_new(file.data, file.length, &reader), 0);
    const struct event *back = next_event(EVENT_DR);
    ck_assert_str_eq(back->dr.event->id, "e-1");
    ck_assert_int_eq(back->dr.event->grid, -1);
    ck_assert(back->dr.event->signals[0].value == 1e5 / 3);
    back = next_event(EVENT_DR);
    ck_assert_int_eq(back->dr.event->grid, 0);
    back = next_event(EVENT_DR);
    ck_assert_int_eq(back->dr.operation, DR_PUT);
    ck_assert_ptr_null(back->dr.event); // nothing that could be
    back = next_event(EVENT_DR);
    ck_assert_int_eq(back->dr.operation, DR_WITHDRAW);
    ck_assert_str_eq(back->dr.id, "e-1");
    ck_assert_str_eq(back->dr.sender, "");
    ck_assert_int_eq(next_event(EVENT_DR_SENDER)->dr_sender.kind, DR_SENDER_LOST);
}
END_TEST

START_TEST(a_record_with_events_is_repeated_to_the_bit)
{
    struct repeat_figures f;
    seconds(5);
    tell((struct event){.kind = EVENT_DR_SENDER, .dr_sender = {DR_HEARTBEAT}});
    put(dr_asked("e", DR_IMPORT_LIMIT, 250e3, 0, 40), 0);
    seconds(10);
    put(dr_asked("e", DR_SIMPLE, 3, 0, 40), 0);
    put(dr_asked("bad", DR_IMPORT_LIMIT, -1, 0, 60), AEMS_E_REFUSED);
    seconds(10);
    tell((struct event){.kind = EVENT_DR, .dr = {.operation = DR_WITHDRAW, .id = "e", .sender = ""}});
    tell((struct event){.kind = EVENT_DR, .dr = {.operation = DR_WITHDRAW, .id = "e", .sender = ""}});
    put(dr_asked("later", DR_SETPOINT_RELATIVE, -100e3, 10, 60), 0);
    tell((struct event){.kind = EVENT_DR_SENDER, .dr_sender = {DR_SENDER_LOST}});
    seconds(130); // the heartbeat is lost as well
    record_end(writer);
    flush();
    const struct repeat_watch watch = {0};
    ck_assert_msg(repeat_record(file.data, file.length, &watch, &f) == 0, "%s", f.why);
    ck_assert_uint_gt(f.recorded[REPEAT_SETPOINT], 5);
    ck_assert_uint_gt(f.recorded[REPEAT_ALARM], 3);
    for (size_t i = 0; i < f.n_differences && i < REPEAT_MAX_DIFFERENCES; i++)
        fprintf(stderr, "%s: %g instead of %g\n", repeat_kind_name(f.differences[i].kind), f.differences[i].repeated_w,
                f.differences[i].recorded_w);
    ck_assert(!f.cold);
    ck_assert(repeat_is_exact(&f));
}
END_TEST

static Suite *record_dr_suite(void)
{
    Suite *suite = suite_create("record dr");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, what_was_said_comes_back);
    tcase_add_test(all, a_record_with_events_is_repeated_to_the_bit);
    tcase_set_timeout(all, 60);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return run_suite(record_dr_suite());
}
