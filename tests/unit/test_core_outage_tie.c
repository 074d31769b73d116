// SPDX-License-Identifier: GPL-3.0-or-later
// Two blocks on a tie: one lives on its battery, the other on what the tie brings.
#include "outage_blocks.h"
#include "tests/unit/run_suite.h"

static struct outage_world w;

static void load(double hall_w, double shops_w)
{
    outage_load(&w, hall_w, 0);
    ck_assert_int_eq(plant_model_fix(w.plant, outage_asset(&w, "shops"), shops_w), 0);
}

static void setup(void)
{
    outage_begin(&w, TWO_BLOCKS);
    ck_assert_int_eq(plant_model_set_soc(w.plant, outage_asset(&w, "bat"), 0.85), 0);
    load(150e3, 200e3);
    outage_run(&w, 30);
}

static void teardown(void)
{
    outage_end(&w);
}

static void lose(bool gate, bool mall)
{
    ck_assert_int_eq(plant_model_set_grid(w.plant, 0, !gate), 0);
    ck_assert_int_eq(plant_model_set_grid(w.plant, 1, !mall), 0);
}

START_TEST(lifelines_of_one_block_are_fed_over_the_tie_from_the_other)
{
    lose(true, true);
    outage_run(&w, 120);
    ck_assert(outage_island(&w, 0).state == ISLAND_ISLANDED);
    outage_run(&w, 200); // from black, perhaps
    ck_assert_str_eq(island_state_name(outage_island(&w, 1).state), "islanded");
    ck_assert_int_eq(outage_island(&w, 1).forming, outage_asset(&w, "line"));
    ck_assert(plant_model_island(w.plant, 0)->lives && plant_model_island(w.plant, 1)->lives);
    ck_assert_double_le(outage_power_w(&w, "shops"), -35e3);
    ck_assert_double_le(outage_power_w(&w, "line"), 100e3);
    ck_assert_uint_eq(plant_model_island(w.plant, 0)->blackouts, 0);
}
END_TEST

START_TEST(a_block_that_lost_its_grid_hangs_on_its_neighbours_grid)
{
    lose(false, true);
    outage_run(&w, 300);
    ck_assert(outage_island(&w, 0).state == ISLAND_CONNECTED);
    ck_assert_str_eq(island_state_name(outage_island(&w, 1).state), "islanded");
    ck_assert(plant_model_island(w.plant, 1)->lives);
    ck_assert_double_le(outage_power_w(&w, "shops"), -35e3);
    ck_assert(!plant_model_switch_at(w.plant, outage_switch(&w, "aisles"))->closed); // 160 kW do not pass
    ck_assert_double_lt(outage_power_w(&w, "grid"), 400e3);
    lose(false, false);
    outage_run(&w, 420);
    ck_assert(outage_island(&w, 1).state == ISLAND_CONNECTED);
    ck_assert(plant_model_switch_at(w.plant, outage_switch(&w, "aisles"))->closed);
}
END_TEST

START_TEST(when_the_feeding_block_is_too_weak_its_own_ordinary_loads_go_before_lifelines_over_the_tie)
{
    load(290e3, 200e3);
    outage_run(&w, 10);
    lose(true, true);
    outage_run(&w, 400);
    ck_assert(plant_model_island(w.plant, 0)->lives && plant_model_island(w.plant, 1)->lives);
    ck_assert_double_le(outage_power_w(&w, "shops"), -35e3);
    ck_assert(!outage_closed(&w, "air"));
    ck_assert_uint_eq(plant_model_island(w.plant, 0)->blackouts, 0);
}
END_TEST

// The same where the shops have a battery of their own, which is not the first to hold them.
static void begin_with_own_battery(void)
{
    static const char *const changes[][2] = {
        {"                  soc_min: 10 %, soc_max: 90 %, reserve: 10 %}}\n",
         "                  soc_min: 10 %, soc_max: 90 %, reserve: 10 %},\n"
         "            own: {bus: mall, capacity: 2000 kWh, max_charge: 200 kW, max_discharge: 200 kW}}\n"},
        {"forming: [line]", "forming: [line, own]"},
        {"devices:\n", "devices:\n  m_own: {link: wire, unit: 20, profile: generic-battery, asset: own, poll: 1 s, "
                       "control: true}\n"}};
    char text[2 * sizeof TWO_BLOCKS];
    const char *rest = TWO_BLOCKS;
    size_t n = 0;
    for (int i = 0; i < 3; i++) {
        const char *at = strstr(rest, changes[i][0]);
        ck_assert_ptr_nonnull(at);
        n += (size_t)snprintf(text + n, sizeof text - n, "%.*s%s", (int)(at - rest), rest, changes[i][1]);
        rest = at + strlen(changes[i][0]);
    }
    n += (size_t)snprintf(text + n, sizeof text - n, "%s", rest);
    ck_assert_uint_lt(n, sizeof text);
    outage_end(&w);
    outage_begin(&w, text);
}

START_TEST(who_has_a_battery_of_its_own_takes_no_more_over_the_tie_than_the_neighbour_has_to_spare)
{
    begin_with_own_battery();
    load(240e3, 150e3);
    outage_run(&w, 30);
    lose(true, true);
    outage_run(&w, 60);
    ck_assert_int_eq(outage_island(&w, 1).forming, outage_asset(&w, "line"));
    ck_assert_double_le(outage_power_w(&w, "bat"), 256e3); // its 300 kW less headroom
    ck_assert_double_lt(outage_power_w(&w, "line"), 20e3);
    ck_assert_double_lt(outage_power_w(&w, "shops"), -29e3);
    ck_assert(outage_closed(&w, "light") && outage_closed(&w, "air"));
    for (int i = 0; i < 2; i++)
        ck_assert_uint_eq(plant_model_island(w.plant, i)->blackouts, 0);
}
END_TEST

START_TEST(nobody_is_told_to_send_over_a_tie_before_a_bus_that_comes_up_serves)
{
    lose(true, false);
    outage_run(&w, 30);
    plant_model_trip(w.plant, outage_asset(&w, "bat"), true);
    outage_run(&w, 30);
    ck_assert(!plant_model_island(w.plant, 0)->lives);
    plant_model_trip(w.plant, outage_asset(&w, "bat"), false);
    bool serves = false;
    for (int s = 0; s < 500 && outage_island(&w, 0).state != ISLAND_ISLANDED; s++) {
        outage_second(&w);
        serves |= outage_closed(&w, "light");
        ck_assert(serves || !plant_model_asset(w.plant, outage_asset(&w, "line"))->commanded);
    }
    ck_assert(outage_island(&w, 0).state == ISLAND_ISLANDED);
}
END_TEST

// ---- while there is a grid ------------------------------------------------------------------------------------------

// A person's word, which yields to hard limits alone.
static void want_over_the_line(double power_w)
{
    struct event e = {
        .kind = EVENT_COMMAND,
        .command = {COMMAND_MANUAL_SETPOINT, outage_asset(&w, "line"), power_w, w.now.utc_ms + INT64_C(3600000)}};
    ck_assert_int_eq(outage_tell(&w, e), 0);
}

static void switches_answer(bool answer)
{
    for (size_t d = 0; d < w.site->n_devices; d++)
        if (strcmp(w.site->devices[d].id, "m_light") == 0 || strcmp(w.site->devices[d].id, "m_air") == 0)
            w.dead[d] = !answer;
}

// Of the battery's 300 kW 45 are headroom; 40 kW of the shops' lifelines would hang on the line.
START_TEST(no_more_goes_out_over_a_tie_than_the_battery_bears_when_the_grid_fails)
{
    load(210e3, 200e3);
    want_over_the_line(98e3);
    outage_run(&w, 20);
    ck_assert_double_eq_tol(outage_power_w(&w, "line"), 98e3, 1e3); // circuits would go at once
    switches_answer(false);
    outage_run(&w, 20);
    ck_assert_double_eq_tol(outage_power_w(&w, "line"), 88e3, 2e3);
    lose(true, false);
    outage_run(&w, 10);
    ck_assert(plant_model_island(w.plant, 0)->lives);
    ck_assert_double_eq(plant_model_island(w.plant, 0)->overload_s, 0);
}
END_TEST

START_TEST(power_comes_in_over_a_tie_however_weak_the_battery_is)
{
    load(290e3, 100e3);
    switches_answer(false);
    want_over_the_line(-100e3);
    outage_run(&w, 20);
    ck_assert_double_eq_tol(outage_power_w(&w, "line"), -100e3, 1e3);
}
END_TEST

START_TEST(an_island_that_could_not_do_without_its_grid_sends_nothing_but_lifelines_and_says_so)
{
    load(260e3, 200e3);
    switches_answer(false);
    want_over_the_line(98e3);
    outage_run(&w, 310);
    ck_assert(outage_alarm(&w, "island-block-frail"));
    ck_assert(!outage_alarm(&w, "island-shops_block-frail"));
    ck_assert_double_eq_tol(outage_power_w(&w, "line"), 40e3, 1e3);
    switches_answer(true);
    outage_run(&w, 310);
    ck_assert(!outage_alarm(&w, "island-block-frail"));
    ck_assert_double_eq_tol(outage_power_w(&w, "line"), 98e3, 1e3);
}
END_TEST

static void begin_again(const char *text)
{
    outage_end(&w);
    outage_begin(&w, text);
    ck_assert_int_eq(plant_model_set_soc(w.plant, outage_asset(&w, "bat"), 0.85), 0);
    load(310e3, 150e3);
    switches_answer(false);
    outage_run(&w, 30);
}

// The mall lives on a battery of its own.
static void begin_with_two_batteries(char text[static 2 * sizeof TWO_BLOCKS], const char *size)
{
    char battery[256];
    snprintf(battery, sizeof battery,
             "reserve: 10 %%},\n  bat2: {bus: mall, %s, soc_min: 10 %%, soc_max: 90 %%, reserve: 10 %%}}", size);
    blocks_change(text, "reserve: 10 %}}", battery);
    blocks_change(text, "[line]", "[bat2]");
    blocks_change(text, "  m_hall:",
                  "  m_bat2: {link: wire, unit: 20, profile: generic-battery, asset: bat2, poll: 1 s, control: true}\n"
                  "  m_hall:");
    begin_again(text);
}

START_TEST(who_lost_the_grid_is_helped_whatever_the_helper_could_do_without_its_own)
{
    char text[2 * sizeof TWO_BLOCKS];
    memcpy(text, TWO_BLOCKS, sizeof TWO_BLOCKS);
    begin_with_two_batteries(text, "capacity: 500 kWh, max_charge: 200 kW, max_discharge: 200 kW");
    want_over_the_line(98e3);
    outage_run(&w, 20);
    ck_assert_double_eq_tol(outage_power_w(&w, "line"), 0, 1e3);
    lose(false, true);
    outage_run(&w, 20);
    ck_assert_double_eq_tol(outage_power_w(&w, "line"), 98e3, 1e3);
}
END_TEST

// Both blocks live on batteries. Of 300 kW at the gate its battery may give 255, and 90 % of that when something comes
// back.
START_TEST(a_circuit_too_large_for_its_own_battery_comes_back_with_what_the_neighbour_gives)
{
    char text[2 * sizeof TWO_BLOCKS];
    memcpy(text, TWO_BLOCKS, sizeof TWO_BLOCKS);
    blocks_change(text, "confirm: 500 ms", "confirm: 500 ms, horizon: 1 h, beyond: 0 h");
    blocks_change(text, "air: {load: hall, tier: ordinary", "air: {load: hall, tier: ordinary, inrush: 1.2");
    begin_with_two_batteries(text, "capacity: 2000 kWh, max_charge: 400 kW, max_discharge: 400 kW");
    switches_answer(true);
    ck_assert_int_eq(plant_model_set_soc(w.plant, outage_asset(&w, "bat2"), 0.85), 0);
    load(300e3, 150e3);
    outage_run(&w, 90); // until the line does not hold it up any more
    lose(true, true);
    outage_run(&w, 10);
    ck_assert(!outage_closed(&w, "air"));
    outage_run(&w, 600);
    ck_assert(outage_closed(&w, "air") && outage_closed(&w, "light"));
    int writes = w.switch_writes;
    double energy_wh = 0;
    for (int i = 0; i < 600; i++) {
        outage_run(&w, 1);
        ck_assert_double_le(outage_power_w(&w, "bat"), 260e3);
        energy_wh += outage_power_w(&w, "bat") / 3600;
    }
    ck_assert_double_ge(energy_wh, 35e3); // it is not spared: room was made for a moment
    ck_assert_int_eq(w.switch_writes, writes);
    ck_assert_uint_eq(plant_model_island(w.plant, 0)->blackouts, 0);
}
END_TEST

START_TEST(a_tie_carries_what_it_can_where_nobody_looks_after_outages)
{
    char text[2 * sizeof TWO_BLOCKS];
    memcpy(text, TWO_BLOCKS, sizeof TWO_BLOCKS);
    blocks_change(text, "outage: {enabled: true", "outage: {enabled: false");
    begin_again(text);
    want_over_the_line(98e3);
    outage_run(&w, 20);
    ck_assert_double_eq_tol(outage_power_w(&w, "line"), 98e3, 1e3);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core outage tie");
    TCase *t = tcase_create("tie");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, who_has_a_battery_of_its_own_takes_no_more_over_the_tie_than_the_neighbour_has_to_spare);
    tcase_add_test(t, nobody_is_told_to_send_over_a_tie_before_a_bus_that_comes_up_serves);
    tcase_add_test(t, lifelines_of_one_block_are_fed_over_the_tie_from_the_other);
    tcase_add_test(t, a_block_that_lost_its_grid_hangs_on_its_neighbours_grid);
    tcase_add_test(t, when_the_feeding_block_is_too_weak_its_own_ordinary_loads_go_before_lifelines_over_the_tie);
    tcase_add_test(t, no_more_goes_out_over_a_tie_than_the_battery_bears_when_the_grid_fails);
    tcase_add_test(t, power_comes_in_over_a_tie_however_weak_the_battery_is);
    tcase_add_test(t, an_island_that_could_not_do_without_its_grid_sends_nothing_but_lifelines_and_says_so);
    tcase_add_test(t, who_lost_the_grid_is_helped_whatever_the_helper_could_do_without_its_own);
    tcase_add_test(t, a_circuit_too_large_for_its_own_battery_comes_back_with_what_the_neighbour_gives);
    tcase_add_test(t, a_tie_carries_what_it_can_where_nobody_looks_after_outages);
    suite_add_tcase(s, t);
    return run_suite(s);
}
