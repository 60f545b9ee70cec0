// npm run fuzz -- --seed N --inputs N: what changed files do to the readers, as JSON; exit code 1 when anything is wrong. One process
// reads some thousand files, as a command may; then the next one goes on.
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { type FuzzReport, fuzzReaders } from "./fuzzReaders.ts";

const INPUTS_OF_A_PROCESS = 2000;
const MOST_MIB = 512;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    inputs: { type: "string", default: "2000" },
    first: { type: "string" },
  },
});
const { seed } = values;
const inputs = Number(values.inputs);
interface Report extends FuzzReport {
  readonly unhandled: readonly string[];
}

if (values.first !== undefined) {
  const unhandled: string[] = [];
  process.on("unhandledRejection", (error) => void unhandled.push(String(error)));
  process.stdout.write(JSON.stringify({ ...(await fuzzReaders(seed, inputs, Number(values.first))), unhandled }));
} else {
  const parts: Report[] = [];
  for (let first = 0; first < inputs; first += INPUTS_OF_A_PROCESS) {
    const some = String(Math.min(INPUTS_OF_A_PROCESS, inputs - first));
    const words = [import.meta.filename, "--seed", seed, "--first", String(first), "--inputs", some];
    parts.push(
      JSON.parse(
        execFileSync(process.execPath, words, {
          encoding: "utf8",
          maxBuffer: 1 << 28,
          stdio: ["ignore", "pipe", "inherit"],
        }),
      ),
    );
    process.stderr.write(`${first + Number(some)} of ${inputs} inputs read\n`);
  }
  const sum = (count: (part: Report) => number) => parts.reduce((total, part) => total + count(part), 0);
  const most = (size: (part: Report) => number) => Math.max(0, ...parts.map(size));
  const wrong = {
    slow: parts.flatMap(({ slow }) => slow),
    raw: parts.flatMap(({ raw }) => raw),
    absurd: parts.flatMap(({ absurd }) => absurd),
    unhandled: parts.flatMap(({ unhandled }) => unhandled),
  };
  const report = {
    ...{ seed, inputs, accepted: sum(({ accepted }) => accepted), refused: sum(({ refused }) => refused), ...wrong },
    slowestSeconds: most(({ slowestSeconds }) => slowestSeconds),
    highestMib: most(({ highestMib }) => highestMib),
  };
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  process.exitCode = Object.values(wrong).some((found) => found.length > 0) || report.highestMib > MOST_MIB ? 1 : 0;
}
