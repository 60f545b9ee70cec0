// The storms of a record as the cells of one shard need them: prepared once, those out of reach only counted.
// Reading them is left to the shard; what a cell makes of them to typhoon.ts.
import { BASINS, type Basin, type StormTrack, type StormYears } from "../../model/storms.ts";
import { M_PER_S_PER_KNOT } from "../../model/units.ts";
import { KM_PER_DEGREE, prepareTrack } from "../indices/trackPreparation.ts";
import { makeStormVortex, REACH_KM, type StormVortex } from "../indices/windField.ts";
import { DEFAULT_WIND_MODEL, type WindModel } from "../indices/windProfiles.ts";
import type { ByStrength } from "./stormClimate.ts";

/** Highest wind of a storm's life: weaker storms are none that warming is known to change; stronger ones are categories 4 and 5. */
const STORM_WIND = 34 * M_PER_S_PER_KNOT;
const STRONG_WIND = 113 * M_PER_S_PER_KNOT;

/** How the frequency of a storm follows warming: by its basin and strength. */
export const STRENGTHS = ["weak", "moderate", "strong"] as const;
export type Strength = (typeof STRENGTHS)[number];

export interface RecordedStorm {
  readonly track: StormTrack;
  readonly strength: Strength;
  readonly vortex: StormVortex;
}

export interface StormRecord {
  readonly years: StormYears;
  /** Those that may be felt within the bounds, in the order of their numbers. */
  readonly storms: readonly RecordedStorm[];
  /** Whether any storm of the record has wind radii; a record without cannot say who was inside them. */
  readonly hasWindRadii: boolean;
  /** All storms of the record, by basin. */
  readonly counts: ReadonlyMap<Basin | null, ByStrength>;
}

/** Degrees; west to east without a jump. */
export interface Bounds {
  readonly south: number;
  readonly north: number;
  readonly west: number;
  readonly east: number;
}

/** Collects a record's storms one by one. */
export class StormRecordBuilder {
  readonly #years: StormYears;
  readonly #model: WindModel;
  readonly #bounds: Bounds;
  readonly #storms: RecordedStorm[] = [];
  #hasWindRadii = false;
  readonly #counts = new Map<Basin | null, { moderate: number; strong: number }>(
    [...BASINS, null].map((basin) => [basin, { moderate: 0, strong: 0 }]),
  );

  constructor(years: StormYears, bounds: Bounds, model: WindModel = DEFAULT_WIND_MODEL) {
    this.#years = years;
    this.#model = model;
    this.#bounds = bounds;
  }

  add(track: StormTrack): void {
    if (track.season < this.#years.firstYear || track.season > this.#years.lastYear) return;
    this.#hasWindRadii ||= hasRadius(track);
    const nodes = prepareTrack(track);
    if (nodes === null) return;
    const strength = strengthOf(nodes.wind);
    if (strength !== "weak") this.#counts.get(track.basin)![strength]++;
    const vortex = makeStormVortex(nodes, this.#model);
    if (isFelt(vortex, widestGale(track), this.#bounds)) this.#storms.push({ track, strength, vortex });
  }

  build(): StormRecord {
    const storms = this.#storms.sort((a, b) => (a.track.stormId < b.track.stormId ? -1 : 1));
    return { years: this.#years, storms, hasWindRadii: this.#hasWindRadii, counts: this.#counts };
  }
}

function hasRadius({ gale, storm }: StormTrack): boolean {
  return [gale.long, storm.long].some((radii) => radii.some((km) => !Number.isNaN(km)));
}

function strengthOf(wind: Float64Array): Strength {
  let highest = 0;
  for (const value of wind) if (value > highest) highest = value;
  return highest >= STRONG_WIND ? "strong" : highest >= STORM_WIND ? "moderate" : "weak";
}

/** km; at least as far as the wind model reaches. */
function widestGale({ gale }: StormTrack): number {
  let widest = REACH_KM;
  for (const value of gale.long) if (value > widest) widest = value;
  return widest;
}

const FULL_CIRCLE_DEGREES = 360;

/** Whether some place within the bounds may be within `km` of the track. */
function isFelt(storm: StormVortex, km: number, bounds: Bounds): boolean {
  const further = (km - REACH_KM) / KM_PER_DEGREE;
  if (storm.south - further > bounds.north || storm.north + further < bounds.south) return false;
  // As the wind field's own bounds, by the cosine nearest to a pole.
  const beside = further / Math.min(...storm.vortex.cosLatitude);
  const width = storm.east - storm.west + 2 * beside + (bounds.east - bounds.west);
  if (!(width < FULL_CIRCLE_DEGREES)) return true;
  const apart = (storm.east + storm.west - bounds.east - bounds.west) / 2;
  return Math.abs(apart - FULL_CIRCLE_DEGREES * Math.round(apart / FULL_CIRCLE_DEGREES)) <= width / 2;
}
