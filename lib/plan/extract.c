// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/extract.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "plan/schedule_alloc.h"
#include "plan/steps.h"

// Below these a flow is rounding of the solver, not a decision.
static const double NOTHING_KW = 2e-5, BOTH_WAYS_KW = 1e-4;

struct reader {
    const struct model *m;
    const double *x;
    struct schedule *s;
    size_t asset; // the next to be written
};

static double value(const struct reader *r, int first, size_t k)
{
    return first < 0 ? 0 : r->x[first + (int)k];
}

static double watts(double kw)
{
    return fabs(kw) < NOTHING_KW ? 0 : kw * KILO;
}

// ---- one kind after the other ---------------------------------------------------------------------------------------

static double within(double kw, double limit_w, double over_kw)
{
    return over_kw > NOTHING_KW ? kw + over_kw : clamp(kw, 0, limit_w / KILO);
}

static void read_grid(const struct reader *r, size_t i, struct schedule_asset *a)
{
    const struct model_grid *c = &r->m->grids[i];
    const struct plan_grid *g = &r->m->p->grids[i];
    for (size_t k = 0; k < r->s->n_steps; k++) {
        double in = within(value(r, c->import, k), g->import_limit_w, value(r, c->import_over, k));
        double out = within(value(r, c->export, k), g->export_limit_w, value(r, c->export_over, k));
        a->power_w[k] = watts(in - out);
    }
}

static void read_pv(const struct reader *r, size_t i, struct schedule_asset *a)
{
    const struct plan_pv *v = &r->m->p->pvs[i];
    const struct model_pv *c = &r->m->pvs[i];
    for (size_t k = 0; k < r->s->n_steps; k++) {
        double kw = c->used >= 0 ? value(r, c->used, k) : v->available_w[k] / KILO - value(r, c->spill, k);
        a->power_w[k] = clamp(watts(kw), 0, v->available_w[k]);
    }
}

// The energy is integrated from the powers that are handed out, so that both always agree.
static void read_battery(const struct reader *r, size_t i, struct schedule_asset *a)
{
    const struct plan_battery *b = &r->m->p->batteries[i];
    const struct model_battery *c = &r->m->batteries[i];
    double energy_wh = b->energy_wh;
    for (size_t k = 0; k < r->s->n_steps; k++) {
        double h = r->s->hours[k];
        double power_w = watts(value(r, c->discharge, k) - value(r, c->charge, k));
        double stored_w = power_w < 0 ? -power_w * b->charge_efficiency : -power_w / b->discharge_efficiency;
        energy_wh = energy_wh * (1 - b->self_discharge_per_h * h) + stored_w * h;
        a->power_w[k] = power_w;
        a->energy_wh[k] = energy_wh;
    }
}

static void read_load(const struct reader *r, size_t i, struct schedule_asset *a)
{
    const struct plan_load *l = &r->m->p->loads[i];
    for (size_t k = 0; k < r->s->n_steps; k++) {
        double served_w = l->demand_w[k];
        for (int tier = 0; tier < TIER_COUNT; tier++) {
            double shed_w = watts(value(r, r->m->loads[i].shed[tier], k));
            a->shed_w[k * TIER_COUNT + (size_t)tier] = shed_w;
            served_w -= shed_w;
        }
        a->power_w[k] = served_w > 0 ? -served_w : 0;
    }
}

static void read_generator(const struct reader *r, size_t i, struct schedule_asset *a)
{
    for (size_t k = 0; k < r->s->n_steps; k++)
        a->power_w[k] = clamp(watts(value(r, r->m->generators[i].power, k)), 0, r->m->p->generators[i].max_power_w);
}

static void read_tie(const struct reader *r, size_t i, struct schedule_asset *a)
{
    const struct model_tie *c = &r->m->ties[i];
    double arrives = 1 - r->m->p->ties[i].loss_frac;
    for (size_t k = 0; k < r->s->n_steps; k++)
        a->power_w[k] = watts(value(r, c->forward, k) * arrives - value(r, c->backward, k));
}

typedef void read_fn(const struct reader *r, size_t i, struct schedule_asset *a);

// Every struct of a kind begins with its id; `stride` leads from one to the next.
static int read_kind(struct reader *r, enum asset_kind kind, size_t count, const void *first, size_t stride,
                     read_fn *read)
{
    for (size_t i = 0; i < count; i++, r->asset++) {
        int rc = schedule_alloc_asset(r->s, r->asset, (const char *)first + i * stride, kind);
        if (rc < 0)
            return rc;
        read(r, i, &r->s->assets[r->asset]);
    }
    return 0;
}

static int read_assets(struct reader *r)
{
    const struct plan_problem *p = r->m->p;
    int rc = read_kind(r, ASSET_GRID, p->n_grids, p->grids, sizeof(*p->grids), read_grid);
    if (rc == 0)
        rc = read_kind(r, ASSET_PV, p->n_pvs, p->pvs, sizeof(*p->pvs), read_pv);
    if (rc == 0)
        rc = read_kind(r, ASSET_BATTERY, p->n_batteries, p->batteries, sizeof(*p->batteries), read_battery);
    if (rc == 0)
        rc = read_kind(r, ASSET_LOAD, p->n_loads, p->loads, sizeof(*p->loads), read_load);
    if (rc == 0)
        rc = read_kind(r, ASSET_GENERATOR, p->n_generators, p->generators, sizeof(*p->generators), read_generator);
    if (rc == 0)
        rc = read_kind(r, ASSET_TIE, p->n_ties, p->ties, sizeof(*p->ties), read_tie);
    return rc;
}

// ---- prices, peaks, objective ---------------------------------------------------------------------------------------

static double price_of(double dual, double hours)
{
    return clamp(dual / hours, -1e6, 1e6);
}

static void read_prices(const struct reader *r, const struct lp_solution *solution)
{
    struct schedule *s = r->s;
    for (size_t b = 0; b < s->n_buses; b++)
        for (size_t k = 0; k < s->n_steps; k++)
            s->price_per_kwh[b * s->n_steps + k] =
                price_of(solution->row_dual[model_balance(r->m, (int)b, k)], s->hours[k]);
    size_t first = r->m->p->n_grids + r->m->p->n_pvs;
    for (size_t i = 0; i < r->m->p->n_batteries; i++)
        for (size_t k = 0; k < s->n_steps; k++) {
            double dual = solution->row_dual[r->m->batteries[i].storage_row + (int)k];
            s->assets[first + i].energy_value_per_kwh[k] = clamp(-dual, -1e6, 1e6);
        }
}

static void read_peaks(const struct reader *r)
{
    const struct plan_problem *p = r->m->p;
    for (size_t i = 0; i < p->n_grids; i++) {
        const struct plan_grid *g = &p->grids[i];
        int64_t at = p->start_utc_ms[0];
        struct demand_window w;
        double peak_w = g->peak_so_far_w;
        while (g->demand_charge_per_kw > 0 && demand_window_next(p, g, &at, &w)) {
            double wh = w.elapsed_wh;
            for (size_t k = w.first; k <= w.last; k++)
                wh += fmax(0, r->s->assets[i].power_w[k]) * demand_window_overlap_h(p, g, &w, k);
            peak_w = fmax(peak_w, wh / (g->demand_window_s / 3600.0));
        }
        r->s->peak_w[i] = peak_w;
    }
}

// The reserve's amount is the worst shortfall of each battery, not its sum over steps.
static double reserve_missed(const struct reader *r)
{
    double sum = 0;
    for (size_t i = 0; i < r->m->p->n_batteries; i++) {
        double worst = 0;
        for (size_t k = 0; k < r->s->n_steps; k++)
            worst = fmax(worst, value(r, r->m->batteries[i].below, k) + value(r, r->m->batteries[i].above, k));
        sum += worst;
    }
    return sum;
}

static void read_objective(const struct reader *r)
{
    double *objective = r->s->objective;
    objective[OBJECTIVE_MONEY] = r->m->money_constant;
    for (size_t j = 0; j < lp_columns(r->m->lp); j++) {
        objective[OBJECTIVE_MONEY] += r->m->money[j] * r->x[j];
        if (r->m->tier[j] < OBJECTIVE_MONEY && r->m->tier[j] != OBJECTIVE_RESERVE)
            objective[r->m->tier[j]] += r->m->kwh[j] * r->x[j];
    }
    objective[OBJECTIVE_RESERVE] = reserve_missed(r);
    for (int tier = 0; tier < OBJECTIVE_MONEY; tier++)
        if (objective[tier] < 1e-5)
            objective[tier] = 0;
}

int extract_schedule(const struct model *m, const struct lp_solution *solution, struct schedule **ret_schedule)
{
    const struct plan_problem *p = m->p;
    size_t n_assets = p->n_grids + p->n_pvs + p->n_batteries + p->n_loads + p->n_generators + p->n_ties;
    struct reader r = {.m = m, .x = solution->x};
    int rc = schedule_alloc(p->n_steps, n_assets, p->n_buses, p->n_grids, &r.s);
    if (rc < 0)
        return rc;
    r.s->made_utc_ms = p->made_utc_ms;
    memcpy(r.s->start_utc_ms, p->start_utc_ms, p->n_steps * sizeof(*p->start_utc_ms));
    memcpy(r.s->hours, p->hours, p->n_steps * sizeof(*p->hours));
    rc = read_assets(&r);
    if (rc == 0) {
        read_prices(&r, solution);
        read_peaks(&r);
        read_objective(&r);
        strcpy(r.s->status, "optimal");
        rc = reasons_fill(m, solution, r.s);
    }
    if (rc < 0) {
        schedule_free(r.s);
        return rc;
    }
    *ret_schedule = r.s;
    return 0;
}

// ---- flows both ways ------------------------------------------------------------------------------------------------

static size_t direct(double forward_kw, double backward_kw, bool all, signed char *sign)
{
    bool both = fmin(forward_kw, backward_kw) > BOTH_WAYS_KW;
    if ((both || all) && *sign == 0)
        *sign = forward_kw >= backward_kw ? 1 : -1;
    return both;
}

size_t extract_directions(const struct model *m, const struct lp_solution *solution, bool all, struct directions *d)
{
    struct reader r = {.m = m, .x = solution->x};
    signed char *sign = d->sign;
    size_t both = 0;
    for (size_t i = 0; i < d->n_grids; i++)
        for (size_t k = 0; k < d->n_steps; k++) {
            const struct model_grid *c = &m->grids[i];
            both += direct(value(&r, c->import, k) + value(&r, c->import_over, k),
                           value(&r, c->export, k) + value(&r, c->export_over, k), all, sign++);
        }
    for (size_t i = 0; i < d->n_batteries; i++)
        for (size_t k = 0; k < d->n_steps; k++)
            both += direct(value(&r, m->batteries[i].discharge, k), value(&r, m->batteries[i].charge, k), all, sign++);
    for (size_t i = 0; i < d->n_ties; i++)
        for (size_t k = 0; k < d->n_steps; k++)
            both += direct(value(&r, m->ties[i].forward, k), value(&r, m->ties[i].backward, k), all, sign++);
    return both;
}
