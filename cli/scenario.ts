// `climatebatch scenario`: the experiment, model and member of scenarios, from which ensembles are made.
import { type DescribedScenario, readScenarioOrigins, setScenarioOrigin } from "../database/scenarioOrigin.ts";
import { RejectedError } from "../model/errors.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { databaseOption, failBatchesOption, jsonOption, text } from "./options.ts";
import { formatTable, printFacts } from "./printing.ts";

export const scenarioCommand = defineCommand(
  {
    arguments: { name: { ...text, describe: "scenario [default: all are listed]" } },
    options: {
      experiment: { ...text, describe: "what was assumed, such as ssp585" },
      model: { ...text, describe: "climate model, such as HadGEM3-GC31-LL" },
      member: { ...text, describe: "run of the model, such as r1i1p1f3" },
      "bias-adjustment": { ...text, value: "METHOD", describe: "how it was adjusted to observations" },
      ...failBatchesOption("of the scenario"),
      ...jsonOption,
      ...databaseOption,
    },
    examples: [["scenario ssp585-hadgem3 --experiment ssp585 --model HadGEM3-GC31-LL", "a member of an ensemble"]],
    notes: "climatebatch.probability_ensemble and hazard_ensemble put the models of an experiment side by side.",
  },
  (argv) =>
    withDatabase(argv, "scenario", async ({ client }) => {
      const { biasAdjustment, experiment, failRunningBatches, member, model, name } = argv;
      const all = { experiment, model, member, biasAdjustment };
      const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
      if (Object.keys(given).length > 0 && name === undefined) {
        throw new RejectedError(
          "InvalidOption",
          "Missing NAME: climatebatch scenario NAME --experiment …. List scenarios: climatebatch scenario",
        );
      }
      const described =
        name === undefined
          ? await readScenarioOrigins(client)
          : [await setScenarioOrigin(client, name, given, failRunningBatches)];
      printFacts(argv, described, describeScenarios);
    }),
);

function describeScenarios(scenarios: readonly DescribedScenario[]): string {
  return formatTable(
    ["scenario", "experiment", "model", "member", "bias adjustment", "parent", "calendar"],
    scenarios.map((one) => [
      one.name,
      one.experiment,
      one.model,
      one.member,
      one.biasAdjustment,
      one.parent,
      one.calendar,
    ]),
  );
}
