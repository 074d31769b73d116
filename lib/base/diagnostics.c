// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/diagnostics.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static bool make_room(struct diagnostics *d)
{
    if (d->count < d->capacity)
        return true;
    size_t capacity = d->capacity == 0 ? 16 : d->capacity * 2;
    struct diagnostic *items = reallocarray(d->items, capacity, sizeof *items);
    if (items == NULL)
        return false;
    d->items = items;
    d->capacity = capacity;
    return true;
}

// The message in memory of its own, with control characters escaped: a message quotes what somebody wrote, and must
// stay one line.
__attribute__((format(printf, 1, 0))) static char *format_one_line(const char *format, va_list arguments)
{
    struct text raw = {0};
    text_vappendf(&raw, format, arguments);
    char *line = NULL;
    if (!raw.failed) {
        size_t size = raw.length * 4 + 1;
        line = malloc(size);
        if (line != NULL)
            text_escape(line, size, raw.data);
    }
    text_free(&raw);
    return line;
}

void diagnostics_add(struct diagnostics *d, enum severity severity, struct place place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = format_one_line(format, arguments);
    va_end(arguments);
    char *file = strdup(place.file != NULL ? place.file : "-");
    if (text == NULL || file == NULL || !make_room(d)) {
        free(text);
        free(file);
        d->failed = true;
        return;
    }
    d->items[d->count++] = (struct diagnostic){severity, file, place.line, place.column, text};
    if (severity == SEVERITY_ERROR)
        d->errors++;
}

bool diagnostics_has_errors(const struct diagnostics *d)
{
    return d->errors > 0 || d->failed;
}

static int compare(const void *left, const void *right)
{
    const struct diagnostic *a = left, *b = right;
    int order = strcmp(a->file, b->file);
    if (order == 0)
        order = (a->line > b->line) - (a->line < b->line);
    if (order == 0)
        order = (a->column > b->column) - (a->column < b->column);
    return order != 0 ? order : strcmp(a->text, b->text);
}

void diagnostics_print(struct diagnostics *d, FILE *stream)
{
    if (d->count > 0)
        qsort(d->items, d->count, sizeof *d->items, compare);
    for (size_t i = 0; i < d->count; i++) {
        const struct diagnostic *item = &d->items[i];
        const char *mark = item->severity == SEVERITY_WARNING ? "warning: " : "";
        if (item->line > 0)
            fprintf(stream, "%s:%d:%d: %s%s\n", item->file, item->line, item->column, mark, item->text);
        else
            fprintf(stream, "%s: %s%s\n", item->file, mark, item->text);
    }
    if (d->failed)
        fputs("out of memory: there may be further messages\n", stream);
}

void diagnostics_free(struct diagnostics *d)
{
    for (size_t i = 0; i < d->count; i++) {
        free(d->items[i].file);
        free(d->items[i].text);
    }
    free(d->items);
    *d = (struct diagnostics){0};
}
