// SPDX-License-Identifier: GPL-3.0-or-later
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "modbus/block.h"
#include "tests/unit/run_suite.h"

static char folder[512];

static void print_all(const struct diagnostics *d)
{
    for (size_t i = 0; i < d->count; i++)
        fprintf(stderr, "%s:%d:%d: %s\n", d->items[i].file, d->items[i].line, d->items[i].column, d->items[i].text);
}

static struct profile *load(const char *name)
{
    struct diagnostics d = {0};
    struct profile *p = NULL;
    int r = profile_load(name, folder, &d, &p);
    print_all(&d);
    ck_assert_msg(r == 0, "%s: %s", name, aems_error_text(r));
    ck_assert_uint_eq(d.count, 0);
    diagnostics_free(&d);
    return p;
}

// ---- shipped profiles ---------------------------------------------------------------------------------------------

START_TEST(every_shipped_profile_loads_without_a_word)
{
    size_t n = 0;
    DIR *dir = opendir(folder);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char name[256];
        const char *end = strstr(entry->d_name, ".yaml");
        if (!end)
            continue;
        snprintf(name, sizeof(name), "%.*s", (int)(end - entry->d_name), entry->d_name);
        struct profile *p = load(name);
        ck_assert_str_eq(p->name, name);
        ck_assert_uint_gt(strlen(p->description), 0);
        if (p->kind == PROFILE_SENSOR)
            ck_assert(profile_find_point(p, QUANTITY_OUTSIDE_DEGC) || profile_find_point(p, QUANTITY_GRID_PRESENT));
        else
            ck_assert_ptr_nonnull(
                profile_find_point(p, p->kind == PROFILE_SWITCH ? QUANTITY_CLOSED : QUANTITY_POWER_W));
        bool write_only = strcmp(name, "keba-kecontact-p30") == 0 || strcmp(name, "abb-terra-ac") == 0;
        if (p->kind == PROFILE_SWITCH) // latches: nothing to keep alive, nothing to hand back
            ck_assert(profile_can_write(p) && p->refresh_ms == 0 && p->n_release == 0);
        else if (profile_can_write(p))
            ck_assert(p->device_reverts && p->n_release > 0 && p->readback.present != write_only);
        profile_free(p);
        n++;
    }
    closedir(dir);
    ck_assert_uint_ge(n, 21);
}
END_TEST

START_TEST(the_generic_battery_is_what_its_file_says)
{
    struct profile *p = load("generic-battery");
    ck_assert_int_eq(p->kind, PROFILE_BATTERY);
    ck_assert_uint_eq(p->n_points, 10);
    const struct profile_point *soc = profile_find_point(p, QUANTITY_SOC_FRAC);
    ck_assert_int_eq(soc->type, REGISTER_UINT16);
    ck_assert_int_eq(soc->function, 3);
    ck_assert_double_eq(soc->scale, 0.001);
    ck_assert_double_eq(soc->maximum, 1);
    ck_assert_int_eq(soc->scale_address, -1);
    ck_assert_uint_eq(soc->not_implemented[0], 0xFFFF);
    ck_assert_uint_eq(profile_find_point(p, QUANTITY_STATUS)->n_states, 3);
    ck_assert_uint_eq(p->n_set, 2);
    ck_assert_int_eq(p->set[0].source, WRITE_LEASE_S);
    ck_assert_int_eq(p->set[1].function, 16);
    ck_assert(p->set[1].low > p->set[1].high);
    ck_assert_int_eq(p->readback.point_write, 1);
    ck_assert_double_eq(p->readback.tolerance_w, 50);
    ck_assert_int_eq(p->refresh_ms, 10000);
    ck_assert_int_eq(p->serial_count, 8);
    ck_assert_int_eq(p->max_read, 60);
    profile_free(p);
}
END_TEST

START_TEST(a_real_meter_decodes_as_its_list_says)
{
    struct profile *p = load("carlo-gavazzi-em24");
    struct register_block block = {4, 0x28, 2};
    static const uint16_t low_word_first[2] = {0xFB2E, 0xFFFF}; // -1234: -123.4 W
    const uint16_t *registers[] = {low_word_first};
    struct reading readings[8];
    blocks_decode(p, &block, 1, registers, readings);
    for (size_t i = 0; i < p->n_points; i++) {
        bool is_power = p->points[i].quantity == QUANTITY_POWER_W;
        ck_assert_int_eq(readings[i].status, is_power ? READING_GOOD : READING_MISSING);
        if (is_power)
            ck_assert_double_eq_tol(readings[i].value, -123.4, 1e-9);
    }
    profile_free(p);
}
END_TEST

// What a step of `set` writes for a setpoint, as the number in its one register.
static double raw_of(const struct profile *p, size_t step, double setpoint_w)
{
    struct register_write writes[PROFILE_MAX_STEPS];
    ck_assert_int_eq(writes_encode(p, p->set, p->n_set, setpoint_w, 22080, 30, 0, writes), 0);
    ck_assert_int_eq(writes[step].count, 1);
    return writes[step].registers[0];
}

START_TEST(a_keba_station_gets_its_limit_in_milliamperes_and_none_without_power)
{
    struct profile *p = load("keba-kecontact-p30");
    ck_assert_double_eq(raw_of(p, 0, -11040), 6000);
    ck_assert_double_eq(raw_of(p, 1, -11040), 30);
    ck_assert_double_eq(raw_of(p, 2, -11040), 16000);
    ck_assert_double_eq(raw_of(p, 3, -11040), 1);
    ck_assert_double_eq(raw_of(p, 2, 0), 6000);
    ck_assert_double_eq(raw_of(p, 3, 0), 0);
    ck_assert_double_eq(raw_of(p, 2, -50000), 32000);
    const struct profile_point *connected = profile_find_point(p, QUANTITY_CONNECTED);
    ck_assert_double_eq(connected->states[2].value, 0);
    ck_assert_double_eq(connected->states[3].value, 1);
    profile_free(p);
}
END_TEST

START_TEST(profiles_are_equal_when_they_say_the_same)
{
    struct profile *a = load("sunspec-battery-124"), *b = load("sunspec-battery-124"), *c = load("generic-battery");
    ck_assert(profile_equal(a, b));
    ck_assert(!profile_equal(a, c));
    b->expectations[1].value++;
    ck_assert(!profile_equal(a, b));
    profile_free(a);
    profile_free(b);
    profile_free(c);
}
END_TEST

// ---- looking up ---------------------------------------------------------------------------------------------------

START_TEST(a_profile_is_looked_up_in_each_folder_or_taken_as_a_path)
{
    char folders[1200], path[700];
    struct diagnostics d = {0};
    struct profile *p = NULL;
    snprintf(folders, sizeof(folders), "/nonexistent::%s", folder);
    ck_assert_int_eq(profile_load("generic-pv", folders, &d, &p), 0);
    profile_free(p);
    snprintf(path, sizeof(path), "%s/generic-pv.yaml", folder);
    ck_assert_int_eq(profile_load(path, "", &d, &p), 0);
    ck_assert_str_eq(p->file, path);
    profile_free(p);
    p = NULL;
    ck_assert_int_eq(profile_load("no-such", folders, &d, &p), AEMS_E_NOT_FOUND);
    ck_assert_int_eq(profile_load("generic-pv", NULL, &d, &p), AEMS_E_NOT_FOUND);
    ck_assert_ptr_null(p);
    diagnostics_free(&d);
}
END_TEST

START_TEST(a_channel_is_the_profile_at_its_own_addresses)
{
    struct diagnostics d = {0};
    struct profile *first = load("waveshare-relay-d"), *third = load("waveshare-relay-d:3"), *none = NULL;
    ck_assert_int_eq(first->channels, 8);
    ck_assert_int_eq(first->channel, 0);
    ck_assert_int_eq(third->channel, 3);
    ck_assert_int_eq(third->points[0].address, first->points[0].address + 2);
    ck_assert_int_eq(third->set[0].address, first->set[0].address + 2);
    ck_assert(!profile_equal(first, third));
    ck_assert_int_eq(profile_load("waveshare-relay-d:9", folder, &d, &none), AEMS_E_RANGE);
    ck_assert_int_eq(profile_load("generic-switch:2", folder, &d, &none), AEMS_E_RANGE);
    ck_assert_ptr_null(none);
    ck_assert_uint_eq(d.count, 0);
    profile_free(first);
    profile_free(third);
}
END_TEST

// ---- broken profiles ----------------------------------------------------------------------------------------------

struct broken {
    const char *text;
    const char *message; // "LINE:COLUMN: ..." as it begins
};

#define HEAD                                                                                                           \
    "name: x\nkind: battery\npoints:\n  power_w: {address: 1, type: int16}\n  soc_frac: {address: 2, type: uint16}\n"
#define WRITE   HEAD "write:\n"
#define SET     "  set: [{address: 9, type: int16, from: setpoint}]\n"
#define RELEASE "  release: [{address: 9, type: int16, from: constant, value: 0}]\n"

static const struct broken broken[] = {
    {"name: x\nkind: toaster\npoints: {power_w: {address: 1, type: int16}}\n", "2:7: kind: \"toaster\": expected"},
    {"name: x\nkind: meter\n", "1:1: configuration: \"points\" is missing"},
    {"name: x\nkind: meter\npoints: {power_w: {address: 70000, type: int16}}\n",
     "3:29: points.power_w.address: \"70000\": expected"},
    {"name: x\nkind: meter\npoints: {power_w: {address: 65535, type: int32}}\n",
     "3:29: points.power_w: registers 65535 to 65536: expected none beyond 65535"},
    {"name: x\nkind: meter\npoints: {power_w: {address: 1, type: int24}}\n",
     "3:38: points.power_w.type: \"int24\": expected"},
    {"name: x\nkind: meter\npoints: {power_w: {address: 1, type: int16, sclae: 2}}\n",
     "3:45: points.power_w.sclae: unknown option; did you mean \"scale\"?"},
    {"name: x\nkind: meter\npoints: {powerw: {address: 1, type: int16}}\n",
     "3:18: points.powerw: unknown quantity: expected one such as power_w"},
    {"name: x\nkind: meter\npoints: {soc_frac: {address: 1, type: int16}}\n", "3:9: points: \"power_w\" is missing"},
    {"name: x\nkind: meter\npoints:\n  power_w: {address: 1, type: int16}\n  power_w: {address: 2, type: int16}\n",
     "5:3: "},
    {"name: x\nkind: meter\npoints: {power_w: {address: 1, type: int16, function: 5}}\n",
     "3:55: points.power_w.function: \"5\": expected 1 to 4"},
    {"name: x\nkind: meter\npoints: {power_w: {address: 1, type: int16, scale: 0}}\n",
     "3:52: points.power_w: scale 0: expected another number"},
    {"name: x\nkind: meter\npoints: {power_w: {address: 1, type: int16, range: [5, 5]}}\n",
     "3:52: points.power_w.range: a list: expected the lower end first"},
    {"name: x\nkind: meter\npoints: {power_w: {address: 1, type: int16, not_implemented: [-1]}}\n",
     "3:63: points.power_w.not_implemented[0]: \"-1\": expected a raw number"},
    {"name: x\nkind: meter\npoints: {power_w: {address: 1, type: int16, states: {1: asleep}}}\n",
     "3:57: points.power_w.states.1: \"asleep\": expected"},
    {"name: x\nkind: meter\npoints: {power_w: {address: 1, type: int16, sum_with: other}}\n",
     "3:55: points.power_w: \"other\": expected the name of an entry of `parts`"},
    {"name: x\nkind: meter\nlimits: {max_read: 1}\npoints: {power_w: {address: 1, type: int32}}\n",
     "4:38: points.power_w: int32 takes 2 registers: expected at most limits.max_read, 1"},
    {"name: x\nkind: meter\nlimits: {max_read: 126}\npoints: {power_w: {address: 1, type: int32}}\n",
     "3:20: limits.max_read: \"126\": expected 1 to 125"},
    {"name: x\nkind: meter\npoints: {power_w: {address: 1, type: int16}}\nserial: {address: 65530, count: 16}\n",
     "4:19: serial: registers 65530 to 65545: expected none beyond 65535"},
    {"name: x\nkind: meter\npoints: {power_w: {address: 1, type: int16}}\nwrite:\n" SET RELEASE,
     "5:3: write: expected none: a meter or sensor is not commanded"},
    {"name: x\nkind: sensor\npoints: {power_w: {address: 1, type: int16}}\n", "3:9: points: expected \"outside_degc\""},
    {"name: x\nkind: sensor\npoints:\n  outside_degc: {address: 1, type: int16}\n  status: {address: 2, type: "
     "int16}\n",
     "4:3: points: expected \"outside_degc\" or \"grid_present\" of a sensor"},
    {"name: x\nkind: switch\npoints: {closed: {address: 1, type: int16}}\n", "1:1: write: expected the writes that"},
    {"name: x\nkind: switch\npoints: {closed: {address: 1, type: int16}}\nwrite: {set: [{address: 2, type: int16, "
     "from: constant, value: 1}]}\n",
     "4:14: write.set: expected a step that writes the setpoint"},
    {"name: x\nkind: switch\npoints: {closed: {address: 1, type: int32, function: 2}}\nwrite: {set: [{address: 2, "
     "type: uint16, function: 5, from: setpoint}]}\n",
     "3:37: points.closed: type: expected uint16 for a coil or discrete input"},
    {"name: x\nkind: switch\nchannels: 8\npoints: {closed: {address: 1, type: uint16}}\nwrite: {set: [{address: "
     "65530, type: uint16, function: 5, from: setpoint}]}\n",
     "5:25: write.set[0]: registers 65530 to 65537: expected none beyond 65535"},
    {"name: x\nkind: switch\npoints: {status: {address: 1, type: int16}}\nwrite: {set: [{address: 2, type: int16, "
     "from: setpoint}]}\n",
     "3:9: points: \"closed\" is missing: nobody can see"},
    {WRITE SET, "7:3: write: \"release\" is missing"},
    {WRITE RELEASE, "7:3: write: \"set\" is missing"},
    {WRITE "  set: [{address: 9, type: int16, from: constant, value: 1}]\n" RELEASE,
     "7:8: write.set: expected a step that writes the setpoint"},
    {WRITE "  set: [{address: 9, type: int32, function: 6, from: setpoint}]\n" RELEASE,
     "7:45: write.set[0]: function 6 writes one register and int32 takes 2: expected function 16"},
    {WRITE "  set: [{address: 9, type: int16, function: 7, from: setpoint}]\n" RELEASE,
     "7:45: write.set[0]: function: expected 5, 6 or 16"},
    {WRITE SET "  release: [{address: 9, type: int16, from: constant}]\n",
     "8:13: write.release[0]: \"value\" is missing: expected the constant"},
    {WRITE SET "  release: [{address: 9, type: int16, from: constant, value: 1e9}]\n",
     "8:62: write.release[0]: value: expected a number that fits the type"},
    {WRITE SET "  release: [{address: 9, type: int16, from: setpoint}]\n",
     "8:45: write.release[0]: from: expected no setpoint in a release"},
    {WRITE SET RELEASE "  read_back: {step: 1, tolerance: 5 W}\n",
     "9:21: write.read_back.step: expected the number of a step"},
    {WRITE SET RELEASE "  read_back: {step: 0, tolerance: 5}\n", "9:35: write.read_back.tolerance: \"5\": expected"},
    {WRITE SET RELEASE "  device_reverts: true\n",
     "7:3: write: \"refresh_every\" is missing: expected with device_reverts"},
    {WRITE "  set: [{address: 9, type: int16, from: setpoint}, {address: 8, type: uint16, from: lease}]\n" RELEASE,
     "7:3: write: \"refresh_every\" is missing: expected with a step `from: lease`"},
    {WRITE SET RELEASE "  wears: true\n  refresh_every: 10 s\n",
     "10:18: write.refresh_every: wears the device's flash memory out"},
    {WRITE SET RELEASE "  base_power: 5 kW\n  base: {address: 3, type: uint16}\n",
     "10:9: write.base: expected either base or base_power"},
    {"name: x\nkind: battery\npoints: {power_w: {address: 1, type: int16}}\n", "3:9: points: \"soc_frac\" is missing"},
    {"name: x\nkind: meter\npoints: {power_w: {address: 1, type: int16}}\nexpect: [{address: 65535, type: uint32, "
     "value: 1}]\n",
     "4:20: expect[0]: registers 65535 to 65536"},
};

static bool has_message(const struct diagnostics *d, const char *message)
{
    for (size_t i = 0; i < d->count; i++) {
        char line[1024];
        snprintf(line, sizeof(line), "%d:%d: %s", d->items[i].line, d->items[i].column, d->items[i].text);
        if (strcmp(d->items[i].file, "broken.yaml") == 0 && strncmp(line, message, strlen(message)) == 0)
            return true;
    }
    return false;
}

START_TEST(a_broken_profile_is_refused_with_the_place_and_what_was_expected)
{
    struct diagnostics d = {0};
    struct profile *p = NULL;
    const struct broken *b = &broken[_i];
    int r = profile_load_text("broken.yaml", b->text, strlen(b->text), &d, &p);
    if (!has_message(&d, b->message))
        print_all(&d);
    ck_assert_msg(has_message(&d, b->message), "no message \"%s\" for\n%s", b->message, b->text);
    ck_assert_int_eq(r, d.errors > 0 ? AEMS_E_FORMAT : 0);
    profile_free(p);
    diagnostics_free(&d);
}
END_TEST

START_TEST(all_mistakes_are_told_at_once)
{
    static const char text[] = "name: x\nkind: battery\npoints:\n  power_w: {address: 1, type: int16, scale: 0}\n"
                               "  tempdegc: {address: 2, type: int16}\nwrite:\n  set: [{address: 65535, type: int32, "
                               "function: 6, from: setpoint}]\n";
    struct diagnostics d = {0};
    struct profile *p = NULL;
    ck_assert_int_eq(profile_load_text("many.yaml", text, strlen(text), &d, &p), AEMS_E_FORMAT);
    ck_assert_uint_ge(d.errors, 5);
    ck_assert_ptr_null(p);
    diagnostics_free(&d);
}
END_TEST

int main(int argc, char **argv)
{
    snprintf(folder, sizeof(folder), "%s/config/devices", argc > 1 ? argv[1] : ".");
    Suite *suite = suite_create("modbus profile");
    TCase *tests = tcase_create("profile");
    tcase_add_test(tests, every_shipped_profile_loads_without_a_word);
    tcase_add_test(tests, the_generic_battery_is_what_its_file_says);
    tcase_add_test(tests, a_real_meter_decodes_as_its_list_says);
    tcase_add_test(tests, a_keba_station_gets_its_limit_in_milliamperes_and_none_without_power);
    tcase_add_test(tests, profiles_are_equal_when_they_say_the_same);
    tcase_add_test(tests, a_profile_is_looked_up_in_each_folder_or_taken_as_a_path);
    tcase_add_test(tests, a_channel_is_the_profile_at_its_own_addresses);
    tcase_add_loop_test(tests, a_broken_profile_is_refused_with_the_place_and_what_was_expected, 0,
                        (int)(sizeof(broken) / sizeof(broken[0])));
    tcase_add_test(tests, all_mistakes_are_told_at_once);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
