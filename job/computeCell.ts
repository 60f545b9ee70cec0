// The page to read first on the science side: one cell under one scenario, from its series to what each risk says of it.

import { samePeriod } from "../model/periods.ts";
import type { Flag, NullReason } from "../model/reasons.ts";
import type { Change, ComparedResult, DamageChange, PeriodResult, ProbabilityResult } from "../model/results.ts";
import { type InputWay, type RiskInputs, readsSeries } from "../model/riskInputs.ts";
import type { Risk } from "../model/risks.ts";
import type { ImplausibleValue } from "./cellSeries.ts";
import type { Definitions } from "./risks/registry.ts";
import type { CellInput, RiskDefinition } from "./risks/riskDefinition.ts";

export interface RiskOfCell {
  readonly risk: Risk;
  /** One per period, in the order of `CellInput.periods`. */
  readonly results: readonly ComparedResult[];
  /** Why the input was rejected; null when it was not. */
  readonly rejection: string | null;
}

/** Computes each requested risk of a cell on demand. Absent and implausible input gives a result with a reason; it never throws. */
export function* computeCell(
  input: CellInput,
  implausible: readonly ImplausibleValue[],
  risks: readonly Risk[],
  definitions: Definitions,
): Generator<RiskOfCell, void, void> {
  for (const risk of risks) yield computeRisk(input, implausible, risk, definitions[risk]!);
}

function computeRisk(
  input: CellInput,
  implausible: readonly ImplausibleValue[],
  risk: Risk,
  definition: RiskDefinition,
): RiskOfCell {
  const bad = implausible.find(({ frequency, variable }) => readsSeries(definition.inputs, frequency, variable));
  if (bad !== undefined) return { risk, results: describeNothing(input, "implausibleInput"), rejection: bad.detail };
  const results = flagCrossedDays(input, definition.inputs, definition.compute(input));
  return { risk, results: compareWithBase(input, results), rejection: null };
}

/** Results from daily temperatures say so where days of them were crossed. */
function flagCrossedDays(
  { crossedDays = 0 }: CellInput,
  { ways }: RiskInputs,
  results: PeriodResult[],
): PeriodResult[] {
  if (crossedDays === 0) return results;
  const isAffected = ({ series }: InputWay) =>
    series.some(
      ({ frequency, variables }) =>
        frequency === "daily" && (variables.includes("tasmax") || variables.includes("tasmin")),
    );
  const texts = Object.values(ways).flatMap((way) => (isAffected(way) ? [way.text] : []));
  const flag: Flag = "crossedTemperatures";
  return results.map((one) =>
    one.input !== null && texts.includes(one.input) ? { ...one, flags: [...one.flags, flag] } : one,
  );
}

function describeNothing(input: CellInput, reason: NullReason): ComparedResult[] {
  return input.periods.map((period) => ({
    period,
    input: null,
    reason,
    flags: [],
    yearsUsed: 0,
    block: null,
    probability: null,
    hazard: null,
    damageChange: NO_DAMAGE_CHANGE,
    valueChange: NO_CHANGE,
  }));
}

const NO_CHANGE: Change = { difference: null, ratio: null };
const NO_DAMAGE_CHANGE: DamageChange = { ...NO_CHANGE, of: null };

function compareWithBase(input: CellInput, results: readonly PeriodResult[]): ComparedResult[] {
  const base = results.find(({ period }) => samePeriod(period, input.basePeriod));
  return results.map((one) => ({
    ...one,
    damageChange: damageChange(one.probability, base?.probability ?? null),
    valueChange: change(one.hazard?.value, base?.hazard?.value),
  }));
}

/** From the base period's damage to another one's, and which damage is compared. */
export function damageChange(one: ProbabilityResult | null, base: ProbabilityResult | null): DamageChange {
  if (one === null || base === null) return NO_DAMAGE_CHANGE;
  const { damageContinuous: now } = one;
  const { damageContinuous: then } = base;
  // Of the continuous damage where both have one, else of the bin sums.
  if (now !== null && then !== null) return { ...change(now, then), of: "continuous" };
  const ofBins = change(one.damageBins, base.damageBins);
  return ofBins.difference === null ? NO_DAMAGE_CHANGE : { ...ofBins, of: "bins" };
}

/** Only positive quantities have a ratio: for a SPEI or a temperature it would mean nothing. */
function change(value: number | null | undefined, base: number | null | undefined): Change {
  if (value == null || base == null) return NO_CHANGE;
  return { difference: value - base, ratio: base > 0 && value >= 0 ? value / base : null };
}
