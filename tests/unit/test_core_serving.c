// SPDX-License-Identifier: GPL-3.0-or-later
// Who is served while an island lives on: the plan's budget, its mean over circuits that are coarse, the order of
// tiers, hysteresis when energy runs low, and what is learned meanwhile.
#include "run_suite.h"
#include "world.h"

static const char SITE[] =
    "area: {id: town, name: Town, timezone: Europe/Berlin, latitude: 52 deg, longitude: 13 deg, currency: EUR}\n"
    "plan: {interval: 5 min, horizon: 24 h, max_age: 15 min}\n"
    "mqtt: {enabled: false}\n"
    "tariffs: {t: {import: [{price: 0.3 /kWh}]}}\n"
    "buses: {main: {}}\n"
    "grids: {grid: {bus: main, import_limit: 1 MW, export_limit: 0 kW, tariff: t}}\n"
    "batteries:\n"
    "  bat: {bus: main, capacity: 2000 kWh, max_charge: 600 kW, max_discharge: 600 kW, soc_min: 10 %, soc_max: 95 %}\n"
    "loads:\n"
    "  hall: {bus: main, shape: flat, average: 400 kW, peak: 500 kW,\n"
    "         tiers: {lifeline: 20 %, important: 20 %, ordinary: 50 %, deferrable: 10 %}}\n"
    "outage: {enabled: true, horizon: 24 h, dwell: 15 min, settle: 20 s}\n"
    "islands: {main: {grid: grid, forming: [bat], headroom: 15 %}}\n"
    "switches:\n"
    "  important: {load: hall, tier: important}\n"
    "  ordinary_1: {load: hall, tier: ordinary, share: 25 %}\n"
    "  ordinary_2: {load: hall, tier: ordinary, share: 25 %}\n"
    "  deferrable: {load: hall, tier: deferrable}\n"
    "modbus: {wire: {tcp: \"127.0.0.1:502\"}}\n"
    "devices:\n"
    "  b: {link: wire, unit: 1, profile: generic-battery, asset: bat, poll: 1 s, control: true, safe_power: 0 kW}\n"
    "  l: {link: wire, unit: 2, profile: generic-meter, asset: hall, poll: 1 s}\n"
    "  s1: {link: wire, unit: 3, profile: generic-switch, switch: important, poll: 1 s, control: true}\n"
    "  s2: {link: wire, unit: 4, profile: generic-switch, switch: ordinary_1, poll: 1 s, control: true}\n"
    "  s3: {link: wire, unit: 5, profile: generic-switch, switch: ordinary_2, poll: 1 s, control: true}\n"
    "  s4: {link: wire, unit: 6, profile: generic-switch, switch: deferrable, poll: 1 s, control: true}\n";

enum { D_BATTERY, D_LOAD, D_SWITCH, D_ALL = D_SWITCH + 4 };
enum { IMPORTANT, ORDINARY_1, ORDINARY_2, DEFERRABLE, CIRCUITS };

static const double SHARE[CIRCUITS] = {0.2, 0.25, 0.25, 0.1};

struct town {
    struct site *site;
    struct engine *engine;
    struct instant now;
    bool closed[CIRCUITS];
    double demand_w, soc;
    double served_wh, wanted_wh; // since it was set to 0
    int switchings, journaled;
    char journal[64][sizeof((struct journal_entry *)0)->cause];
};

static int count(const struct town *t, const char *words)
{
    int n = 0;
    for (int i = 0; i < t->journaled; i++)
        n += strstr(t->journal[i], words) != NULL;
    return n;
}

static double drawn_w(const struct town *t)
{
    double share = 1;
    for (int i = 0; i < CIRCUITS; i++)
        share -= t->closed[i] ? 0 : SHARE[i];
    return t->demand_w * share;
}

static int say(struct town *t, struct event event)
{
    struct action a;
    event.at = t->now;
    int result = engine_consume(t->engine, &event);
    while (engine_produce(t->engine, t->now, &a)) {
        if (a.kind == ACTION_SOLVE)
            plan_problem_free(a.problem);
        if (a.kind == ACTION_JOURNAL && t->journaled < 64)
            strcpy(t->journal[t->journaled++], a.journal.cause);
        if (a.kind != ACTION_WRITE || a.write.device < D_SWITCH)
            continue;
        bool closes = a.write.power_w >= 0.5;
        t->switchings += t->closed[a.write.device - D_SWITCH] != closes;
        t->closed[a.write.device - D_SWITCH] = closes;
    }
    return result;
}

static void read_device(struct town *t, int device)
{
    struct reading r[2] = {{.quantity = QUANTITY_POWER_W, .value = drawn_w(t)},
                           {.quantity = QUANTITY_SOC_FRAC, .value = t->soc}};
    if (device >= D_SWITCH)
        r[0] = (struct reading){.quantity = QUANTITY_CLOSED, .value = t->closed[device - D_SWITCH]};
    say(t, (struct event){.kind = EVENT_READINGS,
                          .readings = {.device = device, .readings = r, .count = device == D_BATTERY ? 2 : 1}});
}

static void pass(struct town *t, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        t->now.utc_ms += 1000;
        t->now.mono_ms += 1000;
        t->demand_w += i % 2 ? 3 : -3; // a living meter is never still
        for (int d = 0; d < D_ALL; d++)
            read_device(t, d);
        say(t, (struct event){.kind = EVENT_TICK});
        t->served_wh += drawn_w(t) / 3600;
        t->wanted_wh += t->demand_w / 3600;
    }
}

// In an island since half a minute.
static struct town town(void)
{
    static const struct engine_device devices[D_ALL] = {
        {.kind = PROFILE_BATTERY, .can_write = true}, {.kind = PROFILE_METER},
        {.kind = PROFILE_SWITCH, .can_write = true},  {.kind = PROFILE_SWITCH, .can_write = true},
        {.kind = PROFILE_SWITCH, .can_write = true},  {.kind = PROFILE_SWITCH, .can_write = true}};
    struct town t = {.site = world_site(SITE), .demand_w = 400e3, .soc = 0.9, .closed = {true, true, true, true}};
    t.now = (struct instant){.utc_ms = INT64_C(1768813200000), .mono_ms = 1000000}; // 2026-01-19T09:00Z
    ck_assert_int_eq(engine_new(t.site, devices, t.now, &t.engine), 0);
    pass(&t, 20);
    say(&t, (struct event){.kind = EVENT_GRID, .grid = {.grid = 0}});
    pass(&t, 30);
    struct island_view v;
    engine_island(t.engine, 0, t.now, &v);
    ck_assert_str_eq(island_state_name(v.state), "islanded");
    return t;
}

static void end(struct town *t)
{
    engine_free(t->engine);
    site_free(t->site);
}

// For a quarter of an hour: this share of the demand is served.
static void give_plan(struct town *t, double frac)
{
    struct schedule *s;
    ck_assert_int_eq(schedule_alloc(3, t->site->n_assets, 1, 1, 0, 0, &s), 0);
    s->made_utc_ms = t->now.utc_ms;
    strcpy(s->status, "optimal");
    for (size_t i = 0; i < t->site->n_assets; i++)
        ck_assert_int_eq(schedule_alloc_asset(s, i, t->site->assets[i].id, t->site->assets[i].kind), 0);
    for (size_t k = 0; k < 3; k++) {
        s->start_utc_ms[k] = t->now.utc_ms / 300000 * 300000 + (int64_t)k * 300000;
        s->hours[k] = 300 / 3600.0;
        s->assets[1].power_w[k] = t->demand_w * frac;
        s->assets[1].energy_wh[k] = t->soc * 1e6;
        s->assets[2].power_w[k] = -t->demand_w * frac;
        s->assets[2].shed_w[k * TIER_COUNT + TIER_ORDINARY] = t->demand_w * (1 - frac);
    }
    ck_assert_int_eq(say(t, (struct event){.kind = EVENT_PLAN, .plan = {.schedule = s}}), 0);
}

static void follow(struct town *t, double frac, int minutes)
{
    for (int i = 0; i < minutes; i += 5) {
        give_plan(t, frac);
        pass(t, 300);
    }
}

START_TEST(the_mean_of_coarse_circuits_meets_the_plans_budget)
{
    struct town t = town();
    follow(&t, 0.55, 60); // circuits make 40, 65 or 90 %
    t.served_wh = t.wanted_wh = 0;
    t.switchings = 0;
    follow(&t, 0.55, 180);
    ck_assert_double_eq_tol(t.served_wh / t.wanted_wh, 0.55, 0.03);
    ck_assert(t.closed[IMPORTANT] && !t.closed[DEFERRABLE]);
    ck_assert_int_le(t.switchings, 16); // a quarter of an hour on or off at least
    ck_assert_int_ge(t.switchings, 2);
    end(&t);
}
END_TEST

START_TEST(a_plan_that_serves_all_brings_all_back_in_their_order)
{
    struct town t = town();
    follow(&t, 0.2, 30);
    for (int i = 0; i < CIRCUITS; i++)
        ck_assert(!t.closed[i]);
    give_plan(&t, 1);
    for (int i = 0; i < 240; i++) {
        pass(&t, 1);
        ck_assert(t.closed[IMPORTANT] || (!t.closed[ORDINARY_1] && !t.closed[ORDINARY_2]));
        ck_assert((t.closed[ORDINARY_1] && t.closed[ORDINARY_2]) || !t.closed[DEFERRABLE]);
    }
    for (int i = 0; i < CIRCUITS; i++)
        ck_assert(t.closed[i]);
    end(&t);
}
END_TEST

START_TEST(when_energy_runs_low_the_next_tier_is_given_up_and_comes_back_only_with_clearly_more)
{
    struct town t = town();
    give_plan(&t, 1);
    pass(&t, 120);
    ck_assert(t.closed[DEFERRABLE]);
    t.soc = 0.15; // some 95 kWh: lifelines last for more than an hour, but not for one and a half
    follow(&t, 1, 5);
    ck_assert(t.closed[IMPORTANT] && t.closed[ORDINARY_1] && t.closed[ORDINARY_2] && !t.closed[DEFERRABLE]);
    t.soc = 0.135;
    follow(&t, 1, 5);
    ck_assert(t.closed[IMPORTANT] && !t.closed[ORDINARY_1] && !t.closed[ORDINARY_2]);
    t.soc = 0.15; // enough again, but not clearly
    t.switchings = 0;
    follow(&t, 1, 20);
    ck_assert(t.closed[IMPORTANT] && !t.closed[ORDINARY_1]);
    ck_assert_int_eq(t.switchings, 0);
    t.soc = 0.2;
    follow(&t, 1, 20);
    ck_assert(t.closed[ORDINARY_1] && t.closed[ORDINARY_2] && !t.closed[DEFERRABLE]);
    t.soc = 0.5;
    follow(&t, 1, 20);
    ck_assert(t.closed[DEFERRABLE]);
    end(&t);
}
END_TEST

START_TEST(nobody_is_given_up_for_a_time_that_nobody_asked_to_be_bridged)
{
    struct town t = town();
    t.site->outage.horizon_s = 30 * 60;
    t.site->outage.beyond_s = 0;
    t.soc = 0.13; // lifelines last for 40 minutes
    follow(&t, 1, 5);
    for (int i = 0; i < CIRCUITS; i++)
        ck_assert(t.closed[i]);
    end(&t);
}
END_TEST

START_TEST(without_a_plan_those_are_served_whom_it_lasts_for_until_the_grid_is_back)
{
    struct town t = town();
    pass(&t, 300); // 1500 kWh for 24 h: not even lifelines alone
    for (int i = 0; i < CIRCUITS; i++)
        ck_assert(!t.closed[i]);
    end(&t);
}
END_TEST

START_TEST(the_journal_has_each_tier_once_however_often_its_circuits_take_turns)
{
    struct town t = town();
    follow(&t, 0.55, 240); // circuits make 40, 65 or 90 %
    ck_assert_int_ge(t.switchings, 6);
    ck_assert_int_eq(count(&t, "deferrable loads are shed"), 1);
    ck_assert_int_ge(count(&t, "ordinary loads are shed"), 1);
    ck_assert_int_le(count(&t, "ordinary loads"), 2); // in part, and wholly
    ck_assert_int_eq(count(&t, "important") + count(&t, "lifeline"), 0);
    end(&t);
}
END_TEST

START_TEST(the_journal_has_it_when_a_tier_is_back_for_good)
{
    struct town t = town();
    follow(&t, 0.2, 30);
    ck_assert_int_eq(count(&t, "important loads are shed"), 1);
    follow(&t, 1, 25);
    ck_assert_int_eq(count(&t, "again"), 0);
    follow(&t, 1, 60);
    ck_assert_int_eq(count(&t, "important loads have been served again for 30 min"), 1);
    ck_assert_int_eq(count(&t, "ordinary loads have been served again for 30 min"), 1);
    follow(&t, 0.9, 30);
    ck_assert_int_eq(count(&t, "deferrable loads are shed"), 2);
    end(&t);
}
END_TEST

START_TEST(what_is_switched_off_is_not_learned_as_habit)
{
    struct town t = town();
    follow(&t, 0.65, 120);
    struct plan_problem *p;
    ck_assert_double_lt(drawn_w(&t), 0.75 * t.demand_w);
    ck_assert_int_eq(engine_make_problem(t.engine, t.now, &p), 0);
    ck_assert_double_eq_tol(p->loads[0].demand_w[0] / t.demand_w, 1, 0.06);
    plan_problem_free(p);
    end(&t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core serving");
    TCase *tc = tcase_create("serving");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_mean_of_coarse_circuits_meets_the_plans_budget);
    tcase_add_test(tc, a_plan_that_serves_all_brings_all_back_in_their_order);
    tcase_add_test(tc, when_energy_runs_low_the_next_tier_is_given_up_and_comes_back_only_with_clearly_more);
    tcase_add_test(tc, nobody_is_given_up_for_a_time_that_nobody_asked_to_be_bridged);
    tcase_add_test(tc, without_a_plan_those_are_served_whom_it_lasts_for_until_the_grid_is_back);
    tcase_add_test(tc, the_journal_has_each_tier_once_however_often_its_circuits_take_turns);
    tcase_add_test(tc, the_journal_has_it_when_a_tier_is_back_for_good);
    tcase_add_test(tc, what_is_switched_off_is_not_learned_as_habit);
    suite_add_tcase(s, tc);
    return run_suite(s);
}
