// SPDX-License-Identifier: GPL-3.0-or-later
#include "fixed_order.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"

static const double back_frac = 0.02; // of the state of charge, more than where it was shed, until it comes back
static const double spare = 0.85;     // of what batteries can give counts
static const double line_use = 0.9;
static const double full_frac = 0.01;         // of its capacity below the highest
static const double follows_until_frac = 0.1; // of the state of charge below where it began to
static const double raise_w = 40e3;           // that the engine gives more until the next look

enum { PARTS = 4 }; // of a tier that a load's own device limits

struct circuit {
    int load, of_switch; // -1: the load is limited
    enum load_tier tier;
    int number;    // of the load's in that tier
    double share;  // of the load
    bool too_much; // off because its bus cannot bear it
};

struct fixed_order {
    const struct site *site;
    struct fixed_order_steps steps;
    struct circuit *circuits; // in the order in which they come back
    size_t n_circuits, n_important;
    size_t served;
    bool follows; // the engine the load
    unsigned switchings;
};

// More important ones first; of a tier the first circuit of every load, then the second.
static int rank_of(const struct circuit *c)
{
    return (int)c->tier * SITE_MAX_SWITCHES + c->number;
}

static void put_in_order(struct fixed_order *f, struct circuit circuit)
{
    for (size_t i = 0; i < f->n_circuits; i++)
        circuit.number += f->circuits[i].load == circuit.load && f->circuits[i].tier == circuit.tier;
    size_t at = f->n_circuits++;
    for (; at > 0 && rank_of(&f->circuits[at - 1]) > rank_of(&circuit); at--)
        f->circuits[at] = f->circuits[at - 1];
    f->circuits[at] = circuit;
    f->n_important += circuit.tier == TIER_IMPORTANT;
}

static bool is_limited(const struct site *s, int load)
{
    for (size_t i = 0; i < s->n_devices; i++) {
        const struct site_asset *a = site_device_asset(s, &s->devices[i]);
        if (a && a->kind == ASSET_LOAD && a->of_kind == load && s->devices[i].control)
            return true;
    }
    return false;
}

static void find_circuits(struct fixed_order *f)
{
    const struct site *s = f->site;
    for (int i = 0; i < (int)s->n_switches; i++) {
        const struct site_switch *of = &s->switches[i];
        if (of->load >= 0 && of->tier != TIER_LIFELINE)
            put_in_order(f, (struct circuit){.load = of->load, .of_switch = i, .tier = of->tier, .share = of->share});
    }
    for (int l = 0; l < (int)s->n_loads; l++)
        for (int t = TIER_IMPORTANT; t < TIER_COUNT; t++)
            for (int part = 0; part < PARTS && s->loads[l].sheddable[t] && is_limited(s, l); part++)
                put_in_order(f, (struct circuit){.load = l,
                                                 .of_switch = -1,
                                                 .tier = (enum load_tier)t,
                                                 .share = s->loads[l].tier_share[t] / PARTS});
    f->served = f->n_circuits;
}

int fixed_order_new(const struct site *site, const struct fixed_order_steps *steps, struct fixed_order **ret_order)
{
    struct fixed_order *f = calloc(1, sizeof *f);
    if (!f)
        return AEMS_E_NOMEM;
    *f = (struct fixed_order){.site = site, .steps = *steps};
    f->circuits = calloc(site->n_switches + PARTS * TIER_COUNT * site->n_loads + 1, sizeof *f->circuits);
    if (!f->circuits) {
        fixed_order_free(f);
        return AEMS_E_NOMEM;
    }
    find_circuits(f);
    *ret_order = f;
    return 0;
}

void fixed_order_free(struct fixed_order *f)
{
    if (!f)
        return;
    free(f->circuits);
    free(f);
}

// ---- looking ------------------------------------------------------------------------------------------------------

static const struct plant_asset *at(const struct fixed_order *f, const struct plant_model *m, const char *id)
{
    return plant_model_asset(m, site_find_asset(f->site, id));
}

// Of all batteries together, between their limits.
static double charge_frac(const struct fixed_order *f, const struct plant_model *m)
{
    double stored_wh = 0.0, room_wh = 0.0;
    for (size_t i = 0; i < f->site->n_batteries; i++) {
        const struct site_battery *b = &f->site->batteries[i];
        stored_wh += at(f, m, b->id)->energy_wh - b->soc_min_frac * b->capacity_wh;
        room_wh += (b->soc_max_frac - b->soc_min_frac) * b->capacity_wh;
    }
    return room_wh > 0.0 ? clamp(stored_wh / room_wh, 0.0, 1.0) : 0.0;
}

static bool is_on(const struct fixed_order *f, size_t circuit, size_t served)
{
    return circuit < served && !f->circuits[circuit].too_much;
}

// What a load would draw with the first `served` circuits on.
static double load_w(const struct fixed_order *f, const struct plant_model *m, int load, size_t served)
{
    double on_frac = 1.0;
    for (size_t c = 0; c < f->n_circuits; c++)
        if (f->circuits[c].load == load && !is_on(f, c, served))
            on_frac -= f->circuits[c].share;
    return at(f, m, f->site->loads[load].id)->natural_w * fmax(on_frac, 0.0);
}

// Likewise all at a bus; -1: of the area.
static double drawn_w(const struct fixed_order *f, const struct plant_model *m, int bus, size_t served)
{
    double sum_w = 0.0;
    for (size_t i = 0; i < f->site->n_loads; i++)
        if (bus < 0 || f->site->loads[i].bus == bus)
            sum_w += load_w(f, m, (int)i, served);
    return sum_w;
}

static double sun_w(const struct fixed_order *f, const struct plant_model *m, int bus)
{
    double sum_w = 0.0;
    for (size_t i = 0; i < f->site->n_pvs; i++)
        if (bus < 0 || f->site->pvs[i].bus == bus)
            sum_w += at(f, m, f->site->pvs[i].id)->power_w;
    return sum_w;
}

// ---- who is served --------------------------------------------------------------------------------------------------

static size_t served_at(const struct fixed_order *f, double soc_frac, double fuel_frac)
{
    const struct fixed_order_steps *s = &f->steps;
    size_t others = f->n_circuits - f->n_important;
    if (soc_frac < s->important_frac)
        return 0;
    double share = clamp((soc_frac - s->low_frac) / fmax(s->high_frac - s->low_frac, 1e-6), 0.0, 1.0);
    size_t served = f->n_important + (size_t)floor(share * (double)others + 1e-9);
    double most = fuel_frac < s->fuel_second ? s->most_second : fuel_frac < s->fuel_first ? s->most_first : 1.0;
    size_t most_served = (size_t)lround(most * (double)f->n_circuits);
    return served < most_served ? served : most_served;
}

// What can be given at a bus within the next moments, without its loads: by its batteries, engine and sun, and by what
// its lines bring now; a bus that has nothing else is brought as much as they can carry.
static double supply_w(const struct fixed_order *f, const struct plant_model *m, int bus)
{
    const struct site *s = f->site;
    double own_w = 0.0, brought_w = 0.0, carried_w = 0.0;
    for (size_t i = 0; i < s->n_batteries; i++)
        own_w += s->batteries[i].bus == bus ? spare * s->batteries[i].max_discharge_w : 0.0;
    if (s->generators[0].bus == bus)
        own_w += fmin(at(f, m, s->generators[0].id)->power_w + raise_w, s->generators[0].max_power_w);
    for (size_t i = 0; i < s->n_ties; i++) {
        const struct site_tie *t = &s->ties[i];
        const struct plant_asset *a = at(f, m, t->id);
        brought_w += t->to == bus ? a->power_w : t->from == bus ? a->from_power_w : 0.0;
        carried_w += t->to == bus || t->from == bus ? line_use * t->limit_w * (1.0 - t->loss_frac) : 0.0;
    }
    return own_w > 0.0 ? own_w + sun_w(f, m, bus) + brought_w : carried_w;
}

static void spare_buses(struct fixed_order *f, const struct plant_model *m, size_t most)
{
    for (size_t c = 0; c < f->n_circuits; c++)
        f->circuits[c].too_much = false;
    for (size_t c = most; c-- > 0;) {
        int bus = f->site->loads[f->circuits[c].load].bus;
        f->circuits[c].too_much = drawn_w(f, m, bus, most) > supply_w(f, m, bus);
    }
}

static void carry_out(const struct fixed_order *f, struct plant_model *m)
{
    for (size_t i = 0; i < f->n_circuits; i++)
        if (f->circuits[i].of_switch >= 0)
            plant_model_switch(m, f->circuits[i].of_switch, is_on(f, i, f->served));
    for (size_t l = 0; l < f->site->n_loads; l++) {
        double off_frac = 0.0;
        for (size_t i = 0; i < f->n_circuits; i++)
            if (f->circuits[i].load == (int)l && f->circuits[i].of_switch < 0 && !is_on(f, i, f->served))
                off_frac += f->circuits[i].share;
        int asset = site_find_asset(f->site, f->site->loads[l].id);
        if (off_frac > 0.0)
            plant_model_command(m, asset, -load_w(f, m, (int)l, f->served));
        else
            plant_model_release(m, asset);
    }
}

static void serve(struct fixed_order *f, struct plant_model *m)
{
    double soc = charge_frac(f, m),
           fuel = plant_model_fuel_frac(m, site_find_asset(f->site, f->site->generators[0].id));
    size_t down = served_at(f, soc, fuel), up = served_at(f, soc - back_frac, fuel);
    size_t served = f->served > down ? down : f->served < up ? up : f->served;
    spare_buses(f, m, served);
    f->switchings += (unsigned)labs((long)served - (long)f->served);
    f->served = served;
    carry_out(f, m);
}

// ---- who gives ------------------------------------------------------------------------------------------------------

// Most that the engine may give: what is drawn at its bus, what lines carry off, and what its battery takes.
static double taken_w(const struct fixed_order *f, const struct plant_model *m)
{
    const struct site *s = f->site;
    int bus = s->generators[0].bus;
    double sum_w = drawn_w(f, m, bus, f->served) - sun_w(f, m, bus);
    for (size_t i = 0; i < s->n_batteries; i++) {
        const struct site_battery *b = &s->batteries[i];
        bool full = at(f, m, b->id)->energy_wh >= (b->soc_max_frac - full_frac) * b->capacity_wh;
        sum_w += b->bus == bus && !full ? spare * b->max_charge_w : 0.0;
    }
    for (size_t i = 0; i < s->n_ties; i++) {
        const struct site_tie *t = &s->ties[i];
        int other = t->from == bus ? t->to : t->from;
        double most_w = t->from != bus && t->to != bus ? 0.0 : t->limit_w, room_w = drawn_w(f, m, other, f->served);
        for (size_t k = 0; k < s->n_batteries; k++)
            room_w += s->batteries[k].bus == other ? spare * s->batteries[k].max_charge_w : 0.0;
        sum_w += fmin(most_w, room_w);
    }
    return sum_w;
}

static double engine_w(struct fixed_order *f, const struct plant_model *m, double soc_frac)
{
    const struct site_generator *g = &f->site->generators[0];
    if (soc_frac >= f->steps.full_frac)
        f->follows = true;
    else if (soc_frac < f->steps.full_frac - follows_until_frac)
        f->follows = false;
    double load_w = drawn_w(f, m, -1, f->served) - sun_w(f, m, -1);
    return clamp(fmin(f->follows ? load_w : g->max_power_w, taken_w(f, m)), g->min_power_w, g->max_power_w);
}

// What is over at the engine's bus goes to both batteries by their size, and beside that to where less is in store.
static void share_out(const struct fixed_order *f, struct plant_model *m, double engine_now_w)
{
    const struct site *s = f->site;
    const struct site_generator *g = &s->generators[0];
    const struct site_battery *here = s->batteries[0].bus == g->bus ? &s->batteries[0] : &s->batteries[1];
    const struct site_battery *there = here == &s->batteries[0] ? &s->batteries[1] : &s->batteries[0];
    for (size_t i = 0; i < s->n_ties; i++) {
        const struct site_tie *t = &s->ties[i];
        int other = t->from == g->bus ? t->to : t->from;
        double wants_w = drawn_w(f, m, other, f->served) - sun_w(f, m, other);
        if (other == there->bus) {
            double over_w = engine_now_w - drawn_w(f, m, -1, f->served) + sun_w(f, m, -1);
            double uneven =
                at(f, m, there->id)->energy_wh / there->capacity_wh - at(f, m, here->id)->energy_wh / here->capacity_wh;
            double here_w = over_w * here->capacity_wh / (here->capacity_wh + there->capacity_wh) +
                            2.0 * uneven * here->max_charge_w;
            wants_w += over_w - clamp(here_w, -spare * here->max_discharge_w, spare * here->max_charge_w);
        }
        wants_w = clamp(wants_w, -t->limit_w, t->limit_w);
        plant_model_command(m, site_find_asset(s, t->id), t->from == g->bus ? wants_w : -wants_w);
    }
    for (size_t i = 0; i < s->n_batteries; i++)
        plant_model_command(m, site_find_asset(s, s->batteries[i].id), 0.0); // they hold their buses
}

// What does not fit into full batteries is not taken from the sun: the physics sees to that.
void fixed_order_act(struct fixed_order *f, struct plant_model *m)
{
    serve(f, m);
    int engine = site_find_asset(f->site, f->site->generators[0].id);
    double wanted_w = engine_w(f, m, charge_frac(f, m));
    plant_model_command(m, engine, wanted_w);
    share_out(f, m, plant_model_asset(m, engine)->power_w);
}

unsigned fixed_order_switchings(const struct fixed_order *f)
{
    return f->switchings;
}
