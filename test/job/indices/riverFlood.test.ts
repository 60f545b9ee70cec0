// Runoff and rivers against the vectors of TR-55 and of an independent program: from rain to the water beside a river.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rainOfRunoff, retention, runoffOfRain, wetCurveNumber } from "../../../job/indices/curveNumberRunoff.ts";
import {
  arealReduction,
  dischargeAtStage,
  floodDepthOfRain,
  hackChannelLength,
  makeRiver,
  peakOfRain,
  rainOfFloodDepth,
  riverResponse,
  stageOfDischarge,
} from "../../../job/indices/riverFlood.ts";
import { criticalRain } from "../../../job/indices/stormRain.ts";

const MM_PER_INCH = 25.4;
const CATCHMENT = { upstreamArea: 100, channelLength: hackChannelLength(100), channelSlope: 0.005, curveNumber: 70 };
const response = riverResponse(CATCHMENT);
const river = makeRiver(peakOfRain(91.19937, response), CATCHMENT.channelSlope, null);

describe("runoff", () => {
  test.each([
    [60, 1.3, 1.301],
    [70, 2.04, 2.036],
    [80, 2.89, 2.893],
    [90, 3.88, 3.876],
    [98, 4.76, 4.763],
  ])("5 inches of rain on curve number %d run off as TR-55's table says", (curveNumber, table, exact) => {
    const inches = runoffOfRain(5 * MM_PER_INCH, retention(curveNumber)) / MM_PER_INCH;
    expect(inches.toFixed(2)).toBe(table.toFixed(2));
    expect(inches).toBeCloseTo(exact, 3);
  });
  test("100 mm on curve number 80 give 50.539058 mm, and those need 100 mm", () => {
    expect(runoffOfRain(100, retention(80))).toBeCloseTo(50.539058, 6);
    expect(rainOfRunoff(runoffOfRain(100, retention(80)), retention(80))).toBeCloseTo(100, 10);
  });
  test("wet ground has a higher curve number", () => {
    expect(wetCurveNumber(70)).toBeCloseTo(84.293194, 6);
    expect(wetCurveNumber(80)).toBeCloseTo(90.196078, 6);
  });
  test.each([
    [50, 70],
    [60, 78],
    [70, 85],
    [80, 91],
    [90, 96],
  ])("curve number %d is %d on wet ground in the handbook's table (NEH 630, table 10-1), to 1", (dry, wet) => {
    expect(Math.abs(wetCurveNumber(dry) - wet)).toBeLessThan(1);
  });
  test("rain below the initial abstraction runs off nowhere, and missing rain is no rain", () => {
    expect(runoffOfRain(0.2 * retention(70), retention(70))).toBe(0);
    expect(rainOfRunoff(0, retention(70))).toBeCloseTo(0.2 * retention(70), 12);
    expect(runoffOfRain(Number.NaN, retention(70))).toBeNaN();
  });
});

describe("catchments", () => {
  test.each([
    [100, 1, 0.8934],
    [100, 6, 0.9427],
    [100, 24, 0.9719],
    [10, 1, 0.9874],
    [10, 6, 0.9932],
    [10, 24, 0.9967],
  ])("%d km2 for %d h reduce the rain of a point to %f of it", (area, hours, factor) => {
    expect(arealReduction(hours, area)).toBeCloseTo(factor, 4);
  });
  test("100 km2 at a slope of 0.005 have the length, storm and reduction of the reference", () => {
    expect(CATCHMENT.channelLength).toBeCloseTo(20.128144, 6);
    expect(response.stormHours).toBeCloseTo(5.14445, 6);
    expect(response.arealReduction).toBeCloseTo(0.938907, 6);
  });
  test("280 mm in a day become a peak of 429.4269 m3/s", () => {
    const rain = new Float64Array(1);
    criticalRain(Float64Array.of(280), Float64Array.of(400), 1, response.stormHours, rain);
    expect(rain[0]! * response.arealReduction).toBeCloseTo(162.2645, 4);
    expect(runoffOfRain(rain[0]! * response.arealReduction, response.retained)).toBeCloseTo(116.6626, 4);
    expect(peakOfRain(rain[0]!, response)).toBeCloseTo(429.4269, 4);
  });
  test("a storm of five days has the rain of five days, one of a day that of a day, by Weiss' factors", () => {
    const rain = new Float64Array(3);
    criticalRain(Float64Array.of(140, 140, 0), Float64Array.of(390, 100, 0), 3, 120, rain);
    expect(Array.from(rain)).toEqual([expect.closeTo(400, 9), expect.closeTo(160, 9), 0]);
    criticalRain(Float64Array.of(140), Float64Array.of(390), 1, 24, rain);
    expect(rain[0]).toBeCloseTo(160, 9);
    criticalRain(Float64Array.of(Number.NaN), Float64Array.of(390), 1, 48, rain);
    expect(rain[0]).toBeNaN();
  });
});

describe("a river", () => {
  test("bankfull by the 2-year rain has the width and depth of the reference", () => {
    expect(peakOfRain(91.19937, response)).toBeCloseTo(172.900922, 4);
    expect(river.bankfullDepth).toBeCloseTo(0.941216, 6);
    expect(dischargeAtStage(river.bankfullDepth, river)).toBeCloseTo(172.900922, 4);
  });
  test.each([
    [0, 135.8194],
    [0.15, 164.5134],
    [0.5, 244.4576],
    [1, 386.9475],
    [2, 760.6977],
  ])("%f m beside it need %f mm", (depth, rain) => {
    expect(rainOfFloodDepth(depth, 0.3, river, response)).toBeCloseTo(rain, 4);
  });
  test("the stage of a discharge is the inverse of the rating, within and above the banks", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 30, noNaN: true }), (stage) => {
        const found = stageOfDischarge(dischargeAtStage(stage, river), river);
        expect(Math.abs(found - stage)).toBeLessThanOrEqual(1e-9 * Math.max(1, stage));
      }),
    );
  });
  test("more rain never lowers the water, and the rain of a depth is the inverse of the depth of a rain", () => {
    const catchments = fc.record({
      upstreamArea: fc.double({ min: 1, max: 5000, noNaN: true }),
      channelLength: fc.double({ min: 0.5, max: 200, noNaN: true }),
      channelSlope: fc.double({ min: 1e-4, max: 0.2, noNaN: true }),
      curveNumber: fc.double({ min: 30, max: 98, noNaN: true }),
    });
    const rain = fc.double({ min: 0, max: 1500, noNaN: true });
    const height = fc.double({ min: 0, max: 30, noNaN: true });
    fc.assert(
      fc.property(catchments, rain, rain, height, (catchment, one, other, above) => {
        const own = riverResponse(catchment);
        const bankfull = peakOfRain(100, own);
        fc.pre(bankfull > 0);
        const ownRiver = makeRiver(bankfull, catchment.channelSlope, null);
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        const deep = floodDepthOfRain(high, above, ownRiver, own);
        expect(floodDepthOfRain(low, above, ownRiver, own)).toBeLessThanOrEqual(deep * (1 + 1e-12));
        if (deep > 0) expect(rainOfFloodDepth(deep, above, ownRiver, own)).toBeCloseTo(high, 6);
      }),
    );
  });
});
