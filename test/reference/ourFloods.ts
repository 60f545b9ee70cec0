// Seeded places by rivers, in towns and on coasts, and what this project's floods make of them, for floods.py.
// Everything is an array of numbers in one .npy file, a row per place.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { damageChange } from "../../job/computeCell.ts";
import { retention } from "../../job/indices/curveNumberRunoff.ts";
import { depthPerStorage, excessStorage, rainOfStorage } from "../../job/indices/ponding.ts";
import {
  floodDepthOfRain,
  hackChannelLength,
  makeRiver,
  peakOfRain,
  rainOfFloodDepth,
  riverResponse,
} from "../../job/indices/riverFlood.ts";
import { coastalFlood } from "../../job/risks/coastalFlood.ts";
import { type ExtremeLaw, exceedance, levelDeviation, levelOf } from "../../job/risks/extremeDistribution.ts";
import {
  type DepthChain,
  type FloodWork,
  floodNumbers,
  invertChain,
  makeFloodWork,
} from "../../job/risks/floodDepths.ts";
import { RISK_DEFINITIONS } from "../../job/risks/registry.ts";
import type { SeaLevelRise } from "../../job/risks/seaLevelRise.ts";
import { defaultDrainage } from "../../job/risks/urbanFlood.ts";
import { CellBuilder, makeRandom } from "../support/dailyWeather.ts";
import { writeNpy } from "../support/npy.ts";

const PLACES = 200;
/** Their damage is a root within an integral on the other side. */
const COASTS = 100;
const CASE = "floods";
const BASE = { firstYear: 1991, lastYear: 2020 };
const FUTURE = { firstYear: 2041, lastYear: 2060 };

/** Columns by name, filled a place at a time. */
class Columns {
  readonly #columns = new Map<string, number[][]>();

  add(values: Readonly<Record<string, number | readonly number[]>>): void {
    for (const [name, value] of Object.entries(values)) {
      const column = this.#columns.get(name) ?? [];
      this.#columns.set(name, column);
      column.push([value].flat());
    }
  }

  write(folder: string): void {
    mkdirSync(folder, { recursive: true });
    for (const [name, values] of this.#columns)
      writeNpy(join(folder, `${name}.npy`), Float64Array.from(values.flat()), [values.length, values[0]!.length]);
  }
}

/** Writes `<folder>/input/floods` and `<folder>/ours/floods`. */
export function writeOurFloods(folder: string): void {
  const random = makeRandom(6);
  const between = (low: number, high: number) => low + (high - low) * random();
  const input = new Columns();
  const ours = new Columns();
  const river = makeFloodWork(RISK_DEFINITIONS.inland_flood.numbers, 0, 20);
  const town = makeFloodWork(RISK_DEFINITIONS.urban_flood.numbers, 0.15, 3);
  for (let place = 0; place < PLACES; place++) {
    addRiver(between, river, input, ours);
    addTown(between, town, input, ours);
    if (place < COASTS) addCoast(between, place, input, ours);
  }
  input.write(join(folder, "input", CASE));
  ours.write(join(folder, "ours", CASE));
}

type Between = (low: number, high: number) => number;

function addRiver(between: Between, work: FloodWork, input: Columns, ours: Columns): void {
  const [area, slope, curveNumber] = [10 ** between(0.5, 3), 10 ** between(-3.5, -1.5), between(55, 90)];
  const [hand, protection, wetter] = [between(0, 2), between(2, 100), between(0.9, 1.4)];
  const base = lawOf(between(60, 120), between(20, 45), between(-0.2, 0.1));
  const response = riverResponse({
    upstreamArea: area,
    channelLength: hackChannelLength(area),
    channelSlope: slope,
    curveNumber,
  });
  const own = makeRiver(peakOfRain(levelOf(base, 2), response), slope, null);
  const chain: DepthChain = {
    levelOfDepth: (depth) => rainOfFloodDepth(depth, hand, own, response),
    depthOfLevel: (rain) => floodDepthOfRain(rain, hand, own, response),
    protectedLevel: levelOf(base, protection),
    gateLevel: Number.NEGATIVE_INFINITY,
  };
  const rain = lawOf(base.location * wetter, base.scale * wetter, base.shape);
  input.add({
    river_place: [area, slope, curveNumber, hand, protection, wetter, base.location, base.scale, base.shape],
  });
  ours.add(describeFlood("river", chain, rain, work));
}

function addTown(between: Between, work: FloodWork, input: Columns, ours: Columns): void {
  const [impervious, curveNumber, drainage] = [between(0, 1), between(55, 90), between(10, 60)];
  const [slope, low] = [between(0, 0.03), between(0.05, 0.5)];
  const rain = lawOf(between(100, 200), between(30, 60), between(-0.2, 0.1));
  const ground = { imperviousFraction: impervious, retained: retention(curveNumber), drainage };
  const perStorage = depthPerStorage(slope, low);
  const chain: DepthChain = {
    levelOfDepth: (depth) => rainOfStorage(depth / perStorage, ground),
    depthOfLevel: (fallen) => excessStorage(fallen, ground) * perStorage,
    protectedLevel: Number.NEGATIVE_INFINITY,
    gateLevel: Number.NEGATIVE_INFINITY,
  };
  input.add({ town_place: [impervious, curveNumber, drainage, slope, low, rain.location, rain.scale, rain.shape] });
  ours.add({
    ...describeFlood("town", chain, rain, work),
    town_drains: defaultDrainage(levelOf(rain, 10), impervious, ground.retained),
  });
}

function addCoast(between: Between, place: number, input: Columns, ours: Columns): void {
  const [elevation, distance, gate] = [between(-1, 3), between(0, 8), between(0, 2)];
  const [location, scale, shape] = [between(0.5, 3), between(0.08, 0.3), between(-0.1, 0.1)];
  const [protection, subsidence, risen] = [between(2, 60), between(0, 5), between(0.1, 0.9)];
  // The middle of the gauge's years moves nothing: land sinks from 2005 on, and the sea rises from then on here.
  const referenceYear = 1985 + (place % 20);
  const connection = { level: Math.max(elevation + 0.2 * distance, gate), distance };
  const rise: SeaLevelRise = {
    name: "linear",
    years: [1980, 2005, 2100],
    rises: [0, 0, risen],
    isDefault: false,
    endsWithTable: false,
  };
  const found = {
    kind: "parameters" as const,
    law: { ...lawOf(location, scale, shape), values: 40 },
    referenceYear,
    years: 40,
    flags: [],
  };
  const cell = new CellBuilder("noleap", 1991, 1992, BASE)
    .periods(BASE, FUTURE)
    .sea({ station: { found, datumOffset: 0 }, rise, connection })
    .attribute("elevation", elevation)
    .attribute("seaProtection", protection)
    .attribute("subsidence", subsidence)
    .build();
  const [base, future] = coastalFlood.compute(cell);
  const { probability, hazard } = future!;
  const change = damageChange(probability, base!.probability);
  input.add({
    coast_place: [elevation, distance, connection.level, location, scale, shape, protection, subsidence, risen],
  });
  ours.add({
    coast_bins: probability!.probabilities,
    coast_levels: probability!.returnLevels,
    coast_undefended: hazard!.value,
    coast_damage: probability!.damageContinuous!,
    coast_change: change.difference!,
  });
}

function lawOf(location: number, scale: number, shape: number): ExtremeLaw {
  return { zeroShare: 0, location, scale, shape, values: 30 };
}

function describeFlood(
  name: string,
  chain: DepthChain,
  law: ExtremeLaw,
  work: FloodWork,
): Record<string, number | number[]> {
  invertChain(chain, work);
  const levels = {
    exceedance: (level: number) => exceedance(law, level),
    levelOf: (years: number) => levelOf(law, years),
    deviation: (years: number) => levelDeviation(law, years),
  };
  const { hazard, probability } = floodNumbers(chain, levels, [], law.values, 1, work);
  return {
    [`${name}_bins`]: [...probability.probabilities],
    [`${name}_levels`]: [...probability.returnLevels],
    [`${name}_undefended`]: hazard.value,
    [`${name}_damage`]: probability.damageContinuous!,
  };
}
