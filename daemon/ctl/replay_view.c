// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/replay_view.h"

#include <math.h>
#include <stddef.h>

#include "base/number.h"

enum { BAR_CELLS = 30, FROM_SHARE_PERCENT = 2 };

struct figure {
    const char *name;
    int decimals;
    size_t offset; // in struct replay_figures
    double factor;
    bool always; // else only where a controller has some
};

#define FIGURE(member) offsetof(struct replay_figures, member)

static const struct figure costs[] = {
    {"total cost", 2, FIGURE(total_cost), 1, true},
    {"  energy", 2, FIGURE(energy_cost), 1, true},
    {"  demand charge", 2, FIGURE(demand_charge), 1, false},
    {"  wear", 2, FIGURE(wear_cost), 1, false},
    {"  fuel", 2, FIGURE(fuel_cost), 1, false},
    {"  starts", 2, FIGURE(start_cost), 1, false},
    {"  transfer", 2, FIGURE(transfer_cost), 1, false},
    {"  shed", 2, FIGURE(shed_cost), 1, false},
    {"  CO2", 2, FIGURE(co2_cost), 1, false},
};

static const struct figure energies[] = {
    {"CO2 kg", 1, FIGURE(co2_kg), 1, true},
    {"peak import kW", 2, FIGURE(peak_import_kw), 1, true},
    {"import kWh", 1, FIGURE(import_kwh), 1, true},
    {"export kWh", 1, FIGURE(export_kwh), 1, true},
    {"self-sufficiency %", 1, FIGURE(self_sufficiency), 100, true},
    {"load kWh", 1, FIGURE(load_kwh), 1, true},
    {"PV kWh", 1, FIGURE(pv_kwh), 1, false},
    {"PV used kWh", 1, FIGURE(pv_used_kwh), 1, false},
    {"battery in kWh", 1, FIGURE(battery_in_kwh), 1, false},
    {"battery out kWh", 1, FIGURE(battery_out_kwh), 1, false},
    {"left in battery kWh", 1, FIGURE(stored_change_kwh), 1, false},
    {"unserved kWh", 3, FIGURE(unserved_kwh), 1, true},
    {"unserved heat kWh", 3, FIGURE(unserved_heat_kwh), 1, false},
    {"missed kWh", 3, FIGURE(missed_kwh), 1, false},
    {"hours over a limit", 2, FIGURE(hours_over_limit), 1, true},
    {"hours with unknowns", 2, FIGURE(unknown_hours), 1, false},
};

static double value_of(const struct replay_result *r, const struct figure *f)
{
    return f->factor * *(const double *)(const void *)((const char *)&r->figures + f->offset);
}

// What is nothing once it is rounded has no sign.
static double without_sign_of_zero(double value, int decimals)
{
    return fabs(value) * pow(10, decimals) < 0.5 ? 0 : value;
}

static bool is_shown(const struct replay_result *results, size_t n, const struct figure *f)
{
    bool shown = f->always;
    for (size_t i = 0; i < n && !shown; i++)
        shown = value_of(&results[i], f) != 0;
    return shown;
}

static void add_rows(struct table *t, const struct replay_result *results, size_t n, const struct figure *figures,
                     size_t n_figures)
{
    for (const struct figure *f = figures; f < figures + n_figures; f++) {
        if (!is_shown(results, n, f))
            continue;
        table_cell(t, TINT_PLAIN, "%s", f->name);
        for (size_t i = 0; i < n; i++) {
            double value = value_of(&results[i], f);
            if (isfinite(value))
                table_cell(t, TINT_PLAIN, "%.*f", f->decimals, without_sign_of_zero(value, f->decimals));
            else
                table_cell(t, TINT_PLAIN, "-");
        }
    }
}

static void add_comparison(struct table *t, const struct replay_result *results, size_t n)
{
    table_cell(t, TINT_PLAIN, "  against %s", replay_controller_name(results[0].controller));
    table_cell(t, TINT_PLAIN, "-");
    for (size_t i = 1; i < n; i++) {
        double change = results[i].figures.total_cost - results[0].figures.total_cost;
        table_cell(t, change < 0 ? TINT_GOOD : TINT_PLAIN, "%+.2f", without_sign_of_zero(change, 2));
    }
}

static void add_plans(struct table *t, const struct replay_result *results, size_t n)
{
    table_cell(t, TINT_PLAIN, "plans (failed)");
    for (size_t i = 0; i < n; i++)
        table_cell(t, results[i].figures.failed_plans > 0 ? TINT_WARN : TINT_PLAIN, "%u (%u)", results[i].figures.plans,
                   results[i].figures.failed_plans);
    table_cell(t, TINT_PLAIN, "plan ms p50/p99/max");
    for (size_t i = 0; i < n; i++) {
        const struct replay_solve_times *times = &results[i].times;
        if (results[i].figures.plans > 0)
            table_cell(t, TINT_PLAIN, "%.1f/%.1f/%.1f", times->p50_ms, times->p99_ms, times->max_ms);
        else
            table_cell(t, TINT_PLAIN, "-");
    }
}

void replay_view_table(const struct replay_result *results, size_t n, const char *currency, const struct style *style,
                       struct text *out)
{
    char names[REPLAY_CONTROLLER_COUNT][32];
    const char *headings[REPLAY_CONTROLLER_COUNT + 1] = {currency};
    for (size_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof(names[i]), ">%s", replay_controller_name(results[i].controller));
        headings[i + 1] = names[i];
    }
    struct table *t = table_new(headings, n + 1);
    if (t == NULL) {
        out->failed = true;
        return;
    }
    add_rows(t, results, n, costs, 1);
    if (n > 1)
        add_comparison(t, results, n);
    add_rows(t, results, n, costs + 1, sizeof(costs) / sizeof(*costs) - 1);
    add_rows(t, results, n, energies, sizeof(energies) / sizeof(*energies));
    add_plans(t, results, n);
    table_render(t, style, 0, out);
    table_free(t);
}

void replay_view_progress(double share, double elapsed_s, const struct style *style, struct text *out)
{
    char cells[BAR_CELLS * 4];
    double done = clamp(share, 0, 1);
    bar(cells, sizeof(cells), style, done, BAR_CELLS);
    text_appendf(out, "%s %3.0f %%", cells, floor(done * 100));
    if (done * 100 < FROM_SHARE_PERCENT) // the first steps say little about the others
        return;
    double left_s = elapsed_s * (1 - done) / done;
    if (left_s >= 60)
        text_appendf(out, "  %.0f min %02.0f s left", floor(left_s / 60), floor(fmod(left_s, 60)));
    else
        text_appendf(out, "  %.0f s left", ceil(left_s));
}
