#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `meson install` puts where, the unit's hardening, the man pages, and the demonstration itself."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from area import BUILD, SOURCE

EXPECTED = """
usr/sbin/aemsd usr/bin/aemsctl usr/bin/aems-plant usr/libexec/aems/aems-planner
usr/lib/systemd/system/aemsd.service usr/lib/sysusers.d/aems.conf usr/lib/tmpfiles.d/aems.conf
etc/aems/aems.yaml usr/share/aems/aems.schema.json usr/share/aems/areas/kashiwa.yaml usr/share/aems/areas/small.yaml
usr/share/aems/areas/campus.yaml usr/share/aems/areas/depot.yaml usr/share/aems/areas/homes.yaml
usr/share/aems/areas/homes-prices.csv
usr/share/aems/devices/generic-battery.yaml usr/share/aems/devices/eastron-sdm630.yaml
usr/share/man/man8/aemsd.8 usr/share/man/man1/aemsctl.1 usr/share/man/man5/aems.yaml.5 usr/share/man/man8/aems-plant.8
""".split()


def run(*arguments, **more):
    return subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=280, **more)


class Install(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="aems-test."))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def test_everything_is_installed_where_debian_expects_it(self):
        build = self.folder / "build"
        done = run("meson", "setup", build, SOURCE, "--prefix=/usr", "--sysconfdir=/etc", "--localstatedir=/var",
                   "-Dtests=disabled", "-Dbuildtype=plain")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = run("meson", "install", "-C", build, "--destdir", self.folder / "root")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        missing = [name for name in EXPECTED if not (self.folder / "root" / name).exists()]
        self.assertEqual(missing, [])
        for name in ("usr/sbin/aemsd", "usr/bin/aemsctl"):
            told = run(self.folder / "root" / name, "--version")
            self.assertEqual(told.returncode, 0)
            self.assertRegex(told.stdout, r"\d+\.\d+")

    def test_the_unit_is_hardened(self):
        unit = BUILD / "systemd/aemsd.service"
        done = run("systemd-analyze", "security", "--offline=true", "--no-pager", unit)
        found = re.search(r"Overall exposure level.*?:\s*([\d.]+)", done.stdout)
        self.assertTrue(found, done.stdout[-500:] + done.stderr)
        print(f"exposure {found[1]}")
        self.assertLessEqual(float(found[1]), 2.0)

    def test_man_pages_are_well_formed(self):
        for page in sorted((SOURCE / "docs/man").glob("*.[158]")):
            done = run("mandoc", "-T", "lint", "-W", "error", page)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_demonstration_shows_every_area_and_ends_what_it_started(self):
        areas = [p.stem for p in sorted((SOURCE / "config/areas").glob("*.yaml"))]
        environment = {**os.environ, "AEMS_DEMO_BUILD": str(BUILD), "TMPDIR": str(self.folder)}
        done = run(SOURCE / "config/demo/run", "--check", *areas, env=environment)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for area in areas:
            self.assertIn(f"{area}: under its plan", done.stdout)
        self.assertEqual(self._left_behind(), [])

    def test_the_demonstration_ends_everything_on_ctrl_c(self):
        environment = {**os.environ, "AEMS_DEMO_BUILD": str(BUILD), "TMPDIR": str(self.folder)}
        with open(self.folder / "screen", "w+b") as screen:
            demo = subprocess.Popen([SOURCE / "config/demo/run", "small"], stdin=subprocess.DEVNULL, stdout=screen,
                                    stderr=screen, env=environment, start_new_session=True)
            end = time.monotonic() + 60
            while "roof" not in (self.folder / "screen").read_text(errors="replace"):
                self.assertLess(time.monotonic(), end, (self.folder / "screen").read_text(errors="replace"))
                self.assertIsNone(demo.poll(), (self.folder / "screen").read_text(errors="replace"))
                time.sleep(0.1)
            os.killpg(demo.pid, signal.SIGINT)
            demo.wait(20)
        self.assertEqual(self._left_behind(), [])

    def _left_behind(self):
        """Processes that still name this test's folder."""
        found = []
        for line in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = line.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if f"{self.folder}/aems-demo" in words:
                found.append(words)
        return found


if __name__ == "__main__":
    unittest.main()
