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
#include "tariff/tariff.h"
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

START_TEST(kashiwa_lives_on_as_three_islands_with_gas_for_66_hours)
{
    struct site *s = load_area("kashiwa");
    ck_assert(s->outage.enabled);
    ck_assert_uint_eq(s->n_islands, 3);
    ck_assert_double_eq_tol(s->generators[0].fuel_wh, 66 * s->generators[0].max_power_w, 1);
    for (size_t i = 0; i < s->n_islands; i++)
        ck_assert_int_ge(site_device_of_switch(s, s->islands[i].breaker), 0);
    for (size_t i = 0; i < s->n_switches; i++) {
        ck_assert_int_ge(site_device_of_switch(s, (int)i), 0);
        ck_assert_msg(s->switches[i].load < 0 || s->switches[i].tier != TIER_LIFELINE, "%s", s->switches[i].id);
    }
    site_free(s);
}
END_TEST

// Circuits of a tier, the largest that fits first.
static double fit_w(const struct site *s, enum load_tier tier, double budget_w)
{
    bool taken[SITE_MAX_SWITCHES] = {false};
    double served_w = 0;
    for (int best = 0; best >= 0;) {
        double best_w = 0;
        best = -1;
        for (size_t i = 0; i < s->n_switches; i++) {
            const struct site_switch *w = &s->switches[i];
            double power_w = w->load >= 0 && w->tier == tier ? w->share * s->loads[w->load].average_w : 0;
            if (!taken[i] && power_w > best_w && served_w + power_w <= budget_w) {
                best = (int)i;
                best_w = power_w;
            }
        }
        served_w += best_w;
        if (best >= 0)
            taken[best] = true;
    }
    return served_w;
}

START_TEST(circuits_of_kashiwa_meet_any_budget_from_50_to_70_percent)
{
    struct site *s = load_area("kashiwa");
    double demand_w = 0, kept_w = 0;
    for (size_t i = 0; i < s->n_loads; i++) {
        const struct site_load *l = &s->loads[i];
        demand_w += l->average_w;
        kept_w += l->average_w * (l->tier_share[TIER_LIFELINE] + l->tier_share[TIER_IMPORTANT]);
    }
    for (int percent = 50; percent <= 70; percent++) {
        double budget_w = demand_w * percent / 100;
        double missed_w = budget_w - kept_w - fit_w(s, TIER_ORDINARY, budget_w - kept_w);
        ck_assert_msg(missed_w >= 0 && missed_w < 0.03 * demand_w, "%d %%: misses %.0f kW", percent, missed_w / 1000);
    }
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

// ---- campus -------------------------------------------------------------------------------------------------------

static size_t buses_of(const struct site *s, enum carrier carrier)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_buses; i++)
        n += s->buses[i].carrier == carrier;
    return n;
}

START_TEST(the_campus_has_electricity_heat_and_cooling)
{
    struct site *s = load_area("campus");
    for (int carrier = 0; carrier < CARRIER_COUNT; carrier++) {
        size_t loads = 0;
        for (size_t i = 0; i < s->n_loads; i++)
            loads += s->buses[s->loads[i].bus].carrier == (enum carrier)carrier;
        ck_assert_uint_eq(buses_of(s, (enum carrier)carrier), 1);
        ck_assert_uint_ge(loads, 2);
    }
    ck_assert_uint_eq(s->n_stores, 2);
    ck_assert_uint_eq(s->n_converters, 3);
    ck_assert_int_eq(s->tariffs[0].demand_window_s, 1800);
    ck_assert_str_eq(s->buses[s->generators[0].heat_bus].id, "heating");
    site_free(s);
}
END_TEST

// Most that a bus of heat or cold can be given without its stores.
static double supply_w(const struct site *s, int bus)
{
    double sum = 0;
    for (size_t i = 0; i < s->n_generators; i++) {
        sum += s->generators[i].bus == bus ? s->generators[i].max_power_w : 0;
        sum += s->generators[i].heat_bus == bus ? s->generators[i].max_power_w * s->generators[i].heat_ratio : 0;
    }
    for (size_t i = 0; i < s->n_converters; i++)
        sum += s->converters[i].to == bus ? s->converters[i].max_power_w * s->converters[i].cop : 0;
    return sum;
}

START_TEST(the_campus_can_be_heated_and_cooled_on_a_winter_weekday)
{
    struct site *s = load_area("campus");
    int64_t start = utc_ms("2026-01-14T00:00:00+09:00");
    for (size_t bus = 0; bus < s->n_buses; bus++) {
        for (int i = 0; s->buses[bus].carrier != CARRIER_ELECTRICITY && i < 48; i++) {
            double w = 0;
            for (size_t k = 0; k < s->n_loads; k++)
                w += s->loads[k].bus == (int)bus ? load_standard_w(s, &s->loads[k], start + i * INT64_C(1800000)) : 0;
            ck_assert_double_lt(w, supply_w(s, (int)bus));
        }
    }
    site_free(s);
}
END_TEST

// ---- depot and homes ----------------------------------------------------------------------------------------------

// Energy of the sessions that begin on days of this kind, at the bus.
static double session_energy_wh(const struct site *s, enum day_kind kind)
{
    double sum = 0;
    for (size_t i = 0; i < s->n_chargers; i++)
        for (size_t k = 0; k < s->chargers[i].n_sessions; k++) {
            const struct site_session *n = &s->chargers[i].sessions[k];
            sum += n->days == DAYS_ALL || n->days == kind ? n->energy_wh / s->chargers[i].charge_efficiency : 0;
        }
    return sum;
}

START_TEST(the_depot_has_80_buses_on_stations_of_two_outlets_behind_one_breaker)
{
    struct site *s = load_area("depot");
    int outlets[SITE_MAX_ASSETS] = {0};
    ck_assert_uint_eq(s->n_chargers, 80);
    ck_assert_uint_eq(s->n_groups, 41);
    ck_assert_str_eq(s->groups[0].id, "charging_hall");
    ck_assert_double_eq(s->groups[0].limit_w, 3e6);
    for (size_t i = 0; i < s->n_chargers; i++) {
        ck_assert_double_eq(s->chargers[i].max_charge_w, 150e3);
        outlets[s->chargers[i].group]++;
    }
    for (size_t i = 1; i < s->n_groups; i++) {
        ck_assert_int_eq(outlets[i], 2);
        ck_assert_int_eq(s->groups[i].within, 0);
        ck_assert_double_eq(s->groups[i].limit_w, 150e3);
    }
    ck_assert_double_eq(s->grids[0].import_limit_w, 3.5e6);
    site_free(s);
}
END_TEST

START_TEST(the_depot_charges_what_a_night_allows_and_some_buses_by_day)
{
    struct site *s = load_area("depot");
    int by_day = 0;
    for (size_t i = 0; i < s->n_chargers; i++) {
        const struct site_session *n = &s->chargers[i].sessions[0];
        bool night = n->until_minute <= n->from_minute;
        by_day += !night;
        ck_assert(!night || (n->until_minute >= 270 && n->until_minute <= 420)); // 04:30 to 07:00
    }
    ck_assert_int_eq(by_day, 12);
    double need_wh = session_energy_wh(s, DAYS_WEEKDAYS);
    ck_assert_double_gt(need_wh, 15e6);
    ck_assert_double_lt(need_wh, 8 * 3e6);
    site_free(s);
}
END_TEST

START_TEST(the_homes_have_200_cars_in_garages_that_could_not_feed_them_at_once)
{
    struct site *s = load_area("homes");
    int cars[SITE_MAX_ASSETS] = {0}, feeding_back = 0;
    ck_assert_uint_eq(s->n_chargers, 200);
    ck_assert_uint_eq(s->n_loads, 20);
    for (size_t i = 0; i < s->n_chargers; i++) {
        cars[s->chargers[i].group]++;
        feeding_back += s->chargers[i].max_discharge_w > 0;
    }
    ck_assert_int_eq(feeding_back, 10);
    for (size_t i = 1; i < s->n_groups; i++) {
        ck_assert_int_eq(cars[i], 20);
        ck_assert_double_lt(s->groups[i].limit_w, 20 * 11e3);
        ck_assert_double_gt(s->groups[i].limit_w * 10, session_energy_wh(s, DAYS_WEEKDAYS) / 10); // ten hours suffice
    }
    site_free(s);
}
END_TEST

START_TEST(the_homes_know_the_prices_of_the_week_of_the_demonstration)
{
    struct site *s = load_area("homes");
    ck_assert_uint_eq(s->tariffs[0].n_series, 168);
    double least = 1, most = 0;
    for (int h = 0; h < 24; h++) {
        double price = tariff_import_price_per_kwh(s, 0, utc_ms("2026-01-14T00:00:00+01:00") + h * INT64_C(3600000));
        least = price < least ? price : least;
        most = price > most ? price : most;
    }
    ck_assert_double_gt(most, least + 0.05);
    ck_assert_double_eq(tariff_import_price_per_kwh(s, 0, utc_ms("2026-02-14T18:00:00+01:00")), 0.30);
    ck_assert_double_ne(tariff_co2_g_per_kwh(s, 0, utc_ms("2026-01-14T18:00:00+01:00")), 340);
    site_free(s);
}
END_TEST

// A device for everything, each of its links, and no more than the program takes.
START_TEST(each_area_is_complete_with_its_devices)
{
    static const char *const names[] = {"kashiwa", "small", "dimmed", "campus", "depot", "homes"};
    struct site *s = load_area(names[_i]);
    bool seen[SITE_MAX_ASSETS] = {false};
    ck_assert_uint_le(s->n_assets, SITE_MAX_ASSETS);
    for (size_t i = 0; i < s->n_devices; i++)
        if (s->devices[i].asset >= 0)
            seen[s->devices[i].asset] = true;
    for (size_t i = 0; i < s->n_assets; i++)
        ck_assert_msg(seen[i] || s->assets[i].kind == ASSET_LOAD, "%s: %s", names[_i], s->assets[i].id);
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
    tcase_add_test(areas, kashiwa_lives_on_as_three_islands_with_gas_for_66_hours);
    tcase_add_test(areas, circuits_of_kashiwa_meet_any_budget_from_50_to_70_percent);
    tcase_add_test(areas, the_small_area_is_one_house);
    tcase_add_test(areas, the_campus_has_electricity_heat_and_cooling);
    tcase_add_test(areas, the_campus_can_be_heated_and_cooled_on_a_winter_weekday);
    tcase_add_test(areas, the_depot_has_80_buses_on_stations_of_two_outlets_behind_one_breaker);
    tcase_add_test(areas, the_depot_charges_what_a_night_allows_and_some_buses_by_day);
    tcase_add_test(areas, the_homes_have_200_cars_in_garages_that_could_not_feed_them_at_once);
    tcase_add_test(areas, the_homes_know_the_prices_of_the_week_of_the_demonstration);
    tcase_add_loop_test(areas, each_area_is_complete_with_its_devices, 0, 5);
    suite_add_tcase(suite, areas);
    return run_suite(suite);
}
