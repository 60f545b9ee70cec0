// The formats that are read, in one list, and the choice among them by the start of a file.
import { RejectedError } from "../../model/errors.ts";
import { IBTRACS, IBTRACS_PARQUET } from "../storms/ibtracs.ts";
import { JMA_TABLE } from "../storms/jmaTable.ts";
import { JMA } from "../storms/jmaText.ts";
import { KMA } from "../storms/kmaText.ts";
import { CSV } from "./csvFile.ts";
import { inProcess } from "./decoder.ts";
import { type FileFormat, type FormatKind, type FormatOfKind, type OpenedAs, readStart } from "./fileFormat.ts";
import { findForeignFormat } from "./foreignFormats.ts";
import { GEOJSON } from "./geojsonFile.ts";
import { GEOTIFF } from "./geotiffFile.ts";
import { NETCDF4 } from "./hdf5File.ts";
import { KMA_DISTRICTS } from "./kmaDistrictFile.ts";
import { KMA_GRID } from "./kmaGridFile.ts";
import { NETCDF3 } from "./netcdf3File.ts";
import { PARQUET } from "./parquetFile.ts";
import { SHAPEFILE } from "./shapefile.ts";
import { hintTableCommand } from "./tableContent.ts";
import { ZARR } from "./zarrStore.ts";

/** The first that matches and has a wanted kind is chosen, else the first that matches; CSV where no other does. */
export const FORMATS: readonly FileFormat[] = [
  NETCDF3,
  NETCDF4,
  ZARR,
  PARQUET,
  SHAPEFILE,
  GEOTIFF,
  GEOJSON,
  KMA_GRID,
  JMA,
  JMA_TABLE,
  KMA,
  IBTRACS,
  IBTRACS_PARQUET,
  KMA_DISTRICTS,
  CSV,
];

const COMMANDS: Readonly<Record<FormatKind, string>> = {
  array: "load climate",
  table: "load climate",
  tracks: "load storms",
  raster: "load ground",
  polygons: "load ground",
};

/** The format of a file, which must be of one of the kinds. */
export async function chooseFormat<Kind extends FormatKind>(
  file: string,
  ...kinds: readonly Kind[]
): Promise<FormatOfKind<Kind>> {
  const start = await readStart(file);
  const expected = [...new Set(FORMATS.filter(({ kind }) => isOneOf(kind, kinds)).map(({ name }) => name))];
  const refuse = (found: string, remedy: string) =>
    new RejectedError("WrongFormat", `${file}: expected ${formatList(expected)}, found ${found}. ${remedy}`);
  const matching = FORMATS.filter((one) => one !== CSV && one.matches(start));
  const format = matching.find(({ kind }) => isOneOf(kind, kinds)) ?? matching[0] ?? CSV;
  // What only CSV or a zip of anything would match may be of a format that is not read.
  const foreign = format === CSV || format === ZARR ? findForeignFormat(start) : undefined;
  if (foreign !== undefined) throw refuse(foreign.name, foreign.remedy);
  if (isOneOf(format.kind, kinds)) return openedSafely(format) as unknown as FormatOfKind<Kind>;
  const firstLine = format === CSV ? start.text.slice(0, start.text.search(/[\r\n]|$/)) : "";
  const beginning = format === CSV ? `, which begins "${firstLine.slice(0, 60)}"` : "";
  const hint = format === CSV ? hintTableCommand(firstLine.split(/[,;\t]/), "load storms") : "";
  throw refuse(
    `${format.name} (${format.kind})${beginning}`,
    hint.trim() ||
      `Such files are read by climatebatch ${COMMANDS[format.kind]}.${otherContent(file, format.kind, kinds)}`,
  );
}

/** An array file may hold what another command loads, but not in this form. */
function otherContent(file: string, kind: FormatKind, kinds: readonly FormatKind[]): string {
  if (kind !== "array") return "";
  if (kinds.includes("raster"))
    return ` If it is a map, such as elevations, convert it and load that: gdal_translate NETCDF:${file}:VARIABLE map.tif`;
  return kinds.includes("tracks")
    ? " Best tracks are read as text or Parquet: IBTrACS as CSV."
    : " Sea levels are read as CSV; hours of UHSLC and AR6's projections as NetCDF, too.";
}

export async function openFile<Kind extends FormatKind>(
  file: string,
  kind: Kind,
  signal?: AbortSignal,
): Promise<OpenedAs[Kind]> {
  return (await chooseFormat(file, kind)).open(file, signal);
}

/** Formats of tracks and polygons are read by our own code. */
function openedSafely(format: FileFormat): FileFormat {
  if (format.isBounded === true || format.kind === "tracks" || format.kind === "polygons") return format;
  const known = SAFE.get(format) ?? (inProcess(format as FormatOfKind<"array">) as FileFormat);
  SAFE.set(format, known);
  return known;
}

const SAFE = new Map<FileFormat, FileFormat>();

function isOneOf(kind: FormatKind, kinds: readonly FormatKind[]): boolean {
  return kinds.includes(kind);
}

function formatList(names: readonly string[]): string {
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
