// A database with the sample and all its results published: computed once a test run, cloned for each test that reads it.
import { inject } from "vitest";
import { connect } from "../../database/connect.ts";
import { cli } from "./cli.ts";
import { createTestDatabase, databaseUrl, TEMPLATE, type TestDatabase } from "./database.ts";

const SAMPLE = "climatebatch_sample_results";
export const SAMPLE_CELLS = 24;
const LOCK = 6_170_301;

export async function createSampleResults(): Promise<TestDatabase> {
  const serverUrl = inject("serverUrl");
  const admin = await connect(serverUrl, { purpose: "test setup" });
  try {
    // Test files run side by side: the first makes it, the others wait.
    await admin.query("SELECT pg_advisory_lock($1)", [LOCK]);
    const { rowCount } = await admin.query("SELECT FROM pg_database WHERE datname = $1", [SAMPLE]);
    if (rowCount === 0) await makeSampleResults(serverUrl, admin);
  } finally {
    await admin.end();
  }
  return createTestDatabase({ from: SAMPLE });
}

async function makeSampleResults(serverUrl: string, admin: { query(text: string): Promise<unknown> }): Promise<void> {
  const unfinished = `${SAMPLE}_unfinished`;
  await admin.query(`DROP DATABASE IF EXISTS ${unfinished}`);
  await admin.query(`CREATE DATABASE ${unfinished} TEMPLATE ${TEMPLATE}`);
  const url = databaseUrl(serverUrl, unfinished);
  for (const words of [
    ["sample", "--cells", String(SAMPLE_CELLS)],
    ["run", "all", "--workers", "2"],
  ]) {
    const { code, stderr } = await cli(url, ...words);
    if (code !== 0) throw new Error(`climatebatch ${words.join(" ")} ended with ${code}: ${stderr}`);
  }
  await admin.query(`ALTER DATABASE ${unfinished} RENAME TO ${SAMPLE}`);
}
