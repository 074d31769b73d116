// SPDX-License-Identifier: GPL-3.0-or-later
// Tables and bars for people, on terminals and in pipes.
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/text.h"

struct style {
    bool color;   // ANSI colours
    bool unicode; // lines and bars in UTF-8
    int width;    // columns
    int height;   // lines; 0: no screen
};

// Judges the stream: a dumb terminal, a pipe or $NO_COLOR get plain text.
struct style style_of(FILE *stream);

enum tint { TINT_PLAIN, TINT_DIM, TINT_BOLD, TINT_GOOD, TINT_WARN, TINT_BAD };

// Appends `words` tinted, where the style has colours.
void tinted(struct text *t, const struct style *style, enum tint tint, const char *words);

enum { TABLE_MAX_COLUMNS = 40, CELL_MAX = 256 };

struct table;

// `headings` are "name" for text and ">name" for numbers, which stand to the right. NULL: no memory.
struct table *table_new(const char *const *headings, size_t count);
void table_free(struct table *t);

// Fills the next cell of the present row; after the last column a new row begins.
void table_cell(struct table *t, enum tint tint, const char *format, ...) __attribute__((format(printf, 3, 4)));

// Appends the table, each line after `indent` spaces, no line wider than the style.
void table_render(const struct table *t, const struct style *style, int indent, struct text *out);

// A bar of `cells` characters, filled by `share` (0-1).
void bar(char *ret_text, size_t size, const struct style *style, double share, int cells);

// Columns that a UTF-8 text takes (without wide characters).
size_t text_columns(const char *text);
