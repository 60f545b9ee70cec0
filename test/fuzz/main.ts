// npm run fuzz -- --seed N --inputs N: what changed files do to the readers, as JSON; exit code 1 when anything is wrong.
import { parseArgs } from "node:util";
import { fuzzReaders } from "./fuzzReaders.ts";

const { values } = parseArgs({
  options: { seed: { type: "string", default: "1" }, inputs: { type: "string", default: "2000" } },
});
const unhandled: string[] = [];
process.on("unhandledRejection", (error) => void unhandled.push(String(error)));
const report = await fuzzReaders(values.seed, Number(values.inputs));
process.stdout.write(`${JSON.stringify({ seed: values.seed, ...report, unhandled }, undefined, 2)}\n`);
const wrong = [report.slow, report.raw, report.absurd, unhandled].some((found) => found.length > 0);
process.exitCode = wrong || report.highestMib > 512 ? 1 : 0;
