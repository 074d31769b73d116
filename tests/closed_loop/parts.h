// SPDX-License-Identifier: GPL-3.0-or-later
// Who makes an area draw less: by the meters of the simulated area, against the same day without an event.
#pragma once

#include "closed_loop.h"

enum { PARTS_SLOT_S = 900, PARTS_SLOTS = 8 };

struct parts {
    double wh[PARTS_SLOTS + 1][SITE_MAX_ASSETS]; // into its bus, of each asset so far
    size_t n;                                    // instants that are marked, a quarter of an hour apart
    // In each of these quarter hours, of all buildings together: what they were asked for, what the plans in force took
    // from their offers, and the most that one of them did.
    double asked_wh[PARTS_SLOTS], planned_wh[PARTS_SLOTS], most_planned_w[PARTS_SLOTS];
};

void parts_mark(struct parts *p, const struct closed_loop *c);
void parts_second(struct parts *p, const struct closed_loop *c); // counts what is asked now

// What each gives more, or draws less, than on the other day, Wh; of `area_wh`, the import.
struct parts_given {
    double area_wh;
    double buildings_wh, storages_wh, pv_wh, others_wh;
};

struct parts_given parts_given(const struct site *s, const struct parts *with, const struct parts *without, size_t from,
                               size_t to);
double parts_drawn_wh(const struct site *s, const struct parts *p, int building); // -1: the area; in all of it
