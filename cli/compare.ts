// `climatebatch compare`: what differs between two batches, scenarios or periods.
import { RejectedError } from "../model/errors.ts";
import { type Change, compare, methodsOf, pairsQuery, readSides } from "../report/compareResults.ts";
import { writeCsv } from "../report/exportTables.ts";
import { formatNumber } from "../report/page/numbers.ts";
import { withSnapshot } from "../report/readResults.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { databaseOption, jsonOption, text } from "./options.ts";
import { writeOutput } from "./outputFile.ts";
import { formatTable, print, printJson } from "./printing.ts";

export const compareCommand = defineCommand(
  {
    arguments: {
      first: { ...text, required: true, describe: "batch, scenario or period" },
      second: { ...text, required: true, describe: "another of the same kind" },
    },
    options: {
      output: {
        ...text,
        short: "o",
        value: "FILE",
        describe: "also a CSV of every cell's scores: first, second, change",
      },
      ...jsonOption,
      ...databaseOption,
    },
    examples: [
      ["compare 3 4", "two batches"],
      ["compare ssp245 ssp585", "two scenarios of what is published"],
      ["compare 1991-2020 2081-2100", "two periods"],
    ],
  },
  (argv) =>
    withDatabase(argv, "compare", ({ client }) =>
      withSnapshot(client, async () => {
        const sides = await readSides(client, argv.first, argv.second);
        const changes = await compare(client, sides);
        if (argv.output !== undefined) {
          const query = pairsQuery("hazard", sides);
          if (query === null) throw new RejectedError("NoScores", "One of the two has no Hazard Scores to write.");
          const ordered = `${query} ORDER BY latitude, longitude, risk_type, scenario, period`;
          await writeOutput(argv.output, (sink) => writeCsv(client, { query: ordered }, sink));
        }
        const { first, second } = argv;
        const [firstMethods, secondMethods] = [methodsOf(sides[0]), methodsOf(sides[1])];
        if (argv.json) return printJson({ first, second, firstMethods, secondMethods, changes });
        if (argv.output === "-") return;
        if (firstMethods !== secondMethods) {
          print(
            `The methods differ: ${first} was computed by ${firstMethods}; ${second} by ${secondMethods}. Some of the change comes from them: docs/validation.md lists what changed.\n`,
          );
        }
        print(describeChanges(changes, first, second));
      }),
    ),
);

function describeChanges(changes: readonly Change[], first: string, second: string): string {
  const differing = changes.filter(({ changed, gained, lost }) => changed + gained + lost > 0);
  if (differing.length === 0) return `${first} and ${second} have equal scores and damage rates in every cell.`;
  const column = (name: "scenario" | "period") => (changes.some((change) => change[name] !== null) ? [name] : []);
  const keys = [...column("scenario"), ...column("period")] as ("scenario" | "period")[];
  const table = formatTable(
    ["risk", ...keys, "of", "cells", "not applicable", "changed", "gained", "lost", "mean change", "largest", "at"],
    differing.map((change) => [
      change.risk,
      ...keys.map((key) => change[key]),
      change.measure,
      ...[change.cells, change.notApplicable, change.changed, change.gained, change.lost],
      change.meanChange === null ? null : formatChange(change, change.meanChange),
      change.largestChange === null ? null : formatChange(change, change.largestChange),
      change.largestAt?.join(", ") ?? null,
    ]),
  );
  const equal = changes.length - differing.length;
  return `${second} minus ${first}\n\n${table}${equal === 0 ? "" : `\n\nEqual in the other ${equal}.`}`;
}

function formatChange({ measure }: Change, change: number): string {
  const sign = change > 0 ? "+" : "";
  return measure === "score" ? `${sign}${formatNumber(change)}` : `${sign}${formatNumber(100 * change)} %`;
}
