"""The three floods once more, forward only, with SciPy: laws by genextreme, thresholds by root finding, damage by quadrature.

Nothing of the TypeScript sources is shared: depths are computed from levels, never levels from depths, and the expected damage
is an integral over the level's density, not over depth.
"""

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import genextreme

RETURN_PERIODS = np.array([2, 5, 10, 20, 50, 100, 200, 500])
FLOOD_EDGES = [0, 0.15, 0.5, 1, 2]
TOWN_EDGES = [0, 0.15, 0.3, 0.5, 1]
DEPTHS = [0, 0.5, 1, 1.5, 2, 3, 4, 5, 6]
RESIDENTIAL = [0, 0.326556502, 0.494050324, 0.616572124, 0.720711764, 0.869528213, 0.931487084, 0.983604148, 1]
COMMERCIAL = [0, 0.376789623, 0.537681619, 0.659336684, 0.762845232, 0.883348656, 0.941854895, 0.98075938, 1]
INDUSTRIAL = [0, 0.283181524, 0.481615653, 0.629218894, 0.717240588, 0.85667503, 0.908577004, 0.955327463, 1]
BUILDINGS = np.mean([RESIDENTIAL, COMMERCIAL, INDUSTRIAL], axis=0)
XTOL = 1e-11
HOURS = np.array([1, 2, 3, 6, 12, 24])
ATTENUATED_BY = 0.4
ATTENUATION = 0.2


def runoff(rain, retained):
    return np.where(rain > 0.2 * retained, (rain - 0.2 * retained) ** 2 / (rain + 0.8 * retained), 0.0)


def river_depth(area, slope, curve_number, hand, two_year_rain):
    hours = 0.0663 * (1.27 * area**0.6) ** 0.77 * slope**-0.385
    storm = min(max(hours, 1), 120)
    wet = 23 * curve_number / (10 + 0.13 * curve_number)
    retained = 25400 / wet - 254
    reduction = 1 - np.exp(-1.1 * storm**0.25) + np.exp(-1.1 * storm**0.25 - 0.00386 * area)

    def peak(rain):
        return 0.2083 * area * float(runoff(reduction * rain, retained)) / (storm / 2 + 0.6 * hours)

    bankfull = peak(two_year_rain)
    width = 7.2 * np.sqrt(bankfull)
    banks = (0.035 * bankfull / (width * np.sqrt(slope))) ** 0.6

    def rating(stage):
        channel = np.sqrt(slope) / 0.035 * width * stage ** (5 / 3)
        return channel + np.sqrt(slope) / 0.1 * 4 * width * max(0, stage - banks) ** (5 / 3)

    def depth(rain):
        discharge = peak(rain)
        if discharge <= bankfull:
            return 0.0
        return max(0.0, brentq(lambda stage: rating(stage) - discharge, banks, 500, xtol=1e-13) - banks - hand)

    return depth


def town_depth(impervious, curve_number, drainage, slope, low):
    retained = 25400 / curve_number - 254

    def depth(rain):
        storms = rain * 8 / 7 * (HOURS / 24) ** 0.4
        run = impervious * np.maximum(0, storms - 2) + (1 - impervious) * runoff(storms, retained)
        return max(0.0, np.max(run - drainage * HOURS)) / 1000 * np.exp(-slope / 0.02) / low

    return depth


def describe(depth, law, edges, protected, sill, cap, far):
    """Bins, levels, undefended 100-year depth and expected damage; `far` is a level beyond which nothing happens."""
    dry = law.ppf(1e-12)

    def threshold(edge):
        if depth(far) <= edge:
            return np.inf
        # The largest level with no more than this depth.
        low, high = dry, far
        if depth(low) > edge:
            return -np.inf
        return brentq(lambda level: depth(level) - edge - (1e-15 if edge == 0 else 0), low, high, xtol=XTOL)

    limits = [max(threshold(edge), protected) for edge in edges]
    exceeded = law.sf(limits)
    bins = -np.diff(np.concatenate([[1], exceeded, [0]]))
    levels = [min(cap, depth(level)) if level > protected else 0 for level in law.isf(1 / RETURN_PERIODS)]
    undefended = min(cap, depth(law.isf(0.01)))

    def damage(level):
        flooded = min(cap, depth(level))
        return 0 if flooded < sill or level <= protected else np.interp(flooded, DEPTHS, BUILDINGS)

    cuts = sorted({limit for edge in {*DEPTHS, *edges, sill, cap} if np.isfinite(limit := max(threshold(edge), protected))})
    total = 0.0
    for start, end in zip(cuts, [*cuts[1:], np.inf]):
        if end > start:
            # Over the exceeded probability, which makes the infinite tail finite.
            total += quad(lambda p: damage(law.isf(p)), law.sf(end), law.sf(start), epsabs=1e-10, epsrel=1e-8, limit=200)[0]
    return bins, levels, undefended, total


class MovingLaw:
    """A GEV whose location differs by year; a year is drawn evenly."""

    def __init__(self, shape, location, scale, shifts):
        self.laws = genextreme(shape, loc=location + shifts, scale=scale)
        self.bounds = (location - 30 * scale, location + np.max(shifts) + 400 * scale)

    def sf(self, level):
        return np.array([np.mean(self.laws.sf(one)) for one in np.atleast_1d(level)]).reshape(np.shape(level))

    def isf(self, p):
        return np.array([self._isf(one) for one in np.atleast_1d(p)]).reshape(np.shape(p))

    def ppf(self, p):
        return self.isf(1 - p)

    def _isf(self, p):
        if p <= 0:
            return self.bounds[1]
        quantiles = self.laws.isf(p)
        low, high = np.min(quantiles) - 1e-9, np.max(quantiles) + 1e-9
        return brentq(lambda level: np.mean(self.laws.sf(level)) - p, low, high, xtol=1e-13)


def rivers(places):
    for area, slope, number, hand, protection, wetter, location, scale, shape in places:
        base = genextreme(shape, loc=location, scale=scale)
        depth = river_depth(area, slope, number, hand, base.isf(0.5))
        rain = genextreme(shape, loc=location * wetter, scale=scale * wetter)
        yield describe(depth, rain, FLOOD_EDGES, base.isf(1 / protection), 0, 20, 1e5)


def towns(places):
    for impervious, number, drainage, slope, low, location, scale, shape in places:
        rain = genextreme(shape, loc=location, scale=scale)
        depth = town_depth(impervious, number, drainage, slope, low)
        # The wettest hour of the day that comes in ten years.
        hour = rain.isf(1 / 10) * 8 / 7 / 24**ATTENUATED_BY
        drained = impervious * max(0, hour - 2) + (1 - impervious) * float(runoff(hour, 25400 / number - 254))
        yield *describe(depth, rain, TOWN_EDGES, -np.inf, 0.15, 3, 5000), max(10, 0.8 * drained)


def coasts(places):
    for elevation, distance, gate, location, scale, shape, protection, subsidence, risen in places:
        protected = genextreme.isf(1 / protection, shape, loc=location, scale=scale)
        protected += risen * 0.5 / 95 + subsidence / 1000 * 0.5
        base, law = (
            MovingLaw(shape, location, scale, risen * np.maximum(0, years - 2005) / 95 + subsidence / 1000 * (years - 2005))
            for years in (np.arange(1991, 2021), np.arange(2041, 2061))
        )

        def depth(level, elevation=elevation, distance=distance, gate=gate):
            return 0.0 if level < gate else max(0.0, level - ATTENUATION * distance - elevation)

        ground = elevation + ATTENUATION * distance
        future = describe_coast(depth, law, gate, protected, ground)
        yield *future, future[3] - describe_coast(depth, base, gate, protected, ground)[3]


def describe_coast(depth, law, gate, protected, ground):
    """As describe, with the thresholds written out: a jump at the gate has no root."""
    limits = [max(ground + edge, gate, protected) for edge in FLOOD_EDGES]
    bins = -np.diff(np.concatenate([[1], law.sf(limits), [0]]))
    levels = [depth(level) if level > protected else 0 for level in law.isf(1 / RETURN_PERIODS)]
    cuts = sorted({max(ground + edge, gate, protected) for edge in {*DEPTHS, *FLOOD_EDGES}})
    total = 0.0
    for start, end in zip(cuts, [*cuts[1:], np.inf]):
        if end > start:
            high = law.sf(start)
            low = law.sf(end) if np.isfinite(end) else 0.0
            total += quad(lambda p: np.interp(depth(law.isf(p)), DEPTHS, BUILDINGS), low, high, epsabs=1e-9, epsrel=1e-7)[0]
    return bins, levels, depth(law.isf(0.01)), total


def floods(read, write):
    for name, compute, more in (("river", rivers, ()), ("town", towns, ("drains",)), ("coast", coasts, ("change",))):
        results = list(compute(read("floods", f"{name}_place")))
        for column, values in zip(("bins", "levels", "undefended", "damage", *more), zip(*results)):
            write("floods", f"{name}_{column}", np.array(values, dtype=float))
