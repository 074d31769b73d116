// SPDX-License-Identifier: GPL-3.0-or-later
// What an event that is over comes to, for the area and every building.
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/text.h"
#include "core/internal.h"
#include "core/proving.h"

struct terms {
    enum incentive_kind kind;
    double incentive_per_kwh, penalty_per_kwh;
};

static void begin_party(const struct engine *e, int party, enum baseline_method method, struct settled_party *p)
{
    *p = (struct settled_party){.method = method};
    (void)text_copy(p->id, sizeof p->id, party_id(e->site, party));
}

static void finish_party(struct settled_party *p, const struct terms *t)
{
    settle_sums(p);
    settle_money(p, t->kind, t->incentive_per_kwh, t->penalty_per_kwh);
}

static int settle_target(const struct engine *e, const struct ended_event *o, struct settled_party *p)
{
    const struct site_dr *dr = &e->site->dr;
    int party = party_of_event(e, o->event);
    begin_party(e, party, dr->baseline, p);
    int result = settle_slots(p, e->site, &e->proving->parties[party].meter, o->event, o->until_utc_ms);
    if (result < 0)
        return result;
    settle_request_of_event(p, e->site, o->event);
    finish_party(p, &(struct terms){INCENTIVE_FIXED, dr->incentive_per_kwh, dr->penalty_per_kwh});
    return 0;
}

static double sum_requested_w(const struct settled_party *p)
{
    double sum_w = 0;
    for (size_t i = 0; i < p->n_slots; i++)
        sum_w += isfinite(p->slots[i].requested_w) ? p->slots[i].requested_w : 0;
    return sum_w;
}

// Whose terms have something to say even where nothing was asked of it.
static bool takes_part(const struct site_building *b, const struct settled_party *target)
{
    return (b->incentive == INCENTIVE_CRITICAL_PEAK || b->incentive == INCENTIVE_REBATE) && sum_requested_w(target) > 0;
}

// Was it asked for anything in the event's time? Cheap, before baselines are worked out for nothing.
static bool was_asked(const struct meter *m, const struct ended_event *o)
{
    for (int64_t t = o->until_utc_ms - 1; t >= meter_slot_start(o->event->from_utc_ms); t -= METER_SLOT_S * 1000) {
        const struct meter_slot *slot = meter_slot_kept(m, t);
        if (slot == NULL && t < m->last_utc_ms) // nothing older is kept
            return false;
        if (slot != NULL && slot->asked_w > 0)
            return true;
    }
    return false;
}

// AEMS_E_NOT_FOUND: it has no part in the event.
static int settle_building(const struct engine *e, int building, const struct ended_event *o,
                           const struct settled_party *target, struct settled_party *p)
{
    const struct site_building *b = &e->site->buildings[building];
    const struct meter *m = &e->proving->parties[party_of_building(building)].meter;
    if (!was_asked(m, o) && !takes_part(b, target))
        return AEMS_E_NOT_FOUND;
    begin_party(e, party_of_building(building), b->baseline, p);
    int result = settle_slots(p, e->site, m, o->event, o->until_utc_ms);
    if (result < 0)
        return result;
    settle_request_of_meter(p, m);
    if (sum_requested_w(p) <= 0 && !takes_part(b, target)) {
        settled_party_free(p);
        return AEMS_E_NOT_FOUND;
    }
    finish_party(p, &(struct terms){b->incentive, b->incentive_per_kwh, b->penalty_per_kwh});
    return 0;
}

// ---- party by party -------------------------------------------------------------------------------------------------

static int begin_settlement(const struct engine *e, const struct ended_event *o, struct settlement **ret)
{
    struct settlement *s = calloc(1, sizeof *s);
    if (s == NULL)
        return AEMS_E_NOMEM;
    *ret = s;
    s->parties = calloc(1 + e->site->n_buildings, sizeof *s->parties);
    (void)text_copy(s->event, sizeof s->event, o->event->id);
    (void)text_copy(s->name, sizeof s->name, o->event->name);
    (void)text_copy(s->program, sizeof s->program, o->event->program);
    s->from_utc_ms = o->event->from_utc_ms;
    s->until_utc_ms = o->until_utc_ms;
    s->cancelled = o->cancelled;
    return s->parties != NULL ? 0 : AEMS_E_NOMEM;
}

// Party 0 is the target, then come the buildings.
static int settle_party(const struct engine *e, const struct ended_event *o, size_t number, struct settlement *s)
{
    struct settled_party *p = &s->parties[s->n_parties];
    int result = number == 0 ? settle_target(e, o, p) : settle_building(e, (int)number - 1, o, &s->parties[0], p);
    s->n_parties += result == 0;
    return result == AEMS_E_NOT_FOUND && number > 0 ? 0 : result;
}

void settling_drop(struct proving *p)
{
    settlement_free(p->settling.so_far);
    p->settling = (struct settling){.number = -1};
}

static int64_t slots_of(const struct ended_event *o)
{
    int64_t n = (o->until_utc_ms - o->event->from_utc_ms) / (METER_SLOT_S * 1000) + 1;
    return n < SETTLE_MAX_SLOTS ? n : SETTLE_MAX_SLOTS;
}

// A year that is replayed in seconds has ticks that are few, and nobody waits for the loop.
static size_t parties_a_tick(const struct engine *e, const struct ended_event *o)
{
    enum { SLOTS_A_TICK = 2000 };
    return is_coarse(e) ? e->site->n_buildings + 1 : (size_t)(SLOTS_A_TICK / slots_of(o)) + 1;
}

static int settle_up_to(struct engine *e, const struct ended_event *o, size_t end)
{
    struct settling *t = &e->proving->settling;
    int result = t->so_far == NULL ? begin_settlement(e, o, &t->so_far) : 0;
    for (; result == 0 && t->looked_at < end; t->looked_at++)
        result = settle_party(e, o, t->looked_at, t->so_far);
    return result;
}

int settle_on(struct engine *e, int number, struct settlement **ret_settlement)
{
    struct settling *t = &e->proving->settling;
    const struct ended_event *o = &e->proving->ended[number];
    size_t all = e->site->n_buildings + 1, done = t->number == number ? t->looked_at : 0;
    size_t end = done + parties_a_tick(e, o) < all ? done + parties_a_tick(e, o) : all;
    if (t->number != number || t->so_far == NULL) { // another one, or one whose beginning was not kept
        settling_drop(e->proving);
        t->number = number;
    }
    int result = settle_up_to(e, o, end);
    if (result == 0 && end < all)
        return 0;
    if (result == 0) {
        settle_merge(t->so_far); // as text a month of many buildings would hold the loop for a second
        *ret_settlement = t->so_far;
        t->so_far = NULL;
    }
    settling_drop(e->proving);
    return result < 0 ? result : 1;
}
