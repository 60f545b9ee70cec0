// `climatebatch show`: which scenario and period public.probability_results and public.hazard_results show.
import { readShown, type Shown, setShown } from "../database/shown.ts";
import { RejectedError } from "../model/errors.ts";
import { formatPeriod, parsePeriod } from "../model/periods.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { databaseOption, jsonOption, text } from "./options.ts";
import { formatTable, printFacts } from "./printing.ts";

export const showCommand = defineCommand(
  {
    arguments: {
      scenario: { ...text, describe: "scenario to show [default: what is shown now is listed]" },
      period: { ...text, parse: parsePeriod, describe: "its period FIRST-LAST" },
    },
    options: { ...jsonOption, ...databaseOption },
    examples: [["show ssp585 2041-2060", "from now on"]],
    notes:
      "public.probability_results and public.hazard_results have one row per place and risk, of one scenario and period. " +
      "climatebatch.probability_results and climatebatch.hazard_results have all of them.",
  },
  (argv) =>
    withDatabase(argv, "show", async ({ client }) => {
      const { period, scenario } = argv;
      if (scenario !== undefined && period === undefined)
        throw new RejectedError("InvalidOption", `Missing PERIOD: climatebatch show ${scenario} FIRST-LAST`);
      if (scenario !== undefined) await setShown(client, scenario, period!);
      printFacts(argv, await readShown(client), describeShown);
    }),
);

function describeShown(shown: readonly Shown[]): string {
  if (shown.length === 0) return "No batch is published. Compute one: climatebatch run all";
  return formatTable(
    ["calculation", "batch", "shown scenario", "shown period", "scenarios", "periods"],
    shown.map((one) => [
      one.calculation,
      Number(one.batchId),
      one.scenario,
      one.period === null ? null : formatPeriod(one.period),
      one.scenarios.join(" "),
      one.periods.map(formatPeriod).join(" "),
    ]),
  );
}
