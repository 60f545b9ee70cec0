"""Points of projections in degrees, as pyproj computes them.

Run in the folder of this file, in an environment with pyproj==3.7.2:  python produce.py
Each case has a definition (an EPSG code, WKT, or the attributes of a CF grid mapping) and points: x, y, longitude, latitude.
"""

import hashlib
import json
import pathlib

import pyproj
from pyproj import CRS, Transformer

HERE = pathlib.Path(__file__).parent

KOREA = [(126.0, 33.3), (126.97, 37.57), (127.5, 38.0), (129.4, 36.0), (131.87, 37.24), (124.6, 38.6)]
EUROPE = [(5.0, 45.0), (10.5, 51.2), (-8.0, 40.0), (25.0, 62.0), (18.0, 39.25)]
ARCTIC = [(-45.0, 80.0), (100.0, 70.0), (179.5, 66.0), (-120.0, 85.0)]
ANTARCTIC = [(0.5, -75.0), (100.0, -70.0), (-179.5, -66.0), (-60.0, -85.0)]
AMERICA = [(-97.0, 40.0), (-75.0, 45.0), (-120.0, 35.0), (-60.0, 55.0)]
GLOBE = [(0.0, 0.0), (127.0, 37.0), (-100.0, -40.0), (179.0, 60.0)]

CODES = {
    5179: KOREA, 5186: KOREA, 5187: KOREA, 5181: KOREA, 32652: KOREA, 4737: KOREA, 4326: KOREA,
    3857: GLOBE, 6933: GLOBE, 3035: EUROPE, 2154: EUROPE[:3], 25832: EUROPE[:2],
    3413: ARCTIC, 3995: ARCTIC, 6931: ARCTIC, 3031: ANTARCTIC, 3976: ANTARCTIC, 26918: AMERICA[1:2], 5070: AMERICA, 3978: AMERICA,
}

GRS80 = {"semi_major_axis": 6378137.0, "inverse_flattening": 298.257222101}
SPHERE = {"earth_radius": 6370000.0}
MAPPINGS = {
    "korea tm": ({"grid_mapping_name": "transverse_mercator", "scale_factor_at_central_meridian": 0.9996, "longitude_of_central_meridian": 127.5, "latitude_of_projection_origin": 38.0, "false_easting": 1e6, "false_northing": 2e6, **GRS80}, KOREA),
    "lambert with two parallels": ({"grid_mapping_name": "lambert_conformal_conic", "standard_parallel": [30.0, 60.0], "longitude_of_central_meridian": 126.0, "latitude_of_projection_origin": 38.0, **SPHERE}, KOREA),
    "lambert with one parallel": ({"grid_mapping_name": "lambert_conformal_conic", "standard_parallel": 49.5, "longitude_of_central_meridian": 10.5, "latitude_of_projection_origin": 49.5, "earth_radius": 6371229.0}, EUROPE),
    "lambert on an ellipsoid": ({"grid_mapping_name": "lambert_conformal_conic", "standard_parallel": [33.0, 45.0], "longitude_of_central_meridian": -97.0, "latitude_of_projection_origin": 40.0, "false_easting": 500000.0, **GRS80}, AMERICA),
    "polar stereographic, standard parallel": ({"grid_mapping_name": "polar_stereographic", "latitude_of_projection_origin": 90.0, "straight_vertical_longitude_from_pole": -45.0, "standard_parallel": 70.0, "semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563}, ARCTIC),
    "polar stereographic, scale": ({"grid_mapping_name": "polar_stereographic", "latitude_of_projection_origin": 90.0, "straight_vertical_longitude_from_pole": 0.0, "scale_factor_at_projection_origin": 0.994, "semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563}, ARCTIC),
    "polar stereographic, south, sphere": ({"grid_mapping_name": "polar_stereographic", "latitude_of_projection_origin": -90.0, "straight_vertical_longitude_from_pole": 10.0, "standard_parallel": -71.0, "earth_radius": 6371229.0}, ANTARCTIC),
    "polar stereographic, by its parallel alone": ({"grid_mapping_name": "polar_stereographic", "straight_vertical_longitude_from_pole": -45.0, "standard_parallel": 70.0, **GRS80}, ARCTIC),
    "polar stereographic, by its southern parallel alone": ({"grid_mapping_name": "polar_stereographic", "straight_vertical_longitude_from_pole": 0.0, "standard_parallel": -71.0, **GRS80}, ANTARCTIC),
    "lambert with one parallel and no origin": ({"grid_mapping_name": "lambert_conformal_conic", "standard_parallel": 49.5, "longitude_of_central_meridian": 10.5, "earth_radius": 6371229.0}, EUROPE),
    "transverse mercator on a sphere": ({"grid_mapping_name": "transverse_mercator", "scale_factor_at_central_meridian": 0.9996, "longitude_of_central_meridian": 127.5, "latitude_of_projection_origin": 38.0, **SPHERE}, KOREA),
    "polar stereographic, one axis": ({"grid_mapping_name": "polar_stereographic", "latitude_of_projection_origin": 90.0, "straight_vertical_longitude_from_pole": -45.0, "standard_parallel": 70.0, "semi_major_axis": 6378137.0}, ARCTIC),
    "stereographic": ({"grid_mapping_name": "stereographic", "latitude_of_projection_origin": 52.0, "longitude_of_projection_origin": 5.0, "scale_factor_at_projection_origin": 1.0, **SPHERE}, EUROPE),
    "lambert azimuthal": ({"grid_mapping_name": "lambert_azimuthal_equal_area", "latitude_of_projection_origin": 52.0, "longitude_of_projection_origin": 10.0, "false_easting": 4321000.0, "false_northing": 3210000.0, **GRS80}, EUROPE),
    "albers": ({"grid_mapping_name": "albers_conical_equal_area", "standard_parallel": [29.5, 45.5], "longitude_of_central_meridian": -96.0, "latitude_of_projection_origin": 23.0, **GRS80}, AMERICA),
    "mercator, standard parallel": ({"grid_mapping_name": "mercator", "standard_parallel": 20.0, "longitude_of_projection_origin": 120.0, "semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563}, KOREA),
    "mercator, scale": ({"grid_mapping_name": "mercator", "scale_factor_at_projection_origin": 0.9, "longitude_of_projection_origin": 120.0, **SPHERE}, KOREA),
    "azimuthal equidistant": ({"grid_mapping_name": "azimuthal_equidistant", "latitude_of_projection_origin": 38.0, "longitude_of_projection_origin": 126.0, **SPHERE}, KOREA),
    "cylindrical equal area": ({"grid_mapping_name": "lambert_cylindrical_equal_area", "standard_parallel": 30.0, "longitude_of_central_meridian": 0.0, "semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563}, GLOBE),
    "sinusoidal": ({"grid_mapping_name": "sinusoidal", "longitude_of_central_meridian": 0.0, "earth_radius": 6371007.181}, GLOBE),
    "rotated, europe": ({"grid_mapping_name": "rotated_latitude_longitude", "grid_north_pole_latitude": 39.25, "grid_north_pole_longitude": -162.0, "earth_radius": 6371229.0}, EUROPE),
    "rotated, east asia": ({"grid_mapping_name": "rotated_latitude_longitude", "grid_north_pole_latitude": 77.61, "grid_north_pole_longitude": -64.78, "earth_radius": 6371229.0}, KOREA),
    "rotated, with a turned grid": ({"grid_mapping_name": "rotated_latitude_longitude", "grid_north_pole_latitude": 42.5, "grid_north_pole_longitude": 83.0, "north_pole_grid_longitude": 20.0, "earth_radius": 6371229.0}, AMERICA),
}

WKT = {"korea, WKT 2": (5179, "WKT2_2019", KOREA), "korea, WKT 1": (5186, "WKT1_GDAL", KOREA), "korea, ESRI": (5179, "WKT1_ESRI", KOREA),
       "antarctic, ESRI": (3031, "WKT1_ESRI", ANTARCTIC), "antarctic, WKT 1": (3031, "WKT1_GDAL", ANTARCTIC), "utm, ESRI": (32652, "WKT1_ESRI", KOREA),
       "america, albers, ESRI": (5070, "WKT1_ESRI", AMERICA), "america, albers, WKT 2": (5070, "WKT2_2019", AMERICA), "canada, lambert, ESRI": (3978, "WKT1_ESRI", AMERICA),
       "france, ESRI": (2154, "WKT1_ESRI", EUROPE[:3]), "europe, ESRI": (3035, "WKT1_ESRI", EUROPE), "mercator, WKT 2": (3395, "WKT2_2019", GLOBE), "mercator, ESRI": (3395, "WKT1_ESRI", GLOBE),
       "web mercator, ESRI": (3857, "WKT1_ESRI", GLOBE), "web mercator, WKT 2": (3857, "WKT2_2019", GLOBE), "korea, degrees, ESRI": (4737, "WKT1_ESRI", KOREA),
       "lambert, one parallel, WKT 1": (9794, "WKT1_GDAL", EUROPE[:3]), "lambert, one parallel, WKT 2": (9794, "WKT2_2019", EUROPE[:3]),
       "arctic, ESRI": (3413, "WKT1_ESRI", ARCTIC), "arctic, WKT 2": (3413, "WKT2_2019", ARCTIC), "france, WKT 1": (2154, "WKT1_GDAL", EUROPE[:3]),
       "europe, WKT 2": (3035, "WKT2_2019", EUROPE)}


def points(crs, places):
    """x, y of the places, and back to degrees of the CRS's own ellipsoid."""
    # A rotated system is its own geodetic one; its source is the one that is not rotated.
    base = crs.source_crs if crs.source_crs is not None else crs.geodetic_crs
    back = Transformer.from_crs(crs, base, always_xy=True)
    rows = []
    for place in places:
        x, y = (round(v, 6) for v in back.transform(*place, direction="INVERSE"))
        rows.append([x, y, *back.transform(x, y)])
    return rows


def main():
    cases = []
    for code, places in CODES.items():
        cases.append({"name": f"EPSG:{code}", "epsg": code, "points": points(CRS.from_epsg(code), places)})
    for name, (attributes, places) in MAPPINGS.items():
        cases.append({"name": name, "attributes": attributes, "points": points(CRS.from_cf(attributes), places)})
    for name, (code, version, places) in WKT.items():
        crs = CRS.from_epsg(code)
        cases.append({"name": name, "wkt": crs.to_wkt(version), "points": points(crs, places)})
    (HERE / "expected.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    provenance = {
        "case": "Points of projections in degrees",
        "producedBy": f"produce.py with pyproj {pyproj.__version__}, PROJ {pyproj.proj_version_str}",
        "tolerance": "1e-6 degrees",
        "date": "2026-12-01",
        "sha256": {"expected.json": hashlib.sha256((HERE / "expected.json").read_bytes()).hexdigest()},
    }
    (HERE / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n")


main()
