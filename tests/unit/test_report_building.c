// SPDX-License-Identifier: GPL-3.0-or-later
// What goes out to buildings, and what comes back.
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dr/openadr.h"
#include "report/messages.h"
#include "tests/unit/run_suite.h"
#include "tests/unit/world.h"

static const char BUILDINGS[] = "buildings: {tower: {name: Office tower, loads: [hall], incentive: 0.3 /kWh,\n"
                                "                    offers: [{power: 200 kW, price: 0.1 /kWh}]}}\n";

static void start(struct world *w)
{
    char text[sizeof WORLD_SITE + sizeof BUILDINGS];
    snprintf(text, sizeof text, "%s%s", WORLD_SITE, BUILDINGS);
    *w = (struct world){.load_w = 500e3, .soc = 0.5, .cap_w = INFINITY};
    w->now = (struct instant){.utc_ms = INT64_C(1767265200000), .mono_ms = 1000000}; // 2026-01-01T11:00:00Z
    w->site = world_site(text);
    ck_assert_int_eq(engine_new(w->site, WORLD_DEVICES, w->now, &w->engine), 0);
}

// Asked for 80 kW from now on, by a limit and a plan made by hand.
static void ask(struct world *w)
{
    struct schedule *s = NULL, *plain = world_plan(w, 0, 0.2);
    struct event e = {.kind = EVENT_LIMIT,
                      .limit = {.id = "dr",
                                .from_utc_ms = w->now.utc_ms,
                                .until_utc_ms = w->now.utc_ms + 1800000,
                                .import_limit_w = 420e3,
                                .export_limit_w = PLAN_NO_LIMIT_W}};
    ck_assert_int_eq(world_tell(w, e), 0);
    char *text, *with;
    ck_assert_int_eq(schedule_to_json(plain, &text), 0);
    json_t *json = json_loads(text, 0, NULL);
    json_object_set_new(json, "offers", json_pack("[s]", "tower-0"));
    json_object_set_new(json, "offer_w", json_pack("[f,f,f,f,f,f]", 80e3, 80e3, 80e3, 80e3, 80e3, 80e3));
    with = json_dumps(json, 0);
    ck_assert_int_eq(schedule_from_json(with, strlen(with), &s), 0);
    json_decref(json);
    free(text);
    free(with);
    schedule_free(plain);
    ck_assert_int_eq(world_tell(w, (struct event){.kind = EVENT_PLAN, .plan = {.schedule = s}}), 0);
}

static json_t *signal_of(const struct world *w)
{
    char *text = NULL;
    ck_assert_int_eq(message_building_signal(w->engine, 0, w->now, &text), 0);
    json_t *json = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(json);
    free(text);
    return json;
}

START_TEST(a_signal_is_an_event_object_that_names_its_building_and_what_it_may_draw)
{
    struct world w;
    start(&w);
    world_run(&w, 20);
    ask(&w);
    json_t *json = signal_of(&w);
    ck_assert_str_eq(json_string_value(json_object_get(json, "objectType")), "EVENT");
    ck_assert_str_eq(json_string_value(json_object_get(json, "id")), "signal-tower");
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(json, "targets"), 0)), "tower");
    ck_assert_str_eq(json_string_value(json_object_get(json, "incentive")), "fixed");
    ck_assert_ptr_nonnull(json_object_get(json, "t"));
    const json_t *intervals = json_object_get(json, "intervals");
    ck_assert_uint_eq(json_array_size(intervals), 2);
    const json_t *payloads = json_object_get(json_array_get(intervals, 0), "payloads");
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(payloads, 0), "type")), "IMPORT_CAPACITY_LIMIT");
    double kw = json_number_value(json_array_get(json_object_get(json_array_get(payloads, 0), "values"), 0));
    ck_assert_double_gt(kw, 300);
    ck_assert_double_lt(kw, 500);
    ck_assert_double_eq(json_number_value(json_array_get(json_object_get(json_array_get(payloads, 1), "values"), 0)),
                        2);
    ck_assert_double_eq(json_number_value(json_array_get(json_object_get(json_array_get(payloads, 2), "values"), 0)),
                        0.3);
    json_decref(json);
    world_end(&w);
}
END_TEST

START_TEST(a_signal_can_be_read_as_any_event_can)
{
    struct world w;
    struct openadr_message m = {0};
    char why[OPENADR_WHY_SIZE] = "", *text = NULL;
    start(&w);
    world_run(&w, 20);
    ask(&w);
    snprintf(w.site->id, sizeof w.site->id, "tower"); // as the building's own controller would read it
    ck_assert_int_eq(message_building_signal(w.engine, 0, w.now, &text), 0);
    int r = openadr_read(w.site, text, strlen(text), w.now, 0, &m, why, sizeof why);
    ck_assert_msg(r == 0, "%s", why);
    ck_assert(!m.not_for_us);
    ck_assert(dr_event_has(m.event, DR_IMPORT_LIMIT));
    ck_assert(dr_event_has(m.event, DR_SIMPLE));
    openadr_message_free(&m);
    free(text);
    world_end(&w);
}
END_TEST

START_TEST(a_signal_without_intervals_says_that_nothing_is_asked)
{
    struct world w;
    start(&w);
    world_run(&w, 20);
    json_t *json = signal_of(&w);
    ck_assert(json_is_array(json_object_get(json, "intervals")));
    ck_assert_uint_eq(json_array_size(json_object_get(json, "intervals")), 0);
    ck_assert_ptr_null(json_object_get(json, "intervalPeriod")); // a period is never null in the format
    // It takes the place of what an earlier life of the service left with the broker.
    const char *modified = json_string_value(json_object_get(json, "modificationDateTime"));
    ck_assert_str_eq(modified, json_string_value(json_object_get(json, "t")));
    json_decref(json);
    world_end(&w);
}
END_TEST

// ---- replies --------------------------------------------------------------------------------------------------------

static int read(const char *payload, struct event *ret, char why[static 192])
{
    static struct site_building building = {.id = "tower"};
    struct site site = {.id = "area", .buildings = &building, .n_buildings = 1, .simulation = {.speed = 1}};
    struct instant now = {.utc_ms = 1767225600000, .mono_ms = 1000};
    why[0] = '\0';
    return message_read_reply(&site, "tower", payload, strlen(payload), now, ret, why, 192);
}

START_TEST(a_building_accepts_and_says_what_it_can_do)
{
    struct event e;
    char why[192];
    ck_assert_int_eq(read("{\"t\":\"2026-01-01T00:00:00Z\",\"reply\":\"accept\",\"event\":\"signal-tower\",\"offers\":["
                          "{\"power_kw\":12.5,\"price_per_kwh\":0.2,\"max_duration_s\":3600,\"tier\":\"ordinary\"},"
                          "{\"power_w\":500,\"price_per_kwh\":0,\"max_duration_s\":900}]}",
                          &e, why),
                     0);
    ck_assert_int_eq(e.kind, EVENT_REPLY);
    ck_assert(e.reply.accepts);
    ck_assert_str_eq(e.reply.event, "signal-tower");
    ck_assert_uint_eq(e.reply.n_offers, 2);
    ck_assert_double_eq(e.reply.offers[0].power_w, 12500);
    ck_assert_int_eq(e.reply.offers[0].tier, TIER_ORDINARY);
    ck_assert_int_eq(e.reply.offers[1].tier, TIER_DEFERRABLE);
    ck_assert_int_eq(
        read("{\"t\":\"2026-01-01T00:00:00Z\",\"reply\":\"opt_out\",\"until\":\"2026-01-01T08:00:00Z\"}", &e, why), 0);
    ck_assert(!e.reply.accepts);
    ck_assert_int_eq(e.reply.until_utc_ms, INT64_C(1767225600000) + 8 * 3600000);
}
END_TEST

START_TEST(what_is_not_exactly_a_reply_is_refused_with_the_place)
{
    static const char *const bad[][2] = {
        {"{\"reply\":\"accept\"}", "t"},
        {"{\"t\":\"2025-12-31T23:50:00Z\",\"reply\":\"accept\"}", "t"},
        {"{\"t\":\"2026-01-01T00:00:00Z\",\"reply\":\"yes\"}", "reply"},
        {"{\"t\":\"2026-01-01T00:00:00Z\",\"reply\":\"accept\",\"building\":\"hall\"}", "building"},
        {"{\"t\":\"2026-01-01T00:00:00Z\",\"reply\":\"accept\",\"until\":\"2025-12-31T00:00:00Z\"}", "until"},
        {"{\"t\":\"2026-01-01T00:00:00Z\",\"reply\":\"accept\",\"event\":\"a b\"}", "event"},
        {"{\"t\":\"2026-01-01T00:00:00Z\",\"reply\":\"accept\",\"offers\":[]}", "offers"},
        {"{\"t\":\"2026-01-01T00:00:00Z\",\"reply\":\"accept\",\"offers\":[{\"power_w\":1e300,\"price_per_kwh\":1,"
         "\"max_duration_s\":900}]}",
         "offers[0]: power_w"},
        {"{\"t\":\"2026-01-01T00:00:00Z\",\"reply\":\"accept\",\"offers\":[{\"power_w\":1,\"price_per_kwh\":-1,"
         "\"max_duration_s\":900}]}",
         "offers[0]: price_per_kwh"},
        {"{\"t\":\"2026-01-01T00:00:00Z\",\"reply\":\"accept\",\"offers\":[{\"power_w\":1,\"power_kw\":1,"
         "\"price_per_kwh\":1,\"max_duration_s\":900}]}",
         "power_kw"},
        {"[]", ""},
        {"", ""},
    };
    struct event e;
    char why[192];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(read(bad[i][0], &e, why) < 0, "%s", bad[i][0]);
        ck_assert_msg(why[0] != '\0' && strstr(why, bad[i][1]) != NULL, "%s: %s", bad[i][0], why);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report building");
    TCase *tc = tcase_create("building");
    tcase_add_test(tc, a_signal_is_an_event_object_that_names_its_building_and_what_it_may_draw);
    tcase_add_test(tc, a_signal_can_be_read_as_any_event_can);
    tcase_add_test(tc, a_signal_without_intervals_says_that_nothing_is_asked);
    tcase_add_test(tc, a_building_accepts_and_says_what_it_can_do);
    tcase_add_test(tc, what_is_not_exactly_a_reply_is_refused_with_the_place);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
