// `climatebatch start`, which `npm start` runs: the sample, both calculations on it, and where the results are.
import { availableParallelism } from "node:os";
import { planRequest } from "../database/planRequest.ts";
import { defineCommand } from "./command.ts";
import { SAMPLE_DATABASE, withDatabase } from "./database.ts";
import { print } from "./printing.ts";
import { runAndReport } from "./runAndReport.ts";
import { DEFAULT_SAMPLE_CELLS, describeSample, makeSample } from "./sample/makeSample.ts";

const NEXT_STEPS = `
The results are in the embedded PostgreSQL in .climatebatch/sample, in the views probability_results and hazard_results. Next:
  climatebatch export hazard --database ${SAMPLE_DATABASE} --output hazard.csv
  climatebatch status --database ${SAMPLE_DATABASE}
  climatebatch load climate FILE.csv --scenario NAME     your own data, into .climatebatch/data or the database of DATABASE_* or .env
  climatebatch run all
  climatebatch --help`;

export const startCommand = defineCommand({ options: {} }, (_, context) =>
  withDatabase({ database: SAMPLE_DATABASE }, "start", async (database) => {
    const { client } = database;
    print(describeSample(await makeSample(client, DEFAULT_SAMPLE_CELLS, context.signal), SAMPLE_DATABASE));
    const workers = availableParallelism();
    const planned = await planRequest(
      client,
      { calculation: "all" },
      { parallelism: workers, parallelismSetting: "--workers", resumes: true },
    );
    const options = { workers, publish: true, replaceGrid: false, json: false };
    const outcome = await runAndReport(database, planned!, options, "all", context);
    if (outcome.state === "published") print(NEXT_STEPS);
  }),
);
