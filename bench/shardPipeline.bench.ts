// From climate_data to result rows on this machine: what the shard program makes of what COPY can read, in the same run.
// The climate is the seeded sample; 320 cells, two scenarios of 120 years with a common past, five daily variables.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "pg";
import { makeSample } from "../cli/sample/makeSample.ts";
import { watchOnTerminal } from "../cli/terminalWatch.ts";
import { prepareReading, readSeriesRows } from "../database/climateReader.ts";
import { connect } from "../database/connect.ts";
import { openEmbeddedServer } from "../database/embeddedServer.ts";
import { migrate } from "../database/migrate.ts";
import { planRequest } from "../database/planRequest.ts";
import { existsAt, VARIABLE_NAMES } from "../model/variables.ts";
import { runBatch } from "../serve/executor/runBatch.ts";

const CELLS = 320;
const ROUNDS = 3;
const SCENARIO_YEARS = 2 * 120;

const directory = await mkdtemp(join(tmpdir(), "climatebatch-bench-"));
const server = await openEmbeddedServer(directory);
const client = await connect(server.url, { purpose: "bench" });
try {
  await migrate(client);
  const { cells } = await makeSample(client, CELLS, new AbortController().signal);
  await client.query("VACUUM ANALYZE climatebatch.climate_data");
  await report("COPY of the same rows, one session", "M values/s", () => copyRate(client));
  for (const workers of [1, 2]) {
    await report(`run all, ${workers} workers`, "cell-years/s", () => runRate(client, server.url, cells, workers));
  }
} finally {
  await client.end();
  await server.release();
  await rm(directory, { recursive: true });
}

async function report(name: string, unit: string, measure: () => Promise<number>): Promise<void> {
  await measure();
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rates.push(await measure());
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / ROUNDS;
  const deviation = Math.sqrt(rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / (ROUNDS - 1));
  console.log(`${name}: ${mean.toFixed(1)} ± ${deviation.toFixed(1)} ${unit}, best ${Math.max(...rates).toFixed(1)}`);
}

async function copyRate(session: Client): Promise<number> {
  await prepareReading(session);
  const { rows } = await session.query(
    `SELECT min(cell_id) AS first, max(cell_id) AS last, (SELECT array_agg(scenario_id) FROM climatebatch.scenarios) AS scenarios
     FROM climatebatch.grid_cells`,
  );
  const { first: firstCell, last: lastCell, scenarios: scenarioIds } = rows[0];
  const wanted = { daily: VARIABLE_NAMES.filter((variable) => existsAt(variable, "daily")) };
  let bytes = 0;
  const started = performance.now();
  await readSeriesRows(
    session,
    { firstCell, lastCell, scenarioIds, linked: false, wanted },
    (_cell, _scenario, _frequency, _variable, _year, _bytes, _offset, length) => {
      bytes += length;
    },
  );
  return bytes / Float32Array.BYTES_PER_ELEMENT / 1e3 / (performance.now() - started);
}

async function runRate(session: Client, databaseUrl: string, cells: number, workers: number): Promise<number> {
  const planned = await planRequest(
    session,
    { calculation: "all" },
    { parallelism: workers, parallelismSetting: "workers" },
  );
  const { batchId } = planned!.batch;
  const started = performance.now();
  const options = { databaseUrl, batchId, watch: watchOnTerminal("bench"), workers, publish: true, replaceGrid: false };
  const outcome = await runBatch(session, options, new AbortController().signal);
  if (outcome.state !== "published") throw new Error(`expected a published batch, found ${JSON.stringify(outcome)}`);
  return (cells * SCENARIO_YEARS) / ((performance.now() - started) / 1000);
}
