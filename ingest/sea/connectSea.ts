// Finds the sea's ways to the cells of a grid and stores them, in one transaction that keeps the elevations as they are.
import type { ClientBase } from "pg";
import { transaction } from "../../database/connect.ts";
import { failBatches, lockInputsForLoading, refuseUnfinishedBatches } from "../../database/inputLoading.ts";
import { elevationInput, readRevision } from "../../database/inputRevisions.ts";
import { type GroundCell, readGround, replaceSeaWays, type SeaWay } from "../../database/seaConnections.ts";
import { RejectedError } from "../../model/errors.ts";
import { ATTENUATION } from "../../model/seaLevels.ts";
import { count, describeFailedBatches } from "../series/report.ts";
import { findSeaWays, type SeaWays } from "./seaConnection.ts";
import { isSea, makeTerrain, type Terrain } from "./terrain.ts";

export interface ConnectedSea {
  readonly grid: string;
  readonly cells: number;
  readonly seaCells: number;
  /** Land cells that the sea has a way to. */
  readonly connected: number;
  /** Of elevation/GRID, which the ways were found on. */
  readonly revision: number;
  readonly failedBatches: readonly string[];
}

export async function connectSea(client: ClientBase, grid: string, mayFailBatches: boolean): Promise<ConnectedSea> {
  const inputs = [elevationInput(grid), "sea_connections"];
  return transaction(client, async () => {
    await lockInputsForLoading(client, inputs);
    const batches = await refuseUnfinishedBatches(client, inputs, mayFailBatches);
    const cells = await readGround(client, grid);
    const terrain = makeTerrain(refuseWithoutGround(cells, grid), grid);
    const ways = findSeaWays(terrain.grid, ATTENUATION);
    const connected = await replaceSeaWays(client, grid, landWays(cells, terrain, ways));
    await failBatches(client, batches, "sea_connections");
    const revision = await readRevision(client, elevationInput(grid));
    return { grid, cells: cells.length, seaCells: terrain.seaCells, connected, revision, failedBatches: batches };
  });
}

function* landWays(cells: readonly GroundCell[], { grid, positions }: Terrain, ways: SeaWays): Generator<SeaWay> {
  for (const [number, { cellId }] of cells.entries()) {
    const position = positions[number]!;
    const level = ways.level[position]!;
    if (grid.sea[position] === 1 || Number.isNaN(level)) continue;
    yield { cellId, level, distance: ways.distance[position]! };
  }
}

function refuseWithoutGround(cells: readonly GroundCell[], grid: string): readonly GroundCell[] {
  const lacks = (what: string, remedy: string) =>
    new RejectedError(
      "NoGround",
      `Grid "${grid}" has no ${what}, without which the sea's ways cannot be found. ${remedy}`,
    );
  if (cells.length === 0) throw lacks("cells", "Load its climate first, or name another --grid.");
  if (!hasElevations(cells))
    throw lacks("elevations", "Load them: climatebatch attributes elevation.tif --attribute elevation");
  if (!cells.some(isSea)) {
    throw lacks(
      "sea cells (landFraction below 0.5)",
      "Load them, with --add-cells where the grid ends at the shore: climatebatch attributes FILE.csv. Or give each cell its distanceToCoast.",
    );
  }
  return cells;
}

/** Whether ways can be looked for: heights, sea, and neighbours. */
export function isConnectable(cells: readonly GroundCell[], grid: string): boolean {
  if (!hasElevations(cells) || !cells.some(isSea)) return false;
  try {
    makeTerrain(cells, grid);
    return true;
  } catch (error) {
    if (error instanceof RejectedError && error.reason === "IrregularGrid") return false;
    throw error;
  }
}

function hasElevations(cells: readonly GroundCell[]): boolean {
  return cells.some(({ elevation }) => elevation !== null);
}

/** The paths in one line, and the batches that failed for them. */
export function describeConnected({ cells, connected, failedBatches, grid, revision, seaCells }: ConnectedSea): string {
  const ways = `Ways of the sea on grid "${grid}": from ${count(seaCells, "sea cell")} to ${connected.toLocaleString("en")} of ${count(cells - seaCells, "land cell")}, on revision ${revision} of elevation/${grid}.`;
  return [ways, ...describeFailedBatches(failedBatches)].join("\n");
}
