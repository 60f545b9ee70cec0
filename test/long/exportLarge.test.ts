// A tenth of a country at 1 km with four scenarios is written, or all of it: memory stays bounded, whatever the number of rows.
import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
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

const COUNTED: Readonly<Record<string, (file: string) => Promise<number>>> = {
  csv: async (file) => (await countLines(file)) - 1,
  parquet: async (file) => Number((await parquetMetadataAsync(await asyncBufferFromFile(file))).num_rows),
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
    expect(await COUNTED[format]!(file)).toBe(ROWS);
    expect(highestMib).toBeLessThan(MOST_MIB);
    await rm(file);
  },
);
