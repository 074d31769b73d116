// SPDX-License-Identifier: GPL-3.0-or-later
#include "outage/waits.h"

struct view {
    const struct island *i;
    const struct island_settings *settings;
    const struct island_orders *orders;
    const struct island_input *in;
    enum island_state to;
    uint64_t now_mono_ms;
};

static bool forbidden(const struct view *v, enum island_state state)
{
    return v->orders->words[state] == ISLAND_FORBIDDEN;
}

static bool forced(const struct view *v, enum island_state state)
{
    return v->orders->words[state] == ISLAND_FORCED;
}

static bool is_open(const struct view *v)
{
    return v->in->breaker_known && v->in->breaker_open;
}

static bool is_kept_off(const struct view *v)
{
    bool off = forced(v, ISLAND_ISLANDING) || forced(v, ISLAND_ISLANDED) || forced(v, ISLAND_BLACK);
    return (v->settings->has_breaker && off) || (v->i->was_black && forced(v, ISLAND_RESTARTING));
}

// ---- by the way -----------------------------------------------------------------------------------------------------

static enum island_wait to_restart(const struct view *v)
{
    if (forced(v, ISLAND_BLACK))
        return ISLAND_WAITS_WORD;
    if (forbidden(v, ISLAND_RESTARTING) || forbidden(v, ISLAND_ISLANDED))
        return ISLAND_WAITS_FORBIDDEN;
    if (!is_open(v))
        return ISLAND_WAITS_BREAKER;
    if (!v->in->switches_open)
        return ISLAND_WAITS_SWITCHES;
    return v->in->can_form ? ISLAND_WAITS_NOT : ISLAND_WAITS_FORMING;
}

static enum island_wait to_be_off(const struct view *v)
{
    enum island_state state = v->i->state;
    bool hangs = state == ISLAND_CONNECTED || (state == ISLAND_WAITING && v->to != ISLAND_BLACK);
    if (hangs && !v->settings->has_breaker)
        return ISLAND_WAITS_HANDS;
    if (state == ISLAND_CONNECTED)
        return forbidden(v, ISLAND_ISLANDING) ? ISLAND_WAITS_FORBIDDEN : ISLAND_WAITS_NOT;
    if (state == ISLAND_BLACK)
        return to_restart(v);
    bool closed = v->in->breaker_known && !v->in->breaker_open;
    if (state == ISLAND_WAITING && v->to != ISLAND_BLACK && closed && !v->i->was_black)
        return ISLAND_WAITS_BREAKER;
    return state == ISLAND_ISLANDING && v->i->breaker_stuck ? ISLAND_WAITS_BREAKER : ISLAND_WAITS_NOT;
}

static enum island_wait to_return(const struct view *v)
{
    enum island_state state = v->i->state;
    bool on_the_way = state == ISLAND_WAITING || state == ISLAND_RESYNCHRONISING;
    if (state == ISLAND_CONNECTED)
        return ISLAND_WAITS_OUTAGE;
    if (is_kept_off(v))
        return ISLAND_WAITS_WORD;
    if (!v->in->grid_there)
        return ISLAND_WAITS_GRID;
    if (!on_the_way && forbidden(v, ISLAND_WAITING))
        return ISLAND_WAITS_FORBIDDEN;
    bool never_left = state == ISLAND_ISLANDING && !v->i->was_open && !is_open(v);
    if (v->to == ISLAND_WAITING || state == ISLAND_RESYNCHRONISING || never_left)
        return ISLAND_WAITS_NOT;
    if (forced(v, ISLAND_WAITING))
        return ISLAND_WAITS_WORD;
    if (forbidden(v, ISLAND_RESYNCHRONISING) || forbidden(v, ISLAND_CONNECTED))
        return ISLAND_WAITS_FORBIDDEN;
    bool rests = island_rest_ms(v->i, v->settings->stable_ms, v->now_mono_ms) > 0;
    return v->in->stable && !rests ? ISLAND_WAITS_NOT : ISLAND_WAITS_STABLE;
}

// ---- all ------------------------------------------------------------------------------------------------------------

enum island_wait island_waits_for(const struct island *i, const struct island_settings *settings,
                                  const struct island_orders *orders, const struct island_input *input,
                                  enum island_state to, uint64_t now_mono_ms)
{
    const struct view v = {i, settings, orders, input, to, now_mono_ms};
    if (i->state == to)
        return ISLAND_WAITS_NOT;
    if (forbidden(&v, to))
        return ISLAND_WAITS_FORBIDDEN;
    switch (to) {
    case ISLAND_ISLANDING:
    case ISLAND_ISLANDED:
    case ISLAND_BLACK:
        return to_be_off(&v);
    case ISLAND_RESTARTING:
        if (i->state == ISLAND_BLACK)
            return to_restart(&v);
        return i->was_black ? ISLAND_WAITS_NOT : ISLAND_WAITS_BLACK;
    default:
        return to_return(&v);
    }
}

const char *island_wait_text(enum island_wait wait)
{
    static const char *const texts[ISLAND_WAIT_COUNT] = {
        [ISLAND_WAITS_NOT] = "",
        [ISLAND_WAITS_FORBIDDEN] = "it, or a state on the way to it, is forbidden",
        [ISLAND_WAITS_WORD] = "another state is forced as well",
        [ISLAND_WAITS_HANDS] = "there is no breaker that could be told to open",
        [ISLAND_WAITS_BREAKER] = "the breaker is not known to be open",
        [ISLAND_WAITS_SWITCHES] = "not all circuits are open yet",
        [ISLAND_WAITS_FORMING] = "nobody can hold the island",
        [ISLAND_WAITS_BLACK] = "the bus is not black, so there is nothing to restart",
        [ISLAND_WAITS_OUTAGE] = "the island is on the grid",
        [ISLAND_WAITS_GRID] = "the grid is not there, or its witnesses disagree",
        [ISLAND_WAITS_STABLE] = "the grid was not there for its stable time yet"};
    return (unsigned)wait < ISLAND_WAIT_COUNT ? texts[wait] : "";
}
