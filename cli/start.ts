// `climatebatch start`, which `npm start` runs: the sample, both calculations on it, and where the results are.
import { availableParallelism } from "node:os";
import { planRequest } from "../database/planRequest.ts";
import { DEFAULT_MAX_CELLS } from "../report/page/reportData.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { type OpenDatabase, SAMPLE_DATABASE, withDatabase } from "./database.ts";
import { print } from "./printing.ts";
import { makeReport } from "./report.ts";
import { runAndReport } from "./runAndReport.ts";
import { DEFAULT_SAMPLE_CELLS, describeSample, makeSample } from "./sample/makeSample.ts";
import { printFindings } from "./summary.ts";

const REPORT = ".climatebatch/report.html";

const NEXT_STEPS = `
Next: climatebatch place 37.57 126.98 --database ${SAMPLE_DATABASE}
      climatebatch export hazard --database ${SAMPLE_DATABASE} --output hazard.csv
      climatebatch load climate FILE.nc --scenario NAME     your own data, then: climatebatch run all`;

export const startCommand = defineCommand({ options: {} }, (_, context) =>
  withDatabase({ database: SAMPLE_DATABASE }, "start", (database) => computeSample(database, context), "create"),
);

async function computeSample(database: OpenDatabase, context: CommandContext): Promise<void> {
  const { client } = database;
  print(describeSample(await makeSample(client, DEFAULT_SAMPLE_CELLS, context.signal), SAMPLE_DATABASE));
  const workers = availableParallelism();
  const planned = await planRequest(
    client,
    { calculation: "all" },
    { parallelism: workers, parallelismSetting: "--workers", resumes: true },
  );
  const options = {
    workers,
    publish: true,
    replaceGrid: false,
    allowFewer: false,
    json: false,
    summary: printFindings,
  };
  const outcome = await runAndReport(database, planned!, options, "all", context);
  if (outcome.state !== "published") return;
  print(NEXT_STEPS);
  print(await makeReport(client, REPORT, { maxCells: DEFAULT_MAX_CELLS }));
}
