// Inputs for the readers: good files of every format, changed where the format is sensitive.
import { readFile } from "node:fs/promises";
import { writeArrayBuffer } from "geotiff";
import { makeNetcdf, makeZip, zarrEntries } from "../support/arrayFiles.ts";
import { districtText, makeTarGz } from "../support/districtFiles.ts";
import { GAUGE_TEXTS, gaugeNetcdf, makeAr6 } from "../support/seaFiles.ts";
import { SERIES_FORMATS } from "../support/seriesFormats.ts";
import { ibtracs, ibtracsParquet, jmaYear, KMA_HEADER } from "../support/stormFiles.ts";

/** Which reader takes a file. */
export type Reader = "series" | "storms" | "stations" | "rise" | "attributes" | "raster" | "polygons";

export interface Seed {
  readonly name: string;
  readonly reader: Reader;
  readonly bytes: Buffer;
  /** Text: changed by words; else by bytes. */
  readonly isText: boolean;
}

const GRID = {
  days: [0, 1, 2, 3, 4, 5, 6, 7],
  values: Array.from({ length: 8 }, (_, day) => [day, day + 1, day + 2, day + 3]),
};

export async function makeSeeds(): Promise<readonly Seed[]> {
  const seeds: Seed[] = [];
  const add = (reader: Reader, name: string, content: string | Buffer) =>
    void seeds.push({ name, reader, bytes: Buffer.from(content), isText: typeof content === "string" });
  for (const make of Object.values(SERIES_FORMATS)) {
    for (const [name, content] of Object.entries(await make(GRID))) add("series", name, content);
  }
  const packed = { units: "mm d-1", scale_factor: 0.1, add_offset: 0, _FillValue: -1, valid_min: 0, _Unsigned: "true" };
  add("series", "packed.nc", await makeNetcdf({ times: GRID.days, name: "pr", type: "short", variable: packed }));
  for (const version of [2, 3] as const)
    add("series", "plain.zarr.zip", makeZip(zarrEntries({ version, times: GRID.days })));
  add(
    "series",
    "parts.csv",
    `YEAR,MO,DY,lat,lon,tasmax (K),pr (mm)\n${GRID.days.map((day) => `2001,1,${day + 1},36,127,${290 + day},${day}\n`).join("")}`,
  );
  add("storms", "bst_all.txt", jmaYear(2001) + jmaYear(2002));
  const kma = [
    ...KMA_HEADER,
    "TY 2211 2022 8 29 12 141.2 27.3 40 955 160 100 NE 50 30 NE HINNAMNOR",
    "TS,2211,2022,8,30,0,139.0,27.0,20,990,160,160,-,-,-,-,HINNAMNOR",
    "#7777END",
  ];
  add("storms", "kma.txt", `${kma.join("\n")}\n`);
  const point = {
    SID: "2018272N15144",
    SEASON: 2018,
    BASIN: "WP",
    NAME: "A",
    NATURE: "TS",
    LAT: 15,
    LON: 145,
    WMO_WIND: 60,
    WMO_PRES: 985,
    WMO_AGENCY: "tokyo",
    TRACK_TYPE: "main",
    TOKYO_GRADE: 5,
  };
  add(
    "storms",
    "ibtracs.csv",
    ibtracs({ ...point, ISO_TIME: "2018-10-01 00:00:00" }, { ...point, ISO_TIME: "2018-10-01 06:00:00" }),
  );
  const tracks = ["2018-10-01 00:00:00", "2018-10-01 06:00:00"].map((time) => ({ ...point, ISO_TIME: time }));
  add("storms", "ibtracs.parquet", ibtracsParquet(tracks));
  add(
    "storms",
    "table2018.csv",
    "年,月,日,時（UTC）,台風番号,台風名,階級,緯度,経度,中心気圧,最大風速,50KT長径方向,50KT長径,50KT短径,30KT長径方向,30KT長径,30KT短径,上陸\n" +
      "2018,10,5,12,1825,KONG-REY,5,29.1,127.4,975,65,9,120,120,3,240,180,0\n2018,10,5,18,1825,KONG-REY,4,31.2,127.4,975,60,0,0,0,9,240,240,0\n",
  );
  const hours = Array.from({ length: 12 * 366 }, (_, at) => ({
    time: Date.UTC(2000 + Math.floor(at / 366), 0, 1) + 86_400_000 * (at % 366),
    level: 1000 + (at % 7),
  }));
  for (const [name, make] of Object.entries(GAUGE_TEXTS)) add("stations", `${name}.txt`, make(hours));
  add("stations", "h057.nc", await gaugeNetcdf(hours));
  add("rise", "total_ssp245_medium_confidence_values.nc", await makeAr6());
  const days = GRID.days.map((day) => `2001-01-${String(day + 1).padStart(2, "0")}`);
  const districts = {
    codes: ["1101000000", "1102000000"],
    dates: days,
    value: (day: number, at: number) => String(10 + day + at),
  };
  add("series", "SSP245_TAMAX_sgg261_daily_2001.asc", makeTarGz({ "a.txt": districtText(districts) }));
  add("series", "SSP245_TAMIN_sgg261_daily_2001.txt", districtText(districts));
  const years = Array.from({ length: 12 }, (_, at) => 1990 + at);
  add(
    "stations",
    "maxima.csv",
    `station,latitude,longitude,year,level\n${years.map((year) => `A,36,129,${year},${1.4 + 0.01 * (year % 7)}\n`).join("")}`,
  );
  add("stations", "levels.csv", "station,latitude,longitude,rp2,rp10,rp100\nA,36,129,1,2,3\n");
  add(
    "rise",
    "rise.csv",
    "experiment,latitude,longitude,2020,2050,2100\nssp585,36,127,0.1,0.3,0.9\nssp245,36,127,0.1,0.2,0.5\n",
  );
  add(
    "attributes",
    "cells.csv",
    "latitude,longitude,elevation,landFraction,curveNumber\n36,127,10,1,75\n36.1,127,,0.5,80\n",
  );
  const raster = await writeArrayBuffer(Float32Array.of(1, 2, 3, -9999, 5, 6), {
    width: 3,
    height: 2,
    BitsPerSample: [32],
    SampleFormat: [3],
    GeographicTypeGeoKey: 4326,
    GTModelTypeGeoKey: 2,
    ModelPixelScale: [0.5, 0.5, 0],
    ModelTiepoint: [0, 0, 0, 126, 38, 0],
    GDAL_NODATA: "-9999",
  } as never);
  add("raster", "dem.tif", Buffer.from(raster as ArrayBuffer));
  const square = [
    [126, 36],
    [128, 36],
    [128, 38],
    [126, 38],
    [126, 36],
  ];
  const feature = { type: "Feature", properties: { id: 1 }, geometry: { type: "Polygon", coordinates: [square] } };
  add("polygons", "basins.geojson", JSON.stringify({ type: "FeatureCollection", features: [feature] }));
  for (const name of ["pole-only.nc", "wrf-times.nc", "unified.zarr.zip", "sharded.zarr.zip", "groups.nc"]) {
    add("series", name, await readFile(new URL(`../golden/grid-files/${name}`, import.meta.url)));
  }
  for (const name of ["unified.tif", "lambert.tif"]) {
    add("raster", name, await readFile(new URL(`../golden/ground-files/${name}`, import.meta.url)));
  }
  add(
    "polygons",
    "districts.geojson",
    await readFile(new URL("../golden/ground-files/districts.geojson", import.meta.url), "utf8"),
  );
  return seeds;
}

const WORDS = [
  "",
  " ",
  "\u00a0",
  "0x10",
  "1e999",
  "Infinity",
  "-Infinity",
  "NaN",
  "-99999",
  "1e9",
  "-1",
  "0",
  "constructor",
  "__proto__",
  "toString",
  "9999-12-31",
  "0000-00-00",
  "2001-02-30",
  "T",
  "1,5",
  '"',
  "١",
  "\0",
  "\ufeff",
  "99999999999999999999",
  "null",
  "[]",
  "{}",
];
const NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff];

/** One changed input; the same random numbers give the same input. */
export function mutate({ bytes, isText }: Seed, random: () => number): Buffer {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  let changed: Buffer = Buffer.from(bytes);
  for (let times = 1 + Math.floor(random() * 3); times > 0; times--) {
    const at = Math.floor(random() * changed.length);
    const action = random();
    if (isText && action < 0.7) changed = changeWord(changed, pick, random);
    else if (action < 0.1) changed = changed.subarray(0, at);
    else if (action < 0.2) changed = Buffer.concat([changed.subarray(0, at), changed.subarray(at >> 1)]);
    else if (action < 0.6 && changed.length > 4) writeNumber(changed, Math.min(at, changed.length - 4), pick, random);
    else if (changed.length > 0) changed[Math.min(at, changed.length - 1)] = Math.floor(random() * 256);
  }
  return changed;
}

function changeWord(bytes: Buffer, pick: <T>(all: readonly T[]) => T, random: () => number): Buffer {
  const words = bytes.toString("utf8").split(/([\s,;:"{}[\]]+)/);
  const at = 2 * Math.floor((random() * (words.length + 1)) / 2);
  words[at] = random() < 0.8 ? pick(WORDS) : pick(words);
  return Buffer.from(words.join(""));
}

/** Lengths, counts, types and offsets are whole numbers of 1, 2 or 4 bytes in either order. */
function writeNumber(bytes: Buffer, at: number, pick: <T>(all: readonly T[]) => T, random: () => number): void {
  const number = pick(NUMBERS);
  const kind = Math.floor(random() * 5);
  if (kind === 0) bytes.writeUInt8(number & 0xff, at);
  else if (kind === 1) bytes.writeUInt16LE(number & 0xffff, at);
  else if (kind === 2) bytes.writeUInt16BE(number & 0xffff, at);
  else if (kind === 3) bytes.writeUInt32LE(number, at);
  else bytes.writeUInt32BE(number, at);
}
