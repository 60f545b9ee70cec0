// `climatebatch load ground`: attributes of cells from CSV, GeoTIFF, GeoJSON or shapefiles.
import { describeAttributes } from "../ingest/ground/attributeNames.ts";
import { DISTRICT, type LoadedDistricts, loadDistricts } from "../ingest/ground/loadDistricts.ts";
import { type LoadedAttributes, loadAttributes } from "../ingest/ground/loadGround.ts";
import { describeConnected } from "../ingest/sea/connectSea.ts";
import { count, describeFailedBatches } from "../ingest/series/report.ts";
import { ATTRIBUTES, type Attribute, OF_PIXELS } from "../model/attributes.ts";
import { defineCommand } from "./command.ts";
import { type OpenDatabase, withDatabase } from "./database.ts";
import { numberStyleOptions } from "./fileReading.ts";
import {
  databaseOption,
  failBatchesOption,
  files,
  flag,
  gridOption,
  jsonOption,
  number,
  text,
  texts,
} from "./options.ts";
import { printFacts } from "./printing.ts";
import { FILE_ADDRESSES, withLocalFiles } from "./remoteFiles.ts";

export const loadGroundCommand = defineCommand(
  {
    arguments: {
      file: {
        ...files,
        required: true,
        describe: ".csv, .csv.gz or .tif (several are one table, or one map), one .geojson or one .shp",
      },
    },
    options: {
      grid: { ...gridOption, describe: "grid whose cells the values are of" },
      map: { ...texts, value: "COLUMN=ATTRIBUTE,…", describe: "CSV: which column is which attribute" },
      attribute: {
        ...text,
        value: "NAME",
        describe: `GeoTIFF, polygons: which attribute the values are; or ${DISTRICT}`,
      },
      by: {
        ...text,
        choices: OF_PIXELS,
        value: "RULE",
        describe: "GeoTIFF: what a cell takes of its pixels [default: what suits the attribute]",
      },
      classes: {
        ...texts,
        value: "CLASS,…",
        describe: "GeoTIFF: the value is the share of these classes",
      },
      property: { ...text, value: "NAME", describe: "polygons: property that holds the value; without it a mask" },
      inside: { ...number, default: 1, rare: true, describe: "mask of polygons: value of cells inside" },
      outside: { ...number, rare: true, describe: "polygons: value of cells in no polygon [default: 0 of a mask]" },
      missing: {
        ...texts,
        value: "MARK,…",
        describe: "further marks of unknown values, such as -9999; NA, NaN and blanks are known",
      },
      unit: {
        ...text,
        value: "UNIT",
        rare: true,
        describe: "GeoTIFF: unit of its values; confirms elevations that look like something else",
      },
      ...numberStyleOptions,
      "add-cells": { ...flag, describe: "CSV: places that the grid lacks become cells of it, such as sea cells" },
      ...failBatchesOption("that use this grid"),
      ...jsonOption,
      ...databaseOption,
    },
    examples: [
      ["load ground cells.csv --grid korea --map hand_m=heightAboveDrainage", "a table of places"],
      ["load ground dem.tif --grid korea --attribute elevation", "each cell has the mean of its pixels"],
      ["load ground cover.tif --grid korea --attribute urbanFraction --classes 50", "the share of a class"],
      ["load ground basins.geojson --grid korea --attribute basin --property HYBAS_ID", "the polygon's number"],
      ["load ground sig.geojson --grid korea --attribute district --property SIG_KOR_NM", "the district of each cell"],
    ],
    notes:
      `Attributes, with the expected unit: ${describeAttributes()}.\n\n` +
      `The attribute ${DISTRICT} is a name: of polygons by --property, or in the column ${DISTRICT} or code of a CSV. Portfolios and ` +
      "rankings use it, and no result depends on it.\n\n" +
      "A value outside its range is refused; a blank keeps the stored value. When elevations or sea cells change, " +
      "sea-flooding paths are computed again." +
      `\n\n${FILE_ADDRESSES}`,
  },
  (argv, { signal }) =>
    withLocalFiles(argv, signal, async (argv) => {
      if (argv.attribute?.trim().toLowerCase() === DISTRICT) {
        const load = ({ client }: OpenDatabase) => loadDistricts(client, argv, signal);
        return printFacts(argv, await withDatabase(argv, "load ground", load, "create"), describeDistricts);
      }
      const loaded = await withDatabase(
        argv,
        "load ground",
        ({ client }) =>
          loadAttributes(client, { ...argv, classes: argv.classes.flatMap((text) => text.split(",")) }, signal),
        "create",
      );
      printFacts(argv, loaded, describeLoaded);
    }),
);

function describeDistricts({ grid, districts, cells, cellsChanged, placesElsewhere }: LoadedDistricts): string {
  const lines = [
    `${count(cells, "cell")} of grid "${grid}" in ${count(districts, "district")}; ${cellsChanged.toLocaleString("en")} changed.`,
  ];
  if (placesElsewhere > 0) lines.push(`${count(placesElsewhere, "place")} outside the grid left out.`);
  return lines.join("\n");
}

const PIXEL_WORDS = {
  mean: "each the mean of its pixels",
  majority: "each the value of most of its pixels",
  highest: "each the highest of its pixels",
  centre: "each the pixel at its centre",
  share: "each the share of the classes",
} as const;

function describeLoaded(loaded: LoadedAttributes): string {
  const how = loaded.by === null ? "" : `, ${PIXEL_WORDS[loaded.by]}`;
  const lines = [`${count(loaded.places, "place")} of grid "${loaded.grid}"${how}:`];
  for (const [name, { min, mean, max }] of Object.entries(loaded.ranges)) {
    const [least, middle, most] = [min, mean, max].map((value) => String(Number(value.toPrecision(4))));
    const { unit } = ATTRIBUTES[name as Attribute];
    lines.push(
      `  ${name}: ${count(loaded.attributes[name]!, "value")}; ${least} to ${most}, mean ${middle}${unit === "1" ? "" : ` ${unit}`}`,
    );
  }
  if (loaded.placesElsewhere > 0)
    lines.push(
      `${count(loaded.placesElsewhere, "place")} outside the grid left out (--add-cells makes them its cells).`,
    );
  lines.push(...describeFailedBatches(loaded.failedBatches));
  const same = loaded.cellsUnchanged > 0 ? `, ${loaded.cellsUnchanged.toLocaleString("en")} were the same` : "";
  const added = loaded.cellsAdded > 0 ? `, ${loaded.cellsAdded.toLocaleString("en")} of them new` : "";
  lines.push(
    `${count(loaded.cellsChanged, "cell")} changed${added}${same}; grid/${loaded.grid} is now at revision ${loaded.revision}.`,
  );
  if (loaded.sea !== null) lines.push(describeConnected(loaded.sea));
  return lines.join("\n");
}
