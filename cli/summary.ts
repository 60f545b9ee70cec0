// The table a person sees after a run: per risk, scenario and period, what the numbers say over all cells.
import type { Client } from "pg";
import { calculationsOf } from "../model/calculations.ts";
import type { BatchSpecification } from "../model/specification.ts";
import { formatTable, print } from "./command.ts";

export async function printSummary(
  client: Client,
  batchId: string,
  { calculation, risks }: BatchSpecification,
): Promise<void> {
  for (const one of calculationsOf(calculation)) {
    print(one === "probability" ? await summariseProbability(client, batchId) : await summariseHazard(client, batchId));
    print("");
  }
  const { rows } = await client.query<{ risk: string }>(
    `SELECT DISTINCT risk_type AS risk FROM climatebatch.${calculationsOf(calculation)[0]}_rows_told
     WHERE slot = (SELECT slot FROM climatebatch.slots WHERE calculation = $1 AND batch_id = $2) AND reason = 'notImplemented' ORDER BY 1`,
    [calculationsOf(calculation)[0], batchId],
  );
  if (rows.length > 0)
    print(
      `${rows.length} of ${risks.length} risks are not computed by this version (reason notImplemented): ${rows.map(({ risk }) => risk).join(", ")}.\n`,
    );
}

const OF_BATCH = (calculation: string) => `FROM climatebatch.${calculation}_rows_told
  WHERE slot = (SELECT slot FROM climatebatch.slots WHERE calculation = '${calculation}' AND batch_id = $1)
    AND reason IS DISTINCT FROM 'notImplemented'
  GROUP BY risk_type, scenario, first_year, last_year ORDER BY risk_type, scenario, first_year, last_year`;

async function summariseProbability(client: Client, batchId: string): Promise<string> {
  const { rows } = await client.query({
    text: `SELECT risk_type, scenario, first_year || '-' || last_year, count(*)::int, count(probability)::int,
      round(avg(probability)::numeric, 3)::float8, round(max(probability)::numeric, 3)::float8,
      round((100 * avg(damage_bins))::numeric, 3)::float8 ${OF_BATCH("probability")}`,
    values: [batchId],
    rowMode: "array",
  });
  const header = [
    "probability of",
    "scenario",
    "period",
    "cells",
    "with numbers",
    "mean P",
    "highest P",
    "mean damage %/yr",
  ];
  return formatTable(header, rows);
}

async function summariseHazard(client: Client, batchId: string): Promise<string> {
  const { rows } = await client.query({
    text: `SELECT risk_type, scenario, first_year || '-' || last_year, count(*)::int, count(hazard_score_100)::int,
      round(avg(hazard_score_100)::numeric, 1)::float8, round(max(hazard_score_100)::numeric, 1)::float8,
      climatebatch.hazard_level(avg(hazard_score_100)) ${OF_BATCH("hazard")}`,
    values: [batchId],
    rowMode: "array",
  });
  const header = [
    "hazard of",
    "scenario",
    "period",
    "cells",
    "with numbers",
    "mean score",
    "highest score",
    "level of the mean",
  ];
  return formatTable(header, rows);
}
