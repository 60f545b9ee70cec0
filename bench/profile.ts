// Where a program's time goes, from the CPU profile that Node writes: self time by function, as a Markdown table.
import { readFileSync } from "node:fs";
import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = `${import.meta.dirname}/..`;
/** What V8 calls time in which nothing was run. */
const IDLE = "(idle)";

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface ProfileLine {
  /** Function and file, or V8's own name in brackets. */
  readonly name: string;
  readonly seconds: number;
  /** Of the busy time [1]. */
  readonly share: number;
}

/** Self time by function, the longest first. Samples while idle are left out. */
export function readProfile(file: string): ProfileLine[] {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, "utf8")) as CpuProfile;
  const nameOf = new Map(nodes.map(({ id, callFrame }) => [id, describe(callFrame)]));
  const microseconds = new Map<string, number>();
  let busy = 0;
  for (const [at, id] of samples.entries()) {
    const name = nameOf.get(id)!;
    if (name === IDLE) continue;
    busy += timeDeltas[at]!;
    microseconds.set(name, (microseconds.get(name) ?? 0) + timeDeltas[at]!);
  }
  return [...microseconds]
    .map(([name, time]) => ({ name, seconds: time / 1e6, share: time / busy }))
    .sort((a, b) => b.seconds - a.seconds);
}

function describe({ functionName, url }: CpuProfile["nodes"][number]["callFrame"]): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return name;
  if (!url.startsWith("file:")) return `${name} ${url}`;
  return `${name} ${relative(ROOT, fileURLToPath(url)).split(sep).join("/")}`;
}

/** The lines with at least `share` of the time, as a Markdown table. */
export function profileTable(lines: readonly ProfileLine[], share: number): string {
  const rows = lines
    .filter((line) => line.share >= share)
    .map((line) => `| ${line.name} | ${(100 * line.share).toFixed(1)} % | ${line.seconds.toFixed(2)} s |`);
  return ["| function | share of busy time | self time |", "| --- | --- | --- |", ...rows].join("\n");
}
