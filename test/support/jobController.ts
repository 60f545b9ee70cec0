// The test as the Job controller: runs the indexes of each Job in a namespace as child processes, and writes their Jobs'
// status as Kubernetes does. What becomes of pods is left to the tests on a real kubelet.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { formatRanges } from "../../database/batches.ts";
import { EXIT_CODES, POD_ENV } from "../../model/podContract.ts";
import { isConflict } from "../../operator/kube/apiError.ts";
import type { Job } from "../../operator/kube/client.ts";
import { CHILD_ENV } from "./cli.ts";
import type { OperatorNamespace } from "./operatorCluster.ts";

const JOB_PROGRAM = fileURLToPath(new URL("../../job/main.ts", import.meta.url));
const LOOK_MS = 50;

interface Progress {
  readonly done: Set<number>;
  readonly failed: Set<number>;
  isFailed: boolean;
}

export interface JobController extends AsyncDisposable {
  /** Job names, in order, for each index that was run. */
  readonly runs: readonly string[];
}

export interface JobControllerOptions {
  /** Exit code instead of running the program. */
  readonly instead?: (job: Job, completionIndex: number) => number | undefined;
  /** Begins nothing more while it says so. */
  readonly isHeld?: () => boolean;
}

export function playJobController(space: OperatorNamespace, options: JobControllerOptions = {}): JobController {
  const controller = new AbortController();
  const runs: string[] = [];
  const known = new Map<string, Progress>();
  const loop = async () => {
    while (!controller.signal.aborted) {
      for (const job of await space.jobs()) await step(job);
      await sleep(LOOK_MS, undefined, { signal: controller.signal }).catch(() => undefined);
    }
  };
  /** Runs as many indexes as fit at once, then reports. */
  const step = async (job: Job) => {
    const { name, uid } = job.metadata;
    const isEnded = job.status?.conditions?.some(({ type, status }) => status === "True" && type !== "Suspended");
    if (isEnded || job.metadata.deletionTimestamp !== undefined) return;
    if (job.spec!.suspend) return describeSuspended(job);
    const progress = known.get(uid) ?? { done: new Set(), failed: new Set(), isFailed: false };
    known.set(uid, progress);
    if (options.isHeld?.()) return;
    const completions = job.spec!.completions!;
    const open = Array.from({ length: completions }, (_, at) => at).filter(
      (at) => !progress.done.has(at) && !progress.failed.has(at),
    );
    await Promise.all(
      open.slice(0, job.spec!.parallelism).map(async (at) => {
        runs.push(`${name}/${at}`);
        const code = options.instead?.(job, at) ?? (await runIndex(job, at));
        if (code === EXIT_CODES.done) progress.done.add(at);
        else progress.failed.add(at);
        if (code === EXIT_CODES.failBatch) progress.isFailed = true;
      }),
    );
    await report(job, progress);
  };
  const report = async ({ metadata, spec, status }: Job, { done, failed, isFailed }: Progress) => {
    const isOver = isFailed || done.size + failed.size === spec!.completions;
    const now = new Date().toISOString().replace(/\.\d+Z/, "Z");
    const condition = (type: string, reason: string) => ({
      type,
      reason,
      status: "True",
      message: reason,
      lastProbeTime: now,
      lastTransitionTime: now,
    });
    const isGood = failed.size === 0 && !isFailed;
    const end = isGood
      ? [condition("SuccessCriteriaMet", "CompletionsReached"), condition("Complete", "CompletionsReached")]
      : [condition("FailureTarget", "FailedIndexes"), condition("Failed", "FailedIndexes")];
    const ranges = (indexes: Set<number>) => formatRanges([...indexes].sort((a, b) => a - b));
    await write(metadata.name, {
      startTime: status?.startTime ?? now,
      active: 0,
      terminating: 0,
      ready: 0,
      succeeded: done.size,
      failed: failed.size,
      completedIndexes: ranges(done),
      ...(failed.size > 0 && { failedIndexes: ranges(failed) }),
      ...(isOver && { conditions: end, ...(isGood && { completionTime: now }) }),
    });
  };
  const describeSuspended = async (job: Job) => {
    if (job.status?.conditions?.some(({ type }) => type === "Suspended")) return;
    const now = new Date().toISOString().replace(/\.\d+Z/, "Z");
    const words = { type: "Suspended", status: "True", reason: "JobSuspended", message: "Job suspended" };
    await write(job.metadata.name, {
      startTime: null,
      conditions: [{ ...words, lastProbeTime: now, lastTransitionTime: now }],
    });
  };
  const write = (name: string, status: object) =>
    space.patchJob(name, { status }, "status").catch((error) => {
      if (!isConflict(error)) throw error;
    });
  const running = loop();
  return {
    runs,
    async [Symbol.asyncDispose]() {
      controller.abort();
      await running;
    },
  };
}

async function runIndex({ spec }: Job, completionIndex: number): Promise<number | null> {
  const [container] = spec!.template.spec!.containers;
  const environment = Object.fromEntries((container!.env ?? []).map(({ name, value }) => [name, value ?? ""]));
  const child = spawn(process.execPath, [JOB_PROGRAM], {
    env: { ...CHILD_ENV, ...environment, [POD_ENV.completionIndex]: String(completionIndex) },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = await once(child, "exit");
  return code;
}
