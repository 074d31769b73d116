// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "modbus/point.h"

static bool any_scale_register(const struct profile_write *writes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (writes[i].scale_address >= 0)
            return true;
    }
    return false;
}

bool profile_needs_resolving(const struct profile *p)
{
    return p->has_base || any_scale_register(p->set, p->n_set) || any_scale_register(p->refresh, p->n_refresh) ||
           any_scale_register(p->release, p->n_release);
}

struct source {
    profile_read_fn *read;
    void *user;
};

static int resolve_writes(const struct source *s, const struct profile_write *writes, size_t n,
                          struct profile_write **ret_writes)
{
    struct profile_write *copy = calloc(n > 0 ? n : 1, sizeof *copy);
    if (!copy)
        return AEMS_E_NOMEM;
    int r = 0;
    for (size_t i = 0; i < n && r >= 0; i++) {
        copy[i] = writes[i];
        if (writes[i].scale_address < 0)
            continue;
        uint16_t scale_register = 0;
        double factor = 1;
        r = s->read(s->user, 3, writes[i].scale_address, 1, &scale_register);
        if (r >= 0 && scale_decode(scale_register, &factor) < 0)
            r = AEMS_E_RANGE;
        copy[i].scale *= factor;
    }
    if (r < 0) {
        free(copy);
        return r;
    }
    *ret_writes = copy;
    return 0;
}

static int resolve_base(const struct source *s, const struct profile_point *base, double *ret_base_w)
{
    uint16_t registers[4] = {0}, scale_register = 0;
    int r = s->read(s->user, base->function, base->address, register_count(base->type), registers);
    if (r >= 0 && base->scale_address >= 0)
        r = s->read(s->user, base->function, base->scale_address, 1, &scale_register);
    if (r < 0)
        return r;
    double value = 0;
    if (point_decode(base, registers, base->scale_address >= 0 ? &scale_register : NULL, &value) != READING_GOOD ||
        value <= 0)
        return AEMS_E_RANGE;
    *ret_base_w = value;
    return 0;
}

int profile_resolve(const struct profile *p, profile_read_fn *read, void *user, struct profile **ret_resolved)
{
    struct source s = {read, user};
    struct profile *copy = malloc(sizeof *copy);
    if (!copy)
        return AEMS_E_NOMEM;
    *copy = *p;
    copy->set = copy->refresh = copy->release = NULL;

    int r = resolve_writes(&s, p->set, p->n_set, &copy->set);
    if (r >= 0)
        r = resolve_writes(&s, p->refresh, p->n_refresh, &copy->refresh);
    if (r >= 0)
        r = resolve_writes(&s, p->release, p->n_release, &copy->release);
    if (r >= 0 && p->has_base)
        r = resolve_base(&s, &p->base, &copy->base_w);
    if (r < 0) {
        profile_resolved_free(copy);
        return r;
    }
    *ret_resolved = copy;
    return 0;
}

void profile_resolved_free(struct profile *resolved)
{
    if (!resolved)
        return;
    free(resolved->set);
    free(resolved->refresh);
    free(resolved->release);
    free(resolved);
}
