// SPDX-License-Identifier: GPL-3.0-or-later
// Simulated days of an area with heat and cold: is everybody served, and how often do engines and compressors start?
//
//     bench_heat CONFIG [DAYS [START [talk]]]
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "closed_loop.h"

static void print_units(const struct closed_loop *c)
{
    const struct site *s = closed_loop_site(c);
    printf("%-22s %7s %8s %10s %10s %10s\n", "unit", "starts", "hours", "MWh", "least run", "least rest");
    for (size_t i = 0; i < s->n_assets; i++) {
        const struct unit_figures *u = closed_loop_unit(c, (int)i);
        enum asset_kind kind = s->assets[i].kind;
        if (kind == ASSET_GENERATOR || kind == ASSET_CONVERTER || kind == ASSET_FLEXIBLE || kind == ASSET_CHARGER)
            printf("%-22s %7u %8.2f %10.2f %9.0fs %9.0fs\n", s->assets[i].id, u->starts, u->run_s / 3600,
                   u->energy_wh / 1e6, u->shortest_run_s, u->shortest_rest_s);
        else if (kind == ASSET_STORE || kind == ASSET_BATTERY)
            printf("%-22s SoC %5.3f - %5.3f %10.2f MWh through it\n", s->assets[i].id, u->lowest_frac, u->highest_frac,
                   u->energy_wh / 1e6);
    }
}

int main(int argc, char **argv)
{
    struct closed_loop_options options = {.seed = 1, .load_steps = 0.1, .clouds = 0.5, .meter_noise_frac = 0.001};
    struct closed_loop *loop;
    struct closed_loop_figures f;
    int days = argc > 2 ? atoi(argv[2]) : 2;
    if (argc < 2 || days < 1)
        return EXIT_FAILURE;
    options.talk = argc > 4 && !strcmp(argv[4], "talk") ? stderr : NULL;
    if (rfc3339_parse(argc > 3 ? argv[3] : "2026-01-14T00:00:00+09:00", &options.start_utc_ms) < 0)
        return EXIT_FAILURE;
    if (closed_loop_open(argv[1], &options, &loop) < 0)
        return EXIT_FAILURE;
    closed_loop_run(loop, (int64_t)days * 86400);
    closed_loop_figures(loop, &f);
    print_units(loop);
    closed_loop_close(loop);
    printf("heat: days=%d unserved_kwh=%.1f spilled_kwh=%.1f windows_over=%u outside_s=%.0f plans=%u failed=%u "
           "solves=%u most_solves=%u solve_s=%.1f longest_ms=%.0f engine_s=%.1f plant_s=%.1f\n",
           days, f.unserved_wh / 1e3, f.spilled_wh / 1e3, f.over_contract, f.outside_import_s, f.plans, f.failed_plans,
           f.solves, f.most_solves, f.solve_s, f.solve_longest_ms, f.engine_s, f.plant_s);
    return EXIT_SUCCESS;
}
