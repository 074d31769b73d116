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
