// The map: a raster with a pixel a cell, drawn in one piece, with hatches, coasts and marks over it; zoom, pan and hit test.

import type { Source } from "./reportData.ts";
import { MISSING, type ReportHeader } from "./reportData.ts";
import { CODES, colourTable, type Picture } from "./scales.ts";

/** Colours that the page's theme decides. */
export interface Theme {
  readonly sea: string;
  readonly land: string;
  readonly line: string;
  readonly hatch: string;
  readonly notApplicable: string;
  readonly mark: string;
}

export interface Drawing {
  readonly picture: Picture | null;
  /** Codes; others are faint. */
  readonly shown: readonly [number, number];
  /** Cells whose interval is wide: codes above 0. */
  readonly uncertain: Uint8Array | null;
  readonly theme: Theme;
  readonly current: number | null;
  readonly pinned: number | null;
  readonly beside: number | null;
}

const NONE = -1;
const MARGIN = 0.05;
const MOST_ZOOM = 60;
/** More sites are drawn smaller. */
const MANY_SITES = 2000;

export class MapView {
  readonly #source: Source;
  /** [rows][columns] the cell of each pixel, or -1 */
  readonly #cellOf: Int32Array;
  readonly #pixels: HTMLCanvasElement;
  readonly #mask: HTMLCanvasElement;
  readonly #shrink: number;
  #zoom = 1;
  /** Degrees of the view's centre. */
  #centre: [longitude: number, latitude: number];

  constructor(source: Source) {
    this.#source = source;
    const { columns, rows, west, east, south, north } = source.header.raster;
    this.#cellOf = assignPixels(source);
    this.#pixels = makeCanvas(columns, rows);
    this.#mask = makeCanvas(columns, rows);
    this.#shrink = Math.cos((((south + north) / 2) * Math.PI) / 180);
    this.#centre = [(west + east) / 2, (south + north) / 2];
  }

  /** Width over height of the whole grid. */
  get aspect(): number {
    const { west, east, south, north } = this.#source.header.raster;
    return ((east - west) * this.#shrink) / (north - south);
  }

  zoomBy(factor: number, canvas: HTMLCanvasElement, x?: number, y?: number): void {
    const { raster } = this.#source.header;
    const before = x === undefined ? null : this.#degreesAt(canvas, x, y!);
    this.#zoom = Math.min(MOST_ZOOM, Math.max(1, this.#zoom * factor));
    if (this.#zoom === 1) this.#centre = [(raster.west + raster.east) / 2, (raster.south + raster.north) / 2];
    else if (before !== null) {
      const after = this.#degreesAt(canvas, x!, y!);
      this.#centre = [this.#centre[0] + before[0] - after[0], this.#centre[1] + before[1] - after[1]];
    }
  }

  /** Moves the view by pixels of the page. */
  pan(canvas: HTMLCanvasElement, x: number, y: number): void {
    if (this.#zoom === 1) return;
    const { perDegree } = this.#view(canvas.clientWidth, canvas.clientHeight);
    this.#centre = [this.#centre[0] - x / (perDegree * this.#shrink), this.#centre[1] + y / perDegree];
  }

  /** The cell under a point of the canvas, in pixels of the page. */
  cellAt(canvas: HTMLCanvasElement, x: number, y: number): number | null {
    const [longitude, latitude] = this.#degreesAt(canvas, x, y);
    return this.#cellAtDegrees(latitude, longitude);
  }

  /** The next cell in a direction, as arrows move. */
  step(cell: number, east: number, north: number): number {
    const { latitudes, longitudes, header } = this.#source;
    const { raster } = header;
    if (raster.reach > 0) return this.#nextPlace(cell, east, north);
    const height = (raster.north - raster.south) / raster.rows;
    const width = (raster.east - raster.west) / raster.columns;
    for (let away = 1; away <= Math.max(raster.rows, raster.columns); away++) {
      const found = this.#cellAtDegrees(
        latitudes[cell]! + north * away * height,
        longitudes[cell]! + east * away * width,
      );
      if (found !== null) return found;
    }
    return cell;
  }

  draw(canvas: HTMLCanvasElement, drawing: Drawing): void {
    const ratio = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const wanted = [Math.round(width * ratio), Math.round(height * ratio)] as const;
    if (canvas.width !== wanted[0] || canvas.height !== wanted[1]) [canvas.width, canvas.height] = wanted;
    const context = canvas.getContext("2d")!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = drawing.theme.sea;
    context.fillRect(0, 0, width, height);
    const { picture, theme, uncertain } = drawing;
    this.#drawLand(context, width, height, theme);
    context.imageSmoothingEnabled = false;
    const hatch = (matches: (cell: number) => boolean, colour: string, slope: 1 | -1) =>
      this.#hatch(context, [width, height], ratio, matches, makeHatch(colour, slope));
    if (picture !== null) {
      this.#paint(picture, drawing);
      context.drawImage(this.#pixels, ...this.#box(width, height));
      hatch((cell) => picture.codes[cell] === MISSING, theme.hatch, 1);
      if (uncertain !== null) hatch((cell) => uncertain[cell]! > 0 && picture.codes[cell]! > 1, "#00000066", -1);
    } else hatch(() => true, theme.hatch, 1);
    this.#drawLines(context, width, height, theme.line);
    this.#drawSites(context, width, height, theme);
    const mark = (cell: number | null, outline: number, dash: number[]) =>
      this.#mark(context, [width, height], cell, theme, outline, dash);
    mark(drawing.beside, 2.5, [4, 3]);
    mark(drawing.pinned, 2.5, []);
    mark(drawing.current, 1.5, []);
  }

  /** A small map, sampled. */
  drawSmall(canvas: HTMLCanvasElement, picture: Picture, theme: Theme): void {
    const { columns, rows } = this.#source.header.raster;
    const table = colourTable(picture, [0, CODES], theme.notApplicable);
    const context = canvas.getContext("2d")!;
    const image = context.createImageData(canvas.width, canvas.height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let y = 0; y < canvas.height; y++) {
      const row = Math.floor(((y + 0.5) / canvas.height) * rows) * columns;
      for (let x = 0; x < canvas.width; x++) {
        const cell = this.#cellOf[row + Math.floor(((x + 0.5) / canvas.width) * columns)]!;
        if (cell !== NONE) pixels[y * canvas.width + x] = table[picture.codes[cell]!]!;
      }
    }
    context.putImageData(image, 0, 0);
  }

  #paint(picture: Picture, { shown, theme }: Drawing): void {
    const table = colourTable(picture, shown, theme.notApplicable);
    const context = this.#pixels.getContext("2d")!;
    const image = context.createImageData(this.#pixels.width, this.#pixels.height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let at = 0; at < pixels.length; at++) {
      const cell = this.#cellOf[at]!;
      if (cell !== NONE) pixels[at] = table[picture.codes[cell]!]!;
    }
    context.putImageData(image, 0, 0);
  }

  #hatch(
    context: CanvasRenderingContext2D,
    [width, height]: readonly [number, number],
    ratio: number,
    matches: (cell: number) => boolean,
    pattern: HTMLCanvasElement,
  ): void {
    const maskContext = this.#mask.getContext("2d")!;
    const image = maskContext.createImageData(this.#mask.width, this.#mask.height);
    const pixels = new Uint32Array(image.data.buffer);
    let any = false;
    for (let at = 0; at < pixels.length; at++) {
      const cell = this.#cellOf[at]!;
      if (cell === NONE || !matches(cell)) continue;
      pixels[at] = 0xffffffff;
      any = true;
    }
    if (!any) return;
    maskContext.putImageData(image, 0, 0);
    const layer = makeCanvas(Math.round(width * ratio), Math.round(height * ratio));
    const over = layer.getContext("2d")!;
    over.setTransform(ratio, 0, 0, ratio, 0, 0);
    over.imageSmoothingEnabled = false;
    over.drawImage(this.#mask, ...this.#box(width, height));
    over.globalCompositeOperation = "source-in";
    over.fillStyle = over.createPattern(pattern, "repeat")!;
    over.fillRect(0, 0, width, height);
    context.drawImage(layer, 0, 0, width, height);
  }

  #trace(context: CanvasRenderingContext2D, width: number, height: number, lines: ReportHeader["land"]): void {
    context.beginPath();
    for (const line of lines) {
      for (let at = 0; at < line.length; at += 2) {
        const [x, y] = this.#point(width, height, line[at]!, line[at + 1]!);
        if (at === 0) context.moveTo(x, y);
        else context.lineTo(x, y);
      }
    }
  }

  #drawLand(context: CanvasRenderingContext2D, width: number, height: number, { land }: Theme): void {
    context.fillStyle = land;
    this.#trace(context, width, height, this.#source.header.land);
    context.fill("evenodd");
  }

  #drawLines(context: CanvasRenderingContext2D, width: number, height: number, colour: string): void {
    const { land, borders } = this.#source.header;
    context.strokeStyle = colour;
    context.lineJoin = "round";
    context.lineWidth = 0.9;
    this.#trace(context, width, height, land);
    context.stroke();
    context.lineWidth = 0.7;
    context.setLineDash([3, 2]);
    this.#trace(context, width, height, borders);
    context.stroke();
    context.setLineDash([]);
  }

  #drawSites(context: CanvasRenderingContext2D, width: number, height: number, { mark, sea }: Theme): void {
    const { sites } = this.#source;
    if (sites === null) return;
    const size = sites.names.length > MANY_SITES ? 3 : 5;
    for (const [colour, side] of [
      [sea, size + 2],
      [mark, size],
    ] as const) {
      context.fillStyle = colour;
      for (let at = 0; at < sites.names.length; at++) {
        const [x, y] = this.#point(width, height, sites.longitudes[at]!, sites.latitudes[at]!);
        if (x < 0 || y < 0 || x > width || y > height) continue;
        context.fillRect(x - side / 2, y - side / 2, side, side);
      }
    }
  }

  #mark(
    context: CanvasRenderingContext2D,
    [width, height]: readonly [number, number],
    cell: number | null,
    { mark, sea }: Theme,
    thickness: number,
    dash: number[],
  ): void {
    if (cell === null) return;
    const { raster } = this.#source.header;
    const longitude = this.#source.longitudes[cell]!;
    const latitude = this.#source.latitudes[cell]!;
    const reach = Math.max(0.5, raster.reach);
    const halfWidth = (reach * (raster.east - raster.west)) / raster.columns;
    const halfHeight = (reach * (raster.north - raster.south)) / raster.rows;
    const [left, top] = this.#point(width, height, longitude - halfWidth, latitude + halfHeight);
    const [right, bottom] = this.#point(width, height, longitude + halfWidth, latitude - halfHeight);
    // A cell of a pixel is still found by its frame.
    const grow = Math.max(1, (9 - (right - left)) / 2);
    for (const [colour, line, pattern] of [
      [sea, thickness + 2, []],
      [mark, thickness, dash],
    ] as const) {
      context.strokeStyle = colour;
      context.lineWidth = line;
      context.setLineDash([...pattern]);
      context.strokeRect(left - grow, top - grow, right - left + 2 * grow, bottom - top + 2 * grow);
    }
    context.setLineDash([]);
  }

  #view(width: number, height: number) {
    const { west, east, south, north } = this.#source.header.raster;
    const perDegree =
      this.#zoom * (1 - 2 * MARGIN) * Math.min(width / ((east - west) * this.#shrink), height / (north - south));
    return { perDegree, x: width / 2, y: height / 2 };
  }

  #point(width: number, height: number, longitude: number, latitude: number): [number, number] {
    const { perDegree, x, y } = this.#view(width, height);
    return [x + (longitude - this.#centre[0]) * perDegree * this.#shrink, y - (latitude - this.#centre[1]) * perDegree];
  }

  #box(width: number, height: number): [number, number, number, number] {
    const { west, east, south, north } = this.#source.header.raster;
    const [left, top] = this.#point(width, height, west, north);
    const [right, bottom] = this.#point(width, height, east, south);
    return [left, top, right - left, bottom - top];
  }

  #degreesAt(canvas: HTMLCanvasElement, x: number, y: number): [longitude: number, latitude: number] {
    const view = this.#view(canvas.clientWidth, canvas.clientHeight);
    return [
      this.#centre[0] + (x - view.x) / (view.perDegree * this.#shrink),
      this.#centre[1] - (y - view.y) / view.perDegree,
    ];
  }

  #cellAtDegrees(latitude: number, longitude: number): number | null {
    const { columns, rows, west, east, south, north } = this.#source.header.raster;
    const column = Math.floor(((longitude - west) / (east - west)) * columns);
    const row = Math.floor(((north - latitude) / (north - south)) * rows);
    if (column < 0 || column >= columns || row < 0 || row >= rows) return null;
    const cell = this.#cellOf[row * columns + column]!;
    return cell === NONE ? null : cell;
  }

  /** The nearest place that lies more in the direction than beside it. */
  #nextPlace(cell: number, east: number, north: number): number {
    const { latitudes, longitudes } = this.#source;
    let best = cell;
    let shortest = Number.POSITIVE_INFINITY;
    for (let other = 0; other < latitudes.length; other++) {
      const x = (longitudes[other]! - longitudes[cell]!) * this.#shrink;
      const y = latitudes[other]! - latitudes[cell]!;
      const along = x * east + y * north;
      const aside = Math.abs(x * north + y * east);
      if (along <= 0 || aside > along) continue;
      if (Math.hypot(x, y) < shortest) [best, shortest] = [other, Math.hypot(x, y)];
    }
    return best;
  }
}

/** The nearest place with results, and how far it is in km. */
export function nearestCell(source: Source, latitude: number, longitude: number): { cell: number; km: number } {
  const shrink = Math.cos((latitude * Math.PI) / 180);
  let best = 0;
  let shortest = Number.POSITIVE_INFINITY;
  for (let cell = 0; cell < source.latitudes.length; cell++) {
    const away = Math.hypot((source.longitudes[cell]! - longitude) * shrink, source.latitudes[cell]! - latitude);
    if (away < shortest) [best, shortest] = [cell, away];
  }
  return { cell: best, km: shortest * 111.19 };
}

function assignPixels({ header, latitudes, longitudes }: Source): Int32Array {
  const { columns, rows, west, east, south, north, reach } = header.raster;
  const cellOf = new Int32Array(columns * rows).fill(NONE);
  const nearest = reach > 0 ? new Float32Array(columns * rows).fill(Number.POSITIVE_INFINITY) : null;
  for (let cell = 0; cell < header.cells; cell++) {
    const column = Math.floor(((longitudes[cell]! - west) / (east - west)) * columns);
    const row = Math.floor(((north - latitudes[cell]!) / (north - south)) * rows);
    if (nearest === null) {
      cellOf[row * columns + column] = cell;
      continue;
    }
    for (let y = Math.max(0, row - reach); y <= Math.min(rows - 1, row + reach); y++) {
      for (let x = Math.max(0, column - reach); x <= Math.min(columns - 1, column + reach); x++) {
        const away = Math.hypot(x - column, y - row);
        if (away > reach || away >= nearest[y * columns + x]!) continue;
        nearest[y * columns + x] = away;
        cellOf[y * columns + x] = cell;
      }
    }
  }
  return cellOf;
}

function makeCanvas(width: number, height: number): HTMLCanvasElement {
  return Object.assign(document.createElement("canvas"), { width, height });
}

function makeHatch(colour: string, slope: 1 | -1): HTMLCanvasElement {
  const size = 6;
  const canvas = makeCanvas(size, size);
  const context = canvas.getContext("2d")!;
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  for (const shift of [-size, 0, size]) {
    context.moveTo(shift, slope === 1 ? size : 0);
    context.lineTo(shift + size, slope === 1 ? 0 : size);
  }
  context.stroke();
  return canvas;
}
