// Changed files of every format, read by every reader: refused or read, in bounded time and memory. npm run fuzz reads more.
import { expect, test } from "vitest";
import { fuzzReaders } from "../fuzz/fuzzReaders.ts";
import { isLong, SEED } from "../support/random.ts";

const INPUTS = isLong ? 100_000 : 2000;

test(`${INPUTS} changed files: no hang, no raw error, no value that cannot be`, {
  timeout: isLong ? 7_200_000 : 300_000,
}, async () => {
  const { slow, raw, absurd, accepted, refused } = await fuzzReaders(SEED, INPUTS);
  expect({ slow, raw, absurd }).toEqual({ slow: [], raw: [], absurd: [] });
  expect(accepted + refused).toBe(INPUTS);
  // Both happen, so that the inputs test both.
  expect(Math.min(accepted, refused)).toBeGreaterThan(INPUTS / 20);
});
