// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/writer.h"

#include <inttypes.h>
#include <math.h>

#include "base/number.h"

enum { DECIMALS_MAX = 9 };
static const double FIXED_END = 1e15;

bool write_fixed(FILE *stream, double value, int decimals)
{
    static const int64_t SCALES[DECIMALS_MAX + 1] = {1,      10,      100,      1000,      10000,
                                                     100000, 1000000, 10000000, 100000000, 1000000000};
    if (!in_range(value, -FIXED_END, FIXED_END) || decimals < 0 || decimals > DECIMALS_MAX)
        return false;
    int64_t scale = SCALES[decimals];
    double magnitude = fabs(value), whole = floor(magnitude);
    int64_t integer = (int64_t)whole, fraction = llrint((magnitude - whole) * (double)scale);
    if (fraction >= scale) {
        integer++;
        fraction -= scale;
    }
    char buffer[40], *end = buffer + sizeof(buffer), *p = end;
    for (int i = 0; i < decimals; i++, fraction /= 10)
        *--p = (char)('0' + fraction % 10);
    if (decimals > 0)
        *--p = '.';
    bool zero = true;
    for (const char *digit = p; digit < end; digit++)
        zero = zero && (*digit == '0' || *digit == '.');
    zero = zero && integer == 0;
    do {
        *--p = (char)('0' + integer % 10);
        integer /= 10;
    } while (integer > 0);
    if (value < 0 && !zero)
        *--p = '-';
    fwrite_unlocked(p, 1, (size_t)(end - p), stream);
    return true;
}

// ---- JSON -----------------------------------------------------------------------------------------------------------

// Length of the UTF-8 character at `s`, 0 when it is none; overlong forms and surrogates are none.
static int character_length(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    int length = s[0] >= 0xC2 && s[0] < 0xE0   ? 2
                 : s[0] >= 0xE0 && s[0] < 0xF0 ? 3
                 : s[0] >= 0xF0 && s[0] < 0xF5 ? 4
                                               : 0;
    for (int i = 1; i < length; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) || (s[0] == 0xF0 && s[1] < 0x90) ||
        (s[0] == 0xF4 && s[1] > 0x8F))
        return 0;
    return length;
}

static void quote(FILE *stream, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    putc_unlocked('"', stream);
    while (*s != '\0') {
        int length = character_length(s);
        if (length == 0)
            fputs("\\ufffd", stream);
        else if (*s < 0x20 || *s == 0x7F || *s == '"' || *s == '\\' || *s == '<' || *s == '>' || *s == '&')
            fprintf(stream, "\\u%04x", *s);
        else
            fwrite_unlocked(s, 1, (size_t)length, stream);
        s += length == 0 ? 1 : length;
    }
    putc_unlocked('"', stream);
}

static void new_line(const struct json_writer *w)
{
    if (!w->pretty)
        return;
    putc_unlocked('\n', w->stream);
    for (int i = 0; i < w->depth; i++)
        fputs("  ", w->stream);
}

static void begin(struct json_writer *w, const char *key)
{
    if (w->begun)
        putc_unlocked(',', w->stream);
    if (w->depth > 0)
        new_line(w);
    if (key != NULL) {
        quote(w->stream, key);
        fputs(w->pretty ? ": " : ":", w->stream);
    }
    w->begun = true;
}

void out_open(struct json_writer *w, const char *key, char bracket)
{
    begin(w, key);
    putc_unlocked(bracket, w->stream);
    w->depth++;
    w->begun = false;
}

void out_close(struct json_writer *w, char bracket)
{
    w->depth--;
    if (w->begun)
        new_line(w);
    putc_unlocked(bracket, w->stream);
    w->begun = true;
}

void out_fixed(struct json_writer *w, const char *key, double value, int decimals)
{
    begin(w, key);
    if (!write_fixed(w->stream, value, decimals))
        fputs("null", w->stream);
}

void out_whole(struct json_writer *w, const char *key, int64_t value)
{
    begin(w, key);
    fprintf(w->stream, "%" PRId64, value);
}

void out_count(struct json_writer *w, const char *key, uint64_t value)
{
    begin(w, key);
    fprintf(w->stream, "%" PRIu64, value);
}

void out_text(struct json_writer *w, const char *key, const char *text)
{
    begin(w, key);
    quote(w->stream, text);
}

void out_null(struct json_writer *w, const char *key)
{
    begin(w, key);
    fputs("null", w->stream);
}
