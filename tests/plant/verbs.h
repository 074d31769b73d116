// SPDX-License-Identifier: GPL-3.0-or-later
// The words of the control socket: one line in, one line of JSON out. See aems-plant(8).
#pragma once

#include "area.h"
#include "base/text.h"
#include "server.h"

enum verb_effect { VERB_PLAIN, VERB_TRACE, VERB_TRACE_OFF }; // what the line asks of the connection it came by

// Carries out one line (modified while it is read) and appends its answer, newline included.
enum verb_effect verbs_run(struct area *area, struct server *server, char *line, uint64_t mono_ms, struct text *reply);

// An event as one line of JSON.
void verbs_describe(const struct area *area, const struct area_event *event, struct text *reply);
