// What the operator's parts are given: the API server, the database, the settings, a clock and a log.
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

/** As read from the API server. */
export type StoredBatch = ClimateBatch & KubeObject;

export interface OperatorContext {
  readonly api: KubeApi<StoredBatch>;
  /** A session each, for one piece of work. */
  readonly withClient: <T>(work: (client: Client) => Promise<T>) => Promise<T>;
  readonly policy: Policy;
  readonly pods: PodSettings;
  /** Where a user's own bins, rates and anchors stand, if there are any. */
  readonly methodsFile?: string | undefined;
  readonly events: Pick<EventRecorder, "record">;
  readonly clock: Clock;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
}

export interface ReconcileContext extends OperatorContext {
  readonly batches: StoreView<StoredBatch>;
  readonly jobs: StoreView<Job>;
  /** A request may have been answered: the next one need not wait any longer. */
  readonly onPlanned: () => void;
}
