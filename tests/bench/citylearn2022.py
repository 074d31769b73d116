# SPDX-License-Identifier: GPL-3.0-or-later
"""The homes of the CityLearn challenge of 2022: data as published, the area that aems sees, and the judge.

Powers of the data are kW, means over an hour; those of aems are W. Hours are those of the homes' clock; their data have
24 of them every day.
"""

import csv
import dataclasses
import datetime

import numpy

import recorded

BEGIN = datetime.datetime(2016, 8, 1, 7, tzinfo=datetime.timezone.utc)  # midnight in California
HOURS = 8760
CAPACITY, POWER = 6.4, 5.0  # kWh, kW of each battery
EFFICIENCY_CURVE = ((0, 0.83), (0.3, 0.83), (0.7, 0.9), (0.8, 0.9), (1, 0.85))  # of both ways, over power / POWER
USUAL_EFFICIENCY = 0.93  # one way, for the plan
POWER_CURVE = ((0, 1), (0.8, 1), (1, 0.2))  # share of POWER over the state of charge at the begin of an hour
SUN_KW = {4: 5.0, 10: 5.0}  # of the others 4 kW
SETS = {"1-5": (1, 2, 3, 4, 5), "6-10": (6, 7, 8, 9, 10)}
NO_BATTERY = {"1-5": (8277.73, 4627.49), "6-10": (9007.70, 5080.35)}  # price, kg of CO2: published
TARIFF = (  # price, from, to, days, months
    (0.54, 16, 21, "weekdays", "6-9"),
    (0.40, 16, 21, "weekends", "6-9"),
    (0.22, 0, 24, "all", "6-9"),
    (0.50, 16, 21, "all", "1-12"),
    (0.21, 0, 24, "all", "1-12"),
)
SOURCE = ("The public gets them from the CityLearn challenge of 2022: the data set citylearn_challenge_2022_phase_all of "
          "the project CityLearn (for 1-5 phase_1 will do),\nfiles Building_*.csv, weather.csv, carbon_intensity.csv, "
          "pricing.csv.")


@dataclasses.dataclass
class Homes:
    name: str  # of SETS
    numbers: tuple
    load: numpy.ndarray  # kW, a row a home
    sun: numpy.ndarray
    price: numpy.ndarray  # per kWh
    co2: numpy.ndarray  # kg per kWh

    def costs(self, net):
        """(price, kg of CO2) of what each home draws, kW: money is netted over the homes, emissions are not."""
        return (float((numpy.maximum(0, net.sum(axis=0)) * self.price).sum()),
                float((numpy.maximum(0, net) * self.co2).sum()))

    def scores(self, net):
        """(price, emissions, their mean), each over what it is without batteries."""
        ratios = [ours / without for ours, without in zip(self.costs(net), self.costs(self.load - self.sun))]
        return (*ratios, sum(ratios) / 2)


def files_needed():
    return [f"Building_{number}.csv" for numbers in SETS.values() for number in numbers] + ["carbon_intensity.csv",
                                                                                            "pricing.csv"]


def read_columns(path, *names):
    with open(path, encoding="ascii", newline="") as file:
        rows = list(csv.DictReader(file))
    return [numpy.array([float(row[name]) for row in rows]) for name in names]


def read_homes(folder, name):
    numbers = SETS[name]
    loads, suns = [], []
    for number in numbers:
        load, per_kw = read_columns(folder / f"Building_{number}.csv", "non_shiftable_load", "solar_generation")
        loads.append(load)
        suns.append(per_kw / 1000 * SUN_KW.get(number, 4.0))
    price, = read_columns(folder / "pricing.csv", "electricity_pricing")
    co2, = read_columns(folder / "carbon_intensity.csv", "carbon_intensity")
    homes = Homes(name, numbers, numpy.array(loads), numpy.array(suns), price, co2)
    found = homes.costs(homes.load - homes.sun)
    if any(abs(f - known) > 0.006 for f, known in zip(found, NO_BATTERY[name])):
        raise SystemExit(f"homes {name} cost {found[0]:.2f} and {found[1]:.2f} kg without batteries, not "
                         f"{NO_BATTERY[name]} as published: other data?")
    check_tariff(price)
    return homes


def check_tariff(prices):
    for hour, price in enumerate(prices):
        if abs(tariff_price(BEGIN - datetime.timedelta(hours=7) + hour * recorded.HOUR) - price) > 1e-9:
            raise SystemExit(f"the price of hour {hour} is not that of the tariff")


def tariff_price(local):
    for price, begin, end, days, months in TARIFF:
        low, high = map(int, months.split("-"))
        weekend = local.weekday() >= 5
        if begin <= local.hour < end and low <= local.month <= high and days in ("all", "weekends" if weekend
                                                                                 else "weekdays"):
            return price
    raise AssertionError(local)


# ---- as aems sees it ------------------------------------------------------------------------------------------------

def curve(points, share, value):
    return [{share: f"{100 * x:g} %", **value(y)} for x, y in points]


def battery():
    return {
        "capacity": f"{CAPACITY} kWh", "max_charge": f"{POWER} kW", "max_discharge": f"{POWER} kW",
        "soc_min": "0 %", "soc_max": "100 %",
        "charge_curve": curve(POWER_CURVE, "soc", lambda y: {"power": f"{y * POWER:g} kW"}),
        "discharge_curve": curve(POWER_CURVE, "soc", lambda y: {"power": f"{y * POWER:g} kW"}),
        "charge_efficiency": f"{100 * USUAL_EFFICIENCY:g} %", "discharge_efficiency": f"{100 * USUAL_EFFICIENCY:g} %",
        "efficiency_curve": curve(EFFICIENCY_CURVE[1:], "power", lambda y: {"efficiency": f"{100 * y ** 0.5:.9g} %"}),
    }


def tariff():
    return [{"price": f"{price} /kWh", "from": f"{begin:02}:00", "to": f"{end:02}:00", "days": days, "months": months}
            for price, begin, end, days, months in TARIFF]


def configuration(homes):
    """What somebody knows who sets it up; nothing in it is taken from the year that is replayed."""
    without = NO_BATTERY[homes.name]
    area = {
        "area": {"id": "homes", "timezone": "Etc/GMT+7", "latitude": "34.1 deg", "longitude": "-117.4 deg",
                 "currency": "USD", "co2_price": f"{without[0] / without[1]:.9g} /kg"},  # both weigh alike in the score
        "plan": {"interval": "1 h", "max_age": "3 h", "shortest_step": "60 min", "horizon": "24 h", "scenarios": 7},
        "control": {"limit_margin": "0 %"},
        "mqtt": {"enabled": False},
        "tariffs": {"street": {"import": tariff()}, "nothing": {"import": [{"price": "0 /kWh"}]}},
        "buses": {}, "grids": {}, "pv": {}, "batteries": {}, "loads": {},
        "communities": {"street": {"tariff": "street", "grids": [f"grid{n}" for n in homes.numbers]}},
    }
    for n in homes.numbers:
        area["buses"][f"home{n}"] = {}
        area["grids"][f"grid{n}"] = {"bus": f"home{n}", "import_limit": "20 kW", "export_limit": "20 kW",
                                     "tariff": "nothing", "co2": "160 g/kWh"}
        area["pv"][f"sun{n}"] = {"bus": f"home{n}", "peak_power": f"{SUN_KW.get(n, 4.0):g} kW", "tilt": "20 deg",
                                 "curtailable": False}
        area["batteries"][f"battery{n}"] = {"bus": f"home{n}", **battery()}
        area["loads"][f"load{n}"] = {"bus": f"home{n}", "shape": "home", "average": "1 kW", "peak": "2 kW",
                                     "tiers": {"ordinary": "100 %"}}
    return area


def columns(homes):
    answer = {}
    for i, n in enumerate(homes.numbers):
        answer |= {f"load{n}.load_w": 1e3 * numpy.maximum(0, homes.load[i]),
                   f"sun{n}.pv_w": 1e3 * numpy.maximum(0, homes.sun[i]), f"grid{n}.co2_g_per_kwh": 1e3 * homes.co2}
    return answer


# ---- judge ----------------------------------------------------------------------------------------------------------

def interpolate(points, x):
    return numpy.interp(x, [p[0] for p in points], [p[1] for p in points])


def one_way_efficiency(power):
    return interpolate(EFFICIENCY_CURVE, abs(power) / POWER) ** 0.5


def most_power(energy):
    """kW in either direction, at an energy in store."""
    return POWER * interpolate(POWER_CURVE, energy / CAPACITY)


def use_battery(energy, wanted):
    """(energy after an hour, power into the battery) when `wanted` kW are to go into it, or, below 0, out of it."""
    power = max(-most_power(energy), min(most_power(energy), wanted))
    efficiency = one_way_efficiency(power)
    if power > 0:
        power = min(power, (CAPACITY - energy) / efficiency)
        return energy + power * efficiency, power
    power = max(power, -energy * efficiency)
    return max(0.0, energy + power / efficiency), power


class Store:
    """One battery by the challenge's rules, hour after hour.

    What rounding of powers and of the efficiency between its points puts into a full battery is lost, what it takes from
    an empty one is owed; neither may be much.
    """

    ROOM_KW, ROOM_KWH, ROOM_SHARE = recorded.ROUNDING_W / 1e3, 0.02, 0.002

    def __init__(self, name):
        self.name, self.energy, self.moved, self.corrected = name, 0.0, 0.0, 0.0

    def hour(self, hour, power):
        """`power` kW flowed into it; below 0 out of it."""
        most = most_power(max(0.0, self.energy - self.ROOM_KWH)) + self.ROOM_KW
        if abs(power) > most:
            raise recorded.Unfit(f"{self.name} in hour {hour}: {power:.4f} kW, of {most:.4f} with "
                                 f"{self.energy:.3f} kWh in store")
        efficiency = one_way_efficiency(power)
        energy = self.energy + (power * efficiency if power > 0 else power / efficiency)
        self.energy = min(max(energy, -self.ROOM_KWH), CAPACITY)
        self.moved += abs(power)
        self.corrected += abs(energy - self.energy)
        if self.corrected > self.ROOM_KWH + self.ROOM_SHARE * self.moved:
            raise recorded.Unfit(f"{self.name} in hour {hour}: {energy:.4f} kWh in store")


def judge(homes, steps):
    """(price, emissions, mean) over what they are without batteries. Unfit when something cannot have been so."""
    net = numpy.zeros_like(homes.load)
    for i, n in enumerate(homes.numbers):
        load, sun, power, grid = (numpy.array(recorded.realised(steps, f"{asset}{n}")) / 1e3
                                  for asset in ("load", "sun", "battery", "grid"))
        for what, found, known in (("load", -load, homes.load[i]), ("sun", sun, homes.sun[i]),
                                   ("balance", grid, -(load + sun + power))):
            wrong = numpy.flatnonzero(abs(found - known) > Store.ROOM_KW)
            if wrong.size:
                raise recorded.Unfit(f"{what} of home {n} in hour {wrong[0]}: {found[wrong[0]]:.4f} kW, "
                                     f"not {known[wrong[0]]:.4f}")
        store = Store(f"battery {n}")
        for hour, flow in enumerate(-power):
            store.hour(hour, flow)
        net[i] = homes.load[i] - homes.sun[i] - power
    return homes.scores(net)


def follow(homes):
    """Scores of the tracking rule: every battery takes what its home has over and gives what it lacks."""
    lacking = homes.load - homes.sun
    net = numpy.zeros_like(lacking)
    for i in range(len(homes.numbers)):
        energy = 0.0
        for hour in range(HOURS):
            energy, power = use_battery(energy, -lacking[i, hour])
            net[i, hour] = lacking[i, hour] + power
    return homes.scores(net)


def bound(homes):
    """Least mean score that anybody can reach who knows the year, with batteries at their best throughout."""
    from scipy import sparse  # the judge alone does without
    from scipy.optimize import linprog
    count, (money, emitted) = len(homes.numbers), NO_BATTERY[homes.name]
    one, none = sparse.identity(HOURS, format="csr"), sparse.csr_matrix((HOURS, HOURS))
    best = max(value for _, value in EFFICIENCY_CURVE) ** 0.5
    change = sparse.diags([1.0, -1.0], [0, -1], shape=(HOURS, HOURS))
    # Columns of each home: charge, discharge, energy, import; at last what all draw together.
    storage = sparse.block_diag([sparse.hstack([-best * one, one / best, change, none])] * count)
    imports = sparse.block_diag([sparse.hstack([one, -one, none, -one])] * count)
    together = sparse.hstack([sparse.hstack([one, -one, none, none])] * count + [-one])
    beside = sparse.csr_matrix((count * HOURS, HOURS))
    net = homes.load - homes.sun
    zero = numpy.zeros(HOURS)
    costs = numpy.concatenate([zero, zero, zero, homes.co2 / emitted] * count + [homes.price / money]) / 2
    highest = [zero + POWER, zero + POWER, zero + CAPACITY, zero + numpy.inf] * count + [zero + numpy.inf]
    answer = linprog(costs, A_eq=sparse.hstack([storage, beside]).tocsr(), b_eq=numpy.zeros(count * HOURS),
                     A_ub=sparse.vstack([sparse.hstack([imports, beside]), together]).tocsr(),
                     b_ub=numpy.concatenate([-net.ravel(), -net.sum(axis=0)]), method="highs-ipm",
                     bounds=numpy.column_stack([numpy.zeros(len(costs)), numpy.concatenate(highest)]))
    if answer.status != 0:
        raise SystemExit(f"homes {homes.name}: HiGHS: {answer.message}")
    return float(answer.fun)
