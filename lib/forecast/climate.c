// SPDX-License-Identifier: GPL-3.0-or-later
#include "forecast/climate.h"

#include <math.h>

#include "base/local_time.h"
#include "base/number.h"

double climate_temp_degc(const struct site *s, int64_t utc_ms)
{
    struct local_time t = local_time_at(utc_ms);
    double latitude = clamp(s->latitude_deg, -70, 70), turn = 2 * M_PI;
    double mean = 27 - 0.42 * fmax(fabs(latitude) - 15, 0);
    double warmest_day = latitude >= 0 ? 201 : 20; // a month after the solstice
    double season = 0.19 * fabs(latitude) * cos(turn * (t.day_of_year - warmest_day) / 365.25);
    double daily = 4 * cos(turn * (t.minute - 15 * 60) / 1440.0);
    return mean + season + daily;
}
