// A user's own bins, rates and anchors: printed by explain, changed in a file, computed with, named in the results.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { explain } from "../../cli/explain.ts";
import { waysOf } from "../../model/riskInputs.ts";
import { RISKS } from "../../model/risks.ts";
import { readLatestBatch } from "../support/batches.ts";
import { cli, startCli } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const RUN = ["run", "all", "--risk", "high_temperature", "cold_wave", "--scenario", "future", "--period", "2021-2040"];

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "climatebatch-methods-"));
  await writePastAndFuture(database.client, { cells: 2 });
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

/** The entry that explain prints, with numbers of the user's own. */
async function writeOwn(change: (methods: Record<string, object>) => unknown): Promise<string> {
  const { methods } = JSON.parse(await startExplain("high_temperature", "--json"));
  const file = join(folder, "mine.json");
  await writeFile(file, JSON.stringify({ methodSet: "mine", risks: { high_temperature: change(methods) } }));
  return file;
}

const ownBins = (methods: Record<string, object>) => ({
  ...methods,
  edges: { ...methods.edges, values: [3, 12], source: "our own classes", judgement: true },
  defaultRateSet: "ours",
  rateSets: {
    ours: { values: [0, 0.5, 1], impactType: "disruption", sector: "ours", source: "our losses", judgement: false },
  },
});

test("results are computed with the user's numbers and name them; risks that the file leaves out are as they were", async () => {
  const file = await writeOwn(ownBins);
  const { code, stderr } = await cli(database.url, ...RUN, "--methods-file", file);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const { rows } = await database.client.query(
    `SELECT DISTINCT risk_type, methods, rate_set, cardinality(probabilities) AS bins, reason FROM climatebatch.probability_results
     WHERE first_year = 2021 ORDER BY risk_type`,
  );
  expect(rows).toEqual([
    { risk_type: "cold_wave", methods: "published", rate_set: null, bins: null, reason: "noInput" },
    { risk_type: "high_temperature", methods: "published with mine", rate_set: "ours", bins: 3, reason: null },
  ]);
  const { rows: bins } = await database.client.query(
    `SELECT bin_data FROM climatebatch.probability_results WHERE risk_type = 'high_temperature' AND first_year = 2021 LIMIT 1`,
  );
  expect(
    bins[0].bin_data.map((bin: { range: string; base_damage_rate: number }) => [bin.range, bin.base_damage_rate]),
  ).toEqual([
    ["<3", 0],
    ["3-12", 0.5],
    [">=12", 1],
  ]);
});

test("the same request with other numbers is another batch", async () => {
  const before = (await readLatestBatch(database.client))!.batch_id;
  expect((await cli(database.url, ...RUN, "--no-publish")).code).toBe(0);
  expect(Number((await readLatestBatch(database.client))!.batch_id)).toBe(Number(before) + 1);
});

test.each([
  [
    "a rate too few",
    { rateSets: { ours: { values: [0, 1], impactType: "damage", sector: "s", source: "s", judgement: true } } },
    "expected 3 rates",
  ],
  [
    "another unit",
    { edges: { values: [3, 12], unit: "h", source: "s", judgement: true } },
    'expected "d", in which high_temperature is computed',
  ],
])("%s is refused before anything is computed", async (_, wrong, message) => {
  const file = await writeOwn((methods) => ({ ...ownBins(methods), ...wrong }));
  const { code, stderr } = await cli(database.url, ...RUN, "--methods-file", file);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});

test("a file that is not there, and one beside the predecessor's numbers, are refused", async () => {
  const missing = await cli(database.url, ...RUN, "--methods-file", join(folder, "none.json"));
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("none.json cannot be read")]);
  const file = await writeOwn(ownBins);
  const mixed = await cli(database.url, "run", "probability", "--methods", "predecessor", "--methods-file", file);
  expect([mixed.code, mixed.stderr]).toEqual([2, expect.stringContaining("take no others")]);
});

test.each(RISKS)("%s explains its inputs, bins, rates, anchors and sources", (risk) => {
  const { definition, inputs, methods, references } = explain(risk, "published", undefined);
  expect(definition.length).toBeGreaterThan(50);
  expect(inputs).toEqual(waysOf("published", risk).map(({ text }) => text));
  expect(inputs.length).toBeGreaterThan(0);
  expect(references.length).toBeGreaterThan(0);
  expect(methods.edges.source.length).toBeGreaterThan(0);
  expect(methods).toHaveProperty("anchors.source");
});

test("explain shows bins, rates, anchors and sources in words, of the predecessor's set too", async () => {
  const heat = await startExplain("high_temperature");
  for (const part of [
    "tasmax daily",
    "WSDI yearly",
    "3-10",
    ">=80",
    "plantOutput",
    "[judgement]",
    "Score anchors [d]",
    "Papers",
  ]) {
    expect(heat).toContain(part);
  }
  const old = await startExplain("wildfire", "--methods", "predecessor");
  expect(old).toContain(">=50 or <11.2");
  expect(old).toContain("No score");
});

async function startExplain(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await startCli(["explain", ...words]).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}
