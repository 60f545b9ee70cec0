// From a request to a batch: what is locked in which order, and what is refused.
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../database/connect.ts";
import { planRequest } from "../../database/planRequest.ts";
import { eventually } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const OPTIONS = { parallelism: 1, parallelismSetting: "--workers" };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: 2 });
});
afterAll(() => database.drop());

test("planning all and publishing lock the publications in one order: neither dies of a deadlock", async () => {
  const publisher = await connect(database.url, { purpose: "test" });
  const planner = await connect(database.url, { purpose: "test planner" });
  await publisher.query("BEGIN; SELECT FROM climatebatch.publications WHERE calculation = 'hazard' FOR UPDATE");

  const planned = planRequest(planner, { calculation: "all" }, OPTIONS);
  await eventually("the planner waits for the lock", async () => {
    const { rows } = await database.client.query(
      "SELECT FROM pg_stat_activity WHERE application_name = 'climatebatch test planner' AND wait_event_type = 'Lock'",
    );
    return rows.length > 0 ? true : undefined;
  });
  await publisher.query("SELECT FROM climatebatch.publications WHERE calculation = 'probability' FOR UPDATE; COMMIT");

  expect(await planned).toMatchObject({ isNew: true, batch: { cells: 2 } });
  await Promise.all([publisher.end(), planner.end()]);
});

test("the same request resumes its unfinished batch; more shards at a time than connections are refused", async () => {
  const { client } = database;
  const first = await planRequest(client, { calculation: "hazard" }, OPTIONS);
  expect(await planRequest(client, { calculation: "hazard" }, { ...OPTIONS, resumes: true })).toMatchObject({
    isNew: false,
    batch: { batchId: first!.batch.batchId },
  });
  await expect(planRequest(client, { calculation: "hazard", parallelism: 1000 }, OPTIONS)).rejects.toMatchObject({
    reason: "TooFewConnections",
  });
});

test("a request for a risk whose input is nowhere is refused, and what it would need is listed", async () => {
  const request = { calculation: "probability", risks: ["typhoon"] } as const;
  await expect(planRequest(database.client, request, OPTIONS)).rejects.toMatchObject({
    reason: "NoInput",
    message: expect.stringContaining("typhoon: best tracks"),
  });
});
