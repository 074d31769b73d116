// SPDX-License-Identifier: GPL-3.0-or-later
// Outages: islands that can be held up by somebody, each for itself. Their switches are judged in check_switches.c.
#include "conf/check.h"

enum { SHORTEST_STABLE_S = 60, SLOWEST_POLL_MS = 2000 };

static const double LEAST_VOLTAGE_V = 50; // below it is no supply: a slip of the unit

static const struct site_asset *asset_at(const struct site *s, int asset)
{
    return asset >= 0 && (size_t)asset < s->n_assets ? &s->assets[asset] : NULL;
}

static const char *bus_name(const struct site *s, int bus)
{
    return bus >= 0 && (size_t)bus < s->n_buses ? s->buses[bus].id : "?";
}

// ---- who forms ------------------------------------------------------------------------------------------------------

// The bus at the other end of a tie; -1 where it does not end on `bus`.
static int far_end(const struct site_tie *tie, int bus)
{
    if (tie->to == bus)
        return tie->from;
    return tie->from == bus ? tie->to : -1;
}

static void check_former(struct check *c, const struct site_island *island, size_t number)
{
    const struct site *s = c->site;
    const struct site_asset *a = asset_at(s, island->forming[number]);
    char list[CONF_PATH_SIZE], path[CONF_PATH_SIZE];
    check_path(list, "islands", island->id, "forming");
    conf_path_index(path, list, number);
    if (a == NULL || island->bus < 0)
        return;
    for (size_t i = 0; i < number; i++)
        if (island->forming[i] == island->forming[number])
            check_report_alone(c, path, "expected each asset once");
    bool is_tie = a->kind == ASSET_TIE;
    if (a->kind != ASSET_BATTERY && a->kind != ASSET_GENERATOR && !is_tie)
        check_report_alone(c, path, "expected a battery, a generator or a tie: it is a %s", asset_kind_name(a->kind));
    else if (is_tie && far_end(&s->ties[a->of_kind], island->bus) < 0)
        check_report_alone(c, path, "expected a tie that ends on bus %s of %s: it joins %s and %s",
                           bus_name(s, island->bus), s->grids[island->grid].id, bus_name(s, s->ties[a->of_kind].from),
                           bus_name(s, s->ties[a->of_kind].to));
    else if (!is_tie && a->bus != island->bus)
        check_report_alone(c, path, "expected an asset on bus %s of %s: it is on %s", bus_name(s, island->bus),
                           s->grids[island->grid].id, bus_name(s, a->bus));
}

// Nobody would obey when it is to be held up.
static void check_commanded(struct check *c, const struct site_island *island, size_t number)
{
    const struct site *s = c->site;
    char list[CONF_PATH_SIZE], path[CONF_PATH_SIZE];
    for (size_t i = 0; i < s->n_devices; i++)
        if (s->devices[i].asset == island->forming[number] && s->devices[i].control)
            return;
    check_path(list, "islands", island->id, "forming");
    conf_path_index(path, list, number);
    if (s->n_devices > 0 && asset_at(s, island->forming[number]) != NULL)
        check_report(c, SEVERITY_WARNING, path,
                     "no device with `control: true` drives it: it is never taken to hold the island");
}

// ---- circles --------------------------------------------------------------------------------------------------------

// Whether an asset can hold the island up, given which islands stand by themselves. A bus that is no island is the
// business of its own grid.
static bool holds(const struct site *s, const struct site_island *island, int asset, const bool *stands)
{
    const struct site_asset *a = asset_at(s, asset);
    if (a == NULL || a->kind != ASSET_TIE)
        return true; // reported elsewhere, or good
    int far = far_end(&s->ties[a->of_kind], island->bus);
    int other = far >= 0 ? site_island_of_bus(s, far) : -1;
    return other < 0 || stands[other];
}

// Islands that stand by themselves, and those that they hold up, and so on; what is left hangs on itself.
static void check_circles(struct check *c)
{
    const struct site *s = c->site;
    bool stands[SITE_MAX_ISLANDS] = {false}, more = true;
    while (more) {
        more = false;
        for (size_t i = 0; i < s->n_islands && i < SITE_MAX_ISLANDS; i++)
            for (size_t k = 0; !stands[i] && k < s->islands[i].n_forming; k++)
                more |= stands[i] = holds(s, &s->islands[i], s->islands[i].forming[k], stands);
    }
    for (size_t i = 0; i < s->n_islands && i < SITE_MAX_ISLANDS; i++) {
        char path[CONF_PATH_SIZE];
        check_path(path, "islands", s->islands[i].id, "forming");
        if (!stands[i] && s->islands[i].n_forming > 0)
            check_report(c, SEVERITY_ERROR, path,
                         "expected a battery or generator on bus %s, or a tie from an island that has one: over its "
                         "ties %s is held up by islands that it holds up itself",
                         bus_name(s, s->islands[i].bus), s->islands[i].id);
    }
}

// ---- islands --------------------------------------------------------------------------------------------------------

static void check_connection(struct check *c, size_t number)
{
    const struct site *s = c->site;
    const struct site_island *island = &s->islands[number];
    char path[CONF_PATH_SIZE];
    check_path(path, "islands", island->id, "grid");
    for (size_t i = 0; i < number && island->grid >= 0; i++)
        if (s->islands[i].grid == island->grid) {
            check_report_alone(c, path, "expected a connection of its own: %s does without it already",
                               s->islands[i].id);
            return;
        }
    for (size_t i = 0; i < s->n_grids; i++)
        if (island->bus >= 0 && s->grids[i].bus == island->bus && (int)i != island->grid) {
            check_report_alone(c, path, "expected the only connection of its bus: %s feeds %s as well", s->grids[i].id,
                               bus_name(s, island->bus));
            return;
        }
}

static void check_breaker(struct check *c, size_t number)
{
    const struct site *s = c->site;
    const struct site_island *island = &s->islands[number];
    char path[CONF_PATH_SIZE];
    check_path(path, "islands", island->id, "breaker");
    if (island->breaker < 0)
        return;
    const struct site_switch *w = &s->switches[island->breaker];
    int first = site_island_of_breaker(s, island->breaker);
    if (w->load >= 0)
        check_report_alone(c, path, "expected a switch without a load: this one switches a part of %s",
                           s->loads[w->load].id);
    else if (first != (int)number)
        check_report_alone(c, path, "expected a breaker of its own: it is that of %s already", s->islands[first].id);
}

static bool can_shed(const struct site *s, size_t load)
{
    bool can = false;
    for (size_t i = 0; i < s->n_switches; i++)
        can |= s->switches[i].load == (int)load;
    for (int tier = 0; tier < TIER_COUNT; tier++)
        can |= s->loads[load].sheddable[tier];
    return can;
}

static void check_sheddable(struct check *c, const struct site_island *island)
{
    const struct site *s = c->site;
    char path[CONF_PATH_SIZE];
    bool any = false, can = false;
    for (size_t i = 0; i < s->n_loads; i++) {
        any |= s->loads[i].bus == island->bus;
        can |= s->loads[i].bus == island->bus && can_shed(s, i);
    }
    conf_path_key(path, "islands", island->id);
    if (s->outage.enabled && island->bus >= 0 && any && !can)
        check_report(c, SEVERITY_WARNING, path,
                     "no load on bus %s has a switch or `sheddable`: what is too much cannot be switched off",
                     bus_name(s, island->bus));
}

static void check_island(struct check *c, size_t number)
{
    const struct site *s = c->site;
    const struct site_island *island = &s->islands[number];
    char path[CONF_PATH_SIZE];
    check_connection(c, number);
    check_breaker(c, number);
    check_path(path, "islands", island->id, "forming");
    if (island->n_forming == 0)
        check_report(c, SEVERITY_ERROR, path, "expected at least one battery, generator or tie that can hold it up");
    for (size_t i = 0; i < island->n_forming; i++) {
        check_former(c, island, i);
        check_commanded(c, island, i);
    }
    check_sheddable(c, island);
    check_path(path, "islands", island->id, "voltage");
    if (island->voltage_v > 0 && island->voltage_v < LEAST_VOLTAGE_V)
        check_report_alone(c, path,
                           "expected a nominal voltage as the meter tells it, at least 50 V, or 0 V where voltage is "
                           "not judged: any other is far from this one, and would count as lost");
    check_path(path, "islands", island->id, "frequency");
    if (island->frequency_hz > 0 && island->frequency_hz != 50 && island->frequency_hz != 60)
        check_report_alone(c, path, "expected 50 Hz, 60 Hz, or 0 Hz where frequency is not judged");
}

// ---- outside the islands --------------------------------------------------------------------------------------------

// Said once a bus, at its first load.
static void check_outside(struct check *c, size_t load)
{
    const struct site *s = c->site;
    char path[CONF_PATH_SIZE];
    int bus = s->loads[load].bus;
    for (size_t i = 0; i < load; i++)
        if (s->loads[i].bus == bus)
            return;
    check_path(path, "loads", s->loads[load].id, "bus");
    if (bus >= 0 && s->buses[bus].carrier == CARRIER_ELECTRICITY && site_island_of_bus(s, bus) < 0)
        check_report(c, SEVERITY_WARNING, path,
                     "no island has bus %s: nobody supplies its loads when their grid is away, lifelines included",
                     bus_name(s, bus));
}

static bool is_witness(const struct site *s, const struct site_device *d)
{
    if (d->of_island >= 0)
        return true;
    if (d->of_switch >= 0)
        return site_island_of_breaker(s, d->of_switch) >= 0;
    const struct site_asset *a = asset_at(s, d->asset);
    int island = a != NULL && a->kind == ASSET_GRID ? site_island_of_grid(s, a->of_kind) : -1;
    return island >= 0 && (s->islands[island].voltage_v > 0 || s->islands[island].frequency_hz > 0);
}

static void check_pace(struct check *c, const struct site_device *d)
{
    char path[CONF_PATH_SIZE];
    check_path(path, "devices", d->id, "poll");
    if (d->poll_ms > SLOWEST_POLL_MS && is_witness(c->site, d))
        check_report(c, SEVERITY_WARNING, path,
                     "it tells whether the grid is there: 500 ms or less is usual, since a loss is seen no sooner than "
                     "it is read, and a grid of which nobody was told for a minute counts as lost");
}

// ---- the outage as a whole ------------------------------------------------------------------------------------------

void check_outage(struct check *c)
{
    const struct site *s = c->site;
    const struct site_outage *o = &s->outage;
    if (o->enabled && s->n_islands == 0)
        check_report_alone(c, "outage.enabled", "expected at least one entry of `islands`, or false");
    if (o->stable_s < SHORTEST_STABLE_S)
        check_report(c, SEVERITY_WARNING, "outage.stable_time",
                     "less than a minute: grids come back for moments before they stay; 300 s is usual");
    if (o->stable_voltage_frac >= o->lost_voltage_frac)
        check_report_alone(c, "outage.stable_voltage", "expected less than lost_voltage");
    if (o->stable_frequency_hz >= o->lost_frequency_hz)
        check_report_alone(c, "outage.stable_frequency", "expected less than lost_frequency");
    for (size_t i = 0; i < s->n_islands; i++)
        check_island(c, i);
    if (c->reader.d->errors == 0)
        check_circles(c);
    for (size_t i = 0; i < s->n_loads && o->enabled; i++)
        check_outside(c, i);
    for (size_t i = 0; i < s->n_devices; i++)
        check_pace(c, &s->devices[i]);
    check_switches(c);
}
