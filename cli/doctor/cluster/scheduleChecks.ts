// Schedule not running? When each CronJob of climatebatch fires next, in its own zone and in UTC, and what became of the last time.
import { Cron } from "croner";
import { formatIn } from "../../../model/yearlyRequests.ts";
import { findStalledSchedules, SCHEDULE_SELECTOR } from "../../../operator/schedules.ts";
import { type Check, type Finding, fine, problem, unseen, warn } from "../finding.ts";
import type { ClusterCheckContext } from "./clusterCheckContext.ts";
import type { ClusterReader, CronJob } from "./clusterReader.ts";

/** Until the controller has seen to a firing. */
const GRACE_MS = 120_000;

export const nextFiringsCheck: Check<ClusterCheckContext> = {
  name: "next firings",
  async look({ cluster, clock }) {
    const cronJobs = await readSchedules(cluster);
    if (cronJobs.length === 0)
      return [
        warn(
          `no CronJob of climatebatch is in namespace ${cluster.namespace}: no yearly batch is requested`,
          "schedules.probability.enabled and schedules.hazard.enabled of the chart, unless something else requests batches.",
        ),
      ];
    return cronJobs.map((cronJob) => {
      const { name, namespace } = cronJob.metadata;
      const next = makeCron(cronJob).nextRun(clock.now());
      const state = `${name}: ${next === null ? "never" : describeInstant(cronJob, next)}`;
      if (next === null) return problem(state, `No day is "${cronJob.spec!.schedule}": correct schedules.….schedule`);
      if (cronJob.spec!.suspend)
        return warn(
          `${state}, but it is suspended`,
          `kubectl patch cronjob ${name} -n ${namespace} --patch '{"spec":{"suspend":false}}', and schedules.….suspend of the values`,
        );
      return fine(state);
    });
  },
};

export const lastFiringsCheck: Check<ClusterCheckContext> = {
  name: "last firings",
  async look({ cluster, clock }) {
    const cronJobs = await readSchedules(cluster);
    const stalled = await findStalledSchedules(cluster, clock.now());
    const findings = stalled.map(({ job: { metadata }, since, reason, message }) =>
      problem(
        `the Job ${metadata.name} of ${since} does not come to a ClimateBatch (${reason}): ${message}`,
        `docs/api.md#reasons describes ${reason}; kubectl describe job ${metadata.name} -n ${cluster.namespace}`,
      ),
    );
    if (cronJobs.length === 0 && findings.length === 0) return [unseen("there is nothing that fires")];
    const isStalled = ({ name }: { name?: string }) => stalled.some(({ job }) => job.metadata.name === name);
    const others = cronJobs.filter(({ status }) => !status?.active?.some(isStalled));
    return [...findings, ...others.map((cronJob) => judgeLastFiring(cronJob, clock.now()))];
  },
};

function judgeLastFiring(cronJob: CronJob, now: Date): Finding {
  const { name, namespace, creationTimestamp } = cronJob.metadata;
  const { lastScheduleTime, lastSuccessfulTime, active = [] } = cronJob.status ?? {};
  const byHand = `kubectl create job --from=cronjob/${name} ${name}-by-hand -n ${namespace}`;
  const due = makeCron(cronJob).previousRuns(1, now)[0];
  const isDue = due !== undefined && due > new Date(creationTimestamp) && now.getTime() - due.getTime() > GRACE_MS;
  if (isDue && !cronJob.spec!.suspend && (lastScheduleTime === undefined || new Date(lastScheduleTime) < due))
    return problem(
      `${name}: ${describeInstant(cronJob, due)} was missed`,
      `The CronJob controller was away for longer than startingDeadlineSeconds, or the CronJob was suspended. Make up for it: ${byHand}`,
    );
  if (lastScheduleTime === undefined)
    return fine(`${name} has not been due yet since it was created, ${creationTimestamp}`);
  const state = `${name}: ${describeInstant(cronJob, new Date(lastScheduleTime))}`;
  if (active.length > 0) return fine(`${state}: its Job ${active.map((one) => one.name).join(", ")} runs`);
  if (lastSuccessfulTime !== undefined && lastSuccessfulTime >= lastScheduleTime)
    return fine(`${state}: its ClimateBatch was requested at ${lastSuccessfulTime}`);
  return problem(
    `${state}: its Job did not end well`,
    `kubectl logs -n ${namespace} --selector=${SCHEDULE_SELECTOR} says why. When that is fixed: ${byHand}`,
  );
}

/** Those that ask for ClimateBatches. */
async function readSchedules(cluster: ClusterReader): Promise<readonly CronJob[]> {
  const cronJobs = await cluster.cronJobs(SCHEDULE_SELECTOR);
  return cronJobs.filter(({ spec }) =>
    spec?.jobTemplate.spec?.template.spec?.containers.some(({ args }) => args?.[0] === "submit"),
  );
}

/** Without a zone of its own a CronJob fires in that of the kube-controller-manager, which is UTC nearly everywhere. */
function zoneOf({ spec }: CronJob): string {
  return spec?.timeZone ?? "UTC";
}

function makeCron(cronJob: CronJob): Cron {
  return new Cron(cronJob.spec!.schedule, { timezone: zoneOf(cronJob), paused: true });
}

function describeInstant(cronJob: CronJob, instant: Date): string {
  return `${formatIn(zoneOf(cronJob), instant)}, that is ${instant.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
