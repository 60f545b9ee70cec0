// Exports for Oasis LMF: footprint, vulnerability and damage bins as the CSV of its model data, with dictionaries of what each
// number means.
import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClientBase } from "pg";
import { RejectedError } from "../model/errors.ts";
import { RISKS } from "../model/risks.ts";
import { quote } from "./copyOut.ts";
import { type ExportRequest, rowsOf, type Selection, select } from "./exportSelection.ts";
import { copyCsv } from "./exportTables.ts";
import { withSnapshot } from "./readResults.ts";

/** Of an areaperil_id the last digit is the risk, the others are the cell. */
const RISK_DIGITS = 10;
/** Oasis stores areaperil_id as unsigned 32-bit numbers. */
const LARGEST_AREAPERIL = 2 ** 32 - 1;
/** damage_type of Oasis: a share of the insured value. */
const RELATIVE = 1;

interface Vulnerability {
  readonly id: number;
  readonly risk: string;
  readonly rateSet: string;
  /** Damage rate of each intensity bin. */
  readonly rates: readonly number[];
}

/** Writes the tables into an empty folder; all of them from one snapshot. */
export function exportOasis(client: ClientBase, request: ExportRequest, folder: string): Promise<void> {
  return withSnapshot(client, async () => {
    const selection = await select(client, request);
    const rows = `(${rowsOf(selection)} AND reason IS NULL)`;
    await refuseWhatHasNoPlace(client, selection, rows);
    const vulnerabilities = await readVulnerabilities(client, selection);
    const events = listEvents(selection);
    const copy = (name: string, query: string) => copyCsv(client, query, createWriteStream(join(folder, name)));
    const eventValues = `(VALUES ${events.map(([id, ...key]) => `(${id}, ${quote(key[0])}, ${quote(key[1])}, ${key[2]}, ${key[3]})`).join()})
      AS e (event_id, risk_type, scenario, first_year, last_year)`;
    const ofEvent = `FROM ${rows} AS r JOIN ${eventValues} USING (risk_type, scenario, first_year, last_year)`;
    await copy("events.csv", `SELECT DISTINCT event_id ${ofEvent} ORDER BY 1`);
    await copy(
      "event_dict.csv",
      `SELECT DISTINCT event_id, risk_type AS risk, scenario, first_year, last_year ${ofEvent} ORDER BY 1`,
    );
    await copy(
      "footprint.csv",
      `SELECT event_id, ${AREAPERIL} AS areaperil_id, bin AS intensity_bin_id, p AS probability
       ${ofEvent}, unnest(probabilities) WITH ORDINALITY AS u (p, bin) WHERE p > 0 ORDER BY 1, 2, 3`,
    );
    const sets = `(VALUES ${vulnerabilities.map(({ id, risk, rateSet }) => `(${id}, ${quote(risk)}, ${quote(rateSet)})`).join()})
      AS v (vulnerability_id, risk_type, rate_set)`;
    await copy(
      "areaperil_dict.csv",
      `SELECT areaperil_id, latitude, longitude, risk_type AS risk, vulnerability_id, rate_scale
       FROM (${areaperils(selection, rows)}) AS a LEFT JOIN ${sets} USING (risk_type, rate_set) ORDER BY 1`,
    );
    await writeBins(selection, vulnerabilities, folder);
  });
}

const AREAPERIL = `r.cell_id::bigint * ${RISK_DIGITS} + array_position(ARRAY[${RISKS.map(quote).join()}], r.risk_type::text)`;

function listEvents({ risks, scenarios, periods }: Selection) {
  const keys = risks.flatMap((risk) =>
    scenarios.flatMap((scenario) =>
      periods.map(({ firstYear, lastYear }) => [risk, scenario, firstYear, lastYear] as const),
    ),
  );
  return keys.map((key, at) => [at + 1, ...key] as const);
}

/**
 * A row a cell and risk. Where every year is surely in a bin without damage, neither rate set nor scale matters: those of the
 * other rows count.
 */
function areaperils({ batch }: Selection, rows: string): string {
  const matters = "(r.probabilities[1] < 1 OR t.rates[1] > 0)";
  const one = (name: string) => `coalesce(min(r.${name}) FILTER (WHERE ${matters}), min(r.${name})) AS ${name}`;
  const count = (value: string) => `count(DISTINCT ${value}) FILTER (WHERE ${matters})`;
  return `SELECT ${AREAPERIL} AS areaperil_id, r.latitude, r.longitude, r.risk_type::text AS risk_type,
      ${one("rate_set")}, ${one("rate_scale")},
      greatest(${count("r.rate_set")}, ${count("coalesce(r.rate_scale, -1)")}) AS damages
    FROM ${rows} AS r LEFT JOIN climatebatch.batch_rate_sets AS t
      ON t.batch_id = ${batch.batchId} AND t.risk = r.risk AND t.rate_set = r.rate_set
    GROUP BY 1, 2, 3, 4`;
}

/** A cell and risk has one row in areaperil_dict.csv, so one vulnerability and one scale; and its number has 32 bits. */
async function refuseWhatHasNoPlace(client: ClientBase, selection: Selection, rows: string): Promise<void> {
  const { rows: found } = await client.query(
    `SELECT * FROM (${areaperils(selection, rows)}) AS a WHERE damages > 1 OR areaperil_id > ${LARGEST_AREAPERIL} ORDER BY 1 LIMIT 1`,
  );
  const [first] = found;
  if (first === undefined) return;
  const cell = `${first.risk_type} at ${first.latitude}, ${first.longitude}`;
  throw new RejectedError(
    "NotForOasis",
    Number(first.damages) > 1
      ? `Oasis expects one vulnerability a place and risk, but ${cell} has ${first.damages} rate sets or scales in the chosen scenarios and periods. Choose fewer: --scenario NAME --period FIRST-LAST`
      : `Oasis expects areaperil_id up to ${LARGEST_AREAPERIL}, but ${cell} has ${first.areaperil_id}. Load the grid into a new database, whose cells are numbered from 1.`,
  );
}

async function readVulnerabilities(client: ClientBase, { batch, risks }: Selection): Promise<readonly Vulnerability[]> {
  const { rows } = await client.query(
    `SELECT risk::text, rate_set AS "rateSet", rates FROM climatebatch.batch_rate_sets
     WHERE batch_id = $1 AND risk::text = ANY ($2) ORDER BY 1, 2`,
    [batch.batchId, risks],
  );
  return rows.map((row, at) => ({ id: at + 1, ...row }));
}

/** Each damage rate is a bin of its own, so that the rates stay exact; Oasis wants the bins from 0 to 1. */
async function writeBins(
  { descriptions }: Selection,
  vulnerabilities: readonly Vulnerability[],
  folder: string,
): Promise<void> {
  const damages = [...new Set([0, ...vulnerabilities.flatMap(({ rates }) => rates), 1])].sort((a, b) => a - b);
  const tables = {
    "damage_bin_dict.csv": [
      ["bin_index", "bin_from", "bin_to", "interpolation", "damage_type"],
      ...damages.map((rate, at) => [at + 1, rate, rate, rate, RELATIVE]),
    ],
    "vulnerability.csv": [
      ["vulnerability_id", "intensity_bin_id", "damage_bin_id", "probability"],
      ...vulnerabilities.flatMap(({ id, rates }) =>
        rates.map((rate, bin) => [id, bin + 1, damages.indexOf(rate) + 1, 1]),
      ),
    ],
    "vulnerability_dict.csv": [
      ["vulnerability_id", "risk", "rate_set"],
      ...vulnerabilities.map(({ id, risk, rateSet }) => [id, risk, rateSet]),
    ],
    "intensity_bin_dict.csv": [
      ["risk", "intensity_bin_id", "range", "unit"],
      ...descriptions.flatMap(({ risk, ranges, unit }) => ranges.map((range, bin) => [risk, bin + 1, range, unit])),
    ],
  };
  for (const [name, lines] of Object.entries(tables)) {
    const text = lines.map((values) => values.map(quoteCsv).join(",")).join("\n");
    await writeFile(join(folder, name), `${text}\n`);
  }
}

/** As RFC 4180 has it. */
function quoteCsv(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
