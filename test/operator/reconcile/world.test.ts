// Whatever happens and in whatever order: the decided actions lead to a rest, in which every batch has its end.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ClimateBatch, findCondition, isConditionTrue } from "../../../model/climateBatch.ts";
import { BatchWorld } from "../../support/batchWorld.ts";

const which = fc.nat(7);
const happening = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant("submit" as const),
      calculation: fc.constantFrom("Probability" as const, "Hazard" as const, "All" as const),
      concurrencyPolicy: fc.constantFrom("Queue" as const, "Queue" as const, "Replace" as const),
      cellsPerShard: fc.integer({ min: 1, max: 4 }),
      grid: fc.constantFrom("korea", "korea", "korea", "unknown"),
      retries: fc.nat(2),
      suspend: fc.constantFrom(false, false, false, true),
      publish: fc.constantFrom(true, true, false),
      ttl: fc.constantFrom(undefined, undefined, 0, 60),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      what: fc.constant("reconcile" as const),
      which,
      steps: fc.constantFrom(0, 1, 2, 3, 99, 99, 99),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      what: fc.constant("endIndex" as const),
      which,
      completionIndex: fc.nat(3),
      isGood: fc.constantFrom(true, true, true, false),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constantFrom(
        "suspend" as const,
        "resume" as const,
        "raiseRetries" as const,
        "deleteBatch" as const,
        "deleteJob" as const,
      ),
      which,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constantFrom(
        "changeInput" as const,
        "stopInDatabase" as const,
        "garbage" as const,
        "sweep" as const,
        "hour" as const,
        "second" as const,
      ),
    }),
  },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

function happen(world: BatchWorld, one: Happening): void {
  const uids = [...world.batches.keys()];
  const uidOf = (at: number) => uids[at % Math.max(1, uids.length)];
  const jobOf = (at: number) => world.jobs[at % Math.max(1, world.jobs.length)];
  switch (one.what) {
    case "submit": {
      const { what: _, ttl, ...spec } = one;
      world.submit({ ...spec, ...(ttl !== undefined && { ttlSecondsAfterFinished: ttl }) });
      return;
    }
    case "reconcile":
      world.reconcile(uidOf(one.which), one.steps);
      return;
    case "endIndex": {
      const job = jobOf(one.which);
      if (job !== undefined) world.endIndex(job, one.completionIndex, one.isGood);
      return;
    }
    case "suspend":
    case "resume":
      world.change(uidOf(one.which), { suspend: one.what === "suspend" });
      return;
    case "raiseRetries": {
      const uid = uidOf(one.which);
      world.change(uid, { retries: (world.batches.get(uid ?? "")?.spec.retries ?? 0) + 1 });
      return;
    }
    case "deleteBatch":
      world.deleteBatch(uidOf(one.which));
      return;
    case "deleteJob": {
      const job = jobOf(one.which);
      if (job !== undefined) world.removeJob(job);
      return;
    }
    case "changeInput":
      world.changeInput();
      return;
    case "stopInDatabase":
      world.stopInDatabase();
      return;
    case "garbage":
      world.collectGarbage();
      return;
    case "sweep":
      world.sweep();
      return;
    case "hour":
      world.pass(3600);
      return;
    case "second":
      world.pass(1);
      return;
    default:
      throw new Error(`no such happening: ${one satisfies never}`);
  }
}

/** The operator alone, while pods take their time: the Jobs follow the spec. */
function checkJobsFollow(world: BatchWorld): void {
  for (let round = 0; round < 20; round++) {
    world.collectGarbage();
    for (const uid of [...world.batches.keys()]) world.reconcile(uid);
  }
  const unfinished = world.jobs.filter(({ end, owner }) => end === null && world.rows.get(owner)?.state === "running");
  for (const { suspended, owner, attempt } of unfinished) {
    expect(suspended).toBe(world.batches.get(owner)!.spec.suspend);
    expect(attempt).toBe(world.rows.get(owner)!.jobAttempt);
  }
}

/** Everybody does their work and nothing else happens. Gives how many rounds it took until nothing moved. */
function comeToRest(world: BatchWorld, isGood: (at: number) => boolean): number {
  for (const uid of world.batches.keys()) world.change(uid, { suspend: false });
  for (let round = 1; round <= 60; round++) {
    world.pass(1);
    world.collectGarbage();
    world.sweep();
    let moved = false;
    for (const uid of [...world.batches.keys()]) moved = world.reconcile(uid) || moved;
    for (const job of [...world.jobs].filter(({ end, deleting }) => end === null && !deleting)) {
      for (let at = 0; at < job.completions; at++) world.endIndex(job, at, isGood(round + at));
      moved = true;
    }
    if (!moved) return round;
  }
  throw new Error(
    `no rest: ${JSON.stringify([...world.batches.values()].map(({ status }) => findCondition(status, "Complete")))}`,
  );
}

function hasEnded({ status }: ClimateBatch): boolean {
  return isConditionTrue(status, "Complete") !== isConditionTrue(status, "Failed");
}

test("whatever is lost or fails, and in whatever order shards end, every batch comes to its one end", {
  timeout: 300_000,
}, () => {
  fc.assert(
    fc.property(fc.array(happening, { minLength: 5, maxLength: 120, size: "max" }), fc.nat(3), (happenings, luck) => {
      const world = new BatchWorld();
      for (const one of happenings) happen(world, one);
      checkJobsFollow(world);
      comeToRest(world, (at) => luck === 0 || at % (luck + 1) !== 0);
      expect(world.violations).toEqual([]);
      const { acts } = world;
      for (const uid of world.batches.keys()) world.reconcile(uid);
      expect(world.acts).toBe(acts);
      const batches = [...world.batches.values()];
      expect(batches.filter((batch) => !hasEnded(batch))).toEqual([]);
      expect(batches.filter(({ metadata, status }) => status?.observedGeneration !== metadata.generation)).toEqual([]);
      const names = world.jobs.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(
        world.jobs.filter(
          ({ end, owner }) => end === null && !isConditionTrue(world.batches.get(owner)?.status, "Complete"),
        ),
      ).toEqual([]);
      expect([...world.rows.values()].filter(({ state }) => state === "running")).toEqual([]);
      for (const { metadata, spec, status } of batches) {
        const row = world.rows.get(metadata.uid);
        if (
          row?.state === "failed" &&
          row.reason === "ShardsFailed" &&
          findCondition(status, "Failed")?.reason === "ShardsFailed"
        )
          expect(row.jobAttempt - 1).toBeGreaterThanOrEqual(spec.retries);
      }
    }),
    { numRuns: 500 },
  );
});

test("a batch at rest is left alone: no action, no write", () => {
  const world = new BatchWorld();
  world.submit({ cellsPerShard: 6 });
  comeToRest(world, () => true);
  const { statusWrites } = world;
  for (let hour = 0; hour < 5; hour++) {
    world.pass(3600);
    for (const uid of world.batches.keys()) expect(world.reconcile(uid)).toBe(false);
  }
  expect(world.statusWrites).toBe(statusWrites);
});

test.each([6, 60, 6000])("a batch of %i shards costs at most five writes of its status", (shards) => {
  const world = new BatchWorld();
  world.submit({ cellsPerShard: shards });
  const [uid] = world.batches.keys();
  world.reconcile(uid);
  world.reconcile(uid);
  const [job] = world.jobs;
  for (let at = 0; at < shards; at++) {
    world.endIndex(job!, at, true);
    if (at % Math.ceil(shards / 60) === 0) world.reconcile(uid);
  }
  comeToRest(world, () => true);
  expect(isConditionTrue(world.batches.get(uid!)?.status, "Published")).toBe(true);
  expect(world.statusWrites).toBeLessThanOrEqual(5);
});

test("an operator killed between any two of its steps ends in the same place", () => {
  const ends = Array.from({ length: 40 }, (_, killedAfter) => {
    const world = new BatchWorld();
    world.submit({ cellsPerShard: 3, retries: 1 });
    const [uid] = world.batches.keys();
    for (let round = 0; round < 12; round++) {
      world.reconcile(uid, round === Math.floor(killedAfter / 4) ? killedAfter % 4 : 99);
      for (const job of world.jobs) world.endIndex(job, round % 3, round !== 4);
      world.pass(1);
    }
    comeToRest(world, () => true);
    expect(world.violations).toEqual([]);
    const { conditions, shards, failedShards, progress } = world.batches.get(uid!)!.status!;
    const reasons = conditions!.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
    return { reasons, shards, failedShards, progress };
  });
  for (const end of ends) expect(end).toEqual(ends[0]);
});
