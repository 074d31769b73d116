// SPDX-License-Identifier: GPL-3.0-or-later
// The order of solves of one problem: money alone first; tier by tier when that is infeasible; again with directions
// fixed when a flow would run both ways at once.
#include "plan/planner_choose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { MOST_ROUNDS = 4 };

static const double HOLD_ROOM = 1e-6, HOLD_ROOM_AT_LAST = 1e-4; // of a tier's optimum, while others are sought

static const double NOTHING_MISSED = 1e-5; // weighted kWh of a tier; its row is held with less room than this

// ---- one solve ------------------------------------------------------------------------------------------------------

static int refuse(struct run *r, int code, const char *what)
{
    snprintf(r->why, r->size, "%s", what);
    return code;
}

static int renew_model(struct run *r)
{
    model_free(r->model);
    r->model = NULL;
    return model_new(r->problem, &r->directions, r->needs_slack, &r->model);
}

// Of a tier only the optimum counts; the vertex of the last solve is the plan.
static int solve(struct run *r, bool last)
{
    lp_solution_free(&r->solution);
    struct solver *solver = r->needs_slack ? r->bases->slack : r->bases->plain;
    int left_ms = (int)(r->until_ms - planner_now_ms(r->planner));
    int rc = last ? solver_solve(solver, r->model->lp, left_ms, &r->solution)
                  : solver_find_optimum(solver, r->model->lp, left_ms, &r->solution);
    if (rc < 0)
        return rc;
    if (r->planner->watch)
        r->planner->watch(r->planner->watch_user, r->model->lp, &r->solution);
    r->solves++;
    r->iterations += r->solution.iterations;
    r->fallbacks += r->solution.fallbacks;
    r->repairs += r->solution.repairs;
    r->solve_ms += r->solution.solve_ms;
    r->planner->solved_ms += r->solution.solve_ms;
    if (r->solution.status == LP_OPTIMAL && r->solution.gap > r->gap)
        r->gap = r->solution.gap;
    return 0;
}

static int judge_status(struct run *r)
{
    switch (r->solution.status) {
    case LP_OPTIMAL:
        return 0;
    case LP_TIME_LIMIT:
        return refuse(r, AEMS_E_TIMEOUT, "the solver did not finish in time");
    case LP_INFEASIBLE:
    case LP_UNBOUNDED:
        return refuse(r, RUN_IMPOSSIBLE, "the solver calls the problem infeasible or unbounded, which it cannot be");
    default:
        return refuse(r, AEMS_E_STATE, "the solver found no answer that its certificate confirms");
    }
}

static int solve_and_judge(struct run *r, bool last)
{
    int rc = solve(r, last);
    return rc < 0 ? rc : judge_status(r);
}

// ---- tiers ----------------------------------------------------------------------------------------------------------

static int solve_tier(struct run *r, enum objective_tier tier)
{
    int rc = model_set_objective(r->model, tier);
    if (rc == 0)
        rc = solve_and_judge(r, tier == OBJECTIVE_MONEY);
    if (rc == 0 && tier < OBJECTIVE_MONEY)
        rc = model_hold(r->model, tier, r->solution.objective, r->hold_room);
    return rc;
}

static int solve_money(struct run *r)
{
    int rc = 0;
    if (r->problem->co2_first) {
        rc = model_set_co2_objective(r->model);
        if (rc == 0)
            rc = solve_and_judge(r, false);
        if (rc == 0)
            rc = model_hold_co2(r->model, r->solution.objective);
    }
    return rc == 0 ? solve_tier(r, OBJECTIVE_MONEY) : rc;
}

static double missed(const struct run *r, int tier)
{
    return r->solution.row_value[r->model->tier_row[tier]];
}

// What the last solve has kept without being asked to needs no solve of its own.
static int keep_tier(struct run *r, int tier, bool is_kept)
{
    return is_kept ? model_hold(r->model, (enum objective_tier)tier, 0, r->hold_room)
                   : solve_tier(r, (enum objective_tier)tier);
}

// With the tiers above `first` kept in full.
static int solve_tiers_from(struct run *r, enum objective_tier first)
{
    int rc = renew_model(r);
    for (int tier = 0; tier < OBJECTIVE_MONEY && rc == 0; tier++)
        rc = keep_tier(r, tier, tier < (int)first || (tier > (int)first && missed(r, tier) < NOTHING_MISSED));
    return rc == 0 ? solve_money(r) : rc;
}

// What is short mostly stays so for some plans: the tiers that the last one kept are taken as kept. What GW and W side
// by side have made of an optimum is held with more room, if it has to be.
static int solve_tiers(struct run *r)
{
    r->hold_room = HOLD_ROOM;
    enum objective_tier first = r->first_missed;
    int rc = first > OBJECTIVE_LIFELINES && first < OBJECTIVE_MONEY ? solve_tiers_from(r, first) : RUN_IMPOSSIBLE;
    if (rc == RUN_IMPOSSIBLE)
        rc = solve_tiers_from(r, OBJECTIVE_LIFELINES);
    r->hold_room = HOLD_ROOM_AT_LAST;
    return rc == RUN_IMPOSSIBLE ? solve_tiers_from(r, OBJECTIVE_LIFELINES) : rc;
}

static void remember_missed(const struct run *r)
{
    int tier = r->needs_slack ? 0 : OBJECTIVE_MONEY;
    while (tier < OBJECTIVE_MONEY && missed(r, tier) < NOTHING_MISSED)
        tier++;
    r->planner->first_missed = (enum objective_tier)tier;
}

// An optimum that cannot be confirmed is sought once more in the other form.
static int solve_all(struct run *r)
{
    if (r->needs_slack)
        return solve_tiers(r);
    int rc = renew_model(r);
    if (rc == 0)
        rc = solve_money(r);
    bool has_answer = r->solution.status == LP_OPTIMAL || r->solution.status == LP_TIME_LIMIT;
    if (rc == 0 || rc == AEMS_E_NOMEM || has_answer)
        return rc;
    if (!r->may_need_slack)
        return RUN_IMPOSSIBLE;
    r->needs_slack = true;
    return solve_tiers(r);
}

// A last round with every direction fixed cannot run both ways.
int run_settle(struct run *r)
{
    const struct directions *d = &r->directions;
    int rc = 0;
    memset(d->sign, 0, d->n_courses * directions_per_course(d));
    for (int round = 1; round <= MOST_ROUNDS; round++) {
        rc = solve_all(r);
        bool last = round >= MOST_ROUNDS - 1;
        if (rc != 0)
            return rc;
        size_t forgone = extract_forgone(r->model, &r->solution, &r->directions);
        if (extract_directions(r->model, &r->solution, last, &r->directions) + forgone == 0)
            return 0;
    }
    return rc;
}

// ---- the whole ------------------------------------------------------------------------------------------------------

static int allow_everything(struct run *r)
{
    const struct plan_problem *p = r->problem;
    struct directions d = {.n_courses = p->n_scenarios + 1,
                           .n_steps = p->n_steps,
                           .n_grids = p->n_grids,
                           .n_batteries = p->n_batteries,
                           .n_flexibles = p->n_flexibles,
                           .n_ties = p->n_ties};
    d.sign = calloc(d.n_courses * directions_per_course(&d) + 1, 1);
    d.runs = calloc((p->n_generators + p->n_converters + p->n_flexibles) * p->n_steps + 1, 1);
    d.forgoes = calloc(d.n_courses * p->n_grids * p->n_steps + 1, 1);
    r->directions = d;
    r->may_need_slack = true;
    return d.sign && d.runs && d.forgoes ? 0 : AEMS_E_NOMEM;
}

static void keep_last_model(struct run *r)
{
    if (!r->model)
        return;
    lp_free(r->planner->last);
    r->planner->last = r->model->lp;
    r->model->lp = NULL;
}

static int answer(struct run *r, struct schedule **ret_schedule)
{
    struct schedule *s;
    model_expect_duals(r->model, &r->solution);
    int rc = extract_schedule(r->model, &r->solution, &s);
    if (rc < 0)
        return rc;
    s->solves = r->solves;
    s->iterations = r->iterations;
    s->fallbacks = r->fallbacks;
    s->repairs = r->repairs;
    s->solve_ms = r->solve_ms;
    s->gap = r->gap;
    s->lp_objective = r->solution.objective;
    rc = schedule_check(s, r->problem, r->why, r->size);
    if (rc < 0) {
        schedule_free(s);
        return AEMS_E_STATE;
    }
    *ret_schedule = s;
    return 0;
}

int planner_run(struct planner *p, struct planner_bases *bases, const struct plan_problem *problem, double until_ms,
                struct schedule **ret_schedule, char *ret_why, size_t size)
{
    struct run r = {
        .planner = p, .bases = bases, .problem = problem, .until_ms = until_ms, .why = ret_why, .size = size};
    int rc = allow_everything(&r);
    r.first_missed = p->first_missed;
    r.needs_slack = r.first_missed < OBJECTIVE_MONEY;
    p->first_missed = OBJECTIVE_MONEY; // unless an answer says otherwise
    if (rc == 0)
        rc = run_settle(&r);
    if (rc == 0)
        rc = run_choose(&r);
    if (rc == 0) {
        remember_missed(&r);
        rc = answer(&r, ret_schedule);
    }
    if (rc == 0 && size > 0)
        ret_why[0] = '\0'; // of a way that was tried before
    if (rc == RUN_IMPOSSIBLE)
        rc = AEMS_E_STATE;
    if (rc == AEMS_E_NOMEM)
        refuse(&r, rc, "no memory");
    if (rc == 0 || problem->n_scenarios == 0) // the model of the answer that is given, if there is one
        keep_last_model(&r);
    model_free(r.model);
    lp_solution_free(&r.solution);
    free(r.directions.sign);
    free(r.directions.runs);
    free(r.directions.forgoes);
    return rc;
}
