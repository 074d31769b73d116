// SPDX-License-Identifier: GPL-3.0-or-later
// Outages as JSON and back: where a restart goes on from, in whatever state it was killed.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include "core/internal.h"

static const double LARGEST_W = 1e10;
static const int64_t LATEST_MS = INT64_C(253402300799000); // 9999

// ---- out ------------------------------------------------------------------------------------------------------------

static const char *island_id(const struct engine *e, int island)
{
    return island >= 0 ? e->site->islands[island].id : "";
}

static json_t *pack_islands(const struct engine *e)
{
    json_t *list = json_array();
    for (size_t i = 0; i < outage_islands(e); i++) {
        const struct island_book *b = &e->outage.islands[i];
        const char *forming = b->forming >= 0 ? site_asset_at(e, b->forming)->id : "";
        json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:b, s:I, s:s}", "id", e->site->islands[i].id, "state",
                                              island_state_name(b->island.state), "was_black", (int)b->island.was_black,
                                              "lives", (int)b->lives, "since_ms", (json_int_t)b->since_utc_ms,
                                              "forming", forming));
    }
    return list;
}

static json_t *pack_switches(const struct engine *e)
{
    json_t *list = json_array();
    for (size_t i = 0; i < outage_switches(e); i++) {
        const struct switch_state *s = &e->outage.switches[i];
        json_array_append_new(list, json_pack("{s:s, s:b, s:b, s:b, s:f, s:I}", "id", e->site->switches[i].id, "closed",
                                              (int)s->wanted_closed, "told", (int)s->told, "obeyed", (int)s->obeyed,
                                              "power_w", s->power_w, "since_ms", (json_int_t)s->since_utc_ms));
    }
    return list;
}

// Loads with the tiers that are limited away, a bit each; 1 of chargers and flexible loads that are to stand still.
static json_t *pack_limited(const struct engine *e)
{
    json_t *object = json_object();
    for (size_t i = 0; i < e->site->n_loads; i++)
        if (e->outage.limited[i] != 0)
            json_object_set_new(object, e->site->loads[i].id, json_integer(e->outage.limited[i]));
    for (size_t i = 0; i < e->site->n_assets; i++)
        if (e->outage.paused[i])
            json_object_set_new(object, site_asset_at(e, (int)i)->id, json_integer(1));
    return object;
}

static json_t *pack_words(const struct engine *e)
{
    json_t *list = json_array();
    for (size_t i = 0; i < e->outage.n_words; i++) {
        const struct outage_word *w = &e->outage.words[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s}", "id", w->id, "action",
                                              word_kind_name(w->kind), "island", island_id(e, w->island), "state",
                                              island_state_name(w->state), "from_ms", (json_int_t)w->from_utc_ms,
                                              "until_ms", (json_int_t)w->until_utc_ms, "why", w->why, "who", w->who));
    }
    return list;
}

static json_t *pack_journal(const struct engine *e)
{
    json_t *list = json_array();
    for (size_t i = 0; i < e->outage.n_waiting; i++) {
        const struct journal_entry *j = journal_waiting(e, i);
        json_array_append_new(list,
                              json_pack("{s:I, s:I, s:s, s:s, s:s, s:s}", "number", (json_int_t)j->number, "t_ms",
                                        (json_int_t)j->utc_ms, "island", island_id(e, j->island), "from",
                                        island_state_name(j->from), "to", island_state_name(j->to), "cause", j->cause));
    }
    return list;
}

int outage_saved(const struct engine *e, char **ret_json)
{
    if (!outage_is_watched(e))
        return AEMS_E_NOT_FOUND;
    int64_t since = e->outage.since_utc_ms != NEVER_MS ? e->outage.since_utc_ms : 0;
    json_t *json = json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "number", (json_int_t)e->outage.journal_number,
                             "since_ms", (json_int_t)since, "islands", pack_islands(e), "switches", pack_switches(e),
                             "limited", pack_limited(e), "words", pack_words(e), "waiting", pack_journal(e));
    *ret_json = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    return *ret_json != NULL ? 0 : AEMS_E_NOMEM;
}

// ---- and back -------------------------------------------------------------------------------------------------------

// What was read, before any of it counts. Things that this site has no more are left behind.
struct read_back {
    uint64_t number;
    int64_t since_utc_ms;
    struct journal_entry waiting[JOURNAL_MAX_WAITING];
    size_t n_waiting;
    struct outage_word words[ENGINE_MAX_WORDS];
    size_t n_words;
    struct {
        bool is, was_black, lives;
        enum island_state state;
        int64_t since_utc_ms;
        int forming;
    } islands[SITE_MAX_ISLANDS];
    struct {
        bool is, closed, told, obeyed;
        double power_w;
        int64_t since_utc_ms;
    } switches[SITE_MAX_SWITCHES];
    unsigned limited[SITE_MAX_ASSETS]; // per load
    bool paused[SITE_MAX_ASSETS];
};

static bool is_instant(json_int_t utc_ms)
{
    return utc_ms >= 0 && utc_ms <= LATEST_MS;
}

static int find_island(const struct site *s, const char *id)
{
    for (size_t i = 0; i < s->n_islands; i++)
        if (strcmp(s->islands[i].id, id) == 0)
            return (int)i;
    return -1;
}

static bool read_island(const struct engine *e, json_t *json, struct read_back *r)
{
    const char *id, *name, *forming;
    int was_black, lives;
    json_int_t since;
    if (json_unpack(json, "{s:s, s:s, s:b, s:b, s:I, s:s!}", "id", &id, "state", &name, "was_black", &was_black,
                    "lives", &lives, "since_ms", &since, "forming", &forming) < 0)
        return false;
    enum island_state state = island_state_by_name(name);
    if (state >= ISLAND_STATE_COUNT || !is_instant(since))
        return false;
    int island = find_island(e->site, id), asset = site_find_asset(e->site, forming);
    if (island < 0)
        return true;
    const struct site_island *site = &e->site->islands[island];
    r->islands[island].is = true;
    r->islands[island].was_black = was_black;
    r->islands[island].lives = lives;
    r->islands[island].state = state;
    r->islands[island].since_utc_ms = since;
    r->islands[island].forming = -1;
    for (size_t i = 0; i < site->n_forming; i++)
        if (site->forming[i] == asset)
            r->islands[island].forming = asset;
    return true;
}

static bool read_switch(const struct engine *e, json_t *json, struct read_back *r)
{
    const char *id;
    int closed, told, obeyed;
    double power_w;
    json_int_t since;
    if (json_unpack(json, "{s:s, s:b, s:b, s:b, s:F, s:I!}", "id", &id, "closed", &closed, "told", &told, "obeyed",
                    &obeyed, "power_w", &power_w, "since_ms", &since) < 0 ||
        !in_range(power_w, 0, LARGEST_W) || !is_instant(since))
        return false;
    for (size_t i = 0; i < e->site->n_switches; i++)
        if (strcmp(e->site->switches[i].id, id) == 0) {
            r->switches[i].is = true;
            r->switches[i].closed = closed;
            r->switches[i].told = told;
            r->switches[i].obeyed = obeyed;
            r->switches[i].power_w = power_w;
            r->switches[i].since_utc_ms = since;
        }
    return true;
}

static enum outage_word_kind word_kind_by_name(const char *name)
{
    int kind = 0;
    while (kind < OUTAGE_WORD_KIND_COUNT && strcmp(word_kind_name((enum outage_word_kind)kind), name) != 0)
        kind++;
    return (enum outage_word_kind)kind;
}

static bool read_word(const struct engine *e, json_t *json, struct read_back *r)
{
    const char *id, *action, *island, *state, *why, *who = "";
    json_int_t from, until;
    struct outage_word *w = &r->words[r->n_words];
    if (json_unpack(json, "{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s?s!}", "id", &id, "action", &action, "island", &island,
                    "state", &state, "from_ms", &from, "until_ms", &until, "why", &why, "who", &who) < 0 ||
        text_copy(w->id, sizeof w->id, id) < 0 || text_copy(w->why, sizeof w->why, why) < 0 ||
        text_copy(w->who, sizeof w->who, who) < 0)
        return false;
    w->kind = word_kind_by_name(action);
    w->state = island_state_by_name(state);
    w->island = island[0] != '\0' ? find_island(e->site, island) : -1;
    w->from_utc_ms = from;
    w->until_utc_ms = until;
    if (w->kind == OUTAGE_FREE || w->state >= ISLAND_STATE_COUNT || w->id[0] == '\0' || word_fault(e, w) != NULL)
        return false;
    if (island[0] == '\0' || w->island >= 0)
        r->n_words++;
    return true;
}

// An entry of an island that is gone keeps its number: it is said of the first.
static bool read_entry(const struct engine *e, json_t *json, struct read_back *r)
{
    const char *island, *from, *to, *cause;
    json_int_t number, at;
    struct journal_entry *j = &r->waiting[r->n_waiting];
    if (json_unpack(json, "{s:I, s:I, s:s, s:s, s:s, s:s!}", "number", &number, "t_ms", &at, "island", &island, "from",
                    &from, "to", &to, "cause", &cause) < 0 ||
        text_copy(j->cause, sizeof j->cause, cause) < 0 || !is_instant(at))
        return false;
    j->utc_ms = at;
    j->number = (uint64_t)number;
    j->from = island_state_by_name(from);
    j->to = island_state_by_name(to);
    int of = find_island(e->site, island);
    j->island = island[0] == '\0' ? -1 : of >= 0 ? of : 0;
    size_t count = ++r->n_waiting;
    bool follows = count == 1 || j->number == r->waiting[count - 2].number + 1;
    return number > 0 && follows && j->from < ISLAND_STATE_COUNT && j->to < ISLAND_STATE_COUNT;
}

static bool read_limited(const struct engine *e, json_t *object, struct read_back *r)
{
    const char *id;
    json_t *value;
    if (!json_is_object(object))
        return false;
    json_object_foreach(object, id, value)
    {
        int asset = site_find_asset(e->site, id);
        json_int_t tiers = json_is_integer(value) ? json_integer_value(value) : -1;
        if (tiers < 0 || tiers >= 1 << TIER_COUNT)
            return false;
        if (asset >= 0 && site_asset_at(e, asset)->kind == ASSET_LOAD)
            r->limited[site_asset_at(e, asset)->of_kind] = (unsigned)tiers;
        else if (asset >= 0 && site_flexible_of(e->site, asset) != NULL)
            r->paused[asset] = tiers != 0;
    }
    return true;
}

typedef bool read_fn(const struct engine *e, json_t *json, struct read_back *r);

static bool read_list(const struct engine *e, json_t *list, size_t most, read_fn *read, struct read_back *r)
{
    json_t *item;
    size_t i;
    if (!json_is_array(list) || json_array_size(list) > most)
        return false;
    json_array_foreach(list, i, item) if (!read(e, item, r)) return false;
    return true;
}

static bool read_all(const struct engine *e, json_t *json, struct read_back *r)
{
    json_int_t number, since;
    json_t *islands, *switches, *limited, *words, *waiting;
    if (json_unpack(json, "{s:I, s:I, s:o, s:o, s:o, s:o, s:o!}", "number", &number, "since_ms", &since, "islands",
                    &islands, "switches", &switches, "limited", &limited, "words", &words, "waiting", &waiting) < 0)
        return false;
    if (number < 0 || !is_instant(since))
        return false;
    r->number = (uint64_t)number;
    r->since_utc_ms = since > 0 ? since : NEVER_MS;
    return read_list(e, islands, SITE_MAX_ISLANDS, read_island, r) &&
           read_list(e, switches, SITE_MAX_SWITCHES, read_switch, r) &&
           read_list(e, words, ENGINE_MAX_WORDS, read_word, r) &&
           read_list(e, waiting, JOURNAL_MAX_WAITING, read_entry, r) && read_limited(e, limited, r) &&
           (r->n_waiting == 0 || r->waiting[r->n_waiting - 1].number == r->number);
}

static void take_islands(struct engine *e, const struct read_back *r, struct instant now)
{
    bool alone = false;
    for (size_t i = 0; i < outage_islands(e); i++) {
        struct island_book *b = &e->outage.islands[i];
        if (!r->islands[i].is)
            continue;
        island_resume(&b->island, r->islands[i].state, r->islands[i].was_black, now.mono_ms);
        b->lives = r->islands[i].lives;
        b->since_utc_ms = r->islands[i].since_utc_ms;
        b->forming = r->islands[i].forming;
        alone |= island_is_alone(&b->island);
    }
    e->outage.since_utc_ms = alone ? r->since_utc_ms : NEVER_MS;
    if (alone && r->since_utc_ms == NEVER_MS)
        e->outage.since_utc_ms = now.utc_ms;
}

static void take_switches(struct engine *e, const struct read_back *r)
{
    for (size_t i = 0; i < outage_switches(e); i++) {
        struct switch_state *s = &e->outage.switches[i];
        if (!r->switches[i].is)
            continue;
        s->wanted_closed = r->switches[i].closed;
        s->told = r->switches[i].told;
        s->obeyed = r->switches[i].obeyed;
        s->power_w = r->switches[i].power_w;
        s->since_utc_ms = r->switches[i].since_utc_ms;
    }
    memcpy(e->outage.limited, r->limited, e->site->n_loads * sizeof *r->limited);
    memcpy(e->outage.paused, r->paused, e->site->n_assets * sizeof *r->paused);
}

static void take_journal(struct engine *e, const struct read_back *r)
{
    struct outage_book *b = &e->outage;
    b->journal_number = b->saved_number = r->number;
    memcpy(b->waiting, r->waiting, r->n_waiting * sizeof *r->waiting);
    b->first_waiting = 0;
    b->n_waiting = r->n_waiting;
    if (b->n_waiting > 0)
        queue_add(&e->queue, TASK_JOURNAL, 0);
}

int outage_restore(struct engine *e, const char *text, struct instant now)
{
    if (!outage_is_watched(e))
        return AEMS_E_NOT_FOUND;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    struct read_back *r = calloc(1, sizeof *r);
    int result = r == NULL ? AEMS_E_NOMEM : json == NULL || !read_all(e, json, r) ? AEMS_E_FORMAT : 0;
    if (result == 0) {
        take_islands(e, r, now);
        take_switches(e, r);
        for (size_t i = 0; i < outage_islands(e); i++)
            serving_take_note(e, (int)i, now);
        take_journal(e, r);
        memcpy(e->outage.words, r->words, r->n_words * sizeof *r->words);
        e->outage.n_words = r->n_words;
        words_expire(e, now);
    }
    free(r);
    json_decref(json);
    return result;
}
