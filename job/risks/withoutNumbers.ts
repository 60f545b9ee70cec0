// The empty result of a period, with its reason.
import type { Period } from "../../model/periods.ts";
import type { Flag, NullReason } from "../../model/reasons.ts";
import type { PeriodResult } from "../../model/results.ts";

export function withoutNumbers(
  period: Period,
  reason: NullReason,
  used: string | null,
  flags: readonly Flag[],
): PeriodResult {
  return { period, input: used, reason, flags, yearsUsed: 0, block: null, probability: null, hazard: null };
}
