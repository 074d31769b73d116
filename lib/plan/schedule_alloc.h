// SPDX-License-Identifier: GPL-3.0-or-later
// A schedule with room for everything, all zero: for the files of this room that make one.
#pragma once

#include "plan/schedule.h"

// AEMS_E_LIMIT when a size is beyond what a problem may have, AEMS_E_NOMEM.
int schedule_alloc(size_t n_steps, size_t n_assets, size_t n_buses, size_t n_grids, size_t n_communities,
                   size_t n_offers, struct schedule **ret_schedule);

// Arrays of one asset, by its kind. AEMS_E_NOMEM.
int schedule_alloc_asset(struct schedule *s, size_t asset, const char *id, enum asset_kind kind);
