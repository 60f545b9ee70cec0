// The line that tells how far the sea comes.
import { count, describeFailedBatches } from "../series/report.ts";
import type { ConnectedSea } from "./connectSea.ts";

export function describeConnected({ cells, connected, failedBatches, grid, revision, seaCells }: ConnectedSea): string {
  const ways = `Ways of the sea on grid "${grid}": from ${count(seaCells, "sea cell")} to ${connected.toLocaleString("en")} of ${count(cells - seaCells, "land cell")}, on revision ${revision} of elevation/${grid}.`;
  return [ways, ...describeFailedBatches(failedBatches)].join("\n");
}
