// SPDX-License-Identifier: GPL-3.0-or-later
#include "bus_rig.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "daemon/loop/clock.h"

static const char profile_text[] =
    "name: test\nkind: battery\nserial: {address: 300, count: 4}\npoints:\n"
    "  power_w: {address: 100, type: int32}\n"
    "  soc_frac: {address: 102, type: uint16, scale: 0.001}\n"
    "  energy_in_wh: {address: 103, type: uint16}\n"
    "  voltage_v: {address: 150, type: int64}\n" // as many registers as the first block
    "write:\n  set:\n    - {address: 200, type: uint16, function: 6, from: lease}\n"
    "    - {address: 202, type: int32, from: setpoint}\n"
    "  release:\n    - {address: 200, type: uint16, function: 6, from: constant, value: 0}\n"
    "  read_back: {step: 1, tolerance: 5 W}\n  refresh_every: 1 h\n  device_reverts: true\n";

static void on_readings(struct seen *s, const struct bus_report *report)
{
    s->readings++;
    for (size_t i = 0; i < report->count; i++) {
        const struct reading *r = &report->readings[i];
        if (r->quantity == QUANTITY_POWER_W)
            s->power_w = r->value;
        if (r->quantity == QUANTITY_CLOSED)
            s->closed = r->value;
        if (r->quantity == QUANTITY_POWER_W && fabs(r->value) != POWER_W)
            s->wrong++;
        if (r->quantity == QUANTITY_VOLTAGE_V && r->status == READING_GOOD && r->value != VOLTAGE_V)
            s->wrong++;
        if (r->quantity == QUANTITY_ENERGY_IN_WH || r->quantity == QUANTITY_ENERGY_OUT_WH)
            s->energy = r->quantity;
    }
}

static void on_report(void *user, const struct bus_report *report)
{
    struct rig *r = user;
    struct seen *s = &r->seen[report->device];
    if (report->kind == BUS_READINGS)
        on_readings(s, report);
    if (report->kind == BUS_DOWN)
        s->downs++;
    if (report->kind == BUS_WRITTEN) {
        s->written[report->write_status]++;
        s->readback_w = report->readback_w;
        s->written_ms = report->mono_ms;
    }
    if (report->why)
        snprintf(s->why, sizeof(s->why), "%s", report->why);
}

static void on_tick(void *user)
{
    struct rig *r = user;
    if (r->done && r->done(r))
        r->in_time = true;
    if (r->in_time || clock_mono_ms() >= r->end_ms)
        loop_stop(r->loop);
}

bool run_until(struct rig *r, bool (*done)(const struct rig *r), int ms)
{
    r->done = done;
    r->in_time = false;
    r->end_ms = clock_mono_ms() + (uint64_t)ms;
    loop_timer_start(r->tick, 1, 2);
    loop_run(r->loop);
    loop_timer_stop(r->tick);
    return r->in_time;
}

void rig_prepare(struct rig *r, int devices)
{
    struct diagnostics d = {0};
    *r = (struct rig){0};
    ck_assert_int_eq(loop_new(&r->loop), 0);
    ck_assert_int_eq(loop_timer_new(r->loop, on_tick, r, &r->tick), 0);
    ck_assert_int_eq(profile_load_text("test", profile_text, strlen(profile_text), &d, &r->profile), 0);
    r->profiles[0] = r->profiles[1] = r->profile;
    r->asset = (struct site_asset){.kind = ASSET_BATTERY, .min_power_w = -50000, .max_power_w = 50000};
    r->link = (struct site_link){.id = "bus", .host = "127.0.0.1", .response_timeout_ms = RESPONSE_MS};
    for (int i = 0; i < devices; i++)
        r->devices[i] = (struct site_device){.id = "device", .unit = i + 1, .poll_ms = POLL_MS, .control = true};
    r->site = (struct site){.links = &r->link, .n_links = 1, .devices = r->devices, .n_devices = (size_t)devices};
    r->site.assets = &r->asset;
    r->site.n_assets = 1;
}

void rig_prepare_with_device(struct rig *r, int devices)
{
    rig_prepare(r, devices);
    r->fake = fake_device_start();
    r->link.port = fake_device_port(r->fake);
    fake_device_set(r->fake, 101, POWER_W);
    fake_device_set(r->fake, 102, 500);
    fake_device_set(r->fake, 153, VOLTAGE_V);
    fake_device_set(r->fake, 300, 'S' << 8 | 'N');
    fake_device_set(r->fake, 301, '7' << 8);
}

void rig_start(struct rig *r)
{
    ck_assert_int_eq(modbus_bus_start(r->loop, &r->site, 0, r->profiles, on_report, r, &r->bus), 0);
}

void rig_finish(struct rig *r)
{
    modbus_bus_stop(r->bus, 2000);
    loop_timer_free(r->tick);
    loop_free(r->loop);
    if (r->fake)
        fake_device_stop(r->fake);
    profile_free(r->profile);
}

bool has_readings(const struct rig *r)
{
    return r->seen[0].readings >= 3;
}

bool is_down(const struct rig *r)
{
    return r->seen[0].downs >= 1;
}

bool is_written(const struct rig *r)
{
    return r->seen[0].written[WRITE_DONE] >= 1;
}

bool is_released(const struct rig *r)
{
    return r->seen[0].written[WRITE_RELEASED] >= 1;
}

bool has_failed(const struct rig *r)
{
    return r->seen[0].written[WRITE_FAILED] >= 1;
}

void rig_start_running(struct rig *r)
{
    rig_prepare_with_device(r, 1);
    rig_start(r);
    ck_assert_seen(r, has_readings);
}

int32_t setpoint_of(struct rig *r)
{
    return (int32_t)((uint32_t)fake_device_get(r->fake, SETPOINT_AT) << 16 | fake_device_get(r->fake, SETPOINT_AT + 1));
}

void assert_why(const struct rig *r, const char *part)
{
    ck_assert_msg(strstr(r->seen[0].why, part) != NULL, "\"%s\" does not say \"%s\"", r->seen[0].why, part);
}
