#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input from outside: a clear error each, nothing lost, nothing written that a device may not get."""

import datetime
import json
import re
import signal
import sqlite3
import time
import unittest

from area import Area, until
from places import BLOCK

HOSTILE = [
    b"", b"{", b"{\"power_w\":", b"null", b"[]", b"\x00\xff\xfe", b"{}", b"NaN", b"{\"power_w\": NaN}",
    b"{\"power_w\": 1e400}", b"{\"power_w\": \"1000\"}", b"{\"power_w\": 1e300, \"valid_until\": \"2026-01-14T09:10:00Z\"}",
    b"{\"power_w\": 1000, \"power_w\": 2000}", b"{\"mode\": \"automatic\"} trailing", b"{\"mode\": \"destroy\"}",
    b"[" * 4000, b"{\"a\":" * 700, b"x" * 5000, b"\"" + b"\\u0000" * 100 + b"\"",
    b"{\"t\": \"2020-01-01T00:00:00Z\", \"power_w\": 1000, \"valid_until\": \"2020-01-01T00:10:00Z\"}",
    b"{\"t\": \"9999-01-01T00:00:00Z\", \"power_w\": 1000, \"valid_until\": \"9999-01-01T00:10:00Z\"}",
]


def asset(area, name):
    return next(a for a in area.status()["assets"] if a["id"] == name)


class Input(unittest.TestCase):
    def test_hostile_payloads_are_refused_and_change_nothing(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            for payload in HOSTILE:
                for topic in ("command/b1", "command/nobody", "command/", "command/b1/x/y"):
                    area.listener.publish(f"aems/block/{topic}", payload)
            area.listener.publish("aems/block/command/b1", b"y" * 200_000)
            area.listener.publish("aems/block/command/b1", b"{\"mode\": \"automatic\"}", retain=True)
            until(lambda: area.daemon.text().count("refused") >= 3, what="refusals in the log")
            area.tell("load offices 1200kW")
            until(lambda: area.truth()["assets"]["pcc"]["power_w"] <= 1_000_000, 2, "the limit kept")
            self.assertTrue(area.daemon.running())
            self.assertNotIn("manual", json.dumps(asset(area, "b1")))

    def test_an_operators_command_over_mqtt_is_followed_until_it_ends(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            now = until(lambda: json.loads(area.listener.last("aems/block/state") or b"{}").get("t"), what="the area's time")
            later = now[:14] + "59:59Z"
            area.listener.publish("aems/block/command/b1",
                                  json.dumps({"t": now, "power_w": -50000, "valid_until": later}).encode())
            until(lambda: abs(area.truth()["assets"]["b1"]["power_w"] + 50_000) < 1500, what="charging at 50 kW")
            area.listener.publish("aems/block/command/b1", json.dumps({"t": now, "mode": "automatic"}).encode())
            until(lambda: abs(area.truth()["assets"]["b1"]["power_w"] + 50_000) > 5_000, what="automatic again")

    def test_weather_comes_over_mqtt_and_from_a_file_and_outlives_the_daemon(self):
        def weather(hours, degc):
            begin = datetime.datetime(2026, 1, 14, 9, tzinfo=datetime.timezone.utc)
            return [{"from": (begin + datetime.timedelta(hours=h)).isoformat(), "temp_degc": degc} for h in hours]
        with Area(BLOCK) as area:
            area.listener.publish("aems/block/weather", json.dumps({
                "t": "2026-01-14T08:00:00Z", "points": weather(range(48), -7)}).encode(), retain=True)
            area.start_daemon()
            until(lambda: "weather of 48 points over MQTT" in area.daemon.text(), what="the retained weather taken")
            for payload, why in ((b"{}", "t: expected a time"), (b"[1", "not JSON"), (b"w" * 62_000, "bytes"),
                                 (json.dumps({"t": "2026-01-14T08:00:00Z", "points": weather(range(-50, -40), 1)}),
                                  "all of the past")):
                area.listener.publish("aems/block/weather", payload)
                until(lambda: re.search(f"weather refused: .*{why}", area.daemon.text()), what=why)
            file = area.folder / "weather.json"
            file.write_text(json.dumps(weather(range(3), -9)))
            done = area.ctl("weather", str(file))
            self.assertEqual((done.returncode, done.stdout), (0, "weather: 3 points\n"), done.stderr)
            file.write_text(json.dumps(weather([1], 99)))
            done = area.ctl("weather", str(file))
            self.assertEqual(done.returncode, 1)
            self.assertIn("points[0]: temp_degc: expected", done.stderr)
            area.listener.publish("aems/block/weather", b"", retain=True)
            time.sleep(6)  # so long an item may wait for the disk
            area.daemon.end(signal.SIGKILL)
            state = sqlite3.connect(area.folder / "state/state.db")
            (kept,), = state.execute("SELECT json FROM item WHERE kind = 'weather'")
            state.close()
            self.assertEqual([p[1] for p in json.loads(kept)["points"][:4]], [-9, -9, -9, -7])
            area.start_daemon()
            self.assertNotIn("stored weather", area.daemon.text())

    def test_a_battery_without_usable_soc_is_not_dispatched(self):
        for kind in ("not_implemented", "out_of_range"):
            with self.subTest(kind), Area(BLOCK) as area:
                area.start_daemon()
                area.wait_for_plan()
                area.tell(f"fault b1_converter {kind}")
                until(lambda: asset(area, "b1")["quality"] != "good", what="its quality named")
                until(lambda: abs(area.truth()["assets"]["b1"]["power_w"]) < 5_000, what="the battery at rest")
                area.tell("load offices 1200kW")
                time.sleep(1.5)  # a step that it may not take
                self.assertLess(abs(area.truth()["assets"]["b1"]["power_w"]), 5_000)
                area.tell("clear b1_converter")
                until(lambda: area.truth()["assets"]["pcc"]["power_w"] <= 1_000_000, what="back in service")

    def test_frozen_meter_readings_become_suspect(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            area.tell("fault pcc_meter frozen")
            until(lambda: asset(area, "pcc")["quality"] != "good", 90, "the frozen meter noticed")

    def test_every_write_stays_inside_the_devices_limits(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            for load in ("2500kW", "0kW", "900kW", "1500kW"):
                area.tell(f"load offices {load}")
                end = time.monotonic() + 2
                while time.monotonic() < end:
                    setpoint = area.truth()["assets"]["b1"].get("setpoint_w")
                    if setpoint is not None:
                        self.assertLessEqual(abs(setpoint), 500_000)
                    time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
