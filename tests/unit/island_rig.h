// SPDX-License-Identifier: GPL-3.0-or-later
// An island on the bench: what it is told, how time passes, and what is expected of its next step.
#pragma once

#include <check.h>
#include <string.h>

#include "outage/island.h"

enum { OPEN_MS = 2000, CLOSE_MS = 60000, RESTART_MS = 900000, RETRY_MS = 120000, STABLE_MS = 300000 };
static const struct island_settings with_breaker = {true, OPEN_MS, CLOSE_MS, RESTART_MS, RETRY_MS, STABLE_MS};
static const uint64_t START = 1000;

// What is known: the grid carries; it is lost with the breaker still closed; it is lost and the breaker is open; it is
// back behind an open breaker, and stable.
static const struct island_input
    carried = {.relies = true, .stable = true, .grid_there = true, .breaker_known = true, .lives = true},
    lost = {.breaker_known = true, .lives = true},
    alone = {.breaker_known = true, .breaker_open = true, .lives = true, .can_form = true},
    back = {.grid_there = true, .breaker_known = true, .breaker_open = true, .lives = true, .can_form = true},
    stable = {.grid_there = true,
              .stable = true,
              .breaker_known = true,
              .breaker_open = true,
              .lives = true,
              .can_form = true},
    dark = {.breaker_known = true, .breaker_open = true, .can_form = true, .switches_open = true};

struct rig {
    struct island island;
    struct island_settings settings;
    struct island_orders orders;
    struct island_input in;
    uint64_t now;
    struct island_step step;
};

static inline struct rig rig_new(void)
{
    return (struct rig){.settings = with_breaker, .in = carried, .now = START};
}

// After `ms` with `in`, one step at most.
static inline bool go(struct rig *r, struct island_input in, uint64_t ms)
{
    r->in = in;
    r->now += ms;
    return island_advance(&r->island, &r->settings, &r->orders, &r->in, r->now, &r->step);
}

static inline void assert_state(const struct rig *r, enum island_state state)
{
    ck_assert_str_eq(island_state_name(r->island.state), island_state_name(state));
}

static inline void assert_step(struct rig *r, struct island_input in, uint64_t ms, enum island_state to)
{
    enum island_state from = r->island.state;
    ck_assert_msg(go(r, in, ms), "it stays %s", island_state_name(from));
    assert_state(r, to);
    ck_assert_int_eq(r->step.from, from);
    ck_assert_int_eq(r->step.to, to);
    ck_assert_uint_gt(strlen(r->step.cause), 0);
    ck_assert_uint_eq(r->island.since_mono_ms, r->now);
}

static inline void assert_stays(struct rig *r, struct island_input in, uint64_t ms)
{
    enum island_state from = r->island.state;
    ck_assert_msg(!go(r, in, ms), "it went from %s to %s: %s", island_state_name(from),
                  island_state_name(r->island.state), r->step.cause);
}

static inline void assert_wish(const struct rig *r, enum breaker_wish wish)
{
    ck_assert_int_eq(island_breaker(&r->island), wish);
}

// An island in the state, by the straight way to it.
static inline struct rig rig_in(enum island_state state)
{
    struct rig r = rig_new();
    if (state == ISLAND_CONNECTED)
        return r;
    assert_step(&r, lost, 10, ISLAND_ISLANDING);
    if (state == ISLAND_ISLANDING)
        return r;
    if (state == ISLAND_BLACK || state == ISLAND_RESTARTING) {
        assert_step(&r, dark, OPEN_MS, ISLAND_BLACK);
        if (state == ISLAND_RESTARTING)
            assert_step(&r, dark, 10, ISLAND_RESTARTING);
        return r;
    }
    assert_step(&r, alone, 200, ISLAND_ISLANDED);
    if (state == ISLAND_WAITING || state == ISLAND_RESYNCHRONISING)
        assert_step(&r, back, 1000, ISLAND_WAITING);
    if (state == ISLAND_RESYNCHRONISING)
        assert_step(&r, stable, STABLE_MS, ISLAND_RESYNCHRONISING);
    return r;
}

static inline struct rig rig_black_waiting(void)
{
    struct rig r = rig_in(ISLAND_BLACK);
    struct island_input in = dark;
    in.grid_there = true;
    assert_step(&r, in, 1000, ISLAND_WAITING);
    return r;
}

static inline struct rig with(struct rig r, enum island_state state, enum island_word word)
{
    r.orders.words[state] = word;
    return r;
}
