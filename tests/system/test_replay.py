#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program over recorded data, as an operator calls it: files, figures, days of 23 and 25 hours, and bad input."""

import csv
import datetime
import json
import math
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import unittest
import zoneinfo

from area import AEMSCTL, SOURCE, until

UTC = datetime.timezone.utc
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
HOUR = datetime.timedelta(hours=1)

# One house whose figures can be checked by hand: no demand charge, one price for all hours unless the data say better.
HOUSE = """
area: {id: house, timezone: Europe/Berlin, latitude: 52 deg, longitude: 13 deg, currency: EUR}
plan: {interval: 15 min, horizon: 24 h, scenarios: 1}
tariffs: {flat: {import: [{price: 0.30 /kWh}], export: [{price: 0.10 /kWh}]}}
buses: {house: {}}
grids: {grid: {bus: house, import_limit: 10 kW, export_limit: 10 kW, tariff: flat, co2: 400 g/kWh}}
pv: {roof: {bus: house, peak_power: 5 kW}}
batteries: {cellar: {bus: house, capacity: 8 kWh, max_charge: 4 kW, max_discharge: 4 kW, wear: 0.01 /kWh}}
loads: {home: {bus: house, shape: home, average: 500 W, peak: 2 kW}}
"""

COLUMNS = "time,home.load_w,roof.pv_w,grid.import_price"


def rows(start, hours, zone=UTC):
    """(time, load, PV, price) of each hour; the price is high in the evening, the sun shines at noon."""
    for n in range(hours):
        instant = start.astimezone(UTC) + n * HOUR
        local = instant.astimezone(BERLIN)
        sun = max(0.0, math.sin((local.hour - 6) / 12 * math.pi))
        price = 0.45 if 17 <= local.hour < 21 else 0.15 if local.hour < 5 else 0.3
        yield instant.astimezone(zone).isoformat(), 400 + 30 * (local.hour % 7), round(3000 * sun), price


def text_of(lines, head=COLUMNS):
    return "\n".join([head, *(",".join(str(cell) for cell in line) for line in lines)]) + "\n"


class Replay(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="aems-replay."))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "house.yaml").write_text(HOUSE)
        self.start = datetime.datetime(2026, 5, 4, tzinfo=UTC)

    def call(self, data, *arguments, out="out", name="data.csv", configuration="house.yaml"):
        """Runs the program in the scratch folder, so that the paths in its files are the same in every test."""
        if data is not None:
            (self.folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        return subprocess.run(
            [str(AEMSCTL), "replay", "-c", configuration, "--data", name, "--out", out, *arguments],
            cwd=self.folder, capture_output=True, text=True, timeout=120)

    def replay(self, data, *arguments, **more):
        done = self.call(data, *arguments, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        out = self.folder / more.get("out", "out")
        self.stderr = done.stderr
        self.report = json.loads((out / "report.json").read_text())
        with open(out / "steps.csv", newline="") as file:
            self.steps = list(csv.DictReader(file))
        return done

    def bytes_of(self, out):
        return {file.name: file.read_bytes() for file in sorted((self.folder / out).iterdir())}

    # ---- files and figures ----

    def test_three_files_and_a_table_are_written(self):
        done = self.replay(text_of(rows(self.start, 48)))
        self.assertEqual(sorted(self.bytes_of("out")), ["report.html", "report.json", "steps.csv"])
        for word in ("EUR", "none", "daemon", "total cost", "out/report.html"):
            self.assertIn(word, done.stdout)
        self.assertEqual(done.stderr, "")
        self.assertEqual(len(self.steps), 48)
        self.assertEqual(self.steps[0]["time"], "2026-05-04T00:00:00Z")
        self.assertEqual(self.report["controller"], "daemon")
        self.assertEqual(set(self.report["controllers"]), {"none", "daemon"})
        self.assertEqual(self.report["baseline"], self.report["controllers"]["none"])
        self.assertGreater(self.report["plans"], 40)
        self.assertEqual(self.report["failed_plans"], 0)

    def test_without_control_the_bill_is_that_of_the_meter(self):
        recorded = list(rows(self.start, 48))
        self.replay(text_of(recorded), "--controllers", "none")
        flows = [(load - pv, price) for _, load, pv, price in recorded]
        import_kwh = sum(max(w, 0) for w, _ in flows) / 1000
        export_kwh = sum(max(-w, 0) for w, _ in flows) / 1000
        cost = sum(max(w, 0) * price for w, price in flows) / 1000 - 0.10 * export_kwh
        for name, expected in (("import_kwh", import_kwh), ("export_kwh", export_kwh), ("energy_cost", cost),
                               ("total_cost", cost), ("co2_kg", 0.4 * import_kwh), ("wear_cost", 0),
                               ("peak_import_kw", max(w for w, _ in flows) / 1000),
                               ("load_kwh", sum(load for _, load, _, _ in recorded) / 1000),
                               ("pv_kwh", sum(pv for _, _, pv, _ in recorded) / 1000), ("unserved_kwh", 0)):
            self.assertAlmostEqual(self.report[name], expected, delta=1e-4 * max(1, abs(expected)), msg=name)

    def test_foresight_beats_forecasts_and_both_beat_no_control(self):
        self.replay(text_of(rows(self.start, 120)), "--controllers", "none,rule,daemon,perfect")
        cost = {name: figures["total_cost"] for name, figures in self.report["controllers"].items()}
        self.assertLess(cost["perfect"], cost["none"] - 0.5)
        self.assertLess(cost["daemon"], cost["none"] - 0.5)
        self.assertLess(cost["perfect"], cost["daemon"] + 0.02)

    def test_steps_add_up_to_the_report(self):
        self.replay(text_of(rows(self.start, 48)))
        self.assertAlmostEqual(sum(float(s["cost"]) for s in self.steps), self.report["total_cost"], places=3)
        flows = [float(s["grid.realised_w"]) / 1000 for s in self.steps]
        self.assertAlmostEqual(sum(max(w, 0) for w in flows), self.report["import_kwh"], places=2)
        for s in self.steps:
            balance = sum(float(s[f"{a}.realised_w"]) for a in ("grid", "roof", "cellar", "home"))
            self.assertLess(abs(balance), 1)
            self.assertTrue(0 <= float(s["cellar.soc_frac"]) <= 1)

    def test_an_absent_grid_is_lived_through_and_counted(self):
        lines = [(t, load, 0, 0 if 20 <= n < 24 else 1) for n, (t, load, _, _) in enumerate(rows(self.start, 30))]
        head = "time,home.load_w,roof.pv_w,grid.grid_available"
        self.replay(text_of(lines, head), "--controllers", "none")
        expected = sum(load for n, (_, load, _, _) in enumerate(lines) if 20 <= n < 24) / 1000
        self.assertAlmostEqual(self.report["unserved_kwh"], expected, places=2)
        self.replay(text_of(lines, head), "--forecast", "perfect")
        self.assertLess(self.report["unserved_kwh"], 0.1)

    def test_json_is_the_report(self):
        done = self.replay(text_of(rows(self.start, 24)), "--json")
        self.assertEqual(done.stdout, (self.folder / "out/report.json").read_text())
        self.assertIsNone(self.report["solve_ms"]["p50"])
        self.replay(None, "--times")
        self.assertGreater(self.report["solve_ms"]["p50"], 0)

    def test_a_part_of_the_data_can_be_chosen(self):
        data = text_of(rows(self.start, 72))
        self.replay(data, "--from", "2026-05-05T00:00:00Z", "--to", "2026-05-06T02:00:00+02:00", "--learn-from",
                    "2026-05-04T00:00:00Z", "--soc", "0.5", "--cycle", "30min")
        self.assertEqual(len(self.steps), 48)
        self.assertEqual((self.report["from"], self.report["to"]), ("2026-05-05T00:00:00Z", "2026-05-06T00:00:00Z"))
        done = self.call(None, "--from", "2025-01-01T00:00:00Z")
        self.assertEqual(done.returncode, 1)
        self.assertIn("data.csv: expected --from and --to within the data: 2026-05-04T00:00:00Z to "
                      "2026-05-07T00:00:00Z", done.stderr)

    def test_the_example_of_the_readme_runs(self):
        self.replay(None, "--controllers", "none,rule,daemon,perfect", name=str(SOURCE / "config/areas/small-days.csv"),
                    configuration=str(SOURCE / "config/areas/small.yaml"))
        self.assertEqual(len(self.steps), 14 * 24 + 1)
        cost = {name: figures["total_cost"] for name, figures in self.report["controllers"].items()}
        self.assertLess(cost["perfect"], cost["none"])
        made = subprocess.run(["/usr/bin/python3", str(SOURCE / "config/areas/small-days.py")], capture_output=True,
                              text=True, check=True)
        self.assertEqual(made.stdout, (SOURCE / "config/areas/small-days.csv").read_text())

    # ---- one plan ----

    def solve(self, *arguments):
        return subprocess.run([str(AEMSCTL), "solve", "-c", "house.yaml", "--data", "data.csv", *arguments],
                              cwd=self.folder, capture_output=True, text=True, timeout=60)

    def test_a_plan_at_an_instant_foresees_the_data(self):
        recorded = list(rows(self.start, 72))
        (self.folder / "data.csv").write_text(text_of(recorded))
        done = self.solve("--at", "2026-05-05T06:00:00+02:00", "--soc", "20 %", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual((answer["status"], answer["at"]), ("optimal", "2026-05-05T04:00:00Z"))
        done = self.solve("--at", "2026-05-05T06:00:00+02:00", "--soc", "20 %", "--csv")
        steps = list(csv.DictReader(done.stdout.splitlines()))
        self.assertEqual(len(steps), answer["steps"])
        self.assertEqual([s["time"] for s in steps[:2]], ["2026-05-05T04:00:00Z", "2026-05-05T05:00:00Z"])
        for step, (_, load, pv, _) in zip(steps, recorded[28:]):
            self.assertAlmostEqual(-float(step["home.power_w"]), load, places=2)
            self.assertLessEqual(float(step["roof.power_w"]), pv + 0.01)
        cellar = next(a for a in answer["schedule"]["assets"] if a["id"] == "cellar")
        self.assertEqual([round(w) for w in cellar["power_w"]], [round(float(s["cellar.power_w"])) for s in steps])

    def test_a_plan_outside_the_data_is_refused(self):
        (self.folder / "data.csv").write_text(text_of(rows(self.start, 5)))
        done = self.solve("--at", "2026-05-04T05:00:00Z")
        self.assertEqual(done.returncode, 1)
        self.assertIn("data.csv: expected --at within the data", done.stderr)
        self.assertEqual(self.solve("--soc", "2").returncode, 2)
        self.assertEqual(self.solve().returncode, 0)

    # ---- the same again ----

    def test_the_same_input_gives_the_same_bytes(self):
        data = text_of(rows(self.start, 72))
        arguments = ("--controllers", "none,rule,daemon,persistence,perfect,schedule", "--scenarios", "4", "--seed", "7")
        self.replay(data, *arguments, out="one")
        self.replay(data, *arguments, out="two")
        self.assertEqual(self.bytes_of("one"), self.bytes_of("two"))

    def test_a_controller_does_the_same_beside_others(self):
        data = text_of(rows(self.start, 48))
        self.replay(data)
        alone = self.report["controllers"]["daemon"]
        steps = (self.folder / "out/steps.csv").read_bytes()
        self.replay(data, "--controllers", "perfect,daemon,rule")
        self.assertEqual(self.report["controllers"]["daemon"], alone)
        self.assertEqual((self.folder / "out/steps.csv").read_bytes(), steps)

    # ---- time ----

    def test_days_of_23_and_25_hours_are_replayed_hour_by_hour(self):
        for day, hours in ((datetime.datetime(2026, 3, 29, tzinfo=BERLIN), 23),
                           (datetime.datetime(2026, 10, 25, tzinfo=BERLIN), 25)):
            with self.subTest(hours=hours):
                begin = day - datetime.timedelta(days=1)  # local days: so long that one of them is the odd one
                self.replay(text_of(rows(begin, 24 + hours + 24, BERLIN)))
                self.assertEqual(self.stderr, "")
                self.assertEqual(len(self.steps), 48 + hours)
                self.assertEqual(self.report["read"]["refused"] + self.report["read"]["gaps"], 0)
                local = [datetime.datetime.fromisoformat(s["time"].replace("Z", "+00:00")).astimezone(BERLIN)
                         for s in self.steps]
                self.assertEqual(sum(t.date() == day.date() for t in local), hours)
                evening = [float(s["grid.import_price"]) for s, t in zip(self.steps, local) if 17 <= t.hour < 21]
                self.assertEqual(set(evening), {0.45})
                self.assertEqual(len(evening), 12)

    def test_the_zone_of_the_times_does_not_matter(self):
        found = []
        for zone in (UTC, BERLIN, datetime.timezone(9 * HOUR), datetime.timezone(-datetime.timedelta(minutes=210))):
            self.replay(text_of(rows(self.start, 36, zone)))
            found.append(self.bytes_of("out"))
        self.assertEqual(found[1:], found[:1] * 3)

    # ---- rows that are not as they should be ----

    def test_order_and_repetition_do_not_matter(self):
        lines = list(rows(self.start, 36))
        self.replay(text_of(lines), out="clean")
        clean = self.bytes_of("clean")["steps.csv"]
        mixed = [lines[1], (lines[1][0], 1, 1, 0.1), *lines[:0:-1], lines[0]]
        self.replay(text_of(mixed))
        self.assertEqual(self.bytes_of("out")["steps.csv"], clean)
        self.assertEqual(self.report["read"]["refused"], 2)
        self.assertEqual(self.report["read"]["rows"], 38)
        self.assertGreater(self.report["read"]["reordered"], 30)
        self.assertIn("data.csv:2:1: warning: 2026-05-04T01:00:00Z stands in line", self.stderr)
        self.assertIn("data.csv:3:1: warning: 2026-05-04T01:00:00Z stands in line", self.stderr)

    def test_gaps_are_lived_through_and_said(self):
        lines = list(rows(self.start, 48))
        del lines[10:16]
        lines[20] = (lines[20][0], "", "", "")
        self.replay(text_of(lines))
        self.assertEqual(len(self.steps), 48)
        self.assertEqual(self.report["read"]["gaps"], 1)
        self.assertIn("1 gap of more than a step of 3600 s", self.stderr)
        self.assertGreaterEqual(self.report["unknown_hours"], 1)
        self.assertTrue(math.isfinite(self.report["total_cost"]))

    def test_each_refused_row_and_cell_is_counted_and_named(self):
        lines = [list(line) for line in rows(self.start, 40)]
        lines[3][1] = -5000
        lines[4][2] = "nan"
        lines[5][3] = "1e400"
        lines[6][0] = "2026-05-04T06:00:00"
        lines[7] = lines[7][:3]
        lines[8][1] = "\0"
        self.replay(text_of(lines).encode())
        for line, words in ((5, 'home.load_w: "-5000": expected 0 to 20000'), (6, 'roof.pv_w: "nan"'),
                            (7, 'grid.import_price: "1e400"'), (8, "with its zone"), (9, "expected 4 cells"),
                            (10, "NUL byte")):
            self.assertRegex(self.stderr, rf"(?m)^data\.csv:{line}:\d+: warning: .*{words}")
        self.assertEqual((self.report["read"]["refused"], self.report["read"]["refused_cells"]), (3, 3))
        self.assertEqual(len(self.stderr.splitlines()), 7)  # and that there are gaps now

    def test_a_hopeless_file_is_a_clear_error_and_writes_nothing(self):
        for data, words in (("", "it is empty"), (COLUMNS, "there are none but the names"),
                            (COLUMNS.replace(",", ";") + "\n", "separated by commas"),
                            (text_of(rows(self.start, 3)).replace("home.", "hone."), "did you mean home?"),
                            (text_of(rows(self.start, 3)).replace("+00:00", ""), "none of 3 can be used"),
                            (random.Random(1).randbytes(5000).replace(b"\n", b""), "expected")):
            done = self.call(data)
            self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
            self.assertIn("data.csv", done.stderr)
            self.assertIn(words, done.stderr)
            self.assertFalse((self.folder / "out").exists())
        self.assertIn("at most 50 years", self.call(text_of([("1971-01-01T00:00:00Z", 1, 1, 1),
                                                            ("2026-01-01T00:00:00Z", 1, 1, 1)])).stderr)
        self.assertIn("no.csv: No such file", self.call(None, name="no.csv").stderr)

    def test_a_command_line_without_sense_is_told_so(self):
        (self.folder / "data.csv").write_text(text_of(rows(self.start, 3)))
        for arguments, words in ((("--forecast", "oracle"), "daemon, perfect or persistence"),
                                 (("--controllers", "none,rulle"), "did you mean rule?"),
                                 (("--scenarios", "0"), "from 1 to 10"), (("--to", "tomorrow"), "a time such as"),
                                 (("--month", "2026-01"), "takes no --month"), (("--sed", "1"), "did you mean --seed?")):
            done = self.call(None, *arguments)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(words, done.stderr)

    # ---- the folder ----

    def test_a_folder_that_cannot_be_written_is_said(self):
        (self.folder / "file").write_text("")
        done = self.call(text_of(rows(self.start, 3)), out="file/out")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Not a directory", done.stderr)

    def test_a_folder_in_the_way_of_a_file_leaves_all_three_as_they_were(self):
        (self.folder / "out/report.json").mkdir(parents=True)
        (self.folder / "out/steps.csv").write_text("former")
        done = self.call(text_of(rows(self.start, 3)))
        self.assertEqual(done.returncode, 1)
        self.assertIn("out/report.json: Is a directory", done.stderr)
        self.assertEqual((self.folder / "out/steps.csv").read_text(), "former")
        self.assertEqual(len(list((self.folder / "out").iterdir())), 2)

    def test_output_that_does_not_fit_is_no_success(self):
        (self.folder / "data.csv").write_text(text_of(rows(self.start, 3)))
        for command in (("replay", "--out", "out"), ("solve", "--json")):
            with open("/dev/full", "w") as full:
                done = subprocess.run([str(AEMSCTL), command[0], "-c", "house.yaml", "--data", "data.csv", *command[1:]],
                                      cwd=self.folder, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("No space left on device", done.stderr)

    def test_reading_data_without_end_can_be_interrupted(self):
        child = subprocess.Popen([str(AEMSCTL), "replay", "-c", "house.yaml", "--data", "/dev/zero", "--out", "out"],
                                 cwd=self.folder, stderr=subprocess.PIPE, text=True)
        try:
            until(lambda: any(os.path.realpath(fd) == "/dev/zero" for fd in pathlib.Path(
                f"/proc/{child.pid}/fd").iterdir()), what="the data being read")
            child.send_signal(signal.SIGINT)
            self.assertEqual(child.wait(timeout=20), -signal.SIGINT)
        finally:
            child.kill()
            child.communicate()

    def test_an_interrupted_replay_leaves_what_was_there(self):
        self.replay(text_of(rows(self.start, 24)))
        before = self.bytes_of("out")
        (self.folder / "long.csv").write_text(text_of(rows(self.start, 20000)))
        child = subprocess.Popen([str(AEMSCTL), "replay", "-c", "house.yaml", "--data", "long.csv", "--out", "out"],
                                 cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            until(lambda: len(list((self.folder / "out").iterdir())) > 3, what="a file under way")
            children = pathlib.Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text
            workers = [int(pid) for pid in until(children, what="a worker").split()]
            child.send_signal(signal.SIGINT)
            _, errors = child.communicate(timeout=20)
        finally:
            child.kill()
            child.wait()
        self.assertEqual(child.returncode, -signal.SIGINT, errors)
        self.assertEqual(self.bytes_of("out"), before)
        until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in workers), what="the end of the workers")

    def test_a_worker_that_dies_is_an_error(self):
        (self.folder / "long.csv").write_text(text_of(rows(self.start, 20000)))
        child = subprocess.Popen([str(AEMSCTL), "replay", "-c", "house.yaml", "--data", "long.csv", "--out", "out"],
                                 cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            children = pathlib.Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text
            os.kill(int(until(children, what="a worker").split()[0]), signal.SIGKILL)
            _, errors = child.communicate(timeout=20)
        finally:
            child.kill()
            child.wait()
        self.assertEqual(child.returncode, 1)
        self.assertIn("it ended before it was done", errors)
        self.assertEqual(list((self.folder / "out").iterdir()), [])


if __name__ == "__main__":
    unittest.main()
