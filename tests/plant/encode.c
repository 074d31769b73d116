// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "modbus/codec.h"

static uint16_t swap_bytes(uint16_t word)
{
    return (uint16_t)((word >> 8) | (word << 8));
}

void registers_from_raw(enum register_type type, enum word_order order, uint64_t raw, uint16_t *ret_registers)
{
    int count = register_count(type);
    bool words_swapped = order == ORDER_CDAB || order == ORDER_DCBA;
    bool bytes_swapped = order == ORDER_BADC || order == ORDER_DCBA;
    for (int i = 0; i < count; i++) {
        int significance = words_swapped ? i : count - 1 - i;
        uint16_t word = (uint16_t)(raw >> (16 * significance));
        ret_registers[i] = bytes_swapped ? swap_bytes(word) : word;
    }
}

// Range of the numbers that a type holds; for 64 bits the nearest double inside.
static void type_range(enum register_type type, double *ret_low, double *ret_high)
{
    static const double low[REGISTER_TYPE_COUNT] = {
        [REGISTER_INT16] = -32767.0,        [REGISTER_INT32] = -2147483647.0, [REGISTER_INT64] = -9223372036854774784.0,
        [REGISTER_FLOAT32] = -3.4028234e38, [REGISTER_FLOAT64] = -1e300,
    };
    static const double high[REGISTER_TYPE_COUNT] = {
        [REGISTER_INT16] = 32767.0,
        [REGISTER_UINT16] = 65534.0,
        [REGISTER_INT32] = 2147483647.0,
        [REGISTER_UINT32] = 4294967294.0,
        [REGISTER_INT64] = 9223372036854774784.0,
        [REGISTER_UINT64] = 18446744073709549568.0,
        [REGISTER_FLOAT32] = 3.4028234e38,
        [REGISTER_FLOAT64] = 1e300,
    };
    *ret_low = low[type];
    *ret_high = high[type];
}

static double power_of_ten(const struct profile_point *point, struct image *image)
{
    if (point->scale_address < 0)
        return 1.0;
    const uint16_t *at = image_at(image, point->function, point->scale_address, 1);
    return at ? pow(10.0, (int16_t)*at) : 1.0;
}

// The raw number that a device has for a state, 0 when it has none for it.
static double raw_state(const struct profile_point *point, double value)
{
    for (size_t i = 0; i < point->n_states; i++)
        if (fabs(point->states[i].value - value) < 0.5)
            return point->states[i].raw;
    return 0.0;
}

static double raw_number(const struct profile_point *point, double value, struct image *image)
{
    if (point->n_states > 0)
        return raw_state(point, value);
    double shown = point->negate ? -value : value;
    return (shown - point->offset) / (point->scale * power_of_ten(point, image));
}

static void encode_number(const struct profile_point *point, double value, struct image *image)
{
    uint16_t *at = image_at(image, point->function, point->address, register_count(point->type));
    if (!at || !(fabs(point->scale) > 0.0))
        return;
    double raw = raw_number(point, value, image);
    double low, high;
    type_range(point->type, &low, &high);
    bool counter = point->quantity == QUANTITY_ENERGY_IN_WH || point->quantity == QUANTITY_ENERGY_OUT_WH;
    if (counter && raw > high)
        raw = fmod(raw, high);
    uint16_t registers[4] = {0};
    if (registers_encode(point->type, point->order, clamp(raw, low, high), registers) < 0)
        return;
    memcpy(at, registers, sizeof(uint16_t) * (size_t)register_count(point->type));
}

// Of two magnitudes that make up one signed value, this one stands for the values below zero.
static bool shows_negative(const struct profile_point *point)
{
    return point->negate != (point->scale < 0.0);
}

void encode_point(const struct profile *p, size_t i, double value, struct image *image)
{
    const struct profile_point *point = &p->points[i];
    if (point->sum_with < 0) {
        encode_number(point, value, image);
        return;
    }
    const struct profile_point *other = &p->parts[point->sum_with];
    bool two_directions = shows_negative(point) != shows_negative(other);
    bool on_other = two_directions && (value < 0.0) != shows_negative(point);
    encode_number(point, on_other ? 0.0 : value, image);
    encode_number(other, on_other ? value : 0.0, image);
}

static uint64_t usual_missing(enum register_type type)
{
    switch (type) {
    case REGISTER_INT16:
        return 0x8000u;
    case REGISTER_UINT16:
        return 0xFFFFu;
    case REGISTER_INT32:
        return 0x80000000u;
    case REGISTER_UINT32:
        return 0xFFFFFFFFu;
    case REGISTER_INT64:
        return UINT64_C(1) << 63;
    case REGISTER_UINT64:
        return UINT64_MAX;
    case REGISTER_FLOAT32:
        return 0x7FC00000u;
    case REGISTER_FLOAT64:
        return UINT64_C(0x7FF8) << 48;
    case REGISTER_STRING:
    case REGISTER_TYPE_COUNT:
        break;
    }
    return 0;
}

void encode_missing(const struct profile *p, size_t i, struct image *image)
{
    const struct profile_point *point = &p->points[i];
    uint64_t raw = point->n_not_implemented > 0 ? point->not_implemented[0] : usual_missing(point->type);
    uint16_t *at = image_at(image, point->function, point->address, register_count(point->type));
    if (at)
        registers_from_raw(point->type, point->order, raw, at);
}

// ---- nameplate ----------------------------------------------------------------------------------------------------

enum { FINEST_EXPONENT = -3, COARSEST_EXPONENT = 9 };

static double largest_value(enum quantity q, double rating_w)
{
    switch (q) {
    case QUANTITY_SOC_FRAC:
    case QUANTITY_CONNECTED:
    case QUANTITY_CLOSED:
    case QUANTITY_GRID_PRESENT:
    case QUANTITY_FUEL_FRAC:
        return 1.0;
    case QUANTITY_SESSION_WH:
    case QUANTITY_ENERGY_IN_WH:
    case QUANTITY_ENERGY_OUT_WH:
        return 1e9;
    case QUANTITY_VOLTAGE_V:
        return 500.0;
    case QUANTITY_FREQUENCY_HZ:
    case QUANTITY_TEMP_DEGC:
    case QUANTITY_OUTSIDE_DEGC:
        return 100.0;
    case QUANTITY_STATUS:
        return 10.0;
    case QUANTITY_POWER_W:
    case QUANTITY_HEAT_W:
    case QUANTITY_AVAILABLE_W:
    case QUANTITY_MAX_CHARGE_W:
    case QUANTITY_COUNT:
        break;
    }
    return rating_w;
}

// Raises the exponent in a scale register (several numbers may share it) until `largest` fits.
static void fit_scale(struct image *image, int function, int address, enum register_type type, double scale,
                      double largest)
{
    uint16_t *at = address >= 0 ? image_at(image, function, address, 1) : NULL;
    if (!at)
        return;
    double low, high;
    type_range(type, &low, &high);
    double needed = ceil(log10(fmax(largest * 1.25, 1e-6) / (fabs(scale) * high)));
    int exponent = (int)clamp(needed, FINEST_EXPONENT, COARSEST_EXPONENT);
    if ((int16_t)*at < exponent)
        *at = (uint16_t)(int16_t)exponent;
}

static void fit_point(struct image *image, const struct profile_point *point, double largest)
{
    fit_scale(image, point->function, point->scale_address, point->type, point->scale, largest);
}

static void fit_steps(struct image *image, const struct profile_write *steps, size_t count, double rating_w)
{
    for (size_t i = 0; i < count; i++) {
        double largest = steps[i].source == WRITE_PERCENT ? 100.0 : rating_w;
        fit_scale(image, 3, steps[i].scale_address, steps[i].type, steps[i].scale, largest);
    }
}

static void lay_scale(struct image *image, int function, int address)
{
    uint16_t *at = address >= 0 ? image_at(image, function, address, 1) : NULL;
    if (at)
        *at = (uint16_t)(int16_t)FINEST_EXPONENT;
}

static void lay_scales(const struct profile *p, struct image *image)
{
    for (size_t i = 0; i < p->n_points; i++)
        lay_scale(image, p->points[i].function, p->points[i].scale_address);
    for (size_t i = 0; i < p->n_parts; i++)
        lay_scale(image, p->parts[i].function, p->parts[i].scale_address);
    for (size_t i = 0; i < p->n_set; i++)
        lay_scale(image, 3, p->set[i].scale_address);
    for (size_t i = 0; i < p->n_refresh; i++)
        lay_scale(image, 3, p->refresh[i].scale_address);
    for (size_t i = 0; i < p->n_release; i++)
        lay_scale(image, 3, p->release[i].scale_address);
    if (p->has_base)
        lay_scale(image, p->base.function, p->base.scale_address);
}

static void fit_scales(const struct profile *p, double rating_w, struct image *image)
{
    for (size_t i = 0; i < p->n_points; i++) {
        const struct profile_point *point = &p->points[i];
        double largest = largest_value(point->quantity, rating_w);
        fit_point(image, point, largest);
        if (point->sum_with >= 0)
            fit_point(image, &p->parts[point->sum_with], largest);
    }
    fit_steps(image, p->set, p->n_set, rating_w);
    fit_steps(image, p->refresh, p->n_refresh, rating_w);
    fit_steps(image, p->release, p->n_release, rating_w);
    if (p->has_base)
        fit_point(image, &p->base, rating_w);
}

void encode_nameplate(const struct profile *p, double rating_w, struct image *image)
{
    lay_scales(p, image);
    fit_scales(p, rating_w, image);
    if (p->has_base)
        encode_number(&p->base, rating_w, image);
    for (size_t i = 0; i < p->n_expectations; i++) {
        const struct profile_expectation *e = &p->expectations[i];
        uint16_t *at = image_at(image, e->function, e->address, register_count(e->type));
        if (at)
            registers_encode(e->type, e->order, e->value, at);
    }
}
