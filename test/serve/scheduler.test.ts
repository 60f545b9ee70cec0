// The yearly schedules by a clock that the test moves: at the right instants, once, in the schedule's zone whatever the
// machine's is; and what was missed, made up for once.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { readServeConfig } from "../../serve/config.ts";
import { Scheduler } from "../../serve/scheduler.ts";
import { lastFiring, nextFiring } from "../../serve/yearlySchedule.ts";
import { eventually } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { FakeClock } from "../support/fakeClock.ts";
import { emptyRequests, readRequestRows } from "../support/requests.ts";

const HOUR_MS = 3_600_000;
const MACHINE_ZONE = process.env.TZ;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  // As installed long ago: whatever is missed was missed by us.
  await database.client.query("UPDATE climatebatch.schema_migrations SET applied_at = '2020-01-01'");
});
beforeEach(() => emptyRequests(database.client));
afterEach(() => {
  if (MACHINE_ZONE === undefined) delete process.env.TZ;
  else process.env.TZ = MACHINE_ZONE;
});
afterAll(() => database.drop());

interface Fired {
  readonly calculation: string;
  readonly at: string;
  readonly isLate: boolean;
}

function start(clock: FakeClock, settings: Record<string, string> = {}) {
  const { config } = readServeConfig({}, settings);
  const fired: Fired[] = [];
  const result: Record<string, unknown>[] = [];
  const stop = new AbortController();
  const note = (line: Record<string, unknown>) => void result.push(line);
  const scheduler = new Scheduler({
    schedules: config.schedules,
    lateWindowMs: config.lateWindowMs,
    isLeader: () => true,
    withClient: (work) => work(database.client),
    onFired: (calculation, isLate) => void fired.push({ calculation, at: clock.now().toISOString(), isLate }),
    clock,
    log: { info: note, warn: note } as never,
  });
  const ended = scheduler.run(stop.signal);
  return {
    fired,
    result,
    async stop() {
      stop.abort();
      await ended;
    },
    /** Moves the clock to the instant, once it sleeps, and waits for what happens there. */
    async to(instant: string, firings: number) {
      await eventually("it sleeps", () => clock.waiting > 0 || undefined);
      await clock.advance(Date.parse(instant) - clock.now().getTime());
      await eventually(`${firings} firings`, () => fired.length >= firings || undefined);
    },
  };
}

const keys = async () => {
  const { rows } = await database.client.query("SELECT request_key FROM climatebatch.batch_request_keys ORDER BY 1");
  return rows.map(({ request_key }) => request_key);
};

test.each([
  {
    zone: "America/New_York",
    machine: "America/New_York",
    eve: "2028-01-01T04:59:50Z",
    probability: "2028-01-01T07:00:00.000Z",
    hazard: "2028-01-01T09:00:00.000Z",
    year: 2028,
  },
  {
    zone: "Pacific/Auckland",
    machine: "UTC",
    eve: "2027-12-31T10:59:50Z",
    probability: "2027-12-31T13:00:00.000Z",
    hazard: "2027-12-31T15:00:00.000Z",
    year: 2028,
  },
  {
    zone: "Asia/Seoul",
    machine: "America/New_York",
    eve: "2027-12-31T04:59:50Z",
    probability: "2027-12-31T17:00:00.000Z",
    hazard: "2027-12-31T19:00:00.000Z",
    year: 2028,
  },
])(
  "from 31 December 23:59:50 on, a schedule of $zone on a machine of $machine fires twice, at the right instants, once each",
  async ({ zone, machine, eve, probability, hazard, year }) => {
    process.env.TZ = machine;
    const clock = new FakeClock(new Date(eve));
    const schedule = start(clock, { SCHEDULE_TIME_ZONE: zone });

    await schedule.to(probability, 1);
    await schedule.to(hazard, 2);
    await clock.advance(24 * HOUR_MS);
    await schedule.stop();

    expect(schedule.fired).toEqual([
      { calculation: "probability", at: probability, isLate: false },
      { calculation: "hazard", at: hazard, isLate: false },
    ]);
    expect(await keys()).toEqual([`yearly/hazard/${year}`, `yearly/probability/${year}`]);
  },
);

test("a restart at 03:00 runs the missed probability once, reports how late, and the next restart not again", async () => {
  const clock = new FakeClock(new Date("2027-12-31T18:00:00Z"));
  const first = start(clock);
  await first.to("2027-12-31T18:00:00Z", 1);
  await first.stop();
  const second = start(clock);
  await second.to("2027-12-31T19:00:00.000Z", 1);
  await second.stop();

  expect(first.fired).toEqual([{ calculation: "probability", at: "2027-12-31T18:00:00.000Z", isLate: true }]);
  expect(first.result).toContainEqual(
    expect.objectContaining({ event: "scheduleFiredLate", lateSeconds: 3600, requestKey: "yearly/probability/2028" }),
  );
  expect(second.fired).toEqual([{ calculation: "hazard", at: "2027-12-31T19:00:00.000Z", isLate: false }]);
  expect(await readRequestRows(database.client)).toMatchObject([
    { calculation: "probability", source: "schedule", coalesced: 0 },
    { calculation: "hazard", source: "schedule", coalesced: 0 },
  ]);
});

const LATE: readonly { why: string; at: string; installed: string; hours: string }[] = [
  { why: "longer ago than the window", at: "2028-01-07T19:00:01Z", installed: "2020-01-01", hours: "168" },
  { why: "and the window is none", at: "2027-12-31T20:00:00Z", installed: "2020-01-01", hours: "0" },
  { why: "before this database was ours", at: "2028-01-02T00:00:00Z", installed: "2028-01-01T12:00:00Z", hours: "168" },
];

test.each(LATE)("a firing that was missed $why is left out", async ({ at, installed, hours }) => {
  await database.client.query("UPDATE climatebatch.schema_migrations SET applied_at = $1", [installed]);
  const clock = new FakeClock(new Date(at));
  const schedule = start(clock, { SCHEDULE_LATE_HOURS: hours });
  // Waiting for the next firing of the two, it has done with the last ones.
  await eventually("it sleeps for as long as it may", () => clock.nextInMs === 30_000 || undefined);
  await schedule.stop();
  await database.client.query("UPDATE climatebatch.schema_migrations SET applied_at = '2020-01-01'");

  expect(schedule.fired).toEqual([]);
  expect(await keys()).toEqual([]);
});

test("a firing that the database could not take is tried again until it is written down", async () => {
  const clock = new FakeClock(new Date("2027-12-31T16:59:50Z"));
  const { config } = readServeConfig({}, {});
  let failures = 0;
  const fired: string[] = [];
  const stop = new AbortController();
  const scheduler = new Scheduler({
    schedules: config.schedules,
    lateWindowMs: config.lateWindowMs,
    isLeader: () => true,
    withClient: (work) => (failures++ < 3 ? Promise.reject(new Error("away")) : work(database.client)),
    onFired: (calculation) => void fired.push(calculation),
    clock,
    log: { info() {}, warn() {} } as never,
  });
  const ended = scheduler.run(stop.signal);
  await clock.advance(12_000);
  expect(scheduler.troubles).toEqual([expect.stringContaining("the firing of probability that was due at")]);

  await clock.advance(4_000);
  await eventually("it is written down", () => fired.length === 1 || undefined);
  await eventually("nothing is wrong any more", () => scheduler.troubles.length === 0 || undefined);
  stop.abort();
  await ended;
  expect(fired).toEqual(["probability"]);
});

test.each(["Asia/Seoul", "America/New_York", "Australia/Lord_Howe", "UTC"])(
  "the last firing is one that the next firing of the year before leads to, in %s",
  (zone) => {
    const schedule = { month: 1, day: 1, hour: 2, minute: 0, zone };
    const now = new Date("2028-06-15T00:00:00Z");
    const last = lastFiring(schedule, now);
    expect(nextFiring(schedule, new Date(last.getTime() - 1))).toEqual(last);
    expect(lastFiring(schedule, last)).toEqual(last);
    expect(nextFiring(schedule, last).getTime()).toBeGreaterThan(now.getTime());
  },
);
