// A load of series: what is requested, what is stored of it, and how new years merge with that.
import type { ClientBase } from "pg";
import type { Calendar } from "../model/calendars.ts";
import { RejectedError } from "../model/errors.ts";
import { VARIABLES, type Variable } from "../model/variables.ts";
import { type ConflictRule, formatPosition, mergeYears } from "./climateMerge.ts";
import type { Place } from "./gridCells.ts";
import type { ScenarioRequest } from "./ingestTarget.ts";

/** Values of one place, variable and year in the canonical unit, NaN where missing: the calendar's days, 12 or 1. */
export interface ClimateYear {
  readonly variable: Variable;
  readonly year: number;
  readonly values: Float32Array;
}

export interface ClimateSeries {
  readonly frequency: "daily" | "monthly" | "yearly";
  readonly variables: readonly Variable[];
  readonly firstYear: number;
  readonly lastYear: number;
  /** No two the same, rounded to the grid's step. */
  readonly places: readonly Place[];
  /** Years of the place at this position, each variable's in order; a year all missing is left out. Read once; its values may be overwritten. */
  yearsOf(at: number): Iterable<ClimateYear>;
}

export interface LoadRequest {
  readonly grid: string;
  readonly scenario: ScenarioRequest;
  readonly calendar: Calendar;
  readonly series: ClimateSeries;
  readonly onConflict: ConflictRule;
  readonly failRunningBatches: boolean;
  /** Variables that were derived from others, by which rule. */
  readonly derived?: ReadonlyMap<Variable, string>;
  /** Aborted: whatever was begun is undone. */
  readonly signal?: AbortSignal | undefined;
}

export interface LoadOutcome {
  readonly cellsAdded: number;
  readonly rowsWritten: number;
  /** Rows that were stored with the same values. */
  readonly rowsUnchanged: number;
  /** Of climate_data/SCENARIO. */
  readonly revision: number;
  readonly failedBatches: readonly string[];
}

/** A request whose scenario and cells are known. */
export interface Load extends LoadRequest {
  readonly scenarioId: number;
  /** [places] */
  readonly cellIds: Float64Array;
}

/** Cells whose stored years are held in memory at a time while merging. */
const CELLS_A_MERGE = 64;

/** The input that a load changes. */
export function inputOf({ scenario }: LoadRequest): string {
  return `climate_data/${scenario.name}`;
}

/** Positions of the places, `CELLS_A_MERGE` at a time. */
export function* inTurns(places: readonly number[]): Generator<readonly number[]> {
  for (let first = 0; first < places.length; first += CELLS_A_MERGE) yield places.slice(first, first + CELLS_A_MERGE);
}

/** Whether the year, merged with what is stored, differs from it. */
export function mergeYear(
  load: Load,
  at: number,
  incoming: ClimateYear,
  stored: ReadonlyMap<string, Float32Array>,
): boolean {
  const { variable, year, values } = incoming;
  const existing = stored.get(yearKey(load.cellIds[at]!, variable, year));
  if (existing === undefined) return true;
  const merge = mergeYears(values, existing, load.onConflict);
  if (typeof merge === "string") return merge === "changed";
  const { latitude, longitude } = load.series.places[at]!;
  const day = formatPosition(load.series.frequency, load.calendar, year, merge.conflictAt);
  const describe = (value: number) => `${Number(value.toPrecision(7))} ${VARIABLES[variable].unit}`;
  throw new RejectedError(
    "ValuesConflict",
    `Scenario "${load.scenario.name}" has ${variable} ${describe(existing[merge.conflictAt]!)} at ${latitude}, ${longitude} on ${day}, but the files say ${describe(values[merge.conflictAt]!)}. ` +
      "Give --on-conflict replace to take the files' values, or --on-conflict keep to keep the stored ones.",
  );
}

/** By `yearKey`. */
export async function readStoredYears(
  client: ClientBase,
  load: Load,
  places: readonly number[],
): Promise<Map<string, Float32Array>> {
  const { series, scenarioId, cellIds } = load;
  const { rows } = await client.query<{ cell_id: number; year: number; variable: string; values: Buffer }>(
    `SELECT cell_id, year, variable, values FROM climatebatch.climate_data WHERE cell_id = ANY ($1) AND scenario_id = $2
       AND variable = ANY ($3) AND frequency = $4 AND year BETWEEN $5 AND $6`,
    [
      places.map((at) => cellIds[at]),
      scenarioId,
      series.variables,
      series.frequency,
      series.firstYear,
      series.lastYear,
    ],
  );
  return new Map(
    rows.map(({ cell_id, year, variable, values }) => [
      yearKey(cell_id, variable, year),
      // A copy, because the bytes need not lie on a multiple of four.
      new Float32Array(Uint8Array.from(values).buffer),
    ]),
  );
}

function yearKey(cellId: number, variable: string, year: number): string {
  return `${cellId} ${variable} ${year}`;
}

/** Positions of the places by cell id: the order of the key. */
export function inOrderOfCells({ cellIds }: Load): number[] {
  return [...cellIds.keys()].sort((a, b) => cellIds[a]! - cellIds[b]!);
}
