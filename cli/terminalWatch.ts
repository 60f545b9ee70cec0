// A batch as a person at a terminal follows it.
import type { BatchWatch } from "../serve/executor/runBatch.ts";
import { type Progress, startProgress } from "./progress.ts";

/** Progress and notices on standard error. */
export function watchOnTerminal(label: string): BatchWatch {
  let progress: Progress | null = null;
  let doneBefore = 0;
  let isPrimaryRead = false;
  const notice = (line: string) => void process.stderr.write(`${line}\n`);
  return {
    begin(cells, cellsDone) {
      doneBefore = cellsDone;
      progress = startProgress(label, cells, "cells", { done: cellsDone });
    },
    onCells: (done) => progress?.update(doneBefore + done),
    onShardLine(_, { event, message, risk, latitude, longitude, detail }) {
      if (event === "failed" || event === "crossedDays") notice(message!);
      // Once: it is the same for most shards.
      if (event === "readingPrimary" && !isPrimaryRead) notice(message!);
      if (event === "readingPrimary") isPrimaryRead = true;
      if (event === "cellRejected") notice(`rejected ${risk} at ${latitude}, ${longitude}: ${detail}`);
    },
    onNotice: notice,
    end: () => progress?.stop(),
  };
}
