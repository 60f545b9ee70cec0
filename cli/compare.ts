// `climatebatch compare`: what differs between two batches, scenarios or periods, or between a batch and the predecessor.
import type { Client } from "pg";
import { hidePassword, isPostgresUrl } from "../database/address.ts";
import { connect } from "../database/connect.ts";
import { RejectedError } from "../model/errors.ts";
import {
  type Change,
  compare,
  methodsOf,
  pairsQuery,
  predecessorAddress,
  readSides,
} from "../report/compareResults.ts";
import { copyCsv } from "../report/exportTables.ts";
import { formatNumber } from "../report/page/numbers.ts";
import { copyPredecessor, type PredecessorResults } from "../report/predecessorResults.ts";
import { withSnapshot } from "../report/readResults.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { databaseOption, jsonOption, text } from "./options.ts";
import { writeOutput } from "./outputFile.ts";
import { formatTable, print, printJson } from "./printing.ts";

export const compareCommand = defineCommand(
  {
    arguments: {
      first: { ...text, required: true, describe: "batch, scenario or period; or predecessor, its result tables" },
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
      ["compare predecessor 4", "the predecessor's result tables, which import-predecessor moved aside, and a batch"],
      ["compare predecessor:postgres://me@old/climate_risk_db 4", "its tables in a database of its own"],
    ],
  },
  (argv, { signal }) =>
    withDatabase(argv, "compare", async ({ client }) => {
      const predecessor = await readPredecessor(client, [argv.first, argv.second], signal);
      await withSnapshot(client, async () => {
        const sides = await readSides(client, argv.first, argv.second, predecessor);
        const changes = await compare(client, sides);
        if (argv.output !== undefined) {
          const query = pairsQuery("hazard", sides);
          if (query === null) throw new RejectedError("NoScores", "One of the two has no Hazard Scores to write.");
          const ordered = `${query} ORDER BY latitude, longitude, risk_type, scenario, period`;
          await writeOutput(argv.output, (sink) => copyCsv(client, ordered, sink));
        }
        const [first, second] = [nameOf(argv.first), nameOf(argv.second)];
        const [firstMethods, secondMethods] = [methodsOf(sides[0]), methodsOf(sides[1])];
        if (argv.json) return printJson({ first, second, firstMethods, secondMethods, changes });
        if (argv.output === "-") return;
        if (predecessor !== null) {
          print(
            "Cells are matched by coordinates; the predecessor has neither scenario nor period, so its values are compared with each. Its Hazard Scores were placeholders: docs/migrate.md.\n",
          );
        } else if (firstMethods !== secondMethods) {
          print(
            `The methods differ: ${first} was computed by ${firstMethods}; ${second} by ${secondMethods}. Some of the change comes from them: docs/validation.md lists what changed.\n`,
          );
        }
        print(describeChanges(changes, first, second));
      });
    }),
);

/** An address is shown without its password. */
function nameOf(word: string): string {
  const address = predecessorAddress(word);
  return address === null || address === "" ? word : `predecessor:${hidePassword(address)}`;
}

/** null when neither word names the predecessor. */
async function readPredecessor(
  client: Client,
  words: readonly string[],
  signal: AbortSignal,
): Promise<PredecessorResults | null> {
  const [address] = words.flatMap((word) => predecessorAddress(word) ?? []);
  if (address === undefined) return null;
  if (address === "") return copyPredecessor(client, client);
  if (!isPostgresUrl(address)) {
    throw new RejectedError(
      "InvalidDatabase",
      `predecessor: expects postgres://user:password@host:port/name after the colon, but got "${hidePassword(address)}". Without a colon its tables in our own database are read.`,
    );
  }
  const source = await connect(address, { purpose: "comparison with the predecessor", signal });
  try {
    await source.query("SET default_transaction_read_only = on");
    return await copyPredecessor(source, client);
  } finally {
    await source.end().catch(() => undefined);
  }
}

const PLURALS = { score: "scores", "damage rate": "damage rates", "P(damaging year)": "P(damaging year)" } as const;

function describeChanges(changes: readonly Change[], first: string, second: string): string {
  const differing = changes.filter(({ changed, gained, lost }) => changed + gained + lost > 0);
  const measures = [...new Set(changes.map(({ measure }) => PLURALS[measure]))];
  if (differing.length === 0) return `${first} and ${second} have equal ${measures.join(" and ")} in every cell.`;
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
  return measure === "damage rate" ? `${sign}${formatNumber(100 * change)} %` : `${sign}${formatNumber(change)}`;
}
