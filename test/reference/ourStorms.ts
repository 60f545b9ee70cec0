// Hourly nodes of storms and this project's winds, damage and filled gaps, for stormReference.py: the seeded sample storms, some
// of them moved across the date line and the equator, and a real record where one is given.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { makeSampleStorms } from "../../cli/sample/sampleStorms.ts";
import { radiusFromPressure } from "../../job/indices/trackGaps.ts";
import { prepareTrack, type TrackNodes } from "../../job/indices/trackPreparation.ts";
import { windDamage } from "../../job/indices/windDamage.ts";
import { highestWind, makeStormVortex } from "../../job/indices/windField.ts";
import { WIND_MODELS } from "../../job/indices/windProfiles.ts";
import { WIND_DAMAGE_REGIONS } from "../../job/risks/windDamageRegions.ts";
import type { StormTrack } from "../../model/storms.ts";
import { pressureFromWind, windFromPressure } from "../../model/storms.ts";
import { makeRandom } from "../support/dailyWeather.ts";
import { writeNpy } from "../support/npy.ts";

export const STORM_CASES = { synthetic: "storms", real: "storms-jma" } as const;
const CELLS = 200;
const GAP_CASES = 2000;
const MOVED_EAST_DEGREES = 52.9;
/** As CLIMADA tabulates its damage functions. */
const DAMAGE_WINDS = { from: 0, to: 120, step: 5 };

/** Writes `input/storms` and `ours/storms`; with tracks also `storms-jma`. */
export function writeOurStorms(folder: string, realTracks: readonly StormTrack[] | undefined): void {
  const random = makeRandom(2026);
  const sample = makeSampleStorms();
  const moved = sample.slice(0, 20).map((track) => move(track, MOVED_EAST_DEGREES, 1));
  const mirrored = sample.slice(20, 40).map((track) => move(track, 0, -1));
  const around = (latitude: number, longitude: number) => ({
    latitude: latitude + 8 * random(),
    longitude: longitude + 8 * random(),
  });
  const cells = Array.from({ length: CELLS }, (_, at) =>
    at % 4 === 0 ? around(32, 176) : at % 4 === 1 ? around(-40, 124) : around(32, 124),
  ).map(({ latitude, longitude }) => ({ latitude, longitude: longitude > 180 ? longitude - 360 : longitude }));
  writeCase(folder, STORM_CASES.synthetic, [...sample, ...moved, ...mirrored], cells);
  writeGaps(folder, random);
  writeDamage(folder);
  if (realTracks !== undefined) {
    const korea = Array.from({ length: CELLS }, () => around(32, 124));
    writeCase(folder, STORM_CASES.real, realTracks, korea);
  }
}

function move(track: StormTrack, east: number, mirror: 1 | -1): StormTrack {
  const wrap = (longitude: number) => (longitude > 180 ? longitude - 360 : longitude);
  return {
    ...track,
    latitude: track.latitude.map((latitude) => mirror * latitude),
    longitude: track.longitude.map((longitude) => wrap(longitude + east)),
  };
}

function writeCase(
  folder: string,
  name: string,
  tracks: readonly StormTrack[],
  cells: readonly { latitude: number; longitude: number }[],
): void {
  const storms = tracks.map((track) => prepareTrack(track)).filter((nodes) => nodes !== null);
  const input = folderFor(folder, "input", name);
  const ours = folderFor(folder, "ours", name);
  const join = (pick: (nodes: TrackNodes) => Float64Array) =>
    Float64Array.from(storms.flatMap((nodes) => [...pick(nodes)]));
  const starts = [0];
  for (const { count } of storms) starts.push(starts.at(-1)! + count);
  const columns = {
    starts: Float64Array.from(starts),
    hours: join(({ count, firstHour }) => Float64Array.from({ length: count }, (_, at) => firstHour + at)),
    latitude: join(({ latitude }) => latitude),
    longitude: join(({ longitude }) => longitude),
    pressure: join(({ pressure }) => pressure),
    environment: join(({ environmentPressure }) => environmentPressure),
    wind: join(({ wind }) => wind),
    radius: join(({ radius }) => radius),
    cell_latitude: Float64Array.from(cells, ({ latitude }) => latitude),
    cell_longitude: Float64Array.from(cells, ({ longitude }) => longitude),
  };
  for (const [column, values] of Object.entries(columns)) write(input, column, values);
  const seen = { wind: 0, node: -1 };
  for (const model of WIND_MODELS) {
    const winds = new Float64Array(storms.length * cells.length);
    storms.forEach((nodes, storm) => {
      const vortex = makeStormVortex(nodes, model);
      cells.forEach(({ latitude, longitude }, cell) => {
        highestWind(vortex, latitude, longitude, seen);
        winds[storm * cells.length + cell] = seen.wind;
      });
    });
    write(ours, model, winds);
  }
}

function writeGaps(folder: string, random: () => number): void {
  const cases = (make: () => number) => Float64Array.from({ length: GAP_CASES }, make);
  const latitude = cases(() => 60 * random() - 30);
  const longitude = cases(() => 360 * random() - 180);
  const wind = cases(() => 10 + 70 * random());
  const pressure = cases(() => 860 + 160 * random());
  const input = folderFor(folder, "input", STORM_CASES.synthetic);
  const ours = folderFor(folder, "ours", STORM_CASES.synthetic);
  for (const [name, values] of Object.entries({ latitude, longitude, wind, pressure })) {
    write(input, `gap_${name}`, values);
  }
  write(
    ours,
    "gap_pressure",
    wind.map((value, at) => pressureFromWind(value, latitude[at]!, longitude[at]!)),
  );
  write(
    ours,
    "gap_wind",
    pressure.map((value, at) => windFromPressure(value, latitude[at]!, longitude[at]!)),
  );
  write(ours, "gap_radius", pressure.map(radiusFromPressure));
}

function writeDamage(folder: string): void {
  const ours = folderFor(folder, "ours", STORM_CASES.synthetic);
  const { from, to, step } = DAMAGE_WINDS;
  const winds = Float64Array.from({ length: (to - from) / step + 1 }, (_, at) => from + step * at);
  for (const { region, halfDamageWind } of WIND_DAMAGE_REGIONS) {
    write(ours, `damage_${region}_winds`, winds);
    write(
      ours,
      `damage_${region}`,
      winds.map((wind) => windDamage(wind, halfDamageWind)),
    );
  }
}

function folderFor(folder: string, side: string, name: string): string {
  const path = join(folder, side, name);
  mkdirSync(path, { recursive: true });
  return path;
}

function write(folder: string, name: string, values: Float64Array): void {
  writeNpy(join(folder, `${name}.npy`), values, [values.length]);
}
