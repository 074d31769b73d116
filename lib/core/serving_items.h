// SPDX-License-Identifier: GPL-3.0-or-later
// The items of an island that serving.c sheds and serves. What others know of them is in outage.h.
#pragma once

#include "core/internal.h"

enum item_kind { ITEM_SWITCH, ITEM_LIMITED, ITEM_PAUSED };

struct item {
    enum item_kind kind;
    int index; // switch, load (number), asset
    enum load_tier tier;
};

size_t items_list(const struct engine *e, int island, struct item *ret); // SERVING_MAX_ITEMS; their number
void item_refresh_limit(struct engine *e, int load, struct instant now); // what its device is told
void item_set(struct engine *e, const struct item *item, bool served, struct instant now);
