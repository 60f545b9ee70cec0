// The tables after a run: per risk, scenario and period, the results over all cells.
import type { Client } from "pg";
import { type Calculation, calculationsOf } from "../model/calculations.ts";
import type { Flag, NullReason } from "../model/reasons.ts";
import { HAZARD_LEVELS } from "../model/results.ts";
import type { BatchSpecification } from "../model/specification.ts";
import { NOTHING_TO_DO, REMEDIES } from "../report/page/remedies.ts";
import { explainWord } from "../report/page/words.ts";
import { formatTable, print } from "./printing.ts";

/** In SQL. */
const APPLIES = "('notApplicable' <> ALL (flags))";
const RELATIVE_SCORES = "Heat, cold and drought are scored against each place's own climate.";

export async function printSummary(client: Client, batchId: string, specification: BatchSpecification): Promise<void> {
  print(await summarise(client, batchId, specification));
}

export async function summarise(client: Client, batchId: string, { calculation }: BatchSpecification): Promise<string> {
  const [first] = calculationsOf(calculation);
  const empty = await readRisksNotComputed(client, first!, batchId);
  const names = empty.map(({ risk }) => risk);
  const parts: string[] = [];
  for (const one of calculationsOf(calculation)) {
    const summariseOne = one === "probability" ? summariseProbability : summariseHazard;
    parts.push(await summariseOne(client, batchId, names));
  }
  if (empty.length > 0) {
    const why = empty.map(({ risk, reasons }) => `${risk} (${reasons.join(", ")})`).join(", ");
    parts.push(`Not computed: ${why}.\n${explainWords(empty.flatMap(({ reasons }) => reasons))}`);
  }
  const flags = (await readFlags(client, first!, batchId)).filter((flag) => REMEDIES[flag] !== NOTHING_TO_DO);
  if (flags.length > 0) parts.push(`Flags of some results, with what to do:\n${explainWords(flags)}`);
  return `${parts.join("\n\n")}\n`;
}

/** A line a word, as `climatebatch explain` has it. */
function explainWords(words: readonly (NullReason | Flag)[]): string {
  return [...new Set(words)]
    .sort()
    .map((word) => `  ${word}: ${explainWord("en", word)}`)
    .join("\n");
}

/** A line a risk: how its scores go from the base period to the last one, and where they are highest. */
export async function printFindings(client: Client, batchId: string): Promise<void> {
  const { rows } = await client.query({
    text: `WITH scores AS (
        SELECT risk_type, scenario, first_year, last_year, latitude, longitude, hazard_score_100 AS score
        FROM climatebatch.hazard_all_batches
        WHERE slot = (SELECT slot FROM climatebatch.slots WHERE calculation = 'hazard' AND batch_id = $1)
          AND ${APPLIES} AND scenario = (SELECT specification -> 'scenarios' ->> -1 FROM climatebatch.batches WHERE batch_id = $1)),
      ends AS (SELECT min(first_year) AS base, max(first_year) AS last FROM scores)
      SELECT risk_type,
        round((percentile_cont(0.5) WITHIN GROUP (ORDER BY score) FILTER (WHERE first_year = base))::numeric, 1)::float8,
        round((percentile_cont(0.5) WITHIN GROUP (ORDER BY score) FILTER (WHERE first_year = last))::numeric, 1)::float8,
        round(max(score) FILTER (WHERE first_year = last)::numeric, 1)::float8,
        (array_agg(latitude || ', ' || longitude ORDER BY score DESC NULLS LAST, latitude, longitude) FILTER (WHERE first_year = last))[1],
        max(scenario) || ', ' || max(first_year || '-' || last_year) FILTER (WHERE first_year = last)
      FROM scores, ends GROUP BY risk_type ORDER BY risk_type`,
    values: [batchId],
    rowMode: "array",
  });
  const header = ["Hazard Score", "median 1991-2020", "median then", "highest then", "where (north, east)"];
  print(
    formatTable(
      header,
      rows.map((row) => row.slice(0, header.length)),
    ),
  );
  print(`Then: ${rows[0]?.at(-1)}. 0 to 100. ${RELATIVE_SCORES}\n`);
}

async function readRisksNotComputed(
  client: Client,
  calculation: Calculation,
  batchId: string,
): Promise<{ risk: string; reasons: NullReason[] }[]> {
  const { rows } = await client.query(
    `SELECT risk_type::text AS risk, array_agg(DISTINCT reason ORDER BY reason) AS reasons FROM climatebatch.${calculation}_all_batches
     WHERE slot = (SELECT slot FROM climatebatch.slots WHERE calculation = $1 AND batch_id = $2)
     GROUP BY risk_type HAVING bool_and(reason IS NOT NULL) ORDER BY 1`,
    [calculation, batchId],
  );
  return rows;
}

async function readFlags(client: Client, calculation: Calculation, batchId: string): Promise<Flag[]> {
  const { rows } = await client.query<{ flag: Flag }>(
    `SELECT DISTINCT unnest(flags) AS flag FROM climatebatch.${calculation}_all_batches
     WHERE slot = (SELECT slot FROM climatebatch.slots WHERE calculation = $1 AND batch_id = $2)`,
    [calculation, batchId],
  );
  return rows.map(({ flag }) => flag);
}

/** $1: the batch; $2: risks that are left out. */
const OF_BATCH = (calculation: Calculation) => `FROM climatebatch.${calculation}_all_batches
  WHERE slot = (SELECT slot FROM climatebatch.slots WHERE calculation = '${calculation}' AND batch_id = $1)
    AND risk_type::text <> ALL ($2)
  GROUP BY risk_type, scenario, first_year, last_year ORDER BY risk_type, scenario, first_year, last_year`;

const KEY_HEADER = ["scenario", "period", "cells", "computed", "not applicable", "no result"];
/** Cells where the hazard cannot do harm are counted apart, and are in no mean. */
const KEY = (value: string) => `risk_type, scenario, first_year || '-' || last_year, count(*)::int,
  (count(${value}) FILTER (WHERE ${APPLIES}))::int, (count(*) FILTER (WHERE NOT ${APPLIES}))::int,
  (count(*) FILTER (WHERE ${value} IS NULL))::int`;

async function summariseProbability(client: Client, batchId: string, without: readonly string[]): Promise<string> {
  const { rows } = await client.query({
    text: `SELECT ${KEY("probability")},
      round((avg(probability) FILTER (WHERE ${APPLIES}))::numeric, 3)::float8,
      round((max(probability) FILTER (WHERE ${APPLIES}))::numeric, 3)::float8,
      round((100 * avg(damage_bins) FILTER (WHERE ${APPLIES}))::numeric, 3)::float8 ${OF_BATCH("probability")}`,
    values: [batchId, without],
    rowMode: "array",
  });
  const header = ["probability of", ...KEY_HEADER, "mean P(H)", "highest", "mean damage %/yr"];
  return `${formatTable(header, rows)}\nP(H): the probability that a year is not in the lowest bin. Means are of the computed cells.`;
}

async function summariseHazard(client: Client, batchId: string, without: readonly string[]): Promise<string> {
  const levels = HAZARD_LEVELS.map(
    (level) => `(count(*) FILTER (WHERE hazard_level = '${level}' AND ${APPLIES}))::int`,
  );
  const { rows } = await client.query({
    text: `SELECT ${KEY("hazard_score_100")},
      round((avg(hazard_score_100) FILTER (WHERE ${APPLIES}))::numeric, 1)::float8,
      round((max(hazard_score_100) FILTER (WHERE ${APPLIES}))::numeric, 1)::float8,
      ${levels.join(", ")} ${OF_BATCH("hazard")}`,
    values: [batchId, without],
    rowMode: "array",
  });
  const header = ["hazard of", ...KEY_HEADER, "mean score", "highest", ...HAZARD_LEVELS];
  return `${formatTable(header, rows)}\nVery Low to Very High: computed cells of each level. ${RELATIVE_SCORES}`;
}
