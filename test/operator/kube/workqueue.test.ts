// The promises of the workqueue, one by one, on a clock that the test moves and with work that it ends.
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { type WorkOptions, type WorkOutcome, WorkQueue } from "../../../operator/kube/workqueue.ts";
import { FakeClock } from "../../support/fakeClock.ts";

/** A queue whose work the test ends itself, key by key. */
class Bench {
  readonly clock = new FakeClock();
  readonly measured: string[] = [];
  readonly queue = new WorkQueue({
    clock: this.clock,
    metrics: {
      depth: (keys) => this.measured.push(`depth ${keys}`),
      added: () => this.measured.push("added"),
      retried: () => this.measured.push("retried"),
      waited: (durationMs) => this.measured.push(`waited ${durationMs}`),
      worked: (durationMs) => this.measured.push(`worked ${durationMs}`),
    },
  });
  readonly started: string[] = [];
  readonly startedAtMs: number[] = [];
  readonly failures: string[] = [];
  readonly #inWork = new Map<string, PromiseWithResolvers<WorkOutcome | undefined>>();
  readonly #controller = new AbortController();
  most = 0;

  run(workers: number, options: Partial<WorkOptions> = {}): Promise<void> {
    const work = (key: string) => {
      this.started.push(key);
      this.startedAtMs.push(this.clock.monotonicMs());
      if (this.#inWork.has(key)) throw new Error(`${key} is in work twice`);
      const ending = Promise.withResolvers<WorkOutcome | undefined>();
      this.#inWork.set(key, ending);
      this.most = Math.max(this.most, this.#inWork.size);
      return ending.promise.finally(() => this.#inWork.delete(key));
    };
    const onError = (key: string, error: unknown, failures: number) =>
      void this.failures.push(`${key} ${(error as Error).message} ${failures}`);
    return this.queue.run({ workers, work, onError, ...options }, this.#controller.signal);
  }

  async end(key: string, outcome?: WorkOutcome): Promise<void> {
    this.#inWork.get(key)!.resolve(outcome);
    await turn();
  }

  async fail(key: string, message: string): Promise<void> {
    this.#inWork.get(key)!.reject(new Error(message));
    await turn();
  }

  stop(reason?: Error): void {
    this.#controller.abort(reason);
  }
}

test("a key added many times before its turn is worked on once", async () => {
  const bench = new Bench();
  for (const key of ["a", "b", "a", "a"]) bench.queue.add(key);
  void bench.run(1);
  await turn();
  await bench.end("a");
  await bench.end("b");
  expect(bench.started).toEqual(["a", "b"]);
});

test("a key added while in work waits, and is worked on exactly once more", async () => {
  const bench = new Bench();
  void bench.run(3);
  bench.queue.add("a");
  await turn();
  for (let at = 0; at < 5; at++) bench.queue.add("a");
  await turn();
  expect(bench.started).toEqual(["a"]);
  await bench.end("a");
  expect(bench.started).toEqual(["a", "a"]);
  await bench.end("a");
  expect(bench.started).toEqual(["a", "a"]);
});

test("a key added for when nothing else waits is behind all others, until it is added as well", async () => {
  const bench = new Bench();
  for (const key of ["old", "older", "oldest"]) bench.queue.addWhenIdle(key);
  bench.queue.addWhenIdle("old");
  for (const key of ["new", "older"]) bench.queue.add(key);
  bench.queue.addWhenIdle("new");
  expect(bench.queue.depth).toBe(4);
  void bench.run(1);
  await turn();
  for (const key of ["new", "older", "old", "oldest"]) await bench.end(key);
  expect(bench.started).toEqual(["new", "older", "old", "oldest"]);
  expect(bench.queue.depth).toBe(0);
});

test("so many workers work at a time, each on another key", async () => {
  const bench = new Bench();
  void bench.run(3);
  for (const key of ["a", "b", "c", "d"]) bench.queue.add(key);
  await turn();
  expect(bench.started).toEqual(["a", "b", "c"]);
  await bench.end("b");
  expect(bench.started).toEqual(["a", "b", "c", "d"]);
  expect(bench.most).toBe(3);
});

test("the oldest work is the one under way that began first", async () => {
  const bench = new Bench();
  expect(bench.queue.oldestWorkMs()).toBeUndefined();
  void bench.run(2);
  const beganMs = bench.clock.monotonicMs();
  bench.queue.add("a");
  await turn();
  await bench.clock.advance(7);
  bench.queue.add("b");
  await turn();
  expect(bench.queue.oldestWorkMs()).toBe(beganMs);
  await bench.end("a");
  expect(bench.queue.oldestWorkMs()).toBe(beganMs + 7);
  await bench.end("b");
  expect(bench.queue.oldestWorkMs()).toBeUndefined();
});

test("a failing key comes back after 5, 10, 20 ms, and success forgets its failures", async () => {
  const bench = new Bench();
  void bench.run(1);
  bench.queue.add("a");
  for (const delayMs of [5, 10, 20]) {
    await turn();
    await bench.fail("a", "no");
    await bench.clock.advance(delayMs - 1);
    const before = bench.started.length;
    await bench.clock.advance(1);
    expect(bench.started.length).toBe(before + 1);
  }
  await bench.end("a");
  bench.queue.add("a");
  await turn();
  await bench.fail("a", "again");
  expect(bench.failures).toEqual(["a no 1", "a no 2", "a no 3", "a again 1"]);
});

test("the delay of a key that never succeeds stays at the cap", async () => {
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock, backoff: { minMs: 5, maxMs: 60 } });
  const startedAtMs: number[] = [];
  const work = async () => {
    startedAtMs.push(clock.monotonicMs());
    throw new Error("no");
  };
  void queue.run({ workers: 1, work, onError: () => undefined }, new AbortController().signal);
  queue.add("a");
  await clock.advance(200);
  expect(startedAtMs).toEqual([0, 5, 15, 35, 75, 135, 195]);
});

test("one failing key does not delay another", async () => {
  const bench = new Bench();
  void bench.run(1);
  bench.queue.add("bad");
  await turn();
  for (let at = 0; at < 8; at++) {
    await bench.fail("bad", "no");
    await bench.clock.advance(5 * 2 ** at);
  }
  bench.queue.add("good");
  await bench.fail("bad", "no");
  expect(bench.started.at(-1)).toBe("good");
});

test("of two delays the earlier end counts, whichever was requested first", async () => {
  const bench = new Bench();
  void bench.run(2);
  bench.queue.addAfter("late then early", 1000);
  bench.queue.addAfter("late then early", 100);
  bench.queue.addAfter("early then late", 200);
  bench.queue.addAfter("early then late", 1000);
  await bench.clock.advance(5000);
  expect(bench.started).toEqual(["late then early", "early then late"]);
  expect(bench.startedAtMs).toEqual([100, 200]);
});

test("work may ask to be done again after a while", async () => {
  const bench = new Bench();
  void bench.run(1);
  bench.queue.add("a");
  await turn();
  await bench.end("a", { againAfterMs: 30_000 });
  await bench.clock.advance(30_000);
  expect(bench.startedAtMs).toEqual([0, 30_000]);
});

test("at the signal work in progress ends, waiting keys are dropped and no timer is left", async () => {
  const bench = new Bench();
  const run = bench.run(1);
  bench.queue.add("in work");
  bench.queue.add("waiting");
  bench.queue.addAfter("delayed", 10);
  await turn();
  bench.stop();
  bench.queue.add("late");
  let hasEnded = false;
  void run.then(() => {
    hasEnded = true;
  });
  await turn();
  expect(hasEnded).toBe(false);
  await bench.end("in work", { againAfterMs: 10 });
  await run;
  await bench.clock.advance(1000);
  expect(bench.started).toEqual(["in work"]);
  expect(bench.clock.waiting).toBe(0);
  expect(bench.queue.depth).toBe(0);
});

test("work that ends on its signal is no failure", async () => {
  const bench = new Bench();
  const run = bench.run(1);
  bench.queue.add("a");
  await turn();
  const reason = new Error("shutting down");
  bench.stop(reason);
  await bench.fail("a", "other");
  await run;
  expect(bench.failures).toEqual(["a other 1"]);

  const obedient = new Bench();
  const work = (_: string, signal: AbortSignal) =>
    new Promise<undefined>((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const obedientRun = obedient.run(1, { work });
  obedient.queue.add("a");
  await turn();
  obedient.stop(reason);
  await obedientRun;
  expect(obedient.failures).toEqual([]);
});

test("a bug, which onError throws, ends all workers and is what run rejects with", async () => {
  const bench = new Bench();
  const onError = (_: string, error: unknown) => {
    throw error;
  };
  const ended = expect(bench.run(2, { onError })).rejects.toThrow("undefined is not a function");
  bench.queue.add("a");
  bench.queue.add("b");
  await turn();
  await bench.fail("a", "undefined is not a function");
  await bench.end("b");
  await ended;
});

test("metrics report depth, additions, retries, and how long keys waited and were worked on", async () => {
  const bench = new Bench();
  bench.queue.add("a");
  await bench.clock.advance(30);
  void bench.run(1);
  await bench.clock.advance(7);
  await bench.fail("a", "no");
  expect(bench.measured).toEqual(["added", "depth 1", "depth 0", "waited 30", "retried", "worked 7"]);
});

test("ten thousand keys pass through ten workers, each once", async () => {
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock });
  const controller = new AbortController();
  const counts = new Map<string, number>();
  const work = async (key: string) => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (counts.size === 10_000) controller.abort();
    return undefined;
  };
  for (let at = 0; at < 10_000; at++) queue.add(`batch-${at}`);
  await queue.run({ workers: 10, work, onError: () => undefined }, controller.signal);
  expect(counts.size).toBe(10_000);
  expect(Math.max(...counts.values())).toBe(1);
});
