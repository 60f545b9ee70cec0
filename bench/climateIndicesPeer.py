"""How long xclim and lmoments3 take for the indices that climateIndices.bench.ts measures, on the series that it wrote.

Usage: climateIndicesPeer.py FOLDER FIRST_YEAR LAST_YEAR. Prints the CPU seconds of each round as JSON, for each index at the number
of cells a call that takes least.
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
CELLS = (64, 1024, 4096)
# A trial of this many CPU seconds says enough of a number of cells that is slow.
PATIENCE = 8
# Below every balance over 12 months [mm]: the method fits two parameters.
FISK_BEGINS = -2000
RETURN_PERIODS = (2, 5, 10, 20, 50, 100, 200, 500)

folder, first_year, last_year = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
years = int(last_year) - int(first_year) + 1
days = xr.date_range(f"{first_year}-01-01", f"{last_year}-12-31", freq="D", calendar="noleap", use_cftime=True)
UNITS = {"tas": "degC", "tasmin": "degC", "tasmax": "degC", "pr": "mm/d", "hurs": "%", "sfcWind": "m s-1"}
arrays = {name: np.load(folder / f"{name}.npy") for name in UNITS}


def block(cells):
    """The series again and again until there are as many cells."""
    found = {}
    for name, values in arrays.items():
        tiled = np.resize(values, (cells, values.shape[1]))
        found[name] = xr.DataArray(tiled, dims=("cell", "time"), coords={"time": days}, name=name, attrs={"units": UNITS[name]})
    found["lat"] = xr.DataArray(33 + np.arange(cells) % 64 / 10, dims=("cell",), attrs={"units": "degrees_north"})
    return found


def wsdi(of):
    per = percentile_doy(of["tasmax"], window=5, per=90).sel(percentiles=90)
    xci.warm_spell_duration_index(of["tasmax"], per, window=6, freq="YS").load()


def csdi(of):
    per = percentile_doy(of["tasmin"], window=5, per=10).sel(percentiles=10)
    xci.cold_spell_duration_index(of["tasmin"], per, window=6, freq="YS-JUL").load()


def spei(of):
    loss = xci.potential_evapotranspiration(tasmin=of["tasmin"], tasmax=of["tasmax"], lat=of["lat"], method="HG85")
    # Rain comes in mm a day, evapotranspiration in kg m-2 s-1: only the time matters here.
    monthly = (of["pr"] - loss * 86400).resample(time="MS").sum()
    monthly.attrs["units"] = "mm/d"
    xci.standardized_precipitation_evapotranspiration_index(
        monthly,
        freq="MS",
        window=12,
        dist="fisk",
        method="APP",
        fitkwargs={"floc": FISK_BEGINS},
        cal_start=f"{first_year}-01-01",
        cal_end=f"{last_year}-12-30",
    ).load()


def rain(of):
    xci.max_1day_precipitation_amount(of["pr"], freq="YS").load()
    xci.max_n_day_precipitation_amount(of["pr"], window=5, freq="YS").load()


def fwi(of):
    xci.cffwis_indices(tas=of["tas"], pr=of["pr"], sfcWind=of["sfcWind"], hurs=of["hurs"], lat=of["lat"])[5].load()


def everything(of):
    for work in (wsdi, csdi, spei, rain, fwi):
        work(of)


def seconds(work, of):
    before = time.process_time()
    work(of)
    return time.process_time() - before


def best(work):
    """Of the numbers of cells a call the one that takes least for each, and rounds of it."""
    work(block(CELLS[0]))
    trials = []
    for cells in CELLS:
        if trials and trials[-1][0] * cells > PATIENCE:
            break
        trials.append((seconds(work, block(cells)) / cells, cells))
    _, cells = min(trials)
    of = block(cells)
    return {"cells": cells, "seconds": [seconds(work, of) for _ in range(ROUNDS)], "name": f"xclim {version('xclim')}, {cells} cells"}


def gev(samples):
    for sample in samples:
        parameters = lmoments3.distr.gev.lmom_fit(sample)
        lmoments3.distr.gev(**parameters).ppf(1 - 1 / np.array(RETURN_PERIODS))


def fits():
    samples = arrays["tas"][:, :years]
    rounds = [seconds(gev, samples) for _ in range(ROUNDS)]
    return {"cells": len(samples), "seconds": rounds, "name": f"lmoments3 {version('lmoments3')}"}


indices = {
    "WSDI, leave-one-out": wsdi,
    "CSDI, leave-one-out": csdi,
    "SPEI-12 with Hargreaves": spei,
    "Rx1day and Rx5day": rain,
    "FWI": fwi,
    "these five together": everything,
}
measured = {name: best(work) for name, work in indices.items()}
measured["GEV and return levels, fits"] = fits()
print(json.dumps(measured))
