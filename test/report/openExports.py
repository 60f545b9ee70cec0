"""Opens the exports in a folder with the tools that people use, and prints what they read as JSON."""
import json
import sys
from pathlib import Path

import duckdb
import geopandas
import rasterio
import xarray

folder = Path(sys.argv[1])
risk, scenario, period, latitude, longitude = sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]), float(sys.argv[6])
found = {}

for calculation, column in (("probability", "rl100"), ("hazard", "hazard_score_100")):
    with xarray.open_dataset(folder / f"{calculation}.nc", engine="netcdf4") as data:
        values = data[f"{risk}_{column}"]
        names = [str(name) for name in data["scenario_name"].values]
        cell = values.isel(scenario=names.index(scenario), period=period).sel(latitude=latitude, longitude=longitude, method="nearest")
        found[f"netcdf_{calculation}"] = {
            "value": float(cell),
            "dims": list(values.dims),
            "conventions": data.attrs["Conventions"],
            "units": values.attrs["units"],
            "count": int(values.notnull().sum()),
            "years": [str(year)[:4] for year in data["period_bnds"].values[period]],
        }

frame = geopandas.read_parquet(folder / "probability.geoparquet")
found["geoparquet"] = {
    "crs": frame.crs.to_string(),
    "rows": len(frame),
    "x": float(frame.geometry.iloc[0].x),
    "y": float(frame.geometry.iloc[0].y),
    "sum": float(frame["p_bin1"].sum()),
}
features = geopandas.read_file(folder / "hazard.geojson")
found["geojson"] = {"rows": len(features), "crs": features.crs.to_string(), "sum": float(features["hazard_score_100"].sum())}

for suffix in ("parquet", "csv"):
    rows, total, levels = duckdb.sql(
        f"SELECT count(*), sum(p_bin1), sum(rl100) FROM '{folder}/probability.{suffix}'"
    ).fetchall()[0]
    found[f"duckdb_{suffix}"] = {"rows": rows, "sum": total, "levels": levels}

with rasterio.open(folder / "hazard.tif") as map_of_cells:
    values = map_of_cells.read(1, masked=True)
    row, column = map_of_cells.index(longitude, latitude)
    found["geotiff"] = {
        "crs": map_of_cells.crs.to_string(),
        "nodata": map_of_cells.nodata,
        "compression": map_of_cells.compression.name,
        "cells": int(values.count()),
        "value": float(values[row, column]),
        "bounds": list(map_of_cells.bounds),
    }

print(json.dumps(found))
