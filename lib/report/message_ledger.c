// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/messages.h"
#include "report/pack.h"

static void add_flow(json_t *flows, const struct site *s, const struct ledger_entry *entry, bool forward)
{
    const struct site_tie *t = &s->ties[entry->tie];
    const struct ledger_flow *f = forward ? &entry->forward : &entry->backward;
    if (f->given_wh <= 0)
        return;
    json_array_append_new(
        flows, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "giver", s->buses[forward ? t->from : t->to].id,
                         "getter", s->buses[forward ? t->to : t->from].id, "given_wh", pack_number(f->given_wh),
                         "got_wh", pack_number(f->got_wh), "giver_price_per_kwh", pack_number(f->giver_price_per_kwh),
                         "getter_price_per_kwh", pack_number(f->getter_price_per_kwh), "amount",
                         pack_number(f->got_wh / 1000 * entry->transfer_price_per_kwh)));
}

int message_ledger(const struct site *s, const struct ledger_entry *entry, struct instant now, char **ret_json)
{
    const struct site_tie *t = &s->ties[entry->tie];
    json_t *flows = json_array();
    add_flow(flows, s, entry, true);
    add_flow(flows, s, entry, false);
    return pack_finish(json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "t", pack_time(now.utc_ms), "tie",
                                 t->id, "from", s->buses[t->from].id, "to", s->buses[t->to].id, "start",
                                 pack_time(entry->start_utc_ms), "end", pack_time(entry->end_utc_ms), "measured_s",
                                 pack_number(entry->measured_s), "transfer_price_per_kwh",
                                 pack_number(entry->transfer_price_per_kwh), "flows", flows),
                       ret_json);
}
