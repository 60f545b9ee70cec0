// Seeded data and what this project's functions make of them, written as .npy files for reference.py and for comparison.
// The same files are what the references read, so that both sides compute from the same bytes.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { yearlyMaximum } from "../../job/indices/blockMaxima.ts";
import {
  FFMC_COEFFICIENT_EXACT,
  FFMC_COEFFICIENT_PRINTED,
  fineFuelMoistureCode,
} from "../../job/indices/fireMoisture.ts";
import { fireWeather, makeFireWeatherArrays } from "../../job/indices/fireWeather.ts";
import { monthlyTotals, monthStarts } from "../../job/indices/monthlySums.ts";
import {
  BALANCE_DISTRIBUTION,
  makeStandardizingScratch,
  RAIN_DISTRIBUTION,
  standardize,
} from "../../job/indices/standardizedIndex.ts";
import { LOWER_TAIL, type Tail, UPPER_TAIL } from "../../job/indices/windowTops.ts";
import { slidingSums } from "../../job/numerics/slidingSums.ts";
import { fillSpellYears, makeSpellYears } from "../../job/risks/spellYears.ts";
import { makeTimeAxis, type TimeAxis } from "../../job/timeAxis.ts";
import { isLeapYear } from "../../model/calendars.ts";
import { CellBuilder } from "../support/dailyWeather.ts";
import { writeNpy } from "../support/npy.ts";

const CELLS = 200;
/** The reference leaves years out one by one, which takes its time. */
const CELLS_LEFT_OUT = 20;
const FIRST_YEAR = 1981;
const LAST_YEAR = 2040;
const BASE = { firstYear: 1991, lastYear: 2020 };
export const VALIDATED_CALENDARS = ["noleap", "standard"] as const;
const BASE_FROM = BASE.firstYear - FIRST_YEAR;
const BASE_TO = BASE.lastYear + 1 - FIRST_YEAR;
const INPUTS = ["tasmin", "tasmax", "pr", "hursmin", "sfcWind"] as const;
const WINDOW_MONTHS = 12;
const WINDOW_DAYS = 5;
const KM_PER_HOUR_OF_M_PER_S = 3.6;
/** A balance of rain and a seasonal loss: only that it is the same on both sides matters. */
const LOSS_MM_PER_MONTH = 90;

/** Rows of one length for each cell, filled cell by cell. */
class Table {
  readonly #cells: number;
  readonly #values = new Map<string, Float64Array>();

  constructor(cells = CELLS) {
    this.#cells = cells;
  }

  row(name: string, cell: number, length: number): Float64Array {
    const values = this.#values.get(name) ?? new Float64Array(this.#cells * length);
    this.#values.set(name, values);
    return values.subarray(cell * length, (cell + 1) * length);
  }

  write(folder: string): void {
    mkdirSync(folder, { recursive: true });
    for (const [name, values] of this.#values) {
      writeNpy(join(folder, `${name}.npy`), values, [this.#cells, values.length / this.#cells]);
    }
  }
}

/** Latitudes from 60 south to 70 north, so that every day-length band is met. */
function latitudeOf(cell: number): number {
  return -60 + (130 * cell) / (CELLS - 1);
}

/** Writes `<folder>/input/<calendar>` and `<folder>/ours/<calendar>`. */
export function writeOurResults(folder: string, calendar: (typeof VALIDATED_CALENDARS)[number]): void {
  const axis = makeTimeAxis(calendar, FIRST_YEAR, LAST_YEAR);
  const input = new Table();
  const ours = new Table();
  const leftOut = new Table(CELLS_LEFT_OUT);
  const spells = makeSpellYears(axis, "January", BASE, "across", []);
  const spellsWithin = makeSpellYears(axis, "January", BASE, "within", []);
  for (let cell = 0; cell < CELLS; cell++) {
    const { daily } = new CellBuilder(calendar, FIRST_YEAR, LAST_YEAR, BASE).weather(cell + 1).build();
    input.row("latitude", cell, 1)[0] = latitudeOf(cell);
    for (const name of INPUTS) input.row(name, cell, axis.month.length).set(daily.get(name)!);
    for (const [tail, name] of [[UPPER_TAIL, "tasmax"] as const, [LOWER_TAIL, "tasmin"] as const]) {
      writeSpells(ours, cell, axis, daily.get(name)!, tail, spells);
      if (cell >= CELLS_LEFT_OUT) continue;
      fillSpellYears(daily.get(name)!, axis, tail, "leaveOneOut", [], spellsWithin);
      const index = tail === UPPER_TAIL ? "wsdiLeftOut" : "csdiLeftOut";
      leftOut.row(index, cell, axis.years).set(spellsWithin.spellDays);
    }
    writeRain(ours, cell, axis, daily.get("pr")!);
    writeDrought(input, ours, cell, axis, daily.get("pr")!);
    writeFire(ours, cell, axis, daily);
  }
  input.write(join(folder, "input", calendar));
  ours.write(join(folder, "ours", calendar));
  leftOut.write(join(folder, "ours", calendar));
}

function writeSpells(
  ours: Table,
  cell: number,
  axis: TimeAxis,
  series: Float64Array,
  tail: Tail,
  spells: ReturnType<typeof makeSpellYears>,
): void {
  fillSpellYears(series, axis, tail, "none", [], spells);
  const { threshold } = spells.percentiles;
  const upper = tail === UPPER_TAIL;
  const thresholds = ours.row(upper ? "tx90" : "tn10", cell, threshold.length);
  for (let day = 0; day < threshold.length; day++) thresholds[day] = tail * threshold[day]!;
  const index = upper ? "wsdi" : "csdi";
  ours.row(index, cell, axis.years).set(spells.spellDays);
  const commonYears = ours.row(`${index}CommonYears`, cell, axis.years);
  for (let year = 0; year < axis.years; year++) {
    const leap = axis.calendar === "standard" && isLeapYear(FIRST_YEAR + year);
    commonYears[year] = leap ? Number.NaN : spells.spellDays[year]!;
  }
}

function writeRain(ours: Table, cell: number, axis: TimeAxis, rain: Float64Array): void {
  const sums = new Float64Array(rain.length);
  slidingSums(rain, WINDOW_DAYS, sums);
  yearlyMaximum(rain, axis.yearStart, axis.years, ours.row("rx1day", cell, axis.years));
  yearlyMaximum(sums, axis.yearStart, axis.years, ours.row("rx5day", cell, axis.years));
}

function writeDrought(input: Table, ours: Table, cell: number, axis: TimeAxis, rain: Float64Array): void {
  const months = axis.years * WINDOW_MONTHS;
  const totals = input.row("monthlyRain", cell, months);
  const loss = input.row("monthlyLoss", cell, months);
  const balance = new Float64Array(months);
  const sums = new Float64Array(months);
  monthlyTotals(rain, monthStarts(axis), totals);
  for (let month = 0; month < months; month++) {
    loss[month] = LOSS_MM_PER_MONTH * (1 - Math.cos((2 * Math.PI * (month % WINDOW_MONTHS)) / WINDOW_MONTHS));
    balance[month] = totals[month]! - loss[month]!;
  }
  const scratch = makeStandardizingScratch(axis.years);
  slidingSums(balance, WINDOW_MONTHS, sums);
  standardize(sums, BALANCE_DISTRIBUTION, BASE_FROM, BASE_TO, "none", scratch, ours.row("spei12", cell, months));
  slidingSums(totals, WINDOW_MONTHS, sums);
  standardize(sums, RAIN_DISTRIBUTION, BASE_FROM, BASE_TO, "none", scratch, ours.row("spi12", cell, months));
}

function writeFire(ours: Table, cell: number, axis: TimeAxis, daily: ReadonlyMap<string, Float64Array>): void {
  const days = axis.month.length;
  const arrays = makeFireWeatherArrays(days);
  const weather = {
    latitude: latitudeOf(cell),
    month: axis.month,
    temperature: daily.get("tasmax")!,
    humidity: daily.get("hursmin")!,
    wind: daily.get("sfcWind")!.map((speed) => speed * KM_PER_HOUR_OF_M_PER_S),
    rain: daily.get("pr")!,
  };
  for (const [name, ffmcCoefficient, bands, season] of [
    ["Exact", FFMC_COEFFICIENT_EXACT, "cffdrs", "alwaysOn"],
    ["Printed", FFMC_COEFFICIENT_PRINTED, "gfwed", "alwaysOn"],
    ["Season", FFMC_COEFFICIENT_PRINTED, "gfwed", "overwinter"],
  ] as const) {
    fireWeather(weather, { ffmcCoefficient, bands, season }, arrays);
    fineFuelMoistureCode(arrays.moisture, ffmcCoefficient, ours.row(`ffmc${name}`, cell, days));
    ours.row(`dmc${name}`, cell, days).set(arrays.dmc);
    ours.row(`dc${name}`, cell, days).set(arrays.dc);
    ours.row(`fwi${name}`, cell, days).set(arrays.fwi);
  }
}
