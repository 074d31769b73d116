// SPDX-License-Identifier: GPL-3.0-or-later
// A shop that pays for its highest half hour of the month: plans on the daemon's own forecasts against the rule.
#include "replay_world.h"
#include "tests/unit/run_suite.h"

enum { DAYS = 9, ROWS = DAYS * 48 };

static const char shop[] =
    "area: {id: test, timezone: UTC, latitude: 45 deg, longitude: 0 deg}\n"
    "plan: {interval: 30 min, max_age: 2 h, horizon: 36 h, scenarios: 3}\n"
    "control: {limit_margin: 0 %}\n"
    "tariffs:\n"
    "  t:\n"
    "    import:\n"
    "      - {price: 0.27 /kWh, from: \"08:00\", to: \"22:00\"}\n"
    "      - {price: 0.20 /kWh}\n"
    "    demand_charge: 19 /kW\n"
    "    demand_window: 30 min\n"
    "buses: {b: {}}\n"
    "grids: {pcc: {bus: b, import_limit: 300 kW, export_limit: 0 kW, tariff: t}}\n"
    "batteries:\n"
    "  bat: {bus: b, capacity: 300 kWh, max_charge: 90 kW, max_discharge: 90 kW, wear: 0.012 /kWh,\n"
    "        soc_min: 10 %, soc_max: 95 %, reserve: 30 %, charge_efficiency: 92 %, discharge_efficiency: 92 %}\n"
    "loads: {shop: {bus: b, shape: mall, average: 60 kW, peak: 110 kW}}\n";

// Without chance, but with no order that a forecast could learn: -1 to 1.
static double any(unsigned i)
{
    i = (i ^ 61) * 2654435761u;
    i = (i ^ i >> 15) * 2246822519u;
    return (double)((i ^ i >> 13) % 2001) / 1000 - 1;
}

// Open from ten to nine, a little later than the standard profile has it; days and half hours differ.
static void shop_row(struct text *t, double hour)
{
    double h = replay_hour_of_day(hour);
    double open = 1 / (1 + exp(2 * (9.5 - h))) - 1 / (1 + exp(2 * (21 - h)));
    double busy = 1 + 0.06 * any((unsigned)(hour / 24)) + 0.04 * any(1000 + (unsigned)(2 * hour));
    text_appendf(t, ",%.1f", (20000 + 88000 * open * (1 + 0.12 * exp(-(h - 18) * (h - 18) / 4))) * busy);
}

struct course {
    double first_frac, last_frac; // state of charge
    double peak_w, charged_peak_w;
};

static struct course seen;

static void look(struct replay_world *w, const struct replay_step *step)
{
    double import_w = step->assets[site_find_asset(w->site, "pcc")].realised_w;
    const struct replay_asset_step *bat = &step->assets[site_find_asset(w->site, "bat")];
    seen.first_frac = w->steps == 1 ? bat->soc_frac : seen.first_frac;
    seen.last_frac = bat->soc_frac;
    if (bat->realised_w < -5000 && import_w > seen.peak_w + 1000)
        seen.charged_peak_w = fmax(seen.charged_peak_w, import_w);
    seen.peak_w = fmax(seen.peak_w, import_w);
}

// With what is left in the battery at the price of the night.
static double cost(struct replay_world *w, enum replay_controller controller)
{
    seen = (struct course){0};
    replay_run(w, &(struct replay_options){.controller = controller, .soc_frac = 0.5, .seed = 7}, look);
    return w->figures.total_cost - 300 * (seen.last_frac - 0.5) * 0.20 / 0.92;
}

static void start_shop(struct replay_world *w)
{
    replay_world_start(w, shop, ",shop.load_w", "2026-03-02T00:00:00Z", 0.5, ROWS, shop_row);
}

START_TEST(own_forecasts_beat_the_rule_where_a_peak_is_charged)
{
    struct replay_world w;
    start_shop(&w);
    double none = cost(&w, REPLAY_NONE), rule = cost(&w, REPLAY_RULE);
    double daemon = cost(&w, REPLAY_DAEMON), perfect = cost(&w, REPLAY_PERFECT);
    ck_assert_double_lt(rule, 1.01 * none);
    ck_assert_double_lt(daemon, 0.98 * rule);
    ck_assert_double_lt(daemon, 0.98 * none);
    ck_assert_double_lt(perfect, daemon);
    ck_assert_double_lt(perfect, 0.93 * none);
    replay_world_end(&w);
}
END_TEST

START_TEST(charging_raises_no_peak_before_a_later_one_has_come)
{
    struct replay_world w;
    start_shop(&w);
    cost(&w, REPLAY_DAEMON);
    ck_assert_double_lt(seen.charged_peak_w, 0.8 * seen.peak_w);
    replay_world_end(&w);
}
END_TEST

START_TEST(foresight_holds_its_peak_to_the_end_of_the_data)
{
    struct replay_world w;
    start_shop(&w);
    struct replay_options o = {.controller = REPLAY_PERFECT, .soc_frac = 0.5};
    replay_run(&w, &o, NULL);
    double to_the_end_kw = w.figures.peak_import_kw;
    o.to_utc_ms = w.data->utc_ms[(DAYS - 2) * 48];
    replay_run(&w, &o, NULL);
    ck_assert_double_lt(to_the_end_kw, 1.06 * w.figures.peak_import_kw);
    replay_world_end(&w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("replay_peak");
    TCase *c = tcase_create("shop");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, own_forecasts_beat_the_rule_where_a_peak_is_charged);
    tcase_add_test(c, charging_raises_no_peak_before_a_later_one_has_come);
    tcase_add_test(c, foresight_holds_its_peak_to_the_end_of_the_data);
    suite_add_tcase(s, c);
    return run_suite(s);
}
