// SPDX-License-Identifier: GPL-3.0-or-later
// Records what the engine is told and decides, where the configuration asks for it: a file from each start, reload and
// local midnight on, each of which stands alone (see replay/record.h).
//
// Recording never holds up control: a disk that is full, slow or broken ends the record with an alarm, and a minute
// later a new one is begun.
#pragma once

#include "daemon/app/alarms.h"
#include "daemon/app/area.h"
#include "replay/record.h"

struct recorder;

int recorder_new(struct recorder **ret_recorder); // idle; AEMS_E_NOMEM
void recorder_free(struct recorder *r);           // ends the record; NULL is fine

// A record of this area and engine begins (or, when its configuration wants none, ends). Not while the engine is asked
// what is to be done.
void recorder_begin(struct recorder *r, struct app_area *area, const struct engine *engine, struct instant now,
                    enum record_cause cause);

// Each call of the engine, in their order. NULL is fine, and an idle recorder does nothing.
void recorder_event(struct recorder *r, const struct event *event); // before engine_consume ...
void recorder_code(struct recorder *r, int code);                   // ... and after it
void recorder_action(struct recorder *r, struct instant now, const struct action *action);
void recorder_drained(struct recorder *r, struct instant now, bool complete);

// Once a control cycle, when nothing is left to be done: hands over what waits, and begins a new day.
void recorder_tick(struct recorder *r, const struct engine *engine, struct alarm_board *alarms, struct instant now);
