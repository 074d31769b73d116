// SPDX-License-Identifier: GPL-3.0-or-later
// Did an area come through an outage? Judged by what its physics delivered, hour by hour, against what people would
// have drawn: never by what a controller says of itself.
#pragma once

#include <stdbool.h>

#include "simulate/model.h"

enum { SERVED_MAX_HOURS = 96 };

struct served_hour { // Wh of all loads
    double wanted_wh[TIER_COUNT], served_wh[TIER_COUNT];
};

struct served {
    struct served_hour hours[SERVED_MAX_HOURS];
    size_t n;
    struct served_hour before; // counters at the end of the last hour
};

// Begins with what the model has counted so far. Call again at the end of each hour: AEMS_E_LIMIT.
void served_begin(struct served *s, const struct site *site, const struct plant_model *m);
int served_hour(struct served *s, const struct site *site, const struct plant_model *m);

// What is asked for: of lifelines everything, of all demand so much in all and in every hour.
#define SERVED_LIFELINES 0.9999 // a few seconds in three days are what no meter tells
#define SERVED_IN_ALL    0.6
#define SERVED_EACH_HOUR 0.5

struct served_verdict { // shares 0-1; of nothing wanted: 1
    double lifelines, in_all, worst_hour;
    double tiers[TIER_COUNT];
    double wanted_wh, unserved_lifelines_wh;
    size_t worst_hour_number; // from 0
    unsigned hours_below;     // SERVED_EACH_HOUR
    bool survived;
};

struct served_verdict served_judge(const struct served_hour *hours, size_t n);
