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
