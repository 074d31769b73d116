// SPDX-License-Identifier: GPL-3.0-or-later
// Drills in one process: an outage of ten minutes from beginning to end, and rehearsals by hand-reckoned cases.
#include <check.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/local_time.h"
#include "conf/conf.h"
#include "island_town.h"
#include "outage/rehearsal.h"
#include "replay/drill.h"
#include "tests/unit/run_suite.h"

// ---- rehearsals -----------------------------------------------------------------------------------------------------

enum { LIFTS, LIGHT, HEATING, SPARE, CHARGER, ITEMS };

static struct rehearsal_step steps[64];
static struct rehearsal_end ends[REHEARSAL_PART_COUNT];

static struct rehearsal_input block(struct shed_item items[static ITEMS])
{
    static bool pauses[ITEMS];
    static const enum load_tier tiers[ITEMS] = {TIER_IMPORTANT, TIER_IMPORTANT, TIER_ORDINARY, TIER_ORDINARY,
                                                TIER_DEFERRABLE};
    static const double kw[ITEMS] = {20, 30, 40, 25, 10};
    for (int i = 0; i < ITEMS; i++) {
        items[i] = (struct shed_item){.tier = tiers[i],
                                      .power_w = 1e3 * kw[i],
                                      .inrush_w = 1e3 * kw[i],
                                      .served = i != SPARE, // stood open before
                                      .can_shed = true};
        pauses[i] = i == CHARGER;
    }
    return (struct rehearsal_input){.items = items,
                                    .pauses = pauses,
                                    .n = ITEMS,
                                    .fixed_w = 15e3,
                                    .import_w = 115e3,
                                    .deficit_w = 45e3,
                                    .black_w = 60e3,
                                    .room_w = 120e3,
                                    .lives_ms = 5000,
                                    .stable_ms = 300000,
                                    .restart = {.open_ms = 5000, .energise_ms = 60000, .settle_ms = 20000}};
}

static size_t run(const struct rehearsal_input *input)
{
    bool shed[ITEMS];
    struct shed_item scratch[ITEMS];
    return rehearse(input, shed, scratch, steps, sizeof steps / sizeof *steps, ends);
}

static int item_at(size_t n, enum rehearsal_part part, int place)
{
    for (size_t i = 0; i < n; i++)
        if (steps[i].part == part && steps[i].item >= 0 && place-- == 0)
            return steps[i].item;
    return -1;
}

START_TEST(chargers_pause_first_and_then_the_least_important_goes)
{
    struct shed_item items[ITEMS];
    const struct rehearsal_input input = block(items);
    size_t n = run(&input);
    ck_assert_int_eq(item_at(n, REHEARSAL_LOSS, 0), CHARGER);
    ck_assert_int_eq(item_at(n, REHEARSAL_LOSS, 1), HEATING);
    ck_assert_int_eq(item_at(n, REHEARSAL_LOSS, 2), -1);
    ck_assert_double_eq(ends[REHEARSAL_LOSS].deficit_w, 0);
    ck_assert_double_eq(ends[REHEARSAL_LOSS].drawn_w, 65e3);
    ck_assert(!ends[REHEARSAL_LOSS].served_all);
}
END_TEST

START_TEST(what_is_missing_although_all_has_gone_is_said)
{
    struct shed_item items[ITEMS];
    struct rehearsal_input input = block(items);
    input.deficit_w = 130e3;
    run(&input);
    ck_assert_double_eq(ends[REHEARSAL_LOSS].deficit_w, 30e3);
    ck_assert_double_eq(ends[REHEARSAL_LOSS].drawn_w, 15e3);
}
END_TEST

START_TEST(from_black_the_important_come_back_one_by_one_as_far_as_there_is_room)
{
    struct shed_item items[ITEMS];
    struct rehearsal_input input = block(items);
    size_t n = run(&input);
    ck_assert_int_eq(item_at(n, REHEARSAL_BLACK, 0), LIFTS);
    ck_assert_int_eq(item_at(n, REHEARSAL_BLACK, 1), -1); // 15 kW and 20 kW leave no room for 30 kW
    ck_assert_ptr_null(ends[REHEARSAL_BLACK].why);
    input.black_w = 10e3;
    run(&input);
    ck_assert_str_eq(ends[REHEARSAL_BLACK].why, "what cannot be switched off draws more than it may give");
    input.black_w = 0;
    input.fixed_w = 0;
    run(&input);
    ck_assert_ptr_nonnull(strstr(ends[REHEARSAL_BLACK].why, "voltage"));
}
END_TEST

START_TEST(the_return_waits_for_a_stable_grid_and_comes_step_by_step)
{
    struct shed_item items[ITEMS];
    const struct rehearsal_input input = block(items);
    size_t n = run(&input), first = n;
    ck_assert_int_eq(item_at(n, REHEARSAL_RETURN, 0), HEATING);
    ck_assert_int_eq(item_at(n, REHEARSAL_RETURN, 1), CHARGER);
    ck_assert_int_eq(item_at(n, REHEARSAL_RETURN, 2), -1); // what was open before stays so
    for (size_t i = n; i-- > 0;)
        if (steps[i].part == REHEARSAL_RETURN && steps[i].item == HEATING)
            first = i;
    ck_assert_uint_eq(steps[first].at_ms, 300000);
    ck_assert_uint_eq(steps[first + 1].at_ms, 320000);
    ck_assert(ends[REHEARSAL_RETURN].served_all);
}
END_TEST

// ---- drills ---------------------------------------------------------------------------------------------------------

static struct site *town(void)
{
    struct diagnostics d = {0};
    struct site *site = NULL;
    ck_assert_int_eq(conf_load_text("town", ISLAND_TOWN, strlen(ISLAND_TOWN), &d, &site), 0);
    diagnostics_free(&d);
    local_time_set_zone("UTC");
    return site;
}

static void count(void *user, int64_t utc_ms, const char *text)
{
    int64_t *last_ms = user;
    ck_assert_int_ge(utc_ms, *last_ms);
    ck_assert_ptr_null(strchr(text, '\n'));
    *last_ms = utc_ms;
}

START_TEST(an_outage_is_gone_through_from_beginning_to_end)
{
    struct site *site = town();
    int64_t last_ms = 0;
    const struct drill_options options = {.start_utc_ms = INT64_C(1768413600000), // 2026-01-14T18:00:00Z
                                          .outage_s = 600,
                                          .soc_frac = 0.8,
                                          .seed = 1,
                                          .say = count,
                                          .user = &last_ms};
    struct drill_figures f;
    struct drill *d = NULL;
    ck_assert_int_eq(drill_new(site, ISLAND_TOWN_DEVICES, &options, &d), 0);
    drill_run(d);
    drill_figures(d, &f);
    ck_assert_double_ge(f.worst_lifeline_frac, 0.999);
    ck_assert(f.worst_lifeline_load < 0 || f.worst_lifeline_frac < 1);
    ck_assert_double_le(f.balance_s, 2);
    ck_assert_double_eq(f.black_s, 0);
    ck_assert_double_eq(f.backfeed_s, 0);
    ck_assert_uint_eq(f.blackouts, 0);
    ck_assert_uint_eq(f.failed_plans, 0);
    ck_assert_uint_ge(f.switched, 3); // breaker open and closed, and a circuit
    ck_assert_double_ge(f.return_s, 60);
    ck_assert_double_le(f.return_s, 600);
    ck_assert_double_gt(f.peak_after_w, 100e3);
    drill_free(d);
    site_free(site);
}
END_TEST

START_TEST(what_cannot_be_drilled_is_refused)
{
    struct site *site = town();
    struct drill *d = NULL;
    ck_assert_int_eq(drill_new(site, ISLAND_TOWN_DEVICES, &(struct drill_options){.outage_s = 5}, &d), AEMS_E_RANGE);
    site->outage.enabled = false;
    ck_assert_int_eq(drill_new(site, ISLAND_TOWN_DEVICES, &(struct drill_options){.outage_s = 600}, &d), AEMS_E_STATE);
    site_free(site);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("drill");
    TCase *tests = tcase_create("rehearsals and drills");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, chargers_pause_first_and_then_the_least_important_goes);
    tcase_add_test(tests, what_is_missing_although_all_has_gone_is_said);
    tcase_add_test(tests, from_black_the_important_come_back_one_by_one_as_far_as_there_is_room);
    tcase_add_test(tests, the_return_waits_for_a_stable_grid_and_comes_step_by_step);
    tcase_add_test(tests, an_outage_is_gone_through_from_beginning_to_end);
    tcase_add_test(tests, what_cannot_be_drilled_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
