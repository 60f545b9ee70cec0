// From climate_data to published results: all nine risks of the seeded sample, two scenarios of 120 years, five periods, one
// shard process. CPU time of Node and of PostgreSQL (user and system) and the time on the wall; what COPY alone takes to read.
// Run: npm run bench -- shardPipeline [--cells 320] [--rounds 3] [--profile] [--data FOLDER], a folder keeps its input.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { Client } from "pg";
import { planWithInputs } from "../cli/prepareInputs.ts";
import { makeSample } from "../cli/sample/makeSample.ts";
import { finishBatch, readOpenShards } from "../database/batches.ts";
import { prepareReading, readSeriesRows } from "../database/climateReader.ts";
import { connect } from "../database/connect.ts";
import { openEmbeddedServer } from "../database/embeddedServer.ts";
import { migrate } from "../database/migrate.ts";
import { planRequest } from "../database/planRequest.ts";
import { emptySlots } from "../database/slots.ts";
import { CALCULATIONS } from "../model/calculations.ts";
import { JOB_NODE_FLAGS, POD_ENV } from "../model/podContract.ts";
import { existsAt, VARIABLE_NAMES } from "../model/variables.ts";
import { becomeOnlyRunner } from "../serve/executor/runBatch.ts";
import { endedChildrenSeconds, processorSecondsOfTree } from "../test/support/processTree.ts";
import { profileTable, readProfile } from "./profile.ts";

const SCENARIO_YEARS = 2 * 120;
const WARM_UP_ROUNDS = 1;
const JOB_PROGRAM = join(import.meta.dirname, "../job/main.ts");
const SHOWN_SHARE = 0.005;
const MIB = 1024;

const { values: options } = parseArgs({
  options: {
    cells: { type: "string", default: "320" },
    rounds: { type: "string", default: "3" },
    data: { type: "string" },
    profile: { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);
const directory = options.data ?? (await mkdtemp(join(tmpdir(), "climatebatch-bench-")));
const server = await openEmbeddedServer(directory);
const client = await connect(server.url, { purpose: "bench" });
try {
  await migrate(client);
  const { cells, rowsWritten } = await makeSample(client, Number(options.cells), new AbortController().signal);
  if (rowsWritten > 0) await client.query("VACUUM ANALYZE climatebatch.climate_data");
  const serverPid = Number((await readFile(join(directory, "pgdata/postmaster.pid"), "utf8")).split("\n")[0]);
  const readings = await repeat(() => measureReading(client, serverPid));
  const runs = await repeat(() => measureRun(client, server.url, serverPid, []));
  printTable(cells, readings, runs);
  console.log(`Digest of the published results: ${await digestResults(client)}`);
  if (options.profile) {
    const profiles = await mkdtemp(join(tmpdir(), "climatebatch-profile-"));
    await measureRun(client, server.url, serverPid, ["--cpu-prof", `--cpu-prof-dir=${profiles}`]);
    const file = join(profiles, (await readdir(profiles))[0]!);
    console.log(
      `\n${profileTable(readProfile(file), SHOWN_SHARE)}\n\nThe whole profile, for Chrome's DevTools: ${file}`,
    );
  }
} finally {
  await client.end();
  await server.release();
  if (options.data === undefined) await rm(directory, { recursive: true });
}

interface Spent {
  readonly wall: number;
  readonly node: number;
  readonly postgres: number;
  /** Highest resident memory of the shard's process [MiB]. */
  readonly memory?: number;
}

async function repeat(round: () => Promise<Spent>): Promise<Spent[]> {
  for (let i = 0; i < WARM_UP_ROUNDS; i++) await round();
  const measured: Spent[] = [];
  for (let i = 0; i < rounds; i++) measured.push(await round());
  return measured;
}

/** Only COPY OUT of every row, the values left unread: what the server spends, and Node on taking the bytes. */
async function measureReading(session: Client, serverPid: number): Promise<Spent> {
  await prepareReading(session);
  const { rows } = await session.query(
    `SELECT min(cell_id) AS first, max(cell_id) AS last, (SELECT array_agg(scenario_id) FROM climatebatch.scenarios) AS scenarios
     FROM climatebatch.grid_cells`,
  );
  const { first: firstCell, last: lastCell, scenarios: scenarioIds } = rows[0];
  const wanted = { daily: VARIABLE_NAMES.filter((variable) => existsAt(variable, "daily")) };
  const [before, started, node] = [processorSecondsOfTree(serverPid), performance.now(), process.cpuUsage()];
  await readSeriesRows(session, { firstCell, lastCell, scenarioIds, linked: false, wanted }, () => undefined);
  const used = process.cpuUsage(node);
  return {
    wall: (performance.now() - started) / 1000,
    node: (used.user + used.system) / 1e6,
    postgres: processorSecondsOfTree(serverPid) - before,
  };
}

/** One batch of one shard, from its process' start to its publication; planning is left out. */
async function measureRun(
  session: Client,
  databaseUrl: string,
  serverPid: number,
  flags: readonly string[],
): Promise<Spent> {
  const request = { calculation: "all" as const, cellsPerShard: 1_000_000 };
  const planOptions = { parallelism: 1, parallelismSetting: "workers" };
  const { signal } = new AbortController();
  const onNotice = (line: string) => console.log(line);
  const preparation = { client: session, request, overrides: undefined, signal, onNotice };
  const planned = await planWithInputs(() => planRequest(session, request, planOptions), preparation);
  const { batchId } = planned!.batch;
  await becomeOnlyRunner(session, batchId);
  await emptySlots(session, batchId);
  const [shard] = await readOpenShards(session, batchId);
  const { jobAttempt, completionIndex } = shard!;
  const [before, started, node] = [processorSecondsOfTree(serverPid), performance.now(), endedChildrenSeconds()];
  const child = spawn(process.execPath, [...JOB_NODE_FLAGS, ...flags, JOB_PROGRAM], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: databaseUrl,
      [POD_ENV.batch]: batchId,
      [POD_ENV.jobAttempt]: String(jobAttempt),
      [POD_ENV.completionIndex]: String(completionIndex),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let memory = 0;
  createInterface({ input: child.stdout! }).on("line", (line) => {
    if (!line.includes('"progress"')) return;
    void readFile(`/proc/${child.pid}/status`, "utf8").then(
      (status) => (memory = Math.max(memory, Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / MIB)),
      () => undefined,
    );
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the shard's process ended with exit code ${code}`);
  const outcome = await finishBatch(session, batchId, { replaceGrid: false, allowFewer: false, goBack: false });
  if (outcome.state !== "published") throw new Error(`expected a published batch, found ${JSON.stringify(outcome)}`);
  return {
    wall: (performance.now() - started) / 1000,
    node: endedChildrenSeconds() - node,
    postgres: processorSecondsOfTree(serverPid) - before,
    memory,
  };
}

/** Equal for equal results, whichever batch and slot they are of. */
async function digestResults(session: Client): Promise<string> {
  const digests: string[] = [];
  for (const calculation of CALCULATIONS) {
    const { rows } = await session.query(
      `SELECT md5(string_agg(md5((to_jsonb(r) - 'slot')::text), '' ORDER BY cell_id, scenario_id, risk, first_year)) AS digest
       FROM climatebatch.${calculation}_rows AS r JOIN climatebatch.slots AS s USING (slot)
       JOIN climatebatch.publications AS p USING (calculation, batch_id) WHERE s.calculation = $1`,
      [calculation],
    );
    digests.push(rows[0].digest);
  }
  return digests.join(" ");
}

function printTable(cells: number, readings: readonly Spent[], runs: readonly Spent[]): void {
  const cellYears = cells * SCENARIO_YEARS;
  const row = (name: string, spent: readonly Spent[]) => {
    const of = (pick: (one: Spent) => number) => describe(spent.map(pick));
    const rate = describe(
      spent.map(({ node, postgres }) => cellYears / (node + postgres)),
      0,
    );
    return `| ${name} | ${of(({ node }) => node)} s | ${of(({ postgres }) => postgres)} s | ${of(({ wall }) => wall)} s | ${rate} |`;
  };
  console.log(
    [
      `\n${cells} cells, ${cellYears.toLocaleString("en")} cell-years, ${rounds} rounds after a warm-up, mean ± standard deviation`,
      "",
      "| work | CPU of Node | CPU of PostgreSQL | wall | cell-years per CPU-second |",
      "| --- | --- | --- | --- | --- |",
      row("COPY OUT of all rows alone", readings),
      row("nine risks, to published results", runs),
      "",
      `Highest resident memory of the shard's process: ${Math.max(...runs.map(({ memory = 0 }) => memory)).toFixed(0)} MiB.`,
    ].join("\n"),
  );
}

function describe(values: readonly number[], digits = 2): string {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const sd = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1));
  const shown = mean.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return values.length < 2 ? shown : `${shown} ± ${sd.toFixed(digits)}`;
}
