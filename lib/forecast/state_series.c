// SPDX-License-Identifier: GPL-3.0-or-later
// What was learned of one load or plant as JSON, and back: to the last bit, so that a record of decisions can be
// repeated from here.
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "forecast/internal.h"
#include "forecast/series_text.h"

enum { VERSION = 3, ONE_TURN = 2 }; // before, what is left of a difference was learned of one hour alone

static const double LARGEST = 1e15;        // of any sum
static const double LARGEST_SQUARE = 1e28; // of sums of W2

// ---- plain numbers --------------------------------------------------------------------------------------------------

// Each with its place and bounds: the same list for both ways. A whole number is exact up to 2^53.
enum { PLAIN_DOUBLE, PLAIN_FLOAT, PLAIN_INT, PLAIN_LONG, PLAIN_BOOL };
struct plain {
    void *at;
    int type;
    double low, high;
};
enum { MOST_PLAIN = 80 };

static size_t list_errors(struct forecast_series *s, struct plain *ret)
{
    struct forecast_errors *e = &s->errors;
    const struct plain plain[] = {{&e->hours, PLAIN_DOUBLE, 0, LARGEST},
                                  {&e->mae_w, PLAIN_DOUBLE, 0, LARGEST},
                                  {&e->bias_w, PLAIN_DOUBLE, -LARGEST, LARGEST},
                                  {&e->pinball_w, PLAIN_DOUBLE, 0, LARGEST},
                                  {&e->band_frac, PLAIN_DOUBLE, 0, 1},
                                  {&e->yesterday_mae_w, PLAIN_DOUBLE, 0, LARGEST},
                                  {&e->week_hours, PLAIN_DOUBLE, 0, LARGEST},
                                  {&e->week_mae_w, PLAIN_DOUBLE, 0, LARGEST},
                                  {&e->recent_mae_w, PLAIN_DOUBLE, 0, LARGEST},
                                  {&e->recent_yesterday_mae_w, PLAIN_DOUBLE, 0, LARGEST},
                                  {&e->recent_week_mae_w, PLAIN_DOUBLE, 0, LARGEST},
                                  {&e->replaced, PLAIN_BOOL, 0, 1}};
    memcpy(ret, plain, sizeof(plain));
    return sizeof(plain) / sizeof(*plain);
}

typedef size_t list_fn(struct forecast_series *, struct plain *);

static size_t list_rest(struct forecast_series *s, struct plain *ret)
{
    struct forecast_heating *b = &s->heating;
    const double last_ms = 253402300799999.0;
    const struct plain plain[] = {{&s->known_ms, PLAIN_LONG, 0, last_ms},
                                  {&s->quarter, PLAIN_LONG, 0, last_ms / HISTORY_QUARTER_MS + 1},
                                  {&s->sum_w_ms, PLAIN_DOUBLE, 0, LARGEST},
                                  {&s->sum_ms, PLAIN_DOUBLE, 0, HISTORY_QUARTER_MS * 2.0},
                                  {&s->hour.w, PLAIN_DOUBLE, 0, LARGEST},
                                  {&s->hour.standard, PLAIN_DOUBLE, 0, LARGEST},
                                  {&s->hour.n, PLAIN_INT, 0, 1000},
                                  {&s->level_sum, PLAIN_DOUBLE, 0, LARGEST},
                                  {&s->level_standard, PLAIN_DOUBLE, 0, LARGEST},
                                  {&s->sky_mae, PLAIN_FLOAT, 0, LARGEST},
                                  {&s->own_mae, PLAIN_FLOAT, 0, LARGEST},
                                  {&b->cold_cold, PLAIN_DOUBLE, 0, LARGEST},
                                  {&b->cold_warm, PLAIN_DOUBLE, -LARGEST, LARGEST},
                                  {&b->warm_warm, PLAIN_DOUBLE, 0, LARGEST},
                                  {&b->cold_load, PLAIN_DOUBLE, -LARGEST, LARGEST},
                                  {&b->warm_load, PLAIN_DOUBLE, -LARGEST, LARGEST},
                                  {&s->highest_w, PLAIN_DOUBLE, 0, LARGEST},
                                  {&s->suspects, PLAIN_INT, 0, 1000000},
                                  {&s->same_w, PLAIN_DOUBLE, 0, LARGEST},
                                  {&s->same, PLAIN_INT, 0, 1000000},
                                  {&s->usual_same, PLAIN_INT, 0, 1000}};
    size_t n = sizeof(plain) / sizeof(*plain);
    memcpy(ret, plain, sizeof(plain));
    for (int kind = 0; kind < FORECAST_KINDS; kind++)
        for (int e_ = 0; e_ < FORECAST_EXPERTS; e_++)
            ret[n++] = (struct plain){&s->expert_mae[kind][e_], PLAIN_FLOAT, 0, LARGEST};
    for (int lead = 0; lead < FORECAST_LEADS; lead++)
        for (int side = 0; side < 2; side++)
            ret[n++] = (struct plain){&s->widen[lead][side], PLAIN_FLOAT, 0.1, 10};
    return n;
}

static size_t list_turns(struct forecast_series *s, struct plain *ret)
{
    struct forecast_turns *t = &s->turns;
    const double last_hour = 253402300799999.0 / HISTORY_HOUR_MS;
    size_t n = 0;
    for (int kind = 0; kind < FORECAST_TURN_KINDS; kind++)
        for (int i = 0; i < FORECAST_TURN_LEADS; i++) {
            ret[n++] = (struct plain){&t->product[kind][i], PLAIN_DOUBLE, -LARGEST_SQUARE, LARGEST_SQUARE};
            ret[n++] = (struct plain){&t->square[kind][i], PLAIN_DOUBLE, 1e-12, LARGEST_SQUARE};
        }
    for (int i = 0; i < FORECAST_TURN_HOURS; i++) {
        ret[n++] = (struct plain){&t->past[i].hour, PLAIN_LONG, 0, last_hour};
        ret[n++] = (struct plain){&t->past[i].local_day, PLAIN_LONG, -1, last_hour / 24 + 1};
        ret[n++] = (struct plain){&t->past[i].residual, PLAIN_DOUBLE, -LARGEST, LARGEST};
        ret[n++] = (struct plain){&t->past[i].typical, PLAIN_DOUBLE, 0, LARGEST};
    }
    return n;
}

static double value_of(const struct plain *p)
{
    switch (p->type) {
    case PLAIN_DOUBLE:
        return *(double *)p->at;
    case PLAIN_FLOAT:
        return (double)*(float *)p->at;
    case PLAIN_INT:
        return *(int *)p->at;
    case PLAIN_LONG:
        return (double)*(int64_t *)p->at;
    default:
        return *(bool *)p->at;
    }
}

static void set_value(const struct plain *p, double value)
{
    switch (p->type) {
    case PLAIN_DOUBLE:
        *(double *)p->at = value;
        break;
    case PLAIN_FLOAT:
        *(float *)p->at = (float)value;
        break;
    case PLAIN_INT:
        *(int *)p->at = (int)value;
        break;
    case PLAIN_LONG:
        *(int64_t *)p->at = (int64_t)value;
        break;
    default:
        *(bool *)p->at = value > 0;
    }
}

static json_t *pack_plain(struct forecast_series *s, list_fn *list)
{
    struct plain plain[MOST_PLAIN];
    size_t n = list(s, plain);
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        if (json_array_append_new(array, plain[i].type == PLAIN_BOOL ? json_boolean(*(bool *)plain[i].at)
                                                                     : json_real(value_of(&plain[i]))) < 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static int read_plain(struct forecast_series *s, list_fn *list, const json_t *array)
{
    struct plain plain[MOST_PLAIN];
    size_t n = list(s, plain);
    if (!json_is_array(array) || json_array_size(array) != n)
        return AEMS_E_FORMAT;
    for (size_t i = 0; i < n; i++) {
        const json_t *number = json_array_get(array, i);
        double value = json_is_true(number) ? 1 : json_number_value(number);
        if (plain[i].type == PLAIN_BOOL ? !json_is_boolean(number) : !json_is_number(number))
            return AEMS_E_FORMAT;
        if (!in_range(value, plain[i].low, plain[i].high))
            return AEMS_E_RANGE;
        set_value(&plain[i], value);
    }
    return 0;
}

// ---- profile, and what waits for its hour ---------------------------------------------------------------------------

enum {
    SLOT_FLOATS = FORECAST_EXPERTS + FORECAST_QUANTILES,
    N_SLOTS = FORECAST_KINDS * FORECAST_SLOTS,
    N_AHEAD = FORECAST_WAITING + (FORECAST_LEADS - 1) * 8,
    AHEAD_FLOATS = 2 + FORECAST_QUANTILES + FORECAST_EXPERTS,
    N_FLOATS = N_SLOTS * SLOT_FLOATS + N_AHEAD * AHEAD_FLOATS + FORECAST_SLOTS
};

static struct forecast_ahead *ahead_of(struct forecast_series *s, int i)
{
    if (i < FORECAST_WAITING)
        return &s->day_ahead[i];
    return &s->soon[(i - FORECAST_WAITING) / 8][(i - FORECAST_WAITING) % 8];
}

// The hour of a forecast that waits, as so many hours from what is known; a float holds it.
static float hours_from(const struct forecast_ahead *a, int64_t known_hour)
{
    return a->hour > 0 ? (float)clamp((double)(a->hour - known_hour), -1e6, 1e6) : -1e7F;
}

static json_t *pack_floats(struct forecast_series *s)
{
    float numbers[N_FLOATS], *n = numbers;
    for (int kind = 0; kind < FORECAST_KINDS; kind++)
        for (int slot = 0; slot < FORECAST_SLOTS; slot++) {
            for (int e = 0; e < FORECAST_EXPERTS; e++)
                *n++ = s->slots[kind][slot].expert[e];
            for (int q = 0; q < FORECAST_QUANTILES; q++)
                *n++ = s->slots[kind][slot].quantile[q];
        }
    for (int i = 0; i < N_AHEAD; i++) {
        const struct forecast_ahead *a = ahead_of(s, i);
        *n++ = hours_from(a, s->known_ms / HISTORY_HOUR_MS);
        *n++ = a->expected;
        for (int q = 0; q < FORECAST_QUANTILES; q++)
            *n++ = a->quantile[q];
        for (int e = 0; e < FORECAST_EXPERTS; e++)
            *n++ = a->expert[e];
    }
    for (int slot = 0; slot < FORECAST_SLOTS; slot++)
        *n++ = s->sky_response[slot];
    return series_text_of_floats(numbers, N_FLOATS);
}

static int read_floats(struct forecast_series *s, const json_t *json)
{
    float numbers[N_FLOATS], *n = numbers;
    int result = series_text_floats(json, N_FLOATS, -1e7, 1e12, numbers);
    if (result < 0)
        return result;
    for (int kind = 0; kind < FORECAST_KINDS; kind++)
        for (int slot = 0; slot < FORECAST_SLOTS; slot++) {
            for (int e = 0; e < FORECAST_EXPERTS; e++)
                s->slots[kind][slot].expert[e] = *n++;
            for (int q = 0; q < FORECAST_QUANTILES; q++)
                s->slots[kind][slot].quantile[q] = *n++;
        }
    for (int i = 0; i < N_AHEAD; i++) {
        struct forecast_ahead *a = ahead_of(s, i);
        double from_h = (double)*n++;
        a->hour = from_h > -1e6 ? s->known_ms / HISTORY_HOUR_MS + (int64_t)from_h : 0;
        a->expected = *n++;
        for (int q = 0; q < FORECAST_QUANTILES; q++)
            a->quantile[q] = *n++;
        for (int e = 0; e < FORECAST_EXPERTS; e++)
            a->expert[e] = *n++;
    }
    for (int slot = 0; slot < FORECAST_SLOTS; slot++)
        s->sky_response[slot] = (float)clamp((double)*n++, 0, 3);
    return 0;
}

// ---- all ------------------------------------------------------------------------------------------------------------

int forecast_series_to_json(const struct forecast *f, size_t series, json_t **ret_json)
{
    struct forecast_series s = f->series[series];
    json_t *json = json_pack("{s:i, s:I, s:o, s:o, s:o, s:o, s:o}", "version", VERSION, "newest",
                             (json_int_t)f->history.newest[series], "numbers", pack_plain(&s, list_rest), "turns",
                             pack_plain(&s, list_turns), "errors", pack_plain(&s, list_errors), "profile",
                             pack_floats(&s), "history", series_text_pack(&f->history, series));
    if (json != NULL && forecast_is_pv(f, series) &&
        json_object_set_new(json, "clearness", series_text_pack(&f->history, forecast_unit_series(f, series))) < 0) {
        json_decref(json);
        json = NULL;
    }
    if (json == NULL)
        return AEMS_E_NOMEM;
    *ret_json = json;
    return AEMS_OK;
}

static int from_text(struct forecast *f, size_t series, const json_t *json, int64_t newest)
{
    size_t unit = forecast_unit_series(f, series);
    const json_t *history = json_object_get(json, "history"), *clearness = json_object_get(json, "clearness");
    int result = series_text_check(history, 1e12);
    if (result == 0 && unit != series)
        result = series_text_check(clearness, 10);
    if (result < 0)
        return result;
    series_text_unpack(&f->history, series, history, newest);
    if (unit != series)
        series_text_unpack(&f->history, unit, clearness, newest);
    for (int i = HISTORY_QUARTERS - 1; i >= 0; i--)
        if (history_quarter(&f->history, series, newest - i) >= 0)
            forecast_cover(f, newest - i);
    return 0;
}

// Four numbers of the one turn stood among the others: they are learned anew.
static int read_numbers(struct forecast_series *s, const json_t *json, int version)
{
    enum { FIRST = 9, COUNT = 4 };
    const json_t *numbers = json_object_get(json, "numbers");
    if (version == VERSION) {
        int result = read_plain(s, list_rest, numbers);
        return result < 0 ? result : read_plain(s, list_turns, json_object_get(json, "turns"));
    }
    json_t *rest = json_is_array(numbers) ? json_copy((json_t *)numbers) : NULL;
    for (int i = 0; i < COUNT && rest; i++)
        json_array_remove(rest, FIRST);
    int result = rest ? read_plain(s, list_rest, rest) : AEMS_E_FORMAT;
    json_decref(rest);
    return result;
}

static int newer_from_json(struct forecast *f, size_t series, const json_t *json)
{
    json_int_t newest;
    int version;
    struct forecast_series s;
    forecast_series_begin(f, series, &s);
    if (json_unpack((json_t *)json, "{s:i, s:I}", "version", &version, "newest", &newest) < 0)
        return AEMS_E_FORMAT;
    int result = version == VERSION || version == ONE_TURN ? read_numbers(&s, json, version) : AEMS_E_RANGE;
    if (result == 0)
        result = read_plain(&s, list_errors, json_object_get(json, "errors"));
    if (result == 0 && (newest < 0 || newest > s.known_ms / HISTORY_QUARTER_MS))
        result = AEMS_E_RANGE;
    forecast_forget_differences(&s.turns, s.known_ms / HISTORY_HOUR_MS);
    if (result == 0)
        result = read_floats(&s, json_object_get(json, "profile"));
    if (result == 0)
        result = from_text(f, series, json, newest);
    if (result == 0)
        f->series[series] = s;
    return result;
}

// Of the versions before there was a history: a level beside the standard, or the clear sky.
static int older_from_json(struct forecast *f, size_t series, const json_t *json)
{
    double recent, slow;
    json_int_t utc_ms;
    bool pv = forecast_is_pv(f, series);
    if (json_unpack((json_t *)json, "{s:F, s:F, s:I}", "recent", &recent, "slow", &slow, "utc_ms", &utc_ms) < 0)
        return AEMS_E_FORMAT;
    if (!in_range(recent, 0, 3) || !in_range(slow, pv ? 0.05 : 0.5, pv ? 1.1 : 2) ||
        (utc_ms != 0 && !forecast_is_instant(utc_ms)))
        return AEMS_E_RANGE;
    forecast_series_begin(f, series, &f->series[series]);
    forecast_set_level(f, series, slow);
    f->series[series].known_ms = utc_ms;
    return AEMS_OK;
}

int forecast_series_from_json(struct forecast *f, size_t series, const json_t *json)
{
    return json_object_get(json, "version") != NULL ? newer_from_json(f, series, json)
                                                    : older_from_json(f, series, json);
}
