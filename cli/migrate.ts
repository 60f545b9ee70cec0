// `climatebatch migrate`: brings the database's schema to this version.
import type { Argv } from "yargs";
import { isSchemaNewer, migrate } from "../database/migrate.ts";
import { grantRoles } from "../database/roles.ts";
import { type CommandOf, jsonOption, print, printJson } from "./command.ts";
import { databaseOption, withServer } from "./database.ts";

function buildOptions(yargs: Argv) {
  return yargs.options({ ...jsonOption, ...databaseOption });
}

export const migrateCommand: CommandOf<typeof buildOptions> = {
  command: "migrate",
  describe: "create or update the tables (an embedded database is migrated by every command)",
  builder: buildOptions,
  handler: (argv) =>
    withServer(argv, "migrate", async ({ client }) => {
      const applied = await migrate(client);
      const isNewer = await isSchemaNewer(client);
      const { granted } = isNewer ? { granted: [] } : await grantRoles(client);
      if (argv.json) return printJson({ applied, granted });
      if (isNewer) return print("The schema is that of a newer climatebatch, which this one can work with.");
      if (applied.length === 0) print("The schema is current.");
      for (const { name } of applied) print(`applied ${name}`);
      if (granted.length > 0) print(`gave their rights to ${granted.join(", ")}`);
    }),
};
