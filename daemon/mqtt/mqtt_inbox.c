// SPDX-License-Identifier: GPL-3.0-or-later
#include "daemon/mqtt/mqtt_inbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

void mqtt_inbox_init(struct mqtt_inbox *box)
{
    STAILQ_INIT(&box->messages);
    box->count = 0;
}

int mqtt_inbox_add(struct mqtt_inbox *box, const char *topic, const void *payload, size_t length, bool retained)
{
    if (box->count >= MQTT_INBOX_MAX)
        return AEMS_E_LIMIT;
    struct mqtt_inbound *x = calloc(1, sizeof(*x));
    if (x == NULL)
        return AEMS_E_NOMEM;
    x->length = length;
    x->retained = retained;
    x->topic = strdup(topic);
    x->payload = malloc(length + 1);
    if (x->topic == NULL || x->payload == NULL) {
        mqtt_inbound_free(x);
        return AEMS_E_NOMEM;
    }
    if (length > 0)
        memcpy(x->payload, payload, length);
    x->payload[length] = '\0';
    STAILQ_INSERT_TAIL(&box->messages, x, next);
    box->count++;
    return 0;
}

struct mqtt_inbound *mqtt_inbox_take(struct mqtt_inbox *box)
{
    struct mqtt_inbound *x = STAILQ_FIRST(&box->messages);
    if (x != NULL) {
        STAILQ_REMOVE_HEAD(&box->messages, next);
        box->count--;
    }
    return x;
}

void mqtt_inbound_free(struct mqtt_inbound *x)
{
    if (x == NULL)
        return;
    free(x->topic);
    free(x->payload);
    free(x);
}
