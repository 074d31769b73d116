// SPDX-License-Identifier: GPL-3.0-or-later
// What the area could do, as aemsctl shows it.
#include <check.h>
#include <string.h>

#include "base/local_time.h"
#include "daemon/ctl/buildings_view.h"
#include "daemon/ctl/capability_view.h"
#include "tests/unit/run_suite.h"

static const struct style plain = {.width = 100};

static json_t *slot(const char *from, double down_w, double up_w, bool from_plan)
{
    return json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:b}", "from", from, "down_w", down_w, "down_h", 1.5,
                     "down_price_per_kwh", 0.123, "up_w", up_w, "up_h", 4.0, "up_price_per_kwh", -0.05, "from_plan",
                     (int)from_plan);
}

static char *show(json_t *slots)
{
    struct text out = {0};
    json_t *capability = json_pack("{s:s, s:o}", "currency", "JPY", "slots", slots);
    ck_assert_int_eq(local_time_set_zone("Asia/Tokyo"), 0);
    capability_view(capability, &plain, &out);
    ck_assert(!out.failed);
    json_decref(capability);
    return out.data;
}

START_TEST(quarter_hours_that_are_alike_are_one_line_in_local_time)
{
    char *text = show(json_pack(
        "[o,o,o,o]", slot("2026-01-14T00:00:00Z", 250e3, 80e3, true), slot("2026-01-14T00:15:00Z", 251e3, 80e3, true),
        slot("2026-01-14T00:30:00Z", 120e3, 0, true), slot("2026-01-14T00:45:00Z", 120e3, 0, false)));
    ck_assert_ptr_nonnull(strstr(text, "01-14 09:00"));
    ck_assert_ptr_nonnull(strstr(text, "250.0"));
    ck_assert_ptr_nonnull(strstr(text, "0.123"));
    ck_assert_ptr_nonnull(strstr(text, "-0.050"));
    ck_assert_ptr_null(strstr(text, "09:15"));
    ck_assert_ptr_nonnull(strstr(text, "09:30"));
    ck_assert_ptr_nonnull(strstr(text, "day before"));
    ck_assert_ptr_nonnull(strstr(text, "JPY"));
    free(text);
}
END_TEST

START_TEST(where_nothing_is_promised_it_says_why)
{
    char *text = show(json_array());
    ck_assert_ptr_nonnull(strstr(text, "no plan that is followed"));
    free(text);
}
END_TEST

START_TEST(what_buildings_are_told_is_shown_in_local_time)
{
    struct text out = {0};
    json_t *buildings =
        json_pack("{s:[{s:s, s:s, s:[{s:s, s:s, s:f}, {s:s, s:s, s:f}]}]}", "buildings", "id", "hall", "state",
                  "called", "slots", "from", "2026-01-14T08:00:00Z", "until", "2026-01-14T08:15:00Z", "reduction_w",
                  50e3, "from", "2026-01-14T15:00:00Z", "until", "2026-01-14T15:15:00Z", "reduction_w", 20e3);
    ck_assert_ptr_nonnull(buildings);
    ck_assert_int_eq(local_time_set_zone("Asia/Tokyo"), 0);
    buildings_view(buildings, &plain, &out);
    ck_assert_msg(strstr(out.data, "up to 50.0 kW, 01-14 17:00 - 01-15 00:15") != NULL, "%s", out.data);
    text_free(&out);
    json_decref(buildings);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ctl capability");
    TCase *c = tcase_create("ctl capability");
    tcase_add_test(c, quarter_hours_that_are_alike_are_one_line_in_local_time);
    tcase_add_test(c, where_nothing_is_promised_it_says_why);
    tcase_add_test(c, what_buildings_are_told_is_shown_in_local_time);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
