// SPDX-License-Identifier: GPL-3.0-or-later
// Areas by the dice: whatever they look like, no limit is broken that somebody could have kept, every command is one
// that its device can follow, and no number is none.
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/unit/control_assets.h"
#include "tests/unit/run_suite.h"

enum { AREAS = 20000, MAX_ASSETS = 24, MAX_BUSES = 3, MAX_GROUPS = 4 };

struct area {
    struct regulate_asset assets[MAX_ASSETS];
    size_t n_assets;
    struct regulate_bus buses[MAX_BUSES];
    struct regulate_group groups[MAX_GROUPS];
    size_t n_groups;
    bool ties;
    struct regulate_command commands[MAX_ASSETS];
    struct regulate_bus_result results[MAX_BUSES];
    struct regulate_group_result group_results[MAX_GROUPS];
};

static uint64_t state = 88172645463325252u;

static double dice(double low, double high)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return low + (high - low) * (double)(state % 1000001) / 1e6;
}

static bool chance(double p)
{
    return dice(0, 1) < p;
}

// ---- areas ----------------------------------------------------------------------------------------------------------

static struct regulate_asset random_grid(int bus)
{
    struct regulate_asset a = grid(dice(-3e5, 5e5));
    a.bus = bus;
    a.measured = chance(0.9);
    a.import_limit_w = chance(0.1) ? 0 : dice(0, 4e5);
    a.export_limit_w = chance(0.2) ? 0 : dice(0, 2e5);
    a.peak_limit_w = chance(0.5) ? dice(0, 3e5) : LP_INFINITY;
    a.import_price_per_kwh = dice(-10, 50);
    a.export_price_per_kwh = a.import_price_per_kwh - dice(0, 30);
    a.peak_price_per_kwh = a.import_price_per_kwh + dice(0, 3000);
    return a;
}

static enum asset_kind random_kind(bool ties)
{
    static const enum asset_kind kinds[] = {ASSET_BATTERY, ASSET_PV,        ASSET_CHARGER,   ASSET_CHARGER,
                                            ASSET_CHARGER, ASSET_FLEXIBLE,  ASSET_CONVERTER, ASSET_LOAD,
                                            ASSET_STORE,   ASSET_GENERATOR, ASSET_TIE};
    return kinds[(int)dice(0, ties ? 10.999 : 9.999)];
}

static void random_range(struct regulate_asset *a)
{
    double size_w = dice(1e3, 2e5);
    bool gives = a->kind == ASSET_BATTERY || a->kind == ASSET_PV || a->kind == ASSET_GENERATOR || a->kind == ASSET_TIE;
    bool draws = a->kind != ASSET_PV && a->kind != ASSET_GENERATOR;
    a->max_w = gives || (a->kind == ASSET_CHARGER && chance(0.3)) ? size_w * dice(0.3, 1) : 0;
    a->min_w = draws ? -size_w : 0;
    if (a->kind == ASSET_LOAD)
        a->max_w = a->min_w * dice(0, 1);
    bool steps = a->kind == ASSET_CHARGER || a->kind == ASSET_FLEXIBLE || a->kind == ASSET_CONVERTER;
    if ((steps || a->kind == ASSET_GENERATOR) && chance(0.7))
        a->on_w = size_w * (chance(0.2) ? 1 : dice(0.05, 1));
}

static struct regulate_asset random_asset(const struct area *area, int bus)
{
    struct regulate_asset a = {.bus = bus, .from_bus = -1, .group = -1, .kind = random_kind(area->ties)};
    random_range(&a);
    a.commandable = chance(0.85);
    a.measured = chance(0.9);
    a.measured_w = chance(0.2) ? 0 : dice(a.min_w, a.max_w);
    a.assumed_w = a.min_w;
    a.has_setpoint = chance(0.8);
    a.setpoint_w = chance(0.5) ? a.measured_w : dice(a.min_w, a.max_w);
    a.has_plan = chance(0.7);
    a.plan_w = chance(0.3) ? 0 : dice(1.2 * a.min_w, 1.2 * a.max_w);
    a.more_cost_per_kwh = chance(0.4) ? 20 : dice(-10, 60);
    a.less_saving_per_kwh = a.more_cost_per_kwh - (chance(0.5) ? 0 : dice(0, 20));
    a.ramp_w_per_s = chance(0.15) ? dice(10, 5e4) : 0;
    a.stay_on = chance(0.1);
    a.stay_off = chance(0.1);
    if (area->n_groups > 0 && a.min_w < 0 && a.kind != ASSET_LOAD && chance(0.7))
        a.group = (int)dice(0, (double)area->n_groups - 0.001);
    if (a.kind == ASSET_LOAD)
        a.more_cost_per_kwh = 1e7;
    if (a.kind == ASSET_TIE) {
        a.from_bus = (bus + 1) % 2;
        a.loss_frac = dice(0, 0.1);
    }
    return a;
}

static void random_groups(struct area *area)
{
    area->n_groups = (size_t)dice(0, MAX_GROUPS + 0.999);
    for (size_t g = 0; g < area->n_groups; g++)
        area->groups[g] = (struct regulate_group){g > 0 && chance(0.6) ? (int)dice(0, (double)g - 0.001) : -1,
                                                  chance(0.1) ? 0 : dice(0, 3e5)};
}

static void random_area(struct area *area)
{
    memset(area, 0, sizeof *area);
    area->ties = chance(0.2);
    random_groups(area);
    for (int b = 0; b < MAX_BUSES; b++) {
        area->buses[b].electric = b < 2;
        for (int g = chance(0.2) ? 2 : chance(0.9); g > 0; g--)
            area->assets[area->n_assets++] = random_grid(b);
    }
    size_t n = area->n_assets + (size_t)dice(0, (double)(MAX_ASSETS - area->n_assets) + 0.999);
    while (area->n_assets < n) {
        area->assets[area->n_assets] = random_asset(area, (int)dice(0, MAX_BUSES - 0.001));
        if (area->assets[area->n_assets].kind == ASSET_TIE)
            area->assets[area->n_assets].bus = 0, area->assets[area->n_assets].from_bus = 1;
        area->n_assets++;
    }
}

static void spoil(struct area *area)
{
    struct regulate_asset *a = &area->assets[(size_t)dice(0, (double)area->n_assets - 0.001)];
    double *numbers[] = {&a->measured_w,     &a->setpoint_w,          &a->plan_w,       &a->min_w,
                         &a->max_w,          &a->more_cost_per_kwh,   &a->on_w,         &a->ramp_w_per_s,
                         &a->import_limit_w, &a->export_limit_w,      &a->peak_limit_w, &a->import_price_per_kwh,
                         &a->assumed_w,      &a->less_saving_per_kwh, &a->loss_frac};
    static const double values[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300};
    *numbers[(int)dice(0, 14.999)] = values[(int)dice(0, 4.999)];
}

static void run(struct area *area)
{
    memset(area->commands, 0xEE, sizeof area->commands);
    const struct regulate_area input = {.assets = area->assets,
                                        .n_assets = area->n_assets,
                                        .buses = area->buses,
                                        .n_buses = MAX_BUSES,
                                        .groups = area->groups,
                                        .n_groups = area->n_groups,
                                        .dt_s = 1};
    regulate(&input, area->commands, area->results, area->group_results);
}

// ---- judgement ------------------------------------------------------------------------------------------------------

static double band_w(const struct regulate_asset *a)
{
    return fmax(0.002 * (a->max_w - a->min_w), 50);
}

static double now_w(const struct regulate_asset *a)
{
    return a->measured ? a->measured_w : a->commandable && a->has_setpoint ? a->setpoint_w : a->assumed_w;
}

static double power_w(const struct area *area, size_t i)
{
    return area->commands[i].command ? area->commands[i].setpoint_w : now_w(&area->assets[i]);
}

static bool is_behind(const struct area *area, size_t i, int group)
{
    const struct regulate_asset *a = &area->assets[i];
    for (int g = a->kind == ASSET_TIE || a->kind == ASSET_GRID ? -1 : a->group; g >= 0; g = area->groups[g].within)
        if (g == group)
            return true;
    return false;
}

static double group_flow_w(const struct area *area, int group)
{
    double sum_w = 0;
    for (size_t i = 0; i < area->n_assets; i++)
        if (is_behind(area, i, group))
            sum_w += power_w(area, i);
    return sum_w;
}

// Does somebody behind the group still draw what it has been told to give up?
static bool hands_over(const struct area *area, int group)
{
    for (size_t i = 0; i < area->n_assets; i++)
        if (is_behind(area, i, group) && area->commands[i].command && power_w(area, i) > now_w(&area->assets[i]) + 1)
            return true;
    return false;
}

// Neither ramps nor a lack of room nor its least times keep it from going further that way.
static bool could_go_on(const struct area *area, size_t i, int sign)
{
    const struct regulate_asset *a = &area->assets[i];
    if (!area->commands[i].command || a->ramp_w_per_s > 0 || a->kind == ASSET_TIE)
        return false;
    double p = power_w(area, i) * sign, end = sign > 0 ? a->max_w : -a->min_w, step_w = 5 * band_w(a) + 1;
    if (a->on_w > 0 && p >= -0.5 && p < a->on_w / 2) // rests, and would have to start
        step_w = end >= 1.11 * a->on_w && !a->stay_off ? 1.1 * a->on_w : INFINITY;
    else if (a->on_w > 0 && p < 0 && p > -1.2 * a->on_w) // would have to stop
        step_w = a->on_w * 1.2 + 5 * band_w(a);
    for (int g = a->group; g >= 0; g = area->groups[g].within)
        if (area->groups[g].limit_w - sign * group_flow_w(area, g) < step_w + 1 || hands_over(area, g))
            return false;
    return end - p > step_w;
}

static void check_commands(const struct area *area)
{
    for (size_t i = 0; i < area->n_assets; i++) {
        const struct regulate_asset *a = &area->assets[i];
        const struct regulate_command *c = &area->commands[i];
        if (!c->command)
            continue;
        ck_assert(isfinite(c->setpoint_w));
        ck_assert(a->commandable && a->kind != ASSET_GRID && a->kind != ASSET_STORE);
        ck_assert(area->buses[a->bus].electric || a->kind == ASSET_GENERATOR);
        ck_assert_double_ge(c->setpoint_w, a->min_w - 1e-6 * fabs(a->min_w));
        ck_assert_double_le(c->setpoint_w, a->max_w + 1e-6 * fabs(a->max_w));
        bool steps = a->on_w > 0 && a->kind != ASSET_TIE && a->kind != ASSET_LOAD;
        ck_assert(!steps || c->setpoint_w == 0 || fabs(c->setpoint_w) >= a->on_w * (1 - 1e-9));
        ck_assert_int_lt(c->reason, REASON_KIND_COUNT);
        ck_assert_int_ge(c->reason_asset, -1);
        ck_assert_int_lt(c->reason_asset, (int)(c->reason == REASON_GROUP_LIMIT ? area->n_groups : area->n_assets));
    }
    for (int b = 0; b < MAX_BUSES; b++)
        ck_assert(area->results[b].excess_import_w >= 0 && area->results[b].excess_export_w >= 0);
}

// A group draws more than its limit only while everybody behind it that can give way does.
static void check_groups(const struct area *area)
{
    for (size_t g = 0; g < area->n_groups; g++) {
        double draw_w = -group_flow_w(area, (int)g);
        if (draw_w <= area->groups[g].limit_w + 1)
            continue;
        ck_assert_double_eq_tol(area->group_results[g].excess_w, draw_w - area->groups[g].limit_w, 1);
        for (size_t i = 0; i < area->n_assets; i++) {
            const struct regulate_asset *a = &area->assets[i];
            if (!is_behind(area, i, (int)g) || !area->commands[i].command || a->ramp_w_per_s > 0)
                continue;
            bool full = false; // others feed back as much as a group before or behind this one allows
            for (int other = a->group; other >= 0; other = area->groups[other].within)
                full |= other != (int)g && area->groups[other].limit_w - group_flow_w(area, other) < 1;
            if (full)
                continue;
            ck_assert_double_ge(area->commands[i].setpoint_w, -1e-3);
        }
    }
}

static bool simple_bus(const struct area *area, int bus)
{
    double least_w = INFINITY, most_w = -INFINITY;
    for (size_t i = 0; i < area->n_assets; i++) {
        const struct regulate_asset *a = &area->assets[i];
        if ((a->bus == bus && a->ramp_w_per_s > 0) || a->kind == ASSET_TIE)
            return false; // ramps are given a moment, ties have another end
        if (a->bus != bus || a->kind != ASSET_GRID)
            continue;
        least_w = fmin(least_w, a->measured_w);
        most_w = fmax(most_w, a->measured_w);
    }
    return least_w >= 0 || most_w <= 0 || least_w == most_w; // no flow circles through two connections
}

// A bus exceeds its limit only while nobody on it can do anything more about it, without breaking the other limit.
static int check_bus(const struct area *area, int bus, int sign)
{
    const struct regulate_bus_result *b = &area->results[bus];
    double excess_w = sign > 0 ? b->excess_import_w : b->excess_export_w;
    if (excess_w <= 1 || !simple_bus(area, bus))
        return 0;
    for (size_t i = 0; i < area->n_assets; i++) {
        const struct regulate_asset *a = &area->assets[i];
        if (a->bus != bus || !could_go_on(area, i, sign))
            continue;
        bool jumps = a->on_w > 0 && fabs(power_w(area, i)) < 1.2 * a->on_w && a->on_w > excess_w;
        ck_assert_msg(jumps, "area asset %zu kind %d could still move %d by excess %.0f", i, a->kind, sign, excess_w);
    }
    return 1;
}

START_TEST(twenty_thousand_areas_break_no_limit_that_could_be_kept)
{
    int exceeded = 0;
    for (int n = 0; n < AREAS; n++) {
        struct area area;
        random_area(&area);
        run(&area);
        check_commands(&area);
        check_groups(&area);
        for (int b = 0; b < 2; b++)
            exceeded += check_bus(&area, b, 1) + check_bus(&area, b, -1);
    }
    ck_assert_int_gt(exceeded, AREAS / 100); // the dice do find such
}
END_TEST

START_TEST(no_number_that_is_none_comes_out_whatever_goes_in)
{
    for (int n = 0; n < AREAS; n++) {
        struct area area;
        random_area(&area);
        if (area.n_assets == 0)
            continue;
        for (int k = 0; k < 3; k++)
            spoil(&area);
        run(&area);
        for (size_t i = 0; i < area.n_assets; i++)
            ck_assert(!area.commands[i].command || isfinite(area.commands[i].setpoint_w));
        for (int b = 0; b < MAX_BUSES; b++)
            ck_assert(!isnan(area.results[b].excess_import_w) && !isnan(area.results[b].excess_export_w));
    }
}
END_TEST

static Suite *control_random_suite(void)
{
    Suite *s = suite_create("control_random");
    TCase *c = tcase_create("random areas");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, twenty_thousand_areas_break_no_limit_that_could_be_kept);
    tcase_add_test(c, no_number_that_is_none_comes_out_whatever_goes_in);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_suite(control_random_suite());
}
