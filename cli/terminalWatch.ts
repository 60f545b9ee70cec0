// A batch as a person at a terminal follows it.
import type { BatchWatch } from "../serve/executor/runBatch.ts";
import { type Progress, startProgress } from "./progress.ts";

/** Progress and notices on standard error. */
export function watchOnTerminal(label: string): BatchWatch {
  let progress: Progress | null = null;
  const tell = (line: string) => void process.stderr.write(`${line}\n`);
  return {
    begin(cells) {
      progress = startProgress(label, cells, "cells");
    },
    onCells: (done) => progress?.update(done),
    onShardLine(_, { event, message, risk, latitude, longitude, detail }) {
      if (event === "failed") tell(message!);
      if (event === "cellRejected") tell(`rejected ${risk} at ${latitude}, ${longitude}: ${detail}`);
    },
    onNotice: tell,
    end: () => progress?.stop(),
  };
}
