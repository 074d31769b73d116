// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>

#include "base/error.h"
#include "base/instant.h"
#include "replay/report_internal.h"

enum { MONEY_DECIMALS = 6, ENERGY_DECIMALS = 6, SHARE_DECIMALS = 6, TIME_DECIMALS = 3 };

static void write_energies(struct json_writer *w, const struct replay_figures *f)
{
    const struct {
        const char *key;
        double value;
    } ENERGIES[] = {{"co2_kg", f->co2_kg},
                    {"import_kwh", f->import_kwh},
                    {"export_kwh", f->export_kwh},
                    {"peak_import_kw", f->peak_import_kw},
                    {"pv_kwh", f->pv_kwh},
                    {"pv_used_kwh", f->pv_used_kwh},
                    {"load_kwh", f->load_kwh},
                    {"battery_in_kwh", f->battery_in_kwh},
                    {"battery_out_kwh", f->battery_out_kwh},
                    {"stored_change_kwh", f->stored_change_kwh},
                    {"fuel_kwh", f->fuel_kwh}};
    for (size_t i = 0; i < sizeof(ENERGIES) / sizeof(ENERGIES[0]); i++)
        out_fixed(w, ENERGIES[i].key, ENERGIES[i].value, ENERGY_DECIMALS);
    out_open(w, "shed_kwh", '{');
    for (int t = 0; t < TIER_COUNT; t++)
        out_fixed(w, load_tier_name((enum load_tier)t), f->shed_kwh[t], ENERGY_DECIMALS);
    out_close(w, '}');
    out_fixed(w, "unserved_kwh", f->unserved_kwh, ENERGY_DECIMALS);
    out_fixed(w, "unserved_heat_kwh", f->unserved_heat_kwh, ENERGY_DECIMALS);
    out_fixed(w, "missed_kwh", f->missed_kwh, ENERGY_DECIMALS);
}

void report_write_figures(struct json_writer *w, const struct report_run *run)
{
    const struct replay_figures *f = &run->figures;
    const struct {
        const char *key;
        double value;
    } COSTS[] = {
        {"energy_cost", f->energy_cost}, {"demand_charge", f->demand_charge}, {"wear_cost", f->wear_cost},
        {"fuel_cost", f->fuel_cost},     {"shed_cost", f->shed_cost},         {"transfer_cost", f->transfer_cost},
        {"start_cost", f->start_cost},   {"co2_cost", f->co2_cost},           {"total_cost", f->total_cost}};
    for (size_t i = 0; i < sizeof(COSTS) / sizeof(COSTS[0]); i++)
        out_fixed(w, COSTS[i].key, COSTS[i].value, MONEY_DECIMALS);
    write_energies(w, f);
    out_fixed(w, "self_sufficiency", f->self_sufficiency, SHARE_DECIMALS);
    out_fixed(w, "hours_over_limit", f->hours_over_limit, TIME_DECIMALS);
    out_fixed(w, "unknown_hours", f->unknown_hours, TIME_DECIMALS);
    out_count(w, "plans", f->plans);
    out_count(w, "failed_plans", f->failed_plans);
    out_count(w, "solves", f->solves);
    out_open(w, "solve_ms", '{');
    out_fixed(w, "p50", run->has_times ? run->times.p50_ms : NAN, TIME_DECIMALS);
    out_fixed(w, "p99", run->has_times ? run->times.p99_ms : NAN, TIME_DECIMALS);
    out_fixed(w, "max", run->has_times ? run->times.max_ms : NAN, TIME_DECIMALS);
    out_close(w, '}');
    out_open(w, "dr", '{');
    out_count(w, "events", f->dr.events);
    out_fixed(w, "requested_kwh", f->dr.requested_kwh, ENERGY_DECIMALS);
    out_fixed(w, "delivered_kwh", f->dr.delivered_kwh, ENERGY_DECIMALS);
    out_close(w, '}');
}

static void write_read(struct json_writer *w, const struct replay_report *r)
{
    const struct replay_data *data = r->about.data;
    if (data == NULL) {
        out_null(w, "read");
        return;
    }
    out_open(w, "read", '{');
    out_text(w, "data", r->about.data_name);
    out_count(w, "rows", data->told.rows);
    out_count(w, "refused", data->told.refused);
    out_count(w, "refused_cells", data->told.cells);
    out_count(w, "reordered", data->told.reordered);
    out_count(w, "gaps", data->told.gaps);
    out_close(w, '}');
}

void report_write_about(struct json_writer *w, const struct replay_report *r)
{
    char from[RFC3339_SIZE], to[RFC3339_SIZE];
    rfc3339_format(r->about.from_utc_ms, from);
    rfc3339_format(r->about.to_utc_ms, to);
    out_text(w, "program", "aems");
    out_text(w, "version", r->about.version);
    out_open(w, "area", '{');
    out_text(w, "id", r->site->id);
    out_text(w, "name", r->site->name);
    out_text(w, "timezone", r->site->timezone);
    out_text(w, "currency", r->site->currency);
    out_close(w, '}');
    out_text(w, "from", from);
    out_text(w, "to", to);
    out_fixed(w, "step_s", (double)r->about.step_ms / 1e3, TIME_DECIMALS);
    out_text(w, "forecast", r->about.forecast);
    out_count(w, "seed", r->about.seed);
    write_read(w, r);
    out_text(w, "controller", replay_controller_name(r->about.asked));
}

int replay_report_json(const struct replay_report *r, FILE *stream)
{
    const struct report_run *asked = &r->runs[r->about.asked], *none = &r->runs[REPLAY_NONE];
    if (!asked->closed)
        return AEMS_E_STATE;
    struct json_writer w = {.stream = stream, .pretty = true};
    out_open(&w, NULL, '{');
    report_write_about(&w, r);
    report_write_figures(&w, asked);
    if (none->closed) {
        out_open(&w, "baseline", '{');
        report_write_figures(&w, none);
        out_close(&w, '}');
    } else
        out_null(&w, "baseline");
    out_open(&w, "controllers", '{');
    for (int c = 0; c < REPLAY_CONTROLLER_COUNT; c++) {
        if (!r->runs[c].closed)
            continue;
        out_open(&w, replay_controller_name((enum replay_controller)c), '{');
        report_write_figures(&w, &r->runs[c]);
        out_close(&w, '}');
    }
    out_close(&w, '}');
    out_close(&w, '}');
    putc('\n', stream);
    return ferror(stream) ? AEMS_E_IO : 0;
}
