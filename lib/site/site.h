// SPDX-License-Identifier: GPL-3.0-or-later
// The area as configured: what exists, how it hangs together and within which limits. Constant after loading.
//
// One `struct site` is the whole judged configuration; lib/conf fills it from the option table (conf/site_options.c),
// where every member below has its row with unit, range, default and meaning. References between sections are indices
// into the arrays of this struct, -1 where an optional one is absent.
//
// Signs: positive power flows into the bus the asset hangs on. Limits are magnitudes, >= 0.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/quantity.h"

enum {
    SITE_ID_MAX = 48,
    SITE_TEXT_MAX = 256,
    SITE_MAX_BUSES = 100,
    SITE_MAX_ASSETS = 300,
    SITE_MAX_DEVICES = 1000,
    SITE_MAX_PRICES = 1000, // points of a price series: ten days of quarter hours
    SITE_MAX_CURVE = 4,     // points of a storage's power over its state of charge
    SITE_MAX_SESSIONS = 16, // stays or runs of a charger or flexible load over a week
    SITE_MAX_OFFERS = 8,    // of a building
    SITE_MAX_BUILDINGS = 100,
    SITE_MAX_SENDERS = 16,
    SITE_MAX_DR_KEYS = 8, // of a sender
    SITE_MAX_TOPICS = 8,
    SITE_DR_LEVELS = 3, // of SIMPLE, beside 0: normal
    SITE_MAX_ISLANDS = 32,
    SITE_MAX_SWITCHES = 300,
    SITE_MAX_FORMING = 4, // of an island
};

// ---- prices -------------------------------------------------------------------------------------------------------

enum day_kind { DAYS_ALL, DAYS_WEEKDAYS, DAYS_WEEKENDS }; // holidays count as weekends

struct site_price_period {
    double price_per_kwh; // area currency; may be negative
    int from_minute;      // local minute of day, inclusive, 0-1439
    int to_minute;        // exclusive, 1-1440; before from_minute: over midnight
    enum day_kind days;
    uint16_t months; // bit 0 January ... bit 11 December; 0x0FFF all
};

// Holds from its instant until the next one's; the last for as long as the one before it, or an hour.
struct site_price_point {
    int64_t from_utc_ms;
    double import_price_per_kwh, export_price_per_kwh;
    double co2_g_per_kwh;            // of imported energy; < 0: not known
    bool lacks_import, lacks_export; // the price is not known: that of the periods holds
};

struct site_tariff {
    char id[SITE_ID_MAX];
    struct site_price_period *import; // first that matches holds; the last one always matches
    size_t n_import;
    struct site_price_period *export; // what is paid for feeding in; empty: 0
    size_t n_export;
    double demand_charge_per_kw;     // per month, on the highest window average of import; 0: none
    int demand_window_s;             // 900 or 1800
    struct site_price_point *series; // known prices by instant, ascending; before the periods, where they reach
    size_t n_series;
};

// ---- buses and assets ---------------------------------------------------------------------------------------------

enum carrier { CARRIER_ELECTRICITY, CARRIER_HEAT, CARRIER_COOLING, CARRIER_COUNT };

// What flows on a bus is counted alike whatever its carrier: heat or cold that is supplied is positive.
struct site_bus {
    char id[SITE_ID_MAX];
    enum carrier carrier; // only electric buses are balanced each second; stores carry the others
};

// In the order of `site.assets`. A store is a battery of heat or cold, a flexible load a charger without a vehicle.
enum asset_kind {
    ASSET_GRID,
    ASSET_PV,
    ASSET_BATTERY,
    ASSET_STORE,
    ASSET_CHARGER,
    ASSET_FLEXIBLE,
    ASSET_LOAD,
    ASSET_GENERATOR,
    ASSET_CONVERTER,
    ASSET_TIE,
    ASSET_KIND_COUNT
};

struct site_grid {
    char id[SITE_ID_MAX];
    int bus;
    double import_limit_w; // kept in every second
    double export_limit_w; // kept in every second
    int tariff;
    double co2_g_per_kwh;    // of imported energy, where no series says otherwise
    double contract_power_w; // most that a demand window may average; 0: import_limit_w alone
    double ramp_w_per_s;     // largest change of the flow that is planned; 0: no limit
};

// Grid connections whose flows are netted and paid for as one, beside what each costs by its own tariff. Each grid is
// in one of them at most.
struct site_community {
    char id[SITE_ID_MAX];
    int tariff; // of the sum
    int *grids;
    size_t n_grids;
};

struct site_pv {
    char id[SITE_ID_MAX];
    int bus;
    double peak_power_w; // AC power at full sun
    double tilt_deg;     // 0 flat - 90 upright
    double azimuth_deg;  // 0 north, 90 east, 180 south, 270 west
    bool curtailable;
};

// What a battery can take or give at a state of charge; in between on a straight line, beyond as at the end.
struct site_curve_point {
    double soc_frac, power_w;
};

// What a real battery keeps of a kWh in either direction when it works at a share of its highest power; in between on a
// straight line, beyond as at the end.
struct site_efficiency_point {
    double power_frac, efficiency;
};

struct site_battery { // or a store, with its capacity in Wh of heat or cold
    char id[SITE_ID_MAX];
    int bus;
    double capacity_wh;
    double max_charge_w;         // at the bus
    double max_discharge_w;      // at the bus
    double charge_efficiency;    // (0-1], bus to store
    double discharge_efficiency; // (0-1], store to bus
    double self_discharge_per_h; // share of the energy lost per hour
    double soc_min_frac, soc_max_frac;
    double reserve_frac; // kept for an outage, >= soc_min_frac; below it only for tiers above the reserve
    double wear_per_kwh; // cost of each kWh that passes the bus in either direction
    double ramp_w_per_s; // largest change of a setpoint; 0: no limit
    struct site_curve_point *charge_curve; // rising in SoC, falling in power; empty: max_charge_w throughout
    size_t n_charge_curve;
    struct site_curve_point *discharge_curve; // rising in SoC, bending downwards; empty: max_discharge_w
    size_t n_discharge_curve;
    struct site_efficiency_point *efficiency_curve; // of simulated equipment; empty: the efficiencies above
    size_t n_efficiency_curve;
};

enum load_shape { SHAPE_FLAT, SHAPE_OFFICE, SHAPE_MALL, SHAPE_HOME, SHAPE_HOTEL, SHAPE_SCHOOL, SHAPE_COUNT };

// In the order in which they are given up last: the first is given up last of all.
enum load_tier { TIER_LIFELINE, TIER_IMPORTANT, TIER_ORDINARY, TIER_DEFERRABLE, TIER_COUNT };

struct site_load {
    char id[SITE_ID_MAX];
    int bus;
    enum load_shape shape;
    double average_w; // of a winter weekday
    double peak_w;
    double tier_share[TIER_COUNT]; // sums to 1
    bool sheddable[TIER_COUNT];    // tiers that this system can switch off
    double shed_cost_per_kwh[TIER_COUNT];
};

// A breaker, or a charging station with several outlets: what hangs behind it draws, and feeds back, no more than this.
struct site_group {
    char id[SITE_ID_MAX];
    int within; // group that it hangs behind itself, -1 none
    double limit_w;
};

// A stay that is expected: of a vehicle, or of a flexible load's run. Holds until somebody says better.
struct site_session {
    int from_minute;  // local minute of day
    int until_minute; // departure, or end of the window; not after from_minute: on the next day
    double energy_wh; // wanted until then: into the vehicle's battery, or out of the bus
    enum day_kind days;
};

struct site_flexible { // a charger for an EV, e-bus or e-truck, or a flexible load
    char id[SITE_ID_MAX];
    int bus;
    int group;              // -1 none
    double max_charge_w;    // drawn from the bus
    double min_charge_w;    // lowest power it runs at; below it stands still
    double max_discharge_w; // fed back to the bus (V2G); 0: never
    double charge_efficiency, discharge_efficiency;
    double wear_per_kwh;     // of feeding back
    double capacity_wh;      // of a vehicle, until somebody says better
    double min_frac;         // feeding back leaves so much of the vehicle's capacity
    enum load_tier priority; // how long its wish is kept in a shortage
    struct site_session *sessions;
    size_t n_sessions;
};

struct site_generator {
    char id[SITE_ID_MAX];
    int bus;
    double max_power_w;
    double min_power_w;       // lowest power it runs at
    double fuel_cost_per_kwh; // per electric kWh
    double co2_g_per_kwh;     // per electric kWh
    double ramp_w_per_s;      // 0: no limit
    bool emergency;           // runs only when the grid is away
    double fuel_wh;           // electric energy that a full tank gives; 0: fuel does not end
    double start_cost;        // of each start
    int min_run_s;            // once started it runs so long
    int start_time_s;         // from the word to run until it gives power
    int heat_bus;             // of a CHP, -1 none; the generator of a heat bus is a boiler
    double heat_ratio;        // kWh of heat per electric kWh; what nobody takes goes to the cooler
};

// A heat pump, chiller or electric boiler: draws from `from` (electricity), gives `cop` times as much to `to`.
struct site_converter {
    char id[SITE_ID_MAX];
    int from, to;
    double max_power_w, min_power_w; // drawn; below the minimum it stands still
    double cop;                      // at 15 degC outside
    double cop_per_degc;             // change with the temperature outside
    double ramp_w_per_s;             // 0: no limit
    int start_time_s;                // from the word to run until it draws power
};

// A controllable connection between two buses. Positive power flows into `to`.
struct site_tie {
    char id[SITE_ID_MAX];
    int from, to;
    double limit_w;   // at the sending end, either direction
    double loss_frac; // [0-1), of what is sent
    double transfer_price_per_kwh;
    double ramp_w_per_s; // 0: no limit
};

// Every asset once, in the order of enum asset_kind. `asset` numbers everywhere in the program index this list; ids are
// unique over all of it.
struct site_asset {
    char id[SITE_ID_MAX];
    enum asset_kind kind;
    int bus;                         // of a tie: its `to`; of a converter: its `from`
    int of_kind;                     // index into the array of its kind
    double min_power_w, max_power_w; // what it can do at its bus, signed; a grid's contract limits
};

// ---- outage --------------------------------------------------------------------------------------------------------

// What supplies the loads behind a grid connection while that is away. Each grid connection has one at most, and so has
// each bus.
struct site_island {
    char id[SITE_ID_MAX];
    int grid; // connection that it does without
    int bus;  // of that; derived
    // Who holds voltage and frequency, the first that can: batteries and generators at the bus, ties to another.
    // Assets.
    int forming[SITE_MAX_FORMING];
    size_t n_forming;
    int breaker;          // switch at the point of coupling; -1: the interconnection opens and closes by itself
    double headroom_frac; // of the forming asset's limits, kept for the largest step of load or sun, 0-0.9
    double voltage_v;     // nominal, as the connection's meter tells it; 0: not judged
    double frequency_hz;  // nominal; 0: not judged
};

// A relay or contactor that this system opens and closes: a part of a load, or an island's breaker.
struct site_switch {
    char id[SITE_ID_MAX];
    int load;            // -1: a breaker
    enum load_tier tier; // of what is behind it
    double share;        // of the load's power, (0-1]
    double inrush;       // most that it draws when it is closed again, as a multiple of its power, >= 1
    bool unconfirmed;    // it is known to have no feedback: what it was told is believed
};

struct site_outage {
    bool enabled;
    int horizon_s;                               // supply is to last for so long from the beginning of an outage (72 h)
    int beyond_s;                                // and for lifelines alone so much longer
    double least_frac;                           // of the demand of every hour is served before any hour is served more
    double warned_frac;                          // of batteries' capacity, kept for an outage that somebody warned of
    double pv_quantile;                          // of the sun that is expected, what is relied upon, 0-1
    int stable_s;                                // the grid must be there without a break before it is taken (300 s)
    int dwell_s;                                 // what the plan sheds or serves stays so for so long at least
    int settle_s;                                // between two circuits that come back
    double lost_voltage_frac, lost_frequency_hz; // further off than this the grid is gone
    double stable_voltage_frac, stable_frequency_hz; // no further off than this it is stable
    int confirm_ms;                                  // one witness of a loss alone is believed after so long
};

// ---- devices ------------------------------------------------------------------------------------------------------

struct site_link { // a Modbus bus: one TCP endpoint or one serial line
    char id[SITE_ID_MAX];
    char host[SITE_TEXT_MAX]; // empty for a serial line
    int port;
    char serial[SITE_TEXT_MAX]; // path of the serial line, empty for TCP
    int baud;
    char parity; // 'N', 'E' or 'O'
    int stop_bits;
    int response_timeout_ms; // for a whole reply
    int connect_delay_ms;    // silence after connecting
    int request_delay_ms;    // silence between requests
};

struct site_device {
    char id[SITE_ID_MAX];
    int link;
    int unit;                    // Modbus unit id
    char profile[SITE_TEXT_MAX]; // name below the profile folders, or a path
    int asset;                   // what it measures or drives; -1: a switch, a witness of the grid, or a sensor
    int of_switch;               // the switch that it is, -1 none
    int of_island;               // the island for whose grid it is a witness, -1 none
    int poll_ms;
    bool invert;         // wired the other way round
    bool control;        // setpoints may be written
    double safe_power_w; // written when data, plan and rules are lost, and on exit, where the profile cannot release
    bool has_safe_power;
    char serial_number[SITE_ID_MAX]; // expected; empty: not checked
};

// ---- demand response ----------------------------------------------------------------------------------------------

// What a building can do without for some time, when it is asked to.
struct site_offer {
    enum load_tier tier;  // of what it would switch off; for people, and the order between equal prices
    double power_w;       // less than it would draw otherwise
    double price_per_kwh; // what it costs to ask for it
    int max_duration_s;   // of one event
};

enum incentive_kind {
    INCENTIVE_FIXED,         // per kWh delivered of what was asked for
    INCENTIVE_CRITICAL_PEAK, // what is drawn during the event costs so much more per kWh
    INCENTIVE_REBATE,        // per kWh below the baseline, asked for or not
    INCENTIVE_TIME_OF_USE,   // the prices alone
    INCENTIVE_KIND_COUNT
};

enum baseline_method { BASELINE_HIGH_4_OF_5, BASELINE_10_OF_10, BASELINE_METER_BEFORE, BASELINE_METHOD_COUNT };

// Loads behind one meter, and somebody who is asked to draw less. Each load is in one building at most.
struct site_building {
    char id[SITE_ID_MAX];
    char name[SITE_ID_MAX];
    int *loads; // indices into `site.loads`
    size_t n_loads;
    struct site_offer *offers;
    size_t n_offers;
    enum incentive_kind incentive;
    double incentive_per_kwh; // >= 0
    double penalty_per_kwh;   // of what was asked for and not delivered
    enum baseline_method baseline;
};

struct site_dr_key {
    char id[SITE_ID_MAX];              // `kid`; unique over all senders
    char public_key[SITE_ID_MAX];      // Ed25519, base64url, 43 characters
    int64_t from_utc_ms, until_utc_ms; // valid; 0 and DR's latest instant where not said
    bool revoked;
};

struct site_dr_sender { // a grid operator or aggregator
    char id[SITE_ID_MAX];
    struct site_dr_key *keys;
    size_t n_keys;
};

static const double SITE_NO_LIMIT_W = 1e10; // PLAN_NO_LIMIT_W, and "none" in the configuration

// What holds while limits of the grid operator are not heard: EEBUS LPC and LPP; section 14a EnWG by `floor_w`.
struct site_dr_failsafe {
    bool enabled;                          // a heartbeat is expected
    int heartbeat_s;                       // longest time between two
    int duration_s;                        // 2 to 24 h
    double import_limit_w, export_limit_w; // of the area; SITE_NO_LIMIT_W: none
};

struct site_dr {
    bool enabled;                  // events are listened to
    bool is_signed;                // what is not signed by a known key is refused
    bool needs_clock;              // no new event while the machine's clock is not synchronised
    bool average;                  // limits are kept over each slot's average, else in every second
    int slot_s;                    // 900 or 1800
    double floor_w;                // import limits below this are raised to it; 0: none
    double levels[SITE_DR_LEVELS]; // SIMPLE 1-3: share of the import expected without an event that may remain
    double emergency_frac;         // the same of ALERT_GRID_EMERGENCY
    double default_import_limit_w; // while the sender is lost and nothing known holds; SITE_NO_LIMIT_W: none
    int lost_after_s;              // without connection to the broker the sender counts as lost
    double incentive_per_kwh, penalty_per_kwh; // what the area is paid, and owes
    enum baseline_method baseline;             // of the area
    double deliver_frac;                       // a building that gives less of what it should is noticed
    char program[SITE_ID_MAX];                 // programID of events for buildings
    char (*topics)[SITE_TEXT_MAX];             // further topics to listen to, in full
    size_t n_topics;
    char (*targets)[SITE_TEXT_MAX]; // names of this area in an event's targets, beside its id
    size_t n_targets;
    struct site_dr_sender *senders;
    size_t n_senders;
    struct site_dr_failsafe failsafe;
};

// ---- the service --------------------------------------------------------------------------------------------------

struct site_plan_settings {
    int interval_s;      // between plans
    int horizon_s;       // 24-48 h
    int deadline_ms;     // for one answer of the planner
    int max_age_s;       // older plans are not followed; rules take over
    int scenarios;       // courses of load, PV and prices that a plan weighs, 1-10; fewer when time is short
    int shared_s;        // decisions of this first time are the same in all of them
    int shortest_step_s; // of a plan
    bool co2_first;      // emissions come before money
};

struct site_control_settings {
    int cycle_ms;                 // between regulation steps
    int stale_polls;              // polls without an answer until a value is stale
    int lease_s;                  // how long a written setpoint stands without being renewed
    double limit_margin_frac;     // kept clear of grid limits
    double open_loop_margin_frac; // more of it while a grid meter is lost
    char socket[SITE_TEXT_MAX];   // where aemsctl reaches the daemon
};

struct site_mqtt {
    bool enabled;
    char host[SITE_TEXT_MAX];
    int port;
    bool tls;
    char ca_file[SITE_TEXT_MAX], cert_file[SITE_TEXT_MAX], key_file[SITE_TEXT_MAX];
    char client_id[SITE_ID_MAX];
    char username[SITE_TEXT_MAX];
    char password[SITE_TEXT_MAX]; // a secret: never logged
    char prefix[SITE_TEXT_MAX];   // topics are <prefix>/<area id>/...
    int keepalive_s;
    int max_payload_bytes; // larger ones are refused
};

struct site_record { // of inputs and decisions, for replay
    bool enabled;
    char directory[SITE_TEXT_MAX]; // empty: `records` in the state directory
    int keep_days;
    int max_mb; // of all files together, the oldest goes first
};

struct site_simulation {  // a demonstration's clock; real areas leave it alone
    double speed;         // UTC seconds per second, 1 in earnest
    int64_t start_utc_ms; // where UTC begins; < 0: now
};

struct site {
    char id[SITE_ID_MAX];
    char name[SITE_TEXT_MAX];
    char timezone[64];
    double latitude_deg, longitude_deg;
    char currency[8];
    double co2_price_per_kg;
    int settlement_s;  // interval of the sharing ledger
    int32_t *holidays; // local dates as yyyymmdd, ascending
    size_t n_holidays;

    struct site_tariff *tariffs;
    size_t n_tariffs;
    struct site_bus *buses;
    size_t n_buses;
    struct site_grid *grids;
    size_t n_grids;
    struct site_community *communities;
    size_t n_communities;
    struct site_pv *pvs;
    size_t n_pvs;
    struct site_battery *batteries;
    size_t n_batteries;
    struct site_battery *stores; // of heat and cold
    size_t n_stores;
    struct site_group *groups;
    size_t n_groups;
    struct site_flexible *chargers;
    size_t n_chargers;
    struct site_flexible *flexibles; // flexible loads
    size_t n_flexibles;
    struct site_load *loads;
    size_t n_loads;
    struct site_generator *generators;
    size_t n_generators;
    struct site_converter *converters;
    size_t n_converters;
    struct site_tie *ties;
    size_t n_ties;
    struct site_link *links;
    size_t n_links;
    struct site_device *devices;
    size_t n_devices;
    struct site_building *buildings;
    size_t n_buildings;

    struct site_island *islands;
    size_t n_islands;
    struct site_switch *switches;
    size_t n_switches;

    struct site_asset *assets; // derived, see above
    size_t n_assets;

    struct site_plan_settings plan;
    struct site_control_settings control;
    struct site_mqtt mqtt;
    struct site_simulation simulation;
    struct site_record record;
    struct site_dr dr;
    struct site_outage outage;
    char state_directory[SITE_TEXT_MAX];
};

// Fills `assets` from the other arrays. AEMS_E_NOMEM.
int site_index_assets(struct site *s);

// The battery or store, the charger or flexible load, of an asset of these kinds; else NULL. Borrowed.
const struct site_battery *site_storage_of(const struct site *s, int asset);
const struct site_flexible *site_flexible_of(const struct site *s, int asset);

// The community of a grid connection, -1 none.
int site_community_of(const struct site *s, int grid);

// The building of a load (number), -1 none.
int site_building_of(const struct site *s, int load);

// The island at a bus, of a grid connection (number), the one whose breaker a switch is; -1 none.
int site_island_of_bus(const struct site *s, int bus);
int site_island_of_grid(const struct site *s, int grid);
int site_island_of_breaker(const struct site *s, int of_switch);

// The bus that a tie leads to from this one, -1 it does not begin or end there.
int site_tie_other_end(const struct site_tie *t, int bus);

// The device that is a switch, -1 none.
int site_device_of_switch(const struct site *s, int of_switch);

// What a device measures or drives; NULL for a sensor of the area. Borrowed.
const struct site_asset *site_device_asset(const struct site *s, const struct site_device *device);

// Index into `assets`, or -1.
int site_find_asset(const struct site *s, const char *id);

// The id that `id` is likely a slip of, or NULL; borrowed from `s`.
const char *site_nearest_asset(const struct site *s, const char *id);

// Stable names as in the configuration, e.g. "battery", "lifeline"; static.
const char *asset_kind_name(enum asset_kind kind);
const char *carrier_name(enum carrier carrier);
const char *load_tier_name(enum load_tier tier);

// Frees everything the site owns and the site itself; NULL is fine.
void site_free(struct site *s);
