// SPDX-License-Identifier: GPL-3.0-or-later
// Quarter hours of a meter, and what they say that would have been drawn: every figure worked out by hand.
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/instant.h"
#include "base/local_time.h"
#include "dr/baseline.h"
#include "tests/unit/run_suite.h"

static const int64_t SLOT = 900000, HOUR = 3600000, DAY = 86400000;

static int32_t holidays[] = {20260112, 20260211}; // Coming of Age Day, a Monday; a Wednesday
static struct site site = {.holidays = holidays, .n_holidays = 2};
static struct meter meter;
static struct baseline b;

static int64_t at(const char *text)
{
    int64_t utc_ms = 0;
    ck_assert_int_eq(rfc3339_parse(text, &utc_ms), 0);
    return utc_ms;
}

static void setup(void)
{
    ck_assert_int_eq(local_time_set_zone("Asia/Tokyo"), 0);
    ck_assert_int_eq(meter_start(&meter), 0);
    b = (struct baseline){0};
}

static void teardown(void)
{
    baseline_free(&b);
    meter_free(&meter);
}

// Whole slots of one power.
static void draw(int64_t from, int64_t to, double power_w)
{
    for (int64_t t = from; t < to; t += SLOT)
        meter_count(&meter, t, t + SLOT, power_w / 4);
}

// Days of a power each all day long, the last of them the day before `today`.
static void days(int64_t today, const double *power_w, int n)
{
    for (int i = 0; i < n; i++)
        draw(today - (n - i) * DAY, today - (n - i - 1) * DAY, power_w[i]);
}

static int find(enum baseline_method method, const char *from, const char *to)
{
    return baseline_of(&site, &meter, method, at(from), at(to), at(from), &b);
}

// ---- the meter ------------------------------------------------------------------------------------------------------

START_TEST(small_pieces_add_up_to_the_energy_of_the_slot)
{
    int64_t start = at("2026-01-15T01:00:00Z");
    double sum_wh = 0;
    for (int i = 0; i < 9000; i++) {
        double wh = (1000 + i % 7) * 0.1 / 3600;
        meter_count(&meter, start + i * 100, start + (i + 1) * 100, wh);
        sum_wh += wh;
    }
    const struct meter_slot *slot = meter_slot_at(&meter, start);
    ck_assert_ptr_nonnull(slot);
    ck_assert_double_eq_tol((double)slot->mean_w / 4, sum_wh, sum_wh * 1e-6);
    ck_assert_double_eq_tol((double)slot->measured, 1, 1e-6);
    ck_assert(!slot->event);
}
END_TEST

START_TEST(a_span_over_the_end_of_slots_is_shared_out_by_time)
{
    int64_t start = at("2026-01-15T01:00:00Z");
    meter_count(&meter, start + 5 * 60000, start + 35 * 60000, 300); // half an hour at 600 W
    ck_assert_ptr_null(meter_slot_at(&meter, start));                // two thirds only
    ck_assert_double_eq_tol((double)meter_slot_kept(&meter, start)->mean_w, 600, 1e-3);
    ck_assert_double_eq_tol((double)meter_slot_at(&meter, start + SLOT)->mean_w, 600, 1e-3);
    ck_assert_double_eq_tol((double)meter_slot_kept(&meter, start + 2 * SLOT)->measured, 1 / 3.0, 1e-6);
    ck_assert_ptr_null(meter_slot_kept(&meter, start + 3 * SLOT));
}
END_TEST

START_TEST(what_was_not_measured_is_missing_and_not_zero)
{
    int64_t start = at("2026-01-15T01:00:00Z");
    draw(start, start + SLOT, 500);
    draw(start + 3 * SLOT, start + 4 * SLOT, 500);
    ck_assert_ptr_null(meter_slot_at(&meter, start + SLOT));
    ck_assert_ptr_null(meter_slot_at(&meter, start + 2 * SLOT));
    ck_assert_ptr_nonnull(meter_slot_at(&meter, start + 3 * SLOT));
    ck_assert_ptr_null(meter_slot_at(&meter, start - SLOT));
}
END_TEST

START_TEST(the_ring_keeps_sixty_four_days)
{
    int64_t start = at("2026-01-01T00:00:00Z");
    draw(start, start + 64 * DAY, 100);
    ck_assert_ptr_nonnull(meter_slot_at(&meter, start));
    draw(start + 64 * DAY, start + 65 * DAY, 200);
    ck_assert_ptr_null(meter_slot_at(&meter, start));
    ck_assert_double_eq((double)meter_slot_at(&meter, start + DAY)->mean_w, 100);
    draw(start + 200 * DAY, start + 201 * DAY, 300); // after a long rest
    ck_assert_ptr_null(meter_slot_at(&meter, start + 64 * DAY));
}
END_TEST

START_TEST(a_clock_set_back_counts_no_slot_twice)
{
    int64_t start = at("2026-01-15T01:00:00Z");
    draw(start, start + 4 * SLOT, 400);
    meter_count(&meter, start + SLOT, start + 2 * SLOT, 800 / 4.0); // again: 400 W and 800 W in the same quarter hour
    ck_assert_double_eq_tol((double)meter_slot_at(&meter, start + SLOT)->mean_w, 600, 1e-3);
    ck_assert_ptr_null(meter_slot_at(&meter, start + 2 * SLOT)); // will come again
    draw(start + 2 * SLOT, start + 3 * SLOT, 500);
    ck_assert_double_eq((double)meter_slot_at(&meter, start + 2 * SLOT)->mean_w, 500);
    meter_count(&meter, start - 100 * DAY, start - 100 * DAY + SLOT, 10); // it was far ahead all the time
    ck_assert_ptr_nonnull(meter_slot_at(&meter, start - 100 * DAY));
    ck_assert_ptr_null(meter_slot_kept(&meter, start));
}
END_TEST

START_TEST(the_part_in_which_an_event_was_on_is_kept_apart)
{
    int64_t start = at("2026-01-15T01:00:00Z");
    meter_count(&meter, start, start + 600000, 100);       // ten minutes at 600 W
    meter_count(&meter, start + 600000, start + SLOT, 25); // five at 300 W
    meter_mark(&meter, start + 600000, start + SLOT, 25, 240);
    const struct meter_slot *slot = meter_slot_at(&meter, start);
    ck_assert(slot->event);
    ck_assert_double_eq_tol((double)slot->mean_w, 500, 1e-3);
    ck_assert_double_eq_tol((double)slot->during_w, 300, 1e-3);
    ck_assert_double_eq_tol((double)slot->during, 1 / 3.0, 1e-6);
    ck_assert_double_eq_tol((double)slot->asked_w, 80, 1e-3);
}
END_TEST

START_TEST(a_day_of_the_meter_goes_to_text_and_back)
{
    int64_t day = at("2026-01-14T15:00:00Z"); // midnight in Tokyo
    struct meter other;
    char *text = NULL, date[METER_DATE_SIZE];
    draw(day, day + 10 * SLOT, 1234.5);
    draw(day + 12 * SLOT, day + 13 * SLOT, -0.25);
    meter_count(&meter, day + 13 * SLOT, day + 13 * SLOT + 300000, 1);
    meter_mark(&meter, day, day + SLOT, 1234.5 / 4, 77);
    meter_date(day, date);
    ck_assert_str_eq(date, "2026-01-15");
    ck_assert_int_eq(meter_day_to_json(&meter, day + 5 * HOUR, &text), 0);
    ck_assert_int_eq(meter_start(&other), 0);
    ck_assert_int_eq(meter_day_from_json(&other, text, strlen(text)), 0);
    for (int i = 0; i < 14; i++) {
        const struct meter_slot *one = meter_slot_kept(&meter, day + i * SLOT);
        const struct meter_slot *two = meter_slot_kept(&other, day + i * SLOT);
        ck_assert_mem_eq(&one->mean_w, &two->mean_w, sizeof(float));
        ck_assert_mem_eq(&one->measured, &two->measured, sizeof(float));
        ck_assert_mem_eq(&one->asked_w, &two->asked_w, sizeof(float));
        ck_assert_int_eq(one->event, two->event);
    }
    meter_count(&other, day + 13 * SLOT + 300000, day + 14 * SLOT, 2); // the slot under way goes on
    ck_assert_double_eq_tol((double)meter_slot_at(&other, day + 13 * SLOT)->mean_w, 12, 1e-3);
    free(text);
    ck_assert_int_eq(meter_day_to_json(&meter, day - DAY, &text), AEMS_E_NOT_FOUND);
    meter_free(&other);
}
END_TEST

START_TEST(a_text_that_no_meter_wrote_is_refused_without_effect)
{
    static const char *const texts[] = {"",
                                        "[]",
                                        "{}",
                                        "{\"from\":1768402800000,\"slots\":[]}",
                                        "{\"from\":1768402800001,\"slots\":[null]}",
                                        "{\"from\":-900000,\"slots\":[null]}",
                                        "{\"from\":1768402800000,\"slots\":[[1,2,0,0,0,false]]}",
                                        "{\"from\":1768402800000,\"slots\":[[1,1,0,0,-1,false]]}",
                                        "{\"from\":1768402800000,\"slots\":[[1,1,0,0,0,1]]}",
                                        "{\"from\":1768402800000,\"slots\":[[1e99,1,0,0,0,true]]}",
                                        "{\"from\":1768402800000,\"slots\":[[1,1,0,0,0,true,2]]}",
                                        "{\"from\":1768402800000,\"slots\":[null],\"x\":1}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(meter_day_from_json(&meter, texts[i], strlen(texts[i])) == AEMS_E_FORMAT, "%s", texts[i]);
    ck_assert_int_eq(meter.last_utc_ms, 0);
}
END_TEST

// ---- high 4 of 5 ----------------------------------------------------------------------------------------------------

// Friday 16 January; Monday the 12th is a holiday: the weekdays before are 15, 14, 13, 9 and 8.
static const char FRIDAY[] = "2026-01-15T15:00:00Z", FROM[] = "2026-01-16T05:00:00Z", TO[] = "2026-01-16T07:00:00Z";

START_TEST(the_four_highest_of_the_last_five_weekdays_are_taken)
{
    //                          8     9    Sat   Sun  hol.  13    14    15
    static const double w[] = {1000, 1200, 5000, 5000, 9000, 800, 1400, 1600};
    days(at(FRIDAY), w, 8);
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, FROM, TO), 0);
    ck_assert_uint_eq(b.n_slots, 8);
    ck_assert_int_eq(b.days, 4);
    ck_assert_int_eq(b.adjustment_slots, 0); // nothing was measured today
    for (size_t k = 0; k < 8; k++)
        ck_assert_double_eq_tol(b.mean_w[k], (1000 + 1200 + 1400 + 1600) / 4.0, 1e-3);
}
END_TEST

START_TEST(the_same_day_from_four_hours_to_one_hour_before_moves_the_baseline)
{
    static const double w[] = {1000, 1200, 0, 0, 0, 800, 1400, 1600};
    days(at(FRIDAY), w, 8);
    draw(at(FROM) - 5 * HOUR, at(FROM) - 4 * HOUR, 9000); // too early
    draw(at(FROM) - 4 * HOUR, at(FROM) - HOUR, 1500);     // 200 W more than on those days
    draw(at(FROM) - HOUR, at(FROM), 100);                 // too late
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, FROM, TO), 0);
    ck_assert_int_eq(b.adjustment_slots, 12);
    ck_assert_double_eq_tol(b.adjustment_w, 200, 1e-3);
    ck_assert_double_eq_tol(b.mean_w[0], 1500, 1e-3);
}
END_TEST

START_TEST(another_event_in_the_adjustments_hours_is_left_out_of_them)
{
    static const double w[] = {1000, 1200, 0, 0, 0, 800, 1400, 1600};
    days(at(FRIDAY), w, 8);
    draw(at(FROM) - 4 * HOUR, at(FROM) - 2 * HOUR, 1500);
    draw(at(FROM) - 2 * HOUR, at(FROM) - HOUR, 100);
    meter_mark(&meter, at(FROM) - 2 * HOUR, at(FROM) - HOUR, 100, 0);
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, FROM, TO), 0);
    ck_assert_int_eq(b.adjustment_slots, 8);
    ck_assert_double_eq_tol(b.adjustment_w, 200, 1e-3);
    baseline_free(&b);
    meter_mark(&meter, at(FROM) - 4 * HOUR, at(FROM) - 2 * HOUR - 30 * 60000, 1000, 0); // now too few are left
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, FROM, TO), 0);
    ck_assert_int_eq(b.adjustment_slots, 0);
    ck_assert_double_eq_tol(b.mean_w[0], 1300, 1e-3);
}
END_TEST

START_TEST(days_with_an_event_are_replaced_by_earlier_ones)
{
    //                          6     7     8     9    Sat   Sun  hol.  13    14    15
    static const double w[] = {2000, 600, 1000, 1200, 5000, 5000, 9000, 800, 1400, 1600};
    days(at(FRIDAY), w, 10);
    meter_mark(&meter, at("2026-01-14T00:00:00Z"), at("2026-01-14T00:15:00Z"), 350, 0); // in another hour of the 14th
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, FROM, TO), 0);
    ck_assert_int_eq(b.days, 4); // 15, 13, 9, 8, 7: the 7th is the lowest
    ck_assert_double_eq_tol(b.mean_w[0], (1600 + 800 + 1200 + 1000) / 4.0, 1e-3);
}
END_TEST

START_TEST(a_day_far_below_the_others_is_replaced)
{
    //                          6    7     8     9    Sat   Sun  hol.  13    14    15
    static const double w[] = {900, 1100, 1000, 1200, 5000, 5000, 9000, 200, 1400, 1600};
    days(at(FRIDAY), w, 10); // mean of 15, 14, 13, 9, 8 is 1080 W, a quarter of it 270 W
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, FROM, TO), 0);
    ck_assert_double_eq_tol(b.mean_w[0], (1600 + 1400 + 1200 + 1100) / 4.0, 1e-3); // the 7th for the 13th, less the 8th
}
END_TEST

START_TEST(of_equal_days_the_farthest_is_left_out)
{
    static const double w[] = {1000, 1000, 0, 0, 0, 1000, 1400, 1600};
    int64_t eighth = at("2026-01-07T15:00:00Z");
    days(at(FRIDAY), w, 8);
    // Within the event's hours the 8th has the same mean, but another shape.
    meter.slots[(at("2026-01-08T05:00:00Z") / SLOT) % METER_SLOTS].mean_w = 1500;
    meter.slots[(at("2026-01-08T05:15:00Z") / SLOT) % METER_SLOTS].mean_w = 500;
    ck_assert_ptr_nonnull(meter_slot_at(&meter, eighth));
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, FROM, TO), 0);
    ck_assert_double_eq_tol(b.mean_w[0], (1000 + 1000 + 1400 + 1600) / 4.0, 1e-3);
}
END_TEST

START_TEST(a_day_that_lacks_a_slot_of_the_events_hours_is_not_used)
{
    static const double w[] = {2000, 600, 1000, 1200, 5000, 5000, 9000, 800, 1400, 1600};
    days(at(FRIDAY), w, 10);
    meter.slots[(at("2026-01-14T05:30:00Z") / SLOT) % METER_SLOTS].measured = 0.7f;
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, FROM, TO), 0);
    ck_assert_double_eq_tol(b.mean_w[2], (1600 + 800 + 1200 + 1000) / 4.0, 1e-3);
    baseline_free(&b);
    // Outside of them nothing is missed.
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, "2026-01-16T06:00:00Z", TO), 0);
    ck_assert_double_eq_tol(b.mean_w[0], (1600 + 1400 + 1200 + 1000) / 4.0, 1e-3);
}
END_TEST

START_TEST(four_days_do_and_three_are_too_few)
{
    static const double w[] = {1000, 1200, 5000, 5000, 9000, 800, 1400, 1600};
    days(at(FRIDAY), w + 1, 7);
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, FROM, TO), 0);
    ck_assert_double_eq_tol(b.mean_w[0], (1200 + 800 + 1400 + 1600) / 4.0, 1e-3);
    baseline_free(&b);
    meter_mark(&meter, at("2026-01-13T00:00:00Z"), at("2026-01-13T00:15:00Z"), 0, 0);
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, FROM, TO), AEMS_E_STATE);
    ck_assert_ptr_null(b.mean_w);
}
END_TEST

START_TEST(weekends_and_holidays_are_compared_with_each_other)
{
    //                         Sat   Sun   hol.  13   14   15   16
    static const double w[] = {300, 500, 900, 8000, 8000, 8000, 8000};
    days(at("2026-01-16T15:00:00Z"), w, 7);
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, "2026-01-17T05:00:00Z", "2026-01-17T06:00:00Z"), 0);
    ck_assert_int_eq(b.days, 2); // of the three the two highest
    ck_assert_double_eq_tol(b.mean_w[0], 700, 1e-3);
}
END_TEST

START_TEST(an_event_over_midnight_finds_whole_nights)
{
    int64_t tuesday = at("2026-01-26T15:00:00Z"); // the 27th
    for (int i = 8; i > 0; i--)
        for (int h = 0; h < 24; h++)
            draw(tuesday - i * DAY + h * HOUR, tuesday - i * DAY + (h + 1) * HOUR, 100 * h);
    // From 22:00 of the 27th to 02:00 of the 28th; of a night that has begun only the evening is known.
    draw(tuesday, tuesday + 2 * HOUR, 5000);
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, "2026-01-27T13:00:00Z", "2026-01-27T17:00:00Z"), 0);
    ck_assert_uint_eq(b.n_slots, 16);
    ck_assert_double_eq_tol(b.mean_w[0], 2200, 1e-3);
    ck_assert_double_eq_tol(b.mean_w[7], 2300, 1e-3);
    ck_assert_double_eq_tol(b.mean_w[8], (0 + 0 + 0 + 5000) / 4.0, 1e-3); // 19, 21, 22 or 20, and Monday's night
    ck_assert_double_eq_tol(b.mean_w[15], (100 + 100 + 100 + 5000) / 4.0, 1e-3);
}
END_TEST

START_TEST(slots_that_the_event_begins_or_ends_in_belong_to_it)
{
    static const double w[] = {1000, 1000, 0, 0, 0, 1000, 1000, 1000};
    days(at(FRIDAY), w, 8);
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, "2026-01-16T05:07:00Z", "2026-01-16T06:01:00Z"), 0);
    ck_assert_uint_eq(b.n_slots, 5);
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, TO, FROM), AEMS_E_RANGE);
}
END_TEST

// ---- clock changes --------------------------------------------------------------------------------------------------

// Every quarter hour draws its wall-clock time in minutes.
static void draw_by_the_wall(int64_t from, int64_t to)
{
    for (int64_t t = from; t < to; t += SLOT)
        draw(t, t + SLOT, local_time_at(t).minute);
}

START_TEST(days_are_compared_by_the_clock_on_the_wall)
{
    ck_assert_int_eq(local_time_set_zone("Europe/Berlin"), 0);
    draw_by_the_wall(at("2026-03-20T23:00:00Z"), at("2026-03-31T22:00:00Z"));
    // Wednesday 1 April, summer time since Sunday: 14:00 is 12:00 UTC, and was 13:00 UTC the week before.
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, "2026-04-01T12:00:00Z", "2026-04-01T14:00:00Z"), 0);
    for (size_t k = 0; k < 8; k++)
        ck_assert_double_eq_tol(b.mean_w[k], 14 * 60 + 15 * (double)k, 1e-3);
}
END_TEST

START_TEST(a_day_that_skips_an_hour_of_the_event_is_not_used)
{
    ck_assert_int_eq(local_time_set_zone("Europe/Berlin"), 0);
    draw_by_the_wall(at("2026-03-13T23:00:00Z"), at("2026-04-03T22:00:00Z"));
    // Saturday 4 April, 02:00 to 03:00; Sunday 29 March has no such hour.
    ck_assert_int_eq(find(BASELINE_10_OF_10, "2026-04-04T00:00:00Z", "2026-04-04T01:00:00Z"), 0);
    ck_assert_int_eq(b.days, 5); // 28, 22, 21, 15, 14
    ck_assert_double_eq_tol(b.mean_w[1], 135, 1e-3);
    baseline_free(&b);
    ck_assert_int_eq(find(BASELINE_10_OF_10, "2026-04-04T01:00:00Z", "2026-04-04T02:00:00Z"), 0);
    ck_assert_int_eq(b.days, 6);
}
END_TEST

START_TEST(an_event_on_the_day_of_twenty_three_hours_has_its_own_hours)
{
    ck_assert_int_eq(local_time_set_zone("Europe/Berlin"), 0);
    draw_by_the_wall(at("2026-03-06T23:00:00Z"), at("2026-03-28T23:00:00Z"));
    // Sunday 29 March from 01:30 to 03:30 on the wall is one hour.
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"), 0);
    ck_assert_uint_eq(b.n_slots, 4);
    static const double minutes[] = {90, 105, 180, 195};
    for (size_t k = 0; k < 4; k++)
        ck_assert_double_eq_tol(b.mean_w[k], minutes[k], 1e-3);
}
END_TEST

START_TEST(both_hours_that_a_day_has_twice_look_at_the_same_hour_of_others)
{
    ck_assert_int_eq(local_time_set_zone("Europe/Berlin"), 0);
    draw_by_the_wall(at("2026-10-02T22:00:00Z"), at("2026-10-24T22:00:00Z"));
    // Sunday 25 October: 02:00 to 03:00 comes at 00:00 and at 01:00 UTC.
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"), 0);
    ck_assert_uint_eq(b.n_slots, 8);
    for (size_t k = 0; k < 8; k++)
        ck_assert_double_eq_tol(b.mean_w[k], 120 + 15 * (double)(k % 4), 1e-3);
}
END_TEST

START_TEST(an_hour_that_a_former_day_has_twice_counts_as_its_mean)
{
    ck_assert_int_eq(local_time_set_zone("Europe/Berlin"), 0);
    draw(at("2026-10-16T22:00:00Z"), at("2026-10-25T00:00:00Z"), 1000);
    draw(at("2026-10-25T00:00:00Z"), at("2026-10-25T01:00:00Z"), 3000);
    draw(at("2026-10-25T01:00:00Z"), at("2026-10-25T02:00:00Z"), 5000);
    draw(at("2026-10-25T02:00:00Z"), at("2026-10-30T23:00:00Z"), 1000);
    // Saturday 31 October, 02:00; before it Sunday the 25th, and 24, 18.
    ck_assert_int_eq(find(BASELINE_HIGH_4_OF_5, "2026-10-31T01:00:00Z", "2026-10-31T02:00:00Z"), 0);
    ck_assert_double_eq_tol(b.mean_w[0], (4000 + 1000) / 2.0, 1e-3);
}
END_TEST

// ---- the other methods ----------------------------------------------------------------------------------------------

START_TEST(ten_of_ten_is_the_plain_mean)
{
    // Thursday 29 January: weekdays 28 27 26, 23 to 19, 16 15 are ten; 100 W to 1000 W.
    int64_t today = at("2026-01-28T15:00:00Z");
    double w[14], next = 100, sum = 0;
    for (int i = 0; i < 14; i++) {
        int weekday = local_time_at(today - (14 - i) * DAY).weekday;
        w[i] = weekday == 0 || weekday == 6 ? 9e6 : next;
        if (w[i] < 9e6) {
            sum += w[i];
            next += 100;
        }
    }
    days(today, w, 14);
    draw(today, today + 4 * HOUR, 5e6); // there is no adjustment
    ck_assert_int_eq(find(BASELINE_10_OF_10, "2026-01-29T04:00:00Z", "2026-01-29T05:00:00Z"), 0);
    ck_assert_int_eq(b.days, 10);
    ck_assert_double_eq_tol(b.mean_w[3], sum / 10, 1e-3);
    ck_assert_double_eq_tol(sum / 10, 550, 1e-9);
    ck_assert_double_eq(b.adjustment_w, 0);
}
END_TEST

START_TEST(ten_of_ten_makes_do_with_five_and_not_with_four)
{
    static const double w[] = {1000, 1200, 5000, 5000, 9000, 800, 1400, 1600};
    days(at(FRIDAY), w, 8);
    ck_assert_int_eq(find(BASELINE_10_OF_10, FROM, TO), 0);
    ck_assert_int_eq(b.days, 5);
    ck_assert_double_eq_tol(b.mean_w[0], 1200, 1e-3);
    baseline_free(&b);
    meter_mark(&meter, at("2026-01-13T00:00:00Z"), at("2026-01-13T00:15:00Z"), 0, 0);
    ck_assert_int_eq(find(BASELINE_10_OF_10, FROM, TO), AEMS_E_STATE);
}
END_TEST

START_TEST(the_meter_before_is_the_half_hour_before_the_announcement)
{
    int64_t from = at(FROM), told = from - HOUR + 60000;
    draw(from - 2 * HOUR, from - HOUR - SLOT, 700);
    draw(from - HOUR - SLOT, from - HOUR, 900);
    draw(from - HOUR, from, 100); // it prepares already
    ck_assert_int_eq(baseline_of(&site, &meter, BASELINE_METER_BEFORE, from, from + HOUR, told, &b), 0);
    ck_assert_uint_eq(b.n_slots, 4);
    ck_assert_double_eq_tol(b.mean_w[3], 800, 1e-3);
    baseline_free(&b);
    ck_assert_int_eq(baseline_of(&site, &meter, BASELINE_METER_BEFORE, from, from + HOUR, from + HOUR, &b), 0);
    ck_assert_double_eq_tol(b.mean_w[0], 100, 1e-3);
}
END_TEST

START_TEST(the_meter_before_looks_past_another_event_and_not_past_four_hours)
{
    int64_t from = at(FROM);
    draw(from - 3 * HOUR, from - HOUR, 700);
    draw(from - HOUR, from, 100);
    meter_mark(&meter, from - HOUR, from, 100, 0);
    ck_assert_int_eq(find(BASELINE_METER_BEFORE, FROM, TO), 0);
    ck_assert_double_eq_tol(b.mean_w[0], 700, 1e-3);
    baseline_free(&b);
    ck_assert_int_eq(find(BASELINE_METER_BEFORE, "2026-01-16T10:00:00Z", "2026-01-16T11:00:00Z"), AEMS_E_STATE);
}
END_TEST

START_TEST(methods_have_names)
{
    ck_assert_str_eq(baseline_method_name(BASELINE_HIGH_4_OF_5), "high-4-of-5");
    ck_assert_str_eq(baseline_method_name(BASELINE_10_OF_10), "10-of-10");
    ck_assert_str_eq(baseline_method_name(BASELINE_METER_BEFORE), "meter-before");
}
END_TEST

static TCase *of_meter(void)
{
    TCase *t = tcase_create("meter");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, small_pieces_add_up_to_the_energy_of_the_slot);
    tcase_add_test(t, a_span_over_the_end_of_slots_is_shared_out_by_time);
    tcase_add_test(t, what_was_not_measured_is_missing_and_not_zero);
    tcase_add_test(t, the_ring_keeps_sixty_four_days);
    tcase_add_test(t, a_clock_set_back_counts_no_slot_twice);
    tcase_add_test(t, the_part_in_which_an_event_was_on_is_kept_apart);
    tcase_add_test(t, a_day_of_the_meter_goes_to_text_and_back);
    tcase_add_test(t, a_text_that_no_meter_wrote_is_refused_without_effect);
    return t;
}

static TCase *of_days(void)
{
    TCase *t = tcase_create("days");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_four_highest_of_the_last_five_weekdays_are_taken);
    tcase_add_test(t, the_same_day_from_four_hours_to_one_hour_before_moves_the_baseline);
    tcase_add_test(t, another_event_in_the_adjustments_hours_is_left_out_of_them);
    tcase_add_test(t, days_with_an_event_are_replaced_by_earlier_ones);
    tcase_add_test(t, a_day_far_below_the_others_is_replaced);
    tcase_add_test(t, of_equal_days_the_farthest_is_left_out);
    tcase_add_test(t, a_day_that_lacks_a_slot_of_the_events_hours_is_not_used);
    tcase_add_test(t, four_days_do_and_three_are_too_few);
    tcase_add_test(t, weekends_and_holidays_are_compared_with_each_other);
    tcase_add_test(t, an_event_over_midnight_finds_whole_nights);
    tcase_add_test(t, slots_that_the_event_begins_or_ends_in_belong_to_it);
    tcase_add_test(t, days_are_compared_by_the_clock_on_the_wall);
    tcase_add_test(t, a_day_that_skips_an_hour_of_the_event_is_not_used);
    tcase_add_test(t, an_event_on_the_day_of_twenty_three_hours_has_its_own_hours);
    tcase_add_test(t, both_hours_that_a_day_has_twice_look_at_the_same_hour_of_others);
    tcase_add_test(t, an_hour_that_a_former_day_has_twice_counts_as_its_mean);
    tcase_add_test(t, ten_of_ten_is_the_plain_mean);
    tcase_add_test(t, ten_of_ten_makes_do_with_five_and_not_with_four);
    tcase_add_test(t, the_meter_before_is_the_half_hour_before_the_announcement);
    tcase_add_test(t, the_meter_before_looks_past_another_event_and_not_past_four_hours);
    tcase_add_test(t, methods_have_names);
    return t;
}

int main(void)
{
    Suite *s = suite_create("dr baseline");
    suite_add_tcase(s, of_meter());
    suite_add_tcase(s, of_days());
    return run_suite(s);
}
