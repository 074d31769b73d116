// SPDX-License-Identifier: GPL-3.0-or-later
// Limits and incentives at grid connections for some time: what demand response asks for.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include "core/internal.h"

static const double LARGEST_INCENTIVE = 1e6;
static const int64_t LONGEST_MS = INT64_C(366) * 24 * 3600 * 1000;

// ---- taking them in -------------------------------------------------------------------------------------------------

static int find(const struct engine *e, const char *id)
{
    for (size_t i = 0; i < e->limits.count; i++)
        if (strcmp(e->limits.limits[i].id, id) == 0)
            return (int)i;
    return -1;
}

static void drop(struct engine *e, size_t index)
{
    struct limit_book *b = &e->limits;
    memmove(&b->limits[index], &b->limits[index + 1], (b->count - index - 1) * sizeof *b->limits);
    b->count--;
    queue_add(&e->queue, TASK_SAVE_LIMITS, 0);
}

static bool limits_something(const struct grid_limit *l)
{
    return l->import_limit_w < PLAN_NO_LIMIT_W || l->export_limit_w < PLAN_NO_LIMIT_W || l->incentive_per_kwh > 0;
}

int limits_judge(const struct engine *e, const struct grid_limit *l, char *ret_why, size_t size)
{
    const char *why = NULL;
    if (l->grid < 0 || (size_t)l->grid >= e->site->n_grids)
        why = "no such grid connection";
    else if (memchr(l->id, '\0', sizeof l->id) == NULL || !text_is_id(l->id))
        why = "the limit has no proper name";
    else if (l->until_utc_ms <= l->from_utc_ms)
        return 0; // withdrawn, whatever the rest says
    else if (!in_range(l->import_limit_w, 0, PLAN_NO_LIMIT_W) || !in_range(l->export_limit_w, 0, PLAN_NO_LIMIT_W))
        why = "not a limit";
    else if (!in_range(l->incentive_per_kwh, 0, LARGEST_INCENTIVE))
        why = "not an incentive between 0 and 1e6 per kWh";
    else if (!in_range(l->baseline_w, 0, PLAN_NO_LIMIT_W))
        why = "not a baseline";
    else if (l->from_utc_ms < 0 || l->until_utc_ms - l->from_utc_ms > LONGEST_MS)
        why = "longer than a year";
    else if (!limits_something(l))
        why = "it limits nothing and pays nothing";
    if (why != NULL)
        snprintf(ret_why, size, "%s", why);
    return why != NULL ? AEMS_E_REFUSED : 0;
}

static int withdraw(struct engine *e, const struct grid_limit *l)
{
    int index = find(e, l->id);
    if (index < 0) {
        refuse(e, "%s: no such limit", l->id);
        return AEMS_E_REFUSED;
    }
    drop(e, (size_t)index);
    planning_request(e);
    return 0;
}

int limits_consume(struct engine *e, const struct event *event)
{
    const struct grid_limit *l = &event->limit;
    if (limits_judge(e, l, e->refusal, sizeof e->refusal) < 0)
        return AEMS_E_REFUSED;
    if (l->until_utc_ms <= l->from_utc_ms)
        return withdraw(e, l);
    if (l->until_utc_ms <= event->at.utc_ms) {
        refuse(e, "its end has passed");
        return AEMS_E_REFUSED;
    }
    limits_expire(e, event->at);
    int index = find(e, l->id);
    if (index < 0 && e->limits.count == ENGINE_MAX_LIMITS) {
        refuse(e, "%d limits are known already", (int)ENGINE_MAX_LIMITS);
        return AEMS_E_REFUSED;
    }
    e->limits.limits[index >= 0 ? (size_t)index : e->limits.count++] = *l;
    queue_add(&e->queue, TASK_SAVE_LIMITS, 0);
    planning_request(e);
    return 0;
}

void limits_expire(struct engine *e, struct instant now)
{
    for (size_t i = e->limits.count; i-- > 0;)
        if (e->limits.limits[i].until_utc_ms <= now.utc_ms)
            drop(e, i);
}

// ---- what holds -----------------------------------------------------------------------------------------------------

static double share_of(const struct grid_limit *l, int64_t from_utc_ms, int64_t to_utc_ms)
{
    int64_t from = l->from_utc_ms > from_utc_ms ? l->from_utc_ms : from_utc_ms;
    int64_t to = l->until_utc_ms < to_utc_ms ? l->until_utc_ms : to_utc_ms;
    return to > from ? (double)(to - from) / (double)(to_utc_ms - from_utc_ms) : 0;
}

struct limit_in_force limits_within(const struct engine *e, int grid, int64_t from_utc_ms, int64_t to_utc_ms)
{
    struct limit_in_force in_force = {0};
    double paid = 0;
    dr_grid_limits(e, grid, from_utc_ms, to_utc_ms, &in_force.import_limit_w, &in_force.export_limit_w);
    for (size_t i = 0; i < e->limits.count; i++) {
        const struct grid_limit *l = &e->limits.limits[i];
        double share = l->grid == grid ? share_of(l, from_utc_ms, to_utc_ms) : 0;
        if (share <= 0)
            continue;
        in_force.import_limit_w = fmin(in_force.import_limit_w, l->import_limit_w);
        in_force.export_limit_w = fmin(in_force.export_limit_w, l->export_limit_w);
        in_force.incentive_per_kwh += share * l->incentive_per_kwh;
        paid += share * l->incentive_per_kwh * l->baseline_w;
    }
    if (in_force.incentive_per_kwh > 0)
        in_force.baseline_w = paid / in_force.incentive_per_kwh;
    return in_force;
}

void area_limits_within(const struct engine *e, int64_t from_utc_ms, int64_t to_utc_ms, double *ret_import_w,
                        double *ret_export_w)
{
    *ret_import_w = *ret_export_w = PLAN_NO_LIMIT_W;
    if (dr_only_grid(e) < 0) // else they are that connection's
        dr_area_limits(e, from_utc_ms, to_utc_ms, ret_import_w, ret_export_w);
}

int64_t limits_next_change(const struct engine *e, struct instant now)
{
    int64_t next = dr_next_change(e, now.utc_ms);
    for (size_t i = 0; i < e->limits.count; i++) {
        const struct grid_limit *l = &e->limits.limits[i];
        int64_t at = l->from_utc_ms > now.utc_ms ? l->from_utc_ms : l->until_utc_ms;
        next = at > now.utc_ms && at < next ? at : next;
    }
    return next;
}

double grid_import_limit_w(const struct engine *e, int grid, struct instant now)
{
    if (grid_is_lost(e, grid))
        return 0;
    struct limit_in_force l = limits_within(e, grid, now.utc_ms, now.utc_ms + 1);
    return fmin(e->site->grids[grid].import_limit_w, l.import_limit_w);
}

double grid_export_limit_w(const struct engine *e, int grid, struct instant now)
{
    if (grid_is_lost(e, grid))
        return 0;
    struct limit_in_force l = limits_within(e, grid, now.utc_ms, now.utc_ms + 1);
    return fmin(e->site->grids[grid].export_limit_w, l.export_limit_w);
}

size_t limits_marks(const struct engine *e, int64_t after_utc_ms, int64_t ret_utc_ms[static LIMITS_MAX_MARKS])
{
    size_t n = dr_marks(e, after_utc_ms, ret_utc_ms);
    for (size_t i = 0; i < e->limits.count; i++) {
        ret_utc_ms[n++] = e->limits.limits[i].from_utc_ms;
        ret_utc_ms[n++] = e->limits.limits[i].until_utc_ms;
    }
    return n;
}

size_t engine_limits(const struct engine *e, const struct grid_limit **ret_limits)
{
    *ret_limits = e->limits.limits;
    return e->limits.count;
}
