// SPDX-License-Identifier: GPL-3.0-or-later
// aems-planner: problems in on stdin, schedules out on stdout, one frame each (daemon/planner/frame.h), until stdin
// ends.
//
//     {"deadline_ms": 5000, "problem": {...}}  ->  {"schedule": {...}}  or  {"error": "..."}
//
// A program of its own because GLPK ends the process when it is at odds with itself, and because its time limit is
// not to be relied upon: the daemon kills this process when it is late.
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/planner/frame.h"
#include "plan/planner.h"

enum { MEMORY_BYTES = 1 << 30, LONGEST_DEADLINE_MS = 600000 };

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZER_MEMORY 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZER_MEMORY 1
#endif

// A sanitizer's shadow memory does not fit below any limit.
static void limit_memory(void)
{
#if !defined(SANITIZER_MEMORY)
    struct rlimit limit = {.rlim_cur = MEMORY_BYTES, .rlim_max = MEMORY_BYTES};
    if (setrlimit(RLIMIT_AS, &limit) < 0)
        log_warning("no limit of memory: %s", strerror(errno));
#endif
}

// GLPK prints its last words to stdout, which belongs to the frames: they go to stderr.
static int keep_stdout(void)
{
    int out = dup(STDOUT_FILENO);
    if (out < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        return -1;
    return out;
}

// ---- one problem ----------------------------------------------------------------------------------------------------

static int read_question(const struct frame_reader *frame, int *ret_deadline_ms, struct plan_problem **ret_problem)
{
    json_t *root = json_loadb(frame->payload, frame->length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *deadline = json_object_get(root, "deadline_ms"), *problem = json_object_get(root, "problem");
    json_int_t deadline_ms = json_integer_value(deadline);
    int rc = AEMS_E_FORMAT;
    if (json_is_integer(deadline) && deadline_ms > 0 && deadline_ms <= LONGEST_DEADLINE_MS && json_is_object(problem)) {
        char *text = json_dumps(problem, JSON_COMPACT | JSON_REAL_PRECISION(17));
        rc = text ? plan_problem_from_json(text, strlen(text), ret_problem) : AEMS_E_NOMEM;
        free(text);
        *ret_deadline_ms = (int)deadline_ms;
    }
    json_decref(root);
    return rc;
}

static char *error_answer(const char *why)
{
    json_t *object = json_pack("{s:s}", "error", why);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}

static char *schedule_answer(const struct schedule *s)
{
    char *schedule = NULL;
    struct text answer = {0};
    if (schedule_to_json(s, &schedule) < 0)
        return error_answer("no memory for the answer");
    text_append(&answer, "{\"schedule\":");
    text_append(&answer, schedule);
    text_append(&answer, "}");
    free(schedule);
    if (answer.failed) {
        text_free(&answer);
        return NULL;
    }
    return answer.data;
}

// NULL when there is no memory even for an error.
static char *answer(struct planner *planner, const struct frame_reader *frame)
{
    struct plan_problem *problem = NULL;
    struct schedule *schedule = NULL;
    char why[256] = "";
    int deadline_ms = 0;
    int rc = read_question(frame, &deadline_ms, &problem);
    if (rc < 0)
        return error_answer(rc == AEMS_E_NOMEM ? "no memory for the problem" : "this is no problem");
    rc = planner_solve(planner, problem, deadline_ms, &schedule, why, sizeof(why));
    char *text = rc < 0 ? error_answer(why[0] ? why : aems_error_text(rc)) : schedule_answer(schedule);
    schedule_free(schedule);
    plan_problem_free(problem);
    return text;
}

// ---- the loop -------------------------------------------------------------------------------------------------------

static int serve(struct planner *planner, int out)
{
    struct frame_reader frame = {0};
    int rc;
    while ((rc = frame_reader_read(&frame, STDIN_FILENO)) >= 0) {
        if (rc == 0)
            continue;
        char *text = answer(planner, &frame);
        rc = text ? frame_write(out, text, strlen(text)) : AEMS_E_NOMEM;
        free(text);
        if (rc < 0)
            break;
    }
    frame_reader_free(&frame);
    return rc == AEMS_E_NOT_FOUND ? 0 : rc; // the end of stdin between frames is the normal end
}

static double monotonic_ms(void *context)
{
    struct timespec t;
    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

int main(void)
{
    struct planner *planner = NULL;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    limit_memory();
    int out = keep_stdout();
    if (out < 0 || planner_new(&planner) < 0) {
        log_error("aems-planner cannot start");
        return EXIT_FAILURE;
    }
    planner_set_clock(planner, monotonic_ms, NULL);
    int rc = serve(planner, out);
    if (rc < 0)
        log_error("aems-planner ends: %s", aems_error_text(rc));
    planner_free(planner);
    return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
