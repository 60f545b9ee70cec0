// Batches that run for ClimateBatches that are no more: cancelled, so that their slots are free again. There are no
// finalizers, so this is the only one who notices.
import { endBatch } from "../database/batches.ts";
import { readRunningRows } from "../database/clusterBatches.ts";
import type { OperatorContext } from "./context.ts";
import { listAll } from "./kube/listAll.ts";
import { decideAbandoned } from "./reconcile/retention.ts";

const PAGE_SIZE = 500;

export async function cancelAbandoned(context: OperatorContext, signal: AbortSignal): Promise<void> {
  const { api, withClient, policy, log } = context;
  const running = await withClient((client) => readRunningRows(client, policy.installation));
  if (running.length === 0) return;
  // Listed after the rows were read: what was planned in between has its object.
  const { objects } = await listAll(api.climateBatches, { pageSize: PAGE_SIZE, transform: (batch) => batch }, signal);
  const live = new Set(objects.map(({ metadata }) => metadata.uid));
  for (const action of decideAbandoned(running, live)) {
    if (action.do !== "cancel") continue;
    await withClient((client) => endBatch(client, action.batchId, "cancelled", action));
    log.info({ event: "cancelled", batchId: action.batchId, reason: action.reason });
  }
}
