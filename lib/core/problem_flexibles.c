// SPDX-License-Identifier: GPL-3.0-or-later
// Chargers and flexible loads in the problem: who is there, who is expected, and what each of them wants.
#include <math.h>

#include "base/number.h"
#include "core/problem.h"

static const double LARGEST_WH = 1e12;
static const int64_t SOONEST_MS = 5 * 60 * 1000;

// One that is late is to have it as soon as its charger can give it.
static int64_t present_until_ms(const struct site_flexible *f, const struct session_state *s, struct instant now)
{
    double power_w = fmax(f->max_charge_w * f->charge_efficiency, 1);
    int64_t needs_ms = (int64_t)fmin(1.05 * session_missing_wh(s) / power_w * 3600e3, 24 * 3600e3);
    int64_t soonest = now.utc_ms + (needs_ms > SOONEST_MS ? needs_ms : SOONEST_MS);
    bool late = s->until_utc_ms <= now.utc_ms;
    return late ? soonest : s->until_utc_ms;
}

static struct plan_session present_session(const struct engine *e, int asset, struct instant now)
{
    const struct session_state *s = &e->assets[asset].session;
    const struct site_flexible *f = site_flexible_of(e->site, asset);
    struct plan_session session = {.from_utc_ms = now.utc_ms, .until_utc_ms = present_until_ms(f, s, now)};
    session.energy_wh = clamp(session_energy_wh(s), 0, LARGEST_WH);
    session.wanted_wh = clamp(session_target_wh(s), 0, LARGEST_WH);
    session.max_wh = clamp(fmax(session_largest_wh(s), session.energy_wh), 0, LARGEST_WH);
    session.min_wh = clamp(f->min_frac * s->capacity_wh, 0, session.max_wh);
    return session;
}

// One that is still to come is taken to leave full, as nobody knows better.
static void complete_expected(const struct engine *e, int asset, struct plan_session *session)
{
    const struct site_flexible *f = site_flexible_of(e->site, asset);
    double capacity_wh = site_asset_at(e, asset)->kind == ASSET_CHARGER ? f->capacity_wh : 0;
    session->energy_wh = fmax(capacity_wh - session->wanted_wh, 0);
    session->wanted_wh += session->energy_wh;
    session->max_wh = fmax(capacity_wh, session->wanted_wh);
    session->min_wh = f->min_frac * capacity_wh;
}

// What was under way before is taken to have gone evenly.
static void begin_later(struct plan_session *session, int64_t from_utc_ms)
{
    double whole_ms = (double)(session->until_utc_ms - session->from_utc_ms);
    session->wanted_wh *= (double)(session->until_utc_ms - from_utc_ms) / whole_ms;
    session->from_utc_ms = from_utc_ms;
}

static void add_expected(const struct engine *e, int asset, struct plan_flexible *f, int64_t after_utc_ms,
                         int64_t end_utc_ms)
{
    struct plan_session expected[PLAN_MAX_SESSIONS];
    const struct site_flexible *site = site_flexible_of(e->site, asset);
    size_t n = sessions_expected(e->site, site, after_utc_ms, end_utc_ms, expected, PLAN_MAX_SESSIONS);
    for (size_t i = 0; i < n && f->n_sessions < PLAN_MAX_SESSIONS; i++) {
        // Who should be here and is not may have been and gone; nothing is kept ready for that.
        bool missing = f->n_sessions == 0 && expected[i].from_utc_ms <= after_utc_ms && e->received;
        if (missing)
            continue;
        if (expected[i].from_utc_ms < after_utc_ms)
            begin_later(&expected[i], after_utc_ms);
        complete_expected(e, asset, &expected[i]);
        f->sessions[f->n_sessions++] = expected[i];
    }
}

static void fill_flexible(const struct engine *e, int asset, struct plan_flexible *f, int64_t end_utc_ms,
                          struct instant now)
{
    const struct session_state *s = &e->assets[asset].session;
    int64_t after = now.utc_ms;
    f->n_sessions = 0;
    if (s->active) {
        f->sessions[f->n_sessions++] = present_session(e, asset, now);
        after = f->sessions[0].until_utc_ms;
    }
    add_expected(e, asset, f, after, end_utc_ms);
    f->available = problem_follows(e, asset);
    f->held_power_w = problem_held_w(e, asset, now);
}

void problem_fill_flexibles(const struct engine *e, struct plan_problem *p, struct instant now)
{
    int64_t end = problem_step_end_ms(p, p->n_steps - 1);
    size_t chargers = e->site->n_chargers;
    for (size_t i = 0; i < p->n_flexibles; i++) {
        int asset =
            i < chargers ? asset_of(e, ASSET_CHARGER, (int)i) : asset_of(e, ASSET_FLEXIBLE, (int)(i - chargers));
        fill_flexible(e, asset, &p->flexibles[i], end, now);
    }
}
