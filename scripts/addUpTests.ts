// Adds up the results of several test runs: `node scripts/addUpTests.ts FILE…`, each written by a run with TEST_RESULTS=FILE.
// A test that one run skips and another runs counts as run; a run that wrote nothing counts as one failure. What failed is named
// again, with its message: of a long output often only the end is kept.
import { existsSync, readFileSync } from "node:fs";

/** The state of each test by its name; of one that failed, its message too. */
export type TestStates = Record<string, "passed" | "skipped" | { readonly failed: string }>;

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
    counts[states.some(isFailed) ? "failed" : states.includes("passed") ? "passed" : "skipped"]++;
  }
  return counts;
}

export function describeFailed(runs: readonly TestStates[]): string[] {
  return runs.flatMap((run) =>
    Object.entries(run).flatMap(([name, state]) => (isFailed(state) ? [`failed: ${name}\n    ${state.failed}`] : [])),
  );
}

function isFailed(state: TestStates[string] | undefined): state is { readonly failed: string } {
  return typeof state === "object";
}

export function describeCounts({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

if (import.meta.main) {
  const runs = process.argv.slice(2).map((file): TestStates => {
    if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
    return { [`the run of ${file}`]: { failed: "did not end" } };
  });
  const counts = addUp(runs);
  console.log([...describeFailed(runs), describeCounts(counts)].join("\n"));
  process.exitCode = counts.failed > 0 ? 1 : 0;
}
