// Exports in rows: CSV, JSON and GeoJSON as the database writes them, Parquet and GeoParquet by groups of rows.
import { once } from "node:events";
import { Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ByteWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import type { ClientBase } from "pg";
import { type CopyRow, readCopyRows } from "../database/copyBinary.ts";
import { collectEarly } from "./collectEarly.ts";
import { copyOut } from "./copyOut.ts";
import { type Column, listQueries, type Selection } from "./exportSelection.ts";

/** More would take more memory while a group is written; fewer, for the description of all groups, which is written last. */
const ROWS_PER_GROUP = 65_536;
const FIRST_ROOM = 1024;
/** Columns whose smallest and largest value a group names, so that a reader passes over it: more would fill the memory. */
const KEYS: ReadonlySet<string> = new Set([
  "latitude",
  "longitude",
  "risk_type",
  "scenario",
  "first_year",
  "last_year",
]);
const WKB_POINT_BYTES = 21;
const LITTLE_ENDIAN = 1;
const POINT = 1;

export function writeCsv(client: ClientBase, selection: Selection, sink: Writable): Promise<void> {
  return pipeline(
    copyAll(client, selection, (query, isFirst) => [query, isFirst ? "(FORMAT csv, HEADER)" : "(FORMAT csv)"]),
    sink,
  );
}

/** The rows of one query. */
export function copyCsv(client: ClientBase, query: string, sink: Writable): Promise<void> {
  return pipeline(copyOut(client, query, "(FORMAT csv, HEADER)"), sink);
}

export function writeJson(client: ClientBase, selection: Selection, sink: Writable): Promise<void> {
  const lines = copyAll(client, selection, (query) => [`SELECT row_to_json(r) FROM (${query}) AS r`, ""]);
  return pipeline(lines, joinLines("[\n", "\n]\n"), sink);
}

/** Points in longitude and latitude of WGS 84, as RFC 7946 has them. */
export function writeGeojson(client: ClientBase, selection: Selection, sink: Writable): Promise<void> {
  const feature = `SELECT json_build_object('type', 'Feature',
    'geometry', json_build_object('type', 'Point', 'coordinates', json_build_array(r.longitude, r.latitude)),
    'properties', to_jsonb(r) - 'latitude' - 'longitude') FROM`;
  const head = '{"type": "FeatureCollection", "features": [\n';
  const lines = copyAll(client, selection, (query) => [`${feature} (${query}) AS r`, ""]);
  return pipeline(lines, joinLines(head, "\n]}\n"), sink);
}

/** One COPY after the other; `formulate` makes a query and its options of the query of some cells. */
async function* copyAll(
  client: ClientBase,
  selection: Selection,
  formulate: (query: string, isFirst: boolean) => readonly [query: string, options: string],
): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const query of listQueries(client, selection)) {
    yield* copyOut(client, ...formulate(query, isFirst));
    isFirst = false;
  }
}

/** Lines of COPY, one JSON object each, become one array. COPY doubles backslashes; JSON has no other escapes of COPY's. */
function joinLines(head: string, tail: string): Transform {
  let first = true;
  let rest = "";
  const formatLine = (line: string) => {
    const lead = first ? head : ",\n";
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
      done(null, first ? head + tail.trimStart() : tail);
    },
  });
}

export async function writeParquet(
  client: ClientBase,
  selection: Selection,
  sink: Writable,
  geo: boolean,
): Promise<void> {
  const { columns } = selection;
  const types = { number: "float8", integer: "int4", word: "text" } as const;
  const casts = columns.map(({ name, kind }) => `"${name}"::${types[kind]}`).join();
  const file = new ParquetFile(columns, geo ? { latitude: "latitude", longitude: "longitude" } : null, sink);
  for await (const query of listQueries(client, selection)) {
    const chunks = copyOut(client, `SELECT ${casts} FROM (${query}) AS r`, "(FORMAT binary)");
    await readCopyRows(chunks, columns.length, (row) => file.addCopied(row));
    await file.drain();
  }
  await file.finish();
}

/** Rows of values by `columns`; `place` names the columns that become points, as GeoParquet 1.1 has them. */
export async function writeParquetRows(
  columns: readonly Pick<Column, "name" | "kind">[],
  portions: AsyncIterable<readonly (readonly unknown[])[]> | Iterable<readonly (readonly unknown[])[]>,
  place: PointColumns | null,
  sink: Writable,
): Promise<void> {
  const file = new ParquetFile(columns, place, sink);
  for await (const rows of portions) {
    for (const row of rows) file.add(row);
    await file.drain();
  }
  await file.finish();
}

interface PointColumns {
  readonly latitude: string;
  readonly longitude: string;
}

type ParquetColumn = Pick<Column, "name" | "kind">;

/** A Parquet file that is written in groups of rows: memory holds one group, as numbers rather than objects. */
class ParquetFile {
  readonly #columns: readonly ParquetColumn[];
  readonly #place: PointColumns | null;
  readonly #sink: Writable;
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;
  /** [columns][rows] numbers, or positions in the column's words; of no meaning where isNull */
  readonly #numbers: (Float64Array | Int32Array)[];
  readonly #isNull: Uint8Array[];
  readonly #words: string[][];
  readonly #positions: Map<string, number>[];
  #room = FIRST_ROOM;
  #rows = 0;

  constructor(columns: readonly ParquetColumn[], place: PointColumns | null, sink: Writable) {
    collectEarly();
    this.#columns = columns;
    this.#place = place;
    this.#sink = sink;
    this.#numbers = columns.map(({ kind }) => new (kind === "number" ? Float64Array : Int32Array)(this.#room));
    this.#isNull = columns.map(() => new Uint8Array(this.#room));
    this.#words = columns.map(() => []);
    this.#positions = columns.map(() => new Map());
    const written = this.#written;
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: [
        { name: "root", num_children: written.length + Number(place !== null) },
        ...(place === null
          ? []
          : [{ name: "geometry", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" } as SchemaElement]),
        ...written.map((at) => schemaOf(columns[at]!)),
      ],
      ...(place !== null && { kvMetadata: [{ key: "geo", value: JSON.stringify(GEO) }] }),
      createdBy: "climatebatch",
    });
  }

  /** Positions of the columns that are written as they are. */
  get #written(): number[] {
    const place = this.#place;
    return [...this.#columns.keys()].filter((at) => {
      const { name } = this.#columns[at]!;
      return name !== place?.latitude && name !== place?.longitude;
    });
  }

  add(values: readonly unknown[]): void {
    const row = this.#addRow();
    for (const [column, { kind }] of this.#columns.entries()) {
      const value = values[column];
      if (value === null || value === undefined) this.#isNull[column]![row] = 1;
      else this.#numbers[column]![row] = kind === "word" ? this.#positionOf(column, String(value)) : Number(value);
    }
  }

  addCopied({ bytes, offsets, lengths }: CopyRow): void {
    const row = this.#addRow();
    for (let column = 0; column < this.#columns.length; column++) {
      const [at, length] = [offsets[column]!, lengths[column]!];
      if (length === -1) this.#isNull[column]![row] = 1;
      else {
        const { kind } = this.#columns[column]!;
        this.#numbers[column]![row] =
          kind === "number"
            ? bytes.readDoubleBE(at)
            : kind === "integer"
              ? bytes.readInt32BE(at)
              : this.#positionOf(column, bytes.toString("utf8", at, at + length));
      }
    }
  }

  #positionOf(column: number, word: string): number {
    const known = this.#positions[column]!.get(word);
    if (known !== undefined) return known;
    const position = this.#words[column]!.push(word) - 1;
    this.#positions[column]!.set(word, position);
    return position;
  }

  /** A row without nulls. */
  #addRow(): number {
    if (this.#rows === ROWS_PER_GROUP) this.#writeGroup();
    if (this.#rows === this.#room) this.#makeRoom();
    return this.#rows++;
  }

  #makeRoom(): void {
    this.#room *= 2;
    this.#numbers.forEach((numbers, column) => {
      const wider = numbers instanceof Int32Array ? new Int32Array(this.#room) : new Float64Array(this.#room);
      wider.set(numbers);
      this.#numbers[column] = wider;
      const isNull = new Uint8Array(this.#room);
      isNull.set(this.#isNull[column]!);
      this.#isNull[column] = isNull;
    });
  }

  /** Waits until what was written so far has left the memory. */
  async drain(): Promise<void> {
    if (this.#sink.writableNeedDrain) await once(this.#sink, "drain");
  }

  async finish(): Promise<void> {
    if (this.#rows > 0) this.#writeGroup();
    // The description of all groups takes their place.
    for (const values of [this.#numbers, this.#isNull, this.#words, this.#positions]) values.length = 0;
    this.#writer.finish();
    this.#flush();
    this.#sink.end();
    await once(this.#sink, "finish");
  }

  #writeGroup(): void {
    const place = this.#place;
    // Getters: values as objects exist for one column at a time.
    const columnData = this.#written.map((at) => {
      const data = () => this.#valuesOf(at);
      const { name } = this.#columns[at]!;
      return {
        ...{ name, statistics: KEYS.has(name), offsetIndex: false },
        get data() {
          return data();
        },
      };
    });
    const points = () => this.#points(place!);
    this.#writer.write({
      columnData: [
        ...(place === null
          ? []
          : [
              {
                ...{ name: "geometry", statistics: false, offsetIndex: false },
                get data() {
                  return points();
                },
              },
            ]),
        ...columnData,
      ],
      rowGroupSize: this.#rows,
    });
    this.#shrinkDescription();
    this.#flush();
    this.#rows = 0;
    for (const isNull of this.#isNull) isNull.fill(0);
    this.#words.forEach((words, at) => {
      words.length = 0;
      this.#positions[at]!.clear();
    });
  }

  /** The writer describes every group until the end, with a kilobyte a column: a large file has a thousand groups. */
  #shrinkDescription(): void {
    const { pendingIndexes, row_groups } = this.#writer;
    const first = row_groups[0]!.columns;
    row_groups.at(-1)!.columns.forEach(({ meta_data: own }, column) => {
      const { path_in_schema } = first[column]!.meta_data!;
      // How pages are encoded is optional.
      Object.assign(own!, { path_in_schema, encoding_stats: undefined });
    });
    // No column has an index.
    pendingIndexes.length = 0;
  }

  #valuesOf(column: number): unknown[] | Float64Array | Int32Array {
    const numbers = this.#numbers[column]!.subarray(0, this.#rows);
    const isNull = this.#isNull[column]!.subarray(0, this.#rows);
    if (this.#columns[column]!.kind !== "word") {
      return isNull.includes(1) ? Array.from(numbers, (value, row) => (isNull[row] ? null : value)) : numbers;
    }
    const words = this.#words[column]!;
    return Array.from(numbers, (position, row) => (isNull[row] ? null : words[position]!));
  }

  #points({ latitude, longitude }: PointColumns): (Uint8Array | null)[] {
    const [y, x] = [latitude, longitude].map((wanted) =>
      this.#valuesOf(this.#columns.findIndex(({ name }) => name === wanted)),
    ) as [unknown[], unknown[]];
    return Array.from(y, (_, row) => wkbPoint(x[row], y[row]));
  }

  #flush(): void {
    const portion = Buffer.from(this.#bytes.getBytes());
    this.#bytes.index = 0;
    this.#sink.write(portion);
  }
}

/** OGC:CRS84 is the default of the format: longitude and latitude of WGS 84. */
const GEO = {
  version: "1.1.0",
  primary_column: "geometry",
  columns: { geometry: { encoding: "WKB", geometry_types: ["Point"] } },
};

function schemaOf({ name, kind }: Pick<Column, "name" | "kind">): SchemaElement {
  const type = { number: "DOUBLE", integer: "INT32", word: "BYTE_ARRAY" } as const;
  return {
    name,
    type: type[kind],
    repetition_type: "OPTIONAL",
    ...(kind === "word" && { converted_type: "UTF8" as const, logical_type: { type: "STRING" as const } }),
  };
}

/** null where a coordinate is missing. */
function wkbPoint(longitude: unknown, latitude: unknown): Uint8Array | null {
  const [x, y] = [longitude, latitude].map((degrees) =>
    Number(degrees === "" || degrees === null ? Number.NaN : degrees),
  );
  if (!Number.isFinite(x) || !Number.isFinite(y)) return null;
  const view = new DataView(new ArrayBuffer(WKB_POINT_BYTES));
  view.setUint8(0, LITTLE_ENDIAN);
  view.setUint32(1, POINT, true);
  view.setFloat64(5, x!, true);
  view.setFloat64(13, y!, true);
  return new Uint8Array(view.buffer);
}
