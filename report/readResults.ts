// Published results, or those of one batch, read in one snapshot: what a report, a place, a comparison and the API show is of
// one publication each.
import type { ClientBase } from "pg";
import { rowsView } from "../database/slots.ts";
import type { Calculation, Methods } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";
import type { MethodSet } from "../model/methodSet.ts";
import { formatPeriod, type Period } from "../model/periods.ts";
import type { Risk } from "../model/risks.ts";
import { quote } from "./copyOut.ts";

const ROWS_AT_ONCE = 20_000;

/** Runs `work` in one read-only transaction: a batch published meanwhile changes nothing of what it reads. */
export async function withSnapshot<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // Not waited for: a COPY whose reader left never lets it run, and the connection's end does the same.
    void client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
  await client.query("ROLLBACK");
  return result;
}

/** Rows of a query as arrays of values, in portions: memory does not grow with their number. Inside a transaction. */
export async function* readInPortions(
  client: ClientBase,
  query: string,
  values: readonly unknown[] = [],
  atOnce = ROWS_AT_ONCE,
): AsyncGenerator<readonly unknown[][]> {
  await client.query(`DECLARE results NO SCROLL CURSOR FOR ${query}`, [...values]);
  try {
    for (;;) {
      const { rows } = await client.query<unknown[]>({ text: `FETCH ${atOnce} FROM results`, rowMode: "array" });
      if (rows.length > 0) yield rows;
      if (rows.length < atOnce) return;
    }
  } finally {
    await client.query("CLOSE results").catch(() => undefined);
  }
}

export interface ResultBatch {
  readonly calculation: Calculation;
  readonly batchId: string;
  readonly slot: number;
  readonly grid: string;
  readonly gridStep: number;
  readonly methods: Methods;
  /** A user's own bins, rates and anchors. */
  readonly overrides: MethodSet | undefined;
  readonly methodsVersion: number;
  readonly scenarios: readonly string[];
  readonly periods: readonly Period[];
  readonly basePeriod: Period;
  readonly risks: readonly Risk[];
  readonly finishedAt: Date;
}

/**
 * The batches whose results are published, or the requested one, one a calculation. Refuses when there are none, and a
 * batch whose rows are not complete or no longer there.
 */
export async function findResults(client: ClientBase, batchId?: string): Promise<ResultBatch[]> {
  const { rows } = await client.query(
    `SELECT k.calculation, b.batch_id AS "batchId", k.slot, b.state, g.name AS grid, g.step_degrees AS "gridStep",
       b.specification, b.finished_at AS "finishedAt"
     FROM climatebatch.${batchId === undefined ? "publications" : "slots"} AS k
     JOIN climatebatch.batches AS b USING (batch_id) JOIN climatebatch.grids AS g USING (grid_id)
     WHERE $1::bigint IS NULL OR k.batch_id = $1 ORDER BY k.calculation`,
    [batchId ?? null],
  );
  if (rows.length === 0) {
    throw new RejectedError(
      "NoResults",
      batchId === undefined
        ? "No results are published yet. Compute some: climatebatch run all"
        : `Batch ${batchId} has no results in the database: it computed none, or a later batch uses their slot. List batches: climatebatch status`,
    );
  }
  const unfinished = rows.find(({ state }) => state !== "complete");
  if (unfinished !== undefined) {
    throw new RejectedError(
      "NotComplete",
      `Batch ${unfinished.batchId} is ${unfinished.state}: some of its results are missing. Finish it first: climatebatch run again, or climatebatch retry ${unfinished.batchId}`,
    );
  }
  return rows.map(({ specification, calculation, slot, grid, gridStep, finishedAt, ...row }) => ({
    calculation,
    batchId: String(row.batchId),
    slot,
    grid,
    gridStep,
    methods: specification.methods,
    overrides: specification.overrides,
    methodsVersion: specification.methodsVersion ?? 1,
    scenarios: specification.scenarios,
    periods: specification.periods,
    basePeriod: specification.basePeriod,
    risks: specification.risks,
    finishedAt,
  }));
}

/** A risk, scenario or period that the results do not have. */
export function notFound(what: string, given: string, existing: readonly string[]): RejectedError {
  return new RejectedError("NotFound", `The results have no ${what} "${given}". They have: ${existing.join(", ")}`);
}

export function batchOf(batches: readonly ResultBatch[], calculation: Calculation): ResultBatch | undefined {
  return batches.find((batch) => batch.calculation === calculation);
}

/** Scenarios and periods that any of the batches has, in their order. */
export function extentOf(batches: readonly ResultBatch[]): {
  readonly scenarios: readonly string[];
  readonly periods: readonly Period[];
} {
  const scenarios = [...new Set(batches.flatMap((batch) => batch.scenarios))].sort();
  const periods = new Map(batches.flatMap((batch) => batch.periods.map((period) => [formatPeriod(period), period])));
  return {
    scenarios,
    periods: [...periods.values()].sort((a, b) => a.firstYear - b.firstYear || a.lastYear - b.lastYear),
  };
}

export interface ResultPlace {
  readonly cellId: number;
  readonly latitude: number;
  readonly longitude: number;
  /** null where none was loaded */
  readonly district: string | null;
}

/** The condition for the rows of its first risk, scenario and period: every cell with results once. */
export function ofOneMap({ slot, risks, scenarios, periods }: ResultBatch): string {
  const { firstYear, lastYear } = periods[0]!;
  return `slot = ${slot} AND risk = ${quote(risks[0]!)} AND scenario = ${quote(scenarios[0]!)} AND first_year = ${firstYear} AND last_year = ${lastYear}`;
}

/** Cells that have results, from north to south and west to east. */
export async function readResultPlaces(
  client: ClientBase,
  batches: readonly ResultBatch[],
): Promise<readonly ResultPlace[]> {
  const [batch] = batches as [ResultBatch];
  const { rows } = await client.query(
    `SELECT c.cell_id AS "cellId", c.latitude, c.longitude, n.district FROM climatebatch.grid_cells AS c
     JOIN ${rowsView(batch.calculation)} AS r USING (cell_id) LEFT JOIN climatebatch.cell_districts AS n USING (cell_id)
     WHERE ${ofOneMap(batch)}
     ORDER BY c.latitude DESC, c.longitude`,
  );
  return rows;
}

export function isSynthetic({ grid, scenarios }: ResultBatch): boolean {
  return grid.includes("sample") && scenarios.every((name) => name.startsWith("sample-"));
}
