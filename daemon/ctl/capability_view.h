// SPDX-License-Identifier: GPL-3.0-or-later
// What the area could do if it were asked to, as a table in the zone of the process. `capability` is that of the call
// `capability`.
#pragma once

#include <jansson.h>

#include "daemon/ctl/table.h"

void capability_view(const json_t *capability, const struct style *style, struct text *out);
