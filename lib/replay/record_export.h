// SPDX-License-Identifier: GPL-3.0-or-later
// Records as recorded data of an area (see replay/data.h): what was drawn, what the sun could have given, prices, grid,
// vehicles and temperature, as means of a minute. For replaying them with another configuration.
//
//     record_export_new(&x);
//     record_export_add(x, bytes, length, &figures);     // each record, in order of time
//     record_export_write(x, site, stream);              // for replay_data_read
//
// A load without a meter is what the other meters of its bus leave over, where it is alone in that. What a curtailed PV
// plant could have given is what its inverter says, else not known.
#pragma once

#include <stdio.h>

#include "replay/repeat.h"

struct record_export;

struct record_flows {                                           // at the grid connections, as recorded
    double import_kwh, export_kwh, peak_import_kw, energy_cost; // the peak: mean of a minute, of one connection
    double unknown_hours;                                       // without a usable meter at one of them
};

int record_export_new(struct record_export **ret_export); // AEMS_E_NOMEM
void record_export_free(struct record_export *x);

// Repeats a record on the way; the codes of repeat_record.
int record_export_add(struct record_export *x, const void *data, size_t length, struct repeat_figures *ret_figures);

// Only columns of assets that `site` has (NULL: all). AEMS_E_IO, AEMS_E_NOT_FOUND without any row.
int record_export_write(const struct record_export *x, const struct site *site, FILE *stream);

void record_export_flows(const struct record_export *x, struct record_flows *ret_flows);

// Names of what `site` has and no column tells of, or the other way round: each once, in order, "" at the end of them.
// `missing`: loads, PV and chargers of the site of which nothing was recorded; else recorded ones that it does not
// have.
const char *record_export_odd(const struct record_export *x, const struct site *site, bool missing, size_t number);
