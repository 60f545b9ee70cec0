// An attribute of all cells from one raster or from several that lie side by side, by the rule that suits the attribute.
import type { Place } from "../../database/gridCells.ts";
import { ATTRIBUTES, type Attribute, type AttributeDescription, type OfPixels } from "../../model/attributes.ts";
import { RejectedError } from "../../model/errors.ts";
import { openFile } from "../formats/formats.ts";
import { readNumberText } from "../formats/numberText.ts";
import type { RasterFile } from "../formats/rasterFile.ts";
import { makeCellAreas } from "./cellAreas.ts";
import { type AreaRule, AreaValues } from "./rasterAreas.ts";
import { sampleRaster } from "./rasterAttributes.ts";

export interface RasterOptions {
  /** undefined: what suits the attribute. */
  readonly by: OfPixels | undefined;
  /** Texts of numbers; the value is their share. */
  readonly classes: readonly string[];
  readonly missing: readonly string[];
  /** Of the values, where the files do not say; undefined: as the files say. */
  readonly unit: string | undefined;
}

export interface RasterValues {
  /** [places] NaN: none */
  readonly values: Float64Array;
  readonly by: OfPixels | "share";
  /** Whether pixels are stored in 8 bits without a sign, and whether all that were used are whole numbers. */
  readonly isByte: boolean;
  readonly isWhole: boolean;
}

export async function readRasters(
  files: readonly string[],
  attribute: Attribute,
  places: readonly Place[],
  options: RasterOptions,
  signal: AbortSignal,
): Promise<RasterValues> {
  const { ofPixels = "mean" }: AttributeDescription = ATTRIBUTES[attribute];
  const classes = readClasses(options, attribute);
  const wanted = classes === undefined ? (options.by ?? ofPixels) : "share";
  const areas = wanted === "centre" ? null : makeCellAreas(places);
  if (areas === null && wanted !== "centre" && (classes !== undefined || options.by !== undefined)) {
    throw new RejectedError(
      "IrregularGrid",
      `${classes === undefined ? "--by" : "--classes"}: the ${places.length} cells are scattered, as stations are, and have no areas. Give --by centre, or the values in a CSV.`,
    );
  }
  const by = areas === null ? "centre" : wanted;
  const area = areas === null ? null : new AreaValues(places, areas, attribute, ruleOf(by, classes));
  const centres = new Float64Array(places.length).fill(Number.NaN);
  let isByte = false;
  for (const file of files) {
    const raster = await openFile(file, "raster", signal);
    try {
      const { unit = raster.unit } = options;
      const read: RasterFile = { ...raster, unit };
      isByte ||= raster.isByte;
      if (area !== null) await area.add(read, options.missing);
      else {
        const found = await sampleRaster(read, attribute, places, options.missing);
        found.forEach((value, at) => {
          if (Number.isNaN(centres[at])) centres[at] = value;
        });
      }
    } finally {
      raster.close();
    }
  }
  if (area !== null) return { values: area.finish(), by, isByte, isWhole: area.isWhole };
  return { values: centres, by, isByte, isWhole: centres.every((one) => Number.isNaN(one) || Number.isInteger(one)) };
}

function ruleOf(by: RasterValues["by"], classes: ReadonlySet<number> | undefined): AreaRule {
  if (classes !== undefined) return { classes };
  if (by === "mean" || by === "majority" || by === "highest") return by;
  throw new Error(`"${by}" is no rule for areas`);
}

function readClasses({ by, classes }: RasterOptions, attribute: Attribute): ReadonlySet<number> | undefined {
  if (classes.length === 0) return undefined;
  const { unit, max }: AttributeDescription = ATTRIBUTES[attribute];
  if (by !== undefined || unit !== "1" || max !== 1) {
    throw new RejectedError(
      "InvalidOption",
      by !== undefined
        ? `--classes and --by ${by} exclude each other: --classes makes the value the share of the classes.`
        : `--classes: a share is a fraction from 0 to 1, but ${attribute} is ${unit === "1" ? "a number" : `in ${unit}`}. Give --by, or another attribute.`,
    );
  }
  return new Set(
    classes.map((text) => {
      const number = readNumberText(text);
      if (number !== undefined && !Number.isNaN(number)) return number;
      throw new RejectedError("InvalidOption", `--classes expects numbers such as 50,60, but got "${text}".`);
    }),
  );
}
