// The same small grid of series in every format that is ingested: what a property of all of them starts from.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { File } from "h5wasm";
import { parquetWriteBuffer } from "hyparquet-writer";
import { dateOf, dayNumber } from "../../ingest/cf/calendar.ts";
import { makeNetcdf, makeZip, zarrEntries } from "./arrayFiles.ts";
import type { Files } from "./ingest.ts";

/** tasmax [degC] of days from 2001-01-01 on, on 2 x 2 places. */
export interface SmallGrid {
  readonly days: readonly number[];
  /** [days][cells] float32, NaN where missing */
  readonly values: readonly (readonly number[])[];
}

export const LATITUDES = [36, 37];
export const LONGITUDES = [127, 128];
const START = dayNumber("standard", { year: 2001, month: 1, day: 1 }, false);

export function dateText(day: number): string {
  const { year, month, day: ofMonth } = dateOf("standard", START + day);
  return [year, month, ofMonth].map((part) => String(part).padStart(2, "0")).join("-");
}

interface Row {
  readonly date: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly value: number;
}

function rowsOf({ days, values }: SmallGrid): Row[] {
  return days.flatMap((day, step) =>
    values[step]!.map((value, cell) => ({
      date: dateText(day),
      latitude: LATITUDES[Math.floor(cell / 2)]!,
      longitude: LONGITUDES[cell % 2]!,
      value,
    })),
  );
}

const textOf = (value: number) => (Number.isNaN(value) ? "" : String(value));
const global = { frequency: "day" };

/** By name, what makes the file; each the same days and values. */
export const SERIES_FORMATS: Readonly<Record<string, (grid: SmallGrid) => Promise<Files> | Files>> = {
  "CSV, wide": (grid) => ({
    "a.csv": `date,lat,lon,tasmax (degC)\n${rowsOf(grid)
      .map((row) => `${row.date},${row.latitude},${row.longitude},${textOf(row.value)}\n`)
      .join("")}`,
  }),
  "CSV, long, with a byte order mark": (grid) => ({
    "a.csv": `\ufeffvariable;unit;value;date;lon;lat\r\n${rowsOf(grid)
      .map((row) => `tasmax;degC;${textOf(row.value)};${row.date};${row.longitude};${row.latitude}\r\n`)
      .join("")}`,
  }),
  Parquet: (grid) => {
    const rows = rowsOf(grid);
    const bytes = parquetWriteBuffer({
      rowGroupSize: 7,
      columnData: [
        { name: "date", data: rows.map(({ date }) => date), type: "STRING" },
        { name: "lat", data: rows.map(({ latitude }) => latitude), type: "DOUBLE" },
        { name: "lon", data: rows.map(({ longitude }) => longitude), type: "DOUBLE" },
        {
          name: "tasmax (degC)",
          data: rows.map(({ value }) => (Number.isNaN(value) ? null : value)),
          type: "FLOAT",
          nullable: true,
        },
      ],
    });
    return { "a.parquet": Buffer.from(bytes) };
  },
  "NetCDF-3, grid": async ({ days, values }) => ({
    "a.nc": await makeNetcdf({
      times: days,
      variable: { _FillValue: 1e20 },
      value: (step, cell) => (Number.isNaN(values[step]![cell]) ? 1e20 : values[step]![cell]!),
      global,
    }),
  }),
  "NetCDF-3, grid from north and east, in seconds": async ({ days, values }) => ({
    "a.nc": await makeNetcdf({
      times: days.map((day) => day * 86_400),
      time: { units: "seconds since 2001-01-01 00:00:00" },
      latitudes: LATITUDES.toReversed(),
      longitudes: LONGITUDES.toReversed().map((longitude) => longitude + 360),
      value: (step, cell) => values[step]![3 - cell]!,
      global,
    }),
  }),
  "NetCDF-4, chunked and deflated": async (grid) => ({ "a.nc": await makeHdf5(grid) }),
  "Zarr v2": (grid) => ({ "a.zarr.zip": makeZip(zarrEntries(asZarr(grid, 2))) }),
  "Zarr v3": (grid) => ({ "a.zarr.zip": makeZip(zarrEntries(asZarr(grid, 3))) }),
};

function asZarr({ days, values }: SmallGrid, version: 2 | 3): Parameters<typeof zarrEntries>[0] {
  const attributes = JSON.stringify(global);
  return {
    version,
    times: days,
    value: (step, cell) => values[step]![cell]!,
    entries:
      version === 2
        ? { ".zattrs": attributes }
        : { "zarr.json": `{"zarr_format":3,"node_type":"group","attributes":${attributes}}` },
  };
}

function makeHdf5({ days, values }: SmallGrid): Promise<Buffer> {
  return writeHdf5((root) => {
    root.create_attribute("frequency", "day");
    const scale = (name: string, data: Float64Array, units: string) => {
      const dataset = root.create_dataset({ name, data });
      dataset.create_attribute("units", units);
      dataset.make_scale(name);
    };
    scale("time", Float64Array.from(days), "days since 2001-01-01");
    scale("lat", Float64Array.from(LATITUDES), "degrees_north");
    scale("lon", Float64Array.from(LONGITUDES), "degrees_east");
    const dataset = root.create_dataset({
      name: "tasmax",
      data: Float32Array.from(values.flat()),
      shape: [days.length, 2, 2],
      chunks: [Math.min(3, days.length), 1, 2],
      compression: "gzip",
    });
    dataset.create_attribute("units", "degC");
    ["time", "lat", "lon"].forEach((name, axis) => {
      dataset.attach_scale(axis, name);
    });
  });
}

/** What `fill` puts into an HDF5 file, as bytes. */
export async function writeHdf5(fill: (root: File) => void): Promise<Buffer> {
  const { default: h5wasm } = await import("h5wasm/node");
  await h5wasm.ready;
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-hdf5-"));
  try {
    const path = join(folder, "a.nc");
    const root = new h5wasm.File(path, "w");
    fill(root);
    root.close();
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
