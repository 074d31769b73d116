// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/repeat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/local_time.h"
#include "conf/conf.h"
#include "dr/settlement.h"

struct decision {
    enum repeat_kind kind;
    char what[96]; // device or alarm
    double power_w;
    int lease_ms;
    bool active;     // of an alarm
    uint64_t digest; // of a problem
    int asset;       // of a setpoint, -1 none
    bool matched;
};

struct decisions {
    struct decision *items; // owned
    size_t count, capacity;
};

struct repeat {
    const struct repeat_watch *watch;
    struct repeat_figures *f;
    struct record_reader *reader;
    struct site *site;
    struct engine *engine;
    struct decisions recorded, repeated; // of the drain under way
    bool strayed;                        // the order of things is another one: drains are compared as a whole
    bool no_memory;
};

const char *repeat_kind_name(enum repeat_kind kind)
{
    static const char *const names[REPEAT_KIND_COUNT] = {
        [REPEAT_SETPOINT] = "setpoint", [REPEAT_RELEASE] = "release", [REPEAT_PROBLEM] = "problem",
        [REPEAT_ALARM] = "alarm",       [REPEAT_ANSWER] = "answer",
    };
    return (unsigned)kind < REPEAT_KIND_COUNT ? names[kind] : "unknown";
}

bool repeat_is_exact(const struct repeat_figures *f)
{
    return f->n_differences == 0;
}

// ---- the beginning ------------------------------------------------------------------------------------------------

static int fail(struct repeat *r, int code, const char *why)
{
    snprintf(r->f->why, sizeof r->f->why, "%s", why);
    return code;
}

static int load_site(struct repeat *r, const char *configuration)
{
    struct diagnostics d = {0};
    int code = conf_load_text("record", configuration, strlen(configuration), &d, &r->site);
    if (code < 0 && d.count > 0)
        snprintf(r->f->why, sizeof r->f->why, "the configuration in it is not good: line %d: %s", d.items[0].line,
                 d.items[0].text);
    else if (code < 0)
        fail(r, code, aems_error_text(code));
    diagnostics_free(&d);
    return code;
}

static int start(struct repeat *r, const struct record_entry *entry)
{
    const struct record_begin *head = &entry->begin.head;
    r->f->begin = *head;
    int code = load_site(r, entry->begin.configuration);
    if (code < 0)
        return code;
    if (r->site->n_devices != entry->begin.n_devices)
        return fail(r, AEMS_E_FORMAT, "its devices are not those of the configuration in it");
    if (local_time_set_zone(r->site->timezone) < 0)
        return fail(r, AEMS_E_FORMAT, "its time zone is not known to this machine");
    code = engine_new(r->site, entry->begin.devices, head->at, &r->engine);
    if (code < 0)
        return fail(r, code, aems_error_text(code));
    if (r->watch->begin != NULL)
        r->watch->begin(r->watch->user, entry, r->site);
    return 0;
}

// An image of another version is of no use; the engine is made anew.
static int remember(struct repeat *r, const struct record_entry *begin, const struct record_entry *memory)
{
    if (engine_take_image(r->engine, memory->memory.image, memory->memory.length) == 0)
        return 0;
    r->f->cold = true;
    engine_free(r->engine);
    r->engine = NULL;
    return engine_new(r->site, begin->begin.devices, begin->begin.head.at, &r->engine);
}

static int open_record(struct repeat *r)
{
    struct record_entry *entry, begin;
    int found = record_next(r->reader, &entry);
    if (found != 1 || entry->kind != RECORD_BEGIN)
        return fail(r, found < 0 ? found : AEMS_E_FORMAT, "it has no sound beginning");
    int code = start(r, entry);
    if (code < 0)
        return code;
    begin = *entry; // what it lends lives as long as the reader
    found = record_next(r->reader, &entry);
    if (found != 1 || entry->kind != RECORD_MEMORY)
        return fail(r, found < 0 ? found : AEMS_E_FORMAT, "it has no sound beginning");
    code = remember(r, &begin, entry);
    return code < 0 ? fail(r, code, aems_error_text(code)) : 0;
}

// ---- decisions ------------------------------------------------------------------------------------------------------

static struct decision *new_decision(struct repeat *r, struct decisions *list)
{
    if (list->count == list->capacity) {
        size_t capacity = 2 * list->capacity + 16;
        struct decision *items = realloc(list->items, capacity * sizeof *items);
        if (items == NULL) {
            r->no_memory = true;
            return NULL;
        }
        list->items = items;
        list->capacity = capacity;
    }
    struct decision *d = &list->items[list->count++];
    *d = (struct decision){.asset = -1};
    return d;
}

static const char *device_id(const struct repeat *r, int device)
{
    return device >= 0 && (size_t)device < r->site->n_devices ? r->site->devices[device].id : "?";
}

static bool is_kept(const struct action *a)
{
    return a->kind == ACTION_WRITE || a->kind == ACTION_RELEASE || a->kind == ACTION_SOLVE || a->kind == ACTION_ALARM;
}

static void note(struct repeat *r, struct decisions *list, const struct action *a, uint64_t digest)
{
    struct decision *d = new_decision(r, list);
    if (d == NULL)
        return;
    switch (a->kind) {
    case ACTION_WRITE:
        d->kind = REPEAT_SETPOINT;
        snprintf(d->what, sizeof d->what, "%s", device_id(r, a->write.device));
        d->power_w = a->write.power_w;
        d->lease_ms = a->write.lease_ms;
        d->asset = a->write.asset;
        break;
    case ACTION_RELEASE:
        d->kind = REPEAT_RELEASE;
        snprintf(d->what, sizeof d->what, "%s", device_id(r, a->release.device));
        break;
    case ACTION_SOLVE:
        d->kind = REPEAT_PROBLEM;
        snprintf(d->what, sizeof d->what, "plan");
        d->digest = digest;
        break;
    default:
        d->kind = REPEAT_ALARM;
        snprintf(d->what, sizeof d->what, "%s", a->alarm.id);
        d->active = a->alarm.active;
        break;
    }
}

static bool same_decision(const struct decision *a, const struct decision *b)
{
    return memcmp(&a->power_w, &b->power_w, sizeof a->power_w) == 0 && a->lease_ms == b->lease_ms &&
           a->active == b->active && a->digest == b->digest;
}

static void differ(struct repeat *r, const struct decision *recorded, const struct decision *repeated, int64_t utc_ms)
{
    struct repeat_figures *f = r->f;
    const struct decision *any = recorded != NULL ? recorded : repeated;
    if (any->kind == REPEAT_PROBLEM && recorded != NULL && repeated != NULL)
        return; // counted, and no difference as long as the answer is the recorded one
    if (f->n_differences++ >= REPEAT_MAX_DIFFERENCES)
        return;
    struct repeat_difference *d = &f->differences[f->n_differences - 1];
    *d = (struct repeat_difference){.kind = any->kind,
                                    .utc_ms = utc_ms,
                                    .was_recorded = recorded != NULL,
                                    .was_repeated = repeated != NULL,
                                    .recorded_w = recorded != NULL ? recorded->power_w : 0,
                                    .repeated_w = repeated != NULL ? repeated->power_w : 0};
    snprintf(d->what, sizeof d->what, "%s", any->what);
    if (repeated != NULL && repeated->asset >= 0) {
        struct asset_view view;
        const struct site_asset *asset = &r->site->assets[repeated->asset];
        engine_asset(r->engine, repeated->asset, (struct instant){.utc_ms = utc_ms}, &view);
        reason_text(asset->id, asset->kind, repeated->power_w, &view.reason, d->reason, sizeof d->reason);
    }
}

static struct decision *find(struct decisions *list, const struct decision *like)
{
    for (size_t i = 0; i < list->count; i++) {
        struct decision *d = &list->items[i];
        if (!d->matched && d->kind == like->kind && strcmp(d->what, like->what) == 0)
            return d;
    }
    return NULL;
}

static void compare_drain(struct repeat *r, struct instant now)
{
    for (size_t i = 0; i < r->recorded.count; i++) {
        const struct decision *recorded = &r->recorded.items[i];
        struct decision *repeated = find(&r->repeated, recorded);
        r->f->recorded[recorded->kind]++;
        if (repeated != NULL)
            repeated->matched = true;
        if (repeated != NULL && same_decision(recorded, repeated))
            r->f->equal[recorded->kind]++;
        else
            differ(r, recorded, repeated, now.utc_ms);
    }
    for (size_t i = 0; i < r->repeated.count; i++) {
        const struct decision *repeated = &r->repeated.items[i];
        if (repeated->matched)
            continue;
        r->f->added[repeated->kind]++;
        differ(r, NULL, repeated, now.utc_ms);
    }
    r->recorded.count = r->repeated.count = 0;
}

// ---- doing it again -------------------------------------------------------------------------------------------------

static void take_problem(struct repeat *r, struct plan_problem *problem, uint64_t recorded, uint64_t *ret_digest)
{
    r->no_memory |= record_problem_digest(problem, ret_digest) < 0;
    if (r->watch->problem != NULL)
        r->watch->problem(r->watch->user, problem, *ret_digest == recorded);
    plan_problem_free(problem);
}

enum produced { NOTHING, SILENT, KEPT };

static enum produced produce(struct repeat *r, struct instant now, uint64_t digest)
{
    struct action a;
    uint64_t own = 0;
    if (!engine_produce(r->engine, now, &a))
        return NOTHING;
    if (a.kind == ACTION_DR_REPORT)
        settlement_free(a.report);
    if (!is_kept(&a))
        return SILENT;
    if (a.kind == ACTION_SOLVE)
        take_problem(r, a.problem, digest, &own);
    note(r, &r->repeated, &a, own);
    return KEPT;
}

static void produce_silent(struct repeat *r, struct instant now, size_t count)
{
    for (size_t i = 0; i < count && !r->strayed; i++)
        r->strayed = produce(r, now, 0) != SILENT;
}

static void repeat_action(struct repeat *r, const struct record_entry *entry)
{
    note(r, &r->recorded, &entry->action.action, entry->action.digest);
    produce_silent(r, entry->action.now, entry->action.silent);
    if (!r->strayed)
        r->strayed = produce(r, entry->action.now, entry->action.digest) != KEPT;
}

static void repeat_drained(struct repeat *r, struct instant now, size_t silent, bool complete)
{
    produce_silent(r, now, silent);
    if (complete && !r->strayed)
        r->strayed = produce(r, now, 0) != NOTHING;
    size_t bound = 1024 + 8 * (r->site->n_assets + r->site->n_devices);
    while (r->strayed && bound-- > 0 && produce(r, now, 0) != NOTHING)
        continue;
    if (complete || r->strayed)
        compare_drain(r, now);
}

static void judge_answer(struct repeat *r, const struct event *e, int recorded, int repeated)
{
    const struct decision answer = {.kind = REPEAT_ANSWER, .what = "what was said of an event", .asset = -1};
    r->f->recorded[REPEAT_ANSWER]++;
    if (recorded == repeated)
        r->f->equal[REPEAT_ANSWER]++;
    else
        differ(r, &answer, &answer, e->at.utc_ms);
}

static void repeat_event(struct repeat *r, struct record_entry *entry)
{
    struct event e = entry->event.event;
    struct repeat_figures *f = r->f;
    f->from_utc_ms = f->events++ == 0 ? e.at.utc_ms : f->from_utc_ms;
    f->to_utc_ms = e.at.utc_ms;
    if (r->watch->event != NULL)
        r->watch->event(r->watch->user, r->engine, &e);
    if (e.kind == EVENT_PLAN)
        entry->event.event.plan.schedule = NULL; // the engine takes it over
    int code = engine_consume(r->engine, &e);
    if (e.kind == EVENT_DR && e.dr.operation == DR_PUT && code == 0)
        entry->event.event.dr.event = NULL; // likewise, once it is accepted
    judge_answer(r, &e, entry->event.code, code);
    if (entry->event.quiet)
        repeat_drained(r, e.at, 0, true);
    if (e.kind != EVENT_TICK)
        return;
    f->ticks++;
    if (r->watch->tick != NULL)
        r->watch->tick(r->watch->user, r->engine, e.at);
}

static int run(struct repeat *r)
{
    struct record_entry *entry;
    int found;
    while ((found = record_next(r->reader, &entry)) == 1 && !r->no_memory) {
        if (entry->kind == RECORD_EVENT)
            repeat_event(r, entry);
        else if (entry->kind == RECORD_ACTION)
            repeat_action(r, entry);
        else if (entry->kind == RECORD_DRAINED)
            repeat_drained(r, entry->drained.now, entry->drained.silent, entry->drained.complete);
    }
    r->f->ending = record_ending(r->reader, &r->f->bytes);
    if (found < 0 || r->no_memory)
        return fail(r, AEMS_E_NOMEM, aems_error_text(AEMS_E_NOMEM));
    return 0;
}

int repeat_record(const void *data, size_t length, const struct repeat_watch *watch, struct repeat_figures *ret_figures)
{
    static const struct repeat_watch nobody = {0};
    struct repeat r = {.watch = watch != NULL ? watch : &nobody, .f = ret_figures};
    *ret_figures = (struct repeat_figures){0};
    int code = record_reader_new(data, length, &r.reader);
    if (code < 0)
        return fail(&r, code, code == AEMS_E_FORMAT ? "it is no record" : aems_error_text(code));
    code = open_record(&r);
    if (code == 0)
        code = run(&r);
    record_reader_free(r.reader);
    engine_free(r.engine);
    site_free(r.site);
    free(r.recorded.items);
    free(r.repeated.items);
    return code;
}
