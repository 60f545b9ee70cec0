// Planning with a user's own numbers, as a mounted ConfigMap holds them.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { highTemperature } from "../../../job/risks/highTemperature.ts";
import { systemClock } from "../../../model/clock.ts";
import type { ReconcileContext, StoredBatch } from "../../../operator/context.ts";
import { act } from "../../../operator/reconcile/act.ts";
import { Refusals } from "../../../operator/reconcile/refusals.ts";
import { readLatestBatch } from "../../support/batches.ts";
import { writePastAndFuture } from "../../support/climate.ts";
import { climateBatch, POLICY } from "../../support/climateBatch.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";

let database: TestDatabase;
let folder: string;
let planned = 0;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "climatebatch-methods-"));
  await writePastAndFuture(database.client, { cells: 2 });
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

async function plan(methodsFile: string | undefined) {
  // Planning needs the database alone; what else an operator has is not touched.
  const context = {
    withClient: (work) => work(database.client),
    policy: POLICY,
    pods: { image: "job", runAsUser: 1, terminationGracePeriodSeconds: 5 },
    methodsFile,
    onPlanned: () => undefined,
    refusals: new Refusals(systemClock),
    clock: systemClock,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  } as Partial<ReconcileContext> as ReconcileContext;
  planned += 1;
  const spec = { scenarios: ["future"], periods: [{ startYear: 2021, endYear: 2040 }], parallelism: 1 };
  const batch = climateBatch(`mine-${planned}`).spec(spec).object() as StoredBatch;
  const trouble = await act([{ do: "plan" }], batch, context, new AbortController().signal);
  return { trouble, batch: await readLatestBatch(database.client) };
}

test("the batch keeps the file's numbers, whatever becomes of the file", async () => {
  const file = join(folder, "methods.json");
  const high_temperature = highTemperature.numbers;
  await writeFile(file, JSON.stringify({ methodSet: "mine", risks: { high_temperature } }));
  expect((await plan(file)).trouble).toBeNull();
  const { rows } = await database.client.query("SELECT specification FROM climatebatch.batches");
  expect(rows).toMatchObject([{ specification: { methods: "published", overrides: { methodSet: "mine" } } }]);
});

test("a file that is no method set is a refusal that a person can read, and nothing is planned", async () => {
  const file = join(folder, "broken.json");
  await writeFile(file, '{ "methodSet": "mine", "risks": { "wildfire": {} } }');
  const { trouble } = await plan(file);
  expect(trouble!.error.message).toMatch(/^METHODS_FILE .*broken.json is no method set:/);
  expect(trouble!.refusal).not.toBeNull();
  const missing = await plan(join(folder, "none.json"));
  expect(missing.trouble!.error.message).toContain("cannot be read");
});
