// SPDX-License-Identifier: GPL-3.0-or-later
// The area at a glance, from the status message (its shape: report/messages.h, and `daemon`). What is missing shows as
// "-".
#pragma once

#include <jansson.h>

#include "base/text.h"
#include "daemon/ctl/table.h"

// Local times are those of the process's zone. More than 30 assets of a kind on a bus stand in one row a group, unless
// `all` are wanted.
void status_view(const json_t *status, const struct style *style, bool all, struct text *out);
