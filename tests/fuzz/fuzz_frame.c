// SPDX-License-Identifier: GPL-3.0-or-later
// Frames read the same however the bytes are cut, cost no more memory than bytes came, and any answer of a planner is a
// schedule, the planner's own error, or refused.
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "daemon/planner/frame.h"
#include "daemon/planner/planner_codec.h"
#include "plan/problem.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_answer(const char *answer, size_t length)
{
    static const struct plan_problem nothing = {.area = "fuzz"};
    struct schedule *s = NULL;
    char why[200] = "";
    int r = planner_judge(answer, length, &nothing, why, sizeof(why), &s);
    if ((r == 0) != (s != NULL) || (r != 0 && why[0] == '\0'))
        abort();
    schedule_free(s);
}

// Sums up the frames that come out, and how reading ended.
static unsigned long read_frames(const unsigned char *data, size_t size, size_t piece, int *ret_end)
{
    struct frame_reader r = {0};
    unsigned long sum = 5381;
    int end = 0;
    for (size_t at = 0; at < size && end >= 0; at += piece) {
        const char *bytes = (const char *)data + at;
        size_t count = size - at < piece ? size - at : piece;
        while (count > 0 && (end = frame_reader_feed(&r, &bytes, &count)) >= 0) {
            if (end == 0)
                continue;
            for (size_t i = 0; i < r.length; i++)
                sum = sum * 33 + (unsigned char)r.payload[i];
            sum = sum * 33 + r.length;
            if (r.payload[r.length] != '\0')
                abort();
        }
        if (r.capacity > 2 * size + 8192)
            abort();
    }
    frame_reader_free(&r);
    *ret_end = end < 0 ? end : 0;
    return sum;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    int whole_end = 0, cut_end = 0;
    unsigned long whole = read_frames(data, size, size > 0 ? size : 1, &whole_end);
    unsigned long cut = read_frames(data, size, 1, &cut_end);
    if (whole != cut || whole_end != cut_end)
        abort();
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_answer(text, size);
    free(text);
    return 0;
}
