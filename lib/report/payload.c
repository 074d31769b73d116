// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/payload.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"

enum { CLOCK_TOLERANCE_MS = 5 * 1000 };

int payload_complain(const struct payload_reader *r, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (r->size > 0)
        vsnprintf(r->why, r->size, format, arguments);
    va_end(arguments);
    return code;
}

int payload_object(const struct payload_reader *r, const char *text, size_t length, json_t **ret_json)
{
    json_error_t error;
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        return payload_complain(r, AEMS_E_FORMAT, "not JSON: %.100s", error.text);
    if (!json_is_object(json)) {
        json_decref(json);
        return payload_complain(r, AEMS_E_FORMAT, "expected a JSON object");
    }
    *ret_json = json;
    return 0;
}

int payload_keys(const struct payload_reader *r, json_t *json, const char *known)
{
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value)
    {
        char word[64];
        int length = snprintf(word, sizeof word, " %s ", key);
        if (length >= (int)sizeof word || strchr(key, ' ') != NULL || strstr(known, word) == NULL)
            return payload_complain(r, AEMS_E_FORMAT, "\"%.40s\" does not belong here", key);
    }
    return 0;
}

// A string may hold a NUL that would hide what follows it.
static const char *whole_string(json_t *value)
{
    const char *text = json_string_value(value);
    return text != NULL && strlen(text) == json_string_length(value) ? text : NULL;
}

int payload_time(const struct payload_reader *r, json_t *json, const char *key, int64_t *ret_utc_ms)
{
    const char *text = whole_string(json_object_get(json, key));
    if (text == NULL || rfc3339_parse(text, ret_utc_ms) < 0)
        return payload_complain(r, AEMS_E_FORMAT, "%s: expected a time such as 2026-01-31T12:00:00Z", key);
    return 0;
}

int payload_text(const struct payload_reader *r, json_t *json, const char *key, char *ret_text, size_t size)
{
    const char *text = whole_string(json_object_get(json, key));
    if (text == NULL || !text_is_id(text) || text_copy(ret_text, size, text) < 0)
        return payload_complain(r, AEMS_E_FORMAT, "%s: expected a name such as event-1", key);
    return 0;
}

int payload_number(const struct payload_reader *r, json_t *json, const struct payload_number *n, double *ret)
{
    json_t *value = json_object_get(json, n->key);
    if (value == NULL && n->optional)
        return 0;
    if (!json_is_number(value))
        return payload_complain(r, AEMS_E_FORMAT, "%s: expected %s", n->key, n->what);
    if (!in_range(json_number_value(value), n->low, n->high))
        return payload_complain(r, AEMS_E_RANGE, "%s: expected %s", n->key, n->what);
    *ret = json_number_value(value);
    return 0;
}

// In a demonstration the area's minutes pass faster than the sender's.
int payload_age(const struct payload_reader *r, json_t *json, int max_age_s)
{
    int64_t t;
    int result = payload_time(r, json, "t", &t);
    if (result < 0)
        return result;
    double speed = r->site->simulation.speed > 1 ? r->site->simulation.speed : 1;
    if ((double)(r->now.utc_ms - t) > max_age_s * 1000.0 * speed)
        return payload_complain(r, AEMS_E_REFUSED, "t: sent more than %d s ago", max_age_s);
    if ((double)(t - r->now.utc_ms) > CLOCK_TOLERANCE_MS * speed)
        return payload_complain(r, AEMS_E_REFUSED, "t: lies in the future");
    return 0;
}
