// Daily temperature series for tests: the golden formula, and idealised years built one sentence at a time.
// Golden files are in test/golden.

import type { TimeAxis } from "../../job/timeAxis.ts";
import { dayOfYear } from "../../model/calendars.ts";

/** The series [degC] that the cases spells-noleap and spells-xclim describe; 365 days a year. */
export function goldenTemperature(days: number): Float64Array {
  const series = new Float64Array(days);
  for (let t = 0; t < days; t++) {
    const season = -14 * Math.cos((2 * Math.PI * ((t % 365) - 20)) / 365);
    const weather = 3 * Math.sin(0.37 * t) + 2.5 * Math.sin(0.113 * t + 1) + 2 * Math.sin(0.0371 * t + 0.5);
    series[t] = 18 + season + weather + 2 * Math.sin(1.91 * t) + (0.03 * t) / 365;
  }
  return series;
}

/** Offset of a date on an axis. */
export function dayAt(axis: TimeAxis, year: number, month: number, day: number): number {
  return axis.yearStart[year - axis.firstYear]! + dayOfYear(axis.calendar, year, month, day);
}

/** Every day of the axis at one temperature [degC]. */
export function constantTemperature(axis: TimeAxis, degC: number): Float64Array {
  return new Float64Array(axis.calendarDay.length).fill(degC);
}

/**
 * Each year at its own constant temperature [degC], so that a calendar day's sample is the years' values five times over:
 * year number i counted from the first has degC(i).
 */
export function yearlyTemperature(axis: TimeAxis, degC: (year: number) => number): Float64Array {
  const series = new Float64Array(axis.calendarDay.length);
  for (let year = 0; year < axis.years; year++) {
    series.fill(degC(year), axis.yearStart[year], axis.yearStart[year + 1]);
  }
  return series;
}
