// SPDX-License-Identifier: GPL-3.0-or-later
// Loads, sun, prices, weather and the grid's presence: from the data, or from the site where these have no column.
#include <math.h>

#include "base/number.h"
#include "forecast/climate.h"
#include "forecast/forecast.h"
#include "forecast/sun.h"
#include "replay/internal.h"
#include "simulate/noise.h"
#include "tariff/tariff.h"

static const int64_t SAMPLE_MS = 900 * 1000, DAY_MS = INT64_C(24) * 3600 * 1000;
static const double FULL_SUN_WM2 = 1000;

enum { MAX_SAMPLES = 96 };

static bool has_column(const struct replay *r, int asset, enum replay_quantity quantity)
{
    return r->data->column_of[asset * REPLAY_QUANTITY_COUNT + (int)quantity] >= 0;
}

static int grid_asset(const struct replay *r, int grid)
{
    return asset_number(r, ASSET_GRID, grid);
}

// ---- loads and sun --------------------------------------------------------------------------------------------------

static int samples_of(int64_t from_utc_ms, int64_t to_utc_ms)
{
    return (int)clamp(ceil((double)(to_utc_ms - from_utc_ms) / (double)SAMPLE_MS), 1, MAX_SAMPLES);
}

static double standard_load_w(const struct replay *r, int load, int64_t from_utc_ms, int64_t to_utc_ms)
{
    int n = samples_of(from_utc_ms, to_utc_ms);
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += load_standard_w(r->site, &r->site->loads[load],
                               from_utc_ms + (to_utc_ms - from_utc_ms) * (2 * i + 1) / (2 * n));
    return sum / n;
}

// Some days are clear and some are not, by the seed.
static double clearness(const struct replay *r, int64_t utc_ms)
{
    struct noise dice = noise_seeded(r->options.seed, (uint64_t)((utc_ms + DAY_MS / 2) / DAY_MS));
    double u = noise_uniform(&dice);
    return 1 - 0.75 * u * u;
}

static double standard_pv_w(const struct replay *r, int pv, int64_t from_utc_ms, int64_t to_utc_ms)
{
    const struct site_pv *p = &r->site->pvs[pv];
    int n = samples_of(from_utc_ms, to_utc_ms);
    double sum = 0;
    for (int i = 0; i < n; i++) {
        int64_t at = from_utc_ms + (to_utc_ms - from_utc_ms) * (2 * i + 1) / (2 * n);
        double clear =
            sun_clear_sky_frac(at, r->site->latitude_deg, r->site->longitude_deg, p->tilt_deg, p->azimuth_deg);
        sum += clear * clearness(r, at);
    }
    return fmax(sum / n * p->peak_power_w, 0);
}

// At an instant where there is no span.
static double data_mean(const struct replay *r, int asset, enum replay_quantity q, int64_t from, int64_t to)
{
    return to > from ? replay_data_mean(r->data, asset, q, from, to) : replay_data_value(r->data, asset, q, from);
}

static double load_w(const struct replay *r, int asset, int64_t from, int64_t to)
{
    bool drawn = has_column(r, asset, REPLAY_LOAD_W), heat = has_column(r, asset, REPLAY_HEAT_W);
    if (!drawn && !heat)
        return standard_load_w(r, r->site->assets[asset].of_kind, from, to);
    double known_w = drawn ? data_mean(r, asset, REPLAY_LOAD_W, from, to) : (double)NAN;
    return isnan(known_w) && heat ? data_mean(r, asset, REPLAY_HEAT_W, from, to) : known_w;
}

static double pv_w(const struct replay *r, int asset, int64_t from, int64_t to)
{
    bool given = has_column(r, asset, REPLAY_PV_W), sun = has_column(r, asset, REPLAY_IRRADIANCE_WM2);
    int pv = r->site->assets[asset].of_kind;
    if (!given && !sun)
        return standard_pv_w(r, pv, from, to);
    double known_w = given ? data_mean(r, asset, REPLAY_PV_W, from, to) : (double)NAN;
    if (!isnan(known_w) || !sun)
        return known_w;
    return data_mean(r, asset, REPLAY_IRRADIANCE_WM2, from, to) / FULL_SUN_WM2 * r->site->pvs[pv].peak_power_w;
}

double input_mean_w(const struct replay *r, int asset, int64_t from_utc_ms, int64_t to_utc_ms)
{
    double w = r->site->assets[asset].kind == ASSET_PV ? pv_w(r, asset, from_utc_ms, to_utc_ms)
                                                       : load_w(r, asset, from_utc_ms, to_utc_ms);
    return isfinite(w) ? fmax(w, 0) : (double)NAN;
}

double input_outside_degc(const struct replay *r, int64_t from_utc_ms, int64_t to_utc_ms)
{
    return r->temp_asset >= 0 ? data_mean(r, r->temp_asset, REPLAY_TEMP_DEGC, from_utc_ms, to_utc_ms) : (double)NAN;
}

// ---- grids ----------------------------------------------------------------------------------------------------------

// Not known counts as there.
bool input_grid_available(const struct replay *r, int grid, int64_t utc_ms)
{
    return !(replay_data_value(r->data, grid_asset(r, grid), REPLAY_GRID_AVAILABLE, utc_ms) < 0.5);
}

// Prices of tariffs may change within a cycle.
struct engine_price input_tariff_price(const struct replay *r, int tariff, int64_t from, int64_t to)
{
    int n = samples_of(from, to);
    struct engine_price sum = {0};
    for (int i = 0; i < n; i++) {
        int64_t at = from + (to - from) * (2 * i + 1) / (2 * n);
        sum.import_price_per_kwh += tariff_import_price_per_kwh(r->site, tariff, at) / n;
        sum.export_price_per_kwh += tariff_export_price_per_kwh(r->site, tariff, at) / n;
    }
    return sum;
}

static double configured_co2_g(const struct replay *r, int grid, int64_t from, int64_t to)
{
    int n = samples_of(from, to);
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += tariff_co2_g_per_kwh(r->site, grid, from + (to - from) * (2 * i + 1) / (2 * n));
    return sum / n;
}

static struct engine_price known_price(const struct replay *r, int grid, int64_t from, int64_t to)
{
    int asset = grid_asset(r, grid);
    return (struct engine_price){.import_price_per_kwh = data_mean(r, asset, REPLAY_IMPORT_PRICE, from, to),
                                 .export_price_per_kwh = data_mean(r, asset, REPLAY_EXPORT_PRICE, from, to),
                                 .co2_g_per_kwh = data_mean(r, asset, REPLAY_CO2_G_PER_KWH, from, to)};
}

struct engine_price input_price(const struct replay *r, int grid, int64_t from_utc_ms, int64_t to_utc_ms)
{
    struct engine_price p = known_price(r, grid, from_utc_ms, to_utc_ms);
    if (isfinite(p.import_price_per_kwh) && isfinite(p.export_price_per_kwh) && isfinite(p.co2_g_per_kwh))
        return p;
    struct engine_price c = input_tariff_price(r, r->site->grids[grid].tariff, from_utc_ms, to_utc_ms);
    p.import_price_per_kwh = isfinite(p.import_price_per_kwh) ? p.import_price_per_kwh : c.import_price_per_kwh;
    p.export_price_per_kwh = isfinite(p.export_price_per_kwh) ? p.export_price_per_kwh : c.export_price_per_kwh;
    p.co2_g_per_kwh = isfinite(p.co2_g_per_kwh) ? p.co2_g_per_kwh : configured_co2_g(r, grid, from_utc_ms, to_utc_ms);
    return p;
}

// ---- what the engine may ask ----------------------------------------------------------------------------------------

static double cell(const struct replay *r, int asset, enum replay_quantity quantity, int64_t row)
{
    int column = r->data->column_of[asset * REPLAY_QUANTITY_COUNT + (int)quantity];
    return column >= 0 && row >= 0 ? r->data->columns[column].values[row] : (double)NAN;
}

static void price_at(void *context, int grid, int64_t utc_ms, struct engine_price *ret_price)
{
    const struct replay *r = context;
    int64_t row = replay_data_row(r->data, utc_ms);
    int asset = grid_asset(r, grid);
    *ret_price = (struct engine_price){.import_price_per_kwh = cell(r, asset, REPLAY_IMPORT_PRICE, row),
                                       .export_price_per_kwh = cell(r, asset, REPLAY_EXPORT_PRICE, row),
                                       .co2_g_per_kwh = cell(r, asset, REPLAY_CO2_G_PER_KWH, row)};
}

// Beyond the last row nobody can see: it goes on as a week before, or a day where there is not so much. Else the last
// plans would weigh what is known against a guess.
static double given_w(void *context, enum asset_kind kind, int of_kind, int64_t from_utc_ms, int64_t to_utc_ms)
{
    const struct replay *r = context;
    int asset = asset_number(r, kind, of_kind);
    int64_t beyond_ms = to_utc_ms - r->data->end_utc_ms, held_ms = r->data->end_utc_ms - r->data->utc_ms[0];
    int64_t period_ms = held_ms >= 7 * DAY_MS ? 7 * DAY_MS : DAY_MS;
    int64_t back_ms = beyond_ms > 0 ? (beyond_ms + period_ms - 1) / period_ms * period_ms : 0;
    return input_mean_w(r, asset, from_utc_ms - back_ms, to_utc_ms - back_ms);
}

// A daemon that plans every few minutes knows what flows; over a cycle this is what the data have of it.
static double flowing_w(void *context, enum asset_kind kind, int of_kind, int64_t from_utc_ms, int64_t to_utc_ms)
{
    const struct replay *r = context;
    bool within = from_utc_ms >= r->now.utc_ms && to_utc_ms <= r->now.utc_ms + r->cycle_ms;
    return within ? given_w(context, kind, of_kind, from_utc_ms, to_utc_ms) : (double)NAN;
}

// A gap of a quarter of an hour is one.
static bool stays_available(void *context, int grid, int64_t from_utc_ms, int64_t to_utc_ms)
{
    const struct replay *r = context;
    for (int64_t at = from_utc_ms; at < to_utc_ms; at += r->cycle_ms < SAMPLE_MS ? r->cycle_ms : SAMPLE_MS)
        if (!input_grid_available(r, grid, at))
            return false;
    return true;
}

void inputs_connect(struct replay *r)
{
    bool foresees = r->options.controller == REPLAY_PERFECT || r->options.perfect;
    struct forecast *f = engine_forecast(r->engine);
    engine_set_price_source(r->engine, price_at, r);
    engine_set_planning(r->engine, r->options.controller != REPLAY_RULE && r->options.controller != REPLAY_NONE);
    if (foresees || r->options.controller == REPLAY_DAEMON) {
        forecast_set_given(f, foresees ? given_w : flowing_w, r);
        forecast_set_method(f, FORECAST_GIVEN);
    }
    if (foresees) {
        engine_set_grid_forecast(r->engine, stays_available, r);
    } else if (r->options.controller == REPLAY_PERSISTENCE) {
        forecast_set_method(f, FORECAST_PERSISTENCE);
    }
}

static void teach_asset(struct replay *r, int asset, int64_t from, int64_t to)
{
    const struct site_asset *a = &r->site->assets[asset];
    if (a->kind != ASSET_LOAD && a->kind != ASSET_PV)
        return;
    double w = input_mean_w(r, asset, from, to);
    if (isnan(w))
        return;
    if (a->kind == ASSET_LOAD)
        forecast_learn_load(engine_forecast(r->engine), a->of_kind, from, to, w);
    else
        forecast_learn_pv(engine_forecast(r->engine), a->of_kind, from, to, w);
}

void inputs_teach(struct replay *r)
{
    int64_t at = r->options.learn_from_utc_ms;
    if (at <= 0 || at >= r->begin_utc_ms)
        return;
    at = r->begin_utc_ms - (r->begin_utc_ms - at) / r->cycle_ms * r->cycle_ms;
    for (; at < r->begin_utc_ms; at += r->cycle_ms) {
        for (size_t i = 0; i < r->site->n_assets; i++)
            teach_asset(r, (int)i, at, at + r->cycle_ms);
        double degc = input_outside_degc(r, at, at + r->cycle_ms);
        if (isfinite(degc))
            forecast_learn_temperature(engine_forecast(r->engine), at, at + r->cycle_ms, degc);
    }
}

// ---- a cycle --------------------------------------------------------------------------------------------------------

void inputs_take(struct replay *r)
{
    int64_t from = r->now.utc_ms, to = from + r->cycle_ms;
    for (size_t i = 0; i < r->site->n_assets; i++) {
        struct input *in = &r->inputs[i];
        enum asset_kind kind = r->site->assets[i].kind;
        in->known = true;
        if (kind != ASSET_LOAD && kind != ASSET_PV)
            continue;
        double w = input_mean_w(r, (int)i, from, to);
        in->known = isfinite(w);
        if (!in->known)
            continue;
        in->magnitude_w = w;
        plant_model_fix(r->plant, (int)i, w);
    }
    double degc = input_outside_degc(r, from, to);
    plant_model_set_outside(r->plant, isfinite(degc) ? degc : climate_temp_degc(r->site, from + r->cycle_ms / 2));
    for (size_t g = 0; g < r->site->n_grids; g++)
        plant_model_set_grid(r->plant, (int)g, input_grid_available(r, (int)g, from));
}

bool inputs_are_known(const struct replay *r)
{
    int64_t row = replay_data_row(r->data, r->now.utc_ms);
    for (size_t c = 0; row >= 0 && c < r->data->n_columns; c++)
        if (isnan(r->data->columns[c].values[row]))
            return false;
    return row >= 0;
}
