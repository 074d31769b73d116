// SPDX-License-Identifier: GPL-3.0-or-later
// What an operator sends. Bytes from outside: everything that is not exactly as it should be is refused whole.
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "report/messages.h"

enum { CLOCK_TOLERANCE_MS = 5 * 1000 };

static const double LARGEST_W = 1e10;

struct reader {
    char *why;
    size_t size;
};

static int complain(const struct reader *r, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int complain(const struct reader *r, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (r->size > 0)
        vsnprintf(r->why, r->size, format, arguments);
    va_end(arguments);
    return code;
}

static int check_keys(const struct reader *r, json_t *json, const char *wanted)
{
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value)
    {
        bool known = strcmp(key, "t") == 0 || strcmp(key, wanted) == 0 ||
                     (strcmp(key, "valid_until") == 0 && strcmp(wanted, "power_w") == 0);
        if (!known)
            return complain(r, AEMS_E_FORMAT, "\"%.40s\" does not belong here", key);
    }
    return 0;
}

static int read_time(const struct reader *r, json_t *json, const char *key, int64_t *ret_utc_ms)
{
    json_t *value = json_object_get(json, key);
    if (!json_is_string(value))
        return complain(r, AEMS_E_FORMAT, "%s: expected a time such as 2026-01-31T12:00:00Z", key);
    // A string may hold a NUL that would hide what follows it.
    if (strlen(json_string_value(value)) != json_string_length(value) ||
        rfc3339_parse(json_string_value(value), ret_utc_ms) < 0)
        return complain(r, AEMS_E_FORMAT, "%s: expected a time such as 2026-01-31T12:00:00Z", key);
    return 0;
}

// In a demonstration the area's minutes pass faster than the sender's.
static int check_age(const struct reader *r, const struct site *s, json_t *json, struct instant now)
{
    int64_t t;
    int result = read_time(r, json, "t", &t);
    if (result < 0)
        return result;
    double speed = s->simulation.speed > 1 ? s->simulation.speed : 1;
    if ((double)(now.utc_ms - t) > COMMAND_MAX_AGE_S * 1000 * speed)
        return complain(r, AEMS_E_REFUSED, "t: sent more than %d s ago", COMMAND_MAX_AGE_S);
    if ((double)(t - now.utc_ms) > CLOCK_TOLERANCE_MS * speed)
        return complain(r, AEMS_E_REFUSED, "t: lies in the future");
    return 0;
}

static int read_setpoint(const struct reader *r, json_t *json, struct event *event)
{
    json_t *power = json_object_get(json, "power_w");
    int result = check_keys(r, json, "power_w");
    if (result < 0)
        return result;
    if (!json_is_number(power))
        return complain(r, AEMS_E_FORMAT, "power_w: expected a number of watts");
    if (!in_range(json_number_value(power), -LARGEST_W, LARGEST_W))
        return complain(r, AEMS_E_RANGE, "power_w: not a power");
    event->command.kind = COMMAND_MANUAL_SETPOINT;
    event->command.power_w = json_number_value(power);
    return read_time(r, json, "valid_until", &event->command.valid_until_utc_ms);
}

static int read_mode(const struct reader *r, json_t *json, struct event *event)
{
    json_t *mode = json_object_get(json, "mode");
    int result = check_keys(r, json, "mode");
    if (result < 0)
        return result;
    if (!json_is_string(mode) || strcmp(json_string_value(mode), "automatic") != 0)
        return complain(r, AEMS_E_FORMAT, "mode: expected \"automatic\"");
    event->command.kind = COMMAND_AUTOMATIC;
    return 0;
}

static int read_replan(const struct reader *r, json_t *json, struct event *event)
{
    int result = check_keys(r, json, "replan");
    if (result < 0)
        return result;
    if (!json_is_true(json_object_get(json, "replan")))
        return complain(r, AEMS_E_FORMAT, "replan: expected true");
    event->command.kind = COMMAND_REPLAN;
    return 0;
}

static int read_object(const struct reader *r, json_t *json, struct event *event)
{
    if (!json_is_object(json))
        return complain(r, AEMS_E_FORMAT, "expected a JSON object");
    if (json_object_get(json, "power_w") != NULL)
        return read_setpoint(r, json, event);
    if (json_object_get(json, "mode") != NULL)
        return read_mode(r, json, event);
    if (json_object_get(json, "replan") != NULL)
        return read_replan(r, json, event);
    return complain(r, AEMS_E_FORMAT, "expected one of power_w, mode, replan");
}

int message_read_command(const struct site *s, const char *asset_id, const char *payload, size_t length,
                         struct instant now, struct event *ret_event, char *ret_why, size_t size)
{
    struct reader r = {ret_why, size};
    struct event event = {.kind = EVENT_COMMAND, .at = now};
    json_error_t error;
    if (length == 0 || length > COMMAND_MAX_BYTES)
        return complain(&r, AEMS_E_FORMAT, "%zu bytes: expected 1 to %d", length, COMMAND_MAX_BYTES);
    event.command.asset = site_find_asset(s, asset_id);
    json_t *json = json_loadb(payload, length, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        return complain(&r, AEMS_E_FORMAT, "not JSON: %.100s", error.text);
    int result = read_object(&r, json, &event);
    if (result == 0)
        result = check_age(&r, s, json, now);
    json_decref(json);
    // A new plan is asked of the area as a whole, under the area's id or that of any asset.
    bool area = event.command.kind == COMMAND_REPLAN && strcmp(asset_id, s->id) == 0;
    if (result == 0 && event.command.asset < 0 && !area)
        return complain(&r, AEMS_E_NOT_FOUND, "%.48s: no such asset", asset_id);
    if (result == 0)
        *ret_event = event;
    return result;
}
