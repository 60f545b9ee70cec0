// The highest values of each calendar day's sample: what its quantile, and leaving a year out, can depend on.
// The compiled kernel of job/kernels gives the same values.
import { type DayOfYearSample, WINDOW_DAYS, windowColumns } from "./dayOfYearSample.ts";

/** The upper tail is read as it is; the lower one with its sign turned, since Q_p(x) = -Q_(1-p)(-x). */
export const UPPER_TAIL = 1;
export const LOWER_TAIL = -1;
export type Tail = typeof UPPER_TAIL | typeof LOWER_TAIL;

export interface WindowTops {
  /** [kept * days] highest values of each window, rank by rank, times the tail's sign; minus infinity beyond its last value. */
  readonly top: Float64Array;
  /** [days] how many values each window has. */
  readonly values: Int16Array;
}

/** Fills `out` from a series [axis days]. */
export type FillWindowTops = (series: Float64Array, tail: Tail, out: WindowTops) => void;

/** Each day's values are sorted once; the five sorted lists of a window are merged as far as they are needed. */
export function scalarWindowTops(sample: DayOfYearSample): FillWindowTops {
  const { baseYears, days, kept, offset } = sample;
  const columns = windowColumns(sample);
  const sorted = new Float64Array(columns.length * baseYears);
  const counts = new Int16Array(columns.length);
  /** Of the columns of a window, the next value from the top. */
  const next = new Int32Array(WINDOW_DAYS);
  return (series, tail, out) => {
    for (let column = 0; column < columns.length; column++) {
      const { day, absentYear: absent } = columns[column]!;
      const list = sorted.subarray(column * baseYears, (column + 1) * baseYears);
      let n = 0;
      for (let year = 0; year < baseYears; year++) {
        const value = series[offset[day * baseYears + year]!]!;
        if (year !== absent && !Number.isNaN(value)) list[n++] = tail * value + 0;
      }
      list.subarray(0, n).sort();
      counts[column] = n;
    }
    for (let day = 0; day < days; day++) {
      let n = 0;
      for (let place = 0; place < WINDOW_DAYS; place++) {
        n += counts[day + place]!;
        next[place] = (day + place) * baseYears + counts[day + place]! - 1;
      }
      out.values[day] = n;
      for (let rank = 0; rank < kept; rank++) {
        let highest = -Infinity;
        let from = -1;
        for (let place = 0; place < WINDOW_DAYS; place++) {
          const at = next[place]!;
          if (at < (day + place) * baseYears || sorted[at]! <= highest) continue;
          highest = sorted[at]!;
          from = place;
        }
        if (from >= 0) next[from]!--;
        out.top[rank * days + day] = highest;
      }
    }
  };
}
