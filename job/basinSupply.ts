// Supply and withdrawal of water summed over the cells of each river basin, which water scarcity needs before a batch.
import type { Client } from "pg";
import { basinInput, countBasinCells, type StoredBasin, writeBasinSet } from "../database/basinWater.ts";
import { prepareReading } from "../database/climateReader.ts";
import { failBatches, lockInputsForLoading, refuseUnfinishedBatches } from "../database/inputLoading.ts";
import { inputsOf, lockInputs, readRevisions } from "../database/inputRevisions.ts";
import { readScenarioSeries } from "../database/scenarios.ts";
import { RejectedError } from "../model/errors.ts";
import { formatPeriod, type Period, samePeriod } from "../model/periods.ts";
import { seriesOf } from "../model/riskInputs.ts";
import type { BatchSpecification } from "../model/specification.ts";
import { readAttributes } from "./cellAttributes.ts";
import { type CellStream, prepareStream, readBlock, readCellsAfter } from "./cellStream.ts";
import { BasinSums, makeCellWater } from "./risks/waterSupply.ts";

/** Greater than every id of a cell. */
const LAST_CELL = 2 ** 31 - 1;

export interface BasinReport {
  readonly grid: string;
  readonly scenarios: readonly string[];
  readonly periods: readonly Period[];
  readonly basins: number;
  /** Cells that name a basin, and those of them that had runoff and withdrawal in some scenario. */
  readonly cells: number;
  readonly cellsSummed: number;
}

/** All or nothing, in the caller's transaction: inputs cannot change meanwhile. */
export async function makeBasins(
  client: Client,
  specification: BatchSpecification,
  mayFailBatches: boolean,
  signal: AbortSignal,
): Promise<BasinReport> {
  const { grid, periods, scenarios } = specification;
  const cellsOf = await countBasinCells(client, grid);
  if (cellsOf.size === 0) {
    throw new RejectedError(
      "NoBasins",
      `No cell of the grid "${grid}" has the attribute basin. Load it: climatebatch load ground FILE --attribute basin`,
    );
  }
  const input = basinInput(grid);
  await lockInputsForLoading(client, [input]);
  const batches = await refuseUnfinishedBatches(client, [input], mayFailBatches);
  const described = await readScenarioSeries(client, scenarios);
  await lockInputs(client, inputsOf(specification, described));
  const sums = await sumBasins(client, specification, signal);
  let cellsSummed = 0;
  for (const [at, series] of described.entries()) {
    const inputs = await readRevisions(client, inputsOf(specification, [series]));
    for (const period of periods) {
      const stored = [...sums[at]!].flatMap(([basin, one]) => storedBasin(basin, one, period, cellsOf.get(basin)!));
      const set = { grid, scenarioId: series.scenarioId, period, basePeriod: specification.basePeriod, inputs };
      await writeBasinSet(client, set, stored);
    }
    cellsSummed = Math.max(
      cellsSummed,
      [...sums[at]!.values()].reduce((sum, { cells }) => sum + cells, 0),
    );
  }
  await failBatches(client, batches, input);
  await client.query("SELECT climatebatch.bump_input($1)", [input]);
  const cells = [...cellsOf.values()].reduce((sum, count) => sum + count, 0);
  return { grid, scenarios, periods, basins: cellsOf.size, cells, cellsSummed };
}

/** By scenario, the sums of each basin, its cells added in order of their ids. */
async function sumBasins(
  client: Client,
  specification: BatchSpecification,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, BasinSums>[]> {
  await prepareReading(client);
  const stream: CellStream = await prepareStream(
    client,
    specification,
    seriesOf("published", ["water_scarcity"]),
    LAST_CELL,
  );
  const sums = stream.series.map(() => new Map<number, BasinSums>());
  const readWater = makeCellWater();
  const { basePeriod, periods } = specification;
  for (let afterCell = -1; ; ) {
    signal.throwIfAborted();
    const cells = await readCellsAfter(client, stream, afterCell);
    if (cells.length === 0) return sums;
    await readBlock(client, stream, cells, (cell) => {
      const attributes = readAttributes(cell);
      const basin = attributes.get("basin");
      if (basin === undefined) return;
      for (const [at, { axis, daily, implausible, monthly, yearly }] of stream.series.entries()) {
        const of = sums[at]!.get(basin) ?? new BasinSums();
        sums[at]!.set(basin, of);
        const { latitude, longitude } = cell;
        const series = { axis, daily, monthly, yearly };
        const water = readWater({ latitude, longitude, ...series, attributes, basePeriod, periods });
        of.add(implausible.length > 0 ? "implausibleInput" : water, periods);
      }
    });
    afterCell = cells.at(-1)!.cellId;
  }
}

function storedBasin(basin: number, sums: BasinSums, period: Period, cellsOfBasin: number): StoredBasin[] {
  const record = sums.records().find((one) => samePeriod(one.period, period));
  if (record === undefined) return [];
  const partial = sums.cells < cellsOfBasin && !record.flags.includes("partialBasin");
  return [{ ...record, basin, cells: sums.cells, flags: partial ? [...record.flags, "partialBasin"] : record.flags }];
}

export function describeBasins({ basins, cells, cellsSummed, grid, periods, scenarios }: BasinReport): string {
  const left =
    cellsSummed < cells ? `, ${cells - cellsSummed} of them without runoff, withdrawal or area: left out` : "";
  return `Summed ${basins === 1 ? "1 basin" : `${basins} basins`} of the grid "${grid}" over ${cells} cells${left}; ${scenarios.join(", ")}; ${periods.map(formatPeriod).join(", ")}.`;
}
