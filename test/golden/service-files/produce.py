"""Small files with the structure of those that services give, and the values that xarray decodes.

Run in the folder of this file, in an environment with xarray==2026.9.0, netCDF4==1.7.5.1.post1, zarr==3.1.6 and pyproj==3.7.2:  python produce.py
"""

import hashlib
import json
import pathlib
import shutil
import zipfile

import netCDF4
import numpy as np
import pyproj
import xarray as xr
import zarr

HERE = pathlib.Path(__file__).parent
random = np.random.default_rng(20261202)
DAYS = 5


def temperatures(shape):
    return np.round(288.15 + 8 * random.standard_normal(shape), 2).astype("f4")


def days(start="2001-03-01", count=DAYS):
    return xr.date_range(start, periods=count, freq="D")


def kma():
    """KMA's monthly TA of a scenario, NetCDF: a corner of the 1-km grid, the sea marked by -9990."""
    lat, lon = 33 + 0.01 * np.arange(50, 54), 124.5 + 0.01 * np.arange(200, 203)
    values = np.round(12 + 10 * random.standard_normal((12, 4, 3)), 2).astype("f4")
    values[:, 0, 0] = -9990
    name = "AR6_SSP585_5ENSMN_skorea_TA_gridraw_monthly_2021_2021.nc"
    with netCDF4.Dataset(name, "w") as file:
        file.createDimension("time", None)
        for axis, coordinates, unit in (("latitude", lat, "degrees_north"), ("longitude", lon, "degrees_east")):
            file.createDimension(axis, len(coordinates))
            file.createVariable(axis, "f4", (axis,))[:] = coordinates
            file[axis].units = unit
        file.createVariable("time", "f8", ("time",))[:] = [(np.datetime64(f"2021-{month + 1:02}-01") - np.datetime64("2021-01-01")).astype(int) for month in range(12)]
        file["time"].units, file["time"].calendar = "days since 2021-01-01", "standard"
        file.createVariable("TA", "f4", ("time", "latitude", "longitude"), fill_value=-9990, zlib=True)[:] = values
        file["TA"].units = "degC"
    ds = xr.open_dataset(name).rename(TA="tas").load()
    return name, {}, ds.astype("f8") + 273.15, *np.meshgrid(lat, lon, indexing="ij")


def cordex():
    """EURO-CORDEX as published: a rotated pole, corners of cells, bounds of time, a height of 2 m, 365 days a year."""
    mapping = {"grid_mapping_name": "rotated_latitude_longitude", "grid_north_pole_latitude": 39.25, "grid_north_pole_longitude": -162.0, "north_pole_grid_longitude": 0.0}
    rlat, rlon = np.round(-3.025 + 0.11 * np.arange(4), 3), np.round(-8.745 + 0.11 * np.arange(3), 3)
    crs = pyproj.CRS.from_cf(mapping)
    there = pyproj.Transformer.from_crs(crs, crs.geodetic_crs if crs.source_crs is None else crs.source_crs, always_xy=True)
    lon, lat = (np.array(one) for one in there.transform(*np.meshgrid(rlon, rlat)))
    name = "tasmax_EUR-11_ICHEC-EC-EARTH_rcp85_r12i1p1_CLMcom-CCLM4-8-17_v1_day_20010301-20010305.nc"
    with netCDF4.Dataset(name, "w", format="NETCDF4_CLASSIC") as file:
        for axis, length in (("time", None), ("rlat", 4), ("rlon", 3), ("bnds", 2), ("vertices", 4)):
            file.createDimension(axis, length)
        add = lambda name, kind, axes, values, **attributes: (file.createVariable(name, kind, axes, **({"fill_value": attributes.pop("_FillValue")} if "_FillValue" in attributes else {})).__setitem__(slice(None), values), file[name].setncatts(attributes))
        begin = 18_705
        add("time", "f8", ("time",), begin + 0.5 + np.arange(DAYS), units="days since 1949-12-01T00:00:00Z", calendar="365_day", bounds="time_bnds", standard_name="time", axis="T")
        add("time_bnds", "f8", ("time", "bnds"), np.stack([begin + np.arange(DAYS), begin + 1 + np.arange(DAYS)], 1))
        add("rlat", "f8", ("rlat",), rlat, standard_name="grid_latitude", units="degrees", axis="Y")
        add("rlon", "f8", ("rlon",), rlon, standard_name="grid_longitude", units="degrees", axis="X")
        for own, values, unit in (("lat", lat, "degrees_north"), ("lon", lon, "degrees_east")):
            add(own, "f8", ("rlat", "rlon"), values, standard_name={"lat": "latitude", "lon": "longitude"}[own], units=unit, bounds=f"{own}_vertices")
            add(f"{own}_vertices", "f8", ("rlat", "rlon", "vertices"), values[:, :, None] + 0.05 * np.array([-1, 1, 1, -1]), units=unit)
        file.createVariable("rotated_pole", "S1", ()).setncatts(mapping)
        add("height", "f8", (), 2.0, units="m", positive="up", standard_name="height", axis="Z")
        add("tasmax", "f4", ("time", "rlat", "rlon"), temperatures((DAYS, 4, 3)), _FillValue=np.float32(1e20), missing_value=np.float32(1e20), standard_name="air_temperature", units="K", cell_methods="time: maximum", coordinates="lon lat height", grid_mapping="rotated_pole")
        file.setncatts({"Conventions": "CF-1.4", "frequency": "day", "CORDEX_domain": "EUR-11", "project_id": "CORDEX"})
    ds = xr.open_dataset(name, decode_times=xr.coders.CFDatetimeCoder(use_cftime=True)).load()
    assert str(ds.time.values[0])[:10] == "2001-03-01", ds.time.values[0]
    return name, {}, ds, lat, lon


def wrf():
    """wrfout of an older version: Times of characters, XTIME without a date, attributes of WRF and none of CF, staggered winds beside."""
    x, y = np.meshgrid(np.arange(4) * 9000.0, np.arange(3) * 9000.0)
    crs = pyproj.CRS.from_cf({"grid_mapping_name": "lambert_conformal_conic", "standard_parallel": [30.0, 60.0], "longitude_of_central_meridian": 126.0, "latitude_of_projection_origin": 38.0, "earth_radius": 6370000.0})
    lon, lat = (np.array(one).astype("f4") for one in pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True).transform(x, y))
    name = "wrfout_d01_2001-03-01_00_00_00.nc"
    values = temperatures((DAYS, 3, 4))
    with netCDF4.Dataset(name, "w", format="NETCDF3_64BIT_OFFSET") as file:
        for axis, length in (("Time", None), ("DateStrLen", 19), ("south_north", 3), ("west_east", 4), ("west_east_stag", 5)):
            file.createDimension(axis, length)
        file.createVariable("Times", "S1", ("Time", "DateStrLen"))[:] = np.array([list(f"2001-03-0{day + 1}_12:00:00") for day in range(DAYS)], dtype="S1")
        def add(own, axes, content, description, unit, stagger=""):
            file.createVariable(own, "f4", axes)[:] = content
            file[own].setncatts({"FieldType": np.int32(104), "MemoryOrder": "XY ", "description": description, "units": unit, "stagger": stagger, "coordinates": "XLONG XLAT"})
        plane, every = ("Time", "south_north", "west_east"), lambda one: np.broadcast_to(one, (DAYS, *one.shape))
        add("XLAT", plane, every(lat), "LATITUDE, SOUTH IS NEGATIVE", "degree_north")
        add("XLONG", plane, every(lon), "LONGITUDE, WEST IS NEGATIVE", "degree_east")
        add("XTIME", ("Time",), 1440.0 * np.arange(DAYS), "minutes since simulation start", "")
        add("T2", plane, values, "TEMP at 2 M", "K")
        add("RAINNC", plane, np.cumsum(np.ones((DAYS, 3, 4)), 0), "ACCUMULATED TOTAL GRID SCALE PRECIPITATION", "mm")
        add("U10S", ("Time", "south_north", "west_east_stag"), np.zeros((DAYS, 3, 5)), "x-wind component", "m s-1", "X")
        file.setncatts({"TITLE": " OUTPUT FROM WRF V3.9.1 MODEL", "MAP_PROJ": np.int32(1), "TRUELAT1": np.float32(30), "TRUELAT2": np.float32(60), "STAND_LON": np.float32(126)})
    ds = xr.Dataset({"tas": (("time", "y", "x"), values)}, {"time": days()})
    return name, {"map": ["T2=tas"]}, ds, lat.astype("f8"), lon.astype("f8")


def zarr_groups(version):
    """A tree of datasets as xarray writes it: coordinates in the root, scenarios in groups of groups."""
    lat, lon = np.array([37.5, 37.25, 37.0]), np.array([126.5, 126.75])
    root = xr.Dataset(coords={"latitude": ("latitude", lat, {"units": "degrees_north"}), "longitude": ("longitude", lon, {"units": "degrees_east"})})
    tree = {"/": root}
    for scenario in ("ssp126", "ssp585"):
        tree[f"/scenarios/{scenario}"] = xr.Dataset({"tas": (("time", "latitude", "longitude"), temperatures((DAYS, 3, 2)), {"units": "K", "cell_methods": "time: mean"})}, {"time": ("time", days())})
    data = xr.DataTree.from_dict(tree)
    name = f"groups-{version}.zarr"
    data.to_zarr(HERE / name, mode="w", zarr_format=version, consolidated=True)
    pack(name)
    ds = data["/scenarios/ssp585"].to_dataset()
    return f"{name}.zip", {"map": ["scenarios/ssp585/tas=tas"]}, ds, *np.meshgrid(lat, lon, indexing="ij")


def groups2():
    """Groups within groups, Zarr v2: coordinates in the root."""
    return zarr_groups(2)


def groups3():
    """Groups within groups, Zarr v3: coordinates in the root."""
    return zarr_groups(3)


def pack(name):
    folder = HERE / name
    with zipfile.ZipFile(HERE / f"{name}.zip", "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.writestr(zipfile.ZipInfo(str(path.relative_to(folder.parent)), (2026, 11, 30, 0, 0, 0)), path.read_bytes())
    shutil.rmtree(folder)


def series(ds, lat, lon):
    """[variable]["latitude longitude"] values in canonical units, of places that have any."""
    found = {}
    for variable in ("tas", "tasmax"):
        if variable not in ds:
            continue
        values = ds[variable].astype("f8").values - 273.15
        values = values.reshape(len(values), -1)
        for cell, (north, east) in enumerate(zip(np.ravel(lat), np.ravel(lon))):
            if np.isnan(values[:, cell]).all():
                continue
            place = " ".join(f"{round(degrees, 4) + 0:.10g}" for degrees in (north, east))
            found.setdefault(variable, {})[place] = [None if np.isnan(v) else float(f"{v:.9g}") for v in values[:, cell]]
    return found


def main():
    expected = {}
    for make in (kma, cordex, wrf, groups2, groups3):
        name, words, ds, lat, lon = make()
        expected[name] = {"about": make.__doc__, "words": words, "first": str(ds.time.values[0])[:10], "values": series(ds, lat, lon)}
    (HERE / "expected.json").write_text("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(case)}" for name, case in expected.items()) + "\n}\n")
    provenance = {
        "case": "Small files with the structure of those that services give, and the values that xarray decodes",
        "producedBy": f"produce.py with xarray {xr.__version__}, netCDF4 {netCDF4.__version__}, zarr {zarr.__version__}, pyproj {pyproj.__version__}",
        "tolerance": "two units in the last place of float32; places to 0.0001 degrees, the step of the grid",
        "date": "2026-11-30",
        "sha256": {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in [*expected, "expected.json"]},
    }
    (HERE / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n")


main()
