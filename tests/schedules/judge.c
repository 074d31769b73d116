// SPDX-License-Identifier: GPL-3.0-or-later
// What may never be. Some of it is what the engine believes against its own rules, the rest is what it does against the
// truth; a device that is not well, or was not until just now, excuses what could not be known.
#include <math.h>
#include <string.h>

#include "core/internal.h"
#include "trial.h"

enum {
    GRACE_MS = 40000,
    DISORDER_MS = 90000,
    CALLED_MS = 12000,
    BELIEVED_MS = 10000,
    RESTLESS_MS = 30000,
    MOST_MOVES = 12,
    ROUND_MOVES = 5 // from one connection over islanding and waiting to the next
};

static const double FLOOR_FRAC = 0.01; // a battery's state of charge is known so well

uint64_t trial_stable_ms(const struct trial *s)
{
    return (uint64_t)(1000.0 * s->site->outage.stable_s / s->site->simulation.speed);
}

static bool is_well(const struct trial *s, int device)
{
    if (device < 0)
        return false;
    const struct device_now *d = &s->at[device];
    int of_switch = s->site->devices[device].of_switch;
    bool stuck = of_switch >= 0 && plant_model_switch_at(s->model, of_switch)->stuck;
    bool restarted = s->now.mono_ms < s->restarted_mono_ms + GRACE_MS && s->restarted_mono_ms > 0;
    return d->fault == DEVICE_WELL && !stuck && !restarted &&
           (d->healed_mono_ms == 0 || s->now.mono_ms >= d->healed_mono_ms + GRACE_MS);
}

static int breaker_device(const struct trial *s, int island)
{
    int breaker = s->site->islands[island].breaker;
    return breaker >= 0 ? site_device_of_switch(s->site, breaker) : -1;
}

// ---- readings -------------------------------------------------------------------------------------------------------

void trial_judge_reading(struct trial *s, int island, bool good, bool honest)
{
    (void)honest;
    if (!good)
        s->islands[island].bad_mono_ms = s->now.mono_ms;
}

// ---- writes ---------------------------------------------------------------------------------------------------------

static bool has_honest_witness(const struct trial *s, int island)
{
    for (size_t d = 0; d < s->site->n_devices; d++) {
        const struct site_device *of = &s->site->devices[d];
        bool meter = of->asset >= 0 && s->site->assets[of->asset].kind == ASSET_GRID &&
                     s->site->assets[of->asset].of_kind == s->site->islands[island].grid;
        bool relay = of->asset < 0 && of->of_switch < 0 && of->of_island == island;
        if ((meter || relay) && s->at[d].fault == DEVICE_WELL)
            return true;
    }
    return false;
}

static void judge_closing(struct trial *s, int island)
{
    const struct island_seen *seen = &s->islands[island];
    const struct plant_island *truth = plant_model_island(s->model, island);
    struct island_view v;
    uint64_t now = s->now.mono_ms, stable_ms = trial_stable_ms(s);
    engine_island(s->engine, island, s->now, &v);
    s->f.connections++;
    if (v.state != ISLAND_RESYNCHRONISING)
        trial_break(s, "the breaker of island %d is closed while it is %s", island, island_state_name(v.state));
    if (seen->bad_mono_ms > 0 && now < seen->bad_mono_ms + stable_ms)
        trial_break(s, "the breaker of island %d is closed %g s after a witness said no, before %g s", island,
                    (double)(now - seen->bad_mono_ms) / 1000, (double)stable_ms / 1000);
    if (!truth->supplied && has_honest_witness(s, island))
        trial_break(s, "the breaker of island %d is closed onto a dead grid", island);
}

static void judge_setpoint(struct trial *s, int asset, double power_w)
{
    const struct site_asset *a = &s->site->assets[asset];
    double slack_w = 1 + 1e-6 * (a->max_power_w - a->min_power_w);
    // A setpoint of a load or PV plant is a bound.
    if (a->kind != ASSET_PV && a->kind != ASSET_LOAD &&
        (power_w < a->min_power_w - slack_w || power_w > a->max_power_w + slack_w))
        trial_break(s, "%s is told %g W, which it cannot (%g to %g W)", a->id, power_w, a->min_power_w, a->max_power_w);
    if (a->kind != ASSET_BATTERY)
        return;
    double soc = plant_model_soc_frac(s->model, asset);
    const struct site_battery *b = &s->site->batteries[a->of_kind];
    if (soc < b->soc_min_frac - FLOOR_FRAC && power_w > slack_w)
        trial_break(s, "%s is told to give %g W at a state of charge of %g", a->id, power_w, soc);
}

void trial_judge_write(struct trial *s, int device, double power_w)
{
    const struct site_device *d = &s->site->devices[device];
    if (!isfinite(power_w)) {
        trial_break(s, "%s is told what is no number", d->id);
    } else if (d->asset >= 0) {
        judge_setpoint(s, d->asset, power_w);
    } else if (d->of_switch < 0 || (power_w != 0 && power_w != 1)) {
        trial_break(s, "%s is told %g", d->id, power_w);
    } else if (power_w == 1 && s->site->switches[d->of_switch].load < 0) {
        judge_closing(s, site_island_of_breaker(s->site, d->of_switch));
    }
}

// ---- the journal ----------------------------------------------------------------------------------------------------

// A restart cannot know that an entry was heard: it says it again, as it was.
static void judge_repeated(struct trial *s, const struct journal_entry *j)
{
    const struct journal_entry *before = &s->entries[j->number % TRIAL_MAX_ENTRIES];
    bool known = before->number == j->number;
    if (known && (before->island != j->island || before->from != j->from || before->to != j->to ||
                  strcmp(before->cause, j->cause) != 0))
        trial_break(s, "entry %llu of the journal was another before", (unsigned long long)j->number);
}

// While a witness lies, an island may go round once in a stable time, which is short where time runs fast.
static unsigned most_moves(const struct trial *s)
{
    uint64_t rounds = RESTLESS_MS / trial_stable_ms(s) + 1;
    uint64_t moves = ROUND_MOVES * rounds + 2;
    return moves > MOST_MOVES ? (unsigned)moves : MOST_MOVES;
}

static void judge_transition(struct trial *s, const struct journal_entry *j)
{
    struct island_seen *seen = &s->islands[j->island];
    int device = breaker_device(s, j->island);
    if (j->to == ISLAND_ISLANDED && seen->closed_steps > 0 && plant_model_island(s->model, j->island)->breaker_closed &&
        is_well(s, device))
        trial_break(s, "island %d is called an island and hangs on the grid", j->island);
    bool anew = seen->moved_mono_ms < s->happened_mono_ms || s->now.mono_ms - seen->moved_mono_ms > RESTLESS_MS;
    seen->moves = anew ? 1 : seen->moves + 1;
    if (anew)
        seen->moved_mono_ms = s->now.mono_ms;
    if (seen->moves > most_moves(s))
        trial_break(s, "island %d does not come to rest: %s", j->island, j->cause);
    s->lively_mono_ms = s->now.mono_ms;
    s->f.islandings += j->to == ISLAND_ISLANDED;
    s->f.blackouts += j->to == ISLAND_BLACK;
    s->f.restarts += j->from == ISLAND_RESTARTING && j->to == ISLAND_ISLANDED;
}

void trial_judge_entry(struct trial *s, const struct journal_entry *j)
{
    trial_say(s, "journal %llu: island %d %s -> %s: %s", (unsigned long long)j->number, j->island,
              island_state_name(j->from), island_state_name(j->to), j->cause);
    if (j->number <= s->journal_number && s->f.kills > 0) {
        judge_repeated(s, j);
        return;
    }
    if (j->number != s->journal_number + 1)
        trial_break(s, "entry %llu of the journal follows %llu", (unsigned long long)j->number,
                    (unsigned long long)s->journal_number);
    s->journal_number = j->number;
    s->entries[j->number % TRIAL_MAX_ENTRIES] = *j;
    s->f.entries++;
    if (j->island < 0) { // of all: what somebody said
        if (j->from != j->to)
            trial_break(s, "entry %llu of the journal is a transition of no island", (unsigned long long)j->number);
        return;
    }
    struct island_seen *seen = &s->islands[j->island];
    if (j->from != seen->journaled)
        trial_break(s, "island %d goes from %s in the journal, and was %s there", j->island, island_state_name(j->from),
                    island_state_name(seen->journaled));
    seen->journaled = j->to;
    if (j->from != j->to)
        judge_transition(s, j);
}

// ---- order ----------------------------------------------------------------------------------------------------------

static int bus_of_switch(const struct trial *s, size_t i)
{
    int load = s->site->switches[i].load;
    return load >= 0 ? s->site->loads[load].bus : -1;
}

// Two circuits of one bus, the first more important: it is off and could be on, while the other is on and could be off.
static bool is_upside_down(const struct trial *s, size_t a, size_t b, const bool *closed)
{
    return closed[b] && !closed[a] && is_well(s, site_device_of_switch(s->site, (int)a)) &&
           is_well(s, site_device_of_switch(s->site, (int)b)) && plant_model_switch_at(s->model, (int)b)->closed;
}

static void judge_switches(struct trial *s)
{
    bool closed[SITE_MAX_SWITCHES];
    for (size_t i = 0; i < s->site->n_switches; i++) {
        struct switch_view v;
        engine_switch(s->engine, (int)i, s->now, &v);
        closed[i] = v.wanted_closed;
    }
    for (size_t a = 0; a < s->site->n_switches; a++)
        for (size_t b = 0; b < s->site->n_switches; b++) {
            const struct site_switch *first = &s->site->switches[a], *second = &s->site->switches[b];
            bool moved = closed[a] != s->wanted_closed[a] || closed[b] != s->wanted_closed[b];
            if (bus_of_switch(s, a) < 0 || bus_of_switch(s, a) != bus_of_switch(s, b) || first->tier >= second->tier)
                continue;
            if (moved && is_upside_down(s, a, b, closed))
                trial_break(s, "%s is off by us while %s is on", first->id, second->id);
        }
    for (size_t i = 0; i < s->site->n_switches; i++)
        s->wanted_closed[i] = closed[i];
}

static void say_items(struct trial *s, const struct shed_item *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        trial_say(s, "  item %zu: tier %d, %.0f W, %s%s%s, changed at %.1f s", i, items[i].tier, items[i].power_w,
                  items[i].served ? "served" : "shed", items[i].can_shed ? ", can be shed" : "",
                  items[i].can_serve ? ", can be served" : "", (double)items[i].changed_mono_ms / 1000);
}

// By what the engine itself believes, no longer than it may take to see to it.
static void judge_order(struct trial *s, int island)
{
    static struct shed_item items[SERVING_MAX_ITEMS];
    struct island_seen *seen = &s->islands[island];
    size_t n = serving_items(s->engine, island, s->now, items);
    for (size_t i = 0; i < n; i++) // chargers that stand still may wait for their time: a plan says when
        if (serving_paused_asset(s->engine, island, (int)i) >= 0)
            items[i].can_serve = false;
    if (shedding_is_in_order(items, n)) {
        seen->disorder_mono_ms = 0;
    } else if (seen->disorder_mono_ms == 0) {
        seen->disorder_mono_ms = s->now.mono_ms;
        say_items(s, items, n);
    } else if (s->now.mono_ms - seen->disorder_mono_ms > DISORDER_MS + 2000 * (uint64_t)s->site->outage.settle_s) {
        say_items(s, items, n);
        trial_break(s, "the tiers of island %d are out of order for %g s", island,
                    (double)(s->now.mono_ms - seen->disorder_mono_ms) / 1000);
    }
}

// ---- each step ------------------------------------------------------------------------------------------------------

static bool is_number(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(values[i]))
            return false;
    return true;
}

static void judge_numbers(struct trial *s, int island, const struct island_view *v)
{
    struct outage_view o;
    engine_outage(s->engine, s->now, &o);
    if (!isfinite(v->forming_w) || !isfinite(v->forming_low_w) || !isfinite(v->forming_high_w) ||
        !is_number(v->demand_w, TIER_COUNT) || !is_number(v->served_w, TIER_COUNT))
        trial_break(s, "a power of island %d is no number", island);
    if (!is_number(o.autonomy_h, TIER_COUNT) || isnan(o.stored_wh) || isnan(o.fuel_wh) || !isfinite(o.reserve_frac))
        trial_break(s, "the area's autonomy or reserve is no number");
}

static void judge_backfeed(struct trial *s, int island)
{
    const struct plant_island *truth = plant_model_island(s->model, island);
    struct island_seen *seen = &s->islands[island];
    int device = breaker_device(s, island);
    bool lies = device >= 0 && s->at[device].fault == DEVICE_LIES;
    struct island_view v = {.state = ISLAND_CONNECTED};
    if (s->engine)
        engine_island(s->engine, island, s->now, &v);
    bool unaware = v.state == ISLAND_CONNECTED || v.state == ISLAND_ISLANDING; // a loss takes its time to be believed
    if ((unaware && truth->supplied) || !s->engine || s->now.mono_ms == s->restarted_mono_ms)
        seen->lost_mono_ms = s->now.mono_ms;
    if (unaware && seen->lost_mono_ms < s->dazed_mono_ms)
        seen->lost_mono_ms = s->dazed_mono_ms;
    if (lies || !has_honest_witness(s, island) || (unaware && s->now.mono_ms < seen->lost_mono_ms + BELIEVED_MS))
        seen->doubtful_mono_ms = s->now.mono_ms;
    bool excused = seen->doubtful_mono_ms > 0 && s->now.mono_ms < seen->doubtful_mono_ms + 2000;
    if (truth->backfeed_s > seen->backfeed_s && !excused)
        trial_break(s, "island %d was connected to a dead grid for %g s", island, truth->backfeed_s - seen->backfeed_s);
    seen->backfeed_s = truth->backfeed_s;
    seen->closed_steps = truth->breaker_closed ? seen->closed_steps + 1 : 0;
}

static void judge_state(struct trial *s, int island)
{
    const struct plant_island *truth = plant_model_island(s->model, island);
    struct island_seen *seen = &s->islands[island];
    struct island_view v;
    engine_island(s->engine, island, s->now, &v);
    judge_numbers(s, island, &v);
    if (v.state != seen->journaled)
        trial_break(s, "island %d is %s, and the journal has it %s", island, island_state_name(v.state),
                    island_state_name(seen->journaled));
    int device = breaker_device(s, island);
    bool wrong = v.state == ISLAND_ISLANDED && truth->breaker_closed && is_well(s, device);
    if (!wrong)
        seen->wrong_mono_ms = 0;
    else if (seen->wrong_mono_ms == 0)
        seen->wrong_mono_ms = s->now.mono_ms;
    else if (s->now.mono_ms - seen->wrong_mono_ms > CALLED_MS)
        trial_break(s, "island %d is called an island and hangs on the grid", island);
}

void trial_judge_step(struct trial *s)
{
    for (size_t i = 0; i < s->site->n_islands; i++)
        judge_backfeed(s, (int)i);
    if (!s->engine)
        return;
    for (size_t i = 0; i < s->site->n_islands; i++) {
        judge_state(s, (int)i);
        judge_order(s, (int)i);
    }
    judge_switches(s);
}
