// Files about the sea as providers write them, written in a test.
import {
  numbersOf,
  textOf,
  type WrittenFile,
  type WrittenVariable,
  writeClassicFile,
} from "../../ingest/formats/netcdf3Writer.ts";
import type { GaugeOptions } from "../../ingest/sea/gaugeFiles.ts";
import type { RiseChoice } from "../../ingest/sea/readRiseArrays.ts";

/** What the command chooses without options. */
export const USUAL_RISE: RiseChoice = { quantile: 0.5, confidence: "medium", locations: undefined, near: undefined };

export const USUAL_GAUGE: GaugeOptions = {
  ...{ station: undefined, latitude: undefined, longitude: undefined, datumOffset: undefined },
  ...{ complete: 0.9, trend: "remove", datum: "epoch", epoch: { firstYear: 1995, lastYear: 2014 } },
};

export interface Ar6Options {
  readonly quantiles?: readonly number[];
  readonly years?: readonly number[];
  /** Number, latitude, longitude. */
  readonly locations?: readonly (readonly [number, number, number])[];
  readonly units?: string;
  readonly axes?: readonly ("quantiles" | "years" | "locations")[];
  readonly name?: string;
  /** mm of a quantile, a year and a location by its position; NaN where missing. */
  readonly value?: (quantile: number, year: number, location: number) => number;
}

const FILL = -32_768;
export const AR6_LOCATIONS: NonNullable<Ar6Options["locations"]> = [
  [955, 35.1, 129.04],
  [956, 37.45, 126.59],
  [1005301270, 37, 127],
  [1005501290, 35, 129],
];
export const ar6Millimetres = (quantile: number, year: number, location: number): number =>
  Math.round((year - 2005) * 5 * (0.5 + quantile) + location);

/** A file of AR6's confidence levels, as FACTS writes it but in NetCDF-3: short integers, their fill value, three axes. */
export async function makeAr6(options: Ar6Options = {}): Promise<Buffer> {
  const { quantiles = [0.05, 0.17, 0.5, 0.83, 0.95], years = [2020, 2030, 2100], units = "mm" } = options;
  const { locations = AR6_LOCATIONS, value = ar6Millimetres, name = "sea_level_change" } = options;
  const { axes = ["quantiles", "years", "locations"] } = options;
  const along = { quantiles, years, locations };
  const plain = (of: string, type: "double" | "int" | "float", axis: string): WrittenVariable => ({
    ...{ name: of, type, dimensions: [axis], attributes: {} },
  });
  const content = new Map<WrittenVariable, readonly number[]>([
    [plain("quantiles", "double", "quantiles"), quantiles],
    [plain("years", "int", "years"), years],
    [plain("locations", "int", "locations"), locations.map(([number]) => number)],
    [plain("lat", "float", "locations"), locations.map(([, latitude]) => latitude)],
    [plain("lon", "float", "locations"), locations.map(([, , longitude]) => longitude)],
  ]);
  const values: number[] = [];
  const positions: Record<string, number> = {};
  const fill = (depth: number): void => {
    const axis = axes[depth];
    if (axis === undefined) {
      const found = value(quantiles[positions.quantiles!]!, years[positions.years!]!, positions.locations!);
      values.push(Number.isNaN(found) ? FILL : found);
      return;
    }
    for (let at = 0; at < along[axis].length; at++) {
      positions[axis] = at;
      fill(depth + 1);
    }
  };
  fill(0);
  const attributes = {
    units: textOf(units),
    _FillValue: numbersOf("short", FILL),
    scale_factor: numbersOf("double", 1),
  };
  content.set({ name, type: "short", dimensions: axes, attributes }, values);
  const file: WrittenFile = {
    dimensions: { quantiles: quantiles.length, years: years.length, locations: locations.length },
    attributes: {},
    variables: [...content.keys()],
  };
  const pieces: Buffer[] = [];
  for await (const piece of writeClassicFile(file, (one) => [content.get(one)!])) pieces.push(piece);
  return Buffer.concat(pieces);
}

export interface GaugeHour {
  /** ms since 1970 in the record's own zone */
  readonly time: number;
  /** whole mm; NaN where missing */
  readonly level: number;
  /** Marked as not to be used. */
  readonly isBad?: boolean;
}

const pad = (value: number, width = 2) => String(value).padStart(width, "0");
const partsOf = (time: number) => {
  const date = new Date(time);
  return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours()] as const;
};

/** The hours as each publisher writes them, in text. */
export const GAUGE_TEXTS: Readonly<Record<string, (hours: readonly GaugeHour[]) => string>> = {
  "GESLA-3": (hours) =>
    `${[
      "# FORMAT VERSION 5.0",
      "# SITE NAME Incheon",
      "# COUNTRY KOR",
      "# LATITUDE 37.45",
      "# LONGITUDE 126.6",
      "# COORDINATE SYSTEM Unspecified",
      "# DATUM INFORMATION Chart Datum",
      "# NULL VALUE -99.9999",
      "#",
      "# COLUMN 1 Date yyyy/mm/dd",
      "# QC FLAGS",
      "# 1 - Correct value",
      ...hours.map(({ time, level, isBad }) => {
        const [year, month, day, hour] = partsOf(time);
        const text = Number.isNaN(level)
          ? "-99.9999  5  0"
          : `${(level / 1000).toFixed(4)}  ${isBad ? "4  0" : "1  1"}`;
        return `${year}/${pad(month)}/${pad(day)} ${pad(hour)}:00:00  ${text}`;
      }),
    ].join("\n")}\n`,
  UHSLC: (hours) =>
    hours
      .filter(({ isBad }) => isBad !== true)
      .map(({ time, level }) => `${partsOf(time).join(",")},${Number.isNaN(level) ? -32767 : level}\n`)
      .join(""),
  KHOA: (hours) =>
    `관측소: 인천\r\n경도: 126.6\r\n위도: 37.45\r\n관측시간\t조위(cm)\t수온(℃)\r\n${hours
      .filter(({ isBad }) => isBad !== true)
      .map(({ time, level }) => {
        const [year, month, day, hour] = partsOf(time);
        return `${year}-${pad(month)}-${pad(day)} ${pad(hour)}:00:00\t${Number.isNaN(level) ? "-" : level / 10}\t-\r\n`;
      })
      .join("")}`,
  geslaR: (hours) =>
    `"date_time","site_name","lat","lon","sea_level","qc_flag","use_flag"\n${hours
      .map(({ time, level, isBad }) => {
        const [year, month, day, hour] = partsOf(time);
        const text = Number.isNaN(level) ? "NA,5,0" : `${level / 1000},${isBad ? "4,0" : "1,1"}`;
        return `${year}-${pad(month)}-${pad(day)} ${pad(hour)}:00:00.000000+0000,"Incheon",37.45,126.6,${text}\n`;
      })
      .join("")}`,
};

/** The hours as UHSLC's NetCDF, its text of the station left out. */
export async function gaugeNetcdf(
  hours: readonly GaugeHour[],
  change: { readonly units?: string } = {},
): Promise<Buffer> {
  const good = hours.filter(({ isBad }) => isBad !== true);
  const units = textOf("days since 1800-01-01 00:00:00 UTC");
  const time: WrittenVariable = { name: "time", type: "double", dimensions: ["time"], attributes: { units } };
  const level: WrittenVariable = {
    ...{ name: "sea_level", type: "float", dimensions: ["record_id", "time"] },
    attributes: { units: textOf(change.units ?? "millimeters"), _FillValue: numbersOf("float", -32_767) },
  };
  const place = (name: string): WrittenVariable => ({ name, type: "float", dimensions: ["record_id"], attributes: {} });
  const content = new Map<WrittenVariable, readonly number[]>([
    [time, good.map((one) => (one.time - Date.UTC(1800, 0, 1)) / 86_400_000)],
    [level, good.map((one) => (Number.isNaN(one.level) ? -32_767 : one.level))],
    [place("lat"), [37.5]],
    [place("lon"), [126.5]],
  ]);
  const dimensions = { record_id: 1, time: good.length };
  const pieces: Buffer[] = [];
  const file = { dimensions, attributes: {}, variables: [...content.keys()] };
  for await (const piece of writeClassicFile(file, (one) => [content.get(one)!])) pieces.push(piece);
  return Buffer.concat(pieces);
}
