// `climatebatch run`: from a request to published results on this machine; an unfinished batch of the same request is resumed.
import type { Client } from "pg";
import { type PlannedRequest, planRequest } from "../database/planRequest.ts";
import { count } from "../ingest/series/report.ts";
import { readBatchRequest } from "../model/batchRequest.ts";
import { METHODS } from "../model/calculations.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { methodsFileOption, readGivenMethods } from "./methodsFile.ts";
import {
  type ArgumentsOf,
  calculationArgument,
  databaseOption,
  flag,
  jsonOption,
  publishOption,
  requestOptions,
  type Usage,
  workersOption,
} from "./options.ts";
import { planWithInputs } from "./prepareInputs.ts";
import { runAndReport } from "./runAndReport.ts";

const usage = {
  arguments: calculationArgument,
  options: {
    ...requestOptions,
    methods: {
      ...requestOptions.methods,
      default: METHODS[0],
    },
    ...methodsFileOption,
    ...workersOption,
    ...publishOption,
    "replace-grid": { ...flag, describe: "publish even if the published results cover another grid" },
    new: { ...flag, describe: "start a new batch although one of the same request is unfinished" },
    ...jsonOption,
    ...databaseOption,
  },
  examples: [
    ["run all", "everything that the database has data for"],
    ["run hazard --scenario ssp585 --period 2041-2060 --no-publish", "one scenario and period, for a look"],
  ],
  notes:
    "An unfinished batch of the same request and inputs is resumed: only missing shards are computed. " +
    "Sums over river basins (for water scarcity) and sea-flooding paths (for coastal flood) are computed first when they are missing or stale.",
} as const satisfies Usage;

export const runCommand = defineCommand(usage, (argv, context) =>
  withDatabase(argv, "run", async (database) => {
    const taken = await takeBatch(database.client, argv, context.signal);
    await runAndReport(database, taken, argv, argv.calculation, context);
  }),
);

async function takeBatch(
  client: Client,
  argv: ArgumentsOf<typeof usage>,
  signal: AbortSignal,
): Promise<PlannedRequest> {
  const { basePeriod, calculation, cellsPerShard, grid, maxRejectedCells, methods, workers } = argv;
  const given = {
    ...{ calculation, methods, grid, basePeriod, cellsPerShard, maxRejectedCells },
    ...{ risks: argv.risk, scenarios: argv.scenario, periods: argv.period },
  };
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const request = readBatchRequest(defined, "Invalid request");
  const overrides = await readGivenMethods(argv);
  const options = { parallelism: workers, parallelismSetting: "--workers", overrides, resumes: !argv.new };
  const preparation = { client, request, overrides, signal, onNotice: notice };
  const planned = (await planWithInputs(() => planRequest(client, request, options), preparation))!;
  const { batchId, cells, shards, doneShards } = planned.batch;
  if (planned.isNew) {
    notice(`batch ${batchId}: ${count(cells, "cell")} in ${count(shards, "shard")}, ${workers} at a time`);
    return planned;
  }
  notice(
    `resuming batch ${batchId} of the same request and inputs: ${doneShards} of ${shards} shards are done (--new starts another)`,
  );
  if (cellsPerShard !== undefined || maxRejectedCells !== undefined)
    notice("--cells-per-shard and --max-rejected-cells stay as they were when it was planned");
  return planned;
}

function notice(line: string): void {
  process.stderr.write(`${line}\n`);
}
