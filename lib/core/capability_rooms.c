// SPDX-License-Identifier: GPL-3.0-or-later
// How much more, and less, than planned the grid connections of each bus can carry, and breakers let through; and whose
// part of it is whose.
#include <math.h>
#include <string.h>

#include "core/capability.h"

// More import must neither break a contract nor lift the month's peak.
static double most_import_w(const struct engine *e, int grid, size_t k)
{
    const struct site_grid *g = &e->site->grids[grid];
    const struct site_tariff *t = &e->site->tariffs[g->tariff];
    const struct schedule *s = e->plan.schedule;
    double limit_w = g->import_limit_w * (1 - e->site->control.limit_margin_frac);
    if (g->contract_power_w > 0)
        limit_w = fmin(limit_w, g->contract_power_w * (1 - e->site->control.limit_margin_frac));
    if (t->demand_charge_per_kw > 0)
        limit_w = fmin(limit_w, s->peak_w[grid]);
    return fmin(limit_w, limits_within(e, grid, s->start_utc_ms[k], capability_step_end_ms(s, k)).import_limit_w);
}

static void add_grid(const struct engine *e, struct capability_book *b, int grid)
{
    const struct schedule *s = e->plan.schedule;
    const struct site_grid *g = &e->site->grids[grid];
    const double *flow_w = s->assets[asset_of(e, ASSET_GRID, grid)].power_w;
    double export_w = g->export_limit_w * (1 - e->site->control.limit_margin_frac);
    if (grid_is_lost(e, grid))
        return;
    for (size_t k = 0; k < s->n_steps; k++) {
        struct limit_in_force l = limits_within(e, grid, s->start_utc_ms[k], capability_step_end_ms(s, k));
        size_t at = (size_t)g->bus * b->most_steps + k;
        b->bus_room_w[SIDE_DOWN][at] += fmax(flow_w[k] + fmin(export_w, l.export_limit_w), 0);
        b->bus_room_w[SIDE_UP][at] += fmax(most_import_w(e, grid, k) - flow_w[k], 0);
    }
}

static void scale_rooms(const struct engine *e, struct capability_book *b, size_t k, enum side side, double room_w)
{
    double sum_w = 0;
    for (size_t i = 0; i < e->site->n_buses; i++)
        sum_w += b->bus_room_w[side][i * b->most_steps + k];
    for (size_t i = 0; i < e->site->n_buses && sum_w > room_w; i++)
        b->bus_room_w[side][i * b->most_steps + k] *= fmax(room_w, 0) / sum_w;
}

// What holds for the area as a whole is shared by what each bus has room for.
static void keep_area_limits(const struct engine *e, struct capability_book *b)
{
    const struct schedule *s = e->plan.schedule;
    for (size_t k = 0; k < s->n_steps; k++) {
        double import_w, export_w, flow_w = 0;
        area_limits_within(e, s->start_utc_ms[k], capability_step_end_ms(s, k), &import_w, &export_w);
        for (size_t g = 0; g < e->site->n_grids; g++)
            flow_w += s->assets[asset_of(e, ASSET_GRID, (int)g)].power_w[k];
        if (import_w < PLAN_NO_LIMIT_W)
            scale_rooms(e, b, k, SIDE_UP, import_w - flow_w);
        if (export_w < PLAN_NO_LIMIT_W)
            scale_rooms(e, b, k, SIDE_DOWN, export_w + flow_w);
    }
}

static void fill_buses(const struct engine *e, struct capability_book *b)
{
    size_t cells = e->site->n_buses * b->most_steps;
    for (int side = 0; side < SIDE_COUNT; side++)
        memset(b->bus_room_w[side], 0, cells * sizeof(double));
    for (size_t g = 0; g < e->site->n_grids; g++)
        add_grid(e, b, (int)g);
    keep_area_limits(e, b);
}

static void add_member(const struct engine *e, struct capability_book *b, const struct site_flexible *f, int asset)
{
    const struct schedule *s = e->plan.schedule;
    for (int g = f->group; g >= 0; g = e->site->groups[g].within) {
        b->group_weight_w[g] += f->max_charge_w;
        for (size_t k = 0; k < s->n_steps; k++)
            b->group_room_w[(size_t)g * b->most_steps + k] -= fmax(-s->assets[asset].power_w[k], 0);
    }
}

static void fill_groups(const struct engine *e, struct capability_book *b)
{
    for (size_t g = 0; g < e->site->n_groups; g++) {
        b->group_weight_w[g] = 0;
        for (size_t k = 0; k < e->plan.schedule->n_steps; k++)
            b->group_room_w[g * b->most_steps + k] = e->site->groups[g].limit_w;
    }
    for (size_t i = 0; i < e->site->n_chargers; i++)
        add_member(e, b, &e->site->chargers[i], asset_of(e, ASSET_CHARGER, (int)i));
    for (size_t i = 0; i < e->site->n_flexibles; i++)
        add_member(e, b, &e->site->flexibles[i], asset_of(e, ASSET_FLEXIBLE, (int)i));
}

// Its part of what the bus has room for; all sources there may want to make up at the same time.
double capability_bus_share_w(const struct capability_book *b, const struct source *s, size_t k, enum side side)
{
    double weight_w = b->bus_weight_w[s->bus];
    return weight_w > 0 ? b->bus_room_w[side][(size_t)s->bus * b->most_steps + k] * s->weight_w / weight_w : 0;
}

double capability_group_share_w(const struct engine *e, const struct capability_book *b, const struct site_flexible *f,
                                size_t k)
{
    double share_w = INFINITY;
    for (int g = f->group; g >= 0; g = e->site->groups[g].within) {
        double room_w = fmax(b->group_room_w[(size_t)g * b->most_steps + k], 0);
        share_w = fmin(share_w, room_w * f->max_charge_w / fmax(b->group_weight_w[g], 1));
    }
    return share_w;
}

static double unset_w(const struct engine *e, size_t k)
{
    double sum_w = 0;
    for (size_t i = 0; i < e->site->n_assets; i++) {
        const struct site_asset *a = &e->site->assets[i];
        if ((a->kind == ASSET_LOAD || a->kind == ASSET_PV) && e->site->buses[a->bus].carrier == CARRIER_ELECTRICITY)
            sum_w += e->plan.schedule->assets[i].power_w[k];
    }
    return sum_w;
}

// What rises or falls evenly is off the step's mean by 3/8 of its change in the step's first and last quarter.
static void fill_wobble(const struct engine *e, struct capability_book *b)
{
    size_t n = e->plan.schedule->n_steps;
    double before_w = unset_w(e, 0), here_w = before_w;
    for (size_t k = 0; k < n; k++) {
        double next_w = k + 1 < n ? unset_w(e, k + 1) : here_w;
        b->wobble_w[k] =
            0.375 * fmax(fabs(next_w - before_w) / 2, fmin(fabs(next_w - here_w), fabs(here_w - before_w)));
        before_w = here_w;
        here_w = next_w;
    }
}

void capability_fill_rooms(const struct engine *e, struct capability_book *b)
{
    fill_buses(e, b);
    fill_groups(e, b);
    fill_wobble(e, b);
}
