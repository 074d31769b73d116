// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of this room share: the engine's memory, one struct a subject, and who works on it.
#pragma once

#include "control/regulate.h"
#include "core/dr.h"
#include "core/engine.h"
#include "core/ledger.h"
#include "core/outage.h"
#include "core/queue.h"
#include "core/told.h"
#include "forecast/forecast.h"

enum {
    START_GRACE_MS = 10 * 1000,   // so long a bus waits for its first readings before it counts as lost
    SUSPEND_GAP_MS = 10 * 1000,   // see suspend_gap_ms
    CLOCK_STEP_MS = 5 * 1000,     // UTC and the monotonic clock drifted apart by more: the clock was set
    OBEY_TIME_MS = 10 * 1000,     // a device may take so long to follow a setpoint
    LIMIT_AHEAD_MS = 4 * 1000,    // a limit is kept so long before it begins: devices need some seconds to follow
    SETTLE_MS = 5 * 1000,         // after a change, a device may be anywhere between old and new for so long
    FAST_PATH_MS = 100,           // shortest time between two regulation steps
    MIN_ON_MS = 300 * 1000,       // what starts runs so long, in the area's time, ...
    MIN_OFF_MS = 120 * 1000,      // ... and what stops rests so long, unless a limit asks for more
    DERATED_MS = 300 * 1000,      // then it may try again
    SKEW_MS = 150,                // readings this close count as simultaneous
    FROZEN_MS = 60 * 1000,        // a large flow that is the same to the bit for so long is a meter standing still
    FROZEN_SMALL_MS = 300 * 1000, // the flow of a house may well be
    SMALL_W = 50 * 1000,
    CAP_RELEASE_MS = 10 * 1000,  // a cap that did not bind for so long is lifted
    PUBLISH_STATE_MS = 5 * 1000, // between states of an asset and of the area
    PUBLISH_SETPOINT_MS = 60 * 1000,
    SAVE_MS = 60 * 1000,       // between saves of energies and window
    PLAN_RETRY_MS = 30 * 1000, // after a failure
    LEARN_MS = 60 * 1000,      // of UTC: measurements become one lesson
    LONGEST_LESSON_MS = 300 * 1000,
    MANUAL_MAX_MS = 24 * 3600 * 1000,
    DOWN_FAILURES = 2, // polls that fail in a row until a device counts as down
    ALARM_MAX_ORPHANS = 64,
    WHY_SIZE = 96,
};

enum { LONGEST_FINE_CYCLE_MS = 10 * 1000 };

static const int64_t NEVER_MS = INT64_MIN / 4; // long before any instant, with room for differences

// ---- devices ------------------------------------------------------------------------------------------------------

struct device_state {
    struct engine_device info;
    struct judge judges[QUANTITY_COUNT];
    struct quality_limits limits[QUANTITY_COUNT];
    bool answered;           // at least once
    uint64_t answer_mono_ms; // the last time
    int failures;            // polls failed since
    bool down;
    char why[WHY_SIZE];

    bool held;       // a lease of ours is, or may be, on the device
    bool taken_over; // by a former process: dealt with on first contact
    double written_w;
    uint64_t write_mono_ms, lease_until_mono_ms;
    bool rewrite;  // the last write failed, or the device was away
    bool mismatch; // it read back something else
    int write_failures;
    int next_of_asset; // chain of an asset's devices, -1 end
};

// ---- assets -------------------------------------------------------------------------------------------------------

struct manual_setpoint {
    bool active;
    double power_w;
    int64_t valid_until_utc_ms;
};

// A device that cannot give what it was asked for is derated for a while; one that does more than it was told is no
// longer steered, and what it really does counts.
struct obedience {
    bool unwilling;
    bool deviating;
    uint64_t since_mono_ms;
    double gap_w, from_w; // at that time: gap, and measured power
    double derated_min_w, derated_max_w;
    uint64_t derated_until_mono_ms; // 0: not derated
};

struct cap { // of PV and load: the setpoint is a bound, not a power
    bool active;
    uint64_t bound_mono_ms; // when it was last seen to bind
    double natural_w;       // a load's demand before it was capped
};

struct published {
    bool once;
    double setpoint_w;
    enum reason_kind reason;
    uint64_t setpoint_mono_ms, state_mono_ms;
};

struct asset_state {
    int first_device;   // chain of its devices, -1 none
    int control;        // device that takes its setpoints, -1 none
    struct value power; // as judged now
    struct value soc;
    struct value good; // last usable power
    struct value good_soc;
    uint32_t stale_ms;                // how old these two may be
    double estimated_w;               // power at the instant of the grid's reading
    double estimated_from_w;          // of a tie: at that of the grid where it starts
    struct value previous;            // the usable power before that
    double max_charge_w, available_w; // what the device says it can do, INFINITY when it says nothing
    struct value connected;           // chargers: a vehicle is plugged in
    struct value session_count;       // chargers: Wh given since
    struct value fuel;                // generators: share left in the tank
    bool faulted;                     // the device reports a fault
    bool status_runs;                 // the device says that it runs
    bool on_reserve;                  // batteries: down to the reserve, and not clearly above it since
    bool reachable;
    bool commandable;

    bool has_setpoint;
    double setpoint_w;
    uint64_t setpoint_mono_ms; // when it last changed
    bool told_to_run;          // by the setpoint
    uint64_t told_run_mono_ms; // when that last changed; 0: never
    struct reason reason;
    struct manual_setpoint manual;
    struct obedience obedience;
    struct cap cap;

    double energy_in_wh, energy_out_wh;
    bool integrates; // the last tick had a usable power
    double integrated_w;
    double learned_sum_w;
    unsigned learned_count;
    uint64_t capped_mono_ms; // when a cap was last, or may have been, in force; 0: never
    double steady_w;         // the power, and since when it is the same to the bit
    int64_t steady_utc_ms;
    struct published published;
    struct session_state session; // chargers and flexible loads
    bool runs;                    // generators and converters
    uint64_t switched_mono_ms;    // when it was last seen to start or stop; 0: never
};

// ---- buses and grids ----------------------------------------------------------------------------------------------

enum bus_mode {
    BUS_WAITING, // nothing is known yet, or just after a suspend: setpoints stand, none are made
    BUS_CLOSED,  // grid meter good: closed loop
    BUS_OPEN,    // grid meter lost: from load and PV meters
    BUS_BLIND,   // these too: devices are released
};

struct bus_state {
    enum bus_mode mode;
    uint64_t waiting_until_mono_ms;
    bool has_uncontrolled;
    double uncontrolled_w; // last estimate of what nobody here sets
    double smooth_w;       // the same over half a minute
    uint64_t smoothed_mono_ms;
    bool stores_empty, stores_full; // of heat or cold: until they are a little off their bounds again
};

struct slot_state {         // of demand response, where limits are kept over averages
    int64_t start_utc_ms;   // NEVER_MS before the first
    int64_t counted_utc_ms; // what flowed until then is in these
    double import_left_wh;  // what was not used of an import limit since the slot began; < 0: it was exceeded
    double export_left_wh;
};

struct grid_state {
    bool away; // as told
    double month_peak_w;
    int64_t month_start_utc_ms;
    double window_wh;
    int64_t window_start_utc_ms; // NEVER_MS before the first
    int64_t counted_utc_ms;      // what flowed until then is in window_wh
    uint64_t over_since_mono_ms; // 0: within its limits
    struct slot_state slot;
};

// ---- outside --------------------------------------------------------------------------------------------------------

struct outside_state {
    struct value value; // of all sensors that can be believed
    double learned_sum_degc;
    unsigned learned_count;
};

// ---- plan and alarms ----------------------------------------------------------------------------------------------

struct plan_state {
    struct schedule *schedule; // owned; NULL before the first
    bool solving;
    uint64_t asked_mono_ms;
    bool due;            // a problem is to be made at the next produce
    int64_t next_utc_ms; // of the regular rhythm
    uint64_t not_before_mono_ms;
    uint64_t strayed_mono_ms; // last asked for because a storage was not where the plan has it
    bool failed;              // the last attempt did
    bool off;                 // none is asked for: rules alone
};

enum alarm_kind {
    ALARM_DEVICE_DOWN,
    ALARM_DEVICE_DISOBEYS,
    ALARM_FAULT,    // of an asset: its device reports a fault
    ALARM_VALUE,    // of an asset: its power is implausible or frozen
    ALARM_SOC,      // of a battery or store: no usable state of charge
    ALARM_SESSION,  // of a charger or flexible load: less than wanted in its time
    ALARM_FORECAST, // of a load or PV plant: it is replaced by persistence
    ALARM_GROUP,    // a breaker or charging station: its limit cannot be kept
    ALARM_METER,    // of a grid: its meter is lost
    ALARM_LIMIT,    // of a grid: its limit cannot be kept
    ALARM_AREA,     // what several grids together may not exceed cannot be kept
    ALARM_BLIND,    // of a bus: devices released
    ALARM_PLANNER,
    ALARM_CLOCK,
    ALARM_DR_FAILSAFE, // the grid operator's heartbeat, or a limit after it, is missed
    ALARM_DR_SENDER,
    ALARM_DR_EMERGENCY,
    ALARM_DR_BLACK_START,
    ALARM_ISLAND,         // it is without the grid; its text follows the state
    ALARM_ISLAND_WITNESS, // those who tell of its grid contradict each other
    ALARM_ISLAND_BREAKER, // it does not obey
    ALARM_ISLAND_FORMING, // nobody can hold it
    ALARM_ISLAND_BLACK,   // and stays so
    ALARM_ISLAND_FRAIL,   // it would go black without its grid
    ALARM_SWITCH,         // it does not obey, or was moved by hand
    ALARM_BUILDING,       // it delivers less than it is asked for
    ALARM_KIND_COUNT
};

struct alarm_slot {
    struct alarm alarm;
    bool announced;
};

struct alarm_board {
    struct alarm_slot *slots; // one per possible alarm; see alarms.c
    size_t n_slots;
    struct alarm_slot *orphans; // alarms of a former configuration that are to be taken back
    size_t n_orphans;
    struct alarm *active; // compact copy for engine_alarms
    size_t n_active;
};

struct building_state; // buildings.h

struct engine {
    const struct site *site;
    struct device_state *devices;
    struct asset_state *assets;
    int first_asset[ASSET_KIND_COUNT]; // site.assets lists the kinds one after the other
    struct bus_state *buses;
    struct grid_state *grids;
    struct ledger_state *ledgers; // per tie
    struct outside_state outside;
    struct plan_state plan;
    struct alarm_board alarms;
    struct price_book *prices; // per tariff
    struct limit_book limits;
    struct dr_book dr;
    struct building_state *buildings;
    struct proving *proving; // quarter hours and events that are over
    struct outage_book outage;
    struct slot_state area_slot;        // of all electric connections together
    uint64_t area_over_since_mono_ms;   // 0: it keeps its limit
    struct capability_book *capability; // room to reckon in, and what was told; NULL before the first
    struct queue queue;
    struct forecast *forecast;
    struct regulate_asset *regulate_assets;
    struct regulate_bus *regulate_buses;
    struct regulate_group *regulate_groups;
    struct regulate_command *commands;
    struct regulate_bus_result *results;
    struct regulate_group_result *group_results;
    uint64_t *group_over_since_mono_ms; // 0: within its limit
    struct instant started, last_tick;
    bool ticked;
    bool received;               // any usable reading
    uint64_t fresh_from_mono_ms; // older values are not relied on (after a suspend)
    uint64_t regulated_mono_ms;
    uint64_t published_mono_ms, saved_mono_ms, clock_step_mono_ms;
    int64_t learned_utc_ms;
    uint64_t mistrusted_until_mono_ms; // the clock, for lessons
    enum engine_mode mode;
    engine_grid_forecast_fn *grid_forecast; // NULL: nothing is known
    void *grid_forecast_context;
    struct price_source grid_prices, community_prices;
    char refusal[160];
};

// ---- helpers ------------------------------------------------------------------------------------------------------

static inline uint64_t elapsed_ms(uint64_t since, uint64_t now)
{
    return now > since ? now - since : 0;
}

static inline const struct site_asset *site_asset_at(const struct engine *e, int asset)
{
    return &e->site->assets[asset];
}

static inline double asset_range_w(const struct engine *e, int asset)
{
    return e->site->assets[asset].max_power_w - e->site->assets[asset].min_power_w;
}

// Seconds of area time in `mono_ms` of the monotonic clock (they differ in a speeded-up demonstration).
static inline double area_seconds(const struct engine *e, uint64_t mono_ms)
{
    double speed = e->site->simulation.speed > 0 ? e->site->simulation.speed : 1;
    return (double)mono_ms / 1000 * speed;
}

// So many seconds of the area's time, ms of the monotonic clock.
static inline uint64_t area_ms(const struct engine *e, int seconds)
{
    double speed = e->site->simulation.speed > 0 ? e->site->simulation.speed : 1;
    return seconds > 0 ? (uint64_t)(1000.0 * seconds / speed) : 0;
}

// Ticks that are minutes or hours apart, as in replay. Each then brings the readings of all devices, a reading of an
// EVENT_SURVEY is the mean since the one before, and nothing that takes seconds is seen: no ramp, no disobedience.
static inline bool is_coarse(const struct engine *e)
{
    return e->site->control.cycle_ms > LONGEST_FINE_CYCLE_MS;
}

// A longer silence of ticks: the machine slept.
static inline uint64_t suspend_gap_ms(const struct engine *e)
{
    uint64_t three_cycles_ms = 3 * (uint64_t)e->site->control.cycle_ms;
    return is_coarse(e) ? three_cycles_ms : SUSPEND_GAP_MS;
}

// The site has islands, and they are looked after. Their number, and that of switches: 0 where they are not.
static inline bool outage_is_watched(const struct engine *e)
{
    return e->outage.islands != NULL;
}

static inline size_t outage_islands(const struct engine *e)
{
    return outage_is_watched(e) ? e->site->n_islands : 0;
}

static inline size_t outage_switches(const struct engine *e)
{
    return outage_is_watched(e) ? e->site->n_switches : 0;
}

int asset_of(const struct engine *e, enum asset_kind kind, int of_kind); // -1 when there is none
int first_grid_of_bus(const struct engine *e, int bus);                  // grid number, -1 none
void refuse(struct engine *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

// values.c
void values_start(struct engine *e);
int values_consume(struct engine *e, const struct event *event);
void values_device_down(struct engine *e, const struct event *event);
struct value device_value(const struct engine *e, int device, enum quantity q, uint64_t now_mono_ms);
void values_refresh(struct engine *e, struct instant now); // judged values, reachability and their alarms
bool asset_known(const struct engine *e, int asset, uint64_t now_mono_ms); // a power not older than allowed
bool asset_doubtful(const struct engine *e, int asset);                    // its last answer was no value at all
bool soc_known(const struct engine *e, int asset, uint64_t now_mono_ms);

// buses.c
void buses_refresh(struct engine *e, struct instant now); // mode of every bus and of the area
void balance_refresh(struct engine *e, uint64_t now_mono_ms);

// regulating.c, assembling.c, applying.c
void regulating_step(struct engine *e, struct instant now);
void limit_alarms_refresh(struct engine *e, struct instant now);
bool regulating_is_urgent(const struct engine *e, int device, struct instant now);
void assemble(struct engine *e, struct instant now);
bool cap_binds(const struct engine *e, int asset);
void apply_commands(struct engine *e, struct instant now);
void apply_write_result(struct engine *e, const struct event *event);
void release_device(struct engine *e, int device);
void obedience_refresh(struct engine *e, struct instant now);
bool asset_starting(const struct engine *e, int asset, uint64_t now_mono_ms); // told to run, and not there yet
bool asset_stays_on(const struct engine *e, int asset, struct instant now);   // has not run for its least time
bool asset_stays_off(const struct engine *e, int asset, struct instant now);  // has not rested for its least time
void asset_told(struct engine *e, int asset, double setpoint_w, uint64_t now_mono_ms); // before the setpoint is set
double bus_price_per_kwh(const struct engine *e, int bus, struct instant now);         // marginal, from plan or tariff
int64_t setpoint_valid_until_ms(const struct engine *e, int asset, struct instant now);

// problem_supply.c
double converter_cop(const struct engine *e, int converter, int64_t utc_ms); // at the temperature outside

// outside.c
void outside_refresh(struct engine *e, struct instant now); // what the sensors tell
void outside_sample(struct engine *e);
void outside_forget(struct engine *e);
void outside_teach(struct engine *e, int64_t from_utc_ms, int64_t to_utc_ms); // the mean of the samples

// learning.c
void learning_tick(struct engine *e, struct instant now, uint64_t dt_mono_ms);
void learning_mistrusts(struct engine *e, double step_ms, struct instant now); // the clock was set by so much

// communities.c
struct community_prices { // what it adds to a member's own; 0 without a community
    double import_per_kwh, export_per_kwh;
};
// What the next kWh costs, or earns, at this connection beside its own tariff; `step` of the plan, -1 without one.
struct community_prices community_prices(const struct engine *e, int grid, int step, int64_t utc_ms);

// accounting.c
void accounting_tick(struct engine *e, struct instant now, uint64_t dt_mono_ms);
double accounting_peak_limit_w(const struct engine *e, int grid, struct instant now);
// What may flow for the rest of the demand window, so that it averages `allowed_w`; LP_INFINITY where there is none.
double accounting_window_limit_w(const struct engine *e, int grid, double allowed_w, struct instant now);

// planning.c
void planning_tick(struct engine *e, struct instant now);
int planning_accept(struct engine *e, struct schedule *schedule, struct instant now);
void planning_failed(struct engine *e, const char *why, struct instant now);
void planning_request(struct engine *e);                                // now
void planning_suggest(struct engine *e);                                // soon: things of this kind may come in crowds
bool planning_awaits_first(const struct engine *e, struct instant now); // just started: the first plan is on its way
bool planning_current(const struct engine *e, struct instant now, int *ret_step); // a plan that may be followed
bool schedule_fits(const struct engine *e, const struct schedule *s);

// alarms.c
int alarms_start(struct engine *e);
void alarms_free(struct engine *e);
void alarm_set(struct engine *e, enum alarm_kind kind, int index, bool active, int64_t utc_ms, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
// The same alarm is about to be said anew, with another text.
void alarm_renew(struct engine *e, enum alarm_kind kind, int index);
void alarms_adopt(struct engine *e, const struct engine *former);
void alarms_gather(struct engine *e);                                     // those that are active, for engine_alarms
bool alarm_announce(struct engine *e, int slot, struct alarm *ret_alarm); // false: nothing new to say

// publishing.c
void publishing_tick(struct engine *e, struct instant now);

// foretelling.c
void foretelling_tick(struct engine *e, struct instant now, uint64_t dt_mono_ms);

// command.c
int command_consume(struct engine *e, const struct event *event);
void commands_expire(struct engine *e, struct instant now);
