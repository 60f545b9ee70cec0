// A line that a shard's process wrote: whatever it is, the program that reads it goes on.
import { expect, test } from "vitest";
import { readShardLine } from "../../serve/executor/localExecutor.ts";

test.each(['{"event":"progr', "null", "5", '"text"', "[]", "", "Segmentation fault"])("%j is a message", (line) => {
  expect(readShardLine(line)).toEqual({ message: line });
});

test("an object is what it says", () => {
  expect(readShardLine('{"event":"progress","cells":3}')).toEqual({ event: "progress", cells: 3 });
});
