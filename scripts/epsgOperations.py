"""For each EPSG code of the JSON list on standard input: how PROJ shifts its datum to WGS 84, and points by that shift.

Run by generateEpsg.ts, in an environment with pyproj. Written is a JSON object by code: null for a system that pyproj does not know,
else the operations that need no grid file, best first. Each has `shift`: seven numbers as towgs84 takes them (m, arc seconds of a
position vector, parts per million), null where PROJ does it otherwise; and `points`: x, y, longitude, latitude.
"""

import json
import math
import re
import sys
import warnings

from pyproj import CRS, Transformer
from pyproj.transformer import TransformerGroup

warnings.simplefilter("ignore")
PLACES = [(0.5, 0.5), (0.3, 0.6), (0.7, 0.3)]


ARC_SECOND = math.pi / 180 / 3600


def shift_of(operation):
    steps = re.findall(r"proj=(helmert|molobadekas) ([^|]*?)(?= step |$)", operation.definition)
    if len(steps) == 0:
        return [0] * 7
    if len(steps) > 1 or "grid" in operation.definition:
        return None
    kind, words = steps[0]
    said = dict(re.findall(r"(\w+)=(\S+)", words))
    if "t_epoch" in said or "drx" in said:
        return None
    numbers = [float(said.get(name, 0)) for name in ("x", "y", "z", "rx", "ry", "rz", "s")]
    if said.get("convention") == "coordinate_frame":
        numbers[3:6] = [0 - turn for turn in numbers[3:6]]
    return about_centre(numbers, said) if kind == "molobadekas" else numbers


def about_centre(numbers, said):
    """The same turned about the centre of the Earth instead of a point on its surface (Molodensky and Badekas)."""
    px, py, pz = (float(said.get(name, 0)) for name in ("px", "py", "pz"))
    rx, ry, rz = (turn * ARC_SECOND for turn in numbers[3:6])
    scale = 1 + numbers[6] * 1e-6
    turned = (px - rz * py + ry * pz, rz * px + py - rx * pz, -ry * px + rx * py + pz)
    moved = [shift + point - scale * after for shift, point, after in zip(numbers, (px, py, pz), turned)]
    return [round(metres, 4) for metres in moved] + numbers[3:]


def operations_of(code):
    system = CRS(code)
    area = system.area_of_use
    east = area.east + 360 if area.east < area.west else area.east
    own = Transformer.from_crs(system.geodetic_crs, system, always_xy=True)
    starts = []
    for along, up in PLACES:
        degrees = (area.west + (east - area.west) * along, area.south + (area.north - area.south) * up)
        starts.append(own.transform(*degrees) if system.is_projected else degrees)
    for operation in TransformerGroup(system, 4326, always_xy=True, allow_ballpark=False).transformers:
        points = [[x, y, *operation.transform(x, y)] for x, y in starts]
        points = [point for point in points if all(map(math.isfinite, point))]
        if points:
            yield {"shift": shift_of(operation), "points": points}


def describe(code):
    try:
        return list(operations_of(code))
    except Exception:
        return None


json.dump({code: describe(int(code)) for code in json.load(sys.stdin)}, sys.stdout)
