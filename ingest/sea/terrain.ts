// The cells of a grid as a terrain: row and column of each, sea or height.
import type { GroundCell } from "../../database/seaConnections.ts";
import { RejectedError } from "../../model/errors.ts";
import { LEAST_LAND_FRACTION } from "../../model/seaLevels.ts";
import type { TerrainGrid } from "./seaConnection.ts";

/** A cell may lie this share of a step beside its place in the grid: coordinates are rounded. */
const OFF_GRID = 0.05;
const CIRCLE = 360;
/** More places than this many times the cells are no grid worth searching. */
const MOST_PLACES_PER_CELL = 50;

export interface Terrain {
  readonly grid: TerrainGrid;
  /** [cells] where each is in the grid */
  readonly positions: Int32Array;
  readonly seaCells: number;
}

export function isSea({ landFraction }: GroundCell): boolean {
  return landFraction !== null && landFraction < LEAST_LAND_FRACTION;
}

/** Lays the cells out on the regular grid that they are part of; places without a cell are walls. */
export function makeTerrain(cells: readonly GroundCell[], name: string): Terrain {
  const south = cells.reduce((least, { latitude }) => Math.min(least, latitude), Number.POSITIVE_INFINITY);
  const rowDegrees = smallestStep(cells.map(({ latitude }) => latitude));
  const longitudes = fromTheWest(cells.map(({ longitude }) => longitude));
  const west = longitudes.reduce((least, longitude) => Math.min(least, longitude), Number.POSITIVE_INFINITY);
  const columnDegrees = smallestStep(longitudes);
  const at = (offset: number, step: number) => (step === 0 ? 0 : offset / step);
  const rowOf = cells.map(({ latitude }) => at(latitude - south, rowDegrees));
  const columnOf = longitudes.map((longitude) => at(longitude - west, columnDegrees));
  for (const [number, row] of rowOf.entries()) {
    const isOff = (position: number) => Math.abs(position - Math.round(position)) > OFF_GRID;
    if (isOff(row) || isOff(columnOf[number]!)) throw irregular(cells[number]!, name, rowDegrees, columnDegrees);
  }
  const rows = Math.round(Math.max(...bounds(rowOf))) + 1;
  const columns = Math.round(Math.max(...bounds(columnOf))) + 1;
  if (rows * columns > MOST_PLACES_PER_CELL * cells.length) throw irregular(cells[0]!, name, rowDegrees, columnDegrees);
  const elevation = new Float64Array(rows * columns).fill(Number.NaN);
  const sea = new Uint8Array(rows * columns);
  const positions = new Int32Array(cells.length);
  let seaCells = 0;
  for (const [number, cell] of cells.entries()) {
    const position = Math.round(rowOf[number]!) * columns + Math.round(columnOf[number]!);
    positions[number] = position;
    if (isSea(cell)) {
      sea[position] = 1;
      seaCells++;
    } else if (cell.elevation !== null) elevation[position] = cell.elevation;
  }
  const isRing = Math.abs(columns * columnDegrees - CIRCLE) < columnDegrees / 2;
  const grid = { rows, columns, south, rowDegrees, columnDegrees, isRing, elevation, sea };
  return { grid, positions, seaCells };
}

/** 0 and the largest, without spreading half a million arguments. */
function bounds(values: readonly number[]): [number, number] {
  return [0, values.reduce((most, value) => Math.max(most, value), 0)];
}

function smallestStep(coordinates: readonly number[]): number {
  const sorted = Float64Array.from(new Set(coordinates)).sort();
  let least = Number.POSITIVE_INFINITY;
  for (let at = 1; at < sorted.length; at++) least = Math.min(least, sorted[at]! - sorted[at - 1]!);
  return least === Number.POSITIVE_INFINITY ? 0 : least;
}

/** Longitudes counted eastward from the middle of the widest gap, so that no neighbours are a turn apart. */
function fromTheWest(longitudes: readonly number[]): number[] {
  const sorted = Float64Array.from(new Set(longitudes)).sort();
  let widest = CIRCLE - (sorted.at(-1)! - sorted[0]!);
  let first = sorted[0]!;
  for (let at = 1; at < sorted.length; at++) {
    const gap = sorted[at]! - sorted[at - 1]!;
    if (gap > widest) {
      widest = gap;
      first = sorted[at]!;
    }
  }
  return longitudes.map((longitude) => (longitude < first ? longitude + CIRCLE : longitude));
}

function irregular(cell: GroundCell, name: string, rowDegrees: number, columnDegrees: number): RejectedError {
  return new RejectedError(
    "IrregularGrid",
    `The cells of grid "${name}" are no regular grid: with steps of ${rowDegrees} by ${columnDegrees} degrees the cell at ${cell.latitude}, ${cell.longitude} has no place in it. ` +
      "Ways of the sea need neighbours. Without them give each cell its distanceToCoast: climatebatch attributes.",
  );
}
