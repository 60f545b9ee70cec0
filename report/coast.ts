// Coasts and borders around a grid, cut from Natural Earth (world-atlas) when a report is written.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { FeatureCollection } from "geojson";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import type { Raster } from "./page/reportData.ts";

type World = Topology<{ readonly countries: GeometryCollection; readonly land: GeometryCollection }>;
export type Lines = readonly (readonly number[])[];

/** Degrees that the grid spans at most, by the scale of the map that is fine enough. */
const FINE_UP_TO = 20;
const MEDIUM_UP_TO = 70;
/** Share of the span that is drawn around the grid. */
const MARGIN = 0.6;
const DECIMALS = 3;

export async function readCoast(raster: Raster): Promise<{ readonly land: Lines; readonly borders: Lines }> {
  const span = Math.max(raster.east - raster.west, raster.north - raster.south);
  const scale = span <= FINE_UP_TO ? "10m" : span <= MEDIUM_UP_TO ? "50m" : "110m";
  const path = createRequire(import.meta.url).resolve(`world-atlas/countries-${scale}.json`);
  const world = JSON.parse(await readFile(path, "utf8")) as World;
  const margin = Math.max(1, MARGIN * span);
  const box = {
    west: raster.west - margin,
    east: raster.east + margin,
    south: raster.south - margin,
    north: raster.north + margin,
  };
  const { land, countries } = world.objects;
  return {
    land: cutRings(ringsOf(feature(world, land)), box),
    borders: cutLines(mesh(world, countries, (a, b) => a !== b).coordinates, box),
  };
}

function ringsOf({ features }: FeatureCollection): Position[][] {
  return features.flatMap(({ geometry }) =>
    geometry.type === "MultiPolygon"
      ? geometry.coordinates.flat()
      : geometry.type === "Polygon"
        ? geometry.coordinates
        : [],
  );
}

type Box = Pick<Raster, "west" | "east" | "south" | "north">;
type Position = readonly number[];

/** Rings of polygons cut to the box, closed along its edges: Sutherland and Hodgman (1974). */
function cutRings(rings: readonly (readonly Position[])[], { west, east, south, north }: Box): Lines {
  const edges: readonly { readonly axis: 0 | 1; readonly at: number; readonly keeps: (value: number) => boolean }[] = [
    { axis: 0, at: west, keeps: (x) => x >= west },
    { axis: 0, at: east, keeps: (x) => x <= east },
    { axis: 1, at: south, keeps: (y) => y >= south },
    { axis: 1, at: north, keeps: (y) => y <= north },
  ];
  return rings
    .map((ring) => {
      let points: Position[] = [...ring];
      for (const { axis, at, keeps } of edges) {
        const kept: Position[] = [];
        points.forEach((point, i) => {
          const before = points[(i + points.length - 1) % points.length]!;
          if (keeps(point[axis]!) !== keeps(before[axis]!)) {
            const along = (at - before[axis]!) / (point[axis]! - before[axis]!);
            kept.push([0, 1].map((one) => (one === axis ? at : before[one]! + along * (point[one]! - before[one]!))));
          }
          if (keeps(point[axis]!)) kept.push(point);
        });
        points = kept;
      }
      return points.flatMap(([x, y]) => [round(x!), round(y!)]);
    })
    .filter((ring) => ring.length >= 6);
}

/** The runs of each line that touch the box. */
function cutLines(lines: readonly (readonly Position[])[], { west, east, south, north }: Box): Lines {
  const isInside = (point: Position | undefined) =>
    point !== undefined && point[0]! >= west && point[0]! <= east && point[1]! >= south && point[1]! <= north;
  const found: number[][] = [];
  for (const line of lines) {
    let run: number[] = [];
    line.forEach((point, at) => {
      const isNear = isInside(point) || isInside(line[at - 1]) || isInside(line[at + 1]);
      if (isNear) run.push(round(point[0]!), round(point[1]!));
      if ((!isNear || at === line.length - 1) && run.length > 0) {
        found.push(run);
        run = [];
      }
    });
  }
  return found.filter((run) => run.length > 2);
}

function round(degrees: number): number {
  return Number(degrees.toFixed(DECIMALS));
}
