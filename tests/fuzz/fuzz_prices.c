// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes are a series of prices or are refused with a reason.
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "conf/price_series.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct diagnostics d = {0};
    struct site_price_point *points = NULL;
    size_t n = 0;
    int code = price_series_parse("prices.csv", (const char *)data, size, &d, &points, &n);
    require(code == AEMS_OK || code == AEMS_E_FORMAT);
    require((code == AEMS_OK) != diagnostics_has_errors(&d));
    require((code == AEMS_OK) == (n > 0));
    require(n <= SITE_MAX_PRICES);
    for (size_t i = 0; i < n; i++) {
        require(isfinite(points[i].import_price_per_kwh) && isfinite(points[i].export_price_per_kwh));
        require(isfinite(points[i].co2_g_per_kwh));
        require(i == 0 || points[i].from_utc_ms > points[i - 1].from_utc_ms);
    }
    free(points);
    diagnostics_free(&d);
    return 0;
}
