// SPDX-License-Identifier: GPL-3.0-or-later
#include "outage/restart.h"

static uint64_t elapsed(uint64_t since_mono_ms, uint64_t now_mono_ms)
{
    return now_mono_ms > since_mono_ms ? now_mono_ms - since_mono_ms : 0;
}

static void enter(struct restart *r, enum restart_phase phase, uint64_t now_mono_ms)
{
    r->phase = phase;
    r->since_mono_ms = now_mono_ms;
}

static void fail(struct restart *r, const char *why, uint64_t now_mono_ms)
{
    enter(r, RESTART_FAILED, now_mono_ms);
    r->why = why;
}

void restart_begin(struct restart *r, uint64_t now_mono_ms)
{
    *r = (struct restart){0};
    enter(r, RESTART_OPENING, now_mono_ms);
}

// A switch that is not seen to open does not hold the restart up for ever; the breaker does.
static void open(struct restart *r, const struct restart_settings *settings, const struct restart_input *input,
                 uint64_t now_mono_ms)
{
    bool over = elapsed(r->since_mono_ms, now_mono_ms) >= settings->open_ms;
    if (input->breaker_open && (input->switches_open || over))
        enter(r, RESTART_ENERGISING, now_mono_ms);
    else if (over)
        fail(r, "the breaker is not known to be open", now_mono_ms);
}

static void energise(struct restart *r, const struct restart_settings *settings, const struct restart_input *input,
                     uint64_t now_mono_ms)
{
    if (input->lives)
        enter(r, RESTART_STEADYING, now_mono_ms);
    else if (!input->breaker_open)
        fail(r, "the breaker is not known to be open any more", now_mono_ms);
    else if (elapsed(r->since_mono_ms, now_mono_ms) >= settings->energise_ms)
        fail(r, "nobody brought voltage to the bus", now_mono_ms);
}

// The next circuit, when the last one has settled; without one that fits it is done, and serving goes on from there.
static int serve(struct restart *r, const struct restart_input *input, const struct shed_item *items, size_t n,
                 uint64_t now_mono_ms)
{
    double room_w = input->forming_limit_w - input->forming_w;
    int item = shedding_serve(items, n, room_w, input->step_w, 0, 0, now_mono_ms);
    enter(r, item < 0 ? RESTART_DONE : RESTART_SERVING, now_mono_ms);
    return item;
}

int restart_advance(struct restart *r, const struct restart_settings *settings, const struct restart_input *input,
                    const struct shed_item *items, size_t n, uint64_t now_mono_ms)
{
    if (r->phase == RESTART_OPENING)
        open(r, settings, input, now_mono_ms);
    if (r->phase == RESTART_ENERGISING)
        energise(r, settings, input, now_mono_ms);
    if (r->phase != RESTART_STEADYING && r->phase != RESTART_SERVING)
        return -1;
    if (!input->lives) {
        fail(r, "the bus went dead again", now_mono_ms);
        return -1;
    }
    if (elapsed(r->since_mono_ms, now_mono_ms) < settings->settle_ms)
        return -1;
    return serve(r, input, items, n, now_mono_ms);
}

const char *restart_phase_name(enum restart_phase phase)
{
    static const char *const names[RESTART_PHASE_COUNT] = {
        [RESTART_OPENING] = "opening",     [RESTART_ENERGISING] = "energising",
        [RESTART_STEADYING] = "steadying", [RESTART_SERVING] = "serving",
        [RESTART_DONE] = "done",           [RESTART_FAILED] = "failed"};
    return (unsigned)phase < RESTART_PHASE_COUNT ? names[phase] : "unknown";
}
