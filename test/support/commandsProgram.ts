// Command lines one after the other in one process, each by an evaluation of cli/main.ts of its own. Standard input holds them as JSON,
// a list of words each; standard output gets what each wrote, and its exit code.
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { CLI, type Ended } from "./cli.ts";

const lines = JSON.parse(await text(process.stdin)) as readonly (readonly string[])[];
const { stdout, stderr } = process;
const [writeOut, writeError] = [stdout.write, stderr.write];
// Each evaluation listens for signals.
process.setMaxListeners(0);
stdout.setMaxListeners(0);

const ended: Ended[] = [];
for (const [at, words] of lines.entries()) {
  const written = { stdout: "", stderr: "" };
  stdout.write = collect("stdout");
  stderr.write = collect("stderr");
  process.argv = [process.execPath, CLI, ...words];
  process.exitCode = undefined;
  await import(`${pathToFileURL(CLI)}?${at}`);
  ended.push({ code: Number(process.exitCode ?? 0), signal: null, ...written });

  function collect(name: "stdout" | "stderr"): typeof stdout.write {
    return (chunk: string | Uint8Array, ...more: unknown[]) => {
      written[name] += String(chunk);
      for (const done of more) if (typeof done === "function") done();
      return true;
    };
  }
}
[stdout.write, stderr.write] = [writeOut, writeError];
process.exitCode = 0;
stdout.write(JSON.stringify(ended));
