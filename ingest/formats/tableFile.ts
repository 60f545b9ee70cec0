// What the formats of tables have in common: a header and rows of texts.
export interface TableFile {
  readonly file: string;
  readonly bytes: number;
  /** Encoding of texts, as WHATWG names it; undefined where the format says. */
  readonly encoding: string | undefined;
  readonly header: readonly string[];
  readonly firstRow: readonly string[];
  /** Line of the first row in messages. */
  readonly firstLine: number;
  /**
   * Calls `onRow` for every row with its line; rows of another width are refused. `only`: positions of the columns that are needed;
   * where others can be left unread, their texts are blank.
   */
  readRows(
    onRow: (row: readonly string[], line: number) => void,
    onBytes: (bytes: number) => void,
    signal: AbortSignal,
    only?: readonly number[],
  ): Promise<void>;
  /** Absent where nothing is held open. */
  close?(): void;
}

/** The row that is being read: one object for a whole reading, shown in messages as file:line. */
export interface Where {
  file: string;
  line: number;
}

export function describeWhere({ file, line }: Where): string {
  return `${file}:${line}`;
}

/** Position of the first column with one of the names, in lower case; undefined when there is none. */
export function findColumn({ header }: Pick<TableFile, "header">, names: readonly string[]): number | undefined {
  const titles = header.map((title) => title.trim().toLowerCase());
  return names.map((name) => titles.indexOf(name)).find((at) => at !== -1);
}
