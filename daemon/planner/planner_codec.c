// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/planner/planner_codec.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "daemon/planner/frame.h"

int planner_encode(const struct plan_problem *problem, int deadline_ms, char **ret_frame, size_t *ret_length)
{
    char *json = NULL;
    int r = plan_problem_to_json(problem, &json);
    if (r != 0)
        return r;
    struct text t = {0};
    text_append(&t, "####"); // room for the length
    text_appendf(&t, "{\"deadline_ms\":%d,\"problem\":", deadline_ms);
    text_append(&t, json);
    text_append(&t, "}");
    free(json);
    r = t.failed ? AEMS_E_NOMEM : frame_header(t.length - FRAME_HEADER_BYTES, (unsigned char *)t.data);
    if (r != 0) {
        text_free(&t);
        return r;
    }
    *ret_frame = t.data;
    *ret_length = t.length;
    return 0;
}

static const char answer_head[] = "{\"schedule\":";

static int read_error(const char *answer, size_t length, char *ret_why, size_t size)
{
    json_t *root = json_loadb(answer, length, JSON_REJECT_DUPLICATES, NULL);
    const char *error = json_string_value(json_object_get(root, "error"));
    int r = error != NULL ? AEMS_E_STATE : AEMS_E_FORMAT;
    if (error != NULL)
        snprintf(ret_why, size, "planner: %s", error);
    else
        snprintf(ret_why, size, "planner's answer is no answer");
    json_decref(root);
    return r;
}

// The planner writes exactly `{"schedule":...}` or `{"error":"..."}`, so the schedule's own text is known without
// reading it twice.
int planner_judge(const char *answer, size_t length, const struct plan_problem *problem, char *ret_why, size_t size,
                  struct schedule **ret_schedule)
{
    size_t head = sizeof(answer_head) - 1;
    if (length <= head || strncmp(answer, answer_head, head) != 0 || answer[length - 1] != '}')
        return read_error(answer, length, ret_why, size);
    struct schedule *s = NULL;
    int r = schedule_from_json(answer + head, length - head - 1, &s);
    if (r != 0) {
        snprintf(ret_why, size, "planner's answer is no schedule: %s", aems_error_text(r));
        return r;
    }
    char why[256] = "";
    if (schedule_check(s, problem, why, sizeof(why)) != 0) {
        snprintf(ret_why, size, "planner's answer refused: %s", why);
        schedule_free(s);
        return AEMS_E_REFUSED;
    }
    *ret_schedule = s;
    return 0;
}
