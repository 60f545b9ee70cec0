// Every label and annotation key of the operator. They are public API: docs/api.md is generated from here.
import type { ClimateBatch } from "../../model/climateBatch.ts";

export const LABELS = {
  /** Name of the ClimateBatch. */
  batch: "climate.aiops.dev/batch",
  /** Its uid: children are found by it, because a name may be used again. */
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

/** Of every object that the operator creates. */
export const MANAGED_BY = "climatebatch-operator";

export const ANNOTATIONS = {
  /** The container that kubectl logs and exec choose. */
  defaultContainer: "kubectl.kubernetes.io/default-container",
  /** On a ClimateBatch: number of the request in the database that it answers. */
  request: "climate.aiops.dev/request",
  /** On a Job: hash of its pod template, by which a change of spec.template or of the operator's configuration is noticed. */
  template: "climate.aiops.dev/template",
  /** On a Job whose pods are refused: when the Job controller was last made to try again. */
  nudged: "climate.aiops.dev/nudged",
} as const;

/** While a Job has this label, only Kueue decides whether it is suspended. */
export const KUEUE_QUEUE_LABEL = "kueue.x-k8s.io/queue-name";
/** Labels of a ClimateBatch with this prefix are passed to its Jobs. */
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

/** Labels of the Job and of its pods. Ours override those of the template. */
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
    [LABELS.appManagedBy]: MANAGED_BY,
  };
}

/** Kueue reads only the labels of the Job. */
export function kueueLabels(batch: ClimateBatch): Labels {
  const given = Object.entries(batch.metadata.labels ?? {});
  return Object.fromEntries(given.filter(([key]) => key.startsWith(KUEUE_PREFIX)));
}
