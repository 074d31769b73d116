// SPDX-License-Identifier: GPL-3.0-or-later
// Switches: each a breaker, or a part of a tier that its load has; and the devices that are one, or a witness.
#include <string.h>

#include "conf/check.h"
#include "conf/measure.h"

static const double ROUNDING = 1e-6;

// What is still missing while nothing depends on it is a matter of time.
static enum severity when_needed(const struct site *s)
{
    return s->outage.enabled ? SEVERITY_ERROR : SEVERITY_WARNING;
}

// ---- what is behind it ----------------------------------------------------------------------------------------------

static void check_breaker(struct check *c, size_t number)
{
    const struct site *s = c->site;
    static const char *const of_loads[] = {"tier", "share"};
    char path[CONF_PATH_SIZE];
    conf_path_key(path, "switches", s->switches[number].id);
    if (site_island_of_breaker(s, (int)number) < 0)
        check_report(c, SEVERITY_ERROR, path,
                     "expected the `load` of which it switches a part, or an island that names it as its breaker");
    for (size_t i = 0; i < sizeof(of_loads) / sizeof(*of_loads); i++) {
        check_path(path, "switches", s->switches[number].id, of_loads[i]);
        if (check_is_written(c, path))
            check_report_alone(c, path, "expected none: without a load it is a breaker");
    }
}

// The share of switches up to this one that stand behind the same tier of the same load.
static double share_so_far(const struct site *s, size_t number)
{
    const struct site_switch *w = &s->switches[number];
    double sum = 0;
    for (size_t i = 0; i <= number; i++)
        sum += s->switches[i].load == w->load && s->switches[i].tier == w->tier ? s->switches[i].share : 0;
    return sum;
}

static void check_share(struct check *c, size_t number)
{
    const struct site *s = c->site;
    const struct site_switch *w = &s->switches[number];
    const struct site_load *l = &s->loads[w->load];
    double tier_share = l->tier_share[w->tier], sum = share_so_far(s, number);
    char path[CONF_PATH_SIZE], has[32], taken[32];
    measure_format(CONF_FRACTION, tier_share, has, sizeof(has));
    measure_format(CONF_FRACTION, sum, taken, sizeof(taken));
    if (tier_share <= 0) {
        check_path(path, "switches", w->id, "tier");
        check_report_alone(c, path, "expected a tier of %s: nothing of it is %s", l->id, load_tier_name(w->tier));
        return;
    }
    check_path(path, "switches", w->id, "share");
    if (w->share <= 0)
        check_report_alone(c, path, "expected a share: other switches have all %s of %s that is %s already", has, l->id,
                           load_tier_name(w->tier));
    else if (sum > tier_share + ROUNDING && sum - w->share <= tier_share + ROUNDING)
        check_report_alone(c, path,
                           "expected shares of at most %s in all, which is what of %s is %s: with this switch "
                           "it is %s",
                           has, l->id, load_tier_name(w->tier), taken);
}

static bool is_last_of_tier(const struct site *s, size_t number)
{
    for (size_t i = number + 1; i < s->n_switches; i++)
        if (s->switches[i].load == s->switches[number].load && s->switches[i].tier == s->switches[number].tier)
            return false;
    return true;
}

// In an outage a tier is shed by its switches alone, whatever limits it while there is a grid.
static void check_limited_rest(struct check *c, size_t number)
{
    const struct site *s = c->site;
    const struct site_switch *w = &s->switches[number];
    const struct site_load *l = &s->loads[w->load];
    double sum = share_so_far(s, number);
    char path[CONF_PATH_SIZE], reached[32], has[32];
    if (!l->sheddable[w->tier] || !is_last_of_tier(s, number) || sum >= l->tier_share[w->tier] - ROUNDING)
        return;
    check_path(path, "switches", w->id, "share");
    measure_format(CONF_FRACTION, sum, reached, sizeof(reached));
    measure_format(CONF_FRACTION, l->tier_share[w->tier], has, sizeof(has));
    check_report(c, SEVERITY_WARNING, path,
                 "switches reach %s of %s, of which %s are %s: in an outage the rest cannot be shed, since a tier that "
                 "has switches is limited by `sheddable` only while there is a grid",
                 reached, l->id, has, load_tier_name(w->tier));
}

// A less important tier of the same load that nothing reaches stays on while this one is switched off.
static void check_order(struct check *c, size_t number)
{
    const struct site *s = c->site;
    const struct site_switch *w = &s->switches[number];
    const struct site_load *l = &s->loads[w->load];
    char path[CONF_PATH_SIZE];
    check_path(path, "switches", w->id, "tier");
    for (int tier = w->tier + 1; is_last_of_tier(s, number) && tier < TIER_COUNT; tier++) {
        bool reached = l->tier_share[tier] <= 0 || l->sheddable[tier];
        for (size_t i = 0; i < s->n_switches; i++)
            reached |= s->switches[i].load == w->load && (int)s->switches[i].tier == tier;
        if (!reached)
            check_report(c, SEVERITY_WARNING, path,
                         "what of %s is %s is less important and stays on while this is off: it has neither a switch "
                         "nor `sheddable`",
                         l->id, load_tier_name((enum load_tier)tier));
    }
}

static void check_part(struct check *c, size_t number)
{
    const struct site *s = c->site;
    const struct site_switch *w = &s->switches[number];
    char path[CONF_PATH_SIZE];
    check_path(path, "switches", w->id, "tier");
    if (!check_is_written(c, path)) {
        check_report(c, SEVERITY_ERROR, path, "expected the `tier` of what is behind it");
        return;
    }
    check_share(c, number);
    check_limited_rest(c, number);
    check_order(c, number);
    if (s->n_islands > 0 && site_island_of_bus(s, s->loads[w->load].bus) < 0) {
        conf_path_key(path, "switches", w->id);
        check_report(c, SEVERITY_WARNING, path, "no island has bus %s of %s: it is never opened",
                     s->buses[s->loads[w->load].bus].id, s->loads[w->load].id);
        check_path(path, "switches", w->id, "tier");
    }
    if (w->tier == TIER_LIFELINE)
        check_report(c, SEVERITY_WARNING, path,
                     "lifelines behind a switch: they are kept to the last, but a switch may "
                     "fail open");
}

// ---- devices --------------------------------------------------------------------------------------------------------

static void check_driven(struct check *c, size_t number)
{
    const struct site *s = c->site;
    const struct site_switch *w = &s->switches[number];
    char path[CONF_PATH_SIZE];
    conf_path_key(path, "switches", w->id);
    if (s->n_devices > 0 && site_device_of_switch(s, (int)number) < 0)
        check_report(c, when_needed(s), path, "no device drives it: expected one with `switch: %s`", w->id);
}

static void check_one_thing(struct check *c, const struct site_device *d)
{
    char path[CONF_PATH_SIZE];
    check_path(path, "devices", d->id, d->of_switch >= 0 ? "switch" : "island");
    if (d->asset >= 0 && d->of_switch >= 0)
        check_report_alone(c, path, "expected either `asset` or `switch`, found both");
    else if (d->asset >= 0 && d->of_island >= 0)
        check_report_alone(c, path,
                           "expected either `asset` or `island`, found both: the meter of a connection is a "
                           "witness of its grid anyway");
}

// The same contact of the same board: one of them would undo what the other was told.
static void check_contact(struct check *c, size_t number)
{
    const struct site_device *devices = c->site->devices, *d = &devices[number];
    char path[CONF_PATH_SIZE];
    check_path(path, "devices", d->id, "profile");
    for (size_t i = 0; i < number; i++)
        if (d->link >= 0 && devices[i].link == d->link && devices[i].unit == d->unit && devices[i].of_switch >= 0 &&
            devices[i].of_switch != d->of_switch && strcmp(devices[i].profile, d->profile) == 0) {
            check_report_alone(c, path, "expected another unit, or another channel of it, than that of %s",
                               devices[i].id);
            return;
        }
}

static void check_device(struct check *c, size_t number)
{
    const struct site *s = c->site;
    const struct site_device *d = &s->devices[number];
    char path[CONF_PATH_SIZE];
    check_one_thing(c, d);
    if (d->of_switch < 0)
        return;
    check_contact(c, number);
    int first = site_device_of_switch(s, d->of_switch);
    check_path(path, "devices", d->id, "switch");
    if (first != (int)number)
        check_report_alone(c, path, "expected one device for a switch; %s is another", s->devices[first].id);
    check_path(path, "devices", d->id, "control");
    if (!d->control)
        check_report(c, when_needed(s), path, "expected true: a switch that is never told anything switches nothing");
    check_path(path, "devices", d->id, "safe_power");
    if (d->has_safe_power)
        check_report_alone(c, path, "expected none: a switch stays as it is when nobody speaks to it");
}

void check_switches(struct check *c)
{
    const struct site *s = c->site;
    for (size_t i = 0; i < s->n_switches; i++) {
        if (s->switches[i].load >= 0)
            check_part(c, i);
        else
            check_breaker(c, i);
        check_driven(c, i);
    }
    for (size_t i = 0; i < s->n_devices; i++)
        check_device(c, i);
}
