import { expect, test } from "vitest";
import { drawPoints, KINDS } from "./points.ts";

const kindOf = ({ stage, faults }: { stage: string; faults: readonly string[] }) => `${stage} ${faults.toSorted()}`;

test("every fault of run, serve and the cluster is met alone and in every pair, each once before any comes twice", () => {
  const kinds = KINDS.map(kindOf).sort();
  expect(kinds).toHaveLength(10 + 10 + 21);
  expect(new Set(kinds).size).toBe(kinds.length);
  expect(drawPoints(7, kinds.length).map(kindOf).sort()).toEqual(kinds);
  expect(
    drawPoints(7, 2 * kinds.length)
      .slice(kinds.length)
      .map(kindOf)
      .sort(),
  ).toEqual(kinds);
});

test("a seed gives the same points again, however many are drawn; another seed gives others", () => {
  expect(drawPoints(7, 40).slice(0, 10)).toEqual(drawPoints(7, 10));
  expect(drawPoints(8, 10)).not.toEqual(drawPoints(7, 10));
});
