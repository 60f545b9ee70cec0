// Leader election in model time: thousands of seconds in a blink, with an API that is slow, loses answers and goes away.
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { LEASE_TIMES, LeaderElector } from "../../../operator/kube/lease.ts";
import { FakeClock } from "../../support/fakeClock.ts";
import { LeaseServer, Way } from "../../support/leaseServer.ts";
import { makeRandom, SEED } from "../../support/random.ts";

const SILENT = { info: () => undefined, warn: () => undefined };
class Candidate {
  readonly way: Way;
  readonly elector: LeaderElector;
  readonly startedAtMs: number[] = [];
  readonly stoppedAtMs: number[] = [];
  readonly stopRequestedAtMs: number[] = [];
  readonly run: Promise<void>;
  readonly #controller = new AbortController();

  constructor(server: LeaseServer, identity: string, random: () => number, drainMs = 0) {
    const { clock } = server;
    this.way = new Way(server, random);
    this.elector = new LeaderElector({
      leases: this.way.leases,
      name: "operator",
      namespace: "climate",
      identity,
      onStartedLeading: (signal) =>
        new Promise((resolve) => {
          this.startedAtMs.push(clock.monotonicMs());
          const end = () => {
            this.stopRequestedAtMs.push(clock.monotonicMs());
            clock.after(drainMs, resolve);
          };
          if (signal.aborted) end();
          signal.addEventListener("abort", end, { once: true });
        }),
      onStoppedLeading: () => this.stoppedAtMs.push(clock.monotonicMs()),
      clock,
      random,
      log: SILENT,
    });
    this.run = this.elector.run(this.#controller.signal);
  }

  get isAtWork(): boolean {
    return this.startedAtMs.length > this.stoppedAtMs.length;
  }

  stop(): void {
    this.#controller.abort(new Error("shutting down"));
  }
}

function openServer() {
  const clock = new FakeClock();
  return { clock, server: new LeaseServer(clock), random: makeRandom(`lease ${SEED}`) };
}

test("the first candidate leads, renews every two seconds, and the others wait", async () => {
  const { clock, server, random } = openServer();
  const first = new Candidate(server, "first", random);
  await clock.advance(0);
  const second = new Candidate(server, "second", random);
  const callsBefore = first.way.calls;
  await clock.advance(60_000);
  expect([first.elector.isLeader(), second.elector.isLeader()]).toEqual([true, false]);
  expect(first.way.calls - callsBefore).toBe(30);
  expect(second.way.calls).toBeLessThanOrEqual(31);
  expect(server.lease?.spec).toMatchObject({ holderIdentity: "first", leaseDurationSeconds: 15, leaseTransitions: 0 });
});

test("cut off from the API a leader stops ten seconds after the last renewal was sent, before others may begin", async () => {
  const { clock, server, random } = openServer();
  const first = new Candidate(server, "first", random);
  await clock.advance(0);
  const second = new Candidate(server, "second", random);
  await clock.advance(6_000);
  first.way.isCut = true;
  await clock.advance(60_000);
  expect(first.stopRequestedAtMs).toEqual([6_000 + LEASE_TIMES.renewDeadlineMs]);
  expect(second.startedAtMs[0]).toBeGreaterThanOrEqual(6_000 + LEASE_TIMES.leaseDurationMs);
  expect(second.startedAtMs[0]).toBeLessThanOrEqual(6_000 + LEASE_TIMES.leaseDurationMs + 2_200);
  expect(first.elector.isLeader()).toBe(false);
});

test("a renewal that needs several slow calls is given up at the deadline, in the midst of one", async () => {
  const { clock, server } = openServer();
  const first = new Candidate(server, "first", () => 0.5);
  await clock.advance(3_000);
  // Each call takes 3.8 s, just less than it may, and edits by others make renewals conflict.
  first.way.slowestMs = 3_800;
  for (const waitMs of [2_000, 7_000, 1_000]) {
    await clock.advance(waitMs);
    server.write(server.lease!, server.lease!.metadata.resourceVersion);
  }
  await clock.advance(5_000);
  expect(first.stopRequestedAtMs).toEqual([2_000 + LEASE_TIMES.renewDeadlineMs]);
});

test("one that lost competes again in the same process, and leads when the other is gone", async () => {
  const { clock, server, random } = openServer();
  const first = new Candidate(server, "first", random);
  await clock.advance(0);
  const second = new Candidate(server, "second", random);
  first.way.isCut = true;
  await clock.advance(30_000);
  first.way.isCut = false;
  second.stop();
  await clock.advance(5_000);
  expect(first.startedAtMs).toHaveLength(2);
  expect(first.elector.isLeader()).toBe(true);
});

test("a shorter trouble than the deadline costs nothing", async () => {
  const { clock, server, random } = openServer();
  const first = new Candidate(server, "first", random);
  await clock.advance(0);
  for (let at = 0; at < 10; at++) {
    first.way.isCut = true;
    await clock.advance(5_000);
    first.way.isCut = false;
    await clock.advance(5_000);
  }
  expect(first.stopRequestedAtMs).toEqual([]);
});

test("at shutdown the work ends first, under a lease that is still renewed, and only then the next one begins", async () => {
  const { clock, server, random } = openServer();
  const first = new Candidate(server, "first", random, 25_000);
  await clock.advance(0);
  const second = new Candidate(server, "second", random);
  await clock.advance(10_000);
  first.stop();
  await clock.advance(24_999);
  expect([first.isAtWork, first.elector.isLeader(), second.startedAtMs]).toEqual([true, true, []]);
  await clock.advance(3_000);
  await first.run;
  expect(first.stoppedAtMs).toEqual([35_000]);
  expect(second.startedAtMs[0]! - 35_000).toBeLessThan(3_000);
});

test("dates in the lease do not matter, only for how long it has not changed", async () => {
  const { clock, server, random } = openServer();
  const stranger = { holderIdentity: "stranger", leaseDurationSeconds: 15, renewTime: "1999-01-01T00:00:00.000000Z" };
  server.write({ metadata: { name: "operator" }, spec: stranger }, undefined);
  const candidate = new Candidate(server, "candidate", random);
  await clock.advance(14_900);
  expect(candidate.startedAtMs).toEqual([]);
  await clock.advance(2_300);
  expect(candidate.startedAtMs).toHaveLength(1);
  expect(server.lease?.spec?.leaseTransitions).toBe(1);
});

test("a lease taken by another replica, or deleted, is lost at the next renewal", async () => {
  const { clock, server, random } = openServer();
  const first = new Candidate(server, "first", random);
  await clock.advance(1_000);
  server.lease!.spec!.holderIdentity = "another";
  server.write(server.lease!, server.lease!.metadata.resourceVersion);
  await clock.advance(1_000);
  expect(first.stopRequestedAtMs).toEqual([2_000]);
  await clock.advance(20_000);
  expect(first.startedAtMs).toHaveLength(2);
  server.lease = undefined;
  const stops = first.stopRequestedAtMs.length;
  await clock.advance(2_000);
  expect(first.stopRequestedAtMs).toHaveLength(stops + 1);
  await clock.advance(5_000);
  expect(first.elector.isLeader()).toBe(true);
});

test("what the work throws ends the term, releases the lease and comes out of run", async () => {
  const { clock, server, random } = openServer();
  const bug = new Error("a bug");
  const elector = new LeaderElector({
    leases: new Way(server, random).leases,
    name: "operator",
    namespace: "climate",
    identity: "buggy",
    onStartedLeading: () => Promise.reject(bug),
    onStoppedLeading: () => undefined,
    clock,
    random,
    log: SILENT,
  });
  const ended = expect(elector.run(new AbortController().signal)).rejects.toBe(bug);
  await clock.advance(1_000);
  await ended;
  expect(server.lease?.spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
});

test.each([1, 2, 3, 4, 5])(
  "with slow ways, lost answers and cuts there are never two leaders (seed %i)",
  async (seed) => {
    const { clock, server } = openServer();
    const random = makeRandom(`three candidates ${SEED} ${seed}`);
    const candidates = ["a", "b", "c"].map((identity) => new Candidate(server, identity, random));
    let mostLeaders = 0;
    for (let step = 0; step < 4_000; step++) {
      for (const { way } of candidates) {
        if (random() < 0.01) way.isCut = !way.isCut;
        if (random() < 0.01) way.slowestMs = random() < 0.5 ? 0 : random() * 6_000;
        if (random() < 0.01) way.lossRate = random() < 0.5 ? 0 : random() * 0.5;
      }
      await clock.advance(random() * 500);
      const leaders = candidates.filter(({ elector, isAtWork }) => elector.isLeader() || isAtWork);
      mostLeaders = Math.max(mostLeaders, leaders.length);
    }
    for (const candidate of candidates) candidate.stop();
    await clock.advance(60_000);
    await turn();
    expect(mostLeaders).toBe(1);
    const terms = candidates.flatMap(({ startedAtMs, stoppedAtMs }) =>
      startedAtMs.map((from, at) => ({ from, to: stoppedAtMs[at]! })),
    );
    const overlaps = terms.filter((one) =>
      terms.some((other) => other !== one && other.from < one.to && one.from < other.to),
    );
    expect(terms.length).toBeGreaterThan(10);
    expect(overlaps).toEqual([]);
  },
);
