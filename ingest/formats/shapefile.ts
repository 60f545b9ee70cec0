// Polygons of a shapefile (.shp), their properties from the .dbf beside it, their projection from the .prj, through shpjs.
// ESRI Shapefile Technical Description, 1998.
import { readFile } from "node:fs/promises";
import { coerceError, RejectedError } from "../../model/errors.ts";
import { makeProjection } from "../projections/projection.ts";
import { beginsWith, type FormatOfKind } from "./fileFormat.ts";
import { makePolygons, type PolygonFeature, type Polygons, type Ring } from "./polygons.ts";
import { unreadable } from "./unreadable.ts";

export const SHAPEFILE: FormatOfKind<"polygons"> = {
  name: "shapefile",
  kind: "polygons",
  matches: beginsWith("\0\0\x27\x0a"),
  open: openShapefile,
};

const HEADER_BYTES = 100;
/** Points become objects many times their size. */
const MOST_BYTES = 64 << 20;

async function openShapefile(file: string): Promise<Polygons> {
  const shp = await readFile(file);
  if (shp.length > MOST_BYTES) {
    throw refuse(
      file,
      `it has ${Math.ceil(shp.length / (1 << 20))} MiB; at most ${MOST_BYTES >> 20} MiB are read. Simplify it first: ogr2ogr -simplify`,
    );
  }
  checkRecords(file, shp);
  const stem = file.replace(/\.shp$/i, "");
  const [prj, dbf, cpg] = await Promise.all(["prj", "dbf", "cpg"].map((ending) => readBeside(stem, ending)));
  if (prj === undefined) {
    throw refuse(
      file,
      `its ${stem}.prj is missing, which says in which projection it is. Copy it along, or write it: gdalsrsinfo -o wkt1_esri EPSG:5179`,
    );
  }
  const projection = makeProjection(prj.toString("latin1"), `${stem}.prj`);
  if (dbf !== undefined) checkTable(stem, dbf);
  // Loaded when it is needed.
  const { parseShp, parseDbf } = await import("shpjs");
  let shapes: readonly (Geometry | null)[];
  let rows: readonly (Readonly<Record<string, unknown>> | null)[];
  try {
    shapes = parseShp(shp) as readonly (Geometry | null)[];
    rows = dbf === undefined ? [] : parseDbf(dbf, Buffer.from(encodingOf(cpg)));
  } catch (cause) {
    throw unreadable(file, "its shapes", coerceError(cause));
  }
  if (dbf !== undefined && rows.length !== shapes.length) {
    throw refuse(
      file,
      `it has ${shapes.length} shapes, but ${stem}.dbf has ${rows.length} rows. Copy both again from their source`,
    );
  }
  const features = shapes.flatMap((shape, feature): PolygonFeature[] => {
    if (shape === null || !shape.type.endsWith("Polygon")) return [];
    const polygons = (
      shape.type === "Polygon" ? [shape.coordinates] : shape.coordinates
    ) as readonly (readonly Ring[])[];
    return [{ feature, properties: rows[feature] ?? {}, polygons }];
  });
  return makePolygons(features, projection, (why) => refuse(file, why));
}

interface Geometry {
  readonly type: string;
  readonly coordinates: unknown;
}

/** Walks over the records: shpjs would end silently at one that is cut off, and never at one of a negative length. */
function checkRecords(file: string, shp: Buffer): void {
  const said = shp.length < HEADER_BYTES ? 0 : shp.readInt32BE(24) * 2;
  if (said !== shp.length)
    throw unreadable(file, "its header", new Error(`it says ${said} bytes, the file has ${shp.length}`));
  for (let at = HEADER_BYTES; at < shp.length; ) {
    const length = at + 8 <= shp.length ? shp.readInt32BE(at + 4) * 2 : -1;
    if (length < 4 || at + 8 + length > shp.length) {
      throw unreadable(file, "a shape", new Error(`the one at byte ${at} has ${length} bytes`));
    }
    at += 8 + length;
  }
}

/** dBASE III: rows in bytes 4 to 7, bytes of the header and of a row after them. */
function checkTable(stem: string, dbf: Buffer): void {
  const needed =
    dbf.length < 12 ? Number.POSITIVE_INFINITY : dbf.readUInt16LE(8) + dbf.readUInt32LE(4) * dbf.readUInt16LE(10);
  if (needed > dbf.length) {
    throw unreadable(`${stem}.dbf`, "its rows", new Error(`they need ${needed} bytes, the file has ${dbf.length}`));
  }
}

/** Korean files say 949 or EUC-KR, in the words of Windows. */
function encodingOf(cpg: Buffer | undefined): string {
  const said = cpg?.toString("latin1").trim() ?? "utf-8";
  return !/^(cp|ms|windows-)?949$|^(uhc|euc-?kr)$/i.test(said) ? said : "euc-kr";
}

async function readBeside(stem: string, ending: string): Promise<Buffer | undefined> {
  for (const name of [`${stem}.${ending}`, `${stem}.${ending.toUpperCase()}`]) {
    try {
      return await readFile(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return undefined;
}

function refuse(file: string, why: string): RejectedError {
  return new RejectedError("NotShapefile", `${file}: expected a shapefile of polygons; ${why}.`);
}
