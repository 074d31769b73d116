// SPDX-License-Identifier: GPL-3.0-or-later
#include "forecast/series_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"

enum { LONG_CHARS = 6, CHARS = 3, BITS = 6, QUARTERS_AN_HOUR = HISTORY_HOUR_MS / HISTORY_QUARTER_MS };

static const uint32_t UNKNOWN = (1U << (CHARS * BITS)) - 1;
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";

static void put_bits(char *text, int chars, uint32_t bits)
{
    for (int i = chars - 1; i >= 0; i--, bits >>= BITS)
        text[i] = alphabet[bits % 64];
}

static bool get_bits(const char *text, int chars, uint32_t *ret_bits)
{
    uint64_t bits = 0;
    for (int i = 0; i < chars; i++) {
        const char *digit = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;
        if (!digit)
            return false;
        bits = bits << BITS | (uint64_t)(digit - alphabet);
    }
    *ret_bits = (uint32_t)bits;
    return bits <= UINT32_MAX;
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

json_t *series_text_of_floats(const float *numbers, size_t count)
{
    char *text = calloc(count * LONG_CHARS + 1, 1);
    for (size_t i = 0; text && i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &numbers[i], sizeof(bits));
        put_bits(text + i * LONG_CHARS, LONG_CHARS, bits);
    }
    json_t *json = text ? json_string(text) : NULL;
    free(text);
    return json;
}

int series_text_floats(const json_t *json, size_t count, double low, double high, float *ret_numbers)
{
    const char *text = json_string_value(json);
    uint32_t bits;
    if (!text || strlen(text) != count * LONG_CHARS)
        return AEMS_E_FORMAT;
    for (size_t i = 0; i < count; i++) {
        if (!get_bits(text + i * LONG_CHARS, LONG_CHARS, &bits))
            return AEMS_E_FORMAT;
        if (!in_range((double)float_of(bits), low, high))
            return AEMS_E_RANGE;
        ret_numbers[i] = float_of(bits);
    }
    return 0;
}

// ---- a history ------------------------------------------------------------------------------------------------------

static double quarter_back(const struct history *h, size_t series, int back)
{
    return history_quarter(h, series, h->newest[series] - back);
}

static double hour_back(const struct history *h, size_t series, int back)
{
    return history_hour(h, series, h->newest[series] / QUARTERS_AN_HOUR - back);
}

// Up to the oldest that is known.
static void write_all(const struct history *h, size_t series, double (*back)(const struct history *, size_t, int),
                      int most, char *ret_text)
{
    int count = 0;
    for (int i = 0; i < most; i++) {
        float value = (float)back(h, series, i);
        uint32_t bits;
        memcpy(&bits, &value, sizeof(bits));
        put_bits(ret_text + (size_t)i * CHARS, CHARS, value < 0 ? UNKNOWN : bits >> HISTORY_DROPPED_BITS);
        count = value < 0 ? count : i + 1;
    }
    ret_text[(size_t)count * CHARS] = '\0';
}

json_t *series_text_pack(const struct history *h, size_t series)
{
    char quarters[HISTORY_QUARTERS * CHARS + 1], hours[HISTORY_HOURS * CHARS + 1];
    write_all(h, series, quarter_back, HISTORY_QUARTERS, quarters);
    write_all(h, series, hour_back, HISTORY_HOURS, hours);
    return json_pack("{s:s, s:s}", "quarters", quarters, "hours", hours);
}

// Negative: nothing is known.
static double get(const char *text)
{
    uint32_t bits;
    if (!get_bits(text, CHARS, &bits))
        return NAN;
    return bits == UNKNOWN ? -1 : (double)float_of(bits << HISTORY_DROPPED_BITS);
}

static int check_text(const char *text, size_t most_values, double most)
{
    size_t length = strlen(text);
    if (length > most_values * CHARS || length % CHARS != 0 || strspn(text, alphabet) != length)
        return AEMS_E_FORMAT;
    for (size_t i = 0; i < length; i += CHARS)
        if (!in_range(get(text + i), -1, most))
            return AEMS_E_RANGE;
    return 0;
}

int series_text_check(const json_t *json, double most)
{
    const char *quarters, *hours;
    if (json_unpack((json_t *)json, "{s:s, s:s}", "quarters", &quarters, "hours", &hours) < 0)
        return AEMS_E_FORMAT;
    int result = check_text(quarters, HISTORY_QUARTERS, most);
    return result < 0 ? result : check_text(hours, HISTORY_HOURS, most);
}

void series_text_unpack(struct history *h, size_t series, const json_t *json, int64_t newest_quarter)
{
    const char *quarters = json_string_value(json_object_get(json, "quarters"));
    const char *hours = json_string_value(json_object_get(json, "hours"));
    history_clear(h, series);
    if (newest_quarter <= 0)
        return;
    for (int64_t i = (int64_t)strlen(quarters) / CHARS - 1; i >= 0; i--)
        if (newest_quarter - i > 0)
            history_put_quarter(h, series, newest_quarter - i, get(quarters + i * CHARS));
    if (quarters[0] == '\0')
        history_put_quarter(h, series, newest_quarter, -1);
    for (int64_t i = (int64_t)strlen(hours) / CHARS - 1; i >= 0; i--)
        history_put_hour(h, series, newest_quarter / QUARTERS_AN_HOUR - i, get(hours + i * CHARS));
}
