// SPDX-License-Identifier: GPL-3.0-or-later
// Alarms on their way to people: logged once, published retained, and taken back when they are over - also those that a
// killed predecessor left behind on the broker.
#pragma once

#include <jansson.h>

#include "core/engine.h"
#include "daemon/publisher.h"
#include "daemon/store.h"

struct alarms;

int alarms_new(struct publisher *publisher, struct store *store, struct alarms **ret_alarms);
void alarms_free(struct alarms *a);

// An alarm of the engine was raised or cleared.
void alarms_take(struct alarms *a, const struct alarm *alarm, struct instant now);

// An alarm of the daemon itself ("store", "mqtt"); repeated calls with the same state do nothing.
void alarms_set(struct alarms *a, const char *id, enum alarm_severity severity, const char *text, struct instant now);
void alarms_clear(struct alarms *a, const char *id, struct instant now);

// The engine was exchanged: what it had raised is over; the new one raises its own.
void alarms_clear_engine(struct alarms *a, struct instant now);

// Takes retained alarms of a former run off the broker.
void alarms_forget_former(struct alarms *a);

size_t alarms_count(const struct alarms *a); // active ones
json_t *alarms_of_daemon(const struct alarms *a); // array of the daemon's own, owned by the caller; NULL: no memory
