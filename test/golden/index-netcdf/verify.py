"""Opens what `climatebatch index` wrote with xarray, by two libraries, and tells what is in it.

Run in the folder of this file, in an environment with test/reference/requirements.txt:
npx climatebatch index HD33 --input ../array-files/chunked.nc --output hd33.nc && python verify.py
"""

import hashlib
import json
import pathlib

import numpy as np
import xarray as xr

HERE = pathlib.Path(__file__).parent
source = xr.open_dataset(HERE / "../array-files/chunked.nc", decode_times=xr.coders.CFDatetimeCoder(use_cftime=True)).load()
opened = [xr.open_dataset(HERE / "hd33.nc", engine=engine).load() for engine in ("netcdf4", "scipy")]
for ds in opened:
    assert ds.HD33.dims == ("cell", "time") and ds.attrs["featureType"] == "timeSeries", ds
    assert [t.year for t in ds.time.values] == [2095, 2096] and ds.time.dt.calendar == "360_day", ds.time
    for cell in range(ds.sizes["cell"]):
        days = source.tasmax.sel(lat=float(ds.latitude[cell]), lon=float(ds.longitude[cell])) - 273.15
        assert days.notnull().any(), "a cell without any value"
    assert ds.sizes["cell"] == 5 and np.isnan(ds.HD33).all(), "a tenth of the days is missing: no year is valid"
provenance = {
    "case": "climatebatch index writes NetCDF that xarray opens",
    "producedBy": "climatebatch index HD33 --input test/golden/array-files/chunked.nc, opened by verify.py with xarray " + xr.__version__,
    "tolerance": "the bytes",
    "date": "2026-11-26",
    "sha256": {"hd33.nc": hashlib.sha256((HERE / "hd33.nc").read_bytes()).hexdigest()},
}
(HERE / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n")
(HERE / "hd33.nc").unlink()
