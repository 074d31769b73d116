// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay/record_export.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "replay/data.h"

enum { MINUTE_MS = 60 * 1000, FRESH_MS = 60 * 1000 };

static const double LONGEST_TICK_H = 1.0 / 60; // a longer gap is not known

struct column {
    char asset[SITE_ID_MAX];
    enum asset_kind kind;
    enum replay_quantity quantity;
    double sum;
    unsigned count;
};

struct row {
    int64_t utc_ms;
    double *values; // as many as there were columns
    size_t n;
};

struct available { // what an inverter says that it could give
    double power_w;
    uint64_t mono_ms; // 0: it never said
};

struct record_export {
    struct column *columns;
    size_t n_columns;
    struct row *rows;
    size_t n_rows, capacity;
    int64_t minute_utc_ms; // that is being summed; 0: none
    struct record_flows flows;
    struct minute_flow { // of a connection, by its number
        double sum_w;
        unsigned count;
    } * minutes;
    bool no_memory;

    // of the record at hand
    const struct site *site;
    struct available *available; // by asset
    double outside_degc;         // NAN: no sensor
    int64_t ticked_utc_ms;
};

static const char *const names[REPLAY_QUANTITY_COUNT] = {
    [REPLAY_LOAD_W] = "load_w",
    [REPLAY_PV_W] = "pv_w",
    [REPLAY_IMPORT_PRICE] = "import_price",
    [REPLAY_EXPORT_PRICE] = "export_price",
    [REPLAY_CO2_G_PER_KWH] = "co2_g_per_kwh",
    [REPLAY_GRID_AVAILABLE] = "grid_available",
    [REPLAY_TEMP_DEGC] = "temp_degc",
    [REPLAY_CONNECTED] = "connected",
};

int record_export_new(struct record_export **ret_export)
{
    *ret_export = calloc(1, sizeof **ret_export);
    return *ret_export != NULL ? 0 : AEMS_E_NOMEM;
}

void record_export_free(struct record_export *x)
{
    if (x == NULL)
        return;
    for (size_t i = 0; i < x->n_rows; i++)
        free(x->rows[i].values);
    free(x->rows);
    free(x->columns);
    free(x->available);
    free(x->minutes);
    free(x);
}

// ---- minutes --------------------------------------------------------------------------------------------------------

static struct column *find_column(struct record_export *x, int asset, enum replay_quantity quantity)
{
    const struct site_asset *of = &x->site->assets[asset];
    for (size_t i = 0; i < x->n_columns; i++)
        if (x->columns[i].quantity == quantity && strcmp(x->columns[i].asset, of->id) == 0)
            return &x->columns[i];
    struct column *columns = realloc(x->columns, (x->n_columns + 1) * sizeof *columns);
    if (columns == NULL) {
        x->no_memory = true;
        return NULL;
    }
    x->columns = columns;
    struct column *c = &columns[x->n_columns++];
    *c = (struct column){.kind = of->kind, .quantity = quantity};
    memcpy(c->asset, of->id, sizeof c->asset);
    return c;
}

// NAN makes a column, too, so that what is never known has one.
static void sample(struct record_export *x, int asset, enum replay_quantity quantity, double value)
{
    struct column *c = find_column(x, asset, quantity);
    if (c == NULL || !isfinite(value))
        return;
    bool last_counts = quantity == REPLAY_CONNECTED || quantity == REPLAY_GRID_AVAILABLE;
    c->sum = last_counts ? value : c->sum + value;
    c->count = last_counts ? 1 : c->count + 1;
}

static void end_row(struct record_export *x, struct row *row)
{
    for (size_t i = 0; i < x->n_columns; i++) {
        struct column *c = &x->columns[i];
        row->values[i] = c->count > 0 ? c->sum / c->count : (double)NAN;
        c->sum = 0;
        c->count = 0;
    }
}

static void end_minute(struct record_export *x)
{
    if (x->minute_utc_ms == 0)
        return;
    if (x->n_rows == x->capacity) {
        size_t capacity = 2 * x->capacity + 256;
        struct row *rows = realloc(x->rows, capacity * sizeof *rows);
        x->no_memory |= rows == NULL;
        if (rows == NULL)
            return;
        x->rows = rows;
        x->capacity = capacity;
    }
    struct row row = {x->minute_utc_ms, calloc(x->n_columns + 1, sizeof(double)), x->n_columns};
    x->no_memory |= row.values == NULL;
    if (row.values == NULL)
        return;
    end_row(x, &row);
    x->rows[x->n_rows++] = row;
    for (size_t g = 0; x->site != NULL && g < x->site->n_grids; g++) {
        struct minute_flow *m = &x->minutes[g];
        if (m->count > 0)
            x->flows.peak_import_kw = fmax(x->flows.peak_import_kw, m->sum_w / m->count / 1000);
        *m = (struct minute_flow){0};
    }
}

// ---- what is known --------------------------------------------------------------------------------------------------

static bool power_of(const struct engine *e, int asset, struct instant now, struct asset_view *ret_view)
{
    engine_asset(e, asset, now, ret_view);
    return value_usable(ret_view->power);
}

// Of a tie at its other end.
static double from_flow_w(double power_w, double loss_frac)
{
    return power_w > 0 ? -power_w / (1 - loss_frac) : -power_w * (1 - loss_frac);
}

static double left_over_w(const struct record_export *x, const struct engine *e, int load, struct instant now)
{
    const struct site *s = x->site;
    int bus = s->assets[load].bus;
    double rest_w = 0;
    for (size_t i = 0; i < s->n_assets; i++) {
        const struct site_asset *other = &s->assets[i];
        const struct site_tie *tie = other->kind == ASSET_TIE ? &s->ties[other->of_kind] : NULL;
        struct asset_view view;
        if ((int)i == load || (other->bus != bus && (tie == NULL || tie->from != bus)))
            continue;
        if (!power_of(e, (int)i, now, &view))
            return NAN;
        rest_w += tie != NULL && tie->from == bus ? from_flow_w(view.power.v, tie->loss_frac) : view.power.v;
    }
    return fmax(rest_w, 0);
}

static bool has_device(const struct site *s, int asset)
{
    for (size_t d = 0; d < s->n_devices; d++)
        if (s->devices[d].asset == asset)
            return true;
    return false;
}

static double load_w(const struct record_export *x, const struct engine *e, int asset, struct instant now)
{
    struct asset_view view;
    bool electric = x->site->buses[x->site->assets[asset].bus].carrier == CARRIER_ELECTRICITY;
    if (electric && !has_device(x->site, asset))
        return left_over_w(x, e, asset, now);
    bool shed = power_of(e, asset, now, &view) && view.has_setpoint;
    return value_usable(view.power) && !shed ? fmax(-view.power.v, 0) : (double)NAN;
}

static double pv_w(const struct record_export *x, const struct engine *e, int asset, struct instant now)
{
    const struct available *a = &x->available[asset];
    struct asset_view view;
    if (a->mono_ms != 0 && now.mono_ms - a->mono_ms < FRESH_MS)
        return fmax(a->power_w, 0);
    if (!power_of(e, asset, now, &view))
        return NAN;
    bool curtailed = view.has_setpoint && view.setpoint_w < x->site->assets[asset].max_power_w - 1;
    return curtailed ? (double)NAN : fmax(view.power.v, 0);
}

static void sample_grid(struct record_export *x, const struct engine *e, int asset, struct instant now, double hours)
{
    struct grid_view grid;
    struct asset_view view;
    int number = x->site->assets[asset].of_kind;
    engine_grid(e, number, now, &grid);
    sample(x, asset, REPLAY_IMPORT_PRICE, grid.import_price_per_kwh);
    sample(x, asset, REPLAY_EXPORT_PRICE, grid.export_price_per_kwh);
    sample(x, asset, REPLAY_CO2_G_PER_KWH, grid.co2_g_per_kwh);
    sample(x, asset, REPLAY_GRID_AVAILABLE, grid.available);
    if (!power_of(e, asset, now, &view)) {
        x->flows.unknown_hours += hours;
        return;
    }
    double kwh = view.power.v / 1000 * hours;
    x->flows.import_kwh += fmax(kwh, 0);
    x->flows.export_kwh += fmax(-kwh, 0);
    x->flows.energy_cost += kwh > 0 ? kwh * grid.import_price_per_kwh : kwh * grid.export_price_per_kwh;
    x->minutes[number].sum_w += view.power.v;
    x->minutes[number].count++;
}

static void sample_asset(struct record_export *x, const struct engine *e, int asset, struct instant now, double hours)
{
    struct asset_view view;
    switch (x->site->assets[asset].kind) {
    case ASSET_GRID:
        sample_grid(x, e, asset, now, hours);
        break;
    case ASSET_LOAD:
        sample(x, asset, REPLAY_LOAD_W, load_w(x, e, asset, now));
        break;
    case ASSET_PV:
        sample(x, asset, REPLAY_PV_W, pv_w(x, e, asset, now));
        break;
    case ASSET_CHARGER:
        engine_asset(e, asset, now, &view);
        sample(x, asset, REPLAY_CONNECTED, view.session.connected);
        break;
    default:
        break;
    }
}

// ---- a record on its way --------------------------------------------------------------------------------------------

static void on_begin(void *user, const struct record_entry *begin, const struct site *site)
{
    struct record_export *x = user;
    (void)begin;
    free(x->available);
    free(x->minutes);
    x->site = site;
    x->available = calloc(site->n_assets + 1, sizeof *x->available);
    x->minutes = calloc(site->n_grids + 1, sizeof *x->minutes);
    x->no_memory |= x->available == NULL || x->minutes == NULL;
    x->outside_degc = NAN;
    x->ticked_utc_ms = 0;
}

static void on_event(void *user, const struct engine *e, const struct event *event)
{
    struct record_export *x = user;
    (void)e;
    if (event->kind != EVENT_READINGS || x->no_memory)
        return;
    int asset = x->site->devices[event->readings.device].asset;
    for (size_t i = 0; i < event->readings.count; i++) {
        const struct reading *r = &event->readings.readings[i];
        if (r->status != READING_GOOD || !isfinite(r->value))
            continue;
        if (r->quantity == QUANTITY_AVAILABLE_W && asset >= 0 && r->value >= 0)
            x->available[asset] = (struct available){r->value, event->at.mono_ms};
        else if (r->quantity == QUANTITY_TEMP_DEGC && asset < 0)
            x->outside_degc = r->value;
    }
}

static void on_tick(void *user, const struct engine *e, struct instant now)
{
    struct record_export *x = user;
    int64_t minute = now.utc_ms - now.utc_ms % MINUTE_MS;
    if (x->no_memory)
        return;
    if (minute != x->minute_utc_ms) {
        end_minute(x);
        x->minute_utc_ms = minute;
    }
    double hours = x->ticked_utc_ms != 0 ? (double)(now.utc_ms - x->ticked_utc_ms) / 3600e3 : 0;
    hours = hours >= 0 && hours <= LONGEST_TICK_H ? hours : 0;
    x->ticked_utc_ms = now.utc_ms;
    for (size_t i = 0; i < x->site->n_assets && !x->no_memory; i++)
        sample_asset(x, e, (int)i, now, hours);
    if (isfinite(x->outside_degc) && x->site->n_assets > 0)
        sample(x, 0, REPLAY_TEMP_DEGC, x->outside_degc);
}

int record_export_add(struct record_export *x, const void *data, size_t length, struct repeat_figures *ret_figures)
{
    const struct repeat_watch watch = {.user = x, .begin = on_begin, .event = on_event, .tick = on_tick};
    int code = repeat_record(data, length, &watch, ret_figures);
    x->site = NULL; // the record's own, gone with it
    return code == 0 && x->no_memory ? AEMS_E_NOMEM : code;
}

// ---- what came of it ------------------------------------------------------------------------------------------------

static bool is_wanted(const struct column *c, const struct site *site)
{
    int asset = site != NULL ? site_find_asset(site, c->asset) : 0;
    return site == NULL || (asset >= 0 && site->assets[asset].kind == c->kind);
}

static void write_row(const struct record_export *x, const struct row *row, const struct site *site, FILE *stream)
{
    char time[RFC3339_SIZE];
    rfc3339_format(row->utc_ms, time);
    fputs(time, stream);
    for (size_t i = 0; i < x->n_columns; i++) {
        if (!is_wanted(&x->columns[i], site))
            continue;
        if (i < row->n && isfinite(row->values[i]))
            fprintf(stream, ",%.10g", row->values[i]);
        else
            fputc(',', stream);
    }
    fputc('\n', stream);
}

int record_export_write(const struct record_export *x, const struct site *site, FILE *stream)
{
    int64_t last = INT64_MIN;
    if (x->n_rows == 0)
        return AEMS_E_NOT_FOUND;
    fputs("time", stream);
    for (size_t i = 0; i < x->n_columns; i++)
        if (is_wanted(&x->columns[i], site))
            fprintf(stream, ",%s.%s", x->columns[i].asset, names[x->columns[i].quantity]);
    fputc('\n', stream);
    for (size_t i = 0; i < x->n_rows; i++) {
        if (x->rows[i].utc_ms > last) // a minute that two records share is told by the first
            write_row(x, &x->rows[i], site, stream);
        last = x->rows[i].utc_ms > last ? x->rows[i].utc_ms : last;
    }
    return ferror(stream) ? AEMS_E_IO : 0;
}

void record_export_flows(const struct record_export *x, struct record_flows *ret_flows)
{
    *ret_flows = x->flows;
}

static bool is_recorded(const struct record_export *x, const struct site_asset *asset)
{
    for (size_t i = 0; i < x->n_columns; i++)
        if (strcmp(x->columns[i].asset, asset->id) == 0 && x->columns[i].kind == asset->kind)
            return true;
    return false;
}

const char *record_export_odd(const struct record_export *x, const struct site *site, bool missing, size_t number)
{
    size_t found = 0;
    for (size_t i = 0; missing && i < site->n_assets; i++) {
        const struct site_asset *a = &site->assets[i];
        bool told_of = a->kind == ASSET_LOAD || a->kind == ASSET_PV || a->kind == ASSET_CHARGER;
        if (told_of && !is_recorded(x, a) && found++ == number)
            return a->id;
    }
    for (size_t i = 0; !missing && i < x->n_columns; i++) {
        bool first = x->columns[i].kind != ASSET_GRID || x->columns[i].quantity == REPLAY_IMPORT_PRICE;
        if (first && !is_wanted(&x->columns[i], site) && found++ == number)
            return x->columns[i].asset;
    }
    return "";
}
