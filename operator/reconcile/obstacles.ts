// Why the pods of a Job do not run or do not succeed, from what Kubernetes reports: Events, pod conditions, container states.
import type { ObstacleReason } from "../objects/conditions.ts";

export interface PodFacts {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly deletionGracePeriodSeconds?: number;
  };
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: object;
    readonly terminated?: { readonly exitCode: number; readonly reason?: string; readonly message?: string };
  };
}

/** An events.k8s.io/v1 Event about the Job or one of its pods. */
export interface EventFacts {
  readonly metadata: { readonly creationTimestamp: string };
  readonly regarding?: { readonly uid?: string };
  readonly reason?: string;
  readonly note?: string;
  readonly eventTime?: string | null;
  readonly series?: { readonly lastObservedTime: string };
  readonly deprecatedLastTimestamp?: string | null;
}

export interface Obstacle {
  /** refused: no pod can be created. waiting: pods exist and do not start. failing: pods start and fail. */
  readonly kind: "refused" | "waiting" | "failing";
  readonly reason: ObstacleReason;
  readonly message: string;
}

/** What admission says, of the Job or of its pods. The first match applies. */
const REFUSALS: readonly (readonly [RegExp, ObstacleReason])[] = [
  [/failed calling webhook/, "WebhookUnavailable"],
  [/admission webhook .* denied/, "WebhookRefused"],
  [/AdmissionPolicy '.*' denied request/, "PolicyRefused"],
  [/exceeded quota|failed quota|status unknown for quota/, "QuotaExceeded"],
  [/no PriorityClass with name/, "PriorityClassMissing"],
  [/RuntimeClass .*not found/, "RuntimeClassMissing"],
  [/error looking up service account|serviceaccount .*not found/i, "ServiceAccountMissing"],
  [/violates PodSecurity/, "PodSecurity"],
  [/(minimum|maximum) .* usage per (Container|Pod)|max limit to request ratio/, "LimitRange"],
  // By its default limits: a template with more is refused before.
  [/must be less than or equal to \S+ limit/, "LimitRange"],
];

const IMAGE_REASONS = [
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "RegistryUnavailable",
];
/** An Event that was not repeated for this long says nothing about the present: client-go repeats one every 5 minutes. */
const FRESH_SECONDS = 600;
const SILENT_SECONDS = 60;

export interface JobPods {
  readonly jobUid: string;
  /** Pods that should run now. */
  readonly expected: number;
  /** Pods of the Job that have not ended, as its status counts them. */
  readonly active: number;
  readonly createdAt: Date;
  readonly pods: readonly PodFacts[];
  readonly events: readonly EventFacts[];
}

/** null: nothing known is in the way. */
export function findObstacle(job: JobPods, now: Date): Obstacle | null {
  const unstarted = job.pods.filter(
    ({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.phase === "Pending",
  );
  return (
    findRefusedPods(job, now) ??
    firstOf(unstarted, (pod) => findWaiting(pod, job.events)) ??
    findFailing(job.pods) ??
    findSilence(job, unstarted, now)
  );
}

/** By what an API call that creates the Job, or the Job controller that creates its pods, was answered. */
export function classifyRefusal(message: string): ObstacleReason {
  return REFUSALS.find(([words]) => words.test(message))?.[1] ?? "PodsRefused";
}

function findRefusedPods({ jobUid, expected, active, pods, events }: JobPods, now: Date): Obstacle | null {
  if (active >= expected) return null;
  const newestPodMs = Math.max(0, ...pods.map(({ metadata }) => Date.parse(metadata.creationTimestamp)));
  const [latest] = events
    .filter(({ regarding, reason }) => regarding?.uid === jobUid && reason === "FailedCreate")
    .sort((a, b) => lastSeenMs(b) - lastSeenMs(a));
  if (latest === undefined || lastSeenMs(latest) < newestPodMs) return null;
  if (lastSeenMs(latest) < now.getTime() - FRESH_SECONDS * 1000) return null;
  // Without the name of the pod, which differs in each try.
  const message = (latest.note ?? "").replace(/^Error creating: (pods? "[^"]*" is (forbidden|invalid): )?/i, "");
  return { kind: "refused", reason: classifyRefusal(latest.note ?? ""), message };
}

function findWaiting(pod: PodFacts, events: readonly EventFacts[]): Obstacle | null {
  const { name, uid } = pod.metadata;
  const say = (reason: ObstacleReason, message: string): Obstacle => ({
    kind: "waiting",
    reason,
    message: `Pod ${name}: ${message}`,
  });
  const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False") return say("Unschedulable", scheduled.message ?? scheduled.reason ?? "");
  const containers = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const { state } of containers) {
    const { reason = "", message = reason } = state?.waiting ?? {};
    if (IMAGE_REASONS.includes(reason)) return say("ImageNotPulled", message);
    if (reason === "CreateContainerConfigError") return say(missingObject(message) ?? "ContainerNotStarted", message);
    if (/^(CreateContainerError|RunContainerError|CreatePodSandboxError)$/.test(reason))
      return say("ContainerNotStarted", message);
  }
  const mount = events.find(({ regarding, reason }) => regarding?.uid === uid && reason === "FailedMount");
  if (mount !== undefined) return say(missingObject(mount.note ?? "") ?? "VolumeNotMounted", mount.note ?? "");
  const sandbox = events.find(({ regarding, reason }) => regarding?.uid === uid && reason === "FailedCreatePodSandBox");
  return sandbox === undefined ? null : say("ContainerNotStarted", sandbox.note ?? "");
}

function missingObject(message: string): ObstacleReason | null {
  if (/configmap .*not found|references non-existent config key/i.test(message)) return "ConfigMapMissing";
  if (/secret .*not found|couldn't find key .* in Secret|references non-existent secret key/i.test(message))
    return "SecretMissing";
  return null;
}

/** The newest pod that failed. A disruption is no failure of the pod. */
function findFailing(pods: readonly PodFacts[]): Obstacle | null {
  const newestFirst = [...pods].sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1));
  return firstOf(newestFirst, ({ metadata, status }) => {
    if (status?.phase !== "Failed") return null;
    if (status.conditions?.some(({ type, status: holds }) => type === "DisruptionTarget" && holds === "True"))
      return null;
    const ended = status.containerStatuses?.find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0)?.state
      ?.terminated;
    if (ended === undefined) return null;
    const failing = (reason: ObstacleReason, message: string): Obstacle => ({ kind: "failing", reason, message });
    if (ended.reason === "OOMKilled")
      return failing(
        "OutOfMemory",
        `Pod ${metadata.name} exceeded its memory limit: raise spec.template.resources.limits.memory.`,
      );
    const last = (ended.message ?? "").trim().split("\n").at(-1);
    return failing(
      "PodsFailing",
      `Pod ${metadata.name} ended with exit code ${ended.exitCode}${last ? `: ${last}` : ""}`,
    );
  });
}

function findSilence(
  { active, expected, createdAt }: JobPods,
  unstarted: readonly PodFacts[],
  now: Date,
): Obstacle | null {
  const isSilent = (since: Date) => now.getTime() - since.getTime() > SILENT_SECONDS * 1000;
  const isPreparing = ({ status }: PodFacts) => status?.initContainerStatuses?.some(({ state }) => state?.running);
  const pending = unstarted.find((pod) => isSilent(new Date(pod.metadata.creationTimestamp)) && !isPreparing(pod));
  if (pending !== undefined) {
    const { name, creationTimestamp } = pending.metadata;
    return {
      kind: "waiting",
      reason: "PodsPending",
      message: `Pod ${name} has been pending since ${creationTimestamp}.`,
    };
  }
  if (active > 0 || expected === 0 || !isSilent(createdAt)) return null;
  return { kind: "refused", reason: "NoPods", message: "The Job has no pods." };
}

function lastSeenMs({ metadata, eventTime, series, deprecatedLastTimestamp }: EventFacts): number {
  const seen = [metadata.creationTimestamp, eventTime, series?.lastObservedTime, deprecatedLastTimestamp];
  return Math.max(...seen.filter((instant) => instant != null).map((instant) => Date.parse(instant)));
}

function firstOf<T, R>(all: readonly T[], find: (one: T) => R | null): R | null {
  for (const one of all) {
    const found = find(one);
    if (found !== null) return found;
  }
  return null;
}
