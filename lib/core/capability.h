// SPDX-License-Identifier: GPL-3.0-or-later
// What each source could do beside the plan, step by step: the ground that capability.c builds on. For this room.
#pragma once

#include "core/dr.h"
#include "core/internal.h"

// Of a source in a step of the plan. What is given up (or taken) beside the plan has to be made up for afterwards: a
// shortage (or excess) of energy at the end of the step is bearable as far as there is power and room to do so in time.
struct leeway_side {
    float power_w;     // beside the plan, at the bus, >= 0
    float slack_wh;    // of shortage or excess that is bearable at the end of the step itself
    float bearable_wh; // and that can still be made up for by the steps that follow
};

enum side { SIDE_DOWN, SIDE_UP, SIDE_COUNT }; // less import, more import

struct source {
    enum asset_kind kind; // ASSET_KIND_COUNT: an offer of a building
    int asset, of_kind;   // -1 and the building
    int offer;            // -1: an asset
    int bus;
    double weight_w;         // its part of what a bus has room for, beside that of others
    double stored_per_given; // Wh in store for a Wh at the bus, at most
    bool follows_plan;       // it can do without what it would draw, whenever that is; else one power all the time
    bool whole;              // all of that, or nothing: it has a lowest power
    double least_w;          // less of it cannot be had (a generator that stands still)
    int64_t ready_utc_ms;    // not before
    double start_cost;
    double merit[SIDE_COUNT]; // mean price: the order in which sources are used
};

struct capability_book {
    struct source *sources;
    size_t n_sources, most_sources;
    struct leeway_side *leeways;           // most_sources x most_steps x SIDE_COUNT
    double *bus_room_w[SIDE_COUNT];        // n_buses x most_steps: how much less, and more, its grids can carry
    double *bus_weight_w;                  // sum of its sources'
    double *group_room_w, *group_weight_w; // n_groups x most_steps; n_groups
    double *wobble_w;       // per step: how far what nobody sets may be off its mean in a part of the step
    double *used_w;         // n_buses x WINDOW_STEPS
    int *order[SIDE_COUNT]; // of sources, cheapest first
    size_t most_steps;
    uint64_t looked_mono_ms;
    int64_t plan_made_utc_ms;
    struct capability_slot published[CAPABILITY_SLOTS];
    size_t n_published;
};

enum { WINDOW_STEPS = 160 }; // steps within the longest time that is promised

static inline struct leeway_side *leeway_of(const struct capability_book *b, size_t source, size_t step, enum side side)
{
    return &b->leeways[(source * b->most_steps + step) * SIDE_COUNT + side];
}

static inline int64_t capability_step_end_ms(const struct schedule *s, size_t k)
{
    return s->start_utc_ms[k] + (int64_t)(s->hours[k] * 3600e3 + 0.5);
}

// capability_rooms.c: what buses and breakers have room for beside the plan, and the part of one source of it, W; all
// of them may want to make up for something at the same time.
void capability_fill_rooms(const struct engine *e, struct capability_book *b);
double capability_bus_share_w(const struct capability_book *b, const struct source *s, size_t step, enum side side);
double capability_group_share_w(const struct engine *e, const struct capability_book *b, const struct site_flexible *f,
                                size_t step); // room for more

// capability_sources.c: fills sources, rooms and leeways for the plan in force.
void capability_fill(const struct engine *e, struct capability_book *b, struct instant now);

// What a kWh of it costs in a step of the plan, beside what it saves or costs at the bus.
double capability_cost_per_kwh(const struct engine *e, const struct source *s, size_t step, enum side side);
