"""Checks exported model data with Oasis LMF's own converters, reads it with its footprint classes, and prints what they read as JSON."""
import json
import sys
from pathlib import Path

import numpy
import pandas
from oasis_data_manager.filestore.backends.local import LocalStorage
from oasislmf.pytools.converters.csvtobin.manager import csvtobin
from oasislmf.pytools.getmodel.footprint import FootprintBin, FootprintCsv

folder = Path(sys.argv[1])
binaries = folder / "binaries"
binaries.mkdir()
damage = pandas.read_csv(folder / "damage_bin_dict.csv")
vulnerability = pandas.read_csv(folder / "vulnerability.csv")
intensity = pandas.read_csv(folder / "intensity_bin_dict.csv")
events = pandas.read_csv(folder / "event_dict.csv")
places = pandas.read_csv(folder / "areaperil_dict.csv")
bins = int(intensity["intensity_bin_id"].max())

# Each refuses what its validation refuses: order, sums of probabilities, repeated and missing bins.
csvtobin(folder / "events.csv", binaries / "events.bin", "eve")
csvtobin(folder / "damage_bin_dict.csv", binaries / "damage_bin_dict.bin", "damagebin", no_validation=False)
csvtobin(
    folder / "vulnerability.csv", binaries / "vulnerability.bin", "vulnerability", idx_file_out=None, zip_files=False,
    max_damage_bin_idx=len(damage), no_validation=False, suppress_int_bin_checks=True,
)
csvtobin(
    folder / "footprint.csv", binaries / "footprint.bin", "footprint", idx_file_out=str(binaries / "footprint.idx"),
    zip_files=False, max_intensity_bin_idx=bins, no_intensity_uncertainty=False, decompressed_size=False, no_validation=False,
)

rates = vulnerability.merge(damage, left_on="damage_bin_id", right_on="bin_index")
rates = rates[["vulnerability_id", "intensity_bin_id", "interpolation"]]
found = {"events": numpy.fromfile(binaries / "events.bin", dtype="i4").tolist(), "rows": 0, "equal": True, "damage": []}
with FootprintBin(LocalStorage(root_dir=str(binaries))) as binary, FootprintCsv(LocalStorage(root_dir=str(folder))) as text:
    found["bins"] = [binary.num_intensity_bins, int(text.num_intensity_bins)]
    for event in events.itertuples():
        rows = binary.get_event(event.event_id)
        found["rows"] += len(rows)
        if event.event_id % 10 == 1:
            found["equal"] &= bool((rows == text.get_event(event.event_id)).all())
        frame = pandas.DataFrame(rows).merge(places, on="areaperil_id").merge(rates, on=["vulnerability_id", "intensity_bin_id"])
        frame["damage"] = frame["probability"] * frame["interpolation"] * frame["rate_scale"]
        for (latitude, longitude), rate in frame.groupby(["latitude", "longitude"])["damage"].sum().items():
            found["damage"].append([event.risk, event.scenario, event.first_year, latitude, longitude, rate])

print(json.dumps(found))
