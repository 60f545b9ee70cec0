// A load that is only looked at: what it would refuse and what it would write, without writing or locking anything.
import type { ClientBase } from "pg";
import {
  inOrderOfCells,
  inputOf,
  inTurns,
  type LoadOutcome,
  type LoadRequest,
  mergeYear,
  readStoredYears,
} from "./climateLoad.ts";
import { findCells } from "./gridCells.ts";
import { findScenarioId } from "./ingestTarget.ts";
import { refuseUnfinishedBatches } from "./inputLoading.ts";
import { readRevision } from "./inputRevisions.ts";

/**
 * What `writeClimate` would do, without writing or locking: what it would refuse is refused, the counts are those it would
 * return, the revision is the present one.
 */
export async function checkClimate(client: ClientBase, request: LoadRequest): Promise<LoadOutcome> {
  const { grid, series } = request;
  const input = inputOf(request);
  const cellIds = await findCells(client, grid, series.places);
  const cellsAdded = cellIds.filter(Number.isNaN).length;
  const inputs = cellsAdded > 0 ? [input, `grid/${grid}`] : [input];
  const failedBatches = await refuseUnfinishedBatches(client, inputs, request.failRunningBatches);
  const scenarioId = await findScenarioId(client, request.scenario, request.calendar);
  // No row has the number of a scenario that is not there.
  const load = { ...request, scenarioId: scenarioId ?? 0, cellIds };
  let [rowsWritten, rowsUnchanged] = [0, 0];
  for (const some of inTurns(inOrderOfCells(load))) {
    load.signal?.throwIfAborted();
    const stored = await readStoredYears(
      client,
      load,
      some.filter((at) => !Number.isNaN(cellIds[at])),
    );
    for (const at of some) {
      for (const year of series.yearsOf(at)) {
        if (mergeYear(load, at, year, stored)) rowsWritten++;
        else rowsUnchanged++;
      }
    }
  }
  const isChanged = rowsWritten > 0 || cellsAdded > 0;
  const revision = await readRevision(client, input);
  return { cellsAdded, rowsWritten, rowsUnchanged, revision, failedBatches: isChanged ? failedBatches : [] };
}
