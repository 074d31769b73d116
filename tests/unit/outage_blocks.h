// SPDX-License-Identifier: GPL-3.0-or-later
// Two blocks on a tie: one has a battery, the other hangs on the line, and what may be changed of that.
#pragma once

#include "outage_world.h"

static const char TWO_BLOCKS[] = OUTAGE_HEAD
    "buses: {gate: {}, mall: {}}\n"
    "grids:\n"
    "  grid: {bus: gate, import_limit: 1 MW, export_limit: 500 kW, tariff: t}\n"
    "  mall_grid: {bus: mall, import_limit: 1 MW, export_limit: 500 kW, tariff: t}\n"
    "pv: {sun: {bus: gate, peak_power: 400 kW, curtailable: true}}\n"
    "batteries: {bat: {bus: gate, capacity: 2000 kWh, max_charge: 300 kW, max_discharge: 300 kW,\n"
    "                  soc_min: 10 %, soc_max: 90 %, reserve: 10 %}}\n"
    "loads:\n"
    "  hall: {bus: gate, shape: flat, average: 150 kW, peak: 600 kW, sheddable: [],\n"
    "         tiers: {lifeline: 20 %, important: 30 %, ordinary: 50 %}}\n"
    "  shops: {bus: mall, shape: flat, average: 200 kW, peak: 600 kW, sheddable: [],\n"
    "          tiers: {lifeline: 20 %, ordinary: 80 %}}\n"
    "ties: {line: {from: gate, to: mall, limit: 100 kW, loss: 2 %}}\n"
    "islands:\n"
    "  block: {grid: grid, forming: [bat], breaker: brk, voltage: 230 V, frequency: 50 Hz}\n"
    "  shops_block: {grid: mall_grid, forming: [line], breaker: brk2, voltage: 230 V, frequency: 50 Hz}\n"
    "switches:\n"
    "  brk: {}\n"
    "  brk2: {}\n"
    "  light: {load: hall, tier: important}\n"
    "  air: {load: hall, tier: ordinary}\n"
    "  aisles: {load: shops, tier: ordinary}\n"
    "devices:\n"
    "  m_grid: {link: wire, unit: 1, profile: generic-meter, asset: grid, poll: 1 s}\n"
    "  m_mall: {link: wire, unit: 2, profile: generic-meter, asset: mall_grid, poll: 1 s}\n"
    "  m_sun: {link: wire, unit: 3, profile: generic-pv, asset: sun, poll: 1 s, control: true}\n"
    "  m_bat: {link: wire, unit: 4, profile: generic-battery, asset: bat, poll: 1 s, control: true}\n"
    "  m_hall: {link: wire, unit: 5, profile: generic-meter, asset: hall, poll: 1 s}\n"
    "  m_shops: {link: wire, unit: 6, profile: generic-meter, asset: shops, poll: 1 s}\n"
    "  m_line: {link: wire, unit: 7, profile: generic-tie, asset: line, poll: 1 s, control: true}\n"
    "  m_brk: {link: wire, unit: 8, profile: generic-switch, switch: brk, poll: 1 s, control: true}\n"
    "  m_brk2: {link: wire, unit: 9, profile: generic-switch, switch: brk2, poll: 1 s, control: true}\n"
    "  m_light: {link: wire, unit: 10, profile: generic-switch, switch: light, poll: 1 s, control: true}\n"
    "  m_air: {link: wire, unit: 11, profile: generic-switch, switch: air, poll: 1 s, control: true}\n"
    "  m_aisles: {link: wire, unit: 12, profile: generic-switch, switch: aisles, poll: 1 s, control: true}\n";

// Another world: with `to` in place of the first `from`.
static inline void blocks_change(char text[static 2 * sizeof TWO_BLOCKS], const char *from, const char *to)
{
    char rest[sizeof TWO_BLOCKS];
    char *at = strstr(text, from);
    ck_assert_ptr_nonnull(at);
    snprintf(rest, sizeof rest, "%s", at + strlen(from));
    snprintf(at, 2 * sizeof TWO_BLOCKS - (size_t)(at - text), "%s%s", to, rest);
}
