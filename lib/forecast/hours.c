// SPDX-License-Identifier: GPL-3.0-or-later
// Hours of UTC, and what they are locally. Where the zone is off by half an hour, an hour counts as the one of its
// middle.
#include "base/local_time.h"
#include "forecast/internal.h"
#include "tariff/tariff.h"

static int64_t middle_ms(int64_t hour)
{
    return hour * HISTORY_HOUR_MS + HISTORY_HOUR_MS / 2;
}

struct forecast_hour forecast_hour_at(const struct site *s, int64_t hour)
{
    int64_t middle = middle_ms(hour);
    struct local_time t = local_time_at(middle);
    return (struct forecast_hour){
        .hour = hour,
        .slot = t.minute / 60,
        .kind = calendar_is_weekend(s, middle),
        .utc_slot = (int)((hour % FORECAST_SLOTS + FORECAST_SLOTS) % FORECAST_SLOTS), // before 1970 as well
        .zone_s = t.utc_offset_s,
        .local_day = (middle + t.utc_offset_s * INT64_C(1000)) / INT64_C(86400000)};
}

static void look_back(struct forecast *f, int64_t hour)
{
    int offset_s = local_time_at(middle_ms(hour)).utc_offset_s;
    for (int back = 0; back <= HISTORY_LONG_DAYS; back++) {
        int64_t then = middle_ms(hour - 24 * back);
        f->past.shift[back] = (offset_s - local_time_at(then).utc_offset_s) / 3600;
        f->past.kind[back] = calendar_is_weekend(f->site, then + f->past.shift[back] * HISTORY_HOUR_MS);
    }
}

void forecast_past_to(struct forecast *f, int64_t hour)
{
    const struct site *s = f->site;
    if (f->past.now.hour == hour)
        return;
    f->past.now = forecast_hour_at(s, hour);
    look_back(f, hour);
    for (int i = 0; i <= FORECAST_LEADS; i++) {
        int64_t of = i == 0 ? hour : hour + forecast_leads_h[i - 1];
        if (i > 0)
            f->past.ahead[i - 1] = forecast_hour_at(s, of);
        for (int q = 0; q < FORECAST_QUARTERS_AN_HOUR && s->n_pvs > 0; q++)
            f->past.skies[i][q] =
                sun_clear_sky_at(of * HISTORY_HOUR_MS + q * HISTORY_QUARTER_MS + HISTORY_QUARTER_MS / 2,
                                 s->latitude_deg, s->longitude_deg);
    }
}
