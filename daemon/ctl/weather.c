// SPDX-License-Identifier: GPL-3.0-or-later
// A weather forecast from a file: what the topic `weather` takes, or its list of points alone.
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "daemon/ctl/ctl.h"

// The points of a file (json_decref), or NULL after the mistake was said with its line.
static json_t *read_points(const char *path)
{
    struct text text = {0};
    json_error_t error;
    json_t *json = NULL, *points = NULL;
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    if (ctl_read_file(path, &text)) {
        json = json_loads(text.data != NULL ? text.data : "", JSON_REJECT_DUPLICATES, &error);
        points = json_is_array(json) ? json : json_object_get(json, "points");
        if (json == NULL)
            fprintf(stderr, "aemsctl: %s:%d:%d: %s\n", name, error.line, error.column, error.text);
        else if (!json_is_array(points))
            fprintf(stderr, "aemsctl: %s: expected a list of points\n", name);
    }
    points = json_is_array(points) ? json_incref(points) : NULL;
    json_decref(json);
    text_free(&text);
    return points;
}

static int run(const struct ctl_options *o)
{
    json_t *points = read_points(o->words[0]), *reply = NULL;
    if (points == NULL)
        return CTL_FAILED;
    size_t count = json_array_size(points);
    int r = ctl_call(o, json_pack("{s:s, s:o}", "call", "weather", "points", points), &reply);
    if (r != CTL_OK)
        return r;
    if (o->json)
        ctl_print_json(reply);
    else
        printf("weather: %zu points\n", count);
    json_decref(reply);
    return CTL_OK;
}

const struct ctl_command ctl_weather = {
    .name = "weather",
    .summary = "tell a weather forecast",
    .usage = "weather FILE.json|- [--json]",
    .options = " json ",
    .min_words = 1,
    .max_words = 1,
    .run = run,
};
