// `climatebatch migrate`: brings the database's schema to this version.
import type { Argv, CommandModule } from "yargs";
import { migrate } from "../database/migrate.ts";
import { grantRoles } from "../database/roles.ts";
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
      const { granted } = await grantRoles(client);
      if (argv.json) return printJson({ applied, granted });
      if (applied.length === 0) print("The schema is current.");
      for (const { name } of applied) print(`applied ${name}`);
      if (granted.length > 0) print(`gave their rights to ${granted.join(", ")}`);
    }),
};
