#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon records what it is told and decides, over midnight, a reload, a kill and a restart; every setpoint is then
decided again, and another battery is tried on what was recorded."""

import csv
import io
import json
import pathlib
import re
import signal
import stat
import subprocess
import time
import unittest

from area import AEMSCTL, Area, until
from places import BLOCK

SPEED = 60
RECORD = "record: {enabled: true}\n"


def replay(*arguments):
    return subprocess.run([str(AEMSCTL), "replay", *map(str, arguments)], capture_output=True, text=True, timeout=120)


def records(area):
    # By when they were written last: the simulated clock begins anew with each start.
    return sorted((area.folder / "state/records").glob("block-*.record"), key=lambda f: f.stat().st_mtime_ns)


class Record(unittest.TestCase):
    def assert_exact(self, files):
        done = replay("--record", *files, "--json")
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr)
        told = json.loads(done.stdout)
        for one in told:
            self.assertTrue(one["exact"], one)
            for kind in ("setpoint", "release", "alarm", "answer"):
                self.assertEqual(one[kind]["recorded"], one[kind]["equal"], one)
                self.assertEqual(one[kind]["added"], 0, one)
        return told

    def test_every_setpoint_is_repeated_over_midnight_reload_kill_and_restart(self):
        with Area(BLOCK, speed=SPEED, start="2026-01-14T23:52:00+01:00", overlay=RECORD) as area:
            area.start_daemon()
            area.wait_for_plan()
            until(lambda: len(records(area)) == 2, what="a record of the new day")
            area.ctl("setpoint", "b1", "100 kW", "--for", "5 min")
            time.sleep(4)  # some minutes of the area's time
            area._write_daemon_configuration("plan: {interval: 10 min, max_age: 30 min}\n")
            area.daemon.send(signal.SIGHUP)
            until(lambda: len(records(area)) == 3, what="a record of the new configuration")
            time.sleep(13)  # longer than a record waits to be written
            area.daemon.end(signal.SIGKILL)
            area.start_daemon()
            until(lambda: len(records(area)) == 4, what="a record of the next start")
            area.wait_for_plan()
            time.sleep(3)
            area.daemon.end()
            files = records(area)
            told = self.assert_exact(files)
            self.assertEqual([one["cause"] for one in told], ["started", "new day", "reloaded", "started"])
            self.assertEqual([one["whole"] for one in told], [True, True, False, True])
            self.assertGreater(sum(one["setpoint"]["recorded"] for one in told), 8)
            self.assertGreater(sum(one["problem"]["recorded"] for one in told), 3)
            for file in files:
                self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o640)
                self.assertNotIn(b"password", file.read_bytes())
            again = replay("--record", files[0], "--solve")
            self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
            self.assertRegex(again.stdout, r"planner: [1-9]\d* problems solved again")
            self.what_if(area, files)

    def what_if(self, area, files):
        out = area.folder / "rows.csv"
        done = subprocess.run([str(AEMSCTL), "record", "export", *map(str, files), "--out", str(out)],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = list(csv.DictReader(io.StringIO(out.read_text())))
        self.assertGreater(len(rows), 10)
        loads = [float(row["offices.load_w"]) for row in rows if row["offices.load_w"]]
        self.assertTrue(all(700e3 < w < 1100e3 for w in loads), loads[:5])
        self.assertEqual({row["pcc.import_price"] for row in rows}, {"0.25"})
        other = area.folder / "other.yaml"
        other.write_text(BLOCK.replace("capacity: 2 MWh", "capacity: 4 MWh").replace(
            "  offices: {", "  annex: {bus: block, shape: flat, average: 1 kW, peak: 1 kW}\n  offices: {"))
        result = area.folder / "what-if"
        done = replay("-c", other, "--record", *files, "--out", result)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("annex: nothing of it was recorded", done.stderr)
        self.assertRegex(done.stderr, r"recorded: import \d+\.\d kWh")
        report = json.loads((result / "report.json").read_text())
        self.assertGreater(report["import_kwh"], 0)
        done = replay("--record", *files, "--out", area.folder / "the-same")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_folder_that_cannot_be_written_is_an_alarm_and_control_goes_on(self):
        with Area(BLOCK, speed=SPEED, overlay=RECORD) as area:
            (area.folder / "state").mkdir()
            (area.folder / "state/records").write_text("in the way")
            area.start_daemon()
            area.wait_for_plan()
            until(lambda: any(a["id"] == "record" for a in area.status()["alarms"]), what="the alarm")
            self.assertIn("nothing is recorded, control goes on", area.daemon.text())

    def test_what_is_no_record_is_refused_with_a_sentence(self):
        done = replay("--record", pathlib.Path(__file__))
        self.assertEqual(done.returncode, 1)
        self.assertTrue(re.search(r"test_record\.py: it is no record", done.stderr), done.stderr)
        self.assertEqual(replay("--record", "/nowhere").returncode, 1)


if __name__ == "__main__":
    unittest.main()
