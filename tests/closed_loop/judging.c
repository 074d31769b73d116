// SPDX-License-Identifier: GPL-3.0-or-later
#include "judging.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/local_time.h"
#include "tariff/tariff.h"

enum { SECONDS = 60 };

// A minute has a cause for a turn when what nobody steers moved by this share of the batteries' power in it or in the
// one before, or when the plan itself turned.
static const double cause_frac = 0.1;
static const double a_little_frac = 0.02;
static const double tolerance_frac = 0.005; // of a peak

struct grid_watch {
    int64_t start_utc_ms, end_utc_ms; // of the window under way
    double import_wh;
    double allowed_w;    // highest peak that a plan of this window took on
    double month_peak_w; // before this window
    int64_t month_utc_ms;
};

struct battery_watch {
    int direction, planned_direction;
    unsigned turns; // of the minute under way
};

struct judging {
    const struct site *site;
    struct grid_watch *grids;
    struct battery_watch *batteries;
    double *low_w, *high_w; // per bus: what nobody steers, in the minute under way
    double *range_w;        // per bus: in the minute before
    double *battery_w;      // per bus: power of its batteries
    bool plan_turned, plan_turned_before;
    int second;
    struct judgement result;
};

int judging_new(const struct site *site, struct judging **ret_judging)
{
    struct judging *j = calloc(1, sizeof *j);
    if (!j)
        return AEMS_E_NOMEM;
    j->site = site;
    j->grids = calloc(site->n_grids + 1, sizeof *j->grids);
    j->batteries = calloc(site->n_assets + 1, sizeof *j->batteries);
    j->low_w = calloc(site->n_buses + 1, sizeof(double));
    j->high_w = calloc(site->n_buses + 1, sizeof(double));
    j->range_w = calloc(site->n_buses + 1, sizeof(double));
    j->battery_w = calloc(site->n_buses + 1, sizeof(double));
    if (!j->grids || !j->batteries || !j->low_w || !j->high_w || !j->range_w || !j->battery_w) {
        judging_free(j);
        return AEMS_E_NOMEM;
    }
    for (size_t i = 0; i < site->n_batteries; i++)
        j->battery_w[site->batteries[i].bus] += site->batteries[i].max_discharge_w;
    *ret_judging = j;
    return 0;
}

void judging_free(struct judging *j)
{
    if (!j)
        return;
    free(j->grids);
    free(j->batteries);
    free(j->low_w);
    free(j->high_w);
    free(j->range_w);
    free(j->battery_w);
    free(j);
}

// ---- peaks --------------------------------------------------------------------------------------------------------

static void say_time(FILE *talk, int64_t utc_ms)
{
    struct local_time t = local_time_at(utc_ms);
    fprintf(talk, "%04d-%02d-%02d %02d:%02d:%02d ", t.year, t.month, t.day, t.minute / 60, t.minute % 60, t.second);
}

static void end_window(struct judging *j, int grid, FILE *talk)
{
    struct grid_watch *w = &j->grids[grid];
    double average_w = w->import_wh * 3600e3 / (double)(w->end_utc_ms - w->start_utc_ms);
    double over_w = average_w - fmax(w->month_peak_w, w->allowed_w) * (1.0 + tolerance_frac);
    bool judged = w->allowed_w > 0.0; // else it began before the first plan
    if (judged && over_w > 0.0) {
        j->result.over_peak++;
        j->result.worst_peak_w = fmax(j->result.worst_peak_w, over_w);
        if (talk) {
            say_time(talk, w->start_utc_ms);
            fprintf(talk, "%s: window of %.1f kW, month's peak %.1f kW, plan %.1f kW\n", j->site->grids[grid].id,
                    average_w / 1e3, w->month_peak_w / 1e3, w->allowed_w / 1e3);
        }
    }
    w->month_peak_w = fmax(w->month_peak_w, average_w);
}

static void begin_window(struct judging *j, int grid, int64_t utc_ms)
{
    struct grid_watch *w = &j->grids[grid];
    const struct site_tariff *t = &j->site->tariffs[j->site->grids[grid].tariff];
    int64_t month = local_month_start_ms(utc_ms);
    if (month != w->month_utc_ms)
        w->month_peak_w = 0.0;
    w->month_utc_ms = month;
    w->start_utc_ms = demand_window_start_ms(t, utc_ms);
    w->end_utc_ms = w->start_utc_ms + (int64_t)t->demand_window_s * 1000;
    w->import_wh = w->allowed_w = 0.0;
}

static void watch_grid(struct judging *j, int grid, double power_w, double peak_w, int64_t utc_ms, FILE *talk)
{
    struct grid_watch *w = &j->grids[grid];
    w->import_wh += fmax(power_w, 0.0) / 3600.0;
    w->allowed_w = fmax(w->allowed_w, peak_w);
    if (utc_ms < w->end_utc_ms)
        return;
    if (w->end_utc_ms > 0)
        end_window(j, grid, talk);
    begin_window(j, grid, utc_ms);
}

// ---- batteries ----------------------------------------------------------------------------------------------------

static int direction_of(double power_w, double rating_w)
{
    if (fabs(power_w) < a_little_frac * rating_w)
        return 0;
    return power_w > 0.0 ? 1 : -1;
}

static void watch_battery(struct judging *j, int asset, double power_w, double planned_w)
{
    struct battery_watch *w = &j->batteries[asset];
    double rating_w = j->site->assets[asset].max_power_w;
    int direction = direction_of(power_w, rating_w), planned = direction_of(planned_w, rating_w);
    j->result.planned_wh += fabs(planned_w) / 3600.0;
    if (direction != 0) {
        w->turns += w->direction == -direction;
        w->direction = direction;
    }
    if (planned != w->planned_direction)
        j->plan_turned = true;
    w->planned_direction = planned;
}

static void watch_rest(struct judging *j, const struct plant_model *m)
{
    double rest_w[SITE_MAX_BUSES] = {0};
    for (size_t i = 0; i < j->site->n_assets; i++) {
        enum asset_kind kind = j->site->assets[i].kind;
        if (kind == ASSET_LOAD || kind == ASSET_PV)
            rest_w[j->site->assets[i].bus] += plant_model_asset(m, (int)i)->power_w;
    }
    for (size_t b = 0; b < j->site->n_buses; b++) {
        j->low_w[b] = j->second == 0 ? rest_w[b] : fmin(j->low_w[b], rest_w[b]);
        j->high_w[b] = j->second == 0 ? rest_w[b] : fmax(j->high_w[b], rest_w[b]);
    }
}

static bool had_cause(const struct judging *j)
{
    bool cause = j->plan_turned || j->plan_turned_before;
    for (size_t b = 0; b < j->site->n_buses; b++) {
        double range_w = fmax(j->high_w[b] - j->low_w[b], j->range_w[b]);
        if (j->battery_w[b] > 0.0 && range_w > cause_frac * j->battery_w[b])
            cause = true;
    }
    return cause;
}

static void end_minute(struct judging *j, int64_t utc_ms, FILE *talk)
{
    bool cause = had_cause(j);
    for (size_t i = 0; i < j->site->n_assets; i++) {
        unsigned turns = j->batteries[i].turns;
        j->batteries[i].turns = 0;
        if (cause || turns == 0)
            continue;
        if (turns > j->result.turns_per_min)
            j->result.turns_per_min = turns;
        j->result.restless_minutes += turns > 1;
        if (talk && turns > 1) {
            say_time(talk, utc_ms);
            fprintf(talk, "%s: turned %u times in a minute without cause\n", j->site->assets[i].id, turns);
        }
    }
    for (size_t b = 0; b < j->site->n_buses; b++)
        j->range_w[b] = j->high_w[b] - j->low_w[b];
    j->plan_turned_before = j->plan_turned;
    j->plan_turned = false;
}

void judging_step(struct judging *j, const struct engine *e, const struct plant_model *m, int64_t utc_ms, FILE *talk)
{
    const struct schedule *plan = engine_plan(e);
    int step = plan ? schedule_step_at(plan, utc_ms) : -1;
    watch_rest(j, m);
    for (size_t i = 0; i < j->site->n_assets; i++) {
        const struct site_asset *of = &j->site->assets[i];
        double power_w = plant_model_asset(m, (int)i)->power_w;
        if (of->kind == ASSET_GRID)
            watch_grid(j, of->of_kind, power_w, plan ? plan->peak_w[of->of_kind] : 0.0, utc_ms, talk);
        else if (of->kind == ASSET_BATTERY)
            watch_battery(j, (int)i, power_w, step >= 0 ? plan->assets[i].power_w[step] : 0.0);
    }
    if (++j->second < SECONDS)
        return;
    j->second = 0;
    end_minute(j, utc_ms, talk);
}

const struct judgement *judging_result(const struct judging *j)
{
    return &j->result;
}
