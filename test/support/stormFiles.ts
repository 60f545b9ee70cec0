// Files of best tracks as the agencies write them, written in a test.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { type ReadStorms, readStormFiles, type StormReadingOptions } from "../../ingest/storms/stormFiles.ts";

export type Files = Readonly<Record<string, string | Buffer>>;

export const SILENT_READING = { onFiles: () => undefined, onBytes: () => undefined };

/** Reads the files in the order given; names in messages are as given here. */
export async function readStorms(files: Files, words: Partial<StormReadingOptions> = {}): Promise<ReadStorms> {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-storms-"));
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    const paths = Object.keys(files).map((name) => join(folder, name));
    const options = { windUnit: undefined, agency: undefined, ...words, files: paths };
    return await readStormFiles(options, SILENT_READING, new AbortController().signal);
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replaceAll(`${folder}/`, "");
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A header and its points, as in bst_all.txt: "yymmddhh 002 grade lat lon pressure     wind     radii". */
export function jmaStorm(number: string, name: string, ...points: readonly string[]): string {
  const header = `66666 ${number}  ${String(points.length).padStart(3, "0")} 0001 ${number} 0 6 ${name.padStart(20)}              20250101        `;
  return [header, ...points, ""].join("\r\n");
}

/** A year's storm of 12 points that comes from the south, its winds fitting its pressures. */
export function jmaYear(year: number, number = 1): string {
  const yy = String(year).slice(2);
  const nn = String(number).padStart(2, "0");
  const points = Array.from({ length: 12 }, (_, at) => {
    const day = String(1 + Math.floor(at / 4)).padStart(2, "0");
    const hour = String((at % 4) * 6).padStart(2, "0");
    const latitude = String(220 + 15 * at);
    const longitude = String(1290 - 2 * at + (year % 7) * 3);
    const pressure = String(930 + 5 * at);
    const wind = String(95 - 4 * at).padStart(3, "0");
    return `${yy}08${day}${hour} 002 5 ${latitude} ${longitude}  ${pressure}     ${wind}     90180 0120 90300 0210     `;
  });
  return jmaStorm(`${yy}${nn}`, "TESTSTORM", ...points);
}

export const KMA_HEADER = [
  "#START7777",
  "# GRADE TCID YEAR MONTH DAY HOUR LON LAT MAX_WS PS GALE_LONG GALE_SHORT GALE_DIR STORM_LONG STORM_SHORT STORM_DIR NAME",
];

const IBTRACS_COLUMNS = [
  ...[
    "SID",
    "SEASON",
    "NUMBER",
    "BASIN",
    "SUBBASIN",
    "NAME",
    "ISO_TIME",
    "NATURE",
    "LAT",
    "LON",
    "WMO_WIND",
    "WMO_PRES",
  ],
  ...[
    "WMO_AGENCY",
    "TRACK_TYPE",
    "USA_WIND",
    "USA_PRES",
    "USA_POCI",
    "USA_RMW",
    "TOKYO_GRADE",
    "TOKYO_WIND",
    "TOKYO_PRES",
  ],
  ...["TOKYO_R50_DIR", "TOKYO_R50_LONG", "TOKYO_R50_SHORT", "TOKYO_R30_DIR", "TOKYO_R30_LONG", "TOKYO_R30_SHORT"],
] as const;

export type IbtracsRow = Partial<Record<(typeof IBTRACS_COLUMNS)[number], string | number>>;

/** A file of IBTrACS with these columns filled, the line of units included. */
export function ibtracs(...rows: readonly IbtracsRow[]): string {
  const units: Record<string, string> = { SEASON: "Year", WMO_WIND: "kts", WMO_PRES: "mb", LAT: "degrees_north" };
  const lines = [units, ...rows].map((row) =>
    IBTRACS_COLUMNS.map((column) => String(row[column as keyof typeof row] ?? " ")).join(),
  );
  return `${[IBTRACS_COLUMNS.join(), ...lines].join("\n")}\n`;
}

const IBTRACS_TEXTS = ["SID", "BASIN", "SUBBASIN", "NAME", "NATURE", "WMO_AGENCY", "TRACK_TYPE"];

/** The same rows as Parquet with typed columns: times, doubles, nulls; `nameOf` renames columns, `make` overwrites one. */
export function ibtracsParquet(
  rows: readonly IbtracsRow[],
  nameOf: (column: string) => string = (column) => column,
  make: (column: string, row: IbtracsRow) => unknown = (column, row) => row[column as keyof IbtracsRow] ?? null,
): Buffer {
  const columnData = IBTRACS_COLUMNS.map((column): ColumnSource => {
    const data = rows.map((row) => make(column, row));
    if (column !== "ISO_TIME") {
      return { name: nameOf(column), data, type: IBTRACS_TEXTS.includes(column) ? "STRING" : "DOUBLE", nullable: true };
    }
    const times = data.map((text) => new Date(`${String(text).replace(" ", "T")}Z`));
    return { name: nameOf(column), data: times, type: "TIMESTAMP" };
  });
  return Buffer.from(parquetWriteBuffer({ columnData }));
}
