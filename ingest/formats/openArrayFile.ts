// Which format a file has, by its first bytes: arrays (NetCDF, Zarr), a table (Parquet, CSV), or something we do not read.
import { closeSync, openSync, readSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { ArrayFile } from "./arrayFile.ts";
import { openHdf5 } from "./hdf5File.ts";
import { openNetcdf3 } from "./netcdf3File.ts";
import { openZarr } from "./zarrStore.ts";

export type FileFormat = "netcdf3" | "netcdf4" | "zarr" | "parquet" | "csv";

const MAGIC_BYTES = 8;
const MAGIC: readonly (readonly [start: string, format: FileFormat])[] = [
  ["CDF\x01", "netcdf3"],
  ["CDF\x02", "netcdf3"],
  ["CDF\x05", "netcdf3"],
  ["\x89HDF\r\n\x1a\n", "netcdf4"],
  ["PAR1", "parquet"],
  ["PK\x03\x04", "zarr"],
];

/** The format by content; what no magic number tells is left to the reader of CSV, which explains what else it may be. */
export async function formatOf(file: string): Promise<FileFormat> {
  const facts = await stat(file).catch(() => undefined);
  if (facts === undefined) return "csv";
  if (facts.isDirectory()) return (await isZarrFolder(file)) ? "zarr" : "csv";
  const start = readStart(file);
  return MAGIC.find(([magic]) => start.startsWith(magic))?.[1] ?? "csv";
}

export async function openArrayFile(file: string, format: "netcdf3" | "netcdf4" | "zarr"): Promise<ArrayFile> {
  if (format === "zarr") return openZarr(file);
  const { size } = await stat(file);
  return format === "netcdf4" ? openHdf5(file, size) : openNetcdf3(file, size);
}

async function isZarrFolder(folder: string): Promise<boolean> {
  if (folder.replace(/\/+$/, "").endsWith(".zarr")) return true;
  const found = await Promise.all(
    [".zgroup", "zarr.json"].map((name) => stat(join(folder, name)).then(Boolean, () => false)),
  );
  return found.includes(true);
}

function readStart(file: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch {
    // Whatever hinders reading is told by the reader of CSV.
    return "";
  }
  try {
    const bytes = Buffer.alloc(MAGIC_BYTES);
    return bytes.toString("latin1", 0, readSync(descriptor, bytes, 0, MAGIC_BYTES, 0));
  } finally {
    closeSync(descriptor);
  }
}
