// SPDX-License-Identifier: GPL-3.0-or-later
// A state that an operator forces may have to wait, for the stable time, say, or for a contactor: whoever forced it is
// told for what, and so is the journal, once.
#include <stdio.h>
#include <string.h>

#include "core/internal.h"

enum { WAIT_SIZE = 96 };

static bool is_at_work(const struct outage_word *w, int island, struct instant now)
{
    bool here = w->island < 0 || w->island == island;
    return w->kind == OUTAGE_FORCE && here && w->from_utc_ms <= now.utc_ms && w->until_utc_ms > now.utc_ms;
}

static unsigned forced_states(const struct engine *e, int island, struct instant now)
{
    unsigned states = 0;
    for (size_t i = 0; i < e->outage.n_words; i++)
        if (is_at_work(&e->outage.words[i], island, now))
            states |= 1U << e->outage.words[i].state;
    return states;
}

// "the grid was not there for its stable time yet (240 s to go)"; false: it waits for nothing.
static bool format_wait(const struct engine *e, int island, enum island_state state, struct instant now,
                        char ret_text[static WAIT_SIZE])
{
    enum island_wait wait = outage_waits_for(e, island, state, now);
    uint64_t left_ms = wait == ISLAND_WAITS_STABLE ? outage_wait_ms(e, island, now) : UINT64_MAX;
    int length = snprintf(ret_text, WAIT_SIZE, "%s", island_wait_text(wait));
    if (left_ms != UINT64_MAX)
        snprintf(ret_text + length, WAIT_SIZE - (size_t)length, " (%.0f s to go)", area_seconds(e, left_ms));
    return wait != ISLAND_WAITS_NOT;
}

static void tell(struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    unsigned forced = forced_states(e, island, now);
    char text[WAIT_SIZE];
    b->waits_told &= forced;
    for (int state = 0; state < ISLAND_STATE_COUNT && forced != b->waits_told; state++) {
        bool untold = (forced & ~b->waits_told & 1U << state) != 0;
        if (!untold || !format_wait(e, island, (enum island_state)state, now, text))
            continue;
        b->waits_told |= 1U << state;
        journal_always(e, island, "%s is forced and waits: %s", island_state_name((enum island_state)state), text);
    }
}

void forced_tick(struct engine *e, struct instant now)
{
    for (size_t i = 0; i < outage_islands(e); i++)
        tell(e, (int)i, now);
}

static void add_remark(struct engine *e, int island, const char *text)
{
    char *remark = e->outage.remark;
    size_t length = strlen(remark), size = sizeof e->outage.remark;
    const char *between = length > 0 ? "; " : "";
    if (length + strlen(between) + strlen(e->site->islands[island].id) + strlen(text) + 9 < size)
        snprintf(remark + length, size - length, "%s%s waits: %s", between, e->site->islands[island].id, text);
}

void forced_is_said(struct engine *e, const struct outage_word *w, bool anew, struct instant now)
{
    char text[WAIT_SIZE];
    for (size_t i = 0; i < outage_islands(e); i++) {
        if (!is_at_work(w, (int)i, now))
            continue;
        if (anew)
            e->outage.islands[i].waits_told &= ~(1U << w->state);
        if (format_wait(e, (int)i, w->state, now, text))
            add_remark(e, (int)i, text);
        tell(e, (int)i, now);
    }
}

const char *engine_last_remark(const struct engine *e)
{
    return e->outage.remark;
}
