// SPDX-License-Identifier: GPL-3.0-or-later
// The header of recorded data: which column tells what of which asset, and which values it can have.
//
// Ranges are generous: they keep out what cannot be (a broken sensor, W for kW), not what is rare.
#pragma once

#include "replay/data.h"

struct replay_range {
    double low, high; // outside it a value is refused
    double
        zero_from; // a value from here to 0 counts as 0: what a sensor shows that has nothing to measure; 0: none does
};

// The column that `name` means. 0, or AEMS_E_NOT_FOUND with what was expected in `ret_why`.
int replay_column_find(const struct site *site, const char *name, struct replay_column *ret_column, char *ret_why,
                       size_t size);

// What a column may hold.
struct replay_range replay_column_range(const struct site *site, const struct replay_column *column);

// "load_w"; static.
const char *replay_quantity_name(enum replay_quantity quantity);
