// The indices behind the daily risks, each alone on one thread, and what xclim and lmoments3 make of the same series at their best
// number of cells a call: CPU time of both, and their ratio. The peers need test/reference/.venv, which npm run validate makes.
// Run: node bench/climateIndices.bench.ts [cells].
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeDayOfYearSample } from "../job/indices/dayOfYearSample.ts";
import { DEFAULT_FIRE_WEATHER, fireWeather, makeFireWeatherArrays } from "../job/indices/fireWeather.ts";
import { makeHazardYears } from "../job/indices/hazardYears.ts";
import { heaviestRain } from "../job/indices/heaviestRain.ts";
import { markValidYears } from "../job/indices/missingDays.ts";
import { markExceedances } from "../job/indices/percentileDays.ts";
import { fillThresholds, makePercentileScratch } from "../job/indices/percentileThresholds.ts";
import { SHORTEST_SPELL_DAYS, spellDaysByYear } from "../job/indices/spells.ts";
import { LOWER_TAIL, UPPER_TAIL } from "../job/indices/windowTops.ts";
import { fitGev, gevReturnLevel, gevShapeFromSkewness, LOCATION, SCALE } from "../job/numerics/gev.ts";
import { L1, L2, sampleLMoments, T3 } from "../job/numerics/lMoments.ts";
import { fillSpei, makeDroughtYears } from "../job/risks/droughtYears.ts";
import type { CellInput } from "../job/risks/riskDefinition.ts";
import { fillRain } from "../job/risks/waterBalance.ts";
import { DEFAULT_BASE_PERIOD } from "../model/periods.ts";
import { RETURN_PERIODS } from "../model/results.ts";
import { CellBuilder } from "../test/support/dailyWeather.ts";
import { writeNpy } from "../test/support/npy.ts";

const SEED = 20240229;
const [FIRST_YEAR, LAST_YEAR] = [1991, 2020];
const YEARS = LAST_YEAR - FIRST_YEAR + 1;
const ROUNDS = 7;
const PYTHON = join(import.meta.dirname, "../test/reference/.venv/bin/python");
const PEER = join(import.meta.dirname, "climateIndicesPeer.py");
const PEER_INPUTS = ["tas", "tasmin", "tasmax", "pr", "hurs", "sfcWind"] as const;

/** A round of what is quick would be over before it can be measured. */
const REPEATS: Readonly<Record<string, number>> = { "Rx1day and Rx5day": 50, "SPEI-12 with Hargreaves": 10 };

const count = Number(process.argv[2] ?? 256);
const cells: readonly CellInput[] = Array.from({ length: count }, (_, cell) => {
  const builder = new CellBuilder("noleap", FIRST_YEAR, LAST_YEAR, DEFAULT_BASE_PERIOD)
    .weather(SEED + cell)
    .latitude(33 + (cell % 64) / 10);
  // As climate_data stores them.
  for (const variable of PEER_INPUTS) builder.change(variable, Math.fround);
  return builder.build();
});
const { axis } = cells[0]!;
const days = axis.month.length;
const ofYears = () => new Float64Array(YEARS);

const WORK: Readonly<Record<string, (cell: CellInput) => number>> = {
  "WSDI, leave-one-out": spellDays("tasmax", UPPER_TAIL, "January"),
  "CSDI, leave-one-out": spellDays("tasmin", LOWER_TAIL, "July"),
  "SPEI-12 with Hargreaves": makeSpei(),
  "Rx1day and Rx5day": makeHeaviestRain(),
  FWI: makeFireWeather(),
};

function spellDays(
  variable: "tasmin" | "tasmax",
  tail: typeof UPPER_TAIL | typeof LOWER_TAIL,
  begin: "January" | "July",
) {
  const hazardYears = makeHazardYears(axis, begin);
  const { years, yearStart } = hazardYears;
  const sample = makeDayOfYearSample(axis, hazardYears, DEFAULT_BASE_PERIOD, 0.9, "within");
  const scratch = makePercentileScratch(sample, axis, hazardYears);
  const [exceeds, missing, valid] = [new Uint8Array(days), new Uint8Array(days), new Uint8Array(days)];
  const out = new Float64Array(years);
  return ({ daily }: CellInput) => {
    const series = daily.get(variable)!;
    fillThresholds(series, tail, sample, scratch);
    markExceedances(series, tail, sample, scratch, axis, hazardYears, "leaveOneOut", exceeds, missing);
    markValidYears(missing, axis.month, yearStart, years, valid);
    spellDaysByYear(exceeds, yearStart, years, SHORTEST_SPELL_DAYS, out);
    return out[years - 1]!;
  };
}

function makeSpei() {
  const work = makeDroughtYears(axis);
  const source = { frequency: "daily", evapotranspiration: "hargreaves" } as const;
  return (cell: CellInput) => {
    fillRain(cell, source.frequency, work.water, work.rain);
    fillSpei(cell, source, "none", work);
    return work.spei.at(-1)!;
  };
}

function makeHeaviestRain() {
  const [long, short] = [ofYears(), ofYears()];
  return ({ daily }: CellInput) => {
    const rain = daily.get("pr")!;
    heaviestRain(rain, axis.yearStart, YEARS, short, long);
    return short[0]! + long[0]!;
  };
}

function makeFireWeather() {
  const arrays = makeFireWeatherArrays(days);
  const { month } = axis;
  return ({ daily, latitude }: CellInput) => {
    const [temperature, humidity, wind, rain] = (["tas", "hurs", "sfcWind", "pr"] as const).map(
      (name) => daily.get(name)!,
    ) as [Float64Array, Float64Array, Float64Array, Float64Array];
    fireWeather({ latitude, month, temperature, humidity, wind, rain }, DEFAULT_FIRE_WEATHER, arrays);
    return arrays.fwi.at(-1)!;
  };
}

/** A fit and its return levels of as many samples as there are cells; each sample is sorted first. */
function makeGevFit() {
  const sorted = ofYears();
  const moments = new Float64Array(3);
  const fitted = new Float64Array(2);
  return ({ daily }: CellInput) => {
    sorted.set(daily.get("tas")!.subarray(0, YEARS));
    sorted.sort();
    sampleLMoments(sorted, 0, YEARS, moments);
    const shape = gevShapeFromSkewness(moments[T3]!);
    fitGev(moments[L1]!, moments[L2]!, shape, fitted);
    let sum = 0;
    for (const period of RETURN_PERIODS) sum += gevReturnLevel(period, fitted[LOCATION]!, fitted[SCALE]!, shape);
    return sum;
  };
}

interface Rounds {
  /** CPU time [s] of one round each, over `cells` cells. */
  readonly seconds: readonly number[];
  readonly cells: number;
}

/** Sums of what is computed keep the work from being optimised away. */
let sink = 0;

function measureOurs(works: readonly ((cell: CellInput) => number)[], repeats: number): Rounds {
  const round = () => {
    const before = process.cpuUsage();
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const cell of cells) for (const work of works) sink += work(cell);
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
  for (let warmUp = 0; warmUp < 2; warmUp++) round();
  return { seconds: Array.from({ length: ROUNDS }, round), cells: count * repeats };
}

/** Cell-years, or fits, a second: median, lowest and highest of the rounds. */
function rates({ seconds, cells: each }: Rounds, unitsPerCell: number): readonly [number, number, number] {
  const sorted = seconds.map((time) => (each * unitsPerCell) / time).sort((a, b) => a - b);
  return [sorted[sorted.length >> 1]!, sorted[0]!, sorted.at(-1)!];
}

function runPeer(): Record<string, Rounds & { readonly name: string }> | null {
  if (!existsSync(PYTHON)) return null;
  const folder = mkdtempSync(join(tmpdir(), "climatebatch-bench-"));
  try {
    for (const name of PEER_INPUTS) {
      const values = new Float64Array(count * days);
      for (const [cell, { daily }] of cells.entries()) values.set(daily.get(name)!, cell * days);
      writeNpy(join(folder, `${name}.npy`), values, [count, days]);
    }
    const { status, stdout } = spawnSync(PYTHON, [PEER, folder, String(FIRST_YEAR), String(LAST_YEAR)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (status !== 0) throw new Error(`${PEER} ended with exit code ${status}`);
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const ALL = "these five together";
const GEV = "GEV and return levels, fits";
const peers = runPeer();
if (peers === null) console.log("peers: not measured, test/reference/.venv is not there; npm run validate makes it");
const show = (rate: readonly [number, number, number]) => {
  const [median, low, high] = rate.map((value) => Number(value.toPrecision(3)).toLocaleString("en"));
  return `${median} (${low} to ${high})`;
};
console.log("| index | ours, per CPU-second | peer, per CPU-second | ratio |\n| --- | --- | --- | --- |");
const lines: readonly (readonly [string, Rounds, number])[] = [
  ...Object.entries(WORK).map(([name, work]) => [name, measureOurs([work], REPEATS[name] ?? 1), YEARS] as const),
  [ALL, measureOurs(Object.values(WORK), 1), YEARS],
  [GEV, measureOurs([makeGevFit()], 400), 1],
];
for (const [name, ours, units] of lines) {
  const rate = rates(ours, units);
  const peer = peers?.[name];
  const theirs = peer === undefined ? undefined : rates(peer, units);
  const ratio = theirs === undefined ? "" : (rate[0] / theirs[0]).toPrecision(3);
  console.log(
    `| ${name} | ${show(rate)} | ${theirs === undefined ? "" : `${peer!.name}: ${show(theirs)}`} | ${ratio} |`,
  );
}
if (!Number.isFinite(sink)) throw new Error("a number of the series was missing");
