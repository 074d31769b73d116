// SPDX-License-Identifier: GPL-3.0-or-later
// What the simulated devices show and understand, against lib/modbus, for every profile that is shipped.
#include <check.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "device.h"
#include "encode.h"
#include "modbus/block.h"
#include "tests/unit/run_suite.h"

enum { MAX_PROFILES = 64, MAX_BLOCKS = 32, LEASE_S = 30 };

static const char *source_root = "."; // set once by main
static const struct instant now = {.utc_ms = INT64_C(1768359600000), .mono_ms = 1000000};

// ---- a device and its world ---------------------------------------------------------------------------------------

struct bench {
    struct site site;
    struct site_device of;
    struct site_asset asset;
    struct site_generator generator;
    struct profile *profile;
    struct plant_device *device;
    struct plant_asset state;
    double soc_frac;
};

static bool draws(const struct bench *b)
{
    return b->asset.kind == ASSET_LOAD || b->asset.kind == ASSET_CHARGER || b->asset.kind == ASSET_CONVERTER;
}

static enum asset_kind measured_kind(enum profile_kind kind)
{
    static const enum asset_kind kinds[PROFILE_KIND_COUNT] = {
        [PROFILE_METER] = ASSET_GRID,          [PROFILE_PV] = ASSET_PV,           [PROFILE_BATTERY] = ASSET_BATTERY,
        [PROFILE_GENERATOR] = ASSET_GENERATOR, [PROFILE_TIE] = ASSET_TIE,         [PROFILE_LOAD] = ASSET_LOAD,
        [PROFILE_STORE] = ASSET_STORE,         [PROFILE_CHARGER] = ASSET_CHARGER, [PROFILE_CONVERTER] = ASSET_CONVERTER,
        [PROFILE_SENSOR] = ASSET_KIND_COUNT,
    };
    return kinds[kind];
}

// Takes the profile over.
static struct bench *set_up_with(struct profile *profile)
{
    struct bench *b = calloc(1, sizeof *b);
    ck_assert_ptr_nonnull(b);
    b->profile = profile;
    b->asset = (struct site_asset){.kind = measured_kind(b->profile->kind), .min_power_w = -80e3, .max_power_w = 90e3};
    snprintf(b->of.id, sizeof b->of.id, "bench");
    snprintf(b->of.serial_number, sizeof b->of.serial_number, "SN-42");
    b->of.asset = profile->kind == PROFILE_SENSOR ? -1 : 0;
    b->site.assets = &b->asset;
    b->site.n_assets = 1;
    b->generator.fuel_wh = 5e6;
    b->site.generators = &b->generator;
    b->site.n_generators = 1;
    b->site.devices = &b->of;
    b->site.n_devices = 1;
    ck_assert_int_eq(plant_device_new(&b->site, 0, b->profile, &b->device), 0);
    b->state = (struct plant_asset){.power_w = draws(b) ? -23456.0 : 23456.0,
                                    .natural_w = 31000.0,
                                    .max_charge_w = 12000.0,
                                    .energy_in_wh = 1234567.0,
                                    .energy_out_wh = 7654321.0};
    b->soc_frac = 0.437;
    return b;
}

static struct bench *set_up(const char *name)
{
    struct profile *profile;
    struct diagnostics d = {0};
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/config/devices", source_root);
    int status = profile_load(name, folder, &d, &profile);
    if (status < 0)
        diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    ck_assert_int_eq(status, 0);
    return set_up_with(profile);
}

static struct bench *set_up_text(const char *text)
{
    struct profile *profile;
    struct diagnostics d = {0};
    int status = profile_load_text("test", text, strlen(text), &d, &profile);
    if (status < 0)
        diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    ck_assert_int_eq(status, 0);
    return set_up_with(profile);
}

static void tear_down(struct bench *b)
{
    plant_device_free(b->device);
    profile_free(b->profile);
    free(b);
}

static int read_device(void *user, int function, int address, int count, uint16_t *ret_registers)
{
    return plant_device_read(user, function, address, count, ret_registers) ? AEMS_E_IO : 0;
}

// Reads all points as the daemon does, block by block.
static void read_all(struct bench *b, struct reading *ret_readings)
{
    struct register_block *blocks;
    size_t count;
    uint16_t registers[MAX_BLOCKS][PROFILE_MAX_BLOCK];
    const uint16_t *answers[MAX_BLOCKS];
    plant_device_show(b->device, &b->state, b->soc_frac, now);
    ck_assert_int_eq(blocks_plan(b->profile, &blocks, &count), 0);
    ck_assert_uint_le(count, MAX_BLOCKS);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(
            plant_device_read(b->device, blocks[i].function, blocks[i].address, blocks[i].count, registers[i]), 0);
        answers[i] = registers[i];
    }
    blocks_decode(b->profile, blocks, count, answers, ret_readings);
    free(blocks);
}

static struct reading read_one(struct bench *b, enum quantity q)
{
    struct reading readings[PROFILE_MAX_POINTS] = {0};
    read_all(b, readings);
    for (size_t i = 0; i < b->profile->n_points; i++)
        if (b->profile->points[i].quantity == q)
            return readings[i];
    ck_abort_msg("%s has no %s", b->profile->name, quantity_name(q));
}

// Half a step of the register, and the rounding of a float.
static double resolution(struct bench *b, const struct profile_point *point, double value)
{
    double step = fabs(point->scale);
    uint16_t scale;
    if (point->scale_address >= 0) {
        ck_assert_int_eq(plant_device_read(b->device, point->function, point->scale_address, 1, &scale), 0);
        step *= pow(10.0, (int16_t)scale);
    }
    bool is_float = point->type == REGISTER_FLOAT32 || point->type == REGISTER_FLOAT64;
    return is_float ? fabs(value) * 1e-6 : step / 2 + fabs(value) * 1e-9;
}

// ---- every shipped profile ----------------------------------------------------------------------------------------

static void each_profile(void (*check)(struct bench *b))
{
    char pattern[4096];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/config/devices/*.yaml", source_root);
    ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
    ck_assert_uint_ge(found.gl_pathc, 8);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct bench *b = set_up(found.gl_pathv[i]);
        check(b);
        tear_down(b);
    }
    globfree(&found);
}

static void check_values(struct bench *b)
{
    struct reading readings[PROFILE_MAX_POINTS] = {0};
    read_all(b, readings);
    for (size_t i = 0; i < b->profile->n_points; i++) {
        const struct profile_point *point = &b->profile->points[i];
        double is = plant_device_value(b->device, point->quantity, &b->state, b->soc_frac, now);
        const char *name = quantity_name(point->quantity);
        ck_assert_msg(readings[i].status == READING_GOOD, "%s: %s has status %d", b->profile->name, name,
                      (int)readings[i].status);
        if (b->profile->has_base && point->address == b->profile->base.address)
            is = 90e3; // the register is the rating, whatever the state
        ck_assert_msg(fabs(readings[i].value - is) <= resolution(b, point, is), "%s: %s reads %.9g for %.9g",
                      b->profile->name, name, readings[i].value, is);
    }
}

START_TEST(every_value_arrives_through_every_shipped_profile)
{
    each_profile(check_values);
}
END_TEST

static void check_reversed(struct bench *b)
{
    if (b->profile->kind == PROFILE_SENSOR || b->profile->kind == PROFILE_SWITCH)
        return;
    b->state.power_w = -b->state.power_w;
    b->of.invert = true;
    check_values(b);
    double shown = read_one(b, QUANTITY_POWER_W).value;
    ck_assert_msg(shown * b->state.power_w < 0, "%s is not inverted", b->profile->name);
}

START_TEST(negative_powers_and_inverted_wiring_arrive_too)
{
    each_profile(check_reversed);
}
END_TEST

static void send(struct bench *b, const struct profile *resolved, const struct profile_write *steps, size_t n,
                 double setpoint_w, uint64_t mono_ms)
{
    struct register_write writes[PROFILE_MAX_STEPS];
    ck_assert_int_eq(writes_encode(resolved, steps, n, setpoint_w, 90e3, LEASE_S, 1, writes), 0);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(plant_device_write(b->device, writes[i].function, writes[i].address, writes[i].count,
                                            writes[i].registers, mono_ms),
                         0);
}

static void check_command(struct bench *b, const struct profile *resolved, double setpoint_w)
{
    send(b, resolved, resolved->set, resolved->n_set, setpoint_w, now.mono_ms);
    struct command told = plant_device_told(b->device);
    ck_assert_msg(told.commanded, "%s is not commanded by %g W", b->profile->name, setpoint_w);
    ck_assert_msg(fabs(told.setpoint_w - setpoint_w) <= 50, "%s understands %g W for %g W", b->profile->name,
                  told.setpoint_w, setpoint_w);
    if (!resolved->readback.present)
        return;
    const struct profile_write *w = &resolved->set[resolved->readback.point_write];
    uint16_t registers[4];
    double back_w;
    ck_assert_int_eq(plant_device_read(b->device, 3, w->address, register_count(w->type), registers), 0);
    ck_assert_int_eq(readback_decode(resolved, registers, 90e3, &back_w), 0);
    ck_assert_msg(fabs(back_w - setpoint_w) <= resolved->readback.tolerance_w, "%s reads back %g W for %g W",
                  b->profile->name, back_w, setpoint_w);
}

static void check_lease(struct bench *b, const struct profile *resolved, double setpoint_w)
{
    const struct profile_write *again = resolved->n_refresh > 0 ? resolved->refresh : resolved->set;
    size_t n_again = resolved->n_refresh > 0 ? resolved->n_refresh : resolved->n_set;
    send(b, resolved, resolved->set, resolved->n_set, setpoint_w, now.mono_ms);
    ck_assert(!plant_device_expire(b->device, now.mono_ms + 25000));
    send(b, resolved, again, n_again, setpoint_w, now.mono_ms + 25000);
    ck_assert_msg(!plant_device_expire(b->device, now.mono_ms + 35000), "%s forgets what was renewed",
                  b->profile->name);
    ck_assert(plant_device_told(b->device).commanded);
    bool dropped = plant_device_expire(b->device, now.mono_ms + 25000 + 200000);
    ck_assert_msg(dropped == b->profile->device_reverts, "%s drops: %d", b->profile->name, dropped);
    ck_assert(plant_device_told(b->device).commanded == !dropped);
}

static void check_commands(struct bench *b)
{
    if (!profile_can_write(b->profile) || b->profile->kind == PROFILE_SWITCH) // 1 or 0, and it latches
        return;
    struct profile *resolved;
    plant_device_show(b->device, &b->state, b->soc_frac, now);
    ck_assert_int_eq(profile_resolve(b->profile, read_device, b->device, &resolved), 0);
    double sign = draws(b) ? -1 : 1, size = b->asset.kind == ASSET_CHARGER ? 0.4 : 1; // charge points end at 22 kW
    bool both = b->asset.kind == ASSET_BATTERY || b->asset.kind == ASSET_STORE || b->asset.kind == ASSET_TIE;
    check_command(b, resolved, size * sign * 20e3);
    check_command(b, resolved, size * (both ? -sign : sign) * 45e3);
    send(b, resolved, resolved->release, resolved->n_release, 0, now.mono_ms);
    ck_assert_msg(!plant_device_told(b->device).commanded, "%s is not released", b->profile->name);
    check_lease(b, resolved, size * sign * 30e3);
    profile_resolved_free(resolved);
}

START_TEST(every_shipped_profile_commands_renews_and_releases)
{
    each_profile(check_commands);
}
END_TEST

// ---- registers ----------------------------------------------------------------------------------------------------

START_TEST(raw_bits_come_back_in_every_order)
{
    for (int type = 0; type < REGISTER_STRING; type++)
        for (int order = ORDER_ABCD; order <= ORDER_DCBA; order++) {
            int bits = 16 * register_count((enum register_type)type);
            uint64_t raw = UINT64_C(0xFEDCBA9876543210) & (UINT64_MAX >> (64 - bits));
            uint16_t registers[4] = {0};
            registers_from_raw((enum register_type)type, (enum word_order)order, raw, registers);
            ck_assert(registers_raw((enum register_type)type, (enum word_order)order, registers) == raw);
        }
}
END_TEST

START_TEST(registers_that_do_not_exist_are_not_answered)
{
    struct bench *b = set_up("generic-battery");
    uint16_t registers[PROFILE_MAX_BLOCK] = {0};
    ck_assert_int_eq(plant_device_read(b->device, 3, 5000, 1, registers), EXCEPTION_ADDRESS);
    ck_assert_int_eq(plant_device_read(b->device, 4, 100, 2, registers), EXCEPTION_ADDRESS);
    ck_assert_int_eq(plant_device_read(b->device, 3, 100, 0, registers), EXCEPTION_VALUE);
    ck_assert_int_eq(plant_device_read(b->device, 3, 65535, 2, registers), EXCEPTION_ADDRESS);
    ck_assert_int_eq(plant_device_read(b->device, 2, 100, 1, registers), EXCEPTION_ADDRESS); // no inputs
    ck_assert_int_eq(plant_device_read(b->device, 7, 100, 1, registers), EXCEPTION_FUNCTION);
    ck_assert_int_eq(plant_device_write(b->device, 6, 100, 1, registers, 0), EXCEPTION_ADDRESS);  // read only
    ck_assert_int_eq(plant_device_write(b->device, 16, 200, 1, registers, 0), EXCEPTION_ADDRESS); // function 6 only
    ck_assert_uint_eq(plant_device_writes(b->device)->refused, 2);
    tear_down(b);
}
END_TEST

START_TEST(a_power_of_two_magnitudes_is_shown_on_the_right_one)
{
    struct bench *b = set_up_text("name: test\nkind: battery\n"
                                  "points: {power_w: {address: 0, type: uint16, scale: 10, sum_with: charge}}\n"
                                  "parts: {charge: {address: 1, type: uint16, scale: 10, negate: true}}\n");
    uint16_t registers[2];
    b->state.power_w = -20000;
    ck_assert_double_eq_tol(read_one(b, QUANTITY_POWER_W).value, -20000, 5);
    ck_assert_int_eq(plant_device_read(b->device, 3, 0, 2, registers), 0);
    ck_assert_uint_eq(registers[0], 0);
    ck_assert_uint_eq(registers[1], 2000);
    b->state.power_w = 30000;
    ck_assert_double_eq_tol(read_one(b, QUANTITY_POWER_W).value, 30000, 5);
    ck_assert_int_eq(plant_device_read(b->device, 3, 0, 2, registers), 0);
    ck_assert_uint_eq(registers[0], 3000);
    ck_assert_uint_eq(registers[1], 0);
    tear_down(b);
}
END_TEST

START_TEST(a_value_beyond_its_register_stays_at_its_end)
{
    struct bench *b =
        set_up_text("name: test\nkind: meter\n"
                    "points: {power_w: {address: 0, type: int16}, energy_in_wh: {address: 1, type: uint16}}\n");
    b->state.power_w = 1e6;
    ck_assert_double_eq(read_one(b, QUANTITY_POWER_W).value, 32767);
    b->state.power_w = -1e6;
    ck_assert_double_eq(read_one(b, QUANTITY_POWER_W).value, -32767);
    b->state.energy_in_wh = 3 * 65534.0 + 17; // counters run over
    ck_assert_double_eq(read_one(b, QUANTITY_ENERGY_IN_WH).value, 17);
    tear_down(b);
}
END_TEST

START_TEST(a_device_that_wants_one_zero_one_is_commanded_by_the_last)
{
    struct bench *b = set_up_text("name: test\nkind: pv\npoints: {power_w: {address: 0, type: int32}}\n"
                                  "write:\n"
                                  "  set:\n"
                                  "    - {address: 10, type: uint16, function: 16, from: percent, scale: 0.01}\n"
                                  "    - {address: 11, type: uint16, function: 6, from: constant, value: 0}\n"
                                  "    - {address: 11, type: uint16, function: 6, from: constant, value: 1}\n"
                                  "  release: [{address: 11, type: uint16, function: 6, from: constant, value: 0}]\n");
    const struct profile *p = b->profile;
    send(b, p, p->set, p->n_set - 1, 45e3, now.mono_ms);
    ck_assert(!plant_device_told(b->device).commanded);
    send(b, p, p->set, p->n_set, 45e3, now.mono_ms);
    ck_assert(plant_device_told(b->device).commanded);
    ck_assert_double_eq_tol(plant_device_told(b->device).setpoint_w, 45e3, 5);
    ck_assert(!plant_device_expire(b->device, now.mono_ms + 100000000)); // it has no watchdog
    tear_down(b);
}
END_TEST

// ---- faults -------------------------------------------------------------------------------------------------------

static void put_fault(struct bench *b, const char *name, const char *argument)
{
    struct fault f;
    ck_assert_int_eq(fault_parse(name, argument, &f), 0);
    plant_device_set_fault(b->device, f, now.mono_ms);
}

START_TEST(faulty_values_are_what_they_are_named)
{
    struct bench *b = set_up("generic-battery");
    put_fault(b, "not_implemented", NULL);
    ck_assert_int_eq(read_one(b, QUANTITY_POWER_W).status, READING_NOT_IMPLEMENTED);
    ck_assert_int_eq(read_one(b, QUANTITY_SOC_FRAC).status, READING_NOT_IMPLEMENTED);
    put_fault(b, "out_of_range", NULL);
    ck_assert_int_eq(read_one(b, QUANTITY_POWER_W).status, READING_OUT_OF_RANGE);
    ck_assert_int_eq(read_one(b, QUANTITY_SOC_FRAC).status, READING_OUT_OF_RANGE);
    put_fault(b, "sign_flip", NULL);
    ck_assert_double_eq_tol(read_one(b, QUANTITY_POWER_W).value, -23456, 1);
    put_fault(b, "spike", "500000");
    ck_assert_double_eq_tol(read_one(b, QUANTITY_POWER_W).value, 523456, 1);
    ck_assert_double_eq_tol(read_one(b, QUANTITY_POWER_W).value, 23456, 1); // once only
    put_fault(b, "frozen", NULL);
    b->state.power_w = 1;
    ck_assert_double_eq_tol(read_one(b, QUANTITY_POWER_W).value, 23456, 1);
    plant_device_set_fault(b->device, (struct fault){0}, now.mono_ms);
    ck_assert_double_eq_tol(read_one(b, QUANTITY_POWER_W).value, 1, 1);
    tear_down(b);
}
END_TEST

static void read_serial(struct bench *b, char *ret_text, size_t size)
{
    uint16_t registers[PROFILE_MAX_SERIAL];
    const struct profile *p = b->profile;
    plant_device_show(b->device, &b->state, b->soc_frac, now);
    ck_assert_int_eq(plant_device_read(b->device, p->serial_function, p->serial_address, p->serial_count, registers),
                     0);
    registers_text(registers, p->serial_count, ret_text, size);
}

START_TEST(a_swapped_device_has_another_serial_number)
{
    struct bench *b = set_up("generic-battery");
    char serial[64];
    read_serial(b, serial, sizeof serial);
    ck_assert_str_eq(serial, "SN-42");
    put_fault(b, "swapped", NULL);
    read_serial(b, serial, sizeof serial);
    ck_assert_str_ne(serial, "SN-42");
    tear_down(b);
}
END_TEST

START_TEST(faulty_commands_are_what_they_are_named)
{
    struct bench *b = set_up("generic-battery");
    const struct profile *p = b->profile;
    send(b, p, p->set, p->n_set, 10e3, now.mono_ms);
    put_fault(b, "ignore", NULL);
    send(b, p, p->set, p->n_set, 20e3, now.mono_ms);
    ck_assert_double_eq(plant_device_told(b->device).setpoint_w, 20e3);
    ck_assert_double_eq(plant_device_does(b->device).setpoint_w, 10e3);
    put_fault(b, "false_echo", NULL);
    send(b, p, p->set, p->n_set, 30e3, now.mono_ms);
    ck_assert_double_eq(plant_device_told(b->device).setpoint_w, 20e3);
    put_fault(b, "reboot", "500");
    ck_assert(!plant_device_told(b->device).commanded);
    plant_device_expire(b->device, now.mono_ms + 400);
    ck_assert_int_eq(plant_device_fault(b->device).kind, FAULT_REBOOT);
    plant_device_expire(b->device, now.mono_ms + 500);
    ck_assert_int_eq(plant_device_fault(b->device).kind, FAULT_NONE);
    ck_assert(!plant_device_does(b->device).commanded);
    tear_down(b);
}
END_TEST

START_TEST(faults_that_do_not_exist_are_refused)
{
    struct fault f;
    ck_assert_int_eq(fault_parse("gremlin", NULL, &f), AEMS_E_NOT_FOUND);
    ck_assert_int_eq(fault_parse("none", NULL, &f), AEMS_E_NOT_FOUND);
    ck_assert_int_eq(fault_parse("late", "soon", &f), AEMS_E_RANGE);
    ck_assert_int_eq(fault_parse("late", "-1", &f), AEMS_E_RANGE);
    ck_assert_int_eq(fault_parse("exception", "0", &f), AEMS_E_RANGE);
    ck_assert_int_eq(fault_parse("exception", NULL, &f), 0);
    ck_assert_double_eq(f.argument, 4);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1)
        source_root = argv[1];
    Suite *suite = suite_create("plant registers");
    TCase *c = tcase_create("registers");
    tcase_add_test(c, every_value_arrives_through_every_shipped_profile);
    tcase_add_test(c, negative_powers_and_inverted_wiring_arrive_too);
    tcase_add_test(c, every_shipped_profile_commands_renews_and_releases);
    tcase_add_test(c, raw_bits_come_back_in_every_order);
    tcase_add_test(c, registers_that_do_not_exist_are_not_answered);
    tcase_add_test(c, a_power_of_two_magnitudes_is_shown_on_the_right_one);
    tcase_add_test(c, a_value_beyond_its_register_stays_at_its_end);
    tcase_add_test(c, a_device_that_wants_one_zero_one_is_commanded_by_the_last);
    tcase_add_test(c, faulty_values_are_what_they_are_named);
    tcase_add_test(c, a_swapped_device_has_another_serial_number);
    tcase_add_test(c, faulty_commands_are_what_they_are_named);
    tcase_add_test(c, faults_that_do_not_exist_are_refused);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
