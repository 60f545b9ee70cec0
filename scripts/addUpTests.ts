// Adds up the results of several test runs: `node scripts/addUpTests.ts FILE…`, each written by a run with TEST_RESULTS=FILE.
// A test that one run skips and another runs counts as run; a run that wrote nothing counts as one failure.
import { existsSync, readFileSync } from "node:fs";

export type TestStates = Record<string, "passed" | "failed" | "skipped">;

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function addUp(runs: readonly TestStates[]): TestCounts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const names = new Set(runs.flatMap((states) => Object.keys(states)));
  for (const name of names) {
    const states = runs.map((run) => run[name]);
    counts[states.includes("failed") ? "failed" : states.includes("passed") ? "passed" : "skipped"]++;
  }
  return counts;
}

export function describeCounts({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

if (import.meta.main) {
  const runs = process.argv.slice(2).map((file): TestStates => {
    if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
    return { [`the run of ${file} did not end`]: "failed" };
  });
  const counts = addUp(runs);
  console.log(describeCounts(counts));
  process.exitCode = counts.failed > 0 ? 1 : 0;
}
