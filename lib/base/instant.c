// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/instant.h"

#include <stdio.h>

#include "base/error.h"

enum { MS_PER_S = 1000, S_PER_DAY = 86400, EPOCH_YEAR = 1970, LAST_YEAR = 9999 };

struct civil {
    int year, month, day, hour, minute, second, ms;
};

static bool is_leap_year(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

// Days of all years before `year`, counted from the year 1.
static int64_t days_before_year(int year)
{
    int64_t y = year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400;
}

static int64_t days_since_epoch(int year, int month, int day)
{
    int64_t days = days_before_year(year) - days_before_year(EPOCH_YEAR);
    for (int m = 1; m < month; m++)
        days += days_in_month(year, m);
    return days + day - 1;
}

static struct civil civil_at(int64_t utc_ms)
{
    int64_t days = utc_ms / MS_PER_S / S_PER_DAY;
    int second_of_day = (int)(utc_ms / MS_PER_S % S_PER_DAY);
    int year = EPOCH_YEAR + (int)(days / 366); // never too late
    while (days_since_epoch(year + 1, 1, 1) <= days)
        year++;
    int day = (int)(days - days_since_epoch(year, 1, 1)) + 1;
    int month = 1;
    while (day > days_in_month(year, month))
        day -= days_in_month(year, month++);
    return (struct civil){
        year, month, day, second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60, (int)(utc_ms % MS_PER_S)};
}

static int64_t end_of_years_ms(void)
{
    return days_since_epoch(LAST_YEAR + 1, 1, 1) * S_PER_DAY * MS_PER_S;
}

void rfc3339_format(int64_t utc_ms, char ret_text[static RFC3339_SIZE])
{
    if (utc_ms < 0 || utc_ms >= end_of_years_ms()) {
        snprintf(ret_text, RFC3339_SIZE, "invalid");
        return;
    }
    struct civil c = civil_at(utc_ms);
    char text[96]; // room for whatever the compiler believes an int may hold
    int length = snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute,
                          c.second);
    if (c.ms != 0)
        snprintf(text + length, sizeof text - (size_t)length, ".%03dZ", c.ms);
    else
        snprintf(text + length, sizeof text - (size_t)length, "Z");
    snprintf(ret_text, RFC3339_SIZE, "%.*s", RFC3339_SIZE - 1, text);
}

// ---- reading: every helper moves the cursor and returns false on what does not belong there -------------------------

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool read_digits(const char **cursor, int count, int *ret_number)
{
    int number = 0;
    for (int i = 0; i < count; i++, (*cursor)++) {
        if (!is_digit(**cursor))
            return false;
        number = number * 10 + (**cursor - '0');
    }
    *ret_number = number;
    return true;
}

static bool read_char(const char **cursor, char expected, char alternative)
{
    if (**cursor == '\0' || (**cursor != expected && **cursor != alternative))
        return false;
    (*cursor)++;
    return true;
}

static bool read_date(const char **cursor, struct civil *c)
{
    return read_digits(cursor, 4, &c->year) && read_char(cursor, '-', '-') && read_digits(cursor, 2, &c->month) &&
           read_char(cursor, '-', '-') && read_digits(cursor, 2, &c->day) && c->year >= EPOCH_YEAR && c->month >= 1 &&
           c->month <= 12 && c->day >= 1 && c->day <= days_in_month(c->year, c->month);
}

// A fraction has at least one digit; those beyond milliseconds are read and forgotten.
static bool read_fraction(const char **cursor, int *ret_ms)
{
    int ms = 0;
    int digits = 0;
    for (; is_digit(**cursor); (*cursor)++, digits++)
        if (digits < 3)
            ms = ms * 10 + (**cursor - '0');
    if (digits == 0)
        return false;
    for (; digits < 3; digits++)
        ms *= 10;
    *ret_ms = ms;
    return true;
}

static bool read_time(const char **cursor, struct civil *c)
{
    if (!read_digits(cursor, 2, &c->hour) || !read_char(cursor, ':', ':') || !read_digits(cursor, 2, &c->minute) ||
        !read_char(cursor, ':', ':') || !read_digits(cursor, 2, &c->second))
        return false;
    c->ms = 0;
    if (read_char(cursor, '.', '.') && !read_fraction(cursor, &c->ms))
        return false;
    return c->hour <= 23 && c->minute <= 59 && c->second <= 60;
}

static bool read_offset(const char **cursor, int *ret_offset_s)
{
    if (read_char(cursor, 'Z', 'z')) {
        *ret_offset_s = 0;
        return true;
    }
    int sign = **cursor == '-' ? -1 : 1;
    int hours, minutes;
    if (!read_char(cursor, '+', '-') || !read_digits(cursor, 2, &hours) || !read_char(cursor, ':', ':') ||
        !read_digits(cursor, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret_offset_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

int rfc3339_parse(const char *text, int64_t *ret_utc_ms)
{
    const char *cursor = text;
    struct civil c;
    int offset_s;
    if (!read_date(&cursor, &c) || !read_char(&cursor, 'T', 't') || !read_time(&cursor, &c) ||
        !read_offset(&cursor, &offset_s) || *cursor != '\0')
        return AEMS_E_FORMAT;

    int64_t utc_s = days_since_epoch(c.year, c.month, c.day) * S_PER_DAY + c.hour * 3600 + c.minute * 60 + c.second;
    utc_s -= offset_s;
    // A leap second ends a UTC day; it is counted as the first second of the next one.
    if (c.second == 60 && utc_s % S_PER_DAY != 0)
        return AEMS_E_FORMAT;
    int64_t utc_ms = utc_s * MS_PER_S + c.ms;
    if (utc_ms < 0 || utc_ms >= end_of_years_ms())
        return AEMS_E_FORMAT;
    *ret_utc_ms = utc_ms;
    return AEMS_OK;
}
