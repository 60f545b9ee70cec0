import { expect, test } from "vitest";
import type { Condition } from "../../../model/climateBatch.ts";
import { PASSING_REFUSALS, REASONS, setCondition } from "../../../operator/objects/conditions.ts";
import { at } from "../../support/climateBatch.ts";

const RUNNING = { type: "Complete", status: "False", reason: "Running", message: "pods compute" } as const;

test("a condition that is new has the time it was set", () => {
  expect(setCondition([], RUNNING, 3, at(5))).toEqual([
    { ...RUNNING, observedGeneration: 3, lastTransitionTime: "2028-01-01T00:00:05Z" },
  ]);
});

test("a new reason keeps the time, a new status moves it", () => {
  const before = setCondition([], RUNNING, 1, at(5));
  const finishing = setCondition(before, { ...RUNNING, reason: "Finishing" }, 1, at(9));
  expect(finishing[0]).toMatchObject({ reason: "Finishing", lastTransitionTime: "2028-01-01T00:00:05Z" });
  const complete = setCondition(finishing, { ...RUNNING, status: "True", reason: "Complete" }, 1, at(9));
  expect(complete[0]!.lastTransitionTime).toBe("2028-01-01T00:00:09Z");
});

test("conditions have one order, whichever was set first", () => {
  const types = ["ShardStuck", "Published", "Planned", "Failed", "Suspended", "Complete"] as const;
  let conditions: readonly Condition[] = [];
  for (const type of types) conditions = setCondition(conditions, { ...RUNNING, type }, 1, at(0));
  expect(conditions.map(({ type }) => type)).toEqual([
    "Planned",
    "Complete",
    "Failed",
    "Suspended",
    "Published",
    "ShardStuck",
  ]);
});

test("reasons are single CamelCase words with a meaning", () => {
  for (const [reason, means] of Object.entries(REASONS)) {
    expect(reason).toMatch(/^[A-Z][A-Za-z]+$/);
    expect(means).toMatch(/^[a-z].{10}.*[^.]$/);
  }
  for (const reason of PASSING_REFUSALS) expect(REASONS).toHaveProperty(reason);
});
