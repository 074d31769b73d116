// SPDX-License-Identifier: GPL-3.0-or-later
// Figures that must fit each other, of assets in all and of loads.
#include <math.h>

#include "conf/check.h"

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
    check_count(c);
    check_carriers(c);
    check_supply(c);
    check_storages(c);
    check_flexibles(c);
    for (size_t i = 0; i < c->site->n_loads; i++)
        check_load(c, &c->site->loads[i]);
    if (c->reader.d->errors == 0) // a wrong name of a bus would leave it dark as well
        check_reach(c);
}
