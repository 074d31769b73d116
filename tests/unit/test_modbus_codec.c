// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "modbus/codec.h"
#include "tests/unit/run_suite.h"

static const enum word_order orders[] = {ORDER_ABCD, ORDER_CDAB, ORDER_BADC, ORDER_DCBA};

static double decode(enum register_type type, enum word_order order, const uint16_t *registers)
{
    double value = 0;
    ck_assert_int_eq(registers_decode(type, order, registers, &value), 0);
    return value;
}

START_TEST(the_four_orders_put_bytes_where_the_names_say)
{
    static const uint16_t wires[4][2] = {{0x0102, 0x0304}, {0x0304, 0x0102}, {0x0201, 0x0403}, {0x0403, 0x0201}};
    for (size_t i = 0; i < 4; i++) {
        uint16_t registers[4] = {0};
        ck_assert_int_eq(registers_encode(REGISTER_UINT32, orders[i], 0x01020304, registers), 0);
        ck_assert_uint_eq(registers[0], wires[i][0]);
        ck_assert_uint_eq(registers[1], wires[i][1]);
        ck_assert_uint_eq(registers_raw(REGISTER_UINT32, orders[i], wires[i]), 0x01020304);
    }
}
END_TEST

START_TEST(sixty_four_bits_are_swapped_word_by_word)
{
    static const uint16_t big[4] = {0x0001, 0x0203, 0x0405, 0x0607}, little[4] = {0x0706, 0x0504, 0x0302, 0x0100};
    static const uint16_t words[4] = {0x0607, 0x0405, 0x0203, 0x0001};
    ck_assert_uint_eq(registers_raw(REGISTER_UINT64, ORDER_ABCD, big), 0x0001020304050607);
    ck_assert_uint_eq(registers_raw(REGISTER_UINT64, ORDER_DCBA, little), 0x0001020304050607);
    ck_assert_uint_eq(registers_raw(REGISTER_UINT64, ORDER_CDAB, words), 0x0001020304050607);
}
END_TEST

START_TEST(values_survive_a_round_trip_in_every_type_and_order)
{
    static const double values[] = {0, 1, -1, 127, -32768, 32767, 65535, -2147483648.0, 2147483647, 4294967295.0, 24.5};
    for (int type = 0; type < REGISTER_STRING; type++) {
        for (size_t o = 0; o < 4; o++) {
            int kept = 0;
            for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
                uint16_t registers[4] = {0xDEAD, 0xDEAD, 0xDEAD, 0xDEAD};
                if (registers_encode((enum register_type)type, orders[o], values[i], registers) < 0)
                    continue;
                double expected = type >= REGISTER_FLOAT32 && type != REGISTER_STRING ? values[i] : round(values[i]);
                if (type == REGISTER_FLOAT32)
                    expected = (float)expected;
                ck_assert_double_eq(decode((enum register_type)type, orders[o], registers), expected);
                kept++;
            }
            ck_assert_int_ge(kept, 5);
        }
    }
}
END_TEST

START_TEST(known_floats_have_known_bits)
{
    uint16_t registers[4];
    ck_assert_int_eq(registers_encode(REGISTER_FLOAT32, ORDER_ABCD, 24.2, registers), 0);
    ck_assert_uint_eq(registers[0], 0x41C1);
    ck_assert_uint_eq(registers[1], 0x999A);
    ck_assert_int_eq(registers_encode(REGISTER_FLOAT64, ORDER_ABCD, -2, registers), 0);
    ck_assert_uint_eq(registers[0], 0xC000);
    ck_assert_uint_eq(registers[3], 0);
}
END_TEST

START_TEST(the_lowest_numbers_are_negative)
{
    static const uint16_t low[4] = {0x8000, 0, 0, 0}, minus_one[4] = {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF};
    ck_assert_double_eq(decode(REGISTER_INT16, ORDER_ABCD, low), -32768);
    ck_assert_double_eq(decode(REGISTER_INT32, ORDER_ABCD, low), -2147483648.0);
    ck_assert_double_eq(decode(REGISTER_INT64, ORDER_ABCD, low), -ldexp(1, 63));
    ck_assert_double_eq(decode(REGISTER_INT16, ORDER_ABCD, minus_one), -1);
    ck_assert_double_eq(decode(REGISTER_INT64, ORDER_CDAB, minus_one), -1);
    ck_assert_double_eq(decode(REGISTER_UINT16, ORDER_ABCD, minus_one), 65535);
}
END_TEST

struct refusal {
    enum register_type type;
    double value;
};

START_TEST(what_does_not_fit_is_refused_and_nothing_is_written)
{
    const struct refusal refusals[] = {
        {REGISTER_INT16, 32768},        {REGISTER_INT16, -32769},
        {REGISTER_UINT16, 65536},       {REGISTER_UINT16, -1},
        {REGISTER_INT32, 2147483648.0}, {REGISTER_UINT32, 4294967296.0},
        {REGISTER_INT64, ldexp(1, 63)}, {REGISTER_UINT64, ldexp(1, 64)},
        {REGISTER_UINT64, -1},          {REGISTER_FLOAT32, 2.0 * FLT_MAX},
        {REGISTER_INT32, NAN},          {REGISTER_FLOAT64, INFINITY},
        {REGISTER_FLOAT32, NAN},        {REGISTER_STRING, 1},
        {REGISTER_INT16, 1e300},        {REGISTER_UINT16, 65535.5},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        uint16_t registers[4] = {1, 2, 3, 4};
        ck_assert_int_eq(registers_encode(refusals[i].type, ORDER_ABCD, refusals[i].value, registers), AEMS_E_RANGE);
        ck_assert_uint_eq(registers[0], 1);
        ck_assert_uint_eq(registers[3], 4);
    }
}
END_TEST

START_TEST(the_ends_of_the_wide_types_fit)
{
    uint16_t registers[4];
    ck_assert_int_eq(registers_encode(REGISTER_INT64, ORDER_ABCD, -ldexp(1, 63), registers), 0);
    ck_assert_double_eq(decode(REGISTER_INT64, ORDER_ABCD, registers), -ldexp(1, 63));
    ck_assert_int_eq(registers_encode(REGISTER_UINT64, ORDER_ABCD, ldexp(1, 64) - 2048, registers), 0);
    ck_assert_double_eq(decode(REGISTER_UINT64, ORDER_ABCD, registers), ldexp(1, 64) - 2048);
    ck_assert_int_eq(registers_encode(REGISTER_INT16, ORDER_ABCD, -0.4, registers), 0);
    ck_assert_uint_eq(registers[0], 0);
}
END_TEST

START_TEST(floats_that_are_not_finite_are_no_values)
{
    static const uint16_t nan32[2] = {0x7FC0, 0}, infinity32[2] = {0xFF80, 0}, nan64[4] = {0x7FF8, 0, 0, 1};
    double value = 5;
    ck_assert_int_eq(registers_decode(REGISTER_FLOAT32, ORDER_ABCD, nan32, &value), AEMS_E_RANGE);
    ck_assert_int_eq(registers_decode(REGISTER_FLOAT32, ORDER_ABCD, infinity32, &value), AEMS_E_RANGE);
    ck_assert_int_eq(registers_decode(REGISTER_FLOAT64, ORDER_ABCD, nan64, &value), AEMS_E_RANGE);
    ck_assert_int_eq(registers_decode(REGISTER_STRING, ORDER_ABCD, nan64, &value), AEMS_E_RANGE);
    ck_assert_double_eq(value, 5);
}
END_TEST

START_TEST(text_is_trimmed_and_made_printable)
{
    static const uint16_t serial[] = {0x2041, 0x422D, 0x3137, 0x2020, 0x0000, 0x5A5A};
    char text[16];
    registers_text(serial, 6, text, sizeof text);
    ck_assert_str_eq(text, "AB-17");
    static const uint16_t odd[] = {0x41FF, 0x0A42};
    registers_text(odd, 2, text, sizeof text);
    ck_assert_str_eq(text, "A??B");
    registers_text(serial, 6, text, 3);
    ck_assert_str_eq(text, "AB");
    registers_text(serial, 0, text, sizeof text);
    ck_assert_str_eq(text, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("modbus codec");
    TCase *tests = tcase_create("codec");
    tcase_add_test(tests, the_four_orders_put_bytes_where_the_names_say);
    tcase_add_test(tests, sixty_four_bits_are_swapped_word_by_word);
    tcase_add_test(tests, values_survive_a_round_trip_in_every_type_and_order);
    tcase_add_test(tests, known_floats_have_known_bits);
    tcase_add_test(tests, the_lowest_numbers_are_negative);
    tcase_add_test(tests, what_does_not_fit_is_refused_and_nothing_is_written);
    tcase_add_test(tests, the_ends_of_the_wide_types_fit);
    tcase_add_test(tests, floats_that_are_not_finite_are_no_values);
    tcase_add_test(tests, text_is_trimmed_and_made_printable);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
