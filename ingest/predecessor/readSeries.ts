// Reads a table of series in order of its places and hands over blocks of them, converted, so that memory does not grow with
// the table.
import type { Client } from "pg";
import { to as copyTo } from "pg-copy-streams";
import { readCopyRows } from "../../database/copyBinary.ts";
import { type Place, snapCoordinate } from "../../database/gridCells.ts";
import { daysInMonth, daysInYear } from "../../model/calendars.ts";
import { RejectedError } from "../../model/errors.ts";
import { type Conversion, conversionOf, convert } from "../../model/units.ts";
import { VARIABLES } from "../../model/variables.ts";
import { shortNumber } from "../formats/numberText.ts";
import { limitsOf } from "../series/limits.ts";
import type { SeriesTable, ValueColumn } from "./findTables.ts";

export const CALENDAR = "standard";
const MONTHS = 12;
/** Of values in memory at a time. */
const BLOCK_BYTES = 32 << 20;
/** A month's sum of sunshine is above, a day's mean below, anywhere on Earth [MJ m-2]. */
const MOST_A_DAY = 50;
const SAMPLE_ROWS = 10_000;
/** Latitude, longitude, year, month. */
const KEY_COLUMNS = 4;

export interface PlaceSeries extends Place {
  /** [columns][years × 12, or years] in canonical units, NaN where missing */
  readonly values: readonly Float32Array[];
}

export interface Span {
  readonly firstYear: number;
  readonly lastYear: number;
}

/** What was not stored as it was. */
export interface Dropped {
  /** Slightly negative values that became 0, and humidity above saturation that became 100 %. */
  noise: number;
  clipped: number;
  /** Values that the variable cannot have, such as -999. */
  implausible: number;
  exampleOfImplausible: string | null;
  /** Years whose months have different values of a yearly variable. */
  varyingYears: number;
}

/** The years of the table; null when it has no rows. */
export async function readSpan(client: Client, table: SeriesTable): Promise<Span | null> {
  const { rows } = await client.query(
    `SELECT min(${table.year})::int AS "firstYear", max(${table.year})::int AS "lastYear" FROM ${table.sql}`,
  );
  return rows[0].firstYear === null ? null : rows[0];
}

export interface Reading {
  readonly span: Span;
  readonly stepDegrees: number;
  /** Places up to this one have been read before. */
  readonly after: Place | null;
  readonly signal: AbortSignal;
}

/** Calls `onBlock` with places in order of latitude and longitude; rejects when a place and time has two different values. */
export async function readSeries(
  client: Client,
  table: SeriesTable,
  { span, stepDegrees, after, signal }: Reading,
  onBlock: (places: readonly PlaceSeries[]) => Promise<void>,
): Promise<Dropped> {
  const units = await Promise.all(table.columns.map((column) => findConversion(client, table, column)));
  const collector = new Collector(table, units, span, stepDegrees);
  const stream = client.query(copyTo(`COPY (${selectOf(table, after)}) TO STDOUT (FORMAT binary)`));
  // A block is written between two chunks.
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of stream) {
      yield chunk as Buffer;
      signal.throwIfAborted();
      if (collector.bytes > BLOCK_BYTES) await onBlock(collector.takeComplete());
    }
  }
  await readCopyRows(chunks(), KEY_COLUMNS + table.columns.length, ({ bytes, offsets, lengths }) =>
    collector.accept(bytes, offsets, lengths),
  );
  const rest = collector.takeAll();
  if (rest.length > 0) await onBlock(rest);
  return collector.dropped;
}

function selectOf({ sql, latitude, longitude, year, month, columns }: SeriesTable, after: Place | null): string {
  const values = columns.map((column) => `${column.sql}::float8`);
  const [place, rest] = [`${latitude}::float8, ${longitude}::float8`, `${year}::int4, ${month ?? 1}::int4`];
  // A column of four bytes is 37.57 only up to its precision: a little is read again.
  const where = after === null ? "" : `WHERE ${latitude}::float8 >= ${after.latitude - 1e-4}`;
  return `SELECT ${place}, ${rest}, ${values.join(", ")} FROM ${sql} ${where} ORDER BY 1, 2, 3, 4`;
}

async function findConversion(client: Client, table: SeriesTable, one: ValueColumn): Promise<Conversion> {
  const where = `${table.relation}.${one.name}`;
  if (one.unit !== "solar") return conversionOf(one.variable, one.unit, where);
  const { rows } = await client.query(
    `SELECT avg(v)::float8 AS mean FROM (SELECT ${one.sql} AS v FROM ${table.sql} WHERE ${one.sql} >= 0 LIMIT ${SAMPLE_ROWS}) AS s`,
  );
  return conversionOf(one.variable, rows[0].mean > MOST_A_DAY ? "MJ m-2" : "MJ m-2 d-1", where);
}

class Collector {
  readonly dropped: Dropped = { noise: 0, clipped: 0, implausible: 0, exampleOfImplausible: null, varyingYears: 0 };
  readonly #table: SeriesTable;
  readonly #conversions: readonly Conversion[];
  readonly #span: Span;
  readonly #step: number;
  #places: PlaceSeries[] = [];
  /** Years that are known to vary, of the last place. */
  #varying = new Set<string>();

  constructor(table: SeriesTable, conversions: readonly Conversion[], span: Span, stepDegrees: number) {
    this.#table = table;
    this.#conversions = conversions;
    this.#span = span;
    this.#step = stepDegrees;
  }

  get bytes(): number {
    const years = this.#span.lastYear - this.#span.firstYear + 1;
    return this.#places.length * this.#table.columns.length * years * MONTHS * Float32Array.BYTES_PER_ELEMENT;
  }

  /** All but the last, of which more may come. */
  takeComplete(): PlaceSeries[] {
    return this.#places.splice(0, this.#places.length - 1);
  }

  takeAll(): PlaceSeries[] {
    return this.#places.splice(0);
  }

  accept(bytes: Buffer, offsets: Int32Array, lengths: Int32Array): void {
    const [latitude, longitude] = [bytes.readDoubleBE(offsets[0]!), bytes.readDoubleBE(offsets[1]!)];
    const [year, month] = [bytes.readInt32BE(offsets[2]!), bytes.readInt32BE(offsets[3]!)];
    const place = this.#placeAt(snapCoordinate(latitude, this.#step), snapCoordinate(longitude, this.#step));
    for (const [at, column] of this.#table.columns.entries()) {
      if (lengths[KEY_COLUMNS + at] === -1) continue;
      const value = this.#convert(at, bytes.readDoubleBE(offsets[KEY_COLUMNS + at]!), year, month, place);
      if (Number.isNaN(value)) continue;
      const yearAt = year - this.#span.firstYear;
      const slot = column.frequency === "monthly" ? yearAt * MONTHS + month - 1 : yearAt;
      this.#store(place, at, slot, Math.fround(value), this.#when(year, month));
    }
  }

  #placeAt(latitude: number, longitude: number): PlaceSeries {
    const last = this.#places.at(-1);
    if (last?.latitude === latitude && last.longitude === longitude) return last;
    const years = this.#span.lastYear - this.#span.firstYear + 1;
    const values = this.#table.columns.map(({ frequency }) =>
      new Float32Array(frequency === "monthly" ? years * MONTHS : years).fill(Number.NaN),
    );
    const place = { latitude, longitude, values };
    this.#places.push(place);
    this.#varying.clear();
    return place;
  }

  /** NaN for a value that the variable cannot have. */
  #convert(at: number, raw: number, year: number, month: number, { latitude, longitude }: Place): number {
    const { frequency, variable, name } = this.#table.columns[at]!;
    const days = frequency === "monthly" ? daysInMonth(CALENDAR, year, month) : daysInYear(CALENDAR, year);
    const value = convert(raw, this.#conversions[at]!, days);
    const { min, max, noise, most } = limitsOf(variable);
    if (value < 0 && value >= -noise) {
      this.dropped.noise++;
      return 0;
    }
    if (value > most && value <= max) {
      this.dropped.clipped++;
      return most;
    }
    if (value >= min && value <= max) return value;
    if (Number.isNaN(raw)) return Number.NaN;
    this.dropped.implausible++;
    this.dropped.exampleOfImplausible ??= `${name} ${shortNumber(raw)} at ${latitude}, ${longitude} in ${this.#when(year, month)}`;
    return Number.NaN;
  }

  #when(year: number, month: number): string {
    return this.#table.month === null ? String(year) : `${year}-${String(month).padStart(2, "0")}`;
  }

  #store({ latitude, longitude, values }: PlaceSeries, at: number, slot: number, value: number, when: string): void {
    const { frequency, name } = this.#table.columns[at]!;
    const existing = values[at]![slot]!;
    const isTableOfYears = this.#table.month === null;
    if (Number.isNaN(existing) || existing === value) {
      if (!this.#varying.has(`${at} ${slot}`)) values[at]![slot] = value;
      return;
    }
    if (frequency === "yearly" && !isTableOfYears) {
      this.#varying.add(`${at} ${slot}`);
      values[at]![slot] = Number.NaN;
      this.dropped.varyingYears++;
      return;
    }
    throw new RejectedError(
      "ValuesConflict",
      `${this.#table.relation} has two values of ${name} at ${latitude}, ${longitude} in ${when}: ${shortNumber(existing)} and ${shortNumber(value)} (in ${VARIABLES[this.#table.columns[at]!.variable].unit}). Delete one of the two rows, and start the import again.`,
    );
  }
}
