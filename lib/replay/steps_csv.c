// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"
#include "base/instant.h"
#include "replay/report.h"
#include "replay/report_internal.h"
#include "replay/writer.h"

enum { POWER_DECIMALS = 1, SOC_DECIMALS = 5, PRICE_DECIMALS = 6, CO2_DECIMALS = 2, COST_DECIMALS = 6 };

static void cell(FILE *stream, double value, int decimals)
{
    putc_unlocked(',', stream);
    write_fixed(stream, value, decimals);
}

int replay_steps_header(const struct site *site, FILE *stream)
{
    static const char *const GRID_COLUMNS[] = {"import_price",   "export_price",   "co2_g_per_kwh", "import_limit_w",
                                               "export_limit_w", "grid_available", "over_limit"};
    fputs("time", stream);
    for (size_t i = 0; i < site->n_assets; i++) {
        const char *id = site->assets[i].id;
        fprintf(stream, ",%s.measured_w,%s.planned_w,%s.setpoint_w,%s.realised_w", id, id, id, id);
        if (report_stores_energy(site, i))
            fprintf(stream, ",%s.soc_frac", id);
        if (site->assets[i].kind == ASSET_LOAD)
            fprintf(stream, ",%s.unserved_w", id);
    }
    for (size_t g = 0; g < site->n_grids; g++)
        for (size_t c = 0; c < sizeof(GRID_COLUMNS) / sizeof(GRID_COLUMNS[0]); c++)
            fprintf(stream, ",%s.%s", site->grids[g].id, GRID_COLUMNS[c]);
    fputs(",alarms,planned,cost\n", stream);
    return ferror(stream) ? AEMS_E_IO : 0;
}

static void write_asset(const struct site *site, size_t i, const struct replay_asset_step *a, FILE *stream)
{
    cell(stream, a->measured_w, POWER_DECIMALS);
    cell(stream, a->planned_w, POWER_DECIMALS);
    cell(stream, a->setpoint_w, POWER_DECIMALS);
    cell(stream, a->realised_w, POWER_DECIMALS);
    if (report_stores_energy(site, i))
        cell(stream, a->soc_frac, SOC_DECIMALS);
    if (site->assets[i].kind == ASSET_LOAD)
        cell(stream, a->unserved_w, POWER_DECIMALS);
}

int replay_steps_row(const struct site *site, const struct replay_step *step, FILE *stream)
{
    char time[RFC3339_SIZE];
    rfc3339_format(step->start_utc_ms, time);
    fputs(time, stream);
    for (size_t i = 0; i < site->n_assets; i++)
        write_asset(site, i, &step->assets[i], stream);
    for (size_t g = 0; g < site->n_grids; g++) {
        const struct replay_grid_step *grid = &step->grids[g];
        cell(stream, grid->import_price_per_kwh, PRICE_DECIMALS);
        cell(stream, grid->export_price_per_kwh, PRICE_DECIMALS);
        cell(stream, 1e3 * grid->co2_kg_per_kwh, CO2_DECIMALS);
        cell(stream, grid->import_limit_w, POWER_DECIMALS);
        cell(stream, grid->export_limit_w, POWER_DECIMALS);
        cell(stream, grid->available, 0);
        cell(stream, grid->over, 0);
    }
    cell(stream, (double)step->alarms, 0);
    cell(stream, step->planned, 0);
    cell(stream, step->cost, COST_DECIMALS);
    putc_unlocked('\n', stream);
    return ferror(stream) ? AEMS_E_IO : 0;
}
