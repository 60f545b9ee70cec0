// One shard from claim to commit: read a block of cells, compute, write, and again; one transaction, fenced at its end.
import type { ClientBase } from "pg";
import type { Logger } from "pino";
import { type BasinRow, readBasins } from "../database/basinWater.ts";
import { type Cell, prepareReading } from "../database/climateReader.ts";
import { findChangedInputs } from "../database/inputRevisions.ts";
import { ResultWriter } from "../database/resultWriter.ts";
import { describeRisks } from "../database/riskDescriptions.ts";
import { type ClaimedShard, finishShard, inputChanged, type ShardEnd } from "../database/shards.ts";
import { formatPeriod } from "../model/periods.ts";
import type { ShardEvent } from "../model/podContract.ts";
import { seriesOf } from "../model/riskInputs.ts";
import { readAttributes } from "./cellAttributes.ts";
import type { Sea } from "./cellSea.ts";
import { type CellStream, prepareStream, readBlock, readCellsAfter } from "./cellStream.ts";
import { computeCell } from "./computeCell.ts";
import { Rejections } from "./rejections.ts";
import { type Definitions, definitionsOf } from "./risks/registry.ts";
import type { BasinWater, RiskDefinition } from "./risks/riskDefinition.ts";
import type { StormRecord } from "./risks/stormRecord.ts";
import { RiskTally } from "./riskTally.ts";
import { readSea } from "./shardSea.ts";
import { readStormRecord } from "./shardStorms.ts";

/** Computes the shard and commits it, unless another attempt was faster. */
export async function computeShard(
  client: ClientBase,
  shard: ClaimedShard,
  log: Logger,
  signal: AbortSignal,
): Promise<ShardEnd> {
  const changed = await findChangedInputs(client, shard.batchId, "look");
  if (changed.length > 0) throw inputChanged(changed);
  await prepareReading(client);
  await client.query("BEGIN");
  const work = await prepareWork(client, shard);
  const told: Told = {
    writer: new ResultWriter(shard.slots),
    rejections: new Rejections(),
    tally: new RiskTally(),
    log,
  };
  let cellsDone = 0;
  for (let afterCell = shard.firstCell - 1; ; ) {
    signal.throwIfAborted();
    const cells = await readCellsAfter(client, work.stream, afterCell);
    if (cells.length === 0) break;
    await computeBlock(client, cells, work, told);
    await told.writer.write(client);
    afterCell = cells.at(-1)!.cellId;
    cellsDone += cells.length;
    log.info({ event: "progress" satisfies ShardEvent, cells: cellsDone, of: shard.cells });
  }
  signal.throwIfAborted();
  await describeRisks(client, shard.batchId, work.asked);
  const outcome = { resultRows: told.writer.rows, ...told.rejections.outcome() };
  const end = await finishShard(client, shard, outcome);
  await client.query(end === "lost" ? "ROLLBACK" : "COMMIT");
  if (end === "done") {
    for (const line of told.tally.lines()) log.info({ event: "riskComputed" satisfies ShardEvent, ...line });
  }
  return end;
}

/** Where what is computed goes: to the database, and to the log. */
interface Told {
  readonly writer: ResultWriter;
  readonly rejections: Rejections;
  readonly tally: RiskTally;
  readonly log: Logger;
}

interface Work {
  readonly specification: ClaimedShard["specification"];
  readonly definitions: Definitions;
  /** Of the asked risks. */
  readonly asked: readonly RiskDefinition[];
  readonly stream: CellStream;
  readonly storms: StormRecord | undefined;
  readonly sea: Sea | undefined;
}

async function prepareWork(client: ClientBase, shard: ClaimedShard): Promise<Work> {
  const { specification, lastCell } = shard;
  const definitions = definitionsOf(specification);
  const asked = specification.risks.map((risk) => definitions[risk]);
  const wanted = seriesOf(specification.methods, specification.risks);
  return {
    specification,
    definitions,
    asked,
    stream: await prepareStream(client, specification, wanted, lastCell),
    storms: await readStormRecord(client, shard),
    sea: await readSea(client, specification),
  };
}

async function computeBlock(client: ClientBase, cells: readonly Cell[], work: Work, told: Told): Promise<void> {
  const basinsOf = await readBlockBasins(client, work, cells);
  await readBlock(client, work.stream, cells, (cell) => addCell(cell, work, basinsOf, told));
}

/** Water of the basins that the block's cells belong to, by scenario and basin. */
async function readBlockBasins(
  client: ClientBase,
  { specification, stream }: Work,
  cells: readonly Cell[],
): Promise<(scenarioId: number, basin: number | undefined) => BasinWater | undefined> {
  const basins = specification.risks.includes("water_scarcity")
    ? [...new Set(cells.map(({ attributes }) => attributes.basin).filter(isWhole))]
    : [];
  if (basins.length === 0) return () => undefined;
  const scenarioIds = stream.series.map(({ scenarioId }) => scenarioId);
  const found = new Map<string, Map<string, BasinRow>>();
  for (const row of await readBasins(client, specification, scenarioIds, basins)) {
    const key = `${row.scenarioId} ${row.basin}`;
    found.set(key, (found.get(key) ?? new Map<string, BasinRow>()).set(formatPeriod(row.period), row));
  }
  return (scenarioId, basin) => found.get(`${scenarioId} ${basin}`);
}

/** Anything else is refused with the cell's other attributes. */
function isWhole(value: unknown): value is number {
  return Number.isInteger(value);
}

function addCell(
  cell: Cell,
  { definitions, specification, stream, storms, sea }: Work,
  basinsOf: Awaited<ReturnType<typeof readBlockBasins>>,
  { writer, rejections, tally, log }: Told,
): void {
  const { cellId, latitude, longitude, seaConnection: connection } = cell;
  const { basePeriod, periods, risks } = specification;
  const attributes = readAttributes(cell);
  const station = sea?.stationNear(cell) ?? null;
  for (const { scenarioId, axis, daily, monthly, yearly, future, baseSpliced, implausible } of stream.series) {
    const input = {
      latitude,
      longitude,
      axis,
      daily,
      monthly,
      yearly,
      attributes,
      storms,
      future,
      basin: basinsOf(scenarioId, attributes.get("basin")),
      seaLevel: sea && { station, rise: sea.riseAt(cell, future), connection },
      basePeriod,
      baseSpliced,
      periods,
    };
    let startedMs = performance.now();
    for (const computed of computeCell(input, implausible, risks, definitions)) {
      const { risk, told, rejection } = computed;
      tally.add(computed, performance.now() - startedMs);
      for (const result of told) writer.add(cellId, scenarioId, risk, result);
      startedMs = performance.now();
      if (rejection === null) continue;
      rejections.add({ cellId, scenarioId, risk, reason: "implausibleInput", detail: rejection });
      log.warn({ event: "cellRejected" satisfies ShardEvent, risk, latitude, longitude, detail: rejection });
    }
  }
}
