// SPDX-License-Identifier: GPL-3.0-or-later
#include "dr/baseline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const int64_t SLOT_MS = METER_SLOT_S * INT64_C(1000);
static const double MISSING_BELOW = 0.8;

int meter_start(struct meter *m)
{
    struct meter_slot *slots = calloc(METER_SLOTS, sizeof *slots);
    if (slots == NULL)
        return AEMS_E_NOMEM;
    *m = (struct meter){.slots = slots};
    return 0;
}

void meter_free(struct meter *m)
{
    free(m->slots);
    *m = (struct meter){0};
}

static struct meter_slot *place(const struct meter *m, int64_t start_utc_ms)
{
    int64_t number = start_utc_ms / SLOT_MS % METER_SLOTS;
    return &m->slots[number < 0 ? number + METER_SLOTS : number];
}

const struct meter_slot *meter_slot_kept(const struct meter *m, int64_t utc_ms)
{
    int64_t start = meter_slot_start(utc_ms);
    if (m->slots == NULL || m->last_utc_ms == 0 || start > m->last_utc_ms ||
        start <= m->last_utc_ms - METER_SLOTS * SLOT_MS)
        return NULL;
    return place(m, start);
}

const struct meter_slot *meter_slot_at(const struct meter *m, int64_t utc_ms)
{
    const struct meter_slot *slot = meter_slot_kept(m, utc_ms);
    return slot != NULL && (double)slot->measured >= MISSING_BELOW ? slot : NULL;
}

// ---- counting -------------------------------------------------------------------------------------------------------

static double w_of(double wh, double ms)
{
    return ms > 0 ? wh * 3600e3 / ms : 0;
}

// A slot that was counted before, or restored, goes on where it stood.
static struct meter_open open_of(const struct meter_slot *slot)
{
    double hours = METER_SLOT_S / 3600.0;
    return (struct meter_open){.ms = (double)slot->measured * (double)SLOT_MS,
                               .wh = (double)slot->mean_w * (double)slot->measured * hours,
                               .during_ms = (double)slot->during * (double)SLOT_MS,
                               .during_wh = (double)slot->during_w * (double)slot->during * hours,
                               .asked_wh = (double)slot->asked_w * hours};
}

static void write_open(struct meter *m)
{
    struct meter_slot *slot = place(m, m->last_utc_ms);
    const struct meter_open *o = &m->open;
    slot->mean_w = (float)w_of(o->wh, o->ms);
    slot->measured = (float)fmin(o->ms / (double)SLOT_MS, 1);
    slot->during_w = (float)w_of(o->during_wh, o->during_ms);
    slot->during = (float)fmin(o->during_ms / (double)SLOT_MS, 1);
    slot->asked_w = (float)(o->asked_wh * 3600 / METER_SLOT_S);
}

static void forget_after(struct meter *m, int64_t start)
{
    for (int64_t t = m->last_utc_ms; t > start; t -= SLOT_MS)
        *place(m, t) = (struct meter_slot){0};
}

void meter_reach(struct meter *m, int64_t utc_ms)
{
    int64_t start = meter_slot_start(utc_ms), last = m->last_utc_ms, length = METER_SLOTS * SLOT_MS;
    if (start == last || start <= 0)
        return;
    if (last == 0 || start >= last + length || start <= last - length) {
        memset(m->slots, 0, METER_SLOTS * sizeof *m->slots);
    } else if (start < last) {
        forget_after(m, start);
    } else {
        for (int64_t t = last + SLOT_MS; t <= start; t += SLOT_MS)
            *place(m, t) = (struct meter_slot){0};
    }
    m->last_utc_ms = start;
    m->open = open_of(place(m, start));
}

void meter_reopen(struct meter *m)
{
    if (m->last_utc_ms != 0)
        m->open = open_of(place(m, m->last_utc_ms));
}

struct piece {
    int64_t from, to;
};

// The part of [from, to) that lies in the slot of `from`.
static struct piece first_piece(int64_t from, int64_t to)
{
    int64_t end = meter_slot_start(from) + SLOT_MS;
    return (struct piece){from, end < to ? end : to};
}

// What lies further back than the ring is long has no place in it.
static int64_t not_too_far(int64_t from, int64_t to)
{
    int64_t earliest = to - (METER_SLOTS - 1) * SLOT_MS;
    return from > earliest ? from : earliest;
}

void meter_count(struct meter *m, int64_t from_utc_ms, int64_t to_utc_ms, double wh)
{
    int64_t start = not_too_far(from_utc_ms, to_utc_ms);
    if (to_utc_ms <= from_utc_ms || start <= 0 || !isfinite(wh))
        return;
    wh *= (double)(to_utc_ms - start) / (double)(to_utc_ms - from_utc_ms);
    for (int64_t at = start; at < to_utc_ms;) {
        struct piece p = first_piece(at, to_utc_ms);
        double its_wh = wh * (double)(p.to - p.from) / (double)(to_utc_ms - start);
        meter_reach(m, at);
        m->open.ms += (double)(p.to - p.from);
        m->open.wh += its_wh;
        write_open(m);
        at = p.to;
    }
}

static void mark_slot(struct meter *m, int64_t at, const struct meter_open *part)
{
    struct meter_slot *slot = place(m, meter_slot_start(at));
    bool is_newest = meter_slot_start(at) == m->last_utc_ms;
    struct meter_open o = is_newest ? m->open : open_of(slot);
    o.during_ms += part->during_ms;
    o.during_wh += part->during_wh;
    o.asked_wh += part->asked_wh;
    slot->event = true;
    slot->during_w = (float)w_of(o.during_wh, o.during_ms);
    slot->during = (float)fmin(o.during_ms / (double)SLOT_MS, 1);
    slot->asked_w = (float)(o.asked_wh * 3600 / METER_SLOT_S);
    if (is_newest)
        m->open = o;
}

void meter_mark(struct meter *m, int64_t from_utc_ms, int64_t to_utc_ms, double wh, double asked_w)
{
    int64_t start = not_too_far(from_utc_ms, to_utc_ms);
    for (int64_t at = start; start > 0 && at < to_utc_ms;) {
        struct piece p = first_piece(at, to_utc_ms);
        double ms = (double)(p.to - p.from);
        struct meter_open part = {.asked_wh = isfinite(asked_w) ? asked_w * ms / 3600e3 : 0};
        if (isfinite(wh)) {
            part.during_ms = ms;
            part.during_wh = wh * ms / (double)(to_utc_ms - from_utc_ms);
        }
        if (meter_slot_kept(m, at) != NULL)
            mark_slot(m, at, &part);
        at = p.to;
    }
}
