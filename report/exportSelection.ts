// What an export takes: which rows, which columns, and the SQL of both. Every column is a number or a word, but for --nested.
import type { ClientBase } from "pg";
import { rowsView, slotTable } from "../database/slots.ts";
import type { Calculation } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";
import { formatPeriod, type Period } from "../model/periods.ts";
import { RETURN_PERIODS } from "../model/results.ts";
import { quote } from "./copyOut.ts";
import { batchOf, findResults, type ResultBatch, readInPortions } from "./readResults.ts";

/** Rows that a query returns, nearly: so many are sorted at once. */
const ROWS_AT_ONCE = 20_000;

export interface ExportRequest {
  readonly calculation: Calculation;
  /** A batch whose rows are still in a slot; without it what is published. */
  readonly batchId?: string | undefined;
  readonly risks?: readonly string[] | undefined;
  readonly scenarios?: readonly string[] | undefined;
  readonly periods?: readonly Period[] | undefined;
  /** Degrees: west, south, east, north. */
  readonly box?: readonly [number, number, number, number] | undefined;
  readonly columns?: readonly string[] | undefined;
  readonly provenance: boolean;
  /** Bins, return levels, indicators and flags as JSON in one column each, for the formats that can hold it. */
  readonly nested?: boolean | undefined;
}

export type ColumnKind = "number" | "integer" | "word";

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Of a row `r` of the view, the same row `x` of its table and its rate set `t`. */
  readonly sql: string;
  /** CF spelling; null where it depends on the risk, "1" where there is none. */
  readonly unit: "risk" | "level" | "indicator" | "yr" | "degrees_north" | "degrees_east" | "1";
}

export interface Selection {
  readonly batch: ResultBatch;
  readonly columns: readonly Column[];
  readonly risks: readonly string[];
  readonly scenarios: readonly string[];
  readonly periods: readonly Period[];
  readonly box: ExportRequest["box"];
  /** What describes each risk's numbers. */
  readonly descriptions: readonly RiskUnits[];
}

export interface RiskUnits {
  readonly risk: string;
  readonly unit: string;
  readonly returnLevelUnit: string;
  readonly ranges: readonly string[];
  readonly indicators: readonly { readonly name: string; readonly unit: string }[];
}

export async function select(client: ClientBase, request: ExportRequest): Promise<Selection> {
  const batch = batchOf(await findResults(client, request.batchId), request.calculation);
  if (batch === undefined) {
    throw new RejectedError(
      "NoResults",
      request.batchId === undefined
        ? `No ${request.calculation} results are published yet. Compute some: climatebatch run ${request.calculation}`
        : `Batch ${request.batchId} has no ${request.calculation} rows in the database: it computed none, or a later batch took their slot.`,
    );
  }
  const risks = choose("risk", request.risks, batch.risks, request.calculation);
  const scenarios = choose("scenario", request.scenarios, batch.scenarios, request.calculation);
  const periods = request.periods ?? batch.periods;
  choose("period", periods.map(formatPeriod), batch.periods.map(formatPeriod), request.calculation);
  const descriptions = await describeRisks(client, batch, risks);
  const columnsOf = request.calculation === "probability" ? probabilityColumns : hazardColumns;
  const all = columnsOf(descriptions, request.nested ?? false, batch);
  const known = [...all, ...(request.provenance ? PROVENANCE : [])];
  const columns =
    request.columns === undefined
      ? known
      : choose(
          "column",
          request.columns,
          known.map(({ name }) => name),
          request.calculation,
        ).map((wanted) => known.find(({ name }) => name === wanted)!);
  return { batch, columns, risks, scenarios, periods, box: request.box, descriptions };
}

/** The chosen rows as the view has them. */
export function rowsOf({ batch, risks, scenarios, periods, box }: Omit<Selection, "descriptions" | "columns">): string {
  // What is all chosen is no condition: the server expects too few rows of several, and joins them one by one.
  const conditions = [
    `slot = ${batch.slot}`,
    ...(risks.length === batch.risks.length ? [] : [`risk_type IN (${risks.map(quote).join()})`]),
    ...(scenarios.length === batch.scenarios.length ? [] : [`scenario IN (${scenarios.map(quote).join()})`]),
    ...(periods.length === batch.periods.length
      ? []
      : [
          `(first_year, last_year) IN (${periods.map(({ firstYear, lastYear }) => `(${firstYear}, ${lastYear})`).join()})`,
        ]),
    ...insideOf(box),
  ];
  return `SELECT * FROM ${rowsView(batch.calculation)} WHERE ${conditions.join(" AND ")}`;
}

/** The conditions of a box of degrees. */
export function insideOf(box: ExportRequest["box"]): string[] {
  if (box === undefined) return [];
  return [`longitude BETWEEN ${box[0]} AND ${box[2]}`, `latitude BETWEEN ${box[1]} AND ${box[3]}`];
}

/**
 * Queries that together return the chosen rows in their order, a value a column, each of some cells: the server sorts little and
 * its first rows come at once, whatever their number. Inside a transaction.
 */
export async function* listQueries(
  client: ClientBase,
  selection: Omit<Selection, "descriptions">,
): AsyncGenerator<string> {
  const { batch, risks, scenarios, periods, box } = selection;
  const cells = `SELECT cell_id FROM climatebatch.grid_cells JOIN climatebatch.grids USING (grid_id)
    WHERE ${[`name = ${quote(batch.grid)}`, ...insideOf(box)].join(" AND ")} ORDER BY latitude, longitude`;
  const rowsPerCell = risks.length * scenarios.length * periods.length;
  const atOnce = Math.max(1, Math.floor(ROWS_AT_ONCE / rowsPerCell));
  // So few rows are there sooner than the workers that share them.
  await client.query("SET LOCAL max_parallel_workers_per_gather = 0");
  let isEmpty = true;
  for await (const portion of readInPortions(client, cells, [], atOnce)) {
    isEmpty = false;
    yield buildQuery(selection, `{${portion.join()}}`);
  }
  if (isEmpty) yield buildQuery(selection, "{}");
}

function buildQuery(selection: Omit<Selection, "descriptions">, cells: string): string {
  const { batch, columns } = selection;
  // The table has return levels and indicators as numbers; the view makes JSON of them, row by row.
  const key = ["slot", "cell_id", "scenario_id", "risk", "first_year", "last_year"];
  // LIMIT: each row is looked up by its key. A join may read the whole table, in each query again.
  return `SELECT ${columns.map(({ name, sql }) => `${sql} AS "${name}"`).join(", ")}
    FROM (${rowsOf(selection)} AND cell_id = ANY ('${cells}'::int[])) AS r
    CROSS JOIN LATERAL (SELECT * FROM ${slotTable(batch.calculation, batch.slot)} AS s
      WHERE ${key.map((name) => `s.${name} = r.${name}`).join(" AND ")} LIMIT 1) AS x
    ${batch.calculation === "hazard" ? "" : `LEFT JOIN climatebatch.batch_rate_sets AS t ON t.batch_id = ${batch.batchId} AND t.risk = r.risk AND t.rate_set = r.rate_set`}
    ORDER BY r.latitude, r.longitude, r.risk_type, r.scenario, r.first_year, r.last_year`;
}

function choose(
  what: string,
  requested: readonly string[] | undefined,
  existing: readonly string[],
  calculation: Calculation,
): readonly string[] {
  const unknown = requested?.find((name) => !existing.includes(name));
  if (unknown === undefined) return requested ?? existing;
  throw new RejectedError(
    `Unknown${what[0]!.toUpperCase()}${what.slice(1)}`,
    `These ${calculation} results have no ${what} "${unknown}"; they have ${existing.join(", ")}.`,
  );
}

async function describeRisks(
  client: ClientBase,
  { batchId }: ResultBatch,
  risks: readonly string[],
): Promise<readonly RiskUnits[]> {
  const { rows } = await client.query(
    `SELECT risk::text, unit, return_level_unit, ranges, indicators, indicator_units FROM climatebatch.batch_risks
     WHERE batch_id = $1 AND risk::text = ANY ($2) ORDER BY risk`,
    [batchId, risks],
  );
  return rows.map((row) => ({
    risk: row.risk,
    unit: row.unit,
    returnLevelUnit: row.return_level_unit,
    ranges: row.ranges,
    indicators: row.indicators.map((name: string, at: number) => ({ name, unit: row.indicator_units[at] })),
  }));
}

function plain(kind: ColumnKind, names: readonly string[], unit: Column["unit"] = "1"): Column[] {
  return names.map((name) => ({ name, kind, sql: `r.${name}`, unit }));
}

function json(...names: readonly string[]): Column[] {
  return names.map((name) => ({ name, kind: "word", sql: `to_json(r.${name})`, unit: "1" }));
}

const PLACE: readonly Column[] = [
  ...plain("number", ["latitude"], "degrees_north"),
  ...plain("number", ["longitude"], "degrees_east"),
  ...plain("word", ["risk_type", "scenario"]),
  ...plain("integer", ["first_year", "last_year", "reference_year"]),
];
const FLAGS: Column = { name: "flags", kind: "word", sql: "array_to_string(r.flags, ' ')", unit: "1" };
/** What is the same in all rows of a batch is not looked up for each. */
const originColumns = (nested: boolean, { methods, methodsVersion, grid }: ResultBatch): readonly Column[] => [
  ...plain("integer", ["years_used", "fit_first_year", "fit_last_year", "fit_years"]),
  ...plain("word", ["input", "reason"]),
  ...(nested ? json("flags") : [FLAGS]),
  { name: "methods", kind: "word", sql: `${quote(methods)}::text`, unit: "1" },
  { name: "methods_version", kind: "integer", sql: String(methodsVersion), unit: "1" },
  { name: "grid", kind: "word", sql: `${quote(grid)}::text`, unit: "1" },
];
const PROVENANCE: readonly Column[] = [
  { name: "batch_id", kind: "word", sql: "r.batch_id::text", unit: "1" },
  { name: "calculated_at", kind: "word", sql: "to_json(r.calculated_at) #>> '{}'", unit: "1" },
];

/** Numbers of four bytes are converted as they are written: 0.1 stays 0.1. */
function binColumns(risks: readonly RiskUnits[]): Column[] {
  const bins = Array.from({ length: Math.max(0, ...risks.map(({ ranges }) => ranges.length)) }, (_, at) => at + 1);
  const perBin = (name: (bin: number) => string, kind: ColumnKind, sql: (bin: number) => string): Column[] =>
    bins.map((bin) => ({ name: name(bin), kind, sql: sql(bin), unit: "1" }));
  return [
    ...perBin(
      (bin) => `p_bin${bin}`,
      "number",
      (bin) => `r.probabilities[${bin}]`,
    ),
    ...perBin(
      (bin) => `p_bin${bin}_low`,
      "number",
      (bin) => `r.probabilities_low[${bin}]::text::float8`,
    ),
    ...perBin(
      (bin) => `p_bin${bin}_high`,
      "number",
      (bin) => `r.probabilities_high[${bin}]::text::float8`,
    ),
    ...perBin(
      (bin) => `years_bin${bin}`,
      "integer",
      (bin) => `r.counts[${bin}]`,
    ),
    ...perBin(
      (bin) => `rate_bin${bin}`,
      "number",
      (bin) => `t.rates[${bin}] * r.rate_scale`,
    ),
    ...perBin(
      (bin) => `range_bin${bin}`,
      "word",
      (bin) =>
        `CASE r.risk_type ${risks.map(({ risk, ranges }) => `WHEN ${quote(risk)} THEN ${ranges[bin - 1] === undefined ? "NULL" : quote(ranges[bin - 1]!)}`).join(" ")} END`,
    ),
  ];
}

const LEVELS: readonly Column[] = RETURN_PERIODS.map((period, at) => ({
  name: `rl${period}`,
  kind: "number",
  sql: `nullif(x.return_levels[${at + 1}], 'NaN')::text::float8`,
  unit: "level",
}));

function probabilityColumns(risks: readonly RiskUnits[], nested: boolean, batch: ResultBatch): Column[] {
  return [
    ...PLACE,
    ...plain("number", ["probability"]),
    ...plain("word", ["intensity", "unit"]),
    ...(nested ? json("bin_data", "probabilities_low", "probabilities_high") : binColumns(risks)),
    ...plain("number", [
      "damage_bins",
      "damage_low",
      "damage_high",
      "damage_continuous",
      "damage_change",
      "damage_ratio",
    ]),
    ...plain("word", ["damage_change_of", "impact_type", "rate_set"]),
    ...plain("number", ["rate_scale"]),
    ...plain("word", ["return_level_of", "return_level_unit"]),
    ...(nested ? json("return_levels") : LEVELS),
    ...originColumns(nested, batch),
  ];
}

/** One a name: the same indicator of several risks is one column. */
function indicatorColumns(risks: readonly RiskUnits[]): Column[] {
  const places = new Map<string, string[]>();
  for (const { risk, indicators } of risks) {
    for (const [at, { name }] of indicators.entries()) {
      const found = `WHEN '${risk}' THEN nullif(x.indicators[${at + 1}], 'NaN')`;
      places.set(name, [...(places.get(name) ?? []), found]);
    }
  }
  return [...places].map(([name, found]) => ({
    name: `indicator_${name}`,
    kind: "number",
    sql: `CASE r.risk_type ${found.join(" ")} END`,
    unit: "indicator",
  }));
}

function hazardColumns(risks: readonly RiskUnits[], nested: boolean, batch: ResultBatch): Column[] {
  return [
    ...PLACE,
    ...plain("number", ["hazard_score", "hazard_score_100"]),
    ...plain("word", ["hazard_level", "intensity", "unit"]),
    ...plain("number", ["value", "value_low", "value_high", "value_change"], "risk"),
    ...plain("number", ["value_ratio"]),
    ...plain("number", ["value_without_protection"], "risk"),
    ...plain("number", ["score_low", "score_high", "score_absolute"]),
    ...plain("word", ["level_absolute"]),
    ...(nested ? json("indicators") : indicatorColumns(risks)),
    ...originColumns(nested, batch),
  ];
}

/** Of a column in the rows of one risk. */
export function unitOf({ unit, name }: Column, risk: RiskUnits): string {
  if (unit === "risk") return risk.unit;
  if (unit === "level") return risk.returnLevelUnit;
  if (unit === "indicator") return risk.indicators.find((one) => name === `indicator_${one.name}`)?.unit ?? "1";
  return unit;
}
