#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans of several sizes: this program cold and warm, and on the same dumped models HiGHS and Clp.

Use: bench_solver.py BENCH_SOLVER [CASE...], with the built program of bench_solver.c. All times are CPU time of one
thread. HiGHS comes with Debian's python3-scipy and starts cold, presolve on, at its own choice of method; Clp is
Debian's `clp`, dual simplex, as long as it says it took. An objective that differs from ours by more than 1e-6 is an
error.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time

# One thread each, whatever a library would like.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy  # noqa: E402
from scipy.optimize import linprog  # noqa: E402
from scipy.sparse import csr_matrix  # noqa: E402

# Name: grid of time, steps, sites, plans in a row.
CASES = {
    "96x5": ("uniform", 96, 5, 40),
    "288x5": ("uniform", 288, 5, 20),
    "288x20": ("uniform", 288, 20, 10),
    "anchored_x20": ("anchored", 0, 20, 60),
    "anchored_x100": ("anchored", 0, 100, 10),
}
TOLERANCE = 1e-6


class Model:
    """A free MPS file as lib/solver writes it."""

    def __init__(self, path):
        self.kinds, self.rows, self.columns = [], {}, {}
        self.costs, self.lower, self.upper = [], [], []
        self.entries, self.right, self.ranges = [], {}, {}
        section = ""
        with open(path, encoding="ascii") as lines:
            for line in lines:
                words = line.split()
                if not line.startswith(" "):
                    section = words[0]
                else:
                    getattr(self, "read_" + section.lower())(words)

    def read_rows(self, words):
        if words[0] != "N":
            self.rows[words[1]] = len(self.kinds)
            self.kinds.append(words[0])

    def read_columns(self, words):
        name, row, value = words[0], words[1], float(words[2])
        if name not in self.columns:
            self.columns[name] = len(self.costs)
            self.costs.append(0.0)
            self.lower.append(0.0)
            self.upper.append(numpy.inf)
        column = self.columns[name]
        if row == "cost":
            self.costs[column] = value
        else:
            self.entries.append((self.rows[row], column, value))

    def read_rhs(self, words):
        self.right[self.rows[words[1]]] = float(words[2])

    def read_ranges(self, words):
        self.ranges[self.rows[words[1]]] = float(words[2])

    def read_bounds(self, words):
        column = self.columns[words[2]]
        value = float(words[3]) if len(words) > 3 else 0.0
        if words[0] in ("LO", "FX"):
            self.lower[column] = value
        if words[0] in ("UP", "FX"):
            self.upper[column] = value
        if words[0] in ("MI", "FR"):
            self.lower[column] = -numpy.inf

    def equal_and_below(self):
        """(A_eq, b_eq, A_ub, b_ub) for linprog."""
        equal, below = [], []
        for row, kind in enumerate(self.kinds):
            right = self.right.get(row, 0.0)
            if kind == "E":
                equal.append((row, 1, right))
            elif kind == "G":
                below.append((row, -1, -right))
            else:
                below.append((row, 1, right))
                if row in self.ranges:
                    below.append((row, -1, self.ranges[row] - right))
        rows, columns, values = (numpy.array(part) for part in zip(*self.entries))
        whole = csr_matrix((values, (rows, columns)), shape=(len(self.kinds), len(self.costs)))
        parts = []
        for chosen in (equal, below):
            if not chosen:
                parts += [None, None]
                continue
            index, sign, right = (numpy.array(part) for part in zip(*chosen))
            parts += [csr_matrix(whole[index].multiply(sign[:, None])), right.astype(float)]
        return parts


def highs(path):
    """CPU ms and objective."""
    model = Model(path)
    a_eq, b_eq, a_ub, b_ub = model.equal_and_below()
    bounds = numpy.column_stack((model.lower, model.upper))
    begin = time.process_time()
    answer = linprog(model.costs, A_ub=a_ub, b_ub=b_ub, A_eq=a_eq, b_eq=b_eq, bounds=bounds, method="highs")
    taken = time.process_time() - begin
    if answer.status != 0:
        raise SystemExit(f"HiGHS: {answer.message}")
    return 1e3 * taken, answer.fun


def clp(path):
    """CPU ms and objective; reading the file is not counted."""
    said = subprocess.run(["clp", path, "-dualsimplex"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"Optimal objective (\S+) - \d+ iterations time ([0-9.]+)", said)
    if not found:
        raise SystemExit("Clp found no optimum:\n" + said)
    return 1e3 * float(found[2]), float(found[1])


def agree(name, who, ours, theirs):
    if abs(ours - theirs) > TOLERANCE * (1 + abs(ours)):
        raise SystemExit(f"{name}: our objective is {ours!r}, that of {who} {theirs!r}")


def run(program, name, folder):
    dump = os.path.join(folder, name + ".mps")
    grid, steps, sites, plans = CASES[name]
    said = subprocess.run([program, grid, str(steps), str(sites), str(plans), dump], capture_output=True, text=True)
    if said.returncode != 0:
        raise SystemExit(f"{name}: {said.stderr}")
    figures = json.loads(said.stdout)
    figures["highs_ms"], theirs = highs(dump)
    agree(name, "HiGHS", figures["objective"], theirs)
    figures["clp_ms"], theirs = clp(dump)
    agree(name, "Clp", figures["objective"], theirs)
    return figures


COLUMNS = (
    ("steps", "steps", "d"), ("rows", "rows", "d"), ("columns", "columns", "d"), ("cold ms", "cold_ms", ".1f"),
    ("iter", "cold_iterations", "d"), ("warm ms", "warm_ms", ".1f"), ("worst", "warm_worst_ms", ".1f"),
    ("iter", "warm_iterations", ".0f"), ("repairs", "repairs", ".1f"), ("plans", "plans", "d"),
    ("fallbacks", "fallbacks", "d"), ("HiGHS ms", "highs_ms", ".1f"), ("Clp ms", "clp_ms", ".1f"),
    ("drift %", "drift_percent", ".2f"), ("MB", "rss_mb", ".1f"),
)


def summary(all_figures):
    """What others read; a figure whose case did not run is left out."""
    words = []
    big, anchored = all_figures.get("288x20"), all_figures.get("anchored_x20")
    if big:
        words.append(f"warm_288x20_vs_highs_cold={big['warm_ms'] / big['highs_ms']:.3f}")
        words.append(f"cold_288x20_vs_highs={big['cold_ms'] / big['highs_ms']:.3f}")
    plans = sum(f["plans"] for f in all_figures.values())
    words.append(f"fallback_percent={100 * sum(f['fallbacks'] for f in all_figures.values()) / plans:.2f}")
    if anchored:
        words.append(f"drift_percent={anchored['drift_percent']:.2f}")
    if big:
        words.append(f"rss_mb={big['rss_mb']:.1f}")
    return "solver: " + " ".join(words)


def main(program, names):
    unknown = [name for name in names if name not in CASES]
    if unknown:
        raise SystemExit(f"no such case: {' '.join(unknown)} ({', '.join(CASES)})")
    print(" ".join(["case".ljust(14)] + [title.rjust(max(9, len(title))) for title, _, _ in COLUMNS]), flush=True)
    all_figures = {}
    with tempfile.TemporaryDirectory(prefix="aems-bench-") as folder:
        for name in names or CASES:
            figures = all_figures[name] = run(program, name, folder)
            cells = [format(figures[key], form).rjust(max(9, len(title))) for title, key, form in COLUMNS]
            print(" ".join([name.ljust(14)] + cells), flush=True)
    print(summary(all_figures))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    main(sys.argv[1], sys.argv[2:])
