# Brute force behind expected.json: every threshold from all values of its window, every base year with its own.
# Run in this folder: python3 produce.py; writes expected.json from input.json. Needs numpy.
import datetime
import json

import numpy as np

case = json.load(open("input.json"))
first, last = case["firstYear"], case["lastYear"]
base = range(case["basePeriod"]["firstYear"], case["basePeriod"]["lastYear"] + 1)
x = np.array([np.nan if v is None else v / 10 for v in case["values"]])
dates = [datetime.date(first, 1, 1) + datetime.timedelta(i) for i in range(len(x))]
year = np.array([d.year for d in dates])
month = np.array([d.month for d in dates])
noleap = [datetime.date(2001, d.month, min(d.day, 28 if d.month == 2 else 31)) for d in dates]
calendar_day = np.array([d.timetuple().tm_yday - 1 for d in noleap])
position = {
    (calendar_day[i], d.year): i for i, d in enumerate(dates) if d.year in base and (d.month, d.day) != (2, 29)
}


def count(first_month, p, leave_one_out):
    hazard_year = year if first_month == 1 else np.where(month >= 7, year, year - 1)

    def threshold(day, left_out):
        window = [position[((day + k) % 365, y)] for k in range(-2, 3) for y in base]
        window = [i for i in window if hazard_year[i] != left_out]
        values = [x[i] for i in window if not np.isnan(x[i])]
        enough = len(values) >= 0.6 * len(window)
        return np.quantile(values, p, method="median_unbiased") if enough else np.nan

    full = [threshold(day, None) for day in range(365)]
    spells, valid, missing_days = [], [], []
    for h in range(first, last + 1 if first_month == 1 else last):
        days = np.where(hazard_year == h)[0]
        own = leave_one_out and h in base
        limit = np.array([threshold(calendar_day[i], h) if own else full[calendar_day[i]] for i in days])
        missing = np.isnan(limit) | np.isnan(x[days])
        beyond = ~missing & (x[days] > limit if p > 0.5 else x[days] < limit)
        total = run = 0
        for hot in [*beyond, False]:
            if not hot and run >= 6:
                total += run
            run = run + 1 if hot else 0
        worst_month = max(int(missing[month[days] == m].sum()) for m in range(1, 13))
        spells.append(int(total))
        valid.append(int(missing.sum() <= 15 and worst_month <= 3))
        missing_days.append(int(missing.sum()))
    return full, spells, valid, missing_days


expected = {}
for name, first_month, p in (("warmCalendar", 1, 0.9), ("coldJuly", 7, 0.1), ("warmJuly", 7, 0.9)):
    full, spells, valid, missing_days = count(first_month, p, True)
    expected[name] = {
        "thresholds": [None if np.isnan(t) else float(t) for t in full],
        "leaveOneOut": spells,
        "none": count(first_month, p, False)[1],
        "valid": valid,
        "missingDays": missing_days,
    }
with open("expected.json", "w") as out:
    out.write(json.dumps(expected, separators=(",", ":")) + "\n")
