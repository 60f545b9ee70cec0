// What every part of the operator works with: the API server, the database, the settings, a clock and a log.
import type { Client } from "pg";
import type { Logger } from "pino";
import type { ClimateBatch } from "../model/climateBatch.ts";
import type { Clock } from "../model/clock.ts";
import type { Job, KubeApi } from "./kube/client.ts";
import type { EventRecorder } from "./kube/events.ts";
import type { StoreView } from "./kube/objectStore.ts";
import type { KubeObject } from "./kube/wireFormat.ts";
import type { PodSettings } from "./objects/job.ts";
import type { Policy } from "./reconcile/observe.ts";
import type { Refusals } from "./reconcile/refusals.ts";

/** As read from the API server. */
export type StoredBatch = ClimateBatch & KubeObject;

export interface OperatorContext {
  readonly api: KubeApi<StoredBatch>;
  /** Runs `work` on a session of its own. */
  readonly withClient: <T>(work: (client: Client) => Promise<T>) => Promise<T>;
  readonly policy: Policy;
  readonly pods: PodSettings;
  /** A user's own bins, rates and anchors. */
  readonly methodsFile?: string | undefined;
  readonly events: Pick<EventRecorder, "record">;
  readonly clock: Clock;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
}

export interface ReconcileContext extends OperatorContext {
  readonly batches: StoreView<StoredBatch>;
  readonly jobs: StoreView<Job>;
  readonly refusals: Refusals;
  /** A request may have been answered, so the next one may start. */
  readonly onPlanned: () => void;
}
