// SPDX-License-Identifier: GPL-3.0-or-later
// What the area and every building draw in each quarter hour, and events that are over. Energies are those of
// accounting, counted by the monotonic clock into quarter hours of UTC: setting the clock neither adds nor loses any.
#include "core/proving.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/local_time.h"
#include "core/buildings.h"
#include "core/internal.h"

static const int64_t SANE_UTC_MS = INT64_C(1704067200000); // 2024: earlier, the clock was never set

// ---- parties --------------------------------------------------------------------------------------------------------

static bool is_electric(const struct site *s, size_t grid)
{
    return s->buses[s->grids[grid].bus].carrier == CARRIER_ELECTRICITY;
}

static size_t electric_grids(const struct site *s)
{
    size_t n = 0;
    for (size_t g = 0; g < s->n_grids; g++)
        n += is_electric(s, g);
    return n;
}

size_t proving_n_parties(const struct site *s)
{
    return 1 + s->n_buildings + (electric_grids(s) > 1 ? s->n_grids : 0);
}

int party_of_building(int building)
{
    return building + 1;
}

static int building_of_party(const struct site *s, size_t party) // -1: it is none
{
    return party >= 1 && party <= s->n_buildings ? (int)party - 1 : -1;
}

static int grid_of_party(const struct site *s, size_t party) // -1: it is none
{
    return party > s->n_buildings ? (int)(party - 1 - s->n_buildings) : -1;
}

int party_of_event(const struct engine *e, const struct dr_event *event)
{
    size_t party = 1 + e->site->n_buildings + (size_t)(event->grid >= 0 ? event->grid : 0);
    return event->grid >= 0 && party < e->proving->n_parties ? (int)party : 0;
}

const char *party_id(const struct site *s, int party)
{
    int building = building_of_party(s, (size_t)party), grid = grid_of_party(s, (size_t)party);
    return building >= 0 ? s->buildings[building].id : grid >= 0 ? s->grids[grid].id : s->id;
}

int proving_start(struct engine *e)
{
    struct proving *p = calloc(1, sizeof *p);
    if (p == NULL)
        return AEMS_E_NOMEM;
    e->proving = p;
    p->settling.number = -1;
    p->n_parties = proving_n_parties(e->site);
    p->parties = calloc(p->n_parties, sizeof *p->parties);
    for (size_t i = 0; p->parties != NULL && i < p->n_parties; i++)
        if (meter_start(&p->parties[i].meter) < 0)
            return AEMS_E_NOMEM;
    return p->parties != NULL ? 0 : AEMS_E_NOMEM;
}

void proving_free(struct engine *e)
{
    struct proving *p = e->proving;
    if (p == NULL)
        return;
    for (size_t i = 0; p->parties != NULL && i < p->n_parties; i++)
        meter_free(&p->parties[i].meter);
    for (size_t i = 0; i < DR_MAX_EVENTS; i++)
        dr_event_free(p->ended[i].event);
    settling_drop(p);
    free(p->parties);
    free(p);
    e->proving = NULL;
}

// ---- counting -------------------------------------------------------------------------------------------------------

struct energy {
    double drawn_wh;
    bool known;
};

static void add_asset(const struct engine *e, int asset, double sign, struct energy *io)
{
    const struct asset_state *a = &e->assets[asset];
    io->drawn_wh += sign * (a->energy_in_wh - a->energy_out_wh);
    io->known &= a->integrates;
}

// What a party has drawn since its assets' counters began; not known while one of its meters is not.
static struct energy energy_of(const struct engine *e, size_t party)
{
    const struct site *s = e->site;
    struct energy sum = {0, true};
    int building = building_of_party(s, party), grid = grid_of_party(s, party);
    if (building >= 0) {
        for (size_t i = 0; i < s->buildings[building].n_loads; i++)
            add_asset(e, asset_of(e, ASSET_LOAD, s->buildings[building].loads[i]), -1, &sum);
        return sum;
    }
    for (size_t g = 0; g < s->n_grids; g++)
        if (is_electric(s, g) && (grid < 0 || (size_t)grid == g))
            add_asset(e, asset_of(e, ASSET_GRID, (int)g), 1, &sum);
    return sum;
}

struct span {
    int64_t from, to;
    bool counts; // not over a gap
};

struct asking {
    bool on;
    double reduction_w;
};

static bool signal_asks(const struct dr_event *event, int64_t utc_ms)
{
    const struct dr_signal *level = dr_event_signal_at(event, DR_SIMPLE, utc_ms);
    const struct dr_signal *relative = dr_event_signal_at(event, DR_SETPOINT_RELATIVE, utc_ms);
    return (level != NULL && level->value > 0) || (relative != NULL && relative->value < 0) ||
           dr_event_signal_at(event, DR_IMPORT_LIMIT, utc_ms) != NULL ||
           dr_event_signal_at(event, DR_SETPOINT, utc_ms) != NULL ||
           dr_event_signal_at(event, DR_EMERGENCY, utc_ms) != NULL;
}

// Is the area asked to draw less, by an event or an operator's word? A fail-safe limit is no event: a restart would
// else spoil a day for every baseline.
static bool area_is_asked(const struct engine *e, int64_t utc_ms)
{
    const struct dr_timeline *t = engine_dr_events(e);
    for (size_t i = 0; i < t->count; i++)
        if (utc_ms >= t->events[i]->from_utc_ms && utc_ms < t->events[i]->until_utc_ms &&
            signal_asks(t->events[i], utc_ms))
            return true;
    for (size_t i = 0; i < e->limits.count; i++) {
        const struct grid_limit *l = &e->limits.limits[i];
        bool asks = l->import_limit_w < PLAN_NO_LIMIT_W || l->incentive_per_kwh > 0;
        if (asks && utc_ms >= l->from_utc_ms && utc_ms < l->until_utc_ms)
            return true;
    }
    return false;
}

static struct asking asking_of(const struct engine *e, size_t party, bool area_asked, int64_t utc_ms)
{
    int building = building_of_party(e->site, party);
    if (building < 0)
        return (struct asking){area_asked, 0};
    double reduction_w = building_asked_w(e, building, utc_ms);
    return (struct asking){reduction_w > 0 || building_slot_at(e, building, utc_ms) != NULL, reduction_w};
}

// The present day when one of its quarter hours is complete, and the day before when it was that one's last.
static void save_closed(struct engine *e, size_t party, int64_t closed_utc_ms, int64_t now_utc_ms)
{
    size_t n = e->proving->n_parties;
    if (closed_utc_ms > 0 && local_day_start_ms(closed_utc_ms) != local_day_start_ms(now_utc_ms))
        queue_add(&e->queue, TASK_SAVE_METER, (int)(party + n));
    queue_add(&e->queue, TASK_SAVE_METER, (int)party);
}

static void count(struct engine *e, size_t party, const struct span *s)
{
    struct party *p = &e->proving->parties[party];
    struct energy energy = energy_of(e, party);
    p->tick_wh = p->continued && energy.known && s->counts ? energy.drawn_wh - p->last_wh : NAN;
    meter_reach(&p->meter, s->to);
    if (isfinite(p->tick_wh))
        meter_count(&p->meter, s->from, s->to, p->tick_wh);
    p->continued = energy.known;
    p->last_wh = energy.drawn_wh;
    int64_t slot = meter_slot_start(s->to);
    if (slot == p->slot_utc_ms)
        return;
    save_closed(e, party, p->slot_utc_ms, s->to);
    p->slot_utc_ms = slot;
}

// Part by part of a tick that goes over the ends of quarter hours, as in replay.
static void mark(struct engine *e, const struct span *s)
{
    for (int64_t at = s->from, end; at < s->to; at = end) {
        end = meter_slot_end(at + 1) < s->to ? meter_slot_end(at + 1) : s->to;
        bool asked = area_is_asked(e, end - 1);
        for (size_t i = 0; i < e->proving->n_parties; i++) {
            struct party *p = &e->proving->parties[i];
            struct asking asking = asking_of(e, i, asked, end - 1);
            if (asking.on)
                meter_mark(&p->meter, at, end, p->tick_wh * (double)(end - at) / (double)(s->to - s->from),
                           asking.reduction_w);
        }
    }
}

// ---- events that are over -------------------------------------------------------------------------------------------

static bool is_settled(const struct dr_event *event)
{
    static const enum dr_signal_kind kinds[] = {DR_SIMPLE, DR_IMPORT_LIMIT, DR_SETPOINT, DR_SETPOINT_RELATIVE,
                                                DR_EMERGENCY};
    bool asks = event->wants_report;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        asks |= dr_event_has(event, kinds[i]);
    return asks;
}

static struct ended_event *find_ended(struct proving *p, const struct dr_event *event)
{
    struct ended_event *free_place = NULL;
    for (size_t i = 0; i < DR_MAX_EVENTS; i++) {
        struct ended_event *o = &p->ended[i];
        if (o->event != NULL && strcmp(o->event->id, event->id) == 0 && o->event->from_utc_ms == event->from_utc_ms)
            return o;
        if (o->event == NULL && free_place == NULL)
            free_place = o;
    }
    return free_place;
}

void proving_event_over(struct engine *e, const struct dr_event *event, int64_t utc_ms, bool cancelled)
{
    struct dr_event *copy;
    int64_t until = utc_ms < event->until_utc_ms ? utc_ms : event->until_utc_ms;
    struct ended_event *place = find_ended(e->proving, event);
    if (until <= event->from_utc_ms || !is_settled(event) || place == NULL || dr_event_copy(event, &copy) < 0)
        return; // of several hundred events that end within a quarter hour not all are settled
    if (e->proving->settling.number == (int)(place - e->proving->ended))
        settling_drop(e->proving); // it has come back, and ends otherwise
    dr_event_free(place->event);
    *place = (struct ended_event){.event = copy, .until_utc_ms = until, .cancelled = cancelled};
    queue_add(&e->queue, TASK_SAVE_ENDED, (int)(place - e->proving->ended));
}

static bool is_due(const struct ended_event *o, int64_t utc_ms)
{
    return o->event != NULL && utc_ms >= meter_slot_end(o->until_utc_ms);
}

// The next that is to be settled, one that is under way before others; -1: none.
static int next_due(const struct engine *e)
{
    const struct proving *p = e->proving;
    int under_way = p->settling.number;
    if (under_way >= 0 && is_due(&p->ended[under_way], e->last_tick.utc_ms))
        return under_way;
    for (int i = 0; i < DR_MAX_EVENTS; i++)
        if (is_due(&p->ended[i], e->last_tick.utc_ms))
            return i;
    return -1;
}

struct settlement *proving_take(struct engine *e)
{
    for (int i = next_due(e); i >= 0; i = next_due(e)) {
        struct settlement *s = NULL;
        int result = settle_on(e, i, &s);
        if (result == 0 || result == AEMS_E_NOMEM)
            return NULL; // the next tick asks again
        struct ended_event *o = &e->proving->ended[i];
        dr_event_free(o->event);
        *o = (struct ended_event){0};
        queue_add(&e->queue, TASK_SAVE_ENDED, i); // after the report: it is not lost in between
        if (s != NULL)
            return s;
    }
    return NULL;
}

// ---- each tick ------------------------------------------------------------------------------------------------------

void proving_tick(struct engine *e, struct instant now, uint64_t dt_mono_ms)
{
    if (now.utc_ms < SANE_UTC_MS)
        return;
    struct span s = {now.utc_ms, now.utc_ms, dt_mono_ms > 0 && dt_mono_ms <= suspend_gap_ms(e)};
    if (s.counts) // of a longer silence not even the length can be relied on
        s.from -= llround(area_seconds(e, dt_mono_ms) * 1000);
    for (size_t i = 0; i < e->proving->n_parties; i++)
        count(e, i, &s);
    mark(e, &s);
    for (size_t i = 0; i < DR_MAX_EVENTS; i++)
        if (is_due(&e->proving->ended[i], now.utc_ms))
            queue_add(&e->queue, TASK_DR_REPORT, (int)i);
}
