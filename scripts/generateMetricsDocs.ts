// The tables of docs/monitoring.md, from the metrics themselves and from the chart's alerts: `npm run metrics-docs`. A test compares
// them.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadYaml } from "@kubernetes/client-node";
import type { Figures } from "../database/figures.ts";
import { makeMetrics } from "../operator/telemetry/metrics.ts";

export const MONITORING_PAGE = join(import.meta.dirname, "../docs/monitoring.md");
const ALERTS = join(import.meta.dirname, "../charts/climatebatch/rules/alerts.yaml");
const ALERT_TABLE = /(<!-- alerts -->\n)[\s\S]*(<!-- end of alerts -->)/;
const TABLE = /(<!-- metrics -->\n)[\s\S]*(<!-- end of metrics -->)/;
/** prom-client's own, described there. */
const OF_THE_PROCESS = /^(process|nodejs)_/;

const NOTHING: Figures = {
  batches: [],
  shards: {},
  readFromPrimary: {},
  lastEnded: [],
  yearly: [],
  publications: [],
  waitingRequests: 0,
  oldestRequestSeconds: 0,
  notificationQueueRatio: 0,
};

/** The page with the table as it should be. */
export async function renderMonitoringPage(page: string): Promise<string> {
  const metrics = makeMetrics({
    lease: "operator",
    workers: 1,
    isLeader: () => false,
    listener: () => ({ state: "connected", since: new Date(0), reason: null, reconnects: 0, lastHeardAt: null }),
    stalled: () => new Map(),
    figures: async () => NOTHING,
  });
  const text = await metrics.render();
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]));
  const rows = [...text.matchAll(/^# HELP (\S+) (.*)$/gm)]
    .filter(([, name]) => !OF_THE_PROCESS.test(name!))
    .map(([, name, help]) => `| \`${name}\` | ${types.get(name!)} | ${help} |`);
  const table = ["| metric | type | meaning |", "| --- | --- | --- |", ...rows, ""].join("\n");
  return page
    .replace(ALERT_TABLE, (_, begin: string, end: string) => `${begin}\n${renderAlerts()}\n${end}`)
    .replace(TABLE, (_, begin: string, end: string) => `${begin}\n${table}\n${end}`);
}

interface Alerts {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly for?: string;
      readonly labels: { readonly severity: string };
    }[];
  }[];
}

function renderAlerts(): string {
  const { groups } = loadYaml<Alerts>(readFileSync(ALERTS, "utf8"));
  const rows = groups.flatMap(({ rules }) =>
    rules.map(({ alert, expr, labels, for: lasting = "0m" }) => {
      const condition = expr
        .replaceAll(/namespace="\$NAMESPACE"(, )?/g, "")
        .replaceAll("{}", "")
        .replaceAll("|", "\\|")
        .replaceAll(/\s+/g, " ")
        .trim();
      return `| \`${alert}\` | ${labels.severity} | \`${condition}\` | ${lasting} |`;
    }),
  );
  return ["| alert | severity | raised when | for |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
}

if (import.meta.main) {
  writeFileSync(MONITORING_PAGE, await renderMonitoringPage(readFileSync(MONITORING_PAGE, "utf8")));
  // The measuring of Node.js that comes with them keeps the process alive.
  process.exit();
}
