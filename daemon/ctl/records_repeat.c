// SPDX-License-Identifier: GPL-3.0-or-later
// Everything is decided again as the records have it, and compared.
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "daemon/ctl/records.h"
#include "plan/planner.h"
#include "replay/repeat.h"

struct solving { // the planner asked again
    struct planner *planner;
    double money;   // of its last answer
    bool has_money; // ... until the recorded one comes
    size_t asked, alike;
    double worst; // relative
};

static const double ALIKE = 1e-3; // the recorded one had a deadline, and perhaps fewer courses

static void on_problem(void *user, const struct plan_problem *problem, bool same)
{
    struct solving *s = user;
    struct schedule *schedule = NULL;
    char why[256];
    s->has_money = same && planner_solve(s->planner, problem, PLANNER_NO_DEADLINE, &schedule, why, sizeof why) == 0;
    if (s->has_money)
        s->money = schedule->objective[OBJECTIVE_MONEY];
    schedule_free(schedule);
}

static void on_event(void *user, const struct engine *engine, const struct event *event)
{
    struct solving *s = user;
    (void)engine;
    if (event->kind != EVENT_PLAN || !s->has_money)
        return;
    double recorded = event->plan.schedule->objective[OBJECTIVE_MONEY];
    double apart = fabs(recorded - s->money) / fmax(1, fabs(recorded));
    s->asked++;
    s->alike += apart <= ALIKE;
    s->worst = fmax(s->worst, apart);
    s->has_money = false;
}

static void print_difference(const struct repeat_difference *d)
{
    char time[RFC3339_SIZE];
    rfc3339_format(d->utc_ms, time);
    printf("  %s %s %s: ", time, repeat_kind_name(d->kind), d->what);
    if (d->kind != REPEAT_SETPOINT)
        printf("%s\n", d->was_recorded && d->was_repeated ? "another one" : d->was_recorded ? "not repeated" : "new");
    else if (!d->was_recorded)
        printf("not recorded, repeated %.17g W (%s)\n", d->repeated_w, d->reason);
    else if (!d->was_repeated)
        printf("recorded %.17g W, not repeated\n", d->recorded_w);
    else
        printf("recorded %.17g W, repeated %.17g W (%s)\n", d->recorded_w, d->repeated_w, d->reason);
}

static void print_figures(const char *path, const struct repeat_figures *f)
{
    static const char *const endings[] = {[RECORD_WHOLE] = "whole",
                                          [RECORD_OPEN] = "without an end: killed, or still being written",
                                          [RECORD_CUT] = "cut off within its last piece",
                                          [RECORD_DAMAGED] = "damaged; read up to there"};
    char from[RFC3339_SIZE], to[RFC3339_SIZE];
    rfc3339_format(f->from_utc_ms, from);
    rfc3339_format(f->to_utc_ms, to);
    printf("%s: %s, %s by aems %s; %s to %s, %zu cycles; %s\n", path, f->begin.area, record_cause_name(f->begin.cause),
           f->begin.program, from, to, f->ticks, endings[f->ending]);
    if (f->cold)
        puts("  its memory is that of another version of aems: it is repeated from the configuration alone");
    for (int kind = 0; kind < REPEAT_KIND_COUNT; kind++) {
        printf("  %zu %ss, %zu equal", f->recorded[kind], repeat_kind_name((enum repeat_kind)kind), f->equal[kind]);
        if (f->added[kind] > 0)
            printf(", %zu more repeated", f->added[kind]);
        putchar('\n');
    }
    for (size_t i = 0; i < f->n_differences && i < REPEAT_MAX_DIFFERENCES; i++)
        print_difference(&f->differences[i]);
    if (f->n_differences > REPEAT_MAX_DIFFERENCES)
        printf("  and %zu more differences\n", f->n_differences - REPEAT_MAX_DIFFERENCES);
}

static json_t *figures_json(const char *path, const struct repeat_figures *f)
{
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:I, s:I}", "file", path, "area", f->begin.area, "cause",
                             record_cause_name(f->begin.cause), "program", f->begin.program, "whole",
                             (int)(f->ending == RECORD_WHOLE), "exact", (int)repeat_is_exact(f), "cycles",
                             (json_int_t)f->ticks, "differences", (json_int_t)f->n_differences);
    for (int kind = 0; kind < REPEAT_KIND_COUNT; kind++)
        json_object_set_new(json, repeat_kind_name((enum repeat_kind)kind),
                            json_pack("{s:I, s:I, s:I}", "recorded", (json_int_t)f->recorded[kind], "equal",
                                      (json_int_t)f->equal[kind], "added", (json_int_t)f->added[kind]));
    return json;
}

static int repeat_file(const struct ctl_options *o, const char *path, struct solving *solving, json_t *list)
{
    const struct repeat_watch watch = {
        .user = solving, .event = o->solve ? on_event : NULL, .problem = o->solve ? on_problem : NULL};
    static struct repeat_figures f;
    void *data = NULL;
    size_t length = 0;
    int status = records_read(path, &data, &length);
    if (status != CTL_OK)
        return status;
    int code = repeat_record(data, length, &watch, &f);
    free(data);
    if (code < 0) {
        fprintf(stderr, "aemsctl: %s: %s\n", path, f.why);
        return CTL_FAILED;
    }
    if (o->json)
        json_array_append_new(list, figures_json(path, &f));
    else
        print_figures(path, &f);
    return repeat_is_exact(&f) ? CTL_OK : CTL_FAILED;
}

int records_repeat(const struct ctl_options *o)
{
    struct solving solving = {0};
    json_t *list = json_array();
    if (list == NULL || planner_new(&solving.planner) < 0) {
        json_decref(list);
        return CTL_FAILED;
    }
    int status = repeat_file(o, o->record, &solving, list);
    for (size_t i = 0; i < o->n_words; i++) {
        int other = repeat_file(o, o->words[i], &solving, list);
        status = status == CTL_OK ? other : status;
    }
    if (o->json)
        ctl_print_json(list);
    else if (o->solve)
        printf("planner: %zu problems solved again, %zu within 0.1 %% of the recorded money, worst %.3g %%\n",
               solving.asked, solving.alike, solving.worst * 100);
    if (solving.alike < solving.asked)
        status = CTL_FAILED;
    planner_free(solving.planner);
    json_decref(list);
    return status;
}
