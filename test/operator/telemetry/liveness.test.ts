import { expect, test } from "vitest";
import { Liveness, SILENCE_LIMIT_MS, WORK_LIMIT_MS } from "../../../operator/telemetry/probes.ts";

test("a loop that has not turned for longer than the limit is named, one that turns or is no longer followed is not", () => {
  const liveness = new Liveness();
  liveness.follow("leader election", () => 1_000);
  const unfollow = liveness.follow("the watch of Jobs", () => 0);
  expect(liveness.findFault(SILENCE_LIMIT_MS)).toBeNull();
  expect(liveness.findFault(SILENCE_LIMIT_MS + 1)).toBe("the watch of Jobs has done nothing for 600 s");
  liveness.follow("a reconcile", () => 0, WORK_LIMIT_MS);
  unfollow();
  expect(liveness.findFault(SILENCE_LIMIT_MS + 1)).toBeNull();
});
