// What a shard reads beside the series of its cells: one reader for each table.
import type { ClientBase } from "pg";
import { type BasinRow, readBasins } from "../database/basinWater.ts";
import type { Cell } from "../database/climateReader.ts";
import { readRises, readStations } from "../database/seaLevels.ts";
import type { ClaimedShard } from "../database/shards.ts";
import { readCellBounds, readStorms, readStormYears } from "../database/stormReader.ts";
import { formatPeriod } from "../model/periods.ts";
import { type SideTable, tablesOf } from "../model/riskInputs.ts";
import { Sea, STATION_REACH_DEGREES } from "./cellSea.ts";
import type { CellSeries } from "./cellSeries.ts";
import type { CellInput } from "./risks/riskDefinition.ts";
import { type StormRecord, StormRecordBuilder } from "./risks/stormRecord.ts";

export type ReadShard = Pick<ClaimedShard, "specification" | "firstCell" | "lastCell">;
type Scenario = Pick<CellSeries, "scenarioId" | "future">;

export interface BesideSeries {
  /** Called before each block of cells. */
  readBlock?(client: ClientBase, cells: readonly Cell[], scenarioIds: readonly number[]): Promise<void>;
  /** The part of a cell's input under each scenario. */
  inputsOf(cell: Cell): (scenario: Scenario) => Partial<CellInput>;
}

const READERS: Readonly<Record<SideTable, (client: ClientBase, shard: ReadShard) => Promise<BesideSeries>>> = {
  async storms(client, shard) {
    const storms = await readStormRecord(client, shard);
    return { inputsOf: () => () => ({ storms }) };
  },
  async sea(client, { specification: { basePeriod, grid } }) {
    const sea = new Sea(await readStations(client, grid, STATION_REACH_DEGREES), await readRises(client), basePeriod);
    return {
      inputsOf(cell) {
        const station = sea.stationNear(cell);
        return ({ future }) => ({
          seaLevel: { station, rise: sea.riseAt(cell, future), connection: cell.seaConnection },
        });
      },
    };
  },
  async basins(_, { specification }) {
    /** By scenario and basin, the basin's water by period. */
    const found = new Map<string, Map<string, BasinRow>>();
    return {
      async readBlock(client, cells, scenarioIds) {
        found.clear();
        const basins = [...new Set(cells.map(({ attributes }) => attributes.basin).filter(isWhole))];
        if (basins.length === 0) return;
        for (const row of await readBasins(client, specification, scenarioIds, basins)) {
          const key = `${row.scenarioId} ${row.basin}`;
          found.set(key, (found.get(key) ?? new Map<string, BasinRow>()).set(formatPeriod(row.period), row));
        }
      },
      inputsOf:
        ({ attributes }) =>
        ({ scenarioId }) => ({ basin: found.get(`${scenarioId} ${attributes.basin}`) }),
    };
  },
};

/** One for each table that the shard's risks read. */
export async function readBesideSeries(client: ClientBase, shard: ReadShard): Promise<readonly BesideSeries[]> {
  const { methods, risks } = shard.specification;
  const read: BesideSeries[] = [];
  for (const table of tablesOf(methods, risks)) read.push(await READERS[table](client, shard));
  return read;
}

/** The storms that can be felt in the shard; undefined when none were ever loaded. */
export async function readStormRecord(
  client: ClientBase,
  { specification: { grid }, firstCell, lastCell }: ReadShard,
): Promise<StormRecord | undefined> {
  const years = await readStormYears(client);
  if (years === null) return undefined;
  const builder = new StormRecordBuilder(years, await readCellBounds(client, { grid, firstCell, lastCell }));
  await readStorms(client, (track) => builder.add(track));
  return builder.build();
}

/** Any other basin is refused with the cell's other attributes. */
function isWhole(value: unknown): value is number {
  return Number.isInteger(value);
}
