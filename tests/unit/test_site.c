// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "site/site.h"
#include "tests/unit/run_suite.h"

static struct site *site_with_one_of_each(void)
{
    struct site *s = calloc(1, sizeof *s);
    s->grids = calloc(1, sizeof *s->grids);
    s->grids[s->n_grids++] =
        (struct site_grid){.id = "grid1", .bus = 0, .import_limit_w = 5e6, .export_limit_w = 1e6, .tariff = 0};
    s->pvs = calloc(1, sizeof *s->pvs);
    s->pvs[s->n_pvs++] = (struct site_pv){.id = "pv1", .bus = 1, .peak_power_w = 220e3};
    s->batteries = calloc(1, sizeof *s->batteries);
    s->batteries[s->n_batteries++] =
        (struct site_battery){.id = "battery1", .bus = 0, .max_charge_w = 400e3, .max_discharge_w = 500e3};
    s->stores = calloc(1, sizeof *s->stores);
    s->stores[s->n_stores++] =
        (struct site_battery){.id = "store1", .bus = 1, .max_charge_w = 90e3, .max_discharge_w = 80e3};
    s->chargers = calloc(1, sizeof *s->chargers);
    s->chargers[s->n_chargers++] =
        (struct site_flexible){.id = "charger1", .bus = 1, .max_charge_w = 150e3, .max_discharge_w = 50e3};
    s->flexibles = calloc(1, sizeof *s->flexibles);
    s->flexibles[s->n_flexibles++] = (struct site_flexible){.id = "laundry1", .bus = 0, .max_charge_w = 30e3};
    s->loads = calloc(1, sizeof *s->loads);
    s->loads[s->n_loads++] = (struct site_load){.id = "load1", .bus = 1, .average_w = 1e6, .peak_w = 2e6};
    s->generators = calloc(1, sizeof *s->generators);
    s->generators[s->n_generators++] =
        (struct site_generator){.id = "gen1", .bus = 0, .max_power_w = 2e6, .min_power_w = 600e3};
    s->converters = calloc(1, sizeof *s->converters);
    s->converters[s->n_converters++] =
        (struct site_converter){.id = "chiller1", .from = 0, .to = 1, .max_power_w = 7e4};
    s->ties = calloc(1, sizeof *s->ties);
    s->ties[s->n_ties++] = (struct site_tie){.id = "tie1", .from = 0, .to = 1, .limit_w = 1e6};
    ck_assert_int_eq(site_index_assets(s), AEMS_OK);
    return s;
}

START_TEST(assets_are_listed_in_the_order_of_their_kinds)
{
    static const char *const ids[] = {"grid1",    "pv1",   "battery1", "store1",   "charger1",
                                      "laundry1", "load1", "gen1",     "chiller1", "tie1"};
    struct site *s = site_with_one_of_each();
    ck_assert_uint_eq(s->n_assets, ASSET_KIND_COUNT);
    for (int i = 0; i < ASSET_KIND_COUNT; i++) {
        ck_assert_str_eq(s->assets[i].id, ids[i]);
        ck_assert_int_eq(s->assets[i].kind, i);
        ck_assert_int_eq(s->assets[i].of_kind, 0);
        ck_assert_int_eq(site_find_asset(s, ids[i]), i);
    }
    ck_assert_int_eq(site_find_asset(s, "nobody"), -1);
    site_free(s);
}
END_TEST

START_TEST(the_power_range_of_an_asset_follows_its_kind_and_sign)
{
    static const double expected[][2] = {{-1e6, 5e6}, {0, 220e3}, {-400e3, 500e3}, {-90e3, 80e3}, {-150e3, 50e3},
                                         {-30e3, 0},  {-4e6, 0},  {0, 2e6},        {-7e4, 0},     {-1e6, 1e6}};
    struct site *s = site_with_one_of_each();
    for (int i = 0; i < ASSET_KIND_COUNT; i++) {
        ck_assert_double_eq(s->assets[i].min_power_w, expected[i][0]);
        ck_assert_double_eq(s->assets[i].max_power_w, expected[i][1]);
    }
    site_free(s);
}
END_TEST

START_TEST(the_bus_of_a_tie_is_the_one_it_feeds)
{
    struct site *s = site_with_one_of_each();
    ck_assert_int_eq(s->assets[ASSET_TIE].bus, 1);
    site_free(s);
}
END_TEST

START_TEST(a_store_is_a_battery_and_a_flexible_load_a_charger)
{
    struct site *s = site_with_one_of_each();
    ck_assert_ptr_eq(site_storage_of(s, ASSET_BATTERY), &s->batteries[0]);
    ck_assert_ptr_eq(site_storage_of(s, ASSET_STORE), &s->stores[0]);
    ck_assert_ptr_null(site_storage_of(s, ASSET_LOAD));
    ck_assert_ptr_eq(site_flexible_of(s, ASSET_CHARGER), &s->chargers[0]);
    ck_assert_ptr_eq(site_flexible_of(s, ASSET_FLEXIBLE), &s->flexibles[0]);
    ck_assert_ptr_null(site_flexible_of(s, ASSET_BATTERY));
    site_free(s);
}
END_TEST

START_TEST(indexing_twice_lists_every_asset_once)
{
    struct site *s = site_with_one_of_each();
    ck_assert_int_eq(site_index_assets(s), AEMS_OK);
    ck_assert_uint_eq(s->n_assets, ASSET_KIND_COUNT);
    site_free(s);
}
END_TEST

START_TEST(an_empty_site_has_no_assets)
{
    struct site *s = calloc(1, sizeof *s);
    ck_assert_int_eq(site_index_assets(s), AEMS_OK);
    ck_assert_uint_eq(s->n_assets, 0);
    site_free(s);
    site_free(NULL);
}
END_TEST

START_TEST(kinds_and_tiers_have_the_names_of_the_configuration)
{
    static const char *const kinds[] = {"grid", "pv",        "battery",   "store", "charger", "flexible",
                                        "load", "generator", "converter", "tie",   "unknown"};
    static const char *const tiers[] = {"lifeline", "important", "ordinary", "deferrable", "unknown"};
    for (int i = 0; i <= ASSET_KIND_COUNT; i++)
        ck_assert_str_eq(asset_kind_name((enum asset_kind)i), kinds[i]);
    for (int i = 0; i <= TIER_COUNT; i++)
        ck_assert_str_eq(load_tier_name((enum load_tier)i), tiers[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("site");
    TCase *c = tcase_create("site");
    tcase_add_test(c, assets_are_listed_in_the_order_of_their_kinds);
    tcase_add_test(c, the_power_range_of_an_asset_follows_its_kind_and_sign);
    tcase_add_test(c, the_bus_of_a_tie_is_the_one_it_feeds);
    tcase_add_test(c, a_store_is_a_battery_and_a_flexible_load_a_charger);
    tcase_add_test(c, indexing_twice_lists_every_asset_once);
    tcase_add_test(c, an_empty_site_has_no_assets);
    tcase_add_test(c, kinds_and_tiers_have_the_names_of_the_configuration);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
