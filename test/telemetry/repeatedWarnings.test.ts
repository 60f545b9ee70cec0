// Warnings that repeat: the first at once, the rest once a minute with their number, whatever their number is.
import { expect, test } from "vitest";
import { RepeatedWarnings } from "../../telemetry/repeatedWarnings.ts";
import { FakeClock } from "../support/fakeClock.ts";

interface Line {
  readonly event: string;
  readonly message: string;
  readonly times?: number;
}

function open(fields?: readonly string[]) {
  const lines: Line[] = [];
  const note = (line: Line) => void lines.push(line);
  const clock = new FakeClock();
  const log = { info: note, warn: note, error: note } as unknown as ConstructorParameters<typeof RepeatedWarnings>[0];
  return { lines, clock, warnings: new RepeatedWarnings(log, clock, fields) };
}
const away = { event: "leaseNotRenewed", message: "no answer" };

test("the first is written at once; 10,000 more within a minute are one line with their number and the last of them", async () => {
  const { lines, clock, warnings } = open(["event"]);
  for (let one = 0; one <= 10_000; one++) warnings.warn({ event: "unknownPayload", message: `found ${one}` });
  expect(lines).toEqual([{ event: "unknownPayload", message: "found 0" }]);
  await clock.advance(60_000);
  expect(lines.slice(1)).toEqual([{ event: "unknownPayload", message: "found 10000", times: 10_000 }]);
});

test("as long as it repeats there is a line a minute; after a minute without it the next one is written at once", async () => {
  const { lines, clock, warnings } = open();
  for (let second = 0; second < 300; second += 2) {
    warnings.warn(away);
    await clock.advance(2_000);
  }
  expect(lines.map(({ times }) => times)).toEqual([undefined, 29, 30, 30, 30, 30]);
  await clock.advance(60_000);
  expect(clock.waiting).toBe(0);
  warnings.warn(away);
  expect(lines.at(-1)).toEqual(away);
});

test("another cause, or the same of another batch, is a line of its own", () => {
  const { lines, warnings } = open();
  const both = [away, { ...away, message: "refused" }, { ...away, climateBatch: "spi" }];
  for (const one of [...both, ...both]) warnings.warn(one);
  expect(lines).toEqual(both);
});

test("at the end what is counted is written, and no timer is left", () => {
  const { lines, clock, warnings } = open();
  for (let one = 0; one < 3; one++) warnings.warn(away);
  warnings[Symbol.dispose]();
  expect(lines.at(-1)).toEqual({ ...away, times: 2 });
  expect(clock.waiting).toBe(0);
});
