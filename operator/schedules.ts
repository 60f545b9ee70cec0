// Jobs of the chart's schedules whose pods do not start or fail. No ClimateBatch shows it: their pods are to create it.
import { rest } from "../model/clock.ts";
import { coerceError } from "../model/errors.ts";
import type { OperatorContext } from "./context.ts";
import type { Job, KubeApi } from "./kube/client.ts";
import type { ObstacleReason } from "./objects/conditions.ts";
import { jobPodsSelector, LABELS } from "./objects/labels.ts";
import { type EventFacts, findObstacle, type PodFacts } from "./reconcile/obstacles.ts";

export const SCHEDULE_SELECTOR = `${LABELS.appComponent}=schedule`;
/** A schedule fires once a year; while one stalls, less than the 15 s in which a fix is to be noticed. */
const LOOK_MS = { usual: 60_000, stalled: 10_000 };
const LIST_LIMIT = 100;

export interface StalledSchedule {
  readonly job: Job;
  readonly since: string;
  readonly reason: ObstacleReason;
  readonly message: string;
}

/** Of one namespace. */
export interface ScheduleReader {
  jobs(labelSelector: string): Promise<readonly Job[]>;
  pods(labelSelector: string): Promise<readonly PodFacts[]>;
  events(fieldSelector: string): Promise<readonly EventFacts[]>;
}

export function readSchedules({ jobs, pods, events }: KubeApi, signal: AbortSignal): ScheduleReader {
  const limit = LIST_LIMIT;
  return {
    jobs: async (labelSelector) => (await jobs.list({ labelSelector, limit }, signal)).items,
    pods: async (labelSelector) => (await pods.list({ labelSelector, limit }, signal)).items,
    events: async (fieldSelector) => (await events.list({ fieldSelector, limit }, signal)).items,
  };
}

export async function findStalledSchedules(reader: ScheduleReader, now: Date): Promise<readonly StalledSchedule[]> {
  const idle = (await reader.jobs(SCHEDULE_SELECTOR)).filter(isIdle);
  const looked = await Promise.all(idle.map((job) => look(reader, job, now)));
  return looked.filter((one) => one !== null);
}

function isIdle({ metadata, spec, status }: Job): boolean {
  const isEnded = status?.conditions?.some(({ status: holds }) => holds === "True") ?? false;
  return metadata.deletionTimestamp === undefined && !isEnded && spec?.suspend !== true && (status?.ready ?? 0) === 0;
}

async function look(reader: ScheduleReader, job: Job, now: Date): Promise<StalledSchedule | null> {
  const { uid, creationTimestamp } = job.metadata;
  const pods = await reader.pods(jobPodsSelector(uid));
  const pending = pods.filter(({ status }) => status?.phase === "Pending");
  const regarding = [uid, ...pending.map(({ metadata }) => metadata.uid)];
  const events = await Promise.all(regarding.map((one) => reader.events(`type=Warning,regarding.uid=${one}`)));
  const { active = 0 } = job.status ?? {};
  const createdAt = new Date(creationTimestamp);
  const obstacle = findObstacle({ jobUid: uid, expected: 1, active, createdAt, pods, events: events.flat() }, now);
  if (obstacle === null) return null;
  return { job, since: creationTimestamp, reason: obstacle.reason, message: obstacle.message };
}

/** The leader's view of them: an Event for each cause, and what its metric measures. */
export class Schedules {
  readonly #context: OperatorContext;
  #stalled: readonly StalledSchedule[] = [];

  constructor(context: OperatorContext) {
    this.#context = context;
  }

  get stalled(): readonly StalledSchedule[] {
    return this.#stalled;
  }

  async lookUntil(signal: AbortSignal): Promise<void> {
    const { api, clock, log } = this.#context;
    const reader = readSchedules(api, signal);
    while (!signal.aborted) {
      try {
        this.#show(await findStalledSchedules(reader, clock.now()));
      } catch (thrown) {
        if (signal.aborted) break;
        const error = coerceError(thrown);
        log.warn({ event: "schedulesNotRead", err: error, message: error.message });
      }
      await rest(clock, this.#stalled.length > 0 ? LOOK_MS.stalled : LOOK_MS.usual, signal);
    }
    this.#stalled = [];
  }

  #show(found: readonly StalledSchedule[]): void {
    const { events, log } = this.#context;
    for (const { job, reason, message } of found) {
      const isKnown = this.#stalled.some((one) => one.job.metadata.uid === job.metadata.uid && one.reason === reason);
      if (isKnown) continue;
      log.warn({ event: "scheduleStalled", job: job.metadata.name, reason, message });
      const regarding = { ...job, apiVersion: "batch/v1", kind: "Job" };
      events.record(regarding, { type: "Warning", reason, action: "Observe", note: message });
    }
    this.#stalled = found;
  }
}
