// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of batteries, and of stores of heat and cold, which are batteries with other defaults.
#include "conf/site_options.h"

static const struct conf_option curve_options[] = {{.name = "soc",
                                                    .type = CONF_FRACTION,
                                                    CONF_AT(struct site_curve_point, soc_frac),
                                                    .low = 0,
                                                    .high = 1,
                                                    .required = true,
                                                    .meaning = "State of charge.",
                                                    .example = "80 %"},
                                                   {.name = "power",
                                                    .type = CONF_POWER,
                                                    CONF_AT(struct site_curve_point, power_w),
                                                    .low = 0,
                                                    .high = 1e12,
                                                    .required = true,
                                                    .meaning = "Highest power at this state of charge, at the bus.",
                                                    .example = "500 kW"},
                                                   {0}};

static const struct conf_option efficiency_options[] = {
    {.name = "power",
     .type = CONF_FRACTION,
     CONF_AT(struct site_efficiency_point, power_frac),
     .low = 0,
     .high = 1,
     .required = true,
     .meaning = "Power at the bus, as a share of max_charge or max_discharge.",
     .example = "30 %"},
    {.name = "efficiency",
     .type = CONF_FRACTION,
     CONF_AT(struct site_efficiency_point, efficiency),
     .low = 0.1,
     .high = 1,
     .required = true,
     .meaning = "Share that arrives, one way, in either direction.",
     .example = "94 %"},
    {0}};

#define POWER_ROW(name_, member_, meaning_, example_)                                                                  \
    {                                                                                                                  \
        .name = name_, .type = CONF_POWER, CONF_AT(struct site_battery, member_), .low = 0, .high = 1e12,              \
        .required = true, .meaning = meaning_, .example = example_                                                     \
    }

#define SHARE_ROW(name_, member_, low_, initial_, meaning_)                                                            \
    {                                                                                                                  \
        .name = name_, .type = CONF_FRACTION, CONF_AT(struct site_battery, member_), .low = low_, .high = 1,           \
        .initial = initial_, .meaning = meaning_                                                                       \
    }

#define CURVE_ROW(name_, member_, count_, meaning_)                                                                    \
    {                                                                                                                  \
        .name = name_, .type = CONF_LIST_OF, CONF_LIST_AT(struct site_battery, member_, count_),                       \
        .max_count = SITE_MAX_CURVE, .rows = curve_options, .meaning = meaning_                                        \
    }

#define CHARGE_CURVE_ROW                                                                                               \
    CURVE_ROW("charge_curve", charge_curve, n_charge_curve,                                                            \
              "How the highest charging power falls with the state of charge: straight lines between these points, "   \
              "ever steeper; max_charge throughout when left out.")

#define DISCHARGE_CURVE_ROW                                                                                            \
    CURVE_ROW("discharge_curve", discharge_curve, n_discharge_curve,                                                   \
              "How the highest discharging power depends on the state of charge: straight lines between these "        \
              "points, ever flatter or falling ever steeper; max_discharge throughout when left out. Where it falls, " \
              "regulation keeps it and plans leave it out.")

#define EFFICIENCY_CURVE_ROW                                                                                           \
    {                                                                                                                  \
        .name = "efficiency_curve", .type = CONF_LIST_OF,                                                              \
        CONF_LIST_AT(struct site_battery, efficiency_curve, n_efficiency_curve), .max_count = SITE_MAX_CURVE,          \
        .rows = efficiency_options,                                                                                    \
        .meaning = "How efficient simulated equipment is at its power: straight lines between these points. Plans "    \
                   "go by charge_efficiency and discharge_efficiency, which then ought to be usual values of it."      \
    }

#define CAPACITY_ROW(meaning_, example_)                                                                               \
    {                                                                                                                  \
        .name = "capacity", .type = CONF_ENERGY, CONF_AT(struct site_battery, capacity_wh), .low = 1, .high = 1e12,    \
        .required = true, .meaning = meaning_, .example = example_                                                     \
    }

#define LOSS_ROW(meaning_, example_)                                                                                   \
    {                                                                                                                  \
        .name = "self_discharge", .type = CONF_RATE_PER_H, CONF_AT(struct site_battery, self_discharge_per_h),         \
        .low = 0, .high = 0.1, .initial = "0 %/h", .meaning = meaning_, .example = example_                            \
    }

static const char charge_share[] = "Share of the charged energy that arrives in the store.";
static const char discharge_share[] = "Share of the energy taken from the store that arrives at the bus.";

const struct conf_option site_battery_options[] = {
    BUS_ROW(struct site_battery, "main"),
    CAPACITY_ROW("Energy it stores between 0 % and 100 %.", "3800 kWh"),
    POWER_ROW("max_charge", max_charge_w, "Highest charging power, at the bus.", "500 kW"),
    POWER_ROW("max_discharge", max_discharge_w, "Highest discharging power, at the bus.", "500 kW"),
    SHARE_ROW("charge_efficiency", charge_efficiency, 0.1, "95 %", charge_share),
    SHARE_ROW("discharge_efficiency", discharge_efficiency, 0.1, "95 %", discharge_share),
    LOSS_ROW("Share of the stored energy that is lost by itself.", "0.002 %/h"),
    SHARE_ROW("soc_min", soc_min_frac, 0, "10 %", "Lowest state of charge in use."),
    SHARE_ROW("soc_max", soc_max_frac, 0, "95 %", "Highest state of charge in use."),
    {.name = "reserve",
     .type = CONF_FRACTION,
     CONF_AT(struct site_battery, reserve_frac),
     .low = 0,
     .high = 1,
     .initial = "0 %",
     .meaning = "State of charge that is kept for an outage, from soc_min to soc_max; 0: soc_min.",
     .example = "30 %"},
    {.name = "wear",
     .type = CONF_PRICE_KWH,
     CONF_AT(struct site_battery, wear_per_kwh),
     .low = 0,
     .high = 1e6,
     .initial = "0 /kWh",
     .meaning = "Cost of each kWh that passes the bus in either direction.",
     .example = "2 /kWh"},
    RAMP_ROW(struct site_battery),
    CHARGE_CURVE_ROW,
    DISCHARGE_CURVE_ROW,
    EFFICIENCY_CURVE_ROW,
    {0}};

const struct conf_option site_store_options[] = {
    BUS_ROW(struct site_battery, "heating"),
    CAPACITY_ROW("Heat or cold it stores between 0 % and 100 %.", "6 MWh"),
    POWER_ROW("max_charge", max_charge_w, "Most heat or cold it takes, at the bus.", "800 kW"),
    POWER_ROW("max_discharge", max_discharge_w, "Most heat or cold it gives, at the bus.", "800 kW"),
    SHARE_ROW("charge_efficiency", charge_efficiency, 0.1, "100 %", charge_share),
    SHARE_ROW("discharge_efficiency", discharge_efficiency, 0.1, "100 %", discharge_share),
    LOSS_ROW("Share of what is stored that leaks away.", "0.5 %/h"),
    SHARE_ROW("soc_min", soc_min_frac, 0, "0 %", "Lowest filling in use."),
    SHARE_ROW("soc_max", soc_max_frac, 0, "100 %", "Highest filling in use."),
    RAMP_ROW(struct site_battery),
    CHARGE_CURVE_ROW,
    DISCHARGE_CURVE_ROW,
    {0}};
