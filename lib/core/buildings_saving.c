// SPDX-License-Identifier: GPL-3.0-or-later
// What buildings said and were told, as JSON and back: a restart neither forgets an opt-out nor asks twice for what an
// offer can give once.
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "core/buildings.h"
#include "core/saving.h"

static const int64_t LATEST_MS = INT64_C(253402300799000); // 9999
static const double LARGEST = 1e12;

// ---- out ------------------------------------------------------------------------------------------------------------

static json_t *numbers(const double *values, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_real(values[i]));
    return list;
}

static json_t *pack_offers(const struct building_state *b)
{
    json_t *list = json_array();
    for (size_t i = 0; i < (b->has_offers ? b->n_offers : 0); i++)
        json_array_append_new(list, json_pack("[i, f, f, i]", (int)b->offers[i].tier, b->offers[i].power_w,
                                              b->offers[i].price_per_kwh, b->offers[i].max_duration_s));
    return list;
}

static json_t *pack_slots(const struct building_state *b)
{
    json_t *list = json_array();
    for (size_t i = 0; i < b->n_slots; i++) {
        const struct building_slot *s = &b->slots[i];
        json_array_append_new(list,
                              json_pack("[I, I, f, f, i, f]", (json_int_t)s->from_utc_ms, (json_int_t)s->until_utc_ms,
                                        s->reduction_w, s->limit_w, s->level, s->price_per_kwh));
    }
    return list;
}

static json_t *pack_past(const struct building_state *b)
{
    json_t *list = json_array();
    for (size_t i = 0; i < BUILDING_HISTORY; i++)
        if (b->past[i].asked_wh > 0)
            json_array_append_new(list, json_pack("[I, f]", (json_int_t)b->past[i].start_utc_ms, b->past[i].asked_wh));
    return list;
}

json_t *save_building(const struct engine *e, int building)
{
    const struct building_state *b = &e->buildings[building];
    json_t *json =
        json_pack("{s:b, s:b, s:I, s:b, s:I, s:I, s:I, s:I, s:b, s:f, s:f}", "accepted", (int)b->accepted, "opted_out",
                  (int)b->opted_out, "word_until_ms", (json_int_t)b->word_until_utc_ms, "has_offers",
                  (int)b->has_offers, "offers_until_ms", (json_int_t)b->offers_until_utc_ms, "version",
                  (json_int_t)b->version, "signalled_ms", (json_int_t)b->signalled_utc_ms, "event_ms",
                  (json_int_t)b->event_utc_ms, "failing", (int)b->failing, "most_w", b->most_w, "noise_w", b->noise_w);
    json_object_set_new(json, "offers", pack_offers(b));
    json_object_set_new(json, "slots", pack_slots(b));
    json_object_set_new(json, "past", pack_past(b));
    json_object_set_new(json, "used_wh", numbers(b->used_wh, SITE_MAX_OFFERS));
    json_object_set_new(json, "expected_w", numbers(b->expected_w, b->event_utc_ms != 0 ? BUILDING_EXPECTED : 0));
    return json;
}

// ---- and back -------------------------------------------------------------------------------------------------------

static bool is_instant(json_int_t utc_ms)
{
    return utc_ms >= 0 && utc_ms <= LATEST_MS;
}

// At most `most` numbers; the others stay as they are.
static bool take_numbers(json_t *list, double *ret, size_t most)
{
    json_t *item;
    size_t i;
    if (!json_is_array(list) || json_array_size(list) > most)
        return false;
    json_array_foreach(list, i, item)
    {
        ret[i] = json_number_value(item);
        if (!json_is_number(item) || !in_range(ret[i], 0, LARGEST))
            return false;
    }
    return true;
}

static bool take_offers(json_t *list, struct building_state *b)
{
    json_t *item;
    size_t i;
    if (!json_is_array(list) || json_array_size(list) > SITE_MAX_OFFERS)
        return false;
    json_array_foreach(list, i, item)
    {
        int tier, duration_s;
        struct site_offer *o = &b->offers[i];
        if (json_unpack(item, "[i, F, F, i!]", &tier, &o->power_w, &o->price_per_kwh, &duration_s) < 0 || tier < 0 ||
            tier >= TIER_COUNT || !in_range(o->power_w, 0, PLAN_NO_LIMIT_W) || !in_range(o->price_per_kwh, 0, 1e6) ||
            duration_s < 0 || duration_s > 86400)
            return false;
        o->tier = (enum load_tier)tier;
        o->max_duration_s = duration_s;
        b->n_offers = i + 1;
    }
    return true;
}

static bool take_slots(json_t *list, struct building_state *b)
{
    json_t *item;
    size_t i;
    if (!json_is_array(list) || json_array_size(list) > SIGNAL_MAX_SLOTS)
        return false;
    json_array_foreach(list, i, item)
    {
        json_int_t from, until;
        struct building_slot *s = &b->slots[i];
        if (json_unpack(item, "[I, I, F, F, i, F!]", &from, &until, &s->reduction_w, &s->limit_w, &s->level,
                        &s->price_per_kwh) < 0 ||
            !is_instant(from) || !is_instant(until) || until <= from || s->level < 0 || s->level > 3 ||
            !in_range(s->reduction_w, 0, PLAN_NO_LIMIT_W) || !in_range(s->limit_w, 0, PLAN_NO_LIMIT_W) ||
            !in_range(s->price_per_kwh, -1e6, 1e6))
            return false;
        s->from_utc_ms = from;
        s->until_utc_ms = until;
        b->n_slots = i + 1;
    }
    return true;
}

static bool take_past(json_t *list, struct building_state *b)
{
    json_t *item;
    size_t i;
    if (!json_is_array(list) || json_array_size(list) > BUILDING_HISTORY)
        return false;
    json_array_foreach(list, i, item)
    {
        json_int_t start;
        double wh;
        if (json_unpack(item, "[I, F!]", &start, &wh) < 0 || !is_instant(start) || start % BUILDING_SLOT_MS != 0 ||
            !in_range(wh, 0, LARGEST))
            return false;
        b->past[start / BUILDING_SLOT_MS % BUILDING_HISTORY] =
            (struct building_past){.start_utc_ms = start, .asked_wh = wh};
    }
    return true;
}

static bool take(json_t *json, struct building_state *b)
{
    int accepted, opted_out, has_offers, failing;
    json_int_t word_until, offers_until, version, signalled, event;
    json_t *offers, *slots, *past, *used, *expected;
    if (json_unpack(json, "{s:b, s:b, s:I, s:b, s:I, s:I, s:I, s:I, s:b, s:F, s:F, s:o, s:o, s:o, s:o, s:o!}",
                    "accepted", &accepted, "opted_out", &opted_out, "word_until_ms", &word_until, "has_offers",
                    &has_offers, "offers_until_ms", &offers_until, "version", &version, "signalled_ms", &signalled,
                    "event_ms", &event, "failing", &failing, "most_w", &b->most_w, "noise_w", &b->noise_w, "offers",
                    &offers, "slots", &slots, "past", &past, "used_wh", &used, "expected_w", &expected) < 0)
        return false;
    b->accepted = accepted;
    b->opted_out = opted_out;
    b->has_offers = has_offers;
    b->failing = failing;
    b->word_until_utc_ms = word_until;
    b->offers_until_utc_ms = offers_until;
    b->version = (uint64_t)version;
    b->signalled_utc_ms = signalled;
    b->event_utc_ms = event;
    return is_instant(word_until) && is_instant(offers_until) && version >= 0 && is_instant(signalled) &&
           is_instant(event) && in_range(b->most_w, 0, PLAN_NO_LIMIT_W) && in_range(b->noise_w, 0, PLAN_NO_LIMIT_W) &&
           take_offers(offers, b) && take_slots(slots, b) && take_past(past, b) &&
           take_numbers(used, b->used_wh, SITE_MAX_OFFERS) && take_numbers(expected, b->expected_w, BUILDING_EXPECTED);
}

// What is over is dropped by the first tick. Its signal is published again: the broker may have forgotten it.
int restore_building(struct engine *e, int building, json_t *json)
{
    struct building_state b = {0};
    if (!take(json, &b))
        return AEMS_E_FORMAT;
    e->buildings[building] = b;
    queue_add(&e->queue, TASK_SIGNAL, building);
    return 0;
}
