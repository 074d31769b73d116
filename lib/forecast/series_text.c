// SPDX-License-Identifier: GPL-3.0-or-later
#include "forecast/series_text.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"

enum { UNKNOWN = 4095, HIGHEST = 4094, CHARS = 2, QUARTERS_AN_HOUR = HISTORY_HOUR_MS / HISTORY_QUARTER_MS };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";

static double quarter_back(const struct history *h, size_t series, int back)
{
    return history_quarter(h, series, h->newest[series] - back);
}

static double hour_back(const struct history *h, size_t series, int back)
{
    return history_hour(h, series, h->newest[series] / QUARTERS_AN_HOUR - back);
}

static void put(char *text, double value, double scale)
{
    int number = value < 0 ? UNKNOWN : scale > 0 ? (int)clamp(round(value / scale * HIGHEST), 0, HIGHEST) : 0;
    text[0] = alphabet[number / 64];
    text[1] = alphabet[number % 64];
}

json_t *series_text_pack(const struct history *h, size_t series)
{
    char quarters[HISTORY_QUARTERS * CHARS + 1] = "", hours[HISTORY_HOURS * CHARS + 1] = "";
    double scale = 0;
    int n_quarters = 0, n_hours = 0; // up to the oldest that is known
    for (int i = 0; i < HISTORY_QUARTERS; i++) {
        scale = fmax(scale, quarter_back(h, series, i));
        n_quarters = quarter_back(h, series, i) >= 0 ? i + 1 : n_quarters;
    }
    for (int i = 0; i < HISTORY_HOURS; i++) {
        scale = fmax(scale, hour_back(h, series, i));
        n_hours = hour_back(h, series, i) >= 0 ? i + 1 : n_hours;
    }
    for (int i = 0; i < n_quarters; i++)
        put(quarters + (size_t)i * CHARS, quarter_back(h, series, i), scale);
    for (int i = 0; i < n_hours; i++)
        put(hours + (size_t)i * CHARS, hour_back(h, series, i), scale);
    return json_pack("{s:f, s:s, s:s}", "scale", scale, "quarters", quarters, "hours", hours);
}

static bool is_text(const char *text, size_t most)
{
    size_t length = strlen(text);
    return length <= most * CHARS && length % CHARS == 0 && strspn(text, alphabet) == length;
}

int series_text_check(const json_t *json, double most)
{
    double scale;
    const char *quarters, *hours;
    if (json_unpack((json_t *)json, "{s:F, s:s, s:s}", "scale", &scale, "quarters", &quarters, "hours", &hours) < 0 ||
        !is_text(quarters, HISTORY_QUARTERS) || !is_text(hours, HISTORY_HOURS))
        return AEMS_E_FORMAT;
    return in_range(scale, 0, most) ? 0 : AEMS_E_RANGE;
}

static double get(const char *text, double scale)
{
    int number = (int)(strchr(alphabet, text[0]) - alphabet) * 64 + (int)(strchr(alphabet, text[1]) - alphabet);
    return number == UNKNOWN ? -1 : scale * number / HIGHEST;
}

void series_text_unpack(struct history *h, size_t series, const json_t *json, int64_t newest_quarter)
{
    double scale = json_number_value(json_object_get(json, "scale"));
    const char *quarters = json_string_value(json_object_get(json, "quarters"));
    const char *hours = json_string_value(json_object_get(json, "hours"));
    history_clear(h, series);
    if (newest_quarter <= 0)
        return;
    for (int64_t i = (int64_t)strlen(quarters) / CHARS - 1; i >= 0; i--)
        if (newest_quarter - i > 0)
            history_put_quarter(h, series, newest_quarter - i, get(quarters + i * CHARS, scale));
    history_put_quarter(h, series, newest_quarter, quarters[0] ? get(quarters, scale) : -1);
    for (int64_t i = (int64_t)strlen(hours) / CHARS - 1; i >= 0; i--)
        history_put_hour(h, series, newest_quarter / QUARTERS_AN_HOUR - i, get(hours + i * CHARS, scale));
}
