// SPDX-License-Identifier: GPL-3.0-or-later
// Two blocks on a tie, each with a battery of its own: one whose lifelines are too much for it is held up by the other
// while there is a grid, so that it lives when there is none.
#include "outage_blocks.h"
#include "tests/unit/run_suite.h"

static struct outage_world w;
static const char *line_limit;

static void dead(const char *device, bool is_dead)
{
    for (size_t d = 0; d < w.site->n_devices; d++)
        if (strcmp(w.site->devices[d].id, device) == 0)
            w.dead[d] = is_dead;
}

static void load(double hall_w, double shops_w)
{
    outage_load(&w, hall_w, 0);
    ck_assert_int_eq(plant_model_fix(w.plant, outage_asset(&w, "shops"), shops_w), 0);
}

static void set_up_with(const char *mall_battery, const char *mall_grid, double hall_w)
{
    char battery[256], text[2 * sizeof TWO_BLOCKS];
    memcpy(text, TWO_BLOCKS, sizeof TWO_BLOCKS);
    snprintf(battery, sizeof battery, "reserve: 10 %%},\n  bat2: {bus: mall, capacity: 2000 kWh, %s, soc_min: 10 %%}}",
             mall_battery);
    blocks_change(text, "reserve: 10 %}}", battery);
    blocks_change(text, "[line]", "[bat2]");
    blocks_change(text, "limit: 100 kW", line_limit);
    blocks_change(text, "bus: mall, import_limit: 1 MW", mall_grid);
    blocks_change(text, "  m_hall:",
                  "  m_bat2: {link: wire, unit: 20, profile: generic-battery, asset: bat2, poll: 1 s, control: true}\n"
                  "  m_hall:");
    outage_begin(&w, text);
    ck_assert_int_eq(plant_model_set_soc(w.plant, outage_asset(&w, "bat"), 0.85), 0);
    ck_assert_int_eq(plant_model_set_soc(w.plant, outage_asset(&w, "bat2"), 0.85), 0);
    load(hall_w, 150e3);
}

// The hall's circuits do not answer, so that all of it counts; of the shops 20 %.
static void begin_with(const char *mall_battery, const char *mall_grid, double hall_w)
{
    set_up_with(mall_battery, mall_grid, hall_w);
    dead("m_light", true);
    dead("m_air", true);
    outage_run(&w, 60);
}

static void begin(double hall_w)
{
    begin_with("max_charge: 400 kW, max_discharge: 400 kW", "bus: mall, import_limit: 1 MW", hall_w);
}

static void tell(const char *asset, double power_w)
{
    struct event e = {
        .kind = EVENT_COMMAND,
        .command = {COMMAND_MANUAL_SETPOINT, outage_asset(&w, asset), power_w, w.now.utc_ms + INT64_C(3600000)}};
    ck_assert_int_eq(outage_tell(&w, e), 0);
}

static double into_gate_w(void)
{
    return -0.98 * outage_power_w(&w, "line"); // > 0: what arrives
}

// The largest change within so long.
static double swing_w(int seconds)
{
    double low_w = INFINITY, high_w = -INFINITY;
    for (int s = 0; s < seconds; s++) {
        outage_second(&w);
        low_w = fmin(low_w, outage_power_w(&w, "line"));
        high_w = fmax(high_w, outage_power_w(&w, "line"));
    }
    return high_w - low_w;
}

static void lose_both(void)
{
    ck_assert_int_eq(plant_model_set_grid(w.plant, 0, false), 0);
    ck_assert_int_eq(plant_model_set_grid(w.plant, 1, false), 0);
    outage_run(&w, 60);
}

static int blackouts(void)
{
    return (int)(plant_model_island(w.plant, 0)->blackouts + plant_model_island(w.plant, 1)->blackouts);
}

static void setup(void)
{
    line_limit = "limit: 100 kW";
}

static void teardown(void)
{
    outage_end(&w);
}

// Of the battery's 300 kW 45 are headroom.
START_TEST(a_block_too_weak_for_its_lifelines_brings_in_what_is_missing_and_lives_when_both_grids_fail)
{
    begin(330e3);
    ck_assert_double_ge(into_gate_w(), 75e3);
    ck_assert_double_le(into_gate_w(), 85e3); // a little more than what is missing, no more
    ck_assert_double_le(swing_w(310), 500);
    struct asset_view v;
    engine_asset(w.engine, outage_asset(&w, "line"), w.now, &v);
    ck_assert_int_eq(v.reason.kind, REASON_ISLAND_GIVE);
    ck_assert_str_eq(v.reason.asset, "bat");
    ck_assert(!outage_alarm(&w, "island-block-frail"));
    ck_assert(!outage_alarm(&w, "island-shops_block-frail"));
    lose_both();
    ck_assert_int_eq(blackouts(), 0);
    ck_assert(outage_island(&w, 0).state == ISLAND_ISLANDED && outage_island(&w, 1).state == ISLAND_ISLANDED);
    ck_assert_double_le(outage_power_w(&w, "bat"), 260e3);
}
END_TEST

START_TEST(the_same_holds_where_the_line_ends_at_the_weaker_block)
{
    begin_with("max_charge: 20 kW, max_discharge: 20 kW", "bus: mall, import_limit: 1 MW", 100e3);
    ck_assert_double_ge(outage_power_w(&w, "line"), 13e3);
    ck_assert_double_le(outage_power_w(&w, "line"), 15e3);
    ck_assert_double_le(swing_w(120), 500);
    lose_both();
    ck_assert_int_eq(blackouts(), 0);
}
END_TEST

START_TEST(the_line_is_not_hurried_beyond_its_ramp_nor_told_more_than_it_carries)
{
    line_limit = "limit: 60 kW, ramp: 2 kW/s";
    begin(200e3);
    load(330e3, 150e3);
    double before_w = 0;
    for (int s = 0; s < 60; s++) {
        outage_second(&w);
        struct asset_view v;
        engine_asset(w.engine, outage_asset(&w, "line"), w.now, &v);
        ck_assert_double_le(fabs(v.setpoint_w - before_w), 2.1e3);
        before_w = v.setpoint_w;
    }
    ck_assert_double_eq_tol(before_w, -60e3, 1.3e3);
}
END_TEST

START_TEST(nothing_is_brought_in_where_nothing_is_missing)
{
    begin(254e3);
    ck_assert_double_eq_tol(outage_power_w(&w, "line"), 0, 1);
    load(256e3, 150e3); // less than what is worth a word
    outage_run(&w, 20);
    ck_assert_double_eq_tol(outage_power_w(&w, "line"), 0, 1);
}
END_TEST

START_TEST(who_would_not_bear_it_alone_gives_nothing)
{
    begin_with("max_charge: 34 kW, max_discharge: 34 kW", "bus: mall, import_limit: 1 MW", 330e3);
    outage_run(&w, 310);
    ck_assert_double_eq_tol(outage_power_w(&w, "line"), 0, 1);
    ck_assert(outage_alarm(&w, "island-block-frail"));
}
END_TEST

// 100 kW of battery less headroom and 30 kW of lifelines.
START_TEST(who_bears_a_part_gives_that_part)
{
    begin_with("max_charge: 100 kW, max_discharge: 100 kW", "bus: mall, import_limit: 1 MW", 330e3);
    ck_assert_double_eq_tol(outage_power_w(&w, "line"), -55e3, 1e3);
    ck_assert_double_le(swing_w(310), 500);
    ck_assert(outage_alarm(&w, "island-block-frail"));
    ck_assert(!outage_alarm(&w, "island-shops_block-frail"));
}
END_TEST

START_TEST(who_gives_does_not_stop_at_once_when_its_own_grid_is_lost_first)
{
    begin(330e3);
    ck_assert_int_eq(plant_model_set_grid(w.plant, 1, false), 0);
    outage_run(&w, 2);
    ck_assert_double_ge(into_gate_w(), 75e3);
    lose_both();
    ck_assert_int_eq(blackouts(), 0);
}
END_TEST

START_TEST(who_is_without_a_grid_holds_up_nobody_who_has_one)
{
    begin(330e3);
    ck_assert_int_eq(plant_model_set_grid(w.plant, 1, false), 0);
    outage_run(&w, 20);
    ck_assert_double_le(into_gate_w(), 1);
}
END_TEST

START_TEST(the_connection_of_who_gives_keeps_its_limit)
{
    begin_with("max_charge: 400 kW, max_discharge: 400 kW", "bus: mall, import_limit: 190 kW", 330e3);
    tell("bat2", 0);
    outage_run(&w, 20);
    for (int s = 0; s < 310; s++) {
        outage_second(&w);
        ck_assert_double_le(outage_power_w(&w, "mall_grid"), 190e3);
        ck_assert_double_eq_tol(into_gate_w(), 35e3, 3e3);
    }
    ck_assert(outage_alarm(&w, "island-block-frail"));
}
END_TEST

START_TEST(the_notice_goes_when_the_help_is_there)
{
    begin(330e3);
    dead("m_line", true);
    outage_run(&w, 400);
    ck_assert(outage_alarm(&w, "island-block-frail"));
    dead("m_line", false);
    outage_run(&w, 310);
    ck_assert(!outage_alarm(&w, "island-block-frail"));
    ck_assert_double_ge(into_gate_w(), 75e3);
}
END_TEST

START_TEST(nothing_is_brought_in_while_switches_have_not_answered_yet)
{
    set_up_with("max_charge: 400 kW, max_discharge: 400 kW", "bus: mall, import_limit: 1 MW", 330e3);
    dead("m_light", true);
    dead("m_air", true);
    dead("m_heat", true);
    dead("m_pool", true);
    outage_run(&w, 3);
    dead("m_light", false);
    dead("m_air", false);
    dead("m_heat", false);
    dead("m_pool", false);
    for (int s = 0; s < 90; s++) {
        outage_second(&w);
        ck_assert_double_le(into_gate_w(), 1e3);
    }
}
END_TEST

START_TEST(what_wanders_a_little_moves_nothing_and_what_is_over_ends)
{
    begin(330e3);
    tell("bat2", 0); // its grid's meter is alive
    outage_run(&w, 20);
    double before_w = into_gate_w(), seen_w = 0;
    for (int s = 0; s < 120; s++) {
        load(330e3 + 2e3 * sin(s), 150e3 + 500 * cos(s));
        outage_second(&w);
        seen_w = fmax(seen_w, fabs(into_gate_w() - before_w));
    }
    ck_assert_double_le(seen_w, 2.5e3); // once up, and no more
    load(345e3, 150e3);
    outage_run(&w, 20);
    ck_assert_double_ge(into_gate_w(), 90e3);
    load(250e3, 150e3);
    outage_run(&w, 80);
    ck_assert_double_eq_tol(outage_power_w(&w, "line"), 0, 1);
}
END_TEST

START_TEST(a_persons_word_on_the_tie_stands)
{
    begin(330e3);
    tell("line", 0);
    outage_run(&w, 310);
    ck_assert_double_eq_tol(outage_power_w(&w, "line"), 0, 1);
    ck_assert(outage_alarm(&w, "island-block-frail"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core outage frail");
    TCase *t = tcase_create("tie");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_block_too_weak_for_its_lifelines_brings_in_what_is_missing_and_lives_when_both_grids_fail);
    tcase_add_test(t, the_same_holds_where_the_line_ends_at_the_weaker_block);
    tcase_add_test(t, the_line_is_not_hurried_beyond_its_ramp_nor_told_more_than_it_carries);
    tcase_add_test(t, nothing_is_brought_in_where_nothing_is_missing);
    tcase_add_test(t, who_would_not_bear_it_alone_gives_nothing);
    tcase_add_test(t, who_bears_a_part_gives_that_part);
    tcase_add_test(t, who_gives_does_not_stop_at_once_when_its_own_grid_is_lost_first);
    tcase_add_test(t, who_is_without_a_grid_holds_up_nobody_who_has_one);
    tcase_add_test(t, the_connection_of_who_gives_keeps_its_limit);
    tcase_add_test(t, the_notice_goes_when_the_help_is_there);
    tcase_add_test(t, nothing_is_brought_in_while_switches_have_not_answered_yet);
    tcase_add_test(t, what_wanders_a_little_moves_nothing_and_what_is_over_ends);
    tcase_add_test(t, a_persons_word_on_the_tie_stands);
    suite_add_tcase(s, t);
    return run_suite(s);
}
