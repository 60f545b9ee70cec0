// `climatebatch data`: what climate the database holds, and which risks can be computed from it.
import type { Argv } from "yargs";
import { type DataSummary, readDataSummary } from "../database/dataSummary.ts";
import { DEFAULT_BASE_PERIOD, formatPeriod, parsePeriod } from "../model/periods.ts";
import { type CommandOf, formatTable, jsonOption, printFacts } from "./command.ts";
import { judgeRisks, type Readiness } from "./data/readiness.ts";
import { databaseOption, withDatabase } from "./database.ts";
import { text } from "./optionKinds.ts";

function buildOptions(yargs: Argv) {
  return yargs.options({
    "base-period": {
      ...text,
      describe: `FIRST-LAST, the years that risks are judged by [default: ${formatPeriod(DEFAULT_BASE_PERIOD)}]`,
    },
    ...jsonOption,
    ...databaseOption,
  });
}

export const dataCommand: CommandOf<typeof buildOptions> = {
  command: "data",
  describe: "list what climate there is, and per risk whether it can run and what is missing",
  builder: buildOptions,
  handler: async (argv) => {
    const said = argv["base-period"];
    const basePeriod = said === undefined ? DEFAULT_BASE_PERIOD : parsePeriod(said, "--base-period");
    const summary = await withDatabase(argv, "data", ({ client }) => readDataSummary(client));
    const risks = judgeRisks(summary, basePeriod);
    printFacts(argv, { ...summary, risks }, () => formatSummary(summary, risks));
  },
};

function formatSummary({ grids, links, scenarios, series, derived }: DataSummary, risks: readonly Readiness[]): string {
  if (grids.length === 0) {
    return "There is no climate yet. Load some: climatebatch ingest FILE --scenario NAME, or try: climatebatch sample";
  }
  const seenOf = (grid: string) => grids.find((one) => one.grid === grid)!.cellsSeen;
  const sampled = grids.filter(({ cells, cellsSeen }) => cellsSeen < cells);
  const parts = [
    formatTable(
      ["grid", "role", "cells", "step [degrees]"],
      grids.map(({ grid, role, cells, stepDegrees }) => [grid, role, cells, stepDegrees]),
    ),
    ...(scenarios.length === 0
      ? []
      : [
          formatTable(
            ["scenario", "calendar", "parent", "own from"],
            scenarios.map(({ scenario, calendar, parent, firstYear }) => [scenario, calendar, parent, firstYear]),
          ),
        ]),
    ...(series.length === 0
      ? []
      : [
          formatTable(
            ["grid", "scenario", "series", "years", "of them", "cells %"],
            series.map(({ grid, scenario, variable, frequency, firstYear, lastYear, years, cells }) => [
              grid,
              scenario,
              `${frequency} ${variable}`,
              `${firstYear}-${lastYear}`,
              years,
              Number(((100 * cells) / seenOf(grid)).toFixed(1)),
            ]),
          ),
        ]),
    ...(sampled.length === 0
      ? []
      : [
          `Cells looked at: ${sampled.map(({ grid, cellsSeen, cells }) => `${cellsSeen} of ${cells} of "${grid}"`).join(", ")}.`,
        ]),
    ...(derived.length === 0
      ? []
      : [
          formatTable(
            ["grid", "scenario", "derived", "rule"],
            derived.map(({ grid, scenario, variable, frequency, rule }) => [
              grid,
              scenario,
              `${frequency} ${variable}`,
              rule,
            ]),
          ),
        ]),
    ...(links.length === 0
      ? []
      : [
          formatTable(
            ["grid", "uses", "series", "rule", "cells"],
            links.map(({ grid, from, variable, frequency, rule, cells }) => [
              grid,
              from,
              `${frequency} ${variable}`,
              rule,
              cells,
            ]),
          ),
        ]),
    formatTable(
      ["grid", "scenario", "risk", "can run", "from", "remark"],
      risks.map(({ grid, scenario, risk, canRun, from, remark }) => [
        grid,
        scenario,
        risk,
        canRun === null ? "?" : canRun ? "yes" : "no",
        from,
        remark,
      ]),
    ),
  ];
  return parts.join("\n\n");
}
