// CSV files of daily values for tests of commands, made by a function of the date.
import { type Calendar, daysInMonth } from "../../model/calendars.ts";

export interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** YYYY-MM-DD */
  readonly date: string;
  /** Days since the first of the file. */
  readonly at: number;
}

/** Lines of a file with these columns after the date, a row for each day of the calendar; null is a blank. */
export function dailyLines(
  columns: readonly string[],
  calendar: Calendar,
  firstYear: number,
  lastYear: number,
  valuesOf: (day: Day) => readonly (number | string | null)[],
): string[] {
  const lines = [["date", ...columns].join(",")];
  const two = (part: number) => String(part).padStart(2, "0");
  for (let year = firstYear; year <= lastYear; year++) {
    for (let month = 1; month <= 12; month++) {
      for (let day = 1; day <= daysInMonth(calendar, year, month); day++) {
        const date = `${year}-${two(month)}-${two(day)}`;
        const values = valuesOf({ year, month, day, date, at: lines.length - 1 });
        lines.push([date, ...values.map((value) => value ?? "")].join(","));
      }
    }
  }
  return lines;
}
