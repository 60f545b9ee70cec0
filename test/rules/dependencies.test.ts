// What is shipped may be shipped, and is what was reviewed.
import { expect, test } from "vitest";
import { examineDependencies } from "../../scripts/dependencies.ts";

test("every shipped package has a licence that fits Apache-2.0 and no unexpected install script; every locked one has a checksum", () => {
  const { licences, problems } = examineDependencies();
  expect(problems).toEqual([]);
  expect(licences.get("MIT")).toBeGreaterThan(50);
});
