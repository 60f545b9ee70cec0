// The files of a command, whatever their format, as one series: tables are read row by row, arrays box by box. The two are
// opened and told apart here; everything after is the same.
import { RejectedError } from "../../model/errors.ts";
import type { Frequency } from "../../model/variables.ts";
import type { ArrayFile } from "../formats/arrayFile.ts";
import { type FileFormat, formatOf, openArrayFile } from "../formats/openArrayFile.ts";
import { openTable } from "../formats/tableFile.ts";
import { type ArrayLayout, readArrayLayout } from "./arrayLayout.ts";
import { checkArrayOptions } from "./arrayOptions.ts";
import { type Layout, readLayout } from "./layout.ts";
import { readArrays } from "./readArrays.ts";
import { type FilesRead, type ReadingProgress, type ReadingTarget, readFiles } from "./readFiles.ts";
import type { ReadingOptions } from "./readingOptions.ts";
import type { SpoolValues } from "./tileSpool.ts";

export type Sources = (
  | { readonly kind: "tables"; readonly layouts: readonly Layout[] }
  | { readonly kind: "arrays"; readonly layouts: readonly ArrayLayout[] }
) & { close(): void };

const FORMAT_NAMES: Readonly<Record<FileFormat, string>> = {
  csv: "CSV",
  netcdf3: "NetCDF",
  netcdf4: "NetCDF",
  parquet: "Parquet",
  zarr: "Zarr",
};

/** Opens every file and reads what it says of itself; nothing yet of its values. */
export async function openSources(options: ReadingOptions): Promise<Sources> {
  const formats = await Promise.all(options.files.map(formatOf));
  const isArray = (format: FileFormat) => format !== "csv" && format !== "parquet";
  const odd = formats.findIndex((format) => isArray(format) !== isArray(formats[0]!));
  if (odd !== -1) {
    throw new RejectedError(
      "MixedFormats",
      `${options.files[0]} is ${FORMAT_NAMES[formats[0]!]}, but ${options.files[odd]} is ${FORMAT_NAMES[formats[odd]!]}. Tables and arrays are not one series: ingest them one after the other.`,
    );
  }
  if (!isArray(formats[0]!)) {
    const layouts: Layout[] = [];
    for (const [at, file] of options.files.entries())
      layouts.push(readLayout(await openTable(file, formats[at]!), options));
    return { kind: "tables", layouts, close: () => undefined };
  }
  return openArrays(options, formats);
}

async function openArrays(options: ReadingOptions, formats: readonly FileFormat[]): Promise<Sources> {
  const files: ArrayFile[] = [];
  const close = () => {
    for (const file of files) file.close();
  };
  try {
    const layouts: ArrayLayout[] = [];
    for (const [at, file] of options.files.entries()) {
      const opened = await openArrayFile(file, formats[at] as "netcdf3" | "netcdf4" | "zarr");
      files.push(opened);
      layouts.push(await readArrayLayout(opened, options));
    }
    checkArrayOptions(layouts, options);
    return { kind: "arrays", layouts, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** How often each file tells values. */
export function frequenciesOf(sources: Sources): readonly { readonly file: string; readonly frequency: Frequency }[] {
  return sources.kind === "tables"
    ? sources.layouts.map(({ table, frequency }) => ({ file: table.file, frequency }))
    : sources.layouts.flatMap(({ parts }) =>
        parts.map(({ file, steps }) => ({ file: file.file, frequency: steps.frequency })),
      );
}

export function readSources<Values extends SpoolValues>(
  sources: Sources,
  options: ReadingOptions,
  target: ReadingTarget<Values>,
  progress: ReadingProgress,
  signal: AbortSignal,
): Promise<FilesRead<Values>> {
  return sources.kind === "tables"
    ? readFiles(sources.layouts, options, target, progress, signal)
    : readArrays(sources.layouts, options, target, progress, signal);
}
