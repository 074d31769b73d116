// SPDX-License-Identifier: GPL-3.0-or-later
// Who tells of an island's grid, and what they say: its meter's voltage and frequency, relays, contacts of its breaker.
#include "core/internal.h"

// ---- what is asked of them ------------------------------------------------------------------------------------------

struct sense_settings witness_settings(const struct engine *e, int island)
{
    const struct site_outage *o = &e->site->outage;
    const struct site_island *i = &e->site->islands[island];
    return (struct sense_settings){.nominal_v = i->voltage_v,
                                   .nominal_hz = i->frequency_hz,
                                   .lost_voltage_frac = o->lost_voltage_frac,
                                   .lost_frequency_hz = o->lost_frequency_hz,
                                   .stable_voltage_frac = o->stable_voltage_frac,
                                   .stable_frequency_hz = o->stable_frequency_hz,
                                   .confirm_ms = (uint64_t)(o->confirm_ms > 0 ? o->confirm_ms : 0),
                                   .silent_ms = WITNESSES_SILENT_MS > 3 * (uint64_t)e->site->control.cycle_ms
                                                    ? WITNESSES_SILENT_MS
                                                    : 3 * (uint64_t)e->site->control.cycle_ms,
                                   .stable_ms = area_ms(e, o->stable_s)};
}

uint64_t outage_wait_ms(const struct engine *e, int island, struct instant now)
{
    struct sense_settings settings = witness_settings(e, island);
    const struct island_book *b = &e->outage.islands[island];
    uint64_t wait_ms = sense_wait_ms(&b->sense, &settings, now.mono_ms);
    uint64_t rest_ms = island_rest_ms(&b->island, settings.stable_ms, now.mono_ms);
    return wait_ms > rest_ms ? wait_ms : rest_ms;
}

// ---- what they say --------------------------------------------------------------------------------------------------

static enum witness worse(enum witness a, enum witness b)
{
    return a == WITNESS_NO || b == WITNESS_NO ? WITNESS_NO : a == WITNESS_SILENT ? b : a;
}

static enum witness contact(const struct engine *e, int device, enum quantity q, uint64_t now)
{
    struct value v = device_value(e, device, q, now);
    return !value_usable(v) ? WITNESS_SILENT : v.v >= 0.5 ? WITNESS_YES : WITNESS_NO;
}

// A meter that has a voltage and no frequency to it in the same poll does not measure any.
static void read_meter(const struct engine *e, int grid, uint64_t now, struct sense_reading *r)
{
    for (int d = e->assets[asset_of(e, ASSET_GRID, grid)].first_device; d >= 0; d = e->devices[d].next_of_asset) {
        struct value volts = device_value(e, d, QUANTITY_VOLTAGE_V, now);
        struct value hertz = device_value(e, d, QUANTITY_FREQUENCY_HZ, now);
        if (value_usable(volts) && !r->has_voltage) {
            r->has_voltage = true;
            r->voltage_v = volts.v;
        }
        bool together = !value_usable(volts) || hertz.mono_ms >= volts.mono_ms;
        if (value_usable(hertz) && !r->has_frequency && together && hertz.v > 0) {
            r->has_frequency = true;
            r->frequency_hz = hertz.v;
        }
    }
}

// What a driver says of the grid, in replay say, is a witness where there is no other, and is never worth less.
struct sense_reading witnesses_read(const struct engine *e, int island, uint64_t now)
{
    const struct site_island *site = &e->site->islands[island];
    struct sense_reading r = {.relay = WITNESS_SILENT, .breaker = WITNESS_SILENT};
    read_meter(e, site->grid, now, &r);
    for (int d = e->outage.islands[island].first_witness; d >= 0; d = e->devices[d].next_of_asset) {
        r.relay = worse(r.relay, contact(e, d, QUANTITY_GRID_PRESENT, now));
        r.breaker = worse(r.breaker, contact(e, d, QUANTITY_CLOSED, now));
    }
    int breaker = site->breaker >= 0 ? e->outage.switches[site->breaker].device : -1;
    if (breaker >= 0)
        r.breaker = worse(r.breaker, contact(e, breaker, QUANTITY_CLOSED, now));
    bool away = e->grids[site->grid].away;
    if (away)
        r.relay = WITNESS_NO;
    if (is_coarse(e)) { // nobody tells anything else; the interconnection opens and closes with its grid
        r.relay = away ? WITNESS_NO : WITNESS_YES;
        r.breaker = breaker < 0 ? r.relay : r.breaker;
    }
    return r;
}

bool witnesses_speak(const struct sense_reading *r)
{
    return r->has_voltage || r->has_frequency || r->relay != WITNESS_SILENT || r->breaker != WITNESS_SILENT;
}

// ---- who they are ---------------------------------------------------------------------------------------------------

int witness_of_island(const struct engine *e, int device)
{
    const struct site_device *site = &e->site->devices[device];
    if (site->asset >= 0) {
        const struct site_asset *a = site_asset_at(e, site->asset);
        return a->kind == ASSET_GRID ? site_island_of_grid(e->site, a->of_kind) : -1;
    }
    if (site->of_switch >= 0 && (size_t)site->of_switch < outage_switches(e))
        return site_island_of_breaker(e->site, site->of_switch);
    return site->of_island >= 0 && (size_t)site->of_island < outage_islands(e) ? site->of_island : -1;
}
