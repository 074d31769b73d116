// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/planner_link.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/backoff.h"
#include "daemon/frame.h"

enum { GRACE_MS = 250, HANG_UP_MS = 200, BACKOFF_FIRST_MS = 200, BACKOFF_MAX_MS = 30000, WHY_SIZE = 400 };

struct question {
    struct plan_problem *problem; // NULL: none
    int deadline_ms;
};

struct planner_link {
    struct loop *loop;
    char *program;
    struct planner_callbacks callbacks;

    struct loop_child *child; // NULL while waiting for its restart
    struct loop_watch *in, *out;
    struct loop_timer *restart;
    struct backoff backoff;
    struct frame_reader reader;
    char *frame; // on its way to the child
    size_t frame_length, frame_sent;

    struct question asked, waiting;
    struct loop_timer *deadline;
    bool hung_up; // the child closed its output; its end should follow
    bool ended;   // it has ended; what it wrote before is being read
};

static void ask_waiting(struct planner_link *p);

static void question_free(struct question *q)
{
    plan_problem_free(q->problem);
    *q = (struct question){0};
}

// ---- the child ----------------------------------------------------------------------------------------------------

static void end_child(struct planner_link *p)
{
    loop_watch_free(p->in);
    loop_watch_free(p->out);
    p->in = p->out = NULL;
    loop_child_free(p->child);
    p->child = NULL;
    frame_reader_free(&p->reader);
    free(p->frame);
    p->frame = NULL;
    p->hung_up = p->ended = false;
    loop_timer_stop(p->deadline);
}

// The last act of whoever calls it, since the callback may ask again.
static void report_failure(struct planner_link *p, const char *why)
{
    if (p->asked.problem == NULL) {
        log_warning("planner: %s", why);
        return;
    }
    question_free(&p->asked);
    ask_waiting(p);
    p->callbacks.on_failure(p->callbacks.user, why);
}

static void replace_child(struct planner_link *p, const char *why)
{
    end_child(p);
    loop_timer_start(p->restart, backoff_next(&p->backoff), 0);
    report_failure(p, why);
}

static void on_late(void *user)
{
    struct planner_link *p = user;
    char why[WHY_SIZE];
    if (p->hung_up)
        snprintf(why, sizeof(why), "planner closed its output");
    else
        snprintf(why, sizeof(why), "planner killed after %d ms", p->asked.deadline_ms);
    replace_child(p, why);
}

// ---- answers ------------------------------------------------------------------------------------------------------

static const char answer_head[] = "{\"schedule\":";

// A schedule, or a sentence. The planner writes exactly `{"schedule":...}` or `{"error":"..."}`.
static int parse_answer(const char *text, size_t length, struct schedule **ret_schedule, char *ret_why, size_t size)
{
    size_t head = sizeof(answer_head) - 1;
    if (length > head && strncmp(text, answer_head, head) == 0 && text[length - 1] == '}') {
        int r = schedule_from_json(text + head, length - head - 1, ret_schedule);
        if (r != 0)
            snprintf(ret_why, size, "planner's answer is no schedule: %s", aems_error_text(r));
        return r;
    }
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    const char *error = json_string_value(json_object_get(root, "error"));
    int r = error != NULL ? AEMS_E_STATE : AEMS_E_FORMAT;
    snprintf(ret_why, size, "%s%s", error != NULL ? "planner: " : "planner's answer is no answer",
             error != NULL ? error : "");
    json_decref(root);
    return r;
}

// AEMS_E_STATE: the planner itself found none, which is no reason to replace it.
static int judge_answer(struct planner_link *p, struct schedule **ret_schedule, char *ret_why, size_t size)
{
    struct schedule *s = NULL;
    if (p->asked.problem == NULL) {
        snprintf(ret_why, size, "planner answers what was not asked");
        return AEMS_E_FORMAT;
    }
    int r = parse_answer(p->reader.payload, p->reader.length, &s, ret_why, size);
    if (r != 0)
        return r;
    char why[WHY_SIZE / 2] = "";
    r = schedule_check(s, p->asked.problem, why, sizeof(why));
    if (r == 0) {
        *ret_schedule = s;
        return 0;
    }
    snprintf(ret_why, size, "planner's answer refused: %s", why);
    schedule_free(s);
    return r == AEMS_E_STATE ? AEMS_E_REFUSED : r;
}

static void take_answer(struct planner_link *p)
{
    struct schedule *s = NULL;
    char why[WHY_SIZE] = "";
    int r = judge_answer(p, &s, why, sizeof(why));
    if (r != 0 && r != AEMS_E_STATE) {
        replace_child(p, why); // with it goes the basis that led it astray
        return;
    }
    loop_timer_stop(p->deadline);
    backoff_reset(&p->backoff);
    if (r != 0) {
        report_failure(p, why);
        return;
    }
    question_free(&p->asked);
    ask_waiting(p);
    p->callbacks.on_schedule(p->callbacks.user, s);
}

static void hear(struct planner_link *p)
{
    int r = frame_reader_read(&p->reader, loop_child_stdout(p->child));
    if (r == 1) {
        take_answer(p);
    } else if (r == AEMS_E_NOT_FOUND || r == AEMS_E_FORMAT) {
        loop_watch_events(p->out, 0);
        p->hung_up = true;
        loop_timer_start(p->deadline, HANG_UP_MS, 0); // its status says more, if it comes
    } else if (r < 0) {
        char why[WHY_SIZE];
        snprintf(why, sizeof(why), "planner's answer is no frame: %s", aems_error_text(r));
        replace_child(p, why);
    }
}

static void on_readable(void *user, int events)
{
    (void)events;
    hear(user);
}

static void on_exit_of_child(void *user, int status, int signal)
{
    struct planner_link *p = user;
    struct loop_child *ended = p->child;
    int more = 0;
    p->ended = true;
    while (!p->hung_up && ioctl(loop_child_stdout(ended), FIONREAD, &more) == 0 && more > 0) {
        hear(p); // an answer may have come before the end
        if (p->child != ended)
            return;
    }
    char why[WHY_SIZE];
    if (signal != 0)
        snprintf(why, sizeof(why), "planner ended by signal %d", signal);
    else
        snprintf(why, sizeof(why), "planner ended with status %d", status);
    replace_child(p, why);
}

// ---- questions ----------------------------------------------------------------------------------------------------

static void send_frame(struct planner_link *p)
{
    while (p->frame != NULL && p->frame_sent < p->frame_length) {
        ssize_t n = write(loop_child_stdin(p->child), p->frame + p->frame_sent, p->frame_length - p->frame_sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            loop_watch_events(p->in, LOOP_WRITE);
            return;
        }
        if (n < 0)
            break; // it has closed its input: its end, or the deadline, follows
        p->frame_sent += (size_t)n;
    }
    loop_watch_events(p->in, 0);
    free(p->frame);
    p->frame = NULL;
}

static void on_writable(void *user, int events)
{
    (void)events;
    send_frame(user);
}

static int make_frame(struct planner_link *p)
{
    char *problem = NULL;
    int r = plan_problem_to_json(p->asked.problem, &problem);
    if (r != 0)
        return r;
    struct text t = {0};
    text_append(&t, "####"); // room for the length
    text_appendf(&t, "{\"deadline_ms\":%d,\"problem\":", p->asked.deadline_ms);
    text_append(&t, problem);
    text_append(&t, "}");
    free(problem);
    if (t.failed) {
        text_free(&t);
        return AEMS_E_NOMEM;
    }
    r = frame_header(t.length - FRAME_HEADER_BYTES, (unsigned char *)t.data);
    if (r != 0) {
        text_free(&t);
        return r;
    }
    p->frame = t.data;
    p->frame_length = t.length;
    p->frame_sent = 0;
    return 0;
}

static int ask(struct planner_link *p)
{
    int r = make_frame(p);
    if (r != 0) {
        question_free(&p->asked);
        return r;
    }
    loop_timer_start(p->deadline, (uint64_t)p->asked.deadline_ms + GRACE_MS, 0);
    send_frame(p);
    return 0;
}

static void ask_waiting(struct planner_link *p)
{
    if (p->child == NULL || p->ended || p->waiting.problem == NULL || p->asked.problem != NULL)
        return;
    p->asked = p->waiting;
    p->waiting = (struct question){0};
    int r = ask(p);
    if (r != 0)
        p->callbacks.on_failure(p->callbacks.user, "the problem cannot be sent to the planner");
}

static int start_child(struct planner_link *p)
{
    char *arguments[] = {p->program, NULL};
    int r = loop_child_new(p->loop, p->program, arguments, on_exit_of_child, p, &p->child);
    if (r == 0)
        r = loop_watch_new(p->loop, loop_child_stdin(p->child), on_writable, p, &p->in);
    if (r == 0)
        r = loop_watch_new(p->loop, loop_child_stdout(p->child), on_readable, p, &p->out);
    if (r != 0) {
        end_child(p);
        return r;
    }
    loop_watch_events(p->out, LOOP_READ);
    return 0;
}

static void on_restart(void *user)
{
    struct planner_link *p = user;
    int r = start_child(p);
    if (r == 0) {
        ask_waiting(p);
        return;
    }
    log_error("planner: %s does not start: %s", p->program, r == AEMS_E_IO ? strerror(errno) : aems_error_text(r));
    loop_timer_start(p->restart, backoff_next(&p->backoff), 0);
}

// ---- calls of the owner -------------------------------------------------------------------------------------------

int planner_link_start(struct loop *loop, const char *program, const struct planner_callbacks *callbacks,
                       struct planner_link **ret_link)
{
    struct planner_link *p = calloc(1, sizeof(*p));
    if (p == NULL)
        return AEMS_E_NOMEM;
    *p = (struct planner_link){
        .loop = loop, .callbacks = *callbacks, .backoff = {.first_ms = BACKOFF_FIRST_MS, .max_ms = BACKOFF_MAX_MS}};
    p->program = strdup(program);
    int r = p->program != NULL ? 0 : AEMS_E_NOMEM;
    if (r == 0)
        r = loop_timer_new(loop, on_restart, p, &p->restart);
    if (r == 0)
        r = loop_timer_new(loop, on_late, p, &p->deadline);
    if (r == 0)
        r = start_child(p);
    if (r != 0) {
        planner_link_stop(p);
        return r;
    }
    *ret_link = p;
    return 0;
}

int planner_link_solve(struct planner_link *p, struct plan_problem *problem, int deadline_ms)
{
    struct question q = {.problem = problem, .deadline_ms = deadline_ms};
    if (p->asked.problem != NULL || p->child == NULL || p->ended) {
        question_free(&p->waiting);
        p->waiting = q;
        return 0;
    }
    p->asked = q;
    return ask(p);
}

pid_t planner_link_pid(const struct planner_link *p)
{
    return p->child != NULL ? loop_child_pid(p->child) : -1;
}

void planner_link_stop(struct planner_link *p)
{
    if (p == NULL)
        return;
    if (p->deadline != NULL)
        end_child(p);
    question_free(&p->asked);
    question_free(&p->waiting);
    loop_timer_free(p->restart);
    loop_timer_free(p->deadline);
    free(p->program);
    free(p);
}
