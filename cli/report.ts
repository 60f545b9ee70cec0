// `climatebatch report`: results as one page to look at, in one file.
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import { collectReport, type ReportContents, type ReportRequest } from "../report/collectReport.ts";
import { withSnapshot } from "../report/readResults.ts";
import { writeReport } from "../report/reportFile.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { batchArgument, databaseOption, number, outputOption, requestOptions } from "./options.ts";
import { checkOutput, writeOutput } from "./outputFile.ts";
import { print } from "./printing.ts";

export const DEFAULT_MAX_CELLS = 500_000;
const DEFAULT_OUTPUT = "report.html";

export const reportCommand = defineCommand(
  {
    options: {
      output: {
        ...outputOption,
        required: undefined,
        default: DEFAULT_OUTPUT,
        describe: "file to write, - for standard output",
      },
      batch: { ...batchArgument, describe: "results of this batch [default: what is published]" },
      risk: { ...requestOptions.risk, describe: "only these risks [default: all]" },
      scenario: { ...requestOptions.scenario, describe: "only these scenarios [default: all]" },
      period: { ...requestOptions.period, describe: "only these periods [default: all]" },
      "max-cells": {
        ...number,
        least: 1,
        default: DEFAULT_MAX_CELLS,
        describe: "of a larger grid only every second, third, … cell is shown",
      },
      ...databaseOption,
    },
    examples: [
      ["report", "maps, places and a ranking in report.html"],
      ["report --scenario ssp585 --output - > ssp585.html", "one scenario, for a smaller file"],
    ],
  },
  async (argv) => {
    await checkOutput(argv.output);
    await withDatabase(argv, "report", async ({ client }) => {
      const { batch: batchId, maxCells, output, period: periods, risk: risks, scenario: scenarios } = argv;
      const description = await makeReport(client, output, { batchId, risks, scenarios, periods, maxCells });
      if (output !== "-") print(description);
    });
  },
);

/** Writes the report and describes it in a line. */
export async function makeReport(
  client: Client,
  output: string,
  request: Omit<ReportRequest, "version" | "createdAt">,
): Promise<string> {
  return writePage(output, await withSnapshot(client, () => collectPage(client, request)));
}

/** Inside a snapshot. */
export async function collectPage(
  client: Client,
  request: Omit<ReportRequest, "version" | "createdAt">,
): Promise<ReportContents> {
  const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  return collectReport(client, { ...request, version, createdAt: new Date() });
}

/** Writes the page and describes it in a line. */
export async function writePage(output: string, contents: ReportContents): Promise<string> {
  await writeOutput(output, (sink) => pipeline(Readable.from(writeReport(contents)), sink));
  if (output === "-") return "";
  const { cells, cellsOfGrid, chunkCells, steps } = contents.header;
  const shown = cells === cellsOfGrid ? `${cells} cells` : `${cells} of ${cellsOfGrid} cells (--max-cells)`;
  const values =
    chunkCells > 0 ? "exact values of each place" : `values rounded to ${steps} steps; exact ones: climatebatch place`;
  const megabytes = ((await stat(output)).size / 1e6).toFixed(1);
  return `Report: ${resolve(output)} (${shown}, ${values}, ${megabytes} MB). Open it in a browser.`;
}
