"""Relative humidity by xclim, method wmo08, from dew points and from specific humidities.

Run in the folder of this file, in an environment with test/reference/requirements.txt:  python produce.py
"""

import hashlib
import json
import pathlib

import numpy as np
import xarray as xr
import xclim

HERE = pathlib.Path(__file__).parent
random = np.random.default_rng(20261126)
tas = np.round(random.uniform(-40, 45, 60), 2)
tdps = np.round(tas - random.gamma(1.5, 5, 60), 2)
ps = np.round(random.uniform(600, 1050, 60), 1)
huss = np.round(random.uniform(0.0001, 0.004, 60), 6)


def array(values, units):
    return xr.DataArray(values, dims="x", attrs={"units": units})


dew = xclim.indices.relative_humidity(tas=array(tas, "degC"), tdps=array(tdps, "degC"), method="wmo08", invalid_values="clip")
specific = xclim.indices.relative_humidity(tas=array(tas, "degC"), huss=array(huss, "1"), ps=array(ps, "hPa"), method="wmo08", invalid_values="clip")
(HERE / "input.json").write_text(json.dumps({"tas": tas.tolist(), "tdps": tdps.tolist(), "ps": ps.tolist(), "huss": huss.tolist()}) + "\n")
(HERE / "expected.json").write_text(json.dumps({"fromDewPoint": dew.values.tolist(), "fromSpecific": specific.values.tolist()}) + "\n")
provenance = {
    "case": "Relative humidity from dew points and from specific humidities",
    "producedBy": f"produce.py with xclim {xclim.__version__}, relative_humidity(method=wmo08, invalid_values=clip)",
    "tolerance": "relative 1e-3: xclim writes the formula with 273.16 K for 0 degC, a hundredth of a degree, 0.1 % of a vapour pressure",
    "date": "2026-11-26",
    "sha256": {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in ("input.json", "expected.json")},
}
(HERE / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n")
