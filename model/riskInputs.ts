// What each risk is computed from, as plain data. Planning refuses by it, shards read by it, results and documents name it.
import type { Attribute } from "./attributes.ts";
import type { Methods } from "./calculations.ts";
import { RISKS, type Risk } from "./risks.ts";
import { FREQUENCIES, type Frequency, type Variable, type VariablesByFrequency } from "./variables.ts";

/** Tables beside the series: best tracks; sea levels with their rise and the sea's paths; sums over river basins. */
export const SIDE_TABLES = ["storms", "sea", "basins"] as const;
export type SideTable = (typeof SIDE_TABLES)[number];

export interface SeriesGroup {
  readonly frequency: Frequency;
  readonly variables: readonly Variable[];
}

/** One way to compute a risk. It needs all of its series. */
export interface InputWay {
  /** What results and documents call it, such as "pr, tas monthly". */
  readonly text: string;
  readonly series: readonly SeriesGroup[];
  /** Whether the cell's series must cover the base period. */
  readonly needsBasePeriod: boolean;
}

export interface RiskInputs {
  /** What it is computed in, and so what a user's edges and anchors must be given in; by the published methods. */
  readonly unit?: string;
  /** Best first: a cell uses the first for which it has the series. */
  readonly ways: Readonly<Record<string, InputWay>>;
  /** Tables that it reads, and those of them without which it computes nothing. */
  readonly tables: readonly SideTable[];
  readonly neededTables: readonly SideTable[];
  /** Attributes of the cell that it cannot do without, and those that have a default. */
  readonly neededAttributes: readonly Attribute[];
  readonly attributes: readonly Attribute[];
}

type Groups = readonly SeriesGroup[];

const daily = (...variables: readonly Variable[]): SeriesGroup => ({ frequency: "daily", variables });
const monthly = (...variables: readonly Variable[]): SeriesGroup => ({ frequency: "monthly", variables });
const yearly = (...variables: readonly Variable[]): SeriesGroup => ({ frequency: "yearly", variables });

function textOf(series: Groups): string {
  return series.map(({ frequency, variables }) => `${variables.join(", ")} ${frequency}`).join("; ");
}

const compared = (...series: Groups): InputWay => ({ text: textOf(series), series, needsBasePeriod: true });
const absolute = (...series: Groups): InputWay => ({ text: textOf(series), series, needsBasePeriod: false });
const named = (text: string, ...series: Groups): InputWay => ({ text, series, needsBasePeriod: false });

const NOTHING_BESIDE = { tables: [], neededTables: [], neededAttributes: [], attributes: [] } as const;

/** Rain and evaporation: the daily range of temperature predicts evaporation better than a finer time step does. */
export const BALANCE_WAYS = {
  dailyHargreaves: compared(daily("pr", "tasmin", "tasmax")),
  monthlyHargreaves: compared(monthly("pr", "tasmin", "tasmax")),
  dailyThornthwaite: compared(daily("pr", "tas")),
  monthlyThornthwaite: compared(monthly("pr", "tas")),
} as const satisfies Record<string, InputWay>;

/** A model's runoff includes soil, snow and plants; Fu's curve has rain and evaporation only. */
const RUNOFF: readonly Groups[] = [
  ...[daily, monthly, yearly].map((every) => [every("mrro")]),
  ...[daily, monthly, yearly].map((every) => [every("pr", "evspsblpot")]),
  ...Object.values<InputWay>(BALANCE_WAYS).map(({ series }) => series),
];

/** Water that reaches the cell from upstream counts where it is known. */
function waterWays(): Readonly<Record<string, InputWay>> {
  const ways = RUNOFF.flatMap((runoff) => [
    absolute(...runoff, yearly("withdrawal", "inflow")),
    absolute(...runoff, yearly("withdrawal")),
  ]);
  return Object.fromEntries(ways.map((way) => [way.text, way]));
}

const PUBLISHED_INPUTS = {
  coastal_flood: {
    unit: "m",
    ways: {
      maximaRegional: named("yearly highest sea levels, regional rise"),
      maximaGlobal: named("yearly highest sea levels, global rise"),
      parametersRegional: named("parameters of extreme sea levels, regional rise"),
      parametersGlobal: named("parameters of extreme sea levels, global rise"),
      levelsRegional: named("return levels of the sea, regional rise"),
      levelsGlobal: named("return levels of the sea, global rise"),
      /** Where no sea comes, whatever its levels. */
      outOfReach: named("elevation and distance to the coast"),
    },
    tables: ["sea"],
    neededTables: ["sea"],
    neededAttributes: ["elevation"],
    attributes: ["distanceToCoast", "landFraction", "seaProtection", "subsidence", "waveSetup"],
  },
  cold_wave: {
    unit: "d",
    ways: { daily: compared(daily("tasmin")), provided: absolute(yearly("CSDI")) },
    ...NOTHING_BESIDE,
  },
  drought: {
    unit: "1",
    ways: { ...BALANCE_WAYS, provided: absolute(monthly("SPEI12")) },
    ...NOTHING_BESIDE,
  },
  high_temperature: {
    unit: "d",
    ways: { daily: compared(daily("tasmax")), provided: absolute(yearly("WSDI")) },
    ...NOTHING_BESIDE,
  },
  inland_flood: {
    unit: "m",
    ways: {
      daily: compared(daily("pr")),
      bothProvided: compared(yearly("Rx1day", "Rx5day")),
      provided: compared(yearly("Rx1day")),
    },
    ...NOTHING_BESIDE,
    neededAttributes: ["heightAboveDrainage", "upstreamArea"],
    attributes: [
      "channelLength",
      "channelSlope",
      "curveNumber",
      "floodplainWidth",
      "permanentWater",
      "riverProtection",
    ],
  },
  typhoon: {
    unit: "m s-1",
    ways: { tracks: named("best tracks") },
    ...NOTHING_BESIDE,
    tables: ["storms"],
    neededTables: ["storms"],
    attributes: ["country"],
  },
  urban_flood: {
    unit: "m",
    ways: { daily: compared(daily("pr")), provided: compared(yearly("Rx1day")) },
    ...NOTHING_BESIDE,
    neededAttributes: ["imperviousFraction"],
    attributes: ["curveNumber", "depressionFraction", "drainageCapacity", "slope", "urbanFraction"],
  },
  water_scarcity: {
    unit: "1",
    ways: waterWays(),
    ...NOTHING_BESIDE,
    tables: ["basins"],
    neededAttributes: ["cellArea"],
    attributes: ["basin", "budykoOmega", "country"],
  },
  wildfire: {
    unit: "1",
    ways: {
      hursmin: absolute(daily("tasmax", "hursmin", "sfcWind", "pr")),
      proxy: absolute(daily("tasmax", "hurs", "tas", "sfcWind", "pr")),
      hurs: absolute(daily("tasmax", "hurs", "sfcWind", "pr")),
    },
    ...NOTHING_BESIDE,
    attributes: ["burnableFraction"],
  },
} as const satisfies Record<Risk, RiskInputs>;

/** The predecessor had one way for each of its risks, and compared with no base period. */
const PREDECESSOR_INPUTS = {
  coastal_flood: {
    ways: { only: named("zos monthly; elevation", monthly("zos")) },
    ...NOTHING_BESIDE,
    neededAttributes: ["elevation"],
  },
  cold_wave: { ways: { only: absolute(yearly("CSDI")) }, ...NOTHING_BESIDE },
  drought: { ways: { only: absolute(monthly("SPEI12")) }, ...NOTHING_BESIDE },
  high_temperature: { ways: { only: absolute(yearly("WSDI")) }, ...NOTHING_BESIDE },
  inland_flood: { ways: { only: absolute(yearly("Rx1day")) }, ...NOTHING_BESIDE },
  typhoon: {
    ways: { only: named("best tracks with wind radii") },
    ...NOTHING_BESIDE,
    tables: ["storms"],
    neededTables: ["storms"],
  },
  urban_flood: {
    ways: { only: absolute(yearly("RAIN80")) },
    ...NOTHING_BESIDE,
    attributes: ["drainageCapacity"],
  },
  water_scarcity: {
    ways: {
      only: named(
        "tasmin, tasmax, hurs, sfcWind, rsds, pr monthly; withdrawal yearly; renewableWater",
        monthly("tasmin", "tasmax", "hurs", "sfcWind", "rsds", "pr"),
        yearly("withdrawal"),
      ),
    },
    ...NOTHING_BESIDE,
    neededAttributes: ["renewableWater"],
    attributes: ["elevation"],
  },
  wildfire: { ways: { only: absolute(monthly("tas", "hurs", "sfcWind", "pr")) }, ...NOTHING_BESIDE },
} as const satisfies Partial<Record<Risk, RiskInputs>>;

/** By method set; the predecessor did not have every risk. */
export const RISK_INPUTS = {
  published: PUBLISHED_INPUTS,
  predecessor: PREDECESSOR_INPUTS,
} as const satisfies Record<Methods, Partial<Record<Risk, RiskInputs>>>;

/** What a risk reads by a method set; null where the set does not compute it. */
export function inputsOfRisk(methods: Methods, risk: Risk): RiskInputs | null {
  const ofSet: Partial<Record<Risk, RiskInputs>> = RISK_INPUTS[methods];
  return ofSet[risk] ?? null;
}

export function risksOf(methods: Methods): readonly Risk[] {
  return RISKS.filter((risk) => inputsOfRisk(methods, risk) !== null);
}

export function waysOf(methods: Methods, risk: Risk): readonly InputWay[] {
  return Object.values(inputsOfRisk(methods, risk)?.ways ?? {});
}

export function readsSeries({ ways }: RiskInputs, frequency: Frequency, variable: Variable): boolean {
  const groups = Object.values(ways).flatMap(({ series }) => series);
  return groups.some((one) => one.frequency === frequency && one.variables.includes(variable));
}

/** Every series that the risks read where it is there. */
export function seriesOf(methods: Methods, risks: readonly Risk[]): VariablesByFrequency {
  const groups = risks.flatMap((risk) => waysOf(methods, risk).flatMap(({ series }) => series));
  const variablesAt = (wanted: Frequency) =>
    groups.filter(({ frequency }) => frequency === wanted).flatMap(({ variables }) => variables);
  const present = FREQUENCIES.map((frequency) => [frequency, [...new Set(variablesAt(frequency))].sort()] as const);
  return Object.fromEntries(present.filter(([, variables]) => variables.length > 0));
}

export function risksReading(methods: Methods, table: SideTable): readonly Risk[] {
  return risksOf(methods).filter((risk) => inputsOfRisk(methods, risk)?.tables.includes(table));
}

/** Every side table that the risks read. */
export function tablesOf(methods: Methods, risks: readonly Risk[]): readonly SideTable[] {
  const read = new Set(risks.flatMap((risk) => inputsOfRisk(methods, risk)?.tables ?? []));
  return SIDE_TABLES.filter((table) => read.has(table));
}

/** The series that a cell or a scenario has, such as Maps or Sets of variables by frequency. */
export type PresentSeries = Readonly<Record<Frequency, { has(variable: Variable): boolean }>>;

export function hasSeries({ series }: InputWay, present: PresentSeries): boolean {
  return series.every(({ frequency, variables }) => variables.every((one) => present[frequency].has(one)));
}

/** The first way whose series are all present; undefined when there is none. */
export function bestWay(ways: RiskInputs["ways"], present: PresentSeries): InputWay | undefined {
  return Object.values(ways).find((way) => hasSeries(way, present));
}
