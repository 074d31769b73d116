// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/instant.h"
#include "dr/timeline.h"
#include "tests/unit/run_suite.h"

enum { MINUTE_MS = 60 * 1000, QUARTER_MS = 15 * MINUTE_MS, HOUR_MS = 60 * MINUTE_MS };

static int64_t at(const char *text)
{
    int64_t utc_ms = -1;
    ck_assert_msg(rfc3339_parse(text, &utc_ms) == 0, "%s is refused", text);
    return utc_ms;
}

// Every test begins at this noon.
static int64_t noon(void)
{
    return at("2026-01-14T12:00:00Z");
}

static struct dr_event *event_of(const char *id, int priority, int64_t from_utc_ms, int64_t until_utc_ms)
{
    struct dr_event *e = calloc(1, sizeof *e);
    snprintf(e->id, sizeof e->id, "%s", id);
    e->priority = priority;
    e->grid = -1;
    e->from_utc_ms = from_utc_ms;
    e->until_utc_ms = until_utc_ms;
    e->reference_w = -1;
    e->signals = calloc(DR_MAX_SIGNALS, sizeof *e->signals);
    return e;
}

static void add(struct dr_event *e, enum dr_signal_kind kind, int64_t from_ms, int64_t until_ms, double value)
{
    e->signals[e->n_signals++] = (struct dr_signal){kind, false, from_ms, until_ms, value};
}

// One signal from `from_min` to `to_min` after noon.
static struct dr_event *simple_event(const char *id, int priority, enum dr_signal_kind kind, int from_min, int to_min,
                                     double value)
{
    struct dr_event *e =
        event_of(id, priority, noon() + from_min * (int64_t)MINUTE_MS, noon() + to_min * (int64_t)MINUTE_MS);
    add(e, kind, 0, DR_FOREVER_MS, value);
    return e;
}

static void put(struct dr_timeline *t, struct dr_event *e)
{
    ck_assert_int_eq(dr_timeline_put(t, e), 0);
}

static double value_at(const struct dr_timeline *t, enum dr_signal_kind kind, int64_t utc_ms)
{
    struct dr_signal s;
    return dr_timeline_at(t, -1, kind, utc_ms, &s, NULL) ? s.value : NAN;
}

// What holds at minutes after noon; NAN: nothing.
static void expect(const struct dr_timeline *t, enum dr_signal_kind kind, int minute, double value)
{
    double found = value_at(t, kind, noon() + minute * (int64_t)MINUTE_MS);
    ck_assert_msg(isnan(value) ? isnan(found) : found == value, "minute %d: %g instead of %g", minute, found, value);
}

// ---- overlaps -------------------------------------------------------------------------------------------------------

START_TEST(the_higher_priority_holds_and_the_lower_before_and_after_it)
{
    struct dr_timeline t = {0};
    put(&t, simple_event("long", 5, DR_IMPORT_LIMIT, 0, 120, 50e3));
    put(&t, simple_event("short", 1, DR_IMPORT_LIMIT, 30, 60, 90e3));
    expect(&t, DR_IMPORT_LIMIT, -1, NAN);
    expect(&t, DR_IMPORT_LIMIT, 0, 50e3);
    expect(&t, DR_IMPORT_LIMIT, 29, 50e3);
    expect(&t, DR_IMPORT_LIMIT, 30, 90e3);
    expect(&t, DR_IMPORT_LIMIT, 59, 90e3);
    expect(&t, DR_IMPORT_LIMIT, 60, 50e3);
    expect(&t, DR_IMPORT_LIMIT, 119, 50e3);
    expect(&t, DR_IMPORT_LIMIT, 120, NAN);
    dr_timeline_clear(&t);
}
END_TEST

START_TEST(a_lower_priority_shows_only_where_the_higher_leaves_room)
{
    struct dr_timeline t = {0};
    put(&t, simple_event("high", 0, DR_PRICE, 15, 45, 0.4));
    put(&t, simple_event("early", 1, DR_PRICE, 0, 30, 0.2));
    put(&t, simple_event("late", 1, DR_PRICE, 30, 60, 0.3));
    const double quarters[] = {0.2, 0.4, 0.4, 0.3};
    for (int q = 0; q < 4; q++)
        expect(&t, DR_PRICE, 15 * q, quarters[q]);
    dr_timeline_clear(&t);
}
END_TEST

START_TEST(no_priority_is_the_lowest_of_all)
{
    struct dr_timeline t = {0};
    put(&t, simple_event("none", DR_PRIORITY_NULL, DR_IMPORT_LIMIT, 0, 60, 1e3));
    put(&t, simple_event("low", 1000000, DR_IMPORT_LIMIT, 0, 30, 9e3));
    expect(&t, DR_IMPORT_LIMIT, 10, 9e3);
    expect(&t, DR_IMPORT_LIMIT, 40, 1e3);
    dr_timeline_clear(&t);
}
END_TEST

START_TEST(of_equal_priority_the_stricter_holds_whichever_came_first)
{
    const struct {
        enum dr_signal_kind kind;
        double lax, strict;
    } kinds[] = {{DR_IMPORT_LIMIT, 9e3, 1e3},
                 {DR_EXPORT_LIMIT, 9e3, 0},
                 {DR_SETPOINT, 5e3, -5e3},
                 {DR_SETPOINT_RELATIVE, -1e3, -2e3},
                 {DR_SIMPLE, 1, 3}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int first = 0; first < 2; first++) {
            struct dr_timeline t = {0};
            put(&t, simple_event("a", 3, kinds[k].kind, 0, 60, first == 0 ? kinds[k].lax : kinds[k].strict));
            put(&t, simple_event("b", 3, kinds[k].kind, 0, 60, first == 0 ? kinds[k].strict : kinds[k].lax));
            expect(&t, kinds[k].kind, 30, kinds[k].strict);
            dr_timeline_clear(&t);
        }
}
END_TEST

START_TEST(of_two_equal_prices_in_rank_the_newer_holds)
{
    struct dr_timeline t = {0};
    put(&t, simple_event("z-first", 3, DR_PRICE, 0, 60, 0.9));
    put(&t, simple_event("a-second", 3, DR_PRICE, 0, 30, 0.1));
    expect(&t, DR_PRICE, 10, 0.1);
    expect(&t, DR_PRICE, 40, 0.9);
    dr_timeline_clear(&t);
}
END_TEST

START_TEST(nested_events_come_back_one_after_the_other)
{
    struct dr_timeline t = {0};
    put(&t, simple_event("outer", 9, DR_SIMPLE, 0, 90, 1));
    put(&t, simple_event("middle", 5, DR_SIMPLE, 15, 75, 2));
    put(&t, simple_event("inner", 1, DR_SIMPLE, 30, 60, 0));
    const double quarters[] = {1, 2, 0, 0, 2, 1, NAN};
    for (int q = 0; q < 7; q++)
        expect(&t, DR_SIMPLE, 15 * q, quarters[q]);
    dr_timeline_clear(&t);
}
END_TEST

START_TEST(every_kind_is_resolved_by_itself)
{
    struct dr_timeline t = {0};
    put(&t, simple_event("price", 0, DR_PRICE, 0, 60, 0.5));
    put(&t, simple_event("limit", 9, DR_IMPORT_LIMIT, 0, 60, 4e3));
    expect(&t, DR_PRICE, 30, 0.5);
    expect(&t, DR_IMPORT_LIMIT, 30, 4e3);
    expect(&t, DR_EXPORT_LIMIT, 30, NAN);
    dr_timeline_clear(&t);
}
END_TEST

START_TEST(events_of_a_connection_and_of_the_area_do_not_hide_each_other)
{
    struct dr_timeline t = {0};
    struct dr_signal s;
    const struct dr_event *whose;
    struct dr_event *north = simple_event("north", 0, DR_IMPORT_LIMIT, 0, 60, 1e3);
    north->grid = 0;
    put(&t, north);
    put(&t, simple_event("area", 9, DR_IMPORT_LIMIT, 0, 60, 5e3));
    expect(&t, DR_IMPORT_LIMIT, 10, 5e3);
    ck_assert(dr_timeline_at(&t, 0, DR_IMPORT_LIMIT, noon(), &s, &whose));
    ck_assert_double_eq(s.value, 1e3);
    ck_assert_str_eq(whose->id, "north");
    ck_assert(!dr_timeline_at(&t, 1, DR_IMPORT_LIMIT, noon(), &s, NULL));
    dr_timeline_clear(&t);
}
END_TEST

// Six events that overlap in every way, put in by every one of the 720 permutations: the same course each time, for
// their order of acceptance is part of them.
static struct dr_event *one_of_six(int i)
{
    static const struct {
        int priority, from_min, to_min;
        double value;
    } six[] = {{2, 0, 60, 3e3},  {2, 30, 90, 3e3}, {1, 45, 50, 8e3}, {DR_PRIORITY_NULL, -30, 200, 1e3},
               {2, 55, 70, 2e3}, {7, 80, 120, 6e3}};
    char id[8];
    snprintf(id, sizeof id, "e%d", i);
    struct dr_event *e =
        simple_event(id, six[i].priority, DR_IMPORT_LIMIT, six[i].from_min, six[i].to_min, six[i].value);
    e->order = (uint64_t)i + 1;
    return e;
}

START_TEST(what_holds_does_not_depend_on_the_order_in_which_a_timeline_is_filled)
{
    double course[250];
    for (int permutation = 0; permutation < 720; permutation++) {
        struct dr_timeline t = {0};
        int left[] = {0, 1, 2, 3, 4, 5}, code = permutation;
        for (int n = 6; n > 0; n--) {
            int pick = code % n;
            code /= n;
            put(&t, one_of_six(left[pick]));
            memmove(&left[pick], &left[pick + 1], (size_t)(n - 1 - pick) * sizeof *left);
        }
        for (int minute = -40; minute < 210; minute++) {
            double value = value_at(&t, DR_IMPORT_LIMIT, noon() + minute * (int64_t)MINUTE_MS);
            value = isnan(value) ? -1 : value;
            if (permutation == 0)
                course[minute + 40] = value;
            ck_assert_double_eq(value, course[minute + 40]);
        }
        ck_assert_uint_eq(t.order, 6);
        for (size_t i = 1; i < t.count; i++)
            ck_assert_uint_lt(t.events[i - 1]->order, t.events[i]->order);
        dr_timeline_clear(&t);
    }
    ck_assert_double_eq(course[40 + 47], 8e3);
    ck_assert_double_eq(course[40 + 60], 2e3);
    ck_assert_double_eq(course[40 + 100], 6e3);
    ck_assert_double_eq(course[40 + 150], 1e3);
}
END_TEST

// ---- changes --------------------------------------------------------------------------------------------------------

START_TEST(a_newer_version_takes_the_place_of_the_older_as_a_whole)
{
    struct dr_timeline t = {0};
    put(&t, simple_event("e", 1, DR_IMPORT_LIMIT, 0, 60, 1e3));
    put(&t, simple_event("other", 1, DR_IMPORT_LIMIT, 0, 60, 7e3));
    struct dr_event *update = simple_event("e", 1, DR_IMPORT_LIMIT, 30, 90, 2e3);
    update->modified_utc_ms = 1;
    put(&t, update);
    ck_assert_uint_eq(t.count, 2);
    expect(&t, DR_IMPORT_LIMIT, 10, 7e3);
    expect(&t, DR_IMPORT_LIMIT, 40, 2e3);
    expect(&t, DR_IMPORT_LIMIT, 80, 2e3);
    dr_timeline_clear(&t);
}
END_TEST

START_TEST(an_older_version_never_replaces_a_newer)
{
    struct dr_timeline t = {0};
    struct dr_event *newer = simple_event("e", 1, DR_IMPORT_LIMIT, 0, 60, 1e3), *older;
    newer->modified_utc_ms = 2000;
    put(&t, newer);
    older = simple_event("e", 1, DR_IMPORT_LIMIT, 0, 60, 9e3);
    older->modified_utc_ms = 1999;
    ck_assert_int_eq(dr_timeline_put(&t, older), AEMS_E_REFUSED);
    expect(&t, DR_IMPORT_LIMIT, 10, 1e3);
    dr_event_free(older);
    dr_timeline_clear(&t);
}
END_TEST

START_TEST(another_sender_can_neither_replace_nor_withdraw)
{
    struct dr_timeline t = {0};
    struct dr_event *mine = simple_event("e", 1, DR_IMPORT_LIMIT, 0, 60, 1e3), *theirs;
    snprintf(mine->sender, sizeof mine->sender, "tso");
    put(&t, mine);
    theirs = simple_event("e", 0, DR_IMPORT_LIMIT, 0, 60, 9e3);
    ck_assert_int_eq(dr_timeline_put(&t, theirs), AEMS_E_STATE);
    ck_assert_int_eq(dr_timeline_withdraw(&t, "e", ""), AEMS_E_STATE);
    ck_assert_int_eq(dr_timeline_withdraw(&t, "f", "tso"), AEMS_E_NOT_FOUND);
    ck_assert_int_eq(dr_timeline_withdraw(&t, "e", "tso"), 0);
    ck_assert_uint_eq(t.count, 0);
    dr_event_free(theirs);
}
END_TEST

START_TEST(a_full_timeline_still_takes_new_versions_of_what_it_knows)
{
    struct dr_timeline t = {0};
    char id[8];
    for (int i = 0; i < DR_MAX_EVENTS; i++) {
        snprintf(id, sizeof id, "e%d", i);
        put(&t, simple_event(id, 1, DR_IMPORT_LIMIT, 0, 60, 1e3));
    }
    struct dr_event *more = simple_event("more", 1, DR_IMPORT_LIMIT, 0, 60, 1e3);
    ck_assert_int_eq(dr_timeline_put(&t, more), AEMS_E_LIMIT);
    put(&t, simple_event("e7", 1, DR_IMPORT_LIMIT, 0, 60, 500));
    expect(&t, DR_IMPORT_LIMIT, 10, 500);
    ck_assert_ptr_nonnull(dr_timeline_find(&t, "e63"));
    ck_assert_ptr_null(dr_timeline_find(&t, "more"));
    dr_event_free(more);
    dr_timeline_clear(&t);
}
END_TEST

START_TEST(events_that_are_over_are_handed_over_one_by_one)
{
    struct dr_timeline t = {0};
    put(&t, simple_event("a", 1, DR_IMPORT_LIMIT, 0, 30, 1e3));
    put(&t, simple_event("b", 1, DR_IMPORT_LIMIT, 0, 60, 1e3));
    put(&t, simple_event("nothing", 1, DR_IMPORT_LIMIT, 100, 100, 1e3));
    struct dr_event *nothing = dr_timeline_take_over(&t, noon());
    ck_assert_str_eq(nothing->id, "nothing");
    ck_assert_ptr_null(dr_timeline_take_over(&t, noon() + 30 * MINUTE_MS - 1));
    struct dr_event *a = dr_timeline_take_over(&t, noon() + 30 * MINUTE_MS);
    ck_assert_str_eq(a->id, "a");
    ck_assert_ptr_null(dr_timeline_take_over(&t, noon() + 30 * MINUTE_MS));
    dr_event_free(nothing);
    dr_event_free(a);
    dr_timeline_clear(&t);
}
END_TEST

// ---- turns, spans and changes ---------------------------------------------------------------------------------------

START_TEST(signals_come_again_until_the_event_ends_in_the_middle_of_a_turn)
{
    struct dr_timeline t = {0};
    struct dr_event *e = event_of("loop", 1, noon(), noon() + 2 * HOUR_MS + 10 * MINUTE_MS);
    e->turn_ms = HOUR_MS;
    add(e, DR_SIMPLE, 0, QUARTER_MS, 1);
    add(e, DR_SIMPLE, QUARTER_MS, 2 * QUARTER_MS, 2);
    put(&t, e);
    const double quarters[] = {1, 2, NAN, NAN, 1, 2, NAN, NAN, 1, NAN};
    for (int q = 0; q < 10; q++)
        expect(&t, DR_SIMPLE, 15 * q, quarters[q]);
    expect(&t, DR_SIMPLE, 129, 1);
    expect(&t, DR_SIMPLE, 130, NAN);
    const int changes[] = {0, 15, 30, 60, 75, 90, 120, 130};
    int64_t now_ms = noon() - 1;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        now_ms = dr_timeline_next_change(&t, now_ms);
        ck_assert_int_eq(now_ms, noon() + changes[i] * (int64_t)MINUTE_MS);
    }
    ck_assert_int_eq(dr_timeline_next_change(&t, now_ms), DR_FOREVER_MS);
    dr_timeline_clear(&t);
}
END_TEST

static const struct dr_signal *look_through(const struct dr_event *e, enum dr_signal_kind kind, int64_t utc_ms)
{
    int64_t since_ms = utc_ms - e->from_utc_ms;
    if (utc_ms < e->from_utc_ms || utc_ms >= e->until_utc_ms)
        return NULL;
    since_ms = e->turn_ms > 0 ? since_ms % e->turn_ms : since_ms;
    for (size_t i = 0; i < e->n_signals; i++)
        if (e->signals[i].kind == kind && since_ms >= e->signals[i].from_ms && since_ms < e->signals[i].until_ms)
            return &e->signals[i];
    return NULL;
}

static void assert_touches(const struct dr_event *e, int64_t from_utc_ms, int64_t to_utc_ms)
{
    for (size_t i = 0; i < e->n_signals; i++) {
        bool touched = false;
        for (int64_t ms = from_utc_ms; ms < to_utc_ms; ms++)
            touched |= dr_event_signal_at(e, e->signals[i].kind, ms) == &e->signals[i];
        ck_assert_int_eq(dr_event_touches(e, &e->signals[i], from_utc_ms, to_utc_ms), touched);
    }
}

static void assert_next_change(const struct dr_timeline *t, const struct dr_event *plain, int64_t utc_ms)
{
    int64_t next_ms = dr_timeline_next_change(t, utc_ms);
    bool same = next_ms > utc_ms;
    for (int64_t ms = utc_ms + 1; ms < next_ms && ms <= plain->until_utc_ms; ms++)
        for (enum dr_signal_kind k = 0; k < 4; k++)
            same &= look_through(plain, k, ms) == look_through(plain, k, ms - 1);
    ck_assert(same);
}

// Kinds in any order, gaps between them, with and without turns.
START_TEST(signals_are_found_as_by_looking_through_them_all)
{
    srand(7);
    for (int round = 0; round < 40; round++) {
        struct dr_timeline t = {0};
        struct dr_event *e = event_of("e", 1, noon(), noon() + 300), *copy = NULL;
        int64_t ends[DR_SIGNAL_COUNT] = {0};
        e->turn_ms = round % 2 * 100;
        for (int i = 0; i < 30; i++) {
            enum dr_signal_kind kind = (enum dr_signal_kind)(rand() % 4);
            int64_t from = ends[kind] + rand() % 9;
            ends[kind] = from + 1 + rand() % 9;
            if (e->turn_ms == 0 || ends[kind] <= e->turn_ms)
                add(e, kind, from, ends[kind], i);
        }
        ck_assert_int_eq(dr_event_copy(e, &copy), 0);
        put(&t, e);
        for (int span = 0; span < 4; span++) {
            int64_t from = noon() - 20 + rand() % 330;
            assert_touches(e, from, from + rand() % 140);
        }
        for (int64_t ms = -2; ms < 303; ms += 7)
            assert_next_change(&t, copy, noon() + ms);
        for (int64_t ms = -2; ms < 303; ms++)
            for (int kind = 0; kind < DR_SIGNAL_COUNT; kind++) {
                const struct dr_signal *s = look_through(copy, (enum dr_signal_kind)kind, noon() + ms);
                double found = value_at(&t, (enum dr_signal_kind)kind, noon() + ms);
                if (s == NULL ? !isnan(found) : found != s->value) // an assertion each would take most of the time
                    ck_abort_msg("round %d: kind %d at %d ms", round, kind, (int)ms);
            }
        dr_event_free(copy);
        dr_timeline_clear(&t);
    }
}
END_TEST

START_TEST(an_event_that_ends_early_cuts_its_signals_off)
{
    struct dr_timeline t = {0};
    struct dr_event *e = event_of("cut", 1, noon(), noon() + 20 * MINUTE_MS);
    add(e, DR_IMPORT_LIMIT, 0, QUARTER_MS, 1e3);
    add(e, DR_IMPORT_LIMIT, QUARTER_MS, HOUR_MS, 2e3);
    put(&t, e);
    expect(&t, DR_IMPORT_LIMIT, 14, 1e3);
    expect(&t, DR_IMPORT_LIMIT, 19, 2e3);
    expect(&t, DR_IMPORT_LIMIT, 20, NAN);
    dr_timeline_clear(&t);
}
END_TEST

START_TEST(an_event_without_end_holds_beyond_2038_and_to_the_last_year)
{
    struct dr_timeline t = {0};
    struct dr_event *e = event_of("ever", 1, noon(), DR_FOREVER_MS);
    add(e, DR_IMPORT_LIMIT, 0, DR_FOREVER_MS, 1e3);
    put(&t, e);
    ck_assert_double_eq(value_at(&t, DR_IMPORT_LIMIT, at("2038-01-19T03:14:07.999Z")), 1e3);
    ck_assert_double_eq(value_at(&t, DR_IMPORT_LIMIT, at("2038-01-19T03:14:08Z")), 1e3);
    ck_assert_double_eq(value_at(&t, DR_IMPORT_LIMIT, at("9999-12-31T23:59:58Z")), 1e3);
    ck_assert_int_eq(dr_timeline_next_change(&t, noon()), DR_FOREVER_MS);
    ck_assert_ptr_null(dr_timeline_take_over(&t, at("2099-01-01T00:00:00Z")));
    dr_timeline_clear(&t);
}
END_TEST

START_TEST(an_event_of_2038_begins_and_ends_to_the_millisecond)
{
    struct dr_timeline t = {0};
    struct dr_event *e = event_of("y2038", 1, at("2038-01-19T03:14:07Z"), at("2038-01-19T03:14:09Z"));
    add(e, DR_SIMPLE, 0, 1000, 1);
    add(e, DR_SIMPLE, 1000, 2000, 2);
    put(&t, e);
    ck_assert_int_eq(dr_timeline_next_change(&t, noon()), at("2038-01-19T03:14:07Z"));
    ck_assert_int_eq(dr_timeline_next_change(&t, at("2038-01-19T03:14:07Z")), at("2038-01-19T03:14:08Z"));
    ck_assert_double_eq(value_at(&t, DR_SIMPLE, at("2038-01-19T03:14:07.999Z")), 1);
    ck_assert_double_eq(value_at(&t, DR_SIMPLE, at("2038-01-19T03:14:08Z")), 2);
    ck_assert(isnan(value_at(&t, DR_SIMPLE, at("2038-01-19T03:14:09Z"))));
    dr_timeline_clear(&t);
}
END_TEST

// A leap second has no instant of its own: what goes over one is as long as ever.
START_TEST(a_leap_second_neither_shortens_nor_stretches_an_event)
{
    struct dr_timeline t = {0};
    struct dr_event *e = event_of("leap", 1, at("2016-12-31T23:59:58Z"), at("2017-01-01T00:00:02Z"));
    e->turn_ms = 2000;
    add(e, DR_SIMPLE, 0, 1000, 1);
    add(e, DR_SIMPLE, 1000, 2000, 2);
    put(&t, e);
    int64_t now_ms = e->from_utc_ms;
    for (int second = 0; second < 4; second++, now_ms = dr_timeline_next_change(&t, now_ms)) {
        ck_assert_int_eq(now_ms, e->from_utc_ms + second * 1000);
        ck_assert_double_eq(value_at(&t, DR_SIMPLE, now_ms), second % 2 + 1);
    }
    ck_assert_int_eq(now_ms, at("2017-01-01T00:00:02Z"));
    dr_timeline_clear(&t);
}
END_TEST

START_TEST(a_local_day_has_92_quarter_hours_in_spring_and_100_in_autumn)
{
    const struct {
        const char *from, *until;
        int quarters;
    } days[] = {{"2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 92},
                {"2026-06-01T00:00:00+02:00", "2026-06-02T00:00:00+02:00", 96},
                {"2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 100}};
    for (size_t d = 0; d < sizeof days / sizeof *days; d++) {
        struct dr_timeline t = {0};
        struct dr_event *e = event_of("day", 1, at(days[d].from), at(days[d].until));
        e->turn_ms = 2 * QUARTER_MS;
        add(e, DR_SIMPLE, 0, QUARTER_MS, 1);
        add(e, DR_SIMPLE, QUARTER_MS, 2 * QUARTER_MS, 2);
        put(&t, e);
        int quarters = 0;
        for (int64_t now_ms = at(days[d].from); now_ms < at(days[d].until); quarters++) {
            int64_t next_ms = dr_timeline_next_change(&t, now_ms);
            ck_assert_int_eq(next_ms - now_ms, QUARTER_MS);
            now_ms = next_ms;
        }
        ck_assert_int_eq(quarters, days[d].quarters);
        dr_timeline_clear(&t);
    }
}
END_TEST

START_TEST(the_strictest_within_a_span_counts_only_what_really_holds)
{
    struct dr_timeline t = {0};
    double value = -1;
    put(&t, simple_event("high", 0, DR_IMPORT_LIMIT, 0, 30, 9e3));
    put(&t, simple_event("hidden", 5, DR_IMPORT_LIMIT, 0, 30, 1e3));
    put(&t, simple_event("later", 5, DR_IMPORT_LIMIT, 45, 60, 4e3));
    ck_assert(dr_timeline_strictest(&t, -1, DR_IMPORT_LIMIT, noon(), noon() + 40 * MINUTE_MS, &value));
    ck_assert_double_eq(value, 9e3);
    ck_assert(dr_timeline_strictest(&t, -1, DR_IMPORT_LIMIT, noon(), noon() + 45 * MINUTE_MS + 1, &value));
    ck_assert_double_eq(value, 4e3);
    ck_assert(
        !dr_timeline_strictest(&t, -1, DR_IMPORT_LIMIT, noon() + 30 * MINUTE_MS, noon() + 45 * MINUTE_MS, &value));
    ck_assert(!dr_timeline_strictest(&t, -1, DR_EXPORT_LIMIT, noon(), noon() + HOUR_MS, &value));
    dr_timeline_clear(&t);
}
END_TEST

START_TEST(a_mean_counts_the_time_in_which_something_holds)
{
    struct dr_timeline t = {0};
    double value = -1, share = -1;
    put(&t, simple_event("a", 1, DR_PRICE, 0, 15, 0.2));
    put(&t, simple_event("b", 1, DR_PRICE, 15, 45, 0.5));
    ck_assert(dr_timeline_mean(&t, -1, DR_PRICE, noon(), noon() + HOUR_MS, &value, &share));
    ck_assert_double_eq_tol(value, 0.4, 1e-12);
    ck_assert_double_eq_tol(share, 0.75, 1e-12);
    ck_assert(!dr_timeline_mean(&t, -1, DR_PRICE, noon() + 45 * MINUTE_MS, noon() + HOUR_MS, &value, &share));
    dr_timeline_clear(&t);
}
END_TEST

START_TEST(turns_of_a_millisecond_over_a_year_are_still_answered_and_strictly)
{
    struct dr_timeline t = {0};
    double value = -1, share = -1;
    struct dr_event *e = event_of("hum", 1, noon(), noon() + INT64_C(366) * 24 * HOUR_MS);
    e->turn_ms = 2;
    add(e, DR_IMPORT_LIMIT, 0, 1, 5e3);
    add(e, DR_IMPORT_LIMIT, 1, 2, 3e3);
    put(&t, e);
    put(&t, simple_event("far", 2, DR_IMPORT_LIMIT, 600, 700, 1e3));
    ck_assert(dr_timeline_strictest(&t, -1, DR_IMPORT_LIMIT, noon(), noon() + 24 * HOUR_MS, &value));
    ck_assert_double_eq(value, 1e3); // the hidden one counts where the walk gives up: on the safe side
    ck_assert(dr_timeline_mean(&t, -1, DR_IMPORT_LIMIT, noon(), noon() + 24 * HOUR_MS, &value, &share));
    ck_assert_double_eq_tol(value, 4e3, 1e-6);
    ck_assert_double_eq(share, 1);
    dr_timeline_clear(&t);
}
END_TEST

static Suite *dr_timeline_suite(void)
{
    Suite *suite = suite_create("dr_timeline");
    TCase *overlap = tcase_create("overlap"), *change = tcase_create("change"), *time = tcase_create("time");
    tcase_add_test(overlap, the_higher_priority_holds_and_the_lower_before_and_after_it);
    tcase_add_test(overlap, a_lower_priority_shows_only_where_the_higher_leaves_room);
    tcase_add_test(overlap, no_priority_is_the_lowest_of_all);
    tcase_add_test(overlap, of_equal_priority_the_stricter_holds_whichever_came_first);
    tcase_add_test(overlap, of_two_equal_prices_in_rank_the_newer_holds);
    tcase_add_test(overlap, nested_events_come_back_one_after_the_other);
    tcase_add_test(overlap, every_kind_is_resolved_by_itself);
    tcase_add_test(overlap, events_of_a_connection_and_of_the_area_do_not_hide_each_other);
    tcase_add_test(overlap, what_holds_does_not_depend_on_the_order_in_which_a_timeline_is_filled);
    tcase_add_test(change, a_newer_version_takes_the_place_of_the_older_as_a_whole);
    tcase_add_test(change, an_older_version_never_replaces_a_newer);
    tcase_add_test(change, another_sender_can_neither_replace_nor_withdraw);
    tcase_add_test(change, a_full_timeline_still_takes_new_versions_of_what_it_knows);
    tcase_add_test(change, events_that_are_over_are_handed_over_one_by_one);
    tcase_add_test(time, signals_come_again_until_the_event_ends_in_the_middle_of_a_turn);
    tcase_add_test(time, signals_are_found_as_by_looking_through_them_all);
    tcase_add_test(time, an_event_that_ends_early_cuts_its_signals_off);
    tcase_add_test(time, an_event_without_end_holds_beyond_2038_and_to_the_last_year);
    tcase_add_test(time, an_event_of_2038_begins_and_ends_to_the_millisecond);
    tcase_add_test(time, a_leap_second_neither_shortens_nor_stretches_an_event);
    tcase_add_test(time, a_local_day_has_92_quarter_hours_in_spring_and_100_in_autumn);
    tcase_add_test(time, the_strictest_within_a_span_counts_only_what_really_holds);
    tcase_add_test(time, a_mean_counts_the_time_in_which_something_holds);
    tcase_add_test(time, turns_of_a_millisecond_over_a_year_are_still_answered_and_strictly);
    suite_add_tcase(suite, overlap);
    suite_add_tcase(suite, change);
    suite_add_tcase(suite, time);
    return suite;
}

int main(void)
{
    return run_suite(dr_timeline_suite());
}
