// SPDX-License-Identifier: GPL-3.0-or-later
// Outages for people, from the messages of report/messages.h. Local times are those of the process's zone.
#pragma once

#include <jansson.h>

#include "base/text.h"
#include "daemon/ctl/table.h"

void outage_view_status(const json_t *reply, const struct style *style, struct text *out); // of the call `outage`
void outage_view_journal(const json_t *entries, const struct style *style, struct text *out);
void outage_view_journal_csv(const json_t *entries, struct text *out);
void outage_view_rehearsal(const json_t *rehearsal, const struct style *style, struct text *out);

// One line of `aemsctl status`, from its "outage"; nothing where that is null.
void outage_view_line(const json_t *outage, const struct style *style, struct text *out);

// "01-14 13:00" from RFC 3339; "-" where there is none.
void outage_view_time(const json_t *object, const char *key, char *ret_text, size_t size);
