// SPDX-License-Identifier: GPL-3.0-or-later
// Standard load profiles: our own round numbers for how buildings of a kind spread their demand over a day.
#include <math.h>

#include "base/local_time.h"
#include "base/number.h"
#include "forecast/internal.h"
#include "tariff/tariff.h"

enum { HOURS = 24, MS_PER_HOUR = 3600000 };

struct day_shape {
    double working_day[HOURS]; // at each full hour, 1 at the highest
    double weekend[HOURS];     // on the same scale; may exceed 1
};

static const struct day_shape shapes[SHAPE_COUNT] = {
    [SHAPE_FLAT] = {{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
                    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    [SHAPE_OFFICE] = {{0.28, 0.26, 0.25, 0.25, 0.26, 0.30, 0.40, 0.58, 0.82, 0.95, 0.98, 0.97,
                       0.90, 0.98, 1.00, 0.99, 0.96, 0.90, 0.78, 0.64, 0.52, 0.42, 0.35, 0.30},
                      {0.27, 0.26, 0.25, 0.25, 0.25, 0.26, 0.27, 0.29, 0.32, 0.36, 0.38, 0.39,
                       0.39, 0.38, 0.38, 0.37, 0.36, 0.35, 0.33, 0.31, 0.30, 0.29, 0.28, 0.28}},
    [SHAPE_MALL] = {{0.20, 0.18, 0.17, 0.17, 0.18, 0.20, 0.25, 0.35, 0.55, 0.78, 0.90, 0.93,
                     0.95, 0.95, 0.94, 0.94, 0.96, 0.99, 1.00, 0.96, 0.85, 0.60, 0.35, 0.25},
                    {0.21, 0.18, 0.17, 0.17, 0.18, 0.20, 0.26, 0.38, 0.62, 0.88, 1.02, 1.06,
                     1.09, 1.11, 1.12, 1.12, 1.12, 1.12, 1.10, 1.04, 0.92, 0.66, 0.38, 0.27}},
    [SHAPE_HOME] = {{0.45, 0.36, 0.32, 0.30, 0.31, 0.38, 0.58, 0.74, 0.66, 0.52, 0.46, 0.45,
                     0.48, 0.45, 0.43, 0.45, 0.54, 0.72, 0.90, 1.00, 0.98, 0.90, 0.76, 0.58},
                    {0.50, 0.40, 0.34, 0.31, 0.31, 0.35, 0.46, 0.64, 0.76, 0.74, 0.68, 0.66,
                     0.68, 0.63, 0.59, 0.59, 0.65, 0.80, 0.95, 1.02, 0.98, 0.90, 0.78, 0.62}},
    [SHAPE_HOTEL] = {{0.55, 0.48, 0.45, 0.45, 0.50, 0.62, 0.82, 0.95, 0.90, 0.80, 0.74, 0.72,
                      0.74, 0.72, 0.71, 0.73, 0.78, 0.86, 0.95, 1.00, 0.99, 0.93, 0.82, 0.68},
                     {0.60, 0.52, 0.48, 0.47, 0.50, 0.60, 0.78, 0.96, 0.98, 0.90, 0.82, 0.76,
                      0.76, 0.75, 0.76, 0.80, 0.85, 0.93, 1.00, 1.05, 1.04, 0.98, 0.88, 0.74}},
    [SHAPE_SCHOOL] = {{0.20, 0.19, 0.19, 0.19, 0.19, 0.22, 0.32, 0.58, 0.88, 0.97, 1.00, 0.99,
                       0.96, 0.97, 0.95, 0.85, 0.68, 0.52, 0.40, 0.30, 0.25, 0.22, 0.21, 0.20},
                      {0.20, 0.19, 0.19, 0.19, 0.19, 0.19, 0.20, 0.22, 0.26, 0.30, 0.31, 0.31,
                       0.30, 0.29, 0.28, 0.27, 0.25, 0.23, 0.22, 0.21, 0.20, 0.20, 0.20, 0.20}},
};

static double mean_of_working_day(const struct day_shape *shape)
{
    double sum = 0;
    for (int hour = 0; hour < HOURS; hour++)
        sum += shape->working_day[hour];
    return sum / HOURS;
}

static double knot(const struct site *s, const struct day_shape *shape, int hour, int64_t utc_ms)
{
    return calendar_is_weekend(s, utc_ms) ? shape->weekend[hour] : shape->working_day[hour];
}

// The knot of the next hour is that of the next hour's own day, so that nothing jumps at midnight.
static double share_at(const struct site *s, const struct day_shape *shape, int64_t utc_ms)
{
    struct local_time t = local_time_at(utc_ms);
    int hour = t.minute / 60;
    double past_hour = (t.minute % 60 * 60 + t.second) / 3600.0;
    double begin = knot(s, shape, hour, utc_ms);
    double end = knot(s, shape, (hour + 1) % HOURS, utc_ms + MS_PER_HOUR);
    return begin + (end - begin) * clamp(past_hour, 0, 1);
}

// How far the shape is below its peak, 1 where a working day is on average.
static double depth_of(enum load_shape shape, double share)
{
    double below_peak = 1 - mean_of_working_day(&shapes[shape]);
    if (below_peak < 1e-6) // a flat day has one level, its average
        return 1;
    return (1 - share) / below_peak;
}

static double at_depth_w(const struct site_load *load, double depth)
{
    double swing_w = load->peak_w - load->average_w;
    return swing_w > 0 ? fmax(load->peak_w - swing_w * depth, 0) : fmax(load->average_w, 0);
}

double load_standard_w(const struct site *s, const struct site_load *load, int64_t utc_ms)
{
    if ((unsigned)load->shape >= SHAPE_COUNT)
        return fmax(load->average_w, 0);
    return at_depth_w(load, depth_of(load->shape, share_at(s, &shapes[load->shape], utc_ms)));
}

double load_standard_hour_w(const struct site_load *load, int slot, int kind)
{
    if ((unsigned)load->shape >= SHAPE_COUNT)
        return fmax(load->average_w, 0);
    const double *day = kind > 0 ? shapes[load->shape].weekend : shapes[load->shape].working_day;
    return at_depth_w(load, depth_of(load->shape, (day[slot] + day[(slot + 1) % HOURS]) / 2));
}
