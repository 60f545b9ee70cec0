// Sums of water over river basins: stored by `climatebatch basins`, stamped with what they were made from, and read
// by shards.
import type { ClientBase } from "pg";
import { RejectedError } from "../model/errors.ts";
import { formatPeriod, type Period } from "../model/periods.ts";
import type { Flag } from "../model/reasons.ts";
import { risksReading, tablesOf } from "../model/riskInputs.ts";
import type { BatchSpecification } from "../model/specification.ts";
import { type InputRevisions, inputsOf, readRevisions } from "./inputRevisions.ts";
import type { ScenarioSeries } from "./scenarios.ts";

/** One basin in one period: as job/risks/waterSupply.ts sums it, and over how many cells. */
export interface StoredBasin {
  readonly basin: number;
  readonly cells: number;
  /** [km2] */
  readonly area: number;
  /** [years of the period] [m3 yr-1], NaN where missing */
  readonly supply: Float64Array;
  readonly withdrawal: Float64Array;
  readonly input: string;
  readonly flags: readonly Flag[];
}

export interface BasinSet {
  readonly grid: string;
  readonly scenarioId: number;
  readonly period: Period;
  readonly basePeriod: Period;
  readonly inputs: InputRevisions;
}

/** Sums are made from what these risks read, whatever else a batch requests. */
const WATER_RISKS = risksReading("published", "basins");

export function basinInput(grid: string): string {
  return `basins/${grid}`;
}

/** How many cells each basin of the grid has; empty when no cell names one. */
export async function countBasinCells(client: ClientBase, grid: string): Promise<ReadonlyMap<number, number>> {
  const { rows } = await client.query<{ basin: number; cells: number }>(
    `SELECT (attributes -> 'basin')::float8 AS basin, count(*)::int AS cells
     FROM climatebatch.grid_cells JOIN climatebatch.grids USING (grid_id)
     WHERE name = $1 AND jsonb_typeof(attributes -> 'basin') = 'number' GROUP BY 1 ORDER BY 1`,
    [grid],
  );
  return new Map(rows.map(({ basin, cells }) => [basin, cells]));
}

/** Puts the sums of one scenario and period in the place of older ones. */
export async function writeBasinSet(client: ClientBase, set: BasinSet, basins: readonly StoredBasin[]): Promise<void> {
  const { basePeriod, period } = set;
  const key = [set.grid, set.scenarioId, period.firstYear, period.lastYear, basePeriod.firstYear, basePeriod.lastYear];
  await client.query(
    `DELETE FROM climatebatch.basin_sets WHERE (scenario_id, first_year, last_year, base_first_year, base_last_year) = ($2, $3, $4, $5, $6)
       AND grid_id = (SELECT grid_id FROM climatebatch.grids WHERE name = $1)`,
    key,
  );
  const { rows } = await client.query<{ id: number }>(
    `INSERT INTO climatebatch.basin_sets (grid_id, scenario_id, first_year, last_year, base_first_year, base_last_year, inputs)
     SELECT grid_id, $2, $3, $4, $5, $6, $7 FROM climatebatch.grids WHERE name = $1 RETURNING basin_set_id AS id`,
    [...key, Object.fromEntries(set.inputs)],
  );
  for (const { basin, cells, area, supply, withdrawal, input, flags } of basins) {
    await client.query("INSERT INTO climatebatch.basin_water VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", [
      rows[0]!.id,
      basin,
      cells,
      area,
      [...supply],
      [...withdrawal],
      input,
      flags,
    ]);
  }
}

/**
 * The inputs a batch pins besides its series: the grid's basin sums, when it computes water scarcity by the method set that
 * reads them and the grid has basins.
 * Refuses when sums are missing or older than what they were made from.
 */
export async function checkBasins(
  client: ClientBase,
  specification: BatchSpecification,
  series: readonly ScenarioSeries[],
): Promise<readonly string[]> {
  const { basePeriod, grid, methods, periods, risks } = specification;
  if (!tablesOf(methods, risks).includes("basins") || (await countBasinCells(client, grid)).size === 0) return [];
  const stored = await readBasinSets(client, grid, basePeriod);
  for (const one of series) {
    const revisions = await readRevisions(client, inputsOf({ grid, methods, risks: WATER_RISKS }, [one]));
    for (const period of periods) {
      const inputs = stored.get(setKey(one.scenarioId, period));
      const where = `Scenario "${one.name}", ${formatPeriod(period)}, grid "${grid}"`;
      if (inputs === undefined)
        throw basinsRefused("BasinsMissing", `${where}: no sums over river basins are there`, specification);
      const [changed] = [...revisions].filter(([input, revision]) => inputs[input] !== revision);
      if (changed === undefined) continue;
      const [input, revision] = changed;
      throw basinsRefused(
        "BasinsStale",
        `${where}: the sums over river basins were made from ${input} at revision ${inputs[input] ?? "none"}, which is at ${revision} now`,
        specification,
      );
    }
  }
  return [basinInput(grid)];
}

function basinsRefused(reason: string, what: string, specification: BatchSpecification): RejectedError {
  const { basePeriod, grid, periods, scenarios } = specification;
  const others = periods.slice(1).map(formatPeriod).join(" ");
  return new RejectedError(
    reason,
    `${what}, and water scarcity needs them. Make them: climatebatch basins --grid ${grid} --scenario ${scenarios.join(" ")} ` +
      `--base-period ${formatPeriod(basePeriod)}${others === "" ? "" : ` --period ${others}`}. Or leave water_scarcity out.`,
  );
}

async function readBasinSets(
  client: ClientBase,
  grid: string,
  basePeriod: Period,
): Promise<ReadonlyMap<string, Readonly<Record<string, number>>>> {
  const { rows } = await client.query<{
    scenario_id: number;
    first_year: number;
    last_year: number;
    inputs: Record<string, number>;
  }>(
    `SELECT scenario_id, first_year, last_year, inputs FROM climatebatch.basin_sets JOIN climatebatch.grids USING (grid_id)
     WHERE name = $1 AND base_first_year = $2 AND base_last_year = $3`,
    [grid, basePeriod.firstYear, basePeriod.lastYear],
  );
  return new Map(
    rows.map(({ scenario_id, first_year, last_year, inputs }) => [
      setKey(scenario_id, { firstYear: first_year, lastYear: last_year }),
      inputs,
    ]),
  );
}

function setKey(scenarioId: number, period: Period): string {
  return `${scenarioId} ${formatPeriod(period)}`;
}

export interface BasinRow extends StoredBasin {
  readonly scenarioId: number;
  readonly period: Period;
}

/** What is stored of some basins for the scenarios and periods of a batch. */
export async function readBasins(
  client: ClientBase,
  specification: BatchSpecification,
  scenarioIds: readonly number[],
  basins: readonly number[],
): Promise<BasinRow[]> {
  const { basePeriod, grid, periods } = specification;
  const { rows } = await client.query<{
    scenario_id: number;
    first_year: number;
    last_year: number;
    basin: string;
    cells: number;
    area: number;
    supply: number[];
    withdrawal: number[];
    input: string;
    flags: Flag[];
  }>(
    `SELECT s.scenario_id, s.first_year, s.last_year, b.*
     FROM climatebatch.basin_sets AS s JOIN climatebatch.grids AS g USING (grid_id) JOIN climatebatch.basin_water AS b USING (basin_set_id)
     WHERE g.name = $1 AND s.base_first_year = $2 AND s.base_last_year = $3 AND s.scenario_id = ANY ($4) AND b.basin = ANY ($5)
       AND (s.first_year, s.last_year) IN (SELECT * FROM unnest($6::smallint[], $7::smallint[]))`,
    [
      grid,
      basePeriod.firstYear,
      basePeriod.lastYear,
      scenarioIds,
      basins,
      periods.map(({ firstYear }) => firstYear),
      periods.map(({ lastYear }) => lastYear),
    ],
  );
  return rows.map(({ scenario_id, first_year, last_year, basin, supply, withdrawal, ...rest }) => ({
    ...rest,
    scenarioId: scenario_id,
    period: { firstYear: first_year, lastYear: last_year },
    basin: Number(basin),
    supply: Float64Array.from(supply),
    withdrawal: Float64Array.from(withdrawal),
  }));
}
