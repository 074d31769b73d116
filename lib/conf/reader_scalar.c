// SPDX-License-Identifier: GPL-3.0-or-later
// One value each: text -> number, time, name.
#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/instant.h"
#include "base/number.h"
#include "base/text.h"
#include "conf/measure.h"
#include "conf/reader.h"

// What a reader of one type gets.
struct value {
    struct conf_reader *r;
    const struct conf_option *option;
    const char *path;
    const struct conf_node *node;
    const char *text; // resolved
    void *target;
};

static bool refuse(const struct value *v)
{
    char range[80];
    reader_range(v->option, range, sizeof(range));
    conf_error(v->r, v->node, v->path, "expected %s%s%s%s", measure_expectation(v->option->type),
               measure_hint(v->option->type, v->text), *range != '\0' ? ", " : "", range);
    return false;
}

static bool refuse_range(const struct value *v, double low, double high)
{
    char least[32], most[32];
    measure_format(v->option->type, low, least, sizeof(least));
    measure_format(v->option->type, high, most, sizeof(most));
    conf_error(v->r, v->node, v->path, "expected %s to %s", least, most);
    return false;
}

// ---- numbers ------------------------------------------------------------------------------------------------------

static void own_range(enum conf_type type, double *low, double *high)
{
    bool whole = type == CONF_INT || type == CONF_DURATION_S || type == CONF_DURATION_MS;
    *high = type == CONF_FRACTION ? 1 : whole ? INT_MAX : 1e12;
    *low = type == CONF_FRACTION || type == CONF_DURATION_S || type == CONF_DURATION_MS ? 0 : -*high;
    if (type == CONF_NUMBER)
        *low = -(*high = 1e300);
}

static bool read_number(const struct value *v, double *ret_number)
{
    double number, low = v->option->low, high = v->option->high;
    int code = measure_parse(v->option->type, v->text, &number);
    if (code == AEMS_E_FORMAT)
        return refuse(v);
    if (low == 0 && high == 0)
        own_range(v->option->type, &low, &high);
    // Half a unit in the last place: 95 % is not exactly 0.95 when it is made from 95 * 0.01.
    const double rounding = 1e-12; // of each end: the highest end of a range must not open its lowest
    if (code < 0 || !in_range(number, low - rounding * fabs(low), high + rounding * fabs(high)))
        return refuse_range(v, low, high);
    *ret_number = clamp(number, low, high);
    return true;
}

static bool read_double(const struct value *v)
{
    return read_number(v, v->target);
}

static bool read_whole(const struct value *v)
{
    double number;
    if (!read_number(v, &number))
        return false;
    if (fabs(number - round(number)) > 1e-6)
        return refuse(v);
    *(int *)v->target = (int)round(number);
    return true;
}

static bool read_bool(const struct value *v)
{
    bool yes = strcmp(v->text, "true") == 0;
    if (!yes && strcmp(v->text, "false") != 0)
        return refuse(v);
    *(bool *)v->target = yes;
    return true;
}

// ---- times --------------------------------------------------------------------------------------------------------

// `count` digits at `text` as a number, -1 when they are not all digits.
static int digits(const char *text, int count)
{
    int number = 0;
    for (int i = 0; i < count; i++) {
        if (!isdigit((unsigned char)text[i]))
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

static bool read_time_of_day(const struct value *v)
{
    if (strlen(v->text) != 5 || v->text[2] != ':')
        return refuse(v);
    int hour = digits(v->text, 2), minute = digits(v->text + 3, 2);
    int time = hour * 60 + minute;
    if (hour < 0 || minute < 0 || minute > 59 || time > 24 * 60)
        return refuse(v);
    double high = v->option->high > 0 ? v->option->high : 1440;
    if (!in_range(time, v->option->low, high))
        return refuse_range(v, v->option->low, high);
    *(int *)v->target = time;
    return true;
}

static bool read_instant(const struct value *v)
{
    return rfc3339_parse(v->text, v->target) == 0 ? true : refuse(v);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool read_date(const struct value *v)
{
    if (strlen(v->text) != 10 || v->text[4] != '-' || v->text[7] != '-')
        return refuse(v);
    int year = digits(v->text, 4), month = digits(v->text + 5, 2), day = digits(v->text + 8, 2);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return refuse(v);
    *(int32_t *)v->target = year * 10000 + month * 100 + day;
    return true;
}

static int month_number(const char **text)
{
    char *end;
    long month = isdigit((unsigned char)**text) ? strtol(*text, &end, 10) : 0;
    if (month < 1 || month > 12)
        return 0;
    *text = end;
    return (int)month;
}

// "7" or "7-9" or, over the turn of the year, "11-2".
static bool add_months(const char *text, uint16_t *months)
{
    int from = month_number(&text), to = from;
    if (from > 0 && *text == '-') {
        text++;
        to = month_number(&text);
    }
    if (from == 0 || to == 0 || *text != '\0')
        return false;
    for (int month = from;; month = month % 12 + 1) {
        *months |= (uint16_t)(1u << (month - 1));
        if (month == to)
            return true;
    }
}

static bool read_months(const struct value *v)
{
    uint16_t months = 0;
    if (!add_months(v->text, &months))
        return refuse(v);
    *(uint16_t *)v->target |= months;
    return true;
}

// ---- text and names -----------------------------------------------------------------------------------------------

static bool has_control_characters(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            return true;
    return false;
}

static bool read_text(const struct value *v)
{
    if (has_control_characters(v->text)) {
        conf_error(v->r, v->node, v->path, "expected a text in one line, without control characters");
        return false;
    }
    if (strlen(v->text) >= v->option->size) {
        conf_error(v->r, v->node, v->path, "expected at most %zu characters", v->option->size - 1);
        return false;
    }
    if (v->option->required && *v->text == '\0')
        return refuse(v);
    return text_copy(v->target, v->option->size, v->text) == 0;
}

static bool read_id(const struct value *v)
{
    return text_is_id(v->text) ? read_text(v) : refuse(v);
}

static bool read_secret(const struct value *v)
{
    if (v->node->tag == NULL && *v->text != '\0')
        conf_warning(v->r, v->node, v->path, "a secret in plain text; better is !credential NAME or !file PATH");
    return read_text(v);
}

// The position of `text` among the choices; -1 when reported.
static int choose(const struct value *v)
{
    size_t count = conf_count_choices(v->option->choices);
    for (size_t i = 0; i < count; i++)
        if (strcmp(v->option->choices[i], v->text) == 0)
            return (int)i;
    char names[256], near[80];
    reader_list_names(v->option->choices, count, names, sizeof(names));
    reader_suggest(v->text, v->option->choices, count, near, sizeof(near));
    conf_error(v->r, v->node, v->path, "expected one of %s%s", names, near);
    return -1;
}

static bool read_choice(const struct value *v)
{
    int chosen = choose(v);
    if (chosen >= 0)
        *(int *)v->target = chosen;
    return chosen >= 0;
}

static bool read_choice_set(const struct value *v)
{
    int chosen = choose(v);
    if (chosen >= 0)
        ((bool *)v->target)[chosen] = true;
    return chosen >= 0;
}

static bool read_reference(const struct value *v)
{
    reader_refer(v->r, v->option, v->path, v->node, v->target);
    return true;
}

typedef bool read_fn(const struct value *v);

static read_fn *const readers[CONF_TYPE_COUNT] = {
    [CONF_BOOL] = read_bool,
    [CONF_INT] = read_whole,
    [CONF_NUMBER] = read_double,
    [CONF_POWER] = read_double,
    [CONF_ENERGY] = read_double,
    [CONF_FRACTION] = read_double,
    [CONF_DURATION_S] = read_whole,
    [CONF_DURATION_MS] = read_whole,
    [CONF_PRICE_KWH] = read_double,
    [CONF_PRICE_KW] = read_double,
    [CONF_PRICE_KG] = read_double,
    [CONF_CO2] = read_double,
    [CONF_RAMP] = read_double,
    [CONF_ANGLE] = read_double,
    [CONF_RATE_PER_H] = read_double,
    [CONF_VOLTAGE] = read_double,
    [CONF_FREQUENCY] = read_double,
    [CONF_TIME_OF_DAY] = read_time_of_day,
    [CONF_INSTANT] = read_instant,
    [CONF_DATE] = read_date,
    [CONF_TEXT] = read_text,
    [CONF_ID] = read_id,
    [CONF_SECRET] = read_secret,
    [CONF_CHOICE] = read_choice,
    [CONF_CHOICE_SET] = read_choice_set,
    [CONF_MONTHS] = read_months,
    [CONF_REFERENCE] = read_reference,
};

bool reader_read_scalar(struct conf_reader *r, const struct conf_option *option, const char *path,
                        const struct conf_node *node, void *target)
{
    const char *text = conf_scalar(r, path, node, measure_expectation(option->type));
    if (text == NULL)
        return false;
    struct value v = {r, option, path, node, text, target};
    return readers[option->type](&v);
}
