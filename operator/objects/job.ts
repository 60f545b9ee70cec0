// The Indexed Job of one attempt: each completion index computes one shard.
import { createHash } from "node:crypto";
import type {
  V1Container,
  V1EnvFromSource,
  V1EnvVar,
  V1Job,
  V1JobSpec,
  V1LocalObjectReference,
  V1PodFailurePolicy,
  V1PodSpec,
  V1ResourceRequirements,
  V1Volume,
  V1VolumeMount,
} from "@kubernetes/client-node";
import {
  CLIMATE_BATCH,
  type ClimateBatch,
  type ClimateBatchMetadata,
  type PodOverrides,
  WIRE_CALCULATIONS,
} from "../../model/climateBatch.ts";
import { EXIT_CODES, POD_ENV } from "../../model/podContract.ts";
import { ANNOTATIONS, buildChildLabels, kueueLabels } from "./labels.ts";
import type { AllowedReferences } from "./templateRules.ts";

/** How the operator is configured to run pods. */
export interface PodSettings {
  readonly image: string;
  readonly imagePullPolicy?: "Always" | "IfNotPresent" | "Never";
  readonly imagePullSecrets?: readonly V1LocalObjectReference[];
  /** DATABASE_URL or its parts, from a Secret. */
  readonly databaseEnv?: readonly V1EnvVar[];
  readonly databaseEnvFrom?: readonly V1EnvFromSource[];
  /** Such as certificates of the database; their names begin with climatebatch-. */
  readonly volumes?: readonly V1Volume[];
  readonly volumeMounts?: readonly V1VolumeMount[];
  readonly serviceAccountName?: string;
  /** Numeric: the kubelet cannot check runAsNonRoot by name. */
  readonly runAsUser: number;
  readonly resources?: V1ResourceRequirements;
  /** What templates may refer to; nothing by default. */
  readonly allowed?: AllowedReferences;
  /** Time that a shard has to roll back after SIGTERM. */
  readonly terminationGracePeriodSeconds: number;
}

export interface JobAttempt {
  readonly batchId: string;
  readonly attempt: number;
  /** Shards of this attempt. */
  readonly completions: number;
}

const SHARD_CONTAINER = "shard";
const SHARD_COMMAND = ["node", "job/main.ts"] as const;

/** The root file system is read-only. */
const SCRATCH: V1Volume = { name: "climatebatch-tmp", emptyDir: { sizeLimit: "64Mi" } };
const SCRATCH_MOUNT: V1VolumeMount = { name: SCRATCH.name, mountPath: "/tmp" };

const UID_DIGITS = 8;

/**
 * `<batch>-<8 digits of its uid>-<attempt>`: at most 40 + 1 + 8 + 1 + 3 characters, which leaves a pod's host name
 * (`<Job>-<completion index>`) its 63. The uid separates batches that had the same name one after the other. Not of the clock, so that creating twice collides.
 */
export function childJobName({ name, uid }: Pick<ClimateBatchMetadata, "name" | "uid">, attempt: number): string {
  return `${name}-${uid.replaceAll("-", "").slice(0, UID_DIGITS)}-${attempt}`;
}

export function buildJob(batch: ClimateBatch, attempt: JobAttempt, settings: PodSettings): V1Job {
  const { metadata, spec } = batch;
  const calculation = WIRE_CALCULATIONS[spec.calculation];
  const labels = buildChildLabels(batch, { ...attempt, calculation });
  const template = {
    metadata: {
      labels: { ...labels },
      annotations: { ...spec.template.annotations, [ANNOTATIONS.defaultContainer]: SHARD_CONTAINER },
    },
    spec: buildPodSpec(spec.template, attempt, settings),
  };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: childJobName(metadata, attempt.attempt),
      namespace: metadata.namespace,
      labels: { ...kueueLabels(batch), ...labels },
      annotations: {
        [ANNOTATIONS.template]: createHash("sha256").update(JSON.stringify(template)).digest("hex").slice(0, 16),
      },
      ownerReferences: [
        {
          apiVersion: CLIMATE_BATCH.apiVersion,
          kind: CLIMATE_BATCH.kind,
          name: metadata.name,
          uid: metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      ...buildCompletionRules(batch, attempt),
      template,
    },
  };
}

function buildCompletionRules({ spec }: ClimateBatch, { completions }: JobAttempt): Omit<V1JobSpec, "template"> {
  const { maxFailedShards, activeDeadlineSeconds } = spec;
  return {
    completionMode: "Indexed",
    completions,
    parallelism: Math.min(spec.parallelism, completions),
    backoffLimitPerIndex: spec.backoffLimitPerShard,
    // The API server refuses more than there are indexes.
    ...(maxFailedShards !== undefined && { maxFailedIndexes: Math.min(maxFailedShards, completions) }),
    // Never two pods of one shard at a time, as far as Kubernetes can know.
    podReplacementPolicy: "Failed",
    podFailurePolicy: buildPodFailurePolicy(),
    suspend: spec.suspend,
    ...(activeDeadlineSeconds !== undefined && { activeDeadlineSeconds }),
  };
}

/** The first matching rule applies; every other exit counts against backoffLimitPerIndex. */
function buildPodFailurePolicy(): V1PodFailurePolicy {
  const onExit = (code: number) => ({ containerName: SHARD_CONTAINER, operator: "In", values: [code] });
  return {
    rules: [
      { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
      { action: "FailJob", onExitCodes: onExit(EXIT_CODES.failBatch) },
      { action: "FailIndex", onExitCodes: onExit(EXIT_CODES.failShard) },
    ],
  };
}

function buildPodSpec(overrides: PodOverrides, attempt: JobAttempt, settings: PodSettings): V1PodSpec {
  const { nodeSelector, priorityClassName, runtimeClassName } = overrides;
  const serviceAccountName = overrides.serviceAccountName ?? settings.serviceAccountName;
  const pullSecrets = [...(settings.imagePullSecrets ?? []), ...(overrides.imagePullSecrets ?? [])];
  const fromUser = {
    ...(nodeSelector !== undefined && { nodeSelector: { ...nodeSelector } }),
    ...(overrides.tolerations !== undefined && { tolerations: [...overrides.tolerations] }),
    ...(overrides.affinity !== undefined && { affinity: overrides.affinity }),
    ...(overrides.topologySpreadConstraints !== undefined && {
      topologySpreadConstraints: [...overrides.topologySpreadConstraints],
    }),
    ...(priorityClassName !== undefined && { priorityClassName }),
    ...(runtimeClassName !== undefined && { runtimeClassName }),
    // As in a pod: the API server validates it.
  } as Partial<V1PodSpec>;
  return {
    ...fromUser,
    ...(serviceAccountName !== undefined && { serviceAccountName }),
    ...(pullSecrets.length > 0 && { imagePullSecrets: uniqueBy(pullSecrets, ({ name }) => name) }),
    restartPolicy: "Never",
    terminationGracePeriodSeconds: settings.terminationGracePeriodSeconds,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: settings.runAsUser,
      runAsGroup: settings.runAsUser,
      fsGroup: settings.runAsUser,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [buildContainer(overrides, attempt, settings)],
    volumes: uniqueBy(
      [SCRATCH, ...(settings.volumes ?? []), ...((overrides.volumes ?? []) as readonly V1Volume[])],
      ({ name }) => name,
    ),
  };
}

function buildContainer(overrides: PodOverrides, { batchId, attempt }: JobAttempt, settings: PodSettings): V1Container {
  const owned: V1EnvVar[] = [
    ...(settings.databaseEnv ?? []),
    { name: POD_ENV.batch, value: batchId },
    { name: POD_ENV.jobAttempt, value: String(attempt) },
  ];
  const mounts = overrides.volumeMounts as readonly V1VolumeMount[] | undefined;
  const resources = (overrides.resources ?? settings.resources) as V1ResourceRequirements | undefined;
  return {
    name: SHARD_CONTAINER,
    image: settings.image,
    ...(settings.imagePullPolicy !== undefined && { imagePullPolicy: settings.imagePullPolicy }),
    command: [...SHARD_COMMAND],
    ...(settings.databaseEnvFrom !== undefined && { envFrom: [...settings.databaseEnvFrom] }),
    // Ours last, so that $(NAME) in them refers to ours. Kubernetes sets the completion index.
    env: [...(overrides.env ?? []).filter(({ name }) => !isOwned(name, owned)), ...owned],
    ...(resources !== undefined && { resources }),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ["ALL"] },
    },
    // `kubectl describe pod` then shows the last lines of a crash.
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: uniqueBy(
      [SCRATCH_MOUNT, ...(settings.volumeMounts ?? []), ...(mounts ?? [])],
      ({ mountPath }) => mountPath,
    ),
  };
}

/** CEL refuses these names too; a variable of this name would override the Secret read by envFrom. */
function isOwned(name: string, owned: readonly V1EnvVar[]): boolean {
  return (
    name.startsWith("DATABASE_") || name === POD_ENV.completionIndex || owned.some((variable) => variable.name === name)
  );
}

/** Keeps the first of each key: ours come first. */
function uniqueBy<T>(all: readonly T[], keyOf: (one: T) => string | undefined): T[] {
  const seen = new Set<string | undefined>();
  return all.filter((one) => !seen.has(keyOf(one)) && seen.add(keyOf(one)));
}
