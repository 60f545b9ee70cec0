// The chart as users get it, on a real cluster whose namespace enforces Pod Security `restricted`: installed from empty, its schedules
// run, its rights tried, upgraded over a change of the definition, removed and installed again. In this order, on one installation.
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { yearlyRequestKey } from "../../model/yearlyRequests.ts";
import { CHART } from "../support/chart.ts";
import { eventually } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import type { TestCluster } from "../support/cluster.ts";
import {
  DEFINITION,
  describeChartOnCluster,
  type Installation,
  OPERATOR,
  openInstallation,
  RELEASE,
  useEmptyCluster,
} from "../support/installation.ts";
import { isLong } from "../support/random.ts";
import { CELLS, SIX_SHARDS } from "../support/sixShards.ts";

/** Jobs that run on need it. */
const KEPT = "serviceaccount/cb-climatebatch-job";
const ZONE = "Asia/Seoul";
const NODE_LABEL = "climatebatch-test";
const { calculation: _, ...batch } = SIX_SHARDS;
/** All that there is, as a NOTIFY asks for. Its pods find no node until there is one with the label. */
const HELD = {
  calculation: SIX_SHARDS.calculation,
  cellsPerShard: 2,
  parallelism: 2,
  template: { nodeSelector: { [NODE_LABEL]: "yes" } },
};

describeChartOnCluster("the chart on a cluster", () => {
  let cluster: TestCluster;
  let installation: Installation;
  beforeAll(async () => {
    const { images, ...empty } = await useEmptyCluster();
    cluster = empty.cluster;
    installation = await openInstallation(cluster, images, batch);
  }, 600_000);
  afterAll(async () => {
    await cluster?.kubectl(["label", "node", "--all", `${NODE_LABEL}-`]);
    await cluster?.kubectl(["delete", "crd", DEFINITION, "--ignore-not-found", "--wait=false"]);
    await installation?.[Symbol.asyncDispose]();
  });

  const year = () => yearlyRequestKey("probability", new Date(), ZONE).slice(-4);
  const batchesMade = async () =>
    (await installation.database.client.query("SELECT count(*)::int AS made FROM climatebatch.batches")).rows[0].made;
  const uidOf = (object: string) => installation.kubectl(["get", object, "--output=jsonpath={.metadata.uid}"]);
  const condition = async (name: string, type: string) =>
    (await installation.read(name)).status?.conditions?.find((one) => one.type === type);

  test("from empty, helm install migrates the database, starts two operators and reports the next three commands", async () => {
    const result = await installation.install();
    expect(result).toContain(`helm test ${RELEASE} --namespace ${installation.namespace.name}`);
    expect(result).toContain("--from=cronjob/cb-climatebatch-probability");
    expect(result).toContain("SELECT * FROM probability_results");
    const ready = ["get", "deployment", OPERATOR, "--output=jsonpath={.status.readyReplicas}"];
    expect(await installation.kubectl(ready)).toBe("2");
    await writePastAndFuture(installation.database.client, { cells: CELLS });
  });

  test("helm test is the doctor: definition, operator, leader, rights, database, NOTIFY round trip, next firings", async () => {
    const result = await installation.helm("test", RELEASE, "--logs");
    const checks = ["API server", "definition", "operator", "leader", "rights", "connection", "schema", "permissions"];
    for (const check of [...checks, "channel", "listeners"]) expect(result).toMatch(new RegExp(`^ok +${check} `, "m"));
    expect(result).toMatch(
      /^ok +next firings +cb-climatebatch-probability: \d+-01-01 02:00 Asia\/Seoul, .* 17:00 UTC$/m,
    );
    expect(result).toMatch(/^0 problems, /m);
  });

  test("a Job made by hand of the schedule's CronJob computes and publishes the year's batch, a second one finds it done", async () => {
    const name = `yearly-probability-${year()}`;
    const from = "--from=cronjob/cb-climatebatch-probability";
    expect(await installation.runJob("probability-now", from)).toContain(`${name} created`);
    await installation.namespace.waitFor(`climatebatch/${name}`, "condition=Published");
    expect(await installation.runJob("probability-again", from)).toContain(`${name} is there already`);
    await installation.kubectl(["delete", "climatebatch", name]);
    expect(await installation.runJob("probability-once-more", from)).toContain(`${name} created`);
    await installation.namespace.waitFor(`climatebatch/${name}`, "condition=Complete");
    expect(await condition(name, "Complete")).toMatchObject({ reason: "AlreadyAnswered" });
    expect(await batchesMade()).toBe(1);
  });

  test("a Job of the controller's asks for the year in Seoul of the instant that it was due, whatever the year in UTC was", async () => {
    const due = new Date(`${year()}-01-01T04:00:00+09:00`);
    expect(due.getUTCFullYear()).toBe(Number(year()) - 1);
    const job = `cb-climatebatch-hazard-${due.getTime() / 60_000}`;
    const result = await installation.runJob(job, "--from=cronjob/cb-climatebatch-hazard");
    expect(result).toContain(`yearly-hazard-${year()} created`);
    await installation.namespace.waitFor(`climatebatch/yearly-hazard-${year()}`, "condition=Published");
  });

  // It waits for the next minute.
  test.runIf(isLong)(
    "fired by the CronJob controller itself, within the year that is done, nothing new is computed",
    async () => {
      const fire = (schedule: string) =>
        installation.kubectl([
          ...["patch", "cronjob", "cb-climatebatch-probability"],
          `--patch=${JSON.stringify({ spec: { schedule } })}`,
        ]);
      const before = await batchesMade();
      await fire("* * * * *");
      const jobs = () =>
        installation.kubectl([
          ...["get", "jobs"],
          "--output=jsonpath={range .items[*]}{.metadata.name} {.status.succeeded}{'\\n'}{end}",
        ]);
      const succeeded = /^(cb-climatebatch-probability-\d{8}) 1$/m;
      // Its minute may have just begun.
      await expect.poll(jobs, { timeout: 100_000, interval: 1_000 }).toMatch(succeeded);
      await fire("0 2 1 1 *");
      const [, job] = succeeded.exec(await jobs())!;
      expect(await installation.kubectl(["logs", `job/${job}`])).toMatch(/yearly-probability-\d{4} is there already/);
      expect(await batchesMade()).toBe(before);
    },
  );

  test("a NOTIFY leads to a published batch", async () => {
    await installation.database.client.query("NOTIFY aiops_trigger, 'hazard'");
    const name = await eventually("there is a ClimateBatch for it", async () => {
      const { rows } = await installation.database.client.query(
        "SELECT climate_batch FROM climatebatch.batch_requests WHERE source = 'notify' AND climate_batch IS NOT NULL",
      );
      return rows[0]?.climate_batch as string | undefined;
    });
    await installation.namespace.waitFor(`climatebatch/${name}`, "condition=Published");
  });

  test("accounts may do what they need, and no more", async () => {
    const { name } = installation.namespace;
    const rights = async (account: string) => {
      const as = `--as=system:serviceaccount:${name}:cb-climatebatch-${account}`;
      const lines = (await installation.kubectl(["auth", "can-i", "--list", "--no-headers", as])).trim().split("\n");
      // Everybody may ask about himself, and read what versions there are.
      return lines
        .map((line) => line.replace(/ {2,}/g, " ").trim())
        .filter((line) => !/^(self\w+\.\w+\.k8s\.io|\[\/)|^\[?\] \[\/|^ ?\[\//.test(line) && !line.startsWith("["))
        .sort();
    };
    expect(await rights("operator")).toEqual([
      "climatebatches.climate.aiops.dev [] [] [create delete get list watch]",
      "climatebatches.climate.aiops.dev/finalizers [] [] [update]",
      "climatebatches.climate.aiops.dev/status [] [] [patch]",
      "events.events.k8s.io [] [] [create list patch]",
      "jobs.batch [] [] [create delete get list patch watch]",
      "leases.coordination.k8s.io [] [] [create]",
      `leases.coordination.k8s.io [] [${OPERATOR}] [get update]`,
      "namespaces [] [] [get]",
      "pods [] [] [list]",
    ]);
    expect(await rights("schedule")).toEqual(["climatebatches.climate.aiops.dev [] [] [create get]"]);
    expect(await rights("job")).toEqual([]);
  });

  test.each([
    ["operator", ["get", "secrets"]],
    ["operator", ["get", "secret", "owner-database"]],
    ["operator", ["get", "leases"]],
    ["operator", ["get", "jobs", "--namespace=kube-system"]],
    ["operator", ["delete", "pods", "--all"]],
    ["schedule", ["get", "climatebatches"]],
    ["schedule", ["delete", "climatebatch", "absent"]],
    ["schedule", ["get", "jobs"]],
    ["job", ["get", "climatebatch", "absent"]],
    ["job", ["get", "secret", "job-database"]],
  ])("%s is refused: kubectl %j", async (account, words) => {
    const as = `--as=system:serviceaccount:${installation.namespace.name}:cb-climatebatch-${account}`;
    await expect(installation.kubectl([...words, as])).rejects.toThrow(/Forbidden|forbidden/);
  });

  test("a migration that fails is reported in the pod, and the previous operators continue", async () => {
    const { urls } = installation;
    await installation.giveOwner(Object.assign(new URL(urls.owner), { password: "wrong" }).href);
    const upgrade = installation.install({ values: { commonLabels: { attempt: "failing" } }, timeout: "15s" });
    await expect(upgrade).rejects.toThrow(/context deadline exceeded|timed out|not ready/i);
    const ready = ["get", "deployment", OPERATOR, "--output=jsonpath={.status.readyReplicas}"];
    expect(await installation.kubectl(ready)).toBe("2");
    const last = "{.items[*].status.initContainerStatuses[*]['state','lastState'].terminated.message}";
    const result = ["get", "pods", "--selector=attempt=failing", `--output=jsonpath=${last}`];
    expect(await installation.kubectl(result)).toContain("password authentication failed");
    await installation.giveOwner(urls.owner);
  });

  test("helm upgrade over a change of the definition keeps batches and their Jobs, and the new field is there", async () => {
    await installation.apply("held", HELD);
    const job = await eventually("it has a Job", async () => (await installation.read("held")).status?.jobName);
    const before = [await uidOf("climatebatch/held"), await uidOf(`job/${job}`)];
    const chart = await mkdtemp(join(tmpdir(), "climatebatch-chart-"));
    try {
      await cp(CHART, chart, { recursive: true });
      const file = join(chart, "files/climatebatches.yaml");
      const field = "                note:\n                  type: string\n";
      const changed = (await readFile(file, "utf8")).replace(
        "              properties:\n                calculation:",
        (begin) => begin.replace("                calculation:", `${field}                calculation:`),
      );
      await writeFile(file, changed);
      await installation.install({ chart });
    } finally {
      await rm(chart, { recursive: true });
    }
    expect(await installation.kubectl(["explain", "climatebatch.spec.note"])).toContain("note <string>");
    expect([await uidOf("climatebatch/held"), await uidOf(`job/${job}`)]).toEqual(before);
  });

  test("helm uninstall leaves the definition, batches, their Jobs and the results; all else is gone within a minute", async () => {
    const { jobName } = (await installation.read("held")).status!;
    await installation.helm("uninstall", RELEASE, "--wait", "--timeout=60s");
    const kinds =
      "deployments,pods,cronjobs,configmaps,serviceaccounts,roles,rolebindings,networkpolicies,leases,poddisruptionbudgets,clusterroles";
    await eventually("nothing of the release is left", async () => {
      const left = await installation.kubectl([
        "get",
        kinds,
        "--selector=app.kubernetes.io/instance=cb",
        "--output=name",
      ]);
      return left.trim() === KEPT ? true : undefined;
    });
    await cluster.kubectl(["get", "crd", DEFINITION]);
    await installation.kubectl(["get", "climatebatch", "held"]);
    const { rows } = await installation.database.client.query("SELECT count(*)::int AS n FROM public.hazard_results");
    expect(rows[0].n).toBeGreaterThan(0);

    await cluster.kubectl(["label", "node", "--all", `${NODE_LABEL}=yes`]);
    await installation.namespace.waitFor(`job/${jobName}`, "condition=Complete");
  });

  test("installed again, it publishes what finished meanwhile", async () => {
    await installation.install();
    await installation.namespace.waitFor("climatebatch/held", "condition=Published");
    const { jobName } = (await installation.read("held")).status!;
    expect(
      (await installation.kubectl(["get", "jobs", "--output=name"])).match(new RegExp(jobName!, "g")),
    ).toHaveLength(1);
  });

  test("nothing has a finalizer of ours, no pod was refused by Pod Security, and deleting the namespace does not hang", async () => {
    const finalizers = ["get", "climatebatches", "--output=jsonpath={.items[*].metadata.finalizers}"];
    expect(await installation.kubectl(finalizers)).toBe("");
    expect(await installation.kubectl(["get", "events", "--output=json"])).not.toMatch(/PodSecurity/);
    const { name } = installation.namespace;
    await cluster.kubectl(["delete", "namespace", name, "--timeout=60s"]);
    await cluster.kubectl(["create", "namespace", name]);
    // Objects outside the namespace have the release's name.
    await cluster.kubectl(["delete", "clusterroles", "--selector=app.kubernetes.io/instance=cb"]);
  });
});
