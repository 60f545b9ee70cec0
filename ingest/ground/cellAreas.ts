// The areas of a grid's cells, which only have centres: boxes between the neighbours of a regular grid, else what is nearest to
// each centre, as far as the corners of a square cell reach.
import { around, distance } from "geokdbush";
import KDBush from "kdbush";
import type { Place } from "../../database/gridCells.ts";
import { stepOf } from "../../model/gridSteps.ts";

export interface CellAreas {
  /** Number of the cell whose area holds the point; -1: none. */
  find(latitude: number, longitude: number): number;
  /** Degrees from the centre of cell `at` within which its area lies. */
  halfSize(at: number): { readonly latitude: number; readonly longitude: number };
}

const CIRCLE = 360;
const RADIANS = Math.PI / 180;
const EARTH_KM = 6371;
const KM_PER_DEGREE = EARTH_KM * RADIANS;
/** Rows and columns with fewer of their places filled would take more memory than the cells. */
const LEAST_FILLED = 0.05;
/** Distances to the nearest neighbour: so many are looked at, and so many are within so much of their median in a model's grid. */
const SAMPLE = 1000;
const LEAST_EVEN = 0.8;
const EVEN = 1.3;

/** null: the places are scattered, as stations are, and have no areas. */
export function makeCellAreas(places: readonly Place[]): CellAreas | null {
  return makeBoxes(places) ?? makeNearest(places);
}

function makeBoxes(places: readonly Place[]): CellAreas | null {
  const west = afterWidestGap(places);
  const eastOf = (longitude: number) => turned(longitude - west);
  const latitudes = distinct(places.map(({ latitude }) => latitude));
  const easts = distinct(places.map(({ longitude }) => eastOf(longitude)));
  const [rowStep, columnStep] = [stepOf(latitudes), stepOf(easts)];
  // A single row or column is as wide as it is long.
  const [rowDegrees, columnDegrees] = [rowStep ?? columnStep, columnStep ?? rowStep];
  if (rowDegrees === null || columnDegrees === null) return null;
  if ((rowStep === null && latitudes.length > 1) || (columnStep === null && easts.length > 1)) return null;
  const south = latitudes[0]!;
  const rowOf = (latitude: number) => Math.round((latitude - south) / rowDegrees);
  const columnOf = (east: number) => Math.round(east / columnDegrees);
  const [rows, columns] = [rowOf(latitudes.at(-1)!) + 1, columnOf(easts.at(-1)!) + 1];
  if (places.length < LEAST_FILLED * rows * columns) return null;
  const cells = new Int32Array(rows * columns).fill(-1);
  for (const [at, { latitude, longitude }] of places.entries()) {
    cells[rowOf(latitude) * columns + columnOf(eastOf(longitude))] = at;
  }
  const half = { latitude: rowDegrees / 2, longitude: columnDegrees / 2 };
  return {
    halfSize: () => half,
    find: (latitude, longitude) => {
      // Half a cell lies west of the first centre.
      const column = Math.floor(turned(longitude - west + half.longitude) / columnDegrees);
      const row = Math.floor((latitude - south) / rowDegrees + 0.5);
      return row >= 0 && row < rows && column < columns ? cells[row * columns + column]! : -1;
    },
  };
}

function makeNearest(places: readonly Place[]): CellAreas | null {
  const spacingKm = measureSpacing(places);
  if (spacingKm === null) return null;
  const reachKm = spacingKm * Math.SQRT1_2;
  // Chords of the unit sphere, in cubes as wide as the reach: a cell in reach is in the same cube or in one next to it.
  const reach = 2 * Math.sin(reachKm / EARTH_KM / 2);
  const side = Math.ceil(2 / reach) + 3;
  const keyOf = (x: number, y: number, z: number) => (x * side + y) * side + z;
  const cubeOf = (along: number) => Math.floor((along + 1) / reach) + 1;
  const points = new Float64Array(3 * places.length);
  const cubes = new Map<number, number[]>();
  for (const [at, { latitude, longitude }] of places.entries()) {
    const around = Math.cos(latitude * RADIANS);
    points[3 * at] = around * Math.cos(longitude * RADIANS);
    points[3 * at + 1] = around * Math.sin(longitude * RADIANS);
    points[3 * at + 2] = Math.sin(latitude * RADIANS);
    const key = keyOf(cubeOf(points[3 * at]!), cubeOf(points[3 * at + 1]!), cubeOf(points[3 * at + 2]!));
    const known = cubes.get(key);
    if (known === undefined) cubes.set(key, [at]);
    else known.push(at);
  }
  return {
    halfSize: (at) => {
      const degrees = reachKm / KM_PER_DEGREE;
      const shrink = Math.cos(Math.min(90, Math.abs(places[at]!.latitude) + degrees) * RADIANS);
      return { latitude: degrees, longitude: Math.min(CIRCLE / 2, degrees / Math.max(shrink, 1e-9)) };
    },
    find: (latitude, longitude) => {
      const shrink = Math.cos(latitude * RADIANS);
      const x = shrink * Math.cos(longitude * RADIANS);
      const y = shrink * Math.sin(longitude * RADIANS);
      const z = Math.sin(latitude * RADIANS);
      const [left, low, bottom] = [cubeOf(x) - 1, cubeOf(y) - 1, cubeOf(z) - 1];
      let [nearest, least] = [-1, reach * reach];
      for (let i = left; i < left + 3; i++) {
        for (let j = low; j < low + 3; j++) {
          for (let k = bottom; k < bottom + 3; k++) {
            for (const at of cubes.get(keyOf(i, j, k)) ?? []) {
              const [dx, dy, dz] = [points[3 * at]! - x, points[3 * at + 1]! - y, points[3 * at + 2]! - z];
              const apart = dx * dx + dy * dy + dz * dz;
              if (apart > least || (apart === least && nearest !== -1)) continue;
              [nearest, least] = [at, apart];
            }
          }
        }
      }
      return nearest;
    },
  };
}

/** Kilometres between neighbours, where they are alike for most cells; else null. */
function measureSpacing(places: readonly Place[]): number | null {
  if (places.length < 2) return null;
  const tree = new KDBush(places.length);
  for (const { longitude, latitude } of places) tree.add(longitude, latitude);
  tree.finish();
  const every = Math.max(1, Math.floor(places.length / SAMPLE));
  const some = places.filter((_, at) => at % every === 0);
  const apart = some
    .map(({ latitude, longitude }) => {
      const other = places[around(tree, longitude, latitude, 2).at(-1)!]!;
      return distance(longitude, latitude, other.longitude, other.latitude);
    })
    .sort((a, b) => a - b);
  const median = apart[Math.floor(apart.length / 2)]!;
  const even = apart.filter((one) => one >= median / EVEN && one <= median * EVEN);
  return median > 0 && even.length >= LEAST_EVEN * apart.length ? median : null;
}

/** The western one of the places, counted from the middle of the widest gap: no neighbours are a turn apart. */
function afterWidestGap(places: readonly Place[]): number {
  const sorted = distinct(places.map(({ longitude }) => longitude));
  let [first, widest] = [sorted[0]!, sorted[0]! + CIRCLE - sorted.at(-1)!];
  for (let at = 1; at < sorted.length; at++) {
    const gap = sorted[at]! - sorted[at - 1]!;
    if (gap > widest) [first, widest] = [sorted[at]!, gap];
  }
  return first;
}

function turned(degrees: number): number {
  return degrees >= 0 && degrees < CIRCLE ? degrees : ((degrees % CIRCLE) + CIRCLE) % CIRCLE;
}

function distinct(values: readonly number[]): Float64Array {
  return Float64Array.from(new Set(values)).sort();
}
