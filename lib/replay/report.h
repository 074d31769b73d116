// SPDX-License-Identifier: GPL-3.0-or-later
// What a replay leaves behind: `steps.csv` for spreadsheets, `report.json` for programs, `report.html` for people.
//
//     replay_report_new(site, &about, &report);
//     for each controller:
//         for each step of its replay:
//             replay_report_add(report, controller, step);
//             if it is the one asked about: replay_steps_row(site, step, file);
//         replay_report_close(report, controller, &figures, NULL);
//     replay_report_json(report, json_file);
//     replay_report_html(report, html_file);
//
// The same steps and figures give the same bytes, whatever the locale; only local days follow the process's zone
// (base/local_time.h). Opens nothing and reads no clock. Memory does not grow with the number of steps: what the page
// draws is averaged where there are more of them than it can carry, and the page says so.
#pragma once

#include <stdio.h>

#include "replay/replay.h"

// ---- steps.csv ------------------------------------------------------------------------------------------------------
// `time` as in the data (RFC 3339, UTC), then of every asset `<asset>.measured_w`, `.planned_w`, `.setpoint_w`,
// `.realised_w`, `.soc_frac` (what stores energy), `.unserved_w` (loads); of every grid `.import_price`,
// `.export_price`, `.co2_g_per_kwh`, `.import_limit_w`, `.export_limit_w`, `.grid_available` and `.over_limit` (0 or
// 1); then `alarms`, `planned` and `cost`. Powers with 1 decimal, the rest with 4 to 6; an empty cell is not known.

// AEMS_E_IO when the stream has failed.
int replay_steps_header(const struct site *site, FILE *stream);
int replay_steps_row(const struct site *site, const struct replay_step *step, FILE *stream);

// ---- report.json and report.html ------------------------------------------------------------------------------------

struct replay_report_about {        // texts are borrowed while the report lives
    const char *version;            // of the program
    const char *data_name;          // of the data, as people know them
    const char *forecast;           // "daemon", "perfect", "persistence"
    uint64_t seed;                  // of the replay
    enum replay_controller asked;   // the controller that the report is about
    int n_controllers;              // that will be added, 1 to REPLAY_CONTROLLER_COUNT
    int64_t from_utc_ms, to_utc_ms; // of the replay
    int64_t step_ms;                // of its cycles
    const struct replay_data *data; // of which only `told` is used; NULL: nothing is said about what was read
};

// Processor time of the plans. Differs from run to run, and so does every file it is written to.
struct replay_solve_times {
    double p50_ms, p99_ms, max_ms;
};

struct replay_report;

// Borrows `site`, which must outlive it. AEMS_E_RANGE when times or numbers cannot be, AEMS_E_NOMEM.
int replay_report_new(const struct site *site, const struct replay_report_about *about,
                      struct replay_report **ret_report);
void replay_report_free(struct replay_report *r);

// The next step of a controller, in order of time. AEMS_E_RANGE outside the replay's time, AEMS_E_NOMEM.
int replay_report_add(struct replay_report *r, enum replay_controller controller, const struct replay_step *step);

// Its figures, after its last step. Without `times` those in the files are null, and the files the same in every run.
// AEMS_E_STATE when there has been no step of it.
int replay_report_close(struct replay_report *r, enum replay_controller controller,
                        const struct replay_figures *figures, const struct replay_solve_times *times);

// {"program", "version", "area": {"id", "name", "timezone", "currency"}, "from", "to", "step_s", "forecast", "seed",
//  "read": null | {"data", "rows", "refused", "refused_cells", "reordered", "gaps"},
//  "controller": name of the one asked about, its FIGURES,
//  "baseline": null | FIGURES without control,
//  "controllers": {name: FIGURES...}}
// FIGURES: energy_cost, demand_charge, wear_cost, fuel_cost, shed_cost, transfer_cost, start_cost, co2_cost,
//  total_cost, co2_kg, import_kwh, export_kwh, peak_import_kw, pv_kwh, pv_used_kwh, load_kwh, battery_in_kwh,
//  battery_out_kwh, stored_change_kwh, fuel_kwh, shed_kwh {tier: kWh}, unserved_kwh, unserved_heat_kwh, missed_kwh,
//  self_sufficiency (0-1), hours_over_limit, unknown_hours, plans, failed_plans, solves, solve_ms {p50, p99, max}, dr
//  {events, requested_kwh, delivered_kwh}. Money costs are positive, income negative; what is not finite is null.
// Both: AEMS_E_STATE until the one asked about is closed, AEMS_E_IO when the stream has failed, AEMS_E_NOMEM.
int replay_report_json(const struct replay_report *r, FILE *stream);
int replay_report_html(const struct replay_report *r, FILE *stream);
