// SPDX-License-Identifier: GPL-3.0-or-later
// The journal of outages, kept in the store: one item an entry, under its number, as message_journal writes it.
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "core/engine.h"
#include "daemon/store/store.h"

enum { JOURNAL_ENTRIES = 10000 };

// Keeps one durably and drops what is older than the newest JOURNAL_ENTRIES. The text is owned by the caller (free):
// the entry as it was kept. AEMS_E_NOMEM.
int journal_book_add(struct store *s, const struct site *site, const struct journal_entry *entry, char **ret_json);

// The newest `most` of those with a number below `before` (UINT64_MAX: all), the oldest of them first; owned by the
// caller. NULL: no memory.
json_t *journal_book_read(struct store *s, uint64_t before, size_t most);
