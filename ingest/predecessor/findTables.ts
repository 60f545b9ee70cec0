// Which tables of a database are the predecessor's, and what each would be imported as; or why not.
import type { ClientBase } from "pg";
import { PREDECESSOR_SCHEMA } from "../../database/takeOver.ts";
import {
  CATALOGUE,
  type CatalogueEntry,
  LATITUDE,
  LONGITUDE,
  MONTH,
  RESULT_TABLES,
  SCENARIO_COLUMNS,
  SEA_LEVEL,
  SEA_LEVEL_TABLES,
  TIME,
  TRACK_COLUMNS,
  UNUSED,
  YEAR,
} from "./catalogue.ts";

/** A column of numbers, and what they are. */
export interface ValueColumn extends CatalogueEntry {
  readonly name: string;
  /** The name as SQL. */
  readonly sql: string;
  readonly scenario: string;
}

export interface SeriesTable {
  readonly kind: "series" | "seaLevel";
  readonly relation: string;
  /** The relation as SQL. */
  readonly sql: string;
  readonly latitude: string;
  readonly longitude: string;
  /** SQL of the year, and of the month from 1; a table of years has none. */
  readonly year: string;
  readonly month: string | null;
  readonly columns: readonly ValueColumn[];
  /** Columns that are not imported, and why. */
  readonly left: readonly string[];
}

export interface TrackTable {
  readonly kind: "tracks";
  readonly relation: string;
  readonly sql: string;
  /** SQL of the 17 words of KMA's text, in order. */
  readonly words: readonly string[];
}

export interface SkippedTable {
  readonly kind: "skipped";
  readonly relation: string;
  readonly why: string;
}

export type FoundTable = SeriesTable | TrackTable | SkippedTable;

interface Table {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

const NUMBER = /^(smallint|integer|bigint|real|double precision|numeric)$/;
const POINT_IN_TIME = /^(date|timestamp)/;

export async function findTables(client: ClientBase, longScenario: string): Promise<FoundTable[]> {
  const { rows } = await client.query<Table>(
    `SELECT n.nspname AS schema, c.relname AS name,
       jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, NULL)) ORDER BY a.attnum) AS columns
     FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition
       AND n.nspname NOT IN ('climatebatch', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
     GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  return rows.map((table) => classify(table, longScenario));
}

function classify(table: Table, longScenario: string): FoundTable {
  const relation = `${table.schema}.${table.name}`;
  const name = table.name.toLowerCase();
  const skip = (why: string): SkippedTable => ({ kind: "skipped", relation, why });
  if (RESULT_TABLES.includes(name) || table.schema === PREDECESSOR_SCHEMA)
    return skip("results of the predecessor: kept, to be compared with ours");
  const stem = name.replace(/_data$/, "");
  if (UNUSED[stem] !== undefined) return skip(UNUSED[stem]);
  const words = findTrackWords(table);
  if (words !== null) return { kind: "tracks", relation, sql: sqlOf(table), words };
  if (SEA_LEVEL_TABLES.includes(name)) return readLayout(table, relation, "seaLevel", wideColumns(table, SEA_LEVEL));
  if (name === "climate_data") return readLayout(table, relation, "series", longColumns(table, longScenario));
  const entry = name.endsWith("_data") ? CATALOGUE[stem] : undefined;
  if (entry === undefined) return skip("not one of the predecessor's tables of climate");
  return readLayout(table, relation, "series", wideColumns(table, entry));
}

interface Columns {
  readonly columns: readonly ValueColumn[];
  readonly left: readonly string[];
}

function wideColumns(table: Table, entry: CatalogueEntry): Columns {
  const columns = Object.entries(SCENARIO_COLUMNS).flatMap(([name, scenario]) => {
    const found = find(table, [name], NUMBER);
    return found === undefined ? [] : [{ ...entry, name: found, sql: quote(found), scenario }];
  });
  return { columns, left: [] };
}

function longColumns(table: Table, scenario: string): Columns {
  const keys = new Set([...LATITUDE, ...LONGITUDE, ...YEAR, ...MONTH, ...TIME, "id", "created_at", "updated_at"]);
  const columns: ValueColumn[] = [];
  const left: string[] = [];
  for (const { name, type } of table.columns) {
    const word = name.toLowerCase();
    const entry = CATALOGUE[word];
    if (keys.has(word)) continue;
    if (entry === undefined) left.push(`${name}: ${UNUSED[word] ?? "not known"}`);
    else if (!NUMBER.test(type)) left.push(`${name}: expected numbers, found ${type}`);
    else columns.push({ ...entry, name, sql: quote(name), scenario });
  }
  return { columns, left };
}

function readLayout(table: Table, relation: string, kind: SeriesTable["kind"], { columns, left }: Columns): FoundTable {
  const skip = (why: string): SkippedTable => ({ kind: "skipped", relation, why });
  const [latitude, longitude] = [find(table, LATITUDE, NUMBER), find(table, LONGITUDE, NUMBER)];
  if (latitude === undefined || longitude === undefined)
    return skip("expected columns latitude and longitude of numbers, found none");
  const [year, month] = [find(table, YEAR, NUMBER), find(table, MONTH, NUMBER)];
  const time = find(table, TIME, POINT_IN_TIME);
  const isMonthly = columns.some(({ frequency }) => frequency === "monthly");
  if (year === undefined && time === undefined)
    return skip(`expected a column year, or one of ${TIME.join(", ")} with dates, found none`);
  if (isMonthly && month === undefined && time === undefined)
    return skip("expected a column month beside year, found none");
  if (columns.length === 0) {
    const expected = Object.keys(SCENARIO_COLUMNS).join(", ");
    return skip(`expected a column of numbers per scenario (${expected}) or variable, found none`);
  }
  const part = (field: string) => `extract(${field} FROM ${quote(time!)})`;
  const monthOf = () => (month === undefined ? part("month") : quote(month));
  return {
    kind,
    relation,
    sql: sqlOf(table),
    latitude: quote(latitude),
    longitude: quote(longitude),
    year: year === undefined ? part("year") : quote(year),
    month: isMonthly ? monthOf() : null,
    columns,
    left,
  };
}

function findTrackWords(table: Table): string[] | null {
  const found = TRACK_COLUMNS.map((names) => find(table, names, /./));
  // The name of the storm may be missing.
  if (found.slice(0, -1).includes(undefined)) return null;
  return found.map((name) => (name === undefined ? "NULL" : quote(name)));
}

function find({ columns }: Table, names: readonly string[], type: RegExp): string | undefined {
  for (const name of names) {
    const column = columns.find((one) => one.name.toLowerCase() === name && type.test(one.type));
    if (column !== undefined) return column.name;
  }
  return undefined;
}

function sqlOf({ schema, name }: Table): string {
  return `${quote(schema)}.${quote(name)}`;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
