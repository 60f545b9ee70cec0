// Which batches stand in each other's way: one of a calculation runs at a time, by order of creation, unless told to replace.
import type { Observation, Rival } from "./observe.ts";

/** The order of creation; the uid decides within the same second, the same for everybody. */
function isBefore(a: Rival, b: Rival): boolean {
  const apart = a.createdAt.getTime() - b.createdAt.getTime();
  return apart === 0 ? a.uid < b.uid : apart < 0;
}

function meet(a: Rival, b: Rival): boolean {
  return a.calculations.some((calculation) => b.calculations.includes(calculation));
}

/** Wants to run, and nothing but others keeps it from it. */
function isWaiting({ stands, isSuspended, isBeingDeleted }: Rival): boolean {
  return stands === "waiting" && !isSuspended && !isBeingDeleted;
}

/** Names of the batches that this one has to wait for before it is planned or retried; none: it may start. */
export function findBlockers({ own, rivals }: Observation): string[] {
  return rivals
    .filter((rival) => meet(own, rival))
    .filter(
      (rival) => rival.stands === "running" || (isWaiting(rival) && isBefore(rival, own) && !isReplacing(own, rival)),
    )
    .sort((a, b) => (isBefore(a, b) ? -1 : 1))
    .map(({ name }) => name);
}

/** `later` cancels `earlier` as soon as both are there. */
function isReplacing(later: Rival, earlier: Rival): boolean {
  return later.concurrencyPolicy === "Replace" && isBefore(earlier, later) && meet(later, earlier);
}

/** Name of the newest batch that takes this one's place; null: none does. */
export function findReplacement({ own, rivals }: Observation): string | null {
  return newest(rivals.filter((rival) => isReplacing(rival, own) && (rival.stands === "running" || isWaiting(rival))));
}

/** Name of the newest batch that waits for the same, was created later, and so answers this one's request too. */
export function findSuccessor({ own, rivals }: Observation): string | null {
  return newest(rivals.filter((rival) => isWaiting(rival) && rival.asks === own.asks && isBefore(own, rival)));
}

function newest(rivals: readonly Rival[]): string | null {
  const [first, ...others] = rivals;
  if (first === undefined) return null;
  return others.reduce((latest, rival) => (isBefore(latest, rival) ? rival : latest), first).name;
}
