// SPDX-License-Identifier: GPL-3.0-or-later
// PV, loads and ties.
#include <math.h>

#include "plan/limits.h"
#include "plan/model.h"

static const double SOONER_LIFELINES = 0.1, SOONER = 0.03; // over the whole plan
static const double PV_BONUS = 3e-5; // sun that costs nothing to use is used; above what keeps export off import

static double *balance_rhs(struct model *m, int bus, size_t k)
{
    return &m->balance_rhs[(size_t)bus * m->p->n_steps + k];
}

// ---- PV -------------------------------------------------------------------------------------------------------------

static void add_curtailable(struct model *m, const struct plan_pv *v, int used)
{
    for (size_t k = 0; k < m->p->n_steps; k++) {
        model_bound(m, used + (int)k, 0, v->available_w[k] / KILO);
        model_cost(m, used + (int)k, 0, -PV_BONUS * m->price_unit * m->p->hours[k]);
        model_entry(m, model_balance(m, v->bus, k), used + (int)k, 1);
    }
}

// What cannot be curtailed flows, and where nothing can take it, that is a limit broken. Half as dear is the export
// beyond a limit, which really can happen.
static void add_spill(struct model *m, const struct plan_pv *v, int spill)
{
    for (size_t k = 0; k < m->p->n_steps; k++) {
        double h = m->p->hours[k];
        model_bound(m, spill + (int)k, 0, v->available_w[k] / KILO);
        model_penalise(m, spill + (int)k, OBJECTIVE_LIMITS, 2 * h, h);
        model_entry(m, model_balance(m, v->bus, k), spill + (int)k, -1);
    }
}

void model_add_pv(struct model *m, size_t i)
{
    const struct plan_pv *v = &m->p->pvs[i];
    struct model_pv *c = &m->pvs[i];
    *c = (struct model_pv){.used = -1, .spill = -1};
    if (v->curtailable) {
        c->used = model_columns(m, "pv", i, v->id, m->p->n_steps);
        if (m->error == 0)
            add_curtailable(m, v, c->used);
        return;
    }
    for (size_t k = 0; k < m->p->n_steps; k++)
        *balance_rhs(m, v->bus, k) -= v->available_w[k] / KILO;
    if (m->with_slack) {
        c->spill = model_columns(m, "spill", i, v->id, m->p->n_steps);
        if (m->error == 0)
            add_spill(m, v, c->spill);
    }
}

// ---- loads ----------------------------------------------------------------------------------------------------------

// In an outage what is not served sooner counts for a little more than what is not served later: the grid may come back
// before, and fuel that was not burned in time is left over in the end, for a generator gives no more than its power.
static double sooner(const struct plan_problem *p, size_t k, double share)
{
    double from_now_ms = (double)(p->start_utc_ms[k] - p->start_utc_ms[0]);
    double all_ms = (double)(plan_step_end_ms(p, p->n_steps - 1) - p->start_utc_ms[0]);
    return p->least_frac > 0 ? 1 - share * from_now_ms / all_ms : 1;
}

static void add_shed(struct model *m, const struct plan_load *l, enum load_tier tier, int shed)
{
    bool is_lifeline = plan_is_lifeline(l, (int)tier);
    for (size_t k = 0; k < m->p->n_steps; k++) {
        double h = m->p->hours[k], weight = is_lifeline ? 1 : model_comfort_weight(tier);
        model_bound(m, shed + (int)k, 0, plan_tier_demand_w(m->p, l, (int)tier, k) / KILO);
        model_cost(m, shed + (int)k, l->shed_cost_per_kwh[tier] * h, 0);
        model_penalise(m, shed + (int)k, is_lifeline ? OBJECTIVE_LIFELINES : OBJECTIVE_COMFORT,
                       weight * sooner(m->p, k, is_lifeline ? SOONER_LIFELINES : SOONER) * h, h);
        model_entry(m, model_balance(m, l->bus, k), shed + (int)k, 1);
    }
}

void model_add_load(struct model *m, size_t i)
{
    static const char *const families[TIER_COUNT] = {"shed_lifeline", "shed_important", "shed_ordinary",
                                                     "shed_deferrable"};
    const struct plan_load *l = &m->p->loads[i];
    for (size_t k = 0; k < m->p->n_steps; k++)
        *balance_rhs(m, l->bus, k) += plan_demand_w(m->p, l, k) / KILO;
    for (int tier = 0; tier < TIER_COUNT; tier++) {
        bool can_be = m->with_slack && l->tier_share[tier] > 0;
        m->loads[i].shed[tier] = can_be ? model_columns(m, families[tier], i, l->id, m->p->n_steps) : -1;
        if (can_be && m->error == 0)
            add_shed(m, l, (enum load_tier)tier, m->loads[i].shed[tier]);
    }
}

// ---- ties -----------------------------------------------------------------------------------------------------------

// kW sent by `from` (forward) and by `to` (backward) while the tie goes on as it does.
static double held_kw(const struct plan_tie *t, bool forward)
{
    if (forward)
        return fmax(0, t->held_power_w) / (1 - t->loss_frac) / KILO;
    return fmax(0, -t->held_power_w) / KILO;
}

static void add_direction(struct model *m, const struct plan_tie *t, int column, size_t k, bool forward, bool allowed)
{
    double h = m->p->hours[k], circulation = 1.05 * model_negative_price(m->p, k) * t->loss_frac * h;
    double upper = t->available ? (allowed ? t->limit_w / KILO : 0) : held_kw(t, forward);
    model_bound(m, column, t->available || m->with_slack ? 0 : upper, upper);
    model_cost(m, column, t->transfer_price_per_kwh * h, model_small_cost(m, t->id, k) * h + circulation);
    model_entry(m, model_balance(m, forward ? t->from : t->to, k), column, -1);
    model_entry(m, model_balance(m, forward ? t->to : t->from, k), column, 1 - t->loss_frac);
}

static int add_tie_miss(struct model *m, size_t i, const struct plan_tie *t, bool forward, int column)
{
    const char *family = forward ? "forward_miss" : "backward_miss";
    int miss = model_columns(m, family, i, t->id, m->p->n_steps);
    int row = model_rows(m, family, i, t->id, m->p->n_steps);
    for (size_t k = 0; k < m->p->n_steps && m->error == 0; k++)
        model_miss(m, row + (int)k, column + (int)k, miss + (int)k, k, held_kw(t, forward));
    return miss;
}

void model_add_tie(struct model *m, size_t i, const signed char *sign)
{
    const struct plan_tie *t = &m->p->ties[i];
    struct model_tie *c = &m->ties[i];
    *c = (struct model_tie){.forward_miss = -1, .backward_miss = -1};
    c->forward = model_decisions(m, "forward", i, t->id, m->p->n_steps);
    c->backward = model_decisions(m, "backward", i, t->id, m->p->n_steps);
    for (size_t k = 0; k < m->p->n_steps && m->error == 0; k++) {
        add_direction(m, t, c->forward + (int)k, k, true, sign[k] >= 0);
        add_direction(m, t, c->backward + (int)k, k, false, sign[k] <= 0);
    }
    if (m->with_slack && !t->available && m->error == 0) {
        c->forward_miss = add_tie_miss(m, i, t, true, c->forward);
        c->backward_miss = add_tie_miss(m, i, t, false, c->backward);
    }
}
