// Seeded randomness for tests: the same seed gives the same series and the same points to kill a process at.
// SEED in the environment chooses another; LONG asks for all points instead of a few.
import { makeUniform } from "../../cli/sample/sampleRandom.ts";

export const SEED = process.env.SEED ?? "1";
export const isLong = process.env.LONG !== undefined;

/** Uniform numbers in [0, 1), seeded by a word. */
export function makeRandom(word: string): () => number {
  let state = 2166136261;
  for (const char of word) state = Math.imul(state ^ char.charCodeAt(0), 16777619);
  return makeUniform(state);
}

/** `few` different ones of `all` in a seeded order, or as many as `many` in a long run. */
export function choose<T>(all: readonly T[], few: number, many: number, word: string): T[] {
  const random = makeRandom(`${SEED} ${word}`);
  const keyed = all.map((one) => ({ one, key: random() })).sort((a, b) => a.key - b.key);
  return keyed.slice(0, isLong ? many : few).map(({ one }) => one);
}
