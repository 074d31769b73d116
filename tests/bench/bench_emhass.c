// SPDX-License-Identifier: GPL-3.0-or-later
// A house with sun and two loads that can wait, beside optimal days that another home energy manager has stored: the
// same load, sun and prices, the same energy of each load in each 24 hours of the run, planned by our planner. The cost
// of what it plans is counted here. Prints a table, then `emhass: figure=value ...`: the worst ratio of our cost to the
// stored one with loads at any power, and with loads on or off.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/planner.h"
#include "plan/problem_alloc.h"

enum { MOST_ROWS = 1000, DAY = 48, MOST_COLUMNS = 40, DEADLINE_MS = 60000 };

static const int64_t FIRST_UTC_MS = INT64_C(1651957200000); // any: no price or limit depends on it
static const double HOURS = 0.5, NOMINAL_W[2] = {3000, 750}, NEAR_WH = 2, NEAR_W = 1.5;

struct row {
    double sun_w, load_w, flexible_w[2], import_price, export_price, stored_import_w, stored_export_w;
};

struct run { // as stored
    struct row rows[MOST_ROWS];
    size_t count;
    bool curtails;
};

static _Noreturn void fail(const char *what, const char *where)
{
    fprintf(stderr, "bench_emhass: %s: %s\n", where, what);
    exit(EXIT_FAILURE);
}

// ---- reading --------------------------------------------------------------------------------------------------------

static size_t split(char *line, char **ret_cells)
{
    size_t n = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *at = line; at != NULL && n < MOST_COLUMNS; n++) {
        ret_cells[n] = at;
        at = strchr(at, ',');
        if (at != NULL)
            *at++ = '\0';
    }
    return n;
}

static size_t find(char **names, size_t count, const char *name)
{
    size_t i = 0;
    while (i < count && strcmp(names[i], name) != 0)
        i++;
    return i;
}

static double number(char *const *cells, size_t count, size_t column, const char *path)
{
    char *end = NULL;
    double value = column < count ? strtod(cells[column], &end) : NAN;
    if (end == NULL || *end != '\0' || !isfinite(value))
        fail("a cell that is no number, or a column that is missing", path);
    return value;
}

enum { SUN, LOAD, FIRST, SECOND, IMPORT, EXPORT, IMPORT_PRICE, EXPORT_PRICE, COLUMNS };

static void read_run(const char *path, struct run *ret)
{
    static const char *const names[COLUMNS] = {"P_PV",       "P_Load",     "P_deferrable0",  "P_deferrable1",
                                               "P_grid_pos", "P_grid_neg", "unit_load_cost", "unit_prod_price"};
    char line[4096], *cells[MOST_COLUMNS];
    size_t at[COLUMNS];
    FILE *file = fopen(path, "r");
    if (file == NULL || fgets(line, sizeof line, file) == NULL)
        fail("cannot be read", path);
    size_t n = split(line, cells);
    for (int c = 0; c < COLUMNS; c++)
        at[c] = find(cells, n, names[c]);
    *ret = (struct run){.curtails = find(cells, n, "P_PV_curtailment") < n};
    while (fgets(line, sizeof line, file) != NULL && ret->count < MOST_ROWS) {
        double v[COLUMNS];
        n = split(line, cells);
        for (int c = 0; c < COLUMNS; c++)
            v[c] = number(cells, n, at[c], path);
        ret->rows[ret->count++] = (struct row){.sun_w = fmax(0, v[SUN]),
                                               .load_w = fmax(0, v[LOAD]),
                                               .flexible_w = {v[FIRST], v[SECOND]},
                                               .import_price = v[IMPORT_PRICE],
                                               .export_price = v[EXPORT_PRICE],
                                               .stored_import_w = v[IMPORT],
                                               .stored_export_w = -v[EXPORT]};
    }
    fclose(file);
    if (ret->count == 0 || ret->count % DAY != 0)
        fail("not whole days of half hours", path);
}

// ---- planning -------------------------------------------------------------------------------------------------------

static double energy_wh(const struct row *rows, int flexible)
{
    double wh = 0;
    for (size_t k = 0; k < DAY; k++)
        wh += rows[k].flexible_w[flexible] * HOURS;
    return wh;
}

static double step_cost(const struct row *r, double net_w)
{
    return HOURS / 1000 * net_w * (net_w > 0 ? r->import_price : r->export_price);
}

static void fill_flexible(struct plan_problem *p, const struct row *rows, int i, bool on_or_off)
{
    struct plan_flexible *f = &p->flexibles[i];
    double wh = energy_wh(rows, i);
    snprintf(f->id, sizeof f->id, "deferrable%d", i);
    f->kind = ASSET_FLEXIBLE;
    f->max_charge_w = NOMINAL_W[i];
    f->min_charge_w = on_or_off ? NOMINAL_W[i] : 0;
    f->n_sessions = 1;
    f->sessions[0] = (struct plan_session){.from_utc_ms = p->start_utc_ms[0],
                                           .until_utc_ms = p->start_utc_ms[0] + INT64_C(86400000),
                                           .wanted_wh = wh,
                                           .max_wh = wh};
}

static struct plan_problem *problem_of(const struct row *rows, bool curtails, bool on_or_off)
{
    struct plan_problem *p;
    struct plan_sizes sizes = {.n_steps = DAY, .n_buses = 1, .n_grids = 1, .n_pvs = 1, .n_loads = 1, .n_flexibles = 2};
    if (plan_problem_alloc(&sizes, &p) < 0)
        fail("no memory", "problem");
    strcpy(p->area, "house");
    strcpy(p->bus_ids[0], "house");
    strcpy(p->grids[0].id, "grid");
    strcpy(p->pvs[0].id, "roof");
    strcpy(p->loads[0].id, "rest");
    p->made_utc_ms = FIRST_UTC_MS;
    p->grids[0].import_limit_w = p->grids[0].export_limit_w = 100e3;
    p->pvs[0].curtailable = curtails;
    p->loads[0].tier_share[TIER_LIFELINE] = 1;
    for (size_t k = 0; k < DAY; k++) {
        p->start_utc_ms[k] = FIRST_UTC_MS + (int64_t)k * 1800000;
        p->hours[k] = HOURS;
        p->pvs[0].available_w[k] = rows[k].sun_w;
        p->loads[0].demand_w[k] = rows[k].load_w;
        p->grids[0].import_price_per_kwh[k] = rows[k].import_price;
        p->grids[0].export_price_per_kwh[k] = rows[k].export_price;
    }
    for (int i = 0; i < 2; i++)
        fill_flexible(p, rows, i, on_or_off);
    return p;
}

// What the plan's two loads do, judged: power, energy, and what the house then pays.
static double cost_of(const struct schedule *s, const struct row *rows, bool curtails, bool on_or_off)
{
    double cost = 0, wh[2] = {0, 0};
    const struct schedule_asset *loads[2] = {schedule_find(s, "deferrable0"), schedule_find(s, "deferrable1")};
    for (size_t k = 0; k < DAY; k++) {
        double net_w = rows[k].load_w - (curtails ? schedule_find(s, "roof")->power_w[k] : rows[k].sun_w);
        for (int i = 0; i < 2; i++) {
            double w = -loads[i]->power_w[k];
            bool between = w > NEAR_W && w < NOMINAL_W[i] - NEAR_W;
            if (w < -NEAR_W || w > NOMINAL_W[i] + NEAR_W || (on_or_off && between))
                fail("a power that the load cannot have", loads[i]->id);
            wh[i] += w * HOURS;
            net_w += w;
        }
        cost += step_cost(&rows[k], net_w);
    }
    for (int i = 0; i < 2; i++)
        if (fabs(wh[i] - energy_wh(rows, i)) > NEAR_WH)
            fail("not the energy that was stored", loads[i]->id);
    return cost;
}

static double plan_day(struct planner *planner, const struct row *rows, bool curtails, bool on_or_off,
                       int *io_most_solves)
{
    struct plan_problem *p = problem_of(rows, curtails, on_or_off);
    struct schedule *s;
    char why[256];
    if (planner_solve(planner, p, DEADLINE_MS, &s, why, sizeof why) < 0)
        fail(why, "plan");
    double cost = cost_of(s, rows, curtails, on_or_off);
    *io_most_solves = s->solves > *io_most_solves ? s->solves : *io_most_solves;
    schedule_free(s);
    plan_problem_free(p);
    return cost;
}

// ---- bounds ---------------------------------------------------------------------------------------------------------

// The lowest cost of all ways to switch both loads, by how many half hours each has run.
static double best_day(const struct row *rows, bool curtails)
{
    static double best[DAY + 1][DAY + 1];
    int most[2];
    for (int i = 0; i < 2; i++)
        most[i] = (int)lround(energy_wh(rows, i) / (NOMINAL_W[i] * HOURS));
    for (int a = 0; a <= most[0]; a++)
        for (int b = 0; b <= most[1]; b++)
            best[a][b] = a + b == 0 ? 0 : INFINITY;
    for (size_t k = 0; k < DAY; k++) {
        double c[2][2];
        for (int i = 0; i < 4; i++) {
            double w = rows[k].load_w + (i / 2) * NOMINAL_W[0] + (i % 2) * NOMINAL_W[1], net_w = w - rows[k].sun_w;
            c[i / 2][i % 2] = step_cost(&rows[k], curtails && rows[k].export_price < 0 ? fmax(0, net_w) : net_w);
        }
        for (int a = most[0]; a >= 0; a--)
            for (int b = most[1]; b >= 0; b--) {
                double least = best[a][b] + c[0][0];
                least = a > 0 ? fmin(least, best[a - 1][b] + c[1][0]) : least;
                least = b > 0 ? fmin(least, best[a][b - 1] + c[0][1]) : least;
                best[a][b] = a > 0 && b > 0 ? fmin(least, best[a - 1][b - 1] + c[1][1]) : least;
            }
    }
    return best[most[0]][most[1]];
}

// ---- the table ------------------------------------------------------------------------------------------------------

struct costs {
    double stored, part_power, on_or_off, best_on_or_off;
};

static double ratio(double ours, double stored)
{
    return 1 + (ours - stored) / fmax(fabs(stored), 1e-9); // of an income as well, less is better
}

static struct costs measure(const struct run *run, int *io_most_solves)
{
    struct costs c = {0};
    struct planner *planner;
    if (planner_new(&planner) < 0)
        fail("no memory", "planner");
    for (size_t first = 0; first < run->count; first += DAY) {
        const struct row *rows = run->rows + first;
        for (size_t k = 0; k < DAY; k++)
            c.stored += step_cost(&rows[k], rows[k].stored_import_w - rows[k].stored_export_w);
        c.part_power += plan_day(planner, rows, run->curtails, false, io_most_solves);
        c.on_or_off += plan_day(planner, rows, run->curtails, true, io_most_solves);
        c.best_on_or_off += best_day(rows, run->curtails);
    }
    planner_free(planner);
    return c;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name, *note;
    } runs[] = {{"perfect_optim_cost", ""},
                {"perfect_optim_profit", ""},
                {"perfect_optim_self-consumption", "  (stored with another aim than cost)"},
                {"latest", ""}};
    static struct run run;
    double worst_part = 0, worst_on = 0;
    int most_solves = 0;
    if (argc != 2)
        fail("expected one folder", "arguments");
    printf("%-31s %4s %9s %11s %9s %12s\n", "run", "days", "stored", "part power", "on/off", "best on/off");
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%.900s/opt_res_%s.csv", argv[1], runs[i].name);
        read_run(path, &run);
        struct costs c = measure(&run, &most_solves);
        printf("%-31s %4zu %9.4f %11.4f %9.4f %12.4f%s\n", runs[i].name, run.count / DAY, c.stored, c.part_power,
               c.on_or_off, c.best_on_or_off, runs[i].note);
        worst_part = fmax(worst_part, ratio(c.part_power, c.stored));
        worst_on = fmax(worst_on, ratio(c.on_or_off, c.stored));
    }
    printf("at part power the plan is the optimum; a plan took %d solves at most\n", most_solves);
    printf("emhass: cost_vs_stored=%.5f onoff_vs_stored=%.5f\n", worst_part, worst_on);
    return EXIT_SUCCESS;
}
