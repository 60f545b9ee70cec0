// Best tracks of the Regional Specialized Meteorological Centre Tokyo (JMA): fixed columns, a header line before each storm.
// https://www.jma.go.jp/jma/jma-eng/jma-center/rsmc-hp-pub-eg/Besttracks/e_format_bst.html

import { RejectedError } from "../../model/errors.ts";
import type { StormGrade } from "../../model/storms.ts";
import { KM_PER_NAUTICAL_MILE } from "../../model/units.ts";
import type { FormatOfKind } from "../formats/fileFormat.ts";
import { firstLineOf, readTrackText } from "../formats/trackFile.ts";
import { oneMinuteWind } from "./agencies.ts";
import {
  hourOf,
  NO_RADII,
  readNumber,
  readPositive,
  type StormHeader,
  type TrackCollector,
  type TrackRadii,
} from "./trackCollector.ts";

const HEADER = "66666";

export const JMA: FormatOfKind<"tracks"> = {
  name: "JMA",
  kind: "tracks",
  matches: (start) => firstLineOf(start).startsWith(HEADER),
  open: async (file) => ({
    windUnit: "kt",
    recordOf: () => JMA.name,
    read: (reading) => readTrackText(file, reading, readJmaText),
  }),
};
/** Years are written with two digits; the first track is of 1951. */
const FIRST_YEAR = 1951;
const TENTHS = 10;
const BLANK = /^$/;

/** Tokyo's code of a storm's grade. */
export const TOKYO_GRADES: ReadonlyMap<string, StormGrade> = new Map([
  ["2", "TD"],
  ["3", "TS"],
  ["4", "STS"],
  ["5", "TY"],
  ["6", "ET"],
  ["9", "TS"],
]);
/** Degrees from north of the codes 1 (north-east) to 8 (north); 9 is a circle. */
const EIGHTH_CIRCLE = 45;
const NORTH_CODE = 8;
const CIRCLE_CODE = 9;

/** Reads all lines of a file; `toMetresPerSecond` is the factor of the file's winds. */
export function readJmaText(file: string, text: string, toMetresPerSecond: number, into: TrackCollector): void {
  let storm: StormLines | undefined;
  text.split(/\r?\n/).forEach((line, at) => {
    if (line.trim() === "") return;
    const where = `${file}:${at + 1}`;
    if (line.startsWith(HEADER)) {
      checkLines(storm);
      storm = readHeader(line, where);
    } else if (storm === undefined) throw broken(where, `a header line that begins with ${HEADER}`, line);
    else {
      readPoint(line, where, storm.header, toMetresPerSecond, into);
      storm.found++;
    }
  });
  checkLines(storm);
}

interface StormLines {
  readonly header: StormHeader;
  readonly where: string;
  /** As the header says. */
  readonly expected: number;
  found: number;
}

function readHeader(line: string, where: string): StormLines {
  const match = /^66666\s+(\d{4})\s+(\d+)\s/.exec(line);
  if (match === null) throw broken(where, "66666, the storm's number and its lines, such as 66666 1825  045", line);
  return { header: headerOf(match[1]!, line.slice(30, 50).trim()), where, expected: Number(match[2]), found: 0 };
}

/** A storm by its international number, such as 1825. */
export function headerOf(number: string, name: string): StormHeader {
  const season = fullYear(Number(number.slice(0, 2)));
  return { stormId: `${season}${number.slice(2)}`, name: name === "" ? null : name, season, basin: "WP" };
}

/** A file that is cut off ends between two lines as well as within one. */
function checkLines(storm: StormLines | undefined): void {
  if (storm === undefined || storm.expected === storm.found) return;
  throw new RejectedError(
    "BrokenTrack",
    `${storm.where}: expected ${storm.expected} lines of storm ${storm.header.stormId}, as its header says, found ${storm.found}. Fetch the file again.`,
  );
}

function readPoint(
  line: string,
  where: string,
  header: StormHeader,
  toMetresPerSecond: number,
  into: TrackCollector,
): void {
  const match = /^(\d{2})(\d{2})(\d{2})(\d{2}) 00[12] (\d) ([ \d]{3}) ([ \d]{4}) ([ \d]{4})/.exec(line);
  if (match === null) {
    throw broken(where, "yymmddhh 002 grade latitude longitude pressure in fixed columns", line);
  }
  const [year, month, day, hour] = match.slice(1, 5).map(Number);
  const point = {
    hour: hourOf(fullYear(year!), month!, day!, hour!),
    latitude: readNumber(match[6]!, BLANK, "latitude", where) / TENTHS,
    longitude: readNumber(match[7]!, BLANK, "longitude", where) / TENTHS,
    pressure: readPositive(match[8]!, BLANK, "pressure", where),
    environmentPressure: Number.NaN,
    wind: oneMinuteWind("tokyo", readPositive(line.slice(33, 36), BLANK, "wind", where) * toMetresPerSecond),
    radius: Number.NaN,
    grade: TOKYO_GRADES.get(match[5]!) ?? null,
    gale: readRadii(line.slice(52, 53), line.slice(53, 57), line.slice(58, 62), where),
    storm: readRadii(line.slice(41, 42), line.slice(42, 46), line.slice(47, 51), where),
  };
  into.add(header, point, where);
}

/** Radii of Tokyo, in nautical miles, the direction of the long one by its code. */
export function readRadii(direction: string, long: string, short: string, where: string): TrackRadii {
  if (BLANK.test(direction) && BLANK.test(long) && BLANK.test(short)) return NO_RADII;
  const code = readPositive(direction, BLANK, "direction of the long radius", where);
  return {
    long: readPositive(long, BLANK, "long radius", where) * KM_PER_NAUTICAL_MILE,
    short: readPositive(short, BLANK, "short radius", where) * KM_PER_NAUTICAL_MILE,
    bearing: code < CIRCLE_CODE ? (code % NORTH_CODE) * EIGHTH_CIRCLE : Number.NaN,
  };
}

function fullYear(twoDigits: number): number {
  const century = 100;
  const start = FIRST_YEAR - (FIRST_YEAR % century);
  return start + twoDigits >= FIRST_YEAR ? start + twoDigits : start + century + twoDigits;
}

function broken(where: string, expected: string, line: string): RejectedError {
  return new RejectedError(
    "BrokenTrack",
    `${where}: expected ${expected}, found "${line.slice(0, 60).trimEnd()}". Correct the line, or fetch the file again.`,
  );
}
