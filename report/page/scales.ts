// Colours of codes, and the marks of a legend. Cividis and PuOr can be read with every kind of colour vision.
import { interpolateCividis, interpolatePuOr } from "d3-scale-chromatic";
import type { Measure } from "./pageState.ts";
import { decode, encode, MISSING, NOT_APPLICABLE, type Scale } from "./reportData.ts";

export const CODES = 256;

/** What is drawn: a code for each cell, and what codes mean. */
export interface Picture {
  readonly measure: Measure;
  readonly codes: Uint8Array;
  readonly scale: Scale;
  /** Highest share of the scale that is used, so that the score's scale ends at 100. */
  readonly top: number;
}

export function isDiverging(measure: Measure): boolean {
  return measure === "change" || measure === "scenarios";
}

/** 0 to 1 along the colours. */
function positionOf(code: number, { scale, top }: Pick<Picture, "scale" | "top">): number {
  const end = encode(top, scale);
  return Math.min(1, Math.max(0, (code - 2) / Math.max(1, end - 2)));
}

export function colourAt(measure: Measure, position: number): string {
  // Purple is less, orange is more; the middle of PuOr is nearly white.
  return isDiverging(measure) ? interpolatePuOr(position) : interpolateCividis(position);
}

/** [256] as ImageData holds them in little-endian bytes; codes outside `shown` are faint. */
export function colourTable(picture: Picture, shown: readonly [number, number], notApplicable: string): Uint32Array {
  const table = new Uint32Array(CODES);
  for (let code = 0; code < CODES; code++) {
    if (code === MISSING) continue;
    if (code === NOT_APPLICABLE) table[code] = pack(notApplicable, 255);
    else {
      const inside = code >= shown[0] && code <= shown[1];
      table[code] = inside ? pack(colourAt(picture.measure, positionOf(code, picture)), 255) : 0x10808080;
    }
  }
  return table;
}

function pack(colour: string, alpha: number): number {
  const hex = /^#(..)(..)(..)$/.exec(colour);
  const [red, green, blue] = hex
    ? hex.slice(1).map((part) => Number.parseInt(part, 16))
    : (/(\d+),\s*(\d+),\s*(\d+)/.exec(colour)?.slice(1).map(Number) ?? [0, 0, 0]);
  return ((alpha << 24) | (blue! << 16) | (green! << 8) | red!) >>> 0;
}

/** How many cells have each code. */
export function countCodes(codes: Uint8Array): Uint32Array {
  const counts = new Uint32Array(CODES);
  for (const code of codes) counts[code]!++;
  return counts;
}

/** Values to mark on the legend, with their place from 0 to 1. */
export function legendMarks({ measure, scale, top }: Picture): { readonly value: number; readonly position: number }[] {
  const mark = (value: number) => ({ value, position: positionOf(encode(value, scale), { scale, top }) });
  if (measure === "score") return [0, 20, 40, 60, 80, 100].map(mark);
  if (measure === "probability") return [0, 0.25, 0.5, 0.75, 1].map(mark);
  if (isDiverging(measure)) return [-top, -top / 2, 0, top / 2, top].map(mark);
  if (scale.kind === "log") {
    const marks = [];
    const { min, max } = scale;
    const steps = Math.log10(max / min) > 3 ? [1] : [1, 3];
    for (let decade = 10 ** Math.floor(Math.log10(min)); decade <= max; decade *= 10) {
      marks.push(...steps.map((step) => step * decade).filter((value) => value >= min * 1.01 && value <= max * 0.99));
    }
    return [{ value: 0, position: 0 }, ...marks.map(mark).filter(({ position }) => position > 0.08)];
  }
  const step = niceStep((scale.max - scale.min) / 4);
  const marks = [];
  for (let value = Math.ceil(scale.min / step) * step; value <= scale.max + step / 1e6; value += step) {
    marks.push(mark(Number(value.toPrecision(12))));
  }
  return marks;
}

export function niceStep(step: number): number {
  if (!(step > 0)) return 1;
  const decade = 10 ** Math.floor(Math.log10(step));
  return decade * ([1, 2, 5, 10].find((nice) => nice >= step / decade) ?? 10);
}

export function median(picture: Picture): number {
  const counts = countCodes(picture.codes);
  counts[MISSING] = 0;
  counts[NOT_APPLICABLE] = 0;
  const half = counts.reduce((sum, count) => sum + count, 0) / 2;
  let passed = 0;
  for (let code = 0; code < CODES; code++) {
    passed += counts[code]!;
    if (passed > 0 && passed >= half) return decode(code, picture.scale);
  }
  return Number.NaN;
}
