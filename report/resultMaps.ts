// Results as maps: the grid of the places, and the numbers of one risk in strips of rows from south to north.
import type { ClientBase } from "pg";
import { readCopyRows } from "../database/copyBinary.ts";
import { rowsView } from "../database/slots.ts";
import { RejectedError } from "../model/errors.ts";
import { copyOut } from "./copyOut.ts";
import { type Column, insideOf, listQueries, type Selection } from "./exportSelection.ts";
import type { Raster } from "./page/reportData.ts";
import { type Coordinates, makeRaster } from "./raster.ts";
import { ofOneMap, type ResultBatch } from "./readResults.ts";

/** Of all maps of a strip together. */
export const STRIP_BYTES = 16 * 1024 * 1024;
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
  const places = await readCoordinates(client, batch, box);
  const count = places.latitudes.length;
  if (count === 0) throw new RejectedError("NoResults", "No cell with results lies in the box of --bbox.");
  const raster = makeRaster(places);
  if (raster.reach > 0) {
    return {
      ...{ raster, ...places, shape: [count] },
      positionOf: (latitude, longitude) => findPlace(places, latitude, longitude),
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

/** Of the cells with results, in ascending order of latitude and then of longitude. */
async function readCoordinates(client: ClientBase, batch: ResultBatch, box: Selection["box"]): Promise<Coordinates> {
  const latitudes: number[] = [];
  const longitudes: number[] = [];
  const places = `SELECT latitude, longitude FROM ${rowsView(batch.calculation)}
    WHERE ${[ofOneMap(batch), ...insideOf(box)].join(" AND ")} ORDER BY latitude, longitude`;
  await readCopyRows(copyOut(client, places, "(FORMAT binary)"), 2, ({ bytes, offsets }) => {
    latitudes.push(bytes.readDoubleBE(offsets[0]!));
    longitudes.push(bytes.readDoubleBE(offsets[1]!));
  });
  return { latitudes: Float64Array.from(latitudes), longitudes: Float64Array.from(longitudes) };
}

/** The position of a place that is among those given, in ascending order of latitude and then of longitude. */
function findPlace({ latitudes, longitudes }: Coordinates, latitude: number, longitude: number): number {
  let [low, high] = [0, latitudes.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    const isBefore =
      latitudes[middle]! < latitude || (latitudes[middle] === latitude && longitudes[middle]! < longitude);
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  return low;
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

/** Gives the numbers of one risk from the first row to the last: memory holds one strip. */
export async function readStrips(
  client: ClientBase,
  selection: Selection,
  grid: Grid,
  risk: string,
  columns: readonly Column[],
  height: number,
  onStrip: (strip: Strip) => void,
): Promise<void> {
  const { scenarios, periods } = selection;
  const [rows, rowCells = 1] = grid.shape as [number, number?];
  const stripCells = height * rowCells;
  const maps = columns.map(() => new Float32Array(scenarios.length * periods.length * stripCells).fill(Number.NaN));
  const isFilled = columns.map(() => false);
  let first = 0;
  const giveStrip = () => {
    const end = Math.min(rows, first + height);
    const cells = (end - first) * rowCells;
    onStrip({ first, end, isFilled, maps: maps.map((map) => narrow(map, stripCells, cells)) });
    for (const map of maps) map.fill(Number.NaN);
    isFilled.fill(false);
    first = end;
  };
  const casts = [...KEY, ...columns.map(({ name }) => `"${nameInQuery(name)}"::float8`)].join();
  const named = columns.map((column) => ({ ...column, name: nameInQuery(column.name) }));
  for await (const query of listQueries(client, { ...selection, risks: [risk], columns: [...KEY_COLUMNS, ...named] })) {
    const chunks = copyOut(client, `SELECT ${casts} FROM (${query}) AS r`, "(FORMAT binary)");
    await readCopyRows(chunks, KEY.length + columns.length, ({ bytes, offsets, lengths }) => {
      const position = grid.positionOf(bytes.readDoubleBE(offsets[0]!), bytes.readDoubleBE(offsets[1]!));
      while (position >= (first + height) * rowCells) giveStrip();
      const scenario = scenarios.indexOf(bytes.toString("utf8", offsets[2]!, offsets[2]! + lengths[2]!));
      const [firstYear, lastYear] = [bytes.readInt32BE(offsets[3]!), bytes.readInt32BE(offsets[4]!)];
      const period = periods.findIndex((one) => one.firstYear === firstYear && one.lastYear === lastYear);
      const at = (scenario * periods.length + period) * stripCells + position - first * rowCells;
      for (let column = 0; column < columns.length; column++) {
        const value = KEY.length + column;
        if (lengths[value] === -1) continue;
        maps[column]![at] = bytes.readDoubleBE(offsets[value]!);
        isFilled[column] = true;
      }
    });
  }
  while (first < rows) giveStrip();
}

/** The first `cells` of each of the maps, which are `stride` apart. */
function narrow(maps: Float32Array, stride: number, cells: number): Float32Array {
  if (cells === stride) return maps;
  const count = maps.length / stride;
  const narrowed = new Float32Array(count * cells);
  for (let map = 0; map < count; map++) {
    narrowed.set(maps.subarray(map * stride, map * stride + cells), map * cells);
  }
  return narrowed;
}

const KEY_COLUMNS = ["latitude", "longitude", "scenario", "first_year", "last_year"].map(
  (name): Column => ({ name, kind: "number", sql: `r.${name}`, unit: "1" }),
);
const KEY = ["latitude::float8", "longitude::float8", "scenario::text", "first_year::int4", "last_year::int4"];

/** Two columns of a query cannot share a name. */
function nameInQuery(name: string): string {
  return `value_of_${name}`;
}
