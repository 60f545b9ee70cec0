// How often something refused is tried again, and when the delays start again.
import { expect, test } from "vitest";
import type { StoredBatch } from "../../../operator/context.ts";
import { Refusals } from "../../../operator/reconcile/refusals.ts";
import { climateBatch } from "../../support/climateBatch.ts";
import { FakeClock } from "../../support/fakeClock.ts";

const spi = climateBatch("spi").object() as StoredBatch;
const refused = (message: string, reason = "QuotaExceeded") => ({
  error: new Error(message),
  refusal: { action: "createJob", reason, message } as const,
});

/** Seconds between tries that are made as soon as they may be. */
async function delays(reason: string, tries: number): Promise<number[]> {
  const clock = new FakeClock();
  const refusals = new Refusals(clock);
  const seconds: number[] = [];
  for (let at = 0; at < tries; at++) {
    refusals.note(spi, refused("full", reason));
    const delayMs = refusals.delayMs(spi);
    await clock.advance(delayMs - 1);
    expect(refusals.waiting(spi, "createJob")?.refusal.message).toBe("full");
    await clock.advance(1);
    expect(refusals.waiting(spi, "createJob")).toBeNull();
    seconds.push(delayMs / 1000);
  }
  return seconds;
}

test("the delays double, up to what lets a fix be noticed within 15 s", async () => {
  expect(await delays("QuotaExceeded", 6)).toEqual([2, 4, 8, 12, 12, 12]);
});

test("a template that is not valid waits for its correction: at most a try a minute", async () => {
  expect(await delays("InvalidTemplate", 7)).toEqual([2, 4, 8, 16, 32, 60, 60]);
});

test("each cause is new once; a changed object, or a deleted one, starts again", () => {
  const refusals = new Refusals(new FakeClock());
  expect(["full", "full", "away", "full", "away"].map((why) => refusals.note(spi, refused(why)))).toEqual([
    ...[true, false, true, false, false],
  ]);
  const changed = { ...spi, metadata: { ...spi.metadata, generation: 7 } };
  expect(refusals.waiting(changed, "createJob")).toBeNull();
  expect(refusals.waiting(spi, "plan")).toBeNull();
  expect(refusals.note(changed, refused("full"))).toBe(true);
  expect(refusals.delayMs(changed)).toBe(2_000);
  refusals.forget("spi");
  expect(refusals.delayMs(changed)).toBe(0);
});
