"""What the reference packages make of the seeded data that ourResults.ts and ourDistributions.ts wrote.

Usage: reference.py FOLDER. Reads FOLDER/input, writes FOLDER/theirs and FOLDER/versions.json.
"""

import json
import os
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

os.environ["CLIMATE_INDICES_LOG_LEVEL"] = "ERROR"
warnings.simplefilter("ignore")

import lmoments3.distr
import numpy as np
import pandas as pd
import pyet
import scipy.stats
import xarray as xr
import xclim.indices as xci
from climate_indices import indices
from climate_indices.compute import Periodicity
from climate_indices.fire import cffwis
from climate_indices.indices import Distribution
from floods import floods
from water import left_out, water
from xclim.core.calendar import percentile_doy

FIRST_YEAR, LAST_YEAR = 1981, 2040
BASE_FIRST, BASE_LAST = 1991, 2020
WINDOW_MONTHS = 12

folder = Path(sys.argv[1])


def read(case, name):
    return np.load(folder / "input" / case / f"{name}.npy")


def write(case, name, values):
    target = folder / "theirs" / case
    target.mkdir(parents=True, exist_ok=True)
    np.save(target / f"{name}.npy", np.ascontiguousarray(values, dtype="<f8"))


def daily(calendar, name, units):
    time = xr.date_range(
        f"{FIRST_YEAR}-01-01", f"{LAST_YEAR}-12-31", freq="D", calendar=calendar, use_cftime=calendar != "standard"
    )
    return xr.DataArray(
        read(calendar, name), dims=("cell", "time"), coords={"time": time}, name=name, attrs={"units": units}
    )


def years(result):
    return result.transpose("cell", "time").values


def spells(calendar, tasmax, tasmin, suffix=""):
    base = slice(str(BASE_FIRST), str(BASE_LAST))
    tx90 = percentile_doy(tasmax.sel(time=base), window=5, per=90).sel(percentiles=90)
    tn10 = percentile_doy(tasmin.sel(time=base), window=5, per=10).sel(percentiles=10)
    write(calendar, f"tx90{suffix}", tx90.transpose("cell", "dayofyear").values)
    write(calendar, f"tn10{suffix}", tn10.transpose("cell", "dayofyear").values)
    write(calendar, f"wsdi{suffix}", years(xci.warm_spell_duration_index(tasmax, tx90, window=6, freq="YS")))
    write(calendar, f"csdi{suffix}", years(xci.cold_spell_duration_index(tasmin, tn10, window=6, freq="YS")))


def both_spells(calendar):
    tasmax, tasmin = daily(calendar, "tasmax", "degC"), daily(calendar, "tasmin", "degC")
    spells(calendar, tasmax, tasmin)
    if calendar == "standard":
        spells(calendar, tasmax.convert_calendar("noleap"), tasmin.convert_calendar("noleap"), "CommonYears")


def rain(calendar):
    pr = daily(calendar, "pr", "mm/d")
    write(calendar, "rx1day", years(xci.max_1day_precipitation_amount(pr, freq="YS")))
    write(calendar, "rx5day", years(xci.max_n_day_precipitation_amount(pr, window=5, freq="YS")))


def drought(calendar):
    total, loss = read(calendar, "monthlyRain"), read(calendar, "monthlyLoss")
    period = (FIRST_YEAR, BASE_FIRST, BASE_LAST)
    spei = [
        indices.spei(p, e, WINDOW_MONTHS, Distribution.loglogistic, Periodicity.monthly, *period)
        for p, e in zip(total, loss)
    ]
    spi = [indices.spi(p, WINDOW_MONTHS, Distribution.gamma, *period, Periodicity.monthly) for p in total]
    write(calendar, "spei12_climate_indices", spei)
    write(calendar, "spi12_climate_indices", spi)
    time = xr.date_range(f"{FIRST_YEAR}-01-01", f"{LAST_YEAR}-12-01", freq="MS")
    settings = {"freq": "MS", "window": WINDOW_MONTHS, "cal_start": f"{BASE_FIRST}-01-01", "cal_end": f"{BASE_LAST}-12-31"}

    def monthly(values):
        return xr.DataArray(values, dims=("cell", "time"), coords={"time": time}, attrs={"units": "mm/d"})

    result = xci.standardized_precipitation_evapotranspiration_index(
        monthly(total - loss), dist=lmoments3.distr.glo, method="PWM", **settings
    )
    write(calendar, "spei12_xclim", years(result))
    result = xci.standardized_precipitation_index(
        monthly(total), dist="gamma", method="APP", fitkwargs={"floc": 0}, **settings
    )
    write(calendar, "spi12_xclim", years(result))


def fire(calendar):
    tasmax, pr = daily(calendar, "tasmax", "degC"), daily(calendar, "pr", "mm/d")
    hurs, wind = daily(calendar, "hursmin", "%"), daily(calendar, "sfcWind", "m s-1")
    latitude = read(calendar, "latitude")[:, 0]
    result = cffwis(
        tasmax.values.T,
        hurs.values.T,
        wind.values.T,
        pr.values.T,
        latitude_degrees_north=latitude,
        month=tasmax.time.dt.month.values,
        outputs=("ffmc", "dmc", "dc", "fwi"),
    )
    for name in ("ffmc", "dmc", "dc", "fwi"):
        write(calendar, f"{name}Exact", getattr(result, name).T)
    lat = xr.DataArray(latitude, dims=("cell",), attrs={"units": "degrees_north"})
    season = {"season_method": "WF93", "overwintering": True}
    for suffix, settings in (("Printed", {}), ("Season", season)):
        dc, dmc, ffmc, _, _, fwi = xci.cffwis_indices(tas=tasmax, pr=pr, sfcWind=wind, hurs=hurs, lat=lat, **settings)
        for name, values in (("dc", dc), ("dmc", dmc), ("ffmc", ffmc), ("fwi", fwi)):
            write(calendar, f"{name}{suffix}", values.transpose("cell", "time").values)


def distributions():
    case = "distributions"
    samples = read(case, "samples")
    gev = [lmoments3.distr.gev.lmom_fit(sample) for sample in samples]
    write(case, "gev_fit", np.ravel([[fit["loc"], fit["scale"]] for fit in gev]))
    write(case, "gev_shapes", [fit["c"] for fit in gev])
    logistic = [lmoments3.distr.glo.lmom_fit(sample) for sample in samples]
    write(case, "logistic_fit", np.ravel([[fit[name] for name in ("loc", "scale", "k")] for fit in logistic]))
    years_, shape = read(case, "gev_years"), read(case, "gev_shape")
    write(case, "gev_level", scipy.stats.genextreme.isf(1 / years_, shape, loc=100, scale=25))
    p, n = read(case, "interval_p"), read(case, "interval_n")
    for name, tail in (("low", 0.05), ("high", 0.95)):
        write(case, f"interval_{name}", scipy.stats.beta.ppf(tail, n * p + 0.5, n * (1 - p) + 0.5))
    write(case, "gamma_cdf", scipy.stats.gamma.cdf(read(case, "gamma_x"), read(case, "gamma_shape")))
    write(case, "normal_quantile", scipy.stats.norm.ppf(read(case, "normal_p")))
    bandwidth, points = read(case, "kernel_bandwidth"), read(case, "kernel_points")
    kernel = np.empty_like(points)
    for i, sample in enumerate(samples):
        estimate = scipy.stats.gaussian_kde(sample, bw_method=bandwidth[i] / sample.std(ddof=1))
        kernel[i] = [estimate.integrate_box_1d(-np.inf, point) for point in points[i]]
    write(case, "kernel_cdf", kernel)
    evapotranspiration(case)


def evapotranspiration(case):
    names = ("lowest", "highest", "humidity", "wind", "altitude", "extraterrestrial", "radiation")
    low, high, humidity, wind, altitude, top, radiation = (pd.Series(read(case, f"fao56_{name}")) for name in names)
    result = pyet.pm_fao56(
        tmean=(low + high) / 2,
        wind=wind,
        rs=radiation,
        rso=(0.75 + 2e-5 * altitude) * top,
        tmax=high,
        tmin=low,
        rh=humidity,
        elevation=altitude,
        clip_zero=False,
    )
    write(case, "fao56", result.values)


distributions()
floods(read, write)
water(read, write)
for name in ("noleap", "standard"):
    both_spells(name)
    left_out(read, write, name)
    rain(name)
    drought(name)
    fire(name)
packages = ("climate-indices", "lmoments3", "pyet", "scipy", "xclim", "numpy", "xarray")
(folder / "versions.json").write_text(json.dumps({name: version(name) for name in packages}))
