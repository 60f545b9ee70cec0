// The operator on a real API server, with thousands of finished ClimateBatches: how soon a NOTIFY becomes a Job, how many batches a
// second go from one Job to the next, and how much memory it holds. No node and no controller runs: Jobs are created and never
// start, and this bench ends each as the Job controller would when a shard fails.
// Run alone: npm run bench -- operator [--finished 5000] [--batches 1000] [--notifies 50] [--qps 1000]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { KubeConfig } from "@kubernetes/client-node";
import pMap from "p-map";
import pg from "pg";
import { connect } from "../database/connect.ts";
import { openEmbeddedServer } from "../database/embeddedServer.ts";
import { migrate } from "../database/migrate.ts";
import { CLIMATE_BATCH, isConditionTrue, type NewClimateBatchSpec } from "../model/climateBatch.ts";
import { systemClock } from "../model/clock.ts";
import type { StoredBatch } from "../operator/context.ts";
import { type Job, makeKubeApi } from "../operator/kube/client.ts";
import { startReflector } from "../operator/kube/reflector.ts";
import { Transport } from "../operator/kube/transport.ts";
import { buildJob, type PodSettings } from "../operator/objects/job.ts";
import { CHILD_SELECTOR, LABELS } from "../operator/objects/labels.ts";
import { startApiOnly } from "../test/cluster/apiOnly.ts";
import { kubectlProgram } from "../test/cluster/binaries.ts";
import { run } from "../test/cluster/processes.ts";
import { loadShard, writePlaces } from "../test/support/loadedBatch.ts";
import { memoryOfTree } from "../test/support/processTree.ts";

const NAMESPACE = "bench";
const CELLS = 1_000;
/** Jobs of 1, 10, 100 and 1,000 indexes. */
const CELLS_PER_SHARD = [1_000, 100, 10, 1];
const AT_ONCE = 16;
const ACTIVE = 200;
const LOOK_MS = 100;
const QUIET_LOOKS = 10;
const MIB = 2 ** 20;
/** As Dockerfile.operator starts it. */
const OPERATOR_NODE_FLAGS = ["--optimize-for-size"];
const OPERATOR_PROGRAM = join(import.meta.dirname, "../operator/main.ts");
const DEFINITION = join(import.meta.dirname, "../crds/climatebatches.yaml");
const SPEC: NewClimateBatchSpec = { calculation: "Hazard", risks: ["HighTemperature"], parallelism: 4 };
const PODS: PodSettings = { image: "climatebatch-job", runAsUser: 10_001, terminationGracePeriodSeconds: 30 };

const { values: options } = parseArgs({
  options: {
    finished: { type: "string", default: "5000" },
    batches: { type: "string", default: "1000" },
    notifies: { type: "string", default: "50" },
    qps: { type: "string", default: "1000" },
  },
});
const counts = {
  finished: Number(options.finished),
  batches: Number(options.batches),
  notifies: Number(options.notifies),
};

await using release = new AsyncDisposableStack();
const folder = await mkdtemp(join(tmpdir(), "climatebatch-bench-"));
release.defer(() => rm(folder, { recursive: true, force: true }));
const database = await openEmbeddedServer(folder);
release.defer(() => database.release());
const client = await connect(database.url, { purpose: "bench" });
release.defer(() => client.end());
const pool = new pg.Pool({ connectionString: database.url });
release.defer(() => pool.end());
await migrate(client);
await writePlaces(client, CELLS);
// Enough to be planned: no shard reads its series.
await client.query("UPDATE climatebatch.climate_data SET frequency = 'daily'");
await client.query("UPDATE climatebatch.scenarios SET data_first_year = 1976, data_last_year = 2045");
const cluster = release.use(await startApiOnly());
const kubeConfig = new KubeConfig();
kubeConfig.loadFromFile(cluster.kubeconfig);
const connection = {
  kubeConfig,
  qps: 10_000,
  burst: 10_000,
  timeoutMs: 60_000,
  clock: systemClock,
  random: Math.random,
};
const admin = new Transport(connection);
release.defer(() => admin.close());
const api = makeKubeApi({ ...connection, namespace: NAMESPACE });
release.defer(() => api.close());
await prepareCluster();

let isEnding = false;
const seenMs = new Map<string, number>();
const known = new Set<string>();
/** Ends each new Job as the Job controller would when a shard cannot succeed. */
const watchOfJobs = startReflector<Job>({
  name: "jobs",
  source: api.jobs,
  labelSelector: CHILD_SELECTOR,
  clock: systemClock,
  random: Math.random,
  log: { info: () => undefined, warn: () => undefined },
  onChange(job) {
    if (!isEnding || job === undefined || known.has(job.metadata.uid)) return;
    known.add(job.metadata.uid);
    seenMs.set(job.metadata.name, performance.now());
    void endJob(job, "Failed");
  },
});
release.defer(() => watchOfJobs.stop());

console.log(
  `API server, PostgreSQL, operator and bench share this machine; the operator may make ${options.qps} calls a second`,
);
const finished = await makeFinished();
const numbers = [...Array(counts.finished).keys()];
await timed(`${counts.finished} finished ClimateBatches and their Jobs created`, () =>
  pMap(numbers, (at) => cloneFinished(finished, at), { concurrency: AT_ONCE }),
);
const operator = release.use(await startOperatorProcess());
await timed("the operator has started and has nothing more to do", operator.quiet);
operator.report("then");
isEnding = true;
await measureNotifies();
await measureThroughput();
operator.report("at last");

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const before = performance.now();
  await work();
  console.log(`${what}: ${((performance.now() - before) / 1000).toFixed(1)} s`);
}

async function prepareCluster(): Promise<void> {
  const kubectl = (...words: readonly string[]) =>
    run(kubectlProgram(), ["--kubeconfig", cluster.kubeconfig, ...words]);
  await kubectl("apply", "--filename", DEFINITION);
  await kubectl("create", "namespace", NAMESPACE);
  await until("the definition is served", () =>
    api.climateBatches.list({ limit: 1 }).then(
      () => true,
      () => false,
    ),
  );
}

async function until(what: string, look: () => Promise<boolean>, patienceMs = 1_800_000): Promise<void> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await sleep(LOOK_MS))
    if (await look()) return;
  throw new Error(`waited ${patienceMs / 1000} s, and still not: ${what}`);
}

function create(name: string, spec: NewClimateBatchSpec): Promise<StoredBatch> {
  const { apiVersion, kind } = CLIMATE_BATCH;
  return api.climateBatches.create({ apiVersion, kind, metadata: { name }, spec }) as Promise<StoredBatch>;
}

async function endJob({ metadata: { name } }: Job, how: "Complete" | "Failed"): Promise<void> {
  const now = new Date().toISOString().replace(/\.\d+Z/, "Z");
  const condition = (type: string) => ({
    type,
    status: "True",
    reason: how === "Complete" ? "CompletionsReached" : "FailedIndexes",
    message: "as the bench says",
    lastProbeTime: now,
    lastTransitionTime: now,
  });
  const counted = { startTime: now, active: 0, terminating: 0, ready: 0 };
  const status =
    how === "Complete"
      ? {
          ...counted,
          succeeded: 1,
          completedIndexes: "0",
          completionTime: now,
          conditions: [condition("SuccessCriteriaMet"), condition("Complete")],
        }
      : {
          ...counted,
          failed: 1,
          failedIndexes: "0",
          conditions: [condition("FailureTarget"), condition("Failed")],
        };
  await admin.call({
    method: "PATCH",
    path: `/apis/batch/v1/namespaces/${NAMESPACE}/jobs/${name}/status`,
    body: JSON.stringify({ status }),
    contentType: "application/merge-patch+json",
  });
}

interface Finished {
  readonly batch: StoredBatch;
  readonly batchId: string;
}

/** A batch that the operator itself has brought to its end, and another one that was published after it. */
async function makeFinished(): Promise<Finished> {
  await using first = await startOperatorProcess();
  const ended: Finished[] = [];
  for (const name of ["model", "later"]) {
    await create(name, { ...SPEC, cellsPerShard: CELLS, maxRejectedCells: ended.length });
    const row = async () =>
      (await client.query("SELECT batch_id FROM climatebatch.batches WHERE climate_batch = $1", [name])).rows[0];
    const job = async () => (await api.jobs.list({ labelSelector: `${LABELS.batch}=${name}` })).items.at(0);
    await until(`${name} has a Job`, async () => (await job()) !== undefined);
    const batchId: string = (await row()).batch_id;
    await loadShard(client, batchId, 0);
    await endJob((await job())!, "Complete");
    const read = () => api.climateBatches.get(name) as Promise<StoredBatch>;
    await until(`${name} is complete`, async () => isConditionTrue((await read()).status, "Published"));
    ended.push({ batch: await read(), batchId });
  }
  await first.quiet();
  const [model] = ended;
  return { ...model!, batch: (await api.climateBatches.get("model")) as StoredBatch };
}

/** The same objects and rows under another name. */
async function cloneFinished({ batch, batchId }: Finished, at: number): Promise<void> {
  const name = `finished-${String(at).padStart(5, "0")}`;
  const made = await create(name, SPEC);
  const uid = made.metadata.uid;
  const { rows } = await pool.query<{ batch_id: string }>(
    `INSERT INTO climatebatch.batches (calculation, specification, specification_key, grid_id, state, reason, message, cells, started_at,
       finished_at, installation, climate_batch, climate_batch_uid)
     SELECT calculation, specification, specification_key, grid_id, state, reason, message, cells, started_at, finished_at, installation, $2, $3
     FROM climatebatch.batches WHERE batch_id = $1 RETURNING batch_id`,
    [batchId, name, uid],
  );
  const ownId = rows[0]!.batch_id;
  await pool.query(
    `INSERT INTO climatebatch.batch_shards (batch_id, shard, first_cell, last_cell, cells, state, attempt, job_index, result_rows, rejected_cells)
     SELECT $2, shard, first_cell, last_cell, cells, state, attempt, job_index, result_rows, rejected_cells
     FROM climatebatch.batch_shards WHERE batch_id = $1`,
    [batchId, ownId],
  );
  const job = await api.jobs.create(buildJob(made, { batchId: ownId, attempt: 1, completions: 1 }, PODS));
  const text = JSON.stringify(batch.status)
    .replaceAll(`"${batch.status!.jobName}"`, `"${job.metadata.name}"`)
    .replaceAll(`"batchId":"${batchId}"`, `"batchId":"${ownId}"`)
    .replaceAll(`atch ${batchId} are`, `atch ${ownId} are`)
    .replaceAll(`Batch ${batchId}:`, `Batch ${ownId}:`);
  await api.climateBatches.patchStatus(name, { status: JSON.parse(text) });
  await endJob(job, "Complete");
}

interface OperatorProcess extends AsyncDisposable {
  /** Nothing is queued, and no batch runs. */
  quiet(): Promise<void>;
  report(when: string): void;
  metric(name: string): Promise<number>;
}

async function startOperatorProcess(): Promise<OperatorProcess> {
  const port = await freePort();
  const child = spawn(process.execPath, [...OPERATOR_NODE_FLAGS, OPERATOR_PROGRAM], {
    env: {
      PATH: process.env.PATH,
      KUBECONFIG: cluster.kubeconfig,
      CLIMATEBATCH_NAMESPACE: NAMESPACE,
      CLIMATEBATCH_INSTALLATION: "bench",
      DATABASE_URL: database.url,
      JOB_IMAGE: PODS.image,
      JOB_DATABASE_URL: database.url,
      SUCCESSFUL_HISTORY_LIMIT: "10000",
      FAILED_HISTORY_LIMIT: "10000",
      KUBE_QPS: options.qps,
      KUBE_BURST: options.qps,
      PROBE_PORT: String(port),
      LOG_LEVEL: "error",
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const ended = once(child, "exit");
  let highest = 0;
  const sampling = setInterval(() => {
    highest = Math.max(highest, memoryOfTree(child.pid));
  }, LOOK_MS);
  const read = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => null);
    return answer?.ok ? answer.text() : null;
  };
  const metric = async (name: string) => {
    const text = await read("/metrics");
    const values = [...(text ?? "").matchAll(new RegExp(`^${name}(?:{.*})? (\\S+)$`, "gm"))].map(([, value]) =>
      Number(value),
    );
    return text === null ? Number.NaN : values.reduce((sum, value) => sum + value, 0);
  };
  return {
    metric,
    async quiet() {
      await until("the operator leads", async () => (await read("/readyz")) !== null);
      let looks = 0;
      await until("the operator has nothing to do", async () => {
        const depth = (await metric("workqueue_depth")) + (await metric("controller_runtime_active_workers"));
        const { rows } = await client.query("SELECT FROM climatebatch.batches WHERE state = 'running'");
        looks = depth === 0 && rows.length === 0 ? looks + 1 : 0;
        return looks === QUIET_LOOKS;
      });
    },
    report(when) {
      const now = memoryOfTree(child.pid);
      console.log(`resident ${when}: ${Math.round(now / MIB)} MiB, highest so far ${Math.round(highest / MIB)} MiB`);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(sampling);
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function measureNotifies(): Promise<void> {
  const delays: number[] = [];
  for (let at = 0; at < counts.notifies; at++) {
    await operator.quiet();
    seenMs.clear();
    const before = performance.now();
    await client.query("NOTIFY aiops_trigger, 'hazard'");
    await until("its Job", async () => seenMs.size > 0);
    delays.push([...seenMs.values()][0]! - before);
  }
  delays.sort((a, b) => a - b);
  const quantile = (share: number) =>
    Math.round(delays[Math.min(delays.length - 1, Math.floor(share * delays.length))]!);
  console.log(
    `from NOTIFY to Job, ${delays.length} times: p50 ${quantile(0.5)} ms, p95 ${quantile(0.95)} ms, longest ${quantile(1)} ms`,
  );
}

/** Both calculations in turn, whose batches run side by side; each requests something else, or only the newest would stay. */
async function measureThroughput(): Promise<void> {
  seenMs.clear();
  const reconciles = await operator.metric("controller_runtime_reconcile_total");
  const before = performance.now();
  await pMap(
    [...Array(counts.batches).keys()],
    (at) =>
      create(`batch-${String(at).padStart(5, "0")}`, {
        ...SPEC,
        calculation: at % 2 === 0 ? "Hazard" : "Probability",
        cellsPerShard: CELLS_PER_SHARD[at % CELLS_PER_SHARD.length]!,
        maxRejectedCells: at,
      }),
    { concurrency: AT_ONCE },
  );
  const createdMs = performance.now() - before;
  let reported = false;
  await until("every batch had its Job", async () => {
    if (!reported && seenMs.size >= counts.batches - ACTIVE) {
      operator.report(`with ${ACTIVE} unfinished`);
      reported = true;
    }
    return seenMs.size === counts.batches;
  });
  const times = [...seenMs.values()];
  const seconds = (times.at(-1)! - times[0]!) / 1000;
  await operator.quiet();
  const perBatch = ((await operator.metric("controller_runtime_reconcile_total")) - reconciles) / counts.batches;
  console.log(
    `${counts.batches} ClimateBatches, created in ${(createdMs / 1000).toFixed(1)} s: ${((times.length - 1) / seconds).toFixed(1)} Jobs a second, each after the end of the one before it; ${perBatch.toFixed(1)} reconciles a batch`,
  );
}
