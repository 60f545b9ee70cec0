"""Rasters, and what GDAL, PROJ and NumPy make of the pixels in the area of each cell of a grid.

Run in the folder of this file, in an environment with rasterio==1.4.4 and pyproj==3.7.2:  python produce.py
"""

import hashlib
import json
import pathlib

import numpy as np
import pyproj
import rasterio
from pyproj import Transformer
from rasterio.crs import CRS
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject

HERE = pathlib.Path(__file__).parent
random = np.random.default_rng(20261201)
KMA = "+proj=lcc +lat_0=38 +lon_0=126 +lat_1=30 +lat_2=60 +x_0=400000 +y_0=789000 +ellps=WGS84 +units=m +no_defs"
NODATA = -9999.0
files = []


def write(name, values, system, west, north, step, nodata=NODATA, **more):
    files.append(name)
    with rasterio.open(HERE / name, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1, dtype=values.dtype, crs=CRS.from_user_input(system), transform=from_origin(west, north, step, step), nodata=nodata, **more) as raster:
        raster.write(values, 1)


def points(cells, values):
    """Latitude, longitude, value of each; null where it has none."""
    return [[round(float(lat), 4), round(float(lon), 4), None if np.isnan(value) else float(value)] for (lat, lon), value in zip(cells, np.ravel(values))]


def box_centres(south, west, rows, columns, step):
    return [(south + row * step, west + column * step) for row in range(rows) for column in range(columns)]


def heights():
    """A raster in EPSG:5179, 500 m; cells of 0.1 degrees: the mean of the pixels whose centres lie in each box."""
    step, size = 500.0, 80
    west, north = 960_000.0, 1_960_000.0
    y, x = np.mgrid[0:size, 0:size]
    values = (300 + 200 * np.sin(x / 9) * np.cos(y / 7) + 30 * random.random((size, size))).astype("f4")
    values[random.random((size, size)) < 0.05] = NODATA
    values[60:, 60:] = NODATA
    write("heights.tif", values, "EPSG:5179", west, north, step, compress="deflate", predictor=3, tiled=True, blockxsize=32, blockysize=32)
    cells = box_centres(37.3, 127.0, 4, 5, 0.1)
    longitude, latitude = Transformer.from_crs(5179, 4326, always_xy=True).transform(west + (x + 0.5) * step, north - (y + 0.5) * step)
    means = []
    for lat, lon in cells:
        inside = (np.abs(latitude - lat) < 0.05) & (np.abs(longitude - lon) < 0.05) & (values != NODATA)
        means.append(np.mean(values[inside].astype("f8")) if inside.any() else np.nan)
    return {"files": ["heights.tif"], "attribute": "elevation", "by": "mean", "cells": points(cells, means)}


def cover():
    """Classes of land cover in two tiles, 0.01 degrees; cells of 0.1 degrees that hold whole pixels, by GDAL's mode."""
    classes = np.array([10, 30, 50, 80], dtype="u1")
    patches = classes[np.minimum(3, (4 * random.random((8, 12)) ** 1.5).astype(int))]
    values = np.kron(patches, np.ones((5, 5), dtype="u1"))
    noise = random.random(values.shape) < 0.3
    values[noise] = random.choice(classes, noise.sum())
    values[:10, :10] = 0
    write("cover-west.tif", values[:, :30], "EPSG:4326", 127.0, 37.0, 0.01, nodata=0, compress="lzw")
    write("cover-east.tif", values[:, 30:], "EPSG:4326", 127.3, 37.0, 0.01, nodata=0, compress="deflate")
    cells = box_centres(36.65, 127.05, 4, 6, 0.1)
    warped = warp(values.astype("f8"), "EPSG:4326", 127.0, 37.0, 0.01, (4, 6), 0.1, Resampling.mode, 0)
    names = ["cover-west.tif", "cover-east.tif"]
    # Pixels count by the cosine of their latitude; degrees west to east, rows of a cell from the north.
    weights = np.cos(np.radians(37.0 - (np.arange(40) + 0.5) * 0.01))[:, None] * np.ones((1, 60))
    def share(some):
        of = lambda field: np.flipud((field * weights * (values != 0)).reshape(4, 10, 6, 10).sum(axis=(1, 3)))
        known = of(np.ones(values.shape))
        return np.where(known > 0, of(np.isin(values, some)) / np.where(known > 0, known, 1), np.nan)
    return [
        {"files": names, "attribute": "country", "by": "majority", "cells": points(cells, np.flipud(warped))},
        {"files": names, "attribute": "urbanFraction", "classes": ["50"], "by": "share", "cells": points(cells, share([50]))},
        {"files": names, "attribute": "burnableFraction", "classes": ["10", "30"], "by": "share", "cells": points(cells, share([10, 30]))},
    ]


def warp(values, system, west, north, step, shape, cell, how, nodata):
    result = np.full(shape, nodata, dtype="f8")
    crs = CRS.from_user_input(system)
    reproject(values, result, src_transform=from_origin(west, north, step, step), src_crs=crs, src_nodata=nodata, dst_transform=from_origin(west, north, cell, cell), dst_crs=crs, dst_nodata=nodata, resampling=how)
    return np.where(result == nodata, np.nan, result)


def rivers():
    """Upstream area and height above drainage as MERIT Hydro has them: 3 arc seconds, -9999 without data; by GDAL's maximum and mean."""
    step = 1 / 1200
    size = 120
    y, x = np.mgrid[0:size, 0:size]
    distance = np.abs(y - 60 - 20 * np.sin(x / 20))
    area = np.where(distance < 1, 500 + 10 * x, 0.02 + 5 * random.random((size, size))).astype("f4")
    height = (0.8 * distance + random.random((size, size)) * (distance >= 1)).astype("f4")
    for values in (area, height):
        values[100:, 90:] = NODATA
    write("n35e125_upa.tif", area, "EPSG:4326", 127.0, 37.0, step, compress="lzw")
    write("n35e125_hnd.tif", height, "EPSG:4326", 127.0, 37.0, step, compress="lzw")
    cells = box_centres(36.9125, 127.0125, 4, 4, 0.025)
    weights = np.cos(np.radians(37.0 - (y + 0.5) * step)) * (height != NODATA)
    blocks = lambda field: np.flipud(field.reshape(4, 30, 4, 30).sum(axis=(1, 3)))
    highest = np.flipud(warp(area.astype("f8"), "EPSG:4326", 127.0, 37.0, step, (4, 4), 0.025, Resampling.max, NODATA))
    return [
        {"files": ["n35e125_upa.tif"], "attribute": "upstreamArea", "by": "highest", "cells": points(cells, highest)},
        {"files": ["n35e125_hnd.tif"], "attribute": "heightAboveDrainage", "by": "mean", "cells": points(cells, blocks(height * weights) / blocks(weights))},
    ]


def model():
    """Cells of a regional model, 10 km apart in a Lambert projection; a raster of 1 km in the same one, by GDAL's average."""
    west, north = 400_000.0, 700_000.0
    values = (100 * random.random((60, 70))).astype("f4")
    values[5:9, 5:9] = NODATA
    write("model.tif", values, KMA, west, north, 1000.0)
    means = warp(values.astype("f8"), KMA, west, north, 1000.0, (6, 7), 10_000.0, Resampling.average, NODATA)
    back = Transformer.from_crs(pyproj.CRS.from_user_input(KMA), 4326, always_xy=True)
    cells = []
    for row in range(6):
        for column in range(7):
            longitude, latitude = back.transform(west + (column + 0.5) * 10_000, north - (row + 0.5) * 10_000)
            cells.append((latitude, longitude))
    # Places are rounded to 0.0001 degrees, so the sides of cells move by up to 11 m: no pixel's centre is so near.
    return {"files": ["model.tif"], "attribute": "elevation", "by": "mean", "cells": points(cells, means)}


def coarse():
    """Pixels of 0.25 degrees that are larger than the cells of 0.1 degrees, longitudes from 0 to 360: parts of pixels count."""
    values = np.round(50 * random.random((6, 8)), 2)
    write("coarse.tif", values.astype("f4"), "EPSG:4326", 359.0, 51.0, 0.25, nodata=None)
    stored = values.astype("f4").astype("f8")
    cells = box_centres(50.05, -0.45, 6, 8, 0.1)
    means = []
    edges_x, edges_y = 359.0 + 0.25 * np.arange(9), 51.0 - 0.25 * np.arange(7)
    for lat, lon in cells:
        east = lon + 360
        over = lambda low, high, a, b: np.clip(np.minimum(high, b) - np.maximum(low, a), 0, None)
        across = over(edges_x[:-1], edges_x[1:], east - 0.05, east + 0.05)
        south, top = np.maximum(edges_y[1:], lat - 0.05), np.minimum(edges_y[:-1], lat + 0.05)
        down = np.where(top > south, np.sin(np.radians(top)) - np.sin(np.radians(south)), 0)
        weights = down[:, None] * across[None, :]
        means.append((stored * weights).sum() / weights.sum())
    return {"files": ["coarse.tif"], "attribute": "elevation", "by": "mean", "cells": points(cells, means)}


def cog():
    """A Cloud Optimized GeoTIFF in EPSG:5186 with overviews, of which the cells need a corner; by pixel centres as heights()."""
    step, size = 200.0, 512
    west, north = 150_000.0, 600_000.0
    y, x = np.mgrid[0:size, 0:size]
    values = (500 + 300 * np.sin(x / 40) * np.cos(y / 30) + np.round(20 * random.random((size, size)))).astype("i2")
    files.append("cog.tif")
    with rasterio.open(HERE / "cog.tif", "w", driver="COG", width=size, height=size, count=1, dtype="int16", crs=CRS.from_epsg(5186), transform=from_origin(west, north, step, step), nodata=NODATA, blocksize=128, compress="deflate", predictor=True) as raster:
        raster.write(values, 1)
    longitude, latitude = Transformer.from_crs(5186, 4326, always_xy=True).transform(west + (x + 0.5) * step, north - (y + 0.5) * step)
    cells = box_centres(37.25, 126.55, 3, 4, 0.05)
    means = [np.mean(values[(np.abs(latitude - lat) < 0.025) & (np.abs(longitude - lon) < 0.025)].astype("f8")) for lat, lon in cells]
    return {"files": ["cog.tif"], "attribute": "elevation", "by": "mean", "cells": points(cells, means)}


def main():
    cases = [heights(), *cover(), *rivers(), model(), coarse(), cog()]
    (HERE / "expected.json").write_text(json.dumps(cases) + "\n")
    provenance = {
        "case": "Rasters, and what GDAL, PROJ and NumPy make of the pixels in the area of each cell of a grid",
        "producedBy": f"produce.py with rasterio {rasterio.__version__}, GDAL {rasterio.__gdal_version__}, pyproj {pyproj.__version__}, numpy {np.__version__}",
        "tolerance": "float32 for means and shares; none for the highest and the majority",
        "date": "2026-11-30",
        "sha256": {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in [*files, "expected.json"]},
    }
    (HERE / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n")


main()
