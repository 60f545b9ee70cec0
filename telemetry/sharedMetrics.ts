// Metrics that the operator and `serve` have under the same names: leadership, LISTEN session, and the database's own. Those of
// the database are absent while it does not answer, so that old numbers are not taken for new ones.
import { Counter, Gauge, type Registry } from "prom-client";
import type { Figures } from "../database/figures.ts";
import type { ListenerState, ListenerStatus } from "../database/listener.ts";
import type { ReplicaTrouble } from "../database/replicas.ts";

const SHARD_STATES = ["pending", "running", "done", "failed"] as const;

const REPLICA_TROUBLES: readonly ReplicaTrouble[] = ["unreachable", "behind", "lost"];

const LISTENER_STATES: readonly ListenerState[] = ["connected", "degraded", "disconnected"];

/** At a scrape. */
export interface SharedFacts {
  readonly isLeader: boolean;
  readonly listener: Pick<ListenerStatus, "state" | "reconnects">;
  /** null: the database did not answer. */
  readonly figures: Figures | null;
}

export interface SharedMetrics {
  show(facts: SharedFacts): void;
  unknownPayload(): void;
}

/** `leadership` is the name of what replicas compete for. */
export function makeSharedMetrics(registry: Registry, leadership: string): SharedMetrics {
  const registers = [registry];
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Gauge({ name, help, labelNames, registers });
  const leading = gauge("leader_election_master_status", "1 in the replica that leads, 0 in the others", "name");
  const states = gauge("climatebatch_listener_state", "1 for the state that the LISTEN session is in", "state");
  const reconnects = gauge("climatebatch_listener_reconnects", "Sessions of the listener after its first");
  const unknown = new Counter({
    name: "climatebatch_unknown_payloads_total",
    help: "NOTIFYs whose payload is no calculation",
    registers,
  });
  const of = (name: string, help: string) => gauge(name, help, "calculation");
  const up = gauge("climatebatch_database_up", "1 when the database answered this scrape");
  const batches = gauge("climatebatch_batches", "Batches in the database", "calculation", "state");
  const shards = gauge("climatebatch_shards", "Shards of unfinished batches", "state");
  const primary = gauge(
    "climatebatch_shards_read_from_primary",
    "Shards of unfinished and last batches that read the primary although standbys are configured",
    "reason",
  );
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
  const unpublished = gauge(
    "climatebatch_last_batch_not_published",
    "1 when the batch that ended last is complete, but its publication was refused",
    "calculation",
    "reason",
  );
  const yearly = of("climatebatch_yearly_batch_timestamp_seconds", "When a batch of the yearly schedule last started");
  const published = of("climatebatch_published_timestamp_seconds", "When the published results were published");
  const waiting = gauge("climatebatch_requests_waiting", "Requests that wait for a batch");
  const oldest = gauge("climatebatch_oldest_request_seconds", "Age of the oldest request that waits for a batch");
  const queue = gauge("climatebatch_notification_queue_ratio", "Share of PostgreSQL's notification queue in use");
  const labelled = [
    batches,
    shards,
    primary,
    failed,
    ended,
    failedShards,
    rejected,
    rows,
    unpublished,
    yearly,
    published,
  ];

  const showDatabase = (figures: Figures | null) => {
    up.set(figures === null ? 0 : 1);
    for (const one of labelled) one.reset();
    if (figures === null) {
      for (const one of [waiting, oldest, queue]) one.remove();
      return;
    }
    for (const { calculation, state, count } of figures.batches) batches.labels(calculation, state).set(count);
    for (const state of SHARD_STATES) shards.labels(state).set(figures.shards[state] ?? 0);
    for (const reason of REPLICA_TROUBLES) primary.labels(reason).set(figures.readFromPrimary[reason] ?? 0);
    for (const { calculation, ...last } of figures.lastEnded) {
      failed.labels(calculation).set(last.state === "failed" ? 1 : 0);
      ended.labels(calculation).set(last.endedAtSeconds);
      failedShards.labels(calculation).set(last.failedShards);
      rejected.labels(calculation).set(last.rejectedCells);
      rows.labels(calculation).set(last.resultRows);
      if (last.refusal !== null) unpublished.labels(calculation, last.refusal).set(1);
    }
    for (const { calculation, atSeconds } of figures.yearly) yearly.labels(calculation).set(atSeconds);
    for (const { calculation, atSeconds } of figures.publications) published.labels(calculation).set(atSeconds);
    waiting.set(figures.waitingRequests);
    oldest.set(figures.oldestRequestSeconds);
    queue.set(figures.notificationQueueRatio);
  };

  return {
    show({ isLeader, listener, figures }) {
      leading.labels(leadership).set(isLeader ? 1 : 0);
      for (const state of LISTENER_STATES) states.labels(state).set(state === listener.state ? 1 : 0);
      reconnects.set(listener.reconnects);
      showDatabase(figures);
    },
    unknownPayload: () => unknown.inc(),
  };
}
