// The years that yearly hazards are counted in: calendar years, or July to June where the season straddles the new
// year.
import { dayOfYear } from "../../model/calendars.ts";
import type { TimeAxis } from "../timeAxis.ts";

export type HazardYearStart = "January" | "July";
export type Season = "warm" | "cold";

/** Consecutive hazard years in the flat layout of the axis; only those that the axis holds whole. */
export interface HazardYears {
  readonly start: HazardYearStart;
  /** Label of the first: the calendar year it starts in. */
  readonly firstYear: number;
  readonly years: number;
  /** [years + 1] offset of each one's first day; the last entry is the day after the last. */
  readonly yearStart: Int32Array;
}

/** Warm seasons are cut in winter and cold ones in summer, so that no season is shared by two years. */
export function hazardYearStart(season: Season, latitude: number): HazardYearStart {
  const northern = latitude >= 0;
  return northern === (season === "warm") ? "January" : "July";
}

/** Days of the climatological year before the hazard year begins: 0, or those before 1 July. */
export function daysBeforeHazardYear(axis: TimeAxis, start: HazardYearStart): number {
  if (start === "January") return 0;
  return dayOfYear(axis.calendar === "standard" ? "noleap" : axis.calendar, axis.firstYear, 7, 1);
}

/** Hazard years of an axis, labelled by the year they start in; half years at the ends of the axis belong to none. */
export function makeHazardYears(axis: TimeAxis, start: HazardYearStart): HazardYears {
  if (start === "January") return { start, firstYear: axis.firstYear, years: axis.years, yearStart: axis.yearStart };
  const yearStart = new Int32Array(axis.years);
  for (let year = 0; year < axis.years; year++) {
    yearStart[year] = axis.yearStart[year]! + dayOfYear(axis.calendar, axis.firstYear + year, 7, 1);
  }
  return { start, firstYear: axis.firstYear, years: Math.max(0, axis.years - 1), yearStart };
}
