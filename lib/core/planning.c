// SPDX-License-Identifier: GPL-3.0-or-later
// When a plan is due, whether an answer may be followed, and for how long.
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "core/dr.h"
#include "core/internal.h"

static const double SOC_DEVIATION = 0.05; // further from the plan than this: the plan no longer fits

static int64_t interval_ms(const struct engine *e)
{
    return (int64_t)(e->site->plan.interval_s > 0 ? e->site->plan.interval_s : 300) * 1000;
}

// Between a failure or a change and the next try. Where the area's time runs faster, or plans follow each other sooner,
// no longer than between two plans, or each vehicle that comes would put off the plan that is due anyway.
static uint64_t retry_ms(const struct engine *e)
{
    return (uint64_t)fmin(PLAN_RETRY_MS, (double)interval_ms(e) / area_seconds(e, 1000));
}

// ---- following a plan -----------------------------------------------------------------------------------------------

// At a mark of the rhythm the next plan is on its way already. What the last one would go on with, for these few
// seconds alone, is not begun: equal plans differ in the order of things. An event that begins or ends there does not
// wait.
static int64_t followed_utc_ms(const struct engine *e, struct instant now)
{
    int64_t mark = now.utc_ms / interval_ms(e) * interval_ms(e), marks[LIMITS_MAX_MARKS];
    int64_t patience_ms = e->site->plan.deadline_ms > 0 ? e->site->plan.deadline_ms : 10000;
    if (e->plan.failed || e->plan.schedule->made_utc_ms >= mark - 1000 || now.utc_ms - mark > patience_ms)
        return now.utc_ms;
    size_t n = limits_marks(e, mark - 1, marks);
    for (size_t i = 0; i < n; i++)
        if (marks[i] >= mark && marks[i] <= now.utc_ms)
            return now.utc_ms;
    return mark - 1;
}

bool planning_current(const struct engine *e, struct instant now, int *ret_step)
{
    const struct schedule *s = e->plan.schedule;
    if (s == NULL || now.utc_ms - s->made_utc_ms > (int64_t)e->site->plan.max_age_s * 1000)
        return false;
    int step = schedule_step_at(s, followed_utc_ms(e, now));
    if (step < 0)
        return false;
    if (ret_step != NULL)
        *ret_step = step;
    return true;
}

// Rules that act at once would swing every storage to and fro before the first plan has its say.
bool planning_awaits_first(const struct engine *e, struct instant now)
{
    uint64_t since_start_ms = elapsed_ms(e->started.mono_ms, now.mono_ms);
    uint64_t patience_ms = e->plan.solving ? 2 * START_GRACE_MS : START_GRACE_MS;
    return e->plan.schedule == NULL && !e->plan.failed && since_start_ms < patience_ms;
}

static bool all_finite(const double *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(numbers[i]))
            return false;
    return true;
}

bool schedule_fits(const struct engine *e, const struct schedule *s)
{
    if (s->n_steps == 0 || s->n_assets != e->site->n_assets || s->n_buses != e->site->n_buses ||
        s->n_grids != e->site->n_grids || s->n_communities != e->site->n_communities)
        return false;
    for (size_t i = 0; i < s->n_assets; i++) {
        const struct schedule_asset *a = &s->assets[i];
        if (strcmp(a->id, site_asset_at(e, (int)i)->id) != 0 || a->kind != site_asset_at(e, (int)i)->kind)
            return false;
        if (!all_finite(a->power_w, s->n_steps))
            return false;
    }
    return all_finite(s->price_per_kwh, s->n_buses * s->n_steps) && all_finite(s->peak_w, s->n_grids) &&
           all_finite(s->community_price_per_kwh, s->n_communities * s->n_steps) &&
           all_finite(s->offer_w, s->n_offers * s->n_steps);
}

int planning_accept(struct engine *e, struct schedule *schedule, struct instant now)
{
    e->plan.solving = false;
    if (schedule == NULL || !schedule_fits(e, schedule)) {
        schedule_free(schedule);
        planning_failed(e, "the answer does not belong to this site", now);
        refuse(e, "the plan does not belong to this site");
        return AEMS_E_REFUSED;
    }
    schedule_free(e->plan.schedule);
    e->plan.schedule = schedule;
    e->plan.failed = false;
    alarm_set(e, ALARM_PLANNER, 0, false, now.utc_ms, "The planner answers");
    queue_add(&e->queue, TASK_PUBLISH_PLAN, 0);
    queue_add(&e->queue, TASK_SAVE_PLAN, 0);
    buildings_take_plan(e, now);
    return 0;
}

void planning_failed(struct engine *e, const char *why, struct instant now)
{
    e->plan.solving = false;
    e->plan.failed = true;
    e->plan.not_before_mono_ms = now.mono_ms + retry_ms(e);
    const char *reason = why != NULL ? why : "unknown";
    if (planning_current(e, now, NULL))
        alarm_set(e, ALARM_PLANNER, 0, true, now.utc_ms,
                  "No new plan (%s): the last one is followed for %d min after it was made, then rules", reason,
                  e->site->plan.max_age_s / 60);
    else
        alarm_set(e, ALARM_PLANNER, 0, true, now.utc_ms, "No plan (%s): rules keep the limits meanwhile", reason);
}

// ---- asking for one -------------------------------------------------------------------------------------------------

void planning_request(struct engine *e)
{
    e->plan.next_utc_ms = NEVER_MS;
    e->plan.not_before_mono_ms = 0;
}

void planning_suggest(struct engine *e)
{
    e->plan.next_utc_ms = NEVER_MS;
    e->plan.not_before_mono_ms = e->plan.asked_mono_ms + (e->plan.asked_mono_ms > 0 ? retry_ms(e) : 0);
}

void engine_set_planning(struct engine *e, bool on)
{
    e->plan.off = !on;
}

static double planned_soc(const struct engine *e, int asset, int step, double capacity_wh, struct instant now)
{
    const struct schedule *s = e->plan.schedule;
    const double *energy_wh = s->assets[asset].energy_wh;
    double gone = (double)(now.utc_ms - s->start_utc_ms[step]) / 3600e3 / s->hours[step];
    double before_wh = step > 0 ? energy_wh[step - 1] : energy_wh[0];
    return (before_wh + (energy_wh[step] - before_wh) * fmin(fmax(gone, 0), 1)) / capacity_wh;
}

// Within the first step the plan does not say where it began: nothing to compare with then.
static bool soc_strays(const struct engine *e, struct instant now)
{
    int step;
    if (!planning_current(e, now, &step) || step == 0)
        return false;
    for (size_t b = 0; b < e->site->n_batteries; b++) {
        int asset = asset_of(e, ASSET_BATTERY, (int)b);
        if (e->plan.schedule->assets[asset].energy_wh == NULL || !soc_known(e, asset, now.mono_ms))
            continue;
        double planned = planned_soc(e, asset, step, e->site->batteries[b].capacity_wh, now);
        if (fabs(e->assets[asset].good_soc.v - planned) > SOC_DEVIATION)
            return true;
    }
    return false;
}

// The first plan waits for all values, but not for ever.
static bool ready(const struct engine *e, struct instant now)
{
    if (!e->received)
        return false;
    if (elapsed_ms(e->started.mono_ms, now.mono_ms) >= START_GRACE_MS)
        return true;
    for (size_t i = 0; i < e->site->n_assets; i++) {
        if (e->assets[i].first_device >= 0 && !asset_known(e, (int)i, now.mono_ms))
            return false;
        bool battery = site_asset_at(e, (int)i)->kind == ASSET_BATTERY;
        if (battery && e->assets[i].first_device >= 0 && !soc_known(e, (int)i, now.mono_ms))
            return false;
    }
    return true;
}

static bool is_due(const struct engine *e, struct instant now)
{
    if (now.mono_ms < e->plan.not_before_mono_ms)
        return false;
    bool stepped_back = e->plan.next_utc_ms - now.utc_ms > interval_ms(e);
    return e->plan.failed || now.utc_ms >= e->plan.next_utc_ms || stepped_back;
}

// The planner's link always answers; should it not, the engine does not wait for ever.
static void watch_answer(struct engine *e, struct instant now)
{
    uint64_t patience_ms = 3 * (uint64_t)(e->site->plan.deadline_ms > 0 ? e->site->plan.deadline_ms : 10000) + 10000;
    if (e->plan.solving && elapsed_ms(e->plan.asked_mono_ms, now.mono_ms) > patience_ms)
        planning_failed(e, "no answer", now);
}

void planning_tick(struct engine *e, struct instant now)
{
    watch_answer(e, now);
    if (e->plan.off || e->plan.solving || e->plan.due || !ready(e, now))
        return;
    bool recently = elapsed_ms(e->plan.strayed_mono_ms, now.mono_ms) < retry_ms(e);
    bool strays = !recently && now.mono_ms >= e->plan.not_before_mono_ms && soc_strays(e, now);
    if (!is_due(e, now) && !strays)
        return;
    e->plan.due = true;
    e->plan.failed = false;
    e->plan.not_before_mono_ms = now.mono_ms;
    if (strays)
        e->plan.strayed_mono_ms = now.mono_ms;
    e->plan.next_utc_ms = (now.utc_ms / interval_ms(e) + 1) * interval_ms(e);
}
