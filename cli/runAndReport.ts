// A batch run on this machine to its end: progress, the summary of what was computed, and the exit code.
import type { Client } from "pg";
import { PATIENCE_MS } from "../database/connect.ts";
import type { PlannedRequest } from "../database/planRequest.ts";
import { isPassing } from "../database/troubles.ts";
import { coerceError } from "../model/errors.ts";
import { specificationKey } from "../model/specification.ts";
import { type RunOutcome, runBatch } from "../serve/executor/runBatch.ts";
import { COMMAND_EXIT_CODES, type CommandContext } from "./command.ts";
import type { OpenDatabase } from "./database.ts";
import { print, printJson, resumingCommand } from "./printing.ts";
import { printSummary } from "./summary.ts";
import { watchOnTerminal } from "./terminalWatch.ts";

/** `purpose`: the label of its progress. */
export async function runAndReport(
  database: OpenDatabase,
  planned: PlannedRequest,
  options: {
    readonly workers: number;
    readonly publish: boolean;
    readonly replaceGrid: boolean;
    readonly allowFewer: boolean;
    readonly json: boolean;
    /** What is printed of the results. */
    readonly summary?: typeof printSummary;
  },
  purpose: string,
  { signal, setExitCode }: CommandContext,
): Promise<RunOutcome> {
  const { batchId } = planned.batch;
  const { allowFewer, publish, replaceGrid, workers } = options;
  const watch = watchOnTerminal(`batch ${batchId} ${purpose}`);
  const run = ({ client, url, replicas }: OpenDatabase) =>
    runBatch(client, { databaseUrl: url, replicas, batchId, watch, workers, publish, replaceGrid, allowFewer }, signal);
  const { outcome, client } = await runThroughOutages(database, run, signal);
  await describeOutcome(client, planned, outcome, options.json, options.summary ?? printSummary);
  setExitCode(exitCodeOf(outcome));
  return outcome;
}

/** A database that is lost is waited for, once for all shards; those that are done are kept. */
async function runThroughOutages(
  database: OpenDatabase,
  run: (database: OpenDatabase) => Promise<RunOutcome>,
  signal: AbortSignal,
): Promise<{ readonly outcome: RunOutcome; readonly client: Client }> {
  try {
    return { outcome: await run(database), client: database.client };
  } catch (thrown) {
    const error = coerceError(thrown);
    if (signal.aborted || !isPassing(error)) throw error;
    process.stderr.write(`Lost the database (${error.message}). Waiting up to ${PATIENCE_MS / 1000} s for it …\n`);
    const again = await database.reopen();
    process.stderr.write("The database is back; the shards that are not done are computed.\n");
    return runThroughOutages(again, run, signal);
  }
}

async function describeOutcome(
  client: Client,
  { batch, specification }: PlannedRequest,
  outcome: RunOutcome,
  json: boolean,
  summarise: typeof printSummary,
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
      await summarise(client, batchId, specification);
      return print(`Batch ${batchId} is published.`);
    case "notPublished":
      await summarise(client, batchId, specification);
      return print(`Batch ${batchId} is complete, not published (${outcome.reason}): ${outcome.message}`);
    case "failed":
      return print(
        `Batch ${batchId} failed (${outcome.reason}): ${outcome.message}\nDetails: climatebatch logs ${batchId}. When the cause is fixed: climatebatch retry ${batchId}`,
      );
    case "interrupted":
      return print(`Stopped; finished shards are kept. Resume: ${resumingCommand()}`);
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
