// The method set predecessor against its table, computed by another route: test/golden/predecessor/produce.py.
import { describe, expect, test } from "vitest";
import { penmanMonteith } from "../../../job/indices/penmanMonteith.ts";
import { fireIndex } from "../../../job/risks/predecessor/climateRisks.ts";
import { PREDECESSOR, round } from "../../../job/risks/predecessor/predecessorRisk.ts";
import { type EllipseTrack, yearlyStormIndex } from "../../../job/risks/predecessor/stormEllipses.ts";
import { stressIndex } from "../../../job/risks/predecessor/waterRisks.ts";
import { PREDECESSOR_DEFINITIONS } from "../../../job/risks/registry.ts";
import { type StormRecord, StormRecordBuilder } from "../../../job/risks/stormRecord.ts";
import type { Attribute } from "../../../model/attributes.ts";
import type { Risk } from "../../../model/risks.ts";
import type { StormGrade } from "../../../model/storms.ts";
import type { Variable } from "../../../model/variables.ts";
import { CellBuilder } from "../../support/dailyWeather.ts";
import { readGolden } from "../../support/golden.ts";

interface GoldenCell {
  readonly attributes: Readonly<Partial<Record<Attribute, number>>>;
  readonly yearly: Readonly<Partial<Record<Variable, readonly (number | null)[]>>>;
  readonly monthly: Readonly<Partial<Record<Variable, readonly (number | null)[]>>>;
}
interface GoldenInput {
  readonly latitude: number;
  readonly firstYear: number;
  readonly lastYear: number;
  readonly basePeriod: readonly [number, number];
  readonly periods: readonly (readonly [number, number])[];
  readonly cells: readonly GoldenCell[];
  /** Where the storms are counted, and the years whose storms are all known. */
  readonly place: readonly [latitude: number, longitude: number];
  readonly stormYears: readonly [number, number];
  readonly storms: readonly { readonly season: number; readonly points: readonly GoldenPoint[] }[];
}
interface GoldenEllipse {
  readonly long: number | null;
  readonly short: number | null;
  readonly bearing: number | null;
}
interface GoldenPoint {
  readonly latitude: number;
  readonly longitude: number;
  readonly grade: StormGrade;
  readonly gale: GoldenEllipse;
  readonly storm: GoldenEllipse;
}
interface GoldenExpected {
  readonly cells: readonly (readonly Counted[])[];
  readonly stormIndex: readonly number[];
  readonly typhoon: readonly Counted[string][];
}
type Counted = Readonly<
  Record<string, { readonly counts: readonly number[]; readonly probabilities: readonly number[] }>
>;

const { input, expected: golden } = readGolden<GoldenInput, GoldenExpected>("predecessor");
const expected = golden.cells;
const periodOf = ([firstYear, lastYear]: readonly [number, number]) => ({ firstYear, lastYear });

/** As the database would hand it over: float32, NaN where missing. */
function build({ attributes, monthly, yearly }: GoldenCell): CellBuilder {
  const builder = new CellBuilder("standard", input.firstYear, input.lastYear, periodOf(input.basePeriod))
    .latitude(input.latitude)
    .periods(...input.periods.map(periodOf));
  const stored = (values: readonly (number | null)[]) => (at: number) => Math.fround(values[at] ?? Number.NaN);
  for (const [name, value] of Object.entries(attributes)) builder.attribute(name as Attribute, value);
  for (const [name, values] of Object.entries(yearly)) builder.yearly(name as Variable, stored(values));
  for (const [name, values] of Object.entries(monthly)) builder.monthly(name as Variable, stored(values));
  return builder;
}

const COMPUTED = Object.keys(expected[0]![0]!) as Risk[];

describe.each(COMPUTED)("%s", (risk) => {
  const definition = PREDECESSOR_DEFINITIONS[risk];
  test("counts and probabilities are those of the table, digit by digit", () => {
    for (const [at, cell] of input.cells.entries()) {
      const result = definition.compute(build(cell).build());
      const found = result.map(({ probability }) => ({
        counts: probability!.counts,
        probabilities: probability!.probabilities,
      }));
      expect(found).toEqual(expected[at]!.map((period) => period[risk]));
    }
  });

  test("rates and ranges of its four bins are reported, damage is their sum, and nothing that it did not compute", () => {
    const [result] = definition.compute(build(input.cells[0]!).build());
    const rates = definition.rateSets.predecessor!;
    const { damageBins, damageLow, probabilities, probabilitiesLow, returnLevels } = result!.probability!;
    expect([rates.length, definition.ranges?.length, probabilities.length]).toEqual([4, 4, 4]);
    expect(damageBins).toBeCloseTo(
      probabilities.reduce((sum, p, bin) => sum + p * rates[bin]!, 0),
      12,
    );
    expect([damageLow, result!.hazard, definition.anchors]).toEqual([null, null, null]);
    expect([...probabilitiesLow, ...returnLevels].every(Number.isNaN)).toBe(true);
    expect(Object.values(definition.inputs.ways).map(({ text }) => text)).toContain(result!.input);
  });

  test("a cell without its series has no numbers, and says so", () => {
    const empty = new CellBuilder("standard", 1991, 2050, periodOf(input.basePeriod)).periods(
      periodOf(input.basePeriod),
    );
    expect(definition.compute(empty.build())[0]).toMatchObject({ reason: "noInput", probability: null });
  });
});

/** The golden's storms as best tracks have them, turned by whole circles, mirrored or not. */
function tracks(turned = 0): EllipseTrack[] {
  const column = (points: readonly GoldenPoint[], read: (point: GoldenPoint) => number | null) =>
    Float64Array.from(points, (point) => read(point) ?? Number.NaN);
  const radii = (points: readonly GoldenPoint[], which: "gale" | "storm") => ({
    long: column(points, (point) => point[which].long),
    short: column(points, (point) => point[which].short),
    bearing: column(points, (point) => point[which].bearing),
  });
  return input.storms.map(({ points, season }) => ({
    season,
    latitude: column(points, (point) => point.latitude),
    longitude: column(points, (point) => point.longitude + turned),
    grade: points.map(({ grade }) => grade),
    gale: radii(points, "gale"),
    storm: radii(points, "storm"),
  }));
}

describe("typhoon", () => {
  const [firstYear, lastYear] = input.stormYears;
  const index = (all: readonly EllipseTrack[]) =>
    Array.from(yearlyStormIndex(input.place[0], input.place[1], all, firstYear, lastYear - firstYear + 1));

  test("the yearly index of ellipses is that by great circles, with a 0 for each year without storms", () => {
    expect(index(tracks())).toEqual(golden.stormIndex);
    expect(golden.stormIndex.filter((value) => value === 0).length).toBeGreaterThan(3);
  });

  test("storms a whole circle away, and in any order, count the same", () => {
    expect(index(tracks(360))).toEqual(golden.stormIndex);
    expect(index(tracks(-360).reverse())).toEqual(golden.stormIndex);
  });

  /** As a shard has them; what the wind model needs beside the ellipses is made up. */
  function record(all: readonly EllipseTrack[]): StormRecord {
    const [latitude, longitude] = input.place;
    const bounds = { south: latitude, north: latitude, west: longitude, east: longitude };
    const builder = new StormRecordBuilder({ firstYear, lastYear, agency: "made up" }, bounds);
    for (const [at, track] of all.entries()) {
      const points = track.grade.length;
      const unknown = new Float64Array(points).fill(Number.NaN);
      builder.add({
        ...track,
        stormId: String(at).padStart(4, "0"),
        name: null,
        basin: "WP",
        hours: Float64Array.from({ length: points }, (_, point) => 6 * point),
        pressure: new Float64Array(points).fill(970),
        environmentPressure: unknown,
        wind: unknown,
        radius: unknown,
      });
    }
    return builder.build();
  }
  const compute = (storms: StormRecord | undefined) => {
    const cell = { ...build(input.cells[0]!).build(), latitude: input.place[0], longitude: input.place[1], storms };
    return PREDECESSOR_DEFINITIONS.typhoon.compute(cell);
  };

  test("counts and probabilities of the record's years are those of the table; years beyond it have none", () => {
    const result = compute(record(tracks()));
    const found = result.slice(0, 2).map(({ probability }) => ({
      counts: probability!.counts,
      probabilities: probability!.probabilities,
    }));
    expect(found).toEqual(golden.typhoon);
    expect(result[2]!.reason).toBe("tooFewYears");
    expect(result[0]!.input).toBe("best tracks with wind radii");
  });

  test("no record, and a record without radii, give no numbers", () => {
    expect(compute(undefined)[0]!.reason).toBe("noStorms");
    const nowhere = (radii: EllipseTrack["gale"]) => ({ ...radii, long: radii.long.map(() => Number.NaN) });
    const without = tracks().map((track) => ({ ...track, gale: nowhere(track.gale), storm: nowhere(track.storm) }));
    expect(compute(record(without))[0]!.reason).toBe("noInput");
  });

  test("a typhoon over the place weighs 6, a weaker storm 3, a gale 1, and nothing without a radius", () => {
    const none = {
      long: Float64Array.of(Number.NaN),
      short: Float64Array.of(Number.NaN),
      bearing: Float64Array.of(Number.NaN),
    };
    const circle = { ...none, long: Float64Array.of(100) };
    const point = (grade: StormGrade, gale: typeof none, storm: typeof none): EllipseTrack => ({
      season: firstYear,
      latitude: Float64Array.of(input.place[0] + 0.5),
      longitude: Float64Array.of(input.place[1]),
      grade: [grade],
      gale,
      storm,
    });
    const weights = [
      point("TY", circle, circle),
      point("STS", circle, circle),
      point("TS", circle, none),
      point("TD", circle, none),
      point("TY", none, none),
    ].map((one) => index([one])[0]);
    expect(weights).toEqual([6, 3, 1, 0, 0]);
  });
});

test("bins and rates are those of the predecessor's table", () => {
  const table = Object.entries(PREDECESSOR.risks).map(([risk, { edges, rateSets }]) => [
    risk,
    edges.values,
    rateSets.predecessor!.values,
  ]);
  expect(table).toEqual([
    ["coastal_flood", [0, 0.3, 1], [0, 0.02, 0.15, 0.35]],
    ["cold_wave", [3, 7, 15], [0.0005, 0.002, 0.006, 0.015]],
    ["drought", [1, 1.5, 2], [0, 0.02, 0.07, 0.2]],
    ["high_temperature", [3, 8, 20], [0.001, 0.003, 0.01, 0.02]],
    ["inland_flood", [0.8, 0.95, 0.99], [0, 0.02, 0.08, 0.2]],
    ["typhoon", [0, 5, 15], [0, 0.02, 0.1, 0.3]],
    ["urban_flood", [0, 0.3, 1], [0, 0.05, 0.25, 0.5]],
    ["water_scarcity", [0.2, 0.4, 0.8], [0.01, 0.03, 0.07, 0.15]],
    ["wildfire", [21.3, 38, 50], [0.01, 0.03, 0.1, 0.25]],
  ]);
});

describe("replacements for unknown values are flagged", () => {
  const cell = (without: Attribute) => {
    const { [without]: _, ...attributes } = input.cells[0]!.attributes;
    return build({ ...input.cells[0]!, attributes }).build();
  };
  test("drains of 60 mm, an altitude of 0", () => {
    expect(PREDECESSOR_DEFINITIONS.urban_flood.compute(cell("drainageCapacity"))[0]!.flags).toEqual([
      "sixtyMillimetreDrains",
    ]);
    expect(PREDECESSOR_DEFINITIONS.water_scarcity.compute(cell("elevation"))[0]!.flags).toEqual(["altitudeUnknown"]);
  });
  test("a ground level that is not known gives no depth: the predecessor took 5 m", () => {
    expect(PREDECESSOR_DEFINITIONS.coastal_flood.compute(cell("elevation"))[0]!.reason).toBe("noInput");
  });
});

test("a month too mild for the lowest fire class counts in the last, as it did", () => {
  const mild = fireIndex(15, 60, 3, 100);
  expect(mild).toBeCloseTo(0.4 * 0.5 * 4 * Math.exp(0.25) * Math.exp(-0.1), 12);
  expect(mild).toBeLessThan(11.2);
  expect(fireIndex(15, 104, 3, 100)).toBe(0);
  const [result] = PREDECESSOR_DEFINITIONS.wildfire.compute(build(input.cells[0]!).build());
  expect(result!.probability!.counts[3]).toBeGreaterThan(200);
});

test("water that cannot be used gives an index of 0, a missing balance none", () => {
  expect(stressIndex(100, 1000, 0.5)).toBeCloseTo(100 / 315, 12);
  expect([stressIndex(100, 1000, -0.2), stressIndex(100, 1000, 0), stressIndex(100, 1000, Number.NaN)]).toEqual([
    0,
    0,
    Number.NaN,
  ]);
});

test.each([
  [1 / 32, 0.0312],
  [3 / 32, 0.0938],
  [1 / 160, 0.0063],
  [2 / 3, 0.6667],
  [0.12345, 0.1235],
  [1, 1],
])("%d is rounded to %d, as Python rounds", (value, rounded) => {
  expect(round(value)).toBe(rounded);
});

describe("reference evapotranspiration of FAO-56", () => {
  test.each([
    [
      "example 17, Bangkok in April",
      {
        highest: 34.8,
        lowest: 25.6,
        vapourPressure: 2.85,
        wind: 2,
        radiation: 22.65,
        extraterrestrial: 38.06,
        altitude: 2,
        soilHeat: 0.14,
      },
      5.72,
    ],
    [
      "example 18, Uccle on 6 July",
      {
        highest: 21.5,
        lowest: 12.3,
        vapourPressure: 1.409,
        wind: 2.078,
        radiation: 22.07,
        extraterrestrial: 41.09,
        altitude: 100,
        soilHeat: 0,
      },
      3.88,
    ],
  ])("%s", (_, weather, expectedMm) => {
    expect(penmanMonteith(weather)).toBeCloseTo(expectedMm, 1);
    expect(Math.abs(penmanMonteith(weather) - expectedMm)).toBeLessThan(0.01);
  });
});
