// SPDX-License-Identifier: GPL-3.0-or-later
// Text that grows, and a few questions about text.
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

// A growable string. Zero-initialise; release with text_free. Once an allocation fails, `failed` stays set and further
// appends do nothing: check once at the end.
struct text {
    char *data; // NUL-terminated once anything was appended; owned
    size_t length;
    size_t capacity;
    bool failed;
};

void text_append(struct text *t, const char *s);
void text_appendf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vappendf(struct text *t, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
void text_free(struct text *t); // leaves an empty text

// Copies `source` into `target` of `size` bytes. AEMS_E_LIMIT when it does not fit: `target` is then empty.
int text_copy(char *target, size_t size, const char *source);

// Copies `source` with its control characters, what turns the direction of writing, and what is no UTF-8, written as
// \n, \r, \t or \xNN, so that it stays one harmless line of UTF-8; cut off at a whole character when `size` is too
// small. `4 * strlen(source) + 1` always suffices. Returns the length written.
size_t text_escape(char *target, size_t size, const char *source);

// The candidate nearest to `word` by edit distance, or NULL when none is near enough to be a likely slip.
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

// True for [A-Za-z0-9][A-Za-z0-9_-]*, at most 47 characters: safe in topics, file names and LP names.
bool text_is_id(const char *text);
