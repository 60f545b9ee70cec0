// `climatebatch report`: results as one page to look at, in one file.
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import { RejectedError } from "../model/errors.ts";
import { formatPeriod } from "../model/periods.ts";
import { collectReport, type ReportContents, type ReportRequest } from "../report/collectReport.ts";
import { MEASURES } from "../report/page/pageState.ts";
import { DEFAULT_MAX_CELLS } from "../report/page/reportData.ts";
import { drawMap, type MapChoice } from "../report/picture/mapPicture.ts";
import { PICTURE_FORMATS, type PictureFormat, writePicture } from "../report/picture/writePicture.ts";
import { withSnapshot } from "../report/readResults.ts";
import { writeReport } from "../report/reportFile.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { batchArgument, databaseOption, number, outputOption, requestOptions, text } from "./options.ts";
import { checkOutput, writeOutput } from "./outputFile.ts";
import { print } from "./printing.ts";

const DEFAULT_OUTPUT = "report.html";
const DEFAULT_WIDTH = 1600;
/** A difference of scenarios needs two. */
const MAPPED_MEASURES = MEASURES.filter((measure) => measure !== "scenarios");

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
      format: {
        ...text,
        choices: ["html", ...PICTURE_FORMATS],
        describe: "a page, or one map for a slide [default: by the file's suffix, else html]",
      },
      measure: {
        ...text,
        choices: MAPPED_MEASURES,
        describe: "of a map: what it shows [default: score]",
      },
      width: { ...number, least: 300, describe: `of a map: pixels [default: ${DEFAULT_WIDTH}]` },
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
      [
        "report --risk drought --period 2041-2060 --output drought.png",
        "one map for a slide; .svg for drawing programs",
      ],
    ],
  },
  async (argv) => {
    await checkOutput(argv.output);
    await withDatabase(argv, "report", async ({ client }) => {
      const { batch: batchId, maxCells, output, period: periods, risk: risks, scenario: scenarios } = argv;
      const format = argv.format ?? pictureFormatOf(output) ?? "html";
      if (format !== "html") {
        const chosen = { batchId, risks, scenarios, periods, maxCells };
        const picture = await makePicture(client, output, format, chosen, argv.measure, argv.width);
        if (output !== "-") print(picture);
        return;
      }
      refuseOption("--measure", argv.measure);
      refuseOption("--width", argv.width);
      const description = await makeReport(client, output, { batchId, risks, scenarios, periods, maxCells });
      if (output !== "-") print(description);
    });
  },
);

function refuseOption(option: string, value: unknown): void {
  if (value === undefined) return;
  throw new RejectedError("InvalidOption", `${option} is for maps: give --format png or svg, or leave it out.`);
}

function pictureFormatOf(output: string): PictureFormat | undefined {
  return PICTURE_FORMATS.find((format) => output.toLowerCase().endsWith(`.${format}`));
}

type PictureRequest = Omit<ReportRequest, "version" | "createdAt">;

/** One map: the last scenario and the middle period where none is named. Scales are those of the whole report. */
async function makePicture(
  client: Client,
  output: string,
  format: PictureFormat,
  request: PictureRequest,
  measure: MapChoice["measure"] = "score",
  width: number = DEFAULT_WIDTH,
): Promise<string> {
  const { risks, scenarios, periods } = request;
  for (const [option, given] of [
    ["--risk", risks],
    ["--scenario", scenarios],
    ["--period", periods],
  ] as const) {
    if ((given?.length ?? 0) > 1 || (option === "--risk" && given === undefined)) {
      throw new RejectedError(
        "InvalidOption",
        `A picture holds one map, but ${option} names ${given?.length ?? "none"}. Choose it by --risk RISK, --scenario NAME and --period FIRST-LAST.`,
      );
    }
  }
  const contents = await withSnapshot(client, () =>
    collectPage(client, { batchId: request.batchId, maxCells: request.maxCells, risks }),
  );
  const { header } = contents;
  const [scenario, period] = [scenarios?.[0], periods?.[0]];
  const choice = {
    risk: 0,
    scenario: scenario === undefined ? header.scenarios.length - 1 : header.scenarios.indexOf(scenario),
    period:
      period === undefined
        ? header.periods.length >> 1
        : header.periods.findIndex((one) => formatPeriod(one) === formatPeriod(period)),
    measure,
  };
  if (choice.scenario === -1 || choice.period === -1) {
    throw new RejectedError(
      "InvalidOption",
      `The results have no ${choice.scenario === -1 ? `scenario "${scenario}"` : `period "${formatPeriod(period!)}"`}; they have ${header.scenarios.join(", ")} and ${header.periods.map(formatPeriod).join(", ")}.`,
    );
  }
  const scene = await drawMap(contents, choice, width);
  if (scene === null) {
    throw new RejectedError(
      "NoResults",
      `The results have no ${measure} of ${risks![0]}. Choose another --measure, or compute it: climatebatch run all`,
    );
  }
  const bytes = writePicture(scene, format);
  await writeOutput(output, (sink) => pipeline(Readable.from([bytes]), sink));
  return `${scene.title}: ${resolve(output)} (${scene.width} × ${scene.height} pixels)`;
}

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
