// The heaviest rain of each year over one day or five in a row (ETCCDI Rx1day, Rx5day).

/** Days of Rx5day. */
export const LONG_RAIN_DAYS = 5;

/**
 * Wettest day of each year.
 *
 * Inputs: rain [mm d-1] Float64Array [days]; yearStart Int32Array [years + 1], offsets into the days; out Float64Array [years].
 * Output: out [mm].
 * Definition: ETCCDI Rx1day by year; Zhang et al. 2011, WIREs Climate Change 2, 851-870, table 1.
 * Missing data: missing days are passed over; a year without any value gives NaN.
 */
export function heaviestDay(rain: Float64Array, yearStart: Int32Array, years: number, out: Float64Array): void {
  for (let year = 0; year < years; year++) {
    const end = yearStart[year + 1]!;
    let highest = Number.NEGATIVE_INFINITY;
    for (let day = yearStart[year]!; day < end; day++) if (rain[day]! > highest) highest = rain[day]!;
    // 0 + makes a 0 of -0.
    out[year] = highest === Number.NEGATIVE_INFINITY ? Number.NaN : 0 + highest;
  }
}

/**
 * Wettest five days in a row of each year.
 *
 * Inputs: as heaviestDay. Output: out [mm].
 * Definition: the highest sum of five days that end in the year and may begin in the year before (ETCCDI Rx5day); Zhang et al.
 *   2011, table 1. Each sum is added from its first day on, so that nothing drifts.
 * Missing data: a missing day is in no sum, and passes its windows over; a year without any sum gives NaN. Departures:
 *   climdex.pcic by default centres the window on its day, so that a rain over the new year may count for the other year.
 */
export function heaviestFiveDays(rain: Float64Array, yearStart: Int32Array, years: number, out: Float64Array): void {
  for (let year = 0; year < years; year++) {
    const end = yearStart[year + 1]!;
    let highest = Number.NEGATIVE_INFINITY;
    for (let day = Math.max(LONG_RAIN_DAYS - 1, yearStart[year]!); day < end; day++) {
      const sum = 0 + rain[day - 4]! + rain[day - 3]! + rain[day - 2]! + rain[day - 1]! + rain[day]!;
      if (sum > highest) highest = sum;
    }
    out[year] = highest === Number.NEGATIVE_INFINITY ? Number.NaN : highest;
  }
}
