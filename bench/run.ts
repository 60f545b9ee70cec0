// `npm run bench [-- NAME] [OPTIONS]`: every *.bench.ts, or those whose name holds NAME, one after the other, each in a process of
// its own that gets the options. `npm run bench -- --profile` shows where a shard's time goes.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";

const PROFILED = "shardPipeline";

const given = process.argv.slice(2);
const isNamed = given[0] !== undefined && !given[0].startsWith("-");
const options = isNamed ? given.slice(1) : given;
const wanted = isNamed ? given[0]! : options.includes("--profile") ? PROFILED : "";
const names = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".bench.ts") && name.includes(wanted))
  .sort();
if (names.length === 0) {
  process.stderr.write(
    `No bench has "${wanted}" in its name; there are ${readdirSync(import.meta.dirname).join(", ")}.\n`,
  );
  process.exitCode = 2;
}
const [processor] = cpus();
console.log(
  `Node ${process.versions.node}, ${cpus().length} × ${processor?.model ?? "unknown processor"}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
);
for (const name of names) {
  console.log(`\n${name}`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, name), ...options], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
