// SPDX-License-Identifier: GPL-3.0-or-later
// What the judgement of an answer keeps, and one part of it a kind of asset. It knows nothing of the linear program: it
// works everything out again from the problem and the powers. For the files of this room.
#pragma once

#include "plan/schedule.h"

#define JUDGE_NEAR_W     1.0
#define JUDGE_NEAR_WH    1.0
#define JUDGE_CRUMB_W    0.02 // a flow below this is handed out as none
#define JUDGE_NEAR_SHARE 1e-6

struct judge {
    const struct schedule *s;
    const struct plan_problem *p;
    char *why;
    size_t size;
    bool refused;      // the first finding stands
    double *surplus_w; // of each bus and step: what flows in less what flows out
    double *moved_w;   // of each bus and step: sum of magnitudes
    double missed_kwh[OBJECTIVE_MONEY];
    double money, money_moved; // sum, and sum of magnitudes
    double co2_kg;
};

__attribute__((format(printf, 2, 3))) void judge_refuse(struct judge *j, const char *format, ...);
double judge_near_w(double scale);
// Power into the bus.
void judge_flow(struct judge *j, int bus, size_t k, double power_w);
void judge_pay(struct judge *j, double amount);
void judge_emit(struct judge *j, double kg);
// Counts power that is missed throughout the step, if there is any.
void judge_miss(struct judge *j, enum objective_tier tier, double power_w, size_t k);

// Asset `i` of its array.
void judge_grid(struct judge *j, size_t i, const struct schedule_asset *a);
void judge_pv(struct judge *j, size_t i, const struct schedule_asset *a);
void judge_battery(struct judge *j, size_t i, const struct schedule_asset *a);
void judge_flexible(struct judge *j, size_t i, const struct schedule_asset *a);
void judge_load(struct judge *j, size_t i, const struct schedule_asset *a);
void judge_generator(struct judge *j, size_t i, const struct schedule_asset *a);
void judge_converter(struct judge *j, size_t i, const struct schedule_asset *a);
void judge_tie(struct judge *j, size_t i, const struct schedule_asset *a);

// What demand response allows all electric connections together.
void judge_area(struct judge *j);

// What communities pay for the sum of their members.
void judge_communities(struct judge *j);

// What buildings are asked for: within their offers, and no more than what loads of their bus draw.
void judge_offers(struct judge *j);

// The limits of groups, once every power has been judged.
void judge_groups(struct judge *j);

// Sizes, identities, numbers that are numbers.
void judge_form(struct judge *j);
