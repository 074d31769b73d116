// SPDX-License-Identifier: GPL-3.0-or-later
// Outages inside the engine: what is known of the grid, the islands' states, their switches, who is served, who forms,
// and for how long it would last. For the files of this room; one group of functions a file.
#pragma once

#include "core/engine.h"
#include "outage/restart.h"

struct switch_state {
    bool wanted_closed; // as it is to be told, or was; true at first
    bool told;          // since the program runs, or as restored
    uint64_t told_mono_ms;
    struct value seen; // feedback: 1 closed
    bool disobeys;     // it was told, and its feedback says otherwise for longer than it may take
    double power_w;    // that flowed behind it when it was last closed, by its share of what its load drew
    int64_t since_utc_ms;
};

struct island_book {
    struct sense sense;
    struct island island;
    struct restart restart;
    int forming; // asset, -1 nobody or the grid
    bool lives;
    int64_t since_utc_ms;  // of the state
    uint64_t shed_mono_ms; // when loads were last shed at once
    int serving;           // item of shedding that is coming back, -1 none
};

struct outage_book {
    struct island_book *islands;   // as site->islands
    struct switch_state *switches; // as site->switches
    struct outage_word words[ENGINE_MAX_WORDS];
    size_t n_words;
    uint64_t journal_number;       // of the last entry
    struct journal_entry *waiting; // ring of entries that were not given out yet
    size_t first_waiting, n_waiting;
    int64_t since_utc_ms; // of the outage that is on; NEVER_MS: none
    double *served_w;     // per load: what of it may be drawn, for those with a device that limits it;
                          // INFINITY: all
    double autonomy_h[TIER_COUNT];
    int64_t told_utc_ms; // when autonomy was last reckoned
};

// ---- islanding.c: sense, states, what follows from them -------------------------------------------------------------

int outage_start(struct engine *e); // AEMS_E_NOMEM; nothing where the site has no islands
void outage_free(struct engine *e);
// After every reading that can tell of the grid, and once a tick. True when a grid was lost just now: the caller
// regulates at once.
bool outage_sense(struct engine *e, struct instant now);
void outage_tick(struct engine *e, struct instant now);
bool bus_is_alone(const struct engine *e, int bus);  // its island is not connected
bool grid_is_lost(const struct engine *e, int grid); // grid_state.away, or its island is not connected
void journal(struct engine *e, int island, const char *format, ...) __attribute__((format(printf, 3, 4)));

// ---- outage_words.c: warnings, planned outages, what operators forbid and force -------------------------------------

int outage_consume(struct engine *e, const struct event *event); // EVENT_OUTAGE
void words_expire(struct engine *e, struct instant now);
// Is this connection expected to be away at any time within [from, to)? By what is on now and by planned outages.
bool outage_expected(const struct engine *e, int grid, int64_t from_utc_ms, int64_t to_utc_ms, int64_t now_utc_ms);
// State of charge that is kept for an outage that somebody warned of, 0-1; 0: none did. Of planned outages, alerts of
// demand response (grid emergency) and warnings.
double outage_reserve_frac(const struct engine *e, int64_t utc_ms);
// Until when the supply is to last, lifelines included; NEVER_MS: no outage is on.
int64_t outage_horizon_ms(const struct engine *e, int64_t now_utc_ms, bool lifelines);

// ---- switching.c: relays, contactors, breakers ----------------------------------------------------------------------

void switch_want(struct engine *e, int of_switch, bool closed, struct instant now); // told, and told again until it is
void switches_tick(struct engine *e, struct instant now);
bool switch_is_open(const struct engine *e, int of_switch); // seen, or where nobody can see, told
double switch_power_w(const struct engine *e, int of_switch, struct instant now);
struct action switch_action(const struct engine *e, int device); // ACTION_WRITE of 1 or 0

// ---- serving.c: who is served ---------------------------------------------------------------------------------------

// At once, from measured powers: the island's deficit is shed by the order of tiers.
void serving_shed(struct engine *e, int island, double deficit_w, struct instant now);
void serving_tick(struct engine *e, struct instant now); // by the plan, with hysteresis; by rule without one
// Items of an island in a fixed order: its switches, then its limited loads' tiers, chargers and flexible loads.
// `ret_items` has room for SITE_MAX_SWITCHES + SITE_MAX_ASSETS * TIER_COUNT; returns their number.
size_t serving_items(const struct engine *e, int island, struct instant now, struct shed_item *ret_items);
void serving_set(struct engine *e, int island, int item, bool served, struct instant now);
// How much of what a load wants is switched off or limited away now, 0-1: a forecast must not learn it as its habit.
double serving_shed_frac(const struct engine *e, int load);

// ---- forming.c: the asset that holds an island stands where the grid stood ------------------------------------------

int forming_asset(const struct engine *e, int bus); // -1: the grid, or nobody
void forming_refresh(struct engine *e, struct instant now);
// What it may give (> 0) and take (< 0) now, headroom, state of charge and fuel taken into account, W.
void forming_limits(const struct engine *e, int island, struct instant now, double *ret_low_w, double *ret_high_w);

// ---- enduring.c: autonomy
// ---------------------------------------------------------------------------------------------

void enduring_tick(struct engine *e, struct instant now); // once a minute
