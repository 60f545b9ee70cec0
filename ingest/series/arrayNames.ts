// Which climate variable an array is: by its CMIP short name, by its CF standard name and cell methods, or by a name that
// ERA5 is known for. A name in --map goes before all of them.
import { findVariable, type Variable } from "../../model/variables.ts";
import { hasTimeAxis } from "../cf/places.ts";
import { type ArrayFile, type ArrayVariable, ownName, textAttribute } from "../formats/arrayFile.ts";
import type { Statistic } from "./readingOptions.ts";

/** https://cfconventions.org/Data/cf-standard-names/current/build/cf-standard-name-table.html */
const STANDARD_NAMES: ReadonlyMap<string, readonly (readonly [method: RegExp, variable: Variable])[]> = new Map(
  Object.entries<readonly (readonly [method: RegExp, variable: Variable])[]>({
    air_temperature: [
      [/\bmax/i, "tasmax"],
      [/\bmin/i, "tasmin"],
      [/^$|\bmean\b/i, "tas"],
    ],
    precipitation_flux: [[/^(?!.*\b(max|min))/i, "pr"]],
    lwe_precipitation_rate: [[/^(?!.*\b(max|min))/i, "pr"]],
    relative_humidity: [
      [/\bmin/i, "hursmin"],
      [/^$|\bmean\b/i, "hurs"],
    ],
    dew_point_temperature: [[/^$|\bmean\b/i, "tdps"]],
    surface_air_pressure: [[/^$|\bmean\b/i, "ps"]],
    wind_speed: [[/^$|\bmean\b/i, "sfcWind"]],
  }),
);

/** https://confluence.ecmwf.int/display/CKB/ERA5%3A+data+documentation, short names of parameters. */
const ERA5_NAMES: ReadonlyMap<string, Variable> = new Map(
  Object.entries<Variable>({
    t2m: "tas",
    "2t": "tas",
    mx2t: "tasmax",
    mn2t: "tasmin",
    tp: "pr",
    d2m: "tdps",
    "2d": "tdps",
    sp: "ps",
  }),
);

/** Which of them are values at an hour, of which a day has a mean, a maximum and a minimum. */
const OF_AN_HOUR = ["t2m", "2t", "d2m", "2d", "sp"];
const TEMPERATURE = ["t2m", "2t"];

/** Whether daily values of the array may be the mean, the maximum or the minimum of the hours: nothing in the file says which. */
export function lacksStatistic(array: ArrayVariable): boolean {
  if (!OF_AN_HOUR.includes(ownName(array).toLowerCase())) return false;
  return (
    textAttribute(array, "cell_methods") === undefined && !/^avg/i.test(textAttribute(array, "GRIB_stepType") ?? "")
  );
}

/** A lower rank is surer. */
export function variableOfArray(
  file: ArrayFile,
  array: ArrayVariable,
  statistic: Statistic | undefined,
): { readonly variable: Variable; readonly rank: number } | undefined {
  const named = findVariable(ownName(array));
  if (named !== undefined) return { variable: named, rank: 1 };
  if (!hasTimeAxis(file, array)) return undefined;
  if (statistic !== undefined && lacksStatistic(array)) {
    const variable = withStatistic(ownName(array).toLowerCase(), statistic);
    return variable === undefined ? undefined : { variable, rank: 3 };
  }
  const methods = textAttribute(array, "cell_methods") ?? "";
  const standard = STANDARD_NAMES.get(textAttribute(array, "standard_name") ?? "");
  const found = standard?.find(([method]) => method.test(methods))?.[1];
  if (found !== undefined) return { variable: found, rank: 2 };
  const known = ERA5_NAMES.get(ownName(array).toLowerCase());
  return known === undefined ? undefined : { variable: known, rank: 3 };
}

/** undefined: no variable is the maximum or the minimum of that quantity. */
function withStatistic(name: string, statistic: Statistic): Variable | undefined {
  if (statistic === "mean") return ERA5_NAMES.get(name);
  if (!TEMPERATURE.includes(name)) return undefined;
  return statistic === "maximum" ? "tasmax" : "tasmin";
}
