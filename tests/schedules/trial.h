// SPDX-License-Identifier: GPL-3.0-or-later
// Outages by the dice: a small area that is drawn, what happens to it, the real engine between them and the physics of
// the simulated area, and what may never be, looked at after every step. The same for the same seed.
//
//     trial_run(seed, &options, &figures);   // figures.broken: what was wrong, and when
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/engine.h"
#include "simulate/model.h"
#include "simulate/noise.h"

struct trial_options {
    FILE *talk; // everything that happens; NULL: nobody listens
    bool plans; // some areas ask the real planner, which takes its time
};

// Why an island went black, see causes.c. Physics, or what was drawn to fail, down to the line.
enum black_cause {
    BLACK_DEAD_GRID,   // its breaker stayed closed
    BLACK_TRIPPED,     // who held it, or would have, and there was nobody else
    BLACK_EMPTY,       // likewise
    BLACK_STOOD_STILL, // nobody but engines that did not run
    BLACK_NEIGHBOUR,   // it hung on an island that is black
    BLACK_TOO_MUCH,    // more than can be borne, whatever is shed, curtailed or given beside
    BLACK_UNATTENDED,  // the program was away, or had just begun
    BLACK_DEVICE,      // one of its devices was not well
    // ---- the rest is to be looked at
    BLACK_FED_NEIGHBOUR, // who is held over a tie took too much
    BLACK_AT_ONCE,       // in the step in which the grid went
    BLACK_UNTOLD,        // a battery that could hold it was not steered
    BLACK_LACK,          // who held it could have borne it, with all shed that can be, or others giving more
    BLACK_SURPLUS,       // likewise, with others giving less
    BLACK_CAUSE_COUNT
};
const char *black_cause_name(enum black_cause cause);

struct trial_figures {
    unsigned black[BLACK_CAUSE_COUNT];
    unsigned steps, islandings, blackouts, restarts, connections, kills, entries, plans, unserved;
    unsigned late, strays, clocks, reloads;
    char broken[256]; // empty: all was as it must be
    int64_t broken_step;
};

// AEMS_E_NOMEM, or an area that was drawn wrongly (told on stderr).
int trial_run(uint64_t seed, const struct trial_options *options, struct trial_figures *ret_figures);

// ---- for the files beside this one ----------------------------------------------------------------------------------

enum {
    TRIAL_MAX_EVENTS = 40,
    TRIAL_MAX_DRAWN = 32, // of these, by the dice that draw the area
    TRIAL_MAX_LATE = 4,
    TRIAL_MAX_KEPT = 128,
    TRIAL_MAX_DEVICES = 64,
    TRIAL_MAX_ISLANDS = 3,
    TRIAL_MAX_ENTRIES = 256
};

enum happening_kind {
    GRID_LOST,
    GRID_BACK,
    GRID_SAGS, // within what is relied upon, and not stable
    DEVICE_FAILS,
    ASSET_TRIPS,
    SWITCH_STICKS,
    WORD_SAID,
    LIMIT_SET,
    LOAD_STEPS,
    VEHICLE_COMES,
    KILLED,
    PLANS_LATE,  // answers that are asked for meanwhile
    PLAN_STRAYS, // an answer made for another situation comes
    CLOCK_SET,   // UTC jumps; the monotonic clock goes on
    RELOADED,    // another engine takes over, with the same configuration
    HAPPENING_COUNT
};

enum device_fault { DEVICE_WELL, DEVICE_SILENT, DEVICE_LIES, DEVICE_IGNORES };

struct happening {
    uint64_t mono_ms, until_mono_ms; // until: of faults, and of who is away
    enum happening_kind kind;
    int index; // island, device, asset, switch
    enum device_fault fault;
    double value;
    struct outage_word word;
    bool begun, over;
};

enum planner_mode { PLANNER_FAILS, PLANNER_SILENT, PLANNER_OFF, PLANNER_REAL };

struct kept { // what the engine saved
    struct saved item;
};

struct late_answer {
    struct schedule *schedule; // owned; NULL: it failed
    uint64_t mono_ms;          // when it comes
};

struct device_now {
    enum device_fault fault;
    uint64_t healed_mono_ms; // when it was last not well
    bool ordered, released, confirm, has_lied;
    double order_w;
    uint64_t lease_mono_ms; // when the setpoint lapses; 0: none is in force
    bool closed_once;       // of switches: as it was wanted when last looked at
};

struct island_seen { // by who judges
    enum island_state journaled;
    uint64_t there_mono_ms, bad_mono_ms; // supplied since; a witness last said no, or was out of the narrow band
    uint64_t doubtful_mono_ms; // the contact lied, no honest witness was left, or it could not be known yet, last time
    uint64_t lost_mono_ms;     // the grid was last there while nobody thought otherwise
    uint64_t wrong_mono_ms, disorder_mono_ms; // since when called an island while it hangs on the grid; out of order
    uint64_t moved_mono_ms; // the first of some transitions that followed each other without anything happening
    unsigned moves;
    unsigned closed_steps; // its breaker, in truth: its contact was read since
    double backfeed_s;
};

struct island_held { // in truth, at the end of the step before
    int forming;     // -1: the grid, or nobody
    unsigned formed_steps, blackouts;
    double stress_frac, frequency_hz;
    double left_w; // of its balance
};

struct trial {
    const struct trial_options *options;
    struct trial_figures f;
    struct noise dice, odd_dice;
    char *text;
    struct site *site;
    struct engine_device devices[TRIAL_MAX_DEVICES];
    struct engine *engine; // NULL: killed
    struct plant_model *model;
    struct planner *planner;
    enum planner_mode mode;
    bool tells_volts, unprotected;
    struct instant now;     // as the engine's clocks have it
    int64_t clock_ahead_ms; // of the true time, UTC
    struct late_answer late[TRIAL_MAX_LATE];
    size_t n_late;
    int64_t lasted_ms; // before the clock was set the last time: the outage, < 0 there was none; and entries by then
    unsigned lasted_entries;
    uint64_t set_mono_ms;
    uint64_t restarted_mono_ms, lively_mono_ms;
    uint64_t dazed_mono_ms;    // when it looked around anew, the last time: after its clock was set, or with a new
                               // configuration
    uint64_t happened_mono_ms; // the last time, from outside
    int kill_after;            // actions; < 0: not to be killed
    int64_t step;
    struct happening events[TRIAL_MAX_EVENTS];
    size_t n_events;
    struct kept kept[TRIAL_MAX_KEPT];
    size_t n_kept;
    struct device_now at[TRIAL_MAX_DEVICES];
    struct island_seen islands[TRIAL_MAX_ISLANDS];
    struct island_held held[TRIAL_MAX_ISLANDS];
    uint64_t journal_number;
    struct journal_entry entries[TRIAL_MAX_ENTRIES]; // by their number, the last ones
    bool wanted_closed[SITE_MAX_SWITCHES];
};

// The configuration's text, owned by the caller; NULL without memory.
char *trial_draw_area(struct noise *dice);
void trial_draw_events(struct trial *s, uint64_t until_mono_ms);
// Beyond what there is room for it is lost.
struct happening *trial_add_event(struct trial *s, enum happening_kind kind, uint64_t at, uint64_t lasts_ms);
void trial_begin_event(struct trial *s, struct happening *h);
void trial_end_event(struct trial *s, struct happening *h);

// oddities.c
void oddities_draw(struct trial *s, uint64_t from_mono_ms, uint64_t until_mono_ms);
void oddities_begin(struct trial *s, struct happening *h);
void oddities_end(struct trial *s, struct happening *h);
void oddities_answer(struct trial *s, struct schedule *schedule); // taken over; NULL: the planner failed
void oddities_deliver(struct trial *s);                           // what is late and due
void oddities_forget(struct trial *s);
void oddities_judge(struct trial *s);

void causes_look(struct trial *s); // after a step of the physics: who went black, and why

bool trial_chance(struct noise *dice, double probability);
int trial_pick(struct noise *dice, int n); // 0 to n - 1
double trial_between(struct noise *dice, double low, double high);

int trial_tell(struct trial *s, struct event event); // now
void trial_say(struct trial *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void trial_break(struct trial *s, const char *format, ...) __attribute__((format(printf, 2, 3))); // the first counts

void trial_judge_reading(struct trial *s, int island, bool good, bool honest);
void trial_judge_write(struct trial *s, int device, double power_w);
void trial_judge_entry(struct trial *s, const struct journal_entry *entry);
void trial_judge_reload(struct trial *s, const struct engine *former); // which is taken over just now
void trial_judge_step(struct trial *s);
uint64_t trial_stable_ms(const struct trial *s);
