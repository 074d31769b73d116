#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what must be built for the tests of some suites, one file a line, so that nothing else need be.

    targets.py BUILD SUITE...
"""

import json
import pathlib
import subprocess
import sys


def introspect(build, what):
    return json.loads(subprocess.run(["meson", "introspect", build, what], check=True, capture_output=True).stdout)


def main(build, *suites):
    build = pathlib.Path(build).resolve()
    files_of = {t["id"]: t["filename"] for t in introspect(build, "--targets")}
    needed = set()
    for test in introspect(build, "--tests"):
        if {s.split(":")[-1] for s in test["suite"]}.isdisjoint(suites):
            continue
        needed.update(test["cmd"])
        for target in test["depends"]:
            needed.update(files_of[target])
    inside = (f for f in (pathlib.Path(n).resolve() for n in needed) if f.is_relative_to(build))
    print(*sorted(str(f.relative_to(build)) for f in inside), sep="\n")


main(*sys.argv[1:])
