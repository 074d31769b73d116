// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/ctl/plan_view.h"

#include <math.h>
#include <string.h>

#include "base/instant.h"
#include "base/local_time.h"

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

static int64_t end_of(const struct schedule *s, size_t step)
{
    return s->start_utc_ms[step] + (int64_t)llround(s->hours[step] * 3600000.0);
}

static void clock_text(int64_t utc_ms, char ret_text[static 16])
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    struct local_time t = local_time_at(utc_ms);
    snprintf(ret_text, 16, "%s %02d:%02d", days[t.weekday % 7], t.minute / 60 % 24, t.minute % 60);
}

// ---- tables -------------------------------------------------------------------------------------------------------

struct bus_table {
    const struct plan_view *v;
    size_t bus;
    size_t assets[TABLE_MAX_COLUMNS]; // those that hang on it
    size_t n_assets;
    size_t columns;
    char headings[TABLE_MAX_COLUMNS][SITE_ID_MAX + 8];
};

// `mark` is ">" where the column stands to the right.
static void add_heading(struct bus_table *b, const char *mark, const char *name, const char *suffix)
{
    snprintf(b->headings[b->columns++], sizeof(b->headings[0]), "%s%s%s", mark, name, suffix);
}

static void gather(struct bus_table *b)
{
    const struct schedule *s = b->v->schedule;
    add_heading(b, "", "time", "");
    add_heading(b, ">", b->v->currency, "/kWh");
    for (size_t i = 0; i < s->n_assets && b->columns + 2 < TABLE_MAX_COLUMNS; i++) {
        const json_t *home = home_of(b->v, i);
        if (number_of(home, "bus") != (int)b->bus && number_of(home, "from") != (int)b->bus)
            continue;
        b->assets[b->n_assets++] = i;
        add_heading(b, ">", s->assets[i].id, "");
        if (s->assets[i].energy_wh != NULL)
            add_heading(b, ">", "SoC", "");
    }
}

// At the side of the bus that the table is about: a tie gives there what it takes here.
static double power_at(const struct bus_table *b, size_t asset, size_t step)
{
    double power_w = b->v->schedule->assets[asset].power_w[step];
    return number_of(home_of(b->v, asset), "bus") == (int)b->bus ? power_w : -power_w;
}

static void add_step(const struct bus_table *b, struct table *t, size_t step)
{
    const struct schedule *s = b->v->schedule;
    char when[16];
    bool present = b->v->now_utc_ms >= s->start_utc_ms[step] && b->v->now_utc_ms < end_of(s, step);
    clock_text(s->start_utc_ms[step], when);
    table_cell(t, present ? TINT_BOLD : TINT_PLAIN, "%s", when);
    table_cell(t, TINT_PLAIN, "%.2f", price_of(s, b->bus, step));
    for (size_t i = 0; i < b->n_assets; i++) {
        size_t asset = b->assets[i];
        double power_w = power_at(b, asset, step), capacity_wh = capacity_of(b->v, asset);
        bool short_of = shed_of(s, asset, step) > IDLE_W;
        table_cell(t,
                   short_of                 ? TINT_BAD
                   : fabs(power_w) < IDLE_W ? TINT_DIM
                                            : TINT_PLAIN,
                   "%.1f%s", round(power_w / 100.0) / 10.0 + 0.0, short_of ? "!" : ""); // never -0.0
        if (s->assets[asset].energy_wh != NULL && capacity_wh > 0)
            table_cell(t, TINT_DIM, "%.0f%%", 100.0 * s->assets[asset].energy_wh[step] / capacity_wh);
        else if (s->assets[asset].energy_wh != NULL)
            table_cell(t, TINT_DIM, "%s", "");
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

// ---- reasons ------------------------------------------------------------------------------------------------------

static int direction(double power_w)
{
    return power_w > IDLE_W ? 1 : power_w < -IDLE_W ? -1 : 0;
}

// The last step of the stretch in which an asset does the same for the same reason.
static size_t stretch_end(const struct schedule *s, const struct schedule_asset *a, size_t from)
{
    size_t step = from;
    while (step + 1 < s->n_steps && a->reasons[step + 1].kind == a->reasons[from].kind &&
           strcmp(a->reasons[step + 1].asset, a->reasons[from].asset) == 0 &&
           direction(a->power_w[step + 1]) == direction(a->power_w[from]))
        step++;
    return step;
}

static double mean_w(const struct schedule *s, const struct schedule_asset *a, size_t first, size_t last)
{
    double energy_wh = 0, hours = 0;
    for (size_t step = first; step <= last; step++) {
        energy_wh += a->power_w[step] * s->hours[step];
        hours += s->hours[step];
    }
    return hours > 0 ? energy_wh / hours : a->power_w[first];
}

static bool is_steered(enum asset_kind kind)
{
    return kind == ASSET_BATTERY || kind == ASSET_GENERATOR || kind == ASSET_TIE;
}

static void append_reasons(const struct plan_view *v, size_t asset, struct text *out)
{
    const struct schedule *s = v->schedule;
    const struct schedule_asset *a = &s->assets[asset];
    for (size_t step = 0; step < s->n_steps; step++) {
        size_t last = stretch_end(s, a, step);
        char from[16], to[16], why[192];
        bool moves = direction(a->power_w[step]) != 0 && a->reasons[step].kind != REASON_NONE;
        if (moves && (is_steered(a->kind) || a->reasons[step].kind != REASON_PRICE)) {
            clock_text(s->start_utc_ms[step], from);
            clock_text(end_of(s, last), to);
            reason_text(a->id, a->kind, mean_w(s, a, step, last), &a->reasons[step], why, sizeof(why));
            text_appendf(out, "  %s - %s  %s\n", from, to, why);
        }
        step = last;
    }
}

void plan_view_text(const struct plan_view *v, const struct style *style, struct text *out)
{
    const struct schedule *s = v->schedule;
    char made[16];
    clock_text(s->made_utc_ms, made);
    text_appendf(out, "Plan of %s: %s, %zu steps, %d solve%s, %.1f ms; money %.2f %s\n\n", made, s->status, s->n_steps,
                 s->solves, s->solves == 1 ? "" : "s", s->solve_ms, s->objective[OBJECTIVE_MONEY], v->currency);
    for (size_t bus = 0; bus < s->n_buses; bus++)
        append_bus(v, style, bus, out);
    tinted(out, style, TINT_BOLD, "Why");
    text_append(out, "\n");
    for (size_t i = 0; i < s->n_assets; i++)
        append_reasons(v, i, out);
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
