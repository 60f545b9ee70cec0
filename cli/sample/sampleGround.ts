// The ground and the sea of the sample: heights, rivers, towns, tides and storm surges, as synthetic as its climate.
// The sea cells around the land are there for the sea's ways only: without a series nothing is computed for them.
import type { Client } from "pg";
import { writeAttributes } from "../../database/cellAttributes.ts";
import { writeDistricts } from "../../database/cellDistricts.ts";
import { writeSeaLevels } from "../../database/seaLevels.ts";
import { connectSea } from "../../ingest/sea/connectSea.ts";
import type { Attribute } from "../../model/attributes.ts";
import type { SeaLevelStation } from "../../model/seaLevels.ts";
import { isOnLand, OUTLINE, SAMPLE_GRID, type SamplePlace, siteOf } from "./sampleClimate.ts";
import { hash } from "./sampleRandom.ts";

type Attributes = Partial<Record<Attribute, number>>;

/** Beyond it is land, though not the sample's: degrees north, and degrees east from and to. */
const NORTHERN_BORDER = { latitude: 37.75, from: 126.6, to: 128.5 };
const RECORD_YEARS = 40;
const REFERENCE_YEAR = 2000;

export async function hasSampleGround(client: Client): Promise<boolean> {
  const { rows } = await client.query("SELECT EXISTS (SELECT FROM climatebatch.extreme_sea_levels) AS found");
  return rows[0].found;
}

export async function addSampleGround(client: Client, places: readonly SamplePlace[]): Promise<void> {
  const sea = seaAround(places);
  await writeAttributes(client, {
    grid: SAMPLE_GRID,
    places: [...places, ...sea],
    values: [...places.map(groundOf), ...sea.map(() => ({ landFraction: 0 }))],
    addCells: true,
    failRunningBatches: true,
  });
  await writeDistricts(client, SAMPLE_GRID, places, places.map(sampleDistrict));
  await connectSea(client, SAMPLE_GRID, true);
  await writeSeaLevels(client, sampleStations(), true);
}

/** Six made-up districts: a third of the land from north to south, and its western or eastern half. */
export function sampleDistrict({ latitude, longitude }: SamplePlace): string {
  const third = latitude >= 37 ? "North" : latitude >= 35.7 ? "Middle" : "South";
  return `${third} ${longitude < 127.8 ? "West" : "East"}`;
}

/** The places beside the land that are sea. */
function seaAround(places: readonly SamplePlace[]): SamplePlace[] {
  const step = smallestStep(places);
  const round = (degrees: number) => Math.round(degrees * 100) / 100;
  const around = new Map<string, SamplePlace>();
  for (const { latitude, longitude } of places) {
    for (const north of [-1, 0, 1]) {
      for (const east of [-1, 0, 1]) {
        const place = { latitude: round(latitude + north * step), longitude: round(longitude + east * step) };
        const { from, to } = NORTHERN_BORDER;
        const isAbroad = place.latitude > NORTHERN_BORDER.latitude && place.longitude > from && place.longitude < to;
        if (!isOnLand(place) && !isAbroad) around.set(`${place.latitude} ${place.longitude}`, place);
      }
    }
  }
  const land = new Set(places.map(({ latitude, longitude }) => `${latitude} ${longitude}`));
  return [...around].filter(([name]) => !land.has(name)).map(([, place]) => place);
}

function smallestStep(places: readonly SamplePlace[]): number {
  const latitudes = [...new Set(places.map(({ latitude }) => latitude))].sort((a, b) => a - b);
  const steps = latitudes.slice(1).map((latitude, at) => latitude - latitudes[at]!);
  return steps.length === 0 ? 1 : Math.min(...steps);
}

/** m below the yearly tide: land won from the sea. */
const LOWEST_SHORE = 4.6;

/** m: the west is macro-tidal, the east hardly knows tides. */
function yearlyTide(longitude: number): number {
  return 0.4 + 4 / (1 + Math.exp(2.2 * (longitude - 127.1)));
}

/** mm h-1 of runoff. The sample's heaviest days bring a third of Korea's rain, and its drains are as much smaller. */
const LEAST_DRAINS = 2;
const MORE_DRAINS = 7;

function groundOf(place: SamplePlace): Attributes {
  const { city, mountain, shore } = siteOf(place);
  const hundredths = (value: number) => Math.round(100 * value) / 100;
  const inland = 1 - shore;
  const height = chance(place, "height");
  const attributes: Attributes = {
    landFraction: 1,
    elevation: hundredths(
      Math.max(0.3, yearlyTide(place.longitude) - LOWEST_SHORE + 4 * height) + 25 * inland ** 2 + 800 * mountain,
    ),
    heightAboveDrainage: hundredths(0.2 + 5 * chance(place, "drainage") ** 2 + 12 * mountain),
    upstreamArea: Math.round(5 * 10 ** (2.6 * chance(place, "river"))),
    channelSlope: hundredths(100 * (0.0006 + 0.012 * mountain + 0.002 * chance(place, "fall"))) / 100,
    curveNumber: Math.round(62 + 18 * city + 12 * chance(place, "soil")),
    imperviousFraction: hundredths(0.04 + 0.6 * Math.sqrt(city)),
    urbanFraction: hundredths(0.01 + 0.85 * city + 0.06 * chance(place, "town")),
    slope: hundredths(100 * (0.002 + 0.05 * mountain)) / 100,
  };
  // Measured in towns and cities only: the countryside uses defaults, flagged.
  if (city < 0.03) return attributes;
  const drains = {
    drainageCapacity: hundredths(LEAST_DRAINS + MORE_DRAINS * chance(place, "drains")),
    depressionFraction: hundredths(0.03 + 0.06 * chance(place, "hollows")),
  };
  return city < 0.3
    ? { ...attributes, ...drains }
    : { ...attributes, ...drains, riverProtection: 100, seaProtection: 100 };
}

/** A station at each corner of the coast, and between corners. */
function sampleStations(): SeaLevelStation[] {
  return OUTLINE.flatMap(([longitude, latitude], at) => {
    const [nextLongitude, nextLatitude] = OUTLINE[(at + 1) % OUTLINE.length]!;
    return [0, 1 / 3, 2 / 3].map((along, part) => {
      const place = {
        latitude: latitude + along * (nextLatitude - latitude),
        longitude: longitude + along * (nextLongitude - longitude),
      };
      const spread = 0.1 + 0.08 * chance(place, "surge");
      return {
        name: `sample-${at + 1}-${part + 1}`,
        ...place,
        record: { kind: "parameters" as const, location: yearlyTide(place.longitude), scale: spread, shape: 0 },
        referenceYear: REFERENCE_YEAR,
        recordYears: RECORD_YEARS,
        datumOffset: 0,
      };
    });
  });
}

/** Degrees between the points of a field that neighbours share. */
const FIELD_STEP = 0.55;
const FIELD_SHARE = 0.75;

/** A number in [0, 1] that follows from place and purpose alone; neighbours are alike. */
function chance({ latitude, longitude }: SamplePlace, purpose: string): number {
  const [x, y] = [longitude / FIELD_STEP, latitude / FIELD_STEP];
  const [left, below] = [Math.floor(x), Math.floor(y)];
  const at = (east: number, north: number) => uniformAt(`${purpose} ${left + east} ${below + north}`);
  const ease = (share: number) => share * share * (3 - 2 * share);
  const [along, up] = [ease(x - left), ease(y - below)];
  const lower = at(0, 0) * (1 - along) + at(1, 0) * along;
  const upper = at(0, 1) * (1 - along) + at(1, 1) * along;
  const field = lower * (1 - up) + upper * up;
  return FIELD_SHARE * field + (1 - FIELD_SHARE) * uniformAt(`${purpose} ${latitude} ${longitude}`);
}

/** In [0, 1): the hash with its bits mixed as Murmur3 ends. */
function uniformAt(name: string): number {
  let bits = hash(name);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}
