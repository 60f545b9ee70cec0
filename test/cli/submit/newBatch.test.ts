import { expect, test } from "vitest";
import { buildNewBatch, nameForKey, readManifest, type Wanted } from "../../../cli/submit/newBatch.ts";

const WANTED: Wanted = { calculation: "hazard", options: {}, more: {}, name: undefined };
const NOTHING = { metadata: {}, spec: {} };

test("without more than a calculation the API server completes the name and the defaults", () => {
  expect(buildNewBatch(WANTED, NOTHING)).toEqual({
    apiVersion: "climate.aiops.dev/v1alpha1",
    kind: "ClimateBatch",
    metadata: { generateName: "hazard-" },
    spec: { calculation: "Hazard" },
  });
});

test("options win over the file, whose other fields stay", () => {
  const given = readManifest(
    "apiVersion: climate.aiops.dev/v1alpha1\nkind: ClimateBatch\nmetadata:\n  name: from-file\n  labels: {a: b}\nspec:\n  grid: korea\n  parallelism: 3\n",
    "batch.yaml",
  );
  const wanted: Wanted = { ...WANTED, options: { scenarios: ["ssp585"] }, more: { parallelism: 8 } };
  expect(buildNewBatch(wanted, given)).toMatchObject({
    metadata: { name: "from-file", labels: { a: "b" } },
    spec: { calculation: "Hazard", grid: "korea", parallelism: 8, scenarios: ["ssp585"] },
  });
});

test("the fields of a spec alone are a file, too, also as JSON", () => {
  expect(readManifest('{"parallelism": 2}', "spec.json")).toEqual({ metadata: {}, spec: { parallelism: 2 } });
});

test("a batch with a key is named for it, so that the second of a key collides with the first", () => {
  const more = { requestKey: "yearly/hazard/2028" };
  expect(buildNewBatch({ ...WANTED, more }, NOTHING).metadata).toEqual({ name: "yearly-hazard-2028" });
  expect(nameForKey("Quarterly.Review:1")).toMatch(/^quarterly-review-1-[0-9a-f]{8}$/);
  expect(nameForKey("x".repeat(200))).toMatch(/^x{31}-[0-9a-f]{8}$/);
  expect(nameForKey("A/b")).not.toBe(nameForKey("a/B"));
});

test.each([
  ["no YAML", "a: [", /batch.yaml is neither YAML nor JSON/],
  ["nothing", "", /expects one ClimateBatch, or the fields of its spec, but holds nothing/],
  ["two documents", "a: 1\n---\nb: 2\n", /but holds 2 documents/],
  ["a list", "- 1\n", /but holds a list/],
  ["another kind", "apiVersion: batch/v1\nkind: Job\n", /kind ClimateBatch, but has batch\/v1 and Job/],
])("a file with %s is refused in words", (_, text, message) => {
  expect(() => readManifest(text, "batch.yaml")).toThrow(message);
});

test("a file that asks for another calculation than the command line is refused", () => {
  const given = readManifest("calculation: Probability\n", "spec.yaml");
  expect(() => buildNewBatch(WANTED, given)).toThrow(/file requests calculation Probability, the command line Hazard/);
});
