// SPDX-License-Identifier: GPL-3.0-or-later
// What hangs on which kind of bus, and what reaches it.
#include <stdlib.h>

#include "conf/check.h"

// ---- carriers -----------------------------------------------------------------------------------------------------

enum { ELECTRIC = 1 << CARRIER_ELECTRICITY, HEAT = 1 << CARRIER_HEAT, COOLING = 1 << CARRIER_COOLING };

static const char *bus_words(int carriers)
{
    if (carriers == ELECTRIC)
        return "an electric bus";
    if (carriers == HEAT)
        return "a heat bus";
    return carriers == (HEAT | COOLING) ? "a heat or cooling bus" : "an electric or heat bus";
}

// `carriers`: a set of bits as above.
static void check_bus(struct check *c, const char *section, const char *id, const char *option, int bus, int carriers)
{
    char path[CONF_PATH_SIZE];
    if (bus < 0)
        return;
    const struct site_bus *b = &c->site->buses[bus];
    check_path(path, section, id, option);
    if ((carriers >> b->carrier & 1) == 0)
        check_report(c, SEVERITY_ERROR, path, "expected %s; %s carries %s", bus_words(carriers), b->id,
                     carrier_name(b->carrier));
}

static void check_tie(struct check *c, const struct site_tie *t)
{
    char path[CONF_PATH_SIZE];
    check_path(path, "ties", t->id, "to");
    if (t->from < 0 || t->to < 0)
        return;
    const struct site_bus *from = &c->site->buses[t->from], *to = &c->site->buses[t->to];
    if (t->from == t->to)
        check_report(c, SEVERITY_ERROR, path, "expected another bus than from");
    else if (from->carrier != to->carrier)
        check_report(c, SEVERITY_ERROR, path, "expected a bus that carries %s as %s does; use a converter for others",
                     carrier_name(from->carrier), from->id);
}

void check_carriers(struct check *c)
{
    const struct site *s = c->site;
    for (size_t i = 0; i < s->n_grids; i++)
        check_bus(c, "grids", s->grids[i].id, "bus", s->grids[i].bus, ELECTRIC);
    for (size_t i = 0; i < s->n_pvs; i++)
        check_bus(c, "pv", s->pvs[i].id, "bus", s->pvs[i].bus, ELECTRIC);
    for (size_t i = 0; i < s->n_batteries; i++)
        check_bus(c, "batteries", s->batteries[i].id, "bus", s->batteries[i].bus, ELECTRIC);
    for (size_t i = 0; i < s->n_stores; i++)
        check_bus(c, "stores", s->stores[i].id, "bus", s->stores[i].bus, HEAT | COOLING);
    for (size_t i = 0; i < s->n_chargers; i++)
        check_bus(c, "chargers", s->chargers[i].id, "bus", s->chargers[i].bus, ELECTRIC);
    for (size_t i = 0; i < s->n_generators; i++) {
        const struct site_generator *g = &s->generators[i];
        check_bus(c, "generators", g->id, "bus", g->bus, g->heat_bus >= 0 ? ELECTRIC : ELECTRIC | HEAT);
        check_bus(c, "generators", g->id, "heat_bus", g->heat_bus, HEAT);
    }
    for (size_t i = 0; i < s->n_converters; i++) {
        check_bus(c, "converters", s->converters[i].id, "from", s->converters[i].from, ELECTRIC);
        check_bus(c, "converters", s->converters[i].id, "to", s->converters[i].to, HEAT | COOLING);
    }
    for (size_t i = 0; i < s->n_ties; i++)
        check_tie(c, &s->ties[i]);
}

// ---- reach --------------------------------------------------------------------------------------------------------

static void mark(bool *supplied, int bus)
{
    if (bus >= 0)
        supplied[bus] = true;
}

static void mark_sources(const struct site *s, bool *supplied)
{
    for (size_t i = 0; i < s->n_grids; i++)
        mark(supplied, s->grids[i].bus);
    for (size_t i = 0; i < s->n_generators; i++) {
        mark(supplied, s->generators[i].bus);
        mark(supplied, s->generators[i].heat_bus);
    }
    for (size_t i = 0; i < s->n_batteries; i++)
        mark(supplied, s->batteries[i].bus);
}

// Spreads over ties both ways and over converters one way, until nothing changes: at most as many rounds as buses.
static void spread(const struct site *s, bool *supplied)
{
    bool changed = true;
    while (changed) {
        changed = false;
        for (size_t i = 0; i < s->n_ties; i++) {
            const struct site_tie *t = &s->ties[i];
            if (supplied[t->from] == supplied[t->to])
                continue;
            supplied[t->from] = supplied[t->to] = true;
            changed = true;
        }
        for (size_t i = 0; i < s->n_converters; i++) {
            const struct site_converter *v = &s->converters[i];
            changed |= supplied[v->from] && !supplied[v->to];
            supplied[v->to] |= supplied[v->from];
        }
    }
}

void check_reach(struct check *c)
{
    const struct site *s = c->site;
    bool *supplied = calloc(s->n_buses + 1, sizeof(*supplied));
    if (supplied == NULL) {
        c->reader.failed = true;
        return;
    }
    mark_sources(s, supplied);
    spread(s, supplied);
    for (size_t i = 0; i < s->n_buses; i++) {
        char path[CONF_PATH_SIZE];
        conf_path_key(path, "buses", s->buses[i].id);
        if (!supplied[i])
            check_report(c, SEVERITY_WARNING, path,
                         s->buses[i].carrier == CARRIER_ELECTRICITY
                             ? "no grid, generator or battery reaches this bus"
                             : "no boiler, CHP or converter that is supplied itself reaches this bus");
    }
    free(supplied);
}
