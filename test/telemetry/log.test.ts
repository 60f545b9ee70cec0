import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

const SPEAK = `
  import { makeLog } from "${new URL("../../telemetry/log.ts", import.meta.url).href}";
  const log = makeLog({ isTerminal: process.argv[1] === "terminal" });
  log.info({ event: "riskComputed", risk: "drought", results: 4, seconds: 0.5 });
  log.warn({ event: "cellRejected", risk: "drought", latitude: 37.5, longitude: 127, message: "pr is -4 mm" });`;

function speakTo(reader: "machine" | "terminal"): string[] {
  const words = ["--input-type=module", "--eval", SPEAK, reader];
  const env = { PATH: process.env.PATH, NO_COLOR: "1", TZ: "UTC" };
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
