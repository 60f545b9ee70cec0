// Who waits for whom, by policy: a table of small queues.
import { expect, test } from "vitest";
import type { Calculation } from "../../model/calculations.ts";
import { findPlace, type QueueEntry } from "../../model/queueOrder.ts";

const BOTH: readonly Calculation[] = ["probability", "hazard"];

function entry(id: string, second: number, more: Partial<QueueEntry> = {}): QueueEntry {
  const requestedAt = new Date(Date.UTC(2028, 0, 1, 2, 0, second));
  return {
    id,
    requestedAt,
    calculations: ["hazard"],
    concurrencyPolicy: "Queue",
    requests: id,
    state: "waiting",
    ...more,
  };
}

const own = entry("own", 10);

test.each<
  [string, QueueEntry, readonly QueueEntry[], { waitsFor?: string[]; replacedBy?: string; answeredBy?: string }]
>([
  ["alone it may start", own, [], {}],
  ["it waits for what runs", own, [entry("a", 20, { state: "running" })], { waitsFor: ["a"] }],
  [
    "it waits for what was requested before it",
    own,
    [entry("b", 8), entry("a", 5), entry("c", 20)],
    { waitsFor: ["a", "b"] },
  ],
  ["within one instant the id decides", own, [entry("a", 10), entry("z", 10)], { waitsFor: ["a"] }],
  [
    "another calculation is not in its way",
    own,
    [entry("a", 5, { calculations: ["probability"], state: "running" })],
    {},
  ],
  ["both calculations are in the way of each", own, [entry("a", 5, { calculations: BOTH })], { waitsFor: ["a"] }],
  [
    "what is halted or has ended is not in its way",
    own,
    [entry("a", 5, { state: "halted" }), entry("b", 6, { state: "ended" })],
    {},
  ],
  [
    "a later one that replaces cancels it, running or waiting; the newest is named",
    own,
    [entry("a", 20, { concurrencyPolicy: "Replace" }), entry("b", 30, { concurrencyPolicy: "Replace" })],
    { replacedBy: "b" },
  ],
  [
    "what it replaces itself does not keep it waiting, unless it runs still",
    entry("own", 10, { concurrencyPolicy: "Replace" }),
    [entry("a", 5), entry("b", 6, { state: "running" })],
    { waitsFor: ["b"] },
  ],
  ["an earlier one never replaces it", own, [entry("a", 5, { concurrencyPolicy: "Replace" })], { waitsFor: ["a"] }],
  ["a halted one replaces nothing", own, [entry("a", 20, { concurrencyPolicy: "Replace", state: "halted" })], {}],
  [
    "a later request for the same results answers it too",
    entry("own", 10, { requests: "same" }),
    [entry("a", 20, { requests: "same" }), entry("b", 30)],
    { answeredBy: "a" },
  ],
])("%s", (_, one, others, expected) => {
  const { waitsFor, replacedBy, answeredBy } = findPlace(one, others);
  expect({ waitsFor: waitsFor.map(({ id }) => id), replacedBy: replacedBy?.id, answeredBy: answeredBy?.id }).toEqual({
    waitsFor: [],
    replacedBy: undefined,
    answeredBy: undefined,
    ...expected,
  });
});

test("of any queue one that waits may always start, and never two of one calculation", () => {
  const queue = ["d", "a", "c", "b"].map((id, at) => entry(id, at, { calculations: at === 2 ? BOTH : ["hazard"] }));
  const startable = queue.filter(
    (one) =>
      findPlace(
        one,
        queue.filter((other) => other !== one),
      ).waitsFor.length === 0,
  );
  expect(startable.map(({ id }) => id)).toEqual(["d"]);
});
