// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/steps.h"

#include "base/local_time.h"
#include "plan/limits.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

// A step shorter than this is joined to the next: no setpoint can be judged over a few seconds.
enum { SHORTEST_MS = MINUTE_MS };

enum { STRIDE_MS = 6 * HOUR_MS };

struct course_of_steps {
    int64_t now_utc_ms, end_utc_ms, shortest_ms;
    const int64_t *cuts_utc_ms;
    size_t n_cuts;
};

static int64_t step_length_ms(const struct course_of_steps *c, int64_t elapsed_ms)
{
    int64_t length = elapsed_ms < HOUR_MS        ? c->shortest_ms
                     : elapsed_ms < 6 * HOUR_MS  ? 15 * MINUTE_MS
                     : elapsed_ms < 60 * HOUR_MS ? HOUR_MS
                                                 : 2 * HOUR_MS;
    return length > c->shortest_ms ? length : c->shortest_ms;
}

// Since the last mark of the local clock.
static int64_t since_mark_ms(int64_t utc_ms, int64_t length_ms)
{
    int64_t local_ms = utc_ms + (int64_t)local_time_at(utc_ms).utc_offset_s * 1000;
    return (local_ms % length_ms + length_ms) % length_ms;
}

static int64_t next_mark_ms(int64_t utc_ms, int64_t length_ms)
{
    int64_t mark_ms = utc_ms + length_ms - since_mark_ms(utc_ms, length_ms);
    return mark_ms - utc_ms < SHORTEST_MS ? mark_ms + length_ms : mark_ms;
}

// A cut takes the place of a clock mark that is less than the shortest step away.
static int64_t end_ms(const struct course_of_steps *c, int64_t at)
{
    int64_t mark = next_mark_ms(at, step_length_ms(c, at - c->now_utc_ms)), end = mark;
    for (size_t i = 0; i < c->n_cuts; i++) {
        int64_t cut = c->cuts_utc_ms[i];
        if (cut >= at + SHORTEST_MS && cut < mark + SHORTEST_MS && (end == mark || cut < end))
            end = cut;
    }
    return end;
}

// What lies last in a plan depends most on where the plan ends: if the end moved on with every plan, so would all of
// that. It moves in strides.
static int64_t horizon_end_ms(int64_t now_utc_ms, int64_t horizon_s)
{
    int64_t end = now_utc_ms + horizon_s * 1000, beyond_ms = since_mark_ms(end, STRIDE_MS);
    return horizon_s * 1000 < 2 * STRIDE_MS || beyond_ms == 0 ? end : end + STRIDE_MS - beyond_ms;
}

static size_t make_steps(const struct course_of_steps *c, int64_t *ret_start_utc_ms, double *ret_hours)
{
    size_t n = 0;
    for (int64_t at = c->now_utc_ms; at < c->end_utc_ms; n++) {
        if (n == PLAN_MAX_STEPS)
            return 0;
        int64_t end = end_ms(c, at);
        if (ret_start_utc_ms)
            ret_start_utc_ms[n] = at;
        if (ret_hours)
            ret_hours[n] = (double)(end - at) / HOUR_MS;
        at = end;
    }
    return n;
}

size_t plan_steps(int64_t now_utc_ms, int64_t horizon_s, int shortest_s, const int64_t *cuts_utc_ms, size_t n_cuts,
                  int64_t *ret_start_utc_ms, double *ret_hours)
{
    struct course_of_steps c = {.now_utc_ms = now_utc_ms,
                                .end_utc_ms = horizon_end_ms(now_utc_ms, horizon_s),
                                .shortest_ms = shortest_s > 0 ? shortest_s * (int64_t)1000 : 5 * MINUTE_MS,
                                .cuts_utc_ms = cuts_utc_ms,
                                .n_cuts = n_cuts};
    size_t n;
    while ((n = make_steps(&c, NULL, NULL)) == 0 && c.n_cuts > 0)
        c.n_cuts /= 2;
    if (n > 0)
        make_steps(&c, ret_start_utc_ms, ret_hours);
    return n;
}

int64_t plan_step_end_ms(const struct plan_problem *p, size_t k)
{
    if (k + 1 < p->n_steps)
        return p->start_utc_ms[k + 1];
    return p->start_utc_ms[k] + (int64_t)(p->hours[k] * HOUR_MS + 0.5);
}

static int64_t floor_to(int64_t value, int64_t unit)
{
    return value - (value % unit + unit) % unit;
}

static size_t step_at(const struct plan_problem *p, int64_t utc_ms)
{
    size_t k = 0;
    while (k + 1 < p->n_steps && p->start_utc_ms[k + 1] <= utc_ms)
        k++;
    return k;
}

bool demand_window_next(const struct plan_problem *p, const struct plan_grid *g, int64_t *io_utc_ms,
                        struct demand_window *ret_window)
{
    int64_t horizon_end = plan_step_end_ms(p, p->n_steps - 1), length = (int64_t)g->demand_window_s * 1000;
    if (g->demand_window_s <= 0 || *io_utc_ms >= horizon_end)
        return false;
    struct demand_window w = {.start_utc_ms = floor_to(*io_utc_ms, length)};
    int64_t end = w.start_utc_ms + length;
    w.first = step_at(p, *io_utc_ms);
    w.last = step_at(p, (end < horizon_end ? end : horizon_end) - 1);
    w.elapsed_wh = w.start_utc_ms <= p->start_utc_ms[0] ? g->window_elapsed_wh : 0;
    int64_t next = end;
    if (w.first == w.last && w.start_utc_ms >= p->start_utc_ms[w.first]) {
        int64_t last_whole = floor_to(plan_step_end_ms(p, w.first), length);
        next = last_whole > next ? last_whole : next;
    }
    *io_utc_ms = next;
    *ret_window = w;
    return true;
}

bool demand_window_is_away(const struct plan_grid *g, const struct demand_window *w)
{
    for (size_t k = w->first; k <= w->last; k++)
        if (!plan_is_away(g, k))
            return false;
    return true;
}

double demand_window_overlap_h(const struct plan_problem *p, const struct plan_grid *g, const struct demand_window *w,
                               size_t k)
{
    int64_t from = p->start_utc_ms[k], to = plan_step_end_ms(p, k);
    int64_t window_end = w->start_utc_ms + (int64_t)g->demand_window_s * 1000;
    if (from < w->start_utc_ms)
        from = w->start_utc_ms;
    if (to > window_end)
        to = window_end;
    return to > from ? (double)(to - from) / HOUR_MS : 0;
}
