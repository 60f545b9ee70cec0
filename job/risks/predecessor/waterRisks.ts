// Water scarcity and the three floods as the predecessor computed them.
import type { Flag } from "../../../model/reasons.ts";
import { extraterrestrialRadiation } from "../../indices/evapotranspiration.ts";
import { MONTHS_OF_YEAR } from "../../indices/monthlySums.ts";
import { penmanMonteith, saturationPressure, windAtTwoMetres } from "../../indices/penmanMonteith.ts";
import { quantileType7 } from "../../numerics/quantile.ts";
import { positionsIn } from "../periodYears.ts";
import type { CellInput } from "../riskDefinition.ts";
import { monthlyTotalsOfMeans } from "../waterBalance.ts";
import { fromEdge, type PredecessorRisk } from "./predecessorRisk.ts";

/** Share of the renewable water that may be used. */
const USABLE_SHARE = 0.63;
const DAYS_OF_MONTH = 30;
/** 1 W m-2 over a day [MJ m-2]. */
const MJ_PER_DAY_OF_WATT = 0.0864;
/** Middle of a month as FAO-56 counts it: day 30.4 M - 15 of the year, its whole part. */
const middleOf = (month: number) => Math.floor(30.4 * month - 15);

const DEFAULT_DRAIN_MM = 60;
const METRES_OF_MM = 0.01;

const WEATHER = ["tasmin", "tasmax", "hurs", "sfcWind", "rsds", "pr"] as const;

export const predecessorWater: PredecessorRisk = {
  risk: "water_scarcity",
  longName: "Water scarcity",
  intensity: "WSI",
  read(input, edges) {
    const withdrawal = input.yearly.get("withdrawal");
    const renewable = input.attributes.get("renewableWater");
    if (withdrawal === undefined || renewable === undefined) return "noInput";
    const balance = yearlyBalance(input);
    if (balance === null) return "noInput";
    const { axis, basePeriod } = input;
    const { from, to } = positionsIn(basePeriod, axis.firstYear, axis.years);
    const base = balance.subarray(from, to).filter((mm) => !Number.isNaN(mm));
    if (base.length === 0) return "noBasePeriod";
    const normal = base.reduce((sum, mm) => sum + mm, 0) / base.length;
    const values = balance.map((mm, year) => stressIndex(withdrawal[year]!, renewable, mm / normal));
    const flags: Flag[] = input.attributes.has("elevation") ? [] : ["altitudeUnknown"];
    return { firstYear: axis.firstYear, values, perYear: 1, binOf: fromEdge(edges), flags };
  },
};

/** Withdrawal over usable water [1]; 0 where the denominator is not positive, as the predecessor has it. NaN gives NaN. */
export function stressIndex(withdrawal: number, renewable: number, scale: number): number {
  const usable = USABLE_SHARE * renewable * scale;
  if (Number.isNaN(usable)) return Number.NaN;
  return usable > 0 ? withdrawal / usable : withdrawal * 0;
}

/** Rain minus reference evapotranspiration of each year [mm], every month of 30 days; null when a series is missing. */
function yearlyBalance({ attributes, axis, latitude, monthly }: CellInput): Float64Array | null {
  const series = WEATHER.map((name) => monthly.get(name)).filter((values) => values !== undefined);
  if (series.length < WEATHER.length) return null;
  const [lowest, highest, humidity, wind, radiation, rain] = series as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const altitude = Math.max(0, attributes.get("elevation") ?? 0);
  const fallen = new Float64Array(rain.length);
  monthlyTotalsOfMeans(rain, axis, fallen);
  const balance = new Float64Array(axis.years);
  for (let month = 0; month < rain.length; month++) {
    const saturated = (saturationPressure(highest[month]!) + saturationPressure(lowest[month]!)) / 2;
    const perDay = penmanMonteith({
      highest: highest[month]!,
      lowest: lowest[month]!,
      vapourPressure: (humidity[month]! / 100) * saturated,
      wind: windAtTwoMetres(wind[month]!),
      radiation: radiation[month]! * MJ_PER_DAY_OF_WATT,
      extraterrestrial: extraterrestrialRadiation(latitude, middleOf((month % MONTHS_OF_YEAR) + 1)),
      altitude,
      soilHeat: 0,
    });
    const year = Math.floor(month / MONTHS_OF_YEAR);
    balance[year] = balance[year]! + fallen[month]! - DAYS_OF_MONTH * perDay;
  }
  return balance;
}

export const predecessorInlandFlood: PredecessorRisk = {
  risk: "inland_flood",
  longName: "Inland flood",
  intensity: "Rx1day against the base period's quantiles",
  read({ axis, basePeriod, yearly }, edges) {
    const rain = yearly.get("Rx1day");
    if (rain === undefined) return "noInput";
    const { from, to } = positionsIn(basePeriod, axis.firstYear, axis.years);
    const base = rain
      .slice(from, to)
      .filter((mm) => !Number.isNaN(mm))
      .sort();
    if (base.length === 0) return "noBasePeriod";
    const quantiles = edges.map((p) => quantileType7(base, 0, base.length, p));
    return { firstYear: axis.firstYear, values: rain, perYear: 1, binOf: fromEdge(quantiles) };
  },
};

export const predecessorUrbanFlood: PredecessorRisk = {
  risk: "urban_flood",
  longName: "Urban flood",
  intensity: "depth",
  read({ attributes, axis, yearly }, edges) {
    const rain = yearly.get("RAIN80");
    if (rain === undefined) return "noInput";
    const known = attributes.get("drainageCapacity");
    const drain = known ?? DEFAULT_DRAIN_MM;
    const values = rain.map((mm) => METRES_OF_MM * Math.max(0, mm - drain));
    const flags: Flag[] = known === undefined ? ["sixtyMillimetreDrains"] : [];
    return { firstYear: axis.firstYear, values, perYear: 1, binOf: ofDepth(edges), flags };
  },
};

export const predecessorCoastalFlood: PredecessorRisk = {
  risk: "coastal_flood",
  longName: "Coastal flood",
  intensity: "depth",
  read({ attributes, axis, monthly }, edges) {
    const sea = monthly.get("zos");
    const ground = attributes.get("elevation");
    if (sea === undefined || ground === undefined) return "noInput";
    const values = new Float64Array(axis.years).fill(Number.NaN);
    for (let month = 0; month < sea.length; month++) {
      const depth = Math.max(0, sea[month]! - ground);
      const year = Math.floor(month / MONTHS_OF_YEAR);
      if (!Number.isNaN(depth) && !(values[year]! > depth)) values[year] = depth;
    }
    return { firstYear: axis.firstYear, values, perYear: 1, binOf: ofDepth(edges) };
  },
};

/** No water at all, then [.., 0.3), [0.3, 1), [1, ..). */
function ofDepth([, ...edges]: readonly number[]): (depth: number) => number {
  const above = fromEdge(edges);
  return (depth) => (depth === 0 ? 0 : 1 + above(depth));
}
