// The last lines of a test run: what was skipped, by name, and the counts. TEST_RESULTS names a file for the state of each test,
// so that several runs can be added up (scripts/addUpTests.ts).
import { writeFileSync } from "node:fs";
import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";
import { addUp, describeCounts, type TestStates } from "../../scripts/addUpTests.ts";

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const states: TestStates = {};
    for (const module of modules) {
      const name = `${module.project.name} ${module.relativeModuleId}`;
      for (const test of module.children.allTests()) states[`${name} > ${nameOf(test)}`] = stateOf(test);
      for (const part of [module, ...module.children.allSuites()]) {
        const [error] = part.errors();
        if (error !== undefined)
          states[`${name} > ${"fullName" in part ? part.fullName : "file"}`] = { failed: error.message };
      }
    }
    unhandled.forEach((error, at) => {
      states[`unhandled error ${at + 1}`] = { failed: String(error) };
    });
    const file = process.env.TEST_RESULTS;
    if (file) writeFileSync(file, JSON.stringify(states));
    const lines = modules.flatMap(describeSkipped);
    if (lines.some((line) => line.includes("npm run test:cluster")))
      lines.push(
        "The API server and the programs that judge the chart are not built here: npm run test:cluster builds them.",
      );
    lines.push(describeCounts(addUp([states])));
    // After everything that other reporters write.
    process.once("exit", () => process.stdout.write(`\n${lines.join("\n")}\n`));
  }
}

/** Without the reason for which a suite is skipped: the same name in a run that has what was missing. */
function nameOf(test: TestCase): string {
  return test.fullName.replace(/ \(skipped here: [^)]*\)/g, "");
}

function stateOf(test: TestCase): TestStates[string] {
  const { state, errors } = test.result();
  if (state === "passed" || state === "skipped") return state;
  if (isInSkippedSuite(test)) return "skipped";
  return { failed: errors?.[0]?.message ?? "did not end" };
}

/** Vitest leaves tests of a suite within a skipped suite pending. */
function isInSkippedSuite({ parent }: TestCase | TestSuite): boolean {
  return parent.type === "suite" && (parent.options.mode === "skip" || isInSkippedSuite(parent));
}

/** A suite skipped as a whole is one line. */
function describeSkipped(part: TestModule | TestSuite): string[] {
  const tests = [...part.children.allTests()];
  const isSkipped = tests.length > 1 && tests.every((test) => stateOf(test) === "skipped");
  const place = part.type === "module" ? part.relativeModuleId : `${part.module.relativeModuleId} > ${part.fullName}`;
  if (part.type === "suite" && isSkipped) return [`skipped here: ${place} (${tests.length} tests)`];
  return [...part.children].flatMap((child) => {
    if (child.type === "suite") return describeSkipped(child);
    return stateOf(child) === "skipped" ? [`skipped here: ${child.module.relativeModuleId} > ${child.fullName}`] : [];
  });
}
