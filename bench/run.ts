// `npm run bench [-- NAME]`: every *.bench.ts, or those whose name holds NAME, one after the other, each in a
// process of its own.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";

const wanted = process.argv[2] ?? "";
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
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, name)], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
