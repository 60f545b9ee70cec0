// The program of one shard, the same in a pod and in a child process: environment → claim → compute → exit code.
import { hostname } from "node:os";
import type { Client } from "pg";
import { connect, leave, PATIENCE_MS } from "../database/connect.ts";
import { checkSchemaVersion } from "../database/migrate.ts";
import { locateReplicas } from "../database/replicas.ts";
import { claimShard, countRejectedCells, failShard, tooManyRejectedCells } from "../database/shards.ts";
import { watchForSilence } from "../database/silence.ts";
import { isPassing } from "../database/troubles.ts";
import { systemClock } from "../model/clock.ts";
import { coerceError, RejectedError, TransientError } from "../model/errors.ts";
import { BATCH_ENDING_REASONS, EXIT_CODES, type ShardEvent } from "../model/podContract.ts";
import { makeLog } from "../telemetry/log.ts";
import { type JobConfig, readJobConfig } from "./config.ts";
import { computeShard } from "./shard.ts";
import { openInput } from "./shardInput.ts";

const TAKEN_OVER = "another attempt took this shard over; nothing was written";

const log = makeLog({ isTerminal: process.stdout.isTTY });

async function main(signal: AbortSignal): Promise<number> {
  let config: JobConfig;
  try {
    config = readJobConfig(process.env);
  } catch (error) {
    return report(error);
  }
  const { batchId, jobAttempt, completionIndex } = config;
  const started = performance.now();
  const client = await open(config);
  try {
    using _watch = await watchForSilence(client, config.readUrl, { clock: systemClock });
    await checkSchemaVersion(client);
    const worker = `${hostname()}/${process.pid}`;
    const shard = await claimShard(client, { batchId, jobAttempt, completionIndex, worker });
    if (shard === null) {
      log.info({ event: "alreadyDone" satisfies ShardEvent, batchId, completionIndex });
      return EXIT_CODES.done;
    }
    log.info({
      event: "started" satisfies ShardEvent,
      batchId,
      shard: shard.shard,
      attempt: shard.attempt,
      cells: shard.cells,
    });
    try {
      const replicas = locateReplicas(config.replicas, await config.readUrl());
      await using input = await openInput({ primary: client, replicas, shard, ...config.replicas, log, signal });
      const end = await computeShard(client, input, shard, log, signal);
      const seconds = Math.round(performance.now() - started) / 1000;
      if (end === "lost") log.warn({ event: "stopped" satisfies ShardEvent, message: TAKEN_OVER });
      else log.info({ event: "done" satisfies ShardEvent, batchId, shard: shard.shard, cells: shard.cells, seconds });
      if (end !== "tooManyRejectedCells") return end === "done" ? EXIT_CODES.done : EXIT_CODES.retry;
      const rejected = await countRejectedCells(client, batchId);
      return report(tooManyRejectedCells(batchId, rejected, shard.maxRejectedCells!));
    } catch (thrown) {
      const error = coerceError(thrown);
      if (!signal.aborted && !isPassing(error)) {
        await client.query("ROLLBACK");
        const reason = error instanceof RejectedError ? error.reason : "Bug";
        const isOurs = await failShard(client, shard, reason, error.message);
        if (!isOurs) throw new TransientError(TAKEN_OVER, { cause: error });
      }
      throw error;
    }
  } finally {
    await leave(client);
  }
}

async function open({ readUrl, batchId, completionIndex }: JobConfig): Promise<Client> {
  const { signal } = termination;
  try {
    return await connect(readUrl, {
      purpose: `shard ${batchId}/${completionIndex}`,
      patienceMs: PATIENCE_MS,
      waitsForSettings: true,
      signal,
    });
  } catch (thrown) {
    const cause = coerceError(thrown);
    if (signal.aborted || isPassing(cause)) throw cause;
    throw new RejectedError("NoDatabase", `Cannot use the database: ${cause.message}`, { cause });
  }
}

function report(thrown: unknown): number {
  const error = coerceError(thrown);
  if (termination.signal.aborted) {
    log.warn({ event: "stopped" satisfies ShardEvent, message: "stopped by a signal; nothing was written" });
    return EXIT_CODES.retry;
  }
  if (isPassing(error)) {
    log.warn({ event: "stopped" satisfies ShardEvent, err: error, message: error.message });
    return EXIT_CODES.retry;
  }
  const reason = error instanceof RejectedError ? error.reason : "Bug";
  log.error({
    event: "failed" satisfies ShardEvent,
    reason,
    message: error.message,
    ...(reason === "Bug" && { err: error }),
  });
  return (BATCH_ENDING_REASONS as readonly string[]).includes(reason) ? EXIT_CODES.failBatch : EXIT_CODES.failShard;
}

const termination = new AbortController();
for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => termination.abort());

process.exitCode = await main(termination.signal).catch(report);
