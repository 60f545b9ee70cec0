// The heaviest rain of each year over one day and over five in a row (ETCCDI Rx1day, Rx5day): the definition. The compiled kernel of
// job/kernels gives the same values; heaviestRain.ts takes it where it can.

/** Days of Rx5day. */
export const LONG_RAIN_DAYS = 5;

/**
 * Wettest day and wettest five days in a row of each year.
 *
 * Inputs: rain [mm d-1] Float64Array [days]; yearStart Int32Array [years + 1], offsets into the days; oneDay, fiveDays
 *   Float64Array [years].
 * Output: oneDay, fiveDays [mm].
 * Definition: ETCCDI Rx1day, and Rx5day as the highest sum of five days that end in the year and may begin in the year before;
 *   Zhang et al. 2011, WIREs Climate Change 2, 851-870, table 1. Each sum is added from its first day on, so that nothing drifts.
 * Missing data: a missing day is passed over, and with it the sums that it would be in; a year without any value, or sum, gives
 *   NaN. Departures: climdex.pcic by default centres the window on its day, so that a rain over the new year may count for the
 *   other year.
 */
export function scalarHeaviestRain(
  rain: Float64Array,
  yearStart: Int32Array,
  years: number,
  oneDay: Float64Array,
  fiveDays: Float64Array,
): void {
  for (let year = 0; year < years; year++) {
    const end = yearStart[year + 1]!;
    const from = Math.min(end, Math.max(LONG_RAIN_DAYS - 1, yearStart[year]!));
    let highest = Number.NEGATIVE_INFINITY;
    let highestSum = Number.NEGATIVE_INFINITY;
    for (let day = yearStart[year]!; day < from; day++) if (rain[day]! > highest) highest = rain[day]!;
    // One is read a day; the four before it are at hand.
    let [fourth, third, second, first] = [rain[from - 4]!, rain[from - 3]!, rain[from - 2]!, rain[from - 1]!];
    for (let day = from; day < end; day++) {
      const today = rain[day]!;
      if (today > highest) highest = today;
      const sum = 0 + fourth + third + second + first + today;
      if (sum > highestSum) highestSum = sum;
      fourth = third;
      third = second;
      second = first;
      first = today;
    }
    // 0 + makes a 0 of -0.
    oneDay[year] = highest === Number.NEGATIVE_INFINITY ? Number.NaN : 0 + highest;
    fiveDays[year] = highestSum === Number.NEGATIVE_INFINITY ? Number.NaN : highestSum;
  }
}

export type HeaviestRain = typeof scalarHeaviestRain;
