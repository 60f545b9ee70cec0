// From the words of `climatebatch submit` to a ClimateBatch, made once, and followed to its end on request.
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { RequestOptions } from "../../model/batchRequest.ts";
import type { NewClimateBatchSpec } from "../../model/climateBatch.ts";
import { systemClock } from "../../model/clock.ts";
import { RejectedError } from "../../model/errors.ts";
import { RISKS } from "../../model/risks.ts";
import { readScheduledInstant, yearlyRequestKey } from "../../model/yearlyRequests.ts";
import type { StoredBatch } from "../../operator/context.ts";
import { isAlreadyExists } from "../../operator/kube/apiError.ts";
import type { KubeApi } from "../../operator/kube/client.ts";
import type { NewClimateBatch } from "../../operator/objects/requestedBatch.ts";
import { COMMAND_EXIT_CODES, type CommandContext } from "../command.ts";
import type { ArgumentsOf } from "../options.ts";
import { print, printJson } from "../printing.ts";
import { type Progress, startProgress } from "../progress.ts";
import { withCluster } from "../withCluster.ts";
import { type BatchEnd, follow } from "./follow.ts";
import { buildNewBatch, type GivenBatch, readManifest, type Wanted } from "./newBatch.ts";
import type { submitUsage } from "./usage.ts";

type SubmitArguments = ArgumentsOf<typeof submitUsage>;

export async function submitBatch(argv: SubmitArguments, { signal, setExitCode }: CommandContext): Promise<void> {
  refuseContradictions(argv);
  const wanted = buildNewBatch(readWanted(argv), await readGiven(argv.file));
  await withCluster(argv, async (api, namespace) => {
    const { batch, isNew } = await createOnce(api, wanted, signal);
    const { name } = batch.metadata;
    if (!argv.json) {
      print(`climatebatch ${namespace}/${name} ${isNew ? "created" : "is there already"}`);
      if (!argv.wait) print(`Look: kubectl get climatebatch ${name} -n ${namespace} --watch`);
    }
    const end = argv.wait ? await followToEnd(api, batch, argv, signal) : null;
    if (argv.json) printJson({ name, namespace, created: isNew, ...end });
    else if (end !== null) print(describeEnd(name, end));
    setExitCode(exitCodeOf(end));
  });
}

function refuseContradictions({ requestKey, scheduledJob, yearly }: SubmitArguments): void {
  if (yearly !== undefined && requestKey !== undefined)
    throw new RejectedError("InvalidOption", "--yearly makes the key: leave --request-key out.");
  if (scheduledJob !== undefined && yearly === undefined)
    throw new RejectedError(
      "InvalidOption",
      "Missing required option --yearly ZONE, which --scheduled-job gives the year to.",
    );
}

function readWanted(argv: SubmitArguments): Wanted {
  const { calculation, grid, methods, parallelism, publish, name, cellsPerShard, maxRejectedCells } = argv;
  const requestKey =
    argv.yearly === undefined
      ? argv.requestKey
      : yearlyRequestKey(calculation, readInstant(argv.scheduledJob), argv.yearly);
  const options: RequestOptions = {
    ...(grid !== undefined && { grid }),
    ...(methods !== undefined && { methods }),
    ...(argv.scenario !== undefined && { scenarios: argv.scenario }),
    ...(argv.period !== undefined && { periods: argv.period }),
    ...(argv.basePeriod !== undefined && { basePeriod: argv.basePeriod }),
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
    if (file === "-") return readManifest(await text(process.stdin), "standard input");
    return readManifest(await readFile(file, "utf8"), file);
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
  let shownReason: string | undefined;
  const onLook = ({ status }: StoredBatch) => {
    if (json) return;
    const { total = 0, done = 0 } = status?.shards ?? {};
    if (total > 0) {
      progress ??= startProgress(name, total, "shards");
      progress.update(done);
      return;
    }
    const planned = status?.conditions?.find(({ type }) => type === "Planned");
    if (planned === undefined || planned.reason === shownReason) return;
    shownReason = planned.reason;
    process.stderr.write(`${name}: ${planned.reason}: ${planned.message}\n`);
  };
  try {
    return await follow({ api, batch, timeoutMs: timeout * 1000, clock: systemClock, signal, onLook });
  } catch (error) {
    if (signal.aborted) process.stderr.write(`${name} continues in the cluster.\n`);
    throw error;
  } finally {
    progress?.stop();
  }
}

function describeEnd(name: string, end: BatchEnd): string {
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
