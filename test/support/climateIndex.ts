// `climatebatch index` on files of a test, and the values it wrote.
import { expect } from "vitest";
import { climatebatch, type Outcome } from "./commandLine.ts";
import type { Day } from "./dailyFile.ts";

export const SEOUL = ["--latitude", "37.57", "--longitude", "126.97"];
export const BASE = ["--base-period", "2001-2020"];
export const isOn = ({ date }: Day, ...dates: string[]) => dates.includes(date);

/** Runs `index` on one file and gives the values by year or date; null is an empty one. */
export async function computed(lines: readonly string[], ...words: string[]): Promise<Record<string, number | null>> {
  return valuesIn((await accepted({ "in.csv": `${lines.join("\n")}\n` }, ...words)).read("out.csv"));
}

export async function accepted(files: Readonly<Record<string, string | Buffer>>, ...words: string[]): Promise<Outcome> {
  const [name, ...options] = words;
  const inputs = Object.keys(files);
  const outcome = await climatebatch(files, "index", name!, "--input", ...inputs, "--output", "out.csv", ...options);
  expect(outcome.stderr).not.toMatch(/bug/);
  expect([outcome.exitCode, outcome.names]).toEqual([0, [...inputs, "out.csv"].sort()]);
  return outcome;
}

export function valuesIn(csv: string): Record<string, number | null> {
  const rows = csv.trimEnd().split("\n").slice(1);
  return Object.fromEntries(
    rows.map((row) => {
      const [, , , when, value] = row.split(",");
      return [when, value === "" ? null : Number(value)];
    }),
  );
}
