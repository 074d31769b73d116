// SPDX-License-Identifier: GPL-3.0-or-later
// The example areas of config/areas are what they say they are.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/diagnostics.h"
#include "base/instant.h"
#include "base/local_time.h"
#include "conf/conf.h"
#include "forecast/forecast.h"
#include "tests/unit/run_suite.h"

static const char *source_root = ".";

static struct site *load_area(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/config/areas/%s.yaml", source_root, name);
    struct diagnostics d = {0};
    struct site *site = NULL;
    int result = conf_load(path, &d, &site);
    diagnostics_print(&d, stderr);
    ck_assert_int_eq(result, 0);
    ck_assert_uint_eq(d.count, 0);
    diagnostics_free(&d);
    ck_assert_int_eq(local_time_set_zone(site->timezone), 0);
    return site;
}

static int64_t utc_ms(const char *text)
{
    int64_t t = 0;
    ck_assert_int_eq(rfc3339_parse(text, &t), 0);
    return t;
}

static double demand_w(const struct site *s, int64_t t)
{
    double sum = 0;
    for (size_t i = 0; i < s->n_loads; i++)
        sum += load_standard_w(s, &s->loads[i], t);
    return sum;
}

// Highest and mean demand over the 48 half hours of the local day that begins at `start`.
static void day_demand(const struct site *s, int64_t start, double *ret_mean_w, double *ret_peak_w, int *ret_peak_hour)
{
    *ret_mean_w = *ret_peak_w = 0;
    for (int i = 0; i < 48; i++) {
        double w = demand_w(s, start + i * 1800 * INT64_C(1000));
        *ret_mean_w += w / 48;
        if (w > *ret_peak_w) {
            *ret_peak_w = w;
            *ret_peak_hour = i / 2;
        }
    }
}

START_TEST(kashiwa_draws_three_megawatts_on_a_winter_weekday_and_five_at_its_peak)
{
    struct site *s = load_area("kashiwa");
    double mean_w, peak_w;
    int hour;
    day_demand(s, utc_ms("2026-01-14T00:00:00+09:00"), &mean_w, &peak_w, &hour);
    ck_assert_double_eq_tol(mean_w, 3.0e6, 0.03e6);
    ck_assert_double_eq_tol(peak_w, 5.0e6, 0.05e6);
    ck_assert_int_ge(hour, 9);
    ck_assert_int_le(hour, 16); // shaped by the offices
    site_free(s);
}
END_TEST

START_TEST(kashiwa_is_shaped_by_the_mall_at_weekends)
{
    struct site *s = load_area("kashiwa");
    int64_t sunday = utc_ms("2026-01-18T14:00:00+09:00");
    double shops_w = 0, offices_w = 0;
    for (size_t i = 0; i < s->n_loads; i++) {
        double w = load_standard_w(s, &s->loads[i], sunday);
        shops_w += s->loads[i].shape == SHAPE_MALL ? w : 0;
        offices_w += s->loads[i].shape == SHAPE_OFFICE ? w : 0;
    }
    ck_assert_double_gt(shops_w, 3 * offices_w);
    site_free(s);
}
END_TEST

START_TEST(kashiwa_has_the_plants_of_the_real_place)
{
    struct site *s = load_area("kashiwa");
    double pv_w = 0, store_wh = 0, discharge_w = 0;
    for (size_t i = 0; i < s->n_pvs; i++)
        pv_w += s->pvs[i].peak_power_w;
    for (size_t i = 0; i < s->n_batteries; i++) {
        store_wh += s->batteries[i].capacity_wh;
        discharge_w += s->batteries[i].max_discharge_w;
    }
    ck_assert_double_eq_tol(pv_w, 720e3, 1);
    ck_assert_double_eq_tol(store_wh, 15650e3, 1);
    ck_assert_double_eq_tol(discharge_w, 2300e3, 1);
    ck_assert_double_eq_tol(s->generators[0].max_power_w, 2e6, 1);
    ck_assert(s->generators[0].emergency);
    ck_assert_double_eq_tol(s->ties[0].limit_w, 1e6, 1);
    site_free(s);
}
END_TEST

START_TEST(the_small_area_is_one_house)
{
    struct site *s = load_area("small");
    ck_assert_uint_eq(s->n_buses, 1);
    ck_assert_uint_eq(s->n_batteries, 1);
    ck_assert_double_lt(s->loads[0].peak_w, 3000);
    site_free(s);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1)
        source_root = argv[1];
    Suite *suite = suite_create("areas");
    TCase *areas = tcase_create("areas");
    tcase_add_test(areas, kashiwa_draws_three_megawatts_on_a_winter_weekday_and_five_at_its_peak);
    tcase_add_test(areas, kashiwa_is_shaped_by_the_mall_at_weekends);
    tcase_add_test(areas, kashiwa_has_the_plants_of_the_real_place);
    tcase_add_test(areas, the_small_area_is_one_house);
    suite_add_tcase(suite, areas);
    return run_suite(suite);
}
