# SPDX-License-Identifier: GPL-3.0-or-later
"""The microgrids of pymgrid25: data as published, the area that aems sees, the judge, and the linear bound.

Powers of the data are kW, means over an hour; those of aems are W. The battery loses one tenth each way, its limits and
its wear are those of the energy that passes the bus.
"""

import csv
import dataclasses
import datetime
import gzip
import re

import numpy

import recorded

FIRST_HOUR, END_HOUR = 5854, 8736  # of the published comparison, from 0
BEGIN = datetime.datetime(2017, 1, 1, tzinfo=datetime.timezone.utc)  # a Sunday, as the loads have it
MICROGRIDS = [number for number in range(24) if number not in (8, 9)]
EFFICIENCY = 0.9
WEAR, FUEL, CO2_PRICE, GENSET_CO2, UNSERVED = 0.02, 0.4, 0.1, 2.0, 10.0  # per kWh, per kg, kg per kWh
SERIES = {"load": "LoadModule", "pv": "RenewableModule", "grid": "GridModule"}
SOURCE = ('The public gets them as the scenario "pymgrid25" that the Python package pymgrid brings along: its folder '
          "data/scenario/pymgrid25,\nand published.csv from the table of benchmarks beside its source.")
TARIFFS = {  # price until the hour given
    "commercial": ((8, 0.22), (12, 0.29), (18, 0.59), (21, 0.29), (24, 0.22)),
    "flat": ((5, 0.08), (14, 0.11), (17, 0.08), (24, 0.11)),
}


@dataclasses.dataclass
class Published:
    kind: str
    rule_based: float
    predictive: float


@dataclasses.dataclass
class Microgrid:
    number: int
    capacity: float  # kWh
    least: float  # kWh
    charge: float  # kW
    discharge: float
    load: numpy.ndarray  # kW, >= 0, of every hour of the year
    pv: numpy.ndarray
    genset_least: float = 0.0  # kW, when it runs
    genset_most: float = 0.0  # 0: there is none
    import_most: float = 0.0
    export_most: float = 0.0
    price: numpy.ndarray = None  # of import; None: no grid
    co2: numpy.ndarray = None  # kg per kWh
    status: numpy.ndarray = None  # 1, or 0 while it is away

    def import_cost(self):
        return self.price + CO2_PRICE * self.co2


def files_needed():
    yield "published.csv"
    for number in MICROGRIDS:
        yield f"microgrid_{number}/microgrid_{number}.yaml"
        for series in ("LoadModule", "RenewableModule"):
            yield f"microgrid_{number}/data/cls_params/{series}/time_series.csv.gz"


def read_published(folder):
    with open(folder / "published.csv", encoding="ascii", newline="") as file:
        return {int(row["microgrid"]): Published(row["type"], float(row["published_rule_based"]),
                                                 float(row["published_mpc"])) for row in csv.DictReader(file)}


def read_series(folder, kind):
    with gzip.open(folder / "data" / "cls_params" / SERIES[kind] / "time_series.csv.gz", "rt", encoding="ascii") as file:
        rows = list(csv.reader(file))[1:]
    return numpy.array([[float(cell) for cell in row[1:]] for row in rows])


def read_parameters(text):
    """Name of each module to its numbers: of the file's YAML only what is needed."""
    modules = {}
    for part in re.split(r"\n- - ", text)[1:]:
        pairs = re.findall(r"^ +(\w+): (-?[0-9.]+(?:e[+-]?[0-9]+)?)$", part, re.M)
        modules[part.split("\n")[0].strip()] = {name: float(value) for name, value in pairs}
    return modules


def read_microgrid(folder, number):
    folder = folder / f"microgrid_{number}"
    modules = read_parameters((folder / f"microgrid_{number}.yaml").read_text(encoding="ascii"))
    battery, genset, grid = modules["battery"], modules.get("genset"), modules.get("grid")
    costs = [battery["efficiency"], battery["battery_cost_cycle"], modules["unbalanced_energy"]["loss_load_cost"]]
    if costs != [EFFICIENCY, WEAR, UNSERVED]:
        raise SystemExit(f"microgrid {number}: efficiency, wear and unserved energy are {costs}")
    m = Microgrid(number, battery["max_capacity"], battery["min_capacity"], battery["max_charge"],
                  battery["max_discharge"], -read_series(folder, "load")[:, 0], read_series(folder, "pv")[:, 0])
    if genset:
        m.genset_least, m.genset_most = genset["running_min_production"], genset["running_max_production"]
    if grid:
        m.import_most, m.export_most = grid["max_import"], grid["max_export"]
        m.price, _, m.co2, m.status = read_series(folder, "grid").T
    return m


# ---- as aems sees it ------------------------------------------------------------------------------------------------

def tariff(prices):
    """Name of the tariff that the import prices follow every day."""
    for name, periods in TARIFFS.items():
        day = [next(price for until, price in periods if hour < until) for hour in range(24)]
        if numpy.allclose(prices, numpy.resize(day, len(prices))):
            return name
    raise SystemExit("import prices follow none of the known tariffs")


def price_periods(periods):
    begin, answer = 0, []
    for until, price in periods:
        answer.append({"price": f"{price} /kWh", "from": f"{begin:02}:00", "to": f"{until:02}:00"})
        begin = until
    return answer + [{"price": f"{periods[-1][1]} /kWh"}]


def kilo(value, unit):
    return f"{value:.9g} k{unit}"


def configuration(m):
    past = slice(0, FIRST_HOUR)  # what somebody who sets it up may know
    area = {
        "area": {"id": f"microgrid_{m.number}", "latitude": "35 deg", "longitude": "0 deg", "currency": "USD",
                 "co2_price": f"{CO2_PRICE} /kg"},
        "plan": {"interval": "1 h", "max_age": "3 h", "shortest_step": "60 min", "horizon": "36 h", "scenarios": 7},
        "control": {"limit_margin": "0 %"},
        "mqtt": {"enabled": False},
        "buses": {"main": {}},
        "pv": {"sun": {"bus": "main", "peak_power": kilo(m.pv[past].max(), "W"), "tilt": "30 deg"}},
        "batteries": {"battery": {
            "bus": "main", "capacity": kilo(m.capacity, "Wh"), "max_charge": kilo(m.charge, "W"),
            "max_discharge": kilo(m.discharge, "W"), "charge_efficiency": f"{100 * EFFICIENCY:g} %",
            "discharge_efficiency": f"{100 * EFFICIENCY:g} %", "soc_min": f"{100 * m.least / m.capacity:.9g} %",
            "soc_max": "100 %", "wear": f"{WEAR} /kWh"}},
        "loads": {"load": {"bus": "main", "shape": "flat", "average": kilo(m.load[past].mean(), "W"),
                           "peak": kilo(m.load[past].max(), "W"), "tiers": {"lifeline": "100 %"}}},
    }
    if m.genset_most > 0:
        area["generators"] = {"genset": {
            "bus": "main", "max_power": kilo(m.genset_most, "W"), "min_power": kilo(m.genset_least, "W"),
            "fuel_cost": f"{FUEL} /kWh", "co2": f"{1000 * GENSET_CO2:g} g/kWh", "start_time": "0 s"}}
    if m.price is not None:
        name = tariff(m.price)
        area["tariffs"] = {name: {"import": price_periods(TARIFFS[name])}}
        area["grids"] = {"grid": {"bus": "main", "import_limit": kilo(m.import_most, "W"),
                                  "export_limit": kilo(m.export_most, "W"), "tariff": name,
                                  "co2": f"{1000 * m.co2[past].mean():.6g} g/kWh"}}
    return area


def columns(m):
    answer = {"load.load_w": 1e3 * m.load, "sun.pv_w": 1e3 * m.pv}
    if m.price is not None:
        answer |= {"grid.co2_g_per_kwh": 1e3 * m.co2, "grid.grid_available": m.status}
    return answer


# ---- judge ----------------------------------------------------------------------------------------------------------

def require(fits, what, hours, excess):
    """`fits` of every hour; names the first hour that does not, and by how many kW."""
    wrong = numpy.flatnonzero(~fits)
    if wrong.size:
        k = wrong[0]
        raise recorded.Unfit(f"{what}: {wrong.size} hours, the first is {hours[k]}, by {excess[k]:.3g} kW")


def flow(steps, asset, exists, hours):
    return numpy.array(recorded.realised(steps, asset)) / 1e3 if exists else numpy.zeros(len(hours))


def stored(m, battery):
    """kWh after every hour, from the least at the start."""
    return m.least + numpy.cumsum(numpy.maximum(-battery, 0) * EFFICIENCY - numpy.maximum(battery, 0) / EFFICIENCY)


def judge(m, steps, first=FIRST_HOUR, end=END_HOUR):
    """What the hours [first, end) cost by the published rules. Unfit when something cannot have been so."""
    hours = numpy.arange(first, end)
    load, pv = m.load[first:end], m.pv[first:end]
    served, sun = -flow(steps, "load", True, hours), flow(steps, "sun", True, hours)
    battery = flow(steps, "battery", True, hours)
    genset, grid = flow(steps, "genset", m.genset_most > 0, hours), flow(steps, "grid", m.price is not None, hours)
    room = recorded.ROUNDING_W / 1e3 + 1e-6 * m.load.max()
    lost = served - (sun + battery + genset + grid)
    require(abs(lost) <= room, "balance", hours, abs(lost))
    require((served >= -room) & (served <= load + room), "load", hours, served - load)
    require((sun >= -room) & (sun <= pv + room), "sun", hours, sun - pv)
    require((battery <= m.discharge + room) & (-battery <= m.charge + room), "battery power", hours, abs(battery))
    require((genset <= m.genset_most + room) & ((abs(genset) <= room) | (genset >= m.genset_least - room)), "genset",
            hours, genset)
    if m.price is not None:
        limits = m.status[first:end] * m.import_most, m.status[first:end] * m.export_most
        require((grid <= limits[0] + room) & (-grid <= limits[1] + room), "grid", hours, abs(grid))
    energy = stored(m, battery)
    slack = numpy.arange(1, len(hours) + 1) * 6e-5 + 1e-6 * m.capacity  # what rounded powers add up to
    require((energy <= m.capacity + slack) & (energy >= m.least - slack), "energy in store", hours, energy)
    cost = WEAR * abs(battery) + (FUEL + CO2_PRICE * GENSET_CO2) * genset + UNSERVED * numpy.maximum(0, load - served)
    if m.price is not None:
        cost = cost + m.import_cost()[first:end] * numpy.maximum(0, grid)
    return float(cost.sum())


# ---- bound ----------------------------------------------------------------------------------------------------------

def bound(m, first=FIRST_HOUR, end=END_HOUR):
    """Least cost that anybody can reach who knows the future, the genset's lowest power left out."""
    from scipy import sparse  # the judge alone does without
    from scipy.optimize import linprog
    n = end - first
    has_grid = m.price is not None
    one, none = sparse.identity(n, format="csr"), sparse.csr_matrix((n, n))
    change = sparse.diags([1.0, -1.0], [0, -1], shape=(n, n))
    # Columns: charge, discharge, energy, genset, import, sun used, unserved.
    rows = sparse.vstack([sparse.hstack([-one, one, none, one, one, one, one]),
                          sparse.hstack([-EFFICIENCY * one, one / EFFICIENCY, change, none, none, none, none])])
    right = numpy.concatenate([m.load[first:end], numpy.zeros(n)])
    right[n] = m.least
    zero = numpy.zeros(n)
    costs = [zero + WEAR, zero + WEAR, zero, zero + FUEL + CO2_PRICE * GENSET_CO2,
             m.import_cost()[first:end] if has_grid else zero, zero, zero + UNSERVED]
    highest = [zero + m.charge, zero + m.discharge, zero + m.capacity, zero + m.genset_most,
               m.import_most * m.status[first:end] if has_grid else zero, m.pv[first:end], m.load[first:end]]
    lowest = [zero, zero, zero + m.least, zero, zero, zero, zero]
    answer = linprog(numpy.concatenate(costs), A_eq=rows.tocsr(), b_eq=right, method="highs",
                     bounds=numpy.column_stack([numpy.concatenate(lowest), numpy.concatenate(highest)]))
    if answer.status != 0:
        raise SystemExit(f"microgrid {m.number}: HiGHS: {answer.message}")
    return float(answer.fun)


# ---- the published rule ---------------------------------------------------------------------------------------------

def rule_based(m, first=FIRST_HOUR, end=END_HOUR):
    """Cost of the rule that the published figure is of: sun, battery, grid and genset, each as far as it goes.

    The genset is reserved its lowest power before the battery is asked, which may leave that power unserved.
    """
    energy, cost = m.least, 0.0
    for hour in range(first, end):
        on_grid = m.price is not None and m.status[hour] > 0
        most_out = min((energy - m.least) * EFFICIENCY, m.discharge)
        lacking, reserved, rest = m.load[hour], 0.0, True
        if m.genset_most > 0 and not on_grid and lacking > m.pv[hour] + most_out:
            rest = lacking >= m.genset_least
            reserved = m.genset_least
            lacking = lacking - reserved if rest else reserved
        charge = discharge = imported = genset = 0.0
        if rest:
            spare = max(0.0, m.pv[hour] - lacking)
            lacking = max(0.0, lacking - m.pv[hour])
            discharge = min(lacking, most_out)
            lacking -= discharge
            if discharge == 0 and spare > 0:
                charge = min(spare, (m.capacity - energy) / EFFICIENCY, m.charge)
            if on_grid:
                imported, lacking = min(lacking, m.import_most), 0.0
        if m.genset_most > 0 and lacking > 0:
            genset = min(max(lacking + reserved, m.genset_least), m.genset_most)
        unserved = max(0.0, m.load[hour] + charge - discharge - imported - genset - m.pv[hour])
        cost += WEAR * (charge + discharge) + (FUEL + CO2_PRICE * GENSET_CO2) * genset + UNSERVED * unserved
        if imported > 0:
            cost += imported * (m.price[hour] + CO2_PRICE * m.co2[hour])
        energy += charge * EFFICIENCY - discharge / EFFICIENCY
    return cost
