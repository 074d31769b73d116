#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failing parts degrade only what depends on them."""

import contextlib
import json
import os
import signal
import unittest

from area import Area, until
from places import BLOCK


def alarms(area):
    return [a["id"] for a in area.status()["alarms"]]


class Faults(unittest.TestCase):
    def test_a_lost_grid_meter_means_open_loop_and_an_alarm(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            area.tell("fault pcc_meter silent")
            until(lambda: any("pcc" in a for a in alarms(area)), what="an alarm")
            area.tell("load offices 1200kW")
            until(lambda: area.truth()["assets"]["pcc"]["power_w"] <= 1_000_000, 4, "the limit kept open loop")
            area.tell("clear pcc_meter")
            until(lambda: not any("pcc" in a for a in alarms(area)), what="the alarm cleared")

    def test_a_device_that_ignores_its_setpoint_is_named(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            area.tell("fault b1_converter ignore")
            area.tell("load offices 1300kW")
            until(lambda: any("b1" in a for a in alarms(area)), what="an alarm of the battery")

    def test_a_frozen_daemon_lets_go_of_its_devices(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            area.tell("load offices 1200kW")
            until(lambda: area.truth()["assets"]["b1"]["commanded"], what="the battery under command")
            area.daemon.send(signal.SIGSTOP)
            until(lambda: not area.truth()["assets"]["b1"]["commanded"], 90, "the device reverting by itself")

    def test_a_demand_response_limit_holds_while_the_planner_dies_and_after_a_restart(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            now = until(lambda: json.loads(area.listener.last("aems/block/state") or b"{}").get("t"), what="the time")
            with contextlib.suppress(ProcessLookupError):
                os.kill(area.planner_pid(), signal.SIGKILL)
            area.listener.publish("aems/block/command/pcc", json.dumps({  # begun before the simulated clock's start
                "t": now, "id": "event-1", "from": "2026-01-14T08:00:00Z", "until": "2026-01-14T12:00:00Z",
                "import_limit_w": 700_000}))
            kept = lambda: area.truth()["assets"]["pcc"]["power_w"] <= 700_000
            until(kept, 8, "the limit kept without a planner")
            area.wait_for_plan()
            area.daemon.end(signal.SIGKILL)
            area.start_daemon()
            until(lambda: area.status()["grids"][0]["import_limit_now_w"] == 700_000, 5, "the limit known again")
            until(kept, 8, "the limit kept after a restart")

    def test_reload_swaps_a_good_configuration_and_refuses_a_bad_one(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            good = area.main.read_text()
            area.main.write_text(good + "plan: {interval: banana}\n")
            area.daemon.send(signal.SIGHUP)
            until(lambda: "plan.interval" in area.daemon.text(), what="the mistake named")
            area.wait_for_plan()
            area.main.write_text(good + "grids: {pcc: {import_limit: 950 kW}}\n")
            area.daemon.send(signal.SIGHUP)
            area.tell("load offices 1200kW")
            until(lambda: area.truth()["assets"]["pcc"]["power_w"] <= 950_000, what="the new limit kept")

    def test_a_second_daemon_on_the_same_state_is_refused(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            first = area.daemon
            try:
                area.start_daemon(wait=False)
                second = area.daemon
                self.assertNotEqual(second.child.wait(20), 0)
            finally:
                area.daemon = first
            self.assertTrue(first.running())

    def test_the_watchdog_is_fed_by_control_cycles_and_ready_is_said(self):
        import socket
        with Area(BLOCK) as area:
            notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            notify.bind(str(area.folder / "notify.sock"))
            notify.settimeout(20)
            area.start_daemon({"NOTIFY_SOCKET": str(area.folder / "notify.sock"), "WATCHDOG_USEC": "2000000"})
            said = b""
            while said.count(b"WATCHDOG=1") < 2:
                said += notify.recv(4096) + b"\n"
            self.assertIn(b"READY=1", said)
            area.daemon.end(signal.SIGTERM)
            notify.setblocking(False)
            rest = b""
            try:
                while True:
                    rest += notify.recv(4096) + b"\n"
            except BlockingIOError:
                pass
            self.assertIn(b"STOPPING=1", rest)


if __name__ == "__main__":
    unittest.main()
