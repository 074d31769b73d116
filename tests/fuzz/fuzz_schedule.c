// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as the answer of a planner and as a question to it. What is read must survive its check, its text, and the
// way back.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plan/schedule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct plan_problem *try_problem(const char *text, size_t size)
{
    struct plan_problem *p = NULL, *again = NULL;
    char why[128], *out = NULL;
    if (plan_problem_from_json(text, size, &p) < 0)
        return NULL;
    if (plan_problem_check(p, why, sizeof(why)) < 0) {
        plan_problem_free(p);
        return NULL;
    }
    if (plan_problem_to_json(p, &out) < 0 || plan_problem_from_json(out, strlen(out), &again) < 0)
        abort();
    plan_problem_free(again);
    free(out);
    return p;
}

// A problem that the schedule could be the answer to, as far as sizes go; its bytes come from the same input.
static void try_schedule(const char *text, size_t size, const struct plan_problem *p)
{
    struct schedule *s = NULL;
    char why[128], *out = NULL;
    if (schedule_from_json(text, size, &s) < 0)
        return;
    if (p)
        schedule_check(s, p, why, sizeof(why));
    schedule_step_at(s, INT64_C(1767600000000));
    if (s->n_assets > 0)
        reason_text(s->assets[0].id, s->assets[0].kind, s->assets[0].power_w[0], &s->assets[0].reasons[0], why,
                    sizeof(why));
    if (schedule_to_json(s, &out) == 0)
        free(out);
    schedule_free(s);
}

// An input is a problem, a zero byte and a schedule; either may be missing.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *end = size ? memchr(text, '\0', size) : NULL;
    size_t first = end ? (size_t)(end - text) : size;
    struct plan_problem *p = try_problem(text, first);
    if (end)
        try_schedule(end + 1, size - first - 1, p);
    else
        try_schedule(text, size, p);
    plan_problem_free(p);
    return 0;
}
