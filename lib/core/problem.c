// SPDX-License-Identifier: GPL-3.0-or-later
// The dispatch problem as it stands now: prices, forecasts, states, limits. Each kind of asset in a file of its own.
#include "core/problem.h"

#include "base/number.h"

bool problem_follows(const struct engine *e, int asset)
{
    const struct asset_state *a = &e->assets[asset];
    if (a->manual.active)
        return false;
    return !e->received || (a->control >= 0 && a->reachable && !a->faulted && !a->obedience.unwilling);
}

double problem_held_w(const struct engine *e, int asset, struct instant now)
{
    const struct asset_state *a = &e->assets[asset];
    if (a->manual.active)
        return a->manual.power_w;
    if (asset_known(e, asset, now.mono_ms))
        return a->good.v;
    if (a->control >= 0 && e->site->devices[a->control].has_safe_power)
        return e->site->devices[a->control].safe_power_w;
    return 0;
}

// Prices are the same in all courses: what is not known of them is not drawn from the past.
static int add_scenarios(const struct engine *e, struct plan_problem *p)
{
    if (problem_has_outage(e, p)) // one cautious course
        return 0;
    int count = (int)clamp(e->site->plan.scenarios - 1, 0, FORECAST_MAX_SCENARIOS);
    return count > 0 ? plan_problem_add_scenarios(p, (size_t)count) : 0;
}

// The expected course is no day: it has none of their peaks. Where there are days it only says what is to be expected,
// and which plan is begun with; they decide.
static void weigh_days(struct plan_problem *p, int days)
{
    static const double expected_weight = 0.05;
    for (size_t i = 0; i < p->n_scenarios && days == (int)p->n_scenarios; i++)
        p->scenarios[i].weight = (1 - expected_weight) / (double)p->n_scenarios;
}

static void fill_courses(struct forecast_steps *steps, struct plan_problem *p)
{
    int courses = (int)p->n_scenarios + 1;
    for (size_t i = 0; i < p->n_loads; i++)
        for (int c = 0; c < courses; c++)
            forecast_steps_load_w(steps, (int)i, c,
                                  c == 0 ? p->loads[i].demand_w : p->scenarios[c - 1].demand_w + i * p->n_steps);
    for (size_t i = 0; i < p->n_pvs; i++)
        for (int c = 0; c < courses; c++)
            forecast_steps_pv_w(steps, (int)i, c,
                                c == 0 ? p->pvs[i].available_w : p->scenarios[c - 1].available_w + i * p->n_steps);
}

static int fill_forecasts(const struct engine *e, struct plan_problem *p, struct instant now)
{
    int64_t ends[PLAN_MAX_STEPS];
    struct forecast_steps *steps;
    for (size_t k = 0; k < p->n_steps; k++)
        ends[k] = problem_step_end_ms(p, k);
    int result = add_scenarios(e, p);
    if (result == 0)
        result =
            forecast_steps_new(e->forecast, now.utc_ms, p->start_utc_ms, ends, p->n_steps, (int)p->n_scenarios, &steps);
    if (result < 0)
        return result;
    fill_courses(steps, p);
    weigh_days(p, forecast_steps_days(steps));
    forecast_steps_free(steps);
    return 0;
}

// What no device can switch off is not planned to be curtailed.
static void fill_pvs(const struct engine *e, struct plan_problem *p)
{
    for (size_t i = 0; i < p->n_pvs; i++)
        p->pvs[i].curtailable = e->site->pvs[i].curtailable && e->assets[asset_of(e, ASSET_PV, (int)i)].control >= 0;
}

int engine_make_problem(struct engine *e, struct instant now, struct plan_problem **ret_problem)
{
    struct plan_problem *p;
    int64_t marks[PROBLEM_OUTAGE_MARKS + LIMITS_MAX_MARKS];
    size_t n = problem_outage_marks(e, now.utc_ms, marks);
    n += limits_marks(e, now.utc_ms, marks + n);
    int result = plan_problem_new(e->site, now.utc_ms, problem_horizon_s(e, now.utc_ms), marks, n, &p);
    if (result < 0)
        return result;
    problem_fill_grids(e, p, now);
    result = fill_forecasts(e, p, now);
    if (result == 0)
        result = problem_fill_offers(e, p);
    if (result < 0) {
        plan_problem_free(p);
        return result;
    }
    fill_pvs(e, p);
    problem_fill_converters(e, p, now);
    problem_fill_storages(e, p, now);
    problem_fill_flexibles(e, p, now);
    problem_fill_supply(e, p, now);
    problem_fill_outage(e, p, now);
    *ret_problem = p;
    return 0;
}
