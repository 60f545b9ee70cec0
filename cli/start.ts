// `climatebatch start`, what `npm start` runs: the sample made, both calculations run on it, and where everything is.
import { availableParallelism } from "node:os";
import type { CommandModule } from "yargs";
import { planRequest } from "../database/planRequest.ts";
import { type CommandContext, print } from "./command.ts";
import { SAMPLE_DATABASE, withDatabase } from "./database.ts";
import { runAndReport } from "./run.ts";
import { DEFAULT_SAMPLE_CELLS, describeSample, makeSample } from "./sample.ts";

const NEXT_STEPS = `
The results are in the embedded PostgreSQL in .climatebatch/sample, in the views probability_results and hazard_results. Next:
  npx climatebatch export hazard --database ${SAMPLE_DATABASE} --output hazard.csv
  npx climatebatch status --database ${SAMPLE_DATABASE}
  npx climatebatch ingest FILE.csv --scenario NAME     your own data, in .climatebatch/data or the database of DATABASE_* or .env
  npx climatebatch run all
  npx climatebatch --help`;

export function makeStartCommand(context: CommandContext): CommandModule {
  return {
    command: "start",
    describe: "a first look: make the sample, run both calculations, show what came out",
    handler: () =>
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
  };
}
