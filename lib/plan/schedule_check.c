// SPDX-License-Identifier: GPL-3.0-or-later
// The judgement of an answer before it is used. It knows nothing of the linear program: it works everything out again
// from the problem and the powers, so that a wrong model, a wrong solver and a damaged message are all found here.
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "plan/envelope.h"
#include "plan/schedule.h"
#include "plan/steps.h"

static const double NEAR_W = 1.0, NEAR_WH = 1.0, NEAR_SHARE = 1e-6;
static const double LARGEST_W = 1e11, LARGEST_PRICE = 2e6;

struct judge {
    const struct schedule *s;
    const struct plan_problem *p;
    char *why;
    size_t size;
    bool refused;      // the first finding stands
    double *surplus_w; // of each bus and step: what flows in less what flows out
    double *moved_w;   // of each bus and step: sum of magnitudes
    double missed_kwh[OBJECTIVE_MONEY];
    double money, money_moved; // sum, and sum of magnitudes
};

__attribute__((format(printf, 2, 3))) static void refuse(struct judge *j, const char *format, ...)
{
    if (j->refused)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(j->why, j->size, format, arguments);
    va_end(arguments);
    j->refused = true;
}

static double near_w(double scale)
{
    return NEAR_W + NEAR_SHARE * fabs(scale);
}

static void flow(struct judge *j, int bus, size_t k, double power_w)
{
    size_t i = (size_t)bus * j->p->n_steps + k;
    j->surplus_w[i] += power_w;
    j->moved_w[i] += fabs(power_w);
}

static void pay(struct judge *j, double amount)
{
    j->money += amount;
    j->money_moved += fabs(amount);
}

static void miss(struct judge *j, enum objective_tier tier, double power_w, size_t k)
{
    if (power_w > 0)
        j->missed_kwh[tier] += power_w * j->p->hours[k] / 1000;
}

// ---- form -----------------------------------------------------------------------------------------------------------

static void judge_numbers(struct judge *j, const char *id, const char *name, const double *values, size_t count,
                          double largest)
{
    if (!values)
        refuse(j, "%.47s: no %s", id, name);
    for (size_t i = 0; i < count && !j->refused; i++)
        if (!in_range(values[i], -largest, largest))
            refuse(j, "%.47s: %s[%zu] is %g", id, name, i, values[i]);
}

static void judge_asset_form(struct judge *j, const struct schedule_asset *a)
{
    size_t n = j->s->n_steps;
    judge_numbers(j, a->id, "power_w", a->power_w, n, LARGEST_W);
    if (a->kind == ASSET_BATTERY) {
        judge_numbers(j, a->id, "energy_wh", a->energy_wh, n, 1e13);
        judge_numbers(j, a->id, "energy_value_per_kwh", a->energy_value_per_kwh, n, LARGEST_PRICE);
    }
    if (a->kind == ASSET_LOAD)
        judge_numbers(j, a->id, "shed_w", a->shed_w, n * TIER_COUNT, LARGEST_W);
    if (!a->reasons)
        refuse(j, "%.47s: no reasons", a->id);
    for (size_t k = 0; k < n && !j->refused; k++) {
        const struct reason *r = &a->reasons[k];
        if ((unsigned)r->kind >= REASON_KIND_COUNT || !memchr(r->asset, '\0', SITE_ID_MAX) ||
            !in_range(r->price_per_kwh, -LARGEST_PRICE, LARGEST_PRICE))
            refuse(j, "%.47s: reason %zu is none", a->id, k);
    }
}

static void judge_identity(struct judge *j, size_t *io_asset, enum asset_kind kind, const char *id)
{
    const struct schedule_asset *a = &j->s->assets[(*io_asset)++];
    if (!j->refused && (a->kind != kind || strncmp(a->id, id, SITE_ID_MAX) != 0))
        refuse(j, "%.47s stands where %.47s belongs", a->id, id);
}

static void judge_identities(struct judge *j)
{
    const struct plan_problem *p = j->p;
    size_t n = 0;
    for (size_t i = 0; i < p->n_grids; i++)
        judge_identity(j, &n, ASSET_GRID, p->grids[i].id);
    for (size_t i = 0; i < p->n_pvs; i++)
        judge_identity(j, &n, ASSET_PV, p->pvs[i].id);
    for (size_t i = 0; i < p->n_batteries; i++)
        judge_identity(j, &n, ASSET_BATTERY, p->batteries[i].id);
    for (size_t i = 0; i < p->n_loads; i++)
        judge_identity(j, &n, ASSET_LOAD, p->loads[i].id);
    for (size_t i = 0; i < p->n_generators; i++)
        judge_identity(j, &n, ASSET_GENERATOR, p->generators[i].id);
    for (size_t i = 0; i < p->n_ties; i++)
        judge_identity(j, &n, ASSET_TIE, p->ties[i].id);
}

static void judge_form(struct judge *j)
{
    const struct schedule *s = j->s;
    const struct plan_problem *p = j->p;
    size_t n_assets = p->n_grids + p->n_pvs + p->n_batteries + p->n_loads + p->n_generators + p->n_ties;
    if (s->n_steps != p->n_steps || s->n_buses != p->n_buses || s->n_grids != p->n_grids || s->n_assets != n_assets ||
        !s->start_utc_ms || !s->hours || !s->assets)
        refuse(j, "sizes differ from the problem's");
    else if (s->made_utc_ms != p->made_utc_ms)
        refuse(j, "the answer to another problem");
    if (!memchr(s->status, '\0', sizeof(s->status)) || strcmp(s->status, "optimal") != 0)
        refuse(j, "not optimal");
    if (!in_range(s->gap, 0, 1e-5) || s->iterations < 0 || s->solves < 1 || !in_range(s->solve_ms, 0, 1e9) ||
        !in_range(s->lp_objective, -1e15, 1e15))
        refuse(j, "without a certificate");
    if (j->refused)
        return;
    judge_numbers(j, "steps", "hours", s->hours, s->n_steps, 100);
    judge_numbers(j, "buses", "price_per_kwh", s->price_per_kwh, s->n_buses * s->n_steps, LARGEST_PRICE);
    judge_numbers(j, "grids", "peak_w", s->peak_w, s->n_grids, LARGEST_W);
    judge_numbers(j, "objective", "kWh", s->objective, OBJECTIVE_COUNT, 1e12);
    for (size_t k = 0; k < s->n_steps && !j->refused; k++)
        if (s->start_utc_ms[k] != p->start_utc_ms[k] || fabs(s->hours[k] - p->hours[k]) > 1e-9)
            refuse(j, "step %zu differs from the problem's", k);
    judge_identities(j);
    for (size_t i = 0; i < n_assets && !j->refused; i++)
        judge_asset_form(j, &s->assets[i]);
}

// ---- one kind after the other ---------------------------------------------------------------------------------------

static double highest_window_w(const struct judge *j, const struct plan_grid *g, const double *power_w)
{
    int64_t at = j->p->start_utc_ms[0];
    double highest = g->peak_so_far_w, window_h = g->demand_window_s / 3600.0;
    struct demand_window w;
    while (g->demand_charge_per_kw > 0 && demand_window_next(j->p, g, &at, &w)) {
        double wh = w.elapsed_wh;
        for (size_t k = w.first; k <= w.last; k++)
            wh += fmax(0, power_w[k]) * demand_window_overlap_h(j->p, g, &w, k);
        highest = fmax(highest, wh / window_h);
    }
    return highest;
}

static void judge_grid(struct judge *j, size_t i, const struct schedule_asset *a)
{
    const struct plan_grid *g = &j->p->grids[i];
    for (size_t k = 0; k < j->p->n_steps; k++) {
        double in_w = fmax(0, a->power_w[k]), out_w = fmax(0, -a->power_w[k]), kh = j->p->hours[k] / 1000;
        if (g->away && in_w + out_w > NEAR_W)
            refuse(j, "%s: %.0f W in step %zu though the grid is away", g->id, a->power_w[k], k);
        miss(j, OBJECTIVE_LIMITS, in_w - g->import_limit_w, k);
        miss(j, OBJECTIVE_LIMITS, out_w - g->export_limit_w, k);
        pay(j, in_w * kh * plan_import_cost_per_kwh(j->p, g, k));
        pay(j, -out_w * kh * g->export_price_per_kwh[k]);
        flow(j, g->bus, k, a->power_w[k]);
    }
    double peak_w = highest_window_w(j, g, a->power_w);
    if (fabs(peak_w - j->s->peak_w[i]) > near_w(peak_w))
        refuse(j, "%s: a peak of %.0f W instead of %.0f W", g->id, j->s->peak_w[i], peak_w);
    pay(j, peak_w / 1000 * g->demand_charge_per_kw);
}

static void judge_pv(struct judge *j, const struct plan_pv *v, const struct schedule_asset *a)
{
    for (size_t k = 0; k < j->p->n_steps; k++) {
        double power_w = a->power_w[k];
        if (power_w < -NEAR_W || power_w > v->available_w[k] + NEAR_W)
            refuse(j, "%s: %.0f W of %.0f W in step %zu", v->id, power_w, v->available_w[k], k);
        if (!v->curtailable)
            miss(j, OBJECTIVE_LIMITS, v->available_w[k] - power_w, k);
        flow(j, v->bus, k, power_w);
    }
}

static void judge_battery_power(struct judge *j, const struct plan_battery *b, const struct envelope *e, size_t k,
                                double power_w)
{
    double lowest_w = b->available ? -b->max_charge_w : -e->held_charge_w[k];
    double highest_w = b->available ? b->max_discharge_w : e->held_discharge_w[k];
    if (power_w < lowest_w - near_w(lowest_w) || power_w > highest_w + near_w(highest_w))
        refuse(j, "%s: %.0f W in step %zu, possible are %.0f to %.0f W", b->id, power_w, k, lowest_w, highest_w);
    if (!b->available) {
        miss(j, OBJECTIVE_LIMITS, highest_w - fmax(0, power_w), k);
        miss(j, OBJECTIVE_LIMITS, -lowest_w - fmax(0, -power_w), k);
    }
}

static void judge_battery(struct judge *j, const struct plan_battery *b, const struct schedule_asset *a)
{
    struct envelope e;
    double energy_wh = b->energy_wh, worst_wh = 0, near_wh = NEAR_WH + NEAR_SHARE * b->max_wh;
    battery_envelope(j->p, b, &e);
    for (size_t k = 0; k < j->p->n_steps && !j->refused; k++) {
        double h = j->p->hours[k], power_w = a->power_w[k];
        double flow_w = power_w < 0 ? -power_w * b->charge_efficiency : -power_w / b->discharge_efficiency;
        judge_battery_power(j, b, &e, k, power_w);
        energy_wh = energy_wh * (1 - b->self_discharge_per_h * h) + flow_w * h;
        if (fabs(energy_wh - a->energy_wh[k]) > near_wh)
            refuse(j, "%s: %.0f Wh after step %zu, its powers make %.0f Wh", b->id, a->energy_wh[k], k, energy_wh);
        if (energy_wh < e.floor_wh[k] - near_wh || energy_wh > e.ceiling_wh[k] + near_wh)
            refuse(j, "%s: %.0f Wh after step %zu, possible are %.0f to %.0f Wh", b->id, energy_wh, k, e.floor_wh[k],
                   e.ceiling_wh[k]);
        worst_wh = fmax(worst_wh, fmax(0, e.wanted_low_wh[k] - energy_wh) + fmax(0, energy_wh - e.wanted_high_wh[k]));
        pay(j, fabs(power_w) * h / 1000 * b->wear_per_kwh);
        flow(j, b->bus, k, power_w);
    }
    j->missed_kwh[OBJECTIVE_RESERVE] += worst_wh / 1000;
    pay(j, -(energy_wh - b->min_wh) / 1000 * b->end_value_per_kwh);
}

static void judge_load(struct judge *j, const struct plan_load *l, const struct schedule_asset *a)
{
    for (size_t k = 0; k < j->p->n_steps; k++) {
        double served_w = l->demand_w[k];
        for (int tier = 0; tier < TIER_COUNT; tier++) {
            double shed_w = a->shed_w[k * TIER_COUNT + (size_t)tier], most_w = l->tier_share[tier] * l->demand_w[k];
            bool is_lifeline = tier == TIER_LIFELINE || !l->sheddable[tier];
            if (shed_w < -NEAR_W || shed_w > most_w + near_w(most_w))
                refuse(j, "%s: sheds %.0f W of %.0f W %s load in step %zu", l->id, shed_w, most_w,
                       load_tier_name((enum load_tier)tier), k);
            miss(j, is_lifeline ? OBJECTIVE_LIFELINES : OBJECTIVE_COMFORT, shed_w, k);
            pay(j, shed_w * j->p->hours[k] / 1000 * l->shed_cost_per_kwh[tier]);
            served_w -= shed_w;
        }
        if (fabs(a->power_w[k] + served_w) > near_w(l->demand_w[k]))
            refuse(j, "%s: %.0f W in step %zu instead of %.0f W", l->id, a->power_w[k], k, -served_w);
        flow(j, l->bus, k, a->power_w[k]);
    }
}

static void judge_generator(struct judge *j, const struct plan_generator *g, const struct schedule_asset *a)
{
    for (size_t k = 0; k < j->p->n_steps; k++) {
        double power_w = a->power_w[k];
        if (power_w < -NEAR_W || power_w > g->max_power_w + near_w(g->max_power_w))
            refuse(j, "%s: %.0f W of %.0f W in step %zu", g->id, power_w, g->max_power_w, k);
        pay(j, power_w * j->p->hours[k] / 1000 * plan_generator_cost_per_kwh(j->p, g));
        flow(j, g->bus, k, power_w);
    }
}

static void judge_tie(struct judge *j, const struct plan_tie *t, const struct schedule_asset *a)
{
    double arrives = 1 - t->loss_frac;
    for (size_t k = 0; k < j->p->n_steps; k++) {
        double forward_w = fmax(0, a->power_w[k]) / arrives, backward_w = fmax(0, -a->power_w[k]);
        double held_forward_w = fmax(0, t->held_power_w) / arrives, held_backward_w = fmax(0, -t->held_power_w);
        double most_forward_w = t->available ? t->limit_w : held_forward_w;
        double most_backward_w = t->available ? t->limit_w : held_backward_w;
        if (forward_w > most_forward_w + near_w(most_forward_w) ||
            backward_w > most_backward_w + near_w(most_backward_w))
            refuse(j, "%s: %.0f W in step %zu is beyond its limit", t->id, a->power_w[k], k);
        if (!t->available) {
            miss(j, OBJECTIVE_LIMITS, held_forward_w - forward_w, k);
            miss(j, OBJECTIVE_LIMITS, held_backward_w - backward_w, k);
        }
        pay(j, (forward_w + backward_w) * j->p->hours[k] / 1000 * t->transfer_price_per_kwh);
        flow(j, t->to, k, a->power_w[k]);
        flow(j, t->from, k, backward_w * arrives - forward_w);
    }
}

static void judge_assets(struct judge *j)
{
    const struct plan_problem *p = j->p;
    const struct schedule_asset *a = j->s->assets;
    for (size_t i = 0; i < p->n_grids && !j->refused; i++)
        judge_grid(j, i, a++);
    for (size_t i = 0; i < p->n_pvs && !j->refused; i++)
        judge_pv(j, &p->pvs[i], a++);
    for (size_t i = 0; i < p->n_batteries && !j->refused; i++)
        judge_battery(j, &p->batteries[i], a++);
    for (size_t i = 0; i < p->n_loads && !j->refused; i++)
        judge_load(j, &p->loads[i], a++);
    for (size_t i = 0; i < p->n_generators && !j->refused; i++)
        judge_generator(j, &p->generators[i], a++);
    for (size_t i = 0; i < p->n_ties && !j->refused; i++)
        judge_tie(j, &p->ties[i], a++);
}

// ---- the whole ------------------------------------------------------------------------------------------------------

static void judge_balances(struct judge *j)
{
    for (size_t b = 0; b < j->p->n_buses; b++)
        for (size_t k = 0; k < j->p->n_steps && !j->refused; k++) {
            size_t i = b * j->p->n_steps + k;
            if (fabs(j->surplus_w[i]) > near_w(j->moved_w[i]))
                refuse(j, "bus %.47s: %.1f W too much in step %zu", j->p->bus_ids[b], j->surplus_w[i], k);
        }
}

// What could not be kept must be what the answer admits, no less and no more.
static void judge_objective(struct judge *j)
{
    static const char *const names[OBJECTIVE_MONEY] = {"lifelines", "limits", "reserve", "comfort"};
    for (int tier = 0; tier < OBJECTIVE_MONEY; tier++) {
        double found = j->missed_kwh[tier], claimed = j->s->objective[tier];
        if (fabs(found - claimed) > 5e-3 + 1e-5 * found)
            refuse(j, "%s: misses %.3f kWh, admitted are %.3f", names[tier], found, claimed);
    }
    if (fabs(j->money - j->s->objective[OBJECTIVE_MONEY]) > 1e-5 * (1 + j->money_moved))
        refuse(j, "costs %.6g, claimed are %.6g", j->money, j->s->objective[OBJECTIVE_MONEY]);
}

int schedule_check(const struct schedule *s, const struct plan_problem *p, char *ret_why, size_t size)
{
    struct judge j = {.s = s, .p = p, .why = ret_why, .size = size};
    judge_form(&j);
    if (j.refused)
        return AEMS_E_REFUSED;
    j.surplus_w = calloc(p->n_buses * p->n_steps, sizeof(double));
    j.moved_w = calloc(p->n_buses * p->n_steps, sizeof(double));
    if (!j.surplus_w || !j.moved_w)
        refuse(&j, "no memory to judge it");
    if (!j.refused)
        judge_assets(&j);
    if (!j.refused)
        judge_balances(&j);
    if (!j.refused)
        judge_objective(&j);
    free(j.surplus_w);
    free(j.moved_w);
    return j.refused ? AEMS_E_REFUSED : 0;
}
