// SPDX-License-Identifier: GPL-3.0-or-later
#include "forecast/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const float NOTHING = -1;

enum { QUARTERS_AN_HOUR = HISTORY_HOUR_MS / HISTORY_QUARTER_MS };

// Kept as short as it is written down (history.h), so that what is read again is the same.
static float shortened(double value)
{
    float kept = (float)value;
    uint32_t bits;
    if (!(value >= 0))
        return NOTHING;
    memcpy(&bits, &kept, sizeof(bits));
    bits = (bits + (1U << (HISTORY_DROPPED_BITS - 1))) & ~((1U << HISTORY_DROPPED_BITS) - 1);
    memcpy(&kept, &bits, sizeof(bits));
    return kept;
}

static float *quarter_of(const struct history *h, size_t series, int64_t quarter)
{
    return &h->quarters[series * HISTORY_QUARTERS + (size_t)(quarter % HISTORY_QUARTERS)];
}

static float *hour_of(const struct history *h, size_t series, int64_t hour)
{
    return &h->hours[series * HISTORY_HOURS + (size_t)(hour % HISTORY_HOURS)];
}

void history_clear(struct history *h, size_t series)
{
    for (int i = 0; i < HISTORY_QUARTERS; i++)
        *quarter_of(h, series, i) = NOTHING;
    for (int i = 0; i < HISTORY_HOURS; i++)
        *hour_of(h, series, i) = NOTHING;
    h->newest[series] = 0;
}

int history_init(struct history *h, size_t n_series)
{
    *h = (struct history){.n_series = n_series};
    h->quarters = calloc(n_series * HISTORY_QUARTERS + 1, sizeof(*h->quarters));
    h->hours = calloc(n_series * HISTORY_HOURS + 1, sizeof(*h->hours));
    h->newest = calloc(n_series + 1, sizeof(*h->newest));
    if (!h->quarters || !h->hours || !h->newest)
        return AEMS_E_NOMEM;
    for (size_t i = 0; i < n_series; i++)
        history_clear(h, i);
    return 0;
}

void history_free(struct history *h)
{
    free(h->quarters);
    free(h->hours);
    free(h->newest);
    *h = (struct history){0};
}

// What lay in the places of the quarters that have begun since is forgotten.
static void advance(struct history *h, size_t series, int64_t quarter)
{
    int64_t newest = h->newest[series];
    if (newest == 0 || quarter - newest >= HISTORY_HOURS * QUARTERS_AN_HOUR ||
        newest - quarter > HISTORY_QUARTERS_A_DAY) {
        history_clear(h, series);
        h->newest[series] = quarter;
        return;
    }
    for (; newest < quarter; newest++) {
        *quarter_of(h, series, newest + 1) = NOTHING;
        if ((newest + 1) % QUARTERS_AN_HOUR == 0)
            *hour_of(h, series, (newest + 1) / QUARTERS_AN_HOUR) = NOTHING;
    }
    h->newest[series] = newest;
}

bool history_keeps(const struct history *h, size_t series, int64_t quarter)
{
    int64_t newest = h->newest[series];
    return quarter > 0 && quarter <= newest && quarter > newest - HISTORY_QUARTERS;
}

void history_put_quarter(struct history *h, size_t series, int64_t quarter, double value)
{
    advance(h, series, quarter);
    if (history_keeps(h, series, quarter))
        *quarter_of(h, series, quarter) = shortened(value);
}

void history_put_hour(struct history *h, size_t series, int64_t hour, double value)
{
    int64_t newest = h->newest[series] / QUARTERS_AN_HOUR;
    if (hour > 0 && hour <= newest && hour > newest - HISTORY_HOURS)
        *hour_of(h, series, hour) = shortened(value);
}

double history_quarter(const struct history *h, size_t series, int64_t quarter)
{
    return history_keeps(h, series, quarter) ? *quarter_of(h, series, quarter) : NOTHING;
}

double history_hour(const struct history *h, size_t series, int64_t hour)
{
    int64_t newest = h->newest[series] / QUARTERS_AN_HOUR;
    return hour > 0 && hour <= newest && hour > newest - HISTORY_HOURS ? *hour_of(h, series, hour) : NOTHING;
}

const float *history_series(const struct history *h, size_t series)
{
    return &h->quarters[series * HISTORY_QUARTERS];
}

void history_forget(struct history *h, size_t series, int64_t quarter)
{
    for (int64_t q = quarter; q <= h->newest[series]; q++) {
        if (history_keeps(h, series, q))
            *quarter_of(h, series, q) = NOTHING;
        history_put_hour(h, series, q / QUARTERS_AN_HOUR, NOTHING);
    }
}

void history_adopt(struct history *h, size_t series, const struct history *from, size_t from_series)
{
    memcpy(quarter_of(h, series, 0), quarter_of(from, from_series, 0), HISTORY_QUARTERS * sizeof(float));
    memcpy(hour_of(h, series, 0), hour_of(from, from_series, 0), HISTORY_HOURS * sizeof(float));
    h->newest[series] = from->newest[from_series];
}
