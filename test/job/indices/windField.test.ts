import { existsSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readStormFiles } from "../../../ingest/storms/stormFiles.ts";
import { KM_PER_DEGREE, prepareTrack, type TrackNodes } from "../../../job/indices/trackPreparation.ts";
import { highestWind, makeStormVortex, REACH_KM } from "../../../job/indices/windField.ts";
import { hollandB, makeVortexNodes, PROFILES, WIND_MODELS, type WindModel } from "../../../job/indices/windProfiles.ts";
import type { StormTrack } from "../../../model/storms.ts";
import { readGolden } from "../../support/golden.ts";
import { SILENT_READING } from "../../support/stormFiles.ts";
import { koreanStorm, TrackBuilder } from "../../support/storms.ts";

const JMA = new URL("../../../../shared/data/jma_besttrack_2015_2018/bst_2015_2018.txt", import.meta.url);
/** m s-1, of the acceptance. */
const TOLERANCE = 1e-5;

function windsOf(
  track: StormTrack,
  model: WindModel,
  cells: readonly (readonly [number, number])[],
  stepHours = 1,
): number[] {
  const storm = makeStormVortex(prepareTrack(track, stepHours)!, model);
  const seen = { wind: 0, node: -1 };
  return cells.map(([latitude, longitude]) => {
    highestWind(storm, latitude, longitude, seen);
    return seen.wind;
  });
}

const KOREAN_CELLS = [
  [33.5, 126.5],
  [34.74, 127.74],
  [35.18, 129.08],
  [36.03, 129.37],
  [37.57, 126.98],
  [35, 124],
  [37.5, 120],
] as const;

describe("the synthetic storm of the methods", () => {
  test.each([
    { model: "H08", winds: [30.2444, 41.3791, 26.0046, 27.979, 11.1013, 0, 0] },
    { model: "H1980", winds: [28.1336, 40.8641, 27.2892, 29.2598, 13.9945, 0, 0] },
    { model: "H10", winds: [32.8002, 42.6302, 30.5938, 32.1437, 17.5341, 0, 0] },
  ] as const)(
    "$model gives the winds of an independent program at Jeju, Yeosu, Busan, Pohang and Seoul",
    ({ model, winds }) => {
      windsOf(koreanStorm().build(), model, KOREAN_CELLS).forEach((wind, at) => {
        expect(Math.abs(wind - winds[at]!)).toBeLessThan(5e-5);
      });
    },
  );

  test("with six-hourly nodes it would step over Yeosu", () => {
    expect(windsOf(koreanStorm().build(), "H08", [[34.74, 127.74]], 6)[0]).toBeCloseTo(26.2, 1);
  });
});

test("a node has the b and the profile of Holland (2008) as computed by hand", () => {
  expect(hollandB(60, 1, 33.4, 12)).toBeCloseTo(1.4434403, 7);
  // Two hourly points, the second as far away as 12 m/s carries, its radius as the pressure reports.
  const nodes = prepareTrack(
    new TrackBuilder([0, 1])
      .along([33.4 - (12 * 3.6) / KM_PER_DEGREE, 33.4], [127, 127])
      .pressure([944, 945])
      .environment([1005, 1005])
      .build(),
  )!;
  expect(nodes.radius[1]).toBeCloseTo(31.444791, 6);
  const vortex = makeVortexNodes(nodes, "H08");
  expect(vortex.coriolis[1]).toBeCloseTo(8.0260092e-5, 12);
  const profile = [10, nodes.radius[1]!, 50, 100, 200, 300].map((km) => PROFILES.H08.profile(vortex, 1, 1000 * km));
  [14.14787, 51.38876, 46.10594, 30.49149, 15.44396, 8.55933].forEach((wind, at) => {
    expect(profile[at]).toBeCloseTo(wind, 5);
  });
});

interface WindGolden {
  readonly nodes: Readonly<Record<"hours" | "latitude" | "longitude" | "pressure" | "environment" | "wind", number[]>>;
  readonly cells: { readonly latitude: number[]; readonly longitude: number[] };
}

describe("the profiles at nodes of the methods", () => {
  const one = (value: number) => Float64Array.of(value);
  const still = { latitude: one(0), pressure: one(0), environmentPressure: one(0), wind: one(0), radius: one(40) };
  const node = (given: Partial<TrackNodes>): TrackNodes => ({
    count: 1,
    firstHour: 0,
    stepHours: 1,
    ...still,
    longitude: one(0),
    translationNorth: one(0),
    translationEast: one(0),
    pressureEstimated: new Uint8Array(1),
    extratropical: new Uint8Array(1),
    ...given,
  });

  test.each([
    { deficit: 15, gradient: 35, b: 2.5, peak: 34.635341 },
    { deficit: 30, gradient: 40, b: 1.667213, peak: 40 },
  ])(
    "Holland's B of 1980 from a deficit of $deficit hPa and a gradient wind of $gradient m/s",
    ({ deficit, gradient, b, peak }) => {
      const nodes = node({ environmentPressure: one(1010), pressure: one(1010 - deficit), wind: one(0.9 * gradient) });
      const vortex = makeVortexNodes(nodes, "H1980");
      expect(vortex.b[0]).toBeCloseTo(b, 6);
      // A B within its bounds gives the wind back that it was made from; the vector is of the gradient level.
      expect(vortex.peak[0]! / 0.9).toBeCloseTo(peak, 5);
    },
  );

  const distances = [299.4501244, 291.0737897, 292.5441003, 40.6654546];
  test.each([
    { how: "with the earth's turning", f: 3.54921922e-5, winds: [11.28, 11.68, 11.61, 42.41] },
    { how: "without", f: 0, winds: [15.72, 16.04, 15.98, 43.13] },
  ])("Holland's profile $how", ({ f, winds }) => {
    const vortex = {
      ...makeVortexNodes(node({}), "H08"),
      b: one(1.486076257880692),
      deficit: one(3912),
      radius: one(40_665.45462261051),
      coriolis: one(f),
    };
    const result = distances.map((km) => PROFILES.H08.profile(vortex, 0, km * 1000));
    // The published values have two digits.
    for (const [at, wind] of winds.entries()) expect(Math.abs(result[at]! - wind)).toBeLessThan(0.01);
  });
});

describe("a hurricane near Barbados", () => {
  const { input, expected } = readGolden<WindGolden, Record<WindModel, number[]>>("storm-winds-barbados");
  const { hours, latitude, longitude, pressure, environment, wind } = input.nodes;
  const track = new TrackBuilder(hours).along(latitude, longitude).pressure(pressure).environment(environment).build();
  wind.forEach((value, at) => {
    track.wind[at] = value;
  });
  const cells = input.cells.latitude.map((cell, at) => [cell, input.cells.longitude[at]!] as const);

  test.each(WIND_MODELS)("%s agrees with CLIMADA at every listed cell", (model) => {
    const winds = windsOf(track, model, cells);
    for (const [at, value] of expected[model].entries()) expect(Math.abs(winds[at]! - value)).toBeLessThan(TOLERANCE);
  });
});

interface JmaGolden {
  readonly storms: readonly string[];
  readonly cells: { readonly latitude: number[]; readonly longitude: number[] };
}

test.skipIf(!existsSync(JMA)).each(WIND_MODELS)(
  "%s agrees with CLIMADA on typhoons of 2015-2018 over Korea",
  async (model) => {
    const { input, expected } = readGolden<JmaGolden, Record<WindModel, number[][]>>("storm-winds-jma");
    const signal = new AbortController().signal;
    const options = { files: [JMA.pathname], windUnit: undefined, agency: undefined };
    const { tracks } = await readStormFiles(options, SILENT_READING, signal);
    const cells = input.cells.latitude.map((cell, at) => [cell, input.cells.longitude[at]!] as const);
    let strongest = 0;
    for (const [at, stormId] of input.storms.entries()) {
      const winds = windsOf(tracks.find((track) => track.stormId === stormId)!, model, cells);
      winds.forEach((wind, cell) => {
        expect(Math.abs(wind - expected[model][at]![cell]!)).toBeLessThan(TOLERANCE);
        strongest = Math.max(strongest, wind);
      });
    }
    expect(strongest).toBeGreaterThan(25);
  },
);

test.each([
  { what: "a whole turn", shift: 360 },
  { what: "a turn the other way", shift: -360 },
])("a storm set shifted by $what gives the same winds, whatever the storm and the place", ({ shift }) => {
  fc.assert(
    fc.property(
      arbitraryTrack(),
      fc.double({ min: -40, max: 40, noNaN: true }),
      fc.double({ min: -180, max: 180, noNaN: true }),
      fc.constantFrom(...WIND_MODELS),
      (track, latitude, away, model) => {
        const cells = [[latitude, track.longitude[0]! + away / 20] as const];
        const shifted = { ...track, longitude: track.longitude.map((longitude) => longitude + shift) };
        const [plain] = windsOf(track, model, cells);
        expect(Math.abs(windsOf(shifted, model, cells)[0]! - plain!)).toBeLessThan(1e-8);
        expect(Math.abs(windsOf(track, model, [[latitude, cells[0]![1] + shift]])[0]! - plain!)).toBeLessThan(1e-8);
      },
    ),
  );
});

test("a storm that crosses the date line gives the winds it gives elsewhere", () => {
  const east = (degrees: number) =>
    koreanStorm()
      .build()
      .longitude.map((longitude) => longitude + degrees);
  const wrap = (longitude: number) => (longitude > 180 ? longitude - 360 : longitude);
  const moved = { ...koreanStorm().build(), longitude: east(52.9).map(wrap) };
  const cells = KOREAN_CELLS.map(([latitude, longitude]) => [latitude, wrap(longitude + 52.9)] as const);
  const plain = windsOf(koreanStorm().build(), "H08", KOREAN_CELLS);
  windsOf(moved, "H08", cells).forEach((wind, at) => {
    expect(Math.abs(wind - plain[at]!)).toBeLessThan(1e-9);
  });
});

test("the mirror image of a storm south of the equator gives the same winds", () => {
  const track = koreanStorm().build();
  const mirrored = { ...track, latitude: track.latitude.map((latitude) => -latitude) };
  const cells = KOREAN_CELLS.map(([latitude, longitude]) => [-latitude, longitude] as const);
  expect(windsOf(mirrored, "H08", cells)).toEqual(windsOf(track, "H08", KOREAN_CELLS));
});

test("bounding boxes and bounds leave out no wind: every node evaluated one by one gives the same", () => {
  fc.assert(
    fc.property(
      arbitraryTrack(),
      fc.double({ min: -4, max: 4, noNaN: true }),
      fc.double({ min: -4, max: 4, noNaN: true }),
      fc.constantFrom(...WIND_MODELS),
      (track, north, east, model) => {
        const nodes = prepareTrack(track)!;
        const middle = Math.floor(nodes.count / 2);
        const place = [nodes.latitude[middle]! + north, nodes.longitude[middle]! + east] as const;
        expect(windsOf(track, model, [place])[0]).toBeCloseTo(windByDefinition(nodes, model, ...place), 9);
      },
    ),
    { numRuns: 300 },
  );
});

/** Nothing passed over, everything as the documentation of highestWind says. */
function windByDefinition(nodes: TrackNodes, model: WindModel, latitude: number, longitude: number): number {
  const vortex = makeVortexNodes(nodes, model);
  const { profile, motionWithin } = PROFILES[model];
  const southern = nodes.latitude.filter((value) => value < 0).length * 2 > nodes.count;
  let highest = 0;
  for (let i = 1; i < nodes.count; i++) {
    const y = (latitude - nodes.latitude[i]!) * KM_PER_DEGREE;
    const x = (longitude - nodes.longitude[i]!) * KM_PER_DEGREE * Math.cos((nodes.latitude[i]! * Math.PI) / 180);
    const km = Math.hypot(x, y);
    if (km > REACH_KM || km < 0.001) continue;
    const share = Math.min(1, nodes.radius[i]! / km);
    const speed = Math.hypot(nodes.translationNorth[i]!, nodes.translationEast[i]!);
    const around = profile(vortex, i, 1000 * km) - (motionWithin ? share * speed : 0);
    const turn = southern ? -1 : 1;
    const wind = Math.hypot(
      (turn * around * x) / km + share * nodes.translationNorth[i]!,
      (-turn * around * y) / km + share * nodes.translationEast[i]!,
    );
    highest = Math.max(highest, wind);
  }
  return highest;
}

/** In hundredths, as best tracks are given in tenths: an eye that does not move does so to the last bit. */
function arbitraryTrack(): fc.Arbitrary<StormTrack> {
  const number = (min: number, max: number) =>
    fc.integer({ min: 100 * min, max: 100 * max }).map((hundredths) => hundredths / 100);
  return fc
    .record({
      latitude: number(-35, 35),
      longitude: number(-180, 180),
      steps: fc.array(fc.tuple(number(-2, 2), number(-2.5, 2.5), number(900, 1004), number(20, 150)), {
        minLength: 2,
        maxLength: 8,
      }),
    })
    .map(({ latitude, longitude, steps }) => {
      const wrap = (degrees: number) => degrees - 360 * Math.round(degrees / 360);
      let [y, x] = [latitude, longitude];
      const hundredths = (degrees: number) => Math.round(100 * degrees) / 100;
      const places = steps.map(
        ([north, east]) => [(y = hundredths(y + north)), wrap((x = hundredths(x + east)))] as const,
      );
      return new TrackBuilder(steps.map((_, at) => 6 * at))
        .along(
          places.map(([place]) => place),
          places.map(([, place]) => place),
        )
        .pressure(steps.map(([, , hPa]) => hPa))
        .knots(steps.map(([, , , knots]) => knots))
        .build();
    });
}
