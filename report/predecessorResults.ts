// The result tables of the predecessor, as a side of a comparison: found in a database and copied to temporary tables of the
// session that compares.
import { pipeline } from "node:stream/promises";
import type { ClientBase } from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { PREDECESSOR_SCHEMA } from "../database/takeOver.ts";
import type { Calculation } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";

/** Its columns with a number a place and risk, and the decimals that it stored. */
export const PREDECESSOR_VALUES = {
  hazard: { column: "hazard_score_100", decimals: 2 },
  probability: { column: "probability", decimals: 4 },
} as const satisfies Readonly<Record<Calculation, { column: string; decimals: number }>>;

/** Its places are a hundredth of a degree apart; some of its columns are of single precision. */
export const PLACE_DECIMALS = 4;

/** Temporary tables with latitude, longitude, risk_type and value, by calculation; null where the predecessor has no such table. */
export type PredecessorResults = Readonly<Record<Calculation, string | null>>;

/** Reads from `source`, writes temporary tables of `target`; both may be one session. Outside a transaction. */
export async function copyPredecessor(source: ClientBase, target: ClientBase): Promise<PredecessorResults> {
  const results = {
    hazard: await copyTable(source, target, "hazard"),
    probability: await copyTable(source, target, "probability"),
  };
  if (results.hazard !== null || results.probability !== null) return results;
  const { rows } = await source.query<{ name: string }>("SELECT current_database() AS name");
  throw new RejectedError(
    "NoPredecessor",
    `Expected the predecessor's tables hazard_results or probability_results in the database "${rows[0]!.name}", but found none in the schemas ${PREDECESSOR_SCHEMA} and public. Name its database: climatebatch compare predecessor:postgres://user@host/name BATCH`,
  );
}

async function copyTable(source: ClientBase, target: ClientBase, calculation: Calculation): Promise<string | null> {
  const relation = await findTable(source, calculation);
  if (relation === null) return null;
  const { column, decimals } = PREDECESSOR_VALUES[calculation];
  // The latest of several rows of a place and risk: a run that was repeated left the earlier ones.
  const select = `SELECT DISTINCT ON (1, 2, 3) ${placeOf("")}, risk_type::text,
      round(nullif(${column}::float8, 'NaN')::numeric, ${decimals})::float8
    FROM ${relation} ORDER BY 1, 2, 3, calculated_at DESC NULLS LAST`;
  const copy = `pg_temp.predecessor_${calculation}`;
  await target.query(
    `DROP TABLE IF EXISTS ${copy};
     CREATE TEMPORARY TABLE predecessor_${calculation} (latitude float8, longitude float8, risk_type text, value float8)`,
  );
  if (source === target) await target.query(`INSERT INTO ${copy} ${select}`);
  else
    await pipeline(
      source.query(copyTo(`COPY (${select}) TO STDOUT`)),
      target.query(copyFrom(`COPY ${copy} FROM STDIN`)),
    );
  await target.query(`ANALYZE ${copy}`);
  return copy;
}

/** In SQL: latitude and longitude [degrees], so rounded that equal places are equal whatever type held them. */
export function placeOf(prefix: string): string {
  const rounded = (name: string) => `round(${prefix}${name}::numeric, ${PLACE_DECIMALS})::float8 AS ${name}`;
  return `${rounded("latitude")}, ${rounded("longitude")}`;
}

/** Its table, where import-predecessor moved it or where the predecessor made it: our views are no tables. */
async function findTable(source: ClientBase, calculation: Calculation): Promise<string | null> {
  const name = `${calculation}_results`;
  const { rows } = await source.query<{ schema: string; columns: string[] }>(
    `SELECT n.nspname AS schema, array_agg(a.attname::text ORDER BY a.attnum) AS columns
     FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relname = $1 AND c.relkind IN ('r', 'p') AND n.nspname IN ($2, 'public')
     GROUP BY 1 ORDER BY n.nspname = $2 DESC LIMIT 1`,
    [name, PREDECESSOR_SCHEMA],
  );
  const found = rows[0];
  if (found === undefined) return null;
  const relation = `${found.schema}.${name}`;
  const needed = ["latitude", "longitude", "risk_type", PREDECESSOR_VALUES[calculation].column, "calculated_at"];
  const missing = needed.filter((column) => !found.columns.includes(column));
  if (missing.length === 0) return relation;
  throw new RejectedError(
    "NoPredecessor",
    `Expected ${relation} with the predecessor's columns ${needed.join(", ")}, but it has no ${missing.join(" and no ")}; it has ${found.columns.join(", ")}. Add or rename the column, or name another database: predecessor:postgres://user@host/name.`,
  );
}
