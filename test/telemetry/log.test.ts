import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listFiles, ROOT } from "../support/pages.ts";

const SPEAK = `
  import { makeLog } from "${new URL("../../telemetry/log.ts", import.meta.url).href}";
  const log = makeLog({ isTerminal: process.argv[1] === "terminal" });
  log.info({ event: "riskComputed", risk: "drought", results: 4, seconds: 0.5 });
  log.warn({ event: "cellRejected", risk: "drought", latitude: 37.5, longitude: 127, message: "pr is -4 mm" });`;

function speakTo(
  reader: "machine" | "terminal",
  colour: Readonly<Record<string, string>> = { NO_COLOR: "1" },
): string[] {
  const words = ["--no-warnings", "--input-type=module", "--eval", SPEAK, reader];
  const env = { PATH: process.env.PATH, TZ: "UTC", ...colour };
  return execFileSync(process.execPath, words, { encoding: "utf8", env }).trimEnd().split("\n");
}

test("a log is a JSON object a line, with its level as a word and its time as an instant", () => {
  const [first, second] = speakTo("machine").map((line) => JSON.parse(line));
  expect(first).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    event: "riskComputed",
    risk: "drought",
    results: 4,
    seconds: 0.5,
  });
  expect(second).toMatchObject({ level: "warn", message: "pr is -4 mm" });
});

test("on a terminal it is a line that a person reads: time, level, what happened, and the facts", () => {
  const [first, second] = speakTo("terminal");
  expect(first).toMatch(/^\[\d\d:\d\d:\d\d\] INFO: riskComputed \{"risk":"drought","results":4,"seconds":0.5\}$/);
  expect(second).toMatch(
    /^\[\d\d:\d\d:\d\d\] WARN: cellRejected: pr is -4 mm \{"risk":"drought","latitude":37.5,"longitude":127\}$/,
  );
});

test("its colours are for terminals that may have them, and NO_COLOR turns them off", () => {
  const isColoured = (lines: readonly string[]) => lines.some((line) => line.includes("\u001b["));
  expect(isColoured(speakTo("terminal", { FORCE_COLOR: "1" }))).toBe(true);
  expect(isColoured(speakTo("terminal", { FORCE_COLOR: "1", NO_COLOR: "1" }))).toBe(false);
  expect(isColoured(speakTo("machine", { FORCE_COLOR: "1" }))).toBe(false);
});

/** Files that may write colours: the log's. What else is written has none, on any terminal. */
test("no other program of ours writes colours", () => {
  const sources = listFiles().filter((path) =>
    /^(cli|database|ingest|job|model|operator|report|serve|telemetry)\/.*\.ts$/.test(path),
  );
  expect(sources.length).toBeGreaterThan(200);
  const colouring = /\\x1b|\\u001b|\\e\[|styleText|colorette|chalk|picocolors|pino-pretty/;
  expect(sources.filter((path) => colouring.test(readFileSync(join(ROOT, path), "utf8")))).toEqual([
    "telemetry/log.ts",
  ]);
});
