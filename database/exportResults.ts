// Results as a file: the database writes the lines in a fixed order, we only pass them on. The same results give the same
// bytes; batch and time are left out unless requested.

import { Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ClientBase } from "pg";
import { to as copyTo } from "pg-copy-streams";
import type { Calculation } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";

const PLACE = ["latitude", "longitude", "risk_type", "scenario", "first_year", "last_year", "reference_year"];
const ORIGIN = [
  "years_used",
  "fit_first_year",
  "fit_last_year",
  "fit_years",
  "input",
  "reason",
  "flags",
  "methods",
  "grid",
];
const EXPORT_COLUMNS: Record<Calculation, readonly string[]> = {
  probability: [
    ...PLACE,
    ...["probability", "intensity", "unit", "bin_data", "probabilities_low", "probabilities_high"],
    ...[
      "damage_bins",
      "damage_low",
      "damage_high",
      "damage_continuous",
      "damage_change",
      "damage_ratio",
      "impact_type",
    ],
    ...["rate_set", "rate_scale", "return_level_of", "return_level_unit", "return_levels"],
    ...ORIGIN,
  ],
  hazard: [
    ...PLACE,
    ...["hazard_score", "hazard_score_100", "hazard_level", "intensity", "unit", "value", "value_low", "value_high"],
    ...["value_change", "value_ratio", "value_without_protection", "score_low", "score_high", "indicators"],
    ...ORIGIN,
  ],
};
const PROVENANCE = ["batch_id", "calculated_at"];
/** Arrays become JSON in CSV: what a spreadsheet or pandas can read. */
const ARRAYS: ReadonlySet<string> = new Set(["probabilities_low", "probabilities_high", "flags"]);

export const EXPORT_FORMATS = ["csv", "json"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportRequest {
  readonly calculation: Calculation;
  readonly format: ExportFormat;
  /** A batch whose rows are still in a slot; without it what is published. */
  readonly batchId?: string | undefined;
  readonly scenarios?: readonly string[] | undefined;
  readonly provenance: boolean;
}

/** Writes the file's bytes to `sink` and ends it. */
export async function exportResults(client: ClientBase, request: ExportRequest, sink: Writable): Promise<void> {
  const { slot, scenarios: known } = await findSlot(client, request);
  const unknown = request.scenarios?.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new RejectedError(
      "UnknownScenario",
      `These ${request.calculation} results have no scenario "${unknown}"; they have ${known.join(", ")}.`,
    );
  }
  const columns = [...EXPORT_COLUMNS[request.calculation], ...(request.provenance ? PROVENANCE : [])];
  const scenarios = request.scenarios?.map((name) => `'${name.replaceAll("'", "''")}'`).join();
  const rows = `SELECT ${columns.map((column) => selectColumn(column, request.format)).join(", ")}
    FROM climatebatch.${request.calculation}_all_batches
    WHERE slot = ${slot} ${scenarios === undefined ? "" : `AND scenario IN (${scenarios})`}
    ORDER BY latitude, longitude, risk_type, scenario, first_year, last_year`;
  if (request.format === "csv") return pipeline(copyOut(client, rows, "(FORMAT csv, HEADER)"), sink);
  return pipeline(copyOut(client, `SELECT row_to_json(r) FROM (${rows}) AS r`, ""), jsonArray(), sink);
}

function copyOut(client: ClientBase, rows: string, options: string) {
  const stream = client.query(copyTo(`COPY (${rows}) TO STDOUT ${options}`));
  // When the reader goes away the pipeline ends first; the connection's own complaint comes later and says nothing new.
  stream.on("error", () => undefined);
  return stream;
}

function selectColumn(column: string, format: ExportFormat): string {
  return format === "csv" && ARRAYS.has(column) ? `to_json(${column}) AS ${column}` : column;
}

async function findSlot(
  client: ClientBase,
  { calculation, batchId }: ExportRequest,
): Promise<{ slot: number; scenarios: readonly string[] }> {
  const { rows } = await client.query(
    `SELECT k.slot, b.state, b.specification -> 'scenarios' AS scenarios
     FROM climatebatch.${batchId === undefined ? "publications" : "slots"} AS k JOIN climatebatch.batches AS b USING (batch_id)
     WHERE k.calculation = $1 ${batchId === undefined ? "" : "AND k.batch_id = $2"}`,
    batchId === undefined ? [calculation] : [calculation, batchId],
  );
  const found = rows[0];
  if (found?.state === "complete") return found;
  if (found !== undefined) {
    throw new RejectedError(
      "NotComplete",
      `Batch ${batchId} is ${found.state}: its rows are not all there. Finish it first: climatebatch run again, or climatebatch retry ${batchId}`,
    );
  }
  throw new RejectedError(
    "NoResults",
    batchId === undefined
      ? `No ${calculation} results are published yet. Compute some: climatebatch run ${calculation}`
      : `Batch ${batchId} has no ${calculation} rows in the database: it computed none, or a later batch took their slot.`,
  );
}

/** Lines of COPY, one JSON object each, become one JSON array. COPY doubles backslashes; JSON has no other escapes of COPY's. */
function jsonArray(): Transform {
  let first = true;
  let rest = "";
  const formatLine = (line: string) => {
    const lead = first ? "[\n" : ",\n";
    first = false;
    return lead + line.replaceAll("\\\\", "\\");
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      // Only ASCII newlines matter here; a character cut by the chunk's end stays in the rest.
      const text = rest + chunk.toString("latin1");
      const end = text.lastIndexOf("\n") + 1;
      rest = text.slice(end);
      const lines = text.slice(0, end).split("\n");
      lines.pop();
      done(null, Buffer.from(lines.map(formatLine).join(""), "latin1"));
    },
    flush(done) {
      done(null, first ? "[]\n" : "\n]\n");
    },
  });
}
