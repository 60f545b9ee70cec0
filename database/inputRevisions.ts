// What a batch reads and at which revision. Pinned when it is planned, checked when a shard starts and when it commits.
import type { ClientBase } from "pg";
import { type SideTable, tablesOf } from "../model/riskInputs.ts";
import type { BatchSpecification } from "../model/specification.ts";
import type { ScenarioSeries } from "./scenarios.ts";

/** The record of storms is one input, even for a reader of some storms only. */
export const STORMS_INPUT = "storms";

export type InputRevisions = ReadonlyMap<string, number>;

/** Of each grid: its elevations and which of its cells are sea. */
export const elevationInput = (grid: string) => `elevation/${grid}`;

/** Basins are pinned apart: they are made from the others. */
const INPUTS_OF_TABLE: Readonly<Record<SideTable, (grid: string) => readonly string[]>> = {
  storms: () => [STORMS_INPUT],
  sea: (grid) => ["extreme_sea_levels", "sea_level_rise", "sea_connections", elevationInput(grid)],
  basins: () => [],
};

export function inputsOf(
  { grid, methods, risks }: Pick<BatchSpecification, "grid" | "methods" | "risks">,
  series: readonly ScenarioSeries[],
): string[] {
  const scenarios = new Set(series.flatMap(({ lineage }) => lineage));
  const tables = tablesOf(methods, risks).flatMap((table) => INPUTS_OF_TABLE[table](grid));
  const climate = ["climate_data", ...[...scenarios].map((name) => `climate_data/${name}`)];
  return [`grid/${grid}`, ...climate, ...tables].sort();
}

/** The present revisions, locked against change until the transaction ends. */
export async function lockInputs(client: ClientBase, inputs: readonly string[]): Promise<InputRevisions> {
  await client.query(
    "INSERT INTO climatebatch.input_revisions (input) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING",
    [inputs],
  );
  const { rows } = await client.query<{ input: string; revision: string }>(
    "SELECT input, revision FROM climatebatch.input_revisions WHERE input = ANY ($1) ORDER BY input FOR SHARE",
    [inputs],
  );
  return new Map(rows.map(({ input, revision }) => [input, Number(revision)]));
}

/** The present revisions; 0 of what never changed. */
export async function readRevisions(client: ClientBase, inputs: readonly string[]): Promise<InputRevisions> {
  const { rows } = await client.query<{ input: string; revision: string }>(
    "SELECT input, revision FROM climatebatch.input_revisions WHERE input = ANY ($1)",
    [inputs],
  );
  const found = new Map(rows.map(({ input, revision }) => [input, Number(revision)]));
  return new Map(inputs.map((input) => [input, found.get(input) ?? 0]));
}

/** The inputs of a batch that are no longer what it pinned, in words; empty when all are. */
export async function findChangedInputs(client: ClientBase, batchId: string, lock: "lock" | "look"): Promise<string[]> {
  const { rows } = await client.query<{ input: string; pinned: string; revision: string }>(
    `SELECT b.input, b.revision AS pinned, r.revision
     FROM climatebatch.batch_inputs AS b JOIN climatebatch.input_revisions AS r USING (input)
     WHERE b.batch_id = $1 ORDER BY b.input ${lock === "lock" ? "FOR SHARE OF r" : ""}`,
    [batchId],
  );
  return rows
    .filter(({ pinned, revision }) => pinned !== revision)
    .map(({ input, pinned, revision }) => `${input} is at revision ${revision}, the batch was planned on ${pinned}`);
}

export async function readRevision(client: ClientBase, input: string): Promise<number> {
  const { rows } = await client.query<{ revision: string }>(
    "SELECT revision FROM climatebatch.input_revisions WHERE input = $1",
    [input],
  );
  return Number(rows[0]?.revision ?? 0);
}
