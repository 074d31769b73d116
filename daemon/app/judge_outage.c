// SPDX-License-Identifier: GPL-3.0-or-later
// Islands and their witnesses.
#include "daemon/app/judge.h"

struct watch {
    const struct site *site;
    const struct profile *const *profiles;
    const struct conf_tree *tree;
    const char *file;
    struct diagnostics *d;
};

// The first device of the island's grid connection that tells this quantity, -1 none.
static int meter_of(const struct watch *w, const struct site_island *island, enum quantity q)
{
    for (size_t i = 0; i < w->site->n_devices; i++) {
        const struct site_asset *a = site_device_asset(w->site, &w->site->devices[i]);
        if (a != NULL && a->kind == ASSET_GRID && a->of_kind == island->grid && w->profiles[i] != NULL &&
            profile_find_point(w->profiles[i], q) != NULL)
            return (int)i;
    }
    return -1;
}

static bool has_relay(const struct watch *w, size_t island)
{
    for (size_t i = 0; i < w->site->n_devices; i++)
        if (w->site->devices[i].of_island == (int)island)
            return true;
    return false;
}

// One that is told, but without a measure for it, is passed over; one that is expected and never told leaves the others
// alone.
static void judge_measure(const struct watch *w, const struct site_island *island, const char *key, enum quantity q,
                          double nominal)
{
    int meter = meter_of(w, island, q);
    struct place place = app_entry_place(w->tree, w->file, "islands", island->id, key);
    if (nominal > 0 && meter < 0)
        diagnostics_add(w->d, SEVERITY_WARNING, place,
                        "islands.%s.%s: no device of %s tells %s: it cannot be judged by that", island->id, key,
                        w->site->grids[island->grid].id, quantity_name(q));
    else if (nominal <= 0 && meter >= 0)
        diagnostics_add(w->d, SEVERITY_WARNING, place,
                        "islands.%s.%s: %s tells %s, which is not judged while nobody says what is nominal", island->id,
                        key, w->site->devices[meter].id, quantity_name(q));
}

// Nobody may energise a bus that may still hang on the grid.
static bool is_seen_open(const struct watch *w, size_t number)
{
    const struct site *s = w->site;
    for (size_t i = 0; i < s->n_devices; i++) {
        bool tells = w->profiles[i] == NULL || profile_find_point(w->profiles[i], QUANTITY_CLOSED) != NULL;
        int breaker = s->islands[number].breaker;
        bool is_its = s->devices[i].of_island == (int)number || (breaker >= 0 && s->devices[i].of_switch == breaker);
        if (tells && is_its)
            return true;
    }
    return false;
}

static void judge_island(const struct watch *w, size_t number)
{
    const struct site_island *island = &w->site->islands[number];
    bool by_voltage = island->voltage_v > 0 && meter_of(w, island, QUANTITY_VOLTAGE_V) >= 0;
    bool by_frequency = island->frequency_hz > 0 && meter_of(w, island, QUANTITY_FREQUENCY_HZ) >= 0;
    if (!by_voltage && !by_frequency && !has_relay(w, number)) {
        diagnostics_add(w->d, w->site->outage.enabled ? SEVERITY_ERROR : SEVERITY_WARNING,
                        app_entry_place(w->tree, w->file, "islands", island->id, ""),
                        "islands.%s: expected a witness of its grid: `voltage` or `frequency` with a meter of %s that "
                        "tells it, or a device with `island: %s`",
                        island->id, w->site->grids[island->grid].id, island->id);
        return;
    }
    if (!is_seen_open(w, number))
        diagnostics_add(
            w->d, SEVERITY_WARNING, app_entry_place(w->tree, w->file, "islands", island->id, "breaker"),
            "islands.%s: nobody tells whether it is separated from the grid, so it is not started again once "
            "it has gone black: expected a breaker, or a device with `island: %s`, whose profile has `closed`",
            island->id, island->id);
    judge_measure(w, island, "voltage", QUANTITY_VOLTAGE_V, island->voltage_v);
    judge_measure(w, island, "frequency", QUANTITY_FREQUENCY_HZ, island->frequency_hz);
}

void app_judge_islands(const struct site *site, const struct profile *const *profiles, const struct conf_tree *tree,
                       const char *file, struct diagnostics *d)
{
    struct watch w = {site, profiles, tree, file, d};
    for (size_t i = 0; site->n_devices > 0 && i < site->n_islands; i++)
        judge_island(&w, i);
}
