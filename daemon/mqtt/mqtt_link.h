// SPDX-License-Identifier: GPL-3.0-or-later
// The connection to the broker: TLS, last will, back-off with jitter, outbox.
// One connection alone: mqtt_client.h.
#pragma once

#include "daemon/loop/loop.h"
#include "daemon/store/store.h"
#include "site/site.h"

struct mqtt_link;

struct mqtt_message {
    const char *topic; // below <prefix>/<area>/, e.g. "command/b1", or in full where it is outside; borrowed
    bool outside;      // one of site->dr.topics
    const char *payload;
    size_t length;
    bool retained;
};

struct mqtt_callbacks {
    // Also when a first or later attempt fails for a new reason; `why` is empty when connected.
    void (*on_connected)(void *user, bool connected, const char *why);
    void (*on_message)(void *user, const struct mqtt_message *m); // never larger than site->mqtt.max_payload_bytes
    void *user;
};

struct mqtt_counters {
    uint64_t telemetry_dropped; // the broker was away or too slow
    uint64_t ignored;           // messages outside our prefix
    uint64_t refused;           // messages of ours that the broker refuses for good
    size_t waiting;             // in the outbox
};

// Starts connecting; returns at once. `store` carries the outbox, may be NULL. Topics of `subscriptions` (below the
// prefix, NULL-terminated, wildcards allowed) are subscribed after every connect, and where demand response is listened
// to the site's further topics for it.
int mqtt_link_start(struct loop *loop, const struct site *site, struct store *store, const char *const *subscriptions,
                    const struct mqtt_callbacks *callbacks, struct mqtt_link **ret_link);
bool mqtt_link_connected(const struct mqtt_link *m);

// Publishes below the prefix. Telemetry (must_arrive = false, QoS 0) is dropped while the broker is away or its queue
// is full, and counted; what must arrive (QoS 1) goes through the outbox. May be called from callbacks.
void mqtt_link_publish(struct mqtt_link *m, const char *topic, const char *payload, bool retain, bool must_arrive);

void mqtt_link_counters(const struct mqtt_link *m, struct mqtt_counters *ret_counters);

// Says `offline`, disconnects, frees; takes 250 ms at most. Not from a callback.
void mqtt_link_stop(struct mqtt_link *m);
