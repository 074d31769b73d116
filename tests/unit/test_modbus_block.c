// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "modbus/block.h"
#include "tests/unit/run_suite.h"

static struct profile *profile_of(const char *text)
{
    struct diagnostics d = {0};
    struct profile *p = NULL;
    int r = profile_load_text("test.yaml", text, strlen(text), &d, &p);
    for (size_t i = 0; i < d.count; i++)
        fprintf(stderr, "%d:%d: %s\n", d.items[i].line, d.items[i].column, d.items[i].text);
    ck_assert_int_eq(r, 0);
    diagnostics_free(&d);
    return p;
}

static void assert_blocks(const char *text, const struct register_block *expected, size_t n)
{
    struct profile *p = profile_of(text);
    struct register_block *blocks = NULL;
    size_t count = 0;
    ck_assert_int_eq(blocks_plan(p, &blocks, &count), 0);
    ck_assert_uint_eq(count, n);
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(blocks[i].function, expected[i].function);
        ck_assert_int_eq(blocks[i].address, expected[i].address);
        ck_assert_int_eq(blocks[i].count, expected[i].count);
    }
    free(blocks);
    profile_free(p);
}

#define METER "name: x\nkind: meter\n"

START_TEST(neighbours_are_read_together_and_gaps_only_as_far_as_allowed)
{
    assert_blocks(METER "limits: {max_gap: 2}\npoints:\n"
                        "  power_w: {address: 10, type: int32}\n"
                        "  voltage_v: {address: 12, type: int16}\n"
                        "  frequency_hz: {address: 15, type: int16}\n"
                        "  temp_degc: {address: 19, type: int16}\n",
                  (struct register_block[]){{3, 10, 6}, {3, 19, 1}}, 2);
}
END_TEST

START_TEST(without_a_gap_only_touching_registers_are_joined)
{
    assert_blocks(METER "points:\n"
                        "  temp_degc: {address: 13, type: int16}\n"
                        "  voltage_v: {address: 12, type: int16}\n"
                        "  power_w: {address: 10, type: int16}\n",
                  (struct register_block[]){{3, 10, 1}, {3, 12, 2}}, 2);
}
END_TEST

START_TEST(a_value_is_never_split_over_two_reads)
{
    assert_blocks(METER "limits: {max_read: 5}\npoints:\n"
                        "  power_w: {address: 0, type: int32}\n"
                        "  voltage_v: {address: 2, type: int32}\n"
                        "  temp_degc: {address: 4, type: int32}\n",
                  (struct register_block[]){{3, 0, 4}, {3, 4, 2}}, 2);
}
END_TEST

START_TEST(functions_are_not_mixed_and_overlaps_read_once)
{
    assert_blocks(METER "limits: {max_gap: 100}\npoints:\n"
                        "  power_w: {address: 0, type: int64}\n"
                        "  voltage_v: {address: 1, type: int16}\n"
                        "  temp_degc: {address: 1, type: int16, function: 4}\n",
                  (struct register_block[]){{3, 0, 4}, {4, 1, 1}}, 2);
}
END_TEST

START_TEST(scale_registers_and_parts_are_read_as_well)
{
    assert_blocks(METER "limits: {max_gap: 4}\npoints:\n"
                        "  power_w: {address: 10, type: int16, scale_register: 14, sum_with: other}\n"
                        "parts:\n  other: {address: 90, type: int16}\n",
                  (struct register_block[]){{3, 10, 5}, {3, 90, 1}}, 2);
}
END_TEST

START_TEST(no_read_is_longer_than_the_device_allows)
{
    assert_blocks(METER "limits: {max_gap: 124, max_read: 125}\npoints:\n"
                        "  power_w: {address: 0, type: int16}\n"
                        "  voltage_v: {address: 124, type: int16}\n"
                        "  temp_degc: {address: 125, type: int16}\n",
                  (struct register_block[]){{3, 0, 125}, {3, 125, 1}}, 2);
}
END_TEST

// ---- decoding -----------------------------------------------------------------------------------------------------

// Decodes the first reading of a profile whose registers from 0 on are `registers`.
static struct reading first(const char *text, const uint16_t *registers, int count)
{
    struct profile *p = profile_of(text);
    struct register_block block = {3, 0, count};
    struct reading readings[PROFILE_MAX_POINTS];
    blocks_decode(p, &block, 1, &registers, readings);
    profile_free(p);
    return readings[0];
}

#define POINT(options)   METER "points: {power_w: {address: 0, " options "}}\n"
#define SUNSPEC(options) METER "sunspec: true\npoints: {power_w: {address: 0, " options "}}\n"

static void assert_good(struct reading r, double value)
{
    ck_assert_int_eq(r.status, READING_GOOD);
    ck_assert_double_eq_tol(r.value, value, 1e-9);
}

START_TEST(scale_offset_and_sign_are_applied_in_this_order)
{
    static const uint16_t registers[] = {100};
    assert_good(first(POINT("type: int16, scale: 0.5, offset: 7, negate: true"), registers, 1), -57);
}
END_TEST

START_TEST(a_scale_register_is_a_power_of_ten)
{
    static const uint16_t milli[] = {1234, 0xFFFD}, kilo[] = {12, 3};
    assert_good(first(POINT("type: int16, scale_register: 1"), milli, 2), 1.234);
    assert_good(first(POINT("type: int16, scale_register: 1"), kilo, 2), 12000);
}
END_TEST

START_TEST(a_scale_register_that_is_none_gives_no_value)
{
    static const uint16_t none[] = {12, 0x8000}, absurd[] = {12, 11};
    ck_assert_int_eq(first(POINT("type: int16, scale_register: 1"), none, 2).status, READING_NOT_IMPLEMENTED);
    struct reading r = first(POINT("type: int16, scale_register: 1"), absurd, 2);
    ck_assert_int_eq(r.status, READING_OUT_OF_RANGE);
    ck_assert_double_eq(r.value, 0);
    ck_assert_int_eq(first(POINT("type: int16, scale_register: 1"), none, 1).status, READING_MISSING);
}
END_TEST

struct gap {
    const char *type;
    uint16_t registers[4];
};

START_TEST(sunspec_patterns_mean_no_value)
{
    static const struct gap gaps[] = {
        {"type: int16", {0x8000}},
        {"type: uint16", {0xFFFF}},
        {"type: int32", {0x8000, 0}},
        {"type: uint32", {0xFFFF, 0xFFFF}},
        {"type: int64", {0x8000}},
        {"type: uint64", {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF}},
        {"type: float32", {0x7FC0, 0}},
        {"type: float64", {0x7FF8, 0, 0, 0}},
        {"type: uint32, not_implemented: [0]", {0, 0}}, // acc32
    };
    for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
        char text[256];
        snprintf(text, sizeof(text), SUNSPEC("%s"), gaps[i].type);
        struct reading r = first(text, gaps[i].registers, 4);
        ck_assert_msg(r.status == READING_NOT_IMPLEMENTED, "%s gave status %d", gaps[i].type, r.status);
        ck_assert_double_eq(r.value, 0);
    }
    static const uint16_t lowest[] = {0x8000};
    assert_good(first(POINT("type: int16"), lowest, 1), -32768);
}
END_TEST

START_TEST(implausible_and_infinite_numbers_are_not_believed)
{
    static const uint16_t nan32[] = {0x7FC0, 0}, high[] = {101};
    ck_assert_int_eq(first(POINT("type: float32"), nan32, 2).status, READING_OUT_OF_RANGE);
    struct reading r = first(POINT("type: int16, range: [0, 100]"), high, 1);
    ck_assert_int_eq(r.status, READING_OUT_OF_RANGE);
    ck_assert_double_eq(r.value, 101);
    static const uint16_t largest[] = {0x7FEF, 0xFFFF, 0xFFFF, 0xFFFF};
    r = first(POINT("type: float64, scale: 1e300"), largest, 4);
    ck_assert_int_eq(r.status, READING_OUT_OF_RANGE);
    ck_assert_double_eq(r.value, 0);
}
END_TEST

START_TEST(states_are_named_and_unknown_ones_not_guessed)
{
    static const uint16_t seven[] = {7}, nine[] = {9};
    assert_good(first(POINT("type: uint16, states: {4: running, 7: fault}"), seven, 1), 2);
    ck_assert_int_eq(first(POINT("type: uint16, states: {4: running, 7: fault}"), nine, 1).status,
                     READING_OUT_OF_RANGE);
}
END_TEST

#define SUM                                                                                                            \
    METER "points: {power_w: {address: 0, type: uint16, sum_with: charge, range: [-500, 500], not_implemented: "       \
          "[9999]}}\n"                                                                                                 \
          "parts: {charge: {address: 1, type: uint16, negate: true, not_implemented: [9999]}}\n"

START_TEST(two_magnitudes_make_one_signed_power)
{
    static const uint16_t discharging[] = {300, 0}, charging[] = {0, 200}, too_much[] = {0, 600};
    static const uint16_t half_known[] = {300, 9999};
    assert_good(first(SUM, discharging, 2), 300);
    assert_good(first(SUM, charging, 2), -200);
    ck_assert_int_eq(first(SUM, too_much, 2).status, READING_OUT_OF_RANGE);
    ck_assert_int_eq(first(SUM, half_known, 2).status, READING_NOT_IMPLEMENTED);
    ck_assert_int_eq(first(SUM, charging, 1).status, READING_MISSING);
}
END_TEST

START_TEST(a_block_without_an_answer_leaves_its_points_missing)
{
    struct profile *p = profile_of(METER "points:\n  power_w: {address: 0, type: int16}\n"
                                         "  voltage_v: {address: 50, type: int16}\n");
    struct register_block blocks[] = {{3, 0, 1}, {3, 50, 1}};
    static const uint16_t answer[] = {42};
    const uint16_t *registers[] = {NULL, answer};
    struct reading readings[2];
    blocks_decode(p, blocks, 2, registers, readings);
    ck_assert_int_eq(readings[0].status, READING_MISSING);
    ck_assert_double_eq(readings[0].value, 0);
    assert_good(readings[1], 42);
    profile_free(p);
}
END_TEST

// ---- writing ------------------------------------------------------------------------------------------------------

#define BATTERY                                                                                                        \
    "name: x\nkind: battery\npoints:\n  power_w: {address: 1, type: int16}\n  soc_frac: {address: 2, type: uint16}\n"  \
    "write:\n  release: [{address: 9, type: uint16, function: 6, from: constant, value: 0}]\n  refresh_every: 10 s\n"

static int encode(const char *set, double setpoint_w, double max_w, int lease_s, struct register_write *ret)
{
    char text[1024];
    snprintf(text, sizeof(text), "%s  set: [%s]\n", BATTERY, set);
    struct profile *p = profile_of(text);
    int r = writes_encode(p, p->set, p->n_set, setpoint_w, max_w, lease_s, 65537, ret);
    profile_free(p);
    return r;
}

START_TEST(each_step_carries_what_it_says)
{
    struct register_write w[6];
    ck_assert_int_eq(encode("{address: 20, type: uint16, function: 6, from: lease, delay: 50 ms},"
                            "{address: 21, type: int32, from: setpoint},"
                            "{address: 23, type: int16, from: percent, scale: 0.1},"
                            "{address: 24, type: uint16, from: charge, scale: 100},"
                            "{address: 25, type: uint16, from: discharge},"
                            "{address: 26, type: uint16, from: counter}",
                            -2500, 10000, 30, w),
                     0);
    ck_assert_int_eq(w[0].function, 6);
    ck_assert_int_eq(w[0].delay_ms, 50);
    ck_assert_uint_eq(w[0].registers[0], 30);
    ck_assert_int_eq(w[1].function, 16);
    ck_assert_int_eq(w[1].count, 2);
    ck_assert_uint_eq(w[1].registers[0], 0xFFFF);
    ck_assert_uint_eq(w[1].registers[1], 0xF63C);
    ck_assert_uint_eq(w[2].registers[0], (uint16_t)-250);
    ck_assert_uint_eq(w[3].registers[0], 25);
    ck_assert_uint_eq(w[4].registers[0], 0);
    ck_assert_uint_eq(w[5].registers[0], 1);
}
END_TEST

START_TEST(a_limit_holds_before_scaling_and_a_sign_is_turned_before_it)
{
    struct register_write w[1];
    ck_assert_int_eq(
        encode("{address: 1, type: uint16, from: setpoint, negate: true, limit: [0, 3000], scale: 10}", -9000, 0, 0, w),
        0);
    ck_assert_uint_eq(w[0].registers[0], 300);
    ck_assert_int_eq(
        encode("{address: 1, type: uint16, from: setpoint, negate: true, limit: [0, 3000], scale: 10}", 50, 0, 0, w),
        0);
    ck_assert_uint_eq(w[0].registers[0], 0);
}
END_TEST

START_TEST(what_does_not_fit_or_has_no_base_is_not_written)
{
    struct register_write w[1];
    ck_assert_int_eq(encode("{address: 1, type: int16, from: setpoint}", 40000, 0, 0, w), AEMS_E_RANGE);
    ck_assert_int_eq(encode("{address: 1, type: int16, from: setpoint}", NAN, 0, 0, w), AEMS_E_RANGE);
    ck_assert_int_eq(encode("{address: 1, type: int16, from: setpoint}", INFINITY, 0, 0, w), AEMS_E_RANGE);
    ck_assert_int_eq(encode("{address: 1, type: int16, from: percent}", 100, 0, 0, w), AEMS_E_RANGE);
    ck_assert_int_eq(encode("{address: 1, type: int16, from: setpoint}", 100, 0, -1, w), AEMS_E_RANGE);
}
END_TEST

static void assert_reads_back(const char *step, double max_w, double power_w)
{
    char text[1024];
    snprintf(text, sizeof(text), "%s  set: [%s]\n  read_back: {step: 0, tolerance: 1 W}\n", BATTERY, step);
    struct profile *p = profile_of(text);
    struct register_write w[1];
    double back_w = 0;
    ck_assert_int_eq(writes_encode(p, p->set, 1, power_w, max_w, 0, 0, w), 0);
    ck_assert_int_eq(readback_decode(p, w[0].registers, max_w, &back_w), 0);
    ck_assert_double_eq_tol(back_w, power_w, 1e-6);
    profile_free(p);
}

START_TEST(what_was_written_reads_back_as_the_setpoint)
{
    assert_reads_back("{address: 1, type: int32, order: CDAB, from: setpoint}", 0, -123456);
    assert_reads_back("{address: 1, type: int16, from: setpoint, negate: true, scale: 10}", 0, 5000);
    assert_reads_back("{address: 1, type: int16, from: percent, scale: 0.01}", 50000, 12500);
    assert_reads_back("{address: 1, type: uint16, from: charge}", 0, -700);
    assert_reads_back("{address: 1, type: float32, from: discharge}", 0, 700);
}
END_TEST

// ---- resolving ----------------------------------------------------------------------------------------------------

struct device {
    uint16_t registers[64];
    int fails_at; // address, -1 never
};

static int read_device(void *user, int function, int address, int count, uint16_t *ret_registers)
{
    const struct device *d = user;
    ck_assert_int_eq(function, 3);
    ck_assert_int_le(address + count, 64);
    if (address == d->fails_at)
        return AEMS_E_TIMEOUT;
    memcpy(ret_registers, d->registers + address, (size_t)count * sizeof(*ret_registers));
    return 0;
}

#define SCALED                                                                                                         \
    BATTERY "  base: {address: 30, type: uint16, scale_register: 31}\n"                                                \
            "  set: [{address: 40, type: int16, from: percent, scale_register: 32}]\n"

START_TEST(scales_and_base_that_stand_in_the_device_are_used)
{
    struct profile *p = profile_of(SCALED), *resolved = NULL;
    struct device d = {.registers = {[30] = 50, [31] = 2, [32] = 0xFFFE}, .fails_at = -1}; // 5000 W; hundredths
    struct register_write w[1];
    ck_assert(profile_needs_resolving(p));
    ck_assert_int_eq(profile_resolve(p, read_device, &d, &resolved), 0);
    ck_assert_int_eq(writes_encode(resolved, resolved->set, 1, -1250, 99, 0, 0, w), 0);
    ck_assert_uint_eq(w[0].registers[0], (uint16_t)-2500);
    profile_resolved_free(resolved);
    profile_free(p);
}
END_TEST

START_TEST(a_scale_or_base_that_makes_no_sense_forbids_writing)
{
    struct profile *p = profile_of(SCALED), *resolved = NULL;
    struct device none = {.registers = {[30] = 50, [31] = 2, [32] = 0x8000}, .fails_at = -1};
    struct device no_base = {.registers = {[30] = 0}, .fails_at = -1};
    struct device silent = {.registers = {[30] = 50}, .fails_at = 32};
    ck_assert_int_eq(profile_resolve(p, read_device, &none, &resolved), AEMS_E_RANGE);
    ck_assert_int_eq(profile_resolve(p, read_device, &no_base, &resolved), AEMS_E_RANGE);
    ck_assert_int_eq(profile_resolve(p, read_device, &silent, &resolved), AEMS_E_TIMEOUT);
    ck_assert_ptr_null(resolved);
    profile_free(p);
}
END_TEST

static TCase *decoding_tests(void)
{
    TCase *tests = tcase_create("decoding");
    tcase_add_test(tests, scale_offset_and_sign_are_applied_in_this_order);
    tcase_add_test(tests, a_scale_register_is_a_power_of_ten);
    tcase_add_test(tests, a_scale_register_that_is_none_gives_no_value);
    tcase_add_test(tests, sunspec_patterns_mean_no_value);
    tcase_add_test(tests, implausible_and_infinite_numbers_are_not_believed);
    tcase_add_test(tests, states_are_named_and_unknown_ones_not_guessed);
    tcase_add_test(tests, two_magnitudes_make_one_signed_power);
    tcase_add_test(tests, a_block_without_an_answer_leaves_its_points_missing);
    return tests;
}

static TCase *writing_tests(void)
{
    TCase *tests = tcase_create("writing");
    tcase_add_test(tests, each_step_carries_what_it_says);
    tcase_add_test(tests, a_limit_holds_before_scaling_and_a_sign_is_turned_before_it);
    tcase_add_test(tests, what_does_not_fit_or_has_no_base_is_not_written);
    tcase_add_test(tests, what_was_written_reads_back_as_the_setpoint);
    tcase_add_test(tests, scales_and_base_that_stand_in_the_device_are_used);
    tcase_add_test(tests, a_scale_or_base_that_makes_no_sense_forbids_writing);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("modbus block");
    TCase *tests = tcase_create("planning");
    tcase_add_test(tests, neighbours_are_read_together_and_gaps_only_as_far_as_allowed);
    tcase_add_test(tests, without_a_gap_only_touching_registers_are_joined);
    tcase_add_test(tests, a_value_is_never_split_over_two_reads);
    tcase_add_test(tests, functions_are_not_mixed_and_overlaps_read_once);
    tcase_add_test(tests, scale_registers_and_parts_are_read_as_well);
    tcase_add_test(tests, no_read_is_longer_than_the_device_allows);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, decoding_tests());
    suite_add_tcase(suite, writing_tests());
    return run_suite(suite);
}
