// At which height or pressure an array is: air at 850 hPa and wind at 100 m are no climate of the surface.
import { RejectedError } from "../../model/errors.ts";
import type { Variable } from "../../model/variables.ts";
import { readUnpacked } from "../cf/packing.ts";
import { type ArrayFile, type ArrayVariable, findNear, textAttribute, valuesIn } from "../formats/arrayFile.ts";

/** Metres above the ground at which a variable is measured: thermometers at 1.25 to 2 m, anemometers at 10 m. */
const HEIGHTS: Readonly<Partial<Record<Variable, readonly [number, number]>>> = {
  tas: [0, 10],
  tasmax: [0, 10],
  tasmin: [0, 10],
  tdps: [0, 10],
  hurs: [0, 10],
  hursmin: [0, 10],
  huss: [0, 10],
  sfcWind: [2, 12],
};
const PRESSURES = ["pa", "hpa", "mb", "mbar", "millibar", "millibars"];

/** Refuses an array whose only level, a coordinate of one value (CF 1.11, 5.7) or an axis of one, is not where the variable is measured. */
export async function refuseLevels(file: ArrayFile, array: ArrayVariable, variable: Variable): Promise<void> {
  const heights = HEIGHTS[variable];
  if (heights === undefined) return;
  const names = new Set([...(textAttribute(array, "coordinates")?.split(/\s+/) ?? []), ...array.dimensions]);
  for (const name of names) {
    const level = findNear(file, array, name);
    if (level === undefined || level.bytesPerValue === null || valuesIn(level.shape) !== 1) continue;
    const unit = (textAttribute(level, "units") ?? "").toLowerCase();
    const isPressure = PRESSURES.includes(unit) || textAttribute(level, "standard_name") === "air_pressure";
    const isHeight = unit === "m" && textAttribute(level, "standard_name") === "height";
    if (!isPressure && !isHeight) continue;
    const [value] = await readUnpacked(file, level);
    if (isHeight && value! >= heights[0] && value! <= heights[1]) continue;
    throw new RejectedError(
      "WrongLevel",
      `${file.file}: variable "${array.name}" would be ${variable}, but its coordinate "${level.name}" is ${value} ${textAttribute(level, "units") ?? ""}; expected ${heights[0]} to ${heights[1]} m above the ground. ` +
        `Leave it out by --variables VARIABLE,…; or if it is ${variable} nevertheless, say so: --map ${array.name}=${variable}.`,
    );
  }
}
