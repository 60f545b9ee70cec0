// One shard from claim to commit: read a block of cells, compute, write, and again; one transaction, fenced at its end.
import type { ClientBase } from "pg";
import type { Logger } from "pino";
import type { Cell } from "../database/climateReader.ts";
import { findChangedInputs } from "../database/inputRevisions.ts";
import { ResultWriter } from "../database/resultWriter.ts";
import { describeRisks } from "../database/riskDescriptions.ts";
import { type ClaimedShard, finishShard, inputChanged, type ShardEnd } from "../database/shards.ts";
import { METHODS_VERSIONS } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";
import type { ShardEvent } from "../model/podContract.ts";
import { seriesOf } from "../model/riskInputs.ts";
import { type BesideSeries, readBesideSeries } from "./besideSeries.ts";
import { readAttributes } from "./cellAttributes.ts";
import { type CellStream, prepareStream, readBlock, readCellsAfter } from "./cellStream.ts";
import { computeCell } from "./computeCell.ts";
import { Rejections } from "./rejections.ts";
import { type Definitions, definitionsOf } from "./risks/registry.ts";
import type { CellInput, RiskDefinition } from "./risks/riskDefinition.ts";
import { RiskTally } from "./riskTally.ts";
import type { ShardInput } from "./shardInput.ts";

/** Computes the shard and commits it through `client`, unless another attempt was faster. */
export async function computeShard(
  client: ClientBase,
  input: ShardInput,
  shard: ClaimedShard,
  log: Logger,
  signal: AbortSignal,
): Promise<ShardEnd> {
  const changed = await findChangedInputs(client, shard.batchId, "look");
  if (changed.length > 0) throw inputChanged(changed);
  refuseOtherMethods(shard);
  await client.query("BEGIN");
  const output: ShardOutput = {
    writer: new ResultWriter(shard.slots),
    rejections: new Rejections(),
    tally: new RiskTally(),
    crossed: { series: 0, days: 0 },
    log,
  };
  const progress = { afterCell: shard.firstCell - 1, cells: 0 };
  const describe = (cell: Cell, work: Work) => {
    addCell(cell, work, output);
    progress.afterCell = cell.cellId;
    progress.cells++;
  };
  let work = await input.read((reader) => prepareWork(reader, shard));
  for (let isEnded = false; !isEnded; ) {
    signal.throwIfAborted();
    // What a lost standby has given is complete up to a cell; the primary has the same after it.
    const read = await input.tryRead(async (reader) => {
      const cells = await readCellsAfter(reader, work.stream, progress.afterCell);
      if (cells.length > 0) await computeBlock(reader, cells, work, (cell) => describe(cell, work));
      return cells.length;
    });
    if (read === "lost") work = await input.read((reader) => prepareWork(reader, shard));
    isEnded = read === 0;
    await output.writer.write(client);
    if (!isEnded) log.info({ event: "progress" satisfies ShardEvent, cells: progress.cells, of: shard.cells });
  }
  signal.throwIfAborted();
  await describeRisks(client, shard.batchId, work.requested, METHODS_VERSIONS[shard.specification.methods]);
  const { rows: resultRows } = output.writer;
  const outcome = { resultRows, replicaTrouble: input.trouble, ...output.rejections.outcome() };
  const end = await finishShard(client, shard, outcome);
  await client.query(end === "lost" ? "ROLLBACK" : "COMMIT");
  if (end === "done") {
    if (output.crossed.days > 0) log.warn({ event: "crossedDays" satisfies ShardEvent, ...describeCrossed(output) });
    for (const line of output.tally.lines()) log.info({ event: "riskComputed" satisfies ShardEvent, ...line });
  }
  return end;
}

function describeCrossed({ crossed: { series, days } }: ShardOutput): { days: number; message: string } {
  const where = `${series} series of ${series === 1 ? "a cell" : "cells"}`;
  return { days, message: `tasmax is more than 0.5 K below tasmin on ${days} days of ${where}: missing in both` };
}

/** A batch planned by one version of the methods and computed by another would mix both. */
function refuseOtherMethods({ batchId, specification: { methods, methodsVersion = 1 } }: ClaimedShard): void {
  const ours = METHODS_VERSIONS[methods];
  if (methodsVersion === ours) return;
  throw new RejectedError(
    "MethodsChanged",
    `Batch ${batchId} was planned for version ${methodsVersion} of the methods ${methods}, but this program computes by version ${ours}. Its results would mix both; start a new batch.`,
  );
}

/** Where what is computed goes: to the database, and to the log. */
interface ShardOutput {
  readonly writer: ResultWriter;
  readonly rejections: Rejections;
  readonly tally: RiskTally;
  /** Series with days whose highest temperature is below the lowest, and those days. */
  readonly crossed: { series: number; days: number };
  readonly log: Logger;
}

interface Work {
  readonly specification: ClaimedShard["specification"];
  readonly definitions: Definitions;
  /** Of the requested risks. */
  readonly requested: readonly RiskDefinition[];
  readonly stream: CellStream;
  readonly beside: readonly BesideSeries[];
}

async function prepareWork(client: ClientBase, shard: ClaimedShard): Promise<Work> {
  const { specification, lastCell } = shard;
  const definitions = definitionsOf(specification);
  const requested = specification.risks.map((risk) => definitions[risk]!);
  const wanted = seriesOf(specification.methods, specification.risks);
  return {
    specification,
    definitions,
    requested,
    stream: await prepareStream(client, specification, wanted, lastCell),
    beside: await readBesideSeries(client, shard),
  };
}

async function computeBlock(
  client: ClientBase,
  cells: readonly Cell[],
  work: Work,
  onCell: (cell: Cell) => void,
): Promise<void> {
  const scenarioIds = work.stream.series.map(({ scenarioId }) => scenarioId);
  for (const one of work.beside) await one.readBlock?.(client, cells, scenarioIds);
  await readBlock(client, work.stream, cells, onCell);
}

function addCell(
  cell: Cell,
  { beside, definitions, specification, stream }: Work,
  { writer, rejections, tally, crossed, log }: ShardOutput,
): void {
  const { cellId, latitude, longitude } = cell;
  const { basePeriod, periods, risks } = specification;
  const attributes = readAttributes(cell);
  const inputsOf = beside.map((one) => one.inputsOf(cell));
  for (const scenario of stream.series) {
    const { scenarioId, axis, daily, monthly, yearly, crossedDays, future, joint, implausible } = scenario;
    if (crossedDays > 0) crossed.series++;
    crossed.days += crossedDays;
    let input: CellInput = {
      latitude,
      longitude,
      axis,
      daily,
      monthly,
      yearly,
      crossedDays,
      attributes,
      future,
      basePeriod,
      joint,
      periods,
    };
    for (const inputOf of inputsOf) input = { ...input, ...inputOf(scenario) };
    let startedMs = performance.now();
    for (const computed of computeCell(input, implausible, risks, definitions)) {
      const { risk, results, rejection } = computed;
      tally.add(computed, performance.now() - startedMs);
      for (const result of results) writer.add(cellId, scenarioId, risk, result);
      startedMs = performance.now();
      if (rejection === null) continue;
      rejections.add({ cellId, scenarioId, risk, reason: "implausibleInput", detail: rejection });
      log.warn({ event: "cellRejected" satisfies ShardEvent, risk, latitude, longitude, detail: rejection });
    }
  }
}
