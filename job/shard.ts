// One shard from claim to commit: read a block of cells, compute, write, and again; one transaction, fenced at its end.
import type { ClientBase } from "pg";
import type { Logger } from "pino";
import { type Cell, prepareReading, readCells, readSeriesRows } from "../database/climateReader.ts";
import { findChangedInputs } from "../database/inputRevisions.ts";
import { ResultWriter } from "../database/resultWriter.ts";
import { describeRisks } from "../database/riskDescriptions.ts";
import { readScenarioSeries } from "../database/scenarios.ts";
import { type ClaimedShard, finishShard, inputChanged, type ShardEnd } from "../database/shards.ts";
import { yearsIn } from "../model/periods.ts";
import type { ShardEvent } from "../model/podContract.ts";
import { FREQUENCIES, type Frequency, type VariablesByFrequency } from "../model/variables.ts";
import { readAttributes } from "./cellAttributes.ts";
import type { Sea } from "./cellSea.ts";
import { ScenarioSeries } from "./cellSeries.ts";
import { computeCell } from "./computeCell.ts";
import { Rejections } from "./rejections.ts";
import { RISK_DEFINITIONS } from "./risks/registry.ts";
import type { StormRecord } from "./risks/stormRecord.ts";
import { RiskTally } from "./riskTally.ts";
import { readSea } from "./shardSea.ts";
import { readStormRecord } from "./shardStorms.ts";

/** Of series in memory on the way from the database; a block has as many cells as fit, at least one. */
const BLOCK_BYTES = 4 << 20;
const BLOCK_CELLS_MAX = 256;
/** A row of one year: its values, and its key and lengths around them. */
const ROW_BYTES = 64;
const YEAR_BYTES: Readonly<Record<Frequency, number>> = {
  daily: ROW_BYTES + 366 * Float32Array.BYTES_PER_ELEMENT,
  monthly: ROW_BYTES + 12 * Float32Array.BYTES_PER_ELEMENT,
  yearly: ROW_BYTES + Float32Array.BYTES_PER_ELEMENT,
};

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
    const cells = await readCells(client, { ...work.range, afterCell, limit: work.blockCells });
    if (cells.length === 0) break;
    await computeBlock(client, cells, work, told);
    await told.writer.write(client);
    afterCell = cells.at(-1)!.cellId;
    cellsDone += cells.length;
    log.info({ event: "progress" satisfies ShardEvent, cells: cellsDone, of: shard.cells });
  }
  signal.throwIfAborted();
  await describeRisks(client, shard.batchId, work.definitions);
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
  readonly series: readonly ScenarioSeries[];
  readonly wanted: VariablesByFrequency;
  readonly definitions: readonly NonNullable<(typeof RISK_DEFINITIONS)[keyof typeof RISK_DEFINITIONS]>[];
  readonly storms: StormRecord | undefined;
  readonly sea: Sea | undefined;
  readonly range: { readonly grid: string; readonly scenarioIds: readonly number[]; readonly lastCell: number };
  readonly blockCells: number;
}

async function prepareWork(client: ClientBase, shard: ClaimedShard): Promise<Work> {
  const { specification, lastCell } = shard;
  const definitions = specification.risks
    .map((risk) => RISK_DEFINITIONS[risk])
    .filter((definition) => definition !== null);
  const wanted = Object.fromEntries(
    FREQUENCIES.map((frequency) => [
      frequency,
      [...new Set(definitions.flatMap(({ inputs }) => inputs[frequency] ?? []))].sort(),
    ]),
  ) satisfies VariablesByFrequency;
  const described = await readScenarioSeries(client, specification.scenarios);
  const series = described.map((one) => new ScenarioSeries(one, wanted, specification.basePeriod));
  const segments = new Map(
    described.flatMap((one) => one.segments.map((segment) => [segment.scenarioId, yearsIn(segment)])),
  );
  let yearBytes = 0;
  for (const frequency of FREQUENCIES) yearBytes += wanted[frequency]!.length * YEAR_BYTES[frequency];
  let cellBytes = 0;
  for (const years of segments.values()) cellBytes += years * yearBytes;
  return {
    specification,
    series,
    wanted,
    definitions,
    storms: await readStormRecord(client, shard),
    sea: await readSea(client, specification),
    range: { grid: specification.grid, scenarioIds: [...segments.keys()], lastCell },
    blockCells: Math.min(BLOCK_CELLS_MAX, Math.max(1, Math.floor(BLOCK_BYTES / Math.max(1, cellBytes)))),
  };
}

/** Rows arrive cell after cell: a cell is computed as soon as the next one's first row is seen. */
async function computeBlock(client: ClientBase, cells: readonly Cell[], work: Work, told: Told): Promise<void> {
  let at = 0;
  const computeUpTo = (cellId: number) => {
    for (; at < cells.length && cells[at]!.cellId < cellId; at++) {
      tellCell(cells[at]!, work, told);
      for (const series of work.series) series.clear();
    }
  };
  const range = { ...work.range, wanted: work.wanted, firstCell: cells[0]!.cellId, lastCell: cells.at(-1)!.cellId };
  await readSeriesRows(client, range, (cellId, scenarioId, frequency, variable, year, bytes, offset, length) => {
    computeUpTo(cellId);
    // Cells of other grids may lie between ours.
    if (cells[at]?.cellId !== cellId) return;
    for (const series of work.series) series.accept(scenarioId, frequency, variable, year, bytes, offset, length);
  });
  computeUpTo(Number.POSITIVE_INFINITY);
}

function tellCell(cell: Cell, work: Work, { writer, rejections, tally, log }: Told): void {
  const { cellId, latitude, longitude, seaConnection: connection } = cell;
  const { specification, series, sea, storms } = work;
  const { basePeriod, periods, risks } = specification;
  const attributes = readAttributes(cell);
  const station = sea?.stationNear(cell) ?? null;
  for (const { scenarioId, axis, daily, monthly, yearly, future, baseSpliced, implausible } of series) {
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
      seaLevel: sea && { station, rise: sea.riseAt(cell, future), connection },
      basePeriod,
      baseSpliced,
      periods,
    };
    let startedMs = performance.now();
    for (const computed of computeCell(input, implausible, risks)) {
      const { risk, told, rejection } = computed;
      tally.add(computed, performance.now() - startedMs);
      for (const result of told) writer.add(cellId, scenarioId, risk, result);
      startedMs = performance.now();
      if (rejection === null) continue;
      const isNew = rejections.add({ cellId, scenarioId, risk, reason: "implausibleInput", detail: rejection });
      if (isNew) log.warn({ event: "cellRejected" satisfies ShardEvent, risk, latitude, longitude, detail: rejection });
    }
  }
}
