#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outages as operators, people in buildings and other programs see and steer them: aemsctl outage, and MQTT."""

import datetime
import json
import signal
import unittest

from area import Area, until

CIRCUITS = 12
TOWN = """
area: {id: town, timezone: Europe/Berlin, latitude: 52 deg, longitude: 13 deg, currency: EUR}
tariffs: {flat: {import: [{price: 0.25 /kWh}]}}
buses: {square: {}}
grids: {pcc: {bus: square, import_limit: 1 MW, export_limit: 0 kW, tariff: flat}}
batteries: {b1: {bus: square, capacity: 2 MWh, max_charge: 300 kW, max_discharge: 300 kW, soc_min: 10 %, soc_max: 95 %}}
loads:
  homes: {bus: square, shape: flat, average: 500 kW, peak: 600 kW,
          tiers: {lifeline: 20 %, important: 20 %, ordinary: 60 %}}
outage: {enabled: true, horizon: 24 h, stable_time: 60 s, settle: 5 s}
islands: {square: {grid: pcc, forming: [b1], breaker: main, voltage: 230 V, frequency: 50 Hz}}
switches:
  main: {}
  important: {load: homes, tier: important}
""" + "".join(f"  o{i}: {{load: homes, tier: ordinary}}\n" for i in range(CIRCUITS)) + """
buildings: {tower: {name: Tower, loads: [homes]}}
modbus:
  meters: {tcp: "127.0.0.1:5021", response_timeout: 200 ms}
  room: {tcp: "127.0.0.1:5022", response_timeout: 200 ms}
devices:
  pcc_meter: {link: meters, unit: 1, profile: generic-meter, asset: pcc, poll: 200 ms}
  pcc_relay: {link: meters, unit: 2, profile: generic-grid-relay, island: square, poll: 200 ms}
  homes_meter: {link: meters, unit: 3, profile: generic-meter, asset: homes, poll: 500 ms}
  b1_converter: {link: room, unit: 1, profile: generic-battery, asset: b1, poll: 250 ms, control: true, safe_power: 0 W}
  main: {link: room, unit: 2, profile: generic-switch, switch: main, control: true, poll: 500 ms}
  important: {link: room, unit: 3, profile: generic-switch, switch: important, control: true, poll: 500 ms}
""" + "".join(f"  o{i}: {{link: room, unit: {10 + i}, profile: generic-switch, switch: o{i}, control: true, poll: 500 ms}}\n"
              for i in range(CIRCUITS))


def rfc3339(instant):
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


class Outages(unittest.TestCase):
    def start(self, area):
        area.start_daemon()
        until(lambda: self.outage(area)["islands"][0]["supply"] == "there", what="the grid seen")
        until(lambda: self.outage(area)["islands"][0]["tiers"]["lifeline"]["served_w"] > 50e3, what="the load measured")
        area.wait_for_plan()

    def outage(self, area):
        done = area.ctl("outage", "status", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def reason(self, area, asset):
        return next(a["reason"] for a in area.status()["assets"] if a["id"] == asset) or ""

    def advice(self, area):
        return json.loads(area.listener.last("aems/town/building/tower/advice") or "null")

    def now(self, area):
        return datetime.datetime.fromisoformat(area.status()["t"].replace("Z", "+00:00"))

    def refused(self, area, why, *words):
        done = area.ctl("outage", *words)
        self.assertNotEqual(done.returncode, 0, words)
        self.assertIn(why, done.stderr)

    def test_what_is_said_of_outages_is_judged_kept_told_and_taken_back(self):
        with Area(TOWN) as area:
            self.start(area)
            self.assertIn("no outage   autonomy: lifeline", area.ctl("status").stdout)
            later = rfc3339(self.now(area) + datetime.timedelta(hours=6))
            self.refused(area, "until: forbid holds for 24 h at most", "forbid", "resynchronising", "--for", "25 h")
            self.refused(area, "no outage", "expect", later)
            self.refused(area, "island: there is no mall", "warn", "--until", later, "--island", "mall")
            done = area.ctl("outage", "forbid", "resynchronising", "--for", "2 h", "--id", "crew", "--why", "crew at work")
            self.assertEqual((done.returncode, done.stdout), (0, "resynchronising is forbidden for 2 h\n"), done.stderr)
            done = area.ctl("outage", "warn", "--until", later, "--why", "typhoon")
            self.assertEqual(done.returncode, 0, done.stderr)
            advice = until(lambda: self.advice(area), what="a notice")
            self.assertEqual((advice["kind"], advice["drill"]), ("outage_warning", False))
            self.assertIn("typhoon", advice["text"])
            told = until(lambda: json.loads(area.listener.last("aems/town/outage"))["warned"] and
                         json.loads(area.listener.last("aems/town/outage")), what="the warning told")
            self.assertEqual({w["action"] for w in told["words"]}, {"forbid", "warn"})
            storm = {"t": rfc3339(self.now(area)), "id": "typhoon-14", "until": later, "why": "from outside"}
            area.listener.publish("aems/town/outage/warning", json.dumps({**storm, "action": "force", "state": "black"}))
            area.listener.publish("aems/town/outage/warning", json.dumps(storm))
            until(lambda: "notice-typhoon-14" in {w["id"] for w in self.outage(area)["words"]}, what="the storm notice")
            until(lambda: any(b"notice-typhoon-14" in f.read_bytes() for f in (area.folder / "state").glob("state.db*")),
                  what="the storm notice on the disk")
            area.daemon.end(signal.SIGKILL)
            area.start_daemon()
            until(lambda: {w["id"] for w in self.outage(area)["words"]} == {"crew", "warn", "notice-typhoon-14"},
                  what="the words of before")
            for word in ("warn", "notice-typhoon-14", "crew"):
                self.assertEqual(area.ctl("outage", "free", word).returncode, 0)
            until(lambda: area.listener.last("aems/town/building/tower/advice") == b"", what="the notice taken back")
            self.refused(area, "nothing of that is known", "free", "crew")

    def test_a_dry_run_and_a_drill_tell_and_switch_nothing(self):
        with Area(TOWN) as area:
            self.start(area)
            plan = json.loads(area.ctl("outage", "plan", "--json").stdout)["islands"][0]
            shed = [s for s in plan["loss"]["steps"] if s["what"] == "shed"]
            self.assertTrue(shed and {s["tier"] for s in shed} == {"ordinary"}, shed)
            self.assertGreaterEqual(sum(s["power_w"] for s in shed), plan["deficit_w"])
            self.assertEqual(plan["forming"], "b1")
            self.assertTrue(plan["return"]["served_all"])
            self.assertIn("would hold it", area.ctl("outage", "plan").stdout)
            done = area.ctl("outage", "drill", "--tell", "--for", "10 min")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("nothing is switched; 1 buildings are told", done.stdout)
            advice = until(lambda: self.advice(area), what="a notice")
            self.assertEqual((advice["kind"], advice["drill"], advice["tiers"]["lifeline"]),
                             ("outage_drill", True, "supplied"))
            self.assertIn(advice["tiers"]["ordinary"], ("partly", "off"))
            self.assertIn("DRILL", advice["text"])
            self.assertTrue(all(s["wanted_closed"] for s in self.outage(area)["islands"][0]["switches"]))
            self.assertEqual(area.ctl("outage", "drill", "--tell", "--for", "0 s").returncode, 0)
            until(lambda: area.listener.last("aems/town/building/tower/advice") == b"", what="the end of the drill")

    def test_an_outage_is_told_and_its_journal_survives_a_kill(self):
        with Area(TOWN) as area:
            self.start(area)
            area.tell("grid pcc away")
            until(lambda: self.outage(area)["islands"][0]["state"] == "islanded", what="the island")
            island = self.outage(area)["islands"][0]
            self.assertEqual((island["forming"], island["tiers"]["lifeline"]["served"]), ("b1", True))
            self.assertIn("outage since", area.ctl("status").stdout)
            self.assertIn("islanded", area.ctl("outage", "status").stdout)
            advice = until(lambda: (self.advice(area) or {}).get("state") == "islanded" and self.advice(area),
                           what="a notice")
            self.assertEqual((advice["kind"], advice["tiers"]["lifeline"]), ("outage", "supplied"))
            self.refused(area, "this is no time for a drill", "drill", "--tell")
            later = rfc3339(self.now(area) + datetime.timedelta(hours=6))
            self.assertEqual(area.ctl("outage", "expect", later).returncode, 0)
            until(lambda: (self.outage(area)["expected_until"] or "").startswith(later[:19]), what="the expected end")
            done = area.ctl("outage", "force", "connected", "--for", "10 min")
            self.assertEqual(done.stdout, "connected is forced for 10 min\n"
                             "square waits: the grid is not there, or its witnesses disagree\n", done.stderr)
            until(lambda: any(b"connected is forced and waits" in payload
                              for _, payload in area.listener.of("aems/town/outage/journal")), what="the wait told")
            before = json.loads(area.ctl("outage", "journal", "--json").stdout)
            self.assertEqual([e["number"] for e in before], list(range(1, len(before) + 1)))
            self.assertIn(("connected", "islanding"), [(e["from"], e["to"]) for e in before])
            said = [e["cause"] for e in before if e["island"] is None]
            self.assertRegex(said[0], r"^\S+ expects the grid back by \d{4}-\d\d-\d\d \d\d:\d\d$")
            until(lambda: "holds the island" in self.reason(area, "b1"), what="the reason of who forms")
            battery = next(a for a in area.status()["assets"] if a["id"] == "b1")
            self.assertEqual((battery["energy_value_per_kwh"], battery["marginal_price_per_kwh"]), (None, None))
            plan = area.ctl("plan").stdout
            self.assertRegex(plan, r"b1 discharges [\d.]+ kW: grid away at pcc\n")
            self.assertNotIn("100000", plan)  # what going without a kWh weighs
            self.assertIn("ms; no money: supply is short", plan)
            told = [json.loads(payload)["number"] for _, payload in area.listener.of("aems/town/outage/journal")]
            self.assertEqual(told, [e["number"] for e in before])
            area.daemon.end(signal.SIGKILL)
            area.start_daemon()
            until(lambda: self.outage(area)["on"], what="the outage known again")
            after = json.loads(area.ctl("outage", "journal", "--json").stdout)
            self.assertEqual(after[:len(before)], before)
            self.assertEqual([e["number"] for e in after], list(range(1, len(after) + 1)))
            self.assertTrue(area.ctl("outage", "journal", "--csv").stdout.startswith("number,time,island,from,to,cause\n"))


if __name__ == "__main__":
    unittest.main()
