// SPDX-License-Identifier: GPL-3.0-or-later
// The engine: everything aems decides, without I/O and without a clock.
//
//     engine_consume(e, &event);                    // what happened, with its instant
//     while (engine_produce(e, now, &action))       // what is to be done
//         carry_out(&action);
//
// The daemon, the tests and replay are drivers of this same engine. Calls come from one thread. A TICK that needs no
// new plan allocates nothing.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/instant.h"
#include "dr/guard.h"
#include "dr/settlement.h"
#include "dr/timeline.h"
#include "modbus/block.h"
#include "outage/island.h"
#include "outage/sense.h"
#include "plan/problem.h"
#include "plan/schedule.h"
#include "quality/quality.h"
#include "site/site.h"

struct engine;
struct forecast;
struct forecast_weather;

// What the engine must know of a device beyond the site: taken from its profile by the driver.
struct engine_device {
    enum profile_kind kind;
    bool can_write;
    bool device_reverts;
    int refresh_ms;
};

// Keeps `site` (borrowed until engine_free). `devices` (site->n_devices entries) is copied. AEMS_E_NOMEM.
int engine_new(const struct site *site, const struct engine_device *devices, struct instant now,
               struct engine **ret_engine);
void engine_free(struct engine *e);

// Takes over what a former engine knows (values, plan, energies, peaks, leases) for assets and devices of the same id;
// used when a new configuration is swapped in.
void engine_adopt(struct engine *e, const struct engine *former, struct instant now);

// ---- what happened ------------------------------------------------------------------------------------------------

enum event_kind {
    EVENT_TICK,         // a control cycle is due
    EVENT_SURVEY,       // the same but for setpoints: counts, learns and plans, and regulates nothing
    EVENT_READINGS,     // a device was polled
    EVENT_DEVICE_DOWN,  // a poll or write failed: link, time-out, exception
    EVENT_WRITE_RESULT, // a setpoint was written and, where possible, read back
    EVENT_PLAN,         // the planner answered
    EVENT_PLAN_FAILED,  // it did not, or not usably
    EVENT_COMMAND,      // an operator's word
    EVENT_SESSION,      // what a vehicle or a flexible load needs, and until when
    EVENT_LIMIT,        // a limit or incentive at a grid connection for some time: demand response
    EVENT_PRICES,       // known prices of a tariff
    EVENT_WEATHER,      // a weather forecast
    EVENT_GRID,         // a grid connection is there, or away: nothing can flow
    EVENT_DR,           // an event of the grid operator: new, changed or withdrawn
    EVENT_DR_SENDER,    // its heartbeat came, or the way to it was lost or is back
    EVENT_REPLY,        // a building's word
    EVENT_OUTAGE,       // an operator's word on outages, a warning, or a planned outage
};

enum dr_operation { DR_PUT, DR_WITHDRAW };
enum dr_sender_event { DR_HEARTBEAT, DR_SENDER_LOST, DR_SENDER_BACK };

// What a building says of itself: holds until the next one, or `until`.
struct building_reply {
    int building;
    bool accepts;                              // false: opts out; nothing is asked of it until `until`
    char event[DR_ID_SIZE];                    // the event it speaks of; empty: any
    int64_t until_utc_ms;                      // 0: the end of the events that are known now
    struct site_offer offers[SITE_MAX_OFFERS]; // its capability; instead of what is configured
    size_t n_offers;                           // 0: as before
};

// What is wanted of a charger or flexible load from now on; it takes the place of what was expected.
struct session_wish {
    int asset;
    int64_t until_utc_ms; // departure; not after now: there is no session any more
    double wanted_wh;     // more than now, into the vehicle or out of the bus, >= 0
    double capacity_wh;   // of the vehicle's battery; 0: as configured
    double energy_wh;     // in the vehicle now; < 0: not known
};

enum outage_word_kind {
    OUTAGE_WARNING, // the grid may fail within [from, until): batteries are kept charged
    OUTAGE_PLANNED, // it will be away in [from, until)
    OUTAGE_FORBID,  // no transition of `island` into `state` until `until`
    OUTAGE_FORCE,   // that transition now, or as soon as it can be, and none out of it before `until`
    OUTAGE_FREE,    // an earlier word of the same id is taken back; without an id all for that island and state
    OUTAGE_EXPECT,  // of an outage under way: the grid is expected back at `until`
    OUTAGE_WORD_KIND_COUNT
};

enum { ENGINE_MAX_WORDS = 32 };

struct outage_word {
    enum outage_word_kind kind;
    char id[SITE_ID_MAX];    // one of the same id is replaced
    int island;              // -1: all of them
    enum island_state state; // of FORBID and FORCE
    int64_t from_utc_ms, until_utc_ms;
    char why[96]; // for people; may be empty
    char who[40]; // said it, for people; may be empty
};

// Of several at the same time the tightest limits and the sum of the incentives hold.
struct grid_limit {
    char id[SITE_ID_MAX]; // one of the same id is replaced
    int grid;
    int64_t from_utc_ms, until_utc_ms;     // not after from: withdrawn
    double import_limit_w, export_limit_w; // PLAN_NO_LIMIT_W none
    double incentive_per_kwh, baseline_w;  // paid for import below the baseline; 0: nothing is
};

enum { ENGINE_MAX_LIMITS = 32 };

enum write_status { WRITE_DONE, WRITE_FAILED, WRITE_MISMATCH, WRITE_RELEASED };

enum command_kind { COMMAND_MANUAL_SETPOINT, COMMAND_AUTOMATIC, COMMAND_REPLAN };

struct event {
    enum event_kind kind;
    struct instant at;
    union {
        struct {
            int device;
            const struct reading *readings; // borrowed for the call
            size_t count;
        } readings;
        struct {
            int device;
            const char *why; // borrowed
        } device_down;
        struct {
            int device;
            enum write_status status;
            double power_w;    // asked for
            double readback_w; // of WRITE_MISMATCH
        } write_result;
        struct {
            struct schedule *schedule; // taken over by the engine
        } plan;
        struct {
            const char *why; // borrowed
        } plan_failed;
        struct {
            enum command_kind kind;
            int asset;
            double power_w;
            int64_t valid_until_utc_ms;
        } command;
        struct session_wish session;
        struct grid_limit limit;
        struct {
            int tariff;
            const struct site_price_point *points; // borrowed for the call; ascending, they replace what they cover
            size_t count;                          // 1 to SITE_MAX_PRICES
        } prices;
        struct {
            const struct forecast_weather *points; // borrowed for the call; ascending, they replace what they cover
            size_t count;                          // 1 to FORECAST_MAX_WEATHER
        } weather;
        struct {
            int grid;
            bool available; // now; until the next such event. Before the first it is there
        } grid;
        struct {
            enum dr_operation operation;
            struct dr_event *event; // DR_PUT: taken over by the engine when it is accepted, else the caller's
            const char *id;         // DR_WITHDRAW; borrowed
            const char *sender;     // of DR_WITHDRAW; borrowed, "" nobody
        } dr;
        struct {
            enum dr_sender_event kind;
        } dr_sender;
        struct building_reply reply;
        struct outage_word outage;
    };
};

// AEMS_E_RANGE for a device or number that cannot be, AEMS_E_REFUSED for a command that may not be (the reason is in
// engine_last_refusal; of EVENT_DR also AEMS_E_LIMIT and AEMS_E_STATE). The event is then without effect.
int engine_consume(struct engine *e, const struct event *event);
const char *engine_last_refusal(const struct engine *e);
// After an EVENT_OUTAGE that was taken: what else it took the place of, and what the state that it forces waits for, by
// island; empty: nothing.
const char *engine_last_remark(const struct engine *e);

// What a driver knows of the future of grid connections: is this one there throughout [from, to)? Asked for each step
// of a plan. Without such a function one that is away now is expected back at the next full hour of the local clock.
typedef bool engine_grid_forecast_fn(void *context, int grid, int64_t from_utc_ms, int64_t to_utc_ms);
// NULL: nothing is known. `context` is borrowed.
void engine_set_grid_forecast(struct engine *e, engine_grid_forecast_fn *forecast, void *context);

// Prices that a driver knows for all times, by grid connection. NAN: not known, what was told or configured holds.
struct engine_price {
    double import_price_per_kwh, export_price_per_kwh; // -1e6 to 1e6
    double co2_g_per_kwh;                              // of import, 0 to 1e6
};
typedef void engine_price_fn(void *context, int grid, int64_t utc_ms, struct engine_price *ret_price);
// Before EVENT_PRICES and the site's tariffs. NULL: none any more. `context` is borrowed.
void engine_set_price_source(struct engine *e, engine_price_fn *source, void *context);
// The same of communities: `grid` is the number of one, and emissions do not count.
void engine_set_community_price_source(struct engine *e, engine_price_fn *source, void *context);

// Without planning no plan is asked for, and rules do what they do without one. On at first.
void engine_set_planning(struct engine *e, bool on);

// ---- what is to be done -------------------------------------------------------------------------------------------

enum action_kind {
    ACTION_WRITE,            // set, or renew, a device's setpoint
    ACTION_RELEASE,          // hand a device back to itself, or to its safe power
    ACTION_SOLVE,            // send `problem` to the planner; owned by the driver
    ACTION_PUBLISH_STATE,    // the area's state is due
    ACTION_PUBLISH_ASSET,    // state of `asset`
    ACTION_PUBLISH_SETPOINT, // a new setpoint of `asset`
    ACTION_PUBLISH_PLAN,
    ACTION_PUBLISH_FORECAST, // of `asset`: a load or PV plant, once an hour
    ACTION_ALARM,            // `alarm` was raised or cleared
    ACTION_SAVE,             // engine_saved(kind, index) is to be stored
    ACTION_DR_STATUS,        // of the event `dr`: to be published, and kept until it is over
    ACTION_CAPABILITY,       // engine_capability is to be published
    ACTION_SIGNAL,           // engine_building_signal(`building`) is to be published
    ACTION_DR_REPORT,        // an event has ended: `report` is to be kept and published; owned by the driver
    ACTION_OUTAGE,           // engine_outage, its islands and switches are to be published
    ACTION_JOURNAL,          // `journal` is to be kept durably and published
    ACTION_LEDGER,           // an interval of the sharing ledger has ended: `ledger` is to be kept and published
};

enum alarm_severity { ALARM_NOTICE, ALARM_WARNING, ALARM_CRITICAL };

struct alarm {
    char id[96];    // stable and topic-safe: "device-b1-down", "planner", "limit-pcc"
    char text[192]; // for an operator: what, and what to do
    enum alarm_severity severity;
    bool active;
    int64_t since_utc_ms;
};

// What one direction of a tie carried: given as it left one bus, got as it arrived at the other; >= 0. Prices are the
// marginal ones of both buses, averaged by energy; 0 where nothing flowed.
struct ledger_flow {
    double given_wh, got_wh;
    double giver_price_per_kwh, getter_price_per_kwh;
};

struct ledger_entry {
    int tie;
    int64_t start_utc_ms, end_utc_ms;
    struct ledger_flow forward, backward; // `from` gives to `to`, and the other way round
    double transfer_price_per_kwh;        // what the getting side owes for a kWh it got
    double measured_s;                    // of the interval; the rest was not measured and is not made up
};

enum saved_kind {
    SAVED_PEAK,
    SAVED_ENERGY,
    SAVED_LEASE,
    SAVED_PLAN,
    SAVED_FORECAST,
    SAVED_LEDGER,  // the interval under way, of a tie
    SAVED_SESSION, // of a charger or flexible load
    SAVED_LIMITS,  // all of them
    SAVED_PRICES,  // of a tariff
    SAVED_WEATHER,
    SAVED_FORECAST_AREA, // what forecasts learned of all together
    SAVED_DR_EVENT,      // by its number; id: the event's. Without JSON: it is over, and to be deleted
    SAVED_BUILDING,      // what it replied, and how it delivers
    SAVED_METER,         // quarter hours of a local day; index: the party (0 the area, building + 1, ...), and that and
                         // their number for the day before. id: "area.<date>", "building/<id>.<date>", "grid/..."
    SAVED_OUTAGE,        // islands, switches, words, and the journal's number: what a restart goes on from
    SAVED_DR_ENDED,      // an event that waits for its settlement; without JSON: it is settled, and to be deleted
    SAVED_KIND_COUNT
};

// What happened to an island, for the journal. Numbered without a gap, over restarts too.
struct journal_entry {
    uint64_t number; // from 1
    int64_t utc_ms;
    int island;                 // -1: of all
    enum island_state from, to; // the same: no transition, but worth being kept (a switch, a tier, a trip)
    char cause[224];
};

enum dr_state { DR_RECEIVED, DR_REFUSED, DR_SCHEDULED, DR_ACTIVE, DR_COMPLETED, DR_CANCELLED, DR_STATE_COUNT };

struct dr_status {
    char id[DR_ID_SIZE];
    enum dr_state state;
    char why[192];                     // of DR_REFUSED; of others what was left aside; may be empty
    int64_t from_utc_ms, until_utc_ms; // 0: not known
    double reference_w;                // import of its target expected without it; < 0: not known
};

struct action {
    enum action_kind kind;
    union {
        struct {
            int device, asset;
            double power_w;
            int lease_ms; // the bus releases the device by itself when this passes without renewal
        } write;
        struct {
            int device;
        } release;
        struct plan_problem *problem; // owned by the driver
        int asset;
        struct alarm alarm;
        struct {
            enum saved_kind kind;
            int index; // grid, asset, device, tie, tariff; 0 for what there is one of
        } save;
        struct ledger_entry ledger;
        struct dr_status dr;
        int building;
        struct settlement *report;
        struct journal_entry journal;
    };
};

// The next thing to do, or false when there is none for now.
bool engine_produce(struct engine *e, struct instant now, struct action *ret_action);

// ---- what is known ------------------------------------------------------------------------------------------------

enum engine_mode { MODE_STARTING, MODE_PLAN, MODE_RULES, MODE_SAFE };

struct session_view { // of a charger or flexible load
    bool connected;   // a vehicle is there, or the window of a run is open
    bool active;      // something is wanted
    bool wished;      // by somebody's word, not by what was expected
    int64_t until_utc_ms;
    double missing_wh;  // still wanted, >= 0
    double energy_wh;   // in the vehicle as far as known, or had already
    double capacity_wh; // of the vehicle; 0: not known
};

struct asset_view {
    struct value power; // judged, signed
    struct value soc;   // batteries, stores, vehicles
    struct value fuel;  // generators: share left in the tank
    struct session_view session;
    bool has_setpoint;
    double setpoint_w;
    int64_t setpoint_valid_until_utc_ms;
    struct reason reason;
    double marginal_price_per_kwh;      // of its bus
    double energy_in_wh, energy_out_wh; // into and out of the bus since the state was begun
    bool reachable;                     // its devices answer
    bool obeys;                         // it does what it was told
};

struct grid_view {
    bool available;                        // false: away
    double import_limit_w, export_limit_w; // in force: of the connection and of demand response; 0 while it is away
    double import_price_per_kwh, export_price_per_kwh;
    double co2_g_per_kwh;
    double incentive_per_kwh, baseline_w; // of demand response
    double month_peak_w;
    double window_wh; // imported in the window under way
    int64_t window_start_utc_ms;
};

struct community_view {
    double import_price_per_kwh, export_price_per_kwh; // of the sum of its connections
};

// The ledger's interval under way; false before the first tick.
bool engine_ledger(const struct engine *e, int tie, struct ledger_entry *ret_entry);

enum engine_mode engine_mode(const struct engine *e);
const char *engine_mode_name(enum engine_mode mode);
const struct site *engine_site(const struct engine *e);
void engine_asset(const struct engine *e, int asset, struct instant now, struct asset_view *ret_view);
void engine_grid(const struct engine *e, int grid, struct instant now, struct grid_view *ret_view);
void engine_community(const struct engine *e, int community, struct instant now, struct community_view *ret_view);
// Marginal, from the plan or the tariff of a grid connection there; NAN where there is neither, and on an island that
// is short.
double engine_bus_price_per_kwh(const struct engine *e, int bus, struct instant now);
const struct schedule *engine_plan(const struct engine *e); // NULL before the first; borrowed until the next consume
size_t engine_limits(const struct engine *e, const struct grid_limit **ret_limits); // borrowed
size_t engine_alarms(const struct engine *e, const struct alarm **ret_alarms);      // active ones, borrowed

// ---- demand response, as it is known ----

// What the area, or a connection, is asked for now, by all that is known: events, operators' limits, fail-safe.
struct dr_view {
    double import_limit_w, export_limit_w; // of the area as a whole, net; PLAN_NO_LIMIT_W: none
    int level;                             // of SIMPLE, 0 normal
    bool emergency, black_start;
    enum guard_state guard;
    bool sender_lost;
    bool on; // anything of this binds now
};
void engine_dr(const struct engine *e, struct instant now, struct dr_view *ret_view);
const struct dr_timeline *engine_dr_events(const struct engine *e); // borrowed until the next consume
enum dr_state engine_dr_state(const struct engine *e, const struct dr_event *event, struct instant now);

// Would EVENT_DR take it now? Fills `order` and `reference_w` (import expected without it, at most its first 24 h), for
// the event to be kept durably before the engine acts upon it; a new version keeps the shift of its start that was
// drawn for the known one. Without effect. AEMS_E_REFUSED, AEMS_E_LIMIT, AEMS_E_STATE: the reason is in
// engine_last_refusal.
int engine_dr_judge(struct engine *e, struct dr_event *event, struct instant now);

// What the area could do at a quarter hour if it were asked to, beside what it plans anyway.
struct capability_slot {
    int64_t from_utc_ms;
    double down_w, up_w;                         // less, more net import; >= 0
    double down_h, up_h;                         // for so long, from then on
    double down_price_per_kwh, up_price_per_kwh; // marginal: what the last kWh of it costs (may be negative)
    bool from_plan;                              // false: beyond the plan's horizon, as a day before
};
enum { CAPABILITY_SLOTS = 48 * 4 };
// Fills up to CAPABILITY_SLOTS; 0 without a plan that is followed.
size_t engine_capability(const struct engine *e, struct instant now,
                         struct capability_slot ret_slots[static CAPABILITY_SLOTS]);

// What a building is asked for, slot by slot, as it was last signalled.
struct building_slot {
    int64_t from_utc_ms, until_utc_ms;
    double reduction_w;   // >= 0
    double limit_w;       // what it should draw at most: expected less reduction
    int level;            // 0-3 by the share of its offers
    double price_per_kwh; // incentive; of critical peak what is drawn costs; of time of use the tariff's
};
enum { SIGNAL_MAX_SLOTS = 96 };
struct building_view {
    bool opted_out, accepted;
    int64_t until_utc_ms;              // of these
    double offered_w;                  // now, after replies and what it was seen to deliver
    double asked_w, delivered_w;       // in the slot under way; by the baseline that is used while it runs
    bool failing;                      // it delivers less than it should
    double drawn_w;                    // measured; NAN: not known
    const struct building_slot *slots; // borrowed until the next consume
    size_t n_slots;                    // 0: nothing is asked of it
    uint64_t version;                  // of the signal
    int64_t signalled_utc_ms;
};
void engine_building(const struct engine *e, int building, struct instant now, struct building_view *ret_view);

// ---- outage, as it stands ----

struct switch_view {
    bool known, closed; // as its feedback says; without one, as it was told
    bool wanted_closed;
    bool obeys, reachable;
    double power_w; // behind it: flows, or would if it were closed; >= 0
    int64_t since_utc_ms;
};

struct island_view {
    enum island_state state;
    int64_t since_utc_ms;
    enum supply supply;
    bool disagree; // witnesses of the grid contradict each other
    bool lives;
    int forming;                                       // asset, -1: the grid, or nobody
    double forming_w, forming_low_w, forming_high_w;   // gives now, and may, headroom taken off
    int64_t grid_stable_utc_ms;                        // when the stable time will be over; 0: it does not run
    bool served[TIER_COUNT];                           // nothing of the tier is shed
    double demand_w[TIER_COUNT], served_w[TIER_COUNT]; // as far as known, >= 0
};

struct outage_view {
    bool on;                                     // an island is not connected
    int64_t since_utc_ms, expected_until_utc_ms; // of that; 0: not on, not known
    bool said;                                   // somebody said when the grid is back; else it is what is planned for
    bool warned;                                 // a warning, or a planned outage, is near or holds
    int64_t warned_from_utc_ms, warned_until_utc_ms;
    double reserve_frac;           // highest that is kept of batteries now
    bool reckoned;                 // autonomy was, since the start
    double autonomy_h[TIER_COUNT]; // from lifeline to this tier together; if the grid failed now, while it is there
    double stored_wh, fuel_wh;     // fuel: electric, INFINITY where it does not end
    size_t n_words;
    const struct outage_word *words; // that hold, or will; borrowed until the next consume
};
bool engine_looks_after_outages(const struct engine *e); // it has islands, and was told to
void engine_outage(const struct engine *e, struct instant now, struct outage_view *ret_view);
void engine_island(const struct engine *e, int island, struct instant now, struct island_view *ret_view);
void engine_switch(const struct engine *e, int of_switch, struct instant now, struct switch_view *ret_view);

// The temperature outside that sensors measure, degC; NAN where none can be believed.
double engine_outside_degc(const struct engine *e);

// What is learned and expected of loads and PV; borrowed. Replay chooses its method, others read it.
struct forecast *engine_forecast(const struct engine *e);

// The problem that would be solved now, for `aemsctl solve` and the trial solve; owned by the caller.
int engine_make_problem(struct engine *e, struct instant now, struct plan_problem **ret_problem);

// ---- what must survive --------------------------------------------------------------------------------------------

struct saved {
    enum saved_kind kind;
    char id[DR_ID_SIZE]; // asset, device, tariff, or event of demand response
    char *json;          // owned; NULL: what was kept under this name is to be deleted
};

// AEMS_E_NOT_FOUND, AEMS_E_NOMEM. `json` is NULL of an event of demand response that is over.
int engine_saved(const struct engine *e, enum saved_kind kind, int index, struct saved *ret_saved);

// Before the first tick. Malformed or foreign items are refused (AEMS_E_FORMAT, AEMS_E_NOT_FOUND) and without effect.
int engine_restore(struct engine *e, const struct saved *item, struct instant now);
// The journal that is kept goes up to `number`: entries are numbered after that, also when what was saved of outages
// was lost or damaged. After restoring; lower numbers are without effect.
void engine_journal_after(struct engine *e, uint64_t number);
void saved_free(struct saved *item);
const char *saved_kind_name(enum saved_kind kind); // "peak", "energy", ...

// ---- its memory as bytes ------------------------------------------------------------------------------------------

// Everything that decides what the engine does next, appended to `image`: a record begins with it. What forecasts have
// learned goes by way of their own state. AEMS_E_NOMEM.
int engine_image(const struct engine *e, struct bytes *image);

// And back, right after engine_new with the same site and devices; the engine then goes on exactly as the other would.
// An image is understood by the same version of the program only. AEMS_E_FORMAT: the engine is of no use then, but
// sound.
int engine_take_image(struct engine *e, const void *image, size_t length);
