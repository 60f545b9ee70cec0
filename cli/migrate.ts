// `climatebatch migrate`: brings the database's schema to this version.
import type { Argv, CommandModule } from "yargs";
import { migrate } from "../database/migrate.ts";
import { jsonOption, type OptionsOf, print, printJson } from "./command.ts";
import { databaseOption, withServer } from "./database.ts";

function buildOptions(yargs: Argv) {
  return yargs.options({ ...jsonOption, ...databaseOption });
}

export const migrateCommand: CommandModule<object, OptionsOf<typeof buildOptions>> = {
  command: "migrate",
  describe: "create or update the tables (an embedded database is migrated by every command)",
  builder: buildOptions,
  handler: (argv) =>
    withServer(argv, "migrate", async ({ client }) => {
      const applied = await migrate(client);
      if (argv.json) printJson({ applied });
      else if (applied.length === 0) print("The schema is current.");
      else for (const { name } of applied) print(`applied ${name}`);
    }),
};
