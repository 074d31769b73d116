// SPDX-License-Identifier: GPL-3.0-or-later
// The connection to the broker: TLS, last will, back-off with jitter, outbox. mosquitto.h only in mqtt_link.c.
#pragma once

#include "daemon/loop.h"
#include "daemon/store.h"
#include "site/site.h"

struct mqtt_link;

struct mqtt_message {
    const char *topic; // below <prefix>/<area>/, e.g. "command/b1"; borrowed
    const char *payload;
    size_t length;
    bool retained;
};

struct mqtt_callbacks {
    void (*on_connected)(void *user, bool connected, const char *why);
    void (*on_message)(void *user, const struct mqtt_message *m); // never larger than site->mqtt.max_payload_bytes
    void *user;
};

// Starts connecting; returns at once. `store` carries the outbox, may be NULL. Topics of `subscriptions` (below the
// prefix, NULL-terminated, wildcards allowed) are subscribed after every connect.
int mqtt_link_start(struct loop *loop, const struct site *site, struct store *store, const char *const *subscriptions,
                    const struct mqtt_callbacks *callbacks, struct mqtt_link **ret_link);
bool mqtt_link_connected(const struct mqtt_link *m);

// Publishes below the prefix. Telemetry (must_arrive = false, QoS 0) is dropped while the broker is away or its queue is
// full, and counted; what must arrive (QoS 1) goes through the outbox.
void mqtt_link_publish(struct mqtt_link *m, const char *topic, const char *payload, bool retain, bool must_arrive);

// Says `offline`, disconnects, frees.
void mqtt_link_stop(struct mqtt_link *m);
