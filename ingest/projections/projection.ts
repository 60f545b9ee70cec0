// Coordinates of projected and rotated grids to degrees and back, by proj4 strings, WKT or EPSG codes. Degrees are those of WGS 84
// where the definition says how its datum is shifted, else those of its own ellipsoid, if that is WGS 84's within two metres or
// a sphere, on which climate models compute.
import { readFileSync } from "node:fs";
import proj4 from "proj4";
import { coerceError, RejectedError } from "../../model/errors.ts";

export interface Projection {
  /** Degrees east and north of a point of the grid; NaN where the projection has none. */
  toDegrees(x: number, y: number): readonly [longitude: number, latitude: number];
  fromDegrees(longitude: number, latitude: number): readonly [x: number, y: number];
  /** x and y are longitude and latitude themselves. */
  readonly isGeographic: boolean;
  /** Metres of a unit of x and y. */
  readonly metres: number;
}

const WGS84_METRES = 6_378_137;
const MOST_METRES_APART = 2.5;
/** proj4's number of a datum that has no shift. */
const NO_DATUM = 5;
const CONVERT = "Convert the file to longitude and latitude first: gdalwarp, ogr2ogr or cdo remap.";

const WKT = /^\s*[A-Z]\w+\s*[[(]/i;
/** Projections whose WKT proj4 reads as PROJ does, by their names in it. */
const WKT_PROJECTIONS =
  /^(longlat|merc|mercator\b.*|mercator_auxiliary_sphere|popular visualisation pseudo mercator|(extended[ _])?transverse[ _]mercator|albers([ _](conic[ _])?equal[ _]area)?|lambert[ _]azimuthal[ _]equal[ _]area|lambert[ _]conformal[ _]conic(_[12]sp)?|lambert conic conformal \([12]sp\)|polar[ _]stereographic\b.*|stereographic_south_pole)$/i;

/** `where` is the file and the part that defines it, for messages. */
export function makeProjection(definition: string, where: string): Projection {
  const grid = /\+nadgrids=(?!@)(\S+)/.exec(definition)?.[1];
  if (grid !== undefined) {
    throw unknown(where, `its datum is shifted by the grid "${grid}", which is not part of climatebatch`);
  }
  let projection: ReturnType<typeof proj4.Proj>;
  // proj4 takes ESRI's name of the polar projection in the north for another one; the one of the south means both.
  const known = definition.replace("Stereographic_North_Pole", "Stereographic_South_Pole");
  try {
    projection = proj4.Proj(known);
  } catch (cause) {
    throw unknown(where, `"${shorten(definition)}" cannot be read (${shorten(coerceError(cause).message)})`, cause);
  }
  const { a, b, projName, datum, to_meter: metres = 1 } = projection as unknown as Parsed;
  if (WKT.test(definition) && (!WKT_PROJECTIONS.test(projName) || /DERIVINGCONVERSION/i.test(definition))) {
    throw unknown(where, `its WKT describes "${projName}", which is not read from WKT`);
  }
  const isSphere = Math.abs(a - b) < 1;
  if (datum.datum_type === NO_DATUM && !isSphere && Math.abs(a - WGS84_METRES) > MOST_METRES_APART) {
    throw unknown(
      where,
      `its ellipsoid (${a} m) is not that of WGS 84, and nothing says how its datum is shifted (towgs84); places would be off by hundreds of metres`,
    );
  }
  const converter = proj4(projection as never);
  const point = (convert: (xy: [number, number]) => [number, number], x: number, y: number) => {
    try {
      return convert([x, y]);
    } catch {
      // Outside of what the projection shows.
      return [Number.NaN, Number.NaN] as const;
    }
  };
  return {
    isGeographic: projName === "longlat",
    metres,
    toDegrees: (x, y) => point(converter.inverse, x, y),
    fromDegrees: (longitude, latitude) => point(converter.forward, longitude, latitude),
  };
}

/** What proj4 makes of a definition. */
interface Parsed {
  readonly projName: string;
  /** Metres of the half axes. */
  readonly a: number;
  readonly b: number;
  readonly to_meter?: number;
  readonly datum: { readonly datum_type: number };
}

let definitions: Readonly<Record<string, string>> | undefined;

/** The definition of an EPSG code; undefined for one that is not known. */
export function findDefinition(code: number): string | undefined {
  definitions ??= JSON.parse(readFileSync(new URL("epsg.json", import.meta.url), "utf8")) as Record<string, string>;
  return definitions[String(code)];
}

export function definitionOfEpsg(code: number, where: string): string {
  const definition = findDefinition(code);
  if (definition !== undefined) return definition;
  throw unknown(where, `EPSG:${code} is no projected or geographic system that is known here`);
}

/** A refusal of what says where a grid lies. */
export function unknown(where: string, why: string, cause?: unknown): RejectedError {
  return new RejectedError("UnknownProjection", `${where}: ${why}. ${CONVERT}`, { cause });
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
