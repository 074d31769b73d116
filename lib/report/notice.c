// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/notice.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/local_time.h"
#include "report/pack.h"

static const int64_t HOUR_MS = INT64_C(3600000);

static const char *const tier_words[TIER_COUNT] = {
    [TIER_LIFELINE] = "lifelines (such as emergency lifts, lighting and pumps)",
    [TIER_IMPORTANT] = "important equipment",
    [TIER_ORDINARY] = "ordinary equipment",
    [TIER_DEFERRABLE] = "what can wait (such as laundry and charging)",
};

const char *notice_kind_name(enum notice_kind kind)
{
    static const char *const names[NOTICE_KIND_COUNT] = {[NOTICE_NONE] = "",
                                                         [NOTICE_WARNING] = "outage_warning",
                                                         [NOTICE_PLANNED] = "outage_planned",
                                                         [NOTICE_OUTAGE] = "outage",
                                                         [NOTICE_DRILL] = "outage_drill"};
    return (unsigned)kind < NOTICE_KIND_COUNT ? names[kind] : "";
}

// ---- words ---------------------------------------------------------------------------------------------------------

__attribute__((format(printf, 2, 3))) static void say(struct notice *n, const char *format, ...)
{
    size_t used = strlen(n->text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(n->text + used, sizeof n->text - used, format, arguments);
    va_end(arguments);
}

// "18:00" of today, else "Thu 18:00", beyond a week "2026-02-13 18:00".
static const char *at(int64_t utc_ms, int64_t now_utc_ms, char ret[static 32])
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    struct local_time l = local_time_at(utc_ms), now = local_time_at(now_utc_ms);
    int hour = l.minute / 60, minute = l.minute % 60;
    if (l.year == now.year && l.day_of_year == now.day_of_year)
        snprintf(ret, 32, "%02d:%02d", hour, minute);
    else if (llabs(utc_ms - now_utc_ms) < 6 * 24 * HOUR_MS)
        snprintf(ret, 32, "%s %02d:%02d", days[l.weekday], hour, minute);
    else
        snprintf(ret, 32, "%04d-%02d-%02d %02d:%02d", l.year, l.month, l.day, hour, minute);
    return ret;
}

// "a, b and c" of the tiers that are so; false: none is.
static bool list_tiers(const struct notice *n, enum tier_supply which, char *ret, size_t size)
{
    int total = 0, written = 0;
    size_t used = 0;
    for (int t = 0; t < TIER_COUNT; t++)
        total += n->tiers[t] == which;
    ret[0] = '\0';
    for (int t = 0; t < TIER_COUNT && used < size; t++) {
        if (n->tiers[t] != which)
            continue;
        const char *joint = written == 0 ? "" : written == total - 1 ? " and " : ", ";
        used += (size_t)snprintf(ret + used, size - used, "%s%s", joint, tier_words[t]);
        written++;
    }
    return total > 0;
}

static void say_tiers(struct notice *n, bool would)
{
    char list[400];
    if (list_tiers(n, TIER_SUPPLIED, list, sizeof list))
        say(n, " Supplied%s: %s.", would ? " then" : "", list);
    if (list_tiers(n, TIER_PARTLY, list, sizeof list))
        say(n, " In part: %s.", list);
    if (list_tiers(n, TIER_OFF, list, sizeof list))
        say(n, " Switched off%s: %s.", would ? " then" : " for now", list);
}

static void say_duration(struct notice *n, int64_t now_utc_ms)
{
    char until[32];
    if (n->until_utc_ms > now_utc_ms)
        say(n, " The public grid is expected back by %s.", at(n->until_utc_ms, now_utc_ms, until));
    else
        say(n, " It is not known when the public grid will be back.");
    if (n->lasts_h >= 1)
        say(n, " What is in store lasts for about %.0f h.", floor(n->lasts_h));
    else if (n->lasts_h >= 0)
        say(n, " What is in store lasts for less than an hour.");
}

static void word_outage(struct notice *n, int64_t now_utc_ms)
{
    char since[32];
    bool has_since = n->from_utc_ms > 0;
    switch (n->state) {
    case ISLAND_BLACK:
    case ISLAND_RESTARTING:
        say(n, "Power cut: the public grid is away%s%s, and %s.", has_since ? " since " : "",
            has_since ? at(n->from_utc_ms, now_utc_ms, since) : "",
            n->state == ISLAND_BLACK ? "your building is without supply"
                                     : "supply is coming back step by step, lifelines first");
        say(n, " Please leave large appliances switched off, so that it can come up again.");
        if (n->state == ISLAND_RESTARTING)
            say_tiers(n, false);
        return;
    case ISLAND_WAITING:
    case ISLAND_RESYNCHRONISING:
        say(n, "The public grid is back. Until it has proved stable your building stays on the area's own supply.");
        say_tiers(n, false);
        say(n, " Please go on saving until this notice is gone.");
        return;
    default:
        break;
    }
    say(n, "Power cut: the public grid is away%s%s, and your building runs on the area's own supply.",
        has_since ? " since " : "", has_since ? at(n->from_utc_ms, now_utc_ms, since) : "");
    say_tiers(n, false);
    say_duration(n, now_utc_ms);
    say(n, " Please save: no electric heating, cooking or charging that can wait; every kWh makes it last longer.");
}

static void word_ahead(struct notice *n, const char *why, int64_t now_utc_ms)
{
    char from[32], until[32];
    const char *what = n->kind == NOTICE_PLANNED ? "A planned power cut" : "A power cut is possible";
    if (n->from_utc_ms > now_utc_ms)
        say(n, "%s%s from %s", what, n->kind == NOTICE_PLANNED ? " lasts" : "", at(n->from_utc_ms, now_utc_ms, from));
    else
        say(n, "%s%s now", what, n->kind == NOTICE_PLANNED ? " is on" : "");
    if (n->until_utc_ms > 0)
        say(n, " until %s", at(n->until_utc_ms, now_utc_ms, until));
    say(n, "%s%s.", why[0] != '\0' ? ": " : "", why);
    say(n, " Charge before then what you need (telephones, lamps, vehicles), and do not use lifts when it begins.");
}

static void word_drill(struct notice *n)
{
    say(n, "DRILL, nothing is switched: this is what you would be told if the public grid failed now.");
    say_tiers(n, true);
    if (n->lasts_h >= 1)
        say(n, " That would last for about %.0f h.", floor(n->lasts_h));
}

// ---- what is so ----------------------------------------------------------------------------------------------------

static bool has_switch(const struct site *s, int load, int tier)
{
    for (size_t w = 0; w < s->n_switches; w++)
        if (s->switches[w].load == load && s->switches[w].tier == (enum load_tier)tier)
            return true;
    return false;
}

struct count {
    int on, off;
};

// One that was just told to open is as good as open; one that does not obey is what it is.
static bool supplies(const struct switch_view *v)
{
    if (!v->known)
        return v->wanted_closed;
    return v->closed && (v->wanted_closed || !v->obeys);
}

static void count_switches(const struct engine *e, int load, int tier, struct instant now, const bool *shed,
                           struct count *c)
{
    const struct site *s = engine_site(e);
    for (size_t w = 0; w < s->n_switches; w++) {
        struct switch_view v;
        if (s->switches[w].load != load || s->switches[w].tier != (enum load_tier)tier)
            continue;
        engine_switch(e, (int)w, now, &v);
        bool closed = supplies(&v) && (shed == NULL || !shed[w]);
        *(closed ? &c->on : &c->off) += 1;
    }
}

static enum tier_supply supply_of(const struct engine *e, const struct notice_look *look, int building, int tier,
                                  struct instant now, const bool *shed)
{
    const struct site *s = engine_site(e);
    const struct site_building *b = &s->buildings[building];
    struct count c = {0};
    for (size_t i = 0; i < b->n_loads; i++) {
        const struct site_load *l = &s->loads[b->loads[i]];
        int island = site_island_of_bus(s, l->bus);
        if (l->tier_share[tier] <= 0 || island < 0)
            continue;
        const struct island_view *v = &look->islands[island];
        if (!v->lives && v->state != ISLAND_CONNECTED)
            c.off++;
        else if (has_switch(s, b->loads[i], tier))
            count_switches(e, b->loads[i], tier, now, shed, &c);
        else // limited by a device of its own, or by nobody
            *(v->state == ISLAND_CONNECTED || v->served[tier] || !l->sheddable[tier] ? &c.on : &c.off) += 1;
    }
    if (c.on + c.off == 0)
        return TIER_ABSENT;
    return c.off == 0 ? TIER_SUPPLIED : c.on == 0 ? TIER_OFF : TIER_PARTLY;
}

// The island that the building's loads hang on which stands worst; -1: none.
static int island_of(const struct engine *e, const struct notice_look *look, int building)
{
    const struct site *s = engine_site(e);
    int found = -1;
    for (size_t i = 0; i < s->buildings[building].n_loads; i++) {
        int island = site_island_of_bus(s, s->loads[s->buildings[building].loads[i]].bus);
        if (island >= 0 && (found < 0 || look->islands[island].state != ISLAND_CONNECTED))
            found = island;
    }
    return found;
}

// For how long all the tiers last that are supplied here, wholly or in part.
static double lasts_h(const struct notice *n, const struct outage_view *v)
{
    for (int t = TIER_COUNT - 1; t >= 0; t--)
        if (n->tiers[t] == TIER_SUPPLIED || n->tiers[t] == TIER_PARTLY)
            return v->reckoned && isfinite(v->autonomy_h[t]) ? v->autonomy_h[t] : -1;
    return -1;
}

// The word that is nearest: of those that concern this island.
static const struct outage_word *word_ahead_of(const struct outage_view *v, int island, int64_t now_utc_ms)
{
    const struct outage_word *best = NULL;
    for (size_t i = 0; i < v->n_words; i++) {
        const struct outage_word *w = &v->words[i];
        bool ahead = w->kind == OUTAGE_WARNING || w->kind == OUTAGE_PLANNED;
        if (!ahead || (w->island >= 0 && w->island != island) || w->until_utc_ms <= now_utc_ms)
            continue;
        if (best == NULL || w->from_utc_ms < best->from_utc_ms)
            best = w;
    }
    return best;
}

void notice_look(const struct engine *e, struct instant now, struct notice_look *ret_look)
{
    *ret_look = (struct notice_look){.watched = engine_looks_after_outages(e)};
    if (!ret_look->watched)
        return;
    engine_outage(e, now, &ret_look->outage);
    for (size_t i = 0; i < engine_site(e)->n_islands; i++)
        engine_island(e, (int)i, now, &ret_look->islands[i]);
}

static void make_present(const struct engine *e, const struct notice_look *look, int building, struct instant now,
                         const bool *shed, struct notice *n)
{
    n->kind = n->state != ISLAND_CONNECTED ? NOTICE_OUTAGE : NOTICE_DRILL;
    for (int t = 0; t < TIER_COUNT; t++)
        n->tiers[t] = supply_of(e, look, building, t, now, n->kind == NOTICE_DRILL ? shed : NULL);
    n->lasts_h = lasts_h(n, &look->outage);
    n->from_utc_ms = look->outage.since_utc_ms;
    n->until_utc_ms = look->outage.said ? look->outage.expected_until_utc_ms : 0;
    if (n->kind == NOTICE_OUTAGE)
        word_outage(n, now.utc_ms);
    else
        word_drill(n);
}

void notice_make(const struct engine *e, const struct notice_look *look, int building, struct instant now,
                 const bool *shed, struct notice *ret_notice)
{
    struct notice n = {.lasts_h = -1};
    int island = look->watched ? island_of(e, look, building) : -1;
    const struct outage_word *word = island >= 0 ? word_ahead_of(&look->outage, island, now.utc_ms) : NULL;
    n.state = island >= 0 ? look->islands[island].state : ISLAND_CONNECTED;
    if (island >= 0 && (n.state != ISLAND_CONNECTED || shed != NULL)) {
        make_present(e, look, building, now, shed, &n);
    } else if (word != NULL) {
        n.kind = word->kind == OUTAGE_PLANNED ? NOTICE_PLANNED : NOTICE_WARNING;
        n.from_utc_ms = word->from_utc_ms;
        n.until_utc_ms = word->until_utc_ms;
        word_ahead(&n, word->why, now.utc_ms);
    }
    *ret_notice = n;
}

bool notice_is_urgent(const struct notice *a, const struct notice *b)
{
    bool lost = false; // people were told that it is supplied, and it is not any more
    for (int t = 0; t < TIER_COUNT; t++)
        lost |= a->tiers[t] == TIER_SUPPLIED && b->tiers[t] < TIER_SUPPLIED;
    return lost || a->kind != b->kind || a->state != b->state || a->tiers[TIER_LIFELINE] != b->tiers[TIER_LIFELINE];
}

bool notice_is_same(const struct notice *a, const struct notice *b)
{
    return !notice_is_urgent(a, b) && memcmp(a->tiers, b->tiers, sizeof a->tiers) == 0 &&
           a->from_utc_ms == b->from_utc_ms && a->until_utc_ms == b->until_utc_ms &&
           fabs(a->lasts_h - b->lasts_h) < 2; // hours that pass are not news
}

// ---- as a message --------------------------------------------------------------------------------------------------

static json_t *pack_known_time(int64_t utc_ms)
{
    return utc_ms > 0 ? pack_time(utc_ms) : json_null();
}

static json_t *pack_tiers(const struct notice *n)
{
    static const char *const names[] = {
        [TIER_ABSENT] = "", [TIER_OFF] = "off", [TIER_PARTLY] = "partly", [TIER_SUPPLIED] = "supplied"};
    json_t *json = json_object();
    for (int t = 0; t < TIER_COUNT; t++)
        if (n->tiers[t] != TIER_ABSENT)
            json_object_set_new(json, load_tier_name((enum load_tier)t), json_string(names[n->tiers[t]]));
    return json;
}

int message_notice(const struct site *s, int building, const struct notice *n, struct instant now, char **ret_json)
{
    return pack_finish(json_pack("{s:o, s:s, s:s, s:s, s:b, s:s, s:o, s:o, s:o, s:o}", "t", pack_time(now.utc_ms), "id",
                                 s->buildings[building].id, "kind", notice_kind_name(n->kind), "text", n->text, "drill",
                                 (int)(n->kind == NOTICE_DRILL), "state", island_state_name(n->state), "from",
                                 pack_known_time(n->from_utc_ms), "until", pack_known_time(n->until_utc_ms), "lasts_h",
                                 pack_number(n->lasts_h >= 0 ? n->lasts_h : NAN), "tiers", pack_tiers(n)),
                       ret_json);
}
