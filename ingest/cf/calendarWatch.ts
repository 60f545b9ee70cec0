// The calendar of the dates in tables: checked day by day when it is known, found from the dates when it is not.
import { type Calendar, daysInMonth, isLeapYear } from "../../model/calendars.ts";
import { RejectedError } from "../../model/errors.ts";
import { describeWhere, type Where } from "../formats/tableFile.ts";
import { DAYS_A_MONTH, formatMoment, STEPS } from "./dates.ts";

export interface KnownCalendar {
  readonly calendar: Calendar;
  /** What says so, for messages: `--calendar` or `scenario "observed"`. */
  readonly source: string;
}

interface Sighting {
  readonly where: string;
  readonly date: string;
}

const MONTHS_A_YEAR = 12;
/** Of the months from the first to the last; days farther apart are single days. */
const MONTHS_PRESENT = 0.75;
const FEBRUARY = 1;
const MARCH = 2;

export class CalendarWatch {
  readonly #known: KnownCalendar | undefined;
  /** Days seen, by year, on months of 31 days. */
  readonly #seen = new Map<number, Uint8Array>();
  #year = Number.NaN;
  #days: Uint8Array = new Uint8Array();
  #february30: Sighting | undefined;
  #february29: Sighting | undefined;
  #impossible29: Sighting | undefined;
  #day31: Sighting | undefined;

  constructor(known: KnownCalendar | undefined) {
    this.#known = known;
  }

  see(year: number, step: number, where: Where): void {
    if (year !== this.#year) this.#turnTo(year);
    if (this.#days[step] === 1) return;
    const day = (step % DAYS_A_MONTH) + 1;
    if (day > 28)
      this.#weigh(year, Math.floor(step / DAYS_A_MONTH), day, {
        where: describeWhere(where),
        date: formatMoment("daily", year, step),
      });
    this.#days[step] = 1;
  }

  /** The calendar of all dates seen, and how we know. */
  decide(): { readonly calendar: Calendar; readonly because: string } {
    this.#refuseMonths();
    const skipping = this.#yearWithoutLeapDay();
    if (this.#known !== undefined) {
      const { calendar, source } = this.#known;
      if (calendar === "standard" && skipping !== undefined && source !== "--calendar") {
        throw calendarMismatch(
          `The ${source} has the calendar standard, but the files skip 29 February in ${skipping} and have all days around it, so theirs is noleap. ` +
            "Give --calendar standard if that day is only missing, or another --scenario.",
        );
      }
      return { calendar, because: source };
    }
    if (this.#february30 !== undefined) {
      if (this.#day31 !== undefined) throw contradiction(this.#february30, this.#day31);
      return { calendar: "360_day", because: `${this.#february30.where} has ${this.#february30.date}` };
    }
    if (this.#impossible29 !== undefined) {
      const remedy = "Correct the date, or give --calendar 360_day if all months have 30 days.";
      throw noSuchDay(this.#impossible29, "the calendar standard", remedy);
    }
    if (this.#february29 !== undefined) {
      return { calendar: "standard", because: `${this.#february29.where} has ${this.#february29.date}` };
    }
    if (skipping !== undefined) return { calendar: "noleap", because: `${skipping} has no 29 February` };
    return { calendar: "standard", because: "nothing says otherwise" };
  }

  #turnTo(year: number): void {
    const days = this.#seen.get(year) ?? new Uint8Array(STEPS.daily);
    this.#seen.set(year, days);
    this.#year = year;
    this.#days = days;
  }

  #weigh(year: number, month: number, day: number, sighting: Sighting): void {
    if (month === FEBRUARY && day === 29 && isLeapYear(year)) this.#february29 ??= sighting;
    if (this.#known !== undefined) {
      const { calendar, source } = this.#known;
      if (day <= daysInMonth(calendar, year, month + 1)) return;
      const remedy = source === "--calendar" ? "give the calendar that the files have" : "choose another --scenario";
      throw noSuchDay(sighting, `the calendar ${calendar} (${source})`, `Correct the date, or ${remedy}.`);
    }
    if (day === 31) this.#day31 ??= sighting;
    if (day > Math.max(30, daysInMonth("standard", year, month + 1))) {
      throw noSuchDay(sighting, "any calendar (standard, noleap, 360_day)", "Correct the date.");
    }
    if (month !== FEBRUARY) return;
    if (day === 30) this.#february30 ??= sighting;
    else if (!isLeapYear(year)) this.#impossible29 ??= sighting;
  }

  /** Refuses a year and more of months that are dated by one of their days each: amounts of a month are not those of that day. */
  #refuseMonths(): void {
    const months: number[] = [];
    const dates: string[] = [];
    for (const [year, days] of this.#seen) {
      for (let first = 0; first < days.length; first += DAYS_A_MONTH) {
        const seen = days.subarray(first, first + DAYS_A_MONTH).reduce((sum, day) => sum + day, 0);
        if (seen > 1) return;
        if (seen === 0) continue;
        months.push(year * MONTHS_A_YEAR + first / DAYS_A_MONTH);
        dates.push(formatMoment("daily", year, days.indexOf(1, first)));
      }
    }
    const span = Math.max(...months) - Math.min(...months) + 1;
    if (dates.length < MONTHS_A_YEAR || dates.length < MONTHS_PRESENT * span) return;
    throw new RejectedError(
      "MonthsAsDays",
      `The files have ${dates.length} days, one of each month, such as ${dates[0]} and ${dates[1]}: values of months. Write the dates as YYYY-MM.`,
    );
  }

  /** A leap year whose February and March are complete but for the 29th, when no year has a 29th. */
  #yearWithoutLeapDay(): number | undefined {
    if (this.#february29 !== undefined) return undefined;
    for (const [year, days] of this.#seen) {
      if (!isLeapYear(year)) continue;
      const february = days.subarray(FEBRUARY * DAYS_A_MONTH, FEBRUARY * DAYS_A_MONTH + 29);
      const march = days.subarray(MARCH * DAYS_A_MONTH, (MARCH + 1) * DAYS_A_MONTH);
      if (february[28] === 0 && !february.subarray(0, 28).includes(0) && !march.includes(0)) return year;
    }
    return undefined;
  }
}

function noSuchDay({ where, date }: Sighting, of: string, remedy: string): RejectedError {
  return calendarMismatch(`${where}: ${date} is no day of ${of}. ${remedy}`);
}

function contradiction(one: Sighting, other: Sighting): RejectedError {
  return calendarMismatch(
    `${one.where} has ${one.date}, a day of the calendar 360_day only, but ${other.where} has ${other.date}, which 360_day lacks. ` +
      "Ingest files of different calendars as different scenarios.",
  );
}

function calendarMismatch(message: string): RejectedError {
  return new RejectedError("CalendarMismatch", message);
}
