// SPDX-License-Identifier: GPL-3.0-or-later
// Alarms: one slot for everything that can be wrong, said once when it begins and once when it ends.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/internal.h"

struct kind_row {
    char before[16], after[16]; // the name in the id
    enum alarm_severity severity;
};

static const struct kind_row KINDS[ALARM_KIND_COUNT] = {
    [ALARM_DEVICE_DOWN] = {"device-", "-down", ALARM_WARNING},
    [ALARM_DEVICE_DISOBEYS] = {"device-", "-disobeys", ALARM_WARNING},
    [ALARM_FAULT] = {"asset-", "-fault", ALARM_WARNING},
    [ALARM_VALUE] = {"asset-", "-value", ALARM_WARNING},
    [ALARM_SOC] = {"asset-", "-soc", ALARM_WARNING},
    [ALARM_SESSION] = {"session-", "-short", ALARM_WARNING},
    [ALARM_FORECAST] = {"forecast-", "", ALARM_NOTICE},
    [ALARM_GROUP] = {"group-", "-limit", ALARM_CRITICAL},
    [ALARM_METER] = {"meter-", "-lost", ALARM_CRITICAL},
    [ALARM_LIMIT] = {"limit-", "", ALARM_CRITICAL},
    [ALARM_AREA] = {"limit-area", "", ALARM_CRITICAL},
    [ALARM_BLIND] = {"bus-", "-blind", ALARM_CRITICAL},
    [ALARM_PLANNER] = {"planner", "", ALARM_WARNING},
    [ALARM_CLOCK] = {"clock", "", ALARM_NOTICE},
    [ALARM_DR_FAILSAFE] = {"dr-failsafe", "", ALARM_WARNING},
    [ALARM_DR_SENDER] = {"dr-sender", "", ALARM_WARNING},
    [ALARM_DR_EMERGENCY] = {"dr-emergency", "", ALARM_CRITICAL},
    [ALARM_DR_BLACK_START] = {"dr-black-start", "", ALARM_CRITICAL},
    [ALARM_ISLAND] = {"island-", "", ALARM_CRITICAL},
    [ALARM_ISLAND_WITNESS] = {"island-", "-witnesses", ALARM_WARNING},
    [ALARM_ISLAND_BREAKER] = {"island-", "-breaker", ALARM_CRITICAL},
    [ALARM_ISLAND_FORMING] = {"island-", "-forming", ALARM_CRITICAL},
    [ALARM_ISLAND_BLACK] = {"island-", "-black", ALARM_CRITICAL},
    [ALARM_ISLAND_FRAIL] = {"island-", "-frail", ALARM_NOTICE},
    [ALARM_SWITCH] = {"switch-", "", ALARM_WARNING},
    [ALARM_BUILDING] = {"building-", "", ALARM_WARNING},
};

static size_t count_of(const struct engine *e, enum alarm_kind kind)
{
    switch (kind) {
    case ALARM_DEVICE_DOWN:
    case ALARM_DEVICE_DISOBEYS:
        return e->site->n_devices;
    case ALARM_FAULT:
    case ALARM_VALUE:
    case ALARM_SOC:
    case ALARM_SESSION:
    case ALARM_FORECAST:
        return e->site->n_assets;
    case ALARM_GROUP:
        return e->site->n_groups;
    case ALARM_METER:
    case ALARM_LIMIT:
        return e->site->n_grids;
    case ALARM_BLIND:
        return e->site->n_buses;
    case ALARM_ISLAND:
    case ALARM_ISLAND_WITNESS:
    case ALARM_ISLAND_BREAKER:
    case ALARM_ISLAND_FORMING:
    case ALARM_ISLAND_BLACK:
    case ALARM_ISLAND_FRAIL:
        return e->site->n_islands;
    case ALARM_SWITCH:
        return e->site->n_switches;
    case ALARM_BUILDING:
        return e->site->n_buildings;
    default:
        return 1;
    }
}

static const char *name_of(const struct engine *e, enum alarm_kind kind, size_t index)
{
    switch (kind) {
    case ALARM_DEVICE_DOWN:
    case ALARM_DEVICE_DISOBEYS:
        return e->site->devices[index].id;
    case ALARM_FAULT:
    case ALARM_VALUE:
    case ALARM_SOC:
    case ALARM_SESSION:
    case ALARM_FORECAST:
        return e->site->assets[index].id;
    case ALARM_GROUP:
        return e->site->groups[index].id;
    case ALARM_METER:
    case ALARM_LIMIT:
        return e->site->grids[index].id;
    case ALARM_BLIND:
        return e->site->buses[index].id;
    case ALARM_ISLAND:
    case ALARM_ISLAND_WITNESS:
    case ALARM_ISLAND_BREAKER:
    case ALARM_ISLAND_FORMING:
    case ALARM_ISLAND_BLACK:
    case ALARM_ISLAND_FRAIL:
        return e->site->islands[index].id;
    case ALARM_SWITCH:
        return e->site->switches[index].id;
    case ALARM_BUILDING:
        return e->site->buildings[index].id;
    default:
        return "";
    }
}

static size_t first_slot(const struct engine *e, enum alarm_kind kind)
{
    size_t first = 0;
    for (int k = 0; k < (int)kind; k++)
        first += count_of(e, (enum alarm_kind)k);
    return first;
}

static void name_slot(const struct engine *e, enum alarm_kind kind, size_t index, struct alarm *a)
{
    const struct kind_row *row = &KINDS[kind];
    snprintf(a->id, sizeof a->id, "%.15s%.47s%.15s", row->before, name_of(e, kind, index), row->after);
    a->severity = row->severity;
}

static void name_slots(struct engine *e)
{
    for (int k = 0; k < ALARM_KIND_COUNT; k++)
        for (size_t i = 0; i < count_of(e, (enum alarm_kind)k); i++)
            name_slot(e, (enum alarm_kind)k, i, &e->alarms.slots[first_slot(e, (enum alarm_kind)k) + i].alarm);
}

int alarms_start(struct engine *e)
{
    struct alarm_board *b = &e->alarms;
    b->n_slots = first_slot(e, ALARM_KIND_COUNT);
    b->slots = calloc(b->n_slots, sizeof *b->slots);
    b->active = calloc(b->n_slots, sizeof *b->active);
    b->orphans = calloc(ALARM_MAX_ORPHANS, sizeof *b->orphans);
    if (b->slots == NULL || b->active == NULL || b->orphans == NULL)
        return AEMS_E_NOMEM;
    name_slots(e);
    return 0;
}

void alarms_free(struct engine *e)
{
    free(e->alarms.slots);
    free(e->alarms.active);
    free(e->alarms.orphans);
}

void alarms_gather(struct engine *e)
{
    struct alarm_board *b = &e->alarms;
    b->n_active = 0;
    for (size_t i = 0; i < b->n_slots; i++)
        if (b->slots[i].alarm.active)
            b->active[b->n_active++] = b->slots[i].alarm;
}

void alarm_set(struct engine *e, enum alarm_kind kind, int index, bool active, int64_t utc_ms, const char *format, ...)
{
    size_t slot = first_slot(e, kind) + (size_t)index;
    struct alarm *a = &e->alarms.slots[slot].alarm;
    if (a->active == active)
        return;
    a->active = active;
    if (active) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(a->text, sizeof a->text, format, arguments);
        va_end(arguments);
        a->since_utc_ms = utc_ms;
    }
    alarms_gather(e);
    queue_add(&e->queue, TASK_ALARM, (int)slot);
    queue_add(&e->queue, TASK_PUBLISH_STATE, 0);
}

void alarm_renew(struct engine *e, enum alarm_kind kind, int index)
{
    struct alarm_slot *s = &e->alarms.slots[first_slot(e, kind) + (size_t)index];
    s->announced &= !s->alarm.active;
    s->alarm.active = false;
}

bool alarm_announce(struct engine *e, int slot, struct alarm *ret_alarm)
{
    struct alarm_board *b = &e->alarms;
    struct alarm_slot *s = (size_t)slot < b->n_slots ? &b->slots[slot] : &b->orphans[(size_t)slot - b->n_slots];
    if (s->alarm.active == s->announced)
        return false;
    s->announced = s->alarm.active;
    *ret_alarm = s->alarm;
    return true;
}

size_t engine_alarms(const struct engine *e, const struct alarm **ret_alarms)
{
    *ret_alarms = e->alarms.active;
    return e->alarms.n_active;
}

// ---- a new configuration --------------------------------------------------------------------------------------------

static struct alarm_slot *find_slot(struct alarm_board *b, const char *id)
{
    for (size_t i = 0; i < b->n_slots; i++)
        if (strcmp(b->slots[i].alarm.id, id) == 0)
            return &b->slots[i];
    return NULL;
}

// Alarms that were said go on under their slot; those of things that no longer exist are taken back by slots at the
// end.
void alarms_adopt(struct engine *e, const struct engine *former)
{
    struct alarm_board *b = &e->alarms;
    for (size_t i = 0; i < former->alarms.n_slots; i++) {
        const struct alarm_slot *old = &former->alarms.slots[i];
        struct alarm_slot *slot = find_slot(b, old->alarm.id);
        if (!old->announced && !old->alarm.active)
            continue;
        if (slot == NULL && b->n_orphans < ALARM_MAX_ORPHANS) {
            slot = &b->orphans[b->n_orphans];
            queue_add(&e->queue, TASK_ALARM, (int)(b->n_slots + b->n_orphans++));
            *slot = *old;
            slot->alarm.active = false;
        } else if (slot != NULL) {
            *slot = *old;
            if (slot->announced != slot->alarm.active)
                queue_add(&e->queue, TASK_ALARM, (int)(slot - b->slots));
        }
    }
    alarms_gather(e);
}
