// SPDX-License-Identifier: GPL-3.0-or-later
// Answers about storages and flexibles that were changed on the way: the check notices, from powers alone.
#include "base/error.h"
#include "plan_fixture.h"

// A depot behind two breakers, one vehicle that feeds back, one that cannot be told anything, a flexible load, a
// battery with a curve and a store of heat, all of them moving.
static struct plan_problem *depot(void)
{
    struct plan_problem *p = fixture((struct plan_sizes){
        .n_steps = 4, .n_buses = 2, .n_grids = 2, .n_batteries = 2, .n_groups = 2, .n_flexibles = 5, .n_loads = 2});
    FILL(p->grids[0].import_price_per_kwh, 10, 12, 40, 35);
    FILL(p->grids[1].import_price_per_kwh, 10, 20, 40, 40);
    p->grids[1].bus = p->loads[1].bus = p->batteries[1].bus = 1;
    p->carriers[1] = CARRIER_HEAT;
    FILL_KW(p->loads[0].demand_w, 5, 5, 30, 30);
    FILL_KW(p->loads[1].demand_w, 4, 4, 4, 4);
    p->batteries[0].energy_wh = 5e3;
    p->batteries[0].charge_curve = (struct plan_curve){2, {5e3, 10e3}, {10e3, 1e3}};
    p->batteries[1].kind = ASSET_STORE;
    p->batteries[1].self_discharge_per_h = 0.05;
    p->groups[0].limit_w = 16e3;
    p->groups[1].limit_w = 9e3;
    p->groups[1].within = 0;
    for (int i = 0; i < 3; i++) {
        p->flexibles[i].group = i < 2 ? 1 : 0;
        p->flexibles[i].charge_efficiency = p->flexibles[i].discharge_efficiency = 0.95;
        fixture_session(&p->flexibles[i], 0, 4, 26);
    }
    p->flexibles[1].priority = TIER_LIFELINE;
    p->flexibles[2].max_discharge_w = 8e3;
    p->flexibles[2].wear_per_kwh = 2;
    p->flexibles[2].sessions[0].wanted_wh = 10e3; // has it already: it trades
    p->flexibles[3].available = false;
    p->flexibles[3].held_power_w = -3e3;
    fixture_session(&p->flexibles[3], 0, 2.5, 80); // misses much of it
    p->flexibles[4].kind = ASSET_FLEXIBLE;
    fixture_session(&p->flexibles[4], 1, 3, 15);
    return p;
}

static void expect_refused(const struct schedule *s, const struct plan_problem *p, const char *what)
{
    char why[256] = "";
    ck_assert_msg(schedule_check(s, p, why, sizeof(why)) == AEMS_E_REFUSED, "%s was not noticed", what);
    ck_assert_msg(why[0] != '\0', "%s was refused without a word", what);
}

static int tamper(struct schedule *s, const struct plan_problem *p, double *place, const char *what)
{
    const double changes[] = {300, -300, 1e6, NAN};
    double before = *place;
    for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
        *place = before + changes[i];
        expect_refused(s, p, what);
    }
    *place = before;
    return (int)(sizeof(changes) / sizeof(*changes));
}

START_TEST(every_changed_power_energy_and_miss_is_refused)
{
    struct plan_problem *p = depot();
    struct schedule *s = solved(p);
    int tampered = 0;
    for (size_t i = 0; i < s->n_assets; i++) {
        struct schedule_asset *a = &s->assets[i];
        for (size_t k = 0; a->energy_wh && k < s->n_steps; k++) {
            tampered += tamper(s, p, &a->power_w[k], a->id);
            tampered += tamper(s, p, &a->energy_wh[k], a->id);
        }
        if (a->kind == ASSET_CHARGER || a->kind == ASSET_FLEXIBLE)
            tampered += tamper(s, p, &a->missed_wh, a->id);
    }
    ck_assert_int_ge(tampered, 200);
    done(p, s);
}
END_TEST

// Power moves from one vehicle to another in one step, with the energies that follow from it: balance, costs and
// integration all agree.
static void swap(struct schedule *s, const char *from, const char *to, size_t k, double power_w)
{
    double *less = schedule_find(s, from)->power_w, *more = schedule_find(s, to)->power_w;
    less[k] += power_w;
    more[k] -= power_w;
    for (size_t j = k; j < s->n_steps; j++) {
        schedule_find(s, from)->energy_wh[j] -= 0.95 * power_w;
        schedule_find(s, to)->energy_wh[j] += 0.95 * power_w;
    }
}

START_TEST(energy_that_goes_to_another_vehicle_is_noticed)
{
    struct plan_problem *p = depot();
    struct schedule *s = solved(p);
    size_t k = power_kw(s, "f0", 0) < -1 ? 0 : 1;
    ck_assert_double_lt(power_kw(s, "f0", k), -1);
    swap(s, "f0", "f1", k, 900);
    expect_refused(s, p, "a vehicle that misses what it wants");
    s->assets[4].missed_wh += 855; // f0: after two grids and two storages
    expect_refused(s, p, "a miss that the tier does not count");
    s->objective[OBJECTIVE_COMFORT] += 0.855;
    char why[256] = "";
    ck_assert_msg(schedule_check(s, p, why, sizeof(why)) == 0, "%s", why); // admitted throughout: another answer
    done(p, s);
}
END_TEST

START_TEST(an_answer_to_another_depot_is_refused)
{
    struct plan_problem *p = depot();
    struct schedule *s = solved(p);
    char why[256] = "";
#define REFUSED_WITH(member, value)                                                                                    \
    do {                                                                                                               \
        __typeof__(p->member) before_ = p->member;                                                                     \
        p->member = (value);                                                                                           \
        expect_refused(s, p, #member);                                                                                 \
        p->member = before_;                                                                                           \
        ck_assert_msg(schedule_check(s, p, why, sizeof(why)) == 0, "%s", why);                                         \
    } while (0)
    REFUSED_WITH(groups[0].limit_w, 5e3);
    REFUSED_WITH(groups[1].limit_w, 5e3);
    REFUSED_WITH(flexibles[0].sessions[0].wanted_wh, 40e3);
    REFUSED_WITH(flexibles[0].sessions[0].energy_wh, 11e3);
    REFUSED_WITH(flexibles[0].sessions[0].max_wh, 20e3);
    REFUSED_WITH(flexibles[0].sessions[0].from_utc_ms, FIXTURE_START_MS + INT64_C(7200000));
    REFUSED_WITH(flexibles[0].max_charge_w, 2e3);
    REFUSED_WITH(flexibles[0].charge_efficiency, 0.9);
    REFUSED_WITH(flexibles[2].max_discharge_w, 0);
    REFUSED_WITH(flexibles[2].wear_per_kwh, 3);
    REFUSED_WITH(flexibles[2].sessions[0].min_wh, 40e3);
    REFUSED_WITH(flexibles[3].held_power_w, -2e3);
    REFUSED_WITH(flexibles[3].priority, TIER_LIFELINE);
    REFUSED_WITH(batteries[0].charge_curve.power_w[0], 2e3);
    REFUSED_WITH(batteries[1].self_discharge_per_h, 0.2);
    REFUSED_WITH(batteries[1].kind, ASSET_BATTERY);
    done(p, s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan tampered");
    TCase *tc = tcase_create("tampered");
    tcase_add_test(tc, every_changed_power_energy_and_miss_is_refused);
    tcase_add_test(tc, energy_that_goes_to_another_vehicle_is_noticed);
    tcase_add_test(tc, an_answer_to_another_depot_is_refused);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
