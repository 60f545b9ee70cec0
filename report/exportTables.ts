// Exports in rows: CSV, JSON and GeoJSON as the database writes them, Parquet and GeoParquet by groups of rows.
import { once } from "node:events";
import { Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ByteWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import type { ClientBase } from "pg";
import { to as copyTo } from "pg-copy-streams";
import type { Column, Selection } from "./exportSelection.ts";
import { readInPortions } from "./readResults.ts";

const ROWS_PER_GROUP = 50_000;
const WKB_POINT_BYTES = 21;
const LITTLE_ENDIAN = 1;
const POINT = 1;

export function writeCsv(client: ClientBase, { query }: Pick<Selection, "query">, sink: Writable): Promise<void> {
  return pipeline(copyOut(client, query, "(FORMAT csv, HEADER)"), sink);
}

export function writeJson(client: ClientBase, { query }: Selection, sink: Writable): Promise<void> {
  const lines = copyOut(client, `SELECT row_to_json(r) FROM (${query}) AS r`, "");
  return pipeline(lines, joinLines("[\n", "\n]\n"), sink);
}

/** Points in longitude and latitude of WGS 84, as RFC 7946 has them. */
export function writeGeojson(client: ClientBase, { query }: Selection, sink: Writable): Promise<void> {
  const feature = `SELECT json_build_object('type', 'Feature',
    'geometry', json_build_object('type', 'Point', 'coordinates', json_build_array(r.longitude, r.latitude)),
    'properties', to_jsonb(r) - 'latitude' - 'longitude') FROM (${query}) AS r`;
  const head = '{"type": "FeatureCollection", "features": [\n';
  return pipeline(copyOut(client, feature, ""), joinLines(head, "\n]}\n"), sink);
}

function copyOut(client: ClientBase, rows: string, options: string) {
  const stream = client.query(copyTo(`COPY (${rows}) TO STDOUT ${options}`));
  // When the reader goes away the pipeline ends first; the connection's own complaint comes later and says nothing new.
  stream.on("error", () => undefined);
  return stream;
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

/** Inside a transaction: rows come from a cursor. */
export function writeParquet(
  client: ClientBase,
  { columns, query }: Selection,
  sink: Writable,
  geo: boolean,
): Promise<void> {
  const place = geo ? { latitude: "latitude", longitude: "longitude" } : null;
  return writeParquetRows(columns, readInPortions(client, query, [], ROWS_PER_GROUP), place, sink);
}

/** Rows of values by `columns`; `place` names the columns that become points, as GeoParquet 1.1 has them. */
export async function writeParquetRows(
  columns: readonly Pick<Column, "name" | "kind">[],
  portions: AsyncIterable<readonly (readonly unknown[])[]> | Iterable<readonly (readonly unknown[])[]>,
  place: { readonly latitude: string; readonly longitude: string } | null,
  sink: Writable,
): Promise<void> {
  const bytes = new ByteWriter();
  const written = [...columns.entries()].filter(
    ([, { name }]) => name !== place?.latitude && name !== place?.longitude,
  );
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [
      { name: "root", num_children: written.length + Number(place !== null) },
      ...(place === null
        ? []
        : [{ name: "geometry", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" } as SchemaElement]),
      ...written.map(([, column]) => schemaOf(column)),
    ],
    ...(place !== null && { kvMetadata: [{ key: "geo", value: JSON.stringify(GEO) }] }),
    createdBy: "climatebatch",
  });
  const flush = async () => {
    const portion = Buffer.from(bytes.getBuffer());
    bytes.index = 0;
    if (!sink.write(portion)) await once(sink, "drain");
  };
  const at = (name: string) => columns.findIndex((column) => column.name === name);
  for await (const rows of portions) {
    const columnData = written.map(([position, { name, kind }]) => ({
      name,
      data: rows.map((row) => toParquet(row[position], kind)),
    }));
    const points =
      place === null
        ? []
        : [{ name: "geometry", data: rows.map((row) => wkbPoint(row[at(place.longitude)], row[at(place.latitude)])) }];
    await writer.write({ columnData: [...points, ...columnData], rowGroupSize: ROWS_PER_GROUP });
    await flush();
  }
  writer.finish();
  await flush();
  sink.end();
  await once(sink, "finish");
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

function toParquet(value: unknown, kind: Column["kind"]): unknown {
  if (value === null || value === undefined) return null;
  return kind === "word" ? String(value) : Number(value);
}

/** null where a coordinate is missing. */
function wkbPoint(longitude: unknown, latitude: unknown): Uint8Array | null {
  const [x, y] = [longitude, latitude].map((degrees) => Number(degrees === "" ? Number.NaN : degrees));
  if (!Number.isFinite(x) || !Number.isFinite(y)) return null;
  const view = new DataView(new ArrayBuffer(WKB_POINT_BYTES));
  view.setUint8(0, LITTLE_ENDIAN);
  view.setUint32(1, POINT, true);
  view.setFloat64(5, x!, true);
  view.setFloat64(13, y!, true);
  return new Uint8Array(view.buffer);
}
