// SPDX-License-Identifier: GPL-3.0-or-later
// aemsctl forecast: what people see of it.
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/local_time.h"
#include "daemon/ctl/forecast_view.h"
#include "tests/unit/run_suite.h"

static const struct style plain = {.width = 200};
static struct text out;

static void setup(void)
{
    ck_assert_int_eq(local_time_set_zone("Europe/Berlin"), 0);
    out = (struct text){0};
}

static void teardown(void)
{
    text_free(&out);
}

static json_t *parse(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(json);
    return json;
}

static void expect(const char *words)
{
    ck_assert_msg(out.data != NULL && strstr(out.data, words) != NULL, "no \"%s\" in\n%s", words, out.data);
}

START_TEST(the_table_names_what_is_good_what_is_replaced_and_what_is_not_known_yet)
{
    json_t *all = parse("[{\"id\":\"home\",\"kind\":\"load\",\"method\":\"learned\",\"hours\":312,\"mae_w\":120,"
                        "\"pinball_w\":41,\"bias_w\":-8,\"persistence_mae_w\":160,\"skill\":0.25,\"band_frac\":0.79},"
                        "{\"id\":\"hall\",\"kind\":\"load\",\"method\":\"persistence\",\"hours\":500,\"mae_w\":9000,"
                        "\"pinball_w\":3000,\"bias_w\":1000,\"persistence_mae_w\":6000,\"skill\":-0.5,"
                        "\"band_frac\":0.4},"
                        "{\"id\":\"roof\",\"kind\":\"pv\",\"method\":\"standard\",\"hours\":0,\"mae_w\":null,"
                        "\"pinball_w\":null,\"bias_w\":null,\"persistence_mae_w\":null,\"skill\":null,"
                        "\"band_frac\":null}]");
    forecast_view_all(all, &plain, &out);
    expect("home   load  learned        312      0.12      0.16      +25    -0.01        0.04         79");
    expect("hall   load  persistence    500      9.00      6.00      -50    +1.00        3.00         40");
    expect("roof   pv    standard         -         -         -        -        -           -          -");
    ck_assert_ptr_null(strstr(out.data, "nan"));
    json_decref(all);
}
END_TEST

START_TEST(an_area_without_loads_and_plants_says_so)
{
    json_t *all = json_array();
    forecast_view_all(all, &plain, &out);
    expect("There is no load and no PV plant.");
    json_decref(all);
}
END_TEST

START_TEST(a_day_is_shown_by_the_hour_of_the_place_with_its_band)
{
    json_t *one = parse("{\"id\":\"home\",\"kind\":\"load\",\"method\":\"learned\",\"hours\":312,\"mae_w\":120,"
                        "\"persistence_mae_w\":160,\"skill\":0.25,\"band_frac\":0.79,"
                        "\"from\":\"2026-03-29T00:00:00Z\",\"step_s\":3600,\"p10_w\":[0,500],\"p50_w\":[470,1000],"
                        "\"p90_w\":[940,1500]}");
    forecast_view_one(one, &plain, &out);
    expect("home: a day ahead wrong by 0.12 kW in 312 hours, the naive forecast by 0.16 kW (25 % better)");
    expect("79 % of the hours were in the band");
    expect("03-29 01:00     0.00     0.47     0.94  ---------------#--------------");
    expect("03-29 03:00     0.50     1.00     1.50                  ---------------#----------------"); // summer time
    json_decref(one);
}
END_TEST

START_TEST(a_new_area_is_told_that_nothing_could_be_compared)
{
    json_t *one = parse("{\"id\":\"home\",\"method\":\"standard\",\"hours\":0,\"from\":\"2026-01-01T00:00:00Z\","
                        "\"step_s\":3600,\"p10_w\":[0,0],\"p50_w\":[0,1000],\"p90_w\":[0,1000]}");
    forecast_view_one(one, &plain, &out);
    expect("home: standard profile, moved to what is measured; nothing could be compared yet");
    expect("01-01 01:00     0.00     0.00     0.00  \n");
    expect("01-01 02:00     0.00     1.00     1.00  -----------------------------------------------#");
    json_decref(one);
}
END_TEST

START_TEST(what_makes_no_sense_is_not_drawn)
{
    json_t *one = parse("{\"from\":7,\"p10_w\":{},\"p50_w\":[1e300],\"p90_w\":\"x\"}");
    forecast_view_one(one, &plain, &out);
    json_decref(one);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ctl forecast");
    TCase *c = tcase_create("forecast");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, the_table_names_what_is_good_what_is_replaced_and_what_is_not_known_yet);
    tcase_add_test(c, an_area_without_loads_and_plants_says_so);
    tcase_add_test(c, a_day_is_shown_by_the_hour_of_the_place_with_its_band);
    tcase_add_test(c, a_new_area_is_told_that_nothing_could_be_compared);
    tcase_add_test(c, what_makes_no_sense_is_not_drawn);
    suite_add_tcase(s, c);
    return run_suite(s);
}
