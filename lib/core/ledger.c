// SPDX-License-Identifier: GPL-3.0-or-later
// The sharing ledger: what each tie carried in each settlement interval, who gave it and who got it.
//
// A tie is measured at its `to`. What left the other end, or arrived there, follows from the configured loss.
#include "core/ledger.h"

#include <math.h>

#include "base/number.h"
#include "core/internal.h"

enum { DEFAULT_SETTLEMENT_S = 1800 };

static int64_t settlement_ms(const struct engine *e)
{
    return (int64_t)(e->site->settlement_s > 0 ? e->site->settlement_s : DEFAULT_SETTLEMENT_S) * 1000;
}

// Intervals lie on multiples of their length in UTC, as demand windows do.
static int64_t interval_start_ms(const struct engine *e, int64_t utc_ms)
{
    int64_t length = settlement_ms(e);
    return utc_ms - (utc_ms % length + length) % length;
}

// ---- counting -------------------------------------------------------------------------------------------------------

static void add_flow(struct ledger_sum *s, double given_wh, double got_wh, double giver_price, double getter_price)
{
    s->given_wh += given_wh;
    s->got_wh += got_wh;
    s->giver_value += given_wh / 1000 * giver_price;
    s->getter_value += got_wh / 1000 * getter_price;
}

static void add(struct engine *e, int tie, double in_wh, double out_wh, double seconds, struct instant now)
{
    const struct site_tie *t = &e->site->ties[tie];
    struct ledger_state *l = &e->ledgers[tie];
    double arrives = 1 - t->loss_frac;
    double from_price = bus_price_per_kwh(e, t->from, now), to_price = bus_price_per_kwh(e, t->to, now);
    add_flow(&l->forward, in_wh / arrives, in_wh, from_price, to_price);
    add_flow(&l->backward, out_wh, out_wh * arrives, to_price, from_price);
    l->measured_s += seconds;
}

static void begin(struct ledger_state *l, int64_t start_utc_ms)
{
    l->start_utc_ms = start_utc_ms;
    l->forward = l->backward = (struct ledger_sum){0};
    l->measured_s = 0;
}

static struct ledger_flow flow_of(const struct ledger_sum *s)
{
    struct ledger_flow f = {.given_wh = s->given_wh, .got_wh = s->got_wh};
    if (s->given_wh > 0 && s->got_wh > 0) {
        f.giver_price_per_kwh = s->giver_value / s->given_wh * 1000;
        f.getter_price_per_kwh = s->getter_value / s->got_wh * 1000;
    }
    return f;
}

static struct ledger_entry entry_of(const struct engine *e, int tie)
{
    const struct ledger_state *l = &e->ledgers[tie];
    return (struct ledger_entry){.tie = tie,
                                 .start_utc_ms = l->start_utc_ms,
                                 .end_utc_ms = l->start_utc_ms + settlement_ms(e),
                                 .forward = flow_of(&l->forward),
                                 .backward = flow_of(&l->backward),
                                 .transfer_price_per_kwh = e->site->ties[tie].transfer_price_per_kwh,
                                 .measured_s = l->measured_s};
}

static void close(struct engine *e, int tie)
{
    e->ledgers[tie].closed = entry_of(e, tie);
    queue_add(&e->queue, TASK_LEDGER, tie);
}

void ledger_start(struct engine *e)
{
    for (size_t t = 0; t < e->site->n_ties; t++)
        begin(&e->ledgers[t], NEVER_MS);
}

// A tick over the end of an interval belongs to both, by its time in each.
void ledger_count(struct engine *e, int tie, double in_wh, double out_wh, double seconds, struct instant now)
{
    struct ledger_state *l = &e->ledgers[tie];
    int64_t start = interval_start_ms(e, now.utc_ms);
    double after = 1;
    if (l->start_utc_ms != NEVER_MS && start != l->start_utc_ms) {
        after = start > l->start_utc_ms && seconds > 0 ? clamp((double)(now.utc_ms - start) / 1000 / seconds, 0, 1) : 1;
        add(e, tie, in_wh * (1 - after), out_wh * (1 - after), seconds * (1 - after), now);
        close(e, tie);
    }
    if (start != l->start_utc_ms)
        begin(l, start);
    add(e, tie, in_wh * after, out_wh * after, seconds * after, now);
}

bool engine_ledger(const struct engine *e, int tie, struct ledger_entry *ret_entry)
{
    if (e->ledgers[tie].start_utc_ms == NEVER_MS)
        return false;
    *ret_entry = entry_of(e, tie);
    return true;
}

// ---- over a restart -------------------------------------------------------------------------------------------------

static json_t *pack_sum(const struct ledger_sum *s)
{
    return json_pack("[f, f, f, f]", s->given_wh, s->got_wh, s->giver_value, s->getter_value);
}

json_t *ledger_pack(const struct engine *e, int tie)
{
    const struct ledger_state *l = &e->ledgers[tie];
    if (l->start_utc_ms == NEVER_MS)
        return NULL;
    return json_pack("{s:I, s:o, s:o, s:f}", "start_ms", (json_int_t)l->start_utc_ms, "forward", pack_sum(&l->forward),
                     "backward", pack_sum(&l->backward), "measured_s", l->measured_s);
}

static bool unpack_sum(json_t *json, struct ledger_sum *ret)
{
    static const double LARGEST = 1e15;
    struct ledger_sum s;
    if (json_unpack(json, "[F, F, F, F!]", &s.given_wh, &s.got_wh, &s.giver_value, &s.getter_value) < 0)
        return false;
    *ret = s;
    return in_range(s.given_wh, 0, LARGEST) && in_range(s.got_wh, 0, LARGEST) &&
           in_range(s.giver_value, -LARGEST, LARGEST) && in_range(s.getter_value, -LARGEST, LARGEST);
}

bool ledger_restore(struct engine *e, int tie, json_t *json)
{
    json_t *forward, *backward;
    json_int_t start;
    struct ledger_state l = {0};
    if (json_unpack(json, "{s:I, s:o, s:o, s:F!}", "start_ms", &start, "forward", &forward, "backward", &backward,
                    "measured_s", &l.measured_s) < 0)
        return false;
    if (!unpack_sum(forward, &l.forward) || !unpack_sum(backward, &l.backward) || start < 0 ||
        start % settlement_ms(e) != 0 || !in_range(l.measured_s, 0, 86400))
        return false;
    l.start_utc_ms = start;
    e->ledgers[tie] = l;
    return true;
}
