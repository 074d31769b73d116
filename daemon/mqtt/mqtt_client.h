// SPDX-License-Identifier: GPL-3.0-or-later
// One connection to the broker, from the look-up of its name to its end. mosquitto.h only in mqtt_client.c.
//
// libmosquitto runs without its threads on our loop. Only the look-up of the name and the start of the connection run
// on a thread of their own, since libmosquitto looks names up synchronously even in its `async` calls. A connection
// that is lost is not revived: libmosquitto would send its own queue again beside our outbox.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/loop/loop.h"
#include "site/site.h"

struct mqtt_client;

enum mqtt_end {
    MQTT_END_LOST,          // or never reached
    MQTT_END_NO_ANSWER,     // closed by the broker before it answered the greeting: it may not know MQTT 5
    MQTT_END_WRONG_VERSION, // it said so
};

// Called from the loop. Only on_acknowledged comes from inside libmosquitto: it must not call this client.
struct mqtt_client_events {
    void (*on_open)(void *user); // the broker has accepted
    void (*on_message)(void *user, const char *topic, const char *payload, size_t length, bool retained);
    void (*on_acknowledged)(void *user, int mid, const char *refused); // QoS 1; NULL or why it was refused
    void (*on_progress)(void *user);                                   // after acknowledgements, and now and then
    void (*on_end)(void *user, enum mqtt_end end, const char *why);    // nothing follows; close it
    void *user;
};

// Returns at once. The last will is "offline" on `will_topic`, retained. AEMS_E_NOMEM, AEMS_E_IO; why in `ret_why`.
int mqtt_client_open(struct loop *loop, const struct site_mqtt *settings, bool version_5, const char *will_topic,
                     const struct mqtt_client_events *events, char *ret_why, size_t size,
                     struct mqtt_client **ret_client);

int mqtt_client_subscribe(struct mqtt_client *c, const char *topic);

// QoS 0 or 1. AEMS_E_LIMIT: QoS 0 while too much is waiting for the socket; AEMS_E_RANGE: the broker takes no message
// of this size; AEMS_E_IO, AEMS_E_NOMEM. A connection that turns out to be lost is reported later, by on_end.
int mqtt_client_publish(struct mqtt_client *c, const char *topic, const char *payload, size_t length, int qos,
                        bool retain, int *ret_mid);

// `polite`: takes leave, so that the broker does not publish the last will. Waits 250 ms at most.
void mqtt_client_close(struct mqtt_client *c, bool polite);
