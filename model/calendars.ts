// CF calendars: how many days a year and its months have. Only the three that climate models publish.

export const CALENDARS = ["standard", "noleap", "360_day"] as const;
export type Calendar = (typeof CALENDARS)[number];

const MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

export function daysInYear(calendar: Calendar, year: number): number {
  if (calendar === "360_day") return 360;
  return calendar === "standard" && isLeapYear(year) ? 366 : 365;
}

/** `month` counts from 1. */
export function daysInMonth(calendar: Calendar, year: number, month: number): number {
  if (calendar === "360_day") return 30;
  return month === 2 && calendar === "standard" && isLeapYear(year) ? 29 : MONTH_LENGTHS[month - 1]!;
}

/** Position of a date in its year, from 0; `month` and `day` count from 1. */
export function dayOfYear(calendar: Calendar, year: number, month: number, day: number): number {
  let before = 0;
  for (let m = 1; m < month; m++) before += daysInMonth(calendar, year, m);
  return before + day - 1;
}
