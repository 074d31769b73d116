#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""22 microgrids with sun, battery, genset and grid over 2,882 hours, beside the published costs.

    bench_pymgrid25.py AEMSCTL [NUMBER...]    all microgrids, or those named

Costs are judged from the powers of every hour (pymgrid25.py). With perfect forecasts the plan knows what the published
predictive control knew; `own` has the forecasts of the daemon, which learn from the hours before. The bound is that of
a linear program over all hours, the genset's lowest power left out.
"""

import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pymgrid25 as published  # noqa: E402
import recorded  # noqa: E402

CONTROLLERS = {"perfect": "perfect", "own": "daemon"}


def run(replay, microgrid, controller):
    steps = replay.run(controller, published.FIRST_HOUR, published.END_HOUR, microgrid.least / microgrid.capacity)
    try:
        return published.judge(microgrid, steps)
    except recorded.Unfit as why:
        raise SystemExit(f"microgrid {microgrid.number}, {controller}: {why}") from why


def percent(ours, theirs):
    return f"{100 * (ours / theirs - 1):+.3f}"


TITLES = ("microgrid", "type", "perfect", "own", "published", "bound", "perfect %", "own %", "rule %", "bound %")


def table_row(number, figures, known):
    ours = [figures[number, what] for what in (*CONTROLLERS, "bound")]
    return (number, known.kind, f"{ours[0]:.0f}", f"{ours[1]:.0f}", f"{known.predictive:.0f}", f"{ours[2]:.0f}",
            percent(ours[0], known.predictive), percent(ours[1], known.predictive),
            percent(known.rule_based, known.predictive), percent(ours[2], known.predictive))


def summary(figures, known):
    numbers = sorted({number for number, _ in figures})
    predictive = sum(known[n].predictive for n in numbers)
    ratio = {what: sum(figures[n, what] for n in numbers) / predictive for what in (*CONTROLLERS, "bound")}
    worst = max(figures[n, "perfect"] / known[n].predictive for n in numbers)
    rule = sum(known[n].rule_based for n in numbers) / predictive
    return (f"pymgrid25: perfect_sum_vs_mpc={ratio['perfect']:.5f} perfect_worst_vs_mpc={worst:.5f} "
            f"own_sum_vs_mpc={ratio['own']:.5f} rule_sum_vs_mpc={rule:.5f} bound_sum_vs_mpc={ratio['bound']:.5f}")


def main(program, numbers):
    folder = recorded.data_folder("pymgrid25", published.files_needed(), published.SOURCE)
    known = published.read_published(folder)
    numbers = [int(number) for number in numbers] or published.MICROGRIDS
    tasks = {}
    with tempfile.TemporaryDirectory(prefix="aems-bench-") as place:
        for number in numbers:
            m = published.read_microgrid(folder, number)
            replay = recorded.Replay(program, f"{place}/{number}", published.configuration(m), published.BEGIN,
                                     published.columns(m))
            for what, controller in CONTROLLERS.items():
                tasks[number, what] = lambda r=replay, m=m, c=controller: run(r, m, c)
            tasks[number, "bound"] = lambda m=m: published.bound(m)
        figures = recorded.side_by_side(tasks)
    recorded.print_table(TITLES, [table_row(number, figures, known[number]) for number in numbers])
    print("% are above the published cost of model-predictive control")
    print(summary(figures, known))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    main(sys.argv[1], sys.argv[2:])
