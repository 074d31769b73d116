#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Homes of the CityLearn challenge of 2022 over a year: price and emissions over those without batteries.

    bench_citylearn2022.py AEMSCTL            both sets of five homes
    bench_citylearn2022.py AEMSCTL 1-5        one set
    bench_citylearn2022.py --bound            computes the bound anew (minutes)

Scores are judged from the powers of every hour (citylearn2022.py). `own`: batteries follow the measured net load within
the hour, with the daemon's forecasts. `perfect`: likewise, with the year itself as forecast. `challenge`: the hour's
battery energy is fixed before the hour is seen, with the daemon's forecasts. `rule`: no plan.
"""

import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import citylearn2022 as published  # noqa: E402
import recorded  # noqa: E402

CONTROLLERS = {"none": "none", "rule": "rule", "own": "daemon", "perfect": "perfect", "challenge": "schedule"}
BOUND = {"1-5": 0.6394, "6-10": 0.6342}  # mean, by --bound

# What others reach: of homes 1-5 measured with the same rules.
OTHERS = {
    "rule": "tracking rule .714 .741",
    "own": "plan on yesterday .623 .807, on seven days .609 .778",
    "perfect": "mean .640 to .661",
    "challenge": "rule .765 .861, plan on yesterday .708 .923",
}


def run(replay, homes, controller):
    try:
        return published.judge(homes, replay.run(controller, 0, published.HOURS, 0.0))
    except recorded.Unfit as why:
        raise SystemExit(f"homes {homes.name}, {controller}: {why}") from why


def rows_of(name, figures, homes):
    yield (name, "no battery", "1.0000", "1.0000", "1.0000", "", "")
    yield (name, "followed here", *(f"{score:.4f}" for score in published.follow(homes)), "", OTHERS["rule"])
    for what in CONTROLLERS:
        yield (name, what, *(f"{score:.4f}" for score in figures[name, what]), f"{BOUND[name]:.4f}",
               OTHERS.get(what, ""))


def summary(figures, names):
    words = []
    for name in names:
        tail = "" if name == "1-5" else "_" + name.replace("-", "_")
        words += [f"{what}_mean{tail}={figures[name, what][2]:.4f}" for what in ("own", "perfect", "challenge")]
    return "citylearn2022: " + " ".join(words)


def data():
    return recorded.data_folder("citylearn2022", published.files_needed(), published.SOURCE)


def main(program, names):
    folder, homes, tasks = data(), {}, {}
    names = names or list(published.SETS)
    with tempfile.TemporaryDirectory(prefix="aems-bench-") as place:
        for name in names:
            homes[name] = published.read_homes(folder, name)
            replay = recorded.Replay(program, f"{place}/{name}", published.configuration(homes[name]),
                                     published.BEGIN, published.columns(homes[name]))
            for what, controller in CONTROLLERS.items():
                tasks[name, what] = lambda r=replay, h=homes[name], c=controller: run(r, h, c)
        figures = recorded.side_by_side(tasks)
    recorded.print_table(("homes", "control", "price", "emission", "mean", "bound", "others"),
                         [row for name in names for row in rows_of(name, figures, homes[name])])
    print(summary(figures, names))


def print_bounds():
    folder = data()
    for name in published.SETS:
        print(f"homes {name}: {published.bound(published.read_homes(folder, name)):.4f}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    if sys.argv[1] == "--bound":
        print_bounds()
    else:
        main(sys.argv[1], sys.argv[2:])
