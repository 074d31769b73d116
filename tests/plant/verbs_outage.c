// SPDX-License-Identifier: GPL-3.0-or-later
// Words about grids that go away, islands, switches and equipment that trips.
#include <string.h>

#include "base/error.h"
#include "verbs_internal.h"

static int find_island(const struct words *w, const char *id)
{
    for (size_t i = 0; i < w->area->site->n_islands; i++)
        if (!strcmp(w->area->site->islands[i].id, id))
            return (int)i;
    return -1;
}

static int find_switch(const struct words *w, const char *id)
{
    for (size_t i = 0; i < w->area->site->n_switches; i++)
        if (!strcmp(w->area->site->switches[i].id, id))
            return (int)i;
    return -1;
}

// One of two words, as true or false.
static bool choose(const char *word, const char *yes, const char *no, bool *ret_chosen)
{
    *ret_chosen = !strcmp(word, yes);
    return *ret_chosen || !strcmp(word, no);
}

// The connection itself, or that of an island.
static int find_grid(const struct words *w, const char *id)
{
    const struct site *s = w->area->site;
    int island = find_island(w, id), asset = site_find_asset(s, id);
    if (island >= 0)
        return s->islands[island].grid;
    return asset >= 0 && s->assets[asset].kind == ASSET_GRID ? s->assets[asset].of_kind : -1;
}

const char *verb_grid(const struct words *w)
{
    bool back;
    if (w->count != 3 || !choose(w->word[2], "back", "away", &back))
        return "expected: grid ISLAND|GRID away|back";
    int grid = find_grid(w, w->word[1]);
    if (grid < 0)
        return "no such island or grid connection";
    return verb_complaint(plant_model_set_grid(w->area->model, grid, back));
}

const char *verb_supply(const struct words *w)
{
    double voltage_v, frequency_hz;
    if (w->count != 4 || !verb_number(w->word[2], 0.0, 1e6, &voltage_v) ||
        !verb_number(w->word[3], 0.0, 1000.0, &frequency_hz))
        return "expected: supply ISLAND VOLTS HERTZ";
    int island = find_island(w, w->word[1]);
    if (island < 0)
        return "no such island";
    return verb_complaint(plant_model_set_supply(w->area->model, island, voltage_v, frequency_hz));
}

const char *verb_protection(const struct words *w)
{
    bool on;
    if (w->count != 3 || !choose(w->word[2], "on", "off", &on))
        return "expected: protection ISLAND on|off";
    int island = find_island(w, w->word[1]);
    if (island < 0)
        return "no such island";
    return verb_complaint(plant_model_set_protection(w->area->model, island, on));
}

const char *verb_switch(const struct words *w)
{
    bool closed;
    if (w->count != 3 || !choose(w->word[2], "closed", "open", &closed))
        return "expected: switch ID open|closed";
    int of_switch = find_switch(w, w->word[1]);
    if (of_switch < 0)
        return "no such switch";
    return verb_complaint(plant_model_switch(w->area->model, of_switch, closed));
}

const char *verb_stick(const struct words *w)
{
    bool stuck;
    if (w->count != 3 || !choose(w->word[2], "on", "off", &stuck))
        return "expected: stick SWITCH on|off";
    int of_switch = find_switch(w, w->word[1]);
    if (of_switch < 0)
        return "no such switch";
    return verb_complaint(plant_model_stick(w->area->model, of_switch, stuck));
}

const char *verb_trip(const struct words *w)
{
    bool tripped;
    int asset = verb_asset(w, 1);
    if (w->count != 3 || !choose(w->word[2], "on", "off", &tripped))
        return "expected: trip ASSET on|off";
    if (asset < 0)
        return "no such asset";
    return verb_complaint(plant_model_trip(w->area->model, asset, tripped));
}
