// From the heaviest rain of fixed days to that of the wettest hours: storms of one hour to five days.
// What a storm does is left to riverFlood.ts and ponding.ts.
import { LONG_RAIN_DAYS } from "./scalarHeaviestRain.ts";

const HOURS_OF_DAY = 24;
export const LONGEST_STORM_HOURS = LONG_RAIN_DAYS * HOURS_OF_DAY;

/** Exponent of rain depth in duration within a day; Mononobe's formula has 1/3. */
const DURATION_EXPONENT = 0.4;

/** Weiss 1964, J. Hydraul. Div. ASCE 90: rain of the n x 24 wettest hours over that of n fixed days, n / (n - 1/8). */
const FIXED_DAY_CORRECTION = 1 / (1 - 1 / 8);
const FIXED_LONG_CORRECTION = LONG_RAIN_DAYS / (LONG_RAIN_DAYS - 1 / 8);

/** mm of rain in the wettest 24 hours of a year whose wettest calendar day has `rx1day` mm. */
export function wettestDay(rx1day: number): number {
  return FIXED_DAY_CORRECTION * rx1day;
}

/** Share [1] of the 24-hour rain that falls in its wettest hours: (t / 24)^0.40. */
export function shareOfDay(hours: number): number {
  return (hours / HOURS_OF_DAY) ** DURATION_EXPONENT;
}

/** Whether a storm of so many hours depends on the heaviest day alone. */
export function isWithinDay(stormHours: number): boolean {
  return stormHours <= HOURS_OF_DAY;
}

/**
 * Rain of the critical duration in each year.
 *
 * Inputs: rx1day, rx5day [mm] Float64Array in [0, years), the latter not read when the storm is within a day; stormHours
 *   t [h], 1 to 120; out Float64Array [years].
 * Output: out [mm].
 * Definition: R24 = 8/7 Rx1day, R120 = max(40/39 Rx5day, R24) (Weiss 1964); up to a day R24 (t / 24)^0.40, beyond
 *   R24 (t / 24)^(ln(R120 / R24) / ln 5).
 * Missing data: NaN gives NaN. Rx5day below Rx1day counts as equal. A year without rain has 0.
 */
export function criticalRain(
  rx1day: Float64Array,
  rx5day: Float64Array,
  years: number,
  stormHours: number,
  out: Float64Array,
): void {
  const days = stormHours / HOURS_OF_DAY;
  const share = shareOfDay(stormHours);
  const withinDay = isWithinDay(stormHours);
  for (let year = 0; year < years; year++) {
    const day = wettestDay(rx1day[year]!);
    if (withinDay || day === 0) {
      out[year] = day * share;
      continue;
    }
    const longest = Math.max(FIXED_LONG_CORRECTION * Math.max(rx5day[year]!, rx1day[year]!), day);
    out[year] = day * days ** (Math.log(longest / day) / Math.log(LONG_RAIN_DAYS));
  }
}
