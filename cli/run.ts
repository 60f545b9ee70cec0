// `climatebatch run`: from a request to published results on this machine, taking up an unfinished batch where it stands.
import { availableParallelism } from "node:os";
import type { Client } from "pg";
import type { Argv } from "yargs";
import { type PlannedRequest, planRequest } from "../database/planRequest.ts";
import { readBatchRequest } from "../model/batchRequest.ts";
import { CALCULATION_REQUESTS, METHODS, type Methods } from "../model/calculations.ts";
import { DEFAULT_BASE_PERIOD, formatPeriod, parsePeriod } from "../model/periods.ts";
import { RISKS } from "../model/risks.ts";
import { specificationKey } from "../model/specification.ts";
import { type RunOutcome, runBatch } from "../serve/executor/runBatch.ts";
import {
  type ArgumentsOf,
  COMMAND_EXIT_CODES,
  type CommandContext,
  type CommandOf,
  checkWholeNumber,
  jsonOption,
  parsePeriods,
  print,
  printJson,
} from "./command.ts";
import { databaseOption, type OpenDatabase, withDatabase } from "./database.ts";
import { methodsFileOption, readGivenMethods } from "./methodsFile.ts";
import { flag, list, number, text } from "./optionKinds.ts";
import { printSummary } from "./summary.ts";
import { watchOnTerminal } from "./terminalWatch.ts";

export function makeRunCommand(context: CommandContext): CommandOf<typeof buildOptions> {
  return {
    command: "run <calculation>",
    describe: "compute probability, hazard or all on this machine and publish the results",
    builder: buildOptions,
    handler: (argv) =>
      withDatabase(argv, "run", async (database) => {
        const taken = await takeBatch(database.client, argv);
        await runAndReport(database, taken, argv, argv.calculation, context);
      }),
  };
}

function buildOptions(yargs: Argv) {
  return yargs
    .positional("calculation", {
      choices: CALCULATION_REQUESTS,
      demandOption: true,
      describe: "probability: P(H) by bin with damage rates; hazard: Hazard Score; all: both from one read",
    })
    .options({
      grid: { ...text, describe: "target grid [default: the only one]" },
      scenario: { ...list, describe: "scenarios [default: all with data that are nobody's parent]" },
      period: {
        ...list,
        describe: "periods FIRST-LAST [default: 2021-2040 2041-2060 2061-2080 2081-2100, as far as there are data]",
      },
      "base-period": {
        ...text,
        default: formatPeriod(DEFAULT_BASE_PERIOD),
        describe: "what thresholds and changes refer to; always computed too",
      },
      risk: { ...list, choices: RISKS, describe: "risks [default: all]" },
      methods: {
        choices: METHODS,
        default: "published" as Methods,
        describe: "published: the documented science; predecessor: the numbers of the system before",
      },
      ...methodsFileOption,
      workers: {
        ...number,
        default: availableParallelism(),
        describe: "shards computed at the same time, a process and a database connection each",
      },
      "cells-per-shard": {
        ...number,
        describe: "how the work is cut; results do not depend on it [default: by cells and workers]",
      },
      "max-rejected-cells": { ...number, describe: "fail when more cells have implausible input [default: no limit]" },
      publish: {
        type: "boolean",
        default: true,
        describe: "show the results to consumers when the batch is complete (--no-publish: not)",
      },
      "replace-grid": { ...flag, describe: "publish even if the published results cover another grid" },
      new: { ...flag, describe: "start a new batch although an unfinished one asks for the same" },
      ...jsonOption,
      ...databaseOption,
    })
    .example("$0 run all", "everything that the database has data for")
    .example("$0 run hazard --scenario ssp585 --period 2041-2060 --no-publish", "a look at one scenario and period")
    .epilogue(
      "An unfinished batch of the same request and inputs is taken up where it stands; only missing shards are computed.",
    );
}

type RunArguments = ArgumentsOf<typeof buildOptions>;

async function takeBatch(client: Client, argv: RunArguments): Promise<PlannedRequest> {
  checkWholeNumber(argv.workers, "--workers", 1);
  checkWholeNumber(argv.cellsPerShard, "--cells-per-shard", 1);
  checkWholeNumber(argv.maxRejectedCells, "--max-rejected-cells", 0);
  const { calculation, methods, grid, cellsPerShard, maxRejectedCells } = argv;
  const given = {
    ...{ calculation, methods, grid, risks: argv.risk, scenarios: argv.scenario },
    periods: parsePeriods(argv.period, "--period"),
    basePeriod: parsePeriod(argv.basePeriod, "--base-period"),
    ...{ cellsPerShard, maxRejectedCells },
  };
  const request = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const planned = (await planRequest(client, readBatchRequest(request, "Invalid request"), {
    parallelism: argv.workers,
    parallelismSetting: "--workers",
    overrides: await readGivenMethods(argv),
    resumes: !argv.new,
  }))!;
  const { batchId, cells, shards, doneShards } = planned.batch;
  if (planned.isNew) {
    process.stderr.write(`batch ${batchId}: ${cells} cells in ${shards} shards, ${argv.workers} at a time\n`);
    return planned;
  }
  process.stderr.write(
    `resuming batch ${batchId} of the same request and inputs: ${doneShards} of ${shards} shards are done (--new starts another)\n`,
  );
  if (cellsPerShard !== undefined || maxRejectedCells !== undefined)
    process.stderr.write("--cells-per-shard and --max-rejected-cells stay as they were when it was planned\n");
  return planned;
}

/** Runs the batch on this machine, tells how it ended, and sets the exit code by that; `purpose` stands beside its progress. */
export async function runAndReport(
  { client, url }: OpenDatabase,
  planned: PlannedRequest,
  options: {
    readonly workers: number;
    readonly publish: boolean;
    readonly replaceGrid: boolean;
    readonly json: boolean;
  },
  purpose: string,
  { signal, setExitCode }: CommandContext,
): Promise<RunOutcome> {
  const { batchId } = planned.batch;
  const { workers, publish, replaceGrid } = options;
  const watch = watchOnTerminal(`batch ${batchId} ${purpose}`);
  const outcome = await runBatch(client, { databaseUrl: url, batchId, watch, workers, publish, replaceGrid }, signal);
  await describeOutcome(client, planned, outcome, options.json);
  setExitCode(exitCodeOf(outcome));
  return outcome;
}

async function describeOutcome(
  client: Client,
  { batch, specification }: PlannedRequest,
  outcome: RunOutcome,
  json: boolean,
): Promise<void> {
  const { batchId } = batch;
  if (json)
    return printJson({
      batchId,
      cells: batch.cells,
      shards: batch.shards,
      specification,
      key: specificationKey(specification),
      ...outcome,
    });
  switch (outcome.state) {
    case "published":
      await printSummary(client, batchId, specification);
      return print(`Batch ${batchId} is published.`);
    case "notPublished":
      await printSummary(client, batchId, specification);
      return print(`Batch ${batchId} is complete, not published (${outcome.reason}): ${outcome.message}`);
    case "failed":
      return print(
        `Batch ${batchId} failed (${outcome.reason}): ${outcome.message}\nDetails: climatebatch logs ${batchId}. When the cause is gone: climatebatch retry ${batchId}`,
      );
    case "interrupted":
      return print(`Stopped; what is done is kept. Go on with the same command.`);
    default:
      throw new Error(`no such outcome: ${JSON.stringify(outcome satisfies never)}`);
  }
}

function exitCodeOf(outcome: RunOutcome): number {
  switch (outcome.state) {
    case "published":
      return COMMAND_EXIT_CODES.done;
    case "notPublished":
      return outcome.reason === "AsRequested" ? COMMAND_EXIT_CODES.done : COMMAND_EXIT_CODES.notPublished;
    case "failed":
      return COMMAND_EXIT_CODES.failed;
    case "interrupted":
      return COMMAND_EXIT_CODES.interrupted;
    default:
      throw new Error(`no such outcome: ${JSON.stringify(outcome satisfies never)}`);
  }
}
