// SPDX-License-Identifier: GPL-3.0-or-later
// Which loads go, and which come back, in the order of their tiers. Pure. A tier is not touched while a less important
// one on the same island still has anything that obeys; within a tier the largest step that is needed goes first and
// what has been off the longest comes back first, so that none suffers alone.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "site/site.h"

struct shed_item { // a circuit behind a switch, or a charger or flexible load that is paused
    enum load_tier tier;
    double power_w;  // drawn now, or expected once served again; >= 0
    double inrush_w; // most that it draws when it comes back, >= power_w
    bool served;
    bool can_shed, can_serve; // it obeys, and nobody forbids it; lifelines only where the caller says so
    uint64_t changed_mono_ms; // when it was last shed or served; 0: long ago
};

// What to change of `n` items (SITE_MAX_SWITCHES and assets at most) so that `deficit_w` less is drawn, at once.
// `ret_shed` (n entries) is true for those to shed; returns what that takes off, which may be less than asked when
// nothing is left.
double shedding_shed(const struct shed_item *items, size_t n, double deficit_w, bool *ret_shed);

// What may come back: most important first, each only if its power fits into `room_w` together with those before it,
// and one after the other: its inrush into `step_w`. At most one is said at a time, -1 none: the caller waits until it
// has settled. Nothing that was shed within `rest_ms` comes back, unless its power is less than `easy_w`. Whatever
// keeps the most important tier waiting keeps those after it waiting too: what can never come back is not `can_serve`.
int shedding_serve(const struct shed_item *items, size_t n, double room_w, double step_w, double easy_w,
                   uint64_t rest_ms, uint64_t now_mono_ms);

// Served tiers that a budget allows: writes `ret_served` so that what is served draws no more than `budget_w`, by the
// order of tiers, leaving as they are those that changed within `rest_ms` where the order allows it and the budget is
// exceeded by no more than `band_w`. Returns what is then drawn.
double shedding_fit(const struct shed_item *items, size_t n, double budget_w, double band_w, uint64_t rest_ms,
                    uint64_t now_mono_ms, bool *ret_served);

// True when nothing that is served and could be shed is of a less important tier than something that is shed and could
// be served: what the order means. Kept by all of the above.
bool shedding_is_in_order(const struct shed_item *items, size_t n);
