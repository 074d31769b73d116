#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes small-days.csv: two weeks of a house, made up, to try `aemsctl replay` with.

    config/areas/small-days.py > config/areas/small-days.csv

Hours of local time around the day in autumn that has 25 of them. Nothing in it was measured: the load is a base, three
meals and evenings at home, the sun a clear sky behind clouds that change from day to day, and the dice are always the
same.
"""

import datetime
import math
import random
import zoneinfo

ZONE = zoneinfo.ZoneInfo("Europe/Berlin")
START = datetime.datetime(2026, 10, 19, tzinfo=ZONE).astimezone(datetime.timezone.utc)
DAYS, LATITUDE_DEG, PEAK_W = 14, 48.14, 9800
CLEAR = [0.7, 0.5, 0.2, 0.15, 0.4, 0.8, 0.6, 0.3, 0.12, 0.35, 0.75, 0.85, 0.2, 0.4]


def bump(hour, at, width):
    return math.exp(-((hour - at) / width) ** 2)


def load_w(hour, weekend, dice):
    home = 0.8 if weekend else 0.15  # somebody is there during the day
    use = 0.7 * bump(hour, 7, 1.1) + home * bump(hour, 12.5, 1.8) + bump(hour, 19, 2.2)
    return (240 + 1300 * use) * dice.uniform(0.75, 1.3)


def sun_share(day_of_year, hour):
    declination = math.radians(23.44) * math.sin(2 * math.pi * (day_of_year - 81) / 365)
    latitude = math.radians(LATITUDE_DEG)
    height = (math.sin(latitude) * math.sin(declination)
              + math.cos(latitude) * math.cos(declination) * math.cos(math.radians(15 * (hour - 12))))
    return max(height, 0.0) ** 1.15


def main():
    dice = random.Random(1)
    print("time,home.load_w,roof.pv_w")
    instant = START
    while True:
        local = instant.astimezone(ZONE)
        day = (local.date() - START.astimezone(ZONE).date()).days
        if day >= DAYS:
            return
        solar_hour = instant.hour + 0.5 + 11.58 / 15
        pv_w = 0.92 * PEAK_W * sun_share(local.timetuple().tm_yday, solar_hour) * CLEAR[day] * dice.uniform(0.85, 1)
        load = load_w(local.hour + 0.5, local.weekday() >= 5, dice)
        print(f"{local.isoformat()},{load:.0f},{pv_w:.0f}")
        instant += datetime.timedelta(hours=1)


main()
