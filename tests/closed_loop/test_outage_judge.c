// SPDX-License-Identifier: GPL-3.0-or-later
// The judge of outages on hours whose answers are plain, and what its draws are made of.
#include <check.h>
#include <math.h>
#include <string.h>

#include "base/instant.h"
#include "base/local_time.h"
#include "blackout_scene.h"
#include "tests/unit/run_suite.h"

enum { HOURS = 10, SEEDS = 40, KNOWN_DAYS = 8 };

static const char *config_path;

// ---- the judge ------------------------------------------------------------------------------------------------------

static struct served_hour hours[HOURS]; // 1 kWh of each tier is wanted in each

static void all_served(void)
{
    for (int h = 0; h < HOURS; h++)
        for (int t = 0; t < TIER_COUNT; t++)
            hours[h].wanted_wh[t] = hours[h].served_wh[t] = 1000;
}

static void serve(int hour, double important, double ordinary, double deferrable)
{
    hours[hour].served_wh[TIER_IMPORTANT] = 1000 * important;
    hours[hour].served_wh[TIER_ORDINARY] = 1000 * ordinary;
    hours[hour].served_wh[TIER_DEFERRABLE] = 1000 * deferrable;
}

START_TEST(who_is_served_everything_has_survived)
{
    struct served_verdict v = served_judge(hours, HOURS);
    ck_assert(v.survived);
    ck_assert_double_eq_tol(v.in_all, 1, 1e-12);
    ck_assert_double_eq_tol(v.worst_hour, 1, 1e-12);
    ck_assert_double_eq_tol(v.wanted_wh, 40e3, 1e-6);
}
END_TEST

START_TEST(six_tenths_in_all_are_enough_and_less_is_not)
{
    for (int h = 0; h < HOURS; h++)
        serve(h, 1, 0.4, 0);
    ck_assert(served_judge(hours, HOURS).survived);
    serve(3, 1, 0.39, 0);
    struct served_verdict v = served_judge(hours, HOURS);
    ck_assert(!v.survived);
    ck_assert_uint_eq(v.hours_below, 0);
    ck_assert_double_lt(v.in_all, 0.6);
}
END_TEST

START_TEST(one_hour_below_half_is_one_too_many)
{
    serve(7, 0.5, 0.5, 0);
    ck_assert(served_judge(hours, HOURS).survived);
    serve(7, 0.5, 0.49, 0);
    struct served_verdict v = served_judge(hours, HOURS);
    ck_assert(!v.survived);
    ck_assert_uint_eq(v.hours_below, 1);
    ck_assert_uint_eq(v.worst_hour_number, 7);
    ck_assert_double_eq_tol(v.worst_hour, 0.4975, 1e-12);
}
END_TEST

START_TEST(lifelines_are_not_made_up_for_by_others)
{
    hours[2].served_wh[TIER_LIFELINE] = 995;
    struct served_verdict v = served_judge(hours, HOURS);
    ck_assert(!v.survived);
    ck_assert_double_eq_tol(v.unserved_lifelines_wh, 5, 1e-9);
    ck_assert_double_eq_tol(v.lifelines, 0.9995, 1e-12);
    hours[2].served_wh[TIER_LIFELINE] = 999.5; // what no meter tells
    ck_assert(served_judge(hours, HOURS).survived);
}
END_TEST

START_TEST(an_hour_in_which_nothing_is_wanted_lacks_nothing)
{
    memset(&hours[4], 0, sizeof hours[4]);
    struct served_verdict v = served_judge(hours, HOURS);
    ck_assert(v.survived);
    ck_assert_double_eq_tol(v.worst_hour, 1, 1e-12);
    ck_assert(served_judge(hours, 0).survived);
}
END_TEST

// ---- from the physics -----------------------------------------------------------------------------------------------

static struct site *site;

static void load_site(void)
{
    ck_assert_int_eq(scene_load(config_path, &site), 0);
}

static void free_site(void)
{
    site_free(site);
    site = NULL;
}

static struct instant run(struct plant_model *m, struct instant now, int seconds)
{
    for (int s = 0; s < seconds; s += 10) {
        now.utc_ms += 10000;
        now.mono_ms += 10000;
        plant_model_step(m, now);
    }
    return now;
}

static int first_switch_of(int load)
{
    for (int i = 0; i < (int)site->n_switches; i++)
        if (site->switches[i].load == load)
            return i;
    ck_abort_msg("load %d has no switch", load);
}

START_TEST(what_an_open_switch_takes_off_is_counted_hour_by_hour)
{
    struct instant now = {.utc_ms = INT64_C(1768900000000), .mono_ms = 100000};
    struct plant_model *m;
    static struct served s;
    int of_switch = first_switch_of(0);
    ck_assert_int_eq(plant_model_new(site, 1, now, &m), 0);
    ck_assert_int_eq(plant_model_set_islands(m, true), 0);
    for (int i = 0; i < (int)site->n_loads; i++)
        ck_assert_int_eq(plant_model_fix(m, site_find_asset(site, site->loads[i].id), i == 0 ? 100e3 : 0), 0);
    now = run(m, now, 60);
    served_begin(&s, site, m);
    now = run(m, now, 3600);
    ck_assert_int_eq(served_hour(&s, site, m), 0);
    plant_model_switch(m, of_switch, false);
    now = run(m, now, 3600);
    ck_assert_int_eq(served_hour(&s, site, m), 0);
    plant_model_free(m);
    ck_assert_double_eq_tol(served_judge(&s.hours[0], 1).in_all, 1, 1e-4);
    ck_assert_double_eq_tol(served_judge(&s.hours[0], 1).wanted_wh, 100e3, 1);
    ck_assert_double_eq_tol(served_judge(&s.hours[1], 1).in_all, 1 - site->switches[of_switch].share, 1e-3);
    ck_assert_double_eq_tol(served_judge(&s.hours[1], 1).lifelines, 1, 1e-4);
}
END_TEST

// ---- the draws ------------------------------------------------------------------------------------------------------

static struct draw draw_of(uint64_t seed, uint64_t future)
{
    struct draw d;
    int64_t monday_ms;
    ck_assert_int_eq(rfc3339_parse("2026-01-12T00:00:00+09:00", &monday_ms), 0);
    ck_assert_int_eq(draw_new(site, seed, future, monday_ms + INT64_C(86400000), KNOWN_DAYS, &d), 0); // not the holiday
    return d;
}

static double day_kwh_per_kw(const struct draw *d, int pv, int day)
{
    int64_t from = d->start_utc_ms + day * INT64_C(86400000);
    return draw_mean_pv_w(d, pv, from, from + INT64_C(86400000)) * 24 / site->pvs[pv].peak_power_w;
}

START_TEST(the_sun_yields_each_day_what_was_drawn_on_all_plants)
{
    double least = 9, most = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct draw d = draw_of(seed, 0);
        for (int day = 0; day < DRAW_DAYS; day++) {
            ck_assert_double_eq_tol(day_kwh_per_kw(&d, 0, day), d.yield_kwh_per_kw[day], 0.01);
            ck_assert_double_eq_tol(day_kwh_per_kw(&d, 1, day), d.yield_kwh_per_kw[day], 0.01);
            least = fmin(least, d.yield_kwh_per_kw[day]);
            most = fmax(most, d.yield_kwh_per_kw[day]);
        }
        draw_free(&d);
    }
    ck_assert(least >= 0.5 && least < 0.6 && most <= 4 && most > 3.9);
}
END_TEST

START_TEST(three_winter_weekdays_draw_three_megawatts_give_or_take_five_percent_a_day)
{
    double sum = 0, squares = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct draw d = draw_of(seed, 0);
        int64_t from = d.start_utc_ms + 8 * INT64_C(86400000);
        double mean_w = 0;
        for (int i = 0; i < (int)site->n_loads; i++)
            mean_w += draw_mean_load_w(&d, i, from, from + 3 * INT64_C(86400000));
        sum += mean_w / SEEDS;
        for (int day = 8; day < 11; day++)
            squares += (d.level[day] - 1) * (d.level[day] - 1) / (3 * SEEDS);
        draw_free(&d);
    }
    ck_assert_double_eq_tol(sum, 3e6, 0.03e6);
    ck_assert_double_eq_tol(sqrt(squares), 0.05, 0.012);
}
END_TEST

START_TEST(another_future_has_the_same_past)
{
    struct draw a = draw_of(5, 0), b = draw_of(5, 1);
    bool differs = false;
    for (int k = 0; k <= DRAW_STEPS; k++) {
        bool past = k <= KNOWN_DAYS * 86400 / DRAW_STEP_S - 3600 / DRAW_STEP_S; // until it passes to the next day
        differs = differs || a.load_w[k] != b.load_w[k];
        if (past)
            ck_assert_double_eq(a.load_w[k], b.load_w[k]);
    }
    ck_assert(differs);
    draw_free(&a);
    draw_free(&b);
}
END_TEST

int main(int argc, char **argv)
{
    config_path = argc > 1 ? argv[1] : "config/areas/kashiwa.yaml";
    Suite *suite = suite_create("outage judge");
    TCase *judge = tcase_create("judge"), *physics = tcase_create("physics"), *draws = tcase_create("draws");
    tcase_add_checked_fixture(judge, all_served, NULL);
    tcase_add_test(judge, who_is_served_everything_has_survived);
    tcase_add_test(judge, six_tenths_in_all_are_enough_and_less_is_not);
    tcase_add_test(judge, one_hour_below_half_is_one_too_many);
    tcase_add_test(judge, lifelines_are_not_made_up_for_by_others);
    tcase_add_test(judge, an_hour_in_which_nothing_is_wanted_lacks_nothing);
    suite_add_tcase(suite, judge);
    tcase_add_unchecked_fixture(physics, load_site, free_site);
    tcase_add_test(physics, what_an_open_switch_takes_off_is_counted_hour_by_hour);
    suite_add_tcase(suite, physics);
    tcase_set_timeout(draws, 60);
    tcase_add_unchecked_fixture(draws, load_site, free_site);
    tcase_add_test(draws, the_sun_yields_each_day_what_was_drawn_on_all_plants);
    tcase_add_test(draws, three_winter_weekdays_draw_three_megawatts_give_or_take_five_percent_a_day);
    tcase_add_test(draws, another_future_has_the_same_past);
    suite_add_tcase(suite, draws);
    return run_suite(suite);
}
