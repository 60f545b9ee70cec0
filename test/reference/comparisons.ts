// The list of comparisons with reference packages: which arrays, how they may differ, and why that much.
// The arrays come from ourResults.ts, ourDistributions.ts and reference.py.

import { WIND_MODELS } from "../../job/indices/windProfiles.ts";
import { WIND_DAMAGE_REGIONS } from "../../job/risks/windDamageRegions.ts";
import { STORM_CASES } from "./ourStorms.ts";

export type Measure = "equal" | "absolute" | "relative" | "clipped" | "common" | "share";

export interface Comparison {
  readonly index: string;
  /** Package, as its versions are listed. */
  readonly reference: "climada" | "climate-indices" | "lmoments3" | "numpy" | "pyet" | "scipy" | "xclim";
  readonly settings: string;
  /** Folder, and file names on the two sides. */
  readonly case: string;
  readonly ours: string;
  readonly theirs: string;
  readonly measure: Measure;
  readonly tolerance: number;
  /** Compared only where a real record of storms was given. */
  readonly needsRealStorms?: boolean;
}

const XCLIM_SPELLS = "--year-end across --in-base none --year calendar";
/** xclim on the same series without 29 February, as climdex reads its base period. */
const DROPPED = "no leap days";
const EXACT = "coefficient 147.27723, bands cffdrs";
const PRINTED = "coefficient 147.2, bands gfwed";

const FLOOD_OF = { river: "Inland flood", town: "Urban flood", coast: "Coastal flood" } as const;

export const COMPARISONS: readonly Comparison[] = [
  { ...xclim("TX90p thresholds", XCLIM_SPELLS, "noleap", "tx90"), measure: "absolute", tolerance: 1e-9 },
  { ...xclim("TN10p thresholds", XCLIM_SPELLS, "noleap", "tn10"), measure: "absolute", tolerance: 1e-9 },
  { ...xclim("WSDI", XCLIM_SPELLS, "noleap", "wsdi"), measure: "equal", tolerance: 0 },
  { ...xclim("CSDI", XCLIM_SPELLS, "noleap", "csdi"), measure: "equal", tolerance: 0 },
  ...["tx90", "tn10"].map((name) => ({
    ...xclim(`${name === "tx90" ? "TX90p" : "TN10p"} thresholds`, `${XCLIM_SPELLS}; ${DROPPED}`, "standard", name),
    theirs: `${name}CommonYears`,
    measure: "absolute" as const,
    tolerance: 1e-9,
  })),
  ...(["wsdi", "csdi"] as const).flatMap((name) => [
    {
      ...xclim(
        `${name.toUpperCase()} of common years`,
        `${XCLIM_SPELLS}; ${DROPPED}`,
        "standard",
        `${name}CommonYears`,
      ),
      measure: "common" as const,
      tolerance: 0,
    },
    {
      ...xclim(`${name.toUpperCase()} of all years`, `${XCLIM_SPELLS}; leap days differ`, "standard", name),
      measure: "share" as const,
      tolerance: 0.15,
    },
  ]),
  ...(["noleap", "standard"] as const).flatMap((calendar) => [
    { ...xclim("Rx1day", "", calendar, "rx1day"), measure: "equal" as const, tolerance: 0 },
    { ...xclim("Rx5day", "", calendar, "rx5day"), measure: "equal" as const, tolerance: 0 },
    standardized("SPEI-12", "climate-indices", "Distribution.loglogistic, --in-base none", calendar, "spei12", 1e-9),
    standardized("SPEI-12", "xclim", "lmoments3 glo, PWM, --in-base none", calendar, "spei12", 1e-9),
    standardized("SPI-12", "climate-indices", "Distribution.gamma, --in-base none", calendar, "spi12", 1e-6),
    standardized("SPI-12", "xclim", "gamma, APP, --in-base none", calendar, "spi12", 1e-6),
    ...["FFMC", "DMC", "DC", "FWI"].flatMap((code) => [
      fire(code, "climate-indices", EXACT, calendar, "Exact"),
      fire(code, "xclim", PRINTED, calendar, "Printed"),
      fire(code, "xclim", `${PRINTED}, season WF93, overwintered`, calendar, "Season"),
    ]),
  ]),
  ...WIND_MODELS.map((model) =>
    storms(`Highest wind ${model}, synthetic storms`, "same hourly nodes", STORM_CASES.synthetic, model),
  ),
  ...WIND_MODELS.map((model) => ({
    ...storms(`Highest wind ${model}, JMA 2015-2018`, "same hourly nodes", STORM_CASES.real, model),
    needsRealStorms: true,
  })),
  storms("Pressure from wind", "IBTrACS regression", STORM_CASES.synthetic, "gap_pressure"),
  storms("Wind from pressure", "IBTrACS regression", STORM_CASES.synthetic, "gap_wind"),
  storms("Radius of maximum wind", "IBTrACS regression", STORM_CASES.synthetic, "gap_radius"),
  ...WIND_DAMAGE_REGIONS.map(({ region }) => ({
    ...storms(`Wind damage ${region}`, "calibrated RMSF, 0 to 120 m/s", STORM_CASES.synthetic, `damage_${region}`),
    tolerance: 1e-9,
  })),
  distribution("GEV location and scale", "lmoments3", "L-moments of 60 years", "gev_fit", 1e-6),
  { ...distribution("GEV shape", "lmoments3", "L-skewness of 60 years", "gev_shapes", 1e-6), measure: "absolute" },
  distribution("Generalised logistic fit", "lmoments3", "L-moments of 60 years", "logistic_fit", 1e-9),
  distribution("GEV return levels", "scipy", "genextreme, 2 to 500 years", "gev_level", 1e-10),
  distribution("90 % interval, lower end", "scipy", "beta.ppf", "interval_low", 1e-9),
  distribution("90 % interval, upper end", "scipy", "beta.ppf", "interval_high", 1e-9),
  distribution("Kernel estimate", "scipy", "gaussian_kde, same bandwidth", "kernel_cdf", 1e-10),
  distribution("Gamma distribution", "scipy", "gamma.cdf", "gamma_cdf", 1e-10),
  distribution("Reference evapotranspiration", "pyet", "pm_fao56", "fao56", 1e-9),
  distribution("Normal quantile", "scipy", "norm.ppf, 0.0001 to 0.9999", "normal_quantile", 1e-14),
  ...(["river", "town", "coast"] as const).flatMap((place) => [
    flood(place, "P(H)", "genextreme, brentq", "bins", "absolute", 1e-9),
    flood(place, "return levels", "genextreme, brentq", "levels", "absolute", 1e-9),
    flood(place, "D100 undefended", "genextreme, brentq", "undefended", "absolute", 1e-9),
    flood(place, "expected damage", "quad over probability", "damage", "relative", 2e-3),
  ]),
  flood("town", "default drains", "genextreme", "drains", "absolute", 1e-9),
  flood("coast", "change of damage from the base period", "quad over probability", "change", "absolute", 1e-4),
  water("Crossed temperatures, days left", "numpy", "tasmax below tasmin by more than 0.5 K", "crossed_left", 0),
  water("Crossed temperatures, refused cells", "numpy", "more than 1 % of the days", "crossed_refused", 0),
  ...(["noleap", "standard"] as const).flatMap((calendar) =>
    (["wsdi", "csdi"] as const).map((name) => {
      const values = `${name}LeftOut`;
      const index = `${name.toUpperCase()} by left-out years, ${calendar}`;
      const settings = "--year-end within --in-base leave-one-out --year calendar";
      const where = { case: calendar, ours: values, theirs: values };
      return { ...where, index, settings, reference: "numpy" as const, measure: "equal" as const, tolerance: 0 };
    }),
  ),
  water("Water scarcity, P(H)", "scipy", "norm.cdf in log2", "bins", 1e-12),
  water("Water scarcity, interval's lower end", "scipy", "beta.ppf, not above P", "low", 1e-9),
  water("Water scarcity, interval's upper end", "scipy", "beta.ppf, not below P", "high", 1e-9),
  water("Water scarcity, return levels", "numpy", "quantile, median_unbiased", "levels", 1e-9),
  water("Water scarcity, WS with its interval", "numpy", "Fu's curve, ratio of sums", "value", 1e-9),
  water("Water scarcity, score", "numpy", "Aqueduct's score times 20", "score", 1e-9),
  water("Water scarcity, damage", "numpy", "sum over bins", "damage", 1e-12),
  water("High temperature, absolute score", "numpy", "days of at least 33 degC, interp", "hot_score", 1e-9),
  water("Cold wave, absolute score", "xclim", "tn_days_below -12 degC, <=, interp", "cold_score", 1e-9),
  water("Gumbel law of a table of sea levels", "numpy", "polyfit; none where levels fall", "sea_fit", 1e-9),
];

function water(
  index: string,
  reference: "numpy" | "scipy" | "xclim",
  settings: string,
  name: string,
  tolerance: number,
): Comparison {
  return { index, reference, settings, case: "water", ours: name, theirs: name, measure: "absolute", tolerance };
}

function flood(
  place: keyof typeof FLOOD_OF,
  what: string,
  settings: string,
  name: string,
  measure: Measure,
  tolerance: number,
): Comparison {
  const names = { ours: `${place}_${name}`, theirs: `${place}_${name}` };
  return {
    index: `${FLOOD_OF[place]}, ${what}`,
    reference: "scipy",
    settings,
    case: "floods",
    ...names,
    measure,
    tolerance,
  };
}

function xclim(index: string, settings: string, calendar: string, name: string) {
  return {
    index: `${index}, ${calendar}`,
    reference: "xclim",
    settings,
    case: calendar,
    ours: name,
    theirs: name,
  } as const;
}

function standardized(
  index: string,
  reference: "climate-indices" | "xclim",
  settings: string,
  calendar: string,
  ours: string,
  tolerance: number,
): Comparison {
  const theirs = `${ours}_${reference.replace("-", "_")}`;
  const where = { index: `${index}, ${calendar}`, case: calendar, ours, theirs };
  return { ...where, reference, settings, measure: "clipped", tolerance };
}

function fire(
  code: string,
  reference: "climate-indices" | "xclim",
  settings: string,
  calendar: string,
  suffix: string,
): Comparison {
  const name = `${code.toLowerCase()}${suffix}`;
  const where = { index: `${code}, ${calendar}`, case: calendar, ours: name, theirs: name };
  return { ...where, reference, settings, measure: "relative", tolerance: 1e-9 };
}

function storms(index: string, settings: string, where: string, name: string): Comparison {
  return {
    index,
    reference: "climada",
    settings,
    case: where,
    ours: name,
    theirs: name,
    measure: "absolute",
    tolerance: 1e-5,
  };
}

function distribution(
  index: string,
  reference: "lmoments3" | "pyet" | "scipy",
  settings: string,
  name: string,
  tolerance: number,
): Comparison {
  const where = { index, case: "distributions", ours: name, theirs: name };
  return { ...where, reference, settings, measure: "relative", tolerance };
}
