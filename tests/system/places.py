# SPDX-License-Identifier: GPL-3.0-or-later
"""Areas that several system tests use."""

# An office block: 900 kW of load behind a connection of 1 MW, a battery that can carry the difference.
BLOCK = """
area: {id: block, timezone: Europe/Berlin, latitude: 52 deg, longitude: 13 deg, currency: EUR}
tariffs:
  flat: {import: [{price: 0.25 /kWh}], export: [{price: 0.05 /kWh}]}
buses: {block: {}}
grids:
  pcc: {bus: block, import_limit: 1 MW, export_limit: 200 kW, tariff: flat}
pv:
  roof: {bus: block, peak_power: 100 kW}
batteries:
  b1: {bus: block, capacity: 2 MWh, max_charge: 500 kW, max_discharge: 500 kW, soc_min: 10 %, soc_max: 95 %, wear: 0.02 /kWh}
loads:
  offices: {bus: block, shape: flat, average: 900 kW, peak: 900 kW}
modbus:
  meter_line: {tcp: "127.0.0.1:5021", response_timeout: 200 ms}
  battery_line: {tcp: "127.0.0.1:5022", response_timeout: 200 ms}
  load_line: {tcp: "127.0.0.1:5023", response_timeout: 200 ms}
  roof_line: {tcp: "127.0.0.1:5024", response_timeout: 200 ms}
devices:
  pcc_meter: {link: meter_line, unit: 1, profile: generic-meter, asset: pcc, poll: 250 ms}
  b1_converter: {link: battery_line, unit: 1, profile: generic-battery, asset: b1, poll: 250 ms, control: true, safe_power: 0 W}
  offices_meter: {link: load_line, unit: 1, profile: eastron-sdm630, asset: offices, poll: 500 ms}
  roof_inverter: {link: roof_line, unit: 1, profile: generic-pv, asset: roof, poll: 500 ms, control: true}
"""

# A quay with its own breaker: a battery and an engine that can hold it, a load whose tiers have contactors of their own,
# and two witnesses of the grid. To be run twenty times as fast as the real one.
QUAY = """
area: {id: quay, timezone: Europe/Berlin, latitude: 52 deg, longitude: 13 deg, currency: EUR}
tariffs:
  flat: {import: [{price: 0.25 /kWh}]}
buses: {quay: {}}
grids:
  shore: {bus: quay, import_limit: 1 MW, tariff: flat}
pv:
  roof: {bus: quay, peak_power: 100 kW}
batteries:
  b1: {bus: quay, capacity: 1 MWh, max_charge: 200 kW, max_discharge: 200 kW, soc_min: 10 %, soc_max: 95 %}
generators:
  gas: {bus: quay, max_power: 200 kW, min_power: 20 kW, fuel_cost: 0.4 /kWh, ramp: 100 kW/s, emergency: true, start_time: 3 s, fuel: 1 MWh}
loads:
  offices: {bus: quay, shape: flat, average: 210 kW, peak: 210 kW, tiers: {lifeline: 20 %, important: 20 %, ordinary: 40 %, deferrable: 20 %}}
outage: {enabled: true, horizon: 1 h, beyond: 0 s, stable_time: 60 s, dwell: 60 s, settle: 20 s, confirm: 100 ms}
switches:
  coupling: {}
  signs: {load: offices, tier: deferrable}
  workshops: {load: offices, tier: ordinary, share: 20 %}
  halls: {load: offices, tier: ordinary, share: 20 %}
  cranes: {load: offices, tier: important}
islands:
  quay: {grid: shore, forming: [b1, gas], breaker: coupling, voltage: 230 V, frequency: 50 Hz}
modbus:
  gate: {tcp: "127.0.0.1:5021", response_timeout: 200 ms}
  plant_room: {tcp: "127.0.0.1:5022", response_timeout: 200 ms}
  boards: {tcp: "127.0.0.1:5023", response_timeout: 200 ms}
devices:
  shore_meter: {link: gate, unit: 1, profile: generic-meter, asset: shore, poll: 200 ms}
  shore_relay: {link: gate, unit: 2, profile: generic-grid-relay, island: quay, poll: 200 ms}
  coupling: {link: gate, unit: 3, profile: generic-switch, switch: coupling, poll: 200 ms, control: true}
  b1_converter: {link: plant_room, unit: 1, profile: generic-battery, asset: b1, poll: 250 ms, control: true, safe_power: 0 W}
  gas_engine: {link: plant_room, unit: 2, profile: generic-generator, asset: gas, poll: 250 ms, control: true}
  roof_inverter: {link: plant_room, unit: 3, profile: generic-pv, asset: roof, poll: 500 ms, control: true}
  offices_meter: {link: boards, unit: 1, profile: generic-meter, asset: offices, poll: 250 ms}
  signs: {link: boards, unit: 2, profile: generic-switch, switch: signs, poll: 500 ms, control: true}
  workshops: {link: boards, unit: 3, profile: generic-switch, switch: workshops, poll: 500 ms, control: true}
  halls: {link: boards, unit: 4, profile: generic-switch, switch: halls, poll: 500 ms, control: true}
  cranes: {link: boards, unit: 5, profile: generic-switch, switch: cranes, poll: 500 ms, control: true}
"""
