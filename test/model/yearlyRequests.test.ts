import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { readScheduledInstant, yearlyRequestKey } from "../../model/yearlyRequests.ts";

const minutes = (instant: string) => Date.parse(instant) / 60_000;

test.each([
  ["02:00 in Seoul on 1 January, still December in UTC", "2027-12-31T17:00:00Z", "Asia/Seoul", 2028],
  ["the same instant in New York", "2027-12-31T17:00:00Z", "America/New_York", 2027],
  ["a second before midnight in Seoul", "2027-12-31T14:59:59Z", "Asia/Seoul", 2027],
])("the year of a yearly key is that of the zone: %s", (_, instant, zone, year) => {
  expect(yearlyRequestKey("probability", new Date(instant), zone)).toBe(`yearly/probability/${year}`);
});

test("a zone that does not exist is refused with an example of one that does", () => {
  expect(() => yearlyRequestKey("hazard", new Date(), "Asia/Soul")).toThrow(
    /IANA name, such as Asia\/Seoul, but got "Asia\/Soul"/,
  );
});

const DUE = "2027-12-31T17:00:00Z";
test.each([
  ["at the instant", `climatebatch-probability-${minutes(DUE)}`, DUE, DUE],
  ["days late, in the next year", `climatebatch-probability-${minutes(DUE)}`, "2028-01-04T09:00:00Z", DUE],
  ["made by hand of the CronJob", "by-hand", "2027-12-05T09:00:00Z", "2027-12-05T09:00:00Z"],
  ["made by hand, with a number for a name", "try-12345678", "2027-12-05T09:00:00Z", "2027-12-05T09:00:00Z"],
  [
    "with a number from the future",
    `try-${minutes("2031-01-01T00:00:00Z")}`,
    "2027-12-05T09:00:00Z",
    "2027-12-05T09:00:00Z",
  ],
])("the scheduled instant is read from the Job's name: %s", (_, job, now, expected) => {
  expect(readScheduledInstant(job, new Date(now))).toEqual(new Date(expected));
});

const SOURCE = fileURLToPath(new URL("../../model/yearlyRequests.ts", import.meta.url));
test.each(["UTC", "America/New_York", "Asia/Seoul"])(
  "a process in %s finds the year of the schedule's zone",
  async (zone) => {
    const program = `
    const { readScheduledInstant, yearlyRequestKey } = await import(${JSON.stringify(SOURCE)});
    const due = readScheduledInstant("cb-probability-${minutes(DUE)}", new Date("2028-01-02T00:00:00Z"));
    console.log(new Date(${JSON.stringify(DUE)}).getHours(), yearlyRequestKey("probability", due, "Asia/Seoul"));`;
    const words = ["--input-type=module", "--eval", program];
    const { stdout } = await promisify(execFile)(process.execPath, words, { env: { ...process.env, TZ: zone } });
    const hours = { UTC: 17, "America/New_York": 12, "Asia/Seoul": 2 }[zone];
    expect(stdout).toBe(`${hours} yearly/probability/2028\n`);
  },
);
