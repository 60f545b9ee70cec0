// 200 readers of the explorer for a minute while 20 batches are published: no answer is mixed, none is an error.
import { expect, test } from "vitest";
import { describeReaders, readWhilePublishing } from "../support/explorerReaders.ts";

test("200 readers see whole answers of one batch each for a minute while 20 batches are published", async () => {
  const words = { readers: 200, publications: 20, seconds: 60 };
  const outcome = await readWhilePublishing(words);
  console.log(`measured: ${describeReaders(words, outcome)}`);
  expect(outcome.wrong).toEqual([]);
  expect(outcome.published).toHaveLength(1 + words.publications);
  expect([...outcome.seen].sort()).toEqual([...outcome.published].sort());
});
