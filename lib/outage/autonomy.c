// SPDX-License-Identifier: GPL-3.0-or-later
#include "outage/autonomy.h"

#include <math.h>

// Who gives first matters where power is short as well as energy: a battery that goes first leaves room for the sun, a
// generator that goes first saves the battery for the peaks, and one that charges it fills it for the next. The walk is
// made in each of these ways, and what lasts longest counts.
enum walk { BATTERY_FIRST, GENERATOR_FIRST, GENERATOR_CHARGES, WALK_COUNT };

struct stock {
    double stored_wh, room_wh, fuel_wh;
};

static double sane(double value)
{
    return value > 0 ? value : 0; // also NaN
}

static double efficiency(const struct autonomy_input *in)
{
    return in->charge_efficiency > 0 && in->charge_efficiency <= 1 ? in->charge_efficiency : 1;
}

static double hours_of(double energy_wh, double power_w)
{
    return power_w > 0 ? energy_wh / power_w : INFINITY;
}

struct flow {
    double battery_w, generator_w; // battery: given; < 0 taken
};

// What each gives of `net_w` now; false when it is not enough.
static bool share(const struct autonomy_input *in, const struct stock *s, enum walk walk, double net_w,
                  struct flow *ret_flow)
{
    double give_w = s->stored_wh > 0 ? sane(in->give_w) : 0;
    double take_w = s->room_wh > 0 ? sane(in->take_w) : 0;
    double engine_w = s->fuel_wh > 0 ? sane(in->generator_w) : 0;
    struct flow f = {0};
    if (net_w <= 0) {
        f.battery_w = -fmin(-net_w, take_w);
    } else if (walk == BATTERY_FIRST) {
        f.battery_w = fmin(net_w, give_w);
        f.generator_w = fmin(net_w - f.battery_w, engine_w);
    } else {
        f.generator_w = fmin(net_w, engine_w);
        f.battery_w = fmin(net_w - f.generator_w, give_w);
    }
    double short_w = fmax(net_w, 0) - fmax(f.battery_w, 0) - f.generator_w;
    if (walk == GENERATOR_CHARGES && f.battery_w <= 0) {
        double more_w = fmin(engine_w - f.generator_w, take_w + f.battery_w);
        f.generator_w += more_w;
        f.battery_w -= more_w;
    }
    *ret_flow = f;
    return short_w <= 1e-6 * fmax(net_w, 1);
}

// Goes on for `left_h` at a steady need; returns how much of that it lasted.
static double last_step(const struct autonomy_input *in, struct stock *s, enum walk walk, double net_w, double left_h)
{
    double lasted_h = 0;
    enum { MOST_CHANGES = 8 }; // a store runs empty or full, and the fuel out
    for (int i = 0; i < MOST_CHANGES && left_h > 1e-9; i++) {
        struct flow f;
        if (!share(in, s, walk, net_w, &f))
            break;
        double part_h = fmin(left_h, hours_of(s->fuel_wh, f.generator_w));
        part_h = fmin(part_h, hours_of(s->stored_wh, f.battery_w));
        part_h = fmin(part_h, hours_of(s->room_wh, -f.battery_w));
        double charged_wh = fmax(-f.battery_w, 0) * part_h, given_wh = fmax(f.battery_w, 0) * part_h;
        s->stored_wh += charged_wh * efficiency(in) - given_wh;
        s->room_wh += given_wh / efficiency(in) - charged_wh;
        s->fuel_wh -= f.generator_w * part_h;
        if (s->stored_wh < 1e-6)
            s->stored_wh = 0;
        if (s->room_wh < 1e-6)
            s->room_wh = 0;
        if (s->fuel_wh < 1e-6)
            s->fuel_wh = 0;
        lasted_h += part_h;
        left_h -= part_h;
    }
    return lasted_h;
}

static double need_w(const struct autonomy_input *in, int last_tier, size_t step)
{
    double sum_w = 0;
    for (int tier = 0; tier <= last_tier; tier++)
        if (in->load_w[tier])
            sum_w += sane(in->load_w[tier][step]);
    return sum_w - (in->pv_w ? sane(in->pv_w[step]) : 0);
}

static double walk_hours(const struct autonomy_input *in, int last_tier, enum walk walk)
{
    struct stock s = {sane(in->stored_wh), sane(in->room_wh), sane(in->fuel_wh)};
    double hours = 0;
    for (size_t i = 0; i < in->n_steps && i < AUTONOMY_MAX_STEPS; i++) {
        double lasted_h = last_step(in, &s, walk, need_w(in, last_tier, i), in->step_h);
        hours += lasted_h;
        if (lasted_h < in->step_h - 1e-9)
            break;
    }
    return hours;
}

void autonomy_hours(const struct autonomy_input *input, double ret_h[static TIER_COUNT])
{
    double more_h = 0; // what lasts with a tier more also lasts without it
    for (int tier = TIER_COUNT - 1; tier >= 0; tier--) {
        for (int walk = 0; walk < WALK_COUNT; walk++)
            more_h = fmax(more_h, walk_hours(input, tier, walk));
        ret_h[tier] = more_h;
    }
}
