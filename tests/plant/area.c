// SPDX-License-Identifier: GPL-3.0-or-later
#include "area.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const struct profile *find_loaded(const struct area *a, int device)
{
    for (int k = 0; k < device; k++)
        if (!strcmp(a->site->devices[k].profile, a->site->devices[device].profile))
            return a->profiles[k];
    return NULL;
}

static int load_profile(struct area *a, int device, const char *folders, struct diagnostics *d)
{
    a->profiles[device] = find_loaded(a, device);
    if (a->profiles[device])
        return 0;
    struct profile *p = NULL;
    int status = profile_load(a->site->devices[device].profile, folders, d, &p);
    if (status < 0)
        return status;
    a->loaded[a->n_loaded++] = p;
    a->profiles[device] = p;
    return 0;
}

static int open_devices(struct area *a, const struct area_options *options, struct diagnostics *d)
{
    size_t n = a->site->n_devices;
    a->profiles = calloc(n + 1, sizeof *a->profiles);
    a->loaded = calloc(n + 1, sizeof *a->loaded);
    a->devices = calloc(n + 1, sizeof *a->devices);
    if (!a->profiles || !a->loaded || !a->devices)
        return AEMS_E_NOMEM;
    int status = 0;
    for (size_t i = 0; i < n && status == 0; i++) {
        status = load_profile(a, (int)i, options->profile_folders, d);
        if (status == 0)
            status = plant_device_new(a->site, (int)i, a->profiles[i], &a->devices[i]);
    }
    return status;
}

static int open_islands(struct area *a)
{
    a->islands = calloc(a->site->n_islands + 1, sizeof *a->islands);
    a->switches = calloc(a->site->n_switches + 1, sizeof *a->switches);
    if (!a->islands || !a->switches)
        return AEMS_E_NOMEM;
    for (size_t i = 0; i < a->site->n_switches; i++)
        a->switches[i].told_closed = true;
    return a->site->n_islands > 0 ? plant_model_set_islands(a->model, true) : 0;
}

int area_open(const struct site *site, const struct area_options *options, struct diagnostics *d, struct area *ret_area)
{
    struct area a = {
        .site = site,
        .speed = options->speed,
        .start_utc_ms = options->start_utc_ms,
        .start_mono_ms = options->start_mono_ms,
        .last_mono_ms = options->start_mono_ms,
    };
    int status = open_devices(&a, options, d);
    if (status == 0)
        status = plant_model_new(site, options->seed, area_instant(&a, a.start_mono_ms), &a.model);
    if (status == 0)
        status = open_islands(&a);
    if (status < 0) {
        area_close(&a);
        return status;
    }
    *ret_area = a;
    return 0;
}

void area_close(struct area *a)
{
    for (size_t i = 0; a->devices && i < a->site->n_devices; i++)
        plant_device_free(a->devices[i]);
    for (size_t i = 0; i < a->n_loaded; i++)
        profile_free(a->loaded[i]);
    free(a->devices);
    free(a->islands);
    free(a->switches);
    free(a->loaded);
    free(a->profiles);
    plant_model_free(a->model);
    *a = (struct area){0};
}

struct instant area_instant(const struct area *a, uint64_t mono_ms)
{
    double passed_ms = mono_ms > a->start_mono_ms ? (double)(mono_ms - a->start_mono_ms) : 0.0;
    return (struct instant){.utc_ms = a->start_utc_ms + (int64_t)llround(passed_ms * a->speed), .mono_ms = mono_ms};
}

void area_set_speed(struct area *a, double speed, uint64_t mono_ms)
{
    a->start_utc_ms = area_instant(a, mono_ms).utc_ms;
    a->start_mono_ms = mono_ms;
    a->speed = speed;
}

static void note_loss(struct area *a, int island, uint64_t mono_ms)
{
    if (plant_model_island(a->model, island)->supplied)
        a->islands[island] = (struct area_island){0};
    else if (a->islands[island].lost_ms == 0)
        a->islands[island].lost_ms = mono_ms;
}

void area_step(struct area *a, uint64_t mono_ms)
{
    a->last_mono_ms = mono_ms;
    for (size_t i = 0; i < a->site->n_devices; i++)
        if (plant_device_expire(a->devices[i], mono_ms)) {
            area_obey(a, (int)i);
            area_tell(a, &(struct area_event){.what = "revert", .device = (int)i, .mono_ms = mono_ms});
        }
    plant_model_step(a->model, area_instant(a, mono_ms));
    for (size_t i = 0; i < a->site->n_islands; i++)
        note_loss(a, (int)i, mono_ms);
}

int area_find_device(const struct area *a, const char *id)
{
    for (size_t i = 0; i < a->site->n_devices; i++)
        if (!strcmp(a->site->devices[i].id, id))
            return (int)i;
    return -1;
}

int area_device_at(const struct area *a, int link, int unit, int function, int address)
{
    int first = -1;
    for (size_t i = 0; i < a->site->n_devices; i++) {
        if (a->site->devices[i].link != link || a->site->devices[i].unit != unit)
            continue;
        if (plant_device_has(a->devices[i], function, address))
            return (int)i;
        first = first < 0 ? (int)i : first;
    }
    return first;
}

// ---- islands ------------------------------------------------------------------------------------------------------

static int island_of(const struct area *a, int device)
{
    const struct site_device *of = &a->site->devices[device];
    if (of->asset >= 0)
        return site_island_of_bus(a->site, a->site->assets[of->asset].bus);
    return of->of_island >= 0 && (size_t)of->of_island < a->site->n_islands ? of->of_island : -1;
}

static bool is_at_supply(const struct area *a, int device)
{
    int asset = a->site->devices[device].asset;
    return asset < 0 || a->site->assets[asset].kind == ASSET_GRID;
}

static int switch_of(const struct area *a, int device)
{
    const struct site_device *of = &a->site->devices[device];
    bool is_one = of->asset < 0 && of->of_switch >= 0 && (size_t)of->of_switch < a->site->n_switches;
    return is_one ? of->of_switch : -1;
}

static void look_around(struct area *a, int device)
{
    int of_switch = switch_of(a, device), island = island_of(a, device);
    const struct plant_island *i = plant_model_island(a->model, island);
    if (of_switch < 0 && !i)
        return;
    struct plant_around around = {.closed = true, .grid_present = true};
    if (i) {
        bool at_supply = is_at_supply(a, device);
        around = (struct plant_around){.voltage_v = at_supply ? i->supply_v : i->voltage_v,
                                       .frequency_hz = at_supply ? i->supply_hz : i->frequency_hz,
                                       .closed = i->breaker_closed,
                                       .grid_present = i->supplied};
    }
    if (of_switch >= 0)
        around.closed = plant_model_switch_at(a->model, of_switch)->closed;
    plant_device_set_around(a->devices[device], &around);
}

void area_note_answer(struct area *a, int device, int function, int address, int count, uint64_t mono_ms)
{
    const struct plant_device *d = a->devices[device];
    int island = island_of(a, device);
    bool says = plant_device_shows(d, QUANTITY_VOLTAGE_V, function, address, count) ||
                plant_device_shows(d, QUANTITY_FREQUENCY_HZ, function, address, count) ||
                plant_device_shows(d, QUANTITY_GRID_PRESENT, function, address, count);
    if (island < 0 || !says || !is_at_supply(a, device) || plant_device_fault(d).kind != FAULT_NONE)
        return;
    struct area_island *i = &a->islands[island];
    if (i->lost_ms > 0 && i->shown_ms == 0)
        i->shown_ms = mono_ms;
}

void area_switch(struct area *a, int device, uint64_t mono_ms)
{
    struct command c = plant_device_told(a->devices[device]);
    int of_switch = switch_of(a, device);
    if (of_switch < 0 || !c.commanded)
        return;
    bool closed = c.setpoint_w >= 0.5;
    struct area_switch *s = &a->switches[of_switch];
    if (s->told_ms == 0 || s->told_closed != closed)
        *s = (struct area_switch){.told_closed = closed, .told_ms = mono_ms};
    if (plant_device_obeys(a->devices[device]))
        plant_model_switch(a->model, of_switch, closed);
}

// ---- devices ------------------------------------------------------------------------------------------------------

void area_show(struct area *a, int device, uint64_t mono_ms)
{
    look_around(a, device);
    int asset = a->site->devices[device].asset;
    if (asset < 0) {
        struct plant_asset sensor = {.outside_degc = plant_model_outside_degc(a->model)};
        plant_device_show(a->devices[device], &sensor, 0.0, area_instant(a, mono_ms));
        return;
    }
    plant_device_show(a->devices[device], plant_model_asset(a->model, asset), plant_model_soc_frac(a->model, asset),
                      area_instant(a, mono_ms));
}

void area_obey(struct area *a, int device)
{
    struct command c = plant_device_does(a->devices[device]);
    int asset = a->site->devices[device].asset;
    if (asset < 0)
        return;
    if (c.commanded)
        plant_model_command(a->model, asset, c.setpoint_w);
    else
        plant_model_release(a->model, asset);
}

void area_tell(struct area *a, const struct area_event *event)
{
    if (a->on_event)
        a->on_event(a->user, event);
}
