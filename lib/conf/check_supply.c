// SPDX-License-Identifier: GPL-3.0-or-later
// Figures of grid connections, generators and converters.
#include "conf/check.h"

// Outdoor temperatures for which a converter must have a COP.
static const double coldest_degc = -25, hottest_degc = 45, rated_degc = 15;

static void check_grid(struct check *c, const struct site_grid *g)
{
    char path[CONF_PATH_SIZE];
    check_path(path, "grids", g->id, "contract_power");
    if (g->contract_power_w > g->import_limit_w)
        check_report(c, SEVERITY_WARNING, path, "above import_limit, which holds anyway: leave it out or lower it");
}

// Each connection once, in one community.
static void check_community(struct check *c, size_t number)
{
    const struct site *s = c->site;
    const struct site_community *of = &s->communities[number];
    char path[CONF_PATH_SIZE];
    check_path(path, "communities", of->id, "grids");
    if (of->n_grids == 0)
        check_report(c, SEVERITY_ERROR, path, "expected at least one grid connection");
    for (size_t i = 0; i < of->n_grids && c->reader.d->errors == 0; i++) {
        const char *id = s->grids[of->grids[i]].id;
        for (size_t j = 0; j < i; j++)
            if (of->grids[j] == of->grids[i])
                check_report(c, SEVERITY_ERROR, path, "expected each connection once: %s is there twice", id);
        int first = site_community_of(s, of->grids[i]);
        if (first != (int)number)
            check_report(c, SEVERITY_ERROR, path, "expected connections that are in no other community: %s is in %s",
                         id, s->communities[first].id);
    }
}

static void check_min_power(struct check *c, const char *section, const char *id, double min_w, double max_w)
{
    char path[CONF_PATH_SIZE];
    check_path(path, section, id, "min_power");
    if (min_w > max_w)
        check_report_limit(c, path, "at most max_power of", CONF_POWER, max_w);
}

static void check_generator(struct check *c, const struct site_generator *g)
{
    char path[CONF_PATH_SIZE];
    check_min_power(c, "generators", g->id, g->min_power_w, g->max_power_w);
    check_path(path, "generators", g->id, "start_time");
    if (g->min_run_s > 0 && g->start_time_s >= g->min_run_s)
        check_report(c, SEVERITY_WARNING, path, "not below min_run: it may be stopped before it has given power");
    check_path(path, "generators", g->id, "heat_ratio");
    if (g->heat_bus >= 0 && g->heat_ratio <= 0)
        check_report(c, SEVERITY_ERROR, path, "expected how much heat flows into heat_bus, such as 1.2");
    check_path(path, "generators", g->id, "heat_bus");
    if (g->heat_bus < 0 && g->heat_ratio > 0)
        check_report(c, SEVERITY_ERROR, path, "expected the bus of the heat, since there is a heat_ratio");
}

static void check_converter(struct check *c, const struct site_converter *v)
{
    char path[CONF_PATH_SIZE];
    check_min_power(c, "converters", v->id, v->min_power_w, v->max_power_w);
    check_path(path, "converters", v->id, "cop_per_degc");
    double worst_degc = v->cop_per_degc > 0 ? coldest_degc : hottest_degc;
    double worst = v->cop + v->cop_per_degc * (worst_degc - rated_degc);
    if (worst < 0.1)
        check_report(c, SEVERITY_ERROR, path, "expected a cop of at least 0.1 from %g to %g degC; at %g degC it is %g",
                     coldest_degc, hottest_degc, worst_degc, worst);
}

void check_supply(struct check *c)
{
    const struct site *s = c->site;
    for (size_t i = 0; i < s->n_grids; i++)
        check_grid(c, &s->grids[i]);
    for (size_t i = 0; i < s->n_communities; i++)
        check_community(c, i);
    for (size_t i = 0; i < s->n_generators; i++)
        check_generator(c, &s->generators[i]);
    for (size_t i = 0; i < s->n_converters; i++)
        check_converter(c, &s->converters[i]);
}
