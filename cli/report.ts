// `climatebatch report`: results as one page to look at, in one file.
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import type { Argv } from "yargs";
import { RISKS } from "../model/risks.ts";
import { collectReport, type ReportRequest } from "../report/collectReport.ts";
import { withSnapshot } from "../report/readResults.ts";
import { writeReport } from "../report/reportFile.ts";
import { type CommandOf, checkBatchId, checkWholeNumber, parsePeriods, print } from "./command.ts";
import { databaseOption, withDatabase } from "./database.ts";
import { list, number, text } from "./optionKinds.ts";
import { writeOutput } from "./outputFile.ts";

export const DEFAULT_MAX_CELLS = 500_000;
const DEFAULT_OUTPUT = "report.html";

function buildOptions(yargs: Argv) {
  return yargs
    .options({
      output: { ...text, default: DEFAULT_OUTPUT, describe: "file to write, - for standard output" },
      batch: { ...text, describe: "results of this batch [default: what is published]" },
      risk: { ...list, choices: RISKS, describe: "only these risks [default: all]" },
      scenario: { ...list, describe: "only these scenarios [default: all]" },
      period: { ...list, describe: "only these periods, such as 2041-2060 [default: all]" },
      "max-cells": {
        ...number,
        default: DEFAULT_MAX_CELLS,
        describe: "of a larger grid only every second, third, … cell is shown",
      },
      ...databaseOption,
    })
    .example("$0 report", "maps, places and a ranking in report.html")
    .example("$0 report --scenario ssp585 --output - > ssp585.html", "one scenario, for a smaller file");
}

export const reportCommand: CommandOf<typeof buildOptions> = {
  command: "report",
  describe: "write the results as a page with maps, in one file that needs no network",
  builder: buildOptions,
  handler: (argv) =>
    withDatabase(argv, "report", async ({ client }) => {
      checkWholeNumber(argv.maxCells, "--max-cells", 1);
      const description = await makeReport(client, argv.output, {
        batchId: argv.batch === undefined ? undefined : checkBatchId(argv.batch),
        risks: argv.risk,
        scenarios: argv.scenario,
        periods: parsePeriods(argv.period, "--period"),
        maxCells: argv.maxCells,
      });
      if (argv.output !== "-") print(description);
    }),
};

/** Writes the report and describes it in a line. */
export async function makeReport(
  client: Client,
  output: string,
  request: Omit<ReportRequest, "version" | "createdAt">,
): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  const contents = await withSnapshot(client, () =>
    collectReport(client, { ...request, version, createdAt: new Date() }),
  );
  await writeOutput(output, (sink) => pipeline(Readable.from(writeReport(contents)), sink));
  if (output === "-") return "";
  const { cells, cellsOfGrid, chunkCells } = contents.header;
  const shown = cells === cellsOfGrid ? `${cells} cells` : `${cells} of ${cellsOfGrid} cells (--max-cells)`;
  const values =
    chunkCells > 0 ? "exact values of each place" : "values rounded to 253 steps; exact ones: climatebatch place";
  const megabytes = ((await stat(output)).size / 1e6).toFixed(1);
  return `Report: ${resolve(output)} (${shown}, ${values}, ${megabytes} MB). Open it in a browser.`;
}
