// SPDX-License-Identifier: GPL-3.0-or-later
// Limits of demand response over the average of a slot: what was not drawn may be drawn later in it, what was drawn too
// much is made up for, whatever happens in between.
#include <stdio.h>

#include "base/error.h"
#include "run_suite.h"
#include "world.h"

static struct world w;

static void start(void)
{
    world_start(&w); // at 11:00:00Z, where a slot begins
    w.site->dr.enabled = w.site->dr.average = true;
    w.site->dr.slot_s = 1800;
    world_run(&w, 3);
}

static void end(void)
{
    world_end(&w);
}

static int limit_import(int from_s, int until_s, double import_w)
{
    struct grid_limit l = {.id = "dr", .import_limit_w = import_w, .export_limit_w = PLAN_NO_LIMIT_W};
    l.from_utc_ms = w.now.utc_ms + from_s * 1000;
    l.until_utc_ms = w.now.utc_ms + until_s * 1000;
    return world_tell(&w, (struct event){.kind = EVENT_LIMIT, .limit = l});
}

// Energy drawn in so many seconds, by a battery that rests unless a limit asks; the highest second in `io_most_w`.
static double draw(int seconds, double *io_most_w)
{
    double wh = 0;
    for (int i = 0; i < seconds; i++) {
        if (i % 300 == 0)
            ck_assert_int_eq(world_give_plan(&w, 0, 10), 0);
        world_run(&w, 1);
        wh += world_grid_w(&w) / 3600;
        *io_most_w = fmax(*io_most_w, world_grid_w(&w));
    }
    return wh;
}

START_TEST(what_was_not_drawn_may_be_drawn_later_in_the_slot)
{
    double most_w = 0, wh;
    ck_assert_int_eq(limit_import(0, 7200, 300e3), 0);
    w.load_w = 200e3;
    wh = draw(900, &most_w);
    w.load_w = 600e3;
    wh += draw(896, &most_w);
    ck_assert_double_gt(most_w, 380e3);
    ck_assert_double_le(wh, 150e3);
    ck_assert_double_ge(wh, 145e3); // 2 % are the margin
    wh = draw(5, &most_w);
    most_w = 0;
    wh += draw(1795, &most_w); // nothing is left over for the next one
    ck_assert_double_le(wh, 150.5e3);
    ck_assert_double_le(most_w, 310e3);
}
END_TEST

START_TEST(what_was_drawn_too_much_is_made_up_for_in_the_slot)
{
    double most_w = 0, wh;
    ck_assert_int_eq(limit_import(0, 7200, 300e3), 0);
    w.load_w = 400e3;
    w.disobedient = true;
    wh = draw(600, &most_w);
    w.disobedient = false;
    wh += draw(1196, &most_w);
    ck_assert_double_gt(most_w, 390e3);
    ck_assert_double_le(wh, 150e3);
    ck_assert_double_ge(wh, 140e3);
}
END_TEST

START_TEST(no_burst_is_above_the_limit_of_the_connection)
{
    double most_w = 0;
    ck_assert_int_eq(limit_import(0, 7200, 900e3), 0);
    w.load_w = 100e3;
    draw(1500, &most_w);
    w.load_w = 1400e3;
    most_w = 0;
    draw(5, &most_w);
    most_w = 0;
    draw(200, &most_w);
    ck_assert_double_le(most_w, 1e6);
    ck_assert_double_gt(most_w, 950e3);
}
END_TEST

START_TEST(what_flowed_before_a_limit_began_does_not_count)
{
    double most_w = 0, wh;
    ck_assert_int_eq(limit_import(600, 7200, 300e3), 0);
    w.load_w = 450e3;
    wh = draw(600, &most_w);
    ck_assert_double_ge(wh, 74e3); // untouched until then
    wh = draw(1197, &most_w);
    ck_assert_double_le(wh, 100.5e3);
    ck_assert_double_ge(wh, 95e3);
}
END_TEST

START_TEST(a_limit_that_ends_within_a_slot_is_kept_until_then)
{
    double most_w = 0, wh;
    ck_assert_int_eq(limit_import(0, 900, 300e3), 0);
    w.load_w = 200e3;
    wh = draw(450, &most_w);
    w.load_w = 700e3;
    wh += draw(450, &most_w);
    ck_assert_double_le(wh, 75.2e3);
    ck_assert_double_ge(wh, 70e3);
}
END_TEST

// As if killed: what was saved a minute ago is all that is known.
static void restart(void)
{
    struct saved item;
    ck_assert_int_eq(engine_saved(w.engine, SAVED_PEAK, 0, &item), 0);
    struct grid_limit l = {.id = "dr", .import_limit_w = 300e3, .export_limit_w = PLAN_NO_LIMIT_W};
    l.from_utc_ms = w.now.utc_ms - 600000;
    l.until_utc_ms = w.now.utc_ms + 7200000;
    world_run(&w, 60);
    engine_free(w.engine);
    ck_assert_int_eq(engine_new(w.site, WORLD_DEVICES, w.now, &w.engine), 0);
    ck_assert_int_eq(engine_restore(w.engine, &item, w.now), 0);
    ck_assert_int_eq(world_tell(&w, (struct event){.kind = EVENT_LIMIT, .limit = l}), 0);
    saved_free(&item);
}

START_TEST(a_restart_in_the_middle_of_a_slot_forgets_nothing_of_it)
{
    double most_w = 0, wh;
    ck_assert_int_eq(limit_import(0, 7200, 300e3), 0);
    w.load_w = 400e3;
    w.disobedient = true;
    wh = draw(600, &most_w);
    restart();
    wh += 60 / 3600.0 * world_grid_w(&w);
    w.disobedient = false;
    wh += draw(1136, &most_w);
    ck_assert_double_le(wh, 150.5e3);
}
END_TEST

START_TEST(in_every_second_means_in_every_second)
{
    double most_w = 0;
    w.site->dr.average = false;
    ck_assert_int_eq(limit_import(0, 7200, 300e3), 0);
    w.load_w = 200e3;
    draw(300, &most_w);
    w.load_w = 600e3;
    draw(2, &most_w);
    most_w = 0;
    draw(300, &most_w);
    ck_assert_double_le(most_w, 300e3);
}
END_TEST

START_TEST(the_plan_gets_what_is_left_of_the_slot)
{
    double most_w = 0;
    ck_assert_int_eq(limit_import(0, 7200, 300e3), 0);
    w.load_w = 200e3;
    draw(897, &most_w); // 94 kW less than it may, for half of the slot
    struct plan_problem *p;
    ck_assert_int_eq(engine_make_problem(w.engine, w.now, &p), 0);
    for (size_t k = 0; k < p->n_steps; k++) {
        int64_t at = p->start_utc_ms[k] - w.now.utc_ms;
        if (at < 900000)
            ck_assert_double_eq_tol(p->grids[0].dr_import_limit_w[k], 388e3, 2e3);
        else if (at < 6000000)
            ck_assert_double_eq_tol(p->grids[0].dr_import_limit_w[k], 294e3, 1);
    }
    plan_problem_free(p);
}
END_TEST

START_TEST(a_slot_that_is_none_is_not_restored)
{
    static const char *const bad[] = {"{}", "3",
                                      "{\"start_ms\":1,\"counted_ms\":1,\"import_left_wh\":1e300,\"export_left_wh\":0}",
                                      "{\"start_ms\":-5,\"counted_ms\":1,\"import_left_wh\":1,\"export_left_wh\":0}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char json[512];
        snprintf(json, sizeof json,
                 "{\"month_start_ms\":0,\"peak_w\":1,\"window_start_ms\":0,\"window_wh\":1,\"slot\":%s}", bad[i]);
        struct saved item = {.kind = SAVED_PEAK, .json = json};
        strcpy(item.id, "grid");
        ck_assert_int_eq(engine_restore(w.engine, &item, w.now), AEMS_E_FORMAT);
    }
}
END_TEST

// ---- what is wanted of batteries ------------------------------------------------------------------------------------

static void want_charge(int from_s, int until_s, double value, bool is_energy)
{
    struct dr_event *e = calloc(1, sizeof *e);
    ck_assert_ptr_nonnull(e);
    *e = (struct dr_event){.id = "charge", .sender = "operator", .priority = DR_PRIORITY_NULL, .grid = -1};
    e->signals = calloc(1, sizeof *e->signals);
    ck_assert_ptr_nonnull(e->signals);
    e->n_signals = 1;
    e->signals[0] = (struct dr_signal){
        .kind = DR_CHARGE_STATE, .is_energy = is_energy, .until_ms = (until_s - from_s) * 1000, .value = value};
    e->received_utc_ms = e->modified_utc_ms = w.now.utc_ms;
    e->from_utc_ms = w.now.utc_ms + from_s * 1000;
    e->until_utc_ms = w.now.utc_ms + until_s * 1000;
    ck_assert_int_eq(engine_dr_judge(w.engine, e, w.now), 0);
    ck_assert_int_eq(world_tell(&w, (struct event){.kind = EVENT_DR, .dr = {.operation = DR_PUT, .event = e}}), 0);
}

static void assert_wanted(int from_s, int until_s, double wanted_wh)
{
    struct plan_problem *p;
    ck_assert_int_eq(engine_make_problem(w.engine, w.now, &p), 0);
    int within = 0;
    for (size_t k = 0; k < p->n_steps; k++) {
        double end_s = (double)(p->start_utc_ms[k] - w.now.utc_ms) / 1000 + p->hours[k] * 3600;
        bool holds = end_s >= from_s - 1e-3 && end_s <= until_s + 1e-3;
        ck_assert_double_eq_tol(p->batteries[0].dr_wanted_wh[k], holds ? wanted_wh : 0, 1);
        within += holds;
    }
    ck_assert_int_ge(within, 2); // it is there when the event begins, and when it ends
    plan_problem_free(p);
}

START_TEST(a_plan_knows_what_is_wanted_of_a_battery_from_the_event_s_start_to_its_end)
{
    want_charge(2400, 4800, 0.8, false);
    assert_wanted(2400, 4800, 800e3);
}
END_TEST

START_TEST(an_energy_is_wanted_of_all_batteries_together_and_no_more_than_they_may_hold)
{
    want_charge(2400, 4800, 600e3, true);
    assert_wanted(2400, 4800, 600e3);
    want_charge(2400, 4800, 5e6, true);
    assert_wanted(2400, 4800, 950e3);
}
END_TEST

START_TEST(what_is_wanted_of_a_battery_is_kept_from_prices_and_given_for_limits)
{
    w.soc = 0.45;
    want_charge(0, 7200, 0.5, false);
    ck_assert_int_eq(world_give_plan(&w, 0, 0.01), 0); // its energy is worth nearly nothing
    world_run(&w, 20);
    ck_assert_double_le(w.battery_w, 1);
    w.site->dr.average = false;
    ck_assert_int_eq(limit_import(0, 7200, 300e3), 0);
    world_run(&w, 5);
    ck_assert_double_le(world_grid_w(&w), 300e3);
    ck_assert_double_ge(w.battery_w, 199e3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core slots");
    TCase *tc = tcase_create("slots");
    tcase_add_checked_fixture(tc, start, end);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, what_was_not_drawn_may_be_drawn_later_in_the_slot);
    tcase_add_test(tc, what_was_drawn_too_much_is_made_up_for_in_the_slot);
    tcase_add_test(tc, no_burst_is_above_the_limit_of_the_connection);
    tcase_add_test(tc, what_flowed_before_a_limit_began_does_not_count);
    tcase_add_test(tc, a_limit_that_ends_within_a_slot_is_kept_until_then);
    tcase_add_test(tc, a_restart_in_the_middle_of_a_slot_forgets_nothing_of_it);
    tcase_add_test(tc, in_every_second_means_in_every_second);
    tcase_add_test(tc, the_plan_gets_what_is_left_of_the_slot);
    tcase_add_test(tc, a_slot_that_is_none_is_not_restored);
    tcase_add_test(tc, a_plan_knows_what_is_wanted_of_a_battery_from_the_event_s_start_to_its_end);
    tcase_add_test(tc, an_energy_is_wanted_of_all_batteries_together_and_no_more_than_they_may_hold);
    tcase_add_test(tc, what_is_wanted_of_a_battery_is_kept_from_prices_and_given_for_limits);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
