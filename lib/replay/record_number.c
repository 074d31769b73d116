// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/record_number.h"

#include <math.h>
#include <string.h>

// Registers are scaled by a division or a multiplication, which differ in the last bit.
enum form { WHOLE, BY_10, BY_100, BY_1000, TENTHS, HUNDREDTHS, THOUSANDTHS, SHORT_FLOAT, ALL_BITS, FORM_COUNT };

static const double MOST = 4503599627370496.0; // 2^52

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double value_of(enum form form, int64_t count)
{
    static const double divisors[] = {[WHOLE] = 1, [BY_10] = 10, [BY_100] = 100, [BY_1000] = 1000};
    static const double factors[] = {[TENTHS] = 0.1, [HUNDREDTHS] = 0.01, [THOUSANDTHS] = 0.001};
    return form <= BY_1000 ? (double)count / divisors[form] : (double)count * factors[form];
}

static bool counts(enum form form, double value, int64_t *ret_count)
{
    static const double scales[] = {1, 10, 100, 1000, 10, 100, 1000};
    double scaled = value * scales[form];
    if (!(fabs(scaled) < MOST))
        return false;
    int64_t count = llround(scaled);
    *ret_count = count;
    return bits_of(value_of(form, count)) == bits_of(value);
}

static bool is_float(double value)
{
    return fabs(value) <= (double)3.0e38F && bits_of((double)(float)value) == bits_of(value);
}

static enum form choose(const struct record_number *n, double value, int64_t *ret_count)
{
    if (n->form < SHORT_FLOAT && counts(n->form, value, ret_count))
        return n->form;
    for (enum form form = WHOLE; form < SHORT_FLOAT; form++)
        if (counts(form, value, ret_count))
            return form;
    return is_float(value) ? SHORT_FLOAT : ALL_BITS;
}

static void put_bits(struct bytes *b, enum form form, double value)
{
    float narrow = form == SHORT_FLOAT ? (float)value : 0;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    if (form == SHORT_FLOAT)
        bytes_put_u32(b, bits);
    else
        bytes_put_double(b, value);
}

// The first number says by its lowest bit that the form changed. With counts the rest is the change; with bits it is 0
// for the same value again, else 1.
void record_put_number(struct bytes *b, struct record_number *n, double value)
{
    int64_t count = 0;
    bool same = bits_of(value) == bits_of(n->last);
    enum form form = same && n->form >= SHORT_FLOAT ? n->form : choose(n, value, &count);
    bool changed = form != n->form;
    uint64_t rest = form < SHORT_FLOAT ? bytes_zigzag(count - (changed ? 0 : n->count)) : (changed || !same);
    bytes_put_unsigned(b, rest << 1 | changed);
    if (changed)
        bytes_put_byte(b, (uint8_t)form);
    if (form >= SHORT_FLOAT && rest != 0)
        put_bits(b, form, value);
    *n = (struct record_number){value, count, (uint8_t)form};
}

static double take_bits(struct bytes_in *in, enum form form)
{
    float narrow;
    if (form == ALL_BITS)
        return bytes_take_double(in);
    uint32_t bits = bytes_take_u32(in);
    memcpy(&narrow, &bits, sizeof narrow);
    return narrow;
}

double record_take_number(struct bytes_in *in, struct record_number *n)
{
    uint64_t first = bytes_take_unsigned(in), rest = first >> 1;
    uint8_t form = n->form;
    if ((first & 1) != 0) {
        form = bytes_take_byte(in);
        n->count = 0;
    }
    in->failed |= form >= FORM_COUNT;
    if (in->failed)
        return 0;
    n->form = form;
    if (form < SHORT_FLOAT) {
        n->count = (int64_t)((uint64_t)n->count + (uint64_t)bytes_unzigzag(rest));
        n->last = value_of(form, n->count);
    } else if (rest != 0) {
        n->last = take_bits(in, form);
    }
    return n->last;
}
