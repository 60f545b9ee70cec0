// Readers of the explorer see one publication in each answer while batches publish.
import { expect, test } from "vitest";
import { describeReaders, readWhilePublishing } from "../support/explorerReaders.ts";

test("40 readers see whole answers of one batch each while 3 batches are published", async () => {
  const words = { readers: 40, publications: 3, seconds: 5 };
  const outcome = await readWhilePublishing(words);
  console.log(`measured: ${describeReaders(words, outcome)}`);
  expect(outcome.wrong).toEqual([]);
  expect(outcome.answers).toBeGreaterThan(words.readers);
  expect(outcome.seen.size).toBeGreaterThan(1);
  for (const batch of outcome.seen) expect(outcome.published).toContain(batch);
});
