// SPDX-License-Identifier: GPL-3.0-or-later
// Setpoints -> registers, and back from what a device says it was told.
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "modbus/block.h"

struct write_inputs {
    double setpoint_w, base_w;
    int lease_s;
    unsigned counter;
};

static double base_of_percent(const struct profile *p, double asset_max_w)
{
    return p->base_w > 0 ? p->base_w : asset_max_w;
}

static int source_value(const struct profile_write *w, const struct write_inputs *in, double *ret_value)
{
    switch (w->source) {
    case WRITE_CONSTANT:
        *ret_value = w->value;
        return 0;
    case WRITE_SETPOINT:
        *ret_value = in->setpoint_w;
        return 0;
    case WRITE_PERCENT:
        if (!isfinite(in->base_w) || in->base_w <= 0)
            return AEMS_E_RANGE;
        *ret_value = 100 * in->setpoint_w / in->base_w;
        return 0;
    case WRITE_CHARGE:
        *ret_value = fmax(0, -in->setpoint_w);
        return 0;
    case WRITE_DISCHARGE:
        *ret_value = fmax(0, in->setpoint_w);
        return 0;
    case WRITE_LEASE_S:
        *ret_value = in->lease_s;
        return 0;
    case WRITE_COUNTER:
        *ret_value = in->counter % 65536;
        return 0;
    }
    return AEMS_E_RANGE;
}

static int encode_step(const struct profile_write *w, const struct write_inputs *in, struct register_write *ret)
{
    double value = 0;
    if (source_value(w, in, &value) < 0 || !isfinite(value) || w->scale == 0)
        return AEMS_E_RANGE;
    if (w->negate && value != 0)
        value = -value;
    if (w->low <= w->high)
        value = clamp(value, w->low, w->high);
    ret->function = w->function;
    ret->address = w->address;
    ret->count = register_count(w->type);
    ret->delay_ms = w->delay_ms;
    int r = registers_encode(w->type, w->order, value / w->scale, ret->registers);
    return r == 0 && w->function == 5 && ret->registers[0] > 1 ? AEMS_E_RANGE : r; // a coil is 0 or 1
}

int register_read_function(int written_by)
{
    return written_by == 5 ? 1 : 3;
}

int writes_encode(const struct profile *p, const struct profile_write *writes, size_t n, double setpoint_w,
                  double asset_max_w, int lease_s, unsigned counter, struct register_write *ret)
{
    if (!isfinite(setpoint_w) || lease_s < 0)
        return AEMS_E_RANGE;
    struct write_inputs in = {setpoint_w, base_of_percent(p, asset_max_w), lease_s, counter};
    for (size_t i = 0; i < n; i++) {
        int r = encode_step(&writes[i], &in, &ret[i]);
        if (r < 0)
            return r;
    }
    return 0;
}

static int setpoint_of(const struct profile_write *w, double value, double base_w, double *ret_power_w)
{
    switch (w->source) {
    case WRITE_SETPOINT:
    case WRITE_DISCHARGE:
        *ret_power_w = value;
        return 0;
    case WRITE_CHARGE:
        *ret_power_w = -value;
        return 0;
    case WRITE_PERCENT:
        if (!isfinite(base_w) || base_w <= 0)
            return AEMS_E_RANGE;
        *ret_power_w = value / 100 * base_w;
        return 0;
    case WRITE_CONSTANT:
    case WRITE_LEASE_S:
    case WRITE_COUNTER:
        break;
    }
    return AEMS_E_STATE;
}

int readback_decode(const struct profile *p, const uint16_t *registers, double asset_max_w, double *ret_power_w)
{
    if (!p->readback.present || (size_t)p->readback.point_write >= p->n_set)
        return AEMS_E_STATE;
    const struct profile_write *w = &p->set[p->readback.point_write];
    double value = 0, power_w = 0;
    if (registers_decode(w->type, w->order, registers, &value) < 0 || !isfinite(value * w->scale))
        return AEMS_E_RANGE;
    value *= w->scale;
    if (w->negate && value != 0)
        value = -value;
    int r = setpoint_of(w, value, base_of_percent(p, asset_max_w), &power_w);
    if (r < 0)
        return r;
    *ret_power_w = power_w;
    return 0;
}
