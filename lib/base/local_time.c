// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/local_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"

enum { MS_PER_S = 1000, S_PER_DAY = 86400 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

// A name is no path: it must not lead out of the zone database.
static bool zone_name_is_safe(const char *zone)
{
    return zone != NULL && zone[0] != '\0' && zone[0] != '/' && zone[0] != ':' && strstr(zone, "..") == NULL;
}

static bool is_zone_file(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    FILE *f = fopen(path, "rbe");
    if (f == NULL)
        return false;
    char magic[4];
    bool ok = fread(magic, 1, sizeof magic, f) == sizeof magic && memcmp(magic, "TZif", sizeof magic) == 0;
    fclose(f);
    return ok;
}

bool local_time_zone_exists(const char *zone)
{
    if (!zone_name_is_safe(zone))
        return false;
    const char *folder = getenv("TZDIR");
    if (folder == NULL || folder[0] == '\0')
        folder = "/usr/share/zoneinfo";
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s", folder, zone);
    return length > 0 && (size_t)length < sizeof path && is_zone_file(path);
}

int local_time_set_zone(const char *zone)
{
    if (!local_time_zone_exists(zone))
        return AEMS_E_NOT_FOUND;
    if (setenv("TZ", zone, 1) != 0)
        return AEMS_E_NOMEM;
    tzset();
    return AEMS_OK;
}

struct local_time local_time_at(int64_t utc_ms)
{
    time_t utc_s = (time_t)floor_div(utc_ms, MS_PER_S);
    struct tm tm = {0};
    if (localtime_r(&utc_s, &tm) == NULL)
        return (struct local_time){.year = 1970, .month = 1, .day = 1, .weekday = 4, .day_of_year = 1};
    return (struct local_time){
        .year = tm.tm_year + 1900,
        .month = tm.tm_mon + 1,
        .day = tm.tm_mday,
        .weekday = tm.tm_wday,
        .day_of_year = tm.tm_yday + 1,
        .minute = tm.tm_hour * 60 + tm.tm_min,
        .second = tm.tm_sec,
        .utc_offset_s = (int)tm.tm_gmtoff,
    };
}

static int64_t day_number(int64_t utc_s)
{
    return floor_div(utc_s + local_time_at(utc_s * MS_PER_S).utc_offset_s, S_PER_DAY);
}

static int64_t month_number(int64_t utc_s)
{
    struct local_time t = local_time_at(utc_s * MS_PER_S);
    return (int64_t)t.year * 12 + t.month;
}

// The first second in (utc_s - span_s, utc_s] whose number is that of utc_s. Searching, rather than subtracting the
// time of day, is right in zones that skip or repeat midnight.
static int64_t first_second_with_number_of(int64_t utc_s, int64_t span_s, int64_t (*number)(int64_t))
{
    int64_t wanted = number(utc_s);
    int64_t before = utc_s - span_s;
    int64_t inside = utc_s;
    while (inside - before > 1) {
        int64_t middle = before + (inside - before) / 2;
        if (number(middle) >= wanted)
            inside = middle;
        else
            before = middle;
    }
    return inside;
}

int64_t local_day_start_ms(int64_t utc_ms)
{
    int64_t utc_s = floor_div(utc_ms, MS_PER_S);
    int64_t today = day_number(utc_s);
    // Nearly always no change of the clock lies between midnight and now.
    int64_t guess = today * S_PER_DAY - local_time_at(utc_ms).utc_offset_s;
    if (day_number(guess) == today && day_number(guess - 1) < today)
        return guess * MS_PER_S;
    return first_second_with_number_of(utc_s, 3 * S_PER_DAY, day_number) * MS_PER_S;
}

int64_t local_month_start_ms(int64_t utc_ms)
{
    return first_second_with_number_of(floor_div(utc_ms, MS_PER_S), 34 * S_PER_DAY, month_number) * MS_PER_S;
}
