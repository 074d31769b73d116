// SPDX-License-Identifier: GPL-3.0-or-later
// Relays, contactors and breakers: what they are told, whether they obey, and what flows behind them.
//
// A switch is told again until it is seen to have obeyed. One that is moved by hand afterwards is let alone when it was
// opened (somebody may work behind it), and opened again when it was closed.
#include <math.h>

#include "core/internal.h"

enum {
    SWITCH_OBEY_MS = 5 * 1000,  // feedback may lag behind by some polls
    BREAKER_OBEY_MS = 2 * 1000, // opening
    CLOSE_OBEY_MS = 60 * 1000,  // a breaker's synchroniser takes its time
    SWITCH_LEASE_MS = 4 * 1000, // it keeps its position by itself; a bus holds no order back for longer ...
    CLOSE_LEASE_MS = 1000,      // ... nor one to connect: the grid may be gone again
    RETELL_MS = 6 * 1000,
    MOST_CLOSINGS = 6,        // at a stretch
    NAME_MS = 15 * 60 * 1000, // the journal does not have it again sooner that a switch does not obey
};

static const double SEEN_SHARE = 0.2; // of a load that is still on: enough to tell from it what the rest would draw

static bool is_breaker(const struct engine *e, int of_switch)
{
    return e->site->switches[of_switch].load < 0;
}

// ---- feedback -------------------------------------------------------------------------------------------------------

void switch_hears(struct engine *e, int of_switch, uint64_t now_mono_ms)
{
    struct switch_state *s = &e->outage.switches[of_switch];
    int device = s->device;
    struct value v = device >= 0 ? device_value(e, device, QUANTITY_CLOSED, now_mono_ms) : (struct value){0};
    if (!value_usable(v))
        return;
    bool closed = v.v >= 0.5;
    if (!s->has_seen || s->seen_closed != closed)
        queue_add(&e->queue, TASK_OUTAGE, 0);
    if (!s->has_seen || s->seen_closed != closed)
        s->steady_mono_ms = now_mono_ms;
    s->has_seen = true;
    s->seen_closed = closed;
    if (!s->obeyed && s->told && closed == s->wanted_closed && v.mono_ms > s->told_mono_ms) {
        s->obeyed = true;
        queue_add(&e->queue, TASK_SAVE_OUTAGE, 0);
    }
}

bool switch_is_open(const struct engine *e, int of_switch)
{
    const struct switch_state *s = &e->outage.switches[of_switch];
    bool blind = e->site->switches[of_switch].unconfirmed || !s->has_seen;
    return blind ? s->told && !s->wanted_closed : !s->seen_closed;
}

bool switch_reachable(const struct engine *e, int of_switch)
{
    int device = e->outage.switches[of_switch].device;
    return device >= 0 && e->devices[device].answered && !e->devices[device].down;
}

// ---- telling --------------------------------------------------------------------------------------------------------

struct action switch_action(const struct engine *e, int device)
{
    int of_switch = e->site->devices[device].of_switch;
    bool closes = e->outage.switches[of_switch].wanted_closed;
    return (struct action){
        .kind = ACTION_WRITE,
        .write = {.device = device,
                  .asset = -1,
                  .power_w = closes ? 1 : 0,
                  .lease_ms = closes && is_breaker(e, of_switch) ? CLOSE_LEASE_MS : SWITCH_LEASE_MS}};
}

static void tell(struct engine *e, int of_switch, struct instant now)
{
    if (is_breaker(e, of_switch) && e->outage.switches[of_switch].wanted_closed &&
        !breaker_may_close(e, site_island_of_breaker(e->site, of_switch)))
        return;
    int device = e->outage.switches[of_switch].device;
    e->outage.switches[of_switch].told_mono_ms = now.mono_ms;
    if (device >= 0 && e->devices[device].info.can_write)
        queue_add(&e->queue, TASK_WRITE, device);
}

static void wear(struct engine *e, struct switch_state *s, uint64_t now_mono_ms)
{
    uint64_t from = s->worn_mono_ms > now_mono_ms ? s->worn_mono_ms : now_mono_ms;
    s->worn_mono_ms = from + area_ms(e, e->site->outage.dwell_s);
}

void switch_want(struct engine *e, int of_switch, bool closed, struct instant now)
{
    struct switch_state *s = &e->outage.switches[of_switch];
    if (s->told && s->wanted_closed == closed)
        return;
    if (!closed && !switch_is_open(e, of_switch))
        s->power_w = switch_power_w(e, of_switch, now);
    if (closed && !s->wanted_closed)
        wear(e, s, now.mono_ms);
    s->told = true;
    s->wanted_closed = closed;
    s->obeyed = s->disobeys = false;
    s->changed_mono_ms = now.mono_ms;
    s->since_utc_ms = now.utc_ms;
    queue_add(&e->queue, TASK_SAVE_OUTAGE, 0); // before it is told
    tell(e, of_switch, now);
    queue_add(&e->queue, TASK_OUTAGE, 0);
}

void switch_forget(struct engine *e, int of_switch)
{
    struct switch_state *s = &e->outage.switches[of_switch];
    if (!s->told || s->wanted_closed)
        return;
    s->told = s->obeyed = s->disobeys = false;
    s->wanted_closed = true;
    queue_add(&e->queue, TASK_SAVE_OUTAGE, 0);
}

// Closings are what wears a contactor. Some at a stretch, then one in each dwell time; lifelines are not kept waiting.
bool switch_rests(const struct engine *e, int of_switch, uint64_t now_mono_ms)
{
    const struct switch_state *s = &e->outage.switches[of_switch];
    uint64_t dwell_ms = area_ms(e, e->site->outage.dwell_s);
    return e->site->switches[of_switch].tier != TIER_LIFELINE &&
           s->worn_mono_ms > now_mono_ms + (MOST_CLOSINGS - 1) * dwell_ms;
}

static uint64_t patience_ms(const struct engine *e, int of_switch)
{
    if (!is_breaker(e, of_switch))
        return SWITCH_OBEY_MS;
    return e->outage.switches[of_switch].wanted_closed ? CLOSE_OBEY_MS : BREAKER_OBEY_MS;
}

static int island_of(const struct engine *e, int of_switch)
{
    int load = e->site->switches[of_switch].load;
    return load >= 0 ? site_island_of_bus(e->site, e->site->loads[load].bus)
                     : site_island_of_breaker(e->site, of_switch);
}

static void judge(struct engine *e, int of_switch, struct instant now)
{
    struct switch_state *s = &e->outage.switches[of_switch];
    const char *id = e->site->switches[of_switch].id;
    bool differs = s->told && s->has_seen && s->seen_closed != s->wanted_closed;
    bool late = elapsed_ms(s->changed_mono_ms, now.mono_ms) >= patience_ms(e, of_switch);
    bool steady = elapsed_ms(s->steady_mono_ms, now.mono_ms) >= SWITCH_OBEY_MS; // a contact may chatter
    bool disobeys = differs ? late || s->disobeys : s->disobeys && !steady;
    bool named = s->named_mono_ms > s->changed_mono_ms && elapsed_ms(s->named_mono_ms, now.mono_ms) < NAME_MS;
    if (disobeys && !s->disobeys && !named) {
        s->named_mono_ms = now.mono_ms;
        journal(e, island_of(e, of_switch), "switch %s %s: told to %s, seen %s", id,
                s->obeyed ? "was moved by hand" : "does not obey", s->wanted_closed ? "close" : "open",
                s->seen_closed ? "closed" : "open");
    }
    if (disobeys != s->disobeys)
        queue_add(&e->queue, TASK_OUTAGE, 0);
    s->disobeys = disobeys;
    alarm_set(e, ALARM_SWITCH, of_switch, disobeys, now.utc_ms,
              "Switch %s stands %s and was told to %s: look after it, and operate it by hand if need be", id,
              s->seen_closed ? "closed" : "open", s->wanted_closed ? "close" : "open");
}

// A circuit of an island that is found open after a start was opened by the program before, that died before it could
// say so: it is ours to close again.
static void take_over(struct engine *e, int of_switch, struct instant now)
{
    struct switch_state *s = &e->outage.switches[of_switch];
    bool ours = s->has_seen && !s->seen_closed && s->wanted_closed && !is_breaker(e, of_switch);
    bool untold = s->changed_mono_ms == 0; // since the start
    if (!ours || !untold || !bus_is_alone(e, e->site->loads[e->site->switches[of_switch].load].bus))
        return;
    s->told = s->obeyed = true;
    s->wanted_closed = s->disobeys = false;
    s->told_mono_ms = s->changed_mono_ms = now.mono_ms;
    s->since_utc_ms = now.utc_ms;
    queue_add(&e->queue, TASK_SAVE_OUTAGE, 0);
}

void switches_tick(struct engine *e, struct instant now)
{
    bool started = elapsed_ms(e->started.mono_ms, now.mono_ms) < START_GRACE_MS;
    for (size_t i = 0; i < outage_switches(e); i++) {
        struct switch_state *s = &e->outage.switches[i];
        if (started)
            take_over(e, (int)i, now);
        judge(e, (int)i, now);
        bool differs = s->told && s->has_seen && s->seen_closed != s->wanted_closed;
        bool by_hand = s->obeyed && s->wanted_closed;
        if (differs && !switch_reachable(e, (int)i)) // what was told before may be wrong when it is back
            s->told_mono_ms = now.mono_ms;
        else if (differs && !by_hand && elapsed_ms(s->told_mono_ms, now.mono_ms) >= RETELL_MS)
            tell(e, (int)i, now);
    }
}

// ---- what flows -----------------------------------------------------------------------------------------------------

static double open_share(const struct engine *e, int load)
{
    double share = 0;
    for (int i = e->outage.first_switch[load]; i >= 0; i = e->outage.switches[i].next_of_load)
        if (switch_is_open(e, i))
            share += e->site->switches[i].share;
    return fmin(share, 1);
}

double load_natural_w(const struct engine *e, int load, struct instant now)
{
    int asset = asset_of(e, ASSET_LOAD, load);
    const struct site_load *l = &e->site->loads[load];
    if (!asset_known(e, asset, now.mono_ms))
        return l->average_w;
    double drawn_w = fmax(-e->assets[asset].good.v, 0), seen = serving_seen_frac(e, load, &drawn_w);
    return seen > SEEN_SHARE ? drawn_w / seen : fmax(drawn_w, l->average_w);
}

double switch_power_w(const struct engine *e, int of_switch, struct instant now)
{
    const struct site_switch *site = &e->site->switches[of_switch];
    const struct switch_state *s = &e->outage.switches[of_switch];
    if (site->load < 0)
        return 0;
    double off = open_share(e, site->load);
    if (switch_is_open(e, of_switch) && off > 1 - SEEN_SHARE && s->power_w > 0)
        return s->power_w;
    return load_natural_w(e, site->load, now) * site->share;
}
