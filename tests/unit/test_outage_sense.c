// SPDX-License-Identifier: GPL-3.0-or-later
// Is the grid there? Every witness alone, together, against each other, and silent.
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "outage/sense.h"
#include "tests/unit/run_suite.h"

static const struct sense_settings settings = {.nominal_v = 400,
                                               .nominal_hz = 50,
                                               .lost_voltage_frac = 0.2,
                                               .lost_frequency_hz = 2.5,
                                               .stable_voltage_frac = 0.1,
                                               .stable_frequency_hz = 0.2,
                                               .confirm_ms = 500,
                                               .silent_ms = 60000,
                                               .stable_ms = 300000};
static const uint64_t START = 1000;

static const struct sense_reading silence, good = {true, true, 400, 50, WITNESS_YES, WITNESS_YES},
                                           dead = {true, true, 0, 0, WITNESS_NO, WITNESS_YES};

static void feed(struct sense *s, struct sense_reading r, uint64_t at)
{
    sense_update(s, &settings, &r, at);
}

static struct sense fed(struct sense_reading r, uint64_t at)
{
    struct sense s = {0};
    feed(&s, r, at);
    return s;
}

static void assert_supply(const struct sense *s, enum supply supply, bool relies)
{
    ck_assert_str_eq(supply_name(s->supply), supply_name(supply));
    ck_assert_int_eq(sense_relies(s), relies);
}

START_TEST(meters_that_were_not_read_yet_are_no_outage_before_the_silence_has_lasted)
{
    struct sense s = fed(silence, START);
    assert_supply(&s, SUPPLY_UNKNOWN, true);
    feed(&s, silence, START + settings.silent_ms - 1);
    assert_supply(&s, SUPPLY_UNKNOWN, true);
    feed(&s, silence, START + settings.silent_ms);
    assert_supply(&s, SUPPLY_GONE, false);
    feed(&s, good, START + settings.silent_ms + 1);
    assert_supply(&s, SUPPLY_THERE, true);
}
END_TEST

START_TEST(a_clock_that_begins_at_zero_is_no_silence)
{
    struct sense s = fed(silence, 0);
    feed(&s, silence, settings.silent_ms - 1);
    assert_supply(&s, SUPPLY_UNKNOWN, true);
}
END_TEST

START_TEST(all_that_say_yes_make_the_grid_be_there)
{
    struct sense s = fed(good, START);
    assert_supply(&s, SUPPLY_THERE, true);
    ck_assert(!s.disagree && s.breaker_known && !s.breaker_open && s.doubt_mono_ms == 0);
}
END_TEST

START_TEST(two_that_agree_are_believed_at_once)
{
    static const struct sense_reading lost[] = {
        {true, true, 0, 0, WITNESS_SILENT, WITNESS_SILENT}, {true, true, 310, 53, WITNESS_YES, WITNESS_YES},
        {true, false, 0, 0, WITNESS_NO, WITNESS_YES},       {false, true, 0, 46, WITNESS_NO, WITNESS_YES},
        {true, true, 0, 50, WITNESS_YES, WITNESS_NO},       {false, false, 0, 0, WITNESS_NO, WITNESS_NO},
    };
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
        struct sense s = fed(good, START);
        feed(&s, lost[i], START + 10);
        assert_supply(&s, SUPPLY_GONE, false);
    }
}
END_TEST

START_TEST(a_meter_that_has_no_frequency_to_tell_at_zero_volts_is_believed_at_once)
{
    struct sense s = fed(good, START);
    feed(&s, (struct sense_reading){.has_voltage = true}, START + 10);
    assert_supply(&s, SUPPLY_GONE, false);
    // One that never told a frequency is a single witness.
    s = fed((struct sense_reading){.has_voltage = true, .voltage_v = 400}, START);
    feed(&s, (struct sense_reading){.has_voltage = true}, START + 10);
    assert_supply(&s, SUPPLY_THERE, true);
}
END_TEST

START_TEST(one_alone_is_believed_after_its_time_and_not_a_millisecond_before)
{
    static const struct sense_reading lost[] = {
        {true, true, 319, 50, WITNESS_YES, WITNESS_YES},   {true, true, 481, 50, WITNESS_YES, WITNESS_YES},
        {true, true, 400, 52.6, WITNESS_YES, WITNESS_YES}, {true, true, 400, 47.4, WITNESS_SILENT, WITNESS_YES},
        {true, true, 400, 50, WITNESS_NO, WITNESS_YES},    {false, false, 0, 0, WITNESS_NO, WITNESS_SILENT},
    };
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
        struct sense s = fed(good, START);
        feed(&s, lost[i], START + 10);
        assert_supply(&s, SUPPLY_THERE, true);
        ck_assert_uint_eq(s.doubt_mono_ms, START + 10);
        feed(&s, lost[i], START + 10 + settings.confirm_ms - 1);
        assert_supply(&s, SUPPLY_THERE, true);
        feed(&s, lost[i], START + 10 + settings.confirm_ms);
        assert_supply(&s, SUPPLY_GONE, false);
    }
}
END_TEST

START_TEST(a_spike_that_is_over_before_its_time_changes_nothing_but_the_stable_time)
{
    struct sense s = fed(good, START);
    feed(&s, (struct sense_reading){true, true, 100, 50, WITNESS_YES, WITNESS_YES}, START + 10);
    feed(&s, good, START + 400);
    assert_supply(&s, SUPPLY_THERE, true);
    ck_assert_uint_eq(s.doubt_mono_ms, 0);
    ck_assert_uint_eq(s.steady_mono_ms, START + 400);
}
END_TEST

START_TEST(who_said_no_and_fell_silent_has_not_taken_it_back)
{
    struct sense s = fed(good, START);
    feed(&s, (struct sense_reading){.relay = WITNESS_NO}, START + 10);
    feed(&s, silence, START + 10 + settings.confirm_ms);
    assert_supply(&s, SUPPLY_GONE, false);
}
END_TEST

START_TEST(witnesses_that_fall_silent_together_are_a_loss_after_the_silence)
{
    struct sense s = fed(good, START);
    feed(&s, silence, START + settings.silent_ms - 1);
    assert_supply(&s, SUPPLY_THERE, true);
    feed(&s, silence, START + settings.silent_ms);
    assert_supply(&s, SUPPLY_GONE, false);
    ck_assert_uint_eq(s.steady_mono_ms, 0);
}
END_TEST

START_TEST(a_closed_contact_alone_keeps_silence_from_being_a_loss)
{
    struct sense s = fed(good, START);
    struct sense_reading contact = {.breaker = WITNESS_YES};
    for (uint64_t t = START; t < START + 3 * settings.silent_ms; t += 1000)
        feed(&s, contact, t);
    assert_supply(&s, SUPPLY_THERE, true);
    ck_assert(!sense_is_stable(&s, &settings, START + 3 * settings.silent_ms)); // nobody says that it is there
}
END_TEST

START_TEST(where_there_is_only_a_contact_it_stands_for_the_supply)
{
    struct sense_reading closed = {.breaker = WITNESS_YES}, open = {.breaker = WITNESS_NO};
    struct sense s = fed(closed, START);
    assert_supply(&s, SUPPLY_THERE, true);
    feed(&s, open, START + 10);
    assert_supply(&s, SUPPLY_THERE, true);
    feed(&s, open, START + 10 + settings.confirm_ms);
    assert_supply(&s, SUPPLY_GONE, false);
    feed(&s, closed, START + 2000);
    feed(&s, closed, START + 2000 + settings.confirm_ms);
    assert_supply(&s, SUPPLY_THERE, true);
    ck_assert_uint_eq(s.steady_mono_ms, START + 2000);
}
END_TEST

START_TEST(witnesses_that_disagree_count_as_the_worse_of_them)
{
    struct sense_reading torn = {true, true, 400, 50, WITNESS_NO, WITNESS_YES};
    struct sense s = fed(good, START);
    feed(&s, torn, START + 10);
    ck_assert(s.disagree);
    feed(&s, torn, START + 600);
    assert_supply(&s, SUPPLY_GONE, false);
    feed(&s, torn, START + 2 * settings.stable_ms);
    assert_supply(&s, SUPPLY_GONE, false);
    ck_assert(!sense_is_stable(&s, &settings, START + 2 * settings.stable_ms));
    feed(&s, good, START + 2 * settings.stable_ms + 1);
    ck_assert(!s.disagree);
    assert_supply(&s, SUPPLY_THERE, true);
}
END_TEST

START_TEST(an_open_breaker_cuts_off_a_grid_that_is_there_once_its_contact_has_stayed_open)
{
    struct sense_reading open = good;
    open.breaker = WITNESS_NO;
    struct sense s = fed(good, START);
    feed(&s, open, START + 10);
    ck_assert(!s.breaker_known && !s.breaker_open);
    assert_supply(&s, SUPPLY_THERE, true);
    feed(&s, open, START + 10 + settings.confirm_ms);
    ck_assert(s.breaker_known && s.breaker_open && !s.disagree);
    assert_supply(&s, SUPPLY_THERE, false);
    // A bounce is neither closed nor known to be open.
    feed(&s, good, START + 1000);
    ck_assert(!s.breaker_known && !s.breaker_open);
    feed(&s, open, START + 1010);
    feed(&s, open, START + 1010 + settings.confirm_ms);
    ck_assert(s.breaker_known && s.breaker_open);
    feed(&s, (struct sense_reading){true, true, 400, 50, WITNESS_YES, WITNESS_SILENT}, START + 3000);
    ck_assert(!s.breaker_known && !s.breaker_open);
    assert_supply(&s, SUPPLY_THERE, true);
}
END_TEST

START_TEST(the_grid_may_come_back_behind_an_open_breaker)
{
    struct sense_reading gone = dead, back = good;
    gone.breaker = back.breaker = WITNESS_NO;
    struct sense s = fed(gone, START);
    assert_supply(&s, SUPPLY_GONE, false);
    ck_assert(s.breaker_known && s.breaker_open); // the supply agrees
    feed(&s, back, START + 10);
    assert_supply(&s, SUPPLY_THERE, false);
    ck_assert_uint_eq(sense_wait_ms(&s, &settings, START + 10), settings.stable_ms);
    feed(&s, back, START + 50000);
    ck_assert_uint_eq(sense_wait_ms(&s, &settings, START + 50010), settings.stable_ms - 50000);
    for (uint64_t t = START + 50000; t < START + 10 + settings.stable_ms; t += 1000)
        feed(&s, back, t);
    ck_assert(!sense_is_stable(&s, &settings, START + 10 + settings.stable_ms - 1));
    ck_assert(sense_is_stable(&s, &settings, START + 10 + settings.stable_ms));
    ck_assert_uint_eq(sense_wait_ms(&s, &settings, START + 10 + settings.stable_ms), 0);
}
END_TEST

START_TEST(each_witness_that_leaves_the_narrow_band_begins_the_stable_time_anew)
{
    static const struct sense_reading off[] = {
        {true, true, 355, 50, WITNESS_YES, WITNESS_YES},   {true, true, 445, 50, WITNESS_YES, WITNESS_YES},
        {true, true, 400, 50.3, WITNESS_YES, WITNESS_YES}, {true, true, 400, 49.7, WITNESS_SILENT, WITNESS_YES},
        {true, true, 400, 50, WITNESS_NO, WITNESS_YES},    {false, false, 0, 0, WITNESS_SILENT, WITNESS_YES},
        {true, true, NAN, 50.3, WITNESS_YES, WITNESS_YES},
    };
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
        struct sense s = fed(good, START);
        feed(&s, off[i], START + 1000);
        assert_supply(&s, SUPPLY_THERE, true); // still relied upon
        ck_assert_uint_eq(sense_wait_ms(&s, &settings, START + 1000), UINT64_MAX);
        feed(&s, good, START + 2000);
        ck_assert_uint_eq(sense_wait_ms(&s, &settings, START + 2000), settings.stable_ms);
    }
}
END_TEST

START_TEST(a_long_gap_between_readings_begins_the_stable_time_anew)
{
    struct sense s = fed(good, START);
    feed(&s, good, START + settings.silent_ms);
    ck_assert_uint_eq(s.steady_mono_ms, START + settings.silent_ms);
}
END_TEST

START_TEST(a_grid_that_flaps_is_never_stable)
{
    struct sense s = {0};
    for (int second = 0; second < 2000; second++) {
        feed(&s, second % 100 < 99 ? good : dead, START + 1000 * (uint64_t)second);
        ck_assert(!sense_is_stable(&s, &settings, START + 1000 * (uint64_t)second));
    }
}
END_TEST

START_TEST(what_is_not_judged_or_not_a_number_says_nothing)
{
    struct sense_settings blind = settings;
    blind.nominal_v = blind.nominal_hz = 0;
    struct sense s = {0};
    sense_update(&s, &blind, &(struct sense_reading){.has_voltage = true, .has_frequency = true}, START);
    assert_supply(&s, SUPPLY_UNKNOWN, true);
    s = fed((struct sense_reading){true, true, NAN, INFINITY, WITNESS_SILENT, WITNESS_SILENT}, START);
    assert_supply(&s, SUPPLY_UNKNOWN, true);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outage_sense");
    TCase *tests = tcase_create("sense");
    tcase_add_test(tests, meters_that_were_not_read_yet_are_no_outage_before_the_silence_has_lasted);
    tcase_add_test(tests, a_clock_that_begins_at_zero_is_no_silence);
    tcase_add_test(tests, all_that_say_yes_make_the_grid_be_there);
    tcase_add_test(tests, two_that_agree_are_believed_at_once);
    tcase_add_test(tests, a_meter_that_has_no_frequency_to_tell_at_zero_volts_is_believed_at_once);
    tcase_add_test(tests, one_alone_is_believed_after_its_time_and_not_a_millisecond_before);
    tcase_add_test(tests, a_spike_that_is_over_before_its_time_changes_nothing_but_the_stable_time);
    tcase_add_test(tests, who_said_no_and_fell_silent_has_not_taken_it_back);
    tcase_add_test(tests, witnesses_that_fall_silent_together_are_a_loss_after_the_silence);
    tcase_add_test(tests, a_closed_contact_alone_keeps_silence_from_being_a_loss);
    tcase_add_test(tests, where_there_is_only_a_contact_it_stands_for_the_supply);
    tcase_add_test(tests, witnesses_that_disagree_count_as_the_worse_of_them);
    tcase_add_test(tests, an_open_breaker_cuts_off_a_grid_that_is_there_once_its_contact_has_stayed_open);
    tcase_add_test(tests, the_grid_may_come_back_behind_an_open_breaker);
    tcase_add_test(tests, each_witness_that_leaves_the_narrow_band_begins_the_stable_time_anew);
    tcase_add_test(tests, a_long_gap_between_readings_begins_the_stable_time_anew);
    tcase_add_test(tests, a_grid_that_flaps_is_never_stable);
    tcase_add_test(tests, what_is_not_judged_or_not_a_number_says_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
