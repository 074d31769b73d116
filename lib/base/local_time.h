// SPDX-License-Identifier: GPL-3.0-or-later
// Wall-clock time of the area: only tariffs, load shapes and people use it.
//
// One process serves one area, so the zone is the process's TZ. Set it once at start (and on reload) from the main
// thread before anybody converts.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct local_time {
    int year;         // e.g. 2026
    int month;        // 1-12
    int day;          // 1-31
    int weekday;      // 0 = Sunday ... 6 = Saturday
    int day_of_year;  // 1-366
    int minute;       // minute of the local day, 0-1439
    int second;       // 0-60
    int utc_offset_s; // seconds east of Greenwich, DST included
};

// True when the system's zone database knows `zone`, e.g. "Asia/Tokyo".
bool local_time_zone_exists(const char *zone);

// Makes `zone` the process's zone. AEMS_E_NOT_FOUND when the database does not know it; the old zone stays then.
int local_time_set_zone(const char *zone);

struct local_time local_time_at(int64_t utc_ms);

// First instant of the local day, or month, that contains `utc_ms`; right across DST changes.
int64_t local_day_start_ms(int64_t utc_ms);
int64_t local_month_start_ms(int64_t utc_ms);
