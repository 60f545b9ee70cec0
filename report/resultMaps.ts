// Results as maps: the grid of the places, and the numbers of one risk in strips of rows from south to north.
import type { ClientBase } from "pg";
import { RejectedError } from "../model/errors.ts";
import { type Column, listQueries, type Selection } from "./exportSelection.ts";
import type { Raster } from "./page/reportData.ts";
import { makeRaster } from "./raster.ts";
import { type ResultPlace, readResultPlaces } from "./readResults.ts";

/** Of all maps of a strip together. */
export const STRIP_BYTES = 48 * 1024 * 1024;
/** More would make chunks that a reader of one place is slow to open. */
const MOST_STRIP_CELLS = 65_536;
const NO_MAP = new Set(["latitude", "longitude", "first_year", "last_year", "reference_year"]);

export interface Grid {
  readonly raster: Raster;
  /** Ascending; of every place where the grid is not regular. */
  readonly latitudes: Float64Array;
  readonly longitudes: Float64Array;
  /** Of a map: rows and columns, or one row of places. */
  readonly shape: readonly number[];
  positionOf(latitude: number, longitude: number): number;
}

export async function readGrid(client: ClientBase, { batch, box }: Selection): Promise<Grid> {
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

/** Columns that can be a map. */
export function mappedColumns({ columns }: Selection): readonly Column[] {
  return columns.filter(({ kind, name }) => kind !== "word" && !NO_MAP.has(name));
}

export interface Strip {
  /** Rows of the grid, or places where it is not regular: from `first` to before `end`. */
  readonly first: number;
  readonly end: number;
  /** A column each, [scenarios][periods][cells of the strip], NaN where there is no number; valid until the next strip. */
  readonly maps: readonly Float32Array[];
  /** Of each column: whether the strip has a number. */
  readonly isFilled: readonly boolean[];
}

/** Rows of a strip whose maps take at most `mostBytes`, or one row. */
export function stripHeight(
  { scenarios, periods }: Selection,
  { shape }: Grid,
  columns: readonly Column[],
  mostBytes: number,
): number {
  const [rows, rowCells = 1] = shape as [number, number?];
  const cellBytes = Math.max(1, columns.length) * scenarios.length * periods.length * Float32Array.BYTES_PER_ELEMENT;
  const cells = Math.min(MOST_STRIP_CELLS, mostBytes / cellBytes);
  return Math.min(rows, Math.max(1, Math.floor(cells / rowCells)));
}

/** The numbers of one risk, from the first row to the last: memory holds one strip. */
export async function* readStrips(
  client: ClientBase,
  selection: Selection,
  grid: Grid,
  risk: string,
  columns: readonly Column[],
  height: number,
): AsyncGenerator<Strip> {
  const { scenarios, periods } = selection;
  const [rows, rowCells = 1] = grid.shape as [number, number?];
  const stripCells = height * rowCells;
  const maps = columns.map(() => new Float32Array(scenarios.length * periods.length * stripCells));
  const isFilled = columns.map(() => false);
  let first = 0;
  const empty = () => {
    for (const map of maps) map.fill(Number.NaN);
    isFilled.fill(false);
  };
  const strip = (): Strip => {
    const end = Math.min(rows, first + height);
    const whole = end - first === height;
    const cells = (end - first) * rowCells;
    return { first, end, isFilled, maps: whole ? maps : maps.map((map) => narrow(map, stripCells, cells)) };
  };
  empty();
  for await (const text of listQueries(client, {
    ...selection,
    risks: [risk],
    columns: [...KEY, ...columns.map(rename)],
  })) {
    const found = await client.query<unknown[]>({ text, rowMode: "array" });
    for (const [latitude, longitude, scenario, firstYear, lastYear, ...values] of found.rows) {
      const position = grid.positionOf(latitude as number, longitude as number);
      while (position >= (first + height) * rowCells) {
        yield strip();
        empty();
        first += height;
      }
      const period = periods.findIndex((one) => one.firstYear === firstYear && one.lastYear === lastYear);
      const map = scenarios.indexOf(scenario as string) * periods.length + period;
      const at = map * stripCells + position - first * rowCells;
      values.forEach((value, column) => {
        if (value === null) return;
        maps[column]![at] = Number(value);
        isFilled[column] = true;
      });
    }
  }
  for (; first < rows; first += height) {
    yield strip();
    empty();
  }
}

/** The first `cells` of each of the maps, which are `stride` apart. */
function narrow(maps: Float32Array, stride: number, cells: number): Float32Array {
  const count = maps.length / stride;
  const narrowed = new Float32Array(count * cells);
  for (let map = 0; map < count; map++) {
    narrowed.set(maps.subarray(map * stride, map * stride + cells), map * cells);
  }
  return narrowed;
}

const KEY = ["latitude", "longitude", "scenario", "first_year", "last_year"].map(
  (name): Column => ({ name, kind: "number", sql: `r.${name}`, unit: "1" }),
);

/** Two columns of a query cannot share a name. */
function rename(column: Column): Column {
  return { ...column, name: `value_of_${column.name}` };
}
