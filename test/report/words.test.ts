// The page's parts that need no browser: dictionaries, codes of layers, addresses, ranking.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FLAGS, NULL_REASONS } from "../../model/reasons.ts";
import { RISKS } from "../../model/risks.ts";
import { parsePlace } from "../../report/page/pageState.ts";
import {
  coarsen,
  decode,
  differences,
  encode,
  joinBytes,
  LEVELS,
  levelOf,
  SCORE_SCALE,
  splitBytes,
  sumDifferences,
} from "../../report/page/reportData.ts";
import { EN, explainWord, KO, LANGUAGES, riskName } from "../../report/page/words.ts";

const PAGE = join(import.meta.dirname, "../../report/page");

test("both languages have the same words with the same places for values", () => {
  expect(Object.keys(KO).sort()).toEqual(Object.keys(EN).sort());
  const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
  for (const [word, text] of Object.entries(EN)) {
    const korean = KO[word as keyof typeof EN];
    expect({ word, places: places(korean) }).toEqual({ word, places: places(text) });
  }
});

test("no Korean text is left in English", () => {
  const plain = Object.entries(KO).filter(([word, text]) => {
    const letters = text.replace(/\{\w+\}/g, "").match(/[A-Za-z가-힣]/g);
    return letters !== null && !/[가-힣]/.test(text) && word !== "language";
  });
  expect(plain).toEqual([]);
});

test("the page writes no words of its own beside the dictionaries", () => {
  const sources = readdirSync(PAGE).filter((name) => name.endsWith(".ts") && !/^(words|remedies)/.test(name));
  const found = sources.flatMap((name) =>
    [...readFileSync(join(PAGE, name), "utf8").matchAll(/>\s*([A-Z][a-z]+(?: [a-z]+)+)\s*</g)].map(
      ([text]) => `${name}: ${text}`,
    ),
  );
  expect(found).toEqual([]);
});

test("every reason and flag is a sentence in both languages", () => {
  for (const word of Object.keys({ ...NULL_REASONS, ...FLAGS })) {
    for (const language of LANGUAGES) {
      expect(explainWord(language, word)).not.toBe(word);
      expect(explainWord(language, word)).toMatch(/[.다요)"]$|\.$/);
    }
  }
  for (const risk of RISKS) expect(riskName("ko", risk)).toMatch(/[가-힣]/);
});

test("a score survives its code within a quarter of a point, and keeps its level", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 100, noNaN: true }), (score) => {
      const back = decode(encode(score, SCORE_SCALE), SCORE_SCALE);
      expect(Math.abs(back - score)).toBeLessThanOrEqual(0.25 + 1e-9);
    }),
  );
  expect([0, 19.994, 20, 39.99, 60, 80, 100].map((score) => LEVELS[levelOf(score)])).toEqual([
    "veryLow",
    "veryLow",
    "low",
    "low",
    "high",
    "veryHigh",
    "veryHigh",
  ]);
});

test("a damage rate keeps 3 % of its size, 0 stays 0 and what is missing stays missing", () => {
  const scale = { kind: "log", min: 1e-6, max: 1 } as const;
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1, noNaN: true }), (rate) => {
      expect(Math.abs(decode(encode(rate, scale), scale) / rate - 1)).toBeLessThan(0.03);
    }),
  );
  expect(decode(encode(0, scale), scale)).toBe(0);
  expect(encode(null, scale)).toBe(0);
  expect(encode(Number.NaN, scale)).toBe(0);
});

test("layers survive their differences, and a coarser code is at most a step away", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (codes) => {
      expect(sumDifferences(differences(codes))).toEqual(codes);
      for (const code of codes) {
        expect(Math.abs(coarsen(code) - code)).toBeLessThanOrEqual(1);
        expect(coarsen(code) > 1).toBe(code > 1);
        expect(coarsen(code)).toBeLessThan(256);
      }
    }),
  );
});

test("exact values survive being split into planes of bytes", () => {
  fc.assert(
    fc.property(fc.float32Array(), (values) => {
      expect(joinBytes(splitBytes(values))).toEqual(values);
    }),
  );
});

test.each([
  ["37.57, 126.98", [37.57, 126.98]],
  ["-33.9 18.4", [-33.9, 18.4]],
  ["91, 0", null],
  ["Seoul", null],
  ["", null],
])("the place %s is read as %j", (text, place) => {
  expect(parsePlace(text)).toEqual(place);
});
