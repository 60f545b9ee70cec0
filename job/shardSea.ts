// What is known of the sea for one shard: read once, before its cells, and only when a risk of the batch reads it.
import type { ClientBase } from "pg";
import { readRises, readStations } from "../database/seaLevels.ts";
import type { ClaimedShard } from "../database/shards.ts";
import { tablesOf } from "../model/riskInputs.ts";
import { Sea, STATION_REACH_DEGREES } from "./cellSea.ts";

export async function readSea(
  client: ClientBase,
  specification: ClaimedShard["specification"],
): Promise<Sea | undefined> {
  const { basePeriod, grid, methods, risks } = specification;
  if (!tablesOf(methods, risks).includes("seaLevels")) return undefined;
  return new Sea(await readStations(client, grid, STATION_REACH_DEGREES), await readRises(client), basePeriod);
}
