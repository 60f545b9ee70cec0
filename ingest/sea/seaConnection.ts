// The sea's lowest path to each cell of a grid: the level it needs, and the length of the path.

/** One degree of latitude. */
const KM_PER_DEGREE = 111.12;
const RADIANS = Math.PI / 180;

/** A regular grid, rows from the south, columns from the west. */
export interface TerrainGrid {
  readonly rows: number;
  readonly columns: number;
  /** degrees */
  readonly south: number;
  readonly rowDegrees: number;
  readonly columnDegrees: number;
  /** The last column's eastern neighbour is the first. */
  readonly isRing: boolean;
  /** [rows × columns] m; NaN where no water passes: unknown ground, no cell */
  readonly elevation: Float64Array;
  /** [rows × columns] 1 where the cell is sea */
  readonly sea: Uint8Array;
}

export interface SeaWays {
  /** [rows × columns] m; NaN where the sea has no way */
  readonly level: Float64Array;
  /** [rows × columns] km */
  readonly distance: Float64Array;
}

/**
 * The sea's lowest way to each cell.
 *
 * Inputs: grid; attenuation a [m km-1], the fall of the water's surface on its way.
 * Output: level M and way length s of each cell; NaN where there is none; 0 km and -Infinity for the sea itself.
 * Definition: from all sea cells at once in the order of M, equal ones in that of s (Dijkstra 1959, Numerische Mathematik 1,
 *   269-271; as the priority flood of Barnes, Lehman and Mulla 2014, Computers and Geosciences 62, 117-127): a way goes to
 *   one of eight neighbours, s grows by their distance (111.12 km a degree, east-west times the cosine of the mean latitude),
 *   M = max(M before, z + a s). The first way that reaches a cell is kept. Where a fall of the water makes a longer way over
 *   lower ground compete with a shorter one, the algorithm is the definition.
 * Missing data: cells without a height are walls.
 */
export function findSeaWays(grid: TerrainGrid, attenuation: number): SeaWays {
  const { columns, elevation, rows, sea } = grid;
  const cells = rows * columns;
  const level = new Float64Array(cells).fill(Number.NaN);
  const distance = new Float64Array(cells).fill(Number.NaN);
  const settled = new Uint8Array(cells);
  const queue = new WayQueue(level, distance);
  for (let cell = 0; cell < cells; cell++) {
    if (sea[cell] === 0) continue;
    level[cell] = Number.NEGATIVE_INFINITY;
    distance[cell] = 0;
    queue.push(cell);
  }
  for (let cell = queue.pop(); cell !== -1; cell = queue.pop()) {
    if (settled[cell] === 1) continue;
    settled[cell] = 1;
    const row = Math.floor(cell / columns);
    for (let north = -1; north <= 1; north++) {
      const to = row + north;
      if (to < 0 || to >= rows) continue;
      for (let east = -1; east <= 1; east++) {
        const column = neighbourColumn((cell % columns) + east, grid);
        const next = to * columns + column;
        if (column === -1 || settled[next] === 1 || Number.isNaN(elevation[next]!)) continue;
        const length = distance[cell]! + stepLength(row, north, east, grid);
        const needed = Math.max(level[cell]!, elevation[next]! + attenuation * length);
        const known = level[next]!;
        // NaN: not reached yet.
        if (known < needed || (known === needed && distance[next]! <= length)) continue;
        level[next] = needed;
        distance[next] = length;
        queue.push(next);
      }
    }
  }
  return { level, distance };
}

function neighbourColumn(column: number, { columns, isRing }: TerrainGrid): number {
  if (column >= 0 && column < columns) return column;
  return isRing ? (column + columns) % columns : -1;
}

function stepLength(row: number, north: number, east: number, grid: TerrainGrid): number {
  const { columnDegrees, rowDegrees, south } = grid;
  const meanLatitude = south + (row + north / 2) * rowDegrees;
  const northward = north * rowDegrees * KM_PER_DEGREE;
  const eastward = east * columnDegrees * KM_PER_DEGREE * Math.cos(meanLatitude * RADIANS);
  return Math.hypot(northward, eastward);
}

/** A binary heap of cells by level, then distance, then position; a cell whose way improved is in it again. */
class WayQueue {
  readonly #level: Float64Array;
  readonly #distance: Float64Array;
  #cells: Int32Array;
  #levels: Float64Array;
  #distances: Float64Array;
  #count = 0;

  constructor(level: Float64Array, distance: Float64Array) {
    this.#level = level;
    this.#distance = distance;
    this.#cells = new Int32Array(level.length + 1);
    this.#levels = new Float64Array(level.length + 1);
    this.#distances = new Float64Array(level.length + 1);
  }

  /** Adds a cell with the level and distance it has now. */
  push(cell: number): void {
    if (this.#count === this.#cells.length) this.#grow();
    let at = this.#count++;
    this.#put(at, cell, this.#level[cell]!, this.#distance[cell]!);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** The first cell, or -1 when there is none. */
  pop(): number {
    if (this.#count === 0) return -1;
    const first = this.#cells[0]!;
    const last = --this.#count;
    this.#put(0, this.#cells[last]!, this.#levels[last]!, this.#distances[last]!);
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      if (left >= last) return first;
      const right = left + 1;
      const child = right < last && this.#isBefore(right, left) ? right : left;
      if (!this.#isBefore(child, at)) return first;
      this.#swap(child, at);
      at = child;
    }
  }

  #isBefore(a: number, b: number): boolean {
    if (this.#levels[a] !== this.#levels[b]) return this.#levels[a]! < this.#levels[b]!;
    if (this.#distances[a] !== this.#distances[b]) return this.#distances[a]! < this.#distances[b]!;
    return this.#cells[a]! < this.#cells[b]!;
  }

  #put(at: number, cell: number, level: number, distance: number): void {
    this.#cells[at] = cell;
    this.#levels[at] = level;
    this.#distances[at] = distance;
  }

  #swap(a: number, b: number): void {
    const cell = this.#cells[a]!;
    const level = this.#levels[a]!;
    const distance = this.#distances[a]!;
    this.#put(a, this.#cells[b]!, this.#levels[b]!, this.#distances[b]!);
    this.#put(b, cell, level, distance);
  }

  #grow(): void {
    const grown = <Values extends Int32Array | Float64Array>(old: Values, larger: Values) => {
      larger.set(old);
      return larger;
    };
    this.#cells = grown(this.#cells, new Int32Array(2 * this.#cells.length));
    this.#levels = grown(this.#levels, new Float64Array(2 * this.#levels.length));
    this.#distances = grown(this.#distances, new Float64Array(2 * this.#distances.length));
  }
}
