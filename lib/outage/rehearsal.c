// SPDX-License-Identifier: GPL-3.0-or-later
#include "outage/rehearsal.h"

#include <math.h>
#include <string.h>

enum { LONGEST_MS = 2 * 3600 * 1000, TURN_MS = 1000 };

struct run {
    const struct rehearsal_input *input;
    struct shed_item *items;
    struct rehearsal_step *steps;
    size_t n, most;
    enum rehearsal_part part;
};

const char *rehearsal_part_name(enum rehearsal_part part)
{
    static const char *const names[REHEARSAL_PART_COUNT] = {
        [REHEARSAL_LOSS] = "loss", [REHEARSAL_BLACK] = "black", [REHEARSAL_RETURN] = "return"};
    return (unsigned)part < REHEARSAL_PART_COUNT ? names[part] : "";
}

static double drawn_w(const struct run *r)
{
    double sum_w = r->input->fixed_w;
    for (size_t i = 0; i < r->input->n; i++)
        sum_w += r->items[i].served ? r->items[i].power_w : 0;
    return sum_w;
}

static void add(struct run *r, uint64_t at_ms, int item, bool served, const char *what)
{
    if (r->n < r->most)
        r->steps[r->n++] = (struct rehearsal_step){.part = r->part,
                                                   .at_ms = at_ms,
                                                   .item = item,
                                                   .served = served,
                                                   .power_w = item >= 0 ? r->items[item].power_w : 0,
                                                   .drawn_w = drawn_w(r),
                                                   .what = what};
}

static void serve(struct run *r, int item, uint64_t at_ms)
{
    r->items[item].served = true;
    r->items[item].changed_mono_ms = at_ms + TURN_MS;
    add(r, at_ms, item, true, NULL);
}

static bool all_are_served(const struct run *r)
{
    for (size_t i = 0; i < r->input->n; i++)
        if (r->input->items[i].served && !r->items[i].served)
            return false;
    return true;
}

// ---- the loss ------------------------------------------------------------------------------------------------------

static bool comes_first(const struct shed_item *a, const struct shed_item *b)
{
    return a->tier != b->tier ? a->tier > b->tier : a->power_w > b->power_w;
}

// All at once; told in the order of tiers, the least important first.
static void shed(struct run *r, const bool *chosen)
{
    for (size_t k = 0; k < r->input->n; k++) {
        int next = -1;
        for (size_t i = 0; i < r->input->n; i++)
            if (chosen[i] && r->items[i].served && (next < 0 || comes_first(&r->items[i], &r->items[next])))
                next = (int)i;
        if (next < 0)
            return;
        r->items[next].served = false;
        r->items[next].can_serve = true; // what obeyed once does so again
        add(r, 0, next, false, NULL);
    }
}

// Chargers and flexible loads stand still from the first moment.
static double pause_all(struct run *r, bool *chosen)
{
    double off_w = 0;
    for (size_t i = 0; i < r->input->n; i++) {
        chosen[i] = r->input->pauses[i] && r->items[i].served && r->items[i].can_shed;
        off_w += chosen[i] ? r->items[i].power_w : 0;
    }
    shed(r, chosen);
    return off_w;
}

static void lose_grid(struct run *r, bool *chosen, struct rehearsal_end *ret_end)
{
    const struct rehearsal_input *in = r->input;
    r->part = REHEARSAL_LOSS;
    double deficit_w = in->deficit_w - pause_all(r, chosen);
    if (deficit_w > 0) {
        deficit_w -= shedding_shed(r->items, in->n, deficit_w, chosen);
        shed(r, chosen);
    }
    for (size_t i = 0; i < in->n; i++)
        chosen[i] = in->items[i].served && !r->items[i].served;
    *ret_end =
        (struct rehearsal_end){.served_all = all_are_served(r), .drawn_w = drawn_w(r), .deficit_w = fmax(deficit_w, 0)};
}

// ---- up from black -------------------------------------------------------------------------------------------------

static void tell_phase(struct run *r, enum restart_phase phase, uint64_t at_ms)
{
    static const char *const texts[RESTART_PHASE_COUNT] = {[RESTART_OPENING] = "breaker and switches are opened",
                                                           [RESTART_ENERGISING] = "who brings it up is told to run",
                                                           [RESTART_STEADYING] = "the bus has voltage",
                                                           [RESTART_SERVING] = "circuits are closed"};
    if (texts[phase] != NULL)
        add(r, at_ms, -1, false, texts[phase]);
}

static bool is_over(enum restart_phase phase)
{
    return phase == RESTART_DONE || phase == RESTART_FAILED;
}

static struct restart_input restart_input(const struct run *r, bool lives)
{
    double limit_w = r->input->black_w, all_w = drawn_w(r);
    return (struct restart_input){.breaker_open = true,
                                  .switches_open = true,
                                  .lives = lives,
                                  .forming_limit_w = limit_w,
                                  .forming_w = all_w,
                                  .step_w = fmax(limit_w - all_w, 0)};
}

// Everything stands open at first; what is closed draws what it drew before, or is expected to.
static void come_up(struct run *r, struct rehearsal_end *ret_end)
{
    const struct rehearsal_input *in = r->input;
    struct restart state = {0};
    uint64_t now_ms = 0, energised_ms = 0;
    enum restart_phase told = RESTART_PHASE_COUNT;
    r->part = REHEARSAL_BLACK;
    for (size_t i = 0; i < in->n; i++) {
        r->items[i].can_serve |= r->items[i].can_shed;
        r->items[i].served = false;
        r->items[i].changed_mono_ms = 0;
    }
    for (restart_begin(&state, TURN_MS); !is_over(state.phase) && now_ms < LONGEST_MS;) {
        if (state.phase != told)
            tell_phase(r, state.phase, now_ms);
        if (state.phase != told && state.phase == RESTART_ENERGISING)
            energised_ms = now_ms;
        told = state.phase;
        now_ms += TURN_MS;
        bool lives = state.phase > RESTART_ENERGISING ||
                     (state.phase == RESTART_ENERGISING && in->black_w > 0 && now_ms - energised_ms >= in->lives_ms);
        struct restart_input input = restart_input(r, lives);
        int item = restart_advance(&state, &in->restart, &input, r->items, in->n, now_ms + TURN_MS);
        if (item >= 0)
            serve(r, item, now_ms);
    }
    *ret_end = (struct rehearsal_end){.served_all = all_are_served(r), .drawn_w = drawn_w(r), .took_ms = now_ms};
    if (in->fixed_w > in->black_w)
        ret_end->why = "what cannot be switched off draws more than it may give";
    if (state.phase != RESTART_DONE)
        ret_end->why = state.phase == RESTART_FAILED ? state.why : "not done within two hours";
}

// ---- back to the grid ----------------------------------------------------------------------------------------------

// From what the loss left: the grid is stable, the breaker is closed, and the rest comes back step by step.
static void go_back(struct run *r, const bool *chosen, struct rehearsal_end *ret_end)
{
    const struct rehearsal_input *in = r->input;
    uint64_t now_ms = in->stable_ms;
    double own_w = in->fixed_w - in->import_w; // what is given here, as far as it goes on as before
    r->part = REHEARSAL_RETURN;
    for (size_t i = 0; i < in->n; i++) {
        r->items[i] = in->items[i];
        own_w += in->items[i].served ? in->items[i].power_w : 0;
        r->items[i].served &= !chosen[i];
        r->items[i].can_serve |= chosen[i];
    }
    add(r, 0, -1, false, "the grid is there again");
    add(r, now_ms, -1, false, "it was stable: the breaker is closed");
    while (now_ms < LONGEST_MS) {
        double room_w = in->room_w + own_w - drawn_w(r);
        int item = shedding_serve(r->items, in->n, room_w, in->room_w, 0, 0, now_ms);
        if (item < 0)
            break;
        serve(r, item, now_ms);
        now_ms += in->restart.settle_ms > 0 ? in->restart.settle_ms : TURN_MS;
    }
    *ret_end = (struct rehearsal_end){.served_all = all_are_served(r), .drawn_w = drawn_w(r), .took_ms = now_ms};
}

size_t rehearse(const struct rehearsal_input *input, bool *ret_shed, struct shed_item *scratch,
                struct rehearsal_step *ret_steps, size_t most,
                struct rehearsal_end ret_ends[static REHEARSAL_PART_COUNT])
{
    struct run r = {.input = input, .items = scratch, .steps = ret_steps, .most = most};
    if (input->n > 0)
        memcpy(scratch, input->items, input->n * sizeof *scratch);
    lose_grid(&r, ret_shed, &ret_ends[REHEARSAL_LOSS]);
    come_up(&r, &ret_ends[REHEARSAL_BLACK]);
    go_back(&r, ret_shed, &ret_ends[REHEARSAL_RETURN]);
    return r.n;
}
