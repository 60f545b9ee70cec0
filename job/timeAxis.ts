// The days that every daily series of one scenario shares: one flat layout, made once per shard and reused for all cells.
import { type Calendar, daysInMonth, daysInYear } from "../model/calendars.ts";

/** Of any calendar. */
export const LONGEST_YEAR_DAYS = 366;

export interface TimeAxis {
  readonly calendar: Calendar;
  readonly firstYear: number;
  readonly years: number;
  /** [years + 1] offset of each calendar year's first day; the last entry is the number of days. */
  readonly yearStart: Int32Array;
  /** [days] position in the climatological year: 0..364, or 0..359 for 360_day. 29 February has that of 28 February. */
  readonly calendarDay: Int16Array;
  /** [days] month, 1..12. */
  readonly month: Uint8Array;
  /** [days] 1 on 29 February, else 0. */
  readonly leapDay: Uint8Array;
}

/** Days in the climatological year: 365, or 360 for 360_day. */
export function climatologicalDays(calendar: Calendar): number {
  return calendar === "360_day" ? 360 : 365;
}

export function makeTimeAxis(calendar: Calendar, firstYear: number, lastYear: number): TimeAxis {
  const years = lastYear - firstYear + 1;
  const yearStart = new Int32Array(years + 1);
  for (let year = 0; year < years; year++)
    yearStart[year + 1] = yearStart[year]! + daysInYear(calendar, firstYear + year);
  const days = yearStart[years]!;
  const calendarDay = new Int16Array(days);
  const month = new Uint8Array(days);
  const leapDay = new Uint8Array(days);
  let at = 0;
  for (let year = firstYear; year <= lastYear; year++) {
    let position = 0;
    for (let m = 1; m <= 12; m++) {
      const length = daysInMonth(calendar, year, m);
      for (let day = 1; day <= length; day++) {
        const isLeapDay = calendar !== "360_day" && m === 2 && day === 29;
        month[at] = m;
        leapDay[at] = isLeapDay ? 1 : 0;
        calendarDay[at] = isLeapDay ? position - 1 : position++;
        at++;
      }
    }
  }
  return { calendar, firstYear, years, yearStart, calendarDay, month, leapDay };
}
