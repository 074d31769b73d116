#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""aemsctl and aemsd --check as an operator uses them, and the dumped model in another solver's hands."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from area import AEMSCTL, AEMSD, PLANNER, PROFILES, SOURCE, Area
from places import BLOCK

AREAS = sorted((SOURCE / "config/areas").glob("*.yaml"))


def run(*arguments, **more):
    return subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=60, **more)


class Commands(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="aems-test."))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def check(self, path):
        return run(AEMSD, "-c", path, "--check", "--profiles", PROFILES, "--planner", PLANNER)

    def test_every_example_area_passes_the_check(self):
        self.assertTrue(AREAS)
        for area in AREAS:
            done = self.check(area)
            self.assertEqual(done.returncode, 0, f"{area.name}: {done.stderr}{done.stdout}")

    def test_a_broken_configuration_is_named_with_all_its_mistakes(self):
        path = self.folder / "broken.yaml"
        path.write_text(BLOCK.replace("capacity: 2 MWh", "capacity: 10kW").replace("bus: block, peak_power",
                                                                                   "bus: blok, peak_power"))
        done = self.check(path)
        self.assertEqual(done.returncode, 1)
        told = done.stderr + done.stdout
        self.assertRegex(told, r'broken\.yaml:\d+:\d+: batteries\.b1\.capacity: "10kW": expected an energy')
        self.assertRegex(told, r'broken\.yaml:\d+:\d+: pv\.roof\.bus: "blok".*block')

    def test_another_solver_finds_the_same_objective_for_kashiwa(self):
        model, mps = self.folder / "kashiwa.lp", self.folder / "kashiwa.mps"
        done = run(AEMSCTL, "solve", "-c", SOURCE / "config/areas/kashiwa.yaml", "--at", "2026-01-14T07:00:00+09:00",
                   "--lp", model, "--mps", mps, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        ours = json.loads(done.stdout)
        self.assertEqual(ours["status"], "optimal")
        expected = ours["lp_objective"]
        report = self.folder / "glpsol.txt"
        run("glpsol", "--lp", model, "--interior", "-o", report)
        theirs = float(re.search(r"^Objective:.*=\s*(\S+)", report.read_text(), re.M)[1])
        self.assertAlmostEqual(theirs, expected, delta=1e-6 * max(1, abs(expected)))
        told = run("clp", mps, "-solve", "-quit").stdout
        clp = float(re.search(r"Optimal objective\s+(\S+)", told)[1])
        self.assertAlmostEqual(clp, expected, delta=1e-6 * max(1, abs(expected)))

    def test_status_and_plan_answer_in_words_table_and_json(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            self.assertIn("b1", area.ctl("status").stdout)
            plan = json.loads(area.ctl("plan", "--json").stdout)
            self.assertGreater(len(plan["start_utc_ms"]), 20)
            rows = area.ctl("plan", "--csv").stdout.splitlines()
            self.assertTrue(rows[0].startswith("time,"))
            self.assertGreater(len(rows), 20)
            self.assertIn("b1", area.ctl("plan").stdout)

    def test_without_a_daemon_aemsctl_says_so(self):
        done = run(AEMSCTL, "--socket", self.folder / "none.sock", "status")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("none.sock", done.stderr)

    def test_more_than_the_daemon_takes_is_said_before_it_is_sent(self):
        points = [{"from": "2026-01-14T09:00:00Z", "temp_degc": 1}] * 10000
        done = run(AEMSCTL, "--socket", "/nowhere.sock", "weather", "-", input=json.dumps(points))
        self.assertEqual(done.returncode, 1)
        self.assertIn("more than the daemon takes at once, 256 KiB", done.stderr)

    def test_a_mistyped_command_is_answered_with_the_nearest(self):
        done = run(AEMSCTL, "statsu")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("status", done.stderr)


if __name__ == "__main__":
    unittest.main()
