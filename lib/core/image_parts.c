// SPDX-License-Identifier: GPL-3.0-or-later
// Devices, assets, buses, grids, what others told, alarms and what waits to be done. What engine_new takes from the
// site (chains of devices, limits of quality, names of alarms) is not part of the image.
#include "core/image.h"

// ---- devices --------------------------------------------------------------------------------------------------------

KNOWS(struct judge, 64);
static void image_judge(struct image *m, struct judge *j)
{
    image_value(m, &j->value);
    image_bool(m, &j->has_value);
    image_double(m, &j->candidate);
    image_bool(m, &j->has_candidate);
    image_double(m, &j->last_raw);
    image_unsigned(m, &j->last_change_mono_ms);
}

KNOWS(struct device_state, 1808);
void image_device(struct image *m, struct device_state *d)
{
    for (int q = 0; q < QUANTITY_COUNT; q++)
        image_judge(m, &d->judges[q]);
    image_bool(m, &d->answered);
    image_unsigned(m, &d->answer_mono_ms);
    image_int(m, &d->failures, 0, INT32_MAX / 2);
    image_bool(m, &d->down);
    image_chars(m, d->why, sizeof d->why);
    image_bool(m, &d->held);
    image_bool(m, &d->taken_over);
    image_double(m, &d->written_w);
    image_unsigned(m, &d->write_mono_ms);
    image_unsigned(m, &d->lease_until_mono_ms);
    image_bool(m, &d->rewrite);
    image_bool(m, &d->mismatch);
    image_int(m, &d->write_failures, 0, INT32_MAX / 2);
}

// ---- assets ---------------------------------------------------------------------------------------------------------

static void image_manual(struct image *m, struct manual_setpoint *s)
{
    image_bool(m, &s->active);
    image_double(m, &s->power_w);
    image_signed(m, &s->valid_until_utc_ms);
}

static void image_obedience(struct image *m, struct obedience *o)
{
    image_bool(m, &o->unwilling);
    image_bool(m, &o->deviating);
    image_unsigned(m, &o->since_mono_ms);
    image_double(m, &o->gap_w);
    image_double(m, &o->from_w);
    image_double(m, &o->derated_min_w);
    image_double(m, &o->derated_max_w);
    image_unsigned(m, &o->derated_until_mono_ms);
}

static void image_cap(struct image *m, struct cap *c)
{
    image_bool(m, &c->active);
    image_unsigned(m, &c->bound_mono_ms);
    image_double(m, &c->natural_w);
}

static void image_published(struct image *m, struct published *p)
{
    image_bool(m, &p->once);
    image_double(m, &p->setpoint_w);
    IMAGE_ENUM(m, p->reason, REASON_KIND_COUNT);
    image_unsigned(m, &p->setpoint_mono_ms);
    image_unsigned(m, &p->state_mono_ms);
}

static void image_session(struct image *m, struct session_state *s)
{
    image_bool(m, &s->connected);
    image_bool(m, &s->active);
    image_bool(m, &s->wished);
    image_bool(m, &s->soc_told);
    image_bool(m, &s->missed);
    image_signed(m, &s->until_utc_ms);
    image_double(m, &s->capacity_wh);
    image_double(m, &s->start_wh);
    image_double(m, &s->had_wh);
    image_double(m, &s->wanted_wh);
    image_double(m, &s->counter_wh);
    image_double(m, &s->takes_w);
    image_signed(m, &s->over_utc_ms);
    image_signed(m, &s->looked_utc_ms);
}

static void image_measured(struct image *m, struct asset_state *a)
{
    image_value(m, &a->power);
    image_value(m, &a->soc);
    image_value(m, &a->good);
    image_value(m, &a->good_soc);
    image_u32(m, &a->stale_ms);
    image_double(m, &a->estimated_w);
    image_double(m, &a->estimated_from_w);
    image_value(m, &a->previous);
    image_double(m, &a->max_charge_w);
    image_double(m, &a->available_w);
    image_value(m, &a->connected);
    image_value(m, &a->session_count);
    image_value(m, &a->fuel);
    image_bool(m, &a->faulted);
    image_bool(m, &a->status_runs);
    image_bool(m, &a->on_reserve);
    image_bool(m, &a->reachable);
    image_bool(m, &a->commandable);
}

static void image_counted(struct image *m, struct asset_state *a)
{
    uint64_t learned = a->learned_count;
    image_double(m, &a->energy_in_wh);
    image_double(m, &a->energy_out_wh);
    image_bool(m, &a->integrates);
    image_double(m, &a->integrated_w);
    image_double(m, &a->learned_sum_w);
    image_unsigned(m, &learned);
    a->learned_count = (unsigned)learned;
    image_unsigned(m, &a->capped_mono_ms);
    image_double(m, &a->steady_w);
    image_signed(m, &a->steady_utc_ms);
    image_bool(m, &a->runs);
    image_unsigned(m, &a->switched_mono_ms);
}

KNOWS(struct asset_state, 656);
void image_asset(struct image *m, struct asset_state *a)
{
    image_measured(m, a);
    image_bool(m, &a->has_setpoint);
    image_double(m, &a->setpoint_w);
    image_unsigned(m, &a->setpoint_mono_ms);
    image_bool(m, &a->told_to_run);
    image_unsigned(m, &a->told_run_mono_ms);
    image_reason(m, &a->reason);
    image_manual(m, &a->manual);
    image_obedience(m, &a->obedience);
    image_cap(m, &a->cap);
    image_counted(m, a);
    image_published(m, &a->published);
    image_session(m, &a->session);
}

// ---- buses, grids and ties
// --------------------------------------------------------------------------------------------

KNOWS(struct bus_state, 56);
void image_bus(struct image *m, struct bus_state *b)
{
    IMAGE_ENUM(m, b->mode, BUS_BLIND + 1);
    image_unsigned(m, &b->waiting_until_mono_ms);
    image_bool(m, &b->has_uncontrolled);
    image_double(m, &b->uncontrolled_w);
    image_double(m, &b->smooth_w);
    image_unsigned(m, &b->smoothed_mono_ms);
    image_bool(m, &b->stores_empty);
    image_bool(m, &b->stores_full);
}

KNOWS(struct slot_state, 32);
void image_dr_slot(struct image *m, struct slot_state *s)
{
    image_signed(m, &s->start_utc_ms);
    image_signed(m, &s->counted_utc_ms);
    image_double(m, &s->import_left_wh);
    image_double(m, &s->export_left_wh);
}

KNOWS(struct grid_state, 88);
void image_grid(struct image *m, struct grid_state *g)
{
    image_bool(m, &g->away);
    image_double(m, &g->month_peak_w);
    image_signed(m, &g->month_start_utc_ms);
    image_double(m, &g->window_wh);
    image_signed(m, &g->window_start_utc_ms);
    image_signed(m, &g->counted_utc_ms);
    image_unsigned(m, &g->over_since_mono_ms);
    image_dr_slot(m, &g->slot);
}

static void image_sum(struct image *m, struct ledger_sum *s)
{
    image_double(m, &s->given_wh);
    image_double(m, &s->got_wh);
    image_double(m, &s->giver_value);
    image_double(m, &s->getter_value);
}

static void image_flow(struct image *m, struct ledger_flow *f)
{
    image_double(m, &f->given_wh);
    image_double(m, &f->got_wh);
    image_double(m, &f->giver_price_per_kwh);
    image_double(m, &f->getter_price_per_kwh);
}

KNOWS(struct ledger_state, 184);
void image_ledger(struct image *m, struct ledger_state *l, int tie)
{
    image_signed(m, &l->start_utc_ms);
    image_sum(m, &l->forward);
    image_sum(m, &l->backward);
    image_double(m, &l->measured_s);
    l->closed.tie = tie;
    image_signed(m, &l->closed.start_utc_ms);
    image_signed(m, &l->closed.end_utc_ms);
    image_flow(m, &l->closed.forward);
    image_flow(m, &l->closed.backward);
    image_double(m, &l->closed.transfer_price_per_kwh);
    image_double(m, &l->closed.measured_s);
}

// ---- told
// -------------------------------------------------------------------------------------------------------------

KNOWS(struct grid_limit, 104);
static void image_limit(struct image *m, struct grid_limit *l, size_t n_grids)
{
    image_chars(m, l->id, sizeof l->id);
    image_int(m, &l->grid, 0, (int)n_grids - 1);
    image_signed(m, &l->from_utc_ms);
    image_signed(m, &l->until_utc_ms);
    image_double(m, &l->import_limit_w);
    image_double(m, &l->export_limit_w);
    image_double(m, &l->incentive_per_kwh);
    image_double(m, &l->baseline_w);
}

KNOWS(struct known_price, 48);
static void image_price(struct image *m, struct known_price *p)
{
    image_signed(m, &p->from_utc_ms);
    image_signed(m, &p->until_utc_ms);
    image_double(m, &p->import_price_per_kwh);
    image_double(m, &p->export_price_per_kwh);
    image_double(m, &p->co2_g_per_kwh);
    image_bool(m, &p->lacks_import);
    image_bool(m, &p->lacks_export);
}

void image_told(struct image *m, struct engine *e)
{
    image_count(m, &e->limits.count, ENGINE_MAX_LIMITS);
    for (size_t i = 0; i < e->limits.count; i++)
        image_limit(m, &e->limits.limits[i], e->site->n_grids);
    if (m->in != NULL && m->in->failed)
        e->limits.count = 0; // of a site without connections, say
    for (size_t t = 0; t < e->site->n_tariffs; t++) {
        image_count(m, &e->prices[t].count, PRICE_BOOK_MAX);
        for (size_t i = 0; i < e->prices[t].count; i++)
            image_price(m, &e->prices[t].prices[i]);
    }
}

// ---- alarms
// -----------------------------------------------------------------------------------------------------------

KNOWS(struct alarm_slot, 312);
static void image_slot(struct image *m, struct alarm_slot *s)
{
    image_bool(m, &s->alarm.active);
    image_bool(m, &s->announced);
    image_chars(m, s->alarm.text, sizeof s->alarm.text);
    image_signed(m, &s->alarm.since_utc_ms);
}

void image_alarms(struct image *m, struct engine *e)
{
    struct alarm_board *b = &e->alarms;
    for (size_t i = 0; i < b->n_slots; i++)
        image_slot(m, &b->slots[i]);
    image_count(m, &b->n_orphans, ALARM_MAX_ORPHANS);
    for (size_t i = 0; i < b->n_orphans; i++) {
        image_chars(m, b->orphans[i].alarm.id, sizeof b->orphans[i].alarm.id);
        IMAGE_ENUM(m, b->orphans[i].alarm.severity, ALARM_CRITICAL + 1);
        image_slot(m, &b->orphans[i]);
    }
    if (m->in != NULL)
        alarms_gather(e);
}

// ---- the queue
// --------------------------------------------------------------------------------------------------------

static void image_ring(struct image *m, struct ring *r, const struct queue *q)
{
    image_count(m, &r->count, r->capacity - 1);
    r->head = m->in != NULL ? 0 : r->head;
    for (size_t i = 0; i < r->count; i++) {
        struct task *t = &r->tasks[(r->head + i) % r->capacity];
        IMAGE_ENUM(m, t->kind, TASK_KIND_COUNT);
        image_int(m, &t->index, 0, (int)q->sizes[t->kind]);
    }
}

void image_queue(struct image *m, struct queue *q)
{
    image_ring(m, &q->urgent, q);
    image_ring(m, &q->other, q);
    for (int kind = 0; kind < TASK_KIND_COUNT; kind++)
        for (size_t i = 0; i < q->sizes[kind]; i++)
            image_bool(m, &q->waiting[kind][i]);
}
