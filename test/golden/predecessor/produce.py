"""Probabilities of the predecessor's method table, by another route than job/risks/predecessor.

Standard library only: classes are written as the intervals of the table, not as edges; quantiles come from the statistics
module; evapotranspiration is FAO-56 Penman-Monteith written from the paper. Writes input.json, expected.json and
provenance.json beside itself: python produce.py
"""

import hashlib
import json
import math
import random
import statistics
import struct
from pathlib import Path

HERE = Path(__file__).parent
FIRST, LAST = 1991, 2050
BASE = (1991, 2010)
PERIODS = [BASE, (2011, 2030), (2021, 2050)]
MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
LATITUDE = 37.5
YEARS = LAST - FIRST + 1


def single(x):
    """What a float32 keeps: the database stores no more."""
    return None if x is None else struct.unpack("<f", struct.pack("<f", x))[0]


def told(x):
    return round(x, 2)


def make_cell(seed):
    rng = random.Random(seed)
    whole = lambda mean, spread: float(max(0, round(rng.gauss(mean, spread))))
    season = lambda m: -math.cos(2 * math.pi * (m - 0.5) / 12)
    cell = {
        "attributes": {
            "elevation": round(rng.uniform(0.2, 1.2), 2),
            "renewableWater": 3.0e8,
            **({"drainageCapacity": 75.0} if seed % 2 else {}),
        },
        "yearly": {
            "WSDI": [whole(6 + 0.2 * y, 6) for y in range(YEARS)],
            "CSDI": [whole(8 - 0.1 * y, 5) for y in range(YEARS)],
            "Rx1day": [told(rng.gammavariate(6, 22 + 0.1 * y)) for y in range(YEARS)],
            "RAIN80": [told(max(0.0, rng.gauss(70, 60))) for _ in range(YEARS)],
            "withdrawal": [float(round(4e7 * (1 + 0.03 * y) * rng.uniform(0.8, 1.4))) for y in range(YEARS)],
        },
        "monthly": {},
    }
    months = [(y, m) for y in range(YEARS) for m in range(12)]
    monthly = cell["monthly"]
    monthly["SPEI12"] = [told(round(rng.gauss(-0.2, 1), 1)) for _ in months]
    monthly["tasmin"] = [told(7 + 12 * season(m) + 0.03 * y + rng.gauss(0, 1)) for y, m in months]
    monthly["tasmax"] = [told(low + 8 + rng.uniform(0, 4)) for low in monthly["tasmin"]]
    monthly["tas"] = [told((a + b) / 2) for a, b in zip(monthly["tasmin"], monthly["tasmax"])]
    monthly["hurs"] = [told((55 if seed % 2 else 40) + 10 * season(m) + rng.gauss(0, 8)) for _, m in months]
    monthly["sfcWind"] = [told(abs(rng.gauss(6 if seed % 2 else 25, 9))) for _ in months]
    monthly["rsds"] = [told(160 + 70 * season(m) + rng.gauss(0, 10)) for _, m in months]
    monthly["pr"] = [told(max(0.0, 5 + 2 * season(m) + rng.gauss(0, 1.2))) for _, m in months]
    monthly["zos"] = [told(rng.gauss(0.3 + 0.01 * y, 0.25)) for y, _ in months]
    # Gaps: a year of an index, a month of a field.
    cell["yearly"]["WSDI"][3] = None
    monthly["SPEI12"][40] = None
    monthly["hurs"][100] = None
    return cell


def classed(values, classes):
    """Share of the values in each class; `classes` are predicates, and each value must be in exactly one."""
    values = [v for v in values if v is not None]
    counts = [0] * len(classes)
    for value in values:
        (found,) = [i for i, inside in enumerate(classes) if inside(value)]
        counts[found] += 1
    return {"counts": counts, "probabilities": [round(count / len(values), 4) for count in counts]}


def e0(t):
    return 0.6108 * math.exp(17.27 * t / (t + 237.3))


def et0(low, high, rh, u10, rs_watt, month):
    """FAO-56 eq. 6 for the altitude of the cells, which lie at the sea (z = max(0, elevation) below a metre)."""
    z = et0.altitude
    day = int(30.4 * (month + 1) - 15)
    dr = 1 + 0.033 * math.cos(2 * math.pi / 365 * day)
    decl = 0.409 * math.sin(2 * math.pi / 365 * day - 1.39)
    phi = math.radians(LATITUDE)
    ws = math.acos(-math.tan(phi) * math.tan(decl))
    ra = 24 * 60 / math.pi * 0.0820 * dr * (ws * math.sin(phi) * math.sin(decl) + math.cos(phi) * math.cos(decl) * math.sin(ws))
    rs = rs_watt * 86400 / 1e6
    rso = (0.75 + 2e-5 * z) * ra
    es = (e0(high) + e0(low)) / 2
    ea = rh / 100 * es
    tmean = (high + low) / 2
    delta = 4098 * e0(tmean) / (tmean + 237.3) ** 2
    gamma = 0.665e-3 * 101.3 * ((293 - 0.0065 * z) / 293) ** 5.26
    rnl = 4.903e-9 * ((high + 273.16) ** 4 + (low + 273.16) ** 4) / 2 * (0.34 - 0.14 * math.sqrt(ea)) * (1.35 * min(rs / rso, 1.0) - 0.35)
    rn = 0.77 * rs - rnl
    u2 = u10 * 4.87 / math.log(67.8 * 10 - 5.42)
    return (0.408 * delta * rn + gamma * 900 / (tmean + 273) * u2 * (es - ea)) / (delta + gamma * (1 + 0.34 * u2))


def days(year, month):
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if leap and month == 1 else MONTH_DAYS[month]


def fire(cell, at):
    year, month = FIRST + at // 12, at % 12
    m = cell["monthly"]
    if m["hurs"][at] is None:
        return None
    rain = m["pr"][at] * days(year, month)
    x = (1 - m["hurs"][at] / 100) * 0.5 * (m["sfcWind"][at] + 1) * math.exp(0.05 * (m["tas"][at] - 10)) * math.exp(-0.001 * rain)
    return max(x, 0)


def water_stress(cell):
    m = cell["monthly"]
    et0.altitude = max(0, cell["attributes"]["elevation"])
    balance = []
    for y in range(YEARS):
        total = 0.0
        for month in range(12):
            at = 12 * y + month
            if m["hurs"][at] is None:
                total = None
                break
            total += m["pr"][at] * days(FIRST + y, month)
            total -= 30 * et0(m["tasmin"][at], m["tasmax"][at], m["hurs"][at], m["sfcWind"][at], m["rsds"][at], month)
        balance.append(total)
    base = [b for b in balance[BASE[0] - FIRST : BASE[1] - FIRST + 1] if b is not None]
    mean = sum(base) / len(base)
    out = []
    for y, b in enumerate(balance):
        if b is None:
            out.append(None)
            continue
        usable = 0.63 * cell["attributes"]["renewableWater"] * (b / mean)
        out.append(cell["yearly"]["withdrawal"][y] / usable if usable > 0 else 0.0)
    return out


def risks_of(cell, first, last):
    years = slice(first - FIRST, last - FIRST + 1)
    months = range(12 * (first - FIRST), 12 * (last - FIRST + 1))
    yearly, monthly = cell["yearly"], cell["monthly"]
    ground = cell["attributes"]["elevation"]
    capacity = cell["attributes"].get("drainageCapacity", 60.0)
    base_rain = yearly["Rx1day"][BASE[0] - FIRST : BASE[1] - FIRST + 1]
    cuts = statistics.quantiles(base_rain, n=100, method="inclusive")
    q80, q95, q99 = cuts[79], cuts[94], cuts[98]
    ponded = [0.01 * max(0.0, r - capacity) for r in yearly["RAIN80"][years]]
    flooded = [
        max(max(monthly["zos"][12 * y + k] - ground, 0.0) for k in range(12)) for y in range(first - FIRST, last - FIRST + 1)
    ]
    depth = [lambda d: d == 0, lambda d: 0 < d < 0.3, lambda d: 0.3 <= d < 1, lambda d: d >= 1]
    return {
        "high_temperature": classed(yearly["WSDI"][years], [lambda x: x < 3, lambda x: 3 <= x < 8, lambda x: 8 <= x < 20, lambda x: x >= 20]),
        "cold_wave": classed(yearly["CSDI"][years], [lambda x: x < 3, lambda x: 3 <= x < 7, lambda x: 7 <= x < 15, lambda x: x >= 15]),
        "drought": classed([monthly["SPEI12"][i] for i in months], [lambda x: x > -1, lambda x: -1.5 < x <= -1, lambda x: -2 < x <= -1.5, lambda x: x <= -2]),
        "wildfire": classed(
            [fire(cell, i) for i in months],
            [lambda x: 11.2 <= x < 21.3, lambda x: 21.3 <= x < 38, lambda x: 38 <= x < 50, lambda x: x >= 50 or x < 11.2],
        ),
        "water_scarcity": classed(water_stress(cell)[years], [lambda x: x < 0.2, lambda x: 0.2 <= x < 0.4, lambda x: 0.4 <= x < 0.8, lambda x: x >= 0.8]),
        "inland_flood": classed(yearly["Rx1day"][years], [lambda x: x < q80, lambda x: q80 <= x < q95, lambda x: q95 <= x < q99, lambda x: x >= q99]),
        "urban_flood": classed(ponded, depth),
        "coastal_flood": classed(flooded, depth),
    }


# Storms, by great-circle distance and bearing instead of kilometres north and east.
PLACE = (LATITUDE, 127.0)
RECORD = (1991, 2020)


def make_storms():
    rng = random.Random(99)
    tracks = []
    for season in range(RECORD[0] - 1, RECORD[1] + 2):
        # Some years have no storm.
        for _ in range(rng.choice([0, 0, 1, 1, 2, 3])):
            lat, lon = rng.uniform(31, 35), rng.uniform(122, 130)
            points = []
            for _ in range(rng.randint(4, 10)):
                lat, lon = lat + rng.uniform(0.4, 1.4), lon + rng.uniform(-0.6, 1.4)
                grade = rng.choice(["TD", "TS", "STS", "TY", "ET"])
                gale = rng.uniform(150, 480) if grade != "TD" else None
                inner = rng.uniform(40, 190) if grade in ("STS", "TY", "ET") else None
                bearing = rng.choice([None, 0, 45, 90, 135, 180, 270])
                flat = rng.uniform(0.5, 1)
                radii = lambda long: {
                    "long": long and round(long),
                    "short": long and (round(long * flat) if bearing is not None else None),
                    "bearing": bearing if long else None,
                }
                points.append({"latitude": round(lat, 1), "longitude": round(lon, 1), "grade": grade, "gale": radii(gale), "storm": radii(inner)})
            tracks.append({"season": season, "points": points})
    return tracks


def distance_and_bearing(lat0, lon0, lat1, lon1):
    a, b, d = math.radians(lat0), math.radians(lat1), math.radians(lon1 - lon0)
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(d / 2) ** 2
    km = 2 * math.degrees(math.asin(math.sqrt(h))) * 111.12
    return km, math.atan2(math.sin(d) * math.cos(b), math.cos(a) * math.sin(b) - math.sin(a) * math.cos(b) * math.cos(d))


def within(point, ellipse):
    if ellipse["long"] is None:
        return False
    km, direction = distance_and_bearing(point["latitude"], point["longitude"], *PLACE)
    if ellipse["bearing"] is None:
        return km <= ellipse["long"]
    # Polar form of the ellipse: how far it reaches in this direction.
    angle = direction - math.radians(ellipse["bearing"])
    a, b = ellipse["long"], ellipse["short"]
    return km <= a * b / math.sqrt((b * math.cos(angle)) ** 2 + (a * math.sin(angle)) ** 2)


def weight(point):
    if within(point, point["storm"]):
        return 6 if point["grade"] == "TY" else 3
    return 1 if point["grade"] in ("TS", "STS", "TY") and within(point, point["gale"]) else 0


def storm_index(tracks):
    return [
        sum(weight(point) for track in tracks if track["season"] == year for point in track["points"])
        for year in range(RECORD[0], RECORD[1] + 1)
    ]


def main():
    storms = make_storms()
    index = storm_index(storms)
    typhoon = [
        classed(
            index[max(first, RECORD[0]) - RECORD[0] : max(0, min(last, RECORD[1]) + 1 - RECORD[0])],
            [lambda x: x == 0, lambda x: 0 < x <= 5, lambda x: 5 < x <= 15, lambda x: x > 15],
        )
        for first, last in PERIODS
        if first <= RECORD[1]
    ]
    cells = [make_cell(seed) for seed in range(1, 5)]
    stored = [
        {**cell, **{kind: {name: [single(x) for x in values] for name, values in cell[kind].items()} for kind in ("yearly", "monthly")}}
        for cell in cells
    ]
    files = {
        "input.json": {"latitude": LATITUDE, "firstYear": FIRST, "lastYear": LAST, "basePeriod": BASE, "periods": PERIODS, "cells": cells, "place": PLACE, "stormYears": RECORD, "storms": storms},
        "expected.json": {
            "cells": [[risks_of(cell, first, last) for first, last in PERIODS] for cell in stored],
            "stormIndex": index,
            "typhoon": typhoon,
        },
    }
    hashes = {}
    for name, content in files.items():
        text = json.dumps(content) + "\n"
        (HERE / name).write_text(text)
        hashes[name] = hashlib.sha256(text.encode()).hexdigest()
    provenance = {
        "producer": "produce.py beside this file: the predecessor's method table written as intervals, Python standard library",
        "version": "Python 3",
        "tolerance": "counts equal, probabilities equal to 4 decimals",
        "sha256": hashes,
    }
    (HERE / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n")


main()
