// The heaviest rain of each year over one day or several in a row (ETCCDI Rx1day, Rx5day).
import { slidingSums } from "../numerics/slidingSums.ts";
import { yearlyMaximum } from "./blockMaxima.ts";

/** Days of Rx5day. */
export const LONG_RAIN_DAYS = 5;

/**
 * Heaviest rain of each year over `window` days in a row.
 *
 * Inputs: rain [mm d-1] Float64Array [days]; window [d], 1 or more; yearStart Int32Array [years + 1], offsets into the days;
 *   sums scratch Float64Array [days]; out Float64Array [years].
 * Output: out [mm].
 * Definition: the highest sum of `window` days that end in the year and may begin in the year before (ETCCDI Rx1day, Rx5day);
 *   Zhang et al. 2011, WIREs Climate Change 2, 851-870, table 1.
 * Missing data: a missing day is in no sum, and passes its windows over; a year without any sum gives NaN. Departures:
 *   climdex.pcic by default centres the window on its day, so that a rain over the new year may count for the other year.
 */
export function heaviestRain(
  rain: Float64Array,
  window: number,
  yearStart: Int32Array,
  years: number,
  sums: Float64Array,
  out: Float64Array,
): void {
  slidingSums(rain, window, sums);
  yearlyMaximum(sums, yearStart, years, out);
}
