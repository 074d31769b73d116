// SPDX-License-Identifier: GPL-3.0-or-later
// A configuration of several files, values from elsewhere and price series as one text that stands alone.
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/reader.h"
#include "conf/site_options.h"
#include "conf/tree_internal.h"

struct text_writer {
    struct text *out;
    struct conf_reader reader; // for what tags stand for
};

// A word or measure that means the same without quotes.
static bool is_plain(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    static const char *const words[] = {"null", "Null", "NULL"};
    size_t length = strlen(text);
    if (length == 0 || strchr(letters, text[0]) == NULL || text[length - 1] == ' ')
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i]) == 0)
            return false;
    for (size_t i = 1; i < length; i++)
        if (strchr(letters, text[i]) == NULL && strchr(" ._/%+-", text[i]) == NULL)
            return false;
    return true;
}

static void write_quoted(struct text *out, const char *text)
{
    text_append(out, "\"");
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            text_appendf(out, "\\%c", *at);
        else if (*at == '\n')
            text_append(out, "\\n");
        else if ((unsigned char)*at < ' ' || *at == 127)
            text_appendf(out, "\\x%02X", (unsigned)(unsigned char)*at);
        else
            text_appendf(out, "%c", *at);
    }
    text_append(out, "\"");
}

static void write_word(struct text *out, const char *text)
{
    if (is_plain(text))
        text_append(out, text);
    else
        write_quoted(out, text);
}

static void write_indent(struct text *out, int depth)
{
    text_appendf(out, "\n%*s", 2 * depth, "");
}

// ---- values -------------------------------------------------------------------------------------------------------

// In place of a file's name its text, which is understood as well.
static void write_series(struct text_writer *w, const struct conf_node *node, const char *name)
{
    char *file = reader_beside(node, name), *bytes = NULL;
    size_t length = 0;
    if (strchr(name, '\n') != NULL)
        write_quoted(w->out, name);
    else if (file == NULL || tree_read_bytes(file, &bytes, &length) < 0)
        w->reader.flawed = true;
    else
        write_quoted(w->out, bytes);
    free(bytes);
    free(file);
}

static void write_scalar(struct text_writer *w, const struct conf_option *option, const struct conf_node *node)
{
    const char *value = node->tag != NULL ? reader_resolve_tag(&w->reader, "", node) : node->scalar;
    if (value == NULL)
        w->reader.flawed = true;
    else if (option != NULL && option->read == site_read_price_series)
        write_series(w, node, value);
    else
        write_word(w->out, value);
}

static void write_node(struct text_writer *w, const struct conf_option *option, const struct conf_node *node,
                       int depth);

static const struct conf_option *find_row(const struct conf_option *rows, const char *name)
{
    for (const struct conf_option *row = rows; row != NULL && row->name != NULL; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

// Keys of a map of sections are names of the area's own; each holds a map with the option's rows.
static void write_map(struct text_writer *w, const struct conf_option *option, const struct conf_option *rows,
                      const struct conf_node *map, int depth)
{
    size_t written = 0;
    for (size_t i = 0; i < map->count; i++) {
        const struct conf_option *row = option != NULL ? option : find_row(rows, map->pairs[i].key);
        if (row != NULL && row->type == CONF_SECRET)
            continue;
        write_indent(w->out, depth);
        write_word(w->out, map->pairs[i].key);
        text_append(w->out, ": ");
        if (option != NULL && map->pairs[i].value->kind == CONF_MAP)
            write_map(w, NULL, option->rows, map->pairs[i].value, depth + 1);
        else
            write_node(w, row, map->pairs[i].value, depth + 1);
        written++;
    }
    if (written == 0)
        text_append(w->out, "{}");
}

static void write_list(struct text_writer *w, const struct conf_option *option, const struct conf_node *list, int depth)
{
    if (list->count == 0)
        text_append(w->out, "[]");
    for (size_t i = 0; i < list->count; i++) {
        write_indent(w->out, depth);
        text_append(w->out, "- ");
        write_node(w, option, list->items[i], depth + 1);
    }
}

static void write_node(struct text_writer *w, const struct conf_option *option, const struct conf_node *node, int depth)
{
    bool sections = option != NULL && option->type == CONF_SECTIONS;
    if (node->kind == CONF_SCALAR)
        write_scalar(w, option, node);
    else if (node->kind == CONF_MAP)
        write_map(w, sections ? option : NULL, option != NULL ? option->rows : NULL, node, depth);
    else if (node->kind == CONF_LIST)
        write_list(w, option, node, depth);
    else
        text_append(w->out, "null");
}

// ---- all of it ------------------------------------------------------------------------------------------------------

int conf_write_text(const struct conf_tree *tree, struct diagnostics *d, char **ret_text)
{
    struct text out = {0};
    struct text_writer w = {.out = &out, .reader = {.d = d, .root = tree->root}};
    text_append(&out, "mqtt: {enabled: false}");
    for (size_t i = 0; i < tree->root->count; i++) {
        const struct conf_pair *pair = &tree->root->pairs[i];
        if (strcmp(pair->key, "mqtt") == 0)
            continue;
        write_indent(&out, 0);
        write_word(&out, pair->key);
        text_append(&out, ": ");
        write_node(&w, find_row(site_options, pair->key), pair->value, 1);
    }
    text_append(&out, "\n");
    bool flawed = w.reader.flawed, failed = w.reader.failed || d->failed || out.failed;
    reader_free(&w.reader);
    if (failed || flawed) {
        text_free(&out);
        return failed ? AEMS_E_NOMEM : AEMS_E_FORMAT;
    }
    *ret_text = out.data;
    return 0;
}
