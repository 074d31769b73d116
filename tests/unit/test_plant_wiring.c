// SPDX-License-Identifier: GPL-3.0-or-later
// A battery whose wiring is turned, end to end: engine, registers, simulated device, and back.
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diagnostics.h"
#include "base/local_time.h"
#include "conf/conf.h"
#include "core/engine.h"
#include "device.h"
#include "modbus/block.h"
#include "run_suite.h"

enum { DEV_METER, DEV_BATTERY, DEV_COUNT };
enum { A_GRID, A_BATTERY, A_LOAD, A_COUNT };
enum { MAX_BLOCKS = 8 };

static const char *source_root = "."; // set once by main
static const double LOAD_W = 120e3;

struct rig {
    struct site *site;
    struct engine *engine;
    struct profile *profiles[DEV_COUNT];
    struct plant_device *devices[DEV_COUNT];
    struct plant_asset assets[A_COUNT];
    struct instant now;
};

static const char SITE[] =
    "area: {id: turned, name: Turned, timezone: Europe/Berlin, latitude: 52 deg, longitude: 13 deg, currency: EUR}\n"
    "mqtt: {enabled: false}\n"
    "tariffs: {t: {import: [{price: 0.3 /kWh}], export: [{price: 0.08 /kWh}]}}\n"
    "buses: {gate: {}}\n"
    "grids: {grid: {bus: gate, import_limit: 1 MW, export_limit: 100 kW, tariff: t}}\n"
    "batteries: {bat: {bus: gate, capacity: 1000 kWh, max_charge: 400 kW, max_discharge: 500 kW}}\n"
    "loads: {hall: {bus: gate, shape: flat, average: 500 kW, peak: 1200 kW}}\n"
    "modbus: {wire: {tcp: \"127.0.0.1:502\"}}\n"
    "devices:\n"
    "  m: {link: wire, unit: 1, profile: generic-meter, asset: grid, poll: 1 s, invert: true}\n"
    "  b: {link: wire, unit: 2, profile: generic-battery, asset: bat, poll: 1 s, control: true, invert: true}\n";

static void setup_device(struct rig *r, int device, const char *profile)
{
    struct diagnostics d = {0};
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/config/devices", source_root);
    ck_assert_int_eq(profile_load(profile, folder, &d, &r->profiles[device]), 0);
    diagnostics_free(&d);
    ck_assert_int_eq(plant_device_new(r->site, device, r->profiles[device], &r->devices[device]), 0);
}

static void setup_rig(struct rig *r)
{
    struct diagnostics d = {0};
    *r = (struct rig){.now = {.utc_ms = INT64_C(1767265200000), .mono_ms = 1000000}};
    ck_assert_int_eq(conf_load_text("turned.yaml", SITE, strlen(SITE), &d, &r->site), 0);
    diagnostics_free(&d);
    ck_assert_int_eq(local_time_set_zone(r->site->timezone), 0);
    setup_device(r, DEV_METER, "generic-meter");
    setup_device(r, DEV_BATTERY, "generic-battery");
    const struct engine_device kinds[DEV_COUNT] = {
        [DEV_METER] = {.kind = PROFILE_METER},
        [DEV_BATTERY] = {.kind = PROFILE_BATTERY, .can_write = true, .device_reverts = true},
    };
    ck_assert_int_eq(engine_new(r->site, kinds, r->now, &r->engine), 0);
}

static void end_rig(struct rig *r)
{
    engine_free(r->engine);
    for (int d = 0; d < DEV_COUNT; d++) {
        plant_device_free(r->devices[d]);
        profile_free(r->profiles[d]);
    }
    site_free(r->site);
}

// As the bus does: the power goes into the registers as the engine gives it.
static void write_device(struct rig *r, const struct action *a)
{
    struct register_write writes[PROFILE_MAX_STEPS];
    const struct profile *p = r->profiles[a->write.device];
    ck_assert_int_eq(writes_encode(p, p->set, p->n_set, a->write.power_w, 500e3, 30, 1, writes), 0);
    for (size_t i = 0; i < p->n_set; i++)
        ck_assert_int_eq(plant_device_write(r->devices[a->write.device], writes[i].function, writes[i].address,
                                            writes[i].count, writes[i].registers, r->now.mono_ms),
                         0);
}

static void drain(struct rig *r)
{
    struct action a;
    while (engine_produce(r->engine, r->now, &a)) {
        if (a.kind == ACTION_WRITE)
            write_device(r, &a);
        if (a.kind == ACTION_SOLVE)
            plan_problem_free(a.problem);
    }
}

static void tell(struct rig *r, struct event event)
{
    event.at = r->now;
    ck_assert_int_eq(engine_consume(r->engine, &event), 0);
    drain(r);
}

static void read_device(struct rig *r, int device)
{
    struct register_block *blocks;
    struct reading readings[PROFILE_MAX_POINTS] = {0};
    uint16_t registers[MAX_BLOCKS][PROFILE_MAX_BLOCK];
    const uint16_t *answers[MAX_BLOCKS];
    const struct profile *p = r->profiles[device];
    size_t n;
    plant_device_show(r->devices[device], &r->assets[r->site->devices[device].asset], 0.5, r->now);
    ck_assert_int_eq(blocks_plan(p, &blocks, &n), 0);
    ck_assert_uint_le(n, MAX_BLOCKS);
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(
            plant_device_read(r->devices[device], blocks[i].function, blocks[i].address, blocks[i].count, registers[i]),
            0);
        answers[i] = registers[i];
    }
    blocks_decode(p, blocks, n, answers, readings);
    free(blocks);
    tell(r, (struct event){.kind = EVENT_READINGS,
                           .readings = {.device = device, .readings = readings, .count = p->n_points}});
}

static void second(struct rig *r, int i)
{
    r->now.utc_ms += 1000;
    r->now.mono_ms += 1000;
    struct command c = plant_device_does(r->devices[DEV_BATTERY]);
    struct plant_asset *battery = &r->assets[A_BATTERY], *grid = &r->assets[A_GRID];
    battery->power_w = c.commanded ? c.setpoint_w : 0;
    battery->natural_w = 500e3;
    battery->max_charge_w = 400e3;
    grid->power_w = LOAD_W + i % 2 - battery->power_w;
    read_device(r, DEV_METER);
    read_device(r, DEV_BATTERY);
    tell(r, (struct event){.kind = EVENT_TICK});
}

START_TEST(a_turned_meter_and_a_turned_battery_still_cover_the_load)
{
    struct rig r;
    struct asset_view v;
    setup_rig(&r);
    for (int i = 0; i < 40; i++)
        second(&r, i);
    ck_assert_double_eq_tol(r.assets[A_BATTERY].power_w, LOAD_W, 2000);
    ck_assert_double_eq_tol(
        plant_device_value(r.devices[DEV_BATTERY], QUANTITY_POWER_W, &r.assets[A_BATTERY], 0.5, r.now), -LOAD_W, 2000);
    engine_asset(r.engine, A_BATTERY, r.now, &v);
    ck_assert_double_eq_tol(v.power.v, LOAD_W, 2000);
    ck_assert(v.obeys);
    end_rig(&r);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1)
        source_root = argv[1];
    Suite *suite = suite_create("plant wiring");
    TCase *c = tcase_create("wiring");
    tcase_add_test(c, a_turned_meter_and_a_turned_battery_still_cover_the_load);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}
