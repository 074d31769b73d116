// SPDX-License-Identifier: GPL-3.0-or-later
// Why an island went black, from the truth: who held it a step ago and what had to be borne, who else could have, and
// what was drawn to fail meanwhile. What is left is the engine's to explain.
#include <math.h>

#include "base/number.h"
#include "simulate/internal.h"
#include "trial.h"

enum { LATELY_MS = 15000 };

static const double NEARLY_EMPTY_FRAC = 0.02;

static const char *const names[BLACK_CAUSE_COUNT] = {
    [BLACK_DEAD_GRID] = "dead_grid", [BLACK_TRIPPED] = "tripped",
    [BLACK_EMPTY] = "empty",         [BLACK_STOOD_STILL] = "stood_still",
    [BLACK_NEIGHBOUR] = "neighbour", [BLACK_UNATTENDED] = "unattended",
    [BLACK_DEVICE] = "device",       [BLACK_TOO_MUCH] = "too_much",
    [BLACK_AT_ONCE] = "at_once",     [BLACK_FED_NEIGHBOUR] = "fed_neighbour",
    [BLACK_UNTOLD] = "untold",       [BLACK_LACK] = "lack",
    [BLACK_SURPLUS] = "surplus"};

const char *black_cause_name(enum black_cause cause)
{
    return names[cause];
}

// ---- what failed ----------------------------------------------------------------------------------------------------

static bool is_ill(const struct trial *s, int device)
{
    const struct device_now *d = &s->at[device];
    int of_switch = s->site->devices[device].asset < 0 ? s->site->devices[device].of_switch : -1;
    bool stuck = of_switch >= 0 && plant_model_switch_at(s->model, of_switch)->stuck;
    return stuck || d->fault != DEVICE_WELL ||
           (d->healed_mono_ms > 0 && s->now.mono_ms < d->healed_mono_ms + LATELY_MS);
}

static int bus_of_device(const struct trial *s, const struct site_device *of)
{
    const struct site *site = s->site;
    if (of->asset >= 0)
        return site->assets[of->asset].bus;
    if (of->of_switch < 0)
        return site->islands[of->of_island].bus;
    int load = site->switches[of->of_switch].load, island = site_island_of_breaker(site, of->of_switch);
    return load >= 0 ? site->loads[load].bus : island >= 0 ? site->islands[island].bus : -1;
}

static bool somebody_is_ill(const struct trial *s, int bus)
{
    for (size_t d = 0; d < s->site->n_devices; d++)
        if (bus_of_device(s, &s->site->devices[d]) == bus && is_ill(s, (int)d))
            return true;
    return false;
}

static bool is_unattended(const struct trial *s)
{
    return !s->engine || (s->restarted_mono_ms > 0 && s->now.mono_ms < s->restarted_mono_ms + LATELY_MS);
}

// ---- what could be --------------------------------------------------------------------------------------------------

static bool is_empty(const struct trial *s, int asset)
{
    const struct site_asset *of = &s->site->assets[asset];
    const struct plant_asset *a = plant_model_asset(s->model, asset);
    if (of->kind == ASSET_GENERATOR)
        return s->site->generators[of->of_kind].fuel_wh > 0 && a->fuel_wh <= 0;
    const struct site_battery *b = of->kind == ASSET_BATTERY ? &s->site->batteries[of->of_kind] : NULL;
    return b && a->energy_wh <= (b->soc_min_frac + NEARLY_EMPTY_FRAC) * b->capacity_wh;
}

// What of it draws whatever is told, W: no switch and no limit is there for it.
static double unsheddable_w(const struct trial *s, int asset)
{
    const struct site_load *l = &s->site->loads[s->site->assets[asset].of_kind];
    double frac = 0;
    for (int t = 0; t < TIER_COUNT; t++) {
        double off = l->sheddable[t] ? l->tier_share[t] : 0;
        for (size_t i = 0; i < s->site->n_switches; i++)
            if (s->site->switches[i].load == s->site->assets[asset].of_kind && (int)s->site->switches[i].tier == t)
                off += s->site->switches[i].share;
        frac += fmax(l->tier_share[t] - off, 0);
    }
    return frac * plant_model_asset(s->model, asset)->natural_w;
}

// Least that the bus lacks, and most that it has over, beside the one who forms, if everybody did what is possible.
struct bounds {
    double lack_w, over_w;
};

static struct bounds bounds_of(const struct trial *s, int bus, int forming)
{
    struct bounds b = {0};
    for (size_t i = 0; i < s->site->n_assets; i++) {
        const struct site_asset *of = &s->site->assets[i];
        const struct plant_asset *a = plant_model_asset(s->model, (int)i);
        if (of->bus != bus || (int)i == forming)
            continue;
        double power_w = a->power_w;
        if (of->kind == ASSET_LOAD) {
            b.lack_w += unsheddable_w(s, (int)i);
            b.over_w -= a->natural_w;
        } else if (of->kind == ASSET_BATTERY && !a->tripped) {
            b.lack_w -= is_empty(s, (int)i) ? 0 : a->natural_w;
            b.over_w -= a->max_charge_w;
        } else if (of->kind == ASSET_GENERATOR) {
            b.lack_w -= power_w;
        } else if (of->kind == ASSET_PV) {
            b.lack_w -= a->natural_w;
        } else if (of->kind == ASSET_TIE) {
            b.lack_w -= fmax(power_w, 0);
        }
    }
    return b;
}

// What it gives (> 0) and takes at most.
static double most_w(const struct trial *s, int asset, bool gives)
{
    const struct site_asset *of = &s->site->assets[asset];
    const struct plant_asset *a = plant_model_asset(s->model, asset);
    switch (of->kind) {
    case ASSET_BATTERY:
        return gives ? (is_empty(s, asset) ? 0 : a->natural_w) : a->max_charge_w;
    case ASSET_GENERATOR:
        return gives ? s->site->generators[of->of_kind].max_power_w : 0;
    default:
        return of->kind == ASSET_TIE ? s->site->ties[of->of_kind].limit_w : 0;
    }
}

// ---- which it was ---------------------------------------------------------------------------------------------------

// Nobody took over. One who was tripped, empty or stood still could not have; a battery that nobody steers does not.
static enum black_cause nobody(const struct trial *s, int island)
{
    const struct site_island *of = &s->site->islands[island];
    enum black_cause cause = BLACK_STOOD_STILL;
    for (size_t i = 0; i < of->n_forming; i++) {
        int asset = of->forming[i];
        const struct plant_asset *a = plant_model_asset(s->model, asset);
        enum asset_kind kind = s->site->assets[asset].kind;
        if (a->tripped)
            cause = BLACK_TRIPPED;
        else if (is_empty(s, asset))
            cause = cause == BLACK_STOOD_STILL ? BLACK_EMPTY : cause;
        else if (kind == ASSET_TIE)
            cause = cause == BLACK_STOOD_STILL ? BLACK_NEIGHBOUR : cause;
        else if (kind == ASSET_BATTERY)
            return BLACK_UNTOLD;
    }
    return cause;
}

// Who is held over a tie takes what he needs, up to what the tie carries.
static bool feeds_neighbour(const struct trial *s, int bus, int forming)
{
    for (size_t i = 0; i < s->site->n_islands; i++) {
        int by = s->held[i].forming;
        if (by < 0 || by == forming || s->site->assets[by].kind != ASSET_TIE)
            continue;
        const struct site_tie *t = &s->site->ties[s->site->assets[by].of_kind];
        if ((t->from == bus || t->to == bus) && s->site->islands[i].bus != bus)
            return true;
    }
    return false;
}

static enum black_cause strained(const struct trial *s, int island, const struct island_held *was)
{
    int bus = s->site->islands[island].bus;
    struct bounds b = bounds_of(s, bus, was->forming);
    bool lacks = was->frequency_hz <= 50;
    if (lacks && is_empty(s, was->forming))
        return BLACK_EMPTY;
    if (lacks ? b.lack_w > most_w(s, was->forming, true) : b.over_w > most_w(s, was->forming, false))
        return BLACK_TOO_MUCH;
    if (lacks && feeds_neighbour(s, bus, was->forming))
        return BLACK_FED_NEIGHBOUR;
    if (was->formed_steps <= 1)
        return BLACK_AT_ONCE;
    return lacks ? BLACK_LACK : BLACK_SURPLUS;
}

static enum black_cause cause_of(const struct trial *s, int island, const struct island_held *was)
{
    const struct plant_island *is = plant_model_island(s->model, island);
    int bus = s->site->islands[island].bus;
    if (is->breaker_closed)
        return BLACK_DEAD_GRID;
    bool over = was->forming >= 0 && was->stress_frac >= 1 - 1e-9;
    enum black_cause cause = over ? strained(s, island, was) : nobody(s, island);
    if (!over && was->forming >= 0 && plant_model_asset(s->model, was->forming)->tripped)
        cause = BLACK_TRIPPED;
    if (cause < BLACK_UNATTENDED || cause == BLACK_TOO_MUCH)
        return cause;
    return is_unattended(s) ? BLACK_UNATTENDED : somebody_is_ill(s, bus) ? BLACK_DEVICE : cause;
}

// ---- each step ------------------------------------------------------------------------------------------------------

static void remember(const struct trial *s, int island, struct island_held *was)
{
    const struct plant_island *is = plant_model_island(s->model, island);
    bool goes_on = is->forming >= 0 && is->forming == was->forming;
    was->formed_steps = is->forming < 0 ? 0 : goes_on ? was->formed_steps + 1 : 1;
    was->forming = is->forming;
    was->blackouts = is->blackouts;
    was->stress_frac = s->model->islands[island].stress_frac;
    was->frequency_hz = is->frequency_hz;
    was->left_w = s->model->buses[s->site->islands[island].bus].lacking_w;
}

void causes_look(struct trial *s)
{
    for (size_t i = 0; i < s->site->n_islands; i++) {
        struct island_held *was = &s->held[i];
        if (plant_model_island(s->model, (int)i)->blackouts > was->blackouts) {
            enum black_cause cause = cause_of(s, (int)i, was);
            s->f.black[cause]++;
            trial_say(s, "island %zu is black: %s; %s held it for %u steps, stress %g, %g Hz, left %g W", i,
                      names[cause], was->forming >= 0 ? s->site->assets[was->forming].id : "nobody", was->formed_steps,
                      was->stress_frac, was->frequency_hz, was->left_w);
        }
    }
    for (size_t i = 0; i < s->site->n_islands; i++)
        remember(s, (int)i, &s->held[i]);
}
