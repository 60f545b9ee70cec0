"""How long xclim takes for the indices behind the four daily risks, on the series that dailyRisks.bench.ts wrote.

Usage: dailyRisksPeer.py FOLDER FIRST_YEAR LAST_YEAR. Prints the seconds of each round as JSON.
"""

import json
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

warnings.simplefilter("ignore")

import lmoments3.distr
import numpy as np
import xarray as xr
import xclim.indices as xci
from xclim.core.calendar import percentile_doy

ROUNDS = 3
BASE = slice("1991", "2020")
LATITUDE = 37.5

folder, first_year, last_year = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
days = xr.date_range(f"{first_year}-01-01", f"{last_year}-12-31", freq="D", calendar="noleap", use_cftime=True)


def daily(name, units):
    values = np.load(folder / f"{name}.npy")
    return xr.DataArray(values, dims=("cell", "time"), coords={"time": days}, name=name, attrs={"units": units})


tasmin, tasmax = daily("tasmin", "degC"), daily("tasmax", "degC")
pr, hurs, wind = daily("pr", "mm/d"), daily("hursmin", "%"), daily("sfcWind", "m s-1")
lat = xr.DataArray(np.full(tasmin.sizes["cell"], LATITUDE), dims=("cell",), attrs={"units": "degrees_north"})


def wsdi():
    per = percentile_doy(tasmax.sel(time=BASE), window=5, per=90).sel(percentiles=90)
    xci.warm_spell_duration_index(tasmax, per, window=6, freq="YS").load()


def csdi():
    per = percentile_doy(tasmin.sel(time=BASE), window=5, per=10).sel(percentiles=10)
    xci.cold_spell_duration_index(tasmin, per, window=6, freq="YS-JUL").load()


def spei():
    loss = xci.potential_evapotranspiration(tasmin=tasmin, tasmax=tasmax, lat=lat, method="HG85")
    # Rain comes in mm a day, evapotranspiration in kg m-2 s-1: only the time matters here.
    monthly = (pr - loss * 86400).resample(time="MS").sum()
    monthly.attrs["units"] = "mm/d"
    xci.standardized_precipitation_evapotranspiration_index(
        monthly,
        freq="MS",
        window=12,
        dist=lmoments3.distr.glo,
        method="PWM",
        cal_start="1991-01-01",
        cal_end="2020-12-30",
    ).load()


def fwi95():
    fwi = xci.cffwis_indices(tas=tasmax, pr=pr, sfcWind=wind, hurs=hurs, lat=lat)[5]
    fwi.resample(time="YS").quantile(0.95).load()


def everything():
    for work in (wsdi, csdi, spei, fwi95):
        work()


def seconds(work):
    work()
    rounds = []
    for _ in range(ROUNDS):
        before = time.perf_counter()
        work()
        rounds.append(time.perf_counter() - before)
    return rounds


indices = {"WSDI": wsdi, "CSDI": csdi, "-S12min": spei, "FWI95": fwi95, "all": everything}
print(json.dumps({"version": version("xclim"), "seconds": {name: seconds(work) for name, work in indices.items()}}))
