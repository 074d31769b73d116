#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Buildings on a real broker: what they are asked for, what they say, and who does not deliver."""

import datetime
import json
import re
import threading
import time
import unittest

from area import Area, until

SPEED = 20
START = "2026-01-14T10:01:00Z"

# Three buildings of 100 kW each, and a battery that is empty.
TOWN = """
area: {id: town, timezone: UTC, latitude: 52 deg, longitude: 13 deg, currency: EUR}
control: {limit_margin: 0 %}
demand_response: {enabled: true, signed: false, clock: false, keep: instant}
tariffs:
  flat: {import: [{price: 0.25 /kWh}], export: [{price: 0.05 /kWh}]}
buses: {town: {}}
grids:
  pcc: {bus: town, import_limit: 1 MW, export_limit: 100 kW, tariff: flat}
batteries:
  b1: {bus: town, capacity: 10 kWh, max_charge: 5 kW, max_discharge: 5 kW, soc_min: 50 %, wear: 0.02 /kWh}
loads:
  l1: {bus: town, shape: flat, average: 100 kW, peak: 100 kW}
  l2: {bus: town, shape: flat, average: 100 kW, peak: 100 kW}
  l3: {bus: town, shape: flat, average: 100 kW, peak: 100 kW}
buildings:
  hall: {loads: [l1], incentive: 0.3 /kWh, offers: [{power: 40 kW, price: 0.5 /kWh}]}
  tower: {loads: [l2], incentive: 0.3 /kWh, offers: [{power: 60 kW, price: 0.9 /kWh}]}
  school: {loads: [l3], incentive: 0.3 /kWh, offers: [{power: 60 kW, price: 1.5 /kWh}]}
modbus:
  meters: {tcp: "127.0.0.1:5021", response_timeout: 200 ms}
  battery_line: {tcp: "127.0.0.1:5022", response_timeout: 200 ms}
devices:
  pcc_meter: {link: meters, unit: 1, profile: generic-meter, asset: pcc, poll: 250 ms}
  l1_meter: {link: meters, unit: 2, profile: generic-meter, asset: l1, poll: 250 ms}
  l2_meter: {link: meters, unit: 3, profile: generic-meter, asset: l2, poll: 250 ms}
  l3_meter: {link: meters, unit: 4, profile: generic-meter, asset: l3, poll: 250 ms}
  b1_converter: {link: battery_line, unit: 1, profile: generic-battery, asset: b1, poll: 250 ms, control: true, safe_power: 0 W}
"""

LOADS = {"hall": "l1", "tower": "l2", "school": "l3"}


def seconds(text):
    """Of an ISO 8601 duration of hours, minutes and seconds."""
    hours, minutes, rest = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?", text).groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(rest or 0)


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Town(Area):
    """The area, with people in the buildings who follow their signals."""

    def __init__(self):
        super().__init__(TOWN, speed=SPEED, start=START)
        self.follows = {"hall": 1.0, "tower": 1.0, "school": 1.0}
        self.ending = threading.Event()
        self.lock = threading.Lock()
        self.people = threading.Thread(target=self._live, daemon=True)

    def tell(self, line):
        with self.lock:
            return super().tell(line)

    def __exit__(self, *why):
        self.ending.set()
        if self.people.is_alive():
            self.people.join(10)
        super().__exit__(*why)

    def begin(self):
        self.tell("set soc b1 0.5")
        self.start_daemon()
        self.wait_for_plan()
        self.people.start()

    def signal(self, building):
        payload = self.listener.last(f"aems/town/building/{building}/signal")
        return json.loads(payload) if payload else None

    def now(self):
        return instant(self.status()["t"])

    def limit_kw(self, building, at):
        """What the signal allows at an instant; None: anything."""
        event = self.signal(building)
        for interval in event["intervals"] if event else []:
            period = interval["intervalPeriod"]
            start = instant(period["start"])
            if start <= at < start + datetime.timedelta(seconds=seconds(period["duration"])):
                values = {p["type"]: p["values"][0] for p in interval["payloads"]}
                return values.get("IMPORT_CAPACITY_LIMIT")
        return None

    def _live(self):
        while not self.ending.wait(0.2):
            at = instant(self.truth()["t"])
            for building, load in LOADS.items():
                limit = self.limit_kw(building, at)
                less = 0 if limit is None else max(0, 100 - limit) * self.follows[building]
                self.tell(f"load {load} -{less:.2f}kW" if less > 0 else f"load {load} auto")

    def buildings(self):
        found = json.loads(self.ctl("buildings", "--json").stdout)["buildings"]
        return {b["id"]: b for b in found}

    def asked_kw(self):
        return {name: b["asked_w"] / 1000 for name, b in self.buildings().items()}

    def limit(self, kw, minutes=60, wait_min=0):
        begins = self.now() + datetime.timedelta(minutes=wait_min)
        ends = begins + datetime.timedelta(minutes=minutes)
        done = self.ctl("limit", "pcc", "--import", f"{kw}kW", "--from", begins.strftime("%Y-%m-%dT%H:%M:%SZ"),
                        "--until", ends.strftime("%Y-%m-%dT%H:%M:%SZ"), "--id", "dr")
        assert done.returncode == 0, done.stderr

    def reply(self, building, **more):
        payload = {"t": self.now().strftime("%Y-%m-%dT%H:%M:%SZ"), **more}
        self.listener.publish(f"aems/town/building/{building}/reply", json.dumps(payload))


class Buildings(unittest.TestCase):
    def test_a_limit_becomes_signals_that_add_up_and_are_followed_and_end_with_it(self):
        with Town() as town:
            town.begin()
            time.sleep(3)  # a minute of the area's time: something to compare with
            for name in LOADS:
                self.assertEqual(town.signal(name)["intervals"], [])
            town.limit(240)
            until(lambda: sum(town.asked_kw().values()) > 55, what="reductions of 60 kW in all")
            asked = town.asked_kw()
            self.assertLess(sum(asked.values()), 75)
            self.assertAlmostEqual(asked["hall"], 40, delta=3)  # the cheapest whole, the dearest not at all
            self.assertGreater(asked["tower"], 15)
            self.assertEqual(asked["school"], 0)
            event = town.signal("hall")
            self.assertEqual(event["objectType"], "EVENT")
            self.assertEqual(event["targets"], ["hall"])
            values = {p["type"]: p["values"][0] for p in event["intervals"][0]["payloads"]}
            self.assertAlmostEqual(values["IMPORT_CAPACITY_LIMIT"], 60, delta=8)
            self.assertEqual((values["SIMPLE"], values["PRICE"]), (3, 0.3))
            until(lambda: town.truth()["assets"]["pcc"]["power_w"] < 250e3, what="the limit kept by people")
            told = town.ctl("buildings").stdout
            self.assertRegex(told, r"hall\s+\S+\s+\S+\s+[34]\d\.\d")
            town.ctl("limit", "pcc", "--withdraw", "--id", "dr")
            until(lambda: not town.signal("hall")["intervals"] and not town.signal("tower")["intervals"], 5,
                  what="empty signals")

    def test_an_event_of_the_grid_operator_reaches_the_buildings_and_an_emergency_the_people_in_them(self):
        with Town() as town:
            town.begin()
            now = town.now().strftime("%Y-%m-%dT%H:%M:%SZ")
            event = {"objectType": "EVENT", "id": "storm", "programID": "p", "createdDateTime": now,
                     "modificationDateTime": now, "intervalPeriod": {"start": now, "duration": "PT1H"},
                     "intervals": [{"id": 0, "payloads": [
                         {"type": "IMPORT_CAPACITY_LIMIT", "values": [240]},
                         {"type": "ALERT_GRID_EMERGENCY", "values": ["line down at the harbour"]}]}]}
            town.listener.publish("aems/town/dr/event", json.dumps(event))
            until(lambda: sum(town.asked_kw().values()) > 55, what="reductions of 60 kW in all")
            self.assertAlmostEqual(town.asked_kw()["hall"], 40, delta=3)
            advice = until(lambda: json.loads(town.listener.last("aems/town/building/school/advice") or "null"),
                           what="a notice to the people")
            self.assertEqual(advice["kind"], "emergency")
            self.assertIn("line down at the harbour", advice["text"])
            until(lambda: town.truth()["assets"]["pcc"]["power_w"] < 250e3, what="the limit kept by people")
            town.listener.publish("aems/town/dr/event", json.dumps(
                {"objectType": "EVENT", "operation": "DELETE", "object": {**event, "modificationDateTime": now}}))
            until(lambda: not town.signal("hall")["intervals"] and not town.signal("tower")["intervals"], 5,
                  what="empty signals")
            until(lambda: town.listener.last("aems/town/building/school/advice") == b"", what="the notice taken back")

    def test_the_part_of_one_that_opts_out_goes_to_others_and_bad_replies_are_refused(self):
        with Town() as town:
            town.listener.publish("aems/town/building/hall/reply", json.dumps({"t": START, "reply": "opt_out"}), True)
            town.begin()
            until(lambda: "retained replies are never believed" in town.daemon.text(), what="a retained one refused")
            town.limit(240)
            until(lambda: town.asked_kw()["hall"] > 35, what="the hall is asked")
            town.reply("hall", reply="never")
            town.reply("nobody", reply="opt_out")
            town.reply("hall", reply="accept", offers=[{"power_kw": 400, "price_per_kwh": 0, "max_duration_s": 900}])
            until(lambda: town.status()["daemon"]["replies_refused"] >= 4, what="refusals that are counted")
            log = town.daemon.text()
            self.assertIn('reply: expected "accept" or "opt_out"', log)
            self.assertIn("nobody: no such building", log)
            self.assertIn("offers[0]", log)
            self.assertGreater(town.asked_kw()["hall"], 35)
            town.reply("hall", reply="opt_out")
            until(lambda: not town.signal("hall")["intervals"], 5, what="nothing asked of the hall")
            until(lambda: sum(town.asked_kw().values()) > 55, what="its part with others")
            self.assertEqual(town.asked_kw()["hall"], 0)
            self.assertEqual(town.buildings()["hall"]["state"], "opted_out")

    def test_a_building_that_does_not_deliver_is_noticed_within_one_slot(self):
        with Town() as town:
            town.follows["hall"] = 0
            town.begin()
            time.sleep(9)  # three minutes of the area's time
            town.limit(240)
            until(lambda: town.asked_kw()["hall"] > 35, what="the hall is asked")
            asked = town.now()
            until(lambda: any(a["id"] == "building-hall" for a in town.status()["alarms"]), 60, what="the alarm")
            self.assertLess((town.now() - asked).total_seconds(), 900)
            until(lambda: town.asked_kw()["hall"] < 8 and sum(town.asked_kw().values()) > 50,
                  what="its part with others")
            self.assertTrue(town.buildings()["hall"]["failing"])
            self.assertFalse(town.buildings()["tower"]["failing"])
            until(lambda: town.truth()["assets"]["pcc"]["power_w"] < 252e3, what="the limit kept without it")

    def test_signals_are_published_again_after_a_restart(self):
        with Town() as town:
            town.begin()
            town.limit(240)
            until(lambda: town.asked_kw()["hall"] > 35, what="the hall is asked")
            before = len(town.listener.of("aems/town/building/hall/signal"))
            town.daemon.child.kill()
            town.daemon.child.wait()
            town.start_daemon()
            until(lambda: len(town.listener.of("aems/town/building/hall/signal")) > before, what="the signal again")
            self.assertTrue(town.signal("hall")["intervals"])
            until(lambda: town.asked_kw()["hall"] > 35, what="it goes on")  # the area's clock began anew


if __name__ == "__main__":
    unittest.main()
