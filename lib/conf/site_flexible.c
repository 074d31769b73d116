// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of groups, chargers and flexible loads.
#include "conf/site_options.h"

const struct conf_option site_group_options[] = {
    {.name = "limit",
     .type = CONF_POWER,
     CONF_AT(struct site_group, limit_w),
     .low = 1,
     .high = 1e12,
     .required = true,
     .meaning = "Most power that may flow through it, in either direction.",
     .example = "150 kW"},
    {.name = "within",
     .type = CONF_REFERENCE,
     CONF_AT(struct site_group, within),
     .target = "groups",
     .alternative = true,
     .meaning = "Group that it hangs behind itself, e.g. a charging station behind the breaker of its garage.",
     .example = "main-breaker"},
    {0}};

#define SESSIONS(what_)                                                                                                \
    {                                                                                                                  \
        .name = "sessions", .type = CONF_LIST_OF, CONF_LIST_AT(struct site_flexible, sessions, n_sessions),            \
        .max_count = SITE_MAX_SESSIONS, .rows = session_options, .meaning = what_                                      \
    }

#define GROUP_ROW                                                                                                      \
    {                                                                                                                  \
        .name = "group", .type = CONF_REFERENCE, CONF_AT(struct site_flexible, group), .target = "groups",             \
        .meaning = "Breaker or charging station that it hangs behind.", .example = "garage"                            \
    }

#define PRIORITY_ROW(initial_)                                                                                         \
    {                                                                                                                  \
        .name = "priority", .type = CONF_CHOICE, CONF_AT(struct site_flexible, priority), .choices = site_load_tiers,  \
        .initial = initial_, .meaning = "How long its energy is granted in a shortage: as long as load of this tier."  \
    }

#define POWER_ROW(name_, member_, initial_, meaning_)                                                                  \
    {                                                                                                                  \
        .name = name_, .type = CONF_POWER, CONF_AT(struct site_flexible, member_), .low = 0, .high = 1e12,             \
        .initial = initial_, .meaning = meaning_                                                                       \
    }

static const struct conf_option session_options[] = {
    {.name = "from",
     .type = CONF_TIME_OF_DAY,
     CONF_AT(struct site_session, from_minute),
     .low = 0,
     .high = 1439,
     .required = true,
     .meaning = "Local time of arrival.",
     .example = "18:30"},
    {.name = "until",
     .type = CONF_TIME_OF_DAY,
     CONF_AT(struct site_session, until_minute),
     .low = 0,
     .high = 1440,
     .required = true,
     .meaning = "Local time by which it is done, e.g. of departure; not after `from`: on the next day.",
     .example = "06:00"},
    {.name = "energy",
     .type = CONF_ENERGY,
     CONF_AT(struct site_session, energy_wh),
     .low = 0,
     .high = 1e12,
     .required = true,
     .meaning = "Energy wanted until then: into the vehicle's battery, or drawn by a flexible load.",
     .example = "30 kWh"},
    {.name = "days",
     .type = CONF_CHOICE,
     CONF_AT(struct site_session, days),
     .choices = site_day_kinds,
     .initial = "all",
     .meaning = "Days on which it begins; holidays count as weekends."},
    {0}};

const struct conf_option site_charger_options[] = {
    BUS_ROW(struct site_flexible, "main"),
    GROUP_ROW,
    {.name = "max_charge",
     .type = CONF_POWER,
     CONF_AT(struct site_flexible, max_charge_w),
     .low = 1,
     .high = 1e12,
     .required = true,
     .meaning = "Highest charging power, at the bus.",
     .example = "22 kW"},
    POWER_ROW("min_charge", min_charge_w, "0 W", "Lowest power it charges at; below it stands still."),
    POWER_ROW("max_discharge", max_discharge_w, "0 W",
              "Highest power it feeds back from the vehicle, at the bus; 0: never."),
    {.name = "charge_efficiency",
     .type = CONF_FRACTION,
     CONF_AT(struct site_flexible, charge_efficiency),
     .low = 0.1,
     .high = 1,
     .initial = "95 %",
     .meaning = "Share of the drawn energy that arrives in the vehicle's battery."},
    {.name = "discharge_efficiency",
     .type = CONF_FRACTION,
     CONF_AT(struct site_flexible, discharge_efficiency),
     .low = 0.1,
     .high = 1,
     .meaning = "Share of the energy taken from the vehicle that arrives at the bus; needed with max_discharge.",
     .example = "93 %"},
    {.name = "wear",
     .type = CONF_PRICE_KWH,
     CONF_AT(struct site_flexible, wear_per_kwh),
     .low = 0,
     .high = 1e6,
     .initial = "0 /kWh",
     .meaning = "Cost of each kWh that is fed back."},
    {.name = "capacity",
     .type = CONF_ENERGY,
     CONF_AT(struct site_flexible, capacity_wh),
     .low = 1,
     .high = 1e12,
     .initial = "60 kWh",
     .meaning = "Capacity of the vehicles that are expected."},
    {.name = "soc_min",
     .type = CONF_FRACTION,
     CONF_AT(struct site_flexible, min_frac),
     .low = 0,
     .high = 1,
     .initial = "20 %",
     .meaning = "Feeding back leaves so much of the vehicle's capacity."},
    PRIORITY_ROW("ordinary"),
    SESSIONS("Stays of vehicles that are expected until the charger or a message says better."),
    {0}};

const struct conf_option site_flexible_options[] = {
    BUS_ROW(struct site_flexible, "main"),
    GROUP_ROW,
    {.name = "max_power",
     .type = CONF_POWER,
     CONF_AT(struct site_flexible, max_charge_w),
     .low = 1,
     .high = 1e12,
     .required = true,
     .meaning = "Highest power it draws.",
     .example = "40 kW"},
    POWER_ROW("min_power", min_charge_w, "0 W", "Lowest power it runs at; below it stands still."),
    PRIORITY_ROW("deferrable"),
    SESSIONS("Runs that are expected: the energy is drawn at any time between `from` and `until`."),
    {0}};
