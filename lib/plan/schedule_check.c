// SPDX-License-Identifier: GPL-3.0-or-later
// The judgement of an answer before it is used: a wrong model, a wrong solver and a damaged message are all found here.
#include "plan/schedule_check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"
#include "plan/assets.h"

void judge_refuse(struct judge *j, const char *format, ...)
{
    if (j->refused)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(j->why, j->size, format, arguments);
    va_end(arguments);
    j->refused = true;
}

double judge_near_w(double scale)
{
    return JUDGE_NEAR_W + JUDGE_NEAR_SHARE * fabs(scale);
}

void judge_flow(struct judge *j, int bus, size_t k, double power_w)
{
    size_t i = (size_t)bus * j->p->n_steps + k;
    j->surplus_w[i] += power_w;
    j->moved_w[i] += fabs(power_w);
}

void judge_pay(struct judge *j, double amount)
{
    j->money += amount;
    j->money_moved += fabs(amount);
}

void judge_emit(struct judge *j, double kg)
{
    j->co2_kg += kg;
}

void judge_miss(struct judge *j, enum objective_tier tier, double power_w, size_t k)
{
    if (power_w > 0)
        j->missed_kwh[tier] += power_w * j->p->hours[k] / 1000;
}

static void judge_assets(struct judge *j)
{
    static void (*const judge[ASSET_KIND_COUNT])(struct judge *, size_t, const struct schedule_asset *) = {
        [ASSET_GRID] = judge_grid,           [ASSET_PV] = judge_pv,
        [ASSET_BATTERY] = judge_battery,     [ASSET_STORE] = judge_battery,
        [ASSET_CHARGER] = judge_flexible,    [ASSET_FLEXIBLE] = judge_flexible,
        [ASSET_LOAD] = judge_load,           [ASSET_GENERATOR] = judge_generator,
        [ASSET_CONVERTER] = judge_converter, [ASSET_TIE] = judge_tie};
    for (size_t n = 0; n < j->s->n_assets && !j->refused; n++) {
        struct plan_asset asset = plan_asset_at(j->p, n);
        judge[asset.kind](j, asset.index, &j->s->assets[n]);
    }
}

// In a crowd of assets the crumbs that each of them lost add up.
static void judge_balances(struct judge *j)
{
    double crumbs_w = JUDGE_CRUMB_W * (double)j->s->n_assets;
    for (size_t b = 0; b < j->p->n_buses; b++)
        for (size_t k = 0; k < j->p->n_steps && !j->refused; k++) {
            size_t i = b * j->p->n_steps + k;
            if (fabs(j->surplus_w[i]) > judge_near_w(j->moved_w[i]) + crumbs_w)
                judge_refuse(j, "bus %.47s: %.1f W too much in step %zu", j->p->bus_ids[b], j->surplus_w[i], k);
        }
}

// What could not be kept must be what the answer admits, no less and no more.
static void judge_objective(struct judge *j)
{
    static const char *const names[OBJECTIVE_MONEY] = {"lifelines", "limits", "reserve", "comfort"};
    for (int tier = 0; tier < OBJECTIVE_MONEY; tier++) {
        double found = j->missed_kwh[tier], claimed = j->s->objective[tier];
        if (fabs(found - claimed) > 5e-3 + 1e-5 * found)
            judge_refuse(j, "%s: misses %.3f kWh, admitted are %.3f", names[tier], found, claimed);
    }
    if (fabs(j->money - j->s->objective[OBJECTIVE_MONEY]) > 1e-5 * (1 + j->money_moved))
        judge_refuse(j, "costs %.6g, claimed are %.6g", j->money, j->s->objective[OBJECTIVE_MONEY]);
    if (!in_range(j->s->co2_kg - j->co2_kg, -5e-3 - 1e-5 * j->co2_kg, 5e-3 + 1e-5 * j->co2_kg))
        judge_refuse(j, "emits %.6g kg CO2, claimed are %.6g", j->co2_kg, j->s->co2_kg);
    double price = j->p->co2_price_per_kg;
    if (!in_range(j->s->co2_price_per_kg, price * (1 - 1e-9), j->p->co2_first ? 2e6 : price * (1 + 1e-9)))
        judge_refuse(j, "CO2 at %.6g/kg, configured are %.6g", j->s->co2_price_per_kg, price);
}

int schedule_check(const struct schedule *s, const struct plan_problem *p, char *ret_why, size_t size)
{
    struct judge j = {.s = s, .p = p, .why = ret_why, .size = size};
    judge_form(&j);
    if (j.refused)
        return AEMS_E_REFUSED;
    j.surplus_w = calloc(p->n_buses * p->n_steps, sizeof(double));
    j.moved_w = calloc(p->n_buses * p->n_steps, sizeof(double));
    if (!j.surplus_w || !j.moved_w)
        judge_refuse(&j, "no memory to judge it");
    if (!j.refused)
        judge_assets(&j);
    if (!j.refused)
        judge_offers(&j);
    if (!j.refused)
        judge_groups(&j);
    if (!j.refused)
        judge_area(&j);
    if (!j.refused)
        judge_communities(&j);
    if (!j.refused)
        judge_balances(&j);
    if (!j.refused)
        judge_objective(&j);
    free(j.surplus_w);
    free(j.moved_w);
    return j.refused ? AEMS_E_REFUSED : 0;
}
