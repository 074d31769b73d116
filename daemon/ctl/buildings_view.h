// SPDX-License-Identifier: GPL-3.0-or-later
// Buildings as a table, times local (base/local_time.h). `buildings` is that of the call `buildings`.
#pragma once

#include <jansson.h>

#include "daemon/ctl/table.h"

void buildings_view(const json_t *buildings, const struct style *style, struct text *out);
