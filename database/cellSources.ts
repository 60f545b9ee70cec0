// Links between grids: which source cell serves which cell for which variable. Choosing them is left to cli/link; reading
// series through them to climateReader.ts.
import { pipeline } from "node:stream/promises";
import type { ClientBase } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { RejectedError } from "../model/errors.ts";
import { FREQUENCIES, type Frequency, VARIABLE_NAMES, VARIABLES, type Variable } from "../model/variables.ts";
import { transaction } from "./connect.ts";
import { CopyEncoder } from "./copyBinary.ts";
import type { Place } from "./gridCells.ts";
import { failBatches, lockInputsForLoading, refuseUnfinishedBatches } from "./inputLoading.ts";

export const LINK_RULES = ["nearest", "code", "polygon"] as const;
export type LinkRule = (typeof LINK_RULES)[number];

export interface LinkedCell extends Place {
  readonly cellId: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface StoredSeries {
  readonly variable: Variable;
  readonly frequency: Frequency;
}

export interface CellSource {
  readonly cellId: number;
  readonly sourceCellId: number;
  readonly distanceKm: number;
}

export interface LinkRequest {
  readonly grid: string;
  readonly from: string;
  readonly series: readonly StoredSeries[];
  readonly rule: LinkRule;
  readonly withinKm: number | undefined;
  readonly sources: readonly CellSource[];
  /** The source grid stays one that results are computed for. */
  readonly keepTarget: boolean;
  readonly failRunningBatches: boolean;
}

const COLUMNS = "cell_id, variable, frequency, source_cell_id, distance_km";
const FLUSH_BYTES = 1 << 20;

/** All cells of a grid, in order of cell_id; refused when there is no such grid. */
export async function readGridCells(client: ClientBase, grid: string): Promise<LinkedCell[]> {
  const { rows: grids } = await client.query<{ name: string }>("SELECT name FROM climatebatch.grids ORDER BY name");
  if (!grids.some(({ name }) => name === grid)) {
    const known = grids.length === 0 ? "there is none yet" : `known: ${grids.map(({ name }) => name).join(", ")}`;
    throw new RejectedError(
      "UnknownGrid",
      `No grid is named "${grid}"; ${known}. climatebatch ingest and link --cells make them.`,
    );
  }
  const { rows } = await client.query<LinkedCell>(
    `SELECT cell_id AS "cellId", latitude, longitude, attributes FROM climatebatch.grid_cells
     WHERE grid_id = (SELECT grid_id FROM climatebatch.grids WHERE name = $1) ORDER BY cell_id`,
    [grid],
  );
  return rows;
}

/** What series any cell of the grid has, in any scenario. */
export async function readSeriesOfGrid(client: ClientBase, grid: string): Promise<StoredSeries[]> {
  const { rows } = await client.query<StoredSeries>(
    `SELECT v.variable, f.frequency
     FROM unnest($2::text[]) AS v (variable), unnest($3::text[]) AS f (frequency)
     WHERE (SELECT d.year FROM climatebatch.grid_cells AS c JOIN climatebatch.grids AS g USING (grid_id)
       CROSS JOIN climatebatch.scenarios AS s
       JOIN climatebatch.climate_data AS d ON (d.cell_id, d.scenario_id, d.variable, d.frequency) = (c.cell_id, s.scenario_id, v.variable, f.frequency)
       WHERE g.name = $1 LIMIT 1) IS NOT NULL
     ORDER BY v.variable, f.frequency`,
    [grid, VARIABLE_NAMES, FREQUENCIES],
  );
  return rows;
}

/** Whether cells of the grid may use series of others. */
export async function hasLinks(client: ClientBase, grid: string): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM climatebatch.grid_links AS l JOIN climatebatch.grids AS g USING (grid_id) WHERE g.name = $1) AS found`,
    [grid],
  );
  return rows[0]!.found;
}

/** Replaces the links of these variables and frequencies; returns the batches that were failed for it. */
export async function writeLinks(
  client: ClientBase,
  request: LinkRequest,
): Promise<{ readonly failedBatches: readonly string[] }> {
  const input = `grid/${request.grid}`;
  return transaction(client, async () => {
    await lockInputsForLoading(client, [input]);
    const batches = await refuseUnfinishedBatches(client, [input], request.failRunningBatches);
    for (const { variable, frequency } of request.series) {
      await client.query(
        `DELETE FROM climatebatch.cell_sources AS s USING climatebatch.grid_cells AS c, climatebatch.grids AS g
         WHERE c.cell_id = s.cell_id AND c.grid_id = g.grid_id AND g.name = $1 AND s.variable = $2 AND s.frequency = $3`,
        [request.grid, variable, frequency],
      );
      await client.query(
        `INSERT INTO climatebatch.grid_links (grid_id, variable, frequency, source_grid_id, rule, within_km, cells)
         SELECT g.grid_id, $3, $4, o.grid_id, $5, $6, $7 FROM climatebatch.grids AS g, climatebatch.grids AS o WHERE g.name = $1 AND o.name = $2
         ON CONFLICT (grid_id, variable, frequency) DO UPDATE SET
           source_grid_id = EXCLUDED.source_grid_id, rule = EXCLUDED.rule, within_km = EXCLUDED.within_km, cells = EXCLUDED.cells`,
        [request.grid, request.from, variable, frequency, request.rule, request.withinKm, request.sources.length],
      );
    }
    await copyLinks(client, request);
    if (!request.keepTarget) {
      await client.query("UPDATE climatebatch.grids SET role = 'source' WHERE name = $1 AND role <> 'source'", [
        request.from,
      ]);
    }
    await failBatches(client, batches, input);
    return { failedBatches: batches };
  });
}

async function copyLinks(client: ClientBase, { series, sources }: LinkRequest): Promise<void> {
  const ordered = series.toSorted((a, b) => compare(a.variable, b.variable) || compare(a.frequency, b.frequency));
  function* encodeRows(): Generator<Buffer> {
    const encoder = new CopyEncoder();
    for (const { cellId, sourceCellId, distanceKm } of sources) {
      for (const { variable, frequency } of ordered) {
        encoder.startRow(5);
        encoder.int4(cellId);
        encoder.text(variable);
        encoder.text(frequency);
        encoder.int4(sourceCellId);
        encoder.float4(distanceKm);
      }
      if (encoder.size > FLUSH_BYTES) yield encoder.take();
    }
    yield encoder.finish();
  }
  await pipeline(
    encodeRows(),
    client.query(copyFrom(`COPY climatebatch.cell_sources (${COLUMNS}) FROM STDIN (FORMAT binary)`)),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** A variable and a frequency, as people write them. */
export function describeSeries({ variable, frequency }: StoredSeries): string {
  return `${frequency} ${variable} (${VARIABLES[variable].longName})`;
}
