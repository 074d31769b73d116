// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/curve.h"

#include <math.h>

double curve_power_w(const struct plan_curve *c, double energy_wh)
{
    if (c->n == 0)
        return PLAN_NO_LIMIT_W;
    if (energy_wh <= c->energy_wh[0])
        return c->power_w[0];
    for (int i = 1; i < c->n; i++)
        if (energy_wh <= c->energy_wh[i]) {
            double part = (energy_wh - c->energy_wh[i - 1]) / (c->energy_wh[i] - c->energy_wh[i - 1]);
            return c->power_w[i - 1] + part * (c->power_w[i] - c->power_w[i - 1]);
        }
    return c->power_w[c->n - 1];
}

// How far point i lies above the straight line between its neighbours.
static double rise_w(const double *energy_wh, const double *power_w, size_t i)
{
    double part = (energy_wh[i] - energy_wh[i - 1]) / (energy_wh[i + 1] - energy_wh[i - 1]);
    return power_w[i] - (power_w[i - 1] + part * (power_w[i + 1] - power_w[i - 1]));
}

static size_t without(double *energy_wh, double *power_w, size_t count, size_t i)
{
    for (; i + 1 < count; i++) {
        energy_wh[i] = energy_wh[i + 1];
        power_w[i] = power_w[i + 1];
    }
    return count - 1;
}

static size_t least_rise(const double *energy_wh, const double *power_w, size_t count)
{
    size_t least = 1;
    for (size_t i = 2; i + 1 < count; i++)
        if (rise_w(energy_wh, power_w, i) < rise_w(energy_wh, power_w, least))
            least = i;
    return least;
}

void curve_make_concave(const double *energy_wh, const double *power_w, size_t count, double low_wh, double high_wh,
                        struct plan_curve *ret_curve)
{
    double e[CURVE_MOST + 2], w[CURVE_MOST + 2];
    size_t n = 0;
    *ret_curve = (struct plan_curve){0};
    if (count == 0)
        return;
    count = count < CURVE_MOST ? count : CURVE_MOST;
    if (low_wh < energy_wh[0] - 1) {
        e[n] = low_wh;
        w[n++] = power_w[0];
    }
    for (size_t i = 0; i < count; i++) {
        e[n] = energy_wh[i];
        w[n++] = power_w[i];
    }
    if (high_wh > e[n - 1] + 1) {
        e[n] = high_wh;
        w[n] = w[n - 1];
        n++;
    }
    // Points below the line of their neighbours go, the deepest first; then those that matter least.
    for (size_t i; n > 2 && (i = least_rise(e, w, n), rise_w(e, w, i) <= 0 || n > PLAN_MAX_CURVE);)
        n = without(e, w, n, i);
    ret_curve->n = (int)n;
    for (size_t i = 0; i < n; i++) {
        ret_curve->energy_wh[i] = e[i];
        ret_curve->power_w[i] = w[i];
    }
}
