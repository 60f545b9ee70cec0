// `climatebatch check-installation`: whether an installation in a cluster has what it needs, each thing tried, not looked up. `helm
// test` runs it with the operator's database user.
import { randomUUID } from "node:crypto";
import type { ClientBase } from "pg";
import type { Argv, CommandModule } from "yargs";
import { LISTENER_LIMITS } from "../database/listener.ts";
import { ListenSession } from "../database/listenSession.ts";
import { slotTable } from "../database/slots.ts";
import { CALCULATIONS } from "../model/calculations.ts";
import { systemClock } from "../model/clock.ts";
import { coerceError } from "../model/errors.ts";
import { clusterOptions } from "./clusterOptions.ts";
import { COMMAND_EXIT_CODES, type CommandContext, type OptionsOf, print } from "./command.ts";
import { databaseOption, withDatabase } from "./database.ts";

function buildOptions(yargs: Argv) {
  return yargs.options({
    lease: {
      type: "string",
      default: "climatebatch-operator",
      describe: "name of the operator's Lease",
      requiresArg: true,
    },
    ...clusterOptions,
    ...databaseOption,
  });
}

export type CheckArguments = OptionsOf<typeof buildOptions>;

/** Resolves with what was found; rejects with what is wrong. */
type Check = () => Promise<string>;

export function makeCheckInstallationCommand({
  signal,
  setExitCode,
}: CommandContext): CommandModule<object, OptionsOf<typeof buildOptions>> {
  return {
    command: "check-installation",
    describe: "try what an installation in a cluster needs: database, rights, NOTIFY, the definition, a leader",
    builder: buildOptions,
    handler: (argv) =>
      withDatabase(argv, "check", async ({ client, url }) => {
        const { makeClusterChecks } = await import("./checkCluster.ts");
        const checks: Readonly<Record<string, Check>> = {
          database: async () => tellServer(client),
          rights: () => checkRights(client),
          notify: () => checkNotify(url, signal),
          ...makeClusterChecks(argv, signal),
        };
        let failures = 0;
        for (const [name, check] of Object.entries(checks)) {
          try {
            print(`ok      ${name.padEnd(11)} ${await check()}`);
          } catch (thrown) {
            signal.throwIfAborted();
            failures++;
            print(`FAILED  ${name.padEnd(11)} ${coerceError(thrown).message}`);
          }
        }
        setExitCode(failures === 0 ? COMMAND_EXIT_CODES.done : COMMAND_EXIT_CODES.failed);
      }),
  };
}

async function tellServer(client: ClientBase): Promise<string> {
  const { rows } = await client.query(
    `SELECT current_user AS "user", current_database() AS database, current_setting('server_version') AS version,
       coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), 'no TLS') AS tls`,
  );
  const { user, database, version, tls } = rows[0];
  return `PostgreSQL ${version}, database ${database} as ${user}, ${tls}; the schema is current`;
}

/** What the operator does that others may not, one of each kind. */
const RIGHTS: readonly { readonly table: string; readonly right: string }[] = [
  { table: "climatebatch.climate_data", right: "SELECT" },
  { table: "climatebatch.batches", right: "INSERT" },
  { table: "climatebatch.batch_requests", right: "UPDATE" },
  { table: "climatebatch.publications", right: "UPDATE" },
  ...CALCULATIONS.map((calculation) => ({ table: slotTable(calculation, 1), right: "TRUNCATE" })),
];

async function checkRights(client: ClientBase): Promise<string> {
  const { rows } = await client.query(
    `SELECT format('%s on %s', "right", "table") AS missing FROM unnest($1::text[], $2::text[]) AS needed("table", "right")
     WHERE NOT has_table_privilege("table", "right")`,
    [RIGHTS.map(({ table }) => table), RIGHTS.map(({ right }) => right)],
  );
  if (rows.length === 0) return "the user may plan, publish and empty slots";
  const missing = rows.map((row) => row.missing).join(", ");
  throw new Error(
    `the user lacks ${missing}: GRANT climatebatch_operator TO it, and migrate once more (docs/roles.md)`,
  );
}

async function checkNotify(url: string, signal: AbortSignal): Promise<string> {
  const session = await ListenSession.open({
    url,
    owner: "check",
    channels: [`climatebatch_check_${randomUUID().slice(0, 8)}`],
    onNotification: () => undefined,
    limits: LISTENER_LIMITS,
    clock: systemClock,
    random: Math.random,
    signal,
  });
  try {
    const trouble = await session.probe();
    if (trouble === null) return "a NOTIFY from another session arrived";
    throw new Error(`${trouble}. Give the address of PostgreSQL itself, not of a pooler (docs/triggers.md)`);
  } finally {
    await session.close();
  }
}
