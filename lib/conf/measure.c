// SPDX-License-Identifier: GPL-3.0-or-later
#include "conf/measure.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

struct unit {
    const char *name; // "" : a plain number
    double factor;    // to the stored unit
};

enum { MAX_UNITS = 8 };

struct measure {
    const char *expectation;
    struct unit units[MAX_UNITS]; // ascending where measure_format chooses; ends with a NULL name
};

static const struct measure measures[CONF_TYPE_COUNT] = {
    [CONF_INT] = {"a whole number such as 3", {{"", 1}}},
    [CONF_NUMBER] = {"a number such as 1.5", {{"", 1}}},
    [CONF_POWER] = {"a power such as 200 kW", {{"W", 1}, {"kW", 1e3}, {"MW", 1e6}, {"GW", 1e9}}},
    [CONF_ENERGY] = {"an energy such as 200 kWh", {{"Wh", 1}, {"kWh", 1e3}, {"MWh", 1e6}, {"GWh", 1e9}}},
    [CONF_FRACTION] = {"a share such as 95 %", {{"%", 0.01}, {"", 1}}},
    [CONF_DURATION_S] = {"a duration of whole seconds such as 15 min",
                         {{"ms", 0.001}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}}},
    [CONF_DURATION_MS] = {"a duration such as 500 ms",
                          {{"ms", 1}, {"s", 1e3}, {"min", 60e3}, {"h", 3600e3}, {"d", 86400e3}}},
    [CONF_PRICE_KWH] = {"a price such as 31.5 /kWh", {{"/kWh", 1}, {"", 1}, {"/MWh", 0.001}}},
    [CONF_PRICE_KW] = {"a price such as 1800 /kW", {{"/kW", 1}, {"", 1}}},
    [CONF_PRICE_KG] = {"a price such as 0.1 /kg", {{"/kg", 1}, {"", 1}, {"/t", 0.001}}},
    [CONF_CO2] = {"an emission such as 450 g/kWh", {{"g/kWh", 1}, {"kg/kWh", 1000}, {"kg/MWh", 1}}},
    [CONF_RAMP] = {"a ramp such as 50 kW/s",
                   {{"W/s", 1}, {"kW/s", 1e3}, {"MW/s", 1e6}, {"kW/min", 1e3 / 60}, {"MW/min", 1e6 / 60}}},
    [CONF_ANGLE] = {"an angle such as 30 deg", {{"deg", 1}, {"", 1}}},
    [CONF_RATE_PER_H] = {"a rate such as 0.2 %/h", {{"%/h", 0.01}, {"%/d", 0.01 / 24}, {"/h", 1}}},
    [CONF_VOLTAGE] = {"a voltage such as 230 V", {{"V", 1}, {"kV", 1e3}}},
    [CONF_FREQUENCY] = {"a frequency such as 50 Hz", {{"Hz", 1}, {"mHz", 0.001}}},
    [CONF_BOOL] = {"true or false", {{NULL, 0}}},
    [CONF_TIME_OF_DAY] = {"a time of day such as \"08:00\"", {{NULL, 0}}},
    [CONF_INSTANT] = {"a date and time such as 2026-01-14T08:00:00+09:00", {{NULL, 0}}},
    [CONF_DATE] = {"a date such as 2026-01-31", {{NULL, 0}}},
    [CONF_TEXT] = {"a text", {{NULL, 0}}},
    [CONF_ID] = {"a short name of letters, digits, - and _", {{NULL, 0}}},
    [CONF_SECRET] = {"a secret such as !credential mqtt-password", {{NULL, 0}}},
    [CONF_CHOICE] = {"one of a few names", {{NULL, 0}}},
    [CONF_CHOICE_SET] = {"a list of names", {{NULL, 0}}},
    [CONF_MONTHS] = {"months such as 7-9 or [1, 2, 12]", {{NULL, 0}}},
    [CONF_REFERENCE] = {"the name of an entry", {{NULL, 0}}},
    [CONF_CUSTOM] = {"a value", {{NULL, 0}}},
    [CONF_SECTION] = {"a map of options", {{NULL, 0}}},
    [CONF_SECTIONS] = {"a map of names with their options", {{NULL, 0}}},
    [CONF_LIST_OF] = {"a list of maps", {{NULL, 0}}},
    [CONF_LIST_SCALAR] = {"a list such as [A, B]", {{NULL, 0}}},
};

// The length of a number at the start of `text`: sign, digits, fraction, exponent. 0 when there is none.
static size_t number_length(const char *text)
{
    size_t i = text[0] == '-' || text[0] == '+' ? 1 : 0;
    size_t digits = strspn(text + i, "0123456789");
    if (digits == 0)
        return 0;
    i += digits;
    if (text[i] == '.') {
        digits = strspn(text + i + 1, "0123456789");
        if (digits == 0)
            return 0;
        i += 1 + digits;
    }
    if (text[i] == 'e' || text[i] == 'E') {
        size_t sign = text[i + 1] == '-' || text[i + 1] == '+' ? 1 : 0;
        digits = strspn(text + i + 1 + sign, "0123456789");
        i += digits > 0 ? 1 + sign + digits : 0;
    }
    return i;
}

// strtod with a decimal point, whatever locale the process has.
static int parse_number(const char *text, size_t length, double *ret_value)
{
    char digits[64];
    if (length == 0 || length >= sizeof(digits))
        return AEMS_E_FORMAT;
    memcpy(digits, text, length);
    digits[length] = '\0';
    locale_t c = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (c == (locale_t)0)
        return AEMS_E_NOMEM;
    *ret_value = strtod_l(digits, NULL, c);
    freelocale(c);
    return isfinite(*ret_value) ? 0 : AEMS_E_RANGE;
}

static const struct unit *find_unit(enum conf_type type, const char *name)
{
    for (const struct unit *unit = measures[type].units; unit->name != NULL; unit++)
        if (strcmp(unit->name, name) == 0)
            return unit;
    return NULL;
}

// Hexadecimal is how register lists are printed.
static bool parse_hexadecimal(const char *text, double *ret_value)
{
    if (strncmp(text, "0x", 2) != 0 || text[2] == '\0' || strlen(text) > 10 ||
        strspn(text + 2, "0123456789abcdefABCDEF") != strlen(text + 2))
        return false;
    *ret_value = (double)strtoull(text + 2, NULL, 16);
    return true;
}

int measure_parse(enum conf_type type, const char *text, double *ret_value)
{
    if (measures[type].units[0].name == NULL)
        return AEMS_E_FORMAT;
    if (type == CONF_INT && parse_hexadecimal(text, ret_value))
        return 0;
    size_t length = number_length(text);
    double number;
    int code = parse_number(text, length, &number);
    if (code < 0)
        return code;
    const char *name = text + length + strspn(text + length, " ");
    const struct unit *unit = find_unit(type, name);
    if (unit == NULL || (*name == '\0' && name != text + length)) // a blank promises a unit
        return AEMS_E_FORMAT;
    if (!isfinite(number * unit->factor))
        return AEMS_E_RANGE;
    *ret_value = number * unit->factor;
    return 0;
}

static bool is_duration(enum conf_type type)
{
    return type == CONF_DURATION_S || type == CONF_DURATION_MS;
}

// Durations read best as whole numbers, and up to three days in hours ("36 h"); the rest in the largest unit that
// leaves at least 1.
static bool reads_well(enum conf_type type, double in_unit, const char *unit)
{
    if (!is_duration(type))
        return fabs(in_unit) >= 1;
    return in_unit >= (strcmp(unit, "d") == 0 ? 3 : 1) && fabs(in_unit - round(in_unit)) < 1e-9;
}

static bool grows_by_thousands(enum conf_type type)
{
    return type == CONF_POWER || type == CONF_ENERGY || type == CONF_VOLTAGE || is_duration(type);
}

void measure_format(enum conf_type type, double value, char *ret_text, size_t size)
{
    const struct unit *best = &measures[type].units[0];
    if (type == CONF_TIME_OF_DAY) {
        snprintf(ret_text, size, "%02d:%02d", (int)value / 60, (int)value % 60);
        return;
    }
    if (type == CONF_DURATION_S)
        best++; // 0 s, not 0 ms
    for (const struct unit *unit = best; grows_by_thousands(type) && unit->name != NULL; unit++)
        if (reads_well(type, value / unit->factor, unit->name))
            best = unit;
    if (best->name == NULL || *best->name == '\0')
        snprintf(ret_text, size, "%.10g", value);
    else
        snprintf(ret_text, size, "%.10g %s", value / best->factor, best->name);
}

const char *measure_expectation(enum conf_type type)
{
    return measures[type].expectation;
}

const char *measure_hint(enum conf_type type, const char *text)
{
    size_t length = number_length(text);
    if (measures[type].units[0].name == NULL || length == 0)
        return "";
    if (text[length] == ',' && isdigit((unsigned char)text[length + 1]))
        return ", with a point instead of a comma";
    if (text[length] == '\0' && find_unit(type, "") == NULL)
        return ", with its unit";
    return "";
}

void measure_units(enum conf_type type, char *ret_text, size_t size)
{
    size_t length = 0;
    ret_text[0] = '\0';
    for (const struct unit *unit = measures[type].units; unit->name != NULL; unit++)
        if (*unit->name != '\0' && length < size)
            length += (size_t)snprintf(ret_text + length, size - length, "%s%s", length > 0 ? ", " : "", unit->name);
}

void measure_pattern(enum conf_type type, char *ret_text, size_t size)
{
    bool plain = false;
    size_t length = (size_t)snprintf(ret_text, size, "^[-+]?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?( *(");
    for (const struct unit *unit = measures[type].units; unit->name != NULL; unit++) {
        plain |= *unit->name == '\0';
        if (*unit->name != '\0' && length < size)
            length += (size_t)snprintf(ret_text + length, size - length, "%s%s", ret_text[length - 1] == '(' ? "" : "|",
                                       unit->name);
    }
    if (length < size)
        snprintf(ret_text + length, size - length, "))%s$", plain ? "?" : "");
}
