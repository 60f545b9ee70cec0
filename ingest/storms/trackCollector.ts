// Points of best tracks, checked and gathered into storms.
import { RejectedError } from "../../model/errors.ts";
import { type Basin, STORM_LIMITS, type StormGrade, type StormTrack } from "../../model/storms.ts";
import { readNumberText } from "../formats/numberText.ts";

export interface TrackRadii {
  /** km, km, degrees; NaN where missing */
  readonly long: number;
  readonly short: number;
  readonly bearing: number;
}

/** One object for the many points without radii: whole records have hundreds of thousands. */
export const NO_RADII: TrackRadii = { long: Number.NaN, short: Number.NaN, bearing: Number.NaN };

/** NaN where the file has none; units of model/storms.ts. */
export interface TrackPoint {
  readonly hour: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly pressure: number;
  readonly environmentPressure: number;
  readonly wind: number;
  readonly radius: number;
  readonly grade: StormGrade | null;
  readonly gale: TrackRadii;
  readonly storm: TrackRadii;
}

export interface StormHeader {
  readonly stormId: string;
  readonly name: string | null;
  readonly season: number;
  readonly basin: Basin | null;
}

export interface LeftOut {
  /** Storms of fewer than two points with a pressure or a wind. */
  readonly storms: number;
  /** Points without a position. */
  readonly points: number;
}

const FULL_CIRCLE_DEGREES = 360;
const HALF_CIRCLE_DEGREES = 180;
const FEWEST_POINTS = 2;
const [FIRST_SEASON, LAST_SEASON] = [1840, 2200];

export class TrackCollector {
  readonly #storms = new Map<string, { header: StormHeader; points: Map<number, TrackPoint> }>();
  #points = 0;
  #implausibleWind: RejectedError | undefined;

  /** The first wind that no storm has. Not refused at once: if all winds have another unit, that is the better message. */
  get implausibleWind(): RejectedError | undefined {
    return this.#implausibleWind;
  }

  /** `where` is file and line. */
  add(header: StormHeader, point: TrackPoint, where: string): void {
    if (Number.isNaN(point.latitude) || Number.isNaN(point.longitude)) {
      this.#points++;
      return;
    }
    const { season } = header;
    if (!(Number.isInteger(season) && season >= FIRST_SEASON && season <= LAST_SEASON)) {
      throw outside(where, "a season", `a year from ${FIRST_SEASON} to ${LAST_SEASON}`, season);
    }
    const checked = { ...point, longitude: wrapLongitude(point.longitude) };
    check(checked, where);
    const { min, max, unit } = STORM_LIMITS.wind;
    if (point.wind < min || point.wind > max) {
      this.#implausibleWind ??= outside(where, "one-minute wind", `${min} to ${max} ${unit}`, point.wind);
    }
    const known = this.#storms.get(header.stormId) ?? { header, points: new Map() };
    this.#storms.set(header.stormId, known);
    const existing = known.points.get(point.hour);
    if (existing !== undefined && !samePoint(existing, checked)) {
      throw new RejectedError(
        "StormConflict",
        `${where}: storm ${header.stormId} has two different points at ${formatHour(point.hour)}. Correct the file, or give only one of the files that have it.`,
      );
    }
    known.points.set(point.hour, checked);
  }

  /** The storms in the order of their numbers, points in time. */
  finish(): { readonly tracks: readonly StormTrack[]; readonly leftOut: LeftOut } {
    const all = [...this.#storms.values()].sort((a, b) => (a.header.stormId < b.header.stormId ? -1 : 1));
    const tracks = all
      .map(({ header, points }) =>
        toTrack(
          header,
          [...points.values()].sort((a, b) => a.hour - b.hour),
        ),
      )
      .filter(({ pressure, wind }) => countResults(pressure, wind) >= FEWEST_POINTS);
    return { tracks, leftOut: { storms: all.length - tracks.length, points: this.#points } };
  }
}

export function formatHour(hour: number): string {
  return `${new Date(hour * MS_PER_HOUR).toISOString().slice(0, "2018-10-06T06:00".length)}Z`;
}

const MS_PER_HOUR = 3_600_000;

/** A number; NaN for a text that `missing` knows; anything else is refused. */
export function readNumber(text: string, missing: RegExp, what: string, where: string): number {
  const plain = text.trim();
  if (missing.test(plain)) return Number.NaN;
  const value = readNumberText(plain);
  if (value !== undefined) return value;
  throw new RejectedError(
    "BrokenTrack",
    `${where}: expected a number as ${what}, found "${plain}". Correct the line, or fetch the file again.`,
  );
}

/** The same where zero and less say that nothing is known. */
export function readPositive(text: string, missing: RegExp, what: string, where: string): number {
  const value = readNumber(text, missing, what, where);
  return value > 0 ? value : Number.NaN;
}

/** Hours since 1970 of a time in UTC, `month` and `day` from 1; NaN where there is no such time. */
export function hourOf(year: number, month: number, day: number, hour: number, minute = 0): number {
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  time.setUTCHours(hour, minute);
  const isReal = time.getUTCMonth() === month - 1 && time.getUTCDate() === day && time.getUTCHours() === hour;
  return isReal ? time.getTime() / MS_PER_HOUR : Number.NaN;
}

function check(point: TrackPoint, where: string): void {
  if (Number.isNaN(point.hour)) throw outside(where, "a time", "a day that exists", "none");
  if (!(Math.abs(point.latitude) <= 90)) throw outside(where, "latitude", "-90 to 90 degrees", point.latitude);
  if (!(Math.abs(point.longitude) <= HALF_CIRCLE_DEGREES)) {
    throw outside(where, "longitude", "-360 to 360 degrees", point.longitude);
  }
  const checks = [
    ["central pressure", point.pressure, STORM_LIMITS.pressure],
    ["pressure around the storm", point.environmentPressure, STORM_LIMITS.pressure],
    ["radius of maximum wind", point.radius, STORM_LIMITS.radius],
    ["radius of 15 m s-1", point.gale.long, STORM_LIMITS.windRadius],
    ["radius of 25 m s-1", point.storm.long, STORM_LIMITS.windRadius],
  ] as const;
  for (const [what, value, { min, max, unit }] of checks) {
    if (value < min || value > max) throw outside(where, what, `${min} to ${max} ${unit}`, value);
  }
}

function outside(where: string, what: string, expected: string, found: number | string): RejectedError {
  const shown = typeof found === "number" ? Number(found.toPrecision(6)) : found;
  return new RejectedError(
    "ImplausibleStorm",
    `${where}: expected ${what} of ${expected}, found ${shown}. Correct the line.`,
  );
}

function wrapLongitude(degrees: number): number {
  const turns = Math.round(degrees / FULL_CIRCLE_DEGREES);
  return Math.abs(turns) <= 1 ? degrees - FULL_CIRCLE_DEGREES * turns : degrees;
}

function samePoint(a: TrackPoint, b: TrackPoint): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function countResults(pressure: Float64Array, wind: Float64Array): number {
  let count = 0;
  for (let i = 0; i < pressure.length; i++) if (!Number.isNaN(pressure[i]!) || !Number.isNaN(wind[i]!)) count++;
  return count;
}

function toTrack(header: StormHeader, points: readonly TrackPoint[]): StormTrack {
  const column = (pick: (point: TrackPoint) => number) => Float64Array.from(points, pick);
  const radii = (of: "gale" | "storm") => ({
    long: column((point) => point[of].long),
    short: column((point) => point[of].short),
    bearing: column((point) => point[of].bearing),
  });
  return {
    ...header,
    hours: column(({ hour }) => hour),
    latitude: column(({ latitude }) => latitude),
    longitude: column(({ longitude }) => longitude),
    pressure: column(({ pressure }) => pressure),
    environmentPressure: column(({ environmentPressure }) => environmentPressure),
    wind: column(({ wind }) => wind),
    radius: column(({ radius }) => radius),
    grade: points.map(({ grade }) => grade),
    gale: radii("gale"),
    storm: radii("storm"),
  };
}
