// `climatebatch remove` and `climatebatch cancel`: a preview, and with --yes the deed itself.
import { cancelBatch, REMOVABLE, type RemovedCounts, remove } from "../database/removal.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { batchArgument, databaseOption, flag, jsonOption, text } from "./options.ts";
import { printFacts, resumingCommand } from "./printing.ts";

const options = {
  yes: { ...flag, short: "y", describe: "do it; without it only a preview is shown" },
  ...jsonOption,
  ...databaseOption,
} as const;

export const removeCommand = defineCommand(
  {
    arguments: {
      what: { ...text, choices: REMOVABLE, required: true, describe: "what to remove" },
      name: { ...text, required: true, describe: "number of the batch, or name" },
    },
    options,
    examples: [
      ["remove batch 3", "what would be removed"],
      ["remove scenario ssp585 --yes", "the scenario with its series"],
    ],
    notes:
      "Refused while it is in use: a published or unfinished batch, a scenario or grid that held results are computed from, the parent of a scenario, the source of a link. " +
      "The space of a scenario is free at once where it has a table of its own (docs/database.md); all other space is returned by PostgreSQL's autovacuum.",
  },
  (argv) =>
    withDatabase(argv, "remove", async ({ client }) => {
      const { what, yes } = argv;
      const name = what === "batch" ? batchArgument.parse(argv.name) : argv.name;
      const counts = await remove(client, what, name, !yes);
      printFacts(argv, { what, name, done: yes, counts }, () =>
        describeDeed(`${what} ${name}`, ["Removed", "Would remove"], counts, yes),
      );
    }),
);

export const cancelCommand = defineCommand(
  {
    arguments: { batch: { ...batchArgument, required: true } },
    options,
    notes:
      "Refused while a process runs the batch, and for batches of a cluster: delete their ClimateBatch. Results of finished shards stay until another batch needs their place.",
  },
  (argv) =>
    withDatabase(argv, "cancel", async ({ client }) => {
      const { batch, yes } = argv;
      const counts = await cancelBatch(client, batch, !yes);
      printFacts(argv, { what: "batch", name: batch, done: yes, counts }, () =>
        describeDeed(`batch ${batch}`, ["Cancelled", "Would cancel"], counts, yes),
      );
    }),
);

function describeDeed(
  what: string,
  [did, would]: readonly [string, string],
  counts: RemovedCounts,
  yes: boolean,
): string {
  const listed = Object.entries(counts).map(([name, count]) => `${count.toLocaleString("en")} ${name}`);
  const line = `${yes ? did : would} ${what}: ${listed.join(", ")}.`;
  return yes ? line : `${line}\nNothing was changed. To do it: ${resumingCommand()} --yes`;
}
