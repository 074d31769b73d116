// SPDX-License-Identifier: GPL-3.0-or-later
// Figures of one asset that must fit each other, and how the area hangs together.
#include <math.h>
#include <stdlib.h>

#include "conf/check.h"

static void check_battery(struct check *c, const struct site_battery *b)
{
    char path[CONF_PATH_SIZE];
    check_path(path, "batteries", b->id, "soc_min");
    if (b->soc_min_frac >= b->soc_max_frac)
        check_report(c, SEVERITY_ERROR, path, "expected less than soc_max of %g %%", 100 * b->soc_max_frac);
    check_path(path, "batteries", b->id, "reserve");
    if (b->reserve_frac < b->soc_min_frac - 1e-9 || b->reserve_frac > b->soc_max_frac + 1e-9)
        check_report(c, SEVERITY_ERROR, path, "expected a share from soc_min to soc_max, %g %% to %g %%",
                     100 * b->soc_min_frac, 100 * b->soc_max_frac);
}

static void check_shed_costs(struct check *c, const struct site_load *l)
{
    static const char *const names[] = {"lifeline", "important", "ordinary", "deferrable"};
    for (int tier = 1; tier < TIER_COUNT; tier++) {
        char section[CONF_PATH_SIZE], path[CONF_PATH_SIZE];
        check_path(section, "loads", l->id, "shed_cost");
        conf_path_key(path, section, names[tier]);
        if (l->shed_cost_per_kwh[tier] > l->shed_cost_per_kwh[tier - 1])
            check_report(c, SEVERITY_WARNING, path, "costs more than %s, which is to be kept longer", names[tier - 1]);
    }
}

static void check_load(struct check *c, const struct site_load *l)
{
    char path[CONF_PATH_SIZE];
    check_path(path, "loads", l->id, "average");
    if (l->average_w > l->peak_w)
        check_report_limit(c, path, "at most the peak of", CONF_POWER, l->peak_w);
    double sum = 0;
    for (int tier = 0; tier < TIER_COUNT; tier++)
        sum += l->tier_share[tier];
    check_path(path, "loads", l->id, "tiers");
    if (fabs(sum - 1) > 0.001)
        check_report(c, SEVERITY_ERROR, path, "expected shares that add up to 100 %%, found %g %%", 100 * sum);
    check_shed_costs(c, l);
}

static void check_generator(struct check *c, const struct site_generator *g)
{
    char path[CONF_PATH_SIZE];
    check_path(path, "generators", g->id, "min_power");
    if (g->min_power_w > g->max_power_w)
        check_report_limit(c, path, "at most max_power of", CONF_POWER, g->max_power_w);
}

static void check_tie(struct check *c, const struct site_tie *t)
{
    char path[CONF_PATH_SIZE];
    check_path(path, "ties", t->id, "to");
    if (t->from >= 0 && t->from == t->to)
        check_report(c, SEVERITY_ERROR, path, "expected another bus than from");
}

// ---- reach --------------------------------------------------------------------------------------------------------

static void mark(bool *supplied, int bus)
{
    if (bus >= 0)
        supplied[bus] = true;
}

static void mark_sources(const struct site *s, bool *supplied)
{
    for (size_t i = 0; i < s->n_grids; i++)
        mark(supplied, s->grids[i].bus);
    for (size_t i = 0; i < s->n_generators; i++)
        mark(supplied, s->generators[i].bus);
    for (size_t i = 0; i < s->n_batteries; i++)
        mark(supplied, s->batteries[i].bus);
}

// Spreads over the ties until nothing changes: at most as many rounds as there are buses.
static void spread(const struct site *s, bool *supplied)
{
    bool changed = true;
    while (changed) {
        changed = false;
        for (size_t i = 0; i < s->n_ties; i++) {
            const struct site_tie *t = &s->ties[i];
            if (t->from < 0 || t->to < 0 || supplied[t->from] == supplied[t->to])
                continue;
            supplied[t->from] = supplied[t->to] = true;
            changed = true;
        }
    }
}

static void check_reach(struct check *c)
{
    const struct site *s = c->site;
    bool *supplied = calloc(s->n_buses + 1, sizeof(*supplied));
    if (supplied == NULL) {
        c->reader.failed = true;
        return;
    }
    mark_sources(s, supplied);
    spread(s, supplied);
    for (size_t i = 0; i < s->n_buses; i++) {
        char path[CONF_PATH_SIZE];
        conf_path_key(path, "buses", s->buses[i].id);
        if (!supplied[i])
            check_report(c, SEVERITY_WARNING, path, "no grid, generator or battery reaches this bus");
    }
    free(supplied);
}

static void check_count(struct check *c)
{
    const struct site *s = c->site;
    if (s->n_assets > SITE_MAX_ASSETS)
        reader_report(&c->reader, SEVERITY_ERROR, c->root->place, "expected at most %d assets in all, found %zu",
                      SITE_MAX_ASSETS, s->n_assets);
    if (s->n_buses == 0 && check_is_written(c, "buses"))
        check_report(c, SEVERITY_ERROR, "buses", "expected at least one bus");
}

void check_assets(struct check *c)
{
    const struct site *s = c->site;
    check_count(c);
    for (size_t i = 0; i < s->n_batteries; i++)
        check_battery(c, &s->batteries[i]);
    for (size_t i = 0; i < s->n_loads; i++)
        check_load(c, &s->loads[i]);
    for (size_t i = 0; i < s->n_generators; i++)
        check_generator(c, &s->generators[i]);
    for (size_t i = 0; i < s->n_ties; i++)
        check_tie(c, &s->ties[i]);
    if (c->reader.d->errors == 0) // a wrong name of a bus would leave it dark as well
        check_reach(c);
}
