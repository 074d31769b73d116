# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded public data as an area of aems: where they lie, `aemsctl replay` over them, and what it did.

What is judged are the powers in its steps.csv alone; its own report is not looked at.
"""

import concurrent.futures
import csv
import datetime
import os
import pathlib
import subprocess
import sys
import time

HOUR = datetime.timedelta(hours=1)
ROUNDING_W = 0.5  # of powers with one decimal, and of what is added up from some of them


class Unfit(Exception):
    """What was done cannot be: a balance that does not close, a limit that is not kept."""


def data_folder(name, needed, source):
    """Folder `name` below $AEMS_BENCH_DATA or ../shared/data; ends the program when one of `needed` is not there."""
    root = pathlib.Path(__file__).resolve().parents[2]
    base = pathlib.Path(os.environ.get("AEMS_BENCH_DATA") or root.parent / "shared" / "data")
    folder = base / name
    missing = [path for path in needed if not (folder / path).is_file()]
    if missing:
        first = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise SystemExit(f"{name}: not in {folder}: {first}\n{source}\n"
                         f"Lay it there, or name the folder that contains {name} in AEMS_BENCH_DATA.")
    return folder


def rfc3339(instant):
    return instant.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_hours(path, begin, columns):
    """`columns`: name to hourly values, from `begin` on."""
    names = list(columns)
    with open(path, "w", encoding="ascii", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["time"] + names)
        for hour, values in enumerate(zip(*(columns[name] for name in names))):
            rows.writerow([rfc3339(begin + hour * HOUR)] + [f"{value:.9g}" for value in values])


def yaml_text(value, depth=0):
    """Maps as blocks, lists and scalars in one line: enough of YAML for a configuration."""
    lines = []
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            lines += [f"{'  ' * depth}{key}:", yaml_text(inner, depth + 1)]
        else:
            lines.append(f"{'  ' * depth}{key}: {yaml_scalar(inner)}")
    return "\n".join(lines)


def yaml_scalar(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {yaml_scalar(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(yaml_scalar(inner) for inner in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) and ":" in value else str(value)


class Replay:
    """One configuration with its data, over which any controller can be run."""

    def __init__(self, program, folder, configuration, begin, columns):
        self.program, self.folder, self.begin = program, pathlib.Path(folder), begin
        self.folder.mkdir(parents=True, exist_ok=True)
        self.configuration, self.data = self.folder / "aems.yaml", self.folder / "data.csv"
        self.configuration.write_text(yaml_text(configuration) + "\n", encoding="ascii")
        write_hours(self.data, begin, columns)

    def run(self, controller, first_hour, end_hour, soc, arguments=()):
        """Column to hourly values over [first_hour, end_hour). Hours before are there to learn from."""
        out = self.folder / controller
        call = [self.program, "replay", "-c", self.configuration, "--data", self.data, "--out", out,
                "--controllers", controller, "--from", rfc3339(self.begin + first_hour * HOUR),
                "--to", rfc3339(self.begin + end_hour * HOUR), "--soc", f"{soc:.6g}", *arguments]
        if first_hour > 0:
            call += ["--learn-from", rfc3339(self.begin)]
        said = subprocess.run(call, capture_output=True, text=True)
        if said.returncode != 0:
            raise SystemExit(f"{' '.join(map(str, call))}\n{said.stderr}")
        return read_steps(out / "steps.csv", self.begin + first_hour * HOUR, end_hour - first_hour)


def read_steps(path, begin, hours):
    """Column to values of hours in a row from `begin`; an empty cell is None."""
    with open(path, encoding="ascii", newline="") as file:
        rows = csv.reader(file)
        names = next(rows)
        values = {name: [] for name in names[1:]}
        count = 0
        for row in rows:
            if row[0] != rfc3339(begin + count * HOUR):
                raise Unfit(f"step {count + 1} begins at {row[0]}, not at {rfc3339(begin + count * HOUR)}")
            count += 1
            for name, cell in zip(names[1:], row[1:]):
                values[name].append(float(cell) if cell else None)
    if count != hours:
        raise Unfit(f"{count} steps, not {hours}")
    return values


def realised(steps, asset):
    """Power into the bus, W, of every hour."""
    values = steps[asset + ".realised_w"]
    if None in values:
        raise Unfit(f"{asset}: no power in hour {values.index(None)}")
    return values


class Progress:
    """Which of several runs have ended, on standard error."""

    def __init__(self, total):
        self.total, self.ended, self.begun = total, 0, time.monotonic()

    def step(self, what):
        self.ended += 1
        taken = time.monotonic() - self.begun
        left = taken / self.ended * (self.total - self.ended)
        print(f"  {self.ended}/{self.total} {what}: {taken:.0f} s, about {left:.0f} s left", file=sys.stderr, flush=True)


def side_by_side(tasks):
    """Runs functions on all processors; `tasks`: name to function. Returns name to what it returned."""
    progress, answers = Progress(len(tasks)), {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        waiting = {pool.submit(function): name for name, function in tasks.items()}
        try:
            for future in concurrent.futures.as_completed(waiting):
                answers[waiting[future]] = future.result()
                progress.step(" ".join(map(str, waiting[future])))
        finally:
            for future in waiting:
                future.cancel()
    return answers


def print_table(titles, rows):
    """Names to the left, figures to the right."""
    cells = [list(titles)] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(titles))]
    for row in cells:
        print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))).rstrip())
