// The batch that tests of the operator ask for again and again: twelve cells in six shards, on the climate of climate.ts.
import type { NewClimateBatchSpec } from "../../model/climateBatch.ts";
import { writePastAndFuture } from "./climate.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";

export const CELLS = 12;
export const SHARDS = 6;
/** The 8th of them has a day of 999 degC. */
const IMPLAUSIBLE_CELL = 7;

export const SIX_SHARDS: NewClimateBatchSpec = {
  calculation: "All",
  cellsPerShard: CELLS / SHARDS,
  parallelism: 2,
  scenarios: ["future"],
  periods: [{ startYear: 2021, endYear: 2040 }],
};

/** To make others from: no one is connected to it. */
export async function createClimate(): Promise<TestDatabase> {
  const climate = await createTestDatabase();
  await writePastAndFuture(climate.client, { cells: CELLS, implausible: [IMPLAUSIBLE_CELL] });
  await climate.client.end();
  return climate;
}
