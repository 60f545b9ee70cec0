// The ground that the sea's ways are looked for on, and the ways as found: written whole, stamped with what they were found on.

import { pipeline } from "node:stream/promises";
import type { ClientBase } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { CopyEncoder } from "./copyBinary.ts";
import { connectivityOf, stampDerived } from "./derivedInputs.ts";
import { elevationInput } from "./inputRevisions.ts";

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
  await stampDerived(client, connectivityOf(grid), elevationInput(grid));
  return written;
}
