// Spans of whole years: the periods of results, and the base period they are compared with.
import { RejectedError } from "./errors.ts";

export interface Period {
  readonly firstYear: number;
  readonly lastYear: number;
}

export const DEFAULT_BASE_PERIOD: Period = { firstYear: 1991, lastYear: 2020 };

export const DEFAULT_PERIODS: readonly Period[] = [
  { firstYear: 2021, lastYear: 2040 },
  { firstYear: 2041, lastYear: 2060 },
  { firstYear: 2061, lastYear: 2080 },
  { firstYear: 2081, lastYear: 2100 },
];

/** A base period with fewer valid years says too little of what was usual. */
export const BASE_YEARS_AT_LEAST = 20;

export const SHORTEST_PERIOD_YEARS = 15;
export const LONGEST_PERIOD_YEARS = 40;

export function yearsIn(period: Period): number {
  return period.lastYear - period.firstYear + 1;
}

export function formatPeriod(period: Period): string {
  return `${period.firstYear}-${period.lastYear}`;
}

export function samePeriod(a: Period, b: Period): boolean {
  return a.firstYear === b.firstYear && a.lastYear === b.lastYear;
}

/** Reads "2021-2040"; refuses what is no span of 15 to 40 years. */
export function parsePeriod(text: string, option: string): Period {
  const match = /^(\d{4})-(\d{4})$/.exec(text.trim());
  if (match === null) {
    throw new RejectedError(
      "InvalidPeriod",
      `${option} expects FIRST-LAST in whole years, such as 2021-2040, but got "${text}".`,
    );
  }
  const period = { firstYear: Number(match[1]), lastYear: Number(match[2]) };
  const years = yearsIn(period);
  if (years < SHORTEST_PERIOD_YEARS || years > LONGEST_PERIOD_YEARS) {
    throw new RejectedError(
      "InvalidPeriod",
      `${option} ${text} has ${years} years, but a period has ${SHORTEST_PERIOD_YEARS} to ${LONGEST_PERIOD_YEARS}: ` +
        "fewer say too little about rare years, more are no one climate. Give a span such as 2021-2040.",
    );
  }
  return period;
}
