// Pixels that polygons, lines and images are painted on, with smooth edges.

/** x, y, x, y, … in pixels; the last point is joined to the first. */
export type Ring = readonly number[];

export class Canvas {
  readonly width: number;
  readonly height: number;
  /** [height][width][4] */
  readonly pixels: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint8Array(4 * width * height).fill(255);
  }

  /** Fills rings of which holes run the other way round. `colour` is #rrggbb. */
  fill(rings: readonly Ring[], colour: string): void {
    let [left, top, right, bottom] = [this.width, this.height, 0, 0];
    for (const ring of rings) {
      for (let at = 0; at < ring.length; at += 2) {
        left = Math.min(left, ring[at]!);
        right = Math.max(right, ring[at]!);
        top = Math.min(top, ring[at + 1]!);
        bottom = Math.max(bottom, ring[at + 1]!);
      }
    }
    [left, top] = [Math.max(0, Math.floor(left)), Math.max(0, Math.floor(top))];
    const width = Math.min(this.width, Math.ceil(right)) - left;
    const height = Math.min(this.height, Math.ceil(bottom)) - top;
    if (width <= 0 || height <= 0) return;
    const cover = new Float32Array((width + 2) * height);
    for (const ring of rings) {
      for (let at = 0; at < ring.length; at += 2) {
        const next = (at + 2) % ring.length;
        addEdge(cover, width, height, ring[at]! - left, ring[at + 1]! - top, ring[next]! - left, ring[next + 1]! - top);
      }
    }
    const [red, green, blue] = readColour(colour);
    for (let y = 0; y < height; y++) {
      let sum = 0;
      for (let x = 0; x < width; x++) {
        sum += cover[y * (width + 2) + x]!;
        const share = Math.min(1, Math.abs(sum));
        if (share > 1 / 512) this.#blend(4 * ((top + y) * this.width + left + x), red, green, blue, share);
      }
    }
  }

  /** Lines of one thickness. */
  stroke(lines: readonly Ring[], thickness: number, colour: string): void {
    for (const line of lines) {
      const quads: Ring[] = [];
      for (let at = 0; at + 3 < line.length; at += 2) {
        const [x0, y0, x1, y1] = [line[at]!, line[at + 1]!, line[at + 2]!, line[at + 3]!];
        const length = Math.hypot(x1 - x0, y1 - y0);
        if (length === 0) continue;
        const [x, y] = [((y1 - y0) / length) * (thickness / 2), ((x0 - x1) / length) * (thickness / 2)];
        quads.push([x0 + x, y0 + y, x1 + x, y1 + y, x1 - x, y1 - y, x0 - x, y0 - y]);
      }
      this.fill(quads, colour);
    }
  }

  /** `image`: [height][width] of RGBA, painted over with its transparency. */
  paint(image: Uint8Array, left: number, top: number, width: number): void {
    for (let at = 0; at < image.length; at += 4) {
      const x = left + ((at / 4) % width);
      const y = top + Math.floor(at / 4 / width);
      if (x < 0 || y < 0 || x >= this.width || y >= this.height) continue;
      this.#blend(4 * (y * this.width + x), image[at]!, image[at + 1]!, image[at + 2]!, image[at + 3]! / 255);
    }
  }

  #blend(at: number, red: number, green: number, blue: number, share: number): void {
    const { pixels } = this;
    pixels[at] = Math.round(pixels[at]! + share * (red - pixels[at]!));
    pixels[at + 1] = Math.round(pixels[at + 1]! + share * (green - pixels[at + 1]!));
    pixels[at + 2] = Math.round(pixels[at + 2]! + share * (blue - pixels[at + 2]!));
  }
}

export function readColour(colour: string): readonly [number, number, number] {
  const bits = Number.parseInt(colour.slice(1), 16);
  return [bits >> 16, (bits >> 8) & 255, bits & 255];
}

/** Adds the signed area right of an edge to the pixels it passes: the sum along a row is the cover (font-rs, R. Levien, 2016). */
function addEdge(
  cover: Float32Array,
  width: number,
  height: number,
  fromX: number,
  fromY: number,
  toX: number,
  toY: number,
): void {
  if (fromY === toY) return;
  const sign = fromY < toY ? 1 : -1;
  const [x0, y0, x1, y1] = sign === 1 ? [fromX, fromY, toX, toY] : [toX, toY, fromX, fromY];
  const slope = (x1 - x0) / (y1 - y0);
  const inside = (x: number) => Math.min(width, Math.max(0, x));
  for (let y = Math.max(0, Math.floor(y0)); y < Math.min(height, Math.ceil(y1)); y++) {
    const [above, below] = [Math.max(y, y0), Math.min(y + 1, y1)];
    const area = sign * (below - above);
    const ends = [inside(x0 + (above - y0) * slope), inside(x0 + (below - y0) * slope)] as const;
    const [left, right] = [Math.min(...ends), Math.max(...ends)];
    const row = y * (width + 2);
    const first = Math.floor(left);
    const last = Math.max(first, Math.ceil(right) - 1);
    // Covered share of the pixels up to and including each, beyond the edge.
    let before = 0;
    for (let x = first; x <= last + 1; x++) {
      const whole = x > last ? 1 : shareRightOf(left, right, x);
      cover[row + x]! += area * (whole - before);
      before = whole;
    }
  }
}

/** Mean share of the pixel from `x` to `x + 1` that lies right of an edge from `left` to `right`. */
function shareRightOf(left: number, right: number, x: number): number {
  if (right - left < 1e-9) return Math.min(1, Math.max(0, x + 1 - left));
  // The integral of (x + 1 - e), kept within 0 and 1, over the edge's places e.
  const integral = (e: number) => {
    if (e <= x) return e - x;
    if (e >= x + 1) return 0.5;
    return e - x - (e - x) ** 2 / 2;
  };
  return (integral(right) - integral(left)) / (right - left);
}
