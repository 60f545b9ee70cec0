// A time coordinate as dates: its units, its calendar, how often it ticks. Refused where it cannot be a series of days,
// months or years in order.
import type { Calendar } from "../../model/calendars.ts";
import { RejectedError } from "../../model/errors.ts";
import type { Frequency } from "../../model/variables.ts";
import { type ArrayFile, type ArrayVariable, findArray, readAll, textAttribute } from "../formats/arrayFile.ts";
import { CF_CALENDARS, type CfDate, dateOf, dayNumber } from "./calendar.ts";
import { FIRST_YEAR, formatMoment, LAST_YEAR, makeMoment, YEAR } from "./dates.ts";

export interface TimeSteps {
  readonly calendar: Calendar;
  readonly frequency: Frequency;
  /** [steps] year * YEAR + step, as in ingest/cf/dates.ts; ascending. */
  readonly moments: Int32Array;
}

const SECONDS: Readonly<Record<string, number>> = {
  day: 86_400,
  d: 86_400,
  hour: 3600,
  hr: 3600,
  h: 3600,
  minute: 60,
  min: 60,
  second: 1,
  sec: 1,
  s: 1,
  millisecond: 1e-3,
  ms: 1e-3,
  microsecond: 1e-6,
  us: 1e-6,
  nanosecond: 1e-9,
  ns: 1e-9,
};
const SECONDS_PER_DAY = 86_400;
const MOST_STEPS = (LAST_YEAR - FIRST_YEAR + 1) * 366;
const SINCE =
  /^\s*([a-z]+?)s?\s+since\s+(-?\d{1,4})-(\d{1,2})-(\d{1,2})(?:[T\s]+(\d{1,2})(?::(\d{1,2})(?::(\d{1,2}(?:\.\d+)?))?)?)?\s*(?:Z|UTC|GMT|\+?00:?00)?\s*$/i;
/** Noon is half a day: what is nearer to midnight than this belongs to the day that begins. */
const HALF_A_SECOND = 0.5 / SECONDS_PER_DAY;
const SUPPORTED = "standard, noleap and 360_day (and their other names in CF)";
/** Words in attributes that say how often: `frequency` and `table_id` of CMIP. */
const SAID: readonly (readonly [words: RegExp, frequency: Frequency])[] = [
  [/^(day|daily|[ep]?day|cfday|fx?day)$/i, "daily"],
  [/^(mon|monthly|month|amon|lmon)$/i, "monthly"],
  [/^(yr|year|yearly|annual)$/i, "yearly"],
];

export async function readTimeSteps(file: ArrayFile, time: ArrayVariable): Promise<TimeSteps> {
  const at = `${file.file}: time coordinate "${time.name}"`;
  if (time.shape.length > 1 || time.bytesPerValue === null) {
    throw wrongTime(at, `expected numbers on one axis, found ${time.shape.join(" x ") || "one"} of another kind`);
  }
  if ((time.shape[0] ?? 1) > MOST_STEPS) {
    throw wrongTime(
      at,
      `it has ${time.shape[0]!.toLocaleString("en")} steps, more days than the years ${FIRST_YEAR} to ${LAST_YEAR} have`,
    );
  }
  const { calendar, isMixed } = readCalendar(at, time);
  const since = readSince(at, time, calendar, isMixed);
  const values = await readAll(file, time);
  checkOrder(at, values, (value) => describeDate(since.dateOf(value)));
  const dates = Array.from(values, since.dateOf);
  const frequency = describeFrequency(at, file, values, since.daysPerUnit);
  const middles = frequency === "daily" ? undefined : await readMiddles(file, time);
  const moments = new Int32Array(dates.length);
  dates.forEach((date, step) => {
    // Months and years may be dated by either end; what lies between their bounds is sure.
    const { year, month, day } = middles === undefined ? date : since.dateOf(middles[step]!);
    moments[step] = makeMoment(frequency, year, month, day);
    if (moments[step] === -1) {
      throw wrongTime(
        at,
        `expected years from ${FIRST_YEAR} to ${LAST_YEAR}, found ${describeDate(date)} at position ${step}`,
      );
    }
    if (step > 0 && moments[step]! <= moments[step - 1]!) {
      const told = formatMoment(frequency, Math.floor(moments[step]! / YEAR), moments[step]! % YEAR);
      throw wrongTime(at, `positions ${step - 1} and ${step} both are ${told}, taken as ${frequency}`);
    }
  });
  return { calendar, frequency, moments };
}

function readCalendar(at: string, time: ArrayVariable): { calendar: Calendar; isMixed: boolean } {
  const said = (textAttribute(time, "calendar") ?? "standard").toLowerCase();
  const calendar = Object.hasOwn(CF_CALENDARS, said) ? CF_CALENDARS[said] : undefined;
  if (calendar !== undefined) return { calendar, isMixed: said === "standard" || said === "gregorian" };
  throw new RejectedError(
    "UnknownCalendar",
    `${at}: expected one of the calendars ${SUPPORTED}, found "${said}". Convert the file: xarray's Dataset.convert_calendar does it.`,
  );
}

interface Since {
  readonly daysPerUnit: number;
  dateOf(value: number): CfDate;
}

function readSince(at: string, time: ArrayVariable, calendar: Calendar, isMixed: boolean): Since {
  const units = textAttribute(time, "units");
  const parts = SINCE.exec(units ?? "");
  const seconds = SECONDS[parts?.[1]?.toLowerCase() ?? ""] ?? SECONDS[`${parts?.[1]?.toLowerCase()}s`];
  if (parts === null || seconds === undefined) {
    const found = units === undefined ? "no units" : `"${units}"`;
    throw wrongTime(
      at,
      `expected units such as "days since 1850-01-01" (days, hours, minutes or seconds), found ${found}`,
    );
  }
  const [year, month, day, hour, minute, second] = parts.slice(2, 8).map((part) => Number(part ?? 0));
  if (!(month! >= 1 && month! <= 12 && day! >= 1 && day! <= 31)) {
    throw wrongTime(at, `expected a date after "since", found "${units}"`);
  }
  const start = dayNumber(calendar, { year: year!, month: month!, day: day! }, isMixed);
  const startOfDay = (hour! * 3600 + minute! * 60 + second!) / SECONDS_PER_DAY;
  const daysPerUnit = seconds / SECONDS_PER_DAY;
  return {
    daysPerUnit,
    dateOf: (value) => dateOf(calendar, start + Math.floor(startOfDay + value * daysPerUnit + HALF_A_SECOND)),
  };
}

function checkOrder(at: string, values: Float64Array, tell: (value: number) => string): void {
  if (values.length === 0) throw wrongTime(at, "it has no steps");
  for (let step = 0; step < values.length; step++) {
    const value = values[step]!;
    if (!Number.isFinite(value) || Math.abs(value) > 1e19) {
      throw wrongTime(at, `expected a number at position ${step}, found ${value}`);
    }
    const before = step === 0 ? Number.NEGATIVE_INFINITY : values[step - 1]!;
    if (value > before) continue;
    const words = value === before ? "twice" : `after ${tell(before)}`;
    throw new RejectedError(
      "DatesOutOfOrder",
      `${at}: expected ascending times, found ${tell(value)} ${words} at position ${step}. Sort the file by time and leave doubles out: xarray's sortby("${"time"}") and drop_duplicates do it.`,
    );
  }
}

function describeFrequency(at: string, file: ArrayFile, values: Float64Array, daysPerUnit: number): Frequency {
  if (values.length === 1) {
    const words = ["frequency", "table_id", "time_frequency"].map((name) => file.attributes.get(name));
    const said = SAID.find(([pattern]) => words.some((word) => typeof word === "string" && pattern.test(word)));
    if (said !== undefined) return said[1];
    throw wrongTime(at, "it has one step, and no attribute frequency (day, mon, yr) says of what");
  }
  const steps = new Float64Array(values.length - 1);
  for (let step = 0; step < steps.length; step++) steps[step] = (values[step + 1]! - values[step]!) * daysPerUnit;
  const usual = steps.sort()[Math.floor(steps.length / 2)]!;
  if (usual < 0.99) {
    throw wrongTime(
      at,
      `its steps are ${Number((usual * 24).toPrecision(3))} hours; make daily values first (of pr sums, of tas means, of tasmax maxima)`,
    );
  }
  if (usual < 1.01) return "daily";
  if (usual >= 27.9 && usual <= 31.1) return "monthly";
  if (usual >= 359.9 && usual <= 366.1) return "yearly";
  throw wrongTime(at, `expected days, months or years, found steps of ${Number(usual.toPrecision(4))} days`);
}

/** [steps] the middle of the time bounds, when there are some. */
async function readMiddles(file: ArrayFile, time: ArrayVariable): Promise<Float64Array | undefined> {
  const name = textAttribute(time, "bounds") ?? textAttribute(time, "climatology");
  const bounds = name === undefined ? undefined : findArray(file, name);
  if (bounds === undefined || bounds.shape.length !== 2 || bounds.shape[1] !== 2 || bounds.bytesPerValue === null) {
    return undefined;
  }
  const own = textAttribute(bounds, "units");
  if (own !== undefined && own !== textAttribute(time, "units")) return undefined;
  const ends = await readAll(file, bounds);
  return Float64Array.from({ length: bounds.shape[0]! }, (_, step) => (ends[2 * step]! + ends[2 * step + 1]!) / 2);
}

function describeDate({ year, month, day }: CfDate): string {
  const two = (part: number) => String(part).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

function wrongTime(at: string, words: string): RejectedError {
  return new RejectedError("InvalidTime", `${at}: ${words}. Correct the coordinate, or make a file that has one.`);
}
