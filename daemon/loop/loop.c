// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "base/error.h"

struct loop {
    uv_loop_t uv;
};

// Every handle is the first member of its wrapper and points back to it. libuv releases handles at the end of a turn of
// the loop, so that a callback may free the very handle that called it.
static void release(uv_handle_t *handle)
{
    free(handle->data);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, release);
}

static int code_of(int uv_status)
{
    errno = -uv_status;
    switch (uv_status) {
    case 0:
        return 0;
    case UV_ENOMEM:
        return AEMS_E_NOMEM;
    case UV_ENOENT:
        return AEMS_E_NOT_FOUND;
    default:
        return AEMS_E_IO;
    }
}

// ---- the loop -----------------------------------------------------------------------------------------------------

int loop_new(struct loop **ret_loop)
{
    struct loop *l = calloc(1, sizeof(*l));
    if (l == NULL)
        return AEMS_E_NOMEM;
    int status = uv_loop_init(&l->uv);
    if (status != 0) {
        free(l);
        return code_of(status);
    }
    // A child or a broker that goes away must show as EPIPE, not end the process. Children get the default back.
    signal(SIGPIPE, SIG_IGN);
    *ret_loop = l;
    return 0;
}

static void end_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (uv_handle_get_type(handle) == UV_PROCESS && uv_is_active(handle)) {
        uv_process_t *process = (uv_process_t *)handle;
        uv_process_kill(process, SIGKILL);
        waitpid(process->pid, NULL, 0);
    }
    close_handle(handle);
}

void loop_free(struct loop *l)
{
    if (l == NULL)
        return;
    uv_walk(&l->uv, end_handle, NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT); // everything is closing: this only releases
    uv_loop_close(&l->uv);
    free(l);
}

void loop_run(struct loop *l)
{
    uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *l)
{
    uv_stop(&l->uv);
}

// ---- timers -------------------------------------------------------------------------------------------------------

struct loop_timer {
    uv_timer_t uv;
    void (*fn)(void *user);
    void *user;
    uint64_t due_ms;    // of the present beat, on the loop's clock
    uint64_t period_ms; // 0: once
    unsigned turn;      // changes with every start, stop and free
};

static void on_beat(uv_timer_t *handle);

static void arm(struct loop_timer *t)
{
    uint64_t now_ms = uv_now(t->uv.loop);
    // At least 1 ms: a timer that restarts itself with 0 would keep libuv in its list of timers for ever.
    uv_timer_start(&t->uv, on_beat, t->due_ms > now_ms ? t->due_ms - now_ms : 1, 0);
}

static void on_beat(uv_timer_t *handle)
{
    struct loop_timer *t = handle->data;
    unsigned turn = t->turn;
    t->fn(t->user);
    if (t->turn != turn || t->period_ms == 0)
        return;
    uv_update_time(t->uv.loop);
    uint64_t now_ms = uv_now(t->uv.loop);
    t->due_ms += t->period_ms;
    if (t->due_ms <= now_ms)
        t->due_ms += t->period_ms * ((now_ms - t->due_ms) / t->period_ms + 1);
    arm(t);
}

int loop_timer_new(struct loop *l, void (*fn)(void *user), void *user, struct loop_timer **ret_timer)
{
    struct loop_timer *t = calloc(1, sizeof(*t));
    if (t == NULL)
        return AEMS_E_NOMEM;
    uv_timer_init(&l->uv, &t->uv);
    t->uv.data = t;
    t->fn = fn;
    t->user = user;
    *ret_timer = t;
    return 0;
}

void loop_timer_start(struct loop_timer *t, uint64_t first_ms, uint64_t period_ms)
{
    uv_update_time(t->uv.loop);
    t->turn++;
    t->due_ms = uv_now(t->uv.loop) + first_ms;
    t->period_ms = period_ms;
    arm(t);
}

void loop_timer_stop(struct loop_timer *t)
{
    t->turn++;
    uv_timer_stop(&t->uv);
}

void loop_timer_free(struct loop_timer *t)
{
    if (t == NULL)
        return;
    loop_timer_stop(t);
    close_handle((uv_handle_t *)&t->uv);
}

// ---- wake-ups -----------------------------------------------------------------------------------------------------

struct loop_waker {
    uv_async_t uv;
    void (*fn)(void *user);
    void *user;
};

static void on_wake(uv_async_t *handle)
{
    struct loop_waker *w = handle->data;
    w->fn(w->user);
}

int loop_waker_new(struct loop *l, void (*fn)(void *user), void *user, struct loop_waker **ret_waker)
{
    struct loop_waker *w = calloc(1, sizeof(*w));
    if (w == NULL)
        return AEMS_E_NOMEM;
    w->fn = fn;
    w->user = user;
    int status = uv_async_init(&l->uv, &w->uv, on_wake);
    if (status != 0) {
        free(w);
        return code_of(status);
    }
    w->uv.data = w;
    *ret_waker = w;
    return 0;
}

void loop_wake(struct loop_waker *w)
{
    uv_async_send(&w->uv);
}

void loop_waker_free(struct loop_waker *w)
{
    if (w != NULL)
        close_handle((uv_handle_t *)&w->uv);
}

// ---- descriptors --------------------------------------------------------------------------------------------------

struct loop_watch {
    uv_poll_t uv;
    void (*fn)(void *user, int events);
    void *user;
};

static void on_ready(uv_poll_t *handle, int status, int events)
{
    struct loop_watch *w = handle->data;
    if (status != 0) { // libuv has paused the watch; the owner's next read or write meets the error itself
        w->fn(w->user, LOOP_READ | LOOP_WRITE);
        return;
    }
    w->fn(w->user, ((events & UV_READABLE) ? LOOP_READ : 0) | ((events & UV_WRITABLE) ? LOOP_WRITE : 0));
}

int loop_watch_new(struct loop *l, int fd, void (*fn)(void *user, int events), void *user,
                   struct loop_watch **ret_watch)
{
    struct loop_watch *w = calloc(1, sizeof(*w));
    if (w == NULL)
        return AEMS_E_NOMEM;
    int status = uv_poll_init(&l->uv, &w->uv, fd);
    if (status != 0) {
        free(w);
        return code_of(status);
    }
    w->uv.data = w;
    w->fn = fn;
    w->user = user;
    *ret_watch = w;
    return 0;
}

void loop_watch_events(struct loop_watch *w, int events)
{
    if (events == 0)
        uv_poll_stop(&w->uv);
    else
        uv_poll_start(&w->uv, ((events & LOOP_READ) ? UV_READABLE : 0) | ((events & LOOP_WRITE) ? UV_WRITABLE : 0),
                      on_ready);
}

void loop_watch_free(struct loop_watch *w)
{
    if (w != NULL)
        close_handle((uv_handle_t *)&w->uv);
}

// ---- signals ------------------------------------------------------------------------------------------------------

struct loop_signal {
    uv_signal_t uv;
    void (*fn)(void *user);
    void *user;
};

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    struct loop_signal *s = handle->data;
    s->fn(s->user);
}

int loop_signal_new(struct loop *l, int signal, void (*fn)(void *user), void *user, struct loop_signal **ret_signal)
{
    struct loop_signal *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return AEMS_E_NOMEM;
    int status = uv_signal_init(&l->uv, &s->uv);
    if (status != 0) {
        free(s);
        return code_of(status);
    }
    s->uv.data = s;
    s->fn = fn;
    s->user = user;
    status = uv_signal_start(&s->uv, on_signal, signal);
    if (status != 0) {
        close_handle((uv_handle_t *)&s->uv);
        return code_of(status);
    }
    *ret_signal = s;
    return 0;
}

void loop_signal_free(struct loop_signal *s)
{
    if (s != NULL)
        close_handle((uv_handle_t *)&s->uv);
}

// ---- children -----------------------------------------------------------------------------------------------------

struct loop_child {
    uv_process_t uv;
    void (*on_exit)(void *user, int status, int signal); // NULL once freed
    void *user;
    int to_child, from_child;
    bool ended;
};

static void on_child_end(uv_process_t *handle, int64_t status, int signal)
{
    struct loop_child *c = handle->data;
    c->ended = true;
    if (c->on_exit == NULL)
        close_handle((uv_handle_t *)handle);
    else
        c->on_exit(c->user, (int)status, signal);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_pipes(int pipes[2][2])
{
    for (int i = 0; i < 2; i++)
        for (int end = 0; end < 2; end++)
            close_fd(&pipes[i][end]);
}

// pipes[0] leads to the child, pipes[1] from it. Only our ends are non-blocking.
static int open_pipes(int pipes[2][2])
{
    for (int i = 0; i < 2; i++) {
        if (pipe2(pipes[i], O_CLOEXEC) != 0)
            return AEMS_E_IO;
        int ours = pipes[i][i == 0 ? 1 : 0];
        int flags = fcntl(ours, F_GETFL);
        if (flags < 0 || fcntl(ours, F_SETFL, flags | O_NONBLOCK) != 0)
            return AEMS_E_IO;
    }
    return 0;
}

static int spawn(struct loop *l, struct loop_child *c, const char *file, char *const arguments[], int pipes[2][2])
{
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_INHERIT_FD, .data.fd = pipes[0][0]},
        {.flags = UV_INHERIT_FD, .data.fd = pipes[1][1]},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
    };
    uv_process_options_t options = {
        .file = file, .args = (char **)arguments, .exit_cb = on_child_end, .stdio = stdio, .stdio_count = 3};
    return uv_spawn(&l->uv, &c->uv, &options);
}

int loop_child_new(struct loop *l, const char *file, char *const arguments[],
                   void (*on_exit)(void *user, int status, int signal), void *user, struct loop_child **ret_child)
{
    struct loop_child *c = calloc(1, sizeof(*c));
    if (c == NULL)
        return AEMS_E_NOMEM;
    *c = (struct loop_child){.on_exit = on_exit, .user = user, .to_child = -1, .from_child = -1};
    int pipes[2][2] = {{-1, -1}, {-1, -1}};
    int r = open_pipes(pipes);
    if (r != 0) {
        close_pipes(pipes);
        free(c);
        return r;
    }
    int status = spawn(l, c, file, arguments, pipes);
    c->uv.data = c;
    if (status != 0) { // the handle is part of the loop even after a failure
        close_pipes(pipes);
        close_handle((uv_handle_t *)&c->uv);
        return code_of(status);
    }
    c->to_child = pipes[0][1];
    c->from_child = pipes[1][0];
    pipes[0][1] = pipes[1][0] = -1;
    close_pipes(pipes);
    *ret_child = c;
    return 0;
}

int loop_child_stdin(const struct loop_child *c)
{
    return c->to_child;
}

int loop_child_stdout(const struct loop_child *c)
{
    return c->from_child;
}

pid_t loop_child_pid(const struct loop_child *c)
{
    return c->uv.pid;
}

void loop_child_kill(struct loop_child *c)
{
    if (!c->ended)
        uv_process_kill(&c->uv, SIGKILL);
}

void loop_child_free(struct loop_child *c)
{
    if (c == NULL)
        return;
    close_fd(&c->to_child);
    close_fd(&c->from_child);
    c->on_exit = NULL;
    if (c->ended)
        close_handle((uv_handle_t *)&c->uv);
    else
        loop_child_kill(c); // released when its end is reported, so that no zombie stays
}
