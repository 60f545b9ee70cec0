// Day numbers of CF calendars and back: what `days since` counts. Standard days are those of the Gregorian calendar, before
// 15 October 1582 of the Julian one (CF Conventions 1.11, section 4.4.1).
import { type Calendar, daysInMonth, daysInYear } from "../../model/calendars.ts";

export interface CfDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** The calendars of CF that are read; others are refused. */
export const CF_CALENDARS: Readonly<Record<string, Calendar>> = {
  standard: "standard",
  gregorian: "standard",
  proleptic_gregorian: "standard",
  noleap: "noleap",
  "365_day": "noleap",
  "360_day": "360_day",
};

/** The day before 15 October 1582 is 4 October. */
const GREGORIAN_FROM = 15821015;
const DAYS_A_4_YEARS = 1461;
const DAYS_A_400_YEARS = 146_097;

/** Days from a fixed one; `isMixed` for the calendars `standard` and `gregorian`, which were Julian until 1582. */
export function dayNumber(calendar: Calendar, { year, month, day }: CfDate, isMixed: boolean): number {
  if (calendar === "360_day") return year * 360 + (month - 1) * 30 + day - 1;
  if (calendar === "noleap") {
    let before = 0;
    for (let m = 1; m < month; m++) before += daysInMonth("noleap", year, m);
    return year * 365 + before + day - 1;
  }
  // Years from March: the leap day is the last.
  const y = month <= 2 ? year - 1 : year;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  if (isMixed && (year * 100 + month) * 100 + day < GREGORIAN_FROM) {
    return Math.floor((y * DAYS_A_4_YEARS) / 4) + dayOfYear - 2;
  }
  return Math.floor(y / 400) * DAYS_A_400_YEARS + centuryDays(y - Math.floor(y / 400) * 400) + dayOfYear;
}

/** Of numbers from 1583 on in the standard calendar; any in the others. */
export function dateOf(calendar: Calendar, number: number): CfDate {
  if (calendar !== "standard") {
    const yearDays = daysInYear(calendar, 1);
    const year = Math.floor(number / yearDays);
    return monthAndDay(calendar, year, number - year * yearDays);
  }
  const era = Math.floor(number / DAYS_A_400_YEARS);
  const dayOfEra = number - era * DAYS_A_400_YEARS;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - centuryDays(yearOfEra);
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function centuryDays(yearOfEra: number): number {
  return yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
}

function monthAndDay(calendar: Calendar, year: number, dayOfYear: number): CfDate {
  let day = dayOfYear;
  let month = 1;
  for (; day >= daysInMonth(calendar, year, month); month++) day -= daysInMonth(calendar, year, month);
  return { year, month, day: day + 1 };
}
