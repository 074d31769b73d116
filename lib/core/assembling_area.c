// SPDX-License-Identifier: GPL-3.0-or-later
// A limit of the area as a whole in a regulation step: shared out to the grid connections, so that what they carry
// together keeps it. By bus: each keeps what it is about to carry, what is left goes to those of which the plan has
// more, then by the connections' own limits; what is too much is taken from those whose assets can do something about
// it, and only then from the others.
//
// Everything is written for import; for export the same holds with all signs turned.
#include <math.h>

#include "base/number.h"
#include "core/assembling.h"
#include "core/slots.h"

struct share {       // of a bus, W in the direction of the limit
    bool counts;     // it has an electric connection that is there
    double limit_w;  // of its connections together
    double flow_w;   // measured
    double soon_w;   // once setpoints are reached
    double wanted_w; // by the plan
    double reach_w;  // by how much its assets could lower it
    double shed_w;   // and its loads, if they were shed
    double share_w;  // the answer
};

struct sharing {
    struct share buses[SITE_MAX_BUSES];
    size_t n_buses;
    int sign; // 1 import, -1 export
};

// ---- what is so -----------------------------------------------------------------------------------------------------

static void add_grid(const struct engine *e, const struct assembling *c, int asset, struct sharing *s)
{
    const struct regulate_asset *r = &e->regulate_assets[asset];
    const struct schedule_asset *plan = planned_asset(e, c, asset);
    struct share *b = &s->buses[r->bus];
    int grid = site_asset_at(e, asset)->of_kind;
    if (site_asset_at(e, asset)->kind != ASSET_GRID || grid_is_lost(e, grid) || !e->regulate_buses[r->bus].electric)
        return;
    double flow_w = e->assets[asset].good.v * s->sign;
    b->counts = true;
    b->limit_w += fmax(s->sign > 0 ? r->import_limit_w : r->export_limit_w, 0);
    b->flow_w += flow_w;
    b->soon_w += flow_w;
    b->wanted_w += plan != NULL ? plan->power_w[c->step] * s->sign : flow_w;
}

// Setpoints on their way change the flow, and what an asset can do beyond them is within reach.
static void add_asset(const struct engine *e, int asset, struct sharing *s)
{
    const struct regulate_asset *r = &e->regulate_assets[asset];
    struct share *b = &s->buses[r->bus];
    if (r->kind == ASSET_TIE || !r->commandable || !r->measured)
        return;
    if (r->kind == ASSET_LOAD) {
        b->shed_w += s->sign > 0 ? fmax(r->max_w - r->measured_w, 0) : 0;
        return;
    }
    double now_w = r->has_setpoint ? clamp(r->setpoint_w, r->min_w, r->max_w) : r->measured_w;
    b->soon_w -= (now_w - r->measured_w) * s->sign;
    b->reach_w += fmax(s->sign > 0 ? r->max_w - now_w : now_w - r->min_w, 0);
}

static void look(const struct engine *e, const struct assembling *c, struct sharing *s)
{
    for (size_t i = 0; i < e->site->n_assets; i++) {
        if (e->regulate_assets[i].kind == ASSET_GRID)
            add_grid(e, c, (int)i, s);
        else
            add_asset(e, (int)i, s);
    }
}

// ---- who gets what --------------------------------------------------------------------------------------------------

static double sum_of(const struct sharing *s, double (*of)(const struct share *))
{
    double sum = 0;
    for (size_t b = 0; b < s->n_buses; b++)
        sum += s->buses[b].counts ? of(&s->buses[b]) : 0;
    return sum;
}

static double of_soon(const struct share *b)
{
    return b->soon_w;
}

// The more careful of what flows and what will flow: a setpoint may take a moment to be followed.
static double of_careful(const struct share *b)
{
    return fmax(b->soon_w, b->flow_w);
}

static double of_lag(const struct share *b)
{
    return of_careful(b) - b->soon_w;
}

static double of_wish(const struct share *b)
{
    return fmax(b->wanted_w - b->share_w, 0);
}

static double of_room(const struct share *b)
{
    return fmax(b->limit_w - b->share_w, 0);
}

static double of_reach(const struct share *b)
{
    return b->reach_w;
}

static double of_shed(const struct share *b)
{
    return b->shed_w;
}

static double of_draw(const struct share *b)
{
    return fmax(b->share_w, 0);
}

// Moves the shares by `total_w`, each in proportion to `of` it, by no more than that unless `beyond`. Returns the rest.
static double deal(struct sharing *s, double total_w, double (*of)(const struct share *), bool beyond)
{
    double sum_w = sum_of(s, of), part = sum_w > 0 ? total_w / sum_w : 0;
    if (!beyond)
        part = clamp(part, -1, 1);
    double parts[SITE_MAX_BUSES];
    for (size_t b = 0; b < s->n_buses; b++)
        parts[b] = s->buses[b].counts ? part * of(&s->buses[b]) : 0;
    for (size_t b = 0; b < s->n_buses; b++)
        s->buses[b].share_w += parts[b];
    return total_w - part * sum_w;
}

static void share_out(struct sharing *s, double total_w)
{
    for (size_t b = 0; b < s->n_buses; b++)
        s->buses[b].share_w = s->buses[b].soon_w;
    double left_w = total_w - sum_of(s, of_soon);
    if (left_w >= 0) {
        left_w = deal(s, left_w, of_lag, false);
        left_w = deal(s, left_w, of_wish, false);
        deal(s, left_w, of_room, false);
        return;
    }
    left_w = deal(s, left_w, of_reach, false);
    left_w = deal(s, left_w, of_shed, false);
    deal(s, left_w, of_draw, true);
}

// ---- what becomes of it ---------------------------------------------------------------------------------------------

static void lower(double share_w, double *io_limit_w, enum reason_kind *io_reason)
{
    if (share_w >= *io_limit_w)
        return;
    *io_limit_w = share_w;
    *io_reason = REASON_DR_LIMIT;
}

// Connections at one bus have a part of its share by their own limits.
static void hand_out(struct engine *e, const struct sharing *s)
{
    for (size_t g = 0; g < e->site->n_grids; g++) {
        struct regulate_asset *r = &e->regulate_assets[asset_of(e, ASSET_GRID, (int)g)];
        const struct share *b = &s->buses[r->bus];
        if (!b->counts || grid_is_lost(e, (int)g))
            continue;
        double own_w = fmax(s->sign > 0 ? r->import_limit_w : r->export_limit_w, 0);
        double share_w = b->share_w * (b->limit_w > 0 ? own_w / b->limit_w : 1);
        if (s->sign > 0)
            lower(share_w, &r->import_limit_w, &r->import_reason);
        else
            lower(share_w, &r->export_limit_w, &r->export_reason);
    }
}

static void keep(struct engine *e, const struct assembling *c, double total_w, int sign)
{
    struct sharing s = {.n_buses = e->site->n_buses, .sign = sign};
    look(e, c, &s);
    share_out(&s, total_w);
    hand_out(e, &s);
}

// In open loop, without its meters, the area keeps more clear of the limit.
static double margin(const struct engine *e, struct instant now)
{
    double power_w, frac = e->site->control.limit_margin_frac;
    return clamp(area_power_w(e, now, &power_w) ? frac : frac + e->site->control.open_loop_margin_frac, 0, 1);
}

void assemble_area(struct engine *e, const struct assembling *c)
{
    if (!area_is_shared(e))
        return;
    bool average = slots_average(e);
    int64_t ahead_ms = average ? 1 : (int64_t)(area_seconds(e, LIMIT_AHEAD_MS) * 1000);
    double import_w, export_w, kept = 1 - margin(e, c->now);
    area_limits_within(e, c->now.utc_ms, c->now.utc_ms + ahead_ms, &import_w, &export_w);
    if (import_w < PLAN_NO_LIMIT_W)
        keep(e, c, slots_import_limit_w(e, -1, import_w * kept, PLAN_NO_LIMIT_W, c->now), 1);
    if (export_w < PLAN_NO_LIMIT_W)
        keep(e, c, slots_export_limit_w(e, -1, export_w * kept, PLAN_NO_LIMIT_W, c->now), -1);
}
