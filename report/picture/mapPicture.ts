// One map for a slide: title, cells, coast, legend with units, and where it comes from, as shapes that PNG and SVG both draw.
import type { ReportContents } from "../collectReport.ts";
import { describeMap, lastCode, legendUnit } from "../page/controls.ts";
import type { PageState } from "../page/pageState.ts";
import { readPicture } from "../page/pictures.ts";
import type { Source } from "../page/reportData.ts";
import { LEVELS, layerName, MISSING, NOT_APPLICABLE } from "../page/reportData.ts";
import { CODES, colourAt, colourTable, legendMarks, type Picture } from "../page/scales.ts";
import { makeTranslate } from "../page/words.ts";
import type { Ring } from "./canvas.ts";
import { breakLines, type Weight } from "./fonts.ts";

export type Shape =
  | { readonly kind: "rings"; readonly rings: readonly Ring[]; readonly fill: string }
  | { readonly kind: "lines"; readonly lines: readonly Ring[]; readonly thickness: number; readonly stroke: string }
  | {
      readonly kind: "text";
      readonly text: string;
      readonly x: number;
      readonly y: number;
      readonly size: number;
      readonly weight: Weight;
      readonly anchor: "start" | "middle" | "end";
      readonly fill: string;
    }
  | {
      readonly kind: "image";
      /** [height][width] of RGBA */
      readonly pixels: Uint8Array;
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
    };

export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly shapes: readonly Shape[];
}

export type MapChoice = Pick<PageState, "risk" | "scenario" | "period" | "measure">;

const COLOURS = {
  ...{ paper: "#ffffff", sea: "#eef2f5", land: "#e3e3df", coast: "#5a6470", notApplicable: "#d5d9dd" },
  ...{ ink: "#1a1f26", quiet: "#5a6470", hatch: "#9aa4ae", synthetic: "#a4001d" },
} as const;
/** Shares of the picture's width. */
const MARGIN = 0.03;
const TITLE_SIZE = 0.026;
const TEXT_SIZE = 0.0165;
const HATCH_STEP = 8;
/** Width over height of the map, so that it fits a slide. */
const ASPECT_LIMITS = [0.7, 2.2] as const;
/** Share of the height of a slide that a narrow map takes. */
const MOST_HEIGHT = 0.62;

/** null where the results have no such values. */
export async function drawMap(contents: ReportContents, choice: MapChoice, width: number): Promise<Scene | null> {
  const source = sourceOf(contents);
  const { header } = contents;
  const state: PageState = { ...choice, other: 0, language: "en", at: null, beside: null };
  const picture = await readPicture(source, state);
  if (picture === null) return null;
  const translate = makeTranslate("en");
  const context = { header, state, translate, isLive: false };
  const title = plainText(describeMap(context));
  const shapes: Shape[] = [];
  const margin = Math.round(MARGIN * width);
  const [titleSize, size] = [TITLE_SIZE * width, TEXT_SIZE * width];
  const inner = width - 2 * margin;
  let y = margin;
  const write = (text: string, textSize: number, weight: Weight, fill: string) => {
    for (const line of breakLines(text, inner, textSize, weight)) {
      y += 1.25 * textSize;
      shapes.push({ kind: "text", text: line, x: margin, y, size: textSize, weight, anchor: "start", fill });
    }
  };
  write(title, titleSize, "bold", COLOURS.ink);
  if (header.synthetic) write(translate("synthetic"), size, "bold", COLOURS.synthetic);
  y += size;

  const { raster } = header;
  const shrink = Math.cos((((raster.north + raster.south) / 2) * Math.PI) / 180);
  const aspect = ((raster.east - raster.west) * shrink) / (raster.north - raster.south);
  const frame = Math.round(
    inner / Math.min(ASPECT_LIMITS[1], Math.max(ASPECT_LIMITS[0], Math.max(aspect, 1 / MOST_HEIGHT))),
  );
  const box = { x: margin, y: Math.round(y), width: inner, height: frame };
  const uncertain = await uncertainOf(source, choice);
  drawCells(shapes, box, source, picture, uncertain, shrink);
  const hasUncertain = uncertain?.some((code) => code > 0) ?? false;
  y = box.y + box.height + 0.6 * size;
  y = drawLegend(shapes, margin, y, inner, size, picture, hasUncertain, legendUnit(context, picture), translate);
  y += 0.8 * size;
  const origins = header.batches.map(({ calculation, batchId, methods, finishedAt }) => {
    const word = calculation === "hazard" ? "calculation_hazard" : "calculation_probability";
    return `${translate(word)}: ${translate("batch", { batch: batchId, methods, finished: finishedAt.slice(0, 10) })}`;
  });
  const made = translate("made", { when: header.createdAt.slice(0, 10), version: header.version });
  write(`${header.grid}. ${origins.join("; ")}. ${made}`, 0.8 * size, "regular", COLOURS.quiet);
  return { width, height: Math.ceil(y + margin), title, shapes };
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Land under the cells, coasts and borders over them. */
function drawCells(
  shapes: Shape[],
  box: Box,
  source: Source,
  picture: Picture,
  uncertain: Uint8Array | null,
  shrink: number,
): void {
  const { raster, land, borders } = source.header;
  const pad = 0.03;
  const perDegree =
    (1 - 2 * pad) *
    Math.min(box.width / ((raster.east - raster.west) * shrink), box.height / (raster.north - raster.south));
  const middle = [(raster.west + raster.east) / 2, (raster.south + raster.north) / 2] as const;
  const toX = (longitude: number) => box.x + box.width / 2 + (longitude - middle[0]) * shrink * perDegree;
  const toY = (latitude: number) => box.y + box.height / 2 - (latitude - middle[1]) * perDegree;
  const place = (line: Ring) => line.map((degrees, at) => (at % 2 === 0 ? toX(degrees) : toY(degrees)));
  shapes.push({ kind: "rings", rings: [rectangle(box.x, box.y, box.width, box.height)], fill: COLOURS.sea });
  shapes.push({ kind: "rings", rings: land.map((ring) => clipRing(place(ring), box)), fill: COLOURS.land });
  const [left, top] = [Math.round(toX(raster.west)), Math.round(toY(raster.north))];
  const [right, bottom] = [Math.round(toX(raster.east)), Math.round(toY(raster.south))];
  const pixels = paintCells(source, picture, uncertain, right - left, bottom - top);
  shapes.push({ kind: "image", pixels, x: left, y: top, width: right - left, height: bottom - top });
  const clip = (lines: readonly Ring[], closed: boolean) =>
    lines.flatMap((line) => clipLine(closed ? [...place(line), ...place(line.slice(0, 2))] : place(line), box));
  shapes.push({ kind: "lines", lines: clip(land, true), thickness: 1.2, stroke: COLOURS.coast });
  shapes.push({ kind: "lines", lines: clip(borders, false), thickness: 0.9, stroke: COLOURS.coast });
}

/** [height][width] of RGBA: what has no result is hatched, and so, the other way, is what is uncertain. */
function paintCells(
  { header, latitudes, longitudes }: Source,
  picture: Picture,
  uncertain: Uint8Array | null,
  width: number,
  height: number,
): Uint8Array {
  const { columns, rows, west, east, south, north, reach } = header.raster;
  const cellOf = new Int32Array(columns * rows).fill(-1);
  const away = new Float32Array(reach > 0 ? columns * rows : 0).fill(Number.POSITIVE_INFINITY);
  for (let cell = 0; cell < header.cells; cell++) {
    const column = Math.floor(((longitudes[cell]! - west) / (east - west)) * columns);
    const row = Math.floor(((north - latitudes[cell]!) / (north - south)) * rows);
    for (let y = Math.max(0, row - reach); y <= Math.min(rows - 1, row + reach); y++) {
      for (let x = Math.max(0, column - reach); x <= Math.min(columns - 1, column + reach); x++) {
        const distance = Math.hypot(x - column, y - row);
        if (reach > 0 && (distance > reach || distance >= away[y * columns + x]!)) continue;
        if (reach > 0) away[y * columns + x] = distance;
        cellOf[y * columns + x] = cell;
      }
    }
  }
  const table = colourTable(picture, [0, CODES], COLOURS.notApplicable);
  const words = new Uint32Array(width * height);
  const hatch = 0xff000000 | Number.parseInt(COLOURS.hatch.slice(1).match(/../g)!.reverse().join(""), 16);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) / height) * rows) * columns;
    for (let x = 0; x < width; x++) {
      const cell = cellOf[row + Math.floor(((x + 0.5) / width) * columns)]!;
      if (cell === -1) continue;
      const code = picture.codes[cell]!;
      words[y * width + x] = table[code]!;
      if (code === MISSING && (x + y) % HATCH_STEP === 0) words[y * width + x] = hatch;
      else if (
        code > NOT_APPLICABLE &&
        (uncertain?.[cell] ?? 0) > 0 &&
        (x - y + HATCH_STEP * height) % HATCH_STEP === 0
      )
        words[y * width + x] = 0x66000000;
    }
  }
  return new Uint8Array(words.buffer);
}

/** Returns where the next line may begin. */
function drawLegend(
  shapes: Shape[],
  left: number,
  top: number,
  inner: number,
  size: number,
  picture: Picture,
  hasUncertain: boolean,
  { unit, format }: ReturnType<typeof legendUnit>,
  translate: ReturnType<typeof makeTranslate>,
): number {
  const width = Math.round(0.6 * inner);
  const height = Math.round(1.1 * size);
  const steps = lastCode(picture) - 1;
  const pixels = new Uint8Array(4 * width * height);
  for (let x = 0; x < width; x++) {
    const position = Math.floor((x / width) * steps) / Math.max(1, steps - 1);
    const [red, green, blue] = rgbOf(colourAt(picture.measure, Math.min(1, position)));
    for (let y = 0; y < height; y++) pixels.set([red, green, blue, 255], 4 * (y * width + x));
  }
  const y = Math.round(top);
  shapes.push({ kind: "image", pixels, x: left, y, width, height });
  const text = (
    words: string,
    x: number,
    line: number,
    anchor: "start" | "middle" | "end",
    weight: Weight = "regular",
  ) => shapes.push({ kind: "text", text: words, x, y: line, size: 0.9 * size, weight, anchor, fill: COLOURS.ink });
  const below = y + height + 1.1 * size;
  for (const { value, position } of legendMarks(picture)) {
    const x = left + position * width;
    shapes.push({ kind: "rings", rings: [rectangle(x - 0.75, y + height, 1.5, 0.25 * size)], fill: COLOURS.ink });
    text(format(value), x, below, position < 0.03 ? "start" : position > 0.97 ? "end" : "middle");
  }
  text(unit, left + width + size, y + 0.9 * height, "start", "bold");
  let next = below;
  if (picture.measure === "score") {
    next += 1.2 * size;
    for (const [at, level] of LEVELS.entries())
      text(translate(`level_${level}`), left + ((at + 0.5) * width) / LEVELS.length, next, "middle");
  }
  const keys = [
    ...(picture.codes.includes(NOT_APPLICABLE) ? [[COLOURS.notApplicable, translate("notApplicable")] as const] : []),
    ...(picture.codes.includes(MISSING) ? [[COLOURS.land, translate("missing")] as const] : []),
    ...(hasUncertain ? [[COLOURS.paper, translate("uncertain")] as const] : []),
  ];
  let line = below;
  for (const [fill, words] of keys) {
    const x = left + width + size;
    const box = rectangle(x, line - 0.8 * size, 1.6 * size, 0.9 * size);
    shapes.push({ kind: "rings", rings: [box], fill });
    if (fill !== COLOURS.notApplicable) {
      const [low, high] = [line + 0.1 * size, line - 0.8 * size];
      const [from, to] = fill === COLOURS.paper ? [high, low] : [low, high];
      const slopes = [0, 1, 2, 3].map((at) => [x + 0.4 * at * size, from, x + 0.4 * (at + 1) * size, to]);
      shapes.push({ kind: "lines", lines: slopes, thickness: 1.2, stroke: COLOURS.hatch });
    }
    text(words, x + 2 * size, line, "start");
    line += 1.2 * size;
  }
  return Math.max(next, line - 1.2 * size);
}

async function uncertainOf(source: Source, { risk, scenario, period, measure }: MapChoice): Promise<Uint8Array | null> {
  return measure === "score" ? source.layer(layerName("uncertain", risk, scenario, period)) : null;
}

function sourceOf({ header, places, layers }: ReportContents): Source {
  return {
    header,
    latitudes: places.subarray(0, header.cells),
    longitudes: places.subarray(header.cells),
    districts: null,
    sites: null,
    layer: (name) => Promise.resolve(layers.get(name) ?? null),
    detail: () => Promise.resolve(null),
    isLive: false,
    onReplaced: () => undefined,
  };
}

function plainText(html: string): string {
  return html.replaceAll(/<[^>]*>/g, "").replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
}

function rgbOf(colour: string): readonly [number, number, number] {
  const [red, green, blue] = colour.startsWith("#")
    ? colour
        .slice(1)
        .match(/../g)!
        .map((part) => Number.parseInt(part, 16))
    : colour.match(/\d+/g)!.map(Number);
  return [red!, green!, blue!];
}

function rectangle(x: number, y: number, width: number, height: number): Ring {
  return [x, y, x + width, y, x + width, y + height, x, y + height];
}

/** A ring cut to a box: Sutherland and Hodgman (1974). */
function clipRing(ring: Ring, { x, y, width, height }: Box): Ring {
  const edges = [
    { axis: 0, keeps: (value: number) => value >= x, at: x },
    { axis: 0, keeps: (value: number) => value <= x + width, at: x + width },
    { axis: 1, keeps: (value: number) => value >= y, at: y },
    { axis: 1, keeps: (value: number) => value <= y + height, at: y + height },
  ] as const;
  let points = Array.from({ length: ring.length / 2 }, (_, at) => [ring[2 * at]!, ring[2 * at + 1]!] as const);
  for (const { axis, keeps, at } of edges) {
    points = points.flatMap((point, i) => {
      const before = points[(i + points.length - 1) % points.length]!;
      const kept: (readonly [number, number])[] = [];
      if (keeps(point[axis]) !== keeps(before[axis])) {
        const along = (at - before[axis]) / (point[axis] - before[axis]);
        const other = before[1 - axis]! + along * (point[1 - axis]! - before[1 - axis]!);
        kept.push(axis === 0 ? [at, other] : [other, at]);
      }
      if (keeps(point[axis])) kept.push(point);
      return kept;
    });
  }
  return points.flat();
}

/** The parts of a line that are inside a box, point by point: Liang and Barsky (1984). */
function clipLine(line: Ring, { x, y, width, height }: Box): Ring[] {
  const parts: number[][] = [];
  let open: number[] | null = null;
  for (let at = 0; at + 3 < line.length; at += 2) {
    const [x0, y0, x1, y1] = [line[at]!, line[at + 1]!, line[at + 2]!, line[at + 3]!];
    let [from, to] = [0, 1];
    for (const [step, room] of [
      [x0 - x1, x0 - x],
      [x1 - x0, x + width - x0],
      [y0 - y1, y0 - y],
      [y1 - y0, y + height - y0],
    ] as const) {
      if (step === 0 && room < 0) to = -1;
      else if (step < 0) from = Math.max(from, room / step);
      else if (step > 0) to = Math.min(to, room / step);
    }
    if (from > to) {
      open = null;
      continue;
    }
    const end = [x0 + to * (x1 - x0), y0 + to * (y1 - y0)];
    if (open === null || from > 0) parts.push((open = [x0 + from * (x1 - x0), y0 + from * (y1 - y0)]));
    open.push(...end);
    if (to < 1) open = null;
  }
  return parts;
}
