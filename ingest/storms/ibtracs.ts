// IBTrACS v04 as CSV: a line of names, a line of units, a row per storm and time; and as Parquet, in the two forms that are
// published: the CSV's columns with types, and the columns of BigQuery's table. Winds and pressures of one agency, or of the one
// responsible for the basin.
import { RejectedError } from "../../model/errors.ts";
import { BASINS, type Basin } from "../../model/storms.ts";
import { KM_PER_NAUTICAL_MILE, readUnit } from "../../model/units.ts";
import { openCsv } from "../formats/csvFile.ts";
import { inProcess } from "../formats/decoder.ts";
import { beginsWith, type FormatOfKind } from "../formats/fileFormat.ts";
import { PARQUET } from "../formats/parquetFile.ts";
import type { TableFile } from "../formats/tableFile.ts";
import { firstLineOf, type TrackFile, type TrackReading } from "../formats/trackFile.ts";
import { isKnownAgency, oneMinuteWind } from "./agencies.ts";
import { readRadii, TOKYO_GRADES } from "./jmaText.ts";
import { hourOf, readNumber, readPositive } from "./trackCollector.ts";

/** The agency responsible for each basin. */
const RESPONSIBLE = "wmo";
const HEADER = ["SID", "SEASON"];

export const IBTRACS: FormatOfKind<"tracks"> = {
  name: "IBTrACS",
  kind: "tracks",
  matches: (start) => {
    const titles = firstLineOf(start).split(",");
    return HEADER.every((name, at) => titles[at] === name);
  },
  open: async (file) => tracksOf(await openCsv(file)),
};

export const IBTRACS_PARQUET: FormatOfKind<"tracks"> = {
  name: IBTRACS.name,
  kind: "tracks",
  matches: beginsWith("PAR1"),
  open: async (file, signal) => {
    const table = await inProcess(PARQUET).open(file, signal);
    return tracksOf({ ...table, header: table.header.map(nameInCsv) });
  },
};

function tracksOf(table: TableFile): TrackFile {
  return {
    windUnit: "kt",
    recordOf: (agency = RESPONSIBLE) => `${IBTRACS.name}/${agency}`,
    read: async (reading) => {
      try {
        await readIbtracs(table, reading);
      } finally {
        table.close?.();
      }
    },
  };
}

/** Names of BigQuery's table (bigquery-public-data.noaa_hurricanes.hurricanes) that differ from those of the CSV. */
const NAMES_IN_CSV: Readonly<Record<string, string>> = {
  LATITUDE: "LAT",
  LONGITUDE: "LON",
  TOKYO_R50_LONGITUDE: "TOKYO_R50_LONG",
};

function nameInCsv(name: string): string {
  const upper = name.toUpperCase().replace(/_PRESSURE$/, "_PRES");
  return NAMES_IN_CSV[upper] ?? upper;
}

/** Tables of typed columns have NaN for a blank, too. */
const BLANK = /^(?:nan)?$/i;
const UNNAMED = ["NOT_NAMED", "UNNAMED", ""];

async function readIbtracs(
  csv: TableFile,
  { agency = RESPONSIBLE, toMetresPerSecond, into, onBytes, signal }: TrackReading,
): Promise<void> {
  const columns = findColumns(csv, agency);
  const cellOf = (row: readonly string[], column: number) => (column === -1 ? "" : row[column]!.trim());
  const onRow = (row: readonly string[], line: number) => {
    const where = `${csv.file}:${line}`;
    // A spur branches off its storm, provisional or not; it is no storm of its own.
    const isUnits = cellOf(row, columns.SEASON!) === "Year";
    if (isUnits) checkWindUnit(cellOf(row, columns.wind!), toMetresPerSecond, where);
    if (isUnits || /spur/i.test(cellOf(row, columns.TRACK_TYPE!))) return;
    const number = (column: number, what: string) => readNumber(cellOf(row, column), BLANK, what, where);
    const positive = (column: number, what: string) => readPositive(cellOf(row, column), BLANK, what, where);
    const reporter = agency === RESPONSIBLE ? cellOf(row, columns.WMO_AGENCY!) : agency;
    const wind = positive(columns.wind!, "wind") * toMetresPerSecond;
    if (!Number.isNaN(wind) && !isKnownAgency(reporter)) {
      throw new RejectedError(
        "UnknownAgency",
        `${where}: WMO_AGENCY "${reporter}" is none whose averaging of winds is known. Give --agency usa, whose winds are sustained for one minute everywhere.`,
      );
    }
    const name = cellOf(row, columns.NAME!);
    const latitude = number(columns.LAT!, "LAT");
    const longitude = number(columns.LON!, "LON");
    const basin = readBasin(cellOf(row, columns.BASIN!), latitude, longitude, where);
    into.add(
      {
        stormId: cellOf(row, columns.SID!),
        name: UNNAMED.includes(name) ? null : name,
        season: number(columns.SEASON!, "SEASON"),
        basin: BASINS.includes(basin as Basin) ? (basin as Basin) : null,
      },
      {
        hour: readTime(cellOf(row, columns.ISO_TIME!), where),
        latitude,
        longitude,
        pressure: positive(columns.pressure!, "pressure"),
        environmentPressure: positive(columns.USA_POCI!, "USA_POCI"),
        wind: Number.isNaN(wind) ? wind : oneMinuteWind(reporter, wind),
        radius: positive(columns.USA_RMW!, "USA_RMW") * KM_PER_NAUTICAL_MILE,
        grade:
          cellOf(row, columns.NATURE!) === "ET" ? "ET" : (TOKYO_GRADES.get(cellOf(row, columns.TOKYO_GRADE!)) ?? null),
        gale: readRadii(...radiiOf(row, "R30", columns, cellOf), where),
        storm: readRadii(...radiiOf(row, "R50", columns, cellOf), where),
      },
      where,
    );
  };
  await csv.readRows(
    onRow,
    onBytes,
    signal,
    Object.values(columns).filter((at) => at !== -1),
  );
}

/** Degrees east and north: the basin NA with all that its storms have gone to. */
const NORTH_ATLANTIC = { west: -140, east: 70 };

/** IBTrACS leaves no basin blank. Programs that take the text NA for a missing value do, when they write its CSV as Parquet. */
function readBasin(text: string, latitude: number, longitude: number, where: string): Basin | null {
  if (text !== "") return BASINS.includes(text as Basin) ? (text as Basin) : null;
  if (Number.isNaN(latitude) || Number.isNaN(longitude)) return null;
  const { east, west } = NORTH_ATLANTIC;
  if (latitude >= 0 && longitude >= west && longitude <= east) return "NA";
  throw new RejectedError(
    "BrokenTrack",
    `${where}: expected a BASIN, which only points of the northern Atlantic (NA, taken for a missing value) may lack, found none at ${latitude}, ${longitude}. Write the table again from the CSV.`,
  );
}

/** The line of units says where the knots were converted. */
function checkWindUnit(text: string, toMetresPerSecond: number, where: string): void {
  if (toMetresPerSecond === 1 || readUnit(text) !== "m s-1") return;
  throw new RejectedError(
    "WrongWindUnit",
    `${where}: the line of units says that winds are in ${text}, and IBTrACS has them in knots. Give --wind-unit m/s, or correct the line.`,
  );
}

const NEEDED = ["SID", "SEASON", "BASIN", "NAME", "ISO_TIME", "NATURE", "LAT", "LON", "TRACK_TYPE"];
const USED = ["WMO_AGENCY", "USA_POCI", "USA_RMW", "TOKYO_GRADE"];
const RADII = ["R30", "R50"].flatMap((speed) => ["DIR", "LONG", "SHORT"].map((part) => `TOKYO_${speed}_${part}`));

/** Position of each column, -1 for one that the file may lack. */
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
  cellOf: (row: readonly string[], column: number) => string,
): [string, string, string] {
  const part = (name: string) => cellOf(row, columns[`TOKYO_${speed}_${name}`]!);
  return [part("DIR"), part("LONG"), part("SHORT")];
}

function readTime(text: string, where: string): number {
  const match = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2})/.exec(text);
  if (match === null) {
    throw new RejectedError("BrokenTrack", `${where}: expected ISO_TIME as 2018-10-06 06:00:00, found "${text}".`);
  }
  const [year, month, day, hour, minute] = match.slice(1).map(Number);
  return hourOf(year!, month!, day!, hour!, minute!);
}
