// Does the database answer, is it one of ours, and may this user do what serve does?
import { checkSchemaVersion } from "../../database/migrate.ts";
import { slotTable } from "../../database/slots.ts";
import { CALCULATIONS } from "../../model/calculations.ts";
import { RejectedError } from "../../model/errors.ts";
import { type DatabaseCheck, SCHEMA } from "./examineDatabase.ts";
import { fine, problem, warn } from "./finding.ts";

const OLDEST_SERVER = 150_000;
const MOST_SKEW_SECONDS = 60;

export const serverCheck: DatabaseCheck = {
  name: "server",
  needs: "connection",
  async look({ client, clock }) {
    const { rows } = await client.query(
      `SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS shown, current_user AS "user",
         current_database() AS database, pg_is_in_recovery() AS "isStandby",
         (SELECT reset_val = 'on' FROM pg_settings WHERE name = 'default_transaction_read_only') AS "isReadOnly", extract(epoch FROM clock_timestamp())::float8 AS seconds`,
    );
    const { version, shown, user, database, isStandby, isReadOnly, seconds } = rows[0];
    const findings = [fine(`PostgreSQL ${shown}, database ${database}, user ${user}`)];
    if (version < OLDEST_SERVER)
      findings.push(problem(`PostgreSQL ${shown} is older than 15`, "Upgrade the server to PostgreSQL 15 or newer."));
    if (isStandby)
      findings.push(
        problem("the server is a standby: nothing can be written", "Give the address of the primary in DATABASE_HOST."),
      );
    if (isReadOnly && !isStandby)
      findings.push(
        problem(
          "default_transaction_read_only is on: nothing can be written",
          "When maintenance is over: ALTER DATABASE (or ROLE, or SYSTEM) … RESET default_transaction_read_only.",
        ),
      );
    const skew = Math.round(seconds - clock.now().getTime() / 1000);
    if (Math.abs(skew) > MOST_SKEW_SECONDS)
      findings.push(
        warn(
          `the server's clock is ${skew} s from this machine's`,
          "Let both keep time by NTP: schedules fire by this machine's clock.",
        ),
      );
    return findings;
  },
};

export const schemaCheck: DatabaseCheck = {
  name: SCHEMA,
  needs: "connection",
  async look({ client }) {
    try {
      await checkSchemaVersion(client);
      return [fine("the schema is this version's")];
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error;
      const { rows } = await client.query(
        `SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname = 'probability_results'`,
      );
      const advice =
        rows.length > 0
          ? "The predecessor's tables are here: run climatebatch import-predecessor --take-over (docs/migrate.md)."
          : "Run climatebatch migrate with the database's owner, or use the program of the version that migrated it.";
      return [problem(error.message, advice)];
    }
  },
};

/** An activity, and the privilege on each table that it needs. */
type Right = readonly [does: string, privilege: string, tables: readonly string[]];

export const OPERATOR_RIGHTS: readonly Right[] = [
  ["plan batches", "INSERT", ["batches", "batch_inputs", "batch_shards"]],
  ["record requests", "INSERT", ["batch_requests", "batch_request_keys"]],
  ["follow batches and requests", "UPDATE", ["batches", "batch_shards", "batch_requests"]],
  ["reserve slots and publish", "UPDATE", ["slots", "publications"]],
  ["empty slots", "TRUNCATE", CALCULATIONS.map((calculation) => slotTable(calculation, 1))],
  ["read inputs", "SELECT", ["climate_data", "grid_cells", "scenarios", "storm_points"]],
];
/** serve and its shard processes share a user. */
export const MACHINE_RIGHTS: readonly Right[] = [
  ...OPERATOR_RIGHTS,
  [
    "write results",
    "INSERT",
    [...CALCULATIONS.map((calculation) => slotTable(calculation, 1)), "rejected_cells", "batch_risks"],
  ],
];

export function makePermissionsCheck(rights: readonly Right[], roles: string): DatabaseCheck {
  return {
    name: "permissions",
    needs: "schema",
    async look({ client }) {
      const needed = rights.flatMap(([does, privilege, tables]) =>
        tables.map((table) => ({ does, privilege, table: table.replace(/^climatebatch\./, "") })),
      );
      const { rows } = await client.query<{ does: string; missing: string }>(
        `SELECT n.does, string_agg(n.privilege || ' on ' || n."table", ', ' ORDER BY n."table") AS missing
         FROM jsonb_to_recordset($1) AS n (does text, privilege text, "table" text)
         WHERE NOT has_table_privilege('climatebatch.' || n."table", n.privilege) GROUP BY n.does ORDER BY n.does`,
        [JSON.stringify(needed)],
      );
      const advice = `Give the user the rights of ${roles}, as docs/roles.md says: GRANT ${roles} TO user; or use the database's owner.`;
      const findings = rows.map(({ does, missing }) =>
        problem(`the user may not ${does}: ${missing} is missing`, advice),
      );
      if (findings.length === 0) findings.push(fine(`the user may ${rights.map(([does]) => does).join(", ")}`));
      const stats = await client.query("SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS may");
      if (!stats.rows[0].may)
        findings.push(
          warn(
            "the user may not see other sessions: a slot of results is used again only a day after its release, so at most two batches a day",
            "As an administrator: GRANT pg_read_all_stats TO climatebatch_operator",
          ),
        );
      return findings;
    },
  };
}
