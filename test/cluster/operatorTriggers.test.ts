// How batches are requested where the operator runs in pods: NOTIFY and request_batch(), with one replica, with two, with
// none, and with those killed or cut off who should have heard.
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { eventually } from "../support/cli.ts";
import { describeOnCluster, type TestCluster, useCluster } from "../support/cluster.ts";
import type { TestDatabase } from "../support/database.ts";
import {
  type OperatorImages,
  type OperatorSpace,
  openOperatorSpace,
  prepareOperator,
} from "../support/operatorPods.ts";
import { choose, isLong, SEED } from "../support/random.ts";
import { createClimate } from "../support/sixShards.ts";

/** One session a replica; its first statement is LISTEN. */
const LISTENERS = "application_name LIKE 'climatebatch listener%' AND application_name NOT LIKE '%probe%'";

const CUTS = isLong ? 20 : 5;
/** A lease that runs out, a batch, and replicas that are started again. */
const MOMENT_PATIENCE_MS = 60_000;

describeOnCluster("triggers and the operator's pods", () => {
  let cluster: TestCluster;
  let images: OperatorImages;
  let climate: TestDatabase;
  beforeAll(async () => {
    cluster = await useCluster();
    images = await prepareOperator(cluster);
    climate = await createClimate();
  }, 600_000);

  const open = () => openOperatorSpace(cluster, { climate, images });

  /** Everything that was requested is computed, and nothing waits any more. */
  async function settled({ database }: OperatorSpace): Promise<void> {
    await eventually("no request waits and no batch runs", async () => {
      const { rows } = await database.client.query(
        `SELECT (SELECT count(*)::int FROM climatebatch.batch_requests WHERE state <> 'finished') AS open,
           (SELECT count(*)::int FROM climatebatch.batches WHERE state = 'running') AS running`,
      );
      return rows[0].open === 0 && rows[0].running === 0 ? true : undefined;
    });
  }

  async function batches({ database }: OperatorSpace): Promise<{ calculation: string; state: string }[]> {
    const { rows } = await database.client.query(
      "SELECT calculation, state FROM climatebatch.batches ORDER BY batch_id",
    );
    return rows;
  }

  async function allListen({ database }: OperatorSpace, replicas: number): Promise<void> {
    await eventually(`${replicas} replicas listen`, async () => {
      const { rows } = await database.client.query(
        `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND ${LISTENERS}
           AND state = 'idle' AND query <> ''`,
      );
      return rows[0].count >= replicas || undefined;
    });
  }

  test("a NOTIFY is computed and published with nothing else typed; an unknown one is logged", async () => {
    await using space = await open();
    await space.scale(1);
    await allListen(space, 1);
    await space.database.client.query("NOTIFY aiops_trigger, 'tornado'");
    await space.database.client.query("NOTIFY aiops_trigger, 'probability'");
    const name = await eventually("there is a batch", async () => (await space.batchNames())[0]);
    await space.waitFor(name, "Published");
    expect(await batches(space)).toEqual([{ calculation: "probability", state: "complete" }]);

    const result = (await space.logLines()).find(({ event }) => event === "unknownPayload");
    expect(result).toMatchObject({
      level: "warn",
      message: expect.stringContaining('probability or hazard, found "tornado"'),
    });
    const events = await space.namespace.kubectl(["events", "--types=Warning"]);
    expect(events).toMatch(/UnknownPayload +Lease\/climatebatch-operator .*expects probability or hazard/);
  });

  test("a request made while no operator runs is one batch after its start", async () => {
    await using space = await open();
    await space.database.client.query(
      "SELECT climatebatch.request_batch('hazard'), climatebatch.request_batch('hazard')",
    );
    await space.scale(1);
    const name = await eventually("there is a batch", async () => (await space.batchNames())[0]);
    await space.waitFor(name, "Published");
    await settled(space);
    expect(await batches(space)).toEqual([{ calculation: "hazard", state: "complete" }]);
  });

  const moments = choose([0, 20, 50, 100, 150, 200, 300, 400, 600, 900], 2, 10, "leader killed after a NOTIFY");
  test(
    `two replicas make one batch of a NOTIFY, also when the leader is killed ${moments.join(", ")} ms after it (seed ${SEED})`,
    async () => {
      await using space = await open();
      const { client } = space.database;
      await space.scale(2);
      await allListen(space, 2);
      await client.query("NOTIFY aiops_trigger, 'hazard'");
      await eventually("a batch is planned", async () => ((await batches(space)).length > 0 ? true : undefined));
      await settled(space);
      expect(await batches(space)).toHaveLength(1);
      for (const [at, moment] of moments.entries()) {
        const leader = await space.leader();
        await client.query("NOTIFY aiops_trigger, 'hazard'");
        await sleep(moment);
        await space.kill(leader);
        await eventually("a batch is planned", async () => ((await batches(space)).length > at + 1 ? true : undefined));
        await settled(space);
        expect(await batches(space)).toHaveLength(at + 2);
        await space.scale(0);
        await space.scale(2);
        await allListen(space, 2);
      }
    },
    MOMENT_PATIENCE_MS * (1 + moments.length),
  );

  test(`a NOTIFY while one listener is cut off, and a request while all are, are never lost: ${CUTS} times each`, async () => {
    await using space = await open();
    const { client } = space.database;
    await space.scale(2);
    await allListen(space, 2);
    // What is requested meanwhile waits behind it, so that the node is not busy with pods.
    await space.apply("holds-others-up", { calculation: "All" });
    await space.waitFor("holds-others-up", "Planned");
    await space.patch("holds-others-up", { suspend: true });
    const requestedAt = async (calculation: string) => {
      const { rows } = await client.query(
        "SELECT coalesce(sum(1 + coalesced), 0)::int AS times FROM climatebatch.batch_requests WHERE calculation = $1",
        [calculation],
      );
      return rows[0].times as number;
    };
    const terminate = (most: number) =>
      client.query(
        `SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity
           WHERE datname = current_database() AND ${LISTENERS} ORDER BY random() LIMIT $1) AS chosen`,
        [most],
      );
    for (let at = 1; at <= CUTS; at++) {
      await allListen(space, 2);
      const before = await requestedAt("probability");
      await terminate(1);
      await client.query("NOTIFY aiops_trigger, 'probability'");
      await eventually(`NOTIFY ${at} is recorded`, async () =>
        (await requestedAt("probability")) > before ? true : undefined,
      );
      await terminate(2);
      await client.query("SELECT climatebatch.request_batch('hazard')");
      expect(await requestedAt("hazard")).toBe(at);
    }
    await space.namespace.kubectl(["delete", "climatebatch", "holds-others-up"]);
    await settled(space);
    const done = await batches(space);
    expect(done.filter(({ state }) => state === "complete").map(({ calculation }) => calculation)).toEqual(
      expect.arrayContaining(["probability", "hazard"]),
    );
  });
});
