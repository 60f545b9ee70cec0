// Ground attributes of cells from CSV, GeoTIFF, GeoJSON or shapefiles into the database; sea-flooding paths follow when they are affected.
import type { Client } from "pg";
import { type AttributeOutcome, readGridPlaces, writeAttributes } from "../../database/cellAttributes.ts";
import { readGridStep } from "../../database/gridCells.ts";
import { readGround } from "../../database/seaConnections.ts";
import { ATTRIBUTES, type Attribute, type OfPixels } from "../../model/attributes.ts";
import { RejectedError } from "../../model/errors.ts";
import { chooseFormat, openFile } from "../formats/formats.ts";
import { type ConnectedSea, connectSea, isConnectable } from "../sea/connectSea.ts";
import { readNumberStyle } from "../series/readingOptions.ts";
import { readAttributeName } from "./attributeNames.ts";
import { type GivenAttributes, readCsvAttributes, readMap } from "./csvAttributes.ts";
import { samplePolygons } from "./polygonAttributes.ts";
import { readRasters } from "./readRasters.ts";
import { refuseUnlikelyElevations } from "./unlikelyElevations.ts";

export interface AttributeWords {
  readonly file: readonly string[];
  readonly grid: string;
  readonly map: readonly string[];
  readonly attribute: string | undefined;
  readonly property: string | undefined;
  readonly inside: number;
  readonly outside: number | undefined;
  readonly missing: readonly string[];
  /** Of rasters: what a cell takes of its pixels; undefined: what suits the attribute. */
  readonly by?: OfPixels | undefined;
  /** Of rasters: the value is the share of these classes. */
  readonly classes?: readonly string[] | undefined;
  /** Of a raster's values, where its file does not say. */
  readonly unit?: string | undefined;
  readonly decimal?: "." | ",";
  readonly thousands?: string | undefined;
  readonly addCells: boolean;
  readonly failRunningBatches: boolean;
}

export interface ValueRange {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

export interface LoadedAttributes extends AttributeOutcome {
  readonly grid: string;
  readonly places: number;
  /** How many places have each. */
  readonly attributes: Readonly<Record<string, number>>;
  /** Of the values in the files, in the attribute's unit. */
  readonly ranges: Readonly<Record<string, ValueRange>>;
  /** What each cell took of the pixels of a raster; null for other files. */
  readonly by: OfPixels | "share" | null;
  /** null: none of them changed, or the grid has no elevations, no sea cells or no rows and columns. */
  readonly sea: ConnectedSea | null;
}

export async function loadAttributes(
  client: Client,
  words: AttributeWords,
  signal: AbortSignal,
): Promise<LoadedAttributes> {
  const { grid, failRunningBatches } = words;
  const { by = null, ...given } = await readGiven(client, words, signal);
  const attributes: Record<string, number> = {};
  const ranges: Record<string, ValueRange> = {};
  for (const known of given.values) {
    for (const [name, value] of Object.entries(known)) {
      const count = (attributes[name] = (attributes[name] ?? 0) + 1);
      const { min, mean, max } = ranges[name] ?? { min: value, mean: 0, max: value };
      ranges[name] = { min: Math.min(min, value), mean: mean + (value - mean) / count, max: Math.max(max, value) };
    }
  }
  const outcome = await writeAttributes(client, { grid, ...given, addCells: words.addCells, failRunningBatches });
  const touchesSea = "elevation" in attributes || "landFraction" in attributes;
  const isChanged = outcome.cellsChanged > 0 || outcome.cellsAdded > 0;
  const cells = touchesSea && isChanged ? await readGround(client, grid) : [];
  const sea = isConnectable(cells, grid) ? await connectSea(client, grid, failRunningBatches) : null;
  return { grid, places: given.places.length, attributes, ranges, by, ...outcome, sea };
}

interface ReadAttributes extends GivenAttributes {
  readonly by?: OfPixels | "share";
}

async function readGiven(client: Client, words: AttributeWords, signal: AbortSignal): Promise<ReadAttributes> {
  const { file: files, grid, map, classes = [] } = words;
  const missing = words.missing.map((mark) => mark.trim());
  const [file] = files;
  const { kind } = await chooseFormat(file!, "table", "raster", "polygons");
  if (kind !== "raster") {
    refuseOption(words.by, "--by", "It is for rasters.");
    if (classes.length > 0) refuseOption(classes.join(), "--classes", "It is for rasters.");
  }
  if (kind === "table") {
    refuseOption(words.unit, "--unit", "A CSV file may name units in its header: elevation (m).");
    refuseOption(words.attribute, "--attribute", "A CSV file names its attributes in its header, or by --map.");
    const stepDegrees = await readGridStep(client, grid);
    return readCsvAttributes(
      files,
      { map: readMap(map), missing, numbers: readNumberStyle(words), stepDegrees },
      signal,
    );
  }
  if (files.length > 1 && kind === "polygons") {
    throw new RejectedError(
      "InvalidOption",
      `${file} is read alone, but ${files.length} files are given. Give one at a time.`,
    );
  }
  if (words.attribute === undefined) {
    throw new RejectedError(
      "InvalidOption",
      `Missing --attribute: which attribute the values of ${file} are, such as elevation.`,
    );
  }
  refuseOption(map.length > 0 ? map.join() : undefined, "--map", "Name the attribute by --attribute.");
  const attribute = readAttributeName(words.attribute, "--attribute");
  const places = await readGridPlaces(client, grid);
  const { property = null, inside, outside = property === null ? 0 : null } = words;
  const { unit: canonical } = ATTRIBUTES[attribute];
  if (words.unit !== undefined && words.unit !== canonical) {
    throw new RejectedError(
      "InvalidOption",
      `--unit: expected ${canonical}, in which ${attribute} is stored, found "${words.unit}". Convert the raster first: gdal_calc.py.`,
    );
  }
  if (kind === "polygons") {
    refuseOption(words.unit, "--unit", "It is for rasters.");
    const polygons = await openFile(file!, "polygons");
    const values = samplePolygons(file!, polygons, attribute, places, { property, inside, outside });
    return withValues(places, attribute, values, file!);
  }
  const { by, unit } = words;
  const read = await readRasters(files, attribute, places, { by, classes, missing, unit }, signal);
  const given = withValues(places, attribute, read.values, file!);
  if (attribute === "elevation") {
    const known = given.values.map(({ elevation }) => elevation!);
    refuseUnlikelyElevations({ file: file!, ...read }, given.places, known, unit !== undefined);
  }
  return { ...given, by: read.by };
}

function withValues(
  places: GivenAttributes["places"],
  attribute: Attribute,
  values: Float64Array,
  file: string,
): GivenAttributes {
  const known = [...values.keys()].filter((at) => !Number.isNaN(values[at]!));
  if (known.length === 0) {
    throw new RejectedError(
      "NoCells",
      `${file} has a value for none of the ${places.length} cells; the first is at ${places[0]!.latitude}, ${places[0]!.longitude}. Does it cover the grid, in degrees?`,
    );
  }
  return { places: known.map((at) => places[at]!), values: known.map((at) => ({ [attribute]: values[at]! })) };
}

function refuseOption(value: string | undefined, option: string, hint: string): void {
  if (value !== undefined)
    throw new RejectedError("InvalidOption", `${option} ${value} does not go with this file. ${hint}`);
}
