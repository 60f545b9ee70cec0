// The record of storms for one shard: read once, before its cells, and only when a risk of the batch reads it.
import type { ClientBase } from "pg";
import type { ClaimedShard } from "../database/shards.ts";
import { readCellBounds, readStorms, readStormYears } from "../database/stormReader.ts";
import { tablesOf } from "../model/riskInputs.ts";
import { type StormRecord, StormRecordBuilder } from "./risks/stormRecord.ts";

export async function readStormRecord(
  client: ClientBase,
  { specification, firstCell, lastCell }: Pick<ClaimedShard, "specification" | "firstCell" | "lastCell">,
): Promise<StormRecord | undefined> {
  const { grid, methods, risks } = specification;
  if (!tablesOf(methods, risks).includes("storms")) return undefined;
  const years = await readStormYears(client);
  if (years === null) return undefined;
  const builder = new StormRecordBuilder(years, await readCellBounds(client, { grid, firstCell, lastCell }));
  await readStorms(client, (track) => builder.add(track));
  return builder.build();
}
