#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judges of the benchmarks on recorded data, on some hours whose answers are plain."""

import contextlib
import datetime
import io
import os
import pathlib
import sys
import tempfile
import unittest

import numpy

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import citylearn2022  # noqa: E402
import pymgrid25  # noqa: E402
import recorded  # noqa: E402

BEGIN = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)


def watts(*kilowatts):
    return [1e3 * value for value in kilowatts]


def microgrid():
    """Three hours: sun over, nothing, the grid away."""
    return pymgrid25.Microgrid(
        number=0, capacity=100.0, least=20.0, charge=30.0, discharge=30.0, load=numpy.array([10.0, 10.0, 10.0]),
        pv=numpy.array([30.0, 0.0, 0.0]), genset_least=5.0, genset_most=50.0, import_most=40.0, export_most=40.0,
        price=numpy.array([0.1, 0.2, 0.3]), co2=numpy.array([0.5, 0.5, 0.5]), status=numpy.array([1.0, 1.0, 0.0]))


def steps_of(**powers):
    """Steps of three hours from kW into the bus."""
    steps = {"load": (-10, -10, -10), "sun": (30, 0, 0), "battery": (-20, 0, 0), "genset": (0, 0, 10),
             "grid": (0, 10, 0)} | powers
    return {f"{asset}.realised_w": watts(*values) for asset, values in steps.items()}


class Microgrids(unittest.TestCase):
    def judge(self, **powers):
        return pymgrid25.judge(microgrid(), steps_of(**powers), 0, 3)

    def test_cost_is_wear_import_with_its_co2_and_fuel_with_its_co2(self):
        self.assertAlmostEqual(self.judge(), 20 * 0.02 + 10 * (0.2 + 0.1 * 0.5) + 10 * (0.4 + 0.1 * 2))

    def test_discharge_costs_wear_at_the_bus(self):
        cost = self.judge(battery=(-20, 16, 0), grid=(0, -6, 0))
        self.assertAlmostEqual(cost, 36 * 0.02 + 10 * 0.6)

    def test_what_is_not_served_costs_ten_a_kilowatt_hour(self):
        self.assertAlmostEqual(self.judge(load=(-10, -10, -8), genset=(0, 0, 8)), 0.4 + 2.5 + 8 * 0.6 + 2 * 10)

    def test_curtailment_and_export_cost_nothing(self):
        self.assertAlmostEqual(self.judge(sun=(10, 0, 0), battery=(0, 0, 0)), 2.5 + 6)
        self.assertAlmostEqual(self.judge(battery=(0, 0, 0), grid=(-20, 10, 0)), 2.5 + 6)

    def test_what_cannot_be_is_refused(self):
        cases = {
            "balance": {"grid": (0, 9, 0)},
            "load": {"load": (-12, -10, -10), "battery": (-18, 0, 0)},
            "sun": {"sun": (31, 0, 0), "grid": (-1, 10, 0)},
            "battery power": {"sun": (30, 0, 0), "battery": (-31, 0, 0), "grid": (11, 10, 0)},
            "energy in store": {"battery": (-20, 17, 0), "grid": (0, -7, 0)},
            "genset": {"genset": (0, 4, 10), "grid": (0, 6, 0)},
            "grid": {"genset": (0, 0, 0), "grid": (0, 10, 10)},
        }
        for what, powers in cases.items():
            with self.subTest(what), self.assertRaisesRegex(recorded.Unfit, f"^{what}: [12] hours"):
                self.judge(**powers)

    def test_a_full_battery_takes_no_more(self):
        m = microgrid()
        m.capacity = 30.0
        with self.assertRaisesRegex(recorded.Unfit, "^energy in store"):
            pymgrid25.judge(m, steps_of(), 0, 3)

    def test_an_hour_without_a_power_is_refused(self):
        steps = steps_of()
        steps["grid.realised_w"][1] = None
        with self.assertRaisesRegex(recorded.Unfit, "grid: no power in hour 1"):
            pymgrid25.judge(microgrid(), steps, 0, 3)

    def test_the_published_rule_leaves_the_reserved_power_unserved(self):
        m = microgrid()
        m.price = None
        m.pv = numpy.array([30.0, 0.0, 3.0])
        # Hour 0 stores 20, hour 1 takes 10. In hour 2 sun and the 6.2 that are left do not do: 5 are kept for the genset,
        # sun and battery give the other 5, and the genset is not asked.
        self.assertAlmostEqual(pymgrid25.rule_based(m, 0, 3), 0.02 * (20 + 10 + 2) + 10 * 5)

    def test_a_configuration_has_what_the_microgrid_has(self):
        m = microgrid()
        m.price = numpy.array([0.22] * 8 + [0.29] * 4 + [0.59] * 6 + [0.29] * 3 + [0.22] * 3)
        area = pymgrid25.configuration(m)
        self.assertEqual(area["batteries"]["battery"]["soc_min"], "20 %")
        self.assertEqual(area["grids"]["grid"]["tariff"], "commercial")
        self.assertEqual(area["generators"]["genset"]["min_power"], "5 kW")


def homes(load, sun):
    return citylearn2022.Homes("1-5", (1, 2), numpy.array(load, dtype=float), numpy.array(sun, dtype=float),
                               numpy.array([0.2, 0.5, 0.2]), numpy.array([0.1, 0.2, 0.3]))


class Homes(unittest.TestCase):
    def setUp(self):
        self.homes = homes([[1, 1, 1], [2, 0, 2]], [[2, 0, 0], [0, 0, 0]])

    def steps(self, first, second):
        """Steps from kW that flow into the two batteries."""
        steps = {}
        for i, flows in enumerate((first, second)):
            load, sun, flows = self.homes.load[i], self.homes.sun[i], numpy.array(flows, dtype=float)
            for asset, values in (("load", -load), ("sun", sun), ("battery", -flows), ("grid", load - sun + flows)):
                steps[f"{asset}{i + 1}.realised_w"] = list(1e3 * values)
        return steps

    def test_money_is_netted_over_homes_and_emissions_are_not(self):
        net = self.homes.load - self.homes.sun
        self.assertEqual(self.homes.costs(net)[0], 1 * 0.2 + 1 * 0.5 + 3 * 0.2)
        self.assertAlmostEqual(self.homes.costs(net)[1], 2 * 0.1 + 1 * 0.2 + 3 * 0.3)

    def test_batteries_that_stand_still_score_one(self):
        self.assertEqual(citylearn2022.judge(self.homes, self.steps([0, 0, 0], [0, 0, 0])), (1, 1, 1))

    def test_stored_sun_saves_what_it_replaces(self):
        price, emission, mean = citylearn2022.judge(self.homes, self.steps([1, -0.83, 0], [0, 0, 0]))
        self.assertAlmostEqual(price, (2 * 0.2 + 0.17 * 0.5 + 3 * 0.2) / 1.3)
        self.assertAlmostEqual(emission, (2 * 0.1 + 0.17 * 0.2 + 3 * 0.3) / 1.3)
        self.assertAlmostEqual(mean, (price + emission) / 2)

    def test_what_cannot_be_is_refused(self):
        cases = {"battery 1 in hour 1: -": ([1, -0.9, 0], [0, 0, 0]),
                 "battery 2 in hour 0: 5": ([0, 0, 0], [5.1, 0, 0]),
                 "battery 2 in hour 2: -3.5.* of 2.9": ([0, 0, 0], [5, 1.3, -3.5])}
        for what, flows in cases.items():
            with self.subTest(what), self.assertRaisesRegex(recorded.Unfit, what):
                citylearn2022.judge(self.homes, self.steps(*flows))

    def test_a_load_that_is_not_the_recorded_one_is_refused(self):
        steps = self.steps([0, 0, 0], [0, 0, 0])
        steps["load1.realised_w"][2] += 1
        with self.assertRaisesRegex(recorded.Unfit, "load of home 1 in hour 2"):
            citylearn2022.judge(self.homes, steps)

    def test_power_falls_near_full_in_both_directions(self):
        self.assertAlmostEqual(citylearn2022.most_power(0.9 * 6.4), 3.0)
        self.assertAlmostEqual(citylearn2022.use_battery(6.4, -4.0)[1], -1.0)
        energy, power = citylearn2022.use_battery(6.3, 4.0)
        self.assertAlmostEqual(energy, 6.4)
        self.assertAlmostEqual(power, 0.1 / citylearn2022.one_way_efficiency(1.25), places=6)

    def test_efficiency_follows_its_curve(self):
        self.assertAlmostEqual(citylearn2022.one_way_efficiency(-2.5) ** 2, 0.865)

    def test_the_tariff_knows_season_weekend_and_evening(self):
        price = {text: citylearn2022.tariff_price(datetime.datetime.fromisoformat(text))
                 for text in ("2016-08-01T15:00", "2016-08-01T16:00", "2016-08-06T20:00", "2016-10-01T20:00",
                              "2016-10-01T21:00")}
        self.assertEqual(list(price.values()), [0.22, 0.54, 0.40, 0.50, 0.21])


class Recorded(unittest.TestCase):
    def test_steps_must_follow_each_other_by_the_hour(self):
        with tempfile.TemporaryDirectory() as place:
            path = pathlib.Path(place) / "steps.csv"
            path.write_text("time,a.realised_w\n2020-01-01T00:00:00Z,5.0\n2020-01-01T01:00:00Z,\n", encoding="ascii")
            self.assertEqual(recorded.read_steps(path, BEGIN, 2), {"a.realised_w": [5.0, None]})
            with self.assertRaisesRegex(recorded.Unfit, "2 steps, not 3"):
                recorded.read_steps(path, BEGIN, 3)
            with self.assertRaisesRegex(recorded.Unfit, "step 1 begins at 2020-01-01T00"):
                recorded.read_steps(path, BEGIN + recorded.HOUR, 2)

    def test_missing_data_are_named_with_where_to_get_them(self):
        with tempfile.TemporaryDirectory() as place:
            os.environ["AEMS_BENCH_DATA"] = place
            self.addCleanup(os.environ.pop, "AEMS_BENCH_DATA")
            with self.assertRaisesRegex(SystemExit, "Building_1.csv, .* and 9 more(.|\n)*CityLearn"):
                recorded.data_folder("citylearn2022", citylearn2022.files_needed(), citylearn2022.SOURCE)

    def test_a_configuration_is_written_as_blocks_and_lists(self):
        text = recorded.yaml_text({"a": {"b": "1 kW", "c": [{"from": "08:00", "x": True}]}, "d": {}})
        self.assertEqual(text, 'a:\n  b: 1 kW\n  c: [{from: "08:00", x: true}]\nd: {}')

    def test_a_table_is_aligned(self):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            recorded.print_table(("name", "x"), [("a", 1), ("long name", 22)])
        self.assertEqual(said.getvalue(), "name        x\na           1\nlong name  22\n")


if __name__ == "__main__":
    unittest.main()
