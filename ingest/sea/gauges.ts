// Tide gauges as their files are read: name, place and record of each, and the checks of times and levels that all formats share.
import { RejectedError } from "../../model/errors.ts";
import { readNumberText } from "../formats/numberText.ts";
import { GaugeRecord } from "./gaugeRecord.ts";

/** What the options say of a gauge whose file does not. */
export interface GaugeWords {
  readonly station: string | undefined;
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
}

export interface Gauge {
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly record: GaugeRecord;
  /** As the file describes it. */
  readonly datum: string | undefined;
  /** Values that the publisher marks as not to be used. */
  badValues: number;
}

/** How a publisher writes a gauge's hours; what is bad or missing follows its own marks. */
export interface GaugeFormat {
  readonly name: string;
  /** `start` is decoded text, `bytes` the same with a character per byte. */
  matches(start: string, bytes: string): boolean;
  read(file: string, words: GaugeWords, gauges: Gauges, signal: AbortSignal): Promise<void>;
}

/** m; no sea comes higher above any datum in use, or falls lower. */
const FARTHEST = 30;

/** The gauges of a load: the files of a named one are one record, other names may come once. */
export class Gauges {
  readonly #gauges = new Map<string, Gauge & { readonly file: string }>();

  get all(): readonly Gauge[] {
    return [...this.#gauges.values()];
  }

  open(file: string, words: GaugeWords, said: Partial<Omit<Gauge, "record" | "badValues">>): Gauge {
    const name = words.station ?? said.name;
    const latitude = words.latitude ?? said.latitude;
    const longitude = words.longitude ?? said.longitude;
    if (name === undefined || latitude === undefined || longitude === undefined) {
      throw new RejectedError(
        "NoPlace",
        `${file} does not say which gauge it is of, and where: give --station NAME --latitude 37.45 --longitude 126.59.`,
      );
    }
    const known = this.#gauges.get(name);
    if (known !== undefined && known.file !== file && words.station === undefined) {
      throw new RejectedError(
        "StationTwice",
        `${file}: gauge "${name}" is in ${known.file} too. If both are parts of one record with one datum, give --station "${name}"; else leave one out.`,
      );
    }
    const east = longitude > 180 ? longitude - 360 : longitude;
    if (!(Math.abs(latitude) <= 90 && Math.abs(east) <= 180)) {
      throw new RejectedError(
        "InvalidPlace",
        `${file}: expected degrees north and east, found ${latitude}, ${longitude}. Give --latitude and --longitude.`,
      );
    }
    const gauge = known ?? {
      name,
      latitude,
      longitude: east,
      record: new GaugeRecord(),
      datum: said.datum,
      badValues: 0,
      file,
    };
    this.#gauges.set(name, gauge);
    return gauge;
  }
}

/** ms since 1970 of "2019-01-01 00:40", with seconds or not, with dashes or slashes; the zone is the record's own. */
export function readTime(text: string): number | undefined {
  const match = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|\+00:?00)?$/.exec(
    text.trim(),
  );
  if (match === null) return undefined;
  const [year, month, day, hour, minute] = match.slice(1, 6).map(Number);
  return makeTime(year!, month!, day!, hour!, minute!);
}

export function makeTime(year: number, month: number, day: number, hour: number, minute: number): number | undefined {
  const time = Date.UTC(year, month - 1, day, hour, minute);
  const date = new Date(time);
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour;
  return isReal && isTime(time) ? time : undefined;
}

/** From 1700 to 2200. */
export function isTime(time: number): boolean {
  const year = new Date(time).getUTCFullYear();
  return year >= 1700 && year < 2200;
}

export function readLevel(text: string, where: string): number {
  const level = readNumberText(text);
  if (level !== undefined && !Number.isNaN(level)) return level;
  throw broken(where, "a number as the level", text);
}

export function checkLevel(metres: number, where: string): number {
  if (Math.abs(metres) <= FARTHEST) return metres;
  throw new RejectedError(
    "ImplausibleLevel",
    `${where}: expected a level of -${FARTHEST} to ${FARTHEST} m, found ${Number(metres.toPrecision(6))} m. If it marks a missing value, the file is none of its publisher's: blank it.`,
  );
}

export function numberIn(header: ReadonlyMap<string, string>, key: string, file: string): number | undefined {
  const text = header.get(key);
  if (text === undefined) return undefined;
  const value = readNumberText(text);
  if (value !== undefined && !Number.isNaN(value)) return value;
  throw broken(file, `a number as ${key}`, text);
}

export function broken(where: string, expected: string, found: string): RejectedError {
  return new RejectedError(
    "BrokenGauge",
    `${where}: expected ${expected}, found "${found.slice(0, 60)}". Correct the line, or fetch the file again.`,
  );
}

export function nothing(file: string, format: string): RejectedError {
  return new RejectedError("EmptyFile", `${file} is a file of ${format} without any value. Fetch it again.`);
}
