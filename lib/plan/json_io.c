// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/json_io.h"

#include <math.h>

#include "base/error.h"
#include "base/text.h"

// ---- reading --------------------------------------------------------------------------------------------------------

double json_in_number(struct json_in *in, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_number(value)) {
        in->failed = true;
        return 0;
    }
    return json_number_value(value);
}

static int64_t integer(struct json_in *in, const json_t *value, int64_t low, int64_t high)
{
    if (!json_is_integer(value) || json_integer_value(value) < low || json_integer_value(value) > high) {
        in->failed = true;
        return low;
    }
    return json_integer_value(value);
}

int64_t json_in_integer(struct json_in *in, const json_t *object, const char *name, int64_t low, int64_t high)
{
    return integer(in, json_object_get(object, name), low, high);
}

bool json_in_bool(struct json_in *in, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_boolean(value))
        in->failed = true;
    return json_is_true(value);
}

void json_in_text(struct json_in *in, const json_t *object, const char *name, char *ret_text, size_t size)
{
    const char *value = json_string_value(json_object_get(object, name));
    if (!value || text_copy(ret_text, size, value) < 0) {
        in->failed = true;
        ret_text[0] = '\0';
    }
}

const json_t *json_in_array(struct json_in *in, const json_t *object, const char *name, size_t limit)
{
    const json_t *value = json_object_get(object, name);
    if (json_is_array(value) && json_array_size(value) <= limit)
        return value;
    in->failed = true;
    return NULL;
}

static const json_t *array_of(struct json_in *in, const json_t *object, const char *name, const void *target,
                              size_t count)
{
    const json_t *value = json_in_array(in, object, name, count);
    if (value && target && json_array_size(value) == count)
        return value;
    in->failed = true;
    return NULL;
}

void json_in_numbers(struct json_in *in, const json_t *object, const char *name, double *ret_values, size_t count)
{
    const json_t *array = array_of(in, object, name, ret_values, count);
    for (size_t i = 0; array && i < count; i++) {
        const json_t *value = json_array_get(array, i);
        if (!json_is_number(value))
            in->failed = true;
        ret_values[i] = json_number_value(value);
    }
}

void json_in_integers(struct json_in *in, const json_t *object, const char *name, int64_t *ret_values, size_t count)
{
    const json_t *array = array_of(in, object, name, ret_values, count);
    for (size_t i = 0; array && i < count; i++)
        ret_values[i] = integer(in, json_array_get(array, i), 0, INT64_MAX / 2);
}

void json_in_bools(struct json_in *in, const json_t *object, const char *name, bool *ret_values, size_t count)
{
    const json_t *array = array_of(in, object, name, ret_values, count);
    for (size_t i = 0; array && i < count; i++) {
        const json_t *value = json_array_get(array, i);
        if (!json_is_boolean(value))
            in->failed = true;
        ret_values[i] = json_is_true(value);
    }
}

json_t *json_in_object(const char *text, size_t length)
{
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(root))
        return root;
    json_decref(root);
    return NULL;
}

// ---- writing --------------------------------------------------------------------------------------------------------

json_t *json_out_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_out_numbers(const double *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_out_number(values[i]));
    return array;
}

json_t *json_out_integers(const int64_t *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_integer(values[i]));
    return array;
}

json_t *json_out_bools(const bool *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_boolean(values[i]));
    return array;
}

int json_out_text(json_t *value, char **ret_text)
{
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(value);
    if (!text)
        return AEMS_E_NOMEM;
    *ret_text = text;
    return 0;
}
