// `climatebatch migrate`: brings the database's schema to this version.
import type { Client } from "pg";
import { isSchemaNewer, migrate } from "../database/migrate.ts";
import { grantRoles } from "../database/roles.ts";
import { defineCommand } from "./command.ts";
import { withServer } from "./database.ts";
import { databaseOption, jsonOption } from "./options.ts";
import { print, printJson } from "./printing.ts";

export const migrateCommand = defineCommand({ options: { ...jsonOption, ...databaseOption } }, (argv) =>
  withServer(argv, "migrate", ({ client }) => updateSchema(client, argv.json), "create"),
);

async function updateSchema(client: Client, json: boolean): Promise<void> {
  const applied = await migrate(client);
  const isNewer = await isSchemaNewer(client);
  const { granted } = isNewer ? { granted: [] } : await grantRoles(client);
  if (json) return printJson({ applied, granted });
  if (isNewer) return print("The schema is that of a newer climatebatch, which this version can work with.");
  if (applied.length === 0) print("The schema is current.");
  for (const { name } of applied) print(`applied ${name}`);
  if (granted.length > 0) print(`granted their rights to ${granted.join(", ")}`);
}
