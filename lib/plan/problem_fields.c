// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/problem_fields.h"

#include <string.h>

#define LARGEST_W     PLAN_NO_LIMIT_W
#define LARGEST_WH    1e12
#define LARGEST_PRICE 1e6
#define LARGEST_CO2   1e3 // kg/kWh
#define LARGEST_COP   50
#define LARGEST_H     1e4

#define AT(member) .offset = offsetof(struct OF, member)
#define NUMBER(member, low_, high_)                                                                                    \
    {                                                                                                                  \
        .name = #member, .type = FIELD_NUMBER, AT(member), .low = low_, .high = high_                                  \
    }
#define SERIES(member, low_, high_)                                                                                    \
    {                                                                                                                  \
        .name = #member, .type = FIELD_SERIES, AT(member), .low = low_, .high = high_                                  \
    }
#define INITIALLY(type_, member, low_, high_, initial_)                                                                \
    {                                                                                                                  \
        .name = #member, .type = type_, AT(member), .low = low_, .high = high_, .initial = initial_                    \
    }
#define PLAIN(type_, member)                                                                                           \
    {                                                                                                                  \
        .name = #member, .type = type_, AT(member)                                                                     \
    }
#define POWER(member)        NUMBER(member, 0, LARGEST_W)
#define SIGNED_POWER(member) NUMBER(member, -LARGEST_W, LARGEST_W)
#define ENERGY(member)       NUMBER(member, 0, LARGEST_WH)
#define COST(member)         NUMBER(member, 0, LARGEST_PRICE)
#define PRICES(member)       SERIES(member, -LARGEST_PRICE, LARGEST_PRICE)
#define EFFICIENCY(member)   NUMBER(member, 0.01, 1)
#define NO_LIMIT(member)     INITIALLY(FIELD_NUMBER, member, 0, LARGEST_W, PLAN_NO_LIMIT_W)
#define NO_LIMITS(member)    INITIALLY(FIELD_SERIES, member, 0, LARGEST_W, PLAN_NO_LIMIT_W)
#define RAMP                 NUMBER(ramp_w_per_s, 0, LARGEST_W)
#define HELD                 INITIALLY(FIELD_BOOL, available, 0, 1, true), SIGNED_POWER(held_power_w)

#define OF plan_grid
static const struct plan_field grid_fields[] = {PLAIN(FIELD_ID, id),
                                                PLAIN(FIELD_BUS, bus),
                                                INITIALLY(FIELD_COMMUNITY, community, 0, 0, -1),
                                                POWER(import_limit_w),
                                                POWER(export_limit_w),
                                                NO_LIMITS(dr_import_limit_w),
                                                NO_LIMITS(dr_export_limit_w),
                                                SERIES(dr_baseline_w, 0, LARGEST_W),
                                                SERIES(dr_incentive_per_kwh, 0, LARGEST_PRICE),
                                                PRICES(import_price_per_kwh),
                                                PRICES(export_price_per_kwh),
                                                SERIES(co2_kg_per_kwh, 0, LARGEST_CO2),
                                                COST(demand_charge_per_kw),
                                                INITIALLY(FIELD_INTEGER, demand_window_s, 0, 86400, 0),
                                                NO_LIMIT(contract_w),
                                                POWER(peak_so_far_w),
                                                ENERGY(window_elapsed_wh),
                                                RAMP,
                                                SIGNED_POWER(power_before_w),
                                                INITIALLY(FIELD_SERIES, available, 0, 1, 1),
                                                {0}};
#undef OF

#define OF plan_community
static const struct plan_field community_fields[] = {
    PLAIN(FIELD_ID, id), PRICES(import_price_per_kwh), PRICES(export_price_per_kwh), {0}};
#undef OF

#define OF plan_pv
static const struct plan_field pv_fields[] = {
    PLAIN(FIELD_ID, id), PLAIN(FIELD_BUS, bus), SERIES(available_w, 0, LARGEST_W), PLAIN(FIELD_BOOL, curtailable), {0}};
#undef OF

#define OF plan_battery
static const struct plan_field battery_fields[] = {
    PLAIN(FIELD_ID, id),
    INITIALLY(FIELD_KIND, kind, ASSET_BATTERY, ASSET_STORE, ASSET_BATTERY),
    PLAIN(FIELD_BUS, bus),
    ENERGY(energy_wh),
    ENERGY(min_wh),
    ENERGY(max_wh),
    ENERGY(reserve_wh),
    INITIALLY(FIELD_SERIES, keeps_reserve, 0, 1, 1),
    SERIES(dr_wanted_wh, 0, LARGEST_WH),
    POWER(max_charge_w),
    POWER(max_discharge_w),
    SERIES(kept_frac, 0, 1),
    PLAIN(FIELD_CURVE, charge_curve),
    PLAIN(FIELD_CURVE, discharge_curve),
    EFFICIENCY(charge_efficiency),
    EFFICIENCY(discharge_efficiency),
    NUMBER(self_discharge_per_h, 0, 0.5),
    COST(wear_per_kwh),
    NUMBER(end_value_per_kwh, -LARGEST_PRICE, LARGEST_PRICE),
    HELD,
    {0}};
#undef OF

#define OF plan_group
static const struct plan_field group_fields[] = {
    PLAIN(FIELD_ID, id), INITIALLY(FIELD_GROUP, within, 0, 0, -1), POWER(limit_w), {0}};
#undef OF

#define OF plan_flexible
static const struct plan_field flexible_fields[] = {
    PLAIN(FIELD_ID, id),
    INITIALLY(FIELD_KIND, kind, ASSET_CHARGER, ASSET_FLEXIBLE, ASSET_CHARGER),
    PLAIN(FIELD_BUS, bus),
    INITIALLY(FIELD_GROUP, group, 0, 0, -1),
    POWER(max_charge_w),
    POWER(max_discharge_w),
    POWER(min_charge_w),
    INITIALLY(FIELD_NUMBER, charge_efficiency, 0.01, 1, 1),
    INITIALLY(FIELD_NUMBER, discharge_efficiency, 0.01, 1, 1),
    COST(wear_per_kwh),
    INITIALLY(FIELD_TIER, priority, 0, TIER_COUNT - 1, TIER_ORDINARY),
    HELD,
    PLAIN(FIELD_SESSIONS, sessions),
    {0}};
#undef OF

#define OF plan_load
static const struct plan_field load_fields[] = {PLAIN(FIELD_ID, id),
                                                PLAIN(FIELD_BUS, bus),
                                                SERIES(demand_w, 0, LARGEST_W),
                                                INITIALLY(FIELD_TIER_NUMBERS, tier_share, 0, 1, 0),
                                                PLAIN(FIELD_TIER_BOOLS, sheddable),
                                                INITIALLY(FIELD_TIER_NUMBERS, shed_cost_per_kwh, 0, LARGEST_PRICE, 0),
                                                {0}};
#undef OF

#define OF plan_generator
static const struct plan_field generator_fields[] = {PLAIN(FIELD_ID, id),
                                                     PLAIN(FIELD_BUS, bus),
                                                     POWER(max_power_w),
                                                     INITIALLY(FIELD_SERIES, allowed, 0, 1, 1),
                                                     POWER(min_power_w),
                                                     COST(fuel_cost_per_kwh),
                                                     NUMBER(co2_kg_per_kwh, 0, LARGEST_CO2),
                                                     NO_LIMIT(fuel_wh),
                                                     RAMP,
                                                     POWER(power_before_w),
                                                     COST(start_cost),
                                                     NUMBER(min_run_h, 0, LARGEST_H),
                                                     NUMBER(has_run_h, 0, LARGEST_H),
                                                     INITIALLY(FIELD_BUS_OR_NONE, heat_bus, 0, 0, -1),
                                                     NUMBER(heat_ratio, 0, LARGEST_COP),
                                                     HELD,
                                                     {0}};
#undef OF

#define OF plan_converter
static const struct plan_field converter_fields[] = {PLAIN(FIELD_ID, id),
                                                     PLAIN(FIELD_BUS, from),
                                                     PLAIN(FIELD_BUS, to),
                                                     POWER(max_power_w),
                                                     POWER(min_power_w),
                                                     INITIALLY(FIELD_SERIES, cop, 0.01, LARGEST_COP, 1),
                                                     HELD,
                                                     {0}};
#undef OF

#define OF plan_tie
static const struct plan_field tie_fields[] = {PLAIN(FIELD_ID, id),
                                               PLAIN(FIELD_BUS, from),
                                               PLAIN(FIELD_BUS, to),
                                               POWER(limit_w),
                                               NUMBER(loss_frac, 0, 0.99),
                                               COST(transfer_price_per_kwh),
                                               HELD,
                                               {0}};
#undef OF

#define OF plan_offer
static const struct plan_field offer_fields[] = {
    PLAIN(FIELD_ID, id), PLAIN(FIELD_BUS, bus), SERIES(available_w, 0, LARGEST_W),
    ENERGY(energy_wh),   COST(price_per_kwh),   {0}};
#undef OF

#define SECTION(name_, struct_)                                                                                        \
    {                                                                                                                  \
        .name = #name_, .array = offsetof(struct plan_problem, name_),                                                 \
        .count = offsetof(struct plan_problem, n_##name_), .size = offsetof(struct plan_sizes, n_##name_),             \
        .stride = sizeof(struct plan_##struct_), .fields = struct_##_fields                                            \
    }

const struct plan_section plan_sections[PLAN_SECTIONS] = {SECTION(grids, grid),
                                                          SECTION(pvs, pv),
                                                          SECTION(batteries, battery),
                                                          SECTION(groups, group),
                                                          SECTION(flexibles, flexible),
                                                          SECTION(loads, load),
                                                          SECTION(generators, generator),
                                                          SECTION(converters, converter),
                                                          SECTION(ties, tie),
                                                          SECTION(communities, community),
                                                          SECTION(offers, offer)};

#define COURSE(member, assets, low_, high_)                                                                            \
    {                                                                                                                  \
        .name = #member, .offset = offsetof(struct plan_scenario, member),                                             \
        .count = offsetof(struct plan_problem, assets), .low = low_, .high = high_                                     \
    }

const struct plan_course plan_courses[PLAN_COURSES] = {
    COURSE(demand_w, n_loads, 0, LARGEST_W),
    COURSE(available_w, n_pvs, 0, LARGEST_W),
    COURSE(import_price_per_kwh, n_grids, -LARGEST_PRICE, LARGEST_PRICE),
    COURSE(export_price_per_kwh, n_grids, -LARGEST_PRICE, LARGEST_PRICE),
    COURSE(community_import_price_per_kwh, n_communities, -LARGEST_PRICE, LARGEST_PRICE),
    COURSE(community_export_price_per_kwh, n_communities, -LARGEST_PRICE, LARGEST_PRICE)};

// Pointers to structs of different types are read as bytes: no two of them alias.
void *plan_section_item(const struct plan_problem *p, const struct plan_section *s, size_t index)
{
    char *array;
    memcpy(&array, (const char *)p + s->array, sizeof(array));
    return array + index * s->stride;
}

double **plan_course_at(struct plan_scenario *s, const struct plan_course *c)
{
    return (double **)((char *)s + c->offset);
}

size_t plan_course_assets(const struct plan_problem *p, const struct plan_course *c)
{
    return *(const size_t *)((const char *)p + c->count);
}
