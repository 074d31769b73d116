// SPDX-License-Identifier: GPL-3.0-or-later
#include "dr/settlement.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"

static const int64_t SLOT_MS = METER_SLOT_S * INT64_C(1000);
static const int64_t LONGEST_RUN_SLOTS = 96;
enum { MAX_PIECES = 32 };              // of a slot, in which an event asks for one thing each
static const double LEAST_SHARE = 0.8; // of a cut slot that has to be measured

void settled_party_free(struct settled_party *p)
{
    free(p->slots);
    p->slots = NULL;
    p->n_slots = 0;
}

void settlement_free(struct settlement *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->n_parties; i++)
        settled_party_free(&s->parties[i]);
    free(s->parties);
    free(s);
}

static double hours(const struct settled_slot *slot)
{
    return (double)(slot->until_utc_ms - slot->from_utc_ms) / 3600e3;
}

// ---- slots ----------------------------------------------------------------------------------------------------------

static bool has_signal(const struct dr_event *e, int64_t from, int64_t until)
{
    for (int64_t t = from; t < until; t = dr_event_next_change(e, t))
        for (int kind = 0; kind < DR_SIGNAL_COUNT; kind++)
            if (dr_event_signal_at(e, (enum dr_signal_kind)kind, t) != NULL)
                return true;
    return false;
}

static void measure(struct settled_slot *slot, const struct meter *m)
{
    const struct meter_slot *whole = meter_slot_at(m, slot->from_utc_ms);
    const struct meter_slot *kept = meter_slot_kept(m, slot->from_utc_ms);
    double share = (double)(slot->until_utc_ms - slot->from_utc_ms) / (double)SLOT_MS;
    slot->measured_w = NAN;
    if (share < 1 && kept != NULL && (double)kept->during >= LEAST_SHARE * share)
        slot->measured_w = (double)kept->during_w;
    else if (whole != NULL)
        slot->measured_w = (double)whole->mean_w;
    slot->measured = isfinite(slot->measured_w);
}

static int list_slots(struct settled_party *p, const struct meter *m, const struct dr_event *e, int64_t until)
{
    until = until < e->until_utc_ms ? until : e->until_utc_ms;
    int64_t earliest = meter_slot_end(until) - SETTLE_MAX_SLOTS * SLOT_MS;
    int64_t from = e->from_utc_ms > earliest ? e->from_utc_ms : earliest;
    int64_t most = from < until ? (meter_slot_end(until) - meter_slot_start(from)) / SLOT_MS : 0;
    most = most < SETTLE_MAX_SLOTS ? most : SETTLE_MAX_SLOTS;
    p->slots = calloc((size_t)most + 1, sizeof *p->slots);
    p->n_slots = 0;
    if (p->slots == NULL)
        return AEMS_E_NOMEM;
    for (int64_t i = 0; i < most; i++) {
        int64_t start = meter_slot_start(from) + i * SLOT_MS, end = start + SLOT_MS;
        struct settled_slot slot = {.from_utc_ms = start > from ? start : from,
                                    .until_utc_ms = end < until ? end : until,
                                    .baseline_w = NAN,
                                    .delivered_w = NAN};
        if (!has_signal(e, slot.from_utc_ms, slot.until_utc_ms))
            continue;
        measure(&slot, m);
        p->slots[p->n_slots++] = slot;
    }
    if (p->n_slots > 0)
        return 0;
    settled_party_free(p);
    return AEMS_E_NOT_FOUND;
}

// How many slots from `first` on follow each other without a gap.
static size_t run_length(const struct settled_party *p, size_t first)
{
    size_t n = 1;
    while (first + n < p->n_slots && (int64_t)n < LONGEST_RUN_SLOTS &&
           p->slots[first + n].from_utc_ms == p->slots[first + n - 1].until_utc_ms)
        n++;
    return n;
}

static int baseline_of_run(struct settled_party *p, size_t first, size_t count, const struct site *s,
                           const struct meter *m, int64_t announced_utc_ms)
{
    struct baseline b = {0};
    int result = baseline_of(s, m, p->method, p->slots[first].from_utc_ms, p->slots[first + count - 1].until_utc_ms,
                             announced_utc_ms, &b);
    if (result < 0)
        return result;
    for (size_t i = 0; i < count && i < b.n_slots; i++)
        p->slots[first + i].baseline_w = b.mean_w[i];
    p->baseline_days = b.days;
    p->adjustment_w = b.adjustment_w;
    baseline_free(&b);
    return 0;
}

int settle_slots(struct settled_party *p, const struct site *s, const struct meter *m, const struct dr_event *event,
                 int64_t until_utc_ms)
{
    int result = list_slots(p, m, event, until_utc_ms);
    if (result < 0)
        return result;
    p->has_baseline = true;
    for (size_t first = 0, n; first < p->n_slots; first += n) {
        n = run_length(p, first);
        result = baseline_of_run(p, first, n, s, m, event->received_utc_ms);
        if (result == AEMS_E_NOMEM) {
            settled_party_free(p);
            return result;
        }
        p->has_baseline &= result == 0;
    }
    for (size_t i = 0; !p->has_baseline && i < p->n_slots; i++)
        p->slots[i].baseline_w = NAN;
    return 0;
}

// ---- requested ------------------------------------------------------------------------------------------------------

struct asked {
    double limit_w;     // INFINITY: none
    double reduction_w; // of relative setpoints
};

static void limit(struct asked *a, double limit_w, const struct site *s)
{
    a->limit_w = fmin(a->limit_w, fmax(limit_w, s->dr.floor_w));
}

// What the event asks for at an instant.
static struct asked asked_at(const struct site *s, const struct dr_event *e, int64_t utc_ms)
{
    struct asked a = {INFINITY, 0};
    const struct dr_signal *signal = dr_event_signal_at(e, DR_IMPORT_LIMIT, utc_ms);
    if (signal != NULL)
        limit(&a, signal->value, s);
    if ((signal = dr_event_signal_at(e, DR_SETPOINT, utc_ms)) != NULL)
        limit(&a, fmax(signal->value, 0), s);
    signal = dr_event_signal_at(e, DR_SIMPLE, utc_ms);
    int level = signal != NULL ? (int)fmin(fmax(signal->value, 0), SITE_DR_LEVELS) : 0;
    if (level > 0 && e->reference_w >= 0)
        limit(&a, s->dr.levels[level - 1] * e->reference_w, s);
    if (dr_event_signal_at(e, DR_EMERGENCY, utc_ms) != NULL && e->reference_w >= 0)
        limit(&a, s->dr.emergency_frac * e->reference_w, s);
    if ((signal = dr_event_signal_at(e, DR_SETPOINT_RELATIVE, utc_ms)) != NULL)
        a.reduction_w = fmax(-signal->value, 0);
    return a;
}

// NAN: a limit whose effect cannot be known, for there is nothing to compare with.
static double request_w(const struct asked *a, double baseline_w)
{
    if (isfinite(a->limit_w) && !isfinite(baseline_w) && a->reduction_w <= 0)
        return NAN;
    double by_limit_w = isfinite(a->limit_w) && isfinite(baseline_w) ? baseline_w - a->limit_w : 0;
    return fmax(fmax(by_limit_w, a->reduction_w), 0);
}

// 0: from change to change. Where these are too many, as in a loop of seconds, the slot is looked at so many times.
static int64_t piece_length_ms(const struct dr_event *e, const struct settled_slot *slot)
{
    int64_t t = slot->from_utc_ms;
    for (int n = 0; n < MAX_PIECES; n++)
        if ((t = dr_event_next_change(e, t)) >= slot->until_utc_ms)
            return 0;
    return (slot->until_utc_ms - slot->from_utc_ms + MAX_PIECES - 1) / MAX_PIECES;
}

void settle_request_of_event(struct settled_party *p, const struct site *s, const struct dr_event *event)
{
    for (size_t i = 0; i < p->n_slots; i++) {
        struct settled_slot *slot = &p->slots[i];
        double sum = 0;
        int64_t piece_ms = piece_length_ms(event, slot);
        for (int64_t t = slot->from_utc_ms; t < slot->until_utc_ms;) {
            int64_t next = piece_ms > 0 ? t + piece_ms : dr_event_next_change(event, t);
            next = next < slot->until_utc_ms && next > t ? next : slot->until_utc_ms;
            struct asked a = asked_at(s, event, t);
            sum += request_w(&a, slot->baseline_w) * (double)(next - t);
            t = next;
        }
        slot->requested_w = sum / (double)(slot->until_utc_ms - slot->from_utc_ms);
    }
}

void settle_request_of_meter(struct settled_party *p, const struct meter *m)
{
    for (size_t i = 0; i < p->n_slots; i++) {
        struct settled_slot *slot = &p->slots[i];
        const struct meter_slot *kept = meter_slot_kept(m, slot->from_utc_ms);
        double share = (double)(slot->until_utc_ms - slot->from_utc_ms) / (double)SLOT_MS;
        slot->requested_w = kept != NULL ? fmax((double)kept->asked_w / share, 0) : 0;
    }
}

// ---- sums and money -------------------------------------------------------------------------------------------------

void settle_sums(struct settled_party *p)
{
    p->requested_wh = p->delivered_wh = p->measured_wh = p->baseline_wh = p->unmeasured_s = 0;
    for (size_t i = 0; i < p->n_slots; i++) {
        struct settled_slot *slot = &p->slots[i];
        double h = hours(slot);
        p->requested_wh += isfinite(slot->requested_w) ? slot->requested_w * h : 0;
        if (!slot->measured) {
            p->unmeasured_s += h * 3600;
            continue;
        }
        p->measured_wh += slot->measured_w * h;
        if (!p->has_baseline)
            continue;
        slot->delivered_w = slot->baseline_w - slot->measured_w;
        p->baseline_wh += slot->baseline_w * h;
        p->delivered_wh += slot->delivered_w * h;
    }
}

void settle_money(struct settled_party *p, enum incentive_kind kind, double incentive_per_kwh, double penalty_per_kwh)
{
    double counted_wh = 0, missing_wh = 0;
    p->incentive = p->penalty = 0;
    for (size_t i = 0; p->has_baseline && i < p->n_slots; i++) {
        const struct settled_slot *slot = &p->slots[i];
        double good_w = slot->measured ? fmin(fmax(slot->delivered_w, 0), slot->requested_w) : 0;
        counted_wh += good_w * hours(slot);
        missing_wh += slot->measured ? (slot->requested_w - good_w) * hours(slot) : 0;
    }
    switch (kind) {
    case INCENTIVE_FIXED:
        p->incentive = counted_wh / 1000 * incentive_per_kwh;
        p->penalty = missing_wh / 1000 * penalty_per_kwh;
        break;
    case INCENTIVE_CRITICAL_PEAK:
        p->penalty = fmax(p->measured_wh, 0) / 1000 * incentive_per_kwh;
        break;
    case INCENTIVE_REBATE:
        p->incentive = fmax(p->delivered_wh, 0) / 1000 * incentive_per_kwh;
        break;
    default:
        break;
    }
}
