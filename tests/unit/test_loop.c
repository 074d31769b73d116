// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "daemon/loop/clock.h"
#include "daemon/loop/loop.h"
#include "tests/unit/run_suite.h"

static struct loop *loop;

static void setup(void)
{
    ck_assert_int_eq(loop_new(&loop), 0);
}

static void teardown(void)
{
    loop_free(loop);
}

static void stop(void *unused)
{
    (void)unused;
    loop_stop(loop);
}

static int open_descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(d);
    int n = 0;
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n;
}

static void occupy_ms(int64_t ms)
{
    uint64_t end = clock_mono_ms() + (uint64_t)ms;
    while (clock_mono_ms() < end)
        ;
}

// ---- clock --------------------------------------------------------------------------------------------------------

START_TEST(a_plain_clock_follows_the_system)
{
    struct clock_source c;
    clock_start(&c, 1, -1);
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    int64_t utc_ms = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
    struct instant now = clock_now(&c);
    ck_assert_int_ge(now.utc_ms, utc_ms);
    ck_assert_int_lt(now.utc_ms, utc_ms + 5000);
    clock_gettime(CLOCK_BOOTTIME, &t);
    ck_assert_uint_le(now.mono_ms, (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000);
}
END_TEST

START_TEST(in_a_demonstration_only_utc_runs_faster)
{
    struct clock_source c;
    clock_start(&c, 600, 1000000);
    struct instant a = clock_now(&c);
    occupy_ms(20);
    struct instant b = clock_now(&c);
    ck_assert_int_ge(a.utc_ms, 1000000);
    ck_assert_int_eq(b.utc_ms - a.utc_ms, 600 * (int64_t)(b.mono_ms - a.mono_ms));
}
END_TEST

START_TEST(an_absurd_speed_counts_as_one)
{
    struct clock_source c;
    clock_start(&c, -3, 5000);
    ck_assert_double_eq(c.speed, 1);
    ck_assert_int_ge(clock_now(&c).utc_ms, 5000);
}
END_TEST

// ---- timers -------------------------------------------------------------------------------------------------------

struct beats {
    struct loop_timer *timer;
    uint64_t at_ms[8];
    int count, want;
    int busy_ms; // of the first beat
};

static void on_beat(void *user)
{
    struct beats *b = user;
    b->at_ms[b->count++] = clock_mono_ms();
    if (b->count == 1)
        occupy_ms(b->busy_ms);
    if (b->count == b->want)
        loop_stop(loop);
}

START_TEST(a_repeating_timer_skips_beats_that_have_passed_and_keeps_its_phase)
{
    struct beats b = {.want = 3, .busy_ms = 250};
    ck_assert_int_eq(loop_timer_new(loop, on_beat, &b, &b.timer), 0);
    uint64_t start_ms = clock_mono_ms();
    loop_timer_start(b.timer, 100, 100);
    loop_run(loop);
    // Beats are due at 100, 400 (200 and 300 passed while the first was busy) and 500.
    ck_assert_int_eq(b.count, 3);
    ck_assert_uint_ge(b.at_ms[1] - start_ms, 395);
    ck_assert_uint_ge(b.at_ms[2] - start_ms, 495);
    loop_timer_free(b.timer);
}
END_TEST

START_TEST(a_timer_without_a_period_beats_once)
{
    struct beats b = {.want = 8};
    struct loop_timer *end = NULL;
    ck_assert_int_eq(loop_timer_new(loop, on_beat, &b, &b.timer), 0);
    ck_assert_int_eq(loop_timer_new(loop, stop, NULL, &end), 0);
    loop_timer_start(b.timer, 0, 0);
    loop_timer_start(end, 60, 0);
    loop_run(loop);
    ck_assert_int_eq(b.count, 1);
    loop_timer_free(b.timer);
    loop_timer_free(end);
}
END_TEST

static void free_own_timer(void *user)
{
    struct beats *b = user;
    b->count++;
    loop_timer_free(b->timer);
    b->timer = NULL;
}

START_TEST(a_timer_may_free_itself_in_its_callback)
{
    struct beats b = {0};
    ck_assert_int_eq(loop_timer_new(loop, free_own_timer, &b, &b.timer), 0);
    loop_timer_start(b.timer, 1, 1);
    loop_run(loop); // returns: nothing is left
    ck_assert_int_eq(b.count, 1);
}
END_TEST

static void stop_own_timer(void *user)
{
    struct beats *b = user;
    b->count++;
    loop_timer_stop(b->timer);
}

START_TEST(a_timer_stopped_in_its_callback_stays_stopped)
{
    struct beats b = {0};
    ck_assert_int_eq(loop_timer_new(loop, stop_own_timer, &b, &b.timer), 0);
    loop_timer_start(b.timer, 1, 1);
    loop_run(loop);
    ck_assert_int_eq(b.count, 1);
    loop_timer_free(b.timer);
}
END_TEST

// ---- wake-ups, descriptors, signals -------------------------------------------------------------------------------

static void *wake_often(void *waker)
{
    for (int i = 0; i < 1000; i++)
        loop_wake(waker);
    return NULL;
}

START_TEST(another_thread_wakes_the_loop)
{
    struct loop_waker *w = NULL;
    ck_assert_int_eq(loop_waker_new(loop, stop, NULL, &w), 0);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, wake_often, w), 0);
    loop_run(loop);
    pthread_join(thread, NULL);
    loop_waker_free(w);
}
END_TEST

struct pipe_test {
    struct loop_watch *watch;
    int fd, events, calls;
    char got[32];
    size_t length;
};

static void on_readable(void *user, int events)
{
    struct pipe_test *p = user;
    p->events = events;
    p->calls++;
    ssize_t n = read(p->fd, p->got + p->length, sizeof(p->got) - 1 - p->length);
    if (n > 0) {
        p->length += (size_t)n;
        return;
    }
    loop_watch_free(p->watch);
    p->watch = NULL;
    loop_stop(loop);
}

START_TEST(a_watch_reports_bytes_and_the_end)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    struct pipe_test p = {.fd = ends[0]};
    ck_assert_int_eq(loop_watch_new(loop, p.fd, on_readable, &p, &p.watch), 0);
    loop_watch_events(p.watch, LOOP_READ);
    ck_assert_int_eq(write(ends[1], "hello", 5), 5);
    close(ends[1]);
    loop_run(loop);
    ck_assert_str_eq(p.got, "hello");
    ck_assert_int_eq(p.events & LOOP_WRITE, 0);
    close(ends[0]);
}
END_TEST

static void on_broken(void *user, int events)
{
    struct pipe_test *p = user;
    p->events = events;
    p->calls++;
    loop_stop(loop);
}

START_TEST(a_pipe_whose_reader_is_gone_is_reported_as_both_events)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    close(ends[0]);
    struct pipe_test p = {.fd = ends[1]};
    ck_assert_int_eq(loop_watch_new(loop, p.fd, on_broken, &p, &p.watch), 0);
    loop_watch_events(p.watch, LOOP_WRITE);
    loop_run(loop);
    ck_assert_int_ne(p.events & LOOP_WRITE, 0);
    ck_assert_int_eq(write(p.fd, "x", 1), -1);
    ck_assert_int_eq(errno, EPIPE);
    loop_watch_free(p.watch);
    close(ends[1]);
}
END_TEST

START_TEST(a_plain_file_cannot_be_watched)
{
    int fd = open("/proc/self/exe", O_RDONLY);
    struct loop_watch *w = NULL;
    ck_assert_int_eq(loop_watch_new(loop, fd, on_broken, NULL, &w), AEMS_E_IO);
    ck_assert_ptr_null(w);
    close(fd);
}
END_TEST

START_TEST(a_signal_reaches_the_loop)
{
    struct loop_signal *s = NULL;
    ck_assert_int_eq(loop_signal_new(loop, SIGUSR1, stop, NULL, &s), 0);
    raise(SIGUSR1);
    loop_run(loop);
    loop_signal_free(s);
}
END_TEST

// ---- children -----------------------------------------------------------------------------------------------------

struct child_test {
    struct loop_child *child;
    int status, signal, ends;
    bool free_at_end;
};

static void on_exit_of(void *user, int status, int signal)
{
    struct child_test *t = user;
    t->status = status;
    t->signal = signal;
    t->ends++;
    if (t->free_at_end)
        loop_child_free(t->child);
    loop_stop(loop);
}

static void start(struct child_test *t, const char *script)
{
    char *arguments[] = {(char[]){"sh"}, (char[]){"-c"}, strdup(script), NULL};
    ck_assert_int_eq(loop_child_new(loop, "/bin/sh", arguments, on_exit_of, t, &t->child), 0);
    free(arguments[2]);
}

START_TEST(a_child_echoes_through_its_pipes_and_its_status_is_told)
{
    struct child_test t = {0};
    start(&t, "read line; echo \"<$line>\"; exit 3");
    ck_assert_int_ne(fcntl(loop_child_stdin(t.child), F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_ne(fcntl(loop_child_stdout(t.child), F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_eq(write(loop_child_stdin(t.child), "abc\n", 4), 4);
    loop_run(loop);
    char got[16] = "";
    ck_assert_int_eq(read(loop_child_stdout(t.child), got, sizeof(got) - 1), 6);
    ck_assert_str_eq(got, "<abc>\n");
    ck_assert_int_eq(t.status, 3);
    ck_assert_int_eq(t.signal, 0);
    loop_child_free(t.child);
}
END_TEST

START_TEST(a_killed_child_tells_its_signal_and_may_be_freed_at_once)
{
    struct child_test t = {.free_at_end = true};
    start(&t, "cat");
    loop_child_kill(t.child);
    loop_run(loop);
    ck_assert_int_eq(t.signal, SIGKILL);
}
END_TEST

START_TEST(a_child_inherits_no_pipe_of_another)
{
    struct child_test first = {0}, second = {0};
    start(&first, "cat");
    struct stat pipe_to_first;
    ck_assert_int_eq(fstat(loop_child_stdin(first.child), &pipe_to_first), 0);
    char script[100];
    snprintf(script, sizeof(script), "ls -l /proc/$$/fd | grep -q 'pipe:.%ju.$' && exit 1; exit 7",
             (uintmax_t)pipe_to_first.st_ino);
    start(&second, script);
    loop_run(loop);
    ck_assert_int_eq(second.status, 7);
    loop_child_free(first.child);
    loop_child_free(second.child);
}
END_TEST

START_TEST(freeing_a_running_child_leaves_no_zombie_and_no_descriptor)
{
    int before = open_descriptors();
    struct child_test t = {0};
    pid_t pids[10];
    for (int i = 0; i < 10; i++) {
        start(&t, "cat");
        pids[i] = loop_child_pid(t.child);
        loop_child_free(t.child);
    }
    loop_run(loop); // until all are reaped
    ck_assert_int_eq(t.ends, 0);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(waitpid(pids[i], NULL, WNOHANG), -1);
    ck_assert_int_le(open_descriptors(), before + 2); // libuv's own pipe for signals
}
END_TEST

START_TEST(freeing_the_loop_ends_a_child_that_was_left)
{
    struct child_test t = {0};
    start(&t, "cat");
    pid_t pid = loop_child_pid(t.child);
    loop_child_free(t.child);
    loop_free(loop);
    loop = NULL;
    ck_assert_int_eq(kill(pid, 0), -1);
}
END_TEST

START_TEST(a_program_that_does_not_exist_is_not_found)
{
    int before = open_descriptors();
    char *arguments[] = {(char[]){"x"}, NULL};
    struct loop_child *c = NULL;
    ck_assert_int_eq(loop_child_new(loop, "/nonexistent/x", arguments, on_exit_of, NULL, &c), AEMS_E_NOT_FOUND);
    ck_assert_ptr_null(c);
    ck_assert_int_le(open_descriptors(), before + 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("loop");
    TCase *clocks = tcase_create("clock");
    tcase_add_test(clocks, a_plain_clock_follows_the_system);
    tcase_add_test(clocks, in_a_demonstration_only_utc_runs_faster);
    tcase_add_test(clocks, an_absurd_speed_counts_as_one);
    suite_add_tcase(s, clocks);
    TCase *t = tcase_create("loop");
    tcase_set_timeout(t, 20);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_repeating_timer_skips_beats_that_have_passed_and_keeps_its_phase);
    tcase_add_test(t, a_timer_without_a_period_beats_once);
    tcase_add_test(t, a_timer_may_free_itself_in_its_callback);
    tcase_add_test(t, a_timer_stopped_in_its_callback_stays_stopped);
    tcase_add_test(t, another_thread_wakes_the_loop);
    tcase_add_test(t, a_watch_reports_bytes_and_the_end);
    tcase_add_test(t, a_pipe_whose_reader_is_gone_is_reported_as_both_events);
    tcase_add_test(t, a_plain_file_cannot_be_watched);
    tcase_add_test(t, a_signal_reaches_the_loop);
    tcase_add_test(t, a_child_echoes_through_its_pipes_and_its_status_is_told);
    tcase_add_test(t, a_killed_child_tells_its_signal_and_may_be_freed_at_once);
    tcase_add_test(t, a_child_inherits_no_pipe_of_another);
    tcase_add_test(t, freeing_a_running_child_leaves_no_zombie_and_no_descriptor);
    tcase_add_test(t, freeing_the_loop_ends_a_child_that_was_left);
    tcase_add_test(t, a_program_that_does_not_exist_is_not_found);
    suite_add_tcase(s, t);
    return run_suite(s);
}
