// SPDX-License-Identifier: GPL-3.0-or-later
// Outages inside the engine: what is known of the grid, the islands' states, their switches, who is served, who forms,
// and for how long it would last. For the files of this room; one group of functions a file.
#pragma once

#include "core/engine.h"
#include "outage/restart.h"
#include "outage/shedding.h"
#include "outage/waits.h"

struct switch_state {
    int next_of_load;           // chain of a load's switches, -1 end
    int device;                 // that it is, -1 none
    bool wanted_closed;         // as it is to be told, or was; true at first
    bool told;                  // since the program runs, or as restored
    bool obeyed;                // it has been seen so since; what then differs is the work of hands
    uint64_t told_mono_ms;      // the last time
    bool has_seen, seen_closed; // last feedback that can be believed, however old
    bool disobeys;              // it was told, and its feedback says otherwise for longer than it may take
    uint64_t steady_mono_ms;    // since when the feedback is what it is
    uint64_t worn_mono_ms;      // each closing moves this on by the dwell time, see switch_rests
    uint64_t named_mono_ms;     // when the journal last had it that it does not obey; 0: never
    double power_w;             // that flowed behind it when it was last closed, by its share of what its load drew
    int64_t since_utc_ms;
    uint64_t changed_mono_ms; // when it was last told something else; 0: long ago
};

enum served_part { SERVED_ALL, SERVED_PART, SERVED_NONE, SERVED_PART_COUNT };

struct serving {              // of an island, by the plan
    double carry_wh;          // left of the budget lately, or exceeded (< 0)
    uint64_t budget_mono_ms;  // until when that is reckoned; 0: not yet
    uint64_t looked_mono_ms;  // last look at who is to be served; 0: none yet
    double room_w;            // left by who forms below its limit, for what is to come back; 0: none
    uint64_t asked_mono_ms;   // when that was first asked for, the last time; 0: never
    bool waits;               // something is to come back as soon as it may
    enum load_tier last_tier; // the least important that may be served
};

struct served_told { // as the journal has it of an island's tiers
    enum served_part parts[TIER_COUNT];
    uint64_t mono_ms[TIER_COUNT]; // when it was last as bad as that; 0: not since
};

struct island_book {
    struct sense sense;
    struct island island;
    struct restart restart;
    int forming; // asset, -1 nobody or the grid
    bool lives;
    bool heard;                // any witness of its grid ever spoke
    int64_t since_utc_ms;      // of the state
    unsigned waits_told;       // of forced states, a bit each: what it waits for is in the journal
    uint64_t lost_mono_ms;     // when the grid was last lost; 0: never
    double import_w;           // of its connection, last seen while it could be relied upon
    double needs_w;            // that is to come in over ties lest it fail with its grid; 0: it bears that
    uint64_t needed_mono_ms;   // when it was last seen to need as much
    double shed_w;             // of what was drawn then, what was shed or paused at once
    uint64_t dispute_mono_ms;  // since when witnesses have contradicted each other, now and then at least
    uint64_t disputed_mono_ms; // when they last did; 0: never
    uint64_t stuck_mono_ms;    // when its breaker last did not do what it was told; 0: never
    uint64_t shed_mono_ms;     // when loads were last shed at once
    double clear_w;            // what others give at the island is to be so much less: a circuit goes by plan
    uint64_t clear_mono_ms;    // until then
    struct serving by_plan;
    struct served_told told;
    uint64_t served_mono_ms;      // when something last came back
    int first_witness;            // chain of devices that tell of its grid, -1 none
    uint64_t seen_mono_ms;        // when the forming asset was last seen to hold
    bool trips[SITE_MAX_FORMING]; // of forming assets: it was tried and did not hold
    uint64_t tripped_mono_ms[SITE_MAX_FORMING];
};

enum {
    JOURNAL_MAX_WAITING = 128,
    OUTAGE_TELL_MS = 60 * 1000,
    WITNESSES_SILENT_MS = 60 * 1000, // no witness at all for so long: the grid counts as gone
    SERVING_MAX_ITEMS = SITE_MAX_SWITCHES + SITE_MAX_ASSETS * TIER_COUNT, // of an island
};

struct outage_book {
    struct island_book *islands;   // as site->islands; NULL: nobody looks after outages here
    struct switch_state *switches; // as site->switches
    int *first_switch;             // per load: chain of its switches, -1 none
    struct outage_word words[ENGINE_MAX_WORDS];
    size_t n_words;
    uint64_t journal_number;       // of the last entry
    uint64_t saved_number;         // last entry that a save has taken along, given out or not
    struct journal_entry *waiting; // ring of entries that were not given out yet
    size_t first_waiting, n_waiting;
    int64_t since_utc_ms; // of the outage that is on; NEVER_MS: none
    unsigned *limited;    // per load: tiers, a bit each, that its device limits away
    double *served_w;     // per load: what of it may be drawn for that; INFINITY: all
    double *spare_w;      // per load: so much of what is limited away is served all the same
    double *brought_w;    // per tie: while there is a grid, what it is to bring in at least, as it arrives: > 0 at the
                          // end where it ends, < 0 where it begins
    bool *paused;         // per asset: a charger or flexible load that is to stand still
    double autonomy_h[TIER_COUNT];
    struct enduring *enduring; // room to reckon autonomy in
    int64_t told_utc_ms;       // when it was last said
    uint64_t journal_mono_ms;  // up to when the journal's ration is used up; 0: not at all
    uint64_t left_out;         // entries that found no room in it
    uint64_t woke_mono_ms;     // after a stall of the machine or of the program; 0: there was none
    int64_t now_utc_ms;        // of the event that is being worked on, for the journal
    char remark[1024];         // on the last word, see engine_last_remark: a sentence for each of some islands
};

// ---- islanding.c: begin, end, and the look at each island -----------------------------------------------------------

int outage_start(struct engine *e, struct instant now); // AEMS_E_NOMEM; nothing where the site has no islands
void outage_free(struct engine *e);
// After a device's readings that can tell of the grid. True when something changed that regulation must answer at once:
// a grid was lost just now.
bool outage_hears(struct engine *e, int device, struct instant now);
void outage_tick(struct engine *e, struct instant now);
// What a state that is forced waits for.
enum island_wait outage_waits_for(const struct engine *e, int island, enum island_state forced, struct instant now);
bool bus_is_alone(const struct engine *e, int bus);                                 // its island is not connected
bool bus_hangs_on_dead_grid(const struct engine *e, int bus, uint64_t now_mono_ms); // nothing new is told there
bool grid_is_lost(const struct engine *e, int grid); // grid_state.away, or its island is not connected

// ---- witnesses.c: who tells of an island's grid ---------------------------------------------------------------------

int witness_of_island(const struct engine *e, int device); // whose grid it tells of, -1 none's
struct sense_reading witnesses_read(const struct engine *e, int island, uint64_t now_mono_ms);
bool witnesses_speak(const struct sense_reading *reading); // anybody at all
struct sense_settings witness_settings(const struct engine *e, int island);
uint64_t outage_wait_ms(const struct engine *e, int island,
                        struct instant now); // of the stable time; see sense_wait_ms and island_rest_ms

// ---- entering.c: what follows from a new state ----------------------------------------------------------------------

void island_enter(struct engine *e, int island, const struct island_step *step, struct instant now);
void island_tell_breaker(struct engine *e, int island, struct instant now);
// Never onto a grid that is away or in doubt, and never but to connect.
bool breaker_may_close(const struct engine *e, int island);

// ---- restarting.c: a black island comes up again --------------------------------------------------------------------

struct restart_settings outage_restart_settings(const struct engine *e);
// As far as they obey: those that do not in time are known not to.
bool island_switches_stand_open(const struct engine *e, int island, struct instant now);
void island_restart(struct engine *e, int island, struct instant now); // a step on, in ISLAND_RESTARTING

// ---- bus_life.c -----------------------------------------------------------------------------------------------------

bool bus_lives(struct engine *e, int island, struct instant now); // as far as anybody can say
bool somebody_can_form(const struct engine *e, int island, struct instant now);
// Just started, or awake again: what is not known yet is not believed to be lost.
bool outage_looks_around(const struct engine *e, uint64_t now_mono_ms);
uint64_t outage_stall_ms(const struct engine *e); // ticks further apart than this: nothing was heard meanwhile
// At a tick, before anything is judged: so long after the last, and by so much UTC moved on its own.
void outage_notice_gap(struct engine *e, uint64_t gap_ms, double drift_ms, struct instant now);

// ---- journal.c ------------------------------------------------------------------------------------------------------

// Entries are numbered without a gap, and none twice, over any restart: an entry is given out after a save has taken it
// along, and those that a restart finds in what was saved are given out once more under their own number.
void journal_step(struct engine *e, int island, enum island_state from, enum island_state to, const char *cause);
void journal(struct engine *e, int island, const char *format, ...) __attribute__((format(printf, 3, 4)));
// Never left out. `island` may be -1, of all.
void journal_always(struct engine *e, int island, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool journal_take(struct engine *e, struct journal_entry *ret_entry); // false: none, or it has to be saved first
const struct journal_entry *journal_waiting(const struct engine *e, size_t index); // index < n_waiting, oldest first

// ---- outage_words.c: warnings, planned outages, what operators forbid and force -------------------------------------

int outage_consume(struct engine *e, const struct event *event); // EVENT_OUTAGE
// What cannot be a word of this site, for people; NULL: it can.
const char *word_fault(const struct engine *e, const struct outage_word *word);
const char *word_kind_name(enum outage_word_kind kind); // "warn", "plan", ...
// forcing.c: what forced states wait for is told once, and in the answer to whoever forces them.
void forced_tick(struct engine *e, struct instant now);
void forced_is_said(struct engine *e, const struct outage_word *word, bool anew, struct instant now);
// words_journal.c: who said what of which island, until when; that it is over; and who took it back.
void word_is_said(struct engine *e, const struct outage_word *word, const struct outage_word *former); // NULL: none
void word_is_over(struct engine *e, const struct outage_word *word);
void word_is_taken_back(struct engine *e, const struct outage_word *word, const struct outage_word *by);
void words_expire(struct engine *e, struct instant now);
// Is this connection expected to be away at any time within [from, to)? By what is on now and by planned outages.
bool outage_expected(const struct engine *e, int grid, int64_t from_utc_ms, int64_t to_utc_ms, int64_t now_utc_ms);
// State of charge that is kept for an outage that somebody warned of, 0-1; 0: none did. Of planned outages, alerts of
// demand response (grid emergency) and warnings.
double outage_reserve_frac(const struct engine *e, int64_t utc_ms);
// Until when the supply is to last, lifelines included; NEVER_MS: no outage is on.
int64_t outage_horizon_ms(const struct engine *e, int64_t now_utc_ms, bool lifelines);
bool outage_return_is_said(const struct engine *e, int64_t now_utc_ms); // of every island that is alone, by a word
// What operators say to an island's transitions now.
struct island_orders outage_orders(const struct engine *e, int island, int64_t utc_ms);

// ---- outage_saving.c, image_outage.c, adopt_outage.c ----------------------------------------------------------------

int outage_saved(const struct engine *e, char **ret_json); // AEMS_E_NOT_FOUND, AEMS_E_NOMEM; owned by the caller
int outage_restore(struct engine *e, const char *json, struct instant now);
void outage_adopt(struct engine *e, const struct engine *former);

// ---- switching.c: relays, contactors, breakers ----------------------------------------------------------------------

void switch_hears(struct engine *e, int of_switch, uint64_t now_mono_ms);           // its device was read
void switch_want(struct engine *e, int of_switch, bool closed, struct instant now); // told, and told again until it is
// A breaker that was told to open and is not to be told so any more, because the grid was back before.
void switch_forget(struct engine *e, int of_switch);
bool switch_rests(const struct engine *e, int of_switch, uint64_t now_mono_ms); // closed too often lately
void switches_tick(struct engine *e, struct instant now);
bool switch_is_open(const struct engine *e, int of_switch); // seen, or where nobody can see, told
bool switch_reachable(const struct engine *e, int of_switch);
double switch_power_w(const struct engine *e, int of_switch, struct instant now);
double load_natural_w(const struct engine *e, int load, struct instant now); // what it would draw with nothing shed
struct action switch_action(const struct engine *e, int device);             // ACTION_WRITE of 1 or 0

// ---- serving.c, serving_items.c: who is served ----------------------------------------------------------------------

// At once, from measured powers: the island's deficit is shed by the order of tiers. Returns what that takes off, W.
double serving_shed(struct engine *e, int island, double deficit_w, struct instant now);
// helping.c: what islands are short of beyond all that was shed there, others shed that can send it to them.
void serving_help(struct engine *e, struct instant now);
void serving_tick(struct engine *e, struct instant now); // by the plan, with hysteresis; by rule without one
// Items of an island in a fixed order: its switches, then its limited loads' tiers (those without switches), chargers
// and flexible loads.
// `ret_items` has room for SERVING_MAX_ITEMS; returns their number.
size_t serving_items(const struct engine *e, int island, struct instant now, struct shed_item *ret_items);
// What an item is: a switch (else -1), the load, charger or flexible load, and its tier.
void serving_name(const struct engine *e, int island, int item, int *ret_switch, int *ret_asset,
                  enum load_tier *ret_tier);
// Most that may be drawn from a connection when something comes back after an outage.
double serving_grid_room_w(const struct engine *e, int grid, struct instant now);
void serving_set(struct engine *e, int island, int item, bool served, struct instant now);
int serving_limited_load(const struct engine *e, int island,
                         int item); // whose device serves this item in part; -1 none
int serving_paused_asset(const struct engine *e, int island, int item); // charger or flexible load that it is; -1 none
// What may come back now, W: in all, and `ret_step_w` at once.
double serving_room_w(const struct engine *e, int island, struct instant now, double *ret_step_w);
void serving_follow_plan(struct engine *e, int island, struct instant now); // serving_plan.c
// serving_tell.c: the journal has of tiers what is news to whoever has read it so far.
void serving_tell(struct engine *e, int island, struct instant now);
void serving_tell_all(struct engine *e, int island);                      // nothing is off any more
void serving_take_note(struct engine *e, int island, struct instant now); // what another entry says, or one of before
// How much of what a load wants is switched off or limited away now, 0-1: a forecast must not learn it as its habit.
double serving_shed_frac(const struct engine *e, int load);
double serving_limited_frac(const struct engine *e, int load); // of that, what a limit of its device takes
double serving_left_w(const struct engine *e, int load);       // what that limit leaves of it, >= 0; INFINITY: all
// Which share of all that a load wants `io_drawn_w` is. What is drawn under a limit that binds may still be on its way
// down, or be spare: it is set to what the limit reckons with.
double serving_seen_frac(const struct engine *e, int load, double *io_drawn_w);
double serving_tier_shed_frac(const struct engine *e, int load, enum load_tier tier); // the same of one tier

// ---- forming.c: the asset that holds an island stands where the grid stood ------------------------------------------

int forming_asset(const struct engine *e, int bus); // -1: the grid, or nobody
void forming_refresh(struct engine *e, struct instant now);
bool asset_forms(const struct engine *e, int asset);                              // an island
double forming_setpoint_w(const struct engine *e, int asset, struct instant now); // what it is told meanwhile
// What it may give (> 0) and take (< 0) now, headroom, state of charge and fuel taken into account, W.
void forming_limits(const struct engine *e, int island, struct instant now, double *ret_low_w, double *ret_high_w);
void forming_limits_of(const struct engine *e, int island, int asset, struct instant now, double *ret_low_w,
                       double *ret_high_w);                               // if that one formed it
int forming_next(const struct engine *e, int island, struct instant now); // who would if the grid were lost now, or -1
// What flows from it as well as can be told: until it was read again after a loss, what it gave and what the grid did.
double forming_power_w(const struct engine *e, int island);
bool forming_can(const struct engine *e, int island, int candidate, struct instant now); // index into its forming
bool forming_holds(const struct engine *e, int island, int asset, struct instant now);   // it does, as far as is known
bool forming_is_silent(const struct engine *e, int asset, struct instant now);           // out of reach, no more
void forming_trips(struct engine *e, int island, struct instant now);                    // it did not hold
// What the forming asset and others at the island cannot take over at once when the grid is lost now, W; >= 0.
double forming_deficit_w(const struct engine *e, int island, struct instant now);

// A battery, an engine or a plant at the bus, not the one who forms, whose power is known.
bool gives_beside(const struct engine *e, int asset, int bus, int forming, struct instant now);

// ---- surviving.c: an island on the grid could do without it in the next second --------------------------------------

// Before each regulation step: what is missing where lifelines are too much for who forms, and which ties bring it in
// from neighbours that can spare it with or without their own grids. With hysteresis, and from nothing that a tie's own
// flow changes.
void surviving_refresh(struct engine *e, struct instant now);
// Most that a tie may take out of a bus, >= 0; INFINITY: there is no bound.
double surviving_export_w(const struct engine *e, int tie, int bus, struct instant now);
// Least that a tie is to bring into a bus, as it arrives, >= 0; it is possible for both ends, but for no longer than
// this step. Not more than surviving_export_w at the other end.
double surviving_import_w(const struct engine *e, int tie, int bus);
// Who is kept within what it can give by a tie that carries no more than that; -1: that is not what it is for.
int surviving_for(const struct engine *e, int tie, double power_w, struct instant now);
// What no switch takes off beyond what the one who forms can give and what such ties do bring in, W; 0: the island
// would go on.
double surviving_short_w(const struct engine *e, int island, struct instant now);

// ---- enduring.c: autonomy -------------------------------------------------------------------------------------------

int enduring_start(struct engine *e); // AEMS_E_NOMEM
void enduring_free(struct engine *e);
void enduring_tick(struct engine *e, struct instant now);            // a little of it each tick, said once a minute
double outage_stored_wh(const struct engine *e, struct instant now); // that can be taken out, at the bus
double outage_fuel_wh(const struct engine *e);                       // electric; INFINITY: it does not end
