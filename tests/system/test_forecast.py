#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forecasts in a running daemon: told over MQTT and by aemsctl, and kept when it is killed."""

import json
import signal
import sqlite3
import time
import unittest

from area import Area, until
from places import BLOCK


def forecast(area, name):
    return json.loads(area.listener.last(f"aems/block/asset/{name}/forecast") or b"{}")


class Forecast(unittest.TestCase):
    def test_accuracy_is_told_and_survives_a_kill(self):
        with Area(BLOCK.replace("shape: flat, average: 900 kW, peak: 900 kW", "shape: office, average: 500 kW, peak: 900 kW"),
                  speed=3600) as area:
            area.start_daemon()
            first = until(lambda: forecast(area, "offices"), what="the first forecast")
            self.assertEqual((first["method"], first["hours"], first["mae_w"]), ("standard", 0, None))
            learned = until(lambda: forecast(area, "offices").get("hours", 0) >= 6 and forecast(area, "offices"), 90,
                            "hours that were compared")
            for low, middle, high in zip(*(learned[q] for q in ("p10_w", "p50_w", "p90_w"))):
                self.assertLessEqual(low, middle)
                self.assertLessEqual(middle, high)
            self.assertEqual(len(learned["p50_w"]), 24)
            self.assertGreater(max(learned["p50_w"]), 300_000)
            table = area.ctl("forecast").stdout
            self.assertRegex(table, r"(?m)^offices +load +learned +\d+ ")
            self.assertIn("roof", table)
            day = area.ctl("forecast", "offices")
            self.assertEqual(len([l for l in day.stdout.splitlines() if l.startswith("01-")]), 24, day.stdout)
            told = json.loads(area.ctl("forecast", "offices", "--json").stdout)
            self.assertIn("pinball_w", told)
            refused = area.ctl("forecast", "b1")
            self.assertEqual(refused.returncode, 1)
            self.assertIn("only loads and PV plants", refused.stderr)

            time.sleep(7)  # an hour of the area, and so long an item may wait for the disk
            area.daemon.end(signal.SIGKILL)
            area.listener.publish("aems/block/asset/offices/forecast", b"", retain=True)
            area.start_daemon()
            self.assertNotIn("is not taken over", area.daemon.text())
            again = until(lambda: forecast(area, "offices"), what="a forecast after the restart")
            self.assertGreaterEqual(again["hours"], learned["hours"])
            self.assertEqual(again["method"], "learned")

    def test_a_damaged_forecast_is_left_behind_and_the_daemon_runs(self):
        with Area(BLOCK) as area:
            area.start_daemon()
            area.wait_for_plan()
            area.daemon.end()
            state = sqlite3.connect(area.folder / "state/state.db")
            self.assertEqual(state.execute("UPDATE item SET json = substr(json, 1, 200) || '}' "
                                           "WHERE kind = 'forecast' AND id = 'offices'").rowcount, 1)
            state.commit()
            state.close()
            area.start_daemon()
            until(lambda: 'stored forecast of "offices" is not taken over' in area.daemon.text(), what="a word in the log")
            area.wait_for_plan()
            self.assertEqual(json.loads(area.ctl("forecast", "offices", "--json").stdout)["method"], "standard")


if __name__ == "__main__":
    unittest.main()
