// SPDX-License-Identifier: GPL-3.0-or-later
// Groups, chargers and flexible loads: what can be kept behind a breaker, and in the time a vehicle stays.
#include "conf/check.h"
#include "conf/measure.h"

enum { MINUTES_PER_DAY = 1440, MINUTES_PER_WEEK = 7 * MINUTES_PER_DAY, FIRST_OF_WEEKEND = 5 };

// ---- groups -------------------------------------------------------------------------------------------------------

// Whether the way up from `group` comes back to it without passing one that stands before it: then it is told there.
static bool begins_circle(const struct site *s, int group)
{
    int i = s->groups[group].within;
    for (size_t steps = 0; i > group && steps < s->n_groups; steps++)
        i = s->groups[i].within;
    return i == group;
}

static bool has_member(const struct site *s, int group)
{
    for (size_t i = 0; i < s->n_chargers; i++)
        if (s->chargers[i].group == group)
            return true;
    for (size_t i = 0; i < s->n_flexibles; i++)
        if (s->flexibles[i].group == group)
            return true;
    for (size_t i = 0; i < s->n_groups; i++)
        if (s->groups[i].within == group)
            return true;
    return false;
}

// True when groups go round in a circle.
static bool check_groups(struct check *c)
{
    const struct site *s = c->site;
    bool circle = false;
    for (size_t i = 0; i < s->n_groups; i++) {
        char path[CONF_PATH_SIZE];
        check_path(path, "groups", s->groups[i].id, "within");
        if (begins_circle(s, (int)i)) {
            circle = true;
            check_report(c, SEVERITY_ERROR, path,
                         "expected a group that does not hang behind %s itself: leave out `within` of the outermost "
                         "one",
                         s->groups[i].id);
        }
        conf_path_key(path, "groups", s->groups[i].id);
        if (c->reader.d->errors == 0 && !has_member(s, (int)i))
            check_report(c, SEVERITY_WARNING, path, "nothing hangs behind this group");
    }
    return circle;
}

// ---- sessions -----------------------------------------------------------------------------------------------------

struct flexible { // a charger or a flexible load, and how its section calls things
    const struct site_flexible *f;
    const char *section, *min_name, *max_name;
    double most_w; // that its own limit and those of its groups let through
    const char *most_name;
};

static int stay_minutes(const struct site_session *n)
{
    int minutes = n->until_minute - n->from_minute;
    return minutes > 0 ? minutes : minutes + MINUTES_PER_DAY;
}

static bool begins_on(const struct site_session *n, int day)
{
    return n->days == DAYS_ALL || (n->days == DAYS_WEEKENDS) == (day >= FIRST_OF_WEEKEND);
}

// Whether a stay of `a` that begins on some day of an ordinary week reaches into one of `b`.
static bool overlap(const struct site_session *a, const struct site_session *b)
{
    for (int i = 0; i < 49; i++) {
        int day = i / 7, other = i % 7;
        if (!begins_on(a, day) || !begins_on(b, other) || (a == b && day == other))
            continue;
        int from_a = day * MINUTES_PER_DAY + a->from_minute, from_b = other * MINUTES_PER_DAY + b->from_minute;
        int b_after_a = (from_b - from_a + MINUTES_PER_WEEK) % MINUTES_PER_WEEK;
        int a_after_b = (from_a - from_b + MINUTES_PER_WEEK) % MINUTES_PER_WEEK;
        if (b_after_a < stay_minutes(a) || a_after_b < stay_minutes(b))
            return true;
    }
    return false;
}

static void session_path(char ret_path[static CONF_PATH_SIZE], const struct flexible *x, size_t session,
                         const char *option)
{
    char list[CONF_PATH_SIZE], entry[CONF_PATH_SIZE];
    check_path(list, x->section, x->f->id, "sessions");
    conf_path_index(entry, list, session);
    conf_path_key(ret_path, entry, option);
}

static void check_energy(struct check *c, const struct flexible *x, size_t i)
{
    const struct site_session *n = &x->f->sessions[i];
    double most_wh = x->most_w * x->f->charge_efficiency * stay_minutes(n) / 60;
    char path[CONF_PATH_SIZE], found[32], limit[32];
    session_path(path, x, i, "energy");
    if (n->energy_wh <= most_wh)
        return;
    measure_format(CONF_ENERGY, most_wh, found, sizeof(found));
    measure_format(CONF_POWER, x->most_w, limit, sizeof(limit));
    check_report(c, SEVERITY_WARNING, path, "%02d:%02d to %02d:%02d suffices for %s only, with %s of %s",
                 n->from_minute / 60, n->from_minute % 60, n->until_minute / 60, n->until_minute % 60, found, limit,
                 x->most_name);
}

static void check_sessions(struct check *c, const struct flexible *x)
{
    const struct site_flexible *f = x->f;
    for (size_t i = 0; i < f->n_sessions; i++) {
        char path[CONF_PATH_SIZE];
        check_energy(c, x, i);
        session_path(path, x, i, "from");
        for (size_t k = 0; k < i; k++)
            if (overlap(&f->sessions[k], &f->sessions[i])) {
                check_report(c, SEVERITY_ERROR, path, "expected a time outside sessions[%zu]", k);
                break;
            }
    }
}

// ---- one charger or flexible load -----------------------------------------------------------------------------------

static void apply_groups(struct check *c, struct flexible *x)
{
    const struct site *s = c->site;
    for (int i = x->f->group; i >= 0; i = s->groups[i].within) {
        const struct site_group *g = &s->groups[i];
        char path[CONF_PATH_SIZE], limit[32];
        check_path(path, x->section, x->f->id, x->min_name);
        if (x->f->min_charge_w > g->limit_w) {
            measure_format(CONF_POWER, g->limit_w, limit, sizeof(limit));
            check_report(c, SEVERITY_ERROR, path, "expected at most %s, the limit of groups.%s", limit, g->id);
            return;
        }
        if (g->limit_w < x->most_w) {
            x->most_w = g->limit_w;
            x->most_name = g->id;
        }
    }
}

static void check_one(struct check *c, struct flexible x, bool circle)
{
    char path[CONF_PATH_SIZE];
    check_path(path, x.section, x.f->id, x.min_name);
    if (x.f->min_charge_w > x.f->max_charge_w) {
        check_report(c, SEVERITY_ERROR, path, "expected at most what %s says", x.max_name);
        return;
    }
    x.most_w = x.f->max_charge_w;
    x.most_name = x.max_name;
    if (!circle)
        apply_groups(c, &x);
    check_sessions(c, &x);
}

static void check_vehicle(struct check *c, const struct site_flexible *f)
{
    char path[CONF_PATH_SIZE];
    check_path(path, "chargers", f->id, "discharge_efficiency");
    if (f->max_discharge_w > 0 && !check_is_written(c, path))
        check_report(c, SEVERITY_ERROR, path,
                     "expected discharge_efficiency such as 93 %%, since max_discharge is above 0");
    else if (f->max_discharge_w <= 0 && check_is_written(c, path))
        check_report(c, SEVERITY_WARNING, path, "nothing is fed back without max_discharge");
    check_path(path, "chargers", f->id, "soc_min");
    if (f->max_discharge_w > 0 && f->min_frac >= 1)
        check_report(c, SEVERITY_ERROR, path, "expected less than 100 %%, since max_discharge is above 0");
    for (size_t i = 0; i < f->n_sessions; i++) {
        const struct flexible x = {.f = f, .section = "chargers"};
        session_path(path, &x, i, "energy");
        if (f->sessions[i].energy_wh > f->capacity_wh)
            check_report_limit(c, path, "at most the vehicle's capacity of", CONF_ENERGY, f->capacity_wh);
    }
}

void check_flexibles(struct check *c)
{
    const struct site *s = c->site;
    bool circle = check_groups(c);
    for (size_t i = 0; i < s->n_chargers; i++) {
        check_one(c, (struct flexible){&s->chargers[i], "chargers", "min_charge", "max_charge", 0, NULL}, circle);
        check_vehicle(c, &s->chargers[i]);
    }
    for (size_t i = 0; i < s->n_flexibles; i++)
        check_one(c, (struct flexible){&s->flexibles[i], "flexible_loads", "min_power", "max_power", 0, NULL}, circle);
}
