// The compiled kernel of percentile days: its memory for one axis, one kind of hazard year and one sample, and its calls.
// assembly/percentileDays.ts is its source; `npm run kernels` builds it.
import { readFileSync } from "node:fs";
import { type DayOfYearSample, type InBase, windowColumns } from "../indices/dayOfYearSample.ts";
import type { HazardYears } from "../indices/hazardYears.ts";
import type { Tail } from "../indices/windowTops.ts";
import type { TimeAxis } from "../timeAxis.ts";

const COLUMNS = 384;
const ROW = 4 * COLUMNS;
const RANKS = 32;
const YEARS_MAX = 64;
const PAGE = 65_536;
/** Stores of eight marks, and loads of eight days, reach so far beyond the last. */
const MARGIN = 8;
/** Byte offsets, as in assembly/percentileDays.ts. */
const HAZARD_YEAR = ROW * (1 + 64 + 65 + 33 + 33);
const ABSENT = HAZARD_YEAR + ROW;
const ROOM = ABSENT + ROW;
const RANK = ROOM + 2 * ROW;
const RANK_SURELY_ABOVE = RANK + ROW;
const RANK_SURELY_NOT = RANK_SURELY_ABOVE + ROW;
const WEIGHT = RANK_SURELY_NOT + ROW;
const THRESHOLD = WEIGHT + 2 * ROW;
const STRETCHES = THRESHOLD + 6 * ROW + 64;
const SERIES = 8 * PAGE;

interface Exports {
  readonly memory: WebAssembly.Memory;
  fill(stretches: number, years: number, rows: number, days: number, sign: number): number;
  markByThresholds(from: number, to: number, day: number, sign: number, exceeds: number, missing: number): void;
  markWithout(
    year: number,
    years: number,
    from: number,
    to: number,
    day: number,
    sign: number,
    exceeds: number,
    missing: number,
  ): void;
}

export interface PercentileKernel {
  /** Takes a series [axis days] up and makes its thresholds; false where a value needs more than a 32-bit float. */
  fill(series: Float64Array, tail: Tail, threshold: Float64Array): boolean;
  /** markExceedances of the series taken up last. */
  mark(inBase: InBase, exceeds: Uint8Array, missing: Uint8Array): void;
}

/** Days of the axis, from..to, that belong to one hazard year and follow each other in the calendar from `day`. */
interface Stretch {
  readonly year: number;
  readonly from: number;
  to: number;
  readonly day: number;
}

/** The same values as the TypeScript, several times faster; null where the engine has no SIMD. */
export function loadPercentileKernel():
  | ((sample: DayOfYearSample, axis: TimeAxis, hazardYears: HazardYears) => PercentileKernel | null)
  | null {
  const bytes = readFileSync(new URL("percentileDays.wasm", import.meta.url));
  if (!WebAssembly.validate(bytes)) return null;
  const module = new WebAssembly.Module(bytes);
  return (sample, axis, hazardYears) => {
    const { baseYears, days, firstInBase, kept, lastInBase } = sample;
    if (baseYears > YEARS_MAX || kept > RANKS) return null;
    const { memory, fill, markByThresholds, markWithout } = new WebAssembly.Instance(module).exports as Exports;
    const length = axis.calendarDay.length;
    const exceedsAt = SERIES + 8 * (length + MARGIN);
    const missingAt = exceedsAt + 8 * Math.ceil((length + MARGIN) / 8);
    memory.grow(Math.ceil((missingAt + length + MARGIN - SERIES) / PAGE));
    const stretches = layOut(memory, sample);
    const seriesIn = new Float64Array(memory.buffer, SERIES, length);
    const thresholdOut = new Float64Array(memory.buffer, THRESHOLD, days);
    const exceedsOut = new Uint8Array(memory.buffer, exceedsAt, length);
    const missingOut = new Uint8Array(memory.buffer, missingAt, length);
    const ofYears = findStretches(axis, hazardYears);
    const rows = baseYears <= RANKS ? RANKS : YEARS_MAX;
    let sign = 1;
    return {
      fill(series, tail, threshold) {
        sign = tail;
        seriesIn.set(series);
        if (fill(stretches, baseYears, rows, days, sign) === 0) return false;
        threshold.set(thresholdOut);
        return true;
      },
      mark(inBase, exceeds, missing) {
        for (const { year, from, to, day } of ofYears) {
          const leaveOut = inBase === "leaveOneOut" && year >= firstInBase && year <= lastInBase;
          if (leaveOut) markWithout(year, baseYears, from, to, day, sign, exceedsAt, missingAt);
          else markByThresholds(from, to, day, sign, exceedsAt, missingAt);
        }
        exceeds.set(exceedsOut);
        missing.set(missingOut);
      },
    };
  };
}

/** Writes what is the same for every series; returns the number of stretches. */
function layOut({ buffer }: WebAssembly.Memory, sample: DayOfYearSample): number {
  const { baseYears, hazardYear, offset, room } = sample;
  const whole = (at: number, values: readonly number[] | Int16Array) =>
    new Int32Array(buffer, at, values.length).set(values);
  const columns = windowColumns(sample);
  whole(
    HAZARD_YEAR,
    columns.map(({ day }) => hazardYear[day]!),
  );
  whole(ABSENT, Array<number>(COLUMNS).fill(-1));
  whole(
    ABSENT,
    columns.map(({ absentYear }) => absentYear),
  );
  whole(ROOM, room);
  whole(RANK, sample.rankFromTop);
  whole(RANK_SURELY_ABOVE, sample.rankSurelyAbove);
  whole(RANK_SURELY_NOT, sample.rankSurelyNot);
  new Float64Array(buffer, WEIGHT, sample.weight.length).set(sample.weight);
  const stretches: { from: number; to: number; at: number }[] = [];
  for (let year = 0; year < baseYears; year++) {
    columns.forEach(({ day }, column) => {
      const from = offset[day * baseYears + year]!;
      const before = stretches.at(-1);
      if (column > 0 && before!.to === from) before!.to++;
      else stretches.push({ from, to: from + 1, at: year * COLUMNS + column });
    });
  }
  whole(
    STRETCHES,
    stretches.flatMap(({ from, to, at }) => [from, to, at]),
  );
  return stretches.length;
}

function findStretches({ calendarDay }: TimeAxis, { years, yearStart }: HazardYears): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (let year = 0; year < years; year++) {
    for (let at = yearStart[year]!; at < yearStart[year + 1]!; at++) {
      const last = stretches.at(-1);
      const follows = last?.year === year && calendarDay[at] === calendarDay[at - 1]! + 1;
      if (follows) last.to++;
      else stretches.push({ year, from: at, to: at + 1, day: calendarDay[at]! });
    }
  }
  return stretches;
}
