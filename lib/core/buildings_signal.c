// SPDX-License-Identifier: GPL-3.0-or-later
// From the plan's steps to the quarter hours that a building is told: steady, so that it can act on them.
//
// A slot keeps what was signalled as long as the plan wants nearly the same. In the slot under way nothing is taken
// back that was asked for: it would only be asked for again.
#include <math.h>
#include <string.h>

#include "core/buildings.h"
#include "core/internal.h"

static const double STEADY_FRAC = 0.05, STEADY_W = 1000, SMALL_FRAC = 0.2; // of the offers

// ---- what the plan wants --------------------------------------------------------------------------------------------

static int64_t step_end_ms(const struct schedule *s, size_t k)
{
    return s->start_utc_ms[k] + (int64_t)(s->hours[k] * 3600e3 + 0.5);
}

// What all buildings have in common, found out once a plan.
struct plan_reading {
    struct instant now;
    int64_t first_utc_ms; // start of the quarter hour under way
    bool asks[SIGNAL_MAX_SLOTS];
    bool step_asks[PLAN_MAX_STEPS];
    int owner[SITE_MAX_ASSETS]; // building of each offer; -1: none that is known
};

static int owner_of(const struct engine *e, const char *offer)
{
    char id[SITE_ID_MAX];
    size_t length = strlen(offer), number = length > 0 ? (size_t)(offer[length - 1] - '0') : SITE_MAX_OFFERS;
    for (size_t b = 0; b < e->site->n_buildings && number < SITE_MAX_OFFERS; b++) {
        building_offer_id(e, (int)b, number, id);
        if (strcmp(offer, id) == 0)
            return (int)b;
    }
    return -1;
}

static void read_plan(const struct engine *e, struct instant now, struct plan_reading *r)
{
    const struct schedule *s = e->plan.schedule;
    r->now = now;
    r->first_utc_ms = now.utc_ms - now.utc_ms % BUILDING_SLOT_MS;
    for (size_t i = 0; i < SIGNAL_MAX_SLOTS; i++) {
        int64_t from = r->first_utc_ms + (int64_t)i * BUILDING_SLOT_MS;
        r->asks[i] = dr_asks(e, from > now.utc_ms ? from : now.utc_ms, from + BUILDING_SLOT_MS);
    }
    for (size_t i = 0; i < s->n_offers && i < SITE_MAX_ASSETS; i++)
        r->owner[i] = owner_of(e, s->offer_ids[i]);
    for (size_t k = 0; k < s->n_steps && k < PLAN_MAX_STEPS; k++)
        r->step_asks[k] = s->n_offers > 0 && dr_asks(e, s->start_utc_ms[k], step_end_ms(s, k));
}

static void planned_w(const struct engine *e, const struct plan_reading *r, int building, double ret_w[PLAN_MAX_STEPS])
{
    const struct schedule *s = e->plan.schedule;
    memset(ret_w, 0, PLAN_MAX_STEPS * sizeof *ret_w);
    for (size_t i = 0; i < s->n_offers && i < SITE_MAX_ASSETS; i++)
        for (size_t k = 0; r->owner[i] == building && k < s->n_steps; k++)
            ret_w[k] += s->offer_w[i * s->n_steps + k];
}

// The part of a quarter hour in which something is asked for, and the mean of it; false: none.
static bool plan_slot(const struct engine *e, const struct plan_reading *r, int64_t from_utc_ms, const double *asked_w,
                      struct building_slot *ret)
{
    const struct schedule *s = e->plan.schedule;
    double sum = 0;
    *ret = (struct building_slot){.from_utc_ms = INT64_MAX};
    for (size_t k = 0; k < s->n_steps; k++) {
        int64_t begins = s->start_utc_ms[k], ends = step_end_ms(s, k), to_utc_ms = from_utc_ms + BUILDING_SLOT_MS;
        begins = begins > from_utc_ms ? begins : from_utc_ms;
        ends = ends < to_utc_ms ? ends : to_utc_ms;
        if (ends <= begins || asked_w[k] <= 0 || !r->step_asks[k])
            continue;
        ret->from_utc_ms = begins < ret->from_utc_ms ? begins : ret->from_utc_ms;
        ret->until_utc_ms = ends;
        sum += asked_w[k] * (double)(ends - begins);
    }
    if (ret->until_utc_ms == 0)
        return false;
    ret->reduction_w = sum / (double)(ret->until_utc_ms - ret->from_utc_ms);
    return true;
}

// ---- steadiness -----------------------------------------------------------------------------------------------------

static double offered_w(const struct engine *e, int building)
{
    const struct site_offer *offers;
    double sum_w = 0;
    size_t n = building_offers(e, building, &offers);
    for (size_t i = 0; i < n; i++)
        sum_w += offers[i].power_w;
    return sum_w;
}

// What was signalled for the quarter hour, if anything.
static const struct building_slot *signalled(const struct building_state *b, int64_t from_utc_ms)
{
    for (size_t i = 0; i < b->n_slots; i++)
        if (b->slots[i].reduction_w > 0 && b->slots[i].from_utc_ms < from_utc_ms + BUILDING_SLOT_MS &&
            b->slots[i].until_utc_ms > from_utc_ms)
            return &b->slots[i];
    return NULL;
}

// True: there is something to say for this quarter hour, and `io_slot` has it.
static bool settle(const struct engine *e, const struct plan_reading *r, int building, size_t quarter, bool wanted,
                   struct building_slot *io_slot)
{
    const struct building_state *b = &e->buildings[building];
    const struct building_slot *old = signalled(b, r->first_utc_ms + (int64_t)quarter * BUILDING_SLOT_MS);
    double most_w = offered_w(e, building), new_w = wanted ? io_slot->reduction_w : 0;
    double steady_w = fmax(STEADY_FRAC * most_w, fmin(STEADY_W, SMALL_FRAC * most_w));
    if (old == NULL)
        return wanted && new_w > fmin(steady_w, 0.5 * most_w) * 0.5;
    bool under_way = r->now.utc_ms >= old->from_utc_ms, near = fabs(new_w - old->reduction_w) <= steady_w;
    bool lowers = new_w < old->reduction_w;
    bool still = r->asks[quarter];
    if (still && !b->failing && !b->opted_out && (near || (under_way && lowers))) {
        int64_t until_utc_ms = wanted ? io_slot->until_utc_ms : old->until_utc_ms;
        *io_slot = *old;
        io_slot->until_utc_ms = until_utc_ms;
        return true;
    }
    if (wanted && under_way)
        io_slot->from_utc_ms = old->from_utc_ms;
    return wanted && new_w > 0;
}

// ---- what it is told ------------------------------------------------------------------------------------------------

static int level_of(double reduction_w, double offered)
{
    if (reduction_w <= 0 || offered <= 0)
        return 0;
    double share = reduction_w / offered;
    return share <= 1.0 / 3 ? 1 : share <= 2.0 / 3 ? 2 : 3;
}

static double tariff_price(const struct engine *e, int building, int64_t utc_ms)
{
    int grid = first_grid_of_bus(e, building_bus(e, building));
    return e->site->n_grids > 0 ? grid_import_price_per_kwh(e, grid >= 0 ? grid : 0, utc_ms) : 0;
}

static double price_of(const struct engine *e, int building, const struct building_slot *s)
{
    const struct site_building *site = &e->site->buildings[building];
    bool dearer = site->incentive == INCENTIVE_CRITICAL_PEAK;
    return site->incentive_per_kwh + (dearer ? tariff_price(e, building, s->from_utc_ms) : 0);
}

static void fill(const struct engine *e, int building, int64_t now_utc_ms, struct building_slot *s)
{
    double expected_w = building_expected_w(e, building, now_utc_ms, s->from_utc_ms, s->until_utc_ms);
    s->limit_w = fmax(0, expected_w - s->reduction_w);
    s->level = level_of(s->reduction_w, offered_w(e, building));
}

// Once it is known what it would have drawn, limits that were told by the forecast follow.
void building_refill(struct engine *e, int building, struct instant now)
{
    struct building_state *b = &e->buildings[building];
    bool moved = false;
    for (size_t i = 0; i < b->n_slots; i++) {
        struct building_slot *s = &b->slots[i];
        double told_w = s->limit_w;
        if (s->reduction_w <= 0)
            continue;
        int64_t from = s->from_utc_ms;
        s->from_utc_ms = from > now.utc_ms ? from : now.utc_ms;
        fill(e, building, now.utc_ms, s);
        s->from_utc_ms = from;
        moved |= fabs(s->limit_w - told_w) > fmax(STEADY_FRAC * s->reduction_w, 1);
    }
    if (moved)
        building_signalled(e, building, now.utc_ms);
}

// Prices alone: a slot as long as the price stays the same, of the next day.
static size_t price_slots(const struct engine *e, int building, int64_t now_utc_ms,
                          struct building_slot ret[static SIGNAL_MAX_SLOTS])
{
    size_t n = 0;
    int64_t at = now_utc_ms - now_utc_ms % BUILDING_SLOT_MS;
    for (int i = 0; i < SIGNAL_MAX_SLOTS; i++, at += BUILDING_SLOT_MS) {
        double price = tariff_price(e, building, at);
        if (n > 0 && ret[n - 1].price_per_kwh == price)
            ret[n - 1].until_utc_ms = at + BUILDING_SLOT_MS;
        else
            ret[n++] = (struct building_slot){.from_utc_ms = at,
                                              .until_utc_ms = at + BUILDING_SLOT_MS,
                                              .limit_w = PLAN_NO_LIMIT_W,
                                              .price_per_kwh = price};
    }
    return n;
}

static bool same_slots(const struct building_slot *a, size_t n_a, const struct building_slot *b, size_t n_b)
{
    bool same = n_a == n_b;
    for (size_t i = 0; i < n_a && same; i++)
        same = a[i].from_utc_ms == b[i].from_utc_ms && a[i].until_utc_ms == b[i].until_utc_ms &&
               a[i].reduction_w == b[i].reduction_w && a[i].price_per_kwh == b[i].price_per_kwh;
    return same;
}

// Prices move on with the clock: news only when a price is another one, or once an hour.
static bool same_prices(const struct engine *e, int building, const struct building_slot *slots, size_t n,
                        int64_t now_utc_ms)
{
    const struct building_state *b = &e->buildings[building];
    if (b->n_slots == 0 || now_utc_ms - b->signalled_utc_ms >= 3600 * 1000)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct building_slot *old = building_slot_at(e, building, slots[i].from_utc_ms);
        if (old != NULL && old->price_per_kwh != slots[i].price_per_kwh)
            return false;
    }
    return true;
}

static size_t asked_slots(const struct engine *e, const struct plan_reading *r, int building,
                          struct building_slot ret[static SIGNAL_MAX_SLOTS])
{
    double asked_w[PLAN_MAX_STEPS];
    size_t n = 0;
    planned_w(e, r, building, asked_w);
    for (size_t i = 0; i < SIGNAL_MAX_SLOTS; i++) {
        struct building_slot slot;
        if (!r->asks[i])
            continue;
        bool wanted = plan_slot(e, r, r->first_utc_ms + (int64_t)i * BUILDING_SLOT_MS, asked_w, &slot);
        if (!settle(e, r, building, i, wanted, &slot))
            continue;
        slot.price_per_kwh = price_of(e, building, &slot);
        ret[n++] = slot;
    }
    return n;
}

// False: its slots are as they were.
static bool take_slots(struct engine *e, const struct plan_reading *r, int building)
{
    struct building_state *b = &e->buildings[building];
    struct building_slot slots[SIGNAL_MAX_SLOTS];
    bool prices = e->site->buildings[building].incentive == INCENTIVE_TIME_OF_USE;
    size_t n = prices ? price_slots(e, building, r->now.utc_ms, slots) : asked_slots(e, r, building, slots);
    if (prices && same_prices(e, building, slots, n, r->now.utc_ms))
        return false;
    if (same_slots(slots, n, b->slots, b->n_slots))
        return false;
    for (size_t i = 0; i < n && !prices; i++)
        fill(e, building, r->now.utc_ms, &slots[i]);
    memcpy(b->slots, slots, n * sizeof *slots);
    b->n_slots = n;
    return true;
}

void buildings_take_plan(struct engine *e, struct instant now)
{
    struct plan_reading r;
    if (e->site->n_buildings == 0)
        return;
    read_plan(e, now, &r);
    for (size_t i = 0; i < e->site->n_buildings; i++)
        if (take_slots(e, &r, (int)i))
            building_signalled(e, (int)i, now.utc_ms);
}
