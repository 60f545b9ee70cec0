// The files of a command as one series, whatever their format: tables are read row by row, arrays box by box.
import { RejectedError } from "../../model/errors.ts";
import type { Frequency } from "../../model/variables.ts";
import { type ArrayFile, ownName } from "../formats/arrayFile.ts";
import type { FormatOfKind } from "../formats/fileFormat.ts";
import { chooseFormat } from "../formats/formats.ts";
import type { TableFile } from "../formats/tableFile.ts";
import { type ArrayLayout, readArrayLayouts, wrongFrequency } from "./arrayLayout.ts";
import { lacksStatistic } from "./arrayNames.ts";
import { type Layout, readLayout } from "./layout.ts";
import { readArrays } from "./readArrays.ts";
import { type FilesRead, type ReadingProgress, type ReadingTarget, readFiles } from "./readFiles.ts";
import type { ReadingOptions } from "./readingOptions.ts";
import type { SpoolValues } from "./tileSpool.ts";
import { checkOptionsUsed } from "./variableSource.ts";

export type Sources = (
  | { readonly kind: "tables"; readonly layouts: readonly Layout[] }
  | { readonly kind: "arrays"; readonly layouts: readonly ArrayLayout[] }
) & { close(): void };

/** Opens every file and reads what it says of itself; nothing yet of its values. */
export async function openSources(options: ReadingOptions, signal: AbortSignal): Promise<Sources> {
  const { files } = options;
  const formats = await Promise.all(files.map((file) => chooseFormat(file, "array", "table")));
  const odd = formats.findIndex(({ kind }) => kind !== formats[0]!.kind);
  if (odd !== -1) {
    throw new RejectedError(
      "MixedFormats",
      `${files[0]} is ${formats[0]!.name}, but ${files[odd]} is ${formats[odd]!.name}. Tables and arrays are not one series: load them one after the other.`,
    );
  }
  if (formats[0]!.kind === "array") return openArrays(options, formats as unknown as FormatOfKind<"array">[], signal);
  return openTables(options, formats as unknown as FormatOfKind<"table">[], signal);
}

async function openTables(
  options: ReadingOptions,
  formats: readonly FormatOfKind<"table">[],
  signal: AbortSignal,
): Promise<Sources> {
  const tables: TableFile[] = [];
  const close = () => {
    for (const table of tables) table.close?.();
  };
  try {
    checkArrayOptions(options);
    for (const [at, file] of options.files.entries()) tables.push(await formats[at]!.open(file, signal));
    const layouts = tables.map((table) => readLayout(table, options));
    const other = layouts.find(({ frequency }) => frequency !== (options.frequency ?? frequency));
    if (other !== undefined) throw wrongFrequency(other.table.file, other.frequency, options.frequency!);
    return { kind: "tables", layouts, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function openArrays(
  options: ReadingOptions,
  formats: readonly FormatOfKind<"array">[],
  signal: AbortSignal,
): Promise<Sources> {
  const files: ArrayFile[] = [];
  const close = () => {
    for (const file of files) file.close();
  };
  try {
    for (const [at, file] of options.files.entries()) files.push(await formats[at]!.open(file, signal));
    const layouts = await readArrayLayouts(files, options);
    checkTableOptions(options);
    checkSelection(files, layouts, options);
    const names = layouts.flatMap(({ parts, ignored }) => [...parts.map(({ name }) => name), ...ignored]);
    checkOptionsUsed(
      layouts.flatMap(({ parts }) => parts),
      options,
      names,
    );
    return { kind: "arrays", layouts, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Refuses options that mean nothing for tables. */
function checkArrayOptions({ select, statistic }: ReadingOptions): void {
  const option = select.size > 0 ? "--select" : statistic === undefined ? undefined : "--statistic";
  if (option === undefined) return;
  throw new RejectedError(
    "UnusedOption",
    `${option} is for arrays (NetCDF, Zarr). Select rows or columns in the table, and leave it out.`,
  );
}

/** Refuses options that mean nothing for arrays. */
function checkTableOptions({ blank }: ReadingOptions): void {
  const idle = (option: string, instead: string) =>
    new RejectedError("UnusedOption", `${option} is for tables. ${instead} Leave it out.`);
  const [first] = blank;
  if (first !== undefined) {
    throw idle(`--blank ${first[0]}=${first[1]}`, "Arrays have no blanks: their _FillValue is missing.");
  }
}

/** Refuses a selection along an axis that no file has, and a statistic that no array lacks. */
function checkSelection(
  files: readonly ArrayFile[],
  layouts: readonly ArrayLayout[],
  { select, statistic }: ReadingOptions,
): void {
  if (statistic !== undefined && !layouts.some(({ parts }) => parts.some(({ array }) => lacksStatistic(array)))) {
    throw new RejectedError(
      "UnusedOption",
      `--statistic ${statistic}: the files say what their values are, or have none that is a ${statistic}. Leave it out.`,
    );
  }
  for (const [axis, label] of select) {
    const names = files.flatMap(({ variables }) =>
      variables.flatMap(({ name, dimensions }) => [name, ...dimensions].map((one) => ownName({ name: one }))),
    );
    if (names.includes(axis)) continue;
    const dimensions = new Set(files.flatMap(({ variables }) => variables.flatMap((one) => one.dimensions)));
    throw new RejectedError(
      "UnusedOption",
      `--select ${axis}=${label}: no file has the axis "${axis}". Found "${[...dimensions].join('", "')}". Correct the name; upper and lower case count.`,
    );
  }
}

/** Frequency of the values of each file. */
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
