// SPDX-License-Identifier: GPL-3.0-or-later
// The sharing ledger of a month, for people and for spreadsheets. `reply` is that of the call `ledger`.
#pragma once

#include <jansson.h>

#include "daemon/ctl/table.h"

// Sums: what each block gave and got, owes and is owed; what each tie carried.
void ledger_view_text(const json_t *reply, const struct style *style, struct text *out);

// One line an interval, tie and direction, after a line of headings.
void ledger_view_csv(const json_t *reply, struct text *out);
