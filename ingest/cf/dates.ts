// Dates of files as one integer each: the year and the step in it, on a year of 12 months of 31 days, which every calendar fits into.
import type { Frequency } from "../../model/variables.ts";

export const FIRST_YEAR = 1000;
export const LAST_YEAR = 2999;
export const DAYS_A_MONTH = 31;
/** Steps that a year has room for. */
export const STEPS: Record<Frequency, number> = { daily: 12 * DAYS_A_MONTH, monthly: 12, yearly: 1 };
export const NO_DATE = -1;
/** A moment is year * YEAR + step. */
export const YEAR = STEPS.daily;

/** Local midnight or noon, in any zone: the date is the one that is written. */
const MIDNIGHT_OR_NOON = /^[T ](00|12)(:?00){0,2}(\.0+)?( ?(Z|UTC|[+-]\d\d(:?\d\d)?))?(\[[\w/+-]+\])?$/;
/** An instant that is written in UTC. */
const UTC_INSTANT = /^\d{4}[-/]?\d\d[-/]?\d\d[T ]\d\d:?\d\d(:?\d\d(\.\d+)?)? ?(Z|UTC|\+00(:?00)?)$/;

export const DATE_FORMS: Record<Frequency, string> = {
  daily: "YYYY-MM-DD or YYYYMMDD",
  monthly: "YYYY-MM",
  yearly: "YYYY",
};

/** Frequency of a file, by its first date. */
export function frequencyOf(date: string): Frequency | undefined {
  return (["daily", "monthly", "yearly"] as const).find((frequency) => readMoment(date, frequency) !== NO_DATE);
}

export function readMoment(date: string, frequency: Frequency): number {
  const year = digits(date, 0, 4);
  if (frequency === "yearly") return date.length === 4 ? makeMoment(frequency, year, 1, 1) : NO_DATE;
  const separated = date[4] === "-" || date[4] === "/";
  const month = separated ? digits(date, 5, 7) : digits(date, 4, 6);
  if (frequency === "monthly") {
    return date.length === (separated ? 7 : 6) ? makeMoment(frequency, year, month, 1) : NO_DATE;
  }
  if (separated && date[7] !== date[4]) return NO_DATE;
  const end = separated ? 10 : 8;
  if (date.length > end && !MIDNIGHT_OR_NOON.test(date.slice(end))) return NO_DATE;
  return makeMoment(frequency, year, month, digits(date, end - 2, end));
}

/** Turns instants in UTC into dates of a zone: `YYYY-MM-DD` for the first moment of a local day, else with the local time. */
export function makeLocalDates(timeZone: string): (instant: Date) => string {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    ...({ year: "numeric", month: "2-digit", day: "2-digit" } as const),
    ...({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const),
  });
  const partsOf = (time: number) =>
    new Map(format.formatToParts(time).map(({ type, value }) => [type, value] as const));
  const dateOf = (parts: ReturnType<typeof partsOf>) =>
    `${parts.get("year")!.padStart(4, "0")}-${parts.get("month")}-${parts.get("day")}`;
  return (instant) => {
    const parts = partsOf(instant.getTime());
    const date = dateOf(parts);
    // Where clocks spring forward at midnight, a day begins at one o'clock.
    if (dateOf(partsOf(instant.getTime() - 1)) !== date) return date;
    return `${date}T${parts.get("hour")}:${parts.get("minute")}:${parts.get("second")}`;
  };
}

/** A date in a table, with the instants in UTC turned into dates of the zone. */
export function makeLocalText(timeZone: string): (text: string) => string {
  const localDate = makeLocalDates(timeZone);
  return (text) => {
    if (!UTC_INSTANT.test(text)) return text;
    const instant = new Date(text.replace(" ", "T").replace(/( ?UTC|\+00(:?00)?)$/, "Z"));
    return Number.isNaN(instant.getTime()) ? text : localDate(instant);
  };
}

/** Reads a year, month or day from a column of its own. */
export function readPart(text: string): number {
  return text.length <= 4 ? digits(text, 0, Math.max(text.length, 1)) : Number.NaN;
}

export function makeMoment(frequency: Frequency, year: number, month: number, day: number): number {
  if (!(year >= FIRST_YEAR && year <= LAST_YEAR && month >= 1 && month <= 12 && day >= 1 && day <= DAYS_A_MONTH)) {
    return NO_DATE;
  }
  if (frequency === "yearly") return year * YEAR;
  return year * YEAR + (frequency === "monthly" ? month - 1 : (month - 1) * DAYS_A_MONTH + day - 1);
}

export function formatMoment(frequency: Frequency, year: number, step: number): string {
  if (frequency === "yearly") return String(year);
  const two = (part: number) => String(part).padStart(2, "0");
  if (frequency === "monthly") return `${year}-${two(step + 1)}`;
  return `${year}-${two(Math.floor(step / DAYS_A_MONTH) + 1)}-${two((step % DAYS_A_MONTH) + 1)}`;
}

/** The number that the characters from `start` to before `end` write, or NaN. */
function digits(text: string, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}
