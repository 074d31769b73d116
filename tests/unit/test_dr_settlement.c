// SPDX-License-Identifier: GPL-3.0-or-later
// What an event asked for, what was delivered and what that is worth: every figure worked out by hand.
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/instant.h"
#include "base/local_time.h"
#include "dr/settlement.h"
#include "tests/unit/run_suite.h"

static const int64_t SLOT = 900000, HOUR = 3600000;

static struct site site = {.dr = {.levels = {0.8, 0.5, 0.2}, .emergency_frac = 0.1}};
static struct meter meter;
static struct dr_signal signals[8];
static struct dr_event event;
static struct settled_party p;

static int64_t at(const char *text)
{
    int64_t utc_ms = 0;
    ck_assert_int_eq(rfc3339_parse(text, &utc_ms), 0);
    return utc_ms;
}

#define FROM "2026-01-16T05:00:00Z"

static void setup(void)
{
    ck_assert_int_eq(local_time_set_zone("Asia/Tokyo"), 0);
    ck_assert_int_eq(meter_start(&meter), 0);
    site.dr.floor_w = 0;
    p = (struct settled_party){.method = BASELINE_METER_BEFORE};
    event = (struct dr_event){.id = "e1",
                              .grid = -1,
                              .priority = DR_PRIORITY_NULL,
                              .received_utc_ms = at(FROM),
                              .from_utc_ms = at(FROM),
                              .until_utc_ms = at(FROM) + HOUR,
                              .signals = signals,
                              .reference_w = 1000};
}

static void teardown(void)
{
    settled_party_free(&p);
    meter_free(&meter);
}

static void draw(int64_t from, int64_t to, double power_w)
{
    meter_count(&meter, from, to, power_w * (double)(to - from) / 3600e3);
}

static void ask(enum dr_signal_kind kind, double value, int64_t from_ms, int64_t until_ms)
{
    signals[event.n_signals++] =
        (struct dr_signal){.kind = kind, .from_ms = from_ms, .until_ms = until_ms, .value = value};
}

// The half hour before draws 1 kW; the hour of the event as told.
static void settle(double first_w, double second_w, double third_w, double fourth_w)
{
    const double w[] = {first_w, second_w, third_w, fourth_w};
    draw(event.from_utc_ms - 2 * SLOT, event.from_utc_ms, 1000);
    for (int i = 0; i < 4; i++)
        if (isfinite(w[i]))
            draw(event.from_utc_ms + i * SLOT, event.from_utc_ms + (i + 1) * SLOT, w[i]);
    ck_assert_int_eq(settle_slots(&p, &site, &meter, &event, event.until_utc_ms), 0);
    settle_request_of_event(&p, &site, &event);
    settle_sums(&p);
}

START_TEST(what_is_delivered_is_the_baseline_less_the_meter)
{
    ask(DR_IMPORT_LIMIT, 600, 0, HOUR);
    settle(500, 600, 800, 1100);
    ck_assert(p.has_baseline);
    ck_assert_uint_eq(p.n_slots, 4);
    static const double delivered[] = {500, 400, 200, -100};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(p.slots[i].until_utc_ms - p.slots[i].from_utc_ms, SLOT);
        ck_assert_double_eq_tol(p.slots[i].baseline_w, 1000, 1e-3);
        ck_assert_double_eq_tol(p.slots[i].requested_w, 400, 1e-3);
        ck_assert_double_eq_tol(p.slots[i].delivered_w, delivered[i], 1e-3);
    }
    ck_assert_double_eq_tol(p.requested_wh, 400, 1e-3);
    ck_assert_double_eq_tol(p.delivered_wh, (500 + 400 + 200 - 100) / 4.0, 1e-3);
    ck_assert_double_eq_tol(p.measured_wh, (500 + 600 + 800 + 1100) / 4.0, 1e-3);
    ck_assert_double_eq_tol(p.baseline_wh, 1000, 1e-3);
}
END_TEST

START_TEST(a_fixed_incentive_pays_up_to_what_was_asked_for_slot_by_slot)
{
    ask(DR_IMPORT_LIMIT, 600, 0, HOUR);
    settle(500, 600, 800, 1100);
    settle_money(&p, INCENTIVE_FIXED, 10, 4);
    ck_assert_double_eq_tol(p.incentive, (0.4 + 0.4 + 0.2 + 0) / 4 * 10, 1e-6);
    ck_assert_double_eq_tol(p.penalty, (0 + 0 + 0.2 + 0.4) / 4 * 4, 1e-6);
}
END_TEST

START_TEST(critical_peak_costs_what_is_drawn)
{
    ask(DR_IMPORT_LIMIT, 600, 0, HOUR);
    settle(500, 600, 800, 1100);
    settle_money(&p, INCENTIVE_CRITICAL_PEAK, 10, 4);
    ck_assert_double_eq(p.incentive, 0);
    ck_assert_double_eq_tol(p.penalty, 0.75 * 10, 1e-6);
}
END_TEST

START_TEST(a_rebate_pays_the_sum_below_the_baseline_asked_for_or_not)
{
    settle_money(&p, INCENTIVE_REBATE, 10, 4);
    ck_assert_double_eq(p.incentive, 0);
    ask(DR_PRICE, 1.5, 0, HOUR);
    settle(500, 600, 800, 1100);
    ck_assert_double_eq(p.requested_wh, 0);
    settle_money(&p, INCENTIVE_REBATE, 10, 4);
    ck_assert_double_eq_tol(p.incentive, 0.25 * 10, 1e-6);
    ck_assert_double_eq(p.penalty, 0);
    settle_money(&p, INCENTIVE_TIME_OF_USE, 10, 4);
    ck_assert_double_eq(p.incentive, 0);
    ck_assert_double_eq(p.penalty, 0);
}
END_TEST

START_TEST(what_was_not_measured_is_neither_paid_nor_owed)
{
    ask(DR_IMPORT_LIMIT, 600, 0, HOUR);
    settle(500, NAN, 800, 600);
    settle_money(&p, INCENTIVE_FIXED, 10, 4);
    ck_assert(!p.slots[1].measured);
    ck_assert(isnan(p.slots[1].delivered_w));
    ck_assert_double_eq_tol(p.unmeasured_s, 900, 1e-9);
    ck_assert_double_eq_tol(p.requested_wh, 400, 1e-3);
    ck_assert_double_eq_tol(p.incentive, (0.4 + 0.2 + 0.4) / 4 * 10, 1e-6);
    ck_assert_double_eq_tol(p.penalty, 0.2 / 4 * 4, 1e-6);
}
END_TEST

START_TEST(without_a_baseline_only_what_was_drawn_is_said)
{
    ask(DR_IMPORT_LIMIT, 600, 0, HOUR);
    p.method = BASELINE_HIGH_4_OF_5;
    settle(500, 600, 800, 1100);
    settle_money(&p, INCENTIVE_FIXED, 10, 4);
    ck_assert(!p.has_baseline);
    ck_assert_double_eq_tol(p.measured_wh, 750, 1e-3);
    ck_assert_double_eq(p.delivered_wh, 0);
    ck_assert_double_eq(p.requested_wh, 0);
    ck_assert_double_eq(p.incentive + p.penalty, 0);
    ck_assert(isnan(p.slots[0].baseline_w));
    ck_assert(isnan(p.slots[0].requested_w)); // less than what, nobody knows
}
END_TEST

START_TEST(what_is_not_known_without_a_baseline_is_null_as_text)
{
    struct settlement s = {.event = "e1", .from_utc_ms = at(FROM), .until_utc_ms = at(FROM) + HOUR};
    struct settlement *other = NULL;
    char *text = NULL;
    ask(DR_IMPORT_LIMIT, 600, 0, HOUR);
    p.method = BASELINE_HIGH_4_OF_5;
    settle(500, 600, 800, 1100);
    strcpy(p.id, "town");
    s.parties = &p;
    s.n_parties = 1;
    ck_assert_int_eq(settlement_to_json(&s, &text), 0);
    ck_assert_ptr_nonnull(strstr(text, "\"requested_wh\":null,\"delivered_wh\":null,\"measured_wh\":750.0"));
    ck_assert_ptr_nonnull(strstr(text, "\"baseline_wh\":null"));
    ck_assert_int_eq(settlement_from_json(text, strlen(text), &other), 0);
    ck_assert_double_eq(other->parties[0].delivered_wh, 0);
    ck_assert(isnan(other->parties[0].slots[0].requested_w));
    settlement_free(other);
    free(text);
}
END_TEST

START_TEST(each_kind_of_signal_asks_in_its_own_way)
{
    static const struct {
        enum dr_signal_kind kind;
        double value, requested_w;
    } cases[] = {{DR_IMPORT_LIMIT, 1200, 0},
                 {DR_SETPOINT, 300, 700},
                 {DR_SETPOINT, -300, 1000},
                 {DR_SETPOINT_RELATIVE, 200, 0},
                 {DR_SETPOINT_RELATIVE, -200, 200},
                 {DR_SIMPLE, 0, 0},
                 {DR_SIMPLE, 1, 200},
                 {DR_SIMPLE, 3, 800},
                 {DR_EMERGENCY, 1, 900},
                 {DR_GHG, 500, 0},
                 {DR_EXPORT_LIMIT, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        teardown();
        setup();
        event.n_signals = 0;
        ask(cases[i].kind, cases[i].value, 0, HOUR);
        settle(900, 900, 900, 900);
        ck_assert_msg(fabs(p.slots[2].requested_w - cases[i].requested_w) < 1e-3, "%s %g: %g",
                      dr_signal_name(cases[i].kind), cases[i].value, p.slots[2].requested_w);
    }
}
END_TEST

START_TEST(a_limit_below_the_floor_asks_down_to_the_floor)
{
    site.dr.floor_w = 250;
    ask(DR_IMPORT_LIMIT, 100, 0, HOUR);
    settle(900, 900, 900, 900);
    ck_assert_double_eq_tol(p.slots[0].requested_w, 750, 1e-3);
}
END_TEST

START_TEST(a_change_within_a_slot_counts_by_its_time)
{
    ask(DR_IMPORT_LIMIT, 400, 0, 300000);
    ask(DR_IMPORT_LIMIT, 1000, 300000, HOUR);
    settle(900, 900, 900, 900);
    ck_assert_double_eq_tol(p.slots[0].requested_w, 200, 1e-3);
    ck_assert_double_eq_tol(p.slots[1].requested_w, 0, 1e-3);
}
END_TEST

START_TEST(a_slot_that_the_event_cuts_counts_what_flowed_during_the_event)
{
    int64_t from = at(FROM);
    event.from_utc_ms = from + 300000;
    event.until_utc_ms = from + HOUR + 300000;
    ask(DR_IMPORT_LIMIT, 600, 0, HOUR);
    draw(from - 2 * SLOT, from + 300000, 1000);
    draw(from + 300000, from + HOUR + 300000, 600);
    meter_mark(&meter, from + 300000, from + SLOT, 100, 0);
    meter_mark(&meter, from + HOUR, from + HOUR + 300000, 50, 0);
    draw(from + HOUR + 300000, from + HOUR + SLOT, 1500);
    ck_assert_int_eq(settle_slots(&p, &site, &meter, &event, event.until_utc_ms), 0);
    settle_request_of_event(&p, &site, &event);
    settle_sums(&p);
    ck_assert_uint_eq(p.n_slots, 5);
    ck_assert_int_eq(p.slots[0].until_utc_ms - p.slots[0].from_utc_ms, 600000);
    ck_assert_double_eq_tol(p.slots[0].measured_w, 600, 0.01);
    ck_assert_double_eq_tol(p.slots[4].measured_w, 600, 0.01);
    ck_assert_double_eq_tol(p.measured_wh, 600, 0.01);
    ck_assert_double_eq_tol(p.delivered_wh, 400, 0.01);
}
END_TEST

START_TEST(an_event_that_was_cancelled_is_settled_up_to_then)
{
    ask(DR_IMPORT_LIMIT, 600, 0, HOUR);
    draw(event.from_utc_ms - 2 * SLOT, event.from_utc_ms, 1000);
    draw(event.from_utc_ms, event.until_utc_ms, 700);
    ck_assert_int_eq(settle_slots(&p, &site, &meter, &event, event.from_utc_ms + 2 * SLOT), 0);
    settle_sums(&p);
    ck_assert_uint_eq(p.n_slots, 2);
    ck_assert_double_eq_tol(p.delivered_wh, 150, 1e-3);
    settled_party_free(&p);
    ck_assert_int_eq(settle_slots(&p, &site, &meter, &event, event.from_utc_ms), AEMS_E_NOT_FOUND);
}
END_TEST

START_TEST(between_its_turns_an_event_asks_for_nothing_and_is_not_measured)
{
    event.until_utc_ms = event.from_utc_ms + 3 * HOUR;
    event.turn_ms = 2 * HOUR; // an hour of each two
    ask(DR_IMPORT_LIMIT, 600, 0, HOUR);
    draw(event.from_utc_ms - 2 * SLOT, event.from_utc_ms, 1000);
    draw(event.from_utc_ms, event.until_utc_ms, 800);
    ck_assert_int_eq(settle_slots(&p, &site, &meter, &event, event.until_utc_ms), 0);
    ck_assert_uint_eq(p.n_slots, 8);
    ck_assert_int_eq(p.slots[4].from_utc_ms - p.slots[3].until_utc_ms, HOUR);
}
END_TEST

START_TEST(a_building_is_asked_for_what_its_meter_was_told)
{
    ask(DR_PRICE, 1, 0, HOUR);
    draw(event.from_utc_ms - 2 * SLOT, event.from_utc_ms, 1000);
    for (int i = 0; i < 4; i++) {
        draw(event.from_utc_ms + i * SLOT, event.from_utc_ms + (i + 1) * SLOT, 700);
        meter_mark(&meter, event.from_utc_ms + i * SLOT, event.from_utc_ms + (i + 1) * SLOT, 175, 100.0 * i);
    }
    ck_assert_int_eq(settle_slots(&p, &site, &meter, &event, event.until_utc_ms), 0);
    settle_request_of_meter(&p, &meter);
    settle_sums(&p);
    ck_assert_double_eq_tol(p.requested_wh, (0 + 100 + 200 + 300) / 4.0, 1e-3);
    ck_assert_double_eq_tol(p.delivered_wh, 300, 1e-3);
}
END_TEST

// ---- merged ---------------------------------------------------------------------------------------------------------

enum { MOST_PARTIES = 101 };

static struct settled_party many[MOST_PARTIES];

// Of `n_slots` quarter hours each, with the hour's number as power; one in the fifth hour was not measured.
static struct settlement long_settlement(size_t n_parties, size_t n_slots)
{
    for (size_t i = 0; i < n_parties; i++) {
        many[i] = (struct settled_party){.id = "p", .has_baseline = true, .n_slots = n_slots, .incentive = 3};
        many[i].slots = calloc(n_slots, sizeof *many[i].slots);
        for (size_t j = 0; j < n_slots; j++)
            many[i].slots[j] = (struct settled_slot){.from_utc_ms = at(FROM) + (int64_t)j * SLOT,
                                                     .until_utc_ms = at(FROM) + (int64_t)(j + 1) * SLOT,
                                                     .baseline_w = 1000,
                                                     .measured_w = j == 17 ? NAN : (double)j,
                                                     .requested_w = 500,
                                                     .delivered_w = NAN,
                                                     .measured = j != 17};
        settle_sums(&many[i]);
        many[i].incentive = 3;
    }
    return (struct settlement){.event = "e1",
                               .from_utc_ms = at(FROM),
                               .until_utc_ms = at(FROM) + (int64_t)n_slots * SLOT,
                               .parties = many,
                               .n_parties = n_parties};
}

static void free_parties(const struct settlement *s)
{
    for (size_t i = 0; i < s->n_parties; i++)
        settled_party_free(&s->parties[i]);
}

START_TEST(two_days_of_one_party_stay_quarter_hours)
{
    struct settlement s = long_settlement(1, 192);
    settle_merge(&s);
    ck_assert_uint_eq(many[0].n_slots, 192);
    ck_assert_int_eq(many[0].slots[191].until_utc_ms - many[0].slots[191].from_utc_ms, SLOT);
    free_parties(&s);
}
END_TEST

START_TEST(longer_ones_become_hours_that_keep_the_energies)
{
    struct settlement s = long_settlement(1, 193);
    double measured_wh = many[0].measured_wh, sum_wh = 0;
    settle_merge(&s);
    ck_assert_uint_eq(many[0].n_slots, 49);
    ck_assert_double_eq_tol(many[0].slots[0].measured_w, 1.5, 1e-9);
    ck_assert_double_eq_tol(many[0].slots[0].delivered_w, 998.5, 1e-9);
    ck_assert_double_eq_tol(many[0].slots[48].measured_w, 192, 1e-9);
    ck_assert_int_eq(many[0].slots[48].until_utc_ms - many[0].slots[48].from_utc_ms, SLOT);
    for (size_t i = 0; i < 49; i++)
        sum_wh += many[0].slots[i].measured
                      ? many[0].slots[i].measured_w *
                            (double)(many[0].slots[i].until_utc_ms - many[0].slots[i].from_utc_ms) / 3600e3
                      : 0;
    ck_assert_double_eq_tol(sum_wh, measured_wh - (16 + 18 + 19) / 4.0, 1e-6);
    ck_assert_double_eq(many[0].measured_wh, measured_wh);
    ck_assert_double_eq(many[0].incentive, 3);
    free_parties(&s);
}
END_TEST

START_TEST(an_hour_that_was_measured_in_part_was_not_measured)
{
    struct settlement s = long_settlement(1, 193);
    settle_merge(&s);
    ck_assert(!many[0].slots[4].measured);
    ck_assert(isnan(many[0].slots[4].measured_w));
    ck_assert(isnan(many[0].slots[4].delivered_w));
    ck_assert_double_eq_tol(many[0].slots[4].requested_w, 500, 1e-9);
    ck_assert(many[0].slots[5].measured);
    free_parties(&s);
}
END_TEST

START_TEST(time_between_turns_counts_as_nothing_in_a_longer_slot)
{
    struct settlement s = long_settlement(1, 400);
    size_t n = 0;
    for (size_t i = 0; i < 400; i++) // every other quarter hour
        if (i % 2 == 0)
            many[0].slots[n++] = many[0].slots[i];
    many[0].n_slots = n;
    settle_merge(&s);
    ck_assert_uint_eq(many[0].n_slots, 100);
    ck_assert_int_eq(many[0].slots[1].until_utc_ms - many[0].slots[1].from_utc_ms, 3 * SLOT);
    ck_assert_double_eq_tol(many[0].slots[1].baseline_w, 2000 / 3.0, 1e-9);
    free_parties(&s);
}
END_TEST

START_TEST(a_settlement_of_any_size_is_told_in_less_than_a_megabyte)
{
    static const struct {
        size_t parties, slots, told;
    } cases[] = {{1, 2976, 186}, {21, 8, 8}, {21, 2976, 31}, {101, 8, 8}, {101, 192, 12}, {101, 2976, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settlement s = long_settlement(cases[i].parties, cases[i].slots);
        char *text = NULL;
        settle_merge(&s);
        ck_assert_uint_eq(many[0].n_slots, cases[i].told);
        ck_assert_uint_eq(many[cases[i].parties - 1].n_slots, cases[i].told);
        ck_assert_int_eq(settlement_to_json(&s, &text), 0);
        ck_assert_uint_lt(strlen(text), 1000000);
        free(text);
        free_parties(&s);
    }
}
END_TEST

START_TEST(a_settlement_goes_to_text_and_back)
{
    struct settlement s = {.event = "e1", .name = "Evening", .from_utc_ms = at(FROM), .cancelled = true};
    struct settlement *other = NULL;
    char *text = NULL, *again = NULL;
    s.until_utc_ms = s.from_utc_ms + HOUR;
    ask(DR_IMPORT_LIMIT, 600, 0, HOUR);
    settle(500, NAN, 800, 1100);
    settle_money(&p, INCENTIVE_FIXED, 10, 4);
    strcpy(p.id, "town");
    s.parties = &p;
    s.n_parties = 1;
    ck_assert_int_eq(settlement_to_json(&s, &text), 0);
    ck_assert_int_eq(settlement_from_json(text, strlen(text), &other), 0);
    ck_assert_str_eq(other->name, "Evening");
    ck_assert(other->cancelled);
    ck_assert_uint_eq(other->n_parties, 1);
    ck_assert_uint_eq(other->parties[0].n_slots, 4);
    ck_assert(!other->parties[0].slots[1].measured);
    ck_assert_double_eq_tol(other->parties[0].delivered_wh, p.delivered_wh, 1e-6);
    ck_assert_int_eq(settlement_to_json(other, &again), 0);
    ck_assert_str_eq(text, again);
    for (size_t cut = 0; cut < strlen(text); cut += 7) {
        struct settlement *none = NULL;
        ck_assert_int_eq(settlement_from_json(text, cut, &none), AEMS_E_FORMAT);
        ck_assert_ptr_null(none);
    }
    free(text);
    free(again);
    settlement_free(other);
    settlement_free(NULL);
}
END_TEST

// A loop of seconds that began half a century ago must not be walked through.
START_TEST(of_an_event_without_measure_the_last_month_is_settled)
{
    int64_t until = at(FROM) + HOUR, earliest = until - (int64_t)SETTLE_MAX_SLOTS * SLOT;
    event.from_utc_ms = 0;
    event.until_utc_ms = DR_FOREVER_MS;
    event.turn_ms = 2000;
    ask(DR_SETPOINT_RELATIVE, -300, 0, 1000);
    draw(at(FROM), until, 500);
    ck_assert_int_eq(settle_slots(&p, &site, &meter, &event, until), 0);
    settle_request_of_event(&p, &site, &event);
    ck_assert_uint_eq(p.n_slots, SETTLE_MAX_SLOTS);
    ck_assert_int_eq(p.slots[0].from_utc_ms, earliest);
    ck_assert_int_eq(p.slots[p.n_slots - 1].until_utc_ms, until);
    ck_assert_double_eq_tol(p.slots[p.n_slots - 1].measured_w, 500, 1e-9);
    for (size_t i = 0; i < p.n_slots; i++)
        ck_assert(p.slots[i].requested_w >= 0 && p.slots[i].requested_w <= 300);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dr settlement");
    TCase *t = tcase_create("settlement");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_is_delivered_is_the_baseline_less_the_meter);
    tcase_add_test(t, a_fixed_incentive_pays_up_to_what_was_asked_for_slot_by_slot);
    tcase_add_test(t, critical_peak_costs_what_is_drawn);
    tcase_add_test(t, a_rebate_pays_the_sum_below_the_baseline_asked_for_or_not);
    tcase_add_test(t, what_was_not_measured_is_neither_paid_nor_owed);
    tcase_add_test(t, without_a_baseline_only_what_was_drawn_is_said);
    tcase_add_test(t, what_is_not_known_without_a_baseline_is_null_as_text);
    tcase_add_test(t, each_kind_of_signal_asks_in_its_own_way);
    tcase_add_test(t, a_limit_below_the_floor_asks_down_to_the_floor);
    tcase_add_test(t, a_change_within_a_slot_counts_by_its_time);
    tcase_add_test(t, a_slot_that_the_event_cuts_counts_what_flowed_during_the_event);
    tcase_add_test(t, an_event_that_was_cancelled_is_settled_up_to_then);
    tcase_add_test(t, between_its_turns_an_event_asks_for_nothing_and_is_not_measured);
    tcase_add_test(t, a_building_is_asked_for_what_its_meter_was_told);
    tcase_add_test(t, two_days_of_one_party_stay_quarter_hours);
    tcase_add_test(t, longer_ones_become_hours_that_keep_the_energies);
    tcase_add_test(t, an_hour_that_was_measured_in_part_was_not_measured);
    tcase_add_test(t, time_between_turns_counts_as_nothing_in_a_longer_slot);
    tcase_add_test(t, a_settlement_of_any_size_is_told_in_less_than_a_megabyte);
    tcase_add_test(t, a_settlement_goes_to_text_and_back);
    tcase_add_test(t, of_an_event_without_measure_the_last_month_is_settled);
    suite_add_tcase(s, t);
    return run_suite(s);
}
