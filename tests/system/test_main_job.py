#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on real protocols: measure, plan, regulate, act, publish."""

import json
import os
import re
import signal
import time
import unittest

from area import Area, until
from places import BLOCK

LIMIT_W = 1_000_000


class MainJob(unittest.TestCase):
    def step_is_held(self, area, load, deadline_s=2.0, observed_s=5.0):
        """Steps the load and watches the simulated area's own account of its connection; returns the longest excess."""
        area.tell("violations reset")
        area.tell(f"load offices {load}")
        until(lambda: area.truth()["assets"]["offices"]["power_w"] < -LIMIT_W, what="the step")
        end = time.monotonic() + observed_s
        while time.monotonic() < end:
            violation = area.truth()["assets"]["pcc"]["violation"]
            self.assertLessEqual(violation["running_s"], deadline_s)
            time.sleep(0.05)
        self.assertEqual(violation["running_s"], 0, "still beyond the limit")
        self.assertGreater(violation["longest_s"], 0, "the step never reached the connection")
        print(f"held: {violation['longest_s']:.2f} s beyond the limit, {violation['import_s']:.2f} s in all")
        return violation["longest_s"]

    def test_a_load_step_is_held_under_the_import_limit_by_the_battery(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            area.tell("load offices 900kW")
            until(lambda: area.truth()["assets"]["pcc"]["power_w"] < LIMIT_W, what="calm before the step")
            self.step_is_held(area, "1200kW")
            self.assertGreater(area.truth()["assets"]["b1"]["power_w"], 100_000)

    def test_planner_broker_and_meter_may_die_and_the_rest_stays_in_control(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()

            planner = until(area.planner_pid, what="the planner")
            os.kill(planner, signal.SIGKILL)
            until(lambda: area.planner_pid() not in (None, planner), what="a new planner")

            area.broker.end(signal.SIGKILL)
            self.step_is_held(area, "1250kW")

            area.tell("fault offices_meter silent")
            until(lambda: any("offices" in a["id"] for a in area.status()["alarms"]), what="an alarm of the lost meter")
            area.tell("load offices 900kW")
            until(lambda: area.truth()["assets"]["pcc"]["power_w"] < LIMIT_W - 50_000, what="calm again")
            self.step_is_held(area, "1350kW")

            area.start_broker()
            until(lambda: area.listener.last("aems/block/status") == b"online", what="back on the broker")

    def test_after_kill_9_the_peak_is_known_and_setpoints_are_safe(self):
        with Area(BLOCK, speed=60) as area:
            area.start_daemon()
            area.wait_for_plan()
            peak = until(lambda: area.status()["grids"][0]["month_peak_w"] > 0 and area.status()["grids"][0]["month_peak_w"],
                         60, "a first window's peak")
            area.daemon.end(signal.SIGKILL)
            until(lambda: not area.truth()["assets"]["b1"]["commanded"], 60, "the battery reverting by itself")
            until(lambda: abs(area.truth()["assets"]["b1"]["power_w"]) < 1000, 20, "the battery at rest")
            area.start_daemon()
            self.assertGreaterEqual(area.status()["grids"][0]["month_peak_w"], peak * 0.999)
            area.wait_for_plan()

    def test_setpoints_and_state_are_published_with_reason_and_price(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            area.tell("load offices 1200kW")
            payload = until(lambda: area.listener.last("aems/block/asset/b1/setpoint"), what="a setpoint")
            setpoint = json.loads(payload)
            for field in ("t", "power_w", "valid_until", "reason", "marginal_price"):
                self.assertIn(field, setpoint)
            for topic in ("status", "state", "plan", "asset/pcc/state", "asset/b1/state", "asset/roof/state"):
                until(lambda: area.listener.last(f"aems/block/{topic}"), what=topic)
            asked = re.compile(r"plan: b1 \w+ [\d.]+ kW: .+, -?[\d.]+/kWh")
            area.ctl("replan")
            until(lambda: asked.search(area.daemon.text()), what="the plan's reason for b1 in the log")
            area.daemon.end(signal.SIGKILL)
            until(lambda: area.listener.last("aems/block/status") == b"offline", what="the last will")

    def test_a_stop_hands_every_device_back(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            area.tell("load offices 1200kW")
            until(lambda: area.truth()["assets"]["b1"]["commanded"], what="the battery under command")
            started = time.monotonic()
            self.assertEqual(area.daemon.end(signal.SIGTERM), 0)
            self.assertLess(time.monotonic() - started, 5)
            self.assertFalse(area.truth()["assets"]["b1"]["commanded"])
            until(lambda: area.listener.last("aems/block/status") == b"offline", what="offline said")


if __name__ == "__main__":
    unittest.main()
