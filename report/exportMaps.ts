// Exports as maps: NetCDF-4 with the axes scenario, period, latitude and longitude, and GeoTIFF of a single map.
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { deflateSync } from "node:zlib";
import type { ClientBase } from "pg";
import { RejectedError } from "../model/errors.ts";
import { formatPeriod } from "../model/periods.ts";
import {
  type Column,
  type ExportRequest,
  listQueries,
  type RiskUnits,
  type Selection,
  unitOf,
} from "./exportSelection.ts";
import type { Raster } from "./page/reportData.ts";
import { makeRaster } from "./raster.ts";
import { type ResultPlace, readResultPlaces } from "./readResults.ts";

/** The CF conventions that the file follows. */
const CONVENTIONS = "CF-1.11";
/** Years, in days since it, are what periods are written as. */
const EPOCH_YEAR = 1850;
const MS_PER_DAY = 86_400_000;

interface Grid {
  readonly raster: Raster;
  /** Ascending; of every place where the grid is not regular. */
  readonly latitudes: Float64Array;
  readonly longitudes: Float64Array;
  /** Of a map: rows and columns, or one row of places. */
  readonly shape: readonly number[];
  positionOf(latitude: number, longitude: number): number;
}

async function readGrid(client: ClientBase, { batch, box }: Selection): Promise<Grid> {
  const inside = ({ latitude, longitude }: ResultPlace) =>
    box === undefined || (longitude >= box[0] && longitude <= box[2] && latitude >= box[1] && latitude <= box[3]);
  const places = (await readResultPlaces(client, [batch])).filter(inside);
  if (places.length === 0) throw new RejectedError("NoResults", "No cell with results lies in the box of --bbox.");
  const raster = makeRaster(places);
  if (raster.reach > 0) {
    const sorted = [...places].sort((a, b) => a.latitude - b.latitude || a.longitude - b.longitude);
    const key = (latitude: number, longitude: number) => `${latitude} ${longitude}`;
    const at = new Map(sorted.map(({ latitude, longitude }, position) => [key(latitude, longitude), position]));
    return {
      raster,
      latitudes: Float64Array.from(sorted, ({ latitude }) => latitude),
      longitudes: Float64Array.from(sorted, ({ longitude }) => longitude),
      shape: [places.length],
      positionOf: (latitude, longitude) => at.get(key(latitude, longitude))!,
    };
  }
  const { rows, columns, north, south, west, east } = raster;
  const [height, width] = [(north - south) / rows, (east - west) / columns];
  const round = (degrees: number) => Number(degrees.toFixed(6));
  return {
    raster,
    latitudes: Float64Array.from({ length: rows }, (_, row) => round(south + (row + 0.5) * height)),
    longitudes: Float64Array.from({ length: columns }, (_, column) => round(west + (column + 0.5) * width)),
    shape: [rows, columns],
    positionOf: (latitude, longitude) =>
      Math.floor((latitude - south) / height) * columns + Math.floor((longitude - west) / width),
  };
}

/** Memory holds the maps of one risk at a time. */
export async function writeNetcdf(client: ClientBase, selection: Selection, sink: Writable): Promise<void> {
  const grid = await readGrid(client, selection);
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-netcdf-"));
  try {
    const path = join(folder, "results.nc");
    await fillNetcdf(client, selection, grid, path);
    await pipeline(createReadStream(path), sink);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fillNetcdf(client: ClientBase, selection: Selection, grid: Grid, path: string): Promise<void> {
  const { scenarios, periods, batch, descriptions } = selection;
  // Loaded when it is needed: 1 MB of WebAssembly that most commands never use.
  const { default: h5wasm } = await import("h5wasm/node");
  await h5wasm.ready;
  const file = new h5wasm.File(path, "w");
  const days = (year: number) => (Date.UTC(year, 0, 1) - Date.UTC(EPOCH_YEAR, 0, 1)) / MS_PER_DAY;
  const scale = (name: string, data: Float64Array | Int32Array, attributes: Readonly<Record<string, string>>) => {
    const dataset = file.create_dataset({ name, data, shape: [data.length] });
    dataset.make_scale(name);
    for (const [attribute, value] of Object.entries(attributes)) dataset.create_attribute(attribute, value);
    return dataset;
  };
  const isRegular = grid.shape.length === 2;
  file.create_attribute("Conventions", CONVENTIONS);
  file.create_attribute("title", `climatebatch ${batch.calculation} results of grid ${batch.grid}`);
  file.create_attribute("source", `climatebatch, methods ${batch.methods}, batch ${batch.batchId}`);
  file.create_attribute("history", `${batch.finishedAt.toISOString()} computed`);
  // A label has no numbers: the axis is counted, and its names are a coordinate beside it.
  scale("scenario", Int32Array.from(scenarios.keys()), {
    long_name: "scenario",
    flag_values: scenarios.map((_, at) => at).join(" "),
    flag_meanings: scenarios.map((name) => name.replaceAll(/\s/g, "_")).join(" "),
  });
  const names = file.create_dataset({ name: "scenario_name", data: [...scenarios], shape: [scenarios.length] });
  names.create_attribute("long_name", "name of the scenario");
  names.attach_scale(0, "scenario");
  const middle = periods.map(({ firstYear, lastYear }) => (days(firstYear) + days(lastYear + 1)) / 2);
  scale("period", Float64Array.from(middle), {
    standard_name: "time",
    units: `days since ${EPOCH_YEAR}-01-01`,
    calendar: "standard",
    bounds: "period_bnds",
    axis: "T",
  });
  scale("bnds", Int32Array.of(0, 1), { long_name: "first and last moment" });
  const bounds = file.create_dataset({
    name: "period_bnds",
    data: Float64Array.from(periods.flatMap(({ firstYear, lastYear }) => [days(firstYear), days(lastYear + 1)])),
    shape: [periods.length, 2],
  });
  bounds.attach_scale(0, "period");
  bounds.attach_scale(1, "bnds");
  const latitude = { standard_name: "latitude", units: "degrees_north" };
  const longitude = { standard_name: "longitude", units: "degrees_east" };
  const axes = ["scenario", "period", ...(isRegular ? ["latitude", "longitude"] : ["place"])];
  if (isRegular) {
    scale("latitude", grid.latitudes, { ...latitude, axis: "Y" });
    scale("longitude", grid.longitudes, { ...longitude, axis: "X" });
  } else {
    scale("place", Int32Array.from(grid.latitudes.keys()), { long_name: "place" });
    for (const [name, data, attributes] of [
      ["latitude", grid.latitudes, latitude],
      ["longitude", grid.longitudes, longitude],
    ] as const) {
      const dataset = file.create_dataset({ name, data, shape: [data.length] });
      for (const [attribute, value] of Object.entries(attributes)) dataset.create_attribute(attribute, value);
      dataset.attach_scale(0, "place");
    }
  }
  for (const description of descriptions) {
    for (const { column, values } of await readMaps(client, selection, grid, description)) {
      const dataset = file.create_dataset({
        name: `${description.risk}_${column.name}`,
        data: values,
        shape: [scenarios.length, periods.length, ...grid.shape],
        chunks: [1, 1, ...grid.shape],
        compression: "gzip",
        compression_opts: [4],
      });
      dataset.create_attribute("long_name", `${column.name} of ${description.risk}`);
      dataset.create_attribute("units", unitOf(column, description));
      dataset.create_attribute("_FillValue", Float32Array.of(Number.NaN), [1], "<f");
      dataset.create_attribute("coordinates", isRegular ? "scenario_name" : "scenario_name latitude longitude");
      axes.forEach((name, axis) => {
        dataset.attach_scale(axis, name);
      });
    }
  }
  file.close();
}

const NO_MAP = new Set(["latitude", "longitude", "first_year", "last_year", "reference_year"]);

/** The numbers of one risk, each column as [scenarios][periods][cells]; columns without any value are left out. */
async function readMaps(
  client: ClientBase,
  selection: Selection,
  grid: Grid,
  { risk }: RiskUnits,
): Promise<{ readonly column: Column; readonly values: Float32Array }[]> {
  const { scenarios, periods } = selection;
  const columns = selection.columns.filter(({ kind, name }) => kind !== "word" && !NO_MAP.has(name));
  const cells = grid.shape.reduce((product, size) => product * size, 1);
  const maps = columns.map(() => new Float32Array(scenarios.length * periods.length * cells).fill(Number.NaN));
  const key = ["latitude", "longitude", "scenario", "first_year", "last_year"].map(
    (name): Column => ({ name, kind: "number", sql: `r.${name}`, unit: "1" }),
  );
  const mapped = { ...selection, risks: [risk], columns: [...key, ...columns.map(rename)] };
  for await (const text of listQueries(client, mapped)) {
    const { rows } = await client.query<unknown[]>({ text, rowMode: "array" });
    for (const [latitude, longitude, scenario, firstYear, lastYear, ...values] of rows) {
      const period = periods.findIndex((one) => one.firstYear === firstYear && one.lastYear === lastYear);
      const map = scenarios.indexOf(scenario as string) * periods.length + period;
      const at = map * cells + grid.positionOf(latitude as number, longitude as number);
      values.forEach((value, column) => {
        if (value !== null) maps[column]![at] = Number(value);
      });
    }
  }
  return columns.flatMap((column, at) => {
    const values = maps[at]!;
    return values.some((value) => !Number.isNaN(value)) ? [{ column, values }] : [];
  });
}

/** Two columns of a query cannot share a name. */
function rename(column: Column): Column {
  return { ...column, name: `value_of_${column.name}` };
}

const DEFAULT_MAP = { hazard: "hazard_score_100", probability: "damage_bins" } as const;
export const NO_DATA = -9999;

/** One map: one risk, scenario, period and column, on a regular grid. */
export async function writeGeotiff(
  client: ClientBase,
  selection: Selection,
  request: Pick<ExportRequest, "columns" | "calculation">,
  sink: Writable,
): Promise<void> {
  const { risks, scenarios, periods } = selection;
  const wanted = request.columns ?? [DEFAULT_MAP[request.calculation]];
  const [column, ...others] = selection.columns.filter(({ name, kind }) => wanted.includes(name) && kind !== "word");
  const several = [
    ...(risks.length > 1 ? [`--risk (one of ${risks.join(", ")})`] : []),
    ...(scenarios.length > 1 ? [`--scenario (one of ${scenarios.join(", ")})`] : []),
    ...(periods.length > 1 ? [`--period (one of ${periods.map(formatPeriod).join(", ")})`] : []),
    ...(column === undefined || others.length > 0 ? ["--columns (one column of numbers)"] : []),
  ];
  if (several.length > 0) {
    throw new RejectedError("SeveralMaps", `A GeoTIFF holds one map. Choose it by ${several.join(", ")}.`);
  }
  const grid = await readGrid(client, selection);
  if (grid.shape.length !== 2) {
    throw new RejectedError(
      "IrregularGrid",
      "The places do not lie on a regular grid, so there is no raster of them. Export .geojson or .geoparquet.",
    );
  }
  const one = { ...selection, columns: [column!] };
  const [map] = await readMaps(client, one, grid, selection.descriptions[0]!);
  const cells = grid.shape[0]! * grid.shape[1]!;
  sink.end(
    encodeGeotiff(map?.values ?? new Float32Array(cells).fill(Number.NaN), grid.raster, `${risks[0]} ${column!.name}`),
  );
}

/** A tag of TIFF: its number, its type, its values. */
type Tag = readonly [tag: number, type: 2 | 3 | 4 | 12, values: readonly number[] | string];
const TYPE_BYTES = { 2: 1, 3: 2, 4: 4, 12: 8 } as const;

/** Float32 in one deflated strip, north up, EPSG:4326. TIFF 6.0, GeoTIFF 1.1 (OGC 19-008r4), nodata as GDAL writes it. */
function encodeGeotiff(values: Float32Array, raster: Raster, description: string): Buffer {
  const { columns, rows, west, north, east, south } = raster;
  const northUp = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = values[(rows - 1 - row) * columns + column]!;
      northUp[row * columns + column] = Number.isNaN(value) ? NO_DATA : value;
    }
  }
  const strip = deflateSync(Buffer.from(northUp.buffer));
  const tags: Tag[] = [
    [256, 4, [columns]],
    [257, 4, [rows]],
    [258, 3, [32]],
    // Deflate
    [259, 3, [8]],
    [262, 3, [1]],
    [270, 2, description],
    // Where the strip begins follows when the directory's size is known.
    [273, 4, [0]],
    [277, 3, [1]],
    [278, 4, [rows]],
    [279, 4, [strip.length]],
    // IEEE floating point
    [339, 3, [3]],
    [33550, 12, [(east - west) / columns, (north - south) / rows, 0]],
    [33922, 12, [0, 0, 0, west, north, 0]],
    // GTModelType geographic, GTRasterType area, GeographicType WGS 84
    [34735, 3, [1, 1, 1, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326]],
    [42113, 2, String(NO_DATA)],
  ];
  const headBytes = 8 + 2 + 12 * tags.length + 4;
  const bytesOf = ([, type, content]: Tag) => (content.length + Number(typeof content === "string")) * TYPE_BYTES[type];
  const outside = tags.reduce((sum, tag) => sum + (bytesOf(tag) > 4 ? bytesOf(tag) + (bytesOf(tag) % 2) : 0), 0);
  const buffer = Buffer.alloc(headBytes + outside);
  buffer.write("II*\0", 0, "latin1");
  buffer.writeUInt32LE(8, 4);
  buffer.writeUInt16LE(tags.length, 8);
  let free = headBytes;
  tags.forEach((tag, index) => {
    const [number, type, content] = tag;
    const entry = 10 + 12 * index;
    const listed = number === 273 ? [buffer.length] : content;
    buffer.writeUInt16LE(number, entry);
    buffer.writeUInt16LE(type, entry + 2);
    buffer.writeUInt32LE(listed.length + Number(typeof listed === "string"), entry + 4);
    const bytes = bytesOf(tag);
    let at = entry + 8;
    if (bytes > 4) {
      buffer.writeUInt32LE(free, at);
      at = free;
      free += bytes + (bytes % 2);
    }
    if (typeof listed === "string") buffer.write(listed, at, "latin1");
    else {
      listed.forEach((value, i) => {
        if (type === 3) buffer.writeUInt16LE(value, at + 2 * i);
        else if (type === 4) buffer.writeUInt32LE(value, at + 4 * i);
        else buffer.writeDoubleLE(value, at + 8 * i);
      });
    }
  });
  return Buffer.concat([buffer, strip]);
}
