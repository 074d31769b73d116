// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/replay_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/loop/clock.h"

enum { TICK_MS = 200, PIPE_BYTES = 1 << 20, WHY_SIZE = 256 };

// What a worker writes into its pipe: a head, and behind a step the rows of its assets and grids. Both ends are the
// same program.
enum record_kind { RECORD_STEP, RECORD_DONE, RECORD_FAILED };

struct record {
    enum record_kind kind;
    int code; // of RECORD_FAILED
    union {
        struct replay_step step; // its pointers are meaningless
        struct {
            struct replay_figures figures;
            struct replay_solve_times times;
        } done;
        char why[WHY_SIZE];
    };
};

// ---- the worker ---------------------------------------------------------------------------------------------------

static double cpu_ms(void *context)
{
    (void)context;
    return clock_cpu_ms();
}

static bool write_step(const struct replay_task *task, const struct replay_step *step, FILE *pipe)
{
    struct record record = {.kind = RECORD_STEP, .step = *step};
    const struct site *site = task->site;
    return fwrite(&record, sizeof(record), 1, pipe) == 1 &&
           fwrite(step->assets, sizeof(*step->assets), site->n_assets, pipe) == site->n_assets &&
           fwrite(step->grids, sizeof(*step->grids), site->n_grids, pipe) == site->n_grids;
}

static int work_through(const struct replay_task *task, struct replay *replay, FILE *pipe)
{
    const struct replay_step *step;
    int code;
    while ((code = replay_step(replay, &step)) > 0)
        if (!write_step(task, step, pipe))
            return AEMS_E_IO;
    if (code < 0)
        return code;
    struct record record = {.kind = RECORD_DONE};
    replay_figures(replay, &record.done.figures);
    record.done.times = (struct replay_solve_times){
        replay_solve_ms(replay, 0.5),
        replay_solve_ms(replay, 0.99),
        replay_solve_ms(replay, 1),
    };
    return fwrite(&record, sizeof(record), 1, pipe) == 1 ? 0 : AEMS_E_IO;
}

static void work(const struct replay_task *task, enum replay_controller controller, FILE *pipe)
{
    struct replay_options options = task->options;
    struct record failed = {.kind = RECORD_FAILED};
    struct replay *replay = NULL;
    options.controller = controller;
    failed.code = replay_new(task->site, task->data, &options, &replay, failed.why, sizeof(failed.why));
    if (failed.code == 0) {
        replay_set_clock(replay, cpu_ms, NULL);
        failed.code = work_through(task, replay, pipe);
        strcpy(failed.why, aems_error_text(failed.code));
    }
    if (failed.code < 0)
        fwrite(&failed, sizeof(failed), 1, pipe);
    fflush(pipe);
    replay_free(replay);
}

// Never returns. The worker dies with its parent, and by the signals that its parent outlives.
__attribute__((noreturn)) static void be_worker(const struct replay_task *task, enum replay_controller controller,
                                                int fd, pid_t parent)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
        signal(signals[i], SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    FILE *pipe = getppid() == parent ? fdopen(fd, "w") : NULL;
    if (pipe != NULL)
        work(task, controller, pipe);
    _exit(0);
}

// ---- those who listen to it ---------------------------------------------------------------------------------------

struct worker {
    enum replay_controller controller;
    pid_t pid; // 0: not started, or over
    int fd;
    char *buffer; // what has come and is not whole yet
    size_t length, capacity;
    bool done;
};

struct run {
    const struct replay_task *task;
    const struct replay_listener *listener;
    struct worker workers[REPLAY_CONTROLLER_COUNT];
    struct replay_asset_step *assets;
    struct replay_grid_step *grids;
    int started, running;
    char *why;
    size_t size;
};

static int fail(struct run *run, const struct worker *w, const char *why, int code)
{
    snprintf(run->why, run->size, "%s: %s", replay_controller_name(w->controller), why);
    return code;
}

static int start(struct run *run)
{
    struct worker *w = &run->workers[run->started];
    size_t rows = run->task->site->n_assets * sizeof(*run->assets) + run->task->site->n_grids * sizeof(*run->grids);
    pid_t parent = getpid();
    int ends[2];
    *w = (struct worker){.controller = run->task->controllers[run->started], .fd = -1};
    w->capacity = sizeof(struct record) + rows + PIPE_BYTES;
    w->buffer = malloc(w->capacity);
    run->started++;
    if (w->buffer == NULL)
        return fail(run, w, "out of memory", AEMS_E_NOMEM);
    if (pipe2(ends, O_CLOEXEC) < 0)
        return fail(run, w, strerror(errno), AEMS_E_IO);
    w->pid = fork();
    if (w->pid == 0) {
        close(ends[0]);
        be_worker(run->task, w->controller, ends[1], parent);
    }
    close(ends[1]);
    w->fd = ends[0];
    if (w->pid < 0)
        return fail(run, w, strerror(errno), AEMS_E_IO);
    fcntl(w->fd, F_SETPIPE_SZ, PIPE_BYTES); // fewer changes from one process to the other; refused is no harm
    run->running++;
    return 0;
}

static int take_step(struct run *run, const struct worker *w, struct replay_step *step, const char *rows)
{
    const struct site *site = run->task->site;
    memcpy(run->assets, rows, site->n_assets * sizeof(*run->assets));
    memcpy(run->grids, rows + site->n_assets * sizeof(*run->assets), site->n_grids * sizeof(*run->grids));
    step->assets = run->assets;
    step->grids = run->grids;
    int code = run->listener->step(run->listener->user, w->controller, step);
    return code < 0 ? fail(run, w, aems_error_text(code), code) : 0;
}

static int take_done(struct run *run, struct worker *w, const struct record *record)
{
    w->done = true;
    int code = run->listener->done(run->listener->user, w->controller, &record->done.figures, &record->done.times);
    return code < 0 ? fail(run, w, aems_error_text(code), code) : 0;
}

// Takes the records that are whole and keeps the rest.
static int take_records(struct run *run, struct worker *w)
{
    const struct site *site = run->task->site;
    size_t rows = site->n_assets * sizeof(*run->assets) + site->n_grids * sizeof(*run->grids), at = 0;
    int code = 0;
    while (code == 0 && w->length - at >= sizeof(struct record)) {
        struct record record;
        memcpy(&record, w->buffer + at, sizeof(record));
        size_t size = sizeof(record) + (record.kind == RECORD_STEP ? rows : 0);
        if (w->length - at < size)
            break;
        if (record.kind == RECORD_STEP)
            code = take_step(run, w, &record.step, w->buffer + at + sizeof(record));
        else
            code = record.kind == RECORD_DONE ? take_done(run, w, &record) : fail(run, w, record.why, record.code);
        at += size;
    }
    memmove(w->buffer, w->buffer + at, w->length - at);
    w->length -= at;
    return code;
}

static void end_worker(struct run *run, struct worker *w)
{
    if (w->pid > 0) {
        kill(w->pid, SIGKILL);
        waitpid(w->pid, NULL, 0);
        run->running--;
    }
    w->pid = 0;
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
    free(w->buffer);
    w->buffer = NULL;
}

static int hear(struct run *run, struct worker *w)
{
    ssize_t got = read(w->fd, w->buffer + w->length, w->capacity - w->length);
    if (got < 0)
        return errno == EINTR || errno == EAGAIN ? 0 : fail(run, w, strerror(errno), AEMS_E_IO);
    if (got == 0) {
        end_worker(run, w);
        return w->done ? 0 : fail(run, w, "it ended before it was done", AEMS_E_STATE);
    }
    w->length += (size_t)got;
    return take_records(run, w);
}

static int listen_once(struct run *run)
{
    struct pollfd fds[REPLAY_CONTROLLER_COUNT];
    struct worker *of[REPLAY_CONTROLLER_COUNT];
    nfds_t n = 0;
    for (int i = 0; i < run->started; i++) {
        if (run->workers[i].fd < 0)
            continue;
        of[n] = &run->workers[i];
        fds[n++] = (struct pollfd){.fd = run->workers[i].fd, .events = POLLIN};
    }
    int ready = poll(fds, n, TICK_MS), code = 0;
    for (nfds_t i = 0; i < n && ready > 0 && code == 0; i++)
        if (fds[i].revents != 0)
            code = hear(run, of[i]);
    if (run->listener->tick != NULL)
        run->listener->tick(run->listener->user);
    return code;
}

static int run_all(struct run *run, const volatile sig_atomic_t *stop)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int code = 0;
    while (code == 0 && (run->running > 0 || run->started < run->task->n_controllers)) {
        if (*stop != 0)
            return fail(run, &run->workers[0], "interrupted", AEMS_E_TIMEOUT);
        if (run->started < run->task->n_controllers && run->running < (processors > 1 ? (int)processors : 1))
            code = start(run);
        else
            code = listen_once(run);
    }
    return code;
}

int replay_run(const struct replay_task *task, const struct replay_listener *listener,
               const volatile sig_atomic_t *stop, char *ret_why, size_t size)
{
    struct run run = {.task = task, .listener = listener, .why = ret_why, .size = size};
    run.assets = calloc(task->site->n_assets + 1, sizeof(*run.assets));
    run.grids = calloc(task->site->n_grids + 1, sizeof(*run.grids));
    int code = AEMS_E_NOMEM;
    snprintf(ret_why, size, "out of memory");
    if (run.assets != NULL && run.grids != NULL)
        code = run_all(&run, stop);
    for (int i = 0; i < run.started; i++)
        end_worker(&run, &run.workers[i]);
    free(run.assets);
    free(run.grids);
    return code;
}
