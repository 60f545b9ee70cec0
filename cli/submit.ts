// `climatebatch submit`: creates a ClimateBatch, which the operator of the cluster computes; the yearly schedule uses it, too.
import { readFile } from "node:fs/promises";
import type { ArgumentsCamelCase, Argv, CommandModule } from "yargs";
import { CALCULATION_REQUESTS, METHODS } from "../model/calculations.ts";
import type { NewClimateBatchSpec } from "../model/climateBatch.ts";
import { systemClock } from "../model/clock.ts";
import { RejectedError } from "../model/errors.ts";
import { parsePeriod } from "../model/periods.ts";
import type { RequestOptions } from "../model/requests.ts";
import { RISKS } from "../model/risks.ts";
import { readScheduledInstant, yearlyRequestKey } from "../model/yearlyRequests.ts";
import type { StoredBatch } from "../operator/context.ts";
import { isAlreadyExists } from "../operator/kube/apiError.ts";
import type { KubeApi } from "../operator/kube/client.ts";
import type { NewClimateBatch } from "../operator/resources/requestedBatch.ts";
import { clusterOptions, withCluster } from "./cluster.ts";
import {
  COMMAND_EXIT_CODES,
  type CommandContext,
  checkWholeNumber,
  jsonOption,
  type OptionsOf,
  parsePeriods,
  print,
  printJson,
} from "./command.ts";
import { type Progress, startProgress } from "./progress.ts";
import { type BatchEnd, follow } from "./submit/follow.ts";
import { buildNewBatch, type GivenBatch, readManifest } from "./submit/newBatch.ts";

function buildOptions(yargs: Argv) {
  return yargs
    .positional("calculation", {
      choices: CALCULATION_REQUESTS,
      demandOption: true,
      describe: "probability, hazard, or all of both",
    })
    .options({
      file: {
        alias: "f",
        type: "string",
        describe:
          "a ClimateBatch, or the fields of its spec, as YAML or JSON; - reads standard input; options here win over it",
        requiresArg: true,
      },
      name: {
        type: "string",
        describe: "name of the ClimateBatch [default: from the key, else made up]",
        requiresArg: true,
      },
      grid: { type: "string", describe: "target grid", requiresArg: true },
      scenario: { type: "array", string: true, describe: "scenarios" },
      period: { type: "array", string: true, describe: "periods FIRST-LAST" },
      "base-period": { type: "string", describe: "what thresholds and changes refer to", requiresArg: true },
      risk: { type: "array", string: true, choices: RISKS, describe: "risks [default: all nine]" },
      methods: { choices: METHODS, describe: "published or predecessor" },
      "cells-per-shard": { type: "number", describe: "cells that one pod computes", requiresArg: true },
      "max-rejected-cells": {
        type: "number",
        describe: "fail when more cells have implausible input",
        requiresArg: true,
      },
      parallelism: { type: "number", describe: "pods at the same time", requiresArg: true },
      publish: { type: "boolean", describe: "--no-publish: compute without showing the results to consumers" },
      "request-key": {
        type: "string",
        describe: "identity for ever: what was computed under this key is not computed again",
        requiresArg: true,
      },
      yearly: {
        type: "string",
        describe: "key yearly/CALCULATION/YEAR, the year in this time zone, such as Asia/Seoul",
        requiresArg: true,
      },
      "scheduled-job": {
        type: "string",
        describe: "name of the CronJob's Job that runs this: its instant gives --yearly the year, however late it runs",
        requiresArg: true,
        implies: "yearly",
      },
      wait: { alias: "w", type: "boolean", default: false, describe: "stay until it is published, or has failed" },
      timeout: { type: "number", default: 86_400, describe: "seconds that --wait waits", requiresArg: true },
      ...clusterOptions,
      ...jsonOption,
    })
    .conflicts("yearly", "request-key")
    .example("$0 submit probability --wait", "everything that the database has data for")
    .example("$0 submit hazard --scenario ssp585 --period 2041-2060 --no-publish", "a look at one scenario and period")
    .example(
      "$0 submit all -f batch.yaml -n climate",
      "with all that a ClimateBatch can say, such as resources of pods",
    )
    .epilogue(
      "Exit codes: 0 created, with --wait published · 1 failed, deleted or not ended in time · 2 refused · 3 computed, not published · 4 no API server.\n" +
        "A batch whose name or key is there already is not made twice: that one is told, and waited for.",
    );
}

type SubmitArguments = ArgumentsCamelCase<OptionsOf<typeof buildOptions>>;

export function makeSubmitCommand({
  signal,
  setExitCode,
}: CommandContext): CommandModule<object, OptionsOf<typeof buildOptions>> {
  return {
    command: "submit <calculation>",
    describe: "ask the operator of a cluster to compute: creates a ClimateBatch",
    builder: buildOptions,
    handler: async (argv) => {
      const wanted = buildNewBatch(readWanted(argv), await readGiven(argv.file));
      checkWholeNumber(argv.timeout, "--timeout", 1);
      await withCluster(argv, async (api, namespace) => {
        const { batch, isNew } = await createOnce(api, wanted, signal);
        const { name } = batch.metadata;
        if (!argv.json) {
          print(`climatebatch ${namespace}/${name} ${isNew ? "created" : "is there already"}`);
          if (!argv.wait) print(`Look: kubectl get climatebatch ${name} -n ${namespace} --watch`);
        }
        const end = argv.wait ? await followToEnd(api, batch, argv, signal) : null;
        if (argv.json) printJson({ name, namespace, created: isNew, ...end });
        else if (end !== null) print(tellEnd(name, end));
        setExitCode(exitCodeOf(end));
      });
    },
  };
}

function readWanted(argv: SubmitArguments) {
  checkWholeNumber(argv.cellsPerShard, "--cells-per-shard", 1);
  checkWholeNumber(argv.maxRejectedCells, "--max-rejected-cells", 0);
  checkWholeNumber(argv.parallelism, "--parallelism", 1);
  const { calculation, grid, methods, parallelism, publish, name, cellsPerShard, maxRejectedCells } = argv;
  const requestKey =
    argv.yearly === undefined
      ? argv.requestKey
      : yearlyRequestKey(calculation, readInstant(argv.scheduledJob), argv.yearly);
  const options: RequestOptions = {
    ...(grid !== undefined && { grid }),
    ...(methods !== undefined && { methods }),
    ...(argv.scenario !== undefined && { scenarios: argv.scenario }),
    ...(argv.period !== undefined && { periods: parsePeriods(argv.period, "--period")! }),
    ...(argv.basePeriod !== undefined && { basePeriod: parsePeriod(argv.basePeriod, "--base-period") }),
    ...(argv.risk !== undefined && { risks: RISKS.filter((risk) => argv.risk!.includes(risk)) }),
    ...(cellsPerShard !== undefined && { cellsPerShard }),
    ...(maxRejectedCells !== undefined && { maxRejectedCells }),
  };
  const more: Partial<NewClimateBatchSpec> = {
    ...(parallelism !== undefined && { parallelism }),
    ...(publish !== undefined && { publish }),
    ...(requestKey !== undefined && { requestKey }),
  };
  return { calculation, options, more, name };
}

function readInstant(jobName: string | undefined): Date {
  const now = systemClock.now();
  return jobName === undefined ? now : readScheduledInstant(jobName, now);
}

async function readGiven(file: string | undefined): Promise<GivenBatch> {
  if (file === undefined) return { metadata: {}, spec: {} };
  try {
    return readManifest(await readFile(file === "-" ? "/dev/stdin" : file, "utf8"), file);
  } catch (cause) {
    if (cause instanceof RejectedError) throw cause;
    throw new RejectedError("NoFile", `-f ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** A name that is taken by a batch of the same key is this batch, from before. */
async function createOnce(
  api: KubeApi<StoredBatch>,
  wanted: NewClimateBatch,
  signal: AbortSignal,
): Promise<{ batch: StoredBatch; isNew: boolean }> {
  try {
    return { batch: await api.climateBatches.create(wanted, signal), isNew: true };
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const name = wanted.metadata.name!;
    const batch = await api.climateBatches.get(name, signal);
    const { requestKey } = wanted.spec;
    if (requestKey !== undefined && batch.spec.requestKey === requestKey) return { batch, isNew: false };
    throw new RejectedError(
      "AlreadyExists",
      `There is a ClimateBatch ${name} already, made for something else. Give another --name, or delete it: kubectl delete climatebatch ${name}`,
      { cause: error },
    );
  }
}

async function followToEnd(
  api: KubeApi<StoredBatch>,
  batch: StoredBatch,
  { json, timeout }: SubmitArguments,
  signal: AbortSignal,
): Promise<BatchEnd> {
  const { name } = batch.metadata;
  let progress: Progress | undefined;
  let toldReason: string | undefined;
  const onLook = ({ status }: StoredBatch) => {
    if (json) return;
    const { total = 0, done = 0 } = status?.shards ?? {};
    if (total > 0) {
      progress ??= startProgress(name, total, "shards");
      progress.update(done);
      return;
    }
    const planned = status?.conditions?.find(({ type }) => type === "Planned");
    if (planned === undefined || planned.reason === toldReason) return;
    toldReason = planned.reason;
    process.stderr.write(`${name}: ${planned.reason}: ${planned.message}\n`);
  };
  try {
    return await follow({ api, batch, timeoutMs: timeout * 1000, clock: systemClock, signal, onLook });
  } catch (error) {
    if (signal.aborted) process.stderr.write(`${name} goes on in the cluster.\n`);
    throw error;
  } finally {
    progress?.stop();
  }
}

function tellEnd(name: string, end: BatchEnd): string {
  switch (end.end) {
    case "published":
      return `${name} is published. ${end.message}`;
    case "complete":
      return `${name} is complete. ${end.message}`;
    case "notPublished":
      return `${name} is complete, not published (${end.reason}): ${end.message}`;
    default:
      return `${name} ${end.end === "failed" ? "failed" : "did not end"} (${end.reason}): ${end.message}`;
  }
}

function exitCodeOf(end: BatchEnd | null): number {
  if (end === null || end.end === "published" || end.end === "complete") return COMMAND_EXIT_CODES.done;
  return end.end === "notPublished" ? COMMAND_EXIT_CODES.notPublished : COMMAND_EXIT_CODES.failed;
}
