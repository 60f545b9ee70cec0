// The settings of `serve`: the predecessor's `.env` as it is, and everything that is wrong reported at once.
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { expect, test } from "vitest";
import { readServeConfig } from "../../serve/config.ts";
import { PREDECESSOR_ENV } from "../support/predecessorDatabase.ts";

test("without any setting everything is as the predecessor had it", () => {
  const { config } = readServeConfig({}, {});
  expect(config).toMatchObject({
    triggerChannel: "aiops_trigger",
    workers: 4,
    cellsPerShard: 1000,
    schedules: {
      probability: { month: 1, day: 1, hour: 2, minute: 0, zone: "Asia/Seoul" },
      hazard: { month: 1, day: 1, hour: 4, minute: 0, zone: "Asia/Seoul" },
    },
  });
});

test("the predecessor's .env is read unchanged; what nothing reads is named, not refused", () => {
  const { config, ignored } = readServeConfig({ ...PREDECESSOR_ENV, LOG_LEVEL: "INFO", DEBUG_SQL: "1" }, {});
  expect(config).toMatchObject({ workers: 4, cellsPerShard: 1000, logLevel: "info" });
  expect(ignored).toEqual(["DEBUG_SQL"]);
});

test(".env.example is read, and says the defaults", () => {
  const example = parseEnv(readFileSync(new URL("../../.env.example", import.meta.url), "utf8"));
  expect(readServeConfig(example, {})).toEqual({ ...readServeConfig({}, {}), ignored: [] });
});

test("wrong and misspelt settings are reported together, and nothing else of the environment", () => {
  const wrong = {
    PARALLEL_WORKERS: "many",
    PROBABILITY_SCHEDULE_HOUR: "25",
    HAZARD_SCHEDULE_MINUTES: "5",
    LOG_LEVEL: "loud",
    PATH: "/usr/bin",
    HOME: "/root",
  };
  expect(() => readServeConfig({}, wrong)).toThrow(
    [
      "The settings (environment and .env) have 4 problems:",
      "  HAZARD_SCHEDULE_MINUTES: there is no such setting; known are HAZARD_SCHEDULE_MONTH, HAZARD_SCHEDULE_DAY, HAZARD_SCHEDULE_HOUR, HAZARD_SCHEDULE_MINUTE",
      `  PARALLEL_WORKERS: expected a whole number from 1 to 1000; found "many"`,
      `  PROBABILITY_SCHEDULE_HOUR: expected a whole number from 0 to 23; found "25"`,
      `  LOG_LEVEL: expected debug, info, warning or error; found "loud"`,
    ].join("\n"),
  );
});

test.each([
  {
    settings: { SCHEDULE_TIME_ZONE: "Asia/Soul" },
    words: 'SCHEDULE_TIME_ZONE: expected a time zone by its IANA name, such as Asia/Seoul; found "Asia/Soul"',
  },
  {
    settings: { HAZARD_SCHEDULE_MONTH: "2", HAZARD_SCHEDULE_DAY: "30" },
    words: 'HAZARD_SCHEDULE_DAY: expected a day that month 2 has; found "30"',
  },
])("a schedule that could never fire is refused: $words", ({ settings, words }) => {
  expect(() => readServeConfig({}, settings)).toThrow(`have 1 problem:\n  ${words}`);
});
