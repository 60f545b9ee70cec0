// What CSV and Parquet have in common: a header and rows of texts. Each format stands in its own file; what the columns mean
// is left to layout.ts.

import { openCsv } from "./csvFile.ts";
import type { FileFormat } from "./openArrayFile.ts";
import { openParquet } from "./parquetFile.ts";

export interface TableFile {
  readonly file: string;
  readonly bytes: number;
  /** Of texts, as WHATWG names it; undefined where the format says. */
  readonly encoding: string | undefined;
  readonly header: readonly string[];
  readonly firstRow: readonly string[];
  /** The line that messages tell of the first row. */
  readonly firstLine: number;
  /** Calls `onRow` for every row with its line; rows of another width are refused. */
  readRows(
    onRow: (row: readonly string[], line: number) => void,
    onBytes: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<void>;
}

export function openTable(file: string, format: FileFormat): Promise<TableFile> {
  return format === "parquet" ? openParquet(file) : openCsv(file);
}
