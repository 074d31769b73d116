// SPDX-License-Identifier: GPL-3.0-or-later
// Against a real mosquitto.
#include <check.h>
#include <mosquitto.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/loop/clock.h"
#include "daemon/loop/loop.h"
#include "daemon/mqtt/mqtt_link.h"
#include "daemon/store/store.h"
#include "test_broker.h"
#include "tests/unit/run_suite.h"

enum { DEADLINE_MS = 40000, LOOK_MS = 10 };

static struct test_broker broker;
static struct loop *loop;
static struct loop_timer *look;
static struct site site;
static struct store *store;
static struct mqtt_link *link_under_test; // the link under test

static struct { // what the link told
    bool connected;
    int changes, messages;
    char why[400];
    char last_topic[100], last_payload[100];
    bool last_retained;
    size_t largest;
} told;

// ---- a client on the other side -----------------------------------------------------------------------------------

struct peer {
    struct mosquitto *m;
    pthread_mutex_t mutex;
    bool subscribed;
    char log[4096]; // "topic=payload;" with ! for retained
    int count;
};

static struct peer peer;

static void on_peer_connect(struct mosquitto *m, void *user, int rc)
{
    (void)user;
    if (rc == 0)
        mosquitto_subscribe(m, NULL, "test/#", 1);
}

static void on_peer_subscribe(struct mosquitto *m, void *user, int mid, int count, const int *granted)
{
    (void)m;
    (void)user;
    (void)mid;
    (void)count;
    (void)granted;
    pthread_mutex_lock(&peer.mutex);
    peer.subscribed = true;
    pthread_mutex_unlock(&peer.mutex);
}

static void on_peer_message(struct mosquitto *m, void *user, const struct mosquitto_message *x)
{
    (void)m;
    (void)user;
    pthread_mutex_lock(&peer.mutex);
    peer.count++;
    size_t used = strlen(peer.log);
    if (x->payloadlen < 100 && strncmp(x->topic, "test/area/command", 17) != 0)
        snprintf(peer.log + used, sizeof(peer.log) - used, "%s%s=%.*s;", x->retain ? "!" : "", x->topic + 10,
                 x->payloadlen, (const char *)x->payload);
    pthread_mutex_unlock(&peer.mutex);
}

static bool peer_is_subscribed(void)
{
    pthread_mutex_lock(&peer.mutex);
    bool yes = peer.subscribed;
    pthread_mutex_unlock(&peer.mutex);
    return yes;
}

static const char *expected;

static bool peer_has_expected(void)
{
    pthread_mutex_lock(&peer.mutex);
    bool yes = strstr(peer.log, expected) != NULL;
    pthread_mutex_unlock(&peer.mutex);
    return yes;
}

static void peer_publish(const char *topic, const void *payload, int length, bool retain)
{
    ck_assert_int_eq(mosquitto_publish(peer.m, NULL, topic, length, payload, 1, retain), MOSQ_ERR_SUCCESS);
}

// ---- waiting ------------------------------------------------------------------------------------------------------

static bool (*wanted)(void);

static void look_whether(void *unused)
{
    (void)unused;
    if (wanted())
        loop_stop(loop);
}

static void fail_late(void *what)
{
    ck_abort_msg("not in time: %s (link: %s)", (const char *)what, told.why);
}

static void run_until_named(bool (*condition)(void), const char *name)
{
    struct loop_timer *late = NULL;
    ck_assert_int_eq(loop_timer_new(loop, fail_late, (void *)name, &late), 0);
    loop_timer_start(late, DEADLINE_MS, 0);
    wanted = condition;
    loop_timer_start(look, 0, LOOK_MS);
    loop_run(loop);
    loop_timer_stop(look);
    loop_timer_free(late);
}

#define run_until(condition) run_until_named(condition, #condition)

static bool is_connected(void)
{
    return told.connected;
}

static bool is_away(void)
{
    return !told.connected && told.changes > 0;
}

static bool outbox_is_empty(void)
{
    return outbox_count(store) == 0;
}

static bool has_message(void)
{
    return told.messages > 0;
}

static void expect_at_peer(const char *text)
{
    expected = text;
    run_until_named(peer_has_expected, text);
}

static void start_peer(void)
{
    pthread_mutex_init(&peer.mutex, NULL);
    mosquitto_lib_init();
    peer.m = mosquitto_new(NULL, true, NULL);
    mosquitto_connect_callback_set(peer.m, on_peer_connect);
    mosquitto_subscribe_callback_set(peer.m, on_peer_subscribe);
    mosquitto_message_callback_set(peer.m, on_peer_message);
    ck_assert_int_eq(mosquitto_connect(peer.m, "127.0.0.1", broker.port, 60), MOSQ_ERR_SUCCESS);
    ck_assert_int_eq(mosquitto_loop_start(peer.m), MOSQ_ERR_SUCCESS);
    run_until(peer_is_subscribed);
}

// ---- the link -----------------------------------------------------------------------------------------------------

static void on_connected(void *user, bool connected, const char *why)
{
    (void)user;
    told.connected = connected;
    told.changes++;
    snprintf(told.why, sizeof(told.why), "%s", why);
}

static void on_message(void *user, const struct mqtt_message *m)
{
    (void)user;
    told.messages++;
    told.last_retained = m->retained;
    told.largest = m->length > told.largest ? m->length : told.largest;
    snprintf(told.last_topic, sizeof(told.last_topic), "%s", m->topic);
    snprintf(told.last_payload, sizeof(told.last_payload), "%s", m->payload);
}

static void start_link(void)
{
    static const char *const subscriptions[] = {"command/+", NULL};
    const struct mqtt_callbacks callbacks = {.on_connected = on_connected, .on_message = on_message};
    ck_assert_int_eq(mqtt_link_start(loop, &site, store, subscriptions, &callbacks, &link_under_test), 0);
}

static void setup(void)
{
    broker_prepare(&broker);
    ck_assert_int_eq(loop_new(&loop), 0);
    ck_assert_int_eq(loop_timer_new(loop, look_whether, NULL, &look), 0);
    ck_assert_int_eq(store_open(NULL, &store), 0);
    memset(&told, 0, sizeof(told));
    memset(&peer, 0, sizeof(peer));
    memset(&site, 0, sizeof(site));
    strcpy(site.id, "area");
    site.mqtt = (struct site_mqtt){.enabled = true,
                                   .host = "127.0.0.1",
                                   .port = broker.port,
                                   .prefix = "test",
                                   .client_id = "under-test",
                                   .keepalive_s = 5,
                                   .max_payload_bytes = 65536};
}

static void teardown(void)
{
    mqtt_link_stop(link_under_test);
    link_under_test = NULL;
    if (peer.m != NULL) {
        mosquitto_disconnect(peer.m);
        mosquitto_loop_stop(peer.m, false); // cancelling its thread would leak what it reads
        mosquitto_destroy(peer.m);
    }
    loop_timer_free(look);
    loop_free(loop);
    store_close(store);
    broker_clean_up(&broker);
}

// ---- in good order ------------------------------------------------------------------------------------------------

START_TEST(it_says_online_and_hears_what_it_subscribed)
{
    broker_start(&broker, NULL);
    start_peer();
    start_link();
    run_until(is_connected);
    ck_assert(mqtt_link_connected(link_under_test));
    expect_at_peer("status=online;");
    peer_publish("test/area/state", "not subscribed", 14, false);
    peer_publish("test/area/command/b1", "now", 3, false);
    run_until(has_message);
    ck_assert_str_eq(told.last_topic, "command/b1");
    ck_assert_str_eq(told.last_payload, "now");
    ck_assert(!told.last_retained);
    mqtt_link_stop(link_under_test);
    link_under_test = NULL;
    expect_at_peer("status=offline;");
}
END_TEST

START_TEST(a_retained_message_is_marked)
{
    broker_start(&broker, NULL);
    start_peer();
    peer_publish("test/area/command/b1", "old", 3, true);
    start_link();
    run_until(has_message);
    ck_assert(told.last_retained);
}
END_TEST

START_TEST(telemetry_and_outbox_arrive_and_the_outbox_empties)
{
    broker_start(&broker, NULL);
    start_peer();
    start_link();
    run_until(is_connected);
    mqtt_link_publish(link_under_test, "asset/b1/state", "1", false, false);
    for (int i = 0; i < 50; i++) {
        char payload[8];
        snprintf(payload, sizeof(payload), "%d", i);
        mqtt_link_publish(link_under_test, "alarm/x", payload, false, true);
    }
    expect_at_peer("asset/b1/state=1;");
    run_until(outbox_is_empty);
    expect_at_peer("alarm/x=0;alarm/x=1;alarm/x=2;");
    expect_at_peer("alarm/x=47;alarm/x=48;alarm/x=49;");
    struct mqtt_counters counters;
    mqtt_link_counters(link_under_test, &counters);
    ck_assert_uint_eq(counters.telemetry_dropped, 0);
}
END_TEST

START_TEST(a_flood_is_read_to_its_end)
{
    broker_start(&broker, NULL);
    start_peer();
    start_link();
    run_until(is_connected);
    for (int i = 0; i < 3000; i++)
        ck_assert_int_eq(mosquitto_publish(peer.m, NULL, "test/area/command/junk", 4, "junk", 0, false), 0);
    peer_publish("test/area/command/last", "valid", 5, false);
    while (strcmp(told.last_topic, "command/last") != 0) {
        told.messages = 0;
        run_until(has_message);
    }
}
END_TEST

// ---- the broker goes away -----------------------------------------------------------------------------------------

START_TEST(while_the_broker_is_away_telemetry_is_counted_and_the_outbox_waits)
{
    start_link();
    run_until(is_away);
    ck_assert_str_eq(told.why, "Connection refused");
    mqtt_link_publish(link_under_test, "state", "1", true, false);
    mqtt_link_publish(link_under_test, "alarm/a", "first", true, true);
    mqtt_link_publish(link_under_test, "alarm/a", "second", true, true);
    struct mqtt_counters counters;
    mqtt_link_counters(link_under_test, &counters);
    ck_assert_uint_eq(counters.telemetry_dropped, 1);
    ck_assert_uint_eq(counters.waiting, 2);
    broker_start(&broker, NULL);
    start_peer();
    expect_at_peer("alarm/a=first;alarm/a=second;");
    run_until(outbox_is_empty);
}
END_TEST

START_TEST(after_a_restart_of_the_broker_the_outbox_is_sent_again)
{
    broker_start(&broker, NULL);
    start_link();
    run_until(is_connected);
    kill(broker.pid, SIGSTOP); // it takes what comes and acknowledges nothing
    mqtt_link_publish(link_under_test, "alarm/a", "1", false, true);
    mqtt_link_publish(link_under_test, "alarm/a", "2", false, true);
    told.changes = 0;
    kill(broker.pid, SIGKILL);
    waitpid(broker.pid, NULL, 0);
    run_until(is_away);
    ck_assert_uint_eq(outbox_count(store), 2);
    broker_run(&broker);
    start_peer();
    expect_at_peer("alarm/a=1;alarm/a=2;");
    run_until(outbox_is_empty);
}
END_TEST

START_TEST(a_frozen_broker_is_noticed)
{
    broker_start(&broker, NULL);
    start_link();
    run_until(is_connected);
    told.changes = 0;
    kill(broker.pid, SIGSTOP);
    uint64_t start_ms = clock_mono_ms();
    run_until(is_away);
    ck_assert_uint_le(clock_mono_ms() - start_ms, 15000);
    ck_assert_str_eq(told.why, "the broker does not answer");
}
END_TEST

START_TEST(when_it_is_killed_the_broker_says_offline)
{
    broker_start(&broker, NULL);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        ck_assert_int_eq(loop_new(&loop), 0); // the parent's loop is not to be shared
        start_link();
        loop_run(loop);
    }
    start_peer();
    expect_at_peer("status=online;");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    expect_at_peer("status=offline;");
}
END_TEST

START_TEST(stopping_while_the_name_is_looked_up_is_safe)
{
    strcpy(site.mqtt.host, "nowhere.invalid");
    start_link();
    struct loop_timer *soon = NULL;
    ck_assert_int_eq(loop_timer_new(loop, (void (*)(void *))loop_stop, loop, &soon), 0);
    loop_timer_start(soon, 5, 0);
    loop_run(loop);
    loop_timer_free(soon);
}
END_TEST

// ---- hostile or odd -----------------------------------------------------------------------------------------------

START_TEST(messages_that_are_too_large_never_reach_the_owner)
{
    broker_start(&broker, NULL);
    start_peer();
    size_t large = 8 << 20, edge = 65536 + 1000; // the broker withholds the one, we refuse the other
    char *payload = calloc(1, large);
    peer_publish("test/area/command/a", payload, (int)large, true);
    peer_publish("test/area/command/b", payload, (int)edge, true);
    peer_publish("test/area/command/c", "small", 5, true);
    free(payload);
    start_link();
    run_until(has_message);
    peer_publish("test/area/command/c", "after", 5, false);
    told.messages = 0;
    run_until(has_message);
    ck_assert_str_eq(told.last_payload, "after");
    ck_assert_uint_eq(told.largest, 5);
    ck_assert_int_eq(told.changes, 1); // the connection held
}
END_TEST

START_TEST(a_wrong_password_is_refused_with_the_reason_and_the_right_one_is_not)
{
    char path[100], config[200];
    snprintf(path, sizeof(path), "%s/passwords", broker.directory);
    pid_t pid = run_program("mosquitto_passwd",
                            (const char *const[]){"mosquitto_passwd", "-b", "-c", path, "aems", "secret", NULL});
    int status = -1;
    waitpid(pid, &status, 0);
    ck_assert_int_eq(status, 0);
    snprintf(config, sizeof(config), "allow_anonymous false\npassword_file %s\n", path);
    broker_start(&broker, config);
    strcpy(site.mqtt.username, "aems");
    strcpy(site.mqtt.password, _i == 0 ? "wrong" : "secret");
    start_link();
    run_until(_i == 0 ? is_away : is_connected);
    ck_assert_str_eq(told.why, _i == 0 ? "refused by the broker: Not authorized" : "");
}
END_TEST

static bool answers_first;

// Speaks MQTT 3.1.1 only: refuses the first greeting, or hangs up, and accepts the second.
static void *old_broker(void *listening)
{
    int fd = *(int *)listening;
    for (int version = 0; version != 4;) {
        int c = accept(fd, NULL, NULL);
        unsigned char greeting[256] = {0};
        if (c >= 0 && read(c, greeting, sizeof(greeting)) > 9)
            version = greeting[8];
        unsigned char answer[] = {0x20, 2, 0, version == 4 ? 0 : 1};
        if (version == 4 || answers_first)
            ck_assert_int_eq(write(c, answer, sizeof(answer)), sizeof(answer));
        if (version == 4)
            return (void *)(intptr_t)c;
        close(c);
    }
    return NULL;
}

START_TEST(a_broker_that_knows_only_3_1_1_is_greeted_so)
{
    int fd = listen_somewhere(&site.mqtt.port);
    answers_first = _i == 1;
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, old_broker, &fd), 0);
    start_link();
    run_until(is_connected);
    void *accepted = NULL;
    pthread_join(thread, &accepted);
    close((int)(intptr_t)accepted);
    close(fd);
}
END_TEST

// ---- TLS ----------------------------------------------------------------------------------------------------------

static void make_certificates(const char *server_name)
{
    char script[2048];
    snprintf(script, sizeof(script),
             "set -e; cd %s; for ca in ca other; do openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 "
             "-nodes -days 2 -subj /CN=$ca -keyout $ca.key -out $ca.crt; done; "
             "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=server -keyout server.key "
             "-out server.csr; printf 'subjectAltName=%s' > san; "
             "openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile san "
             "-out server.crt; cp server.crt client.crt; cp server.key client.key",
             broker.directory, server_name);
    pid_t pid = run_program("sh", (const char *const[]){"sh", "-c", script, NULL});
    int status = -1;
    waitpid(pid, &status, 0);
    ck_assert_msg(status == 0, "openssl is missing?");
}

static void in_directory(char *target, const char *name)
{
    snprintf(target, SITE_TEXT_MAX, "%s/%s", broker.directory, name);
}

static void start_tls(const char *server_name, const char *ca)
{
    make_certificates(server_name);
    char config[600];
    snprintf(config, sizeof(config),
             "allow_anonymous true\ncafile %s/ca.crt\ncertfile %s/server.crt\nkeyfile %s/server.key\n"
             "require_certificate true\n",
             broker.directory, broker.directory, broker.directory);
    broker_start(&broker, config);
    site.mqtt.tls = true;
    in_directory(site.mqtt.ca_file, ca);
    in_directory(site.mqtt.cert_file, "client.crt");
    in_directory(site.mqtt.key_file, "client.key");
    start_link();
}

START_TEST(tls_with_a_client_certificate_connects_and_carries_messages)
{
    start_tls("IP:127.0.0.1", "ca.crt");
    run_until(is_connected);
    for (int i = 0; i < 30; i++)
        mqtt_link_publish(link_under_test, "alarm/x", "payload", false, true);
    run_until(outbox_is_empty);
}
END_TEST

START_TEST(a_broker_of_another_ca_is_refused)
{
    start_tls("IP:127.0.0.1", "other.crt");
    run_until(is_away);
    ck_assert_msg(strstr(told.why, "certificate verify failed") != NULL, "%s", told.why);
}
END_TEST

START_TEST(a_certificate_for_another_name_is_refused)
{
    start_tls("DNS:elsewhere.example", "ca.crt");
    run_until(is_away);
    ck_assert_msg(strstr(told.why, "certificate verify failed") != NULL, "%s", told.why);
}
END_TEST

START_TEST(a_missing_ca_file_is_named_as_the_reason)
{
    site.mqtt.tls = true;
    strcpy(site.mqtt.ca_file, "/nonexistent/ca.crt");
    start_link();
    run_until(is_away);
    ck_assert_msg(strstr(told.why, "TLS files") != NULL, "%s", told.why);
}
END_TEST

START_TEST(a_server_that_is_silent_during_the_handshake_is_given_up)
{
    make_certificates("IP:127.0.0.1");
    int fd = listen_somewhere(&site.mqtt.port);
    site.mqtt.tls = true;
    in_directory(site.mqtt.ca_file, "ca.crt");
    start_link();
    clock_t before = clock();
    run_until(is_away);
    ck_assert_str_eq(told.why, "no answer to the greeting");
    ck_assert_double_lt((double)(clock() - before) / CLOCKS_PER_SEC, 5); // it does not spin
    close(fd);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mqtt_link");
    TCase *t = tcase_create("mqtt_link");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, it_says_online_and_hears_what_it_subscribed);
    tcase_add_test(t, a_retained_message_is_marked);
    tcase_add_test(t, telemetry_and_outbox_arrive_and_the_outbox_empties);
    tcase_add_test(t, a_flood_is_read_to_its_end);
    tcase_add_test(t, while_the_broker_is_away_telemetry_is_counted_and_the_outbox_waits);
    tcase_add_test(t, after_a_restart_of_the_broker_the_outbox_is_sent_again);
    tcase_add_test(t, a_frozen_broker_is_noticed);
    tcase_add_test(t, when_it_is_killed_the_broker_says_offline);
    tcase_add_test(t, stopping_while_the_name_is_looked_up_is_safe);
    tcase_add_test(t, messages_that_are_too_large_never_reach_the_owner);
    tcase_add_loop_test(t, a_wrong_password_is_refused_with_the_reason_and_the_right_one_is_not, 0, 2);
    tcase_add_loop_test(t, a_broker_that_knows_only_3_1_1_is_greeted_so, 0, 2);
    tcase_add_test(t, tls_with_a_client_certificate_connects_and_carries_messages);
    tcase_add_test(t, a_broker_of_another_ca_is_refused);
    tcase_add_test(t, a_certificate_for_another_name_is_refused);
    tcase_add_test(t, a_missing_ca_file_is_named_as_the_reason);
    tcase_add_test(t, a_server_that_is_silent_during_the_handshake_is_given_up);
    suite_add_tcase(s, t);
    return run_suite(s);
}
