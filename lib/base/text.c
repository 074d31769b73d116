// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { ID_LENGTH_MAX = 47, WORD_LENGTH_MAX = 63 };

// ---- text that grows ------------------------------------------------------------------------------------------------

static bool reserve(struct text *t, size_t more)
{
    if (t->failed || more > SIZE_MAX / 4 - t->length) {
        t->failed = true;
        return false;
    }
    size_t needed = t->length + more + 1;
    if (needed <= t->capacity)
        return true;
    size_t capacity = t->capacity < 64 ? 64 : t->capacity;
    while (capacity < needed)
        capacity *= 2;
    char *data = realloc(t->data, capacity);
    if (data == NULL) {
        t->failed = true;
        return false;
    }
    t->data = data;
    t->capacity = capacity;
    return true;
}

void text_append(struct text *t, const char *s)
{
    size_t length = strlen(s);
    if (!reserve(t, length))
        return;
    memcpy(t->data + t->length, s, length + 1);
    t->length += length;
}

void text_vappendf(struct text *t, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length < 0)
        t->failed = true;
    else if (reserve(t, (size_t)length)) {
        vsnprintf(t->data + t->length, (size_t)length + 1, format, again);
        t->length += (size_t)length;
    }
    va_end(again);
}

void text_appendf(struct text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_vappendf(t, format, arguments);
    va_end(arguments);
}

void text_free(struct text *t)
{
    free(t->data);
    *t = (struct text){0};
}

// ---- text of fixed size ---------------------------------------------------------------------------------------------

int text_copy(char *target, size_t size, const char *source)
{
    size_t length = strlen(source);
    if (length >= size) {
        if (size > 0)
            target[0] = '\0';
        return AEMS_E_LIMIT;
    }
    memcpy(target, source, length + 1);
    return AEMS_OK;
}

// Bytes at `s` that make up one control character: C0 and DEL as one byte, C1 (U+0080-U+009F) as two; 0: none.
static size_t control_length(const unsigned char *s)
{
    if (s[0] < 0x20 || s[0] == 0x7F)
        return 1;
    return s[0] == 0xC2 && s[1] >= 0x80 && s[1] <= 0x9F ? 2 : 0;
}

static size_t escape_byte(char target[static 5], unsigned char byte)
{
    const char *known = byte == '\n' ? "\\n" : byte == '\r' ? "\\r" : byte == '\t' ? "\\t" : NULL;
    return (size_t)(known != NULL ? snprintf(target, 5, "%s", known) : snprintf(target, 5, "\\x%02X", byte));
}

// U+2028 to U+202E and U+2066 to U+2069: they end a line, or turn the direction of what follows, for whoever shows
// them.
static bool misleads(const unsigned char *s)
{
    return s[0] == 0xE2 &&
           ((s[1] == 0x80 && s[2] >= 0xA8 && s[2] <= 0xAE) || (s[1] == 0x81 && s[2] >= 0xA6 && s[2] <= 0xA9));
}

// Bytes at `s` that make up one character of UTF-8; 0: none that is harmless.
static size_t character_length(const unsigned char *s)
{
    size_t length = s[0] < 0x80 ? 1 : s[0] >= 0xC2 && s[0] < 0xE0 ? 2 : (s[0] & 0xF0) == 0xE0 ? 3 : 4;
    bool overlong = (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xF0 && s[1] < 0x90);
    bool beyond = (s[0] == 0xED && s[1] > 0x9F) || (s[0] == 0xF4 && s[1] > 0x8F);
    if ((s[0] >= 0x80 && s[0] < 0xC2) || s[0] > 0xF4 || overlong || beyond || misleads(s))
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

size_t text_escape(char *target, size_t size, const char *source)
{
    size_t used = 0;
    const unsigned char *s = (const unsigned char *)source;
    while (*s != '\0') {
        char piece[5];
        size_t control = control_length(s), character = character_length(s), length = character;
        if (control > 0 || character == 0)
            length = escape_byte(piece, control == 2 ? s[1] : s[0]);
        else
            memcpy(piece, s, character);
        if (used + length >= size)
            break;
        memcpy(target + used, piece, length);
        used += length;
        s += control > 0 ? control : character > 0 ? character : 1;
    }
    if (size > 0)
        target[used] = '\0';
    return used;
}

// ---- likely slips ---------------------------------------------------------------------------------------------------

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`, letters' case aside. Three rows
// of the table are kept: the swap looks two rows back.
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][WORD_LENGTH_MAX + 1] = {0};
    size_t *two_back = rows[0], *back = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *oldest = two_back;
        two_back = back;
        back = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = min3(back[j] + 1, row[j - 1] + 1, back[j - 1] + !same);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]) &&
                two_back[j - 2] + 1 < row[j])
                row[j] = two_back[j - 2] + 1;
        }
    }
    return row[b_length];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t length = strlen(word);
    if (length == 0 || length > WORD_LENGTH_MAX)
        return NULL;
    size_t best = (length + 2) / 3 + 1; // more than a third of the letters wrong is no slip
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t candidate_length = strlen(candidates[i]);
        if (candidate_length > WORD_LENGTH_MAX)
            continue;
        size_t distance = edit_distance(word, length, candidates[i], candidate_length);
        if (distance < best) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool text_is_id(const char *text)
{
    if (text == NULL || !is_alphanumeric(text[0]))
        return false;
    size_t length = 1;
    for (; text[length] != '\0'; length++)
        if (length >= ID_LENGTH_MAX || !(is_alphanumeric(text[length]) || text[length] == '_' || text[length] == '-'))
            return false;
    return true;
}
