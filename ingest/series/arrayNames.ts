// Which climate variable an array is: by its CMIP short name, by its CF standard name and cell methods, or by a name that
// ERA5 is known for. A name in --map goes before all of them.
import type { Variable } from "../../model/variables.ts";
import { hasTimeAxis } from "../cf/places.ts";
import { type ArrayFile, type ArrayVariable, textAttribute } from "../formats/arrayFile.ts";
import { findVariable } from "./readingOptions.ts";

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

/** A lower rank is surer. */
export function variableOfArray(
  file: ArrayFile,
  array: ArrayVariable,
): { readonly variable: Variable; readonly rank: number } | undefined {
  const named = findVariable(array.name);
  if (named !== undefined) return { variable: named, rank: 1 };
  if (!hasTimeAxis(file, array)) return undefined;
  const methods = textAttribute(array, "cell_methods") ?? "";
  const standard = STANDARD_NAMES.get(textAttribute(array, "standard_name") ?? "");
  const found = standard?.find(([method]) => method.test(methods))?.[1];
  if (found !== undefined) return { variable: found, rank: 2 };
  const known = ERA5_NAMES.get(array.name.toLowerCase());
  return known === undefined ? undefined : { variable: known, rank: 3 };
}
