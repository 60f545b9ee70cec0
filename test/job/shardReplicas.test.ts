// Shards that read inputs from a real streaming standby: one that is up to date, one that lags, one that dies, one that is none.
// The results are the same bytes each time.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { finishBatch } from "../../database/batches.ts";
import { connect } from "../../database/connect.ts";
import { openEmbeddedServer } from "../../database/embeddedServer.ts";
import { readFigures } from "../../database/figures.ts";
import { migrate } from "../../database/migrate.ts";
import { planRequest } from "../../database/planRequest.ts";
import { emptySlots } from "../../database/slots.ts";
import type { ShardEvent } from "../../model/podContract.ts";
import { digestExports, readLatestBatch } from "../support/batches.ts";
import { eventually, type Program, startCli, startShard } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { databaseUrl } from "../support/database.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../support/databaseProxy.ts";
import { freePort } from "../support/pgbouncer.ts";
import { crashServer, type RunningServer, setInServer, startStandby, TEST_SETTINGS } from "../support/standby.ts";

/** Their series are more bytes than the sockets between a server and a shard hold: a kill leaves the shard in the middle of them. */
const CELLS = 200;
const SOME_BYTES = 2 << 20;
const release = new AsyncDisposableStack();
let root: string;
let primary: RunningServer;
let client: Client;
let url: string;
let standby: RunningServer;
let standbys = 0;
let reference: Record<string, string>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "climatebatch-replicas-"));
  release.defer(() => rm(root, { recursive: true, force: true }));
  primary = { folder: join(root, "primary"), handle: await openEmbeddedServer(join(root, "primary")) };
  release.defer(() => primary.handle.release());
  const admin = await connect(primary.handle.url, { purpose: "test" });
  for (const [name, value] of Object.entries(TEST_SETTINGS)) await setInServer(admin, name, value);
  await admin.query("CREATE DATABASE shards");
  await admin.end();
  url = databaseUrl(primary.handle.url, "shards");
  client = await connect(url, { purpose: "test" });
  release.defer(() => client.end());
  await migrate(client);
  await writePastAndFuture(client, { cells: CELLS });
  await startNewStandby();
  release.defer(() => standby.handle.release());
  reference = await publish(await plan(), (batchId) => startShard(url, batchId, 0), null);
});
afterAll(() => release.disposeAsync());
afterEach(async () => {
  await onStandby((session) => session.query("SELECT pg_wal_replay_resume()")).catch(() => undefined);
});

async function startNewStandby(): Promise<void> {
  standby = await startStandby(client, {
    leader: primary,
    folder: join(root, `standby-${++standbys}`),
    streamUrl: primary.handle.url,
  });
}

const standbyHost = () => new URL(standby.handle.url).host;

async function onStandby<T>(work: (session: Client) => Promise<T>): Promise<T> {
  const session = await connect(databaseUrl(standby.handle.url, "shards"), { purpose: "test", patienceMs: 0 });
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}

async function plan(): Promise<string> {
  const request = { calculation: "all", scenarios: ["future"], risks: ["high_temperature"] } as const;
  const planned = await planRequest(client, request, { parallelism: 1, parallelismSetting: "", cellsPerShard: CELLS });
  const { batchId } = planned!.batch;
  await emptySlots(client, batchId);
  return batchId;
}

function startReading(hosts: string, waitSeconds = 60): (batchId: string) => Program {
  const settings = { DATABASE_READ_HOSTS: hosts, DATABASE_READ_WAIT_SECONDS: String(waitSeconds) };
  return (batchId) => startShard(url, batchId, 0, 1, settings);
}

/** Lets the one shard of the batch run to its end, publishes, and returns digests of what is published. */
async function publish(
  batchId: string,
  start: (batchId: string) => Program,
  trouble: string | null,
): Promise<Record<string, string>> {
  await using shard = start(batchId);
  return await finish(batchId, shard, trouble);
}

async function finish(batchId: string, shard: Program, trouble: string | null): Promise<Record<string, string>> {
  const { code, stdout, stderr } = await shard.ended;
  expect(code, `${stdout}${stderr}`).toBe(0);
  const { rows } = await client.query(
    "SELECT state, attempt, replica_trouble FROM climatebatch.batch_shards WHERE batch_id = $1",
    [batchId],
  );
  expect(rows).toEqual([{ state: "done", attempt: 1, replica_trouble: trouble }]);
  const outcome = await finishBatch(client, batchId, { replaceGrid: false, allowFewer: false, goBack: false });
  expect(outcome.state).toBe("published");
  return digestExports(client);
}

interface Line {
  readonly event: ShardEvent;
  readonly reason?: string;
  readonly host?: string;
  readonly message?: string;
}

function linesOf(shard: Program, ...events: readonly ShardEvent[]): Line[] {
  const lines = shard.written().split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Line).filter(({ event }) => events.includes(event));
}

const sources = (shard: Program) => linesOf(shard, "readingReplica", "readingPrimary");

/** By every session that has ended, and this one. */
async function scansOfSeries(session: Client): Promise<number> {
  await session.query("SELECT pg_stat_force_next_flush()");
  const { rows } = await session.query(
    `SELECT sum(idx_scan)::int AS scans FROM pg_stat_user_tables
     WHERE relid IN (SELECT relid FROM pg_partition_tree('climatebatch.climate_data'))`,
  );
  return rows[0].scans;
}

test("a standby that is up to date is read, the primary's series are not", async () => {
  const batchId = await plan();
  const before = await scansOfSeries(client);
  await using shard = startReading(standbyHost())(batchId);

  expect(await finish(batchId, shard, null)).toEqual(reference);

  expect(sources(shard)).toMatchObject([{ event: "readingReplica", host: standbyHost() }]);
  expect(await scansOfSeries(client)).toBe(before);
});

test("a standby that lags is waited for", async () => {
  await onStandby((session) => session.query("SELECT pg_wal_replay_pause()"));
  const batchId = await plan();
  await using shard = startReading(standbyHost())(batchId);
  await onStandby((session) =>
    eventually("the shard looks at the standby", async () => {
      const { rows } = await session.query("SELECT FROM pg_stat_activity WHERE application_name = $1", [
        `climatebatch shard ${batchId}/0 replica`,
      ]);
      return rows.length > 0 || undefined;
    }),
  );
  expect(sources(shard)).toEqual([]);
  await onStandby((session) => session.query("SELECT pg_wal_replay_resume()"));

  expect(await finish(batchId, shard, null)).toEqual(reference);
  expect(sources(shard)).toMatchObject([{ event: "readingReplica" }]);
});

test("a standby that lags for too long is left for the primary, and waited for once in a batch", async () => {
  await onStandby((session) => session.query("SELECT pg_wal_replay_pause()"));
  const batchId = await plan();
  // Another shard began long ago.
  await client.query(
    "UPDATE climatebatch.batch_shards SET started_at = now() - interval '10 minutes' WHERE batch_id = $1",
    [batchId],
  );
  await client.query(
    `INSERT INTO climatebatch.batch_shards (batch_id, shard, first_cell, last_cell, cells, job_index, state, started_at, result_rows, rejected_cells)
     VALUES ($1, 1, 1000000, 1000000, 0, 1, 'done', now() - interval '10 minutes', 0, 0)`,
    [batchId],
  );
  const begun = performance.now();
  await using shard = startReading(standbyHost(), 300)(batchId);
  await shard.ended;
  expect(performance.now() - begun).toBeLessThan(300_000);
  await client.query("DELETE FROM climatebatch.batch_shards WHERE batch_id = $1 AND shard = 1", [batchId]);

  expect(await finish(batchId, shard, "behind")).toEqual(reference);
  expect(sources(shard)).toMatchObject([
    { event: "readingPrimary", reason: "behind", message: expect.stringContaining("has not replayed the batch yet") },
  ]);
});

test("a standby that never catches up is left after the time limit", async () => {
  await onStandby((session) => session.query("SELECT pg_wal_replay_pause()"));
  const batchId = await plan();
  await using shard = startReading(standbyHost(), 1)(batchId);
  expect(await finish(batchId, shard, "behind")).toEqual(reference);
});

test.each(["nothing listens", "it is no standby"])("another host is taken where %s, else the primary", async (what) => {
  const wrong = what === "nothing listens" ? `127.0.0.1:${await freePort()}` : new URL(url).host;
  const both = await plan();
  await using first = startReading(`${wrong},${standbyHost()}`)(both);
  expect(await finish(both, first, null)).toEqual(reference);
  expect(sources(first)).toMatchObject([{ event: "readingReplica", host: standbyHost() }]);

  const alone = await plan();
  await using second = startReading(wrong)(alone);
  expect(await finish(alone, second, "unreachable")).toEqual(reference);
  expect(sources(second)).toMatchObject([{ event: "readingPrimary", reason: "unreachable" }]);
});

test("inputs that a standby has in a newer state end the batch", async () => {
  const batchId = await plan();
  // The batch pinned an older state than there ever was again.
  await client.query(
    "UPDATE climatebatch.batch_inputs SET revision = revision - 1 WHERE batch_id = $1 AND input = 'climate_data'",
    [batchId],
  );
  await using shard = startReading(standbyHost())(batchId);
  const { code, stdout } = await shard.ended;
  expect(code).toBe(30);
  expect(stdout).toContain("InputChanged");
  await client.query("UPDATE climatebatch.batches SET state = 'cancelled' WHERE batch_id = $1", [batchId]);
});

/** A shard that has read some of its series from the standby, and gets no more until the proxy lets it. */
async function startInTheMiddle(proxy: DatabaseProxy, batchId: string): Promise<Program> {
  const halted = proxy.haltAnswersAfter(SOME_BYTES);
  const shard = startReading(new URL(proxy.url).host)(batchId);
  await halted;
  return shard;
}

test("a read that conflicts with what is replayed is continued on the primary", async () => {
  const mayDelay = (time: string) => onStandby((session) => setInServer(session, "max_standby_streaming_delay", time));
  const isReplayWaiting = () =>
    onStandby(async (session) => {
      const { rows } = await session.query(
        "SELECT FROM pg_stat_activity WHERE backend_type = 'startup' AND wait_event = 'RecoveryConflictSnapshot'",
      );
      return rows.length > 0;
    });
  await mayDelay("1s");
  const batchId = await plan();
  await using proxy = await startDatabaseProxy(standby.handle.url);
  await using shard = await startInTheMiddle(proxy, batchId);
  // Rows that the standby's snapshot still sees are removed.
  const statements = ["CREATE TABLE public.scratch AS SELECT 1", "DELETE FROM public.scratch", "VACUUM public.scratch"];
  for (const statement of statements) await client.query(statement);
  await eventually("replaying waits for the read", async () => (await isReplayWaiting()) || undefined);
  await eventually("replaying has waited for long enough", async () => !(await isReplayWaiting()) || undefined);
  proxy.letAnswersGo();

  expect(await finish(batchId, shard, "lost")).toEqual(reference);
  expect(sources(shard)).toMatchObject([
    { event: "readingReplica" },
    { event: "readingPrimary", reason: "lost", message: expect.stringContaining("conflict with recovery") },
  ]);
  await mayDelay("30s");
});

test("run gives its shards the standbys that the environment names, and says once that there are none", async () => {
  const env = { DATABASE_URL: url, DATABASE_READ_HOSTS: standbyHost() };
  const words = [
    "run",
    "all",
    "--scenario",
    "future",
    "--risk",
    "high_temperature",
    "--new",
    "--cells-per-shard",
    "50",
  ];
  const troubles = async () => {
    const { batch_id } = (await readLatestBatch(client))!;
    const { rows } = await client.query(
      "SELECT replica_trouble AS trouble FROM climatebatch.batch_shards WHERE batch_id = $1",
      [batch_id],
    );
    return rows.map(({ trouble }) => trouble);
  };
  const read = await startCli(words, { env, cwd: root }).ended;
  expect(read.code, read.stderr).toBe(0);
  expect(await troubles()).toEqual(Array(4).fill(null));

  const none = await startCli(words, { env: { ...env, DATABASE_READ_HOSTS: "127.0.0.1:1" }, cwd: root }).ended;
  expect(none.code, none.stderr).toBe(0);
  expect(none.stderr.match(/no standby to read from/g)).toHaveLength(1);
  expect(await troubles()).toEqual(Array(4).fill("unreachable"));
});

async function examineStandbys(hosts: string): Promise<string[]> {
  const env = { DATABASE_URL: url, DATABASE_READ_HOSTS: hosts, DATABASE_READ_WAIT_SECONDS: "1" };
  const { stdout } = await startCli(["doctor", "--json"], { env, cwd: root }).ended;
  const reports: { check: string; findings: { level: string; found: string }[] }[] = JSON.parse(stdout);
  const { findings } = reports.find(({ check }) => check === "standbys")!;
  return findings.map(({ level, found }) => `${level}: ${found}`);
}

test("doctor says which standbys answer, and how far behind they are", async () => {
  const host = standbyHost();
  expect(await examineStandbys(host)).toEqual([expect.stringMatching(/^warning: .* ends reads that conflict/)]);
  await onStandby((session) => setInServer(session, "hot_standby_feedback", "on"));
  expect(await examineStandbys("")).toEqual(["ok: none is named: shards read inputs from the primary"]);
  expect(await examineStandbys(`127.0.0.1:1,${host},${new URL(url).host}`)).toEqual([
    expect.stringMatching(/^warning: 127\.0\.0\.1:1 does not answer \(.*ECONNREFUSED/),
    expect.stringMatching(`ok: ${host} (is a standby and has replayed everything|is 0\\.[0-9] MiB behind)`),
    `warning: ${new URL(url).host} is no standby of this server: shards pass it over`,
  ]);
  await onStandby((session) => session.query("SELECT pg_wal_replay_pause()"));
  expect(await examineStandbys(host)).toEqual([`warning: ${host} does not replay: it was paused`]);
  await onStandby((session) => setInServer(session, "hot_standby_feedback", "off"));
});

test("the metric counts shards by why they read the primary", async () => {
  const { readFromPrimary } = await readFigures(client);
  // Of the run before, whose standbys did not answer.
  expect(readFromPrimary).toEqual({ unreachable: 4 });
});

test.each(["killed", "cut off"])(
  "a standby that is %s in the middle of a read is continued on the primary",
  async (how) => {
    await using proxy = await startDatabaseProxy(standby.handle.url);
    const batchId = await plan();
    await using shard = await startInTheMiddle(proxy, batchId);
    if (how === "killed") await crashServer(standby.folder);
    else proxy.reset();
    proxy.letAnswersGo();

    expect(await finish(batchId, shard, "lost")).toEqual(reference);
    expect(sources(shard)).toMatchObject([{ event: "readingReplica" }, { event: "readingPrimary", reason: "lost" }]);
    if (how === "killed") await startNewStandby();
  },
);
