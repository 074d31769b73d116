// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/number.h"

// ---- style --------------------------------------------------------------------------------------------------------

static const char *first_set(const char *a, const char *b, const char *c)
{
    const char *const names[] = {a, b, c};
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0')
            return value;
    }
    return "";
}

struct style style_of(FILE *stream)
{
    struct style s = {.width = 160};
    const char *locale = first_set("LC_ALL", "LC_CTYPE", "LANG");
    const char *term = getenv("TERM");
    s.unicode = strstr(locale, "UTF-8") != NULL || strstr(locale, "utf8") != NULL;
    struct winsize size;
    int fd = fileno(stream);
    if (!isatty(fd) || term == NULL || strcmp(term, "dumb") == 0)
        return s;
    const char *no_color = getenv("NO_COLOR");
    s.color = no_color == NULL || no_color[0] == '\0';
    s.height = 24;
    s.width = 80;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        s.width = size.ws_col;
        s.height = size.ws_row;
    }
    return s;
}

void tinted(struct text *t, const struct style *style, enum tint tint, const char *words)
{
    static const char *const codes[] = {"", "2", "1", "32", "33", "1;31"};
    if (!style->color || tint == TINT_PLAIN)
        text_append(t, words);
    else
        text_appendf(t, "\033[%sm%s\033[0m", codes[tint], words);
}

size_t text_columns(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

void bar(char *ret_text, size_t size, const struct style *style, double share, int cells)
{
    const char *full = style->unicode ? "\xE2\x96\x88" : "#", *empty = style->unicode ? "\xE2\x96\x91" : ".";
    int filled = (int)lround(clamp(share, 0, 1) * cells);
    size_t at = 0;
    ret_text[0] = '\0';
    for (int i = 0; i < cells; i++) {
        const char *cell = i < filled ? full : empty;
        if (at + strlen(cell) >= size)
            return;
        memcpy(ret_text + at, cell, strlen(cell) + 1);
        at += strlen(cell);
    }
}

// ---- tables -------------------------------------------------------------------------------------------------------

struct cell {
    enum tint tint;
    char text[CELL_MAX];
};

struct table {
    size_t columns;
    const char *headings[TABLE_MAX_COLUMNS];
    bool right[TABLE_MAX_COLUMNS];
    struct cell *cells; // rows of `columns`
    size_t count, capacity;
};

struct table *table_new(const char *const *headings, size_t count)
{
    struct table *t = count <= TABLE_MAX_COLUMNS ? calloc(1, sizeof(*t)) : NULL;
    if (t == NULL)
        return NULL;
    t->columns = count;
    for (size_t i = 0; i < count; i++) {
        t->right[i] = headings[i][0] == '>';
        t->headings[i] = headings[i] + (t->right[i] ? 1 : 0);
    }
    return t;
}

void table_free(struct table *t)
{
    if (t == NULL)
        return;
    free(t->cells);
    free(t);
}

void table_cell(struct table *t, enum tint tint, const char *format, ...)
{
    if (t->count == t->capacity) {
        size_t capacity = t->capacity == 0 ? 64 : t->capacity * 2;
        struct cell *more = realloc(t->cells, capacity * sizeof(*more));
        if (more == NULL)
            return; // a view with a cell less
        t->cells = more;
        t->capacity = capacity;
    }
    struct cell *c = &t->cells[t->count++];
    va_list arguments;
    c->tint = tint;
    va_start(arguments, format);
    vsnprintf(c->text, sizeof(c->text), format, arguments);
    va_end(arguments);
}

static void measure_columns(const struct table *t, size_t *ret_widths)
{
    for (size_t i = 0; i < t->columns; i++)
        ret_widths[i] = text_columns(t->headings[i]);
    for (size_t i = 0; i < t->count; i++) {
        size_t width = text_columns(t->cells[i].text);
        if (width > ret_widths[i % t->columns])
            ret_widths[i % t->columns] = width;
    }
}

// Copies at most `columns` columns of UTF-8.
static void cut(char *ret_text, size_t size, const char *text, size_t columns)
{
    size_t at = 0;
    for (; *text != '\0' && at + 1 < size; text++) {
        if (((unsigned char)*text & 0xC0) != 0x80 && columns-- == 0)
            break;
        ret_text[at++] = *text;
    }
    ret_text[at] = '\0';
}

static void spaces(struct text *out, size_t n)
{
    text_appendf(out, "%*s", (int)n, "");
}

struct line { // one that is being written
    const struct table *table;
    const struct style *style;
    const size_t *widths;
    size_t left; // columns of the screen
};

static void render_cell(struct line *l, size_t column, enum tint tint, const char *text, struct text *out)
{
    char shown[CELL_MAX];
    bool last = column + 1 == l->table->columns;
    cut(shown, sizeof(shown), text, l->left);
    size_t used = text_columns(shown), width = l->widths[column] < l->left ? l->widths[column] : l->left;
    size_t pad = width > used ? width - used : 0;
    if (l->table->right[column])
        spaces(out, pad);
    tinted(out, l->style, tint, shown);
    if (!l->table->right[column] && !last)
        spaces(out, pad);
    l->left -= width;
    if (!last && l->left >= 2) {
        spaces(out, 2);
        l->left -= 2;
    }
}

void table_render(const struct table *t, const struct style *style, int indent, struct text *out)
{
    size_t widths[TABLE_MAX_COLUMNS];
    size_t room = style->width > indent ? (size_t)(style->width - indent) : 1;
    measure_columns(t, widths);
    struct line l = {t, style, widths, room};
    spaces(out, (size_t)indent);
    for (size_t i = 0; i < t->columns; i++)
        render_cell(&l, i, TINT_DIM, t->headings[i], out);
    text_append(out, "\n");
    for (size_t i = 0; i < t->count; i++) {
        if (i % t->columns == 0) {
            l.left = room;
            spaces(out, (size_t)indent);
        }
        render_cell(&l, i % t->columns, t->cells[i].tint, t->cells[i].text, out);
        if ((i + 1) % t->columns == 0)
            text_append(out, "\n");
    }
}
