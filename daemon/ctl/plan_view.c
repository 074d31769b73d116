// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/plan_view.h"

#include <math.h>
#include <string.h>

#include "base/instant.h"
#include "base/local_time.h"
#include "daemon/ctl/plan_why.h"

enum { IDLE_W = 50 }; // less than this is standing still

static const json_t *home_of(const struct plan_view *v, size_t asset)
{
    return json_array_get(v->assets, asset);
}

static int number_of(const json_t *home, const char *key)
{
    const json_t *value = json_object_get(home, key);
    return json_is_integer(value) ? (int)json_integer_value(value) : -1;
}

static double capacity_of(const struct plan_view *v, size_t asset)
{
    return json_number_value(json_object_get(home_of(v, asset), "capacity_wh"));
}

static double shed_of(const struct schedule *s, size_t asset, size_t step)
{
    double sum = 0;
    for (int tier = 0; s->assets[asset].shed_w != NULL && tier < TIER_COUNT; tier++)
        sum += s->assets[asset].shed_w[step * TIER_COUNT + (size_t)tier];
    return sum;
}

static double price_of(const struct schedule *s, size_t bus, size_t step)
{
    return s->price_per_kwh[bus * s->n_steps + step];
}

// ---- tables -------------------------------------------------------------------------------------------------------

enum column_kind { COLUMN_ASSET, COLUMN_HEAT, COLUMN_CROWD };

struct column {
    enum column_kind kind;
    size_t asset; // of a crowd: the first
};

struct bus_table {
    const struct plan_view *v;
    size_t bus;
    struct column of[TABLE_MAX_COLUMNS]; // what hangs on it
    size_t n_of;
    size_t columns;
    char headings[TABLE_MAX_COLUMNS][SITE_ID_MAX + 8];
};

// `mark` is ">" where the column stands to the right.
static void add_heading(struct bus_table *b, const char *mark, const char *name, const char *suffix)
{
    snprintf(b->headings[b->columns++], sizeof(b->headings[0]), "%s%s%s", mark, name, suffix);
}

static bool is_here(const struct bus_table *b, size_t asset)
{
    const json_t *home = home_of(b->v, asset);
    return number_of(home, "bus") == (int)b->bus || number_of(home, "from") == (int)b->bus;
}

static bool same_crowd(const struct bus_table *b, size_t asset, size_t other)
{
    const struct schedule_asset *assets = b->v->schedule->assets;
    return assets[asset].kind == assets[other].kind && is_here(b, other);
}

static size_t crowd_size(const struct bus_table *b, size_t asset, size_t *ret_first)
{
    size_t count = 0;
    for (size_t i = b->v->schedule->n_assets; i-- > 0;) {
        if (!same_crowd(b, asset, i))
            continue;
        *ret_first = i;
        count++;
    }
    return count;
}

static void add_column(struct bus_table *b, enum column_kind kind, size_t asset)
{
    const struct schedule_asset *a = &b->v->schedule->assets[asset];
    b->of[b->n_of++] = (struct column){kind, asset};
    add_heading(b, ">", a->id, kind == COLUMN_HEAT ? " heat" : "");
    if (kind == COLUMN_ASSET && a->energy_wh != NULL)
        add_heading(b, ">", capacity_of(b->v, asset) > 0 ? "SoC" : "kWh", "");
}

static void add_here(struct bus_table *b, size_t asset)
{
    size_t first = asset, count = crowd_size(b, asset, &first);
    char name[SITE_ID_MAX];
    if (b->v->all || count <= PLAN_VIEW_CROWD) {
        add_column(b, COLUMN_ASSET, asset);
    } else if (first == asset) {
        snprintf(name, sizeof(name), "%zu x %s", count, asset_kind_name(b->v->schedule->assets[asset].kind));
        b->of[b->n_of++] = (struct column){COLUMN_CROWD, asset};
        add_heading(b, ">", name, "");
    }
}

static void gather(struct bus_table *b)
{
    const struct schedule *s = b->v->schedule;
    add_heading(b, "", "time", "");
    add_heading(b, ">", b->v->currency, "/kWh");
    for (size_t i = 0; i < s->n_assets && b->columns + 2 < TABLE_MAX_COLUMNS; i++) {
        if (is_here(b, i))
            add_here(b, i);
        else if (s->assets[i].heat_w != NULL && number_of(home_of(b->v, i), "to") == (int)b->bus)
            add_column(b, COLUMN_HEAT, i);
    }
}

// At the side of the bus that the table is about: a tie gives there what it takes here.
static double power_at(const struct bus_table *b, const struct column *c, size_t step)
{
    const struct schedule *s = b->v->schedule;
    double sum_w = 0;
    if (c->kind == COLUMN_HEAT)
        return s->assets[c->asset].heat_w[step];
    if (c->kind == COLUMN_CROWD) {
        for (size_t i = 0; i < s->n_assets; i++)
            sum_w += same_crowd(b, c->asset, i) ? s->assets[i].power_w[step] : 0;
        return sum_w;
    }
    double power_w = s->assets[c->asset].power_w[step];
    return number_of(home_of(b->v, c->asset), "bus") == (int)b->bus ? power_w : -power_w;
}

static void add_energy(const struct bus_table *b, struct table *t, size_t asset, size_t step)
{
    const double *energy_wh = b->v->schedule->assets[asset].energy_wh;
    double capacity_wh = capacity_of(b->v, asset);
    if (energy_wh != NULL && capacity_wh > 0)
        table_cell(t, TINT_DIM, "%.0f%%", 100.0 * energy_wh[step] / capacity_wh);
    else if (energy_wh != NULL)
        table_cell(t, TINT_DIM, "%.1f", energy_wh[step] / 1000);
}

// Where the grid is away and supply is short, what going without a kWh weighs is no price.
static void add_price(const struct bus_table *b, struct table *t, size_t step)
{
    const struct schedule *s = b->v->schedule;
    bool priced = true;
    for (size_t i = 0; i < s->n_assets; i++)
        if (number_of(home_of(b->v, i), "bus") == (int)b->bus)
            priced &= isfinite(s->assets[i].reasons[step].price_per_kwh);
    if (priced)
        table_cell(t, TINT_PLAIN, "%.2f", price_of(s, b->bus, step));
    else
        table_cell(t, TINT_DIM, "-");
}

static void add_step(const struct bus_table *b, struct table *t, size_t step)
{
    const struct schedule *s = b->v->schedule;
    char when[16];
    bool present = b->v->now_utc_ms >= s->start_utc_ms[step] && b->v->now_utc_ms < plan_step_end_utc_ms(s, step);
    plan_clock_text(s->start_utc_ms[step], when);
    table_cell(t, present ? TINT_BOLD : TINT_PLAIN, "%s", when);
    add_price(b, t, step);
    for (size_t i = 0; i < b->n_of; i++) {
        const struct column *c = &b->of[i];
        double power_w = power_at(b, c, step);
        bool short_of = c->kind == COLUMN_ASSET && shed_of(s, c->asset, step) > IDLE_W;
        table_cell(t,
                   short_of                 ? TINT_BAD
                   : fabs(power_w) < IDLE_W ? TINT_DIM
                                            : TINT_PLAIN,
                   "%.1f%s", round(power_w / 100.0) / 10.0 + 0.0, short_of ? "!" : ""); // never -0.0
        if (c->kind == COLUMN_ASSET)
            add_energy(b, t, c->asset, step);
    }
}

static void append_bus(const struct plan_view *v, const struct style *style, size_t bus, struct text *out)
{
    struct bus_table b = {.v = v, .bus = bus};
    const char *headings[TABLE_MAX_COLUMNS];
    const char *id = json_string_value(json_array_get(v->buses, bus));
    gather(&b);
    for (size_t i = 0; i < b.columns; i++)
        headings[i] = b.headings[i];
    struct table *t = table_new(headings, b.columns);
    if (t == NULL)
        return;
    for (size_t step = 0; step < v->schedule->n_steps; step++)
        add_step(&b, t, step);
    tinted(out, style, TINT_BOLD, id != NULL ? id : "bus");
    text_append(out, "  (kW, positive into the bus)\n");
    table_render(t, style, 2, out);
    text_append(out, "\n");
    table_free(t);
}

// Nor is what all that weighs together money.
static void append_money(const struct plan_view *v, struct text *out)
{
    const struct schedule *s = v->schedule;
    bool priced = true;
    for (size_t i = 0; i < s->n_assets; i++)
        for (size_t k = 0; k < s->n_steps; k++)
            priced &= isfinite(s->assets[i].reasons[k].price_per_kwh);
    if (priced)
        text_appendf(out, "money %.2f %s", s->objective[OBJECTIVE_MONEY], v->currency);
    else
        text_append(out, "no money: supply is short");
    if (priced && s->scenarios > 1)
        text_appendf(out, ", %.2f over %d courses", s->expected_cost, s->scenarios);
}

void plan_view_text(const struct plan_view *v, const struct style *style, struct text *out)
{
    const struct schedule *s = v->schedule;
    char made[16];
    plan_clock_text(s->made_utc_ms, made);
    text_appendf(out, "Plan of %s: %s, %zu steps, %d solve%s, %.1f ms; ", made, s->status, s->n_steps, s->solves,
                 s->solves == 1 ? "" : "s", s->solve_ms);
    append_money(v, out);
    if (s->co2_kg != 0)
        text_appendf(out, "; %.0f kg CO2", s->co2_kg);
    if (s->fallbacks > 0)
        text_appendf(out, "; %d fallback%s", s->fallbacks, s->fallbacks == 1 ? "" : "s");
    text_append(out, "\n\n");
    for (size_t bus = 0; bus < s->n_buses; bus++)
        append_bus(v, style, bus, out);
    plan_why_text(v, style, out);
}

// ---- CSV ----------------------------------------------------------------------------------------------------------

static void csv_header(const struct plan_view *v, struct text *out)
{
    const struct schedule *s = v->schedule;
    text_append(out, "time,hours");
    for (size_t bus = 0; bus < s->n_buses; bus++) {
        const char *id = json_string_value(json_array_get(v->buses, bus));
        text_appendf(out, ",price.%s", id != NULL ? id : "bus");
    }
    for (size_t i = 0; i < s->n_assets; i++) {
        const struct schedule_asset *a = &s->assets[i];
        text_appendf(out, ",%s.power_w", a->id);
        if (a->energy_wh != NULL)
            text_appendf(out, ",%s.energy_wh", a->id);
        if (a->shed_w != NULL)
            text_appendf(out, ",%s.shed_w", a->id);
        text_appendf(out, ",%s.reason", a->id);
    }
    text_append(out, "\n");
}

static void csv_step(const struct plan_view *v, size_t step, struct text *out)
{
    const struct schedule *s = v->schedule;
    char when[RFC3339_SIZE];
    rfc3339_format(s->start_utc_ms[step], when);
    text_appendf(out, "%s,%.6g", when, s->hours[step]);
    for (size_t bus = 0; bus < s->n_buses; bus++)
        text_appendf(out, ",%.6g", price_of(s, bus, step));
    for (size_t i = 0; i < s->n_assets; i++) {
        const struct schedule_asset *a = &s->assets[i];
        text_appendf(out, ",%.3f", a->power_w[step]);
        if (a->energy_wh != NULL)
            text_appendf(out, ",%.3f", a->energy_wh[step]);
        if (a->shed_w != NULL)
            text_appendf(out, ",%.3f", shed_of(s, i, step));
        text_appendf(out, ",%s", reason_kind_name(a->reasons[step].kind));
    }
    text_append(out, "\n");
}

void plan_view_csv(const struct plan_view *v, struct text *out)
{
    csv_header(v, out);
    for (size_t step = 0; step < v->schedule->n_steps; step++)
        csv_step(v, step, out);
}
