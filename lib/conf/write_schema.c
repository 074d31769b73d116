// SPDX-License-Identifier: GPL-3.0-or-later
// The JSON Schema (draft 2020-12) by which editors complete and underline. It is more lenient than conf_load, which has
// the last word.
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "conf/conf.h"
#include "conf/measure.h"
#include "conf/reader.h"
#include "conf/site_options.h"

static json_t *schema_of_map(const struct conf_option *rows);

// json_pack, json_object_set_new and json_array_append_new pass a NULL on, so that one test at the end is enough.

static json_t *pattern(const char *text)
{
    return json_pack("{s:s, s:s}", "type", "string", "pattern", text);
}

// A plain number too where the unit may be left out; a pattern concerns texts only.
static json_t *schema_of_measure(enum conf_type type)
{
    char text[256];
    double value;
    measure_pattern(type, text, sizeof(text));
    if (measure_parse(type, "1", &value) < 0)
        return pattern(text);
    return json_pack("{s:[s,s], s:s}", "type", "string", "number", "pattern", text);
}

static json_t *schema_of_number(const struct conf_option *row, const char *type)
{
    if (row->low == 0 && row->high == 0)
        return json_pack("{s:s}", "type", type);
    return json_pack("{s:s, s:f, s:f}", "type", type, "minimum", row->low, "maximum", row->high);
}

static json_t *schema_of_choices(const struct conf_option *row)
{
    json_t *names = json_array();
    for (size_t i = 0; i < conf_count_choices(row->choices); i++)
        json_array_append_new(names, json_string(row->choices[i]));
    return json_pack("{s:o}", "enum", names);
}

static json_t *schema_of_list(json_t *items, size_t max_count)
{
    json_t *list = json_pack("{s:s, s:o}", "type", "array", "items", items);
    if (max_count > 0)
        json_object_set_new(list, "maxItems", json_integer((json_int_t)max_count));
    return list;
}

static json_t *schema_of_months(void)
{
    static const char months[] = "^(1[0-2]|[1-9])(-(1[0-2]|[1-9]))?$";
    json_t *month = json_pack("{s:[s,s], s:s, s:i, s:i}", "type", "integer", "string", "pattern", months, "minimum", 1,
                              "maximum", 12);
    json_t *list = schema_of_list(json_deep_copy(month), 12);
    return json_pack("{s:[o,o]}", "anyOf", month, list);
}

static json_t *schema_of_entries(const struct conf_option *row)
{
    json_t *entry = schema_of_map(row->rows);
    return json_pack("{s:[s,s], s:{s:o}, s:b, s:i}", "type", "object", "null", "patternProperties",
                     "^[A-Za-z0-9][A-Za-z0-9_-]{0,46}$", entry, "additionalProperties", 0, "maxProperties",
                     (int)row->max_count);
}

static json_t *schema_of_text(const struct conf_option *row)
{
    json_t *text = json_pack("{s:[s,s]}", "type", "string", "number");
    if (row->size > 1)
        json_object_set_new(text, "maxLength", json_integer((json_int_t)row->size - 1));
    return text;
}

static json_t *schema_of_scalar(const struct conf_option *row, enum conf_type type)
{
    switch (type) {
    case CONF_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case CONF_INT:
        return schema_of_number(row, "integer");
    case CONF_NUMBER:
        return schema_of_number(row, "number");
    case CONF_TIME_OF_DAY:
        return pattern("^([01][0-9]|2[0-4]):[0-5][0-9]$");
    case CONF_DATE:
        return pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
    case CONF_INSTANT:
        return json_pack("{s:s}", "type", "string");
    case CONF_ID:
    case CONF_REFERENCE:
        return pattern("^[A-Za-z0-9][A-Za-z0-9_-]{0,46}$");
    case CONF_CHOICE:
        return schema_of_choices(row);
    case CONF_MONTHS:
        return schema_of_months();
    case CONF_TEXT:
    case CONF_SECRET:
        return schema_of_text(row);
    default:
        return schema_of_measure(type);
    }
}

// A measure may have a word instead: that of the default, such as "none".
static json_t *schema_of_custom(const struct conf_option *row)
{
    char units[80];
    double value;
    measure_units(row->element, units, sizeof(units));
    json_t *schema = schema_of_scalar(row, row->element);
    if (*units == '\0' || row->initial == NULL || measure_parse(row->element, row->initial, &value) == 0)
        return schema;
    return json_pack("{s:[o,{s:s}]}", "anyOf", schema, "const", row->initial);
}

static json_t *schema_of_row(const struct conf_option *row)
{
    switch (row->type) {
    case CONF_SECTION:
        return schema_of_map(row->rows);
    case CONF_SECTIONS:
        return schema_of_entries(row);
    case CONF_LIST_OF:
        return schema_of_list(schema_of_map(row->rows), row->max_count);
    case CONF_LIST_SCALAR:
        return schema_of_list(schema_of_scalar(row, row->element), row->max_count);
    case CONF_CHOICE_SET:
        return schema_of_list(schema_of_choices(row), 0);
    case CONF_CUSTOM:
        if (row->element == CONF_LIST_SCALAR)
            return schema_of_list(json_pack("{s:s}", "type", "string"), 0);
        return schema_of_custom(row);
    default:
        return schema_of_scalar(row, row->type);
    }
}

static json_t *describe(const struct conf_option *row)
{
    json_t *schema = schema_of_row(row);
    json_object_set_new(schema, "description", json_string(row->meaning));
    if (row->initial != NULL)
        json_object_set_new(schema, "default", json_string(row->initial));
    // What is optional may be written and left empty.
    if (row->required || row->type == CONF_SECTION || row->type == CONF_SECTIONS)
        return schema;
    return json_pack("{s:[o,{s:s}]}", "anyOf", schema, "type", "null");
}

static json_t *schema_of_map(const struct conf_option *rows)
{
    json_t *properties = json_object(), *required = json_array();
    for (const struct conf_option *row = rows; row->name != NULL; row++) {
        json_object_set_new(properties, row->name, describe(row));
        if (row->required)
            json_array_append_new(required, json_string(row->name));
    }
    json_t *type = json_array_size(required) > 0 ? json_string("object") : json_pack("[s,s]", "object", "null");
    return json_pack("{s:o, s:o, s:o, s:b}", "type", type, "properties", properties, "required", required,
                     "additionalProperties", 0);
}

int conf_write_schema(FILE *stream)
{
    json_t *schema = schema_of_map(site_options);
    json_t *whole = json_pack("{s:s, s:s}", "$schema", "https://json-schema.org/draft/2020-12/schema", "title",
                              "Configuration of aems");
    int code = AEMS_E_NOMEM;
    if (schema != NULL && whole != NULL && json_object_update(whole, schema) == 0)
        code = json_dumpf(whole, stream, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) == 0 ? 0 : AEMS_E_IO;
    json_decref(schema);
    json_decref(whole);
    if (code == 0 && (fputc('\n', stream) == EOF || ferror(stream)))
        code = AEMS_E_IO;
    return code;
}
