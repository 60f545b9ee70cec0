// The hours of a tide gauge as yearly maxima: which years count, against which level they are given, and what becomes of the trend.
import { RejectedError } from "../../model/errors.ts";
import type { Period } from "../../model/periods.ts";

export const TRENDS = ["remove", "keep"] as const;
export const DATUMS = ["epoch", "gauge"] as const;

export interface GaugeRule {
  /** Share of a year's hours that have a value; years with less do not count. */
  readonly complete: number;
  readonly trend: (typeof TRENDS)[number];
  readonly datum: (typeof DATUMS)[number];
  /** Years whose mean is the level that maxima are given against. */
  readonly epoch: Period;
}

export interface GaugeMaxima {
  readonly years: readonly number[];
  /** [years] m */
  readonly maxima: readonly number[];
  /** Middle of the epoch whose mean sea level the maxima refer to; null: each year's own. */
  readonly referenceYear: number | null;
  /** Years with fewer hours. */
  readonly incomplete: readonly number[];
}

const MOST_HOURS = 366 * 24;
/** Of a year that is complete, leap years too, as process_gev.R counts. */
const WHOLE_YEAR_HOURS = 365 * 24;
const MS_PER_HOUR = 3_600_000;
/** Of the epoch's years at least this share must count. */
const LEAST_OF_EPOCH = 0.5;

class Year {
  /** [hours] sum and number of the hour's values */
  readonly sums = new Float64Array(MOST_HOURS);
  readonly counts = new Uint16Array(MOST_HOURS);
  highest = Number.NEGATIVE_INFINITY;

  get hours(): number {
    return this.counts.reduce((hours, count) => hours + (count > 0 ? 1 : 0), 0);
  }

  /** Mean of the hours' means, so that years with values every minute weigh as those of hours. */
  get mean(): number {
    let sum = 0;
    for (let hour = 0; hour < MOST_HOURS; hour++)
      if (this.counts[hour]! > 0) sum += this.sums[hour]! / this.counts[hour]!;
    return sum / this.hours;
  }
}

export class GaugeRecord {
  readonly #years = new Map<number, Year>();

  /** `time` is ms since 1970 in the record's own zone, `level` m. */
  add(time: number, level: number): void {
    const date = new Date(time);
    const number = date.getUTCFullYear();
    const hour = Math.floor((time - Date.UTC(number, 0, 1)) / MS_PER_HOUR);
    const year = this.#years.get(number) ?? new Year();
    this.#years.set(number, year);
    year.sums[hour]! += level;
    year.counts[hour]!++;
    if (level > year.highest) year.highest = level;
  }

  /**
   * Yearly maxima [m] of the years that count.
   *
   * A year counts when `complete` of the hours of 365 days have a value, and `trend` "remove" subtracts the year's own mean: both as
   * process_gev.R of Wong et al. 2022 (github.com/tonyewong/surge_comparison) does, with 0.9. Its mean over the epoch is added where
   * levels are above the gauge's own datum, and subtracted where the trend is kept and they are above the epoch's mean.
   * `name` is for refusals.
   */
  maxima(name: string, { complete, trend, datum, epoch }: GaugeRule): GaugeMaxima {
    const all = [...this.#years].sort(([a], [b]) => a - b);
    const counts = all.filter(([, year]) => year.hours >= complete * WHOLE_YEAR_HOURS);
    const incomplete = all.filter((one) => !counts.includes(one)).map(([year]) => year);
    if (counts.length === 0) {
      const best = all.reduce((most, [, year]) => Math.max(most, year.hours / WHOLE_YEAR_HOURS), 0);
      throw new RejectedError(
        "NoCompleteYear",
        `${name}: none of its ${all.length} years has ${Math.round(complete * 100)} % of the hours; the best has ${(best * 100).toFixed(1)} %. Add files, or give a smaller --complete.`,
      );
    }
    const isMean = trend === "remove" ? datum === "gauge" : datum === "epoch";
    const mean = isMean ? this.#meanOf(name, counts, epoch) : 0;
    const levelOf = (year: Year) => (trend === "remove" ? year.highest - year.mean + mean : year.highest - mean);
    return {
      years: counts.map(([year]) => year),
      maxima: counts.map(([, year]) => levelOf(year)),
      // 1995-2014 is 2005, as for sea-level rise.
      referenceYear: trend === "remove" ? (epoch.firstYear + epoch.lastYear + 1) / 2 : null,
      incomplete,
    };
  }

  #meanOf(name: string, years: readonly (readonly [number, Year])[], { firstYear, lastYear }: Period): number {
    const inside = years.filter(([year]) => year >= firstYear && year <= lastYear);
    const length = lastYear - firstYear + 1;
    if (inside.length >= LEAST_OF_EPOCH * length)
      return inside.reduce((sum, [, year]) => sum + year.mean, 0) / inside.length;
    throw new RejectedError(
      "NoEpoch",
      `${name}: ${inside.length} of the ${length} years ${firstYear}-${lastYear} count, which are too few for their mean sea level. Give --epoch with years that the gauge has, such as --epoch ${years[0]![0]}-${years.at(-1)![0]}.`,
    );
  }
}
