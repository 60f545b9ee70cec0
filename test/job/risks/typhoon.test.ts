import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RISK_DEFINITIONS } from "../../../job/risks/registry.ts";
import type { CellInput } from "../../../job/risks/riskDefinition.ts";
import { type StormRecord, StormRecordBuilder } from "../../../job/risks/stormRecord.ts";
import { makeTyphoon, typhoon } from "../../../job/risks/typhoon.ts";
import { makeTimeAxis } from "../../../job/timeAxis.ts";
import type { Attribute } from "../../../model/attributes.ts";
import type { Future } from "../../../model/experiments.ts";
import type { StormTrack } from "../../../model/storms.ts";
import { koreanStorm, TrackBuilder } from "../../support/storms.ts";

const BASE = { firstYear: 1991, lastYear: 2020 };
const LATE = { firstYear: 2081, lastYear: 2100 };
const KOREA = { south: 33, north: 39, west: 124, east: 132 };
const YEOSU = [34.74, 127.74] as const;

const RECORD = { agency: "test", firstYear: 1981, lastYear: 2020 };

function recordOf(tracks: readonly StormTrack[], years = RECORD, bounds = KOREA): StormRecord {
  const builder = new StormRecordBuilder(years, bounds);
  for (const track of tracks) builder.add(track);
  return builder.build();
}

/** Every second year the synthetic storm, each time a little further east and weaker. */
function storms(count = 20): StormTrack[] {
  return Array.from({ length: count }, (_, at) => {
    const weaker = (values: readonly number[]) => values.map((hPa) => Math.min(1004, hPa + 1.5 * at));
    return koreanStorm()
      .along(
        [28, 29.6, 31.4, 33.4, 35.6, 38, 40.2],
        [127, 126.9, 126.9, 127.2, 127.9, 129.2, 131].map((x) => x + at / 20),
      )
      .pressure(weaker([935, 935, 940, 945, 960, 975, 985]))
      .called(String(198001 + 200 * at), 1981 + 2 * at)
      .build();
  });
}

function cell(
  record: StormRecord | undefined,
  [latitude, longitude]: readonly [number, number] = YEOSU,
  more: { future?: Future; attributes?: readonly (readonly [Attribute, number])[] } = {},
): CellInput {
  const none = new Map();
  const axis = makeTimeAxis("noleap", 2000, 2000);
  const attributes = new Map<Attribute, number>(more.attributes ?? [["country", 410]]);
  const place = { latitude, longitude, axis, daily: none, monthly: none, yearly: none, attributes };
  return { ...place, storms: record, future: more.future, basePeriod: BASE, periods: [BASE, LATE] };
}

test("the highest wind of each storm, a curve and its numbers are reported for every period", () => {
  const [base, late] = typhoon.compute(cell(recordOf(storms()), YEOSU, { future: "ssp585" }));
  for (const { probability, hazard, block, yearsUsed, reason } of [base!, late!]) {
    expect(reason).toBeNull();
    expect(probability!.probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    expect(Math.min(...probability!.probabilities)).toBeGreaterThanOrEqual(0);
    expect(probability!.counts.reduce((sum, n) => sum + n, 0)).toBe(40);
    expect([yearsUsed, block]).toEqual([40, { firstYear: 1981, lastYear: 2020, values: 40 }]);
    expect(hazard!.value).toBe(probability!.returnLevels[5]);
    expect(hazard!.valueLow).toBeLessThan(hazard!.value);
    expect(hazard!.valueHigh).toBeGreaterThan(hazard!.value);
  }
  expect(base!.flags).toEqual([]);
  // The storm as it is reaches 41.4 m/s at Yeosu.
  expect(base!.hazard!.companions[0]).toBeCloseTo(41.3791, 4);
});

describe("warming", () => {
  const warmer = (future: Future) => typhoon.compute(cell(recordOf(storms()), YEOSU, { future }));

  test("takes as many storms of the western Pacific as its factor says", () => {
    const [base, late] = warmer("ssp585");
    const perYear = base!.hazard!.companions[1]!;
    // From 0.87 K at the centre of 1991-2020 to 4.4 K; 10.27 % fewer for 2 K, no storm being of category 4 or 5.
    const kelvin = 4.4 - (0.85 + 0.24 / 11);
    expect(late!.hazard!.companions[1]! / perYear).toBeCloseTo(0.8973 ** (kelvin / 2), 12);
    expect(late!.probability!.damageContinuous).toBeLessThan(base!.probability!.damageContinuous!);
  });

  test("takes more of them the warmer it gets", () => {
    const rates = (["ssp126", "ssp245", "ssp370", "ssp585"] as const).map(
      (future) => warmer(future)[1]!.hazard!.companions[1]!,
    );
    expect(rates).toEqual([...rates].sort((a, b) => b - a));
    expect(new Set(rates).size).toBe(4);
  });

  test("of a scenario without a future is said to be unknown, after the past only", () => {
    const [base, late] = typhoon.compute(cell(recordOf(storms())));
    expect(base!.flags).not.toContain("warmingUnknown");
    expect(late!.flags).toContain("warmingUnknown");
    // 17 of the 20 storms reach 17.5 m/s here, in 40 years.
    expect(late!.hazard!.companions[1]).toBeCloseTo(17 / 40, 12);
  });

  test("in the winds instead leaves the storms' number and strengthens each", () => {
    const stronger = makeTyphoon(RISK_DEFINITIONS.typhoon.numbers, "intensity");
    const [base, late] = stronger.compute(cell(recordOf(storms()), YEOSU, { future: "ssp585" }));
    expect(late!.hazard!.companions[0]! / base!.hazard!.companions[0]!).toBeCloseTo(
      Math.exp(0.0259546 * (4.4 - 0.87181818)),
      5,
    );
    expect(late!.hazard!.value).toBeGreaterThan(base!.hazard!.value);
  });

  test("changes no storm that never reached 34 knots", () => {
    const weak = storms().map((track) => ({ ...track, wind: track.wind.map(() => 12) }));
    const [base, late] = typhoon.compute(cell(recordOf(weak), YEOSU, { future: "ssp585" }));
    expect(late!.hazard!.companions[1]).toBe(base!.hazard!.companions[1]);
  });
});

describe("estimates are flagged", () => {
  const flagsOf = (record: StormRecord, more: Parameters<typeof cell>[2] = {}) =>
    typhoon.compute(cell(record, YEOSU, more))[0]!.flags;

  test("a record under 40 years", () => {
    expect(flagsOf(recordOf(storms(), { ...RECORD, firstYear: 1982 }))).toContain("shortRecord");
  });

  test("a country that is not known, with the damage of Korea", () => {
    const [result] = typhoon.compute(cell(recordOf(storms()), YEOSU, { attributes: [] }));
    expect(result!.flags).toContain("defaultRegion");
    expect(result!.probability!.rateSet).toBe("WP4");
  });

  test("a missing pressure, and a storm that had become extratropical", () => {
    const track = (build: (track: TrackBuilder) => TrackBuilder) =>
      recordOf([...storms(19), build(koreanStorm().called("201999", 2019)).build()]);
    expect(flagsOf(track((storm) => storm))).toEqual([]);
    const gaps = [935, 935, 940, Number.NaN, Number.NaN, 975, 985];
    expect(flagsOf(track((storm) => storm.pressure(gaps)))).toContain("estimatedPressure");
    expect(flagsOf(track((storm) => storm.grade(["TY", "TY", "TY", "ET", "ET", "ET", "ET"])))).toContain(
      "extratropicalStage",
    );
  });

  test("fewer than five storms: levels beyond the record and the interval are missing, the score is of the largest", () => {
    const [result] = typhoon.compute(cell(recordOf(storms(4))));
    expect(result!.flags).toContain("tooFewStorms");
    expect(result!.probability!.returnLevels.slice(4).every(Number.isNaN)).toBe(true);
    expect(result!.hazard!.value).toBeCloseTo(41.3791, 4);
    expect(result!.hazard!.valueLow).toBeNaN();
  });
});

test("a place that no storm reaches has score 0, no damage, and is certainly in the lowest bin", () => {
  const [result] = typhoon.compute(cell(recordOf(storms()), [36, 110]));
  expect(result!.probability!.probabilities).toEqual([1, 0, 0, 0, 0, 0]);
  expect(result!.probability!.damageContinuous).toBe(0);
  expect(result!.hazard!.score).toBe(0);
  expect(result!.probability!.returnLevels).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});

test("without storms, or with a record under ten years, there are no numbers and a reason", () => {
  expect(typhoon.compute(cell(undefined)).map(({ reason }) => reason)).toEqual(["noStorms", "noStorms"]);
  const short = recordOf(storms(), { ...RECORD, firstYear: 2012 });
  expect(typhoon.compute(cell(short)).map(({ reason }) => reason)).toEqual(["tooFewYears", "tooFewYears"]);
});

test.each([
  { country: 410, region: "WP4" },
  { country: 408, region: "ROW" },
  { country: 156, region: "WP3" },
  { country: 608, region: "WP2" },
  { country: 840, region: "NA2" },
])("country $country has the damage rates of $region", ({ country, region }) => {
  const [result] = typhoon.compute(cell(recordOf(storms()), YEOSU, { attributes: [["country", country]] }));
  expect(result!.probability!.rateSet).toBe(region);
  expect(result!.flags).not.toContain("defaultRegion");
});

test("rates of a user's own that do not distinguish regions serve every country, without the published curve", () => {
  const methods = RISK_DEFINITIONS.typhoon.numbers;
  const values = [0, 0, 0, 0.1, 0.2, 0.3];
  const own = { ...methods, defaultRateSet: "own", rateSets: { own: { ...methods.rateSets.WP4!, values } } };
  const [result] = makeTyphoon(own, "frequency").compute(cell(recordOf(storms())));
  const { damageBins, damageContinuous, probabilities, rateSet } = result!.probability!;
  expect({ rateSet, damageContinuous }).toEqual({ rateSet: "own", damageContinuous: null });
  expect(damageBins).toBeCloseTo(
    probabilities.reduce((sum, p, bin) => sum + p * values[bin]!, 0),
    15,
  );
});

test("the order of storms, and storms and cells that are not there, change no number", () => {
  const all = storms();
  const far = new TrackBuilder([0, 6])
    .along([-20, -21], [60, 60])
    .pressure([960, 960])
    .called("198101", 1981, "SI")
    .build();
  const actual = typhoon.compute(cell(recordOf(all), YEOSU, { future: "ssp370" }));
  fc.assert(
    fc.property(fc.shuffledSubarray([...all, far], { minLength: all.length + 1 }), (shuffled) => {
      expect(typhoon.compute(cell(recordOf(shuffled), YEOSU, { future: "ssp370" }))).toEqual(actual);
    }),
    { numRuns: 20 },
  );
  const narrow = recordOf(all, RECORD, { south: 34.7, north: 34.8, west: 127.7, east: 127.8 });
  typhoon.compute(cell(narrow, [34.75, 127.75]));
  expect(typhoon.compute(cell(narrow, YEOSU, { future: "ssp370" }))).toEqual(actual);
});

test("of storms out of reach only the number is kept", () => {
  const pacific = new TrackBuilder([0, 6]).along([15, 15], [160, 159]).pressure([900, 900]).knots([140, 140]).build();
  const { storms: kept, counts } = recordOf([pacific]);
  expect(kept).toEqual([]);
  expect(counts.get("WP")).toEqual({ moderate: 0, strong: 1 });
});

test("bounds across the date line keep the storms there", () => {
  const moved = { ...koreanStorm().build() };
  const longitude = moved.longitude.map((x) => (x + 52 > 180 ? x + 52 - 360 : x + 52));
  const record = (west: number, east: number) =>
    recordOf([{ ...moved, season: 2000, longitude }], RECORD, { ...KOREA, west, east }).storms.length;
  expect(record(178, 184)).toBe(1);
  expect(record(-182, -176)).toBe(1);
  expect(record(-180, 180)).toBe(1);
  expect(record(120, 130)).toBe(0);
});
