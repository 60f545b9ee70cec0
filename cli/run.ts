// `climatebatch run`: from a request to published results on this machine; an unfinished batch of the same request is resumed.
import type { Client } from "pg";
import { type PlannedRequest, planRequest } from "../database/planRequest.ts";
import { findLosses } from "../database/publish.ts";
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
  replaceOptions,
  requestOptions,
  type Usage,
  workersOption,
} from "./options.ts";
import { planWithInputs } from "./prepareInputs.ts";
import { asTyped } from "./printing.ts";
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
    ...replaceOptions,
    new: { ...flag, describe: "start a new batch instead of resuming one" },
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
    if (argv.publish) await warnOfLosses(database.client, taken, argv);
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
  const options = {
    parallelism: workers,
    parallelismSetting: "--workers",
    overrides,
    resumes: !argv.new,
    reusesRefused: !argv.new && argv.publish,
  };
  const preparation = { client, request, overrides, signal, onNotice: notice };
  const planned = (await planWithInputs(() => planRequest(client, request, options), preparation))!;
  const { batchId, cells, shards, doneShards, refusal } = planned.batch;
  if (planned.isNew) {
    notice(`batch ${batchId}: ${count(cells, "cell")} in ${count(shards, "shard")}, ${workers} at a time`);
    return planned;
  }
  if (refusal !== undefined) {
    notice(
      `batch ${batchId} has computed the same request and inputs, and was not published (${refusal}): nothing is computed again (--new starts another)`,
    );
    return planned;
  }
  notice(
    `resuming batch ${batchId} of the same request and inputs: ${doneShards} of ${shards} shards are done (--new starts another)`,
  );
  if (cellsPerShard !== undefined || maxRejectedCells !== undefined)
    notice("--cells-per-shard and --max-rejected-cells stay as they were when it was planned");
  return planned;
}

/** Before anything is computed: hours later is too late to learn that it will not be published. */
async function warnOfLosses(
  client: Client,
  { batch, specification }: PlannedRequest,
  { allowFewer, replaceGrid }: { readonly allowFewer: boolean; readonly replaceGrid: boolean },
): Promise<void> {
  for (const { calculation, grid, lost } of await findLosses(client, specification)) {
    const refused = [
      ...(grid === null || replaceGrid ? [] : ["--replace-grid"]),
      ...(lost.length === 0 || allowFewer ? [] : ["--allow-fewer"]),
    ].join(" ");
    const what = [...(grid === null ? [] : [`the grid "${grid}"`]), ...lost].join(", ");
    notice(
      refused === ""
        ? `publishing will take from readers of ${calculation}: ${what}`
        : `readers of ${calculation} would lose ${what}: the batch will be computed, but not published without ${refused} (now, or later: climatebatch publish ${batch.batchId} ${refused})`,
    );
  }
}

function notice(line: string): void {
  process.stderr.write(`${asTyped(line)}\n`);
}
