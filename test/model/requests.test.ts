// Which payloads count, how others are shown, and what a replica remembers of a NOTIFY.
import fc from "fast-check";
import { expect, test } from "vitest";
import { describePayload, HeardTriggers, parseRequestPayload, parseTriggerPayload } from "../../model/requests.ts";

test("only the two exact words are triggers", () => {
  expect(parseTriggerPayload("probability")).toBe("probability");
  expect(parseTriggerPayload("hazard")).toBe("hazard");
  for (const payload of [
    "",
    "all",
    "Hazard",
    "hazard ",
    "hazard\n",
    "hazard;probability",
    '"hazard"',
    "__proto__",
    "hаzard",
  ]) {
    expect(parseTriggerPayload(payload)).toBeNull();
  }
});

test("a notified request is a calculation and a number, nothing else", () => {
  expect(parseRequestPayload("hazard 17")).toEqual({ calculation: "hazard", requestId: "17" });
  for (const payload of [
    "",
    "hazard",
    "hazard ",
    "all 17",
    "hazard 17 18",
    "hazard -1",
    "hazard 1e3",
    `hazard ${"9".repeat(19)}`,
  ]) {
    expect(parseRequestPayload(payload)).toBeNull();
  }
});

test("a payload is shown quoted, on one line, and never longer than some 800 characters", () => {
  expect(describePayload("all")).toBe('"all"');
  expect(describePayload('a"b\nc')).toBe('"a\\"b\\nc"');
  expect(describePayload("x".repeat(7_999))).toBe(`"${"x".repeat(100)}"… (7999 characters)`);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 500 }), (payload) => {
      const shown = describePayload(payload);
      expect(shown).not.toMatch(/[\n\r]/);
      expect(shown.length).toBeLessThan(800);
    }),
    { numRuns: 50 },
  );
});

test("what is heard is unwritten until a request covers it; what came later stays", () => {
  const heard = new HeardTriggers();
  heard.hear("hazard", 10);
  heard.hear("hazard", 20);
  heard.hear("probability", 25);
  const [hazard, probability] = heard.unwritten();
  heard.hear("hazard", 30);
  heard.settle(hazard!);

  expect(hazard).toEqual({ calculation: "hazard", times: 2, upTo: 2, firstHeardMs: 10, lastHeardMs: 20 });
  expect(heard.unwritten()).toEqual([
    { calculation: "hazard", times: 1, upTo: 3, firstHeardMs: 30, lastHeardMs: 30 },
    probability,
  ]);
  heard.settle({ calculation: "hazard", upTo: 3 });
  heard.settle(probability!);
  heard.settle(hazard!);
  expect(heard.unwritten()).toEqual([]);
  heard.hear("hazard", 50);
  expect(heard.unwritten()).toMatchObject([{ times: 1, firstHeardMs: 50 }]);
});
