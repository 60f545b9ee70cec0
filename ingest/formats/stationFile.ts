// Series of many places as one NetCDF file by CF's own layout for them: cells by times, both with coordinates (CF Conventions
// 1.11, appendix H.2.1, orthogonal multidimensional array representation). What the values are is the caller's.
import type { Place } from "../../database/gridCells.ts";
import type { Calendar } from "../../model/calendars.ts";
import type { Frequency } from "../../model/variables.ts";
import {
  numbersOf,
  type Pieces,
  textOf,
  type WrittenAttribute,
  type WrittenVariable,
  writeClassicFile,
} from "./netcdf3Writer.ts";

/** Whether an output so named is meant to be NetCDF. */
export function isNetcdfName(output: string): boolean {
  return /\.(nc|cdf)$/i.test(output);
}

export interface StationVariable {
  readonly name: string;
  readonly type: "float" | "double";
  readonly unit: string;
  readonly longName: string;
  readonly attributes?: Readonly<Record<string, WrittenAttribute>>;
}

export interface StationSeries {
  readonly title: string;
  readonly calendar: Calendar;
  readonly frequency: Frequency;
  /** The first time is 0: `days since` this year's first day. */
  readonly firstYear: number;
  /** [times] days since the first day of `firstYear`. */
  readonly days: ArrayLike<number>;
  readonly places: readonly Place[];
  readonly variables: readonly StationVariable[];
}

/** Frequency by its name in CMIP, which a file with one time needs. */
const CMIP_FREQUENCIES: Readonly<Record<Frequency, string>> = { daily: "day", monthly: "mon", yearly: "yr" };

/** `valuesOf` gives the times of each place, one place after the other, NaN where missing. */
export function writeStationFile(
  { title, calendar, frequency, firstYear, days, places, variables }: StationSeries,
  valuesOf: (variable: StationVariable) => Pieces,
): AsyncGenerator<Buffer> {
  const coordinate = (name: string, unit: string, axis: string): WrittenVariable => ({
    name,
    type: "double",
    dimensions: ["cell"],
    attributes: { units: textOf(unit), standard_name: textOf(name), long_name: textOf(name), axis: textOf(axis) },
  });
  const time: WrittenVariable = {
    name: "time",
    type: "int",
    dimensions: ["time"],
    attributes: {
      units: textOf(`days since ${String(firstYear).padStart(4, "0")}-01-01`),
      calendar: textOf(calendar),
      standard_name: textOf("time"),
      axis: textOf("T"),
    },
  };
  const [latitude, longitude] = [
    coordinate("latitude", "degrees_north", "Y"),
    coordinate("longitude", "degrees_east", "X"),
  ];
  const written = variables.map(
    ({ name, type, unit, longName, attributes = {} }): WrittenVariable => ({
      name,
      type,
      dimensions: ["cell", "time"],
      attributes: {
        units: textOf(unit),
        long_name: textOf(longName),
        coordinates: textOf("latitude longitude"),
        _FillValue: numbersOf(type, Number.NaN),
        ...attributes,
      },
    }),
  );
  return writeClassicFile(
    {
      dimensions: { cell: places.length, time: days.length },
      attributes: {
        Conventions: textOf("CF-1.11"),
        featureType: textOf("timeSeries"),
        title: textOf(title),
        frequency: textOf(CMIP_FREQUENCIES[frequency]),
      },
      variables: [time, latitude, longitude, ...written],
    },
    (variable) => {
      if (variable === time) return [days];
      if (variable === latitude) return [places.map((place) => place.latitude)];
      if (variable === longitude) return [places.map((place) => place.longitude)];
      return valuesOf(variables[written.indexOf(variable)]!);
    },
  );
}
