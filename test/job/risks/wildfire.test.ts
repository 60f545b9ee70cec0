import { expect, test } from "vitest";
import { wildfire } from "../../../job/risks/wildfire.ts";
import { CellBuilder } from "../../support/dailyWeather.ts";

const BASE = { firstYear: 1961, lastYear: 1990 };
const LATER = { firstYear: 1991, lastYear: 2010 };

function cell(): CellBuilder {
  return new CellBuilder("noleap", 1960, 2025, BASE).periods(BASE, LATER).weather(1).attribute("burnableFraction", 0.5);
}

test("a period comes with its input, six bins that sum to 1, damage and a score", () => {
  const [base] = wildfire.compute(cell().build());
  expect([base?.input, base?.reason, base?.yearsUsed]).toEqual(["tasmax, hursmin, sfcWind, pr daily", null, 30]);
  expect(base?.flags.filter((flag) => flag !== "clampedShape")).toEqual([]);
  expect(base?.probability?.probabilities.length).toBe(6);
  expect(base?.probability?.probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
  expect(base?.probability?.rateScale).toBe(0.5);
  expect(base?.probability?.damageBins).toBeGreaterThan(0);
  expect(base?.block).toEqual({ ...BASE, values: 30 });
});

test("four degrees and a third less humidity raise the score and every return level", () => {
  const axis = cell().build().axis;
  const later = axis.yearStart[31]!;
  const [, unchanged] = wildfire.compute(cell().build());
  const [, warmer] = wildfire.compute(
    cell()
      .change("tasmax", (degC, day) => (day < later ? degC : degC + 4))
      .change("hursmin", (percent, day) => (day < later ? percent : percent / 1.5))
      .build(),
  );
  expect(warmer?.hazard?.score).toBeGreaterThan(unchanged!.hazard!.score);
  for (const [at, level] of warmer!.probability!.returnLevels.entries()) {
    expect(level).toBeGreaterThan(unchanged!.probability!.returnLevels[at]!);
  }
});

test("the record's first year is spin-up and not counted", () => {
  const first = { firstYear: 1960, lastYear: 1979 };
  const [result] = wildfire.compute(cell().periods(first).build());
  expect([result?.yearsUsed, result?.flags.includes("lowSample")]).toEqual([19, false]);
});

test("in the south years run from July, and the half year behind the record's end is no year", () => {
  const [, last] = wildfire.compute(cell().latitude(-35).periods(BASE, { firstYear: 2006, lastYear: 2025 }).build());
  expect(last?.yearsUsed).toBe(19);
});

test("without a burnable fraction P(H) and score are computed, damage is not", () => {
  const input = new CellBuilder("noleap", 1960, 2025, BASE).weather(1).build();
  const [base] = wildfire.compute(input);
  expect(base?.flags).toContain("noBurnable");
  expect([base?.probability?.damageBins, base?.probability?.rateScale]).toEqual([null, null]);
  expect(base?.hazard).toEqual(wildfire.compute(cell().build())[0]?.hazard);
});

test("where nothing burns P(H) is the lowest bin and the score 0", () => {
  const [base] = wildfire.compute(cell().attribute("burnableFraction", 0).build());
  expect(base?.flags).toContain("notApplicable");
  expect([base?.probability?.probabilities[0], base?.probability?.damageBins, base?.hazard?.score]).toEqual([1, 0, 0]);
});

test("without hursmin the proxy of hurs serves, without tas its mean, each with its flag", () => {
  const proxy = wildfire.compute(cell().without("hursmin").build())[0]!;
  const mean = wildfire.compute(cell().without("hursmin").without("tas").build())[0]!;
  expect([proxy.input, proxy.flags[0]]).toEqual(["tasmax, hurs, tas, sfcWind, pr daily", "humidityProxy"]);
  expect([mean.input, mean.flags[0]]).toEqual(["tasmax, hurs, sfcWind, pr daily", "meanHumidity"]);
  expect(mean.hazard?.value).toBeLessThan(proxy.hazard!.value);
});

test("one humidity serves parent and scenario: hursmin of half the record gives way to what covers it all", () => {
  const axis = cell().build().axis;
  const joint = axis.yearStart[31]!;
  const results = wildfire.compute(
    cell()
      .change("hursmin", (percent, day) => (day < joint ? Number.NaN : percent))
      .build(),
  );
  expect(results.map(({ input }) => input)).toEqual(new Array(2).fill("tasmax, hurs, tas, sfcWind, pr daily"));
});

test("when no humidity covers the record, years without the best one have no result", () => {
  const axis = cell().build().axis;
  const joint = axis.yearStart[31]!;
  const input = cell()
    .without("hurs")
    .change("hursmin", (percent, day) => (day < joint ? Number.NaN : percent))
    .build();
  expect(wildfire.compute(input).map(({ reason }) => reason)).toEqual(["tooFewYears", null]);
});

test.each(["tasmax", "sfcWind", "pr"] as const)("without %s there is nothing to compute from", (variable) => {
  expect(wildfire.compute(cell().without(variable).build())[0]?.reason).toBe("noInput");
});

test("without any humidity there is nothing to compute from", () => {
  expect(wildfire.compute(cell().without("hurs").without("hursmin").build())[0]?.reason).toBe("noInput");
});

test("days of extreme danger in a 360-day year are scaled to 365 days", () => {
  const hot = new CellBuilder("360_day", 1960, 2025, BASE)
    .weather(1)
    .change("tasmax", () => 45)
    .change("hursmin", () => 5)
    .change("pr", () => 0)
    .build();
  expect(wildfire.compute(hot)[0]?.hazard?.companions[1]).toBe(365);
});
