// SPDX-License-Identifier: GPL-3.0-or-later
// Energies, and everything that a test wants to find at zero.
#include <math.h>

#include "base/number.h"
#include "simulate/internal.h"
#include "tariff/tariff.h"

static const double rounding_w = 1.0;

static void count_energy(struct plant_asset *a, double hours)
{
    if (a->power_w > 0.0)
        a->energy_in_wh += a->power_w * hours;
    else
        a->energy_out_wh -= a->power_w * hours;
}

static void count_violation(struct plant_violation *v, double over_import_w, double over_export_w, double dt_s)
{
    double over_w = fmax(over_import_w, over_export_w);
    if (over_w <= rounding_w) {
        v->running_s = 0.0;
        return;
    }
    *(over_import_w > over_export_w ? &v->import_s : &v->export_s) += dt_s;
    v->running_s += dt_s;
    v->longest_s = fmax(v->longest_s, v->running_s);
    v->worst_w = fmax(v->worst_w, over_w);
}

// ---- grids --------------------------------------------------------------------------------------------------------

static void end_window(const struct site_grid *g, const struct window *w, double limit_w, struct plant_windows *seen)
{
    if (w->hours <= 0.0)
        return;
    double average_w = w->import_wh / w->hours;
    seen->ended++;
    seen->peak_w = fmax(seen->peak_w, average_w);
    double over_contract_w = g->contract_power_w > 0.0 ? average_w - g->contract_power_w : 0.0;
    if (over_contract_w > rounding_w)
        seen->over_contract++;
    seen->worst_contract_w = fmax(seen->worst_contract_w, over_contract_w);
    bool all_limited = w->limited_hours >= w->hours * (1.0 - 1e-9);
    if (all_limited && average_w > limit_w + rounding_w) {
        seen->over_limit++;
        seen->worst_limit_w = fmax(seen->worst_limit_w, average_w - limit_w);
    }
}

static void count_window(struct plant_model *m, int grid, struct plant_asset *a, bool limited)
{
    const struct site_grid *g = &m->site->grids[grid];
    struct window *w = &m->windows[grid];
    bool has_tariff = g->tariff >= 0 && (size_t)g->tariff < m->site->n_tariffs;
    const struct site_tariff *t = has_tariff ? &m->site->tariffs[g->tariff] : NULL;
    if (!t || t->demand_window_s <= 0)
        return;
    w->import_wh += fmax(a->power_w, 0.0) * m->hours; // up to now: the window that ends now still has it
    w->hours += m->hours;
    w->limited_hours += limited ? m->hours : 0.0;
    if (m->now.utc_ms < w->end_utc_ms)
        return;
    if (w->end_utc_ms > 0)
        end_window(g, w, m->limits[grid].import_w, &a->windows);
    *w = (struct window){.start_utc_ms = demand_window_start_ms(t, m->now.utc_ms)};
    w->end_utc_ms = w->start_utc_ms + (int64_t)t->demand_window_s * 1000;
}

static void count_grid(struct plant_model *m, int grid, struct plant_asset *a)
{
    const struct site_grid *g = &m->site->grids[grid];
    const struct limit *l = &m->limits[grid];
    int64_t now = m->now.utc_ms;
    bool limited = now > l->from_utc_ms && now <= l->until_utc_ms; // the step that ends now
    count_violation(&a->violation, a->power_w - g->import_limit_w, -a->power_w - g->export_limit_w, m->dt_s);
    count_violation(&a->over_limit, limited ? a->power_w - l->import_w : 0.0, 0.0, m->dt_s);
    count_window(m, grid, a, limited);
}

// ---- batteries, groups and buses ----------------------------------------------------------------------------------

static void count_turn(struct turning *t, struct plant_wear *w, double share_of_rating, double dt_s)
{
    const double a_little = 0.02, minute_s = 60.0;
    t->minute_s += dt_s;
    if (t->minute_s >= minute_s) {
        t->minute_s = 0.0;
        t->turns = 0;
    }
    if (fabs(share_of_rating) < a_little)
        return;
    int direction = share_of_rating > 0.0 ? 1 : -1;
    if (t->direction == -direction) {
        w->turns++;
        t->turns++;
        if (t->turns > w->most_turns_per_min)
            w->most_turns_per_min = t->turns;
    }
    t->direction = direction;
}

static void count_battery(struct plant_model *m, int asset, struct plant_asset *a)
{
    const struct site_battery *b = site_storage_of(m->site, asset);
    const double rounding_frac = 1e-3;
    double soc_frac = a->energy_wh / b->capacity_wh;
    a->wear.lowest_frac = fmin(a->wear.lowest_frac, soc_frac);
    a->wear.highest_frac = fmax(a->wear.highest_frac, soc_frac);
    if (soc_frac < b->soc_min_frac - rounding_frac || soc_frac > b->soc_max_frac + rounding_frac)
        a->wear.outside_s += m->dt_s;
    count_turn(&m->turning[asset], &a->wear, a->power_w / fmax(b->max_charge_w, b->max_discharge_w), m->dt_s);
}

static void count_groups(struct plant_model *m)
{
    const struct site *s = m->site;
    for (size_t g = 0; g < s->n_groups; g++)
        m->groups[g].power_w = 0.0;
    for (size_t i = 0; i < s->n_assets; i++) {
        const struct site_flexible *f = site_flexible_of(s, (int)i);
        for (int g = f ? f->group : -1; g >= 0 && (size_t)g < s->n_groups; g = s->groups[g].within)
            m->groups[g].power_w += m->assets[i].power_w;
    }
    for (size_t g = 0; g < s->n_groups; g++) {
        double power_w = m->groups[g].power_w, limit_w = s->groups[g].limit_w;
        count_violation(&m->groups[g].violation, -power_w - limit_w, power_w - limit_w, m->dt_s);
    }
}

static void count_bus(struct plant_bus *b, double hours)
{
    if (b->lacking_w > rounding_w)
        b->unserved_wh += b->lacking_w * hours;
    else if (b->lacking_w < -rounding_w)
        b->spilled_wh -= b->lacking_w * hours;
}

void counting_step(struct plant_model *m)
{
    const struct site *s = m->site;
    for (size_t i = 0; i < s->n_assets; i++) {
        struct plant_asset *a = &m->assets[i];
        count_energy(a, m->hours);
        if (s->assets[i].kind == ASSET_GRID)
            count_grid(m, s->assets[i].of_kind, a);
        else if (s->assets[i].kind == ASSET_BATTERY)
            count_battery(m, (int)i, a);
    }
    count_groups(m);
    for (size_t b = 0; b < s->n_buses; b++)
        count_bus(&m->buses[b], m->hours);
}

void counting_reset(struct plant_model *m)
{
    for (size_t i = 0; i < m->site->n_assets; i++) {
        struct plant_asset *a = &m->assets[i];
        a->violation = a->over_limit = (struct plant_violation){0};
        a->windows = (struct plant_windows){0};
        a->stays = (struct plant_stays){0};
        double soc_frac = plant_model_soc_frac(m, (int)i);
        a->wear = (struct plant_wear){.lowest_frac = soc_frac, .highest_frac = soc_frac};
    }
    for (size_t g = 0; g < m->site->n_groups; g++)
        m->groups[g].violation = (struct plant_violation){0};
    for (size_t b = 0; b < m->site->n_buses; b++)
        m->buses[b].unserved_wh = m->buses[b].spilled_wh = 0.0;
    islands_reset(m);
}
