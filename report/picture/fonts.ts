// Text as outlines of Noto Sans, so that a picture needs no font of the machine it is made on.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import opentype from "opentype.js";
import type { Ring } from "./canvas.ts";

interface Glyphs {
  getAdvanceWidth(text: string, size: number): number;
  getPath(text: string, x: number, y: number, size: number): { readonly commands: readonly Command[] };
}

interface Command {
  readonly type: "M" | "L" | "C" | "Q" | "Z";
  readonly x: number;
  readonly y: number;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Straight lines for a curve of a letter. */
const CURVE_STEPS = 6;
const WEIGHTS = { regular: "400", bold: "700" } as const;
export type Weight = keyof typeof WEIGHTS;
const opened = new Map<Weight, Glyphs>();

function glyphsOf(weight: Weight): Glyphs {
  let glyphs = opened.get(weight);
  if (glyphs === undefined) opened.set(weight, (glyphs = load(WEIGHTS[weight])));
  return glyphs;
}

function load(weight: string): Glyphs {
  const file = createRequire(import.meta.url).resolve(
    `@fontsource/noto-sans/files/noto-sans-latin-${weight}-normal.woff`,
  );
  const { buffer, byteOffset, length } = readFileSync(file);
  return opentype.parse(buffer.slice(byteOffset, byteOffset + length));
}

export function widthOf(text: string, size: number, weight: Weight): number {
  return glyphsOf(weight).getAdvanceWidth(text, size);
}

/** `y` is the line that letters are on. */
export function outlinesOf(text: string, x: number, y: number, size: number, weight: Weight): Ring[] {
  const rings: number[][] = [];
  let ring: number[] = [];
  let [fromX, fromY] = [0, 0];
  for (const command of glyphsOf(weight).getPath(text, x, y, size).commands) {
    if (command.type === "M") rings.push((ring = [command.x, command.y]));
    else if (command.type === "L") ring.push(command.x, command.y);
    else if (command.type !== "Z") {
      const { type, x: toX, y: toY, x1, y1 } = command;
      const [x2, y2] = type === "C" ? [command.x2, command.y2] : [x1, y1];
      for (let step = 1; step <= CURVE_STEPS; step++) {
        const t = step / CURVE_STEPS;
        const u = 1 - t;
        const bend = (from: number, one: number, two: number, to: number) =>
          type === "C"
            ? u ** 3 * from + 3 * u * u * t * one + 3 * u * t * t * two + t ** 3 * to
            : u * u * from + 2 * u * t * one + t * t * to;
        ring.push(bend(fromX, x1, x2, toX), bend(fromY, y1, y2, toY));
      }
    }
    if (command.type !== "Z") [fromX, fromY] = [command.x, command.y];
  }
  return rings;
}

/** Lines of words that are no wider than `width`. */
export function breakLines(text: string, width: number, size: number, weight: Weight): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && widthOf(longer, size, weight) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
