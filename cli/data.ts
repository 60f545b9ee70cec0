// `climatebatch data`: the stored climate, and which risks can be computed from it.
import { type DataSummary, readDataSummary } from "../database/dataSummary.ts";
import { defineCommand } from "./command.ts";
import { judgeByTrial, type Readiness } from "./data/readiness.ts";
import { withDatabase } from "./database.ts";
import { basePeriodOption, databaseOption, jsonOption } from "./options.ts";
import { formatTable, printFacts } from "./printing.ts";

export const dataCommand = defineCommand(
  {
    options: {
      "base-period": { ...basePeriodOption, describe: "years that risks are judged by" },
      ...jsonOption,
      ...databaseOption,
    },
  },
  async (argv) => {
    const { summary, risks } = await withDatabase(argv, "data", async ({ client }) => {
      const found = await readDataSummary(client);
      return { summary: found, risks: await judgeByTrial(client, found, argv.basePeriod) };
    });
    printFacts(argv, { ...summary, risks }, () => formatSummary(summary, risks));
  },
);

function formatSummary({ grids, links, scenarios, series, derived }: DataSummary, risks: readonly Readiness[]): string {
  if (grids.length === 0) {
    return "There is no climate yet. Load some: climatebatch load climate FILE --scenario NAME, or try: climatebatch sample";
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
            ["grid", "scenario", "series", "years", "years stored", "cells %"],
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
