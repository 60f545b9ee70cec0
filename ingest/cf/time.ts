// A time coordinate as dates: its units, its calendar, how often it ticks. Refused where it cannot be a series of days,
// months or years in order.
import { type Calendar, daysInMonth } from "../../model/calendars.ts";
import { RejectedError } from "../../model/errors.ts";
import type { Frequency } from "../../model/variables.ts";
import { type ArrayFile, type ArrayVariable, findNear, textAttribute, valuesIn } from "../formats/arrayFile.ts";
import { CF_CALENDARS, type CfDate, dateOf, dayNumber } from "./calendar.ts";
import { FIRST_YEAR, formatMoment, LAST_YEAR, makeMoment, YEAR } from "./dates.ts";
import { readUnpacked } from "./packing.ts";
import { checkLengths } from "./places.ts";

export interface TimeSteps {
  readonly calendar: Calendar;
  readonly frequency: Frequency;
  /** [steps] year * YEAR + step, as in ingest/cf/dates.ts; ascending. */
  readonly moments: Int32Array;
  /** The dates are those of the middles of the bounds. */
  readonly usesBounds: boolean;
}

const SECONDS: ReadonlyMap<string, number> = new Map(
  Object.entries({
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
  }),
);
const SECONDS_PER_DAY = 86_400;
/** No calendar counts farther. */
const MOST_DAYS = 1e7;
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

/** A time coordinate before it is known how often it ticks. */
export interface TimeAxis {
  /** For messages. */
  readonly at: string;
  readonly calendar: Calendar;
  /** [steps] days since a fixed one, ascending: of the coordinate, and of the middles of its bounds where it has some. */
  readonly days: Float64Array;
  readonly middles: Float64Array | undefined;
  /** What the steps or their bounds or an attribute say; undefined when nothing does. */
  readonly frequency: Frequency | undefined;
}

export async function readTimeAxis(file: ArrayFile, time: ArrayVariable): Promise<TimeAxis> {
  const at = `${file.file}: time coordinate "${time.name}"`;
  if (time.shape.length > 1 || (time.bytesPerValue === null && time.isText !== true)) {
    throw wrongTime(at, `expected numbers on one axis, found ${time.shape.join(" x ") || "one"} of another kind`);
  }
  if ((time.shape[0] ?? 1) > MOST_STEPS) {
    throw wrongTime(
      at,
      `it has ${time.shape[0]!.toLocaleString("en")} steps, more days than the years ${FIRST_YEAR} to ${LAST_YEAR} have`,
    );
  }
  if (time.isText === true) return readTextAxis(file, time, at);
  const { calendar, isMixed } = readCalendar(at, time);
  const dayOf = readSince(at, time, calendar, isMixed);
  const days = (await readUnpacked(file, time)).map(dayOf);
  checkOrder(at, days, (day) => describeDate(dateOf(calendar, Math.floor(day + HALF_A_SECOND))));
  const bounds = await readBounds(file, time, (bound) =>
    readSince(at, { ...bound, attributes: new Map([...time.attributes, ...bound.attributes]) }, calendar, isMixed),
  );
  if (bounds !== undefined) checkBounds(at, days, bounds);
  const frequency = frequencyOfSteps(at, days) ?? bounds?.frequency ?? frequencySaid(file);
  return { at, calendar, days, middles: bounds?.middles, frequency };
}

/** Texts of WRF, such as 2001-01-31_18:00:00, and of ISO 8601. https://github.com/wrf-model/WRF, io_netcdf: DateStrLen is 19. */
const MOMENT = /^(-?\d{4})-(\d{2})-(\d{2})(?:[_T ](\d{2})(?::(\d{2})(?::(\d{2}))?)?)?Z?$/;

async function readTextAxis(file: ArrayFile, time: ArrayVariable, at: string): Promise<TimeAxis> {
  const { calendar, isMixed } = readCalendar(at, time);
  const texts = await file.readTexts(time);
  const days = Float64Array.from(texts, (text, position) => {
    const parts = MOMENT.exec(text);
    const [year, month, day, hour, minute, second] = (parts ?? []).slice(1).map((part) => Number(part ?? 0));
    if (parts === null || !(month! >= 1 && month! <= 12 && day! >= 1 && day! <= daysInMonth(calendar, year!, month!))) {
      throw wrongTime(at, `expected a text such as 2001-01-31_18:00:00 at position ${position}, found "${text}"`);
    }
    const start = dayNumber(calendar, { year: year!, month: month!, day: day! }, isMixed);
    return start + (hour! * 3600 + minute! * 60 + second!) / SECONDS_PER_DAY;
  });
  checkOrder(at, days, (day) => describeDate(dateOf(calendar, Math.floor(day + HALF_A_SECOND))));
  return { at, calendar, days, middles: undefined, frequency: frequencyOfSteps(at, days) ?? frequencySaid(file) };
}

/** Dates of the steps. `fallback` is how often other files of the series tick. */
export function datesOf({ at, calendar, days, middles, frequency }: TimeAxis, fallback?: Frequency): TimeSteps {
  const ticks = frequency ?? fallback;
  if (ticks === undefined) {
    throw wrongTime(
      at,
      "it has one step, and neither bounds nor an attribute frequency (day, mon, yr) say of what. Give --frequency daily, monthly or yearly",
    );
  }
  const moments = new Int32Array(days.length);
  days.forEach((day, step) => {
    // Steps may be dated by either end or any hour; what lies between their bounds is sure.
    const date = dateOf(calendar, Math.floor((middles?.[step] ?? day) + HALF_A_SECOND));
    moments[step] = makeMoment(ticks, date.year, date.month, date.day);
    if (moments[step] === -1) {
      throw wrongTime(
        at,
        `expected years from ${FIRST_YEAR} to ${LAST_YEAR}, found ${describeDate(date)} at position ${step}`,
      );
    }
    if (step > 0 && moments[step]! <= moments[step - 1]!) {
      const name = formatMoment(ticks, Math.floor(moments[step]! / YEAR), moments[step]! % YEAR);
      throw wrongTime(at, `positions ${step - 1} and ${step} both are ${name}, taken as ${ticks}`);
    }
  });
  return { calendar, frequency: ticks, moments, usesBounds: middles !== undefined };
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

/** From stored times to days since a fixed one. */
function readSince(
  at: string,
  time: Pick<ArrayVariable, "attributes">,
  calendar: Calendar,
  isMixed: boolean,
): (value: number) => number {
  const units = textAttribute(time, "units");
  const parts = SINCE.exec(units ?? "");
  const unit = parts?.[1]?.toLowerCase() ?? "";
  const seconds = SECONDS.get(unit) ?? SECONDS.get(`${unit}s`);
  if (parts === null || seconds === undefined) {
    const found = units === undefined ? "no units" : `"${units}"`;
    throw wrongTime(
      at,
      `expected units such as "days since 1850-01-01" (days, hours, minutes or seconds), found ${found}`,
    );
  }
  const [year, month, day, hour, minute, second] = parts.slice(2, 8).map((part) => Number(part ?? 0));
  if (!(month! >= 1 && month! <= 12 && day! >= 1 && day! <= daysInMonth(calendar, year!, month!))) {
    throw wrongTime(at, `expected a date of the calendar ${calendar} after "since", found "${units}"`);
  }
  const start = dayNumber(calendar, { year: year!, month: month!, day: day! }, isMixed);
  const startOfDay = (hour! * 3600 + minute! * 60 + second!) / SECONDS_PER_DAY;
  return (value) => start + startOfDay + (value * seconds) / SECONDS_PER_DAY;
}

function checkOrder(at: string, days: Float64Array, describe: (day: number) => string): void {
  if (days.length === 0) throw wrongTime(at, "it has no steps");
  for (let step = 0; step < days.length; step++) {
    const day = days[step]!;
    if (!(Math.abs(day) < MOST_DAYS)) throw wrongTime(at, `expected a time at position ${step}, found ${day}`);
    const before = step === 0 ? Number.NEGATIVE_INFINITY : days[step - 1]!;
    if (day > before) continue;
    const words = day === before ? "twice" : `after ${describe(before)}`;
    throw new RejectedError(
      "DatesOutOfOrder",
      `${at}: expected ascending times, found ${describe(day)} ${words} at position ${step}. Sort the file by time and leave doubles out: xarray's sortby("time") and drop_duplicates do it.`,
    );
  }
}

function frequencyOfSteps(at: string, days: Float64Array): Frequency | undefined {
  if (days.length === 1) return undefined;
  const steps = days.subarray(1).map((day, step) => day - days[step]!);
  const usual = steps.sort()[Math.floor(steps.length / 2)]!;
  const frequency = frequencyOfLength(usual);
  if (frequency !== undefined) return frequency;
  if (usual < 0.99) {
    throw wrongTime(
      at,
      `its steps are ${Number((usual * 24).toPrecision(3))} hours; make daily values first (of pr sums, of tas means, of tasmax maxima)`,
    );
  }
  throw wrongTime(at, `expected days, months or years, found steps of ${Number(usual.toPrecision(4))} days`);
}

/** How often steps of so many days tick; undefined for other lengths than a day, a month or a year. */
export function frequencyOfLength(days: number): Frequency | undefined {
  if (days >= 0.99 && days < 1.01) return "daily";
  if (days >= 27.9 && days <= 31.1) return "monthly";
  return days >= 359.9 && days <= 366.1 ? "yearly" : undefined;
}

function frequencySaid({ attributes }: ArrayFile): Frequency | undefined {
  const words = ["frequency", "table_id", "time_frequency"].map((name) => attributes.get(name));
  return SAID.find(([pattern]) => words.some((word) => typeof word === "string" && pattern.test(word)))?.[1];
}

interface Bounds {
  /** [steps] */
  readonly middles: Float64Array;
  /** By the usual length of a step. */
  readonly frequency: Frequency | undefined;
}

async function readBounds(
  file: ArrayFile,
  time: ArrayVariable,
  since: (bounds: ArrayVariable) => (value: number) => number,
): Promise<Bounds | undefined> {
  const name = textAttribute(time, "bounds") ?? textAttribute(time, "climatology");
  const bounds = name === undefined ? undefined : findNear(file, time, name);
  if (bounds === undefined) return undefined;
  checkLengths(file, bounds, time);
  const steps = time.shape[0] ?? 1;
  const isTurned = time.dimensions.length === 1 && bounds.dimensions.at(-1) === time.dimensions[0];
  if (bounds.bytesPerValue === null || valuesIn(bounds.shape) !== 2 * steps || bounds.shape.at(-1) !== 2 || isTurned) {
    const shape = `${bounds.shape.join(" x ")} (${bounds.dimensions.join(", ")})`;
    throw wrongTime(
      `${file.file}: bounds "${bounds.name}" of "${time.name}"`,
      `expected ${steps} x 2 numbers, a step's two ends side by side, found ${bounds.bytesPerValue === null ? "values of another kind" : shape}. ` +
        `If the times are right without them, remove the attribute: ncatted -a bounds,${time.name},d,, ${file.file}`,
    );
  }
  const ends = (await readUnpacked(file, bounds)).map(since(bounds));
  // Some writers have the later end first.
  const lengths = Float64Array.from({ length: steps }, (_, step) => Math.abs(ends[2 * step + 1]! - ends[2 * step]!));
  // Bounds of no length, or unknown, say nothing.
  if (!lengths.every((length) => length > 0)) return undefined;
  return {
    middles: Float64Array.from(lengths, (_, step) => (ends[2 * step]! + ends[2 * step + 1]!) / 2),
    frequency: frequencyOfLength(lengths.toSorted()[Math.floor(steps / 2)]!),
  };
}

/** Refuses bounds that are not around their times: at most a step away from them. */
function checkBounds(at: string, days: Float64Array, { middles, frequency }: Bounds): void {
  const most = { daily: 1.5, monthly: 32, yearly: 367 }[frequency ?? "yearly"];
  const odd = middles.findIndex((middle, step) => Math.abs(middle - days[step]!) > most);
  if (odd === -1) return;
  throw wrongTime(
    at,
    `its bounds at position ${odd} are ${Number(Math.abs(middles[odd]! - days[odd]!).toPrecision(4))} days away from the time they belong to`,
  );
}

function describeDate({ year, month, day }: CfDate): string {
  const two = (part: number) => String(part).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

function wrongTime(at: string, words: string): RejectedError {
  return new RejectedError("InvalidTime", `${at}: ${words}. Correct the coordinate, or make a file that has one.`);
}
