// SPDX-License-Identifier: GPL-3.0-or-later
#include "dr/guard.h"

static uint64_t since(uint64_t then_mono_ms, uint64_t now_mono_ms)
{
    return now_mono_ms > then_mono_ms ? now_mono_ms - then_mono_ms : 0;
}

static void enter(struct guard *g, enum guard_state state, uint64_t now_mono_ms)
{
    g->state = state;
    g->since_mono_ms = now_mono_ms;
    if (state == GUARD_INIT || state == GUARD_FAILSAFE)
        g->heard = false;
}

void guard_start(struct guard *g, uint64_t now_mono_ms)
{
    *g = (struct guard){0};
    enter(g, GUARD_INIT, now_mono_ms);
}

// The last heartbeat grows too old exactly when `heartbeat_ms` have passed. It leaves the free states at once.
static bool forget_heartbeat(struct guard *g, const struct guard_settings *s, uint64_t now_mono_ms)
{
    if (!g->heard || since(g->heartbeat_mono_ms, now_mono_ms) < s->heartbeat_ms)
        return false;
    g->heard = false;
    if (g->state != GUARD_CONTROLLED && g->state != GUARD_AUTONOMOUS)
        return false;
    enter(g, GUARD_FAILSAFE, now_mono_ms);
    return true;
}

// Heartbeats are back, but nobody says a limit.
static bool go_on_alone(struct guard *g, const struct guard_settings *s, uint64_t now_mono_ms)
{
    bool long_enough = g->state == GUARD_INIT || since(g->since_mono_ms, now_mono_ms) >= s->failsafe_ms;
    if (!guard_is_failsafe(g) || !g->heard || since(g->back_mono_ms, now_mono_ms) < s->heartbeat_ms || !long_enough)
        return false;
    enter(g, GUARD_AUTONOMOUS, now_mono_ms);
    return true;
}

bool guard_tick(struct guard *g, const struct guard_settings *s, uint64_t now_mono_ms)
{
    if (g->state == GUARD_OFF)
        return false;
    return forget_heartbeat(g, s, now_mono_ms) || go_on_alone(g, s, now_mono_ms);
}

bool guard_heartbeat(struct guard *g, const struct guard_settings *s, uint64_t now_mono_ms)
{
    if (g->state == GUARD_OFF)
        return false;
    bool changed = forget_heartbeat(g, s, now_mono_ms);
    if (!g->heard)
        g->back_mono_ms = now_mono_ms;
    g->heard = true;
    g->heartbeat_mono_ms = now_mono_ms;
    return go_on_alone(g, s, now_mono_ms) || changed;
}

bool guard_limit(struct guard *g, const struct guard_settings *s, uint64_t now_mono_ms)
{
    if (g->state == GUARD_OFF)
        return false;
    bool changed = forget_heartbeat(g, s, now_mono_ms);
    if (!g->heard || g->state == GUARD_CONTROLLED)
        return changed;
    enter(g, GUARD_CONTROLLED, now_mono_ms);
    return true;
}

bool guard_is_failsafe(const struct guard *g)
{
    return g->state == GUARD_INIT || g->state == GUARD_FAILSAFE;
}

const char *guard_state_name(enum guard_state state)
{
    static const char *const names[GUARD_STATE_COUNT] = {[GUARD_OFF] = "off",
                                                         [GUARD_INIT] = "init",
                                                         [GUARD_CONTROLLED] = "controlled",
                                                         [GUARD_FAILSAFE] = "failsafe",
                                                         [GUARD_AUTONOMOUS] = "autonomous"};
    return (unsigned)state < GUARD_STATE_COUNT ? names[state] : "unknown";
}
