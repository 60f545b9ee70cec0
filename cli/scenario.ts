// `climatebatch scenario`: which experiment, model and member a scenario is of; ensembles are made of scenarios that tell it.
import type { Argv } from "yargs";
import { type DescribedScenario, readScenarioOrigins, setScenarioOrigin } from "../database/scenarioOrigin.ts";
import { RejectedError } from "../model/errors.ts";
import { type ArgumentsOf, type CommandOf, formatTable, jsonOption, printFacts } from "./command.ts";
import { databaseOption, failBatchesOption, withDatabase } from "./database.ts";
import { text } from "./optionKinds.ts";

function buildOptions(yargs: Argv) {
  return yargs
    .positional("name", { type: "string", describe: "scenario [default: all are listed]" })
    .options({
      experiment: { ...text, describe: "what was assumed, such as ssp585" },
      model: { ...text, describe: "climate model, such as HadGEM3-GC31-LL" },
      member: { ...text, describe: "run of the model, such as r1i1p1f3" },
      "bias-adjustment": { ...text, describe: "how it was adjusted to observations" },
      ...failBatchesOption("of the scenario"),
      ...jsonOption,
      ...databaseOption,
    })
    .example("$0 scenario ssp585-hadgem3 --experiment ssp585 --model HadGEM3-GC31-LL", "a member of an ensemble")
    .epilogue("climatebatch.probability_ensemble and hazard_ensemble put the models of an experiment side by side.");
}

export const scenarioCommand: CommandOf<typeof buildOptions> = {
  command: "scenario [name]",
  describe: "list scenarios, or say which experiment, model and member one is of",
  builder: buildOptions,
  handler: (argv) =>
    withDatabase(argv, "scenario", async ({ client }) => {
      const given = originOf(argv);
      if (Object.keys(given).length > 0 && argv.name === undefined) {
        throw new RejectedError(
          "InvalidOption",
          "Say which scenario that is true of: climatebatch scenario NAME --experiment …. List them: climatebatch scenario",
        );
      }
      const told =
        argv.name === undefined
          ? await readScenarioOrigins(client)
          : [await setScenarioOrigin(client, argv.name, given, argv.failRunningBatches)];
      printFacts(argv, told, tell);
    }),
};

function originOf({ biasAdjustment, experiment, member, model }: ArgumentsOf<typeof buildOptions>) {
  const all = { experiment, model, member, biasAdjustment };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function tell(scenarios: readonly DescribedScenario[]): string {
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
