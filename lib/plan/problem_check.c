// SPDX-License-Identifier: GPL-3.0-or-later
// The judgement of a problem before it goes to the solver, which does not survive strange numbers.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include "plan/problem.h"

static const double LARGEST_W = 1e10, LARGEST_WH = 1e12, LARGEST_PRICE = 1e6;

struct judge {
    const struct plan_problem *p;
    char *why;
    size_t size;
    bool refused; // the first finding stands
};

static void refuse(struct judge *j, const char *section, const char *id, const char *name, const char *what)
{
    if (!j->refused)
        snprintf(j->why, j->size, "%s%s%.47s%s%s: %s", section, *id ? "." : "", id, *name ? "." : "", name, what);
    j->refused = true;
}

static void number(struct judge *j, const char *section, const char *id, const char *name, double value, double low,
                   double high)
{
    char what[80];
    if (in_range(value, low, high))
        return;
    snprintf(what, sizeof(what), "%g, expected %g to %g", value, low, high);
    refuse(j, section, id, name, what);
}

static void series(struct judge *j, const char *section, const char *id, const char *name, const double *values,
                   double low, double high)
{
    if (!values) {
        refuse(j, section, id, name, "missing");
        return;
    }
    for (size_t k = 0; k < j->p->n_steps && !j->refused; k++) {
        char place[64];
        snprintf(place, sizeof(place), "%s[%zu]", name, k);
        number(j, section, id, place, values[k], low, high);
    }
}

static void bus(struct judge *j, const char *section, const char *id, const char *name, int value)
{
    number(j, section, id, name, value, 0, (double)j->p->n_buses - 1);
}

static void id(struct judge *j, const char *section, const char text[SITE_ID_MAX])
{
    if (!memchr(text, '\0', SITE_ID_MAX) || !text_is_id(text))
        refuse(j, section, "", "", "an id that is none");
}

// ---- kinds ----------------------------------------------------------------------------------------------------------

static void judge_steps(struct judge *j)
{
    const struct plan_problem *p = j->p;
    id(j, "area", p->area);
    if (p->n_steps < 1 || p->n_steps > PLAN_MAX_STEPS || !p->start_utc_ms || !p->hours || p->n_buses < 1 ||
        p->n_buses > SITE_MAX_BUSES) {
        refuse(j, "n_steps", "", "", "no steps or buses, or too many");
        return;
    }
    series(j, "hours", "", "", p->hours, 1e-4, 48);
    for (size_t k = 0; k < p->n_steps && !j->refused; k++) {
        number(j, "start_utc_ms", "", "", (double)p->start_utc_ms[k], 0, 253402300799e3);
        if (k > 0 && fabs((double)(p->start_utc_ms[k] - p->start_utc_ms[k - 1]) / 3.6e6 - p->hours[k - 1]) > 1e-6)
            refuse(j, "hours", "", "", "a step does not end where the next begins");
    }
    for (size_t b = 0; b < p->n_buses; b++)
        id(j, "buses", p->bus_ids[b]);
}

static void judge_grid(struct judge *j, const struct plan_grid *g)
{
    id(j, "grids", g->id);
    bus(j, "grids", g->id, "bus", g->bus);
    number(j, "grids", g->id, "import_limit_w", g->import_limit_w, 0, LARGEST_W);
    number(j, "grids", g->id, "export_limit_w", g->export_limit_w, 0, LARGEST_W);
    series(j, "grids", g->id, "import_price_per_kwh", g->import_price_per_kwh, -LARGEST_PRICE, LARGEST_PRICE);
    series(j, "grids", g->id, "export_price_per_kwh", g->export_price_per_kwh, -LARGEST_PRICE, LARGEST_PRICE);
    number(j, "grids", g->id, "demand_charge_per_kw", g->demand_charge_per_kw, 0, LARGEST_PRICE);
    number(j, "grids", g->id, "demand_window_s", g->demand_window_s, 0, 86400);
    if (g->demand_window_s > 0 && g->demand_window_s < 60)
        refuse(j, "grids", g->id, "demand_window_s", "shorter than a minute");
    number(j, "grids", g->id, "peak_so_far_w", g->peak_so_far_w, 0, LARGEST_W);
    number(j, "grids", g->id, "window_elapsed_wh", g->window_elapsed_wh, 0, LARGEST_WH);
    number(j, "grids", g->id, "co2_cost_per_kwh", g->co2_cost_per_kwh, 0, LARGEST_PRICE);
}

static void judge_pv(struct judge *j, const struct plan_pv *v)
{
    id(j, "pvs", v->id);
    bus(j, "pvs", v->id, "bus", v->bus);
    series(j, "pvs", v->id, "available_w", v->available_w, 0, LARGEST_W);
}

static void judge_battery(struct judge *j, const struct plan_battery *b)
{
    const char *s = "batteries";
    id(j, s, b->id);
    bus(j, s, b->id, "bus", b->bus);
    number(j, s, b->id, "energy_wh", b->energy_wh, 0, LARGEST_WH);
    number(j, s, b->id, "min_wh", b->min_wh, 0, LARGEST_WH);
    number(j, s, b->id, "max_wh", b->max_wh, b->min_wh, LARGEST_WH);
    number(j, s, b->id, "reserve_wh", b->reserve_wh, 0, b->max_wh);
    number(j, s, b->id, "max_charge_w", b->max_charge_w, 0, LARGEST_W);
    number(j, s, b->id, "max_discharge_w", b->max_discharge_w, 0, LARGEST_W);
    number(j, s, b->id, "charge_efficiency", b->charge_efficiency, 0.01, 1);
    number(j, s, b->id, "discharge_efficiency", b->discharge_efficiency, 0.01, 1);
    number(j, s, b->id, "self_discharge_per_h", b->self_discharge_per_h, 0, 0.5);
    for (size_t k = 0; k < j->p->n_steps && !j->refused; k++)
        if (b->self_discharge_per_h * j->p->hours[k] > 1)
            refuse(j, s, b->id, "self_discharge_per_h", "loses more than everything within a step");
    number(j, s, b->id, "wear_per_kwh", b->wear_per_kwh, 0, LARGEST_PRICE);
    number(j, s, b->id, "end_value_per_kwh", b->end_value_per_kwh, -LARGEST_PRICE, LARGEST_PRICE);
    number(j, s, b->id, "held_power_w", b->held_power_w, -LARGEST_W, LARGEST_W);
}

static void judge_load(struct judge *j, const struct plan_load *l)
{
    double sum = 0;
    id(j, "loads", l->id);
    bus(j, "loads", l->id, "bus", l->bus);
    series(j, "loads", l->id, "demand_w", l->demand_w, 0, LARGEST_W);
    for (int tier = 0; tier < TIER_COUNT; tier++) {
        number(j, "loads", l->id, "tier_share", l->tier_share[tier], 0, 1);
        number(j, "loads", l->id, "shed_cost_per_kwh", l->shed_cost_per_kwh[tier], 0, LARGEST_PRICE);
        sum += l->tier_share[tier];
    }
    number(j, "loads", l->id, "tier_share (sum)", sum, 1 - 1e-6, 1 + 1e-6);
}

static void judge_generator(struct judge *j, const struct plan_generator *g)
{
    id(j, "generators", g->id);
    bus(j, "generators", g->id, "bus", g->bus);
    number(j, "generators", g->id, "max_power_w", g->max_power_w, 0, LARGEST_W);
    number(j, "generators", g->id, "cost_per_kwh", g->cost_per_kwh, 0, LARGEST_PRICE);
}

static void judge_tie(struct judge *j, const struct plan_tie *t)
{
    id(j, "ties", t->id);
    bus(j, "ties", t->id, "from", t->from);
    bus(j, "ties", t->id, "to", t->to);
    if (t->from == t->to)
        refuse(j, "ties", t->id, "to", "the bus it comes from");
    number(j, "ties", t->id, "limit_w", t->limit_w, 0, LARGEST_W);
    number(j, "ties", t->id, "loss_frac", t->loss_frac, 0, 0.99);
    number(j, "ties", t->id, "transfer_price_per_kwh", t->transfer_price_per_kwh, 0, LARGEST_PRICE);
    number(j, "ties", t->id, "held_power_w", t->held_power_w, -LARGEST_W, LARGEST_W);
}

int plan_problem_check(const struct plan_problem *p, char *ret_why, size_t size)
{
    struct judge j = {.p = p, .why = ret_why, .size = size};
    judge_steps(&j);
    for (size_t i = 0; i < p->n_grids && !j.refused; i++)
        judge_grid(&j, &p->grids[i]);
    for (size_t i = 0; i < p->n_pvs && !j.refused; i++)
        judge_pv(&j, &p->pvs[i]);
    for (size_t i = 0; i < p->n_batteries && !j.refused; i++)
        judge_battery(&j, &p->batteries[i]);
    for (size_t i = 0; i < p->n_loads && !j.refused; i++)
        judge_load(&j, &p->loads[i]);
    for (size_t i = 0; i < p->n_generators && !j.refused; i++)
        judge_generator(&j, &p->generators[i]);
    for (size_t i = 0; i < p->n_ties && !j.refused; i++)
        judge_tie(&j, &p->ties[i]);
    return j.refused ? AEMS_E_RANGE : 0;
}
