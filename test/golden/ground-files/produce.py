"""Rasters and polygons in projections, and what GDAL and PROJ read of them at places in degrees.

Run in the folder of this file, in an environment with rasterio==1.4.4, pyproj==3.7.2 and pyshp==3.1.6:  python produce.py
"""

import hashlib
import json
import pathlib

import numpy as np
import pyproj
import rasterio
import shapefile
from pyproj import Transformer
from rasterio.crs import CRS
from rasterio.transform import from_origin

HERE = pathlib.Path(__file__).parent
random = np.random.default_rng(20261130)

# A Lambert projection without an EPSG code, and one on a sphere.
KMA = "+proj=lcc +lat_0=38 +lon_0=126 +lat_1=30 +lat_2=60 +x_0=400000 +y_0=789000 +ellps=WGS84 +units=m +no_defs"
POLAR = "+proj=stere +lat_0=90 +lat_ts=60 +lon_0=126 +x_0=0 +y_0=0 +ellps=WGS84 +units=m +no_defs"
TM = "+proj=tmerc +lat_0=38 +lon_0=128 +k=0.9999 +x_0=400000 +y_0=600000 +ellps=GRS80 +units=m +no_defs"

# Name, system, middle of the raster in degrees, size of a pixel.
RASTERS = [
    ("unified.tif", "EPSG:5179", (127.4, 36.3), 5000.0),
    ("belt.tif", "EPSG:5186", (127.0, 37.5), 3000.0),
    ("lambert.tif", KMA, (127.5, 36.5), 4000.0),
    ("transverse.tif", TM, (128.5, 37.5), 4000.0),
    ("stereographic.tif", POLAR, (127.5, 70.0), 10000.0),
    ("arctic.tif", "EPSG:3413", (-50.0, 75.0), 25000.0),
    ("europe.tif", "EPSG:3035", (8.0, 47.0), 10000.0),
    ("feet.tif", "EPSG:2263", (-74.0, 40.7), 3000.0),
    ("degrees.tif", "EPSG:4326", (127.0, 36.0), 0.05),
]
SIZE = 16


def rasters():
    cases = []
    for name, system, middle, step in RASTERS:
        crs = CRS.from_user_input(system)
        there = Transformer.from_crs("EPSG:4326", pyproj.CRS.from_user_input(system), always_xy=True)
        x, y = there.transform(*middle)
        transform = from_origin(x - SIZE * step / 2, y + SIZE * step / 2, step, step)
        values = np.round(200 * random.random((SIZE, SIZE)), 1).astype("f4")
        values[3, 4] = -9999
        with rasterio.open(HERE / name, "w", driver="GTiff", width=SIZE, height=SIZE, count=1, dtype="float32", crs=crs, transform=transform, nodata=-9999, compress="deflate") as raster:
            raster.write(values, 1)
        with rasterio.open(HERE / name) as raster:
            back = Transformer.from_crs(pyproj.CRS.from_user_input(system), "EPSG:4326", always_xy=True)
            points = []
            for _ in range(40):
                # Places inside and outside, away from the edges of pixels, where a rounding decides.
                column, row = random.integers(-2, SIZE + 2, 2) + 0.1 + 0.8 * random.random(2)
                longitude, latitude = back.transform(transform.c + column * step, transform.f - row * step)
                value = next(raster.sample([there.transform(longitude, latitude)], masked=True))[0]
                isKnown = value is not np.ma.masked and 0 <= column < SIZE and 0 <= row < SIZE
                points.append([latitude, longitude, float(np.float32(value)) if isKnown else None])
        cases.append({"file": name, "system": system, "points": points})
    return cases


def polygons():
    """Two districts and a lake in one of them, in EPSG:5179 and in EPSG:4326."""
    x, y = 1_000_000, 1_800_000
    box = lambda west, south, east, north: [[west, south], [west, north], [east, north], [east, south], [west, south]]
    lake = [[p, q] for p, q in reversed(box(x + 12_000, y + 12_000, x + 22_000, y + 22_000))]
    shapes = [([box(x, y, x + 40_000, y + 40_000), lake], "대전", 11), ([box(x + 40_000, y, x + 80_000, y + 40_000)], "세종", 12)]
    features = [{"type": "Feature", "properties": {"name": name, "basin": basin}, "geometry": {"type": "Polygon", "coordinates": rings}} for rings, name, basin in shapes]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::5179"}}
    (HERE / "districts.geojson").write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}, ensure_ascii=False) + "\n")
    with shapefile.Writer(str(HERE / "districts"), shapeType=shapefile.POLYGON, encoding="cp949") as writer:
        writer.field("name", "C", 20)
        writer.field("basin", "N", 10)
        for rings, name, basin in shapes:
            writer.poly(rings)
            writer.record(name, basin)
    (HERE / "districts.prj").write_text(pyproj.CRS.from_epsg(5179).to_wkt("WKT1_ESRI"))
    (HERE / "districts.cpg").write_text("949")
    back = Transformer.from_crs(5179, 4326, always_xy=True)
    points = []
    for east, north, basin in [(5, 5, 11), (17, 17, None), (11.9, 17, 11), (39.99, 39.99, 11), (40.01, 20, 12), (79.99, 0.01, 12), (80.01, 20, None), (20, -0.01, None), (20, 40.01, None), (23, 23, 11)]:
        longitude, latitude = back.transform(x + east * 1000, y + north * 1000)
        points.append([latitude, longitude, basin])
    return points


def main():
    (HERE / "expected.json").write_text(json.dumps({"rasters": rasters(), "polygons": polygons()}) + "\n")
    names = [*(name for name, *_ in RASTERS), *(f"districts.{ending}" for ending in ("geojson", "shp", "dbf", "prj", "cpg")), "expected.json"]
    (HERE / "districts.shx").unlink()
    provenance = {
        "case": "Rasters and polygons in projections, and what GDAL and PROJ read of them at places in degrees",
        "producedBy": f"produce.py with rasterio {rasterio.__version__}, GDAL {rasterio.__gdal_version__}, pyproj {pyproj.__version__}, pyshp {shapefile.__version__}",
        "tolerance": "none: the same pixel, the same polygon",
        "date": "2026-11-30",
        "sha256": {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in names},
    }
    (HERE / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n")


main()
