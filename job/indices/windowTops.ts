// The highest values of each calendar day's sample: what its quantile, and leaving a year out, can depend on.
// scalarWindowTops is the definition; the compiled kernel of job/kernels gives the same values.
import { type DayOfYearSample, WINDOW_DAYS } from "./dayOfYearSample.ts";

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

export function scalarWindowTops(sample: DayOfYearSample): FillWindowTops {
  const { absentYear, baseYears, days, kept, offset, window } = sample;
  const values = new Float64Array(WINDOW_DAYS * baseYears);
  return (series, tail, out) => {
    for (let day = 0; day < days; day++) {
      let n = 0;
      for (let place = day * WINDOW_DAYS; place < (day + 1) * WINDOW_DAYS; place++) {
        for (let year = 0; year < baseYears; year++) {
          const value = series[offset[window[place]! * baseYears + year]!]!;
          if (year !== absentYear[place] && !Number.isNaN(value)) values[n++] = tail * value + 0;
        }
      }
      values.subarray(0, n).sort();
      out.values[day] = n;
      for (let rank = 0; rank < kept; rank++) out.top[rank * days + day] = rank < n ? values[n - 1 - rank]! : -Infinity;
    }
  };
}
