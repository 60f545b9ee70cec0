// What a running operator reports: every metric that an alert or the dashboard uses, and no label that grows.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadYaml } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordRequest } from "../../database/requests.ts";
import { goProgram } from "../cluster/goModules.ts";
import { run } from "../cluster/processes.ts";
import { describeOnApiServer } from "../support/apiServer.ts";
import { eventually } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { startDatabaseProxy } from "../support/databaseProxy.ts";
import { playJobController } from "../support/jobController.ts";
import { type OperatorCluster, openOperatorCluster, type RunningOperator } from "../support/operatorCluster.ts";
import { describeWith } from "../support/programs.ts";
import { metricsIn } from "../support/promql.ts";
import { createClimate, SIX_SHARDS } from "../support/sixShards.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}
const { groups } = loadYaml(read("charts/climatebatch/rules/alerts.yaml")) as { groups: { rules: Alert[] }[] };
const alerts = groups.flatMap(({ rules }) => rules);
const dashboard = JSON.parse(read("charts/climatebatch/dashboards/climatebatch.json")) as {
  panels: { title: string; targets: { expr: string }[] }[];
  templating: { list: { query: string }[] };
};
const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

test("every alert has its runbook page, which says what is wrong and what to do", () => {
  expect(alerts.length).toBeGreaterThanOrEqual(8);
  for (const { alert, annotations } of alerts) {
    expect(annotations.runbook_url).toBe(`$RUNBOOKS/${alert}.md`);
    const page = read(`docs/runbooks/${alert}.md`);
    for (const heading of [`# ${alert}`, "## What it means", "## What to do"]) expect(page).toContain(heading);
  }
});

describeOnApiServer("metrics of the operator", () => {
  let cluster: OperatorCluster;
  let climate: TestDatabase;
  beforeAll(async () => {
    climate = await createClimate();
    cluster = await openOperatorCluster();
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  const addressOf = (operator: RunningOperator) =>
    eventually("probes are served", async () => {
      const line = operator.lines.find(({ event }) => event === "probesStarted");
      return line === undefined ? undefined : `http://127.0.0.1:${line.port}`;
    });
  const get = async (url: string) => {
    const response = await fetch(url);
    return { status: response.status, text: await response.text() };
  };

  describe("after a batch was published", () => {
    const world = new AsyncDisposableStack();
    let database: TestDatabase;
    let address: string;
    let text: string;
    beforeAll(async () => {
      database = world.use(await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) }));
      const space = await cluster.openNamespace(database.url);
      const operator = world.use(space.start());
      world.use(playJobController(space));
      address = await addressOf(operator);
      await space.apply("sample", { ...SIX_SHARDS, requestKey: "yearly/all/2026" });
      await space.reaches("sample", "Published");
      ({ text } = await get(`${address}/metrics`));
    });
    afterAll(() => world.disposeAsync());

    test("are served next to the two probes, and nothing else is", async () => {
      expect(await get(`${address}/healthz`)).toEqual({ status: 200, text: "ok\n" });
      expect(await get(`${address}/readyz`)).toEqual({ status: 200, text: "ready\n" });
      expect((await get(`${address}/other`)).status).toBe(404);
    });

    test("contain what the database has, and all that alerts and dashboard use", async () => {
      const value = (series: string) =>
        Number(
          text
            .split("\n")
            .find((line) => line.startsWith(`${series} `))
            ?.split(" ")[1],
        );
      expect(value('climatebatch_batches{calculation="all",state="complete"}')).toBe(1);
      expect(value('climatebatch_last_batch_rejected_cells{calculation="all"}')).toBe(1);
      const { rows } = await database.client.query(
        "SELECT sum(result_rows)::float8 AS written FROM climatebatch.batch_shards",
      );
      expect(value('climatebatch_last_batch_result_rows{calculation="all"}')).toBe(rows[0].written);
      expect(value('climatebatch_last_batch_failed{calculation="all"}')).toBe(0);
      expect(value('climatebatch_published_timestamp_seconds{calculation="hazard"}')).toBeGreaterThan(1.7e9);
      expect(value('climatebatch_yearly_batch_timestamp_seconds{calculation="all"}')).toBeGreaterThan(1.7e9);
      expect(value('climatebatch_listener_state{state="connected"}')).toBe(1);
      expect(value('leader_election_master_status{name="operator"}')).toBe(1);
      expect(value('controller_runtime_reconcile_total{controller="climatebatch",result="success"}')).toBeGreaterThan(
        0,
      );
      expect(value("climatebatch_database_up")).toBe(1);

      const names = new Set(text.match(/^[a-z0-9_]+(?=[{ ])/gm));
      const requested = [...alerts.map(({ expr }) => expr.replace(/"\$\w+"/g, '"x"')), ...queries].flatMap(metricsIn);
      expect(requested.length).toBeGreaterThan(30);
      // Declared, without a series while nothing is wrong: their alerts are silent without one.
      for (const name of ["climatebatch_stalled_seconds", "climatebatch_last_batch_not_published"]) {
        expect(text).toContain(`# TYPE ${name} gauge`);
        names.add(name);
      }
      expect(requested.filter((name) => !names.has(name))).toEqual([]);
      expect(text).not.toContain("sample");
    });

    describeWith(["promtool"], "at Prometheus's linter", () => {
      const lint = (metrics: string) => run(goProgram("promtool"), ["check", "metrics"], { input: metrics });

      test("give no offence, but for three names of prom-client's own", async () => {
        await lint(text.replace(/^.*\bnodejs_active_(handles|requests|resources)_total\b.*\n/gm, ""));
      });

      test("would not pass as a gauge that is named like a counter", async () => {
        const gauge = "# HELP climatebatch_batches_total Batches\n# TYPE climatebatch_batches_total gauge\n";
        const misnamed = `${gauge}climatebatch_batches_total 1\n`;
        await expect(lint(misnamed)).rejects.toThrow(/climatebatch_batches_total non-counter metrics should not/);
      });
    });
  });

  test("contain the age of a waiting request, and the NOTIFYs with an unknown payload", async () => {
    await using database = await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) });
    const space = await cluster.openNamespace(database.url);
    await using operator = space.start();
    await space.apply("blocks", { ...SIX_SHARDS });
    const address = await addressOf(operator);
    await space.reaches("blocks", "Planned");
    await eventually("it listens", async () => {
      const { text } = await get(`${address}/metrics`);
      return text.includes('climatebatch_listener_state{state="connected"} 1') ? true : undefined;
    });
    await recordRequest(database.client, { calculation: "all", options: {}, source: "function" });
    await database.client.query("NOTIFY aiops_trigger, 'hazards'");
    await eventually("both are reported", async () => {
      const { text } = await get(`${address}/metrics`);
      const isShown =
        /^climatebatch_requests_waiting [1-9]/m.test(text) && /^climatebatch_unknown_payloads_total 1$/m.test(text);
      return isShown ? true : undefined;
    });
  });

  test("an operator is not ready before it listens, and says why", async () => {
    await using database = await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) });
    await using exposed = await startDatabaseProxy(database.url);
    exposed.cut();
    const space = await cluster.openNamespace(exposed.url);
    await using operator = space.start();
    const address = await addressOf(operator);
    await eventually("it leads", () => operator.lines.some(({ event }) => event === "startedLeading") || undefined);
    await eventually("it reports why it is not ready", async () => {
      const { status, text } = await get(`${address}/readyz`);
      expect(status).toBe(503);
      return /^it does not listen for NOTIFY yet: .*(ECONNRESET|terminated|closed)/.test(text) || undefined;
    });
    exposed.restore();
    await eventually("it is ready", async () => (await get(`${address}/readyz`)).status === 200 || undefined);
  });

  test("leave out the numbers of a database that does not answer, and the operator stays ready", async () => {
    const database = await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) });
    const space = await cluster.openNamespace(database.url);
    await using operator = space.start();
    const address = await addressOf(operator);
    await eventually("it leads", async () => ((await get(`${address}/readyz`)).status === 200 ? true : undefined));
    await database.drop();
    const { text } = await get(`${address}/metrics`);
    expect(text).toMatch(/^climatebatch_database_up 0$/m);
    expect(text).not.toMatch(/^climatebatch_(batches|oldest_request_seconds|published_timestamp_seconds)[{ ]/m);
    expect((await get(`${address}/readyz`)).status).toBe(200);
    expect((await get(`${address}/healthz`)).status).toBe(200);
  });
});
