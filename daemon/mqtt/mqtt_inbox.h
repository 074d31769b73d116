// SPDX-License-Identifier: GPL-3.0-or-later
// Messages between libmosquitto's callback and ours: bounded, so that a flood costs messages and not memory.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

enum { MQTT_INBOX_MAX = 256 };

struct mqtt_inbound {
    char *topic, *payload; // owned; the payload is NUL-terminated
    size_t length;
    bool retained;
    STAILQ_ENTRY(mqtt_inbound) next;
};

struct mqtt_inbox {
    STAILQ_HEAD(, mqtt_inbound) messages;
    int count;
};

void mqtt_inbox_init(struct mqtt_inbox *box);
int mqtt_inbox_add(struct mqtt_inbox *box, const char *topic, const void *payload, size_t length,
                   bool retained);                            // AEMS_E_LIMIT, AEMS_E_NOMEM
struct mqtt_inbound *mqtt_inbox_take(struct mqtt_inbox *box); // the oldest, or NULL; owned by the caller
void mqtt_inbound_free(struct mqtt_inbound *x);
