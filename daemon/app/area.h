// SPDX-License-Identifier: GPL-3.0-or-later
// A configuration made ready to be run: the site, the profile of each device, and what the engine must know of it.
//
// Constant after loading and counted, since a bus that outlives a reload still reads the area it was started with.
#pragma once

#include "base/diagnostics.h"
#include "core/engine.h"
#include "modbus/profile.h"
#include "site/site.h"

struct app_area {
    struct site *site;
    const struct profile **profiles; // site->n_devices; several devices may share one
    struct engine_device *devices;   // site->n_devices
    struct profile **loaded;         // owned, each once
    size_t n_loaded;
    char *configuration; // as one text, where inputs and decisions are recorded; else NULL
    int holders;
};

// Reads configuration and profiles and judges them together. Everything that is wrong is added to `d`; AEMS_E_FORMAT
// then. AEMS_E_NOMEM. The area has one holder.
int app_area_load(const char *config, const char *folders, struct diagnostics *d, struct app_area **ret_area);

struct app_area *app_area_hold(struct app_area *a);
void app_area_release(struct app_area *a); // frees it with the last holder; NULL is fine

// One log line for each message, with its place.
void app_area_log(const struct diagnostics *d);
