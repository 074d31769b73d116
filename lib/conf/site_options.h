// SPDX-License-Identifier: GPL-3.0-or-later
// The site's option table and what belongs to it.
#pragma once

#include "conf/schema.h"
#include "site/site.h"

// Rows of the top level, for a `struct site`.
extern const struct conf_option site_options[];

// Sections of the top level that are long; in site_tariffs.c, site_assets.c and site_service.c.
extern const struct conf_option site_tariff_options[], site_grid_options[], site_pv_options[], site_battery_options[],
    site_load_options[], site_generator_options[], site_tie_options[];
extern const struct conf_option site_plan_options[], site_control_options[], site_mqtt_options[],
    site_simulation_options[], site_link_options[], site_device_options[];

// Readers of values that fill more than one member, or none of the plain types (site_readers.c).
conf_read_fn site_read_include, site_read_endpoint, site_read_parity, site_read_safe_power, site_read_start;

extern const char *const site_parities[];

// Fills what follows from other options: names and client ids, default tier shares, the MQTT port, sorted holidays.
void site_derive(struct site *s);
