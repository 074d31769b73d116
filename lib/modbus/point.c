// SPDX-License-Identifier: GPL-3.0-or-later
#include "modbus/point.h"

#include <math.h>

#include "base/error.h"
#include "base/number.h"

enum { SCALE_NOT_IMPLEMENTED = 0x8000, SCALE_LARGEST = 10 };

int scale_decode(uint16_t scale_register, double *ret_factor)
{
    if (scale_register == SCALE_NOT_IMPLEMENTED)
        return AEMS_E_NOT_FOUND;
    double exponent = 0;
    if (registers_decode(REGISTER_INT16, ORDER_ABCD, &scale_register, &exponent) < 0 ||
        !in_range(exponent, -SCALE_LARGEST, SCALE_LARGEST))
        return AEMS_E_RANGE;
    *ret_factor = pow(10, exponent);
    return 0;
}

static bool is_nan_pattern(uint64_t raw, int exponent_bits, int mantissa_bits)
{
    uint64_t exponent = ((uint64_t)1 << exponent_bits) - 1;
    uint64_t mantissa = ((uint64_t)1 << mantissa_bits) - 1;
    return (raw >> mantissa_bits & exponent) == exponent && (raw & mantissa) != 0;
}

// SunSpec's pattern of each type. Counters of type acc* say 0 instead: their points list it.
static bool is_sunspec_gap(enum register_type type, uint64_t raw)
{
    switch (type) {
    case REGISTER_INT16:
        return raw == 0x8000;
    case REGISTER_UINT16:
        return raw == UINT16_MAX;
    case REGISTER_INT32:
        return raw == 0x80000000;
    case REGISTER_UINT32:
        return raw == UINT32_MAX;
    case REGISTER_INT64:
        return raw == (uint64_t)1 << 63;
    case REGISTER_UINT64:
        return raw == UINT64_MAX;
    case REGISTER_FLOAT32:
        return is_nan_pattern(raw, 8, 23);
    case REGISTER_FLOAT64:
        return is_nan_pattern(raw, 11, 52);
    case REGISTER_STRING:
    case REGISTER_TYPE_COUNT:
        break;
    }
    return false;
}

static bool is_gap(const struct profile_point *point, uint64_t raw)
{
    for (size_t i = 0; i < point->n_not_implemented; i++) {
        if (point->not_implemented[i] == raw)
            return true;
    }
    return point->sunspec && is_sunspec_gap(point->type, raw);
}

static enum reading_status named_state(const struct profile_point *point, double raw, double *ret_value)
{
    for (size_t i = 0; i < point->n_states; i++) {
        if (point->states[i].raw == raw) {
            *ret_value = point->states[i].value;
            return READING_GOOD;
        }
    }
    *ret_value = raw;
    return READING_OUT_OF_RANGE;
}

enum reading_status point_judge(const struct profile_point *point, double value)
{
    return in_range(value, point->minimum, point->maximum) ? READING_GOOD : READING_OUT_OF_RANGE;
}

enum reading_status point_decode(const struct profile_point *point, const uint16_t *registers,
                                 const uint16_t *scale_register, double *ret_value)
{
    *ret_value = 0;
    if (is_gap(point, registers_raw(point->type, point->order, registers)))
        return READING_NOT_IMPLEMENTED;

    double raw = 0, power_of_ten = 1;
    if (registers_decode(point->type, point->order, registers, &raw) < 0)
        return READING_OUT_OF_RANGE;
    if (point->n_states > 0)
        return named_state(point, raw, ret_value);

    int r = scale_register ? scale_decode(*scale_register, &power_of_ten) : 0;
    if (r < 0)
        return r == AEMS_E_NOT_FOUND ? READING_NOT_IMPLEMENTED : READING_OUT_OF_RANGE;
    double value = raw * point->scale * power_of_ten + point->offset;
    if (!isfinite(value))
        return READING_OUT_OF_RANGE;
    *ret_value = point->negate && value != 0 ? -value : value;
    return point_judge(point, *ret_value);
}
