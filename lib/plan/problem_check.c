// SPDX-License-Identifier: GPL-3.0-or-later
// The judgement of a problem before it goes to the solver, which does not survive strange numbers: every member's range
// (problem_fields.c), then what members must be to each other.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include "plan/problem_fields.h"

static const double SMALLEST_WEIGHT = 0.01; // of the expected course, which is the one that is followed
static const double LATEST_MS = 253402300799e3, LARGEST_WH = 1e12;

struct judge {
    const struct plan_problem *p;
    char *why;
    size_t size;
    bool refused; // the first finding stands
};

static void refuse(struct judge *j, const char *section, const char *id, const char *name, const char *what)
{
    if (!j->refused)
        snprintf(j->why, j->size, "%s%s%.47s%s%s: %s", section, *id ? "." : "", id, *name ? "." : "", name, what);
    j->refused = true;
}

static void number(struct judge *j, const char *section, const char *id, const char *name, double value, double low,
                   double high)
{
    char what[80];
    if (in_range(value, low, high))
        return;
    snprintf(what, sizeof(what), "%g, expected %g to %g", value, low, high);
    refuse(j, section, id, name, what);
}

static void numbers(struct judge *j, const char *section, const char *id, const char *name, const double *values,
                    size_t count, double low, double high)
{
    if (!values) {
        refuse(j, section, id, name, "missing");
        return;
    }
    for (size_t k = 0; k < count && !j->refused; k++) {
        char place[64];
        snprintf(place, sizeof(place), "%s[%zu]", name, k);
        number(j, section, id, place, values[k], low, high);
    }
}

static void id_text(struct judge *j, const char *section, const char *text)
{
    if (!memchr(text, '\0', SITE_ID_MAX) || !text_is_id(text))
        refuse(j, section, "", "", "an id that is none");
}

// ---- members --------------------------------------------------------------------------------------------------------

static void judge_curve(struct judge *j, const char *section, const char *id, const char *name,
                        const struct plan_curve *c)
{
    number(j, section, id, name, c->n, 0, PLAN_MAX_CURVE);
    for (int i = 0; i < c->n && !j->refused; i++) {
        number(j, section, id, name, c->power_w[i], 0, PLAN_NO_LIMIT_W);
        number(j, section, id, name, c->energy_wh[i], i > 0 ? c->energy_wh[i - 1] + 1e-3 : 0, LARGEST_WH);
    }
}

static void judge_sessions(struct judge *j, const char *section, const struct plan_flexible *f)
{
    number(j, section, f->id, "sessions", f->n_sessions, 0, PLAN_MAX_SESSIONS);
    for (int i = 0; i < f->n_sessions && !j->refused; i++) {
        const struct plan_session *s = &f->sessions[i];
        double earliest = i > 0 ? (double)f->sessions[i - 1].until_utc_ms : 0;
        number(j, section, f->id, "sessions.from_utc_ms", (double)s->from_utc_ms, earliest, LATEST_MS);
        number(j, section, f->id, "sessions.until_utc_ms", (double)s->until_utc_ms, (double)s->from_utc_ms + 1,
               LATEST_MS);
        number(j, section, f->id, "sessions.energy_wh", s->energy_wh, 0, LARGEST_WH);
        number(j, section, f->id, "sessions.max_wh", s->max_wh, 0, LARGEST_WH);
        number(j, section, f->id, "sessions.wanted_wh", s->wanted_wh, 0, s->max_wh);
        number(j, section, f->id, "sessions.min_wh", s->min_wh, 0, s->max_wh);
    }
}

// Integers by their range; their type has been read already.
static void judge_reference(struct judge *j, const struct plan_field *f, const char *section, const char *id, int value)
{
    double last_bus = (double)j->p->n_buses - 1;
    switch (f->type) {
    case FIELD_BUS:
        number(j, section, id, f->name, value, 0, last_bus);
        break;
    case FIELD_BUS_OR_NONE:
        number(j, section, id, f->name, value, -1, last_bus);
        break;
    case FIELD_GROUP:
        number(j, section, id, f->name, value, -1, (double)j->p->n_groups - 1);
        break;
    case FIELD_COMMUNITY:
        number(j, section, id, f->name, value, -1, (double)j->p->n_communities - 1);
        break;
    default:
        number(j, section, id, f->name, value, f->low, f->high);
        break;
    }
}

static void judge_field(struct judge *j, const struct plan_field *f, const char *section, const void *item)
{
    const void *at = (const char *)item + f->offset;
    const char *id = item; // every asset's struct begins with it
    switch (f->type) {
    case FIELD_ID:
        id_text(j, section, at);
        break;
    case FIELD_BOOL:
    case FIELD_TIER_BOOLS:
        break;
    case FIELD_NUMBER:
        number(j, section, id, f->name, *(const double *)at, f->low, f->high);
        break;
    case FIELD_SERIES:
        numbers(j, section, id, f->name, *(double *const *)at, j->p->n_steps, f->low, f->high);
        break;
    case FIELD_TIER_NUMBERS:
        for (int tier = 0; tier < TIER_COUNT; tier++)
            number(j, section, id, f->name, ((const double *)at)[tier], f->low, f->high);
        break;
    case FIELD_CURVE:
        judge_curve(j, section, id, f->name, at);
        break;
    case FIELD_SESSIONS:
        judge_sessions(j, section, item);
        break;
    default:
        judge_reference(j, f, section, id, *(const int *)at);
        break;
    }
}

static void judge_members(struct judge *j)
{
    for (size_t i = 0; i < PLAN_SECTIONS; i++) {
        const struct plan_section *s = &plan_sections[i];
        for (size_t n = 0; n < plan_section_count(j->p, s) && !j->refused; n++)
            for (const struct plan_field *f = s->fields; f->name && !j->refused; f++)
                judge_field(j, f, s->name, plan_section_item(j->p, s, n));
    }
}

// ---- what must fit each other ---------------------------------------------------------------------------------------

static void judge_steps(struct judge *j)
{
    const struct plan_problem *p = j->p;
    id_text(j, "area", p->area);
    if (p->n_steps < 1 || p->n_steps > PLAN_MAX_STEPS || !p->start_utc_ms || !p->hours || p->n_buses < 1 ||
        p->n_buses > SITE_MAX_BUSES) {
        refuse(j, "n_steps", "", "", "no steps or buses, or too many");
        return;
    }
    number(j, "co2_price_per_kg", "", "", p->co2_price_per_kg, 0, 1e6);
    number(j, "shared_s", "", "", p->shared_s, 0, 1e9);
    numbers(j, "hours", "", "", p->hours, p->n_steps, 1e-4, 48);
    numbers(j, "area_import_limit_w", "", "", p->area_import_limit_w, p->n_steps, 0, PLAN_NO_LIMIT_W);
    numbers(j, "area_export_limit_w", "", "", p->area_export_limit_w, p->n_steps, 0, PLAN_NO_LIMIT_W);
    number(j, "least_frac", "", "", p->least_frac, 0, 1);
    numbers(j, "lifelines_only", "", "", p->lifelines_only, p->n_steps, 0, 1);
    for (size_t k = 0; k < p->n_steps && !j->refused; k++) {
        number(j, "start_utc_ms", "", "", (double)p->start_utc_ms[k], 0, LATEST_MS);
        if (k > 0 && fabs((double)(p->start_utc_ms[k] - p->start_utc_ms[k - 1]) / 3.6e6 - p->hours[k - 1]) > 1e-6)
            refuse(j, "hours", "", "", "a step does not end where the next begins");
    }
    for (size_t b = 0; b < p->n_buses; b++) {
        id_text(j, "buses", p->bus_ids[b]);
        number(j, "buses", "", "carrier", p->carriers[b], 0, CARRIER_COUNT - 1);
    }
}

static void judge_grid(struct judge *j, const struct plan_grid *g)
{
    if (g->demand_window_s > 0 && g->demand_window_s < 60)
        refuse(j, "grids", g->id, "demand_window_s", "shorter than a minute");
    for (size_t k = 0; k < j->p->n_steps; k++)
        if (g->available[k] > 0 && g->available[k] < 1)
            refuse(j, "grids", g->id, "available", "neither 0 nor 1");
}

// Falling (charging) or rising (discharging), and never steeper where the power is higher than before.
static void judge_shape(struct judge *j, const char *id, const char *name, const struct plan_curve *c, bool falls)
{
    double before = falls ? 0 : HUGE_VAL;
    for (int i = 1; i < c->n; i++) {
        double slope = (c->power_w[i] - c->power_w[i - 1]) / (c->energy_wh[i] - c->energy_wh[i - 1]);
        if (falls ? slope > 0 : slope < 0)
            refuse(j, "batteries", id, name, falls ? "does not fall with energy" : "does not rise with energy");
        if (slope > before + 1e-9 * (1 + fabs(before)))
            refuse(j, "batteries", id, name, "not concave");
        before = slope;
    }
}

static void judge_curves(struct judge *j, const struct plan_battery *b)
{
    const struct plan_curve *in = &b->charge_curve, *out = &b->discharge_curve;
    judge_shape(j, b->id, "charge_curve", in, true);
    judge_shape(j, b->id, "discharge_curve", out, false);
    if (in->n > 1 && in->energy_wh[in->n - 1] < b->max_wh - 1)
        refuse(j, "batteries", b->id, "charge_curve", "ends below max_wh");
    if (out->n > 1 && out->energy_wh[0] > b->min_wh + 1)
        refuse(j, "batteries", b->id, "discharge_curve", "begins above min_wh");
}

static void judge_battery(struct judge *j, const struct plan_battery *b)
{
    judge_curves(j, b);
    if (b > j->p->batteries && b->kind < b[-1].kind)
        refuse(j, "batteries", b->id, "kind", "a battery after a store");
    number(j, "batteries", b->id, "max_wh", b->max_wh, b->min_wh, LARGEST_WH);
    number(j, "batteries", b->id, "reserve_wh", b->reserve_wh, 0, b->max_wh);
    for (size_t k = 0; k < j->p->n_steps && !j->refused; k++)
        if (b->self_discharge_per_h * j->p->hours[k] > 1)
            refuse(j, "batteries", b->id, "self_discharge_per_h", "loses more than everything within a step");
}

static void judge_flexible(struct judge *j, const struct plan_flexible *f)
{
    if (f > j->p->flexibles && f->kind < f[-1].kind)
        refuse(j, "flexibles", f->id, "kind", "a charger after a flexible load");
    number(j, "flexibles", f->id, "min_charge_w", f->min_charge_w, 0, f->max_charge_w);
}

static void judge_load(struct judge *j, const struct plan_load *l)
{
    double sum = 0;
    for (int tier = 0; tier < TIER_COUNT; tier++)
        sum += l->tier_share[tier];
    number(j, "loads", l->id, "tier_share (sum)", sum, 1 - 1e-6, 1 + 1e-6);
}

static void judge_link(struct judge *j, const char *section, const char *id, int from, int to)
{
    if (from == to)
        refuse(j, section, id, "to", "the bus it comes from");
}

static void judge_relations(struct judge *j)
{
    const struct plan_problem *p = j->p;
    for (size_t i = 0; i < p->n_grids && !j->refused; i++)
        judge_grid(j, &p->grids[i]);
    for (size_t i = 0; i < p->n_batteries && !j->refused; i++)
        judge_battery(j, &p->batteries[i]);
    for (size_t i = 0; i < p->n_groups && !j->refused; i++) // groups come in order, so that none hangs behind itself
        number(j, "groups", p->groups[i].id, "within", p->groups[i].within, -1, (double)i - 1);
    for (size_t i = 0; i < p->n_flexibles && !j->refused; i++)
        judge_flexible(j, &p->flexibles[i]);
    for (size_t i = 0; i < p->n_loads && !j->refused; i++)
        judge_load(j, &p->loads[i]);
    for (size_t i = 0; i < p->n_converters && !j->refused; i++)
        judge_link(j, "converters", p->converters[i].id, p->converters[i].from, p->converters[i].to);
    for (size_t i = 0; i < p->n_ties && !j->refused; i++)
        judge_link(j, "ties", p->ties[i].id, p->ties[i].from, p->ties[i].to);
}

static void judge_scenarios(struct judge *j)
{
    const struct plan_problem *p = j->p;
    number(j, "scenarios", "", "", (double)p->n_scenarios, 0, PLAN_MAX_SCENARIOS - 1);
    for (size_t i = 0; i < p->n_scenarios && !j->refused; i++) {
        number(j, "scenarios", "", "weight", p->scenarios[i].weight, 0, 1);
        for (size_t c = 0; c < PLAN_COURSES; c++)
            numbers(j, "scenarios", "", plan_courses[c].name, *plan_course_at(&p->scenarios[i], &plan_courses[c]),
                    plan_course_assets(p, &plan_courses[c]) * p->n_steps, plan_courses[c].low, plan_courses[c].high);
    }
    number(j, "scenarios", "", "weight (of the expected course)", plan_problem_expected_weight(p), SMALLEST_WEIGHT, 1);
}

int plan_problem_check(const struct plan_problem *p, char *ret_why, size_t size)
{
    struct judge j = {.p = p, .why = ret_why, .size = size};
    judge_steps(&j);
    if (!j.refused)
        judge_members(&j);
    if (!j.refused)
        judge_relations(&j);
    if (!j.refused)
        judge_scenarios(&j);
    return j.refused ? AEMS_E_RANGE : 0;
}
