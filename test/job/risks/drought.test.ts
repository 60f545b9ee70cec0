import { expect, test } from "vitest";
import { driestReturnLevels, drought, makeDrought } from "../../../job/risks/drought.ts";
import { RISK_DEFINITIONS } from "../../../job/risks/registry.ts";
import { CellBuilder } from "../../support/dailyWeather.ts";

const BASE = { firstYear: 1991, lastYear: 2020 };
const FUTURE = { firstYear: 2021, lastYear: 2040 };

function cell(seed = 1): CellBuilder {
  return new CellBuilder("noleap", 1990, 2040, BASE).periods(BASE, FUTURE).weather(seed);
}

test("a period comes with its input, years, five bins that sum to 1, and the score of its driest months", () => {
  const [base, future] = drought.compute(cell().build());
  expect([base?.input, base?.reason, base?.yearsUsed, future?.yearsUsed]).toEqual([
    "pr, tasmin, tasmax daily",
    null,
    30,
    20,
  ]);
  expect(base?.probability?.probabilities.length).toBe(5);
  expect(base?.probability?.probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
  expect(base?.probability?.counts.reduce((sum, n) => sum + n, 0)).toBe(30);
  expect(base?.block).toEqual({ ...BASE, values: 30 });
});

test("half of the rain moves the years to the severe bins, raises the damage and the score", () => {
  const [, unchanged] = drought.compute(cell().build());
  const axis = cell().build().axis;
  const changed = axis.yearStart[31]!;
  const [base, dry] = drought.compute(
    cell()
      .change("pr", (mm, day) => (day < changed ? mm : mm / 2))
      .build(),
  );
  expect(dry?.hazard?.value).toBeLessThan(-2);
  expect(dry?.hazard?.score).toBeGreaterThan(unchanged!.hazard!.score + 30);
  expect(dry?.probability?.damageBins).toBeGreaterThan(unchanged!.probability!.damageBins!);
  expect(dry?.probability?.probabilities[4]).toBeGreaterThan(0.5);
  expect(dry?.flags).toContain("clippedIndex");
  expect(dry?.hazard?.companions[2]).toBeLessThan(-2);
  expect(base?.hazard).toEqual(drought.compute(cell().build())[0]?.hazard);
});

test("judged by the other years, base years are more extreme than judged by themselves", () => {
  const inSample = makeDrought(RISK_DEFINITIONS.drought.numbers, { inBase: "none" });
  const mean = ({ compute }: Pick<typeof drought, "compute">) => {
    const values = [1, 2, 3, 4, 5, 6].map((seed) => compute(cell(seed).build())[0]!.hazard!.companions[0]!);
    return values.reduce((sum, months) => sum + months, 0) / values.length;
  };
  expect(mean(drought)).toBeGreaterThan(mean(inSample));
});

test("a dry bin is closed towards the wet: exactly -1 counts as moderate drought", () => {
  expect(drought.edges).toEqual([1, 1.5, 2, 2.5]);
  expect(drought.anchors).toEqual([-0.5, -1, -1.4, -1.8, -2.2, -2.7]);
});

test("without daily extremes the mean temperature serves, with a flag", () => {
  const [base] = drought.compute(cell().without("tasmin").build());
  expect([base?.input, base?.flags[0]]).toEqual(["pr, tas daily", "thornthwaite"]);
});

test.each(["pr", "tas"] as const)("without %s there is nothing to compute from", (variable) => {
  const input = cell().without("tasmax").without(variable).build();
  expect(drought.compute(input).map(({ reason, probability }) => [reason, probability])).toEqual([
    ["noInput", null],
    ["noInput", null],
  ]);
});

test("fewer than 20 base years, or fewer than 10 in the period, give a reason", () => {
  const short = new CellBuilder("noleap", 2005, 2040, BASE).periods(FUTURE).weather(1);
  expect(drought.compute(short.build())[0]?.reason).toBe("noBasePeriod");
  const gap = cell().build().axis.yearStart[38]!;
  const [, future] = drought.compute(
    cell()
      .change("pr", (mm, day) => (day < gap ? mm : Number.NaN))
      .build(),
  );
  expect([future?.reason, future?.yearsUsed, future?.hazard]).toEqual(["tooFewYears", 7, null]);
});

test("a desert is flagged", () => {
  const [base] = drought.compute(
    cell()
      .change("pr", (mm) => (mm > 35 ? 0.05 * mm : 0))
      .build(),
  );
  expect(base).toMatchObject({ reason: "aridCell", probability: null, hazard: null, yearsUsed: 30 });
  expect(base!.indicators).toHaveLength(3);
  expect(base!.indicators!.every(Number.isFinite)).toBe(true);
});

test("return levels are the normal distribution's lower tail, held at -3.09", () => {
  const levels = driestReturnLevels(Float64Array.of(-2, -1, 0), 3);
  expect(levels[0]).toBeCloseTo(-1, 10);
  expect(levels[2]).toBeCloseTo(-1 - 1.2815515655446, 8);
  expect(levels[7]).toBe(-3.09);
});

test("a 360-day calendar and the south are computed alike", () => {
  const input = new CellBuilder("360_day", 1990, 2040, BASE).latitude(-30).periods(BASE, FUTURE).weather(9).build();
  expect(drought.compute(input).map(({ reason }) => reason)).toEqual([null, null]);
});
