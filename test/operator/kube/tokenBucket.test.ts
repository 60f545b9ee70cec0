// Who gets a token when, and how long backing off takes.
import { expect, test } from "vitest";
import { backoffMs } from "../../../model/clock.ts";
import { TokenBucket } from "../../../operator/kube/tokenBucket.ts";
import { FakeClock } from "../../support/fakeClock.ts";

/** Takes `count` tokens; what comes back grows as they are given. */
function takeTokens(bucket: TokenBucket, clock: FakeClock, count: number): number[] {
  const givenAtMs: number[] = [];
  for (let at = 0; at < count; at++) void bucket.take().then(() => givenAtMs.push(clock.monotonicMs()));
  return givenAtMs;
}

test("a burst is given at once, and the rest at the rate, in the order of asking", async () => {
  const clock = new FakeClock();
  const givenAtMs = takeTokens(new TokenBucket({ qps: 10, burst: 3, clock }), clock, 6);
  await clock.advance(1000);
  expect(givenAtMs).toEqual([0, 0, 0, 100, 200, 300]);
});

test("an idle bucket never holds more than the burst", async () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket({ qps: 10, burst: 2, clock });
  await clock.advance(60_000);
  const givenAtMs = takeTokens(bucket, clock, 3);
  await clock.advance(1000);
  expect(givenAtMs).toEqual([60_000, 60_000, 60_100]);
});

test("a caller that gives up returns the token and gets the reason", async () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket({ qps: 1, burst: 1, clock });
  await bucket.take();
  const controller = new AbortController();
  const given = bucket.take(controller.signal);
  controller.abort(new Error("shutting down"));
  await expect(given).rejects.toThrow("shutting down");
  expect(clock.waiting).toBe(0);
  await clock.advance(1000);
  expect(bucket.tryTake()).toBe(true);
});

test("who only tries is refused until a whole token has come", async () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket({ qps: 1, burst: 1, clock });
  const tries = [bucket.tryTake(), bucket.tryTake()];
  await clock.advance(999);
  tries.push(bucket.tryTake(), bucket.isFull());
  await clock.advance(1);
  tries.push(bucket.isFull(), bucket.tryTake());
  expect(tries).toEqual([true, false, false, false, true, true]);
});

test("delays double up to the cap, and jitter only shortens them", () => {
  const limits = { minMs: 800, maxMs: 10_000, jitter: 0.5 };
  const longest = [0, 1, 2, 3, 4, 60].map((failures) => backoffMs(failures, limits, () => 0));
  const shortest = [0, 1, 2, 3, 4, 60].map((failures) => backoffMs(failures, limits, () => 1));
  expect(longest).toEqual([800, 1600, 3200, 6400, 10_000, 10_000]);
  expect(shortest).toEqual([400, 800, 1600, 3200, 5000, 5000]);
});
