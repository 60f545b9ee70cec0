// Every label and annotation key of the operator, once. They are public: docs/api.md lists them from here.
import type { ClimateBatch } from "../../model/climateBatch.ts";

export const LABELS = {
  /** Name of the ClimateBatch. */
  batch: "climate.aiops.dev/batch",
  /** Its uid: what children are found by, because a name may be used again. */
  batchUid: "climate.aiops.dev/batch-uid",
  /** Number of the batch in the database. */
  batchId: "climate.aiops.dev/batch-id",
  /** Which attempt of the batch the Job is, from 1. */
  attempt: "climate.aiops.dev/attempt",
  /** probability, hazard or all. */
  calculation: "climate.aiops.dev/calculation",
  appName: "app.kubernetes.io/name",
  appComponent: "app.kubernetes.io/component",
  appManagedBy: "app.kubernetes.io/managed-by",
} as const;

export const ANNOTATIONS = {
  /** Which container kubectl logs and exec mean. */
  defaultContainer: "kubectl.kubernetes.io/default-container",
  /** On a ClimateBatch: number of the request in the database that it was made for. */
  request: "climate.aiops.dev/request",
} as const;

/** While a Job has this label, Kueue alone decides whether it is suspended. */
export const KUEUE_QUEUE_LABEL = "kueue.x-k8s.io/queue-name";
/** Labels of a ClimateBatch that begin so are passed to its Jobs. */
const KUEUE_PREFIX = "kueue.x-k8s.io/";

/** Selects the Jobs (and pods) of every batch. */
export const CHILD_SELECTOR = LABELS.batchUid;

/** Selects the pods of one Job. Kubernetes sets it on each. */
export function jobPodsSelector(jobUid: string): string {
  return `batch.kubernetes.io/controller-uid=${jobUid}`;
}

type Labels = Readonly<Record<string, string>>;

export interface LabelledAttempt {
  readonly batchId: string;
  readonly attempt: number;
  /** probability, hazard or all */
  readonly calculation: string;
}

/** What both the Job and its pods carry; what the user asked for comes first, ours wins. */
export function buildChildLabels(batch: ClimateBatch, { batchId, attempt, calculation }: LabelledAttempt): Labels {
  return {
    ...batch.spec.template.labels,
    [LABELS.batch]: batch.metadata.name,
    [LABELS.batchUid]: batch.metadata.uid,
    [LABELS.batchId]: batchId,
    [LABELS.attempt]: String(attempt),
    [LABELS.calculation]: calculation,
    [LABELS.appName]: "climatebatch",
    [LABELS.appComponent]: "shard",
    [LABELS.appManagedBy]: "climatebatch-operator",
  };
}

/** Kueue looks at the Job only: its labels come from the batch or from the template. */
export function kueueLabels(batch: ClimateBatch): Labels {
  const given = Object.entries(batch.metadata.labels ?? {});
  return Object.fromEntries(given.filter(([key]) => key.startsWith(KUEUE_PREFIX)));
}
