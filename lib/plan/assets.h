// SPDX-License-Identifier: GPL-3.0-or-later
// The order of assets in a schedule, known here and nowhere else: enum asset_kind, each kind in the order of its array.
// Batteries and stores share an array, and so do chargers and flexible loads. For the files of this room.
#pragma once

#include "plan/problem.h"

struct plan_asset {
    const char *id; // borrowed from the problem
    enum asset_kind kind;
    size_t index; // in the array of the problem that holds it
};

size_t plan_assets(const struct plan_problem *p);

// `number` counts from 0 in the order of the schedule, below plan_assets.
struct plan_asset plan_asset_at(const struct plan_problem *p, size_t number);

// Number of the first asset of the array that holds `kind` (ASSET_BATTERY and ASSET_STORE: of batteries; ASSET_CHARGER
// and ASSET_FLEXIBLE: of flexibles); that of the others follows by their index.
size_t plan_first_asset(const struct plan_problem *p, enum asset_kind kind);
