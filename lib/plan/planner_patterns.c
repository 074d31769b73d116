// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/planner_patterns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plan/limits.h"

static const double RUNS_KW = PLAN_RUNS_W / 1000;

// ---- units ----------------------------------------------------------------------------------------------------------

static struct pattern_unit generator_unit(const struct plan_problem *p, const struct plan_generator *g)
{
    double most_w = plan_generator_ever_w(p, g);
    bool runs = plan_generator_runs_before(g), may_run = g->available && most_w > 0;
    return (struct pattern_unit){
        .is_switched = may_run && (g->min_power_w > 0 || g->start_cost > 0 || g->min_run_h > 0),
        .least_kw = g->min_power_w / 1000,
        .most_kw = most_w / 1000,
        .generator = g,
        .start_cost = g->start_cost,
        .min_run_h = g->min_run_h,
        .must_run_h = may_run && runs ? fmax(0, g->min_run_h - g->has_run_h) : 0,
        .runs_before = runs,
        .has_ramp = plan_generator_has_ramp(p, g),
        .fuel_kwh = g->fuel_wh < PLAN_NO_LIMIT_W ? g->fuel_wh / 1000 : INFINITY,
    };
}

static struct pattern_unit converter_unit(const struct plan_converter *c)
{
    return (struct pattern_unit){
        .is_switched = c->available && plan_converter_most_w(c) > 0 && c->min_power_w > 0,
        .least_kw = c->min_power_w / 1000,
        .most_kw = plan_converter_most_w(c) / 1000,
        .fuel_kwh = INFINITY,
    };
}

int patterns_new(const struct plan_problem *p, struct patterns *ret_patterns)
{
    struct patterns *s = ret_patterns;
    *s = (struct patterns){.p = p, .n_units = p->n_generators + p->n_converters};
    size_t n = s->n_units * p->n_steps + 1;
    s->units = calloc(s->n_units + 1, sizeof(*s->units));
    s->wanted_kw = calloc(n, sizeof(double));
    s->margin_off = calloc(n, sizeof(double));
    s->margin_on = calloc(n, sizeof(double));
    if (!s->units || !s->wanted_kw || !s->margin_off || !s->margin_on) {
        patterns_free(s);
        return AEMS_E_NOMEM;
    }
    for (size_t i = 0; i < n; i++)
        s->margin_off[i] = s->margin_on[i] = NAN;
    for (size_t i = 0; i < p->n_generators; i++)
        s->units[i] = generator_unit(p, &p->generators[i]);
    for (size_t i = 0; i < p->n_converters; i++)
        s->units[p->n_generators + i] = converter_unit(&p->converters[i]);
    int rc = turns_new(p, &s->turns);
    if (rc < 0)
        patterns_free(s);
    return rc;
}

void patterns_free(struct patterns *s)
{
    free(s->units);
    free(s->wanted_kw);
    free(s->margin_off);
    free(s->margin_on);
    turns_free(&s->turns);
    *s = (struct patterns){0};
}

// ---- answers --------------------------------------------------------------------------------------------------------

static int power_column(const struct model *m, size_t unit)
{
    size_t n = m->p->n_generators;
    return unit < n ? m->generators[unit].power : m->converters[unit - n].power;
}

static void read_power(const struct patterns *s, const struct model *m, const struct lp_solution *solution, double *kw)
{
    struct model at = *m;
    memset(kw, 0, s->n_units * s->p->n_steps * sizeof(double));
    for (size_t block = 0; block < m->courses.count; block++) {
        double share = m->courses.weights[block] / m->courses.weight_sum;
        model_at_block(&at, block);
        for (size_t u = 0; u < s->n_units; u++)
            for (size_t k = 0; k < s->p->n_steps; k++)
                kw[u * s->p->n_steps + k] += share * solution->x[model_column(m, power_column(&at, u) + (int)k)];
    }
}

static double dual(const struct model *m, const struct lp_solution *solution, int bus, size_t k)
{
    return solution->row_dual[m->rows.lp[model_balance(m, bus, k)]];
}

// What one kW throughout step k is worth at its buses, in the block at hand.
static double value(const struct model *m, const struct lp_solution *solution, size_t unit, size_t k)
{
    const struct plan_problem *p = m->p;
    if (unit >= p->n_generators) {
        const struct plan_converter *c = &p->converters[unit - p->n_generators];
        return c->cop[k] * dual(m, solution, c->to, k) - dual(m, solution, c->from, k);
    }
    const struct plan_generator *g = &p->generators[unit];
    double heat = g->heat_bus >= 0 ? g->heat_ratio * fmax(0, dual(m, solution, g->heat_bus, k)) : 0;
    return dual(m, solution, g->bus, k) + heat;
}

static double cost(const struct model *m, const struct lp_solution *solution, size_t unit, size_t k)
{
    int j = model_column(m, power_column(m, unit) + (int)k);
    double co2_price = m->co2_row >= 0 ? fmax(0, -solution->row_dual[m->co2_row]) : 0;
    return m->expected[j] + co2_price * m->expected_kg[j];
}

void patterns_relaxed(struct patterns *s, const struct model *m, const struct lp_solution *solution)
{
    read_power(s, m, solution, s->wanted_kw);
    turns_relaxed(&s->turns, m, solution);
}

void patterns_answer(struct patterns *s, const struct model *m, const struct lp_solution *solution,
                     const signed char *runs)
{
    struct model at = *m;
    size_t n = s->p->n_steps;
    for (size_t i = 0; i < s->n_units * n; i++) {
        double margin = 0;
        for (size_t block = 0; block < m->courses.count; block++) {
            model_at_block(&at, block);
            margin += value(&at, solution, i / n, i % n) / m->courses.weight_sum;
        }
        margin -= cost(m, solution, i / n, i % n);
        *(runs[i] > 0 ? &s->margin_on[i] : &s->margin_off[i]) = margin;
    }
}

static bool unit_is_decided(const struct patterns *s, const struct pattern_unit *u, const double *kw)
{
    if (!u->is_switched)
        return true;
    bool runs = false, between = false;
    for (size_t k = 0; k < s->p->n_steps; k++) {
        runs |= kw[k] > RUNS_KW;
        between |= kw[k] > RUNS_KW && kw[k] < u->least_kw;
    }
    if (!runs)
        return u->must_run_h <= 0;
    return !between && u->start_cost <= 0 && u->min_run_h <= 0 && !u->has_ramp && s->p->n_scenarios == 0;
}

bool patterns_have_units(const struct patterns *s)
{
    for (size_t u = 0; u < s->n_units; u++)
        if (s->units[u].is_switched)
            return true;
    return false;
}

bool patterns_are_needed(const struct patterns *s)
{
    for (size_t u = 0; u < s->n_units; u++)
        if (!unit_is_decided(s, &s->units[u], s->wanted_kw + u * s->p->n_steps))
            return true;
    return turns_are_needed(&s->turns);
}

// ---- rules ----------------------------------------------------------------------------------------------------------

static void round_power(const struct patterns *s, const struct pattern_unit *u, const double *kw, double share,
                        signed char *runs)
{
    double from_kw = fmax(RUNS_KW, share * u->least_kw * (1 - 1e-6));
    for (size_t k = 0; k < s->p->n_steps; k++)
        runs[k] = kw[k] >= from_kw ? 1 : -1;
}

static void round_energy(const struct patterns *s, const struct pattern_unit *u, const double *kw, signed char *runs)
{
    double owed_kwh = 0;
    for (size_t k = 0; k < s->p->n_steps; k++) {
        double h = s->p->hours[k], given_kw = fmax(kw[k], u->least_kw);
        owed_kwh += kw[k] * h;
        bool on = owed_kwh > RUNS_KW * h && owed_kwh >= 0.5 * given_kw * h;
        runs[k] = on ? 1 : -1;
        owed_kwh -= on ? given_kw * h : 0;
    }
}

// What being on earns in a step more than being off: what was wanted replaces something at the price of being off, what
// the lowest power exceeds it by is worth the price of being on.
static double gain(const struct pattern_unit *u, double wanted_kw, double margin_off, double margin_on)
{
    double off = isnan(margin_off) ? margin_on : margin_off, on = isnan(margin_on) ? margin_off : margin_on;
    if (isnan(off))
        return 0;
    if (on > 0)
        return on * u->most_kw;
    return off * fmin(wanted_kw, u->most_kw) + on * fmax(0, u->least_kw - wanted_kw);
}

// Emergency generators run in an outage alone.
static bool may_run(const struct pattern_unit *u, size_t k)
{
    return !u->generator || plan_generator_most_w(u->generator, k) > 0;
}

// Off and on are two states with a cost of going from the first to the second.
static void follow_prices(const struct patterns *s, size_t unit, signed char *runs)
{
    const struct pattern_unit *u = &s->units[unit];
    signed char from_on[PLAN_MAX_STEPS][2]; // was it on before, best for being off and on in this step?
    double best[2] = {u->runs_before ? INFINITY : 0, u->runs_before ? 0 : INFINITY};
    for (size_t k = 0; k < s->p->n_steps; k++) {
        size_t i = unit * s->p->n_steps + k;
        double before[2] = {best[0], best[1]}, started = before[0] + u->start_cost;
        from_on[k][0] = before[1] < before[0];
        from_on[k][1] = before[1] <= started;
        best[0] = fmin(before[0], before[1]);
        best[1] = fmin(before[1], started);
        if (may_run(u, k))
            best[1] -= gain(u, s->wanted_kw[i], s->margin_off[i], s->margin_on[i]);
    }
    bool on = best[1] < best[0];
    for (size_t k = s->p->n_steps; k-- > 0;) {
        runs[k] = on ? 1 : -1;
        on = from_on[k][on];
    }
}

// A run lasts as long as it has to, and no longer than its fuel.
static void keep_runs(const struct patterns *s, const struct pattern_unit *u, signed char *runs)
{
    double must_h = u->must_run_h, fuel_kwh = u->fuel_kwh;
    bool ran = u->runs_before;
    for (size_t k = 0; k < s->p->n_steps; k++) {
        double h = s->p->hours[k];
        if (runs[k] > 0 && !ran)
            must_h = u->min_run_h;
        if (must_h > 1e-9)
            runs[k] = 1;
        if (!may_run(u, k))
            runs[k] = -1;
        if (u->least_kw * h > fuel_kwh * (1 + 1e-9))
            runs[k] = -1;
        ran = runs[k] > 0;
        must_h = ran ? must_h - h : 0;
        fuel_kwh -= ran ? u->least_kw * h : 0;
    }
}

static void make_unit(const struct patterns *s, size_t unit, enum pattern_rule rule, signed char *runs)
{
    const struct pattern_unit *u = &s->units[unit];
    const double *wanted_kw = s->wanted_kw + unit * s->p->n_steps;
    static const double shares[PATTERN_RULES] = {[PATTERN_HALF] = 0.5, [PATTERN_ANY] = 0, [PATTERN_WHOLE] = 1};
    if (rule == PATTERN_ENERGY)
        round_energy(s, u, wanted_kw, runs);
    else if (rule == PATTERN_REST || rule == PATTERN_OFF)
        memset(runs, -1, s->p->n_steps);
    else if (rule == PATTERN_PRICES)
        follow_prices(s, unit, runs);
    else
        round_power(s, u, wanted_kw, shares[rule], runs);
    if (rule != PATTERN_OFF)
        keep_runs(s, u, runs);
}

void patterns_make(const struct patterns *s, enum pattern_rule rule, signed char *ret_runs)
{
    for (size_t u = 0; u < s->n_units; u++) {
        signed char *runs = ret_runs + u * s->p->n_steps;
        if (s->units[u].is_switched)
            make_unit(s, u, rule, runs);
        else
            memset(runs, 0, s->p->n_steps);
    }
    turns_round(&s->turns, ret_runs + s->n_units * s->p->n_steps);
}

void patterns_carry(const struct patterns *s, const signed char *runs, const int64_t *start_utc_ms, size_t n_steps,
                    signed char *ret_runs)
{
    for (size_t u = 0; u < s->n_units; u++) {
        signed char *to = ret_runs + u * s->p->n_steps;
        for (size_t k = 0, from = 0; k < s->p->n_steps; k++) {
            while (from + 1 < n_steps && start_utc_ms[from + 1] <= s->p->start_utc_ms[k])
                from++;
            to[k] = !s->units[u].is_switched ? 0 : runs[u * n_steps + from] > 0 ? 1 : -1;
        }
        if (s->units[u].is_switched)
            keep_runs(s, &s->units[u], to);
    }
    turns_carry(&s->turns, runs + s->n_units * n_steps, start_utc_ms, n_steps, ret_runs + s->n_units * s->p->n_steps);
}

// ---- changes --------------------------------------------------------------------------------------------------------

// Steps that are alike from the one at `first` on, within a unit.
static size_t stretch(const struct patterns *s, const signed char *runs, size_t first)
{
    size_t end = first + 1;
    while (end % s->p->n_steps != 0 && runs[end] == runs[first])
        end++;
    return end;
}

bool patterns_change(const struct patterns *s, size_t *io_number, const signed char *runs, signed char *ret_runs)
{
    size_t n = s->p->n_steps, all = s->n_units * n;
    for (size_t first = *io_number; first < all; first++) {
        if (!s->units[first / n].is_switched || (first % n != 0 && runs[first] == runs[first - 1]))
            continue;
        size_t end = stretch(s, runs, first);
        bool is_gap = first % n != 0 && end % n != 0;
        if (runs[first] < 0 && !is_gap)
            continue;
        memcpy(ret_runs, runs, all + s->p->n_flexibles * n);
        memset(ret_runs + first, -runs[first], end - first);
        keep_runs(s, &s->units[first / n], ret_runs + first / n * n);
        *io_number = first + 1;
        return true;
    }
    return false;
}
