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

void area_step(struct area *a, uint64_t mono_ms)
{
    a->last_mono_ms = mono_ms;
    for (size_t i = 0; i < a->site->n_devices; i++)
        if (plant_device_expire(a->devices[i], mono_ms)) {
            area_obey(a, (int)i);
            area_tell(a, &(struct area_event){.what = "revert", .device = (int)i, .mono_ms = mono_ms});
        }
    plant_model_step(a->model, area_instant(a, mono_ms));
}

int area_find_device(const struct area *a, const char *id)
{
    for (size_t i = 0; i < a->site->n_devices; i++)
        if (!strcmp(a->site->devices[i].id, id))
            return (int)i;
    return -1;
}

int area_device_at(const struct area *a, int link, int unit)
{
    for (size_t i = 0; i < a->site->n_devices; i++)
        if (a->site->devices[i].link == link && a->site->devices[i].unit == unit)
            return (int)i;
    return -1;
}

void area_show(struct area *a, int device, uint64_t mono_ms)
{
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
