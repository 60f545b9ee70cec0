// A batch in the log: each shard's beginning, progress and end, and each rejected cell with its coordinates.
import type { Logger } from "pino";
import type { ShardEvent } from "../model/podContract.ts";
import type { ShardLine } from "./executor/localExecutor.ts";
import type { BatchWatch } from "./executor/runBatch.ts";
import type { ServeMetrics } from "./metrics.ts";

const WARNINGS: readonly ShardEvent[] = ["cellRejected", "crossedDays", "readingPrimary", "stopped"];

export function watchInLog(
  log: Pick<Logger, "info" | "warn" | "error">,
  metrics: ServeMetrics,
  onProgress: () => void,
): BatchWatch {
  let cells = 0;
  return {
    begin(all) {
      cells = all;
      onProgress();
      log.info({ event: "batchRunning", cells });
    },
    onCells: () => undefined,
    onShardLine(completionIndex, { event, ...line }) {
      if (event === undefined) return;
      onProgress();
      const words = { event: shardEventName(event), completionIndex, ...shown(line) };
      if (event === "failed") log.error(words);
      else if (WARNINGS.includes(event)) log.warn(words);
      else log.info(words);
      if (event === "cellRejected") metrics.rejectedCells.inc({ risk: line.risk! });
    },
    onNotice(message) {
      metrics.shardRetries.inc();
      log.warn({ event: "batchNotice", message });
    },
    end: () => undefined,
  };
}

/** "progress" → "shardProgress" */
function shardEventName(event: ShardEvent): string {
  return `shard${event[0]!.toUpperCase()}${event.slice(1)}`;
}

/** The child's own level and time say nothing that this line does not. */
function shown(line: ShardLine): ShardLine {
  const { level, time, batchId, ...rest } = line as ShardLine & Record<"level" | "time" | "batchId", unknown>;
  return rest;
}
