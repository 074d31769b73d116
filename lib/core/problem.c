// SPDX-License-Identifier: GPL-3.0-or-later
// The dispatch problem as it stands now: prices, forecasts, states, limits. Each kind of asset in a file of its own.
#include "core/problem.h"

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

static void fill_forecasts(const struct engine *e, struct plan_problem *p, struct instant now)
{
    for (size_t k = 0; k < p->n_steps; k++) {
        int64_t from = p->start_utc_ms[k], to = problem_step_end_ms(p, k);
        for (size_t i = 0; i < p->n_loads; i++)
            p->loads[i].demand_w[k] = forecast_load_w(e->forecast, (int)i, now.utc_ms, from, to);
        for (size_t i = 0; i < p->n_pvs; i++)
            p->pvs[i].available_w[k] = forecast_pv_w(e->forecast, (int)i, now.utc_ms, from, to);
    }
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
    int64_t marks[2 * ENGINE_MAX_LIMITS];
    int result = plan_problem_new(e->site, now.utc_ms, marks, limits_marks(e, marks), &p);
    if (result < 0)
        return result;
    problem_fill_grids(e, p, now);
    fill_forecasts(e, p, now);
    fill_pvs(e, p);
    problem_fill_converters(e, p, now);
    problem_fill_storages(e, p, now);
    problem_fill_flexibles(e, p, now);
    problem_fill_supply(e, p, now);
    *ret_problem = p;
    return 0;
}
