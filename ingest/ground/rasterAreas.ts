// One attribute from the pixels in the area of each cell: their mean, the value of most of the area, the highest, or the share of
// some classes. A pixel counts by its area; where cells are few pixels wide, a pixel is divided among them.
import type { Place } from "../../database/gridCells.ts";
import { ATTRIBUTES, type Attribute, type AttributeDescription } from "../../model/attributes.ts";
import { RejectedError } from "../../model/errors.ts";
import type { RasterFile } from "../formats/rasterFile.ts";
import { checkAttribute } from "./attributeNames.ts";
import type { CellAreas } from "./cellAreas.ts";
import { makePixelReader, refuseUnit, systemOf, windowSize } from "./rasterPixels.ts";

/** How pixels become one value; classes: the share of the area that has one of them. */
export type AreaRule = "mean" | "majority" | "highest" | { readonly classes: ReadonlySet<number> };

const TURN = 360;
const RADIANS = Math.PI / 180;
/** Parts that a cell is at least divided into along each side. */
const LEAST_PARTS = 8;
const ROUNDING = 1e-6;
/** More are no classes. */
const MOST_CLASSES = 1 << 16;
const MOST_SHOWN = 12;
/** More parts of a pixel along each side take too long. */
const MOST_PARTS = 1000;
/** More windows are days of work, or a file that lies about its size. */
const MOST_WINDOWS = 1e6;

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The values of all cells, from one raster or from several that lie side by side. */
export class AreaValues {
  readonly #places: readonly Place[];
  readonly #areas: CellAreas;
  readonly #attribute: Attribute;
  readonly #rule: AreaRule;
  /** [cells] known area */
  readonly #weights: Float64Array;
  /** [cells] the first value of a mean, to which further ones are compared; the highest; the area of the classes. */
  readonly #values: Float64Array;
  /** [cells] area times the distance to that first value */
  readonly #excess: Float64Array;
  /** Each value of a majority, numbered as it is met, and the area that it has of a cell. */
  readonly #classes = new Map<number, number>();
  readonly #classAreas = new Map<number, number>();
  /** Whether every pixel was a whole number. */
  isWhole = true;

  constructor(places: readonly Place[], areas: CellAreas, attribute: Attribute, rule: AreaRule) {
    this.#places = places;
    this.#areas = areas;
    this.#attribute = attribute;
    this.#rule = rule;
    this.#weights = new Float64Array(places.length);
    this.#values = new Float64Array(places.length).fill(rule === "highest" ? Number.NEGATIVE_INFINITY : 0);
    this.#excess = new Float64Array(places.length);
  }

  /** Adds the pixels of a raster; throws RejectedError for a value that the attribute cannot have. */
  async add(raster: RasterFile, missing: readonly string[]): Promise<void> {
    if (typeof this.#rule === "string") refuseUnit(raster, this.#attribute);
    const { west, north, columnStep, rowStep } = raster;
    const projection = systemOf(raster);
    const inDegrees = projection?.isGeographic ?? true;
    const read = makePixelReader(raster, missing);
    const { boxes, pixelsAcross } = this.#findWindows(raster);
    const parts = Math.max(1, Math.ceil(LEAST_PARTS / pixelsAcross - ROUNDING));
    if (parts > MOST_PARTS) throw tooCoarse(raster, pixelsAcross);
    const partArea = Math.abs(columnStep * rowStep) / parts ** 2;
    for (const { left, top, right, bottom } of boxes) {
      const stored = await raster.readWindow(left, top, right, bottom);
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const pixel = Number(stored[(row - top) * (right - left) + column - left]);
          const value = read(pixel);
          if (Number.isNaN(value)) continue;
          for (let i = 0; i < parts; i++) {
            const y = north + (row + (i + 0.5) / parts) * rowStep;
            for (let j = 0; j < parts; j++) {
              const x = west + (column + (j + 0.5) / parts) * columnStep;
              const [longitude, latitude] = projection === undefined ? [x, y] : projection.toDegrees(x, y);
              const at = this.#areas.find(latitude, longitude);
              if (at === -1) continue;
              // Meridians draw near to each other toward the poles; projections keep areas alike within a cell.
              this.#count(raster, at, value, pixel, inDegrees ? partArea * Math.cos(latitude * RADIANS) : partArea);
            }
          }
        }
      }
    }
  }

  /** [cells] NaN where no pixel has a value; of values that fill equal areas the least is the majority. */
  finish(): Float64Array {
    if (this.#rule === "majority") return this.#findMajorities();
    const weights = this.#weights;
    if (typeof this.#rule !== "string") this.#refuseUnknownClasses(this.#rule.classes);
    return this.#values.map((value, at) => {
      if (weights[at] === 0) return Number.NaN;
      if (this.#rule === "highest") return value;
      // Parts that are added up may be more than their whole by a rounding.
      return this.#rule === "mean" ? value + this.#excess[at]! / weights[at]! : Math.min(1, value / weights[at]!);
    });
  }

  #count(raster: RasterFile, at: number, value: number, pixel: number, area: number): void {
    const rule = this.#rule;
    if (typeof rule !== "string") {
      this.#numberOf(raster, value);
      if (rule.classes.has(value)) this.#values[at]! += area;
    } else {
      const { min, max, whole = false }: AttributeDescription = ATTRIBUTES[this.#attribute];
      const isWhole = Number.isInteger(value);
      if (value < min || value > max || (whole && !isWhole)) {
        const { latitude, longitude } = this.#places[at]!;
        checkAttribute(this.#attribute, value, String(pixel), `${raster.file} around ${latitude}, ${longitude}`);
      }
      if (!isWhole) this.isWhole = false;
      if (rule === "highest") this.#values[at] = Math.max(this.#values[at]!, value);
      else if (rule === "mean") {
        if (this.#weights[at] === 0) this.#values[at] = value;
        this.#excess[at]! += area * (value - this.#values[at]!);
      } else {
        const key = at * MOST_CLASSES + this.#numberOf(raster, value);
        this.#classAreas.set(key, (this.#classAreas.get(key) ?? 0) + area);
      }
    }
    this.#weights[at]! += area;
  }

  #numberOf(raster: RasterFile, value: number): number {
    const known = this.#classes.get(value);
    if (known !== undefined) return known;
    const number = this.#classes.size;
    if (number === MOST_CLASSES) {
      throw new RejectedError(
        "NoClasses",
        `${raster.file} has more than ${MOST_CLASSES.toLocaleString("en")} different values; expected classes, such as of land cover. For amounts give --by mean.`,
      );
    }
    this.#classes.set(value, number);
    return number;
  }

  #findMajorities(): Float64Array {
    const values = new Float64Array(this.#places.length).fill(Number.NaN);
    const most = new Float64Array(this.#places.length);
    const names = [...this.#classes.keys()];
    for (const [key, area] of this.#classAreas) {
      const [at, value] = [Math.floor(key / MOST_CLASSES), names[key % MOST_CLASSES]!];
      if (area < most[at]! || (area === most[at] && value > values[at]!)) continue;
      [most[at], values[at]] = [area, value];
    }
    return values;
  }

  #refuseUnknownClasses(classes: ReadonlySet<number>): void {
    const unknown = [...classes].find((one) => !this.#classes.has(one));
    const found = [...this.#classes.keys()].sort((a, b) => a - b);
    if (unknown === undefined || found.length === 0) return;
    const shown = `${found.slice(0, MOST_SHOWN).join(", ")}${found.length > MOST_SHOWN ? ", …" : ""}`;
    throw new RejectedError(
      "NoClasses",
      `--classes: no pixel in the cells has the class ${unknown}; found ${shown}. Give classes as the raster numbers them.`,
    );
  }

  /** Windows of pixels that hold all cells, and how many pixels the shorter side of most cells has. */
  #findWindows(raster: RasterFile): { readonly boxes: readonly Box[]; readonly pixelsAcross: number } {
    const { rows, columns } = windowSize(raster);
    const windows = new Map<number, Box>();
    const sides: number[] = [];
    const boxOf = makeBoxFinder(raster, this.#areas);
    const add = (box: Box) => {
      const across = ((box.bottom - box.top) / rows + 1) * ((box.right - box.left) / columns + 1);
      if (across > MOST_WINDOWS || windows.size > MOST_WINDOWS) throw tooLarge(raster);
      for (let row = Math.floor(box.top / rows); row * rows < box.bottom; row++) {
        for (let column = Math.floor(box.left / columns); column * columns < box.right; column++) {
          const key = row * 2 ** 26 + column;
          const known = windows.get(key);
          windows.set(key, {
            left: Math.min(known?.left ?? raster.width, Math.max(box.left, column * columns)),
            top: Math.min(known?.top ?? raster.height, Math.max(box.top, row * rows)),
            right: Math.max(known?.right ?? 0, Math.min(box.right, (column + 1) * columns)),
            bottom: Math.max(known?.bottom ?? 0, Math.min(box.bottom, (row + 1) * rows)),
          });
        }
      }
    };
    for (const [at, place] of this.#places.entries()) {
      for (const { box, side } of boxOf(place, at)) {
        sides.push(side);
        add(box);
      }
    }
    const boxes = [...windows].sort(([a], [b]) => a - b).map(([, box]) => box);
    // Of a cell at a pole one side has no length.
    return { boxes, pixelsAcross: sides.sort((a, b) => a - b)[Math.floor(sides.length / 2)] ?? 1 };
  }
}

function tooCoarse({ file }: RasterFile, pixelsAcross: number): RejectedError {
  return new RejectedError(
    "TooCoarse",
    `${file}: a pixel is ${Math.round(1 / pixelsAcross).toLocaleString("en")} times as wide as a cell; at most ${MOST_PARTS / LEAST_PARTS} times are divided among the cells. Give --by centre.`,
  );
}

function tooLarge({ file, width, height }: RasterFile): RejectedError {
  return new RejectedError(
    "TooLarge",
    `${file}: the cells lie in more of its ${width} x ${height} pixels than can be read. Make it coarser first: gdalwarp -tr, or give --by centre.`,
  );
}

/** Boxes of pixels in which a cell lies: two where a raster in degrees begins within it; none outside. */
function makeBoxFinder(
  raster: RasterFile,
  areas: CellAreas,
): (place: Place, at: number) => readonly { readonly box: Box; readonly side: number }[] {
  const { west, north, columnStep, rowStep, width, height } = raster;
  const projection = systemOf(raster);
  const inDegrees = projection?.isGeographic ?? true;
  const turns = inDegrees ? [-TURN, 0, TURN] : [0];
  return (place, at) => {
    const half = areas.halfSize(at);
    const corners = [-1, 0, 1].flatMap((up) =>
      [-1, 0, 1].map((right) => {
        const latitude = Math.max(-90, Math.min(90, place.latitude + up * half.latitude));
        const longitude = place.longitude + right * half.longitude;
        return projection?.fromDegrees(longitude, latitude) ?? ([longitude, latitude] as const);
      }),
    );
    const [firstX] = corners[4]!;
    // A projection in degrees returns longitudes of one turn.
    const xs = corners.map(([x]) => (inDegrees ? firstX + ((((x - firstX + 180) % TURN) + TURN) % TURN) - 180 : x));
    const columns = xs.map((x) => (x - west) / columnStep).filter(Number.isFinite);
    const rows = corners.map(([, y]) => (y - north) / rowStep).filter(Number.isFinite);
    if (columns.length === 0 || rows.length === 0) return [];
    const [left, right] = [Math.min(...columns), Math.max(...columns)];
    const [top, bottom] = [Math.min(...rows), Math.max(...rows)];
    const side = Math.min(right - left, bottom - top);
    return turns.flatMap((turn) => {
      const shift = turn / columnStep;
      // A pixel more on each side: the sides of a cell are curved in a projection.
      const box = {
        left: Math.max(0, Math.floor(left + shift) - 1),
        top: Math.max(0, Math.floor(top) - 1),
        right: Math.min(width, Math.ceil(right + shift) + 1),
        bottom: Math.min(height, Math.ceil(bottom) + 1),
      };
      return box.left < box.right && box.top < box.bottom ? [{ box, side }] : [];
    });
  };
}
