// SPDX-License-Identifier: GPL-3.0-or-later
// A simulated month of a block under its plans, with jumping loads, clouds and demand response: are limits kept, and
// do the batteries move no more than planned?
//
//     bench_month CONFIG [DAYS [SEED [talk]]]
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "closed_loop.h"

static void print_limits(const struct closed_loop_figures *f)
{
    printf("%-46s %10u\n", "demand windows", f->windows);
    printf("%-46s %10u %8.2f kW\n", "  above the contract", f->over_contract, f->worst_contract_w / 1e3);
    printf("%-46s %10u %8.2f kW\n", "  above the limit of demand response", f->over_limit, f->worst_limit_w / 1e3);
    printf("%-46s %10u %8.2f kW\n", "  above the peaks of month and plan", f->over_peak, f->worst_peak_w / 1e3);
    printf("%-46s %10.0f %8.0f s\n", "seconds beyond a grid's limit, longest", f->outside_import_s,
           f->outside_longest_s);
    printf("%-46s %10.0f %8.0f s\n", "seconds beyond demand response, longest", f->over_limit_s,
           f->over_limit_longest_s);
    printf("%-46s %10.0f %8.2f kW\n", "seconds beyond a group's limit", f->group_over_s, f->group_worst_w / 1e3);
}

static void print_batteries(const struct closed_loop_figures *f)
{
    printf("%-46s %10.3f %8.3f\n", "state of charge, lowest and highest", f->soc_lowest_frac, f->soc_highest_frac);
    printf("%-46s %10.0f\n", "seconds outside its limits", f->soc_outside_s);
    printf("%-46s %10.1f %8.1f MWh\n", "throughput of batteries, and planned", f->throughput_wh / 1e6,
           f->planned_wh / 1e6);
    printf("%-46s %10u\n", "changes of direction", f->turns);
    printf("%-46s %10u\n", "  most in a minute without cause", f->turns_per_min);
    printf("%-46s %10u\n", "  minutes with more than one", f->restless_minutes);
    printf("%-46s %10u %8u\n", "stays of vehicles, and with too little", f->stays, f->short_stays);
    printf("%-46s %10.1f kWh\n", "  missing in them", f->missing_wh / 1e3);
}

static void print_time(const struct closed_loop_figures *f)
{
    printf("%-46s %10u %8u\n", "plans, and failed", f->plans, f->failed_plans);
    printf("%-46s %10.1f %8.0f ms\n", "  seconds of work, longest", f->solve_s, f->solve_longest_ms);
    printf("%-46s %10.1f %8.1f s\n", "seconds of work of engine and physics", f->engine_s, f->plant_s);
}

int main(int argc, char **argv)
{
    struct closed_loop_options options = {.seed = 1, .load_steps = 0.3, .clouds = 0.7, .meter_noise_frac = 0.001};
    struct closed_loop *loop;
    struct closed_loop_figures f;
    int days = argc > 2 ? atoi(argv[2]) : 30;
    if (argc < 2 || days < 1)
        return EXIT_FAILURE;
    options.seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    options.talk = argc > 4 && !strcmp(argv[4], "talk") ? stderr : NULL;
    options.dr_every_days = 3;
    options.dr_limit_w = 500e3;
    rfc3339_parse("2026-05-01T00:00:00+09:00", &options.start_utc_ms);
    if (closed_loop_open(argv[1], &options, &loop) < 0)
        return EXIT_FAILURE;
    closed_loop_run(loop, (int64_t)days * 86400);
    closed_loop_figures(loop, &f);
    closed_loop_close(loop);
    print_limits(&f);
    print_batteries(&f);
    print_time(&f);
    printf("month: days=%d seed=%llu windows_over=%u peaks_over=%u soc_outside_s=%.0f throughput_vs_planned=%.3f "
           "turns_per_min=%u dr_over_s=%.0f wall_s=%.1f\n",
           days, (unsigned long long)options.seed, f.over_contract + f.over_limit, f.over_peak, f.soc_outside_s,
           f.throughput_wh / f.planned_wh, f.turns_per_min, f.over_limit_s, f.solve_s + f.engine_s + f.plant_s);
    return EXIT_SUCCESS;
}
