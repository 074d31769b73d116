// SPDX-License-Identifier: GPL-3.0-or-later
// Buildings that are asked to draw less: what they offer, what they say, and when that changes anything.
#include "core/buildings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "core/internal.h"

static const int64_t LONGEST_WORD_MS = INT64_C(31) * 24 * 3600 * 1000;
static const double HIGHEST_PRICE = 1e6;

int buildings_start(struct engine *e)
{
    e->buildings = calloc(e->site->n_buildings + 1, sizeof *e->buildings);
    return e->buildings != NULL ? 0 : AEMS_E_NOMEM;
}

void buildings_free(struct engine *e)
{
    free(e->buildings);
}

// ---- offers ---------------------------------------------------------------------------------------------------------

size_t building_offers(const struct engine *e, int building, const struct site_offer **ret_offers)
{
    const struct building_state *b = &e->buildings[building];
    *ret_offers = b->has_offers ? b->offers : e->site->buildings[building].offers;
    return b->has_offers ? b->n_offers : e->site->buildings[building].n_offers;
}

// Names of offers are short enough to be ids, whatever the building's is.
void building_offer_id(const struct engine *e, int building, size_t number, char ret_id[static SITE_ID_MAX])
{
    snprintf(ret_id, SITE_ID_MAX, "%.45s-%zu", e->site->buildings[building].id, number % 10);
}

int building_bus(const struct engine *e, int building)
{
    const struct site_building *b = &e->site->buildings[building];
    return b->n_loads > 0 ? e->site->loads[b->loads[0]].bus : 0;
}

// Of equal prices what matters least goes first.
static bool goes_before(const struct site_offer *a, const struct site_offer *b)
{
    return a->price_per_kwh < b->price_per_kwh || (a->price_per_kwh == b->price_per_kwh && a->tier > b->tier);
}

// Numbers of the offers, the cheapest first.
static void rank(const struct site_offer *offers, size_t n, size_t ret_order[static SITE_MAX_OFFERS])
{
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        for (; at > 0 && goes_before(&offers[i], &offers[ret_order[at - 1]]); at--)
            ret_order[at] = ret_order[at - 1];
        ret_order[at] = i;
    }
}

static bool may_ask(const struct engine *e, int building, int64_t from_utc_ms)
{
    const struct building_state *b = &e->buildings[building];
    bool silent = b->opted_out && from_utc_ms < b->word_until_utc_ms;
    return !silent && e->site->buildings[building].incentive != INCENTIVE_TIME_OF_USE;
}

void building_share_w(const struct engine *e, int building, int64_t from_utc_ms, int64_t to_utc_ms, double drawn_w,
                      double ret_w[static SITE_MAX_OFFERS])
{
    const struct building_state *b = &e->buildings[building];
    const struct site_offer *offers;
    size_t order[SITE_MAX_OFFERS], n = building_offers(e, building, &offers);
    double left_w = may_ask(e, building, from_utc_ms) && to_utc_ms > from_utc_ms ? fmax(drawn_w, 0) : 0;
    if (b->failing)
        left_w = fmin(left_w, b->most_w);
    rank(offers, n, order);
    for (size_t i = 0; i < SITE_MAX_OFFERS; i++)
        ret_w[i] = 0;
    for (size_t i = 0; i < n; i++) {
        ret_w[order[i]] = fmin(offers[order[i]].power_w, left_w);
        left_w -= ret_w[order[i]];
    }
}

double building_left_wh(const struct engine *e, int building, size_t number)
{
    const struct site_offer *offers;
    if (number >= building_offers(e, building, &offers))
        return 0;
    double whole_wh = offers[number].power_w * offers[number].max_duration_s / 3600.0;
    return fmax(0, whole_wh - e->buildings[building].used_wh[number]);
}

// Without the grid nothing is asked for the grid's sake.
static bool is_on_island(const struct engine *e, int building)
{
    const struct site_building *b = &e->site->buildings[building];
    for (size_t i = 0; i < b->n_loads; i++)
        if (bus_is_alone(e, e->site->loads[b->loads[i]].bus))
            return true;
    return false;
}

double building_offer_w(const struct engine *e, int building, size_t number, int64_t from_utc_ms, int64_t to_utc_ms)
{
    double share_w[SITE_MAX_OFFERS], now_ms = (double)e->last_tick.utc_ms;
    if (number >= SITE_MAX_OFFERS || is_on_island(e, building))
        return 0;
    double drawn_w = building_expected_w(e, building, (int64_t)now_ms, from_utc_ms, to_utc_ms);
    building_share_w(e, building, from_utc_ms, to_utc_ms, drawn_w, share_w);
    return share_w[number];
}

// ---- what it draws --------------------------------------------------------------------------------------------------

double building_drawn_w(const struct engine *e, int building, uint64_t now_mono_ms)
{
    const struct site_building *b = &e->site->buildings[building];
    double sum_w = 0;
    for (size_t i = 0; i < b->n_loads; i++) {
        int asset = asset_of(e, ASSET_LOAD, b->loads[i]);
        if (!asset_known(e, asset, now_mono_ms))
            return (double)NAN;
        sum_w -= e->assets[asset].good.v;
    }
    return fmax(sum_w, 0);
}

double building_expected_w(const struct engine *e, int building, int64_t now_utc_ms, int64_t from_utc_ms,
                           int64_t to_utc_ms)
{
    const struct building_state *b = &e->buildings[building];
    const struct site_building *site = &e->site->buildings[building];
    double sum_w = 0;
    if (b->event_utc_ms != 0 && from_utc_ms >= b->event_utc_ms) {
        int64_t slot = (from_utc_ms - b->event_utc_ms) / BUILDING_SLOT_MS;
        return b->expected_w[slot % BUILDING_EXPECTED];
    }
    for (size_t i = 0; i < site->n_loads; i++)
        sum_w += forecast_load_w(e->forecast, site->loads[i], now_utc_ms, from_utc_ms, to_utc_ms);
    return sum_w;
}

// ---- what is asked --------------------------------------------------------------------------------------------------

const struct building_slot *building_slot_at(const struct engine *e, int building, int64_t utc_ms)
{
    const struct building_state *b = &e->buildings[building];
    for (size_t i = 0; i < b->n_slots; i++)
        if (utc_ms >= b->slots[i].from_utc_ms && utc_ms < b->slots[i].until_utc_ms)
            return &b->slots[i];
    return NULL;
}

double building_asked_w(const struct engine *e, int building, int64_t utc_ms)
{
    const struct building_slot *slot = building_slot_at(e, building, utc_ms);
    if (slot != NULL)
        return slot->reduction_w;
    int64_t start = utc_ms - utc_ms % BUILDING_SLOT_MS;
    const struct building_past *p =
        &e->buildings[building]
             .past[(size_t)(start / BUILDING_SLOT_MS % BUILDING_HISTORY + BUILDING_HISTORY) % BUILDING_HISTORY];
    return p->start_utc_ms == start ? p->asked_wh * 3600e3 / BUILDING_SLOT_MS : 0;
}

void building_signalled(struct engine *e, int building, int64_t utc_ms)
{
    e->buildings[building].version++;
    e->buildings[building].signalled_utc_ms = utc_ms;
    queue_add(&e->queue, TASK_SIGNAL, building);
    queue_add(&e->queue, TASK_SAVE_BUILDING, building);
    queue_add(&e->queue, TASK_PUBLISH_STATE, 0);
}

// ---- its word -------------------------------------------------------------------------------------------------------

// What its loads could draw at most.
static double most_drawn_w(const struct engine *e, int building)
{
    const struct site_building *b = &e->site->buildings[building];
    double sum_w = 0;
    for (size_t i = 0; i < b->n_loads; i++)
        sum_w += e->site->loads[b->loads[i]].peak_w;
    return sum_w;
}

static int judge_offers(struct engine *e, const struct building_reply *r)
{
    double sum_w = 0, most_w = most_drawn_w(e, r->building);
    if (r->n_offers > SITE_MAX_OFFERS) {
        refuse(e, "more than %d offers", (int)SITE_MAX_OFFERS);
        return AEMS_E_REFUSED;
    }
    for (size_t i = 0; i < r->n_offers; i++) {
        const struct site_offer *o = &r->offers[i];
        if (!in_range(o->power_w, 1, most_w) || !in_range(o->price_per_kwh, 0, HIGHEST_PRICE) ||
            o->max_duration_s < 60 || o->max_duration_s > 86400 || (unsigned)o->tier >= TIER_COUNT) {
            refuse(e,
                   "offers[%zu]: expected a power of up to the %.1f kW that its loads draw, a price of 0 to 1e6 per "
                   "kWh and a duration of 1 min to 24 h",
                   i, most_w / 1000);
            return AEMS_E_REFUSED;
        }
        sum_w += o->power_w;
    }
    if (sum_w > most_w * (1 + 1e-9)) {
        refuse(e, "offers of %.1f kW together are more than the %.1f kW that its loads draw", sum_w / 1000,
               most_w / 1000);
        return AEMS_E_REFUSED;
    }
    return 0;
}

// When what is asked of the area now, or next, is over: at most a day is looked through.
static int64_t asked_until_ms(const struct engine *e, int64_t now_utc_ms)
{
    const int64_t minute_ms = 60000;
    int64_t until = 0, first = now_utc_ms - now_utc_ms % BUILDING_SLOT_MS;
    for (int i = SIGNAL_MAX_SLOTS - 1; i >= 0 && until == 0; i--) { // from behind: the last one counts
        int64_t slot = first + i * BUILDING_SLOT_MS;
        if (dr_asks(e, slot > now_utc_ms ? slot : now_utc_ms, slot + BUILDING_SLOT_MS))
            until = slot + BUILDING_SLOT_MS;
    }
    // It may have ended within the last quarter hour.
    while (until != 0 && !dr_asks(e, until - minute_ms, until))
        until -= minute_ms;
    return until;
}

static int judge_word(struct engine *e, const struct building_reply *r, int64_t now_utc_ms, int64_t *ret_until_utc_ms)
{
    char signal[DR_ID_SIZE];
    snprintf(signal, sizeof signal, "signal-%s", e->site->buildings[r->building].id);
    if (r->event[0] != '\0' && strcmp(r->event, signal) != 0) {
        refuse(e, "event: expected \"%.60s\", the id of its signal", signal);
        return AEMS_E_REFUSED;
    }
    if (r->until_utc_ms != 0 && (r->until_utc_ms <= now_utc_ms || r->until_utc_ms - now_utc_ms > LONGEST_WORD_MS)) {
        refuse(e, "until: expected a time in the next 31 days");
        return AEMS_E_REFUSED;
    }
    *ret_until_utc_ms = r->until_utc_ms != 0 ? r->until_utc_ms : asked_until_ms(e, now_utc_ms);
    if (*ret_until_utc_ms == 0 && !r->accepts) {
        refuse(e, "nothing is asked at present: say until when to opt out");
        return AEMS_E_REFUSED;
    }
    return judge_offers(e, r);
}

// Nothing more is asked of it, now.
static void let_go(struct engine *e, int building, int64_t utc_ms)
{
    struct building_state *b = &e->buildings[building];
    bool asked = false;
    for (size_t i = 0; i < b->n_slots; i++) {
        asked |= b->slots[i].reduction_w > 0;
        b->slots[i].reduction_w = 0;
        b->slots[i].level = 0;
        b->slots[i].limit_w = PLAN_NO_LIMIT_W;
    }
    if (!asked)
        return;
    b->n_slots = 0;
    building_signalled(e, building, utc_ms);
}

int buildings_consume(struct engine *e, const struct event *event)
{
    const struct building_reply *r = &event->reply;
    int64_t until;
    if (r->building < 0 || (size_t)r->building >= e->site->n_buildings)
        return AEMS_E_RANGE;
    int result = judge_word(e, r, event->at.utc_ms, &until);
    if (result < 0)
        return result;
    struct building_state *b = &e->buildings[r->building];
    b->accepted = r->accepts && until != 0;
    b->opted_out = !r->accepts;
    b->word_until_utc_ms = until;
    if (r->n_offers > 0) {
        b->has_offers = true;
        b->offers_until_utc_ms = r->until_utc_ms;
        b->n_offers = r->n_offers;
        memcpy(b->offers, r->offers, sizeof b->offers);
    }
    if (b->opted_out)
        let_go(e, r->building, event->at.utc_ms);
    queue_add(&e->queue, TASK_SAVE_BUILDING, r->building);
    queue_add(&e->queue, TASK_PUBLISH_STATE, 0);
    planning_request(e);
    return 0;
}

// ---- each tick ------------------------------------------------------------------------------------------------------

static void expire_word(struct engine *e, int building, int64_t utc_ms)
{
    struct building_state *b = &e->buildings[building];
    bool word = (b->accepted || b->opted_out) && utc_ms >= b->word_until_utc_ms;
    bool offers = b->has_offers && b->offers_until_utc_ms != 0 && utc_ms >= b->offers_until_utc_ms;
    if (!word && !offers)
        return;
    if (word)
        b->accepted = b->opted_out = false;
    if (offers)
        b->has_offers = false;
    queue_add(&e->queue, TASK_SAVE_BUILDING, building);
    planning_suggest(e);
}

// Asked for what nobody wants any more: an event was withdrawn, or has ended.
static bool is_needless(const struct engine *e, const struct building_slot *s, int64_t now_utc_ms, bool asked,
                        bool changed)
{
    int64_t from = s->from_utc_ms > now_utc_ms ? s->from_utc_ms : now_utc_ms;
    bool soon = s->until_utc_ms <= now_utc_ms + BUILDING_SLOT_MS;
    if (s->reduction_w <= 0)
        return false;
    return (soon && !asked) || (changed && !dr_asks(e, from, s->until_utc_ms));
}

static void drop_slots(struct engine *e, int building, struct instant now, bool asked, bool changed)
{
    struct building_state *b = &e->buildings[building];
    size_t kept = 0, before = b->n_slots;
    bool needless = false;
    for (size_t i = 0; i < before; i++) {
        bool over = b->slots[i].until_utc_ms <= now.utc_ms;
        bool drop = !over && is_needless(e, &b->slots[i], now.utc_ms, asked, changed);
        needless |= drop;
        if (!over && !drop)
            b->slots[kept++] = b->slots[i];
    }
    b->n_slots = kept;
    if (needless || (before > 0 && kept == 0))
        building_signalled(e, building, now.utc_ms);
}

// What is asked changes with the time, which the next quarter of an hour shows, and by somebody's word, after which a
// new plan is always asked for.
void buildings_tick(struct engine *e, struct instant now, uint64_t dt_mono_ms)
{
    if (e->site->n_buildings == 0)
        return;
    bool asked = dr_asks(e, now.utc_ms, now.utc_ms + BUILDING_SLOT_MS);
    bool changed = e->plan.next_utc_ms == NEVER_MS;
    for (size_t i = 0; i < e->site->n_buildings; i++) {
        expire_word(e, (int)i, now.utc_ms);
        drop_slots(e, (int)i, now, asked, changed);
        building_watch_tick(e, (int)i, now, area_seconds(e, dt_mono_ms), asked);
    }
}

// ---- what is known --------------------------------------------------------------------------------------------------

void engine_building(const struct engine *e, int building, struct instant now, struct building_view *ret_view)
{
    const struct building_state *b = &e->buildings[building];
    const struct building_slot *slot = building_slot_at(e, building, now.utc_ms);
    double share_w[SITE_MAX_OFFERS], drawn_w = building_drawn_w(e, building, now.mono_ms);
    double expected_w = building_expected_w(e, building, now.utc_ms, now.utc_ms, now.utc_ms + BUILDING_SLOT_MS);
    building_share_w(e, building, now.utc_ms, now.utc_ms + 1, expected_w, share_w);
    *ret_view = (struct building_view){
        .opted_out = b->opted_out, .accepted = b->accepted, .failing = b->failing, .drawn_w = drawn_w};
    for (size_t i = 0; i < SITE_MAX_OFFERS; i++)
        ret_view->offered_w += share_w[i];
    ret_view->until_utc_ms = b->accepted || b->opted_out ? b->word_until_utc_ms : 0;
    ret_view->asked_w = slot != NULL ? slot->reduction_w : 0;
    ret_view->delivered_w = b->watch.slot_s > 0 && b->event_utc_ms != 0 ? b->watch.slot_wh * 3600 / b->watch.slot_s : 0;
    ret_view->slots = b->slots;
    ret_view->n_slots = b->n_slots;
    ret_view->version = b->version;
    ret_view->signalled_utc_ms = b->signalled_utc_ms;
}
