// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/mqtt/mqtt_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "daemon/loop/backoff.h"
#include "daemon/loop/clock.h"
#include "daemon/mqtt/mqtt_client.h"

enum { TOPIC_SIZE = 1024, IN_FLIGHT_MAX = 20, BACKOFF_FIRST_MS = 500, BACKOFF_MAX_MS = 60000, SETTLED_MS = 10000 };

struct in_flight {
    int mid; // 0: free
    int64_t sequence;
};

struct mqtt_link {
    struct loop *loop;
    const struct site *site;
    struct store *store, *own_store;
    const char *const *subscriptions;
    struct mqtt_callbacks callbacks;
    char prefix[TOPIC_SIZE]; // with its last slash
    char status_topic[TOPIC_SIZE];

    struct mqtt_client *client; // NULL between attempts
    struct loop_timer *retry;
    struct backoff backoff;
    bool version_5;
    bool connected;
    uint64_t connected_ms;
    char why[400]; // it is not connected, as told last

    struct in_flight in_flight[IN_FLIGHT_MAX];
    int n_in_flight;
    int64_t sent_up_to; // on this connection
    bool stuck;         // a message could not be sent
    struct mqtt_counters counters;
};

// ---- outbox -------------------------------------------------------------------------------------------------------

static void note_in_flight(struct mqtt_link *m, int mid, int64_t sequence)
{
    for (int i = 0; i < IN_FLIGHT_MAX; i++) {
        if (m->in_flight[i].mid != 0)
            continue;
        m->in_flight[i] = (struct in_flight){.mid = mid, .sequence = sequence};
        m->n_in_flight++;
        return;
    }
}

static void refuse(struct mqtt_link *m, int64_t sequence, const char *topic, const char *why)
{
    log_error("mqtt: %s: given up: %s", topic, why);
    m->counters.refused++;
    outbox_done(m->store, sequence);
}

static void send_one(void *user, int64_t sequence, const char *topic, const char *payload, size_t length, bool retain)
{
    struct mqtt_link *m = user;
    if (m->stuck)
        return;
    int mid = 0;
    int r = mqtt_client_publish(m->client, topic, payload, length, 1, retain, &mid);
    if (r == AEMS_E_RANGE)
        refuse(m, sequence, topic, "the broker takes no such message");
    else if (r == 0)
        note_in_flight(m, mid, sequence);
    m->stuck = r != 0 && r != AEMS_E_RANGE;
    if (!m->stuck)
        m->sent_up_to = sequence;
}

// A few at a time and in order: the rest waits in the store and not in libmosquitto, which has no bound.
static void send_outbox(struct mqtt_link *m)
{
    if (!m->connected)
        return;
    m->stuck = false;
    if (m->n_in_flight < IN_FLIGHT_MAX)
        outbox_after(m->store, m->sent_up_to, (size_t)(IN_FLIGHT_MAX - m->n_in_flight), send_one, m);
}

static void on_acknowledged(void *user, int mid, const char *refused)
{
    struct mqtt_link *m = user;
    for (int i = 0; i < IN_FLIGHT_MAX; i++) {
        if (m->in_flight[i].mid != mid)
            continue;
        m->in_flight[i].mid = 0;
        m->n_in_flight--;
        if (refused != NULL)
            refuse(m, m->in_flight[i].sequence, "outbox", refused);
        else
            outbox_done(m->store, m->in_flight[i].sequence);
        return;
    }
}

static void on_progress(void *user)
{
    send_outbox(user);
}

// ---- connection ---------------------------------------------------------------------------------------------------

static size_t n_outside(const struct mqtt_link *m)
{
    return m->site->dr.enabled ? m->site->dr.n_topics : 0;
}

static bool is_outside(const struct mqtt_link *m, const char *topic)
{
    for (size_t i = 0; i < n_outside(m); i++)
        if (strcmp(topic, m->site->dr.topics[i]) == 0)
            return true;
    return false;
}

static void on_open(void *user)
{
    struct mqtt_link *m = user;
    m->connected = true;
    m->connected_ms = clock_mono_ms();
    m->why[0] = '\0';
    memset(m->in_flight, 0, sizeof(m->in_flight));
    m->n_in_flight = 0;
    m->sent_up_to = INT64_MIN;
    for (const char *const *s = m->subscriptions; s != NULL && *s != NULL; s++) {
        char topic[TOPIC_SIZE];
        if (snprintf(topic, sizeof(topic), "%s%s", m->prefix, *s) < (int)sizeof(topic))
            mqtt_client_subscribe(m->client, topic);
    }
    for (size_t i = 0; i < n_outside(m); i++)
        mqtt_client_subscribe(m->client, m->site->dr.topics[i]);
    mqtt_client_publish(m->client, m->status_topic, "online", 6, 1, true, NULL);
    send_outbox(m);
    m->callbacks.on_connected(m->callbacks.user, true, "");
}

static void on_message(void *user, const char *topic, const char *payload, size_t length, bool retained)
{
    struct mqtt_link *m = user;
    size_t skip = strlen(m->prefix);
    bool outside = strncmp(topic, m->prefix, skip) != 0;
    if (outside && !is_outside(m, topic)) {
        m->counters.ignored++;
        return;
    }
    struct mqtt_message message = {.topic = outside ? topic : topic + skip,
                                   .outside = outside,
                                   .payload = payload,
                                   .length = length,
                                   .retained = retained};
    m->callbacks.on_message(m->callbacks.user, &message);
}

static void retry_later(struct mqtt_link *m, const char *why)
{
    loop_timer_start(m->retry, backoff_next(&m->backoff), 0);
    bool told = !m->connected && strcmp(m->why, why) == 0;
    m->connected = false;
    snprintf(m->why, sizeof(m->why), "%s", why);
    if (!told)
        m->callbacks.on_connected(m->callbacks.user, false, m->why);
}

static void on_end(void *user, enum mqtt_end end, const char *why)
{
    struct mqtt_link *m = user;
    char text[sizeof(m->why)];
    snprintf(text, sizeof(text), "%s", why);
    if (m->connected && clock_mono_ms() - m->connected_ms >= SETTLED_MS)
        backoff_reset(&m->backoff);
    if (end == MQTT_END_WRONG_VERSION || end == MQTT_END_NO_ANSWER)
        m->version_5 = !m->version_5;
    mqtt_client_close(m->client, false);
    m->client = NULL;
    retry_later(m, text);
}

static void connect_now(void *user)
{
    struct mqtt_link *m = user;
    const struct mqtt_client_events events = {.on_open = on_open,
                                              .on_message = on_message,
                                              .on_acknowledged = on_acknowledged,
                                              .on_progress = on_progress,
                                              .on_end = on_end,
                                              .user = m};
    char why[200];
    if (mqtt_client_open(m->loop, &m->site->mqtt, m->version_5, m->status_topic, &events, why, sizeof(why),
                         &m->client) != 0)
        retry_later(m, why);
}

// ---- calls of the owner -------------------------------------------------------------------------------------------

static int set_topics(struct mqtt_link *m)
{
    int n = snprintf(m->prefix, sizeof(m->prefix), "%s/%s/", m->site->mqtt.prefix, m->site->id);
    int k = snprintf(m->status_topic, sizeof(m->status_topic), "%.*sstatus", TOPIC_SIZE - 8, m->prefix);
    return n > 0 && n < TOPIC_SIZE - 8 && k > 0 ? 0 : AEMS_E_LIMIT;
}

int mqtt_link_start(struct loop *loop, const struct site *site, struct store *store, const char *const *subscriptions,
                    const struct mqtt_callbacks *callbacks, struct mqtt_link **ret_link)
{
    struct mqtt_link *m = calloc(1, sizeof(*m));
    if (m == NULL)
        return AEMS_E_NOMEM;
    *m = (struct mqtt_link){.loop = loop,
                            .site = site,
                            .store = store,
                            .subscriptions = subscriptions,
                            .callbacks = *callbacks,
                            .version_5 = true,
                            .backoff = {.first_ms = BACKOFF_FIRST_MS, .max_ms = BACKOFF_MAX_MS}};
    int r = set_topics(m);
    if (r == 0 && store == NULL) {
        r = store_open(NULL, &m->own_store);
        m->store = m->own_store;
    }
    if (r == 0)
        r = loop_timer_new(loop, connect_now, m, &m->retry);
    if (r != 0) {
        mqtt_link_stop(m);
        return r;
    }
    loop_timer_start(m->retry, 0, 0); // from the loop, so that no callback comes before we return
    *ret_link = m;
    return 0;
}

bool mqtt_link_connected(const struct mqtt_link *m)
{
    return m->connected;
}

void mqtt_link_publish(struct mqtt_link *m, const char *topic, const char *payload, bool retain, bool must_arrive)
{
    char full[TOPIC_SIZE];
    if (snprintf(full, sizeof(full), "%s%s", m->prefix, topic) >= (int)sizeof(full)) {
        m->counters.refused++;
        return;
    }
    if (!must_arrive) {
        if (!m->connected || mqtt_client_publish(m->client, full, payload, strlen(payload), 0, retain, NULL) != 0)
            m->counters.telemetry_dropped++;
        return;
    }
    if (outbox_add(m->store, full, payload, strlen(payload), retain) < 0)
        log_error("mqtt: %s: no memory for a message that must arrive", full);
    send_outbox(m);
}

void mqtt_link_counters(const struct mqtt_link *m, struct mqtt_counters *ret_counters)
{
    *ret_counters = m->counters;
    ret_counters->waiting = outbox_count(m->store);
}

void mqtt_link_stop(struct mqtt_link *m)
{
    if (m == NULL)
        return;
    if (m->connected)
        mqtt_client_publish(m->client, m->status_topic, "offline", 7, 1, true, NULL);
    mqtt_client_close(m->client, true);
    loop_timer_free(m->retry);
    store_close(m->own_store);
    free(m);
}
