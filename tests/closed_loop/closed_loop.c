// SPDX-License-Identifier: GPL-3.0-or-later
#include "closed_loop.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/diagnostics.h"
#include "base/error.h"
#include "base/local_time.h"
#include "conf/conf.h"
#include "core/dr.h"
#include "core/engine.h"
#include "devices.h"
#include "dr/settlement.h"
#include "judging.h"
#include "plan/planner.h"
#include "simulate/model.h"
#include "units.h"

enum { PLAN_DELAY_MS = 2000, STEP_MS = 1000, SOLVE_DEADLINE_MS = 10000 };

static const int64_t day_ms = INT64_C(86400000);
static const double meter_wh = 1e6; // what the model's counters begin at

struct order { // of a setpoint that is under way to its device
    bool given, release;
    double power_w;
    bool done; // to be told to the engine
};

struct told { // what the engine was told of a vehicle
    bool present;
    int64_t until_utc_ms;
};

struct closed_loop {
    struct closed_loop_options options;
    struct site *site;
    struct engine_device *kinds; // as site->devices
    struct devices devices;
    struct engine *engine;
    struct planner *planner;
    struct plant_model *model;
    struct judging *judging;
    struct units *units;
    struct instant now;
    struct record_writer *record; // borrowed, NULL: none
    struct plant_asset *before;   // a step ago
    struct order *orders;         // as site->devices
    struct told *told;            // as site->assets
    struct settlement *report;    // the last
    struct schedule *answer;      // of the planner, on its way
    int answer_due_ms;
    int64_t dr_day_utc_ms;        // day whose demand response was dealt with
    struct closed_loop_figures f; // those that are counted here
};

static double processor_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// ---- making -------------------------------------------------------------------------------------------------------

static bool make_room(struct closed_loop *c)
{
    c->kinds = calloc(c->site->n_devices + 1, sizeof *c->kinds);
    c->orders = calloc(c->site->n_devices + 1, sizeof *c->orders);
    c->before = calloc(c->site->n_assets + 1, sizeof *c->before);
    c->told = calloc(c->site->n_assets + 1, sizeof *c->told);
    return c->kinds && c->orders && c->before && c->told;
}

static int load_site(const char *path, struct site **ret_site)
{
    struct diagnostics d = {0};
    int status = conf_load(path, &d, ret_site);
    diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    return status == 0 ? local_time_set_zone((*ret_site)->timezone) : status;
}

static int start(struct closed_loop *c)
{
    if (!make_room(c))
        return AEMS_E_NOMEM;
    devices_describe(c->site, c->kinds);
    int status = plant_model_new(c->site, c->options.seed, c->now, &c->model);
    if (status == 0)
        status = judging_new(c->site, &c->judging);
    if (status == 0)
        status = units_new(c->site, &c->units);
    if (status == 0)
        status = engine_new(c->site, c->kinds, c->now, &c->engine);
    if (status == 0)
        status = planner_new(&c->planner);
    if (status == 0 && c->options.islands)
        status = plant_model_set_islands(c->model, true);
    if (status == 0)
        status = plant_model_set_noise(c->model, PLANT_NOISE_STEPS, c->options.load_steps);
    if (status == 0)
        status = plant_model_set_noise(c->model, PLANT_NOISE_CLOUDS, c->options.clouds);
    c->devices = (struct devices){.site = c->site,
                                  .model = c->model,
                                  .kinds = c->kinds,
                                  .noise = noise_seeded(c->options.seed, 9000),
                                  .noise_frac = c->options.meter_noise_frac,
                                  .step_w = c->options.meter_step_w};
    return status;
}

int closed_loop_open(const char *config_path, const struct closed_loop_options *options, struct closed_loop **ret_loop)
{
    struct closed_loop *c = calloc(1, sizeof *c);
    if (!c)
        return AEMS_E_NOMEM;
    c->options = *options;
    c->now = (struct instant){.utc_ms = options->start_utc_ms, .mono_ms = 100000};
    int status = load_site(config_path, &c->site);
    if (status == 0 && options->configure)
        options->configure(c->site);
    for (size_t i = 0; status == 0 && i < c->site->n_devices; i++)
        if (c->site->devices[i].poll_ms < options->poll_ms)
            c->site->devices[i].poll_ms = options->poll_ms;
    if (status == 0)
        status = start(c);
    if (status < 0) {
        closed_loop_close(c);
        return status;
    }
    *ret_loop = c;
    return 0;
}

void closed_loop_close(struct closed_loop *c)
{
    if (!c)
        return;
    schedule_free(c->answer);
    settlement_free(c->report);
    engine_free(c->engine);
    planner_free(c->planner);
    plant_model_free(c->model);
    judging_free(c->judging);
    units_free(c->units);
    free(c->kinds);
    free(c->orders);
    free(c->before);
    free(c->told);
    site_free(c->site);
    free(c);
}

static void say(const struct closed_loop *c, const char *what, const char *why)
{
    char t[RFC3339_SIZE];
    if (!c->options.talk)
        return;
    rfc3339_format(c->now.utc_ms, t);
    fprintf(c->options.talk, "%s %s: %s\n", t, what, why);
}

// ---- readings -----------------------------------------------------------------------------------------------------

// Every other device was polled a second ago; where islands are, all just now: steps differ in length there.
static bool is_early(int device)
{
    return device % 2 != 0;
}

static int tell_of(struct closed_loop *c, struct event event, int age_ms)
{
    event.at = c->now;
    event.at.mono_ms -= (uint64_t)age_ms;
    if (c->record)
        record_event(c->record, &event);
    int status = engine_consume(c->engine, &event);
    if (c->record)
        record_code(c->record, status);
    if (status < 0)
        say(c, "refused", engine_last_refusal(c->engine));
    return status;
}

static void tell(struct closed_loop *c, struct event event)
{
    tell_of(c, event, 0);
}

static void read_all(struct closed_loop *c)
{
    for (size_t i = 0; i < c->site->n_devices; i++) {
        struct reading readings[DEVICES_MAX_READINGS];
        bool was_early = !c->options.islands && is_early((int)i);
        size_t n = devices_read(&c->devices, (int)i, was_early ? c->before : NULL, readings);
        struct event e = {.kind = EVENT_READINGS, .readings = {.device = (int)i, .readings = readings, .count = n}};
        tell_of(c, e, was_early ? STEP_MS - 1 : 0);
    }
}

// Who plugs in says what is wanted, and until when.
static void tell_wishes(struct closed_loop *c)
{
    for (size_t i = 0; i < c->site->n_assets; i++) {
        const struct plant_stay *stay = &plant_model_asset(c->model, (int)i)->stay;
        struct told *t = &c->told[i];
        if (t->present == stay->present && t->until_utc_ms == stay->until_utc_ms)
            continue;
        *t = (struct told){.present = stay->present, .until_utc_ms = stay->until_utc_ms};
        if (!stay->present)
            continue;
        struct session_wish wish = {.asset = (int)i,
                                    .until_utc_ms = stay->until_utc_ms,
                                    .wanted_wh = stay->wanted_wh - stay->session_wh,
                                    .capacity_wh = stay->capacity_wh,
                                    .energy_wh = plant_model_asset(c->model, (int)i)->energy_wh};
        tell(c, (struct event){.kind = EVENT_SESSION, .session = wish});
    }
}

// ---- demand response ----------------------------------------------------------------------------------------------

// Asked for at noon of every so-manieth day.
static void ask_for_response(struct closed_loop *c)
{
    int64_t today = local_day_start_ms(c->now.utc_ms);
    if (c->options.dr_every_days <= 0 || today == c->dr_day_utc_ms || c->now.utc_ms < today + day_ms / 2)
        return;
    c->dr_day_utc_ms = today;
    int64_t number = (today - local_day_start_ms(c->options.start_utc_ms) + day_ms / 2) / day_ms;
    if (number % c->options.dr_every_days != c->options.dr_every_days - 1)
        return;
    struct grid_limit limit = {.id = "evening",
                               .from_utc_ms = today + 17 * day_ms / 24,
                               .until_utc_ms = today + 19 * day_ms / 24,
                               .import_limit_w = c->options.dr_limit_w,
                               .export_limit_w = PLAN_NO_LIMIT_W};
    tell(c, (struct event){.kind = EVENT_LIMIT, .limit = limit});
    plant_model_limit(c->model, 0, c->options.dr_limit_w, limit.from_utc_ms, limit.until_utc_ms);
}

// ---- actions ------------------------------------------------------------------------------------------------------

static void solve(struct closed_loop *c, struct plan_problem *problem)
{
    char why[256] = "";
    double begun_s = processor_s();
    struct schedule *s = NULL;
    int status = planner_solve(c->planner, problem, c->options.patient ? PLANNER_NO_DEADLINE : SOLVE_DEADLINE_MS, &s,
                               why, sizeof why);
    if (status == 0)
        status = schedule_check(s, problem, why, sizeof why);
    double took_s = processor_s() - begun_s;
    c->f.solve_s += took_s;
    c->f.solve_longest_ms = fmax(c->f.solve_longest_ms, took_s * 1e3);
    c->f.plans++;
    plan_problem_free(problem);
    if (status < 0) {
        schedule_free(s);
        c->f.failed_plans++;
        say(c, "no plan", why);
        tell(c, (struct event){.kind = EVENT_PLAN_FAILED, .plan_failed = {.why = why}});
        return;
    }
    c->f.solves += (unsigned)s->solves;
    c->f.most_solves = (unsigned)s->solves > c->f.most_solves ? (unsigned)s->solves : c->f.most_solves;
    schedule_free(c->answer);
    c->answer = s;
    c->answer_due_ms = PLAN_DELAY_MS;
}

static void take_report(struct closed_loop *c, struct settlement *report)
{
    settlement_free(c->report);
    c->report = report;
}

static void take_entry(struct closed_loop *c, const struct journal_entry *entry)
{
    if (c->options.journal)
        c->options.journal(c->options.context, entry);
    say(c, c->site->islands[entry->island].id, entry->cause);
}

static void note(struct closed_loop *c, const struct action *a)
{
    uint64_t digest = 0;
    if (a->kind == ACTION_SOLVE && record_problem_digest(a->problem, &digest) < 0)
        say(c, "record", "no memory for a problem's digest");
    record_action(c->record, c->now, a, digest);
}

static void carry_out(struct closed_loop *c)
{
    struct action a;
    while (engine_produce(c->engine, c->now, &a)) {
        if (c->record)
            note(c, &a);
        if (a.kind == ACTION_WRITE)
            c->orders[a.write.device] = (struct order){.given = true, .power_w = a.write.power_w};
        else if (a.kind == ACTION_RELEASE)
            c->orders[a.release.device] = (struct order){.given = true, .release = true};
        else if (a.kind == ACTION_SOLVE)
            solve(c, a.problem);
        else if (a.kind == ACTION_DR_REPORT)
            take_report(c, a.report);
        else if (a.kind == ACTION_JOURNAL)
            take_entry(c, &a.journal);
        else if (a.kind == ACTION_ALARM)
            say(c, a.alarm.active ? a.alarm.id : "over", a.alarm.text);
    }
    if (c->record)
        record_drained(c->record, c->now, true);
}

// Setpoints of a second ago reach their devices.
static void deliver_orders(struct closed_loop *c)
{
    for (size_t i = 0; i < c->site->n_devices; i++) {
        struct order *o = &c->orders[i];
        if (!o->given)
            continue;
        if (o->release)
            devices_release(&c->devices, (int)i);
        else
            devices_set(&c->devices, (int)i, o->power_w);
        o->given = false;
        o->done = true;
    }
}

static void confirm_orders(struct closed_loop *c)
{
    for (size_t i = 0; i < c->site->n_devices; i++) {
        struct order *o = &c->orders[i];
        if (!o->done)
            continue;
        o->done = false;
        struct event e = {.kind = EVENT_WRITE_RESULT};
        e.write_result.device = (int)i;
        e.write_result.status = o->release ? WRITE_RELEASED : WRITE_DONE;
        e.write_result.power_w = e.write_result.readback_w = o->power_w;
        tell(c, e);
    }
}

static void deliver_plan(struct closed_loop *c, int step_ms)
{
    if (!c->answer || (c->answer_due_ms -= step_ms) > 0)
        return;
    struct schedule *s = c->answer;
    c->answer = NULL;
    tell(c, (struct event){.kind = EVENT_PLAN, .plan = {.schedule = s}});
}

// ---- running ------------------------------------------------------------------------------------------------------

static void move_world(struct closed_loop *c, int step_ms)
{
    double begun_s = processor_s();
    for (size_t i = 0; i < c->site->n_assets; i++)
        c->before[i] = *plant_model_asset(c->model, (int)i);
    c->now.utc_ms += step_ms;
    c->now.mono_ms += (uint64_t)step_ms;
    deliver_orders(c);
    if (c->options.nature)
        c->options.nature(c->options.context, c);
    plant_model_step(c->model, c->now);
    if (!c->options.islands)
        judging_step(c->judging, c->engine, c->model, c->now.utc_ms, c->options.talk);
    units_step(c->units, c->model, step_ms / 1e3);
    c->f.plant_s += processor_s() - begun_s;
}

// Who is asked to draw less does so by and by: nine tenths of it after a minute and a half.
static void follow_signals(struct closed_loop *c)
{
    for (size_t i = 0; i < c->site->n_buildings; i++) {
        const struct site_building *b = &c->site->buildings[i];
        double asked_w = building_asked_w(c->engine, (int)i, c->now.utc_ms);
        for (size_t n = 0; n < b->n_loads; n++) {
            int asset = site_find_asset(c->site, c->site->loads[b->loads[n]].id);
            double less_w = -plant_model_asset(c->model, asset)->extra_w;
            if (asked_w <= 0 && less_w <= 0) // what is drawn on top for another reason
                continue;
            plant_model_set_extra(c->model, asset, -(less_w + 0.025 * (asked_w / (double)b->n_loads - less_w)));
        }
    }
}

void closed_loop_step(struct closed_loop *c, int step_ms)
{
    follow_signals(c);
    move_world(c, step_ms);
    double begun_s = processor_s(), solved_s = c->f.solve_s;
    ask_for_response(c);
    tell_wishes(c);
    confirm_orders(c);
    deliver_plan(c, step_ms);
    read_all(c);
    tell(c, (struct event){.kind = EVENT_TICK});
    carry_out(c);
    c->f.steps++;
    c->f.engine_s += processor_s() - begun_s - (c->f.solve_s - solved_s);
}

void closed_loop_run(struct closed_loop *c, int64_t seconds)
{
    for (int64_t i = 0; i < seconds; i++)
        closed_loop_step(c, STEP_MS);
}

int closed_loop_record(struct closed_loop *c, struct record_writer *record, const char *configuration,
                       enum record_cause cause)
{
    struct record_begin begin = {.program = "closed loop", .at = c->now, .speed = 1, .cause = cause};
    c->record = record;
    if (!record)
        return 0;
    memcpy(begin.area, c->site->id, sizeof begin.area);
    return record_begin(record, &begin, configuration, c->kinds, c->engine);
}

// ---- figures ------------------------------------------------------------------------------------------------------

static void add_grid(struct closed_loop_figures *f, const struct plant_asset *a)
{
    const struct plant_windows *w = &a->windows;
    f->windows += w->ended;
    f->over_contract += w->over_contract;
    f->over_limit += w->over_limit;
    f->worst_contract_w = fmax(f->worst_contract_w, w->worst_contract_w);
    f->worst_limit_w = fmax(f->worst_limit_w, w->worst_limit_w);
    f->outside_import_s += a->violation.import_s + a->violation.export_s;
    f->outside_longest_s = fmax(f->outside_longest_s, a->violation.longest_s);
    f->over_limit_s += a->over_limit.import_s;
    f->over_limit_longest_s = fmax(f->over_limit_longest_s, a->over_limit.longest_s);
}

static void add_battery(struct closed_loop_figures *f, const struct plant_asset *a)
{
    f->soc_lowest_frac = fmin(f->soc_lowest_frac, a->wear.lowest_frac);
    f->soc_highest_frac = fmax(f->soc_highest_frac, a->wear.highest_frac);
    f->soc_outside_s += a->wear.outside_s;
    f->turns += a->wear.turns;
    f->throughput_wh += a->energy_in_wh + a->energy_out_wh - 2.0 * meter_wh;
}

void closed_loop_figures(const struct closed_loop *c, struct closed_loop_figures *ret_figures)
{
    struct closed_loop_figures f = c->f;
    const struct judgement *j = judging_result(c->judging);
    f.soc_lowest_frac = 1.0;
    for (size_t i = 0; i < c->site->n_assets; i++) {
        const struct plant_asset *a = plant_model_asset(c->model, (int)i);
        if (c->site->assets[i].kind == ASSET_GRID)
            add_grid(&f, a);
        else if (c->site->assets[i].kind == ASSET_BATTERY)
            add_battery(&f, a);
        f.stays += a->stays.ended;
        f.short_stays += a->stays.short_of;
        f.missing_wh += a->stays.missing_wh;
    }
    for (size_t g = 0; g < c->site->n_groups; g++) {
        const struct plant_violation *v = &plant_model_group(c->model, (int)g)->violation;
        f.group_over_s += v->import_s + v->export_s;
        f.group_worst_w = fmax(f.group_worst_w, v->worst_w);
    }
    for (size_t b = 0; b < c->site->n_buses; b++) {
        f.unserved_wh += plant_model_bus(c->model, (int)b)->unserved_wh;
        f.spilled_wh += plant_model_bus(c->model, (int)b)->spilled_wh;
    }
    f.over_peak = j->over_peak;
    f.worst_peak_w = j->worst_peak_w;
    f.planned_wh = j->planned_wh;
    f.turns_per_min = j->turns_per_min;
    f.restless_minutes = j->restless_minutes;
    *ret_figures = f;
}

const struct unit_figures *closed_loop_unit(const struct closed_loop *c, int asset)
{
    return units_of(c->units, asset);
}

const struct site *closed_loop_site(const struct closed_loop *c)
{
    return c->site;
}

int closed_loop_tell(struct closed_loop *c, struct event event)
{
    return tell_of(c, event, 0);
}

struct plant_model *closed_loop_model(const struct closed_loop *c)
{
    return c->model;
}

struct engine *closed_loop_engine(const struct closed_loop *c)
{
    return c->engine;
}

struct instant closed_loop_now(const struct closed_loop *c)
{
    return c->now;
}

const struct settlement *closed_loop_report(const struct closed_loop *c)
{
    return c->report;
}
