// SPDX-License-Identifier: GPL-3.0-or-later
// Which bus bars live, and who holds them: breakers and their protection, the public supply, forming assets in their
// order, black starts. It is decided at the beginning of a step, from what was told and what the step before did.
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"
#include "simulate/dynamics.h"
#include "simulate/internal.h"

static const double usual_v = 230.0, usual_hz = 50.0; // where the site does not say
static const double synchroniser_s = 2.0;
static const uint64_t rearm_ms = 2000; // what was told before that is not a word to start again
static const double settled_s = 1e6;   // switches that have been closed since ever

int islands_new(struct plant_model *m)
{
    const struct site *s = m->site;
    m->islands = calloc(s->n_islands + 1, sizeof *m->islands);
    m->island_order = calloc(s->n_islands + 1, sizeof *m->island_order);
    m->bus_lives = calloc(s->n_buses + 1, sizeof *m->bus_lives);
    m->switches = calloc(s->n_switches + 1, sizeof *m->switches);
    m->served = calloc(s->n_loads + 1, sizeof *m->served);
    m->told_ms = calloc(s->n_assets + 1, sizeof *m->told_ms);
    m->tripped_ms = calloc(s->n_assets + 1, sizeof *m->tripped_ms);
    if (!m->islands || !m->island_order || !m->bus_lives || !m->switches || !m->served || !m->told_ms || !m->tripped_ms)
        return AEMS_E_NOMEM;
    for (size_t i = 0; i < s->n_islands; i++) {
        struct island_now *n = &m->islands[i];
        n->nominal_v = islands_nominal_v(&s->islands[i]);
        n->nominal_hz = islands_nominal_hz(&s->islands[i]);
        n->is_protected = true;
        n->seen = (struct plant_island){.supplied = true, .breaker_closed = true, .lives = true, .forming = -1};
        n->seen.supply_v = n->seen.voltage_v = n->nominal_v;
        n->seen.supply_hz = n->seen.frequency_hz = n->nominal_hz;
    }
    for (size_t i = 0; i < s->n_switches; i++)
        m->switches[i] = (struct plant_switch){.closed = true, .inrush_s = settled_s};
    return 0;
}

void islands_free(struct plant_model *m)
{
    free(m->islands);
    free(m->island_order);
    free(m->bus_lives);
    free(m->switches);
    free(m->served);
    free(m->told_ms);
    free(m->tripped_ms);
}

double islands_nominal_v(const struct site_island *of)
{
    return of->voltage_v > 0.0 ? of->voltage_v : usual_v;
}

double islands_nominal_hz(const struct site_island *of)
{
    return of->frequency_hz > 0.0 ? of->frequency_hz : usual_hz;
}

void islands_reset(struct plant_model *m)
{
    for (size_t i = 0; i < m->site->n_islands; i++) {
        struct plant_island *seen = &m->islands[i].seen;
        seen->backfeed_s = seen->black_s = seen->overload_s = 0.0;
        seen->blackouts = 0;
    }
    for (size_t i = 0; i < m->site->n_loads; i++)
        m->served[i] = (struct plant_served){0};
}

// ---- grids and breakers -------------------------------------------------------------------------------------------

bool islands_carries(const struct plant_model *m, int grid)
{
    int island = m->has_islands ? site_island_of_grid(m->site, grid) : -1;
    return !m->away[grid] && (island < 0 || m->islands[island].seen.breaker_closed);
}

void islands_count_grids(struct plant_model *m)
{
    for (size_t b = 0; b < m->site->n_buses; b++)
        m->bus_grids[b] = 0;
    for (size_t g = 0; g < m->site->n_grids; g++)
        m->bus_grids[m->site->grids[g].bus] += islands_carries(m, (int)g);
}

static bool is_stuck(const struct plant_model *m, int island)
{
    int breaker = m->site->islands[island].breaker;
    return breaker >= 0 && m->switches[breaker].stuck;
}

static void set_breaker(struct plant_model *m, int island, bool closed)
{
    int breaker = m->site->islands[island].breaker;
    m->islands[island].seen.breaker_closed = closed;
    m->islands[island].is_asked = false;
    m->islands[island].onto_dead = false;
    if (breaker >= 0 && m->switches[breaker].closed != closed)
        m->switches[breaker] = (struct plant_switch){.closed = closed, .stuck = m->switches[breaker].stuck};
}

bool islands_is_breaker(const struct plant_model *m, int of_switch)
{
    return site_island_of_breaker(m->site, of_switch) >= 0;
}

void islands_told(struct plant_model *m, int of_switch, bool closed)
{
    int island = site_island_of_breaker(m->site, of_switch);
    struct island_now *n = &m->islands[island];
    if (!closed || n->seen.breaker_closed) {
        if (closed != n->seen.breaker_closed)
            set_breaker(m, island, closed);
        n->is_asked = n->is_asked && closed;
    } else if (m->away[m->site->islands[island].grid]) {
        set_breaker(m, island, true);
        n->onto_dead = true;
    } else if (!n->is_asked) {
        n->is_asked = true;
        n->asked_s = 0.0;
    }
}

bool islands_told_since(const struct plant_model *m, const struct island_now *n, int asset)
{
    return m->assets[asset].commanded && m->told_ms[asset] >= n->black_ms + rearm_ms;
}

// Somebody is told to bring a bus to life that a dead grid hangs on.
static bool feeds_back(const struct plant_model *m, int island)
{
    const struct site_island *of = &m->site->islands[island];
    const struct island_now *n = &m->islands[island];
    for (size_t i = 0; i < of->n_forming; i++)
        if (!n->seen.lives && !m->assets[of->forming[i]].tripped && islands_told_since(m, n, of->forming[i]))
            return true;
    return false;
}

static void leave_dead_grid(struct plant_model *m, int island)
{
    struct island_now *n = &m->islands[island];
    bool opens = (n->is_protected || m->site->islands[island].breaker < 0) && !is_stuck(m, island);
    if (n->onto_dead || (!opens && feeds_back(m, island)))
        n->seen.backfeed_s += m->dt_s;
    if (n->onto_dead)
        n->onto_dead = !opens; // the protection trips it, too late, in the next step
    else if (opens)
        set_breaker(m, island, false);
}

static void come_together(struct plant_model *m, int island)
{
    struct island_now *n = &m->islands[island];
    n->asked_s += m->dt_s;
    if (!is_stuck(m, island) && (!n->seen.lives || n->asked_s >= synchroniser_s))
        set_breaker(m, island, true);
}

// A synchroniser whose grid goes away gives up.
static void move_breaker(struct plant_model *m, int island)
{
    const struct site_island *of = &m->site->islands[island];
    struct island_now *n = &m->islands[island];
    bool there = !m->away[of->grid];
    n->steady_s = there ? n->steady_s + m->hours * 3600.0 : 0.0;
    n->is_asked = n->is_asked && there;
    n->seen.supplied = there;
    n->seen.supply_v = there ? n->nominal_v : 0.0;
    n->seen.supply_hz = there ? n->nominal_hz : 0.0;
    if (n->seen.breaker_closed && !there) {
        leave_dead_grid(m, island);
    } else if (!n->seen.breaker_closed && there) {
        if (of->breaker < 0 && !n->is_asked && n->steady_s >= (double)m->site->outage.stable_s) {
            n->is_asked = true; // the interconnection closes by itself
            n->asked_s = 0.0;
        }
        if (n->is_asked)
            come_together(m, island);
    }
}

// ---- from step to step --------------------------------------------------------------------------------------------

// Without voltage an engine turns when it has been told to since.
static void turn_engines(struct plant_model *m, int island)
{
    const struct site_island *of = &m->site->islands[island];
    const struct island_now *n = &m->islands[island];
    for (size_t i = 0; i < of->n_forming; i++) {
        int asset = of->forming[i];
        if (n->seen.lives || m->site->assets[asset].kind != ASSET_GENERATOR)
            continue;
        const struct site_generator *g = &m->site->generators[m->site->assets[asset].of_kind];
        struct plant_asset *a = &m->assets[asset];
        double fuel_wh = g->fuel_wh > 0.0 ? a->fuel_wh : INFINITY;
        bool turns = !m->assets[asset].tripped && islands_told_since(m, n, asset) &&
                     dynamics_generator_target(g, a, fuel_wh) > 0.0;
        a->started_s = turns ? a->started_s + m->dt_s : 0.0;
    }
}

// Who held it, or was to, has tripped in the attempt.
static void note_trip(struct plant_model *m, int island)
{
    const struct site_island *of = &m->site->islands[island];
    int who = m->islands[island].seen.forming;
    for (size_t i = 0; i < of->n_forming && who < 0; i++)
        if (m->assets[of->forming[i]].commanded && !m->assets[of->forming[i]].tripped)
            who = of->forming[i];
    if (who >= 0)
        m->tripped_ms[who] = m->now.mono_ms;
}

static void go_black(struct plant_model *m, int island)
{
    struct island_now *n = &m->islands[island];
    note_trip(m, island);
    for (size_t i = 0; i < m->site->n_assets; i++)
        if (m->site->assets[i].bus == m->site->islands[island].bus)
            m->assets[i].started_s = 0.0;
    n->seen.blackouts++;
    n->seen.voltage_v = n->seen.frequency_hz = 0.0;
    n->black_ms = m->now.mono_ms - (uint64_t)(m->dt_s * 1000.0);
}

static void settle(struct plant_model *m, int island)
{
    struct island_now *n = &m->islands[island];
    bool lives = m->bus_lives[m->site->islands[island].bus];
    if (n->seen.lives && !lives)
        go_black(m, island);
    if (n->seen.lives != lives || n->seen.forming != n->will_form)
        n->stress_frac = 0.0;
    n->seen.lives = lives;
    n->seen.forming = n->will_form;
    if (!lives)
        n->seen.black_s += m->dt_s;
}

// A bus that never had a connection is left as it is; one whose connection is away, without an island, is black.
static bool lives_otherwise(const struct plant_model *m, int bus)
{
    bool has_grid = false;
    for (size_t g = 0; g < m->site->n_grids; g++)
        has_grid = has_grid || m->site->grids[g].bus == bus;
    return !has_grid || m->bus_grids[bus] > 0;
}

void islands_begin(struct plant_model *m)
{
    for (size_t i = 0; i < m->site->n_islands; i++) {
        m->islands[i].is_decided = false;
        move_breaker(m, (int)i);
        turn_engines(m, (int)i);
    }
    islands_count_grids(m);
    m->n_alive = 0;
    for (size_t b = 0; b < m->site->n_buses; b++)
        m->bus_lives[b] = lives_otherwise(m, (int)b);
    deciding_all(m);
    for (size_t i = 0; i < m->site->n_islands; i++)
        settle(m, (int)i);
}

bool islands_powers(const struct plant_model *m, int asset)
{
    const struct site_asset *of = &m->site->assets[asset];
    bool other = of->kind != ASSET_TIE || m->bus_lives[m->site->ties[of->of_kind].from];
    return !m->assets[asset].tripped && other && m->bus_lives[of->bus];
}

// ---- from outside -------------------------------------------------------------------------------------------------

static struct island_now *find(const struct plant_model *m, int island)
{
    return island >= 0 && (size_t)island < m->site->n_islands ? &m->islands[island] : NULL;
}

int plant_model_set_islands(struct plant_model *m, bool on)
{
    if (m->site->n_islands == 0)
        return AEMS_E_STATE;
    m->has_islands = on;
    islands_count_grids(m);
    return 0;
}

const struct plant_island *plant_model_island(const struct plant_model *m, int island)
{
    const struct island_now *n = find(m, island);
    return n ? &n->seen : NULL;
}

int plant_model_set_protection(struct plant_model *m, int island, bool on)
{
    struct island_now *n = find(m, island);
    if (!n)
        return AEMS_E_RANGE;
    n->is_protected = on;
    return 0;
}

int plant_model_set_supply(struct plant_model *m, int island, double voltage_v, double frequency_hz)
{
    const double highest_v = 1e6, highest_hz = 1000.0;
    struct island_now *n = find(m, island);
    if (!n || !in_range(voltage_v, 0.0, highest_v) || !in_range(frequency_hz, 0.0, highest_hz))
        return AEMS_E_RANGE;
    n->nominal_v = voltage_v;
    n->nominal_hz = frequency_hz;
    return 0;
}

int plant_model_trip(struct plant_model *m, int asset, bool tripped)
{
    if (asset < 0 || (size_t)asset >= m->site->n_assets)
        return AEMS_E_RANGE;
    enum asset_kind kind = m->site->assets[asset].kind;
    if (kind != ASSET_BATTERY && kind != ASSET_GENERATOR && kind != ASSET_PV)
        return AEMS_E_STATE;
    if (tripped)
        m->tripped_ms[asset] = m->now.mono_ms;
    m->assets[asset].tripped = tripped;
    return 0;
}
