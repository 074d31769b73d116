// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/planner/planner_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "daemon/loop/background.h"
#include "daemon/loop/backoff.h"
#include "daemon/planner/frame.h"
#include "daemon/planner/planner_codec.h"

enum { GRACE_MS = 250, HANG_UP_MS = 200, BACKOFF_FIRST_MS = 200, BACKOFF_MAX_MS = 30000, WHY_SIZE = 400 };

struct question {
    struct plan_problem *problem; // NULL: none
    int deadline_ms;
};

// Large problems and answers take tens of milliseconds to write and read: not on the loop.
struct judgement {
    char *answer;
    size_t length;
    struct schedule *schedule;
    int code;
    char why[WHY_SIZE];
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
    bool hung_up; // the child closed its output; its end should follow
    bool ended;   // it has ended; what it wrote before is being read

    struct question asked, waiting;
    struct background *encoding, *judging; // at work on `asked`
    struct judgement judgement;
    int encode_code;
    char *frame; // of `asked`
    size_t frame_length, frame_sent;
    bool frame_ready; // no child has got any of it
    struct loop_timer *deadline;
};

static void ask_waiting(struct planner_link *p);

static void question_free(struct question *q)
{
    plan_problem_free(q->problem);
    *q = (struct question){0};
}

static void drop_frame(struct planner_link *p)
{
    free(p->frame);
    p->frame = NULL;
    p->frame_ready = false;
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
    p->hung_up = p->ended = false;
    loop_timer_stop(p->deadline);
}

// The last act of whoever calls it, since the callback may ask again.
static void fail_question(struct planner_link *p, const char *why)
{
    drop_frame(p);
    question_free(&p->asked);
    ask_waiting(p);
    p->callbacks.on_failure(p->callbacks.user, why);
}

// A question of which this child knows nothing, or which it has answered already, survives it.
static void replace_child(struct planner_link *p, const char *why)
{
    bool concerned = p->asked.problem != NULL && p->encoding == NULL && p->judging == NULL && !p->frame_ready;
    end_child(p);
    loop_timer_start(p->restart, backoff_next(&p->backoff), 0);
    if (concerned)
        fail_question(p, why);
    else
        log_warning("%s", why);
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

static void judge(void *user)
{
    struct planner_link *p = user;
    struct judgement *j = &p->judgement;
    j->code = planner_judge(j->answer, j->length, p->asked.problem, j->why, sizeof(j->why), &j->schedule);
}

static void take_judgement(void *user)
{
    struct planner_link *p = user;
    background_free(p->judging);
    p->judging = NULL;
    struct judgement j = p->judgement;
    p->judgement = (struct judgement){0};
    free(j.answer);
    if (j.code == 0) {
        backoff_reset(&p->backoff);
        question_free(&p->asked);
        ask_waiting(p);
        p->callbacks.on_schedule(p->callbacks.user, j.schedule);
        return;
    }
    if (j.code == AEMS_E_STATE || p->child == NULL)
        fail_question(p, j.why);
    else
        replace_child(p, j.why); // with it goes the basis that led it astray
}

static void take_answer(struct planner_link *p)
{
    bool asked = p->asked.problem != NULL && p->judging == NULL && p->encoding == NULL && p->frame == NULL;
    if (!asked) {
        replace_child(p, "planner answers what was not asked");
        return;
    }
    loop_timer_stop(p->deadline);
    p->judgement = (struct judgement){.answer = p->reader.payload, .length = p->reader.length};
    p->reader = (struct frame_reader){0};
    if (background_start(p->loop, judge, take_judgement, p, &p->judging) == 0)
        return;
    free(p->judgement.answer);
    p->judgement = (struct judgement){0};
    fail_question(p, "no memory for the planner's answer");
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
    drop_frame(p);
}

static void on_writable(void *user, int events)
{
    (void)events;
    send_frame(user);
}

static void begin_sending(struct planner_link *p)
{
    if (!p->frame_ready || p->child == NULL || p->ended || p->hung_up)
        return;
    p->frame_ready = false;
    p->frame_sent = 0;
    loop_timer_start(p->deadline, (uint64_t)p->asked.deadline_ms + GRACE_MS, 0);
    send_frame(p);
}

static void encode(void *user)
{
    struct planner_link *p = user;
    p->encode_code = planner_encode(p->asked.problem, p->asked.deadline_ms, &p->frame, &p->frame_length);
}

static void on_encoded(void *user)
{
    struct planner_link *p = user;
    background_free(p->encoding);
    p->encoding = NULL;
    p->frame_ready = p->encode_code == 0;
    if (p->frame_ready)
        begin_sending(p);
    else
        fail_question(p, "the problem cannot be written for the planner");
}

static int ask(struct planner_link *p, struct question q)
{
    p->asked = q;
    int r = background_start(p->loop, encode, on_encoded, p, &p->encoding);
    if (r != 0)
        question_free(&p->asked);
    return r;
}

static void ask_waiting(struct planner_link *p)
{
    if (p->waiting.problem == NULL || p->asked.problem != NULL)
        return;
    struct question q = p->waiting;
    p->waiting = (struct question){0};
    if (ask(p, q) != 0)
        p->callbacks.on_failure(p->callbacks.user, "no memory for the problem");
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
        begin_sending(p);
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
    if (p->asked.problem == NULL)
        return ask(p, q);
    question_free(&p->waiting);
    p->waiting = q;
    return 0;
}

pid_t planner_link_pid(const struct planner_link *p)
{
    return p->child != NULL ? loop_child_pid(p->child) : -1;
}

void planner_link_stop(struct planner_link *p)
{
    if (p == NULL)
        return;
    background_free(p->encoding);
    background_free(p->judging);
    free(p->judgement.answer);
    schedule_free(p->judgement.schedule);
    if (p->deadline != NULL)
        end_child(p);
    drop_frame(p);
    question_free(&p->asked);
    question_free(&p->waiting);
    loop_timer_free(p->restart);
    loop_timer_free(p->deadline);
    free(p->program);
    free(p);
}
