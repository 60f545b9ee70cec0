// IBTrACS v04 as CSV: a line of names, a line of units, a row per storm and time. Winds and pressures of one agency, or of the
// one responsible for the basin.

import { RejectedError } from "../../model/errors.ts";
import { BASINS, type Basin } from "../../model/storms.ts";
import { KM_PER_NAUTICAL_MILE } from "../../model/units.ts";
import type { TableFile } from "../formats/tableFile.ts";
import { isKnownAgency, oneMinuteWind } from "./agencies.ts";
import { readRadii, TOKYO_GRADES } from "./jmaText.ts";
import { hourOf, readNumber, readPositive, type TrackCollector } from "./trackCollector.ts";

/** The agency responsible for each basin. */
export const RESPONSIBLE = "wmo";
export const IBTRACS_HEADER = ["SID", "SEASON"];

const BLANK = /^$/;
const UNNAMED = ["NOT_NAMED", "UNNAMED", ""];

/** Reads a file's rows; `toMetresPerSecond` is the factor of the file's winds. */
export async function readIbtracs(
  csv: TableFile,
  agency: string,
  toMetresPerSecond: number,
  into: TrackCollector,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const columns = findColumns(csv, agency);
  const told = (row: readonly string[], column: number) => (column === -1 ? "" : row[column]!.trim());
  const onRow = (row: readonly string[], line: number) => {
    const where = `${csv.file}:${line}`;
    const isUnits = told(row, columns.SEASON!) === "Year";
    if (isUnits || told(row, columns.TRACK_TYPE!).toLowerCase().startsWith("spur")) return;
    const number = (column: number, what: string) => readNumber(told(row, column), BLANK, what, where);
    const positive = (column: number, what: string) => readPositive(told(row, column), BLANK, what, where);
    const reporter = agency === RESPONSIBLE ? told(row, columns.WMO_AGENCY!) : agency;
    const wind = positive(columns.wind!, "wind") * toMetresPerSecond;
    if (!Number.isNaN(wind) && !isKnownAgency(reporter)) {
      throw new RejectedError(
        "UnknownAgency",
        `${where}: WMO_AGENCY "${reporter}" is none whose averaging of winds is known. Give --agency usa, whose winds are sustained for one minute everywhere.`,
      );
    }
    const basin = told(row, columns.BASIN!);
    const name = told(row, columns.NAME!);
    into.add(
      {
        stormId: told(row, columns.SID!),
        name: UNNAMED.includes(name) ? null : name,
        season: number(columns.SEASON!, "SEASON"),
        basin: BASINS.includes(basin as Basin) ? (basin as Basin) : null,
      },
      {
        hour: readTime(told(row, columns.ISO_TIME!), where),
        latitude: number(columns.LAT!, "LAT"),
        longitude: number(columns.LON!, "LON"),
        pressure: positive(columns.pressure!, "pressure"),
        environmentPressure: positive(columns.USA_POCI!, "USA_POCI"),
        wind: Number.isNaN(wind) ? wind : oneMinuteWind(reporter, wind),
        radius: positive(columns.USA_RMW!, "USA_RMW") * KM_PER_NAUTICAL_MILE,
        grade: told(row, columns.NATURE!) === "ET" ? "ET" : (TOKYO_GRADES[told(row, columns.TOKYO_GRADE!)] ?? null),
        gale: readRadii(...radiiOf(row, "R30", columns, told), where),
        storm: readRadii(...radiiOf(row, "R50", columns, told), where),
      },
      where,
    );
  };
  await csv.readRows(onRow, onBytes, signal);
}

const NEEDED = ["SID", "SEASON", "BASIN", "NAME", "ISO_TIME", "NATURE", "LAT", "LON", "TRACK_TYPE"];
const USED = ["WMO_AGENCY", "USA_POCI", "USA_RMW", "TOKYO_GRADE"];
const RADII = ["R30", "R50"].flatMap((speed) => ["DIR", "LONG", "SHORT"].map((part) => `TOKYO_${speed}_${part}`));

/** Where each column stands, -1 for one that the file may lack. */
function findColumns({ file, header }: TableFile, agency: string): Readonly<Record<string, number>> {
  const own = agency.toUpperCase();
  const needed = [...NEEDED, `${own}_WIND`, `${own}_PRES`, ...(agency === RESPONSIBLE ? ["WMO_AGENCY"] : [])];
  const missing = needed.filter((name) => !header.includes(name));
  if (missing.length > 0) {
    throw new RejectedError(
      "MissingColumn",
      `${file}: expected the columns of IBTrACS v04, but ${missing.join(", ")} are missing. Fetch the whole file, or choose another --agency.`,
    );
  }
  const at = Object.fromEntries([...NEEDED, ...USED, ...RADII].map((name) => [name, header.indexOf(name)]));
  return { ...at, wind: header.indexOf(`${own}_WIND`), pressure: header.indexOf(`${own}_PRES`) };
}

function radiiOf(
  row: readonly string[],
  speed: "R30" | "R50",
  columns: Readonly<Record<string, number>>,
  told: (row: readonly string[], column: number) => string,
): [string, string, string] {
  const part = (name: string) => told(row, columns[`TOKYO_${speed}_${name}`]!);
  return [part("DIR"), part("LONG"), part("SHORT")];
}

function readTime(text: string, where: string): number {
  const match = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2})/.exec(text);
  if (match === null) {
    throw new RejectedError("BrokenTrack", `${where}: expected ISO_TIME as 2018-10-06 06:00:00, found "${text}".`);
  }
  const [year, month, day, hour, minute] = match.slice(1).map(Number);
  return hourOf(year!, month!, day!, hour!, minute!);
}
