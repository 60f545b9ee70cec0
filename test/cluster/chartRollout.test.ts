// NOTIFYs while `helm upgrade` replaces both replicas of the operator: at least one listens at every moment, and what was requested
// for last is computed.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CALCULATIONS, type Calculation } from "../../model/calculations.ts";
import { eventually } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import type { TestCluster } from "../support/cluster.ts";
import {
  DEFINITION,
  describeChartOnCluster,
  type Installation,
  openInstallation,
  useEmptyCluster,
} from "../support/installation.ts";
import { CELLS, SIX_SHARDS } from "../support/sixShards.ts";

const EVERY_MS = 200;
const { calculation: _, ...batch } = SIX_SHARDS;

/** Sessions whose first statement, LISTEN, has been carried out. */
const LISTENERS = `SELECT array_agg(pid) FROM pg_stat_activity WHERE datname = current_database()
  AND application_name LIKE 'climatebatch listener%' AND application_name NOT LIKE '%probe%'
  AND query <> '' AND NOT (state = 'active' AND query LIKE 'LISTEN%')`;

interface Sent {
  readonly calculation: Calculation;
  /** By the database's clock. */
  readonly at: Date;
  readonly listeners: readonly number[];
}

describeChartOnCluster("an upgrade of the chart", () => {
  let cluster: TestCluster;
  let installation: Installation;
  beforeAll(async () => {
    const { images, ...empty } = await useEmptyCluster();
    cluster = empty.cluster;
    installation = await openInstallation(cluster, images, batch);
    await installation.install();
    await writePastAndFuture(installation.database.client, { cells: CELLS });
  }, 600_000);
  afterAll(async () => {
    await cluster?.kubectl(["delete", "crd", DEFINITION, "--ignore-not-found", "--wait=false"]);
    await installation?.[Symbol.asyncDispose]();
  });

  const podNames = async () => {
    const selector = "--selector=app.kubernetes.io/component=operator";
    const names = await installation.kubectl(["get", "pods", selector, "--output=name"]);
    return names.trim().split("\n").sort();
  };

  async function notify(calculation: Calculation): Promise<Sent> {
    const { rows } = await installation.database.client.query(
      `SELECT clock_timestamp() AS at, coalesce((${LISTENERS}), '{}') AS listeners, pg_notify('aiops_trigger', $1)`,
      [calculation],
    );
    return { calculation, at: rows[0].at, listeners: rows[0].listeners };
  }

  /** In turn, until the work is done and each was sent once more after it. */
  async function notifyDuring(work: Promise<unknown>): Promise<Sent[]> {
    const sent: Sent[] = [];
    let isOver = false;
    work
      .catch(() => undefined)
      .finally(() => {
        isOver = true;
      });
    for (let left = CALCULATIONS.length; left > 0; left -= isOver ? 1 : 0) {
      sent.push(await notify(CALCULATIONS[sent.length % CALCULATIONS.length]!));
      await sleep(EVERY_MS);
    }
    await work;
    return sent;
  }

  test("loses no NOTIFY: two replicas listen at every moment, and a batch follows the last of each calculation", async () => {
    const { client } = installation.database;
    const before = await podNames();
    const upgrade = async () => {
      await installation.install({ values: { commonLabels: { attempt: "second" } } });
      await eventually("the pods of before are gone", async () => {
        const names = await podNames();
        return !names.some((name) => before.includes(name)) || undefined;
      });
    };
    const sent = await notifyDuring(upgrade());

    expect(new Set(sent.flatMap(({ listeners }) => listeners)).size).toBe(4);
    expect(Math.min(...sent.map(({ listeners }) => listeners.length))).toBeGreaterThanOrEqual(2);
    expect(sent.length).toBeGreaterThan(10);

    for (const calculation of CALCULATIONS) {
      const mine = sent.filter((one) => one.calculation === calculation);
      const published = await eventually(`${calculation} is published once more`, async () => {
        // A NOTIFY means a batch that starts after it: one that joined a waiting request is answered by its claim.
        const { rows } = await client.query(
          `SELECT batch_id FROM climatebatch.batch_requests JOIN climatebatch.batches AS b USING (batch_id)
             JOIN climatebatch.publications AS p USING (batch_id)
           WHERE batch_requests.calculation = $1 AND claimed_at >= $2 AND b.state = 'complete'`,
          [calculation, mine.at(-1)!.at],
        );
        return rows[0]?.batch_id;
      });
      expect(published).toBeDefined();
    }
  }, 300_000);
});
