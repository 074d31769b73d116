// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <float.h>
#include <locale.h>
#include <stdlib.h>

#include "base/error.h"
#include "conf/measure.h"
#include "tests/unit/run_suite.h"

static const struct {
    enum conf_type type;
    const char *text;
    double value;
} good[] = {
    {CONF_POWER, "200 kW", 200e3},       {CONF_POWER, "10kW", 10e3},          {CONF_POWER, "1.5 MW", 1.5e6},
    {CONF_POWER, "-0.5 GW", -0.5e9},     {CONF_POWER, "800 W", 800},          {CONF_POWER, "+1e3 W", 1000},
    {CONF_POWER, "1E-3 kW", 1},          {CONF_ENERGY, "3800 kWh", 3.8e6},    {CONF_ENERGY, "1 MWh", 1e6},
    {CONF_ENERGY, "250 Wh", 250},        {CONF_FRACTION, "95 %", 0.95},       {CONF_FRACTION, "95%", 0.95},
    {CONF_FRACTION, "0.95", 0.95},       {CONF_DURATION_S, "15 min", 900},    {CONF_DURATION_S, "36 h", 129600},
    {CONF_DURATION_S, "2 d", 172800},    {CONF_DURATION_S, "2000 ms", 2},     {CONF_DURATION_MS, "500 ms", 500},
    {CONF_DURATION_MS, "1.5 s", 1500},   {CONF_PRICE_KWH, "31.2 /kWh", 31.2}, {CONF_PRICE_KWH, "31.2", 31.2},
    {CONF_PRICE_KWH, "-5/kWh", -5},      {CONF_PRICE_KWH, "80 /MWh", 0.08},   {CONF_PRICE_KW, "1800 /kW", 1800},
    {CONF_PRICE_KG, "0.1 /kg", 0.1},     {CONF_PRICE_KG, "100 /t", 0.1},      {CONF_CO2, "450 g/kWh", 450},
    {CONF_CO2, "0.45 kg/kWh", 450},      {CONF_RAMP, "50 kW/s", 50e3},        {CONF_RAMP, "60 kW/min", 1000},
    {CONF_ANGLE, "-30 deg", -30},        {CONF_ANGLE, "139.95", 139.95},      {CONF_RATE_PER_H, "0.002 %/h", 0.00002},
    {CONF_VOLTAGE, "6.6 kV", 6600},      {CONF_FREQUENCY, "200 mHz", 0.2},    {CONF_FREQUENCY, "50Hz", 50},
    {CONF_RATE_PER_H, "2.4 %/d", 0.001}, {CONF_NUMBER, "-1.5e-3", -0.0015},   {CONF_INT, "42", 42},
    {CONF_INT, "0xFFFF", 65535},
};

static const struct {
    enum conf_type type;
    const char *text;
    int code;
} bad[] = {
    {CONF_POWER, "", AEMS_E_FORMAT},
    {CONF_POWER, "kW", AEMS_E_FORMAT},
    {CONF_POWER, "10", AEMS_E_FORMAT},
    {CONF_POWER, "0", AEMS_E_FORMAT},
    {CONF_POWER, "10 kWh", AEMS_E_FORMAT},
    {CONF_POWER, "10 KW", AEMS_E_FORMAT},
    {CONF_POWER, "10 kw", AEMS_E_FORMAT},
    {CONF_POWER, "10 k W", AEMS_E_FORMAT},
    {CONF_POWER, "10 kW ", AEMS_E_FORMAT},
    {CONF_POWER, " 10 kW", AEMS_E_FORMAT},
    {CONF_POWER, "10\tkW", AEMS_E_FORMAT},
    {CONF_POWER, "1,5 kW", AEMS_E_FORMAT},
    {CONF_POWER, "1 000 kW", AEMS_E_FORMAT},
    {CONF_POWER, "1_000 kW", AEMS_E_FORMAT},
    {CONF_POWER, ".5 kW", AEMS_E_FORMAT},
    {CONF_POWER, "5. kW", AEMS_E_FORMAT},
    {CONF_POWER, "--5 kW", AEMS_E_FORMAT},
    {CONF_POWER, "0x10 kW", AEMS_E_FORMAT},
    {CONF_POWER, "nan W", AEMS_E_FORMAT},
    {CONF_POWER, "NaN", AEMS_E_FORMAT},
    {CONF_POWER, "inf W", AEMS_E_FORMAT},
    {CONF_POWER, "-Infinity W", AEMS_E_FORMAT},
    {CONF_POWER, "1e400 W", AEMS_E_RANGE},
    {CONF_POWER, "1e305 GW", AEMS_E_RANGE},
    {CONF_POWER, "1e W", AEMS_E_FORMAT},
    {CONF_FRACTION, "95 %%", AEMS_E_FORMAT},
    {CONF_FRACTION, "0.95 ", AEMS_E_FORMAT},
    {CONF_DURATION_S, "15", AEMS_E_FORMAT},
    {CONF_DURATION_S, "15 minutes", AEMS_E_FORMAT},
    {CONF_DURATION_S, "15 M", AEMS_E_FORMAT},
    {CONF_PRICE_KWH, "31,2 /kWh", AEMS_E_FORMAT},
    {CONF_PRICE_KWH, "31.2 /kW", AEMS_E_FORMAT},
    {CONF_PRICE_KWH, "31.2 JPY", AEMS_E_FORMAT},
    {CONF_CO2, "450", AEMS_E_FORMAT},
    {CONF_RATE_PER_H, "0.2 %", AEMS_E_FORMAT},
    {CONF_VOLTAGE, "230", AEMS_E_FORMAT},
    {CONF_FREQUENCY, "50", AEMS_E_FORMAT},
    {CONF_INT, "1 ", AEMS_E_FORMAT},
    {CONF_INT, "0x", AEMS_E_FORMAT},
    {CONF_INT, "0x112233445", AEMS_E_FORMAT},
    {CONF_INT, "five", AEMS_E_FORMAT},
    {CONF_TEXT, "5", AEMS_E_FORMAT},
    {CONF_BOOL, "1", AEMS_E_FORMAT},
};

START_TEST(a_quantity_is_stored_in_its_own_unit)
{
    double value = -1;
    ck_assert_msg(measure_parse(good[_i].type, good[_i].text, &value) == 0, "%s", good[_i].text);
    ck_assert_double_eq_tol(value, good[_i].value,
                            1e-12 * (1 + (good[_i].value > 0 ? good[_i].value : -good[_i].value)));
}
END_TEST

START_TEST(what_is_no_quantity_is_refused_and_nothing_is_written)
{
    double value = 12345;
    int code = measure_parse(bad[_i].type, bad[_i].text, &value);
    ck_assert_msg(code == bad[_i].code, "\"%s\": %d", bad[_i].text, code);
    ck_assert_double_eq(value, 12345);
}
END_TEST

START_TEST(a_number_of_absurd_length_is_refused)
{
    char text[4096];
    memset(text, '1', sizeof(text));
    memcpy(text + sizeof(text) - 3, " W", 3);
    double value = 0;
    ck_assert_int_eq(measure_parse(CONF_POWER, text, &value), AEMS_E_FORMAT);
}
END_TEST

START_TEST(the_locale_does_not_change_numbers)
{
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL)
        setlocale(LC_ALL, "");
    double value = 0;
    ck_assert_int_eq(measure_parse(CONF_POWER, "1.5 kW", &value), 0);
    ck_assert_double_eq(value, 1500);
    ck_assert_int_eq(measure_parse(CONF_POWER, "1,5 kW", &value), AEMS_E_FORMAT);
    setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(hints_name_the_likely_slip)
{
    ck_assert_str_eq(measure_hint(CONF_POWER, "1,5 kW"), ", with a point instead of a comma");
    ck_assert_str_eq(measure_hint(CONF_POWER, "15"), ", with its unit");
    ck_assert_str_eq(measure_hint(CONF_PRICE_KWH, "15 /x"), "");
    ck_assert_str_eq(measure_hint(CONF_POWER, "abc"), "");
}
END_TEST

static const struct {
    enum conf_type type;
    double value;
    const char *text;
} shown[] = {
    {CONF_POWER, 0, "0 W"},           {CONF_POWER, 999, "999 W"},        {CONF_POWER, 1.5e6, "1.5 MW"},
    {CONF_POWER, -2e3, "-2 kW"},      {CONF_ENERGY, 200e3, "200 kWh"},   {CONF_FRACTION, 0.95, "95 %"},
    {CONF_DURATION_S, 0, "0 s"},      {CONF_DURATION_S, 90, "90 s"},     {CONF_DURATION_S, 129600, "36 h"},
    {CONF_DURATION_S, 345600, "4 d"}, {CONF_DURATION_MS, 500, "500 ms"}, {CONF_DURATION_MS, 10e3, "10 s"},
    {CONF_ANGLE, 30, "30 deg"},       {CONF_INT, 65535, "65535"},        {CONF_TIME_OF_DAY, 1439, "23:59"},
};

START_TEST(values_are_shown_in_the_unit_that_reads_best)
{
    char text[40];
    measure_format(shown[_i].type, shown[_i].value, text, sizeof(text));
    ck_assert_str_eq(text, shown[_i].text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf measure");
    TCase *tests = tcase_create("conf measure");
    tcase_add_loop_test(tests, a_quantity_is_stored_in_its_own_unit, 0, sizeof(good) / sizeof(*good));
    tcase_add_loop_test(tests, what_is_no_quantity_is_refused_and_nothing_is_written, 0, sizeof(bad) / sizeof(*bad));
    tcase_add_test(tests, a_number_of_absurd_length_is_refused);
    tcase_add_test(tests, the_locale_does_not_change_numbers);
    tcase_add_test(tests, hints_name_the_likely_slip);
    tcase_add_loop_test(tests, values_are_shown_in_the_unit_that_reads_best, 0, sizeof(shown) / sizeof(*shown));
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
