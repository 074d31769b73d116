// SPDX-License-Identifier: GPL-3.0-or-later
// A recorded day of a block with jumping loads, clouds, vehicles and a demand response: everything is decided again as
// it was, from the beginning and from the middle of it, and what was tampered with is noticed.
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/instant.h"
#include "recording.h"
#include "replay/repeat.h"
#include "tests/unit/run_suite.h"

enum { HALF_DAY_S = 43200, FLUSH_S = 10 };

static const char *config_path;
static struct recording morning, evening; // of the one run that all tests look at
static struct closed_loop *loop;

static void record_a_day(void)
{
    struct closed_loop_options options = {.seed = 3,
                                          .load_steps = 0.3,
                                          .clouds = 0.7,
                                          .meter_noise_frac = 0.001,
                                          .meter_step_w = 10,
                                          .dr_every_days = 1,
                                          .dr_limit_w = 500e3};
    ck_assert_int_eq(rfc3339_parse("2026-05-07T00:00:00+09:00", &options.start_utc_ms), 0);
    ck_assert_int_eq(closed_loop_open(config_path, &options, &loop), 0);
    ck_assert_int_eq(recording_start(&morning, loop, config_path, RECORD_STARTED), 0);
    ck_assert_int_eq(recording_run(&morning, HALF_DAY_S, FLUSH_S), 0);
    ck_assert_int_eq(recording_stop(&morning, true), 0);
    ck_assert_int_eq(recording_start(&evening, loop, config_path, RECORD_NEW_DAY), 0);
    ck_assert_int_eq(recording_run(&evening, HALF_DAY_S, FLUSH_S), 0);
    ck_assert_int_eq(recording_stop(&evening, false), 0);
}

static void end_the_day(void)
{
    recording_free(&morning);
    recording_free(&evening);
    closed_loop_close(loop);
}

static void print(const char *what, const struct recording *r, const struct repeat_figures *f)
{
    printf("%s: %zu bytes (%zu before packing), %zu events, %zu of %zu setpoints, %zu of %zu problems\n", what,
           r->file.length, r->raw, f->events, f->equal[REPEAT_SETPOINT], f->recorded[REPEAT_SETPOINT],
           f->equal[REPEAT_PROBLEM], f->recorded[REPEAT_PROBLEM]);
    for (size_t i = 0; i < f->n_differences && i < REPEAT_MAX_DIFFERENCES; i++) {
        const struct repeat_difference *d = &f->differences[i];
        printf("  %s %s: %.17g %.17g %d %d %s\n", repeat_kind_name(d->kind), d->what, d->recorded_w, d->repeated_w,
               d->was_recorded, d->was_repeated, d->reason);
    }
    fflush(stdout); // a failed test ends at once
}

// What forecasts keep of former days may be less than all that they have learned: problems of a later day may differ.
static void assert_exact(const char *what, const struct recording *r, enum record_ending ending, bool problems_too)
{
    struct repeat_figures f;
    ck_assert_int_eq(repeat_record(r->file.data, r->file.length, NULL, &f), 0);
    print(what, r, &f);
    ck_assert(!f.cold);
    ck_assert_int_eq(f.ending, ending);
    ck_assert_uint_eq(f.bytes, r->file.length);
    ck_assert_uint_eq(f.ticks, HALF_DAY_S);
    ck_assert_uint_gt(f.recorded[REPEAT_SETPOINT], 10000);
    ck_assert_uint_gt(f.recorded[REPEAT_PROBLEM], HALF_DAY_S / 300 - 5);
    for (int kind = 0; kind < REPEAT_KIND_COUNT; kind++)
        if (kind != REPEAT_PROBLEM || problems_too)
            ck_assert_uint_eq(f.equal[kind], f.recorded[kind]);
}

START_TEST(a_recorded_day_is_decided_again_to_the_bit)
{
    assert_exact("from the start", &morning, RECORD_WHOLE, true);
}
END_TEST

START_TEST(a_record_that_begins_in_the_middle_stands_alone)
{
    assert_exact("from the middle", &evening, RECORD_OPEN, false);
}
END_TEST

// ---- other records of the same ------------------------------------------------------------------------------------

struct copying { // a record read and written again, with some readings changed on its way
    struct recording *to;
    struct site *site;
    struct engine *engine;
    size_t readings, tamper_with; // number of the grid meters' first reading that is changed; 0: none
};

static void copy_memory(struct copying *c, const struct record_entry *begin, const struct record_entry *memory)
{
    ck_assert_int_eq(engine_new(closed_loop_site(loop), begin->begin.devices, begin->begin.head.at, &c->engine), 0);
    ck_assert_int_eq(engine_take_image(c->engine, memory->memory.image, memory->memory.length), 0);
    ck_assert_int_eq(
        record_begin(c->to->writer, &begin->begin.head, begin->begin.configuration, begin->begin.devices, c->engine),
        0);
    engine_free(c->engine);
}

// For a minute or so: a single odd reading is not believed.
static bool is_tampered(struct copying *c)
{
    size_t number = c->readings++;
    return c->tamper_with > 0 && number >= c->tamper_with && number < c->tamper_with + 200;
}

static bool is_of_grid(int device)
{
    const struct site *s = closed_loop_site(loop);
    return s->assets[s->devices[device].asset].kind == ASSET_GRID;
}

static void copy_event(struct copying *c, const struct record_entry *entry)
{
    struct event e = entry->event.event;
    struct reading readings[16];
    if (e.kind == EVENT_READINGS && is_of_grid(e.readings.device) && is_tampered(c)) {
        memcpy(readings, e.readings.readings, e.readings.count * sizeof *readings);
        readings[0].value += 50e3;
        e.readings.readings = readings;
    }
    record_event(c->to->writer, &e);
    record_code(c->to->writer, entry->event.code);
    if (entry->event.quiet)
        record_drained(c->to->writer, e.at, true);
}

static void copy_silent(struct copying *c, struct instant now, size_t count)
{
    const struct action silent = {.kind = ACTION_PUBLISH_STATE};
    for (size_t i = 0; i < count; i++)
        record_action(c->to->writer, now, &silent, 0);
}

static void copy(const struct recording *from, struct recording *to, size_t tamper_with)
{
    struct record_reader *reader;
    struct record_entry *entry, begin = {0};
    struct copying c = {.to = to, .tamper_with = tamper_with};
    *to = (struct recording){0};
    ck_assert_int_eq(record_writer_new(closed_loop_site(loop), &to->writer), 0);
    ck_assert_int_eq(record_packer_new(&to->packer), 0);
    ck_assert_int_eq(record_reader_new(from->file.data, from->file.length, &reader), 0);
    while (record_next(reader, &entry) == 1) {
        if (entry->kind == RECORD_BEGIN) {
            begin = *entry;
        } else if (entry->kind == RECORD_MEMORY) {
            copy_memory(&c, &begin, entry);
        } else if (entry->kind == RECORD_EVENT) {
            copy_event(&c, entry);
        } else if (entry->kind == RECORD_ACTION) {
            copy_silent(&c, entry->action.now, entry->action.silent);
            record_action(to->writer, entry->action.now, &entry->action.action, entry->action.digest);
        } else if (entry->kind == RECORD_DRAINED) {
            copy_silent(&c, entry->drained.now, entry->drained.silent);
            record_drained(to->writer, entry->drained.now, entry->drained.complete);
        }
    }
    record_reader_free(reader);
    record_end(to->writer);
    ck_assert_int_eq(recording_flush(to), 0);
}

START_TEST(what_is_read_and_written_again_is_the_same_record)
{
    struct recording again;
    copy(&morning, &again, 0);
    assert_exact("written again", &again, RECORD_WHOLE, true);
    ck_assert_uint_eq(again.raw, morning.raw);
    recording_free(&again);
}
END_TEST

START_TEST(a_tampered_reading_is_noticed)
{
    struct recording other;
    struct repeat_figures f;
    copy(&morning, &other, 20000);
    ck_assert_int_eq(repeat_record(other.file.data, other.file.length, NULL, &f), 0);
    print("tampered with", &other, &f);
    ck_assert(!repeat_is_exact(&f));
    ck_assert_uint_gt(f.equal[REPEAT_SETPOINT], 1000);
    ck_assert_int_gt(f.differences[0].utc_ms, f.from_utc_ms);
    recording_free(&other);
}
END_TEST

START_TEST(a_cut_file_is_read_up_to_its_last_whole_chunk)
{
    for (int i = 1; i < 4; i += 2) {
        struct repeat_figures f;
        size_t length = morning.file.length * (size_t)i / 8;
        ck_assert_int_eq(repeat_record(morning.file.data, length, NULL, &f), 0);
        ck_assert_uint_eq(f.n_differences, 0);
        ck_assert_int_eq(f.ending, RECORD_CUT);
        ck_assert_uint_gt(f.ticks, HALF_DAY_S / 16);
        ck_assert_uint_lt(f.bytes, length);
        ck_assert_uint_gt(f.bytes, length - 200000);
    }
}
END_TEST

START_TEST(a_damaged_file_is_read_up_to_the_damage)
{
    struct repeat_figures f;
    struct bytes damaged = {0};
    bytes_put(&damaged, morning.file.data, morning.file.length);
    damaged.data[damaged.length / 2] ^= 0x10;
    ck_assert_int_eq(repeat_record(damaged.data, damaged.length, NULL, &f), 0);
    ck_assert_int_eq(f.ending, RECORD_DAMAGED);
    ck_assert_uint_eq(f.n_differences, 0);
    ck_assert_uint_gt(f.ticks, HALF_DAY_S / 8);
    bytes_free(&damaged);
}
END_TEST

START_TEST(a_file_that_is_no_record_is_refused_with_a_sentence)
{
    struct repeat_figures f;
    ck_assert_int_lt(repeat_record("time,load\n", 10, NULL, &f), 0);
    ck_assert_str_eq(f.why, "it is no record");
    ck_assert_int_lt(repeat_record(morning.file.data, 100, NULL, &f), 0);
    ck_assert_str_eq(f.why, "it has no sound beginning");
}
END_TEST

// At a rate of one and a half events a second and device; see docs/replay.md.
START_TEST(a_day_fits_into_some_megabytes)
{
    ck_assert_uint_lt(morning.file.length + evening.file.length, 20u << 20);
}
END_TEST

int main(int argc, char **argv)
{
    config_path = argc > 1 ? argv[1] : "tests/closed_loop/block.yaml";
    Suite *suite = suite_create("record");
    TCase *test = tcase_create("a day");
    tcase_set_timeout(test, 280);
    tcase_add_unchecked_fixture(test, record_a_day, end_the_day);
    tcase_add_test(test, a_recorded_day_is_decided_again_to_the_bit);
    tcase_add_test(test, a_record_that_begins_in_the_middle_stands_alone);
    tcase_add_test(test, what_is_read_and_written_again_is_the_same_record);
    tcase_add_test(test, a_tampered_reading_is_noticed);
    tcase_add_test(test, a_cut_file_is_read_up_to_its_last_whole_chunk);
    tcase_add_test(test, a_damaged_file_is_read_up_to_the_damage);
    tcase_add_test(test, a_file_that_is_no_record_is_refused_with_a_sentence);
    tcase_add_test(test, a_day_fits_into_some_megabytes);
    suite_add_tcase(suite, test);
    return run_suite(suite);
}
