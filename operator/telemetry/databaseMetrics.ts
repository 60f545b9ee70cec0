// Metrics of the database: read at each scrape, equal in every replica. While the database does not answer they are absent, so that
// old numbers are not taken for new ones.
import { Gauge, type Registry } from "prom-client";
import type { Figures } from "../../database/figures.ts";

const SHARD_STATES = ["pending", "running", "done", "failed"] as const;

export interface DatabaseMetrics {
  /** null: the database did not answer. */
  show(figures: Figures | null): void;
}

export function makeDatabaseMetrics(registry: Registry): DatabaseMetrics {
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const of = (name: string, help: string) => gauge(name, help, "calculation");
  const up = gauge("climatebatch_database_up", "1 when the database answered this scrape");
  const batches = gauge("climatebatch_batches", "Batches in the database", "calculation", "state");
  const shards = gauge("climatebatch_shards", "Shards of unfinished batches", "state");
  const failed = of("climatebatch_last_batch_failed", "1 when the batch that ended last has failed");
  const ended = of("climatebatch_last_batch_ended_timestamp_seconds", "When the last batch ended");
  const failedShards = of(
    "climatebatch_last_batch_failed_shards",
    "Shards without results of the batch that ended last",
  );
  const rejected = of(
    "climatebatch_last_batch_rejected_cells",
    "Cells with implausible input of the batch that ended last",
  );
  const rows = of("climatebatch_last_batch_result_rows", "Result rows that the batch that ended last has written");
  const yearly = of("climatebatch_yearly_batch_timestamp_seconds", "When a batch of the yearly schedule last started");
  const published = of("climatebatch_published_timestamp_seconds", "When the published results were published");
  const waiting = gauge("climatebatch_requests_waiting", "Requests that wait for a batch");
  const oldest = gauge("climatebatch_oldest_request_seconds", "Age of the oldest request that waits for a batch");
  const queue = gauge("climatebatch_notification_queue_ratio", "Share of PostgreSQL's notification queue in use");
  const labelled = [batches, shards, failed, ended, failedShards, rejected, rows, yearly, published];

  return {
    show(figures) {
      up.set(figures === null ? 0 : 1);
      for (const one of labelled) one.reset();
      if (figures === null) {
        for (const one of [waiting, oldest, queue]) one.remove();
        return;
      }
      for (const { calculation, state, count } of figures.batches) batches.labels(calculation, state).set(count);
      for (const state of SHARD_STATES) shards.labels(state).set(figures.shards[state] ?? 0);
      for (const { calculation, ...last } of figures.lastEnded) {
        failed.labels(calculation).set(last.state === "failed" ? 1 : 0);
        ended.labels(calculation).set(last.endedAtSeconds);
        failedShards.labels(calculation).set(last.failedShards);
        rejected.labels(calculation).set(last.rejectedCells);
        rows.labels(calculation).set(last.resultRows);
      }
      for (const { calculation, atSeconds } of figures.yearly) yearly.labels(calculation).set(atSeconds);
      for (const { calculation, atSeconds } of figures.publications) published.labels(calculation).set(atSeconds);
      waiting.set(figures.waitingRequests);
      oldest.set(figures.oldestRequestSeconds);
      queue.set(figures.notificationQueueRatio);
    },
  };
}
