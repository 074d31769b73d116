// SPDX-License-Identifier: GPL-3.0-or-later
// What a linear program cannot decide is tried: patterns of running made from the relaxed answer and from prices, and
// incentives taken or forgone. Every choice is solved, and the best by tiers, then CO2, then money stands.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plan/limits.h"
#include "plan/planner_choose.h"
#include "plan/planner_patterns.h"

enum { MOST_TRIES = 16, MOST_TRIES_WITH_SLACK = 8, MOST_TRIES_WITH_COURSES = 10, MOST_IN_VAIN = 4 };

enum { MOST_KEPT = 2 * (MOST_TRIES + MOST_TRIES_WITH_SLACK) };

// So much of the time is kept for the last solve.
static const double TIME_KEPT = 0.3;

// The last plan's pattern is not looked into again while it costs no more than this share above the relaxed answer.
static const double GOOD_ENOUGH = 0.005;

// Where all tiers have to be solved each try takes several solves. The first is not looked into any more either when
// it misses no more than this share more of comfort than the relaxed answer.
static const double GOOD_COMFORT = 2e-3;

// Nor are runs of flexibles moved any more.
static const double GOOD_TURNS = 0.001;

struct score {
    double tier[OBJECTIVE_MONEY], kg, money;
};

struct search {
    struct run *run;
    struct patterns patterns;
    size_t n_runs, n_forgoes;
    size_t first_flexible;                 // of the pattern: what is before are generators and converters
    signed char *candidate;                // n_runs
    signed char *best_runs, *best_forgoes; // with `best`
    signed char *tried;                    // MOST_KEPT patterns
    int tries, most_tries, kept;
    double latest_ms;     // no try with less time than this
    struct score relaxed; // of the best answer in which anything may run at any power: nothing is better
    struct score best;
    bool found, is_at_hand; // the model and solution at hand are the best
};

static bool has_courses(const struct search *s)
{
    return s->run->problem->n_scenarios > 0;
}

// ---- the better of two ----------------------------------------------------------------------------------------------

static struct score judge(const struct run *r)
{
    const struct model *m = r->model;
    struct score s = {.money = extract_expected_cost(m, &r->solution)};
    for (size_t j = 0; j < lp_columns(m->lp); j++) {
        if (m->tier[j] < OBJECTIVE_MONEY)
            s.tier[m->tier[j]] += m->weight[j] * r->solution.x[j];
        if (r->problem->co2_first)
            s.kg += m->kg[j] * r->solution.x[j];
    }
    return s;
}

// -1 when a is clearly the smaller, +1 when b is.
static int compare(double a, double b, double room)
{
    double near = room * (1 + fmax(fabs(a), fabs(b)));
    return a < b - near ? -1 : a > b + near;
}

static bool is_better(const struct score *a, const struct score *b)
{
    int order = 0;
    for (int tier = 0; tier < OBJECTIVE_MONEY && order == 0; tier++)
        order = compare(a->tier[tier], b->tier[tier], 1e-5);
    if (order == 0)
        order = compare(a->kg, b->kg, 2e-4);
    if (order == 0)
        order = compare(a->money, b->money, 1e-7);
    return order < 0;
}

// ---- one try --------------------------------------------------------------------------------------------------------

static void keep_best(struct search *s, const struct score *score)
{
    s->best = *score;
    memcpy(s->best_runs, s->run->directions.runs, s->n_runs);
    memcpy(s->best_forgoes, s->run->directions.forgoes, s->n_forgoes);
    s->found = s->is_at_hand = true;
}

static bool was_tried(struct search *s, const signed char *runs)
{
    for (int i = 0; i < s->kept; i++)
        if (memcmp(s->tried + (size_t)i * s->n_runs, runs, s->n_runs) == 0)
            return true;
    if (s->kept < MOST_KEPT)
        memcpy(s->tried + (size_t)s->kept++ * s->n_runs, runs, s->n_runs);
    return false;
}

static double time_left_ms(const struct run *r)
{
    return r->until_ms - planner_now_ms(r->planner);
}

static bool may_try(const struct search *s)
{
    return s->tries < s->most_tries && (!s->found || time_left_ms(s->run) > s->latest_ms);
}

// A choice without an answer, or with none that can be relied upon, is no choice.
static int try_choice(struct search *s, const signed char *runs, const signed char *forgoes)
{
    struct run *r = s->run;
    s->tries++;
    s->is_at_hand = false;
    memcpy(r->directions.runs, runs, s->n_runs);
    memcpy(r->directions.forgoes, forgoes, s->n_forgoes);
    int rc = run_settle(r);
    if (rc == RUN_IMPOSSIBLE || rc == AEMS_E_STATE || (rc == AEMS_E_TIMEOUT && s->found))
        return 0;
    if (rc < 0)
        return rc;
    struct score score = judge(r);
    patterns_answer(&s->patterns, r->model, &r->solution, runs);
    if (!s->found || is_better(&score, &s->best)) {
        keep_best(s, &score);
        turns_answer(&s->patterns.turns, r->model, &r->solution);
    }
    return 0;
}

static int try_runs(struct search *s, const signed char *runs)
{
    if (!may_try(s) || was_tried(s, runs))
        return 0;
    return try_choice(s, runs, s->best_forgoes);
}

static int try_rule(struct search *s, enum pattern_rule rule)
{
    patterns_make(&s->patterns, rule, s->candidate);
    if (rule == PATTERN_PRICES && s->found)
        memcpy(s->candidate + s->first_flexible, s->best_runs + s->first_flexible, s->n_runs - s->first_flexible);
    return try_runs(s, s->candidate);
}

static int return_to_best(struct search *s)
{
    struct run *r = s->run;
    if (!s->found || s->is_at_hand)
        return 0;
    memcpy(r->directions.runs, s->best_runs, s->n_runs);
    memcpy(r->directions.forgoes, s->best_forgoes, s->n_forgoes);
    s->is_at_hand = true;
    return run_settle(r);
}

// ---- the relaxed answer ---------------------------------------------------------------------------------------------

// Of the answer at hand, in which nothing is decided about running.
static void read_relaxed(struct search *s)
{
    patterns_relaxed(&s->patterns, s->run->model, &s->run->solution);
    s->relaxed = judge(s->run);
}

// One that leaves nothing to decide is the plan. Solved again it may be another one as good, which does.
static int settle_relaxed(struct search *s)
{
    if (patterns_are_needed(&s->patterns) || s->is_at_hand)
        return 0;
    int rc = return_to_best(s);
    if (rc == 0)
        read_relaxed(s);
    return rc;
}

// ---- incentives -----------------------------------------------------------------------------------------------------

static bool has_incentive(const struct plan_problem *p)
{
    for (size_t i = 0; i < p->n_grids; i++)
        for (size_t k = 0; k < p->n_steps; k++)
            if (plan_incentive_per_kwh(&p->grids[i], k) > 0)
                return true;
    return false;
}

// Other incentives make other powers worth while: what the better answer wants counts from then on.
static int try_incentives(struct search *s, const signed char *forgoes)
{
    int rc = try_choice(s, s->best_runs, forgoes);
    if (rc == 0 && s->is_at_hand)
        read_relaxed(s);
    return rc;
}

// The answer at hand takes what it can get. Forgoing all may be better, and so may taking then what comes by itself.
static int choose_incentives(struct search *s)
{
    struct run *r = s->run;
    struct score taken = judge(r);
    keep_best(s, &taken);
    signed char *forgoes = malloc(s->n_forgoes + 1);
    if (!forgoes)
        return AEMS_E_NOMEM;
    memset(forgoes, 1, s->n_forgoes);
    int rc = try_incentives(s, forgoes);
    if (rc == 0 && r->model && r->solution.status == LP_OPTIMAL) {
        struct directions free_to_take = {.n_courses = r->directions.n_courses,
                                          .n_steps = r->directions.n_steps,
                                          .n_grids = r->directions.n_grids,
                                          .forgoes = forgoes};
        memset(forgoes, 0, s->n_forgoes);
        extract_forgone(r->model, &r->solution, &free_to_take);
        rc = try_incentives(s, forgoes);
    }
    free(forgoes);
    return rc == 0 ? settle_relaxed(s) : rc;
}

// ---- running --------------------------------------------------------------------------------------------------------

// A plan before this one is not far from it; and where only flexibles are switched there is nothing to be found beside
// the moving of their runs.
static bool may_be_good_enough(const struct search *s)
{
    return s->found && !s->run->problem->co2_first &&
           (s->run->planner->last_runs || s->run->needs_slack || !patterns_have_units(&s->patterns));
}

static double room_of(const struct search *s, int tier)
{
    return s->run->needs_slack && tier == OBJECTIVE_COMFORT ? GOOD_COMFORT : 1e-5;
}

static bool misses_more(const struct search *s)
{
    for (int tier = 0; tier < OBJECTIVE_MONEY; tier++)
        if (compare(s->best.tier[tier], s->relaxed.tier[tier], room_of(s, tier)) > 0)
            return true;
    return false;
}

static bool is_good_enough(const struct search *s)
{
    double share = patterns_have_units(&s->patterns) ? GOOD_ENOUGH : GOOD_TURNS;
    return may_be_good_enough(s) && !misses_more(s) &&
           s->best.money - s->relaxed.money <= share * fabs(s->relaxed.money);
}

// Flexibles go where the best answer so far has it cheaper, as long as that turns out to be true.
static int take_turns(struct search *s)
{
    int rc = 0;
    while (rc == 0 && may_try(s) && !is_good_enough(s)) {
        memcpy(s->candidate, s->best_runs, s->n_runs);
        if (!turns_improve(&s->patterns.turns, s->candidate + s->first_flexible) || was_tried(s, s->candidate))
            break;
        rc = try_choice(s, s->candidate, s->best_forgoes);
        if (!s->is_at_hand)
            break;
    }
    return rc;
}

static int improve(struct search *s)
{
    int rc = take_turns(s), in_vain = 0;
    if (rc == 0 && is_good_enough(s))
        return 0;
    for (int round = 0; round < 3 && rc == 0; round++)
        rc = try_rule(s, PATTERN_PRICES);
    for (size_t number = 0; rc == 0 && may_try(s) && in_vain < MOST_IN_VAIN; in_vain++) {
        if (!patterns_change(&s->patterns, &number, s->best_runs, s->candidate))
            break;
        rc = try_runs(s, s->candidate);
        if (s->is_at_hand)
            in_vain = 0;
    }
    return rc;
}

static int try_all_rules(struct search *s)
{
    static const enum pattern_rule rules[] = {PATTERN_HALF,  PATTERN_ANY,  PATTERN_ENERGY,
                                              PATTERN_WHOLE, PATTERN_REST, PATTERN_OFF};
    int rc = 0;
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules) && rc == 0 && !(s->run->needs_slack && is_good_enough(s));
         i++)
        if (rules[i] != PATTERN_OFF || !s->found) // breaks off a run that has to go on
            rc = try_rule(s, rules[i]);
    return rc;
}

// What the last plan decided will nearly always do again, and is there at once where there is little time.
static int try_last(struct search *s)
{
    const struct planner *p = s->run->planner;
    if (has_courses(s))
        return p->n_runs == s->n_runs ? try_runs(s, p->runs) : 0;
    bool fits = p->n_last_units == s->patterns.n_units && p->n_last_flexibles == s->run->problem->n_flexibles;
    if (!p->last_runs || !fits)
        return 0;
    patterns_carry(&s->patterns, p->last_runs, p->last_start_utc_ms, p->n_last_steps, s->candidate);
    return try_runs(s, s->candidate);
}

static int choose_runs(struct search *s, bool with_slack)
{
    struct run *r = s->run;
    int rc = 0;
    r->needs_slack = with_slack;
    s->tries = s->kept = 0;
    s->most_tries = has_courses(s) ? MOST_TRIES_WITH_COURSES : with_slack ? MOST_TRIES_WITH_SLACK : MOST_TRIES;
    rc = try_last(s);
    if (rc == 0 && is_good_enough(s))
        return 0;
    if (rc == 0)
        rc = try_all_rules(s);
    return rc == 0 && s->found ? improve(s) : rc;
}

static int decide_with_slack(struct search *s, bool had_slack)
{
    int rc = 0;
    if (!s->found && (had_slack || !has_courses(s))) // else the expected course's own answer stands
        rc = choose_runs(s, true);
    return rc == 0 && !s->found ? AEMS_E_STATE : rc;
}

// Where their lowest powers would cost what matters more than money they are not planned with.
static int leave_turns_to_regulation(struct search *s)
{
    turns_release(&s->patterns.turns);
    s->run->planner->turns_released = true;
    memset(s->best_runs, 0, s->n_runs);
    s->run->needs_slack = false;
    s->run->may_need_slack = true; // as the relaxed answer was found
    s->found = true;
    s->is_at_hand = false;
    int rc = settle_relaxed(s);
    if (rc != 0 || !patterns_are_needed(&s->patterns))
        return rc;
    s->run->may_need_slack = false;
    s->found = false;
    rc = choose_runs(s, false);
    return rc == 0 ? decide_with_slack(s, false) : rc;
}

static int decide(struct search *s)
{
    struct run *r = s->run;
    bool had_slack = r->needs_slack;
    int rc = 0;
    r->may_need_slack = false;
    s->latest_ms = TIME_KEPT * time_left_ms(r);
    s->most_tries = MOST_TRIES;
    memcpy(s->best_runs, r->directions.runs, s->n_runs);
    memcpy(s->best_forgoes, r->directions.forgoes, s->n_forgoes);
    if (had_slack || (has_courses(s) && r->planner->turns_released))
        turns_release(&s->patterns.turns);
    if (has_incentive(r->problem))
        rc = choose_incentives(s);
    if (rc != 0 || !patterns_are_needed(&s->patterns))
        return rc;
    s->found = false;
    rc = had_slack ? 0 : choose_runs(s, false);
    if (rc == 0 && !has_courses(s) && (!s->found || misses_more(s)) && turns_are_planned(&s->patterns.turns))
        return leave_turns_to_regulation(s);
    return rc == 0 ? decide_with_slack(s, had_slack) : rc;
}

static int begin(struct search *s)
{
    const struct plan_problem *p = s->run->problem;
    s->first_flexible = (p->n_generators + p->n_converters) * p->n_steps;
    s->n_runs = s->first_flexible + p->n_flexibles * p->n_steps;
    s->n_forgoes = (p->n_scenarios + 1) * p->n_grids * p->n_steps;
    s->candidate = calloc(s->n_runs + 1, 1);
    s->best_runs = calloc(s->n_runs + 1, 1);
    s->best_forgoes = calloc(s->n_forgoes + 1, 1);
    s->tried = calloc(MOST_KEPT * s->n_runs + 1, 1);
    bool done = s->candidate && s->best_runs && s->best_forgoes && s->tried;
    return done ? patterns_new(p, &s->patterns) : AEMS_E_NOMEM;
}

static void end(struct search *s)
{
    patterns_free(&s->patterns);
    free(s->candidate);
    free(s->best_runs);
    free(s->best_forgoes);
    free(s->tried);
}

// For the courses that are weighed next.
static int keep_pattern(const struct search *s)
{
    struct planner *p = s->run->planner;
    signed char *runs = malloc(s->n_runs + 1);
    if (!runs)
        return AEMS_E_NOMEM;
    memcpy(runs, s->best_runs, s->n_runs);
    free(p->runs);
    p->runs = runs;
    p->n_runs = s->n_runs;
    return 0;
}

// For the next plan.
static int keep_last(const struct search *s)
{
    struct planner *p = s->run->planner;
    const struct plan_problem *problem = s->run->problem;
    signed char *runs = malloc(s->n_runs + 1);
    int64_t *starts = malloc(problem->n_steps * sizeof(*starts) + 1);
    free(p->last_runs);
    free(p->last_start_utc_ms);
    p->last_runs = runs;
    p->last_start_utc_ms = starts;
    if (!runs || !starts) {
        free(runs);
        free(starts);
        p->last_runs = NULL;
        p->last_start_utc_ms = NULL;
        return AEMS_E_NOMEM;
    }
    memcpy(runs, s->best_runs, s->n_runs);
    memcpy(starts, problem->start_utc_ms, problem->n_steps * sizeof(*starts));
    p->n_last_units = s->patterns.n_units;
    p->n_last_flexibles = problem->n_flexibles;
    p->n_last_steps = problem->n_steps;
    return 0;
}

int run_choose(struct run *r)
{
    struct search s = {.run = r};
    int rc = begin(&s);
    if (r->problem->n_scenarios == 0) {
        r->planner->n_runs = 0;
        r->planner->turns_released = false;
    }
    if (rc == 0) {
        read_relaxed(&s);
        if (has_incentive(r->problem) || patterns_are_needed(&s.patterns)) {
            rc = decide(&s);
            if (rc == 0)
                rc = return_to_best(&s);
            if (rc == 0 && s.found && r->problem->n_scenarios == 0)
                rc = keep_pattern(&s);
            if (rc == 0 && s.found && patterns_are_needed(&s.patterns))
                rc = keep_last(&s);
        }
    }
    end(&s);
    return rc;
}
