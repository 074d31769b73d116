// SPDX-License-Identifier: GPL-3.0-or-later
// What people in a building are told of outages, in plain words: what is supplied, until when, what to save. Local
// times are those of the process's zone.
#pragma once

#include "core/engine.h"

enum notice_kind { NOTICE_NONE, NOTICE_WARNING, NOTICE_PLANNED, NOTICE_OUTAGE, NOTICE_DRILL, NOTICE_KIND_COUNT };
const char *notice_kind_name(enum notice_kind kind); // "", "outage_warning", "outage_planned", "outage", "outage_drill"

enum tier_supply { TIER_ABSENT, TIER_OFF, TIER_PARTLY, TIER_SUPPLIED }; // absent: the building has none of it

struct notice {
    enum notice_kind kind;
    enum island_state state;            // of the building's island; CONNECTED where nothing is on
    enum tier_supply tiers[TIER_COUNT]; // of OUTAGE and DRILL
    int64_t from_utc_ms, until_utc_ms;  // of the outage or warning; 0: not known
    double lasts_h;                     // for so long what is supplied lasts; < 0: not known
    char text[1024];
};

// How everything stands, looked at once for all buildings. Its words are borrowed until the next engine_consume.
struct notice_look {
    bool watched; // the area looks after outages
    struct outage_view outage;
    struct island_view islands[SITE_MAX_ISLANDS];
};
void notice_look(const struct engine *e, struct instant now, struct notice_look *ret_look);

// Of a drill: `shed` (site->n_switches entries) says which switches would be opened; NULL: no drill.
void notice_make(const struct engine *e, const struct notice_look *look, int building, struct instant now,
                 const bool *shed, struct notice *ret_notice);

// Must `b` be told at once to whoever was told `a`? Else a change of served tiers may wait some minutes.
bool notice_is_urgent(const struct notice *a, const struct notice *b);
bool notice_is_same(const struct notice *a, const struct notice *b); // nothing new for people

// {"t", "id", "kind", "text", "drill", "state", "from", "until", "lasts_h", "tiers": {"lifeline": "supplied" | "partly"
// | "off", ...}}; tiers that the building has.
int message_notice(const struct site *s, int building, const struct notice *n, struct instant now, char **ret_json);
