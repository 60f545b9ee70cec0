// What was read, and what an ingest did with it, as facts and as lines to read.
import type { LoadOutcome } from "../../database/climateLoad.ts";
import { VARIABLE_NAMES, type Variable } from "../../model/variables.ts";
import { shortNumber } from "../formats/numberText.ts";
import { sumTallies } from "./valueTally.ts";
import type { CountedSource } from "./variableSource.ts";

export interface VariableReport {
  readonly variable: Variable;
  readonly columns: readonly string[];
  /** Units the files have; canonical and assumed when they say none. */
  readonly units: readonly string[];
  readonly unitAssumed: boolean;
  /** Why values are converted as they are, where the unit alone does not say it. */
  readonly unitNotes: readonly string[];
  readonly canonicalUnit: string;
  readonly values: number;
  /** Blank or marked as missing. */
  readonly missing: number;
  /** Blank and filled by --blank. */
  readonly filled: number;
  /** Slightly negative, read as 0; above saturation, read as saturated. Both are among the values. */
  readonly noise: number;
  readonly clipped: number;
  /** In the canonical unit; null without values. */
  readonly least: number | null;
  readonly mean: number | null;
  readonly greatest: number | null;
}

export interface ReadingReport {
  readonly files: readonly { readonly file: string; readonly layout: string; readonly rows: number }[];
  readonly frequency: string;
  readonly calendar: string;
  readonly calendarBecause: string;
  readonly cells: number;
  readonly firstYear: number;
  readonly lastYear: number;
  /** "2001-01-01", "2001-01" or "2001", by frequency. */
  readonly firstDate: string;
  readonly lastDate: string;
  readonly variables: readonly VariableReport[];
  readonly ignoredColumns: readonly string[];
  /** What a reader of the values should know: rules that apply without an option. */
  readonly notes: readonly string[];
}

/** What a check without a database reports. */
export const NOT_COMPARED = {
  cellsAdded: null,
  rowsWritten: null,
  rowsUnchanged: null,
  revision: null,
  failedBatches: [],
};

type Outcome = { readonly [Name in keyof LoadOutcome]: LoadOutcome[Name] | (typeof NOT_COMPARED)[Name] };

export interface IngestReport extends ReadingReport, Outcome {
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
    const tally = sumTallies(own.map((source) => source.tally));
    const { values, missing, filled, noise, clipped } = tally;
    const shown = (value: number) => (values > 0 ? shortNumber(value) : null);
    return [
      {
        variable,
        columns: [...new Set(own.map(({ name }) => name))],
        units: [...new Set(own.map(({ conversion }) => conversion.from))],
        unitAssumed: own.some(({ isUnitAssumed }) => isUnitAssumed),
        unitNotes: [...new Set(own.flatMap(({ unitNote }) => unitNote ?? []))],
        canonicalUnit: own[0]!.conversion.to,
        ...{ values, missing, filled, noise, clipped },
        ...{ least: shown(tally.least), mean: shown(tally.mean), greatest: shown(tally.greatest) },
      },
    ];
  });
}

export function formatReport(report: IngestReport): string {
  const isCompared = report.cellsAdded !== null;
  const lines = [formatReading(report, isCompared ? ` (${report.cellsAdded} new) of grid "${report.grid}"` : "")];
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
    `${count(report.files.length, "file")}, ${count(rows, isTables ? "row" : "stored value")}: ${report.frequency} ${report.firstDate} to ${report.lastDate}, ` +
      `${count(report.cells, "cell")}${aboutCells}, calendar ${report.calendar} (${report.calendarBecause})`,
    ...report.variables.map(formatVariable),
  ];
  if (report.ignoredColumns.length > 0)
    lines.push(`Ignored ${isTables ? "columns" : "variables"}: ${report.ignoredColumns.join(", ")}`);
  if (isTables) lines.push(...report.variables.flatMap(describeBlankRain));
  lines.push(...report.notes);
  return lines.join("\n");
}

function formatVariable(report: VariableReport): string {
  const { variable, columns, units, unitAssumed, unitNotes, canonicalUnit, least, mean, greatest } = report;
  const { values, missing, filled, noise, clipped } = report;
  const unit = units.map((one) => (one === canonicalUnit ? one : `${one} → ${canonicalUnit}`)).join(", ");
  const source =
    columns.length === 1 && columns[0] === variable ? "" : ` from ${columns.map((name) => `"${name}"`).join(", ")}`;
  const counts = [
    count(values, "value"),
    `${missing.toLocaleString("en")} missing`,
    ...(filled > 0 ? [`${filled.toLocaleString("en")} blank filled`] : []),
    ...(noise > 0 ? [`${noise.toLocaleString("en")} slightly negative read as 0`] : []),
    ...(clipped > 0 ? [`${clipped.toLocaleString("en")} above 100 % read as 100 %`] : []),
  ];
  const range = least === null ? "" : `; ${least} to ${greatest}, mean ${mean} ${canonicalUnit}`;
  const notes = [...(unitAssumed ? ["assumed"] : []), ...unitNotes];
  return `  ${variable}: ${unit}${notes.length > 0 ? ` (${notes.join(", ")})` : ""}${source}, ${counts.join(", ")}${range}`;
}

/** Above this share of missing rain its blanks are probably dry days. */
const BLANK_RAIN_SHARE = 0.2;

function describeBlankRain({ variable, values, missing, filled }: VariableReport): string[] {
  const share = missing / (values + missing);
  if (variable !== "pr" || filled > 0 || !(share > BLANK_RAIN_SHARE)) return [];
  return [
    `  ${missing.toLocaleString("en")} of ${count(values + missing, "value")} of pr (${Math.round(100 * share)} %) are blank or missing. Korean stations leave dry days blank: --blank pr=0 reads a blank as 0 mm.`,
  ];
}

function formatOutcome({ scenario, isCheck, rowsWritten, rowsUnchanged, revision }: IngestReport): string {
  const unchanged = (rowsUnchanged ?? 0) > 0 ? ` (${rowsUnchanged} ${isCheck ? "are" : "were"} the same)` : "";
  if (rowsWritten === null || rowsUnchanged === null) {
    return "Checked only, without a database: nothing was compared with stored values. Name one by --database to compare.";
  }
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
