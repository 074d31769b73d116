// SPDX-License-Identifier: GPL-3.0-or-later
// The site's option table and what belongs to it.
#pragma once

#include "conf/schema.h"
#include "site/site.h"

// Rows of the top level, for a `struct site`.
extern const struct conf_option site_options[];

// Sections of the top level; in site_tariffs.c, site_supply.c, site_storage.c, site_flexible.c, site_loads.c,
// site_connections.c, site_service.c, site_response.c and site_outage.c.
extern const struct conf_option site_tariff_options[], site_bus_options[], site_grid_options[],
    site_community_options[], site_pv_options[], site_generator_options[], site_battery_options[], site_store_options[],
    site_group_options[], site_charger_options[], site_flexible_options[], site_load_options[],
    site_converter_options[], site_tie_options[];
extern const struct conf_option site_plan_options[], site_control_options[], site_mqtt_options[],
    site_simulation_options[], site_link_options[], site_device_options[], site_building_options[],
    site_response_options[], site_outage_options[], site_island_options[], site_switch_options[];

// Readers of values that fill more than one member, or none of the plain types (site_readers.c).
conf_read_fn site_read_include, site_read_endpoint, site_read_parity, site_read_safe_power, site_read_start,
    site_read_price_series, site_read_forming;
// ... of demand response (site_readers_response.c): a power or "none", keep, and what belongs to a key.
conf_read_fn site_read_limit, site_read_keep, site_read_public_key, site_read_from, site_read_until;

// Names of values, in the order of their enumerations; they end with a NULL.
extern const char *const site_parities[];
extern const char *const site_day_kinds[];
extern const char *const site_load_tiers[];

#define BUS_ROW(type_, example_)                                                                                       \
    {                                                                                                                  \
        .name = "bus", .type = CONF_REFERENCE, CONF_AT(type_, bus), .target = "buses", .required = true,               \
        .meaning = "Bus it is connected to.", .example = example_                                                      \
    }

#define RAMP_ROW(type_)                                                                                                \
    {                                                                                                                  \
        .name = "ramp", .type = CONF_RAMP, CONF_AT(type_, ramp_w_per_s), .low = 0, .high = 1e12, .initial = "0 W/s",   \
        .meaning = "How fast its setpoint may change; 0: at once."                                                     \
    }

#define START_TIME_ROW(type_)                                                                                          \
    {                                                                                                                  \
        .name = "start_time", .type = CONF_DURATION_S, CONF_AT(type_, start_time_s), .low = 0, .high = 3600,           \
        .initial = "60 s",                                                                                             \
        .meaning = "Longest time from the word to run until its power begins to rise; the ramp comes on top.",         \
        .example = "3 min"                                                                                             \
    }

// Fills what follows from other options: names and client ids, default tier shares, the MQTT port, sorted holidays,
// groups in an order in which each stands behind the one that it is within, the islands' buses and what of a tier is
// behind switches that do not say so themselves. AEMS_E_NOMEM.
int site_derive(struct site *s);
