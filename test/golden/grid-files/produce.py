"""Small files on the grids of regional models and services, and their values as xarray decodes them, their places as pyproj has them.

Run in the folder of this file, in an environment with test/reference/requirements.txt and pyproj==3.7.2:  python produce.py
Temperatures are in degC, rain in mm d-1; null is missing.
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
random = np.random.default_rng(20261130)
DAYS = 5
SPHERE = 6371229.0
# What wrf() made, which writes two files.
WRF = []


def temperatures(shape):
    return np.round(288.15 + 8 * random.standard_normal(shape), 2).astype("f4")


def days(name="time", start="2001-03-01", count=DAYS):
    times = xr.date_range(start, periods=count, freq="D")
    return (name, times, {"standard_name": "time"})


def rotated(attributes, lon, lat):
    crs = pyproj.CRS.from_cf(attributes)
    return np.array(pyproj.Transformer.from_crs(crs, crs.source_crs, always_xy=True).transform(lon, lat))


ROTATED = {"grid_mapping_name": "rotated_latitude_longitude", "grid_north_pole_latitude": 39.25, "grid_north_pole_longitude": -162.0, "earth_radius": SPHERE}


def rotated_dataset():
    rlat, rlon = np.arange(-3, 3) * 0.44, np.arange(4) * 0.44 - 20
    x, y = np.meshgrid(rlon, rlat)
    lon, lat = rotated(ROTATED, x, y)
    ds = xr.Dataset(
        {"tas": (("time", "rlat", "rlon"), temperatures((DAYS, 6, 4)), {"units": "K", "standard_name": "air_temperature", "cell_methods": "time: mean", "grid_mapping": "rotated_pole", "coordinates": "lon lat"}),
         "rotated_pole": ((), 0, ROTATED)},
        {"time": days(), "rlat": ("rlat", rlat, {"units": "degrees", "standard_name": "grid_latitude", "axis": "Y"}),
         "rlon": ("rlon", rlon, {"units": "degrees", "standard_name": "grid_longitude", "axis": "X"}),
         "lat": (("rlat", "rlon"), lat, {"units": "degrees_north", "standard_name": "latitude"}),
         "lon": (("rlat", "rlon"), lon, {"units": "degrees_east", "standard_name": "longitude"})})
    for name in ("tas",):
        ds[name].encoding["coordinates"] = ds[name].attrs.pop("coordinates")
    return ds, lat, lon


def cordex():
    """CORDEX: a rotated pole with two-dimensional latitude and longitude, NetCDF-4."""
    ds, lat, lon = rotated_dataset()
    ds.tas.encoding.update({"zlib": True, "chunksizes": (2, 3, 4)})
    ds.to_netcdf("cordex.nc", engine="netcdf4")
    return "cordex.nc", {}, ds, lat, lon


def pole_only():
    """A rotated pole without latitude and longitude: rlat, rlon and the grid mapping alone, NetCDF-3."""
    ds, lat, lon = rotated_dataset()
    ds.drop_vars(["lat", "lon"]).to_netcdf("pole-only.nc", format="NETCDF3_CLASSIC", engine="netcdf4")
    return "pole-only.nc", {}, ds, lat, lon


def outside():
    """A curvilinear grid that lacks places outside of the model's domain, Zarr v2."""
    ds, lat, lon = rotated_dataset()
    for name in ("lat", "lon"):
        ds[name].values[0, :2] = np.nan
    ds.tas.values[:, 0, :2] = np.nan
    ds.drop_vars("rotated_pole").to_zarr("outside.zarr", mode="w", zarr_format=2, consolidated=True)
    pack("outside.zarr")
    return "outside.zarr.zip", {}, ds, ds.lat.values, ds.lon.values


def wrf():
    """WRF: XLAT and XLONG at every step, time in XTIME, staggered axes beside them, NetCDF-4."""
    crs = {"grid_mapping_name": "lambert_conformal_conic", "standard_parallel": [30.0, 60.0], "longitude_of_central_meridian": 126.0, "latitude_of_projection_origin": 38.0, "earth_radius": 6370000.0}
    x, y = np.meshgrid(np.arange(4) * 9000.0, np.arange(3) * 9000.0)
    lon, lat = places(crs, x, y)
    dims = ("Time", "south_north", "west_east")
    every = lambda values: (dims, np.broadcast_to(values.astype("f4"), (DAYS, 3, 4)).copy())
    ds = xr.Dataset(
        {"T2": (dims, temperatures((DAYS, 3, 4)), {"units": "K", "description": "TEMP at 2 M", "stagger": ""}),
         "XLAT": (*every(lat), {"units": "degree_north", "description": "LATITUDE, SOUTH IS NEGATIVE"}),
         "XLONG": (*every(lon), {"units": "degree_east", "description": "LONGITUDE, WEST IS NEGATIVE"}),
         "Times": ("Time", np.array([f"2001-03-0{day + 1}_00:00:00" for day in range(DAYS)], dtype="S19")),
         "XTIME": ("Time", np.arange(DAYS) * 1440.0, {"units": "minutes since 2001-03-01 00:00:00", "description": "minutes since 2001-03-01 00:00:00"})})
    ds.T2.encoding["coordinates"] = "XLONG XLAT XTIME"
    for name in ("XLAT", "XLONG"):
        ds[name].encoding["coordinates"] = "XLONG XLAT"
    ds.to_netcdf("wrf.nc", engine="netcdf4")
    ds.drop_vars("XTIME").to_netcdf("wrf-times.nc", engine="netcdf4", format="NETCDF3_64BIT")
    lat, lon = lat.astype("f4").astype("f8"), lon.astype("f4").astype("f8")
    ds = ds.rename(T2="tas", Time="time").assign_coords(time=days())
    WRF.extend(["wrf.nc", {"map": ["T2=tas"]}, ds, lat, lon])
    return tuple(WRF)


def wrf_times():
    """WRF as it was: the times are characters, NetCDF-3."""
    return "wrf-times.nc", *WRF[1:]


def places(attributes, x, y):
    crs = pyproj.CRS.from_cf(attributes) if isinstance(attributes, dict) else pyproj.CRS.from_user_input(attributes)
    base = crs.source_crs if crs.source_crs is not None else crs.geodetic_crs
    return np.array(pyproj.Transformer.from_crs(crs, base, always_xy=True).transform(x, y))


def projected(name, mapping, x, y, unit="m", attributes=None):
    """tas on x and y of a projection, the mapping as a variable crs."""
    ds = xr.Dataset(
        {"tas": (("time", "y", "x"), temperatures((DAYS, len(y), len(x))), {"units": "K", "standard_name": "air_temperature", "cell_methods": "time: mean", "grid_mapping": "crs"}),
         "crs": ((), 0, mapping)},
        {"time": days(), "y": ("y", y, {"units": unit, "standard_name": "projection_y_coordinate"}), "x": ("x", x, {"units": unit, "standard_name": "projection_x_coordinate"})})
    factor = 1000 if unit == "km" else 1
    lon, lat = places(attributes or mapping, *np.meshgrid(x * factor, y * factor))
    return ds, lat, lon


def lambert():
    """A Lambert grid in km by its grid mapping alone, rows from the north, NetCDF-4."""
    mapping = {"grid_mapping_name": "lambert_conformal_conic", "standard_parallel": [30.0, 60.0], "longitude_of_central_meridian": 126.0, "latitude_of_projection_origin": 38.0, "earth_radius": 6371008.77}
    ds, lat, lon = projected("tas", mapping, np.arange(4) * 5.0 - 40, 20 - np.arange(3) * 5.0, "km")
    ds.to_netcdf("lambert.nc", engine="netcdf4")
    return "lambert.nc", {}, ds, lat, lon


def unified():
    """EPSG:5179 as rioxarray writes it: crs_wkt, Zarr v3."""
    crs = pyproj.CRS.from_epsg(5179)
    ds, lat, lon = projected("tas", {"crs_wkt": crs.to_wkt(), "spatial_ref": crs.to_wkt()}, 950_000 + np.arange(3) * 1000.0, 1_950_000 - np.arange(4) * 1000.0, attributes=crs)
    ds.to_zarr("unified.zarr", mode="w", zarr_format=3, consolidated=False)
    pack("unified.zarr")
    return "unified.zarr.zip", {}, ds, lat, lon


def belt():
    """EPSG:5186 by its code alone, NetCDF-3."""
    ds, lat, lon = projected("tas", {"epsg_code": "EPSG:5186"}, 200_000 + np.arange(3) * 500.0, 550_000 + np.arange(2) * 500.0, attributes=5186)
    ds.to_netcdf("belt.nc", format="NETCDF3_CLASSIC", engine="netcdf4")
    return "belt.nc", {}, ds, lat, lon


def polar():
    """A polar stereographic grid, NetCDF-4."""
    mapping = {"grid_mapping_name": "polar_stereographic", "latitude_of_projection_origin": 90.0, "straight_vertical_longitude_from_pole": -45.0, "standard_parallel": 70.0, "semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563}
    ds, lat, lon = projected("tas", mapping, np.arange(3) * 25_000.0 - 30_000, np.arange(3) * 25_000.0 - 30_000)
    ds.to_netcdf("polar.nc", engine="netcdf4")
    return "polar.nc", {}, ds, lat, lon


def era5(dims, coordinates, values, attributes=None):
    """t2m on a regular grid as the Climate Data Store names and describes it."""
    lat, lon = np.array([37.5, 37.25, 37.0]), np.array([126.5, 126.75])
    grib = {"GRIB_paramId": 167, "GRIB_dataType": "an", "GRIB_stepType": "instant", "GRIB_shortName": "2t", "GRIB_missingValue": 3.4e38, "units": "K", "long_name": "2 metre temperature", "standard_name": "unknown"}
    ds = xr.Dataset({"t2m": ((*dims, "latitude", "longitude"), values, {**grib, **(attributes or {})})},
                    {**coordinates, "latitude": ("latitude", lat, {"units": "degrees_north", "standard_name": "latitude"}), "longitude": ("longitude", lon, {"units": "degrees_east", "standard_name": "longitude"})})
    return ds, *np.meshgrid(lat, lon, indexing="ij")


def era5_daily():
    """ERA5-Land daily statistics: valid_time, a scalar number, expver as a text per step."""
    versions = np.array(["0001"] * 3 + ["0005"] * 2, dtype=object)
    ds, lat, lon = era5(("valid_time",), {"valid_time": days("valid_time"), "number": ((), 0, {"standard_name": "realization", "units": "1"}), "expver": ("valid_time", versions)}, temperatures((DAYS, 3, 2)))
    ds.to_netcdf("era5-daily.nc", engine="netcdf4")
    return "era5-daily.nc", {"statistic": "maximum"}, ds.rename(valid_time="time", t2m="tasmax"), lat, lon


def era5_versions():
    """ERA5 with the axis expver: 1 is final, 5 is preliminary; NetCDF-3 of packed integers."""
    values = np.repeat(temperatures((DAYS, 1, 3, 2)), 2, axis=1)
    values[3:, 0] = np.nan
    values[:3, 1] = np.nan
    ds, lat, lon = era5(("time", "expver"), {"time": days(), "expver": ("expver", np.array([1, 5], "i4"))}, values, {"cell_methods": "time: mean"})
    ds.t2m.encoding = {"dtype": "i2", "scale_factor": 0.002, "add_offset": 290.0, "_FillValue": -32767}
    ds.to_netcdf("era5-versions.nc", engine="netcdf4", format="NETCDF3_64BIT")
    ds = xr.open_dataset("era5-versions.nc").load()
    joined = ds.sel(expver=1).combine_first(ds.sel(expver=5))
    return "era5-versions.nc", {}, joined.rename(t2m="tas"), lat, lon


def members():
    """An ensemble of three members in one chunk, NetCDF-4; one is selected by its number."""
    ds, lat, lon = era5(("number", "valid_time"), {"valid_time": days("valid_time"), "number": ("number", np.array([0, 3, 7]))}, temperatures((3, DAYS, 3, 2)))
    ds.t2m.encoding = {"zlib": True, "chunksizes": (3, 2, 3, 2)}
    ds.to_netcdf("members.nc", engine="netcdf4")
    return "members.nc", {"statistic": "mean", "select": ["number=3"]}, ds.sel(number=3).rename(valid_time="time", t2m="tas"), lat, lon


def named_members(version):
    names = np.array(["r1i1p1f1", "r2i1p1f1"], dtype="U8" if version == 2 else object)
    ds, lat, lon = era5(("time", "member_id"), {"time": days(), "member_id": ("member_id", names)}, temperatures((DAYS, 2, 3, 2)), {"cell_methods": "time: mean"})
    name = f"named-members-{version}.zarr"
    ds.to_zarr(name, mode="w", zarr_format=version, consolidated=version == 2)
    pack(name)
    return f"{name}.zip", {"select": ["member_id=r2i1p1f1"]}, ds.isel(member_id=1).rename(t2m="tas"), lat, lon


def named_members2():
    """Members named by texts of fixed length, Zarr v2."""
    return named_members(2)


def named_members3():
    """Members named by texts, Zarr v3."""
    return named_members(3)


def groups():
    """Groups within groups, coordinates in the root: the variable of one group, NetCDF-4."""
    ds, lat, lon = era5(("time",), {"time": days()}, temperatures((DAYS, 3, 2)), {"cell_methods": "time: mean"})
    other = temperatures((DAYS, 3, 2))
    with netCDF4.Dataset("groups.nc", "w") as file:
        for name, length in (("latitude", 3), ("longitude", 2)):
            file.createDimension(name, length)
            file.createVariable(name, "f8", (name,))[:] = ds[name].values
            file[name].units = ds[name].attrs["units"]
        for scenario, values in (("ssp126", other), ("ssp585", ds.t2m.values)):
            group = file.createGroup(f"scenarios/{scenario}")
            group.createDimension("time", DAYS)
            group.createVariable("time", "i4", ("time",))[:] = np.arange(DAYS) + 59
            group["time"].units = "days since 2001-01-01"
            group.createVariable("tas", "f4", ("time", "latitude", "longitude"), zlib=True)[:] = values
            group["tas"].units = "K"
    return "groups.nc", {"map": ["scenarios/ssp585/tas=tas"]}, ds.rename(t2m="tas"), lat, lon


def sharded():
    """Zarr v3 with chunks within shards, consolidated."""
    lat, lon = np.array([37.5, 37.25, 37.0, 36.75]), np.array([126.5, 126.75, 127.0, 127.25])
    ds = xr.Dataset({"tas": (("time", "latitude", "longitude"), temperatures((DAYS, 4, 4)), {"units": "K"})},
                    {"time": days(), "latitude": ("latitude", lat, {"units": "degrees_north"}), "longitude": ("longitude", lon, {"units": "degrees_east"})})
    ds.to_zarr("sharded.zarr", mode="w", zarr_format=3, consolidated=True, encoding={"tas": {"chunks": (1, 2, 2), "shards": (5, 4, 2)}})
    pack("sharded.zarr")
    return "sharded.zarr.zip", {}, ds, *np.meshgrid(lat, lon, indexing="ij")


def sample():
    """cli/sample/rotated-pole.nc: thirty synthetic years of tasmax on a rotated pole around Korea, a steady warming in them."""
    attributes = {"grid_mapping_name": "rotated_latitude_longitude", "grid_north_pole_latitude": 53.0, "grid_north_pole_longitude": -53.0, "earth_radius": SPHERE}
    rlat, rlon = np.arange(4) * 0.44 - 0.66, np.arange(3) * 0.44 - 0.44
    lon, lat = rotated(attributes, *np.meshgrid(rlon, rlat))
    times = xr.date_range("1991-01-01", "2020-12-31", freq="D", calendar="noleap", use_cftime=True)
    day = np.arange(len(times))[:, None, None]
    noise = random.standard_normal((len(times), 4, 3))
    for step in range(1, len(times)):
        noise[step] = 0.7 * noise[step - 1] + 0.7 * noise[step]
    values = 273.15 + 18.5 - 14 * np.cos(2 * np.pi * (day - 20) / 365) + 3 * noise + 0.03 * day / 365 - 0.8 * (lat - 37)
    ds = xr.Dataset(
        {"tasmax": (("time", "rlat", "rlon"), values, {"units": "K", "standard_name": "air_temperature", "cell_methods": "time: maximum", "grid_mapping": "rotated_pole"}),
         "rotated_pole": ((), 0, attributes)},
        {"time": times, "rlat": ("rlat", rlat, {"units": "degrees", "standard_name": "grid_latitude"}), "rlon": ("rlon", rlon, {"units": "degrees", "standard_name": "grid_longitude"})},
        {"title": "Synthetic: made for the tutorial, not by a model", "frequency": "day"})
    ds.tasmax.encoding = {"dtype": "i2", "scale_factor": 0.5, "add_offset": 273.0, "_FillValue": -32767, "zlib": True, "shuffle": True, "complevel": 9, "chunksizes": (len(times), 1, 1)}
    ds.to_netcdf(HERE / "../../../cli/sample/rotated-pole.nc", engine="netcdf4", encoding={"time": {"units": "days since 1991-01-01", "dtype": "i4"}})


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
    for variable in ("tas", "tasmax", "pr"):
        if variable not in ds:
            continue
        values = ds[variable].astype("f8").values
        values = values * 1000 if variable == "pr" else values - 273.15
        values = values.reshape(len(values), -1)
        for cell, (north, east) in enumerate(zip(lat.ravel(), lon.ravel())):
            if np.isnan(north) or np.isnan(values[:, cell]).all():
                continue
            place = " ".join(f"{round(degrees, 4) + 0:.10g}" for degrees in (north, (east + 180) % 360 - 180))
            found.setdefault(variable, {})[place] = [None if np.isnan(v) else float(f"{v:.9g}") for v in values[:, cell]]
    return found


def main():
    expected = {}
    for make in CASES:
        name, words, ds, lat, lon = make()
        assert name not in expected, name
        first = str(ds.time.values[0])[:10]
        expected[name] = {"about": make.__doc__, "words": words, "first": first, "values": series(ds, np.asarray(lat), np.asarray(lon))}
    sample()
    (HERE / "expected.json").write_text("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(case)}" for name, case in expected.items()) + "\n}\n")
    names = [*expected, "expected.json"]
    provenance = {
        "case": "Small files on the grids of regional models and services, with the values that xarray decodes and the places of pyproj",
        "producedBy": f"produce.py with xarray {xr.__version__}, netCDF4 {netCDF4.__version__}, zarr {zarr.__version__}, pyproj {pyproj.__version__}",
        "tolerance": "two units in the last place of float32; places to 0.0001 degrees, the step of the grid",
        "date": "2026-11-30",
        "sha256": {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in names},
    }
    (HERE / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n")


CASES = (cordex, pole_only, outside, wrf, lambert, unified, belt, polar, wrf_times, era5_daily, era5_versions, members, named_members2, named_members3, groups, sharded)
main()
