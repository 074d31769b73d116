// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/limits.h"

double plan_generator_held_w(const struct plan_problem *p, const struct plan_generator *g, size_t k)
{
    double held_w = fmax(0, g->held_power_w), left_wh = g->fuel_wh;
    for (size_t j = 0; j < k; j++)
        left_wh -= held_w * p->hours[j];
    return g->fuel_wh < PLAN_NO_LIMIT_W ? fmin(held_w, fmax(0, left_wh / p->hours[k])) : held_w;
}
