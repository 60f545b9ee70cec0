// The compiled kernel that finds the highest values of calendar days' windows: its memory, filled and read for one series.
// assembly/windowTops.ts is its source; `npm run kernels` builds it.
import { readFileSync } from "node:fs";
import { type DayOfYearSample, WINDOW_DAYS } from "../indices/dayOfYearSample.ts";
import type { FillWindowTops } from "../indices/windowTops.ts";

const COLUMNS = 376;
const RANKS = 32;
const YEARS_MAX = 64;
/** Byte offsets, as in assembly/windowTops.ts. */
const DAYS = 8 * COLUMNS;
const PAIRS = DAYS + YEARS_MAX * 8 * COLUMNS;

interface Exports {
  readonly memory: WebAssembly.Memory;
  windowTops(years: number, rows: number, sign: number): void;
}

/** Days of a base year that lie side by side on the axis and in a row. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly at: number;
}

/** The same values as scalarWindowTops, several times faster; null where the engine has no SIMD. */
export function loadWindowTopsKernel(): ((sample: DayOfYearSample) => FillWindowTops | null) | null {
  const bytes = readFileSync(new URL("windowTops.wasm", import.meta.url));
  if (!WebAssembly.validate(bytes)) return null;
  const { memory, windowTops } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
  const counts = new Float64Array(memory.buffer, 0, COLUMNS);
  const base = new Float64Array(memory.buffer, DAYS, YEARS_MAX * COLUMNS);
  const highest = new Float64Array(memory.buffer, PAIRS, RANKS * COLUMNS);
  return (sample) => {
    const { baseYears, days, kept } = sample;
    if (baseYears > YEARS_MAX || kept > RANKS) return null;
    const stretches = findStretches(sample);
    const absent = findAbsent(sample);
    return (series, tail, { top, values }) => {
      for (const { from, to, at } of stretches) base.set(series.subarray(from, to), at);
      for (const at of absent) base[at] = Number.NaN;
      windowTops(baseYears, baseYears <= RANKS ? RANKS : YEARS_MAX, tail);
      for (let day = 0; day < days; day++) {
        let n = 0;
        for (let place = 0; place < WINDOW_DAYS; place++) n += counts[day + place]!;
        values[day] = n;
      }
      for (let rank = 0; rank < kept; rank++) {
        top.set(highest.subarray(rank * COLUMNS, rank * COLUMNS + days), rank * days);
      }
    };
  };
}

/** Column 2 is the first calendar day; those before and after it are what the windows at the year's ends reach. */
function findStretches({ baseYears, days, offset, window }: DayOfYearSample): Stretch[] {
  const columns = [window[0]!, window[1]!, ...Array(days).keys(), ...window.slice(-2)];
  const stretches: { from: number; to: number; at: number }[] = [];
  for (let year = 0; year < baseYears; year++) {
    columns.forEach((day, column) => {
      const from = offset[day * baseYears + year]!;
      const last = stretches.at(-1);
      if (column > 0 && last!.to === from) last!.to++;
      else stretches.push({ from, to: from + 1, at: year * COLUMNS + column });
    });
  }
  return stretches;
}

/** Places of base years that a day beside the year's ends does not have. */
function findAbsent({ absentYear, baseYears, days }: DayOfYearSample): number[] {
  if (baseYears === 0) return [];
  const last = (days - 1) * WINDOW_DAYS;
  const places = [
    { column: 0, at: 0 },
    { column: 1, at: 1 },
    { column: days + 2, at: last + 3 },
    { column: days + 3, at: last + 4 },
  ];
  return places.flatMap(({ column, at }) => (absentYear[at]! < 0 ? [] : [absentYear[at]! * COLUMNS + column]));
}
