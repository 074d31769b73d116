// SPDX-License-Identifier: GPL-3.0-or-later
// What happens to an area: grids that go, come back and flap, devices that fail in every way, operators' words, demand
// response, vehicles, and a daemon that is killed.
#include <string.h>

#include "core/engine.h"
#include "trial.h"

static int island_of_device(const struct trial *s, int device)
{
    const struct site_device *d = &s->site->devices[device];
    if (d->asset >= 0)
        return site_island_of_bus(s->site, s->site->assets[d->asset].bus);
    if (d->of_switch >= 0)
        return site_island_of_breaker(s->site, d->of_switch);
    return d->of_island;
}

// ---- drawing --------------------------------------------------------------------------------------------------------

struct happening *trial_add_event(struct trial *s, enum happening_kind kind, uint64_t at, uint64_t lasts_ms)
{
    static struct happening nowhere;
    if (s->n_events == TRIAL_MAX_EVENTS)
        return &nowhere;
    struct happening *h = &s->events[s->n_events++];
    *h = (struct happening){.mono_ms = at, .until_mono_ms = at + lasts_ms, .kind = kind};
    return h;
}

static struct happening *add(struct trial *s, enum happening_kind kind, uint64_t at, uint64_t lasts_ms)
{
    static struct happening nowhere;
    return s->n_events < TRIAL_MAX_DRAWN ? trial_add_event(s, kind, at, lasts_ms) : &nowhere;
}

static uint64_t some_ms(struct trial *s, double low_s, double high_s)
{
    return (uint64_t)(1000 * trial_between(&s->dice, low_s, high_s));
}

// One grid or all, for some seconds or for good, once or many times.
static void draw_loss(struct trial *s, uint64_t at)
{
    int n = (int)s->site->n_islands, first = trial_pick(&s->dice, n);
    bool all = trial_chance(&s->dice, 0.5);
    int times = trial_chance(&s->dice, 0.25) ? 2 + trial_pick(&s->dice, 3) : 1;
    for (int k = 0; k < times; k++) {
        uint64_t lasts = trial_chance(&s->dice, 0.3) ? some_ms(s, 0.5, 5) : some_ms(s, 5, 200);
        for (int i = 0; i < n; i++)
            if (all || i == first) {
                add(s, GRID_LOST, at, 0)->index = i;
                add(s, GRID_BACK, at + lasts, 0)->index = i;
            }
        at += lasts + some_ms(s, 1, 30);
    }
}

static void draw_word(struct trial *s, struct happening *h)
{
    static const enum outage_word_kind kinds[] = {OUTAGE_WARNING, OUTAGE_PLANNED, OUTAGE_FORBID, OUTAGE_FORBID,
                                                  OUTAGE_FORCE,   OUTAGE_FORCE,   OUTAGE_FREE,   OUTAGE_EXPECT};
    struct outage_word *w = &h->word;
    w->kind = kinds[trial_pick(&s->dice, 8)];
    w->island = trial_pick(&s->dice, (int)s->site->n_islands + 1) - 1;
    w->state = (enum island_state)trial_pick(&s->dice, ISLAND_STATE_COUNT);
    h->value = trial_between(&s->dice, 10, 150); // lasts so many monotonic seconds
    snprintf(w->why, sizeof w->why, "dice");
}

static void draw_other(struct trial *s, uint64_t at)
{
    static const enum happening_kind kinds[] = {DEVICE_FAILS,  DEVICE_FAILS, DEVICE_FAILS, ASSET_TRIPS, SWITCH_STICKS,
                                                SWITCH_STICKS, WORD_SAID,    WORD_SAID,    LIMIT_SET,   LOAD_STEPS,
                                                VEHICLE_COMES, KILLED,       KILLED,       GRID_SAGS};
    const struct site *site = s->site;
    enum happening_kind kind = kinds[trial_pick(&s->dice, (int)(sizeof kinds / sizeof *kinds))];
    if (kind == KILLED && trial_chance(&s->dice, 0.6)) // amid what a loss or a return asks for
        at = s->events[trial_pick(&s->dice, (int)s->n_events)].mono_ms;
    struct happening *h = add(s, kind, at, trial_chance(&s->dice, 0.4) ? some_ms(s, 1, 12) : some_ms(s, 10, 120));
    h->fault = (enum device_fault)(DEVICE_SILENT + trial_pick(&s->dice, 3));
    h->value = trial_between(&s->dice, -0.4, 0.8);
    if (kind == DEVICE_FAILS)
        h->index = trial_pick(&s->dice, (int)site->n_devices);
    else if (kind == ASSET_TRIPS || kind == LOAD_STEPS || kind == VEHICLE_COMES)
        h->index = trial_pick(&s->dice, (int)site->n_assets);
    else if (kind == SWITCH_STICKS)
        h->index = trial_pick(&s->dice, (int)site->n_switches + 1) - 1;
    else if (kind == GRID_SAGS || kind == LIMIT_SET)
        h->index = trial_pick(&s->dice, (int)site->n_islands);
    else if (kind == KILLED)
        h->until_mono_ms = at + some_ms(s, 0.1, trial_chance(&s->dice, 0.7) ? 8 : 60);
    if (kind == WORD_SAID)
        draw_word(s, h);
}

void trial_draw_events(struct trial *s, uint64_t until_mono_ms)
{
    uint64_t from = s->now.mono_ms + 15000, span = until_mono_ms - from;
    int losses = 1 + trial_pick(&s->dice, 3), others = trial_pick(&s->dice, 8);
    for (int i = 0; i < losses; i++)
        draw_loss(s, from + (uint64_t)(noise_uniform(&s->dice) * 0.7 * (double)span));
    for (int i = 0; i < others; i++)
        draw_other(s, from + (uint64_t)(noise_uniform(&s->dice) * (double)span));
    oddities_draw(s, from, until_mono_ms);
}

// ---- beginning ------------------------------------------------------------------------------------------------------

static const char *const fault_names[] = {"is well", "falls silent", "lies", "ignores what it is told"};

static void say_word(struct trial *s, struct happening *h)
{
    double speed = s->site->simulation.speed;
    struct event e = {.kind = EVENT_OUTAGE, .outage = h->word};
    e.outage.from_utc_ms = s->now.utc_ms;
    e.outage.until_utc_ms = s->now.utc_ms + (int64_t)(1000 * speed * h->value);
    int status = s->engine ? trial_tell(s, e) : 0;
    trial_say(s, "word %d for island %d, %s, %g s: %s", h->word.kind, h->word.island, island_state_name(h->word.state),
              h->value,
              !s->engine    ? "nobody listens"
              : status == 0 ? "taken"
                            : engine_last_refusal(s->engine));
}

static void set_limit(struct trial *s, const struct happening *h)
{
    struct event e = {.kind = EVENT_LIMIT,
                      .limit = {.id = "dice", .grid = h->index, .export_limit_w = PLAN_NO_LIMIT_W}};
    e.limit.from_utc_ms = s->now.utc_ms;
    e.limit.until_utc_ms =
        s->now.utc_ms + (int64_t)((double)(h->until_mono_ms - h->mono_ms) * s->site->simulation.speed);
    e.limit.import_limit_w = (h->value + 0.4) * s->site->grids[h->index].import_limit_w / 5;
    if (s->engine)
        trial_tell(s, e);
    trial_say(s, "demand response: import of island %d to %g W", h->index, e.limit.import_limit_w);
}

static void come(struct trial *s, const struct happening *h)
{
    int64_t until = s->now.utc_ms - s->clock_ahead_ms + 6 * 3600 * 1000;
    if (plant_model_plug_in(s->model, h->index, 30e3, until) == 0)
        trial_say(s, "a vehicle comes to %s", s->site->assets[h->index].id);
}

void trial_begin_event(struct trial *s, struct happening *h)
{
    h->begun = true;
    switch (h->kind) {
    case GRID_LOST:
    case GRID_BACK:
        plant_model_set_grid(s->model, s->site->islands[h->index].grid, h->kind == GRID_BACK);
        trial_say(s, "grid of island %d is %s", h->index, h->kind == GRID_BACK ? "back" : "lost");
        break;
    case GRID_SAGS:
        plant_model_set_supply(s->model, h->index, 195, 50);
        trial_say(s, "grid of island %d sags", h->index);
        break;
    case DEVICE_FAILS:
        s->at[h->index].fault = h->fault;
        s->at[h->index].has_lied |= h->fault == DEVICE_LIES;
        trial_say(s, "%s %s", s->site->devices[h->index].id, fault_names[h->fault]);
        break;
    case ASSET_TRIPS:
        if (plant_model_trip(s->model, h->index, true) == 0)
            trial_say(s, "%s trips", s->site->assets[h->index].id);
        break;
    case SWITCH_STICKS:
        if (plant_model_stick(s->model, h->index, true) == 0)
            trial_say(s, "switch %s sticks", s->site->switches[h->index].id);
        break;
    case WORD_SAID:
        say_word(s, h);
        break;
    case LIMIT_SET:
        set_limit(s, h);
        break;
    case LOAD_STEPS:
        if (s->site->assets[h->index].kind == ASSET_LOAD &&
            plant_model_set_extra(s->model, h->index,
                                  h->value * s->site->loads[s->site->assets[h->index].of_kind].average_w) == 0)
            trial_say(s, "%s steps by %g", s->site->assets[h->index].id, h->value);
        break;
    case VEHICLE_COMES:
        come(s, h);
        break;
    case KILLED:
        s->kill_after = trial_chance(&s->dice, 0.7) ? trial_pick(&s->dice, 30) : 0;
        break;
    case PLANS_LATE:
    case PLAN_STRAYS:
    case CLOCK_SET:
    case RELOADED:
        oddities_begin(s, h);
        break;
    case HAPPENING_COUNT:
        break;
    }
}

void trial_end_event(struct trial *s, struct happening *h)
{
    h->over = true;
    if (!h->begun)
        return;
    if (h->kind == DEVICE_FAILS) {
        s->at[h->index].fault = DEVICE_WELL;
        s->at[h->index].healed_mono_ms = s->now.mono_ms;
        trial_say(s, "%s is well again (island %d)", s->site->devices[h->index].id, island_of_device(s, h->index));
    } else if (h->kind == ASSET_TRIPS) {
        plant_model_trip(s->model, h->index, false);
    } else if (h->kind == SWITCH_STICKS && h->index >= 0) {
        plant_model_stick(s->model, h->index, false);
        int device = site_device_of_switch(s->site, h->index);
        if (device >= 0)
            s->at[device].healed_mono_ms = s->now.mono_ms;
        trial_say(s, "switch %s moves again", s->site->switches[h->index].id);
    } else if (h->kind == GRID_SAGS) {
        plant_model_set_supply(s->model, h->index, 230, 50);
    } else {
        oddities_end(s, h);
    }
}
