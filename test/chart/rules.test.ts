// Every alert on numbers that must raise it, and none on those of a healthy installation, judged by Prometheus's own promtool.
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadYaml } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { goProgram } from "../cluster/goModules.ts";
import { run } from "../cluster/processes.ts";
import { CHART, NAMESPACE } from "../support/chart.ts";
import { describeWith } from "../support/programs.ts";

const RULES = readFileSync(join(CHART, "rules/alerts.yaml"), "utf8").replaceAll("$NAMESPACE", NAMESPACE);
const { groups } = loadYaml(RULES) as { groups: { rules: { alert: string; labels: { severity: string } }[] }[] };
const rules = groups.flatMap((group) => group.rules);

/** Tests of promtool begin at 1970: what was so many days before is negative. */
const daysAgo = (days: number) => -days * 86_400;

type Series = Readonly<Record<string, number | string>>;

/** One leads, the database answers, this year's results are there. */
const HEALTHY: Series = {
  'climatebatch_yearly_batch_timestamp_seconds{calculation="hazard"}': daysAgo(300),
  'climatebatch_published_timestamp_seconds{calculation="hazard"}': daysAgo(300),
  'climatebatch_last_batch_failed{calculation="hazard"}': 0,
  'climatebatch_shards{state="failed"}': 0,
  'climatebatch_listener_state{pod="a",state="connected"}': 1,
  'climatebatch_listener_state{pod="a",state="degraded"}': 0,
  'leader_election_master_status{name="cb-operator",pod="a"}': 1,
  'leader_election_master_status{name="cb-operator",pod="b"}': 0,
  climatebatch_database_up: 1,
  climatebatch_oldest_request_seconds: 0,
  'controller_runtime_reconcile_errors_total{controller="climatebatch"}': 0,
  climatebatch_notification_queue_ratio: 0,
};

interface Raised {
  readonly series: Series;
  readonly labels?: Readonly<Record<string, string>>;
  readonly summary: string;
}

const RAISED: Readonly<Record<string, Raised>> = {
  ClimateBatchYearlyMissing: {
    series: { 'climatebatch_yearly_batch_timestamp_seconds{calculation="hazard"}': daysAgo(371) },
    labels: { calculation: "hazard" },
    summary: "No yearly hazard batch has started for more than 370 days.",
  },
  ClimateBatchFailed: {
    series: { 'climatebatch_last_batch_failed{calculation="hazard"}': 1 },
    labels: { calculation: "hazard" },
    summary: "The last hazard batch has failed; consumers still read the results of an earlier one.",
  },
  ClimateBatchNotPublished: {
    series: { 'climatebatch_last_batch_not_published{calculation="hazard",reason="RowCountMismatch"}': 1 },
    labels: { calculation: "hazard", reason: "RowCountMismatch" },
    summary: "The last hazard batch is complete and not published: RowCountMismatch. Consumers read an earlier one.",
  },
  ClimateBatchShardsFailed: {
    series: { 'climatebatch_shards{state="failed"}': 2 },
    summary: "2 shards of a running batch have failed; the batch will fail when the others are done.",
  },
  ClimateBatchResultsOld: {
    series: { 'climatebatch_published_timestamp_seconds{calculation="hazard"}': daysAgo(401) },
    labels: { calculation: "hazard" },
    summary: "The hazard results that consumers read are older than 400 days.",
  },
  ClimateBatchListenerDegraded: {
    series: { 'climatebatch_listener_state{pod="a",state="degraded"}': 1 },
    labels: { pod: "a", state: "degraded" },
    summary: "NOTIFY does not reach a (degraded).",
  },
  ClimateBatchNoLeader: {
    series: { 'leader_election_master_status{name="cb-operator",pod="a"}': 0 },
    summary: "0 operators lead, instead of one. Nothing is planned or published meanwhile.",
  },
  ClimateBatchDatabaseDown: {
    series: { climatebatch_database_up: 0 },
    summary: "No operator reaches the database.",
  },
  ClimateBatchRequestWaiting: {
    series: { climatebatch_oldest_request_seconds: 90_000 },
    summary: "A request has waited for 1d 1h 0m 0s without a batch.",
  },
  ClimateBatchStalled: {
    series: { 'climatebatch_stalled_seconds{reason="QuotaExceeded"}': "0+60x600" },
    labels: { reason: "QuotaExceeded" },
    summary: "A batch has not progressed for 3h 0m 0s: QuotaExceeded.",
  },
  ClimateBatchReconcileErrors: {
    series: { 'controller_runtime_reconcile_errors_total{controller="climatebatch"}': "0+6x600" },
    summary: "Reconciles keep failing.",
  },
  ClimateBatchNotificationQueueFilling: {
    series: { climatebatch_notification_queue_ratio: 0.5 },
    summary: "PostgreSQL's notification queue is 50% full; once it is full, every NOTIFY fails.",
  },
};

function inputOf(series: Series): { series: string; values: string }[] {
  return Object.entries(series).map(([name, value]) => {
    const [metric, labels = "}"] = name.split("{");
    const all = `{namespace="${NAMESPACE}"${labels === "}" ? "" : ","}${labels}`;
    return { series: `${metric}${all}`, values: typeof value === "string" ? value : `${value}x600` };
  });
}

/** The files are written to a folder that is gone afterwards; the last one is judged. */
async function promtool(words: readonly string[], files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-rules-"));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return await run(goProgram("promtool"), [...words, join(folder, Object.keys(files).at(-1)!)]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function judge(tests: readonly object[]): Promise<string> {
  const file = { rule_files: ["rules.yaml"], evaluation_interval: "1m", tests };
  return promtool(["test", "rules"], { "rules.yaml": RULES, "tests.yaml": JSON.stringify(file) });
}

const check = (text: string) => promtool(["check", "rules", "--lint=all", "--lint-fatal"], { "rules.yaml": text });

test("every alert has numbers that raise it", () => {
  expect(Object.keys(RAISED)).toEqual(rules.map(({ alert }) => alert));
});

describeWith(["promtool"], "the alerts", () => {
  test("are rules that Prometheus would load, and its linter has nothing against them", async () => {
    expect(await check(RULES)).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  test.each([
    { what: "an expression that is none", text: RULES.replace("== 1", "== = 1"), says: /parse error/ },
    { what: "a template that is none", text: RULES.replace("{{ $value", "{{ $valeu"), says: /undefined variable/ },
  ])("$what would be refused", async ({ text, says }) => {
    await expect(check(text)).rejects.toThrow(says);
  });

  test.each(rules)("$alert is raised, and by nothing healthy", async ({ alert, labels: { severity } }) => {
    const { series, labels, summary } = RAISED[alert]!;
    const expected = {
      exp_labels: { severity, ...labels },
      exp_annotations: { summary, runbook_url: `$RUNBOOKS/${alert}.md` },
    };
    const expecting = (input: Series, exp_alerts: readonly object[]) => ({
      interval: "1m",
      input_series: inputOf(input),
      alert_rule_test: [{ eval_time: "3h", alertname: alert, exp_alerts }],
    });
    await judge([expecting(HEALTHY, []), expecting({ ...HEALTHY, ...series }, [expected])]);
  });

  test("an alert that is expected and not raised is reported", async () => {
    const wrong = {
      interval: "1m",
      input_series: inputOf(HEALTHY),
      alert_rule_test: [{ eval_time: "3h", alertname: "ClimateBatchFailed", exp_alerts: [{ exp_labels: {} }] }],
    };
    await expect(judge([wrong])).rejects.toThrow(/FAILED/);
  });
});
