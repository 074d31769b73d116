// SPDX-License-Identifier: GPL-3.0-or-later
// Members of an object, places in it, and sentences about them.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "dr/openadr_internal.h"

enum { DEEPEST_PLACE = 12 };

// ---- lines ----------------------------------------------------------------------------------------------------------

// Takes away what is left of a character that was cut in the middle.
static void trim_character(char *text)
{
    size_t length = strlen(text), tail = 0;
    while (tail < length && tail < 4 && ((unsigned char)text[length - 1 - tail] & 0xC0) == 0x80)
        tail++;
    if (tail >= length)
        return;
    unsigned char lead = (unsigned char)text[length - 1 - tail];
    size_t needed = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    if (needed > tail)
        text[length - 1 - tail] = '\0';
}

void openadr_copy_line(char *target, size_t size, const char *source)
{
    text_escape(target, size, source);
    trim_character(target);
}

// Whether `name` stands in a list such as "ignored: A, B" as a whole.
static bool is_noted(const char *notes, const char *name)
{
    size_t length = strlen(name);
    if (length == 0)
        return false;
    for (const char *at = strstr(notes, name); at != NULL; at = strstr(at + 1, name))
        if ((at == notes || at[-1] == ' ') && (at[length] == '\0' || at[length] == ','))
            return true;
    return false;
}

static bool is_full(const char *notes)
{
    size_t length = strlen(notes);
    return length >= 3 && strcmp(notes + length - 3, "...") == 0;
}

void openadr_note(const struct openadr_reader *r, const char *lead, const char *name)
{
    char line[OPENADR_WHY_SIZE];
    size_t used = strlen(r->notes);
    openadr_copy_line(line, sizeof(line), name);
    if (is_noted(r->notes, line) || is_full(r->notes))
        return;
    const char *between = used > 0 ? ", " : lead;
    size_t needed = strlen(between) + strlen(line);
    if (used + needed + strlen(", ...") < r->notes_size)
        snprintf(r->notes + used, r->notes_size - used, "%s%s", between, line);
    else
        snprintf(r->notes + used, r->notes_size - used, "%s...", between);
}

// ---- complaints -----------------------------------------------------------------------------------------------------

static size_t append_place(const struct openadr_place *at, char *text, size_t size)
{
    const struct openadr_place *chain[DEEPEST_PLACE];
    size_t depth = 0, used = 0;
    for (; at != NULL && depth < DEEPEST_PLACE; at = at->up)
        chain[depth++] = at;
    while (depth-- > 0) {
        const struct openadr_place *p = chain[depth];
        int n = p->key != NULL ? snprintf(text + used, size - used, "%s%s", used > 0 ? "." : "", p->key)
                               : snprintf(text + used, size - used, "[%zu]", p->index);
        if (n < 0 || (size_t)n >= size - used)
            return used;
        used += (size_t)n;
    }
    return used;
}

int openadr_complain(const struct openadr_reader *r, const struct openadr_place *at, int code, const char *format, ...)
{
    va_list arguments;
    char where[OPENADR_WHY_SIZE] = "", what[OPENADR_WHY_SIZE];
    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    append_place(at, where, sizeof(where));
    if (r->why_size > 0) {
        snprintf(r->why, r->why_size, "%s%s%s", where, where[0] != '\0' ? ": " : "", what);
        trim_character(r->why);
    }
    return code;
}

const char *openadr_found(const json_t *json, char ret_text[static OPENADR_FOUND_SIZE])
{
    char line[OPENADR_FOUND_SIZE - 8];
    if (json == NULL || json_is_null(json)) {
        snprintf(ret_text, OPENADR_FOUND_SIZE, "nothing");
    } else if (json_is_string(json)) {
        openadr_copy_line(line, sizeof(line), json_string_value(json));
        bool whole = strlen(line) >= json_string_length(json);
        snprintf(ret_text, OPENADR_FOUND_SIZE, "\"%s%s\"", line, whole ? "" : "...");
    } else if (json_is_number(json)) {
        snprintf(ret_text, OPENADR_FOUND_SIZE, "%.10g", json_number_value(json));
    } else {
        snprintf(ret_text, OPENADR_FOUND_SIZE, "%s",
                 json_is_object(json)    ? "an object"
                 : !json_is_array(json)  ? (json_is_true(json) ? "true" : "false")
                 : json_array_size(json) ? "a list"
                                         : "an empty list");
    }
    return ret_text;
}

// ---- members --------------------------------------------------------------------------------------------------------

json_t *openadr_member(const json_t *object, const char *key)
{
    json_t *json = json_object_get(object, key);
    return json_is_null(json) ? NULL : json;
}

int openadr_list(const struct openadr_reader *r, const struct openadr_place *at, const json_t *object, const char *key,
                 json_t **ret_list)
{
    char found[OPENADR_FOUND_SIZE];
    const struct openadr_place here = {at, key, 0};
    json_t *json = openadr_member(object, key);
    if (json != NULL && !json_is_array(json))
        return openadr_complain(r, &here, AEMS_E_FORMAT, "expected a list, found %s", openadr_found(json, found));
    *ret_list = json;
    return 0;
}

int openadr_object(const struct openadr_reader *r, const struct openadr_place *at, const json_t *object,
                   const char *key, json_t **ret_object)
{
    char found[OPENADR_FOUND_SIZE];
    const struct openadr_place here = {at, key, 0};
    json_t *json = openadr_member(object, key);
    if (json != NULL && !json_is_object(json))
        return openadr_complain(r, &here, AEMS_E_FORMAT, "expected an object, found %s", openadr_found(json, found));
    *ret_object = json;
    return 0;
}

int openadr_text(const struct openadr_reader *r, const struct openadr_place *at, const json_t *object, const char *key,
                 char *ret_text, size_t size)
{
    char found[OPENADR_FOUND_SIZE];
    const struct openadr_place here = {at, key, 0};
    const json_t *json = openadr_member(object, key);
    ret_text[0] = '\0';
    if (json == NULL)
        return 0;
    if (!json_is_string(json) || json_string_length(json) >= size)
        return openadr_complain(r, &here, AEMS_E_FORMAT, "expected a text of at most %zu bytes, found %s", size - 1,
                                openadr_found(json, found));
    openadr_copy_line(ret_text, size, json_string_value(json));
    return 0;
}
