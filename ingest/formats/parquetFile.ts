// Parquet through hyparquet as a table of texts, some rows of a row group at a time. Numbers and dates become the texts of a CSV file.
import { stat } from "node:fs/promises";
import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetRead } from "hyparquet";
import { RejectedError } from "../../model/errors.ts";
import { makeLocalDates } from "../cf/dates.ts";
import { beginsWith, type FormatOfKind } from "./fileFormat.ts";
import type { TableFile } from "./tableFile.ts";
import { unreadable } from "./unreadable.ts";

export const PARQUET: FormatOfKind<"table"> = {
  name: "Parquet",
  kind: "table",
  matches: beginsWith("PAR1"),
  open: openParquet,
};

const MOST_GROUP_BYTES = 256 << 20;
const MOST_CELLS = 50_000_000;
/** Values that are unpacked at once. A page, the least piece of a column, has some 20,000 rows or 1 MiB as pyarrow writes it. */
const CELLS_AT_ONCE = 500_000;
const ROWS_AT_LEAST = 5000;

type Column = ArrayLike<unknown>;

async function openParquet(file: string): Promise<TableFile> {
  const { size } = await stat(file);
  const metadata = await readMetadata(file);
  const header = metadata.schema.filter(({ num_children }) => num_children === undefined).map(({ name }) => name);
  if (Number(metadata.num_rows) === 0 || header.length === 0) {
    throw new RejectedError("EmptyFile", `${file} has ${header.length} columns and no rows; expected a row per day.`);
  }
  checkGroups(file, metadata, header.length);
  const textOf = header.map((name) => makeTextOf(zoneOf(metadata, name)));
  const first = await readColumns(file, metadata, header, header, 0, 1);
  return {
    file,
    bytes: size,
    encoding: undefined,
    header,
    firstRow: first.map((column, at) => textOf[at]!(column![0])),
    firstLine: 1,
    readRows: async (onRow, onBytes, signal, only) => {
      const wanted = only === undefined ? header : only.map((at) => header[at]!);
      const atOnce = Math.max(ROWS_AT_LEAST, Math.floor(CELLS_AT_ONCE / header.length));
      let start = 0;
      let groupEnd = 0;
      for (const group of metadata.row_groups) {
        groupEnd += Number(group.num_rows);
        while (start < groupEnd) {
          signal.throwIfAborted();
          const end = Math.min(start + atOnce, groupEnd);
          const columns = await readColumns(file, metadata, header, wanted, start, end);
          for (let row = 0; row < end - start; row++) {
            const texts = columns.map((column, at) => (column === undefined ? "" : textOf[at]!(column[row])));
            onRow(texts, start + row + 1);
          }
          onBytes((size * (end - start)) / Number(metadata.num_rows));
          start = end;
        }
      }
    },
  };
}

async function readMetadata(file: string): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(await asyncBufferFromFile(file));
  } catch (error) {
    throw unreadable(file, "its Parquet description (at the end of the file)", error);
  }
}

function checkGroups(
  file: string,
  { row_groups: groups, schema, num_rows: rows }: FileMetaData,
  columns: number,
): void {
  const counts = groups.map(({ num_rows }) => Number(num_rows));
  const counted = counts.reduce((sum, count) => sum + count, 0);
  if (counted !== Number(rows) || counts.some((count) => count < 0)) {
    const why = new Error(`${rows} rows in all, but ${counted} in its row groups`);
    throw unreadable(file, "its Parquet description (at the end of the file)", why);
  }
  const nested = schema.slice(1).find(({ num_children }) => num_children !== undefined);
  if (nested !== undefined) {
    throw new RejectedError(
      "NestedColumns",
      `${file}: column "${nested.name}" is nested; expected a column per variable. Flatten the table first.`,
    );
  }
  const large = groups.find(
    ({ total_byte_size, num_rows }) =>
      Number(total_byte_size) > MOST_GROUP_BYTES || Number(num_rows) * columns > MOST_CELLS,
  );
  if (large === undefined) return;
  throw new RejectedError(
    "RowGroupsTooLarge",
    `${file} has a row group of ${large.num_rows.toLocaleString("en")} rows and ${Math.ceil(Number(large.total_byte_size) / (1 << 20)).toLocaleString("en")} MiB; at most ${MOST_GROUP_BYTES >> 20} MiB and ${MOST_CELLS.toLocaleString("en")} values are unpacked at once. ` +
      "Write it with smaller ones: pyarrow's write_table(…, row_group_size=500000).",
  );
}

/** [columns][rows start..end), in the order of the header; undefined of columns that are not wanted. */
async function readColumns(
  file: string,
  metadata: FileMetaData,
  header: readonly string[],
  wanted: readonly string[],
  start: number,
  end: number,
): Promise<(Column | undefined)[]> {
  const pieces = new Map<string, { readonly from: number; readonly values: Column }[]>();
  try {
    const { compressors } = await import("hyparquet-compressors");
    const buffer = await asyncBufferFromFile(file);
    // One column after the other: each is read whole from the file, and let go.
    for (const column of wanted) {
      await parquetRead({
        file: buffer,
        metadata,
        columns: [column],
        rowStart: start,
        rowEnd: end,
        compressors,
        onChunk: ({ columnName, columnData, rowStart }) => {
          const own = pieces.get(columnName) ?? [];
          own.push({ from: rowStart, values: columnData });
          pieces.set(columnName, own);
        },
      });
    }
  } catch (error) {
    throw unreadable(file, `rows ${start + 1} to ${end}`, error);
  }
  return header.map((name) => {
    if (!wanted.includes(name)) return undefined;
    const values = new Array<unknown>(end - start);
    let found = 0;
    for (const { from, values: piece } of pieces.get(name) ?? []) {
      for (let row = Math.max(0, start - from); row < piece.length && from + row < end; row++) {
        values[from + row - start] = piece[row];
        found++;
      }
    }
    if (found !== values.length) {
      throw unreadable(file, `column "${name}"`, new Error(`${found} values in ${values.length} rows`));
    }
    return values;
  });
}

/** The zone of a column of instants, as pandas notes it; undefined when there is none. */
function zoneOf({ key_value_metadata: notes = [] }: FileMetaData, column: string): string | undefined {
  const pandas = notes.find(({ key }) => key === "pandas")?.value;
  try {
    const columns: { name: string; metadata: { timezone?: unknown } | null }[] = JSON.parse(pandas ?? "{}").columns;
    const zone = columns.find(({ name }) => name === column)?.metadata?.timezone;
    return typeof zone === "string" && zone !== "UTC" ? zone : undefined;
  } catch {
    // No notes, or other ones.
    return undefined;
  }
}

function makeTextOf(timeZone: string | undefined): (value: unknown) => string {
  const dateText = timeZone === undefined ? (date: Date) => date.toISOString() : makeLocalDates(timeZone);
  return (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "string") return value.trim();
    return value instanceof Date ? dateText(value) : String(value);
  };
}
