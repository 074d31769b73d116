// SPDX-License-Identifier: GPL-3.0-or-later
#include <jansson.h>

#include "base/error.h"
#include "base/text.h"
#include "report/messages.h"
#include "tests/unit/run_suite.h"
#include "world.h"

static struct world w;

static void setup(void)
{
    world_start(&w);
    w.pv_w = 50e3;
    world_run(&w, 3);
    world_give_plan(&w, 80e3, 0.3);
    world_run(&w, 5);
}

static void teardown(void)
{
    world_end(&w);
}

static json_t *parse(char *text)
{
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(json != NULL, "%s", text);
    free(text);
    return json;
}

static double number(json_t *json, const char *key)
{
    json_t *value = json_object_get(json, key);
    ck_assert_msg(json_is_number(value), "%s", key);
    return json_number_value(value);
}

static const char *string(json_t *json, const char *key)
{
    json_t *value = json_object_get(json, key);
    ck_assert_msg(json_is_string(value), "%s", key);
    return json_string_value(value);
}

static void check_t(json_t *json)
{
    int64_t t;
    ck_assert_int_eq(rfc3339_parse(string(json, "t"), &t), 0);
    ck_assert_int_eq(t, w.now.utc_ms);
}

// ---- out ------------------------------------------------------------------------------------------------------------

START_TEST(the_areas_state_says_mode_powers_energies_and_plan_age)
{
    char *text;
    ck_assert_int_eq(message_area_state(w.engine, w.now, &text), 0);
    json_t *json = parse(text);
    check_t(json);
    ck_assert_str_eq(string(json, "mode"), "plan");
    ck_assert_double_eq_tol(number(json, "battery_w"), 80e3, 1);
    ck_assert_double_eq_tol(number(json, "load_w"), -500e3, 10);
    ck_assert_double_eq_tol(number(json, "pv_w"), 50e3, 1);
    ck_assert_double_eq_tol(number(json, "grid_w"), 370e3, 10);
    ck_assert_double_eq_tol(number(json, "plan_age_s"), 5, 0.01);
    ck_assert(json_is_array(json_object_get(json, "alarms")));
    json_decref(json);
}
END_TEST

START_TEST(an_assets_state_has_power_charge_energies_and_quality)
{
    char *text;
    ck_assert_int_eq(message_asset_state(w.engine, A_BATTERY, w.now, &text), 0);
    json_t *json = parse(text);
    check_t(json);
    ck_assert_str_eq(string(json, "id"), "bat");
    ck_assert_str_eq(string(json, "quality"), "good");
    ck_assert_double_eq_tol(number(json, "soc_frac"), 0.5, 0.01);
    ck_assert_double_gt(number(json, "energy_in_wh"), 0);
    json_decref(json);
}
END_TEST

START_TEST(what_was_never_read_is_null_and_not_zero)
{
    char *text;
    world_end(&w);
    world_start(&w);
    ck_assert_int_eq(message_asset_state(w.engine, A_BATTERY, w.now, &text), 0);
    json_t *json = parse(text);
    ck_assert(json_is_null(json_object_get(json, "power_w")));
    ck_assert(json_is_null(json_object_get(json, "soc_frac")));
    ck_assert_str_eq(string(json, "quality"), "none");
    json_decref(json);
    ck_assert_int_eq(message_area_state(w.engine, w.now, &text), 0);
    json = parse(text);
    ck_assert(json_is_null(json_object_get(json, "grid_w")));
    ck_assert(json_is_null(json_object_get(json, "plan_age_s")));
    ck_assert_str_eq(string(json, "mode"), "starting");
    json_decref(json);
    ck_assert_int_eq(message_plan(w.engine, w.now, &text), AEMS_E_STATE);
}
END_TEST

START_TEST(a_setpoint_says_how_long_why_and_at_what_price)
{
    char *text;
    int64_t until;
    ck_assert_int_eq(message_setpoint(w.engine, A_BATTERY, w.now, &text), 0);
    json_t *json = parse(text);
    check_t(json);
    ck_assert_double_eq_tol(number(json, "power_w"), 80e3, 1);
    ck_assert_int_eq(rfc3339_parse(string(json, "valid_until"), &until), 0);
    ck_assert_int_gt(until, w.now.utc_ms + 15000);
    ck_assert_int_le(until, w.now.utc_ms + 30000);
    ck_assert_ptr_nonnull(strstr(string(json, "reason"), "bat"));
    ck_assert_double_eq_tol(number(json, "marginal_price"), 0.3, 1e-9);
    json_decref(json);
}
END_TEST

START_TEST(the_plan_is_the_schedule_with_its_time)
{
    char *text;
    struct schedule *back;
    ck_assert_int_eq(message_plan(w.engine, w.now, &text), 0);
    json_t *json = json_loads(text, 0, NULL);
    const struct site *s = engine_site(w.engine);
    check_t(json);
    ck_assert_uint_eq(json_array_size(json_object_get(json, "buses")), s->n_buses); // the rows of price_per_kwh
    ck_assert_uint_eq(json_array_size(json_object_get(json, "grids")), s->n_grids); // and of peak_w
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(json, "buses"), 0)), s->buses[0].id);
    json_decref(json);
    ck_assert_int_eq(schedule_from_json(text, strlen(text), &back), 0);
    ck_assert_uint_eq(back->n_steps, 6);
    schedule_free(back);
    free(text);
}
END_TEST

START_TEST(an_alarm_is_a_sentence_and_empty_when_it_is_over)
{
    char *text;
    struct alarm a = {.id = "device-b-down",
                      .text = "Device b does not answer",
                      .severity = ALARM_WARNING,
                      .active = true,
                      .since_utc_ms = w.now.utc_ms};
    ck_assert_int_eq(message_alarm(&a, w.now, &text), 0);
    json_t *json = parse(text);
    check_t(json);
    ck_assert_str_eq(string(json, "severity"), "warning");
    json_decref(json);
    a.active = false;
    ck_assert_int_eq(message_alarm(&a, w.now, &text), 0);
    ck_assert_str_eq(text, "");
    free(text);
}
END_TEST

START_TEST(the_status_shows_everything_that_is_asked_for)
{
    char *text;
    w.dead[DEV_LOAD] = true;
    world_run(&w, 5);
    ck_assert_int_eq(message_status(w.engine, w.now, &text), 0);
    json_t *json = parse(text);
    check_t(json);
    ck_assert_str_eq(string(json, "area"), "world");
    ck_assert_double_gt(number(json_object_get(json, "plan"), "steps"), 0);
    json_t *battery = json_array_get(json_object_get(json, "assets"), A_BATTERY);
    ck_assert_str_eq(string(battery, "id"), "bat");
    ck_assert_str_eq(string(battery, "kind"), "battery");
    ck_assert_double_eq_tol(number(battery, "setpoint_w"), 80e3, 1);
    ck_assert_str_ne(string(battery, "reason"), "");
    ck_assert(json_is_true(json_object_get(battery, "reachable")));
    json_t *grid = json_array_get(json_object_get(json, "grids"), 0);
    ck_assert_double_eq_tol(number(grid, "import_price_per_kwh"), 0.3, 1e-9);
    ck_assert_double_ge(number(grid, "window_wh"), 0);
    json_t *alarm = json_array_get(json_object_get(json, "alarms"), 0);
    ck_assert_str_eq(string(alarm, "id"), "device-l-down");
    json_decref(json);
}
END_TEST

// ---- in -------------------------------------------------------------------------------------------------------------

static int read(const char *asset, const char *payload, struct event *ret_event)
{
    char why[160] = "";
    struct instant now = {.utc_ms = INT64_C(1767265200000), .mono_ms = 5000}; // 2026-01-01T11:00:00Z
    int result = message_read_command(w.site, asset, payload, strlen(payload), now, ret_event, why, sizeof why);
    ck_assert_msg((result < 0) == (why[0] != '\0'), "%s: %s", payload, why);
    return result;
}

START_TEST(commands_are_read)
{
    struct event e = {0};
    ck_assert_int_eq(read("bat",
                          "{\"t\":\"2026-01-01T10:59:50Z\",\"valid_until\":\"2026-01-01T12:00:00Z\","
                          "\"power_w\":-5000}",
                          &e),
                     0);
    ck_assert_int_eq(e.kind, EVENT_COMMAND);
    ck_assert_int_eq(e.command.kind, COMMAND_MANUAL_SETPOINT);
    ck_assert_int_eq(e.command.asset, A_BATTERY);
    ck_assert_double_eq(e.command.power_w, -5000);
    ck_assert_int_eq(e.command.valid_until_utc_ms, INT64_C(1767268800000));
    ck_assert_int_eq(read("bat", "{\"t\":\"2026-01-01T20:00:00+09:00\",\"mode\":\"automatic\"}", &e), 0);
    ck_assert_int_eq(e.command.kind, COMMAND_AUTOMATIC);
    ck_assert_int_eq(read("world", "{\"t\":\"2026-01-01T11:00:00Z\",\"replan\":true}", &e), 0);
    ck_assert_int_eq(e.command.kind, COMMAND_REPLAN);
}
END_TEST

#define T  "\"t\":\"2026-01-01T11:00:00Z\""
#define VU "\"valid_until\":\"2026-01-01T12:00:00Z\""

static const struct {
    const char *asset, *payload;
    int code;
} REFUSED[] = {
    {"bat", "", AEMS_E_FORMAT},
    {"bat", "{", AEMS_E_FORMAT},
    {"bat", "null", AEMS_E_FORMAT},
    {"bat", "[]", AEMS_E_FORMAT},
    {"bat", "{}", AEMS_E_FORMAT},
    {"bat", "{" T "}", AEMS_E_FORMAT},
    {"bat", "{" T "," VU ",\"power_w\":1} x", AEMS_E_FORMAT},
    {"bat", "{" T "," VU ",\"power_w\":1,\"power_w\":2}", AEMS_E_FORMAT},
    {"bat", "{" T "," VU ",\"power_w\":1,\"extra\":2}", AEMS_E_FORMAT},
    {"bat", "{" T "," VU ",\"power_w\":1,\"mode\":\"automatic\"}", AEMS_E_FORMAT},
    {"bat", "{" T "," VU ",\"power_w\":\"1\"}", AEMS_E_FORMAT},
    {"bat", "{" T "," VU ",\"power_w\":null}", AEMS_E_FORMAT},
    {"bat", "{" T "," VU ",\"power_w\":NaN}", AEMS_E_FORMAT},
    {"bat", "{" T "," VU ",\"power_w\":1e400}", AEMS_E_FORMAT},
    {"bat", "{" T "," VU ",\"power_w\":1e300}", AEMS_E_RANGE},
    {"bat", "{" T ",\"power_w\":1}", AEMS_E_FORMAT},
    {"bat", "{" T ",\"valid_until\":5,\"power_w\":1}", AEMS_E_FORMAT},
    {"bat", "{" T ",\"valid_until\":\"tomorrow\",\"power_w\":1}", AEMS_E_FORMAT},
    {"bat", "{" VU ",\"power_w\":1}", AEMS_E_FORMAT},
    {"bat", "{\"t\":\"2026-01-01T10:58:59Z\"," VU ",\"power_w\":1}", AEMS_E_REFUSED},
    {"bat", "{\"t\":\"2026-01-01T11:00:10Z\"," VU ",\"power_w\":1}", AEMS_E_REFUSED},
    {"bat", "{\"t\":\"2026-01-01T11:00:00Z\\u0000\"," VU ",\"power_w\":1}", AEMS_E_FORMAT},
    {"bat", "{" T ",\"mode\":\"manual\"}", AEMS_E_FORMAT},
    {"bat", "{" T ",\"mode\":7}", AEMS_E_FORMAT},
    {"bat", "{" T ",\"mode\":\"automatic\"," VU "}", AEMS_E_FORMAT},
    {"bat", "{" T ",\"replan\":false}", AEMS_E_FORMAT},
    {"bat", "{" T ",\"replan\":1}", AEMS_E_FORMAT},
    {"nobody", "{" T "," VU ",\"power_w\":1}", AEMS_E_NOT_FOUND},
    {"world", "{" T ",\"mode\":\"automatic\"}", AEMS_E_NOT_FOUND},
    {"bat", "{\"t\":1767265200," VU ",\"power_w\":1}", AEMS_E_FORMAT},
    {"bat", "\xff\xfe{}", AEMS_E_FORMAT},
};

START_TEST(commands_that_are_not_exactly_right_are_refused_whole)
{
    struct event e = {.kind = EVENT_TICK};
    ck_assert_int_eq(read(REFUSED[_i].asset, REFUSED[_i].payload, &e), REFUSED[_i].code);
    ck_assert_int_eq(e.kind, EVENT_TICK); // nothing was written
}
END_TEST

START_TEST(commands_of_absurd_size_or_depth_are_refused)
{
    struct event e;
    char why[80] = "", *big = malloc(COMMAND_MAX_BYTES + 1);
    ck_assert_ptr_nonnull(big);
    memset(big, '[', COMMAND_MAX_BYTES + 1);
    ck_assert_int_eq(message_read_command(w.site, "bat", big, COMMAND_MAX_BYTES + 1, w.now, &e, why, sizeof why),
                     AEMS_E_FORMAT);
    ck_assert_int_eq(message_read_command(w.site, "bat", big, COMMAND_MAX_BYTES, w.now, &e, why, sizeof why),
                     AEMS_E_FORMAT);
    free(big);
}
END_TEST

// An area with a charger beside the grid, for what is said to these.
static struct site *told_site(void)
{
    static const char text[] = "area: {id: yard, timezone: UTC, latitude: 50 deg, longitude: 10 deg, currency: EUR}\n"
                               "mqtt: {enabled: false}\n"
                               "tariffs: {t: {import: [{price: 0.3 /kWh}]}}\n"
                               "buses: {main: {}}\n"
                               "grids: {pcc: {bus: main, import_limit: 1 MW, export_limit: 0 kW, tariff: t}}\n"
                               "chargers: {c1: {bus: main, max_charge: 22 kW}}\n"
                               "loads: {hall: {bus: main, shape: flat, average: 10 kW, peak: 20 kW}}\n";
    return world_site(text);
}

static const struct instant NOON = {.utc_ms = INT64_C(1767265200000), .mono_ms = 5000}; // 2026-01-01T11:00:00Z

static int read_told(const char *id, const char *payload, struct event *ret_event)
{
    char why[160] = "";
    struct site *site = told_site();
    int result = message_read_command(site, id, payload, strlen(payload), NOON, ret_event, why, sizeof why);
    ck_assert_msg((result < 0) == (why[0] != '\0'), "%s: %s", payload, why);
    site_free(site);
    return result;
}

#define UNTIL "\"until\":\"2026-01-01T17:00:00Z\""
#define SPAN  "\"id\":\"dr-1\",\"from\":\"2026-01-01T12:00:00Z\",\"until\":\"2026-01-01T13:00:00Z\""

START_TEST(what_a_vehicle_needs_is_read_in_wh_or_kwh)
{
    struct event e = {0};
    ck_assert_int_eq(read_told("c1", "{" T "," UNTIL ",\"wanted_kwh\":12.5,\"capacity_wh\":60000}", &e), 0);
    ck_assert_int_eq(e.kind, EVENT_SESSION);
    ck_assert_double_eq_tol(e.session.wanted_wh, 12500, 1e-9);
    ck_assert_double_eq(e.session.capacity_wh, 60000);
    ck_assert_double_lt(e.session.energy_wh, 0); // not said
    ck_assert_int_eq(e.session.until_utc_ms, NOON.utc_ms + 6 * 3600 * 1000);
    ck_assert_int_eq(read_told("c1", "{" T "," UNTIL ",\"wanted_wh\":500,\"energy_wh\":0}", &e), 0);
    ck_assert_double_eq(e.session.wanted_wh, 500);
    ck_assert_double_eq(e.session.energy_wh, 0);
}
END_TEST

START_TEST(limits_are_read_and_withdrawn)
{
    struct event e = {0};
    ck_assert_int_eq(read_told("pcc", "{" T "," SPAN ",\"import_limit_w\":500000}", &e), 0);
    ck_assert_int_eq(e.kind, EVENT_LIMIT);
    ck_assert_str_eq(e.limit.id, "dr-1");
    ck_assert_double_eq(e.limit.import_limit_w, 500e3);
    ck_assert_double_ge(e.limit.export_limit_w, PLAN_NO_LIMIT_W);
    ck_assert_int_eq(read_told("pcc", "{" T "," SPAN ",\"incentive_per_kwh\":0.2,\"baseline_w\":9e5}", &e), 0);
    ck_assert_double_eq(e.limit.incentive_per_kwh, 0.2);
    ck_assert_int_eq(read_told("pcc", "{" T ",\"id\":\"dr-1\",\"withdraw\":true}", &e), 0);
    ck_assert_int_le(e.limit.until_utc_ms, e.limit.from_utc_ms);
}
END_TEST

START_TEST(a_slip_in_the_name_and_the_wrong_kind_of_asset_are_said)
{
    static const struct {
        const char *id, *payload, *said;
    } all[] = {
        {"pccc", "{" T "," SPAN ",\"import_limit_w\":500000}", "pccc: no such asset; did you mean pcc?"},
        {"nothing", "{" T "," UNTIL ",\"wanted_wh\":500}", "nothing: no such asset"},
        {"c1", "{" T "," SPAN ",\"import_limit_w\":500000}", "c1: expected a grid connection"},
        {"pcc", "{" T "," UNTIL ",\"wanted_wh\":500}", "pcc: expected a charger"},
        {"hall", "{" T "," UNTIL ",\"wanted_wh\":500}", "hall: expected a charger or a flexible load"},
        {"hall", "{" T "," SPAN ",\"export_limit_w\":0}", "hall: expected a grid connection"},
    };
    struct site *site = told_site();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char why[160] = "";
        struct event e;
        ck_assert_int_lt(
            message_read_command(site, all[i].id, all[i].payload, strlen(all[i].payload), NOON, &e, why, sizeof why),
            0);
        ck_assert_msg(strncmp(why, all[i].said, strlen(all[i].said)) == 0, "%s", why);
    }
    site_free(site);
}
END_TEST

static const struct {
    const char *id, *payload;
    int code;
} REFUSED_TOLD[] = {
    {"c1", "{" T "," UNTIL "}", AEMS_E_FORMAT},
    {"c1", "{" T ",\"wanted_wh\":5}", AEMS_E_FORMAT},
    {"c1", "{" T "," UNTIL ",\"wanted_wh\":5,\"wanted_kwh\":5}", AEMS_E_FORMAT},
    {"c1", "{" T "," UNTIL ",\"wanted_wh\":-5}", AEMS_E_RANGE},
    {"c1", "{" T "," UNTIL ",\"wanted_wh\":1e300}", AEMS_E_RANGE},
    {"c1", "{" T "," UNTIL ",\"wanted_wh\":5,\"energy_wh\":null}", AEMS_E_FORMAT},
    {"c1", "{" T "," UNTIL ",\"wanted_wh\":5,\"soc\":1}", AEMS_E_FORMAT},
    {"c1", "{\"t\":\"2026-01-01T10:00:00Z\"," UNTIL ",\"wanted_wh\":5}", AEMS_E_REFUSED},
    {"c1", "{" T "," SPAN ",\"import_limit_w\":5}", AEMS_E_FORMAT},
    {"pcc", "{" T "," UNTIL ",\"wanted_wh\":5}", AEMS_E_FORMAT},
    {"pcc", "{" T "," SPAN ",\"import_limit_w\":-5}", AEMS_E_RANGE},
    {"pcc", "{" T "," SPAN ",\"import_limit_w\":\"5\"}", AEMS_E_FORMAT},
    {"pcc", "{" T "," SPAN ",\"incentive_per_kwh\":1}", AEMS_E_FORMAT},
    {"pcc", "{" T "," SPAN ",\"import_limit_w\":5,\"withdraw\":true}", AEMS_E_FORMAT},
    {"pcc", "{" T ",\"id\":\"a b\",\"withdraw\":true}", AEMS_E_FORMAT},
    {"pcc", "{" T ",\"id\":\"x\",\"withdraw\":false}", AEMS_E_FORMAT},
    {"pcc",
     "{" T ",\"id\":\"x\",\"from\":\"2026-01-01T13:00:00Z\",\"until\":\"2026-01-01T12:00:00Z\",\"import_limit_w\":5}",
     AEMS_E_FORMAT},
};

START_TEST(sessions_and_limits_that_are_not_exactly_right_are_refused_whole)
{
    struct event e = {.kind = EVENT_TICK};
    ck_assert_int_eq(read_told(REFUSED_TOLD[_i].id, REFUSED_TOLD[_i].payload, &e), REFUSED_TOLD[_i].code);
    ck_assert_int_eq(e.kind, EVENT_TICK);
}
END_TEST

static int read_prices(const char *tariff, const char *payload, size_t length, struct event *ret_event,
                       struct site_price_point **ret_points)
{
    char why[160] = "";
    struct site *site = told_site();
    int result = message_read_prices(site, tariff, payload, length, NOON, ret_points, ret_event, why, sizeof why);
    ck_assert_msg((result < 0) == (why[0] != '\0'), "%.200s: %s", payload, why);
    site_free(site);
    return result;
}

#define POINT(rest) "{\"t\":\"2025-12-31T11:00:00Z\",\"points\":[{\"from\":\"2026-01-01T00:00:00Z\"" rest "}]}"

START_TEST(a_thousand_prices_fit_into_one_message)
{
    struct text text = {0};
    struct event e = {0};
    struct site_price_point *points = NULL;
    text_append(&text, "{" T ",\"points\":[");
    for (int i = 0; i < 1000; i++) {
        char from[RFC3339_SIZE];
        rfc3339_format(NOON.utc_ms + i * INT64_C(900000), from);
        text_appendf(&text,
                     "%s{\"from\":\"%s\",\"import_price_per_kwh\":-0.123456789,\"export_price_per_kwh\":0.123456789,"
                     "\"co2_g_per_kwh\":412.123456}",
                     i > 0 ? "," : "", from);
    }
    text_append(&text, "]}");
    ck_assert_int_eq(read_prices("t", text.data, text.length, &e, &points), 0);
    ck_assert_uint_eq(e.prices.count, 1000);
    ck_assert_double_eq_tol(points[999].import_price_per_kwh, -0.123456789, 1e-12);
    free(points);
    text_free(&text);
}
END_TEST

static const struct {
    const char *tariff, *payload;
    int code;
} REFUSED_PRICES[] = {
    {"t", POINT(""), AEMS_E_FORMAT},
    {"t", POINT(",\"import_price_per_kwh\":NaN"), AEMS_E_FORMAT},
    {"t", POINT(",\"import_price_per_kwh\":1e400"), AEMS_E_FORMAT},
    {"t", POINT(",\"import_price_per_kwh\":1e9"), AEMS_E_RANGE},
    {"t", POINT(",\"import_price_per_kwh\":null"), AEMS_E_FORMAT},
    {"t", POINT(",\"import_price_per_kwh\":1,\"co2_g_per_kwh\":-1"), AEMS_E_RANGE},
    {"t", POINT(",\"import_price_per_kwh\":1,\"price\":1"), AEMS_E_FORMAT},
    {"t", "{" T ",\"points\":[]}", AEMS_E_FORMAT},
    {"t", "{" T ",\"points\":{}}", AEMS_E_FORMAT},
    {"t", "{" T ",\"points\":[7]}", AEMS_E_FORMAT},
    {"t", "{\"points\":[{\"from\":\"2026-01-01T00:00:00Z\",\"import_price_per_kwh\":1}]}", AEMS_E_FORMAT},
    {"other", POINT(",\"import_price_per_kwh\":1"), AEMS_E_NOT_FOUND},
};

START_TEST(prices_that_are_not_exactly_right_are_refused_whole)
{
    struct event e = {.kind = EVENT_TICK};
    struct site_price_point *points = NULL;
    const char *payload = REFUSED_PRICES[_i].payload;
    ck_assert_int_eq(read_prices(REFUSED_PRICES[_i].tariff, payload, strlen(payload), &e, &points),
                     REFUSED_PRICES[_i].code);
    ck_assert_ptr_null(points);
    ck_assert_int_eq(e.kind, EVENT_TICK);
}
END_TEST

static double kwh(json_t *interval, const char *type)
{
    size_t i;
    json_t *payload;
    json_array_foreach(json_object_get(interval, "payloads"), i, payload)
    {
        if (strcmp(json_string_value(json_object_get(payload, "type")), type) == 0)
            return json_number_value(json_array_get(json_object_get(payload, "values"), 0));
    }
    return NAN;
}

static int hear(const char *payload, char why[static 128])
{
    why[0] = '\0';
    const struct instant now = {.utc_ms = 1767225600000}; // 2026-01-01T00:00:00Z
    return message_read_heartbeat(w.site, payload, strlen(payload), now, why, 128);
}

START_TEST(a_heartbeat_is_of_now_or_is_refused_with_the_reason)
{
    char why[128];
    w.site->simulation.speed = 1;
    ck_assert_int_eq(hear("{\"t\":\"2026-01-01T00:00:00Z\"}", why), 0);
    ck_assert_int_eq(hear("{\"t\":\"2025-12-31T23:59:00Z\"}", why), 0);
    ck_assert_int_eq(hear("{\"t\":\"2026-01-01T00:00:05Z\"}", why), 0);
    ck_assert_int_eq(hear("{\"t\":\"2025-12-31T23:58:59Z\"}", why), AEMS_E_REFUSED);
    ck_assert_str_eq(why, "t: sent more than 60 s ago");
    ck_assert_int_eq(hear("{\"t\":\"2026-01-01T00:00:06Z\"}", why), AEMS_E_REFUSED);
    ck_assert_str_eq(why, "t: lies in the future");
    ck_assert_int_eq(hear("{\"t\":\"now\"}", why), AEMS_E_FORMAT);
    ck_assert_int_eq(hear("{}", why), AEMS_E_FORMAT);
    w.site->simulation.speed = 60;
    ck_assert_int_eq(hear("{\"t\":\"2025-12-31T23:00:00Z\"}", why), 0);
    ck_assert_int_eq(hear("{\"t\":\"2025-12-31T22:59:59Z\"}", why), AEMS_E_REFUSED);
}
END_TEST

START_TEST(a_settlement_is_an_openadr_report_with_a_resource_a_party)
{
    static const struct site site = {.id = "world", .currency = "EUR"};
    const struct instant now = {.utc_ms = 1767265200000};
    struct settled_slot slots[] = {{now.utc_ms, now.utc_ms + 900000, 1000, 600, 500, 400, true},
                                   {now.utc_ms + 900000, now.utc_ms + 1800000, 1000, NAN, 500, NAN, false}};
    struct settled_party parties[] = {{.id = "world", .slots = slots, .n_slots = 2, .incentive = 1.5, .penalty = 0.5},
                                      {.id = "hall", .slots = slots, .n_slots = 1}};
    struct settlement s = {.event = "e1",
                           .name = "Evening",
                           .program = "p1",
                           .from_utc_ms = now.utc_ms,
                           .until_utc_ms = now.utc_ms + 1800000,
                           .parties = parties,
                           .n_parties = 2};
    char *text;
    ck_assert_int_eq(message_dr_report(&site, &s, now, &text), 0);
    json_t *json = parse(text);
    ck_assert_str_eq(json_string_value(json_object_get(json, "objectType")), "REPORT");
    ck_assert_str_eq(json_string_value(json_object_get(json, "eventID")), "e1");
    ck_assert_str_eq(json_string_value(json_object_get(json, "reportName")), "Evening");
    json_t *resources = json_object_get(json, "resources"), *area = json_array_get(resources, 0);
    ck_assert_uint_eq(json_array_size(resources), 2);
    ck_assert_str_eq(json_string_value(json_object_get(area, "resourceName")), "world");
    json_t *intervals = json_object_get(area, "intervals"), *money = json_array_get(intervals, 2);
    ck_assert_uint_eq(json_array_size(intervals), 3);
    ck_assert_double_eq_tol(kwh(json_array_get(intervals, 0), "USAGE"), 0.15, 1e-9);
    ck_assert_double_eq_tol(kwh(json_array_get(intervals, 0), "BASELINE"), 0.25, 1e-9);
    ck_assert_double_eq_tol(kwh(json_array_get(intervals, 0), "REDUCTION_DELIVERED"), 0.1, 1e-9);
    ck_assert(isnan(kwh(json_array_get(intervals, 1), "USAGE")));
    ck_assert_double_eq_tol(kwh(json_array_get(intervals, 1), "REDUCTION_REQUESTED"), 0.125, 1e-9);
    ck_assert_double_eq_tol(kwh(money, "INCENTIVE"), 1.5, 1e-9);
    ck_assert_double_eq_tol(kwh(money, "PENALTY"), 0.5, 1e-9);
    json_decref(json);
}
END_TEST

static Suite *report_suite(void)
{
    Suite *s = suite_create("report");
    TCase *out = tcase_create("out");
    tcase_add_checked_fixture(out, setup, teardown);
    tcase_add_test(out, the_areas_state_says_mode_powers_energies_and_plan_age);
    tcase_add_test(out, an_assets_state_has_power_charge_energies_and_quality);
    tcase_add_test(out, what_was_never_read_is_null_and_not_zero);
    tcase_add_test(out, a_setpoint_says_how_long_why_and_at_what_price);
    tcase_add_test(out, the_plan_is_the_schedule_with_its_time);
    tcase_add_test(out, an_alarm_is_a_sentence_and_empty_when_it_is_over);
    tcase_add_test(out, the_status_shows_everything_that_is_asked_for);
    suite_add_tcase(s, out);
    TCase *in = tcase_create("in");
    tcase_add_checked_fixture(in, setup, teardown);
    tcase_add_test(in, commands_are_read);
    tcase_add_loop_test(in, commands_that_are_not_exactly_right_are_refused_whole, 0,
                        (int)(sizeof REFUSED / sizeof *REFUSED));
    tcase_add_test(in, commands_of_absurd_size_or_depth_are_refused);
    tcase_add_test(in, a_heartbeat_is_of_now_or_is_refused_with_the_reason);
    suite_add_tcase(s, in);
    TCase *told = tcase_create("told");
    tcase_add_test(told, what_a_vehicle_needs_is_read_in_wh_or_kwh);
    tcase_add_test(told, limits_are_read_and_withdrawn);
    tcase_add_test(told, a_slip_in_the_name_and_the_wrong_kind_of_asset_are_said);
    tcase_add_loop_test(told, sessions_and_limits_that_are_not_exactly_right_are_refused_whole, 0,
                        (int)(sizeof REFUSED_TOLD / sizeof *REFUSED_TOLD));
    tcase_add_test(told, a_thousand_prices_fit_into_one_message);
    tcase_add_test(told, a_settlement_is_an_openadr_report_with_a_resource_a_party);
    tcase_add_loop_test(told, prices_that_are_not_exactly_right_are_refused_whole, 0,
                        (int)(sizeof REFUSED_PRICES / sizeof *REFUSED_PRICES));
    suite_add_tcase(s, told);
    return s;
}

int main(void)
{
    return run_suite(report_suite());
}
