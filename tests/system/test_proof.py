#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an event came to, on the real daemon: the report on its topic, aemsctl report, and the meters say the same."""

import datetime
import json
import sqlite3
import time
import unittest

from area import Area, until
from places import BLOCK

SPEED = 120
QUARTER_S = 900
EVENT = "evening-1"
LIMIT_KW = 600.0

DEMAND_RESPONSE = """
demand_response: {enabled: true, signed: false, clock: false, keep: instant, baseline: meter-before, incentive: 0.5 /kWh,
                  penalty: 0.2 /kWh}
buildings:
  tower: {loads: [offices], incentive: 0.3 /kWh, baseline: meter-before,
          offers: [{power: 100 kW, price: 0.4 /kWh, max_duration: 4 h}]}
"""


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def rfc3339(utc_s):
    return datetime.datetime.fromtimestamp(utc_s, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def event(start_s, minutes):
    return json.dumps({
        "objectType": "EVENT", "id": EVENT, "programID": "winter", "eventName": "Evening peak",
        "intervalPeriod": {"start": rfc3339(start_s), "duration": f"PT{minutes}M"},
        "payloadDescriptors": [{"payloadType": "IMPORT_CAPACITY_LIMIT", "units": "KW"}],
        "intervals": [{"id": 0, "payloads": [{"type": "IMPORT_CAPACITY_LIMIT", "values": [LIMIT_KW]}]}]})


def values(resource, kind):
    return [p["values"][0] for i in resource["intervals"] for p in i["payloads"] if p["type"] == kind]


def imported(area):
    """Time of the area in s, and what its accounting has imported until then in kWh."""
    status = area.status()
    pcc = next(a for a in status["assets"] if a["id"] == "pcc")
    return seconds(status["t"]), (pcc["energy_in_wh"] - pcc["energy_out_wh"]) / 1000


def at(samples, utc_s):
    """The accounting's count at an instant, between two looks at it."""
    for (t0, wh0), (t1, wh1) in zip(samples, samples[1:]):
        if t0 <= utc_s <= t1 and t1 > t0:
            return wh0 + (wh1 - wh0) * (utc_s - t0) / (t1 - t0)
    raise AssertionError(f"nobody looked at {rfc3339(utc_s)}")


class Proof(unittest.TestCase):
    def test_the_report_says_what_the_meters_say(self):
        with Area(BLOCK, speed=SPEED, overlay=DEMAND_RESPONSE) as area:
            area.start_daemon()
            area.wait_for_plan()
            now_s, _ = imported(area)
            announced_s = (now_s // QUARTER_S + 2) * QUARTER_S + 60  # a whole quarter hour before it is measured
            start_s = announced_s - 60 + QUARTER_S
            end_s = start_s + 2 * QUARTER_S
            until(lambda: imported(area)[0] >= announced_s, what="a quarter hour to compare with")
            area.listener.publish("aems/block/dr/event", event(start_s, 30))
            samples = []
            deadline = time.monotonic() + 150
            while not samples or samples[-1][0] < end_s + 120:
                samples.append(imported(area))
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.1)
            report = json.loads(until(lambda: area.listener.last(f"aems/block/dr/report/{EVENT}"), what="the report"))

            self.assertEqual((report["objectType"], report["eventID"], report["reportName"]),
                             ("REPORT", EVENT, "Evening peak"))
            block = report["resources"][0]
            self.assertEqual(block["resourceName"], "block")
            self.assertEqual([i["intervalPeriod"]["start"] for i in block["intervals"][:2]],
                             [rfc3339(start_s), rfc3339(start_s + QUARTER_S)])
            usage, base = values(block, "USAGE"), values(block, "BASELINE")
            asked, given = values(block, "REDUCTION_REQUESTED"), values(block, "REDUCTION_DELIVERED")
            self.assertEqual([len(v) for v in (usage, base, asked, given)], [2, 2, 2, 2])
            self.assertGreater(sum(asked), 100)
            for u, b, a, g in zip(usage, base, asked, given):
                self.assertAlmostEqual(g, b - u, 6)
                self.assertAlmostEqual(a, max(b - LIMIT_KW / 4, 0), 6)
                self.assertLessEqual(u, LIMIT_KW / 4 * 1.01)  # it was kept

            # The same as accounting, whose count was looked at from outside, and as the meters in the store.
            counted = at(samples, end_s) - at(samples, start_s)
            self.assertAlmostEqual(sum(usage), counted, delta=0.02 * counted)

            shown = json.loads(area.ctl("report", "--month", "2026-01", "--json").stdout)["reports"]
            self.assertEqual([r["event"] for r in shown], [EVENT])
            party = shown[0]["parties"][0]
            self.assertAlmostEqual(party["measured_wh"] / 1000, sum(usage), 3)
            self.assertAlmostEqual(party["delivered_wh"] / 1000, sum(given), 3)
            paid = sum(min(max(g, 0), a) for g, a in zip(given, asked)) * 0.5
            self.assertAlmostEqual(party["incentive"], paid, 3)
            self.assertAlmostEqual(values(block, "INCENTIVE")[0], paid, 3)
            table = area.ctl("report", "--month", "2026-01").stdout
            self.assertIn("2026-01: 1 event settled", table)
            self.assertRegex(table, r"Evening peak +block ")
            lines = area.ctl("report", "--month", "2026-01", "--csv").stdout.splitlines()
            self.assertGreaterEqual(len(lines), 1 + 2)
            self.assertIn("0 events settled", area.ctl("report", "--month", "2026-02").stdout)

            area.daemon.end()
            state = sqlite3.connect(area.folder / "state/state.db")
            stored = dict(state.execute("SELECT id, json FROM item WHERE kind = 'meter' AND id LIKE 'area.%'"))
            kept = list(state.execute("SELECT id FROM item WHERE kind = 'dr_report'"))
            state.close()
            self.assertEqual(kept, [(f"{EVENT}/{rfc3339(start_s)}",)])
            day = json.loads(stored["area.2026-01-14"])
            first = int(start_s - day["from"] / 1000) // QUARTER_S
            by_meter = sum(slot[0] / 4000 for slot in day["slots"][first:first + 2])
            self.assertAlmostEqual(sum(usage), by_meter, delta=0.001 * by_meter)
            self.assertTrue(all(slot[5] for slot in day["slots"][first:first + 2]))  # marked: no day for a baseline


if __name__ == "__main__":
    unittest.main()
