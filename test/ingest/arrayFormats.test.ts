// One field in three formats, which is not part of the repository (see its PROVENANCE): read as the same values at the same places.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readUnpacked } from "../../ingest/cf/packing.ts";
import { findArray } from "../../ingest/formats/arrayFile.ts";
import { openFile } from "../../ingest/formats/formats.ts";

const FOLDER = fileURLToPath(
  new URL("../../../shared/data/hd35_nc_tif_zarr3/climatology-hd35-annual-mean", import.meta.url),
);
const isHere = existsSync(`${FOLDER}.nc`);
const [ROWS, COLUMNS] = [181, 361];

test.skipIf(!isHere)(
  `hd35 as NetCDF-3, as Zarr v3 and as GeoTIFF is one field${isHere ? "" : " (needs ../shared/data/hd35_nc_tif_zarr3)"}`,
  async () => {
    const netcdf = await readField(`${FOLDER}.nc`);
    const zarr = await readField(`${FOLDER}.zarr`);
    const tiff = readPlainTiff(readFileSync(`${FOLDER}.tif`));
    expect(netcdf).toHaveLength(ROWS * COLUMNS);
    expect(netcdf.filter((value) => value > 0).length).toBeGreaterThan(1000);
    expect(zarr).toEqual(netcdf);
    // The GeoTIFF begins in the north, without a word on what is missing.
    for (let row = 0; row < ROWS; row++) {
      const north = netcdf.subarray((ROWS - 1 - row) * COLUMNS, (ROWS - row) * COLUMNS);
      const own = tiff.subarray(row * COLUMNS, (row + 1) * COLUMNS);
      own.forEach((value, column) => {
        expect(value > 1e19 || Number.isNaN(value) ? Number.NaN : value).toEqual(north[column]);
      });
    }
  },
);

async function readField(path: string): Promise<Float64Array> {
  const file = await openFile(path, "array");
  try {
    return await readUnpacked(file, findArray(file, "Band1")!);
  } finally {
    file.close();
  }
}

/** Strips of uncompressed float32 in the byte order "II"; TIFF 6.0, sections 2 and 8. */
function readPlainTiff(bytes: Buffer): Float32Array {
  expect(bytes.toString("latin1", 0, 2)).toBe("II");
  const tags = new Map<number, number[]>();
  const directory = bytes.readUInt32LE(4);
  for (let entry = 0; entry < bytes.readUInt16LE(directory); entry++) {
    const at = directory + 2 + entry * 12;
    const [type, count] = [bytes.readUInt16LE(at + 2), bytes.readUInt32LE(at + 4)];
    const size = type === 3 ? 2 : 4;
    const start = count * size <= 4 ? at + 8 : bytes.readUInt32LE(at + 8);
    if (type !== 3 && type !== 4) continue;
    tags.set(
      bytes.readUInt16LE(at),
      Array.from({ length: count }, (_, one) =>
        size === 2 ? bytes.readUInt16LE(start + 2 * one) : bytes.readUInt32LE(start + 4 * one),
      ),
    );
  }
  const [offsets, lengths] = [tags.get(273)!, tags.get(279)!];
  expect(tags.get(259) ?? [1]).toEqual([1]);
  const all = Buffer.concat(offsets.map((offset, strip) => bytes.subarray(offset, offset + lengths[strip]!)));
  return Float32Array.from({ length: all.length / 4 }, (_, at) => all.readFloatLE(4 * at));
}
