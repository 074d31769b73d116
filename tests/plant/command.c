// SPDX-License-Identifier: GPL-3.0-or-later
#include "command.h"

#include <math.h>
#include <string.h>

#include "modbus/block.h"
#include "modbus/codec.h"

enum { STEP_LISTS = 3 };

struct step_list {
    const struct profile_write *steps;
    size_t count;
};

static void all_lists(const struct profile *p, struct step_list ret_lists[STEP_LISTS])
{
    ret_lists[0] = (struct step_list){p->set, p->n_set};
    ret_lists[1] = (struct step_list){p->refresh, p->n_refresh};
    ret_lists[2] = (struct step_list){p->release, p->n_release};
}

static bool covers(const struct profile_write *step, int address, int count)
{
    return step->address < address + count && address < step->address + register_count(step->type);
}

static bool is_setpoint(const struct profile_write *step)
{
    return step->source == WRITE_SETPOINT || step->source == WRITE_PERCENT || step->source == WRITE_CHARGE ||
           step->source == WRITE_DISCHARGE;
}

// The number that a step's registers stand for now, in the unit of its source.
static double step_value(const struct profile_write *step, struct image *image)
{
    double raw = 0.0;
    const uint16_t *at =
        image_at(image, register_read_function(step->function), step->address, register_count(step->type));
    if (!at || registers_decode(step->type, step->order, at, &raw) < 0)
        return NAN;
    double value = raw * step->scale;
    return step->negate ? -value : value;
}

// A step is without say when a later one of the same list writes over it (devices that want 1, 0, 1 to apply).
static bool overwritten(const struct step_list *list, size_t i)
{
    for (size_t k = i + 1; k < list->count; k++)
        if (covers(&list->steps[k], list->steps[i].address, register_count(list->steps[i].type)))
            return true;
    return false;
}

// Whether the constants of a list stand in the registers; `ret_count` says how many it has.
static bool constants_stand(const struct step_list *list, struct image *image, size_t *ret_count)
{
    bool stand = true;
    *ret_count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct profile_write *step = &list->steps[i];
        if (step->source != WRITE_CONSTANT || overwritten(list, i))
            continue;
        ++*ret_count;
        double apart = fabs(step_value(step, image) - step->value);
        if (!(apart <= 0.5 * fabs(step->scale)))
            stand = false;
    }
    return stand;
}

static double setpoint_of(const struct profile *p, struct image *image, double per_cent_base_w)
{
    double base = p->base_w > 0.0 ? p->base_w : per_cent_base_w;
    double setpoint = 0.0;
    for (size_t i = 0; i < p->n_set; i++) {
        const struct profile_write *step = &p->set[i];
        if (!is_setpoint(step))
            continue;
        double value = step_value(step, image);
        if (step->source == WRITE_SETPOINT)
            setpoint = value;
        else if (step->source == WRITE_PERCENT)
            setpoint = value / 100.0 * base;
        else
            setpoint += step->source == WRITE_DISCHARGE ? value : -value;
    }
    return setpoint;
}

struct command command_read(const struct profile *p, struct image *image, double per_cent_base_w, bool armed)
{
    struct step_list lists[STEP_LISTS];
    all_lists(p, lists);
    size_t n_set, n_release;
    bool set = constants_stand(&lists[0], image, &n_set);
    bool released = constants_stand(&lists[2], image, &n_release) && n_release > 0;
    struct command c = {0};
    if (!armed || released || !set)
        return c;
    double setpoint = setpoint_of(p, image, per_cent_base_w);
    if (isfinite(setpoint))
        c = (struct command){.commanded = true, .setpoint_w = setpoint};
    return c;
}

bool command_accepts(const struct profile *p, int function, int address, int count)
{
    struct step_list lists[STEP_LISTS];
    all_lists(p, lists);
    bool function_fits = false;
    for (int at = address; at < address + count; at++) {
        bool known = false;
        for (size_t l = 0; l < STEP_LISTS; l++)
            for (size_t i = 0; i < lists[l].count; i++)
                if (covers(&lists[l].steps[i], at, 1)) {
                    known = true;
                    function_fits = function_fits || lists[l].steps[i].function == function;
                }
        if (!known)
            return false;
    }
    return function_fits;
}

bool command_carries_setpoint(const struct profile *p, int address, int count)
{
    for (size_t i = 0; i < p->n_set; i++)
        if (is_setpoint(&p->set[i]) && covers(&p->set[i], address, count))
            return true;
    return false;
}

bool command_renews(const struct profile *p, int address, int count)
{
    struct step_list lists[STEP_LISTS];
    all_lists(p, lists);
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l].count; i++)
            if (covers(&lists[l].steps[i], address, count))
                return true;
    return false;
}

uint64_t command_lease_ms(const struct profile *p, struct image *image)
{
    struct step_list lists[STEP_LISTS];
    all_lists(p, lists);
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l].count; i++) {
            if (lists[l].steps[i].source != WRITE_LEASE_S)
                continue;
            double seconds = step_value(&lists[l].steps[i], image);
            return seconds > 0.0 && seconds < 1e9 ? (uint64_t)(seconds * 1000.0) : 0;
        }
    if (!p->device_reverts)
        return 0;
    return p->refresh_ms > 0 ? 3 * (uint64_t)p->refresh_ms : 60000;
}

static void write_constant(const struct profile_write *step, struct image *image)
{
    double shown = step->negate ? -step->value : step->value;
    uint16_t registers[4] = {0};
    uint16_t *at = image_at(image, register_read_function(step->function), step->address, register_count(step->type));
    if (at && registers_encode(step->type, step->order, shown / step->scale, registers) == 0)
        memcpy(at, registers, sizeof(uint16_t) * (size_t)register_count(step->type));
}

void command_clear(const struct profile *p, struct image *image)
{
    struct step_list lists[STEP_LISTS];
    all_lists(p, lists);
    for (size_t l = 0; l < STEP_LISTS; l++)
        for (size_t i = 0; i < lists[l].count; i++) {
            int count = register_count(lists[l].steps[i].type);
            uint16_t *at =
                image_at(image, register_read_function(lists[l].steps[i].function), lists[l].steps[i].address, count);
            if (at)
                memset(at, 0, sizeof(uint16_t) * (size_t)count);
        }
    for (size_t i = 0; i < p->n_release; i++)
        if (p->release[i].source == WRITE_CONSTANT)
            write_constant(&p->release[i], image);
}
