// SPDX-License-Identifier: GPL-3.0-or-later
// Outages: the area's islands, who is served and for how long it would last; and the journal.
#include <math.h>

#include "base/error.h"
#include "report/messages.h"
#include "report/pack.h"

static json_t *pack_known_time(int64_t utc_ms)
{
    return utc_ms > 0 ? pack_time(utc_ms) : json_null();
}

static json_t *pack_autonomy(const struct outage_view *v)
{
    json_t *json = json_object();
    for (int t = 0; t < TIER_COUNT; t++)
        json_object_set_new(json, load_tier_name((enum load_tier)t),
                            v->reckoned ? pack_number(v->autonomy_h[t]) : json_null());
    return json;
}

// ---- islands -------------------------------------------------------------------------------------------------------

static json_t *pack_switch(const struct engine *e, int of_switch, struct instant now)
{
    const struct site *s = engine_site(e);
    const struct site_switch *w = &s->switches[of_switch];
    struct switch_view v;
    engine_switch(e, of_switch, now, &v);
    json_t *json = json_pack("{s:s, s:o, s:b, s:b, s:b, s:o, s:o}", "id", w->id, "closed",
                             v.known ? json_boolean(v.closed) : json_null(), "wanted_closed", (int)v.wanted_closed,
                             "obeys", (int)v.obeys, "reachable", (int)v.reachable, "power_w", pack_number(v.power_w),
                             "since", pack_known_time(v.since_utc_ms));
    if (w->load >= 0) {
        json_object_set_new(json, "load", json_string(s->loads[w->load].id));
        json_object_set_new(json, "tier", json_string(load_tier_name(w->tier)));
    } else {
        json_object_set_new(json, "breaker", json_true());
    }
    return json;
}

static bool is_of_island(const struct site *s, int of_switch, int island)
{
    const struct site_switch *w = &s->switches[of_switch];
    if (w->load >= 0)
        return s->loads[w->load].bus == s->islands[island].bus;
    return s->islands[island].breaker == of_switch;
}

static json_t *pack_switches(const struct engine *e, int island, struct instant now)
{
    json_t *list = json_array();
    for (size_t i = 0; i < engine_site(e)->n_switches; i++)
        if (is_of_island(engine_site(e), (int)i, island))
            json_array_append_new(list, pack_switch(e, (int)i, now));
    return list;
}

static json_t *pack_tiers(const struct island_view *v)
{
    json_t *json = json_object();
    for (int t = 0; t < TIER_COUNT; t++)
        json_object_set_new(json, load_tier_name((enum load_tier)t),
                            json_pack("{s:b, s:o, s:o}", "served", (int)v->served[t], "demand_w",
                                      pack_number(v->demand_w[t]), "served_w", pack_number(v->served_w[t])));
    return json;
}

static json_t *pack_island(const struct engine *e, int island, struct instant now)
{
    const struct site *s = engine_site(e);
    const struct site_island *i = &s->islands[island];
    struct island_view v;
    engine_island(e, island, now, &v);
    json_t *json = json_pack("{s:s, s:s, s:s, s:o, s:s, s:b, s:b, s:o}", "id", i->id, "grid", s->grids[i->grid].id,
                             "state", island_state_name(v.state), "since", pack_known_time(v.since_utc_ms), "supply",
                             supply_name(v.supply), "disagree", (int)v.disagree, "lives", (int)v.lives, "grid_stable",
                             pack_known_time(v.grid_stable_utc_ms));
    bool forms = v.forming >= 0 && (size_t)v.forming < s->n_assets;
    json_object_set_new(json, "forming", forms ? json_string(s->assets[v.forming].id) : json_null());
    json_object_set_new(json, "forming_w", pack_number(forms ? v.forming_w : NAN));
    json_object_set_new(json, "forming_low_w", pack_number(forms ? v.forming_low_w : NAN));
    json_object_set_new(json, "forming_high_w", pack_number(forms ? v.forming_high_w : NAN));
    json_object_set_new(json, "tiers", pack_tiers(&v));
    json_object_set_new(json, "switches", pack_switches(e, island, now));
    return json;
}

static json_t *pack_islands(const struct engine *e, struct instant now)
{
    json_t *list = json_array();
    for (size_t i = 0; i < engine_site(e)->n_islands; i++)
        json_array_append_new(list, pack_island(e, (int)i, now));
    return list;
}

// ---- words ---------------------------------------------------------------------------------------------------------

static json_t *pack_word(const struct site *s, const struct outage_word *w)
{
    bool leases = w->kind == OUTAGE_FORBID || w->kind == OUTAGE_FORCE;
    bool of_one = w->island >= 0 && (size_t)w->island < s->n_islands;
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:s}", "action", outage_word_name(w->kind), "id", w->id,
                     "island", of_one ? json_string(s->islands[w->island].id) : json_null(), "state",
                     leases ? json_string(island_state_name(w->state)) : json_null(), "from",
                     pack_known_time(w->from_utc_ms), "until", pack_known_time(w->until_utc_ms), "why", w->why, "who",
                     w->who);
}

static json_t *pack_words(const struct site *s, const struct outage_view *v)
{
    json_t *list = json_array();
    for (size_t i = 0; i < v->n_words; i++)
        json_array_append_new(list, pack_word(s, &v->words[i]));
    return list;
}

// ---- whole ---------------------------------------------------------------------------------------------------------

json_t *pack_outage(const struct engine *e, struct instant now)
{
    struct outage_view v;
    if (!engine_looks_after_outages(e))
        return json_null();
    engine_outage(e, now, &v);
    return json_pack("{s:b, s:o, s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "on", (int)v.on, "since",
                     pack_known_time(v.since_utc_ms), "expected_until", pack_known_time(v.expected_until_utc_ms),
                     "expected_said", (int)v.said, "warned", (int)v.warned, "warned_from",
                     pack_known_time(v.warned_from_utc_ms), "warned_until", pack_known_time(v.warned_until_utc_ms),
                     "reserve_frac", pack_number(v.reserve_frac), "stored_wh", pack_number(v.stored_wh), "fuel_wh",
                     pack_number(v.fuel_wh), "autonomy_h", pack_autonomy(&v));
}

int message_outage(const struct engine *e, struct instant now, char **ret_json)
{
    const struct site *s = engine_site(e);
    struct outage_view v;
    if (!engine_looks_after_outages(e))
        return AEMS_E_STATE;
    engine_outage(e, now, &v);
    json_t *json = pack_outage(e, now);
    if (json == NULL)
        return AEMS_E_NOMEM;
    json_object_set_new(json, "t", pack_time(now.utc_ms));
    json_object_set_new(json, "area", json_string(s->id));
    json_object_set_new(json, "islands", pack_islands(e, now));
    json_object_set_new(json, "words", pack_words(s, &v));
    return pack_finish(json, ret_json);
}

int message_journal(const struct site *s, const struct journal_entry *entry, char **ret_json)
{
    bool known = entry->island >= 0 && (size_t)entry->island < s->n_islands;
    return pack_finish(
        json_pack("{s:o, s:I, s:o, s:o, s:o, s:s}", "t", pack_time(entry->utc_ms), "number", (json_int_t)entry->number,
                  "island", known ? json_string(s->islands[entry->island].id) : json_null(), "from",
                  known ? json_string(island_state_name(entry->from)) : json_null(), "to",
                  known ? json_string(island_state_name(entry->to)) : json_null(), "cause", entry->cause),
        ret_json);
}
