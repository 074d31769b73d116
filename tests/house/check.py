#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The house rules as tests: who may know whom, headers that stand alone, functions one can read.

Run as `check.py SOURCE_ROOT`; the compiler comes from $CC (cc).
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ".").resolve()

# A room knows itself and the rooms before it.
ROOMS = ["base", "site", "conf", "tariff", "modbus", "quality", "forecast", "simulate", "dr", "outage", "solver", "plan",
         "control", "core", "report", "replay"]

# Headers of libraries and the only places that may see them. The simulated area is a Modbus server of its own.
LIBRARY_HOMES = {
    "uv.h": ["daemon/loop/loop.c"],
    "mosquitto.h": ["daemon/mqtt/mqtt_client.c", "tests/unit/test_mqtt_link"],
    "sqlite3.h": ["daemon/store/store_disk.c"],
    "modbus.h": ["daemon/bus/modbus_link.c", "tests/plant/", "tests/unit/fake_device.c"],
    "glpk.h": ["lib/solver/"],
    "yaml.h": ["lib/conf/tree.c"],
    "zlib.h": ["lib/replay/record_pack.c"],
    "sodium.h": ["lib/dr/envelope"],
    "systemd/": ["daemon/app/notify.c"],
}

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 65

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)


def sources(*patterns):
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    names = listed.stdout.split() if listed.returncode == 0 else [
        str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file()]
    return sorted(n for n in names if n.endswith(patterns) and (ROOT / n).exists())


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def includes(name):
    return INCLUDE.findall(text(name))


class House(unittest.TestCase):
    def test_rooms_include_only_rooms_above_them(self):
        wrong = []
        for name in sources(".c", ".h"):
            parts = name.split("/")
            if parts[0] != "lib":
                continue
            known = ROOMS[: ROOMS.index(parts[1]) + 1]
            for mark, header in includes(name):
                if mark == '"' and header.split("/")[0] not in known:
                    wrong.append(f"{name} includes {header}")
        self.assertEqual(wrong, [])

    def test_each_library_is_seen_in_its_own_file_only(self):
        wrong = []
        for name in sources(".c", ".h"):
            for mark, header in includes(name):
                if mark == '"':
                    continue
                for library, homes in LIBRARY_HOMES.items():
                    hit = header == library or header.endswith("/" + library) or (
                        library.endswith("/") and header.startswith(library))
                    if hit and not any(name.startswith(home) for home in homes):
                        wrong.append(f"{name} includes <{header}>")
        self.assertEqual(wrong, [])

    def test_every_header_compiles_alone(self):
        compiler = os.environ.get("CC", "cc").split()
        wrong = []
        with tempfile.TemporaryDirectory() as folder:
            for name in sources(".h"):
                probe = pathlib.Path(folder) / "probe.c"
                probe.write_text(f'#include "{ROOT / name}"\ntypedef int not_empty;\n')
                done = subprocess.run(
                    [*compiler, "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}", f"-I{ROOT}/lib",
                     "-fsyntax-only", probe], capture_output=True, text=True)
                if done.returncode:
                    wrong.append(f"{name}: {done.stderr.splitlines()[:2]}")
        self.assertEqual(wrong, [])

    def test_files_and_functions_stay_readable(self):
        wrong = [f"{n}: {text(n).count(chr(10))} lines" for n in sources(".c", ".h", ".js", ".css")
                 if text(n).count("\n") > MAX_FILE_LINES]
        listed = subprocess.run(
            ["ctags", "--languages=C", "--kinds-C=f", "--fields=+ne", "-o", "-", *sources(".c")],
            cwd=ROOT, capture_output=True, text=True, check=True)
        for row in listed.stdout.splitlines():
            start, end = re.search(r"\bline:(\d+)", row), re.search(r"\bend:(\d+)", row)
            if start and end and int(end[1]) - int(start[1]) + 1 > MAX_FUNCTION_LINES:
                name, file = row.split("\t")[:2]
                wrong.append(f"{file}:{start[1]}: {name} has {int(end[1]) - int(start[1]) + 1} lines")
        self.assertEqual(wrong, [])

    def test_every_source_names_its_licence(self):
        wrong = [n for n in sources(".c", ".h", ".py", ".sh", ".js", ".css", ".html")
                 if "SPDX-License-Identifier: GPL-3.0-or-later" not in text(n)[:400]]
        self.assertEqual(wrong, [])

    def test_nothing_is_left_open(self):
        mark = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
        wrong = [n for n in sources(".c", ".h", ".sh", ".js", "meson.build") if mark.search(text(n))]
        self.assertEqual(wrong, [])

    def test_sources_are_formatted(self):
        done = subprocess.run(["clang-format", "--dry-run", "-Werror", *sources(".c", ".h", ".js")], cwd=ROOT,
                              capture_output=True, text=True)
        wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if ": error:" in line})
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
