// What the formats of best tracks have in common: points of storms in one unit of wind, given to a collector.
import { readFile } from "node:fs/promises";
import { M_PER_S_PER_KM_PER_HOUR, M_PER_S_PER_KNOT } from "../../model/units.ts";
import type { TrackCollector } from "../storms/trackCollector.ts";
import { explainReading } from "./unreadable.ts";

/** What --wind-unit may be, in m s-1. */
export const WIND_UNITS = { kt: M_PER_S_PER_KNOT, "m/s": 1, "km/h": M_PER_S_PER_KM_PER_HOUR } as const;
export type WindUnit = keyof typeof WIND_UNITS;

export interface TrackReading {
  /** Factor of the file's winds. */
  readonly toMetresPerSecond: number;
  /** Agency whose columns are read, where a file has several; undefined: the one responsible for each basin. */
  readonly agency: string | undefined;
  readonly into: TrackCollector;
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

export interface TrackFile {
  readonly windUnit: WindUnit;
  /** Name of the record, such as "JMA" or "IBTrACS/usa". */
  recordOf(agency: string | undefined): string;
  read(reading: TrackReading): Promise<void>;
}

/** The first line that is neither blank nor a comment, of a file that begins with `text`. */
export function firstLineOf({ text }: { readonly text: string }): string {
  return text.split(/\r?\n/).find((line) => line.trim() !== "" && !line.startsWith("#")) ?? "";
}

/** Reads a whole text; its comments may be in any encoding, what counts is ASCII. */
export async function readTrackText(
  file: string,
  { toMetresPerSecond, into, onBytes }: TrackReading,
  read: (file: string, text: string, toMetresPerSecond: number, into: TrackCollector) => void,
): Promise<void> {
  const text = await readFile(file, "latin1").catch((error) => {
    throw explainReading(error, file);
  });
  read(file, text, toMetresPerSecond, into);
  onBytes(text.length);
}
