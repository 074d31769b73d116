// SPDX-License-Identifier: GPL-3.0-or-later
// Alarms on their way to people: logged once, published retained, and taken back when they are over - also those that a
// killed predecessor left behind on the broker.
#pragma once

#include <jansson.h>

#include "core/engine.h"
#include "daemon/app/publisher.h"
#include "daemon/store/store.h"

struct alarm_board;

int alarm_board_new(struct publisher *publisher, struct store *store, struct alarm_board **ret_alarms);
void alarm_board_free(struct alarm_board *a);

// An alarm of the engine was raised or cleared.
void alarm_board_take(struct alarm_board *a, const struct alarm *alarm, struct instant now);

// An alarm of the daemon itself ("store", "mqtt"); repeated calls with the same state do nothing.
void alarm_board_set(struct alarm_board *a, const char *id, enum alarm_severity severity, const char *text,
                     struct instant now);
void alarm_board_clear(struct alarm_board *a, const char *id, struct instant now);

// The engine was exchanged: what it had raised is over; the new one raises its own.
void alarm_board_clear_engine(struct alarm_board *a, struct instant now);

// Takes retained alarms of a former run off the broker.
void alarm_board_forget_former(struct alarm_board *a);

size_t alarm_board_count(const struct alarm_board *a); // active ones
json_t *
alarm_board_of_daemon(const struct alarm_board *a); // array of the daemon's own, owned by the caller; NULL: no memory
