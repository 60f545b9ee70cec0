// The district of each cell, from polygons that name it or from a table of places.
import type { Client } from "pg";
import { readGridPlaces } from "../../database/cellAttributes.ts";
import { type DistrictOutcome, writeDistricts } from "../../database/cellDistricts.ts";
import { type Place, readGridStep } from "../../database/gridCells.ts";
import { RejectedError } from "../../model/errors.ts";
import { chooseFormat, openFile } from "../formats/formats.ts";
import { placeKey, readPlaceTable } from "../link/placeCodes.ts";

/** What `--attribute` calls it. */
export const DISTRICT = "district";

export interface DistrictWords {
  readonly file: readonly string[];
  readonly grid: string;
  readonly property: string | undefined;
}

export interface LoadedDistricts extends DistrictOutcome {
  readonly grid: string;
}

export async function loadDistricts(
  client: Client,
  { file: files, grid, property }: DistrictWords,
  signal: AbortSignal,
): Promise<LoadedDistricts> {
  const [file] = files;
  if (files.length > 1) {
    throw new RejectedError(
      "InvalidOption",
      `Districts are read from one file, but ${files.length} are given. Give one at a time.`,
    );
  }
  const { kind } = await chooseFormat(file!, "table", "polygons");
  const { places, districts } =
    kind === "table"
      ? await readTable(client, grid, file!, signal)
      : await readPolygons(await readGridPlaces(client, grid), file!, property);
  if (places.length === 0) {
    throw new RejectedError(
      "NoCells",
      `${file} names the district of no cell of the grid "${grid}". Does it cover the grid, in degrees?`,
    );
  }
  return { grid, ...(await writeDistricts(client, grid, places, districts)) };
}

interface Districts {
  readonly places: readonly Place[];
  readonly districts: readonly string[];
}

async function readTable(client: Client, grid: string, file: string, signal: AbortSignal): Promise<Districts> {
  const { places, codes } = await readPlaceTable("load ground", file, await readGridStep(client, grid), true, signal);
  const named = places.filter((place) => codes.get(placeKey(place))?.trim());
  return { places: named, districts: named.map((place) => codes.get(placeKey(place))!.trim()) };
}

async function readPolygons(places: readonly Place[], file: string, property: string | undefined): Promise<Districts> {
  if (property === undefined) {
    throw new RejectedError(
      "InvalidOption",
      `Missing --property: which property of the polygons in ${file} names the district, such as SIG_KOR_NM.`,
    );
  }
  const { properties, find } = await openFile(file, "polygons");
  const names = new Map(
    [...properties].map(([feature, known]) => [feature, readName(file, feature, property, known)] as const),
  );
  const found = places.map((place) => names.get(find(place)));
  const inside = [...places.keys()].filter((at) => found[at] !== undefined);
  return { places: inside.map((at) => places[at]!), districts: inside.map((at) => found[at]!) };
}

function readName(file: string, at: number, property: string, known: Readonly<Record<string, unknown>>): string {
  const found = Object.hasOwn(known, property) ? known[property] : undefined;
  const name = typeof found === "string" || typeof found === "number" ? String(found).trim() : "";
  if (name !== "") return name;
  throw new RejectedError(
    "InvalidDistrict",
    `${file}, feature ${at + 1}: expected a name or number in its property "${property}", found ${JSON.stringify(found)}; it has ${Object.keys(known).join(", ") || "none"}. Name another --property, or complete the file.`,
  );
}
