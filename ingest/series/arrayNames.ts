// Which climate variable an array is: by its CMIP short name, by its CF standard name and cell methods, or by a name that
// ERA5 or KMA is known for. A name in --map goes before all of them.
import { existsAt, findVariable, type Variable } from "../../model/variables.ts";
import { hasTimeAxis } from "../cf/places.ts";
import { type ArrayFile, type ArrayVariable, ownName, textAttribute } from "../formats/arrayFile.ts";
import { findKmaField, readKmaName } from "../formats/kmaNames.ts";
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
const ACCUMULATED = ["tp", "e", "pev", "ro", "sro", "ssro", "ssr", "ssrd"];

/**
 * Whether the array is one that ECMWF accumulates, and does not say over what: its monthly means have amounts of a day, which other
 * programs sum to amounts of a month. https://confluence.ecmwf.int/display/CKB/ERA5%3A+data+documentation, monthly means.
 */
export function lacksSpan(array: ArrayVariable): boolean {
  if (!ACCUMULATED.includes(ownName(array).toLowerCase())) return false;
  return textAttribute(array, "GRIB_stepType") === undefined && !methodsOfTime(array).includes("sum");
}

/** Whether the array adds up from the start of a run on, as rain and snow of WRF do, by what WRF says of it. */
export function addsUp(array: ArrayVariable): boolean {
  return /^accumulated total /i.test(textAttribute(array, "description") ?? "");
}

const OF_AN_HOUR = ["t2m", "2t", "d2m", "2d", "sp"];
const TEMPERATURE = ["t2m", "2t"];

/** Whether daily values of the array may be the mean, the maximum or the minimum of the hours: nothing in the file says which. */
export function lacksStatistic(array: ArrayVariable): boolean {
  if (!OF_AN_HOUR.includes(ownName(array).toLowerCase())) return false;
  return (
    textAttribute(array, "cell_methods") === undefined && !/^avg/i.test(textAttribute(array, "GRIB_stepType") ?? "")
  );
}

/** Methods along time, in their order: "area: mean time: maximum within days time: mean over days" has a maximum and a mean. CF 1.11, 7.3. */
function methodsOfTime(array: ArrayVariable): string[] {
  const text = textAttribute(array, "cell_methods") ?? "";
  return [...text.matchAll(/((?:[\w.]+: +)+)(\w+)/g)]
    .filter(([, dimensions]) => /\btime: /i.test(dimensions!))
    .map(([, , method]) => method!.toLowerCase());
}

const EXTREMES: ReadonlyMap<Variable, string> = new Map([
  ["tasmax", "max"],
  ["tasmin", "min"],
  ["hursmin", "min"],
]);
const NOT_USUAL = /^(max|min|stan|vari|rang|mid|mode|medi|root)/;

/**
 * The statistic that the array says it is, where it is not that of the variable: a maximum called pr, the highest daily maximum of a
 * month called tasmax. Indices, such as Rx1day, have their own.
 */
export function otherStatistic(array: ArrayVariable, variable: Variable): string | undefined {
  if (!existsAt(variable, "daily")) return undefined;
  const [first, ...more] = methodsOfTime(array);
  const own = EXTREMES.get(variable);
  const isOther = (method: string) => NOT_USUAL.test(method) && !(own !== undefined && method.startsWith(own));
  return [first, more.at(-1)].find(
    (method, at) => method !== undefined && (isOther(method) || (at === 1 && NOT_USUAL.test(method))),
  );
}

/** Standard names of other quantities that arrays of these names have had. */
const OTHER_TEMPERATURES = /soil|sea|lake|dew_point|wet_bulb|brightness|anomaly|^surface_temperature$/;
const OTHER_QUANTITIES: ReadonlyMap<Variable, RegExp> = new Map([
  ["tas", OTHER_TEMPERATURES],
  ["tasmax", OTHER_TEMPERATURES],
  ["tasmin", OTHER_TEMPERATURES],
  ["pr", /snowfall|convective|stratiform|large_scale|anomaly|evaporation/],
  ["sfcWind", /gust|eastward|northward|anomaly|^[xy]_wind$/],
  ["hurs", /specific|anomaly/],
  ["hursmin", /specific|anomaly/],
]);

/** The standard name of the array, where it is that of another quantity than the variable. */
export function otherQuantity(array: ArrayVariable, variable: Variable): string | undefined {
  const name = textAttribute(array, "standard_name");
  return name !== undefined && OTHER_QUANTITIES.get(variable)?.test(name.toLowerCase()) ? name : undefined;
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
  const methods = methodsOfTime(array)[0] ?? "";
  const standard = STANDARD_NAMES.get(textAttribute(array, "standard_name") ?? "");
  const found = standard?.find(([method]) => method.test(methods))?.[1];
  if (found !== undefined) return { variable: found, rank: 2 };
  const known = variableOfKma(file, array) ?? ERA5_NAMES.get(ownName(array).toLowerCase());
  return known === undefined ? undefined : { variable: known, rank: 3 };
}

/** Only in files that are named as KMA names them: elsewhere TA or SI may be anything. */
function variableOfKma({ file }: ArrayFile, array: ArrayVariable): Variable | undefined {
  return readKmaName(file) === undefined ? undefined : findKmaField(ownName(array))?.variable;
}

/** undefined: no variable is the maximum or the minimum of that quantity. */
function withStatistic(name: string, statistic: Statistic): Variable | undefined {
  if (statistic === "mean") return ERA5_NAMES.get(name);
  if (!TEMPERATURE.includes(name)) return undefined;
  return statistic === "maximum" ? "tasmax" : "tasmin";
}
