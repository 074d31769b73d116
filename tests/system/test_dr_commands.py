#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""aemsctl dr as an operator and a grid operator use it: events by hand, lists, keys, signatures."""

import json
import pathlib
import shutil
import stat
import subprocess
import tempfile
import unittest

from area import AEMSCTL, Area, until
from places import BLOCK

LISTENING = "demand_response: {enabled: true, signed: false, keep: instant}\n"
LIMIT = {
    "id": "cut-1", "programID": "peak", "eventName": "Evening", "priority": 1,
    "intervalPeriod": {"start": "0001-01-01", "duration": "PT1H"},
    "intervals": [{"id": 0, "payloads": [{"type": "IMPORT_CAPACITY_LIMIT", "values": [700]},
                                         {"type": "CURVE", "values": [{"x": 1, "y": 2}]}]}]}


def run(*arguments, **more):
    return subprocess.run([str(AEMSCTL), *[str(a) for a in arguments]], capture_output=True, text=True, timeout=60, **more)


class ByHand(unittest.TestCase):
    def send(self, area, event, *options):
        path = area.folder / "event.json"
        path.write_text(event if isinstance(event, str) else json.dumps(event))
        return area.ctl("dr", "send", str(path), *options)

    def test_an_event_is_sent_listed_obeyed_and_cancelled(self):
        with Area(BLOCK, overlay=LISTENING) as area:
            area.start_daemon()
            area.wait_for_plan()
            self.assertEqual(area.ctl("dr", "list").stdout, "No event is known.\n")
            done = self.send(area, LIMIT)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("cut-1 is active", done.stdout)
            self.assertIn("ignored: CURVE", done.stdout)
            self.assertIn("IMPORT_CAPACITY_LIMIT 700 kW", done.stdout)
            listed = json.loads(area.ctl("dr", "list", "--json").stdout)
            self.assertEqual([(e["id"], e["state"], e["sender"], e["priority"]) for e in listed["events"]],
                             [("cut-1", "active", "operator", 1)])
            self.assertEqual(listed["events"][0]["now"][0]["value"], 700e3)
            self.assertIn("operator", area.ctl("dr", "list").stdout)
            until(lambda: self.grid(area)["import_limit_now_w"] <= 700e3, what="the limit in force")
            until(lambda: self.grid_power(area) <= 700e3, what="less import than the limit")
            status = until(lambda: json.loads(area.listener.last("aems/block/dr/event/cut-1/status")), what="a status")
            self.assertEqual(status["state"], "active")
            done = area.ctl("dr", "cancel", "cut-1")
            self.assertEqual((done.returncode, done.stdout), (0, "cut-1 is withdrawn\n"), done.stderr)
            self.assertEqual(area.ctl("dr", "list").stdout, "No event is known.\n")
            until(lambda: self.grid(area)["import_limit_now_w"] > 700e3, what="the limit gone")
            until(lambda: json.loads(area.listener.last("aems/block/dr/event/cut-1/status"))["state"] == "cancelled",
                  what="the status after it")

    def grid(self, area):
        return area.status()["grids"][0]

    def grid_power(self, area):
        return next(a for a in area.status()["assets"] if a["id"] == "pcc")["power_w"]

    def test_an_event_that_is_for_others_now_is_withdrawn(self):
        with Area(BLOCK, overlay=LISTENING) as area:
            area.start_daemon()
            self.assertEqual(self.send(area, LIMIT).returncode, 0)
            done = self.send(area, {**LIMIT, "targets": ["elsewhere"]})
            self.assertEqual((done.returncode, done.stdout), (0, "cut-1 is withdrawn\n"), done.stderr)

    def test_what_is_refused_names_the_place_and_the_reason(self):
        with Area(BLOCK, overlay=LISTENING) as area:
            area.start_daemon()
            for event, why in [
                    ("{", "no JSON: line 1"),
                    ({**LIMIT, "priority": -1}, "priority: expected null or a whole number from 0"),
                    ({**LIMIT, "id": "a/b"}, "id: expected 1 to 128 letters"),
                    ({**LIMIT, "targets": ["elsewhere"]}, "targets"),
                    ({**LIMIT, "intervalPeriod": {"start": "2023-02-10", "duration": "PT1H"}},
                     "it is over since 2023-02-10T01:00:00Z"),
                    ({"operation": "DELETE", "object": {"id": "none"}}, "no such event is known")]:
                done = self.send(area, event)
                self.assertEqual(done.returncode, 1, event)
                self.assertIn(why, done.stderr)
                self.assertEqual(done.stdout, "")
            done = area.ctl("dr", "cancel", "none")
            self.assertEqual(done.returncode, 1)
            self.assertIn("no such event is known", done.stderr)
            self.assertEqual(json.loads(area.ctl("dr", "list", "--json").stdout)["events"], [])

    def test_what_the_area_could_do_is_told_and_shown(self):
        with Area(BLOCK, overlay=LISTENING) as area:
            area.start_daemon()
            area.wait_for_plan()

            def told_slots():
                told = json.loads(area.listener.last("aems/block/dr/capability"))
                return told if told["slots"] else None # without a plan there are none

            told = until(told_slots, what="a capability")
            self.assertEqual((told["area"], told["slot_s"], len(told["slots"])), ("block", 900, 192))
            first = told["slots"][0]
            self.assertTrue(first["from_plan"])
            self.assertGreater(first["down_w"], 0)
            self.assertGreaterEqual(first["down_h"], 1)
            shown = json.loads(area.ctl("dr", "capability", "--json").stdout)
            self.assertEqual(shown["slots"][0]["from"], first["from"])
            self.assertIn(f"{shown['slots'][0]['down_w'] / 1000:.1f}", area.ctl("dr", "capability").stdout)

    def test_an_area_that_does_not_listen_says_so(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            self.assertIn("demand_response.enabled is false", area.ctl("dr", "list").stdout)
            done = self.send(area, LIMIT)
            self.assertEqual(done.returncode, 1)
            self.assertIn("demand_response.enabled is false", done.stderr)

    def test_an_event_survives_the_end_of_the_daemon(self):
        with Area(BLOCK, overlay=LISTENING) as area:
            area.start_daemon()
            done = self.send(area, LIMIT, "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            sent = json.loads(done.stdout)
            area.daemon.end(9)
            area.start_daemon()
            kept = json.loads(area.ctl("dr", "list", "--json").stdout)["events"]
            self.assertEqual([(e["id"], e["from_utc_ms"], e["until_utc_ms"], e["sender"]) for e in kept],
                             [("cut-1", sent["from_utc_ms"], sent["until_utc_ms"], "operator")])


class Signatures(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="aems-test."))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.key = self.folder / "utility.key"
        done = run("dr", "keygen", self.key)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.public = done.stdout.strip()
        self.config = self.folder / "aems.yaml"
        self.event = self.folder / "event.json"
        self.event.write_text(json.dumps(LIMIT))
        self.configure("")

    def configure(self, more):
        self.config.write_text(BLOCK + "demand_response: {enabled: true, senders: {utility: {keys: {u1: {public_key: "
                               + self.public + more + "}}}}}\n")

    def sign(self, *options):
        return run("dr", "sign", self.event, "--key", self.key, "--kid", "u1", "--area", "block", *options)

    def verify(self, message, *options):
        path = self.folder / "message"
        path.write_text(message)
        return run("dr", "verify", path, "-c", self.config, *options)

    def test_a_signed_message_is_good_where_its_key_is_known(self):
        signed = self.sign("--seq", "7")
        self.assertEqual(signed.returncode, 0, signed.stderr)
        self.assertRegex(signed.stdout, r"^[\w-]+\.[\w-]+\.[\w-]+$")
        done = self.verify(signed.stdout)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("signed by utility with u1: sequence 7,", done.stdout)
        self.assertIn("cut-1 is good; ignored: CURVE", done.stdout)
        told = json.loads(self.verify(signed.stdout, "--json").stdout)
        self.assertEqual((told["good"], told["sender"], told["sequence"], told["event"], told["for_us"]),
                         (True, "utility", 7, "cut-1", True))

    def test_numbers_of_messages_grow_by_themselves(self):
        first = json.loads(self.verify(self.sign().stdout, "--json").stdout)["sequence"]
        second = json.loads(self.verify(self.sign().stdout, "--json").stdout)["sequence"]
        self.assertGreater(second, first)

    def test_what_is_wrong_with_a_message_is_said(self):
        signed = self.sign("--at", "2026-01-14T12:00:00Z").stdout
        head, payload, signature = signed.split(".")
        at = ["--at", "2026-01-14T12:05:00Z"]
        self.assertEqual(self.verify(signed, *at).returncode, 0)
        for message, options, why in [
                (signed, ["--at", "2026-01-14T12:11:00Z"], "expired"),
                (signed, [*at, "--topic", "dr/heartbeat"], "topic"),
                (f"{head}.{payload}.{signature[::-1]}", at, "signature"),
                (f"{head}.{payload[:-4]}AAAA.{signature}", at, "signature"),
                (json.dumps(LIMIT), at, "it is not signed"),
                (self.folder.name, at, "refused")]:
            done = self.verify(message, *options)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn(why, done.stdout)
            told = json.loads(self.verify(message, *options, "--json").stdout)
            self.assertFalse(told["good"])
            self.assertIn(told["why"], done.stdout)
        self.configure(", revoked: true")
        self.assertIn("revoked", self.verify(signed, *at).stdout)

    def test_a_heartbeat_is_signed_for_its_own_topic(self):
        self.event.write_text('{"t": "2026-01-14T12:00:00Z"}')
        signed = self.sign("--at", "2026-01-14T12:00:00Z", "--topic", "dr/heartbeat").stdout
        at = ["--at", "2026-01-14T12:00:10Z"]
        done = self.verify(signed, *at, "--topic", "dr/heartbeat")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("the heartbeat is good", done.stdout)
        self.assertIn("topic", self.verify(signed, *at).stdout)

    def test_a_private_key_is_for_its_owner_alone(self):
        self.assertEqual(stat.S_IMODE(self.key.stat().st_mode), 0o600)
        done = run("dr", "keygen", self.key)
        self.assertEqual(done.returncode, 1)
        self.assertIn("it exists already, and a key that is overwritten is lost: name another file", done.stderr)
        self.key.chmod(0o644)
        done = self.sign()
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("others may read or write the private key (mode 0644): chmod 600", done.stderr)

    def test_a_message_that_is_no_object_is_not_signed(self):
        for text in ("", "[]", "{", '{"a":1,"a":2}'):
            self.event.write_text(text)
            done = self.sign()
            self.assertEqual((done.returncode, done.stdout), (1, ""), text)
            self.assertIn("JSON object", done.stderr)
        self.event.write_text(json.dumps({"id": "x" * 13000}))
        self.assertIn("16 KiB", self.sign().stderr)


if __name__ == "__main__":
    unittest.main()
