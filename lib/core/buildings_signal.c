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

// ---- what the plan wants
// ----------------------------------------------------------------------------------------------

static int64_t step_end_ms(const struct schedule *s, size_t k)
{
    return s->start_utc_ms[k] + (int64_t)(s->hours[k] * 3600e3 + 0.5);
}

static double planned_w(const struct engine *e, int building, size_t k)
{
    const struct schedule *s = e->plan.schedule;
    char id[SITE_ID_MAX];
    double sum_w = 0;
    for (size_t i = 0; i < s->n_offers; i++)
        for (size_t n = 0; n < SITE_MAX_OFFERS; n++) {
            building_offer_id(e, building, n, id);
            if (strcmp(s->offer_ids[i], id) == 0)
                sum_w += s->offer_w[i * s->n_steps + k];
        }
    return sum_w;
}

// The part of a quarter hour in which something is asked for, and the mean of it; false: none.
static bool plan_slot(const struct engine *e, int64_t from_utc_ms, const double *asked_w, struct building_slot *ret)
{
    const struct schedule *s = e->plan.schedule;
    double sum = 0;
    *ret = (struct building_slot){.from_utc_ms = INT64_MAX};
    for (size_t k = 0; k < s->n_steps; k++) {
        int64_t begins = s->start_utc_ms[k], ends = step_end_ms(s, k), to_utc_ms = from_utc_ms + BUILDING_SLOT_MS;
        begins = begins > from_utc_ms ? begins : from_utc_ms;
        ends = ends < to_utc_ms ? ends : to_utc_ms;
        if (ends <= begins || asked_w[k] <= 0 || !buildings_may_be_asked(e, begins, ends))
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

// ---- steadiness
// -------------------------------------------------------------------------------------------------------

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
static bool settle(const struct engine *e, int building, int64_t from_utc_ms, int64_t now_utc_ms, bool wanted,
                   struct building_slot *io_slot)
{
    const struct building_state *b = &e->buildings[building];
    const struct building_slot *old = signalled(b, from_utc_ms);
    double most_w = offered_w(e, building), new_w = wanted ? io_slot->reduction_w : 0;
    double steady_w = fmax(STEADY_FRAC * most_w, fmin(STEADY_W, SMALL_FRAC * most_w));
    if (old == NULL)
        return wanted && new_w > fmin(steady_w, 0.5 * most_w) * 0.5;
    bool under_way = now_utc_ms >= old->from_utc_ms, near = fabs(new_w - old->reduction_w) <= steady_w;
    bool lowers = new_w < old->reduction_w;
    bool still =
        buildings_may_be_asked(e, old->from_utc_ms > now_utc_ms ? old->from_utc_ms : now_utc_ms, old->until_utc_ms);
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

// ---- what it is told
// --------------------------------------------------------------------------------------------------

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

static void fill(const struct engine *e, int building, int64_t now_utc_ms, struct building_slot *s)
{
    const struct site_building *site = &e->site->buildings[building];
    double expected_w = building_expected_w(e, building, now_utc_ms, s->from_utc_ms, s->until_utc_ms);
    s->limit_w = fmax(0, expected_w - s->reduction_w);
    s->level = level_of(s->reduction_w, offered_w(e, building));
    s->price_per_kwh = site->incentive_per_kwh;
    if (site->incentive == INCENTIVE_CRITICAL_PEAK)
        s->price_per_kwh += tariff_price(e, building, s->from_utc_ms);
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

static size_t asked_slots(const struct engine *e, int building, struct instant now,
                          struct building_slot ret[static SIGNAL_MAX_SLOTS])
{
    double asked_w[PLAN_MAX_STEPS];
    size_t n = 0;
    int64_t at = now.utc_ms - now.utc_ms % BUILDING_SLOT_MS;
    for (size_t k = 0; k < e->plan.schedule->n_steps; k++)
        asked_w[k] = planned_w(e, building, k);
    for (int i = 0; i < SIGNAL_MAX_SLOTS; i++, at += BUILDING_SLOT_MS) {
        struct building_slot slot;
        bool wanted = plan_slot(e, at, asked_w, &slot);
        if (!settle(e, building, at, now.utc_ms, wanted, &slot))
            continue;
        ret[n++] = slot;
    }
    return n;
}

bool building_plan_slots(struct engine *e, int building, struct instant now)
{
    struct building_state *b = &e->buildings[building];
    struct building_slot slots[SIGNAL_MAX_SLOTS];
    bool prices = e->site->buildings[building].incentive == INCENTIVE_TIME_OF_USE;
    size_t n = prices ? price_slots(e, building, now.utc_ms, slots) : asked_slots(e, building, now, slots);
    if (prices && same_prices(e, building, slots, n, now.utc_ms))
        return false;
    for (size_t i = 0; i < n && !prices; i++)
        fill(e, building, now.utc_ms, &slots[i]);
    if (same_slots(slots, n, b->slots, b->n_slots))
        return false;
    memcpy(b->slots, slots, n * sizeof *slots);
    b->n_slots = n;
    return true;
}
