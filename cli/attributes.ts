// `climatebatch attributes`: what is known of cells beside their climate, from CSV, GeoTIFF or GeoJSON.
// Reading stands in ingest/ground/, writing in database/cellAttributes.ts.
import type { Client } from "pg";
import type { Argv } from "yargs";
import { type AttributeOutcome, readGridPlaces, writeAttributes } from "../database/cellAttributes.ts";
import { DEFAULT_GRID, readGridStep } from "../database/gridCells.ts";
import { readGround } from "../database/seaConnections.ts";
import { chooseFormat, openFile } from "../ingest/formats/formats.ts";
import { describeAttributes, readAttributeName } from "../ingest/ground/attributeNames.ts";
import { type GivenAttributes, readCsvAttributes, readMap } from "../ingest/ground/csvAttributes.ts";
import { samplePolygons } from "../ingest/ground/polygonAttributes.ts";
import { sampleRaster } from "../ingest/ground/rasterAttributes.ts";
import { type ConnectedSea, connectSea, isConnectable } from "../ingest/sea/connectSea.ts";
import { describeConnected } from "../ingest/sea/describeConnected.ts";
import { count, describeFailedBatches } from "../ingest/series/report.ts";
import type { Attribute } from "../model/attributes.ts";
import { RejectedError } from "../model/errors.ts";
import { type CommandContext, type CommandOf, jsonOption, printFacts } from "./command.ts";
import { databaseOption, failBatchesOption, withDatabase } from "./database.ts";
import { files, flag, number, text, texts } from "./optionKinds.ts";

function buildOptions(yargs: Argv) {
  return yargs
    .positional("file", { ...files, describe: ".csv or .csv.gz (several are one table), one .tif, or one .geojson" })
    .options({
      grid: { ...text, default: DEFAULT_GRID, describe: "grid whose cells the values are of" },
      map: { ...texts, describe: "CSV: which column is which attribute: COLUMN=ATTRIBUTE,…" },
      attribute: { ...text, describe: "GeoTIFF, GeoJSON: which attribute the values are" },
      property: { ...text, describe: "GeoJSON: property of the features that holds the value; without it a mask" },
      inside: { ...number, default: 1, describe: "GeoJSON mask: value of cells inside" },
      outside: { ...number, describe: "GeoJSON: value of cells in no polygon [default: 0 of a mask]" },
      missing: { ...texts, describe: "further marks of unknown values, such as -9999; NA, NaN and blanks are known" },
      "add-cells": { ...flag, describe: "CSV: places that the grid lacks become cells of it, such as sea cells" },
      ...failBatchesOption("that use this grid"),
      ...jsonOption,
      ...databaseOption,
    })
    .example("$0 attributes cells.csv --grid korea --map hand_m=heightAboveDrainage", "a table of places")
    .example("$0 attributes dem.tif --grid korea --attribute elevation", "each cell has its pixel's value")
    .example("$0 attributes basins.geojson --grid korea --attribute basin --property HYBAS_ID", "the polygon's number")
    .epilogue(
      `Attributes, with the unit that is expected: ${describeAttributes()}.\n\n` +
        "A value outside its range is refused; a blank leaves what is known. When elevations or sea cells change, the sea's ways " +
        "are found anew, as climatebatch connectivity does.",
    );
}

export function makeAttributesCommand({ signal }: Pick<CommandContext, "signal">): CommandOf<typeof buildOptions> {
  return {
    command: "attributes <file..>",
    describe: "load what is known of cells beside their climate: elevation, curve number, basin …",
    builder: buildOptions,
    handler: async (argv) => {
      const words = { ...argv, map: argv.map ?? [], missing: argv.missing ?? [] };
      const told = await withDatabase(argv, "attributes", ({ client }) => loadAttributes(client, words, signal));
      printFacts(argv, told, describeLoaded);
    },
  };
}

export interface AttributeWords {
  readonly file: readonly string[];
  readonly grid: string;
  readonly map: readonly string[];
  readonly attribute: string | undefined;
  readonly property: string | undefined;
  readonly inside: number;
  readonly outside: number | undefined;
  readonly missing: readonly string[];
  readonly addCells: boolean;
  readonly failRunningBatches: boolean;
}

export interface LoadedAttributes extends AttributeOutcome {
  readonly grid: string;
  readonly places: number;
  /** How many places have each. */
  readonly attributes: Readonly<Record<string, number>>;
  /** null: none of them changed, or the grid has no elevations, no sea cells or no rows and columns. */
  readonly sea: ConnectedSea | null;
}

export async function loadAttributes(
  client: Client,
  words: AttributeWords,
  signal: AbortSignal,
): Promise<LoadedAttributes> {
  const { grid, failRunningBatches } = words;
  const given = await readGiven(client, words, signal);
  const attributes: Record<string, number> = {};
  for (const known of given.values)
    for (const name of Object.keys(known)) attributes[name] = (attributes[name] ?? 0) + 1;
  const outcome = await writeAttributes(client, { grid, ...given, addCells: words.addCells, failRunningBatches });
  const touchesSea = "elevation" in attributes || "landFraction" in attributes;
  const isChanged = outcome.cellsChanged > 0 || outcome.cellsAdded > 0;
  const cells = touchesSea && isChanged ? await readGround(client, grid) : [];
  const sea = isConnectable(cells, grid) ? await connectSea(client, grid, failRunningBatches) : null;
  return { grid, places: given.places.length, attributes, ...outcome, sea };
}

async function readGiven(client: Client, words: AttributeWords, signal: AbortSignal): Promise<GivenAttributes> {
  const { file: files, grid, map } = words;
  const missing = new Set(words.missing.map((mark) => mark.toLowerCase()));
  const [file] = files;
  const { kind } = await chooseFormat(file!, "table", "raster", "polygons");
  if (kind === "table") {
    refuseOption(words.attribute, "--attribute", "A CSV file names its attributes in its header, or by --map.");
    const stepDegrees = await readGridStep(client, grid);
    return readCsvAttributes(files, { map: readMap(map), missing, stepDegrees }, signal);
  }
  if (files.length > 1) {
    throw new RejectedError(
      "InvalidOption",
      `${file} is read alone, but ${files.length} files are given. Give one at a time.`,
    );
  }
  if (words.attribute === undefined) {
    throw new RejectedError("InvalidOption", `--attribute must say what the values of ${file} are, such as elevation.`);
  }
  refuseOption(map.length > 0 ? map.join() : undefined, "--map", "Say by --attribute what the values are.");
  const attribute = readAttributeName(words.attribute, "--attribute");
  const places = await readGridPlaces(client, grid);
  const { property = null, inside, outside = property === null ? 0 : null } = words;
  if (kind === "polygons") {
    const polygons = await openFile(file!, "polygons");
    const values = samplePolygons(file!, polygons, attribute, places, { property, inside, outside });
    return withValues(places, attribute, values, file!);
  }
  const raster = await openFile(file!, "raster");
  try {
    return withValues(places, attribute, await sampleRaster(raster, attribute, places, missing, signal), file!);
  } finally {
    raster.close();
  }
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

function describeLoaded(told: LoadedAttributes): string {
  const names = Object.entries(told.attributes).map(([name, cells]) => `${name} (${cells.toLocaleString("en")})`);
  const lines = [`${count(told.places, "place")} of grid "${told.grid}": ${names.join(", ")}`];
  if (told.placesElsewhere > 0)
    lines.push(
      `${count(told.placesElsewhere, "place")} are no cell of the grid and were left out (--add-cells makes them its cells).`,
    );
  lines.push(...describeFailedBatches(told.failedBatches));
  const same = told.cellsUnchanged > 0 ? `, ${told.cellsUnchanged.toLocaleString("en")} were the same` : "";
  const added = told.cellsAdded > 0 ? `, ${told.cellsAdded.toLocaleString("en")} of them new` : "";
  lines.push(
    `${count(told.cellsChanged, "cell")} changed${added}${same}; grid/${told.grid} is now at revision ${told.revision}.`,
  );
  if (told.sea !== null) lines.push(describeConnected(told.sea));
  return lines.join("\n");
}
