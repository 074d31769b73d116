// SPDX-License-Identifier: GPL-3.0-or-later
// Maps and lists by a table of rows.
#include "conf/schema.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "conf/measure.h"
#include "conf/reader.h"

enum { MAX_ROWS = 64 };

static bool is_container(enum conf_type type)
{
    return type == CONF_SECTION || type == CONF_SECTIONS;
}

// ---- lists --------------------------------------------------------------------------------------------------------

// Allocates `count` elements for a list option of the struct `base`; NULL when there are none or no memory is left.
static char *allocate(struct conf_reader *r, const struct conf_option *option, size_t count, char *base)
{
    if (count == 0)
        return NULL;
    char *elements = calloc(count, option->size);
    if (elements == NULL) {
        r->failed = true;
        return NULL;
    }
    *(char **)(base + option->offset) = elements;
    *(size_t *)(base + option->count_offset) = count;
    return elements;
}

static bool judge_count(struct conf_reader *r, const struct conf_option *option, const char *path,
                        const struct conf_node *node)
{
    if (option->max_count == 0 || node->count <= option->max_count)
        return true;
    conf_error(r, node, path, "expected at most %zu entries, found %zu", option->max_count, node->count);
    return false;
}

static void read_entry(struct conf_reader *r, const struct conf_option *option, const char *path,
                       const struct conf_pair *pair, char *element)
{
    char entry[CONF_PATH_SIZE];
    conf_path_key(entry, path, pair->key);
    if (text_is_id(pair->key))
        memcpy(element, pair->key, strlen(pair->key) + 1);
    else
        reader_report(r, SEVERITY_ERROR, pair->key_place,
                      "%s: expected a name of letters, digits, - and _, at most 47 characters", entry);
    struct conf_option section = *option;
    section.type = CONF_SECTION;
    conf_read_value(r, &section, entry, pair->value, element);
}

static void read_sections(struct conf_reader *r, const struct conf_option *option, const char *path,
                          const struct conf_node *node, char *base)
{
    if (node->kind != CONF_MAP) {
        if (node->kind != CONF_NULL || option->required)
            conf_error(r, node, path, "expected %s", measure_expectation(option->type));
        return;
    }
    char *elements = judge_count(r, option, path, node) ? allocate(r, option, node->count, base) : NULL;
    for (size_t i = 0; elements != NULL && i < node->count; i++)
        read_entry(r, option, path, &node->pairs[i], elements + i * option->size);
}

static void read_list(struct conf_reader *r, const struct conf_option *option, const char *path,
                      const struct conf_node *node, char *base)
{
    if (node->kind != CONF_LIST) {
        conf_error(r, node, path, "expected %s", measure_expectation(option->type));
        return;
    }
    struct conf_option element = *option;
    element.type = option->type == CONF_LIST_OF ? CONF_SECTION : option->element;
    char *elements = judge_count(r, option, path, node) ? allocate(r, option, node->count, base) : NULL;
    for (size_t i = 0; elements != NULL && i < node->count; i++) {
        char entry[CONF_PATH_SIZE];
        conf_path_index(entry, path, i);
        conf_read_value(r, &element, entry, node->items[i], elements + i * option->size);
    }
}

// Choices and months may be written as one value or as a list of them.
static bool read_set(struct conf_reader *r, const struct conf_option *option, const char *path,
                     const struct conf_node *node, void *target)
{
    memset(target, 0, option->type == CONF_MONTHS ? sizeof(uint16_t) : option->size);
    if (node->kind != CONF_LIST)
        return reader_read_scalar(r, option, path, node, target);
    bool good = true;
    for (size_t i = 0; i < node->count; i++) {
        char entry[CONF_PATH_SIZE];
        conf_path_index(entry, path, i);
        good &= reader_read_scalar(r, option, entry, node->items[i], target);
    }
    return good;
}

// ---- one value ----------------------------------------------------------------------------------------------------

static bool read_custom(struct conf_reader *r, const struct conf_option *option, const char *path,
                        const struct conf_node *node, void *target)
{
    bool before = r->flawed;
    r->flawed = false;
    option->read(r, option, path, node, target);
    bool good = !r->flawed;
    r->flawed |= before;
    return good;
}

static bool read_section(struct conf_reader *r, const struct conf_option *option, const char *path,
                         const struct conf_node *node, void *target)
{
    if (node->kind != CONF_MAP && node->kind != CONF_NULL) {
        conf_error(r, node, path, "expected %s", measure_expectation(CONF_SECTION));
        conf_read_rows(r, option->rows, path, NULL, target);
        return false;
    }
    conf_read_rows(r, option->rows, path, node, target);
    return true;
}

bool conf_read_value(struct conf_reader *reader, const struct conf_option *option, const char *path,
                     const struct conf_node *node, void *target)
{
    if (option->type == CONF_SECTION)
        return read_section(reader, option, path, node, target);
    if (option->type == CONF_CUSTOM)
        return read_custom(reader, option, path, node, target);
    if (option->type == CONF_CHOICE_SET || option->type == CONF_MONTHS)
        return read_set(reader, option, path, node, target);
    reader->hide = option->type == CONF_SECRET;
    bool good = reader_read_scalar(reader, option, path, node, target);
    reader->hide = false;
    return good;
}

// ---- rows ---------------------------------------------------------------------------------------------------------

static void write_default(struct conf_reader *r, const struct conf_option *row, const char *path, char *base)
{
    void *target = base + row->offset;
    if (row->type == CONF_REFERENCE)
        *(int *)target = -1;
    if (row->type == CONF_SECTION)
        conf_read_rows(r, row->rows, path, NULL, target);
    if (row->initial == NULL || row->type == CONF_LIST_OF || row->type == CONF_LIST_SCALAR || is_container(row->type))
        return;
    char initial[128];
    if (text_copy(initial, sizeof(initial), row->initial) == 0) {
        struct conf_node node = {.kind = CONF_SCALAR, .scalar = initial, .place = {.file = "default"}};
        conf_read_value(r, row, path, &node, target);
    }
}

static void read_member(struct conf_reader *r, const struct conf_option *row, const char *path,
                        const struct conf_node *node, char *base)
{
    if (row->type == CONF_SECTIONS)
        read_sections(r, row, path, node, base);
    else if (row->type == CONF_LIST_OF || row->type == CONF_LIST_SCALAR)
        read_list(r, row, path, node, base);
    else if (!conf_read_value(r, row, path, node, base + row->offset) && row->type != CONF_SECTION)
        write_default(r, row, path, base);
}

static void read_row(struct conf_reader *r, const struct conf_option *row, const char *path,
                     const struct conf_node *map, char *base)
{
    char entry[CONF_PATH_SIZE];
    conf_path_key(entry, path, row->name);
    const struct conf_node *node = conf_node_get(map, row->name);
    if (node != NULL && node->kind == CONF_NULL && !is_container(row->type) && !row->required)
        node = NULL; // written, but left empty
    if (node != NULL) {
        if (row->type == CONF_REFERENCE)
            write_default(r, row, entry, base); // until it is resolved
        read_member(r, row, entry, node, base);
        return;
    }
    write_default(r, row, entry, base);
    if (map != NULL && row->required)
        reader_report(r, SEVERITY_ERROR, map->place, "%s: \"%s\" is missing: expected %s",
                      *path ? path : "configuration", row->name, measure_expectation(row->type));
}

static void report_unknown(struct conf_reader *r, const struct conf_option *rows, const char *path,
                           const struct conf_pair *pair)
{
    const char *names[MAX_ROWS];
    size_t count = 0;
    for (const struct conf_option *row = rows; row->name != NULL && count < MAX_ROWS; row++) {
        if (strcmp(row->name, pair->key) == 0)
            return;
        names[count++] = row->name;
    }
    char entry[CONF_PATH_SIZE], near[80], all[512];
    conf_path_key(entry, path, pair->key);
    reader_suggest(pair->key, names, count, near, sizeof(near));
    reader_list_names(names, count, all, sizeof(all));
    if (*near != '\0')
        reader_report(r, SEVERITY_ERROR, pair->key_place, "%s: unknown option%s", entry, near);
    else if (count == 0)
        reader_report(r, SEVERITY_ERROR, pair->key_place, "%s: unknown option: expected none here", entry);
    else
        reader_report(r, SEVERITY_ERROR, pair->key_place, "%s: unknown option: expected one of %s", entry, all);
}

void conf_read_rows(struct conf_reader *reader, const struct conf_option *rows, const char *path,
                    const struct conf_node *map, void *target)
{
    for (size_t i = 0; map != NULL && map->kind == CONF_MAP && i < map->count; i++)
        report_unknown(reader, rows, path, &map->pairs[i]);
    for (const struct conf_option *row = rows; row->name != NULL; row++)
        read_row(reader, row, path, map, target);
}

int conf_read(const struct conf_node *root, const struct conf_option *rows, struct diagnostics *d, void *target)
{
    struct conf_reader reader = {.d = d, .root = root, .rows = rows, .target = target, .flawed = root->flawed};
    conf_read_rows(&reader, rows, "", root, target);
    reader_resolve_references(&reader);
    bool flawed = reader.flawed, failed = reader.failed || d->failed;
    reader_free(&reader);
    if (failed)
        return AEMS_E_NOMEM;
    return flawed ? AEMS_E_FORMAT : 0;
}
