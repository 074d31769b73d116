// SPDX-License-Identifier: GPL-3.0-or-later
// Weather forecasts on their way into the engine, and over a restart.
#include "world.h"

#include "base/error.h"
#include "forecast/forecast.h"
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

static int tell(const struct forecast_weather *points, size_t count)
{
    return world_tell(&w, (struct event){.kind = EVENT_WEATHER, .weather = {.points = points, .count = count}});
}

static int tell_hours(int64_t from_utc_ms, int hours, double degc)
{
    struct forecast_weather points[FORECAST_MAX_WEATHER];
    for (int i = 0; i < hours; i++)
        points[i] = (struct forecast_weather){from_utc_ms + i * hour, degc, NAN, 0.5};
    return tell(points, (size_t)hours);
}

static double degc_at(int64_t utc_ms)
{
    return forecast_outside_degc(engine_forecast(w.engine), utc_ms);
}

START_TEST(weather_is_taken_kept_and_planned_with)
{
    world_run(&w, 40);
    world_give_plan(&w, 0, 0.3);
    world_clear(&w);
    ck_assert_int_eq(tell_hours(w.now.utc_ms, 48, -20), 0);
    ck_assert_double_eq_tol(degc_at(w.now.utc_ms + 10 * hour), -20, 1e-9);
    ck_assert_int_eq(w.seen.saves[SAVED_WEATHER], 1);
    world_run(&w, 60);
    ck_assert_int_ge(w.seen.solves, 1);
}
END_TEST

START_TEST(weather_that_cannot_be_is_refused_with_a_reason)
{
    int64_t now = w.now.utc_ms;
    const struct {
        struct forecast_weather points[2];
        const char *why;
    } wrong[] = {
        {{{now, 61, NAN, NAN}, {now + 1, 0, 0, 0}}, "point 1: temperature"},
        {{{now, 5, -1, NAN}, {now + 1, 0, 0, 0}}, "point 1: irradiance"},
        {{{now, 5, 0, 0}, {now + 1, 5, 0, 1.1}}, "point 2: clouds"},
        {{{now, 5, 0, 0}, {now, 5, 0, 0}}, "point 2: not after"},
        {{{now, INFINITY, 0, 0}, {now + 1, 0, 0, 0}}, "point 1: temperature"},
        {{{-5, 5, 0, 0}, {now, 0, 0, 0}}, "point 1: not a time"},
        {{{now - 9 * hour, 5, 0, 0}, {now - 2 * hour, 0, 0, 0}}, "the weather is all of the past"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_int_eq(tell(wrong[i].points, 2), AEMS_E_REFUSED);
        const char *why = engine_last_refusal(w.engine);
        ck_assert_msg(strncmp(why, wrong[i].why, strlen(wrong[i].why)) == 0, "%zu: %s", i, why);
    }
    ck_assert_int_eq(tell(wrong[0].points, 0), AEMS_E_REFUSED);
    ck_assert_int_eq(tell(wrong[0].points, FORECAST_MAX_WEATHER + 1), AEMS_E_REFUSED);
    ck_assert_int_eq(w.seen.saves[SAVED_WEATHER], 0);
}
END_TEST

static int restart(int64_t away_ms, const char *other)
{
    struct saved item;
    ck_assert_int_eq(engine_saved(w.engine, SAVED_WEATHER, 0, &item), 0);
    ck_assert_str_eq(item.id, "all");
    if (other != NULL) {
        free(item.json);
        item.json = strdup(other);
    }
    engine_free(w.engine);
    w.now.utc_ms += away_ms;
    w.now.mono_ms = 5000;
    ck_assert_int_eq(engine_new(w.site, WORLD_DEVICES, w.now, &w.engine), 0);
    int result = engine_restore(w.engine, &item, w.now);
    saved_free(&item);
    return result;
}

START_TEST(weather_survives_a_restart_while_it_lasts)
{
    const struct forecast_weather *points;
    struct forecast_weather mixed[] = {{w.now.utc_ms, NAN, 400, NAN}, {w.now.utc_ms + 9 * hour, -15, NAN, 0.25}};
    ck_assert_int_eq(tell(mixed, 2), 0);
    ck_assert_int_eq(restart(2 * hour, NULL), 0);
    ck_assert_uint_eq(forecast_weather(engine_forecast(w.engine), &points), 2);
    ck_assert(isnan(points[0].outside_degc) && isnan(points[1].irradiance_wm2));
    ck_assert_double_eq(points[0].irradiance_wm2, 400);
    ck_assert_double_eq(points[1].cloud_frac, 0.25);
    ck_assert_int_eq(restart(30 * hour, NULL), 0);
    ck_assert_uint_eq(forecast_weather(engine_forecast(w.engine), &points), 0);
}
END_TEST

START_TEST(spoilt_weather_is_not_taken_over)
{
    static const char *const spoilt[] = {
        "{}",
        "{\"points\":7}",
        "{\"points\":[[1767265200000,5,0]]}",
        "{\"points\":[[1767265200000,\"5\",0,0]]}",
        "{\"points\":[[1767265200000,500,0,0]]}",
        "{\"points\":[[1767265200000,5,0,0],[1767265200000,5,0,0]]}",
        "{\"points\":[[9223372036854775807,5,0,0]]}",
    };
    const struct forecast_weather *points;
    ck_assert_int_eq(tell_hours(w.now.utc_ms, 3, 5), 0);
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
        ck_assert_int_eq(restart(1000, spoilt[i]), AEMS_E_FORMAT);
        ck_assert_uint_eq(forecast_weather(engine_forecast(w.engine), &points), 0);
    }
}
END_TEST

START_TEST(a_new_configuration_keeps_the_weather)
{
    struct engine *next;
    ck_assert_int_eq(tell_hours(w.now.utc_ms, 24, -20), 0);
    ck_assert_int_eq(engine_new(w.site, WORLD_DEVICES, w.now, &next), 0);
    engine_adopt(next, w.engine, w.now);
    engine_free(w.engine);
    w.engine = next;
    ck_assert_double_eq_tol(degc_at(w.now.utc_ms + 10 * hour), -20, 1e-9);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core weather");
    TCase *c = tcase_create("weather");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, weather_is_taken_kept_and_planned_with);
    tcase_add_test(c, weather_that_cannot_be_is_refused_with_a_reason);
    tcase_add_test(c, weather_survives_a_restart_while_it_lasts);
    tcase_add_test(c, spoilt_weather_is_not_taken_over);
    tcase_add_test(c, a_new_configuration_keeps_the_weather);
    suite_add_tcase(s, c);
    return run_suite(s);
}
