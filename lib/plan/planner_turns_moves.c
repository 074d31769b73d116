// SPDX-License-Identifier: GPL-3.0-or-later
// Moving the runs of flexible loads and chargers by the prices of an answer, without another solve.
#include <math.h>
#include <string.h>

#include "plan/limits.h"
#include "plan/planner_turns.h"

static const double RUNS_KW = PLAN_RUNS_W / KILO;
static const double BEYOND = 1e4; // times the price: what lies beyond the limits of the grids
static const double WORTH = 1e-7; // a move is worth more than this

enum { MOST_ROUNDS = 50, MOST_MOVES = 100, MOST_IN_PAIRS = 6 };

// ---- what a step costs ----------------------------------------------------------------------------------------------

// What the step costs per hour, but for a constant, when the grids of the bus draw so much: the price of the answer on
// the side on which it was, the grid's own on the other.
static double cost_at(const struct turns *t, size_t bus, size_t k, double net_kw)
{
    const struct plan_problem *p = t->p;
    size_t at = bus * p->n_steps + k;
    double in = t->price[at], out = t->price[at];
    for (size_t i = 0; i < p->n_grids; i++) {
        const struct plan_grid *g = &p->grids[i];
        if ((size_t)g->bus != bus || plan_is_away(g, k))
            continue;
        if (t->net_kw[at] <= RUNS_KW)
            in = fmax(in, plan_import_cost_per_kwh(p, g, k) + plan_community_import_price(p, g, k));
        if (t->net_kw[at] >= -RUNS_KW)
            out = fmin(out, g->export_price_per_kwh[k] + plan_community_export_price(p, g, k));
    }
    double beyond_kw = fmax(0, net_kw - t->net_most[at]) + fmax(0, t->net_least[at] - net_kw);
    return (net_kw > 0 ? in : out) * net_kw + BEYOND * (fabs(in) + fabs(out)) * beyond_kw;
}

static double cost_of_adding(const struct turns *t, size_t bus, size_t k, double kw)
{
    size_t at = bus * t->p->n_steps + k;
    double net_kw = t->net_kw[at] + t->moved_kw[at];
    return t->p->hours[k] * (cost_at(t, bus, k, net_kw + kw) - cost_at(t, bus, k, net_kw));
}

// ---- moves ----------------------------------------------------------------------------------------------------------

static bool are_alike(const struct turns *t, size_t i, size_t from, size_t to)
{
    const double *share = t->stays[i].share, *h = t->p->hours;
    return fabs(h[from] - h[to]) < 1e-6 && fabs(share[from] - share[to]) < 1e-6;
}

static void swap(struct turns *t, size_t i, size_t a, size_t b, signed char *runs)
{
    size_t n = t->p->n_steps, bus = (size_t)t->p->flexibles[i].bus;
    double *kw = t->power_kw + i * n, more_kw = kw[b] - kw[a];
    signed char of_a = runs[a];
    t->moved_kw[bus * n + a] += more_kw;
    t->moved_kw[bus * n + b] -= more_kw;
    kw[a] += more_kw;
    kw[b] -= more_kw;
    runs[a] = runs[b];
    runs[b] = of_a;
}

static double gain_of(const struct turns *t, size_t i, size_t from, size_t to, const signed char *runs)
{
    const double *kw = t->power_kw + i * t->p->n_steps;
    size_t bus = (size_t)t->p->flexibles[i].bus;
    double less_kw = kw[from] - kw[to];
    if (less_kw < RUNS_KW || runs[from] == runs[to] || !are_alike(t, i, from, to))
        return -INFINITY;
    return -cost_of_adding(t, bus, from, -less_kw) - cost_of_adding(t, bus, to, less_kw);
}

// The two steps of a stay whose places are best changed, of those that the caller asks for.
struct move {
    double gain;
    size_t from, to;
};

static void consider(const struct turns *t, size_t i, size_t from, size_t to, const signed char *runs,
                     struct move *io_best)
{
    double gain = gain_of(t, i, from, to, runs);
    if (gain - WORTH * (1 + fabs(gain)) > io_best->gain)
        *io_best = (struct move){gain, from, to};
}

static bool move_one(struct turns *t, size_t i, const struct stay *stay, signed char *runs)
{
    struct move best = {.gain = 0};
    for (size_t from = stay->first; from < stay->first + stay->count; from++)
        for (size_t to = stay->first; to < stay->first + stay->count; to++)
            consider(t, i, from, to, runs, &best);
    if (best.gain > 0)
        swap(t, i, best.from, best.to, runs);
    return best.gain > 0;
}

static bool move_all(struct turns *t, size_t i, signed char *runs)
{
    bool moved = false;
    for (size_t n = 0; n < t->stays[i].count; n++)
        for (int moves = 0; moves < MOST_MOVES && move_one(t, i, &t->stays[i].at[n], runs); moves++)
            moved = true;
    return moved;
}

// ---- one for another ------------------------------------------------------------------------------------------------

// The best that flexible i can do now that `from` has become empty and `to` full.
static struct move follow(const struct turns *t, size_t i, size_t from, size_t to, const signed char *runs)
{
    struct move best = {.gain = -INFINITY};
    for (size_t n = 0; n < t->stays[i].count; n++) {
        size_t first = t->stays[i].at[n].first, end = first + t->stays[i].at[n].count;
        for (size_t k = first; k < end; k++) {
            if (from >= first && from < end)
                consider(t, i, k, from, runs, &best);
            if (to >= first && to < end)
                consider(t, i, to, k, runs, &best);
        }
    }
    return best;
}

// Flexible i makes way, so that j can take its place: together that may pay where neither does alone.
static bool change_places(struct turns *t, size_t i, size_t j, const struct stay *stay, signed char *runs)
{
    size_t n = t->p->n_steps, end = stay->first + stay->count;
    for (size_t from = stay->first; from < end; from++)
        for (size_t to = stay->first; to < end; to++) {
            double gain = gain_of(t, i, from, to, runs + i * n);
            if (!isfinite(gain))
                continue;
            swap(t, i, from, to, runs + i * n);
            struct move next = follow(t, j, from, to, runs + j * n);
            if (gain + next.gain > WORTH * (1 + fabs(gain))) {
                swap(t, j, next.from, next.to, runs + j * n);
                return true;
            }
            swap(t, i, from, to, runs + i * n);
        }
    return false;
}

static bool change_any_places(struct turns *t, signed char *runs)
{
    for (size_t i = 0; i < t->p->n_flexibles; i++)
        for (size_t j = 0; j < t->p->n_flexibles; j++) {
            if (i == j || !t->is_switched[i] || !t->is_switched[j] || t->p->flexibles[i].bus != t->p->flexibles[j].bus)
                continue;
            for (size_t n = 0; n < t->stays[i].count; n++)
                if (change_places(t, i, j, &t->stays[i].at[n], runs))
                    return true;
        }
    return false;
}

static size_t count_switched(const struct turns *t)
{
    size_t count = 0;
    for (size_t i = 0; i < t->p->n_flexibles; i++)
        count += t->is_switched[i];
    return count;
}

bool turns_improve(struct turns *t, signed char *io_runs)
{
    bool moved = false, again = true, pairs = count_switched(t) <= MOST_IN_PAIRS;
    memset(t->moved_kw, 0, t->p->n_buses * t->p->n_steps * sizeof(double));
    for (int round = 0; round < MOST_ROUNDS && again; round++) {
        again = false;
        for (size_t i = 0; i < t->p->n_flexibles; i++)
            if (t->is_switched[i] && move_all(t, i, io_runs + i * t->p->n_steps))
                again = true;
        again = again || (pairs && change_any_places(t, io_runs));
        moved = moved || again;
    }
    return moved;
}
