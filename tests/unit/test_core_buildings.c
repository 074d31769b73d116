// SPDX-License-Identifier: GPL-3.0-or-later
// Buildings that are asked to draw less: what they are told, what they say, and who does not deliver.
#include "base/error.h"
#include "building_town.h"
#include "core/dr.h"
#include "tests/unit/run_suite.h"

static int reply(struct town *t, struct building_reply r)
{
    return area_tell(&t->w, (struct event){.kind = EVENT_REPLY, .reply = r});
}

static double sum_kw(const struct town *t)
{
    double sum_w = 0;
    for (int b = 0; b < BUILDINGS; b++)
        sum_w += town_view(t, b).asked_w;
    return sum_w / 1000;
}

// ---- what they are told ---------------------------------------------------------------------------------------------

START_TEST(a_limit_becomes_signals_whose_reductions_add_up_the_cheapest_first)
{
    struct town t;
    town_start(&t);
    town_run(&t, 60);
    ck_assert_uint_eq(town_view(&t, HALL).n_slots, 0);
    town_limit(&t, 250, 0);
    town_run(&t, 30);
    ck_assert_double_eq_tol(sum_kw(&t), 53, 3.5); // for the courses that draw more as well
    ck_assert_double_eq_tol(town_view(&t, HALL).asked_w, 40e3, 500);
    ck_assert_double_eq_tol(town_view(&t, TOWER).asked_w, 13e3, 3500);
    ck_assert_double_eq(town_view(&t, FLATS).asked_w, 0);
    struct building_view v = town_view(&t, HALL);
    ck_assert_int_eq(v.slots[0].level, 3);
    ck_assert_double_eq_tol(v.slots[0].limit_w, 60e3, 1500);
    ck_assert_double_eq(v.slots[0].price_per_kwh, 0.3);
    ck_assert_int_eq(town_view(&t, TOWER).slots[0].level, 1); // a third of what it offers at most
    ck_assert_double_eq_tol(town_view(&t, TOWER).slots[0].price_per_kwh, 0.2 + 0.9, 1e-9);
    town_end(&t);
}
END_TEST

START_TEST(a_limit_that_is_announced_is_told_ahead_from_its_very_start)
{
    struct town t;
    town_start(&t);
    town_run(&t, 60);
    town_limit(&t, 250, 20); // 10:21
    town_run(&t, 30);
    struct building_view v = town_view(&t, HALL);
    ck_assert_uint_gt(v.n_slots, 3);
    ck_assert_int_eq(v.slots[0].from_utc_ms % 3600000, 21 * 60000);
    ck_assert_int_eq(v.slots[0].until_utc_ms % 3600000, 30 * 60000);
    ck_assert_int_eq(v.slots[v.n_slots - 1].until_utc_ms % 3600000, 21 * 60000);
    ck_assert_double_eq(v.asked_w, 0);
    town_end(&t);
}
END_TEST

// 60 kW where the forecast, after a day of 100 kW, still expects more.
START_TEST(limits_follow_what_it_would_have_drawn_as_the_event_begins)
{
    struct town t;
    town_start(&t);
    t.draws_kw = 60;
    town_run(&t, 1800);
    town_limit(&t, 150, 10);
    town_run(&t, 660);
    struct building_view v = town_view(&t, HALL);
    ck_assert_double_gt(v.asked_w, 10e3);
    ck_assert_double_eq_tol(v.slots[0].limit_w, 60e3 - v.asked_w, 1000);
    town_run(&t, 900);
    ck_assert(!town_view(&t, HALL).failing);
    town_end(&t);
}
END_TEST

START_TEST(the_next_plans_do_not_signal_the_same_anew)
{
    struct town t;
    town_start(&t);
    town_run(&t, 60);
    town_limit(&t, 250, 0);
    town_run(&t, 60);
    uint64_t hall = town_view(&t, HALL).version, tower = town_view(&t, TOWER).version;
    double asked = town_view(&t, TOWER).asked_w;
    town_run(&t, 840);
    ck_assert_int_gt(t.solved, 3);
    ck_assert_uint_le(town_view(&t, HALL).version, hall + 1);
    ck_assert_uint_le(town_view(&t, TOWER).version, tower + 1);
    ck_assert_double_eq_tol(town_view(&t, TOWER).asked_w, asked, 2000);
    town_end(&t);
}
END_TEST

START_TEST(what_was_asked_is_withdrawn_at_once_with_the_limit)
{
    struct town t;
    town_start(&t);
    town_run(&t, 60);
    town_limit(&t, 250, 0);
    town_run(&t, 60);
    uint64_t version = town_view(&t, HALL).version;
    struct event e = {.kind = EVENT_LIMIT, .limit = {.id = "dr", .grid = 0}};
    t.planner_dead = true; // no plan is needed for that
    ck_assert_int_eq(area_tell(&t.w, e), 0);
    town_run(&t, 2);
    ck_assert_uint_eq(town_view(&t, HALL).n_slots, 0);
    ck_assert_uint_gt(town_view(&t, HALL).version, version);
    ck_assert_double_eq(sum_kw(&t), 0);
    town_end(&t);
}
END_TEST

START_TEST(without_a_new_plan_the_last_signals_stand)
{
    struct town t;
    town_start(&t);
    town_run(&t, 60);
    town_limit(&t, 250, 0);
    town_run(&t, 60);
    t.planner_dead = true;
    town_run(&t, 1200);
    ck_assert_double_eq_tol(sum_kw(&t), 53, 3.5); // for the courses that draw more as well
    town_end(&t);
}
END_TEST

START_TEST(an_offer_ends_with_its_longest_duration)
{
    struct town t;
    town_start(&t);
    town_run(&t, 60);
    struct event e = {.kind = EVENT_LIMIT,
                      .limit = {.id = "dr",
                                .grid = 0,
                                .from_utc_ms = t.w.now.utc_ms,
                                .until_utc_ms = t.w.now.utc_ms + 3 * 3600000,
                                .import_limit_w = 200e3, // all that there is
                                .export_limit_w = PLAN_NO_LIMIT_W}};
    ck_assert_int_eq(area_tell(&t.w, e), 0);
    double hall_wh = 0;
    for (int s = 0; s < 3 * 3600; s += 10) {
        town_run(&t, 10);
        hall_wh += town_view(&t, HALL).asked_w * 10 / 3600;
    }
    ck_assert_double_le(hall_wh, 80e3 * 1.05);
    ck_assert_double_ge(hall_wh, 80e3 * 0.9);
    town_end(&t);
}
END_TEST

START_TEST(a_building_that_goes_by_prices_is_told_those_of_a_day)
{
    struct town t;
    town_start(&t);
    town_run(&t, 60);
    struct building_view v = town_view(&t, FLATS);
    ck_assert_uint_eq(v.n_slots, 3);
    ck_assert_double_eq(v.slots[0].price_per_kwh, 0.2);
    ck_assert_double_eq(v.slots[1].price_per_kwh, 0.4);
    ck_assert_int_eq(v.slots[1].from_utc_ms % 86400000, 16 * 3600000);
    uint64_t version = v.version;
    town_run(&t, 1200);
    ck_assert_uint_eq(town_view(&t, FLATS).version, version);
    town_end(&t);
}
END_TEST

START_TEST(a_limit_of_the_grid_operator_is_shared_out_as_one_by_hand_is)
{
    struct town t;
    struct dr_event *event = calloc(1, sizeof *event);
    town_start(&t);
    town_run(&t, 60);
    *event = (struct dr_event){.id = "e1",
                               .priority = 1,
                               .grid = -1,
                               .received_utc_ms = t.w.now.utc_ms,
                               .modified_utc_ms = t.w.now.utc_ms,
                               .from_utc_ms = t.w.now.utc_ms,
                               .until_utc_ms = t.w.now.utc_ms + 3600000,
                               .signals = calloc(1, sizeof(struct dr_signal)),
                               .n_signals = 1};
    event->signals[0] = (struct dr_signal){.kind = DR_IMPORT_LIMIT, .until_ms = 3600000, .value = 250e3};
    ck_assert_int_eq(area_tell(&t.w, (struct event){.kind = EVENT_DR, .dr = {.operation = DR_PUT, .event = event}}), 0);
    town_run(&t, 30);
    ck_assert_double_eq_tol(sum_kw(&t), 53, 3.5);
    struct event withdraw = {.kind = EVENT_DR, .dr = {.operation = DR_WITHDRAW, .id = "e1", .sender = ""}};
    ck_assert_int_eq(area_tell(&t.w, withdraw), 0);
    town_run(&t, 2);
    ck_assert_double_eq(sum_kw(&t), 0);
    town_end(&t);
}
END_TEST

// ---- what they say --------------------------------------------------------------------------------------------------

START_TEST(the_part_of_one_that_opts_out_goes_to_others_at_once)
{
    struct town t;
    town_start(&t);
    town_run(&t, 60);
    town_limit(&t, 250, 0);
    town_run(&t, 60);
    ck_assert_int_eq(reply(&t, (struct building_reply){.building = HALL, .accepts = false}), 0);
    ck_assert_uint_eq(town_view(&t, HALL).n_slots, 0);
    ck_assert(town_view(&t, HALL).opted_out);
    town_run(&t, 15);
    ck_assert_double_eq_tol(town_view(&t, TOWER).asked_w, 53e3, 3500);
    town_run(&t, 3700); // it speaks of this event only
    ck_assert(!town_view(&t, HALL).opted_out);
    town_limit(&t, 250, 0);
    town_run(&t, 30);
    ck_assert_double_eq_tol(town_view(&t, HALL).asked_w, 40e3, 1000);
    town_end(&t);
}
END_TEST

START_TEST(its_own_word_on_what_it_can_do_takes_the_place_of_what_is_configured)
{
    struct town t;
    town_start(&t);
    town_run(&t, 60);
    struct building_reply r = {.building = HALL, .accepts = true, .n_offers = 1};
    r.offers[0] = (struct site_offer){.power_w = 10e3, .price_per_kwh = 0.1, .max_duration_s = 7200};
    ck_assert_int_eq(reply(&t, r), 0);
    town_limit(&t, 250, 0);
    town_run(&t, 30);
    ck_assert_double_eq_tol(town_view(&t, HALL).asked_w, 10e3, 500);
    ck_assert_double_eq_tol(sum_kw(&t), 53, 3.5); // for the courses that draw more as well
    town_end(&t);
}
END_TEST

START_TEST(absurd_words_are_refused_with_a_reason)
{
    struct town t;
    town_start(&t);
    town_run(&t, 20);
    struct building_reply r = {.building = HALL, .accepts = true, .n_offers = 1};
    struct site_offer good = {.power_w = 10e3, .price_per_kwh = 0.1, .max_duration_s = 7200};
    const struct site_offer bad[] = {{.power_w = 101e3, .max_duration_s = 3600},
                                     {.power_w = NAN, .max_duration_s = 3600},
                                     {.power_w = -5, .max_duration_s = 3600},
                                     {.power_w = 5e3, .price_per_kwh = INFINITY, .max_duration_s = 3600},
                                     {.power_w = 5e3, .price_per_kwh = -1, .max_duration_s = 3600},
                                     {.power_w = 5e3, .max_duration_s = 0}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        r.offers[0] = bad[i];
        ck_assert_int_eq(reply(&t, r), AEMS_E_REFUSED);
        ck_assert_ptr_nonnull(strstr(engine_last_refusal(t.w.engine), "offers[0]"));
    }
    r.n_offers = 8;
    for (int i = 0; i < 8; i++)
        r.offers[i] = (struct site_offer){.power_w = 20e3, .max_duration_s = 3600};
    ck_assert_int_eq(reply(&t, r), AEMS_E_REFUSED); // 160 kW of 100
    r.n_offers = 1;
    r.offers[0] = good;
    r.until_utc_ms = t.w.now.utc_ms - 1;
    ck_assert_int_eq(reply(&t, r), AEMS_E_REFUSED);
    r.until_utc_ms = 0;
    strcpy(r.event, "somebody-elses");
    ck_assert_int_eq(reply(&t, r), AEMS_E_REFUSED);
    ck_assert_ptr_nonnull(strstr(engine_last_refusal(t.w.engine), "signal-hall"));
    ck_assert_int_eq(reply(&t, (struct building_reply){.building = HALL}), AEMS_E_REFUSED); // out of what?
    ck_assert_int_lt(reply(&t, (struct building_reply){.building = BUILDINGS}), 0);
    town_end(&t);
}
END_TEST

// ---- who does not deliver -------------------------------------------------------------------------------------------

START_TEST(one_that_does_not_deliver_is_noticed_within_one_slot_and_its_part_given_to_others)
{
    struct town t;
    town_start(&t);
    town_run(&t, 1800);
    t.follows[HALL] = 0.1;
    town_limit(&t, 250, 0);
    int noticed_s = 0;
    while (!town_view(&t, HALL).failing && noticed_s < 3600) {
        town_run(&t, 1);
        noticed_s++;
    }
    ck_assert_int_lt(noticed_s, 900);
    ck_assert(area_alarm(&t.w, "building-hall"));
    town_run(&t, 15);
    ck_assert_double_lt(town_view(&t, HALL).asked_w, 5e3);
    ck_assert_double_eq_tol(sum_kw(&t), 53, 3.5);
    ck_assert(!town_view(&t, TOWER).failing);
    town_run(&t, 3700);
    ck_assert(!area_alarm(&t.w, "building-hall")); // with the event it is forgotten
    town_end(&t);
}
END_TEST

START_TEST(one_that_delivers_is_left_alone_and_its_delivery_is_known)
{
    struct town t;
    town_start(&t);
    town_run(&t, 1800);
    town_limit(&t, 250, 0);
    town_run(&t, 1200);
    ck_assert(!town_view(&t, HALL).failing);
    ck_assert(!town_view(&t, TOWER).failing);
    ck_assert_double_eq_tol(town_view(&t, HALL).delivered_w, town_view(&t, HALL).asked_w, 1500);
    town_end(&t);
}
END_TEST

START_TEST(a_building_whose_meter_is_lost_counts_as_one_that_does_not_deliver)
{
    struct town t;
    town_start(&t);
    town_run(&t, 1800);
    town_limit(&t, 250, 0);
    town_run(&t, 60);
    area_thing(&t.w, "l1")->dead = true;
    town_run(&t, 880);
    ck_assert(town_view(&t, HALL).failing);
    ck_assert_double_lt(town_view(&t, HALL).asked_w, 500);
    town_end(&t);
}
END_TEST

// ---- what others rely on --------------------------------------------------------------------------------------------

START_TEST(a_load_that_is_asked_to_draw_less_teaches_nothing)
{
    struct town t;
    town_start(&t);
    town_run(&t, 1800);
    double before_w = forecast_load_w(engine_forecast(t.w.engine), 0, t.w.now.utc_ms, t.w.now.utc_ms + 3600000,
                                      t.w.now.utc_ms + 7200000);
    town_limit(&t, 250, 0);
    town_run(&t, 1800);
    double after_w = forecast_load_w(engine_forecast(t.w.engine), 0, t.w.now.utc_ms, t.w.now.utc_ms + 1800000,
                                     t.w.now.utc_ms + 5400000);
    ck_assert_double_eq_tol(after_w, before_w, 3e3);
    town_end(&t);
}
END_TEST

START_TEST(what_was_asked_stays_known_after_the_slot_has_passed)
{
    struct town t;
    town_start(&t);
    town_run(&t, 60);
    town_limit(&t, 250, 14); // 10:15
    town_run(&t, 14 * 60 + 1000);
    int64_t slot = t.w.now.utc_ms - 900000 - t.w.now.utc_ms % 900000;
    ck_assert_double_eq_tol(building_asked_w(t.w.engine, HALL, slot + 1000), 40e3, 600);
    ck_assert_double_eq(building_asked_w(t.w.engine, HALL, slot - 1000), 0);
    town_end(&t);
}
END_TEST

START_TEST(signals_and_words_survive_a_restart_and_are_published_again)
{
    struct town t;
    struct action a;
    town_start(&t);
    town_run(&t, 60);
    town_limit(&t, 250, 0);
    town_run(&t, 60);
    ck_assert_int_eq(reply(&t, (struct building_reply){.building = TOWER, .accepts = true}), 0);
    struct building_view before = town_view(&t, HALL);
    double asked_w = before.asked_w;
    size_t n = before.n_slots;
    area_restart(&t.w, 5000);
    bool published = false;
    while (engine_produce(t.w.engine, t.w.now, &a))
        published |= a.kind == ACTION_SIGNAL && a.building == HALL;
    ck_assert(published);
    ck_assert_uint_eq(town_view(&t, HALL).n_slots, n);
    ck_assert_double_eq(town_view(&t, HALL).asked_w, asked_w);
    ck_assert(town_view(&t, TOWER).accepted);
    town_end(&t);
}
END_TEST

START_TEST(an_image_carries_buildings_on)
{
    struct town t;
    struct engine *other;
    struct bytes image = {0}, again = {0};
    town_start(&t);
    town_run(&t, 60);
    town_limit(&t, 250, 0);
    town_run(&t, 60);
    ck_assert_int_eq(engine_image(t.w.engine, &image), 0);
    ck_assert_int_eq(engine_new(t.w.site, t.w.devices, t.w.now, &other), 0);
    ck_assert_int_eq(engine_take_image(other, image.data, image.length), 0);
    ck_assert_int_eq(engine_image(other, &again), 0);
    ck_assert_uint_eq(again.length, image.length);
    ck_assert_mem_eq(again.data, image.data, image.length);
    bytes_free(&image);
    bytes_free(&again);
    engine_free(other);
    town_end(&t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core buildings");
    TCase *tc = tcase_create("buildings");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, a_limit_becomes_signals_whose_reductions_add_up_the_cheapest_first);
    tcase_add_test(tc, a_limit_that_is_announced_is_told_ahead_from_its_very_start);
    tcase_add_test(tc, limits_follow_what_it_would_have_drawn_as_the_event_begins);
    tcase_add_test(tc, the_next_plans_do_not_signal_the_same_anew);
    tcase_add_test(tc, what_was_asked_is_withdrawn_at_once_with_the_limit);
    tcase_add_test(tc, a_limit_of_the_grid_operator_is_shared_out_as_one_by_hand_is);
    tcase_add_test(tc, without_a_new_plan_the_last_signals_stand);
    tcase_add_test(tc, an_offer_ends_with_its_longest_duration);
    tcase_add_test(tc, a_building_that_goes_by_prices_is_told_those_of_a_day);
    tcase_add_test(tc, the_part_of_one_that_opts_out_goes_to_others_at_once);
    tcase_add_test(tc, its_own_word_on_what_it_can_do_takes_the_place_of_what_is_configured);
    tcase_add_test(tc, absurd_words_are_refused_with_a_reason);
    tcase_add_test(tc, one_that_does_not_deliver_is_noticed_within_one_slot_and_its_part_given_to_others);
    tcase_add_test(tc, one_that_delivers_is_left_alone_and_its_delivery_is_known);
    tcase_add_test(tc, a_building_whose_meter_is_lost_counts_as_one_that_does_not_deliver);
    tcase_add_test(tc, a_load_that_is_asked_to_draw_less_teaches_nothing);
    tcase_add_test(tc, what_was_asked_stays_known_after_the_slot_has_passed);
    tcase_add_test(tc, signals_and_words_survive_a_restart_and_are_published_again);
    tcase_add_test(tc, an_image_carries_buildings_on);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
