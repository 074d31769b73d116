// SPDX-License-Identifier: GPL-3.0-or-later
// A world whose control calls are asked by a test: its fixture, and answers as JSON.
#pragma once

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "calls_world.h"

static struct calls_world world;

static inline void setup(void)
{
    ck_assert_int_eq(calls_world_make(&world), 0);
}

static inline void teardown(void)
{
    calls_world_free(&world);
}

static inline json_t *ask(const char *line)
{
    char *text = calls_answer(&world.calls, line, strlen(line));
    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_null(strchr(text, '\n'));
    json_t *reply = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(reply);
    free(text);
    return reply;
}

static inline void expect_error(const char *line, const char *message)
{
    json_t *reply = ask(line);
    ck_assert_msg(json_is_false(json_object_get(reply, "ok")), "%s", line);
    const char *error = json_string_value(json_object_get(reply, "error"));
    ck_assert_ptr_nonnull(error);
    ck_assert_msg(strstr(error, message) != NULL, "%s: \"%s\"", line, error);
    json_decref(reply);
}
