// `climatebatch basins`: sums water over river basins, for water scarcity; `run` does it by itself when sums are missing or stale.
import { transaction } from "../database/connect.ts";
import { resolveSpecification } from "../database/specification.ts";
import { describeBasins, makeBasins } from "../job/basinSupply.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { databaseOption, failBatchesOption, jsonOption, requestOptions } from "./options.ts";
import { printFacts } from "./printing.ts";

const { grid, scenario, period, "base-period": basePeriod } = requestOptions;

export const basinsCommand = defineCommand(
  {
    options: {
      grid,
      scenario,
      period,
      "base-period": basePeriod,
      ...failBatchesOption("that use the sums"),
      ...jsonOption,
      ...databaseOption,
    },
    notes:
      "Cells name their basin in the attribute basin and their size in cellArea (km2). Sums are stamped with the inputs they were made from; " +
      "a batch refuses them once that has changed.",
  },
  (argv, { signal }) =>
    withDatabase(argv, "basins", async ({ client }) => {
      const specification = await resolveSpecification(client, {
        calculation: "all",
        methods: "published",
        grid: argv.grid,
        scenarios: argv.scenario,
        periods: argv.period,
        risks: ["water_scarcity"],
        basePeriod: argv.basePeriod,
      });
      const report = await transaction(client, () =>
        makeBasins(client, specification, argv.failRunningBatches, signal),
      );
      printFacts(argv, report, describeBasins);
    }),
);
