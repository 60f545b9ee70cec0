// Which requests may start beside what runs: one batch at a time of each calculation, none before an older one that waits for
// the same.
import { type Calculation, type CalculationRequest, calculationsOf } from "../model/calculations.ts";

/** `queue`: oldest first. */
export function chooseStartable<Queued extends { readonly calculation: CalculationRequest }>(
  queue: readonly Queued[],
  running: ReadonlySet<Calculation>,
): Queued[] {
  const taken = new Set(running);
  return queue.filter(({ calculation }) => {
    const own = calculationsOf(calculation);
    const isFree = own.every((one) => !taken.has(one));
    for (const one of own) taken.add(one);
    return isFree;
  });
}
