#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Floods, frozen neighbours, spoilt files and scarce resources: control goes on, and what is good is still heard."""

import contextlib
import fcntl
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import time
import unittest

import paho.mqtt.client as mqtt

from area import AEMSD, PLANNER, PROFILES, Area, Process, until
from places import BLOCK

LIMIT_W = 1_000_000


def alarms(area):
    return {a["id"]: a["text"] for a in area.status()["alarms"]}


def qualities(area):
    return {a["id"]: a["quality"] for a in area.status()["assets"]}


def grid_w(area):
    return area.truth()["assets"]["pcc"]["power_w"]


def start(area, *before, planner=PLANNER):
    """The daemon behind a command such as prlimit, or with another planner."""
    area.control_socket = area.folder / "control.sock"
    area.daemon = Process("aemsd", area.folder, [*before, AEMSD, "-c", area.main, "--profiles", PROFILES, "--planner",
                                                 planner], {"RUNTIME_DIRECTORY": str(area.folder)})


def connect(area):
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(area.control_socket))
    client.settimeout(15)
    return client


class Attack(unittest.TestCase):
    def step_is_held(self, area, load="1200kW", deadline_s=5):
        area.tell(f"load offices {load}")
        until(lambda: area.truth()["assets"]["offices"]["power_w"] < -LIMIT_W, what="the step")
        until(lambda: grid_w(area) <= LIMIT_W, deadline_s, "the limit kept")

    def test_a_good_command_is_heard_in_a_flood_of_rubbish(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            now = until(lambda: json.loads(area.listener.last("aems/block/state") or b"{}").get("t"), what="the time")
            flooder = mqtt.Client()
            flooder.connect("127.0.0.1", area.mqtt_port)
            flooder.loop_start()
            rubbish = [b"{", b"[" * 2000, b"z" * 4000, b"w" * 6000]
            for number in range(10_000):
                flooder.publish(f"aems/block/command/{'b1' if number % 2 else 'x'}", rubbish[number % 4])
                if number == 5000:
                    began = time.monotonic()
                    area.listener.client.publish("aems/block/command/b1", json.dumps(
                        {"t": now, "power_w": -50_000, "valid_until": now[:14] + "59:59Z"}), qos=1)
            until(lambda: area.status()["daemon"]["commands_accepted"] == 1, 10, "the good command carried out")
            print(f"heard after {time.monotonic() - began:.2f} s")
            until(lambda: area.status()["daemon"]["commands_refused"] > 1000, what="the others counted")
            until(lambda: abs(area.truth()["assets"]["b1"]["power_w"] + 50_000) < 1500, what="charging at 50 kW")
            flooder.disconnect()
            flooder.loop_stop()
            self.assertLess(len(area.daemon.text().splitlines()), 200, "the flood fills the log")

    def test_a_reader_of_the_log_that_stops_does_not_stop_control(self):
        with Area(BLOCK) as area:
            ours, theirs = os.pipe()
            fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
            area.control_socket = area.folder / "control.sock"
            child = subprocess.Popen([AEMSD, "-c", area.main, "--profiles", PROFILES, "--planner", PLANNER],
                                     stdin=subprocess.DEVNULL, stderr=theirs, start_new_session=True,
                                     env={**os.environ, "RUNTIME_DIRECTORY": str(area.folder)})
            os.close(theirs)
            try:
                until(area.status, what="the first status")
                area.wait_for_plan()
                mistakes = "".join(f"  device{number}: banana\n" for number in range(100))
                area.main.write_text(f"devices:\n{mistakes}")  # far more to say than the pipe takes
                for _ in range(5):
                    child.send_signal(signal.SIGHUP)
                    time.sleep(0.1)
                cycles = area.status()["daemon"]["cycles"]
                until(lambda: area.status()["daemon"]["cycles"] > cycles + 1, 10, "control cycles")
                self.step_is_held(area)
            finally:
                child.kill()
                child.wait()
                os.close(ours)

    def test_a_spoilt_configuration_is_refused_without_a_pause_of_control(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            good, place = area.main.read_text(), area.main

            def refused(number):
                area.daemon.send(signal.SIGHUP)
                until(lambda: area.daemon.text().count("is refused") == number, what=f"refusal {number}")

            place.unlink()
            refused(1)
            os.mkfifo(place)
            refused(2)
            place.unlink()
            place.symlink_to(place)
            refused(3)
            place.unlink()
            place.write_text(f"include: [{place}]\n")
            refused(4)
            place.write_text("x:\n" + "".join(f" k{number}: 1\n" for number in range(350_000)))  # nearly 4 MiB
            area.daemon.send(signal.SIGHUP)
            until(lambda: area.daemon.text().count("reading the configuration again") == 5, what="the reading begun")
            self.assertIsNotNone(area.status())
            self.assertEqual(area.daemon.text().count("is refused"), 4, "the answer had to wait for the large file")
            until(lambda: area.daemon.text().count("is refused") == 5, what="refusal 5")
            self.assertEqual(alarms(area), {})
            place.write_text(good)
            for _ in range(50):
                area.daemon.send(signal.SIGHUP)
                time.sleep(0.005)
            until(lambda: "is in force" in area.daemon.text(), what="the good one taken")
            area.wait_for_plan()
            self.step_is_held(area)

    def test_clients_that_dawdle_give_way_to_others(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            with contextlib.ExitStack() as held:
                for _ in range(12):
                    client = held.enter_context(connect(area))
                    client.sendall(b'{"call":')
                until(area.status, 15, "an answer")
            for _ in range(30):
                with connect(area) as client:
                    client.sendall(b'{"call":"plan"}\n')  # gone before the answer
            with connect(area) as client:
                with contextlib.suppress(OSError):
                    client.sendall(b"x" * 1_000_000)
                    client.recv(1)
            self.assertEqual(os.stat(area.control_socket).st_mode & 0o007, 0, "open to everybody")
            self.step_is_held(area)

    def test_a_hung_planner_is_replaced_and_a_babbling_one_never_believed(self):
        with Area(BLOCK, overlay="plan: {deadline: 2 s}\n") as area:
            area.start_daemon()
            area.wait_for_plan()
            hung = until(area.planner_pid, what="the planner")
            os.kill(hung, signal.SIGSTOP)
            area.ctl("replan")
            until(lambda: area.planner_pid() not in (None, hung), 10, "another planner")
            self.assertFalse(pathlib.Path(f"/proc/{hung}").exists())
            area.daemon.end()
            babbler = area.folder / "babbler"
            babbler.write_text("#!/bin/sh\nexec cat /dev/urandom\n")
            babbler.chmod(0o755)
            start(area, planner=babbler)
            until(area.status, what="the first status")
            until(lambda: "planner" in alarms(area), what="the planner's alarm")
            self.step_is_held(area)

    def test_scarce_files_cost_memory_of_the_past_but_not_control(self):
        for limit in ("--fsize=4096", "--nofile=34"):
            with self.subTest(limit), Area(BLOCK) as area:
                start(area, "prlimit", limit)
                until(area.status, what="the first status")
                area.wait_for_plan()
                if "fsize" in limit:
                    until(lambda: "store" in alarms(area), what="the store's alarm")
                self.step_is_held(area)
                self.assertEqual(area.daemon.end(), 0)

    def test_a_spoilt_state_is_set_aside_or_taken_in_part(self):
        with Area(BLOCK, speed=60) as area:
            area.start_daemon()
            area.wait_for_plan()
            area.daemon.end()
            folder = area.folder / "state"
            good = (folder / "state.db").read_bytes()
            chance = random.Random(1)
            flipped = bytearray(good)
            for _ in range(40):
                flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
            for spoilt in (good[:len(good) // 2], chance.randbytes(len(good)), bytes(flipped),
                           good.replace(b'":', b'";'), good.replace(b"0", b"9")):
                for path in folder.iterdir():
                    path.unlink()
                (folder / "state.db").write_bytes(spoilt)
                area.start_daemon()
                until(lambda: area.status()["mode"] in ("plan", "rules"), what="control")
                self.assertEqual(area.daemon.end(), 0)

    def test_a_stop_is_swift_whatever_a_neighbour_on_the_bus_does(self):
        for kind in ("drip", "exception 6", "late 150"):
            with self.subTest(kind), Area(BLOCK) as area:
                area.start_daemon()
                area.wait_for_plan()
                self.step_is_held(area)
                area.tell(f"fault roof_inverter {kind}")
                area.tell("fault b1_converter late 150")
                time.sleep(0.3)
                began = time.monotonic()
                self.assertEqual(area.daemon.end(), 0)
                self.assertLess(time.monotonic() - began, 5)
                self.assertFalse(area.truth()["assets"]["b1"]["commanded"])

    def test_a_device_that_answers_nonsense_is_named_alone_and_comes_back(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            self.step_is_held(area)
            for kind in ("wrong_unit", "partial", "exception 2", "reset 1000"):
                area.tell(f"fault offices_meter {kind}")
                text = until(lambda: alarms(area).get("device-offices_meter-down"), what=f"{kind}: an alarm")
                self.assertIn("offices_meter", text)
                others = {name: quality for name, quality in qualities(area).items() if name != "offices"}
                self.assertEqual(set(others.values()), {"good"}, kind)
                self.assertLessEqual(grid_w(area), LIMIT_W)
                area.tell("clear offices_meter")
                until(lambda: alarms(area) == {} and set(qualities(area).values()) == {"good"}, what=f"{kind}: back")


if __name__ == "__main__":
    unittest.main()
