import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { radiusFromPressure } from "../../../job/indices/trackGaps.ts";
import { prepareTrack } from "../../../job/indices/trackPreparation.ts";
import { pressureFromWind, windFromPressure } from "../../../model/storms.ts";
import { KM_PER_NAUTICAL_MILE, M_PER_S_PER_KNOT } from "../../../model/units.ts";
import { koreanStorm, TrackBuilder } from "../../support/storms.ts";

describe("what a track lacks", () => {
  test("the radius of maximum wind follows from the pressure as CLIMADA's own test has it", () => {
    expect(radiusFromPressure(1004) / KM_PER_NAUTICAL_MILE).toBeCloseTo(43.95543761, 8);
    expect(radiusFromPressure(860)).toBe(radiusFromPressure(872));
    expect(radiusFromPressure(1030)).toBe(radiusFromPressure(1021));
  });

  test("pressure and wind replace each other by the regressions written down", () => {
    // By hand: 1026.3401 - 0.05504 * 20 - 0.03536 * 130 - 0.7357 * 100 and 1216.5223 - 0.04086 * 20 - 0.0419 * 130 - 1.1797 * 950.
    expect(pressureFromWind(100 * M_PER_S_PER_KNOT, 20, 130)).toBeCloseTo(947.0725, 9);
    expect(windFromPressure(950, 20, 130) / M_PER_S_PER_KNOT).toBeCloseTo(89.5431, 9);
    expect(windFromPressure(1040, 20, 130)).toBe(0);
  });

  test("a point without a pressure gets one from its wind and is marked", () => {
    const nodes = prepareTrack(koreanStorm().pressure([935, 935, Number.NaN, 945, 960, 975, 985]).build())!;
    expect(nodes.pressure[12]).toBeCloseTo(pressureFromWind(100 * M_PER_S_PER_KNOT, 31.4, 126.9), 9);
    expect([...nodes.pressureEstimated.subarray(5, 20)]).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
  });

  test("a point with neither is bridged in time, and points at the ends with neither are left out", () => {
    const { NaN: none } = Number;
    const nodes = prepareTrack(
      koreanStorm().pressure([none, 935, none, 945, 960, 975, none]).knots([none, 105, none, 90, 75, 60, none]).build(),
    )!;
    expect(nodes.count).toBe(25);
    expect(nodes.firstHour).toBe(6);
    expect(nodes.pressure[6]).toBeCloseTo(940, 9);
    expect(nodes.wind[6]).toBeCloseTo(97.5 * M_PER_S_PER_KNOT, 9);
  });

  test("fewer than two points with a pressure or a wind are no storm", () => {
    const track = new TrackBuilder([0, 6]).along([20, 21], [130, 130]).pressure([990, Number.NaN]);
    expect(prepareTrack(track.build())).toBeNull();
  });

  test("the pressure around the storm is its basin's, and no storm is deeper outside than inside", () => {
    const track = (basin: "WP" | "NA" | null) =>
      new TrackBuilder([0, 1]).along([20, 20.1], [130, 130]).pressure([1008, 1000]).called("1", 2000, basin).build();
    const [wp, na, nowhere] = [prepareTrack(track("WP"))!, prepareTrack(track("NA"))!, prepareTrack(track(null))!];
    expect([wp, na, nowhere].map(({ environmentPressure }) => environmentPressure[1])).toEqual([1005, 1010, 1010]);
    expect(wp.pressure[0]).toBeCloseTo(1005, 6);
    expect(wp.pressure[0]).toBeLessThan(1005);
  });
});

describe("hourly nodes", () => {
  test("lie on straight lines between the points, at whole hours from the first", () => {
    const nodes = prepareTrack(
      new TrackBuilder([3, 6, 7.5]).along([20, 23, 26], [130, 133, 130]).pressure([990, 980, 985]).build(),
    )!;
    expect([...nodes.latitude]).toEqual([20, 21, 22, 23, 25]);
    expect([...nodes.longitude]).toEqual([130, 131, 132, 133, 131]);
    expect(nodes.pressure[4]).toBeCloseTo(980 + 5 / 1.5, 9);
  });

  test("move no faster than 30 knots, in their direction", () => {
    const nodes = prepareTrack(new TrackBuilder([0, 1]).along([0, 3], [0, 4]).pressure([990, 990]).build())!;
    expect(Math.hypot(nodes.translationNorth[1]!, nodes.translationEast[1]!)).toBeCloseTo(30 * M_PER_S_PER_KNOT, 9);
    expect(nodes.translationEast[1]! / nodes.translationNorth[1]!).toBeCloseTo(4 / 3, 9);
    expect([nodes.translationNorth[0], nodes.translationEast[0]]).toEqual([0, 0]);
  });

  test("one degree of latitude a day is 1.286 m/s to the north", () => {
    const nodes = prepareTrack(new TrackBuilder([0, 24]).along([30, 31], [130, 130]).pressure([990, 990]).build())!;
    expect(nodes.translationNorth[12]).toBeCloseTo(111_120 / 86_400, 9);
  });

  test("have no jump in longitude, however the points are wrapped", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 10 }),
        fc.integer({ min: -180, max: 180 }),
        (steps, start) => {
          let at = start;
          const longitude = steps
            .map((step) => (at += step))
            .map((degrees) => degrees - 360 * Math.round(degrees / 360));
          const hours = longitude.map((_, point) => 6 * point);
          const nodes = prepareTrack(
            new TrackBuilder(hours)
              .along(
                hours.map(() => 20),
                longitude,
              )
              .pressure(hours.map(() => 990))
              .build(),
          )!;
          for (let i = 1; i < nodes.count; i++)
            expect(Math.abs(nodes.longitude[i]! - nodes.longitude[i - 1]!)).toBeLessThan(2);
        },
      ),
    );
  });

  test("know where the storm was extratropical", () => {
    const nodes = prepareTrack(koreanStorm().grade(["TY", "TY", "TY", "TY", "TS", "ET", "ET"]).build())!;
    expect(nodes.extratropical.indexOf(1)).toBe(30);
    expect(nodes.extratropical[36]).toBe(1);
  });
});
