// SPDX-License-Identifier: GPL-3.0-or-later
#include "units.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"

struct unit {
    struct unit_figures f;
    bool runs;
    double since_s; // INFINITY: since before the first step
};

struct units {
    const struct site *site;
    struct unit *units; // per asset
};

int units_new(const struct site *site, struct units **ret_units)
{
    struct units *u = calloc(1, sizeof *u);
    if (!u)
        return AEMS_E_NOMEM;
    u->site = site;
    u->units = calloc(site->n_assets + 1, sizeof *u->units);
    if (!u->units) {
        free(u);
        return AEMS_E_NOMEM;
    }
    for (size_t i = 0; i < site->n_assets; i++)
        u->units[i] = (struct unit){.f = {.shortest_run_s = INFINITY, .shortest_rest_s = INFINITY, .lowest_frac = 1},
                                    .since_s = INFINITY};
    *ret_units = u;
    return 0;
}

void units_free(struct units *u)
{
    if (!u)
        return;
    free(u->units);
    free(u);
}

static void count(struct unit *u, bool runs, double dt_s)
{
    u->since_s += dt_s;
    if (runs)
        u->f.run_s += dt_s;
    if (runs == u->runs)
        return;
    double *shortest_s = u->runs ? &u->f.shortest_run_s : &u->f.shortest_rest_s;
    *shortest_s = fmin(*shortest_s, u->since_s);
    u->f.starts += runs;
    u->runs = runs;
    u->since_s = 0;
}

void units_step(struct units *u, const struct plant_model *m, double dt_s)
{
    for (size_t i = 0; i < u->site->n_assets; i++) {
        const struct site_asset *asset = &u->site->assets[i];
        double power_w = fabs(plant_model_asset(m, (int)i)->power_w), soc_frac = plant_model_soc_frac(m, (int)i);
        struct unit *of = &u->units[i];
        count(of, power_w > 0.02 * fmax(fabs(asset->min_power_w), fabs(asset->max_power_w)), dt_s);
        of->f.energy_wh += power_w * dt_s / 3600;
        of->f.lowest_frac = fmin(of->f.lowest_frac, soc_frac);
        of->f.highest_frac = fmax(of->f.highest_frac, soc_frac);
    }
}

const struct unit_figures *units_of(const struct units *u, int asset)
{
    return &u->units[asset].f;
}
