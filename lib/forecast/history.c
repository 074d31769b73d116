// SPDX-License-Identifier: GPL-3.0-or-later
#include "forecast/history.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"

static const float NOTHING = -1;
static const double LARGEST_RATIO = 10;

static float *at(const struct history *h, size_t series, int64_t quarter)
{
    return &h->ratios[series * HISTORY_QUARTERS + (size_t)(quarter % HISTORY_QUARTERS)];
}

static void clear(struct history *h)
{
    for (size_t i = 0; i < h->n_series * HISTORY_QUARTERS; i++)
        h->ratios[i] = NOTHING;
    memset(h->covered, 0, HISTORY_QUARTERS * sizeof(*h->covered));
    memset(h->counts, 0, h->n_series);
    h->newest = 0;
}

int history_init(struct history *h, size_t n_series)
{
    *h = (struct history){.n_series = n_series};
    h->ratios = calloc(n_series * HISTORY_QUARTERS + 1, sizeof(*h->ratios));
    h->counts = calloc(n_series + 1, 1);
    h->covered = calloc(HISTORY_QUARTERS, sizeof(*h->covered));
    if (!h->ratios || !h->counts || !h->covered)
        return AEMS_E_NOMEM;
    clear(h);
    return 0;
}

void history_free(struct history *h)
{
    free(h->ratios);
    free(h->counts);
    free(h->covered);
    *h = (struct history){0};
}

// What lay in the places of the quarters that have begun since is forgotten.
static void advance(struct history *h, int64_t quarter)
{
    if (h->newest == 0 || quarter - h->newest >= HISTORY_QUARTERS || h->newest - quarter > HISTORY_QUARTERS_A_DAY) {
        clear(h);
        h->newest = quarter;
        return;
    }
    for (; h->newest < quarter; h->newest++) {
        for (size_t i = 0; i < h->n_series; i++)
            *at(h, i, h->newest + 1) = NOTHING;
        h->covered[(h->newest + 1) % HISTORY_QUARTERS] = false;
        memset(h->counts, 0, h->n_series);
    }
}

void history_learn(struct history *h, size_t series, int64_t utc_ms, double ratio)
{
    int64_t quarter = utc_ms / HISTORY_QUARTER_MS;
    advance(h, quarter);
    if (quarter < h->newest || h->counts[series] == UCHAR_MAX)
        return; // the clock was set back a little
    float *mean = at(h, series, quarter);
    float value = (float)clamp(ratio, 0, LARGEST_RATIO);
    *mean = h->counts[series] == 0 ? value : *mean + (value - *mean) / (float)(h->counts[series] + 1);
    h->counts[series]++;
    h->covered[quarter % HISTORY_QUARTERS] = true;
}

bool history_keeps(const struct history *h, int64_t quarter)
{
    return quarter > 0 && quarter <= h->newest && quarter > h->newest - HISTORY_QUARTERS;
}

double history_ratio(const struct history *h, size_t series, int64_t quarter)
{
    return history_keeps(h, quarter) ? *at(h, series, quarter) : NOTHING;
}

const float *history_series(const struct history *h, size_t series)
{
    return &h->ratios[series * HISTORY_QUARTERS];
}

bool history_covers(const struct history *h, int64_t quarter)
{
    return history_keeps(h, quarter) && h->covered[quarter % HISTORY_QUARTERS];
}

void history_adopt(struct history *h, size_t series, const struct history *from, size_t from_series)
{
    if (from->newest == 0)
        return;
    advance(h, from->newest);
    memcpy(&h->ratios[series * HISTORY_QUARTERS], &from->ratios[from_series * HISTORY_QUARTERS],
           HISTORY_QUARTERS * sizeof(float));
    h->counts[series] = from->counts[from_series];
    for (size_t i = 0; i < HISTORY_QUARTERS; i++)
        h->covered[i] = h->covered[i] || from->covered[i];
}
