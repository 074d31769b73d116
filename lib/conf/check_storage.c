// SPDX-License-Identifier: GPL-3.0-or-later
// Figures of batteries and stores.
#include <stdio.h>

#include "conf/check.h"

struct curve {
    const char *section;
    const struct site_battery *storage;
    const char *name; // of the curve's option
    const struct site_curve_point *points;
    size_t n;
    const char *max_name; // of the power that it stays below
    double max_w;
    bool falls;
};

static void point_path(char ret_path[static CONF_PATH_SIZE], const struct curve *curve, size_t point,
                       const char *option)
{
    char list[CONF_PATH_SIZE], entry[CONF_PATH_SIZE];
    check_path(list, curve->section, curve->storage->id, curve->name);
    conf_path_index(entry, list, point);
    conf_path_key(ret_path, entry, option);
}

static void report_power(struct check *c, const struct curve *curve, size_t point, const char *words, double limit_w)
{
    char path[CONF_PATH_SIZE];
    point_path(path, curve, point, "power");
    check_report_limit(c, path, words, CONF_POWER, limit_w);
}

// Where the straight line through the two points before comes to at this one.
static double line_at(const struct site_curve_point *p)
{
    double slope = (p[-1].power_w - p[-2].power_w) / (p[-1].soc_frac - p[-2].soc_frac);
    return p[-1].power_w + slope * (p->soc_frac - p[-1].soc_frac);
}

// A plan can only follow a curve that bends downwards all the way. False when there is nothing more to say.
static bool check_point(struct check *c, const struct curve *curve, size_t i)
{
    const struct site_curve_point *p = &curve->points[i];
    char path[CONF_PATH_SIZE], words[80];
    if (p->power_w > curve->max_w) {
        snprintf(words, sizeof(words), "at most %s of", curve->max_name);
        report_power(c, curve, i, words, curve->max_w);
        return false;
    }
    if (i > 0 && p->soc_frac <= p[-1].soc_frac) {
        point_path(path, curve, i, "soc");
        check_report(c, SEVERITY_ERROR, path, "expected more than the %g %% of the point before", 100 * p[-1].soc_frac);
        return false;
    }
    if (i > 0 && curve->falls && p->power_w > p[-1].power_w) {
        report_power(c, curve, i, "a curve that falls: at most", p[-1].power_w);
        return false;
    }
    if (i > 1 && p->power_w > line_at(p) + 1e-6 * curve->max_w) {
        report_power(c, curve, i, "a point on or below the line through the two before it, here", line_at(p));
        return false;
    }
    return true;
}

// Beyond its ends a curve is level, which must not bend it upwards within the states of charge in use.
static void check_ends(struct check *c, const struct curve *curve)
{
    const struct site_battery *b = curve->storage;
    const struct site_curve_point *first = curve->points, *last = &curve->points[curve->n - 1];
    char path[CONF_PATH_SIZE];
    if (last->power_w < last[-1].power_w && last->soc_frac < b->soc_max_frac - 1e-9) {
        point_path(path, curve, curve->n - 1, "soc");
        check_report(c, SEVERITY_ERROR, path, "expected the last point at soc_max of %g %% or above",
                     100 * b->soc_max_frac);
    }
    if (!curve->falls && first->power_w < first[1].power_w && first->soc_frac > b->soc_min_frac + 1e-9) {
        point_path(path, curve, 0, "soc");
        check_report(c, SEVERITY_ERROR, path, "expected the first point at soc_min of %g %% or below",
                     100 * b->soc_min_frac);
    }
}

static void check_curve(struct check *c, const struct curve *curve)
{
    for (size_t i = 0; i < curve->n; i++)
        if (!check_point(c, curve, i))
            return;
    if (curve->n > 1)
        check_ends(c, curve);
}

// The more flows at the bus, the more has to arrive, and to be taken out: then what fills or empties it is one power.
static void check_efficiency(struct check *c, const char *section, const struct site_battery *b)
{
    for (size_t i = 1; i < b->n_efficiency_curve; i++) {
        const struct site_efficiency_point *p = &b->efficiency_curve[i];
        char path[CONF_PATH_SIZE], list[CONF_PATH_SIZE], entry[CONF_PATH_SIZE];
        check_path(list, section, b->id, "efficiency_curve");
        conf_path_index(entry, list, i);
        if (p->power_frac <= p[-1].power_frac) {
            conf_path_key(path, entry, "power");
            check_report(c, SEVERITY_ERROR, path, "expected more than the %g %% of the point before",
                         100 * p[-1].power_frac);
            return;
        }
        conf_path_key(path, entry, "efficiency");
        if (p->power_frac * p->efficiency <= p[-1].power_frac * p[-1].efficiency ||
            p->power_frac / p->efficiency <= p[-1].power_frac / p[-1].efficiency)
            check_report(c, SEVERITY_ERROR, path, "expected more to be stored, and taken, than at the point before");
    }
}

static void check_storage(struct check *c, const char *section, const struct site_battery *b)
{
    char path[CONF_PATH_SIZE];
    check_path(path, section, b->id, "soc_min");
    if (b->soc_min_frac >= b->soc_max_frac) {
        check_report(c, SEVERITY_ERROR, path, "expected less than soc_max of %g %%", 100 * b->soc_max_frac);
        return;
    }
    check_path(path, section, b->id, "reserve");
    if (b->reserve_frac < b->soc_min_frac - 1e-9 || b->reserve_frac > b->soc_max_frac + 1e-9)
        check_report(c, SEVERITY_ERROR, path, "expected a share from soc_min to soc_max, %g %% to %g %%",
                     100 * b->soc_min_frac, 100 * b->soc_max_frac);
    check_efficiency(c, section, b);
    check_curve(c, &(struct curve){section, b, "charge_curve", b->charge_curve, b->n_charge_curve, "max_charge",
                                   b->max_charge_w, true});
    check_curve(c, &(struct curve){section, b, "discharge_curve", b->discharge_curve, b->n_discharge_curve,
                                   "max_discharge", b->max_discharge_w, false});
}

void check_storages(struct check *c)
{
    for (size_t i = 0; i < c->site->n_batteries; i++)
        check_storage(c, "batteries", &c->site->batteries[i]);
    for (size_t i = 0; i < c->site->n_stores; i++)
        check_storage(c, "stores", &c->site->stores[i]);
}
