// In which order batches and requests for batches run: of each calculation one at a time, by order of request, unless a later
// one is to replace the earlier.
import type { Calculation } from "./calculations.ts";
import type { ConcurrencyPolicy } from "./climateBatch.ts";

export interface QueueEntry {
  /** Decides between entries of the same instant, the same way in every program. */
  readonly id: string;
  readonly requestedAt: Date;
  readonly calculations: readonly Calculation[];
  readonly concurrencyPolicy: ConcurrencyPolicy;
  /** Equal for two entries that request the same results. */
  readonly requests: string;
  /** halted: could run, but a person has suspended or is deleting it. */
  readonly state: "running" | "waiting" | "halted" | "ended";
}

export interface QueuePlace<Entry> {
  /** Entries that this one waits for, the first in the queue first; none: it may start. */
  readonly waitsFor: readonly Entry[];
  /** The newest later entry that cancels this one; null: none does. */
  readonly replacedBy: Entry | null;
  /** The newest later entry that waits for the same results, and so answers this one's request too. */
  readonly answeredBy: Entry | null;
}

/** The place of `own` among `others`, whatever its own state is. */
export function findPlace<Entry extends QueueEntry>(own: Entry, others: readonly Entry[]): QueuePlace<Entry> {
  const rivals = others.filter((other) => other.calculations.some((one) => own.calculations.includes(one)));
  const waiting = rivals.filter(({ state }) => state === "waiting");
  const running = rivals.filter(({ state }) => state === "running");
  const earlier = waiting.filter((other) => isBefore(other, own) && !isReplacing(own, other));
  return {
    waitsFor: [...running, ...earlier].sort(byOrder),
    replacedBy: newest([...running, ...waiting].filter((other) => isReplacing(other, own))),
    answeredBy: newest(waiting.filter((other) => other.requests === own.requests && isBefore(own, other))),
  };
}

function isReplacing(later: QueueEntry, earlier: QueueEntry): boolean {
  return later.concurrencyPolicy === "Replace" && isBefore(earlier, later);
}

function isBefore(a: QueueEntry, b: QueueEntry): boolean {
  return byOrder(a, b) < 0;
}

function byOrder(a: QueueEntry, b: QueueEntry): number {
  const apart = a.requestedAt.getTime() - b.requestedAt.getTime();
  if (apart !== 0) return apart;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

function newest<Entry extends QueueEntry>(entries: readonly Entry[]): Entry | null {
  return entries.reduce<Entry | null>((last, entry) => (last === null || isBefore(last, entry) ? entry : last), null);
}
