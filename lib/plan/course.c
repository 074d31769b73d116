// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/course.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plan/steps.h"

static void *copied(const void *items, size_t count, size_t size)
{
    void *copy = calloc(count + 1, size);
    if (copy && count > 0)
        memcpy(copy, items, count * size);
    return copy;
}

// The structs of loads, PV, grids and communities are copies, as their arrays are others.
static int view(const struct plan_problem *p, const struct plan_scenario *s, struct plan_problem *ret)
{
    *ret = *p;
    ret->scenarios = NULL;
    ret->n_scenarios = 0;
    ret->loads = copied(p->loads, p->n_loads, sizeof(*p->loads));
    ret->pvs = copied(p->pvs, p->n_pvs, sizeof(*p->pvs));
    ret->grids = copied(p->grids, p->n_grids, sizeof(*p->grids));
    ret->communities = copied(p->communities, p->n_communities, sizeof(*p->communities));
    if (!ret->loads || !ret->pvs || !ret->grids || !ret->communities)
        return AEMS_E_NOMEM;
    for (size_t i = 0; s && i < p->n_loads; i++)
        ret->loads[i].demand_w = s->demand_w + i * p->n_steps;
    for (size_t i = 0; s && i < p->n_pvs; i++)
        ret->pvs[i].available_w = s->available_w + i * p->n_steps;
    for (size_t i = 0; s && i < p->n_grids; i++) {
        ret->grids[i].import_price_per_kwh = s->import_price_per_kwh + i * p->n_steps;
        ret->grids[i].export_price_per_kwh = s->export_price_per_kwh + i * p->n_steps;
    }
    for (size_t i = 0; s && i < p->n_communities; i++) {
        ret->communities[i].import_price_per_kwh = s->community_import_price_per_kwh + i * p->n_steps;
        ret->communities[i].export_price_per_kwh = s->community_export_price_per_kwh + i * p->n_steps;
    }
    return 0;
}

// Steps that end within the time, the first one at least.
static size_t shared_steps(const struct plan_problem *p)
{
    size_t n = 0;
    if (p->n_scenarios == 0 || p->shared_s <= 0)
        return 0;
    while (n < p->n_steps && (n == 0 || plan_step_end_ms(p, n) <= p->start_utc_ms[0] + (int64_t)p->shared_s * 1000))
        n++;
    return n;
}

int plan_courses_new(const struct plan_problem *p, struct plan_courses *ret_courses)
{
    struct plan_courses *c = ret_courses;
    double expected = plan_problem_expected_weight(p);
    *c = (struct plan_courses){.count = p->n_scenarios + 1, .weight_sum = 1 / expected};
    c->shared_steps = shared_steps(p);
    c->problems = calloc(c->count, sizeof(*c->problems));
    c->weights = calloc(c->count, sizeof(*c->weights));
    int rc = c->problems && c->weights ? 0 : AEMS_E_NOMEM;
    for (size_t i = 0; i < c->count && rc == 0; i++) {
        const struct plan_scenario *s = i > 0 ? &p->scenarios[i - 1] : NULL;
        c->weights[i] = s ? s->weight / expected : 1;
        rc = view(p, s, &c->problems[i]);
    }
    if (rc < 0)
        plan_courses_free(c);
    return rc;
}

void plan_courses_free(struct plan_courses *c)
{
    for (size_t i = 0; c->problems && i < c->count; i++) {
        free(c->problems[i].loads);
        free(c->problems[i].pvs);
        free(c->problems[i].grids);
        free(c->problems[i].communities);
    }
    free(c->problems);
    free(c->weights);
    *c = (struct plan_courses){0};
}
