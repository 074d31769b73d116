// SPDX-License-Identifier: GPL-3.0-or-later
// Power that depends on the energy in store. For the files of this room.
#pragma once

#include "plan/problem.h"

enum { CURVE_MOST = 32 }; // points that curve_make_concave looks at

// Most power at this energy, W; PLAN_NO_LIMIT_W without a curve.
double curve_power_w(const struct plan_curve *c, double energy_wh);

// The lowest concave curve above the points, with their ends drawn on to `low_wh` and `high_wh`: what a linear program
// can keep. `energy_wh` rises. Of more points than a curve has room for those stay that matter most.
void curve_make_concave(const double *energy_wh, const double *power_w, size_t count, double low_wh, double high_wh,
                        struct plan_curve *ret_curve);
