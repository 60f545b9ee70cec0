// Who may do what: the rights of the group roles on our tables and views, given again after every migration.
import type { ClientBase } from "pg";
import { CALCULATIONS } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";
import { transaction } from "./connect.ts";
import { slotTable } from "./slots.ts";
import { isSqlState } from "./troubles.ts";

/** Owns everything, by way of its members' migrations. */
export const OWNER_ROLE = "climatebatch_owner";

const INSUFFICIENT_PRIVILEGE = "42501";
/** Any number, the same for all who give rights. */
const GRANT_LOCK = 4_211_871_002;
const SLOTS_PER_CALCULATION = 4;

const tables = (...names: string[]) => names.map((name) => `climatebatch.${name}`).join(", ");
const SLOT_TABLES = CALCULATIONS.flatMap((calculation) =>
  Array.from({ length: SLOTS_PER_CALCULATION }, (_, at) => slotTable(calculation, at + 1)),
).join(", ");
const INPUTS = tables(
  ...["grids", "grid_cells", "cell_districts", "scenarios", "climate_data", "input_revisions"],
  ...["grid_links", "cell_sources", "derived_series"],
  ...["storm_records", "storms", "storm_points"],
  ...["basin_sets", "basin_water"],
  ...["extreme_sea_levels", "sea_level_rise", "sea_connections", "derived_inputs"],
);
const BATCHES = tables("batches", "batch_inputs", "batch_shards", "slots");
const FOUND_BY_SHARDS = tables("rejected_cells", "rejected_counts", "batch_risks", "batch_rate_sets");
const RESULT_VIEWS = `${tables("probability_results", "hazard_results", "probability_ensemble", "hazard_ensemble")}, public.probability_results, public.hazard_results, public.batch_job_logs`;
/** What results were made of, and how far batches are: no series, and nothing of other inputs. */
const ABOUT_RESULTS = tables(
  ...["schema_migrations", "publications", "slots", "batches", "batch_inputs", "batch_shards", "batch_requests"],
  ...[
    "batch_risks",
    "batch_rate_sets",
    "rejected_cells",
    "rejected_counts",
    "grids",
    "grid_cells",
    "cell_districts",
    "scenarios",
  ],
);
const ALL_BATCHES_VIEWS = tables("probability_all_batches", "hazard_all_batches");
/** Functions in a view run with the rights of who reads it. */
const FUNCTIONS_OF_VIEWS = [
  "bin_data",
  "return_level_data",
  "indicator_data",
  "hazard_level",
  "unpack_float32",
  "describe_methods",
  "mean_columns",
]
  .map((name) => `climatebatch.${name}`)
  .join(", ");
const RECORDING = [
  ...["record_request", "check_request", "request_option_expects", "request_period"],
  ...["is_request_name", "is_request_number", "is_request_list"],
]
  .map((name) => `climatebatch.${name}`)
  .join(", ");

/** What follows GRANT. The right to update `row_lock`, which stays null, is the right to lock the row. */
export const GRANTS = {
  climatebatch_operator: [
    "USAGE ON SCHEMA climatebatch",
    `SELECT ON ${tables("schema_migrations", "publications", "batch_requests", "batch_request_keys")}`,
    `SELECT ON ${INPUTS}, ${BATCHES}, ${FOUND_BY_SHARDS}`,
    `SELECT ON ${RESULT_VIEWS}, ${ALL_BATCHES_VIEWS}, climatebatch.climate_values`,
    "INSERT, UPDATE (row_lock) ON climatebatch.input_revisions",
    `INSERT ON ${tables("batches", "batch_inputs", "batch_shards", "batch_requests", "batch_request_keys")}`,
    `SELECT, INSERT, UPDATE ON ${tables("installations")}`,
    `UPDATE ON ${tables("batches", "batch_shards", "slots", "publications", "batch_requests", "batch_request_keys")}`,
    // Publishing looks whether a batch has any number before it takes the place of one that has.
    `SELECT, TRUNCATE, DELETE ON ${SLOT_TABLES}`,
    `EXECUTE ON FUNCTION ${FUNCTIONS_OF_VIEWS}, ${RECORDING}, climatebatch.request_batch, climatebatch.retry_request`,
  ],
  climatebatch_job: [
    "USAGE ON SCHEMA climatebatch",
    `SELECT ON ${INPUTS}, ${BATCHES}, climatebatch.schema_migrations`,
    "UPDATE (row_lock) ON climatebatch.input_revisions",
    "UPDATE (row_lock) ON climatebatch.batches",
    `UPDATE (state, attempt, worker, started_at, finished_at, result_rows, rejected_cells, error_reason, error_message,
       replica_trouble)
       ON climatebatch.batch_shards`,
    `INSERT ON ${SLOT_TABLES}, ${FOUND_BY_SHARDS}`,
  ],
  climatebatch_reader: [
    "USAGE ON SCHEMA climatebatch",
    `SELECT ON ${RESULT_VIEWS}, ${ALL_BATCHES_VIEWS}, climatebatch.climate_values`,
    `SELECT ON ${ABOUT_RESULTS}`,
    `EXECUTE ON FUNCTION ${FUNCTIONS_OF_VIEWS}`,
  ],
  climatebatch_requester: ["USAGE ON SCHEMA climatebatch", "EXECUTE ON FUNCTION climatebatch.request_batch"],
} as const satisfies Record<string, readonly string[]>;

export interface GrantedRoles {
  /** Roles that exist and have exactly their rights now. */
  readonly granted: readonly string[];
  /** Roles that the server does not have; nothing is wrong with that. */
  readonly missing: readonly string[];
}

/**
 * Gives each group role that exists its rights on our objects, no more and no less, and the owner its objects. Rights of
 * other roles stay as they are. Safe to repeat, and while people read.
 */
export async function grantRoles(client: ClientBase): Promise<GrantedRoles> {
  const all = [OWNER_ROLE, ...Object.keys(GRANTS)];
  const { rows } = await client.query<{ user: string; existing: string[] }>(
    `SELECT current_user AS "user", ARRAY(SELECT rolname::text FROM pg_roles WHERE rolname = ANY ($1)) AS existing`,
    [all],
  );
  const { user, existing } = rows[0]!;
  const granted = all.filter((role) => existing.includes(role));
  if (granted.length === 0) return { granted, missing: all };
  try {
    await transaction(client, () => grantLocked(client, granted));
  } catch (error) {
    if (!isSqlState(error, INSUFFICIENT_PRIVILEGE)) throw error;
    throw new RejectedError(
      "NotOwner",
      `Rights on the tables of climatebatch are given by their owner or a superuser, but this is "${user}" (${(error as Error).message}). ` +
        `Migrate as a member of ${OWNER_ROLE}: GRANT ${OWNER_ROLE} TO "${user}". See docs/roles.md.`,
      { cause: error },
    );
  }
  return { granted, missing: all.filter((role) => !existing.includes(role)) };
}

async function grantLocked(client: ClientBase, roles: readonly string[]): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock($1)", [GRANT_LOCK]);
  // A new owner's tables are locked: readers must not queue behind that.
  await client.query("SET LOCAL lock_timeout = '1s'");
  if (roles.includes(OWNER_ROLE)) await giveToOwner(client);
  for (const role of Object.keys(GRANTS) as (keyof typeof GRANTS)[]) {
    if (roles.includes(role)) await grantExactly(client, role);
  }
}

async function grantExactly(client: ClientBase, role: keyof typeof GRANTS): Promise<void> {
  const schema = `IN SCHEMA climatebatch FROM ${role}`;
  const revokes = ["TABLES", "FUNCTIONS"].map((objects) => `REVOKE ALL ON ALL ${objects} ${schema}`);
  const views = `REVOKE ALL ON public.probability_results, public.hazard_results, public.batch_job_logs FROM ${role}`;
  const grants = GRANTS[role].map((grant) => `GRANT ${grant} TO ${role}`);
  await client.query([...revokes, views, ...grants].join(";\n"));
}

/** What another user migrated, before the role existed or as another member of it. */
async function giveToOwner(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    `SELECT format('ALTER SCHEMA %I OWNER TO ${OWNER_ROLE}', n.nspname) AS statement, 0 AS place
     FROM pg_namespace AS n WHERE n.nspname = 'climatebatch' AND n.nspowner <> '${OWNER_ROLE}'::regrole
     UNION ALL
     SELECT format('ALTER %s %s OWNER TO ${OWNER_ROLE}', CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, c.oid::regclass), 1
     FROM pg_class AS c WHERE c.relkind IN ('r', 'p', 'v') AND c.relowner <> '${OWNER_ROLE}'::regrole
       AND (c.relnamespace = 'climatebatch'::regnamespace OR (c.relkind = 'v' AND c.relnamespace = 'public'::regnamespace
         AND c.relname IN ('probability_results', 'hazard_results', 'batch_job_logs')))
     UNION ALL
     SELECT format('ALTER FUNCTION %s OWNER TO ${OWNER_ROLE}', p.oid::regprocedure), 2
     FROM pg_proc AS p WHERE p.pronamespace = 'climatebatch'::regnamespace AND p.proowner <> '${OWNER_ROLE}'::regrole
     UNION ALL
     SELECT format('ALTER TYPE %s OWNER TO ${OWNER_ROLE}', t.oid::regtype), 3
     FROM pg_type AS t WHERE t.typnamespace = 'climatebatch'::regnamespace AND t.typtype = 'e' AND t.typowner <> '${OWNER_ROLE}'::regrole
     ORDER BY place`,
  );
  if (rows.length > 0) await client.query(rows.map(({ statement }) => statement).join(";\n"));
}
