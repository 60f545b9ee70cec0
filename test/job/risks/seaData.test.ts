// Real laws of the sea and a real relief, where they lie beside the project; without them the tests are skipped by name.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Dataset, File, ready } from "h5wasm/node";
import { beforeAll, describe, expect, test } from "vitest";
import { findSeaWays, type TerrainGrid } from "../../../ingest/sea/seaConnection.ts";
import { Sea } from "../../../job/cellSea.ts";
import { levelOf } from "../../../job/risks/extremeDistribution.ts";
import { gumbelOfLevels } from "../../../job/risks/extremeSeaLevels.ts";
import type { SeaLevelStation } from "../../../model/seaLevels.ts";

const DATA = new URL("../../../../shared/data/", import.meta.url);
const CODEC = fileURLToPath(new URL("codec_extreme_sea_level/CODEC_amax_ERA5_1979_2017_coor_mask_GUM_RPS.nc", DATA));
const ETOPO = new URL("etopo20/etopo20.cdf", DATA);
const BASE = { firstYear: 1991, lastYear: 2020 };
const RETURN_PERIODS = [2, 5, 10, 25, 50, 100, 250, 500, 1000];

describe.skipIf(!existsSync(CODEC))("shared/data/codec_extreme_sea_level", () => {
  const around: { latitude: number; longitude: number; location: number; scale: number; levels: number[] }[] = [];
  beforeAll(async () => {
    await ready;
    const file = new File(CODEC, "r");
    const read = (name: string) => (file.get(name) as Dataset).value as Float64Array;
    const [latitudes, longitudes] = [read("station_y_coordinate"), read("station_x_coordinate")];
    const [parameters, levels] = [read("GUM"), read("RPS")];
    latitudes.forEach((latitude, at) => {
      const longitude = longitudes[at]!;
      if (latitude < 33 || latitude > 38.7 || longitude < 124.5 || longitude > 130.2) return;
      const [location, scale] = [parameters[2 * at]!, parameters[2 * at + 1]!];
      around.push({ latitude, longitude, location, scale, levels: [...levels.subarray(9 * at, 9 * at + 9)] });
    });
    file.close();
  });

  test("the levels of 103 stations around Korea follow from their parameters, and the other way round, to a millimetre", () => {
    expect(around).toHaveLength(103);
    for (const { location, scale, levels } of around) {
      const law = { zeroShare: 0, location, scale, shape: 0, values: 39 };
      const fitted = gumbelOfLevels(RETURN_PERIODS, levels);
      RETURN_PERIODS.forEach((years, at) => {
        expect(Math.abs(levelOf(law, years) - levels[at]!)).toBeLessThan(1e-3);
        expect(Math.abs(levelOf({ ...law, ...fitted }, years) - levels[at]!)).toBeLessThan(1e-3);
      });
    }
  });

  test.each([
    ["Incheon", 37.45, 126.6, 4.866],
    ["Busan", 35.1, 129.05, 1.222],
    ["Jeju", 33.52, 126.53, 1.952],
    ["Mokpo", 34.78, 126.38, 2.681],
  ])("%s takes the station whose 100-year level is %3$f m", (_name, latitude, longitude, level) => {
    const stations = around.map(
      ({ location, scale, levels: _, ...place }, at): SeaLevelStation => ({
        ...{ name: String(at), ...place, record: { kind: "parameters", location, scale, shape: 0 } },
        ...{ referenceYear: 1998, recordYears: 39, datumOffset: null },
      }),
    );
    const near = new Sea(stations, [], BASE).stationNear({ latitude, longitude });
    expect(levelOf(near!.found.law, 100)).toBeCloseTo(level, 3);
  });

  test("no cell in the mountains has a station", () => {
    const stations = around.map(
      ({ location, scale, levels: _, ...place }, at): SeaLevelStation => ({
        ...{ name: String(at), ...place, record: { kind: "parameters", location, scale, shape: 0 } },
        ...{ referenceYear: null, recordYears: null, datumOffset: null },
      }),
    );
    expect(new Sea(stations, [], BASE).stationNear({ latitude: 36.5, longitude: 128 })).toBeNull();
  });
});

describe.skipIf(!existsSync(ETOPO))("shared/data/etopo20", () => {
  const ROWS = 540;
  const COLUMNS = 1080;
  const STEP_DEGREES = 1 / 3;
  /** Longitudes begin at 20.17 degrees east; the last column is the first again and is left out. */
  const WEST = 20 + STEP_DEGREES / 2;
  const SOUTH = -90 + STEP_DEGREES / 2;
  const DEEP = -1000;

  function readRelief(): TerrainGrid {
    const bytes = readFileSync(ETOPO);
    // The relief is the file's last variable, 540 rows of 1081 big-endian floats.
    const begin = bytes.length - 4 * ROWS * (COLUMNS + 1);
    const elevation = new Float64Array(ROWS * COLUMNS);
    const sea = new Uint8Array(ROWS * COLUMNS);
    for (let row = 0; row < ROWS; row++) {
      for (let column = 0; column < COLUMNS; column++) {
        const height = bytes.readFloatBE(begin + 4 * (row * (COLUMNS + 1) + column));
        elevation[row * COLUMNS + column] = height;
        if (height < DEEP) sea[row * COLUMNS + column] = 1;
      }
    }
    const steps = { rowDegrees: STEP_DEGREES, columnDegrees: STEP_DEGREES };
    return { rows: ROWS, columns: COLUMNS, south: SOUTH, ...steps, isRing: true, elevation, sea };
  }
  const cellAt = (latitude: number, longitude: number) =>
    Math.round((latitude - SOUTH) / STEP_DEGREES) * COLUMNS +
    Math.round(((((longitude - WEST) % 360) + 360) % 360) / STEP_DEGREES);

  test("from the deep sea the water reaches every shore, and no basin below its level that lies behind higher ground", () => {
    const grid = readRelief();
    const { level, distance } = findSeaWays(grid, 0);
    expect(grid.elevation[cellAt(36, 132)]).toBeLessThan(DEEP);
    expect(level.every((found) => !Number.isNaN(found))).toBe(true);
    // Yellow Sea and Korea Strait: shallow, but sea.
    for (const [latitude, longitude] of [
      [36, 124],
      [34.5, 129],
    ] as const)
      expect(level[cellAt(latitude, longitude)]).toBeLessThan(0);
    // Seoul's basin, Taebaek mountains: never lower than the ground.
    for (const [latitude, longitude] of [
      [37.5, 127.2],
      [37.5, 128.8],
    ] as const)
      expect(level[cellAt(latitude, longitude)]).toBeGreaterThanOrEqual(grid.elevation[cellAt(latitude, longitude)]!);
    // The north of the Caspian Sea lies below the ocean, which the Manych sill keeps out.
    const caspian = cellAt(45.5, 50);
    expect(grid.elevation[caspian]).toBeLessThan(0);
    expect(level[caspian]).toBeGreaterThan(5);
    expect(distance[caspian]).toBeGreaterThan(500);
  });
});
