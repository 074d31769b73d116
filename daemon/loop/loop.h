// SPDX-License-Identifier: GPL-3.0-or-later
// The event loop: timers, wake-ups from other threads, file descriptors, signals, child processes. uv.h only in loop.c.
//
// All callbacks run on the thread of loop_run. Handles are freed by their `_free`; NULL is fine.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;

int loop_new(struct loop **ret_loop); // ignores SIGPIPE from here on: a peer that is gone shows as EPIPE
void loop_free(struct loop *l);       // after its handles; kills children that are left
void loop_run(struct loop *l);        // until loop_stop
void loop_stop(struct loop *l);

// Repeating timers keep to absolute monotonic deadlines: they do not drift by the callback's duration, and skip beats
// that have passed. `period_ms` 0: once.
struct loop_timer;
int loop_timer_new(struct loop *l, void (*fn)(void *user), void *user, struct loop_timer **ret_timer);
void loop_timer_start(struct loop_timer *t, uint64_t first_ms, uint64_t period_ms);
void loop_timer_stop(struct loop_timer *t);
void loop_timer_free(struct loop_timer *t);

// loop_wake may be called from any thread; several wakes may arrive as one call.
struct loop_waker;
int loop_waker_new(struct loop *l, void (*fn)(void *user), void *user, struct loop_waker **ret_waker);
void loop_wake(struct loop_waker *w);
void loop_waker_free(struct loop_waker *w);

enum { LOOP_READ = 1, LOOP_WRITE = 2 };
struct loop_watch; // does not own the descriptor; it must stay open until loop_watch_free
// Once at most for a descriptor. An error on it is reported as both events and pauses the watch: the read or write that
// follows meets the error. AEMS_E_IO: not a pipe, socket or terminal.
int loop_watch_new(struct loop *l, int fd, void (*fn)(void *user, int events), void *user,
                   struct loop_watch **ret_watch);
void loop_watch_events(struct loop_watch *w, int events); // 0: pause
void loop_watch_free(struct loop_watch *w);

struct loop_signal;
int loop_signal_new(struct loop *l, int signal, void (*fn)(void *user), void *user, struct loop_signal **ret_signal);
void loop_signal_free(struct loop_signal *s);

// A child with a pipe to its standard input and one from its standard output, both non-blocking; stderr is shared.
// `file` is searched in PATH unless it has a slash. AEMS_E_NOT_FOUND, AEMS_E_IO (errno says why). Free watches of the
// pipes before the child.
struct loop_child;
int loop_child_new(struct loop *l, const char *file, char *const arguments[],
                   void (*on_exit)(void *user, int status, int signal), void *user, struct loop_child **ret_child);
int loop_child_stdin(const struct loop_child *c);
int loop_child_stdout(const struct loop_child *c);
pid_t loop_child_pid(const struct loop_child *c);
void loop_child_kill(struct loop_child *c); // SIGKILL; on_exit follows
void loop_child_free(struct loop_child *c); // kills it if need be, without on_exit; closes the pipes
