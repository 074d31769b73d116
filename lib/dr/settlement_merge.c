// SPDX-License-Identifier: GPL-3.0-or-later
// Coarser slots for a settlement that would be too long to be sent: its sums and its money stay as they are.
#include <math.h>

#include "dr/settlement.h"

static const int64_t HOUR_MS = 3600 * INT64_C(1000);

static size_t most_slots(const struct settlement *s)
{
    size_t share = s->n_parties > 0 ? SETTLE_MOST_ALL_TOLD / s->n_parties : SETTLE_MOST_TOLD;
    return share < SETTLE_MOST_TOLD ? share : SETTLE_MOST_TOLD;
}

static int64_t place_of(const struct settlement *s, const struct settled_slot *slot, int64_t length_ms)
{
    return (slot->from_utc_ms - meter_slot_start(s->from_utc_ms)) / length_ms;
}

static bool fits(const struct settlement *s, int64_t length_ms)
{
    for (size_t i = 0; i < s->n_parties; i++) {
        const struct settled_party *p = &s->parties[i];
        size_t n = p->n_slots > 0;
        for (size_t j = 1; j < p->n_slots; j++)
            n += place_of(s, &p->slots[j], length_ms) != place_of(s, &p->slots[j - 1], length_ms);
        if (n > most_slots(s))
            return false;
    }
    return true;
}

// Energies of `count` slots over the time from the first to the last; NAN of any is NAN of all.
static struct settled_slot merged(const struct settled_slot *slots, size_t count)
{
    struct settled_slot all = {
        .from_utc_ms = slots[0].from_utc_ms, .until_utc_ms = slots[count - 1].until_utc_ms, .measured = true};
    for (size_t i = 0; i < count; i++) {
        double share =
            (double)(slots[i].until_utc_ms - slots[i].from_utc_ms) / (double)(all.until_utc_ms - all.from_utc_ms);
        all.baseline_w += slots[i].baseline_w * share;
        all.measured_w += slots[i].measured_w * share;
        all.requested_w += slots[i].requested_w * share;
        all.delivered_w += slots[i].delivered_w * share;
        all.measured &= slots[i].measured;
    }
    if (!all.measured)
        all.measured_w = all.delivered_w = NAN;
    return all;
}

static void merge_party(const struct settlement *s, struct settled_party *p, int64_t length_ms)
{
    size_t n = 0;
    for (size_t first = 0, count; first < p->n_slots; first += count) {
        int64_t place = place_of(s, &p->slots[first], length_ms);
        count = 1;
        while (first + count < p->n_slots && place_of(s, &p->slots[first + count], length_ms) == place)
            count++;
        p->slots[n++] = merged(&p->slots[first], count);
    }
    p->n_slots = n;
}

void settle_merge(struct settlement *s)
{
    const int64_t lengths_ms[] = {METER_SLOT_S * INT64_C(1000), HOUR_MS, 4 * HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS};
    enum { N_LENGTHS = sizeof lengths_ms / sizeof *lengths_ms };
    int i = 0;
    while (i < N_LENGTHS - 1 && !fits(s, lengths_ms[i]))
        i++;
    for (size_t party = 0; i > 0 && party < s->n_parties; party++)
        merge_party(s, &s->parties[party], lengths_ms[i]);
}
