// Synthetic typhoons around Korea for the sample: seeded tracks that come from the south, turn and weaken. No real storms.

import { hourOf } from "../../ingest/storms/trackCollector.ts";
import type { StormGrade, StormTrack, StormYears, WindRadii } from "../../model/storms.ts";
import { windFromPressure } from "../../model/storms.ts";
import { hash, makeRandom, type Random } from "./sampleRandom.ts";

export const SAMPLE_STORM_YEARS: StormYears = { agency: "sample", firstYear: 1980, lastYear: 2024 };

const HOURS_APART = 6;
const POINTS = 28;
const FIRST_LATITUDE = 17;
const DEEPEST_LATITUDE = 26;
const TURNING_LATITUDE = 30;
const OUTSIDE_HPA = 1004;
/** Central pressures below which the sample calls a storm so. */
const GRADES: readonly (readonly [hPa: number, grade: StormGrade])[] = [
  [970, "TY"],
  [985, "STS"],
  [998, "TS"],
];

export function makeSampleStorms(): StormTrack[] {
  const storms: StormTrack[] = [];
  for (let season = SAMPLE_STORM_YEARS.firstYear; season <= SAMPLE_STORM_YEARS.lastYear; season++) {
    const random = makeRandom(hash(`storms ${season}`));
    const count = Math.max(0, Math.round(3 + 1.5 * random.normal()));
    for (let number = 1; number <= count; number++) storms.push(makeStorm(season, number, random));
  }
  return storms;
}

function makeStorm(season: number, number: number, random: Random): StormTrack {
  const start = 134 + 4 * random.normal();
  const passing = 128 + 3 * random.normal();
  const deepest = Math.min(985, Math.max(905, 954 + 16 * random.normal()));
  const firstHour = hourOf(season, 7, 1, 0) + HOURS_APART * Math.round(4 * (38 + 24 * random.normal()));
  const latitude = new Float64Array(POINTS);
  const longitude = new Float64Array(POINTS);
  const pressure = new Float64Array(POINTS);
  for (let i = 0, at = FIRST_LATITUDE; i < POINTS; i++) {
    latitude[i] = round(at, 1);
    const before = Math.max(0, TURNING_LATITUDE - at) / (TURNING_LATITUDE - FIRST_LATITUDE);
    longitude[i] = round(
      passing + (start - passing) * before ** 1.3 + 0.14 * Math.max(0, at - TURNING_LATITUDE) ** 1.6,
      1,
    );
    const away = at > DEEPEST_LATITUDE ? (at - DEEPEST_LATITUDE) / 16 : (DEEPEST_LATITUDE - at) / 11;
    pressure[i] = round(Math.min(OUTSIDE_HPA, deepest + (OUTSIDE_HPA - deepest) * away ** 1.5), 0);
    at += 0.55 + 0.07 * Math.max(0, at - 24);
  }
  const hours = latitude.map((_, i) => firstHour + i * HOURS_APART);
  const unknown = () => new Float64Array(POINTS).fill(Number.NaN);
  const radii = (below: number, kmPerHpa: number): WindRadii => ({
    long: pressure.map((p) => (p < below ? Math.round(kmPerHpa * (below - p)) : Number.NaN)),
    short: pressure.map((p) => (p < below ? Math.round(0.75 * kmPerHpa * (below - p)) : Number.NaN)),
    bearing: pressure.map((p) => (p < below ? 90 : Number.NaN)),
  });
  return {
    stormId: `${season}${String(number).padStart(2, "0")}`,
    name: `SAMPLE ${number}`,
    season,
    basin: "WP",
    hours,
    latitude,
    longitude,
    pressure,
    environmentPressure: unknown(),
    wind: pressure.map((p, i) => round(windFromPressure(p, latitude[i]!, longitude[i]!), 1)),
    radius: unknown(),
    grade: Array.from(pressure, (p) => GRADES.find(([hPa]) => p < hPa)?.[1] ?? "TD"),
    gale: radii(998, 7),
    storm: radii(980, 4),
  };
}

function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
