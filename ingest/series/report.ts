// What was read, and what an ingest did with it, as facts and as lines to read.
import type { LoadOutcome } from "../../database/climateLoad.ts";
import { VARIABLE_NAMES, type Variable } from "../../model/variables.ts";
import { sumTallies } from "./valueTally.ts";
import type { CountedSource } from "./variableSource.ts";

export interface VariableReport {
  readonly variable: Variable;
  readonly columns: readonly string[];
  /** Units the files have; canonical and assumed when they say none. */
  readonly units: readonly string[];
  readonly unitAssumed: boolean;
  readonly canonicalUnit: string;
  readonly values: number;
  /** Blank or marked as missing. */
  readonly missing: number;
  /** Blank and filled by --blank. */
  readonly filled: number;
}

export interface ReadingReport {
  readonly files: readonly { readonly file: string; readonly layout: string; readonly rows: number }[];
  readonly frequency: string;
  readonly calendar: string;
  readonly calendarBecause: string;
  readonly cells: number;
  readonly firstYear: number;
  readonly lastYear: number;
  readonly variables: readonly VariableReport[];
  readonly ignoredColumns: readonly string[];
  /** What a reader of the values should know: rules that apply without an option. */
  readonly notes: readonly string[];
}

export interface IngestReport extends ReadingReport, LoadOutcome {
  readonly scenario: string;
  readonly grid: string;
  readonly derived: readonly { readonly variable: Variable; readonly rule: string }[];
  /** Nothing was written: the facts are of what would be. */
  readonly isCheck: boolean;
}

/** Per variable what its sources say and what was counted of them. */
export function describeSources(sources: readonly CountedSource[]): VariableReport[] {
  return VARIABLE_NAMES.flatMap((variable) => {
    const own = sources.filter((source) => source.variable === variable);
    if (own.length === 0) return [];
    const { values, missing, filled } = sumTallies(own.map(({ tally }) => tally));
    return [
      {
        variable,
        columns: [...new Set(own.map(({ name }) => name))],
        units: [...new Set(own.map(({ conversion }) => conversion.from))],
        unitAssumed: own.some(({ isUnitAssumed }) => isUnitAssumed),
        canonicalUnit: own[0]!.conversion.to,
        ...{ values, missing, filled },
      },
    ];
  });
}

export function formatReport(report: IngestReport): string {
  const lines = [formatReading(report, ` (${report.cellsAdded} new) of grid "${report.grid}"`)];
  for (const { variable, rule } of report.derived) lines.push(`  ${variable}: derived, ${rule}`);
  lines.push(...describeFailedBatches(report.failedBatches, report.isCheck ? "Would fail" : undefined));
  lines.push(formatOutcome(report));
  return lines.join("\n");
}

/** The files, their variables and what of them was ignored; `aboutCells` follows the number of cells. */
export function formatReading(report: ReadingReport, aboutCells = ""): string {
  const rows = report.files.reduce((sum, file) => sum + file.rows, 0);
  const isTables = report.files.every(({ layout }) => layout === "wide" || layout === "long");
  const lines = [
    `${count(report.files.length, "file")}, ${count(rows, isTables ? "row" : "stored value")}: ${report.frequency} ${report.firstYear}-${report.lastYear}, ` +
      `${count(report.cells, "cell")}${aboutCells}, calendar ${report.calendar} (${report.calendarBecause})`,
    ...report.variables.map(formatVariable),
  ];
  if (report.ignoredColumns.length > 0)
    lines.push(`Ignored ${isTables ? "columns" : "variables"}: ${report.ignoredColumns.join(", ")}`);
  lines.push(...report.notes);
  return lines.join("\n");
}

function formatVariable(report: VariableReport): string {
  const { variable, columns, units, unitAssumed, canonicalUnit, values, missing, filled } = report;
  const unit = units.map((one) => (one === canonicalUnit ? one : `${one} → ${canonicalUnit}`)).join(", ");
  const source =
    columns.length === 1 && columns[0] === variable ? "" : ` from ${columns.map((name) => `"${name}"`).join(", ")}`;
  const counts = [count(values, "value"), `${missing} missing`, ...(filled > 0 ? [`${filled} blank filled`] : [])];
  return `  ${variable}: ${unit}${unitAssumed ? " (assumed)" : ""}${source}, ${counts.join(", ")}`;
}

function formatOutcome({ scenario, isCheck, rowsWritten, rowsUnchanged, revision }: IngestReport): string {
  const unchanged = rowsUnchanged > 0 ? ` (${rowsUnchanged} ${isCheck ? "are" : "were"} the same)` : "";
  if (rowsWritten === 0) {
    return `Nothing new: scenario "${scenario}" holds all of it already; climate_data/${scenario} stays at revision ${revision}.`;
  }
  const rows = count(rowsWritten, "yearly row");
  return isCheck
    ? `Checked only: ${rows} would be written${unchanged} to scenario "${scenario}"; nothing was. Leave --check out to ingest.`
    : `${rows} written${unchanged}; climate_data/${scenario} is now at revision ${revision}.`;
}

export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** A line when batches failed, else none. */
export function describeFailedBatches(batches: readonly string[], what = "Failed, as requested"): string[] {
  return batches.length === 0 ? [] : [`${what} (InputChanged): batch ${batches.join(", ")}`];
}
