// Which damage is compared with that of the base period.
import { expect, test } from "vitest";
import { computeCell } from "../../job/computeCell.ts";
import type { RiskDefinition } from "../../job/risks/riskDefinition.ts";
import { wildfire } from "../../job/risks/wildfire.ts";
import type { PeriodResult } from "../../model/results.ts";
import { CellBuilder } from "../support/dailyWeather.ts";

const BASE = { firstYear: 1991, lastYear: 2010 };
const LATE = { firstYear: 2011, lastYear: 2030 };

/** Wildfire, but for its damage: by integration and by bins, in the base period and later. */
function damaging(continuous: readonly (number | null)[], bins: readonly number[]): RiskDefinition {
  const change = (one: PeriodResult, at: number): PeriodResult => ({
    ...one,
    probability: { ...one.probability!, damageContinuous: continuous[at]!, damageBins: bins[at]! },
  });
  return { ...wildfire, compute: (input) => wildfire.compute(input).map(change) };
}

test.each([
  [
    "the continuous one where both periods have it",
    [0.002, 0.003],
    { difference: 0.001, ratio: 1.5, of: "continuous" },
  ],
  ["the bin sum where the base period has no other", [null, 0.003], { difference: 0.01, ratio: 2, of: "bins" }],
  ["the bin sum where no period has another", [null, null], { difference: 0.01, ratio: 2, of: "bins" }],
])("%s", (_, continuous, expected) => {
  const input = new CellBuilder("noleap", 1990, 2030, BASE).periods(BASE, LATE).weather(3).build();
  const definitions = { wildfire: damaging(continuous, [0.01, 0.02]) };
  const [computed] = [...computeCell(input, [], ["wildfire"], definitions)];
  const { damageChange } = computed!.results[1]!;
  expect(damageChange.of).toBe(expected.of);
  expect(damageChange.difference).toBeCloseTo(expected.difference, 12);
  expect(damageChange.ratio).toBeCloseTo(expected.ratio, 12);
});
