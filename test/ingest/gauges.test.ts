// Tide gauges by the hour: which years count, what their maxima are in every publisher's format, and which files are refused.
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GaugeOptions } from "../../ingest/sea/gaugeFiles.ts";
import { type ReadStationFiles, readStationFiles } from "../../ingest/sea/readStationFiles.ts";
import { seaLevelLaw } from "../../job/risks/extremeSeaLevels.ts";
import type { StationLevels } from "../../model/seaLevels.ts";
import { refusalOf } from "../support/ingest.ts";
import { makeRandom } from "../support/random.ts";
import { GAUGE_TEXTS, type GaugeHour, gaugeNetcdf, USUAL_GAUGE } from "../support/seaFiles.ts";

const { signal } = new AbortController();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "climatebatch-gauges-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const HOUR = 3_600_000;
const PLACE = { station: "Incheon", latitude: 37.45, longitude: 126.6 };

/** Tide, surges and a rise of 4 mm a year from 1994 to 2006; 1999 lacks two months, 2003 a week, hours here and there. */
function makeHours(): GaugeHour[] {
  const random = makeRandom("gauge");
  const hours: GaugeHour[] = [];
  let surge = 0;
  for (let time = Date.UTC(1994, 0, 1); time < Date.UTC(2007, 0, 1); time += HOUR) {
    const date = new Date(time);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    surge = 0.95 * surge + 60 * (random() - 0.5);
    const tide =
      2800 * Math.sin((2 * Math.PI * time) / (12.42 * HOUR)) + 900 * Math.sin((2 * Math.PI * time) / (12 * HOUR));
    const level = Math.round(4640 + 4 * (year - 1994) + tide + surge);
    const isGap =
      (year === 1999 && month < 2) || (year === 2003 && month === 5 && date.getUTCDate() < 8) || random() < 0.01;
    const isBad = !isGap && random() < 0.001;
    hours.push({ time, level: isGap ? Number.NaN : isBad ? level + 9000 : level, isBad });
  }
  return hours;
}
const HOURS = makeHours();

async function read(
  files: Readonly<Record<string, string | Buffer>>,
  options: Partial<GaugeOptions> = {},
): Promise<ReadStationFiles> {
  const paths = [];
  for (const [name, content] of Object.entries(files)) {
    paths.push(join(folder, name));
    await writeFile(paths.at(-1)!, content);
  }
  const gauge = { ...USUAL_GAUGE, ...options };
  return readStationFiles(paths, { unit: "m", shapeSign: undefined, gauge }, signal);
}

const maximaOf = ({ stations }: ReadStationFiles) => stations[0]!.record as Extract<StationLevels, { kind: "maxima" }>;

/** The rule again, in a few lines of another kind. */
function expected({ trend = "remove", datum = "epoch", complete = 0.9 }: Partial<GaugeOptions>) {
  const byYear = Map.groupBy(
    HOURS.filter(({ level, isBad }) => !Number.isNaN(level) && !isBad),
    ({ time }) => new Date(time).getUTCFullYear(),
  );
  const years = [...byYear].filter(([, hours]) => hours.length >= complete * 8760);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const means = new Map(years.map(([year, hours]) => [year, mean(hours.map(({ level }) => level))]));
  const epoch = mean([...means].filter(([year]) => year >= 1995 && year <= 2014).map(([, value]) => value));
  const maxima = years.map(([year, hours]) => {
    const highest = Math.max(...hours.map(({ level }) => level));
    const above = trend === "remove" ? highest - means.get(year)! : highest - epoch;
    return (datum === "epoch" ? above : above + epoch) / 1000;
  });
  return { years: years.map(([year]) => year), maxima };
}

describe("hours as each publisher writes them", () => {
  test.each(Object.keys(GAUGE_TEXTS))(
    "%s: maxima of the years that count, above the mean of 1995-2014",
    async (name) => {
      const { stations, gauges } = await read({ "gauge.txt": GAUGE_TEXTS[name]!(HOURS) }, PLACE);
      const { years, maxima } = maximaOf({ stations, gauges });
      const reference = expected({});
      expect(stations[0]).toMatchObject({ name: "Incheon", latitude: 37.45, longitude: 126.6, referenceYear: 2005 });
      expect(years).toEqual(reference.years);
      expect(years).not.toContain(1999);
      expect(years).toContain(2003);
      maxima.forEach((maximum, at) => {
        expect(maximum).toBeCloseTo(reference.maxima[at]!, 9);
      });
      const bad = HOURS.filter(({ isBad }) => isBad).length;
      const marks = name === "GESLA-3" || name === "geslaR";
      expect(gauges).toEqual([
        {
          ...{ name: "Incheon", years: 12, incompleteYears: [1999], badValues: marks ? bad : 0 },
          datum: name === "GESLA-3" ? "Chart Datum" : null,
        },
      ]);
    },
  );

  test("UHSLC's NetCDF: the same, at the place that the file says", async () => {
    const found = await read({ "h057.nc": await gaugeNetcdf(HOURS) }, { station: "Incheon" });
    expect(found.stations[0]).toMatchObject({ latitude: 37.5, longitude: 126.5 });
    const reference = expected({});
    maximaOf(found).maxima.forEach((maximum, at) => {
      expect(Math.fround(maximum)).toBeCloseTo(Math.fround(reference.maxima[at]!), 6);
    });
  });

  test("gzipped, and the years of one gauge in a file each", async () => {
    const byYear = Map.groupBy(HOURS, ({ time }) => new Date(time).getUTCFullYear());
    const files = Object.fromEntries(
      [...byYear].map(([year, hours]) => [`${year}.txt.gz`, gzipSync(GAUGE_TEXTS.KHOA!(hours))]),
    );
    const one = await read({ "all.txt": GAUGE_TEXTS.KHOA!(HOURS) }, PLACE);
    expect(await read(files, PLACE)).toEqual(one);
  });

  test("names and places of GESLA's files are their own; values every quarter of an hour count once an hour", async () => {
    const [gesla] = [GAUGE_TEXTS["GESLA-3"]!(HOURS)];
    const whole = await read({ "a.txt": gesla });
    const often = gesla.replaceAll(/^(\d.*):00:00( .*)$/gm, "$1:00:00$2\n$1:15:00$2\n$1:30:00$2");
    const quarter = await read({ "a.txt": often });
    expect(quarter.stations[0]).toMatchObject({ name: "Incheon", latitude: 37.45, longitude: 126.6 });
    expect(maximaOf(quarter).years).toEqual(maximaOf(whole).years);
    maximaOf(quarter).maxima.forEach((maximum, at) => {
      expect(maximum).toBeCloseTo(maximaOf(whole).maxima[at]!, 9);
    });
  });
});

describe("what the options choose", () => {
  test.each<Partial<GaugeOptions>>([
    { trend: "keep" },
    { datum: "gauge" },
    { trend: "keep", datum: "gauge" },
    { complete: 0.8 },
  ])("%o", async (options) => {
    const found = await read({ "a.csv": GAUGE_TEXTS.UHSLC!(HOURS) }, { ...PLACE, ...options, datumOffset: -0.3 });
    const reference = expected(options);
    expect(maximaOf(found).years).toEqual(reference.years);
    maximaOf(found).maxima.forEach((maximum, at) => {
      expect(maximum).toBeCloseTo(reference.maxima[at]!, 9);
    });
    const isRemoved = options.trend !== "keep";
    expect(found.stations[0]).toMatchObject({ datumOffset: -0.3, referenceYear: isRemoved ? 2005 : null });
  });

  test("maxima without their trend refer to the epoch's middle in the law, others to the years that it is fitted to", async () => {
    const period = { firstYear: 1995, lastYear: 2014 };
    for (const [trend, year] of [
      ["remove", 2005],
      ["keep", 2000],
    ] as const) {
      const { stations } = await read({ "a.csv": GAUGE_TEXTS.UHSLC!(HOURS) }, { ...PLACE, trend });
      expect(seaLevelLaw(stations[0]!, period)!.referenceYear).toBe(year);
    }
  });
});

/** The rule of process_gev.R (github.com/tonyewong/surge_comparison), written again in Python: a year of 8,760 hours, 90 % of them. */
const PYTHON_PROGRAM = `
import json, sys, csv
from collections import defaultdict
levels = defaultdict(list)
for year, month, day, hour, level in csv.reader(open(sys.argv[1])):
    if int(level) > -32767: levels[int(year)].append(int(level))
good = [y for y in sorted(levels) if len(levels[y]) / (24 * 365) >= 0.9]
print(json.dumps([[y, max(l - sum(levels[y]) / len(levels[y]) for l in levels[y]) / 1000] for y in good]))`;

const hasPython = spawnSync("python3", ["--version"]).status === 0;

test.skipIf(!hasPython)(
  "an independent program of the published rule finds the same years and maxima (needs python3)",
  async () => {
    const path = join(folder, "h057.csv");
    await writeFile(path, GAUGE_TEXTS.UHSLC!(HOURS));
    const { stdout, stderr } = spawnSync("python3", ["-c", PYTHON_PROGRAM, path], { encoding: "utf8" });
    expect(stderr).toBe("");
    const reference = JSON.parse(stdout) as [number, number][];
    const { years, maxima } = maximaOf(await read({ "h057.csv": GAUGE_TEXTS.UHSLC!(HOURS) }, PLACE));
    expect(years).toEqual(reference.map(([year]) => year));
    expect(maxima.map(Math.fround)).toEqual(reference.map(([, maximum]) => Math.fround(maximum)));
  },
);

describe("refused", () => {
  const UHSLC = GAUGE_TEXTS.UHSLC!(HOURS);
  const WEEKS = GAUGE_TEXTS.UHSLC!(HOURS.slice(0, 2000));
  const GESLA = GAUGE_TEXTS["GESLA-3"]!(HOURS.slice(0, 500));
  const few = HOURS.filter(({ time }) => time < Date.UTC(1999, 0, 1));
  test.each<
    [
      string,
      () => Readonly<Record<string, string | Buffer>> | Promise<Record<string, Buffer>>,
      Partial<GaugeOptions>,
      RegExp,
    ]
  >([
    [
      "an option of gauges for a table",
      () => ({ "a.csv": "station,lat,lon,mu,beta\nA,1,2,4,0.1\n" }),
      { datumOffset: 1 },
      /^UnusedOption: --datum-offset is for hours of tide gauges/,
    ],
    [
      "no place",
      () => ({ "a.csv": WEEKS }),
      {},
      /^NoPlace: .*a\.csv does not say which gauge it is of, and where: give --station NAME/,
    ],
    [
      "a place on no globe",
      () => ({ "a.csv": WEEKS }),
      { ...PLACE, latitude: 137 },
      /^InvalidPlace: .*found 137, 126\.6/,
    ],
    [
      "few years",
      () => ({ "a.csv": GAUGE_TEXTS.UHSLC!(few) }),
      { ...PLACE, epoch: { firstYear: 1994, lastYear: 1998 } },
      /^TooFewMaxima: Gauge "Incheon": station "Incheon" has 5 yearly maxima; a law needs 10/,
    ],
    [
      "no complete year",
      () => ({ "a.txt": GESLA }),
      {},
      /^NoCompleteYear: Gauge "Incheon": none of its 1 years has 90 %/,
    ],
    [
      "no epoch",
      () => ({ "a.csv": UHSLC }),
      { ...PLACE, trend: "keep", epoch: { firstYear: 1970, lastYear: 1989 } },
      /^NoEpoch: .*0 of the 20 years 1970-1989 count.* --epoch 1994-2006\./,
    ],
    [
      "one gauge in two files",
      () => ({ "a.txt": GESLA, "b.txt": GESLA }),
      {},
      /^StationTwice: .*b\.txt: gauge "Incheon" is in .*a\.txt too\./,
    ],
    [
      "a line that is cut off",
      () => ({ "a.csv": WEEKS.slice(0, -8) }),
      PLACE,
      /^BrokenGauge: .*a\.csv:\d+: expected year, month, day, hour, level, found "/,
    ],
    [
      "a day that does not exist",
      () => ({ "a.csv": WEEKS.replace("1994,1,2,0", "1994,2,30,0") }),
      PLACE,
      /^BrokenGauge: .*a\.csv:\d+: /,
    ],
    [
      "another mark of missing values",
      () => ({ "a.csv": WEEKS.replaceAll("-32767", "-99999") }),
      PLACE,
      /^ImplausibleLevel: .*found -99\.999 m/,
    ],
    [
      "a word among the levels",
      () => ({ "a.txt": GESLA.replace(/ \d\.\d{4} /, " high ") }),
      {},
      /^BrokenGauge: .*expected a number as the level, found "high"/,
    ],
    [
      "a spike that no mark names",
      () => ({ "a.csv": UHSLC.replace(/^(2001,6,1,0,).*$/m, "$129000") }),
      PLACE,
      /^OddMaximum: .*the maximum of 2001/,
    ],
    [
      "NetCDF in another unit",
      async () => ({ "a.nc": await gaugeNetcdf(HOURS.slice(0, 50), { units: "feet" }) }),
      PLACE,
      /^UnknownUnit: .*found "feet"/,
    ],
    [
      "NetCDF that is cut off",
      async () => ({ "a.nc": (await gaugeNetcdf(HOURS.slice(0, 50))).subarray(0, 300) }),
      PLACE,
      /^\w+: .*a\.nc/,
    ],
    [
      "two gauges in a file of KHOA",
      () => ({ "a.csv": "관측소명,관측시간,조위(cm)\n인천,2020-01-01 00:00,1\n부산,2020-01-01 00:00,2\n" }),
      PLACE,
      /^TwoGauges: .*a\.csv:3: .*"인천" and "부산"/,
    ],
  ])("%s", async (_, files, options, says) => {
    expect(await refusalOf(read(await files(), options))).toMatch(says);
  });
});
