// SPDX-License-Identifier: GPL-3.0-or-later
// Prices and demand windows at an instant. Needs the area's zone (base/local_time.h).
#pragma once

#include "site/site.h"

// A price that the tariff's series knows for the instant, else that of the first period that matches. Day and month of
// a period over midnight are those of the instant, not of the evening it began. 0 for a tariff that does not exist or a
// list without a match.
double tariff_import_price_per_kwh(const struct site *s, int tariff, int64_t utc_ms);
double tariff_export_price_per_kwh(const struct site *s, int tariff, int64_t utc_ms);

// Emissions of a kWh drawn at grid connection `grid` (index into `site.grids`): of its tariff's series where they are
// known, else as configured. 0 for a grid that does not exist.
double tariff_co2_g_per_kwh(const struct site *s, int grid, int64_t utc_ms);

// First instant after `utc_ms` at which a price of this tariff, or its emissions, may change; at most a day away.
int64_t tariff_next_change_ms(const struct site *s, int tariff, int64_t utc_ms);

// True on Saturdays, Sundays and the area's holidays.
bool calendar_is_weekend(const struct site *s, int64_t utc_ms);

// Start of the demand window that contains `utc_ms`, aligned to the local hour.
int64_t demand_window_start_ms(const struct site_tariff *t, int64_t utc_ms);
