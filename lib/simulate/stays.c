// SPDX-License-Identifier: GPL-3.0-or-later
// Vehicles and runs of flexible loads come as the site expects them, a little earlier or later, and want a little more
// or less: by the dice of the day, so that they are the same whatever the steps are.
#include <math.h>

#include "base/local_time.h"
#include "base/number.h"
#include "simulate/internal.h"
#include "simulate/noise.h"
#include "tariff/tariff.h"

enum { MINUTE_MS = 60000, DAY_MINUTES = 1440 };

static const double jitter_minutes = 15.0, jitter_energy = 0.2;
static const int64_t day_ms = INT64_C(86400000);

static bool holds_on(const struct site *s, enum day_kind days, int64_t noon_utc_ms)
{
    return days == DAYS_ALL || (days == DAYS_WEEKENDS) == calendar_is_weekend(s, noon_utc_ms);
}

static double between(struct noise *n, double low, double high)
{
    return low + (high - low) * noise_uniform(n);
}

// The stay of session `i` on the local day that begins at `day_utc_ms`; absent on days of another kind.
static struct plant_stay stay_on(const struct plant_model *m, int asset, size_t i, int64_t day_utc_ms)
{
    const struct site_flexible *f = site_flexible_of(m->site, asset);
    const struct site_session *s = &f->sessions[i];
    if (!holds_on(m->site, s->days, day_utc_ms + day_ms / 2))
        return (struct plant_stay){0};
    uint64_t stream = (uint64_t)(day_utc_ms / MINUTE_MS) * 1000003u + (uint64_t)asset * 101u + i;
    struct noise dice = noise_seeded(m->seed, stream);
    int until = s->until_minute > s->from_minute ? s->until_minute : s->until_minute + DAY_MINUTES;
    double shift_ms = between(&dice, -jitter_minutes, jitter_minutes) * MINUTE_MS;
    double wanted_wh = s->energy_wh * between(&dice, 1.0 - jitter_energy, 1.0 + jitter_energy);
    struct plant_stay stay = {
        .present = true,
        .from_utc_ms = day_utc_ms + (int64_t)s->from_minute * MINUTE_MS + (int64_t)shift_ms,
        .until_utc_ms = day_utc_ms + (int64_t)until * MINUTE_MS,
        .wanted_wh = wanted_wh,
    };
    if (m->site->assets[asset].kind == ASSET_CHARGER) {
        stay.capacity_wh = fmax(f->capacity_wh, s->energy_wh);
        stay.wanted_wh = fmin(wanted_wh, stay.capacity_wh);
        double room_wh = stay.capacity_wh - stay.wanted_wh;
        stay.arrived_wh = fmin(between(&dice, 0.1, 0.3) * stay.capacity_wh, room_wh);
    }
    return stay;
}

// The stay under way that was not there before, if any; and when to ask again.
static struct plant_stay look_up(const struct plant_model *m, int asset, int64_t *ret_next_utc_ms)
{
    const struct site_flexible *f = site_flexible_of(m->site, asset);
    int64_t now = m->now.utc_ms, today = local_day_start_ms(now);
    int64_t days[] = {local_day_start_ms(today - day_ms / 2), today, local_day_start_ms(today + 3 * day_ms / 2)};
    struct plant_stay found = {0};
    *ret_next_utc_ms = now + day_ms / 2;
    for (size_t d = 0; d < sizeof days / sizeof *days; d++)
        for (size_t i = 0; i < f->n_sessions; i++) {
            struct plant_stay stay = stay_on(m, asset, i, days[d]);
            if (!stay.present || stay.from_utc_ms <= m->coming[asset].begun_utc_ms)
                continue;
            if (stay.from_utc_ms > now && stay.from_utc_ms < *ret_next_utc_ms)
                *ret_next_utc_ms = stay.from_utc_ms;
            if (stay.from_utc_ms <= now && now < stay.until_utc_ms && !found.present)
                found = stay;
        }
    return found;
}

void stays_begin(struct plant_model *m, int asset, struct plant_stay stay)
{
    struct plant_asset *a = &m->assets[asset];
    a->stay = stay;
    a->energy_wh = stay.arrived_wh;
    m->coming[asset].begun_utc_ms = stay.from_utc_ms;
}

// What it could have got with the full power from the first minute on; the taper near full takes a tenth.
static double possible_wh(const struct plant_model *m, int asset)
{
    const struct site_flexible *f = site_flexible_of(m->site, asset);
    const struct plant_stay *s = &m->assets[asset].stay;
    bool is_vehicle = m->site->assets[asset].kind == ASSET_CHARGER;
    double efficiency = is_vehicle ? f->charge_efficiency * 0.9 : 1.0;
    double hours = (double)(m->now.utc_ms - s->from_utc_ms) / (60.0 * MINUTE_MS);
    return fmin(s->wanted_wh, f->max_charge_w * efficiency * fmax(hours, 0.0));
}

void stays_end(struct plant_model *m, int asset)
{
    struct plant_asset *a = &m->assets[asset];
    double missing_wh = possible_wh(m, asset) - a->stay.session_wh;
    a->stays.ended++;
    a->stays.wanted_wh += a->stay.wanted_wh;
    if (missing_wh > 0.01 * a->stay.wanted_wh) {
        a->stays.short_of++;
        a->stays.missing_wh += missing_wh;
    }
    a->stay = (struct plant_stay){0};
    a->energy_wh = 0.0;
    m->coming[asset].next_utc_ms = m->now.utc_ms;
}

void stays_step(struct plant_model *m, int asset)
{
    struct plant_asset *a = &m->assets[asset];
    if (a->stay.present && m->now.utc_ms >= a->stay.until_utc_ms)
        stays_end(m, asset);
    if (m->led || a->stay.present || m->now.utc_ms < m->coming[asset].next_utc_ms)
        return;
    struct plant_stay stay = look_up(m, asset, &m->coming[asset].next_utc_ms);
    if (!stay.present)
        return;
    stays_begin(m, asset, stay);
    a->stay.from_utc_ms = m->now.utc_ms; // where the model began in the middle of it
}
