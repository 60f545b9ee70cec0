// `climatebatch data`: what is there, and what each risk lacks.
import { beforeEach, expect, test } from "vitest";
import { judgeRisks } from "../../cli/data/readiness.ts";
import { makeSampleStorms, SAMPLE_STORM_YEARS } from "../../cli/sample/sampleStorms.ts";
import { type DataSummary, readDataSummary } from "../../database/dataSummary.ts";
import { writeStorms } from "../../database/stormWriter.ts";
import { linkGrids } from "../../ingest/link/linkGrids.ts";
import { NULL_REASONS } from "../../model/reasons.ts";
import { REMEDIES } from "../../report/page/remedies.ts";
import { cli } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { ingest } from "../support/ingest.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  return () => database.drop();
});

const BASE = { firstYear: 1981, lastYear: 2010 };
const judged = (summary: DataSummary, risk: string) => judgeRisks(summary, BASE).filter((one) => one.risk === risk);

test("a parent's years count for the base period, and what a risk lacks is named", async () => {
  await writePastAndFuture(database.client, { cells: 4 });
  const summary = await readDataSummary(database.client);
  expect(summary.series).toEqual([
    {
      grid: "test-grid",
      scenario: "future",
      variable: "tasmax",
      frequency: "daily",
      firstYear: 2006,
      lastYear: 2045,
      years: 40,
      cells: 4,
    },
    {
      grid: "test-grid",
      scenario: "past",
      variable: "tasmax",
      frequency: "daily",
      firstYear: 1976,
      lastYear: 2005,
      years: 30,
      cells: 4,
    },
  ]);
  expect(judged(summary, "high_temperature")).toEqual([
    {
      grid: "test-grid",
      scenario: "future",
      risk: "high_temperature",
      canRun: true,
      from: "tasmax daily",
      remark: null,
    },
  ]);
  expect(judged(summary, "cold_wave")).toMatchObject([
    { canRun: false, remark: "missing daily tasmin (for tasmin daily)" },
  ]);
  expect(
    judgeRisks(summary, { firstYear: 1951, lastYear: 1980 }).find(({ risk }) => risk === "high_temperature"),
  ).toMatchObject({
    canRun: false,
    remark: "5 years in the base period 1951-1980, it needs 20",
  });
});

test("series of a linked grid count, with the share of cells that have a source", async () => {
  await writePastAndFuture(database.client, { cells: 1, grid: "stations" });
  await ingest(
    database.client,
    { "own.csv": "year,lat,lon,CSDI (d)\n2006,33,126,4\n2006,39,126,4\n" },
    { scenario: "future", grid: "cells" },
  );
  const rule = { rule: "nearest", withinKm: 20 } as const;
  const options = {
    grid: "cells",
    from: "stations",
    variables: undefined,
    rule,
    cells: undefined,
    keepTarget: false,
    failRunningBatches: false,
  };
  await linkGrids(database.client, options, new AbortController().signal);
  const summary = await readDataSummary(database.client);
  expect(judged(summary, "high_temperature")).toEqual([
    {
      grid: "cells",
      scenario: "future",
      risk: "high_temperature",
      canRun: true,
      from: "tasmax daily",
      remark: "50 % of the cells",
    },
  ]);
});

test("a derived series is shown as such", async () => {
  const files = { "a.csv": "date,lat,lon,tasmax (degC),tasmin (degC)\n2020-01-01,37,127,10,2\n" };
  await ingest(database.client, files, { derive: ["tas"] });
  expect((await readDataSummary(database.client)).derived).toEqual([
    { grid: "default", scenario: "observed", variable: "tas", frequency: "daily", rule: "mean of tasmax and tasmin" },
  ]);
});

test("the command reports to people and to programs", async () => {
  expect((await cli(database.url, "data")).stdout).toContain("There is no climate yet");
  await writePastAndFuture(database.client, { cells: 2 });
  const shown = await cli(database.url, "data", "--base-period", "1981-2010");
  expect(shown).toMatchObject({ code: 0, stderr: "" });
  expect(shown.stdout).toMatch(/test-grid +future +high_temperature +yes +tasmax daily/);
  const { risks } = JSON.parse((await cli(database.url, "data", "--json")).stdout);
  expect(risks).toHaveLength(9);
});

/** The meaning and the remedy that `climatebatch explain` prints. */
function explained(reason: "noStorms"): string {
  const meaning = NULL_REASONS[reason];
  return `${meaning[0]!.toUpperCase()}${meaning.slice(1)}. ${REMEDIES[reason]}`;
}

test("data and run agree on every risk: storms, sea and ground decide as much as series do", async () => {
  await writePastAndFuture(database.client, { cells: 3 });
  const agree = async () => {
    const { risks } = JSON.parse((await cli(database.url, "data", "--json")).stdout);
    const run = await cli(database.url, "run", "all", "--new", "--allow-fewer");
    expect(run.code).toBe(0);
    const { rows } = await database.client.query(
      `SELECT risk_type::text AS risk, count(*) FILTER (WHERE reason IS NULL) > 0 AS computed, string_agg(DISTINCT reason, ' ') AS reasons
       FROM climatebatch.hazard_results GROUP BY 1 ORDER BY 1`,
    );
    expect(rows).toHaveLength(9);
    for (const { risk, computed, reasons } of rows) {
      const found = risks.find((one: { risk: string }) => one.risk === risk);
      expect({ risk, canRun: found.canRun }).toEqual({ risk, canRun: computed });
      if (!computed && !found.remark.startsWith("missing ")) expect(found.remark).toContain(reasons.split(" ")[0]);
    }
    return { computed: new Map(rows.map(({ risk, computed }) => [risk, computed])), risks, printed: run.stdout };
  };
  const { computed: before, risks, printed } = await agree();
  expect([before.get("high_temperature"), before.get("typhoon"), before.get("coastal_flood")]).toEqual([
    true,
    false,
    false,
  ]);
  const typhoon = risks.find(({ risk }: { risk: string }) => risk === "typhoon");
  expect(typhoon.remark).toBe(`noStorms: ${explained("noStorms")}`);
  expect(printed).toContain(`\n  noStorms: ${explained("noStorms")}\n`);

  await writeStorms(database.client, {
    years: SAMPLE_STORM_YEARS,
    tracks: makeSampleStorms(),
    replaceRecord: false,
    failRunningBatches: false,
  });
  expect((await agree()).computed.get("typhoon")).toBe(true);
});
