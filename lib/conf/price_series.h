// SPDX-License-Identifier: GPL-3.0-or-later
// Prices by instant, as an exchange or supplier publishes them: a CSV text.
//
//     time,import_price,export_price,co2_g_per_kwh
//     2026-01-14T00:00:00+01:00,0.213,0.081,310
//
// The first line names the columns: `time` first, then any of the others in any order. Times are RFC 3339 and ascend;
// prices are per kWh in the area's currency. An empty cell is not known. Empty lines and lines that begin with '#' do
// not count. A row holds until the next one's time.
#pragma once

#include <stddef.h>

#include "base/diagnostics.h"
#include "site/site.h"

// Reads 1 to SITE_MAX_PRICES rows; every problem goes to `d` with its line of `file`. `*ret_points` is owned by the
// caller (free). AEMS_E_FORMAT when an error was added, AEMS_E_NOMEM.
int price_series_parse(const char *file, const char *text, size_t length, struct diagnostics *d,
                       struct site_price_point **ret_points, size_t *ret_count);
