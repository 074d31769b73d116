// SPDX-License-Identifier: GPL-3.0-or-later
// A week of an area with a roof and a battery, under every controller.
#include "replay_world.h"
#include "tests/unit/run_suite.h"

static const char house[] =
    "area: {id: test, timezone: UTC, latitude: 45 deg, longitude: 0 deg}\n"
    "plan: {interval: 1 h, max_age: 3 h, horizon: 24 h, scenarios: 3}\n"
    "control: {limit_margin: 0 %}\n"
    "tariffs:\n"
    "  t:\n"
    "    import: [{price: 0.2 /kWh}]\n"
    "    demand_charge: 5 /kW\n"
    "    demand_window: 15 min\n"
    "buses: {b: {}}\n"
    "grids:\n"
    "  pcc: {bus: b, import_limit: 30 kW, export_limit: 30 kW, tariff: t, co2: 400 g/kWh}\n"
    "pv: {roof: {bus: b, peak_power: 10 kW}}\n"
    "batteries:\n"
    "  bat: {bus: b, capacity: 10 kWh, max_charge: 5 kW, max_discharge: 5 kW, wear: 0.01 /kWh,\n"
    "        charge_efficiency: 95 %, discharge_efficiency: 95 %}\n"
    "loads: {home: {bus: b, average: 2 kW, peak: 5 kW}}\n";
static const char house_head[] = ",home.load_w,roof.pv_w,pcc.import_price,pcc.export_price";

static double price(double hour)
{
    double h = replay_hour_of_day(hour);
    return h >= 17 && h < 21 ? 0.5 : h < 6 ? 0.12 : 0.25;
}

// Every third day is dull, and evenings differ.
static void house_row(struct text *t, double hour)
{
    double h = replay_hour_of_day(hour);
    int day = (int)(hour / 24);
    double load_w = 1000 + (h >= 17 && h < 22 ? 2500 + 300 * (day % 4) : 0) + (h >= 6 && h < 9 ? 1200 : 0);
    double pv_w = 8000 * replay_sun(hour) * (day % 3 == 2 ? 0.2 : 1);
    text_appendf(t, ",%.1f,%.1f,%.3f,0.05", load_w, pv_w, price(hour));
}

static void start_house(struct replay_world *w, double step_h, int rows)
{
    replay_world_start(w, house, house_head, "2026-03-02T00:00:00Z", step_h, rows, house_row);
}

START_TEST(foresight_costs_least_and_no_control_most)
{
    struct replay_world w;
    start_house(&w, 1, 7 * 24);
    double none = replay_cost(&w, REPLAY_NONE), rule = replay_cost(&w, REPLAY_RULE);
    double daemon = replay_cost(&w, REPLAY_DAEMON), persistence = replay_cost(&w, REPLAY_PERSISTENCE);
    double perfect = replay_cost(&w, REPLAY_PERFECT);
    ck_assert_double_lt(perfect, daemon);
    ck_assert_double_lt(perfect, rule);
    ck_assert_double_lt(perfect, persistence);
    ck_assert_double_lt(daemon, 0.95 * none);
    ck_assert_double_lt(rule, none);
    replay_world_end(&w);
}
END_TEST

START_TEST(energy_adds_up_on_every_bus_under_every_controller)
{
    struct replay_world w;
    start_house(&w, 1, 4 * 24);
    for (int c = 0; c < REPLAY_CONTROLLER_COUNT; c++) {
        replay_cost(&w, (enum replay_controller)c);
        const struct replay_figures *f = &w.figures;
        ck_assert_uint_eq(w.steps, 4 * 24);
        ck_assert_double_lt(w.worst_balance_wh, 0.001);
        double in = f->import_kwh + f->pv_used_kwh + f->battery_out_kwh,
               out = f->export_kwh + f->load_kwh + f->battery_in_kwh;
        ck_assert_double_eq_tol(in, out, 0.001);
        ck_assert_double_eq_tol(w.settled_cost + f->demand_charge, f->total_cost, 1e-6);
        ck_assert_double_eq_tol(f->co2_kg, 0.4 * f->import_kwh, 1e-6);
        ck_assert_double_eq_tol(f->wear_cost, 0.01 * (f->battery_in_kwh + f->battery_out_kwh), 1e-6);
        ck_assert_double_eq_tol(f->stored_change_kwh, 0.95 * f->battery_in_kwh - f->battery_out_kwh / 0.95, 0.001);
        ck_assert_double_eq(f->unserved_kwh, 0);
        ck_assert_uint_eq(f->failed_plans, 0);
    }
    replay_world_end(&w);
}
END_TEST

START_TEST(without_control_the_bill_is_that_of_the_meter)
{
    struct replay_world w;
    start_house(&w, 1, 48);
    double energy = 0, peak_kw = 0;
    for (int i = 0; i < 48; i++) {
        struct text t = {0};
        double load_w, pv_w;
        house_row(&t, i);
        ck_assert_int_eq(sscanf(t.data, ",%lf,%lf", &load_w, &pv_w), 2);
        text_free(&t);
        double net_kw = (load_w - pv_w) / 1000;
        energy += net_kw > 0 ? net_kw * price(i) : net_kw * 0.05;
        peak_kw = fmax(peak_kw, net_kw);
    }
    replay_cost(&w, REPLAY_NONE);
    ck_assert_double_eq_tol(w.figures.energy_cost, energy, 1e-6);
    ck_assert_double_eq_tol(w.figures.peak_import_kw, peak_kw, 1e-9);
    ck_assert_double_eq_tol(w.figures.demand_charge, 5 * peak_kw, 1e-6);
    ck_assert_double_eq(w.figures.battery_in_kwh, 0);
    replay_world_end(&w);
}
END_TEST

START_TEST(the_same_input_gives_the_same_steps)
{
    struct replay_world w;
    start_house(&w, 1, 3 * 24);
    for (int c = 0; c < REPLAY_CONTROLLER_COUNT; c++) {
        replay_cost(&w, (enum replay_controller)c);
        uint64_t first = w.digest;
        replay_cost(&w, (enum replay_controller)c);
        ck_assert_uint_eq(w.digest, first);
    }
    replay_world_end(&w);
}
END_TEST

static void expect_flow_in_plan(struct replay_world *w, const struct replay_step *step)
{
    int home = site_find_asset(w->site, "home"), roof = site_find_asset(w->site, "roof");
    ck_assert_double_eq_tol(step->assets[home].planned_w, step->assets[home].realised_w, 1);
    ck_assert_double_eq_tol(step->assets[roof].planned_w, step->assets[roof].realised_w, 1);
}

static double strangest_w;

static void note_surprise(struct replay_world *w, const struct replay_step *step)
{
    int home = site_find_asset(w->site, "home");
    strangest_w = fmax(strangest_w, fabs(step->assets[home].planned_w - step->assets[home].realised_w));
}

START_TEST(the_daemon_plans_with_what_flows_and_a_schedule_is_made_before)
{
    struct replay_world w;
    start_house(&w, 1, 4 * 24);
    replay_run(&w, &(struct replay_options){.controller = REPLAY_DAEMON, .soc_frac = -1}, expect_flow_in_plan);
    strangest_w = 0;
    replay_run(&w, &(struct replay_options){.controller = REPLAY_SCHEDULE, .soc_frac = -1}, note_surprise);
    ck_assert_double_gt(strangest_w, 500);
    replay_world_end(&w);
}
END_TEST

static void expect_cap(struct replay_world *w, const struct replay_step *step)
{
    int grid = site_find_asset(w->site, "pcc");
    ck_assert_double_ge(step->assets[grid].realised_w, -1);
    ck_assert(!step->grids[0].over);
}

START_TEST(an_export_limit_of_zero_is_kept_in_every_cycle)
{
    struct replay_world w;
    start_house(&w, 1, 3 * 24);
    w.site->grids[0].export_limit_w = 0;
    replay_run(&w, &(struct replay_options){.controller = REPLAY_DAEMON, .soc_frac = -1}, expect_cap);
    ck_assert_double_gt(w.figures.pv_kwh - w.figures.pv_used_kwh, 20);
    replay_run(&w, &(struct replay_options){.controller = REPLAY_RULE, .soc_frac = -1}, expect_cap);
    ck_assert_double_gt(w.figures.pv_kwh - w.figures.pv_used_kwh, 20);
    ck_assert_double_eq(w.figures.hours_over_limit, 0);
    replay_world_end(&w);
}
END_TEST

START_TEST(rows_a_day_apart_are_replayed_in_hours_unless_somebody_asks)
{
    struct replay_data days = {.step_ms = INT64_C(86400000)};
    struct replay_options o = {0}, asked = {.cycle_s = 6 * 3600};
    ck_assert_int_eq(replay_cycle_ms(&days, &o), 3600 * 1000);
    ck_assert_int_eq(replay_cycle_ms(&days, &asked), 6 * 3600 * 1000);
}
END_TEST

START_TEST(cycles_may_last_a_minute_a_quarter_or_an_hour)
{
    const struct {
        double step_h;
        int rows;
    } of[] = {{1.0 / 60, 24 * 60}, {0.25, 96}, {1, 24}};
    double none[3], daemon[3];
    for (int i = 0; i < 3; i++) {
        struct replay_world w;
        start_house(&w, of[i].step_h, of[i].rows);
        none[i] = replay_cost(&w, REPLAY_NONE);
        daemon[i] = replay_cost(&w, REPLAY_DAEMON);
        ck_assert_uint_eq(w.steps, (unsigned)of[i].rows);
        ck_assert_double_lt(w.worst_balance_wh, 0.001);
        ck_assert_uint_eq(w.alarms, 0);
        ck_assert_uint_ge(w.figures.plans, 24);
        replay_world_end(&w);
    }
    for (int i = 0; i < 2; i++) {
        ck_assert_double_eq_tol(none[i], none[2], 0.06 * none[2]);
        ck_assert_double_eq_tol(daemon[i], daemon[2], 0.15 * none[2]);
    }
}
END_TEST

START_TEST(what_was_before_the_start_is_learned_and_not_decided)
{
    struct replay_world w;
    start_house(&w, 1, 14 * 24);
    struct replay_options o = {.controller = REPLAY_DAEMON, .soc_frac = -1, .from_utc_ms = w.data->utc_ms[12 * 24]};
    replay_run(&w, &o, NULL);
    ck_assert_uint_eq(w.steps, 48);
    uint64_t fresh = w.digest;
    o.learn_from_utc_ms = w.data->utc_ms[0];
    replay_run(&w, &o, NULL);
    ck_assert_uint_eq(w.steps, 48);
    ck_assert_uint_ne(w.digest, fresh);
    replay_world_end(&w);
}
END_TEST

START_TEST(a_span_without_data_is_refused_with_a_word)
{
    struct replay_world w;
    struct replay *r = NULL;
    char why[200] = "";
    start_house(&w, 1, 24);
    struct replay_options o = {.controller = REPLAY_DAEMON, .from_utc_ms = w.data->end_utc_ms + 1};
    ck_assert_int_lt(replay_new(w.site, w.data, &o, &r, why, sizeof why), 0);
    ck_assert_ptr_null(r);
    ck_assert_str_ne(why, "");
    replay_world_end(&w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("replay");
    TCase *c = tcase_create("week");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, foresight_costs_least_and_no_control_most);
    tcase_add_test(c, energy_adds_up_on_every_bus_under_every_controller);
    tcase_add_test(c, without_control_the_bill_is_that_of_the_meter);
    tcase_add_test(c, the_same_input_gives_the_same_steps);
    tcase_add_test(c, the_daemon_plans_with_what_flows_and_a_schedule_is_made_before);
    tcase_add_test(c, an_export_limit_of_zero_is_kept_in_every_cycle);
    tcase_add_test(c, rows_a_day_apart_are_replayed_in_hours_unless_somebody_asks);
    tcase_add_test(c, cycles_may_last_a_minute_a_quarter_or_an_hour);
    tcase_add_test(c, what_was_before_the_start_is_learned_and_not_decided);
    tcase_add_test(c, a_span_without_data_is_refused_with_a_word);
    suite_add_tcase(s, c);
    return run_suite(s);
}
