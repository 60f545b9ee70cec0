// What the builder of ClimateBatches starts from: a row just planned, a Job, the instants of a made-up day.
import { CLIMATE_BATCH } from "../../model/climateBatch.ts";
import { formatInstant } from "../../operator/objects/conditions.ts";
import { childJobName } from "../../operator/objects/job.ts";
import { ANNOTATIONS, KUEUE_QUEUE_LABEL, LABELS } from "../../operator/objects/labels.ts";
import type { BatchRow, JobFacts } from "../../operator/reconcile/observe.ts";

export const START = new Date("2028-01-01T00:00:00Z");
/** That many seconds after everything began. */
export const at = (seconds: number): Date => new Date(START.getTime() + seconds * 1000);

export function freshRow(total: number): BatchRow {
  return {
    batchId: "17",
    installation: "here",
    state: "running",
    reason: null,
    message: null,
    jobAttempt: 1,
    attemptShards: total,
    cells: total * 40,
    shards: { total, pending: total, running: 0, done: 0, failed: 0 },
    failedShards: "",
    rejectedCells: 0,
    resultRows: 0,
    slotsReady: true,
    published: [],
    startedAt: at(10),
    finishedAt: null,
    publishedAt: null,
  };
}

/** As spec.parallelism defaults. */
const PARALLELISM = 4;

export interface JobSituation {
  readonly attempt?: number;
  readonly end?: { readonly type: "Complete" | "Failed"; readonly reason: string };
  readonly suspended?: boolean;
  readonly deleting?: boolean;
  readonly kueue?: boolean;
  /** Pods that have not ended, and those of them that run; by default all that may. */
  readonly active?: number;
  readonly ready?: number;
  readonly failedPods?: number;
  readonly template?: string;
  readonly nudged?: string;
}

export function buildJobFacts(
  { name, uid }: { readonly name: string; readonly uid: string },
  { attempt = 1, end, suspended = false, deleting = false, kueue = false, ...more }: JobSituation = {},
): JobFacts {
  const { active = PARALLELISM, ready = PARALLELISM, failedPods: failed = 0, template, nudged } = more;
  return {
    metadata: {
      name: childJobName({ name, uid }, attempt),
      uid: `job-${attempt}`,
      labels: { [LABELS.attempt]: String(attempt), ...(kueue && { [KUEUE_QUEUE_LABEL]: "climate" }) },
      ownerReferences: [{ kind: CLIMATE_BATCH.kind, name, uid }],
      annotations: {
        ...(template !== undefined && { [ANNOTATIONS.template]: template }),
        ...(nudged !== undefined && { [ANNOTATIONS.nudged]: nudged }),
      },
      creationTimestamp: formatInstant(at(20)),
      ...(deleting && { deletionTimestamp: formatInstant(at(80)) }),
    },
    spec: { suspend: suspended, completions: 12, parallelism: PARALLELISM },
    status:
      end === undefined
        ? { active, ready, failed }
        : { failed, conditions: [{ ...end, status: "True", message: `Job ${end.type}` }] },
  };
}

/** How many there are in ranges such as "0-4,7". */
export function countIn(ranges: string): number {
  if (ranges === "") return 0;
  return ranges.split(",").reduce((sum, range) => {
    const [first, last = first] = range.split("-").map(Number);
    return sum + last! - first! + 1;
  }, 0);
}
