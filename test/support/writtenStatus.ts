// What tests of a ClimateBatch's status start from: batches in some situations, and the status that is written of them.
import type { ClimateBatchStatus } from "../../model/climateBatch.ts";
import type { Refusal } from "../../operator/reconcile/actions.ts";
import { buildStatus } from "../../operator/reconcile/status.ts";
import { at, type ClimateBatchBuilder, climateBatch, POLICY } from "./climateBatch.ts";

export const NOW = at(1000);
export const spi = () => climateBatch("spi");
export const running = () => spi().planned().job();
export const complete = () => spi().allDone().job().ended("complete").published();
export const failed = () =>
  spi().completed("0-10").failed("11").job().ended("failed", "ShardsFailed", "1 shards failed (11); shard 11: no disk");
export const refused = (action: Refusal["action"], reason: string): Refusal => ({
  action,
  reason,
  message: `no: ${reason}`,
});

export function write(batch: ClimateBatchBuilder, refusal: Refusal | null = null): ClimateBatchStatus {
  return buildStatus(batch.observation(), POLICY, NOW, refusal) ?? batch.object().status!;
}

/** "Planned=True Planned" … in order, without Progressing. */
export function listConditions(status: ClimateBatchStatus): string[] {
  const others = status.conditions!.filter(({ type }) => type !== "Progressing");
  return others.map(({ type, status: holds, reason }) => `${type}=${holds} ${reason}`);
}
