// NetCDF and Zarr made in memory for tests: a good file by default, with whatever a test wants wrong about it.
import { crc32 } from "node:zlib";
import {
  numbersOf,
  textOf,
  type WrittenAttribute,
  type WrittenFile,
  type WrittenType,
  type WrittenVariable,
  writeClassicFile,
} from "../../ingest/formats/netcdf3Writer.ts";

export type Attributes = Readonly<Record<string, string | number | undefined>>;

export interface GridOptions {
  readonly times?: readonly number[];
  readonly time?: Attributes;
  readonly latitudes?: readonly number[];
  readonly latitude?: Attributes;
  readonly longitudes?: readonly number[];
  readonly longitude?: Attributes;
  /** Name of the one variable, and what it says of itself. */
  readonly name?: string;
  readonly variable?: Attributes;
  readonly type?: WrittenType;
  /** Value of a step and a cell. */
  readonly value?: (step: number, cell: number) => number;
  readonly dimensions?: readonly string[];
  /** Lengths of further dimensions. */
  readonly extra?: Readonly<Record<string, number>>;
  readonly more?: readonly { readonly variable: WrittenVariable; readonly values: readonly number[] }[];
  readonly global?: Attributes;
}

const DAYS = 400;

/** A NetCDF-3 file: by default 400 days from 2001-01-01 of tasmax in degC on 2 x 2 places. */
export async function makeNetcdf(options: GridOptions = {}): Promise<Buffer> {
  const {
    times = Array.from({ length: DAYS }, (_, day) => day),
    latitudes = [36, 37],
    longitudes = [127, 128],
  } = options;
  const { name = "tasmax", type = "float", dimensions = ["time", "lat", "lon"], extra = {}, more = [] } = options;
  const lengths: Record<string, number> = {
    time: times.length,
    lat: latitudes.length,
    lon: longitudes.length,
    ...extra,
  };
  const coordinate = (axis: string, given: Attributes): WrittenVariable => ({
    name: axis,
    type: "double",
    dimensions: [axis],
    attributes: attributesOf(given),
  });
  const time = coordinate("time", { units: "days since 2001-01-01", calendar: "standard", ...options.time });
  const lat = coordinate("lat", { units: "degrees_north", ...options.latitude });
  const lon = coordinate("lon", { units: "degrees_east", ...options.longitude });
  const attributes = attributesOf({ units: "degC", ...options.variable }, type);
  const variable: WrittenVariable = { name, type, dimensions, attributes };
  const { value = (step: number, cell: number) => 10 + (step % 20) + cell } = options;
  const cells = dimensions.filter((axis) => axis !== "time").reduce((product, axis) => product * lengths[axis]!, 1);
  const steps = dimensions.includes("time") ? times.length : 1;
  const values = Array.from({ length: steps * cells }, (_, at) => value(Math.floor(at / cells), at % cells));
  const content = new Map<WrittenVariable, readonly number[]>([
    [time, times],
    [lat, latitudes],
    [lon, longitudes],
    [variable, values],
    ...more.map((one) => [one.variable, one.values] as const),
  ]);
  const file: WrittenFile = {
    dimensions: lengths,
    attributes: attributesOf(options.global ?? {}),
    variables: [...content.keys()],
  };
  return collect(writeClassicFile(file, (one) => [content.get(one)!]));
}

function attributesOf(given: Attributes, type: WrittenType = "double"): Record<string, WrittenAttribute> {
  const attributes: Record<string, WrittenAttribute> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) attributes[name] = typeof value === "string" ? textOf(value) : numbersOf(type, value);
  }
  return attributes;
}

async function collect(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

export interface ZarrOptions extends Pick<GridOptions, "times" | "value"> {
  readonly version?: 2 | 3;
  readonly compressor?: unknown;
  readonly pack?: (values: Buffer) => Buffer;
  /** Overwrites entries of the store; undefined leaves one out. */
  readonly entries?: Readonly<Record<string, Buffer | string | undefined>>;
}

/** Entries of a Zarr store with the values of `makeNetcdf`, uncompressed by default. */
export function zarrEntries(options: ZarrOptions = {}): Record<string, Buffer> {
  const {
    version = 2,
    times = Array.from({ length: DAYS }, (_, day) => day),
    compressor = null,
    pack = (one) => one,
  } = options;
  const { value = (step: number, cell: number) => 10 + (step % 20) + cell } = options;
  const entries: Record<string, Buffer | string | undefined> =
    version === 2 ? { ".zgroup": JSON.stringify({ zarr_format: 2 }), ".zattrs": "{}" } : { "zarr.json": group3() };
  const add = (
    name: string,
    axes: readonly string[],
    shape: readonly number[],
    units: string,
    values: readonly number[],
    more: object = {},
  ) => {
    const attributes = { units, ...more };
    const bytes = Buffer.from(Float64Array.from(values).buffer);
    if (version === 2) {
      entries[`${name}/.zarray`] = JSON.stringify({
        ...{
          zarr_format: 2,
          shape,
          chunks: shape,
          dtype: "<f8",
          compressor,
          fill_value: "NaN",
          order: "C",
          filters: null,
        },
      });
      entries[`${name}/.zattrs`] = JSON.stringify({ ...attributes, _ARRAY_DIMENSIONS: axes });
      entries[`${name}/${shape.map(() => 0).join(".")}`] = pack(bytes);
    } else {
      entries[`${name}/zarr.json`] = array3(shape, axes, attributes);
      entries[`${name}/c/${shape.map(() => 0).join("/")}`] = bytes;
    }
  };
  add("time", ["time"], [times.length], "days since 2001-01-01", times, { calendar: "standard" });
  add("lat", ["lat"], [2], "degrees_north", [36, 37]);
  add("lon", ["lon"], [2], "degrees_east", [127, 128]);
  const values = times.flatMap((_, step) => [0, 1, 2, 3].map((cell) => value(step, cell)));
  add("tasmax", ["time", "lat", "lon"], [times.length, 2, 2], "degC", values);
  const all = { ...entries, ...options.entries };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, content]) => (content === undefined ? [] : [[name, Buffer.from(content)]])),
  );
}

/**
 * Puts an array of zarrEntries (version 3) into one shard of chunks of so many steps; the index, without a checksum, is at the
 * end or the start of the shard. A chunk of which `keep` is false is not in it.
 */
export function shardEntries(
  entries: Readonly<Record<string, Buffer>>,
  {
    name = "tasmax",
    steps,
    at = "end",
    keep = () => true,
  }: {
    name?: string;
    steps: number;
    at?: "end" | "start";
    keep?: (chunk: number) => boolean;
  },
): Record<string, Buffer> {
  const description = JSON.parse(entries[`${name}/zarr.json`]!.toString());
  const [total, ...rest] = description.shape as [number, ...number[]];
  const key = `${name}/c/${description.shape.map(() => 0).join("/")}`;
  const values = entries[key]!;
  const count = Math.ceil(total / steps);
  const bytes = (values.length / total) * steps;
  const index = Buffer.alloc(16 * count, 0xff);
  const chunks: Buffer[] = [];
  let offset = at === "start" ? index.length : 0;
  for (let chunk = 0; chunk < count; chunk++) {
    if (!keep(chunk)) continue;
    index.writeBigUInt64LE(BigInt(offset), 16 * chunk);
    index.writeBigUInt64LE(BigInt(bytes), 16 * chunk + 8);
    const piece = Buffer.alloc(bytes);
    values.copy(piece, 0, chunk * bytes);
    chunks.push(piece);
    offset += bytes;
  }
  const endian = { name: "bytes", configuration: { endian: "little" } };
  description.chunk_grid.configuration.chunk_shape = [count * steps, ...rest];
  description.codecs = [
    {
      name: "sharding_indexed",
      configuration: { chunk_shape: [steps, ...rest], codecs: [endian], index_codecs: [endian], index_location: at },
    },
  ];
  return {
    ...entries,
    [`${name}/zarr.json`]: Buffer.from(JSON.stringify(description)),
    [key]: Buffer.concat(at === "start" ? [index, ...chunks] : [...chunks, index]),
  };
}

function group3(): string {
  return JSON.stringify({ zarr_format: 3, node_type: "group", attributes: {} });
}

function array3(shape: readonly number[], axes: readonly string[], attributes: object): string {
  return JSON.stringify({
    zarr_format: 3,
    node_type: "array",
    shape,
    data_type: "float64",
    chunk_grid: { name: "regular", configuration: { chunk_shape: shape } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    fill_value: "NaN",
    codecs: [{ name: "bytes", configuration: { endian: "little" } }],
    attributes,
    dimension_names: axes,
  });
}

/** A zip of stored entries; `sizes` lies about what an entry unpacks to. */
export function makeZip(
  entries: Readonly<Record<string, Buffer>>,
  sizes: Readonly<Record<string, number>> = {},
): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const title = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    // Stored, or deflated when the size is a lie: a stored entry cannot unpack to more.
    common.writeUInt16LE(name in sizes ? 8 : 0, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(sizes[name] ?? content.length, 18);
    common.writeUInt16LE(title.length, 22);
    files.push(Buffer.from("PK\x03\x04", "latin1"), common, title, content);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\x00", "latin1"), common, rest, title);
    offset += 4 + common.length + title.length + content.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(Object.keys(entries).length, 8);
  end.writeUInt16LE(Object.keys(entries).length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, listed, end]);
}
