// What an import found, what became of each table, and why some stayed behind.
/** imported: now. before: by an import that ended. skipped: no input. failed: wrong in a way that a person can fix. */
export type TableEnd = "imported" | "before" | "skipped" | "failed" | "found";

export interface TableReport {
  readonly relation: string;
  readonly end: TableEnd;
  /** What its columns are here, such as "tas monthly: ssp1 is ssp126, ssp2 is ssp245". */
  readonly mapped: readonly string[];
  /** "2021-2100" */
  readonly years: string | null;
  readonly places: number;
  readonly rowsWritten: number;
  readonly rowsUnchanged: number;
  /** Columns that stayed behind, values that were not taken, and why. */
  readonly notes: readonly string[];
}

export interface ImportReport {
  readonly source: string;
  readonly grid: string;
  /** Moved aside by --take-over. */
  readonly tablesMoved: readonly string[];
  readonly tables: readonly TableReport[];
}

export const NOTHING_YET: Omit<TableReport, "relation" | "end"> = {
  mapped: [],
  years: null,
  places: 0,
  rowsWritten: 0,
  rowsUnchanged: 0,
  notes: [],
};
