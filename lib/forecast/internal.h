// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of this room share.
//
// Of a load the unit is W, of a PV plant the clearness: its power over that of a clear sky. The profile holds, for each
// hour of the day, what is typical lately; it is renewed as hours end, so that a forecast only has to look it up.
#pragma once

#include "forecast/forecast.h"
#include "forecast/history.h"
#include "forecast/sun.h"

enum {
    FORECAST_SAMPLE_MS = HISTORY_QUARTER_MS,
    FORECAST_MAX_SAMPLES = 600,
    FORECAST_QUARTERS_AN_HOUR = 4,
    FORECAST_SLOTS = 24,  // hours of the day
    FORECAST_KINDS = 2,   // working days, weekends and holidays
    FORECAST_EXPERTS = 2, // all days, and only those of the same kind
    FORECAST_LEADS = 3    // at which forecasts are compared with what came
};

extern const int forecast_leads_h[FORECAST_LEADS];
enum { FORECAST_DAY_AHEAD = FORECAST_LEADS - 1 };

// ---- hours ----------------------------------------------------------------------------------------------------------

struct forecast_hour {
    int64_t hour;   // since 1970
    int slot, kind; // local hour of the day; of the weekend or not
    int utc_slot;
    int zone_s;        // east of Greenwich
    int64_t local_day; // since 1970
};
struct forecast_hour forecast_hour_at(const struct site *s, int64_t hour);

// What is the same for all series when an hour has ended: kept until the next one.
struct forecast_past {
    struct forecast_hour now, ahead[FORECAST_LEADS];
    int shift[HISTORY_LONG_DAYS + 1];          // hours by which the same local time of that many days before differs
    unsigned char kind[HISTORY_LONG_DAYS + 1]; // of that day
    struct sun_sky skies[1 + FORECAST_LEADS][FORECAST_QUARTERS_AN_HOUR];
};

// ---- one load or plant ----------------------------------------------------------------------------------------------

struct forecast_slot {
    float expert[FORECAST_EXPERTS]; // negative: nothing is known
    float quantile[FORECAST_QUANTILES];
};

// A forecast that waits for its hour.
struct forecast_ahead {
    int64_t hour;
    float expected, quantile[FORECAST_QUANTILES];
    float expert[FORECAST_EXPERTS];
};

enum { FORECAST_WAITING = 32 }; // hours a day ahead, and some

struct forecast_errors {
    double hours, mae_w, bias_w, pinball_w, band_frac, yesterday_mae_w;
    double week_hours, week_mae_w;
    double recent_mae_w, recent_yesterday_mae_w, recent_week_mae_w; // over about a week
    bool replaced;
};

struct forecast_heating { // how a load answers to degrees below and above what was usual at that hour
    double cold_cold, cold_warm, warm_warm, cold_load, warm_load;
};

// How an hour differed from what was typical of it.
struct forecast_difference {
    int64_t hour; // 0: none
    int64_t local_day;
    double residual; // of a load in W, of PV a share
    double typical;  // then, in the unit; 0: the standard alone was known
};

// From one hour to a later one: of the next local day, of the same day but much busier, of the same day.
enum forecast_turn_kind { FORECAST_TURN_NEXT_DAY, FORECAST_TURN_BUSIER, FORECAST_TURN_DAY, FORECAST_TURN_KINDS };
enum { FORECAST_TURN_LEADS = 4, FORECAST_TURN_HOURS = 12 };

struct forecast_turns { // what becomes of differences
    double product[FORECAST_TURN_KINDS][FORECAST_TURN_LEADS], square[FORECAST_TURN_KINDS][FORECAST_TURN_LEADS];
    struct forecast_difference past[FORECAST_TURN_HOURS]; // by hour modulo their number
};

struct forecast_series {
    int64_t known_ms;        // end of the last lesson; 0: none yet
    int64_t quarter;         // under way
    double sum_w_ms, sum_ms; // of the quarter under way
    struct {
        double w, standard; // sums over quarters; of a load each counts 1, of PV what the clear sky gives
        int n;
    } hour; // under way, its quarters that have ended and are known
    struct forecast_slot slots[FORECAST_KINDS][FORECAST_SLOTS];
    double level_sum, level_standard; // recent: measured, and by the standard or the clear sky
    struct forecast_turns turns;
    float expert_mae[FORECAST_KINDS][FORECAST_EXPERTS];
    float widen[FORECAST_LEADS][2]; // of the band below and above, so that it holds 80 %
    struct forecast_ahead day_ahead[FORECAST_WAITING];
    struct forecast_ahead soon[FORECAST_LEADS - 1][8];
    struct forecast_errors errors;
    struct forecast_heating heating;    // of a load
    float sky_response[FORECAST_SLOTS]; // of PV: clearness per clearness of the weather forecast; 0: none yet
    float sky_mae, own_mae;             // of clearness, by the weather forecast and without it
    double highest_w;                   // fading
    int suspects;                       // quarters in a row that seemed absurd
    double same_w;                      // value that repeats
    int same, usual_same;
};

// ---- all ------------------------------------------------------------------------------------------------------------

#define FORECAST_NO_DEGC (-100.0F)
struct forecast_temperature {
    double outside_degc; // as measured last
    int64_t utc_ms;      // until then; 0: none yet
    int64_t hour;
    double hour_sum, hour_ms;
    float usual_degc[FORECAST_SLOTS]; // by UTC hour; NAN: not known
    float past_degc[HISTORY_HOURS];   // by hour modulo their number; FORECAST_NO_DEGC: not known
    double unusual_degc;              // of the last hour, from what is usual
};

struct forecast_quarter_sky {
    int64_t quarter;
    struct sun_sky sky;
};

struct forecast {
    const struct site *site;
    enum forecast_method method;
    forecast_given_fn *given;
    void *given_context;
    struct forecast_temperature temperature;
    struct forecast_weather weather[FORECAST_MAX_WEATHER]; // ascending
    size_t n_weather;
    struct forecast_series *series; // loads, then PV plants
    size_t n_series;
    struct history history; // as the series, in W; then PV plants in clearness
    struct forecast_past past;
    struct forecast_quarter_sky quarter_skies[FORECAST_QUARTERS_AN_HOUR];
    int64_t latest_quarter;                  // of any series
    unsigned char covered[HISTORY_QUARTERS]; // any series was measured in that quarter
    double decay[3][HISTORY_LONG_DAYS + 1];  // weights of former days
    double band_decay[HISTORY_LONG_DAYS + 1];
};

static inline bool forecast_is_pv(const struct forecast *f, size_t series)
{
    return series >= f->site->n_loads;
}
static inline size_t forecast_series_of(const struct forecast *f, enum asset_kind kind, int of_kind)
{
    return (size_t)of_kind + (kind == ASSET_LOAD ? 0 : f->site->n_loads);
}
// Where the history has the series in its unit.
static inline size_t forecast_unit_series(const struct forecast *f, size_t series)
{
    return forecast_is_pv(f, series) ? series + f->site->n_pvs : series;
}

bool forecast_has(int index, size_t count); // a load or plant
bool forecast_is_instant(int64_t utc_ms);   // from 1970 to 9999

// Whether [from, to) can be learned; leaves its last day.
bool forecast_is_span(int64_t *io_from_ms, int64_t to_ms);

void forecast_past_to(struct forecast *f, int64_t hour); // that hour has ended

// ---- learning (learn.c, profile.c, accuracy.c, screen.c, temperature.c) ---------------------------------------------

// A series of which nothing is known.
void forecast_series_begin(const struct forecast *f, size_t series, struct forecast_series *ret);
// The level beside the standard, or the clear sky, that counts until hours are known.
void forecast_set_level(const struct forecast *f, size_t series, double level);
void forecast_cover(struct forecast *f, int64_t quarter); // something was measured in it
void forecast_refresh_slots(struct forecast *f, size_t series);

// Judges a quarter that has ended: 0 or more: what is to be learned of it; negative: nothing.
double forecast_screened_w(struct forecast *f, size_t series, int64_t quarter, double power_w);

// Compares what was forecast for the hour of `past.now` with what came, and forecasts the hours ahead.
void forecast_judge_hour(struct forecast *f, size_t series, double power_w);
void forecast_look_ahead(struct forecast *f, size_t series);

// `residual` (W) is what was measured less what is typical, the temperature's share included.
void forecast_learn_heating(struct forecast *f, size_t series, double residual);
void forecast_learn_sky(struct forecast *f, size_t series, double clearness);
// The temperature's share of what is expected, and of what was measured in an hour that is over.
double forecast_heating_at(const struct forecast *f, const struct forecast_series *s, const struct forecast_hour *h);
double forecast_heating_then(const struct forecast *f, const struct forecast_series *s, int64_t hour);
void forecast_temperature_begin(struct forecast_temperature *t);

// ---- expecting (expect.c, method.c, weather.c) ----------------------------------------------------------------------

// What a weather forecast of others makes of a plant's typical clearness.
double forecast_with_sky(const struct forecast *f, size_t series, double typical, const struct forecast_hour *h);

double forecast_clear_w(const struct site_pv *p, const struct sun_sky *sky);
// Mean power of the plant under a clear sky in the hour.
double forecast_clear_hour_w(const struct forecast *f, size_t series, const struct sun_sky *skies);

// What the standard says of the hour, in the unit.
double forecast_prior(const struct forecast *f, size_t series, int slot, int kind);

const struct forecast_slot *forecast_slot_of(const struct forecast *f, size_t series, const struct forecast_hour *h);

// In the unit, without what was measured in the last hour.
double forecast_typical(const struct forecast *f, size_t series, const struct forecast_hour *h);
// The mean of the hour under way as far as it is known, in the unit, and what share of it that is; negative: nothing.
double forecast_hour_so_far(const struct forecast *f, size_t series, double *ret_share);
// ---- turn.c: differences --------------------------------------------------------------------------------------------

void forecast_turns_begin(const struct forecast *f, size_t series, struct forecast_turns *t);
// Of what was measured from what is typical: of a load in W, of PV a share between -1 and 1.
double forecast_residual_of(const struct forecast *f, size_t series, double measured, double typical);
// Learns from an hour that has ended, and keeps it; keeps it alone.
void forecast_learn_turn(const struct forecast *f, size_t series, const struct forecast_difference *now);
void forecast_keep_difference(struct forecast_turns *t, const struct forecast_difference *d);
void forecast_forget_differences(struct forecast_turns *t, int64_t after_hour);

// What becomes of a difference in another hour: of a load it is in proportion to what is typical, and a share, 0-1, of
// that is left so many hours later.
struct forecast_carry {
    double proportion, left;
};
struct forecast_carry forecast_carry_of(const struct forecast *f, size_t series, const struct forecast_difference *d,
                                        const struct forecast_hour *h, double typical, double hours);
const struct forecast_difference *forecast_last_difference(const struct forecast_turns *t);
struct forecast_difference forecast_present_difference(const struct forecast *f, size_t series);
// Hours that lie between a difference and what is known.
double forecast_age_h(const struct forecast_series *s, const struct forecast_difference *d);

// ---- expect.c -------------------------------------------------------------------------------------------------------

// Hours from what is known, as seen at `now`, to the middle of an hour, and a half.
double forecast_lead_h(const struct forecast_series *s, int64_t now_ms, int64_t hour);
// What is typical, and what is left of a difference so many hours before. Of an hour that is over it is what was
// measured.
double forecast_expected(const struct forecast *f, size_t series, const struct forecast_hour *h, int64_t now_ms,
                         const struct forecast_difference *d, double hours, struct forecast_carry *ret_carry);
// `left` of the present difference: of the present less is uncertain.
void forecast_quantiles(const struct forecast *f, size_t series, const struct forecast_hour *h, double expected,
                        double lead_h, double left, double ret[static FORECAST_QUANTILES]);

// The value at an instant between the middles of hours, so that the mean of each hour is kept.
double forecast_between(bool pv, double before, double at, double after, double beyond, double frac);

double forecast_most(const struct forecast *f, size_t series); // in the unit
double forecast_pv_most_w(const struct forecast *f, int pv);

// What is given of [from, to); false: nothing.
bool forecast_given_w(const struct forecast *f, size_t series, int64_t from_ms, int64_t to_ms, double *ret_w);

// By a method that is not the learned one; false where that has no answer.
bool forecast_replaced_w(const struct forecast *f, size_t series, int64_t now_ms, int64_t from_ms, int64_t to_ms,
                         double *ret_w);
bool forecast_is_replaced(const struct forecast *f, size_t series);
bool forecast_last_week_is_better(const struct forecast_series *s); // than yesterday

// The point that covers an instant, or NULL.
const struct forecast_weather *forecast_weather_at(const struct forecast *f, int64_t utc_ms);

// Of how many equal pieces the mean over [from, to) is made; the middle of piece `i`.
int forecast_samples(int64_t from_ms, int64_t to_ms);
int64_t forecast_sample_ms(int64_t from_ms, int64_t to_ms, int samples, int i);

// ---- state (state_series.c) -----------------------------------------------------------------------------------------

int forecast_series_to_json(const struct forecast *f, size_t series, json_t **ret_json);
int forecast_series_from_json(struct forecast *f, size_t series, const json_t *json);

// ---- scenarios (scenario.c) -----------------------------------------------------------------------------------------

struct forecast_steps;
enum { FORECAST_OWN_SPREAD = -1 }; // instead of days back: no former day is known

// So many local days before the day of each hour lies the day that a scenario repeats in it; for the present hour as
// well. Chosen once for all loads and plants.
struct forecast_days {
    int64_t today;                  // local day
    int zone_s[HISTORY_DAYS + 1];   // east of Greenwich, of the days before
    int ages[HISTORY_DAYS], n_ages; // days before today of which something is known, the latest first
    bool weekend[HISTORY_DAYS + 1];
    double net_w[HISTORY_DAYS + 1]; // that the area drew on average
    bool kinds_matter;
};
void forecast_find_days(const struct forecast *f, int64_t now_ms, struct forecast_days *ret);
// Days before the hour's own, for each of `scenarios`.
void forecast_choose_days(const struct forecast_days *days, const struct forecast_hour *h, int scenarios,
                          int *ret_back);
// The same local time, so many days before.
int64_t forecast_days_before(const struct forecast_days *days, const struct forecast_hour *h, int64_t utc_ms, int back);

// Without a day to go by: the share that is added to what is expected as it opens over the hours.
double forecast_own_spread(bool pv, int scenario);
// From what a former day did to what is measured now, in the unit, of PV as a share of what is typical; 0 where either
// is not known.
double forecast_moved(const struct forecast *f, const struct forecast_days *days, size_t series, int back);

// ---- standard profiles ----------------------------------------------------------------------------------------------

// load_standard_w of an hour of the day.
double load_standard_hour_w(const struct site_load *load, int slot, int kind);
