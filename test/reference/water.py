"""Water scarcity once more, written from the equations: Fu's curve, stress, its bins in log2, score and return levels; and what
the methods decide about intervals, absolute scores and sea-level tables.

Nothing of the TypeScript sources is shared.
"""

import numpy as np
import xarray as xr
import xclim
from scipy.stats import beta, norm

EDGES = np.log2([0.1, 0.2, 0.4, 0.8])
RATES = np.array([0, 0, 0.0004, 0.003, 0.03])
RETURN_PERIODS = np.array([2, 5, 10, 20, 50, 100, 200, 500])
HOT_ANCHORS, SCORES = [0, 5, 12, 25, 45, 75], [0, 20, 40, 60, 80, 100]
COLD_ANCHORS = [0, 1, 5, 15, 30, 60]
CAP = 10
PERIOD = slice(10, 30)
MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def fu(rain, evaporation, omega):
    phi = evaporation / rain
    return rain * ((1 + phi**omega) ** (1 / omega) - phi)


def stress_bins(years):
    """Years at the cap are counted in the last bin; the others are spread in log2, or counted when they are few."""
    counted = np.diff(np.concatenate([[0], [(years < 2**edge).sum() for edge in EDGES], [len(years)]])) / len(years)
    logs = np.log2(years[years < CAP])
    if len(logs) < 5 or (years == CAP).mean() > 0.8:
        return counted
    n = len(logs)
    spread = min(logs.std(ddof=1), (np.quantile(logs, 0.75) - np.quantile(logs, 0.25)) / 1.34)
    below = norm.cdf((EDGES[:, None] - logs) / (0.9 * spread * n**-0.2)).mean(axis=1)
    bins = np.diff(np.concatenate([[0], below, [1]])) * n / len(years)
    bins[-1] += 1 - n / len(years)
    return bins


def scarcity(rain, evaporation, withdrawal, area, omega):
    rain = (rain.reshape(-1, 12) * MONTH_DAYS).sum(axis=1)[PERIOD]
    evaporation = (evaporation.reshape(-1, 12) * MONTH_DAYS).sum(axis=1)[PERIOD]
    years = np.arange(len(withdrawal))
    given = ~np.isnan(withdrawal)
    withdrawal = np.interp(years, years[given], withdrawal[given])[PERIOD]
    runoff = fu(rain, evaporation, omega)
    runoff *= fu(rain.mean(), evaporation.mean(), omega) / runoff.mean()
    supply = runoff * 1e-3 * area * 1e6
    years = np.minimum(CAP, withdrawal / supply)
    n = len(years)
    bins = stress_bins(years)
    low = np.minimum(bins, beta.ppf(0.05, n * bins + 0.5, n * (1 - bins) + 0.5))
    high = np.maximum(bins, beta.ppf(0.95, n * bins + 0.5, n * (1 - bins) + 0.5))
    levels = np.where(
        2 * RETURN_PERIODS > n, np.nan, 2 ** np.quantile(np.log2(years), 1 - 1 / RETURN_PERIODS, method="median_unbiased")
    )
    stress = min(CAP, withdrawal.sum() / supply.sum())
    half = 0 if stress == CAP else 1.645 * (withdrawal - stress * supply).std(ddof=1) / np.sqrt(n) / supply.mean()
    value = np.array([stress, max(0, stress - half), min(CAP, stress + half)])
    is_arid = supply.mean() < 0.03 * area * 1e6 and withdrawal.mean() < 0.012 * area * 1e6
    score = 100 if is_arid else 20 * np.clip(np.log2(stress / 0.1) + 1, 0, 5)
    return bins, low, high, levels, value, score, bins @ RATES


def water(read, write):
    names = ("rain", "evaporation", "withdrawal", "place")
    rows = [scarcity(r, e, w, *p) for r, e, w, p in zip(*(read("water", name) for name in names))]
    for name, values in zip(("bins", "low", "high", "levels", "value", "score", "damage"), zip(*rows)):
        write("water", name, np.array(values, dtype=float))
    hot = (read("water", "tasmax").reshape(len(rows), -1, 365) >= 33).sum(axis=2)
    write("water", "hot_score", np.interp(hot.mean(axis=1), HOT_ANCHORS, SCORES))
    write("water", "cold_score", np.interp(cold_days(read("water", "tasmin")), COLD_ANCHORS, SCORES))
    highest, lowest = read("water", "crossed_highest"), read("water", "crossed_lowest")
    crossed = highest < lowest - 0.5
    write("water", "crossed_left", np.hstack([~np.isnan(values) & ~crossed for values in (highest, lowest)]).astype(float))
    both = (~np.isnan(highest) & ~np.isnan(lowest)).sum(axis=1)
    write("water", "crossed_refused", (crossed.sum(axis=1) > 0.01 * both).astype(float))
    levels = read("water", "sea_levels")
    periods = read("water", "sea_periods")[0]
    fits = [np.polyfit(-np.log(-np.log1p(-1 / periods)), level, 1) for level in levels]
    # No law where the fitted scale is not positive or the levels do not rise.
    valid = [fit[0] > 0 and (np.diff(level) > 0).all() for fit, level in zip(fits, levels)]
    write("water", "sea_fit", np.where(np.array(valid)[:, None], fits, np.nan))


def cold_days(tasmin):
    """Mean days of at most -12 degC in the seasons of 1991-2020: July to June in the north (the second half), else of the year."""
    time = xr.date_range("1990-01-01", periods=tasmin.shape[1], calendar="noleap", use_cftime=True)
    days = xr.DataArray(tasmin, dims=("place", "time"), coords={"time": time}, attrs={"units": "degC"})
    half = len(tasmin) // 2
    means = [
        xclim.indices.tn_days_below(part, thresh="-12 degC", freq=freq, op="<=").sel(time=slice("1991", "2020"))
        for part, freq in ((days[:half], "YS"), (days[half:], "YS-JUL"))
    ]
    assert all(part.sizes["time"] == 30 for part in means)
    return np.concatenate([part.mean("time") for part in means])


def left_out(read, write, calendar):
    """Warm and cold spells with windows inside the year, each base year judged by the other 29, calendar years."""
    for name, quantile, tail in (("tasmax", 0.9, 1), ("tasmin", 0.1, -1)):
        daily = read(calendar, name)[:CELLS_LEFT_OUT]
        leap = np.array([calendar == "standard" and (y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)) for y in range(1981, 2041)])
        starts = np.concatenate([[0], np.cumsum(365 + leap)])
        years = [daily[:, a:b] for a, b in zip(starts, starts[1:])]
        common = np.stack([np.delete(y, 59, axis=1) if y.shape[1] == 366 else y for y in years], axis=1)
        base = np.arange(10, 40)
        index = (np.arange(365)[:, None] + np.arange(-2, 3)) % 365

        def threshold(of):
            sample = common[:, of][:, :, index]
            sample = np.moveaxis(sample, 2, 1).reshape(len(daily), 365, -1)
            return np.quantile(sample, quantile, axis=2, method="median_unbiased")

        everything = threshold(base)
        days = np.zeros((len(daily), len(years)))
        for at, year in enumerate(years):
            limit = threshold(base[base != at]) if at in base else everything
            if year.shape[1] == 366:
                limit = np.insert(limit, 59, limit[:, 58], axis=1)
            days[:, at] = [spell_days(row) for row in (year - limit) * tail > 0]
        write(calendar, "wsdiLeftOut" if tail == 1 else "csdiLeftOut", days)


CELLS_LEFT_OUT = 20


def spell_days(beyond):
    edges = np.flatnonzero(np.diff(np.concatenate([[0], beyond.astype(int), [0]])))
    lengths = edges[1::2] - edges[::2]
    return lengths[lengths >= 6].sum()
