// The last words of a test run: what was skipped, by name, and the line that counts.
import type { Reporter, TestCase, TestModule } from "vitest/node";

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string): TestCase[] => tests.filter((test) => test.result().state === state);
    const skipped = inState("skipped");
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const brokenSuites = suites.filter((suite) => suite.errors().length > 0).length;
    const failed = inState("failed").length + brokenSuites + unhandled.length;
    const lines = skipped.map((test) => `skipped here: ${test.module.relativeModuleId} > ${test.fullName}`);
    lines.push(`${inState("passed").length} passed, ${failed} failed, ${skipped.length} skipped`);
    // After everything that other reporters have to say.
    process.once("exit", () => process.stdout.write(`\n${lines.join("\n")}\n`));
  }
}
