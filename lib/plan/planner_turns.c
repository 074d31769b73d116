// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/planner_turns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plan/limits.h"

static const double RUNS_KW = PLAN_RUNS_W / KILO;

// ---- memory ---------------------------------------------------------------------------------------------------------

int turns_new(const struct plan_problem *p, struct turns *ret_turns)
{
    struct turns *t = ret_turns;
    size_t n = p->n_flexibles * p->n_steps + 1, at_buses = p->n_buses * p->n_steps;
    *t = (struct turns){.p = p};
    t->stays = calloc(p->n_flexibles + 1, sizeof(*t->stays));
    t->is_switched = calloc(p->n_flexibles + 1, sizeof(*t->is_switched));
    t->wanted_kw = calloc(n, sizeof(double));
    t->power_kw = calloc(n, sizeof(double));
    t->price = calloc(at_buses, sizeof(double));
    t->net_kw = calloc(at_buses, sizeof(double));
    t->moved_kw = calloc(at_buses, sizeof(double));
    t->net_least = calloc(at_buses, sizeof(double));
    t->net_most = calloc(at_buses, sizeof(double));
    bool done = t->stays && t->is_switched && t->wanted_kw && t->power_kw && t->price && t->net_kw && t->moved_kw &&
                t->net_least && t->net_most;
    if (!done) {
        turns_free(t);
        return AEMS_E_NOMEM;
    }
    for (size_t i = 0; i < p->n_flexibles; i++) {
        const struct plan_flexible *f = &p->flexibles[i];
        t->is_switched[i] = f->available && f->min_charge_w > PLAN_RUNS_W;
        if (t->is_switched[i])
            plan_stays(p, f, &t->stays[i]);
    }
    return 0;
}

void turns_free(struct turns *t)
{
    free(t->stays);
    free(t->is_switched);
    free(t->wanted_kw);
    free(t->power_kw);
    free(t->price);
    free(t->net_kw);
    free(t->moved_kw);
    free(t->net_least);
    free(t->net_most);
    *t = (struct turns){0};
}

void turns_release(struct turns *t)
{
    memset(t->is_switched, 0, t->p->n_flexibles * sizeof(*t->is_switched));
}

// ---- answers --------------------------------------------------------------------------------------------------------

static double value(const struct model *m, const struct lp_solution *solution, int column, size_t k)
{
    return column < 0 ? 0 : solution->x[model_column(m, column + (int)k)];
}

static void read_power(const struct turns *t, const struct model *m, const struct lp_solution *solution, double *ret_kw)
{
    for (size_t i = 0; i < t->p->n_flexibles; i++)
        for (size_t k = 0; k < t->p->n_steps; k++)
            ret_kw[i * t->p->n_steps + k] = value(m, solution, m->flexibles[i].charge[k], 0);
}

static void read_grid(struct turns *t, const struct model *m, const struct lp_solution *solution, size_t i)
{
    const struct plan_grid *g = &t->p->grids[i];
    const struct model_grid *c = &m->grids[i];
    for (size_t k = 0; k < t->p->n_steps; k++) {
        size_t at = (size_t)g->bus * t->p->n_steps + k;
        if (plan_is_away(g, k))
            continue;
        t->net_kw[at] += value(m, solution, c->import, k) + value(m, solution, c->import_over, k) -
                         value(m, solution, c->export, k) - value(m, solution, c->export_over, k);
        t->net_most[at] += plan_import_limit_w(g, k) / KILO;
        t->net_least[at] -= plan_export_limit_w(g, k) / KILO;
    }
}

// Of the expected course.
void turns_answer(struct turns *t, const struct model *m, const struct lp_solution *solution)
{
    const struct plan_problem *p = t->p;
    size_t at_buses = p->n_buses * p->n_steps;
    read_power(t, m, solution, t->power_kw);
    memset(t->net_kw, 0, at_buses * sizeof(double));
    memset(t->net_most, 0, at_buses * sizeof(double));
    memset(t->net_least, 0, at_buses * sizeof(double));
    for (size_t i = 0; i < p->n_grids; i++)
        read_grid(t, m, solution, i);
    for (size_t i = 0; i < at_buses; i++)
        t->price[i] = solution->row_dual[m->rows.lp[m->balance_row + (int)i]] / p->hours[i % p->n_steps];
}

void turns_relaxed(struct turns *t, const struct model *m, const struct lp_solution *solution)
{
    read_power(t, m, solution, t->wanted_kw);
    turns_answer(t, m, solution);
}

static bool is_decided(const struct turns *t, size_t i)
{
    double power_w[PLAN_MAX_STEPS];
    for (size_t k = 0; k < t->p->n_steps; k++)
        power_w[k] = -KILO * t->wanted_kw[i * t->p->n_steps + k];
    for (size_t n = 0; n < t->stays[i].count; n++)
        if (!stay_keeps_lowest_power(&t->p->flexibles[i], &t->stays[i], n, power_w))
            return false;
    return true;
}

bool turns_are_planned(const struct turns *t)
{
    for (size_t i = 0; i < t->p->n_flexibles; i++)
        if (t->is_switched[i])
            return true;
    return false;
}

bool turns_are_needed(const struct turns *t)
{
    for (size_t i = 0; i < t->p->n_flexibles; i++)
        if (t->is_switched[i] && !is_decided(t, i))
            return true;
    return false;
}

// ---- energy of a session --------------------------------------------------------------------------------------------

struct session { // of one flexible, while its pattern is made
    const struct turns *t;
    const struct plan_flexible *f;
    const struct stay *stay;
    const double *share, *wanted_kw, *price;
    signed char *runs;
};

static double least_kwh(const struct session *s, size_t k)
{
    return s->f->charge_efficiency * s->f->min_charge_w * s->share[k] * s->t->p->hours[k] / KILO;
}

static double most_kwh(const struct session *s, size_t k)
{
    return s->f->charge_efficiency * s->f->max_charge_w * s->share[k] * s->t->p->hours[k] / KILO;
}

// Is step a wanted less than step b?
static bool is_worse(const struct session *s, size_t a, size_t b)
{
    double part_a = s->wanted_kw[a] / fmax(s->share[a], 1e-6), part_b = s->wanted_kw[b] / fmax(s->share[b], 1e-6);
    if (fabs(part_a - part_b) > RUNS_KW)
        return part_a < part_b;
    return s->price[a] > s->price[b] + 1e-9 * (1 + fabs(s->price[b]));
}

// The least wanted step that runs, or the most wanted one that does not; the end of the stay where there is none.
static size_t find(const struct session *s, signed char runs)
{
    size_t end = s->stay->first + s->stay->count, found = end;
    for (size_t k = s->stay->first; k < end; k++) {
        if (s->runs[k] != runs || s->share[k] <= 0)
            continue;
        if (found == end || (runs > 0 ? is_worse(s, k, found) : is_worse(s, found, k)))
            found = k;
    }
    return found;
}

static double sum(const struct session *s, double (*of)(const struct session *, size_t))
{
    double kwh = 0;
    for (size_t k = s->stay->first; k < s->stay->first + s->stay->count; k++)
        kwh += s->runs[k] > 0 ? of(s, k) : 0;
    return kwh;
}

static double relaxed_kwh(const struct session *s)
{
    double kwh = 0;
    for (size_t k = s->stay->first; k < s->stay->first + s->stay->count; k++)
        kwh += s->f->charge_efficiency * s->wanted_kw[k] * s->t->p->hours[k];
    return kwh;
}

// Enough steps for what is needed, and none too many for the lowest power; one of them is no whole step where these do
// not add up to the energy.
static void fit_energy(const struct session *s)
{
    size_t end = s->stay->first + s->stay->count, k;
    double need = (s->stay->goal_wh - s->stay->start_wh) / KILO, near = 1e-6 * (1 + fabs(need));
    double target = fmin(fmax(need, relaxed_kwh(s)), (s->stay->high_wh - s->stay->start_wh) / KILO);
    while (sum(s, most_kwh) < target - near && (k = find(s, -1)) < end)
        s->runs[k] = 1;
    while ((k = find(s, 1)) < end && sum(s, least_kwh) - least_kwh(s, k) >= target - near &&
           sum(s, most_kwh) - most_kwh(s, k) >= target - near)
        s->runs[k] = -1;
    if (sum(s, least_kwh) > target + near && (k = find(s, 1)) < end)
        s->runs[k] = 0;
}

static void fit(const struct turns *t, size_t i, signed char *runs)
{
    const struct plan_flexible *f = &t->p->flexibles[i];
    for (size_t n = 0; n < t->stays[i].count; n++) {
        const struct stay *stay = &t->stays[i].at[n];
        struct session s = {.t = t,
                            .f = f,
                            .stay = stay,
                            .share = t->stays[i].share,
                            .wanted_kw = t->wanted_kw + i * t->p->n_steps,
                            .price = t->price + (size_t)f->bus * t->p->n_steps,
                            .runs = runs};
        if (stay->feeds_back)
            memset(runs + stay->first, 0, stay->count);
        else
            fit_energy(&s);
    }
}

// ---- patterns -------------------------------------------------------------------------------------------------------

void turns_round(const struct turns *t, signed char *ret_runs)
{
    size_t n = t->p->n_steps;
    for (size_t i = 0; i < t->p->n_flexibles; i++) {
        const struct plan_flexible *f = &t->p->flexibles[i];
        signed char *runs = ret_runs + i * n;
        memset(runs, 0, n);
        if (!t->is_switched[i])
            continue;
        for (size_t k = 0; k < n; k++)
            runs[k] = KILO * t->wanted_kw[i * n + k] >= fmax(0.5 * f->min_charge_w * t->stays[i].share[k], 1) ? 1 : -1;
        fit(t, i, runs);
    }
}

void turns_carry(const struct turns *t, const signed char *runs, const int64_t *start_utc_ms, size_t n_steps,
                 signed char *ret_runs)
{
    for (size_t i = 0; i < t->p->n_flexibles; i++) {
        signed char *to = ret_runs + i * t->p->n_steps;
        for (size_t k = 0, from = 0; k < t->p->n_steps; k++) {
            while (from + 1 < n_steps && start_utc_ms[from + 1] <= t->p->start_utc_ms[k])
                from++;
            to[k] = !t->is_switched[i] ? 0 : runs[i * n_steps + from] >= 0 ? 1 : -1;
        }
        if (t->is_switched[i])
            fit(t, i, to);
    }
}
