// SPDX-License-Identifier: GPL-3.0-or-later
// The form of an answer, before its numbers are believed.
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "plan/assets.h"
#include "plan/schedule_check.h"

// Legal prices of 1e6 pass through efficiencies and coefficients of a hundredth, and sums over 1e7 kW.
static const double LARGEST_W = 1e11, LARGEST_WH = 1e13, LARGEST_PRICE = 1e10, LARGEST_SUM = 1e20;

static void judge_numbers(struct judge *j, const char *id, const char *name, const double *values, size_t count,
                          double largest)
{
    if (!values)
        judge_refuse(j, "%.47s: no %s", id, name);
    for (size_t i = 0; i < count && !j->refused; i++)
        if (!in_range(values[i], -largest, largest))
            judge_refuse(j, "%.47s: %s[%zu] is %g", id, name, i, values[i]);
}

static void judge_series(struct judge *j, const struct schedule_asset *a)
{
    size_t n = j->s->n_steps;
    judge_numbers(j, a->id, "power_w", a->power_w, n, LARGEST_W);
    if (a->kind >= ASSET_BATTERY && a->kind <= ASSET_FLEXIBLE) {
        judge_numbers(j, a->id, "energy_wh", a->energy_wh, n, LARGEST_WH);
        judge_numbers(j, a->id, "energy_value_per_kwh", a->energy_value_per_kwh, n, LARGEST_PRICE);
    }
    if (a->kind == ASSET_LOAD)
        judge_numbers(j, a->id, "shed_w", a->shed_w, n * TIER_COUNT, LARGEST_W);
    if (a->kind == ASSET_GENERATOR || a->kind == ASSET_CONVERTER)
        judge_numbers(j, a->id, "heat_w", a->heat_w, n, LARGEST_W);
    judge_numbers(j, a->id, "missed_wh", &a->missed_wh, 1, LARGEST_WH);
}

static void judge_reasons(struct judge *j, const struct schedule_asset *a)
{
    if (!a->reasons)
        judge_refuse(j, "%.47s: no reasons", a->id);
    for (size_t k = 0; k < j->s->n_steps && !j->refused; k++) {
        const struct reason *r = &a->reasons[k];
        if ((unsigned)r->kind >= REASON_KIND_COUNT || !memchr(r->asset, '\0', SITE_ID_MAX) ||
            !(isnan(r->price_per_kwh) || in_range(r->price_per_kwh, -LARGEST_PRICE, LARGEST_PRICE)))
            judge_refuse(j, "%.47s: reason %zu is none", a->id, k);
    }
}

static void judge_identity(struct judge *j, size_t number)
{
    struct plan_asset expected = plan_asset_at(j->p, number);
    const struct schedule_asset *a = &j->s->assets[number];
    if (a->kind != expected.kind || strncmp(a->id, expected.id, SITE_ID_MAX) != 0)
        judge_refuse(j, "%.47s stands where %.47s belongs", a->id, expected.id);
}

void judge_form(struct judge *j)
{
    const struct schedule *s = j->s;
    const struct plan_problem *p = j->p;
    if (s->n_steps != p->n_steps || s->n_buses != p->n_buses || s->n_grids != p->n_grids ||
        s->n_communities != p->n_communities || s->n_offers != p->n_offers || s->n_assets != plan_assets(p) ||
        !s->start_utc_ms || !s->hours || !s->assets)
        judge_refuse(j, "sizes differ from the problem's");
    else if (s->made_utc_ms != p->made_utc_ms)
        judge_refuse(j, "the answer to another problem");
    if (!memchr(s->status, '\0', sizeof(s->status)) || strcmp(s->status, "optimal") != 0)
        judge_refuse(j, "not optimal");
    if (!in_range(s->gap, 0, 1e-5) || s->iterations < 0 || s->solves < 1 || !in_range(s->solve_ms, 0, 1e9) ||
        !in_range(s->lp_objective, -LARGEST_SUM, LARGEST_SUM))
        judge_refuse(j, "without a certificate");
    if (j->refused)
        return;
    judge_numbers(j, "steps", "hours", s->hours, s->n_steps, 100);
    judge_numbers(j, "buses", "price_per_kwh", s->price_per_kwh, s->n_buses * s->n_steps, LARGEST_PRICE);
    judge_numbers(j, "communities", "price_per_kwh", s->community_price_per_kwh, s->n_communities * s->n_steps,
                  LARGEST_PRICE);
    judge_numbers(j, "offers", "offer_w", s->offer_w, s->n_offers * s->n_steps, LARGEST_W);
    judge_numbers(j, "grids", "peak_w", s->peak_w, s->n_grids, LARGEST_W);
    judge_numbers(j, "objective", "kWh", s->objective, OBJECTIVE_MONEY, LARGEST_SUM);
    judge_numbers(j, "objective", "money", &s->objective[OBJECTIVE_MONEY], 1, LARGEST_SUM);
    for (size_t k = 0; k < s->n_steps && !j->refused; k++)
        if (s->start_utc_ms[k] != p->start_utc_ms[k] || fabs(s->hours[k] - p->hours[k]) > 1e-9)
            judge_refuse(j, "step %zu differs from the problem's", k);
    for (size_t i = 0; i < s->n_offers && !j->refused; i++)
        if (strncmp(s->offer_ids[i], p->offers[i].id, SITE_ID_MAX) != 0)
            judge_refuse(j, "%.47s is asked where %.47s should be", s->offer_ids[i], p->offers[i].id);
    for (size_t i = 0; i < s->n_assets && !j->refused; i++) {
        judge_identity(j, i);
        judge_series(j, &s->assets[i]);
        judge_reasons(j, &s->assets[i]);
    }
}
