// SPDX-License-Identifier: GPL-3.0-or-later
#include "outage/island.h"

#include <stdio.h>
#include <string.h>

// What a decision looks at: the island, what is known, and the words that hold.
struct view {
    const struct island *i;
    const struct island_settings *settings;
    const struct island_orders *orders;
    struct island_input in;
    uint64_t now_mono_ms;
    const char *cause;
};

static uint64_t elapsed(uint64_t since_mono_ms, uint64_t now_mono_ms)
{
    return now_mono_ms > since_mono_ms ? now_mono_ms - since_mono_ms : 0;
}

static uint64_t stamp(uint64_t now_mono_ms) // 0 means never
{
    return now_mono_ms > 0 ? now_mono_ms : 1;
}

// ---- what is asked of the view --------------------------------------------------------------------------------------

static bool forbidden(const struct view *v, enum island_state to)
{
    return v->orders->words[to] == ISLAND_FORBIDDEN;
}

static bool forced(const struct view *v, enum island_state to)
{
    return v->orders->words[to] == ISLAND_FORCED;
}

// Somebody wants it to be by itself, and it can be: it has a breaker.
static bool is_sent_off(const struct view *v)
{
    return v->settings->has_breaker &&
           (forced(v, ISLAND_ISLANDING) || forced(v, ISLAND_ISLANDED) || forced(v, ISLAND_BLACK));
}

// Somebody wants a dead bus to be brought up, rather than to wait for the grid.
static bool is_hurried(const struct view *v)
{
    return is_sent_off(v) || forced(v, ISLAND_RESTARTING);
}

static bool is_open(const struct view *v)
{
    return v->in.breaker_known && v->in.breaker_open;
}

static bool is_closed(const struct view *v)
{
    return v->in.breaker_known && !v->in.breaker_open;
}

// Nobody could ever say: the interconnection's protection sees to it, and voltage without a grid tells that it has.
static bool is_unwitnessed(const struct view *v)
{
    return !v->settings->has_breaker && !v->in.breaker_known;
}

static bool is_off_grid(const struct view *v)
{
    return is_open(v) || (is_unwitnessed(v) && !v->in.relies);
}

static uint64_t spent_ms(const struct view *v)
{
    return elapsed(v->i->since_mono_ms, v->now_mono_ms);
}

// Just after a restart of the program, readings are yet to come.
static bool looks_around(const struct view *v)
{
    return v->i->resumed && spent_ms(v) < v->settings->open_ms;
}

static bool has_rested(const struct view *v, uint64_t ms)
{
    return v->i->failed_mono_ms == 0 || elapsed(v->i->failed_mono_ms, v->now_mono_ms) >= ms;
}

// What flutters does not come through.
static bool is_calm(const struct view *v)
{
    uint64_t calm_ms = v->settings->stable_ms / 5;
    return v->i->turned_mono_ms == 0 || elapsed(v->i->turned_mono_ms, v->now_mono_ms) >= calm_ms;
}

static enum island_state to(struct view *v, enum island_state state, const char *cause)
{
    v->cause = cause;
    return state;
}

// ---- from each state ------------------------------------------------------------------------------------------------

static enum island_state from_connected(struct view *v)
{
    if (is_open(v))
        return to(v, ISLAND_ISLANDING, v->in.grid_there ? "the breaker is open" : "grid lost, the breaker is open");
    if (!v->in.relies && !forbidden(v, ISLAND_ISLANDING))
        return to(v, ISLAND_ISLANDING, "grid lost");
    if (!v->in.relies && !v->in.lives)
        return to(v, ISLAND_BLACK, "grid lost, and islanding is forbidden");
    if (v->in.relies && is_sent_off(v) && !forbidden(v, ISLAND_ISLANDING))
        return to(v, ISLAND_ISLANDING, "forced by an operator");
    return ISLAND_CONNECTED;
}

static enum island_state from_islanding(struct view *v)
{
    bool stays = is_sent_off(v);
    bool never_opened = !v->i->was_open && (is_closed(v) || is_unwitnessed(v));
    if (v->in.grid_there && v->in.relies && never_opened && !stays && !forbidden(v, ISLAND_CONNECTED) && is_calm(v))
        return to(v, ISLAND_CONNECTED, "the grid is there again, and the breaker was never opened");
    if (is_off_grid(v) && forced(v, ISLAND_BLACK))
        return to(v, ISLAND_BLACK, "forced by an operator");
    if (is_off_grid(v) && v->in.lives && !forbidden(v, ISLAND_ISLANDED))
        return to(v, ISLAND_ISLANDED, is_open(v) ? "the breaker is open and the bus lives" : "the bus lives by itself");
    if (spent_ms(v) < v->settings->open_ms)
        return ISLAND_ISLANDING;
    if (!v->in.lives)
        return to(v, ISLAND_BLACK, is_closed(v) ? "no voltage, and the breaker did not open" : "no voltage");
    // Nobody can say where the breaker is, say its link was down: it may never have opened, and opening it now would
    // part the island from a grid that is there. Waiting would last as long.
    bool unsure = v->settings->has_breaker && !v->in.breaker_known && !v->i->was_open && !v->in.stable;
    if (v->in.grid_there && !never_opened && !unsure && !stays && !forbidden(v, ISLAND_WAITING))
        return to(v, ISLAND_WAITING, "the grid is there");
    return ISLAND_ISLANDING;
}

static enum island_state from_islanded(struct view *v)
{
    if (looks_around(v))
        return ISLAND_ISLANDED;
    if (!v->in.lives)
        return to(v, ISLAND_BLACK, "no voltage");
    if (forced(v, ISLAND_BLACK))
        return to(v, ISLAND_BLACK, "forced by an operator");
    if (is_closed(v) && (v->settings->has_breaker || !v->in.grid_there) && is_calm(v))
        return to(v, ISLAND_ISLANDING, "the breaker was found closed");
    if (v->in.grid_there && !is_sent_off(v) && !forbidden(v, ISLAND_WAITING) && is_calm(v))
        return to(v, ISLAND_WAITING, "the grid is there");
    return ISLAND_ISLANDED;
}

static enum island_state from_black(struct view *v)
{
    if (looks_around(v) || forced(v, ISLAND_BLACK))
        return ISLAND_BLACK;
    bool hurries = is_hurried(v);
    if (v->in.grid_there && !hurries && !forbidden(v, ISLAND_WAITING) && is_calm(v))
        return to(v, ISLAND_WAITING, "the grid is there");
    // Never onto a grid: no word is above that.
    bool can = v->in.can_form && v->in.switches_open && is_open(v);
    bool may = !forbidden(v, ISLAND_RESTARTING) && !forbidden(v, ISLAND_ISLANDED);
    if (can && may && has_rested(v, hurries ? v->settings->open_ms : v->settings->retry_ms))
        return to(v, ISLAND_RESTARTING, hurries ? "forced by an operator" : "all is open, and somebody can form");
    return ISLAND_BLACK;
}

static enum island_state from_restarting(struct view *v)
{
    if (looks_around(v))
        return ISLAND_RESTARTING;
    if (forced(v, ISLAND_BLACK))
        return to(v, ISLAND_BLACK, "forced by an operator");
    if (is_closed(v) || (!v->in.lives && !is_open(v)))
        return to(v, ISLAND_BLACK, "the breaker is not known to be open any more");
    if (v->in.failed && spent_ms(v) > 0)
        return to(v, ISLAND_BLACK, "the restart failed");
    if (v->in.grid_there && !is_hurried(v) && !forbidden(v, ISLAND_WAITING) && is_calm(v))
        return to(v, ISLAND_WAITING, "the grid is there");
    if (v->in.restarted && v->in.lives)
        return forbidden(v, ISLAND_ISLANDED) ? ISLAND_RESTARTING : to(v, ISLAND_ISLANDED, "restarted");
    if (spent_ms(v) >= v->settings->restart_ms)
        return to(v, ISLAND_BLACK, "the restart took too long");
    return ISLAND_RESTARTING;
}

// The grid is gone while it waits, or a word sends it back.
static enum island_state back_alone(struct view *v, const char *cause)
{
    if (v->i->was_black)
        return to(v, ISLAND_BLACK, cause);
    if (!is_off_grid(v)) // closed, or just moving
        return to(v, ISLAND_ISLANDING, cause);
    return forbidden(v, ISLAND_ISLANDED) ? ISLAND_WAITING : to(v, ISLAND_ISLANDED, cause);
}

static enum island_state from_waiting(struct view *v)
{
    if (looks_around(v))
        return ISLAND_WAITING;
    if (forced(v, ISLAND_BLACK))
        return to(v, ISLAND_BLACK, "forced by an operator");
    if (!v->i->was_black && !v->in.lives)
        return to(v, ISLAND_BLACK, "no voltage");
    if (!v->in.grid_there)
        return back_alone(v, "grid lost again");
    if (v->i->was_black ? is_hurried(v) : is_sent_off(v))
        return is_closed(v) && !v->i->was_black ? ISLAND_WAITING : back_alone(v, "forced by an operator");
    bool may = !forbidden(v, ISLAND_RESYNCHRONISING) && !forbidden(v, ISLAND_CONNECTED) && !forced(v, ISLAND_WAITING);
    if (v->in.stable && may && island_rest_ms(v->i, v->settings->stable_ms, v->now_mono_ms) == 0)
        return to(v, ISLAND_RESYNCHRONISING, "the grid was stable for its time");
    return ISLAND_WAITING;
}

// Back to waiting; where that is forbidden, to what it was before.
static enum island_state give_up(struct view *v, const char *cause)
{
    if (!forbidden(v, ISLAND_WAITING))
        return to(v, ISLAND_WAITING, cause);
    if (v->i->was_black)
        return to(v, ISLAND_BLACK, cause);
    return to(v, !is_off_grid(v) || forbidden(v, ISLAND_ISLANDED) ? ISLAND_ISLANDING : ISLAND_ISLANDED, cause);
}

static enum island_state from_resynchronising(struct view *v)
{
    // It may have been closed while the program was away.
    if (looks_around(v) && v->in.relies && !(v->in.grid_there && is_closed(v)))
        return ISLAND_RESYNCHRONISING;
    if (!v->in.grid_there)
        return give_up(v, "grid lost again");
    if (forbidden(v, ISLAND_CONNECTED) || is_sent_off(v))
        return give_up(v, "an operator's word");
    bool late = spent_ms(v) >= v->settings->close_ms;
    if (v->in.relies && (is_closed(v) || (is_unwitnessed(v) && late)))
        return to(v, ISLAND_CONNECTED, "the grid carries");
    if (!v->in.stable)
        return give_up(v, "the grid is not stable any more");
    if (late && !forced(v, ISLAND_RESYNCHRONISING))
        return give_up(v, "the breaker did not close in its time");
    return ISLAND_RESYNCHRONISING;
}

static enum island_state next(struct view *v)
{
    switch (v->i->state) {
    case ISLAND_CONNECTED:
        return from_connected(v);
    case ISLAND_ISLANDING:
        return from_islanding(v);
    case ISLAND_ISLANDED:
        return from_islanded(v);
    case ISLAND_BLACK:
        return from_black(v);
    case ISLAND_RESTARTING:
        return from_restarting(v);
    case ISLAND_WAITING:
        return from_waiting(v);
    case ISLAND_RESYNCHRONISING:
        return from_resynchronising(v);
    case ISLAND_STATE_COUNT:
        break;
    }
    return v->i->state;
}

// ---- into it --------------------------------------------------------------------------------------------------------

// In a drill nobody tells the breaker anything. A grid that is lost meanwhile ends it: what is read counts.
static void pretend(const struct island *i, struct island_input *in)
{
    if (!in->drill || !in->grid_there)
        return;
    in->breaker_known = true;
    in->breaker_open = i->wish == BREAKER_OPEN;
    in->lives = true;
}

static enum breaker_wish wish(const struct view *v)
{
    if (!v->settings->has_breaker)
        return BREAKER_LEAVE;
    switch (v->i->state) {
    case ISLAND_ISLANDING:
    case ISLAND_ISLANDED:
    case ISLAND_RESTARTING:
        return BREAKER_OPEN;
    case ISLAND_BLACK: // because it may not be an island: then it hangs on the grid, and comes back with it
        return !v->i->was_open && forbidden(v, ISLAND_ISLANDING) ? BREAKER_LEAVE : BREAKER_OPEN;
    case ISLAND_WAITING: // likewise, or the breaker never opened
        return v->i->was_black && !v->i->was_open ? BREAKER_LEAVE : BREAKER_OPEN;
    case ISLAND_RESYNCHRONISING:
        return v->in.grid_there && v->in.stable ? BREAKER_CLOSE : BREAKER_LEAVE;
    default:
        return BREAKER_LEAVE;
    }
}

static void watch_breaker(struct island *i, const struct view *v)
{
    enum breaker_wish now_wished = wish(v);
    if (now_wished != i->wish) {
        i->wish = now_wished;
        i->wished_mono_ms = now_wished == BREAKER_LEAVE ? 0 : stamp(v->now_mono_ms);
    }
    bool obeys = i->wish == BREAKER_LEAVE || (i->wish == BREAKER_OPEN ? is_open(v) : is_closed(v));
    uint64_t may_take_ms = i->wish == BREAKER_CLOSE ? v->settings->close_ms : v->settings->open_ms;
    i->breaker_stuck = !obeys && elapsed(i->wished_mono_ms, v->now_mono_ms) >= may_take_ms;
}

static void enter(struct island *i, enum island_state state, const struct view *v)
{
    enum island_state from = i->state;
    i->state = state;
    i->since_mono_ms = v->now_mono_ms;
    i->resumed = false;
    bool back = (from == ISLAND_WAITING && state != ISLAND_RESYNCHRONISING && !v->in.grid_there) ||
                (from == ISLAND_ISLANDED && state == ISLAND_ISLANDING) ||
                (from == ISLAND_ISLANDING && state == ISLAND_CONNECTED);
    if (back)
        i->turned_mono_ms = stamp(v->now_mono_ms);
    if (from == ISLAND_CONNECTED && is_open(v) && v->settings->has_breaker)
        i->parted_mono_ms = stamp(v->now_mono_ms);
    if (state == ISLAND_CONNECTED)
        i->was_black = i->was_open = false;
    if (state == ISLAND_BLACK)
        i->was_black = true;
    if (state == ISLAND_ISLANDED || (from == ISLAND_RESTARTING && state == ISLAND_WAITING && v->in.lives))
        i->was_black = false;
    if (state == ISLAND_CONNECTED)
        i->failed_mono_ms = 0;
    // Also one that was done: where the island dies again right away, the next does not follow at once.
    if (from == ISLAND_RESYNCHRONISING || from == ISLAND_RESTARTING)
        if (state == ISLAND_WAITING || state == ISLAND_BLACK || state == ISLAND_ISLANDED)
            i->failed_mono_ms = stamp(v->now_mono_ms);
}

bool island_advance(struct island *i, const struct island_settings *settings, const struct island_orders *orders,
                    const struct island_input *input, uint64_t now_mono_ms, struct island_step *ret_step)
{
    struct view v = {i, settings, orders, *input, now_mono_ms, ""};
    pretend(i, &v.in);
    enum island_state from = i->state, state = next(&v);
    if (state != from) {
        enter(i, state, &v);
        *ret_step = (struct island_step){.from = from, .to = state};
        snprintf(ret_step->cause, sizeof ret_step->cause, "%s", v.cause);
    }
    if (is_open(&v) && i->state != ISLAND_CONNECTED)
        i->was_open = true;
    watch_breaker(i, &v);
    return state != from;
}

uint64_t island_rest_ms(const struct island *i, uint64_t stable_ms, uint64_t now_mono_ms)
{
    uint64_t last_mono_ms = i->failed_mono_ms > i->parted_mono_ms ? i->failed_mono_ms : i->parted_mono_ms;
    uint64_t rested_ms = elapsed(last_mono_ms, now_mono_ms);
    return last_mono_ms == 0 || rested_ms >= stable_ms ? 0 : stable_ms - rested_ms;
}

enum breaker_wish island_breaker(const struct island *i)
{
    return i->wish;
}

bool island_is_connected(const struct island *i)
{
    return i->state == ISLAND_CONNECTED;
}

bool island_is_alone(const struct island *i)
{
    return !island_is_connected(i);
}

static const char *const state_names[ISLAND_STATE_COUNT] = {[ISLAND_CONNECTED] = "connected",
                                                            [ISLAND_ISLANDING] = "islanding",
                                                            [ISLAND_ISLANDED] = "islanded",
                                                            [ISLAND_BLACK] = "black",
                                                            [ISLAND_RESTARTING] = "restarting",
                                                            [ISLAND_WAITING] = "waiting",
                                                            [ISLAND_RESYNCHRONISING] = "resynchronising"};

const char *island_state_name(enum island_state state)
{
    return (unsigned)state < ISLAND_STATE_COUNT ? state_names[state] : "unknown";
}

enum island_state island_state_by_name(const char *name)
{
    int state = 0;
    while (state < ISLAND_STATE_COUNT && strcmp(state_names[state], name) != 0)
        state++;
    return (enum island_state)state;
}

// An island is taken to have been off the grid. Its breaker is told nothing before what is known has come in: a
// connection that was under way begins with waiting for a stable grid.
void island_resume(struct island *i, enum island_state state, bool was_black, uint64_t now_mono_ms)
{
    bool alone = state != ISLAND_CONNECTED;
    *i = (struct island){.state = state,
                         .since_mono_ms = now_mono_ms,
                         .was_black = was_black && alone,
                         .was_open = alone && state != ISLAND_ISLANDING,
                         .resumed = true};
}

void island_wake(struct island *i, uint64_t now_mono_ms)
{
    i->since_mono_ms = now_mono_ms;
    i->resumed = true;
}
