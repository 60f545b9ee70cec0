import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MONITORING_PAGE, renderMonitoringPage } from "../../../scripts/generateMetricsDocs.ts";

test("docs/monitoring.md lists every metric: npm run metrics-docs", async () => {
  const page = readFileSync(MONITORING_PAGE, "utf8");
  expect(page).toBe(await renderMonitoringPage(page));
  expect(page.match(/^\| `climatebatch_/gm)!.length).toBeGreaterThan(15);
});
