// SPDX-License-Identifier: GPL-3.0-or-later
// The engine over recorded data, offline: what it would have done, and what that would have cost.
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/ctl/new_files.h"
#include "daemon/ctl/offline.h"
#include "daemon/ctl/records.h"
#include "daemon/ctl/replay_events.h"
#include "daemon/ctl/replay_options.h"
#include "daemon/ctl/replay_run.h"
#include "daemon/ctl/replay_view.h"
#include "daemon/loop/clock.h"

enum { NUMBER_OF_SIGNALS = 3 };

struct session {
    const struct ctl_options *o;
    struct replay_call call;
    struct site *site;
    struct replay_data *data;
    struct replay_report *report;
    struct replay_events events;
    struct new_files files;
    FILE *steps_csv;
    struct replay_result results[REPLAY_CONTROLLER_COUNT]; // by controller
    int64_t from_utc_ms, to_utc_ms;
    struct { // a line on the terminal
        bool shown;
        struct style style;
        uint64_t start_mono_ms;
        double share[REPLAY_CONTROLLER_COUNT];
    } progress;
};

static volatile sig_atomic_t stopped_by;

static int sorry(const char *what, const char *why)
{
    fprintf(stderr, "aemsctl: %s: %s\n", what, why);
    return CTL_FAILED;
}

// ---- progress -----------------------------------------------------------------------------------------------------

// About how long a controller takes beside the others.
static double weight_of(int controller)
{
    return controller == REPLAY_NONE ? 1 : controller == REPLAY_RULE ? 2 : 30;
}

static void clear_progress(struct session *s)
{
    if (s->progress.shown)
        fputs("\r\033[K", stderr);
    s->progress.shown = false;
}

static void show_progress(void *user)
{
    struct session *s = user;
    double done = 0, all = 0;
    struct text line = {0};
    if (s->progress.style.height == 0) // no terminal
        return;
    for (int c = 0; c < REPLAY_CONTROLLER_COUNT; c++) {
        done += s->call.runs[c] ? s->progress.share[c] * weight_of(c) : 0;
        all += s->call.runs[c] ? weight_of(c) : 0;
    }
    double elapsed_s = (double)(clock_mono_ms() - s->progress.start_mono_ms) / 1000;
    replay_view_progress(done / all, elapsed_s, &s->progress.style, &line);
    if (!line.failed)
        fprintf(stderr, "\r%s\033[K", line.data);
    s->progress.shown = true;
    text_free(&line);
}

// ---- what the controllers tell ------------------------------------------------------------------------------------

static int take_step(void *user, enum replay_controller controller, const struct replay_step *step)
{
    struct session *s = user;
    double passed_ms = (double)(step->start_utc_ms - s->from_utc_ms) + step->hours * 3600e3;
    s->progress.share[controller] = passed_ms / (double)(s->to_utc_ms - s->from_utc_ms);
    int code = replay_report_add(s->report, controller, step);
    if (code == 0 && controller == s->call.asked)
        code = replay_steps_row(s->site, step, s->steps_csv);
    return code;
}

static int take_done(void *user, enum replay_controller controller, const struct replay_figures *figures,
                     const struct replay_solve_times *times)
{
    struct session *s = user;
    s->progress.share[controller] = 1;
    s->results[controller] = (struct replay_result){controller, *figures, *times};
    return replay_report_close(s->report, controller, figures, s->o->times ? times : NULL);
}

// ---- files --------------------------------------------------------------------------------------------------------

static int cannot_write(const struct session *s, const char *name)
{
    char path[PATH_MAX];
    int number = errno;
    snprintf(path, sizeof(path), "%s/%s", s->call.out, name);
    return sorry(path, number != 0 ? strerror(number) : "cannot be written");
}

static int open_files(struct session *s)
{
    errno = 0;
    if (new_files_folder(s->call.out) < 0)
        return sorry(s->call.out, strerror(errno));
    if (new_files_open(&s->files, s->call.out, "steps.csv", &s->steps_csv) < 0 ||
        replay_steps_header(s->site, s->steps_csv) < 0)
        return cannot_write(s, "steps.csv");
    return CTL_OK;
}

static int write_report(struct session *s, const char *name,
                        int (*write)(const struct replay_report *report, FILE *stream))
{
    FILE *stream;
    errno = 0;
    if (new_files_open(&s->files, s->call.out, name, &stream) < 0 || write(s->report, stream) < 0)
        return cannot_write(s, name);
    return CTL_OK;
}

static int write_files(struct session *s)
{
    int status = write_report(s, "report.json", replay_report_json);
    if (status == CTL_OK)
        status = write_report(s, "report.html", replay_report_html);
    if (status == CTL_OK && new_files_keep(&s->files) < 0)
        status = sorry(s->call.out, strerror(errno));
    return status;
}

static int show_results(const struct session *s)
{
    struct replay_result results[REPLAY_CONTROLLER_COUNT];
    struct style style = style_of(stdout);
    struct text out = {0};
    size_t n = 0;
    if (s->o->json)
        return replay_report_json(s->report, stdout) < 0 ? sorry("stdout", "cannot be written") : CTL_OK;
    for (int c = 0; c < REPLAY_CONTROLLER_COUNT; c++)
        if (s->call.runs[c])
            results[n++] = s->results[c];
    replay_view_table(results, n, s->site->currency, &style, &out);
    if (!out.failed)
        printf("%s\n%s/report.html\n", out.data, s->call.out);
    text_free(&out);
    return out.failed ? sorry("report", aems_error_text(AEMS_E_NOMEM)) : CTL_OK;
}

// ---- from the beginning to the end --------------------------------------------------------------------------------

static void remember_signal(int number)
{
    stopped_by = number;
}

// From here on files are under way, of which nothing half written is to be left behind. Before, while data are read
// from wherever, a signal ends the program at once.
static void heed_signals(void)
{
    static const int signals[NUMBER_OF_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
    for (int i = 0; i < NUMBER_OF_SIGNALS; i++)
        sigaction(signals[i], &(struct sigaction){.sa_handler = remember_signal}, NULL);
}

// A rest that is no whole cycle is left out, and said to be.
static int64_t end_of_cycles(const struct session *s)
{
    int64_t cycle_ms = replay_cycle_ms(s->data, &s->call.options);
    int64_t rest_ms = (s->to_utc_ms - s->from_utc_ms) % cycle_ms;
    if (rest_ms > 0)
        fprintf(stderr, "aemsctl: the last %.3g min are less than a cycle of %.3g min: left out\n",
                (double)rest_ms / 60e3, (double)cycle_ms / 60e3);
    return s->to_utc_ms - rest_ms;
}

static int make_report(struct session *s, int n_controllers)
{
    struct replay_report_about about = {
        .version = AEMS_VERSION,
        .data_name = s->call.data,
        .forecast = s->call.forecast,
        .seed = s->call.options.seed,
        .asked = s->call.asked,
        .n_controllers = n_controllers,
        .from_utc_ms = s->from_utc_ms,
        .to_utc_ms = end_of_cycles(s),
        .step_ms = replay_cycle_ms(s->data, &s->call.options),
        .data = s->data,
    };
    int code = replay_report_new(s->site, &about, &s->report);
    if (code == AEMS_E_RANGE)
        return sorry(s->call.data, "expected at most 50 years: choose a part with --from and --to");
    return code < 0 ? sorry("report", aems_error_text(code)) : CTL_OK;
}

static int run_controllers(struct session *s)
{
    char why[320];
    struct replay_task task = {.site = s->site, .data = s->data, .options = s->call.options};
    struct replay_listener listener = {s, take_step, take_done, show_progress};
    for (int c = REPLAY_CONTROLLER_COUNT - 1; c >= 0; c--) // those that take longest first
        if (s->call.runs[c])
            task.controllers[task.n_controllers++] = (enum replay_controller)c;
    int status = make_report(s, task.n_controllers);
    if (status == CTL_OK) {
        heed_signals();
        status = open_files(s);
    }
    if (status != CTL_OK)
        return status;
    s->progress.style = style_of(stderr);
    s->progress.start_mono_ms = clock_mono_ms();
    int code = replay_run(&task, &listener, &stopped_by, why, sizeof(why));
    clear_progress(s);
    return code < 0 ? sorry("replay", why) : CTL_OK;
}

static int find_span(struct session *s)
{
    const struct replay_options *options = &s->call.options;
    s->from_utc_ms = options->from_utc_ms != 0 ? options->from_utc_ms : s->data->utc_ms[0];
    s->to_utc_ms = options->to_utc_ms != 0 ? options->to_utc_ms : s->data->end_utc_ms;
    if (s->to_utc_ms > s->from_utc_ms && s->from_utc_ms >= s->data->utc_ms[0] && s->to_utc_ms <= s->data->end_utc_ms)
        return CTL_OK;
    char why[160], from[RFC3339_SIZE], to[RFC3339_SIZE];
    rfc3339_format(s->data->utc_ms[0], from);
    rfc3339_format(s->data->end_utc_ms, to);
    snprintf(why, sizeof(why), "expected --from and --to within the data: %s to %s", from, to);
    return sorry(s->call.data, why);
}

static int replay(struct session *s)
{
    bool recorded = s->o->record != NULL && s->o->config == NULL; // then it is that of the record
    int status = recorded ? CTL_OK : offline_site(s->o, &s->site);
    if (status == CTL_OK)
        status = s->o->record != NULL ? records_data(s->o, &s->site, &s->data)
                                      : offline_data(s->call.data, s->site, &s->data);
    if (status == CTL_OK)
        status = find_span(s);
    if (status == CTL_OK && s->o->events != NULL) {
        status = replay_events_read(s->o->events, s->site, s->from_utc_ms, &s->events);
        s->call.options.events = (const struct dr_event *const *)s->events.list;
        s->call.options.n_events = s->events.count;
    }
    if (status == CTL_OK && s->call.scenarios > 0)
        s->site->plan.scenarios = s->call.scenarios;
    if (status == CTL_OK)
        status = run_controllers(s);
    if (status == CTL_OK)
        status = write_files(s);
    new_files_drop(&s->files);
    if (status == CTL_OK)
        status = show_results(s);
    replay_report_free(s->report);
    replay_events_free(&s->events);
    replay_data_free(s->data);
    site_free(s->site);
    return status;
}

// A replay that Ctrl-C stopped ends by the signal, as its caller expects.
static int run_replay(const struct ctl_options *o)
{
    struct session *s = calloc(1, sizeof(*s));
    char why[256];
    if (s == NULL)
        return sorry("replay", aems_error_text(AEMS_E_NOMEM));
    s->o = o;
    int status = replay_options_read(o, &s->call, why, sizeof(why));
    if (status == CTL_OK)
        status = replay(s);
    else
        fprintf(stderr, "aemsctl: %s\n", why);
    free(s);
    if (stopped_by != 0) {
        signal(stopped_by, SIG_DFL);
        raise(stopped_by);
    }
    return status;
}

static int run(const struct ctl_options *o)
{
    if (o->record == NULL && (o->n_words > 0 || o->solve)) {
        fputs("aemsctl: replay takes files and --solve with --record only\n", stderr);
        return CTL_USAGE;
    }
    if (o->record != NULL && o->data == NULL && o->out == NULL)
        return records_repeat(o);
    return run_replay(o);
}

const struct ctl_command ctl_replay = {
    .name = "replay",
    .summary = "what would have happened over recorded data",
    .usage = "replay -c FILE (--data CSV | --record FILE...) --out DIR [--controllers NAME,...] "
             "[--forecast daemon|perfect|persistence] [--from TIME] [--to TIME] [--learn-from TIME] [--events JSON] "
             "[--cycle DURATION] [--scenarios N] [--soc SHARE] [--seed N] [--times] [--json], "
             "or --record FILE... [--solve] [--json]",
    .options =
        " data out forecast from to controllers scenarios seed cycle soc learn-from events times json record solve ",
    .max_words = 10000,
    .run = run,
};
