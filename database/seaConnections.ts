// The ground that the sea's ways are looked for on, and the ways as found: written whole, stamped with what they were found
// on, refused to a batch once that has changed.
import { pipeline } from "node:stream/promises";
import type { ClientBase } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { RejectedError } from "../model/errors.ts";
import { tablesOf } from "../model/riskInputs.ts";
import type { BatchSpecification } from "../model/specification.ts";
import { CopyEncoder } from "./copyBinary.ts";
import { elevationInput, readRevision } from "./inputRevisions.ts";

export interface GroundCell {
  readonly cellId: number;
  readonly latitude: number;
  readonly longitude: number;
  /** m; null where not known */
  readonly elevation: number | null;
  readonly landFraction: number | null;
}

export interface SeaWay {
  readonly cellId: number;
  readonly level: number;
  readonly distance: number;
}

const FLUSH_BYTES = 1 << 20;

/** The ways of a grid, in derived_inputs. */
const waysOf = (grid: string) => `sea_connections/${grid}`;

export async function readGround(client: ClientBase, grid: string): Promise<GroundCell[]> {
  const { rows } = await client.query<GroundCell>(
    `SELECT cell_id AS "cellId", latitude, longitude, (attributes ->> 'elevation')::float8 AS elevation,
       (attributes ->> 'landFraction')::float8 AS "landFraction"
     FROM climatebatch.grid_cells JOIN climatebatch.grids USING (grid_id) WHERE name = $1 ORDER BY cell_id`,
    [grid],
  );
  return rows;
}

/** Inside the caller's transaction, which has locked the elevations. */
export async function replaceSeaWays(client: ClientBase, grid: string, ways: Iterable<SeaWay>): Promise<number> {
  await client.query(
    `DELETE FROM climatebatch.sea_connections AS s USING climatebatch.grid_cells AS c, climatebatch.grids AS g
     WHERE s.cell_id = c.cell_id AND c.grid_id = g.grid_id AND g.name = $1`,
    [grid],
  );
  let written = 0;
  function* encodeRows(): Generator<Buffer> {
    const encoder = new CopyEncoder();
    for (const { cellId, level, distance } of ways) {
      encoder.startRow(3);
      encoder.int4(cellId);
      encoder.float8(level);
      encoder.float8(distance);
      written++;
      if (encoder.size > FLUSH_BYTES) yield encoder.take();
    }
    yield encoder.finish();
  }
  await pipeline(
    encodeRows(),
    client.query(copyFrom("COPY climatebatch.sea_connections (cell_id, level, distance) FROM STDIN (FORMAT binary)")),
  );
  const input = elevationInput(grid);
  await client.query(
    `INSERT INTO climatebatch.derived_inputs (derived, input, revision) VALUES ($1, $2, $3)
     ON CONFLICT (derived) DO UPDATE SET input = EXCLUDED.input, revision = EXCLUDED.revision`,
    [waysOf(grid), input, await readRevision(client, input)],
  );
  return written;
}

/** Refuses a batch that would read ways found on another state of the elevations than the present one. */
export async function refuseStaleSeaWays(
  client: ClientBase,
  { grid, methods, risks }: Pick<BatchSpecification, "grid" | "methods" | "risks">,
): Promise<void> {
  if (!tablesOf(methods, risks).includes("sea")) return;
  const { rows } = await client.query<{ revision: string; present: string }>(
    `SELECT d.revision, coalesce(r.revision, 0) AS present
     FROM climatebatch.derived_inputs AS d LEFT JOIN climatebatch.input_revisions AS r USING (input) WHERE d.derived = $1`,
    [waysOf(grid)],
  );
  const stamp = rows[0];
  if (stamp === undefined || stamp.revision === stamp.present) return;
  throw new RejectedError(
    "StaleInput",
    `The sea's ways to the cells of grid "${grid}" were found on revision ${stamp.revision} of ${elevationInput(grid)}, which is now at ${stamp.present}: elevations or sea cells have changed since. ` +
      `Find them again: climatebatch connectivity --grid ${grid}. Or leave coastal_flood out of the risks: --risk.`,
  );
}
