// Exports as GeoTIFF: a single map.
import type { Writable } from "node:stream";
import { deflateSync } from "node:zlib";
import type { ClientBase } from "pg";
import { RejectedError } from "../model/errors.ts";
import { formatPeriod } from "../model/periods.ts";
import type { ExportRequest, Selection } from "./exportSelection.ts";
import type { Raster } from "./page/reportData.ts";
import { readGrid, readStrips } from "./resultMaps.ts";

const DEFAULT_MAP = { hazard: "hazard_score_100", probability: "damage_bins" } as const;
export const NO_DATA = -9999;

/** One map: one risk, scenario, period and column, on a regular grid. */
export async function writeGeotiff(
  client: ClientBase,
  selection: Selection,
  request: Pick<ExportRequest, "columns" | "calculation">,
  sink: Writable,
): Promise<void> {
  const { risks, scenarios, periods } = selection;
  const wanted = request.columns ?? [DEFAULT_MAP[request.calculation]];
  const [column, ...others] = selection.columns.filter(({ name, kind }) => wanted.includes(name) && kind !== "word");
  const several = [
    ...(risks.length > 1 ? [`--risk (one of ${risks.join(", ")})`] : []),
    ...(scenarios.length > 1 ? [`--scenario (one of ${scenarios.join(", ")})`] : []),
    ...(periods.length > 1 ? [`--period (one of ${periods.map(formatPeriod).join(", ")})`] : []),
    ...(column === undefined || others.length > 0 ? ["--columns (one column of numbers)"] : []),
  ];
  if (several.length > 0) {
    throw new RejectedError("SeveralMaps", `A GeoTIFF holds one map. Choose it by ${several.join(", ")}.`);
  }
  const grid = await readGrid(client, selection);
  if (grid.shape.length !== 2) {
    throw new RejectedError(
      "IrregularGrid",
      "The places do not lie on a regular grid, so there is no raster of them. Export .geojson or .geoparquet.",
    );
  }
  const [rows, rowCells] = grid.shape as [number, number];
  const values = new Float32Array(rows * rowCells);
  await readStrips(client, selection, grid, risks[0]!, [column!], rows, ({ maps }) => values.set(maps[0]!));
  sink.end(encodeGeotiff(values, grid.raster, `${risks[0]} ${column!.name}`));
}

/** A tag of TIFF: its number, its type, its values. */
type Tag = readonly [tag: number, type: 2 | 3 | 4 | 12, values: readonly number[] | string];
const TYPE_BYTES = { 2: 1, 3: 2, 4: 4, 12: 8 } as const;

/** Float32 in one deflated strip, north up, EPSG:4326. TIFF 6.0, GeoTIFF 1.1 (OGC 19-008r4), nodata as GDAL writes it. */
function encodeGeotiff(values: Float32Array, raster: Raster, description: string): Buffer {
  const { columns, rows, west, north, east, south } = raster;
  const northUp = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = values[(rows - 1 - row) * columns + column]!;
      northUp[row * columns + column] = Number.isNaN(value) ? NO_DATA : value;
    }
  }
  const strip = deflateSync(Buffer.from(northUp.buffer));
  const tags: Tag[] = [
    [256, 4, [columns]],
    [257, 4, [rows]],
    [258, 3, [32]],
    // Deflate
    [259, 3, [8]],
    [262, 3, [1]],
    [270, 2, description],
    // Where the strip begins follows when the directory's size is known.
    [273, 4, [0]],
    [277, 3, [1]],
    [278, 4, [rows]],
    [279, 4, [strip.length]],
    // IEEE floating point
    [339, 3, [3]],
    [33550, 12, [(east - west) / columns, (north - south) / rows, 0]],
    [33922, 12, [0, 0, 0, west, north, 0]],
    // GTModelType geographic, GTRasterType area, GeographicType WGS 84
    [34735, 3, [1, 1, 1, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326]],
    [42113, 2, String(NO_DATA)],
  ];
  const headBytes = 8 + 2 + 12 * tags.length + 4;
  const bytesOf = ([, type, content]: Tag) => (content.length + Number(typeof content === "string")) * TYPE_BYTES[type];
  const outside = tags.reduce((sum, tag) => sum + (bytesOf(tag) > 4 ? bytesOf(tag) + (bytesOf(tag) % 2) : 0), 0);
  const buffer = Buffer.alloc(headBytes + outside);
  buffer.write("II*\0", 0, "latin1");
  buffer.writeUInt32LE(8, 4);
  buffer.writeUInt16LE(tags.length, 8);
  let free = headBytes;
  tags.forEach((tag, index) => {
    const [number, type, content] = tag;
    const entry = 10 + 12 * index;
    const listed = number === 273 ? [buffer.length] : content;
    buffer.writeUInt16LE(number, entry);
    buffer.writeUInt16LE(type, entry + 2);
    buffer.writeUInt32LE(listed.length + Number(typeof listed === "string"), entry + 4);
    const bytes = bytesOf(tag);
    let at = entry + 8;
    if (bytes > 4) {
      buffer.writeUInt32LE(free, at);
      at = free;
      free += bytes + (bytes % 2);
    }
    if (typeof listed === "string") buffer.write(listed, at, "latin1");
    else {
      listed.forEach((value, i) => {
        if (type === 3) buffer.writeUInt16LE(value, at + 2 * i);
        else if (type === 4) buffer.writeUInt32LE(value, at + 4 * i);
        else buffer.writeDoubleLE(value, at + 8 * i);
      });
    }
  });
  return Buffer.concat([buffer, strip]);
}
