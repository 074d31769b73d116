// SPDX-License-Identifier: GPL-3.0-or-later
// What follows at once when an island enters a new state: loads are shed, somebody holds it or nobody does any more,
// its breaker is told, and people are.
#include "core/internal.h"

enum { HELD_MS = 3 * 1000 }; // after a loss: whose bus was seen to live for so long held it

// ---- breakers -------------------------------------------------------------------------------------------------------

bool breaker_may_close(const struct engine *e, int island)
{
    const struct island_book *b = &e->outage.islands[island];
    return b->island.state == ISLAND_RESYNCHRONISING && island_breaker(&b->island) == BREAKER_CLOSE &&
           b->sense.supply == SUPPLY_THERE && !b->sense.disagree;
}

void island_tell_breaker(struct engine *e, int island, struct instant now)
{
    const struct island_book *b = &e->outage.islands[island];
    int breaker = e->site->islands[island].breaker;
    enum breaker_wish wish = island_breaker(&b->island);
    if (breaker < 0 || wish == BREAKER_LEAVE)
        return;
    if (wish == BREAKER_OPEN || breaker_may_close(e, island))
        switch_want(e, breaker, wish == BREAKER_CLOSE, now);
}

// ---- states ---------------------------------------------------------------------------------------------------------

static void shed_all(struct engine *e, int island, struct instant now)
{
    struct shed_item items[SERVING_MAX_ITEMS];
    size_t n = serving_items(e, island, now, items);
    for (size_t i = 0; i < n; i++)
        serving_set(e, island, (int)i, false, now);
}

static void lose_grid(struct engine *e, int island, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    b->lost_mono_ms = now.mono_ms;
    b->seen_mono_ms = now.mono_ms;
    b->shed_w = 0;
    if (e->outage.since_utc_ms == NEVER_MS)
        e->outage.since_utc_ms = now.utc_ms;
    forming_refresh(e, now);
    b->shed_w = serving_shed(e, island, forming_deficit_w(e, island, now), now);
}

static void find_grid(struct engine *e, int island)
{
    struct island_book *b = &e->outage.islands[island];
    b->forming = -1;
    b->import_w = b->shed_w = 0;
    b->restart = (struct restart){0};
    for (size_t i = 0; i < outage_islands(e); i++)
        if (island_is_alone(&e->outage.islands[i].island))
            return;
    e->outage.since_utc_ms = NEVER_MS;
}

static void tell_state(struct engine *e, int island, const struct island_step *step, struct instant now)
{
    const struct island_book *b = &e->outage.islands[island];
    if (island_is_alone(&b->island))
        alarm_renew(e, ALARM_ISLAND, island);
    alarm_set(e, ALARM_ISLAND, island, island_is_alone(&b->island), now.utc_ms,
              "Island %s is without the grid: %s (%s)", e->site->islands[island].id, island_state_name(step->to),
              step->cause);
}

// Who was to take over from the grid and had no living bus to do so is not to blame: a dead grid pulled it down, or
// more was drawn than anybody could have given. All is shed now, and it may try.
static bool has_held(const struct island_book *b, enum island_state from)
{
    return from == ISLAND_RESTARTING || b->seen_mono_ms > b->lost_mono_ms + HELD_MS;
}

void island_enter(struct engine *e, int island, const struct island_step *step, struct instant now)
{
    struct island_book *b = &e->outage.islands[island];
    b->since_utc_ms = now.utc_ms;
    journal_step(e, island, step->from, step->to, step->cause);
    tell_state(e, island, step, now);
    if (step->from == ISLAND_CONNECTED)
        lose_grid(e, island, now);
    if (step->to == ISLAND_BLACK) {
        if (b->forming >= 0 && !b->lives && has_held(b, step->from))
            forming_trips(e, island, now);
        b->forming = -1;
        b->restart = (struct restart){0};
        shed_all(e, island, now);
        serving_take_note(e, island, now);
    } else if (step->to == ISLAND_RESTARTING) {
        restart_begin(&b->restart, now.mono_ms);
    } else if (step->to == ISLAND_CONNECTED) {
        if (e->site->islands[island].breaker >= 0)
            switch_forget(e, e->site->islands[island].breaker);
        find_grid(e, island);
    }
    planning_request(e);
    queue_add(&e->queue, TASK_SAVE_OUTAGE, 0);
    queue_add(&e->queue, TASK_OUTAGE, 0);
}
