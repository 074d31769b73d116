// SPDX-License-Identifier: GPL-3.0-or-later
// The page's data: whole multiples of a power of ten, so that a year of hours stays small and no digit is in vain.
#include <math.h>

#include "base/error.h"
#include "base/local_time.h"
#include "replay/report_internal.h"
#include "replay/report_page.h"

static const int64_t QUARTER_MS = 900000;
enum { DIGITS_END = 10000 }; // numbers have up to four digits

// ---- series ---------------------------------------------------------------------------------------------------------

struct numbers { // every `stride`-th of either list
    const float *few;
    const double *many;
    size_t count, stride;
};

static double number_at(const struct numbers *n, size_t i)
{
    return n->few != NULL ? (double)n->few[i * n->stride] : n->many[i * n->stride];
}

// {"e": exponent, "v": [...]}, or {"e", "c"} where all are the same; null where nothing is known.
static void write_series(struct json_writer *w, const char *key, struct numbers n, int exponent)
{
    double most = 0, unit = pow(10, exponent);
    bool known = false, same = true;
    for (size_t i = 0; i < n.count; i++) {
        double value = number_at(&n, i);
        known = known || isfinite(value);
        if (isfinite(value))
            most = fmax(most, fabs(value));
    }
    if (!known) {
        out_null(w, key);
        return;
    }
    for (; most / unit >= DIGITS_END - 0.5; unit *= 10)
        exponent++;
    for (size_t i = 0; i < n.count && same; i++)
        same = isfinite(number_at(&n, i)) && round(number_at(&n, i) / unit) == round(number_at(&n, 0) / unit);
    out_open(w, key, '{');
    out_whole(w, "e", exponent);
    if (same)
        out_fixed(w, "c", number_at(&n, 0) / unit, 0);
    else {
        out_open(w, "v", '[');
        for (size_t i = 0; i < n.count; i++)
            out_fixed(w, NULL, number_at(&n, i) / unit, 0);
        out_close(w, ']');
    }
    out_close(w, '}');
}

static void write_points(struct json_writer *w, const char *key, const struct replay_report *r, const float *values,
                         int exponent)
{
    write_series(w, key, (struct numbers){.few = values, .count = r->n_points, .stride = 1}, exponent);
}

static void write_days(struct json_writer *w, const char *key, const struct replay_report *r, const double *values,
                       size_t stride, int exponent)
{
    write_series(w, key, (struct numbers){.many = values, .count = r->n_days, .stride = stride}, exponent);
}

// ---- a run ----------------------------------------------------------------------------------------------------------

static void write_run_days(struct json_writer *w, const struct replay_report *r, const struct report_run *run)
{
    static const char *const NAMES[DAY_SUM_COUNT] = {
        [DAY_COST] = "cost",         [DAY_IMPORT_KWH] = "import_kwh", [DAY_EXPORT_KWH] = "export_kwh",
        [DAY_LOAD_KWH] = "load_kwh", [DAY_PV_KWH] = "pv_kwh",         [DAY_UNSERVED_KWH] = "unserved_kwh",
        [DAY_CO2_KG] = "co2_kg",     [DAY_HOURS] = "hours",           [DAY_UNKNOWN_HOURS] = "unknown_h",
        [DAY_OVER_HOURS] = "over_h", [DAY_ALARM_HOURS] = "alarm_h",
    };
    size_t n_assets = r->site->n_assets, n_grids = r->site->n_grids;
    out_open(w, "days", '{');
    for (int k = 0; k < DAY_SUM_COUNT; k++)
        write_days(w, NAMES[k], r, run->days + k, DAY_SUM_COUNT, -2);
    out_close(w, '}');
    out_open(w, "peaks", '[');
    for (size_t g = 0; g < n_grids; g++)
        write_days(w, NULL, r, run->peaks_w + g, n_grids, 0);
    out_close(w, ']');
    out_open(w, "charge", '{');
    out_open(w, "low", '[');
    for (size_t i = 0; i < n_assets; i++)
        write_days(w, NULL, r, run->lowest + i, n_assets, -3);
    out_close(w, ']');
    out_open(w, "high", '[');
    for (size_t i = 0; i < n_assets; i++)
        write_days(w, NULL, r, run->highest + i, n_assets, -3);
    out_close(w, ']');
    out_close(w, '}');
}

static void write_run(struct json_writer *w, const struct replay_report *r, enum replay_controller controller)
{
    const struct report_run *run = &r->runs[controller];
    out_open(w, NULL, '{');
    out_text(w, "name", replay_controller_name(controller));
    out_open(w, "figures", '{');
    report_write_figures(w, run);
    out_close(w, '}');
    write_run_days(w, r, run);
    write_points(w, "unknown", r, run->unknown, -1);
    out_open(w, "assets", '[');
    for (size_t i = 0; i < r->site->n_assets; i++) {
        out_open(w, NULL, '{');
        write_points(w, "power", r, report_values(r, run, report_asset_series(i, SERIES_POWER)), 0);
        write_points(w, "planned", r, report_values(r, run, report_asset_series(i, SERIES_PLANNED)), 0);
        write_points(w, "soc", r, report_values(r, run, report_asset_series(i, SERIES_SOC)), -3);
        write_points(w, "unserved", r, report_values(r, run, report_asset_series(i, SERIES_UNSERVED)), 0);
        out_close(w, '}');
    }
    out_close(w, ']');
    out_close(w, '}');
}

// ---- the area -------------------------------------------------------------------------------------------------------

static void write_area(struct json_writer *w, const struct site *s)
{
    out_open(w, "buses", '[');
    for (size_t b = 0; b < s->n_buses; b++) {
        out_open(w, NULL, '{');
        out_text(w, "id", s->buses[b].id);
        out_text(w, "carrier", carrier_name(s->buses[b].carrier));
        out_close(w, '}');
    }
    out_close(w, ']');
    out_open(w, "assets", '[');
    for (size_t i = 0; i < s->n_assets; i++) {
        out_open(w, NULL, '{');
        out_text(w, "id", s->assets[i].id);
        out_text(w, "kind", asset_kind_name(s->assets[i].kind));
        out_whole(w, "bus", s->assets[i].bus);
        out_close(w, '}');
    }
    out_close(w, ']');
}

static void write_grid(struct json_writer *w, const struct replay_report *r, size_t asset)
{
    static const char *const NAMES[GRID_SERIES_COUNT] = {"import_price", "export_price", "import_limit", "export_limit",
                                                         "available"};
    const struct report_run *run = &r->runs[r->about.asked];
    size_t g = (size_t)r->site->assets[asset].of_kind;
    const struct site_grid *grid = &r->site->grids[g];
    out_open(w, NULL, '{');
    out_whole(w, "asset", (int64_t)asset);
    out_fixed(w, "import_limit_w", grid->import_limit_w, 0);
    out_fixed(w, "export_limit_w", grid->export_limit_w, 0);
    out_fixed(w, "contract_w", grid->contract_power_w, 0);
    out_whole(w, "window_s", r->site->tariffs[grid->tariff].demand_window_s);
    for (int k = 0; k < GRID_SERIES_COUNT; k++)
        write_points(w, NAMES[k], r, report_values(r, run, report_grid_series(r, g, (enum grid_series)k)),
                     k <= SERIES_EXPORT_PRICE ? -4 : 0);
    out_close(w, '}');
}

// Since when the area's clock is how far from UTC; every change in the time falls on a quarter of an hour.
static void write_offsets(struct json_writer *w, const struct replay_report *r)
{
    int64_t first = r->day_starts[0], end = r->day_starts[r->n_days];
    int offset_s = 0;
    out_open(w, "offsets", '[');
    for (size_t day = 0; day <= r->n_days; day++) {
        int64_t t = day == 0 ? first : r->day_starts[day - 1];
        int there_s = local_time_at(r->day_starts[day]).utc_offset_s;
        if (day > 0 && there_s == offset_s)
            continue;
        while (day > 0 && t < end && local_time_at(t).utc_offset_s != there_s)
            t += QUARTER_MS;
        out_open(w, NULL, '[');
        out_whole(w, NULL, t);
        out_whole(w, NULL, there_s);
        out_close(w, ']');
        offset_s = there_s;
    }
    out_close(w, ']');
}

static void write_data(struct json_writer *w, const struct replay_report *r)
{
    char seed[24];
    snprintf(seed, sizeof(seed), "%llu", (unsigned long long)r->about.seed);
    out_open(w, NULL, '{');
    out_open(w, "about", '{');
    report_write_about(w, r);
    out_whole(w, "from_ms", r->about.from_utc_ms);
    out_whole(w, "to_ms", r->about.to_utc_ms);
    out_close(w, '}');
    out_text(w, "seed", seed); // more digits than a script's numbers have
    out_whole(w, "origin_ms", r->origin_utc_ms);
    out_fixed(w, "point_s", (double)r->point_ms / 1e3, 3);
    out_whole(w, "n_points", (int64_t)r->n_points);
    write_offsets(w, r);
    out_open(w, "days", '[');
    for (size_t day = 0; day <= r->n_days; day++)
        out_whole(w, NULL, r->day_starts[day]);
    out_close(w, ']');
    write_area(w, r->site);
    out_open(w, "grids", '[');
    for (size_t i = 0; i < r->site->n_assets; i++)
        if (r->site->assets[i].kind == ASSET_GRID)
            write_grid(w, r, i);
    out_close(w, ']');
    out_open(w, "runs", '[');
    for (int c = 0; c < REPLAY_CONTROLLER_COUNT; c++)
        if (r->runs[c].closed)
            write_run(w, r, (enum replay_controller)c);
    out_close(w, ']');
    out_close(w, '}');
}

static void write_title(FILE *stream, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            fputs("&lt;", stream);
        else if (*text == '&')
            fputs("&amp;", stream);
        else
            putc_unlocked(*text, stream);
    }
}

int replay_report_html(const struct replay_report *r, FILE *stream)
{
    if (!r->runs[r->about.asked].closed)
        return AEMS_E_STATE;
    struct json_writer w = {.stream = stream};
    fputs((const char *)report_page_head, stream);
    write_title(stream, r->site->name[0] != '\0' ? r->site->name : r->site->id);
    fputs(": replay", stream);
    fputs((const char *)report_page_middle, stream);
    write_data(&w, r);
    fputs((const char *)report_page_tail, stream);
    return ferror(stream) ? AEMS_E_IO : 0;
}
