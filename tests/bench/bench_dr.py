#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Demand response against the clock: from a signed event's way into the broker to the changed setpoint on the wire.

A real broker, the real daemon and the simulated area's real Modbus servers on this machine. `p50_ms` and `p99_ms` are
over events whose limit alternates, so that each changes the battery's setpoint; the time counts from before the event is
handed to the broker until the Modbus server has the write. `flood_ms` is the same for one event right behind 10,000
others of no use, the worst of several kinds of them.
"""

import os
import pathlib
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("AEMS_SOURCE", str(SOURCE))
if len(sys.argv) > 1:
    os.environ["AEMS_BUILD"] = sys.argv[1]
sys.path.insert(0, str(SOURCE / "tests/system"))

from area import Area, until  # noqa: E402
from places import BLOCK  # noqa: E402
from response import Signer, configuration  # noqa: E402
from wire import JUNK, Way, percentile  # noqa: E402


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    signer = Signer("k1")
    with Area(BLOCK, overlay=configuration(signer)) as area:
        area.start_daemon()
        area.wait_for_plan()
        way = Way(area, signer)
        until(lambda: area.truth()["assets"]["offices"]["power_w"] < -890e3, what="the load")
        way.one()
        times = way.latencies(count)
        floods = way.floods()
    print(f"{'events':>8} {'p50':>7} {'p90':>7} {'p99':>7} {'max':>7}   ms to the changed setpoint")
    print(f"{len(times):>8} " + " ".join(f"{percentile(times, p):7.1f}" for p in (0.5, 0.9, 0.99, 1)))
    for kind, taken in floods.items():
        print(f"behind {JUNK} {kind:<12} {taken:8.1f} ms")
    print(f"dr: p50_ms={percentile(times, 0.5):.1f} p99_ms={percentile(times, 0.99):.1f} "
          f"flood_ms={max(floods.values()):.1f}")


if __name__ == "__main__":
    main()
