"""Small files in every format and with every trait that ingest reads, and their values as xarray decodes them.

Run in the folder of this file, in an environment with test/reference/requirements.txt:  python produce.py
Temperatures are told in degC, rain in mm d-1; null is missing.
"""

import datetime
import hashlib
import json
import pathlib
import shutil
import zipfile

import cftime
import netCDF4
import numpy as np
import pyarrow
import xarray as xr
import zarr

HERE = pathlib.Path(__file__).parent
random = np.random.default_rng(20261126)


def climate(calendar, years, latitudes, longitudes, y="lat", x="lon"):
    """Two variables over a grid, a tenth of the values missing, one cell without any."""
    times = xr.date_range(f"{years[0]}-01-01", f"{years[1]}-12-{30 if calendar == '360_day' else 31}", calendar=calendar, use_cftime=True)
    shape = (len(times), len(latitudes), len(longitudes))
    tasmax = np.round(288.15 + 12 * random.standard_normal(shape), 1)
    pr = np.round(random.gamma(0.6, 6, shape), 1) / 86400
    for values in (tasmax, pr):
        values[random.random(shape) < 0.1] = np.nan
        values[:, 0, 0] = np.nan
    return xr.Dataset(
        {
            "tasmax": (("time", y, x), tasmax, {"units": "K", "standard_name": "air_temperature", "cell_methods": "time: maximum"}),
            "pr": (("time", y, x), pr, {"units": "kg m-2 s-1", "standard_name": "precipitation_flux"}),
        },
        {
            "time": times,
            y: (y, latitudes, {"units": "degrees_north", "standard_name": "latitude"}),
            x: (x, longitudes, {"units": "degrees_east", "standard_name": "longitude"}),
        },
    )


def packed():
    """NetCDF-3: 16-bit integers with scale and offset, latitudes from the north, longitudes to 360, noon, hours."""
    ds = climate("standard", (2003, 2004), [38.5, 37.5, 36.5], [126.0, 126.5, 359.0])
    ds["time"] = ds.time + datetime.timedelta(hours=12)
    encoding = {
        "tasmax": {"dtype": "i2", "scale_factor": 0.01, "add_offset": 290.0, "_FillValue": -32767},
        "pr": {"dtype": "i2", "scale_factor": 1e-7, "add_offset": 0.002, "_FillValue": -32768, "missing_value": -32768},
        "time": {"units": "hours since 2003-01-01 00:00:00", "dtype": "f8"},
    }
    ds.to_netcdf(HERE / "packed.nc3.nc", format="NETCDF3_64BIT", engine="netcdf4", encoding=encoding)
    return "packed.nc3.nc"


def records():
    """NetCDF-3 classic with a record dimension, two record variables, noleap."""
    ds = climate("noleap", (2004, 2005), [33.25, 33.5], [126.25, 126.5]).astype("f4")
    ds.to_netcdf(HERE / "records.nc", format="NETCDF3_CLASSIC", engine="netcdf4", unlimited_dims=["time"],
                 encoding={"time": {"units": "days since 1850-01-01", "dtype": "f8"}})
    return "records.nc"


def chunked():
    """NetCDF-4: chunks of 30 days, deflate and shuffle, 360_day, time last, fill value 1e20."""
    ds = climate("360_day", (2095, 2096), [34.0, 35.0], [127.0, 128.0, 129.0]).astype("f4").transpose("lat", "lon", "time")
    chunk = {"zlib": True, "shuffle": True, "chunksizes": (2, 2, 30), "_FillValue": np.float32(1e20)}
    ds.to_netcdf(HERE / "chunked.nc", engine="netcdf4", encoding={"tasmax": chunk, "pr": chunk, "time": {"units": "days since 1950-01-01"}})
    return "chunked.nc"


def stations():
    """NetCDF-4 of three stations, 64-bit integers of seconds, a scalar height, proleptic_gregorian."""
    ds = climate("proleptic_gregorian", (1999, 2000), [33.5141], [126.5297, 127.0, 128.0])
    ds = ds.isel(lat=0, drop=True).rename(lon="station").transpose("station", "time")
    where = {"latitude": ("station", [33.5141, 37.5714, 35.1047], {"units": "degrees_north"}),
             "longitude": ("station", [126.5297, 126.9658, 129.032], {"units": "degrees_east"})}
    ds = ds.drop_vars("station").assign_coords(where).assign_coords(height=2.0)
    ds.to_netcdf(HERE / "stations.nc", engine="h5netcdf", encoding={"time": {"units": "seconds since 1999-01-01", "dtype": "i8"}})
    return "stations.nc"


def curvilinear():
    """NetCDF-4 of a grid that is none of rows and columns, named by the attribute coordinates; monthly, with bounds."""
    times = [cftime.DatetimeNoLeap(2001 + month // 12, month % 12 + 1, 28) for month in range(24)]
    ends = [[cftime.DatetimeNoLeap(2001 + m // 12, m % 12 + 1, 1), cftime.DatetimeNoLeap(2001 + (m + 1) // 12, (m + 1) % 12 + 1, 1)] for m in range(24)]
    latitude = np.array([[35.0, 35.1], [36.0, 36.1]])
    longitude = np.array([[127.0, 128.0], [127.05, 128.05]])
    ds = xr.Dataset(
        {"tas": (("time", "y", "x"), 283.15 + random.standard_normal((24, 2, 2)), {"units": "K", "coordinates": "lat2d lon2d"}),
         "time_bnds": (("time", "bnds"), ends)},
        {"time": ("time", times, {"bounds": "time_bnds"})})
    ds["lat2d"] = (("y", "x"), latitude, {"units": "degrees_north", "standard_name": "latitude"})
    ds["lon2d"] = (("y", "x"), longitude, {"units": "degrees_east", "standard_name": "longitude"})
    for name in ("time", "time_bnds"):
        ds[name].encoding = {"units": "days since 2001-01-01", "calendar": "noleap"}
    ds.to_netcdf(HERE / "curvilinear.nc", engine="netcdf4")
    return "curvilinear.nc"


def zarr2():
    """Zarr v2 in a zip, blosc, dimensions y and x."""
    ds = climate("noleap", (2010, 2011), [43.25, 46.04], [281.25, 284.06], "y", "x").astype("f4")
    folder = HERE / "zarr2.zarr"
    ds.to_zarr(folder, mode="w", zarr_format=2, consolidated=True, encoding={"tasmax": {"chunks": (300, 2, 1)}, "pr": {"chunks": (300, 2, 1)}})
    pack(folder, HERE / "zarr2.zarr.zip")
    return "zarr2.zarr.zip"


def zarr3():
    """Zarr v3 in a zip, zstd, not consolidated."""
    ds = climate("standard", (2019, 2020), [37.0, 37.5], [126.5, 127.0]).astype("f4")
    folder = HERE / "zarr3.zarr"
    ds.to_zarr(folder, mode="w", zarr_format=3, consolidated=False, encoding={"tasmax": {"chunks": (100, 1, 2)}, "pr": {"chunks": (731, 2, 2)}})
    pack(folder, HERE / "zarr3.zarr.zip")
    return "zarr3.zarr.zip"


def pack(folder, target):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(str(path.relative_to(folder.parent)), (2026, 11, 26, 0, 0, 0))
                archive.writestr(entry, path.read_bytes())
    shutil.rmtree(folder)


def parquet():
    """Parquet, zstd, dates as dates, float32 and null."""
    ds = climate("standard", (2015, 2016), [36.25], [127.25, 127.5])
    ds["tasmax"] = (ds.tasmax - 273.15).astype("f4")
    ds["pr"] = ds.pr * 86400
    ds["time"] = [datetime.date(t.year, t.month, t.day) for t in ds.time.values]
    frame = ds.to_dataframe().reset_index().rename(columns={"time": "date", "tasmax": "tasmax (degC)", "pr": "pr (mm d-1)"})
    frame.to_parquet(HERE / "table.parquet", compression="zstd", index=False)
    return "table.parquet"


def decoded(name):
    """[variable][place "lat lon"] values by date, as xarray decodes them."""
    if name.endswith(".parquet"):
        import pandas as pd

        frame = pd.read_parquet(HERE / name).rename(columns={"tasmax (degC)": "tasmax", "pr (mm d-1)": "pr"})
        told = {}
        for (lat, lon), group in frame.groupby(["lat", "lon"]):
            for variable in ("tasmax", "pr"):
                if group[variable].notna().any():
                    told.setdefault(variable, {})[place(lat, lon)] = series(group[variable].to_numpy(float))
        return told, [str(date) for date in sorted(frame.date.unique())]
    coder = xr.coders.CFDatetimeCoder(use_cftime=True)
    if name.endswith(".zip"):
        with zipfile.ZipFile(HERE / name) as archive:
            archive.extractall(HERE / "unpacked")
        ds = xr.open_zarr(HERE / "unpacked" / name[:-4], decode_times=coder, consolidated=False).load()
        shutil.rmtree(HERE / "unpacked")
    else:
        ds = xr.open_dataset(HERE / name, decode_times=coder).load()
    told = {}
    for variable in ("tasmax", "pr", "tas"):
        if variable not in ds:
            continue
        values = ds[variable].astype("f8")
        values = values - 273.15 if variable != "pr" else values * 86400
        latitude = next(ds[c] for c in ("latitude", "lat2d", "lat", "y") if c in ds.variables and ds[c].dtype == "f8")
        longitude = next(ds[c] for c in ("longitude", "lon2d", "lon", "x") if c in ds.variables and ds[c].dtype == "f8")
        flat = xr.broadcast(values, latitude, longitude)
        dims = [d for d in flat[0].dims if d != "time"]
        flat = [f.stack(cell=dims) for f in flat]
        for cell in range(flat[0].sizes["cell"]):
            own = [f.isel(cell=cell) for f in flat]
            lat, lon = (float(o.isel(time=0)) if "time" in o.dims else float(o) for o in own[1:])
            if not np.isnan(own[0]).all():
                told.setdefault(variable, {})[place(lat, lon)] = series(own[0].transpose("time").to_numpy())
    return told, [f"{t.year:04}-{t.month:02}-{t.day:02}" for t in ds.time.values]


def place(lat, lon):
    return " ".join(f"{round(degrees, 4):.10g}" for degrees in (lat, lon - 360 if lon > 180 else lon))


def series(values):
    return [None if np.isnan(v) else float(f"{v:.9g}") for v in values]


def main():
    expected = {}
    for make in (packed, records, chunked, stations, curvilinear, zarr2, zarr3, parquet):
        name = make()
        values, dates = decoded(name)
        expected[name] = {"about": make.__doc__, "dates": [dates[0], dates[-1], len(dates)], "values": values}
    (HERE / "expected.json").write_text(json.dumps(expected))
    names = [*expected, "expected.json"]
    provenance = {
        "case": "Small files of every format and trait that ingest reads, with the values that xarray decodes",
        "producedBy": f"produce.py with xarray {xr.__version__}, netCDF4 {netCDF4.__version__}, zarr {zarr.__version__}, pyarrow {pyarrow.__version__}",
        "tolerance": "two units in the last place of float32: the database stores float32, and packed values are multiplied in another order",
        "date": "2026-11-26",
        "sha256": {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in names},
    }
    (HERE / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n")


main()
