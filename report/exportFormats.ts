// Formats of exports by name and by the suffix of a file; one that is not known is refused before anything is written.
import { extname } from "node:path";
import type { Writable } from "node:stream";
import type { ClientBase } from "pg";
import { RejectedError } from "../model/errors.ts";
import { writeGeotiff } from "./exportGeotiff.ts";
import { writeNetcdf } from "./exportNetcdf.ts";
import { type ExportRequest, type Selection, select } from "./exportSelection.ts";
import { writeCsv, writeGeojson, writeJson, writeParquet } from "./exportTables.ts";
import { withSnapshot } from "./readResults.ts";

type WriteFormat = (client: ClientBase, selection: Selection, request: ExportRequest, sink: Writable) => Promise<void>;

interface Format {
  readonly suffixes: readonly string[];
  /** Whether a value can be JSON. */
  readonly nests?: true;
  readonly write: WriteFormat;
}

export const FORMATS = {
  csv: { suffixes: [".csv"], nests: true, write: (client, selection, _, sink) => writeCsv(client, selection, sink) },
  json: { suffixes: [".json"], nests: true, write: (client, selection, _, sink) => writeJson(client, selection, sink) },
  parquet: {
    suffixes: [".parquet"],
    write: (client, selection, _, sink) => writeParquet(client, selection, sink, false),
  },
  geoparquet: {
    suffixes: [".geoparquet"],
    write: (client, selection, _, sink) => writeParquet(client, withPlace(selection), sink, true),
  },
  geojson: {
    suffixes: [".geojson"],
    write: (client, selection, _, sink) => writeGeojson(client, withPlace(selection), sink),
  },
  netcdf: { suffixes: [".nc", ".nc4"], write: (client, selection, _, sink) => writeNetcdf(client, selection, sink) },
  geotiff: { suffixes: [".tif", ".tiff"], write: writeGeotiff },
} as const satisfies Readonly<Record<string, Format>>;
export type ExportFormat = keyof typeof FORMATS;
export const EXPORT_FORMATS = Object.keys(FORMATS) as ExportFormat[];

const DEFAULT_FORMAT: ExportFormat = "csv";

/** From the option, else from the file's suffix; standard output is CSV. */
export function formatOf(output: string, given: ExportFormat | undefined): ExportFormat {
  if (given !== undefined) return given;
  if (output === "-") return DEFAULT_FORMAT;
  const suffix = extname(output).toLowerCase();
  const found = EXPORT_FORMATS.find((name) => (FORMATS[name].suffixes as readonly string[]).includes(suffix));
  if (found !== undefined) return found;
  const known = EXPORT_FORMATS.map((name) => FORMATS[name].suffixes[0]).join(", ");
  throw new RejectedError(
    "UnknownFormat",
    `--output "${output}" ends in ${suffix === "" ? "no suffix" : `"${suffix}"`}, which names no format. Use ${known}, or name the format: --format ${EXPORT_FORMATS.join(" | ")}`,
  );
}

/** Writes the file's bytes to `sink` and ends it; all of it from one snapshot. `nested` must be of a format that nests. */
export function exportTo(
  client: ClientBase,
  format: ExportFormat,
  request: ExportRequest,
  sink: Writable,
): Promise<void> {
  return withSnapshot(client, async () => FORMATS[format].write(client, await select(client, request), request, sink));
}

export const NESTING_FORMATS = EXPORT_FORMATS.filter((name) => "nests" in FORMATS[name]);

function withPlace(selection: Selection): Selection {
  const names = selection.columns.map(({ name }) => name);
  if (names.includes("latitude") && names.includes("longitude")) return selection;
  throw new RejectedError("NoPlace", "Points need the columns latitude and longitude. Add them to --columns.");
}
