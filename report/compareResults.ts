// Two sets of results side by side: what changed per risk, by how much and where; cells gained and lost.
import type { ClientBase } from "pg";
import { rowsView } from "../database/slots.ts";
import type { Calculation } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";
import { formatPeriod } from "../model/periods.ts";
import { quote } from "./copyOut.ts";
import { PREDECESSOR_VALUES, type PredecessorResults, placeOf } from "./predecessorResults.ts";
import { batchOf, extentOf, findResults, type ResultBatch } from "./readResults.ts";

/**
 * One side: a batch, a scenario or a period; what is not named is the same on both. Or the predecessor's results, which have
 * neither scenario nor period: they are compared with each of the other side.
 */
export interface Side {
  readonly batches: readonly ResultBatch[];
  readonly predecessor?: PredecessorResults;
  readonly scenario: string | null;
  readonly period: string | null;
}

export interface Change {
  readonly calculation: Calculation;
  readonly risk: string;
  readonly scenario: string | null;
  readonly period: string | null;
  readonly measure: "score" | "damage rate" | "P(damaging year)";
  /** Cells with a value in both, only in the second, only in the first. */
  readonly cells: number;
  readonly gained: number;
  readonly lost: number;
  /** Cells where the hazard cannot do harm on either side; they are not among `cells`. */
  readonly notApplicable: number;
  readonly changed: number;
  readonly meanChange: number | null;
  readonly largestChange: number | null;
  readonly largestAt: readonly [latitude: number, longitude: number] | null;
}

/** The word for the predecessor's tables; an address may follow. */
const PREDECESSOR = /^predecessor(?::(?<address>.*))?$/s;
/** Its results have no damage rate. */
const PREDECESSOR_MEASURES = { hazard: "score", probability: "P(damaging year)" } as const;
const MEASURES = { hazard: ["score", "score"], probability: ["damage rate", "damage_bins"] } as const;

/** Where the predecessor's tables are: an address, or "" for the session's own database; null: the word names something else. */
export function predecessorAddress(word: string): string | null {
  const match = PREDECESSOR.exec(word);
  return match === null ? null : (match.groups!.address ?? "");
}

/** Both words name batches, scenarios or periods of what is published; `predecessor` is what the word for it means. */
export async function readSides(
  client: ClientBase,
  a: string,
  b: string,
  predecessor: PredecessorResults | null,
): Promise<readonly [Side, Side]> {
  const kind = kindOf(a, b);
  if (kind === "predecessor") {
    const side = async (word: string): Promise<Side> =>
      predecessorAddress(word) === null
        ? { batches: await findResults(client, word), scenario: null, period: null }
        : { batches: [], predecessor: predecessor!, scenario: null, period: null };
    return [await side(a), await side(b)];
  }
  if (kind === "batch") {
    const side = async (batch: string) => ({ batches: await findResults(client, batch), scenario: null, period: null });
    return [await side(a), await side(b)];
  }
  const batches = await findResults(client);
  const { scenarios, periods } = extentOf(batches);
  const known = kind === "period" ? periods.map(formatPeriod) : scenarios;
  const unknown = [a, b].find((word) => !known.includes(word));
  if (unknown !== undefined) {
    throw new RejectedError(
      "UnknownSide",
      `"${unknown}" names no batch, scenario or period of the results. They have scenarios ${scenarios.join(", ")} and periods ${periods.map(formatPeriod).join(", ")}.`,
    );
  }
  const side = (word: string): Side => ({
    batches,
    scenario: kind === "scenario" ? word : null,
    period: kind === "period" ? word : null,
  });
  return [side(a), side(b)];
}

type Kind = "batch" | "period" | "predecessor" | "scenario";

function kindOf(a: string, b: string): Kind {
  const kind = (word: string): Kind => {
    if (predecessorAddress(word) !== null) return "predecessor";
    return /^\d{1,18}$/.test(word) ? "batch" : /^\d{4}-\d{4}$/.test(word) ? "period" : "scenario";
  };
  const kinds = [kind(a), kind(b)].sort();
  if (kinds.includes("predecessor")) {
    if (kinds[0] === "batch") return "predecessor";
    throw new RejectedError(
      "DifferentKinds",
      "The predecessor's results are compared with a batch. Give its number, which climatebatch status lists: climatebatch compare predecessor BATCH",
    );
  }
  if (kinds[0] === kinds[1]) return kinds[0]!;
  throw new RejectedError(
    "DifferentKinds",
    `"${a}" is a ${kind(a)} and "${b}" a ${kind(b)}. Compare two batches, two scenarios or two periods.`,
  );
}

/** Such as "published, version 2", of all that the side has. */
export function methodsOf({ batches, predecessor }: Side): string {
  if (predecessor !== undefined) return "the predecessor itself";
  return [...new Set(batches.map(({ methods, methodsVersion }) => `${methods}, version ${methodsVersion}`))].join("; ");
}

/** A row a cell, risk, scenario and period: the values of both sides, null where there is none. */
export function pairsQuery(calculation: Calculation, [a, b]: readonly [Side, Side]): string | null {
  if (a.predecessor !== undefined || b.predecessor !== undefined) return pairsWithPredecessor(calculation, [a, b]);
  const [first, second] = [batchOf(a.batches, calculation), batchOf(b.batches, calculation)];
  if (first === undefined || second === undefined) return null;
  const key = [
    "latitude",
    "longitude",
    "risk_type",
    ...(a.scenario === null ? ["scenario"] : []),
    ...(a.period === null ? ["period"] : []),
  ];
  const side = ({ slot }: ResultBatch, { scenario, period }: Side) =>
    `(SELECT latitude, longitude, risk_type, scenario, first_year || '-' || last_year AS period, ${MEASURES[calculation][1]} AS value,
        'notApplicable' = ANY (flags) AS nowhere
      FROM ${rowsView(calculation)} WHERE slot = ${slot}
        ${scenario === null ? "" : `AND scenario = ${quote(scenario)}`}
        ${period === null ? "" : `AND first_year || '-' || last_year = ${quote(period)}`})`;
  return `SELECT latitude, longitude, risk_type AS risk, ${a.scenario === null ? "scenario" : "NULL::text AS scenario"},
      ${a.period === null ? "period" : "NULL::text AS period"}, a.value AS first, b.value AS second, b.value - a.value AS change,
      coalesce(a.nowhere AND b.nowhere, false) AS not_applicable
    FROM ${side(first, a)} AS a FULL JOIN ${side(second, b)} AS b USING (${key.join(", ")})`;
}

/** Matched by coordinates, in the decimals that the predecessor stored. */
function pairsWithPredecessor(calculation: Calculation, [a, b]: readonly [Side, Side]): string | null {
  const batch = batchOf([...a.batches, ...b.batches], calculation);
  const table = (a.predecessor ?? b.predecessor!)[calculation];
  if (batch === undefined || table === null) return null;
  const { column, decimals } = PREDECESSOR_VALUES[calculation];
  const rows = `(SELECT * FROM ${rowsView(calculation)} WHERE slot = ${batch.slot})`;
  const period = "first_year || '-' || last_year";
  const ours = `(SELECT ${placeOf("")}, risk_type::text AS risk_type, scenario, ${period} AS period,
      round(${column}::numeric, ${decimals})::float8 AS value FROM ${rows} AS r)`;
  const theirs = `(SELECT t.*, e.scenario, e.period FROM ${table} AS t,
      (SELECT DISTINCT scenario, ${period} AS period FROM ${rows} AS r) AS e)`;
  const [first, second] = a.predecessor === undefined ? [ours, theirs] : [theirs, ours];
  // The difference of two decimals is a decimal: 0.3 - 0.1 is 0.2.
  return `SELECT latitude, longitude, risk_type AS risk, scenario, period, a.value AS first, b.value AS second,
      round((b.value - a.value)::numeric, ${decimals})::float8 AS change, false AS not_applicable
    FROM ${first} AS a FULL JOIN ${second} AS b USING (latitude, longitude, risk_type, scenario, period)`;
}

export async function compare(client: ClientBase, sides: readonly [Side, Side]): Promise<readonly Change[]> {
  const changes: Change[] = [];
  const withPredecessor = sides.some(({ predecessor }) => predecessor !== undefined);
  for (const calculation of ["hazard", "probability"] as const) {
    const pairs = pairsQuery(calculation, sides);
    if (pairs === null) continue;
    const { rows } = await client.query(
      `SELECT risk, scenario, period, (count(change) FILTER (WHERE NOT not_applicable))::int AS cells,
         (count(*) FILTER (WHERE not_applicable))::int AS "notApplicable",
         count(*) FILTER (WHERE first IS NULL AND second IS NOT NULL)::int AS gained,
         count(*) FILTER (WHERE first IS NOT NULL AND second IS NULL)::int AS lost,
         count(*) FILTER (WHERE change <> 0)::int AS changed, avg(change) FILTER (WHERE NOT not_applicable) AS "meanChange",
         (array_agg(change ORDER BY abs(change) DESC NULLS LAST, latitude, longitude))[1] AS "largestChange",
         (array_agg(ARRAY[latitude, longitude] ORDER BY abs(change) DESC NULLS LAST, latitude, longitude))[1:1] AS "largestAt"
       FROM (${pairs}) AS pairs GROUP BY risk, scenario, period ORDER BY risk, scenario, period`,
    );
    const measure = withPredecessor ? PREDECESSOR_MEASURES[calculation] : MEASURES[calculation][0];
    for (const { largestAt, ...row } of rows) {
      const at = row.changed === 0 ? null : largestAt[0];
      changes.push({ calculation, measure, ...row, largestAt: at });
    }
  }
  if (changes.length > 0) return changes;
  throw new RejectedError("NothingInCommon", "The two have no calculation in common: there is nothing to compare.");
}
