// A tenth of a country at 1 km with four scenarios is written, or all of it: memory stays bounded, whatever the number of rows.
import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import h5wasm, { type Dataset } from "h5wasm/node";
import { parquetMetadataAsync } from "hyparquet";
import { asyncBufferFromFile } from "hyparquet/src/node.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RISKS } from "../../model/risks.ts";
import { highestMemory, startCli } from "../support/cli.ts";
import type { TestDatabase } from "../support/database.ts";
import { makeLargeResults, NATION_CELLS } from "../support/largeResults.ts";
import { createSampleResults } from "../support/sampleResults.ts";

const MOST_MIB = 256;
const SCENARIOS = 4;
const PERIODS = 5;
/** EXPORT_CELLS=451351 is the whole country: two hours, and 25 GB of room. */
const CELLS = Number(process.env.EXPORT_CELLS ?? Math.floor(NATION_CELLS / 10));
const ROWS = CELLS * RISKS.length * SCENARIOS * PERIODS;
const HOURS_MS = 4 * 3_600_000;

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createSampleResults();
  folder = await mkdtemp(join(tmpdir(), "climatebatch-large-export-"));
  await makeLargeResults(database, { cells: CELLS, scenarios: SCENARIOS, calculation: "hazard" });
}, HOURS_MS);

afterAll(async () => {
  await database?.drop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

async function countLines(file: string): Promise<number> {
  let lines = 0;
  for await (const _ of createInterface({ input: createReadStream(file) })) lines++;
  return lines;
}

async function countScores(file: string): Promise<number> {
  await h5wasm.ready;
  const opened = new h5wasm.File(file, "r");
  const filledIn = (risk: string) => {
    const values = (opened.get(`${risk}_hazard_score_100`) as Dataset).value as Float32Array;
    return values.reduce((sum, value) => sum + Number(!Number.isNaN(value)), 0);
  };
  const scores = RISKS.reduce((sum, risk) => sum + filledIn(risk), 0);
  opened.close();
  return scores;
}

/** Of each format what its file holds, and how many of it the database has. */
const COUNTED: Readonly<Record<string, readonly [count: (file: string) => Promise<number>, expected: string]>> = {
  csv: [async (file) => (await countLines(file)) - 1, "count(*)"],
  parquet: [async (file) => Number((await parquetMetadataAsync(await asyncBufferFromFile(file))).num_rows), "count(*)"],
  nc: [countScores, "count(score)"],
};

test.skipIf(process.platform !== "linux").each(Object.keys(COUNTED))(
  `${ROWS.toLocaleString("en")} rows as %s below ${MOST_MIB} MiB, none missing`,
  { timeout: HOURS_MS },
  async (format) => {
    const file = join(folder, `hazard.${format}`);
    const started = performance.now();
    await using program = startCli(["export", "hazard", "--output", file, "--database", database.url]);
    const [highestMib, { code, stderr }] = await Promise.all([highestMemory(program), program.ended]);
    const seconds = (performance.now() - started) / 1000;
    const gigabytes = (await stat(file)).size / 1e9;
    console.log(
      `measured: export of ${ROWS.toLocaleString("en")} Hazard Scores as ${format}: ${gigabytes.toFixed(2)} GB in ${seconds.toFixed(0)} s ` +
        `(${Math.round(ROWS / seconds).toLocaleString("en")} rows/s), ${highestMib.toFixed(0)} MiB at its highest`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [count, expected] = COUNTED[format]!;
    const { rows } = await database.client.query(`SELECT ${expected}::int AS expected FROM climatebatch.hazard_rows`);
    expect(await count(file)).toBe(rows[0].expected);
    expect(highestMib).toBeLessThan(MOST_MIB);
    await rm(file);
  },
);
