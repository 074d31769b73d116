// SPDX-License-Identifier: GPL-3.0-or-later
// Times and durations as they stand in OpenADR objects.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dr/openadr_internal.h"

static const int64_t MS_PER_DAY = INT64_C(86400000);

// ---- durations ------------------------------------------------------------------------------------------------------

struct duration {
    bool negative;
    int64_t months, days, ms;
};

enum { NUMBER_MAX = 1000000000 }; // greater ones count as this: longer than any time either way

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool read_number(const char **cursor, int64_t *ret_number)
{
    if (!is_digit(**cursor))
        return false;
    int64_t number = 0;
    for (; is_digit(**cursor); (*cursor)++)
        number = number * 10 + (**cursor - '0') < NUMBER_MAX ? number * 10 + (**cursor - '0') : NUMBER_MAX;
    *ret_number = number;
    return true;
}

// A number and its unit, if they stand there; the cursor stays where it is if not.
static bool read_part(const char **cursor, char unit, int64_t *ret_number)
{
    const char *at = *cursor;
    int64_t number;
    if (!read_number(&at, &number) || *at != unit)
        return false;
    *ret_number = number;
    *cursor = at + 1;
    return true;
}

// Seconds may have a fraction; what is below a millisecond is cut off.
static bool read_seconds(const char **cursor, int64_t *ret_ms)
{
    const char *at = *cursor;
    int64_t seconds, ms = 0;
    if (!read_number(&at, &seconds))
        return false;
    if (*at == '.') {
        if (!is_digit(*++at))
            return false;
        for (int64_t digit = 100; is_digit(*at); at++, digit /= 10)
            ms += (*at - '0') * digit;
    }
    if (*at != 'S')
        return false;
    *ret_ms = seconds * 1000 + ms;
    *cursor = at + 1;
    return true;
}

static bool read_date_parts(const char **cursor, struct duration *d)
{
    int64_t years = 0, months = 0, weeks = 0;
    read_part(cursor, 'Y', &years);
    read_part(cursor, 'M', &months);
    if (!read_part(cursor, 'D', &d->days) && read_part(cursor, 'W', &weeks))
        d->days = weeks * 7;
    d->months = years * 12 + months;
    return **cursor == '\0' || **cursor == 'T';
}

static void read_time_parts(const char **cursor, struct duration *d)
{
    int64_t hours = 0, minutes = 0, ms = 0;
    read_part(cursor, 'H', &hours);
    read_part(cursor, 'M', &minutes);
    read_seconds(cursor, &ms);
    d->ms = hours * 3600000 + minutes * 60000 + ms;
}

// The pattern of the definition: a sign, years, months, then days or weeks, then hours, minutes and seconds.
static bool read_duration(const char *text, struct duration *d)
{
    const char *cursor = text;
    *d = (struct duration){.negative = *cursor == '-'};
    cursor += d->negative;
    if (*cursor++ != 'P' || !(is_digit(cursor[0]) || (cursor[0] == 'T' && is_digit(cursor[1]))))
        return false;
    if (!read_date_parts(&cursor, d))
        return false;
    if (*cursor == 'T') {
        cursor++;
        read_time_parts(&cursor, d);
    }
    return *cursor == '\0';
}

// Months by the calendar of UTC: the 31st and a month is the last of a shorter one. False: beyond what has a name.
static bool add_months(int64_t utc_ms, int64_t months, int64_t *ret_utc_ms)
{
    char text[96];
    char stamp[RFC3339_SIZE];
    int year, month, day;
    rfc3339_format(utc_ms, stamp);
    if (sscanf(stamp, "%4d-%2d-%2d", &year, &month, &day) != 3)
        return false;
    int64_t count = (int64_t)year * 12 + month - 1 + months;
    if (count < 1970 * 12 || count >= 10000 * 12)
        return false;
    for (; day > 0; day--) { // at most three steps
        snprintf(text, sizeof(text), "%04d-%02d-%02d%s", (int)(count / 12), (int)(count % 12) + 1, day, stamp + 10);
        if (rfc3339_parse(text, ret_utc_ms) == AEMS_OK)
            return true;
    }
    return false;
}

int openadr_duration_end(const char *text, int64_t utc_ms, int64_t *ret_utc_ms)
{
    struct duration d;
    if (!read_duration(text, &d))
        return AEMS_E_FORMAT;
    int64_t sign = d.negative ? -1 : 1;
    int64_t end = utc_ms;
    if (d.months > 0 && !add_months(utc_ms, sign * d.months, &end)) {
        *ret_utc_ms = d.negative ? 0 : DR_FOREVER_MS;
        return 0;
    }
    end += sign * (d.days * MS_PER_DAY + d.ms); // at most 7e9 days: far from what 64 bits hold
    *ret_utc_ms = end < 0 ? 0 : end > DR_FOREVER_MS ? DR_FOREVER_MS : end;
    return 0;
}

bool openadr_is_nothing(const char *duration, int64_t utc_ms)
{
    int64_t end = 0;
    return openadr_duration_end(duration, utc_ms, &end) == 0 && end == utc_ms;
}

void openadr_duration_format(int64_t ms, char ret_text[static DURATION_SIZE])
{
    int64_t days = ms / MS_PER_DAY, seconds = ms / 1000 % 86400, rest = ms % 1000;
    int used = snprintf(ret_text, DURATION_SIZE, "P");
    if (days > 0)
        used += snprintf(ret_text + used, (size_t)(DURATION_SIZE - used), "%" PRId64 "D", days);
    if (days > 0 && seconds == 0 && rest == 0)
        return;
    used += snprintf(ret_text + used, (size_t)(DURATION_SIZE - used), "T");
    if (seconds >= 3600)
        used += snprintf(ret_text + used, (size_t)(DURATION_SIZE - used), "%dH", (int)(seconds / 3600));
    if (seconds / 60 % 60 > 0)
        used += snprintf(ret_text + used, (size_t)(DURATION_SIZE - used), "%dM", (int)(seconds / 60 % 60));
    if (rest > 0)
        snprintf(ret_text + used, (size_t)(DURATION_SIZE - used), "%d.%03dS", (int)(seconds % 60), (int)rest);
    else if (seconds % 60 > 0 || (days == 0 && seconds == 0))
        snprintf(ret_text + used, (size_t)(DURATION_SIZE - used), "%dS", (int)(seconds % 60));
}

// ---- times ----------------------------------------------------------------------------------------------------------

// 0001-01-01, alone or at midnight, with or without a fraction and an offset.
static bool is_now(const char *text)
{
    static const char first_day[] = "0001-01-01";
    if (strncmp(text, first_day, strlen(first_day)) != 0)
        return false;
    const char *rest = text + strlen(first_day);
    if (*rest == '\0')
        return true;
    static const char midnight[] = "T00:00:00";
    if (strncmp(rest, midnight, strlen(midnight)) != 0)
        return false;
    rest += strlen(midnight);
    if (rest[0] == '.' && rest[1] == '0')
        rest += 1 + strspn(rest + 1, "0");
    return *rest == '\0' || strcmp(rest, "Z") == 0 || strcmp(rest, "+00:00") == 0;
}

int openadr_time(const char *text, int64_t now_utc_ms, int64_t *ret_utc_ms, bool *ret_is_now)
{
    char whole[RFC3339_SIZE];
    *ret_is_now = is_now(text);
    if (*ret_is_now) {
        *ret_utc_ms = now_utc_ms;
        return 0;
    }
    if (strlen(text) == strlen("2026-01-14")) {
        snprintf(whole, sizeof(whole), "%sT00:00:00Z", text);
        return rfc3339_parse(whole, ret_utc_ms);
    }
    return rfc3339_parse(text, ret_utc_ms);
}

// ---- periods --------------------------------------------------------------------------------------------------------

static int read_start(const struct openadr_reader *r, const struct openadr_place *at, const json_t *json,
                      struct openadr_period *p)
{
    char found[OPENADR_FOUND_SIZE];
    const struct openadr_place here = {at, "start", 0};
    if (json == NULL)
        return 0;
    p->has_start = true;
    if (!json_is_string(json) || openadr_time(json_string_value(json), r->now.utc_ms, &p->start_utc_ms, &p->is_now) < 0)
        return openadr_complain(r, &here, AEMS_E_FORMAT, "expected a time such as 2026-01-14T13:00:00Z, found %s",
                                openadr_found(json, found));
    return 0;
}

static int read_duration_of(const struct openadr_reader *r, const struct openadr_place *at, const json_t *json,
                            const char **ret_text)
{
    char found[OPENADR_FOUND_SIZE];
    struct duration ignored;
    *ret_text = NULL;
    if (json == NULL)
        return 0;
    if (!json_is_string(json) || !read_duration(json_string_value(json), &ignored))
        return openadr_complain(r, at, AEMS_E_FORMAT, "expected a duration such as PT1H30M, found %s",
                                openadr_found(json, found));
    *ret_text = json_string_value(json);
    return 0;
}

int openadr_read_period(const struct openadr_reader *r, const struct openadr_place *at, const json_t *object,
                        struct openadr_period *ret_period)
{
    json_t *json;
    const struct openadr_place here = {at, "intervalPeriod", 0};
    const struct openadr_place duration = {&here, "duration", 0}, randomize = {&here, "randomizeStart", 0};
    struct openadr_period p = {0};
    int result = openadr_object(r, at, object, "intervalPeriod", &json);
    if (result == 0 && json != NULL)
        result = read_start(r, &here, openadr_member(json, "start"), &p);
    if (result == 0 && json != NULL)
        result = read_duration_of(r, &duration, openadr_member(json, "duration"), &p.duration);
    if (result == 0 && json != NULL)
        result = read_duration_of(r, &randomize, openadr_member(json, "randomizeStart"), &p.randomize);
    p.has_duration = p.duration != NULL;
    *ret_period = p;
    return result;
}
