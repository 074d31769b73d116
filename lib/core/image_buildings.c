// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/buildings.h"
#include "core/image.h"

static void image_integer(struct image *m, int *value)
{
    image_int(m, value, INT32_MIN, INT32_MAX);
}

KNOWS(struct site_offer, 32);
static void image_offers(struct image *m, struct building_state *b)
{
    image_count(m, &b->n_offers, SITE_MAX_OFFERS);
    for (size_t i = 0; i < b->n_offers; i++) {
        IMAGE_ENUM(m, b->offers[i].tier, TIER_COUNT);
        image_double(m, &b->offers[i].power_w);
        image_double(m, &b->offers[i].price_per_kwh);
        image_integer(m, &b->offers[i].max_duration_s);
    }
}

KNOWS(struct building_slot, 48);
static void image_slots(struct image *m, struct building_state *b)
{
    image_count(m, &b->n_slots, SIGNAL_MAX_SLOTS);
    for (size_t i = 0; i < b->n_slots; i++) {
        struct building_slot *s = &b->slots[i];
        image_signed(m, &s->from_utc_ms);
        image_signed(m, &s->until_utc_ms);
        image_double(m, &s->reduction_w);
        image_double(m, &s->limit_w);
        image_integer(m, &s->level);
        image_double(m, &s->price_per_kwh);
    }
}

KNOWS(struct building_look, 32);
KNOWS(struct building_watch, 248);
static void image_watch(struct image *m, struct building_watch *w)
{
    image_double(m, &w->asked_w);
    image_double(m, &w->next_w);
    image_signed(m, &w->from_utc_ms);
    for (size_t i = 0; i < BUILDING_LOOKS; i++) {
        image_double(m, &w->looks[i].asked_wh);
        image_double(m, &w->looks[i].delivered_wh);
        image_double(m, &w->looks[i].s);
        image_double(m, &w->looks[i].lost_s);
    }
    image_unsigned(m, &w->n_looks);
    image_signed(m, &w->slot_utc_ms);
    image_double(m, &w->slot_wh);
    image_double(m, &w->slot_s);
}

KNOWS(struct building_state, 9688);
void image_building(struct image *m, struct building_state *b)
{
    image_bool(m, &b->accepted);
    image_bool(m, &b->opted_out);
    image_signed(m, &b->word_until_utc_ms);
    image_bool(m, &b->has_offers);
    image_signed(m, &b->offers_until_utc_ms);
    image_offers(m, b);
    image_slots(m, b);
    image_unsigned(m, &b->version);
    image_signed(m, &b->signalled_utc_ms);
    for (size_t i = 0; i < BUILDING_HISTORY; i++) {
        image_signed(m, &b->past[i].start_utc_ms);
        image_double(m, &b->past[i].asked_wh);
    }
    image_signed(m, &b->event_utc_ms);
    for (size_t i = 0; i < SITE_MAX_OFFERS; i++)
        image_double(m, &b->used_wh[i]);
    for (size_t i = 0; i < BUILDING_EXPECTED; i++)
        image_double(m, &b->expected_w[i]);
    image_double(m, &b->noise_w);
    image_bool(m, &b->failing);
    image_double(m, &b->most_w);
    for (size_t i = 0; i < BUILDING_RECENT; i++) {
        image_signed(m, &b->recent[i].start_utc_ms);
        image_double(m, &b->recent[i].wh);
        image_double(m, &b->recent[i].measured_s);
    }
    image_watch(m, &b->watch);
}
