// SPDX-License-Identifier: GPL-3.0-or-later
// Least degree first, on a quotient graph: an eliminated variable becomes an element, the clique of its neighbours, and
// swallows the elements that it touched. Degrees are the upper bounds of Amestoy, Davis and Duff (1996).
#include "solver/ordering.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

struct graph {
    int n, left; // variables, and those not yet eliminated
    // The list of a variable i: `elements[i]` elements, then variables, `length[i]` in all, from first[i] on.
    int *first, *elements, *length, *list;
    bool *gone; // an element that was swallowed
    // The members of an element, all of them variables still there.
    int *members, *members_first, *members_count;
    int members_used, members_room;
    // Variables by degree.
    int *head, *next, *previous, *degree, lowest;
    int *mark, *outside, *outside_mark; // marked in the step of this number
    int step;
};

// ---- variables by degree --------------------------------------------------------------------------------------------

static void put(struct graph *g, int i, int degree)
{
    int follower = g->head[degree];
    g->degree[i] = degree;
    g->next[i] = follower;
    g->previous[i] = -1;
    if (follower >= 0)
        g->previous[follower] = i;
    g->head[degree] = i;
    if (degree < g->lowest)
        g->lowest = degree;
}

static void take_out(struct graph *g, int i)
{
    int before = g->previous[i], after = g->next[i];
    if (before >= 0)
        g->next[before] = after;
    else
        g->head[g->degree[i]] = after;
    if (after >= 0)
        g->previous[after] = before;
}

static int take_lowest(struct graph *g)
{
    while (g->head[g->lowest] < 0)
        g->lowest++;
    int i = g->head[g->lowest];
    take_out(g, i);
    return i;
}

// ---- elimination ----------------------------------------------------------------------------------------------------

static int reserve_members(struct graph *g, int more)
{
    if (g->members_used + more <= g->members_room)
        return 0;
    int room = 2 * g->members_room + more;
    int *members = realloc(g->members, (size_t)room * sizeof(int));
    if (!members)
        return AEMS_E_NOMEM;
    g->members = members;
    g->members_room = room;
    return 0;
}

static void add_member(struct graph *g, int pivot, int i)
{
    if (g->mark[i] == g->step)
        return;
    g->mark[i] = g->step;
    g->members[g->members_first[pivot] + g->members_count[pivot]++] = i;
}

// The pivot's neighbours, directly or through elements, which it swallows.
static int make_element(struct graph *g, int pivot)
{
    int rc = reserve_members(g, g->left);
    if (rc < 0)
        return rc;
    const int *list = &g->list[g->first[pivot]];
    g->members_first[pivot] = g->members_used;
    g->members_count[pivot] = 0;
    g->mark[pivot] = g->step;
    for (int i = g->elements[pivot]; i < g->length[pivot]; i++)
        add_member(g, pivot, list[i]);
    for (int i = 0; i < g->elements[pivot]; i++) {
        int element = list[i];
        for (int m = 0; m < g->members_count[element]; m++)
            add_member(g, pivot, g->members[g->members_first[element] + m]);
        g->gone[element] = true;
    }
    g->members_used += g->members_count[pivot];
    return 0;
}

// How many members of each element touched are not in the new one.
static void count_outside(struct graph *g, int pivot)
{
    for (int m = 0; m < g->members_count[pivot]; m++) {
        int i = g->members[g->members_first[pivot] + m];
        for (int e = 0; e < g->elements[i]; e++) {
            int element = g->list[g->first[i] + e];
            if (g->outside_mark[element] != g->step) {
                g->outside_mark[element] = g->step;
                g->outside[element] = g->members_count[element];
            }
            g->outside[element]--;
        }
    }
}

// The lists of a neighbour without what the new element stands for. Returns its new degree, or a bound of it.
static int renew(struct graph *g, int pivot, int i)
{
    int *list = &g->list[g->first[i]], elements = 0, variables = 0, degree = g->members_count[pivot] - 1;
    for (int e = 0; e < g->elements[i]; e++) {
        int element = list[e];
        if (!g->gone[element] && g->outside[element] == 0)
            g->gone[element] = true; // lies within the new one
        if (g->gone[element])
            continue;
        degree += g->outside[element];
        list[elements++] = element;
    }
    int *from = &list[g->elements[i]];
    for (int v = 0; v < g->length[i] - g->elements[i]; v++)
        if (g->mark[from[v]] != g->step)
            from[variables++] = from[v];
    // There is room: either an element went or the pivot was one of the variables.
    memmove(&list[elements + 1], from, (size_t)variables * sizeof(int));
    list[elements] = pivot;
    g->elements[i] = elements + 1;
    g->length[i] = elements + 1 + variables;
    return degree + variables;
}

static int eliminate(struct graph *g, int pivot)
{
    g->step++;
    g->left--;
    int rc = make_element(g, pivot);
    if (rc < 0)
        return rc;
    count_outside(g, pivot);
    int count = g->members_count[pivot];
    for (int m = 0; m < count; m++) {
        int i = g->members[g->members_first[pivot] + m], degree = renew(g, pivot, i);
        int most = g->degree[i] + count - 1;
        degree = degree < most ? degree : most;
        take_out(g, i);
        put(g, i, degree < g->left ? degree : g->left - 1);
    }
    return 0;
}

// ---- the whole ------------------------------------------------------------------------------------------------------

enum { ARRAYS = 13 };

static int allocate(struct graph *g, int n, const int *start, const int *adjacent, int **ret_block)
{
    size_t length = (size_t)n + 1;
    int *block = calloc(ARRAYS * length, sizeof(int));
    g->list = malloc(((size_t)start[n] + 1) * sizeof(int));
    g->gone = calloc(length, sizeof(bool));
    *ret_block = block;
    if (!block || !g->list || !g->gone)
        return AEMS_E_NOMEM;
    memcpy(g->list, adjacent, (size_t)start[n] * sizeof(int));
    int **arrays[ARRAYS] = {&g->first,         &g->elements, &g->length,  &g->members_first,
                            &g->members_count, &g->head,     &g->next,    &g->previous,
                            &g->degree,        &g->mark,     &g->outside, &g->outside_mark};
    for (int i = 0; i < ARRAYS && arrays[i]; i++)
        *arrays[i] = block + (size_t)i * length;
    return 0;
}

static void load(struct graph *g, const int *start)
{
    g->left = g->lowest = g->n;
    for (int d = 0; d <= g->n; d++)
        g->head[d] = -1;
    for (int i = 0; i < g->n; i++) {
        g->first[i] = start[i];
        g->length[i] = start[i + 1] - start[i];
        put(g, i, g->length[i]);
    }
}

int order_least_degree(int n, const int *start, const int *adjacent, int *ret_order)
{
    struct graph g = {.n = n};
    int *block;
    int rc = allocate(&g, n, start, adjacent, &block);
    if (rc == 0)
        load(&g, start);
    for (int k = 0; k < n && rc == 0; k++) {
        ret_order[k] = take_lowest(&g);
        rc = eliminate(&g, ret_order[k]);
    }
    free(block);
    free(g.list);
    free(g.gone);
    free(g.members);
    return rc;
}
