// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/forecast_view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/instant.h"
#include "base/local_time.h"

enum { BAND_CELLS = 48 };

static const char *word(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

static double number(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

static bool is_replaced(const json_t *f)
{
    return strcmp(word(f, "method"), "persistence") == 0;
}

// ---- all ------------------------------------------------------------------------------------------------------------

enum sign { SIGN_OF_MINUS, SIGN_OF_BOTH };

static void figure(struct table *t, enum tint tint, bool known, enum sign sign, int decimals, double value)
{
    if (known)
        table_cell(t, tint, sign == SIGN_OF_BOTH ? "%+.*f" : "%.*f", decimals, value);
    else
        table_cell(t, tint, "%s", "-");
}

static void accuracy_row(struct table *t, const json_t *f)
{
    bool known = number(f, "hours") > 0;
    double skill = number(f, "skill");
    table_cell(t, TINT_PLAIN, "%s", word(f, "id"));
    table_cell(t, TINT_DIM, "%s", word(f, "kind"));
    table_cell(t, is_replaced(f) ? TINT_WARN : TINT_PLAIN, "%s", word(f, "method"));
    figure(t, TINT_PLAIN, known, SIGN_OF_MINUS, 0, number(f, "hours"));
    figure(t, TINT_BOLD, known, SIGN_OF_MINUS, 2, number(f, "mae_w") / 1000);
    figure(t, TINT_PLAIN, known, SIGN_OF_MINUS, 2, number(f, "persistence_mae_w") / 1000);
    figure(t, skill < 0 ? TINT_WARN : TINT_GOOD, known, SIGN_OF_BOTH, 0, 100 * skill);
    figure(t, TINT_PLAIN, known, SIGN_OF_BOTH, 2, number(f, "bias_w") / 1000);
    figure(t, TINT_PLAIN, known, SIGN_OF_MINUS, 2, number(f, "pinball_w") / 1000);
    figure(t, TINT_PLAIN, known, SIGN_OF_MINUS, 0, 100 * number(f, "band_frac"));
}

void forecast_view_all(const json_t *forecasts, const struct style *style, struct text *out)
{
    static const char *const headings[] = {"asset",     "kind",     "forecast", ">hours",      ">error kW",
                                           ">naive kW", ">skill %", ">bias kW", ">pinball kW", ">in band %"};
    size_t i;
    const json_t *f;
    if (json_array_size(forecasts) == 0) {
        text_append(out, "There is no load and no PV plant.\n");
        return;
    }
    struct table *t = table_new(headings, sizeof(headings) / sizeof(*headings));
    json_array_foreach(forecasts, i, f)
    {
        accuracy_row(t, f);
    }
    table_render(t, style, 0, out);
    table_free(t);
    text_append(out,
                "\nA day ahead, by the hour. Naive: the same hour of yesterday or last week, whichever errs less. Of\n"
                "100 hours about 80 should lie in the band from the 10 to the 90 % quantile.\n");
}

// ---- one ------------------------------------------------------------------------------------------------------------

static void add_summary(const json_t *f, struct text *out)
{
    double hours = number(f, "hours"), skill = number(f, "skill");
    text_appendf(out, "%s: ", word(f, "id"));
    if (hours <= 0) {
        text_append(out, "standard profile, moved to what is measured; nothing could be compared yet\n\n");
        return;
    }
    text_appendf(out, "a day ahead wrong by %.2f kW in %.0f hours, the naive forecast by %.2f kW (%.0f %% %s)",
                 number(f, "mae_w") / 1000, hours, number(f, "persistence_mae_w") / 1000, fabs(100 * skill),
                 skill < 0 ? "worse" : "better");
    text_appendf(out, "%s\n%.0f %% of the hours were in the band\n\n", is_replaced(f) ? ", which stands in for it" : "",
                 100 * number(f, "band_frac"));
}

static double value_at(const json_t *f, const char *course, size_t hour)
{
    return json_number_value(json_array_get(json_object_get(f, course), hour));
}

static double highest(const json_t *f)
{
    double most = 1;
    for (size_t h = 0; h < json_array_size(json_object_get(f, "p90_w")); h++)
        most = fmax(most, fmax(value_at(f, "p50_w", h), value_at(f, "p90_w", h)));
    return most;
}

// The band from the 10 to the 90 % quantile, with a mark in its middle.
static void draw_band(const json_t *f, size_t hour, double most_w, const struct style *style, struct text *ret)
{
    double scale = (BAND_CELLS - 1) / most_w;
    int low = (int)lround(value_at(f, "p10_w", hour) * scale), high = (int)lround(value_at(f, "p90_w", hour) * scale);
    int middle = (int)lround(value_at(f, "p50_w", hour) * scale);
    if (value_at(f, "p90_w", hour) <= 0 && value_at(f, "p50_w", hour) <= 0)
        return; // a plant at night
    for (int i = 0; i <= high || i <= middle; i++) {
        if (i == middle)
            text_append(ret, style->unicode ? "█" : "#");
        else if (i >= low && i <= high)
            text_append(ret, style->unicode ? "░" : "-");
        else
            text_append(ret, " ");
    }
}

static void hour_row(struct table *t, const json_t *f, size_t hour, int64_t utc_ms, double most_w,
                     const struct style *style)
{
    struct local_time local = local_time_at(utc_ms);
    struct text band = {0};
    draw_band(f, hour, most_w, style, &band);
    table_cell(t, TINT_PLAIN, "%02d-%02d %02d:%02d", local.month, local.day, local.minute / 60, local.minute % 60);
    table_cell(t, TINT_DIM, "%.2f", value_at(f, "p10_w", hour) / 1000);
    table_cell(t, TINT_BOLD, "%.2f", value_at(f, "p50_w", hour) / 1000);
    table_cell(t, TINT_DIM, "%.2f", value_at(f, "p90_w", hour) / 1000);
    table_cell(t, TINT_PLAIN, "%s", band.failed || band.data == NULL ? "" : band.data);
    text_free(&band);
}

void forecast_view_one(const json_t *f, const struct style *style, struct text *out)
{
    static const char *const headings[] = {"from", ">10 % kW", ">50 % kW", ">90 % kW", ""};
    int64_t from = 0, step_ms = (int64_t)number(f, "step_s") * 1000;
    double most_w = highest(f);
    add_summary(f, out);
    if (rfc3339_parse(word(f, "from"), &from) < 0)
        return;
    struct table *t = table_new(headings, sizeof(headings) / sizeof(*headings));
    for (size_t h = 0; h < json_array_size(json_object_get(f, "p50_w")); h++)
        hour_row(t, f, h, from + (int64_t)h * step_ms, most_w, style);
    table_render(t, style, 0, out);
    table_free(t);
}
