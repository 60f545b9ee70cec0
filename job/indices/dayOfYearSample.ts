// Which days of the base period make the sample of each calendar day's threshold: laid out once per axis, used for
// every cell.
import { type Period, yearsIn } from "../../model/periods.ts";
import { fractionalPosition, positionType8, wholePosition } from "../numerics/quantile.ts";
import { climatologicalDays, type TimeAxis } from "../timeAxis.ts";
import { daysBeforeHazardYear, type HazardYears } from "./hazardYears.ts";

/** ETCCDI: the sample of a calendar day is the five days around it. */
export const WINDOW_DAYS = 5;
const HALF_WINDOW_DAYS = 2;

/** A threshold needs this share of the values its window has room for (18 of 30 years). */
const ENOUGH_NUMERATOR = 3;
const ENOUGH_DENOMINATOR = 5;

/** Marks a place without a base year. */
const NONE = -1;

/** 1 January's window takes 30 and 31 December of the same year (climdex), or of the year before (xclim). */
export type YearEnds = "within" | "across";

/** "none" judges base years by thresholds that they helped to make, as climdex and xclim do. */
export type InBase = "leaveOneOut" | "none";

export interface DayOfYearSample {
  /** Calendar days that have a threshold: 365 or 360. */
  readonly days: number;
  /** Calendar years of the base period that the axis holds. */
  readonly baseYears: number;
  /** [days * baseYears] offset on the axis, base years of one calendar day side by side; without 29 February. */
  readonly offset: Int32Array;
  /** [days] hazard year that the calendar day of the sample's first base year belongs to, counted from the first hazard year. */
  readonly hazardYear: Int16Array;
  /** [days * WINDOW_DAYS] calendar days in the window. */
  readonly window: Int16Array;
  /** [days * WINDOW_DAYS] the base year (0..) that has no day at this place of the window, or -1. */
  readonly absentYear: Int16Array;
  /** [days] values the window has room for, also in base years outside the axis. */
  readonly room: Int16Array;
  /** First and last hazard year inside the base period, counted from the first hazard year. */
  readonly firstInBase: number;
  readonly lastInBase: number;
  /** [values + 1] by size of a sample: rank from the top of the order statistic below the quantile, and weight of the next. */
  readonly rankFromTop: Int16Array;
  readonly weight: Float64Array;
  /** [values + 1] ranks from the top that the threshold lies between, whichever hazard year is left out. */
  readonly rankSurelyAbove: Int16Array;
  readonly rankSurelyNot: Int16Array;
  /** How many of the highest values suffice for every quantile, one hazard year left out or none. */
  readonly kept: number;
}

/** Whether a sample of `values` is enough for a threshold, given the room of its window. */
export function enoughValues(values: number, room: number): boolean {
  return values * ENOUGH_DENOMINATOR >= room * ENOUGH_NUMERATOR && values > 0;
}

/** A day's values of all base years, and the base year (0..) that has no such day, or -1. */
export interface WindowColumn {
  readonly day: number;
  readonly absentYear: number;
}

/**
 * The calendar days side by side, and on either side what the windows at the year's ends reach: the window of a day is the columns
 * from its own number on, WINDOW_DAYS of them.
 */
export function windowColumns({
  absentYear,
  days,
  window,
}: Pick<DayOfYearSample, "absentYear" | "days" | "window">): WindowColumn[] {
  return Array.from({ length: days + WINDOW_DAYS - 1 }, (_, column) => {
    const day = Math.min(Math.max(column - HALF_WINDOW_DAYS, 0), days - 1);
    const place = day * WINDOW_DAYS + column - day;
    return { day: window[place]!, absentYear: absentYear[place]! };
  });
}

/** The layout for one axis, one kind of hazard year and one base period. `quantile` [1] is above 1/2. */
export function makeDayOfYearSample(
  axis: TimeAxis,
  hazardYears: HazardYears,
  basePeriod: Period,
  quantile: number,
  yearEnds: YearEnds,
): DayOfYearSample {
  const days = climatologicalDays(axis.calendar);
  const firstYear = Math.max(basePeriod.firstYear, axis.firstYear);
  const lastYear = Math.min(basePeriod.lastYear, axis.firstYear + axis.years - 1);
  const baseYears = Math.max(0, lastYear - firstYear + 1);
  const turn = daysBeforeHazardYear(axis, hazardYears.start);
  const hazardYear = new Int16Array(days);
  for (let day = 0; day < days; day++) {
    hazardYear[day] = firstYear - hazardYears.firstYear - (day < turn ? 1 : 0);
  }
  return {
    days,
    baseYears,
    offset: offsetsByCalendarDay(axis, days, firstYear, baseYears),
    hazardYear,
    ...windows(days, baseYears, yearsIn(basePeriod), yearEnds),
    firstInBase: basePeriod.firstYear - hazardYears.firstYear,
    lastInBase: basePeriod.lastYear - hazardYears.firstYear,
    ...quantileRanks(baseYears * WINDOW_DAYS, quantile),
  };
}

function offsetsByCalendarDay(axis: TimeAxis, days: number, firstYear: number, baseYears: number): Int32Array {
  const offset = new Int32Array(days * baseYears);
  for (let year = 0; year < baseYears; year++) {
    const onAxis = firstYear - axis.firstYear + year;
    for (let at = axis.yearStart[onAxis]!; at < axis.yearStart[onAxis + 1]!; at++) {
      if (axis.leapDay[at] === 0) offset[axis.calendarDay[at]! * baseYears + year] = at;
    }
  }
  return offset;
}

function windows(days: number, baseYears: number, nominalYears: number, yearEnds: YearEnds) {
  const window = new Int16Array(days * WINDOW_DAYS);
  const absentYear = new Int16Array(days * WINDOW_DAYS).fill(NONE);
  const room = new Int16Array(days);
  for (let day = 0; day < days; day++) {
    room[day] = nominalYears * WINDOW_DAYS;
    for (let place = 0; place < WINDOW_DAYS; place++) {
      const neighbour = day + place - HALF_WINDOW_DAYS;
      const at = day * WINDOW_DAYS + place;
      window[at] = (neighbour + days) % days;
      if (yearEnds === "within" || (neighbour >= 0 && neighbour < days)) continue;
      // The day after the last base year's 31 December, or before the first one's 1 January, is not in the base.
      absentYear[at] = neighbour < 0 ? baseYears - 1 : 0;
      room[day] = room[day]! - 1;
    }
  }
  return { window, absentYear, room };
}

function quantileRanks(mostValues: number, quantile: number) {
  const rankFromTop = new Int16Array(mostValues + 1);
  const weight = new Float64Array(mostValues + 1);
  for (let n = 1; n <= mostValues; n++) {
    const position = positionType8(n, quantile);
    const whole = wholePosition(position, n);
    rankFromTop[n] = n - whole + 1;
    weight[n] = fractionalPosition(position, whole, n);
  }
  const rankSurelyAbove = new Int16Array(mostValues + 1);
  const rankSurelyNot = new Int16Array(mostValues + 1);
  let kept = 0;
  for (let n = 1; n <= mostValues; n++) {
    let [highest, lowest] = [n, 1];
    for (let leftOut = 0; leftOut <= WINDOW_DAYS && leftOut < n; leftOut++) {
      const rank = rankFromTop[n - leftOut]!;
      highest = Math.min(highest, Math.max(1, rank - 1));
      lowest = Math.max(lowest, rank + leftOut);
    }
    rankSurelyAbove[n] = highest;
    rankSurelyNot[n] = lowest;
    kept = Math.max(kept, lowest);
  }
  return { rankFromTop, weight, rankSurelyAbove, rankSurelyNot, kept };
}
