// A synthetic climate of South Korea, for a first look and for tests: plausible, seeded, not measured.
// Coast, mountains and cities differ; two scenarios warm at different speeds from a common past.

import type { ClimateYear } from "../../database/climateLoad.ts";
import { daysInYear } from "../../model/calendars.ts";
import type { Variable } from "../../model/variables.ts";
import { hash, makeRandom, type Random } from "./sampleRandom.ts";

export const SAMPLE_GRID = "korea-sample";
/** The Republic of Korea by ISO 3166-1. */
export const SAMPLE_COUNTRY = 410;
export const SAMPLE_CALENDAR = "standard";
export const SAMPLE_VARIABLES = ["tasmax", "tasmin", "pr", "hursmin", "sfcWind"] as const satisfies readonly Variable[];
type SampleVariable = (typeof SAMPLE_VARIABLES)[number];

export interface SampleScenario {
  readonly name: string;
  readonly parent?: { readonly name: string; readonly firstYear: number };
  readonly firstYear: number;
  readonly lastYear: number;
  /** K a decade */
  readonly warming: number;
}

export const SAMPLE_SCENARIOS: readonly SampleScenario[] = [
  { name: "sample-historical", firstYear: 1981, lastYear: 2014, warming: 0.2 },
  ...[
    { name: "sample-ssp245", warming: 0.28 },
    { name: "sample-ssp585", warming: 0.62 },
  ].map(({ name, warming }) => ({
    name,
    parent: { name: "sample-historical", firstYear: 2015 },
    firstYear: 2015,
    lastYear: 2100,
    warming,
  })),
];

/** Rough outline of the mainland, [longitude, latitude]. */
export const OUTLINE: readonly (readonly [number, number])[] = [
  [126.6, 34.3],
  [127.5, 34.6],
  [128.6, 34.85],
  [129.2, 35.2],
  [129.5, 36.0],
  [129.45, 37.0],
  [128.6, 38.4],
  [127.1, 38.2],
  [126.5, 37.7],
  [126.2, 36.8],
  [126.5, 36.0],
  [126.3, 35.2],
  [126.1, 34.6],
];
const CITIES: readonly (readonly [number, number])[] = [
  [126.98, 37.57],
  [129.08, 35.18],
  [128.6, 35.87],
  [126.85, 35.16],
  [127.38, 36.35],
];
const SMALLEST_STEP = 0.01;

export interface SamplePlace {
  readonly latitude: number;
  readonly longitude: number;
}

/** At least `cells` places on the coarsest regular grid (of whole hundredths of a degree) that has so many on land. */
export function samplePlaces(cells: number): SamplePlace[] {
  for (let step = 1; step >= SMALLEST_STEP; step = Math.round((step - SMALLEST_STEP) * 100) / 100) {
    const places = placesAt(step);
    if (places.length >= cells) return places;
  }
  return placesAt(SMALLEST_STEP);
}

function placesAt(step: number): SamplePlace[] {
  const places: SamplePlace[] = [];
  const round = (degrees: number) => Math.round(degrees * 100) / 100;
  for (let row = 0; 34.2 + row * step <= 38.5; row++) {
    for (let column = 0; 126 + column * step <= 129.6; column++) {
      const place = { latitude: round(34.2 + row * step), longitude: round(126 + column * step) };
      if (isOnLand(place)) places.push(place);
    }
  }
  return places;
}

/** Ray casting: a point is inside when a ray from it crosses the outline an odd number of times. */
export function isOnLand({ latitude, longitude }: SamplePlace): boolean {
  let inside = false;
  OUTLINE.forEach(([x1, y1], at) => {
    const [x2, y2] = OUTLINE[(at + 1) % OUTLINE.length]!;
    if (y1 > latitude !== y2 > latitude && longitude < ((x2 - x1) * (latitude - y1)) / (y2 - y1) + x1) inside = !inside;
  });
  return inside;
}

export interface Site {
  /** degC, mean of the daily maximum in 1981 */
  readonly mean: number;
  /** K, half the difference of summer and winter */
  readonly swing: number;
  /** 0 in the plain to 1 on the ridges, on the shore, in a city's core */
  readonly mountain: number;
  readonly shore: number;
  readonly city: number;
  /** 1 on the south coast to 0 in the north */
  readonly south: number;
}

export function siteOf({ latitude, longitude }: SamplePlace): Site {
  const bump = (x: number, y: number, width: number) =>
    Math.exp(-(((longitude - x) ** 2 + (latitude - y) ** 2) / width ** 2));
  const taebaek =
    Math.exp(-(((longitude - 128.6 + 0.35 * (latitude - 37.5)) / 0.35) ** 2)) *
    Math.min(1, Math.max(0, latitude - 35.6));
  const mountain = Math.min(1, taebaek + 0.9 * bump(127.7, 35.35, 0.35));
  const shore =
    1 - Math.min(1, Math.min(...OUTLINE.map(([x, y]) => Math.hypot((longitude - x) * 0.8, latitude - y))) / 0.6);
  const city = Math.max(...CITIES.map(([x, y]) => bump(x, y, 0.15)));
  const elevation = 100 + 900 * mountain;
  return {
    mean: 18.6 - 0.9 * (latitude - 36) - 0.006 * elevation + 0.9 * city,
    swing: 13 - 2 * shore,
    mountain,
    shore,
    city,
    south: Math.min(1, Math.max(0, (37.5 - latitude) / 3)),
  };
}

/** Fraction of a place that carries fuel for a fire. */
export function sampleBurnableFraction(place: SamplePlace): number {
  const { mountain, city } = siteOf(place);
  return Math.round(100 * Math.max(0, 0.35 + 0.5 * mountain - 0.4 * city)) / 100;
}

/** 1 in the middle of a city to 0 in the country. */
export function sampleCityShare(place: SamplePlace): number {
  return siteOf(place).city;
}

/** Where the regional weather is made, [longitude, latitude]: a place has that of the nodes around it. */
const WEATHER_NODES: readonly (readonly [number, number])[] = [
  [126.4, 34.4],
  [128.2, 34.7],
  [129.6, 35.6],
  [126.5, 35.9],
  [128.0, 36.2],
  [126.8, 37.5],
  [128.4, 37.4],
  [129.4, 37.2],
  [128.2, 38.5],
];
/** Degrees over which the weather of a node fades. */
const NODE_REACH = 1.1;
/** Share of the variance that the whole country has in common. */
const COUNTRYWIDE = 0.55;

/** Weather of one scenario: country and nodes are made once, each place blends them. */
export function makeSampleClimate(scenario: SampleScenario) {
  const days = countDays(scenario);
  const series = (name: string) => autoregression(makeRandom(hash(`${scenario.name} ${name}`)), days);
  const country: SharedWeather = { warmth: series("warmth"), wetness: series("wetness") };
  const nodes = WEATHER_NODES.map((_, at) => ({ warmth: series(`warmth ${at}`), wetness: series(`wetness ${at}`) }));
  return {
    /** Years of one place, in the order of SAMPLE_VARIABLES. */
    *yearsOf(place: SamplePlace): Iterable<ClimateYear> {
      const site = siteOf(place);
      const shared = blend(place, country, nodes);
      for (const variable of SAMPLE_VARIABLES) {
        const random = makeRandom(hash(`${scenario.name} ${variable} ${place.latitude} ${place.longitude}`));
        yield* yearsOfVariable(scenario, variable, site, shared, random);
      }
    },
  };
}

/** [days] each, mean 0 and deviation about 1: weather that passes, and slower swings that make spells. */
interface SharedWeather {
  readonly warmth: Float64Array;
  readonly wetness: Float64Array;
}

/** Neighbours have similar weather: country and nodes, weighted so that the deviation stays about 1. */
function blend(place: SamplePlace, country: SharedWeather, nodes: readonly SharedWeather[]): SharedWeather {
  const weights = WEATHER_NODES.map(([x, y]) =>
    Math.exp(-(((0.8 * (place.longitude - x)) ** 2 + (place.latitude - y) ** 2) / NODE_REACH ** 2)),
  );
  const size = Math.hypot(...weights);
  const mix = (name: keyof SharedWeather) =>
    country[name].map((common, day) => {
      let regional = 0;
      for (let at = 0; at < nodes.length; at++) regional += weights[at]! * nodes[at]![name][day]!;
      return Math.sqrt(COUNTRYWIDE) * common + Math.sqrt(1 - COUNTRYWIDE) * (regional / size);
    });
  return { warmth: mix("warmth"), wetness: mix("wetness") };
}

function* yearsOfVariable(
  scenario: SampleScenario,
  variable: SampleVariable,
  site: Site,
  { warmth, wetness }: SharedWeather,
  random: Random,
): Iterable<ClimateYear> {
  let local = 0;
  let day = 0;
  for (let year = scenario.firstYear; year <= scenario.lastYear; year++) {
    const values = new Float32Array(daysInYear(SAMPLE_CALENDAR, year));
    const national = (0.2 * (Math.min(year, 2014) - 1981)) / 10 + (scenario.warming * Math.max(0, year - 2014)) / 10;
    // The sea holds warming back, cities add to it.
    const warming = national * (1.1 - 0.3 * site.shore + 0.15 * site.city);
    for (let at = 0; at < values.length; at++, day++) {
      local = 0.6 * local + 0.8 * random.normal();
      const summer = Math.cos((2 * Math.PI * (at - 205)) / 365.25);
      const value = DAILY_VALUE[variable]({ site, warming, summer, warm: warmth[day]!, wet: wetness[day]!, local });
      values[at] = Math.round(value * 10) / 10;
    }
    yield { variable, year, values };
  }
}

interface SampleDay {
  readonly site: Site;
  /** K since 1981 */
  readonly warming: number;
  /** 1 in late July, -1 in late January */
  readonly summer: number;
  readonly warm: number;
  readonly wet: number;
  readonly local: number;
}

/** K */
const LEAST_RANGE = 2;

const DAILY_VALUE: Readonly<Record<SampleVariable, (day: SampleDay) => number>> = {
  tasmax: highest,
  // The noise of the two is drawn apart: on the wettest days the range must be wide enough for both.
  tasmin: (day) =>
    Math.min(
      highest(day) - LEAST_RANGE,
      temperature(day) - 9 + 1.5 * day.summer + 1.2 * day.wet + 0.5 * day.site.shore,
    ),
  pr: rain,
  hursmin: ({ site, summer, wet, warm, local }) =>
    Math.min(98, Math.max(10, 52 + 13 * summer + 6 * site.shore + 10 * wet - 3 * warm + 4 * local)),
  sfcWind: ({ site, summer, wet, local }) =>
    Math.max(0.2, 1.8 + 0.9 * site.shore + 0.6 * site.mountain - 0.3 * summer + 0.3 * wet + 0.5 * local),
};

function highest(day: SampleDay): number {
  return temperature(day) - 1.2 * Math.max(0, day.wet);
}

function temperature({ site, warming, summer, warm, local }: SampleDay): number {
  return site.mean + site.swing * summer + warming + 2.8 * warm * (1 - 0.25 * summer) + 0.3 * local;
}

/** It rains when the weather is wet enough, much more in summer, on ridges and on the southern shore. */
function rain({ site, warming, summer, wet, local }: SampleDay): number {
  const excess = wet + 0.2 * local - (0.85 - 0.35 * summer - 0.15 * site.mountain - 0.1 * site.south);
  const amount = (6 + 5.5 * summer) * (1 + 0.45 * site.mountain + 0.35 * site.shore * site.south);
  return excess <= 0 ? 0 : amount * (1 + 0.05 * warming) * excess ** 1.7 + 0.1;
}

function countDays({ firstYear, lastYear }: SampleScenario): number {
  let days = 0;
  for (let year = firstYear; year <= lastYear; year++) days += daysInYear(SAMPLE_CALENDAR, year);
  return days;
}

/** A quick and a slow autoregressive series, added and scaled to a deviation of about 1. */
function autoregression(random: Random, days: number): Float64Array {
  const anomalies = new Float64Array(days);
  let quick = 0;
  let slow = 0;
  for (let day = 0; day < days; day++) {
    quick = 0.65 * quick + 0.63 * random.normal();
    slow = 0.95 * slow + 0.17 * random.normal();
    anomalies[day] = quick + slow;
  }
  return anomalies;
}
