// SPDX-License-Identifier: GPL-3.0-or-later
// What operators and others say of outages: warnings, planned outages, what is forbidden or forced, when the grid is
// expected back.
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "core/internal.h"

enum { DAY_MS = 24 * 3600 * 1000 };

static const int64_t LATEST_MS = INT64_C(253402300799000); // 9999
static const int64_t LONGEST_MS = INT64_C(366) * DAY_MS;
static const int64_t LONGEST_LEASE_MS = DAY_MS;   // of what is forbidden or forced
static const int64_t CHARGED_MS = 15 * 60 * 1000; // before a planned outage batteries are full so long

const char *word_kind_name(enum outage_word_kind kind)
{
    static const char *const names[OUTAGE_WORD_KIND_COUNT] = {
        [OUTAGE_WARNING] = "warn", [OUTAGE_PLANNED] = "plan", [OUTAGE_FORBID] = "forbid",
        [OUTAGE_FORCE] = "force",  [OUTAGE_FREE] = "free",    [OUTAGE_EXPECT] = "expect"};
    return (unsigned)kind < OUTAGE_WORD_KIND_COUNT ? names[kind] : "unknown";
}

// ---- taking them in -------------------------------------------------------------------------------------------------

static bool is_order(const struct outage_word *w)
{
    return w->kind == OUTAGE_FORBID || w->kind == OUTAGE_FORCE;
}

static const char *time_fault(const struct outage_word *w)
{
    if (w->from_utc_ms < 0 || w->until_utc_ms < 0 || w->from_utc_ms > LATEST_MS || w->until_utc_ms > LATEST_MS)
        return "its times are no times: give RFC 3339 date-times";
    if (w->until_utc_ms <= w->from_utc_ms)
        return "it ends before it begins: `until` has to be after `from`";
    if (is_order(w) && w->until_utc_ms - w->from_utc_ms > LONGEST_LEASE_MS)
        return "what is forbidden or forced holds for 24 h at most: say it again later";
    return w->until_utc_ms - w->from_utc_ms > LONGEST_MS ? "it lasts longer than a year" : NULL;
}

const char *word_fault(const struct engine *e, const struct outage_word *w)
{
    if ((unsigned)w->kind >= OUTAGE_WORD_KIND_COUNT)
        return "no such action: say warn, plan, forbid, force, free or expect";
    if (w->island < -1 || w->island >= (int)outage_islands(e))
        return "no such island";
    bool ended = memchr(w->id, '\0', sizeof w->id) != NULL && memchr(w->why, '\0', sizeof w->why) != NULL &&
                 memchr(w->who, '\0', sizeof w->who) != NULL;
    if (!ended || (w->id[0] != '\0' && !text_is_id(w->id)))
        return "it has no proper name: letters, digits, - and _, at most 47";
    bool names_state = is_order(w) || (w->kind == OUTAGE_FREE && w->id[0] == '\0');
    if (names_state && (unsigned)w->state >= ISLAND_STATE_COUNT)
        return "no such state of an island";
    return w->kind != OUTAGE_FREE ? time_fault(w) : NULL;
}

static int find(const struct engine *e, const char *id)
{
    for (size_t i = 0; i < e->outage.n_words; i++)
        if (strcmp(e->outage.words[i].id, id) == 0)
            return (int)i;
    return -1;
}

static void say(struct engine *e)
{
    queue_add(&e->queue, TASK_SAVE_OUTAGE, 0);
    queue_add(&e->queue, TASK_OUTAGE, 0);
}

// They stand in the order in which they were said.
static void take_out(struct outage_book *b, size_t index)
{
    memmove(&b->words[index], &b->words[index + 1], (b->n_words - index - 1) * sizeof *b->words);
    b->n_words--;
}

static void drop(struct engine *e, size_t index)
{
    struct outage_book *b = &e->outage;
    bool plans = !is_order(&b->words[index]);
    take_out(b, index);
    say(e);
    if (plans)
        planning_request(e);
}

static bool is_freed(const struct outage_word *w, const struct outage_word *by)
{
    if (by->id[0] != '\0')
        return strcmp(w->id, by->id) == 0;
    return is_order(w) && w->state == by->state && (by->island < 0 || w->island == by->island);
}

static int take_back(struct engine *e, const struct outage_word *w)
{
    bool any = false;
    for (size_t i = e->outage.n_words; i-- > 0;)
        if (is_freed(&e->outage.words[i], w)) {
            word_is_taken_back(e, &e->outage.words[i], w);
            drop(e, i);
            any = true;
        }
    if (!any)
        refuse(e, "%s: nothing of that is known, see `aemsctl outage status`",
               w->id[0] != '\0' ? w->id : island_state_name(w->state));
    return any ? 0 : AEMS_E_REFUSED;
}

// One that has no name of its own takes the place of the last that meant the same.
static void give_name(struct outage_word *w)
{
    if (w->id[0] != '\0')
        return;
    char island[16] = "all";
    if (w->island >= 0)
        snprintf(island, sizeof island, "%d", w->island);
    snprintf(w->id, sizeof w->id, "%s-%s%s%s", word_kind_name(w->kind), island, is_order(w) ? "-" : "",
             is_order(w) ? island_state_name(w->state) : "");
}

static int put(struct engine *e, struct outage_word w, struct instant now)
{
    struct outage_book *b = &e->outage;
    give_name(&w);
    words_expire(e, now);
    int index = find(e, w.id);
    if (index < 0 && b->n_words == ENGINE_MAX_WORDS) {
        refuse(e, "%d words are known already: free some", (int)ENGINE_MAX_WORDS);
        return AEMS_E_REFUSED;
    }
    word_is_said(e, &w, index >= 0 ? &b->words[index] : NULL);
    bool plans = !is_order(&w) || (index >= 0 && !is_order(&b->words[index]));
    if (index >= 0)
        take_out(b, (size_t)index);
    b->words[b->n_words++] = w;
    forced_is_said(e, &w, index < 0, now);
    say(e);
    if (plans)
        planning_request(e);
    return 0;
}

int outage_consume(struct engine *e, const struct event *event)
{
    struct outage_word w = event->outage;
    e->outage.now_utc_ms = event->at.utc_ms;
    e->outage.remark[0] = '\0';
    if (!outage_is_watched(e)) {
        refuse(e, "this area looks after no islands: see `outage` and `islands` in its configuration");
        return AEMS_E_REFUSED;
    }
    if (w.from_utc_ms == 0 && (is_order(&w) || w.kind == OUTAGE_EXPECT)) // these hold at once
        w.from_utc_ms = event->at.utc_ms;
    const char *fault = word_fault(e, &w);
    if (fault != NULL) {
        refuse(e, "%s", fault);
        return AEMS_E_REFUSED;
    }
    if (w.kind == OUTAGE_FREE)
        return take_back(e, &w);
    if (w.until_utc_ms <= event->at.utc_ms) {
        refuse(e, "its end has passed");
        return AEMS_E_REFUSED;
    }
    if (w.kind == OUTAGE_EXPECT && e->outage.since_utc_ms == NEVER_MS) {
        refuse(e, "no outage is under way; announce one that is to come (action `plan`, aemsctl outage announce)");
        return AEMS_E_REFUSED;
    }
    return put(e, w, event->at);
}

// What was said of an outage's end goes with the outage.
void words_expire(struct engine *e, struct instant now)
{
    for (size_t i = e->outage.n_words; i-- > 0;) {
        const struct outage_word *w = &e->outage.words[i];
        bool over = w->kind == OUTAGE_EXPECT && e->outage.since_utc_ms == NEVER_MS;
        if (!over && w->until_utc_ms > now.utc_ms)
            continue;
        e->outage.now_utc_ms = now.utc_ms;
        word_is_over(e, w);
        drop(e, i);
    }
}

// ---- what follows from them -----------------------------------------------------------------------------------------

static bool is_of(const struct outage_word *w, int island)
{
    return w->island < 0 || w->island == island;
}

struct island_orders outage_orders(const struct engine *e, int island, int64_t utc_ms)
{
    struct island_orders orders = {{ISLAND_FREE}};
    for (size_t i = 0; i < e->outage.n_words; i++) {
        const struct outage_word *w = &e->outage.words[i];
        if (!is_order(w) || !is_of(w, island) || w->from_utc_ms > utc_ms || w->until_utc_ms <= utc_ms)
            continue;
        if (w->kind == OUTAGE_FORBID || orders.words[w->state] == ISLAND_FREE) // forbidden stands above forced
            orders.words[w->state] = w->kind == OUTAGE_FORBID ? ISLAND_FORBIDDEN : ISLAND_FORCED;
    }
    return orders;
}

// A time that has passed without the grid coming back goes on day by day.
static int64_t ahead_ms(int64_t until_ms, int64_t now_utc_ms)
{
    if (until_ms > now_utc_ms)
        return until_ms;
    return until_ms + ((now_utc_ms - until_ms) / DAY_MS + 1) * DAY_MS;
}

// When the grid is back at an island that has lost it, by what somebody said of it last; NEVER_MS: nobody said.
static int64_t said_back_ms(const struct engine *e, int island, int64_t now_utc_ms)
{
    for (size_t i = e->outage.n_words; i-- > 0;) {
        const struct outage_word *w = &e->outage.words[i];
        if (w->kind == OUTAGE_EXPECT && is_of(w, island) && w->until_utc_ms > now_utc_ms)
            return w->until_utc_ms;
    }
    return NEVER_MS;
}

bool outage_return_is_said(const struct engine *e, int64_t now_utc_ms)
{
    for (size_t i = 0; i < outage_islands(e); i++)
        if (island_is_alone(&e->outage.islands[i].island) && said_back_ms(e, (int)i, now_utc_ms) == NEVER_MS)
            return false;
    return true;
}

// When it is expected back: else at the end of what is planned for.
static int64_t expected_back_ms(const struct engine *e, int island, int64_t now_utc_ms)
{
    int64_t said = said_back_ms(e, island, now_utc_ms);
    if (said != NEVER_MS)
        return said;
    int64_t since = e->outage.since_utc_ms != NEVER_MS ? e->outage.since_utc_ms : now_utc_ms;
    return ahead_ms(since + (int64_t)e->site->outage.horizon_s * 1000, now_utc_ms);
}

int64_t outage_horizon_ms(const struct engine *e, int64_t now_utc_ms, bool lifelines)
{
    int64_t latest = NEVER_MS;
    for (size_t i = 0; i < outage_islands(e); i++) {
        if (!island_is_alone(&e->outage.islands[i].island))
            continue;
        int64_t back = expected_back_ms(e, (int)i, now_utc_ms);
        latest = back > latest ? back : latest;
    }
    if (latest == NEVER_MS)
        return NEVER_MS;
    return lifelines ? latest + (int64_t)e->site->outage.beyond_s * 1000 : latest;
}

bool outage_expected(const struct engine *e, int grid, int64_t from_utc_ms, int64_t to_utc_ms, int64_t now_utc_ms)
{
    int island = outage_is_watched(e) ? site_island_of_grid(e->site, grid) : -1;
    if (island < 0)
        return false;
    if (island_is_alone(&e->outage.islands[island].island) && from_utc_ms < expected_back_ms(e, island, now_utc_ms))
        return true;
    for (size_t i = 0; i < e->outage.n_words; i++) {
        const struct outage_word *w = &e->outage.words[i];
        if (w->kind == OUTAGE_PLANNED && is_of(w, island) && w->from_utc_ms < to_utc_ms &&
            w->until_utc_ms > from_utc_ms)
            return true;
    }
    return false;
}

// Of a warning the whole of its time; of a planned outage until it begins, when it is there to be used.
static bool keeps_charged(const struct outage_word *w, int64_t utc_ms)
{
    if (w->kind == OUTAGE_WARNING)
        return w->from_utc_ms <= utc_ms && utc_ms < w->until_utc_ms;
    return w->kind == OUTAGE_PLANNED && w->from_utc_ms - CHARGED_MS <= utc_ms && utc_ms <= w->from_utc_ms;
}

double outage_reserve_frac(const struct engine *e, int64_t utc_ms)
{
    if (!outage_is_watched(e) || e->outage.since_utc_ms != NEVER_MS) // now it is used
        return 0;
    bool warned = dr_alerts(e, DR_EMERGENCY, utc_ms, NULL);
    for (size_t i = 0; i < e->outage.n_words && !warned; i++)
        warned = keeps_charged(&e->outage.words[i], utc_ms);
    return warned ? e->site->outage.warned_frac : 0;
}
