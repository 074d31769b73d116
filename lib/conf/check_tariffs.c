// SPDX-License-Identifier: GPL-3.0-or-later
// Prices that hold at every time and do not invite to sell what was just bought.
#include <stdio.h>

#include "conf/check.h"

static bool is_unconditional(const struct site_price_period *p)
{
    return p->from_minute == 0 && p->to_minute == 1440 && p->days == DAYS_ALL && (p->months & 0x0FFF) == 0x0FFF;
}

static bool covers_minute(const struct site_price_period *p, int minute)
{
    if (p->from_minute < p->to_minute)
        return minute >= p->from_minute && minute < p->to_minute;
    return minute >= p->from_minute || minute < p->to_minute;
}

struct moment { // every time of the year that a tariff can tell from others
    int month;  // 0-11
    bool weekend;
    int minute;
};

// The price that holds; `otherwise` when no period matches.
static double price_at(const struct site_price_period *periods, size_t n, struct moment at, double otherwise)
{
    for (size_t i = 0; i < n; i++) {
        const struct site_price_period *p = &periods[i];
        bool day = p->days == DAYS_ALL || (p->days == DAYS_WEEKENDS) == at.weekend;
        if (day && (p->months >> at.month & 1) != 0 && covers_minute(p, at.minute))
            return p->price_per_kwh;
    }
    return otherwise;
}

static void check_periods(struct check *c, const char *list, const struct site_price_period *periods, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char entry[CONF_PATH_SIZE], path[CONF_PATH_SIZE];
        conf_path_index(entry, list, i);
        conf_path_key(path, entry, "to");
        if (periods[i].from_minute == periods[i].to_minute)
            check_report(c, SEVERITY_ERROR, path, "expected another time than from: the period is empty");
        if (i + 1 == n && !is_unconditional(&periods[i]))
            check_report(c, SEVERITY_ERROR, entry,
                         "expected a price alone, without from, to, days and months, as the last period: there must "
                         "be a price at every time");
        else if (i + 1 < n && is_unconditional(&periods[i]))
            check_report(c, SEVERITY_WARNING, entry, "this period always matches: those after it never hold");
    }
}

// Prices change at most where a period begins or ends.
static size_t list_minutes(const struct site_tariff *t, int *minutes, size_t size)
{
    size_t n = 0;
    minutes[n++] = 0;
    for (size_t i = 0; i < t->n_import && n + 2 <= size; i++) {
        minutes[n++] = t->import[i].from_minute;
        minutes[n++] = t->import[i].to_minute % 1440;
    }
    for (size_t i = 0; i < t->n_export && n + 2 <= size; i++) {
        minutes[n++] = t->export[i].from_minute;
        minutes[n++] = t->export[i].to_minute % 1440;
    }
    return n;
}

// True when export pays more than import costs.
static bool is_inverted(const struct site_tariff *t, struct moment at, double *ret_import, double *ret_export)
{
    *ret_import = price_at(t->import, t->n_import, at, 0);
    *ret_export = price_at(t->export, t->n_export, at, 0);
    return *ret_export > *ret_import;
}

// The first moment at which the tariff is inverted is enough to understand it.
static void check_inversion(struct check *c, const struct site_tariff *t)
{
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
    int minutes[401];
    size_t n = list_minutes(t, minutes, sizeof(minutes) / sizeof(*minutes));
    for (size_t k = 0; k < n * 24; k++) {
        struct moment at = {(int)(k % 12), k / 12 % 2 == 1, minutes[k / 24]};
        double import, export;
        if (!is_inverted(t, at, &import, &export))
            continue;
        char path[CONF_PATH_SIZE];
        check_path(path, "tariffs", t->id, t->n_export > 0 ? "export" : "import");
        check_report(c, SEVERITY_WARNING, path,
                     "expected export to pay at most what import costs; in %s on %s at %02d:%02d it pays %g /kWh and "
                     "import costs %g /kWh",
                     months[at.month], at.weekend ? "weekends" : "weekdays", at.minute / 60, at.minute % 60, export,
                     import);
        return;
    }
}

static void check_tariff(struct check *c, const struct site_tariff *t)
{
    char path[CONF_PATH_SIZE];
    check_path(path, "tariffs", t->id, "import");
    if (t->n_import == 0 && check_is_written(c, path))
        check_report(c, SEVERITY_ERROR, path, "expected at least one period");
    check_periods(c, path, t->import, t->n_import);
    check_path(path, "tariffs", t->id, "export");
    check_periods(c, path, t->export, t->n_export);
    check_path(path, "tariffs", t->id, "demand_window");
    if (t->demand_window_s != 900 && t->demand_window_s != 1800)
        check_report(c, SEVERITY_ERROR, path, "expected 15 min or 30 min");
    if (t->n_import > 0)
        check_inversion(c, t);
}

void check_tariffs(struct check *c)
{
    for (size_t i = 0; i < c->site->n_tariffs; i++)
        check_tariff(c, &c->site->tariffs[i]);
}
