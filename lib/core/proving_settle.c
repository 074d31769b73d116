// SPDX-License-Identifier: GPL-3.0-or-later
// What an event that is over comes to, for the area and every building.
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
        sum_w += p->slots[i].requested_w;
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

static int settle_parties(const struct engine *e, const struct ended_event *o, struct settlement *s)
{
    int result = settle_target(e, o, &s->parties[0]);
    if (result < 0)
        return result;
    s->n_parties = 1;
    for (size_t b = 0; b < e->site->n_buildings; b++) {
        result = settle_building(e, (int)b, o, &s->parties[0], &s->parties[s->n_parties]);
        if (result == AEMS_E_NOMEM)
            return result;
        s->n_parties += result == 0;
    }
    return 0;
}

int settle_event(const struct engine *e, const struct ended_event *o, struct settlement **ret_settlement)
{
    struct settlement *s = calloc(1, sizeof *s);
    if (s == NULL)
        return AEMS_E_NOMEM;
    s->parties = calloc(1 + e->site->n_buildings, sizeof *s->parties);
    (void)text_copy(s->event, sizeof s->event, o->event->id);
    (void)text_copy(s->name, sizeof s->name, o->event->name);
    (void)text_copy(s->program, sizeof s->program, o->event->program);
    s->from_utc_ms = o->event->from_utc_ms;
    s->until_utc_ms = o->until_utc_ms;
    s->cancelled = o->cancelled;
    int result = s->parties != NULL ? settle_parties(e, o, s) : AEMS_E_NOMEM;
    if (result < 0)
        settlement_free(s);
    else
        *ret_settlement = s;
    return result;
}
