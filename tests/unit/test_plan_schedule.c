// SPDX-License-Identifier: GPL-3.0-or-later
// The schedule: its check against tampering, its JSON, its questions and its words.
#include "base/error.h"
#include "plan_fixture.h"

// Two buses, one asset of each kind or two, and enough trade that everything moves.
static struct plan_problem *busy_area(void)
{
    struct plan_problem *p = fixture((struct plan_sizes){.n_steps = 4,
                                                         .n_buses = 2,
                                                         .n_grids = 2,
                                                         .n_pvs = 1,
                                                         .n_batteries = 2,
                                                         .n_loads = 2,
                                                         .n_generators = 1,
                                                         .n_ties = 1});
    FILL(p->grids[0].import_price_per_kwh, 10, 15, 40, 35);
    FILL(p->grids[1].import_price_per_kwh, 20, 25, 50, 45);
    FILL(p->grids[1].export_price_per_kwh, 5, 5, 5, 5);
    p->grids[0].demand_charge_per_kw = 20;
    p->grids[0].demand_window_s = 1800;
    p->grids[1].bus = p->loads[1].bus = p->batteries[1].bus = 1;
    FILL_KW(p->pvs[0].available_w, 0, 12, 8, 0);
    FILL_KW(p->loads[0].demand_w, 10, 12, 20, 18);
    FILL_KW(p->loads[1].demand_w, 11, 13, 9, 140);
    fixture_tiers(&p->loads[1]); // 140 kW do not fit: some is shed
    for (int i = 0; i < 2; i++) {
        p->batteries[i].charge_efficiency = p->batteries[i].discharge_efficiency = 0.95;
        p->batteries[i].energy_wh = 4e3;
        p->batteries[i].reserve_wh = 2e3;
        p->batteries[i].end_value_per_kwh = 12;
        p->batteries[i].wear_per_kwh = 1;
    }
    p->generators[0].max_power_w = 5e3;
    p->generators[0].fuel_cost_per_kwh = 30;
    p->ties[0].limit_w = 10e3;
    p->ties[0].loss_frac = 0.03;
    return p;
}

static void expect_refused(const struct schedule *s, const struct plan_problem *p, const char *what)
{
    char why[256] = "";
    ck_assert_msg(schedule_check(s, p, why, sizeof(why)) == AEMS_E_REFUSED, "%s was not noticed", what);
    ck_assert_msg(why[0] != '\0', "%s was refused without a word", what);
}

// ---- tampering ------------------------------------------------------------------------------------------------------

static int tamper_value(struct schedule *s, const struct plan_problem *p, double *place, const char *what)
{
    const double changes[] = {500, -500, 1e6, NAN, INFINITY};
    double before = *place;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        *place = before + changes[i];
        expect_refused(s, p, what);
    }
    *place = before;
    return (int)(sizeof(changes) / sizeof(changes[0]));
}

START_TEST(every_changed_power_energy_and_amount_is_refused)
{
    struct plan_problem *p = busy_area();
    struct schedule *s = solved(p);
    char what[128], why[256];
    int tampered = 0;
    for (size_t i = 0; i < s->n_assets; i++)
        for (size_t k = 0; k < s->n_steps; k++) {
            struct schedule_asset *a = &s->assets[i];
            snprintf(what, sizeof(what), "power of %s in step %zu", a->id, k);
            tampered += tamper_value(s, p, &a->power_w[k], what);
            snprintf(what, sizeof(what), "energy of %s in step %zu", a->id, k);
            tampered += a->energy_wh ? tamper_value(s, p, &a->energy_wh[k], what) : 0;
            snprintf(what, sizeof(what), "shed of %s in step %zu", a->id, k);
            tampered += a->shed_w ? tamper_value(s, p, &a->shed_w[k * TIER_COUNT + TIER_ORDINARY], what) : 0;
        }
    for (int tier = 0; tier < OBJECTIVE_COUNT; tier++) {
        snprintf(what, sizeof(what), "amount of tier %d", tier);
        tampered += tamper_value(s, p, &s->objective[tier], what);
    }
    for (size_t i = 0; i < s->n_grids; i++)
        tampered += tamper_value(s, p, &s->peak_w[i], "a peak");
    ck_assert_int_ge(tampered, 100);
    ck_assert_msg(schedule_check(s, p, why, sizeof(why)) == 0, "%s", why);
    done(p, s);
}
END_TEST

// Two changes that keep the balance: only the limits, the store or the costs can tell.
START_TEST(changes_that_keep_the_balance_are_refused_as_well)
{
    struct plan_problem *p = busy_area();
    struct schedule *s = solved(p);
    double *grid = schedule_find(s, "g0")->power_w, *battery = schedule_find(s, "s0")->power_w;
    double *other = schedule_find(s, "s1")->power_w, *sun = schedule_find(s, "v0")->power_w;
    grid[0] += 700;
    battery[0] -= 700;
    expect_refused(s, p, "charging that was not integrated");
    grid[0] -= 700;
    battery[0] += 700;
    grid[1] += 5000;
    sun[1] -= 5000;
    expect_refused(s, p, "sun replaced by import at the old cost");
    grid[1] -= 5000;
    sun[1] += 5000;
    grid[1] -= 5000;
    sun[1] += 5000;
    expect_refused(s, p, "more sun than there is");
    grid[1] += 5000;
    sun[1] -= 5000;
    other[2] += 0.5; // within the tolerance of a balance
    char why[256];
    ck_assert_msg(schedule_check(s, p, why, sizeof(why)) == 0, "%s", why);
    done(p, s);
}
END_TEST

START_TEST(an_answer_to_another_question_is_refused)
{
    struct plan_problem *p = busy_area();
    struct schedule *s = solved(p);
    p->made_utc_ms++;
    expect_refused(s, p, "another time");
    p->made_utc_ms--;
    p->start_utc_ms[2]++;
    expect_refused(s, p, "another step");
    p->start_utc_ms[2]--;
    p->loads[0].demand_w[3] += 100;
    expect_refused(s, p, "another forecast");
    p->loads[0].demand_w[3] -= 100;
    p->batteries[0].energy_wh += 100;
    expect_refused(s, p, "another start");
    p->batteries[0].energy_wh -= 100;
    p->ties[0].limit_w = 1e3;
    expect_refused(s, p, "another tie limit");
    p->ties[0].limit_w = 10e3;
    fixture_outage(&p->grids[0], 2, 3);
    expect_refused(s, p, "an outage");
    p->grids[0].available[2] = 1;
    p->n_ties--;
    expect_refused(s, p, "fewer assets");
    p->n_ties++;
    p->n_steps--;
    expect_refused(s, p, "fewer steps");
    p->n_steps++;
    strcpy(p->pvs[0].id, "v9");
    expect_refused(s, p, "another name");
    done(p, s);
}
END_TEST

START_TEST(an_answer_that_is_out_of_form_is_refused)
{
    struct plan_problem *p = busy_area();
    struct schedule *s = solved(p);
    struct schedule_asset *battery = &s->assets[3];
    struct schedule_asset swap = s->assets[0];
    s->assets[0] = s->assets[1];
    s->assets[1] = swap;
    expect_refused(s, p, "assets in another order");
    s->assets[1] = s->assets[0];
    s->assets[0] = swap;
    double *energy = battery->energy_wh;
    battery->energy_wh = NULL;
    expect_refused(s, p, "a missing series");
    battery->energy_wh = energy;
    battery->kind = ASSET_LOAD;
    expect_refused(s, p, "another kind");
    battery->kind = ASSET_BATTERY;
    battery->reasons[0].kind = (enum reason_kind)99;
    expect_refused(s, p, "a reason that is none");
    battery->reasons[0].kind = REASON_NONE;
    s->price_per_kwh[0] = NAN;
    expect_refused(s, p, "a price that is no number");
    s->price_per_kwh[0] = 0;
    s->gap = 1e-3;
    expect_refused(s, p, "a gap");
    s->gap = 0;
    strcpy(s->status, "infeasible");
    expect_refused(s, p, "a status");
    done(p, s);
}
END_TEST

// ---- JSON and questions
// -----------------------------------------------------------------------------------------------

START_TEST(a_schedule_comes_back_from_json_with_every_digit)
{
    struct plan_problem *p = busy_area();
    struct schedule *s = solved(p), *again = NULL;
    char *text = NULL, *second = NULL;
    ck_assert_int_eq(schedule_to_json(s, &text), 0);
    ck_assert_int_eq(schedule_from_json(text, strlen(text), &again), 0);
    ck_assert_int_eq(schedule_to_json(again, &second), 0);
    ck_assert_str_eq(text, second);
    ck_assert(again->objective[OBJECTIVE_MONEY] == s->objective[OBJECTIVE_MONEY]);
    ck_assert_ptr_nonnull(strstr(text, "\"t\":\"2026-01-05T08:00:00Z\""));
    schedule_free(again);
    again = NULL;
    for (size_t length = 0; length < strlen(text); length += 11)
        ck_assert_int_eq(schedule_from_json(text, length, &again), AEMS_E_FORMAT);
    free(text);
    free(second);
    done(p, s);
}
END_TEST

START_TEST(an_instant_finds_its_step)
{
    struct plan_problem *p = busy_area();
    struct schedule *s = solved(p);
    ck_assert_int_eq(schedule_step_at(s, FIXTURE_START_MS - 1), -1);
    ck_assert_int_eq(schedule_step_at(s, FIXTURE_START_MS), 0);
    ck_assert_int_eq(schedule_step_at(s, FIXTURE_START_MS + 3599999), 0);
    ck_assert_int_eq(schedule_step_at(s, FIXTURE_START_MS + 3600000), 1);
    ck_assert_int_eq(schedule_step_at(s, FIXTURE_START_MS + 4 * 3600000 - 1), 3);
    ck_assert_int_eq(schedule_step_at(s, FIXTURE_START_MS + 4 * 3600000), -1);
    ck_assert_ptr_null(schedule_find(s, "nobody"));
    done(p, s);
}
END_TEST

// ---- words
// ------------------------------------------------------------------------------------------------------------

static void expect_text(enum asset_kind kind, double power_w, struct reason r, const char *expected)
{
    char text[160];
    reason_text("b1", kind, power_w, &r, text, sizeof(text));
    ck_assert_str_eq(text, expected);
}

START_TEST(reasons_are_sentences)
{
    expect_text(ASSET_BATTERY, -120e3, (struct reason){.kind = REASON_EXPORT_LIMIT, .asset = "pcc"},
                "b1 charges 120 kW: export limit at pcc, 0.00/kWh");
    expect_text(ASSET_BATTERY, 80.5e3, (struct reason){.kind = REASON_PRICE, .price_per_kwh = 38.25},
                "b1 discharges 80.5 kW: price, 38.25/kWh");
    expect_text(ASSET_BATTERY, 0.2, (struct reason){.kind = REASON_FULL, .price_per_kwh = 10},
                "b1 rests: full, 10.00/kWh");
    expect_text(ASSET_GRID, -5e3, (struct reason){.kind = REASON_PRICE}, "b1 exports 5 kW: price, 0.00/kWh");
    expect_text(ASSET_BATTERY, 80e3, (struct reason){.kind = REASON_FORMING, .price_per_kwh = NAN},
                "b1 discharges 80 kW: holds the island, gives and takes what others leave");
    expect_text(ASSET_GENERATOR, 60e3, (struct reason){.kind = REASON_ISLAND_GIVE, .asset = "bat", .price_per_kwh = 40},
                "b1 gives 60 kW: keeps bat within what it can give, 40.00/kWh");
    expect_text(ASSET_PV, 50e3, (struct reason){.kind = REASON_ISLAND_TAKE, .asset = "bat", .price_per_kwh = NAN},
                "b1 gives 50 kW: keeps bat within what it can take");
    expect_text(ASSET_LOAD, -50e3, (struct reason){.kind = REASON_SHORTAGE, .asset = "pcc", .price_per_kwh = NAN},
                "b1 takes 50 kW: shed, supply is short at pcc");
    expect_text(ASSET_BATTERY, 0, (struct reason){.kind = REASON_OUTAGE, .asset = "pcc", .price_per_kwh = NAN},
                "b1 rests: grid away at pcc");
    char small[8];
    reason_text("a-long-name", ASSET_PV, 1e3, &(struct reason){.kind = REASON_SURPLUS}, small, sizeof(small));
    ck_assert_str_eq(small, "a-long-");
    for (int kind = 0; kind < REASON_KIND_COUNT; kind++)
        ck_assert_str_ne(reason_kind_name((enum reason_kind)kind), "unknown");
    ck_assert_str_eq(reason_kind_name((enum reason_kind)99), "unknown");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan schedule");
    TCase *tc = tcase_create("schedule");
    tcase_add_test(tc, every_changed_power_energy_and_amount_is_refused);
    tcase_add_test(tc, changes_that_keep_the_balance_are_refused_as_well);
    tcase_add_test(tc, an_answer_to_another_question_is_refused);
    tcase_add_test(tc, an_answer_that_is_out_of_form_is_refused);
    tcase_add_test(tc, a_schedule_comes_back_from_json_with_every_digit);
    tcase_add_test(tc, an_instant_finds_its_step);
    tcase_add_test(tc, reasons_are_sentences);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
