"""Values of real files as xarray decodes them: some days of some cells, counts and extremes.

Run in the folder of this file with the folder of the data, in an environment with test/reference/requirements.txt:
python produce.py ../../../../shared/data
"""

import hashlib
import json
import pathlib
import sys
import zipfile
import tempfile

import numpy as np
import xarray as xr
import zarr

HERE = pathlib.Path(__file__).parent
DATA = pathlib.Path(sys.argv[1])
random = np.random.default_rng(20261126)
TO_CANONICAL = {
    "K": lambda v: v - 273.15,
    "degC": lambda v: v,
    "mm d-1": lambda v: v,
    "m": lambda v: v * 1000,
    "mm s-1": lambda v: v * 86400,
    "kg m-2 s-1": lambda v: v * 86400,
}
# scenario of the test: (file, {variable: (name in the file, unit)})
CASES = {
    "hadgem2cc-pr": ("hadgem2cc_360day/pr_day_HadGEM2-CC_rcp85_r1i1p1_na10kgrid_qm-moving-50bins-detrend_2095.nc", {"pr": ("pr", "mm s-1")}),
    "hadgem2cc-tasmax": ("hadgem2cc_360day/tasmax_day_HadGEM2-CC_rcp85_r1i1p1_na10kgrid_qm-moving-50bins-detrend_2095.nc", {"tasmax": ("tasmax", "K")}),
    "hadgem2cc-tasmin": ("hadgem2cc_360day/tasmin_day_HadGEM2-CC_rcp85_r1i1p1_na10kgrid_qm-moving-50bins-detrend_2095.nc", {"tasmin": ("tasmin", "K")}),
    "canesm5": ("canesm5_zarr2_noleap/CMIP.CCCma.CanESM5.historical.r1i1p1f1.day.gn.zarr.zip", {"tas": ("tas", "K"), "pr": ("pr", "mm d-1")}),
    "cesm2": ("cmip6_mini/tas_day_CESM2-WACCM_historical_r1i1p1f1_gn_20000101-20091231.nc", {"tas": ("tas", "K")}),
    "mpi": ("cmip6_mini/pr_day_MPI-ESM1-2-HR_dcppA-hindcast_s1960-r2i1p1f1_gn_19601101-19701231.nc", {"pr": ("pr", "kg m-2 s-1")}),
    "miroc6": ("cmip6_mini/tas_day_MIROC6_ssp119_r1i1p1f1_gn_20150101.nc", {"tas": ("tas", "K")}),
    "era5land": ("era5land_bad_units/ERA5_land_3_variables_raw_subset.nc", {"pr": ("tp", "mm d-1")}),
    "era5": ("era5_metres_nan/ERA5_testdata.nc", {"tasmax": ("tasmax", "K"), "tasmin": ("tasmin", "K"), "pr": ("pr", "m")}),
}


def read(path):
    coder = xr.coders.CFDatetimeCoder(use_cftime=True)
    if path.suffix != ".zip":
        return xr.open_dataset(path, decode_times=coder).load()
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(path).extractall(folder)
        (store,) = pathlib.Path(folder).iterdir()
        return xr.open_zarr(store, decode_times=coder, drop_variables=["zg", "hus", "snw"]).load()


def snap(degrees):
    """To four decimals, halves up, as ingest does."""
    return float(np.floor(degrees * 1e4 + 0.5) / 1e4)


expected = {}
for case, (file, variables) in CASES.items():
    ds = read(DATA / file)
    expected[case] = {}
    for variable, (name, unit) in variables.items():
        array = TO_CANONICAL[unit](ds[name].astype("f8"))
        lat = next(d for d in ("lat", "latitude", "y") if d in array.dims)
        lon = next(d for d in ("lon", "longitude", "x") if d in array.dims)
        array = array.transpose("time", lat, lon)
        samples = []
        for _ in range(25):
            t, y, x = (int(random.integers(0, n)) for n in array.shape)
            value = float(array[t, y, x])
            east = float(array[lon][x])
            when = array.time.values[t]
            samples.append([
                snap(float(array[lat][y])), snap(east - 360 if east > 180 else east),
                f"{when.year:04}-{when.month:02}-{when.day:02}", None if np.isnan(value) else float(f"{value:.9g}")])
        known = array.to_numpy()
        expected[case][variable] = {
            "values": int(np.isfinite(known).sum()), "missing": int(np.isnan(known).sum()),
            "least": float(np.nanmin(known)), "greatest": float(np.nanmax(known)), "samples": samples}
(HERE / "input.json").write_text(json.dumps({case: {"file": file, "sha256": hashlib.sha256((DATA / file).read_bytes()).hexdigest()} for case, (file, _) in CASES.items()}, indent=1) + "\n")
(HERE / "expected.json").write_text(json.dumps(expected) + "\n")
provenance = {
    "case": "Real archives: values that xarray decodes, against those that ingest stores",
    "producedBy": f"produce.py with xarray {xr.__version__}, zarr {zarr.__version__}",
    "tolerance": "two units in the last place of float32",
    "date": "2026-11-26",
    "sha256": {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in ("input.json", "expected.json")},
}
(HERE / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n")
