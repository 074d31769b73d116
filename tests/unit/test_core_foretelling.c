// SPDX-License-Identifier: GPL-3.0-or-later
// How good forecasts are: told, kept and watched once an hour, and over a restart.
#include "world.h"

#include <jansson.h>

#include "base/error.h"
#include "forecast/forecast.h"
#include "report/messages.h"
#include "tests/unit/run_suite.h"

static const int64_t hour = 3600000;
static struct world w;

static void setup(void)
{
    world_start(&w);
}

static void teardown(void)
{
    world_end(&w);
}

// Hours of ticks alone: a day goes by fast, and nothing is measured.
static void pass_hours(int hours)
{
    for (int i = 0; i < hours * 60; i++) {
        w.now.utc_ms += 60000;
        w.now.mono_ms += 60000;
        world_tell(&w, (struct event){.kind = EVENT_TICK});
    }
}

static void teach_load(int64_t from_utc_ms, int hours, double (*power_w)(int64_t utc_ms))
{
    for (int h = 0; h < hours; h++)
        forecast_learn_load(engine_forecast(w.engine), 0, from_utc_ms + h * hour, from_utc_ms + (h + 1) * hour,
                            power_w(from_utc_ms + h * hour));
}

static double steady_w(int64_t utc_ms)
{
    return 400e3 + 100e3 * (double)(utc_ms / hour % 24 >= 8);
}

START_TEST(each_hour_each_forecast_is_told_and_kept_once_at_a_time_of_its_own)
{
    world_run(&w, 60);
    ck_assert_int_eq(w.seen.saves[SAVED_FORECAST] + w.seen.saves[SAVED_FORECAST_AREA], 0);
    world_clear(&w);
    int most = 0;
    for (int minute = 0; minute < 600; minute++) {
        int before = w.seen.saves[SAVED_FORECAST];
        w.now.utc_ms += 60000;
        w.now.mono_ms += 60000;
        world_tell(&w, (struct event){.kind = EVENT_TICK});
        int now = w.seen.saves[SAVED_FORECAST] - before;
        most = now > most ? now : most;
    }
    ck_assert_int_eq(most, 1);
    ck_assert_int_eq(w.seen.saves[SAVED_FORECAST], 20); // a load and a plant, ten hours
    ck_assert_int_eq(w.seen.saves[SAVED_FORECAST_AREA], 10);
    ck_assert_int_eq(w.seen.forecasts[A_LOAD], 10);
    ck_assert_int_eq(w.seen.forecasts[A_PV], 10);
    ck_assert_int_eq(w.seen.forecasts[A_BATTERY], 0);
}
END_TEST

// ---- over a restart -------------------------------------------------------------------------------------------------

static struct saved saved(enum saved_kind kind, int index)
{
    struct saved item;
    ck_assert_int_eq(engine_saved(w.engine, kind, index, &item), 0);
    return item;
}

static void quantiles(double ret_w[24][FORECAST_QUANTILES])
{
    for (int h = 0; h < 24; h++)
        forecast_load_quantiles_w(engine_forecast(w.engine), 0, w.now.utc_ms, w.now.utc_ms + h * hour,
                                  w.now.utc_ms + (h + 1) * hour, ret_w[h]);
}

static void restart(struct engine *next)
{
    engine_free(w.engine);
    w.engine = next;
}

static struct engine *fresh(void)
{
    struct engine *e;
    ck_assert_int_eq(engine_new(w.site, WORLD_DEVICES, w.now, &e), 0);
    return e;
}

static void scenario(int number, double ret_w[24])
{
    int64_t from[24], to[24];
    struct forecast_steps *steps;
    for (int h = 0; h < 24; h++) {
        from[h] = w.now.utc_ms + h * hour;
        to[h] = from[h] + hour;
    }
    ck_assert_int_eq(forecast_steps_new(engine_forecast(w.engine), w.now.utc_ms, from, to, 24, 5, &steps), 0);
    forecast_steps_load_w(steps, 0, number, ret_w);
    forecast_steps_free(steps);
}

static void learn_some_weeks(void)
{
    int64_t begin = w.now.utc_ms - 21 * 24 * hour;
    teach_load(begin, 21 * 24, steady_w);
    forecast_learn_temperature(engine_forecast(w.engine), w.now.utc_ms - hour, w.now.utc_ms, -4);
}

START_TEST(history_scenarios_and_accuracy_survive_a_restart)
{
    double before[24][FORECAST_QUANTILES], after[24][FORECAST_QUANTILES], course[24], again[24];
    struct forecast_accuracy was, is;
    learn_some_weeks();
    struct saved load = saved(SAVED_FORECAST, A_LOAD), area = saved(SAVED_FORECAST_AREA, 0);
    quantiles(before);
    scenario(3, course);
    ck_assert_int_eq(forecast_load_accuracy(engine_forecast(w.engine), 0, &was), 0);
    struct engine *next = fresh();
    ck_assert_int_eq(engine_restore(next, &load, w.now), 0);
    ck_assert_int_eq(engine_restore(next, &area, w.now), 0);
    restart(next);
    quantiles(after);
    scenario(3, again);
    ck_assert_int_eq(forecast_load_accuracy(engine_forecast(w.engine), 0, &is), 0);
    for (int h = 0; h < 24; h++) {
        for (int q = 0; q < FORECAST_QUANTILES; q++)
            ck_assert_double_eq_tol(after[h][q], before[h][q], 0.01 * before[h][q]);
        ck_assert_double_eq_tol(again[h], course[h], 0.01 * course[h]);
    }
    ck_assert_uint_eq(is.hours, was.hours);
    ck_assert_double_eq_tol(is.mae_w, was.mae_w, 1);
    ck_assert_double_eq_tol(forecast_outside_degc(engine_forecast(w.engine), w.now.utc_ms), -4, 0.1);
    saved_free(&load);
    saved_free(&area);
}
END_TEST

START_TEST(a_new_configuration_keeps_what_was_learned)
{
    double before[24][FORECAST_QUANTILES], after[24][FORECAST_QUANTILES];
    struct forecast_accuracy was, is;
    learn_some_weeks();
    quantiles(before);
    ck_assert_int_eq(forecast_load_accuracy(engine_forecast(w.engine), 0, &was), 0);
    struct engine *next = fresh();
    engine_adopt(next, w.engine, w.now);
    restart(next);
    quantiles(after);
    ck_assert_int_eq(forecast_load_accuracy(engine_forecast(w.engine), 0, &is), 0);
    for (int h = 0; h < 24; h++)
        ck_assert_double_eq_tol(after[h][FORECAST_P50], before[h][FORECAST_P50], 1);
    ck_assert_uint_eq(is.hours, was.hours);
    ck_assert_double_eq_tol(forecast_outside_degc(engine_forecast(w.engine), w.now.utc_ms), -4, 0.1);
}
END_TEST

// What an item may be on a disk that lies; what is refused leaves the standard forecast.
START_TEST(a_damaged_state_is_refused_and_learning_begins_anew)
{
    learn_some_weeks();
    struct saved item = saved(SAVED_FORECAST, A_LOAD);
    char *whole = item.json;
    size_t length = strlen(whole);
    struct engine *next = fresh();
    restart(next);
    double standard_w =
        forecast_load_w(engine_forecast(w.engine), 0, w.now.utc_ms, w.now.utc_ms + hour, w.now.utc_ms + 2 * hour);
    for (size_t cut = 1; cut < length; cut += 1 + length / 40) {
        item.json = strndup(whole, cut);
        ck_assert_int_eq(engine_restore(w.engine, &item, w.now), AEMS_E_FORMAT);
        free(item.json);
    }
    static const char *const rubbish[] = {"[]", "{}", "7", "{\"recent\":1e300,\"slow\":1,\"utc_ms\":5}"};
    for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++) {
        item.json = strdup(rubbish[i]);
        ck_assert_int_eq(engine_restore(w.engine, &item, w.now), AEMS_E_FORMAT);
        free(item.json);
    }
    ck_assert_double_eq_tol(
        forecast_load_w(engine_forecast(w.engine), 0, w.now.utc_ms, w.now.utc_ms + hour, w.now.utc_ms + 2 * hour),
        standard_w, 1e-6);
    item.json = whole;
    saved_free(&item);
}
END_TEST

START_TEST(a_state_of_an_older_version_is_understood)
{
    struct saved item = {.kind = SAVED_FORECAST, .id = "hall"};
    char text[120];
    snprintf(text, sizeof text, "{\"recent\":1.0,\"slow\":1.5,\"utc_ms\":%lld}", (long long)w.now.utc_ms);
    item.json = text;
    double before_w =
        forecast_load_w(engine_forecast(w.engine), 0, w.now.utc_ms, w.now.utc_ms + hour, w.now.utc_ms + 2 * hour);
    ck_assert_int_eq(engine_restore(w.engine, &item, w.now), 0);
    double after_w =
        forecast_load_w(engine_forecast(w.engine), 0, w.now.utc_ms, w.now.utc_ms + hour, w.now.utc_ms + 2 * hour);
    ck_assert_double_eq_tol(after_w / before_w, 1.5, 0.1);
}
END_TEST

// An SD card takes some GB a year: what is written each hour must stay small.
START_TEST(what_is_kept_stays_small)
{
    learn_some_weeks();
    struct saved load = saved(SAVED_FORECAST, A_LOAD), area = saved(SAVED_FORECAST_AREA, 0);
    ck_assert_msg(strlen(load.json) < 64 * 1024, "%zu bytes", strlen(load.json));
    ck_assert_msg(strlen(area.json) < 64 * 1024, "%zu bytes", strlen(area.json));
    saved_free(&load);
    saved_free(&area);
}
END_TEST

// ---- messages -------------------------------------------------------------------------------------------------------

static json_t *message(int asset)
{
    char *text;
    ck_assert_int_eq(message_forecast(w.engine, asset, w.now, &text), 0);
    json_t *json = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(json);
    free(text);
    return json;
}

static double at(const json_t *json, const char *course, size_t i)
{
    return json_number_value(json_array_get(json_object_get(json, course), i));
}

// Nobody knows what noon brings, and everybody what comes after.
static double noon_w(int64_t utc_ms)
{
    unsigned dice = (unsigned)(utc_ms / hour) * 2654435761U >> 24;
    return 300e3 + dice / 256.0 * (utc_ms / hour % 24 == 12 ? 400e3 : 2e3);
}

static void check_order(const json_t *json)
{
    for (size_t h = 0; h < 24; h++) {
        ck_assert_double_ge(at(json, "p10_w", h), 0);
        ck_assert_double_le(at(json, "p10_w", h), at(json, "p50_w", h));
        ck_assert_double_le(at(json, "p50_w", h), at(json, "p90_w", h));
    }
}

START_TEST(the_message_holds_a_day_of_quantiles_in_order)
{
    static const int assets[] = {A_LOAD, A_PV};
    teach_load(w.now.utc_ms - 14 * 24 * hour, 14 * 24, noon_w);
    for (int i = 0; i < 96; i++) {
        for (size_t a = 0; a < 2; a++) {
            json_t *json = message(assets[a]);
            ck_assert_uint_eq(json_array_size(json_object_get(json, "p10_w")), 24);
            if (i == 3)
                ck_assert_str_eq(json_string_value(json_object_get(json, "from")), "2026-01-01T11:00:00Z");
            check_order(json);
            json_decref(json);
        }
        forecast_learn_load(engine_forecast(w.engine), 0, w.now.utc_ms, w.now.utc_ms + hour / 4, noon_w(w.now.utc_ms));
        w.now.utc_ms += hour / 4;
    }
}
END_TEST

START_TEST(what_was_never_compared_is_null)
{
    json_t *json = message(A_LOAD);
    ck_assert_str_eq(json_string_value(json_object_get(json, "method")), "standard");
    ck_assert(json_is_null(json_object_get(json, "mae_w")) && json_is_null(json_object_get(json, "skill")));
    json_decref(json);
    char *text;
    ck_assert_int_eq(message_forecast(w.engine, A_BATTERY, w.now, &text), AEMS_E_NOT_FOUND);
    ck_assert_int_eq(message_accuracies(w.engine, w.now, &text), 0);
    json = json_loads(text, 0, NULL);
    free(text);
    ck_assert_uint_eq(json_array_size(json), 2);
    ck_assert_ptr_null(json_object_get(json_array_get(json, 0), "p50_w"));
    json_decref(json);
}
END_TEST

START_TEST(nothing_is_amiss_while_nothing_was_compared)
{
    pass_hours(3);
    ck_assert(!world_alarm(&w, "forecast-hall"));
    ck_assert(!world_alarm(&w, "forecast-sun"));
}
END_TEST

// What was learned, with figures of accuracy that are said to be so.
static struct saved with_errors(const char *errors)
{
    struct saved item = saved(SAVED_FORECAST, A_LOAD);
    json_t *json = json_loads(item.json, 0, NULL);
    ck_assert_int_eq(json_object_set_new(json, "errors", json_loads(errors, 0, NULL)), 0);
    free(item.json);
    item.json = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return item;
}

static const char WORSE[] = "[672, 100e3, -20e3, 30e3, 0.6, 50e3, 672, 40e3, 100e3, 50e3, 40e3, true]",
                  BETTER[] = "[672, 30e3, 1e3, 10e3, 0.8, 50e3, 672, 40e3, 30e3, 50e3, 40e3, false]";

START_TEST(a_forecast_that_persistence_replaces_is_an_alarm_until_it_is_better)
{
    learn_some_weeks();
    struct saved worse = with_errors(WORSE), better = with_errors(BETTER);
    restart(fresh());
    ck_assert_int_eq(engine_restore(w.engine, &worse, w.now), 0);
    world_run(&w, 1);
    ck_assert(world_alarm(&w, "forecast-hall"));
    json_t *json = message(A_LOAD);
    ck_assert_str_eq(json_string_value(json_object_get(json, "method")), "persistence");
    ck_assert_double_eq_tol(json_number_value(json_object_get(json, "skill")), -1.5, 1e-6);
    json_decref(json);
    ck_assert_int_eq(engine_restore(w.engine, &better, w.now), 0);
    pass_hours(2);
    ck_assert(!world_alarm(&w, "forecast-hall"));
    saved_free(&worse);
    saved_free(&better);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core foretelling");
    TCase *c = tcase_create("foretelling");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, each_hour_each_forecast_is_told_and_kept_once_at_a_time_of_its_own);
    tcase_add_test(c, history_scenarios_and_accuracy_survive_a_restart);
    tcase_add_test(c, a_new_configuration_keeps_what_was_learned);
    tcase_add_test(c, a_damaged_state_is_refused_and_learning_begins_anew);
    tcase_add_test(c, a_state_of_an_older_version_is_understood);
    tcase_add_test(c, what_is_kept_stays_small);
    tcase_add_test(c, the_message_holds_a_day_of_quantiles_in_order);
    tcase_add_test(c, what_was_never_compared_is_null);
    tcase_add_test(c, nothing_is_amiss_while_nothing_was_compared);
    tcase_add_test(c, a_forecast_that_persistence_replaces_is_an_alarm_until_it_is_better);
    suite_add_tcase(s, c);
    return run_suite(s);
}
