// SPDX-License-Identifier: GPL-3.0-or-later
// An event by itself: as text and back, copied, and judged.
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/instant.h"
#include "dr/event.h"
#include "tests/unit/run_suite.h"

enum { HOUR_MS = 3600 * 1000 };

static struct site_grid grids[] = {{.id = "north"}, {.id = "south"}};
static const struct site area = {.grids = grids, .n_grids = 2};

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

static struct dr_event *full_event(void)
{
    struct dr_event *e = event_of("Ev_1-x", 7, noon() + 1, noon() + HOUR_MS + 3);
    snprintf(e->name, sizeof e->name, "H\xc3\xa4lfte \"jetzt\"");
    snprintf(e->program, sizeof e->program, "p-1");
    snprintf(e->sender, sizeof e->sender, "tso");
    snprintf(e->text, sizeof e->text, "storm");
    snprintf(e->notes, sizeof e->notes, "ignored: CURVE");
    e->grid = 1;
    e->received_utc_ms = noon() - 5;
    e->modified_utc_ms = noon() - 7;
    e->order = 12345678901;
    e->turn_ms = HOUR_MS;
    e->reference_w = 123456.789012345678;
    e->wants_report = true;
    add(e, DR_SETPOINT, 0, 1, -0.1);
    add(e, DR_PRICE, 0, HOUR_MS, 1.0 / 3);
    add(e, DR_SETPOINT, 1, 2, nextafter(1, 2));
    add(e, DR_CHARGE_STATE, 5, 9, 42);
    e->signals[3].is_energy = true;
    dr_event_sort(e);
    return e;
}

static void assert_same(const struct dr_event *a, const struct dr_event *b)
{
    struct dr_event x = *a, y = *b;
    x.signals = y.signals = NULL;
    ck_assert_mem_eq(&x, &y, sizeof x); // both were zero before they were filled
    for (size_t i = 0; i < a->n_signals; i++) {
        const struct dr_signal *s = &a->signals[i], *u = &b->signals[i];
        ck_assert(s->kind == u->kind && s->is_energy == u->is_energy && s->from_ms == u->from_ms);
        ck_assert(s->until_ms == u->until_ms && memcmp(&s->value, &u->value, sizeof s->value) == 0);
    }
}

START_TEST(an_event_comes_back_from_its_text_to_the_last_bit)
{
    struct dr_event *e = full_event(), *back = NULL, *copy = NULL;
    char *text = NULL, *again = NULL;
    ck_assert_int_eq(dr_event_to_json(e, &area, &text), 0);
    ck_assert_ptr_null(strchr(text, '\n'));
    ck_assert_int_eq(dr_event_from_json(text, strlen(text), &area, &back), 0);
    assert_same(e, back);
    ck_assert_int_eq(dr_event_copy(e, &copy), 0);
    assert_same(e, copy);
    ck_assert_int_eq(dr_event_to_json(back, &area, &again), 0);
    ck_assert_str_eq(text, again);
    free(text);
    free(again);
    dr_event_free(e);
    dr_event_free(back);
    dr_event_free(copy);
    dr_event_free(NULL);
}
END_TEST

START_TEST(the_text_of_an_event_names_its_connection_so_that_another_configuration_aims_at_the_same)
{
    static struct site_grid turned[] = {{.id = "south"}, {.id = "east"}};
    static const struct site other = {.grids = turned, .n_grids = 2}, gone = {.grids = &turned[1], .n_grids = 1};
    struct dr_event *e = full_event(), *back = NULL;
    char *text = NULL;
    ck_assert_int_eq(dr_event_to_json(e, &area, &text), 0);
    ck_assert_int_eq(dr_event_from_json(text, strlen(text), &other, &back), 0);
    ck_assert_int_eq(back->grid, 0);
    dr_event_free(back);
    ck_assert_int_eq(dr_event_from_json(text, strlen(text), &gone, &back), AEMS_E_NOT_FOUND);
    free(text);
    dr_event_free(e);
}
END_TEST

// `text` with the first `from` of it replaced.
static char *with(const char *text, const char *from, const char *to)
{
    const char *found = strstr(text, from);
    char *out = NULL;
    ck_assert_msg(found != NULL, "%s is not in %s", from, text);
    ck_assert_int_gt(asprintf(&out, "%.*s%s%s", (int)(found - text), text, to, found + strlen(from)), 0);
    return out;
}

START_TEST(a_text_that_this_program_did_not_write_is_refused)
{
    static const char *const slips[][2] = {{"\"Ev_1-x\"", "\"a b\""},
                                           {"\"Ev_1-x\"", "\"\""},
                                           {"\"priority\":7", "\"priority\":-1"},
                                           {"\"order\":1", "\"order\":-1"},
                                           {"123456.", "1e300, \"more\":1."},
                                           {"123456.", "-123456."},
                                           {"-0.1", "1e11"},
                                           {"-0.1", "null"},
                                           {"DISPATCH_SETPOINT", "CURVE"},
                                           {"[\"PRICE\",0,", "[\"PRICE\",-1,"},
                                           {"[\"PRICE\",0,3600000,", "[\"PRICE\",0,3600001,"},
                                           {"[\"PRICE\",0,", "[\"PRICE\",3600000,"},
                                           {",1,2,", ",0,2,"},
                                           {"\"turn_ms\":3600000", "\"turn_ms\":1"},
                                           {"\"spread_ms\":0", "\"spread_ms\":86400001"},
                                           {"\"shift_ms\":0", "\"shift_ms\":1"},
                                           {"\"wants_report\":true", "\"wants_report\":1"},
                                           {"{", "{\"extra\":1,"},
                                           {"\"grid\":\"south\"", "\"grid\":1"},
                                           {"{", "[{"}};
    struct dr_event *e = full_event(), *back = NULL;
    char *text = NULL;
    ck_assert_int_eq(dr_event_to_json(e, &area, &text), 0);
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        char *wrong = with(text, slips[i][0], slips[i][1]);
        ck_assert_msg(dr_event_from_json(wrong, strlen(wrong), &area, &back) == AEMS_E_FORMAT, "%s is taken", wrong);
        free(wrong);
    }
    for (size_t length = 0; length < strlen(text); length++)
        ck_assert_int_eq(dr_event_from_json(text, length, &area, &back), AEMS_E_FORMAT);
    ck_assert_ptr_null(back);
    free(text);
    dr_event_free(e);
}
END_TEST

START_TEST(an_event_that_cannot_be_is_not_written)
{
    struct dr_event *e = full_event();
    char *text = NULL;
    e->name[1] = '\xff';
    ck_assert_int_eq(dr_event_to_json(e, &area, &text), AEMS_E_FORMAT);
    e->name[0] = '\0';
    ck_assert(dr_event_is_sound(e, 2));
    ck_assert(!dr_event_is_sound(e, 1));
    e->signals[0].value = NAN;
    ck_assert_int_eq(dr_event_to_json(e, &area, &text), AEMS_E_FORMAT);
    e->signals[0] = (struct dr_signal){DR_SIMPLE, false, 0, 1, 1.5};
    ck_assert(!dr_event_is_sound(e, 2));
    e->signals[0].value = 4;
    ck_assert(!dr_event_is_sound(e, 2));
    e->signals[0].value = 3;
    ck_assert(dr_event_is_sound(e, 2));
    ck_assert_ptr_null(text);
    dr_event_free(e);
}
END_TEST

static Suite *dr_event_suite(void)
{
    Suite *suite = suite_create("dr_event");
    TCase *text = tcase_create("text");
    tcase_add_test(text, an_event_comes_back_from_its_text_to_the_last_bit);
    tcase_add_test(text, the_text_of_an_event_names_its_connection_so_that_another_configuration_aims_at_the_same);
    tcase_add_test(text, a_text_that_this_program_did_not_write_is_refused);
    tcase_add_test(text, an_event_that_cannot_be_is_not_written);
    suite_add_tcase(suite, text);
    return suite;
}

int main(void)
{
    return run_suite(dr_event_suite());
}
