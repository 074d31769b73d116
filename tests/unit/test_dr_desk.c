// SPDX-License-Identifier: GPL-3.0-or-later
// The way of a message from the broker to the engine: a real loop and store, no broker.
#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "conf/conf.h"
#include "daemon/app/dr_desk.h"
#include "daemon/app/dr_trays.h"
#include "dr/envelope.h"
#include "tests/unit/run_suite.h"

enum { DEADLINE_MS = 30000, NOW_S = 1767225600 }; // 2026-01-01

static const char SITE[] =
    "area: {id: test, timezone: UTC, latitude: 50 deg, longitude: 10 deg, currency: EUR}\n"
    "tariffs: {flat: {import: [{price: 0.3 /kWh}]}}\n"
    "buses: {main: {}}\n"
    "grids: {pcc: {bus: main, import_limit: 1 MW, export_limit: 0 kW, tariff: flat}}\n"
    "batteries: {b1: {bus: main, capacity: 200 kWh, max_charge: 100 kW, max_discharge: 100 kW}}\n"
    "mqtt: {enabled: false}\n"
    "modbus: {east: {tcp: \"127.0.0.1:15020\"}}\n"
    "devices: {d1: {link: east, unit: 1, profile: none, asset: b1, control: true}}\n";

static char base[64];
static uint8_t seed[ENVELOPE_SEED_SIZE] = {1, 2, 3};
static struct site_dr_key key;
static struct site_dr_sender sender;
static struct app_area area;
static struct engine_device device = {.kind = PROFILE_BATTERY, .can_write = true};
static struct clock_source clock_source;
static struct driver driver;
static struct loop *loop;
static struct dr_desk *desk;
static bool synchronised;

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static bool is_synchronised(void *user)
{
    (void)user;
    return synchronised;
}

static void restore_event(void *user, const char *kind, const char *id, const char *json)
{
    (void)kind;
    (void)user;
    struct saved item = {.kind = SAVED_DR_EVENT, .json = strdup(json)};
    ck_assert_int_eq(text_copy(item.id, sizeof item.id, id), 0);
    ck_assert_int_eq(engine_restore(driver.engine, &item, driver_now(&driver)), 0);
    saved_free(&item);
}

// A program that starts; without a directory nothing can be kept.
static void start(const char *directory)
{
    const struct publisher_callbacks callbacks = {.user = NULL};
    driver = (struct driver){.clock = &clock_source};
    ck_assert_int_eq(store_open(directory, &driver.store), 0);
    ck_assert_int_eq(engine_new(area.site, &device, driver_now(&driver), &driver.engine), 0);
    ck_assert_int_eq(store_each(driver.store, "dr_event", restore_event, NULL), 0);
    ck_assert_int_eq(publisher_start(loop, &area, driver.store, &callbacks, &driver.publisher), 0);
    ck_assert_int_eq(alarm_board_new(driver.publisher, driver.store, &driver.alarms), 0);
    ck_assert_int_eq(dr_desk_new(loop, &driver, is_synchronised, NULL, &desk), 0);
    dr_desk_restore(desk);
}

static void stop(void)
{
    dr_desk_free(desk);
    alarm_board_free(driver.alarms);
    publisher_stop(driver.publisher);
    store_close(driver.store);
    engine_free(driver.engine);
}

static void setup(void)
{
    struct diagnostics d = {0};
    uint8_t public_key[ENVELOPE_PUBLIC_SIZE];
    strcpy(base, "/tmp/aems-test-desk-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(base));
    area = (struct app_area){.devices = &device, .holders = 1000};
    ck_assert_int_eq(conf_load_text("site", SITE, strlen(SITE), &d, &area.site), 0);
    diagnostics_free(&d);
    envelope_key_public(seed, public_key);
    key = (struct site_dr_key){.id = "k1", .until_utc_ms = DR_FOREVER_MS};
    envelope_key_write(public_key, key.public_key);
    sender = (struct site_dr_sender){.id = "utility", .keys = &key, .n_keys = 1};
    area.site->dr.enabled = area.site->dr.is_signed = area.site->dr.needs_clock = true;
    area.site->dr.senders = &sender;
    area.site->dr.n_senders = 1;
    clock_start(&clock_source, 1, NOW_S * INT64_C(1000));
    synchronised = true;
    ck_assert_int_eq(loop_new(&loop), 0);
    start(base);
}

static void teardown(void)
{
    stop();
    loop_free(loop);
    area.site->dr.senders = NULL; // not on the heap
    area.site->dr.n_senders = 0;
    site_free(area.site);
    nftw(base, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

// ---- the loop -------------------------------------------------------------------------------------------------------

static struct loop_timer *watch;
static uint64_t watch_until_ms;
static bool (*watched)(void);

static void look(void *user)
{
    (void)user;
    if (watched() || clock_mono_ms() > watch_until_ms)
        loop_stop(loop);
}

static void run_until(bool (*condition)(void))
{
    watched = condition;
    watch_until_ms = clock_mono_ms() + DEADLINE_MS;
    ck_assert_int_eq(loop_timer_new(loop, look, NULL, &watch), 0);
    loop_timer_start(watch, 0, 1);
    loop_run(loop);
    loop_timer_free(watch);
    ck_assert(condition());
}

static struct dr_desk_counters counters(void)
{
    struct dr_desk_counters c;
    dr_desk_counters(desk, &c);
    return c;
}

static uint64_t wanted;

static bool all_judged(void)
{
    struct dr_desk_counters c = counters();
    return c.accepted + c.refused + c.heartbeats >= wanted;
}

static void await(uint64_t messages)
{
    wanted = messages;
    run_until(all_judged);
}

// ---- messages -------------------------------------------------------------------------------------------------------

static const char *event_text(const char *id, double limit_kw)
{
    static char text[512];
    snprintf(text, sizeof text,
             "{\"id\":\"%s\",\"programID\":\"p\",\"intervalPeriod\":{\"start\":\"2026-01-01T01:00:00Z\","
             "\"duration\":\"PT1H\"},\"intervals\":[{\"id\":0,\"payloads\":[{\"type\":\"IMPORT_CAPACITY_LIMIT\","
             "\"values\":[%g]}]}]}",
             id, limit_kw);
    return text;
}

// Owned by the caller.
static char *sign(const char *topic, uint64_t sequence, const char *payload)
{
    struct envelope header = {
        .key = "k1", .area = "test", .sequence = sequence, .issued_utc_s = NOW_S, .expires_utc_s = NOW_S + 3600};
    char *message = NULL;
    text_copy(header.topic, sizeof header.topic, topic);
    ck_assert_int_eq(envelope_sign(&header, seed, payload, strlen(payload), &message), 0);
    return message;
}

static void send(const char *topic, const char *payload)
{
    const struct mqtt_message m = {.topic = topic, .payload = payload, .length = strlen(payload)};
    dr_desk_message(desk, &m);
}

static void send_signed(uint64_t sequence, const char *payload)
{
    char *message = sign("dr/event", sequence, payload);
    send("dr/event", message);
    free(message);
}

static bool knows(const char *id)
{
    return dr_timeline_find(engine_dr_events(driver.engine), id) != NULL;
}

static int kept;
static void count_kept(void *user, const char *kind, const char *id, const char *json)
{
    (void)kind;
    (void)json;
    kept += strcmp(id, user) == 0;
}

static bool is_kept(const char *id)
{
    char wanted_id[DR_ID_SIZE];
    kept = 0;
    text_copy(wanted_id, sizeof wanted_id, id);
    ck_assert_int_eq(store_each(driver.store, "dr_event", count_kept, wanted_id), 0);
    return kept > 0;
}

START_TEST(a_signed_event_is_kept_and_then_acted_upon)
{
    send_signed(1, event_text("e1", 300));
    ck_assert(!knows("e1")); // not before the disk has it
    await(1);
    ck_assert_uint_eq(counters().accepted, 1);
    ck_assert(knows("e1"));
    ck_assert(is_kept("e1"));
    ck_assert_str_eq(dr_timeline_find(engine_dr_events(driver.engine), "e1")->sender, "utility");
}
END_TEST

START_TEST(the_same_message_again_is_refused_also_after_a_restart)
{
    char *message = sign("dr/event", 5, event_text("e1", 300));
    send("dr/event", message);
    await(1);
    send("dr/event", message);
    ck_assert_uint_eq(counters().refused, 1); // where it arrives, before any cryptography
    stop();
    start(base);
    ck_assert(knows("e1"));
    send("dr/event", message);
    ck_assert_uint_eq(counters().refused, 1);
    send_signed(4, event_text("e2", 300));
    ck_assert_uint_eq(counters().refused, 2);
    send_signed(6, event_text("e2", 300));
    await(3);
    ck_assert(knows("e2"));
    free(message);
}
END_TEST

START_TEST(two_copies_that_arrive_together_count_once)
{
    char *message = sign("dr/event", 5, event_text("e1", 300));
    send("dr/event", message);
    send("dr/event", message);
    await(2);
    ck_assert_uint_eq(counters().accepted, 1);
    ck_assert_uint_eq(counters().refused, 1);
    free(message);
}
END_TEST

START_TEST(what_is_retained_is_passed_over)
{
    char *message = sign("dr/event", 1, event_text("e1", 300));
    const struct mqtt_message m = {
        .topic = "dr/event", .payload = message, .length = strlen(message), .retained = true};
    dr_desk_message(desk, &m);
    ck_assert_uint_eq(counters().retained, 1);
    ck_assert_uint_eq(counters().waiting + counters().refused, 0);
    free(message);
}
END_TEST

static bool one_was_for_others(void)
{
    return counters().not_for_us == 1;
}

START_TEST(an_event_for_others_is_passed_over_and_counted_as_such)
{
    send_signed(1, "{\"id\":\"e1\",\"targets\":[\"elsewhere\"],\"intervalPeriod\":{\"start\":\"2026-01-01T01:00:00Z\","
                   "\"duration\":\"PT1H\"},\"intervals\":[{\"payloads\":[{\"type\":\"SIMPLE\",\"values\":[1]}]}]}");
    run_until(one_was_for_others);
    ck_assert_uint_eq(counters().refused + counters().accepted, 0);
    ck_assert(!knows("e1"));
}
END_TEST

START_TEST(what_needs_no_cryptography_to_be_refused_gets_none)
{
    char *other = sign("dr/heartbeat", 1, event_text("e1", 300));
    char *large = calloc(1, ENVELOPE_MAX_BYTES + 2);
    ck_assert_ptr_nonnull(large);
    memset(large, 'A', ENVELOPE_MAX_BYTES + 1);
    send("dr/event", event_text("e1", 300)); // not signed
    send("dr/event", "eyJ.e30.AAAA");
    send("dr/event", "");
    send("dr/event", other);
    send("dr/event", large);
    ck_assert_uint_eq(counters().refused, 5);
    ck_assert_uint_eq(counters().waiting, 0);
    key.revoked = true;
    send_signed(1, event_text("e1", 300));
    ck_assert_uint_eq(counters().refused, 6);
    ck_assert_uint_eq(counters().waiting, 0);
    free(large);
    free(other);
}
END_TEST

START_TEST(behind_ten_thousand_forgeries_a_good_message_does_not_wait_for_all)
{
    char *forged = sign("dr/event", 7, event_text("e1", 1));
    size_t length = strlen(forged);
    forged[length - 20] = forged[length - 20] == 'A' ? 'B' : 'A';
    for (int i = 0; i < 10000; i++)
        send("dr/event", forged);
    send_signed(8, event_text("good", 300));
    ck_assert_uint_eq(counters().waiting, 10001);
    wanted = 1;
    while (!knows("good") && counters().waiting > 0)
        await(counters().refused + 1);
    ck_assert(knows("good"));
    ck_assert_uint_gt(counters().waiting, 9000);
    ck_assert(!knows("e1"));
    free(forged);
}
END_TEST

START_TEST(without_a_synchronised_clock_no_new_event_is_taken_and_known_ones_go_on)
{
    send_signed(1, event_text("e1", 300));
    await(1);
    synchronised = false;
    send_signed(2, event_text("e2", 300));
    await(2);
    ck_assert_uint_eq(counters().refused, 1);
    ck_assert(knows("e1") && !knows("e2"));
    send_signed(3, "{\"objectType\":\"EVENT\",\"operation\":\"DELETE\",\"object\":{\"id\":\"e1\"}}");
    await(3);
    ck_assert(!knows("e1") && !is_kept("e1"));
    area.site->dr.needs_clock = false;
    send_signed(4, event_text("e3", 300));
    await(4);
    ck_assert(knows("e3"));
}
END_TEST

START_TEST(what_cannot_be_kept_is_refused_and_leaves_nothing_behind)
{
    stop();
    start(NULL);
    send_signed(1, event_text("e1", 300));
    await(1);
    ck_assert_uint_eq(counters().refused, 1);
    ck_assert(!knows("e1") && !is_kept("e1"));
    char *alive = sign("dr/heartbeat", 2, "{\"t\":\"2026-01-01T00:00:00Z\"}");
    send("dr/heartbeat", alive);
    await(2);
    ck_assert_uint_eq(counters().heartbeats, 1); // of no use later
    free(alive);
}
END_TEST

START_TEST(an_event_is_replaced_and_withdrawn_by_its_own_sender_only)
{
    char id[DR_ID_SIZE], why[192] = "";
    send_signed(1, event_text("e1", 300));
    await(1);
    ck_assert_int_lt(dr_desk_local(desk, event_text("e1", 100), strlen(event_text("e1", 100)), id, why, sizeof why), 0);
    ck_assert_str_eq(id, "e1");
    ck_assert_ptr_nonnull(strstr(why, "another sender"));
    send_signed(2, event_text("e1", 200));
    await(2);
    ck_assert_uint_eq(counters().accepted, 2);
    struct dr_signal signal;
    ck_assert(dr_timeline_at(engine_dr_events(driver.engine), -1, DR_IMPORT_LIMIT, INT64_C(1000) * (NOW_S + 3700),
                             &signal, NULL));
    ck_assert_double_eq(signal.value, 200000);
}
END_TEST

START_TEST(an_event_that_is_for_others_now_is_withdrawn_by_its_own_sender_only)
{
    static const char elsewhere[] = "{\"operation\":\"UPDATE\",\"object\":{\"id\":\"e1\",\"targets\":[\"x\"]}}";
    char id[DR_ID_SIZE], why[192] = "";
    send_signed(1, event_text("e1", 300));
    await(1);
    ck_assert_int_eq(dr_desk_local(desk, elsewhere, strlen(elsewhere), id, why, sizeof why), AEMS_E_REFUSED);
    ck_assert(knows("e1"));
    send_signed(2, elsewhere);
    await(2);
    ck_assert(!knows("e1"));
    ck_assert(!is_kept("e1"));
}
END_TEST

START_TEST(the_operator_needs_no_signature_and_hears_at_once_what_is_wrong)
{
    char id[DR_ID_SIZE], why[192] = "";
    const char *text = event_text("mine", 100);
    ck_assert_msg(dr_desk_local(desk, text, strlen(text), id, why, sizeof why) == 0, "%s", why);
    await(1);
    ck_assert_str_eq(dr_timeline_find(engine_dr_events(driver.engine), "mine")->sender, "operator");
    text = event_text("wrong", -1);
    ck_assert_int_lt(dr_desk_local(desk, text, strlen(text), id, why, sizeof why), 0);
    ck_assert(why[0] != '\0');
    area.site->dr.enabled = false;
    ck_assert_int_eq(dr_desk_local(desk, text, strlen(text), id, why, sizeof why), AEMS_E_STATE);
}
END_TEST

START_TEST(where_no_signatures_are_asked_for_bare_events_are_taken_as_nobodys)
{
    area.site->dr.is_signed = false;
    send("dr/event", event_text("e1", 300));
    send("dr/event", "{not JSON}");
    await(2);
    ck_assert_uint_eq(counters().accepted, 1);
    ck_assert_str_eq(dr_timeline_find(engine_dr_events(driver.engine), "e1")->sender, "");
    send("dr/event", "no object");
    ck_assert_uint_eq(counters().refused, 2);
}
END_TEST

START_TEST(what_waits_during_a_reload_is_judged_by_the_new_configuration)
{
    send_signed(1, event_text("e1", 300));
    ck_assert_uint_eq(counters().waiting, 1);
    key.revoked = true;
    dr_desk_changed(desk);
    await(1);
    ck_assert_uint_eq(counters().refused, 1);
    ck_assert(!knows("e1"));
}
END_TEST

START_TEST(the_sender_counts_as_lost_once_the_broker_is_away_for_long)
{
    struct dr_view view;
    area.site->mqtt.enabled = true;
    area.site->dr.lost_after_s = 3600;
    dr_desk_broker(desk, true);
    dr_desk_tick(desk);
    dr_desk_broker(desk, false);
    dr_desk_tick(desk);
    engine_dr(driver.engine, driver_now(&driver), &view);
    ck_assert(!view.sender_lost);
    area.site->dr.lost_after_s = 0;
    dr_desk_tick(desk);
    engine_dr(driver.engine, driver_now(&driver), &view);
    ck_assert(view.sender_lost);
    dr_desk_broker(desk, true);
    engine_dr(driver.engine, driver_now(&driver), &view);
    ck_assert(!view.sender_lost);
    area.site->mqtt.enabled = false;
}
END_TEST

// ---- trays ----------------------------------------------------------------------------------------------------------

static struct dr_trays trays;

static void put(int tray, const char *payload, size_t length)
{
    free(dr_trays_put(&trays, tray, dr_letter_new("t", payload, length)));
}

static char first_taken(uint64_t now_ms)
{
    int tray;
    struct dr_letter *letter = dr_trays_take(&trays, now_ms, &tray);
    char c = letter != NULL ? letter->payload[0] : '-';
    free(letter);
    return c;
}

START_TEST(trays_are_emptied_in_turn_each_in_its_order)
{
    dr_trays_start(&trays);
    put(3, "a", 1);
    put(3, "b", 1);
    put(3, "c", 1);
    put(4, "x", 1);
    ck_assert_int_eq(first_taken(0), 'a');
    ck_assert_int_eq(first_taken(0), 'x');
    ck_assert_int_eq(first_taken(0), 'b');
    ck_assert_int_eq(first_taken(0), 'c');
    ck_assert_int_eq(first_taken(0), '-');
}
END_TEST

START_TEST(who_sends_too_many_good_ones_waits_alone)
{
    dr_trays_start(&trays);
    for (int i = 0; i < DR_BURST; i++)
        dr_trays_good(&trays, 3);
    put(3, "a", 1);
    put(4, "x", 1);
    ck_assert_int_eq(first_taken(0), 'x');
    ck_assert_int_eq(first_taken(0), '-');
    ck_assert_int_eq(first_taken(1000 / DR_PER_SECOND), 'a');
}
END_TEST

START_TEST(of_a_flood_the_fullest_tray_gives_way)
{
    static char large[16000];
    dr_trays_start(&trays);
    large[0] = 'j';
    put(4, "x", 1);
    for (size_t i = 0; i < 2 * DR_TRAYS_MAX_BYTES / sizeof large; i++)
        put(3, large, sizeof large);
    ck_assert_uint_le(trays.bytes, DR_TRAYS_MAX_BYTES);
    put(3, "v", 1);
    int seen_x = 0, seen_v = 0;
    for (char c; (c = first_taken(0)) != '-';) {
        seen_x += c == 'x';
        seen_v += c == 'v';
    }
    ck_assert_int_eq(seen_x, 1);
    ck_assert_int_eq(seen_v, 1);
    ck_assert_uint_eq(trays.bytes, 0);
}
END_TEST

START_TEST(once_swamped_by_forgeries_the_newest_comes_every_other_time)
{
    dr_trays_start(&trays);
    put(3, "a", 1);
    put(3, "b", 1);
    put(3, "c", 1);
    put(3, "d", 1);
    for (int i = 0; i < DR_FORGED_MANY; i++)
        dr_trays_forged(&trays, 3, 5000);
    ck_assert_int_eq(first_taken(5000), 'd');
    ck_assert_int_eq(first_taken(5000), 'a');
    ck_assert_int_eq(first_taken(5000), 'c');
    put(3, "e", 1);
    ck_assert_int_eq(first_taken(6000), 'b'); // long ago
    dr_trays_clear(&trays);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dr desk");
    TCase *t = tcase_create("desk");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_signed_event_is_kept_and_then_acted_upon);
    tcase_add_test(t, the_same_message_again_is_refused_also_after_a_restart);
    tcase_add_test(t, two_copies_that_arrive_together_count_once);
    tcase_add_test(t, what_is_retained_is_passed_over);
    tcase_add_test(t, an_event_for_others_is_passed_over_and_counted_as_such);
    tcase_add_test(t, what_needs_no_cryptography_to_be_refused_gets_none);
    tcase_add_test(t, behind_ten_thousand_forgeries_a_good_message_does_not_wait_for_all);
    tcase_add_test(t, without_a_synchronised_clock_no_new_event_is_taken_and_known_ones_go_on);
    tcase_add_test(t, what_cannot_be_kept_is_refused_and_leaves_nothing_behind);
    tcase_add_test(t, an_event_is_replaced_and_withdrawn_by_its_own_sender_only);
    tcase_add_test(t, an_event_that_is_for_others_now_is_withdrawn_by_its_own_sender_only);
    tcase_add_test(t, the_operator_needs_no_signature_and_hears_at_once_what_is_wrong);
    tcase_add_test(t, where_no_signatures_are_asked_for_bare_events_are_taken_as_nobodys);
    tcase_add_test(t, the_sender_counts_as_lost_once_the_broker_is_away_for_long);
    tcase_add_test(t, what_waits_during_a_reload_is_judged_by_the_new_configuration);
    suite_add_tcase(suite, t);
    TCase *of_trays = tcase_create("trays");
    tcase_add_test(of_trays, trays_are_emptied_in_turn_each_in_its_order);
    tcase_add_test(of_trays, who_sends_too_many_good_ones_waits_alone);
    tcase_add_test(of_trays, of_a_flood_the_fullest_tray_gives_way);
    tcase_add_test(of_trays, once_swamped_by_forgeries_the_newest_comes_every_other_time);
    suite_add_tcase(suite, of_trays);
    return run_suite(suite);
}
