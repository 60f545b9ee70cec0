"""What CLIMADA makes of the hourly storm nodes that ourStorms.ts wrote: winds of four models, calibrated damage, gaps filled.

Usage: stormReference.py FOLDER. Reads FOLDER/input/storms*, writes FOLDER/theirs/storms* and FOLDER/stormVersions.json.
CLIMADA asks for GDAL's own bindings only to read night lights, which nothing here does: an empty module replaces them.
"""

import json
import logging
import sys
import types
import warnings
from importlib.metadata import version
from pathlib import Path

for name in ("osgeo", "osgeo.gdal"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["osgeo"].gdal = sys.modules["osgeo.gdal"]
warnings.simplefilter("ignore")

import climada.hazard
import numpy as np
import xarray as xr
from climada.entity.impact_funcs.trop_cyclone import ImpfSetTropCyclone
from climada.hazard import Centroids, TCTracks, TropCyclone
from climada.hazard.tc_tracks import estimate_rmw, _estimate_pressure, _estimate_vmax

logging.getLogger("climada").setLevel(logging.ERROR)

MODELS = ("H08", "H10", "H1980", "ER11")
KNOT = 1852 / 3600
NAUTICAL_MILE_KM = 1.852
REGIONS = {"NA1": 1, "NA2": 2, "NI": 3, "OC": 4, "SI": 5, "WP1": 6, "WP2": 7, "WP3": 8, "WP4": 9, "ROW": 10}

# Twenty-fourths of a degree.
BARBADOS_CELLS = (
    *((315, -1431), (317, -1431), (319, -1431), (315, -1429), (323, -1437), (331, -1435)),
    *((307, -1431), (319, -1421), (327, -1419), (325, -1415), (295, -1455), (345, -1395)),
)

folder = Path(sys.argv[1])


def read(case, name):
    return np.load(folder / "input" / case / f"{name}.npy")


def write(case, name, values):
    target = folder / "theirs" / case
    target.mkdir(parents=True, exist_ok=True)
    np.save(target / f"{name}.npy", np.ascontiguousarray(values, dtype="<f8"))


def track(case, storm, nodes):
    column = {name: read(case, name)[nodes] for name in ("hours", "latitude", "longitude", "pressure", "environment", "wind", "radius")}
    time = np.datetime64("1970-01-01T00") + (column["hours"] * 3600).astype("timedelta64[s]")
    basin = np.full(len(time), "WP")
    return xr.Dataset(
        {
            "time_step": ("time", np.full(len(time), 1.0)),
            "radius_max_wind": ("time", column["radius"] / NAUTICAL_MILE_KM),
            "max_sustained_wind": ("time", column["wind"] / KNOT),
            "central_pressure": ("time", column["pressure"]),
            "environmental_pressure": ("time", column["environment"]),
            "basin": ("time", basin),
        },
        coords={"time": time, "lat": ("time", column["latitude"]), "lon": ("time", column["longitude"])},
        attrs={
            "max_sustained_wind_unit": "kn",
            "central_pressure_unit": "mb",
            "name": str(storm),
            "sid": str(storm),
            "orig_event_flag": True,
            "data_provider": "nodes",
            "id_no": float(storm),
            "category": 1,
        },
    )


def winds(case):
    starts = read(case, "starts").astype(int)
    centroids = Centroids(lat=read(case, "cell_latitude"), lon=read(case, "cell_longitude"))
    for model in MODELS:
        tracks = [track(case, storm, slice(first, last)) for storm, (first, last) in enumerate(zip(starts, starts[1:]))]
        hazard = TropCyclone.from_tracks(
            TCTracks(tracks),
            centroids=centroids,
            model=model,
            ignore_distance_to_coast=True,
            intensity_thres=0,
            max_dist_eye_km=300,
            metric="equirect",
        )
        write(case, model, hazard.intensity.toarray())


def barbados():
    """CLIMADA's own test of its wind fields: IBTrACS 1951239N12334, hourly with splines, all pressures and radii estimated."""
    path = Path(climada.hazard.__file__).parent / "test" / "data" / "trac_brb_test.csv"
    tracks = TCTracks.from_processed_ibtracs_csv(path)
    tracks.equal_timestep(1)
    nodes = tracks.data[0]
    pressure = _estimate_pressure(
        np.full(nodes.sizes["time"], np.nan), nodes.lat.values, nodes.lon.values, nodes.max_sustained_wind.values
    )
    pressure = np.where(nodes.central_pressure.values > 0, nodes.central_pressure.values, pressure)
    hours = (nodes.time.values - np.datetime64("1970-01-01T00")) / np.timedelta64(1, "h")
    for name, values in {
        "hours": hours,
        "latitude": nodes.lat.values,
        "longitude": nodes.lon.values,
        "pressure": pressure,
        "environment": nodes.environmental_pressure.values,
        "wind": nodes.max_sustained_wind.values * KNOT,
    }.items():
        write("barbados", name, values)
    cells = np.array(BARBADOS_CELLS) / 24
    write("barbados", "cell_latitude", cells[:, 0])
    write("barbados", "cell_longitude", cells[:, 1])
    for model in MODELS:
        hazard = TropCyclone.from_tracks(
            tracks,
            centroids=Centroids(lat=cells[:, 0], lon=cells[:, 1]),
            model=model,
            ignore_distance_to_coast=True,
            intensity_thres=0,
            max_dist_eye_km=300,
            metric="equirect",
        )
        write("barbados", model, hazard.intensity.toarray()[0])


def gaps(case):
    latitude, longitude = read(case, "gap_latitude"), read(case, "gap_longitude")
    unknown = np.full(len(latitude), np.nan)
    wind = read(case, "gap_wind") / KNOT
    pressure = read(case, "gap_pressure")
    write(case, "gap_pressure", _estimate_pressure(unknown.copy(), latitude, longitude, wind))
    write(case, "gap_wind", np.maximum(0, _estimate_vmax(unknown.copy(), latitude, longitude, pressure)) * KNOT)
    write(case, "gap_radius", estimate_rmw(unknown.copy(), pressure) * NAUTICAL_MILE_KM)


def damage(case):
    functions = ImpfSetTropCyclone.from_calibrated_regional_ImpfSet("RMSF")
    for region, number in REGIONS.items():
        function = functions.get_func("TC", number)
        write(case, f"damage_{region}_winds", function.intensity)
        write(case, f"damage_{region}", function.mdd * function.paa)


for path in sorted((folder / "input").glob("storms*")):
    winds(path.name)
barbados()
gaps("storms")
damage("storms")
(folder / "stormVersions.json").write_text(json.dumps({"climada": version("climada")}))
